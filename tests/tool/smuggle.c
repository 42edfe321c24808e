/*
 * smuggle - sends every framing case of tests/lib/smuggling.h to a server and prints TAP.
 *
 *   smuggle -s ADDR:PORT -w NAME     NAME says over what, for the test names
 *
 * A flawed one must be answered 400 and the connection closed, with nothing behind the flaw answered;
 * a good one must get as many replies as it has requests, none of them 400
 * with the end of the connection.
 */
#include <getopt.h>
#include <poll.h>

#include "tests/lib/smuggling.h"
#include "tests/lib/talk.h"

enum { WAIT_MS = 15000, REPLIES_MAX = 64 };

struct outcome {
    int statuses[REPLIES_MAX];
    bool is_fatal
        [REPLIES_MAX]; /* 400 and the end: what a flaw gets; a mere bad parameter does not */
    size_t n_replies;
    bool is_closed;  /* by the server */
    bool is_said;    /* the last reply announced it */
    bool is_garbled; /* what came is no sequence of replies */
};

static void take_replies(struct mst_talk *talk, struct outcome *out)
{
    struct mst_talk_reply reply;
    enum mst_err err;

    while ((err = mst_talk_reply(talk, &reply)) == MST_OK && out->n_replies < REPLIES_MAX) {
        out->is_said = reply.is_last;
        if (reply.status == 100)
            continue;
        out->is_fatal[out->n_replies] = reply.status == 400 && reply.is_last;
        out->statuses[out->n_replies++] = reply.status;
    }
    out->is_garbled |= err == MST_ESYNTAX;
}

static bool wait_for(const struct mst_talk *talk, bool is_sending)
{
    struct pollfd p = {.fd = talk->fd, .events = is_sending ? POLLIN | POLLOUT : POLLIN};

    return poll(&p, 1, WAIT_MS) == 1;
}

/* Until the server closes, or n_enough replies have come, or nothing happens any more. */
static void converse(const struct sockaddr_in *addr, struct mst_span bytes, size_t n_enough,
                     struct outcome *out)
{
    struct mst_talk talk;
    enum mst_err sent = MST_EMORE;

    mst_talk_init(&talk);
    if (mst_talk_open(&talk, addr) || mst_buf_add(&talk.out, bytes))
        goto out;
    while (!out->is_closed && !out->is_garbled && out->n_replies < n_enough) {
        if (!wait_for(&talk, sent == MST_EMORE))
            break;
        if (sent == MST_EMORE)
            sent = mst_talk_flush(&talk);
        out->is_closed = mst_talk_pull(&talk) == MST_ECLOSED;
        take_replies(&talk, out);
    }
out:
    mst_talk_fini(&talk);
}

static bool judge_flawed(const struct mst_framing_case *c, const struct outcome *out)
{
    if (!out->is_closed || !out->is_said || out->is_garbled || out->n_replies != c->n_good + 1)
        return false;
    for (size_t i = 0; i < c->n_good; i++) {
        if (out->is_fatal[i])
            return false;
    }
    return out->is_fatal[c->n_good];
}

static bool judge_good(const struct mst_framing_case *c, const struct outcome *out)
{
    if (out->is_garbled || out->n_replies != c->n_good)
        return false;
    for (size_t i = 0; i < out->n_replies; i++) {
        if (out->is_fatal[i])
            return false;
    }
    return true;
}

static void report(size_t number, const char *over, const struct mst_framing_case *c, bool is_good,
                   const struct outcome *out)
{
    (void)printf("%s %zu - %s: %s\n", is_good ? "ok" : "not ok", number, over, c->name);
    if (is_good)
        return;
    (void)printf("# %zu good; closed %d, announced %d, garbled %d, replies:", c->n_good,
                 out->is_closed, out->is_said, out->is_garbled);
    for (size_t i = 0; i < out->n_replies; i++)
        (void)printf(" %d", out->statuses[i]);
    (void)printf("\n");
}

int main(int argc, char **argv)
{
    struct sockaddr_in addr = {0};
    const char *over = "plain";
    size_t n_total = mst_smuggling_n_cases + mst_accepted_n_cases, n_bad = 0;
    int c;

    while ((c = getopt(argc, argv, "s:w:")) != -1) {
        if (c == 'w')
            over = optarg;
        else if (c != 's' || mst_talk_addr(mst_span_str(optarg), &addr))
            return 2;
    }
    (void)printf("1..%zu\n", n_total);
    for (size_t i = 0; i < n_total; i++) {
        bool is_flawed = i < mst_smuggling_n_cases;
        const struct mst_framing_case *it =
            is_flawed ? &mst_smuggling_cases[i] : &mst_accepted_cases[i - mst_smuggling_n_cases];
        struct outcome out = {0};
        bool is_good;
        converse(&addr, mst_span_of(it->bytes, it->length), is_flawed ? REPLIES_MAX : it->n_good,
                 &out);
        is_good = is_flawed ? judge_flawed(it, &out) : judge_good(it, &out);
        n_bad += !is_good;
        report(i + 1, over, it, is_good, &out);
    }
    return n_bad ? EXIT_FAILURE : EXIT_SUCCESS;
}

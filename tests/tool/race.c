/*
 * race - many devices claim the same serial number at the same moment (trust.md R14).
 *
 *   race -s ADDR:PORT -v VENDOR -m MODEL -p PREFIX -n COUNT [-C CLIENTS]
 *
 * For each of COUNT pending serial numbers every one of CLIENTS (64) connections sends one
 * activation; all are written before any answer is awaited. Prints how many serial numbers were won
 * by exactly one.
 */
#include <getopt.h>

#include "sys/clock.h"
#include "tests/lib/crowd.h"

enum { TEXT_CHARS = 512, CLIENTS_MAX = 1024, LIMIT_S = 120 };

struct race {
    struct sockaddr_in addr;
    const char *vendor, *model, *prefix;
    size_t n_serials, n_clients;
    size_t serial; /* under way */
    bool has_asked[CLIENTS_MAX];
    size_t n_won, n_refused, n_other;
    size_t as_it_must_be;
};

static void fail(const char *what)
{
    (void)fprintf(stderr, "race: %s\n", what);
    exit(EXIT_FAILURE);
}

static bool ask(void *arg, size_t client, struct mst_talk *talk)
{
    struct race *r = arg;
    char body[TEXT_CHARS];

    if (r->has_asked[client])
        return false;
    r->has_asked[client] = true;
    (void)snprintf(body, sizeof body, "vendor=%s&model=%s&sn=%s%07zu", r->vendor, r->model,
                   r->prefix, r->serial);
    if (mst_talk_request(talk, "POST", "/provision/activate", "", mst_span_str(body)))
        fail("a request could not be written");
    return true;
}

static void answer(void *arg, size_t client, const struct mst_talk_reply *reply)
{
    struct race *r = arg;

    (void)client;
    if (reply && reply->status == 200 && reply->body.len == 40)
        r->n_won++;
    else if (reply && reply->status == 409)
        r->n_refused++;
    else
        r->n_other++;
}

static void run(struct race *r)
{
    struct mst_crowd_opts opts = {
        .n_clients = r->n_clients, .depth = 1, .ask = ask, .answer = answer, .arg = r};
    uint64_t deadline_ns = mst_clock_mono_ns() + (uint64_t)LIMIT_S * 1000000000u;
    struct mst_crowd *crowd;

    if (mst_crowd_new(&opts, &crowd))
        fail("no memory");
    mst_crowd_aim(crowd, &r->addr);
    for (r->serial = 0; r->serial < r->n_serials; r->serial++) {
        memset(r->has_asked, 0, sizeof r->has_asked);
        r->n_won = r->n_refused = r->n_other = 0;
        if (mst_crowd_connect(crowd, deadline_ns) || mst_crowd_run(crowd, deadline_ns))
            fail("the server does not answer");
        if (r->n_won == 1 && r->n_refused == r->n_clients - 1)
            r->as_it_must_be++;
        else
            (void)printf("# %s%07zu: %zux200 %zux409 %zu others\n", r->prefix, r->serial, r->n_won,
                         r->n_refused, r->n_other);
    }
    mst_crowd_free(crowd);
}

static size_t number(const char *text)
{
    uint64_t value;

    if (mst_span_u64(mst_span_str(text), UINT32_MAX, &value))
        fail("a number was expected");
    return (size_t)value;
}

int main(int argc, char **argv)
{
    struct race r = {.n_clients = 64};
    int c;

    while ((c = getopt(argc, argv, "s:v:m:p:n:C:")) != -1) {
        if (c == 's' && mst_talk_addr(mst_span_str(optarg), &r.addr))
            fail("not an address");
        else if (c == 'v')
            r.vendor = optarg;
        else if (c == 'm')
            r.model = optarg;
        else if (c == 'p')
            r.prefix = optarg;
        else if (c == 'n')
            r.n_serials = number(optarg);
        else if (c == 'C')
            r.n_clients = number(optarg);
    }
    if (!r.vendor || !r.model || !r.prefix || !r.addr.sin_port || r.n_clients == 0 ||
        r.n_clients > CLIENTS_MAX)
        fail("usage: see the head of tests/tool/race.c");
    run(&r);
    (void)printf("one 200 and %zu 409: %zu of %zu\n", r.n_clients - 1, r.as_it_must_be,
                 r.n_serials);
    return r.as_it_must_be == r.n_serials ? EXIT_SUCCESS : EXIT_FAILURE;
}

/*
 * prepare - makes many devices over the API, as an owner with a fast line would.
 *
 *   prepare -s ADDR:PORT -v VENDOR -m MODEL -t TOKEN -r OWNER -p PREFIX -n COUNT [-k KEYS]
 *           [-C CLIENTS] [-x TOTAL]
 *
 * Adds serial numbers PREFIX0000000 and on, by CSV bodies of 10,000 rows, and enables each for the
 * owner. With -k it also activates each, writes the value 20.5 to its alias temp and puts the keys,
 * one per line, into the file KEYS. With -x it adds none, but takes the first COUNT of the TOTAL that are
 * there and enabled (tests/tool/fill.c makes such), in the order of bench/activate.lua.
 */
#include <getopt.h>

#include "sys/clock.h"
#include "tests/lib/crowd.h"
#include "tests/lib/history.h"

enum { TEXT_CHARS = 512, CSV_ROWS = 10000, DEPTH = 16, LIMIT_S = 3600 };

enum step { ENABLE, ACTIVATE, WRITE };

struct waiting {
    size_t serials[DEPTH]; /* a ring: requests are answered in order */
    size_t first, n;
};

struct prepare {
    struct sockaddr_in addr;
    const char *vendor, *model, *token, *owner, *prefix, *keys_path;
    size_t n_serials, n_clients, n_total;
    enum step step;
    size_t next;
    size_t *again; /* those whose connection ended first */
    size_t n_again;
    struct waiting *waiting;
    char (*keys)[MST_HISTORY_KEY_MAX + 1];
};

static void fail(const char *what, struct mst_span detail)
{
    (void)fprintf(stderr, "prepare: %s %.*s\n", what, (int)detail.len,
                  detail.len ? detail.ptr : "");
    exit(EXIT_FAILURE);
}

static void add_chunk(const struct prepare *p, struct mst_talk *talk, size_t from, size_t to)
{
    struct mst_buf body;
    char headers[TEXT_CHARS], path[TEXT_CHARS];
    struct mst_talk_reply reply = {0};

    mst_buf_init(&body, (size_t)4 << 20);
    for (size_t i = from; i < to; i++)
        (void)mst_buf_addf(&body, "%s%07zu\n", p->prefix, i);
    (void)snprintf(headers, sizeof headers, "X-Exosite-Token: %s\r\nContent-Type: text/csv\r\n",
                   p->token);
    (void)snprintf(path, sizeof path, "/provision/manage/model/%s/", p->model);
    if (talk->fd < 0 && mst_talk_open(talk, &p->addr))
        fail("cannot connect", MST_LIT(""));
    if (mst_buf_err(&body) ||
        mst_talk_ask(talk, "POST", path, headers, mst_buf_span(&body), &reply) ||
        reply.status != 205)
        fail("adding was refused:", reply.body);
    if (reply.is_last)
        mst_talk_close(talk);
    mst_buf_fini(&body);
}

static void add_all(const struct prepare *p)
{
    struct mst_talk talk;

    mst_talk_init(&talk);
    for (size_t from = 0; from < p->n_serials; from += CSV_ROWS)
        add_chunk(p, &talk, from, from + CSV_ROWS < p->n_serials ? from + CSV_ROWS : p->n_serials);
    mst_talk_fini(&talk);
}

/* The permutation of bench/activate.lua. */
static size_t permuted(size_t i, size_t n)
{
    unsigned half = 1;

    while ((size_t)1 << 2 * half < n)
        half++;
    do {
        uint32_t mask = (UINT32_C(1) << half) - 1;
        uint32_t left = (uint32_t)(i >> half), right = (uint32_t)i & mask;

        for (uint32_t key = 1; key <= 4; key++) {
            uint32_t h = (right * UINT32_C(40503) + key * UINT32_C(2654435)) & 0x7fffffff;
            uint32_t next = left ^ ((h ^ h >> 7 ^ h >> 13) & mask);

            left = right;
            right = next;
        }
        i = (size_t)left << half | right;
    } while (i >= n);
    return i;
}

static enum mst_err queue_enable(const struct prepare *p, size_t serial, struct mst_talk *talk)
{
    char path[TEXT_CHARS], headers[TEXT_CHARS], body[TEXT_CHARS];

    (void)snprintf(path, sizeof path, "/provision/manage/model/%s/%s%07zu", p->model, p->prefix,
                   serial);
    (void)snprintf(headers, sizeof headers, "X-Exosite-Token: %s\r\n", p->token);
    (void)snprintf(body, sizeof body, "enable=true&owner=%s", p->owner);
    return mst_talk_request(talk, "POST", path, headers, mst_span_str(body));
}

static enum mst_err queue_activate(const struct prepare *p, size_t serial, struct mst_talk *talk)
{
    char body[TEXT_CHARS];

    (void)snprintf(body, sizeof body, "vendor=%s&model=%s&sn=%s%07zu", p->vendor, p->model,
                   p->prefix, p->n_total > 0 ? permuted(serial, p->n_total) : serial);
    return mst_talk_request(talk, "POST", "/provision/activate", "", mst_span_str(body));
}

static enum mst_err queue_write(const struct prepare *p, size_t serial, struct mst_talk *talk)
{
    char headers[TEXT_CHARS];

    (void)snprintf(headers, sizeof headers, "X-Exosite-CIK: %s\r\n", p->keys[serial]);
    return mst_talk_request(talk, "POST", "/onep:v1/stack/alias", headers, MST_LIT("temp=20.5"));
}

static bool ask(void *arg, size_t client, struct mst_talk *talk)
{
    static enum mst_err (*const queue[])(const struct prepare *, size_t, struct mst_talk *) = {
        [ENABLE] = queue_enable, [ACTIVATE] = queue_activate, [WRITE] = queue_write};
    struct prepare *p = arg;
    struct waiting *w = &p->waiting[client];
    size_t serial;

    if (p->n_again > 0)
        serial = p->again[--p->n_again];
    else if (p->next < p->n_serials)
        serial = p->next++;
    else
        return false;
    if (queue[p->step](p, serial, talk))
        fail("a request could not be written", MST_LIT(""));
    w->serials[(w->first + w->n++) % DEPTH] = serial;
    return true;
}

static void answer(void *arg, size_t client, const struct mst_talk_reply *reply)
{
    static const int done[] = {[ENABLE] = 200, [ACTIVATE] = 200, [WRITE] = 204};
    struct prepare *p = arg;
    struct waiting *w = &p->waiting[client];
    size_t serial = w->serials[w->first];

    w->first = (w->first + 1) % DEPTH;
    w->n--;
    if (!reply || reply->status == 503) {
        p->again[p->n_again++] = serial;
        return;
    }
    if (reply->status != done[p->step])
        fail("an unexpected answer:", reply->body);
    if (p->step == ACTIVATE) {
        if (reply->body.len != MST_HISTORY_KEY_MAX)
            fail("not a key:", reply->body);
        memcpy(p->keys[serial], reply->body.ptr, MST_HISTORY_KEY_MAX);
    }
}

static void run(struct prepare *p, enum step step)
{
    struct mst_crowd_opts opts = {
        .n_clients = p->n_clients, .depth = DEPTH, .ask = ask, .answer = answer, .arg = p};
    struct mst_crowd *crowd;

    p->step = step;
    p->next = 0;
    if (mst_crowd_new(&opts, &crowd))
        fail("no memory", MST_LIT(""));
    mst_crowd_aim(crowd, &p->addr);
    do {
        if (mst_crowd_run(crowd, mst_clock_mono_ns() + (uint64_t)LIMIT_S * 1000000000u))
            fail("the server does not answer", MST_LIT(""));
    } while (p->n_again > 0);
    mst_crowd_free(crowd);
}

static void save_keys(const struct prepare *p)
{
    FILE *f = fopen(p->keys_path, "w");

    if (!f)
        fail("cannot write", mst_span_str(p->keys_path));
    for (size_t i = 0; i < p->n_serials; i++)
        (void)fprintf(f, "%s\n", p->keys[i]);
    if (fclose(f) != 0)
        fail("cannot write", mst_span_str(p->keys_path));
}

static size_t number(const char *text)
{
    uint64_t value;

    if (mst_span_u64(mst_span_str(text), UINT32_MAX, &value))
        fail("not a number:", mst_span_str(text));
    return (size_t)value;
}

static void parse_options(struct prepare *p, int argc, char **argv)
{
    const char **texts[256] = {['v'] = &p->vendor, ['m'] = &p->model,  ['t'] = &p->token,
                               ['r'] = &p->owner,  ['p'] = &p->prefix, ['k'] = &p->keys_path};
    int c;

    while ((c = getopt(argc, argv, "s:v:m:t:r:p:n:k:C:x:")) != -1) {
        if (texts[c & 0xff])
            *texts[c & 0xff] = optarg;
        else if (c == 'n')
            p->n_serials = number(optarg);
        else if (c == 'C')
            p->n_clients = number(optarg);
        else if (c == 'x')
            p->n_total = number(optarg);
        else if (c != 's' || mst_talk_addr(mst_span_str(optarg), &p->addr))
            fail("usage: see the head of tests/tool/prepare.c", MST_LIT(""));
    }
    if (!p->vendor || !p->model || !p->token || !p->owner || !p->prefix || !p->addr.sin_port)
        fail("usage: see the head of tests/tool/prepare.c", MST_LIT(""));
}

int main(int argc, char **argv)
{
    struct prepare p = {.n_clients = 16};

    parse_options(&p, argc, argv);
    p.again = calloc(p.n_serials + 1, sizeof *p.again);
    p.waiting = calloc(p.n_clients, sizeof *p.waiting);
    p.keys = calloc(p.n_serials + 1, sizeof *p.keys);
    if (!p.again || !p.waiting || !p.keys)
        fail("no memory", MST_LIT(""));
    if (p.n_total == 0) {
        add_all(&p);
        run(&p, ENABLE);
    }
    if (p.keys_path) {
        run(&p, ACTIVATE);
        run(&p, WRITE);
        save_keys(&p);
    }
    free(p.again);
    free(p.waiting);
    free(p.keys);
    return EXIT_SUCCESS;
}

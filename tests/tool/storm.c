/*
 * storm - many clients activate, contend, retry, re-enable and read while the server is killed
 * again and again, and write down what they saw (trust.md R1).
 *
 *   storm -v VENDOR -m MODEL -t TOKEN -p PREFIX -n COUNT -c CYCLES -o HISTORY [-s SEED] [-C CLIENTS]
 *         [-a MIN_MS] [-z MAX_MS] -- musterd --data DIR --http 127.0.0.1:0
 *
 * Serial numbers PREFIX0000000 and on, COUNT of them, are PENDING at first. One cycle is: start the
 * server, read with every key that was touched in the cycle before, load it, kill -9 at a random
 * moment. What was under way is then known to be over: it either took effect or never will. The
 * history goes to a file, one operation per line behind its serial number, for the judge.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <sys/wait.h>

#include "sys/clock.h"
#include "tests/lib/child.h"
#include "tests/lib/crowd.h"
#include "tests/lib/history.h"

enum {
    SN_CHARS = 48,
    TEXT_CHARS = 256,
    HOT_COUNT = 8, /* contended serial numbers at a time */
    HOT_USES = 24, /* requests before a hot one is replaced */
    OPS_MAX = 900, /* per serial number: the judge takes 1,024 */
    VERIFY_MS = 30000,
    NS_PER_MS = 1000000
};

struct serial {
    char key[MST_HISTORY_KEY_MAX + 1]; /* the latest that was given */
    char old_key[MST_HISTORY_KEY_MAX +
                 1]; /* one that a re-enabling or disabling should have ended */
    unsigned n_ops;
    bool is_touched; /* since the last verification */
};

struct record {
    size_t serial;
    struct mst_history_op op;
};

/* A growing stack of serial numbers. */
struct pile {
    size_t *items;
    size_t n, cap;
};

struct slot {
    struct record now; /* what the client asks */
    bool has_next;     /* a read that follows its activation */
    size_t next_serial;
};

struct storm {
    const char *vendor, *model, *token, *prefix, *out_path;
    size_t n_serials, n_cycles, n_clients;
    uint64_t min_ms, max_ms, rng;

    struct serial *serials;
    size_t n_fresh, fresh_end; /* the next unused one; the end of this cycle's share */
    struct {
        size_t serial;
        int uses;
    } hot[HOT_COUNT];
    struct pile active, again, unanswered, verify;
    struct slot *slots;
    struct record *records;
    size_t n_records, cap_records;
    bool is_verifying, is_dead;
    size_t n_lost_connections; /* while the server lived: there should be none */
    size_t n_activated, n_reads, n_unavailable;
};

static void fail(const char *what)
{
    (void)fprintf(stderr, "storm: %s\n", what);
    exit(EXIT_FAILURE);
}

static uint64_t chance(struct storm *s, uint64_t below)
{
    s->rng ^= s->rng << 13;
    s->rng ^= s->rng >> 7;
    s->rng ^= s->rng << 17;
    return below ? s->rng % below : 0;
}

static void pile_push(struct pile *pile, size_t item)
{
    if (pile->n == pile->cap) {
        pile->cap = pile->cap ? pile->cap * 2 : 1024;
        pile->items = realloc(pile->items, pile->cap * sizeof *pile->items);
        if (!pile->items)
            fail("no memory");
    }
    pile->items[pile->n++] = item;
}

/* Takes one at random; false if the pile is empty. */
static bool pile_pick(struct storm *s, struct pile *pile, bool is_kept, size_t *ret_item)
{
    size_t at;

    if (pile->n == 0)
        return false;
    at = (size_t)chance(s, pile->n);
    *ret_item = pile->items[at];
    if (!is_kept)
        pile->items[at] = pile->items[--pile->n];
    return true;
}

static void write_down(struct storm *s, const struct record *record)
{
    if (s->n_records == s->cap_records) {
        s->cap_records = s->cap_records ? s->cap_records * 2 : 65536;
        s->records = realloc(s->records, s->cap_records * sizeof *s->records);
        if (!s->records)
            fail("no memory");
    }
    s->records[s->n_records++] = *record;
    s->serials[record->serial].n_ops++;
    if (!s->is_verifying && !s->serials[record->serial].is_touched) {
        s->serials[record->serial].is_touched = true;
        pile_push(&s->verify, record->serial);
    }
}

/* -- what to ask -- */

static bool take_fresh(struct storm *s, size_t *ret_serial)
{
    if (s->n_fresh >= s->fresh_end)
        return false;
    *ret_serial = s->n_fresh++;
    return true;
}

/* One that is open again, one never tried, or any: so that contention never runs dry. */
static size_t take_any(struct storm *s)
{
    size_t serial = 0;

    if (chance(s, 2) && pile_pick(s, &s->again, false, &serial))
        return serial;
    if (take_fresh(s, &serial) || pile_pick(s, &s->again, false, &serial) ||
        pile_pick(s, &s->active, true, &serial))
        return serial;
    return (size_t)chance(s, s->n_serials);
}

static size_t take_hot(struct storm *s)
{
    size_t at = (size_t)chance(s, HOT_COUNT);

    if (s->hot[at].uses == 0) {
        s->hot[at].serial = take_any(s);
        s->hot[at].uses = HOT_USES;
    }
    s->hot[at].uses--;
    return s->hot[at].serial;
}

static void plan(struct record *r, enum mst_history_kind kind, size_t serial, const char *key)
{
    r->serial = serial;
    r->op.kind = kind;
    r->op.key[0] = '\0';
    if (key)
        memcpy(r->op.key, key, sizeof r->op.key);
}

static void plan_activation(struct storm *s, struct record *r)
{
    uint64_t dice = chance(s, 90);
    size_t serial;

    if (dice < 70) {
        plan(r, MST_H_ACTIVATE, take_any(s), NULL);
    } else if (dice < 80 && pile_pick(s, &s->unanswered, false, &serial)) {
        plan(r, MST_H_ACTIVATE, serial, NULL);
    } else {
        plan(r, MST_H_ACTIVATE, take_hot(s), NULL);
    }
}

static void plan_management(struct storm *s, struct record *r)
{
    size_t serial;
    const struct serial *it;

    if (!pile_pick(s, &s->active, true, &serial)) {
        plan_activation(s, r);
        return;
    }
    it = &s->serials[serial];
    if (it->old_key[0] && chance(s, 3) == 0)
        plan(r, MST_H_READ, serial, it->old_key);
    else
        plan(r, chance(s, 10) < 7 ? MST_H_REENABLE : MST_H_DISABLE, serial, NULL);
}

static bool plan_load(struct storm *s, struct slot *slot)
{
    do {
        if (slot->has_next) {
            slot->has_next = false;
            plan(&slot->now, MST_H_READ, slot->next_serial, s->serials[slot->next_serial].key);
        } else if (chance(s, 100) < 10) {
            plan_management(s, &slot->now);
        } else {
            plan_activation(s, &slot->now);
        }
    } while (s->serials[slot->now.serial].n_ops >= OPS_MAX);
    return true;
}

static bool plan_verification(struct storm *s, struct slot *slot)
{
    while (s->verify.n > 0) {
        size_t serial = s->verify.items[--s->verify.n];
        s->serials[serial].is_touched = false;
        if (s->serials[serial].key[0]) {
            plan(&slot->now, MST_H_READ, serial, s->serials[serial].key);
            return true;
        }
    }
    return false;
}

static enum mst_err send_planned(const struct storm *s, const struct record *r,
                                 struct mst_talk *talk)
{
    char headers[TEXT_CHARS], path[TEXT_CHARS], body[TEXT_CHARS];
    char sn[SN_CHARS];

    (void)snprintf(sn, sizeof sn, "%s%07zu", s->prefix, r->serial);
    if (r->op.kind == MST_H_READ) {
        (void)snprintf(headers, sizeof headers, "X-Exosite-CIK: %s\r\n", r->op.key);
        return mst_talk_request(talk, "GET", "/onep:v1/stack/alias?temp", headers, MST_LIT(""));
    }
    if (r->op.kind == MST_H_ACTIVATE) {
        (void)snprintf(body, sizeof body, "vendor=%s&model=%s&sn=%s", s->vendor, s->model, sn);
        return mst_talk_request(talk, "POST", "/provision/activate", "", mst_span_str(body));
    }
    (void)snprintf(headers, sizeof headers, "X-Exosite-Token: %s\r\n", s->token);
    (void)snprintf(path, sizeof path, "/provision/manage/model/%s/%s", s->model, sn);
    return mst_talk_request(talk, "POST", path, headers,
                            r->op.kind == MST_H_DISABLE ? MST_LIT("disable=true")
                                                        : MST_LIT("enable=true"));
}

static bool ask(void *arg, size_t client, struct mst_talk *talk)
{
    struct storm *s = arg;
    struct slot *slot = &s->slots[client];

    if (!(s->is_verifying ? plan_verification(s, slot) : plan_load(s, slot)))
        return false;
    slot->now.op.client = (int)client;
    slot->now.op.start_ns = (int64_t)mst_clock_mono_ns();
    if (send_planned(s, &slot->now, talk))
        fail("a request could not be written");
    return true;
}

/* -- what came back -- */

static void learn_activation(struct storm *s, struct slot *slot, const struct mst_talk_reply *reply)
{
    struct serial *it = &s->serials[slot->now.serial];

    s->n_activated++;
    if (reply->body.len > MST_HISTORY_KEY_MAX)
        fail("a key is longer than 40 characters");
    memset(slot->now.op.key, 0, sizeof slot->now.op.key);
    memcpy(slot->now.op.key, reply->body.ptr, reply->body.len);
    memcpy(it->key, slot->now.op.key, sizeof it->key);
    pile_push(&s->active, slot->now.serial);
    if (!s->is_verifying && chance(s, 4) == 0) {
        slot->has_next = true;
        slot->next_serial = slot->now.serial;
    }
}

static void learn(struct storm *s, struct slot *slot, const struct mst_talk_reply *reply)
{
    struct serial *it = &s->serials[slot->now.serial];

    switch (slot->now.op.kind) {
    case MST_H_ACTIVATE:
        if (reply->status == 200)
            learn_activation(s, slot, reply);
        break;
    case MST_H_REENABLE:
        pile_push(&s->again, slot->now.serial);
        memcpy(it->old_key, it->key, sizeof it->key);
        break;
    case MST_H_DISABLE:
        memcpy(it->old_key, it->key, sizeof it->key);
        break;
    case MST_H_READ:
        s->n_reads++;
        break;
    case MST_H_ENABLE:
    case MST_H_KIND_COUNT:
        break;
    }
}

static void answer(void *arg, size_t client, const struct mst_talk_reply *reply)
{
    struct storm *s = arg;
    struct slot *slot = &s->slots[client];

    slot->now.op.end_ns = (int64_t)mst_clock_mono_ns();
    slot->now.op.status = reply ? reply->status : 0;
    if (reply && reply->status < 500) {
        learn(s, slot, reply);
    } else {
        slot->has_next = false;
        s->n_unavailable += reply != NULL;
        if (!reply && !s->is_dead) {
            s->n_lost_connections++;
            slot->now.op.end_ns = MST_HISTORY_NEVER;
        }
        if (slot->now.op.kind == MST_H_ACTIVATE)
            pile_push(&s->unanswered, slot->now.serial);
    }
    write_down(s, &slot->now);
}

/* -- cycles -- */

static int compare_records(const void *a, const void *b)
{
    const struct record *x = a, *y = b;

    if (x->serial != y->serial)
        return x->serial < y->serial ? -1 : 1;
    return (x->op.start_ns > y->op.start_ns) - (x->op.start_ns < y->op.start_ns);
}

static void save(struct storm *s)
{
    static const char letters[] = "EARDG";
    FILE *f = fopen(s->out_path, "w");

    if (!f)
        fail(s->out_path);
    qsort(s->records, s->n_records, sizeof *s->records, compare_records);
    for (size_t i = 0; i < s->n_records; i++) {
        const struct mst_history_op *op = &s->records[i].op;
        (void)fprintf(f, "%s%07zu %c%d@%lld-", s->prefix, s->records[i].serial, letters[op->kind],
                      op->client, (long long)op->start_ns);
        if (op->end_ns != MST_HISTORY_NEVER)
            (void)fprintf(f, "%lld", (long long)op->end_ns);
        if (op->status)
            (void)fprintf(f, "=%d", op->status);
        else
            (void)fputs("=?", f);
        (void)fprintf(f, op->key[0] ? "/%s\n" : "%s\n", op->key);
    }
    if (fclose(f) != 0)
        fail(s->out_path);
}

static void verify(struct storm *s, struct mst_crowd *crowd)
{
    s->is_verifying = true;
    if (mst_crowd_run(crowd, mst_clock_mono_ns() + (uint64_t)VERIFY_MS * NS_PER_MS))
        fail("the reads after a restart were not all answered");
    s->is_verifying = false;
}

static uint64_t start(struct storm *s, struct mst_crowd *crowd, char *const argv[],
                      struct mst_child *child)
{
    uint64_t begin = mst_clock_mono_ns();
    uint64_t ready_ms;

    if (mst_child_start(argv, child))
        fail("the server did not start");
    ready_ms = (mst_clock_mono_ns() - begin) / NS_PER_MS;
    s->is_dead = false;
    mst_crowd_aim(crowd, &child->http);
    if (mst_crowd_connect(crowd, mst_clock_mono_ns() + (uint64_t)VERIFY_MS * NS_PER_MS))
        fail("the clients could not connect");
    return ready_ms;
}

/* Load for a while, then the kill. */
static void burst(struct storm *s, struct mst_crowd *crowd, struct mst_child *child)
{
    uint64_t ms = s->min_ms + chance(s, s->max_ms - s->min_ms + 1);
    enum mst_err err = mst_crowd_run(crowd, mst_clock_mono_ns() + ms * NS_PER_MS);
    int status;

    if (err != MST_ETIMEOUT)
        fail("the load ended by itself");
    status = mst_child_end(child, SIGKILL);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
        fail("the server had ended before it was killed");
    s->is_dead = true;
    mst_crowd_bury(crowd);
}

static void storm_run(struct storm *s, char *const argv[])
{
    struct mst_crowd_opts opts = {
        .n_clients = s->n_clients, .depth = 1, .ask = ask, .answer = answer, .arg = s};
    struct mst_crowd *crowd;
    struct mst_child child;
    uint64_t slowest_ms = 0, ready_ms, begin_ns = mst_clock_mono_ns();

    if (mst_crowd_new(&opts, &crowd))
        fail("no memory");
    for (size_t cycle = 0; cycle <= s->n_cycles; cycle++) {
        ready_ms = start(s, crowd, argv, &child);
        slowest_ms = ready_ms > slowest_ms ? ready_ms : slowest_ms;
        verify(s, crowd);
        if (cycle == s->n_cycles)
            break;
        s->fresh_end = s->n_serials * (cycle + 1) / s->n_cycles;
        burst(s, crowd, &child);
    }
    if (mst_child_end(&child, SIGTERM) != 0)
        fail("the server did not end cleanly at SIGTERM");
    mst_crowd_free(crowd);
    save(s);
    (void)printf("cycles=%zu operations=%zu activated=%zu reads=%zu unavailable=%zu "
                 "lost_connections=%zu slowest_start_ms=%llu seconds=%llu\n",
                 s->n_cycles, s->n_records, s->n_activated, s->n_reads, s->n_unavailable,
                 s->n_lost_connections, (unsigned long long)slowest_ms,
                 (unsigned long long)((mst_clock_mono_ns() - begin_ns) / NS_PER_MS / 1000));
    if (s->n_lost_connections > 0)
        fail("connections were lost while the server lived");
}

static uint64_t number(const char *text)
{
    uint64_t value;

    if (mst_span_u64(mst_span_str(text), UINT32_MAX, &value))
        fail("a number was expected");
    return value;
}

static void parse_options(struct storm *s, int argc, char **argv)
{
    int c;

    while ((c = getopt(argc, argv, "+v:m:t:p:n:c:o:s:C:a:z:")) != -1) {
        const char **text = c == 'v'   ? &s->vendor
                            : c == 'm' ? &s->model
                            : c == 't' ? &s->token
                            : c == 'p' ? &s->prefix
                            : c == 'o' ? &s->out_path
                                       : NULL;
        if (text)
            *text = optarg;
        else if (c == 'n')
            s->n_serials = number(optarg);
        else if (c == 'c')
            s->n_cycles = number(optarg);
        else if (c == 'C')
            s->n_clients = number(optarg);
        else if (c == 's')
            s->rng = number(optarg) * 2654435761u + 1;
        else if (c == 'a')
            s->min_ms = number(optarg);
        else if (c == 'z')
            s->max_ms = number(optarg);
        else
            fail("unknown option");
    }
}

int main(int argc, char **argv)
{
    struct storm s = {
        .n_clients = 200, .min_ms = 50, .max_ms = 600, .rng = 88172645463325252u, .n_cycles = 1};

    parse_options(&s, argc, argv);
    if (!s.vendor || !s.model || !s.token || !s.prefix || !s.out_path || s.n_serials == 0 ||
        optind >= argc)
        fail("usage: see the head of tests/tool/storm.c");
    s.serials = calloc(s.n_serials, sizeof *s.serials);
    s.slots = calloc(s.n_clients, sizeof *s.slots);
    if (!s.serials || !s.slots)
        fail("no memory");
    storm_run(&s, &argv[optind]);
    free(s.serials);
    free(s.slots);
    free(s.records);
    free(s.active.items);
    free(s.again.items);
    free(s.unanswered.items);
    free(s.verify.items);
    return EXIT_SUCCESS;
}

/*
 * What values set off, while something fails once: a call to the store, an allocation, the memory of a
 * transaction, a commit. Values and subscriptions (core/flow, preprocess, rule, subscribe), timers and
 * retention (server/ticker), messages (server/sender, send). Whatever failed, nothing is done by half,
 * and in the end everything is as if nothing had been.
 */
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/dispatch.h"
#include "core/flow.h"
#include "core/quota.h"
#include "core/subscribe.h"
#include "server/command.h"
#include "server/sender.h"
#include "server/ticker.h"
#include "sys/log.h"
#include "tests/lib/dump.h"
#include "tests/lib/failing_malloc.h"
#include "tests/lib/faulty.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

static struct mst_world world;
static struct mst_faulty faulty;
static struct mst_arena arena; /* of flows */
static struct mst_buf dumps[3];
enum { BEFORE, AFTER, SOUND };

/* ---- what fails ---- */

enum fault { CALL, TX_MEMORY, PLAN_MEMORY, ALLOCATION, COMMIT_LOST, COMMIT_KEPT, FAULT_COUNT };
static const char *const fault_names[FAULT_COUNT] = {
    "call",       "memory of transactions", "memory of the plan",
    "allocation", "commit that was lost",   "commit that was kept",
};

/* n from 1 on: the n-th of its kind fails. Memory grows until all fits. */
static void begin_fault(enum fault fault, int n)
{
    faulty.fail_at = fault == CALL ? n : 0;
    faulty.arena_max = fault == TX_MEMORY ? 16 * (size_t)n : 0;
    mst_arena_fini(&arena);
    mst_arena_init(&arena, fault == PLAN_MEMORY ? 16 * (size_t)n : MST_FLOW_ARENA_MAX);
    if (fault == COMMIT_LOST || fault == COMMIT_KEPT)
        world.next_fault = fault == COMMIT_LOST ? MST_WORLD_LOST : MST_WORLD_KEPT;
    if (fault == ALLOCATION)
        arm(n - 1);
}

/* Has it happened? With memory only the outcome tells. */
static bool end_fault(enum fault fault)
{
    bool has_failed = fault == ALLOCATION && disarm();

    if (fault == CALL)
        has_failed = faulty.fail_at == 0;
    if (fault == COMMIT_LOST || fault == COMMIT_KEPT)
        has_failed = world.next_fault == MST_WORLD_SOUND;
    faulty.fail_at = 0;
    faulty.arena_max = 0;
    world.next_fault = MST_WORLD_SOUND;
    mst_arena_fini(&arena);
    mst_arena_init(&arena, MST_FLOW_ARENA_MAX);
    return has_failed;
}

/* ---- the world ---- */

static void open_world(void)
{
    is_tester = false;
    mst_world_open(&world, 1, NULL);
    mst_faulty_init(&faulty, world.store);
    mst_arena_init(&arena, MST_FLOW_ARENA_MAX);
}

static void close_world(void)
{
    ck_assert_int_eq(faulty.n_open, 0);
    mst_arena_fini(&arena);
    mst_faulty_fini(&faulty);
    mst_world_close(&world);
}

static struct mst_world_call described(int64_t owner_id, enum mst_kind kind, enum mst_format format,
                                       const char *detail)
{
    return (struct mst_world_call){
        .caller_id = owner_id, .kind = kind, .format = format, .meta = detail};
}

enum { DETAIL_CHARS = 512 };

/* The detail with the RID for its '$', if it has one. */
static void fill(char to[DETAIL_CHARS], const char *detail, const char *rid)
{
    const size_t at = strcspn(detail, "$");

    (void)snprintf(to, DETAIL_CHARS, "%.*s%s%s", (int)at, detail, detail[at] ? rid : "",
                   detail[at] ? detail + at + 1 : "");
}

static struct mst_world_call make(int64_t owner_id, enum mst_kind kind, enum mst_format format,
                                  const char *detail, const char *rid)
{
    char text[DETAIL_CHARS];
    struct mst_world_call call = described(owner_id, kind, format, text);

    fill(text, detail, rid);
    ck_assert_int_eq(mst_world_run(&world, mst_do_describe, &call), MST_DONE);
    call.meta = NULL;
    return call;
}

/* All rows of the points file and of the state file. */
static void dump(int which)
{
    struct mst_reader *reader;
    struct mst_tx *tx;

    mst_buf_init(&dumps[which], MST_MIB(4));
    ck_assert_int_eq(mst_reader_open(world.store, &reader), MST_OK);
    ck_assert_int_eq(mst_reader_begin(reader, &tx), MST_OK);
    ck_assert_int_eq(mst_dump_file(tx, MST_FILE_POINTS, &dumps[which]), MST_OK);
    ck_assert_int_eq(mst_dump_file(tx, MST_FILE_STATE, &dumps[which]), MST_OK);
    mst_reader_end(reader);
    mst_reader_close(reader);
}

/* The line from *at on; of a message without its number, which an undone command has used up. */
static struct mst_span next_line(int which, size_t *at)
{
    const struct mst_span numbered = MST_LIT("outgoing id=");
    const struct mst_span all = mst_buf_span(&dumps[which]);
    const size_t end = mst_span_find(all, '\n', *at);
    struct mst_span line = mst_span_cut(all, *at, end);

    *at = end + 1;
    if (mst_span_starts(line, numbered))
        line = mst_span_cut(line, mst_span_find(line, ' ', numbered.len), line.len);
    return line;
}

/* The first line that differs is shown. */
static void ck_assert_same(int which, int other)
{
    size_t at = 0, other_at = 0;

    while (at < dumps[which].len && other_at < dumps[other].len) {
        const struct mst_span got = next_line(which, &at);

        ck_assert_span_eq(got, next_line(other, &other_at));
    }
    ck_assert(at >= dumps[which].len && other_at >= dumps[other].len);
}

static void forget(int which)
{
    mst_buf_fini(&dumps[which]);
}

/* ---- sweeps ---- */

struct play {
    void (*set_up)(void);
    enum mst_err (*act)(void); /* without assertions, which allocate */
    void (*tear_down)(void);
    bool is_whole; /* act does all or nothing; else it may be half way, and goes on when repeated */
};

static void play_sound(const struct play *play)
{
    play->set_up();
    ck_assert_int_eq(play->act(), MST_OK);
    dump(SOUND);
    play->tear_down();
}

/* False: nothing failed. */
static bool play_once(const struct play *play, enum fault fault, int n)
{
    enum mst_err err;
    bool has_failed;

    play->set_up();
    dump(BEFORE);
    begin_fault(fault, n);
    err = play->act();
    has_failed = end_fault(fault) || err != MST_OK;
    dump(AFTER);
    if (err != MST_OK && play->is_whole)
        ck_assert_same(AFTER, BEFORE);
    forget(AFTER);
    ck_assert_msg(err == MST_OK || err == MST_EIO || err == MST_ENOMEM || err == MST_EFULL,
                  "%s %d: %s", fault_names[fault], n, mst_err_text(err));
    if (err != MST_OK)
        ck_assert_int_eq(play->act(), MST_OK);
    dump(AFTER);
    ck_assert_same(AFTER, SOUND);
    forget(AFTER);
    forget(BEFORE);
    play->tear_down();
    return has_failed;
}

static void sweep(const struct play *play, enum fault fault, int min)
{
    int n = 1;

    play_sound(play);
    while (play_once(play, fault, n))
        n++;
    ck_assert_msg(n > min, "%s: only %d failures", fault_names[fault], n - 1);
    forget(SOUND);
}

/* The first commit is ambiguous. */
static void fail_commit(const struct play *play, enum fault fault)
{
    play_sound(play);
    ck_assert(play_once(play, fault, 1));
    forget(SOUND);
}

/* ---- values ---- */

#define COMPARED   "\"comparison\":\"gt\",\"constant\":5"
#define TIMED      "\"repeat\":true,\"timeout\":10"
#define RULE(text) "{\"preprocess\":[[\"add\",1]],\"rule\":{" text "},\"subscribe\":\"$\"}"

static const struct {
    enum mst_kind kind;
    enum mst_format format;
    const char *detail;
} subscribers[] = {
    {MST_KIND_DATARULE, MST_FORMAT_STRING,  RULE("\"simple\":{" COMPARED ",\"repeat\":false}")    },
    {MST_KIND_DATARULE, MST_FORMAT_INTEGER, RULE("\"timeout\":{" TIMED "}")                       },
    {MST_KIND_DATARULE, MST_FORMAT_FLOAT,   RULE("\"interval\":{" COMPARED "," TIMED "}")         },
    {MST_KIND_DATARULE, MST_FORMAT_STRING,  RULE("\"duration\":{" COMPARED "," TIMED "}")         },
    {MST_KIND_DATARULE, MST_FORMAT_STRING,  RULE("\"count\":{" COMPARED "," TIMED ",\"count\":2}")},
    {MST_KIND_DATARULE, MST_FORMAT_STRING,  RULE("\"script\":\"x()\"")                            },
    {MST_KIND_DATAPORT, MST_FORMAT_STRING,
     "{\"preprocess\":[[\"gt\",3],[\"eq\",true]],\"retention\":{\"count\":1,\"duration\":1},"
     "\"subscribe\":\"$\"}"                                                                       },
    {MST_KIND_DATAPORT, MST_FORMAT_INTEGER,
     "{\"preprocess\":[[\"value\",\"no number\"]],\"subscribe\":\"$\"}"                           },
    {MST_KIND_DISPATCH, MST_FORMAT_NONE,
     "{\"locked\":false,\"message\":\"\",\"method\":\"http_post\",\"preprocess\":[[\"mul\",2]],"
     "\"recipient\":\"http://127.0.0.1/\",\"subscribe\":\"$\"}"                                   },
    {MST_KIND_DISPATCH, MST_FORMAT_NONE,
     "{\"locked\":true,\"method\":\"sms\",\"subscribe\":\"$\"}"                                   },
};
enum { N_SUBSCRIBERS = sizeof subscribers / sizeof subscribers[0] };

static int64_t source_id, factor_id;
static char source_rid[MST_TEXT_CHARS];

struct written {
    int64_t id;
    const char *value;
};

static enum mst_err plan_value(struct mst_tx *tx, struct mst_flow *flow, struct written written)
{
    struct mst_flow_input input = {
        .at = world.wall_now, .text = mst_span_str(written.value), .port = {.id = written.id}};
    enum mst_verdict verdict;
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &input.port);

    if (err == MST_OK)
        err = mst_flow_add(&world.domain, tx, flow, &input, &verdict);
    return err == MST_OK && verdict != MST_DONE ? MST_EINVAL : err;
}

static enum mst_err run_flow(void *arg, struct mst_tx *tx)
{
    enum mst_verdict verdict;
    enum mst_err err = mst_flow_run(arg, tx, &verdict);

    return err == MST_OK && verdict != MST_DONE ? MST_EINVAL : err;
}

/* Two values in one request. */
static enum mst_err write_both(struct written one, struct written two)
{
    struct mst_flow *flow = NULL;
    struct mst_reader *reader;
    struct mst_tx *tx;
    enum mst_err err = mst_reader_open(&faulty.store, &reader);

    if (err != MST_OK)
        return err;
    mst_arena_reset(&arena);
    err = mst_flow_new(&arena, 2, &flow);
    if (err == MST_OK)
        err = mst_reader_begin(reader, &tx);
    if (err == MST_OK) {
        err = plan_value(tx, flow, one);
        if (err == MST_OK)
            err = plan_value(tx, flow, two);
        mst_reader_end(reader);
    }
    mst_reader_close(reader);
    return err == MST_OK ? mst_command_wait(&faulty.store, MST_FILE_POINTS, run_flow, flow) : err;
}

static void make_subscribers(void)
{
    for (size_t i = 0; i < N_SUBSCRIBERS; i++)
        (void)make(world.template_id, subscribers[i].kind, subscribers[i].format,
                   subscribers[i].detail, source_rid);
}

/* A source that is multiplied with another's value, with a subscriber of each kind; a second row of
   subscribers, one of them of another owner. Each rule has seen a value. */
static void set_up_values(void)
{
    struct mst_world_call made;

    open_world();
    made = make(world.template_id, MST_KIND_DATAPORT, MST_FORMAT_FLOAT, "", "");
    factor_id = made.id;
    made = make(world.template_id, MST_KIND_DATAPORT, MST_FORMAT_FLOAT,
                "{\"preprocess\":[[\"mul\",\"$\"],[\"add\",0.5]],\"retention\":{\"count\":2,"
                "\"duration\":\"infinity\"}}",
                made.handle);
    source_id = made.id;
    memcpy(source_rid, made.handle, sizeof source_rid);
    make_subscribers();
    made = make(world.domain_id, MST_KIND_DATARULE, MST_FORMAT_STRING,
                RULE("\"simple\":{" COMPARED ",\"repeat\":true}"), source_rid);
    (void)make(world.domain_id, MST_KIND_DATAPORT, MST_FORMAT_STRING, "{\"subscribe\":\"$\"}",
               made.handle);
    ck_assert_int_eq(write_both((struct written){factor_id, "1"}, (struct written){source_id, "9"}),
                     MST_OK);
    world.wall_now++;
}

static enum mst_err write_values(void)
{
    return write_both((struct written){factor_id, "2"}, (struct written){source_id, "3.5"});
}

static const struct play values = {set_up_values, write_values, close_world, true};

MST_TEST(a_value_and_all_that_it_sets_off_is_stored_or_nothing_of_it)
{
    sweep(&values, CALL, 40);
    sweep(&values, TX_MEMORY, 20);
    sweep(&values, PLAN_MEMORY, 100);
    sweep(&values, ALLOCATION, FIRED_MIN);
}
MST_TEST_END

/* ---- subscriptions ---- */

/* A subscriber of each kind is made, in the place of one that is dropped. */
static enum mst_err do_resubscribe(struct mst_world *w, struct mst_tx *tx,
                                   struct mst_world_call *call)
{
    struct mst_row_resource old = {.id = call->id};
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &old);

    if (err == MST_OK)
        err = mst_resource_drop(tx, w->domain_id, &old, NULL, NULL, &call->verdict);
    return err == MST_OK ? mst_do_describe(w, tx, call) : err;
}

static enum mst_err do_settle(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    bool is_more;

    call->verdict = MST_DONE;
    return mst_subscribe_settle(&w->domain, tx, &is_more);
}

/* Fails the first operation, then the second, and so on; sound again, it succeeds. */
static int fail_each(mst_world_verb *verb, const struct mst_world_call *wanted)
{
    for (int n = 1;; n++) {
        struct mst_world_call call = *wanted;
        enum mst_err err;

        set_up_values();
        dump(BEFORE);
        world.fail_at = n;
        (void)mst_world_run(&world, verb, &call);
        err = call.err;
        if (world.fail_at == 0) {
            ck_assert_int_eq(err, MST_EIO);
            dump(AFTER);
            ck_assert_same(AFTER, BEFORE);
            forget(AFTER);
            ck_assert_int_eq(mst_world_run(&world, verb, &call), MST_DONE);
        }
        world.fail_at = 0;
        forget(BEFORE);
        close_world();
        if (err == MST_OK)
            return n - 1;
    }
}

MST_TEST(subscriptions_begin_and_end_whole_or_not_at_all)
{
    for (size_t i = 0; i < N_SUBSCRIBERS; i++) {
        char detail[DETAIL_CHARS];
        struct mst_world_call call =
            described(1, subscribers[i].kind, subscribers[i].format, detail);

        set_up_values();
        call.caller_id = world.template_id;
        call.id = source_id + 1;
        close_world();
        fill(detail, subscribers[i].detail, source_rid);
        ck_assert_int_gt(fail_each(do_resubscribe, &call), 10);
    }
    ck_assert_int_gt(fail_each(do_settle, &(struct mst_world_call){0}), 10);
}
MST_TEST_END

/* ---- timers and retention ---- */

static struct mst_ticker *ticker;

static void set_up_timers(void)
{
    struct mst_world_call gone;

    set_up_values();
    gone =
        make(world.template_id, MST_KIND_DATARULE, MST_FORMAT_STRING,
             "{\"rule\":{\"timeout\":{" TIMED "}},\"retention\":{\"count\":1,\"duration\":1}}", "");
    for (int i = 0; i < 3; i++) {
        world.wall_now++;
        ck_assert_int_eq(
            write_both((struct written){source_id, "7"}, (struct written){gone.id, "1"}), MST_OK);
    }
    ck_assert_int_eq(
        mst_world_run(&world, mst_do_drop,
                      &(struct mst_world_call){.caller_id = world.domain_id, .rid = gone.handle}),
        MST_DONE);
    world.wall_now += 7200;
    ck_assert_int_eq(mst_ticker_new(&faulty.store, &world.domain, &ticker), MST_OK);
}

/* Until nothing is due. */
static enum mst_err tick(void)
{
    enum mst_err err = MST_OK;
    uint64_t wait_ms = 0;

    for (int i = 0; i < 10 && err == MST_OK && wait_ms == 0; i++)
        err = mst_ticker_turn(ticker, &wait_ms);
    return err == MST_OK && wait_ms == 0 ? MST_ETIMEOUT : err;
}

static void tear_down_timers(void)
{
    mst_ticker_stop(ticker);
    mst_ticker_free(ticker);
    close_world();
}

static const struct play timers = {set_up_timers, tick, tear_down_timers, false};

MST_TEST(timers_and_retention_do_what_is_due_whatever_failed)
{
    sweep(&timers, CALL, 50);
    sweep(&timers, TX_MEMORY, 10);
    sweep(&timers, ALLOCATION, FIRED_MIN);
    fail_commit(&timers, COMMIT_LOST);
    fail_commit(&timers, COMMIT_KEPT);
}
MST_TEST_END

/* ---- what was described anew ---- */

static enum mst_err do_change(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    const struct mst_description description = {.has_detail = true,
                                                .detail = mst_span_str(call->meta)};
    struct mst_row_resource resource = {.id = call->id};
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);

    return err == MST_OK ? mst_resource_update(&w->domain, tx, w->domain_id, &resource,
                                               &description, &call->verdict)
                         : err;
}

static void change(int64_t id, const char *detail)
{
    struct mst_world_call call = {.id = id, .meta = detail};

    ck_assert_int_eq(mst_world_run(&world, do_change, &call), MST_DONE);
}

/* The detail of the subscriber, where it has the text from with the text to of the same length. */
static void change_subscriber(size_t i, const char *from, const char *to)
{
    char detail[DETAIL_CHARS], *found;

    fill(detail, subscribers[i].detail, source_rid);
    found = strstr(detail, from);
    if (found)
        memcpy(found, to, strlen(to));
    change(source_id + 1 + (int64_t)i, detail);
}

/* Each rule measures something else, a dataport keeps nothing, after changes by a process that then came
   to its end. */
static void set_up_changed(void)
{
    set_up_values();
    for (size_t i = 0; i < N_SUBSCRIBERS; i++) {
        if (subscribers[i].kind == MST_KIND_DATARULE)
            change_subscriber(i, "\"add\",1", "\"add\",2");
        else if (subscribers[i].kind == MST_KIND_DATAPORT)
            change_subscriber(i, "\"count\":1", "\"count\":0");
    }
    world.wall_now += 5;
    ck_assert_int_eq(mst_ticker_new(&faulty.store, &world.domain, &ticker), MST_OK);
}

static const struct play changed = {set_up_changed, tick, tear_down_timers, false};

MST_TEST(what_was_described_anew_is_renewed_whatever_failed)
{
    sweep(&changed, CALL, 50);
    sweep(&changed, TX_MEMORY, 5);
    sweep(&changed, ALLOCATION, FIRED_MIN);
    fail_commit(&changed, COMMIT_LOST);
    fail_commit(&changed, COMMIT_KEPT);
}
MST_TEST_END

static bool has(int which, const char *text)
{
    const struct mst_span all = mst_buf_span(&dumps[which]);

    return memmem(all.ptr, all.len, text, strlen(text)) != NULL;
}

/* The first line that begins so, "" if none does. */
static struct mst_span line_of(int which, const char *text)
{
    size_t at = 0;

    while (at < dumps[which].len) {
        const struct mst_span line = next_line(which, &at);

        if (mst_span_starts(line, mst_span_str(text)))
            return line;
    }
    return MST_LIT("");
}

/* The second subscriber is a timeout of 10 seconds, the fourth a duration, which held. */
MST_TEST(a_full_queue_keeps_what_was_described_anew_waiting_and_loses_nothing)
{
    char timer[64], old_timer[64];

    set_up_changed();
    (void)snprintf(old_timer, sizeof old_timer, "due resource_id=%lld kind=1 due_ms=%lld",
                   (long long)source_id + 2, (long long)(world.wall_now - 6 + 10) * 1000);
    (void)snprintf(timer, sizeof timer, "due resource_id=%lld kind=1 due_ms=%lld",
                   (long long)source_id + 2, (long long)(world.wall_now - 5 + 10) * 1000);
    dump(BEFORE);
    ck_assert(has(BEFORE, old_timer) && !has(BEFORE, timer));
    faulty.is_full[MST_FILE_POINTS] = true;
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(tick(), MST_EFULL);
        dump(AFTER);
        ck_assert_same(AFTER, BEFORE);
        forget(AFTER);
    }
    faulty.is_full[MST_FILE_POINTS] = false;
    faulty.is_full[MST_FILE_STATE] = true;
    ck_assert_int_eq(tick(), MST_EFULL);
    dump(AFTER);
    ck_assert(has(AFTER, timer) && has(AFTER, "renew:"));
    forget(AFTER);
    faulty.is_full[MST_FILE_STATE] = false;
    ck_assert_int_eq(tick(), MST_OK);
    dump(AFTER);
    ck_assert(has(AFTER, timer) && !has(AFTER, "renew:"));
    forget(AFTER);
    forget(BEFORE);
    tear_down_timers();
}
MST_TEST_END

/* A value that was planned by the rule of before. */
MST_TEST(who_planned_by_a_rule_that_was_changed_meanwhile_leaves_nothing_of_it_behind)
{
    struct mst_flow *flow;
    struct mst_reader *reader;
    struct mst_tx *tx;

    set_up_changed();
    ck_assert_int_eq(tick(), MST_OK);
    mst_arena_reset(&arena);
    ck_assert_int_eq(mst_flow_new(&arena, 1, &flow), MST_OK);
    ck_assert_int_eq(mst_reader_open(&faulty.store, &reader), MST_OK);
    ck_assert_int_eq(mst_reader_begin(reader, &tx), MST_OK);
    ck_assert_int_eq(plan_value(tx, flow, (struct written){source_id, "9"}), MST_OK);
    mst_reader_end(reader);
    mst_reader_close(reader);
    world.wall_now += 1;
    for (size_t i = 1; i < 5; i++)
        change_subscriber(i, "\"add\",1", "\"add\",3");
    ck_assert_int_eq(tick(), MST_OK);
    dump(BEFORE);
    ck_assert_int_eq(mst_command_wait(&faulty.store, MST_FILE_POINTS, run_flow, flow), MST_OK);
    dump(AFTER);
    for (int64_t id = source_id + 2; id < source_id + 6; id++) {
        char timer[64], memory[64];

        (void)snprintf(timer, sizeof timer, "due resource_id=%lld kind=1", (long long)id);
        (void)snprintf(memory, sizeof memory, "rule_state rule_id=%lld", (long long)id);
        ck_assert_span_eq(line_of(AFTER, timer), line_of(BEFORE, timer));
        ck_assert_span_eq(line_of(AFTER, memory), line_of(BEFORE, memory));
    }
    forget(AFTER);
    forget(BEFORE);
    tear_down_timers();
}
MST_TEST_END

/* ---- messages ---- */

static struct {
    int fd;
    uint16_t port;
    pthread_t thread;
} web;

/* Takes the head of a request, says 200, and waits for the peer to close. */
static void answer(int fd)
{
    static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    char text[4096];
    size_t n = 0;
    ssize_t got;

    do {
        got = read(fd, text + n, sizeof text - 1 - n);
        n += got > 0 ? (size_t)got : 0;
        text[n] = '\0';
    } while (got > 0 && !strstr(text, "\r\n\r\n"));
    if (got > 0 && write(fd, reply, sizeof reply - 1) > 0)
        while (read(fd, text, sizeof text) > 0) {
        }
    (void)close(fd);
}

static void *run_web(void *arg)
{
    int fd;

    is_tester = true;
    while ((fd = accept(web.fd, NULL, NULL)) >= 0)
        answer(fd);
    return arg;
}

static void start_web(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof addr;

    web.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(web.fd, (struct sockaddr *)&addr, len), 0);
    ck_assert_int_eq(listen(web.fd, 64), 0);
    ck_assert_int_eq(getsockname(web.fd, (struct sockaddr *)&addr, &len), 0);
    web.port = ntohs(addr.sin_port);
    ck_assert_int_eq(pthread_create(&web.thread, NULL, run_web, NULL), 0);
}

static void stop_web(void)
{
    (void)shutdown(web.fd, SHUT_RDWR);
    (void)pthread_join(web.thread, NULL);
    (void)close(web.fd);
}

enum { FAR = 2000000000 }; /* Unix seconds */

static struct mst_settings settings;
static struct mst_sender *sender;
static struct mst_sender *keeps_libcurl; /* which makes itself anew when nobody has it */

static enum mst_err open_sender(struct mst_store *store, struct mst_sender **ret_sender)
{
    struct mst_buf why;
    enum mst_err err;

    mst_buf_init(&why, MST_KIB(1));
    err = mst_sender_open(store, &world.domain, &settings, ret_sender, &why);
    mst_buf_fini(&why);
    return err;
}

static enum mst_err do_allow(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    const struct mst_row_quota quota = {.client_id = call->caller_id,
                                        .lim_email = MST_LIMIT_INHERIT,
                                        .lim_http = MST_LIMIT_INHERIT,
                                        .lim_sms = 0,
                                        .lim_sms_bucket = MST_LIMIT_INHERIT};

    (void)w;
    call->verdict = MST_DONE;
    return mst_tx_update(tx, MST_TABLE_QUOTA, &quota,
                         MST_BIT(quota, lim_email) | MST_BIT(quota, lim_http) |
                             MST_BIT(quota, lim_sms) | MST_BIT(quota, lim_sms_bucket));
}

static void allow(int64_t client_id)
{
    ck_assert_int_eq(
        mst_world_run(&world, do_allow, &(struct mst_world_call){.caller_id = client_id}),
        MST_DONE);
}

#define DISPATCH(method, recipient) \
    "{\"method\":\"" method "\",\"recipient\":\"" recipient "\",\"subscribe\":\"$\"}"

static void begin_sending(void)
{
    mst_settings_init(&settings);
    settings.dispatch_retry_ms = 10;
    settings.dispatch_private_networks = 1;
    open_world();
    world.wall_now = FAR; /* what is put off by the system's clock is due at once */
    allow(world.domain_id);
    allow(world.template_id);
}

/* Messages of all methods; xmpp has no limit left. */
static void set_up_messages(void)
{
    char detail[DETAIL_CHARS];
    struct mst_world_call source, other;

    begin_sending();
    (void)snprintf(settings.dispatch_hook, sizeof settings.dispatch_hook,
                   "http://127.0.0.1:%u/hook", web.port);
    source = make(world.template_id, MST_KIND_DATAPORT, MST_FORMAT_STRING, "", "");
    (void)snprintf(detail, sizeof detail,
                   "{\"method\":\"http_post\",\"recipient\":\"http://127.0.0.1:%u/\","
                   "\"subscribe\":\"$\"}",
                   web.port);
    (void)make(world.template_id, MST_KIND_DISPATCH, MST_FORMAT_NONE, detail, source.handle);
    (void)make(world.template_id, MST_KIND_DISPATCH, MST_FORMAT_NONE, DISPATCH("sms", "1"),
               source.handle);
    (void)make(world.template_id, MST_KIND_DISPATCH, MST_FORMAT_NONE, DISPATCH("xmpp", "1"),
               source.handle);
    (void)make(world.template_id, MST_KIND_DISPATCH, MST_FORMAT_NONE, DISPATCH("email", "a@b"),
               source.handle);
    (void)make(world.template_id, MST_KIND_DISPATCH, MST_FORMAT_NONE,
               DISPATCH("http_get", "ftp://here"), source.handle);
    other = make(world.template_id, MST_KIND_DATAPORT, MST_FORMAT_STRING, "", "");
    ck_assert_int_eq(write_both((struct written){source.id, "on"}, (struct written){other.id, ""}),
                     MST_OK);
    sender = NULL;
    ck_assert_int_eq(open_sender(world.store, &keeps_libcurl), MST_OK);
}

static enum mst_err count_row(void *arg, const void *row)
{
    (void)row;
    ++*(int *)arg;
    return MST_OK;
}

/* Messages in queues; looked at without a fault. */
static int count_messages(void)
{
    static const struct mst_scan all = {.index = MST_IX_OUTGOING_DUE};
    struct mst_reader *reader;
    struct mst_tx *tx;
    int n = 0;

    is_tester = true;
    if (mst_reader_open(world.store, &reader) == MST_OK) {
        if (mst_reader_begin(reader, &tx) == MST_OK &&
            mst_tx_scan(tx, &all, count_row, &n) != MST_OK)
            n = -1;
        mst_reader_end(reader);
        mst_reader_close(reader);
    }
    is_tester = false;
    return n;
}

enum { TURNS_MAX = 20000 }; /* of a millisecond at most */

static enum mst_err send_all(void)
{
    enum mst_err err = sender ? MST_OK : open_sender(&faulty.store, &sender);

    for (int i = 0; err == MST_OK && i < TURNS_MAX && count_messages() > 0; i++)
        mst_sender_turn(sender, 1);
    return err == MST_OK && count_messages() > 0 ? MST_ETIMEOUT : err;
}

static void tear_down_messages(void)
{
    mst_sender_stop(sender);
    mst_sender_free(sender);
    mst_sender_free(keeps_libcurl);
    close_world();
}

static const struct play messages = {set_up_messages, send_all, tear_down_messages, false};

MST_TEST(every_message_is_sent_and_what_became_of_it_stored_whatever_failed)
{
    mst_log_set_level(MST_LOG_ERROR); /* each failure is told of */
    start_web();
    sweep(&messages, CALL, 50);
    sweep(&messages, ALLOCATION, FIRED_MIN);
    fail_commit(&messages, COMMIT_LOST);
    stop_web();
}
MST_TEST_END

/* ---- much at once: what one tenant makes must not keep the others' from going on ---- */

enum { LARGE = 16 * 1024, LITTLE_MEMORY = 8 * LARGE, MANY = 20 };

static char large[LARGE];

/* A client with a large meta, in the last one that was made. */
static enum mst_err do_nest(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_description description = {.has_meta = true, .meta = mst_span_of(large, LARGE)};
    struct mst_row_resource owner = {.id = call->caller_id}, made;
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &owner);

    for (int i = 0; i < MST_LIMIT_COUNT; i++) {
        description.has_limit[i] = true;
        description.limit[i] = MST_LIMIT_INHERIT;
    }
    if (err == MST_OK)
        err = mst_resource_create(&w->domain, tx, &owner, MST_KIND_CLIENT, &description, 1,
                                  &call->verdict, &made);
    call->id = made.id;
    return err;
}

static int64_t nest(int64_t owner_id, int levels)
{
    struct mst_world_call call = {.id = owner_id};

    memset(large, 'x', sizeof large);
    for (int i = 0; i < levels; i++) {
        call.caller_id = call.id;
        ck_assert_int_eq(mst_world_run(&world, do_nest, &call), MST_DONE);
    }
    return call.id;
}

/* A text of that size is written to a dataport. */
static struct mst_world_call make_large(void)
{
    struct mst_world_call port =
        make(world.template_id, MST_KIND_DATAPORT, MST_FORMAT_STRING, "", "");

    memset(large, 'x', sizeof large);
    large[LARGE - 1] = '\0';
    ck_assert_int_eq(
        write_both((struct written){port.id, "first"}, (struct written){port.id, large}), MST_OK);
    return port;
}

MST_TEST(timers_need_no_more_memory_for_many_that_compute_with_large_values)
{
    struct mst_world_call port, rule;
    char detail[DETAIL_CHARS];

    open_world();
    port = make_large();
    rule = make(world.template_id, MST_KIND_DATARULE, MST_FORMAT_STRING,
                "{\"rule\":{\"timeout\":{\"repeat\":true,\"timeout\":10}}}", "");
    (void)snprintf(detail, sizeof detail,
                   "{\"preprocess\":[[\"value\",\"%s\"],[\"value\",\"%s\"]],\"subscribe\":\"$\"}",
                   port.handle, port.handle);
    for (int i = 0; i < MANY; i++)
        (void)make(world.template_id, MST_KIND_DATAPORT, MST_FORMAT_STRING, detail, rule.handle);
    ck_assert_int_eq(write_both((struct written){rule.id, "1"}, (struct written){rule.id, "1"}),
                     MST_OK);
    world.wall_now += 10;
    ck_assert_int_eq(mst_ticker_new(&faulty.store, &world.domain, &ticker), MST_OK);
    faulty.arena_max = LITTLE_MEMORY;
    ck_assert_int_eq(tick(), MST_OK);
    tear_down_timers();
}
MST_TEST_END

/* So many dispatches of an owner, each with a message and no mail server to take it. */
static void make_hopeless(int64_t owner_id, int n)
{
    struct mst_world_call source =
        make(owner_id, MST_KIND_DATAPORT, MST_FORMAT_STRING, "{\"public\":true}", "");

    for (int i = 0; i < n; i++)
        (void)make(owner_id, MST_KIND_DISPATCH, MST_FORMAT_NONE, DISPATCH("email", "a@b"),
                   source.handle);
    ck_assert_int_eq(write_both((struct written){source.id, "1"}, (struct written){source.id, "2"}),
                     MST_OK);
}

MST_TEST(messages_need_no_more_memory_for_owners_that_lie_deep)
{
    begin_sending();
    ck_assert_int_eq(open_sender(&faulty.store, &sender), MST_OK);
    keeps_libcurl = NULL;
    make_hopeless(nest(world.domain_id, MANY), 3);
    faulty.arena_max = LITTLE_MEMORY;
    ck_assert_int_eq(send_all(), MST_OK);
    tear_down_messages();
}
MST_TEST_END

/* Below a dispatch as many subscribers as may be: rows alone, since making them measures the tree each time. */
static enum mst_err do_plant(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_resource dispatch = {.kind = MST_KIND_DISPATCH,
                                        .owner_id = call->caller_id,
                                        .flow_bits = MST_FLOW_DISPATCH,
                                        .n_subscribers = MST_FLOW_TREE_MAX - 1,
                                        .detail = MST_LIT("{\"method\":\"sms\"}")};
    enum mst_err err = mst_tx_insert(tx, MST_TABLE_RESOURCE, &dispatch);

    (void)w;
    call->id = dispatch.id;
    for (int i = 0; i < MST_FLOW_TREE_MAX - 1 && err == MST_OK; i++) {
        struct mst_row_resource port = {.kind = MST_KIND_DATAPORT,
                                        .owner_id = call->caller_id,
                                        .format = MST_FORMAT_STRING,
                                        .flow_bits = call->meta ? MST_FLOW_PREPROCESS : 0,
                                        .detail = mst_span_str(call->meta ? call->meta : "")};
        struct mst_row_subscription row = {.source_id = dispatch.id};

        err = mst_tx_insert(tx, MST_TABLE_RESOURCE, &port);
        row.target_id = port.id;
        if (err == MST_OK)
            err = mst_tx_insert(tx, MST_TABLE_SUBSCRIPTION, &row);
    }
    call->verdict = MST_DONE;
    return err;
}

static enum mst_err do_queue(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    (void)w;
    return mst_dispatch_queue(tx, call->id, 1, MST_LIT("x"), &call->verdict);
}

/* detail: of the subscribers, or NULL. */
static int64_t plant(int64_t owner_id, const char *detail)
{
    struct mst_world_call call = {.caller_id = owner_id, .meta = detail};

    ck_assert_int_eq(mst_world_run(&world, do_plant, &call), MST_DONE);
    call.file = MST_FILE_POINTS;
    ck_assert_int_eq(mst_world_run(&world, do_queue, &call), MST_DONE);
    return call.id;
}

static int count_points(int64_t port_id)
{
    const struct mst_row_point key = {.dataport_id = port_id};
    const struct mst_scan scan = {.index = MST_IX_POINT, .key = &key, .n_fixed = 1};
    struct mst_reader *reader;
    struct mst_tx *tx;
    int n = 0;

    ck_assert_int_eq(mst_reader_open(world.store, &reader), MST_OK);
    ck_assert_int_eq(mst_reader_begin(reader, &tx), MST_OK);
    ck_assert_int_eq(mst_tx_scan(tx, &scan, count_row, &n), MST_OK);
    mst_reader_end(reader);
    mst_reader_close(reader);
    return n;
}

/* All end in the same turn: of three tenants, since each has a part of what is under way. */
MST_TEST(what_became_of_messages_is_stored_even_if_it_sets_off_more_than_fits_one_command)
{
    enum { EACH = 14, N = 3 * EACH };
    _Static_assert(N * MST_FLOW_TREE_MAX > MST_FLOW_VALUES_MAX && EACH <= MST_SENDING_LANE_MAX,
                   "more than fits");
    struct mst_world_vendor vendors[2];
    int64_t owners[3], ids[N];

    begin_sending();
    keeps_libcurl = NULL;
    mst_world_add_vendor(&world, "umbrella", &vendors[0]);
    mst_world_add_vendor(&world, "initech", &vendors[1]);
    owners[0] = world.domain_id;
    owners[1] = vendors[0].domain_id;
    owners[2] = vendors[1].domain_id;
    for (int i = 0; i < N; i++)
        ids[i] = plant(owners[i % 3], NULL);
    ck_assert_int_eq(open_sender(&faulty.store, &sender), MST_OK);
    ck_assert_int_eq(send_all(), MST_OK);
    for (int i = 0; i < N; i++) {
        ck_assert_int_eq(count_points(ids[i]), 1);
        ck_assert_int_eq(count_points(ids[i] + MST_FLOW_TREE_MAX - 1), 1);
    }
    tear_down_messages();
}
MST_TEST_END

static enum mst_err do_put_far_off(struct mst_world *w, struct mst_tx *tx,
                                   struct mst_world_call *call)
{
    call->verdict = MST_DONE;
    return mst_dispatch_postpone(tx, 1, (w->wall_now + 86400) * 1000, 0);
}

MST_TEST(a_message_is_sent_though_the_clock_was_set_back_while_it_waited)
{
    struct mst_world_call put_off = {.file = MST_FILE_POINTS};
    int64_t id;

    begin_sending();
    keeps_libcurl = NULL;
    id = plant(world.template_id, NULL);
    ck_assert_int_eq(mst_world_run(&world, do_put_far_off, &put_off), MST_DONE);
    ck_assert_int_eq(open_sender(&faulty.store, &sender), MST_OK);
    ck_assert_int_eq(send_all(), MST_OK);
    ck_assert_int_eq(count_points(id), 1);
    tear_down_messages();
}
MST_TEST_END

MST_TEST(what_became_of_messages_is_stored_even_if_it_sets_off_more_bytes_than_fit_one_command)
{
    enum { N = MST_FLOW_BYTES_MAX / (LARGE * (MST_FLOW_TREE_MAX - 1)) + 1 };
    int64_t ids[N];
    char detail[DETAIL_CHARS];

    begin_sending();
    keeps_libcurl = NULL;
    (void)snprintf(detail, sizeof detail, "{\"preprocess\":[[\"value\",\"%s\"]]}",
                   make_large().handle);
    for (int i = 0; i < N; i++)
        ids[i] = plant(world.template_id, detail);
    ck_assert_int_eq(open_sender(&faulty.store, &sender), MST_OK);
    ck_assert_int_eq(send_all(), MST_OK);
    for (int i = 0; i < N; i++) {
        ck_assert_int_eq(count_points(ids[i]), 1);
        ck_assert_int_eq(count_points(ids[i] + MST_FLOW_TREE_MAX - 1), 1);
    }
    tear_down_messages();
}
MST_TEST_END

MST_TESTS("fault/processing", a_value_and_all_that_it_sets_off_is_stored_or_nothing_of_it,
          subscriptions_begin_and_end_whole_or_not_at_all,
          timers_and_retention_do_what_is_due_whatever_failed,
          what_was_described_anew_is_renewed_whatever_failed,
          a_full_queue_keeps_what_was_described_anew_waiting_and_loses_nothing,
          who_planned_by_a_rule_that_was_changed_meanwhile_leaves_nothing_of_it_behind,
          every_message_is_sent_and_what_became_of_it_stored_whatever_failed,
          timers_need_no_more_memory_for_many_that_compute_with_large_values,
          messages_need_no_more_memory_for_owners_that_lie_deep,
          what_became_of_messages_is_stored_even_if_it_sets_off_more_than_fits_one_command,
          what_became_of_messages_is_stored_even_if_it_sets_off_more_bytes_than_fit_one_command,
          a_message_is_sent_though_the_clock_was_set_back_while_it_waited)

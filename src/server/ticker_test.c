/* What is due is done by itself, and what fails holds up nothing else. */
#include "base/limits.h"
#include "core/data.h"
#include "core/due.h"
#include "server/ticker.h"
#include "store/memory/memory.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

#define COUNT                                                                                  \
    "{\"rule\":{\"count\":{\"comparison\":\"gt\",\"constant\":1,\"count\":2,\"repeat\":false," \
    "\"timeout\":10}}}"

enum { NOW = 1700000000 };

static struct mst_world world;
static struct mst_ticker *ticker;

static void read_clock(void *arg, int64_t *ret_window_now, int64_t *ret_wall_now)
{
    (void)arg;
    *ret_window_now = *ret_wall_now = NOW;
}

static void begin(void)
{
    const struct mst_memory_opts opts = {.is_inline = true, .random_seed = 1, .now = read_clock};
    struct mst_store *store;

    ck_assert_int_eq(mst_memory_open(&opts, &store), MST_OK);
    ck_assert_int_eq(mst_ticker_new(store, &world.domain, &ticker), MST_OK);
    mst_world_open(&world, 1, store);
    world.wall_now = world.window_now = NOW;
}

static void end(void)
{
    mst_ticker_stop(ticker);
    mst_world_close(&world);
    mst_ticker_free(ticker);
}

static void turn(void)
{
    uint64_t wait_ms;

    ck_assert_int_eq(mst_ticker_turn(ticker, &wait_ms), MST_OK);
}

static struct mst_world_call make_any(enum mst_kind kind, enum mst_format format,
                                      const char *detail)
{
    struct mst_world_call call = {
        .caller_id = world.template_id, .kind = kind, .format = format, .meta = detail};

    ck_assert_int_eq(mst_world_run(&world, mst_do_describe, &call), MST_DONE);
    return call;
}

static int64_t make(const char *detail)
{
    return make_any(MST_KIND_DATARULE, MST_FORMAT_INTEGER, detail).id;
}

/* What the rule remembers; its timer is over. */
static enum mst_err do_set(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_rule_state state = {.rule_id = call->id, .matches = mst_span_str(call->meta)};
    enum mst_err err =
        mst_tx_update(tx, MST_TABLE_RULE_STATE, &state, MST_BIT(rule_state, matches));

    if (err == MST_ENOENT)
        err = mst_tx_insert(tx, MST_TABLE_RULE_STATE, &state);
    call->verdict = MST_DONE;
    return err == MST_OK
               ? mst_due_set(tx, call->id, MST_DUE_RULE, (w->wall_now - call->options) * 1000)
               : err;
}

static void set(int64_t id, const char *matches, int64_t since_s)
{
    struct mst_world_call call = {
        .file = MST_FILE_POINTS, .id = id, .meta = matches, .options = since_s};

    ck_assert_int_eq(mst_world_run(&world, do_set, &call), MST_DONE);
}

static enum mst_err do_look(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    (void)w;
    call->verdict = MST_DONE;
    call->n_members = 0;
    enum mst_err err = mst_data_count(tx, call->id, 10, &call->n_members);
    return err == MST_OK ? mst_due_get(tx, call->id, MST_DUE_RULE, &call->expire) : err;
}

static int64_t points(int64_t id, int64_t *ret_due_ms)
{
    struct mst_world_call call = {.file = MST_FILE_POINTS, .id = id};

    ck_assert_int_eq(mst_world_run(&world, do_look, &call), MST_DONE);
    *ret_due_ms = call.expire;
    return call.n_members;
}

/* ---- tests ---- */

MST_TEST(a_timer_that_cannot_be_carried_out_stands_back_for_the_others)
{
    int64_t bad, good, due_ms;

    begin();
    bad = make(COUNT);
    good = make(COUNT);
    set(bad, "no times", 60);
    set(good, "", 1);
    turn();
    ck_assert_int_eq(points(good, &due_ms), 1);
    ck_assert_int_eq(due_ms, 0);
    ck_assert_int_eq(points(bad, &due_ms), 0);
    ck_assert_int_eq(due_ms, NOW * INT64_C(1000) + MST_DUE_PUT_OFF_MS);
    set(bad, "", 1);
    turn();
    ck_assert_int_eq(points(bad, &due_ms), 1);
    end();
}
MST_TEST_END

static char large[60000];

static enum mst_err do_put_large(struct mst_world *w, struct mst_tx *tx,
                                 struct mst_world_call *call)
{
    const struct mst_row_point point = {
        .dataport_id = call->id, .at = w->wall_now, .value = mst_span_of(large, sizeof large)};

    call->verdict = MST_DONE;
    return mst_data_put(tx, &point);
}

MST_TEST(timers_that_set_off_too_much_together_do_it_one_by_one)
{
    enum { RULES = 2, TARGETS = MST_FLOW_BYTES_MAX / RULES / sizeof large + 1 };
    struct mst_world_call constant, last[RULES];
    char detail[256];
    int64_t due_ms;

    begin();
    constant = make_any(MST_KIND_DATAPORT, MST_FORMAT_STRING, "");
    memset(large, 'x', sizeof large);
    constant.file = MST_FILE_POINTS;
    ck_assert_int_eq(mst_world_run(&world, do_put_large, &constant), MST_DONE);
    for (int i = 0; i < RULES; i++) {
        struct mst_world_call rule = make_any(MST_KIND_DATARULE, MST_FORMAT_INTEGER, COUNT);

        (void)snprintf(detail, sizeof detail,
                       "{\"preprocess\":[[\"value\",\"%.40s\"]],\"subscribe\":\"%.40s\"}",
                       constant.handle, rule.handle);
        for (size_t n = 0; n < TARGETS; n++)
            last[i] = make_any(MST_KIND_DATAPORT, MST_FORMAT_STRING, detail);
        set(rule.id, "", 1);
    }
    turn();
    for (int i = 0; i < RULES; i++)
        ck_assert_int_eq(points(last[i].id, &due_ms), 1);
    end();
}
MST_TEST_END

MST_TESTS("server/ticker", a_timer_that_cannot_be_carried_out_stands_back_for_the_others,
          timers_that_set_off_too_much_together_do_it_one_by_one)

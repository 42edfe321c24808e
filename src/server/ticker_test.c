/* What is due is done by itself, and what fails holds up nothing else. */
#include <pthread.h>
#include <time.h>

#include "core/data.h"
#include "core/due.h"
#include "server/ticker.h"
#include "store/memory/memory.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

#define COUNT                                                                                  \
    "{\"rule\":{\"count\":{\"comparison\":\"gt\",\"constant\":1,\"count\":2,\"repeat\":false," \
    "\"timeout\":10}}}"

enum { NOW = 1700000000, PATIENCE_S = 10 };

static struct mst_world world;
static struct mst_ticker *ticker;

/* ---- points, as they are stored ---- */

static struct {
    struct mst_observer observer; /* first: the store hands it back */
    pthread_mutex_t lock;
    pthread_cond_t woken;
    int64_t id; /* of a resource that got a point; 0: none yet */
} seen = {.lock = PTHREAD_MUTEX_INITIALIZER, .woken = PTHREAD_COND_INITIALIZER};

static void note_point(struct mst_observer *observer, const struct mst_changed *changes, size_t n)
{
    (void)observer;
    (void)pthread_mutex_lock(&seen.lock);
    for (size_t i = 0; i < n; i++)
        if (changes[i].table == MST_TABLE_POINT)
            seen.id = changes[i].key;
    (void)pthread_cond_signal(&seen.woken);
    (void)pthread_mutex_unlock(&seen.lock);
}

/* Which resource gets one; 0 if none does. */
static int64_t await_point(void)
{
    const struct timespec until = {.tv_sec = time(NULL) + PATIENCE_S};
    int64_t id;
    int rc = 0;

    (void)pthread_mutex_lock(&seen.lock);
    while (rc == 0 && seen.id == 0)
        rc = pthread_cond_timedwait(&seen.woken, &seen.lock, &until);
    id = seen.id;
    seen.id = 0;
    (void)pthread_mutex_unlock(&seen.lock);
    return id;
}

/* ---- the world ---- */

static void read_clock(void *arg, int64_t *ret_window_now, int64_t *ret_wall_now)
{
    (void)arg;
    *ret_window_now = *ret_wall_now = NOW;
}

static void begin(void)
{
    const struct mst_memory_opts opts = {
        .queue_max = 16, .batch_max = 4, .random_seed = 1, .now = read_clock};
    struct mst_store *store;

    ck_assert_int_eq(mst_memory_open(&opts, &store), MST_OK);
    seen.observer = (struct mst_observer){.tables = MST_TABLE_BIT(POINT), .changed = note_point};
    mst_store_observe(store, &seen.observer);
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

static enum mst_err do_make(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    const struct mst_description description = {.has_format = true,
                                                .format = MST_FORMAT_INTEGER,
                                                .has_detail = true,
                                                .detail = mst_span_str(call->meta)};
    struct mst_row_resource owner = {.id = w->template_id}, made = {.id = 0};
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &owner);

    if (err == MST_OK)
        err = mst_resource_create(&w->domain, tx, &owner, MST_KIND_DATARULE, &description, 1,
                                  &call->verdict, &made);
    call->id = made.id;
    return err;
}

static int64_t make(const char *detail)
{
    struct mst_world_call call = {.meta = detail};

    ck_assert_int_eq(mst_world_run(&world, do_make, &call), MST_DONE);
    return call.id;
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

static enum mst_err do_get_due(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    (void)w;
    call->verdict = MST_DONE;
    return mst_due_get(tx, call->id, MST_DUE_RULE, &call->expire);
}

static int64_t due_ms(int64_t id)
{
    struct mst_world_call call = {.file = MST_FILE_POINTS, .id = id};

    ck_assert_int_eq(mst_world_run(&world, do_get_due, &call), MST_DONE);
    return call.expire;
}

/* ---- tests ---- */

MST_TEST(a_timer_that_cannot_be_carried_out_stands_back_for_the_others)
{
    int64_t bad, good;

    begin();
    bad = make(COUNT);
    good = make(COUNT);
    set(bad, "no times", 60);
    set(good, "", 1);
    ck_assert_int_eq(mst_ticker_start(ticker), MST_OK);
    ck_assert_int_eq(await_point(), good);
    ck_assert_int_eq(due_ms(good), 0);
    ck_assert_int_gt(due_ms(bad), NOW * INT64_C(1000));
    set(bad, "", 1);
    ck_assert_int_eq(await_point(), bad);
    ck_assert_int_eq(due_ms(bad), 0);
    end();
}
MST_TEST_END

MST_TESTS("server/ticker", a_timer_that_cannot_be_carried_out_stands_back_for_the_others)

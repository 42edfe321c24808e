#include <stdio.h>

#include "core/dispatch.h"
#include "core/quota.h"
#include "core/usage.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

static struct mst_world world;

struct work {
    struct mst_cmd cmd;
    enum mst_err (*run)(struct mst_tx *tx);
    enum mst_err err;
};

static enum mst_err run_work(struct mst_cmd *cmd, struct mst_tx *tx)
{
    return ((struct work *)cmd)->run(tx);
}

static void note_done(struct mst_cmd *cmd, enum mst_err err)
{
    ((struct work *)cmd)->err = err;
}

static void in_file(enum mst_file file, enum mst_err (*run)(struct mst_tx *tx))
{
    struct work work = {
        .cmd = {.run = run_work, .done = note_done, .file = file},
          .run = run
    };

    ck_assert_int_eq(mst_store_submit(world.store, &work.cmd), MST_OK);
    ck_assert_int_eq(work.err, MST_OK);
}

/* ---- the queue ---- */

static enum mst_verdict queue(struct mst_tx *tx, int64_t dispatch_id, const char *value)
{
    enum mst_verdict verdict;

    ck_assert_int_eq(mst_dispatch_queue(tx, dispatch_id, 1, mst_span_str(value), &verdict), MST_OK);
    return verdict;
}

struct due {
    char text[400];
    int64_t first_id;
};

static enum mst_err note_row(void *arg, const void *row)
{
    struct due *due = arg;
    const struct mst_row_outgoing *outgoing = row;
    size_t used = strlen(due->text);

    if (outgoing->due_ms == MST_OUTGOING_BEHIND)
        return MST_EREFUSED;
    if (used == 0)
        due->first_id = outgoing->id;
    (void)snprintf(due->text + used, sizeof due->text - used, "%.*s ", (int)outgoing->value.len,
                   outgoing->value.ptr);
    return MST_OK;
}

/* The messages that are ever due, the first first. */
static struct due look(struct mst_tx *tx)
{
    static const struct mst_scan scan = {.index = MST_IX_OUTGOING_DUE};
    struct due due = {.first_id = 0};

    ck_assert_int_eq(mst_tx_scan(tx, &scan, note_row, &due), MST_OK);
    return due;
}

static enum mst_err queue_some(struct mst_tx *tx)
{
    for (int i = 0; i < 3; i++) {
        char value[16];

        (void)snprintf(value, sizeof value, "a%d", i);
        ck_assert_int_eq(queue(tx, 5, value), MST_DONE);
    }
    ck_assert_int_eq(queue(tx, 6, "b0"), MST_DONE);
    ck_assert_str_eq(look(tx).text, "a0 b0 ");
    return MST_OK;
}

/* The clock moves on between the steps, as it does between commands. */
static enum mst_err finish_first(struct mst_tx *tx)
{
    ck_assert_int_eq(mst_dispatch_finish(tx, look(tx).first_id), MST_OK);
    return MST_OK;
}

static enum mst_err see_next(struct mst_tx *tx)
{
    ck_assert_str_eq(look(tx).text, "b0 a1 ");
    return MST_OK;
}

static enum mst_err postpone_first(struct mst_tx *tx)
{
    struct mst_row_outgoing row = {.id = look(tx).first_id};

    ck_assert_int_eq(mst_dispatch_postpone(tx, row.id, mst_tx_wall_now_ms(tx) + 5000, 1), MST_OK);
    ck_assert_str_eq(look(tx).text, "a1 b0 ");
    ck_assert_int_eq(mst_tx_get(tx, MST_IX_OUTGOING, &row), MST_OK);
    ck_assert_int_eq(row.tries, 1);
    return MST_OK;
}

static enum mst_err finish_all(struct mst_tx *tx)
{
    for (struct due due; (due = look(tx)).first_id != 0;) {
        ck_assert_int_eq(mst_dispatch_finish(tx, due.first_id), MST_OK);
        ck_assert_int_eq(mst_dispatch_finish(tx, due.first_id), MST_OK); /* gone already */
        ck_assert_int_eq(mst_dispatch_postpone(tx, due.first_id, 1, 1), MST_OK);
    }
    return MST_OK;
}

MST_TEST(of_each_dispatch_the_first_message_is_due_and_a_long_queue_goes_behind_the_others)
{
    mst_world_open(&world, 1, NULL);
    in_file(MST_FILE_POINTS, queue_some);
    world.wall_now++;
    in_file(MST_FILE_POINTS, finish_first);
    in_file(MST_FILE_POINTS, see_next);
    in_file(MST_FILE_POINTS, postpone_first);
    in_file(MST_FILE_POINTS, finish_all);
    mst_world_close(&world);
}
MST_TEST_END

static enum mst_err fill(struct mst_tx *tx)
{
    for (int i = 0; i < MST_OUTGOING_MAX; i++)
        ck_assert_int_eq(queue(tx, 5, "x"), MST_DONE);
    ck_assert_int_eq(queue(tx, 5, "y"), MST_NO_ROOM);
    ck_assert_int_eq(queue(tx, 6, "y"), MST_DONE);
    ck_assert_int_eq(mst_dispatch_finish(tx, look(tx).first_id), MST_OK);
    ck_assert_int_eq(queue(tx, 5, "z"), MST_DONE);
    ck_assert_int_eq(queue(tx, 5, "z"), MST_NO_ROOM);
    return MST_OK;
}

MST_TEST(a_queue_that_is_full_takes_one_more_for_each_that_leaves)
{
    mst_world_open(&world, 1, NULL);
    in_file(MST_FILE_POINTS, fill);
    mst_world_close(&world);
}
MST_TEST_END

/* ---- descriptions ---- */

MST_TEST(a_detail_says_what_is_sent)
{
    static const char *const bad[] = {"",
                                      "{}",
                                      "{\"method\":\"fax\"}",
                                      "{\"method\":1}",
                                      "{\"method\":\"sms\",\"subject\":1}",
                                      "{\"method\":\"sms\""};
    struct mst_arena arena;
    struct mst_dispatch dispatch;
    enum mst_verdict verdict;

    mst_arena_init(&arena, MST_KIB(64));
    ck_assert_int_eq(
        mst_dispatch_read(&arena,
                          MST_LIT("{\"locked\":true,\"message\":\"m\",\"method\":\"http_put\","
                                  "\"preprocess\":[[\"add\",1]],\"recipient\":\"r\\n\","
                                  "\"subject\":\"s\"}"),
                          &verdict, &dispatch),
        MST_OK);
    ck_assert_int_eq(verdict, MST_DONE);
    ck_assert_int_eq(dispatch.method, MST_DISPATCH_HTTP_PUT);
    ck_assert_span_str(dispatch.recipient, "r\n");
    ck_assert_span_str(dispatch.subject, "s");
    ck_assert_span_str(dispatch.message, "m");
    ck_assert(dispatch.is_locked);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_int_eq(mst_dispatch_read(&arena, mst_span_str(bad[i]), &verdict, &dispatch),
                         MST_OK);
        ck_assert_msg(verdict == MST_BAD_VALUE, "%s", bad[i]);
    }
    mst_arena_fini(&arena);
}
MST_TEST_END

/* ---- limits ---- */

static void limit_to(struct mst_tx *tx, int64_t client_id, int64_t a_day, int64_t bucket)
{
    const struct mst_row_quota quota = {
        .client_id = client_id, .lim_sms = a_day, .lim_sms_bucket = bucket};

    ck_assert_int_eq(mst_tx_update(tx, MST_TABLE_QUOTA, &quota,
                                   MST_BIT(quota, lim_sms) | MST_BIT(quota, lim_sms_bucket)),
                     MST_OK);
}

/* How many messages of up to ten the client may send. */
static int draw(struct mst_tx *tx, int64_t client_id)
{
    for (int n = 0; n < 10; n++) {
        enum mst_verdict verdict;

        ck_assert_int_eq(mst_dispatch_draw(tx, client_id, MST_DISPATCH_SMS, &verdict), MST_OK);
        if (verdict != MST_DONE)
            return n;
    }
    return 10;
}

static int64_t consumed(struct mst_tx *tx, int64_t client_id, int64_t day)
{
    struct mst_row_consumed row = {.client_id = client_id, .metric = MST_LIMIT_SMS, .day = day};
    enum mst_err err = mst_tx_get(tx, MST_IX_CONSUMED, &row);

    ck_assert(err == MST_OK || err == MST_ENOENT);
    return err == MST_OK ? row.n : 0;
}

static int64_t sent(struct mst_tx *tx, int64_t client_id)
{
    int64_t n;

    ck_assert_int_eq(mst_usage_today(tx, client_id, MST_CONSUMED_OWN(MST_LIMIT_SMS), &n), MST_OK);
    return n;
}

static enum mst_err count_row(void *arg, const void *row)
{
    (void)row;
    ++*(int *)arg;
    return MST_OK;
}

/* Rows of what the client's own dispatches have sent. */
static int consumed_own(struct mst_tx *tx, int64_t client_id)
{
    const struct mst_row_consumed key = {.client_id = client_id,
                                         .metric = MST_CONSUMED_OWN(MST_LIMIT_SMS)};
    const struct mst_scan scan = {.index = MST_IX_CONSUMED, .key = &key, .n_fixed = 2};
    int n = 0;

    ck_assert_int_eq(mst_tx_scan(tx, &scan, count_row, &n), MST_OK);
    return n;
}

enum { NONE = MST_LIMIT_INHERIT };

static enum mst_err draw_today(struct mst_tx *tx)
{
    int64_t today = mst_tx_wall_now(tx) / 86400;

    limit_to(tx, world.domain_id, 4, 1);
    limit_to(tx, world.portal_id, 2, 0);
    limit_to(tx, world.portal2_id, NONE, NONE);
    ck_assert_int_eq(draw(tx, world.portal_id), 2);  /* its own limit */
    ck_assert_int_eq(draw(tx, world.portal2_id), 3); /* what is left above it, and the bucket */
    ck_assert_int_eq(draw(tx, world.portal_id), 0);
    ck_assert_int_eq(consumed(tx, world.portal_id, today), 2);
    ck_assert_int_eq(consumed(tx, world.portal2_id, today), 3);
    ck_assert_int_eq(consumed(tx, world.domain_id, today), 5);
    ck_assert_int_eq(consumed(tx, world.domain_id, MST_CONSUMED_EVER), 1);
    ck_assert_int_eq(sent(tx, world.portal_id), 2);
    ck_assert_int_eq(sent(tx, world.portal2_id), 3);
    ck_assert_int_eq(sent(tx, world.domain_id), 0); /* by those below it */
    return MST_OK;
}

static enum mst_err draw_tomorrow(struct mst_tx *tx)
{
    ck_assert_int_eq(sent(tx, world.portal2_id), 0);
    ck_assert_int_eq(draw(tx, world.portal2_id), 4); /* a new day, and no bucket */
    ck_assert_int_eq(sent(tx, world.portal2_id), 4);
    ck_assert_int_eq(consumed_own(tx, world.portal2_id), 1); /* the day before is forgotten */
    return MST_OK;
}

static enum mst_err draw_nobody(struct mst_tx *tx)
{
    enum mst_verdict verdict;

    ck_assert_int_eq(mst_dispatch_draw(tx, 999999, MST_DISPATCH_SMS, &verdict), MST_OK);
    ck_assert_int_eq(verdict, MST_NOT_FOUND);
    ck_assert_int_eq(draw(tx, world.root_id), 10);
    return MST_OK;
}

MST_TEST(limits_of_all_above_hold_each_day_and_buckets_once)
{
    mst_world_open(&world, 1, NULL);
    in_file(MST_FILE_STATE, draw_today);
    world.wall_now += 86400;
    in_file(MST_FILE_STATE, draw_tomorrow);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(the_root_may_send_and_who_is_gone_may_not)
{
    mst_world_open(&world, 1, NULL);
    in_file(MST_FILE_STATE, draw_nobody);
    mst_world_close(&world);
}
MST_TEST_END

MST_TESTS("core/dispatch",
          of_each_dispatch_the_first_message_is_due_and_a_long_queue_goes_behind_the_others,
          a_queue_that_is_full_takes_one_more_for_each_that_leaves, a_detail_says_what_is_sent,
          limits_of_all_above_hold_each_day_and_buckets_once,
          the_root_may_send_and_who_is_gone_may_not)

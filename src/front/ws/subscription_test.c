#include "base/limits.h"
#include "front/ws/subscription.h"
#include "tests/lib/told.h"
#include "tests/lib/unit.h"

/* ---- subscriptions of one session, without one ---- */

static struct mst_told told;
static struct mst_exchange_env env;
static struct mst_ws_subscriptions all;
static int n_due;
static const int message;

static void due(void *arg)
{
    ck_assert_ptr_eq(arg, &n_due);
    n_due++;
}

static void begin(void)
{
    n_due = 0;
    mst_told_open(&told);
    env = (struct mst_exchange_env){.loop = told.loop, .watch = told.watch};
    ck_assert_int_eq(mst_wheel_new(env.loop, &env.wheel), MST_OK);
    mst_ws_subscriptions_init(&all, &env, due, &n_due);
}

static void end(void)
{
    mst_ws_subscriptions_fini(&all);
    mst_wheel_free(env.wheel);
    mst_told_close(&told);
}

static enum mst_err try_add(const char *id, int64_t port_id)
{
    const struct mst_ws_wanted wanted = {.id = mst_span_str(id), .port_id = port_id};

    return mst_ws_subscriptions_add(&all, &wanted, &message);
}

/* And the message that makes it is answered. */
static void add(const char *id, int64_t port_id)
{
    ck_assert_int_eq(try_add(id, port_id), MST_OK);
    mst_ws_subscriptions_settle(&all, &message, true);
}

static bool is_first_due(const char *id)
{
    const struct mst_ws_subscription *first = mst_ws_subscriptions_due(&all);

    return first && mst_span_eq(first->id, mst_span_str(id));
}

MST_TEST(each_is_due_from_the_beginning_in_the_order_in_which_they_were_made)
{
    begin();
    add("1", 11);
    add("2", 12);
    ck_assert(is_first_due("1"));
    mst_ws_subscription_queue_up(mst_ws_subscriptions_due(&all));
    ck_assert(is_first_due("2"));
    mst_ws_subscriptions_due(&all)->is_due = false;
    ck_assert(is_first_due("1"));
    end();
}
MST_TEST_END

MST_TEST(it_is_not_due_before_its_message_is_answered_and_ends_if_that_fails)
{
    begin();
    ck_assert_int_eq(try_add("1", 11), MST_OK);
    ck_assert_ptr_null(mst_ws_subscriptions_due(&all));
    mst_ws_subscriptions_settle(&all, &env, false); /* another message */
    ck_assert_uint_eq(all.n, 1);
    mst_ws_subscriptions_settle(&all, &message, false);
    ck_assert_uint_eq(all.n, 0);
    end();
}
MST_TEST_END

MST_TEST(it_is_due_again_when_its_dataport_changes)
{
    begin();
    add("1", 11);
    add("2", 12);
    for (int i = 0; i < 2; i++)
        mst_ws_subscriptions_due(&all)->is_due = false;
    ck_assert_ptr_null(mst_ws_subscriptions_due(&all));
    mst_told_tell(&told, MST_TABLE_POINT, 12);
    mst_told_tell(&told, MST_TABLE_POINT, 13);
    mst_told_run(&told);
    ck_assert_int_eq(n_due, 1);
    ck_assert(is_first_due("2"));
    end();
}
MST_TEST_END

MST_TEST(it_ends_when_its_time_has_passed)
{
    struct mst_ws_wanted wanted = {.id = MST_LIT("1"), .port_id = 11};

    begin();
    wanted.until_ms = mst_loop_now_ms(env.loop) + 1000;
    ck_assert_int_eq(mst_ws_subscriptions_add(&all, &wanted, &message), MST_OK);
    mst_wheel_turn(env.wheel, wanted.until_ms - 1);
    ck_assert_uint_eq(all.n, 1);
    mst_wheel_turn(env.wheel, wanted.until_ms + MST_WHEEL_STEP_MS);
    ck_assert_uint_eq(all.n, 0);
    end();
}
MST_TEST_END

MST_TEST(one_of_the_same_id_and_dataport_takes_its_place)
{
    begin();
    add("1", 11);
    add("1", 12);
    add("2", 11);
    add("1", 11);
    ck_assert_uint_eq(all.n, 3);
    end();
}
MST_TEST_END

MST_TEST(they_are_ended_by_id_by_dataport_or_by_both)
{
    begin();
    add("1", 11);
    add("1", 12);
    add("2", 11);
    ck_assert_uint_eq(mst_ws_subscriptions_remove(&all, MST_LIT("2"), 12), 0);
    ck_assert_uint_eq(mst_ws_subscriptions_remove(&all, MST_LIT("1"), 12), 1);
    ck_assert_uint_eq(mst_ws_subscriptions_remove(&all, MST_LIT(""), 11), 2);
    add("3", 11);
    add("3", 12);
    ck_assert_uint_eq(mst_ws_subscriptions_remove(&all, MST_LIT("3"), 0), 2);
    ck_assert_uint_eq(all.n, 0);
    end();
}
MST_TEST_END

MST_TEST(a_session_has_so_many_and_no_more)
{
    begin();
    for (int64_t i = 0; i < MST_WS_SUBSCRIPTIONS_MAX; i++)
        add("1", 1 + i);
    ck_assert_int_eq(try_add("1", 1 + MST_WS_SUBSCRIPTIONS_MAX), MST_EFULL);
    add("1", 1); /* in place of the first */
    ck_assert_uint_eq(all.n, MST_WS_SUBSCRIPTIONS_MAX);
    end();
}
MST_TEST_END

MST_TEST(a_point_is_shown_under_its_id_in_a_list_or_flat)
{
    struct mst_buf out;

    begin();
    add("\"a\"", 11);
    mst_buf_init(&out, 256);
    ck_assert_int_eq(mst_ws_subscription_write(mst_ws_subscriptions_due(&all), MST_LIT("[5,\"x\"]"),
                                               false, &out),
                     MST_OK);
    ck_assert(mst_span_eq(mst_buf_span(&out), MST_LIT("[{\"id\":\"a\",\"status\":\"ok\","
                                                      "\"result\":[[5,\"x\"]]}]")));
    mst_buf_clear(&out);
    ck_assert_int_eq(
        mst_ws_subscription_write(mst_ws_subscriptions_due(&all), MST_LIT("[5,\"x\"]"), true, &out),
        MST_OK);
    ck_assert(mst_span_eq(mst_buf_span(&out), MST_LIT("[{\"id\":\"a\",\"status\":\"ok\","
                                                      "\"result\":[5,\"x\"]}]")));
    mst_buf_fini(&out);
    end();
}
MST_TEST_END

MST_TESTS("front/ws/subscription",
          each_is_due_from_the_beginning_in_the_order_in_which_they_were_made,
          it_is_not_due_before_its_message_is_answered_and_ends_if_that_fails,
          it_is_due_again_when_its_dataport_changes, it_ends_when_its_time_has_passed,
          one_of_the_same_id_and_dataport_takes_its_place,
          they_are_ended_by_id_by_dataport_or_by_both, a_session_has_so_many_and_no_more,
          a_point_is_shown_under_its_id_in_a_list_or_flat)

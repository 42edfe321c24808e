#include "server/health.h"
#include "tests/lib/unit.h"

enum { STALL_MS = 1000 };
static const uint64_t second = 1000000000u;

static struct mst_health health;
static struct mst_loop *loop;

static void stop(struct mst_task *task)
{
    (void)task;
    mst_loop_stop(loop);
}

/* Lets the loop come round once, which ends it. */
static void turn(void)
{
    struct mst_task task = {.run = stop};

    mst_loop_post(loop, &task);
    mst_loop_run(loop);
}

static void begin(void)
{
    mst_health_init(&health, STALL_MS);
    ck_assert_int_eq(mst_loop_new(&loop), MST_OK);
    ck_assert_int_eq(mst_health_add_loop(&health, loop), MST_OK);
}

static void end(void)
{
    mst_loop_free(loop);
    mst_health_fini(&health);
}

MST_TEST(it_is_ready_while_it_serves_only)
{
    begin();
    ck_assert(!mst_health_is_ready(&health));
    ck_assert_ptr_null(mst_health_problem(&health));
    mst_health_set_phase(&health, MST_SERVING);
    ck_assert(mst_health_is_ready(&health));
    ck_assert_uint_eq(mst_metric_sum(MST_M_READY, 0), 1);
    mst_health_set_phase(&health, MST_DRAINING);
    ck_assert(!mst_health_is_ready(&health));
    ck_assert_ptr_null(mst_health_problem(&health));
    ck_assert_uint_eq(mst_metric_sum(MST_M_READY, 0), 0);
    turn();
    end();
}
MST_TEST_END

MST_TEST(a_loop_that_does_not_come_round_is_a_problem_until_it_does)
{
    begin();
    mst_health_set_phase(&health, MST_SERVING);
    ck_assert(mst_health_look(&health, 10 * second));
    ck_assert(mst_health_look(&health, 11 * second));
    ck_assert(!mst_health_look(&health, 11 * second + 1));
    ck_assert_ptr_nonnull(mst_health_problem(&health));
    ck_assert(!mst_health_is_ready(&health));
    ck_assert_uint_eq(mst_metric_sum(MST_M_HEALTHY, 0), 0);
    turn();
    ck_assert(mst_health_look(&health, 12 * second));
    ck_assert(mst_health_is_ready(&health));
    ck_assert_uint_eq(mst_metric_sum(MST_M_HEALTHY, 0), 1);
    end();
}
MST_TEST_END

MST_TEST(a_loop_that_turns_is_well_however_long_between_two_looks)
{
    begin();
    mst_health_set_phase(&health, MST_SERVING);
    ck_assert(mst_health_look(&health, 10 * second));
    turn();
    ck_assert(mst_health_look(&health, 1000 * second));
    end();
}
MST_TEST_END

static void check_committer(enum mst_label_FILE file)
{
    mst_health_init(&health, STALL_MS);
    mst_health_set_phase(&health, MST_SERVING);
    ck_assert(mst_health_look(&health, 10 * second));
    mst_metric_add(MST_M_QUEUE, file, 2);
    ck_assert(mst_health_look(&health, 11 * second));
    ck_assert(!mst_health_look(&health, 12 * second));
    mst_metric_sub(MST_M_QUEUE, file, 1);
    mst_metric_add(MST_M_COMMANDS, file, 1);
    ck_assert(mst_health_look(&health, 13 * second));
    ck_assert(!mst_health_look(&health, 15 * second));
    mst_metric_sub(MST_M_QUEUE, file, 1);
    ck_assert(mst_health_look(&health, 16 * second));
    ck_assert(mst_health_look(&health, 1000 * second));
    mst_health_fini(&health);
}

MST_TEST(changes_that_wait_while_none_is_answered_are_a_problem)
{
    check_committer(MST_FILE_LABEL_STATE);
    check_committer(MST_FILE_LABEL_POINTS);
}
MST_TEST_END

MST_TEST(nothing_is_looked_at_before_it_serves_and_after)
{
    begin();
    ck_assert(mst_health_look(&health, 10 * second));
    ck_assert(mst_health_look(&health, 100 * second));
    mst_health_set_phase(&health, MST_SERVING);
    ck_assert(mst_health_look(&health, 101 * second));
    mst_health_set_phase(&health, MST_DRAINING);
    ck_assert(mst_health_look(&health, 1000 * second));
    turn();
    end();
}
MST_TEST_END

MST_TESTS("server/health", it_is_ready_while_it_serves_only,
          a_loop_that_does_not_come_round_is_a_problem_until_it_does,
          a_loop_that_turns_is_well_however_long_between_two_looks,
          changes_that_wait_while_none_is_answered_are_a_problem,
          nothing_is_looked_at_before_it_serves_and_after)

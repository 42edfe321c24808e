#include <stdlib.h>

#include "net/wheel.h"
#include "tests/lib/unit.h"

struct alarm {
    struct mst_wheel_entry entry; /* first */
    uint64_t at_ms;
    int n_passed;
};

static uint64_t now_ms; /* as the wheel is told */
static struct mst_wheel *wheel;

static void pass(struct mst_wheel_entry *entry)
{
    struct alarm *alarm = (struct alarm *)entry;

    ck_assert_uint_ge(now_ms, alarm->at_ms);
    alarm->n_passed++;
}

/* The first turn at which it may come, and must. */
static uint64_t due_ms(const struct alarm *alarm)
{
    return (alarm->at_ms + MST_WHEEL_STEP_MS - 1) / MST_WHEEL_STEP_MS * MST_WHEEL_STEP_MS;
}

static struct mst_loop *open_wheel(void)
{
    struct mst_loop *loop;

    ck_assert_int_eq(mst_loop_new(&loop), MST_OK);
    ck_assert_int_eq(mst_wheel_new(loop, &wheel), MST_OK);
    now_ms = mst_loop_now_ms(loop);
    return loop;
}

static void close_wheel(struct mst_loop *loop)
{
    mst_wheel_free(wheel);
    mst_loop_free(loop);
}

enum { N_ALARMS = 5000 };

static void set_random(struct alarm *alarm, unsigned *seed)
{
    alarm->at_ms = now_ms + (uint64_t)rand_r(seed) % 300000;
    mst_wheel_set(wheel, &alarm->entry, alarm->at_ms, pass);
}

static bool is_right(const struct alarm *alarm, bool is_cleared)
{
    return alarm->n_passed == (!is_cleared && due_ms(alarm) <= now_ms ? 1 : 0);
}

static void ck_passed_when_due(const struct alarm *alarms, const bool *is_cleared)
{
    for (size_t i = 0; i < N_ALARMS; i++)
        if (!is_right(&alarms[i], is_cleared[i]))
            ck_abort_msg("number %zu", i);
}

MST_TEST(each_of_thousands_passes_once_never_early_and_at_most_a_step_late)
{
    static struct alarm alarms[N_ALARMS];
    static bool is_cleared[N_ALARMS];
    struct mst_loop *loop = open_wheel();
    uint64_t began_ms = now_ms;
    unsigned seed = 1;

    for (size_t i = 0; i < N_ALARMS; i++)
        set_random(&alarms[i], &seed);
    for (size_t i = 0; i < N_ALARMS; i += 3) /* moved */
        set_random(&alarms[i], &seed);
    for (size_t i = 0; i < N_ALARMS; i += 7) {
        mst_wheel_clear(wheel, &alarms[i].entry);
        is_cleared[i] = true;
    }
    while (now_ms < began_ms + 310000) { /* steps of 0 to 2 s, now and then more than a turn */
        now_ms += rand_r(&seed) % 20 == 0 ? 20000 : (uint64_t)rand_r(&seed) % 2000;
        mst_wheel_turn(wheel, now_ms);
        ck_passed_when_due(alarms, is_cleared);
    }
    close_wheel(loop);
}
MST_TEST_END

static struct alarm other, again;

static void clear_other(struct mst_wheel_entry *entry)
{
    pass(entry);
    mst_wheel_clear(wheel, &other.entry);
    again.at_ms = now_ms;
    mst_wheel_set(wheel, &again.entry, now_ms, pass);
}

MST_TEST(one_that_passes_may_clear_another_that_is_due_and_set_a_third)
{
    struct mst_loop *loop = open_wheel();
    struct alarm first = {.at_ms = now_ms + 1};

    other = again = (struct alarm){0};
    other.at_ms = now_ms + 2;
    mst_wheel_set(wheel, &first.entry, first.at_ms, clear_other);
    mst_wheel_set(wheel, &other.entry, other.at_ms, pass);
    now_ms += 100;
    mst_wheel_turn(wheel, now_ms);
    ck_assert_int_eq(first.n_passed, 1);
    ck_assert_int_eq(other.n_passed, 0);
    ck_assert_int_eq(again.n_passed, 0);
    now_ms += MST_WHEEL_STEP_MS;
    mst_wheel_turn(wheel, now_ms);
    ck_assert_int_eq(again.n_passed, 1);
    ck_assert_int_eq(other.n_passed, 0);
    close_wheel(loop);
}
MST_TEST_END

static struct mst_loop *running;

static void stop(struct mst_wheel_entry *entry)
{
    now_ms = mst_loop_now_ms(running);
    pass(entry);
    if (entry == &other.entry)
        mst_loop_stop(running);
}

MST_TEST(the_loop_turns_the_wheel_as_long_as_something_is_set)
{
    running = open_wheel();
    other = again = (struct alarm){0};
    again.at_ms = now_ms;
    other.at_ms = now_ms + 20;
    mst_wheel_set(wheel, &other.entry, other.at_ms, stop);
    mst_wheel_set(wheel, &again.entry, again.at_ms, stop);
    mst_loop_run(running);
    ck_assert_int_eq(again.n_passed, 1);
    ck_assert_int_eq(other.n_passed, 1);
    close_wheel(running);
}
MST_TEST_END

MST_TESTS("wheel", each_of_thousands_passes_once_never_early_and_at_most_a_step_late,
          one_that_passes_may_clear_another_that_is_due_and_set_a_third,
          the_loop_turns_the_wheel_as_long_as_something_is_set)

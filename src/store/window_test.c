#include <string.h>

#include "store/window.h"
#include "tests/lib/unit.h"

enum { HOUR_S = 3600, DAY_S = 86400, YEAR_S = 365 * DAY_S };

#define NOON INT64_C(1767268800) /* some noon in 2026 */

static struct mst_window_reading reading(int64_t wall_s, int64_t boot_s, const char *boot_id)
{
    struct mst_window_reading now = {.wall_s = wall_s, .boot_s = boot_s};

    memcpy(now.boot_id, boot_id, strlen(boot_id));
    return now;
}

static struct mst_window_mark mark_at(int64_t window_s, int64_t boot_s, const char *boot_id)
{
    struct mst_window_reading now = reading(0, boot_s, boot_id);

    return mst_window_set(window_s, &now);
}

MST_TEST(without_a_mark_window_time_is_the_wall_clock)
{
    struct mst_window_mark none = {0};
    struct mst_window_reading now = reading(NOON, 100, "a");

    ck_assert_int_eq(mst_window_now(&none, &now), NOON);
    ck_assert_int_eq(mst_window_jump(&none, &now), 0);
}
MST_TEST_END

MST_TEST(with_clocks_in_step_window_time_is_the_wall_clock)
{
    struct mst_window_mark mark = mark_at(NOON, 100, "a");
    struct mst_window_reading now = reading(NOON + 50, 150, "a");

    ck_assert_int_eq(mst_window_now(&mark, &now), NOON + 50);
    ck_assert_int_eq(mst_window_jump(&mark, &now), 0);
}
MST_TEST_END

MST_TEST(a_wall_clock_set_back_neither_turns_nor_stops_window_time)
{
    struct mst_window_mark mark = mark_at(NOON, 100, "a");

    for (int64_t passed = 0; passed < 3 * DAY_S; passed += HOUR_S) {
        struct mst_window_reading now = reading(NOON - 25 * HOUR_S + passed, 100 + passed, "a");

        ck_assert_int_eq(mst_window_now(&mark, &now), NOON + passed);
    }
}
MST_TEST_END

MST_TEST(after_a_reboot_at_least_the_uptime_has_passed)
{
    struct mst_window_mark mark = mark_at(NOON, 5 * DAY_S, "a");
    struct mst_window_reading now = reading(NOON - 25 * HOUR_S, 40, "b");

    ck_assert_int_eq(mst_window_now(&mark, &now), NOON + 40);
    now.boot_s = 2 * DAY_S;
    ck_assert_int_eq(mst_window_now(&mark, &now), NOON + 2 * DAY_S);
}
MST_TEST_END

MST_TEST(one_boot_in_2099_leaves_window_time_far_ahead_but_running)
{
    const int64_t in_2099 = NOON + INT64_C(73) * YEAR_S;
    struct mst_window_mark mark = mark_at(NOON, 100, "a");
    struct mst_window_reading now = reading(in_2099, 10, "b");

    ck_assert_int_eq(mst_window_now(&mark, &now), in_2099);
    ck_assert_int_gt(mst_window_jump(&mark, &now), 72 * (int64_t)YEAR_S);
    mark = mst_window_set(mst_window_now(&mark, &now), &now);
    now = reading(NOON + HOUR_S, 10, "c");
    ck_assert_int_eq(mst_window_now(&mark, &now), in_2099 + 10);
    now = reading(NOON + HOUR_S + DAY_S, 10 + DAY_S, "c");
    ck_assert_int_eq(mst_window_now(&mark, &now), in_2099 + 10 + DAY_S);
}
MST_TEST_END

MST_TEST(a_forward_jump_is_measured_against_what_the_mark_says)
{
    struct mst_window_mark mark = mark_at(NOON, 100, "a");
    struct mst_window_reading now = reading(NOON + 60 + 2 * HOUR_S, 160, "a");

    ck_assert_int_eq(mst_window_jump(&mark, &now), 2 * HOUR_S);
    now.wall_s = NOON;
    ck_assert_int_eq(mst_window_jump(&mark, &now), 0);
}
MST_TEST_END

MST_TEST(a_boot_clock_that_runs_backwards_takes_nothing_away)
{
    struct mst_window_mark mark = mark_at(NOON, 100, "a");
    struct mst_window_reading now = reading(NOON - 5, 40, "a");

    ck_assert_int_eq(mst_window_now(&mark, &now), NOON);
}
MST_TEST_END

MST_TEST(a_mark_is_printed_and_read_back)
{
    char buf[MST_WINDOW_TEXT_MAX];
    struct mst_window_mark mark = mark_at(NOON, 77, "01234567-89ab-cdef-0123-456789abcdef"), got;

    ck_assert_int_eq(mst_window_parse(mst_window_print(&mark, buf), &got), MST_OK);
    ck_assert_int_eq(got.window_s, NOON);
    ck_assert_int_eq(got.boot_s, 77);
    ck_assert_str_eq(got.boot_id, mark.boot_id);
}
MST_TEST_END

MST_TEST(a_damaged_mark_is_refused)
{
    static const char *const bad[] = {
        "",
        "1",
        "1 2",
        "1 2 ",
        " 1 2 a",
        "1 x a",
        "9223372036854775807 2 a",
        "1 -9223372036854775807 a",
        "1 2 0123456789012345678901234567890123456",
    };
    struct mst_window_mark got = {.window_s = 7};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(mst_window_parse(mst_span_str(bad[i]), &got) == MST_ESYNTAX, "%s", bad[i]);
    ck_assert_int_eq(got.window_s, 7);
}
MST_TEST_END

MST_TEST(only_the_empty_clock_mark_resets)
{
    struct mst_row_meta row = {.name = MST_META_CLOCK_MARK};

    ck_assert(mst_window_is_reset(MST_TABLE_META, &row));
    ck_assert(!mst_window_is_reset(MST_TABLE_ALIAS, &row));
    row.value = MST_LIT("1 2 a");
    ck_assert(!mst_window_is_reset(MST_TABLE_META, &row));
}
MST_TEST_END

MST_TESTS("store/window", without_a_mark_window_time_is_the_wall_clock,
          with_clocks_in_step_window_time_is_the_wall_clock,
          a_wall_clock_set_back_neither_turns_nor_stops_window_time,
          after_a_reboot_at_least_the_uptime_has_passed,
          one_boot_in_2099_leaves_window_time_far_ahead_but_running,
          a_forward_jump_is_measured_against_what_the_mark_says,
          a_boot_clock_that_runs_backwards_takes_nothing_away, a_mark_is_printed_and_read_back,
          a_damaged_mark_is_refused, only_the_empty_clock_mark_resets)

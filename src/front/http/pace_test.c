#include "front/http/pace.h"
#include "tests/lib/unit.h"

enum { PATIENCE = 30000 };

/* The time at which a peer who moves n bytes every step_ms is cut off; 0 = not within a day. */
static uint64_t cut_off_at(uint64_t step_ms, uint64_t n)
{
    struct mst_pace pace;

    mst_pace_start(&pace, 1000, PATIENCE);
    for (uint64_t at = step_ms; at <= 86400000; at += step_ms) {
        mst_pace_look(&pace, 1000 + at, n);
        if (mst_pace_left(&pace) == 0)
            return at;
    }
    return 0;
}

MST_TEST(who_does_nothing_is_cut_off_when_patience_ends)
{
    ck_assert_uint_eq(cut_off_at(1000, 0), PATIENCE);
    ck_assert_uint_eq(cut_off_at(PATIENCE, 0), PATIENCE);
}
MST_TEST_END

MST_TEST(who_trickles_is_cut_off_a_little_later)
{
    ck_assert_uint_eq(cut_off_at(1000, 1), 31000);
    ck_assert_uint_eq(cut_off_at(1000, 100), 34000);
    ck_assert_uint_eq(cut_off_at(1000, 500), 60000);
    ck_assert_uint_eq(cut_off_at(1000, 999), 30000000);
    ck_assert_uint_eq(cut_off_at(29999, 1), 59998);
}
MST_TEST_END

MST_TEST(a_slow_but_steady_peer_is_never_cut_off)
{
    ck_assert_uint_eq(cut_off_at(1000, 1000), 0);
    ck_assert_uint_eq(cut_off_at(1000, 2048), 0);
    ck_assert_uint_eq(cut_off_at(20000, 40960), 0);
}
MST_TEST_END

/* A fast start must not buy hours. */
MST_TEST(nobody_has_more_than_the_patience_in_hand)
{
    struct mst_pace pace;

    mst_pace_start(&pace, 0, PATIENCE);
    mst_pace_look(&pace, 10, UINT64_MAX);
    ck_assert_uint_eq(mst_pace_left(&pace), PATIENCE);
    mst_pace_look(&pace, 10 + PATIENCE - 1, 0);
    ck_assert_uint_eq(mst_pace_left(&pace), 1);
    mst_pace_look(&pace, 10 + PATIENCE, 0);
    ck_assert_uint_eq(mst_pace_left(&pace), 0);
}
MST_TEST_END

MST_TEST(time_in_which_the_peer_could_do_nothing_does_not_count)
{
    struct mst_pace pace;

    mst_pace_start(&pace, 0, PATIENCE);
    mst_pace_look(&pace, 10000, 0);
    mst_pace_skip(&pace, 500000);
    ck_assert_uint_eq(mst_pace_left(&pace), 20000);
    mst_pace_look(&pace, 501000, 0);
    ck_assert_uint_eq(mst_pace_left(&pace), 19000);
}
MST_TEST_END

MST_TESTS("front/http/pace", who_does_nothing_is_cut_off_when_patience_ends,
          who_trickles_is_cut_off_a_little_later, a_slow_but_steady_peer_is_never_cut_off,
          nobody_has_more_than_the_patience_in_hand,
          time_in_which_the_peer_could_do_nothing_does_not_count)

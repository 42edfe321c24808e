/* How many places may a tenant have? (docs/decide/0041) */
#include <stdlib.h>

#include "front/watch/places.h"
#include "sys/metric.h"
#include "tests/lib/unit.h"

static struct mst_places *places;

static void open_places(size_t max, unsigned share)
{
    ck_assert_int_eq(mst_places_new(max, share, MST_ROOM_WAIT, &places), MST_OK);
}

/* Takes as long as it may, but no more than most. */
static size_t take_all(int64_t lane, size_t most)
{
    size_t n = 0;

    while (n < most && mst_places_take(places, lane) == MST_OK)
        n++;
    return n;
}

static void give_all(int64_t lane, size_t n)
{
    while (n-- > 0)
        mst_places_give(places, lane);
}

MST_TEST(one_that_is_alone_has_its_share_and_the_next_its_share_of_the_rest)
{
    static const struct {
        size_t max;
        unsigned share;
        size_t first, second, third;
    } rows[] = {
        {1000, 75,  750,  188, 47 },
        {1000, 50,  500,  250, 125},
        {1000, 90,  900,  90,  9  },
        {1000, 1,   10,   10,  10 },
        {1000, 99,  990,  10,  0  },
        {1000, 100, 1000, 0,   0  },
        {4,    50,  2,    1,   1  },
        {3,    75,  3,    0,   0  },
        {2,    50,  1,    1,   0  },
        {1,    1,   1,    0,   0  }, /* whoever has none may have the last */
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        open_places(rows[i].max, rows[i].share);
        ck_assert_uint_eq(take_all(1, 2000), rows[i].first);
        ck_assert_uint_eq(take_all(-2, 2000), rows[i].second);
        ck_assert_uint_eq(take_all(3, 2000), rows[i].third);
        give_all(1, rows[i].first);
        give_all(-2, rows[i].second);
        give_all(3, rows[i].third);
        ck_assert_uint_eq(take_all(1, 2000), rows[i].first); /* nothing was lost */
        give_all(1, rows[i].first);
        mst_places_free(places);
    }
}
MST_TEST_END

/* Each gives one now and then, and takes what it may: as devices do whose polls end. */
MST_TEST(those_that_do_all_they_can_come_to_have_the_same)
{
    size_t held[3] = {0}, all;

    open_places(1000, 75);
    for (int round = 0; round < 2000; round++)
        for (size_t i = 0; i < 3; i++) {
            if (held[i] > 0) {
                mst_places_give(places, (int64_t)i + 1);
                held[i]--;
            }
            held[i] += take_all((int64_t)i + 1, 2);
        }
    for (size_t i = 0; i < 3; i++)
        ck_assert(held[i] >= 298 && held[i] <= 302); /* 3 in 10 each, and 1 is free */
    all = held[0] + held[1] + held[2];
    ck_assert_uint_eq(take_all(0, 2000), 1000 - all); /* nobody may have the rest */
    ck_assert_int_eq(mst_places_take(places, 4), MST_EFULL);
    give_all(0, 1000 - all);
    for (size_t i = 0; i < 3; i++)
        give_all((int64_t)i + 1, held[i]);
    mst_places_free(places);
}
MST_TEST_END

MST_TEST(a_place_of_nobody_becomes_a_tenants_or_stays_nobodys)
{
    open_places(4, 50);
    ck_assert_uint_eq(take_all(0, 5), 4);
    ck_assert_int_eq(mst_places_assign(places, 7), MST_OK); /* though nothing else is left */
    ck_assert_int_eq(mst_places_assign(places, 7), MST_EFULL);
    ck_assert_int_eq(mst_places_assign(places, 8), MST_OK);
    ck_assert_int_eq(mst_places_take(places, 0), MST_EFULL);
    give_all(0, 2);
    ck_assert_int_eq(mst_places_take(places, 7), MST_OK);
    give_all(7, 2);
    give_all(8, 1);
    mst_places_free(places);
}
MST_TEST_END

MST_TEST(only_what_others_could_have_had_is_counted_as_refused)
{
    open_places(2, 50);
    ck_assert_int_eq(mst_places_take(places, 1), MST_OK);
    ck_assert_int_eq(mst_places_take(places, 1), MST_EFULL);
    ck_assert_uint_eq(mst_metric_sum(MST_M_TENANT_REFUSED, MST_ROOM_WAIT), 1);
    ck_assert_int_eq(mst_places_take(places, 2), MST_OK);
    ck_assert_int_eq(mst_places_take(places, 3), MST_EFULL);
    ck_assert_uint_eq(mst_metric_sum(MST_M_TENANT_REFUSED, MST_ROOM_WAIT), 1);
    ck_assert_uint_eq(mst_metric_sum(MST_M_TENANT_REFUSED, MST_ROOM_SESSION), 0);
    give_all(1, 1);
    give_all(2, 1);
    mst_places_free(places);
}
MST_TEST_END

/* Many come and go, in any order; what each holds is told by what it may still take. */
MST_TEST(nobody_pays_for_another_however_many_there_are)
{
    enum { TENANTS = 3000, STEPS = 50000, MOST = 8, ALL = TENANTS * MOST * 2 };
    static size_t held[TENANTS];
    uint64_t seed = 1;

    open_places(ALL, 100);
    for (int step = 0; step < STEPS; step++) {
        size_t tenant;
        int64_t lane;

        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        tenant = (size_t)(seed >> 33) % TENANTS;
        lane = tenant % 2 ? (int64_t)tenant : -(int64_t)tenant - 2; /* all differ, and none is 0 */
        if (held[tenant] > 0 && seed >> 63) {
            mst_places_give(places, lane); /* it asserts that there is one */
            held[tenant]--;
        } else if (held[tenant] < MOST) {
            ck_assert_int_eq(mst_places_take(places, lane), MST_OK);
            held[tenant]++;
        }
    }
    for (size_t tenant = 0; tenant < TENANTS; tenant++)
        give_all(tenant % 2 ? (int64_t)tenant : -(int64_t)tenant - 2, held[tenant]);
    mst_places_free(places); /* it asserts that nobody is left */
}
MST_TEST_END

MST_TESTS("front/watch/places", one_that_is_alone_has_its_share_and_the_next_its_share_of_the_rest,
          those_that_do_all_they_can_come_to_have_the_same,
          a_place_of_nobody_becomes_a_tenants_or_stays_nobodys,
          only_what_others_could_have_had_is_counted_as_refused,
          nobody_pays_for_another_however_many_there_are)

#include "front/ws/keys.h"
#include "tests/lib/told.h"
#include "tests/lib/unit.h"

static struct mst_told told;
static struct mst_ws_keys keys;
static int n_changed;

static void changed(void *arg)
{
    ck_assert_ptr_eq(arg, &n_changed);
    n_changed++;
}

static void begin(void)
{
    n_changed = 0;
    mst_told_open(&told);
    mst_ws_keys_init(&keys, told.watch, changed, &n_changed);
}

static void end(void)
{
    mst_ws_keys_fini(&keys);
    mst_told_close(&told);
}

static void meet(int64_t key_id, int64_t caller_id)
{
    ck_assert_int_eq(mst_ws_keys_meet(&keys, key_id, caller_id), MST_OK);
}

/* How often it was told of something when these clients change. */
static int told_of(const int64_t *ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        mst_told_tell(&told, MST_TABLE_CLIENT, ids[i]);
    mst_told_run(&told);
    return n_changed;
}

MST_TEST(the_key_and_whom_it_acts_for_are_watched_and_nobody_else)
{
    begin();
    meet(7, 8);
    ck_assert_int_eq(told_of((const int64_t[]){7, 8, 9}, 3), 2);
    end();
}
MST_TEST_END

MST_TEST(who_is_met_in_place_of_another_is_watched_in_place_of_him)
{
    begin();
    meet(7, 8);
    meet(7, 9);
    ck_assert_int_eq(told_of((const int64_t[]){8, 9}, 2), 1);
    end();
}
MST_TEST_END

MST_TEST(who_is_not_named_stays)
{
    begin();
    meet(7, 8);
    meet(0, 0);
    ck_assert_int_eq(told_of((const int64_t[]){7, 8}, 2), 2);
    end();
}
MST_TEST_END

MST_TEST(nobody_is_watched_before_the_first_is_met_or_after_the_end)
{
    begin();
    ck_assert_int_eq(told_of((const int64_t[]){0, 7}, 2), 0);
    end();
    begin();
    meet(7, 7);
    mst_ws_keys_fini(&keys);
    ck_assert_int_eq(told_of((const int64_t[]){7}, 1), 0);
    end();
}
MST_TEST_END

MST_TESTS("front/ws/keys", the_key_and_whom_it_acts_for_are_watched_and_nobody_else,
          who_is_met_in_place_of_another_is_watched_in_place_of_him, who_is_not_named_stays,
          nobody_is_watched_before_the_first_is_met_or_after_the_end)

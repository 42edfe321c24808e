#include "front/http/held.h"
#include "base/limits.h"
#include "tests/lib/unit.h"

enum { LARGE = MST_KEPT_BUFFER_MAX + 1 };

static struct mst_loop *loop;

static struct mst_held held_of(size_t max_bytes)
{
    return (struct mst_held){.loop = loop, .max_bytes = max_bytes};
}

MST_TEST(what_is_large_needs_room_for_all_of_it_beside_what_others_hold)
{
    static const struct {
        size_t max_bytes, others, mine, wanted;
        bool has_room;
    } rows[] = {
        {LARGE,     0,     0,     LARGE,     true },
        {LARGE - 1, 0,     0,     LARGE,     false},
        {LARGE + 5, 5,     0,     LARGE,     true },
        {LARGE + 5, 6,     0,     LARGE,     false},
        {LARGE + 5, 5,     LARGE, LARGE,     true }, /* what is counted is not counted twice */
        {LARGE + 5, 5,     LARGE, LARGE + 1, false},
        {1,         9,     0,     LARGE - 1, true }, /* small */
        {1,         0,     0,     LARGE,     false},
        {0,         LARGE, LARGE, SIZE_MAX,  true }, /* no bound */
    };

    ck_assert_int_eq(mst_loop_new(&loop), MST_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_held held = held_of(rows[i].max_bytes);
        size_t others = 0, mine = 0;

        mst_held_set(&held, &others, rows[i].others);
        mst_held_set(&held, &mine, rows[i].mine);
        ck_assert_msg(mst_held_has_room(&held, mine, rows[i].wanted) == rows[i].has_room, "row %zu",
                      i);
    }
    mst_loop_free(loop);
}
MST_TEST_END

MST_TEST(what_is_held_no_more_is_room_for_others)
{
    struct mst_held held;
    size_t first = 0, second = 0;

    ck_assert_int_eq(mst_loop_new(&loop), MST_OK);
    held = held_of(2 * LARGE);
    mst_held_set(&held, &first, LARGE);
    mst_held_set(&held, &second, LARGE);
    ck_assert(!mst_held_has_room(&held, 0, LARGE));
    mst_held_set(&held, &first, 1);
    ck_assert(!mst_held_has_room(&held, 0, LARGE));
    mst_held_set(&held, &first, 0);
    ck_assert(mst_held_has_room(&held, 0, LARGE));
    mst_held_set(&held, &second, 0);
    ck_assert_uint_eq(held.bytes, 0);
    mst_loop_free(loop);
}
MST_TEST_END

MST_TESTS("front/http/held", what_is_large_needs_room_for_all_of_it_beside_what_others_hold,
          what_is_held_no_more_is_room_for_others)

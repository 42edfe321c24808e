#include "front/http/recent.h"
#include "tests/lib/unit.h"

MST_TEST(a_piece_is_found_until_another_takes_its_place)
{
    static struct mst_recent recent;
    struct mst_span got;

    ck_assert(!mst_recent_find(&recent, 0, &got));
    ck_assert(!mst_recent_find(&recent, 5, &got));
    ck_assert(mst_recent_keep(&recent, 5, MST_LIT("five"), &got));
    ck_assert_span_str(got, "five");
    ck_assert(mst_recent_find(&recent, 5, &got));
    ck_assert_span_str(got, "five");
    ck_assert(!mst_recent_find(&recent, 5 + MST_RECENT_PIECES, &got));
    ck_assert(mst_recent_keep(&recent, 5 + MST_RECENT_PIECES, MST_LIT("other"), &got));
    ck_assert(!mst_recent_find(&recent, 5, &got));
    ck_assert(mst_recent_find(&recent, 5 + MST_RECENT_PIECES, &got));
    ck_assert_span_str(got, "other");
    mst_recent_fini(&recent);
    ck_assert(!mst_recent_find(&recent, 5 + MST_RECENT_PIECES, &got));
}
MST_TEST_END

MST_TEST(the_pieces_of_one_blob_stand_side_by_side)
{
    static struct mst_recent recent;
    struct mst_span got;

    for (int64_t id = INT64_C(77) << 32; id < (INT64_C(77) << 32) + MST_RECENT_PIECES; id++)
        ck_assert(mst_recent_keep(&recent, id, mst_span_of(&id, sizeof id), &got));
    for (int64_t id = INT64_C(77) << 32; id < (INT64_C(77) << 32) + MST_RECENT_PIECES; id++) {
        ck_assert(mst_recent_find(&recent, id, &got));
        ck_assert_span_eq(got, mst_span_of(&id, sizeof id));
    }
    mst_recent_fini(&recent);
}
MST_TEST_END

MST_TEST(what_is_kept_is_a_copy)
{
    static struct mst_recent recent;
    static char piece[MST_PIECE_MAX];
    struct mst_span got;

    ck_assert(mst_recent_keep(&recent, 7, mst_span_of(piece, sizeof piece), &got));
    ck_assert(got.ptr != piece);
    piece[0] = 1;
    ck_assert(mst_recent_find(&recent, 7, &got));
    ck_assert_uint_eq(got.len, sizeof piece);
    ck_assert_int_eq(got.ptr[0], 0);
    mst_recent_fini(&recent);
}
MST_TEST_END

MST_TESTS("front/http/recent", a_piece_is_found_until_another_takes_its_place,
          the_pieces_of_one_blob_stand_side_by_side, what_is_kept_is_a_copy)

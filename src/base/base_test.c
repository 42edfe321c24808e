#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hex.h"
#include "base/secret.h"
#include "tests/lib/unit.h"

MST_TEST(a_cut_never_leaves_its_span)
{
    struct mst_span s = MST_LIT("abcdef");

    ck_assert_span_str(mst_span_cut(s, 2, 4), "cd");
    ck_assert_span_str(mst_span_cut(s, 4, 99), "ef");
    ck_assert_span_str(mst_span_cut(s, 99, 99), "");
    ck_assert_span_str(mst_span_cut(s, 4, 2), "");
    ck_assert_uint_eq(mst_span_cut((struct mst_span){NULL, 0}, 1, 2).len, 0);
}
MST_TEST_END

MST_TEST(spans_are_ordered_bytewise_with_the_prefix_first)
{
    ck_assert_int_lt(mst_span_cmp(MST_LIT("a"), MST_LIT("ab")), 0);
    ck_assert_int_gt(mst_span_cmp(MST_LIT("b"), MST_LIT("ab")), 0);
    ck_assert_int_gt(mst_span_cmp(MST_LIT("\xc3"), MST_LIT("z")), 0);
    ck_assert_int_eq(mst_span_cmp(MST_LIT("x"), MST_LIT("x")), 0);
}
MST_TEST_END

MST_TEST(a_token_is_found_in_a_list_whatever_its_case_and_spaces)
{
    ck_assert(mst_span_has_token(MST_LIT("Close "), MST_LIT("close")));
    ck_assert(mst_span_has_token(MST_LIT("a,\tkeep-alive ,b"), MST_LIT("Keep-Alive")));
    ck_assert(!mst_span_has_token(MST_LIT("closed"), MST_LIT("close")));
    ck_assert(!mst_span_has_token(MST_LIT(""), MST_LIT("close")));
}
MST_TEST_END

MST_TEST(numbers_are_read_whole_or_not_at_all)
{
    uint64_t u = 7;
    int64_t i = 7;

    ck_assert_int_eq(mst_span_u64(MST_LIT("18446744073709551615"), UINT64_MAX, &u), MST_OK);
    ck_assert(u == UINT64_MAX);
    ck_assert_int_eq(mst_span_u64(MST_LIT("18446744073709551616"), UINT64_MAX, &u), MST_EINVAL);
    ck_assert_int_eq(mst_span_u64(MST_LIT("11"), 10, &u), MST_EINVAL);
    ck_assert_int_eq(mst_span_u64(MST_LIT("10"), 10, &u), MST_OK);
    ck_assert_int_eq(mst_span_u64(MST_LIT(""), 10, &u), MST_ESYNTAX);
    ck_assert_int_eq(mst_span_u64(MST_LIT("+1"), 10, &u), MST_ESYNTAX);
    ck_assert_int_eq(mst_span_u64(MST_LIT("1 "), 10, &u), MST_ESYNTAX);
    ck_assert_int_eq(mst_span_i64(MST_LIT("-9223372036854775808"), &i), MST_OK);
    ck_assert(i == INT64_MIN);
    ck_assert_int_eq(mst_span_i64(MST_LIT("9223372036854775808"), &i), MST_EINVAL);
    ck_assert_int_eq(mst_span_i64(MST_LIT("-"), &i), MST_ESYNTAX);
    ck_assert(i == INT64_MIN);
}
MST_TEST_END

MST_TEST(a_cursor_that_cannot_read_stays_where_it_is)
{
    struct mst_cur cur = mst_cur_of(MST_LIT("ab&c"));
    struct mst_span got;
    char c;

    ck_assert(!mst_cur_take(&cur, 5, &got));
    ck_assert(!mst_cur_until(&cur, '=', &got));
    ck_assert(mst_cur_until(&cur, '&', &got));
    ck_assert_span_str(got, "ab");
    ck_assert(mst_cur_peek(&cur, &c) && c == 'c');
    ck_assert_span_str(mst_cur_rest(&cur), "c");
    ck_assert(mst_cur_at_end(&cur) && !mst_cur_byte(&cur, &c) && !mst_cur_skip(&cur, 1));
}
MST_TEST_END

MST_TEST(a_full_buffer_refuses_one_more_byte_and_remembers)
{
    struct mst_buf buf;

    mst_buf_init(&buf, 5);
    ck_assert_int_eq(mst_buf_add(&buf, MST_LIT("12345")), MST_OK);
    ck_assert_int_eq(mst_buf_add_byte(&buf, '6'), MST_EFULL);
    ck_assert_int_eq(mst_buf_add(&buf, MST_LIT("")), MST_EFULL);
    ck_assert_span_str(mst_buf_span(&buf), "12345");
    mst_buf_clear(&buf);
    ck_assert_int_eq(mst_buf_add_i64(&buf, -7), MST_OK);
    ck_assert_span_str(mst_buf_span(&buf), "-7");
    mst_buf_drop_front(&buf, 1);
    ck_assert_span_str(mst_buf_span(&buf), "7");
    mst_buf_fini(&buf);
}
MST_TEST_END

MST_TEST(the_smallest_number_is_printed_right)
{
    struct mst_buf buf;

    mst_buf_init(&buf, 100);
    ck_assert_int_eq(mst_buf_add_i64(&buf, INT64_MIN), MST_OK);
    ck_assert_span_str(mst_buf_span(&buf), "-9223372036854775808");
    mst_buf_fini(&buf);
}
MST_TEST_END

MST_TEST(an_arena_ends_at_its_maximum_and_is_reusable_after_reset)
{
    struct mst_arena arena;
    struct mst_span copy;

    mst_arena_init(&arena, 10000);
    for (int round = 0; round < 3; round++) {
        size_t got = 0;
        while (mst_arena_alloc(&arena, 100))
            got += 100;
        ck_assert_uint_ge(got, 7000);
        ck_assert_uint_le(got, 10000);
        mst_arena_reset(&arena);
    }
    ck_assert_ptr_null(mst_arena_array(&arena, SIZE_MAX / 2, 4));
    ck_assert_int_eq(mst_arena_dup(&arena, MST_LIT("key"), &copy), MST_OK);
    ck_assert_str_eq(copy.ptr, "key");
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TEST(hex_takes_lower_case_of_the_exact_length_only)
{
    uint8_t bytes[2];
    char text[4];

    ck_assert_int_eq(mst_hex_decode(MST_LIT("0aff"), bytes, 2), MST_OK);
    ck_assert(bytes[0] == 0x0a && bytes[1] == 0xff);
    mst_hex_encode(mst_span_of(bytes, 2), text);
    ck_assert_span_str(mst_span_of(text, 4), "0aff");
    ck_assert_int_eq(mst_hex_decode(MST_LIT("0aFf"), bytes, 2), MST_ESYNTAX);
    ck_assert_int_eq(mst_hex_decode(MST_LIT("0af"), bytes, 2), MST_ESYNTAX);
    ck_assert_int_eq(mst_hex_decode(MST_LIT("0af "), bytes, 2), MST_ESYNTAX);
}
MST_TEST_END

MST_TEST(secrets_compare_by_content_and_length)
{
    ck_assert(mst_secret_eq(MST_LIT("abc"), MST_LIT("abc")));
    ck_assert(!mst_secret_eq(MST_LIT("abc"), MST_LIT("abd")));
    ck_assert(!mst_secret_eq(MST_LIT("abc"), MST_LIT("ab")));
}
MST_TEST_END

MST_TEST(an_arena_goes_back_to_a_mark_and_keeps_what_was_before_it)
{
    struct mst_arena arena;
    struct mst_arena_mark start, mark;
    struct mst_span kept;
    size_t used;

    mst_arena_init(&arena, 100000);
    start = mst_arena_mark(&arena);
    ck_assert_int_eq(mst_arena_dup(&arena, MST_LIT("kept"), &kept), MST_OK);
    mark = mst_arena_mark(&arena);
    used = arena.used_bytes;
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < 20; i++)
            ck_assert_ptr_nonnull(mst_arena_alloc(&arena, i == 7 ? 9008 : 1008));
        ck_assert_uint_eq(mst_arena_since(&arena, mark), 9008 + 19 * 1008);
        ck_assert_uint_eq(mst_arena_since(&arena, start), 16 + 9008 + 19 * 1008);
        mst_arena_rewind(&arena, mark);
        ck_assert_uint_eq(mst_arena_since(&arena, mark), 0);
        ck_assert_uint_eq(arena.used_bytes, used);
    }
    ck_assert_span_str(kept, "kept");
    mst_arena_rewind(&arena, start);
    ck_assert_uint_eq(arena.used_bytes, 0);
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TESTS("base", a_cut_never_leaves_its_span, spans_are_ordered_bytewise_with_the_prefix_first,
          a_token_is_found_in_a_list_whatever_its_case_and_spaces,
          numbers_are_read_whole_or_not_at_all, a_cursor_that_cannot_read_stays_where_it_is,
          a_full_buffer_refuses_one_more_byte_and_remembers, the_smallest_number_is_printed_right,
          an_arena_ends_at_its_maximum_and_is_reusable_after_reset,
          hex_takes_lower_case_of_the_exact_length_only, secrets_compare_by_content_and_length,
          an_arena_goes_back_to_a_mark_and_keeps_what_was_before_it)

#include "base/limits.h"
#include "front/http/body.h"
#include "tests/lib/unit.h"

enum { MAX = 10 };

static struct mst_body body;
static struct mst_buf into;

static void begin_with(struct mst_http_head head)
{
    mst_buf_fini(&into);
    mst_buf_init(&into, 2 * MAX);
    mst_body_begin(&body, &head, false);
}

static void begin(struct mst_http_head head)
{
    begin_with(head);
    ck_assert_int_eq(mst_body_limit(&body, MAX), MST_OK);
}

static const struct mst_http_head chunked = {.is_chunked = true};

static struct mst_http_head of_length(uint64_t n)
{
    return (struct mst_http_head){.has_length = true, .content_length = n};
}

/* How much of text was used. */
static size_t read(const char *text)
{
    size_t used = 0;

    ck_assert_int_eq(mst_body_read(&body, mst_span_str(text), &into, &used), MST_OK);
    return used;
}

static enum mst_err read_badly(const char *text)
{
    size_t used = 0;

    return mst_body_read(&body, mst_span_str(text), &into, &used);
}

static void check(const char *text)
{
    ck_assert(mst_span_eq(mst_buf_span(&into), mst_span_str(text)));
    mst_buf_fini(&into);
}

MST_TEST(a_body_of_a_told_length_ends_there)
{
    begin(of_length(5));
    ck_assert_uint_eq(read("ab"), 2);
    ck_assert(!mst_body_is_whole(&body));
    ck_assert_uint_eq(read("cdeGET /"), 3);
    ck_assert(mst_body_is_whole(&body));
    ck_assert_uint_eq(read("GET /"), 0);
    check("abcde");
}
MST_TEST_END

MST_TEST(a_body_in_chunks_ends_with_the_last)
{
    begin(chunked);
    ck_assert_uint_eq(read("3\r\nab"), 5);
    ck_assert_uint_eq(read("c\r\n0\r\n"), 6);
    ck_assert(!mst_body_is_whole(&body));
    ck_assert_uint_eq(read("\r\nGET /"), 2);
    ck_assert(mst_body_is_whole(&body));
    check("abc");
}
MST_TEST_END

MST_TEST(without_either_there_is_none)
{
    begin(of_length(0));
    ck_assert(mst_body_is_whole(&body));
    check("");
}
MST_TEST_END

MST_TEST(its_limit_holds_at_the_head_or_at_the_chunk_that_breaks_it)
{
    begin_with(of_length(MAX + 1));
    ck_assert_int_eq(mst_body_limit(&body, MAX), MST_EFULL);
    begin(of_length(MAX));
    begin(chunked);
    ck_assert_int_eq(read_badly("a\r\n0123456789\r\n"), MST_OK);
    ck_assert_int_eq(read_badly("1\r\nx"), MST_EFULL);
    check("0123456789");
}
MST_TEST_END

MST_TEST(broken_chunks_and_a_full_buffer_are_told)
{
    begin(chunked);
    ck_assert_int_eq(read_badly("x\r\n"), MST_ESYNTAX);
    ck_assert(!mst_body_is_whole(&body));
    begin_with(of_length(3 * MAX));
    ck_assert_int_eq(mst_body_limit(&body, 3 * MAX), MST_OK);
    ck_assert_int_eq(read_badly("0123456789012345678901234567"), MST_EFULL);
    ck_assert(!mst_body_is_whole(&body));
    check("");
}
MST_TEST_END

MST_TEST(what_nobody_wants_is_dropped_up_to_its_end)
{
    begin(of_length(5));
    ck_assert_uint_eq(mst_body_skip(&body, MST_LIT("abc")), 3);
    ck_assert_uint_eq(mst_body_skip(&body, MST_LIT("deGET /")), 2);
    ck_assert(mst_body_is_whole(&body));
    check("");
}
MST_TEST_END

MST_TEST(it_is_dropped_only_if_it_is_short_and_sure_to_come)
{
    struct mst_http_head held_back = of_length(1);

    begin_with(of_length(MST_SKIP_MAX));
    ck_assert(mst_body_is_skippable(&body));
    begin_with(of_length(MST_SKIP_MAX + 1));
    ck_assert(!mst_body_is_skippable(&body));
    begin_with(chunked);
    ck_assert(!mst_body_is_skippable(&body));
    held_back.wants_continue = true;
    begin_with(held_back);
    ck_assert(!mst_body_is_skippable(&body));
    held_back.content_length = 0; /* nothing is held back */
    begin_with(held_back);
    ck_assert(mst_body_is_skippable(&body));
    mst_buf_fini(&into);
}
MST_TEST_END

MST_TEST(who_has_begun_to_send_need_not_be_told_to_continue)
{
    struct mst_http_head head = of_length(1);

    head.wants_continue = true;
    mst_body_begin(&body, &head, true);
    ck_assert(!body.is_continue_due);
    ck_assert(mst_body_is_skippable(&body));
}
MST_TEST_END

MST_TESTS("front/http/body", a_body_of_a_told_length_ends_there,
          a_body_in_chunks_ends_with_the_last, without_either_there_is_none,
          its_limit_holds_at_the_head_or_at_the_chunk_that_breaks_it,
          broken_chunks_and_a_full_buffer_are_told, what_nobody_wants_is_dropped_up_to_its_end,
          it_is_dropped_only_if_it_is_short_and_sure_to_come,
          who_has_begun_to_send_need_not_be_told_to_continue)

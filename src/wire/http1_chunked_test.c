#include <string.h>

#include "base/limits.h"
#include "tests/lib/unit.h"
#include "wire/http1.h"

struct result {
    enum mst_err err;
    size_t used; /* of all bytes, when err is MST_OK */
};

static struct result feed(struct mst_span bytes, size_t step, struct mst_buf *body)
{
    struct mst_chunked chunked;
    size_t at = 0;

    mst_chunked_init(&chunked, body->max_bytes);
    while (at < bytes.len) {
        size_t end = step < bytes.len - at ? at + step : bytes.len;
        size_t used = 0;
        enum mst_err err = mst_chunked_feed(&chunked, mst_span_cut(bytes, at, end), body, &used);
        if (err != MST_EMORE)
            return (struct result){err, at + used};
        ck_assert_uint_eq(used, end - at);
        at = end;
    }
    return (struct result){MST_EMORE, at};
}

MST_TEST(chunks_are_joined_and_nothing_behind_them_is_used_however_they_are_cut)
{
    static const struct {
        const char *bytes, *body, *rest;
    } rows[] = {
        {"0\r\n\r\n",                                                 "",              ""     },
        {"0\r\n\r\nGET /",                                            "",              "GET /"},
        {"3\r\nabc\r\n0\r\n\r\n\r\n",                                 "abc",           "\r\n" },
        {"3\r\nabc\r\n0000A\r\n0123456789\r\n0\r\n\r\n",              "abc0123456789", ""     },
        {"1;x\r\na\r\n1;y=\"\t;\xff\"\r\nb\r\n0;z\r\n\r\n",           "ab",            ""     },
        {"2\r\n\r\n\r\n0\r\n\r\n",                                    "\r\n",          ""     },
        {"1\r\na\r\n0\r\nA:\r\nB: c\td\xff\r\n\r\nx",                 "a",             "x"    },
        {"f\r\n0123456789abcde\r\nF\r\n0123456789abcde\r\n0\r\n\r\n",
         "0123456789abcde0123456789abcde",                                             ""     },
    };
    static const size_t steps[] = {1, 2, 3, 5, 8, SIZE_MAX};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
            struct mst_span bytes = mst_span_str(rows[i].bytes);
            struct mst_buf body;
            mst_buf_init(&body, 100);
            struct result got = feed(bytes, steps[s], &body);
            ck_assert_int_eq(got.err, MST_OK);
            ck_assert_span_str(mst_buf_span(&body), rows[i].body);
            ck_assert_span_str(mst_span_cut(bytes, got.used, bytes.len), rows[i].rest);
            mst_buf_fini(&body);
        }
}
MST_TEST_END

MST_TEST(what_is_no_chunk_is_refused_at_once)
{
    static const char *const rows[] = {
        "\r\n\r\n",
        ";a\r\n\r\n",
        "\r\n0\r\n\r\n",
        "g\r\n",
        " 1\r\na\r\n0\r\n\r\n",
        "1 \r\na\r\n0\r\n\r\n",
        "1\na\r\n0\r\n\r\n",
        "1\r\na\n0\r\n\r\n",
        "1\r\na0\r\n\r\n",
        "1;\n\r\na\r\n0\r\n\r\n",
        "1;\x7f\r\na\r\n0\r\n\r\n",
        "0\r\nA\r\n\r\n",
        "0\r\n:\r\n\r\n",
        "0\r\nA: \x01\r\n\r\n",
        "0\r\nA: b\r\n c\r\n\r\n",
        "0\r\n\n",
        "0\r\n\rx",
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t step = 1; step < 4; step++) {
            struct mst_buf body;
            mst_buf_init(&body, 100);
            ck_assert_msg(feed(mst_span_str(rows[i]), step, &body).err == MST_ESYNTAX, "row %zu",
                          i);
            mst_buf_fini(&body);
        }
}
MST_TEST_END

MST_TEST(an_incomplete_body_is_never_an_error)
{
    struct mst_span bytes = MST_LIT("5;a=b\r\nabcde\r\n0\r\nA: b\r\n\r\n");

    for (size_t n = 0; n < bytes.len; n++) {
        struct mst_buf body;
        mst_buf_init(&body, 5);
        ck_assert_int_eq(feed(mst_span_cut(bytes, 0, n), 3, &body).err, MST_EMORE);
        mst_buf_fini(&body);
    }
}
MST_TEST_END

MST_TEST(a_body_over_its_maximum_is_refused_before_its_bytes_come)
{
    static const struct {
        const char *bytes;
        enum mst_err err;
    } rows[] = {
        {"5\r\nabcde\r\n0\r\n\r\n",          MST_OK     },
        {"6\r\n",                            MST_EFULL  },
        {"3\r\nabc\r\n3\r\n",                MST_EFULL  },
        {"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", MST_OK     },
        {"7fffffffffffffff\r\n",             MST_EFULL  },
        {"8000000000000000\r\n",             MST_ESYNTAX},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t step = 1; step < 6; step++) {
            struct mst_buf body;
            mst_buf_init(&body, 5);
            ck_assert_int_eq(feed(mst_span_str(rows[i].bytes), step, &body).err, rows[i].err);
            mst_buf_fini(&body);
        }
}
MST_TEST_END

/* "1", then pad, then the chunk; or the last chunk and a trailer section of n bytes in all. */
static enum mst_err feed_padded(const char *before, char pad, size_t n, const char *behind)
{
    struct mst_buf text, body;
    enum mst_err err;

    mst_buf_init(&text, MST_KIB(16));
    mst_buf_init(&body, 100);
    (void)mst_buf_add_str(&text, before);
    while (n-- > 0)
        (void)mst_buf_add_byte(&text, pad);
    (void)mst_buf_add_str(&text, behind);
    err = feed(mst_buf_span(&text), 100, &body).err;
    mst_buf_fini(&text);
    mst_buf_fini(&body);
    return err;
}

MST_TEST(size_lines_and_trailers_are_bounded)
{
    const char *chunk = "\r\na\r\n0\r\n\r\n";

    ck_assert_int_eq(feed_padded("1;", 'x', MST_CHUNK_LINE_MAX - 3, chunk), MST_OK);
    ck_assert_int_eq(feed_padded("1;", 'x', MST_CHUNK_LINE_MAX - 2, chunk), MST_ESYNTAX);
    ck_assert_int_eq(feed_padded("", '0', MST_CHUNK_LINE_MAX - 2, "1\r\na\r\n0\r\n\r\n"), MST_OK);
    ck_assert_int_eq(feed_padded("", '0', MST_CHUNK_LINE_MAX, "1\r\na\r\n0\r\n\r\n"), MST_ESYNTAX);
    ck_assert_int_eq(feed_padded("0\r\nA: ", 'x', MST_TRAILER_MAX - 6, "\r\n\r\n"), MST_OK);
    ck_assert_int_eq(feed_padded("0\r\nA: ", 'x', MST_TRAILER_MAX - 5, "\r\n\r\n"), MST_ESYNTAX);
    ck_assert_int_eq(feed_padded("0\r\n", 'x', MST_TRAILER_MAX + 1, ": b\r\n\r\n"), MST_ESYNTAX);
}
MST_TEST_END

MST_TEST(no_memory_for_the_body_is_said_to_be_that)
{
    struct mst_buf body;
    struct mst_chunked chunked;
    size_t used;

    mst_buf_init(&body, 100);
    body.err = MST_ENOMEM; /* as a failed allocation leaves it */
    mst_chunked_init(&chunked, body.max_bytes);
    ck_assert_int_eq(mst_chunked_feed(&chunked, MST_LIT("1\r\na"), &body, &used), MST_ENOMEM);
}
MST_TEST_END

MST_TESTS("wire/http1_chunked",
          chunks_are_joined_and_nothing_behind_them_is_used_however_they_are_cut,
          what_is_no_chunk_is_refused_at_once, an_incomplete_body_is_never_an_error,
          a_body_over_its_maximum_is_refused_before_its_bytes_come,
          size_lines_and_trailers_are_bounded, no_memory_for_the_body_is_said_to_be_that)

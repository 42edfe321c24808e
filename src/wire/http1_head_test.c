#include <string.h>

#include "base/limits.h"
#include "tests/lib/smuggling.h"
#include "tests/lib/unit.h"
#include "wire/http1.h"

/* ---- a conversation as a server has it, without the answers ---- */

struct outcome {
    size_t n_good;
    unsigned flaw; /* 0: all bytes were requests */
};

struct feed {
    struct mst_span bytes;
    size_t step; /* bytes per segment */
    size_t begin, end;
};

static bool feed_more(struct feed *feed)
{
    if (feed->end == feed->bytes.len)
        return false;
    feed->end +=
        feed->step < feed->bytes.len - feed->end ? feed->step : feed->bytes.len - feed->end;
    return true;
}

static struct mst_span feed_span(const struct feed *feed)
{
    return mst_span_cut(feed->bytes, feed->begin, feed->end);
}

/* MST_OK, MST_ESYNTAX, or MST_EMORE at the end of the bytes. */
static enum mst_err feed_head(struct feed *feed, struct mst_http_head *head,
                              enum mst_http_flaw *flaw)
{
    size_t seen = 0, size = 0;

    for (;;) {
        enum mst_err err = mst_http_head_parse(feed_span(feed), seen, MST_LINE_MAX, MST_HEAD_MAX,
                                               head, &size, flaw);
        if (err == MST_ESYNTAX)
            return err;
        feed->begin += size;
        if (err == MST_OK)
            return err;
        seen = feed->end - feed->begin;
        if (!feed_more(feed))
            return err;
    }
}

static enum mst_err feed_body(struct feed *feed, const struct mst_http_head *head)
{
    struct mst_chunked chunked;
    struct mst_buf body;
    enum mst_err err = MST_OK;
    size_t used = 0;

    if (!head->is_chunked) {
        while (feed->end - feed->begin < head->content_length)
            if (!feed_more(feed))
                return MST_EMORE;
        feed->begin += (size_t)head->content_length;
        return MST_OK;
    }
    mst_buf_init(&body, MST_BODY_MAX);
    mst_chunked_init(&chunked, body.max_bytes);
    do {
        err = mst_chunked_feed(&chunked, feed_span(feed), &body, &used);
        feed->begin += err == MST_OK || err == MST_EMORE ? used : 0;
    } while (err == MST_EMORE && feed_more(feed));
    mst_buf_fini(&body);
    return err;
}

static struct outcome converse(struct mst_span bytes, size_t step)
{
    struct feed feed = {bytes, step, 0, 0};
    struct outcome outcome = {0, 0};

    for (;;) {
        struct mst_http_head head;
        enum mst_http_flaw flaw = MST_FLAW_NONE;
        enum mst_err err = feed_head(&feed, &head, &flaw);
        if (err == MST_OK)
            err = feed_body(&feed, &head);
        if (err == MST_EMORE && feed.begin == feed.end)
            return outcome;
        if (err != MST_OK) {
            outcome.flaw = flaw ? flaw : err == MST_EMORE ? 408 : 400;
            return outcome;
        }
        outcome.n_good++;
    }
}

static const size_t steps[] = {1, 2, 3, 7, 64, SIZE_MAX};

MST_TEST(every_smuggling_case_is_refused_however_it_is_cut)
{
    ck_assert_uint_ge(mst_smuggling_n_cases, 200);
    for (size_t i = 0; i < mst_smuggling_n_cases; i++) {
        const struct mst_framing_case *row = &mst_smuggling_cases[i];
        for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
            struct outcome got = converse(mst_span_of(row->bytes, row->length), steps[s]);
            ck_assert_msg(got.flaw == 400 || got.flaw == 505, "%s: %u in steps of %zu", row->name,
                          got.flaw, steps[s]);
            ck_assert_msg(got.n_good == row->n_good, "%s: %zu requests read", row->name,
                          got.n_good);
        }
    }
}
MST_TEST_END

MST_TEST(every_variation_that_must_be_accepted_is_however_it_is_cut)
{
    for (size_t i = 0; i < mst_accepted_n_cases; i++) {
        const struct mst_framing_case *row = &mst_accepted_cases[i];
        for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
            struct outcome got = converse(mst_span_of(row->bytes, row->length), steps[s]);
            ck_assert_msg(got.flaw == 0, "%s: %u in steps of %zu", row->name, got.flaw, steps[s]);
            ck_assert_msg(got.n_good == row->n_good, "%s: %zu requests read", row->name,
                          got.n_good);
        }
    }
}
MST_TEST_END

MST_TEST(no_two_cases_have_the_same_name)
{
    for (size_t i = 0; i < mst_smuggling_n_cases; i++)
        for (size_t j = i + 1; j < mst_smuggling_n_cases; j++)
            ck_assert_str_ne(mst_smuggling_cases[i].name, mst_smuggling_cases[j].name);
}
MST_TEST_END

/* ---- what a head says ---- */

static enum mst_err parse(const char *text, struct mst_http_head *head, enum mst_http_flaw *flaw)
{
    size_t size;

    *flaw = MST_FLAW_NONE;
    return mst_http_head_parse(mst_span_str(text), 0, MST_LINE_MAX, MST_HEAD_MAX, head, &size,
                               flaw);
}

MST_TEST(a_target_is_split_into_path_and_query)
{
    static const struct {
        const char *target, *path, *query;
    } rows[] = {
        {"/",                   "/",           ""          },
        {"/timestamp",          "/timestamp",  ""          },
        {"/a?b=c",              "/a",          "b=c"       },
        {"/a?",                 "/a",          ""          },
        {"/a?b?c",              "/a",          "b?c"       },
        {"/a%2Bb/",             "/a%2Bb/",     ""          },
        {"//a/b",               "//a/b",       ""          },
        {"/http://a/b",         "/http://a/b", ""          },
        {"/a?http://b/c",       "/a",          "http://b/c"},
        {"http://h/a?b",        "/a",          "b"         },
        {"http://h:80/a",       "/a",          ""          },
        {"HtTpS://h/a",         "/a",          ""          },
        {"http://h",            "/",           ""          },
        {"http://h?b",          "/",           "b"         },
        {"http://[::1]:8080/a", "/a",          ""          },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_http_head head;
        enum mst_http_flaw flaw;
        char text[128];
        (void)snprintf(text, sizeof text, "GET %s HTTP/1.1\r\n\r\n", rows[i].target);
        ck_assert_int_eq(parse(text, &head, &flaw), MST_OK);
        ck_assert_span_str(head.path, rows[i].path);
        ck_assert_span_str(head.query, rows[i].query);
    }
}
MST_TEST_END

MST_TEST(methods_are_known_by_their_exact_names)
{
    static const struct {
        const char *text;
        enum mst_method method;
    } rows[] = {
        {"GET",     MST_METHOD_GET    },
        {"POST",    MST_METHOD_POST   },
        {"PUT",     MST_METHOD_PUT    },
        {"DELETE",  MST_METHOD_DELETE },
        {"HEAD",    MST_METHOD_HEAD   },
        {"OPTIONS", MST_METHOD_OPTIONS},
        {"get",     MST_METHOD_OTHER  },
        {"PATCH",   MST_METHOD_OTHER  },
        {"GETS",    MST_METHOD_OTHER  },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_http_head head;
        enum mst_http_flaw flaw;
        char text[64];
        (void)snprintf(text, sizeof text, "%s / HTTP/1.1\r\n\r\n", rows[i].text);
        ck_assert_int_eq(parse(text, &head, &flaw), MST_OK);
        ck_assert_int_eq(head.method, rows[i].method);
        ck_assert_span_str(head.method_text, rows[i].text);
    }
}
MST_TEST_END

MST_TEST(fields_are_found_whatever_their_case_and_the_first_one_wins)
{
    struct mst_http_head head;
    struct mst_span value;
    enum mst_http_flaw flaw;

    ck_assert_int_eq(parse("GET / HTTP/1.1\r\nx-exosite-cik: \tfirst \t\r\nAccept:\r\n"
                           "X-EXOSITE-CIK: second\r\nB:a : b\r\n\r\n",
                           &head, &flaw),
                     MST_OK);
    ck_assert_uint_eq(head.n_fields, 4);
    ck_assert(mst_http_field(&head, "X-Exosite-CIK", &value));
    ck_assert_span_str(value, "first");
    ck_assert(mst_http_field(&head, "accept", &value));
    ck_assert_span_str(value, "");
    ck_assert(mst_http_field(&head, "b", &value));
    ck_assert_span_str(value, "a : b");
    ck_assert(!mst_http_field(&head, "X-Exosite", &value));
}
MST_TEST_END

MST_TEST(the_connection_is_closed_or_kept_as_version_and_fields_say)
{
    static const struct {
        const char *version, *field;
        bool wants_close, is_keep_alive_asked;
    } rows[] = {
        {"1.1", "A: b",                               false, false},
        {"1.1", "Connection: close",                  true,  false},
        {"1.1", "Connection: Close ",                 true,  false},
        {"1.1", "Connection: keep-alive, CLOSE",      true,  false},
        {"1.1", "Connection: keep-alive",             false, false},
        {"1.1", "Connection: closed",                 false, false},
        {"1.1", "Connection: a\r\nConnection: close", true,  false},
        {"1.0", "A: b",                               true,  false},
        {"1.0", "Connection: keep-alive",             false, true },
        {"1.0", "Connection: Keep-Alive",             false, true },
        {"1.0", "Connection: close, keep-alive",      true,  false},
        {"1.7", "A: b",                               false, false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_http_head head;
        enum mst_http_flaw flaw;
        char text[128];
        (void)snprintf(text, sizeof text, "GET / HTTP/%s\r\n%s\r\n\r\n", rows[i].version,
                       rows[i].field);
        ck_assert_int_eq(parse(text, &head, &flaw), MST_OK);
        ck_assert_int_eq(head.wants_close, rows[i].wants_close);
        ck_assert_int_eq(head.is_keep_alive_asked, rows[i].is_keep_alive_asked);
    }
}
MST_TEST_END

MST_TEST(framing_is_read_from_length_coding_and_expectation)
{
    static const struct {
        const char *version, *fields;
        bool is_chunked, has_length, wants_continue;
        uint64_t length;
    } rows[] = {
        {"1.1", "A: b",                                      false, false, false, 0        },
        {"1.1", "Content-Length: 0",                         false, true,  false, 0        },
        {"1.1", "content-length:14",                         false, true,  false, 14       },
        {"1.1", "Content-Length: 9223372036854775807",       false, true,  false, INT64_MAX},
        {"1.1", "Content-Length: 7\r\nContent-Length: 7",    false, true,  false, 7        },
        {"1.1", "Transfer-Encoding: Chunked",                true,  false, false, 0        },
        {"1.1", "Content-Length: 7\r\nExpect: 100-Continue", false, true,  true,  7        },
        {"1.0", "Content-Length: 7\r\nExpect: 100-continue", false, true,  false, 7        },
        {"1.1", "Expect: something-else",                    false, false, false, 0        },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_http_head head;
        enum mst_http_flaw flaw;
        char text[128];
        (void)snprintf(text, sizeof text, "POST / HTTP/%s\r\n%s\r\n\r\n", rows[i].version,
                       rows[i].fields);
        ck_assert_int_eq(parse(text, &head, &flaw), MST_OK);
        ck_assert_int_eq(head.is_chunked, rows[i].is_chunked);
        ck_assert_int_eq(head.has_length, rows[i].has_length);
        ck_assert_int_eq(head.wants_continue, rows[i].wants_continue);
        ck_assert(head.content_length == rows[i].length);
    }
}
MST_TEST_END

MST_TEST(each_flaw_has_its_status)
{
    static const struct {
        const char *text;
        enum mst_http_flaw flaw;
    } rows[] = {
        {"GET / HTTP/2.0\r\n\r\n",                                     MST_FLAW_VERSION        },
        {"GET / HTTP/0.9\r\n\r\n",                                     MST_FLAW_VERSION        },
        {"GET / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", MST_FLAW_NOT_IMPLEMENTED},
        {"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n"
         "Transfer-Encoding: chunked\r\n\r\n",                MST_FLAW_NOT_IMPLEMENTED},
        {"GET / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n"
         "Content-Length: 1\r\n\r\n",                         MST_FLAW_SYNTAX         },
        {"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",          MST_FLAW_SYNTAX         },
        {"GET /\r\n\r\n",                                              MST_FLAW_SYNTAX         },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_http_head head;
        enum mst_http_flaw flaw;
        ck_assert_int_eq(parse(rows[i].text, &head, &flaw), MST_ESYNTAX);
        ck_assert_int_eq(flaw, rows[i].flaw);
    }
}
MST_TEST_END

/* ---- limits ---- */

static enum mst_err parse_sized(size_t line, size_t head_bytes, size_t step, unsigned *flaw)
{
    static char text[4096];
    struct mst_http_head head;
    enum mst_http_flaw got = MST_FLAW_NONE;
    enum mst_err err = MST_EMORE;
    size_t size;
    size_t filler = head_bytes - line - 2 - 4 - 4; /* "A: " ... CRLF CRLF and the line's CRLF */

    memset(text, 'x', sizeof text);
    memcpy(text, "GET /", 5);
    memcpy(&text[line - 9], " HTTP/1.1\r\nA: ", 14);
    memcpy(&text[line + 2 + 3 + filler + 1], "\r\n\r\n", 4);
    for (size_t n = 0, seen = 0; n < head_bytes && err == MST_EMORE; seen = n) {
        n = step < head_bytes - n ? n + step : head_bytes;
        err = mst_http_head_parse(mst_span_of(text, n), seen, 100, 300, &head, &size, &got);
    }
    *flaw = got;
    return err;
}

MST_TEST(line_and_head_may_be_as_long_as_their_limits_and_no_longer)
{
    static const struct {
        size_t line, head;
        unsigned flaw;
    } rows[] = {
        {99,  299, 0  },
        {100, 300, 0  },
        {100, 150, 0  },
        {101, 300, 431},
        {102, 200, 431},
        {150, 200, 431},
        {100, 301, 431},
        {50,  302, 431},
        {50,  900, 431},
        {900, 990, 431},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
            unsigned flaw;
            enum mst_err err = parse_sized(rows[i].line, rows[i].head, steps[s], &flaw);
            ck_assert_msg(flaw == rows[i].flaw, "line %zu head %zu step %zu: %u", rows[i].line,
                          rows[i].head, steps[s], flaw);
            ck_assert_int_eq(err, rows[i].flaw ? MST_ESYNTAX : MST_OK);
        }
}
MST_TEST_END

MST_TEST(a_line_or_head_without_an_end_is_refused_at_the_byte_over_the_limit)
{
    struct mst_http_head head;
    enum mst_http_flaw flaw = MST_FLAW_NONE;
    char text[400];
    size_t size;

    memset(text, 'a', sizeof text);
    ck_assert_int_eq(mst_http_head_parse(mst_span_of(text, 101), 0, 100, 300, &head, &size, &flaw),
                     MST_EMORE);
    ck_assert_int_eq(
        mst_http_head_parse(mst_span_of(text, 102), 101, 100, 300, &head, &size, &flaw),
        MST_ESYNTAX);
    ck_assert_int_eq(flaw, MST_FLAW_TOO_LARGE);
    memcpy(text, "\r\n", 2); /* line ends before the request do not count */
    ck_assert_int_eq(mst_http_head_parse(mst_span_of(text, 103), 0, 100, 300, &head, &size, &flaw),
                     MST_EMORE);
    ck_assert_uint_eq(size, 2);
    memcpy(text, "GET / HTTP/1.1\r\n", 16);
    ck_assert_int_eq(mst_http_head_parse(mst_span_of(text, 300), 0, 100, 300, &head, &size, &flaw),
                     MST_EMORE);
    ck_assert_int_eq(
        mst_http_head_parse(mst_span_of(text, 301), 300, 100, 300, &head, &size, &flaw),
        MST_ESYNTAX);
    ck_assert_int_eq(flaw, MST_FLAW_TOO_LARGE);
}
MST_TEST_END

MST_TEST(a_head_limit_below_the_line_limit_holds_for_the_line_too)
{
    struct mst_span text = MST_LIT("GET /0123456789 HTTP/1.1\r\n\r\n");
    struct mst_http_head head;
    enum mst_http_flaw flaw = MST_FLAW_NONE;
    size_t size;

    ck_assert_int_eq(mst_http_head_parse(text, 0, 100, text.len, &head, &size, &flaw), MST_OK);
    ck_assert_int_eq(mst_http_head_parse(text, 0, 100, text.len - 1, &head, &size, &flaw),
                     MST_ESYNTAX);
    ck_assert_int_eq(flaw, MST_FLAW_TOO_LARGE);
}
MST_TEST_END

MST_TEST(one_field_too_many_is_too_large)
{
    char text[1024] = "GET / HTTP/1.1\r\n";
    size_t n = 16;
    struct mst_http_head head;
    enum mst_http_flaw flaw;

    for (int i = 0; i < MST_HTTP_MAX_FIELDS; i++, n += 6)
        memcpy(&text[n], "A: b\r\n", 7);
    memcpy(&text[n], "\r\n", 3);
    ck_assert_int_eq(parse(text, &head, &flaw), MST_OK);
    ck_assert_uint_eq(head.n_fields, MST_HTTP_MAX_FIELDS);
    memcpy(&text[n], "A: b\r\n\r\n", 9);
    ck_assert_int_eq(parse(text, &head, &flaw), MST_ESYNTAX);
    ck_assert_int_eq(flaw, MST_FLAW_TOO_LARGE);
}
MST_TEST_END

MST_TEST(a_refused_or_incomplete_head_leaves_the_output_alone)
{
    struct mst_http_head head, before;
    enum mst_http_flaw flaw;

    memset(&head, 0x5a, sizeof head);
    memcpy(&before, &head, sizeof head);
    ck_assert_int_eq(parse("GET / HTTP/1.1\r\nA: b\r\n", &head, &flaw), MST_EMORE);
    ck_assert_int_eq(parse("GET / HTTP/1.1\r\nA: b\r\nB : c\r\n\r\n", &head, &flaw), MST_ESYNTAX);
    ck_assert_mem_eq(&head, &before, sizeof head);
}
MST_TEST_END

MST_TEST(the_size_counts_skipped_line_ends_and_nothing_behind_the_head)
{
    struct mst_http_head head;
    enum mst_http_flaw flaw = MST_FLAW_NONE;
    size_t size = 0;

    ck_assert_int_eq(mst_http_head_parse(MST_LIT("\r\n\n"), 0, 100, 300, &head, &size, &flaw),
                     MST_EMORE);
    ck_assert_uint_eq(size, 3);
    ck_assert_int_eq(mst_http_head_parse(MST_LIT("\r\nGET / HTTP/1.1\r\n\r\nbody"), 0, 100, 300,
                                         &head, &size, &flaw),
                     MST_OK);
    ck_assert_uint_eq(size, 20);
    ck_assert_int_eq(
        mst_http_head_parse((struct mst_span){NULL, 0}, 0, 100, 300, &head, &size, &flaw),
        MST_EMORE);
    ck_assert_uint_eq(size, 0);
}
MST_TEST_END

MST_TESTS("wire/http1_head", every_smuggling_case_is_refused_however_it_is_cut,
          every_variation_that_must_be_accepted_is_however_it_is_cut,
          no_two_cases_have_the_same_name, a_target_is_split_into_path_and_query,
          methods_are_known_by_their_exact_names,
          fields_are_found_whatever_their_case_and_the_first_one_wins,
          the_connection_is_closed_or_kept_as_version_and_fields_say,
          framing_is_read_from_length_coding_and_expectation, each_flaw_has_its_status,
          line_and_head_may_be_as_long_as_their_limits_and_no_longer,
          a_line_or_head_without_an_end_is_refused_at_the_byte_over_the_limit,
          a_head_limit_below_the_line_limit_holds_for_the_line_too, one_field_too_many_is_too_large,
          a_refused_or_incomplete_head_leaves_the_output_alone,
          the_size_counts_skipped_line_ends_and_nothing_behind_the_head)

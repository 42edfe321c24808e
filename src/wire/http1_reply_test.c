#include <string.h>

#include "tests/lib/unit.h"
#include "wire/http1.h"

static const char key[] = "0123456789abcdef0123456789abcdef01234567";

enum { NEW_YEAR_2022 = 1640995200 };

static const unsigned statuses[] = {101, 200, 201, 202, 204, 205, 206, 304, 400, 401, 403, 404,
                                    405, 409, 411, 412, 413, 416, 426, 429, 431, 500, 501, 503};
enum { N_STATUSES = sizeof statuses / sizeof statuses[0] };

static struct mst_http_reply activation(void)
{
    return (struct mst_http_reply){.status = 200,
                                   .date = NEW_YEAR_2022,
                                   .content_type = "text/plain; charset=utf-8",
                                   .body = mst_span_str(key)};
}

static size_t size_of(const struct mst_http_reply *reply)
{
    struct mst_buf out;
    size_t size;

    mst_buf_init(&out, 4096);
    ck_assert_int_eq(mst_http_reply_write(&out, reply), MST_OK);
    size = out.len;
    mst_buf_fini(&out);
    return size;
}

static size_t error_size(struct mst_http_reply reply, unsigned status)
{
    struct mst_buf body;
    size_t size;

    mst_buf_init(&body, 256);
    ck_assert_int_eq(mst_http_error_body(&body, status), MST_OK);
    reply.status = status;
    reply.date = NEW_YEAR_2022;
    reply.body = mst_buf_span(&body);
    size = size_of(&reply);
    mst_buf_fini(&body);
    return size;
}

MST_TEST(a_reply_is_written_lean_to_the_byte)
{
    static const struct {
        struct mst_http_reply reply;
        const char *text;
    } rows[] = {
        {{.status = 204, .date = NEW_YEAR_2022},
         "HTTP/1.1 204 No Content\r\nDate: Sat, 01 Jan 2022 00:00:00 GMT\r\n"
         "Content-Length: 0\r\n\r\n"                                    },
        {{.status = 200, .date = NEW_YEAR_2022, .body = {"a=1", 3}},
         "HTTP/1.1 200 OK\r\nDate: Sat, 01 Jan 2022 00:00:00 GMT\r\n"
         "Content-Length: 3\r\n\r\na=1"                                 },
        {{.status = 200, .content_type = "text/plain", .is_head = true, .body = {"a=1", 3}},
         "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
         "Content-Length: 3\r\nContent-Type: text/plain\r\n\r\n"        },
        {{.status = 405,
          .is_closing = true,
          .is_keep_alive_told = true,
          .is_secret = true,
          .extra = {"Allow: POST\r\n", 13}},
         "HTTP/1.1 405 Method Not Allowed\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
         "Content-Length: 0\r\nConnection: close\r\nAllow: POST\r\n\r\n"},
        {{.status = 205, .is_keep_alive_told = true, .is_secret = true},
         "HTTP/1.1 205 Reset Content\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
         "Content-Length: 0\r\nConnection: keep-alive\r\n\r\n"          },
        {{.status = 200, .is_secret = true, .body = {"k", 1}},
         "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
         "Content-Length: 1\r\nCache-Control: no-store\r\n\r\nk"        },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_buf out;
        mst_buf_init(&out, 4096);
        ck_assert_int_eq(mst_http_reply_write(&out, &rows[i].reply), MST_OK);
        ck_assert_span_str(mst_buf_span(&out), rows[i].text);
        mst_buf_fini(&out);
    }
}
MST_TEST_END

/* protocol.md B.3 counts with these two fields of the original, which are not sent here. */
enum {
    KEEP_ALIVE = sizeof("Connection: keep-alive\r\n") - 1,
    SERVER = sizeof("Server: nginx\r\n") - 1
};

MST_TEST(activation_and_conflict_have_the_sizes_of_the_original)
{
    struct mst_http_reply reply = activation();

    ck_assert_uint_eq(size_of(&reply) + KEEP_ALIVE + SERVER, 196);
    reply.is_keep_alive_told = true;
    ck_assert_uint_eq(size_of(&reply) + SERVER, 196);
    ck_assert_uint_eq(error_size((struct mst_http_reply){.status = 0}, 409) + KEEP_ALIVE + SERVER,
                      144);
}
MST_TEST_END

MST_TEST(activation_and_every_error_fit_in_198_bytes_in_every_mode)
{
    for (unsigned mode = 0; mode < 8; mode++) {
        struct mst_http_reply reply = activation();
        reply.is_closing = mode & 1;
        reply.is_keep_alive_told = mode & 2;
        reply.is_secret = mode & 4;
        ck_assert_uint_le(size_of(&reply), 198);
        reply.content_type = NULL;
        for (size_t i = 0; i < N_STATUSES; i++)
            if (statuses[i] >= 400)
                ck_assert_uint_le(error_size(reply, statuses[i]), 198);
    }
}
MST_TEST_END

MST_TEST(an_error_body_repeats_the_status_line)
{
    static const struct {
        unsigned status;
        size_t size;
    } rows[] = {
        {400, 26},
        {401, 27},
        {403, 24},
        {404, 24},
        {409, 23},
        {412, 34}
    };
    struct mst_buf out;

    mst_buf_init(&out, 256);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mst_buf_clear(&out);
        ck_assert_int_eq(mst_http_error_body(&out, rows[i].status), MST_OK);
        ck_assert_uint_eq(out.len, rows[i].size);
    }
    mst_buf_clear(&out);
    ck_assert_int_eq(mst_http_error_body(&out, 404), MST_OK);
    ck_assert_span_str(mst_buf_span(&out), "HTTP/1.1 404 Not Found\r\n");
    mst_buf_fini(&out);
}
MST_TEST_END

MST_TEST(every_reply_has_its_code_at_byte_9_its_date_early_and_one_blank_line)
{
    for (size_t i = 0; i < N_STATUSES; i++) {
        struct mst_http_reply reply = {.status = statuses[i], .date = NEW_YEAR_2022};
        struct mst_buf out;
        char code[4];
        mst_buf_init(&out, 4096);
        ck_assert_int_eq(mst_http_reply_write(&out, &reply), MST_OK);
        ck_assert_int_eq(mst_buf_add_byte(&out, '\0'), MST_OK);
        (void)snprintf(code, sizeof code, "%u", statuses[i]);
        ck_assert_int_eq(memcmp(&out.ptr[9], code, 3), 0);
        ck_assert_ptr_nonnull(strstr(out.ptr, "\r\nDate: Sat, 01 Jan 2022 00:00:00 GMT\r\n"));
        ck_assert_int_lt(strstr(out.ptr, "GMT") - out.ptr, 128);
        ck_assert((strstr(out.ptr, "\r\nContent-Length: 0\r\n") != NULL) == (statuses[i] != 101));
        ck_assert_uint_eq((size_t)(strstr(out.ptr, "\r\n\r\n") - out.ptr), out.len - 5);
        mst_buf_fini(&out);
    }
}
MST_TEST_END

MST_TEST(reasons_are_the_canonical_ones_and_there_are_no_others)
{
    size_t n = 0;

    ck_assert_str_eq(mst_http_reason(413), "Request Entity Too Large");
    ck_assert_str_eq(mst_http_reason(416), "Requested Range Not Satisfiable");
    for (unsigned status = 0; status < 1000; status++)
        n += mst_http_reason(status) ? 1 : 0;
    ck_assert_uint_eq(n, N_STATUSES);
    ck_assert_ptr_null(mst_http_reason(505));
}
MST_TEST_END

MST_TEST(a_reply_that_does_not_fit_leaves_no_part_of_it)
{
    struct mst_http_reply reply = activation();
    struct mst_buf out;

    for (size_t room = 0; room < size_of(&reply); room++) {
        mst_buf_init(&out, room + 5);
        ck_assert_int_eq(mst_buf_add(&out, MST_LIT("first")), MST_OK);
        ck_assert_int_eq(mst_http_reply_write(&out, &reply), MST_EFULL);
        ck_assert_span_str(mst_buf_span(&out), "first");
        mst_buf_fini(&out);
    }
}
MST_TEST_END

MST_TESTS("wire/http1_reply", a_reply_is_written_lean_to_the_byte,
          activation_and_conflict_have_the_sizes_of_the_original,
          activation_and_every_error_fit_in_198_bytes_in_every_mode,
          an_error_body_repeats_the_status_line,
          every_reply_has_its_code_at_byte_9_its_date_early_and_one_blank_line,
          reasons_are_the_canonical_ones_and_there_are_no_others,
          a_reply_that_does_not_fit_leaves_no_part_of_it)

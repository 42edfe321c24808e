/* Blobs over real sockets: protocol.md 2.7.3; RFC 9110 13 and 14; RFC 9530. */
#include "front/http/delivery.h"
#include "front/http/route.h"
#include "sys/metric.h"
#include "tests/lib/pattern.h"
#include "tests/lib/site.h"
#include "tests/lib/unit.h"

static struct mst_site *site;
static struct mst_line line;

enum { BLOB_BYTES = 200000 };

static const uint8_t hash[32] = {0x44, 0xaf, 0xf4, 0xab, 0x2d, 0x7c, 0x32, 0x50, 0x52, 0x56, 0x75,
                                 0xa0, 0x8f, 0x0c, 0xfa, 0x95, 0x91, 0x16, 0x8c, 0xff, 0xe5, 0x17,
                                 0x91, 0xc5, 0xf5, 0xbb, 0xc4, 0x17, 0xc1, 0x5a, 0x6c, 0x38};
#define TAG    "\"44aff4ab2d7c3250525675a08f0cfa95\""
#define DIGEST "Repr-Digest: sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:\r\n"

static enum mst_err give_piece(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_delivery_piece piece = mst_delivery_next(x);

    (void)tx;
    ck_assert_uint_eq(piece.at / MST_PIECE_MAX, (piece.at + piece.n_bytes - 1) / MST_PIECE_MAX);
    mst_pattern_add(&x->reply, piece.at, piece.n_bytes);
    return MST_OK;
}

/* The segment is the blob's length. */
static enum mst_err give(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_delivery blob = {.type = "application/octet-stream",
                                .sha256 = mst_span_of(hash, sizeof hash)};

    (void)tx;
    if (mst_span_u64(mst_exchange_segment(x, 1), UINT64_MAX, &blob.n_bytes) != MST_OK)
        return mst_exchange_refuse_with(x, 400);
    return mst_delivery_answer(x, &blob, MST_READ, give_piece);
}

static const struct mst_route rows[] = {
    {{"blob", "*"},
     .methods = MST_METHOD_GET,
     .body_max = 100,
     .family = MST_FAMILY_MANAGE,
     .label = MST_ROUTE_OTHER,
     MST_MAY(READ_CLOCK),
     .where = MST_READ,
     .step = give},
};
static const struct mst_routes own_routes = {rows, 1};

static void begin(void)
{
    const struct mst_site_opts opts = {.http.routes = &own_routes};

    site = mst_site_start(&opts);
    line = mst_line_open(site);
}

static void end(void)
{
    mst_line_close(&line);
    mst_site_stop(site);
}

static struct mst_answer ask(uint64_t n_bytes, const char *fields)
{
    char text[512];

    (void)snprintf(text, sizeof text, "GET /blob/%llu HTTP/1.1\r\n%s\r\n",
                   (unsigned long long)n_bytes, fields);
    mst_line_send(&line, text);
    return mst_line_reply(&line);
}

struct row {
    const char *fields;
    unsigned status;
    size_t first, n_bytes;   /* of the body */
    const char *wanted[3];   /* in the head; NULL ends */
    const char *unwanted[3]; /* not there */
};

static void check(size_t total, const struct row *rows_of, size_t n_rows)
{
    begin();
    for (size_t i = 0; i < n_rows; i++) {
        const struct row *row = &rows_of[i];
        struct mst_answer answer = ask(total, row->fields);

        ck_assert_msg(answer.status == row->status, "%s: %u", row->fields, answer.status);
        for (size_t k = 0; k < 3 && row->wanted[k]; k++)
            ck_assert_msg(mst_text_has(answer.head, row->wanted[k]), "%s: no %s", row->fields,
                          row->wanted[k]);
        for (size_t k = 0; k < 3 && row->unwanted[k]; k++)
            ck_assert_msg(!mst_text_has(answer.head, row->unwanted[k]), "%s: has %s", row->fields,
                          row->unwanted[k]);
        if (answer.status >= 400)
            continue;
        ck_assert_msg(answer.body.len == row->n_bytes, "%s: %zu", row->fields, answer.body.len);
        ck_assert(mst_pattern_is(answer.body, row->first));
    }
    end();
}
#define CHECK(total, rows) check((total), (rows), sizeof(rows) / sizeof((rows)[0]))

#define ACCEPTS "Accept-Ranges: bytes\r\n"

MST_TEST(a_range_gets_its_part_and_the_rest_of_it_the_whole)
{
    static const struct row rows_of[] = {
        {"",                              200, 0,      200000, {ACCEPTS},                                         {"Content-Range", "ETag", "Repr-Digest"}},
        {"Range: bytes=0-0\r\n",
         206,                                  0,
         1,                                                    {ACCEPTS, "Content-Range: bytes 0-0/200000\r\n"},
         {"ETag", "Repr-Digest"}                                                                                                                          },
        {"Range: bytes=65535-131072\r\n",
         206,                                  65535,
         65538,                                                {"Content-Range: bytes 65535-131072/200000\r\n"},
         {NULL}                                                                                                                                           },
        {"Range: bytes=70000-\r\n",
         206,                                  70000,
         130000,                                               {"Content-Range: bytes 70000-199999/200000\r\n"},
         {NULL}                                                                                                                                           },
        {"Range: bytes=-5\r\n",
         206,                                  199995,
         5,                                                    {"Content-Range: bytes 199995-199999/200000\r\n"},
         {NULL}                                                                                                                                           },
        {"Range: bytes=0-\r\n",
         206,                                  0,
         200000,                                               {"Content-Range: bytes 0-199999/200000\r\n"},
         {NULL}                                                                                                                                           },
        {"Range: bytes=0-1,3-4\r\n",      200, 0,      200000, {ACCEPTS},                                         {"Content-Range"}                       },
        {"Range: lines=0-1\r\n",          200, 0,      200000, {ACCEPTS},                                         {"Content-Range"}                       },
        {"Range: bytes=200000-\r\n",      416, 0,      0,      {"Content-Range: bytes */200000\r\n"},             {"ETag"}                                },
        {"Range: bytes=-0\r\n",           416, 0,      0,      {"Content-Range: bytes */200000\r\n"},             {NULL}                                  },
    };

    CHECK(BLOB_BYTES, rows_of);
}
MST_TEST_END

MST_TEST(an_empty_blob_is_whole_and_has_no_part)
{
    static const struct row rows_of[] = {
        {"",                    200, 0, 0, {ACCEPTS},                        {"Content-Range"}},
        {"Range: bytes=-5\r\n", 200, 0, 0, {ACCEPTS},                        {"Content-Range"}},
        {"Range: bytes=0-\r\n", 416, 0, 0, {"Content-Range: bytes */0\r\n"}, {NULL}           },
    };

    CHECK(0, rows_of);
}
MST_TEST_END

MST_TEST(who_has_the_blob_or_a_part_of_it_is_not_sent_it_again)
{
    static const struct row rows_of[] = {
        {"If-None-Match: " TAG "\r\n",
         304,                                                                    0,
         0,                                                                                 {"ETag: " TAG "\r\n", "Content-Length: 0\r\n"},
         {ACCEPTS, "Repr-Digest"}                                                                                                                          },
        {"If-None-Match: " TAG "\r\nRange: bytes=0-1\r\n",
         304,                                                                    0,
         0,                                                                                 {"ETag: " TAG "\r\n"},
         {"Content-Range"}                                                                                                                                 },
        {"If-None-Match: \"x\"\r\n",                                        200, 0, 200000, {"ETag: " TAG "\r\n"},                          {"Repr-Digest"}},
        {"If-Range: " TAG "\r\nRange: bytes=5-6\r\n",                       206, 5, 2,      {"ETag: " TAG "\r\n"},                          {NULL}         },
        {"If-Range: \"x\"\r\nRange: bytes=5-6\r\n",
         200,                                                                    0,
         200000,                                                                            {"ETag: " TAG "\r\n"},
         {"Content-Range"}                                                                                                                                 },
        {"If-Range: \"x\"\r\nRange: bytes=999999-\r\n",
         200,                                                                    0,
         200000,                                                                            {"ETag: " TAG "\r\n"},
         {"Content-Range"}                                                                                                                                 },
        {"If-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\nRange: bytes=5-6\r\n",
         200,                                                                    0,
         200000,                                                                            {ACCEPTS},
         {"Content-Range"}                                                                                                                                 },
        {"Want-Repr-Digest: sha-256=1\r\n",                                 200, 0, 200000, {"ETag: " TAG "\r\n", DIGEST},                  {NULL}         },
        {"Want-Repr-Digest: sha-256=1\r\nRange: bytes=5-6\r\n",             206, 5, 2,      {DIGEST},                                       {NULL}         },
        {"Want-Repr-Digest: sha-512=1\r\n",                                 200, 0, 200000, {"ETag: " TAG "\r\n"},                          {"Repr-Digest"}},
    };

    CHECK(BLOB_BYTES, rows_of);
}
MST_TEST_END

/* protocol.md 2.1.5: receive buffers of 198, 256, 512 and 1024 bytes. The smallest library downloads
   nothing; from the next on a chunk fits with its head. */
MST_TEST(the_head_of_a_part_leaves_room_in_small_buffers)
{
    struct mst_answer answer;

    begin();
    answer = ask(9999999, "Range: bytes=9999900-9999958\r\n");
    ck_assert_uint_eq(answer.status, 206);
    ck_assert_uint_eq(answer.body.len, 59);
    ck_assert_uint_le(answer.head.len, 198);
    ck_assert_uint_le(answer.head.len + answer.body.len, 256);
    end();
}
MST_TEST_END

/* The longest fields at once. */
MST_TEST(all_that_can_be_told_of_a_blob_fits_its_head)
{
    struct mst_answer answer;

    begin();
    answer = ask(UINT64_MAX, "If-Range: " TAG "\r\nWant-Repr-Digest: sha-256=1\r\n"
                             "Range: bytes=18446744073709551600-\r\n");
    ck_assert_uint_eq(answer.status, 206);
    ck_assert_uint_eq(answer.body.len, 15);
    ck_assert(mst_text_has(answer.head, DIGEST));
    end();
}
MST_TEST_END

MST_TESTS("front/http/delivery", a_range_gets_its_part_and_the_rest_of_it_the_whole,
          an_empty_blob_is_whole_and_has_no_part,
          who_has_the_blob_or_a_part_of_it_is_not_sent_it_again,
          the_head_of_a_part_leaves_room_in_small_buffers,
          all_that_can_be_told_of_a_blob_fits_its_head)

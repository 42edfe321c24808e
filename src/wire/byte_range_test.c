/* protocol.md 2.7.3, RFC 9110 14.1.2 and 14.2 */
#include <inttypes.h>

#include "tests/lib/unit.h"
#include "wire/byte_range.h"

struct row {
    const char *value;
    uint64_t total;
    enum mst_byte_range_kind kind;
    uint64_t first, last;
};

static void check(const struct row *rows, size_t n_rows)
{
    for (size_t i = 0; i < n_rows; i++) {
        const struct row *row = &rows[i];
        struct mst_byte_range got = mst_byte_range_of(mst_span_str(row->value), row->total);

        ck_assert_msg(got.kind == row->kind, "\"%s\" of %" PRIu64 ": kind %d", row->value,
                      row->total, (int)got.kind);
        if (got.kind == MST_RANGE_PART)
            ck_assert_msg(got.first == row->first && got.last == row->last,
                          "\"%s\" of %" PRIu64 ": %" PRIu64 "-%" PRIu64, row->value, row->total,
                          got.first, got.last);
    }
}
#define CHECK(rows) check((rows), sizeof(rows) / sizeof((rows)[0]))

MST_TEST(a_range_is_the_part_it_names_cut_to_what_there_is)
{
    static const struct row rows[] = {
        {"bytes=0-0",                                100,        MST_RANGE_PART, 0,              0             },
        {"bytes=0-99",                               100,        MST_RANGE_PART, 0,              99            }, /* all: still a part */
        {"bytes=0-100",                              100,        MST_RANGE_PART, 0,              99            },
        {"bytes=99-99",                              100,        MST_RANGE_PART, 99,             99            },
        {"bytes=007-0008",                           100,        MST_RANGE_PART, 7,              8             },
        {"BYTES=1-2",                                100,        MST_RANGE_PART, 1,              2             },
        {"bytes=10-",                                100,        MST_RANGE_PART, 10,             99            },
        {"bytes=0-",                                 1,          MST_RANGE_PART, 0,              0             },
        {"bytes=-1",                                 100,        MST_RANGE_PART, 99,             99            },
        {"bytes=-100",                               100,        MST_RANGE_PART, 0,              99            },
        {"bytes=-101",                               100,        MST_RANGE_PART, 0,              99            },
        {"bytes=5-18446744073709551615",             100,        MST_RANGE_PART, 5,              99            },
        {"bytes=5-99999999999999999999999999999999", 100,        MST_RANGE_PART, 5,              99            },
        {"bytes=-99999999999999999999999999999999",  100,        MST_RANGE_PART, 0,              99            },
        {"bytes=18446744073709551614-",              UINT64_MAX, MST_RANGE_PART, UINT64_MAX - 1, UINT64_MAX - 1},
        {"bytes=-1",                                 UINT64_MAX, MST_RANGE_PART, UINT64_MAX - 1, UINT64_MAX - 1},
    };

    CHECK(rows);
}
MST_TEST_END

MST_TEST(a_range_behind_the_end_cannot_be_satisfied)
{
    static const struct row rows[] = {
        {"bytes=100-",                                      100,        MST_RANGE_NONE, 0, 0},
        {"bytes=100-200",                                   100,        MST_RANGE_NONE, 0, 0},
        {"bytes=-0",                                        100,        MST_RANGE_NONE, 0, 0},
        {"bytes=0-",                                        0,          MST_RANGE_NONE, 0, 0},
        {"bytes=0-0",                                       0,          MST_RANGE_NONE, 0, 0},
        {"bytes=-0",                                        0,          MST_RANGE_NONE, 0, 0},
        {"bytes=18446744073709551616-",                     UINT64_MAX, MST_RANGE_NONE, 0, 0},
        {"bytes=18446744073709551616-18446744073709551617", 100,        MST_RANGE_NONE, 0, 0},
    };

    CHECK(rows);
}
MST_TEST_END

MST_TEST(what_is_not_one_range_of_bytes_is_ignored)
{
    static const char *const values[] = {
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=1",
        "bytes=1-2,3-4",
        "bytes=1-2,",
        "bytes=,1-2",
        "bytes=2-1",
        "bytes=1--2",
        "bytes=--1",
        "bytes=1-2-3",
        "bytes= 1-2",
        "bytes =1-2",
        "bytes=1 -2",
        "bytes=1-2 ",
        "bytes=+1-2",
        "bytes=1-+2",
        "bytes=0x1-2",
        "items=1-2",
        "bytes:1-2",
        "byte=1-2",
        "bytess=1-2",
        "1-2",
        "bytes=1.0-2",
        "bytes=-1-",
        "bytes=18446744073709551616-5",
    };

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        const struct row row = {values[i], 100, MST_RANGE_WHOLE, 0, 0};

        check(&row, 1);
    }
    ck_assert_int_eq((int)mst_byte_range_of(mst_span_of("bytes=1\0-2", 10), 100).kind,
                     MST_RANGE_WHOLE);
    ck_assert_int_eq((int)mst_byte_range_of(MST_LIT("bytes=-5"), 0).kind, MST_RANGE_WHOLE);
}
MST_TEST_END

MST_TEST(the_field_of_the_reply_names_part_and_total)
{
    struct mst_byte_range range = {MST_RANGE_PART, 0, UINT64_MAX - 1};
    struct mst_buf out;

    mst_buf_init(&out, 200);
    ck_assert_int_eq(mst_byte_range_field(&out, &range, UINT64_MAX), MST_OK);
    ck_assert_span_str(mst_buf_span(&out),
                       "Content-Range: bytes 0-18446744073709551614/18446744073709551615\r\n");
    mst_buf_clear(&out);
    range.kind = MST_RANGE_NONE;
    ck_assert_int_eq(mst_byte_range_field(&out, &range, 7), MST_OK);
    ck_assert_span_str(mst_buf_span(&out), "Content-Range: bytes */7\r\n");
    mst_buf_clear(&out);
    range.kind = MST_RANGE_WHOLE;
    ck_assert_int_eq(mst_byte_range_field(&out, &range, 7), MST_OK);
    ck_assert_uint_eq(out.len, 0);
    mst_buf_fini(&out);
}
MST_TEST_END

MST_TESTS("wire/byte_range", a_range_is_the_part_it_names_cut_to_what_there_is,
          a_range_behind_the_end_cannot_be_satisfied, what_is_not_one_range_of_bytes_is_ignored,
          the_field_of_the_reply_names_part_and_total)

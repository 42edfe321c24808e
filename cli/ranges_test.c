#include <string.h>

#include "cli/ranges.h"
#include "tests/lib/unit.h"

MST_TEST(an_end_is_read_as_people_write_it)
{
    static const struct {
        enum mst_sn_format format;
        const char *text;
        uint64_t value;
    } rows[] = {
        {MST_SN_BASE10,    "0",                    0                       },
        {MST_SN_BASE10,    "000123",               123                     },
        {MST_SN_BASE10,    "0x7b",                 123                     },
        {MST_SN_BASE10,    "18446744073709551615", UINT64_MAX              },
        {MST_SN_BASE16,    "10",                   16                      },
        {MST_SN_BASE16,    "00fF",                 255                     },
        {MST_SN_BASE16,    "0X10",                 16                      },
        {MST_SN_BASE16,    "FFFFFFFFFFFFFFFF",     UINT64_MAX              },
        {MST_SN_MAC_COLON, "01:02:03:04:05:0a",    UINT64_C(0x01020304050a)},
        {MST_SN_MAC_COLON, "01-02-03-04-05-0A",    UINT64_C(0x01020304050a)},
        {MST_SN_MAC_DASH,  "0102.0304.050a",       UINT64_C(0x01020304050a)},
        {MST_SN_MAC_DOT,   "0x01020304050a",       UINT64_C(0x01020304050a)},
        {MST_SN_MAC_DOT,   "1108152157440",        UINT64_C(1108152157440) },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct mst_sn_shape shape = {.format = rows[i].format};
        uint64_t value = 77;
        ck_assert_msg(cli_ranges_end(&shape, rows[i].text, &value), "%s", rows[i].text);
        ck_assert_uint_eq(value, rows[i].value);
    }
}
MST_TEST_END

MST_TEST(what_is_no_end_is_refused)
{
    static const struct {
        enum mst_sn_format format;
        const char *text;
    } rows[] = {
        {MST_SN_BASE10,    ""                    },
        {MST_SN_BASE10,    "-1"                  },
        {MST_SN_BASE10,    "12a"                 },
        {MST_SN_BASE10,    "18446744073709551616"},
        {MST_SN_BASE16,    ""                    },
        {MST_SN_BASE16,    "0x"                  },
        {MST_SN_BASE16,    "12g"                 },
        {MST_SN_BASE16,    "10000000000000000"   },
        {MST_SN_MAC_COLON, "01:02:03:04:05"      },
        {MST_SN_MAC_COLON, "01:02:03:04:05:0g"   },
        {MST_SN_MAC_COLON, "01020304050a"        },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct mst_sn_shape shape = {.format = rows[i].format};
        uint64_t value = 77;
        ck_assert_msg(!cli_ranges_end(&shape, rows[i].text, &value), "%s", rows[i].text);
    }
}
MST_TEST_END

MST_TEST(a_range_is_told_by_its_serial_numbers_and_counted)
{
    struct mst_sn_range range = {
        {MST_SN_MAC_COLON, MST_SN_UPPER, 0},
        UINT64_C(1108152157440), UINT64_C(1108152157695)
    };
    struct mst_buf text;
    char size[24];

    mst_buf_init(&text, 1000);
    cli_ranges_say(&text, &range);
    ck_assert_span_str(mst_buf_span(&text), "mac:48 upper, 01:02:03:04:05:00 to 01:02:03:04:05:FF");
    cli_ranges_size(&range, size);
    ck_assert_str_eq(size, "256");
    range = (struct mst_sn_range){
        {MST_SN_BASE10, MST_SN_EITHER, 0},
        0, UINT64_MAX
    };
    cli_ranges_size(&range, size);
    ck_assert_str_eq(size, "18446744073709551616");
    mst_buf_fini(&text);
}
MST_TEST_END

MST_TESTS("cli/ranges", an_end_is_read_as_people_write_it, what_is_no_end_is_refused,
          a_range_is_told_by_its_serial_numbers_and_counted)

#include <string.h>

#include "base/sn_range.h"
#include "tests/lib/unit.h"

#define MAC UINT64_C(0x010203040506)

#define BASE10(length)                       \
    {                                        \
        MST_SN_BASE10, MST_SN_EITHER, length \
    }

/* The examples of protocol.md 4, and the ends. */
static const struct {
    struct mst_sn_shape shape;
    uint64_t value;
    const char *text;
} forms[] = {
    {{MST_SN_MAC_COLON, MST_SN_UPPER, 0}, MAC,                      "01:02:03:04:05:06"   },
    {{MST_SN_MAC_DASH, MST_SN_LOWER, 0},  MAC,                      "01-02-03-04-05-06"   },
    {{MST_SN_MAC_DOT, MST_SN_LOWER, 0},   MAC,                      "0102.0304.0506"      },
    {{MST_SN_BASE16, MST_SN_LOWER, 12},   MAC,                      "010203040506"        },
    {{MST_SN_BASE16, MST_SN_LOWER, 0},    MAC,                      "10203040506"         },
    {BASE10(0),                           MAC,                      "1108152157446"       },
    {BASE10(15),                          MAC,                      "001108152157446"     },
    {{MST_SN_MAC_COLON, MST_SN_UPPER, 0}, UINT64_C(0xABCDEF012345), "AB:CD:EF:01:23:45"   },
    {{MST_SN_MAC_DOT, MST_SN_EITHER, 0},  UINT64_C(0xABCDEF012345), "abcd.ef01.2345"      },
    {{MST_SN_MAC_DASH, MST_SN_UPPER, 0},  (UINT64_C(1) << 48) - 1,  "FF-FF-FF-FF-FF-FF"   },
    {{MST_SN_MAC_COLON, MST_SN_LOWER, 0}, 0,                        "00:00:00:00:00:00"   },
    {BASE10(0),                           0,                        "0"                   },
    {BASE10(0),                           UINT64_MAX,               "18446744073709551615"},
    {BASE10(20),                          UINT64_MAX,               "18446744073709551615"},
    {{MST_SN_BASE16, MST_SN_UPPER, 0},    UINT64_MAX,               "FFFFFFFFFFFFFFFF"    },
    {{MST_SN_BASE16, MST_SN_UPPER, 17},   UINT64_MAX,               "0FFFFFFFFFFFFFFFF"   },
};
enum { FORMS = sizeof forms / sizeof forms[0] };

MST_TEST(a_value_is_written_in_its_shape_and_read_back)
{
    for (size_t i = 0; i < FORMS; i++) {
        char text[MST_SN_MAX + 1];
        uint64_t value = 77;
        size_t len = mst_sn_write(&forms[i].shape, forms[i].value, text);

        ck_assert_str_eq(text, forms[i].text);
        ck_assert_uint_eq(len, strlen(text));
        ck_assert_msg(mst_sn_read(&forms[i].shape, mst_span_str(text), &value), "%s", text);
        ck_assert_uint_eq(value, forms[i].value);
    }
}
MST_TEST_END

MST_TEST(a_text_of_another_shape_is_not_read)
{
    static const struct {
        struct mst_sn_shape shape;
        const char *text;
    } rows[] = {
        {BASE10(0),                           ""                     },
        {BASE10(0),                           "01"                   },
        {BASE10(0),                           "00"                   },
        {BASE10(0),                           "+1"                   },
        {BASE10(0),                           "-1"                   },
        {BASE10(0),                           " 1"                   },
        {BASE10(0),                           "1 "                   },
        {BASE10(0),                           "1a"                   },
        {BASE10(0),                           "18446744073709551616" },
        {BASE10(0),                           "99999999999999999999" },
        {BASE10(4),                           "123"                  },
        {BASE10(4),                           "00123"                },
        {BASE10(21),                          "118446744073709551615"},
        {{MST_SN_BASE16, MST_SN_UPPER, 0},    "ab"                   },
        {{MST_SN_BASE16, MST_SN_UPPER, 0},    "Ab"                   },
        {{MST_SN_BASE16, MST_SN_LOWER, 0},    "AB"                   },
        {{MST_SN_BASE16, MST_SN_LOWER, 0},    "0xab"                 },
        {{MST_SN_BASE16, MST_SN_LOWER, 0},    "10000000000000000"    },
        {{MST_SN_BASE16, MST_SN_EITHER, 4},   "abcg"                 },
        {{MST_SN_MAC_COLON, MST_SN_UPPER, 0}, "00:aa:00:00:00:00"    },
        {{MST_SN_MAC_COLON, MST_SN_UPPER, 0}, "00-AA-00-00-00-00"    },
        {{MST_SN_MAC_COLON, MST_SN_UPPER, 0}, "00AA00000000"         },
        {{MST_SN_MAC_COLON, MST_SN_UPPER, 0}, "0:0A:00:00:00:000"    },
        {{MST_SN_MAC_COLON, MST_SN_UPPER, 0}, "00:AA:00:00:00:0"     },
        {{MST_SN_MAC_COLON, MST_SN_UPPER, 0}, "00:AA:00:00:00:000"   },
        {{MST_SN_MAC_COLON, MST_SN_UPPER, 0}, ":0:AA:00:00:00:00"    },
        {{MST_SN_MAC_DOT, MST_SN_LOWER, 0},   "01:02:03:04:05:06"    },
        {{MST_SN_MAC_DOT, MST_SN_LOWER, 0},   "010.20304.0506"       },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t value = 77;
        ck_assert_msg(!mst_sn_read(&rows[i].shape, mst_span_str(rows[i].text), &value), "%s",
                      rows[i].text);
        ck_assert_uint_eq(value, 77);
    }
}
MST_TEST_END

MST_TEST(without_a_casing_letters_of_either_case_are_read)
{
    const struct mst_sn_shape shape = {MST_SN_BASE16, MST_SN_EITHER, 0};
    uint64_t value;

    ck_assert(mst_sn_read(&shape, MST_LIT("ab"), &value) && value == 0xAB);
    ck_assert(mst_sn_read(&shape, MST_LIT("AB"), &value) && value == 0xAB);
    ck_assert(mst_sn_read(&shape, MST_LIT("Ab"), &value) && value == 0xAB);
}
MST_TEST_END

MST_TEST(a_mac_is_read_in_any_of_its_forms)
{
    static const char *const texts[] = {"0a:02:03:04:05:06", "0A-02-03-04-05-06", "0a02.0304.0506"};
    uint64_t value = 77;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++, value = 77)
        ck_assert(mst_sn_read_mac(mst_span_str(texts[i]), &value) &&
                  value == UINT64_C(0x0a0203040506));
    ck_assert(!mst_sn_read_mac(MST_LIT("0a0203040506"), &value));
    ck_assert_uint_eq(value, 77);
}
MST_TEST_END

MST_TEST(both_ends_belong_to_a_range_and_their_neighbours_do_not)
{
    const struct mst_sn_range range = {
        {MST_SN_MAC_COLON, MST_SN_UPPER, 0},
        UINT64_C(1108152157440), UINT64_C(1108152157695)
    };

    ck_assert(mst_sn_range_has(&range, MST_LIT("01:02:03:04:05:00")));
    ck_assert(mst_sn_range_has(&range, MST_LIT("01:02:03:04:05:0A")));
    ck_assert(mst_sn_range_has(&range, MST_LIT("01:02:03:04:05:FF")));
    ck_assert(!mst_sn_range_has(&range, MST_LIT("01:02:03:04:05:0a")));
    ck_assert(!mst_sn_range_has(&range, MST_LIT("01:02:03:04:04:FF")));
    ck_assert(!mst_sn_range_has(&range, MST_LIT("01:02:03:04:06:00")));
}
MST_TEST_END

MST_TEST(fields_that_do_not_go_together_make_no_range)
{
    static const struct {
        struct mst_sn_range range;
        bool is_good;
    } rows[] = {
        {{BASE10(0), 5, 5},                                        true },
        {{BASE10(0), 5, 4},                                        false},
        {{BASE10(0), 0, UINT64_MAX},                               true },
        {{BASE10(4), 0, 9999},                                     true },
        {{BASE10(4), 0, 10000},                                    false},
        {{BASE10(20), 0, UINT64_MAX},                              true },
        {{BASE10(19), 0, UINT64_MAX},                              false},
        {{BASE10(MST_SN_MAX), 0, 9},                               true },
        {{BASE10(MST_SN_MAX + 1), 0, 9},                           false},
        {{{MST_SN_BASE10, MST_SN_UPPER, 0}, 0, 9},                 false},
        {{{MST_SN_BASE16, MST_SN_LOWER, 2}, 0, 0xFF},              true },
        {{{MST_SN_BASE16, MST_SN_LOWER, 2}, 0, 0x100},             false},
        {{{MST_SN_MAC_DOT, MST_SN_EITHER, 0}, 0, 0xFFFFFFFFFFFF},  true },
        {{{MST_SN_MAC_DOT, MST_SN_EITHER, 0}, 0, 0x1000000000000}, false},
        {{{MST_SN_MAC_DOT, MST_SN_EITHER, 12}, 0, 1},              false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_msg(mst_sn_range_is_good(&rows[i].range) == rows[i].is_good, "row %zu", i);
}
MST_TEST_END

MST_TEST(ranges_overlap_only_within_one_shape)
{
    const struct mst_sn_range a = {BASE10(4), 10, 20};
    struct mst_sn_range b = {BASE10(4), 20, 30};

    ck_assert(mst_sn_range_overlaps(&a, &b) && mst_sn_range_overlaps(&b, &a));
    b.first = 21;
    ck_assert(!mst_sn_range_overlaps(&a, &b) && !mst_sn_range_overlaps(&b, &a));
    b.first = 20;
    b.shape.length = 5;
    ck_assert(!mst_sn_range_overlaps(&a, &b));
    ck_assert(mst_sn_range_eq(&a, &a) && !mst_sn_range_eq(&a, &b));
}
MST_TEST_END

MST_TEST(a_text_is_read_in_every_shape_that_it_has_and_no_other)
{
    static const struct {
        const char *text;
        size_t n;
    } rows[] = {
        {"123",               8}, /* two of base10, two by three of base16 */
        {"0",                 8},
        {"0123",              4}, /* only with a length */
        {"00ff",              2},
        {"ff",                4},
        {"Ff",                2}, /* in neither casing */
        {"01:02:03:04:05:06", 3},
        {"0a:02:03:04:05:06", 2},
        {"0a:0B:03:04:05:06", 1},
        {"0102.0304.0506",    3},
        {"thermo-1",          0},
        {"",                  0},
    };
    char long_text[MST_SN_MAX + 1];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_sn_reading found[MST_SN_READINGS_MAX];
        size_t n = mst_sn_readings(mst_span_str(rows[i].text), found);

        ck_assert_msg(n == rows[i].n, "%s: %zu", rows[i].text, n);
        for (size_t k = 0; k < n; k++) {
            uint64_t value;
            ck_assert(mst_sn_read(&found[k].shape, mst_span_str(rows[i].text), &value));
            ck_assert_uint_eq(value, found[k].value);
            for (size_t j = 0; j < k; j++)
                ck_assert(memcmp(&found[k].shape, &found[j].shape, sizeof found[k].shape) != 0);
        }
    }
    memset(long_text, '0', sizeof long_text);
    {
        struct mst_sn_reading found[MST_SN_READINGS_MAX];
        ck_assert_uint_eq(mst_sn_readings(mst_span_of(long_text, MST_SN_MAX), found), 4);
        ck_assert_uint_eq(mst_sn_readings(mst_span_of(long_text, MST_SN_MAX + 1), found), 0);
    }
}
MST_TEST_END

MST_TEST(each_word_of_the_wire_names_one_format_and_one_casing)
{
    enum mst_sn_format format = MST_SN_BASE10;
    enum mst_sn_casing casing = MST_SN_EITHER;

    for (unsigned i = 0; i < MST_SN_FORMATS; i++) {
        const char *word = mst_sn_format_word((enum mst_sn_format)i);
        ck_assert(mst_sn_format_of(mst_span_str(word), &format) && (unsigned)format == i);
    }
    ck_assert(mst_sn_casing_of(MST_LIT("lower"), &casing) && casing == MST_SN_LOWER);
    ck_assert(!mst_sn_format_of(MST_LIT("mac:64"), &format));
    ck_assert(!mst_sn_format_of(MST_LIT("BASE10"), &format));
    ck_assert(!mst_sn_casing_of(MST_LIT(""), &casing));
    ck_assert_int_eq(casing, MST_SN_LOWER);
}
MST_TEST_END

MST_TESTS("base/sn_range", a_value_is_written_in_its_shape_and_read_back,
          a_text_of_another_shape_is_not_read, without_a_casing_letters_of_either_case_are_read,
          a_mac_is_read_in_any_of_its_forms,
          both_ends_belong_to_a_range_and_their_neighbours_do_not,
          fields_that_do_not_go_together_make_no_range, ranges_overlap_only_within_one_shape,
          a_text_is_read_in_every_shape_that_it_has_and_no_other,
          each_word_of_the_wire_names_one_format_and_one_casing)

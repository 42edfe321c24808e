#include "tests/lib/unit.h"
#include "wire/httpdate.h"

MST_TEST(dates_are_printed_and_read_back)
{
    static const struct {
        int64_t at;
        const char *text;
    } rows[] = {
        {0,            "Thu, 01 Jan 1970 00:00:00 GMT"},
        {784111777,    "Sun, 06 Nov 1994 08:49:37 GMT"},
        {951782399,    "Mon, 28 Feb 2000 23:59:59 GMT"},
        {951782400,    "Tue, 29 Feb 2000 00:00:00 GMT"},
        {951868800,    "Wed, 01 Mar 2000 00:00:00 GMT"},
        {1640995200,   "Sat, 01 Jan 2022 00:00:00 GMT"},
        {1709164800,   "Thu, 29 Feb 2024 00:00:00 GMT"},
        {2147483648,   "Tue, 19 Jan 2038 03:14:08 GMT"},
        {4107542400,   "Mon, 01 Mar 2100 00:00:00 GMT"},
        {253402300799, "Fri, 31 Dec 9999 23:59:59 GMT"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[MST_HTTPDATE_CHARS];
        int64_t at;
        mst_httpdate_print(rows[i].at, text);
        ck_assert_span_str(mst_span_of(text, sizeof text), rows[i].text);
        ck_assert_int_eq(mst_httpdate_parse(mst_span_str(rows[i].text), 2022, &at), MST_OK);
        ck_assert(at == rows[i].at);
    }
}
MST_TEST_END

MST_TEST(every_day_of_400_years_comes_back)
{
    for (int64_t day = 0; day < 146097; day++) {
        char text[MST_HTTPDATE_CHARS];
        int64_t at = day * 86400 + day % 86400, back = -1;
        mst_httpdate_print(at, text);
        ck_assert_int_eq(mst_httpdate_parse(mst_span_of(text, sizeof text), 2022, &back), MST_OK);
        ck_assert(back == at);
    }
}
MST_TEST_END

MST_TEST(all_three_forms_are_read)
{
    static const struct {
        const char *text;
        int now_year;
        int64_t at;
    } rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT",     2022, 784111777 },
        {"Sunday, 06-Nov-94 08:49:37 GMT",    2022, 784111777 },
        {"Sun Nov  6 08:49:37 1994",          2022, 784111777 },
        {"Wed Nov 16 08:49:37 1994",          2022, 784975777 },
        {"Saturday, 01-Jan-22 00:00:00 GMT",  2022, 1640995200},
        {"Friday, 01-Jan-72 00:00:00 GMT",    2022, 3218832000},
        {"Monday, 01-Jan-73 00:00:00 GMT",    2022, 94694400  },
        {"Wednesday, 01-Jan-20 00:00:00 GMT", 2095, 4733510400},
        {"Sat, 31 Dec 2016 23:59:60 GMT",     2022, 1483228800},
        {"Wed, 31 Dec 1969 23:59:59 GMT",     2022, -1        },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t at;
        ck_assert_int_eq(mst_httpdate_parse(mst_span_str(rows[i].text), rows[i].now_year, &at),
                         MST_OK);
        ck_assert_msg(at == rows[i].at, "%s: %lld", rows[i].text, (long long)at);
    }
}
MST_TEST_END

MST_TEST(what_is_no_date_is_refused_and_changes_nothing)
{
    static const char *const rows[] = {
        "",
        "Sun",
        "0",
        "1640995200",
        "Su, 06 Nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 06 Nov 1994 08:49:7 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 1994 08:00:61 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Mon, 29 Feb 2100 00:00:00 GMT",
        "Tue, 29 Feb 2022 00:00:00 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sun, 06 Nov -994 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov 06 08:49:37 94",
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t at = 7;
        ck_assert_msg(mst_httpdate_parse(mst_span_str(rows[i]), 2022, &at) == MST_ESYNTAX, "%s",
                      rows[i]);
        ck_assert(at == 7);
    }
}
MST_TEST_END

MST_TESTS("wire/httpdate", dates_are_printed_and_read_back, every_day_of_400_years_comes_back,
          all_three_forms_are_read, what_is_no_date_is_refused_and_changes_nothing)

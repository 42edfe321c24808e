#include "cli/when.h"
#include "tests/lib/unit.h"

enum { NOW = 1700000000 };

MST_TEST(durations_count_from_now_and_dates_are_utc)
{
    static const struct {
        const char *text;
        int64_t at;
    } rows[] = {
        {"",                     0                           },
        {"0",                    0                           },
        {"never",                0                           },
        {"0s",                   NOW                         },
        {"90s",                  NOW + 90                    },
        {"15m",                  NOW + 900                   },
        {"12h",                  NOW + 43200                 },
        {"30d",                  NOW + 2592000               },
        {"2w",                   NOW + 1209600               },
        {"2026-12-31",           1798675200                  },
        {"2026-12-31T23:59:59Z", 1798761599                  },
        {"2026-12-31 23:59:59",  1798761599                  },
        {"2024-02-29",           1709164800                  },
        {"1798675199",           1798675199                  },
        {"9223372036854775807",  INT64_C(9223372036854775807)},
    };
    int64_t at;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_int_eq(cli_when_read(mst_span_str(rows[i].text), NOW, &at), MST_OK);
        ck_assert_msg(at == rows[i].at, "%s is %lld", rows[i].text, (long long)at);
    }
}
MST_TEST_END

MST_TEST(what_is_no_time_is_refused)
{
    static const char *const texts[] = {"soon",
                                        "30",
                                        "30 d",
                                        "d",
                                        "-1d",
                                        "1.5d",
                                        "4294967296w",
                                        "2026-02-30",
                                        "2026-13-01",
                                        "2026-00-10",
                                        "2026-1-1",
                                        "2026-12-31T24:00:00Z",
                                        "2026-12-31T23:59",
                                        "2026-12-31x23:59:59",
                                        "1969-12-31",
                                        "9223372036854775808"};
    int64_t at;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        ck_assert_msg(cli_when_read(mst_span_str(texts[i]), NOW, &at) == MST_EINVAL, "%s",
                      texts[i]);
}
MST_TEST_END

MST_TEST(looking_back_durations_are_ago_and_any_number_is_seconds)
{
    int64_t at;

    ck_assert_int_eq(cli_when_past(MST_LIT("15m"), NOW, &at), MST_OK);
    ck_assert_int_eq(at, NOW - 15 * 60);
    ck_assert_int_eq(cli_when_past(MST_LIT("12"), NOW, &at), MST_OK);
    ck_assert_int_eq(at, 12);
    ck_assert_int_eq(cli_when_past(MST_LIT("1970-01-02"), NOW, &at), MST_OK);
    ck_assert_int_eq(at, 86400);
    ck_assert_int_eq(cli_when_past(MST_LIT("never"), NOW, &at), MST_EINVAL);
    ck_assert_int_eq(cli_when_past(MST_LIT(""), NOW, &at), MST_EINVAL);
}
MST_TEST_END

MST_TESTS("cli/when", durations_count_from_now_and_dates_are_utc, what_is_no_time_is_refused,
          looking_back_durations_are_ago_and_any_number_is_seconds)

#include <string.h>

#include "cli/progress.h"
#include "tests/lib/unit.h"

#define SECOND UINT64_C(1000000000)

static const struct {
    size_t n, n_total;
    uint64_t spent_ns;
    const char *text;
} LINES[] = {
    {0,    100,      0,             "[........................]   0 %  0 of 100  0/s  ? left"             },
    {0,    100,      SECOND,        "[........................]   0 %  0 of 100  0/s  ? left"             },
    {50,   100,      SECOND / 2,    "[############............]  50 %  50 of 100  100/s  0:01 left"       },
    {99,   100,      SECOND,        "[#######################.]  99 %  99 of 100  99/s  0:00 left"        },
    {100,  100,      SECOND,        "[########################] 100 %  100 of 100  100/s  0:00 left"      },
    {1000, 1234567,  SECOND / 1000,
     "[........................]   0 %  1,000 of 1,234,567  1,000,000/s  0:01 left"                       },
    {1000, 12345678, SECOND,
     "[........................]   0 %  1,000 of 12,345,678  1,000/s  3:25:45 left"                       },
    {1,    1000000,  SECOND,        "[........................]   0 %  1 of 1,000,000  1/s  99:00:00 left"},
};

MST_TEST(the_bar_tells_how_far_how_fast_and_how_long)
{
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++) {
        char text[128];

        cli_progress_text(&(struct cli_progress){.n_total = LINES[i].n_total}, LINES[i].n,
                          LINES[i].spent_ns, text, sizeof text);
        ck_assert_str_eq(text, LINES[i].text);
    }
}
MST_TEST_END

MST_TEST(what_went_before_and_what_nobody_knows_is_told_as_such)
{
    struct cli_progress progress = {.n_total = 100, .n_first = 50, .is_guess = true};
    char text[128];

    cli_progress_text(&progress, 50, SECOND, text, sizeof text);
    ck_assert_str_eq(text, "[############............]  50 %  50 of about 100  0/s  ? left");
    cli_progress_text(&progress, 75, SECOND, text, sizeof text);
    ck_assert_str_eq(text, "[##################......]  75 %  75 of about 100  25/s  0:01 left");
    progress.n_total = progress.n_first = 0;
    cli_progress_text(&progress, 1000, SECOND, text, sizeof text);
    ck_assert_str_eq(text, "1,000  1,000/s");
    progress.n_total = 999;
    cli_progress_text(&progress, 1000, SECOND, text, sizeof text);
    ck_assert_str_eq(text, "1,000  1,000/s");
}
MST_TEST_END

MST_TEST(the_bar_of_the_largest_numbers_fits_into_a_line)
{
    char text[128];

    cli_progress_text(&(struct cli_progress){.n_total = SIZE_MAX, .is_guess = true}, SIZE_MAX / 2,
                      1, text, sizeof text);
    ck_assert_uint_lt(strlen(text), sizeof text);
}
MST_TEST_END

MST_TESTS("cli/progress", the_bar_tells_how_far_how_fast_and_how_long,
          what_went_before_and_what_nobody_knows_is_told_as_such,
          the_bar_of_the_largest_numbers_fits_into_a_line)

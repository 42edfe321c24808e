#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "cli/twins.h"
#include "tests/lib/unit.h"

static enum mst_err note(void *arg, const struct cli_twin *twin)
{
    char *told = arg;
    size_t len = strlen(told);

    (void)snprintf(&told[len], 512 - len, "%.*s:%d-%d%s ", (int)twin->sn.len, twin->sn.ptr,
                   (int)twin->first_line, (int)twin->line, twin->is_same ? "=" : "");
    return MST_OK;
}

/* items: a word per row, the serial number and, after a '/', the text. */
static void check(size_t run_rows, const char *const *items, const char *want)
{
    struct cli_twins *twins;
    char told[512] = "";
    uint64_t line = 0;

    ck_assert_int_eq(cli_twins_new(run_rows, &twins), MST_OK);
    for (; *items != NULL; items = &items[1]) {
        size_t len = strcspn(*items, "/");

        ck_assert_int_eq(
            cli_twins_add(twins, mst_span_of(*items, len), mst_span_str(&(*items)[len]), ++line),
            MST_OK);
    }
    ck_assert_int_eq(cli_twins_each(twins, note, told), MST_OK);
    ck_assert_str_eq(told, want);
    cli_twins_free(twins);
}

MST_TEST(twins_are_found_in_one_run_or_in_many)
{
    static const char *const items[] = {"b/x", "a", "b/y", "c", "a", "b/x", "aa", "b", NULL};
    static const char *const none[] = {"c", "b", "a", "bb", NULL};
    static const char *const ascending[] = {"a", "b", "c", NULL};
    static const char *const beside[] = {"a", "b", "b", NULL};

    for (size_t run_rows = 1; run_rows <= 9; run_rows++) {
        check(run_rows, items, "a:2-5= b:1-3 b:1-6= b:1-8 ");
        check(run_rows, none, "");
        check(run_rows, ascending, "");
        check(run_rows, beside, "b:2-3= ");
    }
    check(0, items, "a:2-5= b:1-3 b:1-6= b:1-8 ");
}
MST_TEST_END

static enum mst_err count(void *arg, const struct cli_twin *twin)
{
    size_t *n = arg;

    ck_assert_uint_eq(twin->line, twin->first_line + 20000);
    *n += 1;
    return MST_OK;
}

MST_TEST(many_rows_in_small_runs_are_all_compared)
{
    struct cli_twins *twins;
    size_t n = 0;
    char sn[MST_SN_MAX + 1];

    ck_assert_int_eq(cli_twins_new(100, &twins), MST_OK);
    for (uint64_t line = 1; line <= 40000; line++) {
        uint64_t number = (line - 1) % 20000 * 7919 % 20000;

        (void)snprintf(sn, sizeof sn, "%0*d", (int)(number % 120 + 6), (int)number);
        ck_assert_int_eq(cli_twins_add(twins, mst_span_str(sn), MST_LIT(""), line), MST_OK);
    }
    ck_assert_int_eq(cli_twins_each(twins, count, &n), MST_OK);
    ck_assert_uint_eq(n, 20000);
    cli_twins_free(twins);
}
MST_TEST_END

static enum mst_err refuse(void *arg, const struct cli_twin *twin)
{
    (void)arg;
    (void)twin;
    return MST_EREFUSED;
}

MST_TEST(a_failure_of_the_caller_or_of_the_disk_is_passed_on)
{
    struct cli_twins *twins;

    ck_assert_int_eq(cli_twins_new(2, &twins), MST_OK);
    for (uint64_t line = 1; line < 5; line++)
        ck_assert_int_eq(cli_twins_add(twins, MST_LIT("a"), MST_LIT(""), line), MST_OK);
    ck_assert_int_eq(cli_twins_each(twins, refuse, NULL), MST_EREFUSED);
    cli_twins_free(twins);
    ck_assert_int_eq(setenv("TMPDIR", "/nowhere", 1), 0);
    ck_assert_int_eq(cli_twins_new(2, &twins), MST_EIO);
    ck_assert_int_eq(unsetenv("TMPDIR"), 0);
}
MST_TEST_END

MST_TESTS("cli/twins", twins_are_found_in_one_run_or_in_many,
          many_rows_in_small_runs_are_all_compared,
          a_failure_of_the_caller_or_of_the_disk_is_passed_on)

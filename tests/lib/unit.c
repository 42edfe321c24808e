#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/unit.h"

enum { TIMEOUT_S = 120, LONG_TIMEOUT_S = 3600 };

int mst_unit_main(const char *name, const TTest *const *tests, size_t n_tests)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, getenv("LONG") ? LONG_TIMEOUT_S : TIMEOUT_S);
    for (size_t i = 0; i < n_tests; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

void mst_unit_span_eq(const char *file, int line, struct mst_span got, struct mst_span want)
{
    if (!mst_span_eq(got, want))
        ck_abort_msg("%s:%d: got \"%.*s\" (%zu), wanted \"%.*s\" (%zu)", file, line, (int)got.len,
                     got.ptr ? got.ptr : "", got.len, (int)want.len, want.ptr ? want.ptr : "",
                     want.len);
}

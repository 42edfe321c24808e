/*
 * unit.h - the frame of a unit test: write MST_TESTS with the tests in it.
 *
 *     MST_TEST(a_full_buffer_refuses_one_more_byte) { ck_assert(...); }
 *     MST_TESTS("base/buf", a_full_buffer_refuses_one_more_byte)
 *
 * Test names are sentences about behaviour. Output is TAP.
 */
#ifndef MST_TESTS_LIB_UNIT_H
#define MST_TESTS_LIB_UNIT_H

#include <check.h>

#include "base/span.h"

#define MST_TEST(name) START_TEST(name)
#define MST_TEST_END   END_TEST

int mst_unit_main(const char *name, const TTest *const *tests, size_t n_tests);

/* ck_assert for spans, with both printed. */
void mst_unit_span_eq(const char *file, int line, struct mst_span got, struct mst_span want);
#define ck_assert_span_eq(got, want) mst_unit_span_eq(__FILE__, __LINE__, (got), (want))
#define ck_assert_span_str(got, want) \
    mst_unit_span_eq(__FILE__, __LINE__, (got), mst_span_str(want))

#define MST_TESTS(name, ...)                                               \
    int main(void)                                                         \
    {                                                                      \
        const TTest *const tests[] = {__VA_ARGS__};                        \
        return mst_unit_main(name, tests, sizeof tests / sizeof tests[0]); \
    }

#endif

#include "base/limits.h"
#include "core/meta.h"
#include "tests/lib/unit.h"

static const struct {
    const char *meta, *sn, *wanted; /* wanted NULL: unchanged */
} edits[] = {
    {"{\"device\":{\"type\":\"vendor\",\"sn\":\"1\"}}",           "22",
     "{\"device\":{\"type\":\"vendor\",\"sn\":\"22\"}}"                       },
    {"{\"device\":{\"sn\":\"1\"},\"x\":[1,2]}",                   "a\\b",
     "{\"device\":{\"sn\":\"a\\\\b\"},\"x\":[1,2]}"                           },
    {" { \"a\" : [ { \"sn\" : \"no\" } , -1.5e3 , null ] ,\n\t\"device\" : { \"b\" : { } , \"sn\" "
     ": "
     "\"1\" } }",                                            "2",
     " { \"a\" : [ { \"sn\" : \"no\" } , -1.5e3 , null ] ,\n\t\"device\" : { \"b\" : { } , \"sn\" "
     ": "
     "\"2\" } }"                                                              },
    {"{\"a\":\"\\\"device\\\":{\",\"device\":{\"sn\":\"\\\\\"}}", "2",
     "{\"a\":\"\\\"device\\\":{\",\"device\":{\"sn\":\"2\"}}"                 },
    {"{\"device\":{\"sn\":\"1\"},\"device\":{\"sn\":\"1\"}}",     "2",
     "{\"device\":{\"sn\":\"2\"},\"device\":{\"sn\":\"1\"}}"                  },
    {"{\"device\":{\"type\":\"vendor\"}}",                        "2",    NULL},
    {"{\"device\":{\"sn\":1}}",                                   "2",    NULL},
    {"{\"device\":\"sn\"}",                                       "2",    NULL},
    {"{\"other\":{\"device\":{\"sn\":\"1\"}}}",                   "2",    NULL},
    {"[{\"device\":{\"sn\":\"1\"}}]",                             "2",    NULL},
    {"{\"device\":{\"sn\":\"1",                                   "2",    NULL},
    {"{\"device\":{\"sn\":\"1\\",                                 "2",    NULL},
    {"{\"device\"",                                               "2",    NULL},
    {"{\"a\":}",                                                  "2",    NULL},
    {"{\"a\":[[[[",                                               "2",    NULL},
    {"{",                                                         "2",    NULL},
    {"",                                                          "2",    NULL},
    {"written by hand",                                           "2",    NULL},
};

MST_TEST(only_the_serial_number_of_the_device_is_replaced_and_only_where_it_is_understood)
{
    struct mst_arena arena;

    mst_arena_init(&arena, MST_MIB(1));
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        struct mst_span got;
        ck_assert_int_eq(
            mst_meta_set_sn(&arena, mst_span_str(edits[i].meta), mst_span_str(edits[i].sn), &got),
            MST_OK);
        ck_assert_span_str(got, edits[i].wanted ? edits[i].wanted : edits[i].meta);
    }
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TEST(every_cut_of_a_meta_is_survived)
{
    const struct mst_span whole = MST_LIT(
        "{\"a\":[1,{\"b\":\"\\u0041\\\"\"},true],\"device\":{\"x\":{},\"sn\":\"1\"},\"c\":1}");
    struct mst_arena arena;

    mst_arena_init(&arena, MST_MIB(1));
    for (size_t n = 0; n < whole.len; n++) {
        struct mst_span got;
        ck_assert_int_eq(mst_meta_set_sn(&arena, mst_span_cut(whole, 0, n), MST_LIT("2"), &got),
                         MST_OK);
    }
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TEST(names_are_escaped_in_the_meta_that_is_written)
{
    struct mst_arena arena;
    struct mst_span got;

    mst_arena_init(&arena, MST_MIB(1));
    ck_assert_int_eq(
        mst_meta_device(&arena, MST_LIT("a\"b"), MST_LIT("c\\d"), MST_LIT("e\x01"), &got), MST_OK);
    ck_assert_span_str(got, "{\"device\":{\"type\":\"vendor\",\"vendor\":\"a\\\"b\",\"model\":"
                            "\"c\\\\d\",\"sn\":\"e\\u0001\"}}");
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TESTS("core/meta",
          only_the_serial_number_of_the_device_is_replaced_and_only_where_it_is_understood,
          every_cut_of_a_meta_is_survived, names_are_escaped_in_the_meta_that_is_written)

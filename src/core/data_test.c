#include "core/data.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

struct conversion {
    enum mst_format format;
    const char *text;
    const char *value; /* NULL: refused */
};

#define F MST_FORMAT_FLOAT
#define I MST_FORMAT_INTEGER
#define S MST_FORMAT_STRING

static const struct conversion conversions[] = {
    {I,               "0",                              "0"                     },
    {I,               "-0",                             "0"                     },
    {I,               "+7",                             "7"                     },
    {I,               "007",                            "7"                     },
    {I,               "9223372036854775807",            "9223372036854775807"   },
    {I,               "9223372036854775808",            NULL                    },
    {I,               "-9223372036854775808",           "-9223372036854775808"  },
    {I,               "-9223372036854775809",           NULL                    },
    {I,               "9007199254740993.9",             "9007199254740993"      },
    {I,               "1.9",                            "1"                     },
    {I,               "-1.9",                           "-1"                    },
    {I,               "-0.9",                           "0"                     },
    {I,               ".5",                             "0"                     },
    {I,               "5.",                             "5"                     },
    {I,               "1.25e2",                         "125"                   },
    {I,               "125e-2",                         "1"                     },
    {I,               "1e18",                           "1000000000000000000"   },
    {I,               "1e19",                           NULL                    },
    {I,               "0e99999999999",                  "0"                     },
    {I,               "1e99999999999",                  NULL                    },
    {I,               "1e-99999999999",                 "0"                     },
    {I,               "",                               NULL                    },
    {I,               "-",                              NULL                    },
    {I,               ".",                              NULL                    },
    {I,               "e5",                             NULL                    },
    {I,               "1e",                             NULL                    },
    {I,               "1e+",                            NULL                    },
    {I,               " 1",                             "1"                     },
    {I,               "\t-1 ",                          "-1"                    },
    {I,               "1 2",                            NULL                    },
    {I,               "- 1",                            NULL                    },
    {I,               " ",                              NULL                    },
    {I,               "0x10",                           NULL                    },
    {I,               "1,5",                            NULL                    },
    {I,               "--1",                            NULL                    },
    {F,               "1",                              "1"                     },
    {F,               "1.50",                           "1.5"                   },
    {F,               "-1.5e3",                         "-1500"                 },
    {F,               "0.1",                            "0.1"                   },
    {F,               "0.30000000000000004",            "0.30000000000000004"   },
    {F,               "1e21",                           "1e21"                  },
    {F,               "1.7976931348623157e308",         "1.7976931348623157e308"},
    {F,               "0.00001",                        "1e-5"                  },
    {F,               "-1.5e-10",                       "-1.5e-10"              },
    {F,               "1e100",                          "1e100"                 },
    {F,               "  72.50 ",                       "72.5"                  },
    {F,               "7 2",                            NULL                    },
    {F,               " ",                              NULL                    },
    {F,               "1e309",                          NULL                    },
    {F,               "5e-324",                         "5e-324"                },
    {F,               "1e-999",                         "0"                     },
    {F,               "100000000000000000000000000000", "1e29"                  },
    {F,               "nan",                            NULL                    },
    {F,               "inf",                            NULL                    },
    {F,               "0x1p3",                          NULL                    },
    {F,               "",                               NULL                    },
    {F,               "1.2.3",                          NULL                    },
    {S,               "",                               ""                      },
    {S,               "h\xc3\xa9llo",                   "h\xc3\xa9llo"          },
    {S,               "\xff",                           NULL                    },
    {S,               "\xed\xa0\x80",                   NULL                    },
    {MST_FORMAT_NONE, "1",                              NULL                    },
};

MST_TEST(the_text_of_a_value_becomes_what_is_shown_again_or_is_refused)
{
    struct mst_arena arena;

    mst_arena_init(&arena, MST_MIB(1));
    for (size_t i = 0; i < sizeof conversions / sizeof conversions[0]; i++) {
        const struct conversion *row = &conversions[i];
        enum mst_verdict verdict;
        struct mst_span value;
        ck_assert_int_eq(
            mst_data_convert(&arena, row->format, mst_span_str(row->text), &verdict, &value),
            MST_OK);
        ck_assert_msg((verdict == MST_DONE) == (row->value != NULL), "row %zu: \"%s\"", i,
                      row->text);
        if (row->value)
            ck_assert_span_str(value, row->value);
    }
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TEST(a_string_of_64_kib_is_stored_and_one_byte_more_is_refused)
{
    static char text[MST_VALUE_MAX + 1];
    struct mst_arena arena;
    enum mst_verdict verdict;
    struct mst_span value;

    memset(text, 'x', sizeof text);
    mst_arena_init(&arena, MST_MIB(1));
    ck_assert_int_eq(
        mst_data_convert(&arena, S, mst_span_of(text, MST_VALUE_MAX), &verdict, &value), MST_OK);
    ck_assert_int_eq(verdict, MST_DONE);
    ck_assert_uint_eq(value.len, MST_VALUE_MAX);
    ck_assert_int_eq(
        mst_data_convert(&arena, S, mst_span_of(text, MST_VALUE_MAX + 1), &verdict, &value),
        MST_OK);
    ck_assert_int_eq(verdict, MST_BAD_VALUE);
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TEST(the_shortest_text_of_a_double_reads_back_to_the_same_double)
{
    struct mst_arena arena;
    uint64_t x = 1;

    mst_arena_init(&arena, MST_MIB(32));
    for (int i = 0; i < 20000; i++) {
        enum mst_verdict verdict;
        struct mst_span value;
        char text[64];
        double d;
        x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
        memcpy(&d, &x, sizeof d);
        if (!(d - d == 0))
            continue;
        (void)snprintf(text, sizeof text, "%.17g", d);
        ck_assert_int_eq(mst_data_convert(&arena, F, mst_span_str(text), &verdict, &value), MST_OK);
        ck_assert_int_eq(verdict, MST_DONE);
        ck_assert_uint_le(value.len, strlen(text));
        ck_assert(strtod(value.ptr, NULL) == d);
        mst_arena_reset(&arena);
    }
    mst_arena_fini(&arena);
}
MST_TEST_END

/* ---- points ---- */

static struct mst_world world;

struct points {
    struct mst_cmd cmd;
    enum mst_err (*work)(struct mst_tx *tx);
    enum mst_err err;
};

static enum mst_err run_points(struct mst_cmd *cmd, struct mst_tx *tx)
{
    return ((struct points *)cmd)->work(tx);
}

static void note_done(struct mst_cmd *cmd, enum mst_err err)
{
    ((struct points *)cmd)->err = err;
}

static void in_points(enum mst_err (*work)(struct mst_tx *tx))
{
    struct points points = {
        .cmd = {.run = run_points, .done = note_done, .file = MST_FILE_POINTS},
          .work = work
    };

    ck_assert_int_eq(mst_store_submit(world.store, &points.cmd), MST_OK);
    ck_assert_int_eq(points.err, MST_OK);
}

static void put(struct mst_tx *tx, int64_t port, int64_t at, const char *value)
{
    const struct mst_row_point point = {port, at, mst_span_str(value)};

    ck_assert_int_eq(mst_data_put(tx, &point), MST_OK);
}

static enum mst_err put_three(struct mst_tx *tx)
{
    struct mst_row_point point;
    enum mst_verdict verdict;

    ck_assert_int_eq(mst_data_latest(tx, 5, &verdict, &point), MST_OK);
    ck_assert_int_eq(verdict, MST_NOT_FOUND);
    put(tx, 5, 100, "a");
    put(tx, 5, 90, "b");
    put(tx, 6, 200, "c");
    ck_assert_int_eq(mst_data_latest(tx, 5, &verdict, &point), MST_OK);
    ck_assert_int_eq(verdict, MST_DONE);
    ck_assert_span_str(point.value, "a");
    put(tx, 5, 100, "d");
    ck_assert_int_eq(mst_data_latest(tx, 5, &verdict, &point), MST_OK);
    ck_assert_span_str(point.value, "d");
    ck_assert_int_eq(point.at, 100);
    return MST_OK;
}

MST_TEST(the_latest_point_is_shown_and_one_of_the_same_second_is_replaced)
{
    mst_world_open(&world, 1, NULL);
    in_points(put_three);
    mst_world_close(&world);
}
MST_TEST_END

static enum mst_err flush_many(struct mst_tx *tx)
{
    struct mst_row_point point;
    enum mst_verdict verdict;
    bool is_more = false;

    for (int64_t at = 0; at < MST_FLUSH_MAX + 10; at++)
        put(tx, 5, at, "x");
    put(tx, 6, 1, "y");
    ck_assert_int_eq(mst_data_flush(tx, 5, &is_more), MST_OK);
    ck_assert(is_more);
    ck_assert_int_eq(mst_data_flush(tx, 5, &is_more), MST_OK);
    ck_assert(!is_more);
    ck_assert_int_eq(mst_data_latest(tx, 5, &verdict, &point), MST_OK);
    ck_assert_int_eq(verdict, MST_NOT_FOUND);
    ck_assert_int_eq(mst_data_latest(tx, 6, &verdict, &point), MST_OK);
    ck_assert_int_eq(verdict, MST_DONE);
    return MST_OK;
}

MST_TEST(the_points_of_a_dropped_dataport_go_in_bounded_portions)
{
    mst_world_open(&world, 1, NULL);
    in_points(flush_many);
    mst_world_close(&world);
}
MST_TEST_END

MST_TESTS("core/data", the_text_of_a_value_becomes_what_is_shown_again_or_is_refused,
          a_string_of_64_kib_is_stored_and_one_byte_more_is_refused,
          the_shortest_text_of_a_double_reads_back_to_the_same_double,
          the_latest_point_is_shown_and_one_of_the_same_second_is_replaced,
          the_points_of_a_dropped_dataport_go_in_bounded_portions)

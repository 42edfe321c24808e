#include "tests/lib/unit.h"
#include "wire/record.h"

enum { NOW = 1700000000 };
#define MAX INT64_C(253402300799)

static struct mst_arena arena;

static enum mst_err read_of(const char *text, const char *alias, struct mst_record *ret_record)
{
    struct mst_span of = mst_span_str(alias);
    struct mst_form form;

    mst_arena_init(&arena, 1000000);
    ck_assert_int_eq(mst_form_parse(&arena, mst_span_str(text), 1000, &form), MST_OK);
    return mst_record_read(&arena, &form, alias ? &of : NULL, NOW, MAX, 8, ret_record);
}

/* alias@ms=value joined by ' '; those that are too near in brackets. */
static void print(const struct mst_record *record, struct mst_buf *out)
{
    for (size_t i = 0; i < record->n_points; i++) {
        const struct mst_record_point *point = &record->points[i];

        (void)mst_buf_add_str(out, i ? " " : "");
        (void)mst_buf_add_str(out, point->is_too_near ? "[" : "");
        (void)mst_buf_add(out, point->alias);
        (void)mst_buf_addf(out, "@%lld=", (long long)point->at_ms);
        (void)mst_buf_add(out, point->item->value);
        (void)mst_buf_add_str(out, point->is_too_near ? "]" : "");
    }
}

MST_TEST(pairs_belong_to_the_last_alias_before_them)
{
    static const struct {
        const char *text, *alias, *points;
    } rows[] = {
        {"",                                   NULL, ""                                   },
        {"alias=a",                            NULL, ""                                   },
        {"alias=a&1=x&3=y&alias=b&2=z",        NULL, "a@1000=x a@3000=y b@2000=z"         },
        {"alias=b&2=z&alias=a&3=y&1=x",        NULL, "a@1000=x a@3000=y b@2000=z"         },
        {"alias=a&1=x&alias=b&1=y&alias=a&2=", NULL, "a@1000=x a@2000= b@1000=y"          },
        {"alias=a%26b&1=x%3Dy+z",              NULL, "a&b@1000=x=y z"                     },
        {"1=x&&2=y&",                          "a",  "a@1000=x a@2000=y"                  },
        {"1=x&alias=b&1=y",                    "a",  "a@1000=x b@1000=y"                  },
        {"alias=a&0=x&253402300799=y",         NULL, "a@0=x a@253402300799000=y"          },
        {"alias=a&-0=x&-10=y",                 NULL, "a@1699999990000=y a@1700000000000=x"},
        {"alias=a&-1700000000=x",              NULL, "a@0=x"                              },
        {"alias=a&1.5=x&2.5009=y&-0.25=z",     NULL, "a@1500=x a@2500=y a@1699999999750=z"},
        {"alias&1=x",                          NULL, "@1000=x"                            },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_record record;
        struct mst_buf got;

        ck_assert_int_eq(read_of(rows[i].text, rows[i].alias, &record), MST_OK);
        mst_buf_init(&got, 1000);
        print(&record, &got);
        ck_assert_span_str(mst_buf_span(&got), rows[i].points);
        mst_buf_fini(&got);
        mst_arena_fini(&arena);
    }
}
MST_TEST_END

MST_TEST(what_is_no_time_and_pairs_without_an_alias_are_errors)
{
    static const char *const bodies[] = {
        "1=x",
        "1=x&alias=a",
        "alias=a&=x",
        "alias=a&-=x",
        "alias=a&+1=x",
        "alias=a&%2B1=x",
        "alias=a&--1=x",
        "alias=a&1-=x",
        "alias=a&now=x",
        "alias=a&1e3=x",
        "alias=a&0x1=x",
        "alias=a&.5=x",
        "alias=a&1.=x",
        "alias=a&1.-5=x",
        "alias=a&1.5.5=x",
        "alias=a&1.5x=x",
        "alias=a& 1=x",
        "alias=a&1%00=x",
        "alias=a&253402300800=x",
        "alias=a&99999999999999999999=x",
        "alias=a&-1700000001=x",
        "alias=a&-1700000000.001=x",
        "alias=a&Alias=b",
    };

    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct mst_record record;

        ck_assert_msg(read_of(bodies[i], NULL, &record) == MST_ESYNTAX, "%s", bodies[i]);
        mst_arena_fini(&arena);
    }
}
MST_TEST_END

MST_TEST(points_of_one_alias_less_than_a_second_apart_are_told)
{
    static const struct {
        const char *text, *points, *told;
    } rows[] = {
        {"alias=a&1=x&2=y",                        "a@1000=x a@2000=y",                                         ""              },
        {"alias=a&1=x&1=y",                        "a@1000=x [a@1000=y]",                                       "a=1"           },
        {"alias=a&1=x&alias=b&1=y",                "a@1000=x b@1000=y",                                         ""              },
        {"alias=a&1=x&alias=b&alias=a&1.0=y",      "a@1000=x [a@1000=y]",                                       "a=1.0"         },
        {"alias=a&1.9=x&2.1=y&2.9=z",              "a@1900=x [a@2100=y] a@2900=z",                              "a=2.1"         },
        {"alias=a&2.1=y&1.9=x",                    "a@1900=x [a@2100=y]",                                       "a=2.1"         },
        {"alias=a&1=x&1.0009=y",                   "a@1000=x [a@1000=y]",                                       "a=1.0009"      },
        {"alias=a&-1=x&1699999999=y",              "a@1699999999000=x [a@1699999999000=y]",                     "a=1699999999"  },
        {"alias=a&5=x&-0=z&-0=y&5=w",              "a@5000=x [a@5000=w] a@1700000000000=z [a@1700000000000=y]",
         "a=5%2C-0"                                                                                                             },
        {"alias=b&1=x&1=y&1=z&alias=a%2C&1=x&1=y",
         "a,@1000=x [a,@1000=y] b@1000=x [b@1000=y] [b@1000=z]",                                                "a%2C=1&b=1%2C1"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_record record;
        struct mst_buf got;

        ck_assert_int_eq(read_of(rows[i].text, NULL, &record), MST_OK);
        mst_buf_init(&got, 1000);
        print(&record, &got);
        ck_assert_span_str(mst_buf_span(&got), rows[i].points);
        mst_buf_clear(&got);
        ck_assert_int_eq(mst_record_print_too_near(&got, &record), MST_OK);
        ck_assert_span_str(mst_buf_span(&got), rows[i].told);
        mst_buf_fini(&got);
        mst_arena_fini(&arena);
    }
}
MST_TEST_END

MST_TEST(the_number_of_points_is_bounded)
{
    struct mst_record record;

    ck_assert_int_eq(read_of("alias=a&1=&2=&3=&4=&5=&6=&7=&8=", NULL, &record), MST_OK);
    ck_assert_uint_eq(record.n_points, 8);
    mst_arena_fini(&arena);
    ck_assert_int_eq(read_of("alias=a&1=&2=&3=&4=&5=&6=&7=&8=&9=", NULL, &record), MST_EFULL);
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TESTS("wire/record", pairs_belong_to_the_last_alias_before_them,
          what_is_no_time_and_pairs_without_an_alias_are_errors,
          points_of_one_alias_less_than_a_second_apart_are_told, the_number_of_points_is_bounded)

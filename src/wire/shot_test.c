#include "tests/lib/unit.h"
#include "wire/shot.h"

static struct mst_arena arena;

static enum mst_err read_of(const char *text, struct mst_shot *ret_shot)
{
    mst_arena_init(&arena, 100000);
    return mst_shot_read(&arena, mst_span_str(text), 4, ret_shot);
}

MST_TEST(the_key_stands_anywhere_and_one_line_end_is_stripped)
{
    static const struct {
        const char *text, *cik, *values; /* name=value joined with '|' */
    } rows[] = {
        {"cik=k&temp=1",             "k", "temp=1"          },
        {"cik=k&temp=1\n",           "k", "temp=1"          },
        {"cik=k&temp=1\r\n",         "k", "temp=1"          },
        {"cik=k&temp=1\n\n",         "k", "temp=1\n"        },
        {"cik=k&temp=1\r\n\r\n",     "k", "temp=1\r\n"      },
        {"cik=k&temp=1\r",           "k", "temp=1\r"        },
        {"temp=1&cik=k&note=a+b%26", "k", "temp=1|note=a b&"},
        {"temp=1&cik=k\n",           "k", "temp=1"          },
        {"cik=k&cik=l&temp=1&cik=",  "k", "temp=1"          },
        {"cik=k",                    "k", ""                },
        {"cik=&temp=1",              "",  "temp=1"          },
        {"cik&temp",                 "",  "temp="           },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_shot shot;
        struct mst_buf got;

        ck_assert_int_eq(read_of(rows[i].text, &shot), MST_OK);
        ck_assert_span_str(shot.cik, rows[i].cik);
        mst_buf_init(&got, 1000);
        for (size_t k = 0; k < shot.values.n_items; k++) {
            (void)mst_buf_add_str(&got, k > 0 ? "|" : "");
            (void)mst_buf_add(&got, shot.values.items[k].name);
            (void)mst_buf_add_byte(&got, '=');
            (void)mst_buf_add(&got, shot.values.items[k].value);
        }
        ck_assert_span_str(mst_buf_span(&got), rows[i].values);
        mst_buf_fini(&got);
        mst_arena_fini(&arena);
    }
}
MST_TEST_END

MST_TEST(without_a_key_or_with_too_many_items_it_is_nothing)
{
    static const char *const bare[] = {"", "\n", "\r\n", "&", "temp=1", "CIK=k&temp=1", "=cik"};
    struct mst_shot shot;

    for (size_t i = 0; i < sizeof bare / sizeof bare[0]; i++) {
        ck_assert_int_eq(read_of(bare[i], &shot), MST_ESYNTAX);
        mst_arena_fini(&arena);
    }
    ck_assert_int_eq(read_of("cik=k&a=1&b=2&c=3", &shot), MST_OK);
    mst_arena_fini(&arena);
    ck_assert_int_eq(read_of("cik=k&a=1&b=2&c=3&d=4", &shot), MST_EFULL);
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TESTS("wire/shot", the_key_stands_anywhere_and_one_line_end_is_stripped,
          without_a_key_or_with_too_many_items_it_is_nothing)

#include "tests/lib/unit.h"
#include "wire/csv.h"

enum { COLUMNS = 3 };

static struct mst_arena arena;

/* All rows as "[a|b|c]" with the line number before each; how it ended in *ret_err. */
static struct mst_span read_all(struct mst_span text, struct mst_buf *out, enum mst_err *ret_err)
{
    struct mst_csv csv = mst_csv_of(text);
    struct mst_span columns[COLUMNS];
    size_t line;

    mst_buf_clear(out);
    mst_arena_reset(&arena);
    while ((*ret_err = mst_csv_row(&csv, &arena, columns, COLUMNS, &line)) == MST_OK) {
        (void)mst_buf_add_u64(out, line);
        for (size_t i = 0; i < COLUMNS; i++) {
            (void)mst_buf_add_byte(out, i ? '|' : '[');
            (void)mst_buf_add(out, columns[i]);
        }
        (void)mst_buf_add_byte(out, ']');
    }
    return mst_buf_span(out);
}

MST_TEST(rows_are_read_in_every_form_that_clients_send)
{
    static const struct {
        const char *text, *rows;
    } rows[] = {
        {"",                        ""                     },
        {"\r\n\n  \n\t\r\n",        ""                     },
        {"a",                       "1[a||]"               },
        {"a\n",                     "1[a||]"               },
        {"a\r\n",                   "1[a||]"               },
        {"a,b,c\r\nd,e,f\r\n",      "1[a|b|c]2[d|e|f]"     },
        {"a,b,c,dropped,too\n",     "1[a|b|c]"             },
        {"\n\na\n\nb",              "3[a||]5[b||]"         },
        {" a , b ,\tc\t",           "1[ a | b |\tc\t]"     },
        {",,",                      "1[||]"                },
        {",\n",                     "1[||]"                },
        {"a,",                      "1[a||]"               },
        {"\"a\"",                   "1[a||]"               },
        {"\"a,b\",\"c\"\"d\",\"\"", "1[a,b|c\"d|]"         },
        {"\"\"\"\"\n",              "1[\"||]"              },
        {"\"a\r\nb\nc\",d\ne",      "1[a\r\nb\nc|d|]4[e||]"},
        {"\" \"\n",                 "1[ ||]"               },
        {"a\"b,c\"\n",              "1[a\"b|c\"|]"         },
        {" \"a\"\n",                "1[ \"a\"||]"          },
        {"a,b,c,\"x\"\"y\"\nd",     "1[a|b|c]2[d||]"       },
        {"a\n   ",                  "1[a||]"               },
    };
    struct mst_buf out;

    mst_arena_init(&arena, 10000);
    mst_buf_init(&out, 1000);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum mst_err err;
        ck_assert_span_str(read_all(mst_span_str(rows[i].text), &out, &err), rows[i].rows);
        ck_assert_int_eq(err, MST_ENOENT);
    }
    mst_buf_fini(&out);
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TEST(broken_rows_are_refused)
{
    static const char *const rows[] = {
        "a\rb\n",        "a\r",     "\r",        "\ra\n",    "a,\r",
        "\"a",           "\"",      "\"a\"\"",   "\"a\"b\n", "\"a\" \n",
        "\"a\"\"b\"c,d", "\"a\"\r", "a,b,c,\"d", "  \r",     "a,\"b\"\rc",
    };
    struct mst_buf out;

    mst_arena_init(&arena, 10000);
    mst_buf_init(&out, 1000);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum mst_err err;
        (void)read_all(mst_span_str(rows[i]), &out, &err);
        ck_assert_msg(err == MST_ESYNTAX, "%zu: %s", i, rows[i]);
    }
    mst_buf_fini(&out);
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TEST(plain_text_is_borrowed_and_doubled_quotes_need_memory)
{
    struct mst_span text = MST_LIT("plain\n\"a\"\"b\"\n"), column;
    struct mst_csv csv = mst_csv_of(text);
    size_t line;

    mst_arena_init(&arena, 0);
    ck_assert_int_eq(mst_csv_row(&csv, &arena, &column, 1, &line), MST_OK);
    ck_assert_ptr_eq(column.ptr, text.ptr);
    ck_assert_int_eq(mst_csv_row(&csv, &arena, &column, 1, &line), MST_ENOMEM);
}
MST_TEST_END

MST_TEST(fields_are_quoted_only_where_they_must_be)
{
    static const struct {
        const char *text, *field;
    } rows[] = {
        {"",        ""               },
        {"a b;c'",  "a b;c'"         },
        {"a,b",     "\"a,b\""        },
        {"\"",      "\"\"\"\""       },
        {"a\"b\"c", "\"a\"\"b\"\"c\""},
        {"a\nb",    "\"a\nb\""       },
        {"a\rb",    "\"a\rb\""       },
    };
    struct mst_buf out;

    mst_buf_init(&out, 100);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mst_buf_clear(&out);
        ck_assert_int_eq(mst_csv_field(&out, mst_span_str(rows[i].text)), MST_OK);
        ck_assert_span_str(mst_buf_span(&out), rows[i].field);
    }
    mst_buf_clear(&out);
    ck_assert_int_eq(mst_csv_end(&out), MST_OK);
    ck_assert_span_str(mst_buf_span(&out), "\r\n");
    mst_buf_fini(&out);
    mst_buf_init(&out, 4);
    ck_assert_int_eq(mst_csv_field(&out, MST_LIT("a,b")), MST_EFULL);
    ck_assert_uint_eq(out.len, 0);
    mst_buf_fini(&out);
}
MST_TEST_END

MST_TESTS("wire/csv", rows_are_read_in_every_form_that_clients_send, broken_rows_are_refused,
          plain_text_is_borrowed_and_doubled_quotes_need_memory,
          fields_are_quoted_only_where_they_must_be)

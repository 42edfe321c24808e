#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "tests/lib/unit.h"

static struct mst_arena arena;

static enum mst_err skip_all(const char *text)
{
    struct mst_json json = mst_json_of(mst_span_str(text));
    enum mst_err err = mst_json_skip(&json);

    return err == MST_OK ? mst_json_end(&json) : err;
}

static const char *const good[] = {
    "null",
    " true ",
    "\t\r\nfalse",
    "0",
    "-0",
    "-1.5e+10",
    "12E3",
    "1e-1",
    "\"\"",
    "\"a\\u00e9\\n\\\\\\\"\\/\"",
    "\"\xc3\xa9\"",
    "[]",
    "[ ]",
    "{}",
    "{ }",
    "[1,2 , 3]",
    "{\"a\":1}",
    "{ \"a\" : [ {} , [] , {\"b\":[null]} ] , \"c\" : \"}\" }",
    "[[[[[[]]]]],{\"x\":{\"y\":{}}}]",
    "\"\\ud83d\\ude00\"",
};

enum { N_GOOD = sizeof good / sizeof *good };

MST_TEST(what_is_json_is_passed_over)
{
    for (size_t i = 0; i < N_GOOD; i++)
        ck_assert_msg(skip_all(good[i]) == MST_OK, "%s", good[i]);
}
MST_TEST_END

MST_TEST(what_was_checked_ends_where_it_ended_before)
{
    static const char *const behind[] = {"", ",1", "]", "}", " \"x\"", "\n]}"};

    for (size_t i = 0; i < N_GOOD; i++)
        for (size_t j = 0; j < sizeof behind / sizeof *behind; j++) {
            char text[128];
            struct mst_json first, again;

            (void)snprintf(text, sizeof text, "%s%s", good[i], behind[j]);
            first = mst_json_of(mst_span_str(text));
            again = mst_json_again(mst_span_str(text));
            ck_assert_int_eq(mst_json_skip(&first), MST_OK);
            ck_assert_int_eq(mst_json_skip(&again), MST_OK);
            ck_assert_msg(first.cur.pos == again.cur.pos, "%s", text);
        }
}
MST_TEST_END

MST_TEST(what_is_not_json_is_refused)
{
    static const char *const texts[] = {
        "",
        " ",
        "nul",
        "nulll",
        "True",
        "01",
        "-",
        "+1",
        ".5",
        "1.",
        "1e",
        "1e+",
        "0x10",
        "NaN",
        "'a'",
        "\"",
        "\"a",
        "\"\\\"",
        "\"\\x\"",
        "\"\n\"",
        "\"\\u12\"",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "]",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{a:1}",
        "{1:1}",
        "{\"a\":}",
        "[}",
        "{]",
        "[1}",
        "{\"a\":1]",
        "1 1",
        "[] []",
        "\"\\ud83d\"",
        "\"\\ude00\"",
        "\"\\ud83d\\u0041\"",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        ck_assert_msg(skip_all(texts[i]) == MST_ESYNTAX, "%s", texts[i]);
}
MST_TEST_END

MST_TEST(nesting_has_a_bound)
{
    char text[2 * MST_JSON_DEPTH_MAX + 3] = {0};

    memset(text, '[', MST_JSON_DEPTH_MAX);
    memset(&text[MST_JSON_DEPTH_MAX], ']', MST_JSON_DEPTH_MAX);
    ck_assert_int_eq(skip_all(text), MST_OK);
    memset(text, '[', MST_JSON_DEPTH_MAX + 1);
    memset(&text[MST_JSON_DEPTH_MAX + 1], ']', MST_JSON_DEPTH_MAX + 1);
    ck_assert_int_eq(skip_all(text), MST_ESYNTAX);
}
MST_TEST_END

MST_TEST(members_and_elements_are_read_one_by_one)
{
    struct mst_json json =
        mst_json_of(MST_LIT(" { \"a\\u0041\" : 18446744073709551615 , \"b\":[\"x\\ty\",null]} "));
    struct mst_span text;
    bool is_more;

    mst_arena_init(&arena, 10000);
    ck_assert_int_eq(mst_json_kind(&json), MST_JSON_OBJECT);
    ck_assert_int_eq(mst_json_open(&json, '{'), MST_OK);
    ck_assert_int_eq(mst_json_member(&json, &arena, &is_more, &text), MST_OK);
    ck_assert(is_more);
    ck_assert_span_str(text, "aA");
    ck_assert_int_eq(mst_json_kind(&json), MST_JSON_NUMBER);
    ck_assert_int_eq(mst_json_number(&json, &text), MST_OK);
    ck_assert_span_str(text, "18446744073709551615");
    ck_assert_int_eq(mst_json_member(&json, &arena, &is_more, &text), MST_OK);
    ck_assert_int_eq(mst_json_open(&json, '['), MST_OK);
    ck_assert_int_eq(mst_json_element(&json, &is_more), MST_OK);
    ck_assert_int_eq(mst_json_string(&json, &arena, &text), MST_OK);
    ck_assert_span_str(text, "x\ty");
    ck_assert_int_eq(mst_json_element(&json, &is_more), MST_OK);
    ck_assert(is_more);
    ck_assert_int_eq(mst_json_kind(&json), MST_JSON_NULL);
    ck_assert_int_eq(mst_json_skip(&json), MST_OK);
    ck_assert_int_eq(mst_json_element(&json, &is_more), MST_OK);
    ck_assert(!is_more);
    ck_assert_int_eq(mst_json_member(&json, &arena, &is_more, &text), MST_OK);
    ck_assert(!is_more);
    ck_assert_int_eq(mst_json_kind(&json), MST_JSON_NONE);
    ck_assert_int_eq(mst_json_end(&json), MST_OK);
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TEST(a_code_point_becomes_utf8)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"\"\\u007f\"",        "\x7f"            },
        {"\"\\u0080\"",        "\xc2\x80"        },
        {"\"\\u07FF\"",        "\xdf\xbf"        },
        {"\"\\u0800\"",        "\xe0\xa0\x80"    },
        {"\"\\uffff\"",        "\xef\xbf\xbf"    },
        {"\"\\ud800\\udc00\"", "\xf0\x90\x80\x80"},
        {"\"\\udbff\\udfff\"", "\xf4\x8f\xbf\xbf"},
    };

    mst_arena_init(&arena, 10000);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_json json = mst_json_of(mst_span_str(rows[i].text));
        struct mst_span text;
        ck_assert_int_eq(mst_json_string(&json, &arena, &text), MST_OK);
        ck_assert_span_str(text, rows[i].want);
    }
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TEST(a_string_that_was_written_is_read_back)
{
    const struct mst_span want = MST_LIT("q\" b\\ \x01\n\x7f \xc3\xa9");
    struct mst_json json;
    struct mst_span got;
    struct mst_buf out;

    mst_arena_init(&arena, 10000);
    mst_buf_init(&out, 1000);
    ck_assert_int_eq(mst_json_put(&out, want), MST_OK);
    ck_assert_span_str(mst_buf_span(&out), "\"q\\\" b\\\\ \\u0001\\n\\u007f \xc3\xa9\"");
    json = mst_json_of(mst_buf_span(&out));
    ck_assert_int_eq(mst_json_string(&json, &arena, &got), MST_OK);
    ck_assert_span_eq(got, want);
    mst_buf_fini(&out);
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TESTS("base/json", what_is_json_is_passed_over, what_was_checked_ends_where_it_ended_before,
          what_is_not_json_is_refused, nesting_has_a_bound,
          members_and_elements_are_read_one_by_one, a_code_point_becomes_utf8,
          a_string_that_was_written_is_read_back)

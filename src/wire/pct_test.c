#include "tests/lib/unit.h"
#include "wire/pct.h"

static struct mst_arena arena;

static void set_up(void)
{
    mst_arena_init(&arena, 100000);
}

MST_TEST(a_path_segment_is_decoded_and_keeps_its_plus)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"",          ""         },
        {"m1",        "m1"       },
        {"a+b",       "a+b"      },
        {"a%2Bb",     "a+b"      },
        {"a%2bb",     "a+b"      },
        {"%41%42",    "AB"       },
        {"a%2Fb",     "a/b"      },
        {"%25%32%35", "%25"      },
        {"%c3%A9x",   "\xc3\xa9x"},
        {"end%20",    "end "     },
    };

    set_up();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_span text;
        ck_assert_int_eq(mst_pct_decode_path(&arena, mst_span_str(rows[i].in), &text), MST_OK);
        ck_assert_span_str(text, rows[i].out);
    }
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TEST(a_bad_escape_in_a_path_is_refused)
{
    static const char *const rows[] = {"%",    "a%",   "%4",  "%4g",   "%g4", "a%2",
                                       "%%41", "% 41", "%00", "a%00b", "%-1", "%u0041"};

    set_up();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_span text = MST_LIT("kept");
        ck_assert_int_eq(mst_pct_decode_path(&arena, mst_span_str(rows[i]), &text), MST_ESYNTAX);
        ck_assert_span_str(text, "kept");
    }
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TEST(a_form_value_keeps_what_is_no_escape)
{
    static const struct {
        const char *in, *out, *with_plus;
    } rows[] = {
        {"a+b",      "a b",      "a+b"     },
        {"a%2Bb+c",  "a+b c",    "a+b+c"   },
        {"100%",     "100%",     "100%"    },
        {"50%+more", "50% more", "50%+more"},
        {"%4",       "%4",       "%4"      },
        {"%zz%41",   "%zzA",     "%zzA"    },
        {"%%41",     "%A",       "%A"      },
        {"a b",      "a b",      "a b"     },
        {"\xff;,\"", "\xff;,\"", "\xff;,\""},
        {"%5B%5D",   "[]",       "[]"      },
    };

    set_up();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_span in = mst_span_str(rows[i].in), text;
        ck_assert_int_eq(mst_pct_decode_form(&arena, in, false, &text), MST_OK);
        ck_assert_span_str(text, rows[i].out);
        ck_assert_int_eq(mst_pct_decode_form(&arena, in, true, &text), MST_OK);
        ck_assert_span_str(text, rows[i].with_plus);
    }
    ck_assert_int_eq(mst_pct_decode_form(&arena, MST_LIT("%00"), false, &(struct mst_span){0}),
                     MST_OK);
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TEST(text_without_escapes_is_borrowed)
{
    struct mst_span in = MST_LIT("plain"), text;

    mst_arena_init(&arena, 0);
    ck_assert_int_eq(mst_pct_decode_path(&arena, in, &text), MST_OK);
    ck_assert_ptr_eq(text.ptr, in.ptr);
    ck_assert_int_eq(mst_pct_decode_form(&arena, in, false, &text), MST_OK);
    ck_assert_ptr_eq(text.ptr, in.ptr);
    ck_assert_int_eq(mst_pct_decode_form(&arena, MST_LIT("a+b"), false, &text), MST_ENOMEM);
    ck_assert_int_eq(mst_pct_decode_path(&arena, MST_LIT("%41"), &text), MST_ENOMEM);
}
MST_TEST_END

MST_TEST(all_but_unreserved_bytes_are_encoded_in_upper_case)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"",                 ""                                             },
        {"AZaz09-_.~",       "AZaz09-_.~"                                   },
        {"a b",              "a%20b"                                        },
        {"+&=%",             "%2B%26%3D%25"                                 },
        {"!*'();:@$,/?#[]",  "%21%2A%27%28%29%3B%3A%40%24%2C%2F%3F%23%5B%5D"},
        {"\xc3\xa9\r\n\x7f", "%C3%A9%0D%0A%7F"                              },
    };
    struct mst_buf out;

    mst_buf_init(&out, 100);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mst_buf_clear(&out);
        ck_assert_int_eq(mst_pct_encode(&out, mst_span_str(rows[i].in)), MST_OK);
        ck_assert_span_str(mst_buf_span(&out), rows[i].out);
    }
    mst_buf_fini(&out);
    mst_buf_init(&out, 5);
    ck_assert_int_eq(mst_pct_encode(&out, MST_LIT("  ")), MST_EFULL);
    ck_assert_uint_eq(out.len, 0);
    mst_buf_fini(&out);
}
MST_TEST_END

MST_TEST(every_byte_comes_back)
{
    struct mst_buf out;
    struct mst_span text;
    char all[256];

    set_up();
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    mst_buf_init(&out, 1000);
    ck_assert_int_eq(mst_pct_encode(&out, mst_span_of(all, 256)), MST_OK);
    ck_assert_int_eq(mst_pct_decode_form(&arena, mst_buf_span(&out), false, &text), MST_OK);
    ck_assert(mst_span_eq(text, mst_span_of(all, 256)));
    mst_buf_fini(&out);
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TESTS("wire/pct", a_path_segment_is_decoded_and_keeps_its_plus,
          a_bad_escape_in_a_path_is_refused, a_form_value_keeps_what_is_no_escape,
          text_without_escapes_is_borrowed, all_but_unreserved_bytes_are_encoded_in_upper_case,
          every_byte_comes_back)

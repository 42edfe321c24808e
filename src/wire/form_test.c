#include "tests/lib/unit.h"
#include "wire/form.h"

static struct mst_arena arena;

static struct mst_form parse(const char *text)
{
    struct mst_form form;

    mst_arena_init(&arena, 100000);
    ck_assert_int_eq(mst_form_parse(&arena, mst_span_str(text), 100, &form), MST_OK);
    return form;
}

MST_TEST(names_and_values_are_split_and_decoded)
{
    static const struct {
        const char *text;
        const char *items; /* name=value, joined with '|' */
    } rows[] = {
        {"",                           ""                          },
        {"&",                          ""                          },
        {"&&a=1&&&b=2&",               "a=1|b=2"                   },
        {"vendor=a&model=b&sn=c",      "vendor=a|model=b|sn=c"     },
        {"a=b=c",                      "a=b=c"                     },
        {"=v",                         "=v"                        },
        {"a",                          "a"                         },
        {"a=",                         "a="                        },
        {"a;b=c;d=e",                  "a;b=c;d=e"                 },
        {"sn%5B%5D=x&sn[]=y",          "sn[]=x|sn[]=y"             },
        {"a+b=c+d%2Be",                "a b=c d+e"                 },
        {"a%26b=c%3Dd",                "a&b=c=d"                   },
        {"v=100%&w=%zz",               "v=100%|w=%zz"              },
        {"v=raw spaces, \"and\" more", "v=raw spaces, \"and\" more"},
        {"a=\r\n",                     "a=\r\n"                    },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_form form = parse(rows[i].text);
        struct mst_buf got;
        mst_buf_init(&got, 1000);
        for (size_t k = 0; k < form.n_items; k++) {
            if (k > 0)
                (void)mst_buf_add_byte(&got, '|');
            (void)mst_buf_add(&got, form.items[k].name);
            if (form.items[k].has_value)
                (void)mst_buf_add_byte(&got, '=');
            (void)mst_buf_add(&got, form.items[k].value);
        }
        ck_assert_span_str(mst_buf_span(&got), rows[i].items);
        mst_buf_fini(&got);
        mst_arena_fini(&arena);
    }
}
MST_TEST_END

MST_TEST(the_first_item_of_a_name_wins_and_names_have_a_case)
{
    struct mst_form form = parse("a=1&A=2&a=3&empty=&lone");

    ck_assert_span_str(mst_form_value(&form, "a"), "1");
    ck_assert_span_str(mst_form_value(&form, "A"), "2");
    ck_assert_span_str(mst_form_value(&form, "empty"), "");
    ck_assert_span_str(mst_form_value(&form, "lone"), "");
    ck_assert_span_str(mst_form_value(&form, "absent"), "");
    ck_assert(mst_form_get(&form, "empty")->has_value);
    ck_assert(!mst_form_get(&form, "lone")->has_value);
    ck_assert_ptr_null(mst_form_get(&form, "absent"));
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TEST(what_was_sent_as_a_plus_can_be_kept)
{
    struct mst_span plus;
    struct mst_form form = parse("model=a+b&sn=a%2Bb");

    ck_assert_span_str(mst_form_get(&form, "model")->raw_value, "a+b");
    ck_assert_span_str(mst_form_value(&form, "model"), "a b");
    ck_assert_span_str(mst_form_get(&form, "sn")->raw_value, "a%2Bb");
    ck_assert_span_str(mst_form_value(&form, "sn"), "a+b");
    mst_arena_fini(&arena);
    form = parse("x+y%2B=a+b&x y=1");
    ck_assert_int_eq(mst_form_plus(&arena, form.items[0].raw_name, &plus), MST_OK);
    ck_assert_span_str(plus, "x+y+");
    ck_assert_int_eq(mst_form_plus(&arena, form.items[0].raw_value, &plus), MST_OK);
    ck_assert_span_str(plus, "a+b");
    ck_assert_int_eq(mst_form_plus(&arena, form.items[1].raw_name, &plus), MST_OK);
    ck_assert_span_str(plus, "");
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TEST(only_the_word_true_is_true)
{
    struct mst_form form = parse("a=true&b=True&c=1&d=true+&e&f=&g=false&g=true&h=%74rue");

    ck_assert(mst_form_true(&form, "a"));
    ck_assert(mst_form_true(&form, "h"));
    for (const char *name = "bcdefgx"; *name; name++)
        ck_assert(!mst_form_true(&form, (char[]){*name, '\0'}));
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TEST(too_many_items_and_too_little_memory_are_told_apart)
{
    struct mst_form form = {.n_items = 7};

    mst_arena_init(&arena, 100000);
    ck_assert_int_eq(mst_form_parse(&arena, MST_LIT("a&b&&c&"), 3, &form), MST_OK);
    ck_assert_uint_eq(form.n_items, 3);
    ck_assert_int_eq(mst_form_parse(&arena, MST_LIT("a&b&c&d"), 3, &form), MST_EFULL);
    ck_assert_uint_eq(form.n_items, 3);
    mst_arena_fini(&arena);
    mst_arena_init(&arena, 8);
    ck_assert_int_eq(mst_form_parse(&arena, MST_LIT("a"), 3, &form), MST_ENOMEM);
    ck_assert_int_eq(mst_form_parse(&arena, MST_LIT("&&"), 3, &form), MST_OK);
    ck_assert_uint_eq(form.n_items, 0);
    mst_arena_fini(&arena);
    for (size_t room = sizeof(struct mst_form_item); room < sizeof(struct mst_form_item) + 16;
         room++) { /* enough for the item, not for a decoded text */
        mst_arena_init(&arena, room);
        ck_assert_int_eq(mst_form_parse(&arena, MST_LIT("%61"), 3, &form), MST_ENOMEM);
        ck_assert_int_eq(mst_form_parse(&arena, MST_LIT("a=%61"), 3, &form), MST_ENOMEM);
        mst_arena_fini(&arena);
    }
}
MST_TEST_END

MST_TESTS("wire/form", names_and_values_are_split_and_decoded,
          the_first_item_of_a_name_wins_and_names_have_a_case, what_was_sent_as_a_plus_can_be_kept,
          only_the_word_true_is_true, too_many_items_and_too_little_memory_are_told_apart)

#include <string.h>

#include "cli/options.h"
#include "tests/lib/unit.h"

static const struct cli_option GLOBAL[] = {
    {"server", "URL", ""},
    {"json",   NULL,  ""},
    CLI_OPTIONS_END
};
static const struct cli_option OWN[] = {
    {"chunk",  "N",    ""},
    {"option", "NAME", ""},
    CLI_OPTIONS_END
};
static const struct cli_option *const TABLES[] = {GLOBAL, OWN};

static enum mst_err read_words(struct cli_options *options, char **argv, bool is_word_wanted,
                               int *at)
{
    int argc = 0;

    while (argv[argc] != NULL)
        argc++;
    ck_assert_int_eq(cli_options_init(options, argc), MST_OK);
    return cli_options_read(options, TABLES, 2, argc, argv, is_word_wanted, at);
}

#define WORDS(...) ((char *[]){"muster", __VA_ARGS__, NULL})

MST_TEST(options_and_operands_come_in_any_order)
{
    struct cli_options o;
    int at = 1;

    ck_assert_int_eq(
        read_words(&o, WORDS("a", "--server", "http://x", "b", "--json", "--chunk=5"), false, &at),
        MST_OK);
    ck_assert_uint_eq(o.n_operands, 2);
    ck_assert_str_eq(o.operands[0], "a");
    ck_assert_str_eq(o.operands[1], "b");
    ck_assert_str_eq(cli_options_text(&o, "server"), "http://x");
    ck_assert_str_eq(cli_options_text(&o, "chunk"), "5");
    ck_assert(cli_options_has(&o, "json"));
    ck_assert(!cli_options_has(&o, "option"));
    cli_options_fini(&o);
}
MST_TEST_END

MST_TEST(reading_stops_before_the_command_and_goes_on_from_there)
{
    struct cli_options o;
    int at = 1;

    ck_assert_int_eq(read_words(&o, WORDS("--json", "sn", "--server", "u"), true, &at), MST_OK);
    ck_assert_int_eq(at, 2);
    ck_assert_uint_eq(o.n_operands, 0);
    ck_assert(cli_options_text(&o, "server") == NULL);
    cli_options_fini(&o);
}
MST_TEST_END

MST_TEST(after_two_dashes_all_words_are_operands)
{
    struct cli_options o;
    int at = 1;

    ck_assert_int_eq(read_words(&o, WORDS("--", "--json", "-x", "--"), false, &at), MST_OK);
    ck_assert_uint_eq(o.n_operands, 3);
    ck_assert_str_eq(o.operands[0], "--json");
    ck_assert(!cli_options_has(&o, "json"));
    cli_options_fini(&o);
}
MST_TEST_END

MST_TEST(a_single_dash_is_an_operand_and_a_value)
{
    struct cli_options o;
    int at = 1;

    ck_assert_int_eq(read_words(&o, WORDS("-", "--server", "-"), false, &at), MST_OK);
    ck_assert_str_eq(o.operands[0], "-");
    ck_assert_str_eq(cli_options_text(&o, "server"), "-");
    cli_options_fini(&o);
}
MST_TEST_END

MST_TEST(a_negative_number_is_an_operand)
{
    struct cli_options o;
    int at = 1;

    ck_assert_int_eq(read_words(&o, WORDS("write", "-5", "-0.5"), false, &at), MST_OK);
    ck_assert_uint_eq(o.n_operands, 3);
    ck_assert_str_eq(o.operands[1], "-5");
    ck_assert_str_eq(o.operands[2], "-0.5");
    cli_options_fini(&o);
}
MST_TEST_END

MST_TEST(help_is_known_everywhere_in_both_spellings)
{
    struct cli_options o;
    int at = 1;

    ck_assert_int_eq(read_words(&o, WORDS("-h"), false, &at), MST_OK);
    ck_assert(cli_options_has(&o, "help"));
    cli_options_fini(&o);
    at = 1;
    ck_assert_int_eq(read_words(&o, WORDS("sn", "--help"), false, &at), MST_OK);
    ck_assert(cli_options_has(&o, "help"));
    cli_options_fini(&o);
}
MST_TEST_END

static const struct {
    char *words[4];
    const char *problem;
} WRONG[] = {
    {{"muster", "--nope"},         "unknown option --nope"               },
    {{"muster", "--token=secret"}, "unknown option --token"              },
    {{"muster", "-x"},             "unknown option -x"                   },
    {{"muster", "--serve", "x"},   "unknown option --serve"              },
    {{"muster", "--server"},       "--server needs a value: --server URL"},
    {{"muster", "--json=yes"},     "--json takes no value"               },
    {{"muster", "a", "--chunk"},   "--chunk needs a value: --chunk N"    },
};

MST_TEST(a_wrong_option_is_named_without_its_value)
{
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        struct cli_options o;
        int at = 1;
        char *words[5] = {WRONG[i].words[0], WRONG[i].words[1], WRONG[i].words[2]};

        ck_assert_int_eq(read_words(&o, words, false, &at), MST_EINVAL);
        ck_assert_str_eq(o.problem, WRONG[i].problem);
        cli_options_fini(&o);
    }
}
MST_TEST_END

MST_TEST(the_last_of_several_values_counts_and_all_can_be_seen)
{
    struct cli_options o;
    int at = 1;

    ck_assert_int_eq(read_words(&o, WORDS("--option", "a", "--option=b", "--option="), false, &at),
                     MST_OK);
    ck_assert_str_eq(cli_options_text(&o, "option"), "");
    ck_assert_str_eq(cli_options_nth(&o, "option", 0), "a");
    ck_assert_str_eq(cli_options_nth(&o, "option", 1), "b");
    ck_assert(cli_options_nth(&o, "option", 3) == NULL);
    cli_options_fini(&o);
}
MST_TEST_END

MST_TEST(numbers_outside_their_range_are_refused)
{
    static const struct {
        const char *text;
        enum mst_err err;
        uint64_t number;
    } rows[] = {
        {"--chunk=1",                    MST_OK,     1 },
        {"--chunk=10",                   MST_OK,     10},
        {"--chunk=0",                    MST_EINVAL, 0 },
        {"--chunk=11",                   MST_EINVAL, 0 },
        {"--chunk=",                     MST_EINVAL, 0 },
        {"--chunk=-1",                   MST_EINVAL, 0 },
        {"--chunk=1x",                   MST_EINVAL, 0 },
        {"--chunk=99999999999999999999", MST_EINVAL, 0 },
        {"--json",                       MST_OK,     7 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cli_options o;
        char text[64];
        uint64_t number = 0;
        int at = 1;

        (void)snprintf(text, sizeof text, "%s", rows[i].text);
        ck_assert_int_eq(read_words(&o, WORDS(text), false, &at), MST_OK);
        ck_assert_int_eq(cli_options_number(&o, "chunk", 1, 10, 7, &number), rows[i].err);
        ck_assert_uint_eq(number, rows[i].number);
        if (rows[i].err != MST_OK)
            ck_assert_str_eq(o.problem, "--chunk must be a number from 1 to 10");
        cli_options_fini(&o);
    }
}
MST_TEST_END

MST_TESTS("cli/options", options_and_operands_come_in_any_order,
          reading_stops_before_the_command_and_goes_on_from_there,
          after_two_dashes_all_words_are_operands, a_single_dash_is_an_operand_and_a_value,
          a_negative_number_is_an_operand, help_is_known_everywhere_in_both_spellings,
          a_wrong_option_is_named_without_its_value,
          the_last_of_several_values_counts_and_all_can_be_seen,
          numbers_outside_their_range_are_refused)

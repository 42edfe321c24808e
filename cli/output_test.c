#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "tests/lib/unit.h"

struct printed {
    struct cli cli;
    char *text;
    size_t len;
};

static void begin(struct printed *p, bool is_json)
{
    *p = (struct printed){.cli = {.is_json = is_json}};
    p->cli.out = p->cli.err = open_memstream(&p->text, &p->len);
    ck_assert_ptr_nonnull(p->cli.out);
}

static void must_be(struct printed *p, const char *want)
{
    ck_assert_int_eq(fclose(p->cli.out), 0);
    ck_assert_str_eq(p->text, want);
    free(p->text);
}

static const struct cli_field FIELDS[] = {
    {"sn",     "SERIAL"},
    {"status", "STATUS"},
    {"n",      "N"     },
    CLI_FIELDS_END
};

static json_t *row(const char *sn, const char *status, int n)
{
    return json_pack("{s:s, s:s?, s:i}", "sn", sn, "status", status, "n", n);
}

MST_TEST(a_table_has_a_header_and_columns_as_wide_as_their_widest_cell)
{
    struct printed p;
    struct cli_list list;

    begin(&p, false);
    ck_assert_int_eq(cli_list_begin(&list, &p.cli, FIELDS), CLI_OK);
    ck_assert_int_eq(cli_list_row(&list, row("a", "activated", 1)), CLI_OK);
    ck_assert_int_eq(cli_list_row(&list, row("longer-one", NULL, 20)), CLI_OK);
    ck_assert_int_eq(cli_list_row(&list, row("\xc3\xa4", "", 3)), CLI_OK);
    cli_list_end(&list, "none");
    cli_list_fini(&list);
    must_be(&p, "SERIAL      STATUS     N\n"
                "a           activated  1\n"
                "longer-one  -          20\n"
                "\xc3\xa4           -          3\n");
}
MST_TEST_END

MST_TEST(an_empty_table_says_so)
{
    struct printed p;
    struct cli_list list;

    begin(&p, false);
    ck_assert_int_eq(cli_list_begin(&list, &p.cli, FIELDS), CLI_OK);
    cli_list_end(&list, "none yet");
    cli_list_fini(&list);
    must_be(&p, "none yet\n");
}
MST_TEST_END

MST_TEST(a_list_is_one_json_array_on_one_line)
{
    struct printed p;
    struct cli_list list;

    begin(&p, true);
    ck_assert_int_eq(cli_list_begin(&list, &p.cli, FIELDS), CLI_OK);
    ck_assert_int_eq(cli_list_row(&list, json_pack("{s:s}", "sn", "a\"b")), CLI_OK);
    ck_assert_int_eq(cli_list_row(&list, json_pack("{s:i}", "n", 2)), CLI_OK);
    cli_list_end(&list, "none");
    cli_list_fini(&list);
    must_be(&p, "[{\"sn\":\"a\\\"b\"},{\"n\":2}]\n");

    begin(&p, true);
    ck_assert_int_eq(cli_list_begin(&list, &p.cli, FIELDS), CLI_OK);
    cli_list_end(&list, "none");
    cli_list_fini(&list);
    must_be(&p, "[]\n");
}
MST_TEST_END

MST_TEST(an_object_is_a_line_per_field_or_one_line_of_json)
{
    struct printed p;
    json_t *object = row("a", "expired", 4);

    begin(&p, false);
    cli_print_object(&p.cli, object, FIELDS);
    must_be(&p, "SERIAL  a\nSTATUS  expired\nN       4\n");
    begin(&p, true);
    cli_print_object(&p.cli, object, FIELDS);
    must_be(&p, "{\"sn\":\"a\",\"status\":\"expired\",\"n\":4}\n");
    json_decref(object);
}
MST_TEST_END

static const struct {
    const char *text;
    const char *shown;
} CLEAN[] = {
    {"plain",                                "plain"                               },
    {"\x1b[31mred\x07",                      "\\x1b[31mred\\x07"                   },
    {"a\r\nb\t",                             "a\\x0d\\x0ab\\x09"                   },
    {"\xc2\x9b"
     "1m",                              "\\xc2\\x9b1m"                        }, /* a control character of two bytes */
    {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
    {"\xff\xc3",                             "\\xff\\xc3"                          },
    {"\x7f",                                 "\\x7f"                               },
};

MST_TEST(a_terminal_gets_no_control_characters_from_outside)
{
    for (size_t i = 0; i < sizeof CLEAN / sizeof CLEAN[0]; i++) {
        struct printed p;

        begin(&p, false);
        cli_print_clean(p.cli.out, mst_span_str(CLEAN[i].text));
        must_be(&p, CLEAN[i].shown);
    }
    ck_assert_uint_eq(cli_clean_width(mst_span_str("\xc3\xa4\x1b")), 5);
}
MST_TEST_END

MST_TEST(bytes_that_are_no_text_still_become_json)
{
    json_t *json = cli_json_text(mst_span_str("a\xff\xc3\xa4"));

    ck_assert_str_eq(json_string_value(json), "a?\xc3\xa4");
    json_decref(json);
    json = cli_json_text(mst_span_str("\xed\xa0\x80")); /* a surrogate */
    ck_assert(json_is_string(json));
    json_decref(json);
    json = cli_json_text((struct mst_span){NULL, 0});
    ck_assert_str_eq(json_string_value(json), "");
    json_decref(json);
}
MST_TEST_END

MST_TEST(a_failure_names_the_command_or_is_json_with_its_exit_code)
{
    struct printed p;

    begin(&p, false);
    (void)snprintf(p.cli.command_name, sizeof p.cli.command_name, "sn add");
    ck_assert_int_eq(cli_fail_status(&p.cli, CLI_REFUSED, 409, "%s: no", "x\x1b"), CLI_REFUSED);
    must_be(&p, "muster sn add: x\\x1b: no\n");
    begin(&p, true);
    ck_assert_int_eq(cli_fail_status(&p.cli, CLI_REFUSED, 409, "no"), CLI_REFUSED);
    must_be(&p, "{\"error\":{\"exit\":1,\"text\":\"no\",\"status\":409}}\n");
    begin(&p, true);
    ck_assert_int_eq(cli_fail(&p.cli, CLI_USAGE, "no"), CLI_USAGE);
    must_be(&p, "{\"error\":{\"exit\":2,\"text\":\"no\"}}\n");
}
MST_TEST_END

MST_TESTS("cli/output", a_table_has_a_header_and_columns_as_wide_as_their_widest_cell,
          an_empty_table_says_so, a_list_is_one_json_array_on_one_line,
          an_object_is_a_line_per_field_or_one_line_of_json,
          a_terminal_gets_no_control_characters_from_outside,
          bytes_that_are_no_text_still_become_json,
          a_failure_names_the_command_or_is_json_with_its_exit_code)

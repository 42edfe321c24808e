#include "cli/columns.h"
#include "tests/lib/unit.h"

static const struct cli_csv_row HEADING = {
    .fields = {{"Order", 5}, {" Serial no ", 11}, {"note", 4}, {"twice", 5}, {"twice", 5}},
    .n_fields = 5
};

static const struct {
    const char *map;
    const char *problem; /* NULL: none */
    size_t sn, extra;
} MAPS[] = {
    {NULL,                   NULL,                                                             1,  2},
    {"sn=2,extra=4",         NULL,                                                             2,  4},
    {"extra=1,sn=64",        NULL,                                                             64, 1},
    {"sn=3",                 NULL,                                                             3,  0},
    {"sn=Serial no",         NULL,                                                             2,  0},
    {"sn=Serial no,extra=1", NULL,                                                             2,  1},
    {"extra=Order,sn=note",  NULL,                                                             3,  1},
    {"",                     "--map: it looks like sn=2,extra=4 and not like ''",              0,  0},
    {"sn",                   "--map: it looks like sn=2,extra=4 and not like 'sn'",            0,  0},
    {"sn=",                  "--map: no column is called ''",                                  0,  0},
    {"sn=0",                 "--map: columns are counted from 1 to 64, not '0'",               0,  0},
    {"sn=65",                "--map: columns are counted from 1 to 64, not '65'",              0,  0},
    {"sn=1,sn=2",            "--map: two columns for one thing: '2'",                          0,  0},
    {"sn=1,",                "--map: it looks like sn=2,extra=4 and not like ''",              0,  0},
    {"sn=1,rid=2",           "--map: a serial number has sn and extra, and no 'rid'",          0,  0},
    {"extra=2",              "--map: the column of the serial number is missing in 'extra=2'", 0,  0},
    {"sn=serial no",         "--map: no column is called 'serial no'",                         0,  0},
    {"sn=twice",             "--map: two columns are called 'twice'",                          0,  0},
};

MST_TEST(a_map_names_columns_by_number_or_heading)
{
    for (size_t i = 0; i < sizeof MAPS / sizeof MAPS[0]; i++) {
        struct cli_columns columns;
        enum mst_err err = cli_columns_parse(&columns, MAPS[i].map);

        /* Twice, as when a file is read again from its beginning. */
        for (int k = 0; k < 2 && err == MST_OK && cli_columns_need_heading(&columns); k++)
            err = cli_columns_find(&columns, &HEADING);
        if (MAPS[i].problem != NULL) {
            ck_assert_int_eq(err, MST_EINVAL);
            ck_assert_str_eq(columns.problem, MAPS[i].problem);
            continue;
        }
        ck_assert_int_eq(err, MST_OK);
        ck_assert_uint_eq(columns.sn.number, MAPS[i].sn);
        ck_assert_uint_eq(columns.extra.number, MAPS[i].extra);
    }
}
MST_TEST_END

MST_TEST(a_row_gives_its_mapped_columns_and_missing_ones_are_empty)
{
    struct cli_columns columns;
    struct mst_span sn, extra;

    ck_assert_int_eq(cli_columns_parse(&columns, "sn=2,extra=40"), MST_OK);
    ck_assert_ptr_null(cli_columns_take(&columns, &HEADING, &sn, &extra));
    ck_assert_span_str(sn, " Serial no ");
    ck_assert_uint_eq(extra.len, 0);
    ck_assert_int_eq(cli_columns_parse(&columns, "sn=3"), MST_OK);
    ck_assert_ptr_null(cli_columns_take(&columns, &HEADING, &sn, &extra));
    ck_assert_span_str(sn, "note");
    ck_assert_uint_eq(extra.len, 0);
    ck_assert_int_eq(cli_columns_parse(&columns, NULL), MST_OK);
    ck_assert_ptr_nonnull(cli_columns_take(&columns, &HEADING, &sn, &extra));
}
MST_TEST_END

MST_TESTS("cli/columns", a_map_names_columns_by_number_or_heading,
          a_row_gives_its_mapped_columns_and_missing_ones_are_empty)

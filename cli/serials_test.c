#include <stdlib.h>
#include <string.h>

#include "cli/csv.h"
#include "cli/serials.h"
#include "tests/lib/unit.h"

static const struct {
    const char *csv;
    const char *rows; /* sn|extra; or the problem behind '!' */
} READ[] = {
    {"",                           ""                                                               },
    {"\n\r\n\n",                   ""                                                               },
    {"a\nb\n",                     "a|;b|;"                                                         },
    {"a\r\nb",                     "a|;b|;"                                                         },
    {"a,x\r\n\r\nb,\n",            "a|x;b|;"                                                        },
    {"\xef\xbb\xbf"
     "a\n",                   "a|;"                                                            },
    {" a , x \n",                  " a | x ;"                                                       },
    {"\"a\",\"x,\"\"y\"\"\"\n",    "a|x,\"y\";"                                                     },
    {"\"a\"\n\"b\",\"\"\nc,\"z\"", "a|;b|;c|z;"                                                     },
    {"a,x,y\n",                    "!line 1: more than two columns: serial number, text"            },
    {"a\nb\n,x\n",                 "!line 3: the serial number is empty"                            },
    {"a\n\"b\n",                   "!line 2: a double quote does not end, or text follows it"       },
    {"a\n\"b\"c\n",                "!line 2: a double quote does not end, or text follows it"       },
    {"a/b\n",                      "!line 1: a serial number is printable ASCII without comma, "
              "double quote and slash"                                                 },
    {"\"a,b\"\n",                  "!line 1: a serial number is printable ASCII without comma, "
                  "double quote and slash"                                         },
    {"a\tb\n",                     "!line 1: a serial number is printable ASCII without comma, "
               "double quote and slash"                                               },
    {"a\rb\n",                     "!line 1: a serial number is printable ASCII without comma, "
               "double quote and slash"                                               },
    {"a,\"x\ny\"\nb\n",            "!line 1: the text beside the serial number has a line end in it"},
};

static void describe(const struct cli_serials *serials, struct mst_buf *out)
{
    for (size_t i = 0; i < serials->n_items; i++) {
        (void)mst_buf_add(out, serials->items[i].sn);
        (void)mst_buf_add_byte(out, '|');
        (void)mst_buf_add(out, serials->items[i].extra);
        (void)mst_buf_add_byte(out, ';');
    }
}

MST_TEST(a_csv_file_is_read_whole_or_its_first_bad_line_is_named)
{
    for (size_t i = 0; i < sizeof READ / sizeof READ[0]; i++) {
        struct cli_serials serials;
        struct mst_buf got;
        enum mst_err err;

        cli_serials_init(&serials);
        mst_buf_init(&got, 4096);
        err = cli_serials_read(&serials, mst_span_str(READ[i].csv), false);
        if (READ[i].rows[0] == '!') {
            ck_assert_int_eq(err, MST_EINVAL);
            ck_assert_str_eq(serials.problem, &READ[i].rows[1]);
        } else {
            ck_assert_int_eq(err, MST_OK);
            describe(&serials, &got);
            ck_assert_span_str(mst_buf_span(&got), READ[i].rows);
        }
        mst_buf_fini(&got);
        cli_serials_fini(&serials);
    }
}
MST_TEST_END

MST_TEST(names_longer_than_the_server_takes_are_refused_here)
{
    char text[MST_EXTRA_MAX + 2];
    struct cli_serials serials;

    memset(text, 'x', sizeof text);
    cli_serials_init(&serials);
    ck_assert_int_eq(
        cli_serials_add(&serials, mst_span_of(text, MST_SN_MAX), (struct mst_span){NULL, 0}, 1),
        MST_OK);
    ck_assert_int_eq(
        cli_serials_add(&serials, mst_span_of(text, MST_SN_MAX + 1), (struct mst_span){NULL, 0}, 1),
        MST_EINVAL);
    ck_assert_int_eq(cli_serials_add(&serials, MST_LIT("a"), mst_span_of(text, MST_EXTRA_MAX), 1),
                     MST_OK);
    ck_assert_int_eq(
        cli_serials_add(&serials, MST_LIT("b"), mst_span_of(text, MST_EXTRA_MAX + 1), 1),
        MST_EINVAL);
    ck_assert_uint_eq(serials.n_items, 2);
    cli_serials_fini(&serials);
}
MST_TEST_END

MST_TEST(the_same_serial_number_twice_is_found_with_both_lines)
{
    struct cli_serials serials;

    cli_serials_init(&serials);
    ck_assert_int_eq(cli_serials_read(&serials, MST_LIT("b\na\nc\na\n"), false), MST_OK);
    ck_assert_int_eq(cli_serials_check_twins(&serials), MST_EINVAL);
    ck_assert_str_eq(serials.problem, "a stands there twice: lines 2 and 4");
    cli_serials_fini(&serials);
}
MST_TEST_END

MST_TEST(a_bad_word_of_the_command_line_is_named)
{
    char longest[MST_SN_MAX + 2];
    struct cli_serials serials;

    memset(longest, 'x', sizeof longest);
    cli_serials_init(&serials);
    ck_assert_int_eq(cli_serials_add(&serials, MST_LIT("a/b"), (struct mst_span){NULL, 0}, 0),
                     MST_EINVAL);
    ck_assert_str_eq(serials.problem, "'a/b': a serial number is printable ASCII without comma, "
                                      "double quote and slash");
    ck_assert_int_eq(cli_serials_add(&serials, mst_span_of(longest, MST_SN_MAX + 1),
                                     (struct mst_span){NULL, 0}, 0),
                     MST_EINVAL);
    ck_assert_str_eq(serials.problem,
                     "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...': "
                     "the serial number is longer than 128 characters");
    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(cli_serials_add(&serials, MST_LIT("a"), (struct mst_span){NULL, 0}, 0),
                         MST_OK);
    ck_assert_int_eq(cli_serials_check_twins(&serials), MST_EINVAL);
    ck_assert_str_eq(serials.problem, "a stands there twice");
    cli_serials_fini(&serials);
}
MST_TEST_END

MST_TEST(what_the_server_has_is_left_out)
{
    static const char *const listed[] = {"a", "b0", "c", "", "zz"};
    struct cli_serials serials;
    struct mst_buf got;

    cli_serials_init(&serials);
    mst_buf_init(&got, 4096);
    ck_assert_int_eq(cli_serials_read(&serials, MST_LIT("d\nc\nb,x\na\n"), false), MST_OK);
    ck_assert_int_eq(cli_serials_check_twins(&serials), MST_OK);
    for (size_t i = 0; i < sizeof listed / sizeof listed[0]; i++)
        cli_serials_mark(&serials, mst_span_str(listed[i]));
    ck_assert_uint_eq(cli_serials_drop_marked(&serials), 2);
    describe(&serials, &got);
    ck_assert_span_str(mst_buf_span(&got), "d|;b|x;");
    mst_buf_fini(&got);
    cli_serials_fini(&serials);

    cli_serials_init(&serials);
    ck_assert_int_eq(cli_serials_check_twins(&serials), MST_OK);
    cli_serials_mark(&serials, MST_LIT("a"));
    ck_assert_uint_eq(cli_serials_drop_marked(&serials), 0);
    cli_serials_fini(&serials);
}
MST_TEST_END

static void add_many(struct cli_serials *serials, struct mst_buf *text, size_t n, size_t extra_len)
{
    for (size_t i = 0; i < n; i++) {
        (void)mst_buf_addf(text, "%06zu", i);
        if (extra_len > 0)
            (void)mst_buf_add_byte(text, ',');
        for (size_t k = 0; k < extra_len; k++)
            (void)mst_buf_add_byte(text, 'x');
        (void)mst_buf_add_byte(text, '\n');
    }
    ck_assert_int_eq(mst_buf_err(text), MST_OK);
    ck_assert_int_eq(cli_serials_read(serials, mst_buf_span(text), false), MST_OK);
    ck_assert_uint_eq(serials->n_items, n);
}

/* Sends all in pieces and counts them; each piece must be within the server's bounds. */
static size_t pieces(const struct cli_serials *serials, size_t max_items, size_t *ret_rows)
{
    struct mst_buf piece;
    size_t at = 0, next = 0, n = 0;

    mst_buf_init(&piece, MST_SERIALS_BODY_MAX);
    *ret_rows = 0;
    for (; at < serials->n_items; at = next, n++) {
        struct cli_csv csv;
        struct cli_csv_row row;

        ck_assert_int_eq(cli_serials_piece(serials, at, max_items, &piece, &next), MST_OK);
        ck_assert_uint_gt(next, at);
        ck_assert_uint_le(next - at, MST_SERIALS_MAX);
        ck_assert_uint_le(piece.len, MST_SERIALS_BODY_MAX);
        cli_csv_init(&csv, mst_buf_span(&piece));
        while (cli_csv_next(&csv, &row) == MST_OK) {
            ck_assert(mst_span_eq(row.fields[0], serials->items[*ret_rows].sn));
            ck_assert(mst_span_eq(row.fields[1], serials->items[*ret_rows].extra));
            *ret_rows += 1;
        }
        cli_csv_fini(&csv);
    }
    mst_buf_fini(&piece);
    return n;
}

MST_TEST(pieces_hold_all_items_in_order_and_no_more_than_the_server_takes)
{
    static const struct {
        size_t n, extra, max_items, pieces;
    } rows[] = {
        {0,     0,    1000,  0},
        {1,     0,    1000,  1},
        {1000,  0,    1000,  1},
        {1001,  0,    1000,  2},
        {25000, 0,    99999, 3}, /* 10,000 at once */
        {9000,  1024, 10000, 3}, /* 4 MiB at once */
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cli_serials serials;
        struct mst_buf text;
        size_t n_rows;

        cli_serials_init(&serials);
        mst_buf_init(&text, MST_MIB(16));
        add_many(&serials, &text, rows[i].n, rows[i].extra);
        ck_assert_uint_eq(pieces(&serials, rows[i].max_items, &n_rows), rows[i].pieces);
        ck_assert_uint_eq(n_rows, rows[i].n);
        mst_buf_fini(&text);
        cli_serials_fini(&serials);
    }
}
MST_TEST_END

MST_TEST(text_with_quotes_and_commas_survives_the_way_to_the_server)
{
    struct cli_serials serials;
    size_t n_rows;

    cli_serials_init(&serials);
    ck_assert_int_eq(
        cli_serials_read(&serials, MST_LIT("a,\"x, \"\"y\"\"\"\nb,\"\"\"\"\nc\n"), false), MST_OK);
    ck_assert_uint_eq(pieces(&serials, 10, &n_rows), 1);
    ck_assert_uint_eq(n_rows, 3);
    cli_serials_fini(&serials);
}
MST_TEST_END

MST_TESTS("cli/serials", a_csv_file_is_read_whole_or_its_first_bad_line_is_named,
          names_longer_than_the_server_takes_are_refused_here,
          the_same_serial_number_twice_is_found_with_both_lines,
          a_bad_word_of_the_command_line_is_named, what_the_server_has_is_left_out,
          pieces_hold_all_items_in_order_and_no_more_than_the_server_takes,
          text_with_quotes_and_commas_survives_the_way_to_the_server)

#include <string.h>

#include "cli/piece.h"
#include "tests/lib/unit.h"

static struct cli_piece piece;

static void fill(void)
{
    ck_assert_int_eq(cli_piece_init(&piece, 8), MST_OK);
    ck_assert_int_eq(cli_piece_add(&piece, 2, MST_LIT("a"), MST_LIT("x,y")), MST_OK);
    ck_assert_int_eq(cli_piece_add_bad(&piece, 3, MST_LIT("b/b"), "bad"), MST_OK);
    ck_assert_int_eq(cli_piece_add(&piece, 5, MST_LIT(" "), MST_LIT("")), MST_OK);
    ck_assert_int_eq(cli_piece_add(&piece, 6, MST_LIT("c"), MST_LIT("z")), MST_OK);
}

MST_TEST(good_rows_go_to_the_server_and_bad_ones_stay)
{
    fill();
    ck_assert_span_str(mst_buf_span(&piece.body), "a,\"x,y\"\r\n\" \"\r\nc,z\r\n");
    ck_assert_uint_eq(piece.n_rows, 4);
    ck_assert_uint_eq(piece.n_sent, 3);
    ck_assert_span_str(cli_piece_sn(&piece, &piece.rows[0]), "a");
    ck_assert_span_str(cli_piece_extra(&piece, &piece.rows[0]), "\"x,y\"");
    ck_assert_span_str(cli_piece_sn(&piece, &piece.rows[1]), "b/b");
    ck_assert_span_str(cli_piece_sn(&piece, &piece.rows[2]), " ");
    ck_assert_span_str(cli_piece_extra(&piece, &piece.rows[2]), "");
    ck_assert_span_str(cli_piece_sn(&piece, &piece.rows[3]), "c");
    cli_piece_clear(&piece);
    ck_assert_uint_eq(piece.n_rows + piece.n_sent + piece.body.len, 0);
    cli_piece_fini(&piece);
}
MST_TEST_END

static const struct {
    const char *reply;
    const char *states; /* A, L or R for each row; NULL: no such reply */
    const char *reason; /* of the last that is refused */
} REPLIES[] = {
    {"",                                  "ARAA", "bad"                                         },
    {"1,listed,\r\n",                     "LRAA", "bad"                                         },
    {"2,elsewhere,m2\r\n3,listed,\r\n",   "ARRL", "listed under another model of the vendor: m2"},
    {"3,text,\r\n",                       "ARAR", "listed already, with another text"           },
    {"1,listed,\r\n2,listed,\r\n3,form,", "LRLR",
     "the server takes neither such a serial number nor such a text"                            },
    {"4,listed,\r\n",                     NULL,   NULL                                          },
    {"0,listed,\r\n",                     NULL,   NULL                                          },
    {"2,listed,\r\n1,listed,\r\n",        NULL,   NULL                                          },
    {"1,listed,\r\n1,listed,\r\n",        NULL,   NULL                                          },
    {"1,what,\r\n",                       NULL,   NULL                                          },
    {"one,listed,\r\n",                   NULL,   NULL                                          },
    {"<html>",                            NULL,   NULL                                          },
};

MST_TEST(the_reply_tells_what_became_of_each_row)
{
    for (size_t i = 0; i < sizeof REPLIES / sizeof REPLIES[0]; i++) {
        const char *reason = NULL;
        enum mst_err err;

        fill();
        err = cli_piece_judge(&piece, mst_span_str(REPLIES[i].reply));
        ck_assert_int_eq(err, REPLIES[i].states != NULL ? MST_OK : MST_ESYNTAX);
        for (size_t k = 0; k < piece.n_rows && err == MST_OK; k++) {
            static const char letters[] = "ALR";

            ck_assert_int_eq(letters[piece.rows[k].state], REPLIES[i].states[k]);
            if (piece.rows[k].state == CLI_ROW_REFUSED)
                reason = piece.rows[k].reason;
        }
        if (err == MST_OK)
            ck_assert_str_eq(reason, REPLIES[i].reason);
        cli_piece_fini(&piece);
    }
}
MST_TEST_END

MST_TEST(a_piece_is_full_by_rows_or_by_bytes)
{
    char text[MST_EXTRA_MAX] = "";
    struct mst_span extra = mst_span_of(text, sizeof text);

    memset(text, '"', sizeof text);
    ck_assert_int_eq(cli_piece_init(&piece, 2), MST_OK);
    ck_assert_int_eq(cli_piece_add(&piece, 1, MST_LIT("a"), extra), MST_OK);
    ck_assert(!cli_piece_is_full(&piece));
    ck_assert_int_eq(cli_piece_add_bad(&piece, 2, extra, "bad"), MST_OK);
    ck_assert(cli_piece_is_full(&piece));
    ck_assert_uint_eq(cli_piece_sn(&piece, &piece.rows[1]).len, MST_SN_MAX);
    cli_piece_fini(&piece);
    ck_assert_int_eq(cli_piece_init(&piece, MST_SERIALS_MAX), MST_OK);
    while (!cli_piece_is_full(&piece))
        ck_assert_int_eq(cli_piece_add(&piece, 1, MST_LIT("a"), extra), MST_OK);
    ck_assert_uint_le(piece.body.len, MST_SERIALS_BODY_MAX);
    ck_assert_uint_lt(piece.n_rows, MST_SERIALS_MAX);
    cli_piece_fini(&piece);
}
MST_TEST_END

MST_TESTS("cli/piece", good_rows_go_to_the_server_and_bad_ones_stay,
          the_reply_tells_what_became_of_each_row, a_piece_is_full_by_rows_or_by_bytes)

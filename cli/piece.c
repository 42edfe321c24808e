#include "cli/piece.h"

#include <stdio.h>
#include <stdlib.h>

/* A row at its longest: both fields quoted, each byte a doubled quote, CRLF. */
enum { ROW_MAX = 2 * (MST_SN_MAX + MST_EXTRA_MAX) + 8, BAD_SHOWN = 128 };

enum mst_err cli_piece_init(struct cli_piece *piece, size_t max_rows)
{
    *piece = (struct cli_piece){.max_rows = max_rows};
    mst_buf_init(&piece->body, MST_SERIALS_BODY_MAX);
    mst_buf_init(&piece->bad, max_rows * BAD_SHOWN);
    piece->rows = calloc(max_rows, sizeof *piece->rows);
    return piece->rows != NULL ? MST_OK : MST_ENOMEM;
}

void cli_piece_fini(struct cli_piece *piece)
{
    free(piece->rows);
    piece->rows = NULL;
    mst_buf_fini(&piece->body);
    mst_buf_fini(&piece->bad);
}

void cli_piece_clear(struct cli_piece *piece)
{
    mst_buf_clear(&piece->body);
    mst_buf_clear(&piece->bad);
    piece->n_rows = piece->n_sent = 0;
}

bool cli_piece_is_full(const struct cli_piece *piece)
{
    return piece->n_rows == piece->max_rows || piece->body.len + ROW_MAX > MST_SERIALS_BODY_MAX;
}

enum mst_err cli_piece_add(struct cli_piece *piece, uint64_t line, struct mst_span sn,
                           struct mst_span extra)
{
    struct mst_buf *body = &piece->body;
    struct cli_piece_row *row = &piece->rows[piece->n_rows++];
    size_t from = body->len;

    *row = (struct cli_piece_row){.line = line, .sn_len = sn.len};
    cli_csv_add_field(body, sn);
    row->sn_at = from + (body->len - from - sn.len) / 2; /* a quote, if it was quoted */
    if (extra.len > 0) {
        (void)mst_buf_add_byte(body, ',');
        row->extra_at = body->len;
        cli_csv_add_field(body, extra);
        row->extra_len = body->len - row->extra_at;
    }
    piece->n_sent++;
    return mst_buf_add_str(body, "\r\n");
}

enum mst_err cli_piece_add_bad(struct cli_piece *piece, uint64_t line, struct mst_span sn,
                               const char *problem)
{
    struct cli_piece_row *row = &piece->rows[piece->n_rows++];
    struct mst_span shown = mst_span_cut(sn, 0, BAD_SHOWN);

    *row = (struct cli_piece_row){
        .line = line, .sn_at = piece->bad.len, .sn_len = shown.len, .problem = problem};
    return mst_buf_add(&piece->bad, shown);
}

struct mst_span cli_piece_sn(const struct cli_piece *piece, const struct cli_piece_row *row)
{
    return mst_span_cut(mst_buf_span(row->problem != NULL ? &piece->bad : &piece->body), row->sn_at,
                        row->sn_at + row->sn_len);
}

struct mst_span cli_piece_extra(const struct cli_piece *piece, const struct cli_piece_row *row)
{
    return mst_span_cut(mst_buf_span(&piece->body), row->extra_at, row->extra_at + row->extra_len);
}

/* ---- what the server says ---- */

static void refuse(struct cli_piece_row *row, const char *text, struct mst_span name)
{
    row->state = CLI_ROW_REFUSED;
    (void)snprintf(row->reason, sizeof row->reason, "%s%.*s", text,
                   name.len < CLI_REASON_MAX ? (int)name.len : CLI_REASON_MAX,
                   name.ptr != NULL ? name.ptr : "");
}

static enum mst_err take_word(struct cli_piece_row *row, struct mst_span word,
                              struct mst_span model)
{
    const struct mst_span none = {NULL, 0};

    if (mst_span_eq(word, MST_LIT("listed")))
        row->state = CLI_ROW_LISTED;
    else if (mst_span_eq(word, MST_LIT("text")))
        refuse(row, "listed already, with another text", none);
    else if (mst_span_eq(word, MST_LIT("elsewhere")))
        refuse(row, "listed under another model of the vendor: ", model);
    else if (mst_span_eq(word, MST_LIT("form")))
        refuse(row, "the server takes neither such a serial number nor such a text", none);
    else
        return MST_ESYNTAX;
    return MST_OK;
}

/* The next row of the reply and the number in it; 0 after the last. */
static enum mst_err next_told(struct cli_csv *csv, struct cli_csv_row *ret_row,
                              uint64_t *ret_number)
{
    enum mst_err err = cli_csv_next(csv, ret_row);

    *ret_number = 0;
    if (err == MST_ENOENT)
        return MST_OK;
    if (err == MST_OK)
        err = mst_span_u64(ret_row->fields[0], MST_SERIALS_MAX, ret_number);
    return err == MST_OK && *ret_number > 0 ? MST_OK : MST_ESYNTAX;
}

enum mst_err cli_piece_judge(struct cli_piece *piece, struct mst_span reply)
{
    struct cli_csv csv;
    struct cli_csv_row told = {0};
    uint64_t number = 0, at = 0;
    enum mst_err err;

    cli_csv_init(&csv, reply);
    err = next_told(&csv, &told, &number);
    for (size_t i = 0; i < piece->n_rows && err == MST_OK; i++) {
        struct cli_piece_row *row = &piece->rows[i];

        row->state = CLI_ROW_ADDED;
        if (row->problem != NULL)
            refuse(row, row->problem, (struct mst_span){NULL, 0});
        else if (++at == number) {
            err = take_word(row, told.fields[1], told.fields[2]);
            if (err == MST_OK)
                err = next_told(&csv, &told, &number);
        }
    }
    if (err == MST_OK && number != 0)
        err = MST_ESYNTAX;
    cli_csv_fini(&csv);
    return err;
}

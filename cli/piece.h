/*
 * piece.h - the rows of an import that go to the server in one call, and what became of each.
 *
 * The server judges each row by itself (POST ...?each=true): it names those that it did not add by
 * their number among the rows it was sent, which leave out the ones that are bad already here.
 */
#ifndef MST_CLI_PIECE_H
#define MST_CLI_PIECE_H

#include "base/limits.h"
#include "cli/csv.h"

enum cli_row_state {
    CLI_ROW_ADDED,
    CLI_ROW_LISTED, /* it was there already, the same */
    CLI_ROW_REFUSED
};

enum { CLI_REASON_MAX = 128 };

struct cli_piece_row {
    uint64_t line;
    size_t sn_at, sn_len;       /* in body, or in bad of rows that are not sent */
    size_t extra_at, extra_len; /* in body, as it stands there */
    const char *problem;        /* known here: not sent */
    enum cli_row_state state;
    char reason[CLI_REASON_MAX]; /* of CLI_ROW_REFUSED */
};

struct cli_piece {
    struct cli_piece_row *rows;
    size_t n_rows, max_rows, n_sent;
    struct mst_buf body, bad;
};

/* MST_ENOMEM. */
MST_MUST_USE enum mst_err cli_piece_init(struct cli_piece *piece, size_t max_rows);
void cli_piece_fini(struct cli_piece *piece);
void cli_piece_clear(struct cli_piece *piece);
/* Has it as many rows, or bytes, as the server takes? */
bool cli_piece_is_full(const struct cli_piece *piece);
/* A row that is good as far as can be told here. */
MST_MUST_USE enum mst_err cli_piece_add(struct cli_piece *piece, uint64_t line, struct mst_span sn,
                                        struct mst_span extra);
/* One that is bad; problem must live as long. */
MST_MUST_USE enum mst_err cli_piece_add_bad(struct cli_piece *piece, uint64_t line,
                                            struct mst_span sn, const char *problem);
/* What the server says of the rows that were sent. MST_ESYNTAX: that is no such reply. */
MST_MUST_USE enum mst_err cli_piece_judge(struct cli_piece *piece, struct mst_span reply);

struct mst_span cli_piece_sn(const struct cli_piece *piece, const struct cli_piece_row *row);
struct mst_span cli_piece_extra(const struct cli_piece *piece, const struct cli_piece_row *row);

#endif

/*
 * serials.h - a list of serial numbers on its way to the server, in pieces that it takes.
 *
 * The server takes at most 10,000 serial numbers and 4 MiB at once, and each piece whole or not
 * at all. All of a file is checked before its first piece is sent.
 */
#ifndef MST_CLI_SERIALS_H
#define MST_CLI_SERIALS_H

#include "base/limits.h"
#include "cli/cli.h"

enum { CLI_SERIALS_FILE_MAX = 1 << 29 }; /* bytes of a file */

struct cli_serial {
    struct mst_span sn, extra; /* borrowed */
    bool is_listed;
    size_t line; /* in the file, from 1; 0: a word of the command line */
};

struct cli_serials {
    struct cli_serial *items;
    struct cli_serial **sorted; /* by serial number, after cli_serials_check_twins */
    size_t n_items, cap;
    struct mst_buf text;   /* of the file that cli_serials_given read */
    struct mst_buf quoted; /* what had to be copied out of quotes */
    char problem[256];     /* after MST_EINVAL */
};

/* NULL if it has the form (protocol.md 4), otherwise what is wrong. */
const char *cli_sn_problem(struct mst_span sn);
const char *cli_extra_problem(struct mst_span extra);
/* Does it look like the heading that spreadsheets write above serial numbers? */
bool cli_sn_is_heading(struct mst_span field);

void cli_serials_init(struct cli_serials *serials);
void cli_serials_fini(struct cli_serials *serials);

/*
 * What a command was given behind the model: words (with --extra) or --file (with --heading), all of
 * it checked. What is wrong was said.
 */
enum cli_exit cli_serials_given(struct cli *cli, struct cli_serials *serials);
/* The serial number of an item as a text of C. */
void cli_serials_text(const struct cli_serials *serials, size_t i, char ret_sn[MST_SN_MAX + 1]);

/* MST_EINVAL: not the form of a serial number (protocol.md 4). */
MST_MUST_USE enum mst_err cli_serials_add(struct cli_serials *serials, struct mst_span sn,
                                          struct mst_span extra, size_t line);
/*
 * All rows "sn" or "sn,extra" of a CSV text, which must live as long; with has_heading without the
 * first. A first row that looks like a heading is refused otherwise: spreadsheets write one, and it
 * would become a serial number. MST_EINVAL, MST_ENOMEM.
 */
MST_MUST_USE enum mst_err cli_serials_read(struct cli_serials *serials, struct mst_span csv,
                                           bool has_heading);
/* MST_EINVAL if one stands there twice. Nothing may be added after this. */
MST_MUST_USE enum mst_err cli_serials_check_twins(struct cli_serials *serials);
/* The server has this one: if it is among the items, it is one to leave out. */
void cli_serials_mark(struct cli_serials *serials, struct mst_span sn);
/* Leaves out what is marked; gives how many that were. Once, at the end of marking. */
size_t cli_serials_drop_marked(struct cli_serials *serials);

/*
 * The next piece: rows of CSV for at most max_items of the items from index from on, as many as
 * fit into the server's bounds. Gives the index behind the last; equal to from only at the end.
 */
MST_MUST_USE enum mst_err cli_serials_piece(const struct cli_serials *serials, size_t from,
                                            size_t max_items, struct mst_buf *ret_csv,
                                            size_t *ret_next);

#endif

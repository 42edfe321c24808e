/*
 * rows.h - the rows of a CSV file of any size, one by one, in constant memory.
 *
 * A row that cannot be read ends with its line, so that the rest of the file is not lost with it.
 * What is read depends on the file's bytes only, not on the sizes of the pieces they come in.
 */
#ifndef MST_CLI_ROWS_H
#define MST_CLI_ROWS_H

#include "base/limits.h"
#include "cli/csv.h"

/*
 * Bytes: the longest value of a point, all of it double quotes, which are doubled, and its time. A
 * stray double quote must not swallow the file.
 */
enum { CLI_ROW_MAX = 2 * MST_VALUE_MAX + 1024 };

/* A place between two rows. */
struct cli_place {
    uint64_t offset; /* bytes before it */
    uint64_t line;   /* of what follows, from 1 */
    uint64_t hash;   /* of all bytes before it */
};

struct cli_rows {
    int fd; /* the caller's */
    char separator;
    bool is_ended;
    struct mst_buf window;
    struct cli_csv csv;     /* over the window */
    struct cli_place place; /* of the window's first byte, until cli_rows_place */
    size_t placed;          /* how much of the window is in place */
    const char *problem;    /* after MST_EINVAL, */
    size_t bad_line;        /* where, */
    struct mst_span text;   /* and how it begins */
};

void cli_rows_init(struct cli_rows *rows, int fd, char separator);
void cli_rows_fini(struct cli_rows *rows);
/*
 * The next row that is not blank; its fields live until the next call. MST_ENOENT after the last.
 * MST_EINVAL: the row on ret_row->line is no row, see problem; reading goes on behind it.
 * MST_EIO: see errno. MST_ENOMEM.
 */
MST_MUST_USE enum mst_err cli_rows_next(struct cli_rows *rows, struct cli_csv_row *ret_row);
/* Behind the row that was read last. */
struct cli_place cli_rows_place(struct cli_rows *rows);
/*
 * Before anything is read: goes to the place that an earlier reading came to. MST_EREFUSED: the
 * bytes before it are not those that were read then; the file is at its beginning again.
 */
MST_MUST_USE enum mst_err cli_rows_go(struct cli_rows *rows, const struct cli_place *place);

#endif

/*
 * bookmark.h - how far an import has come, in a file that the next run finds.
 *
 * It is replaced before each call, whole or not at all, and says what was acknowledged, and how far the
 * rows go that may have been sent all the same: their answer may have been lost. A bookmark that
 * does not belong to the same file, server, vendor, model and options is of no use; neither is one
 * that was lost: listing the same rows again changes nothing.
 */
#ifndef MST_CLI_BOOKMARK_H
#define MST_CLI_BOOKMARK_H

#include "cli/cli.h"
#include "cli/rows.h"

struct cli_tally {
    uint64_t rows, added, listed;
    uint64_t resent; /* sent before an interruption and listed: by that call, or before it */
    uint64_t refused;
};

struct cli_bookmark {
    const char *path; /* NULL: none is kept */
    json_t *of;       /* an object that names what it belongs to */
    struct cli_place done;
    uint64_t sent;        /* offset; not behind done: nothing is under way */
    uint64_t error_bytes; /* length of the error file */
    struct cli_tally tally;
};

/* Takes what is found at path if it belongs to bookmark->of. Otherwise nothing is changed, and a warning
   says why it does not. */
enum cli_exit cli_bookmark_read(struct cli *cli, struct cli_bookmark *bookmark);
enum cli_exit cli_bookmark_write(struct cli *cli, const struct cli_bookmark *bookmark);
/* The work is done. */
enum cli_exit cli_bookmark_remove(struct cli *cli, const struct cli_bookmark *bookmark);

#endif

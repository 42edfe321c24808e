/*
 * twins.h - serial numbers that stand in a file twice, found in constant memory.
 *
 * An external sort: rows are kept until there are many, sorted and written to a temporary file
 * as one run; at the end the runs are merged.
 */
#ifndef MST_CLI_TWINS_H
#define MST_CLI_TWINS_H

#include "base/span.h"

struct cli_twins;

/* run_rows: how many are sorted in memory at once; 0: as usual. MST_ENOMEM; MST_EIO: no temporary
   file, see errno. */
MST_MUST_USE enum mst_err cli_twins_new(size_t run_rows, struct cli_twins **ret_twins);
void cli_twins_free(struct cli_twins *twins);

/* sn has the form of a serial number. Lines come in order. MST_EIO, MST_ENOMEM; MST_EFULL: more than
   500 million. */
MST_MUST_USE enum mst_err cli_twins_add(struct cli_twins *twins, struct mst_span sn,
                                        struct mst_span extra, uint64_t line);

/* A row whose serial number stands on an earlier line too. */
struct cli_twin {
    struct mst_span sn;
    uint64_t line, first_line;
    bool is_same; /* the text is that of the first line */
};
/* Each of them, ordered by serial number and line; each may return an error, which is passed on. */
MST_MUST_USE enum mst_err
cli_twins_each(struct cli_twins *twins,
               enum mst_err (*each)(void *arg, const struct cli_twin *twin), void *arg);

#endif

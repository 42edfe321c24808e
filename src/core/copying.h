/*
 * copying.h - the stored points of a template on their way to its clone (protocol.md 1.9).
 *
 * Points lie in another file, and no command sees both. So it takes three kinds of
 * command, and the answer waits for the last:
 *   1 state    the one that makes the clone adds a POINT_COPY row for each dataport and datarule
 *   2 points   mst_copying_piece, as often as it takes
 *   3 state    mst_copying_end removes the row
 * A process that dies in between finds the rows at its next start and does 2 and 3
 * again: what was copied before is copied no second time, and nothing else is changed by it.
 *
 * While a row stands, the points of its source outlive the source (drop.c). Points that were copied
 * to a target that was dropped meanwhile are removed after step 3.
 */
#ifndef MST_CORE_COPYING_H
#define MST_CORE_COPYING_H

#include "core/resource.h"

/* What is to be copied to any clone, one port of it; MST_ENOENT if there is nothing. */
MST_MUST_USE enum mst_err mst_copying_first(struct mst_tx *tx, struct mst_row_point_copy *ret_copy);

/* How much a command may still copy; a new one may copy MST_COPYING_BUDGET. */
struct mst_copying_budget {
    size_t points, bytes;
};
#define MST_COPYING_BUDGET ((struct mst_copying_budget){MST_COPY_POINTS_MAX, MST_COPY_BYTES_MAX})

/*
 * Copies points older than *before, newest first, so that the latest value is right from the
 * beginning, until none is left or the budget is spent, which a page of values may overdraw. *ret_before is where
 * to go on, if *ret_is_more; MST_COPYING_ALL begins. A point of the target's own stays. In a
 * MST_FILE_POINTS command.
 */
#define MST_COPYING_ALL INT64_MAX
MST_MUST_USE enum mst_err mst_copying_piece(struct mst_tx *tx,
                                            const struct mst_row_point_copy *copy, int64_t before,
                                            struct mst_copying_budget *budget, bool *ret_is_more,
                                            int64_t *ret_before);

/* Nothing is left to be copied. each_port is told target and source if they were dropped meanwhile:
   their points are then to be removed (mst_data_flush). */
MST_MUST_USE enum mst_err mst_copying_end(struct mst_tx *tx, const struct mst_row_point_copy *copy,
                                          enum mst_err (*each_port)(void *arg, int64_t port_id),
                                          void *arg);

/* Is resource_id a source that is still being copied? */
MST_MUST_USE enum mst_err mst_copying_has_source(struct mst_tx *tx, int64_t resource_id,
                                                 bool *ret_has);

#endif

/* clone.h - the points of templates and clones, counted and found in their trees; copying.h copies them. */
#ifndef MST_CORE_CLONE_H
#define MST_CORE_CLONE_H

#include "core/resource.h"

/*
 * How many points the dataports and datarules of a template have; counting stops behind
 * MST_CLONE_POINTS_MAX, the most that are copied. A template that is gone or too large has none. With a
 * reader's transaction: a command cannot see both files.
 */
MST_MUST_USE enum mst_err mst_clone_count_points(struct mst_tx *tx, int64_t template_id,
                                                 int64_t *ret_n);

/* What is still to be copied into a clone and what is below it. */
MST_MUST_USE enum mst_err
mst_clone_copies(struct mst_tx *tx, int64_t clone_id,
                 enum mst_err (*each)(void *arg, const struct mst_row_point_copy *copy), void *arg);

#endif

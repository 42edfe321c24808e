/*
 * range.h - the ranges of a model (protocol.md 2.6.4): each is one row, whatever its size, and makes
 * every serial number in it UNUSED (1.5, transition 2). A record appears at the first enabling (A42).
 */
#ifndef MST_CORE_RANGE_H
#define MST_CORE_RANGE_H

#include "base/sn_range.h"
#include "core/domain.h"

/*
 * Adds all or none. MST_BAD_VALUE (none at all, or one that mst_sn_range_is_good refuses), MST_OVERLAPS
 * (a range of the same shape in this model, or among these, A41), MST_NO_ROOM (more than
 * MST_RANGES_MAX). May have written when it refuses: undo.
 */
MST_MUST_USE enum mst_err mst_range_add(struct mst_tx *tx, const struct mst_row_model *model,
                                        const struct mst_sn_range *ranges, size_t n_ranges,
                                        enum mst_verdict *ret_verdict);

/* The range that a row tells of; MST_ECORRUPT. */
MST_MUST_USE enum mst_err mst_range_of(const struct mst_row_sn_range *row,
                                       struct mst_sn_range *ret_range);
/* Has the model this one, just so? */
MST_MUST_USE enum mst_err mst_range_has(struct mst_tx *tx, int64_t model_id,
                                        const struct mst_sn_range *range, bool *ret_has);

/* Removes those that the model has just so; the others are skipped. */
MST_MUST_USE enum mst_err mst_range_remove(struct mst_tx *tx, const struct mst_row_model *model,
                                           const struct mst_sn_range *ranges, size_t n_ranges);

/* All of them go with their model. */
MST_MUST_USE enum mst_err mst_range_remove_all(struct mst_tx *tx, int64_t model_id);

/* By shape, then by first. */
MST_MUST_USE enum mst_err
mst_range_list(struct mst_tx *tx, const struct mst_row_model *model,
               enum mst_err (*each)(void *arg, const struct mst_sn_range *range), void *arg);

/*
 * Does a range of the model hold sn? One look-up if the model has no ranges at all; else one more for
 * each shape that sn is written in (mst_sn_readings), however many ranges there are.
 */
MST_MUST_USE enum mst_err mst_range_find(struct mst_tx *tx, int64_t model_id, struct mst_span sn,
                                         bool *ret_is_in, struct mst_sn_range *ret_range);

#endif

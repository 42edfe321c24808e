/*
 * quota.h - limits of clients and what is drawn from them (protocol.md 2.15.5).
 *
 * A client's use of a kind counts what it owns directly, plus for each child client what
 * the child was allotted or, where the child inherits, what the child uses. So a charge goes upward
 * as far as clients inherit and ends at the first one with a limit of its own: what that one may
 * use was charged to its owner when the limit was set. The root client inherits from nobody: it is
 * without limits.
 */
#ifndef MST_CORE_QUOTA_H
#define MST_CORE_QUOTA_H

#include "core/resource.h"

/* The limits of a quota row, in the order of mst_limit_names. */
void mst_quota_limits(const struct mst_row_quota *quota, int64_t ret_limits[MST_LIMIT_COUNT]);

/* What is counted: the resources by their kinds. */
enum mst_counted {
    MST_COUNTED_CLIENT,
    MST_COUNTED_DATAPORT,
    MST_COUNTED_DATARULE,
    MST_COUNTED_DISPATCH,
    MST_COUNTED_SHARE,
    MST_COUNTED_COUNT
};

enum mst_counted mst_counted_kind(int64_t kind);

/* Draws n more of what is counted from the owner; n may be negative. MST_NO_ROOM: may have written,
   undo. */
MST_MUST_USE enum mst_err mst_quota_charge(struct mst_tx *tx, int64_t owner_id,
                                           enum mst_counted what, int64_t n,
                                           enum mst_verdict *ret_verdict);

/* The quota row of a new client; its limits are drawn from the owner. MST_NO_ROOM: undo. */
MST_MUST_USE enum mst_err mst_quota_create(struct mst_tx *tx, int64_t client_id, int64_t owner_id,
                                           const int64_t limits[MST_LIMIT_COUNT],
                                           enum mst_verdict *ret_verdict);

/* Changes limits; the difference is drawn from or given back to the owner. MST_NO_ROOM (below what
   is in use, or beyond what the owner has): undo. */
MST_MUST_USE enum mst_err mst_quota_update(struct mst_tx *tx, const struct mst_row_resource *client,
                                           const bool has_limit[MST_LIMIT_COUNT],
                                           const int64_t limits[MST_LIMIT_COUNT],
                                           enum mst_verdict *ret_verdict);

/* Gives back to its owner what a resource, with all below it and its n_shares codes, had drawn. */
MST_MUST_USE enum mst_err
mst_quota_release(struct mst_tx *tx, const struct mst_row_resource *resource, int64_t n_shares);
/* Draws the same from another owner. MST_NO_ROOM: undo. */
MST_MUST_USE enum mst_err mst_quota_draw(struct mst_tx *tx, const struct mst_row_resource *resource,
                                         int64_t n_shares, int64_t owner_id,
                                         enum mst_verdict *ret_verdict);

#endif

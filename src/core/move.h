/* move.h - giving a resource to another owner (protocol.md 2.15.4 move). */
#ifndef MST_CORE_MOVE_H
#define MST_CORE_MOVE_H

#include "core/resource.h"

/*
 * resource, with all below it, becomes destination's. Both lie in the caller's tree. What it
 * had drawn from its owner is given back and drawn from the destination; RIDs, keys, codes, points and
 * the serial number it hangs on stay what they are. Its aliases become the destination's, or
 * are lost unless is_aliased.
 * MST_RESTRICTED (the caller itself, the root, a client that owns a vendor name), MST_NOT_FOUND (the destination is
 * no client), MST_NESTED (it lies within resource), MST_NO_ROOM (the destination's limits; the tree would be too
 * deep, or has more than MST_MOVE_LOOK_MAX clients to find that out), MST_IN_USE (an alias means something else at the destination).
 * May have written when it refuses: undo.
 */
MST_MUST_USE enum mst_err mst_resource_move(const struct mst_domain *domain, struct mst_tx *tx,
                                            int64_t caller_id,
                                            const struct mst_row_resource *resource,
                                            const struct mst_row_resource *destination,
                                            bool is_aliased, enum mst_verdict *ret_verdict);

#endif

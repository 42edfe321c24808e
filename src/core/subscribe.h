/*
 * subscribe.h - resources that get the values of another (protocol.md 2.15.5 subscribe).
 *
 * The detail of a resource names its source; a row of SUBSCRIPTION says the same for finding it from there.
 * Each has one source at most, so what hangs together is a tree. It is at most MST_FLOW_DEPTH_MAX deep and holds at
 * most MST_FLOW_TREE_MAX resources, so that no value costs more than that. Strangers to
 * what is at its top, who may read it because it is public or shared, join it up to MST_FLOW_FOREIGN_MAX.
 *
 * A subscription may reach over to another owner. It then holds as long as the owner of the subscriber
 * may read the source; whoever plans a flow looks at that.
 */
#ifndef MST_CORE_SUBSCRIBE_H
#define MST_CORE_SUBSCRIBE_H

#include "core/resource.h"

/* Do both belong together: is one in the tree of the other's owner? */
MST_MUST_USE enum mst_err mst_subscribe_is_own(struct mst_tx *tx,
                                               const struct mst_row_resource *source,
                                               const struct mst_row_resource *target,
                                               bool *ret_is_own);

/* May the owner of target read source? */
MST_MUST_USE enum mst_err mst_subscribe_may(struct mst_tx *tx,
                                            const struct mst_row_resource *source,
                                            const struct mst_row_resource *target, bool *ret_may);

/*
 * Makes target, whose row is in the store, a subscriber of what its detail names, or of nothing.
 * MST_NOT_FOUND (no such RID), MST_BAD_VALUE (a client), MST_RESTRICTED (its owner may not read it),
 * MST_NESTED (it would get its own values), MST_NO_ROOM (the tree would be too large). Nothing is changed then.
 */
MST_MUST_USE enum mst_err mst_subscribe(const struct mst_domain *domain, struct mst_tx *tx,
                                        const struct mst_row_resource *target,
                                        enum mst_verdict *ret_verdict);

/* The same for a copy, whose detail nobody can answer for at this moment: what cannot be is left out, what
   may not be read is left to planning. MST_NO_ROOM. */
MST_MUST_USE enum mst_err mst_subscribe_copy(const struct mst_domain *domain, struct mst_tx *tx,
                                             const struct mst_row_resource *target,
                                             enum mst_verdict *ret_verdict);

/* The same for a resource that comes from elsewhere and has its RID; a source that may still come is
   waited for, and those that waited for this one have it now. MST_NO_ROOM. */
MST_MUST_USE enum mst_err mst_subscribe_import(const struct mst_domain *domain, struct mst_tx *tx,
                                               const struct mst_row_resource *target,
                                               enum mst_verdict *ret_verdict);

/* target is dropped: it subscribes to nothing. Its own subscribers stay as they are. */
MST_MUST_USE enum mst_err mst_subscribe_end(struct mst_tx *tx, int64_t target_id);

/* The subscribers of a resource. What each reads of the transaction is gone when it returns. */
MST_MUST_USE enum mst_err
mst_subscribe_list(struct mst_tx *tx, int64_t source_id,
                   enum mst_err (*each)(void *arg, const struct mst_row_resource *target),
                   void *arg);

/*
 * Stores of before version 5 have neither rows of subscriptions nor flow_bits. Makes them for the next
 * MST_SETTLE_MAX resources, in a command of the state file, until *ret_is_more is false: once and for all.
 */
MST_MUST_USE enum mst_err mst_subscribe_settle(const struct mst_domain *domain, struct mst_tx *tx,
                                               bool *ret_is_more);

#endif

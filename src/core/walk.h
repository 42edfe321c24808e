/* walk.h - all clients of a subtree, one after the other. */
#ifndef MST_CORE_WALK_H
#define MST_CORE_WALK_H

#include "core/port_store.h"

/*
 * Calls each for the client top_id and every client below it, owners before what they own; depth
 * counts from top_id. Memory does not grow with the tree: what each takes from the transaction's
 * arena is given back. MST_EFULL: there are more than max clients, of which max were told.
 */
MST_MUST_USE enum mst_err mst_walk_clients(struct mst_tx *tx, int64_t top_id, size_t max,
                                           enum mst_err (*each)(void *arg, struct mst_tx *tx,
                                                                int64_t client_id, unsigned depth),
                                           void *arg);

#endif

/* walk.h - all clients of a subtree, one after the other. */
#ifndef MST_CORE_WALK_H
#define MST_CORE_WALK_H

#include "base/limits.h"
#include "core/port_store.h"

/* Where a walk is. It may go on in another transaction: a client that is dropped or moved meanwhile, or
   whose owner is, may be told, once or twice, or not. */
struct mst_walk {
    int64_t path[MST_TREE_DEPTH_MAX + 1]; /* from the top to the client that was told last */
    unsigned depth;                       /* of the last of them */
    int64_t after;                        /* its child that was left behind, or 0 */
    size_t n_left;
    size_t n_bytes; /* of text that was read on the way */
    bool is_begun;
};

void mst_walk_begin(struct mst_walk *walk, int64_t top_id, size_t max);

/*
 * The client top_id, then every client below it, owners before what they own; 0 behind the last. depth counts
 * from top_id. Memory does not grow with the tree. MST_EFULL: there are more than max clients, of which max were
 * told.
 */
MST_MUST_USE enum mst_err mst_walk_next(struct mst_tx *tx, struct mst_walk *walk,
                                        int64_t *ret_client_id, unsigned *ret_depth);

/* The same at once: calls each for every one. What each takes from the transaction's arena is given
   back. */
MST_MUST_USE enum mst_err mst_walk_clients(struct mst_tx *tx, int64_t top_id, size_t max,
                                           enum mst_err (*each)(void *arg, struct mst_tx *tx,
                                                                int64_t client_id, unsigned depth),
                                           void *arg);

#endif

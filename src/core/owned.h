/* owned.h - how much a client owns directly (protocol.md 2.15.6 counts). */
#ifndef MST_CORE_OWNED_H
#define MST_CORE_OWNED_H

#include "core/turn.h"

/* A count that goes on in several transactions (turn.h). */
struct mst_owned {
    int64_t n[MST_KIND_DISPATCH + 1]; /* resources, by their kinds */
    int64_t n_shares;                 /* share codes of them all */
    bool is_whole;                    /* that is all */
    /* owned.c's own */
    int64_t client_id, kind;
    int64_t after;       /* the child of that kind that was counted last */
    int64_t share_after; /* of its codes */
    bool has_shares, is_at_shares;
};

/* has_shares: there may be share codes to be counted, which takes a look-up for each resource. */
void mst_owned_begin(int64_t client_id, bool has_shares, struct mst_owned *ret_owned);
/* Goes on counting for a turn. */
MST_MUST_USE enum mst_err mst_owned_count(struct mst_tx *tx, struct mst_turn *turn,
                                          struct mst_owned *owned);

#endif

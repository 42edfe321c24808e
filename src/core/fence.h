/*
 * fence.h - what a restored backup must go through before it serves (trust.md 1: it is a time
 * machine for keys), and what is noticed of it afterwards.
 */
#ifndef MST_CORE_FENCE_H
#define MST_CORE_FENCE_H

#include "core/domain.h"

struct mst_fence {
    uint64_t windows_closed; /* pending keys, now expired */
    uint64_t keys_suspect;   /* keys in force, now marked */
    int64_t gen_ix;          /* of the new generation */
};

/*
 * In one transaction: every pending window is closed, every key in force is marked
 * MST_SUSPECT_UNSEEN, and a new random generation, none of those before, numbers the rows made from
 * now on. MST_EFULL: as many generations as can be.
 */
MST_MUST_USE enum mst_err mst_fence(struct mst_tx *tx, struct mst_fence *ret_fence);

/* Notes that a suspect key was used: *ret_is_first for the call that turns UNSEEN to SEEN, with the
   client's RID. */
MST_MUST_USE enum mst_err mst_fence_seen(const struct mst_domain *domain, struct mst_tx *tx,
                                         int64_t client_id, bool *ret_is_first,
                                         struct mst_handle *ret_rid);

#endif

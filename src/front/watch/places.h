/*
 * places.h - places of one kind (sessions, watchers, waits) that the tenants of a loop share
 * (docs/decide/0041).
 *
 * A tenant may take one more while what it holds is to what is left as its share to the rest, or less:
 *
 *     held / left  <  share / (100 - share)
 *
 * So one that is alone gets share percent of all and no more, those that all do what they can get the
 * same each, and whoever comes new finds something left. Taking and giving cost one look into a hash
 * table, however many tenants and places there are.
 */
#ifndef MST_FRONT_WATCH_PLACES_H
#define MST_FRONT_WATCH_PLACES_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

struct mst_places; /* of one thread */

/* share: 1 .. 100 percent; 100 bounds nobody. label: what refusals are counted as, enum
   mst_label_ROOM. max and share must not be 0. */
MST_MUST_USE enum mst_err mst_places_new(size_t max, unsigned share, unsigned label,
                                         struct mst_places **ret_places);
void mst_places_free(struct mst_places *places); /* none may be taken; NULL is fine */

/* lane: the tenant (core/lane.h); 0 is nobody, who may have all that is left. MST_EFULL: nothing is left,
   or that tenant holds its part, which is counted; MST_ENOMEM. */
MST_MUST_USE enum mst_err mst_places_take(struct mst_places *places, int64_t lane);
/* The same of one that nobody holds; it stays nobody's if the tenant may not have it. */
MST_MUST_USE enum mst_err mst_places_assign(struct mst_places *places, int64_t lane);
void mst_places_give(struct mst_places *places, int64_t lane);

#endif

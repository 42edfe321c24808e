/*
 * lanes.h - lanes that were found lately, one memory per loop: a device that writes again costs the store
 * no look at its model.
 */
#ifndef MST_FRONT_HTTP_LANES_H
#define MST_FRONT_HTTP_LANES_H

#include "base/limits.h"
#include "core/lane.h"

/* All zero is empty; nothing has to be freed. */
struct mst_lanes {
    struct {
        int64_t client_id; /* 0 = none */
        int64_t lane;
    } slots[MST_LANES_KEPT];
};

/* As mst_lane_of_client, from memory if it is there. */
MST_MUST_USE enum mst_err mst_lanes_find(struct mst_lanes *lanes, struct mst_tx *tx,
                                         int64_t client_id, int64_t *ret_lane);

#endif

#include "front/http/lanes.h"

enum mst_err mst_lanes_find(struct mst_lanes *lanes, struct mst_tx *tx, int64_t client_id,
                            int64_t *ret_lane)
{
    /* Ids of clients have gaps of one length, in which their dataports lie: spread by the upper bits. */
    size_t slot =
        (uint64_t)client_id * UINT64_C(0x9e3779b97f4a7c15) / (UINT64_MAX / MST_LANES_KEPT + 1);
    enum mst_err err = MST_OK;

    if (lanes->slots[slot].client_id != client_id) {
        int64_t lane = 0;

        err = mst_lane_of_client(tx, client_id, &lane);
        if (err != MST_OK)
            return err;
        lanes->slots[slot].client_id = client_id;
        lanes->slots[slot].lane = lane;
    }
    *ret_lane = lanes->slots[slot].lane;
    return MST_OK;
}

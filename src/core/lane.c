#include "core/lane.h"
#include "base/limits.h"

/* ENOENT leaves the lane as it is: the row went meanwhile. */
static enum mst_err of_model(struct mst_tx *tx, int64_t model_id, int64_t *ret_lane)
{
    struct mst_row_model model = {.id = model_id};
    enum mst_err err = mst_tx_get(tx, MST_IX_MODEL, &model);

    if (err == MST_OK)
        *ret_lane = model.vendor_id;
    return err == MST_ENOENT ? MST_OK : err;
}

static enum mst_err of_top(struct mst_tx *tx, int64_t client_id, int64_t *ret_lane)
{
    struct mst_row_vendor vendor = {.client_id = client_id};
    enum mst_err err = mst_tx_get(tx, MST_IX_VENDOR_CLIENT, &vendor);

    if (err == MST_OK || err == MST_ENOENT)
        *ret_lane = err == MST_OK ? vendor.id : -client_id;
    return err == MST_ENOENT ? MST_OK : err;
}

enum mst_err mst_lane_of_client(struct mst_tx *tx, int64_t client_id, int64_t *ret_lane)
{
    struct mst_arena *arena = mst_tx_arena(tx);
    const struct mst_arena_mark mark = mst_arena_mark(arena);
    struct mst_row_resource resource = {.id = client_id};
    int64_t top_id = client_id;

    for (int depth = 0; depth <= MST_TREE_DEPTH_MAX + 1; depth++) {
        enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);

        mst_arena_rewind(arena, mark); /* only its numbers are looked at */
        if (err == MST_ENOENT)
            break;
        if (err != MST_OK)
            return err;
        if (resource.model_id != 0) {
            *ret_lane = -client_id;
            return of_model(tx, resource.model_id, ret_lane);
        }
        if (resource.owner_id == 0)
            break; /* the root is above everybody */
        top_id = resource.id;
        resource.id = resource.owner_id;
    }
    return of_top(tx, top_id, ret_lane);
}

int64_t mst_lane_of_name(struct mst_span vendor_name)
{
    uint64_t hash = 14695981039346656037U; /* FNV-1a */

    for (size_t i = 0; i < vendor_name.len; i++)
        hash = (hash ^ (unsigned char)vendor_name.ptr[i]) * 1099511628211U;
    return INT64_MIN + (int64_t)((hash ^ hash >> 32) % MST_LANES_BY_NAME);
}

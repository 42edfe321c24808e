#include "core/left.h"
#include "core/due.h"

static enum mst_err note_port(void *arg, const void *row)
{
    *(int64_t *)arg = ((const struct mst_row_point *)row)->dataport_id;
    return MST_EREFUSED;
}

static enum mst_err note_any(void *arg, const void *row)
{
    (void)row;
    *(bool *)arg = true;
    return MST_EREFUSED;
}

/* By scans: whoever looks through all must not be remembered (store/cache.h) in place of what is in use. */
static enum mst_err look_at_next(struct mst_tx *tx, int64_t *id, bool *ret_is_there)
{
    const struct mst_row_point point = {.dataport_id = *id};
    struct mst_row_resource resource = {.id = 0};
    const struct mst_scan next = {
        .index = MST_IX_POINT, .key = &point, .has_after = true, .limit = 1};
    const struct mst_scan its = {
        .index = MST_IX_RESOURCE, .key = &resource, .n_fixed = 1, .limit = 1};
    const struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));
    enum mst_err err = mst_tx_scan(tx, &next, note_port, &resource.id);

    *id = resource.id;
    *ret_is_there = false;
    if (err == MST_OK && *id != 0)
        err = mst_tx_scan(tx, &its, note_any, ret_is_there);
    mst_arena_rewind(mst_tx_arena(tx), mark);
    return err;
}

enum mst_err mst_left_find(struct mst_tx *tx, struct mst_left *left)
{
    enum mst_err err = MST_OK;

    left->n = 0;
    for (int i = 0; i < MST_LEFT_LOOK && left->n < MST_LEFT_MAX && err == MST_OK; i++) {
        bool is_there;

        err = look_at_next(tx, &left->after, &is_there);
        if (err != MST_OK || left->after == 0)
            return err;
        if (!is_there)
            left->ids[left->n++] = left->after;
    }
    return err;
}

enum mst_err mst_left_trim(struct mst_tx *tx, const struct mst_left *left)
{
    enum mst_err err = MST_OK;

    for (size_t i = 0; i < left->n && err == MST_OK; i++) {
        int64_t due_ms;

        err = mst_due_get(tx, left->ids[i], MST_DUE_TRIM, &due_ms);
        if (err == MST_OK && due_ms == 0)
            err = mst_due_set(tx, left->ids[i], MST_DUE_TRIM, mst_tx_wall_now_ms(tx));
    }
    return err;
}

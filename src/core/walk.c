/*
 * The path from the top to where the walk is is all that is remembered: what follows is the next
 * younger child of the last client on it, or else the next younger of that client itself.
 */
#include "base/limits.h"
#include "core/walk.h"

static enum mst_err note_id(void *arg, const void *row)
{
    *(int64_t *)arg = ((const struct mst_row_resource *)row)->id;
    return MST_EREFUSED;
}

/* The oldest child client that is younger than after_id, or 0. */
static enum mst_err next_child(struct mst_tx *tx, int64_t owner_id, int64_t after_id,
                               int64_t *ret_id)
{
    const struct mst_row_resource key = {
        .owner_id = owner_id, .kind = MST_KIND_CLIENT, .id = after_id};
    const struct mst_scan scan = {
        .index = MST_IX_RESOURCE_OWNER, .key = &key, .n_fixed = 2, .has_after = true, .limit = 1};
    const struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));
    enum mst_err err;

    *ret_id = 0;
    err = mst_tx_scan(tx, &scan, note_id, ret_id);
    mst_arena_rewind(mst_tx_arena(tx), mark);
    return err;
}

enum mst_err mst_walk_clients(struct mst_tx *tx, int64_t top_id, size_t max,
                              enum mst_err (*each)(void *arg, struct mst_tx *tx, int64_t client_id,
                                                   unsigned depth),
                              void *arg)
{
    int64_t path[MST_TREE_DEPTH_MAX + 1] = {top_id};
    int64_t next = top_id, after = 0;
    unsigned depth = 0;
    size_t n = 0;

    for (;;) {
        const struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));
        enum mst_err err = MST_OK;

        if (next != 0 && n++ == max)
            return MST_EFULL;
        if (next != 0)
            err = each(arg, tx, next, depth);
        mst_arena_rewind(mst_tx_arena(tx), mark);
        if (err == MST_OK)
            err = next_child(tx, path[depth], after, &next);
        if (err != MST_OK || (next == 0 && depth == 0))
            return err;
        if (next != 0 && depth == MST_TREE_DEPTH_MAX)
            return MST_EFULL; /* seen while clients are being moved */
        after = next != 0 ? 0 : path[depth];
        if (next != 0)
            path[++depth] = next;
        else
            depth--;
    }
}

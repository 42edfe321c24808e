/*
 * The path from the top to where the walk is is all that is remembered: what follows is the next
 * younger child of the last client on it, or else the next younger of that client itself.
 */
#include "core/walk.h"

static enum mst_err note_id(void *arg, const void *row)
{
    *(int64_t *)arg = ((const struct mst_row_resource *)row)->id;
    return MST_EREFUSED;
}

/* The oldest child client of the last one on the path that is younger than the one left behind, or 0. */
static enum mst_err next_child(struct mst_tx *tx, struct mst_walk *walk, int64_t *ret_id)
{
    const struct mst_row_resource key = {
        .owner_id = walk->path[walk->depth], .kind = MST_KIND_CLIENT, .id = walk->after};
    const struct mst_scan scan = {
        .index = MST_IX_RESOURCE_OWNER, .key = &key, .n_fixed = 2, .has_after = true, .limit = 1};
    const struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));
    enum mst_err err;

    *ret_id = 0;
    err = mst_tx_scan(tx, &scan, note_id, ret_id);
    walk->n_bytes += mst_arena_since(mst_tx_arena(tx), mark);
    mst_arena_rewind(mst_tx_arena(tx), mark);
    return err;
}

void mst_walk_begin(struct mst_walk *walk, int64_t top_id, size_t max)
{
    *walk = (struct mst_walk){.path = {top_id}, .n_left = max};
}

/* Down to the next child, or else up to where there is one. */
static enum mst_err step(struct mst_tx *tx, struct mst_walk *walk, int64_t *ret_id)
{
    for (;;) {
        int64_t child = 0;
        enum mst_err err = next_child(tx, walk, &child);

        if (err != MST_OK)
            return err;
        if (child != 0 && walk->depth == MST_TREE_DEPTH_MAX)
            return MST_EFULL; /* seen while clients are being moved */
        if (child != 0) {
            walk->path[++walk->depth] = child;
            walk->after = 0;
        } else if (walk->depth > 0) {
            walk->after = walk->path[walk->depth--];
            continue;
        }
        *ret_id = child;
        return MST_OK;
    }
}

enum mst_err mst_walk_next(struct mst_tx *tx, struct mst_walk *walk, int64_t *ret_client_id,
                           unsigned *ret_depth)
{
    int64_t id = walk->path[0];
    enum mst_err err = walk->is_begun ? step(tx, walk, &id) : MST_OK;

    walk->is_begun = true;
    if (err == MST_OK && id != 0 && walk->n_left-- == 0)
        err = MST_EFULL;
    if (err != MST_OK)
        return err;
    *ret_client_id = id;
    *ret_depth = walk->depth;
    return MST_OK;
}

enum mst_err mst_walk_clients(struct mst_tx *tx, int64_t top_id, size_t max,
                              enum mst_err (*each)(void *arg, struct mst_tx *tx, int64_t client_id,
                                                   unsigned depth),
                              void *arg)
{
    struct mst_walk walk;
    int64_t id = 0;
    unsigned depth;
    enum mst_err err;

    mst_walk_begin(&walk, top_id, max);
    while ((err = mst_walk_next(tx, &walk, &id, &depth)) == MST_OK && id != 0) {
        const struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));

        err = each(arg, tx, id, depth);
        mst_arena_rewind(mst_tx_arena(tx), mark);
        if (err != MST_OK)
            return err;
    }
    return err;
}

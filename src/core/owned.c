#include "core/owned.h"

struct work {
    struct mst_tx *tx;
    struct mst_turn *turn;
    struct mst_owned *owned;
};

void mst_owned_begin(int64_t client_id, bool has_shares, struct mst_owned *ret_owned)
{
    *ret_owned = (struct mst_owned){
        .client_id = client_id, .kind = MST_KIND_CLIENT, .has_shares = has_shares};
}

static enum mst_err count_share(void *arg, const void *row)
{
    struct mst_owned *owned = arg;

    owned->share_after = ((const struct mst_row_share *)row)->id;
    owned->n_shares++;
    return MST_OK;
}

/* The codes of the child that was counted last. */
static enum mst_err count_shares(const struct work *work)
{
    struct mst_owned *owned = work->owned;
    const struct mst_row_share key = {.resource_id = owned->after, .id = owned->share_after};
    const struct mst_scan scan = {
        .index = MST_IX_SHARE_RESOURCE, .key = &key, .n_fixed = 1, .has_after = true};
    bool is_whole = false;
    enum mst_err err = mst_turn_scan(work->tx, work->turn, &scan, count_share, owned, &is_whole);

    owned->is_at_shares = !is_whole;
    return err;
}

static enum mst_err count_child(void *arg, const void *row)
{
    const struct work *work = arg;
    struct mst_owned *owned = work->owned;

    owned->after = ((const struct mst_row_resource *)row)->id;
    owned->n[owned->kind]++;
    owned->share_after = 0;
    return owned->has_shares ? count_shares(work) : MST_OK;
}

static enum mst_err count_children(struct work *work)
{
    struct mst_owned *owned = work->owned;
    const struct mst_row_resource key = {
        .owner_id = owned->client_id, .kind = owned->kind, .id = owned->after};
    const struct mst_scan scan = {
        .index = MST_IX_RESOURCE_OWNER, .key = &key, .n_fixed = 2, .has_after = true};
    bool is_whole;
    enum mst_err err = mst_turn_scan(work->tx, work->turn, &scan, count_child, work, &is_whole);

    if (err != MST_OK || !is_whole)
        return err;
    owned->after = 0;
    owned->is_whole = owned->kind++ == MST_KIND_DISPATCH;
    return MST_OK;
}

enum mst_err mst_owned_count(struct mst_tx *tx, struct mst_turn *turn, struct mst_owned *owned)
{
    struct work work = {tx, turn, owned};
    enum mst_err err = MST_OK;

    while (err == MST_OK && !owned->is_whole && !mst_turn_is_over(turn))
        err = owned->is_at_shares ? count_shares(&work) : count_children(&work);
    return err;
}

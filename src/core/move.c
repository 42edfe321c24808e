/*
 * Moving changes one row, the resource's own: whose it is. All below it stays as it is, and so do the
 * limits in it: a client's use is counted at its owner, and only there and upward something changes.
 *
 * How deep the tree is below the resource nobody remembers. It is looked at only if the resource would
 * come to lie deeper than now, and no further than MST_MOVE_LOOK_MAX clients.
 */
#include "core/move.h"
#include "core/quota.h"
#include "core/share.h"
#include "core/walk.h"

/* ---- depth ---- */

struct look {
    unsigned depth; /* where the top would be */
    bool is_too_deep;
};

static enum mst_err note_any(void *arg, const void *row)
{
    (void)row;
    *(bool *)arg = true;
    return MST_EREFUSED;
}

/* A client at the lowest level may not own anything. */
static enum mst_err look_at_client(void *arg, struct mst_tx *tx, int64_t client_id, unsigned depth)
{
    const struct mst_row_resource key = {.owner_id = client_id};
    const struct mst_scan scan = {
        .index = MST_IX_RESOURCE_OWNER, .key = &key, .n_fixed = 1, .limit = 1};
    struct look *look = arg;

    if (look->depth + depth < MST_TREE_DEPTH_MAX)
        return MST_OK;
    enum mst_err err = mst_tx_scan(tx, &scan, note_any, &look->is_too_deep);
    return err == MST_OK && look->is_too_deep ? MST_EREFUSED : err;
}

static enum mst_err check_depth(struct mst_tx *tx, const struct mst_row_resource *resource,
                                int64_t destination_id, enum mst_verdict *ret_verdict)
{
    struct look look = {0};
    unsigned depth;
    enum mst_err err = mst_resource_depth(tx, resource->id, &depth);

    if (err == MST_OK)
        err = mst_resource_depth(tx, destination_id, &look.depth);
    look.depth++;
    if (err != MST_OK || look.depth <= depth)
        return err;
    if (look.depth > MST_TREE_DEPTH_MAX)
        look.is_too_deep = true;
    else if (resource->kind == MST_KIND_CLIENT)
        err = mst_walk_clients(tx, resource->id, MST_MOVE_LOOK_MAX, look_at_client, &look);
    if (look.is_too_deep || err == MST_EFULL) {
        *ret_verdict = MST_NO_ROOM;
        return MST_OK;
    }
    return err;
}

/* ---- aliases ---- */

struct alias_node {
    struct mst_row_alias alias;
    struct alias_node *next;
};

struct aliases {
    struct mst_arena *arena;
    struct alias_node *first;
};

static enum mst_err note_alias(void *arg, const void *row)
{
    struct aliases *aliases = arg;
    struct alias_node *node = mst_arena_alloc(aliases->arena, sizeof *node);

    if (!node)
        return MST_ENOMEM;
    *node =
        (struct alias_node){.alias = *(const struct mst_row_alias *)row, .next = aliases->first};
    aliases->first = node;
    return MST_OK;
}

/* All are removed before the first is made again: the owner may be the same. */
static enum mst_err move_aliases(struct mst_tx *tx, int64_t resource_id, int64_t destination_id,
                                 bool is_kept, enum mst_verdict *ret_verdict)
{
    const struct mst_row_alias key = {.resource_id = resource_id};
    const struct mst_scan scan = {.index = MST_IX_ALIAS_RESOURCE, .key = &key, .n_fixed = 1};
    struct aliases aliases = {.arena = mst_tx_arena(tx)};
    enum mst_err err = mst_tx_scan(tx, &scan, note_alias, &aliases);

    for (struct alias_node *at = aliases.first; at && err == MST_OK; at = at->next)
        err = mst_tx_delete(tx, MST_TABLE_ALIAS, &at->alias);
    for (struct alias_node *at = aliases.first; at && err == MST_OK && is_kept; at = at->next) {
        at->alias.client_id = destination_id;
        err = mst_tx_insert(tx, MST_TABLE_ALIAS, &at->alias);
    }
    if (err == MST_EEXIST) {
        *ret_verdict = MST_IN_USE;
        return MST_OK;
    }
    return err;
}

/* ---- the whole ---- */

static enum mst_err judge(struct mst_tx *tx, int64_t caller_id,
                          const struct mst_row_resource *resource,
                          const struct mst_row_resource *destination, enum mst_verdict *ret_verdict)
{
    struct mst_row_vendor vendor = {.client_id = resource->id};
    bool is_within = false;
    enum mst_err err;

    *ret_verdict = MST_RESTRICTED;
    if (resource->id == caller_id || resource->owner_id == 0)
        return MST_OK;
    err = mst_tx_get(tx, MST_IX_VENDOR_CLIENT, &vendor);
    if (err != MST_ENOENT)
        return err;
    err = mst_access_is_within(tx, resource->id, destination->id, &is_within);
    if (err != MST_OK)
        return err;
    *ret_verdict = destination->kind != MST_KIND_CLIENT ? MST_NOT_FOUND
                   : is_within                          ? MST_NESTED
                                                        : MST_DONE;
    return *ret_verdict == MST_DONE ? check_depth(tx, resource, destination->id, ret_verdict)
                                    : MST_OK;
}

static enum mst_err count_share(void *arg, const struct mst_row_share *share)
{
    (void)share;
    ++*(int64_t *)arg;
    return MST_OK;
}

/* What the source has given back may be what the destination draws: they may have an owner in common. */
static enum mst_err move_amounts(struct mst_tx *tx, const struct mst_row_resource *resource,
                                 int64_t destination_id, enum mst_verdict *ret_verdict)
{
    int64_t n_shares = 0;
    enum mst_err err = mst_share_list(tx, resource->id, count_share, &n_shares);

    if (err == MST_OK)
        err = mst_quota_release(tx, resource, n_shares);
    if (err == MST_OK)
        err = mst_quota_draw(tx, resource, n_shares, destination_id, ret_verdict);
    return err;
}

enum mst_err mst_resource_move(const struct mst_domain *domain, struct mst_tx *tx,
                               int64_t caller_id, const struct mst_row_resource *resource,
                               const struct mst_row_resource *destination, bool is_aliased,
                               enum mst_verdict *ret_verdict)
{
    struct mst_row_resource moved = *resource;
    enum mst_err err = judge(tx, caller_id, resource, destination, ret_verdict);

    if (err == MST_OK && *ret_verdict == MST_DONE && !(domain->defects & MST_DEFECTIVE_MOVE))
        err = move_amounts(tx, resource, destination->id, ret_verdict);
    if (err == MST_OK && *ret_verdict == MST_DONE)
        err = move_aliases(tx, resource->id, destination->id, is_aliased, ret_verdict);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    moved.owner_id = destination->id;
    return mst_tx_update(tx, MST_TABLE_RESOURCE, &moved, MST_BIT(resource, owner_id));
}

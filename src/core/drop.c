/*
 * Dropping a resource removes it with all below it, from the leaves up: from the top down
 * to a client without clients of its own, which goes with its other resources, aliases, key and
 * quota, and back to its owner, until the top itself is gone. No list is kept, so
 * neither the depth nor the size of the tree costs memory. What the whole subtree had
 * drawn is given back to the owner once, at the top.
 *
 * A serial number whose client goes keeps the client's row number and so becomes
 * ORPHANED by itself; the log entry of the last activation belongs to the serial
 * number and moves to its log before the client row, which held it, is gone.
 *
 * What lived for a while leaves a note of it with that owner (usage.h).
 *
 * Points of a port that are still being copied to a clone are left to the end of that copying.
 *
 * A client that owns a vendor name cannot be dropped: the name must be given up first
 * (2.10), so that no model or token is ever left without its vendor. Vendor names
 * belong to direct children of the root client only, so looking at the top is enough.
 */
#include "core/client.h"
#include "core/copying.h"
#include "core/foreign.h"
#include "core/grant.h"
#include "core/quota.h"
#include "core/share.h"
#include "core/subscribe.h"
#include "core/sweep.h"
#include "core/usage.h"

struct drop {
    int64_t survivor_id; /* the owner of the top */
    enum mst_err (*each_port)(void *arg, int64_t dataport_id);
    void *arg;
};

static enum mst_err remove_aliases_of(struct mst_tx *tx, int64_t resource_id)
{
    const struct mst_row_alias key = {.resource_id = resource_id};

    return mst_sweep_delete(tx, MST_IX_ALIAS_RESOURCE, &key, 1, MST_TABLE_ALIAS, sizeof key);
}

static enum mst_err remove_port(void *arg, struct mst_tx *tx, const void *row)
{
    const struct mst_row_resource *port = row;
    const struct drop *drop = arg;
    const struct mst_row_point_copy copy = {.target_id = port->id};
    bool is_copied = false;
    int64_t n_shares;
    enum mst_err err = mst_tx_delete(tx, MST_TABLE_RESOURCE, port);

    if (err == MST_OK)
        err = mst_usage_end(tx, port, drop->survivor_id);
    if (err == MST_OK)
        err = mst_foreign_end_rid(tx, port);
    if (err == MST_OK)
        err = mst_share_remove_all(tx, port->id, &n_shares);
    if (err == MST_OK)
        err = mst_subscribe_end(tx, port->id);
    if (err != MST_OK)
        return err;
    err = mst_tx_delete(tx, MST_TABLE_POINT_COPY, &copy);
    if (err == MST_OK || err == MST_ENOENT)
        err = mst_copying_has_source(tx, port->id, &is_copied);
    if (err == MST_OK && !is_copied && drop->each_port)
        err = drop->each_port(drop->arg, port->id);
    return err;
}

/* Keeps the log entry of the client's last activation, if a serial number still claims it. */
static enum mst_err settle_log(struct mst_tx *tx, const struct mst_row_resource *resource,
                               struct mst_row_client *client)
{
    struct mst_row_serial serial = {.model_id = resource->model_id, .sn = resource->sn};
    enum mst_err err;

    if (resource->sn.len == 0 || client->log_at == 0)
        return MST_OK;
    err = mst_tx_get(tx, MST_IX_SERIAL, &serial);
    if (err != MST_OK)
        return err == MST_ENOENT ? MST_OK : err;
    if (serial.client_id != resource->id)
        return MST_OK;
    return mst_client_settle_log(tx, client, serial.model_id, serial.sn);
}

static enum mst_err remove_key(struct mst_tx *tx, const struct mst_row_resource *resource)
{
    const struct mst_row_quota quota = {.client_id = resource->id};
    struct mst_row_client client = {.id = resource->id};
    enum mst_err err = mst_tx_get(tx, MST_IX_CLIENT, &client);

    if (err == MST_OK)
        err = settle_log(tx, resource, &client);
    if (err == MST_OK)
        err = mst_foreign_end_cik(tx, &client);
    if (err == MST_OK)
        err = mst_tx_delete(tx, MST_TABLE_CLIENT, &client);
    if (err == MST_OK)
        err = mst_tx_delete(tx, MST_TABLE_QUOTA, &quota);
    return err;
}

/* A client that owns no clients any more; *ret_owner_id is where to go on. */
static enum mst_err remove_client(struct drop *drop, struct mst_tx *tx, int64_t client_id,
                                  int64_t *ret_owner_id)
{
    const struct mst_row_resource ports = {.owner_id = client_id};
    const struct mst_row_alias aliases = {.client_id = client_id};
    struct mst_row_resource client = {.id = client_id};
    int64_t n_shares;
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &client);

    if (err == MST_OK)
        err = mst_sweep_delete(tx, MST_IX_ALIAS, &aliases, 1, MST_TABLE_ALIAS, sizeof aliases);
    if (err == MST_OK)
        err = mst_sweep(tx, MST_IX_RESOURCE_OWNER, &ports, 1, sizeof ports, remove_port, drop);
    if (err == MST_OK)
        err = remove_key(tx, &client);
    if (err == MST_OK)
        err = mst_share_remove_all(tx, client_id, &n_shares);
    if (err == MST_OK)
        err = mst_share_leave_all(tx, client_id);
    if (err == MST_OK)
        err = mst_grant_remove_all(tx, client_id);
    if (err == MST_OK)
        err = mst_usage_end_client(tx, client_id, drop->survivor_id);
    if (err == MST_OK)
        err = mst_usage_end(tx, &client, drop->survivor_id);
    if (err == MST_OK)
        err = mst_foreign_end_rid(tx, &client);
    if (err == MST_OK)
        err = mst_tx_delete(tx, MST_TABLE_RESOURCE, &client);
    if (err == MST_OK)
        *ret_owner_id = client.owner_id;
    return err;
}

static enum mst_err note_client(void *arg, const void *row)
{
    int64_t *id = arg;

    *id = ((const struct mst_row_resource *)row)->id;
    return MST_EREFUSED;
}

/* Any child client, or 0. */
static enum mst_err find_client(struct mst_tx *tx, int64_t owner_id, int64_t *ret_id)
{
    const struct mst_row_resource key = {.owner_id = owner_id, .kind = MST_KIND_CLIENT};
    const struct mst_scan scan = {
        .index = MST_IX_RESOURCE_OWNER, .key = &key, .n_fixed = 2, .limit = 1};

    *ret_id = 0;
    return mst_tx_scan(tx, &scan, note_client, ret_id);
}

static enum mst_err remove_clients(struct drop *drop, struct mst_tx *tx, int64_t top_id)
{
    int64_t at = top_id, next = 0;
    bool is_done = false;
    enum mst_err err = MST_OK;

    while (err == MST_OK && !is_done) {
        struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));

        err = find_client(tx, at, &next);
        if (err == MST_OK && next == 0) {
            is_done = at == top_id;
            err = remove_client(drop, tx, at, &next);
        }
        at = next;
        mst_arena_rewind(mst_tx_arena(tx), mark);
    }
    return err;
}

static enum mst_err remove_tree(struct drop *drop, struct mst_tx *tx,
                                const struct mst_row_resource *top)
{
    int64_t n_shares;
    enum mst_err err = mst_share_remove_all(tx, top->id, &n_shares);

    if (err == MST_OK)
        err = mst_quota_release(tx, top, n_shares);
    if (err == MST_OK)
        err = remove_aliases_of(tx, top->id);
    if (err != MST_OK)
        return err;
    return top->kind == MST_KIND_CLIENT ? remove_clients(drop, tx, top->id)
                                        : remove_port(drop, tx, top);
}

enum mst_err mst_resource_drop(struct mst_tx *tx, int64_t caller_id,
                               const struct mst_row_resource *resource,
                               enum mst_err (*each_port)(void *arg, int64_t dataport_id), void *arg,
                               enum mst_verdict *ret_verdict)
{
    struct mst_row_vendor vendor = {.client_id = resource->id};
    struct drop drop = {.survivor_id = resource->owner_id, .each_port = each_port, .arg = arg};
    enum mst_err err;

    if (resource->id == caller_id || resource->owner_id == 0) {
        *ret_verdict = MST_RESTRICTED;
        return MST_OK;
    }
    err = mst_tx_get(tx, MST_IX_VENDOR_CLIENT, &vendor);
    if (err != MST_ENOENT) {
        *ret_verdict = MST_RESTRICTED;
        return err;
    }
    err = remove_tree(&drop, tx, resource);
    if (err == MST_OK)
        *ret_verdict = MST_DONE;
    return err == MST_ENOENT ? MST_ECORRUPT : err;
}

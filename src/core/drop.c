/*
 * Dropping a resource removes it with all below it. The clients still to be
 * emptied wait in a list in the transaction's arena, so the depth of the tree costs
 * no stack. Each client goes with its dataports, aliases, key and quota; what the
 * whole subtree had drawn is given back to the owner once, at the top.
 *
 * A serial number whose client goes keeps the client's row number and so becomes
 * ORPHANED by itself; the log entry of the last activation belongs to the serial
 * number and moves to its log before the client row, which held it, is gone.
 *
 * A client that owns a vendor name cannot be dropped: the name must be given up first
 * (2.10), so that no model or token is ever left without its vendor. Vendor names
 * belong to direct children of the root client only, so looking at the top is enough.
 */
#include "core/client.h"
#include "core/quota.h"
#include "core/sweep.h"

struct doomed {
    struct mst_row_resource resource;
    struct doomed *next;
};

struct drop {
    struct doomed *clients; /* still to be emptied */
    enum mst_err (*each_port)(void *arg, int64_t dataport_id);
    void *arg;
};

static enum mst_err remove_aliases_of(struct mst_tx *tx, int64_t resource_id)
{
    const struct mst_row_alias key = {.resource_id = resource_id};

    return mst_sweep_delete(tx, MST_IX_ALIAS_RESOURCE, &key, 1, MST_TABLE_ALIAS, sizeof key);
}

static enum mst_err remove_port(const struct drop *drop, struct mst_tx *tx,
                                const struct mst_row_resource *port)
{
    enum mst_err err = mst_tx_delete(tx, MST_TABLE_RESOURCE, port);

    if (err == MST_OK && drop->each_port)
        err = drop->each_port(drop->arg, port->id);
    return err;
}

static enum mst_err doom_client(struct drop *drop, struct mst_tx *tx,
                                const struct mst_row_resource *client)
{
    struct doomed *doomed = mst_arena_alloc(mst_tx_arena(tx), sizeof *doomed);

    if (!doomed)
        return MST_ENOMEM;
    *doomed = (struct doomed){*client, drop->clients};
    drop->clients = doomed;
    return mst_tx_delete(tx, MST_TABLE_RESOURCE, client);
}

static enum mst_err remove_child(void *arg, struct mst_tx *tx, const void *row)
{
    const struct mst_row_resource *child = row;
    struct drop *drop = arg;

    return child->kind == MST_KIND_CLIENT ? doom_client(drop, tx, child)
                                          : remove_port(drop, tx, child);
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
        err = mst_tx_delete(tx, MST_TABLE_CLIENT, &client);
    if (err == MST_OK)
        err = mst_tx_delete(tx, MST_TABLE_QUOTA, &quota);
    return err;
}

static enum mst_err empty_client(struct drop *drop, struct mst_tx *tx,
                                 const struct mst_row_resource *client)
{
    const struct mst_row_resource children = {.owner_id = client->id};
    const struct mst_row_alias aliases = {.client_id = client->id};
    enum mst_err err =
        mst_sweep_delete(tx, MST_IX_ALIAS, &aliases, 1, MST_TABLE_ALIAS, sizeof aliases);

    if (err == MST_OK)
        err =
            mst_sweep(tx, MST_IX_RESOURCE_OWNER, &children, 1, sizeof children, remove_child, drop);
    return err != MST_OK ? err : remove_key(tx, client);
}

static enum mst_err remove_tree(struct drop *drop, struct mst_tx *tx,
                                const struct mst_row_resource *top)
{
    enum mst_err err = mst_quota_release(tx, top);

    if (err == MST_OK)
        err = remove_aliases_of(tx, top->id);
    if (err == MST_OK)
        err = remove_child(drop, tx, top);
    while (err == MST_OK && drop->clients) {
        struct doomed *doomed = drop->clients;
        drop->clients = doomed->next;
        err = empty_client(drop, tx, &doomed->resource);
    }
    return err;
}

enum mst_err mst_resource_drop(struct mst_tx *tx, int64_t caller_id,
                               const struct mst_row_resource *resource,
                               enum mst_err (*each_port)(void *arg, int64_t dataport_id), void *arg,
                               enum mst_verdict *ret_verdict)
{
    struct mst_row_vendor vendor = {.client_id = resource->id};
    struct drop drop = {.each_port = each_port, .arg = arg};
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

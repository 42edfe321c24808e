/*
 * The CIK itself lies encrypted in its row, found by a locator of 16 bytes that is made from it without
 * any key (keys.md). What was found is opened and compared whole, in constant time: a
 * locator proves nothing.
 *
 * The row belongs to one epoch of one client. Whatever ends the epoch removes the row in the same
 * transaction (mst_client_apply, dropping), and the epoch in it is compared all the same.
 */
#include "core/foreign.h"
#include "base/hex.h"
#include "core/access.h"

/* ---- the mark ---- */

static enum mst_err look_for_mark(struct mst_tx *tx, bool *ret_is_marked)
{
    struct mst_row_meta meta = {.name = MST_META_FOREIGN};
    enum mst_err err = mst_tx_get(tx, MST_IX_META, &meta);

    if (err != MST_OK && err != MST_ENOENT)
        return err;
    *ret_is_marked = err == MST_OK;
    return MST_OK;
}

/* Readers remember that there is no such row until the transaction that inserts it is published. */
static enum mst_err set_mark(struct mst_tx *tx)
{
    struct mst_row_meta meta = {.name = MST_META_FOREIGN, .value = MST_LIT("1")};
    bool is_marked;
    enum mst_err err = look_for_mark(tx, &is_marked);

    return err != MST_OK || is_marked ? err : mst_tx_insert(tx, MST_TABLE_META, &meta);
}

/* ---- CIKs ---- */

/* The seed under which the row was sealed: the client's number, the row's own kid. */
static struct mst_key_seed seed_of(const struct mst_row_client *client,
                                   const struct mst_row_foreign_cik *row)
{
    return (struct mst_key_seed){.row = client->id, .gen_ix = client->gen_ix, .kid = row->kid};
}

static enum mst_err get_client(struct mst_tx *tx, int64_t id, struct mst_row_client *client)
{
    client->id = id;
    return mst_tx_get(tx, MST_IX_CLIENT, client);
}

static bool is_of_epoch(const struct mst_row_client *client, const struct mst_row_foreign_cik *row)
{
    return (client->foreign_bits & MST_FOREIGN_CIK) != 0 && client->epoch == row->epoch;
}

enum mst_err mst_foreign_find_cik(const struct mst_domain *domain, struct mst_tx *tx,
                                  struct mst_span text, bool *ret_is_found,
                                  struct mst_row_client *ret_client)
{
    static const char no_key[MST_SEALED_HANDLE_BYTES];
    const struct mst_keys *keys = domain->keys;
    uint8_t locator[MST_LOCATOR_BYTES] = {0};
    struct mst_row_foreign_cik row = {.locator = mst_span_of(locator, sizeof locator)};
    struct mst_row_client client = {0};
    struct mst_key_seed seed;
    struct mst_handle cik = {{0}};
    bool is_marked, is_present, is_open;
    enum mst_err err = look_for_mark(tx, &is_marked);

    *ret_is_found = false;
    if (err != MST_OK || !is_marked || keys->locator(keys->ctx, text, locator) != MST_OK)
        return err;
    err = mst_tx_get(tx, MST_IX_FOREIGN_CIK, &row);
    if (err == MST_OK || err == MST_ENOENT)
        err = get_client(tx, row.client_id, &client);
    if (err != MST_OK && err != MST_ENOENT)
        return err;
    is_present = err == MST_OK;
    if (!is_present) {
        row.kid = keys->current_kid(keys->ctx);
        row.sealed = mst_span_of(no_key, sizeof no_key);
    }
    seed = seed_of(&client, &row);
    is_open = keys->open(keys->ctx, &seed, row.sealed, &cik) == MST_OK;
    if (mst_secret_eq(mst_handle_span(&cik), text) && is_open && is_present &&
        is_of_epoch(&client, &row)) {
        *ret_is_found = true;
        *ret_client = client;
    }
    mst_secret_wipe(&cik, sizeof cik);
    return MST_OK;
}

enum mst_err mst_foreign_cik(const struct mst_domain *domain, struct mst_tx *tx,
                             const struct mst_row_client *client, struct mst_handle *ret_cik)
{
    struct mst_row_foreign_cik row = {.client_id = client->id};
    struct mst_key_seed seed;
    enum mst_err err = mst_tx_get(tx, MST_IX_FOREIGN_CIK_CLIENT, &row);

    if (err != MST_OK || !is_of_epoch(client, &row))
        return err == MST_OK || err == MST_ENOENT ? MST_ECORRUPT : err;
    seed = seed_of(client, &row);
    return domain->keys->open(domain->keys->ctx, &seed, row.sealed, ret_cik);
}

enum mst_err mst_foreign_set_cik(const struct mst_domain *domain, struct mst_tx *tx,
                                 struct mst_row_client *client, struct mst_span cik,
                                 enum mst_verdict *ret_verdict)
{
    const struct mst_keys *keys = domain->keys;
    const struct mst_key_seed seed = mst_client_seed(client);
    uint8_t locator[MST_LOCATOR_BYTES] = {0}, sealed[MST_SEALED_HANDLE_BYTES] = {0};
    struct mst_row_foreign_cik row = {.locator = mst_span_of(locator, sizeof locator),
                                      .client_id = client->id,
                                      .epoch = client->epoch,
                                      .kid = client->kid,
                                      .sealed = mst_span_of(sealed, sizeof sealed)};
    struct mst_row_client other;
    bool is_taken;
    enum mst_err err;

    *ret_verdict = MST_BAD_VALUE;
    if (keys->locator(keys->ctx, cik, locator) != MST_OK)
        return MST_OK;
    err = mst_access_key(domain, tx, cik, &is_taken, &other);
    if (err != MST_OK)
        return err;
    *ret_verdict = is_taken ? MST_EXISTS : MST_DONE;
    if (is_taken)
        return MST_OK;
    err = keys->seal(keys->ctx, &seed, cik, sealed);
    if (err == MST_OK)
        err = set_mark(tx);
    if (err == MST_OK)
        err = mst_tx_insert(tx, MST_TABLE_FOREIGN_CIK, &row);
    if (err == MST_OK)
        client->foreign_bits |= MST_FOREIGN_CIK;
    else if (err ==
             MST_EEXIST) { /* another key with this locator: it takes 2^64 keys to meet one */
        *ret_verdict = MST_EXISTS;
        err = MST_OK;
    }
    return err;
}

enum mst_err mst_foreign_end_cik(struct mst_tx *tx, struct mst_row_client *client)
{
    struct mst_row_foreign_cik row = {.client_id = client->id};
    enum mst_err err;

    if (!(client->foreign_bits & MST_FOREIGN_CIK))
        return MST_OK;
    err = mst_tx_get(tx, MST_IX_FOREIGN_CIK_CLIENT, &row);
    if (err == MST_OK)
        err = mst_tx_delete(tx, MST_TABLE_FOREIGN_CIK, &row);
    if (err != MST_OK)
        return err == MST_ENOENT ? MST_ECORRUPT : err;
    client->foreign_bits &= ~MST_FOREIGN_CIK;
    return MST_OK;
}

/* ---- RIDs ---- */

enum mst_err mst_foreign_find_rid(struct mst_tx *tx, struct mst_span rid,
                                  enum mst_verdict *ret_verdict,
                                  struct mst_row_resource *ret_resource)
{
    uint8_t bytes[MST_HANDLE_BYTES] = {0};
    struct mst_row_foreign_rid row = {.rid = mst_span_of(bytes, sizeof bytes)};
    struct mst_row_resource resource = {0};
    bool is_marked;
    enum mst_err err = look_for_mark(tx, &is_marked);

    *ret_verdict = MST_NOT_FOUND;
    if (err != MST_OK || !is_marked || mst_hex_decode(rid, bytes, sizeof bytes) != MST_OK)
        return err;
    err = mst_tx_get(tx, MST_IX_FOREIGN_RID, &row);
    if (err != MST_OK)
        return err == MST_ENOENT ? MST_OK : err;
    resource.id = row.resource_id;
    err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);
    if (err != MST_OK) /* dropped between the two, as a reader may see it */
        return err == MST_ENOENT ? MST_OK : err;
    *ret_verdict = MST_DONE;
    *ret_resource = resource;
    return MST_OK;
}

static enum mst_err mark_client(struct mst_tx *tx, const struct mst_row_resource *resource)
{
    struct mst_row_client client;
    enum mst_err err;

    if (resource->kind != MST_KIND_CLIENT)
        return MST_OK;
    err = get_client(tx, resource->id, &client);
    client.foreign_bits |= MST_FOREIGN_RID;
    if (err == MST_OK)
        err = mst_tx_update(tx, MST_TABLE_CLIENT, &client, MST_BIT(client, foreign_bits));
    return err == MST_ENOENT ? MST_ECORRUPT : err;
}

enum mst_err mst_foreign_set_rid(const struct mst_domain *domain, struct mst_tx *tx,
                                 struct mst_row_resource *resource, struct mst_span rid,
                                 enum mst_verdict *ret_verdict)
{
    struct mst_row_foreign_rid row = {.resource_id = resource->id};
    struct mst_row_resource other;
    uint8_t *bytes;
    enum mst_err err = mst_access_rid(domain, tx, rid, ret_verdict, &other);

    if (err != MST_OK)
        return err;
    if (*ret_verdict == MST_DONE) {
        *ret_verdict = MST_EXISTS;
        return MST_OK;
    }
    *ret_verdict = MST_BAD_VALUE;
    bytes = mst_arena_alloc(mst_tx_arena(tx), MST_HANDLE_BYTES); /* the row keeps it */
    if (!bytes)
        return MST_ENOMEM;
    if (mst_hex_decode(rid, bytes, MST_HANDLE_BYTES) != MST_OK)
        return MST_OK;
    *ret_verdict = MST_DONE;
    row.rid = resource->foreign_rid = mst_span_of(bytes, MST_HANDLE_BYTES);
    err = set_mark(tx);
    if (err == MST_OK)
        err = mst_tx_insert(tx, MST_TABLE_FOREIGN_RID, &row);
    if (err == MST_OK)
        err = mst_tx_update(tx, MST_TABLE_RESOURCE, resource, MST_BIT(resource, foreign_rid));
    return err != MST_OK ? err : mark_client(tx, resource);
}

enum mst_err mst_foreign_end_rid(struct mst_tx *tx, const struct mst_row_resource *resource)
{
    const struct mst_row_foreign_rid row = {.rid = resource->foreign_rid};
    enum mst_err err = row.rid.len > 0 ? mst_tx_delete(tx, MST_TABLE_FOREIGN_RID, &row) : MST_OK;

    return err == MST_ENOENT ? MST_ECORRUPT : err;
}

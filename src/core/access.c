/*
 * A handle names a row before it proves anything (keys.md): the row is loaded, or a
 * dummy in its place, the handle is compared in constant time, and only a right one
 * lets the state be looked at. All failures look alike from outside.
 */
#include "core/access.h"
#include "core/client.h"
#include "core/foreign.h"

/* ---- keys ---- */

/* The client whose derived key cik is, or the row that it names, or a dummy. */
static enum mst_err find_derived(const struct mst_domain *domain, struct mst_tx *tx,
                                 struct mst_span cik, bool *ret_is_right,
                                 struct mst_row_client *ret_client)
{
    const struct mst_keys *keys = domain->keys;
    struct mst_row_client client = {0};
    struct mst_key_seed seed;
    enum mst_err err = keys->locate(keys->ctx, MST_HANDLE_CIK, cik, &client.id);
    bool is_present;

    if (err == MST_ESYNTAX || err == MST_ENOENT) {
        *ret_is_right = false;
        *ret_client = (struct mst_row_client){0};
        return MST_OK;
    }
    if (err != MST_OK)
        return err;
    err = mst_tx_get(tx, MST_IX_CLIENT, &client);
    if (err != MST_OK && err != MST_ENOENT)
        return err;
    is_present = err == MST_OK;
    if (!is_present) {
        client.kid = keys->current_kid(keys->ctx);
        client.gen_ix = keys->current_gen_ix(keys->ctx);
    }
    seed = mst_client_seed(&client);
    *ret_is_right = keys->verify(keys->ctx, MST_HANDLE_CIK, &seed, cik) && is_present &&
                    !(client.foreign_bits & MST_FOREIGN_CIK);
    *ret_client = client;
    return MST_OK;
}

/* A key that is right but not in force is looked for elsewhere too: it takes the time of a wrong one. */
enum mst_err mst_access_key(const struct mst_domain *domain, struct mst_tx *tx, struct mst_span cik,
                            bool *ret_is_right, struct mst_row_client *ret_client)
{
    bool is_right, is_foreign = false;
    enum mst_err err = find_derived(domain, tx, cik, &is_right, ret_client);

    if (err == MST_OK &&
        (!is_right || mst_client_state(domain, tx, ret_client) != MST_STATE_ACTIVATED))
        err = mst_foreign_find_cik(domain, tx, cik, &is_foreign, ret_client);
    if (err == MST_OK)
        *ret_is_right = is_right || is_foreign;
    return err;
}

static enum mst_verdict standing_of(const struct mst_domain *domain, struct mst_tx *tx,
                                    const struct mst_row_client *client)
{
    if (mst_client_state(domain, tx, client) != MST_STATE_ACTIVATED)
        return MST_NO_AUTH;
    return client->is_locked ? MST_KEY_LOCKED : MST_DONE;
}

enum mst_err mst_access_cik(const struct mst_domain *domain, struct mst_tx *tx, struct mst_span cik,
                            enum mst_verdict *ret_verdict, struct mst_row_client *ret_client)
{
    struct mst_row_client client;
    bool is_right;
    enum mst_err err = mst_access_key(domain, tx, cik, &is_right, &client);

    if (err != MST_OK)
        return err;
    *ret_verdict = is_right ? standing_of(domain, tx, &client) : MST_NO_AUTH;
    if (*ret_verdict != MST_NO_AUTH)
        *ret_client = client;
    return MST_OK;
}

/* ---- managers ---- */

static enum mst_err manager_by_cik(const struct mst_domain *domain, struct mst_tx *tx,
                                   struct mst_span text, enum mst_verdict *ret_verdict,
                                   struct mst_manager *ret_manager)
{
    struct mst_manager manager = {0};
    struct mst_row_client client;
    enum mst_err err = mst_access_cik(domain, tx, text, ret_verdict, &client);

    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    manager.client = client;
    manager.client_id = manager.vendor.client_id = client.id;
    err = mst_tx_get(tx, MST_IX_VENDOR_CLIENT, &manager.vendor);
    if (err != MST_OK && err != MST_ENOENT)
        return err;
    manager.has_vendor = err == MST_OK;
    *ret_manager = manager;
    return MST_OK;
}

/* A token stands for its vendor's domain client, so it is worth what that client's key is. */
static enum mst_err vendor_of_token(const struct mst_domain *domain, struct mst_tx *tx,
                                    const struct mst_row_token *token,
                                    enum mst_verdict *ret_verdict, struct mst_manager *ret_manager)
{
    struct mst_manager manager = {.is_token = true, .has_vendor = true};
    struct mst_row_client client = {0};
    enum mst_err err;

    manager.vendor.id = token->vendor_id;
    err = mst_tx_get(tx, MST_IX_VENDOR, &manager.vendor);
    if (err != MST_OK)
        return err == MST_ENOENT ? MST_ECORRUPT : err;
    manager.client_id = client.id = manager.vendor.client_id;
    err = mst_tx_get(tx, MST_IX_CLIENT, &client);
    if (err != MST_OK)
        return err == MST_ENOENT ? MST_ECORRUPT : err;
    *ret_verdict = standing_of(domain, tx, &client);
    manager.client = client;
    if (*ret_verdict == MST_DONE)
        *ret_manager = manager;
    return MST_OK;
}

static enum mst_err manager_by_token(const struct mst_domain *domain, struct mst_tx *tx,
                                     struct mst_span text, enum mst_verdict *ret_verdict,
                                     struct mst_manager *ret_manager)
{
    const struct mst_keys *keys = domain->keys;
    struct mst_row_token token = {0};
    struct mst_key_seed seed;
    bool is_present, is_right;
    enum mst_err err = keys->locate(keys->ctx, MST_HANDLE_TOKEN, text, &token.id);

    *ret_verdict = MST_NO_AUTH;
    if (err != MST_OK)
        return err == MST_ESYNTAX || err == MST_ENOENT ? MST_OK : err;
    err = mst_tx_get(tx, MST_IX_TOKEN, &token);
    if (err != MST_OK && err != MST_ENOENT)
        return err;
    is_present = err == MST_OK;
    if (!is_present) {
        token.kid = keys->current_kid(keys->ctx);
        token.gen_ix = keys->current_gen_ix(keys->ctx);
    }
    seed = mst_token_seed(&token);
    is_right = keys->verify(keys->ctx, MST_HANDLE_TOKEN, &seed, text);
    if (!is_right || !is_present)
        return MST_OK;
    return vendor_of_token(domain, tx, &token, ret_verdict, ret_manager);
}

enum mst_err mst_access_manager(const struct mst_domain *domain, struct mst_tx *tx,
                                struct mst_span cik, struct mst_span token,
                                enum mst_verdict *ret_verdict, struct mst_manager *ret_manager)
{
    const struct mst_span headers[] = {cik, token};
    bool is_locked = false;

    for (size_t i = 0; i < 2; i++) {
        if (headers[i].len == 0)
            continue;
        for (int as_token = 0; as_token < 2; as_token++) {
            enum mst_verdict verdict;
            enum mst_err err = (as_token ? manager_by_token : manager_by_cik)(
                domain, tx, headers[i], &verdict, ret_manager);
            if (err != MST_OK)
                return err;
            if (verdict == MST_DONE) {
                *ret_verdict = MST_DONE;
                return MST_OK;
            }
            is_locked |= verdict == MST_KEY_LOCKED;
        }
    }
    *ret_verdict = is_locked ? MST_KEY_LOCKED : MST_NO_AUTH;
    return MST_OK;
}

/* ---- the tree ---- */

/* The resource whose derived RID rid is; a resource with a RID from elsewhere has none. */
static enum mst_err find_derived_rid(const struct mst_domain *domain, struct mst_tx *tx,
                                     struct mst_span rid, enum mst_verdict *ret_verdict,
                                     struct mst_row_resource *ret_resource)
{
    const struct mst_keys *keys = domain->keys;
    struct mst_row_resource resource = {0};
    struct mst_key_seed seed;
    enum mst_err err = keys->locate(keys->ctx, MST_HANDLE_RID, rid, &resource.id);

    *ret_verdict = MST_NOT_FOUND;
    if (err != MST_OK)
        return err == MST_ESYNTAX || err == MST_ENOENT ? MST_OK : err;
    err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);
    if (err != MST_OK)
        return err == MST_ENOENT ? MST_OK : err;
    seed = mst_resource_seed(&resource);
    if (!keys->verify(keys->ctx, MST_HANDLE_RID, &seed, rid) || resource.foreign_rid.len > 0)
        return MST_OK;
    *ret_verdict = MST_DONE;
    *ret_resource = resource;
    return MST_OK;
}

/* What this store once gave out itself, and whose resource is gone, may have come back from elsewhere. */
enum mst_err mst_access_rid(const struct mst_domain *domain, struct mst_tx *tx, struct mst_span rid,
                            enum mst_verdict *ret_verdict, struct mst_row_resource *ret_resource)
{
    enum mst_err err = find_derived_rid(domain, tx, rid, ret_verdict, ret_resource);

    if (err != MST_OK || *ret_verdict == MST_DONE)
        return err;
    return mst_foreign_find_rid(tx, rid, ret_verdict, ret_resource);
}

enum mst_err mst_access_is_within(struct mst_tx *tx, int64_t ancestor_id, int64_t resource_id,
                                  bool *ret_is_within)
{
    struct mst_row_resource resource = {.id = resource_id};

    for (int depth = 0; depth <= MST_TREE_DEPTH_MAX + 1 && resource.id != 0; depth++) {
        if (resource.id == ancestor_id) {
            *ret_is_within = true;
            return MST_OK;
        }
        enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);
        if (err != MST_OK && err != MST_ENOENT)
            return err;
        if (err == MST_ENOENT)
            break;
        resource.id = resource.owner_id;
    }
    *ret_is_within = false;
    return MST_OK;
}

enum mst_err mst_access_client_below(const struct mst_domain *domain, struct mst_tx *tx,
                                     int64_t ancestor_id, struct mst_span rid, bool *ret_is_below,
                                     struct mst_row_resource *ret_client)
{
    struct mst_row_resource client;
    enum mst_verdict verdict;
    bool is_below = false;
    enum mst_err err = mst_access_rid(domain, tx, rid, &verdict, &client);

    if (err == MST_OK && verdict == MST_DONE && client.kind == MST_KIND_CLIENT &&
        client.id != ancestor_id)
        err = mst_access_is_within(tx, ancestor_id, client.owner_id, &is_below);
    if (err != MST_OK)
        return err;
    *ret_is_below = is_below;
    if (is_below)
        *ret_client = client;
    return MST_OK;
}

#include "front/rpc/caller.h"
#include "front/http/suspect.h"

enum { CIK, CLIENT_ID, RESOURCE_ID, TOKEN };
const struct mst_rpc_member mst_rpc_auth_members[] = {
    [CIK] = {"cik",         MST_RPC_TEXT, NULL},
    [CLIENT_ID] = {"client_id",   MST_RPC_TEXT, NULL},
    [RESOURCE_ID] = {"resource_id", MST_RPC_TEXT, NULL},
    [TOKEN] = {"token",       MST_RPC_TEXT, NULL},
    {NULL,          MST_RPC_END,  NULL},
};

/* The client named by client_id, or the owner of resource_id, or the key's own; 0: there is none. */
static enum mst_err find_named(struct mst_exchange *x, struct mst_tx *tx, int64_t client_id,
                               const struct mst_rpc_value *auth, int64_t *ret_named_id)
{
    const bool is_client = auth[CLIENT_ID].is_given;
    const struct mst_rpc_value *named = &auth[is_client ? CLIENT_ID : RESOURCE_ID];
    enum mst_verdict verdict = MST_NOT_FOUND;
    struct mst_row_resource resource;
    enum mst_err err;

    *ret_named_id = named->is_given ? 0 : client_id;
    if (!named->is_given)
        return MST_OK;
    err = mst_access_rid(mst_exchange_domain(x), tx, named->text, &verdict, &resource);
    if (err != MST_OK || verdict != MST_DONE || (is_client && resource.kind != MST_KIND_CLIENT))
        return err;
    *ret_named_id = is_client ? resource.id : resource.owner_id;
    return MST_OK;
}

/* The client that acts: known_id if it is not 0. A client that the key does not reach is none. */
static enum mst_err find_acting(struct mst_exchange *x, struct mst_tx *tx, int64_t client_id,
                                const struct mst_rpc_value *auth, int64_t known_id,
                                bool *ret_is_found, int64_t *ret_acting_id)
{
    int64_t acting_id = known_id;
    bool is_within = false;
    enum mst_err err = MST_OK;

    if (acting_id == 0)
        err = find_named(x, tx, client_id, auth, &acting_id);
    if (err == MST_OK && acting_id != 0)
        err = mst_access_is_within(tx, client_id, acting_id, &is_within);
    if (err != MST_OK)
        return err;
    *ret_is_found = is_within;
    *ret_acting_id = acting_id;
    return MST_OK;
}

static enum mst_err take_lane(struct mst_exchange *x, struct mst_tx *tx, int64_t client_id)
{
    return x->now.where == MST_READ ? mst_exchange_take_lane(x, tx, client_id) : MST_OK;
}

static enum mst_err by_cik(struct mst_exchange *x, struct mst_tx *tx,
                           const struct mst_rpc_value *auth, int64_t known_id,
                           struct mst_rpc_caller *caller)
{
    enum mst_verdict verdict = MST_NO_AUTH;
    struct mst_row_client client;
    bool is_found;
    enum mst_err err =
        mst_access_cik(mst_exchange_domain(x), tx, auth[CIK].text, &verdict, &client);

    if (err != MST_OK || verdict == MST_NO_AUTH)
        return err;
    err = take_lane(x, tx, client.id);
    if (verdict == MST_KEY_LOCKED)
        caller->standing = MST_RPC_LOCKED;
    if (err != MST_OK || verdict != MST_DONE)
        return err;
    mst_suspect_seen(mst_exchange_domain(x), x->env->opts->store, x->peer, &client);
    err = find_acting(x, tx, client.id, auth, known_id, &is_found, &caller->id);
    if (err != MST_OK || !is_found)
        return err;
    caller->key_id = client.id;
    caller->standing = MST_RPC_WELCOME;
    return MST_OK;
}

static enum mst_err by_token(struct mst_exchange *x, struct mst_tx *tx, struct mst_span token,
                             struct mst_rpc_caller *caller)
{
    enum mst_verdict verdict = MST_NO_AUTH;
    enum mst_err err = mst_grant_find(mst_exchange_domain(x), tx, token, &verdict, &caller->grant);

    if (err != MST_OK || verdict == MST_NO_AUTH)
        return err;
    err = take_lane(x, tx, caller->grant.client_id);
    if (verdict == MST_KEY_LOCKED)
        caller->standing = MST_RPC_LOCKED;
    if (err != MST_OK || verdict != MST_DONE)
        return err;
    caller->id = caller->grant.client_id;
    caller->standing = MST_RPC_WELCOME;
    return MST_OK;
}

enum mst_err mst_rpc_identify(struct mst_exchange *x, struct mst_tx *tx,
                              const struct mst_rpc_value *auth, int64_t known_id,
                              struct mst_rpc_caller *ret_caller)
{
    struct mst_rpc_caller caller = {.standing = MST_RPC_STRANGER};
    struct mst_row_client acting = {0};
    enum mst_err err = MST_OK;

    if (auth && auth->members[CIK].is_given)
        err = by_cik(x, tx, auth->members, known_id, &caller);
    else if (auth && auth->members[TOKEN].is_given)
        err = by_token(x, tx, auth->members[TOKEN].text, &caller);
    if (err == MST_OK && caller.standing == MST_RPC_WELCOME) {
        acting.id = caller.id;
        err = mst_tx_get(tx, MST_IX_CLIENT, &acting);
        if (err == MST_ENOENT)
            caller.standing = MST_RPC_STRANGER;
        else if (acting.is_locked)
            caller.standing = MST_RPC_LOCKED;
    }
    if (err != MST_OK && err != MST_ENOENT)
        return err;
    *ret_caller = caller;
    return MST_OK;
}

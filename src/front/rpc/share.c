/* The procedures on share codes (protocol.md 2.15.4). */
#include "core/share.h"
#include "front/rpc/call.h"

static enum mst_err give_code(struct mst_rpc_call *call, const struct mst_handle *code)
{
    call->x->is_secret = true;
    return mst_rpc_give(call, json_stringn(code->text, MST_HANDLE_CHARS));
}

/* rid, {"meta": text, "code": a code of that resource, whose meta is to change} */
enum mst_err mst_rpc_share(struct mst_rpc_call *call, struct mst_tx *tx)
{
    const struct mst_domain *domain = mst_exchange_domain(call->x);
    const struct mst_rpc_value *code = &call->args->v[1].members[MST_RPC_CODE];
    const struct mst_span meta = call->args->v[1].members[MST_RPC_META].text;
    enum mst_verdict verdict = MST_BAD_VALUE;
    struct mst_row_resource resource;
    struct mst_handle handle;
    enum mst_err err = mst_rpc_resource(call, tx, &call->args->v[0], &resource);

    if (err != MST_OK)
        return err;
    if (code->is_given)
        err =
            mst_share_describe(domain, tx, call->caller_id, &resource, code->text, meta, &verdict);
    else
        err = mst_share_create(domain, tx, call->caller_id, &resource, meta, &verdict, &handle);
    err = mst_rpc_settle(call, err, verdict);
    if (err != MST_OK)
        return err;
    if (code->is_given) /* as long as a code is, since it is one */
        memcpy(handle.text, code->text.ptr, sizeof handle.text);
    return give_code(call, &handle);
}

enum mst_err mst_rpc_lookup_shared(struct mst_rpc_call *call, struct mst_tx *tx,
                                   struct mst_span code)
{
    enum mst_verdict verdict = MST_NOT_FOUND;
    struct mst_row_resource resource = {0};
    struct mst_row_share share = {0};
    enum mst_err err = mst_share_find(mst_exchange_domain(call->x), tx, code, &verdict, &share);

    err = mst_rpc_settle(call, err, verdict);
    if (err != MST_OK)
        return err;
    resource.id = share.resource_id;
    err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);
    if (err == MST_ENOENT) /* dropped between the two looks */
        return mst_rpc_say(call, "invalid");
    return err == MST_OK ? mst_rpc_give_rid(call, &resource) : err;
}

enum mst_err mst_rpc_share_event(struct mst_rpc_call *call, struct mst_tx *tx, int64_t client_id,
                                 enum mst_lifecycle_event event, struct mst_span code)
{
    const struct mst_domain *domain = mst_exchange_domain(call->x);
    enum mst_verdict verdict = MST_NOT_FOUND;
    struct mst_row_share share;
    enum mst_err err;

    if (event == MST_ON_REVOKE)
        err = mst_share_revoke(domain, tx, client_id, code, &verdict);
    else if (event == MST_ON_RPC_ACTIVATE)
        err = mst_share_activate(domain, tx, client_id, code, &verdict, &share);
    else
        err = mst_share_deactivate(domain, tx, client_id, code, &verdict);
    return mst_rpc_settle(call, err, verdict);
}

/*
 * The procedure grant (protocol.md 2.15.4): rid, {RID: [procedure, ...], ...}, {"ttl": seconds}.
 *
 * The token acts for rid, or for its owner if rid is no client. All that it names must lie in that
 * client's tree. No token can be made by a token, so "grant" is not to be granted.
 */
#include "front/rpc/call.h"

static bool are_procedures(const json_t *names)
{
    struct mst_span name;

    for (size_t i = 0; i < json_array_size(names); i++)
        if (!mst_rpc_text(json_array_get(names, i), &name) || !mst_rpc_procedure_find(name) ||
            mst_span_eq(name, MST_LIT("grant")))
            return false;
    return json_array_size(names) > 0;
}

static bool are_permissions(const json_t *permissions)
{
    const size_t n = json_object_size(permissions);
    const char *rid;
    json_t *names;

    json_object_foreach((json_t *)permissions, rid, names) if (!are_procedures(names)) return false;
    return n > 0 && n <= MST_GRANT_RESOURCES_MAX;
}

/* A resource of the tree of client_id? Else "restricted", even if there is none. */
static enum mst_err check_resource(struct mst_rpc_call *call, struct mst_tx *tx, int64_t client_id,
                                   struct mst_span rid)
{
    struct mst_row_resource resource;
    enum mst_verdict verdict;
    bool is_within = false;
    enum mst_err err = mst_access_rid(mst_exchange_domain(call->x), tx, rid, &verdict, &resource);

    if (err == MST_OK && verdict == MST_DONE)
        err = mst_access_is_within(tx, client_id, resource.id, &is_within);
    return err == MST_OK && !is_within ? mst_rpc_say(call, "restricted") : err;
}

static enum mst_err check_resources(struct mst_rpc_call *call, struct mst_tx *tx, int64_t client_id,
                                    const json_t *permissions)
{
    enum mst_err err = MST_OK;
    const char *rid;
    json_t *names;

    json_object_foreach((json_t *)permissions, rid, names) if (err == MST_OK) err =
        check_resource(call, tx, client_id, mst_span_str(rid));
    return err;
}

static enum mst_err print(struct mst_tx *tx, const json_t *permissions, struct mst_span *ret_text)
{
    char *text = json_dumps(permissions, JSON_COMPACT | JSON_SORT_KEYS);
    enum mst_err err = MST_ENOMEM;

    if (text)
        err = mst_arena_dup(mst_tx_arena(tx), mst_span_str(text), ret_text);
    free(text);
    return err;
}

static enum mst_err create(struct mst_rpc_call *call, struct mst_tx *tx,
                           struct mst_grant_terms *terms, const json_t *permissions)
{
    enum mst_verdict verdict = MST_BAD_VALUE;
    struct mst_handle token;
    enum mst_err err = print(tx, permissions, &terms->permissions);

    if (err == MST_OK)
        err = mst_grant_create(mst_exchange_domain(call->x), tx, terms, &verdict, &token);
    err = mst_rpc_settle(call, err, verdict);
    if (err != MST_OK)
        return err;
    call->x->is_secret = true;
    return mst_rpc_give(call, json_stringn(token.text, MST_HANDLE_CHARS));
}

enum mst_err mst_rpc_grant(struct mst_rpc_call *call, struct mst_tx *tx)
{
    const struct mst_rpc_value *ttl = &call->args->v[2].members[0];
    struct mst_grant_terms terms = {.granter_id = call->caller->key_id,
                                    .ttl_s = ttl->is_given ? ttl->integer : MST_GRANT_TTL_S};
    struct mst_row_resource resource;
    const json_t *permissions;
    enum mst_err err = mst_rpc_load(call, &call->args->v[1], &permissions);

    if (err == MST_OK && !are_permissions(permissions))
        err = mst_rpc_say(call, "badarg");
    if (err != MST_OK)
        return err;
    err = mst_rpc_resource(call, tx, &call->args->v[0], &resource);
    if (err == MST_EREFUSED) /* grant has no word for what does not exist */
        err = mst_rpc_say(call, "restricted");
    if (err != MST_OK)
        return err;
    terms.client_id = resource.kind == MST_KIND_CLIENT ? resource.id : resource.owner_id;
    err = check_resources(call, tx, terms.client_id, permissions);
    return err == MST_OK ? create(call, tx, &terms, permissions) : err;
}

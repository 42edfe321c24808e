/* The procedures listing and lookup (protocol.md 2.15.4). */
#include "core/share.h"
#include "core/tag.h"
#include "front/rpc/call.h"

/* ---- listing ---- */

struct listing {
    struct mst_rpc_call *call;
    struct mst_tx *tx;
    int64_t client_id;
    int64_t kind;                         /* the type at hand */
    bool is_owned, is_aliased, is_public; /* a child is listed if one of them holds */
    bool is_activated;                    /* and what the client has activated a share code of */
    const struct mst_rpc_value *tags;     /* and children that have one of them */
    json_t *rids;                         /* of that type */
    bool is_over;                         /* more than MST_LISTING_MAX of them */
};

static enum mst_err note_alias(void *arg, const void *row)
{
    (void)row;
    *(bool *)arg = true;
    return MST_EREFUSED;
}

static enum mst_err has_alias(struct mst_tx *tx, int64_t resource_id, bool *ret_has)
{
    const struct mst_row_alias key = {.resource_id = resource_id};
    const struct mst_scan scan = {
        .index = MST_IX_ALIAS_RESOURCE, .key = &key, .n_fixed = 1, .limit = 1};

    *ret_has = false;
    return mst_tx_scan(tx, &scan, note_alias, ret_has);
}

struct tag_match {
    const struct mst_rpc_value *wanted;
    bool is_met;
};

static enum mst_err match_tag(void *arg, struct mst_span tag)
{
    struct tag_match *match = arg;

    for (size_t i = 0; i < match->wanted->n_items && !match->is_met; i++)
        match->is_met = mst_span_eq(match->wanted->items[i].text, tag);
    return match->is_met ? MST_EREFUSED : MST_OK;
}

static enum mst_err has_tag(const struct listing *listing, struct mst_span detail, bool *ret_has)
{
    struct mst_arena *arena = mst_tx_arena(listing->tx);
    struct tag_match match = {.wanted = listing->tags};
    enum mst_err err = mst_tag_list(arena, detail, match_tag, &match);

    *ret_has = match.is_met;
    return err;
}

static enum mst_err is_child_listed(const struct listing *listing,
                                    const struct mst_row_resource *child, bool *ret_is_listed)
{
    enum mst_err err = MST_OK;

    *ret_is_listed = listing->is_owned || (listing->is_public && child->is_public);
    if (!*ret_is_listed && listing->is_aliased)
        err = has_alias(listing->tx, child->id, ret_is_listed);
    if (err == MST_OK && !*ret_is_listed && listing->tags->n_items > 0)
        err = has_tag(listing, child->detail, ret_is_listed);
    return err;
}

static enum mst_err add_rid(struct listing *listing, const struct mst_row_resource *resource)
{
    struct mst_handle rid;
    enum mst_err err;

    listing->is_over = json_array_size(listing->rids) == MST_LISTING_MAX;
    if (listing->is_over)
        return MST_EREFUSED;
    err = mst_domain_rid(mst_exchange_domain(listing->call->x), resource, &rid);
    if (err != MST_OK)
        return err;
    return json_array_append_new(listing->rids, json_stringn(rid.text, MST_HANDLE_CHARS)) == 0
               ? MST_OK
               : MST_ENOMEM;
}

static enum mst_err list_child(void *arg, const struct mst_row_resource *child)
{
    struct listing *listing = arg;
    bool is_listed;
    enum mst_err err = is_child_listed(listing, child, &is_listed);

    return err == MST_OK && is_listed ? add_rid(listing, child) : err;
}

/* Each resource once: a child that is listed already is not listed again. */
static enum mst_err list_activated(void *arg, const struct mst_row_share *share)
{
    struct mst_row_resource resource = {.id = share->resource_id};
    struct listing *listing = arg;
    bool is_listed = false;
    enum mst_err err = mst_tx_get(listing->tx, MST_IX_RESOURCE, &resource);

    if (err != MST_OK || resource.kind != listing->kind)
        return err == MST_ENOENT ? MST_OK : err;
    if (resource.owner_id == listing->client_id)
        err = is_child_listed(listing, &resource, &is_listed);
    return err == MST_OK && !is_listed ? add_rid(listing, &resource) : err;
}

static enum mst_err list_type(struct listing *listing, struct mst_span word, json_t *result)
{
    const int64_t kind = mst_rpc_kind(word);
    enum mst_err err;

    listing->kind = kind;
    listing->rids = json_array();
    if (!listing->rids)
        return MST_ENOMEM;
    err = mst_resource_children(listing->tx, listing->client_id, kind, list_child, listing);
    if (err == MST_OK && listing->is_activated && !listing->is_over)
        err = mst_share_list_active(listing->tx, listing->client_id, list_activated, listing);
    if (err == MST_OK && listing->is_over)
        err = mst_rpc_say(listing->call, "limit");
    if (err != MST_OK) {
        json_decref(listing->rids);
        return err;
    }
    if (json_is_object(result))
        return json_object_set_new(result, mst_rpc_kind_word(kind), listing->rids) == 0
                   ? MST_OK
                   : MST_ENOMEM;
    return json_array_append_new(result, listing->rids) == 0 ? MST_OK : MST_ENOMEM;
}

/* An option set that names nothing means "owned". */
static void read_filter(const struct mst_rpc_value *options, struct listing *listing)
{
    const struct mst_rpc_value *given = options->members;

    listing->is_aliased = given[MST_RPC_OPT_ALIASED].is_true;
    listing->is_public = given[MST_RPC_PUBLIC].is_true;
    listing->is_activated = given[MST_RPC_ACTIVATED].is_true;
    listing->tags = &given[MST_RPC_TAGGED];
    listing->is_owned =
        given[MST_RPC_OWNED].is_true || (!listing->is_aliased && !listing->is_public &&
                                         !listing->is_activated && !given[MST_RPC_TAGGED].is_given);
}

static enum mst_err check_types(struct mst_rpc_call *call, const struct mst_rpc_value *types)
{
    for (size_t i = 0; i < types->n_items; i++) {
        if (mst_rpc_kind(types->items[i].text) != 0)
            continue;
        enum mst_err err = mst_rpc_give(call, json_string("Invalid resource type"));
        return err == MST_OK ? mst_rpc_say(call, "error") : err;
    }
    return MST_OK;
}

enum mst_err mst_rpc_listing(struct mst_rpc_call *call, struct mst_tx *tx)
{
    const struct mst_rpc_value *of = &call->args->v[0], *types = &call->args->v[1],
                               *options = &call->args->v[2];
    struct listing listing = {.call = call, .tx = tx};
    struct mst_row_resource client;
    bool is_own;
    json_t *result;
    enum mst_err err = check_types(call, types);

    if (err == MST_OK)
        err = mst_rpc_readable(call, tx, of, &client, &is_own);
    if (err == MST_OK && client.kind != MST_KIND_CLIENT)
        err = mst_rpc_say(call, "invalid");
    if (err != MST_OK)
        return err;
    listing.client_id = client.id;
    read_filter(options, &listing);
    listing.is_activated &= is_own; /* what others have activated is their affair */
    result = !of->is_given && !options->is_given ? json_array() : json_object();
    for (size_t i = 0; result && i < types->n_items && err == MST_OK; i++)
        err = list_type(&listing, types->items[i].text, result);
    if (err == MST_OK)
        return mst_rpc_give(call, result);
    json_decref(result);
    return err;
}

/* ---- lookup ---- */

/* A RID that names nothing is "restricted" here, unlike elsewhere (2.1.5). */
static enum mst_err find_restricted(struct mst_rpc_call *call, struct mst_tx *tx,
                                    const struct mst_rpc_value *arg,
                                    struct mst_row_resource *ret_resource)
{
    enum mst_err err = mst_rpc_resource(call, tx, arg, ret_resource);

    return err == MST_EREFUSED && !arg->ref.is_alias ? mst_rpc_say(call, "restricted") : err;
}

static enum mst_err lookup_alias(struct mst_rpc_call *call, struct mst_tx *tx,
                                 const struct mst_row_resource *client, struct mst_span alias)
{
    const struct mst_ref ref = {.is_alias = true, .text = alias};
    enum mst_verdict verdict = MST_NOT_FOUND;
    struct mst_row_resource resource;
    enum mst_err err =
        mst_resource_find(mst_exchange_domain(call->x), tx, client->id, &ref, &verdict, &resource);

    err = mst_rpc_settle(call, err, verdict);
    return err == MST_OK ? mst_rpc_give_rid(call, &resource) : err;
}

static enum mst_err lookup_owner(struct mst_rpc_call *call, struct mst_tx *tx,
                                 const struct mst_rpc_value *arg)
{
    struct mst_row_resource resource, owner = {0};
    enum mst_err err = find_restricted(call, tx, arg, &resource);

    if (err != MST_OK)
        return err;
    if (resource.id == call->caller_id)
        return mst_rpc_say(call, "restricted");
    owner.id = resource.owner_id;
    err = mst_tx_get(tx, MST_IX_RESOURCE, &owner);
    return err == MST_OK ? mst_rpc_give_rid(call, &owner) : err;
}

enum mst_err mst_rpc_lookup(struct mst_rpc_call *call, struct mst_tx *tx)
{
    const struct mst_rpc_value *what = &call->args->v[1], *arg = &call->args->v[2];
    struct mst_row_resource client;
    enum mst_err err = find_restricted(call, tx, &call->args->v[0], &client);

    if (err != MST_OK)
        return err;
    if (client.kind != MST_KIND_CLIENT)
        return mst_rpc_say(call, "invalid");
    switch (what->word) {
    case MST_RPC_ALIAS:
    case MST_RPC_ALIASED:
        return lookup_alias(call, tx, &client, arg->text);
    case MST_RPC_SHARED:
        return mst_rpc_lookup_shared(call, tx, arg->text);
    default:
        return lookup_owner(call, tx, arg);
    }
}

/* The procedures listing and lookup (protocol.md 2.15.4). */
#include "core/tag.h"
#include "core/turn.h"
#include "front/rpc/call.h"

/* ---- listing ---- */

/* Kept from turn to turn; RIDs are printed into the reply as they are found. */
struct listing {
    int64_t client_id;
    bool is_owned, is_aliased, is_public; /* a child is listed if one of them holds */
    bool is_activated;                    /* and what the client has activated a share code of */
    const struct mst_rpc_value *tags;     /* and children that have one of them */
    const struct mst_rpc_value *types;
    bool is_object;
    bool is_done[MST_KIND_DISPATCH + 1]; /* these kinds are in the object already */
    size_t next_type;                    /* of types */
    /* of the type at hand */
    int64_t kind; /* 0: none is */
    size_t n_listed;
    bool is_at_shares;
    int64_t after; /* the child or the share that was looked at last */
    /* of the turn at hand */
    struct mst_rpc_call *call;
    struct mst_tx *tx;
    struct mst_turn turn;
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
    if (listing->n_listed++ == MST_LISTING_MAX)
        return MST_EFULL;
    return mst_rpc_print_rid(listing->call, listing->n_listed > 1, resource);
}

static enum mst_err list_child(void *arg, const void *row)
{
    const struct mst_row_resource *child = row;
    struct listing *listing = arg;
    bool is_listed;
    enum mst_err err = is_child_listed(listing, child, &is_listed);

    listing->after = child->id;
    return err == MST_OK && is_listed ? add_rid(listing, child) : err;
}

/* Each resource once: a child that is listed already is not listed again. */
static enum mst_err list_activated(void *arg, const void *row)
{
    const struct mst_row_share *share = row;
    struct mst_row_resource resource = {.id = share->resource_id};
    struct listing *listing = arg;
    bool is_listed = false;
    enum mst_err err = mst_tx_get(listing->tx, MST_IX_RESOURCE, &resource);

    listing->after = share->id;
    if (err != MST_OK || resource.kind != listing->kind)
        return err == MST_ENOENT ? MST_OK : err;
    if (resource.owner_id == listing->client_id)
        err = is_child_listed(listing, &resource, &is_listed);
    return err == MST_OK && !is_listed ? add_rid(listing, &resource) : err;
}

static enum mst_err list_children(struct listing *listing, bool *ret_is_whole)
{
    const struct mst_row_resource key = {
        .owner_id = listing->client_id, .kind = listing->kind, .id = listing->after};
    const struct mst_scan scan = {
        .index = MST_IX_RESOURCE_OWNER, .key = &key, .n_fixed = 2, .has_after = true};

    return mst_turn_scan(listing->tx, &listing->turn, &scan, list_child, listing, ret_is_whole);
}

static enum mst_err list_shares(struct listing *listing, bool *ret_is_whole)
{
    const struct mst_row_share key = {.activator_id = listing->client_id, .id = listing->after};
    const struct mst_scan scan = {
        .index = MST_IX_SHARE_ACTIVATOR, .key = &key, .n_fixed = 1, .has_after = true};

    return mst_turn_scan(listing->tx, &listing->turn, &scan, list_activated, listing, ret_is_whole);
}

/* An object has each type once, wherever it is asked for. */
static void begin_type(struct listing *listing)
{
    const int64_t kind = mst_rpc_kind(listing->types->items[listing->next_type++].text);
    struct mst_buf *out = &listing->call->x->reply;

    if (listing->is_object && listing->is_done[kind])
        return;
    if (listing->next_type > 1)
        (void)mst_buf_add_byte(out, ',');
    if (listing->is_object)
        (void)mst_buf_addf(out, "\"%s\":", mst_rpc_kind_word(kind));
    (void)mst_buf_add_byte(out, '[');
    listing->is_done[kind] = true;
    listing->kind = kind;
    listing->n_listed = 0;
    listing->is_at_shares = false;
    listing->after = 0;
}

static enum mst_err list_type(struct listing *listing)
{
    bool is_whole;
    enum mst_err err =
        listing->is_at_shares ? list_shares(listing, &is_whole) : list_children(listing, &is_whole);

    if (err != MST_OK || !is_whole)
        return err;
    if (listing->is_activated && !listing->is_at_shares) {
        listing->is_at_shares = true;
        listing->after = 0;
        return MST_OK;
    }
    listing->kind = 0;
    (void)mst_buf_add_byte(&listing->call->x->reply, ']');
    return MST_OK;
}

static bool is_whole(const struct listing *listing)
{
    return listing->kind == 0 && listing->next_type == listing->types->n_items;
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

static enum mst_err begin_listing(struct mst_rpc_call *call, struct mst_tx *tx)
{
    const struct mst_rpc_value *of = &call->args->v[0], *types = &call->args->v[1],
                               *options = &call->args->v[2];
    struct mst_row_resource client;
    struct listing *listing;
    bool is_own;
    enum mst_err err = check_types(call, types);

    if (err == MST_OK)
        err = mst_rpc_readable(call, tx, of, &client, &is_own);
    if (err == MST_OK && client.kind != MST_KIND_CLIENT)
        err = mst_rpc_say(call, "invalid");
    if (err == MST_OK && (types->n_items > MST_LISTING_TYPES_MAX ||
                          options->members[MST_RPC_TAGGED].n_items > MST_TAGS_MAX))
        err = mst_rpc_say(call, "limit");
    if (err != MST_OK)
        return err;
    call->plan = listing = mst_arena_alloc(&call->x->arena, sizeof *listing);
    if (!listing)
        return MST_ENOMEM;
    listing->client_id = client.id;
    listing->types = types;
    read_filter(options, listing);
    listing->is_activated &= is_own; /* what others have activated is their affair */
    listing->is_object = of->is_given || options->is_given;
    (void)mst_buf_add_byte(mst_rpc_begin_result(call), listing->is_object ? '{' : '[');
    return MST_OK;
}

enum mst_err mst_rpc_listing(struct mst_rpc_call *call, struct mst_tx *tx)
{
    struct mst_buf *out = &call->x->reply;
    struct listing *listing;
    enum mst_err err = call->plan ? MST_OK : begin_listing(call, tx);

    if (err != MST_OK)
        return err;
    listing = call->plan;
    listing->call = call;
    listing->tx = tx;
    listing->turn = MST_A_TURN;
    while (err == MST_OK && !is_whole(listing) && !mst_turn_is_over(&listing->turn)) {
        if (listing->kind == 0)
            begin_type(listing);
        else
            err = list_type(listing);
    }
    if (err != MST_OK)
        return err == MST_EFULL ? mst_rpc_say(call, "limit") : err;
    call->is_more = !is_whole(listing) && mst_buf_err(out) == MST_OK;
    if (is_whole(listing))
        (void)mst_buf_add_byte(out, listing->is_object ? '}' : ']');
    return MST_OK;
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

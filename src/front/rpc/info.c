/*
 * The procedure info (protocol.md 2.15.6).
 *
 * Each part is printed into the reply behind the one before it: a small one at once, one that grows with
 * what is stored in turns (core/turn.h), between which the resource is looked at anew. What is too large altogether is
 * "limit".
 */
#include "front/rpc/info.h"

enum mst_err mst_info_print(const struct mst_info_view *view, json_t *json)
{
    enum mst_err err = json ? mst_rpc_print(view->out, json) : MST_ENOMEM;

    json_decref(json);
    return err;
}

void mst_info_begin_part(const struct mst_info_view *view)
{
    struct mst_info_telling *telling = view->telling;

    (void)mst_buf_addf(view->out, telling->n_told++ > 0 ? ",\"%s\":" : "\"%s\":",
                       mst_rpc_info_parts[telling->part].name);
}

#define SHOWN(NAME, show)           [MST_RPC_INFO_##NAME] = {show, NULL, false}
#define TOLD(NAME, tell, is_owners) [MST_RPC_INFO_##NAME] = {NULL, tell, is_owners}

static const struct {
    mst_info_show *show; /* a small one, or ... */
    mst_info_tell *tell; /* ... one in turns */
    bool is_owners;      /* hidden from all others */
} parts[MST_RPC_INFO_PARTS] = {
    TOLD(ALIASES, mst_info_tell_aliases, false),
    SHOWN(BASIC, mst_info_show_basic),
    TOLD(COUNTS, mst_info_tell_counts, false),
    SHOWN(DESCRIPTION, mst_info_show_description),
    SHOWN(KEY, mst_info_show_key),
    TOLD(SHARES, mst_info_tell_shares, true),
    TOLD(STORAGE, mst_info_tell_storage, false),
    SHOWN(SUBSCRIBERS, mst_info_show_subscribers),
    TOLD(TAGGED, mst_info_tell_tagged, true),
    SHOWN(TAGS, mst_info_show_tags),
    SHOWN(USAGE, mst_info_show_usage),
};

static enum mst_err show_part(struct mst_info_view *view)
{
    json_t *json = NULL;
    enum mst_err err = parts[view->telling->part].show(view, &json);

    if (err != MST_OK || !json)
        return err;
    mst_info_begin_part(view);
    return mst_info_print(view, json);
}

static void go_to_next(struct mst_info_telling *telling)
{
    telling->part++;
    telling->is_begun = false;
    telling->after = 0;
    telling->n_rows = 0;
}

static enum mst_err go_on(struct mst_info_view *view)
{
    struct mst_info_telling *telling = view->telling;
    bool is_whole = true;
    enum mst_err err = MST_OK;

    if (parts[telling->part].is_owners && !telling->is_begun && !view->info.may_see_owner_view)
        telling->is_hidden = true;
    else if (parts[telling->part].show)
        err = show_part(view);
    else
        err = parts[telling->part].tell(view, &is_whole);
    telling->is_begun = true;
    if (is_whole)
        go_to_next(telling);
    return err;
}

static enum mst_err tell(struct mst_info_view *view, const struct mst_rpc_value *options)
{
    struct mst_info_telling *telling = view->telling;
    const bool is_all = options->n_given == 0;
    enum mst_err err = MST_OK;

    while (err == MST_OK && telling->part < MST_RPC_INFO_PARTS && !mst_turn_is_over(&view->turn)) {
        if (!is_all && !options->members[telling->part].is_true) {
            telling->part++;
            continue;
        }
        telling->n_asked += !telling->is_begun;
        err = go_on(view);
    }
    if (err != MST_OK)
        return err == MST_EFULL ? mst_rpc_say(view->call, "limit") : err;
    view->call->is_more = telling->part < MST_RPC_INFO_PARTS;
    if (view->call->is_more)
        return MST_OK;
    (void)mst_buf_add_byte(view->out, '}');
    return telling->n_asked == 1 && telling->is_hidden ? mst_rpc_say(view->call, "restricted")
                                                       : MST_OK;
}

static enum mst_err begin(struct mst_rpc_call *call, struct mst_tx *tx,
                          struct mst_row_resource *ret_resource)
{
    struct mst_info_telling *telling;
    bool is_own;
    enum mst_err err = mst_rpc_readable(call, tx, &call->args->v[0], ret_resource, &is_own);

    if (err != MST_OK)
        return err;
    call->plan = telling = mst_arena_alloc(&call->x->arena, sizeof *telling);
    if (!telling)
        return MST_ENOMEM;
    telling->resource_id = ret_resource->id;
    (void)mst_buf_add_byte(mst_rpc_begin_result(call), '{');
    return MST_OK;
}

static enum mst_err look_again(struct mst_rpc_call *call, struct mst_tx *tx,
                               struct mst_row_resource *ret_resource)
{
    const struct mst_info_telling *telling = call->plan;
    enum mst_err err;

    ret_resource->id = telling->resource_id;
    err = mst_tx_get(tx, MST_IX_RESOURCE, ret_resource);
    return err == MST_ENOENT ? mst_rpc_say(call, "invalid") : err;
}

enum mst_err mst_rpc_info(struct mst_rpc_call *call, struct mst_tx *tx)
{
    struct mst_info_view view = {
        .call = call, .tx = tx, .out = &call->x->reply, .turn = MST_A_TURN};
    struct mst_row_resource resource = {0};
    enum mst_err err = call->plan ? look_again(call, tx, &resource) : begin(call, tx, &resource);

    if (err == MST_OK)
        err = mst_resource_info(mst_exchange_domain(call->x), tx, call->caller_id, &resource,
                                &view.info);
    if (err != MST_OK)
        return err;
    view.telling = call->plan;
    view.is_client = resource.kind == MST_KIND_CLIENT;
    err = tell(&view, &call->args->v[1]);
    mst_secret_wipe(&view.info.key, sizeof view.info.key);
    return err;
}

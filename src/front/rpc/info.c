/*
 * The procedure info (protocol.md 2.15.6).
 *
 * Each part is printed into the reply behind the one before it: a small one at once, one that grows with
 * what is stored in turns (core/turn.h), between which the resource is looked at anew. What is too large altogether is
 * "limit".
 */
#include "core/owned.h"
#include "core/share.h"
#include "core/subscribe.h"
#include "core/tag.h"
#include "core/usage.h"
#include "front/rpc/call.h"

struct storage {
    int64_t count, first, last, bytes;
};

struct alias_name {
    size_t len;
    char text[MST_ALIAS_MAX];
};

/* Kept from turn to turn. */
struct telling {
    int64_t resource_id;
    size_t part; /* the one at hand */
    size_t n_asked, n_told;
    bool is_hidden; /* one was asked for that this caller may not see */
    /* of a part in turns */
    bool is_begun;
    int64_t kind, after; /* the row that was told last, and of which kind it is */
    size_t n_rows;       /* that were told */
    struct mst_owned owned;
    struct storage storage;
    struct alias_name name; /* of the client's aliases, the one whose resource is at hand ... */
    int64_t named_id;       /* ... which is this, or 0 ... */
    struct alias_name last; /* ... and of that resource's, the one that was told last */
};

struct view {
    struct mst_rpc_call *call;
    struct mst_tx *tx;
    struct mst_buf *out;
    struct telling *telling;
    struct mst_turn turn;
    struct mst_info info;
    bool is_client;
};

/* Takes json; NULL is MST_ENOMEM. */
static enum mst_err print(const struct view *view, json_t *json)
{
    enum mst_err err = json ? mst_rpc_print(view->out, json) : MST_ENOMEM;

    json_decref(json);
    return err;
}

static void begin_part(const struct view *view)
{
    struct telling *telling = view->telling;

    (void)mst_buf_addf(view->out, telling->n_told++ > 0 ? ",\"%s\":" : "\"%s\":",
                       mst_rpc_info_parts[telling->part].name);
}

/* ---- parts that are small: each gives *ret_json, NULL if it does not apply or may not be seen ---- */

/* A dispatch says whether it is locked, a script that it waits: none is run yet. */
static enum mst_err add_standing(const struct mst_row_resource *resource, json_t *json)
{
    json_t *detail = mst_rpc_detail_load(resource->kind, resource->detail);

    if (!detail)
        return MST_ENOMEM;
    if (resource->kind == MST_KIND_DISPATCH) {
        bool is_locked = json_is_true(json_object_get(detail, "locked"));
        (void)json_object_set_new(json, "status", json_string(is_locked ? "locked" : "normal"));
    } else if (json_object_get(json_object_get(detail, "rule"), "script")) {
        (void)json_object_set_new(json, "activity", json_array());
        (void)json_object_set_new(json, "status", json_string("waiting"));
    }
    json_decref(detail);
    return MST_OK;
}

static enum mst_err show_basic(struct view *view, json_t **ret_json)
{
    const struct mst_row_resource *resource = &view->info.resource;
    json_t *json =
        json_pack("{s:I, s:I, s:s}", "modified", (json_int_t)resource->modified, "subscribers",
                  (json_int_t)resource->n_subscribers, "type", mst_rpc_kind_word(resource->kind));
    enum mst_err err = MST_OK;

    if (!json)
        return MST_ENOMEM;
    if (view->is_client)
        (void)json_object_set_new(json, "status", json_string(view->info.status));
    else
        err = add_standing(resource, json);
    if (err == MST_OK)
        *ret_json = json;
    else
        json_decref(json);
    return err;
}

static enum mst_err show_description(struct view *view, json_t **ret_json)
{
    *ret_json = mst_rpc_describe(&view->info);
    return *ret_json ? MST_OK : MST_ENOMEM;
}

/* Disk is not counted (2.15.5). */
static enum mst_err pack_counts(const int64_t counts[MST_LIMIT_COUNT], json_t **ret_json)
{
    static const enum mst_limit shown[] = {
        MST_LIMIT_CLIENT,   MST_LIMIT_DATAPORT, MST_LIMIT_DATARULE, MST_LIMIT_DISK,
        MST_LIMIT_DISPATCH, MST_LIMIT_EMAIL,    MST_LIMIT_HTTP,     MST_LIMIT_SHARE,
        MST_LIMIT_SMS,      MST_LIMIT_XMPP,
    };
    json_t *json = json_object();

    for (size_t i = 0; json && i < sizeof shown / sizeof shown[0]; i++)
        if (json_object_set_new(json, mst_limit_names[shown[i]], json_integer(counts[shown[i]])) !=
            0) {
            json_decref(json);
            return MST_ENOMEM;
        }
    *ret_json = json;
    return json ? MST_OK : MST_ENOMEM;
}

/* What has a limit by the day. */
static const enum mst_limit daily[] = {MST_LIMIT_EMAIL, MST_LIMIT_HTTP, MST_LIMIT_SMS,
                                       MST_LIMIT_XMPP};
enum { N_DAILY = sizeof daily / sizeof daily[0] };

/* Of what has a limit by the day, what all below the client have sent today. */
static enum mst_err show_usage(struct view *view, json_t **ret_json)
{
    const struct mst_row_quota *quota = &view->info.quota;
    int64_t counts[MST_LIMIT_COUNT] = {
        [MST_LIMIT_CLIENT] = quota->use_client,     [MST_LIMIT_DATAPORT] = quota->use_dataport,
        [MST_LIMIT_DATARULE] = quota->use_datarule, [MST_LIMIT_DISPATCH] = quota->use_dispatch,
        [MST_LIMIT_SHARE] = quota->use_share,
    };
    enum mst_err err = MST_OK;

    if (!view->is_client)
        return MST_OK;
    for (size_t i = 0; i < N_DAILY && err == MST_OK; i++)
        err = mst_usage_today(view->tx, quota->client_id, daily[i], &counts[daily[i]]);
    return err == MST_OK ? pack_counts(counts, ret_json) : err;
}

struct subscribers {
    struct view *view;
    json_t *json;
};

static enum mst_err add_subscriber(void *arg, const struct mst_row_resource *target)
{
    const struct subscribers *subscribers = arg;
    struct mst_handle rid;
    enum mst_err err =
        mst_domain_rid(mst_exchange_domain(subscribers->view->call->x), target, &rid);

    if (err != MST_OK)
        return err;
    return json_array_append_new(subscribers->json,
                                 json_pack("{s:o}", mst_rpc_kind_word(target->kind),
                                           json_stringn(rid.text, MST_HANDLE_CHARS))) == 0
               ? MST_OK
               : MST_ENOMEM;
}

static enum mst_err show_subscribers(struct view *view, json_t **ret_json)
{
    struct subscribers subscribers = {.view = view, .json = json_array()};
    enum mst_err err = MST_ENOMEM;

    if (subscribers.json)
        err = mst_subscribe_list(view->tx, view->info.resource.id, add_subscriber, &subscribers);
    if (err == MST_OK)
        *ret_json = subscribers.json;
    else
        json_decref(subscribers.json);
    return err;
}

static enum mst_err add_tag(void *arg, struct mst_span tag)
{
    return json_array_append_new(arg, mst_rpc_string(tag)) == 0 ? MST_OK : MST_ENOMEM;
}

static enum mst_err show_tags(struct view *view, json_t **ret_json)
{
    json_t *list = json_array();
    enum mst_err err =
        list ? mst_tag_list(mst_tx_arena(view->tx), view->info.resource.detail, add_tag, list)
             : MST_ENOMEM;

    if (err == MST_OK)
        *ret_json = list;
    else
        json_decref(list);
    return err;
}

static enum mst_err show_key(struct view *view, json_t **ret_json)
{
    if (!view->is_client)
        return MST_OK;
    if (!view->info.may_see_key) {
        view->telling->is_hidden = true;
        return MST_OK;
    }
    *ret_json = json_stringn(view->info.key.text, MST_HANDLE_CHARS);
    view->call->x->is_secret = true;
    return *ret_json ? MST_OK : MST_ENOMEM;
}

/* ---- parts in turns: each prints as much as it can, and says whether that is all ---- */

/* Of what has a limit by the day, what the client's own dispatches have sent today. */
static enum mst_err print_counts(const struct view *view)
{
    const struct mst_owned *owned = &view->telling->owned;
    int64_t counts[MST_LIMIT_COUNT] = {
        [MST_LIMIT_CLIENT] = owned->n[MST_KIND_CLIENT],
        [MST_LIMIT_DATAPORT] = owned->n[MST_KIND_DATAPORT],
        [MST_LIMIT_DATARULE] = owned->n[MST_KIND_DATARULE],
        [MST_LIMIT_DISPATCH] = owned->n[MST_KIND_DISPATCH],
        [MST_LIMIT_SHARE] = owned->n_shares,
    };
    json_t *json = NULL;
    enum mst_err err = MST_OK;

    for (size_t i = 0; i < N_DAILY && err == MST_OK; i++)
        err = mst_usage_today(view->tx, view->info.resource.id, MST_CONSUMED_OWN(daily[i]),
                              &counts[daily[i]]);
    if (err == MST_OK)
        err = pack_counts(counts, &json);
    if (err != MST_OK)
        return err;
    begin_part(view);
    return print(view, json);
}

static enum mst_err tell_counts(struct view *view, bool *ret_is_whole)
{
    struct mst_owned *owned = &view->telling->owned;
    enum mst_err err;

    if (!view->is_client) {
        *ret_is_whole = true;
        return MST_OK;
    }
    if (!view->telling->is_begun)
        mst_owned_begin(view->info.resource.id, view->info.quota.use_share > 0, owned);
    err = mst_owned_count(view->tx, &view->turn, owned);
    *ret_is_whole = owned->is_whole;
    return err == MST_OK && owned->is_whole ? print_counts(view) : err;
}

static enum mst_err count_point(void *arg, const void *row)
{
    const struct mst_row_point *point = row;
    struct storage *storage = arg;

    if (storage->count == 0)
        storage->last = point->at;
    storage->first = point->at;
    storage->count++;
    storage->bytes += (int64_t)point->value.len;
    return storage->count == MST_STORAGE_SCAN_MAX ? MST_EREFUSED : MST_OK;
}

static enum mst_err first_point(void *arg, const void *row)
{
    ((struct storage *)arg)->first = ((const struct mst_row_point *)row)->at;
    return MST_OK;
}

static enum mst_err print_storage(const struct view *view)
{
    const struct storage *storage = &view->telling->storage;

    begin_part(view);
    return print(view, json_pack("{s:I, s:I, s:I, s:I}", "count", (json_int_t)storage->count,
                                 "first", (json_int_t)storage->first, "last",
                                 (json_int_t)storage->last, "size", (json_int_t)storage->bytes));
}

/* Counting stops at MST_STORAGE_SCAN_MAX, newest first, so that info stays cheap. */
static enum mst_err tell_storage(struct view *view, bool *ret_is_whole)
{
    struct storage *storage = &view->telling->storage;
    const struct mst_row_point key = {.dataport_id = view->info.resource.id, .at = storage->first};
    const struct mst_scan scan = {.index = MST_IX_POINT,
                                  .key = &key,
                                  .n_fixed = 1,
                                  .has_after = storage->count > 0,
                                  .is_descending = true};
    const struct mst_scan oldest = {.index = MST_IX_POINT, .key = &key, .n_fixed = 1, .limit = 1};
    enum mst_err err;

    *ret_is_whole = true;
    if (view->is_client)
        return MST_OK;
    err = mst_turn_scan(view->tx, &view->turn, &scan, count_point, storage, ret_is_whole);
    if (err == MST_OK && storage->count == MST_STORAGE_SCAN_MAX) {
        *ret_is_whole = true;
        err = mst_tx_scan(view->tx, &oldest, first_point, storage);
    }
    return err == MST_OK && *ret_is_whole ? print_storage(view) : err;
}

static enum mst_err note_tag(void *arg, struct mst_span tag)
{
    (void)tag;
    *(bool *)arg = true;
    return MST_EREFUSED;
}

static enum mst_err add_tagged(void *arg, const void *row)
{
    const struct mst_row_resource *child = row;
    const struct view *view = arg;
    struct telling *telling = view->telling;
    bool has_tag = false;
    enum mst_err err = mst_tag_list(mst_tx_arena(view->tx), child->detail, note_tag, &has_tag);

    telling->after = child->id;
    if (err != MST_OK || !has_tag)
        return err;
    if (telling->n_rows++ == MST_LISTING_MAX)
        return MST_EFULL;
    return mst_rpc_print_rid(view->call, telling->n_rows > 1, child);
}

/* The client's children that have a tag. */
static enum mst_err tell_tagged(struct view *view, bool *ret_is_whole)
{
    struct telling *telling = view->telling;
    const struct mst_row_resource key = {
        .owner_id = view->info.resource.id, .kind = telling->kind, .id = telling->after};
    const struct mst_scan scan = {
        .index = MST_IX_RESOURCE_OWNER, .key = &key, .n_fixed = 2, .has_after = true};
    enum mst_err err;

    if (!telling->is_begun) {
        begin_part(view);
        (void)mst_buf_add_byte(view->out, '[');
        telling->kind = MST_KIND_CLIENT;
        *ret_is_whole = !view->is_client;
    } else {
        err = mst_turn_scan(view->tx, &view->turn, &scan, add_tagged, view, ret_is_whole);
        if (err != MST_OK || !*ret_is_whole)
            return err;
        telling->after = 0;
        *ret_is_whole = telling->kind++ == MST_KIND_DISPATCH;
    }
    if (*ret_is_whole)
        (void)mst_buf_add_byte(view->out, ']');
    return MST_OK;
}

static bool is_name(const struct alias_name *name, struct mst_span text)
{
    return mst_span_eq(mst_span_of(name->text, name->len), text);
}

static enum mst_err keep_name(struct mst_span text, struct alias_name *ret_name)
{
    if (text.len > sizeof ret_name->text)
        return MST_ECORRUPT;
    memcpy(ret_name->text, text.ptr, text.len);
    ret_name->len = text.len;
    return MST_OK;
}

/* The key of the resource whose aliases follow. */
static enum mst_err begin_named(const struct view *view)
{
    struct mst_row_resource child = {.id = view->telling->named_id};
    enum mst_err err = mst_tx_get(view->tx, MST_IX_RESOURCE, &child);

    if (err == MST_OK)
        err = mst_rpc_print_rid(view->call, view->telling->n_rows++ > 0, &child);
    if (err == MST_OK)
        (void)mst_buf_add_str(view->out, ":[");
    return err == MST_ENOENT ? MST_EREFUSED : err; /* it went just now, and its aliases with it */
}

static enum mst_err add_alias(void *arg, const void *row)
{
    const struct mst_row_alias *alias = row;
    const struct view *view = arg;
    struct telling *telling = view->telling;
    const bool is_first = telling->last.len == 0;
    enum mst_err err = MST_OK;

    if (is_first && !is_name(&telling->name, alias->name)) {
        telling->named_id = 0; /* was told with the first of its aliases */
        return MST_EREFUSED;
    }
    if (is_first)
        err = begin_named(view);
    else
        (void)mst_buf_add_byte(view->out, ',');
    if (err == MST_EREFUSED)
        telling->named_id = 0;
    if (err == MST_OK)
        err = keep_name(alias->name, &telling->last);
    return err == MST_OK ? print(view, mst_rpc_string(alias->name)) : err;
}

/* All aliases of the resource at hand, if the one that led to it is the first of them. */
static enum mst_err tell_named(struct view *view)
{
    struct telling *telling = view->telling;
    const struct mst_row_alias key = {.resource_id = telling->named_id,
                                      .name = mst_span_of(telling->last.text, telling->last.len)};
    const struct mst_scan scan = {.index = MST_IX_ALIAS_RESOURCE,
                                  .key = &key,
                                  .n_fixed = 1,
                                  .has_after = telling->last.len > 0};
    bool is_whole;
    enum mst_err err = mst_turn_scan(view->tx, &view->turn, &scan, add_alias, view, &is_whole);

    if (err != MST_OK || !is_whole)
        return err;
    if (telling->last.len > 0)
        (void)mst_buf_add_byte(view->out, ']');
    telling->named_id = 0;
    return MST_OK;
}

static enum mst_err find_named(void *arg, const void *row)
{
    const struct mst_row_alias *alias = row;
    struct view *view = arg;
    struct telling *telling = view->telling;
    enum mst_err err = keep_name(alias->name, &telling->name);

    telling->named_id = alias->resource_id;
    telling->last.len = 0;
    return err == MST_OK ? tell_named(view) : err;
}

/* The client's aliases are walked by their names; each resource is told with the first that it has. */
static enum mst_err go_on_with_aliases(struct view *view, bool *ret_is_whole)
{
    struct telling *telling = view->telling;
    const struct mst_row_alias key = {.client_id = view->info.resource.id,
                                      .name = mst_span_of(telling->name.text, telling->name.len)};
    const struct mst_scan scan = {
        .index = MST_IX_ALIAS, .key = &key, .n_fixed = 1, .has_after = telling->name.len > 0};

    *ret_is_whole = false;
    return telling->named_id != 0
               ? tell_named(view)
               : mst_turn_scan(view->tx, &view->turn, &scan, find_named, view, ret_is_whole);
}

static enum mst_err tell_aliases(struct view *view, bool *ret_is_whole)
{
    enum mst_err err = MST_OK;

    if (!view->telling->is_begun) {
        *ret_is_whole = !view->is_client || !view->info.may_see_owner_view;
        if (!view->is_client)
            return MST_OK;
        begin_part(view);
        (void)mst_buf_add_str(view->out, *ret_is_whole ? "\"undefined\"" : "{");
        return MST_OK;
    }
    err = go_on_with_aliases(view, ret_is_whole);
    if (err == MST_OK && *ret_is_whole)
        (void)mst_buf_add_byte(view->out, '}');
    return err;
}

/* Only clients activate; one that is gone has left its codes. */
static enum mst_err show_activator(const struct view *view, int64_t activator_id, json_t **ret_json)
{
    struct mst_row_resource activator = {.id = activator_id};
    struct mst_handle rid;
    enum mst_err err;

    *ret_json = json_null();
    if (activator_id == 0)
        return MST_OK;
    err = mst_tx_get(view->tx, MST_IX_RESOURCE, &activator);
    if (err != MST_OK)
        return err == MST_ENOENT ? MST_OK : err;
    err = mst_domain_rid(mst_exchange_domain(view->call->x), &activator, &rid);
    if (err == MST_OK)
        *ret_json = json_stringn(rid.text, MST_HANDLE_CHARS);
    return err;
}

static enum mst_err add_share(void *arg, const void *row)
{
    const struct mst_row_share *share = row;
    const struct view *view = arg;
    struct telling *telling = view->telling;
    struct mst_handle code;
    json_t *activator;
    enum mst_err err = show_activator(view, share->activator_id, &activator);

    telling->after = share->id;
    if (err == MST_OK)
        err = mst_share_code(mst_exchange_domain(view->call->x), share, &code);
    if (err != MST_OK) {
        json_decref(activator);
        return err;
    }
    if (telling->n_rows++ > 0)
        (void)mst_buf_add_byte(view->out, ',');
    return print(view, json_pack("{s:o, s:o, s:o}", "activator", activator, "code",
                                 json_stringn(code.text, MST_HANDLE_CHARS), "meta",
                                 mst_rpc_string(share->meta)));
}

static enum mst_err tell_shares(struct view *view, bool *ret_is_whole)
{
    struct telling *telling = view->telling;
    const struct mst_row_share key = {.resource_id = view->info.resource.id, .id = telling->after};
    const struct mst_scan scan = {
        .index = MST_IX_SHARE_RESOURCE, .key = &key, .n_fixed = 1, .has_after = true};
    enum mst_err err = MST_OK;

    if (!telling->is_begun) {
        begin_part(view);
        (void)mst_buf_add_byte(view->out, '[');
        view->call->x->is_secret = true;
    }
    err = mst_turn_scan(view->tx, &view->turn, &scan, add_share, view, ret_is_whole);
    if (err == MST_OK && *ret_is_whole)
        (void)mst_buf_add_byte(view->out, ']');
    return err;
}

/* ---- all of them ---- */

static const struct {
    enum mst_err (*show)(struct view *view, json_t **ret_json);  /* a small one, or ... */
    enum mst_err (*tell)(struct view *view, bool *ret_is_whole); /* ... one in turns */
    bool is_owners;                                              /* hidden from all others */
} parts[MST_RPC_INFO_PARTS] = {
    [MST_RPC_INFO_ALIASES] = {NULL,             tell_aliases, false},
    [MST_RPC_INFO_BASIC] = {show_basic,       NULL,         false},
    [MST_RPC_INFO_COUNTS] = {NULL,             tell_counts,  false},
    [MST_RPC_INFO_DESCRIPTION] = {show_description, NULL,         false},
    [MST_RPC_INFO_KEY] = {show_key,         NULL,         false},
    [MST_RPC_INFO_SHARES] = {NULL,             tell_shares,  true },
    [MST_RPC_INFO_STORAGE] = {NULL,             tell_storage, false},
    [MST_RPC_INFO_SUBSCRIBERS] = {show_subscribers, NULL,         false},
    [MST_RPC_INFO_TAGGED] = {NULL,             tell_tagged,  true },
    [MST_RPC_INFO_TAGS] = {show_tags,        NULL,         false},
    [MST_RPC_INFO_USAGE] = {show_usage,       NULL,         false},
};

static enum mst_err show_part(struct view *view)
{
    json_t *json = NULL;
    enum mst_err err = parts[view->telling->part].show(view, &json);

    if (err != MST_OK || !json)
        return err;
    begin_part(view);
    return print(view, json);
}

static void go_to_next(struct telling *telling)
{
    telling->part++;
    telling->is_begun = false;
    telling->after = 0;
    telling->n_rows = 0;
}

static enum mst_err go_on(struct view *view)
{
    struct telling *telling = view->telling;
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

static enum mst_err tell(struct view *view, const struct mst_rpc_value *options)
{
    struct telling *telling = view->telling;
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
    struct telling *telling;
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
    const struct telling *telling = call->plan;
    enum mst_err err;

    ret_resource->id = telling->resource_id;
    err = mst_tx_get(tx, MST_IX_RESOURCE, ret_resource);
    return err == MST_ENOENT ? mst_rpc_say(call, "invalid") : err;
}

enum mst_err mst_rpc_info(struct mst_rpc_call *call, struct mst_tx *tx)
{
    struct view view = {.call = call, .tx = tx, .out = &call->x->reply, .turn = MST_A_TURN};
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

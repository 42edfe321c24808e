/* The procedure info (protocol.md 2.15.6). */
#include "core/share.h"
#include "core/subscribe.h"
#include "core/tag.h"
#include "core/usage.h"
#include "front/rpc/call.h"

struct view {
    struct mst_rpc_call *call;
    struct mst_tx *tx;
    struct mst_info info;
    bool is_client;
    bool is_hidden; /* a part was asked for that this caller may not see */
};

/* Each part gives *ret_json, NULL if the part does not apply or may not be seen. */

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

/* Of what has a limit by the day, what the client's own dispatches have sent today. */
static enum mst_err show_counts(struct view *view, json_t **ret_json)
{
    const int64_t *direct = view->info.direct;
    int64_t counts[MST_LIMIT_COUNT] = {
        [MST_LIMIT_CLIENT] = direct[MST_KIND_CLIENT],
        [MST_LIMIT_DATAPORT] = direct[MST_KIND_DATAPORT],
        [MST_LIMIT_DATARULE] = direct[MST_KIND_DATARULE],
        [MST_LIMIT_DISPATCH] = direct[MST_KIND_DISPATCH],
        [MST_LIMIT_SHARE] = view->info.direct_shares,
    };
    enum mst_err err = MST_OK;

    if (!view->is_client)
        return MST_OK;
    for (size_t i = 0; i < N_DAILY && err == MST_OK; i++)
        err = mst_usage_sent(view->tx, view->info.resource.id, daily[i], &counts[daily[i]]);
    return err == MST_OK ? pack_counts(counts, ret_json) : err;
}

/* Of what has a limit by the day, what all below the client have sent today. */
static enum mst_err show_usage(struct view *view, json_t **ret_json)
{
    const struct mst_row_quota *quota = &view->info.quota;
    const int64_t now = mst_tx_wall_now(view->tx);
    int64_t counts[MST_LIMIT_COUNT] = {
        [MST_LIMIT_CLIENT] = quota->use_client,     [MST_LIMIT_DATAPORT] = quota->use_dataport,
        [MST_LIMIT_DATARULE] = quota->use_datarule, [MST_LIMIT_DISPATCH] = quota->use_dispatch,
        [MST_LIMIT_SHARE] = quota->use_share,
    };
    enum mst_err err = MST_OK;

    if (!view->is_client)
        return MST_OK;
    for (size_t i = 0; i < N_DAILY && err == MST_OK; i++)
        err = mst_usage_consumed(view->tx, quota->client_id, daily[i], now, now + 1,
                                 &counts[daily[i]]);
    return err == MST_OK ? pack_counts(counts, ret_json) : err;
}

struct storage {
    int64_t count, first, last, bytes;
};

static enum mst_err count_point(void *arg, const void *row)
{
    const struct mst_row_point *point = row;
    struct storage *storage = arg;

    if (storage->count == 0)
        storage->last = point->at;
    storage->first = point->at;
    storage->count++;
    storage->bytes += (int64_t)point->value.len;
    return MST_OK;
}

static enum mst_err first_point(void *arg, const void *row)
{
    ((struct storage *)arg)->first = ((const struct mst_row_point *)row)->at;
    return MST_OK;
}

/* Counting stops at MST_STORAGE_SCAN_MAX, newest first, so that info stays cheap. */
static enum mst_err show_storage(struct view *view, json_t **ret_json)
{
    const struct mst_row_point key = {.dataport_id = view->info.resource.id};
    struct mst_scan scan = {.index = MST_IX_POINT,
                            .key = &key,
                            .n_fixed = 1,
                            .is_descending = true,
                            .limit = MST_STORAGE_SCAN_MAX};
    struct storage storage = {0};
    enum mst_err err;

    if (view->is_client)
        return MST_OK;
    err = mst_tx_scan(view->tx, &scan, count_point, &storage);
    if (err == MST_OK && storage.count == MST_STORAGE_SCAN_MAX) {
        scan.is_descending = false;
        scan.limit = 1;
        err = mst_tx_scan(view->tx, &scan, first_point, &storage);
    }
    if (err != MST_OK)
        return err;
    *ret_json = json_pack("{s:I, s:I, s:I, s:I}", "count", (json_int_t)storage.count, "first",
                          (json_int_t)storage.first, "last", (json_int_t)storage.last, "size",
                          (json_int_t)storage.bytes);
    return *ret_json ? MST_OK : MST_ENOMEM;
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

struct tagged {
    const struct mst_domain *domain;
    struct mst_tx *tx;
    json_t *list;
};

static enum mst_err note_tag(void *arg, struct mst_span tag)
{
    (void)tag;
    *(bool *)arg = true;
    return MST_EREFUSED;
}

static enum mst_err add_tagged(void *arg, const struct mst_row_resource *child)
{
    struct tagged *tagged = arg;
    struct mst_handle rid;
    bool has_tag = false;
    enum mst_err err = mst_tag_list(mst_tx_arena(tagged->tx), child->detail, note_tag, &has_tag);

    if (err != MST_OK || !has_tag)
        return err;
    if (json_array_size(tagged->list) == MST_LISTING_MAX)
        return MST_EREFUSED;
    err = mst_domain_rid(tagged->domain, child, &rid);
    if (err != MST_OK)
        return err;
    return json_array_append_new(tagged->list, json_stringn(rid.text, MST_HANDLE_CHARS)) == 0
               ? MST_OK
               : MST_ENOMEM;
}

/* The client's children that have a tag. */
static enum mst_err show_tagged(struct view *view, json_t **ret_json)
{
    struct tagged tagged = {.domain = mst_exchange_domain(view->call->x), .tx = view->tx};
    enum mst_err err = MST_OK;

    if (!view->info.may_see_owner_view) {
        view->is_hidden = true;
        return MST_OK;
    }
    tagged.list = json_array();
    if (!tagged.list)
        return MST_ENOMEM;
    for (int kind = MST_KIND_CLIENT; kind <= MST_KIND_DISPATCH && err == MST_OK && view->is_client;
         kind++)
        err = mst_resource_children(view->tx, view->info.resource.id, (enum mst_kind)kind,
                                    add_tagged, &tagged);
    if (err == MST_OK)
        *ret_json = tagged.list;
    else
        json_decref(tagged.list);
    return err;
}

struct aliases {
    struct view *view;
    json_t *json;
};

static enum mst_err add_alias(void *arg, const struct mst_row_alias *alias)
{
    const struct aliases *aliases = arg;
    struct mst_row_resource child = {.id = alias->resource_id};
    char key[MST_HANDLE_CHARS + 1] = {0};
    struct mst_handle rid;
    json_t *list;
    enum mst_err err = mst_tx_get(aliases->view->tx, MST_IX_RESOURCE, &child);

    if (err == MST_OK)
        err = mst_domain_rid(mst_exchange_domain(aliases->view->call->x), &child, &rid);
    if (err != MST_OK)
        return err;
    memcpy(key, rid.text, MST_HANDLE_CHARS);
    list = json_object_get(aliases->json, key);
    if (!list) {
        list = json_array();
        if (json_object_set_new(aliases->json, key, list) != 0)
            return MST_ENOMEM;
    }
    return json_array_append_new(list, mst_rpc_string(alias->name)) == 0 ? MST_OK : MST_ENOMEM;
}

static enum mst_err show_aliases(struct view *view, json_t **ret_json)
{
    struct aliases aliases = {.view = view};
    enum mst_err err;

    if (!view->is_client)
        return MST_OK;
    if (!view->info.may_see_owner_view) {
        *ret_json = json_string("undefined");
        return *ret_json ? MST_OK : MST_ENOMEM;
    }
    aliases.json = json_object();
    if (!aliases.json)
        return MST_ENOMEM;
    err = mst_alias_list(view->tx, view->info.resource.id, add_alias, &aliases);
    if (err != MST_OK) {
        json_decref(aliases.json);
        return err;
    }
    *ret_json = aliases.json;
    return MST_OK;
}

struct shares {
    struct view *view;
    json_t *json;
};

/* Only clients activate; one that is gone has left its codes. */
static enum mst_err show_activator(struct shares *shares, int64_t activator_id, json_t **ret_json)
{
    struct mst_row_resource activator = {.id = activator_id};
    struct mst_handle rid;
    enum mst_err err;

    *ret_json = json_null();
    if (activator_id == 0)
        return MST_OK;
    err = mst_tx_get(shares->view->tx, MST_IX_RESOURCE, &activator);
    if (err != MST_OK)
        return err == MST_ENOENT ? MST_OK : err;
    err = mst_domain_rid(mst_exchange_domain(shares->view->call->x), &activator, &rid);
    if (err == MST_OK)
        *ret_json = json_stringn(rid.text, MST_HANDLE_CHARS);
    return err;
}

static enum mst_err add_share(void *arg, const struct mst_row_share *share)
{
    struct shares *shares = arg;
    struct mst_handle code;
    json_t *activator;
    enum mst_err err = show_activator(shares, share->activator_id, &activator);

    if (err == MST_OK)
        err = mst_share_code(mst_exchange_domain(shares->view->call->x), share, &code);
    if (err != MST_OK) {
        json_decref(activator);
        return err;
    }
    return json_array_append_new(shares->json,
                                 json_pack("{s:o, s:o, s:o}", "activator", activator, "code",
                                           json_stringn(code.text, MST_HANDLE_CHARS), "meta",
                                           mst_rpc_string(share->meta))) == 0
               ? MST_OK
               : MST_ENOMEM;
}

static enum mst_err show_shares(struct view *view, json_t **ret_json)
{
    struct shares shares = {.view = view};
    enum mst_err err;

    if (!view->info.may_see_owner_view) {
        view->is_hidden = true;
        return MST_OK;
    }
    shares.json = json_array();
    if (!shares.json)
        return MST_ENOMEM;
    err = mst_share_list(view->tx, view->info.resource.id, add_share, &shares);
    if (err != MST_OK) {
        json_decref(shares.json);
        return err;
    }
    view->call->x->is_secret = true;
    *ret_json = shares.json;
    return MST_OK;
}

static enum mst_err show_key(struct view *view, json_t **ret_json)
{
    if (!view->is_client)
        return MST_OK;
    if (!view->info.may_see_key) {
        view->is_hidden = true;
        return MST_OK;
    }
    *ret_json = json_stringn(view->info.key.text, MST_HANDLE_CHARS);
    view->call->x->is_secret = true;
    return *ret_json ? MST_OK : MST_ENOMEM;
}

static enum mst_err (*const show[MST_RPC_INFO_PARTS])(struct view *view, json_t **ret_json) = {
    [MST_RPC_INFO_ALIASES] = show_aliases, [MST_RPC_INFO_BASIC] = show_basic,
    [MST_RPC_INFO_COUNTS] = show_counts,   [MST_RPC_INFO_DESCRIPTION] = show_description,
    [MST_RPC_INFO_KEY] = show_key,         [MST_RPC_INFO_SHARES] = show_shares,
    [MST_RPC_INFO_STORAGE] = show_storage, [MST_RPC_INFO_SUBSCRIBERS] = show_subscribers,
    [MST_RPC_INFO_TAGGED] = show_tagged,   [MST_RPC_INFO_TAGS] = show_tags,
    [MST_RPC_INFO_USAGE] = show_usage,
};

static enum mst_err show_parts(struct view *view, const struct mst_rpc_value *options,
                               json_t *result)
{
    bool is_all = options->n_given == 0;
    size_t n_asked = 0;
    enum mst_err err = MST_OK;

    for (size_t i = 0; i < MST_RPC_INFO_PARTS && err == MST_OK; i++) {
        json_t *json = NULL;

        if (!is_all && !options->members[i].is_true)
            continue;
        n_asked++;
        err = show[i](view, &json);
        if (err == MST_OK && json &&
            json_object_set_new(result, mst_rpc_info_parts[i].name, json) != 0)
            err = MST_ENOMEM;
    }
    if (err != MST_OK)
        return err;
    if (n_asked == 1 && view->is_hidden)
        return mst_rpc_say(view->call, "restricted");
    return MST_OK;
}

enum mst_err mst_rpc_info(struct mst_rpc_call *call, struct mst_tx *tx)
{
    struct view view = {.call = call, .tx = tx};
    struct mst_row_resource resource = {0};
    bool is_own;
    json_t *result;
    enum mst_err err = mst_rpc_readable(call, tx, &call->args->v[0], &resource, &is_own);

    if (err == MST_OK)
        err = mst_resource_info(mst_exchange_domain(call->x), tx, call->caller_id, &resource,
                                &view.info);
    if (err != MST_OK)
        return err;
    view.is_client = resource.kind == MST_KIND_CLIENT;
    result = json_object();
    if (!result)
        return MST_ENOMEM;
    err = show_parts(&view, &call->args->v[1], result);
    mst_secret_wipe(&view.info.key, sizeof view.info.key);
    if (err == MST_OK)
        return mst_rpc_give(call, result);
    json_decref(result);
    return err;
}

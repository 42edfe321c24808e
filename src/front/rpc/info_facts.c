/* Parts of info that are small, whatever is stored: basic, description, key, subscribers, tags. */
#include "core/subscribe.h"
#include "core/tag.h"
#include "front/rpc/info.h"

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

enum mst_err mst_info_show_basic(struct mst_info_view *view, json_t **ret_json)
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

enum mst_err mst_info_show_description(struct mst_info_view *view, json_t **ret_json)
{
    *ret_json = mst_rpc_describe(&view->info);
    return *ret_json ? MST_OK : MST_ENOMEM;
}

struct subscribers {
    struct mst_info_view *view;
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

enum mst_err mst_info_show_subscribers(struct mst_info_view *view, json_t **ret_json)
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

enum mst_err mst_info_show_tags(struct mst_info_view *view, json_t **ret_json)
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

enum mst_err mst_info_show_key(struct mst_info_view *view, json_t **ret_json)
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

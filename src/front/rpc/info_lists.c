/* Parts of info that list what may be much: aliases, shares, tagged. */
#include "core/share.h"
#include "core/tag.h"
#include "front/rpc/info.h"

static enum mst_err note_tag(void *arg, struct mst_span tag)
{
    (void)tag;
    *(bool *)arg = true;
    return MST_EREFUSED;
}

static enum mst_err add_tagged(void *arg, const void *row)
{
    const struct mst_row_resource *child = row;
    const struct mst_info_view *view = arg;
    struct mst_info_telling *telling = view->telling;
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
enum mst_err mst_info_tell_tagged(struct mst_info_view *view, bool *ret_is_whole)
{
    struct mst_info_telling *telling = view->telling;
    const struct mst_row_resource key = {
        .owner_id = view->info.resource.id, .kind = telling->kind, .id = telling->after};
    const struct mst_scan scan = {
        .index = MST_IX_RESOURCE_OWNER, .key = &key, .n_fixed = 2, .has_after = true};
    enum mst_err err;

    if (!telling->is_begun) {
        mst_info_begin_part(view);
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

static bool is_name(const struct mst_info_alias *name, struct mst_span text)
{
    return mst_span_eq(mst_span_of(name->text, name->len), text);
}

static enum mst_err keep_name(struct mst_span text, struct mst_info_alias *ret_name)
{
    if (text.len > sizeof ret_name->text)
        return MST_ECORRUPT;
    memcpy(ret_name->text, text.ptr, text.len);
    ret_name->len = text.len;
    return MST_OK;
}

/* The key of the resource whose aliases follow. */
static enum mst_err begin_named(const struct mst_info_view *view)
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
    const struct mst_info_view *view = arg;
    struct mst_info_telling *telling = view->telling;
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
    return err == MST_OK ? mst_info_print(view, mst_rpc_string(alias->name)) : err;
}

/* All aliases of the resource at hand, if the one that led to it is the first of them. */
static enum mst_err tell_named(struct mst_info_view *view)
{
    struct mst_info_telling *telling = view->telling;
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
    struct mst_info_view *view = arg;
    struct mst_info_telling *telling = view->telling;
    enum mst_err err = keep_name(alias->name, &telling->name);

    telling->named_id = alias->resource_id;
    telling->last.len = 0;
    return err == MST_OK ? tell_named(view) : err;
}

/* The client's aliases are walked by their names; each resource is told with the first that it has. */
static enum mst_err go_on_with_aliases(struct mst_info_view *view, bool *ret_is_whole)
{
    struct mst_info_telling *telling = view->telling;
    const struct mst_row_alias key = {.client_id = view->info.resource.id,
                                      .name = mst_span_of(telling->name.text, telling->name.len)};
    const struct mst_scan scan = {
        .index = MST_IX_ALIAS, .key = &key, .n_fixed = 1, .has_after = telling->name.len > 0};

    *ret_is_whole = false;
    return telling->named_id != 0
               ? tell_named(view)
               : mst_turn_scan(view->tx, &view->turn, &scan, find_named, view, ret_is_whole);
}

enum mst_err mst_info_tell_aliases(struct mst_info_view *view, bool *ret_is_whole)
{
    enum mst_err err = MST_OK;

    if (!view->telling->is_begun) {
        *ret_is_whole = !view->is_client || !view->info.may_see_owner_view;
        if (!view->is_client)
            return MST_OK;
        mst_info_begin_part(view);
        (void)mst_buf_add_str(view->out, *ret_is_whole ? "\"undefined\"" : "{");
        return MST_OK;
    }
    err = go_on_with_aliases(view, ret_is_whole);
    if (err == MST_OK && *ret_is_whole)
        (void)mst_buf_add_byte(view->out, '}');
    return err;
}

/* Only clients activate; one that is gone has left its codes. */
static enum mst_err show_activator(const struct mst_info_view *view, int64_t activator_id,
                                   json_t **ret_json)
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
    const struct mst_info_view *view = arg;
    struct mst_info_telling *telling = view->telling;
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
    return mst_info_print(view, json_pack("{s:o, s:o, s:o}", "activator", activator, "code",
                                          json_stringn(code.text, MST_HANDLE_CHARS), "meta",
                                          mst_rpc_string(share->meta)));
}

enum mst_err mst_info_tell_shares(struct mst_info_view *view, bool *ret_is_whole)
{
    struct mst_info_telling *telling = view->telling;
    const struct mst_row_share key = {.resource_id = view->info.resource.id, .id = telling->after};
    const struct mst_scan scan = {
        .index = MST_IX_SHARE_RESOURCE, .key = &key, .n_fixed = 1, .has_after = true};
    enum mst_err err = MST_OK;

    if (!telling->is_begun) {
        mst_info_begin_part(view);
        (void)mst_buf_add_byte(view->out, '[');
        view->call->x->is_secret = true;
    }
    err = mst_turn_scan(view->tx, &view->turn, &scan, add_share, view, ret_is_whole);
    if (err == MST_OK && *ret_is_whole)
        (void)mst_buf_add_byte(view->out, ']');
    return err;
}

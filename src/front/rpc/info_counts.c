/* Parts of info that count: counts, usage, storage. */
#include "core/usage.h"
#include "front/rpc/info.h"

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
enum mst_err mst_info_show_usage(struct mst_info_view *view, json_t **ret_json)
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

/* Of what has a limit by the day, what the client's own dispatches have sent today. */
static enum mst_err print_counts(const struct mst_info_view *view)
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
    mst_info_begin_part(view);
    return mst_info_print(view, json);
}

enum mst_err mst_info_tell_counts(struct mst_info_view *view, bool *ret_is_whole)
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
    struct mst_info_storage *storage = arg;

    if (storage->count == 0)
        storage->last = point->at;
    storage->first = point->at;
    storage->count++;
    storage->bytes += (int64_t)point->value.len;
    return storage->count == MST_STORAGE_SCAN_MAX ? MST_EREFUSED : MST_OK;
}

static enum mst_err first_point(void *arg, const void *row)
{
    ((struct mst_info_storage *)arg)->first = ((const struct mst_row_point *)row)->at;
    return MST_OK;
}

static enum mst_err print_storage(const struct mst_info_view *view)
{
    const struct mst_info_storage *storage = &view->telling->storage;

    mst_info_begin_part(view);
    return mst_info_print(view,
                          json_pack("{s:I, s:I, s:I, s:I}", "count", (json_int_t)storage->count,
                                    "first", (json_int_t)storage->first, "last",
                                    (json_int_t)storage->last, "size", (json_int_t)storage->bytes));
}

/* Counting stops at MST_STORAGE_SCAN_MAX, newest first, so that info stays cheap. */
enum mst_err mst_info_tell_storage(struct mst_info_view *view, bool *ret_is_whole)
{
    struct mst_info_storage *storage = &view->telling->storage;
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

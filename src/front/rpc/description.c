/*
 * Descriptions (protocol.md 2.15.5): JSON to what core takes, and back. detail.c has the keys
 * that only the RPC shows.
 */
#include "front/rpc/call.h"

static const struct {
    const char *word;
    enum mst_format format;
} formats[] = {
    {"float",   MST_FORMAT_FLOAT  },
    {"integer", MST_FORMAT_INTEGER},
    {"string",  MST_FORMAT_STRING },
    {"binary",  MST_FORMAT_STRING }, /* legacy */
    {"boolean", MST_FORMAT_STRING },
};

/* ---- reading ---- */

static bool read_text(const json_t *json, const char *key, size_t max, bool *ret_has,
                      struct mst_span *ret_text)
{
    const json_t *value = json_object_get(json, key);

    if (!value)
        return true;
    *ret_has = true;
    return mst_rpc_text(value, ret_text) && ret_text->len <= max;
}

static bool read_bool(const json_t *json, const char *key, bool *ret_has, bool *ret_value)
{
    const json_t *value = json_object_get(json, key);

    if (!value)
        return true;
    *ret_has = true;
    *ret_value = json_is_true(value);
    return json_is_boolean(value);
}

static bool read_limits(const json_t *json, struct mst_description *description)
{
    const json_t *limits = json_object_get(json, "limits");

    if (!limits)
        return true;
    if (!json_is_object(limits))
        return false;
    for (size_t i = 0; i < MST_LIMIT_COUNT; i++) {
        const json_t *value = json_object_get(limits, mst_limit_names[i]);
        int64_t limit;

        if (!value)
            continue;
        description->has_limit[i] = true;
        if (mst_rpc_is_word(value, "inherit"))
            description->limit[i] = MST_LIMIT_INHERIT;
        else if (mst_rpc_whole(value, &limit) && limit >= 0)
            description->limit[i] = limit;
        else
            return false;
    }
    return true;
}

static bool read_format(const json_t *json, struct mst_description *description)
{
    const json_t *value = json_object_get(json, "format");

    if (!value)
        return true;
    description->has_format = true;
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (mst_rpc_is_word(value, formats[i].word)) {
            description->format = formats[i].format;
            return true;
        }
    return false;
}

/* What a description takes values from must be the token's too, if the call came by one. */
static enum mst_err admit_source(struct mst_rpc_call *call, struct mst_tx *tx, const json_t *source)
{
    struct mst_rpc_value arg = {.is_given = true};
    struct mst_row_resource resource;

    if (!mst_rpc_text(source, &arg.ref.text) || arg.ref.text.len != MST_HANDLE_CHARS)
        return MST_OK;
    return mst_rpc_resource(call, tx, &arg, &resource);
}

static enum mst_err admit_sources(struct mst_rpc_call *call, struct mst_tx *tx, const json_t *json)
{
    const json_t *steps = json_object_get(json, "preprocess");
    enum mst_err err = MST_OK;

    if (call->caller->key_id == 0)
        err = admit_source(call, tx, json_object_get(json, "subscribe"));
    for (size_t i = 0; call->caller->key_id == 0 && i < json_array_size(steps) && err == MST_OK;
         i++)
        err = admit_source(call, tx, json_array_get(json_array_get(steps, i), 1));
    return err == MST_EREFUSED ? mst_rpc_say(call, "restricted") : err;
}

enum mst_err mst_rpc_description(struct mst_rpc_call *call, struct mst_tx *tx, const json_t *json,
                                 enum mst_kind kind, const struct mst_row_resource *old,
                                 struct mst_description *ret_description)
{
    struct mst_description description = {0};
    bool is_good;

    is_good = read_text(json, "name", MST_NAME_MAX, &description.has_name, &description.name) &&
              read_text(json, "meta", MST_META_MAX, &description.has_meta, &description.meta) &&
              read_bool(json, "public", &description.has_public, &description.is_public);
    if (is_good && kind == MST_KIND_CLIENT)
        is_good = read_bool(json, "locked", &description.has_locked, &description.is_locked) &&
                  read_limits(json, &description);
    else if (is_good && mst_kind_has_points(kind))
        is_good = read_format(json, &description) && (old || description.has_format);
    if (!is_good)
        return mst_rpc_say(call, "badarg");
    if (kind != MST_KIND_CLIENT) {
        enum mst_err err = mst_rpc_detail_read(call, tx, json, kind, old, &description.detail);

        if (err == MST_OK)
            err = admit_sources(call, tx, json);
        description.has_detail = true;
        if (err != MST_OK)
            return err;
    }
    *ret_description = description;
    return MST_OK;
}

/* ---- showing ---- */

static const int64_t *limit_of(const struct mst_row_quota *quota, size_t i)
{
    const int64_t *const limits[MST_LIMIT_COUNT] = {
        &quota->lim_client,       &quota->lim_dataport,    &quota->lim_datarule,
        &quota->lim_disk,         &quota->lim_dispatch,    &quota->lim_email,
        &quota->lim_email_bucket, &quota->lim_http,        &quota->lim_http_bucket,
        &quota->lim_share,        &quota->lim_sms,         &quota->lim_sms_bucket,
        &quota->lim_xmpp,         &quota->lim_xmpp_bucket,
    };

    return limits[i];
}

static json_t *show_limits(const struct mst_row_quota *quota)
{
    json_t *limits = json_object();

    for (size_t i = 0; limits && i < MST_LIMIT_COUNT; i++) {
        int64_t limit = *limit_of(quota, i);

        (void)json_object_set_new(limits, mst_limit_names[i],
                                  limit == MST_LIMIT_INHERIT ? json_string("inherit")
                                                             : json_integer(limit));
    }
    return limits;
}

json_t *mst_rpc_describe(const struct mst_info *info)
{
    const struct mst_row_resource *resource = &info->resource;
    json_t *json;

    if (resource->kind == MST_KIND_CLIENT)
        return json_pack("{s:o, s:b, s:o, s:o, s:b}", "limits", show_limits(&info->quota), "locked",
                         (int)info->client.is_locked, "meta", mst_rpc_string(resource->meta),
                         "name", mst_rpc_string(resource->name), "public",
                         (int)resource->is_public);
    json = mst_rpc_detail_load(resource->kind, resource->detail);
    if (!json)
        return NULL;
    (void)json_object_del(json, "tags");
    (void)json_object_del(json, MST_DETAIL_GENERATION);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if ((int64_t)formats[i].format == resource->format) {
            (void)json_object_set_new(json, "format", json_string(formats[i].word));
            break;
        }
    (void)json_object_set_new(json, "meta", mst_rpc_string(resource->meta));
    (void)json_object_set_new(json, "name", mst_rpc_string(resource->name));
    (void)json_object_set_new(json, "public", json_boolean(resource->is_public));
    return json;
}

/*
 * Descriptions (protocol.md 2.15.5): JSON to what core takes, and back.
 *
 * What only the RPC shows of a dataport (retention, preprocess, subscribe) is kept
 * as one JSON object with sorted keys in the resource's detail. It is always whole:
 * create fills in the defaults, update merges into what is there.
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

static const char *const operations[] = {"add", "sub", "mul", "div", "mod", "gt",
                                         "geq", "lt",  "leq", "eq",  "neq", "value"};

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

        if (!value)
            continue;
        description->has_limit[i] = true;
        if (mst_rpc_is_word(value, "inherit"))
            description->limit[i] = MST_LIMIT_INHERIT;
        else if (json_is_integer(value) && json_integer_value(value) >= 0)
            description->limit[i] = json_integer_value(value);
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

/* ---- detail of a dataport ---- */

static json_t *default_detail(void)
{
    return json_pack("{s:[], s:{s:s, s:s}, s:n}", "preprocess", "retention", "count", "infinity",
                     "duration", "infinity", "subscribe");
}

static json_t *load_detail(struct mst_span text)
{
    json_t *detail = text.len ? json_loadb(text.ptr, text.len, 0, NULL) : NULL;

    return detail ? detail : default_detail();
}

static bool is_bound(const json_t *value)
{
    return mst_rpc_is_word(value, "infinity") ||
           (json_is_integer(value) && json_integer_value(value) >= 0);
}

/* What is missing in a retention counts as infinity, on update too (2.1.5). */
static bool merge_retention(const json_t *given, json_t *detail)
{
    static const char *const keys[] = {"count", "duration"};
    json_t *retention = json_object();

    if (!json_is_object(given) || !retention) {
        json_decref(retention);
        return false;
    }
    for (size_t i = 0; i < 2; i++) {
        json_t *value = json_object_get(given, keys[i]);

        if (value && !is_bound(value)) {
            json_decref(retention);
            return false;
        }
        if (value)
            (void)json_object_set(retention, keys[i], value);
        else
            (void)json_object_set_new(retention, keys[i], json_string("infinity"));
    }
    return json_object_set_new(detail, "retention", retention) == 0;
}

static bool is_operation(const json_t *item)
{
    if (json_array_size(item) != 2)
        return false;
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (mst_rpc_is_word(json_array_get(item, 0), operations[i])) {
            const json_t *operand = json_array_get(item, 1);
            return json_is_number(operand) || json_is_string(operand) || json_is_boolean(operand);
        }
    return false;
}

static bool merge_preprocess(json_t *given, json_t *detail)
{
    if (!json_is_array(given))
        return false;
    for (size_t i = 0; i < json_array_size(given); i++)
        if (!is_operation(json_array_get(given, i)))
            return false;
    return json_object_set(detail, "preprocess", given) == 0;
}

static bool merge_subscribe(json_t *given, json_t *detail)
{
    if (!json_is_null(given) && !json_is_string(given))
        return false;
    /* "" is how some clients say "nothing". */
    if (json_is_string(given) && json_string_length(given) == 0)
        return json_object_set_new(detail, "subscribe", json_null()) == 0;
    if (json_is_string(given) && json_string_length(given) != MST_HANDLE_CHARS)
        return false;
    return json_object_set(detail, "subscribe", given) == 0;
}

static bool merge_detail(const json_t *json, json_t *detail)
{
    json_t *retention = json_object_get(json, "retention");
    json_t *preprocess = json_object_get(json, "preprocess");
    json_t *subscribe = json_object_get(json, "subscribe");

    return (!retention || merge_retention(retention, detail)) &&
           (!preprocess || merge_preprocess(preprocess, detail)) &&
           (!subscribe || merge_subscribe(subscribe, detail));
}

static enum mst_err print_detail(struct mst_tx *tx, const json_t *detail,
                                 struct mst_description *description)
{
    char *text = json_dumps(detail, JSON_COMPACT | JSON_SORT_KEYS);
    enum mst_err err = MST_ENOMEM;

    if (text) {
        err = mst_arena_dup(mst_tx_arena(tx), mst_span_str(text), &description->detail);
        free(text);
    }
    description->has_detail = true;
    return err;
}

static enum mst_err read_detail(struct mst_rpc_call *call, struct mst_tx *tx, const json_t *json,
                                const struct mst_row_resource *old,
                                struct mst_description *description)
{
    json_t *detail = load_detail(old ? old->detail : (struct mst_span){NULL, 0});
    enum mst_err err = MST_ENOMEM;

    if (!detail)
        return err;
    if (!merge_detail(json, detail))
        err = mst_rpc_say(call, "badarg");
    else
        err = print_detail(tx, detail, description);
    json_decref(detail);
    if (err == MST_OK && description->detail.len > MST_DETAIL_MAX)
        err = mst_rpc_say(call, "badarg");
    return err;
}

enum mst_err mst_rpc_description(struct mst_rpc_call *call, struct mst_tx *tx, const json_t *json,
                                 enum mst_kind kind, const struct mst_row_resource *old,
                                 struct mst_description *ret_description)
{
    struct mst_description description = {0};
    bool is_good;

    if (!json_is_object(json))
        return mst_rpc_unsupported(call, "arguments");
    is_good = read_text(json, "name", MST_NAME_MAX, &description.has_name, &description.name) &&
              read_text(json, "meta", MST_META_MAX, &description.has_meta, &description.meta) &&
              read_bool(json, "public", &description.has_public, &description.is_public);
    if (is_good && kind == MST_KIND_CLIENT)
        is_good = read_bool(json, "locked", &description.has_locked, &description.is_locked) &&
                  read_limits(json, &description);
    else if (is_good)
        is_good = read_format(json, &description) && (old || description.has_format);
    if (!is_good)
        return mst_rpc_say(call, "badarg");
    if (kind == MST_KIND_DATAPORT) {
        enum mst_err err = read_detail(call, tx, json, old, &description);

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
    json = load_detail(resource->detail);
    if (!json)
        return NULL;
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

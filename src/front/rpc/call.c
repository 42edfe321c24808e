#include <assert.h>
#include <math.h>
#include <string.h>

#include "core/data.h"
#include "front/rpc/call.h"

static const char *const words[MST_VERDICT_COUNT] = {
    [MST_DONE] = "ok",
    [MST_BAD_VALUE] = "badarg",
    [MST_NO_AUTH] = "noauth",
    [MST_KEY_LOCKED] = "locked",
    [MST_NO_VENDOR_NAME] = "restricted",
    [MST_NOT_DOMAIN] = "restricted",
    [MST_NO_SHARE] = "restricted",
    [MST_NO_VENDOR] = "invalid",
    [MST_NO_MODEL] = "invalid",
    [MST_NO_SERIAL] = "invalid",
    [MST_NO_OWNER] = "invalid",
    [MST_NOT_FOUND] = "invalid",
    [MST_RESTRICTED] = "restricted",
    [MST_NOT_OWNED] = "noauth",
    [MST_EXISTS] = "inuse",
    [MST_OVERLAPS] = "inuse",
    [MST_IN_USE] = "inuse",
    [MST_NO_ROOM] = "limit",
    [MST_NESTED] = "invalid",
    [MST_HAS_CLIENT] = "invalid",
    [MST_HAS_NO_CLIENT] = "invalid",
    [MST_NOT_ADDED] = "invalid",
    [MST_ACTIVATED] = "invalid",
    [MST_SECOND_CALLER] = "invalid",
    [MST_EXPIRED] = "invalid",
    [MST_DISABLED] = "invalid",
    [MST_ORPHANED] = "invalid",
    [MST_LOCKED] = "locked",
    [MST_NO_TEMPLATE] = "invalid",
};

const char *mst_rpc_word(enum mst_verdict verdict)
{
    assert((unsigned)verdict < MST_VERDICT_COUNT);
    return words[verdict];
}

enum mst_err mst_rpc_say(struct mst_rpc_call *call, const char *status)
{
    call->status = status;
    return MST_EREFUSED;
}

enum mst_err mst_rpc_unsupported(struct mst_rpc_call *call, const char *context)
{
    call->context = context;
    return mst_rpc_say(call, "fail");
}

enum mst_err mst_rpc_settle(struct mst_rpc_call *call, enum mst_err err, enum mst_verdict verdict)
{
    if (err != MST_OK)
        return err;
    return verdict == MST_DONE ? MST_OK : mst_rpc_say(call, words[verdict]);
}

enum mst_err mst_rpc_give(struct mst_rpc_call *call, json_t *result)
{
    if (!result)
        return MST_ENOMEM;
    json_decref(call->result);
    call->result = result;
    return MST_OK;
}

enum mst_err mst_rpc_give_rid(struct mst_rpc_call *call, const struct mst_row_resource *resource)
{
    struct mst_handle rid;
    enum mst_err err = mst_domain_rid(mst_exchange_domain(call->x), resource, &rid);

    return err == MST_OK ? mst_rpc_give(call, json_stringn(rid.text, MST_HANDLE_CHARS)) : err;
}

enum mst_err mst_rpc_print_rid(struct mst_rpc_call *call, bool has_comma,
                               const struct mst_row_resource *resource)
{
    struct mst_buf *out = &call->x->reply;
    struct mst_handle rid;
    enum mst_err err = mst_domain_rid(mst_exchange_domain(call->x), resource, &rid);

    if (err != MST_OK)
        return err;
    (void)mst_buf_add_str(out, has_comma ? ",\"" : "\"");
    (void)mst_buf_add(out, mst_handle_span(&rid));
    (void)mst_buf_add_byte(out, '"');
    return mst_buf_err(out);
}

json_t *mst_rpc_string(struct mst_span text)
{
    return json_stringn(text.len ? text.ptr : "", text.len);
}

enum mst_err mst_rpc_await(struct mst_rpc_call *call, int64_t port_id, uint64_t until_ms)
{
    call->is_more = true;
    call->wait_port_id = port_id;
    call->wait_until_ms = until_ms;
    return MST_OK;
}

enum mst_err mst_rpc_print_point(struct mst_buf *out, int64_t format,
                                 const struct mst_row_point *point)
{
    (void)mst_buf_add_byte(out, '[');
    (void)mst_buf_add_i64(out, point->at);
    (void)mst_buf_add_byte(out, ',');
    if (format == MST_FORMAT_INTEGER || format == MST_FORMAT_FLOAT)
        (void)mst_buf_add(out, point->value);
    else
        (void)mst_json_put(out, point->value);
    return mst_buf_add_byte(out, ']');
}

static void print_object(struct mst_buf *out, json_t *object)
{
    const char *key, *separator = "{";
    json_t *value;

    if (json_object_size(object) == 0)
        (void)mst_buf_add_byte(out, '{');
    json_object_foreach(object, key, value)
    {
        (void)mst_buf_add_str(out, separator);
        (void)mst_json_put(out, mst_span_str(key));
        (void)mst_buf_add_byte(out, ':');
        (void)mst_rpc_print(out, value);
        separator = ",";
    }
    (void)mst_buf_add_byte(out, '}');
}

static void print_array(struct mst_buf *out, json_t *array)
{
    (void)mst_buf_add_byte(out, '[');
    for (size_t i = 0; i < json_array_size(array); i++) {
        (void)mst_buf_add_str(out, i > 0 ? "," : "");
        (void)mst_rpc_print(out, json_array_get(array, i));
    }
    (void)mst_buf_add_byte(out, ']');
}

/* As points are shown, but never so that it would come back as an integer. */
static void print_real(struct mst_buf *out, double number)
{
    char text[MST_DATA_NUMBER_CHARS];

    mst_data_print(number, text);
    (void)mst_buf_add_str(out, text);
    if (!strpbrk(text, ".e"))
        (void)mst_buf_add_str(out, ".0");
}

/* Not json_dumps: that has 17 digits for each real, and shows 0.1 as 0.10000000000000001. */
enum mst_err mst_rpc_print(struct mst_buf *out, json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        print_object(out, value);
        break;
    case JSON_ARRAY:
        print_array(out, value);
        break;
    case JSON_STRING:
        (void)mst_json_put(out, mst_span_of(json_string_value(value), json_string_length(value)));
        break;
    case JSON_INTEGER:
        (void)mst_buf_add_i64(out, json_integer_value(value));
        break;
    case JSON_REAL:
        print_real(out, json_real_value(value));
        break;
    case JSON_TRUE:
        (void)mst_buf_add_str(out, "true");
        break;
    case JSON_FALSE:
        (void)mst_buf_add_str(out, "false");
        break;
    case JSON_NULL:
        (void)mst_buf_add_str(out, "null");
        break;
    }
    return mst_buf_err(out);
}

bool mst_rpc_whole(const json_t *value, int64_t *ret_whole)
{
    const double exact = 9007199254740992; /* 2^53 */
    const double number = json_number_value(value);

    if (json_is_integer(value))
        *ret_whole = json_integer_value(value);
    else if (json_is_real(value) && fabs(number) <= exact && floor(number) == number)
        *ret_whole = (int64_t)number;
    else
        return false;
    return true;
}

bool mst_rpc_text(const json_t *value, struct mst_span *ret_text)
{
    if (!json_is_string(value))
        return false;
    *ret_text = mst_span_of(json_string_value(value), json_string_length(value));
    return true;
}

bool mst_rpc_is_word(const json_t *value, const char *word)
{
    struct mst_span text;

    return mst_rpc_text(value, &text) && mst_span_eq(text, mst_span_str(word));
}

static const char *const kind_words[] = {
    [MST_KIND_CLIENT] = "client",
    [MST_KIND_DATAPORT] = "dataport",
    [MST_KIND_DATARULE] = "datarule",
    [MST_KIND_DISPATCH] = "dispatch",
};

int64_t mst_rpc_kind(struct mst_span word)
{
    for (int64_t kind = MST_KIND_CLIENT; kind <= MST_KIND_DISPATCH; kind++)
        if (mst_span_eq(word, mst_span_str(kind_words[kind])))
            return kind;
    return 0;
}

const char *mst_rpc_kind_word(int64_t kind)
{
    assert(kind >= MST_KIND_CLIENT && kind <= MST_KIND_DISPATCH);
    return kind_words[kind];
}

/* An argument that was left out names the caller. */
static struct mst_ref ref_of(const struct mst_rpc_value *arg)
{
    return arg->is_given ? arg->ref : (struct mst_ref){.is_alias = true, .text = MST_LIT("")};
}

/* By a grant token: "restricted" unless the token covers the resource. */
static enum mst_err admit(struct mst_rpc_call *call, struct mst_tx *tx, int64_t resource_id)
{
    bool is_covered = true;
    enum mst_err err = MST_OK;

    if (call->caller->key_id == 0)
        err = mst_grant_covers(mst_exchange_domain(call->x), tx, &call->caller->grant, &call->scope,
                               resource_id, &is_covered);
    return err == MST_OK && !is_covered ? mst_rpc_say(call, "restricted") : err;
}

enum mst_err mst_rpc_resource(struct mst_rpc_call *call, struct mst_tx *tx,
                              const struct mst_rpc_value *arg,
                              struct mst_row_resource *ret_resource)
{
    const struct mst_ref ref = ref_of(arg);
    enum mst_verdict verdict = MST_NOT_FOUND;
    enum mst_err err = mst_resource_find(mst_exchange_domain(call->x), tx, call->caller_id, &ref,
                                         &verdict, ret_resource);

    err = mst_rpc_settle(call, err, verdict);
    return err == MST_OK ? admit(call, tx, ret_resource->id) : err;
}

enum mst_err mst_rpc_readable(struct mst_rpc_call *call, struct mst_tx *tx,
                              const struct mst_rpc_value *arg,
                              struct mst_row_resource *ret_resource, bool *ret_is_own)
{
    const struct mst_ref ref = ref_of(arg);
    enum mst_verdict verdict = MST_NOT_FOUND;
    enum mst_err err = mst_resource_find_to_read(mst_exchange_domain(call->x), tx, call->caller_id,
                                                 &ref, &verdict, ret_resource, ret_is_own);

    err = mst_rpc_settle(call, err, verdict);
    return err == MST_OK ? admit(call, tx, ret_resource->id) : err;
}

enum mst_err mst_rpc_client(struct mst_rpc_call *call, struct mst_tx *tx,
                            const struct mst_rpc_value *arg, struct mst_row_resource *ret_resource)
{
    enum mst_err err = mst_rpc_resource(call, tx, arg, ret_resource);

    if (err == MST_OK && ret_resource->kind != MST_KIND_CLIENT)
        return mst_rpc_say(call, "invalid");
    return err;
}

static int64_t cut_time(int64_t time)
{
    return time < -1 ? -1 : time > MST_POINT_AT_MAX ? MST_POINT_AT_MAX + 1 : time;
}

int64_t mst_rpc_time_floor(const struct mst_rpc_value *arg)
{
    return cut_time(arg->integer) - (arg->number < (double)arg->integer);
}

int64_t mst_rpc_time_ceil(const struct mst_rpc_value *arg)
{
    return cut_time(arg->integer) + (arg->number > (double)arg->integer);
}

enum mst_err mst_rpc_load(struct mst_rpc_call *call, const struct mst_rpc_value *arg,
                          const json_t **ret_object)
{
    json_error_t error;

    if (!call->loaded)
        call->loaded = json_loadb(arg->raw.ptr, arg->raw.len, 0, &error);
    if (!call->loaded)
        return json_error_code(&error) == json_error_out_of_memory
                   ? MST_ENOMEM
                   : mst_rpc_unsupported(call, "arguments");
    *ret_object = call->loaded;
    return MST_OK;
}

#include "core/domain.h"
#include "front/rpc/envelope.h"

/* Behind a byte order mark, which the UTF-8 writers of .NET put in front; RFC 8259 lets readers ignore it. */
static struct mst_span without_mark(struct mst_span text)
{
    const struct mst_span mark = MST_LIT("\xef\xbb\xbf");

    return mst_span_cut(text, mst_span_starts(text, mark) ? mark.len : 0, text.len);
}

static bool is_json(struct mst_span text)
{
    struct mst_json json = mst_json_of(text);

    return mst_name_is_utf8(text) && mst_json_skip(&json) == MST_OK &&
           mst_json_end(&json) == MST_OK;
}

enum mst_err mst_rpc_envelope_read(struct mst_arena *arena, struct mst_span text,
                                   struct mst_rpc_envelope *ret_envelope)
{
    const struct mst_span document = without_mark(text);
    struct mst_json json = mst_json_again(document);
    struct mst_rpc_envelope envelope = {0};
    struct mst_span name, value;
    bool is_more = mst_json_kind(&json) == MST_JSON_OBJECT;
    enum mst_err err = is_json(document) ? MST_OK : MST_ESYNTAX;

    if (err == MST_OK && mst_json_kind(&json) == MST_JSON_ARRAY)
        err = mst_json_value(&json, &envelope.calls);
    else if (err == MST_OK && is_more)
        err = mst_json_open(&json, '{');
    while (err == MST_OK && is_more &&
           (err = mst_json_member(&json, arena, &is_more, &name)) == MST_OK && is_more) {
        err = mst_json_value(&json, &value);
        if (mst_span_eq(name, MST_LIT("auth")))
            envelope.auth = value;
        else if (mst_span_eq(name, MST_LIT("calls")))
            envelope.calls = value;
    }
    if (err == MST_OK)
        *ret_envelope = envelope;
    return err;
}

/* ---- calls ---- */

/* text is UTF-8. */
static size_t count_characters(struct mst_span text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++)
        n += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return n;
}

enum mst_err mst_rpc_id_read(struct mst_arena *arena, struct mst_span json, struct mst_span *ret_id)
{
    struct mst_json id = mst_json_again(json);
    const enum mst_json_kind kind = mst_json_kind(&id);
    struct mst_span text;
    enum mst_err err;

    if (kind == MST_JSON_NULL || kind == MST_JSON_NONE)
        return MST_OK;
    if (kind != MST_JSON_STRING && kind != MST_JSON_NUMBER)
        return MST_EREFUSED;
    err =
        kind == MST_JSON_STRING ? mst_json_string(&id, arena, &text) : mst_json_number(&id, &text);
    if (err == MST_OK && count_characters(text) > MST_RPC_ID_MAX)
        return MST_EREFUSED;
    if (err == MST_OK)
        *ret_id = json;
    return err;
}

static enum mst_err read_call(struct mst_arena *arena, struct mst_json *json,
                              struct mst_rpc_one *one)
{
    struct mst_span id = {NULL, 0}, procedure = {NULL, 0}, args = {NULL, 0}, name, value;
    bool is_more = true;
    enum mst_err err = mst_json_open(json, '{');

    while (err == MST_OK && (err = mst_json_member(json, arena, &is_more, &name)) == MST_OK &&
           is_more) {
        err = mst_json_value(json, &value);
        if (mst_span_eq(name, MST_LIT("id")))
            id = value;
        else if (mst_span_eq(name, MST_LIT("procedure")))
            procedure = value;
        else if (mst_span_eq(name, MST_LIT("arguments")))
            args = value;
    }
    if (err == MST_OK)
        err = mst_rpc_id_read(arena, id, &one->id);
    if (err == MST_OK && procedure.len > 0 && procedure.ptr[0] == '"') {
        struct mst_json word = mst_json_again(procedure);

        err = mst_json_string(&word, arena, &one->name);
    }
    return err == MST_OK ? mst_rpc_args_read(arena, one->name, args, &one->fit, &one->args) : err;
}

static enum mst_err count_calls(struct mst_json json, size_t *ret_n)
{
    bool is_more = true;
    size_t n = 0;
    enum mst_err err = mst_json_open(&json, '[');

    while (err == MST_OK && (err = mst_json_element(&json, &is_more)) == MST_OK && is_more) {
        err = mst_json_skip(&json);
        n++;
    }
    *ret_n = n;
    return err == MST_OK && n > MST_RPC_CALLS_MAX ? MST_EREFUSED : err;
}

enum mst_err mst_rpc_calls_read(struct mst_arena *arena, struct mst_span text, size_t *ret_n,
                                struct mst_rpc_one **ret_calls)
{
    struct mst_json json = mst_json_again(text);
    struct mst_rpc_one *calls = NULL;
    bool is_more = true;
    size_t n = 0;
    enum mst_err err = count_calls(json, &n);

    if (err == MST_OK) {
        calls = mst_arena_array(arena, n + 1, sizeof *calls);
        err = calls ? mst_json_open(&json, '[') : MST_ENOMEM;
    }
    for (size_t i = 0; err == MST_OK; i++) {
        err = mst_json_element(&json, &is_more);
        if (err != MST_OK || !is_more)
            break;
        err = read_call(arena, &json, &calls[i]);
    }
    if (err != MST_OK)
        return err == MST_ESYNTAX ? MST_EREFUSED : err; /* something else than a list of objects */
    *ret_n = n;
    *ret_calls = calls;
    return MST_OK;
}

/*
 * Bodies of RPC requests. What is taken is JSON by jansson too, unless it has numbers or names that are beyond
 * it, and what is not taken is none, or too deep; auth and calls are the last members of these
 * names; ids and names lie inside or in the arena, and there are as many calls as elements.
 */
#include <jansson.h>

#include "front/rpc/envelope.h"
#include "tests/fuzz/fuzz.h"

enum { ARENA_MAX = 1 << 24 };

static bool is_beyond_jansson(const json_error_t *error)
{
    enum json_error_code code = json_error_code(error);

    return code == json_error_numeric_overflow || code == json_error_null_byte_in_key ||
           code == json_error_stack_overflow;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t depth_of(const json_t *value)
{
    size_t most = 0, i;
    const char *key;
    json_t *item;

    json_array_foreach((json_t *)value, i, item) most = larger(most, depth_of(item));
    json_object_foreach((json_t *)value, key, item) most = larger(most, depth_of(item));
    return json_is_array(value) || json_is_object(value) ? most + 1 : 0;
}

/* For jansson a NUL is the end. */
static bool ends_early(struct mst_span body)
{
    return mst_span_find(body, '\0', 0) < body.len;
}

static void check_span(struct mst_span text, const json_t *value)
{
    json_t *again =
        text.len ? json_loadb(text.ptr, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;

    assert(value ? json_equal(again, value) : text.len == 0);
    json_decref(again);
}

static void check_calls(struct mst_arena *arena, struct mst_span text, const json_t *calls)
{
    struct mst_rpc_one *ones;
    size_t n;
    enum mst_err err = mst_rpc_calls_read(arena, text, &n, &ones);

    assert(err == MST_OK || err == MST_EREFUSED);
    if (err != MST_OK)
        return;
    assert(json_is_array(calls) && n == json_array_size(calls) && n <= MST_RPC_CALLS_MAX);
    for (size_t i = 0; i < n; i++) {
        const json_t *call = json_array_get(calls, i), *id = json_object_get(call, "id");
        const json_t *name = json_object_get(call, "procedure");

        assert(json_is_object(call) && mst_fuzz_is_inside(ones[i].id, text));
        assert(!id || json_is_null(id) || json_is_string(id) || json_is_number(id));
        check_span(ones[i].id, json_is_null(id) ? NULL : id);
        assert(ones[i].name.len == json_string_length(name));
        assert(ones[i].fit == MST_RPC_MISFITS || json_is_array(json_object_get(call, "arguments")));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mst_span body = mst_span_of(data, size);
    struct mst_rpc_envelope envelope = {0};
    struct mst_arena arena;
    json_error_t error;
    json_t *root = json_loadb((const char *)data, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    enum mst_err err;

    mst_arena_init(&arena, ARENA_MAX);
    err = mst_rpc_envelope_read(&arena, body, &envelope);
    assert(err == MST_OK || err == MST_ESYNTAX);
    if (err == MST_OK)
        assert(root || is_beyond_jansson(&error));
    else
        assert(!root || depth_of(root) > MST_JSON_DEPTH_MAX || ends_early(body));
    if (err == MST_OK && root) {
        const json_t *calls = json_is_array(root) ? root : json_object_get(root, "calls");

        assert(mst_fuzz_is_inside(envelope.auth, body) && mst_fuzz_is_inside(envelope.calls, body));
        check_span(envelope.auth, json_object_get(root, "auth"));
        check_span(envelope.calls, calls);
        check_calls(&arena, envelope.calls, calls);
    }
    json_decref(root);
    mst_arena_fini(&arena);
    return 0;
}

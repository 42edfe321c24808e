/*
 * Arguments of RPC calls, against a slow judge that looks at jansson's tree. The first byte names a shape. If a '['
 * follows, the rest is the arguments; else each byte chooses what stands for one argument, out of values of every
 * type, so that all shapes are met with all types in all numbers. What is no JSON must do no harm, but nothing is
 * said of it: who reads arguments has checked the text before.
 */
#include <string.h>

#include <jansson.h>

#include "front/rpc/shape.h"
#include "tests/fuzz/fuzz.h"

enum { ARENA_MAX = 1 << 24, TEXT_MAX = 1 << 16 };

static const char *const samples[] = {
    "\"0123456789012345678901234567890123456789\"",
    "{\"alias\":\"a\"}",
    "{\"alias\":7}",
    "{}",
    "[]",
    "null",
    "true",
    "1",
    "-2.5e3",
    "12345678901234567890",
    "\"\"",
    "\"client\"",
    "\"alias\"",
    "\"owner\"",
    "\"shared\"",
    "\"add\"",
    "\"http\"",
    "\"share\"",
    "\"clone\"",
    "[\"client\",\"gizmo\"]",
    "[1]",
    "[[1,2],[-3,\"x\"],[1.5,true]]",
    "[[1]]",
    "[[1,2,3]]",
    "[[1,null]]",
    "[[\"r\",1],[{\"alias\":\"\"},\"x\"]]",
    "[[5,[]]]",
    "{\"limit\":5,\"sort\":\"asc\"}",
    "{\"sort\":\"up\"}",
    "{\"limit\":null,\"gizmo\":[{}]}",
    "{\"limit\":\"5\"}",
    "{\"since\":1.5,\"subs_id\":\"a\"}",
    "{\"subs_id\":{}}",
    "{\"owned\":true,\"tagged\":[\"a\"]}",
    "{\"tagged\":[1]}",
    "[\"owned\",\"tagged\"]",
    "{\"basic\":1}",
    "{\"meta\":\"m\",\"code\":null}",
    "{\"newerthan\":1,\"newerthan\":\"x\"}",
};
enum { SAMPLES = sizeof samples / sizeof samples[0] };

/* ---- the judge ---- */

static bool is_word(const char *const *words, const json_t *value)
{
    for (; *words; words++)
        if (json_string_length(value) == strlen(*words) &&
            memcmp(json_string_value(value), *words, strlen(*words)) == 0)
            return true;
    return false;
}

static bool is_rid(const json_t *value)
{
    return json_is_string(value) || json_is_string(json_object_get(value, "alias"));
}

static bool is_value(const json_t *value)
{
    return json_is_string(value) || json_is_number(value) || json_is_boolean(value);
}

static bool are_pairs(const json_t *list, bool are_rids)
{
    size_t i;
    json_t *pair;

    json_array_foreach((json_t *)list, i, pair)
    {
        const json_t *key = json_array_get(pair, 0);
        if (json_array_size(pair) != 2 || !is_value(json_array_get(pair, 1)) ||
            !(are_rids ? is_rid(key) : json_is_number(key)))
            return false;
    }
    return json_is_array(list);
}

static bool are_texts(const json_t *list)
{
    size_t i;
    json_t *item;

    json_array_foreach((json_t *)list, i, item) if (!json_is_string(item)) return false;
    return json_is_array(list);
}

static bool are_options(const struct mst_rpc_member *members, const json_t *value);

static enum mst_rpc_fit judge_value(enum mst_rpc_type type, const char *const *words,
                                    const struct mst_rpc_member *members, const json_t *value)
{
    bool fits = false;

    switch (type) {
    case MST_RPC_END:
        break;
    case MST_RPC_RID:
        fits = is_rid(value);
        break;
    case MST_RPC_TEXT:
        fits = json_is_string(value);
        break;
    case MST_RPC_WORD:
        if (json_is_string(value) && !is_word(words, value))
            return MST_RPC_BADARG;
        fits = json_is_string(value);
        break;
    case MST_RPC_TEXTS:
        fits = are_texts(value);
        break;
    case MST_RPC_BOOL:
        fits = json_is_boolean(value);
        break;
    case MST_RPC_NUMBER:
        fits = json_is_number(value);
        break;
    case MST_RPC_VALUE:
        fits = is_value(value);
        break;
    case MST_RPC_ID:
        fits = json_is_string(value) || json_is_number(value);
        break;
    case MST_RPC_NULL:
        fits = json_is_null(value);
        break;
    case MST_RPC_OBJECT:
        fits = json_is_object(value);
        break;
    case MST_RPC_OPTIONS:
        fits = are_options(members, value);
        break;
    case MST_RPC_FLAGS:
        fits = are_texts(value) || are_options(members, value);
        break;
    case MST_RPC_POINTS:
        fits = are_pairs(value, false);
        break;
    case MST_RPC_WRITES:
        fits = are_pairs(value, true);
        break;
    }
    return fits ? MST_RPC_FITS : MST_RPC_MISFITS;
}

static bool are_options(const struct mst_rpc_member *members, const json_t *value)
{
    for (; json_is_object(value) && members->name; members++) {
        const json_t *member = json_object_get(value, members->name);
        if (member && !json_is_null(member) &&
            judge_value(members->type, members->words, NULL, member) != MST_RPC_FITS)
            return false;
    }
    return json_is_object(value);
}

static enum mst_rpc_fit judge_shape(const struct mst_rpc_shape *shape, const json_t *list)
{
    enum mst_rpc_fit fit = MST_RPC_FITS;
    size_t i = 0;

    for (; shape->params[i].type != MST_RPC_END; i++) {
        const struct mst_rpc_param *param = &shape->params[i];
        const json_t *value = json_array_get(list, i);
        enum mst_rpc_fit this = MST_RPC_FITS;

        if (!(param->is_optional && (!value || json_is_null(value))))
            this = value ? judge_value(param->type, param->words, param->members, value)
                         : MST_RPC_MISFITS;
        fit = this > fit ? this : fit;
    }
    return json_is_array(list) && json_array_size(list) <= i ? fit : MST_RPC_MISFITS;
}

static enum mst_rpc_fit judge(const char *procedure, const json_t *list)
{
    enum mst_rpc_fit best = MST_RPC_MISFITS;

    for (size_t i = 0; i < mst_rpc_n_shapes; i++)
        if (strcmp(mst_rpc_shapes[i].procedure, procedure) == 0) {
            enum mst_rpc_fit fit = judge_shape(&mst_rpc_shapes[i], list);
            best = fit < best ? fit : best;
        }
    return best;
}

/* A member that stands twice with another type is wrong at once for us, and the last counts for the tree. */
static bool has_repeats(struct mst_span text)
{
    json_error_t error;
    json_t *list = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    bool has = !list && json_error_code(&error) == json_error_duplicate_key;

    json_decref(list);
    return has;
}

/* ---- the target ---- */

static bool is_good(struct mst_span text)
{
    struct mst_json json = mst_json_of(text);

    return mst_json_skip(&json) == MST_OK && mst_json_end(&json) == MST_OK;
}

static void choose(const uint8_t *data, size_t size, struct mst_buf *out)
{
    (void)mst_buf_add_byte(out, '[');
    for (size_t i = 0; i < size && i < MST_RPC_SLOTS + 2; i++)
        (void)mst_buf_addf(out, "%s%s", i ? " , " : "", samples[data[i] % SAMPLES]);
    (void)mst_buf_add_byte(out, ']');
}

static void check_taken(const struct mst_rpc_args *args, const json_t *list)
{
    size_t n = json_array_size(list), n_given = 0;

    for (size_t i = 0; i < MST_RPC_SLOTS; i++) {
        const struct mst_rpc_value *value = &args->v[i];

        n_given += value->is_given;
        assert(value->n_items == 0 || value->items);
        assert(!value->members || value->n_items == 0);
    }
    assert(n_given <= n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mst_rpc_args args;
    struct mst_arena arena;
    struct mst_buf text;
    const char *procedure;
    enum mst_rpc_fit fit;
    json_t *list;

    if (size == 0)
        return 0;
    procedure = mst_rpc_shapes[data[0] % mst_rpc_n_shapes].procedure;
    mst_arena_init(&arena, ARENA_MAX);
    mst_buf_init(&text, TEXT_MAX);
    if (size > 1 && data[1] == '[')
        (void)mst_buf_add(&text, mst_span_of(&data[1], size - 1));
    else
        choose(&data[1], size - 1, &text);
    assert(mst_rpc_args_read(&arena, mst_span_str(procedure), mst_buf_span(&text), &fit, &args) ==
           MST_OK);
    list = is_good(mst_buf_span(&text))
               ? json_loadb(text.ptr, text.len, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL)
               : NULL;
    if (list && !has_repeats(mst_buf_span(&text)))
        assert(fit == judge(procedure, list));
    if (list && fit == MST_RPC_FITS)
        check_taken(&args, list);
    json_decref(list);
    mst_buf_fini(&text);
    mst_arena_fini(&arena);
    return 0;
}

#include "core/detail.h"
#include "base/json.h"
#include "base/limits.h"

enum { HOUR_S = 3600 };

/* A bound of retention: a number of 0 or more, or anything else for all. */
static enum mst_err read_bound(struct mst_json *json, int64_t unit, int64_t *ret_bound)
{
    struct mst_span number;
    int64_t bound;
    enum mst_err err;

    if (mst_json_kind(json) != MST_JSON_NUMBER)
        return mst_json_skip(json);
    err = mst_json_number(json, &number);
    if (err == MST_OK && mst_span_i64(number, &bound) == MST_OK && bound >= 0 &&
        !__builtin_mul_overflow(bound, unit, &bound))
        *ret_bound = bound;
    return err;
}

static enum mst_err read_retention(struct mst_json *json, struct mst_arena *arena,
                                   struct mst_detail *detail)
{
    struct mst_span name;
    bool is_more;
    enum mst_err err;

    if (mst_json_kind(json) != MST_JSON_OBJECT)
        return mst_json_skip(json);
    err = mst_json_open(json, '{');
    while (err == MST_OK && (err = mst_json_member(json, arena, &is_more, &name)) == MST_OK &&
           is_more) {
        if (mst_span_eq(name, MST_LIT("count")))
            err = read_bound(json, 1, &detail->keep_count);
        else if (mst_span_eq(name, MST_LIT("duration")))
            err = read_bound(json, HOUR_S, &detail->keep_s);
        else
            err = mst_json_skip(json);
    }
    return err;
}

static enum mst_err read_generation(struct mst_json *json, struct mst_detail *detail)
{
    struct mst_span number;
    int64_t generation;
    enum mst_err err;

    if (mst_json_kind(json) != MST_JSON_NUMBER)
        return mst_json_skip(json);
    err = mst_json_number(json, &number);
    if (err == MST_OK && mst_span_i64(number, &generation) == MST_OK && generation >= 0)
        detail->generation = generation;
    return err;
}

static enum mst_err read_subscribe(struct mst_json *json, struct mst_arena *arena,
                                   struct mst_detail *detail)
{
    return mst_json_kind(json) == MST_JSON_STRING ? mst_json_string(json, arena, &detail->subscribe)
                                                  : mst_json_skip(json);
}

/* Kept as it stands there, if it has at least one step. */
static enum mst_err read_preprocess(struct mst_json *json, struct mst_detail *detail)
{
    const bool is_list = mst_json_kind(json) == MST_JSON_ARRAY;
    struct mst_json list = *json;
    struct mst_span text;
    bool is_more = false;
    enum mst_err err = mst_json_value(json, &text);

    if (err == MST_OK && is_list)
        err = mst_json_open(&list, '[');
    if (err == MST_OK && is_list)
        err = mst_json_element(&list, &is_more);
    if (err == MST_OK && is_more)
        detail->preprocess = text;
    return err;
}

static enum mst_err read_member(struct mst_json *json, struct mst_arena *arena,
                                struct mst_span name, struct mst_detail *detail)
{
    if (mst_span_eq(name, MST_LIT("subscribe")))
        return read_subscribe(json, arena, detail);
    if (mst_span_eq(name, MST_LIT("preprocess")))
        return read_preprocess(json, detail);
    if (mst_span_eq(name, MST_LIT("retention")))
        return read_retention(json, arena, detail);
    if (mst_span_eq(name, MST_LIT(MST_DETAIL_GENERATION)))
        return read_generation(json, detail);
    if (mst_span_eq(name, MST_LIT("rule")) && mst_json_kind(json) == MST_JSON_OBJECT)
        return mst_json_value(json, &detail->rule);
    if (mst_span_eq(name, MST_LIT("locked")))
        detail->is_locked = mst_json_kind(json) == MST_JSON_TRUE;
    return mst_json_skip(json);
}

enum mst_err mst_detail_read(struct mst_arena *arena, struct mst_span text,
                             struct mst_detail *ret_detail)
{
    const struct mst_detail nothing = {.keep_count = MST_KEEP_ALL, .keep_s = MST_KEEP_ALL};
    struct mst_detail detail = nothing;
    struct mst_json json = mst_json_of(text);
    struct mst_span name;
    bool is_more;
    enum mst_err err = mst_json_open(&json, '{');

    while (err == MST_OK && (err = mst_json_member(&json, arena, &is_more, &name)) == MST_OK &&
           is_more)
        err = read_member(&json, arena, name, &detail);
    if (err != MST_OK && err != MST_ESYNTAX)
        return err;
    *ret_detail = err == MST_OK ? detail : nothing;
    return MST_OK;
}

enum mst_err mst_detail_copy_others(struct mst_arena *arena, struct mst_span text,
                                    struct mst_span without, struct mst_buf *out, bool *ret_is_any)
{
    struct mst_json json = mst_json_of(text);
    struct mst_span name;
    bool is_more;
    enum mst_err err = text.len > 0 ? mst_json_open(&json, '{') : MST_OK;

    *ret_is_any = false;
    while (text.len > 0 && err == MST_OK &&
           (err = mst_json_member(&json, arena, &is_more, &name)) == MST_OK && is_more) {
        const size_t from = json.cur.pos;

        err = mst_json_skip(&json);
        if (err != MST_OK || mst_span_eq(name, without))
            continue;
        (void)mst_buf_add_str(out, *ret_is_any ? "," : "");
        (void)mst_json_put(out, name);
        (void)mst_buf_add_byte(out, ':');
        err = mst_buf_add(out, mst_span_cut(text, from, json.cur.pos));
        *ret_is_any = true;
    }
    return err;
}

enum mst_err mst_detail_set_generation(struct mst_arena *arena, struct mst_span text,
                                       int64_t generation, struct mst_span *ret_text)
{
    const struct mst_span name = MST_LIT(MST_DETAIL_GENERATION);
    struct mst_buf others, out;
    bool is_any;
    enum mst_err err;

    mst_buf_init(&others, MST_DETAIL_MAX);
    mst_buf_init(&out, MST_DETAIL_MAX);
    err = mst_detail_copy_others(arena, text, name, &others, &is_any);
    if (err == MST_OK)
        err = mst_buf_addf(&out, "{\"%s\":%lld%s", MST_DETAIL_GENERATION, (long long)generation,
                           is_any ? "," : "");
    if (err == MST_OK)
        err = mst_buf_add(&out, mst_buf_span(&others));
    if (err == MST_OK)
        err = mst_buf_add_byte(&out, '}');
    if (err == MST_OK)
        err = mst_arena_dup(arena, mst_buf_span(&out), ret_text);
    mst_buf_fini(&out);
    mst_buf_fini(&others);
    return err;
}

int64_t mst_detail_flow_bits(int64_t kind, const struct mst_detail *detail)
{
    int64_t bits = 0;

    if (kind == MST_KIND_CLIENT)
        return 0;
    if (detail->preprocess.len > 0)
        bits |= MST_FLOW_PREPROCESS;
    if (detail->keep_count != MST_KEEP_ALL || detail->keep_s != MST_KEEP_ALL)
        bits |= MST_FLOW_RETENTION;
    if (kind == MST_KIND_DATARULE && detail->rule.len > 0)
        bits |= MST_FLOW_RULE;
    if (kind == MST_KIND_DISPATCH)
        bits |= MST_FLOW_DISPATCH;
    return bits;
}

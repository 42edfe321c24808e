#include "core/detail.h"
#include "base/json.h"

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

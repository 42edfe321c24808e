/*
 * JSON libraries keep integers in 64 bits with a sign, or in doubles. The ends of a range have 64
 * bits without one, so numbers are taken as they are written.
 */
#include "base/json.h"
#include "wire/ranges_json.h"

struct reading {
    struct mst_json json;
    struct mst_arena *arena;
    struct mst_sn_range range;
};

static enum mst_err next_member(struct reading *reading, bool *ret_is_more,
                                struct mst_span *ret_name)
{
    return mst_json_member(&reading->json, reading->arena, ret_is_more, ret_name);
}

/* ---- the members of a range ---- */

static bool is_null(struct reading *reading)
{
    return mst_json_kind(&reading->json) == MST_JSON_NULL;
}

static enum mst_err read_string(struct reading *reading, struct mst_span *ret_text)
{
    return mst_json_string(&reading->json, reading->arena, ret_text);
}

static enum mst_err read_format(struct reading *reading)
{
    struct mst_span word;
    enum mst_err err = read_string(reading, &word);

    if (err == MST_OK && !mst_sn_format_of(word, &reading->range.shape.format))
        err = MST_EINVAL;
    return err;
}

static enum mst_err read_casing(struct reading *reading)
{
    struct mst_span word;
    enum mst_err err;

    if (is_null(reading))
        return mst_json_skip(&reading->json);
    err = read_string(reading, &word);
    if (err == MST_OK && !mst_sn_casing_of(word, &reading->range.shape.casing))
        err = MST_EINVAL;
    return err;
}

static enum mst_err read_number(struct reading *reading, uint64_t *ret_value)
{
    struct mst_span digits;
    enum mst_err err = mst_json_kind(&reading->json) == MST_JSON_STRING
                           ? read_string(reading, &digits)
                           : mst_json_number(&reading->json, &digits);

    if (err == MST_OK && mst_span_u64(digits, UINT64_MAX, ret_value) != MST_OK)
        err = MST_EINVAL;
    return err;
}

static enum mst_err read_first(struct reading *reading)
{
    return read_number(reading, &reading->range.first);
}

static enum mst_err read_last(struct reading *reading)
{
    return read_number(reading, &reading->range.last);
}

static enum mst_err read_length(struct reading *reading)
{
    uint64_t length = 0;
    enum mst_err err;

    if (is_null(reading))
        return mst_json_skip(&reading->json);
    err = read_number(reading, &length);
    if (err == MST_OK && (length == 0 || length > MST_SN_MAX))
        err = MST_EINVAL;
    reading->range.shape.length = (unsigned)length;
    return err;
}

static const struct {
    const char *name;
    bool is_needed;
    enum mst_err (*read)(struct reading *reading);
} members[] = {
    {"format", true,  read_format},
    {"length", false, read_length},
    {"casing", false, read_casing},
    {"first",  true,  read_first },
    {"last",   true,  read_last  },
};
enum { MEMBERS = sizeof members / sizeof members[0] };

/* A member whose name was read; bit k of *seen: members[k] was there. */
static enum mst_err read_member(struct reading *reading, struct mst_span name, unsigned *seen)
{
    for (size_t k = 0; k < MEMBERS; k++) {
        if (!mst_span_eq(name, mst_span_str(members[k].name)))
            continue;
        if (*seen & 1u << k)
            return MST_ESYNTAX;
        *seen |= 1u << k;
        return members[k].read(reading);
    }
    return mst_json_skip(&reading->json);
}

static enum mst_err read_range(struct reading *reading)
{
    enum mst_err err = mst_json_open(&reading->json, '{');
    struct mst_span name;
    unsigned seen = 0;
    bool is_more;

    reading->range = (struct mst_sn_range){0};
    while (err == MST_OK && (err = next_member(reading, &is_more, &name)) == MST_OK && is_more)
        err = read_member(reading, name, &seen);
    for (size_t k = 0; k < MEMBERS && err == MST_OK; k++)
        if (members[k].is_needed && !(seen & 1u << k))
            err = MST_ESYNTAX;
    if (err == MST_OK && !mst_sn_range_is_good(&reading->range))
        err = MST_EINVAL;
    return err;
}

/* ---- the whole ---- */

struct found {
    struct mst_sn_range *ranges;
    size_t n, max;
};

static enum mst_err read_array(struct reading *reading, struct found *found)
{
    enum mst_err err = mst_json_open(&reading->json, '[');
    bool is_more;

    while (err == MST_OK && (err = mst_json_element(&reading->json, &is_more)) == MST_OK &&
           is_more) {
        err = found->n < found->max ? read_range(reading) : MST_EFULL;
        if (err == MST_OK)
            found->ranges[found->n++] = reading->range;
    }
    return err;
}

static enum mst_err read_object(struct reading *reading, struct found *found)
{
    enum mst_err err = mst_json_open(&reading->json, '{');
    bool is_more, is_there = false;
    struct mst_span name;

    while (err == MST_OK && (err = next_member(reading, &is_more, &name)) == MST_OK && is_more) {
        bool is_it = mst_span_eq(name, MST_LIT("ranges"));

        if (is_it && is_there)
            err = MST_ESYNTAX;
        else
            err = is_it ? read_array(reading, found) : mst_json_skip(&reading->json);
        is_there = is_there || is_it;
    }
    return err == MST_OK && !is_there ? MST_ESYNTAX : err;
}

enum mst_err mst_ranges_json_read(struct mst_span text, struct mst_arena *arena, size_t max,
                                  struct mst_sn_range **ret_ranges, size_t *ret_n)
{
    struct reading reading = {.json = mst_json_of(text), .arena = arena};
    struct found found = {.ranges = mst_arena_array(arena, max, sizeof(struct mst_sn_range)),
                          .max = max};
    enum mst_err err;

    if (!found.ranges)
        return MST_ENOMEM;
    err = mst_json_kind(&reading.json) == MST_JSON_ARRAY ? read_array(&reading, &found)
                                                         : read_object(&reading, &found);
    if (err == MST_OK)
        err = mst_json_end(&reading.json);
    if (err != MST_OK)
        return err;
    *ret_ranges = found.ranges;
    *ret_n = found.n;
    return MST_OK;
}

static enum mst_err put(struct mst_buf *out, const struct mst_sn_range *range, const char *quote)
{
    const struct mst_sn_shape *shape = &range->shape;
    const char *casing = mst_sn_casing_word(shape->casing);

    (void)mst_buf_addf(out, "{\"format\":\"%s\",\"length\":", mst_sn_format_word(shape->format));
    if (shape->length > 0)
        (void)mst_buf_add_u64(out, shape->length);
    else
        (void)mst_buf_add_str(out, "null");
    if (casing)
        (void)mst_buf_addf(out, ",\"casing\":\"%s\"", casing);
    else
        (void)mst_buf_add_str(out, ",\"casing\":null");
    (void)mst_buf_addf(out, ",\"first\":%s", quote);
    (void)mst_buf_add_u64(out, range->first);
    (void)mst_buf_addf(out, "%s,\"last\":%s", quote, quote);
    (void)mst_buf_add_u64(out, range->last);
    return mst_buf_addf(out, "%s}", quote);
}

enum mst_err mst_ranges_json_put(struct mst_buf *out, const struct mst_sn_range *range)
{
    return put(out, range, "");
}

enum mst_err mst_ranges_json_put_text(struct mst_buf *out, const struct mst_sn_range *range)
{
    return put(out, range, "\"");
}

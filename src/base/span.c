#include <string.h>

#include "base/span.h"

struct mst_span mst_span_of(const void *ptr, size_t len)
{
    return (struct mst_span){ptr, len};
}

struct mst_span mst_span_str(const char *str)
{
    return (struct mst_span){str, str ? strlen(str) : 0};
}

bool mst_span_eq(struct mst_span a, struct mst_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool mst_span_eq_nocase(struct mst_span a, struct mst_span b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

bool mst_span_starts(struct mst_span s, struct mst_span prefix)
{
    return s.len >= prefix.len && mst_span_eq(mst_span_cut(s, 0, prefix.len), prefix);
}

int mst_span_cmp(struct mst_span a, struct mst_span b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n ? memcmp(a.ptr, b.ptr, n) : 0;

    if (order != 0)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

size_t mst_span_find(struct mst_span s, char c, size_t from)
{
    if (from >= s.len)
        return s.len;
    const char *hit = memchr(s.ptr + from, c, s.len - from);
    return hit ? (size_t)(hit - s.ptr) : s.len;
}

struct mst_span mst_span_cut(struct mst_span s, size_t from, size_t to)
{
    if (to > s.len)
        to = s.len;
    if (from > to)
        from = to;
    return (struct mst_span){s.ptr ? s.ptr + from : NULL, to - from};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct mst_span mst_span_trim(struct mst_span s)
{
    size_t from = 0, to = s.len;

    while (from < to && is_blank(s.ptr[from]))
        from++;
    while (to > from && is_blank(s.ptr[to - 1]))
        to--;
    return mst_span_cut(s, from, to);
}

bool mst_span_has_token(struct mst_span s, struct mst_span token)
{
    for (size_t from = 0; from <= s.len;) {
        size_t comma = mst_span_find(s, ',', from);
        if (mst_span_eq_nocase(mst_span_trim(mst_span_cut(s, from, comma)), token))
            return true;
        from = comma + 1;
    }
    return false;
}

enum mst_err mst_span_u64(struct mst_span s, uint64_t max, uint64_t *ret_value)
{
    uint64_t value = 0;

    if (s.len == 0)
        return MST_ESYNTAX;
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return MST_ESYNTAX;
    for (size_t i = 0; i < s.len; i++) {
        uint64_t digit = (uint64_t)(s.ptr[i] - '0');
        if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, digit, &value) || value > max)
            return MST_EINVAL;
    }
    *ret_value = value;
    return MST_OK;
}

enum mst_err mst_span_i64(struct mst_span s, int64_t *ret_value)
{
    bool is_signed = s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+');
    bool is_negative = s.len > 0 && s.ptr[0] == '-';
    uint64_t max = (uint64_t)INT64_MAX + (is_negative ? 1 : 0);
    uint64_t value;
    enum mst_err err = mst_span_u64(mst_span_cut(s, is_signed ? 1 : 0, s.len), max, &value);

    if (err != MST_OK)
        return err;
    if (is_negative)
        *ret_value = value > (uint64_t)INT64_MAX ? INT64_MIN : -(int64_t)value;
    else
        *ret_value = (int64_t)value;
    return MST_OK;
}

bool mst_cur_take(struct mst_cur *cur, size_t n, struct mst_span *ret_bytes)
{
    if (n > mst_cur_left(cur))
        return false;
    *ret_bytes = mst_span_cut(cur->src, cur->pos, cur->pos + n);
    cur->pos += n;
    return true;
}

bool mst_cur_until(struct mst_cur *cur, char c, struct mst_span *ret_bytes)
{
    size_t hit = mst_span_find(cur->src, c, cur->pos);

    if (hit == cur->src.len)
        return false;
    *ret_bytes = mst_span_cut(cur->src, cur->pos, hit);
    cur->pos = hit + 1;
    return true;
}

struct mst_span mst_cur_rest(struct mst_cur *cur)
{
    struct mst_span rest = mst_span_cut(cur->src, cur->pos, cur->src.len);

    cur->pos = cur->src.len;
    return rest;
}

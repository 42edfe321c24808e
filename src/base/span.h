/*
 * span.h - borrowed bytes, and the one checked cursor over them.
 *
 * A span borrows: it never owns, is never NUL terminated by promise, and lives
 * until the call returns unless the header that hands it out says longer.
 */
#ifndef MST_BASE_SPAN_H
#define MST_BASE_SPAN_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct mst_span {
    const char *ptr; /* may be NULL when len is 0 */
    size_t len;
};

/* A span over a string literal. */
#define MST_LIT(s) ((struct mst_span){(s), sizeof(s) - 1})

struct mst_span mst_span_of(const void *ptr, size_t len);
struct mst_span mst_span_str(const char *str); /* NULL gives the empty span */
bool mst_span_eq(struct mst_span a, struct mst_span b);
bool mst_span_eq_nocase(struct mst_span a, struct mst_span b); /* ASCII only */
bool mst_span_starts(struct mst_span s, struct mst_span prefix);
/* Bytewise order, the shorter first when one is the prefix of the other: <0, 0, >0. */
int mst_span_cmp(struct mst_span a, struct mst_span b);
/* Index of the first byte c at or after from; s.len if there is none. */
size_t mst_span_find(struct mst_span s, char c, size_t from);
/* Bytes [from, to) of s; both are cut to s.len, an inverted pair gives the empty span. */
struct mst_span mst_span_cut(struct mst_span s, size_t from, size_t to);
/* s without leading and trailing SP and HTAB. */
struct mst_span mst_span_trim(struct mst_span s);
/* Is c a member of s, which counts as a comma separated list of tokens? ASCII case is ignored. */
bool mst_span_has_token(struct mst_span s, struct mst_span token);

/* Decimal digits only, no sign, the whole span: MST_ESYNTAX, or MST_EINVAL above max. */
MST_MUST_USE enum mst_err mst_span_u64(struct mst_span s, uint64_t max, uint64_t *ret_value);
/* The same with an optional leading '-' or '+'. */
MST_MUST_USE enum mst_err mst_span_i64(struct mst_span s, int64_t *ret_value);

/*
 * A cursor reads a span from left to right and cannot pass its end. A read that
 * does not fit returns false and leaves the cursor where it was. Those for single bytes are inline: all that is
 * parsed goes through them.
 */
struct mst_cur {
    struct mst_span src;
    size_t pos;
};

static inline struct mst_cur mst_cur_of(struct mst_span src)
{
    return (struct mst_cur){src, 0};
}

static inline size_t mst_cur_left(const struct mst_cur *cur)
{
    assert(cur->pos <= cur->src.len);
    return cur->src.len - cur->pos;
}

static inline bool mst_cur_at_end(const struct mst_cur *cur)
{
    return mst_cur_left(cur) == 0;
}

static inline bool mst_cur_peek(const struct mst_cur *cur, char *ret_c)
{
    if (mst_cur_at_end(cur))
        return false;
    *ret_c = cur->src.ptr[cur->pos];
    return true;
}

static inline bool mst_cur_byte(struct mst_cur *cur, char *ret_c)
{
    if (!mst_cur_peek(cur, ret_c))
        return false;
    cur->pos++;
    return true;
}

static inline bool mst_cur_skip(struct mst_cur *cur, size_t n)
{
    if (n > mst_cur_left(cur))
        return false;
    cur->pos += n;
    return true;
}

bool mst_cur_take(struct mst_cur *cur, size_t n, struct mst_span *ret_bytes);
/* Takes up to the byte c and skips c; false (nothing taken) if c does not occur. */
bool mst_cur_until(struct mst_cur *cur, char c, struct mst_span *ret_bytes);
/* All that is left; the cursor is then at its end. */
struct mst_span mst_cur_rest(struct mst_cur *cur);

#endif

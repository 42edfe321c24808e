#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum { MIN_CAP = 128 };

void mst_buf_init(struct mst_buf *buf, size_t max_bytes)
{
    *buf = (struct mst_buf){.max_bytes = max_bytes};
}

void mst_buf_fini(struct mst_buf *buf)
{
    if (!buf)
        return;
    free(buf->ptr);
    mst_buf_init(buf, buf->max_bytes);
}

void mst_buf_clear(struct mst_buf *buf)
{
    buf->len = 0;
    buf->err = MST_OK;
}

void mst_buf_trim(struct mst_buf *buf)
{
    char *ptr;

    if (buf->len == buf->cap)
        return;
    ptr = buf->len > 0 ? realloc(buf->ptr, buf->len) : NULL;
    if (buf->len == 0)
        free(buf->ptr);
    else if (!ptr)
        return; /* it stays as large as it is */
    buf->ptr = ptr;
    buf->cap = buf->len;
}

enum mst_err mst_buf_err(const struct mst_buf *buf)
{
    return buf->err;
}

struct mst_span mst_buf_span(const struct mst_buf *buf)
{
    return mst_span_of(buf->ptr, buf->len);
}

enum mst_err mst_buf_reserve(struct mst_buf *buf, size_t n, char **ret_room)
{
    if (buf->err != MST_OK)
        return buf->err;
    assert(buf->len <= buf->max_bytes);
    if (n > buf->max_bytes - buf->len)
        return buf->err = MST_EFULL;
    if (n > buf->cap - buf->len) {
        size_t cap = buf->cap < MIN_CAP ? MIN_CAP : buf->cap;
        while (cap - buf->len < n)
            cap = cap > buf->max_bytes / 2 ? buf->max_bytes : cap * 2;
        char *ptr = realloc(buf->ptr, cap);
        if (!ptr)
            return buf->err = MST_ENOMEM;
        buf->ptr = ptr;
        buf->cap = cap;
    }
    *ret_room = buf->ptr ? buf->ptr + buf->len : NULL;
    return MST_OK;
}

void mst_buf_commit(struct mst_buf *buf, size_t n)
{
    assert(n <= buf->cap - buf->len);
    buf->len += n;
}

enum mst_err mst_buf_add(struct mst_buf *buf, struct mst_span bytes)
{
    char *room;
    enum mst_err err;

    if (bytes.len == 0)
        return buf->err;
    err = mst_buf_reserve(buf, bytes.len, &room);
    if (err != MST_OK)
        return err;
    memcpy(room, bytes.ptr, bytes.len);
    mst_buf_commit(buf, bytes.len);
    return MST_OK;
}

enum mst_err mst_buf_add_str(struct mst_buf *buf, const char *str)
{
    return mst_buf_add(buf, mst_span_str(str));
}

enum mst_err mst_buf_add_byte(struct mst_buf *buf, char c)
{
    return mst_buf_add(buf, mst_span_of(&c, 1));
}

enum mst_err mst_buf_add_u64(struct mst_buf *buf, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return mst_buf_add(buf, mst_span_cut(mst_span_of(digits, sizeof digits), at, sizeof digits));
}

enum mst_err mst_buf_add_i64(struct mst_buf *buf, int64_t value)
{
    if (value >= 0)
        return mst_buf_add_u64(buf, (uint64_t)value);
    (void)mst_buf_add_byte(buf, '-');
    return mst_buf_add_u64(buf, ~(uint64_t)value + 1);
}

enum mst_err mst_buf_addf(struct mst_buf *buf, const char *fmt, ...)
{
    va_list args;
    char *room;
    int n;

    va_start(args, fmt);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0)
        return buf->err = MST_EINVAL;
    enum mst_err err = mst_buf_reserve(buf, (size_t)n + 1, &room);
    if (err != MST_OK)
        return err;
    va_start(args, fmt);
    (void)vsnprintf(room, (size_t)n + 1, fmt, args);
    va_end(args);
    mst_buf_commit(buf, (size_t)n);
    return MST_OK;
}

void mst_buf_drop_front(struct mst_buf *buf, size_t n)
{
    if (n > buf->len)
        n = buf->len;
    buf->len -= n;
    if (buf->len > 0 && n > 0)
        memmove(buf->ptr, buf->ptr + n, buf->len);
}

void mst_buf_wipe(struct mst_buf *buf)
{
    if (buf->ptr)
        explicit_bzero(buf->ptr, buf->cap);
    mst_buf_clear(buf);
}

#include <string.h>

#include "base/hex.h"
#include "wire/pct.h"

/* Reads the escape at src[at]; false if there is none. */
static bool read_escape(struct mst_span src, size_t at, char *ret_c)
{
    if (src.ptr[at] != '%' || src.len - at < 3)
        return false;
    int high = mst_hex_digit(src.ptr[at + 1]), low = mst_hex_digit(src.ptr[at + 2]);
    if (high < 0 || low < 0)
        return false;
    *ret_c = (char)(unsigned char)(high << 4 | low);
    return true;
}

enum mst_err mst_pct_decode_path(struct mst_arena *arena, struct mst_span src,
                                 struct mst_span *ret_text)
{
    size_t n = 0;
    char *text;

    if (mst_span_find(src, '%', 0) == src.len) {
        *ret_text = src;
        return MST_OK;
    }
    text = mst_arena_alloc(arena, src.len);
    if (!text)
        return MST_ENOMEM;
    for (size_t i = 0; i < src.len; i++) {
        text[n] = src.ptr[i];
        if (src.ptr[i] == '%') {
            if (!read_escape(src, i, &text[n]) || text[n] == '\0')
                return MST_ESYNTAX;
            i += 2;
        }
        n++;
    }
    *ret_text = mst_span_of(text, n);
    return MST_OK;
}

enum mst_err mst_pct_decode_form(struct mst_arena *arena, struct mst_span src, bool keep_plus,
                                 struct mst_span *ret_text)
{
    size_t n = 0;
    char *text;

    if (mst_span_find(src, '%', 0) == src.len &&
        (keep_plus || mst_span_find(src, '+', 0) == src.len)) {
        *ret_text = src;
        return MST_OK;
    }
    text = mst_arena_alloc(arena, src.len);
    if (!text)
        return MST_ENOMEM;
    for (size_t i = 0; i < src.len; i++) {
        text[n] = src.ptr[i] == '+' && !keep_plus ? ' ' : src.ptr[i];
        if (read_escape(src, i, &text[n]))
            i += 2;
        n++;
    }
    *ret_text = mst_span_of(text, n);
    return MST_OK;
}

static bool is_plain(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

enum mst_err mst_pct_encode(struct mst_buf *out, struct mst_span text)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t n_escaped = 0, n = 0;
    char *room;
    enum mst_err err;

    for (size_t i = 0; i < text.len; i++)
        n_escaped += is_plain(text.ptr[i]) ? 0 : 1;
    if (n_escaped == 0)
        return mst_buf_add(out, text);
    if (n_escaped > (SIZE_MAX - text.len) / 2)
        return out->err = MST_EFULL;
    err = mst_buf_reserve(out, text.len + 2 * n_escaped, &room);
    if (err != MST_OK)
        return err;
    for (size_t i = 0; i < text.len; i++) {
        unsigned byte = (unsigned char)text.ptr[i];
        if (is_plain(text.ptr[i])) {
            room[n++] = text.ptr[i];
            continue;
        }
        room[n++] = '%';
        room[n++] = digits[byte >> 4];
        room[n++] = digits[byte & 15];
    }
    mst_buf_commit(out, n);
    return MST_OK;
}

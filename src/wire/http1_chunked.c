/*
 * A chunked body (RFC 9112 7.1), byte by byte except for the data itself.
 *
 *     SIZE -> EXTENSION -> SIZE_LF -> DATA -> DATA_CR -> DATA_LF -> SIZE ...
 *                             \ size 0
 *                              -> LINE -> NAME -> VALUE -> VALUE_LF -> LINE ...
 *                                   \ CR                (trailer fields)
 *                                    -> LAST_LF -> DONE
 *
 * As strict as the head, and for the same reason: a line ends with CRLF only, the
 * size is 1*HEXDIG directly followed by CR or ';', an extension holds no control
 * character but HTAB, a trailer field has a name that is a token, directly
 * followed by its colon. The verdict does not depend on how the bytes are cut
 * into pieces: each belongs to one byte.
 */
#include "base/hex.h"
#include "base/limits.h"
#include "wire/http1.h"

enum state {
    SIZE,
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    LINE,
    NAME,
    VALUE,
    VALUE_LF,
    LAST_LF,
    DONE
};

void mst_chunked_init(struct mst_chunked *chunked, uint64_t max_bytes)
{
    *chunked = (struct mst_chunked){.state = SIZE, .room = max_bytes};
}

static bool is_control(char c)
{
    return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

static enum mst_err read_size(struct mst_chunked *chunked, char c)
{
    int value = mst_hex_digit(c);

    if (++chunked->line_bytes > MST_CHUNK_LINE_MAX)
        return MST_ESYNTAX;
    if (value >= 0) {
        if (chunked->left > (uint64_t)INT64_MAX >> 4)
            return MST_ESYNTAX;
        chunked->left = chunked->left << 4 | (uint64_t)value;
        chunked->has_digit = true;
        return MST_OK;
    }
    if (!chunked->has_digit || (c != '\r' && c != ';'))
        return MST_ESYNTAX;
    chunked->state = c == '\r' ? SIZE_LF : EXTENSION;
    return MST_OK;
}

static enum mst_err read_extension(struct mst_chunked *chunked, char c)
{
    if (++chunked->line_bytes > MST_CHUNK_LINE_MAX)
        return MST_ESYNTAX;
    if (c == '\r')
        chunked->state = SIZE_LF;
    else if (is_control(c))
        return MST_ESYNTAX;
    return MST_OK;
}

/* The size is known: a body that cannot fit is refused before its bytes come. */
static enum mst_err end_size(struct mst_chunked *chunked, char c)
{
    if (c != '\n')
        return MST_ESYNTAX;
    if (chunked->left > chunked->room)
        return MST_EFULL;
    chunked->room -= chunked->left;
    chunked->state = chunked->left > 0 ? DATA : LINE;
    return MST_OK;
}

static enum mst_err end_data(struct mst_chunked *chunked, char c)
{
    if (c != (chunked->state == DATA_CR ? '\r' : '\n'))
        return MST_ESYNTAX;
    if (chunked->state == DATA_CR) {
        chunked->state = DATA_LF;
        return MST_OK;
    }
    mst_chunked_init(chunked, chunked->room);
    return MST_OK;
}

static bool is_token(char c)
{
    const struct mst_span marks = MST_LIT("!#$%&'*+-.^_`|~");

    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           mst_span_find(marks, c, 0) < marks.len;
}

static enum mst_err read_trailer(struct mst_chunked *chunked, char c)
{
    bool is_first = chunked->state == LINE;

    if (++chunked->trailer_bytes > MST_TRAILER_MAX)
        return MST_ESYNTAX;
    if (chunked->state == VALUE_LF) {
        chunked->state = LINE;
        return c == '\n' ? MST_OK : MST_ESYNTAX;
    }
    if (chunked->state == VALUE) {
        chunked->state = c == '\r' ? VALUE_LF : VALUE;
        return c == '\r' || !is_control(c) ? MST_OK : MST_ESYNTAX;
    }
    if (is_first && c == '\r') {
        chunked->state = LAST_LF;
        return MST_OK;
    }
    chunked->state = !is_first && c == ':' ? VALUE : NAME;
    return chunked->state == VALUE || is_token(c) ? MST_OK : MST_ESYNTAX;
}

static enum mst_err read_byte(struct mst_chunked *chunked, char c)
{
    switch ((enum state)chunked->state) {
    case SIZE:
        return read_size(chunked, c);
    case EXTENSION:
        return read_extension(chunked, c);
    case SIZE_LF:
        return end_size(chunked, c);
    case DATA_CR:
    case DATA_LF:
        return end_data(chunked, c);
    case LINE:
    case NAME:
    case VALUE:
    case VALUE_LF:
        return read_trailer(chunked, c);
    case LAST_LF:
        chunked->state = DONE;
        return c == '\n' ? MST_OK : MST_ESYNTAX;
    case DATA:
    case DONE:
        break;
    }
    return MST_ESYNTAX;
}

static enum mst_err read_data(struct mst_chunked *chunked, struct mst_cur *cur,
                              struct mst_buf *body)
{
    size_t n = mst_cur_left(cur);
    struct mst_span data;

    if (n > chunked->left)
        n = (size_t)chunked->left;
    if (!mst_cur_take(cur, n, &data))
        return MST_ESYNTAX;
    chunked->left -= n;
    if (chunked->left == 0)
        chunked->state = DATA_CR;
    return mst_buf_add(body, data);
}

enum mst_err mst_chunked_feed(struct mst_chunked *chunked, struct mst_span bytes,
                              struct mst_buf *body, size_t *ret_used)
{
    struct mst_cur cur = mst_cur_of(bytes);

    while (chunked->state != DONE && !mst_cur_at_end(&cur)) {
        enum mst_err err;
        char c;
        if (chunked->state == DATA)
            err = read_data(chunked, &cur, body);
        else
            err = mst_cur_byte(&cur, &c) ? read_byte(chunked, c) : MST_ESYNTAX;
        if (err != MST_OK)
            return err;
    }
    *ret_used = cur.pos;
    return chunked->state == DONE ? MST_OK : MST_EMORE;
}

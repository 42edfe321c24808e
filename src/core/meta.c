/*
 * The core has no JSON library and needs none: it writes one fixed object, and finds
 * one string in a text that people and tools may have changed. Finding walks the text with
 * the checked cursor, skipping the values on the way; whatever does not look like JSON
 * ends the walk, and the text is then left alone.
 */
#include "base/buf.h"
#include "base/limits.h"
#include "core/meta.h"

/* Six bytes for the longest escape of one byte. */
enum { ESCAPED_MAX = 6 * 256 };

static void add_string(struct mst_buf *buf, struct mst_span text)
{
    (void)mst_buf_add_byte(buf, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20)
            (void)mst_buf_addf(buf, "\\u%04x", c);
        else if (c == '"' || c == '\\')
            (void)mst_buf_addf(buf, "\\%c", c);
        else
            (void)mst_buf_add_byte(buf, (char)c);
    }
    (void)mst_buf_add_byte(buf, '"');
}

static enum mst_err finish(struct mst_buf *buf, struct mst_arena *arena, struct mst_span *ret_text)
{
    enum mst_err err = mst_buf_err(buf);

    if (err == MST_OK)
        err = mst_arena_dup(arena, mst_buf_span(buf), ret_text);
    mst_buf_fini(buf);
    return err;
}

enum mst_err mst_meta_device(struct mst_arena *arena, struct mst_span vendor, struct mst_span model,
                             struct mst_span sn, struct mst_span *ret_meta)
{
    struct mst_buf buf;

    mst_buf_init(&buf, 3 * ESCAPED_MAX);
    (void)mst_buf_add_str(&buf, "{\"device\":{\"type\":\"vendor\",\"vendor\":");
    add_string(&buf, vendor);
    (void)mst_buf_add_str(&buf, ",\"model\":");
    add_string(&buf, model);
    (void)mst_buf_add_str(&buf, ",\"sn\":");
    add_string(&buf, sn);
    (void)mst_buf_add_str(&buf, "}}");
    return finish(&buf, arena, ret_meta);
}

/* ---- finding ---- */

static void skip_space(struct mst_cur *cur)
{
    char c;

    while (mst_cur_peek(cur, &c) && (c == ' ' || c == '\t' || c == '\r' || c == '\n'))
        (void)mst_cur_skip(cur, 1);
}

static bool expect(struct mst_cur *cur, char wanted)
{
    char c;

    skip_space(cur);
    return mst_cur_peek(cur, &c) && c == wanted && mst_cur_skip(cur, 1);
}

/* What stands between the quotes, escapes and all. */
static bool take_string(struct mst_cur *cur, struct mst_span *ret_raw)
{
    size_t from;
    char c;

    if (!expect(cur, '"'))
        return false;
    from = cur->pos;
    while (mst_cur_byte(cur, &c)) {
        if (c == '"') {
            *ret_raw = mst_span_cut(cur->src, from, cur->pos - 1);
            return true;
        }
        if (c == '\\' && !mst_cur_skip(cur, 1))
            return false;
    }
    return false;
}

static bool is_end_of_word(char c)
{
    return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool skip_word(struct mst_cur *cur)
{
    size_t from = cur->pos;
    char c;

    while (mst_cur_peek(cur, &c) && !is_end_of_word(c))
        (void)mst_cur_skip(cur, 1);
    return cur->pos > from;
}

/* Skips one value; brackets are counted, not matched in kind. */
static bool skip_value(struct mst_cur *cur)
{
    struct mst_span ignored;
    size_t depth = 0;
    char c;

    do {
        skip_space(cur);
        if (!mst_cur_peek(cur, &c))
            return false;
        if (c == '"') {
            if (!take_string(cur, &ignored))
                return false;
        } else if (c == '{' || c == '[') {
            depth++;
            (void)mst_cur_skip(cur, 1);
        } else if (depth > 0 && (c == '}' || c == ']')) {
            depth--;
            (void)mst_cur_skip(cur, 1);
        } else if (depth > 0 && (c == ',' || c == ':')) {
            (void)mst_cur_skip(cur, 1);
        } else if (!skip_word(cur)) {
            return false;
        }
    } while (depth > 0);
    return true;
}

/* From before an object to before the value of its member name. */
static bool enter(struct mst_cur *cur, struct mst_span name)
{
    struct mst_span key;

    if (!expect(cur, '{'))
        return false;
    do {
        if (!take_string(cur, &key) || !expect(cur, ':'))
            return false;
        if (mst_span_eq(key, name))
            return true;
    } while (skip_value(cur) && expect(cur, ','));
    return false;
}

enum mst_err mst_meta_set_sn(struct mst_arena *arena, struct mst_span meta, struct mst_span sn,
                             struct mst_span *ret_meta)
{
    struct mst_cur cur = mst_cur_of(meta);
    struct mst_span old;
    struct mst_buf buf;

    if (!enter(&cur, MST_LIT("device")) || !enter(&cur, MST_LIT("sn")) ||
        !take_string(&cur, &old) || meta.len + ESCAPED_MAX > MST_META_MAX) {
        *ret_meta = meta;
        return MST_OK;
    }
    mst_buf_init(&buf, MST_META_MAX);
    (void)mst_buf_add(&buf, mst_span_cut(meta, 0, cur.pos - old.len - 2));
    add_string(&buf, sn);
    (void)mst_buf_add(&buf, mst_cur_rest(&cur));
    return finish(&buf, arena, ret_meta);
}

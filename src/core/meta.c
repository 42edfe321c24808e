/*
 * One fixed object is written, and one string is found in a text that people and tools may have
 * changed: whatever does not look like JSON ends the search, and the text is then left alone.
 */
#include "base/buf.h"
#include "base/limits.h"
#include "core/json.h"
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

/* From before an object to before the value of its member name. */
static bool enter(struct mst_cur *cur, struct mst_span name)
{
    struct mst_span key;

    if (!mst_json_expect(cur, '{'))
        return false;
    do {
        if (!mst_json_string(cur, &key) || !mst_json_expect(cur, ':'))
            return false;
        if (mst_span_eq(key, name))
            return true;
    } while (mst_json_skip(cur) && mst_json_expect(cur, ','));
    return false;
}

enum mst_err mst_meta_set_sn(struct mst_arena *arena, struct mst_span meta, struct mst_span sn,
                             struct mst_span *ret_meta)
{
    struct mst_cur cur = mst_cur_of(meta);
    struct mst_span old;
    struct mst_buf buf;

    if (!enter(&cur, MST_LIT("device")) || !enter(&cur, MST_LIT("sn")) ||
        !mst_json_string(&cur, &old) || meta.len + ESCAPED_MAX > MST_META_MAX) {
        *ret_meta = meta;
        return MST_OK;
    }
    mst_buf_init(&buf, MST_META_MAX);
    (void)mst_buf_add(&buf, mst_span_cut(meta, 0, cur.pos - old.len - 2));
    add_string(&buf, sn);
    (void)mst_buf_add(&buf, mst_cur_rest(&cur));
    return finish(&buf, arena, ret_meta);
}

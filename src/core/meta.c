/*
 * One fixed object is written, and one string is found in a text that people and tools may have
 * changed: whatever does not look like JSON ends the search, and the text is then left alone.
 */
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "core/meta.h"

/* Six bytes for the longest escape of one byte. */
enum { ESCAPED_MAX = 6 * 256 };

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
    (void)mst_json_put(&buf, vendor);
    (void)mst_buf_add_str(&buf, ",\"model\":");
    (void)mst_json_put(&buf, model);
    (void)mst_buf_add_str(&buf, ",\"sn\":");
    (void)mst_json_put(&buf, sn);
    (void)mst_buf_add_str(&buf, "}}");
    return finish(&buf, arena, ret_meta);
}

/* ---- finding ---- */

/* From before an object to before the value of its member name. MST_ENOENT: it has none. */
static enum mst_err enter(struct mst_json *json, struct mst_arena *arena, struct mst_span name)
{
    enum mst_err err = mst_json_open(json, '{');
    struct mst_span key;
    bool is_more;

    while (err == MST_OK && (err = mst_json_member(json, arena, &is_more, &key)) == MST_OK) {
        if (!is_more)
            return MST_ENOENT;
        if (mst_span_eq(key, name))
            return MST_OK;
        err = mst_json_skip(json);
    }
    return err;
}

/* The string at meta.device.sn, quotes and all, as the places where it begins and ends. */
static enum mst_err find_sn(struct mst_arena *arena, struct mst_span meta, size_t *ret_from,
                            size_t *ret_to)
{
    struct mst_json json = mst_json_of(meta);
    struct mst_span old;
    size_t from;
    enum mst_err err = enter(&json, arena, MST_LIT("device"));

    if (err == MST_OK)
        err = enter(&json, arena, MST_LIT("sn"));
    from = mst_span_find(meta, '"', json.cur.pos);
    if (err == MST_OK)
        err = mst_json_string(&json, arena, &old);
    if (err != MST_OK)
        return err;
    *ret_from = from;
    *ret_to = json.cur.pos;
    return MST_OK;
}

enum mst_err mst_meta_set_sn(struct mst_arena *arena, struct mst_span meta, struct mst_span sn,
                             struct mst_span *ret_meta)
{
    size_t from, to;
    struct mst_buf buf;
    enum mst_err err = find_sn(arena, meta, &from, &to);

    if (err == MST_ENOMEM)
        return err;
    if (err != MST_OK || meta.len + ESCAPED_MAX > MST_META_MAX) {
        *ret_meta = meta;
        return MST_OK;
    }
    mst_buf_init(&buf, MST_META_MAX);
    (void)mst_buf_add(&buf, mst_span_cut(meta, 0, from));
    (void)mst_json_put(&buf, sn);
    (void)mst_buf_add(&buf, mst_span_cut(meta, to, meta.len));
    return finish(&buf, arena, ret_meta);
}

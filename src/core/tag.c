#include "core/tag.h"
#include "base/json.h"
#include "core/detail.h"

static bool is_tags(struct mst_span name)
{
    return mst_span_eq(name, MST_LIT("tags"));
}

/* ---- looking ---- */

static enum mst_err list_tags(struct mst_json *json, struct mst_arena *arena,
                              enum mst_err (*each)(void *arg, struct mst_span tag), void *arg)
{
    struct mst_span tag;
    bool is_more;
    enum mst_err err = mst_json_open(json, '[');

    while (err == MST_OK && (err = mst_json_element(json, &is_more)) == MST_OK && is_more) {
        err = mst_json_string(json, arena, &tag);
        if (err == MST_OK)
            err = each(arg, tag);
    }
    return err;
}

enum mst_err mst_tag_list(struct mst_arena *arena, struct mst_span detail,
                          enum mst_err (*each)(void *arg, struct mst_span tag), void *arg)
{
    struct mst_json json = mst_json_of(detail);
    struct mst_span name;
    bool is_more;
    enum mst_err err = detail.len > 0 ? mst_json_open(&json, '{') : MST_ESYNTAX;

    while (err == MST_OK && (err = mst_json_member(&json, arena, &is_more, &name)) == MST_OK &&
           is_more)
        err = is_tags(name) ? list_tags(&json, arena, each, arg) : mst_json_skip(&json);
    return err == MST_ESYNTAX || err == MST_EREFUSED ? MST_OK : err;
}

/* ---- changing ---- */

struct change {
    struct mst_span tag; /* is looked for */
    struct mst_buf *out; /* all others */
    size_t n_others;
    bool is_found;
};

static enum mst_err keep_tag(void *arg, struct mst_span tag)
{
    struct change *change = arg;

    if (mst_span_eq(tag, change->tag)) {
        change->is_found = true;
        return MST_OK;
    }
    (void)mst_buf_add_str(change->out, change->n_others++ == 0 ? "" : ",");
    return mst_json_put(change->out, tag);
}

/* "tags" comes last of all keys in their order, which details are kept in. */
static enum mst_err write_detail(struct mst_arena *arena, struct mst_span detail, bool is_added,
                                 struct change *change, enum mst_verdict *ret_verdict)
{
    struct mst_buf *out = change->out;
    size_t without_tags;
    bool is_any;
    enum mst_err err;

    (void)mst_buf_add_byte(out, '{');
    err = mst_detail_copy_others(arena, detail, MST_LIT("tags"), out, &is_any);
    without_tags = out->len;
    (void)mst_buf_add_str(out, is_any ? ",\"tags\":[" : "\"tags\":[");
    if (err == MST_OK)
        err = mst_tag_list(arena, detail, keep_tag, change);
    if (err != MST_OK)
        return err;
    *ret_verdict = !is_added && !change->is_found                 ? MST_NOT_FOUND
                   : is_added && change->n_others >= MST_TAGS_MAX ? MST_NO_ROOM
                                                                  : MST_DONE;
    if (is_added) {
        (void)mst_buf_add_str(out, change->n_others > 0 ? "," : "");
        (void)mst_json_put(out, change->tag);
        (void)mst_buf_add_byte(out, ']');
    } else if (change->n_others > 0) {
        (void)mst_buf_add_byte(out, ']');
    } else {
        out->len = without_tags;
    }
    return mst_buf_add_byte(out, '}');
}

static enum mst_err update(struct mst_tx *tx, const struct mst_row_resource *resource,
                           struct mst_span detail)
{
    struct mst_row_resource changed = *resource;

    changed.detail = mst_span_eq(detail, MST_LIT("{}")) ? (struct mst_span){NULL, 0} : detail;
    return mst_tx_update(tx, MST_TABLE_RESOURCE, &changed, MST_BIT(resource, detail));
}

enum mst_err mst_tag_change(struct mst_tx *tx, const struct mst_row_resource *resource,
                            struct mst_span tag, bool is_added, enum mst_verdict *ret_verdict)
{
    struct mst_buf out;
    struct change change = {.tag = tag, .out = &out};
    enum mst_err err;

    *ret_verdict = MST_BAD_VALUE;
    if (!mst_name_is_tag(tag))
        return MST_OK;
    mst_buf_init(&out, MST_DETAIL_MAX);
    err = write_detail(mst_tx_arena(tx), resource->detail, is_added, &change, ret_verdict);
    if (err == MST_OK && *ret_verdict == MST_DONE && change.is_found != is_added)
        err = update(tx, resource, mst_buf_span(&out));
    mst_buf_fini(&out);
    if (err != MST_EFULL)
        return err;
    *ret_verdict = MST_NO_ROOM;
    return MST_OK;
}

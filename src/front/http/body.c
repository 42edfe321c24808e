#include "base/limits.h"
#include "front/http/body.h"

void mst_body_begin(struct mst_body *body, const struct mst_http_head *head, bool is_begun)
{
    body->left = head->content_length;
    body->is_chunked = head->is_chunked;
    body->is_continue_due = head->wants_continue && !is_begun;
}

enum mst_err mst_body_limit(struct mst_body *body, uint64_t max_bytes)
{
    if (body->left > max_bytes)
        return MST_EFULL;
    mst_chunked_init(&body->chunked, max_bytes);
    return MST_OK;
}

static enum mst_err read_chunks(struct mst_body *body, struct mst_span bytes, struct mst_buf *into,
                                size_t *ret_used)
{
    enum mst_err err = mst_chunked_feed(&body->chunked, bytes, into, ret_used);

    body->is_chunked = err != MST_OK;
    if (err != MST_EMORE)
        return err;
    *ret_used = bytes.len;
    return MST_OK;
}

enum mst_err mst_body_read(struct mst_body *body, struct mst_span bytes, struct mst_buf *into,
                           size_t *ret_used)
{
    enum mst_err err;

    if (body->is_chunked)
        return read_chunks(body, bytes, into, ret_used);
    if (bytes.len > body->left)
        bytes = mst_span_cut(bytes, 0, (size_t)body->left);
    err = mst_buf_add(into, bytes);
    if (err == MST_OK)
        *ret_used = mst_body_skip(body, bytes);
    return err;
}

size_t mst_body_skip(struct mst_body *body, struct mst_span bytes)
{
    size_t n = bytes.len < body->left ? bytes.len : (size_t)body->left;

    body->left -= n;
    return n;
}

bool mst_body_is_whole(const struct mst_body *body)
{
    return !body->is_chunked && body->left == 0;
}

bool mst_body_is_skippable(const struct mst_body *body)
{
    if (body->is_chunked || body->left > MST_SKIP_MAX)
        return false;
    return body->left == 0 || !body->is_continue_due;
}

#include <assert.h>
#include <nettle/base64.h>

#include "wire/validator.h"

/* The next item of a comma separated list, trimmed; tags may hold commas between their quotes. */
static bool next_item(struct mst_cur *list, struct mst_span *ret_item)
{
    size_t from = list->pos;
    bool is_quoted = false;
    char c;

    if (mst_cur_at_end(list))
        return false;
    while (mst_cur_peek(list, &c) && (c != ',' || is_quoted)) {
        is_quoted ^= c == '"';
        (void)mst_cur_skip(list, 1);
    }
    *ret_item = mst_span_trim(mst_span_cut(list->src, from, list->pos));
    (void)mst_cur_skip(list, 1);
    return true;
}

bool mst_validator_is_listed(struct mst_span if_none_match, struct mst_span tag)
{
    struct mst_cur list = mst_cur_of(if_none_match);
    struct mst_span item;

    if (mst_span_eq(if_none_match, MST_LIT("*")))
        return true;
    while (next_item(&list, &item)) {
        if (mst_span_starts(item, MST_LIT("W/")))
            item = mst_span_cut(item, 2, item.len);
        if (mst_span_eq(item, tag))
            return true;
    }
    return false;
}

bool mst_validator_allows_range(struct mst_span if_range, struct mst_span tag)
{
    return if_range.len == 0 || mst_span_eq(if_range, tag);
}

bool mst_validator_wants_sha256(struct mst_span want_repr_digest)
{
    const struct mst_span name = MST_LIT("sha-256=");
    struct mst_cur list = mst_cur_of(want_repr_digest);
    struct mst_span item;
    uint64_t preference;

    while (next_item(&list, &item)) {
        if (!mst_span_starts(item, name))
            continue;
        item = mst_span_cut(item, name.len, item.len);
        return mst_span_u64(item, 10, &preference) == MST_OK && preference > 0;
    }
    return false;
}

enum mst_err mst_validator_digest_field(struct mst_buf *out, struct mst_span hash)
{
    char text[BASE64_ENCODE_RAW_LENGTH(MST_VALIDATOR_SHA256_BYTES)];

    assert(hash.len == MST_VALIDATOR_SHA256_BYTES);
    base64_encode_raw(text, hash.len, (const uint8_t *)hash.ptr);
    (void)mst_buf_add(out, MST_LIT("Repr-Digest: sha-256=:"));
    (void)mst_buf_add(out, mst_span_of(text, sizeof text));
    return mst_buf_add(out, MST_LIT(":\r\n"));
}

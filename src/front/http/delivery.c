/* The order of RFC 9110 13.2.2: If-None-Match, then Range if If-Range lets it. */
#include "base/hex.h"
#include "front/http/delivery.h"
#include "wire/byte_range.h"
#include "wire/validator.h"

enum { TAG_BYTES = 16, TAG_CHARS = 2 * TAG_BYTES + 2 }; /* of the hash, in hex and quotes */

static struct mst_span make_tag(struct mst_span sha256, char ret_text[TAG_CHARS])
{
    ret_text[0] = ret_text[TAG_CHARS - 1] = '"';
    mst_hex_encode(mst_span_cut(sha256, 0, TAG_BYTES), &ret_text[1]);
    return mst_span_of(ret_text, TAG_CHARS);
}

static void add_validators(struct mst_exchange *x, const struct mst_delivery *blob,
                           struct mst_span tag)
{
    if (x->if_none_match.len + x->if_range.len + x->want_repr_digest.len == 0)
        return;
    (void)mst_buf_addf(&x->extra, "ETag: %.*s\r\n", (int)tag.len, tag.ptr);
    if (mst_validator_wants_sha256(x->want_repr_digest))
        (void)mst_validator_digest_field(&x->extra, blob->sha256);
}

enum mst_err mst_delivery_answer(struct mst_exchange *x, const struct mst_delivery *blob,
                                 enum mst_where where, mst_step *step)
{
    struct mst_byte_range range = {.kind = MST_RANGE_WHOLE};
    char text[TAG_CHARS];
    struct mst_span tag = make_tag(blob->sha256, text);
    uint64_t n_bytes = blob->n_bytes;

    add_validators(x, blob, tag);
    if (mst_validator_is_listed(x->if_none_match, tag))
        return mst_exchange_answer(x, 304, NULL);
    if (mst_validator_allows_range(x->if_range, tag))
        range = mst_byte_range_of(x->range, blob->n_bytes);
    (void)mst_buf_add_str(&x->extra, "Accept-Ranges: bytes\r\n");
    (void)mst_byte_range_field(&x->extra, &range, blob->n_bytes);
    if (mst_buf_err(&x->extra) != MST_OK)
        return mst_buf_err(&x->extra);
    if (range.kind == MST_RANGE_NONE)
        return mst_exchange_refuse_with(x, 416);
    if (range.kind == MST_RANGE_PART)
        n_bytes = range.last - range.first + 1;
    (void)mst_exchange_answer_long(x, range.kind == MST_RANGE_PART ? 206 : 200, blob->type, n_bytes,
                                   where, step);
    x->long_reply.from = range.first;
    return MST_OK;
}

struct mst_delivery_piece mst_delivery_next(const struct mst_exchange *x)
{
    uint64_t left = x->long_reply.total - x->long_reply.at;
    uint64_t at = x->long_reply.from + x->long_reply.at;
    size_t n_bytes = MST_PIECE_MAX - (size_t)(at % MST_PIECE_MAX);

    return (struct mst_delivery_piece){at, left < n_bytes ? (size_t)left : n_bytes};
}

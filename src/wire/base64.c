#include <nettle/base64.h>

#include "wire/base64.h"

_Static_assert(MST_BASE64_CHARS(7) == BASE64_ENCODE_RAW_LENGTH(7), "as nettle counts");
_Static_assert(MST_BASE64_BYTES(7) == BASE64_DECODE_LENGTH(7), "as nettle counts");

enum { STEP = 48 }; /* bytes at once: whole groups of three */

enum mst_err mst_base64_encode(struct mst_span bytes, struct mst_buf *out)
{
    char text[BASE64_ENCODE_RAW_LENGTH(STEP)];

    for (size_t at = 0; at < bytes.len; at += STEP) {
        struct mst_span step = mst_span_cut(bytes, at, at + STEP);

        base64_encode_raw(text, step.len, (const uint8_t *)step.ptr);
        (void)mst_buf_add(out, mst_span_of(text, BASE64_ENCODE_RAW_LENGTH(step.len)));
    }
    return mst_buf_err(out);
}

enum mst_err mst_base64_decode(struct mst_span text, uint8_t *bytes, struct mst_span *ret_bytes)
{
    struct base64_decode_ctx ctx;
    size_t len = MST_BASE64_BYTES(text.len);

    base64_decode_init(&ctx);
    if (!base64_decode_update(&ctx, &len, bytes, text.len, text.ptr) || !base64_decode_final(&ctx))
        return MST_ESYNTAX;
    *ret_bytes = mst_span_of(bytes, len);
    return MST_OK;
}

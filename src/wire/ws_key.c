#include <nettle/sha1.h>
#include <string.h>

#include "wire/base64.h"
#include "wire/ws_key.h"

enum { KEY_BYTES = 16, KEY_CHARS = MST_BASE64_CHARS(KEY_BYTES) };

enum mst_err mst_ws_key_accept(struct mst_span key, char ret_accept[MST_WS_ACCEPT_CHARS])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    uint8_t bytes[MST_BASE64_BYTES(KEY_CHARS)], digest[SHA1_DIGEST_SIZE];
    struct mst_span decoded;
    struct sha1_ctx sha;
    struct mst_buf text;
    enum mst_err err;

    if (key.len != KEY_CHARS || mst_base64_decode(key, bytes, &decoded) != MST_OK ||
        decoded.len != KEY_BYTES)
        return MST_ESYNTAX;
    sha1_init(&sha);
    sha1_update(&sha, key.len, (const uint8_t *)key.ptr);
    sha1_update(&sha, sizeof guid - 1, (const uint8_t *)guid);
    sha1_digest(&sha, sizeof digest, digest);
    mst_buf_init(&text, MST_WS_ACCEPT_CHARS);
    err = mst_base64_encode(mst_span_of(digest, sizeof digest), &text);
    if (err == MST_OK)
        memcpy(ret_accept, text.ptr, MST_WS_ACCEPT_CHARS);
    mst_buf_fini(&text);
    return err;
}

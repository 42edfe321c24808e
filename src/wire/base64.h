/*
 * base64.h - bytes as text (RFC 4648, with padding).
 */
#ifndef MST_WIRE_BASE64_H
#define MST_WIRE_BASE64_H

#include <stdint.h>

#include "base/buf.h"

/* How many characters n bytes are, and how much room the bytes of n characters need. */
#define MST_BASE64_CHARS(n) (((n) + 2) / 3 * 4)
#define MST_BASE64_BYTES(n) (((n) + 1) * 6 / 8)

/* Appends. Error of out. */
MST_MUST_USE enum mst_err mst_base64_encode(struct mst_span bytes, struct mst_buf *out);
/* Into bytes, which has MST_BASE64_BYTES of the text. MST_ESYNTAX. */
MST_MUST_USE enum mst_err mst_base64_decode(struct mst_span text, uint8_t *bytes,
                                            struct mst_span *ret_bytes);

#endif

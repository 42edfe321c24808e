/* hex.h - bytes to lower case hexadecimal text and back. */
#ifndef MST_BASE_HEX_H
#define MST_BASE_HEX_H

#include "base/span.h"

/* Writes 2 * bytes.len characters to ret_text, without a NUL. */
void mst_hex_encode(struct mst_span bytes, char *ret_text);
/* The value of a digit of either case; -1 for any other character. */
int mst_hex_digit(char c);
/* Exactly 2 * len characters [0-9a-f]; upper case is refused (protocol.md A37). MST_ESYNTAX. */
MST_MUST_USE enum mst_err mst_hex_decode(struct mst_span text, uint8_t *ret_bytes, size_t len);

#endif

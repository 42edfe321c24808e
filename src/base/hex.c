#include "base/hex.h"

void mst_hex_encode(struct mst_span bytes, char *ret_text)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.len; i++) {
        unsigned byte = (unsigned char)bytes.ptr[i];
        ret_text[2 * i] = digits[byte >> 4];
        ret_text[2 * i + 1] = digits[byte & 15];
    }
}

int mst_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool is_lower_digit(char c)
{
    return mst_hex_digit(c) >= 0 && !(c >= 'A' && c <= 'F');
}

enum mst_err mst_hex_decode(struct mst_span text, uint8_t *ret_bytes, size_t len)
{
    if (text.len != 2 * len)
        return MST_ESYNTAX;
    for (size_t i = 0; i < text.len; i++)
        if (!is_lower_digit(text.ptr[i]))
            return MST_ESYNTAX;
    for (size_t i = 0; i < len; i++)
        ret_bytes[i] =
            (uint8_t)(mst_hex_digit(text.ptr[2 * i]) << 4 | mst_hex_digit(text.ptr[2 * i + 1]));
    return MST_OK;
}

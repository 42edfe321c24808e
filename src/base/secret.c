#include <string.h>

#include "base/secret.h"

struct mst_span mst_handle_span(const struct mst_handle *handle)
{
    return mst_span_of(handle->text, sizeof handle->text);
}

bool mst_secret_eq(struct mst_span a, struct mst_span b)
{
    volatile unsigned char diff = 0;

    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        diff = (unsigned char)(diff | (a.ptr[i] ^ b.ptr[i]));
    return diff == 0;
}

void mst_secret_wipe(void *ptr, size_t len)
{
    if (ptr && len)
        explicit_bzero(ptr, len);
}

#include <nettle/sha2.h>

#include "wire/digest.h"

_Static_assert(sizeof(struct sha256_ctx) <= sizeof(struct mst_sha256), "room for nettle's context");
_Static_assert(alignof(struct sha256_ctx) <= alignof(struct mst_sha256), "and aligned for it");
_Static_assert(SHA256_DIGEST_SIZE == MST_SHA256_BYTES, "the same hash");

static struct sha256_ctx *inside(struct mst_sha256 *sha)
{
    return (void *)sha->state;
}

void mst_sha256_init(struct mst_sha256 *sha)
{
    sha256_init(inside(sha));
}

void mst_sha256_add(struct mst_sha256 *sha, struct mst_span bytes)
{
    if (bytes.len > 0)
        sha256_update(inside(sha), bytes.len, (const uint8_t *)bytes.ptr);
}

void mst_sha256_end(struct mst_sha256 *sha, uint8_t ret_digest[MST_SHA256_BYTES])
{
    sha256_digest(inside(sha), MST_SHA256_BYTES, ret_digest);
}

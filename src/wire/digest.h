/*
 * digest.h - SHA-256 of bytes that come in pieces.
 */
#ifndef MST_WIRE_DIGEST_H
#define MST_WIRE_DIGEST_H

#include <stdalign.h>
#include <stdint.h>

#include "base/span.h"

enum { MST_SHA256_BYTES = 32 };

/* Its insides are the library's. May be copied. */
struct mst_sha256 {
    alignas(8) uint8_t state[112];
};

void mst_sha256_init(struct mst_sha256 *sha);
void mst_sha256_add(struct mst_sha256 *sha, struct mst_span bytes);
/* sha is then as after init. */
void mst_sha256_end(struct mst_sha256 *sha, uint8_t ret_digest[MST_SHA256_BYTES]);

#endif

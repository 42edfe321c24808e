/*
 * seal.h - secrets that must be kept or carried, encrypted and authenticated: AES-SIV-256
 * (RFC 5297, AEAD_AES_SIV_CMAC_256). The same key, purpose, id and secret give the
 * same bytes again; purpose and id must be the same when it is opened.
 */
#ifndef MST_WIRE_SEAL_H
#define MST_WIRE_SEAL_H

#include "base/secret.h"

enum { MST_SEAL_BYTES = 16 }; /* what sealing adds */

/* Writes secret.len + MST_SEAL_BYTES bytes. id must not be empty. */
void mst_seal(const struct mst_secret_key *key, struct mst_span purpose, struct mst_span id,
              struct mst_span secret, uint8_t *ret_sealed);
/* Writes sealed.len - MST_SEAL_BYTES bytes, nothing of use if it fails: MST_EKEY if any bit of
   key, purpose, id or sealed is another one. The work depends on the lengths only. */
MST_MUST_USE enum mst_err mst_seal_open(const struct mst_secret_key *key, struct mst_span purpose,
                                        struct mst_span id, struct mst_span sealed,
                                        uint8_t *ret_secret);

#endif

/*
 * envelope.h - how a fleet travels between servers (docs/fleet-format.md): a file has a key of its own,
 * sealed to the one who may read the file; from it follow the key that seals what is secret in
 * the lines and the key that authenticates them. X25519 (RFC 7748), HKDF-SHA-256, AES-SIV.
 */
#ifndef MST_WIRE_ENVELOPE_H
#define MST_WIRE_ENVELOPE_H

#include "wire/seal.h"

enum {
    MST_X25519_BYTES = 32,
    MST_ENVELOPE_KEY_BYTES = MST_SECRET_KEY_BYTES + MST_SEAL_BYTES,
    MST_LINE_MAC_BYTES = 16
};

struct mst_envelope {
    uint8_t to[MST_X25519_BYTES];        /* the public key of the reader */
    uint8_t ephemeral[MST_X25519_BYTES]; /* another, of which nobody keeps the secret half */
    uint8_t key[MST_ENVELOPE_KEY_BYTES]; /* the file's key, sealed */
};

void mst_envelope_public(const struct mst_secret_key *secret, uint8_t ret_public[MST_X25519_BYTES]);
/* Seals file_key to ret_envelope->to, which is set. ephemeral: random, used once and wiped by the
   caller. MST_EKEY: "to" is no public key (its group is too small). */
MST_MUST_USE enum mst_err mst_envelope_seal(const struct mst_secret_key *file_key,
                                            const struct mst_secret_key *ephemeral,
                                            struct mst_envelope *ret_envelope);
/* MST_EKEY: it was not sealed to this secret, or was changed. */
MST_MUST_USE enum mst_err mst_envelope_open(const struct mst_envelope *envelope,
                                            const struct mst_secret_key *secret,
                                            struct mst_secret_key *ret_file_key);

/* What follows from a file's key. Secret. */
struct mst_file_keys {
    struct mst_secret_key seal, mac;
};
void mst_file_keys_derive(struct mst_file_keys *keys, const struct mst_secret_key *file_key);
/* Of line number n (from 1), the text in front of its MAC. */
void mst_file_mac(const struct mst_file_keys *keys, uint64_t n, struct mst_span text,
                  uint8_t ret_mac[MST_LINE_MAC_BYTES]);

#endif

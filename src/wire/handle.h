/*
 * handle.h - the key scheme of docs/keys.md: 20 byte handles that carry a masked
 * row number and an authentication tag. Pure arithmetic over nettle.
 *
 * All integers are hashed big-endian: kind as 1 byte, N as 8, epoch as 4, salt as
 * 8. N is gen (24 bit) << 40 | row (40 bit).
 */
#ifndef MST_WIRE_HANDLE_H
#define MST_WIRE_HANDLE_H

#include "base/secret.h"

enum {
    MST_STORE_ID_BYTES = 16,
    MST_DELTA_BYTES = 12,
    MST_CHECK_BYTES = 8,
    MST_HANDLE_IV_BYTES = 8,
    MST_HANDLE_KEYS_MAX = 8, /* rotating keys held at once */
    MST_MAC_BYTES = 384      /* room for an HMAC-SHA-256 state */
};

/* A key that only ever tags: its HMAC state, hashed once, in a form only handle.c reads. Secret. */
struct mst_mac {
    uint8_t state[MST_MAC_BYTES];
};

/* Keys of one store, derived from the key file's (keys.md "derivation"). Secret. */
struct mst_handle_rotating {
    uint32_t kid;
    struct mst_mac tag, check;
    struct mst_secret_key seal;
};

struct mst_handle_keys { /* begins as all zero bytes */
    struct mst_mac loc, rid;
    struct mst_secret_key fleet; /* the secret half of what fleets are sealed to (envelope.h) */
    struct mst_mac fleet_file;
    struct mst_handle_rotating rotating[MST_HANDLE_KEYS_MAX];
    size_t n_rotating;
};

/* Derives loc, rid and those of fleets from the locator key: HKDF-SHA-256, salt = store id. */
void mst_handle_derive_locator(struct mst_handle_keys *keys, const struct mst_secret_key *locator,
                               const uint8_t store_id[MST_STORE_ID_BYTES]);
/* Derives and adds a rotating key. MST_EFULL, MST_EEXIST. */
MST_MUST_USE enum mst_err mst_handle_derive_rotating(struct mst_handle_keys *keys, uint32_t kid,
                                                     const struct mst_secret_key *key,
                                                     const uint8_t store_id[MST_STORE_ID_BYTES]);
/* HMAC(K_check, "muster1 kcv")[0..8]. MST_ENOENT for an unknown kid. */
MST_MUST_USE enum mst_err mst_handle_check_value(const struct mst_handle_keys *keys, uint32_t kid,
                                                 uint8_t ret_value[MST_CHECK_BYTES]);
void mst_handle_keys_wipe(struct mst_handle_keys *keys);

struct mst_handle_parts {
    unsigned
        kind; /* enum mst_handle_kind of core/port_keys.h: 1 CIK 2 token 3 share 4 RID 5 grant */
    uint64_t n;
    uint32_t kid; /* these three and delta are ignored for a RID */
    uint32_t epoch;
    uint64_t salt;
    const uint8_t *delta; /* MST_DELTA_BYTES, or NULL for none */
};

/* MST_ENOENT for an unknown kid. */
MST_MUST_USE enum mst_err mst_handle_make(const struct mst_handle_keys *keys,
                                          const struct mst_handle_parts *parts,
                                          struct mst_handle *ret_handle);
/* N by unmasking; MST_ESYNTAX if text is not exactly 40 of [0-9a-f]. Says nothing about truth. */
MST_MUST_USE enum mst_err mst_handle_locate(const struct mst_handle_keys *keys, unsigned kind,
                                            struct mst_span text, uint64_t *ret_n);
/* Is text the handle of parts? Constant time; false too for an unknown kid. */
bool mst_handle_verify(const struct mst_handle_keys *keys, const struct mst_handle_parts *parts,
                       struct mst_span text);

/* The key of the file that a fleet is exported to: a function of the random id that stands in it. */
void mst_handle_fleet_file_key(const struct mst_handle_keys *keys,
                               const uint8_t id[MST_FLEET_ID_BYTES],
                               struct mst_secret_key *ret_key);

/* ---- handles brought from elsewhere ---- */

/* IV | C, by which such a handle is found. MST_ESYNTAX as above. */
MST_MUST_USE enum mst_err mst_handle_locator(struct mst_span text,
                                             uint8_t ret_locator[MST_LOCATOR_BYTES]);
/* Seals the 20 bytes of a handle under K_seal[kid], for the row number n. MST_ENOENT for an unknown
   kid, MST_ESYNTAX. */
MST_MUST_USE enum mst_err mst_handle_seal(const struct mst_handle_keys *keys, uint32_t kid,
                                          uint64_t n, struct mst_span text,
                                          uint8_t ret_sealed[MST_SEALED_HANDLE_BYTES]);
/* MST_ENOENT for an unknown kid; MST_EKEY if sealed is not what was sealed for n. */
MST_MUST_USE enum mst_err mst_handle_open(const struct mst_handle_keys *keys, uint32_t kid,
                                          uint64_t n, struct mst_span sealed,
                                          struct mst_handle *ret_handle);

#endif

/*
 * port_keys.h - what the domain asks of the key scheme (keys.md).
 *
 * wire/handle does the arithmetic; server/keys joins the two.
 */
#ifndef MST_CORE_PORT_KEYS_H
#define MST_CORE_PORT_KEYS_H

#include "base/secret.h"

/* Kinds of handle; the number goes into the tag (keys.md). */
enum mst_handle_kind {
    MST_HANDLE_CIK = 1,
    MST_HANDLE_TOKEN = 2,
    MST_HANDLE_SHARE = 3,
    MST_HANDLE_RID = 4,
    MST_HANDLE_GRANT = 5
};

/* What a row keeps of its key; everything else is derived. */
struct mst_key_seed {
    int64_t row;    /* row number, 40 bits */
    int64_t gen_ix; /* index of the row's generation */
    int64_t kid;
    int64_t epoch;
    int64_t salt;
    struct mst_span delta; /* 12 bytes, or empty for none */
};

struct mst_keys {
    void *ctx;
    /* Makes the handle of a row. For a RID only row and gen_ix count. */
    enum mst_err (*mint)(void *ctx, enum mst_handle_kind kind, const struct mst_key_seed *seed,
                         struct mst_handle *ret_handle);
    /*
     * Reads the row number that text names, before anything is known to be true. MST_ESYNTAX if
     * text is not 40 characters [0-9a-f]. The row number may be of no row at all. A RID is
     * checked whole here: MST_ENOENT if it is none of ours.
     */
    enum mst_err (*locate)(void *ctx, enum mst_handle_kind kind, struct mst_span text,
                           int64_t *ret_row);
    /* Is text the handle of this row? Constant time, generation included. */
    bool (*verify)(void *ctx, enum mst_handle_kind kind, const struct mst_key_seed *seed,
                   struct mst_span text);
    /* For a CIK that was brought from elsewhere: what finds it. MST_ESYNTAX as locate. */
    enum mst_err (*locator)(void *ctx, struct mst_span text,
                            uint8_t ret_locator[MST_LOCATOR_BYTES]);
    /* Encrypts it for the row that will have it, under the seed's kid. MST_ESYNTAX. */
    enum mst_err (*seal)(void *ctx, const struct mst_key_seed *seed, struct mst_span text,
                         uint8_t ret_sealed[MST_SEALED_HANDLE_BYTES]);
    /* MST_EKEY if it was not sealed for this row; the same work then. */
    enum mst_err (*open)(void *ctx, const struct mst_key_seed *seed, struct mst_span sealed,
                         struct mst_handle *ret_handle);
    /* docs/fleet-format.md: the secret half of the key that fleets are sealed to, and the key of the
       file of an export. */
    void (*fleet_secret)(void *ctx, struct mst_secret_key *ret_secret);
    void (*fleet_file_key)(void *ctx, const uint8_t id[MST_FLEET_ID_BYTES],
                           struct mst_secret_key *ret_key);
    int64_t (*current_kid)(void *ctx);
    int64_t (*current_gen_ix)(void *ctx);
};

#endif

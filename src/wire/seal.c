#include <assert.h>

#include <nettle/siv-cmac.h>

#include "wire/seal.h"

static_assert(SIV_CMAC_AES128_KEY_SIZE == MST_SECRET_KEY_BYTES, "one half each for CMAC and CTR");
static_assert(SIV_DIGEST_SIZE == MST_SEAL_BYTES, "the synthetic IV is what sealing adds");

static const uint8_t *bytes_of(struct mst_span span)
{
    return (const uint8_t *)span.ptr;
}

void mst_seal(const struct mst_secret_key *key, struct mst_span purpose, struct mst_span id,
              struct mst_span secret, uint8_t *ret_sealed)
{
    struct siv_cmac_aes128_ctx ctx;

    assert(id.len > 0);
    siv_cmac_aes128_set_key(&ctx, key->bytes);
    siv_cmac_aes128_encrypt_message(&ctx, id.len, bytes_of(id), purpose.len, bytes_of(purpose),
                                    secret.len + MST_SEAL_BYTES, ret_sealed, bytes_of(secret));
    mst_secret_wipe(&ctx, sizeof ctx);
}

enum mst_err mst_seal_open(const struct mst_secret_key *key, struct mst_span purpose,
                           struct mst_span id, struct mst_span sealed, uint8_t *ret_secret)
{
    struct siv_cmac_aes128_ctx ctx;
    int is_whole;

    assert(id.len > 0);
    if (sealed.len < MST_SEAL_BYTES)
        return MST_EKEY;
    siv_cmac_aes128_set_key(&ctx, key->bytes);
    is_whole =
        siv_cmac_aes128_decrypt_message(&ctx, id.len, bytes_of(id), purpose.len, bytes_of(purpose),
                                        sealed.len - MST_SEAL_BYTES, ret_secret, bytes_of(sealed));
    mst_secret_wipe(&ctx, sizeof ctx);
    return is_whole ? MST_OK : MST_EKEY;
}

#include <assert.h>
#include <string.h>

#include <nettle/curve25519.h>
#include <nettle/hkdf.h>
#include <nettle/hmac.h>

#include "wire/envelope.h"

static_assert(CURVE25519_SIZE == MST_X25519_BYTES, "keys of X25519");
static_assert((int)MST_X25519_BYTES == (int)MST_SECRET_KEY_BYTES, "any 32 bytes are a secret half");

static void derive(struct mst_span salt, struct mst_span secret, struct mst_span info,
                   struct mst_secret_key *ret_key)
{
    struct hmac_sha256_ctx ctx;
    uint8_t prk[SHA256_DIGEST_SIZE];

    hmac_sha256_set_key(&ctx, salt.len, (const uint8_t *)salt.ptr);
    hkdf_extract(&ctx, (nettle_hash_update_func *)hmac_sha256_update,
                 (nettle_hash_digest_func *)hmac_sha256_digest, SHA256_DIGEST_SIZE, secret.len,
                 (const uint8_t *)secret.ptr, prk);
    hmac_sha256_set_key(&ctx, sizeof prk, prk);
    hkdf_expand(&ctx, (nettle_hash_update_func *)hmac_sha256_update,
                (nettle_hash_digest_func *)hmac_sha256_digest, SHA256_DIGEST_SIZE, info.len,
                (const uint8_t *)info.ptr, sizeof ret_key->bytes, ret_key->bytes);
    mst_secret_wipe(&ctx, sizeof ctx);
    mst_secret_wipe(prk, sizeof prk);
}

void mst_envelope_public(const struct mst_secret_key *secret, uint8_t ret_public[MST_X25519_BYTES])
{
    curve25519_mul_g(ret_public, secret->bytes);
}

/* The key between the two halves; both public keys are in it, so that neither can be exchanged. */
static enum mst_err agree(const struct mst_secret_key *secret, const uint8_t *other,
                          const struct mst_envelope *envelope, struct mst_secret_key *ret_key)
{
    static const uint8_t zero[MST_X25519_BYTES];
    uint8_t shared[MST_X25519_BYTES], publics[2 * MST_X25519_BYTES];
    bool is_small;

    curve25519_mul(shared, secret->bytes, other);
    is_small = mst_secret_eq(mst_span_of(shared, sizeof shared), mst_span_of(zero, sizeof zero));
    memcpy(publics, envelope->ephemeral, MST_X25519_BYTES);
    memcpy(&publics[MST_X25519_BYTES], envelope->to, MST_X25519_BYTES);
    derive(mst_span_of(publics, sizeof publics), mst_span_of(shared, sizeof shared),
           MST_LIT("muster1 fleet envelope"), ret_key);
    mst_secret_wipe(shared, sizeof shared);
    return is_small ? MST_EKEY : MST_OK; /* RFC 7748, section 6.1 */
}

static const struct mst_span purpose = {"muster1 fleet file key", 22};

enum mst_err mst_envelope_seal(const struct mst_secret_key *file_key,
                               const struct mst_secret_key *ephemeral,
                               struct mst_envelope *ret_envelope)
{
    struct mst_secret_key key;
    enum mst_err err;

    mst_envelope_public(ephemeral, ret_envelope->ephemeral);
    err = agree(ephemeral, ret_envelope->to, ret_envelope, &key);
    if (err == MST_OK)
        mst_seal(&key, purpose, mst_span_of(ret_envelope->to, MST_X25519_BYTES),
                 mst_span_of(file_key->bytes, sizeof file_key->bytes), ret_envelope->key);
    mst_secret_wipe(&key, sizeof key);
    return err;
}

enum mst_err mst_envelope_open(const struct mst_envelope *envelope,
                               const struct mst_secret_key *secret,
                               struct mst_secret_key *ret_file_key)
{
    uint8_t own[MST_X25519_BYTES];
    struct mst_secret_key key;
    enum mst_err err;

    mst_envelope_public(secret, own);
    if (memcmp(own, envelope->to, sizeof own) != 0) /* public, both */
        return MST_EKEY;
    err = agree(secret, envelope->ephemeral, envelope, &key);
    if (err == MST_OK)
        err = mst_seal_open(&key, purpose, mst_span_of(envelope->to, MST_X25519_BYTES),
                            mst_span_of(envelope->key, sizeof envelope->key), ret_file_key->bytes);
    mst_secret_wipe(&key, sizeof key);
    return err;
}

void mst_file_keys_derive(struct mst_file_keys *keys, const struct mst_secret_key *file_key)
{
    const struct mst_span secret = mst_span_of(file_key->bytes, sizeof file_key->bytes);

    derive(MST_LIT(""), secret, MST_LIT("muster1 fleet seal"), &keys->seal);
    derive(MST_LIT(""), secret, MST_LIT("muster1 fleet mac"), &keys->mac);
}

void mst_file_mac(const struct mst_file_keys *keys, uint64_t n, struct mst_span text,
                  uint8_t ret_mac[MST_LINE_MAC_BYTES])
{
    struct hmac_sha256_ctx ctx;
    uint8_t number[8];

    for (size_t i = sizeof number; i > 0; i--, n >>= 8)
        number[i - 1] = (uint8_t)n;
    hmac_sha256_set_key(&ctx, sizeof keys->mac.bytes, keys->mac.bytes);
    hmac_sha256_update(&ctx, sizeof number, number);
    hmac_sha256_update(&ctx, text.len, (const uint8_t *)text.ptr);
    hmac_sha256_digest(&ctx, MST_LINE_MAC_BYTES, ret_mac);
    mst_secret_wipe(&ctx, sizeof ctx);
}

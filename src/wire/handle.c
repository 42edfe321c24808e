/*
 * A handle is T (12 bytes) and C (8 bytes), in hex.
 *
 *     T  = HMAC(K_tag[kid], kind | N | epoch | salt)[0..12] xor delta
 *          for a RID: HMAC(K_rid, 4 | N)[0..12]
 *     IV = SHA-256("muster1 iv" | T)[0..8]
 *     C  = N xor HMAC(K_loc, kind | IV)[0..8]
 *
 * T is the tag and, hashed, also the initial value under which N is masked: the
 * form of a synthetic IV. A handle can be located with the locator key alone and
 * is verified by making it again. docs/keys.md says why, with test vectors.
 *
 * Cost: HMAC states hold the two hashed key blocks, so one HMAC is two
 * compressions of SHA-256; making or verifying a handle takes five, locating three.
 */
#include <assert.h>
#include <string.h>

#include <nettle/hkdf.h>
#include <nettle/hmac.h>
#include <nettle/sha2.h>

#include "base/hex.h"
#include "wire/handle.h"
#include "wire/seal.h"

enum {
    KIND_RID = 4,
    TAG_BYTES = MST_DELTA_BYTES,
    MASK_BYTES = 8,
    IV_BYTES = MST_HANDLE_IV_BYTES,
    HANDLE_MESSAGE_BYTES = 1 + 8 + 4 + 8,
    RID_MESSAGE_BYTES = 1 + 8
};

static_assert(TAG_BYTES + MASK_BYTES == MST_HANDLE_BYTES, "a handle is tag and masked number");
static_assert(sizeof(struct hmac_sha256_ctx) <= MST_MAC_BYTES, "the door's room is too small");
static_assert(MST_LOCATOR_BYTES == IV_BYTES + MASK_BYTES, "a locator is IV and masked number");
static_assert(MST_SEALED_HANDLE_BYTES == MST_HANDLE_BYTES + MST_SEAL_BYTES, "sealing adds that");

static void put_be(uint8_t *bytes, size_t n, uint64_t value)
{
    for (size_t i = n; i > 0; i--, value >>= 8)
        bytes[i - 1] = (uint8_t)value;
}

static uint64_t get_be(const uint8_t *bytes, size_t n)
{
    uint64_t value = 0;

    for (size_t i = 0; i < n; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* ---- keys ---- */

static void mac_init(struct mst_mac *mac, const struct mst_secret_key *key)
{
    struct hmac_sha256_ctx ctx;

    memset(&ctx, 0, sizeof ctx);
    hmac_sha256_set_key(&ctx, sizeof key->bytes, key->bytes);
    memcpy(mac->state, &ctx, sizeof ctx);
    mst_secret_wipe(&ctx, sizeof ctx);
}

static void mac_digest(const struct mst_mac *mac, const uint8_t *message, size_t len, size_t n,
                       uint8_t *ret_digest)
{
    struct hmac_sha256_ctx ctx;

    memcpy(&ctx, mac->state, sizeof ctx);
    hmac_sha256_update(&ctx, len, message);
    hmac_sha256_digest(&ctx, n, ret_digest);
    mst_secret_wipe(&ctx, sizeof ctx);
}

/* The pseudorandom key of HKDF (RFC 5869 2.2) as the state that its second step works with. */
static void extract(const struct mst_secret_key *key, const uint8_t store_id[MST_STORE_ID_BYTES],
                    struct hmac_sha256_ctx *ret_prk)
{
    struct hmac_sha256_ctx salt;
    uint8_t prk[SHA256_DIGEST_SIZE];

    hmac_sha256_set_key(&salt, MST_STORE_ID_BYTES, store_id);
    hkdf_extract(&salt, (nettle_hash_update_func *)hmac_sha256_update,
                 (nettle_hash_digest_func *)hmac_sha256_digest, SHA256_DIGEST_SIZE,
                 sizeof key->bytes, key->bytes, prk);
    hmac_sha256_set_key(ret_prk, sizeof prk, prk);
    mst_secret_wipe(&salt, sizeof salt);
    mst_secret_wipe(prk, sizeof prk);
}

static void expand(struct hmac_sha256_ctx *prk, struct mst_span info,
                   struct mst_secret_key *ret_key)
{
    hkdf_expand(prk, (nettle_hash_update_func *)hmac_sha256_update,
                (nettle_hash_digest_func *)hmac_sha256_digest, SHA256_DIGEST_SIZE, info.len,
                (const uint8_t *)info.ptr, sizeof ret_key->bytes, ret_key->bytes);
}

static void expand_mac(struct hmac_sha256_ctx *prk, struct mst_span info, struct mst_mac *ret_mac)
{
    struct mst_secret_key key;

    expand(prk, info, &key);
    mac_init(ret_mac, &key);
    mst_secret_wipe(&key, sizeof key);
}

void mst_handle_derive_locator(struct mst_handle_keys *keys, const struct mst_secret_key *locator,
                               const uint8_t store_id[MST_STORE_ID_BYTES])
{
    struct hmac_sha256_ctx prk;

    extract(locator, store_id, &prk);
    expand_mac(&prk, MST_LIT("muster1 loc"), &keys->loc);
    expand_mac(&prk, MST_LIT("muster1 rid"), &keys->rid);
    expand(&prk, MST_LIT("muster1 fleet"), &keys->fleet);
    expand_mac(&prk, MST_LIT("muster1 fleet file"), &keys->fleet_file);
    mst_secret_wipe(&prk, sizeof prk);
}

static const struct mst_handle_rotating *find_rotating(const struct mst_handle_keys *keys,
                                                       uint32_t kid)
{
    for (size_t i = 0; i < keys->n_rotating; i++)
        if (keys->rotating[i].kid == kid)
            return &keys->rotating[i];
    return NULL;
}

enum mst_err mst_handle_derive_rotating(struct mst_handle_keys *keys, uint32_t kid,
                                        const struct mst_secret_key *key,
                                        const uint8_t store_id[MST_STORE_ID_BYTES])
{
    struct hmac_sha256_ctx prk;
    struct mst_handle_rotating *rotating;

    if (find_rotating(keys, kid))
        return MST_EEXIST;
    if (keys->n_rotating == MST_HANDLE_KEYS_MAX)
        return MST_EFULL;
    rotating = &keys->rotating[keys->n_rotating];
    extract(key, store_id, &prk);
    expand_mac(&prk, MST_LIT("muster1 tag"), &rotating->tag);
    expand(&prk, MST_LIT("muster1 seal"), &rotating->seal);
    expand_mac(&prk, MST_LIT("muster1 check"), &rotating->check);
    mst_secret_wipe(&prk, sizeof prk);
    rotating->kid = kid;
    keys->n_rotating++;
    return MST_OK;
}

enum mst_err mst_handle_check_value(const struct mst_handle_keys *keys, uint32_t kid,
                                    uint8_t ret_value[MST_CHECK_BYTES])
{
    static const uint8_t text[] = {'m', 'u', 's', 't', 'e', 'r', '1', ' ', 'k', 'c', 'v'};
    const struct mst_handle_rotating *rotating = find_rotating(keys, kid);

    if (!rotating)
        return MST_ENOENT;
    mac_digest(&rotating->check, text, sizeof text, MST_CHECK_BYTES, ret_value);
    return MST_OK;
}

void mst_handle_keys_wipe(struct mst_handle_keys *keys)
{
    mst_secret_wipe(keys, sizeof *keys);
}

/* ---- handles ---- */

static void make_iv(const uint8_t tag[TAG_BYTES], uint8_t ret_iv[IV_BYTES])
{
    static const uint8_t label[] = {'m', 'u', 's', 't', 'e', 'r', '1', ' ', 'i', 'v'};
    struct sha256_ctx hash;

    sha256_init(&hash);
    sha256_update(&hash, sizeof label, label);
    sha256_update(&hash, TAG_BYTES, tag);
    sha256_digest(&hash, IV_BYTES, ret_iv);
}

/* What N is masked with: depends on kind and tag, so equal tags give equal masks. */
static uint64_t mask_of(const struct mst_handle_keys *keys, unsigned kind,
                        const uint8_t tag[TAG_BYTES])
{
    uint8_t message[1 + IV_BYTES];
    uint8_t mask[MASK_BYTES];

    message[0] = (uint8_t)kind;
    make_iv(tag, &message[1]);
    mac_digest(&keys->loc, message, sizeof message, MASK_BYTES, mask);
    return get_be(mask, sizeof mask);
}

static void make_rid_tag(const struct mst_handle_keys *keys, uint64_t n, uint8_t ret_tag[TAG_BYTES])
{
    uint8_t message[RID_MESSAGE_BYTES] = {KIND_RID};

    put_be(&message[1], 8, n);
    mac_digest(&keys->rid, message, sizeof message, TAG_BYTES, ret_tag);
}

static void make_tag(const struct mst_mac *mac, const struct mst_handle_parts *parts,
                     uint8_t ret_tag[TAG_BYTES])
{
    uint8_t message[HANDLE_MESSAGE_BYTES] = {(uint8_t)parts->kind};

    put_be(&message[1], 8, parts->n);
    put_be(&message[9], 4, parts->epoch);
    put_be(&message[13], 8, parts->salt);
    mac_digest(mac, message, sizeof message, TAG_BYTES, ret_tag);
    for (size_t i = 0; parts->delta && i < TAG_BYTES; i++)
        ret_tag[i] ^= parts->delta[i];
}

enum mst_err mst_handle_make(const struct mst_handle_keys *keys,
                             const struct mst_handle_parts *parts, struct mst_handle *ret_handle)
{
    uint8_t bytes[MST_HANDLE_BYTES];

    assert(parts->kind >= 1 && parts->kind <= UINT8_MAX);
    if (parts->kind == KIND_RID) {
        make_rid_tag(keys, parts->n, bytes);
    } else {
        const struct mst_handle_rotating *rotating = find_rotating(keys, parts->kid);
        if (!rotating)
            return MST_ENOENT;
        make_tag(&rotating->tag, parts, bytes);
    }
    put_be(&bytes[TAG_BYTES], MASK_BYTES, parts->n ^ mask_of(keys, parts->kind, bytes));
    mst_hex_encode(mst_span_of(bytes, sizeof bytes), ret_handle->text);
    mst_secret_wipe(bytes, sizeof bytes);
    return MST_OK;
}

enum mst_err mst_handle_locate(const struct mst_handle_keys *keys, unsigned kind,
                               struct mst_span text, uint64_t *ret_n)
{
    uint8_t bytes[MST_HANDLE_BYTES];
    enum mst_err err = mst_hex_decode(text, bytes, sizeof bytes);

    if (err != MST_OK)
        return err;
    *ret_n = get_be(&bytes[TAG_BYTES], MASK_BYTES) ^ mask_of(keys, kind, bytes);
    mst_secret_wipe(bytes, sizeof bytes);
    return MST_OK;
}

bool mst_handle_verify(const struct mst_handle_keys *keys, const struct mst_handle_parts *parts,
                       struct mst_span text)
{
    struct mst_handle handle;
    bool is_same;

    if (mst_handle_make(keys, parts, &handle) != MST_OK)
        return false;
    is_same = mst_secret_eq(mst_handle_span(&handle), text);
    mst_secret_wipe(&handle, sizeof handle);
    return is_same;
}

void mst_handle_fleet_file_key(const struct mst_handle_keys *keys,
                               const uint8_t id[MST_FLEET_ID_BYTES], struct mst_secret_key *ret_key)
{
    mac_digest(&keys->fleet_file, id, MST_FLEET_ID_BYTES, sizeof ret_key->bytes, ret_key->bytes);
}

/* ---- handles brought from elsewhere ---- */

enum mst_err mst_handle_locator(struct mst_span text, uint8_t ret_locator[MST_LOCATOR_BYTES])
{
    uint8_t bytes[MST_HANDLE_BYTES];
    enum mst_err err = mst_hex_decode(text, bytes, sizeof bytes);

    if (err != MST_OK)
        return err;
    make_iv(bytes, ret_locator);
    memcpy(&ret_locator[IV_BYTES], &bytes[TAG_BYTES], MASK_BYTES);
    mst_secret_wipe(bytes, sizeof bytes);
    return MST_OK;
}

enum mst_err mst_handle_seal(const struct mst_handle_keys *keys, uint32_t kid, uint64_t n,
                             struct mst_span text, uint8_t ret_sealed[MST_SEALED_HANDLE_BYTES])
{
    const struct mst_handle_rotating *rotating = find_rotating(keys, kid);
    uint8_t bytes[MST_HANDLE_BYTES], id[8];
    enum mst_err err = rotating ? mst_hex_decode(text, bytes, sizeof bytes) : MST_ENOENT;

    if (err != MST_OK)
        return err;
    put_be(id, sizeof id, n);
    mst_seal(&rotating->seal, MST_LIT("muster1 cik"), mst_span_of(id, sizeof id),
             mst_span_of(bytes, sizeof bytes), ret_sealed);
    mst_secret_wipe(bytes, sizeof bytes);
    return MST_OK;
}

enum mst_err mst_handle_open(const struct mst_handle_keys *keys, uint32_t kid, uint64_t n,
                             struct mst_span sealed, struct mst_handle *ret_handle)
{
    const struct mst_handle_rotating *rotating = find_rotating(keys, kid);
    uint8_t bytes[MST_HANDLE_BYTES], id[8];
    enum mst_err err;

    if (!rotating)
        return MST_ENOENT;
    if (sealed.len != MST_SEALED_HANDLE_BYTES)
        return MST_EKEY;
    put_be(id, sizeof id, n);
    err = mst_seal_open(&rotating->seal, MST_LIT("muster1 cik"), mst_span_of(id, sizeof id), sealed,
                        bytes);
    if (err == MST_OK)
        mst_hex_encode(mst_span_of(bytes, sizeof bytes), ret_handle->text);
    mst_secret_wipe(bytes, sizeof bytes);
    return err;
}

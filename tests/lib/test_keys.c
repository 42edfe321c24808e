#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "tests/lib/test_keys.h"

static const uint64_t gen = 0xabcdef;

static struct mst_handle_parts parts_of(enum mst_handle_kind kind, const struct mst_key_seed *seed)
{
    return (struct mst_handle_parts){.kind = kind,
                                     .n = gen << MST_ROW_BITS | (uint64_t)seed->row,
                                     .kid = (uint32_t)seed->kid,
                                     .epoch = (uint32_t)seed->epoch,
                                     .salt = (uint64_t)seed->salt,
                                     .delta =
                                         seed->delta.len ? (const uint8_t *)seed->delta.ptr : NULL};
}

static enum mst_err mint(void *ctx, enum mst_handle_kind kind, const struct mst_key_seed *seed,
                         struct mst_handle *ret_handle)
{
    struct mst_test_keys *keys = ctx;
    struct mst_handle_parts parts = parts_of(kind, seed);

    assert(seed->gen_ix == 0);
    return mst_handle_make(&keys->handles, &parts, ret_handle);
}

static enum mst_err locate(void *ctx, enum mst_handle_kind kind, struct mst_span text,
                           int64_t *ret_row)
{
    struct mst_test_keys *keys = ctx;
    struct mst_handle_parts parts = {.kind = kind};
    enum mst_err err = mst_handle_locate(&keys->handles, kind, text, &parts.n);

    if (err != MST_OK)
        return err;
    if (kind == MST_HANDLE_RID &&
        (parts.n >> MST_ROW_BITS != gen || !mst_handle_verify(&keys->handles, &parts, text)))
        return MST_ENOENT;
    *ret_row = (int64_t)(parts.n & ((UINT64_C(1) << MST_ROW_BITS) - 1));
    return MST_OK;
}

static bool verify(void *ctx, enum mst_handle_kind kind, const struct mst_key_seed *seed,
                   struct mst_span text)
{
    struct mst_test_keys *keys = ctx;
    struct mst_handle_parts parts = parts_of(kind, seed);

    return mst_handle_verify(&keys->handles, &parts, text);
}

static enum mst_err locator(void *ctx, struct mst_span text, uint8_t ret_locator[MST_LOCATOR_BYTES])
{
    (void)ctx;
    return mst_handle_locator(text, ret_locator);
}

static enum mst_err seal(void *ctx, const struct mst_key_seed *seed, struct mst_span text,
                         uint8_t ret_sealed[MST_SEALED_HANDLE_BYTES])
{
    struct mst_test_keys *keys = ctx;

    return mst_handle_seal(&keys->handles, (uint32_t)seed->kid, (uint64_t)seed->row, text,
                           ret_sealed);
}

static enum mst_err open_sealed(void *ctx, const struct mst_key_seed *seed, struct mst_span sealed,
                                struct mst_handle *ret_handle)
{
    struct mst_test_keys *keys = ctx;

    return mst_handle_open(&keys->handles, (uint32_t)seed->kid, (uint64_t)seed->row, sealed,
                           ret_handle);
}

static void fleet_secret(void *ctx, struct mst_secret_key *ret_secret)
{
    struct mst_test_keys *keys = ctx;

    *ret_secret = keys->handles.fleet;
}

static void fleet_file_key(void *ctx, const uint8_t id[MST_FLEET_ID_BYTES],
                           struct mst_secret_key *ret_key)
{
    struct mst_test_keys *keys = ctx;

    mst_handle_fleet_file_key(&keys->handles, id, ret_key);
}

static int64_t current_kid(void *ctx)
{
    struct mst_test_keys *keys = ctx;

    return keys->kid;
}

static int64_t current_gen_ix(void *ctx)
{
    (void)ctx;
    return 0;
}

struct mst_keys mst_test_keys_port(struct mst_test_keys *keys)
{
    static const uint8_t store_id[MST_STORE_ID_BYTES] = "a store for test";
    static const struct mst_secret_key secrets[] = {{"locator"}, {"first"}, {"second"}};

    memset(keys, 0, sizeof *keys);
    keys->kid = 1;
    mst_handle_derive_locator(&keys->handles, &secrets[0], store_id);
    for (uint32_t kid = 1; kid <= 2; kid++) {
        enum mst_err err = mst_handle_derive_rotating(&keys->handles, kid, &secrets[kid], store_id);
        assert(err == MST_OK);
    }
    return (struct mst_keys){.ctx = keys,
                             .mint = mint,
                             .locate = locate,
                             .verify = verify,
                             .locator = locator,
                             .seal = seal,
                             .open = open_sealed,
                             .fleet_secret = fleet_secret,
                             .fleet_file_key = fleet_file_key,
                             .current_kid = current_kid,
                             .current_gen_ix = current_gen_ix};
}

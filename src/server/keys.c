/*
 * The number in a handle is gen << 40 | row (docs/keys.md). The row is what the
 * store is asked for; the generation is compared with the rest of the handle,
 * because verify builds the whole number from the row's own generation.
 */
#include "base/limits.h"
#include "server/keys.h"

#define ROW_MASK ((UINT64_C(1) << MST_ROW_BITS) - 1)

/* The number of a row; false for a row that cannot be. Its number is then one no row has. */
static bool number_of(const struct mst_server_keys *keys, const struct mst_key_seed *seed,
                      uint64_t *ret_n)
{
    bool is_known = seed->gen_ix >= 0 && (uint64_t)seed->gen_ix < keys->n_gens && seed->row > 0 &&
                    (uint64_t)seed->row <= ROW_MASK;

    *ret_n =
        is_known ? (uint64_t)keys->gens[seed->gen_ix] << MST_ROW_BITS | (uint64_t)seed->row : 0;
    return is_known;
}

static bool parts_of(const struct mst_server_keys *keys, enum mst_handle_kind kind,
                     const struct mst_key_seed *seed, struct mst_handle_parts *ret_parts)
{
    bool is_known = number_of(keys, seed, &ret_parts->n);

    ret_parts->kind = kind;
    ret_parts->kid = (uint32_t)seed->kid;
    ret_parts->epoch = (uint32_t)seed->epoch;
    ret_parts->salt = (uint64_t)seed->salt;
    ret_parts->delta = seed->delta.len == MST_DELTA_BYTES ? (const uint8_t *)seed->delta.ptr : NULL;
    return is_known && (seed->delta.len == 0 || seed->delta.len == MST_DELTA_BYTES);
}

static enum mst_err mint(void *ctx, enum mst_handle_kind kind, const struct mst_key_seed *seed,
                         struct mst_handle *ret_handle)
{
    const struct mst_server_keys *keys = ctx;
    struct mst_handle_parts parts;

    if (!parts_of(keys, kind, seed, &parts))
        return MST_EINVAL;
    return mst_handle_make(&keys->handles, &parts, ret_handle);
}

static bool has_gen(const struct mst_server_keys *keys, uint64_t gen)
{
    for (size_t i = 0; i < keys->n_gens; i++)
        if (keys->gens[i] == gen)
            return true;
    return false;
}

static enum mst_err locate(void *ctx, enum mst_handle_kind kind, struct mst_span text,
                           int64_t *ret_row)
{
    const struct mst_server_keys *keys = ctx;
    struct mst_handle_parts parts = {.kind = kind};
    enum mst_err err = mst_handle_locate(&keys->handles, kind, text, &parts.n);

    if (err)
        return err;
    if (kind == MST_HANDLE_RID && (!mst_handle_verify(&keys->handles, &parts, text) ||
                                   !has_gen(keys, parts.n >> MST_ROW_BITS)))
        return MST_ENOENT;
    *ret_row = (int64_t)(parts.n & ROW_MASK);
    return MST_OK;
}

/* A row that cannot be takes the same work as a wrong key. */
static bool verify(void *ctx, enum mst_handle_kind kind, const struct mst_key_seed *seed,
                   struct mst_span text)
{
    const struct mst_server_keys *keys = ctx;
    struct mst_handle_parts parts;
    bool is_known = parts_of(keys, kind, seed, &parts);
    bool is_equal = mst_handle_verify(&keys->handles, &parts, text);

    return is_known && is_equal;
}

static enum mst_err locator(void *ctx, struct mst_span text, uint8_t ret_locator[MST_LOCATOR_BYTES])
{
    (void)ctx;
    return mst_handle_locator(text, ret_locator);
}

static enum mst_err seal(void *ctx, const struct mst_key_seed *seed, struct mst_span text,
                         uint8_t ret_sealed[MST_SEALED_HANDLE_BYTES])
{
    const struct mst_server_keys *keys = ctx;
    uint64_t n;

    if (!number_of(keys, seed, &n))
        return MST_EINVAL;
    return mst_handle_seal(&keys->handles, (uint32_t)seed->kid, n, text, ret_sealed);
}

/* A row that cannot be takes the same work as one for which it was not sealed. */
static enum mst_err open_sealed(void *ctx, const struct mst_key_seed *seed, struct mst_span sealed,
                                struct mst_handle *ret_handle)
{
    const struct mst_server_keys *keys = ctx;
    struct mst_handle handle;
    uint64_t n;
    bool is_known = number_of(keys, seed, &n);
    enum mst_err err = mst_handle_open(&keys->handles, (uint32_t)seed->kid, n, sealed, &handle);

    if (!is_known)
        err = MST_EKEY;
    if (err == MST_OK)
        *ret_handle = handle;
    mst_secret_wipe(&handle, sizeof handle);
    return err;
}

static void fleet_secret(void *ctx, struct mst_secret_key *ret_secret)
{
    const struct mst_server_keys *keys = ctx;

    *ret_secret = keys->handles.fleet;
}

static void fleet_file_key(void *ctx, const uint8_t id[MST_FLEET_ID_BYTES],
                           struct mst_secret_key *ret_key)
{
    const struct mst_server_keys *keys = ctx;

    mst_handle_fleet_file_key(&keys->handles, id, ret_key);
}

static int64_t current_kid(void *ctx)
{
    const struct mst_server_keys *keys = ctx;

    return keys->current_kid;
}

static int64_t current_gen_ix(void *ctx)
{
    const struct mst_server_keys *keys = ctx;

    return (int64_t)keys->n_gens - 1;
}

struct mst_keys mst_server_keys_port(struct mst_server_keys *keys)
{
    return (struct mst_keys){
        .ctx = keys,
        .mint = mint,
        .locate = locate,
        .verify = verify,
        .locator = locator,
        .seal = seal,
        .open = open_sealed,
        .fleet_secret = fleet_secret,
        .fleet_file_key = fleet_file_key,
        .current_kid = current_kid,
        .current_gen_ix = current_gen_ix,
    };
}

#include "core/share.h"
#include "core/quota.h"
#include "core/sweep.h"
#include "core/usage.h"

static struct mst_key_seed share_seed(const struct mst_row_share *share)
{
    return (struct mst_key_seed){.row = share->id,
                                 .gen_ix = share->gen_ix,
                                 .kid = share->kid,
                                 .epoch = share->epoch,
                                 .salt = share->salt,
                                 .delta = share->delta};
}

enum mst_err mst_share_code(const struct mst_domain *domain, const struct mst_row_share *share,
                            struct mst_handle *ret_code)
{
    const struct mst_key_seed seed = share_seed(share);

    return domain->keys->mint(domain->keys->ctx, MST_HANDLE_SHARE, &seed, ret_code);
}

/* A code names a row before it proves anything: without the row a dummy is compared (access.c). */
enum mst_err mst_share_find(const struct mst_domain *domain, struct mst_tx *tx,
                            struct mst_span code, enum mst_verdict *ret_verdict,
                            struct mst_row_share *ret_share)
{
    const struct mst_keys *keys = domain->keys;
    struct mst_row_share share = {0};
    struct mst_key_seed seed;
    bool is_present;
    enum mst_err err = keys->locate(keys->ctx, MST_HANDLE_SHARE, code, &share.id);

    *ret_verdict = MST_NOT_FOUND;
    if (err != MST_OK)
        return err == MST_ESYNTAX || err == MST_ENOENT ? MST_OK : err;
    err = mst_tx_get(tx, MST_IX_SHARE, &share);
    if (err != MST_OK && err != MST_ENOENT)
        return err;
    is_present = err == MST_OK;
    if (!is_present) {
        share.kid = keys->current_kid(keys->ctx);
        share.gen_ix = keys->current_gen_ix(keys->ctx);
    }
    seed = share_seed(&share);
    if (!keys->verify(keys->ctx, MST_HANDLE_SHARE, &seed, code) || !is_present)
        return MST_OK;
    *ret_verdict = MST_DONE;
    *ret_share = share;
    return MST_OK;
}

/* ---- the owner's side ---- */

static enum mst_verdict may_share(int64_t caller_id, const struct mst_row_resource *resource,
                                  struct mst_span meta)
{
    if (resource->id == caller_id || resource->owner_id == 0)
        return MST_RESTRICTED;
    return meta.len <= MST_META_MAX && mst_name_is_utf8(meta) ? MST_DONE : MST_BAD_VALUE;
}

enum mst_err mst_share_create(const struct mst_domain *domain, struct mst_tx *tx, int64_t caller_id,
                              const struct mst_row_resource *resource, struct mst_span meta,
                              enum mst_verdict *ret_verdict, struct mst_handle *ret_code)
{
    const struct mst_keys *keys = domain->keys;
    struct mst_row_share share = {.resource_id = resource->id,
                                  .gen_ix = keys->current_gen_ix(keys->ctx),
                                  .kid = keys->current_kid(keys->ctx),
                                  .epoch = 1,
                                  .salt = (int64_t)mst_tx_random(tx),
                                  .meta = meta};
    enum mst_err err;

    *ret_verdict = may_share(caller_id, resource, meta);
    if (*ret_verdict != MST_DONE)
        return MST_OK;
    err = mst_quota_charge(tx, resource->owner_id, MST_COUNTED_SHARE, 1, ret_verdict);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    err = mst_usage_share(tx, resource->owner_id);
    if (err == MST_OK)
        err = mst_tx_insert(tx, MST_TABLE_SHARE, &share);
    return err != MST_OK ? err : mst_share_code(domain, &share, ret_code);
}

enum mst_err mst_share_describe(const struct mst_domain *domain, struct mst_tx *tx,
                                int64_t caller_id, const struct mst_row_resource *resource,
                                struct mst_span code, struct mst_span meta,
                                enum mst_verdict *ret_verdict)
{
    struct mst_row_share share;
    enum mst_err err;

    *ret_verdict = may_share(caller_id, resource, meta);
    if (*ret_verdict != MST_DONE)
        return MST_OK;
    err = mst_share_find(domain, tx, code, ret_verdict, &share);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    if (share.resource_id != resource->id) {
        *ret_verdict = MST_NOT_FOUND;
        return MST_OK;
    }
    share.meta = meta;
    return mst_tx_update(tx, MST_TABLE_SHARE, &share, MST_BIT(share, meta));
}

enum mst_err mst_share_revoke(const struct mst_domain *domain, struct mst_tx *tx, int64_t caller_id,
                              struct mst_span code, enum mst_verdict *ret_verdict)
{
    struct mst_row_resource resource = {0};
    struct mst_row_share share;
    bool is_below;
    enum mst_err err = mst_share_find(domain, tx, code, ret_verdict, &share);

    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    resource.id = share.resource_id;
    err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);
    if (err == MST_OK)
        err = mst_access_is_within(tx, caller_id, resource.owner_id, &is_below);
    if (err != MST_OK)
        return err == MST_ENOENT ? MST_ECORRUPT : err;
    if (!is_below) {
        *ret_verdict = MST_NOT_OWNED;
        return MST_OK;
    }
    err = mst_tx_delete(tx, MST_TABLE_SHARE, &share);
    return err != MST_OK
               ? err
               : mst_quota_charge(tx, resource.owner_id, MST_COUNTED_SHARE, -1, ret_verdict);
}

/* ---- the activator's side ---- */

struct active {
    int64_t client_id;
    struct mst_row_share share; /* id 0: none */
};

static enum mst_err match_activator(void *arg, const struct mst_row_share *share)
{
    struct active *active = arg;

    if (share->activator_id != active->client_id)
        return MST_OK;
    active->share = *share;
    return MST_EREFUSED;
}

/* The share of the resource that the client has activated; id 0 if there is none. */
static enum mst_err find_active(struct mst_tx *tx, int64_t client_id, int64_t resource_id,
                                struct mst_row_share *ret_share)
{
    struct active active = {.client_id = client_id};
    enum mst_err err = mst_share_list(tx, resource_id, match_activator, &active);

    if (err == MST_OK)
        *ret_share = active.share;
    return err;
}

enum mst_err mst_share_is_active(struct mst_tx *tx, int64_t client_id, int64_t resource_id,
                                 bool *ret_is_active)
{
    struct mst_row_share share;
    enum mst_err err = find_active(tx, client_id, resource_id, &share);

    if (err == MST_OK)
        *ret_is_active = share.id != 0;
    return err;
}

enum mst_err mst_share_activate(const struct mst_domain *domain, struct mst_tx *tx,
                                int64_t client_id, struct mst_span code,
                                enum mst_verdict *ret_verdict, struct mst_row_share *ret_share)
{
    struct mst_row_share share, active;
    enum mst_err err = mst_share_find(domain, tx, code, ret_verdict, &share);

    if (err == MST_OK && *ret_verdict == MST_DONE)
        err = find_active(tx, client_id, share.resource_id, &active);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    if (share.activator_id == 0 && active.id == 0) {
        share.activator_id = client_id;
        err = mst_tx_update(tx, MST_TABLE_SHARE, &share, MST_BIT(share, activator_id));
    } else if (share.activator_id != client_id) {
        *ret_verdict = MST_NOT_FOUND;
    }
    if (err == MST_OK && *ret_verdict == MST_DONE)
        *ret_share = share;
    return err;
}

static enum mst_err leave_share(struct mst_tx *tx, int64_t share_id)
{
    const struct mst_row_share share = {.id = share_id};

    return mst_tx_update(tx, MST_TABLE_SHARE, &share, MST_BIT(share, activator_id));
}

enum mst_err mst_share_leave(struct mst_tx *tx, int64_t client_id, int64_t share_id)
{
    struct mst_row_share share = {.id = share_id};
    enum mst_err err = mst_tx_get(tx, MST_IX_SHARE, &share);

    if (err != MST_OK)
        return err == MST_ENOENT ? MST_OK : err;
    return share.activator_id == client_id ? leave_share(tx, share_id) : MST_OK;
}

enum mst_err mst_share_deactivate(const struct mst_domain *domain, struct mst_tx *tx,
                                  int64_t client_id, struct mst_span name,
                                  enum mst_verdict *ret_verdict)
{
    struct mst_row_resource resource;
    struct mst_row_share share = {0};
    enum mst_err err = mst_share_find(domain, tx, name, ret_verdict, &share);

    if (err == MST_OK && *ret_verdict != MST_DONE) {
        err = mst_access_rid(domain, tx, name, ret_verdict, &resource);
        if (err == MST_OK && *ret_verdict == MST_DONE)
            err = find_active(tx, client_id, resource.id, &share);
    }
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    if (share.activator_id == client_id)
        return leave_share(tx, share.id);
    *ret_verdict = share.activator_id == 0 ? MST_NOT_FOUND : MST_NOT_OWNED;
    return MST_OK;
}

/* ---- lists ---- */

struct share_reader {
    enum mst_err (*each)(void *arg, const struct mst_row_share *share);
    void *arg;
};

static enum mst_err show_share(void *arg, const void *row)
{
    struct share_reader *reader = arg;

    return reader->each(reader->arg, row);
}

enum mst_err mst_share_list(struct mst_tx *tx, int64_t resource_id,
                            enum mst_err (*each)(void *arg, const struct mst_row_share *share),
                            void *arg)
{
    const struct mst_row_share key = {.resource_id = resource_id};
    const struct mst_scan scan = {.index = MST_IX_SHARE_RESOURCE, .key = &key, .n_fixed = 1};
    struct share_reader reader = {each, arg};

    return mst_tx_scan(tx, &scan, show_share, &reader);
}

/* ---- what goes with other things ---- */

static enum mst_err remove_share(void *arg, struct mst_tx *tx, const void *row)
{
    int64_t *n = arg;

    ++*n;
    return mst_tx_delete(tx, MST_TABLE_SHARE, row);
}

enum mst_err mst_share_remove_all(struct mst_tx *tx, int64_t resource_id, int64_t *ret_n)
{
    const struct mst_row_share key = {.resource_id = resource_id};

    *ret_n = 0;
    return mst_sweep(tx, MST_IX_SHARE_RESOURCE, &key, 1, sizeof key, remove_share, ret_n);
}

static enum mst_err leave_row(void *arg, struct mst_tx *tx, const void *row)
{
    (void)arg;
    return leave_share(tx, ((const struct mst_row_share *)row)->id);
}

enum mst_err mst_share_leave_all(struct mst_tx *tx, int64_t client_id)
{
    const struct mst_row_share key = {.activator_id = client_id};

    return mst_sweep(tx, MST_IX_SHARE_ACTIVATOR, &key, 1, sizeof key, leave_row, NULL);
}

#include "core/domain.h"
#include "core/lending.h"
#include "core/model.h"
#include "core/sweep.h"
#include "core/vendor.h"

enum mst_err mst_vendor_get(struct mst_tx *tx, struct mst_span name, enum mst_verdict *ret_verdict,
                            struct mst_row_vendor *ret_vendor)
{
    struct mst_row_vendor vendor = {.name = name};
    enum mst_err err = mst_tx_get(tx, MST_IX_VENDOR_NAME, &vendor);

    if (err != MST_OK && err != MST_ENOENT)
        return err;
    *ret_verdict = err == MST_OK ? MST_DONE : MST_NO_VENDOR;
    if (err == MST_OK)
        *ret_vendor = vendor;
    return MST_OK;
}

/* A domain is a direct child of the root client. */
static enum mst_err is_domain(struct mst_tx *tx, int64_t client_id, bool *ret_is_domain)
{
    struct mst_row_resource resource = {.id = client_id};
    int64_t root_id;
    enum mst_err err = mst_domain_root(tx, &root_id);

    if (err == MST_OK)
        err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);
    if (err == MST_OK)
        *ret_is_domain = resource.owner_id == root_id;
    return err;
}

static enum mst_verdict registration(const struct mst_manager *manager, struct mst_span name,
                                     bool is_domain)
{
    if (!is_domain)
        return MST_NOT_DOMAIN;
    if (!mst_name_is_vendor(name))
        return MST_BAD_VALUE;
    if (manager->has_vendor && !mst_span_eq(manager->vendor.name, name))
        return MST_EXISTS;
    return MST_DONE;
}

enum mst_err mst_vendor_register(struct mst_tx *tx, const struct mst_manager *manager,
                                 struct mst_span name, enum mst_verdict *ret_verdict)
{
    struct mst_row_vendor vendor = {.name = name, .client_id = manager->client_id};
    bool is_one;
    enum mst_err err = is_domain(tx, manager->client_id, &is_one);

    if (err != MST_OK)
        return err;
    *ret_verdict = registration(manager, name, is_one);
    if (*ret_verdict != MST_DONE || manager->has_vendor)
        return MST_OK;
    err = mst_tx_insert(tx, MST_TABLE_VENDOR, &vendor);
    if (err == MST_EEXIST) {
        *ret_verdict = MST_EXISTS;
        return MST_OK;
    }
    return err;
}

static enum mst_err remove_model(void *arg, struct mst_tx *tx, const void *row)
{
    return mst_model_delete(arg, tx, row);
}

enum mst_err mst_vendor_unregister(const struct mst_domain *domain, struct mst_tx *tx,
                                   const struct mst_manager *manager, struct mst_span name,
                                   enum mst_verdict *ret_verdict)
{
    const struct mst_row_model models = {.vendor_id = manager->vendor.id};
    const struct mst_row_token tokens = {.vendor_id = manager->vendor.id};
    struct mst_domain own = *domain;
    enum mst_err err;

    if (!manager->has_vendor || !mst_span_eq(manager->vendor.name, name)) {
        *ret_verdict = MST_NO_VENDOR;
        return MST_OK;
    }
    err = mst_sweep(tx, MST_IX_MODEL_NAME, &models, 1, sizeof models, remove_model, &own);
    if (err == MST_OK)
        err = mst_lending_end_borrower(tx, manager->vendor.id);
    if (err == MST_OK)
        err = mst_sweep_delete(tx, MST_IX_TOKEN_NAME, &tokens, 1, MST_TABLE_TOKEN, sizeof tokens);
    if (err == MST_OK)
        err = mst_tx_delete(tx, MST_TABLE_VENDOR, &manager->vendor);
    if (err == MST_OK)
        *ret_verdict = MST_DONE;
    return err;
}

/* ---- tokens ---- */

static enum mst_err mint_token(const struct mst_domain *domain, const struct mst_row_token *token,
                               struct mst_handle *ret_token)
{
    struct mst_key_seed seed = mst_token_seed(token);

    return domain->keys->mint(domain->keys->ctx, MST_HANDLE_TOKEN, &seed, ret_token);
}

enum mst_err mst_token_create(const struct mst_domain *domain, struct mst_tx *tx,
                              const struct mst_manager *manager, struct mst_span name,
                              enum mst_verdict *ret_verdict, struct mst_handle *ret_token)
{
    struct mst_row_token token = {.vendor_id = manager->vendor.id,
                                  .name = name,
                                  .gen_ix = domain->keys->current_gen_ix(domain->keys->ctx),
                                  .kid = domain->keys->current_kid(domain->keys->ctx),
                                  .epoch = 1,
                                  .salt = (int64_t)mst_tx_random(tx)};
    enum mst_err err;

    if (!manager->has_vendor) {
        *ret_verdict = MST_NO_VENDOR_NAME;
        return MST_OK;
    }
    if (!mst_name_is_token(name)) {
        *ret_verdict = MST_BAD_VALUE;
        return MST_OK;
    }
    err = mst_tx_insert(tx, MST_TABLE_TOKEN, &token);
    if (err == MST_EEXIST) {
        *ret_verdict = MST_EXISTS;
        return MST_OK;
    }
    if (err == MST_OK)
        err = mint_token(domain, &token, ret_token);
    if (err == MST_OK)
        *ret_verdict = MST_DONE;
    return err;
}

static enum mst_err find_token(struct mst_tx *tx, const struct mst_manager *manager,
                               struct mst_span name, enum mst_verdict *ret_verdict,
                               struct mst_row_token *ret_token)
{
    struct mst_row_token token = {.vendor_id = manager->vendor.id, .name = name};
    enum mst_err err = manager->has_vendor ? mst_tx_get(tx, MST_IX_TOKEN_NAME, &token) : MST_ENOENT;

    if (err != MST_OK && err != MST_ENOENT)
        return err;
    *ret_verdict = err == MST_OK ? MST_DONE : MST_NOT_FOUND;
    if (err == MST_OK)
        *ret_token = token;
    return MST_OK;
}

enum mst_err mst_token_get(const struct mst_domain *domain, struct mst_tx *tx,
                           const struct mst_manager *manager, struct mst_span name,
                           enum mst_verdict *ret_verdict, struct mst_handle *ret_token)
{
    struct mst_row_token token;
    enum mst_err err = find_token(tx, manager, name, ret_verdict, &token);

    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    return mint_token(domain, &token, ret_token);
}

enum mst_err mst_token_delete(struct mst_tx *tx, const struct mst_manager *manager,
                              struct mst_span name, enum mst_verdict *ret_verdict)
{
    struct mst_row_token token;
    enum mst_err err = find_token(tx, manager, name, ret_verdict, &token);

    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    return mst_tx_delete(tx, MST_TABLE_TOKEN, &token);
}

struct name_reader {
    enum mst_err (*each)(void *arg, struct mst_span name);
    void *arg;
};

static enum mst_err show_token(void *arg, const void *row)
{
    struct name_reader *reader = arg;

    return reader->each(reader->arg, ((const struct mst_row_token *)row)->name);
}

enum mst_err mst_token_list(struct mst_tx *tx, const struct mst_manager *manager,
                            enum mst_err (*each)(void *arg, struct mst_span name), void *arg)
{
    const struct mst_row_token key = {.vendor_id = manager->vendor.id};
    const struct mst_scan scan = {.index = MST_IX_TOKEN_NAME, .key = &key, .n_fixed = 1};
    struct name_reader reader = {each, arg};

    return manager->has_vendor ? mst_tx_scan(tx, &scan, show_token, &reader) : MST_OK;
}

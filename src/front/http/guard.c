/* Who is calling: protocol.md 2.2, and steps 3 to 5 of 2.4. */
#include "core/model.h"
#include "core/vendor.h"
#include "front/http/handlers.h"
#include "front/http/suspect.h"

enum { MODEL_SEGMENT = 3 };

enum mst_err mst_guard_caller(struct mst_exchange *x, struct mst_tx *tx)
{
    enum mst_verdict verdict = MST_NO_AUTH;
    enum mst_err err =
        mst_access_manager(mst_exchange_domain(x), tx, x->cik, x->token, &verdict, &x->manager);

    if (err == MST_OK && verdict == MST_DONE)
        mst_suspect_seen(x, &x->manager.client);
    return mst_exchange_settle(x, err, verdict);
}

enum mst_err mst_guard_vendor(struct mst_exchange *x, struct mst_tx *tx)
{
    enum mst_err err = mst_guard_caller(x, tx);

    if (err == MST_OK && !x->manager.has_vendor)
        return mst_exchange_refuse(x, MST_NO_VENDOR_NAME);
    return err;
}

/*
 * X-Exosite-Vendor counts for serial numbers only (2.2). Nothing is shared between
 * vendors yet, so another vendor's name never helps.
 */
static bool is_foreign(const struct mst_exchange *x)
{
    return x->n_segments > MODEL_SEGMENT + 1 && x->vendor_name.len > 0 &&
           !mst_span_eq(x->vendor_name, x->manager.vendor.name);
}

enum mst_err mst_guard_model(struct mst_exchange *x, struct mst_tx *tx)
{
    enum mst_verdict verdict = MST_NO_MODEL;
    enum mst_err err = mst_guard_vendor(x, tx);

    if (err != MST_OK)
        return err;
    if (is_foreign(x))
        return mst_exchange_refuse(x, MST_NO_SHARE);
    err = mst_model_get(tx, x->manager.vendor.id, mst_exchange_segment(x, MODEL_SEGMENT), &verdict,
                        &x->model);
    return mst_exchange_settle(x, err, verdict);
}

/* A leaked token must not mint more (A26). */
enum mst_err mst_guard_admin(struct mst_exchange *x, struct mst_tx *tx)
{
    enum mst_err err = mst_guard_caller(x, tx);

    if (err != MST_OK)
        return err;
    if (x->manager.is_token)
        return mst_exchange_refuse(x, MST_NO_AUTH);
    if (!x->manager.has_vendor)
        return mst_exchange_refuse(x, MST_NO_VENDOR_NAME);
    return MST_OK;
}

enum mst_err mst_guard_device(struct mst_exchange *x, struct mst_tx *tx)
{
    enum mst_verdict verdict = MST_NO_AUTH;
    enum mst_err err = mst_access_cik(mst_exchange_domain(x), tx, x->cik, &verdict, &x->client);

    if (err == MST_OK && verdict == MST_DONE)
        mst_suspect_seen(x, &x->client);
    return mst_exchange_settle(x, err, verdict);
}

enum mst_err mst_guard_root(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_row_resource resource = {0};
    enum mst_err err = mst_guard_device(x, tx);

    if (err != MST_OK)
        return err;
    resource.id = x->client.id;
    err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);
    if (err != MST_OK)
        return err == MST_ENOENT ? mst_exchange_refuse(x, MST_NO_AUTH) : err;
    return resource.owner_id == 0 ? MST_OK : mst_exchange_refuse(x, MST_RESTRICTED);
}

/* /provision/register: vendor names (protocol.md 2.10). */
#include "core/vendor.h"
#include "front/http/handlers.h"
#include "front/http/params.h"

struct work {
    struct mst_param vendor;
    bool is_delete;
};

enum mst_err mst_register_get(struct mst_exchange *x, struct mst_tx *tx)
{
    (void)tx;
    if (!x->manager.has_vendor)
        return mst_exchange_refuse(x, MST_NOT_FOUND);
    (void)mst_buf_add(&x->reply, x->manager.vendor.name);
    return mst_exchange_answer(x, 200, MST_TYPE_TEXT);
}

enum mst_err mst_register_prepare(struct mst_exchange *x, struct mst_tx *tx)
{
    struct work *work = mst_arena_alloc(&x->arena, sizeof *work);
    struct mst_form form;
    enum mst_err err;

    (void)tx;
    if (!work)
        return MST_ENOMEM;
    err = mst_exchange_form(x, &form);
    if (err == MST_OK)
        err = mst_param_get(x, &form, "vendor", &work->vendor);
    if (err != MST_OK)
        return err;
    if (work->vendor.text.len == 0)
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    work->is_delete = mst_param_is_delete(&form);
    x->work = work;
    return MST_OK;
}

enum mst_err mst_register_post(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct work *work = x->work;
    enum mst_verdict verdict = MST_BAD_VALUE;
    enum mst_err err;

    if (work->is_delete)
        err = mst_vendor_unregister(mst_exchange_domain(x), tx, &x->manager, work->vendor.text,
                                    &verdict);
    else
        err = mst_vendor_register(tx, &x->manager, work->vendor.text, &verdict);
    err = mst_exchange_settle(x, err, verdict);
    if (err == MST_OK && work->is_delete) /* its models are gone, and their content */
        return mst_exchange_go(x, MST_NOWHERE, NULL, mst_content_removed);
    return err == MST_OK ? mst_exchange_answer(x, 205, NULL) : err;
}

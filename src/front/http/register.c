/* /provision/register: vendor names (protocol.md 2.10). */
#include "core/vendor.h"
#include "front/http/handlers.h"
#include "front/http/params.h"

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
    (void)tx;
    return mst_entry_prepare(x, "vendor");
}

enum mst_err mst_register_post(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct mst_entry *entry = x->work;
    enum mst_verdict verdict = MST_BAD_VALUE;
    enum mst_err err;

    if (entry->is_delete)
        err = mst_vendor_unregister(mst_exchange_domain(x), tx, &x->manager, entry->name.text,
                                    &verdict);
    else
        err = mst_vendor_register(tx, &x->manager, entry->name.text, &verdict);
    err = mst_exchange_settle(x, err, verdict);
    if (err == MST_OK && entry->is_delete) /* its models are gone, and their content */
        return mst_exchange_go(x, MST_NOWHERE, NULL, mst_content_removed);
    return err == MST_OK ? mst_exchange_answer(x, 205, NULL) : err;
}

/* /provision/manage/share/<model>/: lending a model to other vendors (protocol.md 2.9). */
#include "core/lending.h"
#include "front/http/handlers.h"
#include "front/http/params.h"

enum { VENDOR_SEGMENT = 4 };

enum mst_err mst_shares_list(struct mst_exchange *x, struct mst_tx *tx)
{
    enum mst_err err = mst_lending_list(tx, &x->model, mst_reply_name, x);

    return err == MST_OK ? mst_reply_rows(x) : err;
}

enum mst_err mst_shares_prepare(struct mst_exchange *x, struct mst_tx *tx)
{
    (void)tx;
    return mst_entry_prepare(x, "vendor");
}

enum mst_err mst_shares_post(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct mst_entry *entry = x->work;
    enum mst_verdict verdict = MST_BAD_VALUE;
    enum mst_err err = (entry->is_delete ? mst_lending_remove : mst_lending_add)(
        tx, &x->model, entry->name.text, &verdict);

    err = mst_exchange_settle(x, err, verdict);
    return err == MST_OK ? mst_exchange_answer(x, 205, NULL) : err;
}

/* 204 with a type it has no body for: so the original did (2.9). */
enum mst_err mst_share_show(struct mst_exchange *x, struct mst_tx *tx)
{
    enum mst_verdict verdict = MST_NOT_FOUND;
    enum mst_err err =
        mst_lending_check(tx, &x->model, mst_exchange_segment(x, VENDOR_SEGMENT), &verdict);

    err = mst_exchange_settle(x, err, verdict);
    return err == MST_OK ? mst_exchange_answer(x, 204, MST_TYPE_CSV) : err;
}

enum mst_err mst_share_remove(struct mst_exchange *x, struct mst_tx *tx)
{
    enum mst_verdict verdict = MST_NOT_FOUND;
    enum mst_err err =
        mst_lending_remove(tx, &x->model, mst_exchange_segment(x, VENDOR_SEGMENT), &verdict);

    err = mst_exchange_settle(x, err, verdict);
    return err == MST_OK ? mst_exchange_answer(x, 205, NULL) : err;
}

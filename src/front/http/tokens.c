/* /provision/admin/auth: vendor tokens (protocol.md 2.11). */
#include "core/vendor.h"
#include "front/http/handlers.h"
#include "front/http/params.h"

enum { ID_SEGMENT = 3 };

enum mst_err mst_tokens_list(struct mst_exchange *x, struct mst_tx *tx)
{
    enum mst_err err = mst_token_list(tx, &x->manager, mst_reply_name, x);

    return err == MST_OK ? mst_exchange_answer(x, 200, MST_TYPE_CSV) : err;
}

enum mst_err mst_tokens_prepare(struct mst_exchange *x, struct mst_tx *tx)
{
    (void)tx;
    return mst_entry_prepare(x, "id");
}

static enum mst_err answer_token(struct mst_exchange *x, enum mst_err err, enum mst_verdict verdict,
                                 struct mst_handle *token)
{
    err = mst_exchange_settle(x, err, verdict);
    if (err != MST_OK)
        return err;
    (void)mst_buf_add(&x->reply, mst_handle_span(token));
    mst_secret_wipe(token, sizeof *token);
    x->is_secret = true;
    return mst_exchange_answer(x, 200, MST_TYPE_TEXT);
}

enum mst_err mst_tokens_post(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct mst_entry *entry = x->work;
    enum mst_verdict verdict = MST_BAD_VALUE;
    struct mst_handle token;
    enum mst_err err;

    if (!entry->is_delete) {
        err = mst_token_create(mst_exchange_domain(x), tx, &x->manager, entry->name.text, &verdict,
                               &token);
        return answer_token(x, err, verdict, &token);
    }
    err = mst_token_delete(tx, &x->manager, entry->name.text, &verdict);
    if (err == MST_OK && verdict == MST_NOT_FOUND && entry->name.plus.len > 0)
        err = mst_token_delete(tx, &x->manager, entry->name.plus, &verdict);
    err = mst_exchange_settle(x, err, verdict);
    return err == MST_OK ? mst_exchange_answer(x, 205, NULL) : err;
}

enum mst_err mst_token_show(struct mst_exchange *x, struct mst_tx *tx)
{
    enum mst_verdict verdict = MST_NOT_FOUND;
    struct mst_handle token;
    enum mst_err err = mst_token_get(mst_exchange_domain(x), tx, &x->manager,
                                     mst_exchange_segment(x, ID_SEGMENT), &verdict, &token);

    return answer_token(x, err, verdict, &token);
}

enum mst_err mst_token_remove(struct mst_exchange *x, struct mst_tx *tx)
{
    enum mst_verdict verdict = MST_NOT_FOUND;
    enum mst_err err =
        mst_token_delete(tx, &x->manager, mst_exchange_segment(x, ID_SEGMENT), &verdict);

    err = mst_exchange_settle(x, err, verdict);
    return err == MST_OK ? mst_exchange_answer(x, 205, NULL) : err;
}

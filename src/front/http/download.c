/* /provision/download: what a device may have of its model's content (protocol.md 2.13). */
#include "core/vendor.h"
#include "front/http/content.h"
#include "front/http/handlers.h"
#include "front/http/params.h"

struct wish {
    struct mst_param vendor, model, id;
    bool has_pair; /* vendor or model was named */
    bool is_info;
};

static enum mst_err read_wish(struct mst_exchange *x, struct wish *ret_wish)
{
    struct wish wish = {.is_info = false};
    struct mst_form query;
    enum mst_err err = mst_exchange_query(x, &query);

    if (err == MST_OK)
        err = mst_param_get(x, &query, "vendor", &wish.vendor);
    if (err == MST_OK)
        err = mst_param_get(x, &query, "model", &wish.model);
    if (err == MST_OK)
        err = mst_param_get(x, &query, "id", &wish.id);
    if (err != MST_OK)
        return err;
    wish.has_pair = wish.vendor.text.len > 0 || wish.model.text.len > 0;
    wish.is_info = wish.id.text.len > 0 && mst_form_true(&query, "info");
    *ret_wish = wish;
    return MST_OK;
}

/* Of a bad pair info says 400, all else 403. */
enum mst_family mst_download_family(struct mst_exchange *x)
{
    struct wish wish;

    return read_wish(x, &wish) == MST_OK && wish.is_info ? MST_FAMILY_LOOK : MST_FAMILY_FETCH;
}

static bool is_named(const struct mst_param *param, struct mst_span name)
{
    return mst_span_eq(param->text, name) ||
           (param->plus.len > 0 && mst_span_eq(param->plus, name));
}

/* A pair that there is not and one that is not the caller's are answered alike. */
static enum mst_err check_pair(struct mst_exchange *x, struct mst_tx *tx, const struct wish *wish)
{
    struct mst_row_vendor vendor = {.id = x->model.vendor_id};
    enum mst_err err = mst_tx_get(tx, MST_IX_VENDOR, &vendor);
    bool is_own = err == MST_OK && is_named(&wish->vendor, vendor.name) &&
                  is_named(&wish->model, x->model.name);

    if (err == MST_ENOENT)
        err = MST_OK;
    return mst_exchange_settle(x, err, is_own ? MST_DONE : MST_NO_MODEL);
}

static enum mst_err find(struct mst_exchange *x, struct mst_tx *tx, const struct wish *wish,
                         const struct mst_group_reach *reach, struct mst_row_content *ret_content)
{
    enum mst_verdict verdict = MST_NOT_FOUND;
    bool is_admitted = false;
    enum mst_err err = mst_content_get(tx, x->model.id, wish->id.text, &verdict, ret_content);

    if (err == MST_OK && verdict == MST_NOT_FOUND && wish->id.plus.len > 0)
        err = mst_content_get(tx, x->model.id, wish->id.plus, &verdict, ret_content);
    if (err == MST_OK && verdict == MST_DONE)
        err = mst_content_admits(tx, reach, ret_content, &is_admitted);
    is_admitted = is_admitted && ret_content->blob_id != 0;
    return mst_exchange_settle(x, err, is_admitted ? MST_DONE : MST_NOT_FOUND);
}

enum mst_err mst_download_get(struct mst_exchange *x, struct mst_tx *tx)
{
    enum mst_verdict verdict = MST_RESTRICTED;
    struct mst_row_content content;
    struct mst_group_reach reach;
    struct mst_span sn;
    struct wish wish;
    enum mst_err err = read_wish(x, &wish);

    if (err == MST_OK)
        err = mst_content_device(tx, x->client.id, &verdict, &x->model, &sn);
    err = mst_exchange_settle(x, err, verdict);
    if (err == MST_OK && wish.has_pair)
        err = check_pair(x, tx, &wish);
    if (err == MST_OK)
        err = mst_content_reach(mst_exchange_domain(x), tx, x->model.id, sn, &verdict, &reach);
    err = mst_exchange_settle(x, err, verdict);
    if (err != MST_OK)
        return err;
    if (wish.id.text.len == 0) {
        err = mst_content_list_for(tx, &reach, mst_content_row_id, x);
        return err == MST_OK ? mst_reply_rows(x) : err;
    }
    err = find(x, tx, &wish, &reach, &content);
    if (err != MST_OK)
        return err;
    return wish.is_info ? mst_content_answer_info(x, &content, false)
                        : mst_content_answer_blob(x, &content);
}

#include "core/client.h"
#include "core/content.h"
#include "core/sweep.h"

enum mst_err mst_content_get(struct mst_tx *tx, int64_t model_id, struct mst_span name,
                             enum mst_verdict *ret_verdict, struct mst_row_content *ret_content)
{
    struct mst_row_content content = {.model_id = model_id, .name = name};
    enum mst_err err = mst_tx_get(tx, MST_IX_CONTENT_NAME, &content);

    if (err != MST_OK && err != MST_ENOENT)
        return err;
    *ret_verdict = err == MST_OK ? MST_DONE : MST_NOT_FOUND;
    if (err == MST_OK)
        *ret_content = content;
    return MST_OK;
}

static enum mst_err count_row(void *arg, const void *row)
{
    size_t *n = arg;

    (void)row;
    ++*n;
    return MST_OK;
}

static enum mst_err is_model_full(struct mst_tx *tx, int64_t model_id, bool *ret_is_full)
{
    const struct mst_row_content key = {.model_id = model_id};
    const struct mst_scan scan = {
        .index = MST_IX_CONTENT_NAME, .key = &key, .n_fixed = 1, .limit = MST_CONTENTS_MAX};
    size_t n = 0;
    enum mst_err err = mst_tx_scan(tx, &scan, count_row, &n);

    if (err == MST_OK)
        *ret_is_full = n == MST_CONTENTS_MAX;
    return err;
}

enum mst_err mst_content_create(struct mst_tx *tx, int64_t model_id, struct mst_span name,
                                struct mst_span meta, bool is_protected,
                                enum mst_verdict *ret_verdict)
{
    struct mst_row_content content = {.model_id = model_id,
                                      .name = name,
                                      .meta = meta,
                                      .is_protected = is_protected,
                                      .updated = mst_tx_wall_now(tx)};
    bool is_full = false;
    enum mst_err err;

    if (!mst_name_is_group(name) || !mst_name_is_meta(meta)) {
        *ret_verdict = MST_BAD_VALUE;
        return MST_OK;
    }
    err = is_model_full(tx, model_id, &is_full);
    if (err == MST_OK)
        err = mst_tx_insert(tx, MST_TABLE_CONTENT, &content);
    if (err != MST_OK && err != MST_EEXIST)
        return err;
    *ret_verdict = err == MST_EEXIST ? MST_EXISTS : is_full ? MST_NO_ROOM : MST_DONE;
    return MST_OK;
}

enum mst_err mst_content_delete(struct mst_tx *tx, const struct mst_row_content *content)
{
    enum mst_err err = mst_group_forget(tx, content->model_id, MST_MEMBER_CONTENT, content->name);

    return err == MST_OK ? mst_tx_delete(tx, MST_TABLE_CONTENT, content) : err;
}

enum mst_err mst_content_forget_model(struct mst_tx *tx, int64_t model_id)
{
    const struct mst_row_content key = {.model_id = model_id};

    return mst_sweep_delete(tx, MST_IX_CONTENT_NAME, &key, 1, MST_TABLE_CONTENT, sizeof key);
}

/* ---- listing ---- */

struct listing {
    struct mst_tx *tx;
    const struct mst_group_reach *reach; /* NULL: all are shown */
    enum mst_err (*each)(void *arg, const struct mst_row_content *content);
    void *arg;
};

static enum mst_err show(void *arg, const void *row)
{
    const struct listing *listing = arg;
    bool is_admitted = true;
    enum mst_err err = MST_OK;

    if (listing->reach)
        err = mst_content_admits(listing->tx, listing->reach, row, &is_admitted);
    return err == MST_OK && is_admitted ? listing->each(listing->arg, row) : err;
}

static enum mst_err list(struct listing *listing, int64_t model_id)
{
    const struct mst_row_content key = {.model_id = model_id};
    const struct mst_scan scan = {.index = MST_IX_CONTENT_NAME, .key = &key, .n_fixed = 1};

    return mst_tx_scan(listing->tx, &scan, show, listing);
}

enum mst_err
mst_content_list(struct mst_tx *tx, int64_t model_id,
                 enum mst_err (*each)(void *arg, const struct mst_row_content *content), void *arg)
{
    struct listing listing = {.tx = tx, .each = each, .arg = arg};

    return list(&listing, model_id);
}

enum mst_err mst_content_list_for(struct mst_tx *tx, const struct mst_group_reach *reach,
                                  enum mst_err (*each)(void *arg,
                                                       const struct mst_row_content *content),
                                  void *arg)
{
    struct listing listing = {.tx = tx, .reach = reach, .each = each, .arg = arg};

    return list(&listing, reach->model_id);
}

/* ---- uploads ---- */

enum mst_verdict mst_content_takes(const struct mst_domain *domain,
                                   const struct mst_row_content *content)
{
    return content->blob_id == 0 || domain->is_content_replaced ? MST_DONE : MST_EXISTS;
}

enum mst_err mst_content_point(const struct mst_domain *domain, struct mst_tx *tx,
                               const struct mst_row_content *content, enum mst_verdict *ret_verdict,
                               int64_t *ret_old_id)
{
    struct mst_row_content changed = {.id = content->id};
    int64_t old_id;
    enum mst_err err = mst_tx_get(tx, MST_IX_CONTENT, &changed);

    if (err == MST_ENOENT) {
        *ret_verdict = MST_NOT_FOUND;
        return MST_OK;
    }
    if (err != MST_OK)
        return err;
    old_id = changed.blob_id;
    *ret_verdict = old_id == content->blob_id ? MST_DONE : mst_content_takes(domain, &changed);
    *ret_old_id = 0;
    if (*ret_verdict != MST_DONE || old_id == content->blob_id)
        return MST_OK;
    *ret_old_id = old_id;
    changed.blob_id = content->blob_id;
    changed.mime = content->mime;
    changed.size = content->size;
    changed.sha256 = content->sha256;
    changed.updated = mst_tx_wall_now(tx);
    return mst_tx_update(tx, MST_TABLE_CONTENT, &changed,
                         MST_BIT(content, blob_id) | MST_BIT(content, mime) |
                             MST_BIT(content, size) | MST_BIT(content, sha256) |
                             MST_BIT(content, updated));
}

/* ---- who may download ---- */

enum mst_err mst_content_reach(const struct mst_domain *domain, struct mst_tx *tx, int64_t model_id,
                               struct mst_span sn, enum mst_verdict *ret_verdict,
                               struct mst_group_reach *ret_reach)
{
    struct mst_bond bond;
    enum mst_err err = mst_bond_load(domain, tx, model_id, sn, &bond);

    if (err != MST_OK)
        return err;
    if (bond.state != MST_STATE_ACTIVATED) {
        *ret_verdict = bond.state == MST_STATE_UNLISTED ? MST_NO_SERIAL : MST_RESTRICTED;
        return MST_OK;
    }
    *ret_verdict = MST_DONE;
    return mst_group_reach(tx, model_id, sn, ret_reach);
}

enum mst_err mst_content_admits(struct mst_tx *tx, const struct mst_group_reach *reach,
                                const struct mst_row_content *content, bool *ret_is_admitted)
{
    if (content->is_protected)
        return mst_group_admits(tx, reach, content->name, ret_is_admitted);
    *ret_is_admitted = true;
    return MST_OK;
}

enum mst_err mst_content_device(struct mst_tx *tx, int64_t client_id, enum mst_verdict *ret_verdict,
                                struct mst_row_model *ret_model, struct mst_span *ret_sn)
{
    struct mst_row_resource resource = {.id = client_id};
    struct mst_row_model model = {0};
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);

    model.id = resource.model_id;
    if (err == MST_OK && model.id != 0)
        err = mst_tx_get(tx, MST_IX_MODEL, &model);
    if (err != MST_OK && err != MST_ENOENT)
        return err;
    *ret_verdict = err == MST_OK && model.id != 0 ? MST_DONE : MST_RESTRICTED;
    if (*ret_verdict == MST_DONE) {
        *ret_model = model;
        *ret_sn = resource.sn;
    }
    return MST_OK;
}

#include "core/client.h"
#include "core/content.h"
#include "core/group.h"
#include "core/lending.h"
#include "core/model.h"
#include "core/range.h"
#include "core/serial.h"
#include "core/sweep.h"

enum mst_err mst_model_get(struct mst_tx *tx, int64_t vendor_id, struct mst_span name,
                           enum mst_verdict *ret_verdict, struct mst_row_model *ret_model)
{
    struct mst_row_model model = {.vendor_id = vendor_id, .name = name};
    enum mst_err err = mst_tx_get(tx, MST_IX_MODEL_NAME, &model);

    if (err != MST_OK && err != MST_ENOENT)
        return err;
    *ret_verdict = err == MST_OK ? MST_DONE : MST_NO_MODEL;
    if (err == MST_OK)
        *ret_model = model;
    return MST_OK;
}

/* The client that enabling is to copy: it must lie below the caller (2.6.1). */
static enum mst_err find_template(const struct mst_domain *domain, struct mst_tx *tx,
                                  int64_t caller_id, struct mst_span rid,
                                  enum mst_verdict *ret_verdict, int64_t *ret_id)
{
    struct mst_row_resource template;
    bool is_below;
    enum mst_err err = mst_access_client_below(domain, tx, caller_id, rid, &is_below, &template);

    if (err != MST_OK)
        return err;
    *ret_verdict = is_below ? MST_DONE : MST_BAD_VALUE;
    if (is_below)
        *ret_id = template.id;
    return MST_OK;
}

static bool are_options(int64_t options)
{
    const int64_t all = MST_MODEL_NOALIASES | MST_MODEL_NOCOMMENTS | MST_MODEL_NOHISTORICAL;

    return (options & ~all) == 0;
}

enum mst_err mst_model_create(const struct mst_domain *domain, struct mst_tx *tx,
                              const struct mst_manager *manager, struct mst_span name,
                              struct mst_span template_rid, int64_t options,
                              enum mst_verdict *ret_verdict)
{
    struct mst_row_model model = {.vendor_id = manager->vendor.id,
                                  .name = name,
                                  .creator_id = manager->client_id,
                                  .options = options};
    enum mst_err err;

    if (!manager->has_vendor || !mst_name_is_model(name) || !are_options(options)) {
        *ret_verdict = manager->has_vendor ? MST_BAD_VALUE : MST_NO_VENDOR_NAME;
        return MST_OK;
    }
    err = find_template(domain, tx, manager->client_id, template_rid, ret_verdict,
                        &model.template_id);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    err = mst_tx_insert(tx, MST_TABLE_MODEL, &model);
    if (err == MST_EEXIST) {
        *ret_verdict = MST_EXISTS;
        return MST_OK;
    }
    return err;
}

enum mst_err mst_model_update(const struct mst_domain *domain, struct mst_tx *tx,
                              const struct mst_manager *manager, const struct mst_row_model *model,
                              struct mst_span template_rid, int64_t options, int64_t window_s,
                              enum mst_verdict *ret_verdict)
{
    struct mst_row_model changed = *model;
    enum mst_err err;

    if (!are_options(options) || window_s > MST_WINDOW_S_MAX) {
        *ret_verdict = MST_BAD_VALUE;
        return MST_OK;
    }
    err = find_template(domain, tx, manager->client_id, template_rid, ret_verdict,
                        &changed.template_id);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    changed.options = options;
    if (window_s >= 0)
        changed.window_s = window_s;
    return mst_tx_update(tx, MST_TABLE_MODEL, &changed,
                         MST_BIT(model, template_id) | MST_BIT(model, options) |
                             MST_BIT(model, window_s));
}

static enum mst_err forget_serial(void *arg, struct mst_tx *tx, const void *row)
{
    return mst_serial_forget(arg, tx, MST_ON_DELETE_MODEL, row);
}

enum mst_err mst_model_delete(const struct mst_domain *domain, struct mst_tx *tx,
                              const struct mst_row_model *model)
{
    const struct mst_row_serial serials = {.model_id = model->id};
    struct mst_domain own = *domain;
    enum mst_err err =
        mst_sweep(tx, MST_IX_SERIAL, &serials, 1, sizeof serials, forget_serial, &own);

    if (err == MST_OK)
        err = mst_group_forget_model(tx, model->id);
    if (err == MST_OK)
        err = mst_content_forget_model(tx, model->id);
    if (err == MST_OK)
        err = mst_lending_end_model(tx, model->id);
    if (err == MST_OK)
        err = mst_range_remove_all(tx, model->id);
    return err != MST_OK ? err : mst_tx_delete(tx, MST_TABLE_MODEL, model);
}

struct name_reader {
    enum mst_err (*each)(void *arg, struct mst_span name);
    void *arg;
};

static enum mst_err show_model(void *arg, const void *row)
{
    struct name_reader *reader = arg;

    return reader->each(reader->arg, ((const struct mst_row_model *)row)->name);
}

enum mst_err mst_model_list(struct mst_tx *tx, int64_t vendor_id,
                            enum mst_err (*each)(void *arg, struct mst_span name), void *arg)
{
    const struct mst_row_model key = {.vendor_id = vendor_id};
    const struct mst_scan scan = {.index = MST_IX_MODEL_NAME, .key = &key, .n_fixed = 1};
    struct name_reader reader = {each, arg};

    return mst_tx_scan(tx, &scan, show_model, &reader);
}

enum mst_err mst_model_template(const struct mst_domain *domain, struct mst_tx *tx,
                                const struct mst_row_model *model, enum mst_verdict *ret_verdict,
                                struct mst_handle *ret_rid)
{
    struct mst_row_resource template = {.id = model->template_id};
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &template);

    if (err != MST_OK && err != MST_ENOENT)
        return err;
    *ret_verdict = err == MST_OK ? MST_DONE : MST_NOT_FOUND;
    return err == MST_OK ? mst_domain_rid(domain, &template, ret_rid) : MST_OK;
}

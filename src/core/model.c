#include "core/client.h"
#include "core/content.h"
#include "core/group.h"
#include "core/lending.h"
#include "core/model.h"
#include "core/range.h"
#include "core/serial.h"
#include "core/share.h"
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

/* ---- the template ---- */

static enum mst_err find_by_rid(const struct mst_domain *domain, struct mst_tx *tx,
                                struct mst_span rid, enum mst_verdict *ret_verdict,
                                struct mst_row_model *model)
{
    struct mst_row_resource template;
    bool is_below;
    enum mst_err err =
        mst_access_client_below(domain, tx, model->creator_id, rid, &is_below, &template);

    if (err != MST_OK)
        return err;
    *ret_verdict = is_below ? MST_DONE : MST_BAD_VALUE;
    model->template_id = is_below ? template.id : 0;
    model->share_id = 0;
    return MST_OK;
}

static enum mst_err find_by_code(const struct mst_domain *domain, struct mst_tx *tx,
                                 struct mst_span code, enum mst_verdict *ret_verdict,
                                 struct mst_row_model *model)
{
    struct mst_row_resource template = {0};
    struct mst_row_share share = {0};
    enum mst_err err = mst_share_activate(domain, tx, model->creator_id, code, ret_verdict, &share);

    if (err == MST_OK && *ret_verdict == MST_DONE) {
        template.id = share.resource_id;
        err = mst_tx_get(tx, MST_IX_RESOURCE, &template);
    }
    if (err != MST_OK)
        return err == MST_ENOENT ? MST_ECORRUPT : err;
    if (*ret_verdict != MST_DONE || template.kind != MST_KIND_CLIENT)
        *ret_verdict = MST_BAD_VALUE;
    model->template_id = template.id;
    model->share_id = share.id;
    return MST_OK;
}

static enum mst_err set_template(const struct mst_domain *domain, struct mst_tx *tx,
                                 const struct mst_template *template, enum mst_verdict *ret_verdict,
                                 struct mst_row_model *model)
{
    if ((template->rid.len > 0) == (template->code.len > 0)) {
        *ret_verdict = MST_BAD_VALUE;
        return MST_OK;
    }
    return template->code.len > 0 ? find_by_code(domain, tx, template->code, ret_verdict, model)
                                  : find_by_rid(domain, tx, template->rid, ret_verdict, model);
}

struct share_user {
    int64_t share_id;
    int64_t n_models;
};

static enum mst_err count_model(void *arg, const void *row)
{
    struct share_user *user = arg;

    user->n_models += ((const struct mst_row_model *)row)->share_id == user->share_id;
    return MST_OK;
}

/* The code of a model, which is still stored, is nobody's again if no other model names it. Only models of
   the same vendor can: a vendor is one client. */
static enum mst_err let_go_of_code(struct mst_tx *tx, const struct mst_row_model *model)
{
    const struct mst_row_model key = {.vendor_id = model->vendor_id};
    const struct mst_scan scan = {.index = MST_IX_MODEL_NAME, .key = &key, .n_fixed = 1};
    struct share_user user = {.share_id = model->share_id};
    enum mst_err err;

    if (model->share_id == 0)
        return MST_OK;
    err = mst_tx_scan(tx, &scan, count_model, &user);
    return err != MST_OK || user.n_models > 1
               ? err
               : mst_share_leave(tx, model->creator_id, model->share_id);
}

enum mst_err mst_model_template(struct mst_tx *tx, const struct mst_row_model *model,
                                enum mst_verdict *ret_verdict,
                                struct mst_row_resource *ret_template)
{
    struct mst_row_resource template = {.id = model->template_id};
    struct mst_row_share share = {.id = model->share_id, .activator_id = model->creator_id};
    enum mst_err err = MST_OK;

    if (model->share_id != 0)
        err = mst_tx_get(tx, MST_IX_SHARE, &share);
    if (err == MST_OK)
        err = mst_tx_get(tx, MST_IX_RESOURCE, &template);
    if (err != MST_OK && err != MST_ENOENT)
        return err;
    *ret_verdict =
        err == MST_OK && share.activator_id == model->creator_id ? MST_DONE : MST_NO_TEMPLATE;
    if (*ret_verdict == MST_DONE)
        *ret_template = template;
    return MST_OK;
}

enum mst_err mst_model_template_name(const struct mst_domain *domain, struct mst_tx *tx,
                                     const struct mst_row_model *model,
                                     enum mst_verdict *ret_verdict, struct mst_handle *ret_name)
{
    struct mst_row_resource template = {.id = model->template_id};
    struct mst_row_share share = {.id = model->share_id};
    const bool is_code = model->share_id != 0;
    enum mst_err err =
        is_code ? mst_tx_get(tx, MST_IX_SHARE, &share) : mst_tx_get(tx, MST_IX_RESOURCE, &template);

    *ret_verdict = err == MST_OK ? MST_DONE : MST_NOT_FOUND;
    if (err != MST_OK)
        return err == MST_ENOENT ? MST_OK : err;
    return is_code ? mst_share_code(domain, &share, ret_name)
                   : mst_domain_rid(domain, &template, ret_name);
}

/* ---- models ---- */

static bool are_options(int64_t options)
{
    const int64_t all = MST_MODEL_NOALIASES | MST_MODEL_NOCOMMENTS | MST_MODEL_NOHISTORICAL;

    return (options & ~all) == 0;
}

enum mst_err mst_model_create(const struct mst_domain *domain, struct mst_tx *tx,
                              const struct mst_manager *manager, struct mst_span name,
                              const struct mst_template *template, int64_t options,
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
    err = set_template(domain, tx, template, ret_verdict, &model);
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
                              const struct mst_row_model *model,
                              const struct mst_template *template, int64_t options,
                              int64_t window_s, enum mst_verdict *ret_verdict)
{
    struct mst_row_model changed = *model;
    enum mst_err err = MST_OK;

    *ret_verdict = are_options(options) && window_s <= MST_WINDOW_S_MAX ? MST_DONE : MST_BAD_VALUE;
    if (*ret_verdict == MST_DONE && template) {
        changed.options = options;
        err = let_go_of_code(tx, model); /* before another code of the same template is activated */
        if (err == MST_OK)
            err = set_template(domain, tx, template, ret_verdict, &changed);
    }
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    if (window_s >= 0)
        changed.window_s = window_s;
    return mst_tx_update(tx, MST_TABLE_MODEL, &changed,
                         MST_BIT(model, template_id) | MST_BIT(model, share_id) |
                             MST_BIT(model, options) | MST_BIT(model, window_s));
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
    if (err == MST_OK)
        err = let_go_of_code(tx, model);
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

/* /provision/manage/model/ and one model below it (protocol.md 2.6.1, 2.6.2). */
#include "core/lending.h"
#include "core/model.h"
#include "front/http/handlers.h"
#include "front/http/params.h"
#include "wire/csv.h"

enum { WINDOW_KEPT = -1 };

struct work {
    struct mst_entry entry; /* of the collection */
    struct mst_template template;
    int64_t options;
    int64_t window_s; /* an addition of ours: WINDOW_KEPT, 0 = the server's, or seconds */
};

static const struct {
    const char *word;
    int64_t bit;
} options[] = {
    {"noaliases",    MST_MODEL_NOALIASES   },
    {"nocomments",   MST_MODEL_NOCOMMENTS  },
    {"nohistorical", MST_MODEL_NOHISTORICAL},
};
enum { OPTIONS = sizeof options / sizeof options[0] };

/* Empty items are skipped; unknown words are MST_BAD_VALUE. */
static enum mst_verdict read_options(const struct mst_form *form, int64_t *ret_options)
{
    int64_t bits = 0;

    for (size_t i = 0; i < form->n_items; i++) {
        const struct mst_form_item *item = &form->items[i];
        size_t k = 0;

        if (item->value.len == 0 || (!mst_span_eq(item->name, MST_LIT("options[]")) &&
                                     !mst_span_eq(item->name, MST_LIT("options"))))
            continue;
        while (k < OPTIONS && !mst_span_eq(item->value, mst_span_str(options[k].word)))
            k++;
        if (k == OPTIONS)
            return MST_BAD_VALUE;
        bits |= options[k].bit;
    }
    *ret_options = bits;
    return MST_DONE;
}

static enum mst_verdict read_window(const struct mst_form *form, int64_t *ret_window_s)
{
    int64_t window_s = WINDOW_KEPT;

    if (mst_form_value(form, "window").len == 0)
        return MST_DONE;
    if (!mst_param_int(form, "window", &window_s) || window_s < 0 || window_s > MST_WINDOW_S_MAX)
        return MST_BAD_VALUE;
    *ret_window_s = window_s;
    return MST_DONE;
}

static bool has_template(const struct work *work)
{
    return work->template.rid.len > 0 || work->template.code.len > 0;
}

static enum mst_verdict read_settings(const struct mst_form *form, struct work *work)
{
    work->template.rid = mst_form_value(form, "rid");
    work->template.code = mst_form_value(form, "code");
    if ((work->template.rid.len > 0 && work->template.code.len > 0) ||
        read_options(form, &work->options) != MST_DONE)
        return MST_BAD_VALUE;
    return read_window(form, &work->window_s);
}

static enum mst_err begin(struct mst_exchange *x, struct mst_form *ret_form, struct work **ret_work)
{
    struct work *work = mst_arena_alloc(&x->arena, sizeof *work);
    enum mst_err err;

    if (!work)
        return MST_ENOMEM;
    err = mst_exchange_form(x, ret_form);
    if (err != MST_OK)
        return err;
    work->window_s = WINDOW_KEPT;
    x->work = *ret_work = work;
    return MST_OK;
}

/* ---- the collection ---- */

static enum mst_err show_borrowed(void *arg, struct mst_span vendor_name,
                                  struct mst_span model_name)
{
    struct mst_buf *out = &((struct mst_exchange *)arg)->reply;

    (void)mst_csv_field(out, vendor_name);
    (void)mst_buf_add_byte(out, ',');
    (void)mst_csv_field(out, model_name);
    return mst_csv_end(out);
}

static enum mst_err list_borrowed(struct mst_exchange *x, struct mst_tx *tx)
{
    enum mst_err err = mst_lending_list_borrowed(tx, x->manager.vendor.id, show_borrowed, x);

    return err == MST_OK ? mst_reply_rows(x) : err;
}

enum mst_err mst_models_list(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_form query;
    enum mst_err err = mst_exchange_query(x, &query);

    if (err != MST_OK)
        return err;
    if (mst_span_eq(mst_form_value(&query, "show"), MST_LIT("shared")))
        return list_borrowed(x, tx);
    err = mst_model_list(tx, x->manager.vendor.id, mst_reply_name, x);
    return err == MST_OK ? mst_exchange_answer(x, 200, MST_TYPE_CSV) : err;
}

enum mst_err mst_models_prepare(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_form form;
    struct work *work;
    enum mst_err err = begin(x, &form, &work);

    (void)tx;
    if (err == MST_OK)
        err = mst_entry_read(x, &form, "model", &work->entry);
    if (err != MST_OK || work->entry.is_delete)
        return err;
    if (read_settings(&form, work) != MST_DONE || !has_template(work))
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    return MST_OK;
}

static enum mst_err find_model(struct mst_exchange *x, struct mst_tx *tx,
                               const struct mst_param *name, struct mst_row_model *ret_model)
{
    enum mst_verdict verdict = MST_NO_MODEL;
    enum mst_err err = mst_model_get(tx, x->manager.vendor.id, name->text, &verdict, ret_model);

    if (err == MST_OK && verdict == MST_NO_MODEL && name->plus.len > 0)
        err = mst_model_get(tx, x->manager.vendor.id, name->plus, &verdict, ret_model);
    return mst_exchange_settle(x, err, verdict);
}

static enum mst_err create(struct mst_exchange *x, struct mst_tx *tx, const struct work *work)
{
    const struct mst_domain *domain = mst_exchange_domain(x);
    enum mst_verdict verdict = MST_BAD_VALUE;
    struct mst_row_model model = {0};
    enum mst_err err = mst_model_create(domain, tx, &x->manager, work->entry.name.text,
                                        &work->template, work->options, &verdict);

    err = mst_exchange_settle(x, err, verdict);
    if (err != MST_OK || work->window_s == WINDOW_KEPT)
        return err;
    err = mst_model_get(tx, x->manager.vendor.id, work->entry.name.text, &verdict, &model);
    err = mst_exchange_settle(x, err, verdict);
    if (err != MST_OK)
        return err;
    err = mst_model_update(domain, tx, &model, NULL, 0, work->window_s, &verdict);
    return mst_exchange_settle(x, err, verdict);
}

enum mst_err mst_models_post(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct work *work = x->work;
    struct mst_row_model model;
    enum mst_err err;

    if (work->entry.is_delete) {
        err = find_model(x, tx, &work->entry.name, &model);
        if (err == MST_OK)
            err = mst_model_delete(mst_exchange_domain(x), tx, &model);
        return err == MST_OK ? mst_exchange_go(x, MST_NOWHERE, NULL, mst_content_removed) : err;
    }
    err = create(x, tx, work);
    return err == MST_OK ? mst_exchange_answer(x, 205, NULL) : err;
}

/* ---- one model ---- */

enum mst_err mst_model_show(struct mst_exchange *x, struct mst_tx *tx)
{
    enum mst_verdict verdict = MST_NOT_FOUND;
    struct mst_handle name;
    enum mst_err err =
        mst_model_template_name(mst_exchange_domain(x), tx, &x->model, &verdict, &name);

    if (err != MST_OK)
        return err;
    (void)mst_buf_add_str(&x->reply, x->model.share_id != 0 ? "code=" : "rid=");
    if (verdict == MST_DONE) /* else the template was dropped, or the code revoked */
        (void)mst_buf_add(&x->reply, mst_handle_span(&name));
    for (size_t i = 0; i < OPTIONS; i++)
        if (x->model.options & options[i].bit)
            (void)mst_buf_addf(&x->reply, "&options[]=%s", options[i].word);
    return mst_exchange_answer(x, 200, MST_TYPE_FORM);
}

enum mst_err mst_model_prepare(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_form form;
    struct work *work;
    enum mst_err err = begin(x, &form, &work);

    (void)tx;
    if (err != MST_OK)
        return err;
    if (read_settings(&form, work) != MST_DONE ||
        (!has_template(work) && work->window_s == WINDOW_KEPT))
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    return MST_OK;
}

/* The window alone (ours) leaves the rest as it is; everything else replaces (2.6.2). */
enum mst_err mst_model_put(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct mst_domain *domain = mst_exchange_domain(x);
    const struct work *work = x->work;
    enum mst_verdict verdict = MST_BAD_VALUE;
    const struct mst_template *template = has_template(work) ? &work->template : NULL;
    enum mst_err err =
        mst_model_update(domain, tx, &x->model, template, work->options, work->window_s, &verdict);

    err = mst_exchange_settle(x, err, verdict);
    return err == MST_OK ? mst_exchange_answer(x, 205, NULL) : err;
}

enum mst_err mst_model_remove(struct mst_exchange *x, struct mst_tx *tx)
{
    enum mst_err err = mst_model_delete(mst_exchange_domain(x), tx, &x->model);

    return err == MST_OK ? mst_exchange_go(x, MST_NOWHERE, NULL, mst_content_removed) : err;
}

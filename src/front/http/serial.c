/* /provision/manage/model/<model>/<sn>: one serial number (protocol.md 2.6.5). */
#include "core/enable.h"
#include "core/group.h"
#include "core/serial.h"
#include "front/http/handlers.h"
#include "front/http/params.h"
#include "front/http/points.h"
#include "wire/csv.h"

enum { SN_SEGMENT = 4 };

/* ---- GET ---- */

struct log_view {
    struct mst_exchange *x;
    struct mst_span entry; /* the third column, the same in every row */
};

static enum mst_err log_one(void *arg, int64_t at, struct mst_span peer)
{
    const struct log_view *view = arg;
    struct mst_buf *out = &view->x->reply;

    (void)mst_buf_add_i64(out, at);
    (void)mst_buf_add_byte(out, ',');
    (void)mst_csv_field(out, peer);
    (void)mst_buf_add_byte(out, ',');
    (void)mst_csv_field(out, view->entry);
    return mst_csv_end(out);
}

/* "model=M1&vendor=acme&sn=0001" (1.8). */
static enum mst_err show_log(struct mst_exchange *x, struct mst_tx *tx, struct mst_span sn)
{
    struct log_view view = {.x = x};
    enum mst_verdict verdict = MST_NO_SERIAL;
    struct mst_buf entry;
    enum mst_err err;

    mst_buf_init(&entry, MST_LINE_MAX);
    (void)mst_buf_add_str(&entry, "model=");
    (void)mst_pct_encode(&entry, x->model.name);
    (void)mst_buf_add_str(&entry, "&vendor=");
    (void)mst_pct_encode(&entry, x->vendor.name);
    (void)mst_buf_add_str(&entry, "&sn=");
    (void)mst_pct_encode(&entry, sn);
    err = mst_buf_err(&entry);
    if (err != MST_OK)
        goto out;
    view.entry = mst_buf_span(&entry);
    err = mst_serial_log(mst_exchange_domain(x), tx, &x->model, x->borrower, sn, &verdict, log_one,
                         &view);
    err = mst_exchange_settle(x, err, verdict);
    if (err == MST_OK && x->reply.len == 0)
        err = mst_exchange_answer(x, 204, NULL);
    else if (err == MST_OK)
        err = mst_exchange_answer(x, 200, MST_TYPE_CSV);
out:
    mst_buf_fini(&entry);
    return err;
}

static enum mst_err show_state(struct mst_exchange *x, const struct mst_serial_view *view)
{
    struct mst_buf *out = &x->reply;

    if (view->standing == MST_HAS_NO_CLIENT)
        return mst_exchange_answer(x, 204, NULL);
    if (view->standing != MST_DONE)
        return mst_exchange_refuse(x, view->standing);
    (void)mst_csv_field(out, mst_span_str(view->status));
    (void)mst_buf_add_byte(out, ',');
    if (view->has_rid)
        (void)mst_buf_add(out, mst_handle_span(&view->rid));
    (void)mst_buf_add_byte(out, ',');
    (void)mst_csv_field(out, view->extra);
    (void)mst_csv_end(out);
    return mst_exchange_answer(x, 200, MST_TYPE_CSV);
}

enum mst_err mst_serial_show(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_span sn = mst_exchange_segment(x, SN_SEGMENT);
    enum mst_verdict verdict = MST_NO_SERIAL;
    struct mst_serial_view view;
    struct mst_form query;
    struct mst_span show;
    enum mst_err err = mst_exchange_query(x, &query);

    if (err != MST_OK)
        return err;
    show = mst_form_value(&query, "show");
    if (mst_span_eq(show, MST_LIT("groups")))
        err = mst_guard_also(x, MST_MAY_SEE_GROUPS);
    if (err != MST_OK)
        return err;
    if (mst_span_eq(show, MST_LIT("log")))
        return show_log(x, tx, sn);
    err = mst_serial_get(mst_exchange_domain(x), tx, &x->model, x->borrower, sn, &verdict, &view);
    err = mst_exchange_settle(x, err, verdict);
    if (err != MST_OK)
        return err;
    if (mst_span_eq(show, MST_LIT("groups")))
        return mst_groups_of(x, tx, &query, MST_MEMBER_SN, sn);
    return show_state(x, &view);
}

/* ---- POST ---- */

enum action { ENABLE, ENABLE_OWNER, REMAP, DISABLE };

struct work {
    enum action action;
    struct mst_param old_sn;
    struct mst_span owner;
    struct mst_points_found points; /* ENABLE_OWNER */
};

enum mst_err mst_serial_prepare(struct mst_exchange *x, struct mst_tx *tx)
{
    struct work *work = mst_arena_alloc(&x->arena, sizeof *work);
    struct mst_form form;
    enum mst_err err;

    if (!work)
        return MST_ENOMEM;
    err = mst_exchange_form(x, &form);
    if (err == MST_OK)
        err = mst_param_get(x, &form, "oldsn", &work->old_sn);
    if (err != MST_OK)
        return err;
    if (mst_form_true(&form, "enable") == mst_form_true(&form, "disable"))
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    work->owner = mst_form_value(&form, "owner");
    if (mst_form_true(&form, "disable"))
        work->action = DISABLE;
    else if (mst_form_get(&form, "oldsn"))
        work->action = REMAP;
    else
        work->action = mst_form_get(&form, "owner") ? ENABLE_OWNER : ENABLE;
    if (work->action == REMAP && work->old_sn.text.len == 0)
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    x->work = work;
    return work->action == ENABLE_OWNER ? mst_points_find(x, tx, &work->points) : MST_OK;
}

static enum mst_err look_again(struct mst_exchange *x, struct mst_tx *tx)
{
    struct work *work = x->work;
    enum mst_err err = mst_points_find(x, tx, &work->points);

    return err == MST_OK ? mst_exchange_go(x, MST_STATE, mst_guard, x->route->step) : err;
}

static enum mst_err enabled(struct mst_exchange *x, struct mst_tx *tx)
{
    (void)tx;
    return mst_exchange_answer(x, 200, MST_TYPE_CSV);
}

static enum mst_err enable_owner(struct mst_exchange *x, struct mst_tx *tx, struct mst_span sn,
                                 const struct work *work)
{
    const struct mst_domain *domain = mst_exchange_domain(x);
    enum mst_verdict verdict = MST_NO_SERIAL;
    struct mst_handle rid;
    int64_t client_id;
    enum mst_err err;

    if (mst_points_are_stale(x, &work->points)) {
        (void)mst_exchange_go(x, MST_READ, mst_guard, look_again);
        return MST_EREFUSED;
    }
    if (work->points.n_points == 0)
        x->model.options |= MST_MODEL_NOHISTORICAL;
    err = mst_enable_owner(domain, tx, &x->vendor, &x->model, x->borrower, sn, work->owner,
                           x->attempt, &verdict, &rid);
    if (err == MST_OK && verdict == MST_DONE && work->points.n_points > MST_CLONE_POINTS_MAX)
        verdict = MST_NO_ROOM;
    err = mst_exchange_settle(x, err, verdict);
    if (err == MST_OK)
        err = domain->keys->locate(domain->keys->ctx, MST_HANDLE_RID, mst_handle_span(&rid),
                                   &client_id);
    if (err != MST_OK)
        return err;
    (void)mst_buf_add(&x->reply, mst_handle_span(&rid));
    return work->points.n_points > 0 ? mst_points_copy(x, client_id, MST_NOWHERE, enabled)
                                     : enabled(x, tx);
}

static enum mst_err remap(struct mst_exchange *x, struct mst_tx *tx, struct mst_span sn,
                          const struct mst_param *old_sn, enum mst_verdict *ret_verdict)
{
    const struct mst_domain *domain = mst_exchange_domain(x);
    enum mst_err err =
        mst_remap(domain, tx, &x->model, x->borrower, sn, old_sn->text, x->attempt, ret_verdict);

    if (err == MST_OK && *ret_verdict == MST_NO_SERIAL && old_sn->plus.len > 0)
        err = mst_remap(domain, tx, &x->model, x->borrower, sn, old_sn->plus, x->attempt,
                        ret_verdict);
    return err;
}

enum mst_err mst_serial_post(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct mst_domain *domain = mst_exchange_domain(x);
    struct mst_span sn = mst_exchange_segment(x, SN_SEGMENT);
    const struct work *work = x->work;
    enum mst_verdict verdict = MST_NO_SERIAL;
    enum mst_err err = MST_OK;

    switch (work->action) {
    case ENABLE_OWNER:
        return enable_owner(x, tx, sn, work);
    case ENABLE:
        err = mst_enable_again(domain, tx, &x->model, x->borrower, sn, x->attempt, &verdict);
        break;
    case REMAP:
        err = remap(x, tx, sn, &work->old_sn, &verdict);
        break;
    case DISABLE:
        err = mst_disable(domain, tx, &x->model, x->borrower, sn, &verdict);
        break;
    }
    err = mst_exchange_settle(x, err, verdict);
    return err == MST_OK ? mst_exchange_answer(x, 205, NULL) : err;
}

enum mst_err mst_serial_delete(struct mst_exchange *x, struct mst_tx *tx)
{
    enum mst_verdict verdict = MST_NO_SERIAL;
    enum mst_err err = mst_serial_remove(mst_exchange_domain(x), tx, &x->model,
                                         mst_exchange_segment(x, SN_SEGMENT), &verdict);

    err = mst_exchange_settle(x, err, verdict);
    return err == MST_OK ? mst_exchange_answer(x, 205, NULL) : err;
}

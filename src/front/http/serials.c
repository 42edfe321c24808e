/* /provision/manage/model/<model>/: serial numbers of a model and their ranges (protocol.md 2.6.3, 2.6.4). */
#include "core/range.h"
#include "core/serial.h"
#include "core/vendor.h"
#include "front/http/handlers.h"
#include "front/http/params.h"
#include "wire/csv.h"
#include "wire/ranges_json.h"

struct work {
    bool is_delete;
    bool is_each;  /* ours: each row is judged by itself, and told what came of it */
    bool is_trial; /* ours: as is_each, and nothing is written */
    size_t n_items;
    struct mst_serial_item *items; /* what to add */
    struct mst_param *names;       /* what to delete */
    size_t n_ranges;
    struct mst_sn_range *ranges; /* instead of items: to add or to delete */
};

/* ---- GET ---- */

struct listing {
    struct mst_exchange *x;
    bool has_status;
};

static enum mst_err list_one(void *arg, const struct mst_serial_view *view)
{
    const struct listing *listing = arg;
    struct mst_buf *out = &listing->x->reply;

    (void)mst_csv_field(out, view->sn);
    (void)mst_buf_add_byte(out, ',');
    if (listing->has_status) {
        (void)mst_csv_field(out, mst_span_str(view->status));
        (void)mst_buf_add_byte(out, ',');
    }
    if (view->has_rid)
        (void)mst_buf_add(out, mst_handle_span(&view->rid));
    (void)mst_buf_add_byte(out, ',');
    (void)mst_csv_field(out, view->extra);
    return mst_csv_end(out);
}

struct range_listing {
    struct mst_buf *out;
    const char *before; /* the next one */
};

static enum mst_err list_range(void *arg, const struct mst_sn_range *range)
{
    struct range_listing *listing = arg;

    (void)mst_buf_add_str(listing->out, listing->before);
    listing->before = ",";
    return mst_ranges_json_put(listing->out, range);
}

/* The bare array that the one client which reads it expects, or with a setting the documented
   object; 204 when there is none (A4). */
static enum mst_err list_ranges(struct mst_exchange *x, struct mst_tx *tx)
{
    const bool is_wrapped = x->env->opts->is_ranges_wrapped;
    struct range_listing listing = {&x->reply, is_wrapped ? "{\"ranges\":[" : "["};
    enum mst_err err = mst_guard_also(x, MST_MAY_SEE_RANGES);

    if (err == MST_OK)
        err = mst_range_list(tx, &x->model, list_range, &listing);
    if (err != MST_OK)
        return err;
    if (x->reply.len == 0)
        return mst_exchange_answer(x, 204, NULL);
    (void)mst_buf_add_str(&x->reply, is_wrapped ? "]}" : "]");
    return mst_exchange_answer(x, 200, MST_TYPE_JAVASCRIPT);
}

/* Which rows are asked for. A vendor that does not exist enabled none: *ret_is_none. */
static enum mst_err read_page(struct mst_exchange *x, struct mst_tx *tx,
                              const struct mst_form *query, struct mst_serial_page *ret_page,
                              bool *ret_is_none)
{
    const struct mst_span shared = mst_form_value(query, "shared");
    struct mst_row_vendor vendor = {0};
    enum mst_verdict verdict = MST_DONE;
    struct mst_page page;
    enum mst_err err = MST_OK;

    if (!mst_param_page(query, MST_PAGE_MAX, &page))
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    if (shared.len > 0)
        err = mst_vendor_get(tx, shared, &verdict, &vendor);
    *ret_is_none = verdict != MST_DONE;
    *ret_page = (struct mst_serial_page){.borrower = x->borrower,
                                         .lent_to = vendor.id,
                                         .after = mst_form_value(query, "after"),
                                         .offset = page.offset,
                                         .limit = page.limit};
    return err;
}

enum mst_err mst_serials_list(struct mst_exchange *x, struct mst_tx *tx)
{
    struct listing listing = {.x = x};
    struct mst_serial_page page;
    struct mst_form query;
    bool is_none = false;
    enum mst_err err = mst_exchange_query(x, &query);

    if (err != MST_OK)
        return err;
    if (mst_span_eq(mst_form_value(&query, "show"), MST_LIT("ranges")))
        return list_ranges(x, tx);
    err = read_page(x, tx, &query, &page, &is_none);
    listing.has_status = mst_form_true(&query, "status");
    if (err == MST_OK && !is_none)
        err = mst_serial_list(mst_exchange_domain(x), tx, &x->model, &page, list_one, &listing);
    return err == MST_OK ? mst_exchange_answer(x, 200, MST_TYPE_CSV) : err;
}

/* ---- POST, DELETE: what the body says ---- */

/* 2.3 "Which parser to use". */
static bool is_json(const struct mst_exchange *x)
{
    struct mst_span body = mst_buf_span(&x->body);
    size_t i = 0;

    if (mst_param_is_type(x, "json") || mst_param_is_type(x, "javascript"))
        return true;
    while (i < body.len && (body.ptr[i] == ' ' || body.ptr[i] == '\t' || body.ptr[i] == '\r' ||
                            body.ptr[i] == '\n'))
        i++;
    return i < body.len && (body.ptr[i] == '{' || body.ptr[i] == '[');
}

static enum mst_err add_item(struct mst_exchange *x, struct work *work, struct mst_param sn,
                             struct mst_span extra)
{
    if (work->n_items == MST_SERIALS_MAX)
        return mst_exchange_refuse_with(x, 413);
    work->items[work->n_items] = (struct mst_serial_item){.sn = sn.text, .extra = extra};
    work->names[work->n_items] = sn;
    work->n_items++;
    return MST_OK;
}

static enum mst_err make_room(struct mst_exchange *x, struct work *work, size_t n)
{
    size_t room = n < MST_SERIALS_MAX ? n : MST_SERIALS_MAX;

    work->items = mst_arena_array(&x->arena, room, sizeof *work->items);
    work->names = mst_arena_array(&x->arena, room, sizeof *work->names);
    return work->items && work->names ? MST_OK : MST_ENOMEM;
}

static enum mst_err read_csv(struct mst_exchange *x, struct work *work)
{
    struct mst_csv csv = mst_csv_of(mst_buf_span(&x->body));
    struct mst_span columns[2];
    size_t line;
    enum mst_err err = make_room(x, work, mst_csv_rows_max(mst_buf_span(&x->body)));

    while (err == MST_OK) {
        err = mst_csv_row(&csv, &x->arena, columns, 2, &line);
        if (err == MST_OK)
            err = add_item(x, work, (struct mst_param){.text = columns[0]}, columns[1]);
    }
    if (err == MST_ESYNTAX)
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    return err == MST_ENOENT ? MST_OK : err;
}

/* "sn" counts once, as every scalar does; "sn[]" each time. */
static enum mst_err read_form(struct mst_exchange *x, struct work *work)
{
    const struct mst_form_item *single;
    struct mst_form form;
    enum mst_err err = mst_exchange_form(x, &form);

    if (err == MST_OK)
        err = make_room(x, work, form.n_items);
    if (err != MST_OK)
        return err;
    work->is_delete = work->is_delete || mst_param_is_delete(&form);
    single = mst_form_get(&form, "sn");
    for (size_t i = 0; i < form.n_items && err == MST_OK; i++) {
        const struct mst_form_item *item = &form.items[i];
        struct mst_param sn;

        if (item != single && !mst_span_eq(item->name, MST_LIT("sn[]")))
            continue;
        err = mst_param_of(x, item, &sn);
        if (err == MST_OK)
            err = add_item(x, work, sn,
                           item == single ? mst_form_value(&form, "extra") : MST_LIT(""));
    }
    return err;
}

static enum mst_err read_ranges(struct mst_exchange *x, struct work *work)
{
    enum mst_err err = mst_ranges_json_read(mst_buf_span(&x->body), &x->arena, MST_RANGES_MAX,
                                            &work->ranges, &work->n_ranges);

    if (err == MST_ESYNTAX || err == MST_EINVAL)
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    return err == MST_EFULL ? mst_exchange_refuse_with(x, 413) : err;
}

enum mst_err mst_serials_prepare(struct mst_exchange *x, struct mst_tx *tx)
{
    struct work *work = mst_arena_alloc(&x->arena, sizeof *work);
    struct mst_form query;
    enum mst_err err;

    (void)tx;
    if (!work)
        return MST_ENOMEM;
    x->work = work;
    work->is_delete = x->method == MST_METHOD_DELETE;
    err = mst_exchange_query(x, &query);
    if (err != MST_OK)
        return err;
    work->is_trial = mst_form_true(&query, "trial");
    work->is_each = work->is_trial || mst_form_true(&query, "each");
    if (mst_param_is_type(x, "text/csv"))
        err = read_csv(x, work);
    else if (is_json(x))
        err = read_ranges(x, work);
    else
        err = read_form(x, work);
    if (err == MST_OK && ((work->n_items == 0 && work->n_ranges == 0) ||
                          (work->is_each && (work->is_delete || work->n_ranges > 0))))
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    return err;
}

/* ---- POST, DELETE: the change ---- */

/* Unknown ones are skipped (2.6.3). */
static enum mst_err remove_all(struct mst_exchange *x, struct mst_tx *tx, const struct work *work)
{
    for (size_t i = 0; i < work->n_items; i++) {
        const struct mst_param *sn = &work->names[i];
        enum mst_verdict verdict = MST_NO_SERIAL;
        enum mst_err err =
            mst_serial_remove(mst_exchange_domain(x), tx, &x->model, sn->text, &verdict);

        if (err == MST_OK && verdict == MST_NO_SERIAL && sn->plus.len > 0)
            err = mst_serial_remove(mst_exchange_domain(x), tx, &x->model, sn->plus, &verdict);
        if (err != MST_OK)
            return err;
        if (verdict != MST_DONE && verdict != MST_NO_SERIAL)
            return mst_exchange_refuse(x, verdict);
    }
    return MST_OK;
}

/* A row "number,word,model" for one that was not added: counted from 1 in the order of the request. */
static enum mst_err tell_one(void *arg, size_t index, enum mst_listed what, struct mst_span model)
{
    static const char *const words[] = {[MST_LISTED_NEW] = "added",
                                        [MST_LISTED_SAME] = "listed",
                                        [MST_LISTED_OTHER_TEXT] = "text",
                                        [MST_LISTED_ELSEWHERE] = "elsewhere",
                                        [MST_LISTED_BAD] = "form"};
    struct mst_exchange *x = arg;

    (void)mst_buf_add_u64(&x->reply, index + 1);
    (void)mst_buf_add_byte(&x->reply, ',');
    (void)mst_buf_add_str(&x->reply, words[what]);
    (void)mst_buf_add_byte(&x->reply, ',');
    (void)mst_csv_field(&x->reply, model);
    return mst_csv_end(&x->reply);
}

static enum mst_err add_each(struct mst_exchange *x, struct mst_tx *tx, const struct work *work)
{
    enum mst_err err = mst_serial_add_each(mst_exchange_domain(x), tx, &x->model, work->items,
                                           work->n_items, work->is_trial, tell_one, x);

    return err == MST_OK ? mst_exchange_answer(x, 200, MST_TYPE_CSV) : err;
}

static enum mst_err add_all(struct mst_exchange *x, struct mst_tx *tx, const struct work *work)
{
    enum mst_verdict verdict = MST_BAD_VALUE;
    size_t bad;
    enum mst_err err = work->n_ranges > 0
                           ? mst_range_add(tx, &x->model, work->ranges, work->n_ranges, &verdict)
                           : mst_serial_add(mst_exchange_domain(x), tx, &x->model, work->items,
                                            work->n_items, &verdict, &bad);

    return mst_exchange_settle(x, err, verdict);
}

enum mst_err mst_serials_change(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct work *work = x->work;
    enum mst_err err;

    if (work->is_each)
        return add_each(x, tx, work);
    if (!work->is_delete)
        err = add_all(x, tx, work);
    else if (work->n_ranges > 0)
        err = mst_range_remove(tx, &x->model, work->ranges, work->n_ranges);
    else
        err = remove_all(x, tx, work);
    return err == MST_OK ? mst_exchange_answer(x, 205, NULL) : err;
}

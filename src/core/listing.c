/*
 * Listing serial numbers, all or none of them, or each judged by itself.
 *
 * Either goes through the serial numbers in bytewise order, whatever the order they came in: the
 * store's trees are then walked from left to right, and what is listed already can be skipped
 * over. Of equal ones that which came first goes first, so that it is the one that is listed.
 */
#include <stdlib.h>

#include "core/serial.h"

struct judged {
    enum mst_listed what;
    int64_t model_id; /* MST_LISTED_ELSEWHERE */
};

struct work {
    const struct mst_domain *domain;
    struct mst_tx *tx;
    const struct mst_row_model *model;
    const struct mst_serial_item *items;
    const struct mst_serial_item **order; /* the well-formed ones */
    struct judged *judged;                /* of items */
    size_t n_items, n_order;
};

/* ---- order ---- */

static int compare_items(const void *a, const void *b)
{
    const struct mst_serial_item *const *x = a, *const *y = b;
    int order = mst_span_cmp((*x)->sn, (*y)->sn);

    return order != 0 ? order : (*x > *y) - (*x < *y);
}

static enum mst_err begin(struct work *work)
{
    struct mst_arena *arena = mst_tx_arena(work->tx);
    bool is_ordered = true;

    work->order = mst_arena_array(arena, work->n_items, sizeof(struct mst_serial_item *));
    work->judged = mst_arena_array(arena, work->n_items, sizeof *work->judged);
    if (!work->order || !work->judged)
        return MST_ENOMEM;
    for (size_t i = 0; i < work->n_items; i++) {
        const struct mst_serial_item *item = &work->items[i];
        size_t n = work->n_order;

        if (!mst_name_is_sn(item->sn) || !mst_name_is_extra(item->extra)) {
            work->judged[i] = (struct judged){.what = MST_LISTED_BAD};
            continue;
        }
        work->judged[i] = (struct judged){.what = MST_LISTED_NEW}; /* until it is found */
        is_ordered = is_ordered && (n == 0 || mst_span_cmp(work->order[n - 1]->sn, item->sn) <= 0);
        work->order[work->n_order++] = item;
    }
    if (!is_ordered)
        qsort(work->order, work->n_order, sizeof(struct mst_serial_item *), compare_items);
    return MST_OK;
}

/* ---- looking ---- */

/* A listed serial number; sn is empty if there is none. */
struct found {
    const struct mst_row_model *model;
    struct mst_span sn, extra;
    int64_t model_id;
};

/* The model's own goes before another's. */
static enum mst_err note_listed(void *arg, const void *row)
{
    const struct mst_row_serial *serial = row;
    struct found *found = arg;

    found->sn = serial->sn;
    found->extra = serial->extra;
    found->model_id = serial->model_id;
    return serial->model_id == found->model->id ? MST_EREFUSED : MST_OK;
}

/* Serial number sn itself, or with is_next the first behind it, within what must not list one twice. */
static enum mst_err look_up(const struct work *work, struct mst_span sn, bool is_next,
                            struct found *ret)
{
    bool is_wide = !work->domain->is_sn_scope_model;
    const struct mst_row_serial key = {
        .vendor_id = work->model->vendor_id, .model_id = work->model->id, .sn = sn};
    const struct mst_scan scan = {.index = is_wide ? MST_IX_SERIAL_VENDOR : MST_IX_SERIAL,
                                  .key = &key,
                                  .n_fixed = is_next ? 1 : 2,
                                  .has_after = is_next,
                                  .limit = is_next ? 1 : 0};

    *ret = (struct found){.model = work->model};
    return mst_tx_scan(work->tx, &scan, note_listed, ret);
}

/* ---- judging ---- */

static void set(struct work *work, const struct mst_serial_item *item, enum mst_listed what,
                int64_t model_id)
{
    work->judged[item - work->items] = (struct judged){what, model_id};
}

static enum mst_listed same_or_not(struct mst_span extra, struct mst_span listed)
{
    return mst_span_eq(extra, listed) ? MST_LISTED_SAME : MST_LISTED_OTHER_TEXT;
}

/* From i on, all that is this serial number; gives the first that is not. */
static size_t judge_listed(struct work *work, size_t i, const struct found *found)
{
    for (; i < work->n_order && mst_span_eq(work->order[i]->sn, found->sn); i++)
        set(work, work->order[i],
            found->model_id != work->model->id ? MST_LISTED_ELSEWHERE
                                               : same_or_not(work->order[i]->extra, found->extra),
            found->model_id);
    return i;
}

/* From i on, all before the next that is listed: of equal ones the first is new. */
static size_t judge_new(struct work *work, size_t i, struct mst_span next)
{
    const struct mst_serial_item *first = NULL;

    for (; i < work->n_order; i++) {
        const struct mst_serial_item *item = work->order[i];

        if (next.len > 0 && mst_span_cmp(item->sn, next) >= 0)
            break;
        if (first && mst_span_eq(first->sn, item->sn)) {
            set(work, item, same_or_not(item->extra, first->extra), 0);
            continue;
        }
        first = item;
        set(work, item, MST_LISTED_NEW, 0);
    }
    return i;
}

/*
 * The next listed one behind an item tells how many items need no look of their own: for new serial
 * numbers, which mostly lie behind or between all others, that is all of them.
 */
static enum mst_err judge(struct work *work)
{
    size_t i = 0;

    while (i < work->n_order) {
        const struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(work->tx));
        struct found found;
        enum mst_err err = look_up(work, work->order[i]->sn, false, &found);

        if (err == MST_OK && found.sn.len > 0) {
            i = judge_listed(work, i, &found);
        } else if (err == MST_OK) {
            err = look_up(work, work->order[i]->sn, true, &found);
            if (err == MST_OK)
                i = judge_new(work, i, found.sn);
        }
        if (err != MST_OK)
            return err;
        mst_arena_rewind(mst_tx_arena(work->tx), mark);
    }
    return MST_OK;
}

/* ---- writing ---- */

static enum mst_err insert_new(const struct work *work)
{
    for (size_t i = 0; i < work->n_order; i++) {
        struct mst_row_serial serial = {.model_id = work->model->id,
                                        .sn = work->order[i]->sn,
                                        .vendor_id = work->model->vendor_id,
                                        .extra = work->order[i]->extra};
        enum mst_err err;

        if (work->judged[work->order[i] - work->items].what != MST_LISTED_NEW)
            continue;
        err = mst_tx_insert(work->tx, MST_TABLE_SERIAL, &serial);
        if (err != MST_OK)
            return err;
    }
    return MST_OK;
}

/* The first, in order, that is not as wanted; n_items if there is none. */
static size_t first_judged(const struct work *work, bool is_bad)
{
    for (size_t i = 0; i < work->n_items; i++) {
        enum mst_listed what = work->judged[i].what;

        if (is_bad ? what == MST_LISTED_BAD : what != MST_LISTED_NEW)
            return i;
    }
    return work->n_items;
}

enum mst_err mst_serial_add(const struct mst_domain *domain, struct mst_tx *tx,
                            const struct mst_row_model *model, const struct mst_serial_item *items,
                            size_t n_items, enum mst_verdict *ret_verdict, size_t *ret_bad)
{
    struct work work = {
        .domain = domain, .tx = tx, .model = model, .items = items, .n_items = n_items};
    size_t bad;
    enum mst_err err;

    if (n_items == 0 || n_items > MST_SERIALS_MAX) {
        *ret_verdict = MST_BAD_VALUE;
        *ret_bad = n_items ? MST_SERIALS_MAX : 0;
        return MST_OK;
    }
    err = begin(&work);
    if (err != MST_OK)
        return err;
    bad = first_judged(&work, true);
    if (bad < n_items) {
        *ret_verdict = MST_BAD_VALUE;
        *ret_bad = bad;
        return MST_OK;
    }
    err = judge(&work);
    if (err != MST_OK)
        return err;
    bad = first_judged(&work, false);
    if (bad < n_items) {
        *ret_verdict = MST_EXISTS;
        *ret_bad = bad;
        return MST_OK;
    }
    err = insert_new(&work);
    if (err == MST_OK)
        *ret_verdict = MST_DONE;
    return err;
}

static enum mst_err model_name(struct mst_tx *tx, int64_t model_id, struct mst_row_model *model)
{
    if (model->id == model_id)
        return MST_OK;
    *model = (struct mst_row_model){.id = model_id};
    return mst_tx_get(tx, MST_IX_MODEL, model);
}

static enum mst_err tell(const struct work *work, mst_listed_each *each, void *arg)
{
    struct mst_row_model model = {0};

    for (size_t i = 0; i < work->n_items; i++) {
        const struct judged *judged = &work->judged[i];
        bool is_elsewhere = judged->what == MST_LISTED_ELSEWHERE;
        enum mst_err err = MST_OK;

        if (judged->what == MST_LISTED_NEW)
            continue;
        if (is_elsewhere)
            err = model_name(work->tx, judged->model_id, &model);
        if (err == MST_OK)
            err = each(arg, i, judged->what, is_elsewhere ? model.name : (struct mst_span){0});
        if (err != MST_OK)
            return err;
    }
    return MST_OK;
}

enum mst_err mst_serial_add_each(const struct mst_domain *domain, struct mst_tx *tx,
                                 const struct mst_row_model *model,
                                 const struct mst_serial_item *items, size_t n_items, bool is_trial,
                                 mst_listed_each *each, void *arg)
{
    struct work work = {
        .domain = domain, .tx = tx, .model = model, .items = items, .n_items = n_items};
    enum mst_err err = begin(&work);

    if (err == MST_OK)
        err = judge(&work);
    if (err == MST_OK && !is_trial)
        err = insert_new(&work);
    return err == MST_OK ? tell(&work, each, arg) : err;
}

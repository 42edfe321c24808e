#include <assert.h>
#include <stdlib.h>

#include "wire/record.h"

enum { SECOND_MS = 1000, FRACTION_DIGITS = 3 };

/* The first three digits of a fraction, as milliseconds. */
static bool read_fraction(struct mst_span digits, int64_t *ret_ms)
{
    int64_t ms = 0;

    for (size_t i = 0; i < digits.len; i++)
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
            return false;
    for (size_t i = 0; i < FRACTION_DIGITS; i++)
        ms = ms * 10 + (i < digits.len ? digits.ptr[i] - '0' : 0);
    *ret_ms = ms;
    return digits.len > 0;
}

/* [-] seconds [. fraction] */
static bool read_time(struct mst_span text, int64_t now_s, int64_t max_s, int64_t *ret_ms)
{
    bool is_offset = mst_span_starts(text, MST_LIT("-"));
    struct mst_span number = mst_span_cut(text, is_offset ? 1 : 0, text.len);
    size_t dot = mst_span_find(number, '.', 0);
    int64_t fraction_ms = 0, ms;
    uint64_t seconds;

    if (mst_span_u64(mst_span_cut(number, 0, dot), (uint64_t)max_s, &seconds) != MST_OK)
        return false;
    if (dot < number.len && !read_fraction(mst_span_cut(number, dot + 1, number.len), &fraction_ms))
        return false;
    ms = (int64_t)seconds * SECOND_MS + fraction_ms;
    if (is_offset)
        ms = now_s * SECOND_MS - ms;
    if (ms < 0 || ms / SECOND_MS > max_s)
        return false;
    *ret_ms = ms;
    return true;
}

/* By alias, time, and place in the body. */
static int compare(const void *a, const void *b)
{
    const struct mst_record_point *x = a, *y = b;
    int order = mst_span_cmp(x->alias, y->alias);

    if (order == 0)
        order = (x->at_ms > y->at_ms) - (x->at_ms < y->at_ms);
    return order != 0 ? order : (x->item > y->item) - (x->item < y->item);
}

static void mark_too_near(struct mst_record *record)
{
    const struct mst_record_point *good = NULL;

    for (size_t i = 0; i < record->n_points; i++) {
        struct mst_record_point *point = &record->points[i];

        point->is_too_near = good && mst_span_eq(good->alias, point->alias) &&
                             point->at_ms - good->at_ms < SECOND_MS;
        if (!point->is_too_near)
            good = point;
    }
}

enum mst_err mst_record_read(struct mst_arena *arena, const struct mst_form *form,
                             const struct mst_span *alias, int64_t now_s, int64_t max_s,
                             size_t max_points, struct mst_record *ret_record)
{
    struct mst_record record = {.n_points = 0};
    struct mst_span plus = {NULL, 0};

    assert(max_s >= 0 && max_s < INT64_MAX / SECOND_MS - 1);
    if (form->n_items > 0 &&
        !(record.points = mst_arena_array(arena, form->n_items, sizeof record.points[0])))
        return MST_ENOMEM;
    for (size_t i = 0; i < form->n_items; i++) {
        const struct mst_form_item *item = &form->items[i];
        struct mst_record_point *point = &record.points[record.n_points];

        if (mst_span_eq(item->name, MST_LIT("alias"))) {
            enum mst_err err = mst_form_plus(arena, item->raw_value, &plus);
            if (err != MST_OK)
                return err;
            alias = &item->value;
            continue;
        }
        if (!alias || !read_time(item->name, now_s, max_s, &point->at_ms))
            return MST_ESYNTAX;
        if (record.n_points == max_points)
            return MST_EFULL;
        point->alias = *alias;
        point->plus = plus;
        point->item = item;
        record.n_points++;
    }
    if (record.n_points > 0)
        qsort(record.points, record.n_points, sizeof record.points[0], compare);
    mark_too_near(&record);
    *ret_record = record;
    return MST_OK;
}

enum mst_err mst_record_print_too_near(struct mst_buf *out, const struct mst_record *record)
{
    const struct mst_record_point *last = NULL;

    for (size_t i = 0; i < record->n_points; i++) {
        const struct mst_record_point *point = &record->points[i];

        if (!point->is_too_near)
            continue;
        if (last && mst_span_eq(last->alias, point->alias)) {
            (void)mst_pct_encode(out, MST_LIT(","));
        } else {
            (void)mst_buf_add_str(out, last ? "&" : "");
            (void)mst_pct_encode(out, point->alias);
            (void)mst_buf_add_byte(out, '=');
        }
        (void)mst_pct_encode(out, point->item->name);
        last = point;
    }
    return mst_buf_err(out);
}

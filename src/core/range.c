/*
 * Ranges of one shape in one model never overlap, so of all that could hold a number only one
 * can: the last whose first is not above it. The index on (model, shape, first) leads there.
 */
#include "core/range.h"
#include "core/sweep.h"

/* ---- rows ---- */

/* Orders as an integer with a sign as the other does without. */
static int64_t stored(uint64_t value)
{
    return (int64_t)(value ^ UINT64_C(1) << 63);
}

static uint64_t unstored(int64_t value)
{
    return (uint64_t)value ^ UINT64_C(1) << 63;
}

/* sn_range.shape: the format in bits 0 to 7, the casing in 8 to 15, above them the length. */
static int64_t shape_number(const struct mst_sn_shape *shape)
{
    return (int64_t)shape->format | (int64_t)shape->casing << 8 | (int64_t)shape->length << 16;
}

enum mst_err mst_range_of(const struct mst_row_sn_range *row, struct mst_sn_range *ret_range)
{
    const uint64_t shape = (uint64_t)row->shape;
    const struct mst_sn_range range = {
        .shape = {.format = (enum mst_sn_format)(shape & 0xFF),
                  .casing = (enum mst_sn_casing)(shape >> 8 & 0xFF),
                  .length = (unsigned)(shape >> 16)},
        .first = unstored(row->first),
        .last = unstored(row->last)
    };

    if (range.shape.format >= MST_SN_FORMATS || range.shape.casing >= MST_SN_CASINGS ||
        !mst_sn_range_is_good(&range))
        return MST_ECORRUPT;
    *ret_range = range;
    return MST_OK;
}

static enum mst_err note_row(void *arg, const void *row)
{
    *(struct mst_row_sn_range *)arg = *(const struct mst_row_sn_range *)row;
    return MST_EREFUSED;
}

/* The last range of this shape that begins at or below value; id 0 if there is none. */
static enum mst_err last_from(struct mst_tx *tx, int64_t model_id, const struct mst_sn_shape *shape,
                              uint64_t value, struct mst_row_sn_range *ret_row)
{
    const bool is_end = value == UINT64_MAX;
    const struct mst_row_sn_range key = {.model_id = model_id,
                                         .shape = shape_number(shape),
                                         .first = is_end ? 0 : stored(value + 1)};
    const struct mst_scan scan = {.index = MST_IX_SN_RANGE_FIRST,
                                  .key = &key,
                                  .n_fixed = 2,
                                  .has_after = !is_end,
                                  .is_descending = true,
                                  .limit = 1};

    *ret_row = (struct mst_row_sn_range){0};
    return mst_tx_scan(tx, &scan, note_row, ret_row);
}

/* ---- adding, removing ---- */

static enum mst_err count_row(void *arg, const void *row)
{
    (void)row;
    *(size_t *)arg += 1;
    return MST_OK;
}

static enum mst_err count(struct mst_tx *tx, int64_t model_id, size_t *ret_n)
{
    const struct mst_row_sn_range key = {.model_id = model_id};
    const struct mst_scan scan = {
        .index = MST_IX_SN_RANGE_FIRST, .key = &key, .n_fixed = 1, .limit = MST_RANGES_MAX};

    *ret_n = 0;
    return mst_tx_scan(tx, &scan, count_row, ret_n);
}

static enum mst_err add_one(struct mst_tx *tx, int64_t model_id, const struct mst_sn_range *range,
                            enum mst_verdict *ret_verdict)
{
    struct mst_row_sn_range row = {.model_id = model_id,
                                   .shape = shape_number(&range->shape),
                                   .first = stored(range->first),
                                   .last = stored(range->last)};
    struct mst_row_sn_range below;
    enum mst_err err = last_from(tx, model_id, &range->shape, range->last, &below);

    if (err != MST_OK)
        return err;
    if (below.id != 0 && below.last >= row.first) {
        *ret_verdict = MST_OVERLAPS;
        return MST_OK;
    }
    *ret_verdict = MST_DONE;
    return mst_tx_insert(tx, MST_TABLE_SN_RANGE, &row);
}

enum mst_err mst_range_add(struct mst_tx *tx, const struct mst_row_model *model,
                           const struct mst_sn_range *ranges, size_t n_ranges,
                           enum mst_verdict *ret_verdict)
{
    enum mst_verdict verdict = MST_DONE;
    size_t n = 0;
    enum mst_err err = count(tx, model->id, &n);

    if (err != MST_OK)
        return err;
    for (size_t i = 0; i < n_ranges && verdict == MST_DONE; i++)
        verdict = mst_sn_range_is_good(&ranges[i]) ? MST_DONE : MST_BAD_VALUE;
    if (n_ranges == 0)
        verdict = MST_BAD_VALUE;
    else if (verdict == MST_DONE && n_ranges > MST_RANGES_MAX - n)
        verdict = MST_NO_ROOM;
    for (size_t i = 0; i < n_ranges && verdict == MST_DONE && err == MST_OK; i++)
        err = add_one(tx, model->id, &ranges[i], &verdict);
    if (err == MST_OK)
        *ret_verdict = verdict;
    return err;
}

enum mst_err mst_range_has(struct mst_tx *tx, int64_t model_id, const struct mst_sn_range *range,
                           bool *ret_has)
{
    struct mst_row_sn_range row = {
        .model_id = model_id, .shape = shape_number(&range->shape), .first = stored(range->first)};
    enum mst_err err = mst_tx_get(tx, MST_IX_SN_RANGE_FIRST, &row);

    if (err == MST_OK || err == MST_ENOENT)
        *ret_has = err == MST_OK && row.last == stored(range->last);
    return err == MST_ENOENT ? MST_OK : err;
}

enum mst_err mst_range_remove(struct mst_tx *tx, const struct mst_row_model *model,
                              const struct mst_sn_range *ranges, size_t n_ranges)
{
    for (size_t i = 0; i < n_ranges; i++) {
        struct mst_row_sn_range row = {.model_id = model->id,
                                       .shape = shape_number(&ranges[i].shape),
                                       .first = stored(ranges[i].first)};
        enum mst_err err = mst_tx_get(tx, MST_IX_SN_RANGE_FIRST, &row);

        if (err == MST_OK && row.last == stored(ranges[i].last))
            err = mst_tx_delete(tx, MST_TABLE_SN_RANGE, &row);
        if (err != MST_OK && err != MST_ENOENT)
            return err;
    }
    return MST_OK;
}

enum mst_err mst_range_remove_all(struct mst_tx *tx, int64_t model_id)
{
    const struct mst_row_sn_range key = {.model_id = model_id};

    return mst_sweep_delete(tx, MST_IX_SN_RANGE_FIRST, &key, 1, MST_TABLE_SN_RANGE, sizeof key);
}

/* ---- looking ---- */

struct range_reader {
    enum mst_err (*each)(void *arg, const struct mst_sn_range *range);
    void *arg;
};

static enum mst_err show_range(void *arg, const void *row)
{
    const struct range_reader *reader = arg;
    struct mst_sn_range range;
    enum mst_err err = mst_range_of(row, &range);

    return err != MST_OK ? err : reader->each(reader->arg, &range);
}

enum mst_err mst_range_list(struct mst_tx *tx, const struct mst_row_model *model,
                            enum mst_err (*each)(void *arg, const struct mst_sn_range *range),
                            void *arg)
{
    const struct mst_row_sn_range key = {.model_id = model->id};
    const struct mst_scan scan = {.index = MST_IX_SN_RANGE_FIRST, .key = &key, .n_fixed = 1};
    struct range_reader reader = {each, arg};

    return mst_tx_scan(tx, &scan, show_range, &reader);
}

enum mst_err mst_range_find(struct mst_tx *tx, int64_t model_id, struct mst_span sn,
                            bool *ret_is_in, struct mst_sn_range *ret_range)
{
    struct mst_sn_reading readings[MST_SN_READINGS_MAX];
    struct mst_row_sn_range row = {.model_id = model_id};
    enum mst_err err = mst_tx_last(tx, MST_IX_SN_RANGE_FIRST, 1, &row);
    size_t n = err == MST_OK ? mst_sn_readings(sn, readings) : 0;
    bool is_in = false;

    if (err == MST_ENOENT)
        err = MST_OK;
    for (size_t i = 0; i < n && err == MST_OK && !is_in; i++) {
        err = last_from(tx, model_id, &readings[i].shape, readings[i].value, &row);
        is_in = err == MST_OK && row.id != 0 && row.last >= stored(readings[i].value);
    }
    if (is_in)
        err = mst_range_of(&row, ret_range);
    if (err == MST_OK)
        *ret_is_in = is_in;
    return err;
}

#include "core/due.h"
#include "core/copying.h"
#include "core/data.h"
#include "core/detail.h"

/* ---- rows ---- */

enum mst_err mst_due_get(struct mst_tx *tx, int64_t resource_id, enum mst_due kind,
                         int64_t *ret_due_ms)
{
    struct mst_row_due row = {.resource_id = resource_id, .kind = kind};
    enum mst_err err = mst_tx_get(tx, MST_IX_DUE, &row);

    if (err != MST_OK && err != MST_ENOENT)
        return err;
    *ret_due_ms = row.due_ms;
    return MST_OK;
}

enum mst_err mst_due_set(struct mst_tx *tx, int64_t resource_id, enum mst_due kind, int64_t due_ms)
{
    struct mst_row_due row = {.resource_id = resource_id, .kind = kind, .due_ms = due_ms};
    enum mst_err err;

    if (due_ms == 0) {
        err = mst_tx_delete(tx, MST_TABLE_DUE, &row);
        return err == MST_ENOENT ? MST_OK : err;
    }
    err = mst_tx_update(tx, MST_TABLE_DUE, &row, MST_BIT(due, due_ms));
    return err == MST_ENOENT ? mst_tx_insert(tx, MST_TABLE_DUE, &row) : err;
}

enum mst_err mst_due_put_off(struct mst_tx *tx, const struct mst_row_due *due, int64_t until_ms)
{
    const enum mst_due kind = (enum mst_due)due->kind;
    int64_t due_ms;
    enum mst_err err = mst_due_get(tx, due->resource_id, kind, &due_ms);

    return err != MST_OK || due_ms != due->due_ms
               ? err
               : mst_due_set(tx, due->resource_id, kind, until_ms);
}

/* LOOK_MAX: so many rows that trim are passed over to find timers behind them. */
enum { LOOK_MAX = 1024, TRIMS_MAX = MST_DUE_PAGE / 2 };

struct listing {
    struct mst_row_due *rows;
    size_t n, n_trims;
    int64_t until_ms, next_ms;
};

static enum mst_err note_due(void *arg, const void *row)
{
    const struct mst_row_due *due = row;
    struct listing *listing = arg;
    const bool is_trim = due->kind == MST_DUE_TRIM;
    const bool is_over = due->due_ms > listing->until_ms || listing->n == MST_DUE_PAGE;

    if (is_over || (is_trim && listing->n_trims == TRIMS_MAX)) {
        if (listing->next_ms == 0)
            listing->next_ms = due->due_ms;
        return is_over ? MST_EREFUSED : MST_OK;
    }
    listing->n_trims += is_trim;
    listing->rows[listing->n++] = *due;
    return MST_OK;
}

enum mst_err mst_due_list(struct mst_tx *tx, int64_t until_ms,
                          struct mst_row_due ret_rows[MST_DUE_PAGE], size_t *ret_n,
                          int64_t *ret_next_ms)
{
    const struct mst_scan scan = {.index = MST_IX_DUE_AT, .limit = LOOK_MAX};
    struct listing listing = {.rows = ret_rows, .until_ms = until_ms};
    enum mst_err err = mst_tx_scan(tx, &scan, note_due, &listing);

    *ret_n = listing.n;
    *ret_next_ms = listing.next_ms;
    return err;
}

/* ---- trimming ---- */

/* Unix seconds as milliseconds; the end of time instead of an overflow. */
static int64_t ms_of(int64_t s)
{
    int64_t ms;

    return __builtin_mul_overflow(s, INT64_C(1000), &ms) ? INT64_MAX : ms;
}

static int64_t add_s(int64_t at, int64_t s)
{
    int64_t sum;

    return __builtin_add_overflow(at, s, &sum) ? INT64_MAX : sum;
}

/* How long more than keep_count may stay. To find what is too much costs a look at all that stays: the
   more it is, the more comes together before. */
static int64_t delay_ms(int64_t keep_count)
{
    const int64_t more_ms = keep_count == MST_KEEP_ALL ? 0 : keep_count / MST_TRIM_LOOKS_PER_MS;

    return MST_TRIM_DELAY_MS + (more_ms < MST_TRIM_DELAY_MAX_MS ? more_ms : MST_TRIM_DELAY_MAX_MS);
}

enum mst_err mst_due_to_trim(struct mst_tx *tx, int64_t resource_id, int64_t at, int64_t keep_count,
                             int64_t keep_s)
{
    const int64_t counted_ms = mst_tx_wall_now_ms(tx) + delay_ms(keep_count);
    int64_t wanted_ms = INT64_MAX, due_ms;
    enum mst_err err = mst_due_get(tx, resource_id, MST_DUE_TRIM, &due_ms);

    if (err != MST_OK || keep_count == 0)
        return err;
    if (keep_s != MST_KEEP_ALL)
        wanted_ms = ms_of(add_s(add_s(at, keep_s), 1));
    if (keep_count != MST_KEEP_ALL && wanted_ms > counted_ms)
        wanted_ms = counted_ms;
    if (due_ms != 0 && due_ms <= wanted_ms)
        return MST_OK;
    return mst_due_set(tx, resource_id, MST_DUE_TRIM, wanted_ms);
}

static enum mst_err note_time(void *arg, const void *row)
{
    int64_t *at = arg;

    *at = ((const struct mst_row_point *)row)->at;
    return MST_EREFUSED;
}

/* The point behind the offset newest ones; *at is left if there is none. */
static enum mst_err find_time(struct mst_tx *tx, int64_t resource_id, int64_t offset, int64_t *at)
{
    const struct mst_row_point key = {.dataport_id = resource_id};
    const struct mst_scan scan = {.index = MST_IX_POINT,
                                  .key = &key,
                                  .n_fixed = 1,
                                  .is_descending = true,
                                  .offset = (uint64_t)offset,
                                  .limit = 1};

    return mst_tx_scan(tx, &scan, note_time, at);
}

enum mst_err mst_trim_plan(struct mst_tx *tx, const struct mst_row_due *due,
                           struct mst_trim *ret_trim)
{
    struct mst_row_resource resource = {.id = due->resource_id};
    struct mst_trim trim = {.resource_id = due->resource_id,
                            .kind = (enum mst_due)due->kind,
                            .due_ms = due->due_ms,
                            .until = INT64_MIN,
                            .last_at = INT64_MIN};
    struct mst_detail detail;
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);

    trim.is_gone = err == MST_ENOENT;
    if (trim.is_gone)
        err = mst_copying_has_source(tx, due->resource_id, &trim.is_kept);
    else if (err == MST_OK)
        err = mst_detail_read(mst_tx_arena(tx), resource.detail, &detail);
    if (err == MST_OK && !trim.is_gone) {
        trim.keep_count = detail.keep_count;
        trim.keep_s = detail.keep_s;
        err = find_time(tx, due->resource_id, 0, &trim.last_at);
        if (err == MST_OK && detail.keep_count != MST_KEEP_ALL)
            err = find_time(tx, due->resource_id, detail.keep_count, &trim.until);
        if (detail.keep_s != MST_KEEP_ALL && mst_tx_wall_now(tx) - detail.keep_s - 1 > trim.until)
            trim.until = mst_tx_wall_now(tx) - detail.keep_s - 1;
    }
    if (err == MST_OK)
        *ret_trim = trim;
    return err;
}

/* When the oldest point that is left will be too old, or one came that was not counted. */
static enum mst_err set_next(struct mst_tx *tx, const struct mst_trim *trim, int64_t oldest_at)
{
    int64_t newest_at = INT64_MIN, next_ms = 0;
    enum mst_err err = find_time(tx, trim->resource_id, 0, &newest_at);

    if (err != MST_OK)
        return err;
    if (trim->keep_s != MST_KEEP_ALL && oldest_at != INT64_MAX)
        next_ms = ms_of(add_s(add_s(oldest_at, trim->keep_s), 1));
    if (newest_at > trim->last_at)
        next_ms = mst_tx_wall_now_ms(tx) + delay_ms(trim->keep_count);
    return mst_due_set(tx, trim->resource_id, MST_DUE_TRIM, next_ms);
}

/* No timer runs for it any more, whatever else has to wait. */
static enum mst_err trim_gone(struct mst_tx *tx, const struct mst_trim *trim, size_t *room)
{
    static const struct mst_data_window all = {.from = INT64_MIN, .to = INT64_MAX};
    int64_t left_at;
    bool is_more = false;
    enum mst_err err = mst_due_set(tx, trim->resource_id, MST_DUE_RULE, 0);

    if (err == MST_OK && trim->is_kept)
        return mst_due_set(tx, trim->resource_id, MST_DUE_TRIM,
                           mst_tx_wall_now_ms(tx) + MST_DROPPED_AGAIN_MS);
    if (err == MST_OK)
        err = mst_data_remove(tx, trim->resource_id, &all, room, &is_more, &left_at);
    if (err == MST_OK && !is_more)
        err = mst_data_flush(tx, trim->resource_id, &is_more);
    return err == MST_OK ? mst_due_set(tx, trim->resource_id, MST_DUE_TRIM,
                                       is_more ? mst_tx_wall_now_ms(tx) : 0)
                         : err;
}

enum mst_err mst_trim_run(struct mst_tx *tx, const struct mst_trim *trim, size_t *room)
{
    const struct mst_data_window past = {.from = INT64_MIN, .to = trim->until};
    int64_t due_ms, oldest_at = INT64_MAX;
    bool is_more;
    enum mst_err err = mst_due_get(tx, trim->resource_id, trim->kind, &due_ms);

    if (err != MST_OK || due_ms != trim->due_ms)
        return err;
    if (trim->is_gone)
        return trim_gone(tx, trim, room);
    err = mst_data_remove(tx, trim->resource_id, &past, room, &is_more, &oldest_at);
    if (err == MST_OK && is_more)
        return mst_due_set(tx, trim->resource_id, MST_DUE_TRIM, mst_tx_wall_now_ms(tx));
    return err == MST_OK ? set_next(tx, trim, oldest_at) : err;
}

#include "core/since.h"

/* FNV-1a. Nobody gains by finding two texts alike: it is his own value that he would not be told. */
static uint64_t hash(struct mst_span text)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < text.len; i++)
        value = (value ^ (unsigned char)text.ptr[i]) * UINT64_C(0x100000001b3);
    return value;
}

struct mst_since mst_since_time(int64_t at)
{
    return (struct mst_since){.from = at < INT64_MAX ? at + 1 : at};
}

struct mst_since mst_since_point(const struct mst_row_point *point)
{
    return (struct mst_since){.from = point->at, .has_seen = true, .seen = hash(point->value)};
}

enum mst_err mst_since_now(struct mst_tx *tx, int64_t dataport_id, struct mst_since *ret_since)
{
    struct mst_row_point point = {.dataport_id = dataport_id, .at = mst_tx_wall_now(tx)};
    enum mst_err err = mst_tx_get(tx, MST_IX_POINT, &point);

    if (err == MST_OK)
        *ret_since = mst_since_point(&point);
    else if (err == MST_ENOENT)
        *ret_since = (struct mst_since){.from = point.at};
    return err == MST_ENOENT ? MST_OK : err;
}

struct search {
    const struct mst_since *since;
    struct mst_row_point *point;
    bool is_found;
};

static enum mst_err take_new(void *arg, const void *row)
{
    struct search *search = arg;
    const struct mst_row_point *point = row;

    if (search->since->has_seen && point->at == search->since->from &&
        hash(point->value) == search->since->seen)
        return MST_OK;
    *search->point = *point;
    search->is_found = true;
    return MST_EREFUSED;
}

enum mst_err mst_since_next(struct mst_tx *tx, int64_t dataport_id, const struct mst_since *since,
                            enum mst_verdict *ret_verdict, struct mst_row_point *ret_point)
{
    const struct mst_row_point key = {.dataport_id = dataport_id,
                                      .at = since->from > INT64_MIN ? since->from - 1 : INT64_MIN};
    const struct mst_scan scan = {
        .index = MST_IX_POINT, .key = &key, .n_fixed = 1, .has_after = true, .limit = 2};
    struct mst_row_point latest = {.dataport_id = dataport_id};
    struct search search = {.since = since, .point = ret_point};
    enum mst_err err;

    /* The latest is often remembered; a scan never is. */
    err = mst_tx_last(tx, MST_IX_POINT, 1, &latest);
    if (err == MST_OK && latest.at >= since->from)
        err = mst_tx_scan(tx, &scan, take_new, &search);
    if (err == MST_OK || err == MST_ENOENT)
        *ret_verdict = search.is_found ? MST_DONE : MST_NOT_FOUND;
    return err == MST_ENOENT ? MST_OK : err;
}

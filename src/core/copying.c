#include "core/copying.h"

static enum mst_err note_copy(void *arg, const void *row)
{
    struct mst_row_point_copy *copy = arg;

    *copy = *(const struct mst_row_point_copy *)row;
    return MST_EREFUSED;
}

enum mst_err mst_copying_first(struct mst_tx *tx, struct mst_row_point_copy *ret_copy)
{
    const struct mst_scan scan = {.index = MST_IX_POINT_COPY, .limit = 1};
    struct mst_row_point_copy copy = {0};
    enum mst_err err = mst_tx_scan(tx, &scan, note_copy, &copy);

    if (err != MST_OK || copy.target_id == 0)
        return err != MST_OK ? err : MST_ENOENT;
    *ret_copy = copy;
    return MST_OK;
}

enum mst_err mst_copying_has_source(struct mst_tx *tx, int64_t resource_id, bool *ret_has)
{
    const struct mst_row_point_copy key = {.source_id = resource_id};
    const struct mst_scan scan = {
        .index = MST_IX_POINT_COPY_FROM, .key = &key, .n_fixed = 1, .limit = 1};
    struct mst_row_point_copy copy = {0};
    enum mst_err err = mst_tx_scan(tx, &scan, note_copy, &copy);

    if (err == MST_OK)
        *ret_has = copy.target_id != 0;
    return err;
}

/* ---- points ---- */

enum { PAGE = 64 };

struct page {
    struct mst_row_point points[PAGE];
    size_t n;
};

static enum mst_err keep_point(void *arg, const void *row)
{
    struct page *page = arg;

    page->points[page->n++] = *(const struct mst_row_point *)row;
    return MST_OK;
}

/* At most a page of points; *ret_bytes counts their values. */
static enum mst_err copy_page(struct mst_tx *tx, const struct mst_row_point_copy *copy,
                              int64_t *before, size_t *ret_n, size_t *ret_bytes)
{
    const struct mst_row_point key = {.dataport_id = copy->source_id, .at = *before};
    const struct mst_scan scan = {.index = MST_IX_POINT,
                                  .key = &key,
                                  .n_fixed = 1,
                                  .has_after = true,
                                  .is_descending = true,
                                  .limit = PAGE};
    struct page page = {.n = 0};
    size_t bytes = 0;
    enum mst_err err = mst_tx_scan(tx, &scan, keep_point, &page);

    for (size_t i = 0; i < page.n && err == MST_OK; i++) {
        struct mst_row_point point = page.points[i];

        *before = point.at;
        bytes += point.value.len;
        point.dataport_id = copy->target_id;
        err = mst_tx_insert(tx, MST_TABLE_POINT, &point);
        if (err == MST_EEXIST)
            err = MST_OK;
    }
    *ret_n = page.n;
    *ret_bytes = bytes;
    return err;
}

static size_t less(size_t left, size_t taken)
{
    return left > taken ? left - taken : 0;
}

enum mst_err mst_copying_piece(struct mst_tx *tx, const struct mst_row_point_copy *copy,
                               int64_t before, struct mst_copying_budget *budget, bool *ret_is_more,
                               int64_t *ret_before)
{
    size_t n = PAGE;

    while (n == PAGE && budget->points > 0 && budget->bytes > 0) {
        struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));
        size_t bytes;
        enum mst_err err = copy_page(tx, copy, &before, &n, &bytes);

        mst_arena_rewind(mst_tx_arena(tx), mark);
        if (err != MST_OK)
            return err;
        budget->points = less(budget->points, n);
        budget->bytes = less(budget->bytes, bytes);
    }
    *ret_is_more = n == PAGE;
    *ret_before = before;
    return MST_OK;
}

/* ---- the end ---- */

static enum mst_err tell_if_gone(struct mst_tx *tx, int64_t resource_id,
                                 enum mst_err (*each_port)(void *arg, int64_t port_id), void *arg)
{
    struct mst_row_resource resource = {.id = resource_id};
    bool is_needed = false;
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);

    if (err != MST_ENOENT)
        return err;
    err = mst_copying_has_source(tx, resource_id, &is_needed);
    return err != MST_OK || is_needed ? err : each_port(arg, resource_id);
}

enum mst_err mst_copying_end(struct mst_tx *tx, const struct mst_row_point_copy *copy,
                             enum mst_err (*each_port)(void *arg, int64_t port_id), void *arg)
{
    enum mst_err err = mst_tx_delete(tx, MST_TABLE_POINT_COPY, copy);

    if (err == MST_OK || err == MST_ENOENT) /* its target was dropped, and the row with it */
        err = tell_if_gone(tx, copy->target_id, each_port, arg);
    if (err == MST_OK)
        err = tell_if_gone(tx, copy->source_id, each_port, arg);
    return err;
}

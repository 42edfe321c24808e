/*
 * A scan must not change the table it goes through, so a page of rows is copied
 * first and then removed; the next page starts from the beginning again. Sweeps nest (the
 * models of a vendor, their serial numbers, their logs), so a page is small.
 */
#include <assert.h>
#include <stdalign.h>
#include <string.h>

#include "core/sweep.h"

enum { PAGE_ROWS = 32, ROW_BYTES_MAX = 192 };

struct page {
    alignas(max_align_t) char rows[PAGE_ROWS * ROW_BYTES_MAX];
    size_t row_bytes;
    size_t n;
};

static enum mst_err keep_row(void *arg, const void *row)
{
    struct page *page = arg;

    memcpy(&page->rows[page->n * page->row_bytes], row, page->row_bytes);
    page->n++;
    return MST_OK;
}

enum mst_err mst_sweep(struct mst_tx *tx, enum mst_index index, const void *key, unsigned n_fixed,
                       size_t row_bytes,
                       enum mst_err (*each)(void *arg, struct mst_tx *tx, const void *row),
                       void *arg)
{
    const struct mst_scan scan = {
        .index = index, .key = key, .n_fixed = n_fixed, .limit = PAGE_ROWS};
    struct page page;
    enum mst_err err;

    assert(row_bytes <= ROW_BYTES_MAX);
    page.row_bytes = row_bytes;
    do {
        struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));

        page.n = 0;
        err = mst_tx_scan(tx, &scan, keep_row, &page);
        for (size_t i = 0; i < page.n && err == MST_OK; i++)
            err = each(arg, tx, &page.rows[i * row_bytes]);
        mst_arena_rewind(mst_tx_arena(tx), mark);
    } while (err == MST_OK && page.n == PAGE_ROWS);
    return err;
}

static enum mst_err delete_row(void *arg, struct mst_tx *tx, const void *row)
{
    const enum mst_table *table = arg;

    return mst_tx_delete(tx, *table, row);
}

enum mst_err mst_sweep_delete(struct mst_tx *tx, enum mst_index index, const void *key,
                              unsigned n_fixed, enum mst_table table, size_t row_bytes)
{
    return mst_sweep(tx, index, key, n_fixed, row_bytes, delete_row, &table);
}

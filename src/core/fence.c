/*
 * A restored store has forgotten what happened since its backup. Three things follow.
 * A device enabled at the backup may have got its key since, so no window of then may hand out
 * a key: all are closed. A key in force at the backup may have been ended since, so each is
 * suspect until it is seen or replaced. And row numbers given since were given to
 * others, so new rows get another generation, and no RID or key ever names two things.
 */
#include "core/fence.h"
#include "base/limits.h"
#include "core/enable.h"
#include "core/lifecycle.h"

enum { PAGE = 256 };

struct page {
    int64_t ids[PAGE];
    size_t n;
    int64_t last;  /* the last row looked at */
    size_t n_seen; /* in this page */
};

static enum mst_err note_live(void *arg, const void *row)
{
    const struct mst_row_client *client = row;
    struct page *page = arg;

    page->last = client->id;
    page->n_seen++;
    if (client->state == MST_STATE_ACTIVATED)
        page->ids[page->n++] = client->id;
    return MST_OK;
}

static enum mst_err mark_page(struct mst_tx *tx, const struct page *page)
{
    enum mst_err err = MST_OK;

    for (size_t i = 0; i < page->n && err == MST_OK; i++) {
        const struct mst_row_client client = {.id = page->ids[i], .suspect = MST_SUSPECT_UNSEEN};

        err = mst_tx_update(tx, MST_TABLE_CLIENT, &client, MST_BIT(client, suspect));
    }
    return err;
}

static enum mst_err mark_all(struct mst_tx *tx, uint64_t *ret_marked)
{
    struct page *page = mst_arena_alloc(mst_tx_arena(tx), sizeof *page);
    uint64_t n_marked = 0;
    enum mst_err err;

    if (!page)
        return MST_ENOMEM;
    do {
        const struct mst_row_client key = {.id = page->last};
        const struct mst_scan scan = {
            .index = MST_IX_CLIENT, .key = &key, .has_after = true, .limit = PAGE};
        const struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));

        page->n = page->n_seen = 0;
        err = mst_tx_scan(tx, &scan, note_live, page);
        if (err == MST_OK)
            err = mark_page(tx, page);
        mst_arena_rewind(mst_tx_arena(tx), mark);
        n_marked += page->n;
    } while (err == MST_OK && page->n_seen == PAGE);
    if (err == MST_OK)
        *ret_marked = n_marked;
    return err;
}

struct gens {
    int64_t gens[MST_GENS_MAX];
    size_t n;
};

static enum mst_err note_gen(void *arg, const void *row)
{
    struct gens *gens = arg;

    if (gens->n == MST_GENS_MAX - 1)
        return MST_EFULL;
    gens->gens[gens->n++] = ((const struct mst_row_gen *)row)->gen;
    return MST_OK;
}

static bool is_used(const struct gens *gens, int64_t gen)
{
    for (size_t i = 0; i < gens->n; i++)
        if (gens->gens[i] == gen)
            return true;
    return gen == 0; /* left out: a number always has more than its row */
}

static enum mst_err add_gen(struct mst_tx *tx, int64_t *ret_ix)
{
    struct gens *gens = mst_arena_alloc(mst_tx_arena(tx), sizeof *gens);
    const struct mst_scan scan = {.index = MST_IX_GEN, .key = &(struct mst_row_gen){.ix = 0}};
    struct mst_row_gen row;
    enum mst_err err = gens ? mst_tx_scan(tx, &scan, note_gen, gens) : MST_ENOMEM;

    if (err != MST_OK)
        return err;
    row.ix = (int64_t)gens->n;
    do
        row.gen = (int64_t)(mst_tx_random(tx) >> (64 - MST_GEN_BITS));
    while (is_used(gens, row.gen));
    err = mst_tx_insert(tx, MST_TABLE_GEN, &row);
    if (err == MST_OK)
        *ret_ix = row.ix;
    return err;
}

enum mst_err mst_fence(struct mst_tx *tx, struct mst_fence *ret_fence)
{
    struct mst_fence fence = {0};
    enum mst_err err = mst_close_windows(tx, &fence.windows_closed);

    if (err == MST_OK)
        err = mark_all(tx, &fence.keys_suspect);
    if (err == MST_OK)
        err = add_gen(tx, &fence.gen_ix);
    if (err == MST_OK)
        *ret_fence = fence;
    return err;
}

enum mst_err mst_fence_seen(const struct mst_domain *domain, struct mst_tx *tx, int64_t client_id,
                            bool *ret_is_first, struct mst_handle *ret_rid)
{
    struct mst_row_client client = {.id = client_id};
    struct mst_row_resource resource = {.id = client_id};
    struct mst_handle rid;
    enum mst_err err = mst_tx_get(tx, MST_IX_CLIENT, &client);

    if (err == MST_ENOENT || (err == MST_OK && client.suspect != MST_SUSPECT_UNSEEN)) {
        *ret_is_first = false;
        return MST_OK;
    }
    if (err == MST_OK)
        err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);
    if (err == MST_OK)
        err = mst_domain_rid(domain, &resource, &rid);
    if (err != MST_OK)
        return err;
    client.suspect = MST_SUSPECT_SEEN;
    err = mst_tx_update(tx, MST_TABLE_CLIENT, &client, MST_BIT(client, suspect));
    if (err == MST_OK) {
        *ret_is_first = true;
        *ret_rid = rid;
    }
    return err;
}

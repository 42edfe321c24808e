#include "core/blob.h"

int64_t mst_blob_draw(struct mst_tx *tx)
{
    int64_t id;

    do
        id = (int64_t)(mst_tx_random(tx) >> (64 - MST_ROW_BITS));
    while (id == 0);
    return id;
}

enum mst_err mst_blob_begin(const struct mst_domain *domain, struct mst_tx *tx, int64_t blob_id,
                            int64_t content_id, int64_t attempt)
{
    struct mst_row_blob blob = {.blob_id = blob_id,
                                .content_id = content_id,
                                .session = domain->session,
                                .attempt = attempt};
    enum mst_err err = mst_tx_insert(tx, MST_TABLE_BLOB, &blob);

    if (err != MST_EEXIST)
        return err;
    err = mst_tx_get(tx, MST_IX_BLOB, &blob);
    return err == MST_OK && blob.attempt != attempt ? MST_EBUSY : err;
}

enum mst_err mst_blob_add(struct mst_tx *tx, int64_t blob_id, uint64_t n, struct mst_span bytes,
                          enum mst_verdict *ret_verdict)
{
    struct mst_row_chunk chunk = {.chunk_id = MST_CHUNK_ID(blob_id, n), .bytes = bytes};
    struct mst_row_blob blob = {.blob_id = blob_id};
    enum mst_err err = mst_tx_get(tx, MST_IX_BLOB, &blob);

    if (err == MST_ENOENT || (err == MST_OK && blob.n_swept > 0)) {
        *ret_verdict = MST_NOT_FOUND;
        return MST_OK;
    }
    if (err == MST_OK)
        err = mst_tx_insert(tx, MST_TABLE_CHUNK, &chunk);
    if (err != MST_OK && err != MST_EEXIST) /* it exists: by this attempt, whose blob it is */
        return err;
    *ret_verdict = MST_DONE;
    return MST_OK;
}

enum mst_err mst_blob_read(struct mst_tx *tx, int64_t blob_id, uint64_t n,
                           struct mst_span *ret_bytes)
{
    struct mst_row_chunk chunk = {.chunk_id = MST_CHUNK_ID(blob_id, n)};
    enum mst_err err = mst_tx_get(tx, MST_IX_CHUNK, &chunk);

    if (err == MST_OK)
        *ret_bytes = chunk.bytes;
    return err;
}

/* ---- orphans ---- */

static enum mst_err judge(const struct mst_domain *domain, struct mst_tx *tx,
                          const struct mst_row_blob *blob, bool is_given_up, bool *ret_is_orphan)
{
    struct mst_row_content content = {.id = blob->content_id};
    enum mst_err err = mst_tx_get(tx, MST_IX_CONTENT, &content);

    if (err == MST_ENOENT)
        *ret_is_orphan = true;
    else if (err == MST_OK)
        *ret_is_orphan =
            content.blob_id != blob->blob_id && (is_given_up || blob->session != domain->session);
    return err == MST_ENOENT ? MST_OK : err;
}

enum mst_err mst_blob_is_orphan(const struct mst_domain *domain, struct mst_tx *tx, int64_t blob_id,
                                bool is_given_up, bool *ret_is_orphan)
{
    struct mst_row_blob blob = {.blob_id = blob_id};
    enum mst_err err = mst_tx_get(tx, MST_IX_BLOB, &blob);

    if (err == MST_OK)
        return judge(domain, tx, &blob, is_given_up, ret_is_orphan);
    if (err == MST_ENOENT)
        *ret_is_orphan = false;
    return err == MST_ENOENT ? MST_OK : err;
}

struct look {
    const struct mst_domain *domain;
    struct mst_tx *tx;
    size_t n;
    int64_t last_id, orphan_id;
};

static enum mst_err look_at(void *arg, const void *row)
{
    const struct mst_row_blob *blob = row;
    struct look *look = arg;
    bool is_orphan = false;
    enum mst_err err = judge(look->domain, look->tx, blob, false, &is_orphan);

    if (err != MST_OK)
        return err;
    look->n++;
    look->last_id = blob->blob_id;
    if (is_orphan)
        look->orphan_id = blob->blob_id;
    return is_orphan ? MST_EREFUSED : MST_OK;
}

enum mst_err mst_blob_next_orphan(const struct mst_domain *domain, struct mst_tx *tx,
                                  int64_t after_id, int64_t *ret_id, int64_t *ret_last_id)
{
    const struct mst_row_blob after = {.blob_id = after_id};
    const struct mst_scan scan = {
        .index = MST_IX_BLOB, .key = &after, .has_after = true, .limit = MST_BLOBS_LOOK};
    struct look look = {.domain = domain, .tx = tx};
    enum mst_err err = mst_tx_scan(tx, &scan, look_at, &look);

    if (err != MST_OK)
        return err;
    *ret_id = look.orphan_id;
    *ret_last_id = look.orphan_id != 0 || look.n == MST_BLOBS_LOOK ? look.last_id : 0;
    return MST_OK;
}

/* Once pieces are gone, or the row, none is added any more. */
enum mst_err mst_blob_sweep(struct mst_tx *tx, int64_t blob_id, bool *ret_is_gone)
{
    struct mst_row_blob blob = {.blob_id = blob_id};
    enum mst_err err = mst_tx_get(tx, MST_IX_BLOB, &blob);
    int n = 0;

    if (err == MST_ENOENT) {
        *ret_is_gone = true;
        return MST_OK;
    }
    for (; n < MST_BLOB_SWEEP && err == MST_OK; n++) {
        const struct mst_row_chunk chunk = {.chunk_id = MST_CHUNK_ID(blob_id, blob.n_swept)};

        err = mst_tx_delete(tx, MST_TABLE_CHUNK, &chunk);
        blob.n_swept += err == MST_OK;
    }
    if (err != MST_OK && err != MST_ENOENT)
        return err;
    *ret_is_gone = err == MST_ENOENT;
    if (*ret_is_gone)
        return mst_tx_delete(tx, MST_TABLE_BLOB, &blob);
    return mst_tx_update(tx, MST_TABLE_BLOB, &blob, MST_BIT(blob, n_swept));
}

/*
 * blob.h - the bytes of content, in content.db: pieces that are written once and never changed.
 *
 * A blob's row comes first, its pieces in order, and only then a content entry in muster.db points to it
 * (content.h). A pointer goes before its blob does. So a blob without pointer is one that is
 * being taken in, or one that nobody can reach any more: an orphan, which is swept, in bounded
 * steps. Which it is does not change back: its entry is gone, or points elsewhere and the upload was
 * given up, by the process that took it in or with it.
 *
 * Its number is drawn by chance and its attempt too, so that neither another upload nor a reader who holds
 * the number of a blob that was swept can ever meet other bytes under it.
 */
#ifndef MST_CORE_BLOB_H
#define MST_CORE_BLOB_H

#include "core/domain.h"

/* A number for a new blob, by chance. */
int64_t mst_blob_draw(struct mst_tx *tx);

/* In a MST_FILE_CONTENT command. The same attempt may come twice. MST_EBUSY: the number is another's. */
MST_MUST_USE enum mst_err mst_blob_begin(const struct mst_domain *domain, struct mst_tx *tx,
                                         int64_t blob_id, int64_t content_id, int64_t attempt);
/* Piece number n, in another such command; all but the last are of MST_PIECE_MAX bytes. The same one may
   come twice. MST_NOT_FOUND: it is being swept, because its entry went. */
MST_MUST_USE enum mst_err mst_blob_add(struct mst_tx *tx, int64_t blob_id, uint64_t n,
                                       struct mst_span bytes, enum mst_verdict *ret_verdict);

/* Piece number n. MST_ENOENT: it was swept meanwhile. */
MST_MUST_USE enum mst_err mst_blob_read(struct mst_tx *tx, int64_t blob_id, uint64_t n,
                                        struct mst_span *ret_bytes);

/* On a reader. Is it an orphan? With is_given_up its upload is known to have ended. */
MST_MUST_USE enum mst_err mst_blob_is_orphan(const struct mst_domain *domain, struct mst_tx *tx,
                                             int64_t blob_id, bool is_given_up,
                                             bool *ret_is_orphan);
/* On a reader. The first orphan behind after_id among the next MST_BLOBS_LOOK blobs, or 0; *ret_last_id is
   where to go on, 0 at the end. */
MST_MUST_USE enum mst_err mst_blob_next_orphan(const struct mst_domain *domain, struct mst_tx *tx,
                                               int64_t after_id, int64_t *ret_id,
                                               int64_t *ret_last_id);
/* Removes the next pieces of an orphan, at last its row. In a MST_FILE_CONTENT command. */
MST_MUST_USE enum mst_err mst_blob_sweep(struct mst_tx *tx, int64_t blob_id, bool *ret_is_gone);

#endif

/*
 * content.h - firmware and files of a model, as entries that point to blobs (protocol.md 2.7, 2.13).
 */
#ifndef MST_CORE_CONTENT_H
#define MST_CORE_CONTENT_H

#include "core/blob.h"
#include "core/group.h"

/* MST_NOT_FOUND. */
MST_MUST_USE enum mst_err mst_content_get(struct mst_tx *tx, int64_t model_id, struct mst_span name,
                                          enum mst_verdict *ret_verdict,
                                          struct mst_row_content *ret_content);
/* Without a blob. MST_BAD_VALUE (name, meta), MST_EXISTS, MST_NO_ROOM (MST_CONTENTS_MAX: undo). */
MST_MUST_USE enum mst_err mst_content_create(struct mst_tx *tx, int64_t model_id,
                                             struct mst_span name, struct mst_span meta,
                                             bool is_protected, enum mst_verdict *ret_verdict);
/* The entry and its memberships; its blob is then an orphan. */
MST_MUST_USE enum mst_err mst_content_delete(struct mst_tx *tx,
                                             const struct mst_row_content *content);
/* The model is deleted: all entries go. The caller takes the memberships. */
MST_MUST_USE enum mst_err mst_content_forget_model(struct mst_tx *tx, int64_t model_id);

/* Entries by name, bytewise. */
MST_MUST_USE enum mst_err
mst_content_list(struct mst_tx *tx, int64_t model_id,
                 enum mst_err (*each)(void *arg, const struct mst_row_content *content), void *arg);

/* ---- uploads ---- */

/* Of bytes whose type is not told. */
#define MST_CONTENT_MIME MST_LIT("application/octet-stream")

/* May a blob be uploaded? MST_EXISTS: there is one, and it is not to be replaced (A10). */
enum mst_verdict mst_content_takes(const struct mst_domain *domain,
                                   const struct mst_row_content *content);

/*
 * Points the entry with content's id to content's blob, and notes its mime, size, sha256 and the time:
 * the upload is done. MST_NOT_FOUND: the entry was deleted meanwhile; MST_EXISTS: another upload
 * was faster. *ret_old_id is the blob that was replaced, 0 = none. It may run twice.
 */
MST_MUST_USE enum mst_err mst_content_point(const struct mst_domain *domain, struct mst_tx *tx,
                                            const struct mst_row_content *content,
                                            enum mst_verdict *ret_verdict, int64_t *ret_old_id);

/* ---- who may download (2.7.4) ---- */

/* For mst_content_admits. MST_NO_SERIAL: unknown. MST_RESTRICTED: it is not activated. */
MST_MUST_USE enum mst_err mst_content_reach(const struct mst_domain *domain, struct mst_tx *tx,
                                            int64_t model_id, struct mst_span sn,
                                            enum mst_verdict *ret_verdict,
                                            struct mst_group_reach *ret_reach);
MST_MUST_USE enum mst_err mst_content_admits(struct mst_tx *tx, const struct mst_group_reach *reach,
                                             const struct mst_row_content *content,
                                             bool *ret_is_admitted);
/* As list, of those it admits. */
MST_MUST_USE enum mst_err
mst_content_list_for(struct mst_tx *tx, const struct mst_group_reach *reach,
                     enum mst_err (*each)(void *arg, const struct mst_row_content *content),
                     void *arg);

/* The model and serial number that the client of a key in force hangs on; texts as long as the transaction's.
   MST_RESTRICTED: it hangs on none. */
MST_MUST_USE enum mst_err mst_content_device(struct mst_tx *tx, int64_t client_id,
                                             enum mst_verdict *ret_verdict,
                                             struct mst_row_model *ret_model,
                                             struct mst_span *ret_sn);

#endif

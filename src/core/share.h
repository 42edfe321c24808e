/*
 * share.h - share codes (protocol.md 1.1, 2.15.4): the owner of a resource gives a code away, and one
 * client may activate it. That client may then read the resource, and clone it.
 *
 * A code is a handle; what it is made of stands in its row. It counts against the limits of the
 * resource's owner, and goes with the resource. If its activator goes, nobody has activated it.
 */
#ifndef MST_CORE_SHARE_H
#define MST_CORE_SHARE_H

#include "core/resource.h"

/* The share that code names; MST_NOT_FOUND. */
MST_MUST_USE enum mst_err mst_share_find(const struct mst_domain *domain, struct mst_tx *tx,
                                         struct mst_span code, enum mst_verdict *ret_verdict,
                                         struct mst_row_share *ret_share);

/* A new code for a resource of the caller's tree. MST_BAD_VALUE (meta), MST_RESTRICTED (the caller itself, or
   the root), MST_NO_ROOM. May have written when it refuses: undo. */
MST_MUST_USE enum mst_err mst_share_create(const struct mst_domain *domain, struct mst_tx *tx,
                                           int64_t caller_id,
                                           const struct mst_row_resource *resource,
                                           struct mst_span meta, enum mst_verdict *ret_verdict,
                                           struct mst_handle *ret_code);

/* Changes the meta of a code of that resource. MST_BAD_VALUE, MST_RESTRICTED, MST_NOT_FOUND. */
MST_MUST_USE enum mst_err mst_share_describe(const struct mst_domain *domain, struct mst_tx *tx,
                                             int64_t caller_id,
                                             const struct mst_row_resource *resource,
                                             struct mst_span code, struct mst_span meta,
                                             enum mst_verdict *ret_verdict);

/* The activator loses what the code gave. MST_NOT_FOUND, MST_NOT_OWNED (the resource is not below the
   caller). */
MST_MUST_USE enum mst_err mst_share_revoke(const struct mst_domain *domain, struct mst_tx *tx,
                                           int64_t caller_id, struct mst_span code,
                                           enum mst_verdict *ret_verdict);

/* client_id becomes the activator, or is it already. MST_NOT_FOUND: no such code, it has another
   activator, or the client has activated another code of the same resource. */
MST_MUST_USE enum mst_err mst_share_activate(const struct mst_domain *domain, struct mst_tx *tx,
                                             int64_t client_id, struct mst_span code,
                                             enum mst_verdict *ret_verdict,
                                             struct mst_row_share *ret_share);

/* name is a code, or the RID of a resource. MST_NOT_FOUND (no such code, or nobody has activated it),
   MST_NOT_OWNED (another client has). */
MST_MUST_USE enum mst_err mst_share_deactivate(const struct mst_domain *domain, struct mst_tx *tx,
                                               int64_t client_id, struct mst_span name,
                                               enum mst_verdict *ret_verdict);

/* Has client_id activated a code of the resource? */
MST_MUST_USE enum mst_err mst_share_is_active(struct mst_tx *tx, int64_t client_id,
                                              int64_t resource_id, bool *ret_is_active);

/* The codes of a resource, in order of creation. */
MST_MUST_USE enum mst_err
mst_share_list(struct mst_tx *tx, int64_t resource_id,
               enum mst_err (*each)(void *arg, const struct mst_row_share *share), void *arg);

/* The 40 characters of the code. */
MST_MUST_USE enum mst_err mst_share_code(const struct mst_domain *domain,
                                         const struct mst_row_share *share,
                                         struct mst_handle *ret_code);

/* ---- for what goes with other things ---- */

/* The codes of a resource that is dropped; *ret_n counts them. What they had drawn is the caller's. */
MST_MUST_USE enum mst_err mst_share_remove_all(struct mst_tx *tx, int64_t resource_id,
                                               int64_t *ret_n);
/* A client that is dropped activates nothing any more. */
MST_MUST_USE enum mst_err mst_share_leave_all(struct mst_tx *tx, int64_t client_id);
/* The share is nobody's again, if client_id is its activator. It may be gone already. */
MST_MUST_USE enum mst_err mst_share_leave(struct mst_tx *tx, int64_t client_id, int64_t share_id);

#endif

/* model.h - a vendor's models (protocol.md 2.6.1, 2.6.2). */
#ifndef MST_CORE_MODEL_H
#define MST_CORE_MODEL_H

#include "core/access.h"

/* The model of that name; MST_NO_MODEL. */
MST_MUST_USE enum mst_err mst_model_get(struct mst_tx *tx, int64_t vendor_id, struct mst_span name,
                                        enum mst_verdict *ret_verdict,
                                        struct mst_row_model *ret_model);

/* MST_BAD_VALUE (name, or template_rid is not a client below the caller), MST_EXISTS. */
MST_MUST_USE enum mst_err mst_model_create(const struct mst_domain *domain, struct mst_tx *tx,
                                           const struct mst_manager *manager, struct mst_span name,
                                           struct mst_span template_rid, int64_t options,
                                           enum mst_verdict *ret_verdict);

/* Replaces template and option set; window_s < 0 leaves the window, 0 = the default.
   MST_BAD_VALUE. */
MST_MUST_USE enum mst_err mst_model_update(const struct mst_domain *domain, struct mst_tx *tx,
                                           const struct mst_manager *manager,
                                           const struct mst_row_model *model,
                                           struct mst_span template_rid, int64_t options,
                                           int64_t window_s, enum mst_verdict *ret_verdict);

/* Transition 22: records, logs, ranges, groups and content go, clients stay. */
MST_MUST_USE enum mst_err mst_model_delete(const struct mst_domain *domain, struct mst_tx *tx,
                                           const struct mst_row_model *model);

/* Names in bytewise order. */
MST_MUST_USE enum mst_err mst_model_list(struct mst_tx *tx, int64_t vendor_id,
                                         enum mst_err (*each)(void *arg, struct mst_span name),
                                         void *arg);

/* The RID of the template; MST_NOT_FOUND if the template was dropped. */
MST_MUST_USE enum mst_err mst_model_template(const struct mst_domain *domain, struct mst_tx *tx,
                                             const struct mst_row_model *model,
                                             enum mst_verdict *ret_verdict,
                                             struct mst_handle *ret_rid);

#endif

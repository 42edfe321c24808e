/* model.h - a vendor's models (protocol.md 2.6.1, 2.6.2). */
#ifndef MST_CORE_MODEL_H
#define MST_CORE_MODEL_H

#include "core/access.h"

/* The model of that name; MST_NO_MODEL. */
MST_MUST_USE enum mst_err mst_model_get(struct mst_tx *tx, int64_t vendor_id, struct mst_span name,
                                        enum mst_verdict *ret_verdict,
                                        struct mst_row_model *ret_model);

/* How a call names the template: by its RID, then it must be a client below the caller, or by a share code, then
   by any client's. The other one is empty. */
struct mst_template {
    struct mst_span rid, code;
};

/*
 * A code is activated by the model's creator with the first model that names it, and is nobody's
 * again when the last such model is deleted or gets another template. MST_BAD_VALUE (name; both RID and code,
 * or neither; not such a client; the code is unknown, or another's), MST_EXISTS. May have written when
 * it refuses: undo.
 */
MST_MUST_USE enum mst_err mst_model_create(const struct mst_domain *domain, struct mst_tx *tx,
                                           const struct mst_manager *manager, struct mst_span name,
                                           const struct mst_template *template, int64_t options,
                                           enum mst_verdict *ret_verdict);

/* Replaces template and option set, NULL: leaves both; window_s < 0 leaves the window, 0 = the
   default. MST_BAD_VALUE: undo. */
MST_MUST_USE enum mst_err mst_model_update(const struct mst_domain *domain, struct mst_tx *tx,
                                           const struct mst_row_model *model,
                                           const struct mst_template *template, int64_t options,
                                           int64_t window_s, enum mst_verdict *ret_verdict);

/* Transition 22: records, logs, ranges, groups and content go, clients stay. */
MST_MUST_USE enum mst_err mst_model_delete(const struct mst_domain *domain, struct mst_tx *tx,
                                           const struct mst_row_model *model);

/* Names in bytewise order. */
MST_MUST_USE enum mst_err mst_model_list(struct mst_tx *tx, int64_t vendor_id,
                                         enum mst_err (*each)(void *arg, struct mst_span name),
                                         void *arg);

/* The client that enabling copies. MST_NO_TEMPLATE: it was dropped, or the code that names it was
   revoked or deactivated. */
MST_MUST_USE enum mst_err mst_model_template(struct mst_tx *tx, const struct mst_row_model *model,
                                             enum mst_verdict *ret_verdict,
                                             struct mst_row_resource *ret_template);

/* What names the template: its share code if model->share_id is not 0, else its RID.
   MST_NOT_FOUND if that is gone. */
MST_MUST_USE enum mst_err mst_model_template_name(const struct mst_domain *domain,
                                                  struct mst_tx *tx,
                                                  const struct mst_row_model *model,
                                                  enum mst_verdict *ret_verdict,
                                                  struct mst_handle *ret_name);

#endif

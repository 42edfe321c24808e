/* vendor.h - vendor names and vendor tokens (protocol.md 2.10, 2.11). */
#ifndef MST_CORE_VENDOR_H
#define MST_CORE_VENDOR_H

#include "core/access.h"

/* MST_NO_VENDOR. */
MST_MUST_USE enum mst_err mst_vendor_get(struct mst_tx *tx, struct mst_span name,
                                         enum mst_verdict *ret_verdict,
                                         struct mst_row_vendor *ret_vendor);

/* MST_BAD_VALUE, MST_NOT_DOMAIN, MST_EXISTS (the name is another client's, or this client has
   another name). The same name again: MST_DONE (A24). */
MST_MUST_USE enum mst_err mst_vendor_register(struct mst_tx *tx, const struct mst_manager *manager,
                                              struct mst_span name, enum mst_verdict *ret_verdict);

/* Models, serial numbers, tokens of the vendor go with its name; clients stay. MST_NO_VENDOR if the
   name is not registered to this client. */
MST_MUST_USE enum mst_err mst_vendor_unregister(const struct mst_domain *domain, struct mst_tx *tx,
                                                const struct mst_manager *manager,
                                                struct mst_span name,
                                                enum mst_verdict *ret_verdict);

/* Tokens of manager->vendor. MST_BAD_VALUE (name empty, too long, control characters), MST_EXISTS. */
MST_MUST_USE enum mst_err mst_token_create(const struct mst_domain *domain, struct mst_tx *tx,
                                           const struct mst_manager *manager, struct mst_span name,
                                           enum mst_verdict *ret_verdict,
                                           struct mst_handle *ret_token);
/* MST_NOT_FOUND. */
MST_MUST_USE enum mst_err mst_token_get(const struct mst_domain *domain, struct mst_tx *tx,
                                        const struct mst_manager *manager, struct mst_span name,
                                        enum mst_verdict *ret_verdict,
                                        struct mst_handle *ret_token);
/* MST_NOT_FOUND. */
MST_MUST_USE enum mst_err mst_token_delete(struct mst_tx *tx, const struct mst_manager *manager,
                                           struct mst_span name, enum mst_verdict *ret_verdict);
MST_MUST_USE enum mst_err mst_token_list(struct mst_tx *tx, const struct mst_manager *manager,
                                         enum mst_err (*each)(void *arg, struct mst_span name),
                                         void *arg);

#endif

/* access.h - who is calling, and what lies below whom (protocol.md 1.7, 2.2). */
#ifndef MST_CORE_ACCESS_H
#define MST_CORE_ACCESS_H

#include "core/domain.h"

/*
 * The client of a CIK that is in force. MST_NO_AUTH for every failure alike (rule 1.6.4);
 * MST_KEY_LOCKED, with the client too, if the key is right and in force, but the client is locked.
 */
MST_MUST_USE enum mst_err mst_access_cik(const struct mst_domain *domain, struct mst_tx *tx,
                                         struct mst_span cik, enum mst_verdict *ret_verdict,
                                         struct mst_row_client *ret_client);

/*
 * The client whose CIK text is, whatever its state and lock: for the owner's RPC calls that name a
 * client by its key. *ret_client is filled with the row that text names, or a dummy, even if
 * *ret_is_right is false.
 */
MST_MUST_USE enum mst_err mst_access_key(const struct mst_domain *domain, struct mst_tx *tx,
                                         struct mst_span cik, bool *ret_is_right,
                                         struct mst_row_client *ret_client);

struct mst_manager {
    int64_t client_id; /* whose authority it is: for a token its vendor's domain client */
    struct mst_row_client client; /* its row; texts live as long as the transaction */
    bool is_token;                /* came by a vendor token: no /provision/admin/auth (A26) */
    bool has_vendor;              /* the client owns a vendor name */
    struct mst_row_vendor vendor; /* valid if has_vendor */
};

/*
 * The caller of a call below /provision/. cik and token are the header values, empty if absent; each is
 * looked up as both kinds, the CIK header first (2.2). MST_NO_AUTH, MST_KEY_LOCKED.
 */
MST_MUST_USE enum mst_err mst_access_manager(const struct mst_domain *domain, struct mst_tx *tx,
                                             struct mst_span cik, struct mst_span token,
                                             enum mst_verdict *ret_verdict,
                                             struct mst_manager *ret_manager);

/* The resource of a RID; MST_NOT_FOUND if it is malformed or none of ours. */
MST_MUST_USE enum mst_err mst_access_rid(const struct mst_domain *domain, struct mst_tx *tx,
                                         struct mst_span rid, enum mst_verdict *ret_verdict,
                                         struct mst_row_resource *ret_resource);

/* The client that rid names, if it lies strictly below ancestor_id (1.2). */
MST_MUST_USE enum mst_err mst_access_client_below(const struct mst_domain *domain,
                                                  struct mst_tx *tx, int64_t ancestor_id,
                                                  struct mst_span rid, bool *ret_is_below,
                                                  struct mst_row_resource *ret_client);

/* Is resource_id equal to ancestor_id, or somewhere below it? */
MST_MUST_USE enum mst_err mst_access_is_within(struct mst_tx *tx, int64_t ancestor_id,
                                               int64_t resource_id, bool *ret_is_within);

#endif

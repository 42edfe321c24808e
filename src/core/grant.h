/*
 * grant.h - grant tokens (protocol.md 1.1, 2.15.4 grant): a key for a while, and for a part.
 *
 * A call with a token acts for one client, and may do to each resource that the token names, and to all
 * below it, what the token lists. A token is a handle; what it is made of stands in its row.
 * It is worth no more than the key that made it: it ends when that key's epoch does, and is locked with its client.
 */
#ifndef MST_CORE_GRANT_H
#define MST_CORE_GRANT_H

#include "core/resource.h"

struct mst_grant_terms {
    int64_t granter_id; /* whose key the call was made with */
    int64_t client_id;  /* for whom the token acts: the granter, or a client below it */
    int64_t ttl_s;
    struct mst_span permissions; /* JSON: {RID: [procedure, ...], ...}; all of client_id's tree */
};

/* A new token. Those of client_id that are good no more are removed. MST_NO_ROOM: it has MST_GRANTS_MAX
   good ones; MST_BAD_VALUE: the ttl, permissions that are too long. May have written when it refuses: undo. */
MST_MUST_USE enum mst_err mst_grant_create(const struct mst_domain *domain, struct mst_tx *tx,
                                           const struct mst_grant_terms *terms,
                                           enum mst_verdict *ret_verdict,
                                           struct mst_handle *ret_token);

/* The grant of a token that is good now. MST_NO_AUTH for every failure alike; MST_KEY_LOCKED, with the grant too. */
MST_MUST_USE enum mst_err mst_grant_find(const struct mst_domain *domain, struct mst_tx *tx,
                                         struct mst_span token, enum mst_verdict *ret_verdict,
                                         struct mst_row_grant_token *ret_grant);

/* The resources that a grant names for one procedure. */
struct mst_grant_scope {
    size_t n_ids;
    int64_t ids[MST_GRANT_RESOURCES_MAX];
};

MST_MUST_USE enum mst_err mst_grant_scope(const struct mst_domain *domain, struct mst_tx *tx,
                                          const struct mst_row_grant_token *grant,
                                          struct mst_span procedure,
                                          struct mst_grant_scope *ret_scope);

/* Is the resource one of them, or below one, and in the tree of the grant's client still? */
MST_MUST_USE enum mst_err mst_grant_covers(const struct mst_domain *domain, struct mst_tx *tx,
                                           const struct mst_row_grant_token *grant,
                                           const struct mst_grant_scope *scope, int64_t resource_id,
                                           bool *ret_is_covered);

/* ---- for drop.c ---- */

/* The tokens that act for a client that is dropped. */
MST_MUST_USE enum mst_err mst_grant_remove_all(struct mst_tx *tx, int64_t client_id);

#endif

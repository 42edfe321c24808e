/*
 * foreign.h - keys and RIDs that were brought from elsewhere (keys.md): they cannot be derived
 * from rows, so side tables hold them. Until the first of them comes, nobody looks there.
 *
 * A client with a CIK from elsewhere has MST_FOREIGN_CIK in foreign_bits, and its own derived key is
 * then nobody's; a resource with a RID from elsewhere has it in foreign_rid (its client row, if it has
 * one, MST_FOREIGN_RID), and its derived RID is then nobody's. What cannot be told from the
 * rows' own handles is never taken in: see mst_foreign_set_cik and mst_foreign_set_rid.
 */
#ifndef MST_CORE_FOREIGN_H
#define MST_CORE_FOREIGN_H

#include "core/domain.h"

/* The META row that says that something was brought from elsewhere, once; it stays for good. */
#define MST_META_FOREIGN MST_LIT("foreign")

/*
 * The client that has text as its CIK from elsewhere. All failures cost the same look-ups and
 * arithmetic, as soon as anything was ever brought in. *ret_client is left as it is if not found.
 */
MST_MUST_USE enum mst_err mst_foreign_find_cik(const struct mst_domain *domain, struct mst_tx *tx,
                                               struct mst_span text, bool *ret_is_found,
                                               struct mst_row_client *ret_client);
/* The CIK of a client that has one from elsewhere. */
MST_MUST_USE enum mst_err mst_foreign_cik(const struct mst_domain *domain, struct mst_tx *tx,
                                          const struct mst_row_client *client,
                                          struct mst_handle *ret_cik);
/*
 * Gives the client, for its present epoch, the CIK cik, and sets its bit in the struct only. Its epoch
 * must be new (mst_client_rekey). MST_BAD_VALUE if cik is none; MST_EXISTS if it is the key of any
 * client, derived or from elsewhere, whatever the state. A refusal changes nothing.
 */
MST_MUST_USE enum mst_err mst_foreign_set_cik(const struct mst_domain *domain, struct mst_tx *tx,
                                              struct mst_row_client *client, struct mst_span cik,
                                              enum mst_verdict *ret_verdict);
/* Ends it, if the client has one: the row goes; the bit goes in the struct only. */
MST_MUST_USE enum mst_err mst_foreign_end_cik(struct mst_tx *tx, struct mst_row_client *client);

/* The resource that has the RID from elsewhere; MST_NOT_FOUND. */
MST_MUST_USE enum mst_err mst_foreign_find_rid(struct mst_tx *tx, struct mst_span rid,
                                               enum mst_verdict *ret_verdict,
                                               struct mst_row_resource *ret_resource);
/*
 * Gives a resource without one a RID from elsewhere, written to its rows. MST_BAD_VALUE if rid is none,
 * MST_EXISTS if it names a resource that is there. A RID that this store once gave out itself, to
 * a resource that was dropped, may be given again.
 */
MST_MUST_USE enum mst_err mst_foreign_set_rid(const struct mst_domain *domain, struct mst_tx *tx,
                                              struct mst_row_resource *resource,
                                              struct mst_span rid, enum mst_verdict *ret_verdict);
/* For a resource that is being dropped. */
MST_MUST_USE enum mst_err mst_foreign_end_rid(struct mst_tx *tx,
                                              const struct mst_row_resource *resource);

#endif

/*
 * lending.h - models lent to other vendors (protocol.md 2.9). The vendor of a model is its lender, the
 * other one the borrower.
 *
 * What a borrower enabled is noted in serial.lent_to and, for its listings, in a row of lent_serial;
 * both go together, in mst_lending_note. The note belongs to the client that the serial number has,
 * or had: it moves with a remap, stays with an orphan, and ends with the record. Taking a share
 * back leaves the notes as they are: devices work on, the borrower is refused, and what it
 * enabled is its own again if the model is shared with it once more.
 */
#ifndef MST_CORE_LENDING_H
#define MST_CORE_LENDING_H

#include "core/client.h"

/* ---- the lender's ---- */

/* Done also if it was shared before. MST_NO_VENDOR; MST_BAD_VALUE: the model is that vendor's own. */
MST_MUST_USE enum mst_err mst_lending_add(struct mst_tx *tx, const struct mst_row_model *model,
                                          struct mst_span vendor_name,
                                          enum mst_verdict *ret_verdict);
/* MST_NOT_FOUND: not shared, or no such vendor. */
MST_MUST_USE enum mst_err mst_lending_remove(struct mst_tx *tx, const struct mst_row_model *model,
                                             struct mst_span vendor_name,
                                             enum mst_verdict *ret_verdict);
MST_MUST_USE enum mst_err mst_lending_check(struct mst_tx *tx, const struct mst_row_model *model,
                                            struct mst_span vendor_name,
                                            enum mst_verdict *ret_verdict);
/* The borrowers' names, in the order in which their vendors were registered. */
MST_MUST_USE enum mst_err mst_lending_list(struct mst_tx *tx, const struct mst_row_model *model,
                                           enum mst_err (*each)(void *arg, struct mst_span name),
                                           void *arg);

/* ---- the borrower's ---- */

/* MST_NO_SHARE, whether vendor and model exist or not. */
MST_MUST_USE enum mst_err mst_lending_find(const struct mst_domain *domain, struct mst_tx *tx,
                                           int64_t borrower_id, struct mst_span vendor_name,
                                           struct mst_span model_name,
                                           enum mst_verdict *ret_verdict,
                                           struct mst_row_vendor *ret_vendor,
                                           struct mst_row_model *ret_model);
/* The models lent to a vendor, in the order in which they were created. */
MST_MUST_USE enum mst_err mst_lending_list_borrowed(
    struct mst_tx *tx, int64_t borrower_id,
    enum mst_err (*each)(void *arg, struct mst_span vendor_name, struct mst_span model_name),
    void *arg);

/* ---- for the other use cases ---- */

/*
 * For a borrower a serial number that it did not enable is not there (2.9). borrower: NULL = the
 * lender acts, who sees everything.
 */
void mst_lending_veil(const struct mst_row_vendor *borrower, struct mst_bond *bond);
/* The same before giving it a client: what has none is there for all. */
void mst_lending_veil_taken(const struct mst_row_vendor *borrower, struct mst_bond *bond);

/* Notes that the client of a stored serial number was enabled by lent_to, 0 = by the lender. */
MST_MUST_USE enum mst_err mst_lending_note(struct mst_tx *tx, struct mst_row_serial *serial,
                                           int64_t lent_to);

/* The model is deleted: all shares of it go. Notes go with the serial numbers. */
MST_MUST_USE enum mst_err mst_lending_end_model(struct mst_tx *tx, int64_t model_id);
/* A borrower's name is given up: all shares with it, and the notes of what it enabled, go. */
MST_MUST_USE enum mst_err mst_lending_end_borrower(struct mst_tx *tx, int64_t borrower_id);

#endif

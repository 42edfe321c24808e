/* enable.h - an owner adds, re-adds, swaps and disables devices (protocol.md 2.6.5, 1.5). */
#ifndef MST_CORE_ENABLE_H
#define MST_CORE_ENABLE_H

#include "core/domain.h"

/*
 * Through a share (2.9) borrower is the vendor that acts, NULL is the model's own. A borrower gives devices to
 * owners below its own root client; all the rest it does to what it enabled itself, other serial
 * numbers are MST_NO_SERIAL to it - but UNUSED and ORPHANED ones can be enabled, and remapped to.
 */

/*
 * enable with owner (transitions 3, 7, 20): copies the model's template below the owner (1.9),
 * writes the client's meta, opens the window. In this order: MST_BAD_VALUE (owner is not a RID),
 * MST_NO_SERIAL, MST_NO_OWNER (unknown, no client, or not strictly below the model's creator or the
 * borrower), MST_HAS_CLIENT, MST_EXISTS (only a range covers it, and another model of the vendor lists
 * it), MST_NO_TEMPLATE, MST_NO_ROOM. May have written when it refuses: undo.
 */
MST_MUST_USE enum mst_err mst_enable_owner(const struct mst_domain *domain, struct mst_tx *tx,
                                           const struct mst_row_vendor *vendor,
                                           const struct mst_row_model *model,
                                           const struct mst_row_vendor *borrower,
                                           struct mst_span sn, struct mst_span owner_rid,
                                           int64_t attempt, enum mst_verdict *ret_verdict,
                                           struct mst_handle *ret_rid);

/* enable alone (8, 9, 10, 21): a new key and a new window. MST_NO_SERIAL, MST_HAS_NO_CLIENT,
   MST_ORPHANED. */
MST_MUST_USE enum mst_err mst_enable_again(const struct mst_domain *domain, struct mst_tx *tx,
                                           const struct mst_row_model *model,
                                           const struct mst_row_vendor *borrower,
                                           struct mst_span sn, int64_t attempt,
                                           enum mst_verdict *ret_verdict);

/* disable (13). Already disabled: MST_DONE. MST_NO_SERIAL, MST_HAS_NO_CLIENT, MST_ORPHANED. */
MST_MUST_USE enum mst_err mst_disable(const struct mst_domain *domain, struct mst_tx *tx,
                                      const struct mst_row_model *model,
                                      const struct mst_row_vendor *borrower, struct mst_span sn,
                                      enum mst_verdict *ret_verdict);

/* remap (14, 21): the client of old_sn moves to sn, with a new key and window; device.sn in its
   meta follows. MST_NO_SERIAL (either), MST_HAS_CLIENT (sn), MST_HAS_NO_CLIENT or MST_ORPHANED
   (old_sn), MST_EXISTS (as above, sn). The old activation goes to the log of old_sn. */
MST_MUST_USE enum mst_err mst_remap(const struct mst_domain *domain, struct mst_tx *tx,
                                    const struct mst_row_model *model,
                                    const struct mst_row_vendor *borrower, struct mst_span sn,
                                    struct mst_span old_sn, int64_t attempt,
                                    enum mst_verdict *ret_verdict);

/* Closes every pending window (design.md I9, "clock reset"); *ret_closed counts them. */
MST_MUST_USE enum mst_err mst_close_windows(struct mst_tx *tx, uint64_t *ret_closed);

#endif

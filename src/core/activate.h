/* activate.h - POST /provision/activate, to the letter of protocol.md 2.5. */
#ifndef MST_CORE_ACTIVATE_H
#define MST_CORE_ACTIVATE_H

#include "core/client.h"

struct mst_activation {
    struct mst_span vendor, model, sn; /* decoded; must not be empty (400 is the front's) */
    /* The same with '+' kept, tried if the lookup by the decoded value fails; empty = no retry. */
    struct mst_span plus_vendor, plus_model, plus_sn;
    struct mst_span peer; /* the address for the log */
    int64_t attempt;      /* random, not 0, the same when an unknown outcome is run again */
};

/*
 * MST_DONE and the CIK; MST_NO_VENDOR, MST_NO_MODEL (403); MST_NO_SERIAL (404); MST_NOT_ADDED,
 * MST_ACTIVATED, MST_SECOND_CALLER, MST_EXPIRED, MST_DISABLED, MST_ORPHANED, MST_LOCKED (409). Changes one row, the
 * client's. A repeat with the attempt that won gives MST_DONE and the same CIK again.
 */
MST_MUST_USE enum mst_err mst_activate(const struct mst_domain *domain, struct mst_tx *tx,
                                       const struct mst_activation *activation,
                                       enum mst_verdict *ret_verdict, struct mst_handle *ret_cik);

/*
 * What an activation would meet, in the order of 2.5.3: MST_NO_VENDOR; MST_NO_MODEL, with *ret_vendor
 * filled; MST_DONE, with all of them, and how the serial number stands in *ret_bond, which may be UNLISTED.
 */
MST_MUST_USE enum mst_err mst_activation_find(const struct mst_domain *domain, struct mst_tx *tx,
                                              const struct mst_activation *activation,
                                              enum mst_verdict *ret_verdict,
                                              struct mst_row_vendor *ret_vendor,
                                              struct mst_row_model *ret_model,
                                              struct mst_bond *ret_bond);

#endif

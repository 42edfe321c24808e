/* import.h - devices that bring a key of their own: fleets with hard-coded CIKs (keys.md). */
#ifndef MST_CORE_IMPORT_H
#define MST_CORE_IMPORT_H

#include "core/client.h"

struct mst_brought_key {
    struct mst_span cik;   /* 40 hex digits */
    struct mst_span owner; /* RID: enable a serial number that has no client below it; or empty */
    bool is_replacing;     /* a key in force may be ended too */
    int64_t attempt;
};

/*
 * Gives the client of a serial number the key, in force at once; any key before it is dead. If it has
 * that key in force already, nothing happens: MST_DONE. Refusals, which change nothing unless an owner
 * is given (then: undo): MST_BAD_VALUE (cik), MST_NO_SERIAL, MST_HAS_NO_CLIENT, MST_ORPHANED (no owner
 * given), MST_ACTIVATED (not replacing), MST_EXISTS (another client's key), and those of mst_enable_owner.
 * *ret_clone_id is the client if this attempt enabled it (clone.h: its points are to be copied), else 0.
 */
MST_MUST_USE enum mst_err
mst_import_serial_key(const struct mst_domain *domain, struct mst_tx *tx,
                      const struct mst_row_vendor *vendor, const struct mst_row_model *model,
                      struct mst_span sn, const struct mst_brought_key *key,
                      enum mst_verdict *ret_verdict, int64_t *ret_clone_id);

/* The same for a client that is named itself, with or without a serial number. key->owner is not used. */
MST_MUST_USE enum mst_err mst_import_client_key(const struct mst_domain *domain, struct mst_tx *tx,
                                                const struct mst_row_resource *resource,
                                                const struct mst_brought_key *key,
                                                enum mst_verdict *ret_verdict);

#endif

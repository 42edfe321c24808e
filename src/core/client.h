/*
 * client.h - a client's key row and the serial number it hangs on: what the use
 * cases of the life cycle share.
 */
#ifndef MST_CORE_CLIENT_H
#define MST_CORE_CLIENT_H

#include "core/domain.h"
#include "core/lifecycle.h"

/* The state at this moment: expiry is decided here, inside the transaction (1.5). */
enum mst_state mst_client_state(const struct mst_domain *domain, struct mst_tx *tx,
                                const struct mst_row_client *client);

/* A serial number as it stands. */
struct mst_bond {
    enum mst_state state;
    bool is_virtual;              /* UNUSED by a range alone: it has no record (transition 2) */
    struct mst_row_serial serial; /* unless UNLISTED */
    struct mst_row_client client; /* unless UNLISTED, UNUSED, ORPHANED */
};

/* MST_OK also for UNLISTED. sn must live as long as *ret_bond. */
MST_MUST_USE enum mst_err mst_bond_load(const struct mst_domain *domain, struct mst_tx *tx,
                                        int64_t model_id, struct mst_span sn,
                                        struct mst_bond *ret_bond);
/* The same for a serial row at hand. */
MST_MUST_USE enum mst_err mst_bond_of(const struct mst_domain *domain, struct mst_tx *tx,
                                      const struct mst_row_serial *serial,
                                      struct mst_bond *ret_bond);
bool mst_bond_has_client(const struct mst_bond *bond);

/* What the log of a serial number says in place of an address when a key was brought in. */
#define MST_IMPORT_PEER MST_LIT("imported")

/* What a change of a key's state needs besides the transition. */
struct mst_change {
    int64_t window_s;
    int64_t attempt;
    struct mst_span peer; /* for MST_FX_LOG */
    int64_t model_id;     /* the serial number whose log gets an activation that a new key ends; */
    struct mst_span sn;   /* empty = none */
};

/*
 * Carries out the effects on the client row (new key, window, log entry, next state) in one update
 * of that row. An activation that a new key ends goes to the log first, in a row of its own.
 */
MST_MUST_USE enum mst_err mst_client_apply(const struct mst_domain *domain, struct mst_tx *tx,
                                           struct mst_row_client *client,
                                           const struct mst_transition *transition,
                                           const struct mst_change *change);

/* Epoch + 1 and a fresh salt under the current kid, in the struct only. */
void mst_client_rekey(const struct mst_domain *domain, struct mst_tx *tx,
                      struct mst_row_client *client);

/* Moves the log entry that the client row holds to the log of (model_id, sn); nothing if none.
   Clears it in the struct only. */
MST_MUST_USE enum mst_err mst_client_settle_log(struct mst_tx *tx, struct mst_row_client *client,
                                                int64_t model_id, struct mst_span sn);

/* The key that the client has, in force or not, whether derived or brought from elsewhere. */
MST_MUST_USE enum mst_err mst_client_cik(const struct mst_domain *domain, struct mst_tx *tx,
                                         const struct mst_row_client *client,
                                         struct mst_handle *ret_cik);

/* Its RID; the resource row is looked at only if the RID was brought from elsewhere. */
MST_MUST_USE enum mst_err mst_client_rid(const struct mst_domain *domain, struct mst_tx *tx,
                                         const struct mst_row_client *client,
                                         struct mst_handle *ret_rid);

/* The window of a model, 0 meaning the default. */
int64_t mst_window_of(const struct mst_domain *domain, const struct mst_row_model *model);

/* Window time now + window, without overflow. */
int64_t mst_deadline_after(struct mst_tx *tx, int64_t window_s);

#endif

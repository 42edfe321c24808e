/* serial.h - serial numbers of a model (protocol.md 2.6.3, 2.6.5). */
#ifndef MST_CORE_SERIAL_H
#define MST_CORE_SERIAL_H

#include "core/client.h"

struct mst_serial_item {
    struct mst_span sn;
    struct mst_span extra;
};

/* Lists all or none: MST_BAD_VALUE (form of one), MST_EXISTS (one is listed, here or, with sn_scope
   vendor, under another model of the vendor; or twice in items). With a refusal *ret_bad is the
   index of the first that stands in the way. */
MST_MUST_USE enum mst_err mst_serial_add(const struct mst_domain *domain, struct mst_tx *tx,
                                         const struct mst_row_model *model,
                                         const struct mst_serial_item *items, size_t n_items,
                                         enum mst_verdict *ret_verdict, size_t *ret_bad);

/* What becomes of a serial number that is to be listed. */
enum mst_listed {
    MST_LISTED_NEW,
    MST_LISTED_SAME,       /* it is listed already, with the same text */
    MST_LISTED_OTHER_TEXT, /* it is listed already, with another text, which stays */
    MST_LISTED_ELSEWHERE,  /* another model of the vendor lists it (sn_scope vendor) */
    MST_LISTED_BAD         /* not the form of a serial number or its text */
};
/* model: the name of the other one, with MST_LISTED_ELSEWHERE. */
typedef enum mst_err mst_listed_each(void *arg, size_t index, enum mst_listed what,
                                     struct mst_span model);

/* Lists what is new; nothing is written if is_trial. It is as if the items were added one by one:
   of those that stand there twice the first is new. each is called, in order, for all that are not. */
MST_MUST_USE enum mst_err mst_serial_add_each(const struct mst_domain *domain, struct mst_tx *tx,
                                              const struct mst_row_model *model,
                                              const struct mst_serial_item *items, size_t n_items,
                                              bool is_trial, mst_listed_each *each, void *arg);

/* Gives a serial number that only a range covers the record that enabling needs (A42); nothing
   happens to others. MST_EXISTS: with sn_scope vendor, another model of the vendor lists it (A3). */
MST_MUST_USE enum mst_err mst_serial_realize(const struct mst_domain *domain, struct mst_tx *tx,
                                             const struct mst_row_model *model,
                                             struct mst_bond *bond, enum mst_verdict *ret_verdict);

/* Removes record, log and memberships in groups (15, 16, 19); the client stays (A9) unless
   is_delete_disabling. One that only a range covers goes on being covered. MST_NO_SERIAL. */
MST_MUST_USE enum mst_err mst_serial_remove(const struct mst_domain *domain, struct mst_tx *tx,
                                            const struct mst_row_model *model, struct mst_span sn,
                                            enum mst_verdict *ret_verdict);

/* Carries out event, MST_ON_DELETE or MST_ON_DELETE_MODEL, on a listed serial number. */
MST_MUST_USE enum mst_err mst_serial_forget(const struct mst_domain *domain, struct mst_tx *tx,
                                            enum mst_lifecycle_event event,
                                            const struct mst_row_serial *serial);

struct mst_serial_view {
    struct mst_span sn;
    struct mst_span extra;
    enum mst_verdict standing; /* MST_DONE: has a client; MST_HAS_NO_CLIENT; MST_ORPHANED */
    const char *
        status; /* the key's state in the words of 1.4, "" without client; a lock does not show (2.6.3) */
    bool has_rid;
    struct mst_handle rid;
    /* What the wire words hide (A13), for people: */
    bool is_disabled;
    int64_t deadline; /* window time, 0 = no open window */
};

/* MST_DONE also for UNUSED and ORPHANED: look at standing. MST_NO_SERIAL. To a borrower (2.9; NULL =
   the model's own vendor asks) what it did not enable is not there, and extra is empty. */
MST_MUST_USE enum mst_err mst_serial_get(const struct mst_domain *domain, struct mst_tx *tx,
                                         const struct mst_row_model *model,
                                         const struct mst_row_vendor *borrower, struct mst_span sn,
                                         enum mst_verdict *ret_verdict,
                                         struct mst_serial_view *ret_view);

struct mst_serial_page {
    const struct mst_row_vendor *borrower; /* who asks: sees its own; NULL = the model's vendor */
    int64_t lent_to;                       /* only what that vendor enabled; 0 = all */
    struct mst_span after;                 /* only those behind it; empty = from the first */
    uint64_t offset, limit;
};

/* Listed serial numbers in bytewise order. each may return MST_EREFUSED to stop. */
MST_MUST_USE enum mst_err
mst_serial_list(const struct mst_domain *domain, struct mst_tx *tx,
                const struct mst_row_model *model, const struct mst_serial_page *page,
                enum mst_err (*each)(void *arg, const struct mst_serial_view *view), void *arg);

/* The activation log, oldest first (1.8). MST_NO_SERIAL. */
MST_MUST_USE enum mst_err
mst_serial_log(const struct mst_domain *domain, struct mst_tx *tx,
               const struct mst_row_model *model, const struct mst_row_vendor *borrower,
               struct mst_span sn, enum mst_verdict *ret_verdict,
               enum mst_err (*each)(void *arg, int64_t at, struct mst_span peer), void *arg);

#endif

/*
 * why.h - why can this serial number not activate? An addition of ours, for the people who stand
 * between a device and its key. It goes the way of an activation (protocol.md 2.5.3), changes nothing, and
 * names what it meets first: with what it knows about it, and what to do.
 */
#ifndef MST_CORE_WHY_H
#define MST_CORE_WHY_H

#include "base/sn_range.h"
#include "core/access.h"
#include "core/activate.h"

/* The best known thing that is written almost like the one that is not known. Of the three only those are
   set that would have to be written otherwise. */
struct mst_near {
    struct mst_span vendor, model, sn;
};

struct mst_why {
    enum mst_verdict verdict; /* what a device that activates now is answered */
    const char *word;         /* for programs: "ready", "not-enabled", ... */
    const char *text, *advice;

    struct mst_span vendor, model,
        sn;                    /* as they are known here; empty from the first that is not */
    struct mst_near near;      /* with MST_NO_VENDOR, MST_NO_MODEL, MST_NO_SERIAL */
    struct mst_span elsewhere; /* another model of the vendor that lists the serial number (A3) */
    bool is_in_range;          /* and not listed; */
    struct mst_sn_range range; /* in this one */
    bool is_template_gone;     /* enabling would be refused */

    /* of the client that it has */
    bool has_client, is_locked;
    struct mst_handle rid;
    int64_t created;
    const char *status;   /* in the words of 1.4 */
    bool has_window;      /* PENDING, or EXPIRED by time: */
    int64_t deadline;     /* window time; */
    int64_t left_s;       /* from now to it; not above 0 if it is over */
    int64_t activated_at; /* 0: not with this key */
    struct mst_span activated_from;
};

/*
 * Asked by a vendor about its own devices, or through a share about those that it enabled (2.9).
 * MST_BAD_VALUE: a name is empty; MST_NO_SHARE: another vendor's model that was not shared with it.
 */
MST_MUST_USE enum mst_err mst_why(const struct mst_domain *domain, struct mst_tx *tx,
                                  const struct mst_row_vendor *asker,
                                  const struct mst_activation *activation,
                                  enum mst_verdict *ret_verdict, struct mst_why *ret_why);

#endif

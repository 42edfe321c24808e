/*
 * dispatch.h - messages of dispatches on their way out (protocol.md 2.15.5): the queue in points.db, and
 * the limits they draw from in the state file. Who sends them is server/sender.
 *
 * Each dispatch has a queue of its own, in the order in which values came in. Only the first row of a
 * queue has a due time; the others wait behind it (MST_OUTGOING_BEHIND). So a dispatch has one message
 * under way at a time, and of all dispatches the one whose first row is due longest is served next: a
 * long queue delays nobody else.
 */
#ifndef MST_CORE_DISPATCH_H
#define MST_CORE_DISPATCH_H

#include "core/quota.h"

#define MST_OUTGOING_BEHIND INT64_MAX

/* ---- the queue; in MST_FILE_POINTS commands ---- */

/* Adds a message to the dispatch's queue: the value that came in at, in Unix seconds. MST_NO_ROOM: MST_OUTGOING_MAX messages wait already, and
   nothing was added. */
MST_MUST_USE enum mst_err mst_dispatch_queue(struct mst_tx *tx, int64_t dispatch_id, int64_t at,
                                             struct mst_span value, enum mst_verdict *ret_verdict);
/* The message was dealt with: it goes, and the next of its dispatch is due. One that is gone
   already is no error. */
MST_MUST_USE enum mst_err mst_dispatch_finish(struct mst_tx *tx, int64_t outgoing_id);
/* It is to be tried again at due_ms, in Unix milliseconds; n_tries more have been made. One that is gone already is no error. */
MST_MUST_USE enum mst_err mst_dispatch_postpone(struct mst_tx *tx, int64_t outgoing_id,
                                                int64_t due_ms, int64_t n_tries);

/* ---- what a dispatch is ---- */

enum mst_dispatch_method {
    MST_DISPATCH_EMAIL,
    MST_DISPATCH_HTTP_GET,
    MST_DISPATCH_HTTP_POST,
    MST_DISPATCH_HTTP_PUT,
    MST_DISPATCH_SMS,
    MST_DISPATCH_XMPP,
    MST_DISPATCH_METHODS
};
extern const char
    *const mst_dispatch_method_names[MST_DISPATCH_METHODS]; /* "email", "http_get", ... (2.15.5) */

struct mst_dispatch {
    enum mst_dispatch_method method;
    struct mst_span recipient, subject;
    struct mst_span message; /* empty: the value is the message */
    bool is_locked;
};

/* The dispatch in a detail. MST_BAD_VALUE: it is none. Borrows from detail and arena. */
MST_MUST_USE enum mst_err mst_dispatch_read(struct mst_arena *arena, struct mst_span detail,
                                            enum mst_verdict *ret_verdict,
                                            struct mst_dispatch *ret_dispatch);

/* ---- limits ---- */

/*
 * Draws one message from the owner of a dispatch and all above it, in a MST_FILE_STATE command: from what
 * they may send this UTC day; if any of them has nothing left, from their buckets, which are never
 * filled up again. Either way it counts as sent on this day, by all of them (CONSUMED) and by the owner's
 * own dispatches (mst_usage_today). Who inherits has no limit of its
 * own. MST_NO_ROOM: neither has enough. MST_NOT_FOUND: the owner is gone. Nothing was written then.
 */
MST_MUST_USE enum mst_err mst_dispatch_draw(struct mst_tx *tx, int64_t owner_id,
                                            enum mst_dispatch_method method,
                                            enum mst_verdict *ret_verdict);

#endif

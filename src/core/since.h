/*
 * since.h - which values of a dataport are new to somebody who waits for them (protocol.md 2.12.4,
 * 2.15.4 wait, 3.3 subscribe).
 *
 * Times are whole seconds, and a second value of one second replaces the first. So "from now on" must
 * not mean "of a later second": what has that very second already is remembered, and counts as new when it has changed.
 */
#ifndef MST_CORE_SINCE_H
#define MST_CORE_SINCE_H

#include "core/domain.h"

struct mst_since {
    int64_t from;  /* new are points of this time, in Unix seconds, and later ... */
    bool has_seen; /* ... but not the one of this very time whose text was this one */
    uint64_t seen; /* a hash of it */
};

/* Points later than at, in Unix seconds. */
struct mst_since mst_since_time(int64_t at);
/* Points later than point, and another in its place. */
struct mst_since mst_since_point(const struct mst_row_point *point);
/* Points that are stored from now on with the time at which they are stored. By a reader. */
MST_MUST_USE enum mst_err mst_since_now(struct mst_tx *tx, int64_t dataport_id,
                                        struct mst_since *ret_since);
/* The oldest new point; MST_NOT_FOUND if there is none. By a reader. */
MST_MUST_USE enum mst_err mst_since_next(struct mst_tx *tx, int64_t dataport_id,
                                         const struct mst_since *since,
                                         enum mst_verdict *ret_verdict,
                                         struct mst_row_point *ret_point);

#endif

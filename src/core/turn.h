/*
 * turn.h - looking at many rows without keeping others waiting.
 *
 * A thread that serves many looks at some rows in one turn, lets go of the transaction, serves the others, and
 * goes on in its next turn behind the row that it saw last, which the use case remembers. What is changed between two turns
 * may be seen or not; a row that stays as it is, and where it is in the index, is seen once.
 */
#ifndef MST_CORE_TURN_H
#define MST_CORE_TURN_H

#include "core/port_store.h"

/* Of one transaction. */
struct mst_turn {
    size_t
        n_left; /* rows and scans before it ends; at least 2 to begin with, so that it gets anywhere */
    size_t n_bytes; /* of text that was read: MST_TURN_BYTES */
};

#define MST_A_TURN ((struct mst_turn){.n_left = MST_TURN_ROWS})

bool mst_turn_is_over(const struct mst_turn *turn);

/* So much was looked at beside scans. */
void mst_turn_take(struct mst_turn *turn, size_t n_rows, size_t n_bytes);

/*
 * As mst_tx_scan, without a limit of its own, until the turn is over: too many rows, or behind the row with which more
 * than MST_TURN_BYTES of text were read in this turn. each may scan in the same turn. *ret_is_whole: it came to the end of the rows; not so if each returned
 * MST_EREFUSED. What was read of the transaction is gone when it returns.
 */
MST_MUST_USE enum mst_err mst_turn_scan(struct mst_tx *tx, struct mst_turn *turn,
                                        const struct mst_scan *scan,
                                        enum mst_err (*each)(void *arg, const void *row), void *arg,
                                        bool *ret_is_whole);

#endif

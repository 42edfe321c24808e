/* sweep.h - removing all rows that a leading part of an index finds. */
#ifndef MST_CORE_SWEEP_H
#define MST_CORE_SWEEP_H

#include "core/port_store.h"

/*
 * Calls each for every row whose first n_fixed index fields are those of key, a page at a time, until
 * none is left: each must remove the row it is given, and may change other tables. row_bytes is the
 * size of the row's struct. However many rows there are, the memory of one page is enough: what
 * each takes from the transaction's arena is given back after the page.
 */
MST_MUST_USE enum mst_err
mst_sweep(struct mst_tx *tx, enum mst_index index, const void *key, unsigned n_fixed,
          size_t row_bytes, enum mst_err (*each)(void *arg, struct mst_tx *tx, const void *row),
          void *arg);

/* The same for rows that need no more than being deleted. */
MST_MUST_USE enum mst_err mst_sweep_delete(struct mst_tx *tx, enum mst_index index, const void *key,
                                           unsigned n_fixed, enum mst_table table,
                                           size_t row_bytes);

#endif

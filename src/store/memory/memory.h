/*
 * memory.h - a store that forgets: the port's contract in plain memory, for tests
 * and for trying things out. Commands run on a committer thread as in the real
 * engines; readers see whole commits.
 */
#ifndef MST_STORE_MEMORY_MEMORY_H
#define MST_STORE_MEMORY_MEMORY_H

#include "core/port_store.h"

struct mst_memory_opts {
    size_t queue_max;
    size_t batch_max;
    bool is_inline;       /* no thread: submit runs, commits and calls done before it returns */
    uint64_t random_seed; /* 0 = the kernel's; otherwise mst_tx_random repeats */
    /* Time of each transaction; NULL = the clocks. */
    void (*now)(void *arg, int64_t *ret_window_now, int64_t *ret_wall_now);
    /* Asked at each commit: false = go on; true = answer MST_EUNKNOWN, and *ret_is_applied says
       whether the batch was kept. NULL = never. */
    bool (*inject_unknown)(void *arg, bool *ret_is_applied);
    void *arg;
};

MST_MUST_USE enum mst_err mst_memory_open(const struct mst_memory_opts *opts,
                                          struct mst_store **ret_store);

#endif

/*
 * faulty.h - a store around another, for tests of what fails: the n-th call to it fails, or its
 * transactions have little memory. Text that is read lies in the transaction's arena, as it does with
 * an engine on disk.
 *
 * The store inside is inline, and all happens on one thread, one command and one reader at a time.
 */
#ifndef MST_TESTS_LIB_FAULTY_H
#define MST_TESTS_LIB_FAULTY_H

#include "core/port_store.h"

struct mst_faulty {
    struct mst_store store; /* to be used in place of the one inside */
    struct mst_store *inside;
    int fail_at; /* the n-th call from now on fails; 0: none. 0 again when that happened */
    bool is_full[MST_FILE_COUNT]; /* whose queue takes nothing */
    size_t arena_max;             /* bytes for each transaction's arena; 0: MST_REQUEST_ARENA_MAX */
    /* the store's own */
    struct mst_cmd *cmd;
    enum mst_err (*run)(struct mst_cmd *cmd, struct mst_tx *tx);
    void (*done)(struct mst_cmd *cmd, enum mst_err err);
    struct mst_arena cmd_arena;
    int n_open; /* readers: a test sees that none is left */
};

/* faulty must live until the store inside is closed, which is not done through it. */
void mst_faulty_init(struct mst_faulty *faulty, struct mst_store *inside);
void mst_faulty_fini(struct mst_faulty *faulty);

#endif

/* tx.h - the port's transactions over SQLite connections. */
#ifndef MST_STORE_SQLITE_TX_H
#define MST_STORE_SQLITE_TX_H

#include "store/cache.h"
#include "store/changes.h"
#include "store/sqlite/connection.h"

struct mst_sql_tx {
    struct mst_tx tx;
    struct mst_sql_conn *conns[MST_FILE_COUNT]; /* NULL: this transaction must not touch it */
    const struct mst_stripes *stripes;
    struct mst_touched *touched; /* a writer's: what it changes; NULL for readers */
    struct mst_changes *changes; /* with it: the same for the observers of store */
    const struct mst_store *store;
    struct mst_rowcache *cache; /* a reader's; NULL = none */
    const uint64_t *seqs;       /* with it: of each file, from before its view was opened */
    int failure; /* the first code that spoils the transaction; the rest is then not worth doing */

    bool is_room_short; /* nothing is to be added: see committer.c */

    /* Of the command being run; set by mst_sql_tx_item. */
    bool is_guarded;      /* a savepoint goes before its first write */
    bool has_savepoint;   /* it stands */
    bool has_written;     /* it changed something */
    bool has_reset_clock; /* it asked for that (MST_META_CLOCK_MARK) */
};

void mst_sql_tx_init(struct mst_sql_tx *tx, bool is_writable);
/* A new command begins. */
void mst_sql_tx_item(struct mst_sql_tx *tx, struct mst_arena *arena, bool is_guarded);
/* Ends the command: keeps what it did, or undoes it. False: it cannot be undone by itself. */
MST_MUST_USE bool mst_sql_tx_keep(struct mst_sql_tx *tx, struct mst_sql_conn *conn);
MST_MUST_USE bool mst_sql_tx_undo(struct mst_sql_tx *tx, struct mst_sql_conn *conn);

#endif

/*
 * checkpoint.h - moves one file's log into the file, on a thread and a connection of
 * its own (design.md 5.5). Nobody else checkpoints while it lives.
 */
#ifndef MST_STORE_SQLITE_CHECKPOINT_H
#define MST_STORE_SQLITE_CHECKPOINT_H

#include "core/port_store.h"

struct mst_sql_engine;
struct mst_sql_checkpointer;

/* The file must be open, its log empty. */
MST_MUST_USE enum mst_err
mst_sql_checkpointer_start(struct mst_sql_engine *engine, enum mst_file file,
                           struct mst_sql_checkpointer **ret_checkpointer);
/* Ends the thread after the pass it is in; the committer must have ended. Takes NULL. */
void mst_sql_checkpointer_stop(struct mst_sql_checkpointer *checkpointer);

/*
 * The committer's turn: between the two it may have a transaction open and commit it. Begin waits
 * while a pass runs that must not meet a commit. End twice is as good as once. wal_frames: the log's
 * length after a commit that wrote to it; 0 if there was none. Both take NULL.
 */
void mst_sql_checkpointer_begin_turn(struct mst_sql_checkpointer *checkpointer);
void mst_sql_checkpointer_end_turn(struct mst_sql_checkpointer *checkpointer, int wal_frames);

/* Room is short: the log is to be brought to an end whatever its length, as soon as the rule lets. In the
   committer's turn. NULL is nothing. */
void mst_sql_checkpointer_hurry(struct mst_sql_checkpointer *checkpointer);

#endif

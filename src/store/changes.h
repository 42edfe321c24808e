/*
 * changes.h - what a batch touches of the tables that somebody observes: an engine notes it while
 * the batch runs and tells it after the commit (core/port_store.h, mst_store_observe).
 */
#ifndef MST_STORE_CHANGES_H
#define MST_STORE_CHANGES_H

#include "store/schema/schema.h"

/* The committer's own. Zero is empty. */
struct mst_changes {
    struct mst_changed *changes;
    size_t n_changes, cap;
    uint64_t tables;     /* MST_TABLE_BITs of those */
    uint64_t any_tables; /* MST_TABLE_BITs: there was no room to say which rows */
};

void mst_changes_fini(struct mst_changes *changes);

/* row of table comes, changes or goes; only its primary key is looked at. */
void mst_changes_note(struct mst_changes *changes, const struct mst_store *store,
                      enum mst_table table, const void *row);
/* The batch begins again, or did not come about. */
void mst_changes_clear(struct mst_changes *changes);
/* Tells each observer, and leaves changes empty. */
void mst_changes_tell(struct mst_changes *changes, const struct mst_store *store);

#endif

/*
 * told.h - a loop that watches a store without an engine: the test says what commits have changed.
 */
#ifndef MST_TESTS_LIB_TOLD_H
#define MST_TESTS_LIB_TOLD_H

#include "front/watch/watch.h"

struct mst_told {
    struct mst_store store;
    struct mst_watch_hub *hub;
    struct mst_loop *loop;
    struct mst_places *places;
    struct mst_watch *watch;
};

/* As many watchers as come. */
void mst_told_open(struct mst_told *told);
/* So many, and of each tenant its share. */
void mst_told_open_with(struct mst_told *told, size_t max, unsigned share);
void mst_told_close(struct mst_told *told); /* no watcher may be left */
/* As an engine tells of a commit. */
void mst_told_tell(struct mst_told *told, enum mst_table table, int64_t key);
/* Runs all that was posted: once between open and close, for a loop can be left once only. */
void mst_told_run(struct mst_told *told);

#endif

/*
 * sqlite.h - the embedded store: SQLite files in one directory (design.md 5).
 *
 * muster.db, points.db and content.db, each with one writing connection on a committer thread
 * of its own, and one for checkpoints on another; readers are read-only connections. Opening brings the schema up to
 * date and checkpoints all files before anything is served.
 */
#ifndef MST_STORE_SQLITE_SQLITE_H
#define MST_STORE_SQLITE_SQLITE_H

#include "core/port_store.h"

/* Who moves the log into its file while the store is open. */
enum mst_sqlite_checkpoint {
    MST_SQLITE_CHECKPOINT_THREAD, /* a thread of its own, beside the commits */
    MST_SQLITE_CHECKPOINT_COMMIT  /* the committer, between two commits */
};

struct mst_sqlite_opts {
    const char *dir;    /* must exist */
    size_t queue_max;   /* commands waiting per file; beyond it MST_EFULL */
    size_t batch_max;   /* commands per commit */
    size_t cache_bytes; /* of rows that the readers remember; 0 = none */
    const char *vfs;    /* NULL = the default; tests put their own here */
    enum mst_sqlite_checkpoint checkpoint;
    int checkpoint_frames; /* log length that calls for one; 0 = what suits the mode; for tests */
    /* A flush failed, it is logged: must end the process. NULL = abort. Should it return (in tests),
       the store answers nothing any more and takes no command; it can only be closed. */
    void (*fsync_failed)(void *arg);
    void *arg;
};

/* MST_EVERSION (made by a newer muster), MST_EBUSY (another process has it), MST_ECORRUPT, MST_EIO,
   MST_EINVAL (a network file system). *ret_what says more in words; static or thread-local. */
MST_MUST_USE enum mst_err mst_sqlite_open(const struct mst_sqlite_opts *opts,
                                          struct mst_store **ret_store, const char **ret_what);

#endif

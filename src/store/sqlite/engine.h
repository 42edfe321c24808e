/* engine.h - the parts of the embedded store, as they see each other. */
#ifndef MST_STORE_SQLITE_ENGINE_H
#define MST_STORE_SQLITE_ENGINE_H

#include <pthread.h>

#include "store/sqlite/checkpoint.h"
#include "store/sqlite/log_file.h"
#include "store/sqlite/sqlite.h"
#include "store/sqlite/tx.h"
#include "store/window.h"
#include "sys/queue.h"

/* The clock mark as it is durable, shared by all threads. */
struct mst_sql_clock {
    pthread_mutex_t lock;
    struct mst_window_mark mark;
};

/* What became of a command of the running batch. */
struct mst_sql_item {
    struct mst_cmd *cmd;
    struct mst_arena arena; /* its own, so that one command cannot use up another's memory */
    enum mst_err err;
    bool is_answered;
};

struct mst_sql_engine;

/* One writing connection and the thread that alone uses it. */
struct mst_sql_committer {
    struct mst_sql_engine *engine;
    struct mst_sql_conn conn;
    struct mst_queue *queue;
    struct mst_thread *thread;
    struct mst_touched touched; /* by the running batch */
    struct mst_changes changes; /* the same, for observers */
    struct mst_sql_item *items; /* batch_max of them */
    size_t n_items;
    struct mst_sql_checkpointer *checkpointer; /* NULL: this thread does it */
    int wal_frames;                            /* in the log after the last commit */
    int n_frames_written;                      /* the same if the running batch has written, or 0 */
    int checkpoint_at;                         /* frames */
};

struct mst_sql_engine {
    struct mst_store store;
    struct mst_sqlite_opts opts;
    char *dir;
    struct mst_sql_log_vfs log_vfs; /* of the writers */
    int lock_fd;
    bool is_backing_up;           /* atomic */
    pthread_mutex_t content_turn; /* held while a batch of content.db runs: see backup.c */
    bool is_dead;                 /* a flush failed: nothing is answered any more; atomic */
    struct mst_sql_clock clock;
    struct mst_stripes *stripes;
    struct mst_rowcache *cache; /* NULL: every row comes from the files */
    struct mst_sql_committer committers[MST_FILE_COUNT];
};

/* Brings one file's schema up to date. MST_EVERSION, MST_ECORRUPT, MST_EIO, ... */
MST_MUST_USE enum mst_err mst_sql_migrate(struct mst_sql_conn *conn, const char **ret_what);

/* Window time at this reading by the durable mark. */
int64_t mst_sql_clock_now(struct mst_sql_clock *clock, const struct mst_window_reading *now);
struct mst_window_mark mst_sql_clock_mark(struct mst_sql_clock *clock);
void mst_sql_clock_set(struct mst_sql_clock *clock, const struct mst_window_mark *mark);
/* Reads the mark, raises the alarm of a jump, and makes the present the mark. */
MST_MUST_USE enum mst_err mst_sql_clock_open(struct mst_sql_clock *clock,
                                             struct mst_sql_conn *conn);
/* Puts the mark into the open transaction. SQLite's code. */
MST_MUST_USE int mst_sql_clock_write(struct mst_sql_conn *conn, const struct mst_window_mark *mark);
void mst_sql_clock_alarm(const struct mst_window_mark *mark, const struct mst_window_reading *now);

/* The connection must be open. */
MST_MUST_USE enum mst_err mst_sql_committer_start(struct mst_sql_committer *committer);
/* Answers what is queued, ends the thread, checkpoints, closes the connection. */
void mst_sql_committer_stop(struct mst_sql_committer *committer);
/* Before anything is served: all of the log into the file, the log empty. */
MST_MUST_USE int mst_sql_checkpoint_whole(struct mst_sql_conn *conn);
/* A flush failed: says so and ends the process. */
void mst_sql_die(struct mst_sql_engine *engine, const char *what, int rc);

MST_MUST_USE enum mst_err mst_sql_reader_open(struct mst_store *store,
                                              struct mst_reader **ret_reader);
void mst_sql_reader_close(struct mst_reader *reader);
MST_MUST_USE enum mst_err mst_sql_reader_begin(struct mst_reader *reader, struct mst_tx **ret_tx);
void mst_sql_reader_end(struct mst_reader *reader);
void mst_sql_reader_pause(struct mst_reader *reader);

MST_MUST_USE enum mst_err mst_sql_backup(struct mst_store *store, const char *dir,
                                         struct mst_backup *ret_backup);

#endif

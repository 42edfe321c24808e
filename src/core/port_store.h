/*
 * port_store.h - what the domain asks of a store.
 *
 * A use case is a function that gets a transaction and works on rows. Reading
 * use cases run on a loop's own reader; writing ones run as commands: the store
 * queues them, runs many in one transaction, commits once, and only then says so
 * (natural group commit, design.md 5.3).
 *
 * The outcome of a command is done, refused, or unknown (design.md 5.9):
 *   run returned MST_OK        its changes are kept; done(MST_OK) after they are durable
 *   run returned MST_EREFUSED  its changes are undone; done(MST_OK) (the decision is in the
 *                              command's own fields), after what it may have read is durable
 *   run returned an error      its changes are undone; done(that error)
 *   the commit failed          done(MST_EBUSY, MST_EIO, ...): nothing of the batch happened
 *   the commit is ambiguous    done(MST_EUNKNOWN): submit the same command again; its attempt id
 *                              lets run tell "I won" from "another won"
 *
 * run may be called again after an undone first call, so it must not keep
 * anything from one call to the next but what it overwrites.
 */
#ifndef MST_CORE_PORT_STORE_H
#define MST_CORE_PORT_STORE_H

#include "base/arena.h"
#include "core/rows.h"

/* ---- transactions ---- */

struct mst_tx;

#define MST_META_CLOCK_MARK MST_LIT("clock_mark")

/*
 * Finds one row by a unique index: the index's fields of *row are given, all
 * others are filled. MST_ENOENT leaves *row untouched. Text lives until the
 * transaction ends (a command's: until done was called).
 */
MST_MUST_USE enum mst_err mst_tx_get(struct mst_tx *tx, enum mst_index index, void *row);

/*
 * Adds a row. A table whose primary key is a single "id" gets one from the store
 * when id is 0, written back to *row. MST_EEXIST if a unique index has it already;
 * nothing is then changed.
 */
MST_MUST_USE enum mst_err mst_tx_insert(struct mst_tx *tx, enum mst_table table, void *row);

/* Writes the fields in mask (MST_BIT), none of them of the primary key, of the row with row's
   primary key. MST_ENOENT, MST_EEXIST. */
MST_MUST_USE enum mst_err mst_tx_update(struct mst_tx *tx, enum mst_table table, const void *row,
                                        uint64_t mask);

/* Removes the row with row's primary key. MST_ENOENT. */
MST_MUST_USE enum mst_err mst_tx_delete(struct mst_tx *tx, enum mst_table table, const void *row);

/* A page of a scan. */
struct mst_scan {
    enum mst_index index;
    const void *key;    /* a row whose first n_fixed index fields must be met */
    unsigned n_fixed;   /* 0: the whole table */
    bool has_after;     /* start behind key's field number n_fixed of the index */
    bool is_descending; /* by that same field */
    uint64_t offset;    /* rows to skip, after all of the above */
    uint64_t limit;     /* at most so many; 0 = no limit */
};

/*
 * Calls each(arg, row) for the rows in index order (text bytewise). *row is valid
 * during the call only, its text until the transaction ends. each returns MST_OK
 * to go on, MST_EREFUSED to stop early (the scan then returns MST_OK), or an error
 * that ends the scan and is returned. each must not change the scanned table.
 */
MST_MUST_USE enum mst_err mst_tx_scan(struct mst_tx *tx, const struct mst_scan *scan,
                                      enum mst_err (*each)(void *arg, const void *row), void *arg);

/*
 * Finds the last row, in index order, of those whose first n_fixed fields of the index
 * are as given in *row, and fills *row. MST_ENOENT leaves it untouched. Text as in mst_tx_get.
 */
MST_MUST_USE enum mst_err mst_tx_last(struct mst_tx *tx, enum mst_index index, unsigned n_fixed,
                                      void *row);

/*
 * Window time in seconds (design.md I9), the same throughout one transaction. The
 * store keeps its mark in the META row MST_META_CLOCK_MARK. A command that writes
 * the empty value there resets it: once committed, window time is the wall clock
 * again, though that may go back. (Close pending windows in the same command.)
 */
int64_t mst_tx_window_now(struct mst_tx *tx);
/* Unix time in seconds by the wall clock, the same throughout one transaction. */
int64_t mst_tx_wall_now(struct mst_tx *tx);
/* The same moment in Unix milliseconds. */
int64_t mst_tx_wall_now_ms(struct mst_tx *tx);
/* 64 unguessable bits. */
uint64_t mst_tx_random(struct mst_tx *tx);
/* Memory for a use case's own intermediate data; it lives as long as text read. */
struct mst_arena *mst_tx_arena(struct mst_tx *tx);

/*
 * The engine's side of a transaction: an engine's own struct begins with this.
 * Third-party types stay behind it.
 */
struct mst_tx_ops {
    enum mst_err (*get)(struct mst_tx *, enum mst_index, void *row);
    enum mst_err (*insert)(struct mst_tx *, enum mst_table, void *row);
    enum mst_err (*update)(struct mst_tx *, enum mst_table, const void *row, uint64_t mask);
    enum mst_err (*erase)(struct mst_tx *, enum mst_table, const void *row);
    enum mst_err (*scan)(struct mst_tx *, const struct mst_scan *,
                         enum mst_err (*each)(void *, const void *), void *arg);
    enum mst_err (*last)(struct mst_tx *, enum mst_index, unsigned n_fixed, void *row);
    uint64_t (*random)(struct mst_tx *);
};

struct mst_tx {
    const struct mst_tx_ops *ops;
    struct mst_arena *arena;
    int64_t window_now;
    int64_t wall_now, wall_now_ms;
    bool is_writable;
};

/* ---- commands ---- */

/* Which file, and so which committer, a command belongs to (design.md 5.6). A command sees the
   tables of its own file only; points lie in MST_FILE_POINTS, blobs and their pieces in
   MST_FILE_CONTENT, all else in MST_FILE_STATE. */
enum mst_file { MST_FILE_STATE, MST_FILE_POINTS, MST_FILE_CONTENT, MST_FILE_COUNT };

struct mst_cmd {
    /* First these two, for the store's queues. */
    struct mst_cmd *next; /* the store's own, while it has the command */
    int64_t lane;         /* whose command it is: tenants take turns; 0 = nobody's (core/lane.h) */
    enum mst_err (*run)(struct mst_cmd *cmd, struct mst_tx *tx);
    /* Called on the committer's thread; cmd belongs to the caller again. Must not block. */
    void (*done)(struct mst_cmd *cmd, enum mst_err err);
    enum mst_file file;
    bool is_single; /* run changes at most one row: no savepoint is needed */
};

/* ---- the store as a whole ---- */

struct mst_store;
struct mst_reader;

/* Thread-safe. MST_EFULL when the bounded queue is full or its lane has its part of it, MST_ECLOSED
   when shutting down: done is then not called. Any other outcome comes through done. */
MST_MUST_USE enum mst_err mst_store_submit(struct mst_store *store, struct mst_cmd *cmd);

/*
 * A reader belongs to one thread. It sees everything acknowledged before begin; of what is
 * acknowledged later, rows found in one transaction may show some and not other (READ COMMITTED).
 * What must not be decided on such a view is decided in a command.
 */
MST_MUST_USE enum mst_err mst_reader_open(struct mst_store *store, struct mst_reader **ret_reader);
void mst_reader_close(struct mst_reader *reader);
/* Opens a short read transaction over all files; it ends with mst_reader_end, which also
   invalidates all text read. The arena is the reader's own. */
MST_MUST_USE enum mst_err mst_reader_begin(struct mst_reader *reader, struct mst_tx **ret_tx);
void mst_reader_end(struct mst_reader *reader);
/* As end, but what was opened may serve the next begin, as long as nothing was acknowledged in
   between: a transaction costs more than the reads in it. mst_reader_rest then lets go of it; call it
   before the thread waits, because an open one keeps the store's log from being reused. */
void mst_reader_pause(struct mst_reader *reader);
void mst_reader_rest(struct mst_reader *reader); /* nothing happens if it is not paused */

/* ---- what commits change ---- */

/* A row that a commit may have touched, named by its first field. */
struct mst_changed {
    enum mst_table table;
    int64_t key; /* MST_CHANGED_ANY: any row of that table */
};

#define MST_CHANGED_ANY      INT64_MIN
#define MST_TABLE_BIT(UPPER) (UINT64_C(1) << MST_TABLE_##UPPER)

/*
 * Somebody who is told of changes, so that nobody has to remember to tell. changed is called
 * when a commit is durable and seen by every reader that begins from then on, and before the first of
 * its commands is answered. It may name rows that did not change after all, rows of tables that only
 * others ask about, and a row twice.
 * It runs on the committer's thread, those of several files at the same time, and must not block.
 */
struct mst_observer {
    struct mst_observer *next; /* the store's own */
    uint64_t tables;           /* MST_TABLE_BITs; the first field of each is an integer */
    void (*changed)(struct mst_observer *observer, const struct mst_changed *changes, size_t n);
};

/* Before the first command is submitted. observer must live until the store is closed. */
void mst_store_observe(struct mst_store *store, struct mst_observer *observer);

/* A backup: a directory with a copy of each file and what tells whether they are whole. */
struct mst_backup {
    char name[40];   /* of the directory */
    int64_t made_at; /* Unix seconds; the copy shows the store as it was then */
    uint64_t bytes[MST_FILE_COUNT];
    uint64_t took_us;
};

/*
 * Copies the whole store as it is at one moment into a new directory below dir, durable when it
 * returns; a backup that fails leaves nothing. Nobody waits for it but the caller, whose thread
 * it should be alone: it lowers the thread's priority, for good. MST_EBUSY: one is being
 * made already. MST_EINVAL: this engine cannot. MST_EIO, MST_EFULL (no space), ...
 */
MST_MUST_USE enum mst_err mst_store_backup(struct mst_store *store, const char *dir,
                                           struct mst_backup *ret_backup);

/* Finishes what is queued, commits, flushes, stops the committers and frees the store. All
   readers must be closed before. */
void mst_store_close(struct mst_store *store);

struct mst_store_ops {
    enum mst_err (*submit)(struct mst_store *, struct mst_cmd *);
    enum mst_err (*reader_open)(struct mst_store *, struct mst_reader **);
    void (*reader_close)(struct mst_reader *);
    enum mst_err (*reader_begin)(struct mst_reader *, struct mst_tx **);
    void (*reader_end)(struct mst_reader *);
    void (*close)(struct mst_store *);
    void (*reader_pause)(struct mst_reader *); /* NULL: no gain, end instead */
    enum mst_err (*backup)(struct mst_store *, const char *dir, struct mst_backup *); /* or NULL */
};

struct mst_store {
    const struct mst_store_ops *ops;
    struct mst_observer *observers;
};

struct mst_reader {
    struct mst_store *store;
    bool is_paused;
};

#endif

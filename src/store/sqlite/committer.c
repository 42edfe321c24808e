/*
 * The committer of one file: natural group commit.
 *
 *   1 take all that waits, up to batch_max
 *   2 run each command; undo the ones that refuse or fail
 *   3 move the clock mark on, if window time has moved (muster.db only)
 *   4 commit once
 *   5 publish what it changed, so that no reader remembers it differently (store/cache.h)
 *   6 answer all
 *   7 checkpoint, if the log has grown long and that is this thread's task
 *
 * Invariants:
 *   - Nothing is answered before 4 succeeded; not even a refusal, for it may rest on what
 *     an earlier command of the batch wrote, and on a window time that a restart must not
 *     undercut.
 *   - A command that may write several rows gets a savepoint at its first write. One that
 *     writes a single row gets none: if it fails after its write, the batch is rolled back
 *     and run again with savepoints for all.
 *   - A failure that may have rolled back the transaction spoils the batch: it is rolled
 *     back whole and every command gets the error.
 *   - A failed flush, or a commit that failed for an I/O error, may be on disk or not. The
 *     process ends without a further answer (design.md 5.4). A full disk is certain: the
 *     commit record was not written.
 *
 * content.db takes nothing more when the disk has just the room that is needed to move its log into
 * it, and a little for the others: what was given up of an upload could not be removed from a
 * disk that is really full, and devices want to go on activating.
 *
 * Steps 2 to 4 are the committer's turn: the thread of checkpoint.c keeps clear of it. Without that
 * thread the checkpoint runs here, between two commits, so it cannot race one (design.md 5.5).
 */
#include <stdlib.h>

#include "base/limits.h"
#include "store/sqlite/engine.h"
#include "sys/clock.h"
#include "sys/defect.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/metric.h"

/*
 * When the log is that long it is moved into the file. Everybody waits meanwhile, and
 * the wait grows with the log: docs/decide/0009 has the figures.
 */
enum {
    CHECKPOINT_BYTES = 2 * 1024 * 1024,
    ROOM_KEPT_BYTES = 4 * 1024 * 1024,
    ROOM_LEAST_BYTES = 1024 * 1024
};

static int checkpoint_step(const struct mst_sql_committer *committer)
{
    int frames = committer->engine->opts.checkpoint_frames;

    return frames ? frames : CHECKPOINT_BYTES / mst_sql_page_bytes(committer->conn.file);
}

enum attempt { DONE, SPOILT, AGAIN_GUARDED };

struct batch {
    struct mst_sql_committer *committer;
    struct mst_window_reading now;
    struct mst_window_mark mark_before;
    struct mst_sql_tx tx;
    bool has_reset_clock;
};

/* ---- answering ---- */

static void answer(enum mst_file file, struct mst_sql_item *item, enum mst_err err)
{
    if (item->is_answered)
        return;
    item->is_answered = true;
    mst_metric_sub(MST_M_QUEUE, file, 1);
    mst_metric_add(MST_M_COMMANDS, file, 1);
    item->cmd->done(item->cmd, err);
}

static void answer_all(struct mst_sql_committer *committer)
{
    for (size_t i = 0; i < committer->n_items; i++)
        answer(committer->conn.file, &committer->items[i], committer->items[i].err);
}

static void answer_all_failed(struct mst_sql_committer *committer, int rc)
{
    mst_log(MST_LOG_ERROR, MST_EV_STORE_FAILED, "a commit of %zu commands failed: %s (%d)",
            committer->n_items, sqlite3_errstr(rc), rc);
    mst_metric_add(MST_M_COMMIT_FAILURES, committer->conn.file, 1);
    for (size_t i = 0; i < committer->n_items; i++)
        answer(committer->conn.file, &committer->items[i], mst_sql_err(rc));
}

void mst_sql_die(struct mst_sql_engine *engine, const char *what, int rc)
{
    __atomic_store_n(&engine->is_dead, true, __ATOMIC_SEQ_CST);
    mst_log(MST_LOG_ERROR, MST_EV_FSYNC_FAILED, "%s failed: %s (%d); the process ends", what,
            sqlite3_errstr(rc), rc);
    if (!engine->opts.fsync_failed)
        abort();
    engine->opts.fsync_failed(engine->opts.arg);
}

/* ---- running ---- */

static enum attempt run_item(struct batch *batch, struct mst_sql_item *item, bool is_guarded)
{
    struct mst_sql_conn *conn = &batch->committer->conn;
    struct mst_sql_tx *tx = &batch->tx;
    enum mst_err err;

    mst_arena_reset(&item->arena);
    mst_sql_tx_item(tx, &item->arena, is_guarded || !item->cmd->is_single);
    err = item->cmd->run(item->cmd, &tx->tx);
    item->err = err == MST_EREFUSED ? MST_OK : err;
    if (tx->failure != SQLITE_OK)
        return SPOILT;
    if (err == MST_OK) {
        batch->has_reset_clock = batch->has_reset_clock || tx->has_reset_clock;
        return mst_sql_tx_keep(tx, conn) ? DONE : SPOILT;
    }
    if (mst_sql_tx_undo(tx, conn))
        return DONE;
    return tx->failure != SQLITE_OK ? SPOILT : AGAIN_GUARDED;
}

/* Pages of the file that are free need no room on the disk when the log is moved into them. */
static bool is_room_short(const struct mst_sql_committer *committer)
{
    uint64_t page = (uint64_t)mst_sql_page_bytes(committer->conn.file);
    uint64_t needed = (uint64_t)committer->wal_frames * page + ROOM_KEPT_BYTES, room;
    int64_t n_free = 0;

    if (committer->conn.file != MST_FILE_CONTENT)
        return false;
    room = mst_path_room(committer->engine->dir);
    if (room >= needed)
        return false;
    if (mst_sql_number(committer->conn.db, "PRAGMA freelist_count", &n_free) != SQLITE_OK)
        n_free = 0;
    return room < ROOM_LEAST_BYTES || room + (uint64_t)n_free * page < needed;
}

static enum attempt run_items(struct batch *batch, bool is_guarded)
{
    struct mst_sql_committer *committer = batch->committer;
    enum attempt attempt = DONE;

    mst_sql_tx_init(&batch->tx, true);
    mst_changes_clear(&committer->changes);
    batch->has_reset_clock = false;
    batch->tx.conns[committer->conn.file] = &committer->conn;
    batch->tx.stripes = committer->engine->stripes;
    batch->tx.touched = &committer->touched;
    batch->tx.changes = &committer->changes;
    batch->tx.store = &committer->engine->store;
    batch->tx.tx.window_now = mst_window_now(&batch->mark_before, &batch->now);
    batch->tx.tx.wall_now = batch->now.wall_s;
    batch->tx.tx.wall_now_ms = batch->now.wall_ms;
    batch->tx.is_room_short = is_room_short(committer);
    for (size_t i = 0; i < committer->n_items && attempt == DONE; i++)
        attempt = run_item(batch, &committer->items[i], is_guarded);
    return attempt;
}

/* ---- committing ---- */

static bool is_mark_due(const struct batch *batch)
{
    return batch->committer->conn.file == MST_FILE_STATE && !batch->has_reset_clock &&
           (batch->mark_before.boot_id[0] == '\0' ||
            batch->tx.tx.window_now > batch->mark_before.window_s);
}

static void count_commit(const struct mst_sql_committer *committer, uint64_t took_ns)
{
    mst_metric_observe(MST_M_COMMIT_SECONDS, committer->conn.file, took_ns);
    mst_metric_observe(MST_M_COMMIT_COMMANDS, committer->conn.file, committer->n_items);
}

static int commit(struct batch *batch)
{
    struct mst_sql_conn *conn = &batch->committer->conn;
    struct mst_window_mark mark = {0};
    bool is_due = is_mark_due(batch);
    uint64_t started_ns;
    int rc = SQLITE_OK;

    if (is_due) {
        mark = mst_window_set(batch->tx.tx.window_now, &batch->now);
        rc = mst_sql_conn_begin(conn);
        if (rc == SQLITE_OK)
            rc = mst_sql_clock_write(conn, &mark);
    }
    batch->tx.failure = rc;
    if (rc != SQLITE_OK)
        return rc;
    if (mst_defect(MST_DEFECT_REPLY_BEFORE_COMMIT)) {
        answer_all(batch->committer);
        mst_defect_dawdle();
    }
    started_ns = mst_clock_mono_ns();
    rc = mst_sql_conn_commit(conn);
    if (rc == SQLITE_OK)
        count_commit(batch->committer, mst_clock_mono_ns() - started_ns);
    if (rc == SQLITE_OK && (is_due || batch->has_reset_clock))
        mst_sql_clock_set(&batch->committer->engine->clock, &mark);
    return rc;
}

/* After COMMIT itself failed: can it be on disk all the same? */
static bool is_commit_uncertain(int rc)
{
    return (rc & 0xff) == SQLITE_IOERR && rc != SQLITE_IOERR_NOMEM;
}

/* The transaction did not come about. False: the process ends. */
static bool give_up(struct mst_sql_committer *committer, int rc, bool is_uncertain)
{
    if (is_uncertain || mst_sql_is_flush_failure(rc)) {
        mst_sql_die(committer->engine, "a flush", rc);
        return false;
    }
    if (!mst_sql_conn_rollback(&committer->conn)) {
        mst_sql_die(committer->engine, "a rollback", rc);
        return false;
    }
    return true;
}

static void end_turn(struct mst_sql_committer *committer)
{
    mst_sql_checkpointer_end_turn(committer->checkpointer, committer->n_frames_written);
}

/* What the log holds twice or more takes room once in the file. */
static void hurry_checkpoint(struct mst_sql_committer *committer)
{
    mst_sql_checkpointer_hurry(committer->checkpointer);
    committer->checkpoint_at = 0;
}

static void run_batch(struct mst_sql_committer *committer)
{
    struct batch batch = {.committer = committer};
    enum attempt attempt;
    int rc;

    mst_window_read(&batch.now);
    batch.mark_before = mst_sql_clock_mark(&committer->engine->clock);
    if (committer->conn.file == MST_FILE_STATE)
        mst_sql_clock_alarm(&batch.mark_before, &batch.now);
    attempt = run_items(&batch, false);
    if (attempt == AGAIN_GUARDED) {
        if (!give_up(committer, SQLITE_OK, false))
            return;
        attempt = run_items(&batch, true);
    }
    rc = attempt == DONE ? commit(&batch) : batch.tx.failure;
    if (batch.tx.is_room_short || (rc & 0xff) == SQLITE_FULL)
        hurry_checkpoint(committer);
    if (rc == SQLITE_OK) {
        end_turn(committer);
        mst_stripes_publish(committer->engine->stripes, committer->conn.file, &committer->touched);
        mst_changes_tell(&committer->changes, &committer->engine->store);
        answer_all(committer);
    } else if (give_up(committer, rc, batch.tx.failure == SQLITE_OK && is_commit_uncertain(rc))) {
        answer_all_failed(committer, rc);
    }
}

/* ---- checkpoints ---- */

static int on_commit(void *arg, sqlite3 *db, const char *name, int wal_frames)
{
    struct mst_sql_committer *committer = arg;

    (void)db;
    (void)name;
    committer->wal_frames = committer->n_frames_written = wal_frames;
    mst_metric_set(MST_M_LOG_FRAMES, committer->conn.file, (uint64_t)wal_frames);
    return SQLITE_OK;
}

/*
 * SQLite does not flush the log that it truncated, and need not, as long as all of the log is
 * on the platter. After a flush that failed it is not: the commits before the lost one would
 * come back with the old log after a power cut, and hide the newer pages of the file.
 */
static int flush_log(struct mst_sql_conn *conn)
{
    sqlite3_file *log = NULL;
    int rc = sqlite3_file_control(conn->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);

    if (rc == SQLITE_OK && log && log->pMethods)
        rc = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
    return rc;
}

int mst_sql_checkpoint_whole(struct mst_sql_conn *conn)
{
    int rc = sqlite3_wal_checkpoint_v2(conn->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);

    return rc == SQLITE_OK ? flush_log(conn) : rc;
}

/* False: a flush failed. A reader may hold back a part of the log; the rest comes later. */
static bool checkpoint_if_due(struct mst_sql_committer *committer)
{
    int n_log = 0, n_done = 0, rc;
    uint64_t started_ns;

    if (committer->checkpointer || committer->wal_frames < committer->checkpoint_at)
        return true;
    started_ns = mst_clock_mono_ns();
    rc = sqlite3_wal_checkpoint_v2(committer->conn.db, NULL, SQLITE_CHECKPOINT_PASSIVE, &n_log,
                                   &n_done);
    mst_metric_observe(MST_M_CHECKPOINT_SECONDS, committer->conn.file,
                       mst_clock_mono_ns() - started_ns);
    if (mst_sql_is_flush_failure(rc)) {
        mst_sql_die(committer->engine, "the flush of a checkpoint", rc);
        return false;
    }
    if (rc != SQLITE_OK && rc != SQLITE_BUSY)
        mst_log(MST_LOG_WARNING, MST_EV_STORE_FAILED, "a checkpoint failed: %s (%d)",
                sqlite3_errstr(rc), rc);
    if (rc == SQLITE_OK && n_done == n_log) {
        committer->wal_frames = 0;
        committer->checkpoint_at = checkpoint_step(committer);
    } else {
        committer->checkpoint_at = committer->wal_frames + checkpoint_step(committer);
    }
    return true;
}

/* ---- the thread ---- */

static void load_batch(struct mst_sql_committer *committer, struct mst_queue_item *queued)
{
    committer->n_items = 0;
    for (; queued; queued = queued->next) {
        struct mst_sql_item *item = &committer->items[committer->n_items++];

        item->cmd = (struct mst_cmd *)queued;
        item->is_answered = false;
    }
}

/* A batch of content.db keeps backups from opening their views meanwhile. */
static void take_turn(struct mst_sql_committer *committer)
{
    if (committer->conn.file == MST_FILE_CONTENT)
        (void)pthread_mutex_lock(&committer->engine->content_turn);
    run_batch(committer);
    if (committer->conn.file == MST_FILE_CONTENT)
        (void)pthread_mutex_unlock(&committer->engine->content_turn);
}

static void run_thread(void *arg)
{
    struct mst_sql_committer *committer = arg;
    size_t batch_max = committer->engine->opts.batch_max;
    const bool *is_dead = &committer->engine->is_dead;
    struct mst_queue_item *queued;

    while ((queued = mst_queue_take(committer->queue, batch_max)) != NULL) {
        if (__atomic_load_n(is_dead, __ATOMIC_SEQ_CST))
            continue;
        load_batch(committer, queued);
        committer->n_frames_written = 0;
        mst_sql_checkpointer_begin_turn(committer->checkpointer);
        take_turn(committer);
        end_turn(committer); /* of a batch that failed */
        for (size_t i = 0; i < committer->n_items; i++)
            mst_arena_reset(&committer->items[i].arena);
        if (!__atomic_load_n(is_dead, __ATOMIC_SEQ_CST))
            (void)checkpoint_if_due(committer);
    }
}

enum mst_err mst_sql_committer_start(struct mst_sql_committer *committer)
{
    static const char *const names[MST_FILE_COUNT] = {"commit-state", "commit-points",
                                                      "commit-content"};
    const struct mst_sqlite_opts *opts = &committer->engine->opts;
    enum mst_err err;

    committer->items = calloc(opts->batch_max, sizeof *committer->items);
    if (!committer->items)
        return MST_ENOMEM;
    for (size_t i = 0; i < opts->batch_max; i++)
        mst_arena_init(&committer->items[i].arena, MST_REQUEST_ARENA_MAX);
    committer->checkpoint_at = checkpoint_step(committer);
    (void)sqlite3_wal_hook(committer->conn.db, on_commit, committer);
    err = mst_queue_new(opts->queue_max, &committer->queue);
    if (err == MST_OK && opts->checkpoint == MST_SQLITE_CHECKPOINT_THREAD)
        err = mst_sql_checkpointer_start(committer->engine, committer->conn.file,
                                         &committer->checkpointer);
    if (err == MST_OK)
        err = mst_thread_start(names[committer->conn.file], run_thread, committer,
                               &committer->thread);
    return err;
}

/* An orderly end leaves no log behind, not even its empty file; after a failed flush nothing is touched any more. */
static void close_conn(struct mst_sql_committer *committer)
{
    bool is_dead = __atomic_load_n(&committer->engine->is_dead, __ATOMIC_SEQ_CST);
    int rc = SQLITE_OK;

    if (committer->conn.db && committer->thread && !is_dead)
        rc = mst_sql_checkpoint_whole(&committer->conn);
    if (mst_sql_is_flush_failure(rc))
        mst_sql_die(committer->engine, "the flush of the last checkpoint", rc);
    if (rc == SQLITE_OK && !is_dead)
        rc =
            sqlite3_db_config(committer->conn.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, (int *)NULL);
    (void)mst_sql_conn_rollback(&committer->conn);
    mst_sql_conn_close(&committer->conn);
}

void mst_sql_committer_stop(struct mst_sql_committer *committer)
{
    if (committer->queue)
        mst_queue_close(committer->queue);
    if (committer->thread)
        mst_thread_join(committer->thread);
    mst_sql_checkpointer_stop(committer->checkpointer);
    if (committer->queue)
        mst_queue_free(committer->queue);
    if (committer->conn.db)
        close_conn(committer);
    for (size_t i = 0; committer->items && i < committer->engine->opts.batch_max; i++)
        mst_arena_fini(&committer->items[i].arena);
    free(committer->items);
    mst_changes_fini(&committer->changes);
}

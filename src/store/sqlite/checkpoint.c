/*
 * Checkpoints beside the commits, by a rule that keeps clear of a fault of SQLite.
 *
 * The fault (3.7.0 to 3.51.2): a checkpoint looks at the log's length, then at how much
 * of it is in the file already. If all of it is, a commit may start the log anew between
 * the two looks; the checkpoint then takes the new log for the rest of the old one, and
 * marks frames as moved that it never moved. The next reset throws them away.
 *
 * The rule: a pass starts only
 *   a) in the turn of no commit and with none to come before it ends, or
 *   b) when a commit has begun, written and finished since the previous pass ended. The log
 *      then holds frames that are not in the file, and since passes alone move frames no
 *      commit can start the log anew before this pass has looked.
 * A commit that was under way when a pass ended does not count: the pass may have seen it.
 * Never two passes at once: this thread makes them all. They are PASSIVE: no commit, no
 * reader waits for one, except in case a.
 *
 * While commits go on, passes of kind b never find the end of the log, so that it is never
 * started anew. Hence two lengths:
 *   - after `step` frames that are not in the file yet: one pass of kind b;
 *   - when the log is 4 steps long: such passes until less than half a step is left, or
 *     they no longer gain on the commits; then one of kind a, which moves all of it. The next
 *     commit starts the log anew.
 *
 * A reader that holds a view holds back what was committed after it, and holds on to the log.
 * A pass that moved nothing is not tried again before the log has grown by a step. When the
 * reader is gone, the next pass of kind a brings the log to an end.
 *
 * The turns are a lock with a queue of one: a plain mutex would be taken again by a busy
 * committer before the other thread woke up. Nobody sleeps by a timer; the committer wakes
 * this thread when there is enough to do.
 */
#include <assert.h>
#include <stdlib.h>

#include "store/sqlite/engine.h"
#include "store/sqlite/paced_file.h"
#include "sys/clock.h"
#include "sys/defect.h"
#include "sys/log.h"
#include "sys/metric.h"

/* Frames of 4 KiB: 4 MiB, and 16 MiB for the length at which the log is brought to an end. */
enum { STEP_DEFAULT = 1024, LONG_STEPS = 4, GAINS_MAX = 8, RECKLESS_PASSES = 64 };

enum pass_kind { BESIDE_COMMITS, BETWEEN_COMMITS };

struct mst_sql_checkpointer {
    struct mst_sql_engine *engine;
    struct mst_sql_conn conn;
    struct mst_sql_paced_file file; /* of conn */
    struct mst_thread *thread;
    int step;

    pthread_mutex_t lock;
    pthread_cond_t woken; /* this thread: work, its turn, or the end */
    pthread_cond_t freed; /* the committer: a pass of kind a ended */
    bool is_committing;   /* the committer has its turn */
    bool is_claimed;      /* this thread wants it next */
    bool is_held;         /* this thread has it */
    bool is_watching;     /* it waits for a turn to end, whatever there is to do */
    bool is_passing;
    bool is_ended;
    uint64_t n_passes;          /* started */
    uint64_t n_passes_at_begin; /* as the committer's turn began */
    bool was_passing_at_begin;
    bool is_allowed; /* by case b of the rule */
    uint64_t n_logs; /* how often the log was started anew */
    int wal_frames;  /* its length */
    int n_moved;     /* of them known to be in the file */
    int pass_at;     /* length at which a pass is worth it */
    int long_at;     /* length at which the log is to be brought to an end */
};

/* ---- turns ---- */

static void lock(struct mst_sql_checkpointer *checkpointer)
{
    int rc = pthread_mutex_lock(&checkpointer->lock);

    assert(rc == 0);
}

static void unlock(struct mst_sql_checkpointer *checkpointer)
{
    int rc = pthread_mutex_unlock(&checkpointer->lock);

    assert(rc == 0);
}

static bool is_reckless(void)
{
    return mst_defect(MST_DEFECT_CHECKPOINT_ANYTIME);
}

void mst_sql_checkpointer_begin_turn(struct mst_sql_checkpointer *checkpointer)
{
    if (!checkpointer)
        return;
    lock(checkpointer);
    assert(!checkpointer->is_committing);
    while (checkpointer->is_held || checkpointer->is_claimed)
        (void)pthread_cond_wait(&checkpointer->freed, &checkpointer->lock);
    checkpointer->is_committing = true;
    checkpointer->n_passes_at_begin = checkpointer->n_passes;
    checkpointer->was_passing_at_begin = checkpointer->is_passing;
    unlock(checkpointer);
}

static void note_commit(struct mst_sql_checkpointer *checkpointer, int wal_frames)
{
    if (wal_frames < checkpointer->wal_frames) {
        checkpointer->n_logs++;
        checkpointer->n_moved = 0;
        checkpointer->pass_at = checkpointer->step;
        checkpointer->long_at = LONG_STEPS * checkpointer->step;
    }
    checkpointer->wal_frames = wal_frames;
    if (!checkpointer->was_passing_at_begin &&
        checkpointer->n_passes == checkpointer->n_passes_at_begin)
        checkpointer->is_allowed = true;
}

static bool is_due(const struct mst_sql_checkpointer *checkpointer)
{
    if (is_reckless())
        return checkpointer->wal_frames > 0;
    return checkpointer->is_allowed && (checkpointer->wal_frames >= checkpointer->pass_at ||
                                        checkpointer->wal_frames >= checkpointer->long_at);
}

void mst_sql_checkpointer_end_turn(struct mst_sql_checkpointer *checkpointer, int wal_frames)
{
    if (!checkpointer)
        return;
    lock(checkpointer);
    if (checkpointer->is_committing) {
        checkpointer->is_committing = false;
        if (wal_frames > 0)
            note_commit(checkpointer, wal_frames);
        if (checkpointer->is_watching || is_due(checkpointer))
            (void)pthread_cond_signal(&checkpointer->woken);
    }
    unlock(checkpointer);
}

/* ---- passes: the lock is held, and given up while a pass runs ---- */

static void wait_for_turn_end(struct mst_sql_checkpointer *checkpointer)
{
    checkpointer->is_watching = true;
    (void)pthread_cond_wait(&checkpointer->woken, &checkpointer->lock);
    checkpointer->is_watching = false;
}

static void take_turn(struct mst_sql_checkpointer *checkpointer)
{
    checkpointer->is_claimed = true;
    while (checkpointer->is_committing)
        wait_for_turn_end(checkpointer);
    checkpointer->is_claimed = false;
    checkpointer->is_held = true;
}

static void give_turn(struct mst_sql_checkpointer *checkpointer)
{
    checkpointer->is_held = false;
    (void)pthread_cond_signal(&checkpointer->freed);
}

/* False: the pass moved nothing. */
static bool note_pass(struct mst_sql_checkpointer *checkpointer, int rc, int n_log, int n_moved)
{
    bool has_gained = rc == SQLITE_OK && (n_moved != checkpointer->n_moved || n_moved == n_log);

    if (mst_sql_is_flush_failure(rc)) {
        mst_sql_die(checkpointer->engine, "the flush of a checkpoint", rc);
        checkpointer->is_ended = true;
        return false;
    }
    if (rc != SQLITE_OK && rc != SQLITE_BUSY)
        mst_log(MST_LOG_WARNING, MST_EV_STORE_FAILED, "a checkpoint failed: %s (%d)",
                sqlite3_errstr(rc), rc);
    if (has_gained)
        checkpointer->n_moved = n_moved;
    checkpointer->pass_at = (has_gained ? n_moved : checkpointer->wal_frames) + checkpointer->step;
    return has_gained;
}

static bool pass(struct mst_sql_checkpointer *checkpointer, enum pass_kind kind)
{
    uint64_t n_logs = checkpointer->n_logs;
    uint64_t started_ns = mst_clock_mono_ns();
    int n_log = 0, n_moved = 0, rc;

    assert(kind == BETWEEN_COMMITS ? checkpointer->is_held && !checkpointer->is_committing
                                   : checkpointer->is_allowed || is_reckless());
    checkpointer->is_allowed = false;
    checkpointer->is_passing = true;
    checkpointer->n_passes++;
    unlock(checkpointer);
    mst_sql_paced_file_begin(&checkpointer->file);
    rc = sqlite3_wal_checkpoint_v2(checkpointer->conn.db, NULL, SQLITE_CHECKPOINT_PASSIVE, &n_log,
                                   &n_moved);
    mst_metric_observe(MST_M_CHECKPOINT_SECONDS, checkpointer->conn.file,
                       mst_clock_mono_ns() - started_ns);
    lock(checkpointer);
    checkpointer->is_passing = false;
    /* All was moved, and a commit has started the log anew since: the figures are the old log's. */
    if (rc == SQLITE_OK && n_logs != checkpointer->n_logs)
        return true;
    return note_pass(checkpointer, rc, n_log, n_moved);
}

/* Passes beside the commits as long as they gain on them, each after a commit of its own. False: a
   reader holds back the rest. */
static bool catch_up(struct mst_sql_checkpointer *checkpointer)
{
    int left = checkpointer->wal_frames - checkpointer->n_moved, left_before = INT32_MAX;

    for (int i = 0; i < GAINS_MAX && left >= checkpointer->step / 2 && left < left_before; i++) {
        while (!checkpointer->is_allowed && !checkpointer->is_ended)
            wait_for_turn_end(checkpointer);
        if (checkpointer->is_ended || !pass(checkpointer, BESIDE_COMMITS))
            return false;
        left_before = left;
        left = checkpointer->wal_frames - checkpointer->n_moved;
    }
    return true;
}

static void end_log(struct mst_sql_checkpointer *checkpointer)
{
    /* Were the turn taken all the same, the reader could be gone by then, and the commits would
       wait for all that it held back: a backup's view holds back what minutes brought. */
    bool is_caught_up = catch_up(checkpointer);

    if (checkpointer->is_ended)
        return;
    if (is_caught_up) {
        take_turn(checkpointer);
        (void)pass(checkpointer, BETWEEN_COMMITS);
        give_turn(checkpointer);
    }
    /* Should a reader hold on to the log, the next attempt comes after another step. */
    checkpointer->long_at = checkpointer->wal_frames + checkpointer->step;
}

/* The seeded defect: one pass after another whatever the commits do. */
static void pass_recklessly(struct mst_sql_checkpointer *checkpointer)
{
    for (int i = 0; i < RECKLESS_PASSES && !checkpointer->is_ended; i++)
        (void)pass(checkpointer, BESIDE_COMMITS);
    checkpointer->wal_frames = 0;
}

/* ---- the thread ---- */

static void run_thread(void *arg)
{
    struct mst_sql_checkpointer *checkpointer = arg;

    lock(checkpointer);
    for (;;) {
        while (!checkpointer->is_ended && !is_due(checkpointer))
            (void)pthread_cond_wait(&checkpointer->woken, &checkpointer->lock);
        if (checkpointer->is_ended ||
            __atomic_load_n(&checkpointer->engine->is_dead, __ATOMIC_SEQ_CST))
            break;
        if (is_reckless())
            pass_recklessly(checkpointer);
        else if (checkpointer->wal_frames >= checkpointer->long_at)
            end_log(checkpointer);
        else
            (void)pass(checkpointer, BESIDE_COMMITS);
    }
    unlock(checkpointer);
}

enum mst_err mst_sql_checkpointer_start(struct mst_sql_engine *engine, enum mst_file file,
                                        struct mst_sql_checkpointer **ret_checkpointer)
{
    static const char *const names[MST_FILE_COUNT] = {"ckpt-state", "ckpt-points"};
    struct mst_sql_checkpointer *checkpointer = calloc(1, sizeof *checkpointer);
    enum mst_err err;

    if (!checkpointer)
        return MST_ENOMEM;
    checkpointer->engine = engine;
    checkpointer->step =
        engine->opts.checkpoint_frames ? engine->opts.checkpoint_frames : STEP_DEFAULT;
    checkpointer->pass_at = checkpointer->step;
    checkpointer->long_at = LONG_STEPS * checkpointer->step;
    (void)pthread_mutex_init(&checkpointer->lock, NULL);
    (void)pthread_cond_init(&checkpointer->woken, NULL);
    (void)pthread_cond_init(&checkpointer->freed, NULL);
    err = mst_sql_err(mst_sql_conn_open(&checkpointer->conn, engine->dir, engine->opts.vfs, file,
                                        MST_SQL_CHECKPOINTER));
    if (err == MST_OK)
        err = mst_sql_err(mst_sql_paced_file_set(&checkpointer->file, checkpointer->conn.db));
    if (err == MST_OK)
        err = mst_thread_start(names[file], run_thread, checkpointer, &checkpointer->thread);
    if (err != MST_OK) {
        mst_sql_checkpointer_stop(checkpointer);
        return err;
    }
    *ret_checkpointer = checkpointer;
    return MST_OK;
}

void mst_sql_checkpointer_stop(struct mst_sql_checkpointer *checkpointer)
{
    if (!checkpointer)
        return;
    lock(checkpointer);
    checkpointer->is_ended = true;
    (void)pthread_cond_signal(&checkpointer->woken);
    unlock(checkpointer);
    mst_thread_join(checkpointer->thread);
    mst_sql_conn_close(&checkpointer->conn);
    (void)pthread_cond_destroy(&checkpointer->freed);
    (void)pthread_cond_destroy(&checkpointer->woken);
    (void)pthread_mutex_destroy(&checkpointer->lock);
    free(checkpointer);
}

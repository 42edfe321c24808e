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
 * started anew. Hence: when the log is long enough, passes of kind b until little is left, or
 * they no longer gain on the commits; what they write they flush too. Then one of kind a, which moves
 * the rest and holds up the commits for a few milliseconds. The next commit starts the log anew.
 *
 * How long is long enough? A page that changed often is moved once, and pages that lie side by side
 * are one write to the disk, so a long log costs less for each commit, in a small store much
 * less. But a start after a crash moves the whole log before it serves. Most of that
 * time goes into separate writes, so the length is fitted, log by log, to a number of those.
 *
 * On a small disk a log takes at most an eighth of the room there is: what it is moved into needs room
 * too, and a log that filled the disk could never be moved.
 *
 * A reader that holds a view holds back what was committed after it, and holds on to the log.
 * Another attempt is made when the log has grown by RETRY_KIB. When the reader is gone, the next
 * pass of kind a brings the log to an end.
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
#include "sys/file.h"
#include "sys/log.h"
#include "sys/metric.h"

enum {
    FRAME_HEAD_BYTES = 24,
    ROOM_PARTS = 8,
    LOG_KIB_LEAST = 1024, /* where room is short */
    LOG_KIB_MIN = 16384,  /* 16 MiB */
    LOG_KIB_MAX = 131072, /* 128 MiB: a start reads them in a tenth of a second */
    RUNS_WANTED = 12500,  /* separate writes to the disk for each log, at some 20 µs each */
    LEFT_KIB = 512,       /* for the pass that holds up the commits */
    RETRY_KIB = 4096,
    GAINS_MAX = 8,
    RECKLESS_PASSES = 64
};

enum pass_kind { BESIDE_COMMITS, BETWEEN_COMMITS };

struct mst_sql_checkpointer {
    struct mst_sql_engine *engine;
    struct mst_sql_conn conn;
    struct mst_sql_paced_file file; /* of conn */
    struct mst_thread *thread;
    bool is_fixed;   /* the length is given, not fitted */
    int long_frames; /* length at which a log is brought to an end */
    int left_frames; /* what may be left for the pass of kind a */
    int retry_frames;
    int n_first_frames;    /* what the first pass of this log moved */
    uint64_t n_first_runs; /* and with how many writes to the disk */

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

/* As many frames as take that much of the log. */
static int frames_of(const struct mst_sql_checkpointer *checkpointer, int kib)
{
    return kib / (mst_sql_page_bytes(checkpointer->conn.file) / 1024);
}

/* A log begins in the file of the one before, whose room it uses again. */
static void set_length(struct mst_sql_checkpointer *checkpointer)
{
    int frame_bytes = mst_sql_page_bytes(checkpointer->conn.file) + FRAME_HEAD_BYTES;
    uint64_t room = mst_path_room(checkpointer->engine->dir) / (uint64_t)frame_bytes;
    uint64_t least = (uint64_t)frames_of(checkpointer, LOG_KIB_LEAST);
    uint64_t most = (room + (uint64_t)checkpointer->wal_frames) / ROOM_PARTS;

    checkpointer->long_at = checkpointer->long_frames;
    if (!checkpointer->is_fixed && most < (uint64_t)checkpointer->long_frames)
        checkpointer->long_at = (int)(most > least ? most : least);
}

static void note_commit(struct mst_sql_checkpointer *checkpointer, int wal_frames)
{
    if (wal_frames < checkpointer->wal_frames) {
        checkpointer->n_logs++;
        checkpointer->n_moved = 0;
        set_length(checkpointer);
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
    return checkpointer->is_allowed && checkpointer->wal_frames >= checkpointer->long_at;
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

void mst_sql_checkpointer_hurry(struct mst_sql_checkpointer *checkpointer)
{
    if (!checkpointer)
        return;
    lock(checkpointer);
    checkpointer->long_at = 0;
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
    return has_gained;
}

static bool pass(struct mst_sql_checkpointer *checkpointer, enum pass_kind kind)
{
    uint64_t n_logs = checkpointer->n_logs;
    uint64_t n_runs = checkpointer->file.n_runs;
    uint64_t started_ns = mst_clock_mono_ns();
    int n_log = 0, n_moved = 0, rc;

    assert(kind == BETWEEN_COMMITS ? checkpointer->is_held && !checkpointer->is_committing
                                   : checkpointer->is_allowed || is_reckless());
    checkpointer->is_allowed = false;
    checkpointer->is_passing = true;
    checkpointer->n_passes++;
    unlock(checkpointer);
    rc = sqlite3_wal_checkpoint_v2(checkpointer->conn.db, NULL, SQLITE_CHECKPOINT_PASSIVE, &n_log,
                                   &n_moved);
    if (rc == SQLITE_OK)
        rc = mst_sql_paced_file_flush(&checkpointer->file);
    mst_metric_observe(MST_M_CHECKPOINT_SECONDS, checkpointer->conn.file,
                       mst_clock_mono_ns() - started_ns);
    lock(checkpointer);
    checkpointer->is_passing = false;
    /* All was moved, and a commit has started the log anew since: the figures are the old log's. */
    if (rc == SQLITE_OK && n_logs != checkpointer->n_logs)
        return true;
    if (checkpointer->n_moved == 0) {
        checkpointer->n_first_frames = n_moved;
        checkpointer->n_first_runs = checkpointer->file.n_runs - n_runs;
    }
    return note_pass(checkpointer, rc, n_log, n_moved);
}

/* Passes beside the commits as long as they gain on them, each after a commit of its own. False: a
   reader holds back the rest. */
static bool catch_up(struct mst_sql_checkpointer *checkpointer)
{
    int left = checkpointer->wal_frames - checkpointer->n_moved, left_before = INT32_MAX;

    for (int i = 0; i < GAINS_MAX && left > checkpointer->left_frames && left < left_before; i++) {
        while (!checkpointer->is_allowed && !checkpointer->is_ended)
            wait_for_turn_end(checkpointer);
        if (checkpointer->is_ended || !pass(checkpointer, BESIDE_COMMITS))
            return false;
        left_before = left;
        left = checkpointer->wal_frames - checkpointer->n_moved;
    }
    return true;
}

/*
 * The log is at an end: how long shall the next ones be? The first pass moved f frames with w writes. Of
 * pages drawn by lot, a log of t frames takes about 1 / (1/t + 1/w - 1/f) writes: t in a store that
 * is much larger, and however long it is, no more than the store has pages. The passes after the first
 * make the log longer than it was when that began, by the same part each time.
 */
static void fit_length(struct mst_sql_checkpointer *checkpointer)
{
    double first = checkpointer->n_first_frames, runs = (double)checkpointer->n_first_runs;
    double per_frame = 1 / (double)RUNS_WANTED - (1 / runs - 1 / first);
    int least = frames_of(checkpointer, LOG_KIB_MIN), most = frames_of(checkpointer, LOG_KIB_MAX);
    double fitting = per_frame > 0 ? first / checkpointer->wal_frames / per_frame : most;

    if (checkpointer->is_fixed)
        return;
    checkpointer->long_frames = fitting < least ? least : fitting > most ? most : (int)fitting;
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
        if (checkpointer->n_first_runs > 0 && checkpointer->n_moved == checkpointer->wal_frames)
            fit_length(checkpointer);
        give_turn(checkpointer);
    }
    /* Should a reader hold on to the log. */
    checkpointer->long_at = checkpointer->wal_frames + checkpointer->retry_frames;
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
        else
            end_log(checkpointer);
    }
    unlock(checkpointer);
}

static void set_lengths(struct mst_sql_checkpointer *checkpointer, int fixed_frames)
{
    bool is_fixed = fixed_frames > 0;

    checkpointer->is_fixed = is_fixed;
    checkpointer->long_frames = is_fixed ? fixed_frames : frames_of(checkpointer, LOG_KIB_MIN);
    checkpointer->left_frames = is_fixed ? fixed_frames / 4 : frames_of(checkpointer, LEFT_KIB);
    checkpointer->retry_frames = is_fixed ? fixed_frames : frames_of(checkpointer, RETRY_KIB);
    set_length(checkpointer);
}

enum mst_err mst_sql_checkpointer_start(struct mst_sql_engine *engine, enum mst_file file,
                                        struct mst_sql_checkpointer **ret_checkpointer)
{
    static const char *const names[MST_FILE_COUNT] = {"ckpt-state", "ckpt-points", "ckpt-content"};
    struct mst_sql_checkpointer *checkpointer = calloc(1, sizeof *checkpointer);
    enum mst_err err;

    if (!checkpointer)
        return MST_ENOMEM;
    checkpointer->engine = engine;
    checkpointer->conn.file = file;
    set_lengths(checkpointer, engine->opts.checkpoint_frames);
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

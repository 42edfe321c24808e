#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "core/blob.h"
#include "core/copying.h"
#include "core/left.h"
#include "server/command.h"
#include "server/copying.h"
#include "server/sweeper.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/queue.h"

enum { RETRY_S = 2, LOOK_EVERY_S = 60, DROPPED_ROOM = 16 };

struct mst_sweeper {
    struct mst_store *store;
    const struct mst_domain *domain;
    struct mst_reader *reader;
    struct mst_thread *thread;
    pthread_mutex_t lock;
    pthread_cond_t woken;   /* work, or the end */
    pthread_cond_t settled; /* nothing is left to do, or a step failed */
    bool is_ended;
    bool is_busy;
    bool has_failed;    /* wait before the next attempt */
    bool is_look_due;   /* at all blobs */
    bool is_points_due; /* a look at copies that nobody finishes, and at points of what is gone */
    /* The thread's own: */
    int64_t copy_seen; /* the first copy's target at the last such look */
    struct mst_left left;
    int64_t *dropped; /* blobs whose uploads were given up */
    size_t n_dropped, dropped_cap;
};

static void lock(struct mst_sweeper *sweeper)
{
    int rc = pthread_mutex_lock(&sweeper->lock);

    assert(rc == 0);
}

static void unlock(struct mst_sweeper *sweeper)
{
    int rc = pthread_mutex_unlock(&sweeper->lock);

    assert(rc == 0);
}

static bool is_ended(struct mst_sweeper *sweeper)
{
    bool answer;

    lock(sweeper);
    answer = sweeper->is_ended;
    unlock(sweeper);
    return answer;
}

/* ---- what is to do ---- */

static bool has_work(const struct mst_sweeper *sweeper)
{
    return sweeper->is_look_due || sweeper->is_points_due || sweeper->n_dropped > 0;
}

/* Of a blob that cannot be noted the next start takes care. */
static void note_dropped(struct mst_sweeper *sweeper, int64_t blob_id)
{
    size_t cap = sweeper->dropped_cap ? 2 * sweeper->dropped_cap : DROPPED_ROOM;
    int64_t *dropped = sweeper->dropped;

    if (sweeper->n_dropped == sweeper->dropped_cap) {
        dropped = reallocarray(dropped, cap, sizeof *dropped);
        if (!dropped)
            return;
        sweeper->dropped = dropped;
        sweeper->dropped_cap = cap;
    }
    dropped[sweeper->n_dropped++] = blob_id;
}

void mst_sweeper_drop(void *arg, int64_t blob_id)
{
    struct mst_sweeper *sweeper = arg;

    lock(sweeper);
    if (blob_id != 0)
        note_dropped(sweeper, blob_id);
    else
        sweeper->is_look_due = true;
    (void)pthread_cond_signal(&sweeper->woken);
    unlock(sweeper);
}

/* ---- one blob ---- */

struct step {
    int64_t blob_id;
    bool is_gone;
};

static enum mst_err sweep_step(void *arg, struct mst_tx *tx)
{
    struct step *step = arg;

    return mst_blob_sweep(tx, step->blob_id, &step->is_gone);
}

static enum mst_err sweep(struct mst_sweeper *sweeper, int64_t blob_id)
{
    struct step step = {.blob_id = blob_id};
    enum mst_err err = MST_OK;

    while (err == MST_OK && !step.is_gone && !is_ended(sweeper))
        err = mst_command_wait(sweeper->store, MST_FILE_CONTENT, sweep_step, &step);
    return err;
}

static enum mst_err sweep_dropped(struct mst_sweeper *sweeper, int64_t blob_id)
{
    bool is_orphan = false;
    struct mst_tx *tx;
    enum mst_err err = mst_reader_begin(sweeper->reader, &tx);

    if (err == MST_OK) {
        err = mst_blob_is_orphan(sweeper->domain, tx, blob_id, true, &is_orphan);
        mst_reader_end(sweeper->reader);
    }
    return err == MST_OK && is_orphan ? sweep(sweeper, blob_id) : err;
}

/* ---- all blobs ---- */

static enum mst_err find_next(struct mst_sweeper *sweeper, int64_t *at, int64_t *ret_id)
{
    struct mst_tx *tx;
    enum mst_err err = mst_reader_begin(sweeper->reader, &tx);

    if (err != MST_OK)
        return err;
    err = mst_blob_next_orphan(sweeper->domain, tx, *at, ret_id, at);
    mst_reader_end(sweeper->reader);
    return err;
}

static enum mst_err look_through(struct mst_sweeper *sweeper)
{
    unsigned long long n = 0;
    int64_t at = 0, id = 0;
    enum mst_err err;

    do {
        err = find_next(sweeper, &at, &id);
        if (err == MST_OK && id != 0) {
            err = sweep(sweeper, id);
            n += err == MST_OK;
        }
    } while (err == MST_OK && at != 0 && !is_ended(sweeper));
    if (n > 0)
        mst_log(MST_LOG_INFO, MST_EV_STORE,
                "the bytes of %llu content blobs that nothing points to were removed", n);
    return err;
}

/* ---- copies ---- */

/*
 * One that a request is still making is left to it: what stood at the last look too has been given
 * up. Were one met all the same, it would be made twice, with the same result.
 */
static enum mst_err finish_copies(struct mst_sweeper *sweeper)
{
    struct mst_row_point_copy copy;
    uint64_t n = 0;
    struct mst_tx *tx;
    enum mst_err err = mst_reader_begin(sweeper->reader, &tx);

    if (err != MST_OK)
        return err;
    err = mst_copying_first(tx, &copy);
    mst_reader_end(sweeper->reader);
    if (err != MST_OK)
        return err == MST_ENOENT ? MST_OK : err;
    if (copy.target_id != sweeper->copy_seen) {
        sweeper->copy_seen = copy.target_id;
        return MST_OK;
    }
    return mst_copying_resume(sweeper->store, &n);
}

/* ---- points of what is gone ---- */

static enum mst_err trim_left(void *arg, struct mst_tx *tx)
{
    return mst_left_trim(tx, arg);
}

/* The next ones, or the first again. */
static enum mst_err look_for_left(struct mst_sweeper *sweeper)
{
    struct mst_tx *tx;
    enum mst_err err = mst_reader_begin(sweeper->reader, &tx);

    if (err != MST_OK)
        return err;
    err = mst_left_find(tx, &sweeper->left);
    mst_reader_end(sweeper->reader);
    return err == MST_OK && sweeper->left.n > 0
               ? mst_command_wait(sweeper->store, MST_FILE_POINTS, trim_left, &sweeper->left)
               : err;
}

static enum mst_err look_at_points(struct mst_sweeper *sweeper)
{
    enum mst_err err = finish_copies(sweeper);

    return err == MST_OK ? look_for_left(sweeper) : err;
}

void mst_sweeper_look(struct mst_sweeper *sweeper)
{
    lock(sweeper);
    sweeper->is_points_due = true;
    (void)pthread_cond_signal(&sweeper->woken);
    unlock(sweeper);
}

/* ---- the thread ---- */

/* Until there is work, or it is time to look for some. */
static void wait_for_work(struct mst_sweeper *sweeper)
{
    uint64_t after_s = sweeper->has_failed ? RETRY_S : LOOK_EVERY_S;
    uint64_t until_ns = mst_clock_mono_ns() + after_s * UINT64_C(1000000000);
    const struct timespec until = {.tv_sec = (time_t)(until_ns / 1000000000),
                                   .tv_nsec = (long)(until_ns % 1000000000)};

    while (!sweeper->is_ended && (sweeper->has_failed || !has_work(sweeper))) {
        if (pthread_cond_timedwait(&sweeper->woken, &sweeper->lock, &until) == 0)
            continue;
        sweeper->is_points_due |= !sweeper->has_failed;
        sweeper->has_failed = false;
    }
}

/* The lock is given up meanwhile. What fails comes back. */
static enum mst_err do_one(struct mst_sweeper *sweeper)
{
    enum mst_err err;

    if (sweeper->n_dropped > 0) {
        int64_t blob_id = sweeper->dropped[--sweeper->n_dropped];

        unlock(sweeper);
        err = sweep_dropped(sweeper, blob_id);
        lock(sweeper);
        if (err != MST_OK)
            note_dropped(sweeper, blob_id);
        return err;
    }
    bool *is_due = sweeper->is_points_due ? &sweeper->is_points_due : &sweeper->is_look_due;

    *is_due = false;
    unlock(sweeper);
    err = is_due == &sweeper->is_points_due ? look_at_points(sweeper) : look_through(sweeper);
    lock(sweeper);
    *is_due |= err != MST_OK;
    return err;
}

static void work(struct mst_sweeper *sweeper)
{
    enum mst_err err;

    sweeper->is_busy = true;
    err = do_one(sweeper);
    sweeper->is_busy = false;
    sweeper->has_failed = err != MST_OK;
    if (err != MST_OK || !has_work(sweeper))
        (void)pthread_cond_broadcast(&sweeper->settled);
}

static void run_thread(void *arg)
{
    struct mst_sweeper *sweeper = arg;

    lock(sweeper);
    while (!sweeper->is_ended) {
        if (has_work(sweeper) && !sweeper->has_failed)
            work(sweeper);
        else
            wait_for_work(sweeper);
    }
    unlock(sweeper);
}

static void init_locks(struct mst_sweeper *sweeper)
{
    pthread_condattr_t attr;

    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&sweeper->lock, NULL);
    (void)pthread_cond_init(&sweeper->woken, &attr);
    (void)pthread_cond_init(&sweeper->settled, NULL);
    (void)pthread_condattr_destroy(&attr);
}

enum mst_err mst_sweeper_start(struct mst_store *store, const struct mst_domain *domain,
                               struct mst_sweeper **ret_sweeper)
{
    struct mst_sweeper *sweeper = calloc(1, sizeof *sweeper);
    enum mst_err err;

    if (!sweeper)
        return MST_ENOMEM;
    sweeper->store = store;
    sweeper->domain = domain;
    sweeper->is_look_due = true;
    init_locks(sweeper);
    err = mst_reader_open(store, &sweeper->reader);
    if (err == MST_OK)
        err = mst_thread_start("sweeper", run_thread, sweeper, &sweeper->thread);
    if (err != MST_OK) {
        mst_sweeper_stop(sweeper);
        return err;
    }
    *ret_sweeper = sweeper;
    return MST_OK;
}

enum mst_err mst_sweeper_wait(struct mst_sweeper *sweeper)
{
    enum mst_err err;

    lock(sweeper);
    while (!sweeper->has_failed && (sweeper->is_busy || has_work(sweeper)))
        (void)pthread_cond_wait(&sweeper->settled, &sweeper->lock);
    err = sweeper->has_failed ? MST_EIO : MST_OK;
    unlock(sweeper);
    return err;
}

void mst_sweeper_stop(struct mst_sweeper *sweeper)
{
    if (!sweeper)
        return;
    lock(sweeper);
    sweeper->is_ended = true;
    (void)pthread_cond_signal(&sweeper->woken);
    unlock(sweeper);
    if (sweeper->thread)
        mst_thread_join(sweeper->thread);
    if (sweeper->reader)
        mst_reader_close(sweeper->reader);
    (void)pthread_cond_destroy(&sweeper->settled);
    (void)pthread_cond_destroy(&sweeper->woken);
    (void)pthread_mutex_destroy(&sweeper->lock);
    free(sweeper->dropped);
    free(sweeper);
}

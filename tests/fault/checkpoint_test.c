/*
 * Checkpoints beside commits keep the rule of design.md 5.5, lose nothing, and keep the
 * log short. The disk (tests/lib/disk.h) sees each checkpoint and each transaction by
 * the locks they take, and judges every one by the rule.
 *
 *   SECONDS=n  of stress (6)     SEED=n     VERBOSE=1  with the log
 *
 * The same must find a store that starts checkpoints at any time.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/random.h"
#include "tests/lib/rig.h"

enum { SECONDS = 6, REQUESTS_EACH = 40, POINTS_EACH = 1500, SMALL_STEP = 16, FRAME_BYTES = 4096 };

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    uint64_t value = otherwise;

    if (text && mst_span_u64(mst_span_str(text), UINT64_MAX, &value) != MST_OK)
        value = otherwise;
    return value;
}

static void open_sound(struct mst_rig *rig)
{
    if (mst_rig_open(rig))
        return;
    printf("Bail out! the store cannot be opened: %s\n", mst_err_text(rig->open_err));
    exit(1);
}

/* A new store whose log is ended every so many frames. */
static void begin_world(struct mst_rig *rig, int step)
{
    mst_disk_wipe(rig->disk);
    mst_rig_forget(rig);
    rig->checkpoint_frames = step;
    open_sound(rig);
    mst_rig_make(rig);
}

/* ---- readers ---- */

struct watcher {
    struct mst_rig *rig;
    int n_looks; /* in one view */
    pthread_t thread;
    bool *is_over; /* atomic */
    uint64_t n_views;
};

static enum mst_err see_point(void *arg, const void *row)
{
    (void)row;
    ++*(uint64_t *)arg;
    return MST_OK;
}

/* One view shows one state, however long it is held. */
static void look(struct watcher *watcher, struct mst_reader *reader)
{
    struct mst_row_point key = {.dataport_id = 1};
    struct mst_scan scan = {.index = MST_IX_POINT, .key = &key, .n_fixed = 1};
    uint64_t n_first = 0;
    struct mst_tx *tx;

    if (mst_reader_begin(reader, &tx) != MST_OK)
        abort();
    for (int i = 0; i < watcher->n_looks; i++) {
        uint64_t n = 0;

        if (mst_tx_scan(tx, &scan, see_point, &n) != MST_OK || (i > 0 && n != n_first))
            abort();
        n_first = n;
    }
    mst_reader_end(reader);
    watcher->n_views++;
}

static void *watch(void *arg)
{
    struct watcher *watcher = arg;
    struct mst_reader *reader;

    if (mst_reader_open(watcher->rig->world.store, &reader) != MST_OK)
        abort();
    while (!__atomic_load_n(watcher->is_over, __ATOMIC_SEQ_CST))
        look(watcher, reader);
    mst_reader_close(reader);
    return NULL;
}

/* ---- stress ---- */

enum { WATCHERS = 3 };

static void work_watched(struct mst_rig *rig)
{
    static const int looks[WATCHERS] = {1, 3, 40};
    struct watcher watchers[WATCHERS];
    bool is_over = false;

    for (int i = 0; i < WATCHERS; i++) {
        watchers[i] = (struct watcher){.rig = rig, .n_looks = looks[i], .is_over = &is_over};
        if (pthread_create(&watchers[i].thread, NULL, watch, &watchers[i]) != 0)
            abort();
    }
    mst_rig_work(rig, REQUESTS_EACH);
    __atomic_store_n(&is_over, true, __ATOMIC_SEQ_CST);
    for (int i = 0; i < WATCHERS; i++)
        (void)pthread_join(watchers[i].thread, NULL);
}

static uint64_t stress(uint64_t seconds, uint64_t seed)
{
    static const int steps[] = {2, 4, 8, 32};
    struct mst_disk *disk = mst_disk_new("stress", seed);
    uint64_t end_ns = mst_clock_mono_ns() + seconds * UINT64_C(1000000000);
    static struct mst_rig rig;

    mst_rig_init(&rig, disk, "stress", seed);
    while (mst_clock_mono_ns() < end_ns) {
        begin_world(&rig, steps[rig.n_worlds++ % 4]);
        for (int i = 0; i < 2; i++) {
            if (i > 0)
                open_sound(&rig);
            work_watched(&rig);
            mst_rig_verify(&rig);
            mst_rig_close(&rig);
            mst_disk_reboot(disk);
        }
    }
    printf("# %" PRIu64 " stores, %" PRIu64 " acknowledged, %" PRIu64 " checkpoints, %" PRIu64
           " of them beside a transaction, %" PRIu64 " violations\n",
           rig.n_worlds, rig.n_acked, mst_disk_checkpoints(disk).n_all,
           mst_disk_checkpoints(disk).n_beside, rig.n_violations);
    if (mst_disk_checkpoints(disk).n_beside == 0)
        mst_rig_violation(&rig, "no checkpoint met a transaction: nothing is proven");
    mst_rig_fini(&rig);
    mst_disk_free(disk);
    return rig.n_violations;
}

static void hush(int fd)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (null >= 0)
        (void)dup2(null, fd);
}

/* Run in a process of its own: what a damaged store does to it is a finding too. */
static bool finds_recklessness(uint64_t seed)
{
    pid_t child = fork();
    int status = 0;

    if (child < 0)
        abort();
    if (child == 0) {
        hush(STDOUT_FILENO);
        hush(STDERR_FILENO);
        (void)setenv("MUSTER_DEFECT", "checkpoint-anytime", 1);
        _exit(stress(1, seed) > 0 ? 1 : 0);
    }
    if (waitpid(child, &status, 0) != child)
        abort();
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

/* ---- the log's length ---- */

static uint64_t log_frames(struct mst_rig *rig)
{
    return mst_disk_file_bytes(rig->disk, "points.db-wal") / FRAME_BYTES;
}

static bool is_log_short(struct mst_rig *rig)
{
    uint64_t n_frames;

    begin_world(rig, SMALL_STEP);
    mst_rig_work(rig, POINTS_EACH);
    n_frames = log_frames(rig);
    mst_rig_close(rig);
    printf("# %" PRIu64 " frames after %d points\n", n_frames, MST_RIG_WRITERS * POINTS_EACH);
    /* Never ended it has some 16,000; of a busy machine it had 1,900. */
    return n_frames > 0 && n_frames < 300 * SMALL_STEP;
}

/* While a view is held the log grows, without checkpoints in vain; then it does not grow any more. */
static bool is_log_short_after_view(struct mst_rig *rig)
{
    struct mst_row_point key = {.dataport_id = 1};
    struct mst_scan scan = {.index = MST_IX_POINT, .key = &key, .n_fixed = 1};
    uint64_t n = 0, n_held, n_after, n_passes;
    struct mst_reader *reader;
    struct mst_tx *tx;

    begin_world(rig, SMALL_STEP);
    if (mst_reader_open(rig->world.store, &reader) != MST_OK ||
        mst_reader_begin(reader, &tx) != MST_OK || mst_tx_scan(tx, &scan, see_point, &n) != MST_OK)
        abort();
    n_passes = mst_disk_checkpoints(rig->disk).n_all;
    mst_rig_work(rig, POINTS_EACH);
    n_passes = mst_disk_checkpoints(rig->disk).n_all - n_passes;
    n_held = log_frames(rig);
    mst_reader_end(reader);
    mst_reader_close(reader);
    for (int i = 0; i < 4; i++)
        mst_rig_work(rig, POINTS_EACH);
    n_after = log_frames(rig);
    mst_rig_close(rig);
    printf("# %" PRIu64 " frames and %" PRIu64 " checkpoints while the view was held, %" PRIu64
           " frames after four times as many points without\n",
           n_held, n_passes, n_after);
    return n_held > 200 * SMALL_STEP && n_after < n_held + 100 * SMALL_STEP &&
           n_passes < 4 * n_held / SMALL_STEP;
}

/* ---- failures ---- */

static bool ends_at_failed_flush(struct mst_rig *rig)
{
    bool is_ok = true;

    for (uint64_t n = 1; n <= 8; n++) {
        begin_world(rig, SMALL_STEP);
        mst_disk_fail(rig->disk, MST_DISK_SYNC_DATABASE, n, false);
        mst_rig_work(rig, POINTS_EACH);
        is_ok = is_ok && mst_disk_has_failed(rig->disk);
        mst_rig_close(rig);
        is_ok = is_ok && rig->is_dead;
        mst_disk_restart(rig->disk);
        open_sound(rig);
        mst_rig_verify(rig);
        mst_rig_close(rig);
    }
    return is_ok && rig->n_violations == 0;
}

static int told(int number, bool is_ok, const char *what)
{
    printf("%sok %d - %s\n", is_ok ? "" : "not ", number, what);
    (void)fflush(stdout);
    return is_ok ? 0 : 1;
}

int main(void)
{
    static struct mst_rig rig;
    uint64_t seed = number_from("SEED", mst_random_u64() >> 32);
    struct mst_disk *disk;
    int n_failed = 0;

    printf("1..5\n# SEED=%" PRIu64 "\n", seed);
    (void)fflush(stdout);
    if (!getenv("VERBOSE"))
        hush(STDERR_FILENO);
    n_failed += told(1, finds_recklessness(seed), "checkpoints at any time are found out");
    n_failed += told(2, stress(number_from("SECONDS", SECONDS), seed) == 0,
                     "checkpoints beside commits and views keep the rule and lose nothing");
    disk = mst_disk_new("checkpoint", seed);
    mst_rig_init(&rig, disk, "checkpoint", seed);
    n_failed += told(3, is_log_short(&rig), "the log stays short while commits never pause");
    n_failed +=
        told(4, is_log_short_after_view(&rig), "a view that was held leaves no lasting growth");
    n_failed += told(5, ends_at_failed_flush(&rig), "a checkpoint's failed flush ends the process");
    mst_rig_fini(&rig);
    mst_disk_free(disk);
    return n_failed == 0 ? 0 : 1;
}

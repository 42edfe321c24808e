/*
 * The power is cut at any moment, again and again, and nothing that was
 * acknowledged is lost (design.md I1, I6, I8; trust.md R3).
 *
 *   POINTS=n  how many cuts (2000)     SEED=n  which ones     VERBOSE=1  with the log
 *
 * The same must find losses when the store is made to answer before it commits, or
 * never to flush; otherwise it could not see them.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/random.h"
#include "tests/lib/rig.h"

enum { POINTS = 2000, CONTROL_POINTS = 60, POINTS_PER_WORLD = 15, REQUESTS_EACH = 6 };

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    uint64_t value = otherwise;

    if (text && mst_span_u64(mst_span_str(text), UINT64_MAX, &value) != MST_OK)
        value = otherwise;
    return value;
}

static uint64_t draw(uint64_t *random, uint64_t below)
{
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*random >> 33) % below;
}

/* Opens with the power going early; what was opened is closed again. */
static void cut_while_opening(struct mst_rig *rig, uint64_t n_events)
{
    mst_disk_cut_after(rig->disk, n_events);
    if (mst_rig_open(rig))
        mst_rig_close(rig);
    mst_disk_reboot(rig->disk);
}

/* False: the store cannot be opened, which counts as a loss. */
static bool open_sound(struct mst_rig *rig)
{
    if (mst_rig_open(rig))
        return true;
    mst_rig_violation(rig, "the store cannot be opened: %s", mst_err_text(rig->open_err));
    return false;
}

/* By default, and so often that cuts fall into them. */
static void choose_checkpoints(struct mst_rig *rig, uint64_t dice)
{
    rig->checkpoint = dice < 6 ? MST_SQLITE_CHECKPOINT_THREAD : MST_SQLITE_CHECKPOINT_COMMIT;
    rig->checkpoint_frames = dice == 0 ? 0 : dice < 3 ? 64 : 8;
}

static void begin_world(struct mst_rig *rig, uint64_t *random)
{
    mst_disk_wipe(rig->disk);
    mst_rig_forget(rig);
    choose_checkpoints(rig, draw(random, 8));
    if (draw(random, 2) == 0)
        cut_while_opening(rig, 1 + draw(random, 80));
}

static void one_point(struct mst_rig *rig, uint64_t *random)
{
    bool is_long = draw(random, 16) == 0;

    if (rig->is_made && draw(random, 4) == 0)
        cut_while_opening(rig, 1 + draw(random, 12));
    if (!open_sound(rig)) {
        begin_world(rig, random);
        return;
    }
    if (rig->is_made)
        mst_rig_verify(rig);
    else
        mst_rig_make(rig);
    mst_disk_cut_after(rig->disk, 1 + draw(random, is_long ? 3000 : 300));
    mst_rig_work(rig, is_long ? 4 * REQUESTS_EACH : REQUESTS_EACH);
    if (draw(random, 4) == 0)
        mst_disk_cut_now(rig->disk);
    mst_rig_close(rig);
    mst_disk_reboot(rig->disk);
}

static uint64_t run(uint64_t n_points, uint64_t seed)
{
    struct mst_disk *disk = mst_disk_new("powercut", seed);
    static struct mst_rig rig;
    uint64_t random = seed;

    mst_rig_init(&rig, disk, "powercut", seed);
    for (uint64_t i = 0; i < n_points; i++) {
        if (i % POINTS_PER_WORLD == 0)
            begin_world(&rig, &random);
        one_point(&rig, &random);
    }
    printf("# %" PRIu64 " cuts, %" PRIu64 " acknowledged, %" PRIu64 " errors, %" PRIu64
           " violations\n",
           n_points, rig.n_acked, rig.n_errors, rig.n_violations);
    printf("# %" PRIu64 " checkpoints, %" PRIu64 " of them beside a transaction\n",
           mst_disk_checkpoints(disk).n_all, mst_disk_checkpoints(disk).n_beside);
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
static bool finds_losses(const char *defect, uint64_t seed)
{
    pid_t child = fork();
    int status = 0;

    if (child < 0)
        abort();
    if (child == 0) {
        hush(STDOUT_FILENO);
        hush(STDERR_FILENO);
        (void)setenv("MUSTER_DEFECT", defect, 1);
        _exit(run(CONTROL_POINTS, seed) > 0 ? 1 : 0);
    }
    if (waitpid(child, &status, 0) != child)
        abort();
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static int told(int number, bool is_ok, const char *what)
{
    printf("%sok %d - %s\n", is_ok ? "" : "not ", number, what);
    (void)fflush(stdout);
    return is_ok ? 0 : 1;
}

int main(void)
{
    uint64_t seed = number_from("SEED", mst_random_u64() >> 32);
    int n_failed = 0;

    printf("1..3\n# SEED=%" PRIu64 "\n", seed);
    (void)fflush(stdout);
    if (!getenv("VERBOSE"))
        hush(STDERR_FILENO);
    n_failed += told(1, finds_losses("sync-off", seed), "a store that never flushes is found out");
    n_failed += told(2, finds_losses("reply-before-commit", seed),
                     "a store that answers before it commits is found out");
    n_failed += told(3, run(number_from("POINTS", POINTS), seed) == 0,
                     "no power cut takes what was acknowledged, or leaves a half");
    return n_failed == 0 ? 0 : 1;
}

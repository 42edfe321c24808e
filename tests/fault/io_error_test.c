/*
 * Every call to the disk fails, once or from then on, at any moment; and the disk
 * is full (trust.md R5, R7). The store answers with errors or ends, and after a
 * restart everything acknowledged is there.
 *
 *   SCENARIOS=n  how many failures (240)   SEED=n  which ones   VERBOSE=1  with the log
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sys/random.h"
#include "tests/lib/rig.h"

enum { SCENARIOS = 240, REQUESTS_EACH = 6, FLUSH_FAILURES = 40 };

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

static void open_sound(struct mst_rig *rig)
{
    if (mst_rig_open(rig))
        return;
    printf("Bail out! the store cannot be opened: %s\n", mst_err_text(rig->open_err));
    exit(1);
}

/* Worlds take turns: checkpoints as by default, so often that failures fall into them, by either thread. */
static void choose_checkpoints(struct mst_rig *rig)
{
    static const int frames[] = {0, 8, 8, 64};
    uint64_t number = rig->n_worlds++ % 4;

    rig->checkpoint_frames = frames[number];
    rig->checkpoint = number == 1 ? MST_SQLITE_CHECKPOINT_COMMIT : MST_SQLITE_CHECKPOINT_THREAD;
}

static void begin_world(struct mst_rig *rig)
{
    choose_checkpoints(rig);
    mst_disk_wipe(rig->disk);
    mst_rig_forget(rig);
    open_sound(rig);
    mst_rig_make(rig);
    mst_rig_close(rig);
    mst_disk_restart(rig->disk);
}

/* The process ends; sometimes the power goes with it. */
static void end(struct mst_rig *rig, uint64_t *random)
{
    if (draw(random, 2) == 0)
        mst_disk_reboot(rig->disk);
    else
        mst_disk_restart(rig->disk);
}

/* How many calls of that kind the work makes when nothing fails; at least 1. */
static uint64_t calls_of(struct mst_rig *rig, enum mst_disk_op op, bool is_opening)
{
    uint64_t n;

    mst_disk_fail(rig->disk, op, 0, false);
    open_sound(rig);
    if (!is_opening)
        mst_disk_fail(rig->disk, op, 0, false);
    if (!is_opening)
        mst_rig_work(rig, REQUESTS_EACH);
    n = mst_disk_calls(rig->disk, op);
    mst_rig_close(rig);
    mst_disk_restart(rig->disk);
    return n > 0 ? n : 1;
}

static void fail_while_opening(struct mst_rig *rig, enum mst_disk_op op, bool is_lasting,
                               uint64_t *random)
{
    mst_disk_fail(rig->disk, op, 1 + draw(random, calls_of(rig, op, true)), is_lasting);
    if (mst_rig_open(rig))
        mst_rig_close(rig);
    end(rig, random);
}

static void fail_while_working(struct mst_rig *rig, enum mst_disk_op op, bool is_lasting,
                               uint64_t *random)
{
    uint64_t n = 1 + draw(random, calls_of(rig, op, false));
    bool has_failed;

    open_sound(rig);
    mst_disk_fail(rig->disk, op, n, is_lasting);
    mst_rig_work(rig, REQUESTS_EACH);
    /* Of a checkpoint's flush its own thread may be about to tell: closing waits for it. */
    has_failed = mst_disk_has_failed(rig->disk);
    mst_rig_close(rig);
    if ((op == MST_DISK_SYNC || op == MST_DISK_SYNC_DATABASE) && has_failed && !rig->is_dead)
        mst_rig_violation(rig, "the store goes on after a failed flush");
    end(rig, random);
}

static void one_scenario(struct mst_rig *rig, uint64_t number, uint64_t *random)
{
    enum mst_disk_op op = (enum mst_disk_op)(number % MST_DISK_OP_COUNT);
    bool is_lasting = number / MST_DISK_OP_COUNT % 2 == 0;

    if (number % (2 * MST_DISK_OP_COUNT) == 0)
        begin_world(rig);
    if (draw(random, 3) == 0)
        fail_while_opening(rig, op, is_lasting, random);
    else
        fail_while_working(rig, op, is_lasting, random);
    open_sound(rig);
    mst_rig_verify(rig);
    mst_rig_close(rig);
    mst_disk_restart(rig->disk);
}

static uint64_t run_failures(struct mst_rig *rig, uint64_t n_scenarios, uint64_t *random)
{
    for (uint64_t i = 0; i < n_scenarios; i++)
        one_scenario(rig, i, random);
    printf("# %" PRIu64 " failures, %" PRIu64 " acknowledged, %" PRIu64 " errors, %" PRIu64
           " violations\n",
           n_scenarios, rig->n_acked, rig->n_errors, rig->n_violations);
    return rig->n_violations;
}

/*
 * The flush fails, the process ends, the machine stays up; what the next one serves
 * must not be taken by a later power cut.
 */
static bool outlives_failed_flush(struct mst_rig *rig, uint64_t *random)
{
    uint64_t n_violations = rig->n_violations;

    for (int i = 0; i < FLUSH_FAILURES; i++) {
        if (i % 8 == 0)
            begin_world(rig);
        open_sound(rig);
        mst_disk_fail(rig->disk, MST_DISK_SYNC, 1 + draw(random, 12), true);
        mst_rig_work(rig, REQUESTS_EACH);
        mst_rig_close(rig);
        mst_disk_restart(rig->disk);
        for (int power_cuts = 0; power_cuts < 2; power_cuts++) {
            open_sound(rig);
            mst_rig_verify(rig);
            mst_rig_close(rig);
            mst_disk_reboot(rig->disk);
        }
    }
    return rig->n_violations == n_violations;
}

static bool can_read(struct mst_rig *rig)
{
    struct mst_row_vendor vendor = {.name = MST_LIT("acme")};
    struct mst_reader *reader;
    struct mst_tx *tx;
    enum mst_err err;

    if (mst_reader_open(rig->world.store, &reader) != MST_OK)
        return false;
    err = mst_reader_begin(reader, &tx);
    if (err == MST_OK)
        err = mst_tx_get(tx, MST_IX_VENDOR_NAME, &vendor);
    mst_reader_end(reader);
    mst_reader_close(reader);
    return err == MST_OK;
}

/* Errors while there is no room, none before and after; no end of the process; all kept. */
static bool survives_full_disk(struct mst_rig *rig)
{
    uint64_t n_violations = rig->n_violations, n_errors;
    bool is_ok;

    begin_world(rig);
    open_sound(rig);
    n_errors = rig->n_errors;
    mst_disk_set_capacity(rig->disk, mst_disk_used(rig->disk) + 32 * 1024);
    mst_rig_work(rig, REQUESTS_EACH);
    is_ok = rig->n_errors > n_errors && !rig->is_dead && can_read(rig);
    n_errors = rig->n_errors;
    mst_disk_set_capacity(rig->disk, 0);
    mst_rig_work(rig, REQUESTS_EACH);
    is_ok = is_ok && rig->n_errors == n_errors && !rig->is_dead;
    mst_rig_close(rig);
    mst_disk_reboot(rig->disk);
    open_sound(rig);
    mst_rig_verify(rig);
    mst_rig_close(rig);
    mst_disk_restart(rig->disk);
    return is_ok && rig->n_violations == n_violations;
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
    uint64_t random = seed;
    struct mst_disk *disk = mst_disk_new("ioerror", seed);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC), n_failed = 0;

    printf("1..3\n# SEED=%" PRIu64 "\n", seed);
    (void)fflush(stdout);
    if (!getenv("VERBOSE") && null >= 0)
        (void)dup2(null, STDERR_FILENO);
    mst_rig_init(&rig, disk, "ioerror", seed);
    n_failed += told(1, run_failures(&rig, number_from("SCENARIOS", SCENARIOS), &random) == 0,
                     "no failing call to the disk takes what was acknowledged");
    n_failed += told(2, survives_full_disk(&rig),
                     "a full disk refuses writes, lets reads pass, and heals when there is room");
    n_failed += told(3, outlives_failed_flush(&rig, &random),
                     "after a failed flush and a restart a power cut takes nothing either");
    mst_rig_fini(&rig);
    mst_disk_free(disk);
    return n_failed == 0 ? 0 : 1;
}

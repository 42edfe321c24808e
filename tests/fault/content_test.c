/*
 * Content lies in two files, and no commit spans both. The power is cut, calls of the disk fail, and the disk
 * is full, at any moment of uploads, deletions and sweeping; after each new start
 *   - what an acknowledged upload pointed an entry to is there, byte for byte; what an acknowledged
 *     deletion removed stays away,
 *   - every entry that points to a blob points to a whole one, acknowledged or not,
 *   - once orphans are swept, nothing is left in content.db but those blobs.
 *
 * What server/sweeper.c does is done here step by step, since a store that died answers nobody.
 *
 *   POINTS=n  how many moments (400)   SEED=n  which ones   VERBOSE=1  with the log
 */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/content.h"
#include "store/sqlite/sqlite.h"
#include "sys/random.h"
#include "tests/lib/disk.h"

enum {
    POINTS = 400,
    CONTROL_POINTS = 60,
    POINTS_PER_WORLD = 10,
    ENTRIES = 6,
    PIECES_MAX = 20,
    PIECE = 5000
};

/* What is known of an entry: what must be, and what may be as well since its last change was not answered. */
struct entry {
    int64_t id;
    int64_t blob_id;  /* acknowledged; 0: none */
    int64_t maybe_id; /* a pointer whose command was not answered; 0: none */
    int64_t n_pieces, maybe_pieces;
    bool is_gone, may_be_gone;
};

static struct world {
    struct mst_disk *disk;
    char dir[64];
    struct mst_store *store;
    struct mst_domain domain;
    struct entry entries[ENTRIES];
    size_t n_entries;
    uint64_t random;
    uint64_t n_acked, n_errors, n_violations, n_swept;
} world;

static uint64_t draw(uint64_t below)
{
    world.random = world.random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (world.random >> 33) % below;
}

static void violation(const char *what, int64_t id)
{
    world.n_violations++;
    printf("# %s: %" PRId64 "\n", what, id);
}

/* ---- commands, by a store that may die while one waits ---- */

struct call {
    struct mst_cmd cmd; /* first */
    enum mst_err (*run)(void *arg, struct mst_tx *tx);
    void *arg;
    enum mst_err err;
    bool is_done;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool is_dead;

static enum mst_err run_call(struct mst_cmd *cmd, struct mst_tx *tx)
{
    struct call *call = (struct call *)cmd;

    return call->run(call->arg, tx);
}

static void end_call(struct mst_cmd *cmd, enum mst_err err)
{
    struct call *call = (struct call *)cmd;

    (void)pthread_mutex_lock(&lock);
    call->err = err;
    call->is_done = true;
    (void)pthread_cond_broadcast(&changed);
    (void)pthread_mutex_unlock(&lock);
}

static void note_death(void *arg)
{
    (void)arg;
    (void)pthread_mutex_lock(&lock);
    is_dead = true;
    (void)pthread_cond_broadcast(&changed);
    (void)pthread_mutex_unlock(&lock);
}

static void close_store(void)
{
    if (world.store)
        mst_store_close(world.store);
    world.store = NULL;
}

/*
 * MST_EUNKNOWN: no answer came, so it may have been done. The store is then closed at once: a
 * command that it still holds must not outlive what its argument points to.
 */
static enum mst_err run(enum mst_file file, enum mst_err (*work)(void *, struct mst_tx *),
                        void *arg)
{
    struct call call = {
        .cmd = {.run = run_call, .done = end_call, .file = file},
          .run = work, .arg = arg
    };
    enum mst_err err;

    if (!world.store)
        return MST_ECLOSED;
    err = mst_store_submit(world.store, &call.cmd);
    if (err != MST_OK)
        return err;
    (void)pthread_mutex_lock(&lock);
    while (!call.is_done && !is_dead)
        (void)pthread_cond_wait(&changed, &lock);
    (void)pthread_mutex_unlock(&lock);
    if (is_dead)
        close_store();
    return call.is_done ? call.err : MST_EUNKNOWN;
}

/* ---- the store ---- */

static bool open_store(void)
{
    const struct mst_sqlite_opts opts = {.dir = world.dir,
                                         .queue_max = 16,
                                         .batch_max = 4,
                                         .vfs = "contentdisk",
                                         .checkpoint_frames = draw(2) ? 8 : 64,
                                         .fsync_failed = note_death};
    const char *what;

    is_dead = false;
    world.domain.session++;
    if (mst_sqlite_open(&opts, &world.store, &what) == MST_OK)
        return true;
    world.store = NULL;
    return false;
}

/* ---- what is done ---- */

/* The bytes of piece n: of no other blob's, and of no other piece. */
static struct mst_span bytes_of(int64_t blob_id, int64_t n)
{
    static char bytes[PIECE];

    for (size_t i = 0; i < PIECE; i += 8) {
        uint64_t word =
            ((uint64_t)blob_id << 20 ^ (uint64_t)n << 10 ^ i) * UINT64_C(0x9e3779b97f4a7c15);

        memcpy(&bytes[i], &word, 8);
    }
    return mst_span_of(bytes, PIECE);
}

static enum mst_err make_entry(void *arg, struct mst_tx *tx)
{
    struct entry *entry = arg;
    struct mst_row_content content = {.model_id = 1, .name = MST_LIT("x")};
    enum mst_err err;

    content.model_id = entry->n_pieces; /* a name of its own */
    err = mst_tx_insert(tx, MST_TABLE_CONTENT, &content);
    if (err == MST_OK)
        entry->id = content.id;
    return err;
}

static enum mst_err remove_entry(void *arg, struct mst_tx *tx)
{
    const struct entry *entry = arg;
    const struct mst_row_content content = {.id = entry->id};

    return mst_tx_delete(tx, MST_TABLE_CONTENT, &content);
}

struct upload {
    int64_t content_id, blob_id, n, old_id;
};

static enum mst_err draw_number(void *arg, struct mst_tx *tx)
{
    struct upload *upload = arg;

    upload->blob_id = mst_blob_draw(tx);
    return MST_OK;
}

static enum mst_err store_piece(void *arg, struct mst_tx *tx)
{
    const struct upload *upload = arg;
    enum mst_verdict verdict = MST_DONE;
    enum mst_err err = MST_OK;

    if (upload->n == 0)
        err = mst_blob_begin(&world.domain, tx, upload->blob_id, upload->content_id, 7);
    if (err == MST_OK)
        err = mst_blob_add(tx, upload->blob_id, (uint64_t)upload->n,
                           bytes_of(upload->blob_id, upload->n), &verdict);
    return err == MST_OK && verdict != MST_DONE ? MST_EREFUSED : err;
}

static enum mst_err point(void *arg, struct mst_tx *tx)
{
    struct upload *upload = arg;
    const struct mst_row_content content = {
        .id = upload->content_id, .blob_id = upload->blob_id, .size = upload->n * PIECE};
    enum mst_verdict verdict = MST_DONE;
    enum mst_err err = mst_content_point(&world.domain, tx, &content, &verdict, &upload->old_id);

    return err == MST_OK && verdict != MST_DONE ? MST_EIO : err;
}

/* ---- sweeping ---- */

/* No moment leaves so much behind; what is read from a damaged file may have no end. */
enum { SWEEPS_MAX = 1000 };

struct sweep {
    int64_t blob_id;
    bool is_gone;
};

static enum mst_err sweep_step(void *arg, struct mst_tx *tx)
{
    struct sweep *sweep = arg;

    return mst_blob_sweep(tx, sweep->blob_id, &sweep->is_gone);
}

/* The next orphan, or whether blob_id is one; 0: none. */
static enum mst_err find_orphan(int64_t blob_id, int64_t *at, int64_t *ret_id)
{
    struct mst_reader *reader;
    struct mst_tx *tx;
    bool is_orphan = false;
    enum mst_err err;

    *ret_id = 0;
    if (!world.store)
        return MST_ECLOSED;
    err = mst_reader_open(world.store, &reader);
    if (err != MST_OK)
        return err;
    err = mst_reader_begin(reader, &tx);
    if (err == MST_OK && blob_id != 0)
        err = mst_blob_is_orphan(&world.domain, tx, blob_id, true, &is_orphan);
    else if (err == MST_OK)
        err = mst_blob_next_orphan(&world.domain, tx, *at, ret_id, at);
    if (is_orphan)
        *ret_id = blob_id;
    mst_reader_end(reader);
    mst_reader_close(reader);
    return err;
}

static enum mst_err sweep(int64_t blob_id)
{
    struct sweep sweep = {.blob_id = blob_id};
    enum mst_err err = MST_OK;

    for (int n = 0; err == MST_OK && !sweep.is_gone; n++)
        err = n < SWEEPS_MAX ? run(MST_FILE_CONTENT, sweep_step, &sweep) : MST_ECORRUPT;
    return err;
}

/* Of one blob that was given up, or 0: all orphans. */
static enum mst_err sweep_orphans(int64_t blob_id)
{
    int64_t at = 0, id;
    enum mst_err err;
    int n = 0;

    do {
        err = n++ < SWEEPS_MAX ? find_orphan(blob_id, &at, &id) : MST_ECORRUPT;
        if (err == MST_OK && id != 0)
            err = sweep(id);
    } while (err == MST_OK && at != 0);
    return err;
}

/* As the handlers do it. False: something failed. */
static bool upload_to(struct entry *entry)
{
    struct upload upload = {.content_id = entry->id};
    int64_t n_pieces = 1 + (int64_t)draw(PIECES_MAX);
    bool is_given_up = draw(4) == 0;
    enum mst_err err = run(MST_FILE_STATE, draw_number, &upload);

    for (; err == MST_OK && upload.n < n_pieces; upload.n++)
        err = run(MST_FILE_CONTENT, store_piece, &upload);
    if (err == MST_OK && is_given_up) {
        return sweep_orphans(upload.blob_id) == MST_OK;
    }
    if (err == MST_OK) {
        entry->maybe_id = upload.blob_id;
        entry->maybe_pieces = n_pieces;
        err = run(MST_FILE_STATE, point, &upload);
        if (err == MST_OK) {
            entry->blob_id = upload.blob_id;
            entry->n_pieces = n_pieces;
        }
        if (err != MST_EUNKNOWN)
            entry->maybe_id = 0;
        if (err == MST_OK && upload.old_id != 0)
            (void)sweep_orphans(upload.old_id);
    }
    if (err != MST_OK)
        (void)sweep_orphans(upload.blob_id);
    world.n_acked += err == MST_OK;
    return err == MST_OK;
}

static bool delete_it(struct entry *entry)
{
    enum mst_err err = run(MST_FILE_STATE, remove_entry, entry);

    entry->is_gone = err == MST_OK;
    entry->may_be_gone = err == MST_EUNKNOWN;
    if (err == MST_OK)
        (void)sweep_orphans(0);
    world.n_acked += err == MST_OK;
    return err == MST_OK;
}

static void work(void)
{
    int n_failures = 0;

    for (int i = 0; i < 12 && n_failures < 3 && !is_dead; i++) {
        struct entry *entry = &world.entries[draw(world.n_entries)];
        bool is_good = true;

        if (!entry->is_gone && !entry->may_be_gone && entry->maybe_id == 0)
            is_good = draw(5) == 0 ? delete_it(entry) : upload_to(entry);
        n_failures += !is_good;
        world.n_errors += !is_good;
    }
}

/* ---- what must be ---- */

static void verify_blob(struct mst_tx *tx, int64_t blob_id, int64_t n_pieces)
{
    for (int64_t n = 0; n < n_pieces; n++) {
        struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));
        struct mst_span bytes;
        enum mst_err err = mst_blob_read(tx, blob_id, (uint64_t)n, &bytes);

        if (err != MST_OK || !mst_span_eq(bytes, bytes_of(blob_id, n)))
            violation("a piece of a blob that is pointed to is missing or wrong", blob_id);
        mst_arena_rewind(mst_tx_arena(tx), mark);
    }
}

/* *entry is then what is known for certain. */
static void verify_entry(struct mst_tx *tx, struct entry *entry)
{
    struct mst_row_content content = {.id = entry->id};
    enum mst_err err = mst_tx_get(tx, MST_IX_CONTENT, &content);

    if (err != MST_OK && err != MST_ENOENT) {
        violation("an entry cannot be read", entry->id);
        return;
    }
    if (err == MST_ENOENT) {
        if (!entry->is_gone && !entry->may_be_gone)
            violation("an entry is gone", entry->id);
        entry->is_gone = true;
        return;
    }
    if (entry->is_gone)
        violation("a deleted entry is back", entry->id);
    if (entry->maybe_id != 0 && content.blob_id == entry->maybe_id) {
        entry->blob_id = entry->maybe_id;
        entry->n_pieces = entry->maybe_pieces;
    }
    entry->maybe_id = 0;
    entry->may_be_gone = false;
    if (content.blob_id != entry->blob_id)
        violation("an entry points elsewhere", entry->id);
    if (content.blob_id != 0 && content.size != entry->n_pieces * PIECE)
        violation("an entry has another size", entry->id);
    if (content.blob_id != 0)
        verify_blob(tx, content.blob_id, entry->n_pieces);
}

static enum mst_err count_row(void *arg, const void *row)
{
    (void)row;
    ++*(int64_t *)arg;
    return MST_OK;
}

static int64_t count(struct mst_tx *tx, enum mst_index index)
{
    const struct mst_scan scan = {.index = index};
    struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));
    int64_t n = 0;

    if (mst_tx_scan(tx, &scan, count_row, &n) != MST_OK)
        violation("a table cannot be read", (int64_t)index);
    mst_arena_rewind(mst_tx_arena(tx), mark);
    return n;
}

/* After sweeping nothing is left but what entries point to. */
static void verify(bool is_swept)
{
    int64_t n_blobs = 0, n_pieces = 0;
    struct mst_reader *reader;
    struct mst_tx *tx;

    if (mst_reader_open(world.store, &reader) != MST_OK ||
        mst_reader_begin(reader, &tx) != MST_OK) {
        violation("the store cannot be read", 0);
        return;
    }
    for (size_t i = 0; i < world.n_entries; i++) {
        struct entry *entry = &world.entries[i];

        verify_entry(tx, entry);
        n_blobs += !entry->is_gone && entry->blob_id != 0;
        n_pieces += !entry->is_gone && entry->blob_id != 0 ? entry->n_pieces : 0;
    }
    world.n_swept += !is_swept && count(tx, MST_IX_CHUNK) != n_pieces;
    if (is_swept && (count(tx, MST_IX_BLOB) != n_blobs || count(tx, MST_IX_CHUNK) != n_pieces))
        violation("something is left of what nothing points to", n_blobs);
    mst_reader_end(reader);
    mst_reader_close(reader);
}

/* ---- moments ---- */

static void begin_world(void)
{
    mst_disk_wipe(world.disk);
    memset(world.entries, 0, sizeof world.entries);
    world.n_entries = 0;
    if (!open_store()) {
        violation("a new store cannot be opened", 0);
        return;
    }
    for (; world.n_entries < ENTRIES; world.n_entries++) {
        struct entry *entry = &world.entries[world.n_entries];

        entry->n_pieces = (int64_t)world.n_entries + 1;
        if (run(MST_FILE_STATE, make_entry, entry) != MST_OK)
            violation("an entry cannot be made", 0);
        entry->n_pieces = 0;
    }
    close_store();
    mst_disk_restart(world.disk);
}

static void break_something(uint64_t kind)
{
    static const enum mst_disk_op ops[] = {MST_DISK_READ, MST_DISK_WRITE, MST_DISK_SYNC,
                                           MST_DISK_SYNC_DATABASE, MST_DISK_TRUNCATE};

    if (kind == 0)
        mst_disk_cut_after(world.disk, 1 + draw(400));
    else if (kind == 1)
        mst_disk_fail(world.disk, ops[draw(5)], 1 + draw(60), draw(2) == 0);
    else
        mst_disk_set_capacity(world.disk, mst_disk_used(world.disk) + draw(600000));
}

static void one_moment(void)
{
    uint64_t kind = draw(3);

    if (!open_store()) {
        violation("the store cannot be opened", 0);
        begin_world();
        return;
    }
    verify(false);
    if (sweep_orphans(0) != MST_OK)
        violation("sweeping fails on a sound disk", 0);
    verify(true);
    break_something(kind);
    work();
    if (kind == 0 && draw(2) == 0)
        mst_disk_cut_now(world.disk);
    close_store();
    if (kind == 0)
        mst_disk_reboot(world.disk);
    else
        mst_disk_restart(world.disk);
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    uint64_t value = otherwise;

    if (text && mst_span_u64(mst_span_str(text), UINT64_MAX, &value) != MST_OK)
        value = otherwise;
    return value;
}

static void hush(int fd)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (null >= 0)
        (void)dup2(null, fd);
}

static void remove_dir(void)
{
    static const char *const names[] = {"muster.db", "points.db", "content.db", "lock"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];

        (void)snprintf(path, sizeof path, "%s/%s", world.dir, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(world.dir);
}

static void run_moments(uint64_t n, uint64_t seed)
{
    world.random = seed;
    world.disk = mst_disk_new("contentdisk", seed);
    world.domain.is_content_replaced = true;
    (void)snprintf(world.dir, sizeof world.dir, "/tmp/muster-content-XXXXXX");
    if (!mkdtemp(world.dir))
        abort();
    for (uint64_t i = 0; i < n && world.n_violations < 20; i++) {
        if (i % POINTS_PER_WORLD == 0)
            begin_world();
        one_moment();
    }
    mst_disk_wipe(world.disk);
    mst_disk_free(world.disk);
    remove_dir();
}

/* In a process of its own: what a damaged store does to it is a finding too. */
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
        run_moments(CONTROL_POINTS, seed);
        _exit(world.n_violations > 0 ? 1 : 0);
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
    uint64_t seed = number_from("SEED", mst_random_u64() >> 32), n = number_from("POINTS", POINTS);
    int n_failed = 0;

    printf("1..3\n# SEED=%" PRIu64 "\n", seed);
    (void)fflush(stdout);
    if (!getenv("VERBOSE"))
        hush(STDERR_FILENO);
    n_failed += told(1, finds_losses("sync-off", seed), "a store that never flushes is found out");
    run_moments(n, seed);
    printf("# %" PRIu64 " moments, %" PRIu64 " acknowledged, %" PRIu64 " errors, %" PRIu64
           " starts with something to sweep\n",
           n, world.n_acked, world.n_errors, world.n_swept);
    n_failed +=
        told(2, world.n_violations == 0,
             "entries point to whole blobs, acknowledged ones stay, and nothing else is left");
    n_failed += told(3, world.n_errors > n / 10 && world.n_swept > n / 20 && world.n_acked > n,
                     "and there was something to lose");
    return n_failed == 0 ? 0 : 1;
}

/*
 * Readers that remember, against committers that change.
 *
 * Every thing has a version, written into its client's row, its alias, its latest value and,
 * for odd versions only, a vendor that its client owns. A version is counted as
 * begun before its commands are submitted, and as known when all are done. A reader
 * notes what is known, looks, and notes what is begun: what it saw must lie in between, for
 * each row alone, whether it came from memory or from the file. The caches are small, so rows
 * also come and go for want of room. With the defect stale-cache the same readers must
 * see what is no longer true.
 *
 *   COMMITS=1500   changes of each run
 */
#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "core/port_store.h"
#include "store/sqlite/sqlite.h"

enum {
    HALVES = MST_FILE_POINTS + 1,
    BUSY = HALVES + 1,
    THINGS = 48,
    READERS = 3,
    OUTSTANDING = 12
};

/* An alias leads to a resource of its own in each version: no two of one name lead to the same. */
#define RESOURCES INT64_C(1000000000)

struct stress;

struct half {
    struct mst_cmd cmd; /* first */
    struct thing *thing;
};

struct thing {
    struct stress *stress;
    struct half halves[HALVES]; /* in muster.db and points.db */
    int64_t id;
    int64_t begun, known; /* versions; atomic */
    int n_left;           /* of BUSY: halves not done, and that known is not said; atomic */
};

struct stress {
    struct mst_store *store;
    struct thing things[THINGS];
    sem_t free;
    bool is_over;                        /* atomic */
    uint64_t n_looks, n_stale, n_failed; /* atomic */
};

static int64_t load(const int64_t *value)
{
    return __atomic_load_n(value, __ATOMIC_SEQ_CST);
}

static void count(uint64_t *counter)
{
    (void)__atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}

/* ---- changing ---- */

/* The vendor comes with an odd version and goes with an even one. */
static enum mst_err turn_vendor(struct mst_tx *tx, int64_t id, int64_t version)
{
    char name[32];
    struct mst_row_vendor vendor = {.id = id, .client_id = id};

    if (version % 2 == 0)
        return mst_tx_delete(tx, MST_TABLE_VENDOR, &vendor);
    (void)snprintf(name, sizeof name, "v%" PRId64, id);
    vendor.name = mst_span_str(name);
    return mst_tx_insert(tx, MST_TABLE_VENDOR, &vendor);
}

static enum mst_err change_state(struct mst_cmd *cmd, struct mst_tx *tx)
{
    const struct thing *thing = ((const struct half *)cmd)->thing;
    int64_t version = thing->begun;
    const struct mst_row_client client = {.id = thing->id, .epoch = version};
    struct mst_row_alias alias = {thing->id, MST_LIT("a"), thing->id * RESOURCES + version};
    enum mst_err err = mst_tx_update(tx, MST_TABLE_CLIENT, &client, MST_BIT(client, epoch));

    if (err == MST_OK)
        err = mst_tx_delete(tx, MST_TABLE_ALIAS, &alias);
    if (err == MST_OK)
        err = mst_tx_insert(tx, MST_TABLE_ALIAS, &alias);
    return err == MST_OK ? turn_vendor(tx, thing->id, version) : err;
}

static enum mst_err change_points(struct mst_cmd *cmd, struct mst_tx *tx)
{
    const struct thing *thing = ((const struct half *)cmd)->thing;
    struct mst_row_point point = {thing->id, thing->begun, MST_LIT("x")};

    return mst_tx_insert(tx, MST_TABLE_POINT, &point);
}

static void note_done(struct mst_cmd *cmd, enum mst_err err)
{
    struct thing *thing = ((struct half *)cmd)->thing;
    struct stress *stress = thing->stress;

    if (err != MST_OK)
        count(&stress->n_failed);
    if (__atomic_sub_fetch(&thing->n_left, 1, __ATOMIC_SEQ_CST) > 1)
        return;
    __atomic_store_n(&thing->known, thing->begun, __ATOMIC_SEQ_CST);
    __atomic_store_n(&thing->n_left, 0, __ATOMIC_SEQ_CST);
    (void)sem_post(&stress->free);
}

static void begin_change(struct thing *thing)
{
    __atomic_store_n(&thing->n_left, BUSY, __ATOMIC_SEQ_CST);
    (void)__atomic_add_fetch(&thing->begun, 1, __ATOMIC_SEQ_CST);
    for (int f = 0; f < HALVES; f++)
        if (mst_store_submit(thing->stress->store, &thing->halves[f].cmd) != MST_OK)
            abort();
}

static void change(struct stress *stress, uint64_t n_changes)
{
    for (uint64_t i = 0; i < n_changes; i++) {
        struct thing *thing;

        (void)sem_wait(&stress->free);
        do
            thing = &stress->things[(size_t)rand() % THINGS];
        while (__atomic_load_n(&thing->n_left, __ATOMIC_SEQ_CST) > 0);
        begin_change(thing);
    }
    for (int i = 0; i < OUTSTANDING; i++)
        (void)sem_wait(&stress->free);
}

/* ---- looking ---- */

enum way { CLIENT, ALIAS, LATEST, VENDOR, WAYS };

/* The version that a look shows; of the vendor only whether it is odd. */
static enum mst_err look(struct mst_tx *tx, enum way way, int64_t id, int64_t *ret_version)
{
    struct mst_row_client client = {.id = id};
    struct mst_row_alias alias = {.client_id = id, .name = MST_LIT("a")};
    struct mst_row_point point = {.dataport_id = id};
    struct mst_row_vendor vendor = {.client_id = id};
    enum mst_err err;

    switch (way) {
    case CLIENT:
        err = mst_tx_get(tx, MST_IX_CLIENT, &client);
        *ret_version = client.epoch;
        return err;
    case ALIAS:
        err = mst_tx_get(tx, MST_IX_ALIAS, &alias);
        *ret_version = alias.resource_id % RESOURCES;
        return err;
    case LATEST:
        err = mst_tx_last(tx, MST_IX_POINT, 1, &point);
        *ret_version = point.at;
        return err;
    case VENDOR:
        err = mst_tx_get(tx, MST_IX_VENDOR_CLIENT, &vendor);
        *ret_version = err == MST_OK;
        return err == MST_ENOENT ? MST_OK : err;
    case WAYS:
        break;
    }
    abort();
}

static bool is_true(enum way way, int64_t version, int64_t from, int64_t to)
{
    if (way == VENDOR) /* of two versions in a row one is odd */
        return to > from || from % 2 == version;
    return version >= from && version <= to;
}

static void look_once(struct stress *stress, struct mst_reader *reader, unsigned *seed)
{
    struct thing *thing = &stress->things[(unsigned)rand_r(seed) % THINGS];
    enum way way = (enum way)((unsigned)rand_r(seed) % WAYS);
    int64_t known = load(&thing->known);
    int64_t version = 0;
    struct mst_tx *tx;
    enum mst_err err = mst_reader_begin(reader, &tx);

    if (err == MST_OK) {
        err = look(tx, way, thing->id, &version);
        if (rand_r(seed) % 8 == 0)
            mst_reader_end(reader);
        else
            mst_reader_pause(reader);
    }
    count(&stress->n_looks);
    if (err != MST_OK)
        count(&stress->n_failed);
    else if (!is_true(way, version, known, load(&thing->begun)))
        count(&stress->n_stale);
}

static void *watch(void *arg)
{
    struct stress *stress = arg;
    struct mst_reader *reader;
    unsigned seed = (unsigned)(uintptr_t)&reader;

    if (mst_reader_open(stress->store, &reader) != MST_OK)
        abort();
    while (!__atomic_load_n(&stress->is_over, __ATOMIC_SEQ_CST))
        look_once(stress, reader, &seed);
    mst_reader_close(reader);
    return NULL;
}

/* ---- a run ---- */

static enum mst_err make_thing(struct mst_cmd *cmd, struct mst_tx *tx)
{
    const struct thing *thing = ((const struct half *)cmd)->thing;
    struct mst_row_client client = {.id = thing->id};
    struct mst_row_alias alias = {thing->id, MST_LIT("a"), thing->id * RESOURCES};
    enum mst_err err = mst_tx_insert(tx, MST_TABLE_CLIENT, &client);

    return err == MST_OK ? mst_tx_insert(tx, MST_TABLE_ALIAS, &alias) : err;
}

static enum mst_err make_point(struct mst_cmd *cmd, struct mst_tx *tx)
{
    const struct thing *thing = ((const struct half *)cmd)->thing;
    struct mst_row_point point = {thing->id, 0, MST_LIT("x")};

    return mst_tx_insert(tx, MST_TABLE_POINT, &point);
}

static void make_things(struct stress *stress)
{
    for (int i = 0; i < THINGS; i++) {
        struct thing *thing = &stress->things[i];

        *thing = (struct thing){.stress = stress, .id = i + 1, .n_left = BUSY};
        for (int f = 0; f < HALVES; f++)
            thing->halves[f] = (struct half){
                .cmd = {.run = f == MST_FILE_STATE ? make_thing : make_point,
                        .done = note_done,
                        .file = (enum mst_file)f},
                .thing = thing
            };
        for (int f = 0; f < HALVES; f++)
            if (mst_store_submit(stress->store, &thing->halves[f].cmd) != MST_OK)
                abort();
        (void)sem_wait(&stress->free);
        thing->halves[MST_FILE_STATE].cmd.run = change_state;
        thing->halves[MST_FILE_POINTS].cmd.run = change_points;
    }
}

static void remove_store(const char *dir)
{
    static const char *const names[] = {"muster.db", "points.db", "content.db", "lock"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];

        (void)snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(dir);
}

static void run(struct stress *stress, uint64_t n_changes)
{
    char dir[] = "/tmp/muster-stale-XXXXXX";
    struct mst_sqlite_opts opts = {.dir = mkdtemp(dir),
                                   .queue_max = 4 * THINGS,
                                   .batch_max = OUTSTANDING,
                                   .cache_bytes = MST_KIB(24)};
    pthread_t readers[READERS];
    const char *what = "";

    *stress = (struct stress){0};
    if (!opts.dir || mst_sqlite_open(&opts, &stress->store, &what) != MST_OK) {
        printf("Bail out! the store opens: %s\n", what);
        exit(EXIT_FAILURE);
    }
    (void)sem_init(&stress->free, 0, 0);
    make_things(stress);
    for (int i = 0; i < OUTSTANDING; i++)
        (void)sem_post(&stress->free);
    for (int i = 0; i < READERS; i++)
        if (pthread_create(&readers[i], NULL, watch, stress))
            abort();
    change(stress, n_changes);
    __atomic_store_n(&stress->is_over, true, __ATOMIC_SEQ_CST);
    for (int i = 0; i < READERS; i++)
        (void)pthread_join(readers[i], NULL);
    mst_store_close(stress->store);
    (void)sem_destroy(&stress->free);
    remove_store(dir);
    printf("# %" PRIu64 " looks, %" PRIu64 " stale, %" PRIu64 " failed\n", stress->n_looks,
           stress->n_stale, stress->n_failed);
}

int main(void)
{
    static struct stress stress;
    const char *commits = getenv("COMMITS");
    uint64_t n = commits ? strtoull(commits, NULL, 10) : getenv("LONG") ? 100000 : 1500;
    bool is_good, is_seen;

    printf("1..2\n");
    run(&stress, n);
    is_good = stress.n_stale == 0 && stress.n_failed == 0 && stress.n_looks > n;
    printf("%s 1 - no reader sees what an acknowledged change had ended\n",
           is_good ? "ok" : "not ok");
    (void)setenv("MUSTER_DEFECT", "stale-cache", 1);
    run(&stress, n < 300 ? n : 300);
    is_seen = stress.n_stale > 0;
    printf("%s 2 - the same readers see the seeded defect stale-cache\n",
           is_seen ? "ok" : "not ok");
    return is_good && is_seen ? EXIT_SUCCESS : EXIT_FAILURE;
}

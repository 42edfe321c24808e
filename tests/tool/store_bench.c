/*
 * Measures the embedded store alone: activations of random devices, with a given
 * number of commands always waiting.
 *
 *   store_bench DIR ROWS SECONDS [BATCH...]
 *
 * DIR is filled with ROWS devices if it is empty and is kept for the next run. For
 * each BATCH one line: batch, activations/s, processor time of each (which a busy
 * machine changes least), and latency from submission to answer (p50 p99 p99.9 max,
 * milliseconds).
 */
#include <inttypes.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/limits.h"
#include "store/sqlite/sqlite.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/random.h"

enum { ROWS_PER_FILL = 2000, SAMPLES_MAX = 8 * 1000 * 1000, BATCH_MAX = 4096 };

struct bench {
    struct mst_store *store;
    uint64_t n_rows;
    uint64_t end_ns;
    uint64_t *samples_ns;
    size_t n_samples;
    size_t n_running;
    sem_t is_done;
};

struct slot {
    struct mst_cmd cmd;
    struct bench *bench;
    uint64_t begun_ns;
    uint64_t number;
};

static void die(const char *what)
{
    (void)fprintf(stderr, "store_bench: %s\n", what);
    exit(1);
}

static void must(enum mst_err err, const char *what)
{
    if (err != MST_OK) {
        (void)fprintf(stderr, "store_bench: %s: %s\n", what, mst_err_text(err));
        exit(1);
    }
}

static struct mst_span sn_of(uint64_t number, char buf[32])
{
    int n = snprintf(buf, 32, "SN%012" PRIu64, number * 7919 % UINT64_C(1000000000000));

    return mst_span_of(buf, (size_t)n);
}

/* ---- filling ---- */

struct fill {
    struct mst_cmd cmd;
    uint64_t from, to;
    enum mst_err err;
    sem_t is_done;
};

static enum mst_err fill_one(struct mst_tx *tx, uint64_t number)
{
    char buf[32];
    struct mst_row_client client = {.state = 3,
                                    .gen_ix = 1,
                                    .kid = 1,
                                    .epoch = 1,
                                    .salt = (int64_t)mst_tx_random(tx),
                                    .deadline = INT64_MAX};
    struct mst_row_serial serial = {.model_id = 1, .vendor_id = 1};
    enum mst_err err = mst_tx_insert(tx, MST_TABLE_CLIENT, &client);

    serial.client_id = client.id;
    serial.sn = sn_of(number, buf);
    return err == MST_OK ? mst_tx_insert(tx, MST_TABLE_SERIAL, &serial) : err;
}

static enum mst_err fill_run(struct mst_cmd *cmd, struct mst_tx *tx)
{
    struct fill *fill = (struct fill *)cmd;
    struct mst_row_vendor vendor = {.name = MST_LIT("acme"), .client_id = 1};
    struct mst_row_model model = {.vendor_id = 1, .name = MST_LIT("thermo")};
    enum mst_err err = MST_OK;

    if (fill->from == 0) {
        err = mst_tx_insert(tx, MST_TABLE_VENDOR, &vendor);
        if (err == MST_OK)
            err = mst_tx_insert(tx, MST_TABLE_MODEL, &model);
    }
    for (uint64_t i = fill->from; i < fill->to && err == MST_OK; i++)
        err = fill_one(tx, i);
    return err;
}

static void fill_done(struct mst_cmd *cmd, enum mst_err err)
{
    struct fill *fill = (struct fill *)cmd;

    fill->err = err;
    (void)sem_post(&fill->is_done);
}

static void fill_all(struct bench *bench)
{
    for (uint64_t from = 0; from < bench->n_rows; from += ROWS_PER_FILL) {
        struct fill fill = {
            .cmd = {.run = fill_run, .done = fill_done},
              .from = from
        };

        fill.to = from + ROWS_PER_FILL < bench->n_rows ? from + ROWS_PER_FILL : bench->n_rows;
        (void)sem_init(&fill.is_done, 0, 0);
        must(mst_store_submit(bench->store, &fill.cmd), "submit");
        (void)sem_wait(&fill.is_done);
        must(fill.err, "fill");
    }
}

static bool is_filled(struct bench *bench)
{
    struct mst_row_vendor vendor = {.name = MST_LIT("acme")};
    struct mst_reader *reader;
    struct mst_tx *tx;
    enum mst_err err;

    must(mst_reader_open(bench->store, &reader), "reader");
    must(mst_reader_begin(reader, &tx), "begin");
    err = mst_tx_get(tx, MST_IX_VENDOR_NAME, &vendor);
    mst_reader_end(reader);
    mst_reader_close(reader);
    return err == MST_OK;
}

/* ---- activating ---- */

static enum mst_err activate_run(struct mst_cmd *cmd, struct mst_tx *tx)
{
    struct slot *slot = (struct slot *)cmd;
    char buf[32];
    struct mst_row_vendor vendor = {.name = MST_LIT("acme")};
    struct mst_row_model model = {.name = MST_LIT("thermo")};
    struct mst_row_serial serial = {.sn = sn_of(slot->number, buf)};
    struct mst_row_client client = {0};
    enum mst_err err = mst_tx_get(tx, MST_IX_VENDOR_NAME, &vendor);

    model.vendor_id = vendor.id;
    if (err == MST_OK)
        err = mst_tx_get(tx, MST_IX_MODEL_NAME, &model);
    serial.model_id = model.id;
    if (err == MST_OK)
        err = mst_tx_get(tx, MST_IX_SERIAL, &serial);
    client.id = serial.client_id;
    if (err == MST_OK)
        err = mst_tx_get(tx, MST_IX_CLIENT, &client);
    client.state = 4;
    client.attempt = (int64_t)slot->begun_ns;
    client.deadline = mst_tx_window_now(tx);
    client.log_at = mst_tx_wall_now(tx);
    client.log_peer = MST_LIT("192.168.100.200");
    if (err == MST_OK)
        err = mst_tx_update(tx, MST_TABLE_CLIENT, &client,
                            MST_BIT(client, state) | MST_BIT(client, attempt) |
                                MST_BIT(client, deadline) | MST_BIT(client, log_at) |
                                MST_BIT(client, log_peer));
    return err;
}

static void launch(struct slot *slot)
{
    slot->number = mst_random_u64() % slot->bench->n_rows;
    slot->begun_ns = mst_clock_mono_ns();
    must(mst_store_submit(slot->bench->store, &slot->cmd), "submit");
}

/* On the committer's thread alone. */
static void activate_done(struct mst_cmd *cmd, enum mst_err err)
{
    struct slot *slot = (struct slot *)cmd;
    struct bench *bench = slot->bench;
    uint64_t now_ns = mst_clock_mono_ns();

    must(err, "activate");
    if (bench->n_samples < SAMPLES_MAX)
        bench->samples_ns[bench->n_samples++] = now_ns - slot->begun_ns;
    if (now_ns < bench->end_ns)
        launch(slot);
    else if (--bench->n_running == 0)
        (void)sem_post(&bench->is_done);
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static double ms_at(const struct bench *bench, double part)
{
    size_t at = (size_t)((double)(bench->n_samples - 1) * part);

    return (double)bench->samples_ns[at] / 1e6;
}

static double cpu_s(void)
{
    struct rusage use;

    if (getrusage(RUSAGE_SELF, &use) != 0)
        die("getrusage");
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
           (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static void measure(struct bench *bench, size_t batch, unsigned seconds)
{
    static struct slot slots[BATCH_MAX];
    uint64_t begun_ns = mst_clock_mono_ns();
    double took_s, cpu_before_s = cpu_s();

    bench->end_ns = begun_ns + seconds * UINT64_C(1000000000);
    bench->n_samples = 0;
    bench->n_running = batch;
    for (size_t i = 0; i < batch; i++)
        slots[i] = (struct slot){
            .cmd = {.run = activate_run, .done = activate_done, .is_single = true},
              .bench = bench
        };
    for (size_t i = 0; i < batch; i++)
        launch(&slots[i]);
    (void)sem_wait(&bench->is_done);
    took_s = (double)(mst_clock_mono_ns() - begun_ns) / 1e9;
    cpu_before_s = cpu_s() - cpu_before_s;
    qsort(bench->samples_ns, bench->n_samples, sizeof *bench->samples_ns, compare_u64);
    printf("rows %" PRIu64
           " batch %zu: %.0f/s, %.1f us cpu, ms p50 %.2f p99 %.2f p99.9 %.2f max %.2f\n",
           bench->n_rows, batch, (double)bench->n_samples / took_s,
           cpu_before_s / (double)bench->n_samples * 1e6, ms_at(bench, 0.5), ms_at(bench, 0.99),
           ms_at(bench, 0.999), ms_at(bench, 1.0));
    (void)fflush(stdout);
}

static uint64_t number_of(const char *text)
{
    uint64_t value;

    if (mst_span_u64(mst_span_str(text), UINT32_MAX, &value) != MST_OK || value == 0)
        die("a number is expected");
    return value;
}

int main(int argc, char **argv)
{
    struct bench bench = {0};
    struct mst_sqlite_opts opts = {.queue_max = 2 * BATCH_MAX};
    const char *what = "";

    if (argc < 4)
        die("usage: store_bench DIR ROWS SECONDS [BATCH...]");
    must(mst_dir_ensure(argv[1]), "directory");
    opts.dir = argv[1];
    if (getenv("CHECKPOINT") && strcmp(getenv("CHECKPOINT"), "commit") == 0)
        opts.checkpoint = MST_SQLITE_CHECKPOINT_COMMIT;
    if (getenv("FRAMES"))
        opts.checkpoint_frames = (int)number_of(getenv("FRAMES"));
    bench.n_rows = number_of(argv[2]);
    bench.samples_ns = calloc(SAMPLES_MAX, sizeof *bench.samples_ns);
    (void)sem_init(&bench.is_done, 0, 0);
    if (!bench.samples_ns)
        die("no memory");
    for (int i = 3; i < argc; i++) {
        size_t batch = i == 3 ? 64 : number_of(argv[i]);

        opts.batch_max = batch < BATCH_MAX ? batch : BATCH_MAX;
        must(mst_sqlite_open(&opts, &bench.store, &what), what);
        if (!is_filled(&bench))
            fill_all(&bench);
        if (i > 3)
            measure(&bench, opts.batch_max, (unsigned)number_of(argv[3]));
        mst_store_close(bench.store);
    }
    free(bench.samples_ns);
    return 0;
}

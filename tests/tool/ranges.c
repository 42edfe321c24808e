/*
 * Measures how long it takes to find out whether a serial number lies in one of a model's ranges, on the
 * embedded store, where activations decide it; and what a range of all MAC addresses costs.
 *
 *   ranges DIR [LOOKUPS]
 *
 * DIR is a directory for the store; it is made, and filled. For models with 0, 1, 10, 100 and 1,000 ranges
 * one line: microseconds for a MAC address that is in a range, for one that is in none, for a serial
 * number of digits alone, which is looked for in eight shapes, and for a word that no range can hold.
 */
#include <inttypes.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "core/range.h"
#include "store/sqlite/sqlite.h"
#include "sys/clock.h"
#include "sys/file.h"

enum { MODELS = 5, STEP = 1 << 20, TEXTS = 1024 };

static const unsigned sizes[MODELS] = {0, 1, 10, 100, MST_RANGES_MAX};

struct work {
    struct mst_cmd cmd;
    enum mst_err (*run)(struct mst_tx *tx);
    enum mst_err err;
    sem_t is_done;
};

static uint64_t n_lookups = 200000;

static void must(enum mst_err err, const char *what)
{
    if (err == MST_OK)
        return;
    (void)fprintf(stderr, "ranges: %s: %s\n", what, mst_err_text(err));
    exit(1);
}

static enum mst_err run_work(struct mst_cmd *cmd, struct mst_tx *tx)
{
    return ((struct work *)cmd)->run(tx);
}

static void work_done(struct mst_cmd *cmd, enum mst_err err)
{
    ((struct work *)cmd)->err = err;
    (void)sem_post(&((struct work *)cmd)->is_done);
}

static void work(struct mst_store *store, enum mst_err (*run)(struct mst_tx *tx), const char *what)
{
    struct work work = {
        .cmd = {.run = run_work, .done = work_done},
          .run = run
    };

    (void)sem_init(&work.is_done, 0, 0);
    must(mst_store_submit(store, &work.cmd), what);
    (void)sem_wait(&work.is_done);
    must(work.err, what);
}

/* ---- filling: range n holds the lower half of the nth step ---- */

static enum mst_err add(struct mst_tx *tx, int64_t model_id, uint64_t first, uint64_t last)
{
    const struct mst_row_model model = {.id = model_id};
    const struct mst_sn_range range = {
        {MST_SN_MAC_COLON, MST_SN_LOWER, 0},
        first, last
    };
    enum mst_verdict verdict = MST_BAD_VALUE;
    enum mst_err err = mst_range_add(tx, &model, &range, 1, &verdict);

    return err == MST_OK && verdict != MST_DONE ? MST_EINVAL : err;
}

static enum mst_err fill(struct mst_tx *tx)
{
    enum mst_err err = MST_OK;

    for (int64_t m = 0; m < MODELS; m++)
        for (uint64_t n = 0; n < sizes[m] && err == MST_OK; n++)
            err = add(tx, m + 1, n * STEP, n * STEP + STEP / 2);
    return err;
}

/* ---- measuring ---- */

enum kind { INSIDE, OUTSIDE, DIGITS, WORD, KINDS };

static char texts[KINDS][TEXTS][32];

static void write_texts(unsigned n_ranges)
{
    const struct mst_sn_shape mac = {MST_SN_MAC_COLON, MST_SN_LOWER, 0};
    unsigned n = n_ranges > 0 ? n_ranges : 1;

    for (uint64_t i = 0; i < TEXTS; i++) {
        uint64_t at = i * 7919 % n * STEP + i * 977 % (STEP / 2);
        char text[MST_SN_MAX + 1];

        (void)mst_sn_write(&mac, at, text);
        (void)snprintf(texts[INSIDE][i], sizeof texts[0][0], "%.30s", text);
        (void)mst_sn_write(&mac, at + STEP / 2 + 1, text);
        (void)snprintf(texts[OUTSIDE][i], sizeof texts[0][0], "%.30s", text);
        (void)snprintf(texts[DIGITS][i], sizeof texts[0][0], "%" PRIu64, 100000 + i);
        (void)snprintf(texts[WORD][i], sizeof texts[0][0], "SN-%" PRIu64, i);
    }
}

static enum mst_err measure_kind(struct mst_tx *tx, int64_t model_id, enum kind kind, bool want,
                                 double *ret_us)
{
    uint64_t begun_ns = mst_clock_mono_ns();

    for (uint64_t i = 0; i < n_lookups; i++) {
        struct mst_sn_range range;
        bool is_in;
        enum mst_err err =
            mst_range_find(tx, model_id, mst_span_str(texts[kind][i % TEXTS]), &is_in, &range);

        if (err != MST_OK || is_in != want)
            return err != MST_OK ? err : MST_EINVAL;
    }
    *ret_us = (double)(mst_clock_mono_ns() - begun_ns) / 1e3 / (double)n_lookups;
    return MST_OK;
}

static enum mst_err measure(struct mst_tx *tx)
{
    enum mst_err err = MST_OK;

    printf("%-8s %12s %12s %12s %12s\n", "ranges", "in one, us", "in none, us", "digits, us",
           "a word, us");
    for (int64_t m = 0; m < MODELS && err == MST_OK; m++) {
        double us[KINDS];

        write_texts(sizes[m]);
        for (int kind = 0; kind < KINDS && err == MST_OK; kind++)
            err =
                measure_kind(tx, m + 1, (enum kind)kind, kind == INSIDE && sizes[m] > 0, &us[kind]);
        if (err == MST_OK)
            printf("%-8u %12.2f %12.2f %12.2f %12.2f\n", sizes[m], us[INSIDE], us[OUTSIDE],
                   us[DIGITS], us[WORD]);
    }
    return err;
}

/* ---- the largest range ---- */

static enum mst_err count_row(void *arg, const void *row)
{
    (void)row;
    *(size_t *)arg += 1;
    return MST_OK;
}

static enum mst_err add_all_macs(struct mst_tx *tx)
{
    const struct mst_row_sn_range key = {.model_id = 100};
    const struct mst_scan scan = {.index = MST_IX_SN_RANGE_FIRST, .key = &key, .n_fixed = 1};
    size_t n = 0;
    enum mst_err err = add(tx, 100, 0, (UINT64_C(1) << 48) - 1);

    if (err == MST_OK)
        err = mst_tx_scan(tx, &scan, count_row, &n);
    if (err == MST_OK)
        printf("a range of 2^48 MAC addresses: %zu row\n", n);
    return err;
}

int main(int argc, char **argv)
{
    struct mst_sqlite_opts opts = {.queue_max = 16, .batch_max = 16};
    struct mst_store *store;
    const char *what = "";

    if (argc < 2 ||
        (argc > 2 && mst_span_u64(mst_span_str(argv[2]), UINT32_MAX, &n_lookups) != MST_OK) ||
        n_lookups == 0) {
        (void)fprintf(stderr, "usage: ranges DIR [LOOKUPS]\n");
        return 2;
    }
    must(mst_dir_ensure(argv[1]), "directory");
    opts.dir = argv[1];
    must(mst_sqlite_open(&opts, &store, &what), what);
    work(store, fill, "fill");
    work(store, add_all_macs, "the largest range");
    work(store, measure, "measure");
    mst_store_close(store);
    return 0;
}

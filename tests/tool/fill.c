/*
 * fill - makes many enabled devices in a store that no server has open, much faster than the API.
 *
 *   fill DIR VENDOR MODEL PREFIX COUNT
 *
 * The device PREFIX0000000 must have been added and enabled before, over the API; its template has one
 * dataport with one alias. The rows that it consists of are the pattern: all others up to COUNT
 * get the same, with numbers, serial number, meta and chance of their own, and a window that stays
 * open for ten years. Devices already there are kept: a larger COUNT adds the rest.
 */
#include <inttypes.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "core/meta.h"
#include "core/model.h"
#include "core/quota.h"
#include "core/vendor.h"
#include "store/sqlite/sqlite.h"
#include "sys/clock.h"

enum { DEVICES_PER_COMMAND = 5000, SN_CHARS = 256, WINDOW_S = 10 * 365 * 86400 };

struct pattern {
    struct mst_row_vendor vendor;
    struct mst_row_model model;
    struct mst_row_serial serial;
    struct mst_row_resource client, port;
    struct mst_row_client key;
    struct mst_row_quota quota;
    struct mst_row_alias alias;
};

struct fill {
    struct mst_cmd cmd;
    const char *vendor, *model, *prefix;
    uint64_t from, to, n_added;
    enum mst_err err;
    sem_t is_done;
};

static void must(enum mst_err err, const char *what)
{
    if (err == MST_OK)
        return;
    (void)fprintf(stderr, "fill: %s: %s\n", what, mst_err_text(err));
    exit(EXIT_FAILURE);
}

/* ---- the pattern ---- */

static enum mst_err take_port(void *arg, const void *row)
{
    struct pattern *pattern = arg;

    if (pattern->port.id != 0)
        return MST_EINVAL;
    pattern->port = *(const struct mst_row_resource *)row;
    return MST_OK;
}

static enum mst_err take_alias(void *arg, const void *row)
{
    struct pattern *pattern = arg;

    if (pattern->alias.resource_id != 0)
        return MST_EINVAL;
    pattern->alias = *(const struct mst_row_alias *)row;
    return MST_OK;
}

static enum mst_err load_parts(struct mst_tx *tx, struct pattern *pattern)
{
    const struct mst_row_resource child = {.owner_id = pattern->serial.client_id};
    const struct mst_row_alias alias = {.client_id = pattern->serial.client_id};
    const struct mst_scan ports = {.index = MST_IX_RESOURCE_OWNER, .key = &child, .n_fixed = 1};
    const struct mst_scan aliases = {.index = MST_IX_ALIAS, .key = &alias, .n_fixed = 1};
    enum mst_err err;

    pattern->client.id = pattern->key.id = pattern->quota.client_id = pattern->serial.client_id;
    err = mst_tx_get(tx, MST_IX_RESOURCE, &pattern->client);
    if (err == MST_OK)
        err = mst_tx_get(tx, MST_IX_CLIENT, &pattern->key);
    if (err == MST_OK)
        err = mst_tx_get(tx, MST_IX_QUOTA, &pattern->quota);
    if (err == MST_OK)
        err = mst_tx_scan(tx, &ports, take_port, pattern);
    if (err == MST_OK)
        err = mst_tx_scan(tx, &aliases, take_alias, pattern);
    return err == MST_OK && (pattern->port.id == 0 || pattern->alias.resource_id == 0) ? MST_EINVAL
                                                                                       : err;
}

static struct mst_span sn_of(const struct fill *fill, uint64_t number, char buf[SN_CHARS])
{
    int n = snprintf(buf, SN_CHARS, "%s%07" PRIu64, fill->prefix, number);

    return mst_span_of(buf, (size_t)n);
}

static enum mst_err load_pattern(const struct fill *fill, struct mst_tx *tx,
                                 struct pattern *ret_pattern)
{
    struct pattern pattern = {0};
    enum mst_verdict verdict;
    char sn[SN_CHARS];
    enum mst_err err = mst_vendor_get(tx, mst_span_str(fill->vendor), &verdict, &pattern.vendor);

    if (err == MST_OK && verdict == MST_DONE)
        err = mst_model_get(tx, pattern.vendor.id, mst_span_str(fill->model), &verdict,
                            &pattern.model);
    if (err != MST_OK || verdict != MST_DONE)
        return err != MST_OK ? err : MST_ENOENT;
    pattern.serial.model_id = pattern.model.id;
    pattern.serial.sn = sn_of(fill, 0, sn);
    err = mst_tx_get(tx, MST_IX_SERIAL, &pattern.serial);
    if (err == MST_OK)
        err = load_parts(tx, &pattern);
    *ret_pattern = pattern;
    return err;
}

/* ---- the devices ---- */

static enum mst_err add_client(struct mst_tx *tx, const struct pattern *pattern,
                               struct mst_row_serial *serial)
{
    struct mst_row_resource client = pattern->client;
    struct mst_row_client key = pattern->key;
    struct mst_row_quota quota = pattern->quota;
    enum mst_err err;

    client.id = 0;
    client.sn = serial->sn;
    err = mst_meta_device(mst_tx_arena(tx), pattern->vendor.name, pattern->model.name, serial->sn,
                          &client.meta);
    if (err == MST_OK)
        err = mst_tx_insert(tx, MST_TABLE_RESOURCE, &client);
    serial->client_id = key.id = quota.client_id = client.id;
    key.salt = (int64_t)mst_tx_random(tx);
    key.deadline = mst_tx_window_now(tx) + WINDOW_S;
    if (err == MST_OK)
        err = mst_tx_insert(tx, MST_TABLE_CLIENT, &key);
    return err == MST_OK ? mst_tx_insert(tx, MST_TABLE_QUOTA, &quota) : err;
}

static enum mst_err add_port(struct mst_tx *tx, const struct pattern *pattern, int64_t client_id)
{
    struct mst_row_resource port = pattern->port;
    struct mst_row_alias alias = pattern->alias;
    enum mst_err err;

    port.id = 0;
    port.owner_id = alias.client_id = client_id;
    err = mst_tx_insert(tx, MST_TABLE_RESOURCE, &port);
    alias.resource_id = port.id;
    return err == MST_OK ? mst_tx_insert(tx, MST_TABLE_ALIAS, &alias) : err;
}

static enum mst_err add_device(const struct fill *fill, struct mst_tx *tx,
                               const struct pattern *pattern, uint64_t number, uint64_t *n_added)
{
    const struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));
    struct mst_row_serial serial = pattern->serial;
    char sn[SN_CHARS];
    enum mst_err err;

    serial.sn = sn_of(fill, number, sn);
    err = mst_tx_get(tx, MST_IX_SERIAL, &serial);
    if (err == MST_ENOENT) {
        err = add_client(tx, pattern, &serial);
        if (err == MST_OK)
            err = add_port(tx, pattern, serial.client_id);
        if (err == MST_OK)
            err = mst_tx_insert(tx, MST_TABLE_SERIAL, &serial);
        (*n_added)++;
    }
    mst_arena_rewind(mst_tx_arena(tx), mark);
    return err;
}

static enum mst_err run(struct mst_cmd *cmd, struct mst_tx *tx)
{
    struct fill *fill = (struct fill *)cmd;
    enum mst_verdict verdict = MST_DONE;
    struct pattern pattern;
    enum mst_err err = load_pattern(fill, tx, &pattern);

    fill->n_added = 0;
    for (uint64_t i = fill->from; i < fill->to && err == MST_OK; i++)
        err = add_device(fill, tx, &pattern, i, &fill->n_added);
    if (err == MST_OK && fill->n_added > 0)
        err = mst_quota_charge(tx, pattern.client.owner_id, MST_COUNTED_CLIENT,
                               (int64_t)fill->n_added, &verdict);
    return err == MST_OK && verdict != MST_DONE ? MST_EFULL : err;
}

static void done(struct mst_cmd *cmd, enum mst_err err)
{
    struct fill *fill = (struct fill *)cmd;

    fill->err = err;
    (void)sem_post(&fill->is_done);
}

int main(int argc, char **argv)
{
    struct fill fill = {
        .cmd = {.run = run, .done = done}
    };
    struct mst_sqlite_opts opts = {.queue_max = 1, .batch_max = 1};
    uint64_t count = 0, n_added = 0, begin_ns = mst_clock_mono_ns();
    struct mst_store *store;
    const char *what = "";

    if (argc != 6 || mst_span_u64(mst_span_str(argv[5]), UINT32_MAX, &count)) {
        (void)fprintf(stderr, "usage: fill DIR VENDOR MODEL PREFIX COUNT\n");
        return EXIT_FAILURE;
    }
    opts.dir = argv[1];
    fill.vendor = argv[2];
    fill.model = argv[3];
    fill.prefix = argv[4];
    (void)sem_init(&fill.is_done, 0, 0);
    must(mst_sqlite_open(&opts, &store, &what), what);
    for (fill.from = 1; fill.from < count; fill.from = fill.to) {
        fill.to = fill.from + DEVICES_PER_COMMAND < count ? fill.from + DEVICES_PER_COMMAND : count;
        must(mst_store_submit(store, &fill.cmd), "submit");
        (void)sem_wait(&fill.is_done);
        must(fill.err, "a device");
        n_added += fill.n_added;
    }
    mst_store_close(store);
    printf("RESULT devices=%" PRIu64 " added=%" PRIu64 " seconds=%.1f\n", count, n_added,
           (double)(mst_clock_mono_ns() - begin_ns) / 1e9);
    return EXIT_SUCCESS;
}

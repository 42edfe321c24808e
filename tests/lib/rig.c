#include <inttypes.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/dispatch.h"
#include "core/due.h"
#include "core/flow.h"
#include "sys/clock.h"
#include "tests/lib/chance.h"
#include "tests/lib/rig.h"

enum { TOLD_MAX = 10, QUEUE_MAX = 256, BATCH_MAX = 16 };

void mst_rig_violation(struct mst_rig *rig, const char *fmt, ...)
{
    va_list args;

    rig->n_violations++;
    if (rig->n_told++ >= TOLD_MAX)
        return;
    printf("# ");
    va_start(args, fmt);
    (void)vprintf(fmt, args);
    va_end(args);
    printf("\n");
}

/* ---- who waits for what ---- */

static void one_less(struct mst_rig *rig)
{
    (void)pthread_mutex_lock(&rig->lock);
    rig->n_working--;
    (void)pthread_cond_signal(&rig->changed);
    (void)pthread_mutex_unlock(&rig->lock);
}

static void note_death(void *arg)
{
    struct mst_rig *rig = arg;

    (void)pthread_mutex_lock(&rig->lock);
    rig->is_dead = true;
    rig->dead_thread = pthread_self();
    (void)pthread_cond_signal(&rig->changed);
    (void)pthread_mutex_unlock(&rig->lock);
}

/* Another thread may be about to answer at that moment; the process would be gone. */
static void count(struct mst_rig *rig, enum mst_err err)
{
    bool is_late;

    (void)pthread_mutex_lock(&rig->lock);
    is_late = rig->is_dead && pthread_equal(rig->dead_thread, pthread_self());
    (void)pthread_mutex_unlock(&rig->lock);
    if (is_late)
        mst_rig_violation(rig, "an answer after a failed flush");
    (void)__atomic_add_fetch(err == MST_OK ? &rig->n_acked : &rig->n_errors, 1, __ATOMIC_RELAXED);
}

/* ---- devices ---- */

static mst_world_verb *const verbs[MST_RIG_VERBS] = {
    [MST_RIG_ACTIVATE] = mst_do_activate,
    [MST_RIG_ENABLE] = mst_do_enable,
    [MST_RIG_DISABLE] = mst_do_disable,
};

static enum mst_rig_verb choose(struct mst_rig_device *device)
{
    uint64_t dice = mst_chance_below(&device->random, 10);

    if (device->stand.state == MST_STATE_PENDING)
        return dice < 7 ? MST_RIG_ACTIVATE : dice < 9 ? MST_RIG_ENABLE : MST_RIG_DISABLE;
    if (device->stand.state == MST_STATE_ACTIVATED)
        return dice < 2 ? MST_RIG_ACTIVATE : dice < 8 ? MST_RIG_ENABLE : MST_RIG_DISABLE;
    return dice < 2 ? MST_RIG_ACTIVATE : MST_RIG_ENABLE;
}

static void bury_key(struct mst_rig_device *device)
{
    if (device->stand.state != MST_STATE_ACTIVATED)
        return;
    memcpy(device->dead[device->n_dead++ % MST_RIG_DEAD_KEYS], device->stand.key, MST_TEXT_CHARS);
    device->stand.key[0] = '\0';
}

/* Where the device's request leads if it was carried out. */
static void advance(struct mst_rig_device *device, const char *key)
{
    struct mst_rig_stand *stand = &device->stand;

    if (device->verb != MST_RIG_ACTIVATE) {
        bury_key(device);
        stand->state = device->verb == MST_RIG_ENABLE ? MST_STATE_PENDING : MST_STATE_DISABLED;
        return;
    }
    stand->state = MST_STATE_ACTIVATED;
    (void)snprintf(stand->key, sizeof stand->key, "%s", key);
    stand->log[stand->n_log++] = device->call.attempt;
}

static enum mst_err device_run(struct mst_cmd *cmd, struct mst_tx *tx)
{
    struct mst_rig_device *device = (struct mst_rig_device *)cmd;
    enum mst_err err = verbs[device->verb](&device->rig->world, tx, &device->call);

    return err == MST_OK && device->call.verdict != MST_DONE ? MST_EREFUSED : err;
}

static bool is_expected(const struct mst_rig_device *device)
{
    bool is_pending = device->stand.state == MST_STATE_PENDING;

    return device->call.verdict == MST_DONE ? device->verb != MST_RIG_ACTIVATE || is_pending
                                            : device->verb == MST_RIG_ACTIVATE && !is_pending;
}

static void device_launch(struct mst_rig_device *device)
{
    struct mst_rig *rig = device->rig;
    int64_t attempt = (int64_t)mst_chance_below(&device->random, INT64_MAX - 1) + 1;

    if (device->n_left-- <= 0 || device->stand.n_log >= MST_RIG_LOG_MAX - 1) {
        one_less(rig);
        return;
    }
    device->verb = choose(device);
    (void)snprintf(device->peer, sizeof device->peer, "%" PRId64, attempt);
    device->call =
        (struct mst_world_call){.sn = device->sn, .peer = device->peer, .attempt = attempt};
    device->is_open = true;
    if (mst_store_submit(rig->world.store, &device->cmd) != MST_OK) {
        device->is_open = false;
        one_less(rig);
    }
}

static void device_done(struct mst_cmd *cmd, enum mst_err err)
{
    struct mst_rig_device *device = (struct mst_rig_device *)cmd;

    count(device->rig, err);
    if (err != MST_OK) {
        one_less(device->rig);
        return;
    }
    if (!is_expected(device))
        mst_rig_violation(device->rig, "%s: request %d got verdict %d in state %d", device->sn,
                          (int)device->verb, (int)device->call.verdict, (int)device->stand.state);
    device->is_open = false;
    if (device->call.verdict == MST_DONE)
        advance(device, device->call.handle);
    device_launch(device);
}

/* ---- writers of points ---- */

/* A timer of a year: none is over while a test runs. */
#define DETAIL_OF_PORT     "{\"retention\":{\"count\":1000000,\"duration\":\"infinity\"}}"
#define DETAIL_OF_RULE     "{\"rule\":{\"timeout\":{\"repeat\":true,\"timeout\":31536000}}}"
#define DETAIL_OF_DISPATCH "{\"method\":\"sms\"}"

static struct mst_row_point point_of(const struct mst_rig_writer *writer, int64_t number,
                                     char text[24])
{
    int n = snprintf(text, 24, "value %" PRId64, number);

    return (struct mst_row_point){
        .dataport_id = writer->dataport_id, .at = number, .value = mst_span_of(text, (size_t)n)};
}

static enum mst_err writer_run(struct mst_cmd *cmd, struct mst_tx *tx)
{
    struct mst_rig_writer *writer = (struct mst_rig_writer *)cmd;
    char text[24];
    struct mst_row_point point = point_of(writer, writer->n_acked + 1, text);

    return mst_tx_insert(tx, MST_TABLE_POINT, &point);
}

/* ---- writers of values that set something off ---- */

/* Beside the dataport stand a rule and a dispatch. Retention is told of, but nobody trims here. */
static struct mst_row_resource beside(const struct mst_rig_writer *writer, enum mst_kind kind)
{
    static const struct mst_row_resource rows[] = {
        [MST_KIND_DATAPORT] = {.format = MST_FORMAT_STRING,
                               .flow_bits = MST_FLOW_RETENTION,
                               .detail = {DETAIL_OF_PORT, sizeof DETAIL_OF_PORT - 1}},
        [MST_KIND_DATARULE] = {.format = MST_FORMAT_STRING,
                               .flow_bits = MST_FLOW_RULE,
                               .detail = {DETAIL_OF_RULE, sizeof DETAIL_OF_RULE - 1}},
        [MST_KIND_DISPATCH] = {.flow_bits = MST_FLOW_DISPATCH,
                               .detail = {DETAIL_OF_DISPATCH, sizeof DETAIL_OF_DISPATCH - 1}},
    };
    struct mst_row_resource row = rows[kind];

    row.kind = kind;
    row.id = writer->dataport_id + 1000 * (kind - MST_KIND_DATAPORT);
    return row;
}

/* The messages of the writer's dispatch. */
struct messages {
    int n;
    int64_t first_id;
    char last[24];
};

static enum mst_err note_message(void *arg, const void *row)
{
    const struct mst_row_outgoing *outgoing = row;
    struct messages *messages = arg;

    if (messages->n++ == 0)
        messages->first_id = outgoing->id;
    (void)snprintf(messages->last, sizeof messages->last, "%.*s", (int)outgoing->value.len,
                   outgoing->value.ptr);
    return MST_OK;
}

static enum mst_err find_messages(const struct mst_rig_writer *writer, struct mst_tx *tx,
                                  struct messages *ret_messages)
{
    const struct mst_row_outgoing key = {.dispatch_id = beside(writer, MST_KIND_DISPATCH).id};
    const struct mst_scan scan = {.index = MST_IX_OUTGOING_OF, .key = &key, .n_fixed = 1};

    *ret_messages = (struct messages){.n = 0};
    return mst_tx_scan(tx, &scan, note_message, ret_messages);
}

/* The value for all three; and the message before it is over. */
static enum mst_err flow_run(struct mst_cmd *cmd, struct mst_tx *tx)
{
    struct mst_rig_writer *writer = (struct mst_rig_writer *)cmd;
    struct messages messages;
    struct mst_flow *flow;
    char text[24];
    struct mst_row_point point = point_of(writer, writer->n_acked + 1, text);
    enum mst_verdict verdict = MST_DONE;
    enum mst_err err = mst_flow_new(mst_tx_arena(tx), 3, &flow);

    for (enum mst_kind kind = MST_KIND_DATAPORT; kind <= MST_KIND_DISPATCH && err == MST_OK; kind++)
        err = mst_flow_add(&writer->rig->world.domain, tx, flow,
                           &(struct mst_flow_input){
                               .port = beside(writer, kind), .at = point.at, .text = point.value},
                           &verdict);
    if (err == MST_OK)
        err = mst_flow_run(flow, tx, &verdict);
    if (err == MST_OK)
        err = find_messages(writer, tx, &messages);
    return err == MST_OK && messages.n > 1 ? mst_dispatch_finish(tx, messages.first_id) : err;
}

static void writer_launch(struct mst_rig_writer *writer)
{
    if (writer->n_left-- <= 0) {
        one_less(writer->rig);
        return;
    }
    writer->is_open = true;
    if (mst_store_submit(writer->rig->world.store, &writer->cmd) != MST_OK) {
        writer->is_open = false;
        one_less(writer->rig);
    }
}

static void writer_done(struct mst_cmd *cmd, enum mst_err err)
{
    struct mst_rig_writer *writer = (struct mst_rig_writer *)cmd;

    count(writer->rig, err);
    if (err != MST_OK) {
        one_less(writer->rig);
        return;
    }
    writer->is_open = false;
    writer->n_acked++;
    writer_launch(writer);
}

/* ---- the rig ---- */

void mst_rig_init(struct mst_rig *rig, struct mst_disk *disk, const char *vfs, uint64_t seed)
{
    *rig = (struct mst_rig){.disk = disk, .vfs = vfs};
    (void)pthread_mutex_init(&rig->lock, NULL);
    (void)pthread_cond_init(&rig->changed, NULL);
    (void)snprintf(rig->dir, sizeof rig->dir, "/tmp/muster-rig-XXXXXX");
    if (!mkdtemp(rig->dir))
        abort();
    for (size_t i = 0; i < MST_RIG_DEVICES; i++) {
        struct mst_rig_device *device = &rig->devices[i];

        device->cmd = (struct mst_cmd){.run = device_run, .done = device_done};
        device->rig = rig;
        device->random = seed + i;
        (void)snprintf(device->sn, sizeof device->sn, "sn-%zu", i);
    }
    for (size_t i = 0; i < MST_RIG_WRITERS; i++) {
        rig->writers[i].cmd = (struct mst_cmd){
            .run = writer_run, .done = writer_done, .file = MST_FILE_POINTS, .is_single = true};
        if (i >= MST_RIG_WRITERS / 2) {
            rig->writers[i].cmd.run = flow_run;
            rig->writers[i].cmd.is_single = false;
        }
        rig->writers[i].rig = rig;
        rig->writers[i].dataport_id = (int64_t)i + 1;
    }
    mst_rig_forget(rig);
}

void mst_rig_fini(struct mst_rig *rig)
{
    static const char *const names[] = {"muster.db", "points.db", "content.db", "lock"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];

        (void)snprintf(path, sizeof path, "%s/%s", rig->dir, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(rig->dir);
    (void)pthread_cond_destroy(&rig->changed);
    (void)pthread_mutex_destroy(&rig->lock);
}

void mst_rig_forget(struct mst_rig *rig)
{
    rig->is_made = false;
    for (size_t i = 0; i < MST_RIG_DEVICES; i++) {
        struct mst_rig_device *device = &rig->devices[i];

        device->stand = (struct mst_rig_stand){.state = MST_STATE_PENDING};
        device->n_dead = 0;
        device->is_open = false;
    }
    for (size_t i = 0; i < MST_RIG_WRITERS; i++) {
        rig->writers[i].n_acked = 0;
        rig->writers[i].is_open = false;
    }
}

void mst_rig_make(struct mst_rig *rig)
{
    struct mst_world_call call = {0};

    mst_world_open(&rig->world, 1, rig->world.store);
    /* Setting up and looking happen at one moment; the devices go by the engine's clock. */
    rig->world.window_now = rig->world.wall_now = mst_clock_wall_s();
    (void)mst_world_run(&rig->world, mst_do_add_model, &call);
    for (size_t i = 0; i < MST_RIG_DEVICES; i++) {
        call = (struct mst_world_call){.sn = rig->devices[i].sn, .attempt = 1 + (int64_t)i};
        if (mst_world_run(&rig->world, mst_do_add, &call) != MST_DONE ||
            mst_world_run(&rig->world, mst_do_enable_owner, &call) != MST_DONE)
            abort();
    }
    rig->is_made = true;
}

bool mst_rig_open(struct mst_rig *rig)
{
    struct mst_sqlite_opts opts = {.dir = rig->dir,
                                   .queue_max = QUEUE_MAX,
                                   .batch_max = BATCH_MAX,
                                   .cache_bytes = MST_KIB(256),
                                   .vfs = rig->vfs,
                                   .checkpoint = rig->checkpoint,
                                   .checkpoint_frames = rig->checkpoint_frames,
                                   .fsync_failed = note_death,
                                   .arg = rig};
    struct mst_store *store;
    const char *what;

    rig->is_dead = false;
    rig->open_err = mst_sqlite_open(&opts, &store, &what);
    if (rig->open_err != MST_OK)
        return false;
    rig->world.store = store;
    return true;
}

void mst_rig_work(struct mst_rig *rig, int n_each)
{
    rig->n_working = MST_RIG_DEVICES + MST_RIG_WRITERS;
    for (size_t i = 0; i < MST_RIG_DEVICES; i++) {
        rig->devices[i].n_left = n_each;
        device_launch(&rig->devices[i]);
    }
    for (size_t i = 0; i < MST_RIG_WRITERS; i++) {
        rig->writers[i].n_left = n_each;
        writer_launch(&rig->writers[i]);
    }
    (void)pthread_mutex_lock(&rig->lock);
    while (rig->n_working > 0 && !rig->is_dead)
        (void)pthread_cond_wait(&rig->changed, &rig->lock);
    (void)pthread_mutex_unlock(&rig->lock);
}

static void check_checkpoints(struct mst_rig *rig)
{
    struct mst_disk_checkpoints checkpoints = mst_disk_checkpoints(rig->disk);

    for (; rig->n_against_rule < checkpoints.n_against_rule; rig->n_against_rule++)
        mst_rig_violation(rig, "%s", checkpoints.last_break);
}

void mst_rig_close(struct mst_rig *rig)
{
    mst_store_close(rig->world.store);
    rig->world.store = NULL;
    check_checkpoints(rig);
}

/* ---- verifying ---- */

static bool is_key_good(struct mst_rig *rig, const char *key)
{
    struct mst_world_call call = {.key = key};

    return mst_world_run(&rig->world, mst_do_authenticate, &call) == MST_DONE;
}

static enum mst_state state_now(struct mst_rig_device *device)
{
    struct mst_world_call call = {.sn = device->sn};

    if (mst_world_run(&device->rig->world, mst_do_view, &call) != MST_DONE)
        return MST_STATE_UNLISTED;
    if (call.view.is_disabled)
        return MST_STATE_DISABLED;
    if (strcmp(call.status, "activated") == 0)
        return MST_STATE_ACTIVATED;
    return strcmp(call.status, "notactivated") == 0 ? MST_STATE_PENDING : MST_STATE_EXPIRED;
}

/* The open request shows in the state only if it leads to another one. */
static bool has_open_led_to(const struct mst_rig_device *device, enum mst_state state)
{
    static const enum mst_state leads_to[MST_RIG_VERBS] = {
        [MST_RIG_ACTIVATE] = MST_STATE_ACTIVATED,
        [MST_RIG_ENABLE] = MST_STATE_PENDING,
        [MST_RIG_DISABLE] = MST_STATE_DISABLED,
    };

    if (!device->is_open || state != leads_to[device->verb])
        return false;
    return device->verb != MST_RIG_ACTIVATE || device->stand.state == MST_STATE_PENDING;
}

/* The open activation was carried out: its attempt, made again, must give the key. */
static void adopt_activation(struct mst_rig_device *device)
{
    struct mst_world_call again = device->call;

    if (mst_world_run(&device->rig->world, mst_do_activate, &again) != MST_DONE)
        mst_rig_violation(device->rig, "%s: activated by nobody known, verdict %d", device->sn,
                          (int)again.verdict);
    advance(device, again.handle);
}

static void verify_state(struct mst_rig_device *device)
{
    enum mst_state state = state_now(device);

    if (state != device->stand.state && has_open_led_to(device, state)) {
        if (state == MST_STATE_ACTIVATED)
            adopt_activation(device);
        else
            advance(device, "");
    }
    if (state != device->stand.state)
        mst_rig_violation(device->rig, "%s: state %d, acknowledged %d", device->sn, (int)state,
                          (int)device->stand.state);
    device->stand.state = state;
    device->is_open = false;
}

static void verify_keys(struct mst_rig_device *device)
{
    size_t n_dead = device->n_dead < MST_RIG_DEAD_KEYS ? device->n_dead : MST_RIG_DEAD_KEYS;

    if (device->stand.state == MST_STATE_ACTIVATED && !is_key_good(device->rig, device->stand.key))
        mst_rig_violation(device->rig, "%s: the key given out is refused", device->sn);
    for (size_t i = 0; i < n_dead; i++)
        if (is_key_good(device->rig, device->dead[i]))
            mst_rig_violation(device->rig, "%s: a dead key lives", device->sn);
}

static void verify_log(struct mst_rig_device *device)
{
    struct mst_rig_stand *stand = &device->stand;
    struct mst_world_call call = {.sn = device->sn};
    bool is_same;

    (void)mst_world_run(&device->rig->world, mst_do_log, &call);
    is_same = call.n_log == stand->n_log;
    for (int i = 0; i < call.n_log && is_same; i++) {
        char peer[32];

        (void)snprintf(peer, sizeof peer, "%" PRId64, stand->log[i]);
        is_same = strcmp(peer, call.log_peer[i]) == 0;
    }
    if (!is_same)
        mst_rig_violation(device->rig, "%s: %d log entries, acknowledged %d", device->sn,
                          call.n_log, stand->n_log);
}

static enum mst_err count_points(void *arg, const void *row)
{
    struct mst_rig_writer *writer = arg;
    const struct mst_row_point *point = row;
    char text[24];
    struct mst_row_point want = point_of(writer, writer->n_left + 1, text);

    writer->n_left++;
    if (point->at != want.at || !mst_span_eq(point->value, want.value))
        mst_rig_violation(writer->rig, "points of %" PRId64 ": number %" PRId64 " is %" PRId64,
                          writer->dataport_id, want.at, point->at);
    return MST_OK;
}

static enum mst_err count_row(void *arg, const void *row)
{
    (void)row;
    ++*(int *)arg;
    return MST_OK;
}

/* What the last value set off is there, and nothing of a later one. */
static void verify_flow(struct mst_rig_writer *writer, struct mst_tx *tx, int n_values)
{
    const int64_t rule_id = beside(writer, MST_KIND_DATARULE).id;
    const struct mst_row_point key = {.dataport_id = rule_id};
    const struct mst_scan scan = {.index = MST_IX_POINT, .key = &key, .n_fixed = 1};
    struct mst_row_rule_state state = {.rule_id = rule_id};
    struct messages messages = {.n = 0};
    int64_t timer_ms = 0, trim_ms = 0;
    char want[24];
    int n = 0;

    (void)point_of(writer, n_values, want);
    if (mst_tx_scan(tx, &scan, count_row, &n) != MST_OK ||
        find_messages(writer, tx, &messages) != MST_OK ||
        mst_due_get(tx, rule_id, MST_DUE_RULE, &timer_ms) != MST_OK ||
        mst_due_get(tx, writer->dataport_id, MST_DUE_TRIM, &trim_ms) != MST_OK)
        mst_rig_violation(writer->rig, "what values set off cannot be read");
    if (n != n_values || messages.n != (n_values > 0) ||
        (n_values > 0 && strcmp(messages.last, want) != 0) || (timer_ms != 0) != (n_values > 0) ||
        (trim_ms != 0) != (n_values > 0) ||
        (mst_tx_get(tx, MST_IX_RULE_STATE, &state) == MST_OK) != (n_values > 0))
        mst_rig_violation(writer->rig,
                          "values of %" PRId64 ": %d, of its rule %d, messages %d, the last \"%s\"",
                          writer->dataport_id, n_values, n, messages.n, messages.last);
}

static void verify_points(struct mst_rig *rig)
{
    struct mst_reader *reader;
    struct mst_tx *tx;

    if (mst_reader_open(rig->world.store, &reader) != MST_OK ||
        mst_reader_begin(reader, &tx) != MST_OK)
        abort();
    for (size_t i = 0; i < MST_RIG_WRITERS; i++) {
        struct mst_rig_writer *writer = &rig->writers[i];
        struct mst_row_point key = {.dataport_id = writer->dataport_id};
        struct mst_scan scan = {.index = MST_IX_POINT, .key = &key, .n_fixed = 1};

        writer->n_left = 0;
        if (mst_tx_scan(tx, &scan, count_points, writer) != MST_OK)
            mst_rig_violation(rig, "points cannot be read");
        if (writer->n_left != writer->n_acked &&
            (!writer->is_open || writer->n_left != writer->n_acked + 1))
            mst_rig_violation(rig, "points of %" PRId64 ": %d, acknowledged %" PRId64,
                              writer->dataport_id, writer->n_left, writer->n_acked);
        if (writer->cmd.run == flow_run)
            verify_flow(writer, tx, writer->n_left);
        writer->n_acked = writer->n_left;
        writer->is_open = false;
    }
    mst_reader_end(reader);
    mst_reader_close(reader);
}

static void verify_file(struct mst_rig *rig, const char *name)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3 *db = NULL;
    char path[128];

    (void)snprintf(path, sizeof path, "%s/%s", rig->dir, name);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, rig->vfs) != SQLITE_OK ||
        sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &stmt, NULL) != SQLITE_OK ||
        sqlite3_step(stmt) != SQLITE_ROW)
        mst_rig_violation(rig, "%s cannot be read: %s", name, sqlite3_errmsg(db));
    else if (strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") != 0)
        mst_rig_violation(rig, "%s: %s", name, (const char *)sqlite3_column_text(stmt, 0));
    (void)sqlite3_finalize(stmt);
    (void)sqlite3_close(db);
}

void mst_rig_verify(struct mst_rig *rig)
{
    verify_file(rig, "muster.db");
    verify_file(rig, "points.db");
    verify_file(rig, "content.db");
    for (size_t i = 0; i < MST_RIG_DEVICES; i++) {
        verify_state(&rig->devices[i]);
        verify_keys(&rig->devices[i]);
        verify_log(&rig->devices[i]);
    }
    verify_points(rig);
}

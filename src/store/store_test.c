/*
 * What core/port_store.h promises, asked of every engine in the same words.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "store/memory/memory.h"
#include "store/sqlite/sqlite.h"
#include "tests/lib/unit.h"

enum kind { MEMORY_INLINE, MEMORY, SQLITE };

struct box {
    enum kind kind;
    struct mst_store *store;
    size_t queue_max;
    char dir[64];
    int n_unknown; /* so many commits become unknown */
    bool is_unknown_applied;
};

static bool inject_unknown(void *arg, bool *ret_is_applied)
{
    struct box *box = arg;

    if (box->n_unknown == 0)
        return false;
    box->n_unknown--;
    *ret_is_applied = box->is_unknown_applied;
    return true;
}

static void box_open_store(struct box *box)
{
    struct mst_memory_opts memory = {.queue_max = box->queue_max,
                                     .batch_max = 64,
                                     .is_inline = box->kind == MEMORY_INLINE,
                                     .inject_unknown = inject_unknown,
                                     .arg = box};
    struct mst_sqlite_opts sqlite = {
        .dir = box->dir, .queue_max = box->queue_max, .batch_max = 64, .cache_bytes = MST_MIB(1)};
    const char *what = "";
    enum mst_err err = box->kind == SQLITE ? mst_sqlite_open(&sqlite, &box->store, &what)
                                           : mst_memory_open(&memory, &box->store);

    ck_assert_msg(err == MST_OK, "%s: %s", mst_err_text(err), what);
}

static void box_open(struct box *box, enum kind kind)
{
    *box = (struct box){.kind = kind, .queue_max = 1000};
    (void)snprintf(box->dir, sizeof box->dir, "/tmp/muster-store-XXXXXX");
    if (kind == SQLITE)
        ck_assert_ptr_nonnull(mkdtemp(box->dir));
    box_open_store(box);
}

/* Memory forgets when it is closed, so there it stays open. */
static void box_reopen(struct box *box)
{
    if (box->kind != SQLITE)
        return;
    mst_store_close(box->store);
    box_open_store(box);
}

static void box_close(struct box *box)
{
    static const char *const names[] = {"muster.db", "points.db", "content.db", "lock"};

    mst_store_close(box->store);
    for (size_t i = 0; box->kind == SQLITE && i < sizeof names / sizeof names[0]; i++) {
        char path[128];

        (void)snprintf(path, sizeof path, "%s/%s", box->dir, names[i]);
        ck_assert_int_eq(unlink(path), 0);
    }
    if (box->kind == SQLITE)
        ck_assert_int_eq(rmdir(box->dir), 0);
}

/* ---- commands ---- */

typedef enum mst_err work_fn(struct mst_tx *tx, void *arg);

struct job {
    struct mst_cmd cmd;
    work_fn *work;
    void *arg;
    enum mst_err err;
    sem_t is_done;
};

static enum mst_err job_run(struct mst_cmd *cmd, struct mst_tx *tx)
{
    struct job *job = (struct job *)cmd;

    return job->work(tx, job->arg);
}

static void job_done(struct mst_cmd *cmd, enum mst_err err)
{
    struct job *job = (struct job *)cmd;

    job->err = err;
    (void)sem_post(&job->is_done);
}

static void job_init(struct job *job, work_fn *work, void *arg)
{
    *job = (struct job){
        .cmd = {.run = job_run, .done = job_done, .file = MST_FILE_STATE},
        .work = work,
        .arg = arg
    };
    (void)sem_init(&job->is_done, 0, 0);
}

static enum mst_err job_wait(struct job *job)
{
    while (sem_wait(&job->is_done) != 0)
        continue;
    (void)sem_destroy(&job->is_done);
    return job->err;
}

static enum mst_err run_in(struct box *box, enum mst_file file, bool is_single, work_fn *work,
                           void *arg)
{
    struct job job;

    job_init(&job, work, arg);
    job.cmd.file = file;
    job.cmd.is_single = is_single;
    ck_assert_int_eq(mst_store_submit(box->store, &job.cmd), MST_OK);
    return job_wait(&job);
}

static enum mst_err run(struct box *box, work_fn *work, void *arg)
{
    return run_in(box, MST_FILE_STATE, false, work, arg);
}

/* Runs work in a reader's transaction. */
static enum mst_err look(struct box *box, work_fn *work, void *arg)
{
    struct mst_reader *reader;
    struct mst_tx *tx;
    enum mst_err err;

    ck_assert_int_eq(mst_reader_open(box->store, &reader), MST_OK);
    ck_assert_int_eq(mst_reader_begin(reader, &tx), MST_OK);
    err = work(tx, arg);
    mst_reader_end(reader);
    mst_reader_close(reader);
    return err;
}

/* Each sentence, for each engine. */
#define SENTENCE(name)                         \
    static void check_##name(struct box *box); \
    MST_TEST(memory_##name)                    \
    {                                          \
        struct box box;                        \
        box_open(&box, MEMORY);                \
        check_##name(&box);                    \
        box_close(&box);                       \
    }                                          \
    MST_TEST_END                               \
    MST_TEST(inline_memory_##name)             \
    {                                          \
        struct box box;                        \
        box_open(&box, MEMORY_INLINE);         \
        check_##name(&box);                    \
        box_close(&box);                       \
    }                                          \
    MST_TEST_END                               \
    MST_TEST(sqlite_##name)                    \
    {                                          \
        struct box box;                        \
        box_open(&box, SQLITE);                \
        check_##name(&box);                    \
        box_close(&box);                       \
    }                                          \
    MST_TEST_END                               \
    static void check_##name(struct box *box)
#define ALL(name) memory_##name, inline_memory_##name, sqlite_##name

/* ---- rows ---- */

static enum mst_err add_vendor(struct mst_tx *tx, void *arg)
{
    return mst_tx_insert(tx, MST_TABLE_VENDOR, arg);
}

static enum mst_err get_vendor_by_name(struct mst_tx *tx, void *arg)
{
    return mst_tx_get(tx, MST_IX_VENDOR_NAME, arg);
}

static enum mst_err delete_vendor(struct mst_tx *tx, void *arg)
{
    return mst_tx_delete(tx, MST_TABLE_VENDOR, arg);
}

static int64_t client_of(struct box *box, const char *vendor)
{
    struct mst_row_vendor row = {.name = mst_span_str(vendor)};
    enum mst_err err = look(box, get_vendor_by_name, &row);

    ck_assert(err == MST_OK || err == MST_ENOENT);
    return err == MST_OK ? row.client_id : -1;
}

static enum mst_err all_fields_round(struct mst_tx *tx, void *arg)
{
    struct mst_row_client row = {.id = *(const int64_t *)arg,
                                 .state = 4,
                                 .salt = INT64_MIN,
                                 .attempt = INT64_MAX,
                                 .log_peer = MST_LIT("10.0.0.1"),
                                 .delta = mst_span_of("\0\xff\0twelve.", 10)};
    struct mst_row_client got = {.id = row.id};

    ck_assert_int_eq(mst_tx_insert(tx, MST_TABLE_CLIENT, &row), MST_OK);
    ck_assert_int_eq(mst_tx_get(tx, MST_IX_CLIENT, &got), MST_OK);
    ck_assert_int_eq(got.state, 4);
    ck_assert(got.salt == INT64_MIN && got.attempt == INT64_MAX);
    ck_assert_span_str(got.log_peer, "10.0.0.1");
    ck_assert_span_eq(got.delta, row.delta);
    return MST_OK;
}

SENTENCE(a_row_comes_back_as_it_went_in_whatever_its_bytes)
{
    int64_t id = 7;

    ck_assert_int_eq(run(box, all_fields_round, &id), MST_OK);
}

static enum mst_err get_absent(struct mst_tx *tx, void *arg)
{
    struct mst_row_vendor row = {.id = 55, .name = MST_LIT("kept"), .client_id = 3};

    (void)arg;
    ck_assert_int_eq(mst_tx_get(tx, MST_IX_VENDOR, &row), MST_ENOENT);
    ck_assert_int_eq(row.id, 55);
    ck_assert_span_str(row.name, "kept");
    return MST_OK;
}

SENTENCE(looking_for_an_absent_row_leaves_the_question_as_it_is)
{
    ck_assert_int_eq(look(box, get_absent, NULL), MST_OK);
}

static enum mst_err update_one_field(struct mst_tx *tx, void *arg)
{
    struct mst_row_client row = {.id = 9, .state = 3, .epoch = 1, .log_peer = MST_LIT("old")};
    struct mst_row_client change = {.id = 9, .state = 4, .epoch = 99, .log_peer = MST_LIT("no")};

    (void)arg;
    ck_assert_int_eq(mst_tx_insert(tx, MST_TABLE_CLIENT, &row), MST_OK);
    ck_assert_int_eq(mst_tx_update(tx, MST_TABLE_CLIENT, &change, MST_BIT(client, state)), MST_OK);
    ck_assert_int_eq(mst_tx_get(tx, MST_IX_CLIENT, &row), MST_OK);
    ck_assert_int_eq(row.state, 4);
    ck_assert_int_eq(row.epoch, 1);
    ck_assert_span_str(row.log_peer, "old");
    change.id = 10;
    ck_assert_int_eq(mst_tx_update(tx, MST_TABLE_CLIENT, &change, MST_BIT(client, state)),
                     MST_ENOENT);
    return MST_OK;
}

SENTENCE(an_update_writes_the_masked_fields_and_no_other)
{
    ck_assert_int_eq(run(box, update_one_field, NULL), MST_OK);
}

static enum mst_err rename_vendor(struct mst_tx *tx, void *arg)
{
    struct mst_row_vendor row = {.name = MST_LIT("before"), .client_id = 1};

    (void)arg;
    ck_assert_int_eq(mst_tx_insert(tx, MST_TABLE_VENDOR, &row), MST_OK);
    row.name = MST_LIT("after");
    ck_assert_int_eq(mst_tx_update(tx, MST_TABLE_VENDOR, &row, MST_BIT(vendor, name)), MST_OK);
    return MST_OK;
}

SENTENCE(a_row_is_found_under_its_new_key_only_once_that_was_updated)
{
    ck_assert_int_eq(run(box, rename_vendor, NULL), MST_OK);
    ck_assert_int_eq(client_of(box, "before"), -1);
    ck_assert_int_eq(client_of(box, "after"), 1);
}

static enum mst_err collide(struct mst_tx *tx, void *arg)
{
    struct mst_row_vendor first = {.name = MST_LIT("first"), .client_id = 1};
    struct mst_row_vendor second = {.name = MST_LIT("second"), .client_id = 2};
    struct mst_row_vendor twin = {.name = MST_LIT("first"), .client_id = 3};

    (void)arg;
    ck_assert_int_eq(mst_tx_insert(tx, MST_TABLE_VENDOR, &first), MST_OK);
    ck_assert_int_eq(mst_tx_insert(tx, MST_TABLE_VENDOR, &second), MST_OK);
    ck_assert_int_eq(mst_tx_insert(tx, MST_TABLE_VENDOR, &twin), MST_EEXIST);
    ck_assert_int_eq(twin.id, 0);
    second.name = MST_LIT("first");
    ck_assert_int_eq(mst_tx_update(tx, MST_TABLE_VENDOR, &second, MST_BIT(vendor, name)),
                     MST_EEXIST);
    twin = (struct mst_row_vendor){.id = first.id, .name = MST_LIT("third"), .client_id = 4};
    ck_assert_int_eq(mst_tx_insert(tx, MST_TABLE_VENDOR, &twin), MST_EEXIST);
    return MST_OK;
}

SENTENCE(a_taken_unique_key_is_refused_and_nothing_changes)
{
    ck_assert_int_eq(run(box, collide, NULL), MST_OK);
    ck_assert_int_eq(client_of(box, "first"), 1);
    ck_assert_int_eq(client_of(box, "second"), 2);
    ck_assert_int_eq(client_of(box, "third"), -1);
}

SENTENCE(a_row_number_is_never_given_twice)
{
    struct mst_row_vendor row = {.name = MST_LIT("a"), .client_id = 1};
    int64_t last;

    ck_assert_int_eq(run(box, add_vendor, &row), MST_OK);
    last = row.id;
    ck_assert_int_gt(last, 0);
    ck_assert_int_eq(run(box, delete_vendor, &row), MST_OK);
    box_reopen(box);
    row = (struct mst_row_vendor){.name = MST_LIT("b"), .client_id = 2};
    ck_assert_int_eq(run(box, add_vendor, &row), MST_OK);
    ck_assert_int_gt(row.id, last);
    ck_assert_int_eq(run(box, delete_vendor, &row), MST_OK);
    ck_assert_int_eq(run(box, delete_vendor, &row), MST_ENOENT);
}

SENTENCE(row_numbers_end_at_40_bits)
{
    struct mst_row_vendor row = {
        .id = (INT64_C(1) << MST_ROW_BITS) - 1, .name = MST_LIT("last"), .client_id = 1};

    ck_assert_int_eq(run(box, add_vendor, &row), MST_OK);
    row = (struct mst_row_vendor){.name = MST_LIT("beyond"), .client_id = 2};
    ck_assert_int_eq(run(box, add_vendor, &row), MST_EFULL);
    ck_assert_int_eq(client_of(box, "beyond"), -1);
}

/* ---- scans ---- */

static enum mst_err add_serials(struct mst_tx *tx, void *arg)
{
    static const char *const sns[] = {"b", "a", "\xc3\xa4", "B", "aa", "", "z"};

    (void)arg;
    for (int64_t model = 1; model <= 3; model++)
        for (size_t i = 0; i < sizeof sns / sizeof sns[0]; i++) {
            struct mst_row_serial row = {
                .model_id = model, .sn = mst_span_str(sns[i]), .vendor_id = model == 3 ? 9 : 5};
            ck_assert_int_eq(mst_tx_insert(tx, MST_TABLE_SERIAL, &row), MST_OK);
        }
    return MST_OK;
}

struct heard {
    char text[256];
    int n_left; /* rows until the listener stops it */
    enum mst_err err;
};

static enum mst_err hear_sn(void *arg, const void *row)
{
    const struct mst_row_serial *serial = row;
    struct heard *heard = arg;
    size_t len = strlen(heard->text);

    (void)snprintf(&heard->text[len], sizeof heard->text - len, "%lld%.*s ",
                   (long long)serial->model_id, (int)serial->sn.len,
                   serial->sn.ptr ? serial->sn.ptr : "");
    return --heard->n_left == 0 ? heard->err : MST_OK;
}

struct question {
    struct mst_scan scan;
    struct mst_row_serial key;
    struct heard heard;
    enum mst_err err;
};

static enum mst_err ask(struct mst_tx *tx, void *arg)
{
    struct question *question = arg;

    question->scan.key = &question->key;
    question->err = mst_tx_scan(tx, &question->scan, hear_sn, &question->heard);
    return MST_OK;
}

static void check_scan(struct box *box, struct mst_scan scan, const char *sn, const char *want)
{
    struct question question = {.scan = scan};

    question.key = (struct mst_row_serial){.model_id = 2, .vendor_id = 5, .sn = mst_span_str(sn)};
    ck_assert_int_eq(look(box, ask, &question), MST_OK);
    ck_assert_int_eq(question.err, MST_OK);
    ck_assert_str_eq(question.heard.text, want);
    question.heard.text[0] = '\0';
    ck_assert_int_eq(run(box, ask, &question), MST_OK);
    ck_assert_str_eq(question.heard.text, want);
}

SENTENCE(a_scan_goes_in_bytewise_order_by_prefix_after_direction_offset_and_limit)
{
    struct mst_scan scan = {.index = MST_IX_SERIAL, .n_fixed = 1};

    ck_assert_int_eq(run(box, add_serials, NULL), MST_OK);
    check_scan(box, scan, "", "2 2B 2a 2aa 2b 2z 2\xc3\xa4 ");
    scan.has_after = true;
    check_scan(box, scan, "a", "2aa 2b 2z 2\xc3\xa4 ");
    check_scan(box, scan, "ab", "2b 2z 2\xc3\xa4 ");
    scan.is_descending = true;
    check_scan(box, scan, "b", "2aa 2a 2B 2 ");
    scan.offset = 1;
    scan.limit = 2;
    check_scan(box, scan, "b", "2a 2B ");
    scan.offset = 100;
    check_scan(box, scan, "b", "");
    scan = (struct mst_scan){.index = MST_IX_SERIAL, .has_after = true, .offset = 6, .limit = 1};
    check_scan(box, scan, "", "3\xc3\xa4 ");
    scan = (struct mst_scan){.index = MST_IX_SERIAL, .n_fixed = 2};
    check_scan(box, scan, "aa", "2aa ");
    check_scan(box, scan, "none", "");
}

SENTENCE(a_scan_by_an_index_that_is_not_unique_orders_equals_by_the_primary_key)
{
    struct mst_scan scan = {.index = MST_IX_SERIAL_VENDOR, .n_fixed = 1, .limit = 6};

    ck_assert_int_eq(run(box, add_serials, NULL), MST_OK);
    check_scan(box, scan, "", "1 2 1B 2B 1a 2a ");
    scan.is_descending = true;
    check_scan(box, scan, "", "2\xc3\xa4 1\xc3\xa4 2z 1z 2b 1b ");
    scan = (struct mst_scan){.index = MST_IX_SERIAL_VENDOR, .n_fixed = 2};
    check_scan(box, scan, "aa", "1aa 2aa ");
}

SENTENCE(a_scan_stops_when_its_listener_says_so_and_hands_on_an_error)
{
    struct question question = {.scan = {.index = MST_IX_SERIAL}};

    ck_assert_int_eq(run(box, add_serials, NULL), MST_OK);
    question.heard = (struct heard){.n_left = 2, .err = MST_EREFUSED};
    ck_assert_int_eq(look(box, ask, &question), MST_OK);
    ck_assert_int_eq(question.err, MST_OK);
    ck_assert_str_eq(question.heard.text, "1 1B ");
    question.heard = (struct heard){.n_left = 1, .err = MST_EFULL};
    ck_assert_int_eq(look(box, ask, &question), MST_OK);
    ck_assert_int_eq(question.err, MST_EFULL);
    ck_assert_str_eq(question.heard.text, "1 ");
}

struct nested {
    struct mst_tx *tx;
    int n_rows;
    int depth;
};

static enum mst_err descend(void *arg, const void *row)
{
    struct nested *nested = arg;
    struct nested inner = {nested->tx, 0, nested->depth + 1};
    struct mst_scan scan = {.index = MST_IX_SERIAL, .key = row, .n_fixed = 1};

    nested->n_rows++;
    if (nested->depth < 2) {
        ck_assert_int_eq(mst_tx_scan(nested->tx, &scan, descend, &inner), MST_OK);
        ck_assert_int_eq(inner.n_rows, 7);
    }
    return MST_OK;
}

static enum mst_err scan_within_scan(struct mst_tx *tx, void *arg)
{
    struct nested nested = {tx, 0, 0};
    struct mst_row_serial key = {.model_id = 1};
    struct mst_scan scan = {.index = MST_IX_SERIAL, .key = &key, .n_fixed = 1};

    (void)arg;
    ck_assert_int_eq(mst_tx_scan(tx, &scan, descend, &nested), MST_OK);
    ck_assert_int_eq(nested.n_rows, 7);
    return MST_OK;
}

SENTENCE(a_scan_may_run_inside_a_scan_of_the_same_kind)
{
    ck_assert_int_eq(run(box, add_serials, NULL), MST_OK);
    ck_assert_int_eq(look(box, scan_within_scan, NULL), MST_OK);
}

/* ---- commands ---- */

static enum mst_err write_then(struct mst_tx *tx, enum mst_err err)
{
    struct mst_row_vendor row = {.name = MST_LIT("undone"), .client_id = 1};
    struct mst_row_meta meta = {.name = MST_LIT("undone"), .value = MST_LIT("x")};

    ck_assert_int_eq(mst_tx_insert(tx, MST_TABLE_VENDOR, &row), MST_OK);
    row.name = MST_LIT("undone too");
    ck_assert_int_eq(mst_tx_update(tx, MST_TABLE_VENDOR, &row, MST_BIT(vendor, name)), MST_OK);
    ck_assert_int_eq(mst_tx_insert(tx, MST_TABLE_META, &meta), MST_OK);
    return err;
}

static enum mst_err write_then_refuse(struct mst_tx *tx, void *arg)
{
    (void)arg;
    return write_then(tx, MST_EREFUSED);
}

static enum mst_err write_then_fail(struct mst_tx *tx, void *arg)
{
    (void)arg;
    return write_then(tx, MST_ENOMEM);
}

static enum mst_err see_nothing(struct mst_tx *tx, void *arg)
{
    struct mst_row_vendor row;
    struct mst_row_meta meta = {.name = MST_LIT("undone")};

    (void)arg;
    row.name = MST_LIT("undone");
    ck_assert_int_eq(mst_tx_get(tx, MST_IX_VENDOR_NAME, &row), MST_ENOENT);
    row.name = MST_LIT("undone too");
    ck_assert_int_eq(mst_tx_get(tx, MST_IX_VENDOR_NAME, &row), MST_ENOENT);
    ck_assert_int_eq(mst_tx_get(tx, MST_IX_META, &meta), MST_ENOENT);
    return MST_OK;
}

SENTENCE(a_refused_command_is_undone_and_answered_as_done)
{
    ck_assert_int_eq(run(box, write_then_refuse, NULL), MST_OK);
    ck_assert_int_eq(run(box, see_nothing, NULL), MST_OK);
    box_reopen(box);
    ck_assert_int_eq(look(box, see_nothing, NULL), MST_OK);
}

SENTENCE(a_failed_command_is_undone_and_answered_with_its_error)
{
    ck_assert_int_eq(run(box, write_then_fail, NULL), MST_ENOMEM);
    ck_assert_int_eq(run(box, see_nothing, NULL), MST_OK);
}

static enum mst_err single_then_fail(struct mst_tx *tx, void *arg)
{
    struct mst_row_vendor row = {.name = MST_LIT("undone"), .client_id = 1};

    ck_assert_int_eq(mst_tx_insert(tx, MST_TABLE_VENDOR, &row), MST_OK);
    return *(const enum mst_err *)arg;
}

/* Holds the committer until the test has queued what shall share the next batch. */
struct turnstile {
    sem_t has_begun, may_end;
};

static enum mst_err stand(struct mst_tx *tx, void *arg)
{
    struct turnstile *turnstile = arg;

    (void)tx;
    (void)sem_post(&turnstile->has_begun);
    while (sem_wait(&turnstile->may_end) != 0)
        continue;
    return MST_OK;
}

static void turnstile_close(struct box *box, struct turnstile *turnstile, struct job *holder)
{
    (void)sem_init(&turnstile->has_begun, 0, 0);
    (void)sem_init(&turnstile->may_end, 0, box->kind == MEMORY_INLINE ? 1 : 0);
    job_init(holder, stand, turnstile);
    ck_assert_int_eq(mst_store_submit(box->store, &holder->cmd), MST_OK);
    while (sem_wait(&turnstile->has_begun) != 0)
        continue;
}

static void turnstile_open(struct turnstile *turnstile, struct job *holder)
{
    (void)sem_post(&turnstile->may_end);
    ck_assert_int_eq(job_wait(holder), MST_OK);
    (void)sem_destroy(&turnstile->has_begun);
    (void)sem_destroy(&turnstile->may_end);
}

SENTENCE(one_that_fails_in_a_batch_takes_nobody_with_it)
{
    enum mst_err refused = MST_EREFUSED, failed = MST_EFULL;
    struct mst_row_vendor a = {.name = MST_LIT("a"), .client_id = 11};
    struct mst_row_vendor b = {.name = MST_LIT("b"), .client_id = 12};
    struct job jobs[5], holder;
    struct turnstile turnstile;

    job_init(&jobs[0], add_vendor, &a);
    job_init(&jobs[1], single_then_fail, &refused);
    job_init(&jobs[2], single_then_fail, &failed);
    job_init(&jobs[3], write_then_fail, NULL);
    job_init(&jobs[4], add_vendor, &b);
    turnstile_close(box, &turnstile, &holder);
    for (size_t i = 0; i < 5; i++) {
        jobs[i].cmd.is_single = i != 3;
        ck_assert_int_eq(mst_store_submit(box->store, &jobs[i].cmd), MST_OK);
    }
    turnstile_open(&turnstile, &holder);
    ck_assert_int_eq(job_wait(&jobs[0]), MST_OK);
    ck_assert_int_eq(job_wait(&jobs[1]), MST_OK);
    ck_assert_int_eq(job_wait(&jobs[2]), MST_EFULL);
    ck_assert_int_eq(job_wait(&jobs[3]), MST_ENOMEM);
    ck_assert_int_eq(job_wait(&jobs[4]), MST_OK);
    ck_assert_int_eq(look(box, see_nothing, NULL), MST_OK);
    ck_assert_int_eq(client_of(box, "a"), 11);
    ck_assert_int_eq(client_of(box, "b"), 12);
}

SENTENCE(what_was_acknowledged_is_there_after_closing)
{
    struct mst_row_vendor row = {.name = MST_LIT("kept"), .client_id = 1};

    ck_assert_int_eq(run(box, add_vendor, &row), MST_OK);
    box_reopen(box);
    ck_assert_int_eq(client_of(box, "kept"), 1);
}

static enum mst_err add_point(struct mst_tx *tx, void *arg)
{
    struct mst_row_point row = {
        .dataport_id = 3, .at = *(const int64_t *)arg, .value = MST_LIT("21.5")};

    return mst_tx_insert(tx, MST_TABLE_POINT, &row);
}

static enum mst_err latest_point(void *arg, const void *row)
{
    const struct mst_row_point *point = row;

    *(int64_t *)arg = point->at;
    return MST_OK;
}

static enum mst_err look_for_latest(struct mst_tx *tx, void *arg)
{
    struct mst_row_point key = {.dataport_id = 3};
    struct mst_scan scan = {
        .index = MST_IX_POINT, .key = &key, .n_fixed = 1, .is_descending = true, .limit = 1};

    return mst_tx_scan(tx, &scan, latest_point, arg);
}

SENTENCE(points_have_their_own_commits_and_readers_see_both_files)
{
    int64_t at, latest = 0;
    struct mst_row_vendor row = {.name = MST_LIT("v"), .client_id = 1};

    ck_assert_int_eq(run(box, add_vendor, &row), MST_OK);
    for (at = -1; at <= 3; at++)
        ck_assert_int_eq(run_in(box, MST_FILE_POINTS, true, add_point, &at), MST_OK);
    at = 2;
    ck_assert_int_eq(run_in(box, MST_FILE_POINTS, true, add_point, &at), MST_EEXIST);
    ck_assert_int_eq(look(box, look_for_latest, &latest), MST_OK);
    ck_assert_int_eq(latest, 3);
    ck_assert_int_eq(client_of(box, "v"), 1);
}

struct times {
    int64_t window, wall;
};

static enum mst_err read_times(struct mst_tx *tx, void *arg)
{
    *(struct times *)arg = (struct times){mst_tx_window_now(tx), mst_tx_wall_now(tx)};
    return MST_OK;
}

SENTENCE(a_transaction_has_a_time_and_it_does_not_go_back)
{
    struct times before = {0}, after = {0};

    ck_assert_int_eq(run(box, read_times, &before), MST_OK);
    ck_assert_int_gt(before.wall, 1700000000);
    ck_assert_int_ge(before.window, before.wall);
    box_reopen(box);
    ck_assert_int_eq(look(box, read_times, &after), MST_OK);
    ck_assert_int_ge(after.window, before.window);
}

static enum mst_err try_arena(struct mst_tx *tx, void *arg)
{
    struct mst_span copy;

    (void)arg;
    ck_assert(mst_tx_random(tx) != mst_tx_random(tx));
    ck_assert_int_eq(mst_arena_dup(mst_tx_arena(tx), MST_LIT("note"), &copy), MST_OK);
    ck_assert_span_str(copy, "note");
    return MST_OK;
}

SENTENCE(a_transaction_offers_chance_and_memory)
{
    ck_assert_int_eq(run(box, try_arena, NULL), MST_OK);
    ck_assert_int_eq(look(box, try_arena, NULL), MST_OK);
}

/* ---- threads ---- */

/* For the engines that have a committer thread. */
#define THREADED(name)                         \
    static void check_##name(struct box *box); \
    MST_TEST(memory_##name)                    \
    {                                          \
        struct box box;                        \
        box_open(&box, MEMORY);                \
        check_##name(&box);                    \
    }                                          \
    MST_TEST_END                               \
    MST_TEST(sqlite_##name)                    \
    {                                          \
        struct box box;                        \
        box_open(&box, SQLITE);                \
        check_##name(&box);                    \
    }                                          \
    MST_TEST_END                               \
    static void check_##name(struct box *box)
#define BOTH(name) memory_##name, sqlite_##name

THREADED(a_full_queue_refuses_at_once)
{
    struct mst_row_vendor rows[3];
    struct job jobs[3], holder;
    struct turnstile turnstile;

    mst_store_close(box->store);
    box->queue_max = 2;
    box_open_store(box);
    turnstile_close(box, &turnstile, &holder);
    for (int i = 0; i < 3; i++) {
        rows[i] = (struct mst_row_vendor){.name = mst_span_of(&"abc"[i], 1), .client_id = 1 + i};
        job_init(&jobs[i], add_vendor, &rows[i]);
        ck_assert_int_eq(mst_store_submit(box->store, &jobs[i].cmd), i < 2 ? MST_OK : MST_EFULL);
    }
    turnstile_open(&turnstile, &holder);
    ck_assert_int_eq(job_wait(&jobs[0]), MST_OK);
    ck_assert_int_eq(job_wait(&jobs[1]), MST_OK);
    ck_assert_int_eq(client_of(box, "c"), -1);
    box_close(box);
}

static void *close_store(void *arg)
{
    mst_store_close(((struct box *)arg)->store);
    return NULL;
}

THREADED(closing_answers_what_is_queued_first)
{
    struct mst_row_vendor rows[20];
    struct job jobs[20], holder;
    struct turnstile turnstile;
    pthread_t closer;

    turnstile_close(box, &turnstile, &holder);
    for (size_t i = 0; i < 20; i++) {
        rows[i] = (struct mst_row_vendor){.name = mst_span_of(&"abcdefghijklmnopqrst"[i], 1),
                                          .client_id = 1 + (int64_t)i};
        job_init(&jobs[i], add_vendor, &rows[i]);
        ck_assert_int_eq(mst_store_submit(box->store, &jobs[i].cmd), MST_OK);
    }
    ck_assert_int_eq(pthread_create(&closer, NULL, close_store, box), 0);
    turnstile_open(&turnstile, &holder);
    ck_assert_int_eq(pthread_join(closer, NULL), 0);
    for (size_t i = 0; i < 20; i++)
        ck_assert_int_eq(job_wait(&jobs[i]), MST_OK);
    box_open_store(box);
    for (int64_t i = 0; box->kind == SQLITE && i < 20; i++) {
        char name[2] = {"abcdefghijklmnopqrst"[i], '\0'};
        ck_assert_int_eq(client_of(box, name), 1 + i);
    }
    box_close(box);
}

/* Two rows that a command always changes together; readers must never see them differ. */
static enum mst_err step_pair(struct mst_tx *tx, void *arg)
{
    struct mst_row_gen row = {.ix = 1};

    (void)arg;
    if (mst_tx_get(tx, MST_IX_GEN, &row) == MST_ENOENT) {
        struct mst_row_gen one = {.ix = 1}, two = {.ix = 2};

        ck_assert_int_eq(mst_tx_insert(tx, MST_TABLE_GEN, &one), MST_OK);
        ck_assert_int_eq(mst_tx_insert(tx, MST_TABLE_GEN, &two), MST_OK);
        return MST_OK;
    }
    row.gen++;
    ck_assert_int_eq(mst_tx_update(tx, MST_TABLE_GEN, &row, MST_BIT(gen, gen)), MST_OK);
    row.ix = 2;
    ck_assert_int_eq(mst_tx_update(tx, MST_TABLE_GEN, &row, MST_BIT(gen, gen)), MST_OK);
    return MST_OK;
}

static enum mst_err compare_pair(struct mst_tx *tx, void *arg)
{
    struct mst_row_gen one = {.ix = 1}, two = {.ix = 2};

    ck_assert_int_eq(mst_tx_get(tx, MST_IX_GEN, &one), MST_OK);
    ck_assert_int_eq(mst_tx_get(tx, MST_IX_GEN, &two), MST_OK);
    ck_assert_int_eq(one.gen, two.gen);
    *(int64_t *)arg = one.gen;
    return MST_OK;
}

struct watch {
    struct box *box;
    int64_t n_acked;
    bool is_over;
};

static void *watch_pair(void *arg)
{
    struct watch *watch = arg;
    struct mst_reader *reader;
    struct mst_tx *tx;
    unsigned n_looks = 0;

    ck_assert_int_eq(mst_reader_open(watch->box->store, &reader), MST_OK);
    while (!__atomic_load_n(&watch->is_over, __ATOMIC_SEQ_CST)) {
        int64_t n_acked = __atomic_load_n(&watch->n_acked, __ATOMIC_SEQ_CST), seen = 0;

        ck_assert_int_eq(mst_reader_begin(reader, &tx), MST_OK);
        ck_assert_int_eq(compare_pair(tx, &seen), MST_OK);
        ck_assert_int_ge(seen, n_acked);
        if (n_looks++ % 8 == 0)
            mst_reader_end(reader);
        else
            mst_reader_pause(reader); /* may be taken up again, but never to show less */
    }
    mst_reader_close(reader);
    return NULL;
}

THREADED(readers_see_whole_commits_and_all_that_was_acknowledged)
{
    struct watch watch = {.box = box};
    pthread_t watchers[2];

    ck_assert_int_eq(run(box, step_pair, NULL), MST_OK);
    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&watchers[i], NULL, watch_pair, &watch), 0);
    for (int i = 0; i < 300; i++) {
        ck_assert_int_eq(run(box, step_pair, NULL), MST_OK);
        (void)__atomic_add_fetch(&watch.n_acked, 1, __ATOMIC_SEQ_CST);
    }
    __atomic_store_n(&watch.is_over, true, __ATOMIC_SEQ_CST);
    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_join(watchers[i], NULL), 0);
    box_close(box);
}

/* Submits itself again while the outcome is unknown. */
struct stubborn {
    struct mst_cmd cmd;
    struct box *box;
    int64_t attempt;
    int n_runs;
    bool has_won;
    enum mst_err err;
    sem_t is_done;
};

static enum mst_err stubborn_run(struct mst_cmd *cmd, struct mst_tx *tx)
{
    struct stubborn *stubborn = (struct stubborn *)cmd;
    struct mst_row_client row = {.id = 1};
    enum mst_err err = mst_tx_get(tx, MST_IX_CLIENT, &row);

    stubborn->n_runs++;
    stubborn->has_won = err == MST_ENOENT || row.attempt == stubborn->attempt;
    if (err != MST_ENOENT)
        return stubborn->has_won ? MST_OK : MST_EREFUSED;
    row = (struct mst_row_client){.id = 1, .attempt = stubborn->attempt};
    return mst_tx_insert(tx, MST_TABLE_CLIENT, &row);
}

static void stubborn_done(struct mst_cmd *cmd, enum mst_err err)
{
    struct stubborn *stubborn = (struct stubborn *)cmd;

    if (err == MST_EUNKNOWN && mst_store_submit(stubborn->box->store, cmd) == MST_OK)
        return;
    stubborn->err = err;
    (void)sem_post(&stubborn->is_done);
}

static void insist(struct box *box, struct stubborn *stubborn, int64_t attempt)
{
    *stubborn = (struct stubborn){
        .cmd = {.run = stubborn_run, .done = stubborn_done},
          .box = box, .attempt = attempt
    };
    (void)sem_init(&stubborn->is_done, 0, 0);
    ck_assert_int_eq(mst_store_submit(box->store, &stubborn->cmd), MST_OK);
    while (sem_wait(&stubborn->is_done) != 0)
        continue;
    (void)sem_destroy(&stubborn->is_done);
}

static void check_unknown(enum kind kind, bool is_applied)
{
    struct stubborn stubborn;
    struct box box;

    box_open(&box, kind);
    box.n_unknown = 3;
    box.is_unknown_applied = is_applied;
    insist(&box, &stubborn, 42);
    ck_assert_int_eq(stubborn.err, MST_OK);
    ck_assert_int_eq(stubborn.n_runs, 4);
    ck_assert(stubborn.has_won);
    insist(&box, &stubborn, 43);
    ck_assert_int_eq(stubborn.err, MST_OK);
    ck_assert(!stubborn.has_won);
    box_close(&box);
}

MST_TEST(an_unknown_outcome_is_resolved_by_running_the_command_again)
{
    check_unknown(MEMORY, false);
    check_unknown(MEMORY, true);
    check_unknown(MEMORY_INLINE, false);
    check_unknown(MEMORY_INLINE, true);
}
MST_TEST_END

/* ---- the last row, and what readers remember ---- */

static enum mst_err add_points(struct mst_tx *tx, void *arg)
{
    static const int64_t times[] = {20, 40, 30};

    (void)arg;
    for (size_t i = 0; i < 3; i++) {
        struct mst_row_point row = {1, times[i], times[i] == 40 ? MST_LIT("new") : MST_LIT("old")};

        ck_assert_int_eq(mst_tx_insert(tx, MST_TABLE_POINT, &row), MST_OK);
    }
    return MST_OK;
}

static enum mst_err find_last(struct mst_tx *tx, void *arg)
{
    struct mst_row_point row = {.dataport_id = 1};

    (void)arg;
    ck_assert_int_eq(mst_tx_last(tx, MST_IX_POINT, 1, &row), MST_OK);
    ck_assert_int_eq(row.at, 40);
    ck_assert_span_str(row.value, "new");
    row = (struct mst_row_point){.dataport_id = 2, .at = 7};
    ck_assert_int_eq(mst_tx_last(tx, MST_IX_POINT, 1, &row), MST_ENOENT);
    ck_assert_int_eq(row.dataport_id, 2);
    ck_assert_int_eq(row.at, 7);
    return MST_OK;
}

SENTENCE(the_last_row_of_a_prefix_is_found_or_the_question_is_left_as_it_is)
{
    ck_assert_int_eq(run_in(box, MST_FILE_POINTS, false, add_points, NULL), MST_OK);
    ck_assert_int_eq(run_in(box, MST_FILE_POINTS, false, find_last, NULL), MST_OK);
    ck_assert_int_eq(look(box, find_last, NULL), MST_OK);
}

/* What one reader, kept throughout, sees; -1 = no row. */
struct sight {
    int64_t state;              /* of client 1 */
    int64_t resource;           /* under the client's alias */
    int64_t latest;             /* time of dataport 1's */
    int64_t vendor_a, vendor_b; /* owned by client 1, by client 2 */
};

static int64_t seen(enum mst_err err, int64_t value)
{
    ck_assert(err == MST_OK || err == MST_ENOENT);
    return err == MST_OK ? value : -1;
}

static struct sight look_around(struct mst_reader *reader)
{
    struct mst_row_client client = {.id = 1};
    struct mst_row_alias alias = {.client_id = 1, .name = MST_LIT("temp")};
    struct mst_row_point point = {.dataport_id = 1};
    struct mst_row_vendor a = {.client_id = 1}, b = {.client_id = 2};
    struct sight sight;
    struct mst_tx *tx;
    enum mst_err err;

    ck_assert_int_eq(mst_reader_begin(reader, &tx), MST_OK);
    err = mst_tx_get(tx, MST_IX_CLIENT, &client);
    sight.state = seen(err, client.state);
    err = mst_tx_get(tx, MST_IX_ALIAS, &alias);
    sight.resource = seen(err, alias.resource_id);
    err = mst_tx_last(tx, MST_IX_POINT, 1, &point);
    sight.latest = seen(err, point.at);
    err = mst_tx_get(tx, MST_IX_VENDOR_CLIENT, &a);
    sight.vendor_a = seen(err, a.id);
    err = mst_tx_get(tx, MST_IX_VENDOR_CLIENT, &b);
    sight.vendor_b = seen(err, b.id);
    mst_reader_pause(reader);
    return sight;
}

static void ck_sees(struct mst_reader *reader, struct sight want)
{
    for (int i = 0; i < 2; i++) { /* from the store, and then perhaps from memory */
        struct sight got = look_around(reader);

        ck_assert_int_eq(got.state, want.state);
        ck_assert_int_eq(got.resource, want.resource);
        ck_assert_int_eq(got.latest, want.latest);
        ck_assert_int_eq(got.vendor_a, want.vendor_a);
        ck_assert_int_eq(got.vendor_b, want.vendor_b);
    }
}

static enum mst_err add_first(struct mst_tx *tx, void *arg)
{
    struct mst_row_client client = {.id = 1, .state = 4};
    struct mst_row_alias alias = {1, MST_LIT("temp"), 10};
    struct mst_row_vendor vendor = {5, MST_LIT("acme"), 1};

    (void)arg;
    ck_assert_int_eq(mst_tx_insert(tx, MST_TABLE_CLIENT, &client), MST_OK);
    ck_assert_int_eq(mst_tx_insert(tx, MST_TABLE_ALIAS, &alias), MST_OK);
    return mst_tx_insert(tx, MST_TABLE_VENDOR, &vendor);
}

static enum mst_err disable_client(struct mst_tx *tx, void *arg)
{
    const struct mst_row_client client = {.id = 1, .state = 5};

    (void)arg;
    return mst_tx_update(tx, MST_TABLE_CLIENT, &client, MST_BIT(client, state));
}

static enum mst_err remap_alias(struct mst_tx *tx, void *arg)
{
    struct mst_row_alias alias = {1, MST_LIT("temp"), 11};

    (void)arg;
    ck_assert_int_eq(mst_tx_delete(tx, MST_TABLE_ALIAS, &alias), MST_OK);
    return mst_tx_insert(tx, MST_TABLE_ALIAS, &alias);
}

static enum mst_err move_vendor(struct mst_tx *tx, void *arg)
{
    const struct mst_row_vendor vendor = {.id = 5, .client_id = 2};

    (void)arg;
    return mst_tx_update(tx, MST_TABLE_VENDOR, &vendor, MST_BIT(vendor, client_id));
}

static enum mst_err delete_first(struct mst_tx *tx, void *arg)
{
    const struct mst_row_client client = {.id = 1};
    const struct mst_row_alias alias = {.client_id = 1, .name = MST_LIT("temp")};
    const struct mst_row_vendor vendor = {.id = 5};

    (void)arg;
    ck_assert_int_eq(mst_tx_delete(tx, MST_TABLE_CLIENT, &client), MST_OK);
    ck_assert_int_eq(mst_tx_delete(tx, MST_TABLE_ALIAS, &alias), MST_OK);
    return mst_tx_delete(tx, MST_TABLE_VENDOR, &vendor);
}

SENTENCE(a_reader_that_has_looked_sees_each_acknowledged_change_at_once)
{
    struct mst_reader *reader;

    ck_assert_int_eq(mst_reader_open(box->store, &reader), MST_OK);
    ck_sees(reader, (struct sight){-1, -1, -1, -1, -1});
    ck_assert_int_eq(run(box, add_first, NULL), MST_OK);
    ck_sees(reader, (struct sight){4, 10, -1, 5, -1});
    ck_assert_int_eq(run_in(box, MST_FILE_POINTS, false, add_points, NULL), MST_OK);
    ck_sees(reader, (struct sight){4, 10, 40, 5, -1});
    ck_assert_int_eq(run_in(box, MST_FILE_STATE, true, disable_client, NULL), MST_OK);
    ck_sees(reader, (struct sight){5, 10, 40, 5, -1});
    ck_assert_int_eq(run(box, remap_alias, NULL), MST_OK);
    ck_sees(reader, (struct sight){5, 11, 40, 5, -1});
    ck_assert_int_eq(run_in(box, MST_FILE_STATE, true, move_vendor, NULL), MST_OK);
    ck_sees(reader, (struct sight){5, 11, 40, -1, 5});
    ck_assert_int_eq(run(box, delete_first, NULL), MST_OK);
    ck_sees(reader, (struct sight){-1, -1, 40, -1, -1});
    mst_reader_close(reader);
}

/* ---- observers ---- */

/* What an observer is told, and what a reader sees while it is told. */
struct witness {
    struct mst_observer observer;
    struct box *box;
    const struct job *job; /* whose answer must not have come */
    int n_told[4];         /* of dataports 1 to 3; [0]: of all else */
    int64_t latest;        /* of dataport 1 */
};

static enum mst_err see_latest(struct mst_tx *tx, void *arg)
{
    struct mst_row_point row = {.dataport_id = 1};
    struct witness *witness = arg;

    if (mst_tx_last(tx, MST_IX_POINT, 1, &row) == MST_OK)
        witness->latest = row.at;
    return MST_OK;
}

static void take_changes(struct mst_observer *observer, const struct mst_changed *changes, size_t n)
{
    struct witness *witness = (struct witness *)observer;
    int n_answers = 0;

    for (size_t i = 0; i < n; i++) {
        bool is_known =
            changes[i].table == MST_TABLE_POINT && changes[i].key >= 1 && changes[i].key <= 3;

        witness->n_told[is_known ? changes[i].key : 0]++;
    }
    ck_assert_int_eq(sem_getvalue((sem_t *)&witness->job->is_done, &n_answers), 0);
    ck_assert_int_eq(n_answers, 0);
    ck_assert_int_eq(look(witness->box, see_latest, witness), MST_OK);
}

static struct witness watch(struct box *box, uint64_t tables)
{
    return (struct witness){
        .observer = {.tables = tables, .changed = take_changes},
          .box = box, .latest = -1
    };
}

static void run_watched(struct witness *witnesses, size_t n, enum mst_file file, work_fn *work)
{
    struct job job;

    job_init(&job, work, NULL);
    job.cmd.file = file;
    for (size_t i = 0; i < n; i++)
        witnesses[i].job = &job;
    ck_assert_int_eq(mst_store_submit(witnesses[0].box->store, &job.cmd), MST_OK);
    ck_assert_int_eq(job_wait(&job), MST_OK);
}

static enum mst_err change_points(struct mst_tx *tx, void *arg)
{
    struct mst_row_point second = {.dataport_id = 2, .at = 5};
    struct mst_row_point first = {.dataport_id = 1, .at = 40, .value = MST_LIT("other")};
    struct mst_row_due due = {.resource_id = 3};

    (void)arg;
    ck_assert_int_eq(mst_tx_insert(tx, MST_TABLE_POINT, &second), MST_OK);
    ck_assert_int_eq(mst_tx_update(tx, MST_TABLE_POINT, &first, MST_BIT(point, value)), MST_OK);
    return mst_tx_insert(tx, MST_TABLE_DUE, &due);
}

static enum mst_err delete_second(struct mst_tx *tx, void *arg)
{
    const struct mst_row_point row = {.dataport_id = 2, .at = 5};

    (void)arg;
    return mst_tx_delete(tx, MST_TABLE_POINT, &row);
}

SENTENCE(an_observer_is_told_what_came_changed_and_went_when_readers_see_it_and_before_the_answer)
{
    struct witness witness = watch(box, MST_TABLE_BIT(POINT));

    mst_store_observe(box->store, &witness.observer);
    run_watched(&witness, 1, MST_FILE_POINTS, add_points);
    ck_assert_int_ge(witness.n_told[1], 1);
    ck_assert_int_eq(witness.n_told[2], 0);
    ck_assert_int_eq(witness.latest, 40);
    run_watched(&witness, 1, MST_FILE_POINTS, change_points);
    ck_assert_int_ge(witness.n_told[1], 2);
    ck_assert_int_eq(witness.n_told[2], 1);
    run_watched(&witness, 1, MST_FILE_POINTS, delete_second);
    ck_assert_int_eq(witness.n_told[2], 2);
    run_watched(&witness, 1, MST_FILE_STATE, add_first);
    ck_assert_int_eq(witness.n_told[3], 0);
    ck_assert_int_eq(witness.n_told[0], 0);
}

static enum mst_err refuse_points(struct mst_tx *tx, void *arg)
{
    ck_assert_int_eq(add_points(tx, arg), MST_OK);
    return MST_EREFUSED;
}

SENTENCE(an_observer_of_other_tables_is_not_called)
{
    struct witness witnesses[] = {watch(box, MST_TABLE_BIT(POINT)),
                                  watch(box, MST_TABLE_BIT(CLIENT) | MST_TABLE_BIT(DUE))};

    mst_store_observe(box->store, &witnesses[0].observer);
    mst_store_observe(box->store, &witnesses[1].observer);
    run_watched(witnesses, 2, MST_FILE_POINTS, refuse_points);
    ck_assert_int_eq(witnesses[1].n_told[1], 0);
    run_watched(witnesses, 2, MST_FILE_STATE, add_first);
    ck_assert_int_eq(witnesses[0].n_told[0], 0);
    ck_assert_int_eq(witnesses[1].n_told[0], 1);
    ck_assert_int_eq(witnesses[0].latest, -1);
}

MST_TESTS(
    "store", ALL(a_row_comes_back_as_it_went_in_whatever_its_bytes),
    ALL(looking_for_an_absent_row_leaves_the_question_as_it_is),
    ALL(an_update_writes_the_masked_fields_and_no_other),
    ALL(a_row_is_found_under_its_new_key_only_once_that_was_updated),
    ALL(a_taken_unique_key_is_refused_and_nothing_changes), ALL(a_row_number_is_never_given_twice),
    ALL(row_numbers_end_at_40_bits),
    ALL(a_scan_goes_in_bytewise_order_by_prefix_after_direction_offset_and_limit),
    ALL(a_scan_by_an_index_that_is_not_unique_orders_equals_by_the_primary_key),
    ALL(a_scan_stops_when_its_listener_says_so_and_hands_on_an_error),
    ALL(a_scan_may_run_inside_a_scan_of_the_same_kind),
    ALL(a_refused_command_is_undone_and_answered_as_done),
    ALL(a_failed_command_is_undone_and_answered_with_its_error),
    ALL(one_that_fails_in_a_batch_takes_nobody_with_it),
    ALL(what_was_acknowledged_is_there_after_closing),
    ALL(points_have_their_own_commits_and_readers_see_both_files),
    ALL(a_transaction_has_a_time_and_it_does_not_go_back),
    ALL(a_transaction_offers_chance_and_memory),
    ALL(the_last_row_of_a_prefix_is_found_or_the_question_is_left_as_it_is),
    ALL(a_reader_that_has_looked_sees_each_acknowledged_change_at_once),
    ALL(an_observer_is_told_what_came_changed_and_went_when_readers_see_it_and_before_the_answer),
    ALL(an_observer_of_other_tables_is_not_called), BOTH(a_full_queue_refuses_at_once),
    BOTH(closing_answers_what_is_queued_first),
    BOTH(readers_see_whole_commits_and_all_that_was_acknowledged),
    an_unknown_outcome_is_resolved_by_running_the_command_again)

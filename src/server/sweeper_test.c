#include "base/limits.h"
#include "core/blob.h"
#include "server/command.h"
#include "server/sweeper.h"
#include "store/memory/memory.h"
#include "tests/lib/unit.h"

enum { SESSION = 5, PIECES = 40 };

static const struct mst_domain domain = {.session = SESSION};
static const struct mst_domain earlier = {.session = SESSION - 1};
static struct mst_store *store;

static void open_store(void)
{
    const struct mst_memory_opts opts = {.queue_max = 16, .batch_max = 4};

    ck_assert_int_eq(mst_memory_open(&opts, &store), MST_OK);
}

/* An entry, of which blob is what it points to, and the blobs that were taken in for it. */
struct entry {
    int64_t id, blob_id;
};

static enum mst_err put_entry(void *arg, struct mst_tx *tx)
{
    const struct entry *entry = arg;
    struct mst_row_content content = {
        .id = entry->id, .model_id = entry->id, .blob_id = entry->blob_id};

    return mst_tx_insert(tx, MST_TABLE_CONTENT, &content);
}

static enum mst_err remove_entry(void *arg, struct mst_tx *tx)
{
    const struct entry *entry = arg;
    const struct mst_row_content content = {.id = entry->id};

    return mst_tx_delete(tx, MST_TABLE_CONTENT, &content);
}

struct upload {
    const struct mst_domain *by;
    int64_t blob_id, content_id;
};

static enum mst_err take_in(void *arg, struct mst_tx *tx)
{
    const struct upload *upload = arg;
    enum mst_verdict verdict = MST_DONE;
    enum mst_err err = mst_blob_begin(upload->by, tx, upload->blob_id, upload->content_id, 1);

    for (uint64_t n = 0; n < PIECES && err == MST_OK && verdict == MST_DONE; n++)
        err = mst_blob_add(tx, upload->blob_id, n, MST_LIT("bytes"), &verdict);
    return err;
}

static void entry(int64_t id, int64_t blob_id)
{
    struct entry entry = {id, blob_id};

    ck_assert_int_eq(mst_command_wait(store, MST_FILE_STATE, put_entry, &entry), MST_OK);
}

static void drop_entry(int64_t id)
{
    struct entry entry = {id, 0};

    ck_assert_int_eq(mst_command_wait(store, MST_FILE_STATE, remove_entry, &entry), MST_OK);
}

static void blob(const struct mst_domain *by, int64_t blob_id, int64_t content_id)
{
    struct upload upload = {by, blob_id, content_id};

    ck_assert_int_eq(mst_command_wait(store, MST_FILE_CONTENT, take_in, &upload), MST_OK);
}

static enum mst_err count_row(void *arg, const void *row)
{
    (void)row;
    ++*(int *)arg;
    return MST_OK;
}

static int count(enum mst_index index)
{
    const struct mst_scan scan = {.index = index};
    struct mst_reader *reader;
    struct mst_tx *tx;
    int n = 0;

    ck_assert_int_eq(mst_reader_open(store, &reader), MST_OK);
    ck_assert_int_eq(mst_reader_begin(reader, &tx), MST_OK);
    ck_assert_int_eq(mst_tx_scan(tx, &scan, count_row, &n), MST_OK);
    mst_reader_end(reader);
    mst_reader_close(reader);
    return n;
}

static void assert_left(int n_blobs)
{
    ck_assert_int_eq(count(MST_IX_BLOB), n_blobs);
    ck_assert_int_eq(count(MST_IX_CHUNK), n_blobs * PIECES);
}

MST_TEST(the_start_removes_what_nothing_points_to_and_keeps_the_rest)
{
    struct mst_sweeper *sweeper;

    open_store();
    entry(1, 11);
    entry(2, 0);
    blob(&earlier, 11, 1);  /* pointed to */
    blob(&earlier, 12, 1);  /* was replaced */
    blob(&earlier, 13, 2);  /* never came to its end */
    blob(&earlier, 14, 99); /* its entry is gone */
    blob(&domain, 15, 2);   /* is being taken in */
    for (int i = 100; i < 350; i++)
        blob(&earlier, i, i);
    ck_assert_int_eq(mst_sweeper_start(store, &domain, &sweeper), MST_OK);
    ck_assert_int_eq(mst_sweeper_wait(sweeper), MST_OK);
    assert_left(2);
    mst_sweeper_stop(sweeper);
    mst_store_close(store);
}
MST_TEST_END

MST_TEST(what_is_dropped_later_is_removed_unless_something_points_to_it)
{
    struct mst_sweeper *sweeper;

    open_store();
    ck_assert_int_eq(mst_sweeper_start(store, &domain, &sweeper), MST_OK);
    entry(1, 11);
    entry(2, 0);
    blob(&domain, 11, 1);
    blob(&domain, 12, 2);
    for (int i = 100; i < 150; i++)
        blob(&domain, i, 2);
    for (int i = 100; i < 150; i++)
        mst_sweeper_drop(sweeper, i);
    mst_sweeper_drop(sweeper, 11);
    mst_sweeper_drop(sweeper, 77); /* none */
    ck_assert_int_eq(mst_sweeper_wait(sweeper), MST_OK);
    assert_left(2);
    drop_entry(1);
    mst_sweeper_drop(sweeper, 0);
    ck_assert_int_eq(mst_sweeper_wait(sweeper), MST_OK);
    assert_left(1);
    mst_sweeper_stop(sweeper);
    mst_store_close(store);
}
MST_TEST_END

/* A clone whose enabling failed behind its first commit: dataport 2 lacks the points of dataport 1. */
static enum mst_err leave_copy(void *arg, struct mst_tx *tx)
{
    struct mst_row_point_copy copy = {.target_id = 2, .source_id = 1};
    enum mst_err err = mst_tx_insert(tx, MST_TABLE_POINT_COPY, &copy);

    (void)arg;
    for (int64_t id = 1; id <= 2 && err == MST_OK; id++) {
        struct mst_row_resource port = {.id = id, .kind = MST_KIND_DATAPORT, .owner_id = 9};

        err = mst_tx_insert(tx, MST_TABLE_RESOURCE, &port);
    }
    return err;
}

static enum mst_err put_points(void *arg, struct mst_tx *tx)
{
    enum mst_err err = MST_OK;

    (void)arg;
    for (int64_t at = 1; at <= PIECES && err == MST_OK; at++) {
        struct mst_row_point point = {.dataport_id = 1, .at = at, .value = MST_LIT("7")};

        err = mst_tx_insert(tx, MST_TABLE_POINT, &point);
    }
    return err;
}

MST_TEST(a_copy_that_a_request_left_behind_is_finished)
{
    struct mst_sweeper *sweeper;

    open_store();
    ck_assert_int_eq(mst_sweeper_start(store, &domain, &sweeper), MST_OK);
    ck_assert_int_eq(mst_command_wait(store, MST_FILE_POINTS, put_points, NULL), MST_OK);
    ck_assert_int_eq(mst_command_wait(store, MST_FILE_STATE, leave_copy, NULL), MST_OK);
    mst_sweeper_look(sweeper);
    ck_assert_int_eq(mst_sweeper_wait(sweeper), MST_OK);
    ck_assert_int_eq(count(MST_IX_POINT), PIECES); /* its request may be making it */
    mst_sweeper_look(sweeper);
    ck_assert_int_eq(mst_sweeper_wait(sweeper), MST_OK);
    ck_assert_int_eq(count(MST_IX_POINT_COPY), 0);
    ck_assert_int_eq(count(MST_IX_POINT), 2 * PIECES);
    mst_sweeper_stop(sweeper);
    mst_store_close(store);
}
MST_TEST_END

/* Of two resources that have points one is there. */
static enum mst_err leave_points(void *arg, struct mst_tx *tx)
{
    struct mst_row_point points[] = {
        {.dataport_id = 1, .at = 1},
        {.dataport_id = 2, .at = 1}
    };
    enum mst_err err = mst_tx_insert(tx, MST_TABLE_POINT, &points[0]);

    (void)arg;
    return err == MST_OK ? mst_tx_insert(tx, MST_TABLE_POINT, &points[1]) : err;
}

static enum mst_err put_port(void *arg, struct mst_tx *tx)
{
    return mst_tx_insert(tx, MST_TABLE_RESOURCE, arg);
}

static enum mst_err find_due(void *arg, struct mst_tx *tx)
{
    return mst_tx_last(tx, MST_IX_DUE_AT, 0, arg);
}

MST_TEST(points_that_a_drop_has_left_become_due)
{
    struct mst_row_resource port = {.id = 1, .kind = MST_KIND_DATAPORT, .owner_id = 9};
    struct mst_row_due due = {.resource_id = 0};
    struct mst_sweeper *sweeper;

    open_store();
    ck_assert_int_eq(mst_sweeper_start(store, &domain, &sweeper), MST_OK);
    ck_assert_int_eq(mst_command_wait(store, MST_FILE_STATE, put_port, &port), MST_OK);
    ck_assert_int_eq(mst_command_wait(store, MST_FILE_POINTS, leave_points, NULL), MST_OK);
    mst_sweeper_look(sweeper);
    ck_assert_int_eq(mst_sweeper_wait(sweeper), MST_OK);
    ck_assert_int_eq(count(MST_IX_DUE), 1);
    ck_assert_int_eq(mst_command_wait(store, MST_FILE_POINTS, find_due, &due), MST_OK);
    ck_assert_int_eq(due.resource_id, 2);
    ck_assert_int_eq(due.kind, MST_DUE_TRIM);
    mst_sweeper_stop(sweeper);
    mst_store_close(store);
}
MST_TEST_END

MST_TESTS("server/sweeper", the_start_removes_what_nothing_points_to_and_keeps_the_rest,
          what_is_dropped_later_is_removed_unless_something_points_to_it,
          a_copy_that_a_request_left_behind_is_finished, points_that_a_drop_has_left_become_due)

/* Backups against a store that is being written to, and manifests that are not what they were. */
#include <sched.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/sqlite/engine.h"
#include "store/sqlite/manifest.h"
#include "store/sqlite/offline.h"
#include "sys/file.h"
#include "tests/lib/unit.h"

enum { ROWS_PER_COMMAND = 20, BACKUPS = 12 };

static char dir[64], backups[96];
static struct mst_store *store;

static void open_store(void)
{
    struct mst_sqlite_opts opts = {.dir = dir, .queue_max = 100, .batch_max = 10};
    const char *what;

    (void)snprintf(dir, sizeof dir, "/tmp/muster-backup-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(backups, sizeof backups, "%s/backups", dir);
    ck_assert_int_eq(mst_sqlite_open(&opts, &store, &what), MST_OK);
}

static void close_store(void)
{
    char command[160];

    mst_store_close(store);
    (void)snprintf(command, sizeof command, "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
}

/* Writes the same number of rows to both files, points last, until it is told to stop. */
struct writer {
    struct mst_cmd cmd; /* first */
    bool is_stopped, is_ended;
    int64_t n;
};

static enum mst_err write_rows(struct mst_cmd *cmd, struct mst_tx *tx)
{
    struct writer *writer = (struct writer *)cmd;
    enum mst_err err = MST_OK;

    for (int i = 0; i < ROWS_PER_COMMAND && err == MST_OK; i++) {
        struct mst_row_resource port = {.kind = MST_KIND_DATAPORT, .owner_id = 1};
        struct mst_row_point point = {.dataport_id = writer->n * ROWS_PER_COMMAND + i + 1,
                                      .value = MST_LIT("1")};

        err = cmd->file == MST_FILE_STATE ? mst_tx_insert(tx, MST_TABLE_RESOURCE, &port)
                                          : mst_tx_insert(tx, MST_TABLE_POINT, &point);
    }
    return err;
}

static void write_on(struct mst_cmd *cmd, enum mst_err err)
{
    struct writer *writer = (struct writer *)cmd;

    ck_assert_int_eq(err, MST_OK);
    if (cmd->file == MST_FILE_POINTS)
        writer->n++;
    cmd->file = cmd->file == MST_FILE_STATE ? MST_FILE_POINTS : MST_FILE_STATE;
    if (__atomic_load_n(&writer->is_stopped, __ATOMIC_SEQ_CST) ||
        mst_store_submit(store, cmd) != MST_OK)
        __atomic_store_n(&writer->is_ended, true, __ATOMIC_SEQ_CST);
}

static int64_t ask(const char *name, enum mst_file file, const char *sql)
{
    char path[256];
    int64_t value = -1;
    sqlite3 *db;

    (void)snprintf(path, sizeof path, "file:%s/%s/%s?immutable=1", backups, name,
                   mst_sql_file_name(file));
    ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL),
                     SQLITE_OK);
    ck_assert_int_eq(mst_sql_number(db, sql, &value), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    return value;
}

MST_TEST(a_backup_under_load_holds_whole_commands_and_no_value_without_its_dataport)
{
    struct writer writer = {
        .cmd = {.run = write_rows, .done = write_on, .file = MST_FILE_STATE}
    };
    int64_t last = -1;

    open_store();
    ck_assert_int_eq(mst_store_submit(store, &writer.cmd), MST_OK);
    for (int i = 0; i < BACKUPS; i++) {
        struct mst_backup backup;
        int64_t n_ports, n_points, most;

        ck_assert_int_eq(mst_store_backup(store, backups, &backup), MST_OK);
        n_ports = ask(backup.name, MST_FILE_STATE, "SELECT count(*) FROM resource");
        n_points = ask(backup.name, MST_FILE_POINTS, "SELECT count(*) FROM point");
        most = ask(backup.name, MST_FILE_POINTS, "SELECT coalesce(max(dataport_id), 0) FROM point");
        ck_assert_int_eq(n_ports % ROWS_PER_COMMAND, 0);
        ck_assert_int_eq(n_points % ROWS_PER_COMMAND, 0);
        ck_assert_int_le(most, n_ports);
        ck_assert_int_ge(n_ports, last);
        ck_assert_int_eq(ask(backup.name, MST_FILE_STATE,
                             "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> "
                             "'ok'"),
                         0);
        last = n_ports;
    }
    __atomic_store_n(&writer.is_stopped, true, __ATOMIC_SEQ_CST);
    while (!__atomic_load_n(&writer.is_ended, __ATOMIC_SEQ_CST))
        (void)sched_yield();
    close_store();
}
MST_TEST_END

MST_TEST(a_backup_into_a_place_that_cannot_be_leaves_nothing_and_the_next_one_works)
{
    struct mst_backup backup;
    char file[96];

    open_store();
    (void)snprintf(file, sizeof file, "%s/lock", dir);
    ck_assert_int_ne(mst_store_backup(store, file, &backup), MST_OK);
    ck_assert_int_ne(mst_store_backup(store, "/nowhere/at/all", &backup), MST_OK);
    ck_assert_int_eq(mst_store_backup(store, backups, &backup), MST_OK);
    close_store();
}
MST_TEST_END

MST_TEST(backups_of_the_same_second_have_names_of_their_own)
{
    struct mst_backup a, b;

    open_store();
    ck_assert_int_eq(mst_store_backup(store, backups, &a), MST_OK);
    ck_assert_int_eq(mst_store_backup(store, backups, &b), MST_OK);
    ck_assert_str_ne(a.name, b.name);
    close_store();
}
MST_TEST_END

static void overwrite(const char *path, struct mst_span bytes)
{
    (void)unlink(path);
    ck_assert_int_eq(mst_file_create(path, 0600, bytes), MST_OK);
}

MST_TEST(a_manifest_with_any_byte_missing_or_a_line_too_many_is_no_manifest)
{
    struct mst_sql_manifest manifest;
    struct mst_backup_facts facts;
    struct mst_backup backup;
    struct mst_buf text;
    char place[160], path[192];

    open_store();
    ck_assert_int_eq(mst_store_backup(store, backups, &backup), MST_OK);
    (void)snprintf(place, sizeof place, "%s/%s", backups, backup.name);
    (void)snprintf(path, sizeof path, "%s/manifest", place);
    mst_buf_init(&text, 4096);
    ck_assert_int_eq(mst_file_read(path, 4096, &text), MST_OK);
    ck_assert_int_eq(mst_sql_manifest_read(place, &manifest), MST_OK);
    ck_assert_int_eq(manifest.schema, MST_SCHEMA_VERSION);
    for (size_t n = 0; n < text.len; n++) {
        overwrite(path, mst_span_of(text.ptr, n));
        ck_assert_int_eq(mst_sql_manifest_read(place, &manifest), MST_ESYNTAX);
    }
    overwrite(path, mst_buf_span(&text));
    ck_assert_int_eq(mst_backup_read(place, &facts), MST_OK);
    ck_assert_uint_eq(facts.bytes, backup.bytes[MST_FILE_STATE] + backup.bytes[MST_FILE_POINTS] +
                                       backup.bytes[MST_FILE_CONTENT]);
    (void)mst_buf_add_str(&text, "more\n");
    overwrite(path, mst_buf_span(&text));
    ck_assert_int_eq(mst_backup_read(place, &facts), MST_ESYNTAX);
    overwrite(path, MST_LIT("muster backup 3\nwho knows\n"));
    ck_assert_int_eq(mst_backup_read(place, &facts), MST_EVERSION);
    mst_buf_fini(&text);
    close_store();
}
MST_TEST_END

MST_TESTS("store/sqlite/backup",
          a_backup_under_load_holds_whole_commands_and_no_value_without_its_dataport,
          a_backup_into_a_place_that_cannot_be_leaves_nothing_and_the_next_one_works,
          backups_of_the_same_second_have_names_of_their_own,
          a_manifest_with_any_byte_missing_or_a_line_too_many_is_no_manifest)

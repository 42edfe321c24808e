/* What is the embedded engine's own: files, versions, locks, the clock across restarts. */
#include <semaphore.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "store/sqlite/engine.h"
#include "sys/file.h"
#include "tests/lib/unit.h"

static char dir[64];
static char clock_path[96];

static void dir_make(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/muster-sqlite-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(clock_path, sizeof clock_path, "%s/clock", dir);
}

static void dir_remove(void)
{
    static const char *const names[] = {"muster.db",  "muster.db-wal",  "muster.db-shm",
                                        "points.db",  "points.db-wal",  "points.db-shm",
                                        "content.db", "content.db-wal", "content.db-shm",
                                        "lock",       "clock"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];

        (void)snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        (void)unlink(path);
    }
    ck_assert_int_eq(rmdir(dir), 0);
}

static void remove_file(const char *name)
{
    char path[128];

    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert_int_eq(unlink(path), 0);
}

static enum mst_err open_store(struct mst_store **ret_store)
{
    struct mst_sqlite_opts opts = {
        .dir = dir, .queue_max = 100, .batch_max = 10, .cache_bytes = MST_MIB(1)};
    const char *what = NULL;
    enum mst_err err = mst_sqlite_open(&opts, ret_store, &what);

    ck_assert_ptr_nonnull(what);
    ck_assert(err == MST_OK || what[0] != '\0');
    return err;
}

static void must_open(struct mst_store **ret_store)
{
    ck_assert_int_eq(open_store(ret_store), MST_OK);
}

static void change_file(const char *name, const char *sql)
{
    char path[128];
    sqlite3 *db;

    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

MST_TEST(a_new_store_is_for_its_owner_only)
{
    struct mst_store *store;
    unsigned mode = 0;
    char path[128];

    dir_make();
    must_open(&store);
    (void)snprintf(path, sizeof path, "%s/muster.db", dir);
    ck_assert_int_eq(mst_file_mode(path, &mode), MST_OK);
    ck_assert_uint_eq(mode, 0600);
    (void)snprintf(path, sizeof path, "%s/muster.db-wal", dir);
    ck_assert_int_eq(mst_file_mode(path, &mode), MST_OK);
    ck_assert_uint_eq(mode, 0600);
    mst_store_close(store);
    dir_remove();
}
MST_TEST_END

MST_TEST(a_store_of_a_newer_version_is_refused_and_left_alone)
{
    struct mst_store *store;

    dir_make();
    must_open(&store);
    mst_store_close(store);
    change_file("muster.db", "PRAGMA user_version=6");
    ck_assert_int_eq(open_store(&store), MST_EVERSION);
    change_file("muster.db", "PRAGMA user_version=5");
    must_open(&store);
    mst_store_close(store);
    dir_remove();
}
MST_TEST_END

MST_TEST(a_file_that_holds_no_version_yet_is_brought_up_to_date)
{
    struct mst_store *store;

    dir_make();
    change_file("muster.db", "PRAGMA application_id=0x6d737472; PRAGMA user_version=0");
    must_open(&store);
    mst_store_close(store);
    must_open(&store);
    mst_store_close(store);
    dir_remove();
}
MST_TEST_END

static int64_t ask_file(const char *name, const char *sql)
{
    char path[128];
    int64_t value = -1;
    sqlite3 *db;

    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(mst_sql_number(db, sql, &value), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    return value;
}

/* Take from new files what version 5 brought, then 4. */
#define TO_VERSION_4                                                                              \
    "ALTER TABLE resource DROP COLUMN n_subscribers; ALTER TABLE resource DROP COLUMN flow_bits;" \
    "DROP TABLE subscription; DROP TABLE grant_token; DROP TABLE consumed;"                       \
    "DROP TABLE past_resource; PRAGMA user_version=4;"
#define POINTS_TO_VERSION_4 \
    "DROP TABLE rule_state; DROP TABLE due; DROP TABLE outgoing; PRAGMA user_version=4;"
#define TO_VERSION_3                                                                               \
    TO_VERSION_4                                                                                   \
    "ALTER TABLE model DROP COLUMN share_id; ALTER TABLE serial DROP COLUMN lent_to;"              \
    "ALTER TABLE resource DROP COLUMN foreign_rid; ALTER TABLE client DROP COLUMN foreign_bits;"   \
    "DROP TABLE share; DROP TABLE model_share; DROP TABLE lent_serial; DROP TABLE sn_range;"       \
    "DROP TABLE model_group; DROP TABLE group_member; DROP TABLE content; DROP TABLE foreign_rid;" \
    "DROP TABLE foreign_cik; DROP TABLE point_copy; PRAGMA user_version=3;"

/* Tables with their columns, and indexes, whatever their order. */
static const char shape_sql[] =
    "SELECT group_concat(x, char(10)) FROM (SELECT x FROM (SELECT t.name || ' ' || c.name || ' ' ||"
    " c.type || c.\"notnull\" || c.pk AS x FROM sqlite_schema t, pragma_table_info(t.name) c"
    " WHERE t.type = 'table' UNION ALL SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql"
    " IS NOT NULL) ORDER BY x)";

static void read_shape(const char *name, char shape[static 16384])
{
    sqlite3_stmt *select;
    sqlite3 *db;
    char path[128];

    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(db, shape_sql, -1, &select, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(select), SQLITE_ROW);
    ck_assert_int_lt(snprintf(shape, 16384, "%s", (const char *)sqlite3_column_text(select, 0)),
                     16384);
    ck_assert_int_eq(sqlite3_finalize(select), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

MST_TEST(a_store_of_version_3_becomes_what_a_new_one_is)
{
    static char fresh[16384], grown[16384];
    struct mst_store *store;

    dir_make();
    must_open(&store);
    mst_store_close(store);
    read_shape("muster.db", fresh);
    change_file("muster.db", TO_VERSION_3);
    change_file("points.db", POINTS_TO_VERSION_4 "PRAGMA user_version=3;");
    must_open(&store);
    mst_store_close(store);
    read_shape("muster.db", grown);
    ck_assert_str_eq(grown, fresh);
    dir_remove();
}
MST_TEST_END

MST_TEST(the_points_of_a_store_of_version_4_become_what_new_ones_are)
{
    static char fresh[16384], grown[16384];
    struct mst_store *store;

    dir_make();
    must_open(&store);
    mst_store_close(store);
    read_shape("points.db", fresh);
    change_file("muster.db", TO_VERSION_4);
    change_file("points.db", POINTS_TO_VERSION_4);
    must_open(&store);
    mst_store_close(store);
    read_shape("points.db", grown);
    ck_assert_str_eq(grown, fresh);
    dir_remove();
}
MST_TEST_END

MST_TEST(a_store_of_version_1_gets_the_mark_of_suspect_keys_and_keeps_its_rows)
{
    struct mst_store *store;

    dir_make();
    must_open(&store);
    mst_store_close(store);
    change_file(
        "muster.db", TO_VERSION_3
        "ALTER TABLE client DROP COLUMN suspect; ALTER TABLE client DROP COLUMN room; "
        "ALTER TABLE client ADD COLUMN used INTEGER NOT NULL DEFAULT 0; PRAGMA user_version=1;"
        "INSERT INTO client (id, state, is_locked, gen_ix, kid, epoch, salt, attempt, key_attempt, "
        "deadline, used, log_at, log_peer, delta) VALUES (7, 2, 0, 0, 1, 1, 99, 0, 0, 0, 0, 0, "
        "x'', x'')");
    change_file("points.db", POINTS_TO_VERSION_4 "PRAGMA user_version=1;");
    remove_file("content.db");
    must_open(&store);
    mst_store_close(store);
    ck_assert_int_eq(ask_file("muster.db", "PRAGMA user_version"), MST_SCHEMA_VERSION);
    ck_assert_int_eq(ask_file("points.db", "PRAGMA user_version"), MST_SCHEMA_VERSION);
    ck_assert_int_eq(ask_file("content.db", "PRAGMA user_version"), MST_SCHEMA_VERSION);
    ck_assert_int_eq(ask_file("muster.db", "SELECT salt FROM client WHERE id = 7 AND suspect = 0"),
                     99);
    dir_remove();
}
MST_TEST_END

MST_TEST(a_migration_that_fails_leaves_the_file_as_it_was)
{
    struct mst_store *store;

    dir_make();
    /* In the way of version 1's last table. */
    change_file("muster.db", "PRAGMA application_id=0x6d737472; CREATE TABLE alias (x)");
    ck_assert_int_ne(open_store(&store), MST_OK);
    change_file("muster.db", "DROP TABLE alias");
    must_open(&store);
    mst_store_close(store);
    dir_remove();
}
MST_TEST_END

MST_TEST(a_foreign_file_in_the_stores_place_is_refused)
{
    struct mst_store *store;
    char path[128];

    dir_make();
    change_file("muster.db", "CREATE TABLE recipes (name)");
    ck_assert_int_eq(open_store(&store), MST_ECORRUPT);
    (void)snprintf(path, sizeof path, "%s/muster.db", dir);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mst_file_create(path, 0600,
                                     MST_LIT("this is no database, but long enough "
                                             "to be taken for one at first sight; "
                                             "it goes on for a hundred bytes.")),
                     MST_OK);
    ck_assert_int_eq(open_store(&store), MST_ECORRUPT);
    dir_remove();
}
MST_TEST_END

MST_TEST(a_store_is_open_once)
{
    struct mst_store *store, *second;

    dir_make();
    must_open(&store);
    ck_assert_int_eq(open_store(&second), MST_EBUSY);
    mst_store_close(store);
    must_open(&store);
    mst_store_close(store);
    dir_remove();
}
MST_TEST_END

/* ---- statements ---- */

static void check_plan(sqlite3 *db, const char *sql)
{
    char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
    sqlite3_stmt *stmt;

    ck_assert_int_eq(sqlite3_prepare_v2(db, explain, -1, &stmt, NULL), SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(stmt, 3);

        ck_assert_msg(!strstr(step, "TEMP B-TREE"), "%s: %s", sql, step);
    }
    (void)sqlite3_finalize(stmt);
    sqlite3_free(explain);
}

MST_TEST(no_statement_sorts_or_reads_more_than_its_index)
{
    struct mst_sql_conn conn;

    dir_make();
    ck_assert_int_eq(mst_sql_conn_open(&conn, dir, NULL, MST_FILE_STATE, MST_SQL_WRITER), 0);
    ck_assert_int_eq(mst_sql_create(conn.db, MST_FILE_STATE), SQLITE_OK);
    ck_assert_int_eq(mst_sql_create(conn.db, MST_FILE_POINTS), SQLITE_OK);
    ck_assert_int_eq(mst_sql_create(conn.db, MST_FILE_CONTENT), SQLITE_OK);
    for (int i = 0; i < MST_INDEX_COUNT; i++) {
        unsigned n_fields = mst_schema_indexes[i].n_fields;

        for (unsigned shape = 0; shape < 4 * n_fields; shape++) {
            struct mst_scan scan = {.index = (enum mst_index)i,
                                    .n_fixed = shape / 4,
                                    .has_after = (shape & 2) != 0,
                                    .is_descending = (shape & 1) != 0};
            sqlite3_stmt *stmt;
            bool is_own;

            ck_assert_int_eq(mst_sql_scan(conn.db, &conn.statements, &scan, &stmt, &is_own), 0);
            check_plan(conn.db, sqlite3_sql(stmt));
        }
    }
    mst_sql_conn_close(&conn);
    dir_remove();
}
MST_TEST_END

/* ---- commands ---- */

struct job {
    struct mst_cmd cmd;
    bool is_reset;
    int64_t window;
    enum mst_err err;
    sem_t is_done;
};

static void job_done(struct mst_cmd *cmd, enum mst_err err)
{
    struct job *job = (struct job *)cmd;

    job->err = err;
    (void)sem_post(&job->is_done);
}

static void run_job(struct mst_store *store, struct job *job)
{
    job->cmd.done = job_done;
    (void)sem_init(&job->is_done, 0, 0);
    ck_assert_int_eq(mst_store_submit(store, &job->cmd), MST_OK);
    while (sem_wait(&job->is_done) != 0)
        continue;
    ck_assert_int_eq(job->err, MST_OK);
}

/* ---- rows that grow ---- */

enum { CLIENTS = 3000, NOW_S = 1800000000 };

static enum mst_err add_clients(struct mst_cmd *cmd, struct mst_tx *tx)
{
    enum mst_err err = MST_OK;

    (void)cmd;
    for (int i = 0; i < CLIENTS && err == MST_OK; i++) {
        struct mst_row_client client = {.state = 3,
                                        .kid = 1,
                                        .epoch = 1,
                                        .salt = INT64_MAX - i,
                                        .key_attempt = INT64_MIN + i,
                                        .deadline = NOW_S + 86400};
        err = mst_tx_insert(tx, MST_TABLE_CLIENT, &client);
    }
    return err;
}

static enum mst_err activate_clients(struct mst_cmd *cmd, struct mst_tx *tx)
{
    static const char peer[] = "203.113.254.127"; /* as long as they come */
    enum mst_err err = MST_OK;

    (void)cmd;
    for (int i = 0; i < CLIENTS && err == MST_OK; i++) {
        struct mst_row_client client = {.id = i + 1,
                                        .state = 4,
                                        .attempt = INT64_MAX - i,
                                        .log_at = NOW_S,
                                        .log_peer = mst_span_str(peer)};
        err = mst_tx_update(tx, MST_TABLE_CLIENT, &client,
                            MST_BIT(client, state) | MST_BIT(client, attempt) |
                                MST_BIT(client, deadline) | MST_BIT(client, log_at) |
                                MST_BIT(client, log_peer));
    }
    return err;
}

static int64_t pages_after(enum mst_err (*run)(struct mst_cmd *cmd, struct mst_tx *tx))
{
    struct job job = {.cmd.run = run};
    struct mst_store *store;

    must_open(&store);
    run_job(store, &job);
    mst_store_close(store);
    return ask_file("muster.db", "PRAGMA page_count");
}

MST_TEST(activations_change_a_row_where_it_lies_and_split_no_page)
{
    int64_t n_pages;

    dir_make();
    n_pages = pages_after(add_clients);
    ck_assert_int_gt(n_pages, CLIENTS / 70);
    ck_assert_int_eq(pages_after(activate_clients), n_pages);
    ck_assert_int_eq(ask_file("muster.db", "SELECT sum(length(room)) FROM client"), 0);
    dir_remove();
}
MST_TEST_END

/* ---- the clock ---- */

static enum mst_err tell_time(struct mst_cmd *cmd, struct mst_tx *tx)
{
    struct job *job = (struct job *)cmd;
    struct mst_row_meta row = {.name = MST_META_CLOCK_MARK};

    job->window = mst_tx_window_now(tx);
    return job->is_reset ? mst_tx_update(tx, MST_TABLE_META, &row, MST_BIT(meta, value)) : MST_OK;
}

static int64_t window_time(struct mst_store *store, bool is_reset)
{
    struct job job = {.cmd.run = tell_time, .is_reset = is_reset};

    run_job(store, &job);
    return job.window;
}

/* Moves the faked clocks, wall and boot-time (sys/clock.h). */
static void set_clock(int64_t wall_s, int64_t boot_s, const char *boot_id)
{
    FILE *file = fopen(clock_path, "w");

    ck_assert_ptr_nonnull(file);
    (void)fprintf(file, "%lld %lld %s\n", (long long)wall_s, (long long)boot_s, boot_id);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(setenv("MUSTER_FAKE_CLOCK", clock_path, 1), 0);
}

static int64_t restarted_at(int64_t wall_s, int64_t boot_s, const char *boot_id)
{
    struct mst_store *store;
    int64_t window;

    set_clock(wall_s, boot_s, boot_id);
    must_open(&store);
    window = window_time(store, false);
    mst_store_close(store);
    return window;
}

enum { HOUR_S = 3600, SLACK_S = 60 };

#define A_BOOT       "aaaaaaaa-0000-0000-0000-000000000000"
#define ANOTHER_BOOT "bbbbbbbb-0000-0000-0000-000000000000"

MST_TEST(a_clock_set_back_across_a_restart_does_not_turn_window_time_back)
{
    int64_t before;

    dir_make();
    before = restarted_at(0, 0, A_BOOT);
    ck_assert_int_ge(restarted_at(-25 * HOUR_S, 0, A_BOOT), before);
    ck_assert_int_ge(restarted_at(-25 * HOUR_S, 2 * HOUR_S, A_BOOT), before + 2 * HOUR_S);
    ck_assert_int_lt(restarted_at(-25 * HOUR_S, 2 * HOUR_S, A_BOOT), before + 2 * HOUR_S + SLACK_S);
    ck_assert_int_ge(restarted_at(-25 * HOUR_S, 0, ANOTHER_BOOT), before + 2 * HOUR_S);
    dir_remove();
}
MST_TEST_END

MST_TEST(a_clock_set_back_while_running_does_not_turn_window_time_back)
{
    struct mst_store *store;
    struct mst_reader *reader;
    struct mst_tx *tx;
    int64_t before;

    dir_make();
    set_clock(0, 0, A_BOOT);
    must_open(&store);
    ck_assert_int_eq(mst_reader_open(store, &reader), MST_OK);
    set_clock(48 * HOUR_S, 0, A_BOOT);
    before = window_time(store, false);
    set_clock(-25 * HOUR_S, 0, A_BOOT);
    ck_assert_int_ge(window_time(store, false), before);
    ck_assert_int_eq(mst_reader_begin(reader, &tx), MST_OK);
    ck_assert_int_ge(mst_tx_window_now(tx), before);
    ck_assert_int_lt(mst_tx_wall_now(tx), before - 72 * HOUR_S);
    mst_reader_end(reader);
    mst_reader_close(reader);
    mst_store_close(store);
    dir_remove();
}
MST_TEST_END

MST_TEST(a_clock_reset_brings_window_time_back_to_the_wall_clock_and_lasts)
{
    struct mst_store *store;
    int64_t ahead, now;

    dir_make();
    ahead = restarted_at(INT64_C(73) * 365 * 24 * HOUR_S, 0, A_BOOT);
    set_clock(0, 0, ANOTHER_BOOT);
    must_open(&store);
    ck_assert_int_ge(window_time(store, false), ahead);
    ck_assert_int_ge(window_time(store, true), ahead);
    now = window_time(store, false);
    ck_assert_int_lt(now, ahead - INT64_C(70) * 365 * 24 * HOUR_S);
    mst_store_close(store);
    ck_assert_int_lt(restarted_at(0, 0, ANOTHER_BOOT), now + SLACK_S);
    dir_remove();
}
MST_TEST_END

MST_TESTS("store/sqlite", a_new_store_is_for_its_owner_only,
          a_store_of_a_newer_version_is_refused_and_left_alone,
          a_file_that_holds_no_version_yet_is_brought_up_to_date,
          a_store_of_version_1_gets_the_mark_of_suspect_keys_and_keeps_its_rows,
          a_store_of_version_3_becomes_what_a_new_one_is,
          the_points_of_a_store_of_version_4_become_what_new_ones_are,
          a_migration_that_fails_leaves_the_file_as_it_was,
          a_foreign_file_in_the_stores_place_is_refused, a_store_is_open_once,
          no_statement_sorts_or_reads_more_than_its_index,
          activations_change_a_row_where_it_lies_and_split_no_page,
          a_clock_set_back_across_a_restart_does_not_turn_window_time_back,
          a_clock_set_back_while_running_does_not_turn_window_time_back,
          a_clock_reset_brings_window_time_back_to_the_wall_clock_and_lasts)

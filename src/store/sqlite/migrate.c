/*
 * Versions of the stored form. A file carries who made it (application_id) and its
 * version (user_version); both change in the transaction that changes the tables,
 * so a file is of one version or of the next, never between. A file without
 * either, and without tables, is new: version 0.
 */
#include "store/sqlite/engine.h"
#include "sys/log.h"

enum { APPLICATION_ID = 0x6d737472 }; /* "mstr" */

/* What makes version n + 1 of version n, per file; NULL: nothing changes there. */
static const char *const migrations[MST_SCHEMA_VERSION][MST_FILE_COUNT] = {
    [1] = {[MST_FILE_STATE] = "ALTER TABLE client ADD COLUMN suspect INTEGER NOT NULL DEFAULT 0;"
                              "ALTER TABLE client DROP COLUMN used"},
    [2] = {[MST_FILE_STATE] = "ALTER TABLE client ADD COLUMN room BLOB NOT NULL DEFAULT x''"},
};

static enum mst_err fail(int rc, const char *what, const char **ret_what)
{
    *ret_what = what;
    return mst_sql_err(rc);
}

/* Is the file ours? A new one may have nothing in it. */
static enum mst_err check_maker(sqlite3 *db, const char **ret_what)
{
    int64_t application_id = 0, n_objects = 0;
    int rc = mst_sql_number(db, "PRAGMA application_id", &application_id);

    if (rc == SQLITE_OK)
        rc = mst_sql_number(db, "SELECT count(*) FROM sqlite_schema", &n_objects);
    if (rc != SQLITE_OK)
        return fail(rc, "the store's file cannot be read", ret_what);
    if (application_id == APPLICATION_ID || (application_id == 0 && n_objects == 0))
        return MST_OK;
    *ret_what = "the file in the store's place is not muster's";
    return MST_ECORRUPT;
}

/* A new file is made in the newest version at once. */
static int change_tables(struct mst_sql_conn *conn, int64_t from)
{
    if (from == 0)
        return mst_sql_create(conn->db, conn->file);
    return migrations[from][conn->file] ? mst_sql_exec(conn->db, "%s", migrations[from][conn->file])
                                        : SQLITE_OK;
}

static int migrate_one(struct mst_sql_conn *conn, int64_t from, int64_t to)
{
    int rc = mst_sql_conn_begin(conn);

    if (rc == SQLITE_OK)
        rc = change_tables(conn, from);
    if (rc == SQLITE_OK)
        rc = mst_sql_exec(conn->db, "PRAGMA application_id=%d", APPLICATION_ID);
    if (rc == SQLITE_OK)
        rc = mst_sql_exec(conn->db, "PRAGMA user_version=%d", (int)to);
    if (rc == SQLITE_OK)
        rc = mst_sql_conn_commit(conn);
    if (rc != SQLITE_OK)
        (void)mst_sql_conn_rollback(conn);
    return rc;
}

enum mst_err mst_sql_migrate(struct mst_sql_conn *conn, const char **ret_what)
{
    int64_t version = 0;
    enum mst_err err = check_maker(conn->db, ret_what);
    int rc;

    if (err != MST_OK)
        return err;
    rc = mst_sql_number(conn->db, "PRAGMA user_version", &version);
    if (rc != SQLITE_OK)
        return fail(rc, "the store's version cannot be read", ret_what);
    if (version < 0 || version > MST_SCHEMA_VERSION) {
        *ret_what = "the store was made by a newer muster";
        return MST_EVERSION;
    }
    for (int64_t to; version < MST_SCHEMA_VERSION; version = to) {
        to = version == 0 ? MST_SCHEMA_VERSION : version + 1;
        rc = migrate_one(conn, version, to);
        if (rc != SQLITE_OK)
            return fail(rc, "the store could not be brought up to date", ret_what);
        mst_log(MST_LOG_INFO, MST_EV_STORE, "%s is now of version %d",
                sqlite3_filename_database(sqlite3_db_filename(conn->db, "main")), (int)to);
    }
    return MST_OK;
}

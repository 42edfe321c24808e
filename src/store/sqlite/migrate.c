/*
 * Versions of the stored form. A file carries who made it (application_id) and its
 * version (user_version); both change in the transaction that changes the tables,
 * so a file is of one version or of the next, never between. A file without
 * either, and without tables, is new: version 0.
 */
#include "store/sqlite/engine.h"
#include "sys/log.h"

enum { APPLICATION_ID = 0x6d737472 }; /* "mstr" */

/* The statements of a version stay as they were, whatever later versions make of its tables. */
static const char state_4[] =
    "ALTER TABLE model ADD COLUMN share_id INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE serial ADD COLUMN lent_to INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE resource ADD COLUMN foreign_rid BLOB NOT NULL DEFAULT x'';"
    "ALTER TABLE client ADD COLUMN foreign_bits INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE share (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT CHECK (id BETWEEN "
    "1 AND 1099511627775), resource_id INTEGER NOT NULL, activator_id INTEGER NOT NULL, "
    "gen_ix INTEGER NOT NULL, kid INTEGER NOT NULL, epoch INTEGER NOT NULL, salt INTEGER "
    "NOT NULL, delta BLOB NOT NULL, meta BLOB NOT NULL) STRICT;"
    "CREATE TABLE model_share (model_id INTEGER NOT NULL, vendor_id INTEGER NOT NULL, "
    "PRIMARY KEY (model_id, vendor_id)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE lent_serial (model_id INTEGER NOT NULL, vendor_id INTEGER NOT NULL, sn "
    "BLOB NOT NULL, PRIMARY KEY (vendor_id, model_id, sn)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE sn_range (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT CHECK (id "
    "BETWEEN 1 AND 1099511627775), model_id INTEGER NOT NULL, shape INTEGER NOT NULL, "
    "first INTEGER NOT NULL, last INTEGER NOT NULL) STRICT;"
    "CREATE TABLE model_group (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT CHECK (id "
    "BETWEEN 1 AND 1099511627775), model_id INTEGER NOT NULL, name BLOB NOT NULL, meta "
    "BLOB NOT NULL, n_members INTEGER NOT NULL) STRICT;"
    "CREATE TABLE group_member (group_id INTEGER NOT NULL, type BLOB NOT NULL, member "
    "BLOB NOT NULL, model_id INTEGER NOT NULL, expire INTEGER NOT NULL, meta BLOB NOT "
    "NULL, PRIMARY KEY (group_id, type, member)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE content (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT CHECK (id "
    "BETWEEN 1 AND 1099511627775), model_id INTEGER NOT NULL, name BLOB NOT NULL, meta "
    "BLOB NOT NULL, is_protected INTEGER NOT NULL, mime BLOB NOT NULL, size INTEGER NOT "
    "NULL, updated INTEGER NOT NULL, blob_id INTEGER NOT NULL, sha256 BLOB NOT NULL) "
    "STRICT;"
    "CREATE TABLE foreign_rid (rid BLOB NOT NULL, resource_id INTEGER NOT NULL, PRIMARY "
    "KEY (rid)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE foreign_cik (locator BLOB NOT NULL, client_id INTEGER NOT NULL, epoch "
    "INTEGER NOT NULL, kid INTEGER NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (locator)) "
    "STRICT, WITHOUT ROWID;"
    "CREATE TABLE point_copy (target_id INTEGER NOT NULL PRIMARY KEY, source_id INTEGER "
    "NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX by_SHARE_RESOURCE ON share (resource_id, id);"
    "CREATE UNIQUE INDEX by_SHARE_ACTIVATOR ON share (activator_id, id);"
    "CREATE UNIQUE INDEX by_MODEL_SHARE_VENDOR ON model_share (vendor_id, model_id);"
    "CREATE UNIQUE INDEX by_SN_RANGE_FIRST ON sn_range (model_id, shape, first);"
    "CREATE UNIQUE INDEX by_MODEL_GROUP_NAME ON model_group (model_id, name);"
    "CREATE INDEX by_GROUP_MEMBER_OF ON group_member (model_id, type, member);"
    "CREATE UNIQUE INDEX by_CONTENT_NAME ON content (model_id, name);"
    "CREATE UNIQUE INDEX by_FOREIGN_CIK_CLIENT ON foreign_cik (client_id);"
    "CREATE UNIQUE INDEX by_POINT_COPY_FROM ON point_copy (source_id, target_id);";

static const char state_5[] =
    "ALTER TABLE resource ADD COLUMN n_subscribers INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE resource ADD COLUMN flow_bits INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE subscription (source_id INTEGER NOT NULL, target_id INTEGER NOT NULL, "
    "PRIMARY KEY (source_id, target_id)) STRICT, WITHOUT ROWID;"
    "CREATE UNIQUE INDEX by_SUBSCRIPTION_TARGET ON subscription (target_id);"
    "CREATE TABLE grant_token (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT CHECK (id "
    "BETWEEN 1 AND 1099511627775), client_id INTEGER NOT NULL, granter_id INTEGER NOT NULL, "
    "expires INTEGER NOT NULL, gen_ix INTEGER NOT NULL, kid INTEGER NOT NULL, epoch INTEGER "
    "NOT NULL, salt INTEGER NOT NULL, delta BLOB NOT NULL, permissions BLOB NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX by_GRANT_TOKEN_CLIENT ON grant_token (client_id, id);"
    "CREATE TABLE consumed (client_id INTEGER NOT NULL, metric INTEGER NOT NULL, day "
    "INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (client_id, metric, day)) STRICT, "
    "WITHOUT ROWID;"
    "CREATE TABLE past_resource (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT CHECK (id "
    "BETWEEN 1 AND 1099511627775), client_id INTEGER NOT NULL, kind INTEGER NOT NULL, "
    "created INTEGER NOT NULL, dropped INTEGER NOT NULL, n INTEGER NOT NULL) STRICT;"
    "CREATE INDEX by_PAST_RESOURCE_OF ON past_resource (client_id, kind, dropped);";

static const char points_5[] =
    "CREATE TABLE rule_state (rule_id INTEGER NOT NULL PRIMARY KEY, last BLOB NOT NULL, "
    "since INTEGER NOT NULL, matches BLOB NOT NULL) STRICT;"
    "CREATE TABLE due (resource_id INTEGER NOT NULL, kind INTEGER NOT NULL, due_ms INTEGER "
    "NOT NULL, PRIMARY KEY (resource_id, kind)) STRICT, WITHOUT ROWID;"
    "CREATE UNIQUE INDEX by_DUE_AT ON due (due_ms, resource_id, kind);"
    "CREATE TABLE outgoing (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT CHECK (id BETWEEN "
    "1 AND 1099511627775), dispatch_id INTEGER NOT NULL, due_ms INTEGER NOT NULL, tries "
    "INTEGER NOT NULL, at INTEGER NOT NULL, value BLOB NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX by_OUTGOING_DUE ON outgoing (due_ms, id);"
    "CREATE UNIQUE INDEX by_OUTGOING_OF ON outgoing (dispatch_id, id);";

/* What makes version n + 1 of version n, per file; NULL: nothing changes there. */
static const char *const migrations[MST_SCHEMA_VERSION][MST_FILE_COUNT] = {
    [1][MST_FILE_STATE] = "ALTER TABLE client ADD COLUMN suspect INTEGER NOT NULL DEFAULT 0;"
                          "ALTER TABLE client DROP COLUMN used",
    [2][MST_FILE_STATE] = "ALTER TABLE client ADD COLUMN room BLOB NOT NULL DEFAULT x''",
    [3][MST_FILE_STATE] = state_4,
    [4][MST_FILE_STATE] = state_5,
    [4][MST_FILE_POINTS] = points_5,
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
        const char *path = sqlite3_filename_database(sqlite3_db_filename(conn->db, "main"));

        to = version == 0 ? MST_SCHEMA_VERSION : version + 1;
        if (version > 0)
            mst_log(MST_LOG_INFO, MST_EV_STORE,
                    "%s is brought to version %d, which may take seconds for each million devices",
                    path, (int)to);
        rc = migrate_one(conn, version, to);
        if (rc != SQLITE_OK)
            return fail(rc, "the store could not be brought up to date", ret_what);
        mst_log(MST_LOG_INFO, MST_EV_STORE, "%s is now of version %d", path, (int)to);
    }
    return MST_OK;
}

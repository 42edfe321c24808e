#include <assert.h>

#include "store/sqlite/connection.h"
#include "sys/defect.h"

static const char *const file_names[MST_FILE_COUNT] = {
    [MST_FILE_STATE] = "muster.db",
    [MST_FILE_POINTS] = "points.db",
    [MST_FILE_CONTENT] = "content.db",
};

/* A piece of a blob fills four large pages. */
static const int page_bytes[MST_FILE_COUNT] = {
    [MST_FILE_STATE] = 4 * 1024,
    [MST_FILE_POINTS] = 4 * 1024,
    [MST_FILE_CONTENT] = 16 * 1024,
};

/*
 * What each connection may keep in memory. Together with the rows that readers remember
 * (store/cache.h) a million devices and a thousand connections stay below 128 MiB. The writer's
 * cache stays valid and holds the inner pages of the trees; what it lacks is one read from the
 * kernel's cache. A reader's is emptied by every commit it sees, so it gets little. Nothing is mapped:
 * every page of the file that a reader ever touched would count as the process's memory. Pieces of
 * blobs pass through once: what is kept of them would be kept in vain.
 */
static const struct {
    int writer_kib, reader_kib;
} caches[MST_FILE_COUNT] = {
    [MST_FILE_STATE] = {40 * 1024, 2 * 1024},
    [MST_FILE_POINTS] = {12 * 1024, 2 * 1024},
    [MST_FILE_CONTENT] = {512,       256     },
};

enum { BUSY_MS = 2000 }; /* readers meet a lock only while another one starts */

const char *mst_sql_file_name(enum mst_file file)
{
    return file_names[file];
}

int mst_sql_page_bytes(enum mst_file file)
{
    return page_bytes[file];
}

/* A checkpoint flushes as its own connection is set to. */
static int set_writer(sqlite3 *db, enum mst_file file)
{
    int rc = mst_sql_exec(db, "PRAGMA page_size=%d", page_bytes[file]);

    if (rc == SQLITE_OK)
        rc = mst_sql_exec(db, "PRAGMA journal_mode=WAL");
    if (rc == SQLITE_OK)
        rc = mst_sql_exec(db, "PRAGMA synchronous=%s",
                          mst_defect(MST_DEFECT_SYNC_OFF) ? "OFF" : "FULL");
    if (rc == SQLITE_OK)
        rc = mst_sql_exec(db, "PRAGMA cache_size=-%d", caches[file].writer_kib);
    /* Debian's SQLite writes zeros over all that is deleted: removing a blob would write as much as
       storing it did, on a disk that may be full. */
    if (rc == SQLITE_OK && file == MST_FILE_CONTENT)
        rc = mst_sql_exec(db, "PRAGMA secure_delete=FAST");
    return rc;
}

static int set_reader(sqlite3 *db, enum mst_file file)
{
    return mst_sql_exec(db, "PRAGMA cache_size=-%d", caches[file].reader_kib);
}

/* SQLite starts no checkpoint by itself: when one may start, checkpoint.c says (design.md 5.5). */
static int set_common(sqlite3 *db)
{
    int rc = sqlite3_extended_result_codes(db, 1);

    if (rc == SQLITE_OK)
        rc = sqlite3_wal_autocheckpoint(db, 0);
    if (rc == SQLITE_OK)
        rc = sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_busy_timeout(db, BUSY_MS);
    return rc;
}

int mst_sql_conn_open(struct mst_sql_conn *conn, const char *dir, const char *vfs,
                      enum mst_file file, enum mst_sql_role role)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    char *path = sqlite3_mprintf("%s/%s", dir, mst_sql_file_name(file));
    int rc = SQLITE_NOMEM;

    flags |= role == MST_SQL_READER ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    if (role == MST_SQL_WRITER)
        flags |= SQLITE_OPEN_CREATE;
    *conn = (struct mst_sql_conn){.file = file};
    if (path)
        rc = sqlite3_open_v2(path, &conn->db, flags, vfs);
    sqlite3_free(path);
    if (rc == SQLITE_OK)
        rc = set_common(conn->db);
    if (rc == SQLITE_OK)
        rc = role == MST_SQL_READER ? set_reader(conn->db, file) : set_writer(conn->db, file);
    return rc;
}

void mst_sql_conn_close(struct mst_sql_conn *conn)
{
    int rc;

    mst_sql_statements_fini(&conn->statements);
    rc = sqlite3_close(conn->db);
    assert(rc == SQLITE_OK);
    conn->db = NULL;
}

int mst_sql_conn_run(struct mst_sql_conn *conn, enum mst_sql_fixed which)
{
    sqlite3_stmt *stmt;
    int rc = mst_sql_fixed(conn->db, &conn->statements, which, &stmt);

    if (rc != SQLITE_OK)
        return rc;
    (void)sqlite3_step(stmt);
    return sqlite3_reset(stmt);
}

int mst_sql_conn_begin(struct mst_sql_conn *conn)
{
    int rc = conn->has_begun ? SQLITE_OK : mst_sql_conn_run(conn, MST_SQL_BEGIN);

    if (rc == SQLITE_OK)
        conn->has_begun = true;
    return rc;
}

int mst_sql_conn_commit(struct mst_sql_conn *conn)
{
    int rc = conn->has_begun ? mst_sql_conn_run(conn, MST_SQL_COMMIT) : SQLITE_OK;

    if (rc == SQLITE_OK)
        conn->has_begun = false;
    return rc;
}

bool mst_sql_conn_rollback(struct mst_sql_conn *conn)
{
    conn->has_begun = false;
    if (sqlite3_get_autocommit(conn->db))
        return true;
    (void)mst_sql_conn_run(conn, MST_SQL_ROLLBACK);
    return sqlite3_get_autocommit(conn->db) != 0;
}

bool mst_sql_is_flush_failure(int rc)
{
    return rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC;
}

bool mst_sql_is_spoiling(int rc)
{
    int primary = rc & 0xff;

    return primary != SQLITE_OK && primary != SQLITE_ROW && primary != SQLITE_DONE &&
           primary != SQLITE_CONSTRAINT;
}

enum mst_err mst_sql_err(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return MST_OK;
    case SQLITE_CONSTRAINT:
        return rc == SQLITE_CONSTRAINT_CHECK ? MST_EFULL : MST_EEXIST;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
    case SQLITE_FULL: /* of the disk: space may come back */
        return MST_EBUSY;
    case SQLITE_NOMEM:
        return MST_ENOMEM;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return MST_ECORRUPT;
    default:
        if (rc == SQLITE_IOERR_NOMEM)
            return MST_ENOMEM;
        return MST_EIO;
    }
}

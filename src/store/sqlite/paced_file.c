/*
 * A checkpoint writes all it moves, and SQLite flushes it only when the whole log is moved, which the
 * disk then does in one go: commits wait for all of it, in the pass between two commits or behind its
 * flush in the disk's queue. Flushed in pieces, and before that last pass, a commit
 * waits for one piece.
 *
 * What lies side by side in the file goes to the disk as one write: a run.
 *
 * Flushing the database file early is always right: what a checkpoint writes to it is on the
 * disk in the log.
 */
#include "store/sqlite/paced_file.h"

enum { PIECE_BYTES = 2 * 1024 * 1024 };

static struct mst_sql_paced_file *paced_of(sqlite3_file *file)
{
    return (struct mst_sql_paced_file *)file->pMethods;
}

static int paced_sync(sqlite3_file *file, int flags)
{
    struct mst_sql_paced_file *paced = paced_of(file);

    paced->n_unflushed = 0;
    return paced->real->xSync(file, flags);
}

static int paced_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
    struct mst_sql_paced_file *paced = paced_of(file);
    int rc = paced->real->xWrite(file, bytes, n, at);

    if (rc != SQLITE_OK)
        return rc;
    paced->n_runs += at != paced->run_end;
    paced->run_end = at + n;
    paced->n_unflushed += n;
    return paced->n_unflushed < PIECE_BYTES ? SQLITE_OK : paced_sync(file, SQLITE_SYNC_NORMAL);
}

int mst_sql_paced_file_set(struct mst_sql_paced_file *paced, sqlite3 *db)
{
    sqlite3_file *file = NULL;
    int rc = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);

    if (rc != SQLITE_OK || !file || !file->pMethods)
        return rc != SQLITE_OK ? rc : SQLITE_ERROR;
    *paced = (struct mst_sql_paced_file){
        .file = file, .methods = *file->pMethods, .real = file->pMethods};
    paced->methods.xWrite = paced_write;
    paced->methods.xSync = paced_sync;
    file->pMethods = &paced->methods;
    return SQLITE_OK;
}

int mst_sql_paced_file_flush(struct mst_sql_paced_file *paced)
{
    return paced->n_unflushed > 0 ? paced_sync(paced->file, SQLITE_SYNC_NORMAL) : SQLITE_OK;
}

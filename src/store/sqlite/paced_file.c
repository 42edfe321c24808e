/*
 * A checkpoint writes all it moves and then flushes it, which the disk does in one go: the flush of
 * a commit that comes meanwhile waits for all of it. After a backup, whose view held on to
 * the log, that can be hundreds of megabytes. Flushed in pieces, a commit waits for one. Passes of the
 * usual length are left alone: each flush costs the commits something too.
 *
 * Flushing the database file early is always right: what a checkpoint writes to it is on the
 * disk in the log.
 */
#include "store/sqlite/paced_file.h"

enum { LONG_BYTES = 16 * 1024 * 1024, PIECE_BYTES = 4 * 1024 * 1024 };

static struct mst_sql_paced_file *paced_of(sqlite3_file *file)
{
    return (struct mst_sql_paced_file *)file->pMethods;
}

static int paced_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
    struct mst_sql_paced_file *paced = paced_of(file);
    int rc = paced->real->xWrite(file, bytes, n, at);

    if (rc != SQLITE_OK)
        return rc;
    paced->n_unflushed += n;
    if (paced->n_unflushed < LONG_BYTES)
        return SQLITE_OK;
    paced->n_unflushed = LONG_BYTES - PIECE_BYTES;
    return paced->real->xSync(file, SQLITE_SYNC_NORMAL);
}

int mst_sql_paced_file_set(struct mst_sql_paced_file *paced, sqlite3 *db)
{
    sqlite3_file *file = NULL;
    int rc = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);

    if (rc != SQLITE_OK || !file || !file->pMethods)
        return rc != SQLITE_OK ? rc : SQLITE_ERROR;
    *paced = (struct mst_sql_paced_file){.methods = *file->pMethods, .real = file->pMethods};
    paced->methods.xWrite = paced_write;
    file->pMethods = &paced->methods;
    return SQLITE_OK;
}

void mst_sql_paced_file_begin(struct mst_sql_paced_file *paced)
{
    paced->n_unflushed = 0;
}

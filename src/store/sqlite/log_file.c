/*
 * SQLite writes a page to its log in two calls: a head of 24 bytes, then the page. For a commit of 64
 * activations that is 128 calls and as many trips through the file system. Here, what is written to
 * the log in sequence is gathered, and goes out in one call
 *   - behind the last page of a commit, which its head marks,
 *   - before anything else happens to the file: a flush, a read, a write elsewhere, a truncation,
 *   - when the room is used up.
 * Readers of other connections look only at what the log's index tells them of, and that is
 * written behind the commit. So nobody can miss what is held back, and a flush flushes
 * it. A write that fails is reported by the call that sent it out: still inside of the same commit,
 * before its record is whole.
 *
 * Only the writer's log is opened like this; all other files are the underlying VFS's own.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "store/sqlite/log_file.h"

/* SQLite's own VFS takes less than 128 KiB in one call: this is 29 pages of 4 KiB. */
enum { GATHERED_BYTES_MAX = 120 * 1024, FRAME_HEAD_BYTES = 24 };

struct log_file {
    sqlite3_file base; /* first: SQLite hands it back */
    sqlite3_file *real;
    sqlite3_int64 at; /* where the gathered bytes belong */
    int n_gathered;
    bool is_commit; /* the head of a commit's last page was the last write */
    char gathered[GATHERED_BYTES_MAX];
};

/* What SQLite allocates for us holds either this, or the underlying VFS's own file. */
struct handle {
    sqlite3_file base;
    struct log_file *log;
};

static struct log_file *log_of(sqlite3_file *file)
{
    return ((struct handle *)file)->log;
}

/* ---- the file ---- */

static int send_out(struct log_file *log)
{
    int n = log->n_gathered;

    log->n_gathered = 0;
    return n > 0 ? log->real->pMethods->xWrite(log->real, log->gathered, n, log->at) : SQLITE_OK;
}

/* A frame's head holds, as its second number, the size of the database if the frame ends a commit. */
static bool ends_commit(const char *bytes, int n)
{
    static const char zero[4];

    return n == FRAME_HEAD_BYTES && memcmp(&bytes[4], zero, sizeof zero) != 0;
}

static int log_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
    struct log_file *log = log_of(file);
    bool is_last = log->is_commit;
    int rc = SQLITE_OK;

    if (log->n_gathered > 0 &&
        (at != log->at + log->n_gathered || n > GATHERED_BYTES_MAX - log->n_gathered))
        rc = send_out(log);
    if (rc != SQLITE_OK)
        return rc;
    log->is_commit = ends_commit(bytes, n);
    if (n > GATHERED_BYTES_MAX)
        return log->real->pMethods->xWrite(log->real, bytes, n, at);
    if (log->n_gathered == 0)
        log->at = at;
    memcpy(&log->gathered[log->n_gathered], bytes, (size_t)n);
    log->n_gathered += n;
    return is_last ? send_out(log) : SQLITE_OK;
}

static int log_close(sqlite3_file *file)
{
    struct log_file *log = log_of(file);
    int rc = send_out(log);
    int closed = log->real->pMethods->xClose(log->real);

    free(log->real);
    free(log);
    return rc != SQLITE_OK ? rc : closed;
}

static int log_read(sqlite3_file *file, void *bytes, int n, sqlite3_int64 at)
{
    struct log_file *log = log_of(file);
    int rc = send_out(log);

    return rc == SQLITE_OK ? log->real->pMethods->xRead(log->real, bytes, n, at) : rc;
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct log_file *log = log_of(file);
    int rc = send_out(log);

    return rc == SQLITE_OK ? log->real->pMethods->xTruncate(log->real, size) : rc;
}

static int log_sync(sqlite3_file *file, int flags)
{
    struct log_file *log = log_of(file);
    int rc = send_out(log);

    return rc == SQLITE_OK ? log->real->pMethods->xSync(log->real, flags) : rc;
}

static int log_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    struct log_file *log = log_of(file);
    int rc = send_out(log);

    return rc == SQLITE_OK ? log->real->pMethods->xFileSize(log->real, ret_size) : rc;
}

static int log_lock(sqlite3_file *file, int level)
{
    struct log_file *log = log_of(file);

    return log->real->pMethods->xLock(log->real, level);
}

static int log_unlock(sqlite3_file *file, int level)
{
    struct log_file *log = log_of(file);

    return log->real->pMethods->xUnlock(log->real, level);
}

static int log_check_lock(sqlite3_file *file, int *ret_is_locked)
{
    struct log_file *log = log_of(file);

    return log->real->pMethods->xCheckReservedLock(log->real, ret_is_locked);
}

static int log_control(sqlite3_file *file, int op, void *arg)
{
    struct log_file *log = log_of(file);
    int rc = send_out(log);

    return rc == SQLITE_OK ? log->real->pMethods->xFileControl(log->real, op, arg) : rc;
}

static int log_sector(sqlite3_file *file)
{
    struct log_file *log = log_of(file);

    return log->real->pMethods->xSectorSize(log->real);
}

static int log_traits(sqlite3_file *file)
{
    struct log_file *log = log_of(file);

    return log->real->pMethods->xDeviceCharacteristics(log->real);
}

static const sqlite3_io_methods log_methods = {
    .iVersion = 1,
    .xClose = log_close,
    .xRead = log_read,
    .xWrite = log_write,
    .xTruncate = log_truncate,
    .xSync = log_sync,
    .xFileSize = log_size,
    .xLock = log_lock,
    .xUnlock = log_unlock,
    .xCheckReservedLock = log_check_lock,
    .xFileControl = log_control,
    .xSectorSize = log_sector,
    .xDeviceCharacteristics = log_traits,
};

/* ---- the VFS ---- */

static sqlite3_vfs *real_of(sqlite3_vfs *vfs)
{
    return ((struct mst_sql_log_vfs *)vfs)->real;
}

static int open_log(sqlite3_vfs *real, const char *name, struct handle *handle, int flags,
                    int *ret_flags)
{
    struct log_file *log = calloc(1, sizeof *log);
    int rc = SQLITE_NOMEM;

    if (log)
        log->real = calloc(1, (size_t)real->szOsFile);
    if (log && log->real)
        rc = real->xOpen(real, name, log->real, flags, ret_flags);
    if (rc != SQLITE_OK) {
        if (log && log->real && log->real->pMethods)
            (void)log->real->pMethods->xClose(log->real);
        if (log)
            free(log->real);
        free(log);
        return rc;
    }
    *handle = (struct handle){.base.pMethods = &log_methods, .log = log};
    return SQLITE_OK;
}

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                    int *ret_flags)
{
    sqlite3_vfs *real = real_of(vfs);

    file->pMethods = NULL; /* nothing to close if it fails */
    if (flags & SQLITE_OPEN_WAL)
        return open_log(real, name, (struct handle *)file, flags, ret_flags);
    return real->xOpen(real, name, file, flags, ret_flags);
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int is_synced)
{
    return real_of(vfs)->xDelete(real_of(vfs), name, is_synced);
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret_is_there)
{
    return real_of(vfs)->xAccess(real_of(vfs), name, flags, ret_is_there);
}

static int vfs_full_name(sqlite3_vfs *vfs, const char *name, int size, char *ret_name)
{
    return real_of(vfs)->xFullPathname(real_of(vfs), name, size, ret_name);
}

static int vfs_randomness(sqlite3_vfs *vfs, int n, char *ret_bytes)
{
    return real_of(vfs)->xRandomness(real_of(vfs), n, ret_bytes);
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
    return real_of(vfs)->xSleep(real_of(vfs), microseconds);
}

static int vfs_time(sqlite3_vfs *vfs, double *ret_day)
{
    return real_of(vfs)->xCurrentTime(real_of(vfs), ret_day);
}

static int vfs_last_error(sqlite3_vfs *vfs, int size, char *ret_text)
{
    return real_of(vfs)->xGetLastError(real_of(vfs), size, ret_text);
}

int mst_sql_log_vfs_init(struct mst_sql_log_vfs *log_vfs, const char *real)
{
    sqlite3_vfs *found = sqlite3_vfs_find(real);
    int rc;

    if (!found)
        return SQLITE_ERROR;
    (void)sqlite3_snprintf((int)sizeof log_vfs->name, log_vfs->name, "muster-log-%p",
                           (void *)log_vfs);
    log_vfs->vfs = (sqlite3_vfs){.iVersion = 1,
                                 .szOsFile = found->szOsFile,
                                 .mxPathname = found->mxPathname,
                                 .zName = log_vfs->name,
                                 .xOpen = vfs_open,
                                 .xDelete = vfs_delete,
                                 .xAccess = vfs_access,
                                 .xFullPathname = vfs_full_name,
                                 .xRandomness = vfs_randomness,
                                 .xSleep = vfs_sleep,
                                 .xCurrentTime = vfs_time,
                                 .xGetLastError = vfs_last_error};
    if (log_vfs->vfs.szOsFile < (int)sizeof(struct handle))
        log_vfs->vfs.szOsFile = (int)sizeof(struct handle);
    rc = sqlite3_vfs_register(&log_vfs->vfs, 0);
    if (rc == SQLITE_OK)
        log_vfs->real = found;
    return rc;
}

void mst_sql_log_vfs_fini(struct mst_sql_log_vfs *log_vfs)
{
    if (log_vfs->real)
        (void)sqlite3_vfs_unregister(&log_vfs->vfs);
    log_vfs->real = NULL;
}

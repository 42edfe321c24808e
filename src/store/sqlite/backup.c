/*
 * Backups while the store works.
 *
 * All files are looked at at one moment: a read transaction is opened on points.db, then one on
 * muster.db, then one on content.db, and only then are they copied, each in one
 * sqlite3_backup_step(-1). (Step by step it would begin anew at every commit, and never end.)
 * points.db is opened first, so every value of the copy belongs to a dataport of the copy, or to one
 * dropped before: never to a row number that the restored store will give to somebody else.
 * Between the views of muster.db and content.db nothing is committed to the latter. Blobs come
 * before what points to them and go after it, so all that the copy of muster.db points to is there.
 *
 * The copies are made in NAME.part with neither journal nor flushes, which nobody needs before
 * they are whole; then they are flushed and read again for their hashes, the manifest is
 * written, and the directory gets its name. A directory of that name is thus whole.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "store/sqlite/engine.h"
#include "store/sqlite/manifest.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/metric.h"

enum { COPY_CACHE_KIB = 1024, NAMES_MAX = 100 };

struct backup {
    struct mst_sql_engine *engine;
    const char *dir;
    char name[sizeof((struct mst_backup *)NULL)->name];
    char *final, *part; /* paths */
    struct mst_sql_conn conns[MST_FILE_COUNT];
    struct mst_sql_manifest manifest;
};

static char *file_path(const char *dir, enum mst_file file)
{
    char *path = NULL;

    return asprintf(&path, "%s/%s", dir, mst_sql_file_name(file)) < 0 ? NULL : path;
}

/* ---- the place ---- */

/* Makes NAME.part for a NAME that is free; in one second more than one may be asked for. */
static enum mst_err make_place(struct backup *backup, int64_t now)
{
    char time_text[MST_TIME_CHARS + 1];
    struct stat st;
    enum mst_err err = mst_dir_ensure(backup->dir);

    mst_sql_time_text(now, true, time_text);
    for (int i = 1; i <= NAMES_MAX && err == MST_OK; i++) {
        (void)snprintf(backup->name, sizeof backup->name, i == 1 ? "%s" : "%s-%d", time_text, i);
        if (asprintf(&backup->final, "%s/%s", backup->dir, backup->name) < 0) {
            backup->final = NULL;
            return MST_ENOMEM;
        }
        if (asprintf(&backup->part, "%s.part", backup->final) < 0) {
            backup->part = NULL;
            return MST_ENOMEM;
        }
        if (lstat(backup->final, &st) != 0 && mkdir(backup->part, 0700) == 0)
            return MST_OK;
        if (lstat(backup->final, &st) != 0 && lstat(backup->part, &st) != 0)
            err = MST_EIO;
        free(backup->final);
        free(backup->part);
        backup->final = backup->part = NULL;
    }
    return err == MST_OK ? MST_EEXIST : err;
}

static void remove_place(const struct backup *backup)
{
    char *path = NULL;

    if (!backup->part)
        return;
    for (int i = 0; i < MST_FILE_COUNT; i++) {
        char *file = file_path(backup->part, (enum mst_file)i);

        if (file)
            (void)unlink(file);
        free(file);
    }
    if (asprintf(&path, "%s/" MST_MANIFEST_NAME, backup->part) >= 0) {
        (void)unlink(path);
        free(path);
    }
    (void)rmdir(backup->part);
}

/* ---- the moment ---- */

static int open_view(struct backup *backup, enum mst_file file)
{
    struct mst_sql_conn *conn = &backup->conns[file];
    const struct mst_sql_engine *engine = backup->engine;
    int64_t n;
    int rc = mst_sql_conn_open(conn, engine->dir, engine->opts.vfs, file, MST_SQL_READER);

    if (rc == SQLITE_OK)
        rc = mst_sql_conn_begin(conn);
    return rc == SQLITE_OK ? mst_sql_number(conn->db, "SELECT count(*) FROM sqlite_schema", &n)
                           : rc;
}

/* A META row as text; "" if there is none. */
static enum mst_err read_meta(struct mst_sql_conn *conn, struct mst_span name, char *ret_text,
                              size_t max)
{
    struct mst_row_meta row = {.name = name};
    struct mst_arena arena;
    struct mst_sql_tx tx;
    enum mst_err err;

    mst_arena_init(&arena, MST_KIB(64));
    mst_sql_tx_init(&tx, false);
    tx.conns[conn->file] = conn;
    tx.tx.arena = &arena;
    ret_text[0] = '\0';
    err = mst_tx_get(&tx.tx, MST_IX_META, &row);
    if (err == MST_ENOENT)
        err = MST_OK;
    else if (err == MST_OK && row.value.len > max)
        err = MST_ECORRUPT;
    else if (err == MST_OK && row.value.len > 0) {
        memcpy(ret_text, row.value.ptr, row.value.len);
        ret_text[row.value.len] = '\0';
    }
    mst_arena_fini(&arena);
    return err;
}

static enum mst_err open_views(struct backup *backup)
{
    struct mst_sql_manifest *manifest = &backup->manifest;
    struct mst_sql_conn *state = &backup->conns[MST_FILE_STATE];
    int rc = open_view(backup, MST_FILE_POINTS);
    enum mst_err err;

    (void)pthread_mutex_lock(&backup->engine->content_turn);
    if (rc == SQLITE_OK)
        rc = open_view(backup, MST_FILE_STATE);
    if (rc == SQLITE_OK)
        rc = open_view(backup, MST_FILE_CONTENT);
    (void)pthread_mutex_unlock(&backup->engine->content_turn);
    if (rc == SQLITE_OK)
        rc = mst_sql_number(state->db, "PRAGMA user_version", &manifest->schema);
    if (rc != SQLITE_OK)
        return mst_sql_err(rc);
    err = read_meta(state, MST_LIT("store_id"), manifest->store_id, MST_STORE_ID_CHARS);
    return err == MST_OK ? read_meta(state, MST_META_CLOCK_MARK, manifest->clock_mark,
                                     MST_WINDOW_TEXT_MAX - 1)
                         : err;
}

/* ---- the copy ---- */

static int copy_pages(sqlite3 *from, sqlite3 *to)
{
    sqlite3_backup *copying = sqlite3_backup_init(to, "main", from, "main");
    int rc;

    if (!copying)
        return sqlite3_extended_errcode(to);
    rc = sqlite3_backup_step(copying, -1);
    if (rc == SQLITE_DONE)
        return sqlite3_backup_finish(copying);
    (void)sqlite3_backup_finish(copying);
    return rc;
}

static int open_copy(const struct backup *backup, const char *path, sqlite3 **ret_db)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    int rc = sqlite3_open_v2(path, ret_db, flags, backup->engine->opts.vfs);

    if (rc == SQLITE_OK)
        rc = mst_sql_exec(*ret_db, "PRAGMA journal_mode=OFF");
    if (rc == SQLITE_OK)
        rc = mst_sql_exec(*ret_db, "PRAGMA synchronous=OFF");
    if (rc == SQLITE_OK)
        rc = mst_sql_exec(*ret_db, "PRAGMA cache_size=-%d", COPY_CACHE_KIB);
    return rc;
}

static enum mst_err copy_file(struct backup *backup, enum mst_file file)
{
    char *path = file_path(backup->part, file);
    enum mst_err err = path ? mst_file_create(path, 0600, mst_span_of(NULL, 0)) : MST_ENOMEM;
    sqlite3 *to = NULL;
    int rc;

    if (err != MST_OK)
        goto out;
    rc = open_copy(backup, path, &to);
    if (rc == SQLITE_OK)
        rc = copy_pages(backup->conns[file].db, to);
    (void)sqlite3_close(to);
    mst_sql_conn_close(&backup->conns[file]); /* the log may go on */
    err = (rc & 0xff) == SQLITE_FULL ? MST_EFULL : mst_sql_err(rc);
out:
    free(path);
    return err;
}

static enum mst_err finish_file(struct backup *backup, enum mst_file file)
{
    char *path = file_path(backup->part, file);
    enum mst_err err = path ? mst_path_sync_piecewise(path) : MST_ENOMEM;

    if (err == MST_OK)
        err = mst_sql_measure(path, &backup->manifest.files[file]);
    free(path);
    return err;
}

static enum mst_err make(struct backup *backup, int64_t now)
{
    enum mst_err err = make_place(backup, now);

    mst_sql_time_text(now, false, backup->manifest.made);
    if (err == MST_OK)
        err = open_views(backup);
    for (int i = 0; i < MST_FILE_COUNT && err == MST_OK; i++)
        err = copy_file(backup, (enum mst_file)i);
    /* Not before: a view that lasts holds on to the store's log. */
    mst_thread_stand_back();
    for (int i = 0; i < MST_FILE_COUNT && err == MST_OK; i++)
        err = finish_file(backup, (enum mst_file)i);
    if (err == MST_OK)
        err = mst_sql_manifest_write(backup->part, &backup->manifest);
    if (err == MST_OK)
        err = mst_path_sync(backup->part);
    if (err == MST_OK && rename(backup->part, backup->final) != 0)
        err = MST_EIO;
    if (err == MST_OK)
        err = mst_path_sync(backup->dir);
    return err;
}

enum mst_err mst_sql_backup(struct mst_store *store, const char *dir, struct mst_backup *ret_backup)
{
    struct mst_sql_engine *engine = (struct mst_sql_engine *)store;
    struct backup backup = {.engine = engine, .dir = dir};
    uint64_t begin_ns = mst_clock_mono_ns();
    int64_t now = mst_clock_wall_s();
    enum mst_err err;

    if (__atomic_exchange_n(&engine->is_backing_up, true, __ATOMIC_SEQ_CST))
        return MST_EBUSY;
    err = make(&backup, now);
    for (int i = 0; i < MST_FILE_COUNT; i++)
        mst_sql_conn_close(&backup.conns[i]);
    if (err == MST_OK) {
        *ret_backup =
            (struct mst_backup){.made_at = now, .took_us = (mst_clock_mono_ns() - begin_ns) / 1000};
        memcpy(ret_backup->name, backup.name, sizeof backup.name);
        for (int i = 0; i < MST_FILE_COUNT; i++)
            ret_backup->bytes[i] = backup.manifest.files[i].bytes;
        mst_metric_add(MST_M_BACKUPS, 0, 1);
        mst_metric_set(MST_M_BACKUP_LAST, 0, (uint64_t)now);
    } else {
        remove_place(&backup);
        mst_metric_add(MST_M_BACKUP_FAILURES, 0, 1);
        mst_log(MST_LOG_ERROR, MST_EV_BACKUP, "no backup could be made in %s: %s", dir,
                mst_err_text(err));
    }
    free(backup.final);
    free(backup.part);
    __atomic_store_n(&engine->is_backing_up, false, __ATOMIC_SEQ_CST);
    return err == MST_EBUSY ? MST_EIO : err; /* BUSY: one is being made */
}

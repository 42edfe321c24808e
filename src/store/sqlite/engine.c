/*
 * The embedded store as a whole: the lock that keeps other processes out, the
 * files, their committers. Order of opening: lock, then for each file connect,
 * bring the schema up to date, move the log into the file; then the clock; then
 * the threads. Nothing is served before all of it is done.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/sqlite/engine.h"
#include "sys/file.h"
#include "sys/metric.h"

_Static_assert(offsetof(struct mst_cmd, next) == offsetof(struct mst_queue_item, next) &&
                   offsetof(struct mst_cmd, lane) == offsetof(struct mst_queue_item, lane),
               "a command begins as an item of a queue does");

static enum mst_err engine_submit(struct mst_store *store, struct mst_cmd *cmd)
{
    struct mst_sql_engine *engine = (struct mst_sql_engine *)store;
    enum mst_err err;

    if (__atomic_load_n(&engine->is_dead, __ATOMIC_SEQ_CST))
        return MST_ECLOSED;
    mst_metric_add(MST_M_QUEUE, cmd->file, 1); /* before it can be answered */
    err = mst_queue_push(engine->committers[cmd->file].queue, (struct mst_queue_item *)cmd);
    if (err == MST_OK)
        return MST_OK;
    mst_metric_sub(MST_M_QUEUE, cmd->file, 1);
    if (err == MST_EFULL)
        mst_metric_add(MST_M_QUEUE_FULL, cmd->file, 1);
    return err;
}

static void engine_close(struct mst_store *store)
{
    struct mst_sql_engine *engine = (struct mst_sql_engine *)store;

    for (int i = 0; i < MST_FILE_COUNT; i++)
        mst_sql_committer_stop(&engine->committers[i]);
    mst_sql_log_vfs_fini(&engine->log_vfs);
    if (engine->lock_fd >= 0)
        (void)close(engine->lock_fd);
    (void)pthread_mutex_destroy(&engine->content_turn);
    (void)pthread_mutex_destroy(&engine->clock.lock);
    mst_rowcache_free(engine->cache);
    mst_stripes_free(engine->stripes);
    free(engine->dir);
    free(engine);
}

static const struct mst_store_ops store_ops = {
    engine_submit,      mst_sql_reader_open, mst_sql_reader_close, mst_sql_reader_begin,
    mst_sql_reader_end, engine_close,        mst_sql_reader_pause, mst_sql_backup,
};

/* SQLite would let everybody read; what it makes beside a file gets that file's mode. */
static enum mst_err ensure_private(const char *dir, enum mst_file file)
{
    char *path = sqlite3_mprintf("%s/%s", dir, mst_sql_file_name(file));
    enum mst_err err = path ? mst_file_create(path, 0600, mst_span_of(NULL, 0)) : MST_ENOMEM;

    sqlite3_free(path);
    return err == MST_EEXIST ? MST_OK : err;
}

static enum mst_err open_file(struct mst_sql_engine *engine, enum mst_file file,
                              const char **ret_what)
{
    struct mst_sql_conn *conn = &engine->committers[file].conn;
    enum mst_err err = ensure_private(engine->dir, file);
    int rc;

    if (err != MST_OK) {
        *ret_what = "a file of the store cannot be made";
        return err;
    }
    rc = mst_sql_conn_open(conn, engine->dir, engine->log_vfs.name, file, MST_SQL_WRITER);
    if (rc != SQLITE_OK) {
        *ret_what = "a file of the store cannot be opened";
        return mst_sql_err(rc);
    }
    err = mst_sql_migrate(conn, ret_what);
    if (err != MST_OK)
        return err;
    rc = mst_sql_checkpoint_whole(conn);
    if (rc != SQLITE_OK)
        *ret_what = "the store's log could not be moved into its file";
    return mst_sql_err(rc);
}

static enum mst_err take_lock(struct mst_sql_engine *engine, const char **ret_what)
{
    char *path = sqlite3_mprintf("%s/lock", engine->dir);
    enum mst_err err = path ? mst_file_lock(path, &engine->lock_fd) : MST_ENOMEM;

    sqlite3_free(path);
    if (err == MST_EBUSY)
        *ret_what = "another process has this store open";
    else if (err != MST_OK)
        *ret_what = "the store's lock file cannot be opened";
    return err;
}

static enum mst_err open_all(struct mst_sql_engine *engine, const char **ret_what)
{
    enum mst_err err;

    if (mst_dir_is_remote(engine->dir)) {
        *ret_what = "the store must not lie on a network file system";
        return MST_EINVAL;
    }
    err = take_lock(engine, ret_what);
    if (err == MST_OK)
        err = mst_sql_err(mst_sql_log_vfs_init(&engine->log_vfs, engine->opts.vfs));
    for (int i = 0; i < MST_FILE_COUNT && err == MST_OK; i++)
        err = open_file(engine, (enum mst_file)i, ret_what);
    if (err != MST_OK)
        return err;
    *ret_what = "the store's clock mark cannot be read or written";
    err = mst_sql_clock_open(&engine->clock, &engine->committers[MST_FILE_STATE].conn);
    if (err != MST_OK)
        return err;
    *ret_what = "no memory or thread for the store's committers";
    for (int i = 0; i < MST_FILE_COUNT && err == MST_OK; i++)
        err = mst_sql_committer_start(&engine->committers[i]);
    return err;
}

/* Statistics of memory cost a lock around every allocation of every thread. */
static void configure_once(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/*
 * What a savepoint must be able to undo and what does not fit into memory goes into a nameless file: on the
 * store's own disk, not where others may look. The process's first store decides; should its directory be
 * gone, SQLite takes another.
 */
static void keep_temporary_files_in(const char *dir)
{
    if (!sqlite3_temp_directory)
        sqlite3_temp_directory = sqlite3_mprintf("%s", dir);
}

enum mst_err mst_sqlite_open(const struct mst_sqlite_opts *opts, struct mst_store **ret_store,
                             const char **ret_what)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct mst_sql_engine *engine = calloc(1, sizeof *engine);
    enum mst_err err = MST_ENOMEM;

    (void)pthread_once(&once, configure_once);
    keep_temporary_files_in(opts->dir);
    *ret_what = "no memory";
    if (!engine)
        return MST_ENOMEM;
    engine->store.ops = &store_ops;
    engine->opts = *opts;
    engine->lock_fd = -1;
    (void)pthread_mutex_init(&engine->clock.lock, NULL);
    (void)pthread_mutex_init(&engine->content_turn, NULL);
    for (int i = 0; i < MST_FILE_COUNT; i++)
        engine->committers[i].engine = engine;
    engine->dir = strdup(opts->dir);
    if (engine->dir)
        err = mst_stripes_new(&engine->stripes);
    if (err == MST_OK && opts->cache_bytes > 0)
        err = mst_rowcache_new(engine->stripes, opts->cache_bytes, &engine->cache);
    if (err == MST_OK)
        err = open_all(engine, ret_what);
    if (err != MST_OK) {
        engine_close(&engine->store);
        return err;
    }
    *ret_what = "";
    *ret_store = &engine->store;
    return MST_OK;
}

/*
 * A loop's own view: read-only connections, one short transaction at a time. A paused
 * one is taken up again if no commit was answered since it was begun: what it shows is
 * then all that anybody can know of.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/limits.h"
#include "store/sqlite/engine.h"

struct sql_reader {
    struct mst_reader reader;
    struct mst_sql_engine *engine;
    struct mst_sql_conn conns[MST_FILE_COUNT];
    struct mst_arena arena;
    struct mst_sql_tx tx;
    bool is_open;
    uint64_t seqs[MST_FILE_COUNT]; /* the files' commits when the view may have been opened */
};

enum mst_err mst_sql_reader_open(struct mst_store *store, struct mst_reader **ret_reader)
{
    struct mst_sql_engine *engine = (struct mst_sql_engine *)store;
    struct sql_reader *reader = calloc(1, sizeof *reader);
    int rc = SQLITE_OK;

    if (!reader)
        return MST_ENOMEM;
    reader->reader.store = store;
    reader->engine = engine;
    mst_arena_init(&reader->arena, MST_REQUEST_ARENA_MAX);
    for (int i = 0; i < MST_FILE_COUNT && rc == SQLITE_OK; i++)
        rc = mst_sql_conn_open(&reader->conns[i], engine->dir, engine->opts.vfs, (enum mst_file)i,
                               MST_SQL_READER);
    if (rc != SQLITE_OK) {
        mst_sql_reader_close(&reader->reader);
        return mst_sql_err(rc);
    }
    *ret_reader = &reader->reader;
    return MST_OK;
}

void mst_sql_reader_close(struct mst_reader *reader)
{
    struct sql_reader *sql_reader = (struct sql_reader *)reader;

    assert(!sql_reader->is_open);
    for (int i = 0; i < MST_FILE_COUNT; i++)
        mst_sql_conn_close(&sql_reader->conns[i]);
    mst_arena_fini(&sql_reader->arena);
    free(sql_reader);
}

static void finish(struct mst_sql_conn *conn)
{
    if (mst_sql_conn_commit(conn) != SQLITE_OK)
        (void)mst_sql_conn_rollback(conn);
}

/* The number is read before a view can be opened: it may be older than the view, never younger. */
static void renew_if_stale(struct sql_reader *reader, int file)
{
    struct mst_sql_conn *conn = &reader->conns[file];
    uint64_t seq = mst_stripes_seq(reader->engine->stripes, (enum mst_file)file);

    if (conn->has_begun && reader->seqs[file] == seq)
        return;
    finish(conn);
    reader->seqs[file] = seq;
}

/* A file's transaction begins with the first look into it: a request that the cache answers looks
   into none, most others into one. */
enum mst_err mst_sql_reader_begin(struct mst_reader *reader, struct mst_tx **ret_tx)
{
    struct sql_reader *sql_reader = (struct sql_reader *)reader;
    struct mst_sql_tx *tx = &sql_reader->tx;
    struct mst_window_reading now;

    assert(!sql_reader->is_open);
    for (int i = 0; i < MST_FILE_COUNT; i++)
        renew_if_stale(sql_reader, i);
    mst_window_read(&now);
    mst_sql_tx_init(tx, false);
    for (int i = 0; i < MST_FILE_COUNT; i++)
        tx->conns[i] = &sql_reader->conns[i];
    tx->stripes = sql_reader->engine->stripes;
    tx->cache = sql_reader->engine->cache;
    tx->seqs = sql_reader->seqs;
    mst_sql_tx_item(tx, &sql_reader->arena, false);
    tx->tx.window_now = mst_sql_clock_now(&sql_reader->engine->clock, &now);
    tx->tx.wall_now = now.wall_s;
    tx->tx.wall_now_ms = now.wall_ms;
    sql_reader->is_open = true;
    *ret_tx = &tx->tx;
    return MST_OK;
}

void mst_sql_reader_end(struct mst_reader *reader)
{
    struct sql_reader *sql_reader = (struct sql_reader *)reader;

    for (int i = 0; i < MST_FILE_COUNT; i++)
        finish(&sql_reader->conns[i]);
    mst_arena_reset(&sql_reader->arena);
    sql_reader->is_open = false;
}

void mst_sql_reader_pause(struct mst_reader *reader)
{
    struct sql_reader *sql_reader = (struct sql_reader *)reader;

    assert(sql_reader->is_open);
    if (sql_reader->tx.failure != SQLITE_OK) {
        mst_sql_reader_end(reader);
        return;
    }
    mst_arena_reset(&sql_reader->arena);
    sql_reader->is_open = false;
}

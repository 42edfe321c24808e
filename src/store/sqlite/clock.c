/*
 * The clock mark (store/window.h): kept in the META row MST_META_CLOCK_MARK, moved
 * on by the committer of muster.db in the same commit as the decisions taken at
 * that time, published to all threads when it is durable.
 */
#include "base/limits.h"
#include "store/sqlite/engine.h"
#include "sys/log.h"
#include "sys/metric.h"

static void lock(struct mst_sql_clock *clock)
{
    (void)pthread_mutex_lock(&clock->lock);
}

static void unlock(struct mst_sql_clock *clock)
{
    (void)pthread_mutex_unlock(&clock->lock);
}

int64_t mst_sql_clock_now(struct mst_sql_clock *clock, const struct mst_window_reading *now)
{
    struct mst_window_mark mark = mst_sql_clock_mark(clock);

    return mst_window_now(&mark, now);
}

struct mst_window_mark mst_sql_clock_mark(struct mst_sql_clock *clock)
{
    struct mst_window_mark mark;

    lock(clock);
    mark = clock->mark;
    unlock(clock);
    return mark;
}

void mst_sql_clock_set(struct mst_sql_clock *clock, const struct mst_window_mark *mark)
{
    lock(clock);
    clock->mark = *mark;
    unlock(clock);
    mst_metric_set(MST_M_CLOCK_MARK, 0, (uint64_t)mark->window_s);
}

void mst_sql_clock_alarm(const struct mst_window_mark *mark, const struct mst_window_reading *now)
{
    int64_t jump = mst_window_jump(mark, now);

    if (jump <= MST_CLOCK_JUMP_S)
        return;
    mst_metric_add(MST_M_CLOCK_JUMPS, 0, 1);
    mst_log(MST_LOG_WARNING, MST_EV_CLOCK_JUMP,
            "window time moves forward by %lld s: the wall clock was set, or the machine was off",
            (long long)jump);
}

int mst_sql_clock_write(struct mst_sql_conn *conn, const struct mst_window_mark *mark)
{
    char buf[MST_WINDOW_TEXT_MAX];
    struct mst_span text = mst_window_print(mark, buf);
    struct mst_span name = MST_META_CLOCK_MARK;
    sqlite3_stmt *stmt;
    int rc = mst_sql_fixed(conn->db, &conn->statements, MST_SQL_SET_META, &stmt);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_blob64(stmt, 1, name.ptr, name.len, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_blob64(stmt, 2, text.ptr, text.len, SQLITE_STATIC);
    if (rc == SQLITE_OK) {
        (void)sqlite3_step(stmt);
        rc = sqlite3_reset(stmt);
    }
    return rc;
}

static enum mst_err load(struct mst_sql_conn *conn, struct mst_window_mark *ret_mark)
{
    struct mst_row_meta row = {.name = MST_META_CLOCK_MARK};
    struct mst_sql_tx tx;
    struct mst_arena arena;
    enum mst_err err;

    mst_arena_init(&arena, MST_KIB(64));
    mst_sql_tx_init(&tx, false);
    tx.conns[conn->file] = conn;
    tx.tx.arena = &arena;
    err = mst_tx_get(&tx.tx, MST_IX_META, &row);
    if (err == MST_ENOENT || (err == MST_OK && row.value.len == 0))
        err = MST_OK;
    else if (err == MST_OK && mst_window_parse(row.value, ret_mark) != MST_OK)
        err = MST_ECORRUPT;
    mst_arena_fini(&arena);
    return err;
}

enum mst_err mst_sql_clock_open(struct mst_sql_clock *clock, struct mst_sql_conn *conn)
{
    struct mst_window_mark mark = {0};
    struct mst_window_reading now;
    enum mst_err err = load(conn, &mark);
    int rc;

    if (err != MST_OK)
        return err;
    mst_window_read(&now);
    mst_sql_clock_alarm(&mark, &now);
    mark = mst_window_set(mst_window_now(&mark, &now), &now);
    rc = mst_sql_clock_write(conn, &mark);
    if (rc == SQLITE_OK)
        rc = mst_sql_conn_commit(conn);
    if (rc == SQLITE_OK)
        mst_sql_clock_set(clock, &mark);
    return mst_sql_err(rc);
}

/*
 * Row operations. A transaction begins with its first operation. A command's
 * savepoint is taken by its first write only: most refused commands never come
 * that far.
 */
#include <assert.h>

#include "store/sqlite/tx.h"
#include "store/window.h"
#include "sys/metric.h"
#include "sys/random.h"

static struct mst_sql_tx *sql_tx(struct mst_tx *tx)
{
    return (struct mst_sql_tx *)tx;
}

/* Remembers what spoils the transaction; gives the port's word for the code. */
static enum mst_err judge(struct mst_sql_tx *tx, int rc)
{
    if (tx->failure == SQLITE_OK && mst_sql_is_spoiling(rc))
        tx->failure = rc;
    return mst_sql_err(rc);
}

static enum mst_err enter(struct mst_sql_tx *tx, enum mst_table table,
                          struct mst_sql_conn **ret_conn)
{
    struct mst_sql_conn *conn = tx->conns[mst_schema_tables[table].file];

    assert(conn);
    *ret_conn = conn;
    if (tx->failure != SQLITE_OK)
        return mst_sql_err(tx->failure);
    return conn->has_begun ? MST_OK : judge(tx, mst_sql_conn_begin(conn));
}

static enum mst_err enter_write(struct mst_sql_tx *tx, enum mst_table table,
                                struct mst_sql_conn **ret_conn)
{
    enum mst_err err = enter(tx, table, ret_conn);

    if (err == MST_OK && tx->is_guarded && !tx->has_savepoint) {
        err = judge(tx, mst_sql_conn_run(*ret_conn, MST_SQL_SAVEPOINT));
        tx->has_savepoint = err == MST_OK;
    }
    return err;
}

/* ---- parameters and columns ---- */

static int bind_field(sqlite3_stmt *stmt, unsigned parameter, const struct mst_schema_field *field,
                      const void *row)
{
    struct mst_span text;

    if (field->type == MST_FIELD_INT)
        return sqlite3_bind_int64(stmt, (int)parameter, mst_row_int(row, field));
    text = mst_row_text(row, field);
    /* A null pointer would bind NULL, not the empty text. */
    return sqlite3_bind_blob64(stmt, (int)parameter, text.len ? text.ptr : "", text.len,
                               SQLITE_STATIC);
}

/* Binds the first n fields of an index from parameter first on. */
static int bind_index(sqlite3_stmt *stmt, unsigned first, const struct mst_schema_index *index,
                      unsigned n, const void *row)
{
    const struct mst_schema_field *fields = mst_schema_tables[index->table].fields;
    int rc = SQLITE_OK;

    for (unsigned f = 0; f < n && rc == SQLITE_OK; f++)
        rc = bind_field(stmt, first + f, &fields[index->fields[f]], row);
    return rc;
}

/* Binds the fields in mask, in order; *ret_next is the parameter behind them. */
static int bind_masked(sqlite3_stmt *stmt, const struct mst_schema_table *table, uint64_t mask,
                       const void *row, unsigned *ret_next)
{
    unsigned parameter = 1;
    int rc = SQLITE_OK;

    for (size_t f = 0; f < table->n_fields && rc == SQLITE_OK; f++)
        if ((mask >> f & 1) != 0)
            rc = bind_field(stmt, parameter++, &table->fields[f], row);
    *ret_next = parameter;
    return rc;
}

static enum mst_err read_text(sqlite3_stmt *stmt, int column, struct mst_arena *arena,
                              struct mst_span *ret_text)
{
    const void *ptr = sqlite3_column_blob(stmt, column);
    int len = sqlite3_column_bytes(stmt, column);

    *ret_text = mst_span_of(NULL, 0);
    if (len > 0 && !ptr)
        return MST_ENOMEM;
    return len > 0 ? mst_arena_dup(arena, mst_span_of(ptr, (size_t)len), ret_text) : MST_OK;
}

static enum mst_err read_row(sqlite3_stmt *stmt, const struct mst_schema_table *table,
                             struct mst_arena *arena, void *row)
{
    enum mst_err err = MST_OK;

    for (size_t f = 0; f < table->n_fields && err == MST_OK; f++) {
        const struct mst_schema_field *field = &table->fields[f];
        struct mst_span text;

        if (field->type == MST_FIELD_INT) {
            mst_row_set_int(row, field, sqlite3_column_int64(stmt, (int)f));
            continue;
        }
        err = read_text(stmt, (int)f, arena, &text);
        if (err == MST_OK)
            mst_row_set_text(row, field, text);
    }
    return err;
}

/* ---- operations ---- */

/* Keeps what a look into a file came to. */
static void remember(struct mst_sql_tx *tx, enum mst_index index, unsigned n_fixed, const void *key,
                     const void *found)
{
    enum mst_file file = mst_schema_tables[mst_schema_indexes[index].table].file;

    if (tx->cache)
        mst_rowcache_put(tx->cache, index, n_fixed, key, found, tx->seqs[file]);
}

static enum mst_err load_row(struct mst_tx *tx, enum mst_index number, void *row)
{
    const struct mst_schema_index *index = &mst_schema_indexes[number];
    const struct mst_schema_table *table = &mst_schema_tables[index->table];
    struct mst_sql_conn *conn;
    sqlite3_stmt *stmt = NULL;
    union mst_any_row found;
    enum mst_err err = enter(sql_tx(tx), index->table, &conn);
    int rc;

    assert(index->is_unique);
    if (err != MST_OK)
        return err;
    rc = mst_sql_get(conn->db, &conn->statements, number, &stmt);
    if (rc == SQLITE_OK)
        rc = bind_index(stmt, 1, index, index->n_fields, row);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    err = rc == SQLITE_DONE ? MST_ENOENT : judge(sql_tx(tx), rc);
    if (rc == SQLITE_ROW)
        err = read_row(stmt, table, tx->arena, &found);
    (void)sqlite3_reset(stmt);
    if (err == MST_OK || err == MST_ENOENT)
        remember(sql_tx(tx), number, index->n_fields, row, err == MST_OK ? &found : NULL);
    if (err == MST_OK)
        memcpy(row, &found, table->row_bytes);
    return err;
}

static bool is_remembered(struct mst_tx *tx, enum mst_index number, unsigned n_fixed, void *row,
                          enum mst_err *ret_err)
{
    struct mst_rowcache *cache = sql_tx(tx)->cache;
    bool is_found;

    if (!cache)
        return false;
    is_found = mst_rowcache_find(cache, number, n_fixed, tx->arena, row, ret_err);
    mst_metric_add(MST_M_CACHE, is_found ? MST_FOUND_HIT : MST_FOUND_MISS, 1);
    return is_found;
}

static enum mst_err tx_get(struct mst_tx *tx, enum mst_index number, void *row)
{
    enum mst_err err;

    if (is_remembered(tx, number, mst_schema_indexes[number].n_fields, row, &err))
        return err;
    return load_row(tx, number, row);
}

static enum mst_err step_write(struct mst_sql_tx *tx, sqlite3_stmt *stmt, int rc)
{
    if (rc == SQLITE_OK) {
        (void)sqlite3_step(stmt);
        rc = sqlite3_reset(stmt);
    }
    tx->has_written = tx->has_written || rc == SQLITE_OK;
    return judge(tx, rc);
}

static void note_insert(struct mst_sql_tx *tx, enum mst_table number, const void *row)
{
    if (!tx->touched)
        return;
    mst_touched_row(tx->touched, tx->stripes, number, row);
    mst_changes_note(tx->changes, tx->store, number, row);
}

/* Notes that the row with this primary key changed or went. */
static void note_key(struct mst_sql_tx *tx, enum mst_table number, const void *row)
{
    if (!tx->touched)
        return;
    mst_touched_key(tx->touched, tx->stripes, number, row);
    mst_changes_note(tx->changes, tx->store, number, row);
}

static enum mst_err tx_insert(struct mst_tx *tx, enum mst_table number, void *row)
{
    const struct mst_schema_table *table = &mst_schema_tables[number];
    bool gets_id = table->is_rowid && mst_row_int(row, &table->fields[0]) == 0;
    struct mst_sql_conn *conn;
    sqlite3_stmt *stmt = NULL;
    unsigned next;
    enum mst_err err = enter_write(sql_tx(tx), number, &conn);
    int rc;

    if (err == MST_OK && sql_tx(tx)->is_room_short)
        err = MST_EFULL;
    if (err != MST_OK)
        return err;
    rc = mst_sql_insert(conn->db, &conn->statements, number, &stmt);
    if (rc == SQLITE_OK)
        rc = bind_masked(stmt, table, UINT64_MAX, row, &next);
    if (rc == SQLITE_OK && gets_id)
        rc = sqlite3_bind_null(stmt, 1);
    err = step_write(sql_tx(tx), stmt, rc);
    if (err == MST_OK && gets_id)
        mst_row_set_int(row, &table->fields[0], sqlite3_last_insert_rowid(conn->db));
    if (err == MST_OK)
        note_insert(sql_tx(tx), number, row);
    if (err == MST_OK && mst_window_is_reset(number, row))
        sql_tx(tx)->has_reset_clock = true;
    return err;
}

/* The same of an update, which may give the row other keys. */
static enum mst_err note_update(struct mst_sql_tx *tx, enum mst_table number, const void *row,
                                uint64_t mask)
{
    union mst_any_row whole;
    enum mst_err err;

    note_key(tx, number, row);
    if (!tx->touched || !mst_touched_is_rekeyed(number, mask))
        return MST_OK;
    memcpy(&whole, row, mst_schema_tables[number].row_bytes);
    err = load_row(&tx->tx, mst_schema_tables[number].primary, &whole);
    if (err == MST_OK)
        mst_touched_row(tx->touched, tx->stripes, number, &whole);
    return err;
}

static enum mst_err tx_update(struct mst_tx *tx, enum mst_table number, const void *row,
                              uint64_t mask)
{
    const struct mst_schema_table *table = &mst_schema_tables[number];
    const struct mst_schema_index *primary = &mst_schema_indexes[table->primary];
    struct mst_sql_conn *conn;
    sqlite3_stmt *stmt = NULL;
    unsigned next;
    enum mst_err err = enter_write(sql_tx(tx), number, &conn);
    int rc;

    if (err != MST_OK)
        return err;
    rc = mst_sql_update(conn->db, &conn->statements, number, mask, &stmt);
    if (rc == SQLITE_OK)
        rc = bind_masked(stmt, table, mask, row, &next);
    if (rc == SQLITE_OK)
        rc = bind_index(stmt, next, primary, primary->n_fields, row);
    err = step_write(sql_tx(tx), stmt, rc);
    if (err == MST_OK && sqlite3_changes(conn->db) == 0)
        return MST_ENOENT;
    if (err == MST_OK)
        err = note_update(sql_tx(tx), number, row, mask);
    if (err == MST_OK && mst_window_is_reset(number, row))
        sql_tx(tx)->has_reset_clock = true;
    return err;
}

static enum mst_err tx_erase(struct mst_tx *tx, enum mst_table number, const void *row)
{
    const struct mst_schema_index *primary = &mst_schema_indexes[mst_schema_tables[number].primary];
    struct mst_sql_conn *conn;
    sqlite3_stmt *stmt = NULL;
    enum mst_err err = enter_write(sql_tx(tx), number, &conn);
    int rc;

    if (err != MST_OK)
        return err;
    rc = mst_sql_delete(conn->db, &conn->statements, number, &stmt);
    if (rc == SQLITE_OK)
        rc = bind_index(stmt, 1, primary, primary->n_fields, row);
    err = step_write(sql_tx(tx), stmt, rc);
    if (err == MST_OK)
        note_key(sql_tx(tx), number, row);
    return err == MST_OK && sqlite3_changes(conn->db) == 0 ? MST_ENOENT : err;
}

static int bind_scan(sqlite3_stmt *stmt, const struct mst_scan *scan)
{
    const struct mst_schema_index *index = &mst_schema_indexes[scan->index];
    unsigned n = scan->n_fixed + (scan->has_after ? 1 : 0);
    bool is_limited = scan->limit > 0 && scan->limit <= INT64_MAX;
    int64_t offset = scan->offset <= INT64_MAX ? (int64_t)scan->offset : INT64_MAX;
    int rc = bind_index(stmt, 1, index, n, scan->key);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(stmt, (int)n + 1, is_limited ? (int64_t)scan->limit : -1);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(stmt, (int)n + 2, offset);
    return rc;
}

static enum mst_err walk(struct mst_sql_tx *tx, sqlite3_stmt *stmt,
                         const struct mst_schema_table *table,
                         enum mst_err (*each)(void *, const void *), void *arg)
{
    enum mst_err err = MST_OK;
    int rc = SQLITE_ROW;

    while (err == MST_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        union mst_any_row row;

        err = read_row(stmt, table, tx->tx.arena, &row);
        if (err == MST_OK)
            err = each(arg, &row);
    }
    if (rc != SQLITE_ROW)
        err = judge(tx, rc);
    return err == MST_EREFUSED ? MST_OK : err;
}

static enum mst_err tx_scan(struct mst_tx *tx, const struct mst_scan *scan,
                            enum mst_err (*each)(void *, const void *), void *arg)
{
    const struct mst_schema_index *index = &mst_schema_indexes[scan->index];
    struct mst_sql_conn *conn;
    sqlite3_stmt *stmt = NULL;
    bool is_own = false;
    enum mst_err err = enter(sql_tx(tx), index->table, &conn);
    int rc;

    assert(scan->n_fixed + (scan->has_after ? 1 : 0) <= index->n_fields);
    if (err != MST_OK)
        return err;
    rc = mst_sql_scan(conn->db, &conn->statements, scan, &stmt, &is_own);
    if (rc == SQLITE_OK)
        rc = bind_scan(stmt, scan);
    err = judge(sql_tx(tx), rc);
    if (err == MST_OK)
        err = walk(sql_tx(tx), stmt, &mst_schema_tables[index->table], each, arg);
    (void)(is_own ? sqlite3_finalize(stmt) : sqlite3_reset(stmt));
    return err;
}

struct last {
    const struct mst_schema_table *table;
    union mst_any_row row;
    bool is_found;
};

static enum mst_err take_last(void *arg, const void *row)
{
    struct last *last = arg;

    memcpy(&last->row, row, last->table->row_bytes);
    last->is_found = true;
    return MST_EREFUSED;
}

static enum mst_err tx_last(struct mst_tx *tx, enum mst_index number, unsigned n_fixed, void *row)
{
    const struct mst_scan scan = {
        .index = number, .key = row, .n_fixed = n_fixed, .is_descending = true, .limit = 1};
    struct last last = {.table = &mst_schema_tables[mst_schema_indexes[number].table]};
    enum mst_err err;

    if (is_remembered(tx, number, n_fixed, row, &err))
        return err;
    err = tx_scan(tx, &scan, take_last, &last);
    if (err != MST_OK)
        return err;
    remember(sql_tx(tx), number, n_fixed, row, last.is_found ? &last.row : NULL);
    if (!last.is_found)
        return MST_ENOENT;
    memcpy(row, &last.row, last.table->row_bytes);
    return MST_OK;
}

static uint64_t tx_random(struct mst_tx *tx)
{
    (void)tx;
    return mst_random_u64();
}

static const struct mst_tx_ops ops = {tx_get,  tx_insert, tx_update, tx_erase,
                                      tx_scan, tx_last,   tx_random};

void mst_sql_tx_init(struct mst_sql_tx *tx, bool is_writable)
{
    *tx = (struct mst_sql_tx){
        .tx = {.ops = &ops, .is_writable = is_writable}
    };
}

void mst_sql_tx_item(struct mst_sql_tx *tx, struct mst_arena *arena, bool is_guarded)
{
    tx->tx.arena = arena;
    tx->is_guarded = is_guarded;
    tx->has_savepoint = false;
    tx->has_written = false;
    tx->has_reset_clock = false;
}

bool mst_sql_tx_keep(struct mst_sql_tx *tx, struct mst_sql_conn *conn)
{
    if (tx->has_savepoint)
        (void)judge(tx, mst_sql_conn_run(conn, MST_SQL_RELEASE));
    return tx->failure == SQLITE_OK;
}

bool mst_sql_tx_undo(struct mst_sql_tx *tx, struct mst_sql_conn *conn)
{
    if (!tx->has_savepoint)
        return !tx->has_written;
    if (judge(tx, mst_sql_conn_run(conn, MST_SQL_UNDO_TO_SAVEPOINT)) == MST_OK)
        (void)judge(tx, mst_sql_conn_run(conn, MST_SQL_RELEASE));
    return tx->failure == SQLITE_OK;
}

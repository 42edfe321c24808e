/*
 * Text is stored as BLOB: bytes as they are, compared by memcmp, whatever they
 * hold. Rows numbered by the store use AUTOINCREMENT, because a number must never
 * come back (keys.md), and are checked to stay within 40 bits. A primary key of
 * several fields or of text is the table itself (WITHOUT ROWID): one tree, not two.
 *
 * A table whose rows grow has one more column, "room", which nobody reads: a row is inserted with that
 * many zeros in it, and its first update takes them away. So the row stays in its page, which
 * otherwise is split.
 */
#include <stdarg.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "store/sqlite/statements.h"

enum { SQL_MAX_BYTES = 8192 };

static const char *const fixed_texts[MST_SQL_FIXED_COUNT] = {
    [MST_SQL_BEGIN] = "BEGIN",
    [MST_SQL_COMMIT] = "COMMIT",
    [MST_SQL_ROLLBACK] = "ROLLBACK",
    [MST_SQL_SAVEPOINT] = "SAVEPOINT item",
    [MST_SQL_RELEASE] = "RELEASE item",
    [MST_SQL_UNDO_TO_SAVEPOINT] = "ROLLBACK TO item",
    [MST_SQL_SET_META] = "INSERT INTO meta (name, value) VALUES (?1, ?2)"
                         " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
};

/* ---- text ---- */

static const struct mst_schema_table *table_of(enum mst_index index)
{
    return &mst_schema_tables[mst_schema_indexes[index].table];
}

static void add_index_fields(struct mst_buf *sql, const struct mst_schema_index *index,
                             unsigned from, const char *suffix)
{
    const struct mst_schema_field *fields = mst_schema_tables[index->table].fields;

    for (unsigned f = from; f < index->n_fields; f++)
        (void)mst_buf_addf(sql, "%s%s%s", f > from ? ", " : "", fields[index->fields[f]].name,
                           suffix);
}

/* Behind an index that is not unique, in its order: what of the primary key it lacks. */
static void add_rest_of_key(struct mst_buf *sql, const struct mst_schema_index *index,
                            bool is_first, const char *suffix)
{
    const struct mst_schema_table *table = &mst_schema_tables[index->table];
    const struct mst_schema_index *primary = &mst_schema_indexes[table->primary];

    for (unsigned p = 0; p < primary->n_fields; p++) {
        bool is_there = false;

        for (unsigned f = 0; f < index->n_fields; f++)
            is_there = is_there || index->fields[f] == primary->fields[p];
        if (is_there)
            continue;
        (void)mst_buf_addf(sql, "%s%s%s", is_first ? "" : ", ",
                           table->fields[primary->fields[p]].name, suffix);
        is_first = false;
    }
}

static void add_all_fields(struct mst_buf *sql, const struct mst_schema_table *table)
{
    for (size_t f = 0; f < table->n_fields; f++)
        (void)mst_buf_addf(sql, "%s%s", f > 0 ? ", " : "", table->fields[f].name);
}

/* WHERE over the first n fields of the index, parameters counted from first_parameter. */
static void add_where(struct mst_buf *sql, const struct mst_schema_index *index, unsigned n,
                      unsigned first_parameter)
{
    const struct mst_schema_field *fields = mst_schema_tables[index->table].fields;

    for (unsigned f = 0; f < n; f++)
        (void)mst_buf_addf(sql, "%s%s = ?%u", f > 0 ? " AND " : " WHERE ",
                           fields[index->fields[f]].name, first_parameter + f);
}

static void add_select(struct mst_buf *sql, const struct mst_schema_table *table)
{
    (void)mst_buf_add_str(sql, "SELECT ");
    add_all_fields(sql, table);
    (void)mst_buf_addf(sql, " FROM %s", table->name);
}

static void print_get(struct mst_buf *sql, enum mst_index index)
{
    add_select(sql, table_of(index));
    add_where(sql, &mst_schema_indexes[index], mst_schema_indexes[index].n_fields, 1);
}

static void print_insert(struct mst_buf *sql, const struct mst_schema_table *table)
{
    (void)mst_buf_addf(sql, "INSERT INTO %s (", table->name);
    add_all_fields(sql, table);
    (void)mst_buf_add_str(sql, table->room_bytes ? ", room) VALUES (" : ") VALUES (");
    for (size_t f = 0; f < table->n_fields; f++)
        (void)mst_buf_addf(sql, "%s?%zu", f > 0 ? ", " : "", f + 1);
    if (table->room_bytes)
        (void)mst_buf_addf(sql, ", zeroblob(%u)", table->room_bytes);
    (void)mst_buf_add_byte(sql, ')');
}

static void print_update(struct mst_buf *sql, const struct mst_schema_table *table, uint64_t mask)
{
    const struct mst_schema_index *primary = &mst_schema_indexes[table->primary];
    unsigned n = 0;

    (void)mst_buf_addf(sql, "UPDATE %s SET ", table->name);
    for (size_t f = 0; f < table->n_fields; f++) {
        if ((mask >> f & 1) == 0)
            continue;
        n++;
        (void)mst_buf_addf(sql, "%s%s = ?%u", n > 1 ? ", " : "", table->fields[f].name, n);
    }
    if (table->room_bytes)
        (void)mst_buf_add_str(sql, ", room = x''");
    add_where(sql, primary, primary->n_fields, n + 1);
}

static void print_delete(struct mst_buf *sql, const struct mst_schema_table *table)
{
    const struct mst_schema_index *primary = &mst_schema_indexes[table->primary];

    (void)mst_buf_addf(sql, "DELETE FROM %s", table->name);
    add_where(sql, primary, primary->n_fields, 1);
}

static void print_scan(struct mst_buf *sql, const struct mst_scan *scan)
{
    const struct mst_schema_table *table = table_of(scan->index);
    const struct mst_schema_index *index = &mst_schema_indexes[scan->index];
    const char *direction = scan->is_descending ? " DESC" : "";
    unsigned n = scan->n_fixed;

    add_select(sql, table);
    add_where(sql, index, n, 1);
    if (scan->has_after) {
        (void)mst_buf_addf(sql, "%s%s %s ?%u", n > 0 ? " AND " : " WHERE ",
                           table->fields[index->fields[n]].name, scan->is_descending ? "<" : ">",
                           n + 1);
        n++;
    }
    if (scan->n_fixed < index->n_fields || !index->is_unique)
        (void)mst_buf_add_str(sql, " ORDER BY ");
    add_index_fields(sql, index, scan->n_fixed, direction);
    if (!index->is_unique)
        add_rest_of_key(sql, index, scan->n_fixed == index->n_fields, direction);
    (void)mst_buf_addf(sql, " LIMIT ?%u OFFSET ?%u", n + 1, n + 2);
}

/* ---- statements ---- */

static int prepare(sqlite3 *db, struct mst_buf *sql, unsigned flags, sqlite3_stmt **ret_stmt)
{
    struct mst_span text = mst_buf_span(sql);

    if (mst_buf_err(sql) != MST_OK)
        return SQLITE_NOMEM;
    return sqlite3_prepare_v3(db, text.ptr, (int)text.len, flags, ret_stmt, NULL);
}

static int prepare_kept(sqlite3 *db, struct mst_buf *sql, sqlite3_stmt **ret_stmt)
{
    int rc = prepare(db, sql, SQLITE_PREPARE_PERSISTENT, ret_stmt);

    mst_buf_fini(sql);
    return rc;
}

int mst_sql_fixed(sqlite3 *db, struct mst_sql_statements *statements, enum mst_sql_fixed which,
                  sqlite3_stmt **ret_stmt)
{
    sqlite3_stmt **slot = &statements->fixed[which];
    int rc = SQLITE_OK;

    if (!*slot)
        rc = sqlite3_prepare_v3(db, fixed_texts[which], -1, SQLITE_PREPARE_PERSISTENT, slot, NULL);
    *ret_stmt = *slot;
    return rc;
}

int mst_sql_get(sqlite3 *db, struct mst_sql_statements *statements, enum mst_index index,
                sqlite3_stmt **ret_stmt)
{
    sqlite3_stmt **slot = &statements->selects[index];
    int rc = SQLITE_OK;

    if (!*slot) {
        struct mst_buf sql;

        mst_buf_init(&sql, SQL_MAX_BYTES);
        print_get(&sql, index);
        rc = prepare_kept(db, &sql, slot);
    }
    *ret_stmt = *slot;
    return rc;
}

int mst_sql_insert(sqlite3 *db, struct mst_sql_statements *statements, enum mst_table table,
                   sqlite3_stmt **ret_stmt)
{
    sqlite3_stmt **slot = &statements->inserts[table];
    int rc = SQLITE_OK;

    if (!*slot) {
        struct mst_buf sql;

        mst_buf_init(&sql, SQL_MAX_BYTES);
        print_insert(&sql, &mst_schema_tables[table]);
        rc = prepare_kept(db, &sql, slot);
    }
    *ret_stmt = *slot;
    return rc;
}

static int add_update(sqlite3 *db, struct mst_sql_statements *statements, enum mst_table table,
                      uint64_t mask, sqlite3_stmt **ret_stmt)
{
    struct mst_sql_update *update = calloc(1, sizeof *update);
    struct mst_buf sql;
    int rc;

    if (!update)
        return SQLITE_NOMEM;
    mst_buf_init(&sql, SQL_MAX_BYTES);
    print_update(&sql, &mst_schema_tables[table], mask);
    rc = prepare_kept(db, &sql, &update->stmt);
    if (rc != SQLITE_OK) {
        free(update);
        return rc;
    }
    update->mask = mask;
    update->next = statements->updates[table];
    statements->updates[table] = update;
    *ret_stmt = update->stmt;
    return SQLITE_OK;
}

int mst_sql_update(sqlite3 *db, struct mst_sql_statements *statements, enum mst_table table,
                   uint64_t mask, sqlite3_stmt **ret_stmt)
{
    const struct mst_sql_update *update = statements->updates[table];

    while (update && update->mask != mask)
        update = update->next;
    if (!update)
        return add_update(db, statements, table, mask, ret_stmt);
    *ret_stmt = update->stmt;
    return SQLITE_OK;
}

int mst_sql_delete(sqlite3 *db, struct mst_sql_statements *statements, enum mst_table table,
                   sqlite3_stmt **ret_stmt)
{
    sqlite3_stmt **slot = &statements->deletes[table];
    int rc = SQLITE_OK;

    if (!*slot) {
        struct mst_buf sql;

        mst_buf_init(&sql, SQL_MAX_BYTES);
        print_delete(&sql, &mst_schema_tables[table]);
        rc = prepare_kept(db, &sql, slot);
    }
    *ret_stmt = *slot;
    return rc;
}

int mst_sql_scan(sqlite3 *db, struct mst_sql_statements *statements, const struct mst_scan *scan,
                 sqlite3_stmt **ret_stmt, bool *ret_is_own)
{
    unsigned shape =
        scan->n_fixed << 2 | (scan->has_after ? 2u : 0) | (scan->is_descending ? 1u : 0);
    sqlite3_stmt **slot = &statements->scans[scan->index][shape];
    bool is_busy = *slot && sqlite3_stmt_busy(*slot);
    struct mst_buf sql;
    int rc = SQLITE_OK;

    *ret_is_own = is_busy;
    if (*slot && !is_busy) {
        *ret_stmt = *slot;
        return SQLITE_OK;
    }
    mst_buf_init(&sql, SQL_MAX_BYTES);
    print_scan(&sql, scan);
    if (is_busy)
        rc = prepare(db, &sql, 0, ret_stmt);
    else
        rc = prepare(db, &sql, SQLITE_PREPARE_PERSISTENT, slot);
    if (!is_busy)
        *ret_stmt = *slot;
    mst_buf_fini(&sql);
    return rc;
}

static void finalize(sqlite3_stmt **stmts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        (void)sqlite3_finalize(stmts[i]);
}

void mst_sql_statements_fini(struct mst_sql_statements *statements)
{
    finalize(statements->fixed, MST_SQL_FIXED_COUNT);
    finalize(statements->selects, MST_INDEX_COUNT);
    finalize(statements->inserts, MST_TABLE_COUNT);
    finalize(statements->deletes, MST_TABLE_COUNT);
    for (int i = 0; i < MST_INDEX_COUNT; i++)
        finalize(statements->scans[i], MST_SQL_SCAN_SHAPES);
    for (int i = 0; i < MST_TABLE_COUNT; i++) {
        struct mst_sql_update *update = statements->updates[i];

        while (update) {
            struct mst_sql_update *next = update->next;

            (void)sqlite3_finalize(update->stmt);
            free(update);
            update = next;
        }
    }
    *statements = (struct mst_sql_statements){0};
}

/* ---- making and opening ---- */

int mst_sql_exec(sqlite3 *db, const char *fmt, ...)
{
    va_list args;
    char *sql;
    int rc;

    va_start(args, fmt);
    sql = sqlite3_vmprintf(fmt, args);
    va_end(args);
    if (!sql)
        return SQLITE_NOMEM;
    rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_free(sql);
    return rc;
}

int mst_sql_number(sqlite3 *db, const char *sql, int64_t *ret_value)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

    if (rc != SQLITE_OK)
        return rc;
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        *ret_value = sqlite3_column_int64(stmt, 0);
    if (rc == SQLITE_DONE)
        rc = SQLITE_NOTFOUND;
    (void)sqlite3_finalize(stmt);
    return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static bool is_integer_key(const struct mst_schema_table *table)
{
    const struct mst_schema_index *primary = &mst_schema_indexes[table->primary];

    return primary->n_fields == 1 && table->fields[primary->fields[0]].type == MST_FIELD_INT;
}

static void add_column(struct mst_buf *sql, const struct mst_schema_table *table, size_t number)
{
    const struct mst_schema_index *primary = &mst_schema_indexes[table->primary];
    const struct mst_schema_field *field = &table->fields[number];
    bool is_key = is_integer_key(table) && primary->fields[0] == number;

    (void)mst_buf_addf(sql, "%s%s %s NOT NULL", number > 0 ? ", " : "", field->name,
                       field->type == MST_FIELD_INT ? "INTEGER" : "BLOB");
    if (is_key)
        (void)mst_buf_add_str(sql, " PRIMARY KEY");
    if (is_key && table->is_rowid)
        (void)mst_buf_addf(sql, " AUTOINCREMENT CHECK (%s BETWEEN 1 AND %lld)", field->name,
                           (1LL << MST_ROW_BITS) - 1);
}

static void print_table(struct mst_buf *sql, const struct mst_schema_table *table)
{
    (void)mst_buf_addf(sql, "CREATE TABLE %s (", table->name);
    for (size_t f = 0; f < table->n_fields; f++)
        add_column(sql, table, f);
    if (table->room_bytes)
        (void)mst_buf_add_str(sql, ", room BLOB NOT NULL DEFAULT x''");
    if (!is_integer_key(table)) {
        (void)mst_buf_add_str(sql, ", PRIMARY KEY (");
        add_index_fields(sql, &mst_schema_indexes[table->primary], 0, "");
        (void)mst_buf_add_byte(sql, ')');
    }
    (void)mst_buf_add_str(sql, is_integer_key(table) ? ") STRICT" : ") STRICT, WITHOUT ROWID");
}

static void print_index(struct mst_buf *sql, const struct mst_schema_index *index)
{
    (void)mst_buf_addf(sql, "CREATE %sINDEX by_%s ON %s (", index->is_unique ? "UNIQUE " : "",
                       index->name, mst_schema_tables[index->table].name);
    add_index_fields(sql, index, 0, "");
    (void)mst_buf_add_byte(sql, ')');
}

static int run_text(sqlite3 *db, struct mst_buf *sql)
{
    int rc = SQLITE_NOMEM;

    (void)mst_buf_add_byte(sql, '\0');
    if (mst_buf_err(sql) == MST_OK)
        rc = sqlite3_exec(db, sql->ptr, NULL, NULL, NULL);
    mst_buf_fini(sql);
    return rc;
}

int mst_sql_create(sqlite3 *db, enum mst_file file)
{
    int rc = SQLITE_OK;

    for (int i = 0; i < MST_TABLE_COUNT && rc == SQLITE_OK; i++) {
        struct mst_buf sql;

        if (mst_schema_tables[i].file != file)
            continue;
        mst_buf_init(&sql, SQL_MAX_BYTES);
        print_table(&sql, &mst_schema_tables[i]);
        rc = run_text(db, &sql);
    }
    for (int i = 0; i < MST_INDEX_COUNT && rc == SQLITE_OK; i++) {
        const struct mst_schema_index *index = &mst_schema_indexes[i];
        struct mst_buf sql;

        if (index->is_primary || mst_schema_tables[index->table].file != file)
            continue;
        mst_buf_init(&sql, SQL_MAX_BYTES);
        print_index(&sql, index);
        rc = run_text(db, &sql);
    }
    return rc;
}

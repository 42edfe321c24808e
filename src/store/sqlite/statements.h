/*
 * statements.h - the one place of SQL. All of it is made from store/schema, is
 * prepared once per connection and kept. Results are SQLite's codes.
 */
#ifndef MST_STORE_SQLITE_STATEMENTS_H
#define MST_STORE_SQLITE_STATEMENTS_H

#include <sqlite3.h>

#include "store/schema/schema.h"

enum mst_sql_fixed {
    MST_SQL_BEGIN,
    MST_SQL_COMMIT,
    MST_SQL_ROLLBACK,
    MST_SQL_SAVEPOINT,
    MST_SQL_RELEASE,
    MST_SQL_UNDO_TO_SAVEPOINT,
    MST_SQL_SET_META, /* name, value */
    MST_SQL_FIXED_COUNT
};

enum { MST_SQL_SCAN_SHAPES = 16 }; /* (0 to 3 fixed) x has_after x is_descending */

struct mst_sql_update {
    uint64_t mask;
    sqlite3_stmt *stmt;
    struct mst_sql_update *next;
};

struct mst_sql_statements {
    sqlite3_stmt *fixed[MST_SQL_FIXED_COUNT];
    sqlite3_stmt *selects[MST_INDEX_COUNT];
    sqlite3_stmt *inserts[MST_TABLE_COUNT];
    sqlite3_stmt *deletes[MST_TABLE_COUNT];
    struct mst_sql_update
        *updates[MST_TABLE_COUNT]; /* a list by mask: masks come from code, so few */
    sqlite3_stmt *scans[MST_INDEX_COUNT][MST_SQL_SCAN_SHAPES];
};

void mst_sql_statements_fini(struct mst_sql_statements *statements);

MST_MUST_USE int mst_sql_fixed(sqlite3 *db, struct mst_sql_statements *statements,
                               enum mst_sql_fixed which, sqlite3_stmt **ret_stmt);
/* Parameters: the index's fields. Columns of get and scan: all fields, in order. */
MST_MUST_USE int mst_sql_get(sqlite3 *db, struct mst_sql_statements *statements,
                             enum mst_index index, sqlite3_stmt **ret_stmt);
/* Parameters: all fields. */
MST_MUST_USE int mst_sql_insert(sqlite3 *db, struct mst_sql_statements *statements,
                                enum mst_table table, sqlite3_stmt **ret_stmt);
/* Parameters: the fields in mask, then the primary key's. */
MST_MUST_USE int mst_sql_update(sqlite3 *db, struct mst_sql_statements *statements,
                                enum mst_table table, uint64_t mask, sqlite3_stmt **ret_stmt);
/* Parameters: the primary key's fields. */
MST_MUST_USE int mst_sql_delete(sqlite3 *db, struct mst_sql_statements *statements,
                                enum mst_table table, sqlite3_stmt **ret_stmt);
/*
 * Parameters: the fixed fields, the after field if there is one, limit (-1: none), offset. A scan
 * may run inside another of the same shape: *ret_is_own is then true, the caller finalizes.
 */
MST_MUST_USE int mst_sql_scan(sqlite3 *db, struct mst_sql_statements *statements,
                              const struct mst_scan *scan, sqlite3_stmt **ret_stmt,
                              bool *ret_is_own);

/* Makes the tables and indexes of one file as MST_SCHEMA_VERSION has them. */
MST_MUST_USE int mst_sql_create(sqlite3 *db, enum mst_file file);
/* Runs one statement; for opening, not for work. */
MST_MUST_USE int mst_sql_exec(sqlite3 *db, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The integer that a statement gives. SQLITE_NOTFOUND if it gives no row. */
MST_MUST_USE int mst_sql_number(sqlite3 *db, const char *sql, int64_t *ret_value);

#endif

/* connection.h - one SQLite connection with its settings and statements, and what its codes mean. */
#ifndef MST_STORE_SQLITE_CONNECTION_H
#define MST_STORE_SQLITE_CONNECTION_H

#include "store/sqlite/statements.h"

enum mst_sql_role { MST_SQL_WRITER, MST_SQL_READER, MST_SQL_CHECKPOINTER };

struct mst_sql_conn {
    sqlite3 *db;
    enum mst_file file;
    bool has_begun;
    struct mst_sql_statements statements;
};

const char *mst_sql_file_name(enum mst_file file);
int mst_sql_page_bytes(enum mst_file file);
/* Opens DIR's file. A writer makes the file if it is missing; the file must exist for the others. */
MST_MUST_USE int mst_sql_conn_open(struct mst_sql_conn *conn, const char *dir, const char *vfs,
                                   enum mst_file file, enum mst_sql_role role);
/* Takes a connection that is zero or half open. */
void mst_sql_conn_close(struct mst_sql_conn *conn);

/* A transaction: begun once, ended once. Nothing happens if it is not begun. */
MST_MUST_USE int mst_sql_conn_begin(struct mst_sql_conn *conn);
MST_MUST_USE int mst_sql_conn_commit(struct mst_sql_conn *conn);
/* After it no transaction is open, or the process must not go on: false. */
bool mst_sql_conn_rollback(struct mst_sql_conn *conn);
/* Runs a kept statement without parameters. */
int mst_sql_conn_run(struct mst_sql_conn *conn, enum mst_sql_fixed which);

/* A flush failed: nobody knows what is on disk (design.md 5.4). */
bool mst_sql_is_flush_failure(int rc);
/* SQLite may have rolled back more than the statement: the whole transaction is spoilt. */
bool mst_sql_is_spoiling(int rc);
enum mst_err mst_sql_err(int rc);

#endif

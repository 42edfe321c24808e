/*
 * log_file.h - the log as the writer writes it: few large writes instead of two for each page.
 */
#ifndef MST_STORE_SQLITE_LOG_FILE_H
#define MST_STORE_SQLITE_LOG_FILE_H

#include <sqlite3.h>

#include "base/err.h"

/* A VFS over another one, for one writing connection. */
struct mst_sql_log_vfs {
    sqlite3_vfs vfs; /* first: SQLite hands it back */
    sqlite3_vfs *real;
    char name[40];
};

/* real: NULL = the default. The struct must not move until fini. */
MST_MUST_USE int mst_sql_log_vfs_init(struct mst_sql_log_vfs *log_vfs, const char *real);
/* After its connections were closed. Takes a struct of zero bytes too. */
void mst_sql_log_vfs_fini(struct mst_sql_log_vfs *log_vfs);

#endif

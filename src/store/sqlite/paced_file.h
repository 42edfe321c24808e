/*
 * paced_file.h - a database file that goes to the disk piece by piece while a checkpoint writes it.
 */
#ifndef MST_STORE_SQLITE_PACED_FILE_H
#define MST_STORE_SQLITE_PACED_FILE_H

#include <sqlite3.h>
#include <stdint.h>

#include "base/err.h"

/* The file's own methods, with writing and flushing replaced. */
struct mst_sql_paced_file {
    sqlite3_io_methods methods; /* first: the file points here */
    const sqlite3_io_methods *real;
    sqlite3_file *file;
    int n_unflushed; /* bytes written since the last flush */
    sqlite3_int64 run_end;
    uint64_t n_runs; /* ever */
};

/* From now on what is written to db's file is flushed in pieces. paced must outlive the
   connection. SQLite's code, as below. */
MST_MUST_USE int mst_sql_paced_file_set(struct mst_sql_paced_file *paced, sqlite3 *db);
/* Flushes what is left of the last piece. */
MST_MUST_USE int mst_sql_paced_file_flush(struct mst_sql_paced_file *paced);

#endif

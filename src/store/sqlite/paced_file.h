/*
 * paced_file.h - a database file that goes to the disk piece by piece while a checkpoint writes it.
 */
#ifndef MST_STORE_SQLITE_PACED_FILE_H
#define MST_STORE_SQLITE_PACED_FILE_H

#include <sqlite3.h>

#include "base/err.h"

/* The file's own methods, with writing replaced. */
struct mst_sql_paced_file {
    sqlite3_io_methods methods; /* first: the file points here */
    const sqlite3_io_methods *real;
    int n_unflushed; /* bytes; of a long pass more than were */
};

/* From now on what a long pass writes to db's file is flushed in pieces. paced must outlive the
   connection. */
MST_MUST_USE int mst_sql_paced_file_set(struct mst_sql_paced_file *paced, sqlite3 *db);
/* A pass begins. */
void mst_sql_paced_file_begin(struct mst_sql_paced_file *paced);

#endif

/*
 * manifest.h - the file that makes a directory a backup: what is in it, so that a copy of a
 * copy of it can be told from a damaged one. Text, one fact per line, "end" last. Version 1, of
 * musters before content.db, has no line for that file.
 */
#ifndef MST_STORE_SQLITE_MANIFEST_H
#define MST_STORE_SQLITE_MANIFEST_H

#include "base/buf.h"
#include "store/window.h"

#define MST_MANIFEST_NAME "manifest"

enum { MST_SHA256_CHARS = 64, MST_STORE_ID_CHARS = 32, MST_TIME_CHARS = 20 };

struct mst_sql_manifest_file {
    uint64_t bytes; /* 0: the backup has no such file */
    char sha256[MST_SHA256_CHARS + 1];
};

struct mst_sql_manifest {
    char made[MST_TIME_CHARS + 1]; /* 2026-01-31T23:59:59Z */
    char store_id[MST_STORE_ID_CHARS + 1];
    int64_t schema;
    char clock_mark[MST_WINDOW_TEXT_MAX]; /* window time then; "" = none yet */
    struct mst_sql_manifest_file files[MST_FILE_COUNT];
};

/* A time as the manifest writes it, or with letters and digits only: 20260131T235959Z. */
void mst_sql_time_text(int64_t unix_s, bool is_plain, char ret_text[MST_TIME_CHARS + 1]);

/* Size and hash of a file. */
MST_MUST_USE enum mst_err mst_sql_measure(const char *path, struct mst_sql_manifest_file *ret_file);
/* Copies from to a new file of mode 0600, durable, and measures what was written. */
MST_MUST_USE enum mst_err mst_sql_copy(const char *from, const char *to,
                                       struct mst_sql_manifest_file *ret_file);

/* Creates DIR/manifest, durable. */
MST_MUST_USE enum mst_err mst_sql_manifest_write(const char *dir,
                                                 const struct mst_sql_manifest *manifest);
/* MST_ENOENT: DIR is no backup. MST_ESYNTAX: damaged, or cut short. MST_EVERSION. */
MST_MUST_USE enum mst_err mst_sql_manifest_read(const char *dir,
                                                struct mst_sql_manifest *ret_manifest);

#endif

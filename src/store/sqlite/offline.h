/*
 * offline.h - what is done to a store that nobody serves: looking whether it is whole, and taking
 * the files of a backup. The caller holds the directory's lock.
 */
#ifndef MST_STORE_SQLITE_OFFLINE_H
#define MST_STORE_SQLITE_OFFLINE_H

#include "base/buf.h"
#include "core/port_store.h"

/* What a backup's manifest says of it. */
struct mst_backup_facts {
    char made[24];
    char store_id[40];
    uint64_t bytes;
};

/* What a long work tells while it goes on; either call may be NULL. */
struct mst_offline_talk {
    /* what is done now; n_done of n_all steps are over */
    void (*step)(void *arg, const char *what, unsigned n_done, unsigned n_all);
    /* a fault of the store was found */
    void (*fault)(void *arg, const char *text);
    void *arg;
};

bool mst_backup_is(const char *dir); /* is there a manifest? */

/* MST_ENOENT: no backup. MST_ESYNTAX: its manifest is damaged. MST_EVERSION: of a newer muster. */
MST_MUST_USE enum mst_err mst_backup_read(const char *dir, struct mst_backup_facts *ret_facts);

/* Copies a backup's files into the empty directory to, durable, each compared with its hash on the
   way. MST_ECORRUPT: one differs; *ret_file names the file that an error is about. */
MST_MUST_USE enum mst_err mst_backup_copy(const char *from, const char *to, const char **ret_file);

/*
 * Looks at every page and at every fact that one row tells of another. Nothing is changed. A backup
 * is compared with its hashes first. MST_OK also if faults were found. *ret_faults counts those that
 * were found, also before an error ended the look;
 * MST_ENOENT: a file of the store is missing; MST_EVERSION: made by a newer muster;
 * MST_ECORRUPT: so damaged that it cannot be read through.
 */
MST_MUST_USE enum mst_err mst_sqlite_check(const char *dir, const struct mst_offline_talk *talk,
                                           uint64_t *ret_faults);

#endif

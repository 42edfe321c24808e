/* offline.h - musterd --restore and musterd --verify: work on a store that nobody serves. */
#ifndef MST_SERVER_OFFLINE_H
#define MST_SERVER_OFFLINE_H

#include "server/settings.h"

/*
 * Puts the backup in the directory from into the settings' data directory, fenced (core/fence.h).
 * Nothing is overwritten: a directory that holds a store is refused. On success *out gets one JSON
 * object; otherwise the directory is as before and *why has lines that say what to do.
 */
MST_MUST_USE enum mst_err mst_restore(const struct mst_settings *settings, const char *from,
                                      struct mst_buf *out, struct mst_buf *why);

/*
 * Looks whether the store in the data directory, or the backup there, is whole. MST_OK: it is;
 * MST_ECORRUPT: faults were found, or it cannot be read; *why has a line for each. *out gets one JSON object
 * in both cases.
 */
MST_MUST_USE enum mst_err mst_verify(const struct mst_settings *settings, struct mst_buf *out,
                                     struct mst_buf *why);

#endif

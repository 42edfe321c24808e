/*
 * keyring.h - the key file and the store it belongs to (docs/keys.md).
 *
 * The key file is made, flushed to disk, before the first row of a new store, and
 * never again: a store that has rows is refused without the file that they were
 * made with, or with another one.
 */
#ifndef MST_SERVER_KEYRING_H
#define MST_SERVER_KEYRING_H

#include "base/buf.h"
#include "core/domain.h"
#include "server/keys.h"

/*
 * Opens the key file of a store, or makes both on a store without rows. MST_EKEY (missing, wrong,
 * readable by others, not a key file), or what the files and the store answer; *why then
 * says in a line what is wrong and what to do.
 */
MST_MUST_USE enum mst_err mst_keyring_open(struct mst_store *store, const char *key_file,
                                           struct mst_server_keys *ret_keys, struct mst_buf *why);

/*
 * Makes the root client of a new store, and the file that holds its CIK unless it is there. The CIK
 * is derived, so a start that ended between the two, or a lost file, loses nothing: the next start
 * writes it. *ret_is_written tells whether it was written now.
 */
MST_MUST_USE enum mst_err mst_keyring_ensure_root(struct mst_store *store,
                                                  const struct mst_domain *domain,
                                                  const char *cik_file, bool *ret_is_written,
                                                  struct mst_buf *why);

#endif

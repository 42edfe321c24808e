/* command.h - a command run from a thread that may wait: at the start, or one of its own. */
#ifndef MST_SERVER_COMMAND_H
#define MST_SERVER_COMMAND_H

#include "core/port_store.h"

/*
 * Runs run(arg, tx) as a command on the file and waits until it is durable. An ambiguous
 * commit is tried again, so run must be one that finds its own work done. Other errors as they
 * come through the command's done; MST_EUNKNOWN if it stays ambiguous.
 */
MST_MUST_USE enum mst_err mst_command_wait(struct mst_store *store, enum mst_file file,
                                           enum mst_err (*run)(void *arg, struct mst_tx *tx),
                                           void *arg);

#endif

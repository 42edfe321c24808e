/* server.h - the parts of musterd joined: store, keys, domain, loops, listeners. */
#ifndef MST_SERVER_SERVER_H
#define MST_SERVER_SERVER_H

#include "server/settings.h"

/* Exit statuses of musterd. */
enum {
    MST_EXIT_OK = 0,
    MST_EXIT_START = 1,   /* it cannot start; standard error says why */
    MST_EXIT_OPTIONS = 2, /* bad options or settings */
    MST_EXIT_FSYNC = 74   /* a flush to disk failed (EX_IOERR) */
};

/* What settings can be checked for without touching the store: the certificates. MST_EINVAL; a
   line of *why each. */
MST_MUST_USE enum mst_err mst_server_check(const struct mst_settings *settings,
                                           struct mst_buf *why);

struct mst_server;

/*
 * Opens the store, the keys and every listener, and starts the threads. settings must outlive the
 * server. On an error *why has a line that says what to do. SIGTERM, SIGINT and SIGHUP must be
 * blocked in the calling thread.
 */
MST_MUST_USE enum mst_err mst_server_start(const struct mst_settings *settings,
                                           struct mst_server **ret_server, struct mst_buf *why);
/* "ready http=ADDR:PORT https=ADDR:PORT", without a line end. */
void mst_server_print_ready(const struct mst_server *server, struct mst_buf *out);
/* Looks whether loops and committers move on (health.h); true if they do. To be called a few times
   per stall_timeout, by one thread. */
bool mst_server_look(struct mst_server *server);
/* What does not move on; NULL: all does. */
const char *mst_server_problem(const struct mst_server *server);
/*
 * Ends it: no new connection, idle ones closed, requests that are being answered finished, the store
 * closed. What is still busy after drain_timeout ends with the process: this then does not
 * return but exits with status 0, all that was answered being durable already.
 */
void mst_server_stop(struct mst_server *server);

#endif

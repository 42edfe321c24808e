/*
 * net_server.h - a listener on a loop in a thread of its own, and what a test needs
 * to watch it from outside with blocking sockets. Nothing here sleeps: a test waits
 * for counts of events.
 */
#ifndef MST_TESTS_LIB_NET_SERVER_H
#define MST_TESTS_LIB_NET_SERVER_H

#include <pthread.h>

#include "net/stream.h"
#include "net/tls.h"
#include "sys/queue.h"

enum mst_seen {
    MST_SEEN_ACCEPTED,
    MST_SEEN_BYTES, /* counts bytes */
    MST_SEEN_ENDED,
    MST_SEEN_DRAINED,
    MST_SEEN_CLOSED,
    MST_SEEN_COUNT
};

struct mst_net_server {
    struct mst_listener_opts opts; /* may be changed before mst_net_server_start */
    /* Called on the loop's thread if not NULL. */
    bool (*accepted)(struct mst_net_server *server, struct mst_stream *stream);
    void (*received)(struct mst_net_server *server, struct mst_stream *stream,
                     struct mst_span bytes);
    void (*ended)(struct mst_net_server *server, struct mst_stream *stream);
    struct mst_loop *loop;
    struct mst_listener *listener;
    struct mst_thread *thread;
    struct mst_stream *last; /* the stream accepted last; for mst_net_server_do */
    struct mst_buf bytes;    /* all that was received, under the lock */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t seen[MST_SEEN_COUNT];
};

/* Port 0 on 127.0.0.1; received bytes are sent back unless the test sets received. */
void mst_net_server_init(struct mst_net_server *server);
void mst_net_server_start(struct mst_net_server *server);
/* Stops the loop and frees everything; every accepted stream must have been closed. */
void mst_net_server_stop(struct mst_net_server *server);
/* Waits until at least count events of the kind were seen. */
void mst_net_server_wait(struct mst_net_server *server, enum mst_seen what, size_t count);
size_t mst_net_server_seen(struct mst_net_server *server, enum mst_seen what);
/* Runs fn on the loop's thread with the stream accepted last and waits for its end. */
void mst_net_server_do(struct mst_net_server *server,
                       void (*fn)(struct mst_net_server *server, struct mst_stream *stream));
/* Lets the loop go through several turns, so that what is ready has been noticed. */
void mst_net_server_turns(struct mst_net_server *server);
/* A connected blocking socket that gives up after a while. */
int mst_net_server_connect(struct mst_net_server *server);

/* The peer's side; each fails the test on an error. */
void mst_peer_send(int fd, struct mst_span bytes);
/* Exactly len bytes. */
void mst_peer_expect(int fd, struct mst_span bytes);
/* The orderly end of the stream, with nothing before it. */
void mst_peer_expect_end(int fd);
/* The end in any form: end, or reset. */
void mst_peer_expect_gone(int fd);
/* Closes with a reset. */
void mst_peer_reset(int fd);

#endif

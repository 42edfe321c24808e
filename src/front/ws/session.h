/*
 * session.h - one WebSocket connection. Inside front/ws only.
 *
 * The worker (worker.c) holds what sessions share, and ends a drain; in between each goes on by itself, as its
 * stream, its ping and its exchanges tell it. All on the loop's thread.
 */
#ifndef MST_FRONT_WS_SESSION_H
#define MST_FRONT_WS_SESSION_H

#include "front/http/pool.h"
#include "front/ws/ws.h"

struct mst_ws_session;

/* Of the ring of sessions that have begun; the first member of each. */
struct mst_ws_session_link {
    struct mst_ws_session_link *next, *prev;
};

/* What sessions of one loop share. */
struct mst_ws_worker {
    struct mst_exchange_env env; /* came_back is mst_ws_session_came_back */
    struct mst_pool exchanges;
    struct mst_buf out;                  /* frames being written */
    struct mst_buf text;                 /* a message being written */
    struct mst_ws_session_link sessions; /* head of the ring */
    bool is_draining;
    void (*is_empty)(void *arg); /* the last of the ring is gone, in a drain */
    void *arg;
};

/* is_flat: it shows results of subscriptions as [ts, value] (3.3.6, A29). MST_EFULL: the worker has as many as it
   may (ws_sessions_max); MST_ENOMEM. */
MST_MUST_USE enum mst_err mst_ws_session_new(struct mst_ws_worker *worker, bool is_flat,
                                             struct mst_ws_session **ret_session);
/* One that has not begun, or whose loop has ended; NULL is fine. */
void mst_ws_session_free(struct mst_ws_session *session);
/* Takes the stream and what was read of it already. It frees itself when the stream is closed. peer: the
   address as text. */
void mst_ws_session_begin(struct mst_ws_session *session, struct mst_stream *stream,
                          struct mst_span peer, struct mst_span ahead);
/* The worker is draining: it is closed with MST_WS_NORMAL as soon as nothing waits for an answer. */
void mst_ws_session_drain(struct mst_ws_session *session);
/* Of mst_exchange_env. */
void mst_ws_session_came_back(struct mst_exchange *x, enum mst_progress progress);

#endif

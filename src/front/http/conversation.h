/*
 * conversation.h - one connection: bytes in, requests in order, one reply each. Inside front/http only.
 *
 * The worker (worker.c) keeps the memory of conversations, begins them and ends a drain; in between each
 * goes on by itself, as its stream, its timer and its exchanges tell it. All on the loop's thread.
 */
#ifndef MST_FRONT_HTTP_CONVERSATION_H
#define MST_FRONT_HTTP_CONVERSATION_H

#include "front/http/exchange.h"
#include "front/http/pool.h"

struct mst_conversation;

/* What conversations of one loop share. */
struct mst_conversation_env {
    struct mst_exchange_env exchange; /* came_back is mst_conversation_came_back */
    struct mst_pool exchanges;
    struct mst_http_head head; /* of the request being read */
    struct mst_buf out;        /* the reply being written */
    bool is_draining;          /* each reply is the last */
    bool is_impatient;         /* nor is a request awaited that has not begun */
    void (*over)(void *arg, struct mst_conversation *conn); /* it may be begun anew, or freed */
    void *arg;
};

/* The worker's, to keep it in a list; the first member of each. */
struct mst_conversation_link {
    struct mst_conversation_link *next, *prev;
};

/* env must outlive it. MST_ENOMEM. */
MST_MUST_USE enum mst_err mst_conversation_new(struct mst_conversation_env *env,
                                               struct mst_conversation **ret_conn);
/* Its stream was closed before, or its loop has ended. */
void mst_conversation_free(struct mst_conversation *conn);

/* Takes the stream. */
void mst_conversation_begin(struct mst_conversation *conn, struct mst_stream *stream);
/* env->is_draining or env->is_impatient has been set: who waits for a change is answered now, who waits for a
   request, in the second case, is closed. */
void mst_conversation_drain(struct mst_conversation *conn);
/* Of mst_exchange_env. */
void mst_conversation_came_back(struct mst_exchange *x, enum mst_progress progress);

#endif

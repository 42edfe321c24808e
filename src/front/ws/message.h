/*
 * message.h - a message of a session as an exchange of the RPC (protocol.md 3.3.2, 3.3.3). Inside front/ws only.
 *
 * The first says who is calling, and is remembered: all that follow are called with the same auth, which they
 * may repeat to the byte; none may bring another.
 */
#ifndef MST_FRONT_WS_MESSAGE_H
#define MST_FRONT_WS_MESSAGE_H

#include "front/http/pool.h"

/* From whom the messages of a session come. */
struct mst_ws_caller {
    struct mst_ws_session *session;
    struct mst_buf auth;       /* JSON: of the first message */
    bool is_known;             /* which was good: set by the session */
    char peer[MST_ADDR_CHARS]; /* address as text */
};

void mst_ws_caller_init(struct mst_ws_caller *caller, struct mst_ws_session *session);
void mst_ws_caller_fini(struct mst_ws_caller *caller);

/* An exchange that carries out text, ready for mst_exchange_start. caller is its owner, and must outlive it. NULL without
   memory. */
struct mst_exchange *mst_ws_message_new(struct mst_pool *pool, struct mst_ws_caller *caller,
                                        struct mst_span text);
void mst_ws_message_free(struct mst_pool *pool, struct mst_exchange *x);

#endif

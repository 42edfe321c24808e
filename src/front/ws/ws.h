/*
 * ws.h - WebSocket RPC (protocol.md 3.3): the handshake, which is an exchange of the HTTP
 * conversation, and the sessions of a loop, to which the conversation hands its streams over.
 */
#ifndef MST_FRONT_WS_WS_H
#define MST_FRONT_WS_WS_H

#include "front/http/exchange.h"

struct mst_ws_worker;

/* The sessions of env's loop. is_empty is called when the last of them is gone, in a drain. */
MST_MUST_USE enum mst_err mst_ws_worker_new(const struct mst_exchange_env *env,
                                            void (*is_empty)(void *arg), void *arg,
                                            struct mst_ws_worker **ret_worker);
bool mst_ws_worker_is_empty(const struct mst_ws_worker *worker);
/* Sessions are closed with MST_WS_NORMAL (3.3.7), those that are being answered after their answer. */
void mst_ws_worker_drain(struct mst_ws_worker *worker);
void mst_ws_worker_free(struct mst_ws_worker *worker); /* after the loop ended; NULL is fine */

/* After x was answered with 101: its stream, with what was read ahead of it, is a session's. */
void mst_ws_take_over(struct mst_exchange *x, struct mst_stream *stream, struct mst_span ahead);

#endif

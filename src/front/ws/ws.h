/*
 * ws.h - WebSocket RPC (protocol.md 3.3): the handshake, which is an exchange of the HTTP
 * conversation, the sessions of a loop, to which the conversation hands its streams over, and what
 * the procedures of the RPC ask of a session.
 */
#ifndef MST_FRONT_WS_WS_H
#define MST_FRONT_WS_WS_H

#include "core/since.h"
#include "front/http/exchange.h"

struct mst_ws_worker;

/* The sessions of env's loop. is_empty is called when the last of them is gone, in a drain. */
MST_MUST_USE enum mst_err mst_ws_worker_new(const struct mst_exchange_env *env,
                                            void (*is_empty)(void *arg), void *arg,
                                            struct mst_ws_worker **ret_worker);
bool mst_ws_worker_is_empty(const struct mst_ws_worker *worker);
/* Sessions are closed with MST_WS_NORMAL (3.3.7), those that are being answered after their answers. */
void mst_ws_worker_drain(struct mst_ws_worker *worker);
void mst_ws_worker_free(struct mst_ws_worker *worker); /* after the loop ended; NULL is fine */

/* After x was answered with 101: its stream, with what was read ahead of it, is a session's. */
void mst_ws_take_over(struct mst_exchange *x, struct mst_stream *stream, struct mst_span ahead);

/* ---- for front/rpc: of exchanges whose x->session is not NULL ---- */

/* By which clients x was found to call, the key's and the one that acts: if one of them changes, the session
   sees whether it still may. MST_EFULL: x's tenant has its part of the sessions, or of what is watched;
   MST_ENOMEM. */
MST_MUST_USE enum mst_err mst_ws_met(struct mst_exchange *x, int64_t key_id, int64_t caller_id);

struct mst_ws_wanted {
    struct mst_span id;    /* JSON, of subs_id or of the call */
    struct mst_handle rid; /* of the dataport */
    int64_t port_id;
    struct mst_since since;
    uint64_t until_ms; /* by mst_loop_now_ms; 0 = for good */
};

/* A subscription that begins when x is answered. MST_EFULL; MST_ENOMEM; MST_ECLOSED. */
MST_MUST_USE enum mst_err mst_ws_subscribe(struct mst_exchange *x,
                                           const struct mst_ws_wanted *wanted);
/* Ends those of that id, if it is not empty, and of that dataport, if it is not 0. Gives how many. */
size_t mst_ws_unsubscribe(struct mst_exchange *x, struct mst_span id, int64_t port_id);

/* x is a session's own, and repeats the call of a subscription that may have something to show: the call is to show it.
   *ret_since: from where on. */
bool mst_ws_is_showing(const struct mst_exchange *x, struct mst_since *ret_since);
/* A point, and the same as JSON: [time, value]. MST_EMORE: enough for now. */
MST_MUST_USE enum mst_err mst_ws_show(struct mst_exchange *x, const struct mst_row_point *point,
                                      struct mst_span pair);
/* All that there was is shown, or MST_EMORE was said. Without it the subscription ends, and the peer gets the
   answer of the call. */
void mst_ws_shown(struct mst_exchange *x, bool is_all);

#endif

/* session.h - one WebSocket connection. Inside front/ws only. */
#ifndef MST_FRONT_WS_SESSION_H
#define MST_FRONT_WS_SESSION_H

#include "front/ws/ws.h"

struct mst_ws_session;

/* is_flat: it shows results of subscriptions as [ts, value] (3.3.6, A29). MST_EFULL: the worker has as many as it
   may (ws_sessions_max); MST_ENOMEM. */
MST_MUST_USE enum mst_err mst_ws_session_new(struct mst_ws_worker *worker, bool is_flat,
                                             struct mst_ws_session **ret_session);
/* One that has not begun; NULL is fine. */
void mst_ws_session_free(struct mst_ws_session *session);
/* Takes the stream and what was read of it already. It frees itself when the stream is closed. peer: the
   address as text. */
void mst_ws_session_begin(struct mst_ws_session *session, struct mst_stream *stream,
                          struct mst_span peer, struct mst_span ahead);

#endif

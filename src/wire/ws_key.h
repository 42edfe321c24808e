/*
 * ws_key.h - the proof in a WebSocket handshake that the server understood it (RFC 6455 4.2).
 */
#ifndef MST_WIRE_WS_KEY_H
#define MST_WIRE_WS_KEY_H

#include "base/span.h"

enum { MST_WS_ACCEPT_CHARS = 28 };

/* The value of Sec-WebSocket-Accept for that of Sec-WebSocket-Key. MST_ESYNTAX: key is not 16 bytes
   in base64; MST_ENOMEM. */
MST_MUST_USE enum mst_err mst_ws_key_accept(struct mst_span key,
                                            char ret_accept[MST_WS_ACCEPT_CHARS]);

#endif

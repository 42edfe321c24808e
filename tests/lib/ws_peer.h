/*
 * ws_peer.h - the client's side of a WebSocket session: bytes to send, and what must hold of any bytes that come
 * back (RFC 6455, protocol.md 3.3).
 */
#ifndef MST_TESTS_LIB_WS_PEER_H
#define MST_TESTS_LIB_WS_PEER_H

#include "base/buf.h"

#define MST_WS_PEER_SHAKE(path)                                              \
    "GET " path " HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

enum { MST_WS_PEER_TEXT = 1, MST_WS_PEER_CLOSE = 8, MST_WS_PEER_PING = 9, MST_WS_PEER_PONG = 10 };

/* A whole frame, with a mask of zeros. payload has at most 65,535 bytes. */
void mst_ws_peer_add(struct mst_buf *out, unsigned opcode, struct mst_span payload);
/* {"auth":{"cik":...}} as a text frame. */
void mst_ws_peer_add_auth(struct mst_buf *out, const char *cik);

/*
 * Ends the test if got is not what a server may send behind the head that answers a handshake: whole frames, none
 * masked, in pieces or longer than it may be; each text JSON, first of all {"status":"ok"} or an error, then answers and
 * errors; nothing behind a close frame. An unfinished frame at the end is a fault unless is_cut.
 */
void mst_ws_peer_check(struct mst_span got, bool is_cut);

#endif

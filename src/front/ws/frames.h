/*
 * frames.h - WebSocket frames as a server reads and writes them (RFC 6455): bytes in, whole messages
 * and control frames out. No extension is known, so reserved bits are a fault.
 *
 * A text message is UTF-8 or the connection fails. Of frames in pieces the parts gather here, at most
 * max_message bytes of one message.
 */
#ifndef MST_FRONT_WS_FRAMES_H
#define MST_FRONT_WS_FRAMES_H

#include "base/buf.h"

struct mst_ws_frames;

enum mst_ws_opcode {
    MST_WS_CONTINUATION = 0,
    MST_WS_TEXT = 1,
    MST_WS_BINARY = 2,
    MST_WS_CLOSE = 8,
    MST_WS_PING = 9,
    MST_WS_PONG = 10
};

/* Why a connection is closed (RFC 6455 7.4.1). */
enum mst_ws_code {
    MST_WS_NORMAL = 1000,
    MST_WS_PROTOCOL = 1002,
    MST_WS_NO_CODE = 1005, /* never sent: a close frame without a code */
    MST_WS_NOT_UTF8 = 1007,
    MST_WS_POLICY = 1008,
    MST_WS_TOO_BIG = 1009,
    MST_WS_INTERNAL = 1011,
    MST_WS_LATER = 1013 /* in IANA's registry: try again later */
};

/* Something whole that was read: a text or binary message, or a control frame. */
struct mst_ws_frame {
    enum mst_ws_opcode opcode;
    struct mst_span payload; /* until the next call */
    unsigned code;           /* of MST_WS_CLOSE: what the peer said, and is to be told */
};

MST_MUST_USE enum mst_err mst_ws_frames_new(size_t max_message, struct mst_ws_frames **ret_frames);
void mst_ws_frames_free(struct mst_ws_frames *frames); /* NULL is fine */

/*
 * Reads on from bytes until something is whole.
 *   MST_OK       *ret_frame; what follows may lie in bytes, or in here: call again
 *   MST_EMORE    all bytes are used
 *   MST_ESYNTAX  the peer broke the protocol: *ret_code says how to close. Nothing more can be read
 *   MST_ENOMEM   the same, with MST_WS_INTERNAL
 */
MST_MUST_USE enum mst_err mst_ws_frames_read(struct mst_ws_frames *frames, struct mst_cur *bytes,
                                             struct mst_ws_frame *ret_frame, unsigned *ret_code);

/* Memory for what has come of a message: until it was handed out, and mst_ws_frames_read is called again. */
size_t mst_ws_frames_held(const struct mst_ws_frames *frames);

/* Appends a whole frame to out. A payload of a control frame has at most 125 bytes. Error of out. */
enum mst_err mst_ws_frames_write(struct mst_ws_frames *frames, struct mst_buf *out,
                                 enum mst_ws_opcode opcode, struct mst_span payload);
/* Appends a close frame with a code; MST_WS_NO_CODE: without one. */
enum mst_err mst_ws_frames_write_close(struct mst_ws_frames *frames, struct mst_buf *out,
                                       unsigned code);

#endif

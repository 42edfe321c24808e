/*
 * line.h - what a session says: whole frames onto its stream, until it is over. Inside front/ws only.
 *
 * It is over when a close frame was sent, when nothing more is to be said, when something failed, or when the stream
 * was closed. Nothing is sent then, whatever is asked for; what the peer still sends is dropped until the
 * stream ends by itself (mst_stream_finish).
 */
#ifndef MST_FRONT_WS_LINE_H
#define MST_FRONT_WS_LINE_H

#include "front/ws/frames.h"
#include "net/stream.h"

struct mst_ws_line {
    struct mst_stream *stream; /* NULL before it begins, and once it is closed */
    struct mst_ws_frames *frames;
    struct mst_buf *out; /* frames being written; others may write there once those are sent */
    uint64_t n_taken;    /* bytes, by the peer, at the last look */
    bool is_over;
    void (*over)(void *arg); /* it has become so: once */
    void *arg;
};

/* out must outlive it. MST_ENOMEM. */
MST_MUST_USE enum mst_err mst_ws_line_init(struct mst_ws_line *line, struct mst_buf *out,
                                           void (*over)(void *arg), void *arg);
void mst_ws_line_fini(struct mst_ws_line *line); /* all zero is fine */
/* The stream was closed. */
void mst_ws_line_lost(struct mst_ws_line *line);

/* A frame. What cannot be sent closes the stream: nobody can tell what the peer has missed. */
void mst_ws_line_send(struct mst_ws_line *line, enum mst_ws_opcode opcode, struct mst_span payload);
/* The same, not before mst_ws_line_flush. MST_EMORE: enough for now (MST_WS_UNSENT_MAX); MST_EFULL, MST_ENOMEM. */
MST_MUST_USE enum mst_err mst_ws_line_add(struct mst_ws_line *line, struct mst_span text);
void mst_ws_line_flush(struct mst_ws_line *line);

/* Ends it with a close frame of that code (enum mst_ws_code); without one; and with what was sent already lost. */
void mst_ws_line_say_close(struct mst_ws_line *line, unsigned code);
void mst_ws_line_finish(struct mst_ws_line *line);
void mst_ws_line_cut(struct mst_ws_line *line);

/* The peer takes what is sent: at most MST_WS_UNSENT_MAX waits for him. */
bool mst_ws_line_is_taking(const struct mst_ws_line *line);
/* He has taken nothing of what waits for him since the last such look. */
bool mst_ws_line_is_stuck(struct mst_ws_line *line);

#endif

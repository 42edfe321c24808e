/*
 * libwslay reads and writes single frames: lengths, masks, the rules of control frames. What several
 * frames make together is here, since its own event layer accepts frames without a mask from a
 * client, and cannot be stopped between two messages.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

#include "front/ws/frames.h"

#include "core/domain.h"

enum { CONTROL_MAX = 125, CODE_BYTES = 2 };

struct mst_ws_frames {
    wslay_frame_context_ptr wslay;
    struct mst_cur *bytes; /* being read */
    struct mst_buf *out;   /* being written */

    /* the frame at hand */
    bool is_within;
    bool is_final;
    enum mst_ws_opcode opcode;
    uint64_t left;

    enum mst_ws_opcode kind; /* of the message that has begun; MST_WS_CONTINUATION: none has */
    bool is_done;            /* what is in message was handed out */
    struct mst_buf message, control;
};

static ssize_t take_bytes(uint8_t *room, size_t len, int flags, void *arg)
{
    struct mst_ws_frames *frames = arg;
    size_t left = mst_cur_left(frames->bytes);
    struct mst_span part;

    (void)flags;
    if (left == 0 || !mst_cur_take(frames->bytes, left < len ? left : len, &part))
        return -1;
    memcpy(room, part.ptr, part.len);
    return (ssize_t)part.len;
}

static ssize_t put_bytes(const uint8_t *bytes, size_t len, int flags, void *arg)
{
    struct mst_ws_frames *frames = arg;

    (void)flags;
    return mst_buf_add(frames->out, mst_span_of(bytes, len)) == MST_OK ? (ssize_t)len : -1;
}

enum mst_err mst_ws_frames_new(size_t max_message, struct mst_ws_frames **ret_frames)
{
    static const struct wslay_frame_callbacks callbacks = {.send_callback = put_bytes,
                                                           .recv_callback = take_bytes};
    struct mst_ws_frames *frames = calloc(1, sizeof *frames);

    if (!frames)
        return MST_ENOMEM;
    if (wslay_frame_context_init(&frames->wslay, &callbacks, frames) != 0) {
        free(frames);
        return MST_ENOMEM;
    }
    mst_buf_init(&frames->message, max_message);
    mst_buf_init(&frames->control, CONTROL_MAX);
    *ret_frames = frames;
    return MST_OK;
}

void mst_ws_frames_free(struct mst_ws_frames *frames)
{
    if (!frames)
        return;
    wslay_frame_context_free(frames->wslay);
    mst_buf_fini(&frames->message);
    mst_buf_fini(&frames->control);
    free(frames);
}

/* ---- reading ---- */

static bool is_control(enum mst_ws_opcode opcode)
{
    return opcode >= MST_WS_CLOSE;
}

static struct mst_buf *gathered(struct mst_ws_frames *frames)
{
    return is_control(frames->opcode) ? &frames->control : &frames->message;
}

/* What was handed out is not needed any more; an idle connection keeps no memory for messages. */
static void forget_done(struct mst_ws_frames *frames)
{
    if (frames->is_done)
        mst_buf_fini(&frames->message);
    frames->is_done = false;
}

/* May a frame like this come now? */
static bool is_in_order(const struct mst_ws_frames *frames, unsigned opcode)
{
    switch (opcode) {
    case MST_WS_CONTINUATION:
        return frames->kind != MST_WS_CONTINUATION;
    case MST_WS_TEXT:
    case MST_WS_BINARY:
        return frames->kind == MST_WS_CONTINUATION;
    case MST_WS_CLOSE:
    case MST_WS_PING:
    case MST_WS_PONG:
        return true;
    default:
        return false;
    }
}

/* The code to fail with, or 0. */
static unsigned begin_frame(struct mst_ws_frames *frames, const struct wslay_frame_iocb *head)
{
    if (!head->mask || head->rsv != WSLAY_RSV_NONE || !is_in_order(frames, head->opcode))
        return MST_WS_PROTOCOL;
    frames->opcode = (enum mst_ws_opcode)head->opcode;
    if (is_control(frames->opcode)) {
        mst_buf_clear(&frames->control);
    } else {
        if (head->payload_length > frames->message.max_bytes - frames->message.len)
            return MST_WS_TOO_BIG;
        if (frames->opcode != MST_WS_CONTINUATION)
            frames->kind = frames->opcode;
    }
    frames->is_within = true;
    frames->is_final = head->fin;
    frames->left = head->payload_length;
    return 0;
}

static bool is_utf8(struct mst_span text)
{
    struct mst_cur cur = mst_cur_of(text);
    struct mst_span part;

    while (mst_cur_until(&cur, '\0', &part))
        if (!mst_name_is_utf8(part))
            return false;
    return mst_name_is_utf8(mst_cur_rest(&cur));
}

/* Codes that may be sent: those of the RFC and its registry, of libraries, and private ones. */
static bool is_code(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

static unsigned judge_close(struct mst_span payload, struct mst_ws_frame *frame)
{
    if (payload.len == 0) {
        frame->code = MST_WS_NO_CODE;
        return 0;
    }
    if (payload.len < CODE_BYTES)
        return MST_WS_PROTOCOL;
    frame->code = (unsigned char)payload.ptr[0] * 256u + (unsigned char)payload.ptr[1];
    if (!is_code(frame->code))
        return MST_WS_PROTOCOL;
    return is_utf8(mst_span_cut(payload, CODE_BYTES, payload.len)) ? 0 : MST_WS_NOT_UTF8;
}

/* A frame is complete. *ret_is_whole: and with it what is put into *frame. */
static unsigned end_frame(struct mst_ws_frames *frames, struct mst_ws_frame *frame,
                          bool *ret_is_whole)
{
    struct mst_span payload = mst_buf_span(gathered(frames));

    frames->is_within = false;
    *ret_is_whole = frames->is_final;
    if (!frames->is_final)
        return 0;
    *frame = (struct mst_ws_frame){.opcode = frames->opcode, .payload = payload};
    if (is_control(frames->opcode))
        return frames->opcode == MST_WS_CLOSE ? judge_close(payload, frame) : 0;
    frame->opcode = frames->kind;
    frames->kind = MST_WS_CONTINUATION;
    frames->is_done = true;
    return frame->opcode == MST_WS_TEXT && !is_utf8(payload) ? MST_WS_NOT_UTF8 : 0;
}

/* A piece of a frame, perhaps its first and its last at once. */
static unsigned take_piece(struct mst_ws_frames *frames, const struct wslay_frame_iocb *piece,
                           struct mst_ws_frame *frame, bool *ret_is_whole)
{
    unsigned code = frames->is_within ? 0 : begin_frame(frames, piece);

    if (code != 0)
        return code;
    if (mst_buf_add(gathered(frames), mst_span_of(piece->data, piece->data_length)) != MST_OK)
        return MST_WS_INTERNAL;
    frames->left -= piece->data_length;
    return frames->left == 0 ? end_frame(frames, frame, ret_is_whole) : 0;
}

enum mst_err mst_ws_frames_read(struct mst_ws_frames *frames, struct mst_cur *bytes,
                                struct mst_ws_frame *ret_frame, unsigned *ret_code)
{
    struct mst_ws_frame frame = {0};
    bool is_whole = false;
    unsigned code = 0;

    forget_done(frames);
    frames->bytes = bytes;
    while (!is_whole && code == 0) {
        struct wslay_frame_iocb piece = {0};
        ssize_t n = wslay_frame_recv(frames->wslay, &piece);

        if (n == WSLAY_ERR_WANT_READ)
            return MST_EMORE;
        code = n < 0 ? MST_WS_PROTOCOL : take_piece(frames, &piece, &frame, &is_whole);
    }
    if (code != 0) {
        *ret_code = code;
        return code == MST_WS_INTERNAL ? MST_ENOMEM : MST_ESYNTAX;
    }
    *ret_frame = frame;
    return MST_OK;
}

size_t mst_ws_frames_held(const struct mst_ws_frames *frames)
{
    return frames->message.cap;
}

/* ---- writing ---- */

enum mst_err mst_ws_frames_write(struct mst_ws_frames *frames, struct mst_buf *out,
                                 enum mst_ws_opcode opcode, struct mst_span payload)
{
    struct wslay_frame_iocb frame = {.fin = 1,
                                     .opcode = (uint8_t)opcode,
                                     .payload_length = payload.len,
                                     .data = (const uint8_t *)payload.ptr,
                                     .data_length = payload.len};

    assert(!is_control(opcode) || payload.len <= CONTROL_MAX);
    frames->out = out;
    (void)wslay_frame_send(frames->wslay, &frame);
    return mst_buf_err(out);
}

enum mst_err mst_ws_frames_write_close(struct mst_ws_frames *frames, struct mst_buf *out,
                                       unsigned code)
{
    const char bytes[CODE_BYTES] = {(char)(code >> 8), (char)code};

    return mst_ws_frames_write(frames, out, MST_WS_CLOSE,
                               mst_span_of(bytes, code == MST_WS_NO_CODE ? 0 : sizeof bytes));
}

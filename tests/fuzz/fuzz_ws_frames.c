/*
 * What a WebSocket peer sends: the same comes out however the bytes are cut; text is UTF-8; nothing is longer than it
 * may be; after a fault nothing more is read. What is written is understood by the reader once it is masked.
 */
#include "core/domain.h"
#include "front/ws/frames.h"
#include "tests/fuzz/fuzz.h"

enum { MESSAGE_MAX = 300, CONTROL_MAX = 125, TOLD_MAX = 1 << 20 };

static bool is_text(struct mst_span text)
{
    struct mst_cur cur = mst_cur_of(text);
    struct mst_span part;

    while (mst_cur_until(&cur, '\0', &part))
        if (!mst_name_is_utf8(part))
            return false;
    return mst_name_is_utf8(mst_cur_rest(&cur));
}

static void tell(struct mst_buf *told, const struct mst_ws_frame *frame)
{
    assert(frame->payload.len <= (frame->opcode >= MST_WS_CLOSE ? CONTROL_MAX : MESSAGE_MAX));
    assert(frame->opcode != MST_WS_TEXT || is_text(frame->payload));
    assert(frame->opcode != MST_WS_CONTINUATION);
    assert((frame->code != 0) == (frame->opcode == MST_WS_CLOSE));
    (void)mst_buf_addf(told, "%d %u %zu:", (int)frame->opcode, frame->code, frame->payload.len);
    (void)mst_buf_add(told, frame->payload);
}

static void read_all(struct mst_span bytes, bool is_cut, struct mst_buf *told)
{
    struct mst_fuzz_cutter cutter = mst_fuzz_cutter_of(bytes);
    struct mst_ws_frames *frames;
    enum mst_err err = MST_EMORE;
    size_t at = 0;

    assert(mst_ws_frames_new(MESSAGE_MAX, &frames) == MST_OK);
    while (err == MST_EMORE && at < bytes.len) {
        size_t end = is_cut ? at + mst_fuzz_cut(&cutter) : bytes.len;
        struct mst_cur cur = mst_cur_of(mst_span_cut(bytes, at, end));
        struct mst_ws_frame frame;
        unsigned code = 0;

        at = end;
        while ((err = mst_ws_frames_read(frames, &cur, &frame, &code)) == MST_OK)
            tell(told, &frame);
        assert(err == MST_EMORE || err == MST_ESYNTAX);
        assert((err == MST_ESYNTAX) == (code != 0));
        if (code != 0)
            (void)mst_buf_addf(told, "!%u", code);
    }
    assert(mst_buf_err(told) == MST_OK);
    mst_ws_frames_free(frames);
}

/* As a peer would send it: masked, with a mask of zeros. */
static void mask(struct mst_span frame, struct mst_buf *out)
{
    size_t length = (unsigned char)frame.ptr[1], head = length == 127 ? 10 : length == 126 ? 4 : 2;

    (void)mst_buf_add_byte(out, frame.ptr[0]);
    (void)mst_buf_add_byte(out, (char)(length | 0x80));
    (void)mst_buf_add(out, mst_span_cut(frame, 2, head));
    (void)mst_buf_add(out, MST_LIT("\0\0\0\0"));
    (void)mst_buf_add(out, mst_span_cut(frame, head, frame.len));
}

static void write_and_read(struct mst_span payload)
{
    struct mst_ws_frames *frames;
    struct mst_ws_frame frame;
    struct mst_buf plain, masked;
    struct mst_cur cur;
    unsigned code = 0;

    assert(mst_ws_frames_new(TOLD_MAX, &frames) == MST_OK);
    mst_buf_init(&plain, TOLD_MAX);
    mst_buf_init(&masked, TOLD_MAX);
    assert(mst_ws_frames_write(frames, &plain, MST_WS_BINARY, payload) == MST_OK);
    mask(mst_buf_span(&plain), &masked);
    cur = mst_cur_of(mst_buf_span(&masked));
    assert(mst_ws_frames_read(frames, &cur, &frame, &code) == MST_OK);
    assert(frame.opcode == MST_WS_BINARY && mst_span_eq(frame.payload, payload));
    assert(mst_ws_frames_read(frames, &cur, &frame, &code) == MST_EMORE);
    mst_buf_fini(&plain);
    mst_buf_fini(&masked);
    mst_ws_frames_free(frames);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mst_span bytes = mst_span_of(data, size);
    struct mst_buf whole, cut;

    mst_buf_init(&whole, TOLD_MAX);
    mst_buf_init(&cut, TOLD_MAX);
    read_all(bytes, false, &whole);
    read_all(bytes, true, &cut);
    assert(mst_span_eq(mst_buf_span(&whole), mst_buf_span(&cut)));
    write_and_read(bytes);
    mst_buf_fini(&whole);
    mst_buf_fini(&cut);
    return 0;
}

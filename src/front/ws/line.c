#include "base/limits.h"
#include "front/ws/line.h"

enum mst_err mst_ws_line_init(struct mst_ws_line *line, struct mst_buf *out,
                              void (*over)(void *arg), void *arg)
{
    *line = (struct mst_ws_line){.out = out, .over = over, .arg = arg};
    return mst_ws_frames_new(MST_WS_MESSAGE_MAX, &line->frames);
}

void mst_ws_line_fini(struct mst_ws_line *line)
{
    mst_ws_frames_free(line->frames);
}

static void end(struct mst_ws_line *line)
{
    line->is_over = true;
    line->over(line->arg);
}

void mst_ws_line_lost(struct mst_ws_line *line)
{
    line->stream = NULL;
    if (!line->is_over)
        end(line);
}

void mst_ws_line_cut(struct mst_ws_line *line)
{
    if (line->is_over)
        return;
    end(line);
    mst_stream_close(line->stream);
}

void mst_ws_line_finish(struct mst_ws_line *line)
{
    if (line->is_over)
        return;
    end(line);
    mst_stream_finish(line->stream, MST_LINGER_MS);
}

void mst_ws_line_flush(struct mst_ws_line *line)
{
    struct mst_buf *out = line->out;
    enum mst_err err = mst_buf_err(out);

    if (err == MST_OK && out->len > 0 && !line->is_over)
        err = mst_stream_send(line->stream, mst_buf_span(out));
    mst_buf_clear(out);
    if (out->cap > MST_KEPT_BUFFER_MAX)
        mst_buf_fini(out);
    if (err != MST_OK)
        mst_ws_line_cut(line);
}

void mst_ws_line_send(struct mst_ws_line *line, enum mst_ws_opcode opcode, struct mst_span payload)
{
    if (line->is_over)
        return;
    (void)mst_ws_frames_write(line->frames, line->out, opcode, payload);
    mst_ws_line_flush(line);
}

enum mst_err mst_ws_line_add(struct mst_ws_line *line, struct mst_span text)
{
    enum mst_err err = mst_ws_frames_write(line->frames, line->out, MST_WS_TEXT, text);

    return err == MST_OK && line->out->len > MST_WS_UNSENT_MAX ? MST_EMORE : err;
}

void mst_ws_line_say_close(struct mst_ws_line *line, unsigned code)
{
    if (line->is_over)
        return;
    (void)mst_ws_frames_write_close(line->frames, line->out, code);
    mst_ws_line_flush(line);
    mst_ws_line_finish(line);
}

bool mst_ws_line_is_taking(const struct mst_ws_line *line)
{
    return !line->is_over && mst_stream_unsent(line->stream) <= MST_WS_UNSENT_MAX;
}

bool mst_ws_line_is_stuck(struct mst_ws_line *line)
{
    uint64_t before = line->n_taken;

    line->n_taken = mst_stream_taken(line->stream);
    return line->n_taken == before && mst_stream_unsent(line->stream) > 0;
}

/*
 * A stream goes through phases, never back:
 *
 *   PROXY ──▶ HANDSHAKE ──▶ OPEN ──▶ DRAIN ──▶ LINGER ──▶ CLOSING
 *
 * PROXY      a trusted peer: its first bytes say whether a PROXY header comes
 * HANDSHAKE  TLS
 * OPEN       the user has it; before this he does not know of it
 * DRAIN      finish was called (or TLS failed): what is unsent goes out, input is dropped
 * LINGER     our side has ended; input is dropped until the peer ends or time is up
 * CLOSING    descriptor closed, libuv has yet to let go; then closed is called
 *
 * Any phase may go to CLOSING at once. PROXY and HANDSHAKE share one deadline,
 * DRAIN ends when the peer stalls, LINGER has its own.
 *
 * Reading. One buffer per loop serves all streams; what it holds is handed on in
 * the same call. The phases consume it through the cursor inbox. What they leave (an
 * incomplete PROXY header, or TLS records behind a pause) is kept in the stream and
 * comes first next time; while something is kept behind a pause nothing is read.
 *
 * A pause costs no system call: the descriptor stays watched, and only if bytes do
 * arrive is the watch dropped until the resume. The end of the peer's side and
 * resets are noticed even so.
 *
 * Writing goes to the kernel at once; the rest waits in out. TLS encrypts into out
 * and sends from there, so that a reply is one write too. No user's call is made
 * from inside a send, pause, resume, finish or close.
 */
#include <assert.h>
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/internal.h"
#include "net/proxy.h"
#include "net/sockaddr.h"

enum phase {
    PHASE_PROXY,
    PHASE_HANDSHAKE,
    PHASE_OPEN,
    PHASE_DRAIN,
    PHASE_LINGER,
    PHASE_CLOSING,
    PHASE_COUNT
};

enum {
    KEPT_MAX = MST_READ_BYTES + MST_PROXY_HEADER_MAX,
    FLUSH_BYTES = 256 * 1024, /* encrypted bytes that are handed to the kernel in one go */
    ALERT_LINGER_MS = 1000,   /* for the peer to see why his handshake failed */
    STALL_MS = 30000          /* a finished stream whose peer takes nothing for so long is closed */
};

struct mst_stream {
    struct mst_node node;
    uv_poll_t poll;
    int fd;
    int watched; /* UV_READABLE and so on, as libuv was told */
    enum phase phase;
    bool is_paused;
    bool is_read_held;  /* bytes came during the pause: not watched */
    bool has_eof;       /* no more will be read */
    bool has_told_end;  /* ended was called */
    bool has_urgent;    /* out of band data came: exceptional conditions are not watched any more */
    bool wants_drained; /* something had to wait, or the user asked */
    bool is_trusted;
    struct mst_loop *loop;
    struct mst_listener *listener;
    const struct mst_stream_user *user;
    void *arg;
    struct mst_tls_session *tls; /* NULL: plain */
    struct mst_cur inbox;
    struct mst_buf kept;
    struct mst_buf out;
    size_t n_counted; /* of its memory, in loop->unsent_bytes */
    size_t out_pos;   /* bytes of out that the kernel has */
    uint64_t n_sent;  /* bytes that the kernel has taken, ever */
    uint64_t linger_ms;
    struct mst_deadline deadline;
    struct mst_later later;
    struct mst_addr peer, local;
};

static void on_poll(uv_poll_t *poll, int status, int events);

static void watch(struct mst_stream *stream)
{
    int events = 0;

    if (stream->phase == PHASE_CLOSING)
        return;
    if (!stream->has_eof && !stream->is_read_held)
        events |= UV_READABLE;
    else if (!stream->has_urgent)
        events |= UV_PRIORITIZED; /* so that libuv keeps reporting resets */
    if (mst_stream_unsent(stream) > 0 || stream->wants_drained)
        events |= UV_WRITABLE;
    if (events == stream->watched)
        return;
    stream->watched = events;
    (void)uv_poll_start(&stream->poll, events, on_poll);
}

static void count_memory(struct mst_stream *stream)
{
    stream->loop->unsent_bytes += stream->out.cap - stream->n_counted;
    stream->n_counted = stream->out.cap;
}

/* Closing. */

static void on_gone(uv_handle_t *handle)
{
    struct mst_stream *stream = handle->data;

    if (stream->user)
        stream->user->closed(stream->arg);
    mst_metric_sub(MST_M_CONNECTIONS, stream->listener->opts.label, 1);
    mst_node_remove(&stream->node);
    mst_tls_session_free(stream->tls);
    mst_buf_fini(&stream->kept);
    mst_buf_fini(&stream->out);
    count_memory(stream);
    stream->loop->n_open--;
    mst_listener_forget_stream(stream->listener);
    free(stream);
}

void mst_stream_close(struct mst_stream *stream)
{
    if (stream->phase == PHASE_CLOSING)
        return;
    if (stream->phase == PHASE_PROXY || stream->phase == PHASE_HANDSHAKE)
        mst_listener_count_refused(stream->listener, MST_REFUSAL_HANDSHAKE);
    stream->phase = PHASE_CLOSING;
    mst_deadline_clear(&stream->deadline);
    mst_later_clear(&stream->later);
    uv_close((uv_handle_t *)&stream->poll, on_gone);
    (void)close(stream->fd);
}

static void on_deadline(struct mst_deadline *deadline)
{
    mst_stream_close(MST_CONTAINER(deadline, struct mst_stream, deadline));
}

void mst_streams_close_all(struct mst_loop *loop)
{
    struct mst_node *node;

    for (node = loop->streams.next; node != &loop->streams; node = node->next)
        mst_stream_close(MST_CONTAINER(node, struct mst_stream, node));
}

/* Sending. */

size_t mst_stream_unsent(const struct mst_stream *stream)
{
    return stream->out.len - stream->out_pos;
}

static void give_back(struct mst_buf *buf)
{
    if (buf->cap > MST_IDLE_CAP_MAX)
        mst_buf_fini(buf);
    else
        mst_buf_clear(buf);
}

/* Offers bytes to the kernel; *ret_taken may be short. MST_ECLOSED if the connection is dead. */
static enum mst_err offer(struct mst_stream *stream, struct mst_span bytes, size_t *ret_taken)
{
    ssize_t n;

    do
        n = send(stream->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno != EAGAIN)
        return MST_ECLOSED;
    *ret_taken = n > 0 ? (size_t)n : 0;
    stream->n_sent += *ret_taken;
    mst_metric_add(MST_M_SENT, stream->listener->opts.label, *ret_taken);
    return MST_OK;
}

static enum mst_err flush(struct mst_stream *stream)
{
    struct mst_span rest =
        mst_span_cut(mst_buf_span(&stream->out), stream->out_pos, stream->out.len);
    size_t taken = 0;
    enum mst_err err;

    if (rest.len == 0)
        return MST_OK;
    err = offer(stream, rest, &taken);
    if (err != MST_OK)
        return err;
    stream->out_pos += taken;
    if (taken == rest.len) {
        give_back(&stream->out);
        count_memory(stream);
        stream->out_pos = 0;
    } else if (stream->out_pos > stream->out.len / 2) {
        mst_buf_drop_front(&stream->out, stream->out_pos);
        stream->out_pos = 0;
    }
    return MST_OK;
}

static enum mst_err send_plain(struct mst_stream *stream, struct mst_span bytes)
{
    size_t taken = 0;

    if (mst_stream_unsent(stream) == 0) {
        enum mst_err err = offer(stream, bytes, &taken);
        if (err != MST_OK)
            return err;
    }
    if (bytes.len - taken > stream->listener->opts.max_unsent_bytes - mst_stream_unsent(stream))
        return MST_EFULL;
    return mst_buf_add(&stream->out, mst_span_cut(bytes, taken, bytes.len));
}

static enum mst_err send_encrypted(struct mst_stream *stream, struct mst_span bytes)
{
    bool is_waiting = mst_stream_unsent(stream) > 0;
    enum mst_err err = MST_OK;

    for (size_t at = 0; at < bytes.len && err == MST_OK; at += MST_RECORD_MAX) {
        err = mst_tls_session_write(stream->tls, mst_span_cut(bytes, at, at + MST_RECORD_MAX));
        if (err == MST_OK && !is_waiting && mst_stream_unsent(stream) >= FLUSH_BYTES) {
            err = flush(stream);
            is_waiting = mst_stream_unsent(stream) > 0;
        }
        if (mst_stream_unsent(stream) > stream->listener->opts.max_unsent_bytes + FLUSH_BYTES)
            return MST_EFULL;
    }
    if (err == MST_OK && !is_waiting)
        err = flush(stream);
    if (mst_stream_unsent(stream) > stream->listener->opts.max_unsent_bytes)
        return MST_EFULL;
    return err;
}

enum mst_err mst_stream_send(struct mst_stream *stream, struct mst_span bytes)
{
    enum mst_err err;

    if (stream->phase != PHASE_OPEN)
        return MST_ECLOSED;
    if (bytes.len == 0)
        return MST_OK;
    err = stream->tls ? send_encrypted(stream, bytes) : send_plain(stream, bytes);
    count_memory(stream);
    if (err != MST_OK) {
        mst_stream_close(stream);
        return MST_ECLOSED;
    }
    if (mst_stream_unsent(stream) > 0) {
        stream->wants_drained = true;
        watch(stream);
    }
    return MST_OK;
}

void mst_stream_ask_drained(struct mst_stream *stream)
{
    if (stream->phase != PHASE_OPEN)
        return;
    stream->wants_drained = true;
    watch(stream);
}

uint64_t mst_stream_taken(const struct mst_stream *stream)
{
    int n_waiting = 0;

    if (ioctl(stream->fd, SIOCOUTQ, &n_waiting) != 0)
        return stream->n_sent;
    return stream->n_sent - (uint64_t)n_waiting;
}

/* All is with the kernel after finish: end our side. */
static void end_sending(struct mst_stream *stream)
{
    if (stream->has_eof || stream->linger_ms == 0 || shutdown(stream->fd, SHUT_WR) != 0) {
        mst_stream_close(stream);
        return;
    }
    stream->phase = PHASE_LINGER;
    mst_deadline_set(stream->loop, &stream->deadline, stream->linger_ms, on_deadline);
}

static void drain(struct mst_stream *stream, uint64_t linger_ms)
{
    stream->phase = PHASE_DRAIN;
    stream->wants_drained = false;
    stream->linger_ms = linger_ms;
    stream->is_paused = false;
    stream->is_read_held = false;
    mst_later_clear(&stream->later);
    mst_buf_clear(&stream->kept);
    mst_deadline_set(stream->loop, &stream->deadline, STALL_MS, on_deadline);
    if (!(stream->watched & UV_WRITABLE) && flush(stream) != MST_OK) {
        mst_stream_close(stream);
        return;
    }
    if (mst_stream_unsent(stream) == 0)
        end_sending(stream);
    watch(stream);
}

void mst_stream_finish(struct mst_stream *stream, uint64_t linger_ms)
{
    if (stream->phase != PHASE_OPEN)
        return;
    if (stream->tls)
        mst_tls_session_bye(stream->tls);
    drain(stream, linger_ms);
}

static void on_writable(struct mst_stream *stream)
{
    if (flush(stream) != MST_OK) {
        mst_stream_close(stream);
        return;
    }
    if (stream->phase == PHASE_DRAIN)
        mst_deadline_set(stream->loop, &stream->deadline, STALL_MS, on_deadline);
    if (mst_stream_unsent(stream) > 0)
        return;
    if (stream->phase == PHASE_DRAIN) {
        end_sending(stream);
    } else if (stream->phase == PHASE_OPEN && stream->wants_drained) {
        stream->wants_drained = false;
        stream->user->drained(stream->arg);
    }
}

/* Receiving: one function per phase takes from the inbox; true if it, or the next phase, may
   find more to do. */

static void tell_end(struct mst_stream *stream)
{
    stream->has_eof = true;
    if (stream->phase != PHASE_OPEN || stream->has_told_end)
        return;
    stream->has_told_end = true;
    stream->user->ended(stream->arg);
}

static void open_for_user(struct mst_stream *stream)
{
    struct mst_listener *listener = stream->listener;

    mst_deadline_clear(&stream->deadline);
    stream->phase = PHASE_OPEN;
    if (listener->is_closed || !listener->accepted(listener->arg, stream)) {
        stream->user = NULL;
        mst_stream_close(stream);
        return;
    }
    assert(stream->user);
}

/* Behind the PROXY header, or where none can come. */
static void begin(struct mst_stream *stream)
{
    const struct mst_tls *tls = stream->listener->opts.tls;

    if (!tls)
        open_for_user(stream);
    else if (mst_tls_session_new(tls, &stream->inbox, &stream->out, &stream->tls) != MST_OK)
        mst_stream_close(stream);
    else
        stream->phase = PHASE_HANDSHAKE;
}

static bool run_proxy(struct mst_stream *stream)
{
    struct mst_cur *inbox = &stream->inbox;
    struct mst_proxy proxy;

    switch ((int)mst_proxy_parse(mst_span_cut(inbox->src, inbox->pos, inbox->src.len), &proxy)) {
    case MST_OK:
        (void)mst_cur_skip(inbox, proxy.len);
        if (proxy.is_named)
            stream->peer = proxy.src;
        begin(stream);
        return true;
    case MST_ENOENT:
        begin(stream);
        return true;
    case MST_EMORE:
        return false;
    default:
        mst_stream_close(stream);
        return false;
    }
}

/* Sends what TLS wants to say by itself. False if the connection is dead, and now closed. */
static bool flush_tls(struct mst_stream *stream)
{
    if (!(stream->watched & UV_WRITABLE) && flush(stream) != MST_OK) {
        mst_stream_close(stream);
        return false;
    }
    return true;
}

static bool run_handshake(struct mst_stream *stream)
{
    enum mst_err err = mst_tls_session_handshake(stream->tls);

    if (err == MST_OK || err == MST_EMORE) {
        if (!flush_tls(stream))
            return false;
        if (err == MST_OK)
            open_for_user(stream);
        return err == MST_OK;
    }
    mst_listener_count_refused(stream->listener, MST_REFUSAL_HANDSHAKE);
    drain(stream, ALERT_LINGER_MS);
    return true;
}

static bool run_open_plain(struct mst_stream *stream)
{
    stream->user->received(stream->arg, mst_cur_rest(&stream->inbox));
    return true;
}

static bool run_open_tls(struct mst_stream *stream)
{
    char *room = stream->loop->plain_bytes;
    size_t len;

    switch ((int)mst_tls_session_read(stream->tls, room, &len)) {
    case MST_OK:
        stream->user->received(stream->arg, mst_span_of(room, len));
        return true;
    case MST_EMORE:
        (void)flush_tls(stream);
        return false;
    case MST_ECLOSED:
        tell_end(stream);
        return true;
    default:
        drain(stream, ALERT_LINGER_MS);
        return true;
    }
}

static bool run_open(struct mst_stream *stream)
{
    if (stream->is_paused || mst_cur_at_end(&stream->inbox))
        return false;
    if (stream->has_eof) /* behind a close_notify */
        stream->inbox.pos = stream->inbox.src.len;
    return stream->tls ? run_open_tls(stream) : run_open_plain(stream);
}

static bool run_drop(struct mst_stream *stream)
{
    (void)mst_cur_rest(&stream->inbox);
    return false;
}

static bool (*const phases[PHASE_COUNT])(struct mst_stream *stream) = {
    [PHASE_PROXY] = run_proxy, [PHASE_HANDSHAKE] = run_handshake, [PHASE_OPEN] = run_open,
    [PHASE_DRAIN] = run_drop,  [PHASE_LINGER] = run_drop,         [PHASE_CLOSING] = run_drop,
};

/* Lets the phases consume what is kept and the new bytes, and keeps what they leave. */
static void take_in(struct mst_stream *stream, struct mst_span bytes)
{
    bool is_from_kept = stream->kept.len > 0;

    if (is_from_kept && mst_buf_add(&stream->kept, bytes) != MST_OK) {
        mst_stream_close(stream);
        return;
    }
    stream->inbox = mst_cur_of(is_from_kept ? mst_buf_span(&stream->kept) : bytes);
    while (phases[stream->phase](stream))
        ;
    if (is_from_kept)
        mst_buf_drop_front(&stream->kept, stream->inbox.pos);
    else if (mst_buf_add(&stream->kept, mst_cur_rest(&stream->inbox)) != MST_OK)
        mst_stream_close(stream);
    if (stream->kept.len == 0)
        give_back(&stream->kept);
    stream->inbox = mst_cur_of(MST_LIT(""));
}

static void on_later(struct mst_later *later)
{
    struct mst_stream *stream = MST_CONTAINER(later, struct mst_stream, later);

    take_in(stream, MST_LIT(""));
    watch(stream);
}

static void on_eof(struct mst_stream *stream)
{
    stream->has_eof = true;
    if (stream->phase == PHASE_OPEN)
        tell_end(stream);
    else if (stream->phase != PHASE_DRAIN)
        mst_stream_close(stream);
}

/* Something came during a pause. Bytes must wait, the peer's end need not. */
static void on_readable_paused(struct mst_stream *stream)
{
    char c;

    if (stream->kept.len == 0 && recv(stream->fd, &c, 1, MSG_PEEK) == 0)
        on_eof(stream);
    else
        stream->is_read_held = true;
}

static void on_readable(struct mst_stream *stream)
{
    ssize_t n;

    if (stream->is_paused) {
        on_readable_paused(stream);
        return;
    }
    if (stream->phase == PHASE_OPEN && stream->kept.len > 0)
        return; /* resumed in this turn: the kept bytes come first */
    n = recv(stream->fd, stream->loop->read_bytes, MST_READ_BYTES, 0);
    if (n > 0)
        mst_metric_add(MST_M_RECEIVED, stream->listener->opts.label, (size_t)n);
    if (n > 0)
        take_in(stream, mst_span_of(stream->loop->read_bytes, (size_t)n));
    else if (n == 0)
        on_eof(stream);
    else if (errno != EAGAIN && errno != EINTR)
        mst_stream_close(stream);
}

/* Nothing is read, but the connection broke, or somebody sent out of band data. */
static void on_exceptional(struct mst_stream *stream)
{
    struct pollfd now = {.fd = stream->fd};

    if (poll(&now, 1, 0) > 0 && (now.revents & (POLLERR | POLLHUP)))
        mst_stream_close(stream);
    else
        stream->has_urgent = true;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct mst_stream *stream = poll->data;

    if (status < 0) {
        mst_stream_close(stream);
        return;
    }
    if (events & UV_PRIORITIZED)
        on_exceptional(stream);
    if ((events & UV_READABLE) && stream->phase != PHASE_CLOSING)
        on_readable(stream);
    if ((events & UV_WRITABLE) && stream->phase != PHASE_CLOSING)
        on_writable(stream);
    watch(stream);
}

void mst_stream_pause(struct mst_stream *stream)
{
    if (stream->phase == PHASE_OPEN)
        stream->is_paused = true;
}

void mst_stream_resume(struct mst_stream *stream)
{
    if (!stream->is_paused)
        return;
    stream->is_paused = false;
    stream->is_read_held = false;
    if (stream->kept.len > 0)
        mst_later_add(stream->loop, &stream->later);
    watch(stream);
}

/* Opening, and what a user may ask. */

void mst_stream_open(struct mst_listener *listener, int fd, const struct mst_addr *peer)
{
    const struct mst_listener_opts *opts = &listener->opts;
    struct mst_stream *stream = calloc(1, sizeof *stream);

    if (!stream || uv_poll_init_socket(&listener->loop->uv, &stream->poll, fd) != 0) {
        mst_listener_count_refused(listener, MST_REFUSAL_MEMORY);
        free(stream);
        (void)close(fd);
        return;
    }
    stream->poll.data = stream;
    stream->fd = fd;
    stream->later.run = on_later;
    stream->loop = listener->loop;
    stream->listener = listener;
    stream->peer = *peer;
    stream->local = listener->is_any_addr ? mst_addr_of_socket(fd) : listener->addr;
    stream->is_trusted = opts->trusted && mst_addr_set_has(opts->trusted, peer);
    stream->inbox = mst_cur_of(MST_LIT(""));
    mst_buf_init(&stream->kept, KEPT_MAX);
    /* What the kernel has taken is dropped once it is more than half of the buffer. */
    mst_buf_init(&stream->out, 2 * opts->max_unsent_bytes + 2 * (size_t)FLUSH_BYTES);
    listener->n_streams++;
    mst_metric_add(MST_M_CONNECTIONS, listener->opts.label, 1);
    listener->loop->n_open++;
    mst_node_add(&listener->loop->streams, &stream->node);
    stream->phase = PHASE_PROXY;
    if (stream->is_trusted || opts->tls)
        mst_deadline_set(stream->loop, &stream->deadline, opts->handshake_ms, on_deadline);
    if (!stream->is_trusted)
        begin(stream);
    watch(stream);
}

void mst_stream_set_user(struct mst_stream *stream, const struct mst_stream_user *user, void *arg)
{
    stream->user = user;
    stream->arg = arg;
}

struct mst_loop *mst_stream_loop(const struct mst_stream *stream)
{
    return stream->loop;
}

const struct mst_addr *mst_stream_peer(const struct mst_stream *stream)
{
    return &stream->peer;
}

const struct mst_addr *mst_stream_local(const struct mst_stream *stream)
{
    return &stream->local;
}

bool mst_stream_is_trusted(const struct mst_stream *stream)
{
    return stream->is_trusted;
}

bool mst_stream_is_tls(const struct mst_stream *stream)
{
    return stream->tls != NULL;
}

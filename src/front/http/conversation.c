/*
 * The states of a conversation. What of a body is still to come is told by body.h, how long the peer is waited for by
 * patience.h.
 *
 *   HEAD ──head──▶ BODY ──body──▶ BUSY ──reply──▶ HEAD
 *                   ▲               │ │ the peer does not take it: SENDING ──▶ HEAD
 *                   └─ next piece ──┘ │ more is to come: SENDING ──▶ BUSY
 *                                     │ nobody wanted the body: SKIP ──▶ HEAD
 *                                     ├ 101: LEAVING
 *                                     └ the last reply: CLOSING
 *
 * - An exchange may sleep while BUSY until something changes (waiting.h). No deadline runs then and nothing
 *   is sent. It is hurried when the peer ends its side, which by then is all that it still can say, and when
 *   the worker drains. One that goes away finds its exchange dropped at once.
 * - A body is read whole before its exchange begins, or, if its route says so, in
 *   pieces between the exchange's steps: then BUSY comes first, at the end of the
 *   head. An exchange that ends before its body does is answered at once. What is
 *   left of the body is skipped if it is short and sure to come; else the
 *   connection ends, since nobody can tell where the next request begins.
 * - A long reply goes out piece by piece as the peer takes it, one piece per turn of
 *   the loop. Its length was told in the head: when a piece fails the connection is closed.
 * - One request is in flight at a time. What arrives meanwhile is kept in `in`;
 *   beyond MST_PIPELINE_MAX the stream is paused.
 * - `in` holds only bytes not yet understood. While it is empty, requests are read
 *   straight from what the stream handed over.
 * - The timer has one meaning per phase: idle, head, body, send.
 * - Whatever is wrong with the framing ends the conversation: error reply,
 *   Connection: close, lingering close, so that the reply is not lost to a reset.
 * - LEAVING: the stream, with what was read ahead, is handed over to front/ws, and the connection's
 *   memory is free for another.
 * - A connection that closes while its request is with the store, or between two turns, stays in
 *   memory until the answer comes; the answer is then dropped.
 * - An idle connection holds no exchange.
 */
#include <assert.h>
#include <stdlib.h>

#include "front/http/body.h"
#include "front/http/conversation.h"
#include "front/http/forwarded.h"
#include "front/http/patience.h"
#include "front/ws/ws.h"
#include "sys/clock.h"

enum phase { HEAD, BODY, BUSY, SENDING, SKIP, LEAVING, CLOSING };

struct mst_conversation {
    struct mst_conversation_link link; /* first */
    struct mst_conversation_env *env;
    struct mst_stream *stream; /* NULL once it is closed */
    struct mst_patience patience;
    struct mst_exchange *x; /* from the end of the head to the reply */
    struct mst_buf in;
    size_t seen; /* bytes of in that were looked through for the end of a head */
    enum phase phase;
    struct mst_body body;
    uint64_t n_owed; /* bytes of a long reply that the peer was promised */
    unsigned n_requests;
    bool is_waiting; /* x is under way: with the store, on another thread, or between two turns */
    bool is_asleep;  /* x waits for a change */
    bool is_head_begun; /* the head's deadline is running */
    bool is_last;       /* close after this reply */
    bool is_keep_alive_told;
    bool is_head_method;
    bool is_ended; /* the peer sends no more */
    bool is_paused;
    char peer[MST_ADDR_CHARS];
};

static const struct mst_http_opts *opts_of(const struct mst_conversation *conn)
{
    return conn->env->exchange.opts;
}

/* ---- memory ---- */

static void timer_fired(void *arg);

enum mst_err mst_conversation_new(struct mst_conversation_env *env,
                                  struct mst_conversation **ret_conn)
{
    struct mst_conversation *conn = calloc(1, sizeof *conn);

    if (!conn)
        return MST_ENOMEM;
    if (mst_patience_init(&conn->patience, env->exchange.loop, timer_fired, conn) != MST_OK) {
        free(conn);
        return MST_ENOMEM;
    }
    conn->env = env;
    mst_buf_init(&conn->in, MST_READ_AHEAD_MAX);
    *ret_conn = conn;
    return MST_OK;
}

static void give_exchange(struct mst_conversation *conn)
{
    if (conn->x)
        mst_pool_give(&conn->env->exchanges, conn->x);
    conn->x = NULL;
    conn->is_asleep = false;
}

void mst_conversation_free(struct mst_conversation *conn)
{
    give_exchange(conn);
    mst_patience_fini(&conn->patience);
    mst_buf_fini(&conn->in);
    free(conn);
}

static void shrink_input(struct mst_conversation *conn)
{
    if (conn->in.len == 0 && (conn->in.cap > MST_PIPELINE_MAX || conn->is_asleep))
        mst_buf_fini(&conn->in);
}

/* Nothing is left to be done, and its stream is closed or another's. */
static void end(struct mst_conversation *conn)
{
    give_exchange(conn);
    mst_patience_clear(&conn->patience);
    mst_buf_clear(&conn->in);
    shrink_input(conn);
    conn->env->over(conn->env->arg, conn);
}

/* ---- sending ---- */

static void start_closing(struct mst_conversation *conn)
{
    conn->phase = CLOSING;
    mst_buf_clear(&conn->in);
    mst_patience_clear(&conn->patience);
}

static void close_now(struct mst_conversation *conn)
{
    start_closing(conn);
    mst_stream_close(conn->stream);
}

/* The peer need not end its side: there is no reply on its way that a reset could overtake. */
static void close_idle(struct mst_conversation *conn)
{
    start_closing(conn);
    mst_stream_finish(conn->stream, 0);
}

static void close_gently(struct mst_conversation *conn)
{
    start_closing(conn);
    mst_stream_finish(conn->stream, MST_LINGER_MS);
}

static void await_head(struct mst_conversation *conn)
{
    conn->seen = 0;
    conn->is_head_begun = false;
    if (!mst_body_is_whole(&conn->body)) {
        conn->phase = SKIP;
        mst_patience_set_deadline(&conn->patience, opts_of(conn)->body_ms);
    } else {
        conn->phase = HEAD;
        mst_patience_set_deadline(&conn->patience, opts_of(conn)->idle_ms);
    }
}

static bool is_last_reply(const struct mst_conversation *conn)
{
    return conn->is_last || conn->x->is_last || conn->env->is_draining ||
           (conn->is_ended && conn->in.len == 0) || !mst_body_is_skippable(&conn->body) ||
           conn->n_requests >= opts_of(conn)->requests_per_connection;
}

static void await_taking(struct mst_conversation *conn)
{
    conn->phase = SENDING;
    mst_patience_await_taking(&conn->patience);
}

/* A piece of the reply, or the whole, was given to the stream. */
static void sent(struct mst_conversation *conn, enum mst_err err)
{
    if (err == MST_OK && conn->n_owed > 0) {
        await_taking(conn);
        mst_stream_ask_drained(conn->stream);
        return;
    }
    mst_exchange_count(conn->x);
    if (err == MST_OK && conn->x->status == 101) {
        conn->phase = LEAVING;
        return;
    }
    give_exchange(conn);
    if (err != MST_OK) {
        close_now(conn);
    } else if (conn->is_last) {
        close_gently(conn);
    } else if (mst_stream_unsent(conn->stream) == 0) {
        await_head(conn);
    } else if (conn->patience.is_paced) {
        await_taking(conn);
    } else {
        conn->phase = SENDING;
        mst_patience_set_deadline(&conn->patience, opts_of(conn)->send_ms);
    }
}

static uint64_t n_to_follow(const struct mst_exchange *x)
{
    return x->long_reply.total > 0 ? x->long_reply.total - mst_exchange_reply(x).len : 0;
}

/* Sends the head of the exchange's reply, and what there is of its body, in one call. */
static void reply(struct mst_conversation *conn)
{
    struct mst_exchange *x = conn->x;
    struct mst_buf *out = &conn->env->out;
    struct mst_http_reply message;
    enum mst_err err;

    conn->is_last = x->status != 101 && is_last_reply(conn);
    message = (struct mst_http_reply){
        .status = x->status,
        .date = mst_clock_wall_s(),
        .content_type = x->content_type_out,
        .is_closing = conn->is_last,
        .is_keep_alive_told = conn->is_keep_alive_told && !conn->is_last,
        .is_secret = x->is_secret,
        .extra = mst_buf_span(&x->extra),
        .body = mst_exchange_reply(x),
        .n_more = n_to_follow(x),
        .is_head = conn->is_head_method,
    };
    conn->n_owed = conn->is_head_method ? 0 : message.n_more;
    if (conn->n_owed > 0)
        mst_patience_begin_pace(&conn->patience, opts_of(conn)->send_ms, conn->stream);
    else
        mst_patience_end_pace(&conn->patience);
    err = mst_http_reply_write(out, &message);
    if (err == MST_OK)
        err = mst_stream_send(conn->stream, mst_buf_span(out));
    if (x->is_secret)
        mst_buf_wipe(out);
    mst_buf_clear(out);
    if (out->cap > MST_KEPT_BUFFER_MAX)
        mst_buf_fini(out);
    sent(conn, err);
}

/* The next piece of a reply whose head is gone. */
static void send_piece(struct mst_conversation *conn)
{
    const struct mst_exchange *x = conn->x;
    struct mst_span piece = mst_exchange_reply(x);

    if (x->status >= 400) { /* the piece could not be made: there is no honest way on */
        conn->n_owed = 0;
        sent(conn, MST_ECLOSED);
        return;
    }
    assert(piece.len > 0 && piece.len <= conn->n_owed);
    conn->n_owed -= piece.len;
    sent(conn, mst_stream_send(conn->stream, piece));
}

static void await_piece(struct mst_conversation *conn);

/* Does what the exchange asks for. */
static void proceed(struct mst_conversation *conn, enum mst_progress progress)
{
    if (progress == MST_ASLEEP && (conn->is_ended || conn->env->is_draining))
        progress = mst_exchange_hurry(conn->x);
    conn->phase = BUSY;
    conn->is_waiting = progress == MST_RUNNING;
    conn->is_asleep = progress == MST_ASLEEP;
    if (progress == MST_WANTS_PIECE)
        await_piece(conn);
    else if (progress == MST_ANSWERED && conn->n_owed > 0)
        send_piece(conn);
    else if (progress == MST_ANSWERED)
        reply(conn);
}

/* Answers what could not be read and ends the conversation. */
static void refuse(struct mst_conversation *conn, unsigned status)
{
    conn->is_last = true;
    if (conn->x && mst_exchange_is_in_pieces(conn->x) && conn->phase == BODY) {
        proceed(conn, mst_exchange_give_up(conn->x, status));
        return;
    }
    if (!conn->x)
        conn->x = mst_pool_take(&conn->env->exchanges);
    if (!conn->x) {
        close_now(conn);
        return;
    }
    mst_exchange_reset(conn->x);
    mst_exchange_fail(conn->x, status);
    reply(conn);
}

/* ---- reading ---- */

static enum mst_err tell_to_continue(struct mst_conversation *conn)
{
    if (!conn->body.is_continue_due)
        return MST_OK;
    conn->body.is_continue_due = false;
    return mst_stream_send(conn->stream, MST_LIT("HTTP/1.1 100 Continue\r\n\r\n"));
}

static void await_piece(struct mst_conversation *conn)
{
    if (tell_to_continue(conn) != MST_OK) {
        close_now(conn);
        return;
    }
    conn->phase = BODY;
    if (mst_body_is_whole(&conn->body)) {
        conn->x->is_body_whole = true;
        proceed(conn, mst_exchange_continue(conn->x));
        return;
    }
    mst_patience_await_sending(&conn->patience);
}

/* The body, or the piece, is complete. */
static void body_read(struct mst_conversation *conn)
{
    struct mst_exchange *x = conn->x;

    x->is_body_whole = mst_body_is_whole(&conn->body);
    proceed(conn, mst_exchange_is_in_pieces(x) ? mst_exchange_continue(x) : mst_exchange_start(x));
}

/* Who asks, and where. Without memory for it the address of the connection must do. */
static void take_addresses(struct mst_conversation *conn)
{
    struct mst_exchange *x = conn->x;
    struct mst_addr addr = *mst_stream_peer(conn->stream);
    char text[MST_ADDR_CHARS];

    x->local = *mst_stream_local(conn->stream);
    x->peer = mst_span_str(conn->peer);
    if (!mst_forwarded_resolve(opts_of(conn)->trusted, &conn->env->head, &addr))
        return;
    mst_addr_print_ip(&addr, text);
    if (mst_arena_dup(&x->arena, mst_span_str(text), &x->peer) != MST_OK)
        x->peer = mst_span_str(conn->peer);
}

/* The exchange of the head that was read. False: there is none, or it was refused. */
static bool take_request(struct mst_conversation *conn)
{
    uint64_t max_bytes;
    enum mst_err err;

    conn->x = mst_pool_take(&conn->env->exchanges);
    if (!conn->x) {
        close_now(conn);
        return false;
    }
    conn->x->owner = conn;
    conn->x->began_ns = mst_clock_mono_ns();
    err = mst_exchange_take_head(conn->x, &conn->env->head);
    if (err != MST_OK) {
        refuse(conn, err == MST_ESYNTAX ? 400 : 503);
        return false;
    }
    take_addresses(conn);
    max_bytes = mst_exchange_body_max(conn->x);
    if (mst_body_limit(&conn->body, max_bytes) != MST_OK) {
        refuse(conn, 413);
        return false;
    }
    conn->x->body.max_bytes =
        mst_exchange_is_in_pieces(conn->x) ? MST_PIECE_MAX : (size_t)max_bytes;
    return true;
}

/* Into BODY, or BUSY if there is nothing to wait for or the exchange begins before its body. */
static void begin_request(struct mst_conversation *conn)
{
    struct mst_exchange *x = conn->x;

    if (mst_exchange_is_in_pieces(x)) {
        mst_patience_begin_pace(&conn->patience, opts_of(conn)->body_ms, NULL);
        proceed(conn, mst_exchange_start(x));
        return;
    }
    if (mst_body_is_whole(&conn->body)) {
        body_read(conn);
        return;
    }
    conn->phase = BODY;
    mst_patience_set_deadline(&conn->patience, opts_of(conn)->body_ms);
    if (tell_to_continue(conn) != MST_OK)
        close_now(conn);
}

/* A head is complete. has_more: bytes follow it already. */
static void head_read(struct mst_conversation *conn, bool has_more)
{
    const struct mst_http_head *head = &conn->env->head;

    conn->n_requests++;
    conn->is_head_begun = false;
    conn->is_last = head->wants_close;
    conn->is_keep_alive_told = head->is_keep_alive_asked;
    conn->is_head_method = head->method == MST_METHOD_HEAD;
    mst_body_begin(&conn->body, head, has_more);
    if (take_request(conn))
        begin_request(conn);
}

/* The readers take from the front of bytes and say how much; *ret_is_stuck: more must come. */

static size_t read_head(struct mst_conversation *conn, struct mst_span bytes, bool *ret_is_stuck)
{
    enum mst_http_flaw flaw = MST_FLAW_NONE;
    size_t size = 0;
    enum mst_err err = mst_http_head_parse(bytes, conn->seen, MST_LINE_MAX, MST_HEAD_MAX,
                                           &conn->env->head, &size, &flaw);

    if (err == MST_OK) {
        conn->seen = 0;
        head_read(conn, size < bytes.len);
        return size;
    }
    if (err == MST_EMORE) {
        *ret_is_stuck = true;
        conn->seen = bytes.len - size;
        if (conn->seen > 0 && !conn->is_head_begun) {
            conn->is_head_begun = true;
            mst_patience_set_deadline(&conn->patience, opts_of(conn)->head_ms);
        }
        return size;
    }
    conn->is_head_method = false;
    conn->is_keep_alive_told = false;
    refuse(conn,
           flaw == MST_FLAW_TOO_LARGE || flaw == MST_FLAW_NOT_IMPLEMENTED ? (unsigned)flaw : 400);
    return bytes.len;
}

/* How much of bytes may be read before the piece is full; all if the body does not go in pieces. */
static struct mst_span cut_piece(const struct mst_conversation *conn, struct mst_span bytes)
{
    const struct mst_buf *body = &conn->x->body;

    if (!mst_exchange_is_in_pieces(conn->x))
        return bytes;
    return mst_span_cut(bytes, 0, body->max_bytes - body->len);
}

static bool is_piece_full(const struct mst_conversation *conn)
{
    return mst_exchange_is_in_pieces(conn->x) && conn->x->body.len == conn->x->body.max_bytes;
}

static size_t read_body(struct mst_conversation *conn, struct mst_span bytes, bool *ret_is_stuck)
{
    size_t used = 0;
    enum mst_err err = mst_body_read(&conn->body, cut_piece(conn, bytes), &conn->x->body, &used);

    if (err == MST_OK && !mst_exchange_is_in_pieces(conn->x) && !mst_exchange_hold(conn->x))
        err = MST_ENOMEM;
    if (err != MST_OK) {
        refuse(conn, err == MST_EFULL ? 413 : err == MST_ESYNTAX ? 400 : 503);
        return bytes.len;
    }
    mst_patience_came(&conn->patience, used);
    if (mst_body_is_whole(&conn->body) || is_piece_full(conn))
        body_read(conn);
    else
        *ret_is_stuck = used == bytes.len;
    return used;
}

static size_t skip_body(struct mst_conversation *conn, struct mst_span bytes)
{
    size_t n = mst_body_skip(&conn->body, bytes);

    if (mst_body_is_whole(&conn->body))
        await_head(conn);
    return n;
}

static bool is_reading(const struct mst_conversation *conn)
{
    return conn->phase == HEAD || conn->phase == BODY || conn->phase == SKIP;
}

/* Reads and answers as many requests as bytes hold; gives how many bytes are done with. */
static size_t consume(struct mst_conversation *conn, struct mst_span bytes)
{
    size_t used = 0;
    bool is_stuck = false;

    while (is_reading(conn) && !is_stuck && used < bytes.len) {
        struct mst_span rest = mst_span_cut(bytes, used, bytes.len);

        if (conn->phase == HEAD)
            used += read_head(conn, rest, &is_stuck);
        else if (conn->phase == BODY)
            used += read_body(conn, rest, &is_stuck);
        else
            used += skip_body(conn, rest);
    }
    return used;
}

static void consume_input(struct mst_conversation *conn)
{
    size_t used = consume(conn, mst_buf_span(&conn->in));

    mst_buf_drop_front(&conn->in, used);
    shrink_input(conn);
}

static void hand_over(struct mst_conversation *conn)
{
    if (conn->is_paused)
        mst_stream_resume(conn->stream);
    mst_ws_take_over(conn->x, conn->stream, mst_buf_span(&conn->in));
    conn->stream = NULL;
    end(conn);
}

/* Brings flow control and the end of the conversation in line with the phase. conn may be gone after
   it. */
static void after_work(struct mst_conversation *conn)
{
    if (conn->phase == CLOSING)
        return;
    if (conn->phase == LEAVING && conn->is_ended) { /* half a connection is no session */
        close_gently(conn);
        return;
    }
    if (conn->phase == LEAVING) {
        hand_over(conn);
        return;
    }
    if (!is_reading(conn)) {
        if (conn->in.len > MST_PIPELINE_MAX && !conn->is_paused) {
            conn->is_paused = true;
            mst_stream_pause(conn->stream);
        }
        shrink_input(conn);
        return;
    }
    if (conn->is_ended) {
        close_gently(conn);
        return;
    }
    if (conn->env->is_impatient && conn->phase == HEAD && conn->in.len == 0) {
        close_idle(conn);
        return;
    }
    if (conn->is_paused) {
        conn->is_paused = false;
        mst_stream_resume(conn->stream);
    }
}

static void keep(struct mst_conversation *conn, struct mst_span bytes)
{
    if (conn->phase != CLOSING && bytes.len > 0 && mst_buf_add(&conn->in, bytes) != MST_OK)
        close_now(conn);
}

/* ---- what the stream tells ---- */

static void received(void *arg, struct mst_span bytes)
{
    struct mst_conversation *conn = arg;

    if (conn->in.len > 0) {
        keep(conn, bytes);
        if (is_reading(conn))
            consume_input(conn);
    } else {
        size_t used = consume(conn, bytes);

        keep(conn, mst_span_cut(bytes, used, bytes.len));
    }
    after_work(conn);
}

/* Goes on reading where the last request ended. */
static void read_on(struct mst_conversation *conn)
{
    if (is_reading(conn))
        consume_input(conn);
    after_work(conn);
}

/* Its wait is over. */
static void hurry(struct mst_conversation *conn)
{
    proceed(conn, mst_exchange_hurry(conn->x));
    read_on(conn);
}

static void ended(void *arg)
{
    struct mst_conversation *conn = arg;

    conn->is_ended = true;
    if (conn->is_asleep)
        hurry(conn);
    else
        after_work(conn);
}

static void drained(void *arg)
{
    struct mst_conversation *conn = arg;

    if (conn->phase != SENDING)
        return;
    if (conn->n_owed > 0)
        proceed(conn, mst_exchange_continue(conn->x));
    else
        await_head(conn);
    read_on(conn);
}

/* Nobody waits for the answer any more. True if a cleanup is under way, which is awaited. */
static bool give_up(struct mst_conversation *conn)
{
    conn->is_waiting = conn->x && mst_exchange_give_up(conn->x, 400) == MST_RUNNING;
    return conn->is_waiting;
}

static void closed(void *arg)
{
    struct mst_conversation *conn = arg;

    conn->stream = NULL;
    mst_patience_clear(&conn->patience);
    if (conn->is_waiting)
        mst_exchange_let_go(conn->x);
    else if (!give_up(conn))
        end(conn);
}

static const struct mst_stream_user stream_user = {received, ended, drained, closed};

static void timer_fired(void *arg)
{
    struct mst_conversation *conn = arg;

    if (conn->phase == BUSY || conn->phase == CLOSING)
        return;
    if (mst_patience_is_over(&conn->patience, conn->phase == SENDING ? conn->stream : NULL))
        close_now(conn);
}

/* A command's answer came, or what was waited for, some turns of the loop after it was asked for. */
void mst_conversation_came_back(struct mst_exchange *x, enum mst_progress progress)
{
    struct mst_conversation *conn = x->owner;

    conn->is_waiting = false;
    if (conn->stream && conn->phase == BUSY)
        proceed(conn, progress);
    else if (give_up(conn))
        return;
    else if (conn->stream)
        give_exchange(conn);
    else {
        end(conn);
        return;
    }
    read_on(conn);
}

void mst_conversation_begin(struct mst_conversation *conn, struct mst_stream *stream)
{
    *conn = (struct mst_conversation){.link = conn->link,
                                      .env = conn->env,
                                      .stream = stream,
                                      .patience = conn->patience,
                                      .in = conn->in};
    mst_addr_print_ip(mst_stream_peer(stream), conn->peer);
    mst_stream_set_user(stream, &stream_user, conn);
    await_head(conn);
}

void mst_conversation_drain(struct mst_conversation *conn)
{
    if (!conn->stream)
        return;
    if (conn->is_asleep)
        hurry(conn);
    else
        after_work(conn);
}

/*
 * One connection: bytes in, requests in order, one reply each.
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
 * - One timer with one meaning per phase, always absolute: idle, head, body, send.
 *   Bytes that trickle in do not move it. Only pieces have a pace instead (pace.h).
 * - Whatever is wrong with the framing ends the conversation: error reply,
 *   Connection: close, lingering close, so that the reply is not lost to a reset.
 * - LEAVING: the stream, with what was read ahead, is handed over to front/ws, and the connection's
 *   memory is free for another.
 * - A connection that closes while its request is with the store stays in
 *   memory until the answer comes; the answer is then dropped.
 *
 * Connections and exchanges are kept for reuse, so a request allocates nothing
 * once its worker has warmed up. An idle connection holds no exchange.
 */
#include <assert.h>
#include <stdlib.h>

#include "front/http/exchange.h"
#include "front/http/pace.h"
#include "front/http/pool.h"
#include "front/ws/ws.h"
#include "sys/clock.h"

enum phase { HEAD, BODY, BUSY, SENDING, SKIP, LEAVING, CLOSING };

enum { LOOKS_PER_PATIENCE = 8 }; /* at what a peer has taken, which nobody tells */

struct conn {
    struct mst_http_worker *worker;
    struct mst_stream *stream; /* NULL once it is closed */
    struct mst_timer *timer;
    struct mst_exchange *x; /* from the end of the head to the reply */
    struct conn *next, *prev;
    struct mst_buf in;
    size_t seen; /* bytes of in that were looked through for the end of a head */
    enum phase phase;
    struct mst_chunked chunked;
    uint64_t left;    /* bytes of the body that were not read yet, if it is not chunked */
    uint64_t n_owed;  /* bytes of a long reply that the peer was promised */
    uint64_t n_taken; /* of the stream, at the last look */
    struct mst_pace pace;
    unsigned n_requests;
    bool is_waiting; /* a command of x is with the store */
    bool is_asleep;  /* x waits for a change */
    bool is_paced;   /* the timer looks at the pace */
    bool is_chunked; /* and its end was not read yet */
    bool is_continue_due;
    bool is_head_begun; /* the head's deadline is running */
    bool is_last;       /* close after this reply */
    bool is_keep_alive_told;
    bool is_head_method;
    bool is_ended; /* the peer sends no more */
    bool is_paused;
    char peer[MST_ADDR_CHARS];
};

struct mst_http_worker {
    struct mst_exchange_env env; /* first: exchanges lead back here */
    struct conn conns;           /* head of the ring of live connections */
    struct conn *free_conns;
    size_t n_free_conns;
    struct mst_pool exchanges;
    struct mst_http_head head; /* of the request being read */
    struct mst_buf out;        /* the reply being written */
    struct mst_recent recent;
    struct mst_lanes lanes;
    void (*idle)(void *arg); /* not NULL: draining */
    void *idle_arg;
    struct mst_timer *patience; /* of a drain with idle connections */
    bool is_impatient;          /* it is over */
};

static const struct mst_http_opts *opts_of(const struct conn *conn)
{
    return conn->worker->env.opts;
}

/* ---- memory ---- */

static void give_exchange(struct conn *conn)
{
    if (conn->x)
        mst_pool_give(&conn->worker->exchanges, conn->x);
    conn->x = NULL;
    conn->is_asleep = false;
}

static void free_conn(struct conn *conn)
{
    mst_timer_free(conn->timer);
    mst_buf_fini(&conn->in);
    free(conn);
}

static void timer_fired(void *arg);

static struct conn *new_conn(struct mst_http_worker *worker)
{
    struct conn *conn = calloc(1, sizeof *conn);

    if (!conn)
        return NULL;
    mst_buf_init(&conn->in, MST_READ_AHEAD_MAX);
    if (mst_timer_new(worker->env.loop, timer_fired, conn, &conn->timer) == MST_OK)
        return conn;
    free(conn);
    return NULL;
}

static struct conn *take_conn(struct mst_http_worker *worker)
{
    struct conn *conn = worker->free_conns;

    if (conn) {
        worker->free_conns = conn->next;
        worker->n_free_conns--;
    } else {
        conn = new_conn(worker);
    }
    if (!conn)
        return NULL;
    *conn = (struct conn){.worker = worker, .timer = conn->timer, .in = conn->in};
    conn->prev = &worker->conns;
    conn->next = worker->conns.next;
    conn->next->prev = conn;
    worker->conns.next = conn;
    return conn;
}

static void shrink_input(struct conn *conn)
{
    if (conn->in.len == 0 && (conn->in.cap > MST_PIPELINE_MAX || conn->is_asleep))
        mst_buf_fini(&conn->in);
}

static bool is_empty(const struct mst_http_worker *worker)
{
    return worker->conns.next == &worker->conns && mst_ws_worker_is_empty(worker->env.ws);
}

static void give_conn(struct conn *conn)
{
    struct mst_http_worker *worker = conn->worker;

    give_exchange(conn);
    mst_timer_clear(conn->timer);
    conn->prev->next = conn->next;
    conn->next->prev = conn->prev;
    if (worker->n_free_conns < MST_FREE_CONNS_MAX) {
        mst_buf_clear(&conn->in);
        shrink_input(conn);
        conn->next = worker->free_conns;
        worker->free_conns = conn;
        worker->n_free_conns++;
    } else {
        free_conn(conn);
    }
    if (worker->idle && is_empty(worker))
        worker->idle(worker->idle_arg);
}

/* ---- sending ---- */

static void start_closing(struct conn *conn)
{
    conn->phase = CLOSING;
    mst_buf_clear(&conn->in);
    mst_timer_clear(conn->timer);
}

static void close_now(struct conn *conn)
{
    start_closing(conn);
    mst_stream_close(conn->stream);
}

/* The peer need not end its side: there is no reply on its way that a reset could overtake. */
static void close_idle(struct conn *conn)
{
    start_closing(conn);
    mst_stream_finish(conn->stream, 0);
}

static void close_gently(struct conn *conn)
{
    start_closing(conn);
    mst_stream_finish(conn->stream, MST_LINGER_MS);
}

static uint64_t now_ms(void)
{
    return mst_clock_mono_ns() / 1000000;
}

/* Of one meaning until it is set again. */
static void set_deadline(struct conn *conn, uint64_t after_ms)
{
    conn->is_paced = false;
    mst_timer_set(conn->timer, after_ms);
}

static void await_head(struct conn *conn)
{
    conn->seen = 0;
    conn->is_head_begun = false;
    if (conn->left > 0) {
        conn->phase = SKIP;
        set_deadline(conn, opts_of(conn)->body_ms);
    } else {
        conn->phase = HEAD;
        set_deadline(conn, opts_of(conn)->idle_ms);
    }
}

/* What nobody wanted of the body: is it short, its length known, and sure to be sent? */
static bool is_rest_skippable(const struct conn *conn)
{
    if (conn->is_chunked || conn->left > MST_SKIP_MAX)
        return false;
    return conn->left == 0 || !conn->is_continue_due;
}

static bool is_last_reply(const struct conn *conn)
{
    return conn->is_last || conn->worker->idle || (conn->is_ended && conn->in.len == 0) ||
           !is_rest_skippable(conn) || conn->n_requests >= opts_of(conn)->requests_per_connection;
}

static void await_taking(struct conn *conn)
{
    uint64_t look_ms = opts_of(conn)->send_ms / LOOKS_PER_PATIENCE + 1;
    uint64_t left_ms = mst_pace_left(&conn->pace);

    conn->phase = SENDING;
    conn->is_paced = true;
    mst_timer_set(conn->timer, look_ms < left_ms ? look_ms : left_ms);
}

/* A piece of the reply, or the whole, was given to the stream. */
static void sent(struct conn *conn, enum mst_err err)
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
    } else if (conn->is_paced) {
        await_taking(conn);
    } else {
        conn->phase = SENDING;
        set_deadline(conn, opts_of(conn)->send_ms);
    }
}

static uint64_t n_to_follow(const struct mst_exchange *x)
{
    return x->long_reply.total > 0 ? x->long_reply.total - mst_exchange_reply(x).len : 0;
}

/* Sends the head of the exchange's reply, and what there is of its body, in one call. */
static void reply(struct conn *conn)
{
    struct mst_exchange *x = conn->x;
    struct mst_buf *out = &conn->worker->out;
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
    conn->is_paced = false;
    if (conn->n_owed > 0) {
        mst_pace_start(&conn->pace, now_ms(), opts_of(conn)->send_ms);
        conn->n_taken = mst_stream_taken(conn->stream);
    }
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
static void send_piece(struct conn *conn)
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

static void await_piece(struct conn *conn);

/* Does what the exchange asks for. */
static void proceed(struct conn *conn, enum mst_progress progress)
{
    if (progress == MST_ASLEEP && (conn->is_ended || conn->worker->idle))
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
static void refuse(struct conn *conn, unsigned status)
{
    conn->is_last = true;
    if (conn->x && mst_exchange_is_in_pieces(conn->x) && conn->phase == BODY) {
        proceed(conn, mst_exchange_give_up(conn->x, status));
        return;
    }
    if (!conn->x)
        conn->x = mst_pool_take(&conn->worker->exchanges);
    if (!conn->x) {
        close_now(conn);
        return;
    }
    mst_exchange_reset(conn->x);
    mst_exchange_fail(conn->x, status);
    reply(conn);
}

/* ---- reading ---- */

static enum mst_err tell_to_continue(struct conn *conn)
{
    if (!conn->is_continue_due)
        return MST_OK;
    conn->is_continue_due = false;
    return mst_stream_send(conn->stream, MST_LIT("HTTP/1.1 100 Continue\r\n\r\n"));
}

static void await_piece(struct conn *conn)
{
    if (tell_to_continue(conn) != MST_OK) {
        close_now(conn);
        return;
    }
    conn->phase = BODY;
    if (!conn->is_chunked && conn->left == 0) {
        conn->x->is_body_whole = true;
        proceed(conn, mst_exchange_continue(conn->x));
        return;
    }
    mst_pace_skip(&conn->pace, now_ms());
    conn->is_paced = true;
    mst_timer_set(conn->timer, mst_pace_left(&conn->pace));
}

/* The rightmost address that no trusted proxy vouches for. */
static void resolve_peer(struct conn *conn)
{
    const struct mst_addr_set *trusted = opts_of(conn)->trusted;
    const struct mst_http_head *head = &conn->worker->head;
    struct mst_addr addr = *mst_stream_peer(conn->stream);
    bool is_moved = false;

    conn->x->peer = mst_span_str(conn->peer);
    if (!trusted || trusted->n_nets == 0)
        return;
    for (size_t i = head->n_fields; i-- > 0;) {
        struct mst_span list = head->fields[i].value;

        if (!mst_span_eq_nocase(head->fields[i].name, MST_LIT("x-forwarded-for")))
            continue;
        while (list.len > 0 && mst_addr_set_has(trusted, &addr)) {
            size_t comma = list.len;
            struct mst_addr next;

            while (comma > 0 && list.ptr[comma - 1] != ',')
                comma--;
            struct mst_span item = mst_span_trim(mst_span_cut(list, comma, list.len));
            list = mst_span_cut(list, 0, comma > 0 ? comma - 1 : 0);
            if (mst_addr_parse_ip(item, &next) != MST_OK && mst_addr_parse(item, &next) != MST_OK) {
                i = 0; /* what stands further left was passed on by nobody we know */
                break;
            }
            addr = next;
            is_moved = true;
        }
        if (i == 0)
            break;
    }
    if (is_moved) {
        char text[MST_ADDR_CHARS];

        mst_addr_print_ip(&addr, text);
        if (mst_arena_dup(&conn->x->arena, mst_span_str(text), &conn->x->peer) != MST_OK)
            conn->x->peer = mst_span_str(conn->peer);
    }
}

/* The body, or the piece, is complete. */
static void body_read(struct conn *conn)
{
    struct mst_exchange *x = conn->x;

    x->is_body_whole = !conn->is_chunked && conn->left == 0;
    proceed(conn, mst_exchange_is_in_pieces(x) ? mst_exchange_continue(x) : mst_exchange_start(x));
}

/* Judges a complete head: into BODY or BUSY, or a refusal. has_more: bytes follow it already. */
static void head_read(struct conn *conn, bool has_more)
{
    struct mst_http_head *head = &conn->worker->head;
    uint64_t max_bytes;
    enum mst_err err;

    conn->n_requests++;
    conn->is_head_begun = false;
    conn->is_last = head->wants_close;
    conn->is_keep_alive_told = head->is_keep_alive_asked;
    conn->is_head_method = head->method == MST_METHOD_HEAD;
    conn->is_chunked = head->is_chunked;
    conn->left = head->content_length;
    conn->is_continue_due = head->wants_continue && !has_more;
    conn->x = mst_pool_take(&conn->worker->exchanges);
    if (!conn->x) {
        close_now(conn);
        return;
    }
    conn->x->owner = conn;
    conn->x->began_ns = mst_clock_mono_ns();
    err = mst_exchange_take_head(conn->x, head);
    if (err != MST_OK) {
        refuse(conn, err == MST_ESYNTAX ? 400 : 503);
        return;
    }
    resolve_peer(conn);
    conn->x->local = *mst_stream_local(conn->stream);
    max_bytes = mst_exchange_body_max(conn->x);
    if (conn->left > max_bytes) {
        refuse(conn, 413);
        return;
    }
    mst_chunked_init(&conn->chunked, max_bytes);
    if (mst_exchange_is_in_pieces(conn->x)) {
        conn->x->body.max_bytes = MST_PIECE_MAX;
        mst_pace_start(&conn->pace, now_ms(), opts_of(conn)->body_ms);
        proceed(conn, mst_exchange_start(conn->x));
        return;
    }
    conn->x->body.max_bytes = (size_t)max_bytes;
    if (!conn->is_chunked && conn->left == 0) {
        body_read(conn);
        return;
    }
    conn->phase = BODY;
    set_deadline(conn, opts_of(conn)->body_ms);
    if (tell_to_continue(conn) != MST_OK)
        close_now(conn);
}

/* The readers take from the front of bytes and say how much; *ret_is_stuck: more must come. */

static size_t read_head(struct conn *conn, struct mst_span bytes, bool *ret_is_stuck)
{
    enum mst_http_flaw flaw = MST_FLAW_NONE;
    size_t size = 0;
    enum mst_err err = mst_http_head_parse(bytes, conn->seen, MST_LINE_MAX, MST_HEAD_MAX,
                                           &conn->worker->head, &size, &flaw);

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
            set_deadline(conn, opts_of(conn)->head_ms);
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
static struct mst_span cut_piece(const struct conn *conn, struct mst_span bytes)
{
    const struct mst_buf *body = &conn->x->body;

    if (!mst_exchange_is_in_pieces(conn->x))
        return bytes;
    return mst_span_cut(bytes, 0, body->max_bytes - body->len);
}

static enum mst_err take_body(struct conn *conn, struct mst_span bytes, size_t *ret_used)
{
    struct mst_span part = cut_piece(conn, bytes);
    enum mst_err err;

    if (conn->is_chunked) {
        err = mst_chunked_feed(&conn->chunked, part, &conn->x->body, ret_used);
        if (err == MST_EMORE)
            *ret_used = part.len;
        conn->is_chunked = err != MST_OK;
        return err == MST_EMORE ? MST_OK : err;
    }
    if (part.len > conn->left)
        part = mst_span_cut(part, 0, (size_t)conn->left);
    err = mst_buf_add(&conn->x->body, part);
    conn->left -= part.len;
    *ret_used = part.len;
    return err;
}

static bool is_piece_full(const struct conn *conn)
{
    return mst_exchange_is_in_pieces(conn->x) && conn->x->body.len == conn->x->body.max_bytes;
}

static size_t read_body(struct conn *conn, struct mst_span bytes, bool *ret_is_stuck)
{
    size_t used = 0;
    enum mst_err err = take_body(conn, bytes, &used);

    if (err != MST_OK) {
        refuse(conn, err == MST_EFULL ? 413 : err == MST_ESYNTAX ? 400 : 503);
        return bytes.len;
    }
    if (conn->is_paced) {
        mst_pace_look(&conn->pace, now_ms(), used);
        mst_timer_set(conn->timer, mst_pace_left(&conn->pace));
    }
    if ((!conn->is_chunked && conn->left == 0) || is_piece_full(conn))
        body_read(conn);
    else
        *ret_is_stuck = used == bytes.len;
    return used;
}

static size_t skip_body(struct conn *conn, struct mst_span bytes)
{
    size_t n = bytes.len < conn->left ? bytes.len : (size_t)conn->left;

    conn->left -= n;
    if (conn->left == 0)
        await_head(conn);
    return n;
}

static bool is_reading(const struct conn *conn)
{
    return conn->phase == HEAD || conn->phase == BODY || conn->phase == SKIP;
}

/* Reads and answers as many requests as bytes hold; gives how many bytes are done with. */
static size_t consume(struct conn *conn, struct mst_span bytes)
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

static void consume_input(struct conn *conn)
{
    size_t used = consume(conn, mst_buf_span(&conn->in));

    mst_buf_drop_front(&conn->in, used);
    shrink_input(conn);
}

static void hand_over(struct conn *conn)
{
    if (conn->is_paused)
        mst_stream_resume(conn->stream);
    mst_ws_take_over(conn->x, conn->stream, mst_buf_span(&conn->in));
    conn->stream = NULL;
    give_conn(conn);
}

/* Brings flow control and the end of the conversation in line with the phase. conn may be gone after
   it. */
static void after_work(struct conn *conn)
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
    if (conn->worker->is_impatient && conn->phase == HEAD && conn->in.len == 0) {
        close_idle(conn);
        return;
    }
    if (conn->is_paused) {
        conn->is_paused = false;
        mst_stream_resume(conn->stream);
    }
}

static void keep(struct conn *conn, struct mst_span bytes)
{
    if (conn->phase != CLOSING && bytes.len > 0 && mst_buf_add(&conn->in, bytes) != MST_OK)
        close_now(conn);
}

/* ---- what the stream tells ---- */

static void received(void *arg, struct mst_span bytes)
{
    struct conn *conn = arg;

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
static void read_on(struct conn *conn)
{
    if (is_reading(conn))
        consume_input(conn);
    after_work(conn);
}

/* Its wait is over. */
static void hurry(struct conn *conn)
{
    proceed(conn, mst_exchange_hurry(conn->x));
    read_on(conn);
}

static void ended(void *arg)
{
    struct conn *conn = arg;

    conn->is_ended = true;
    if (conn->is_asleep)
        hurry(conn);
    else
        after_work(conn);
}

static void drained(void *arg)
{
    struct conn *conn = arg;

    if (conn->phase != SENDING)
        return;
    if (conn->n_owed > 0)
        proceed(conn, mst_exchange_continue(conn->x));
    else
        await_head(conn);
    read_on(conn);
}

/* Nobody waits for the answer any more. True if a cleanup is under way, which is awaited. */
static bool give_up(struct conn *conn)
{
    conn->is_waiting = conn->x && mst_exchange_give_up(conn->x, 400) == MST_RUNNING;
    return conn->is_waiting;
}

static void closed(void *arg)
{
    struct conn *conn = arg;

    conn->stream = NULL;
    mst_timer_clear(conn->timer);
    if (!conn->is_waiting && !give_up(conn))
        give_conn(conn);
}

static const struct mst_stream_user stream_user = {received, ended, drained, closed};

/* Is the peer's pace fast enough? In BODY the last look was when bytes came. */
static bool keeps_pace(struct conn *conn)
{
    uint64_t taken;

    if (!conn->is_paced)
        return false;
    if (conn->phase == SENDING) {
        taken = mst_stream_taken(conn->stream);
        mst_pace_look(&conn->pace, now_ms(), taken - conn->n_taken);
        conn->n_taken = taken;
    } else {
        mst_pace_look(&conn->pace, now_ms(), 0);
    }
    return mst_pace_left(&conn->pace) > 0;
}

static void timer_fired(void *arg)
{
    struct conn *conn = arg;

    if (conn->phase == BUSY || conn->phase == CLOSING)
        return;
    if (!keeps_pace(conn))
        close_now(conn);
    else if (conn->phase == SENDING)
        await_taking(conn);
    else
        mst_timer_set(conn->timer, mst_pace_left(&conn->pace));
}

/* A command's answer came, or what was waited for, some turns of the loop after it was asked for. */
static void came_back(struct mst_exchange *x, enum mst_progress progress)
{
    struct conn *conn = x->owner;

    conn->is_waiting = false;
    if (conn->stream && conn->phase == BUSY)
        proceed(conn, progress);
    else if (give_up(conn))
        return;
    else if (conn->stream)
        give_exchange(conn);
    else {
        give_conn(conn);
        return;
    }
    read_on(conn);
}

/* ---- the worker ---- */

/* The timer of the reader is due at once: all requests of one turn of the loop share its view. */
static void rest_reader(void *arg)
{
    struct mst_http_worker *worker = arg;

    mst_reader_rest(worker->env.reader);
}

/* The last WebSocket session of a drain is gone. */
static void sessions_ended(void *arg)
{
    struct mst_http_worker *worker = arg;

    if (is_empty(worker))
        worker->idle(worker->idle_arg);
}

/* What was on its way when the drain began has been read by now. */
static void close_all_idle(void *arg)
{
    struct mst_http_worker *worker = arg;
    struct conn *next;

    worker->is_impatient = true;
    for (struct conn *conn = worker->conns.next; conn != &worker->conns; conn = next) {
        next = conn->next;
        if (conn->stream)
            after_work(conn);
    }
}

enum mst_err mst_http_worker_new(struct mst_loop *loop, const struct mst_http_opts *opts,
                                 struct mst_http_worker **ret_worker)
{
    struct mst_http_worker *worker = calloc(1, sizeof *worker);
    enum mst_err err;

    if (!worker)
        return MST_ENOMEM;
    worker->env = (struct mst_exchange_env){.opts = opts, .loop = loop, .came_back = came_back};
    worker->exchanges.env = &worker->env;
    worker->env.recent = &worker->recent;
    worker->env.lanes = &worker->lanes;
    worker->conns.next = worker->conns.prev = &worker->conns;
    mst_buf_init(&worker->out, MST_REPLY_MAX + MST_HEAD_MAX);
    err = mst_timer_new(loop, rest_reader, worker, &worker->env.rest);
    if (err == MST_OK)
        err = mst_timer_new(loop, close_all_idle, worker, &worker->patience);
    if (err == MST_OK && opts->store)
        err = mst_reader_open(opts->store, &worker->env.reader);
    if (err == MST_OK && opts->hub)
        err = mst_watch_new(opts->hub, loop, &worker->env.watch);
    if (err == MST_OK)
        err = mst_wheel_new(loop, &worker->env.wheel);
    if (err == MST_OK)
        err = mst_ws_worker_new(&worker->env, sessions_ended, worker, &worker->env.ws);
    if (err != MST_OK) {
        mst_http_worker_free(worker);
        return err;
    }
    *ret_worker = worker;
    return MST_OK;
}

bool mst_http_accept(void *arg, struct mst_stream *stream)
{
    struct mst_http_worker *worker = arg;
    struct conn *conn;

    if (worker->idle)
        return false;
    conn = take_conn(worker);
    if (!conn)
        return false;
    conn->stream = stream;
    mst_addr_print_ip(mst_stream_peer(stream), conn->peer);
    mst_stream_set_user(stream, &stream_user, conn);
    await_head(conn);
    return true;
}

static void hurry_all(struct mst_http_worker *worker)
{
    struct conn *next;

    for (struct conn *conn = worker->conns.next; conn != &worker->conns; conn = next) {
        next = conn->next;
        if (conn->is_asleep)
            hurry(conn);
    }
}

void mst_http_worker_drain(struct mst_http_worker *worker, void (*idle)(void *arg), void *arg)
{
    assert(idle && !worker->idle);
    worker->idle = idle;
    worker->idle_arg = arg;
    hurry_all(worker);
    mst_ws_worker_drain(worker->env.ws);
    if (is_empty(worker))
        idle(arg);
    else
        mst_timer_set(worker->patience, MST_DRAIN_PATIENCE_MS);
}

/* No command may be with the store any more: drain before. */
void mst_http_worker_free(struct mst_http_worker *worker)
{
    if (!worker)
        return;
    while (worker->conns.next != &worker->conns) {
        struct conn *conn = worker->conns.next;

        worker->conns.next = conn->next;
        conn->next->prev = &worker->conns;
        give_exchange(conn);
        free_conn(conn);
    }
    while (worker->free_conns) {
        struct conn *conn = worker->free_conns;

        worker->free_conns = conn->next;
        free_conn(conn);
    }
    mst_pool_fini(&worker->exchanges);
    mst_ws_worker_free(worker->env.ws);
    mst_buf_fini(&worker->out);
    mst_recent_fini(&worker->recent);
    mst_timer_free(worker->patience);
    mst_timer_free(worker->env.rest);
    mst_wheel_free(worker->env.wheel);
    mst_watch_free(worker->env.watch);
    mst_reader_close(worker->env.reader);
    free(worker);
}

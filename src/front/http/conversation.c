/*
 * One connection: bytes in, requests in order, one reply each.
 *
 *   HEAD ──head──▶ BODY ──body──▶ BUSY ──reply──▶ HEAD
 *                                   │ the peer does not take it: SENDING ──▶ HEAD
 *                                   └ the last reply: CLOSING
 *
 * - One request is in flight at a time. What arrives meanwhile is kept in `in`;
 *   beyond MST_PIPELINE_MAX the stream is paused.
 * - `in` holds only bytes not yet understood. While it is empty, requests are read
 *   straight from what the stream handed over.
 * - One timer with one meaning per phase, always absolute: idle, head, body, send.
 *   Bytes that trickle in do not move it.
 * - Whatever is wrong with the framing ends the conversation: error reply,
 *   Connection: close, lingering close, so that the reply is not lost to a reset.
 * - A connection that closes while its request is with the store stays in
 *   memory until the answer comes; the answer is then dropped.
 *
 * Connections and exchanges are kept for reuse, so a request allocates nothing
 * once its worker has warmed up. An idle connection holds no exchange.
 */
#include <assert.h>
#include <stdlib.h>

#include "front/http/exchange.h"
#include "sys/clock.h"

enum phase { HEAD, BODY, BUSY, SENDING, CLOSING };

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
    uint64_t length;
    unsigned n_requests;
    bool is_waiting; /* a command of x is with the store */
    bool is_chunked;
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
    struct mst_exchange *free_exchanges;
    struct mst_http_head head; /* of the request being read */
    struct mst_buf out;        /* the reply being written */
    void (*idle)(void *arg);   /* not NULL: draining */
    void *idle_arg;
    struct mst_timer *patience; /* of a drain with idle connections */
    bool is_impatient;          /* it is over */
};

static const struct mst_http_opts *opts_of(const struct conn *conn)
{
    return conn->worker->env.opts;
}

/* ---- memory ---- */

static struct mst_exchange *take_exchange(struct mst_http_worker *worker)
{
    struct mst_exchange *x = worker->free_exchanges;

    if (x) {
        worker->free_exchanges = x->next_free;
        return x;
    }
    x = malloc(sizeof *x);
    if (x)
        mst_exchange_init(x, &worker->env);
    return x;
}

static void give_exchange(struct conn *conn)
{
    if (!conn->x)
        return;
    mst_exchange_reset(conn->x);
    conn->x->next_free = conn->worker->free_exchanges;
    conn->worker->free_exchanges = conn->x;
    conn->x = NULL;
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
    if (conn->in.len == 0 && conn->in.cap > MST_PIPELINE_MAX)
        mst_buf_fini(&conn->in);
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
    if (worker->idle && worker->conns.next == &worker->conns)
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

static void await_head(struct conn *conn)
{
    conn->phase = HEAD;
    conn->seen = 0;
    conn->is_head_begun = false;
    mst_timer_set(conn->timer, opts_of(conn)->idle_ms);
}

static bool is_last_reply(const struct conn *conn)
{
    return conn->is_last || conn->worker->idle || (conn->is_ended && conn->in.len == 0) ||
           conn->n_requests >= opts_of(conn)->requests_per_connection;
}

/* Sends the exchange's reply in one call and makes ready for what follows it. */
static void reply(struct conn *conn)
{
    struct mst_exchange *x = conn->x;
    struct mst_buf *out = &conn->worker->out;
    bool is_last = is_last_reply(conn);
    const struct mst_http_reply message = {
        .status = x->status,
        .date = mst_clock_wall_s(),
        .content_type = x->content_type_out,
        .is_closing = is_last,
        .is_keep_alive_told = conn->is_keep_alive_told && !is_last,
        .is_secret = x->is_secret,
        .extra = mst_buf_span(&x->extra),
        .body = mst_buf_span(&x->reply),
        .is_head = conn->is_head_method,
    };
    enum mst_err err = mst_http_reply_write(out, &message);

    if (err == MST_OK)
        err = mst_stream_send(conn->stream, mst_buf_span(out));
    mst_exchange_count(x);
    if (x->is_secret)
        mst_buf_wipe(out);
    mst_buf_clear(out);
    if (out->cap > MST_KEPT_BUFFER_MAX)
        mst_buf_fini(out);
    give_exchange(conn);
    if (err != MST_OK) {
        close_now(conn);
    } else if (is_last) {
        close_gently(conn);
    } else if (mst_stream_unsent(conn->stream) > 0) {
        conn->phase = SENDING;
        mst_timer_set(conn->timer, opts_of(conn)->send_ms);
    } else {
        await_head(conn);
    }
}

/* Answers what could not be read and ends the conversation. */
static void refuse(struct conn *conn, unsigned status)
{
    if (!conn->x)
        conn->x = take_exchange(conn->worker);
    if (!conn->x) {
        close_now(conn);
        return;
    }
    mst_exchange_reset(conn->x);
    mst_exchange_fail(conn->x, status);
    conn->is_last = true;
    reply(conn);
}

/* ---- reading ---- */

static void begin(struct conn *conn)
{
    conn->phase = BUSY;
    if (mst_exchange_start(conn->x))
        reply(conn);
    else
        conn->is_waiting = true;
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

/* Judges a complete head: into BODY or BUSY, or a refusal. has_more: bytes follow it already. */
static void head_read(struct conn *conn, bool has_more)
{
    struct mst_http_head *head = &conn->worker->head;
    enum mst_err err;

    conn->n_requests++;
    conn->is_head_begun = false;
    conn->is_last = head->wants_close;
    conn->is_keep_alive_told = head->is_keep_alive_asked;
    conn->is_head_method = head->method == MST_METHOD_HEAD;
    conn->is_chunked = head->is_chunked;
    conn->length = head->content_length;
    conn->x = take_exchange(conn->worker);
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
    conn->x->body.max_bytes = mst_exchange_body_max(conn->x);
    if (conn->length > conn->x->body.max_bytes) {
        refuse(conn, 413);
        return;
    }
    if (!conn->is_chunked && conn->length == 0) {
        begin(conn);
        return;
    }
    conn->phase = BODY;
    mst_chunked_init(&conn->chunked);
    mst_timer_set(conn->timer, opts_of(conn)->body_ms);
    if (head->wants_continue && !has_more &&
        mst_stream_send(conn->stream, MST_LIT("HTTP/1.1 100 Continue\r\n\r\n")) != MST_OK)
        close_now(conn);
}

/* Both readers take from the front of bytes and say how much; *ret_is_stuck: more must come. */

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
            mst_timer_set(conn->timer, opts_of(conn)->head_ms);
        }
        return size;
    }
    conn->is_head_method = false;
    conn->is_keep_alive_told = false;
    refuse(conn,
           flaw == MST_FLAW_TOO_LARGE || flaw == MST_FLAW_NOT_IMPLEMENTED ? (unsigned)flaw : 400);
    return bytes.len;
}

static size_t read_chunked(struct conn *conn, struct mst_span bytes, bool *ret_is_stuck)
{
    size_t used = 0;
    enum mst_err err = mst_chunked_feed(&conn->chunked, bytes, &conn->x->body, &used);

    if (err == MST_OK) {
        begin(conn);
        return used;
    }
    if (err == MST_EMORE)
        *ret_is_stuck = true;
    else
        refuse(conn, err == MST_EFULL ? 413 : err == MST_ESYNTAX ? 400 : 503);
    return bytes.len;
}

static size_t read_body(struct conn *conn, struct mst_span bytes, bool *ret_is_stuck)
{
    struct mst_buf *body = &conn->x->body;
    size_t left = (size_t)conn->length - body->len;
    struct mst_span part = mst_span_cut(bytes, 0, left);

    if (conn->is_chunked)
        return read_chunked(conn, bytes, ret_is_stuck);
    if (mst_buf_add(body, part) != MST_OK) {
        refuse(conn, 503);
        return bytes.len;
    }
    if (part.len == left)
        begin(conn);
    else
        *ret_is_stuck = true;
    return part.len;
}

static bool is_reading(const struct conn *conn)
{
    return conn->phase == HEAD || conn->phase == BODY;
}

/* Reads and answers as many requests as bytes hold; gives how many bytes are done with. */
static size_t consume(struct conn *conn, struct mst_span bytes)
{
    size_t used = 0;
    bool is_stuck = false;

    while (is_reading(conn) && !is_stuck && used < bytes.len) {
        struct mst_span rest = mst_span_cut(bytes, used, bytes.len);

        used += conn->phase == HEAD ? read_head(conn, rest, &is_stuck)
                                    : read_body(conn, rest, &is_stuck);
    }
    return used;
}

static void consume_input(struct conn *conn)
{
    size_t used = consume(conn, mst_buf_span(&conn->in));

    mst_buf_drop_front(&conn->in, used);
    shrink_input(conn);
}

/* Brings flow control and the end of the conversation in line with the phase. */
static void after_work(struct conn *conn)
{
    if (conn->phase == CLOSING)
        return;
    if (!is_reading(conn)) {
        if (conn->in.len > MST_PIPELINE_MAX && !conn->is_paused) {
            conn->is_paused = true;
            mst_stream_pause(conn->stream);
        }
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

static void ended(void *arg)
{
    struct conn *conn = arg;

    conn->is_ended = true;
    after_work(conn);
}

static void drained(void *arg)
{
    struct conn *conn = arg;

    if (conn->phase != SENDING)
        return;
    await_head(conn);
    consume_input(conn);
    after_work(conn);
}

static void closed(void *arg)
{
    struct conn *conn = arg;

    conn->stream = NULL;
    if (conn->is_waiting)
        mst_timer_clear(conn->timer);
    else
        give_conn(conn);
}

static const struct mst_stream_user stream_user = {received, ended, drained, closed};

static void timer_fired(void *arg)
{
    struct conn *conn = arg;

    if (conn->phase != BUSY && conn->phase != CLOSING)
        close_now(conn);
}

/* A command's answer came, some turns of the loop after start. */
static void finished(struct mst_exchange *x)
{
    struct conn *conn = x->owner;

    conn->is_waiting = false;
    if (!conn->stream) {
        give_conn(conn);
        return;
    }
    if (conn->phase == BUSY)
        reply(conn);
    else
        give_exchange(conn);
    if (is_reading(conn))
        consume_input(conn);
    after_work(conn);
}

/* ---- the worker ---- */

/* The timer of the reader is due at once: all requests of one turn of the loop share its view. */
static void rest_reader(void *arg)
{
    struct mst_http_worker *worker = arg;

    mst_reader_rest(worker->env.reader);
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
    worker->env = (struct mst_exchange_env){.opts = opts, .loop = loop, .finished = finished};
    worker->conns.next = worker->conns.prev = &worker->conns;
    mst_buf_init(&worker->out, MST_REPLY_MAX + MST_HEAD_MAX);
    err = mst_timer_new(loop, rest_reader, worker, &worker->env.rest);
    if (err == MST_OK)
        err = mst_timer_new(loop, close_all_idle, worker, &worker->patience);
    if (err == MST_OK && opts->store)
        err = mst_reader_open(opts->store, &worker->env.reader);
    if (err != MST_OK) {
        mst_timer_free(worker->patience);
        mst_timer_free(worker->env.rest);
        free(worker);
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

void mst_http_worker_drain(struct mst_http_worker *worker, void (*idle)(void *arg), void *arg)
{
    assert(idle && !worker->idle);
    worker->idle = idle;
    worker->idle_arg = arg;
    if (worker->conns.next == &worker->conns)
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
    while (worker->free_exchanges) {
        struct mst_exchange *x = worker->free_exchanges;

        worker->free_exchanges = x->next_free;
        mst_exchange_fini(x);
        free(x);
    }
    mst_buf_fini(&worker->out);
    mst_timer_free(worker->patience);
    mst_timer_free(worker->env.rest);
    if (worker->env.reader)
        mst_reader_close(worker->env.reader);
    free(worker);
}

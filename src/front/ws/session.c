/*
 * One session: messages in, each an exchange of the RPC, answers out.
 *
 *   NEW ──first message: auth is good──▶ KNOWN ──close, fault, dead key, drain──▶ OVER
 *    └────────── auth is not good ─────────────────────────────────────────────▶
 *
 * - Messages are answered one after another, in the order they came: what is called right behind
 *   the authentication waits for it like everything else. `in` holds bytes that are not understood
 *   yet; beyond MST_PIPELINE_MAX the stream is paused.
 * - Nothing is read either while the peer does not take what was sent (MST_WS_UNSENT_MAX).
 * - Each message proves the key anew, so one that was ended is noticed there at the latest.
 * - Every MST_WS_PING_MS a ping goes out. Who sent nothing since the last one is given up, and so is
 *   who took nothing while nothing was read, and who has not said who he is by the first.
 * - OVER: a close frame was sent, the stream ends by itself (mst_stream_finish), nothing is read.
 * - A session whose stream is closed while its message is with the store stays in memory until the
 *   answer comes.
 */
#include <stdlib.h>

#include "front/http/handlers.h"
#include "front/rpc/rpc.h"
#include "front/ws/frames.h"
#include "front/ws/session.h"
#include "sys/clock.h"
#include "sys/metric.h"

enum state { NEW, KNOWN, OVER };

struct mst_ws_session {
    struct mst_ws_worker *worker;
    struct mst_ws_session *next, *prev; /* of those that have begun */
    struct mst_stream *stream;          /* NULL before that, and once it is closed */
    struct mst_ws_frames *frames;
    struct mst_timer *timer;
    struct mst_buf in;
    struct mst_exchange *x; /* the message that is being answered */
    struct mst_buf auth;    /* JSON: what its messages are called with */
    enum state state;
    bool is_flat;
    bool is_paused;
    bool is_ended;    /* the peer sends no more */
    bool is_silent;   /* since the last ping */
    uint64_t n_taken; /* by the peer, at the last ping */
    char peer[MST_ADDR_CHARS];
};

struct mst_ws_worker {
    struct mst_exchange_env env;
    struct mst_ws_session sessions; /* head of the ring */
    struct mst_exchange *free_exchanges;
    struct mst_buf out; /* the frame being written */
    void (*is_empty)(void *arg);
    void *arg;
    bool is_draining;
};

/* ---- memory ---- */

static struct mst_exchange *take_exchange(struct mst_ws_worker *worker)
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

static void give_exchange(struct mst_ws_session *session)
{
    struct mst_exchange *x = session->x;

    if (!x)
        return;
    mst_exchange_reset(x);
    x->next_free = session->worker->free_exchanges;
    session->worker->free_exchanges = x;
    session->x = NULL;
}

static void timer_fired(void *arg);

struct mst_ws_session *mst_ws_session_new(struct mst_ws_worker *worker, bool is_flat)
{
    struct mst_ws_session *session = calloc(1, sizeof *session);

    if (!session)
        return NULL;
    session->worker = worker;
    session->is_flat = is_flat;
    mst_buf_init(&session->in, MST_READ_AHEAD_MAX);
    mst_buf_init(&session->auth, MST_WS_AUTH_MAX);
    if (mst_ws_frames_new(MST_WS_MESSAGE_MAX, &session->frames) != MST_OK ||
        mst_timer_new(worker->env.loop, timer_fired, session, &session->timer) != MST_OK) {
        mst_ws_session_free(session);
        return NULL;
    }
    return session;
}

void mst_ws_session_free(struct mst_ws_session *session)
{
    if (!session)
        return;
    mst_timer_free(session->timer);
    mst_ws_frames_free(session->frames);
    mst_buf_fini(&session->in);
    mst_buf_wipe(&session->auth);
    mst_buf_fini(&session->auth);
    free(session);
}

static void leave(struct mst_ws_session *session)
{
    struct mst_ws_worker *worker = session->worker;

    session->prev->next = session->next;
    session->next->prev = session->prev;
    mst_metric_sub(MST_M_WS_SESSIONS, 0, 1);
    give_exchange(session);
    mst_ws_session_free(session);
    if (worker->is_draining && mst_ws_worker_is_empty(worker))
        worker->is_empty(worker->arg);
}

/* ---- sending ---- */

static uint64_t ping_ms(const struct mst_ws_session *session)
{
    uint64_t ms = session->worker->env.opts->ws_ping_ms;

    return ms ? ms : MST_WS_PING_MS;
}

static void close_now(struct mst_ws_session *session)
{
    session->state = OVER;
    mst_buf_fini(&session->in);
    mst_timer_clear(session->timer);
    mst_stream_close(session->stream);
}

/* What was written into the worker's buffer, of which err is the outcome. */
static void flush(struct mst_ws_session *session, enum mst_err err)
{
    struct mst_buf *out = &session->worker->out;

    if (err == MST_OK)
        err = mst_stream_send(session->stream, mst_buf_span(out));
    mst_buf_clear(out);
    if (out->cap > MST_KEPT_BUFFER_MAX)
        mst_buf_fini(out);
    if (err != MST_OK)
        close_now(session);
}

static void send_frame(struct mst_ws_session *session, enum mst_ws_opcode opcode,
                       struct mst_span payload)
{
    if (session->state != OVER)
        flush(session,
              mst_ws_frames_write(session->frames, &session->worker->out, opcode, payload));
}

/* Nothing more is sent. What comes until the peer closes too is dropped. */
static void finish(struct mst_ws_session *session)
{
    if (session->state == OVER)
        return;
    session->state = OVER;
    mst_buf_fini(&session->in);
    mst_timer_clear(session->timer);
    mst_stream_finish(session->stream, MST_LINGER_MS);
}

static void say_close(struct mst_ws_session *session, unsigned code)
{
    if (session->state == OVER)
        return;
    flush(session, mst_ws_frames_write_close(session->frames, &session->worker->out, code));
    finish(session);
}

/* ---- messages ---- */

static struct mst_ws_session *session_of(const struct mst_exchange *x)
{
    return x->owner;
}

/* {"auth": ...}, to which calls may be added as over HTTP; without any it answers []. */
static enum mst_err call_first(struct mst_exchange *x, struct mst_rpc_envelope *envelope)
{
    struct mst_buf *auth = &session_of(x)->auth;

    mst_buf_clear(auth);
    if (envelope->auth.len > auth->max_bytes)
        return mst_rpc_answer_error(x, 400, "Invalid", "auth");
    if (envelope->calls.len == 0)
        envelope->calls = MST_LIT("[]");
    return mst_buf_add(auth, envelope->auth) == MST_OK ? mst_rpc_begin(x, envelope) : MST_ENOMEM;
}

/* {"calls": [...]}, or the list alone (3.3.3). Nobody becomes another in between. */
static enum mst_err call_more(struct mst_exchange *x, struct mst_rpc_envelope *envelope)
{
    if (envelope->auth.len > 0)
        return mst_rpc_answer_error(x, 400, "Invalid", "auth");
    envelope->auth = mst_buf_span(&session_of(x)->auth);
    return mst_rpc_begin(x, envelope);
}

static enum mst_err take_message(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_rpc_envelope envelope;
    bool is_json;
    enum mst_err err = mst_rpc_parse(x, &is_json, &envelope);

    (void)tx;
    if (err != MST_OK || !is_json)
        return err;
    return session_of(x)->state == NEW ? call_first(x, &envelope) : call_more(x, &envelope);
}

static const struct mst_route message_route = {.segments = {"ws"},
                                               .is_slash_optional = true,
                                               .methods = MST_METHOD_GET,
                                               .family = MST_FAMILY_OPEN,
                                               .label = MST_ROUTE_WS,
                                               .action = MST_MAY_CALL_RPC,
                                               .where = MST_NOWHERE,
                                               .step = take_message,
                                               .failed = mst_rpc_failed};

/* Of the first message: did it get further than to its auth? */
static bool is_list(struct mst_span reply)
{
    return reply.len == 0 || reply.ptr[0] == '[';
}

/* The exchange has its answer. */
static void answered(struct mst_ws_session *session)
{
    struct mst_exchange *x = session->x;
    struct mst_span reply = mst_exchange_reply(x);
    bool is_dead = x->verdict == MST_NO_AUTH;

    if (session->state == NEW && is_list(reply)) {
        session->state = KNOWN;
        send_frame(session, MST_WS_TEXT, MST_LIT("{\"status\":\"ok\"}"));
        reply = mst_span_eq(reply, MST_LIT("[]")) ? MST_LIT("") : reply;
    }
    if (reply.len > 0)
        send_frame(session, MST_WS_TEXT, reply);
    mst_exchange_count(x);
    give_exchange(session);
    if (session->state == NEW || is_dead)
        say_close(session, MST_WS_POLICY);
    else if (session->worker->is_draining)
        say_close(session, MST_WS_NORMAL);
}

/* What the exchange does next. A wait does not outlast the session. */
static void proceed(struct mst_ws_session *session, enum mst_progress progress)
{
    if (progress == MST_ASLEEP && (session->is_ended || session->worker->is_draining))
        progress = mst_exchange_hurry(session->x);
    if (progress == MST_ANSWERED)
        answered(session);
}

static void take_text(struct mst_ws_session *session, struct mst_span text)
{
    struct mst_exchange *x = session->x = take_exchange(session->worker);

    if (!x) {
        say_close(session, MST_WS_INTERNAL);
        return;
    }
    x->owner = session;
    x->route = &message_route;
    x->method = MST_METHOD_GET;
    x->peer = mst_span_str(session->peer);
    x->began_ns = mst_clock_mono_ns();
    x->body.max_bytes = MST_WS_MESSAGE_MAX;
    if (mst_buf_add(&x->body, text) != MST_OK)
        say_close(session, MST_WS_INTERNAL);
    else
        proceed(session, mst_exchange_start(x));
}

/* ---- reading ---- */

static void take_frame(struct mst_ws_session *session, const struct mst_ws_frame *frame)
{
    switch (frame->opcode) {
    case MST_WS_TEXT:
    case MST_WS_BINARY:
        take_text(session, frame->payload);
        return;
    case MST_WS_PING:
        send_frame(session, MST_WS_PONG, frame->payload);
        return;
    case MST_WS_CLOSE:
        say_close(session, frame->code);
        return;
    case MST_WS_PONG:
    case MST_WS_CONTINUATION:
        return;
    }
}

static bool is_reading(const struct mst_ws_session *session)
{
    return session->state != OVER && !session->x &&
           mst_stream_unsent(session->stream) <= MST_WS_UNSENT_MAX;
}

static void read_frames(struct mst_ws_session *session, struct mst_cur *bytes)
{
    enum mst_err err = MST_OK;

    while (err == MST_OK && is_reading(session)) {
        struct mst_ws_frame frame;
        unsigned code;

        err = mst_ws_frames_read(session->frames, bytes, &frame, &code);
        if (err == MST_OK)
            take_frame(session, &frame);
        else if (err != MST_EMORE)
            say_close(session, code);
    }
}

/* Goes on with what was kept, and brings flow control in line. */
static void work(struct mst_ws_session *session)
{
    struct mst_cur bytes = mst_cur_of(mst_buf_span(&session->in));

    read_frames(session, &bytes);
    if (session->state == OVER)
        return;
    mst_buf_drop_front(&session->in, bytes.pos);
    if (session->in.len == 0)
        mst_buf_fini(&session->in);
    if (is_reading(session)) {
        if (session->is_ended)
            finish(session);
        else if (session->is_paused)
            mst_stream_resume(session->stream);
        session->is_paused = false;
    } else if (session->in.len > MST_PIPELINE_MAX && !session->is_paused) {
        session->is_paused = true;
        mst_stream_pause(session->stream);
    }
}

static void received(void *arg, struct mst_span bytes)
{
    struct mst_ws_session *session = arg;
    struct mst_cur cur = mst_cur_of(bytes);

    if (session->state == OVER)
        return;
    session->is_silent = false;
    if (session->in.len == 0)
        read_frames(session, &cur);
    if (session->state == OVER)
        return;
    if (mst_buf_add(&session->in, mst_cur_rest(&cur)) != MST_OK)
        close_now(session);
    else
        work(session);
}

static void hurry(struct mst_ws_session *session)
{
    if (session->x && session->state != OVER)
        proceed(session, mst_exchange_hurry(session->x));
}

/* Without a close frame. What came before is answered. */
static void ended(void *arg)
{
    struct mst_ws_session *session = arg;

    session->is_ended = true;
    hurry(session);
    work(session);
}

static void drained(void *arg)
{
    work(arg);
}

static void closed(void *arg)
{
    struct mst_ws_session *session = arg;

    session->stream = NULL;
    session->state = OVER;
    mst_timer_clear(session->timer);
    if (!session->x || mst_exchange_hurry(session->x) == MST_ANSWERED)
        leave(session);
}

static const struct mst_stream_user stream_user = {received, ended, drained, closed};

static void came_back(struct mst_exchange *x, enum mst_progress progress)
{
    struct mst_ws_session *session = session_of(x);

    if (!session->stream && progress == MST_ANSWERED) {
        leave(session);
        return;
    }
    if (!session->stream)
        return;
    proceed(session, progress);
    if (session->state != OVER)
        work(session);
}

/* ---- keeping alive ---- */

static bool is_gone(struct mst_ws_session *session)
{
    uint64_t n_taken = mst_stream_taken(session->stream);
    bool is_stuck = n_taken == session->n_taken && mst_stream_unsent(session->stream) > 0;

    session->n_taken = n_taken;
    return session->is_paused ? is_stuck : session->is_silent;
}

static void timer_fired(void *arg)
{
    struct mst_ws_session *session = arg;

    if (is_gone(session)) {
        close_now(session);
    } else if (session->state == NEW && !session->x) {
        say_close(session, MST_WS_POLICY);
    } else {
        session->is_silent = true;
        mst_timer_set(session->timer, ping_ms(session));
        send_frame(session, MST_WS_PING, MST_LIT(""));
    }
}

void mst_ws_session_begin(struct mst_ws_session *session, struct mst_stream *stream,
                          struct mst_span ahead)
{
    struct mst_ws_worker *worker = session->worker;

    session->stream = stream;
    session->prev = &worker->sessions;
    session->next = worker->sessions.next;
    session->next->prev = session;
    worker->sessions.next = session;
    mst_metric_add(MST_M_WS_SESSIONS, 0, 1);
    mst_addr_print_ip(mst_stream_peer(stream), session->peer);
    mst_stream_set_user(stream, &stream_user, session);
    mst_timer_set(session->timer, ping_ms(session));
    if (worker->is_draining)
        say_close(session, MST_WS_NORMAL);
    else
        received(session, ahead);
}

/* ---- the worker ---- */

enum mst_err mst_ws_worker_new(const struct mst_exchange_env *env, void (*is_empty)(void *arg),
                               void *arg, struct mst_ws_worker **ret_worker)
{
    struct mst_ws_worker *worker = calloc(1, sizeof *worker);

    if (!worker)
        return MST_ENOMEM;
    worker->env = *env;
    worker->env.came_back = came_back;
    worker->sessions.next = worker->sessions.prev = &worker->sessions;
    worker->is_empty = is_empty;
    worker->arg = arg;
    mst_buf_init(&worker->out, MST_REPLY_MAX + MST_HEAD_MAX);
    *ret_worker = worker;
    return MST_OK;
}

bool mst_ws_worker_is_empty(const struct mst_ws_worker *worker)
{
    return worker->sessions.next == &worker->sessions;
}

void mst_ws_worker_drain(struct mst_ws_worker *worker)
{
    worker->is_draining = true;
    for (struct mst_ws_session *session = worker->sessions.next; session != &worker->sessions;
         session = session->next)
        if (session->stream && session->x)
            hurry(session);
        else if (session->stream)
            say_close(session, MST_WS_NORMAL);
}

void mst_ws_worker_free(struct mst_ws_worker *worker)
{
    if (!worker)
        return;
    worker->is_draining = false; /* nobody waits any more */
    while (!mst_ws_worker_is_empty(worker))
        leave(worker->sessions.next);
    while (worker->free_exchanges) {
        struct mst_exchange *x = worker->free_exchanges;

        worker->free_exchanges = x->next_free;
        mst_exchange_fini(x);
        free(x);
    }
    mst_buf_fini(&worker->out);
    free(worker);
}

/*
 * One session: messages in, each an exchange of the RPC, answers and new points out.
 *
 *   NEW ──first message: auth is good──▶ KNOWN ──close, fault, dead key, drain──▶ OVER
 *    └────────── auth is not good ─────────────────────────────────────────────▶
 *
 * - Messages are answered one after another, in the order they came: what is called right behind
 *   the authentication waits for it like everything else. Only a message that sleeps in a `wait` steps
 *   aside, and is answered when it is done. `in` holds bytes that are not understood yet; beyond
 *   MST_PIPELINE_MAX the stream is paused.
 * - Nothing is read either while MST_WS_WAITS_MAX messages are aside, or while the peer does not take what was
 *   sent (MST_WS_UNSENT_MAX). No points are sent then either: a subscription knows what it has shown, and
 *   goes on from there.
 * - A subscription is shown by repeating its call, which so proves each time that it is still allowed; what
 *   answers it, if it is not, is sent, and the subscription ends.
 * - Each message proves the key anew. Between messages the clients it stands for are watched, and an empty message
 *   is carried out when they change, which answers with the error if the key is dead.
 * - Every MST_WS_PING_MS a ping goes out. Who sent nothing since the last one is given up, unless nothing is
 *   read, and so is who took nothing of what waits for him, and who has not said who he is by the first.
 * - OVER: a close frame was sent, the stream ends by itself (mst_stream_finish), nothing is read.
 * - A session whose stream is closed while its message is with the store stays in memory until the
 *   answer comes.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "front/http/handlers.h"
#include "front/http/pool.h"
#include "front/rpc/rpc.h"
#include "front/ws/frames.h"
#include "front/ws/session.h"
#include "front/ws/subscription.h"
#include "sys/clock.h"
#include "sys/metric.h"

enum state { NEW, KNOWN, OVER };

struct mst_ws_ping {
    struct mst_wheel_entry entry; /* first */
    struct mst_ws_session *session;
};

struct mst_ws_key {
    struct mst_watcher watcher; /* first */
    struct mst_ws_session *session;
    int64_t client_id;
};

enum { KEYS = 2 }; /* whose key it is, and for whom it acts */

struct mst_ws_session {
    struct mst_ws_worker *worker;
    struct mst_ws_session *next, *prev; /* of those that have begun */
    struct mst_stream *stream;          /* NULL before that, and once it is closed */
    struct mst_ws_frames *frames;
    struct mst_ws_ping ping;
    struct mst_buf in;
    struct mst_exchange *x;     /* the message that is being answered */
    struct mst_exchange *aside; /* those that slept, by next_free */
    size_t n_aside;
    struct mst_buf auth; /* JSON: what its messages are called with */
    struct mst_ws_key keys[KEYS];
    struct mst_ws_subscriptions subscriptions;
    struct mst_ws_subscription *showing; /* its call is being repeated */
    bool is_shown;                       /* it was */
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
    size_t n_sessions;              /* those that have not begun too */
    struct mst_pool exchanges;
    struct mst_buf out;  /* frames being written */
    struct mst_buf text; /* a message being written */
    void (*is_empty)(void *arg);
    void *arg;
    bool is_draining;
};

/* ---- memory ---- */

static void give_exchange(struct mst_ws_worker *worker, struct mst_exchange *x)
{
    x->session = NULL;
    mst_pool_give(&worker->exchanges, x);
}

static void show_due(void *arg);
static void look_again(struct mst_watcher *watcher);

static bool is_full(const struct mst_ws_worker *worker)
{
    size_t max = worker->env.opts->ws_sessions_max;

    return max != 0 && worker->n_sessions >= max;
}

enum mst_err mst_ws_session_new(struct mst_ws_worker *worker, bool is_flat,
                                struct mst_ws_session **ret_session)
{
    struct mst_ws_session *session;

    if (is_full(worker)) {
        mst_metric_add(MST_M_WS_REFUSED, 0, 1);
        return MST_EFULL;
    }
    session = calloc(1, sizeof *session);
    if (!session)
        return MST_ENOMEM;
    worker->n_sessions++;
    session->worker = worker;
    session->is_flat = is_flat;
    session->ping.session = session;
    for (size_t i = 0; i < KEYS; i++)
        session->keys[i] =
            (struct mst_ws_key){.watcher = {.woken = look_again}, .session = session};
    mst_ws_subscriptions_init(&session->subscriptions, &worker->env, show_due, session);
    mst_buf_init(&session->in, MST_READ_AHEAD_MAX);
    mst_buf_init(&session->auth, MST_WS_AUTH_MAX);
    if (mst_ws_frames_new(MST_WS_MESSAGE_MAX, &session->frames) != MST_OK) {
        mst_ws_session_free(session);
        return MST_ENOMEM;
    }
    *ret_session = session;
    return MST_OK;
}

void mst_ws_session_free(struct mst_ws_session *session)
{
    if (!session)
        return;
    mst_wheel_clear(session->worker->env.wheel, &session->ping.entry);
    for (size_t i = 0; i < KEYS; i++)
        mst_watch_remove(session->worker->env.watch, &session->keys[i].watcher);
    mst_ws_subscriptions_fini(&session->subscriptions);
    mst_ws_frames_free(session->frames);
    mst_buf_fini(&session->in);
    mst_buf_wipe(&session->auth);
    mst_buf_fini(&session->auth);
    session->worker->n_sessions--;
    free(session);
}

static void leave(struct mst_ws_session *session)
{
    struct mst_ws_worker *worker = session->worker;

    session->prev->next = session->next;
    session->next->prev = session->prev;
    mst_metric_sub(MST_M_WS_SESSIONS, 0, 1);
    mst_ws_session_free(session);
    if (worker->is_draining && mst_ws_worker_is_empty(worker))
        worker->is_empty(worker->arg);
}

/* ---- sending ---- */

static void close_now(struct mst_ws_session *session)
{
    session->state = OVER;
    mst_buf_fini(&session->in);
    mst_wheel_clear(session->worker->env.wheel, &session->ping.entry);
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
    mst_wheel_clear(session->worker->env.wheel, &session->ping.entry);
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

static bool is_busy(const struct mst_ws_session *session)
{
    return session->x || session->aside;
}

/* Of the first message: did it get further than to its auth? */
static bool is_list(struct mst_span reply)
{
    return reply.len == 0 || reply.ptr[0] == '[';
}

static void look(struct mst_ws_session *session);

static void welcome(struct mst_ws_session *session)
{
    session->state = KNOWN;
    send_frame(session, MST_WS_TEXT, MST_LIT("{\"status\":\"ok\"}"));
}

/* A message has its answer. */
static void answered(struct mst_ws_session *session, struct mst_exchange *x)
{
    struct mst_span reply = mst_exchange_reply(x);
    bool is_first = session->state == NEW;
    bool is_dead = x->verdict == MST_NO_AUTH || (is_first && !is_list(reply));

    if (is_first && !is_dead)
        welcome(session);
    if (reply.len > 0 && !(is_first && mst_span_eq(reply, MST_LIT("[]"))))
        send_frame(session, MST_WS_TEXT, reply);
    mst_exchange_count(x);
    mst_ws_subscriptions_settle(&session->subscriptions, x, is_list(reply));
    give_exchange(session->worker, x);
    if (is_dead)
        say_close(session, MST_WS_POLICY);
    else if (is_first)
        look(session); /* its clients are watched only now */
    if (session->worker->is_draining && !is_busy(session))
        say_close(session, MST_WS_NORMAL);
    show_due(session);
}

static void step_aside(struct mst_ws_session *session, struct mst_exchange *x)
{
    x->next_free = session->aside;
    session->aside = x;
    session->n_aside++;
}

/* False: it is not aside. */
static bool step_back(struct mst_ws_session *session, struct mst_exchange *x)
{
    struct mst_exchange **link = &session->aside;

    while (*link && *link != x)
        link = &(*link)->next_free;
    if (!*link)
        return false;
    *link = x->next_free;
    session->n_aside--;
    return true;
}

/* What became of a message; it may be the one that is first in line. A wait does not outlast the session. */
static void settle(struct mst_ws_session *session, struct mst_exchange *x,
                   enum mst_progress progress)
{
    bool is_first_in_line = session->x == x;

    if (progress == MST_ASLEEP && (session->is_ended || session->worker->is_draining))
        progress = mst_exchange_hurry(x);
    if (progress == MST_RUNNING || (progress == MST_ASLEEP && !is_first_in_line))
        return;
    if (is_first_in_line)
        session->x = NULL;
    else
        (void)step_back(session, x);
    if (progress != MST_ASLEEP) {
        answered(session, x);
        return;
    }
    step_aside(session, x);
    if (session->state == NEW) /* who waits was found to be welcome */
        welcome(session);
}

static void hurry_aside(struct mst_ws_session *session)
{
    struct mst_exchange *next;

    for (struct mst_exchange *x = session->aside; x; x = next) {
        next = x->next_free;
        settle(session, x, mst_exchange_hurry(x));
    }
}

/* An exchange that carries out text. NULL without memory. */
static struct mst_exchange *take_message_of(struct mst_ws_session *session, struct mst_span text)
{
    struct mst_exchange *x = mst_pool_take(&session->worker->exchanges);

    if (!x)
        return NULL;
    x->owner = session;
    x->session = session;
    x->route = &message_route;
    x->method = MST_METHOD_GET;
    x->peer = mst_span_str(session->peer);
    x->began_ns = mst_clock_mono_ns();
    x->body.max_bytes = MST_WS_MESSAGE_MAX;
    if (mst_buf_add(&x->body, text) == MST_OK)
        return x;
    give_exchange(session->worker, x);
    return NULL;
}

static void take_text(struct mst_ws_session *session, struct mst_span text)
{
    session->x = take_message_of(session, text);
    if (session->x)
        settle(session, session->x, mst_exchange_start(session->x));
    else
        say_close(session, MST_WS_INTERNAL);
}

/* ---- the session's own calls ---- */

/*
 * Carries out text, which only reads, and gives its answer until give_exchange; NULL: there was no memory, or the
 * session is over, for its key is dead.
 */
static struct mst_exchange *ask(struct mst_ws_session *session, struct mst_span text)
{
    struct mst_exchange *x = take_message_of(session, text);
    enum mst_progress progress;

    if (!x)
        return NULL;
    progress = mst_exchange_start(x);
    assert(progress == MST_ANSWERED);
    if (x->verdict != MST_NO_AUTH)
        return x;
    send_frame(session, MST_WS_TEXT, mst_exchange_reply(x));
    give_exchange(session->worker, x);
    say_close(session, MST_WS_POLICY);
    return NULL;
}

/* Is the key still good? */
static void look(struct mst_ws_session *session)
{
    struct mst_exchange *x = ask(session, MST_LIT("[]"));

    if (x)
        give_exchange(session->worker, x);
}

static void look_again(struct mst_watcher *watcher)
{
    struct mst_ws_session *session = ((struct mst_ws_key *)watcher)->session;

    if (session->state == KNOWN)
        look(session);
}

static bool is_taking(const struct mst_ws_session *session)
{
    return session->state != OVER && mst_stream_unsent(session->stream) <= MST_WS_UNSENT_MAX;
}

/* Repeats the call of a subscription. False: others first, or, if it was not shown for the store was in
   the way, another time. */
static bool show(struct mst_ws_session *session, struct mst_ws_subscription *subscription)
{
    struct mst_buf *out = &session->worker->out;
    struct mst_exchange *x;
    struct mst_span reply;

    session->showing = subscription;
    session->is_shown = false;
    x = ask(session, mst_buf_span(&subscription->call));
    session->showing = NULL;
    if (!x)
        return false;
    reply = mst_exchange_reply(x);
    if (out->len > 0 || mst_buf_err(out) != MST_OK)
        flush(session, mst_buf_err(out));
    if (session->is_shown && subscription->is_due && session->state != OVER)
        mst_stream_ask_drained(session->stream);
    if (!session->is_shown && is_list(reply)) {
        send_frame(session, MST_WS_TEXT, reply);
        mst_ws_subscription_end(subscription);
        subscription = NULL;
    }
    give_exchange(session->worker, x);
    return !subscription || !subscription->is_due;
}

static void show_due(void *arg)
{
    struct mst_ws_session *session = arg;
    struct mst_ws_subscription *due;
    bool is_more = true;

    while (is_more && session->state == KNOWN && is_taking(session)) {
        due = mst_ws_subscriptions_due(&session->subscriptions);
        is_more = due && show(session, due);
    }
}

enum mst_err mst_ws_met(struct mst_exchange *x, int64_t key_id, int64_t caller_id)
{
    const int64_t ids[KEYS] = {key_id, caller_id};
    struct mst_watch *watch = x->env->watch;
    enum mst_err err = MST_OK;

    for (size_t i = 0; i < KEYS && err == MST_OK; i++) {
        struct mst_ws_key *key = &x->session->keys[i];

        if (key->client_id == ids[i] || ids[i] == 0 || x->session->state == OVER)
            continue;
        mst_watch_remove(watch, &key->watcher);
        key->client_id = 0;
        err = mst_watch_add(watch, &key->watcher, MST_WATCHED_CLIENT, ids[i]);
        if (err == MST_OK)
            key->client_id = ids[i];
    }
    return err;
}

enum mst_err mst_ws_subscribe(struct mst_exchange *x, const struct mst_ws_wanted *wanted)
{
    return x->session->state == OVER
               ? MST_ECLOSED
               : mst_ws_subscriptions_add(&x->session->subscriptions, wanted, x);
}

size_t mst_ws_unsubscribe(struct mst_exchange *x, struct mst_span id, int64_t port_id)
{
    return mst_ws_subscriptions_remove(&x->session->subscriptions, id, port_id);
}

bool mst_ws_is_showing(const struct mst_exchange *x, struct mst_since *ret_since)
{
    if (x->session->showing)
        *ret_since = x->session->showing->since;
    return x->session->showing != NULL;
}

enum mst_err mst_ws_show(struct mst_exchange *x, const struct mst_row_point *point,
                         struct mst_span pair)
{
    struct mst_ws_session *session = x->session;
    struct mst_buf *text = &session->worker->text, *out = &session->worker->out;

    mst_buf_clear(text);
    (void)mst_buf_add_str(text, "[{\"id\":");
    (void)mst_buf_add(text, session->showing->id);
    (void)mst_buf_add_str(text, ",\"status\":\"ok\",\"result\":");
    (void)mst_buf_add_str(text, session->is_flat ? "" : "[");
    (void)mst_buf_add(text, pair);
    (void)mst_buf_add_str(text, session->is_flat ? "}]" : "]}]");
    if (mst_buf_err(text) != MST_OK)
        return mst_buf_err(text);
    (void)mst_ws_frames_write(session->frames, out, MST_WS_TEXT, mst_buf_span(text));
    if (mst_buf_err(out) != MST_OK)
        return mst_buf_err(out);
    session->showing->since = mst_since_point(point);
    return out->len > MST_WS_UNSENT_MAX ? MST_EMORE : MST_OK;
}

void mst_ws_shown(struct mst_exchange *x, bool is_all)
{
    x->session->is_shown = true;
    x->session->showing->is_due = !is_all;
    if (!is_all)
        mst_ws_subscription_queue_up(x->session->showing);
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
    return is_taking(session) && !session->x && session->n_aside < MST_WS_WAITS_MAX;
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
        if (session->is_ended && !session->aside)
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

/* Without a close frame. What came before is answered. */
static void ended(void *arg)
{
    struct mst_ws_session *session = arg;

    session->is_ended = true;
    hurry_aside(session);
    work(session);
}

static void drained(void *arg)
{
    work(arg);
    show_due(arg);
}

/* Nobody takes answers any more. Those who sleep need not; one that is with the store is awaited. */
static void let_go(struct mst_ws_session *session)
{
    struct mst_exchange *next;

    for (struct mst_exchange *x = session->aside; x; x = next) {
        next = x->next_free;
        if (mst_exchange_hurry(x) == MST_ANSWERED) {
            (void)step_back(session, x);
            give_exchange(session->worker, x);
        }
    }
    if (!is_busy(session))
        leave(session);
}

static void closed(void *arg)
{
    struct mst_ws_session *session = arg;

    session->stream = NULL;
    session->state = OVER;
    mst_wheel_clear(session->worker->env.wheel, &session->ping.entry);
    let_go(session);
}

static const struct mst_stream_user stream_user = {received, ended, drained, closed};

static void came_back(struct mst_exchange *x, enum mst_progress progress)
{
    struct mst_ws_session *session = session_of(x);

    settle(session, x, progress);
    if (!session->stream)
        let_go(session);
    else if (session->state != OVER)
        work(session);
}

/* ---- keeping alive ---- */

static bool is_gone(struct mst_ws_session *session)
{
    uint64_t n_taken = mst_stream_taken(session->stream);
    bool is_stuck = n_taken == session->n_taken && mst_stream_unsent(session->stream) > 0;

    session->n_taken = n_taken;
    return is_stuck || (session->is_silent && !session->is_paused);
}

static void ping_is_due(struct mst_wheel_entry *entry);

static void set_ping(struct mst_ws_session *session)
{
    const struct mst_exchange_env *env = &session->worker->env;
    uint64_t after_ms = env->opts->ws_ping_ms ? env->opts->ws_ping_ms : MST_WS_PING_MS;

    mst_wheel_set(env->wheel, &session->ping.entry, mst_loop_now_ms(env->loop) + after_ms,
                  ping_is_due);
}

static void ping_is_due(struct mst_wheel_entry *entry)
{
    struct mst_ws_session *session = ((struct mst_ws_ping *)entry)->session;

    if (is_gone(session)) {
        close_now(session);
    } else if (session->state == NEW && !session->x) {
        say_close(session, MST_WS_POLICY);
    } else {
        session->is_silent = true;
        set_ping(session);
        send_frame(session, MST_WS_PING, MST_LIT(""));
        show_due(session); /* what the store was in the way of */
    }
}

void mst_ws_session_begin(struct mst_ws_session *session, struct mst_stream *stream,
                          struct mst_span peer, struct mst_span ahead)
{
    struct mst_ws_worker *worker = session->worker;

    assert(peer.len > 0 && peer.len < sizeof session->peer);
    memcpy(session->peer, peer.ptr, peer.len);

    session->stream = stream;
    session->prev = &worker->sessions;
    session->next = worker->sessions.next;
    session->next->prev = session;
    worker->sessions.next = session;
    mst_metric_add(MST_M_WS_SESSIONS, 0, 1);
    mst_stream_set_user(stream, &stream_user, session);
    set_ping(session);
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
    worker->exchanges.env = &worker->env;
    worker->sessions.next = worker->sessions.prev = &worker->sessions;
    worker->is_empty = is_empty;
    worker->arg = arg;
    mst_buf_init(&worker->out, MST_REPLY_MAX + MST_HEAD_MAX);
    mst_buf_init(&worker->text,
                 6 * MST_VALUE_MAX + MST_HEAD_MAX); /* \u0001 is the longest escape */
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
         session = session->next) {
        hurry_aside(session);
        if (session->stream && !is_busy(session))
            say_close(session, MST_WS_NORMAL);
    }
}

static void free_session(struct mst_ws_session *session)
{
    if (session->x)
        give_exchange(session->worker, session->x);
    while (session->aside) {
        struct mst_exchange *x = session->aside;

        (void)step_back(session, x);
        give_exchange(session->worker, x);
    }
    leave(session);
}

void mst_ws_worker_free(struct mst_ws_worker *worker)
{
    if (!worker)
        return;
    worker->is_draining = false; /* nobody waits any more */
    while (!mst_ws_worker_is_empty(worker))
        free_session(worker->sessions.next);
    mst_pool_fini(&worker->exchanges);
    mst_buf_fini(&worker->out);
    mst_buf_fini(&worker->text);
    free(worker);
}

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
 * - A message that comes is held in the same room as bodies over HTTP (held.h): one that finds none ends the session.
 * - Every MST_WS_PING_MS a ping goes out. Who sent nothing since the last one is given up, unless nothing is
 *   read, and so is who took nothing of what waits for him, and who has not said who he is by the first.
 * - OVER: a close frame was sent, the stream ends by itself (mst_stream_finish), nothing is read.
 * - A session whose stream is closed while its message is with the store stays in memory until the
 *   answer comes.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "front/ws/keys.h"
#include "front/ws/line.h"
#include "front/ws/message.h"
#include "front/ws/session.h"
#include "front/ws/subscription.h"
#include "sys/metric.h"

struct mst_ws_ping {
    struct mst_wheel_entry entry; /* first */
    struct mst_ws_session *session;
};

struct mst_ws_session {
    struct mst_ws_session_link link; /* first */
    struct mst_ws_worker *worker;
    struct mst_ws_line line;
    struct mst_ws_ping ping;
    struct mst_buf in;
    size_t held_bytes; /* held.h: of a message that comes */
    struct mst_ws_caller caller;
    struct mst_exchange *x;     /* the message that is being answered */
    struct mst_exchange *aside; /* those that slept, by next_free */
    size_t n_aside;
    bool has_place; /* of env.sessions, until it is over */
    int64_t lane;   /* of whom; 0: it is not known yet whose it is */
    struct mst_ws_keys keys;
    struct mst_ws_subscriptions subscriptions;
    struct mst_ws_subscription *showing; /* its call is being repeated */
    bool is_shown;                       /* it was */
    bool is_flat;
    bool is_paused;
    bool is_ended;  /* the peer sends no more */
    bool is_silent; /* since the last ping */
};

/* In the state KNOWN. */
static bool is_known(const struct mst_ws_session *session)
{
    return session->caller.is_known && !session->line.is_over;
}

/* In the state NEW. */
static bool is_new(const struct mst_ws_session *session)
{
    return !session->caller.is_known && !session->line.is_over;
}

/* ---- memory ---- */

static void give_exchange(struct mst_ws_session *session, struct mst_exchange *x)
{
    mst_ws_message_free(&session->worker->exchanges, x);
}

static void over(void *arg);
static void show_due(void *arg);
static void look_again(void *arg);

enum mst_err mst_ws_session_new(struct mst_ws_worker *worker, bool is_flat,
                                struct mst_ws_session **ret_session)
{
    struct mst_ws_session *session;

    if (mst_places_take(worker->env.sessions, 0) != MST_OK) {
        mst_metric_add(MST_M_WS_REFUSED, 0, 1);
        return MST_EFULL;
    }
    session = calloc(1, sizeof *session);
    if (!session) {
        mst_places_give(worker->env.sessions, 0);
        return MST_ENOMEM;
    }
    session->has_place = true;
    session->worker = worker;
    session->is_flat = is_flat;
    session->ping.session = session;
    mst_ws_keys_init(&session->keys, worker->env.watch, look_again, session);
    mst_ws_subscriptions_init(&session->subscriptions, &worker->env, show_due, session);
    mst_buf_init(&session->in, MST_READ_AHEAD_MAX);
    mst_ws_caller_init(&session->caller, session);
    if (mst_ws_line_init(&session->line, &worker->out, over, session) != MST_OK) {
        mst_ws_session_free(session);
        return MST_ENOMEM;
    }
    *ret_session = session;
    return MST_OK;
}

static void give_place(struct mst_ws_session *session)
{
    if (session->has_place)
        mst_places_give(session->worker->env.sessions, session->lane);
    session->has_place = false;
}

void mst_ws_session_free(struct mst_ws_session *session)
{
    if (!session)
        return;
    if (session->x)
        give_exchange(session, session->x);
    while (session->aside) {
        struct mst_exchange *x = session->aside;

        session->aside = x->next_free;
        give_exchange(session, x);
    }
    if (session->link.next) {
        session->link.prev->next = session->link.next;
        session->link.next->prev = session->link.prev;
        mst_metric_sub(MST_M_WS_SESSIONS, 0, 1);
    }
    mst_wheel_clear(session->worker->env.wheel, &session->ping.entry);
    mst_ws_keys_fini(&session->keys);
    mst_ws_subscriptions_fini(&session->subscriptions);
    mst_ws_line_fini(&session->line);
    mst_buf_fini(&session->in);
    mst_held_set(session->worker->env.held, &session->held_bytes, 0);
    mst_ws_caller_fini(&session->caller);
    give_place(session);
    free(session);
}

static void leave(struct mst_ws_session *session)
{
    struct mst_ws_worker *worker = session->worker;

    mst_ws_session_free(session);
    if (worker->is_draining && mst_ws_worker_is_empty(worker))
        worker->is_empty(worker->arg);
}

/* The line is: nothing is read any more. */
static void over(void *arg)
{
    struct mst_ws_session *session = arg;

    mst_buf_fini(&session->in);
    mst_wheel_clear(session->worker->env.wheel, &session->ping.entry);
    give_place(session); /* though the peer may not have closed its side yet */
}

/* ---- messages ---- */

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
    session->caller.is_known = true;
    mst_ws_line_send(&session->line, MST_WS_TEXT, MST_LIT("{\"status\":\"ok\"}"));
}

/* A message has its answer. */
static void answered(struct mst_ws_session *session, struct mst_exchange *x)
{
    struct mst_span reply = mst_exchange_reply(x);
    bool is_first = is_new(session);
    bool is_dead = x->verdict == MST_NO_AUTH || (is_first && !is_list(reply));
    unsigned why = x->verdict == MST_NO_ROOM ? MST_WS_LATER : MST_WS_POLICY;

    if (is_first && !is_dead)
        welcome(session);
    if (reply.len > 0 && !(is_first && mst_span_eq(reply, MST_LIT("[]"))))
        mst_ws_line_send(&session->line, MST_WS_TEXT, reply);
    mst_exchange_count(x);
    mst_ws_subscriptions_settle(&session->subscriptions, x, is_list(reply));
    give_exchange(session, x);
    if (is_dead)
        mst_ws_line_say_close(&session->line, why);
    else if (is_first)
        look(session); /* its clients are watched only now */
    if (session->worker->is_draining && !is_busy(session))
        mst_ws_line_say_close(&session->line, MST_WS_NORMAL);
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
    if (is_new(session)) /* who waits was found to be welcome */
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

static void take_text(struct mst_ws_session *session, struct mst_span text)
{
    session->x = mst_ws_message_new(&session->worker->exchanges, &session->caller, text);
    if (session->x)
        settle(session, session->x, mst_exchange_start(session->x));
    else
        mst_ws_line_say_close(&session->line, MST_WS_INTERNAL);
}

/* ---- the session's own calls ---- */

/*
 * Carries out text, which only reads, and gives its answer until give_exchange; NULL: there was no memory, or the
 * session is over, for its key is dead.
 */
static struct mst_exchange *ask(struct mst_ws_session *session, struct mst_span text)
{
    struct mst_exchange *x =
        mst_ws_message_new(&session->worker->exchanges, &session->caller, text);
    enum mst_progress progress;

    if (!x)
        return NULL;
    progress = mst_exchange_start(x);
    assert(progress == MST_ANSWERED);
    if (x->verdict != MST_NO_AUTH)
        return x;
    mst_ws_line_send(&session->line, MST_WS_TEXT, mst_exchange_reply(x));
    give_exchange(session, x);
    mst_ws_line_say_close(&session->line, MST_WS_POLICY);
    return NULL;
}

/* Is the key still good? */
static void look(struct mst_ws_session *session)
{
    struct mst_exchange *x = ask(session, MST_LIT("[]"));

    if (x)
        give_exchange(session, x);
}

static void look_again(void *arg)
{
    struct mst_ws_session *session = arg;

    if (is_known(session))
        look(session);
}

/* Repeats the call of a subscription. False: others first, or, if it was not shown for the store was in
   the way, another time. */
static bool show(struct mst_ws_session *session, struct mst_ws_subscription *subscription)
{
    struct mst_exchange *x;
    struct mst_span reply;

    session->showing = subscription;
    session->is_shown = false;
    x = ask(session, mst_buf_span(&subscription->call));
    session->showing = NULL;
    if (!x)
        return false;
    reply = mst_exchange_reply(x);
    mst_ws_line_flush(&session->line);
    if (session->is_shown && subscription->is_due && !session->line.is_over)
        mst_stream_ask_drained(session->line.stream);
    if (!session->is_shown && is_list(reply)) {
        mst_ws_line_send(&session->line, MST_WS_TEXT, reply);
        mst_ws_subscription_end(subscription);
        subscription = NULL;
    }
    give_exchange(session, x);
    return !subscription || !subscription->is_due;
}

static void show_due(void *arg)
{
    struct mst_ws_session *session = arg;
    struct mst_ws_subscription *due;
    bool is_more = true;

    while (is_more && is_known(session) && mst_ws_line_is_taking(&session->line)) {
        due = mst_ws_subscriptions_due(&session->subscriptions);
        is_more = due && show(session, due);
    }
}

/* It is known now whose session it is. */
static enum mst_err take_place(struct mst_ws_session *session, int64_t lane)
{
    enum mst_err err;

    if (session->lane != 0)
        return MST_OK;
    err = mst_places_assign(session->worker->env.sessions, lane);
    if (err == MST_OK)
        session->lane = session->keys.lane = session->subscriptions.lane = lane;
    return err;
}

enum mst_err mst_ws_met(struct mst_exchange *x, int64_t key_id, int64_t caller_id)
{
    enum mst_err err;

    if (x->session->line.is_over)
        return MST_OK;
    err = take_place(x->session, x->lane);
    return err == MST_OK ? mst_ws_keys_meet(&x->session->keys, key_id, caller_id) : err;
}

enum mst_err mst_ws_subscribe(struct mst_exchange *x, const struct mst_ws_wanted *wanted)
{
    return x->session->line.is_over
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
    struct mst_buf *text = &session->worker->text;
    enum mst_err err;

    mst_buf_clear(text);
    err = mst_ws_subscription_write(session->showing, pair, session->is_flat, text);
    if (err == MST_OK)
        err = mst_ws_line_add(&session->line, mst_buf_span(text));
    if (err == MST_OK || err == MST_EMORE)
        session->showing->since = mst_since_point(point);
    return err;
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
        mst_ws_line_send(&session->line, MST_WS_PONG, frame->payload);
        return;
    case MST_WS_CLOSE:
        mst_ws_line_say_close(&session->line, frame->code);
        return;
    case MST_WS_PONG:
    case MST_WS_CONTINUATION:
        return;
    }
}

static bool is_reading(const struct mst_ws_session *session)
{
    return mst_ws_line_is_taking(&session->line) && !session->x &&
           session->n_aside < MST_WS_WAITS_MAX;
}

/* is_more: the rest of it is to come. */
static void hold_message(struct mst_ws_session *session, bool is_more)
{
    struct mst_held *held = session->worker->env.held;

    mst_held_set(held, &session->held_bytes, mst_ws_frames_held(session->line.frames));
    if (!is_more || mst_held_has_room(held, session->held_bytes, session->held_bytes))
        return;
    mst_metric_add(MST_M_HELD_REFUSED, 0, 1);
    mst_ws_line_say_close(&session->line, MST_WS_LATER);
}

static void read_frames(struct mst_ws_session *session, struct mst_cur *bytes)
{
    enum mst_err err = MST_OK;

    while (err == MST_OK && is_reading(session)) {
        struct mst_ws_frame frame;
        unsigned code;

        err = mst_ws_frames_read(session->line.frames, bytes, &frame, &code);
        if (err == MST_OK)
            take_frame(session, &frame);
        else if (err != MST_EMORE)
            mst_ws_line_say_close(&session->line, code);
    }
    if (!session->line.is_over)
        hold_message(session, err == MST_EMORE);
}

/* Goes on with what was kept, and brings flow control in line. */
static void work(struct mst_ws_session *session)
{
    struct mst_cur bytes = mst_cur_of(mst_buf_span(&session->in));

    read_frames(session, &bytes);
    if (session->line.is_over)
        return;
    mst_buf_drop_front(&session->in, bytes.pos);
    if (session->in.len == 0)
        mst_buf_fini(&session->in);
    if (is_reading(session)) {
        if (session->is_ended && !session->aside)
            mst_ws_line_finish(&session->line);
        else if (session->is_paused)
            mst_stream_resume(session->line.stream);
        session->is_paused = false;
    } else if (session->in.len > MST_PIPELINE_MAX && !session->is_paused) {
        session->is_paused = true;
        mst_stream_pause(session->line.stream);
    }
}

static void received(void *arg, struct mst_span bytes)
{
    struct mst_ws_session *session = arg;
    struct mst_cur cur = mst_cur_of(bytes);

    if (session->line.is_over)
        return;
    session->is_silent = false;
    if (session->in.len == 0)
        read_frames(session, &cur);
    if (session->line.is_over)
        return;
    if (mst_buf_add(&session->in, mst_cur_rest(&cur)) != MST_OK)
        mst_ws_line_cut(&session->line);
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
        mst_exchange_let_go(x);
        if (mst_exchange_hurry(x) == MST_ANSWERED) {
            (void)step_back(session, x);
            give_exchange(session, x);
        }
    }
    if (session->x)
        mst_exchange_let_go(session->x);
    if (!is_busy(session))
        leave(session);
}

static void closed(void *arg)
{
    struct mst_ws_session *session = arg;

    mst_ws_line_lost(&session->line);
    let_go(session);
}

static const struct mst_stream_user stream_user = {received, ended, drained, closed};

void mst_ws_session_came_back(struct mst_exchange *x, enum mst_progress progress)
{
    struct mst_ws_session *session = x->session;

    settle(session, x, progress);
    if (!session->line.stream)
        let_go(session);
    else if (!session->line.is_over)
        work(session);
}

/* ---- keeping alive ---- */

static bool is_gone(struct mst_ws_session *session)
{
    return mst_ws_line_is_stuck(&session->line) || (session->is_silent && !session->is_paused);
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
        mst_ws_line_cut(&session->line);
    } else if (is_new(session) && !session->x) {
        mst_ws_line_say_close(&session->line, MST_WS_POLICY);
    } else {
        session->is_silent = true;
        set_ping(session);
        mst_ws_line_send(&session->line, MST_WS_PING, MST_LIT(""));
        show_due(session); /* what the store was in the way of */
    }
}

void mst_ws_session_begin(struct mst_ws_session *session, struct mst_stream *stream,
                          struct mst_span peer, struct mst_span ahead)
{
    struct mst_ws_worker *worker = session->worker;

    assert(peer.len > 0 && peer.len < sizeof session->caller.peer);
    memcpy(session->caller.peer, peer.ptr, peer.len);
    session->line.stream = stream;
    session->link.prev = &worker->sessions;
    session->link.next = worker->sessions.next;
    session->link.next->prev = &session->link;
    worker->sessions.next = &session->link;
    mst_metric_add(MST_M_WS_SESSIONS, 0, 1);
    mst_stream_set_user(stream, &stream_user, session);
    set_ping(session);
    if (worker->is_draining)
        mst_ws_line_say_close(&session->line, MST_WS_NORMAL);
    else
        received(session, ahead);
}

void mst_ws_session_drain(struct mst_ws_session *session)
{
    hurry_aside(session);
    if (!is_busy(session))
        mst_ws_line_say_close(&session->line, MST_WS_NORMAL);
}

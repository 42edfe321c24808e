/*
 * The conversations of one loop: their memory, what they share, and how they come to an end.
 *
 * - Those that are over are kept for reuse, MST_FREE_CONNS_MAX of them. With mst_pool that means that a
 *   request allocates nothing once its worker has warmed up.
 * - A drain takes no new ones, and ends when the last is over, WebSocket sessions too. Who says nothing is closed after
 *   MST_DRAIN_PATIENCE_MS: what was on its way when the drain began has been read by then.
 */
#include <assert.h>
#include <stdlib.h>

#include "front/http/conversation.h"
#include "front/ws/ws.h"
#include "sys/metric.h"

struct mst_http_worker {
    struct mst_conversation_env env;
    struct mst_conversation_link live; /* head of the ring */
    struct mst_conversation_link *free;
    size_t n_free;
    struct mst_recent recent;
    struct mst_lanes lanes;
    struct mst_held held;
    struct mst_places *watchers; /* that there may be on the watch */
    void (*idle)(void *arg);     /* of a drain */
    void *idle_arg;
    struct mst_timer *patience; /* of a drain with idle connections */
};

static struct mst_conversation *conversation_of(struct mst_conversation_link *link)
{
    return (struct mst_conversation *)link;
}

static bool is_empty(const struct mst_http_worker *worker)
{
    return worker->live.next == &worker->live && mst_ws_worker_is_empty(worker->env.exchange.ws);
}

/* ---- memory ---- */

/* NULL without memory. */
static struct mst_conversation *take(struct mst_http_worker *worker)
{
    struct mst_conversation_link *link = worker->free;
    struct mst_conversation *conn;

    if (link) {
        worker->free = link->next;
        worker->n_free--;
        return conversation_of(link);
    }
    return mst_conversation_new(&worker->env, &conn) == MST_OK ? conn : NULL;
}

static void add(struct mst_http_worker *worker, struct mst_conversation_link *link)
{
    link->prev = &worker->live;
    link->next = worker->live.next;
    link->next->prev = link;
    worker->live.next = link;
}

static void over(void *arg, struct mst_conversation *conn)
{
    struct mst_http_worker *worker = arg;
    struct mst_conversation_link *link = (struct mst_conversation_link *)conn;

    link->prev->next = link->next;
    link->next->prev = link->prev;
    if (worker->n_free < MST_FREE_CONNS_MAX) {
        link->next = worker->free;
        worker->free = link;
        worker->n_free++;
    } else {
        mst_conversation_free(conn);
    }
    if (worker->env.is_draining && is_empty(worker))
        worker->idle(worker->idle_arg);
}

/* ---- drain ---- */

/* The last WebSocket session of a drain is gone. */
static void sessions_ended(void *arg)
{
    struct mst_http_worker *worker = arg;

    if (is_empty(worker))
        worker->idle(worker->idle_arg);
}

static void drain_all(struct mst_http_worker *worker)
{
    struct mst_conversation_link *next;

    for (struct mst_conversation_link *link = worker->live.next; link != &worker->live;
         link = next) {
        next = link->next;
        mst_conversation_drain(conversation_of(link));
    }
}

static void patience_ended(void *arg)
{
    struct mst_http_worker *worker = arg;

    worker->env.is_impatient = true;
    drain_all(worker);
}

void mst_http_worker_drain(struct mst_http_worker *worker, void (*idle)(void *arg), void *arg)
{
    assert(idle && !worker->env.is_draining);
    worker->env.is_draining = true;
    worker->idle = idle;
    worker->idle_arg = arg;
    drain_all(worker);
    mst_ws_worker_drain(worker->env.exchange.ws);
    if (is_empty(worker))
        idle(arg);
    else
        mst_timer_set(worker->patience, MST_DRAIN_PATIENCE_MS);
}

/* ---- beginning and end ---- */

bool mst_http_accept(void *arg, struct mst_stream *stream)
{
    struct mst_http_worker *worker = arg;
    struct mst_conversation *conn;

    if (worker->env.is_draining)
        return false;
    conn = take(worker);
    if (!conn)
        return false;
    add(worker, (struct mst_conversation_link *)conn);
    mst_conversation_begin(conn, stream);
    return true;
}

/* The timer of the reader is due at once: all requests of one turn of the loop share its view. */
static void rest_reader(void *arg)
{
    struct mst_http_worker *worker = arg;

    mst_reader_rest(worker->env.exchange.reader);
}

static size_t max_or(size_t max, size_t otherwise)
{
    return max != 0 ? max : otherwise;
}

static enum mst_err new_places(struct mst_http_worker *worker, const struct mst_http_opts *opts)
{
    struct mst_exchange_env *env = &worker->env.exchange;
    unsigned share = opts->tenant_share != 0 ? opts->tenant_share : 100;
    enum mst_err err = mst_places_new(max_or(opts->waits_max, MST_DESCRIPTORS_MAX), share,
                                      MST_ROOM_WAIT, &env->waits);

    if (err == MST_OK)
        err = mst_places_new(max_or(opts->ws_sessions_max, MST_DESCRIPTORS_MAX), share,
                             MST_ROOM_SESSION, &env->sessions);
    if (err == MST_OK)
        err = mst_places_new(max_or(opts->watchers_max, MST_WATCHERS_MAX), share, MST_ROOM_WATCHER,
                             &worker->watchers);
    return err;
}

/* What exchanges share, and the timers. */
static enum mst_err open_env(struct mst_http_worker *worker, struct mst_loop *loop,
                             const struct mst_http_opts *opts)
{
    struct mst_exchange_env *env = &worker->env.exchange;
    enum mst_err err = mst_timer_new(loop, rest_reader, worker, &env->rest);

    if (err == MST_OK)
        err = mst_timer_new(loop, patience_ended, worker, &worker->patience);
    if (err == MST_OK && opts->store)
        err = mst_reader_open(opts->store, &env->reader);
    if (err == MST_OK)
        err = new_places(worker, opts);
    if (err == MST_OK && opts->hub)
        err = mst_watch_new(opts->hub, loop, worker->watchers, &env->watch);
    if (err == MST_OK)
        err = mst_wheel_new(loop, &env->wheel);
    if (err == MST_OK)
        err = mst_ws_worker_new(env, sessions_ended, worker, &env->ws);
    return err;
}

enum mst_err mst_http_worker_new(struct mst_loop *loop, const struct mst_http_opts *opts,
                                 struct mst_http_worker **ret_worker)
{
    struct mst_http_worker *worker = calloc(1, sizeof *worker);
    enum mst_err err;

    if (!worker)
        return MST_ENOMEM;
    worker->env.exchange = (struct mst_exchange_env){.opts = opts,
                                                     .loop = loop,
                                                     .recent = &worker->recent,
                                                     .lanes = &worker->lanes,
                                                     .held = &worker->held,
                                                     .came_back = mst_conversation_came_back};
    worker->held = (struct mst_held){.loop = loop, .max_bytes = opts->held_max_bytes};
    worker->env.exchanges.env = &worker->env.exchange;
    worker->env.over = over;
    worker->env.arg = worker;
    worker->live.next = worker->live.prev = &worker->live;
    mst_buf_init(&worker->env.out, MST_REPLY_MAX + MST_HEAD_MAX);
    err = open_env(worker, loop, opts);
    if (err != MST_OK) {
        mst_http_worker_free(worker);
        return err;
    }
    *ret_worker = worker;
    return MST_OK;
}

/* No command may be with the store any more: drain before. */
void mst_http_worker_free(struct mst_http_worker *worker)
{
    struct mst_exchange_env *env;
    struct mst_conversation_link *next;

    if (!worker)
        return;
    env = &worker->env.exchange;
    for (struct mst_conversation_link *link = worker->live.next; link != &worker->live;
         link = next) {
        next = link->next;
        mst_conversation_free(conversation_of(link));
    }
    for (struct mst_conversation_link *link = worker->free; link; link = next) {
        next = link->next;
        mst_conversation_free(conversation_of(link));
    }
    mst_pool_fini(&worker->env.exchanges);
    mst_ws_worker_free(env->ws);
    mst_buf_fini(&worker->env.out);
    mst_recent_fini(&worker->recent);
    mst_timer_free(worker->patience);
    mst_timer_free(env->rest);
    mst_wheel_free(env->wheel);
    mst_watch_free(env->watch);
    mst_places_free(worker->watchers);
    mst_places_free(env->sessions);
    mst_places_free(env->waits);
    mst_reader_close(env->reader);
    free(worker);
}

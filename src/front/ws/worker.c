/* The WebSocket sessions of one loop: what they share, and how they come to an end. */
#include <stdlib.h>

#include "front/ws/session.h"

static struct mst_ws_session *session_of(struct mst_ws_session_link *link)
{
    return (struct mst_ws_session *)link;
}

enum mst_err mst_ws_worker_new(const struct mst_exchange_env *env, void (*is_empty)(void *arg),
                               void *arg, struct mst_ws_worker **ret_worker)
{
    struct mst_ws_worker *worker = calloc(1, sizeof *worker);

    if (!worker)
        return MST_ENOMEM;
    worker->env = *env;
    worker->env.came_back = mst_ws_session_came_back;
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
    for (struct mst_ws_session_link *link = worker->sessions.next; link != &worker->sessions;
         link = link->next)
        mst_ws_session_drain(session_of(link));
}

void mst_ws_worker_free(struct mst_ws_worker *worker)
{
    struct mst_ws_session_link *next;

    if (!worker)
        return;
    for (struct mst_ws_session_link *link = worker->sessions.next; link != &worker->sessions;
         link = next) {
        next = link->next;
        mst_ws_session_free(session_of(link));
    }
    mst_pool_fini(&worker->exchanges);
    mst_buf_fini(&worker->out);
    mst_buf_fini(&worker->text);
    free(worker);
}

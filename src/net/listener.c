/*
 * Accepting is done here and not by libuv so that running out of descriptors can be
 * handled and told: one descriptor is kept in reserve, given up to accept a caller
 * and turn him away at once, and taken again. Otherwise a waiting caller would keep
 * the listener readable and the loop spinning. If even that fails (another thread
 * took the descriptor) the listener rests for a moment.
 */
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/internal.h"
#include "net/sockaddr.h"
#include "sys/log.h"

enum {
    ACCEPTS_PER_TURN = 64, /* then the connections get their turn */
    REPORT_MS = 1000,      /* at most one line in the log per second */
    REST_MS = 100
};

static void on_report(struct mst_deadline *deadline)
{
    struct mst_listener *listener = MST_CONTAINER(deadline, struct mst_listener, report);
    char addr[MST_ADDR_CHARS];

    mst_addr_print(&listener->addr, addr);
    if (listener->n_turned_away == 0) {
        listener->is_failing = false;
        mst_log(MST_LOG_INFO, MST_EV_LISTENER, "%s: accepting again", addr);
        return;
    }
    mst_log(MST_LOG_ERROR, MST_EV_LISTENER, "%s: accepting fails; %zu times in the last second",
            addr, listener->n_turned_away);
    listener->n_turned_away = 0;
    mst_deadline_set(listener->loop, &listener->report, REPORT_MS, on_report);
}

static void note_failure(struct mst_listener *listener, int error)
{
    char addr[MST_ADDR_CHARS], text[128];

    listener->n_turned_away++;
    if (listener->is_failing)
        return;
    listener->is_failing = true;
    listener->n_turned_away = 0;
    mst_addr_print(&listener->addr, addr);
    mst_log(MST_LOG_ERROR, MST_EV_LISTENER, "%s: accepting fails: %s", addr,
            strerror_r(error, text, sizeof text));
    mst_deadline_set(listener->loop, &listener->report, REPORT_MS, on_report);
}

static void on_readable(uv_poll_t *poll, int status, int events);

static void start(struct mst_listener *listener)
{
    (void)uv_poll_start(&listener->poll, UV_READABLE, on_readable);
}

static void on_rested(struct mst_deadline *deadline)
{
    start(MST_CONTAINER(deadline, struct mst_listener, rest));
}

static void take_rest(struct mst_listener *listener)
{
    (void)uv_poll_stop(&listener->poll);
    mst_deadline_set(listener->loop, &listener->rest, REST_MS, on_rested);
}

void mst_listener_count_refused(const struct mst_listener *listener, unsigned reason)
{
    mst_metric_add(MST_M_REFUSED, listener->opts.label * MST_REFUSAL_LEN + reason, 1);
}

/* Accepts one caller with the reserved descriptor and closes on him. */
static bool turn_away(struct mst_listener *listener)
{
    struct mst_loop *loop = listener->loop;
    int fd;

    if (loop->reserve_fd >= 0)
        (void)close(loop->reserve_fd);
    fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0) {
        mst_listener_count_refused(listener, MST_REFUSAL_DESCRIPTORS);
        (void)close(fd);
    }
    mst_reserve_fd_open(loop);
    return fd >= 0;
}

/* One caller; false if there is none or the listener must rest. */
static bool accept_one(struct mst_listener *listener)
{
    union mst_sockaddr sa = {0};
    socklen_t len = sizeof sa;
    int fd = accept4(listener->fd, &sa.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0) {
        struct mst_addr peer = mst_addr_of_sockaddr(&sa);
        mst_metric_add(MST_M_ACCEPTED, listener->opts.label, 1);
        if (listener->n_streams >= listener->opts.max_streams) {
            mst_listener_count_refused(listener, MST_REFUSAL_LIMIT);
            (void)close(fd);
        } else {
            mst_stream_open(listener, fd, &peer);
        }
        return true;
    }
    switch (errno) {
    case EAGAIN:
        return false;
    case EMFILE:
    case ENFILE:
        note_failure(listener, errno);
        if (turn_away(listener))
            return true;
        take_rest(listener);
        return false;
    case ENOBUFS:
    case ENOMEM:
        note_failure(listener, errno);
        take_rest(listener);
        return false;
    default:
        return true; /* that caller is gone, or an error of his network: accept(2) */
    }
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct mst_listener *listener = poll->data;

    (void)status;
    (void)events;
    for (int i = 0; i < ACCEPTS_PER_TURN && !listener->is_closed; i++)
        if (!accept_one(listener))
            return;
}

static bool set_option(int fd, int level, int option)
{
    int on = 1;

    return setsockopt(fd, level, option, &on, sizeof on) == 0;
}

/* A bound, listening socket; -1 with errno. */
static int open_socket(const struct mst_listener_opts *opts)
{
    union mst_sockaddr sa;
    socklen_t len = mst_addr_to_sockaddr(&opts->addr, &sa);
    int fd = socket(sa.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int saved;

    if (fd < 0)
        return -1;
    /* Accepted sockets inherit TCP_NODELAY. */
    if (set_option(fd, SOL_SOCKET, SO_REUSEADDR) && set_option(fd, IPPROTO_TCP, TCP_NODELAY) &&
        (!opts->is_shared || set_option(fd, SOL_SOCKET, SO_REUSEPORT)) &&
        (!opts->addr.is_v6 || set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY)) &&
        bind(fd, &sa.any, len) == 0 && listen(fd, opts->backlog) == 0)
        return fd;
    saved = errno;
    (void)close(fd);
    errno = saved;
    return -1;
}

static bool is_unspecified(const struct mst_addr *addr)
{
    static const uint8_t zeros[16];
    size_t from = addr->is_v6 ? 0 : 12;

    return memcmp(&addr->ip[from], zeros, sizeof zeros - from) == 0;
}

enum mst_err mst_listener_open(struct mst_loop *loop, const struct mst_listener_opts *opts,
                               bool (*accepted)(void *arg, struct mst_stream *stream), void *arg,
                               struct mst_listener **ret_listener)
{
    struct mst_listener *listener = calloc(1, sizeof *listener);

    if (!listener)
        return MST_ENOMEM;
    listener->fd = open_socket(opts);
    if (listener->fd < 0) {
        enum mst_err err = errno == EADDRINUSE ? MST_EBUSY : MST_ESYS;
        free(listener);
        return err;
    }
    if (uv_poll_init_socket(&loop->uv, &listener->poll, listener->fd) != 0) {
        (void)close(listener->fd);
        free(listener);
        return MST_ESYS;
    }
    listener->poll.data = listener;
    listener->opts = *opts;
    listener->accepted = accepted;
    listener->arg = arg;
    listener->loop = loop;
    listener->addr = mst_addr_of_socket(listener->fd);
    listener->is_any_addr = is_unspecified(&listener->addr);
    mst_node_add(&loop->listeners, &listener->node);
    loop->n_open++;
    start(listener);
    *ret_listener = listener;
    return MST_OK;
}

const struct mst_addr *mst_listener_addr(const struct mst_listener *listener)
{
    return &listener->addr;
}

static void free_if_unused(struct mst_listener *listener)
{
    if (listener->is_gone && listener->n_streams == 0)
        free(listener);
}

static void on_gone(uv_handle_t *handle)
{
    struct mst_listener *listener = handle->data;

    listener->loop->n_open--;
    listener->is_gone = true;
    free_if_unused(listener);
}

void mst_listener_close(struct mst_listener *listener)
{
    if (!listener || listener->is_closed)
        return;
    listener->is_closed = true;
    mst_node_remove(&listener->node);
    mst_deadline_clear(&listener->report);
    mst_deadline_clear(&listener->rest);
    uv_close((uv_handle_t *)&listener->poll, on_gone);
    (void)close(listener->fd);
}

void mst_listener_forget_stream(struct mst_listener *listener)
{
    assert(listener->n_streams > 0);
    listener->n_streams--;
    free_if_unused(listener);
}

void mst_listeners_close_all(struct mst_loop *loop)
{
    while (!mst_node_is_alone(&loop->listeners))
        mst_listener_close(MST_CONTAINER(loop->listeners.next, struct mst_listener, node));
}

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/net_server.h"
#include "tests/lib/unit.h"

enum { PATIENCE_S = 60, TURNS = 6, BYTES_MAX = 64 * 1024 * 1024 };

/* One connection on the server's side: the arg of its stream. */
struct conn {
    struct mst_net_server *server;
    struct mst_stream *stream;
    bool is_inside; /* a call to the user is under way */
};

static void count(struct mst_net_server *server, enum mst_seen what, size_t n)
{
    ck_assert_int_eq(pthread_mutex_lock(&server->lock), 0);
    server->seen[what] += n;
    ck_assert_int_eq(pthread_cond_broadcast(&server->changed), 0);
    ck_assert_int_eq(pthread_mutex_unlock(&server->lock), 0);
}

static void on_received(void *arg, struct mst_span bytes)
{
    struct conn *conn = arg;
    struct mst_net_server *server = conn->server;

    ck_assert(!conn->is_inside);
    ck_assert_uint_gt(bytes.len, 0);
    conn->is_inside = true;
    ck_assert_int_eq(pthread_mutex_lock(&server->lock), 0);
    ck_assert_int_eq(mst_buf_add(&server->bytes, bytes), MST_OK);
    ck_assert_int_eq(pthread_mutex_unlock(&server->lock), 0);
    if (server->received)
        server->received(server, conn->stream, bytes);
    else
        (void)mst_stream_send(conn->stream, bytes);
    conn->is_inside = false;
    count(server, MST_SEEN_BYTES, bytes.len);
}

static void on_ended(void *arg)
{
    struct conn *conn = arg;

    ck_assert(!conn->is_inside);
    conn->is_inside = true;
    if (conn->server->ended)
        conn->server->ended(conn->server, conn->stream);
    else
        mst_stream_finish(conn->stream, 5000);
    conn->is_inside = false;
    count(conn->server, MST_SEEN_ENDED, 1);
}

static void on_drained(void *arg)
{
    struct conn *conn = arg;

    ck_assert(!conn->is_inside);
    ck_assert_uint_eq(mst_stream_unsent(conn->stream), 0);
    count(conn->server, MST_SEEN_DRAINED, 1);
}

static void on_closed(void *arg)
{
    struct conn *conn = arg;
    struct mst_net_server *server = conn->server;

    ck_assert(!conn->is_inside);
    if (server->last == conn->stream)
        server->last = NULL;
    free(conn);
    count(server, MST_SEEN_CLOSED, 1);
}

static const struct mst_stream_user user = {
    .received = on_received,
    .ended = on_ended,
    .drained = on_drained,
    .closed = on_closed,
};

static bool on_accepted(void *arg, struct mst_stream *stream)
{
    struct mst_net_server *server = arg;
    struct conn *conn;

    if (server->accepted && !server->accepted(server, stream))
        return false;
    conn = calloc(1, sizeof *conn);
    ck_assert_ptr_nonnull(conn);
    conn->server = server;
    conn->stream = stream;
    server->last = stream;
    mst_stream_set_user(stream, &user, conn);
    count(server, MST_SEEN_ACCEPTED, 1);
    return true;
}

void mst_net_server_init(struct mst_net_server *server)
{
    *server = (struct mst_net_server){
        .opts = {.backlog = 100,
                 .handshake_ms = 60000,
                 .max_unsent_bytes = (size_t)16 * 1024 * 1024,
                 .max_streams = 1000}
    };
    ck_assert_int_eq(mst_addr_parse(MST_LIT("127.0.0.1:0"), &server->opts.addr), MST_OK);
    mst_buf_init(&server->bytes, BYTES_MAX);
    ck_assert_int_eq(pthread_mutex_init(&server->lock, NULL), 0);
    ck_assert_int_eq(pthread_cond_init(&server->changed, NULL), 0);
}

static void run(void *arg)
{
    mst_loop_run(arg);
}

void mst_net_server_start(struct mst_net_server *server)
{
    ck_assert_int_eq(mst_loop_new(&server->loop), MST_OK);
    ck_assert_int_eq(
        mst_listener_open(server->loop, &server->opts, on_accepted, server, &server->listener),
        MST_OK);
    ck_assert_uint_ne(mst_listener_addr(server->listener)->port, 0);
    ck_assert_int_eq(mst_thread_start("loop", run, server->loop, &server->thread), MST_OK);
}

void mst_net_server_stop(struct mst_net_server *server)
{
    mst_loop_stop(server->loop);
    mst_thread_join(server->thread);
    ck_assert_uint_eq(server->seen[MST_SEEN_CLOSED], server->seen[MST_SEEN_ACCEPTED]);
    mst_loop_free(server->loop);
    mst_buf_fini(&server->bytes);
    ck_assert_int_eq(pthread_cond_destroy(&server->changed), 0);
    ck_assert_int_eq(pthread_mutex_destroy(&server->lock), 0);
}

void mst_net_server_wait(struct mst_net_server *server, enum mst_seen what, size_t n)
{
    struct timespec until;

    ck_assert_int_eq(clock_gettime(CLOCK_REALTIME, &until), 0);
    until.tv_sec += PATIENCE_S;
    ck_assert_int_eq(pthread_mutex_lock(&server->lock), 0);
    while (server->seen[what] < n)
        ck_assert_int_eq(pthread_cond_timedwait(&server->changed, &server->lock, &until), 0);
    ck_assert_int_eq(pthread_mutex_unlock(&server->lock), 0);
}

size_t mst_net_server_seen(struct mst_net_server *server, enum mst_seen what)
{
    size_t n;

    ck_assert_int_eq(pthread_mutex_lock(&server->lock), 0);
    n = server->seen[what];
    ck_assert_int_eq(pthread_mutex_unlock(&server->lock), 0);
    return n;
}

struct call {
    struct mst_task task; /* first: cast back from the task */
    struct mst_net_server *server;
    void (*fn)(struct mst_net_server *server, struct mst_stream *stream);
    bool is_done;
};

static void run_call(struct mst_task *task)
{
    struct call *call = (struct call *)task;
    struct mst_net_server *server = call->server;

    if (call->fn)
        call->fn(server, server->last);
    ck_assert_int_eq(pthread_mutex_lock(&server->lock), 0);
    call->is_done = true;
    ck_assert_int_eq(pthread_cond_broadcast(&server->changed), 0);
    ck_assert_int_eq(pthread_mutex_unlock(&server->lock), 0);
}

void mst_net_server_do(struct mst_net_server *server,
                       void (*fn)(struct mst_net_server *server, struct mst_stream *stream))
{
    struct call call = {.task = {.run = run_call}, .server = server, .fn = fn};

    mst_loop_post(server->loop, &call.task);
    ck_assert_int_eq(pthread_mutex_lock(&server->lock), 0);
    while (!call.is_done)
        ck_assert_int_eq(pthread_cond_wait(&server->changed, &server->lock), 0);
    ck_assert_int_eq(pthread_mutex_unlock(&server->lock), 0);
}

void mst_net_server_turns(struct mst_net_server *server)
{
    for (int i = 0; i < TURNS; i++)
        mst_net_server_do(server, NULL);
}

int mst_net_server_connect(struct mst_net_server *server)
{
    const struct mst_addr *addr = mst_listener_addr(server->listener);
    struct timeval patience = {.tv_sec = PATIENCE_S};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(addr->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(addr->port)};
    int on = 1, rc;
    int fd = socket(addr->is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    memcpy(&v4.sin_addr, &addr->ip[12], 4);
    memcpy(&v6.sin6_addr, addr->ip, 16);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience), 0);
    ck_assert_int_eq(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), 0);
    rc = addr->is_v6 ? connect(fd, (struct sockaddr *)&v6, sizeof v6)
                     : connect(fd, (struct sockaddr *)&v4, sizeof v4);
    ck_assert_msg(rc == 0, "connect: %s", strerror(errno));
    return fd;
}

void mst_peer_send(int fd, struct mst_span bytes)
{
    while (bytes.len > 0) {
        ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        ck_assert_msg(n > 0, "send: %s", strerror(errno));
        bytes = mst_span_cut(bytes, (size_t)n, bytes.len);
    }
}

void mst_peer_expect(int fd, struct mst_span bytes)
{
    char got[4096];

    while (bytes.len > 0) {
        size_t want = bytes.len < sizeof got ? bytes.len : sizeof got;
        ssize_t n = recv(fd, got, want, 0);
        ck_assert_msg(n > 0, "recv: %s", n < 0 ? strerror(errno) : "end");
        ck_assert_span_eq(mst_span_of(got, (size_t)n), mst_span_cut(bytes, 0, (size_t)n));
        bytes = mst_span_cut(bytes, (size_t)n, bytes.len);
    }
}

void mst_peer_expect_end(int fd)
{
    char c;
    ssize_t n = recv(fd, &c, 1, 0);

    ck_assert_msg(n == 0, "recv: %s", n < 0 ? strerror(errno) : "a byte");
}

void mst_peer_expect_gone(int fd)
{
    char got[4096];
    ssize_t n;

    do
        n = recv(fd, got, sizeof got, 0);
    while (n > 0);
    ck_assert_msg(n == 0 || errno == ECONNRESET, "recv: %s", strerror(errno));
}

void mst_peer_reset(int fd)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};

    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
    ck_assert_int_eq(close(fd), 0);
}

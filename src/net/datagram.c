#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/datagram.h"
#include "net/internal.h"
#include "net/sockaddr.h"

enum { DATAGRAMS_PER_TURN = 64 }; /* then the connections get their turn */

struct mst_datagrams {
    struct mst_node node;
    struct mst_loop *loop;
    uv_poll_t poll;
    int fd;
    struct mst_addr addr;
    bool is_closed;
    void (*received)(void *arg, const struct mst_addr *from, struct mst_span bytes);
    void *arg;
};

/* One datagram, which MST_READ_BYTES can hold whatever its size; false if there is none. */
static bool receive(struct mst_datagrams *datagrams)
{
    struct mst_loop *loop = datagrams->loop;
    union mst_sockaddr sa = {0};
    socklen_t len = sizeof sa;
    struct mst_addr from;
    ssize_t n =
        recvfrom(datagrams->fd, loop->read_bytes, sizeof loop->read_bytes, 0, &sa.any, &len);

    if (n < 0)
        return errno != EAGAIN && errno != ENOMEM;
    from = mst_addr_of_sockaddr(&sa);
    datagrams->received(datagrams->arg, &from, mst_span_of(loop->read_bytes, (size_t)n));
    return true;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct mst_datagrams *datagrams = poll->data;

    (void)status;
    (void)events;
    for (int i = 0; i < DATAGRAMS_PER_TURN && !datagrams->is_closed; i++)
        if (!receive(datagrams))
            return;
}

/* A bound socket; -1 with errno. */
static int open_socket(const struct mst_addr *addr)
{
    union mst_sockaddr sa;
    socklen_t len = mst_addr_to_sockaddr(addr, &sa);
    int fd = socket(sa.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1, saved;

    if (fd < 0)
        return -1;
    if ((!addr->is_v6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0) &&
        bind(fd, &sa.any, len) == 0)
        return fd;
    saved = errno;
    (void)close(fd);
    errno = saved;
    return -1;
}

enum mst_err mst_datagrams_open(struct mst_loop *loop, const struct mst_addr *addr,
                                void (*received)(void *arg, const struct mst_addr *from,
                                                 struct mst_span bytes),
                                void *arg, struct mst_datagrams **ret_datagrams)
{
    struct mst_datagrams *datagrams = calloc(1, sizeof *datagrams);

    if (!datagrams)
        return MST_ENOMEM;
    datagrams->fd = open_socket(addr);
    if (datagrams->fd < 0) {
        enum mst_err err = errno == EADDRINUSE ? MST_EBUSY : MST_ESYS;

        free(datagrams);
        return err;
    }
    if (uv_poll_init_socket(&loop->uv, &datagrams->poll, datagrams->fd) != 0) {
        (void)close(datagrams->fd);
        free(datagrams);
        return MST_ESYS;
    }
    datagrams->poll.data = datagrams;
    datagrams->loop = loop;
    datagrams->addr = mst_addr_of_socket(datagrams->fd);
    datagrams->received = received;
    datagrams->arg = arg;
    mst_node_add(&loop->datagrams, &datagrams->node);
    loop->n_open++;
    (void)uv_poll_start(&datagrams->poll, UV_READABLE, on_readable);
    *ret_datagrams = datagrams;
    return MST_OK;
}

const struct mst_addr *mst_datagrams_addr(const struct mst_datagrams *datagrams)
{
    return &datagrams->addr;
}

static void on_gone(uv_handle_t *handle)
{
    struct mst_datagrams *datagrams = handle->data;

    datagrams->loop->n_open--;
    free(datagrams);
}

void mst_datagrams_close(struct mst_datagrams *datagrams)
{
    if (!datagrams || datagrams->is_closed)
        return;
    datagrams->is_closed = true;
    mst_node_remove(&datagrams->node);
    uv_close((uv_handle_t *)&datagrams->poll, on_gone);
    (void)close(datagrams->fd);
}

void mst_datagrams_close_all(struct mst_loop *loop)
{
    while (!mst_node_is_alone(&loop->datagrams))
        mst_datagrams_close(MST_CONTAINER(loop->datagrams.next, struct mst_datagrams, node));
}

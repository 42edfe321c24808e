#include "tests/lib/crowd.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "sys/clock.h"

enum { EVENTS = 256, NS_PER_MS = 1000000 };

struct member {
    struct mst_talk talk;
    size_t n_waiting;  /* requests without an answer */
    uint32_t watched;  /* epoll events asked for; 0 = not in epoll */
    bool is_last_seen; /* the server said that it closes */
};

struct mst_crowd {
    struct mst_crowd_opts opts;
    struct sockaddr_in addr;
    struct member *members;
    int epoll;
    size_t n_waiting; /* of all members */
};

enum mst_err mst_crowd_new(const struct mst_crowd_opts *opts, struct mst_crowd **ret_crowd)
{
    struct mst_crowd *crowd = calloc(1, sizeof *crowd);

    if (!crowd)
        return MST_ENOMEM;
    crowd->opts = *opts;
    crowd->members = calloc(opts->n_clients, sizeof *crowd->members);
    crowd->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!crowd->members || crowd->epoll < 0) {
        free(crowd->members);
        free(crowd);
        return MST_ENOMEM;
    }
    for (size_t i = 0; i < opts->n_clients; i++)
        mst_talk_init(&crowd->members[i].talk);
    *ret_crowd = crowd;
    return MST_OK;
}

void mst_crowd_free(struct mst_crowd *crowd)
{
    if (!crowd)
        return;
    for (size_t i = 0; i < crowd->opts.n_clients; i++)
        mst_talk_fini(&crowd->members[i].talk);
    (void)close(crowd->epoll);
    free(crowd->members);
    free(crowd);
}

static void hang_up(struct member *m)
{
    mst_talk_close(&m->talk); /* leaves epoll by itself */
    m->watched = 0;
    m->is_last_seen = false;
}

void mst_crowd_aim(struct mst_crowd *crowd, const struct sockaddr_in *addr)
{
    for (size_t i = 0; i < crowd->opts.n_clients; i++)
        hang_up(&crowd->members[i]);
    crowd->addr = *addr;
}

static void watch(struct mst_crowd *crowd, size_t i, uint32_t events)
{
    struct member *m = &crowd->members[i];
    struct epoll_event ev = {.events = events, .data.u64 = i};

    if (m->watched == events)
        return;
    if (epoll_ctl(crowd->epoll, m->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, m->talk.fd, &ev) != 0)
        abort();
    m->watched = events;
}

/* The connection ended: what is under way stays without an answer. */
static void lose(struct mst_crowd *crowd, size_t i)
{
    struct member *m = &crowd->members[i];

    hang_up(m);
    for (; m->n_waiting > 0; m->n_waiting--) {
        crowd->n_waiting--;
        crowd->opts.answer(crowd->opts.arg, i, NULL);
    }
}

static void deliver(struct mst_crowd *crowd, size_t i)
{
    struct member *m = &crowd->members[i];
    struct mst_talk_reply reply;
    enum mst_err err = MST_EMORE;

    while (m->n_waiting > 0 && (err = mst_talk_reply(&m->talk, &reply)) == MST_OK) {
        m->n_waiting--;
        crowd->n_waiting--;
        m->is_last_seen = reply.is_last;
        crowd->opts.answer(crowd->opts.arg, i, &reply);
    }
    if (err == MST_ESYNTAX || m->is_last_seen)
        lose(crowd, i);
}

/* Lets the member ask as much as it may; false if it could not even connect. */
static bool prompt(struct mst_crowd *crowd, size_t i)
{
    struct member *m = &crowd->members[i];
    bool is_new = false;
    enum mst_err err;

    while (m->n_waiting < crowd->opts.depth) {
        if (m->talk.fd < 0) {
            if (mst_talk_open(&m->talk, &crowd->addr))
                return false;
        }
        if (!crowd->opts.ask(crowd->opts.arg, i, &m->talk))
            break;
        m->n_waiting++;
        crowd->n_waiting++;
        is_new = true;
    }
    if (!is_new && m->talk.out.len == 0) {
        if (m->watched)
            watch(crowd, i, EPOLLIN);
        return true;
    }
    err = mst_talk_flush(&m->talk);
    if (err == MST_OK)
        watch(crowd, i, EPOLLIN);
    else if (err == MST_EMORE)
        watch(crowd, i, EPOLLIN | EPOLLOUT);
    else
        lose(crowd, i);
    return true;
}

static void handle(struct mst_crowd *crowd, size_t i, uint32_t events)
{
    struct member *m = &crowd->members[i];

    if (m->talk.fd < 0)
        return;
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        enum mst_err err = mst_talk_pull(&m->talk);
        deliver(crowd, i);
        if (err && m->talk.fd >= 0)
            lose(crowd, i);
    }
}

static int timeout_ms(uint64_t deadline_ns)
{
    uint64_t now = mst_clock_mono_ns();

    return now >= deadline_ns ? 0 : (int)((deadline_ns - now) / NS_PER_MS + 1);
}

enum mst_err mst_crowd_run(struct mst_crowd *crowd, uint64_t deadline_ns)
{
    struct epoll_event events[EVENTS];

    for (size_t i = 0; i < crowd->opts.n_clients; i++)
        (void)prompt(crowd, i);
    while (crowd->n_waiting > 0) {
        int n;
        if (mst_clock_mono_ns() >= deadline_ns)
            return MST_ETIMEOUT;
        n = epoll_wait(crowd->epoll, events, EVENTS, timeout_ms(deadline_ns));
        if (n < 0 && errno != EINTR)
            return MST_ESYS;
        for (int e = 0; e < n; e++)
            handle(crowd, events[e].data.u64, events[e].events);
        for (int e = 0; e < n; e++)
            (void)prompt(crowd, events[e].data.u64);
    }
    return MST_OK;
}

enum mst_err mst_crowd_connect(struct mst_crowd *crowd, uint64_t deadline_ns)
{
    for (size_t i = 0; i < crowd->opts.n_clients; i++) {
        struct member *m = &crowd->members[i];
        if (m->talk.fd < 0 && mst_talk_open(&m->talk, &crowd->addr))
            return MST_ECLOSED;
    }
    for (size_t i = 0; i < crowd->opts.n_clients; i++) {
        struct pollfd p = {.fd = crowd->members[i].talk.fd, .events = POLLOUT};
        if (poll(&p, 1, timeout_ms(deadline_ns)) != 1)
            return MST_ETIMEOUT;
        if (p.revents & (POLLERR | POLLHUP))
            return MST_ECLOSED;
    }
    return MST_OK;
}

void mst_crowd_bury(struct mst_crowd *crowd)
{
    for (size_t i = 0; i < crowd->opts.n_clients; i++) {
        struct member *m = &crowd->members[i];
        while (m->talk.fd >= 0 && mst_talk_pull(&m->talk) == MST_OK && m->n_waiting > 0) {
            struct pollfd p = {.fd = m->talk.fd, .events = POLLIN};
            deliver(crowd, i);
            if (m->talk.fd < 0 || poll(&p, 1, 1000) <= 0)
                break;
        }
        if (m->talk.fd >= 0)
            deliver(crowd, i);
        lose(crowd, i);
    }
}

/*
 * crowd.h - many clients at once on one thread: each keeps a connection and asks again as soon as
 * it was answered. What they ask is up to the caller.
 */
#ifndef MST_TESTS_LIB_CROWD_H
#define MST_TESTS_LIB_CROWD_H

#include "tests/lib/talk.h"

struct mst_crowd;

struct mst_crowd_opts {
    size_t n_clients;
    size_t depth; /* requests under way on one connection, at most */
    /* Queues one request with mst_talk_request; false if the client has nothing to ask now. */
    bool (*ask)(void *arg, size_t client, struct mst_talk *talk);
    /* One per request, in order. reply is NULL if the connection ended without one. */
    void (*answer)(void *arg, size_t client, const struct mst_talk_reply *reply);
    void *arg;
};

MST_MUST_USE enum mst_err mst_crowd_new(const struct mst_crowd_opts *opts,
                                        struct mst_crowd **ret_crowd);
void mst_crowd_free(struct mst_crowd *crowd);

/* Where to connect from now on; open connections are closed. */
void mst_crowd_aim(struct mst_crowd *crowd, const struct sockaddr_in *addr);
/* Opens all connections and waits until they are established. MST_ECLOSED, MST_ETIMEOUT. */
MST_MUST_USE enum mst_err mst_crowd_connect(struct mst_crowd *crowd, uint64_t deadline_ns);
/* Until nobody has anything to ask and all is answered, or MST_ETIMEOUT at the monotonic time. */
MST_MUST_USE enum mst_err mst_crowd_run(struct mst_crowd *crowd, uint64_t deadline_ns);
/* The server is gone: takes the answers that had come, answers the rest with NULL, closes all. */
void mst_crowd_bury(struct mst_crowd *crowd);

#endif

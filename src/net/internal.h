/*
 * internal.h - what the files of this room share; no other room includes it.
 */
#ifndef MST_NET_INTERNAL_H
#define MST_NET_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#include "net/stream.h"
#include "sys/metric.h"

enum {
    MST_READ_BYTES = 64 * 1024,
    MST_RECORD_MAX = 16 * 1024,  /* the largest TLS record (RFC 8446 5.1) */
    MST_IDLE_CAP_MAX = 16 * 1024 /* a larger buffer is given back when it is empty */
};

/* A ring of things on a loop; the head is a node too. */
struct mst_node {
    struct mst_node *prev, *next;
};

void mst_node_init(struct mst_node *node);
void mst_node_add(struct mst_node *head, struct mst_node *node); /* at the end */
void mst_node_remove(struct mst_node *node);                     /* may be done twice */
bool mst_node_is_alone(const struct mst_node *node);

/*
 * A coarse deadline (it is looked at a few times a second) for what rarely comes to
 * an end by itself: handshakes, lingering closes, listeners that rest.
 */
struct mst_deadline {
    struct mst_node node;
    uint64_t at_ms;
    void (*passed)(struct mst_deadline *deadline);
};

void mst_deadline_set(struct mst_loop *loop, struct mst_deadline *deadline, uint64_t after_ms,
                      void (*passed)(struct mst_deadline *deadline));
void mst_deadline_clear(struct mst_deadline *deadline);

/* Work that must not be done inside the call that finds it due; runs in the next turn. */
struct mst_later {
    struct mst_node node;
    void (*run)(struct mst_later *later);
};

void mst_later_add(struct mst_loop *loop, struct mst_later *later);
void mst_later_clear(struct mst_later *later);

struct mst_loop {
    uv_loop_t uv;
    uv_async_t wake;
    uv_timer_t tick;
    uv_idle_t idle;
    pthread_mutex_t lock; /* guards the posted tasks */
    struct mst_task *posted;
    struct mst_task **posted_end;
    struct mst_task *yielded; /* the loop's own */
    struct mst_task **yielded_end;
    size_t unsent_bytes; /* memory of the streams' buffers */
    atomic_bool is_stopping;
    void *data;
    struct mst_node streams;
    struct mst_node listeners;
    struct mst_node datagrams;
    struct mst_node deadlines;
    struct mst_node laters;
    size_t n_open;  /* listeners, streams and ports of datagrams not yet gone */
    int reserve_fd; /* given up for a moment to turn away callers when descriptors run out */
    char read_bytes[MST_READ_BYTES];
    char plain_bytes[MST_RECORD_MAX]; /* one record, decrypted */
};

void mst_reserve_fd_open(struct mst_loop *loop);

/*
 * A listener stays in memory until its last stream is gone, since its options hold
 * for them.
 */
struct mst_listener {
    struct mst_node node;
    struct mst_listener_opts opts;
    bool (*accepted)(void *arg, struct mst_stream *stream);
    void *arg;
    struct mst_loop *loop;
    uv_poll_t poll;
    int fd;
    struct mst_addr addr;
    bool is_any_addr;     /* bound to the unspecified address */
    bool is_closed;       /* the user let go of it */
    bool is_gone;         /* libuv let go of it too */
    bool is_failing;      /* said so in the log */
    size_t n_turned_away; /* since the last line in the log */
    struct mst_deadline report, rest;
    size_t n_streams;
};

/* Takes the descriptor in any case. */
void mst_stream_open(struct mst_listener *listener, int fd, const struct mst_addr *peer);
void mst_listener_forget_stream(struct mst_listener *listener);
/* reason: enum mst_label_REFUSAL. */
void mst_listener_count_refused(const struct mst_listener *listener, unsigned reason);

/*
 * A TLS session between two places in memory: it takes ciphertext from *in and
 * appends ciphertext to *out, both of which belong to the caller and outlive it.
 */
struct mst_tls_session;
MST_MUST_USE enum mst_err mst_tls_session_new(const struct mst_tls *tls, struct mst_cur *in,
                                              struct mst_buf *out,
                                              struct mst_tls_session **ret_session);
void mst_tls_session_free(struct mst_tls_session *session);
/* MST_OK: done; MST_EMORE: needs more input; MST_ESYNTAX: failed, an alert is in *out. */
MST_MUST_USE enum mst_err mst_tls_session_handshake(struct mst_tls_session *session);
/* One record's plain bytes into room of MST_RECORD_MAX. MST_EMORE; MST_ECLOSED: the peer's
   close_notify; MST_ESYNTAX: failed, an alert may be in *out. */
MST_MUST_USE enum mst_err mst_tls_session_read(struct mst_tls_session *session, char *room,
                                               size_t *ret_len);
/* Encrypts one record, at most MST_RECORD_MAX bytes. MST_ESYS. */
MST_MUST_USE enum mst_err mst_tls_session_write(struct mst_tls_session *session,
                                                struct mst_span bytes);
/* close_notify. */
void mst_tls_session_bye(struct mst_tls_session *session);

/* The loop ends: what is open on it is closed. */
void mst_streams_close_all(struct mst_loop *loop);
void mst_listeners_close_all(struct mst_loop *loop);
void mst_datagrams_close_all(struct mst_loop *loop);

/* A member's address back to what it stands in. */
#define MST_CONTAINER(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif

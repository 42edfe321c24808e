/*
 * front.h - the HTTP conversation: what server needs to serve muster over streams.
 *
 * One front for the process, one worker per loop. A worker owns the loop's reader
 * and the memory of its connections.
 */
#ifndef MST_FRONT_HTTP_FRONT_H
#define MST_FRONT_HTTP_FRONT_H

#include "core/domain.h"
#include "front/watch/watch.h"
#include "net/stream.h"

/* What the admin listener asks the server; called on its loop's thread. */
struct mst_http_admin {
    bool (*is_ready)(void *arg);
    const char *(*problem)(void *arg); /* why it is not healthy; NULL: it is */
    void *arg;
};

struct mst_routes; /* route.h */

struct mst_http_opts {
    const struct mst_domain *domain;
    struct mst_store *store;            /* NULL only with admin */
    struct mst_watch_hub *hub;          /* of store: as it */
    const struct mst_http_admin *admin; /* not NULL: /healthz, /readyz, /metrics, and no more */
    const struct mst_routes *routes;    /* what is answered; NULL = what belongs here */
    const char *backup_dir;
    void (*drop_blob)(void *arg, int64_t blob_id); /* server/sweeper.h; NULL: nobody sweeps */
    void *drop_arg;
    void (*renew)(void *arg); /* server/ticker.h; NULL: nobody does what is noted (core/renew.h) */
    void *renew_arg;
    const struct mst_addr_set *trusted; /* proxies believed in X-Forwarded-For; NULL = none */
    struct mst_addr advertised;       /* setting advertised_address; 0.0.0.0 = none, port 0 = any */
    uint64_t head_ms;                 /* absolute, from the first byte of a head */
    uint64_t body_ms;                 /* absolute, from the end of the head; of pieces: pace.h */
    uint64_t idle_ms;                 /* between requests */
    uint64_t send_ms;                 /* for the peer to take a reply; of pieces: pace.h */
    uint64_t content_max_bytes;       /* of one blob */
    uint64_t ws_ping_ms;              /* between pings to a WebSocket; 0 = MST_WS_PING_MS */
    size_t held_max_bytes;            /* of one worker (held.h); 0 = no bound */
    size_t ws_sessions_max;           /* of one worker; 0 = no bound but that of connections */
    size_t waits_max;                 /* the same of requests over HTTP that wait */
    size_t watchers_max;              /* of one worker; 0 = MST_WATCHERS_MAX */
    unsigned tenant_share;            /* percent of each of these that a tenant may have; 0 = all */
    unsigned requests_per_connection; /* protocol.md 2.1.3 */
    unsigned retry_after_s;           /* in 503 replies; spread by chance between 1 and this */
    bool is_logging_requests;         /* setting log_requests */
    bool is_bad_value_skipped;        /* setting alias_skip_bad_values (A19) */
    bool is_ranges_wrapped;           /* setting ranges_wrapped (A4) */
};

struct mst_http_worker;

/* On the loop's thread or before it runs. opts and what it points to must outlive the worker. */
MST_MUST_USE enum mst_err mst_http_worker_new(struct mst_loop *loop,
                                              const struct mst_http_opts *opts,
                                              struct mst_http_worker **ret_worker);
/* The accept call of a listener; arg is the worker. */
bool mst_http_accept(void *worker, struct mst_stream *stream);
/* Drain: busy connections are closed after their reply (Connection: close), idle ones when what was on
   its way has had time to arrive. idle is called on the loop's thread when none is left. Call on the
   loop's thread. */
void mst_http_worker_drain(struct mst_http_worker *worker, void (*idle)(void *arg), void *arg);
void mst_http_worker_free(struct mst_http_worker *worker); /* after the loop ended */

#endif

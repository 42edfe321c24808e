/*
 * exchange.h - a request being answered.
 *
 * An exchange goes through steps. Each step is a function that looks at the
 * request, may work on a transaction, and either fills the reply or names the next
 * step. Where a step runs is part of its naming:
 *   MST_NOWHERE  on the loop, without a transaction (tx is NULL)
 *   MST_READ     on the loop, with the reader's transaction
 *   MST_STATE    as a command on the state committer's thread
 *   MST_POINTS   as a command on the points committer's thread
 *   MST_CONTENT  as a command on the content committer's thread
 *   MST_APART    on a thread made for it, without a transaction: for what takes long
 * A step may be run again after an undone run (port_store.h): the reply is put back
 * to what it was before, and x->attempt stays the same.
 *
 * A request whose route takes its body in pieces (struct mst_route) begins at the end of its head:
 * guard and prepare run before a byte of the body is read, so that a refusal costs nobody
 * an upload. The route's step runs when the first piece lies in x->body: MST_PIECE_MAX
 * bytes, or less (even none) if it is the last, which x->is_body_whole tells. A step that wants more
 * names the one for the next piece with mst_exchange_await_body. While a step runs
 * nothing more than a read-ahead is taken from the peer.
 *
 * A reply that is too long for one buffer is announced by mst_exchange_answer_long, and
 * made by a step that is run again and again, each time the peer has taken what was there.
 *
 * What an exchange leaves in the store before it is answered (half of an upload) is cleaned up by
 * the step x->abandon if it ends otherwise than with a success: before the refusal is sent, or
 * when the peer goes away or is too slow.
 *
 * A step returns MST_OK, MST_EREFUSED (what it wrote to the store is undone; x->status
 * says what to answer, or the next step is named), or an error, which becomes 503 or 500. It must not leave spans
 * of the transaction in the exchange: what must outlive it is copied to x->arena or
 * written to x->reply.
 */
#ifndef MST_FRONT_HTTP_EXCHANGE_H
#define MST_FRONT_HTTP_EXCHANGE_H

#include "core/activate.h"
#include "core/permit.h"
#include "front/http/front.h"
#include "front/http/held.h"
#include "front/http/lanes.h"
#include "front/http/outcome.h"
#include "front/http/recent.h"
#include "front/watch/watch.h"
#include "net/wheel.h"
#include "wire/form.h"
#include "wire/http1.h"

struct mst_exchange;
struct mst_ws_worker;  /* front/ws/ws.h */
struct mst_ws_session; /* the same */

enum mst_where { MST_NOWHERE, MST_READ, MST_STATE, MST_POINTS, MST_CONTENT, MST_APART };

typedef enum mst_err mst_step(struct mst_exchange *x, struct mst_tx *tx);

struct mst_todo {
    enum mst_where where;
    mst_step *guard;     /* run before step in the same transaction; NULL = none */
    mst_step *step;      /* NULL = nothing left to do */
    bool is_after_piece; /* of the body, which must come first */
    bool is_later;       /* when others were served */
    bool is_after_wake;  /* waiting.h */
};

/* A reply in pieces. */
struct mst_long_reply {
    uint64_t total; /* bytes of the whole body; 0 = the reply is not of this kind */
    uint64_t at;    /* where the piece begins that the step is to append to x->reply */
    struct mst_span
        piece;     /* what a step on the loop may set instead: it must stay until it is sent */
    uint64_t from; /* where the reply begins in what the step reads from: the step's own */
    struct mst_todo todo;
    unsigned status;
    const char *content_type;
};

/* What the conversation does next. */
enum mst_progress {
    MST_RUNNING,     /* nothing: env->came_back will tell */
    MST_ASLEEP,      /* the same, but it may last: mst_exchange_hurry ends it */
    MST_WANTS_PIECE, /* fills x->body, sets is_body_whole, calls mst_exchange_continue */
    MST_ANSWERED     /* sends x->reply; if more is announced, calls mst_exchange_continue then */
};

enum { MST_ROUTE_SEGMENTS_MAX = 6 };

/*
 * One row of the route table. Unless its action is open, mst_guard runs in front of step. With where
 * MST_STATE the guard and then prepare run first on the loop, so that bad keys and bad
 * parameters never reach the committer; guard and step follow in the command.
 */
struct mst_route {
    const char *segments[MST_ROUTE_SEGMENTS_MAX + 1]; /* "*" = any that is not empty; NULL ends */
    bool is_slash_optional;
    unsigned methods; /* enum mst_method bits */
    size_t body_max;
    size_t body_max_at; /* offset in struct mst_http_opts of a uint64_t to take instead; 0 = none */
    bool is_body_in_pieces; /* where and step are for the first; guard and prepare ran before */
    enum mst_family family;
    enum mst_family (*family_by)(struct mst_exchange *x); /* if it depends on the query; or NULL */
    unsigned label; /* what it is counted as: enum mst_label_ROUTE */
    /* Takes what only this route wants of the head, into x->work; or NULL. */
    enum mst_err (*heed)(struct mst_exchange *x, const struct mst_http_head *head);
    enum mst_action action; /* what the caller must be allowed to do */
    enum mst_where where;
    mst_step *prepare;
    mst_step *step;
    /* Answers a failure in the route's own form; NULL = the standard error body. */
    void (*failed)(struct mst_exchange *x, unsigned status);
};

/* What exchanges of one loop share. */
struct mst_exchange_env {
    const struct mst_http_opts *opts;
    struct mst_loop *loop;
    struct mst_reader *reader;
    struct mst_recent *recent;
    struct mst_lanes *lanes;
    struct mst_ws_worker *ws;
    struct mst_timer *rest; /* the reader's, when this turn of the loop is over */
    struct mst_watch *watch;
    struct mst_places *waits;    /* of requests over HTTP, which hold connections */
    struct mst_places *sessions; /* of WebSocket */
    struct mst_wheel *wheel;
    struct mst_held *held;
    /* An exchange that was MST_RUNNING or MST_ASLEEP is so no more. On the loop's thread. */
    void (*came_back)(struct mst_exchange *x, enum mst_progress progress);
};

struct mst_exchange_cmd {
    struct mst_cmd cmd; /* first, so that the store's pointer leads back here */
    struct mst_exchange *x;
};

struct mst_exchange_task {
    struct mst_task task; /* first */
    struct mst_exchange *x;
};

struct mst_exchange {
    const struct mst_exchange_env *env;
    void *owner;                    /* the connection's */
    struct mst_ws_session *session; /* whose message it is; NULL over HTTP */
    struct mst_exchange *next_free;

    /* the request; spans lie in arena, except body */
    struct mst_arena arena;
    enum mst_method method;
    const struct mst_route *route; /* NULL: 404 or, if allowed is not 0, 405 */
    unsigned allowed;              /* methods of the path */
    size_t n_segments;
    struct mst_span segments[MST_SEGMENTS_MAX]; /* decoded; the first follows the first '/' */
    struct mst_span query;                      /* raw */
    struct mst_span content_type, cik, token, vendor_name;
    struct mst_span range, if_range, if_none_match, want_repr_digest;
    struct mst_span request_timeout, modified_since; /* 2.12.4; the latter by either name */
    struct mst_span peer;                            /* address as text */
    struct mst_addr local;                           /* where it arrived */
    struct mst_buf body;                             /* or a piece of it */
    bool is_body_whole;                              /* nothing follows what is in body */

    /* found by the guard; row texts are valid in that step only */
    enum mst_role role;
    struct mst_manager manager;
    struct mst_row_vendor vendor; /* whose model it is */
    struct mst_row_model model;
    const struct mst_row_vendor
        *borrower; /* manager.vendor if it uses a model of another, or NULL */
    struct mst_row_client client;

    /* between steps */
    void *work;                              /* the handler's own, in arena */
    void (*release)(struct mst_exchange *x); /* frees what work holds outside the arena; or NULL */
    struct mst_todo abandon;                 /* cleans up after a failure; step NULL = nothing to */
    struct mst_points_work *points;          /* points.c's own, in arena */
    struct mst_waiting *waiting;             /* waiting.c's own, or NULL */
    struct mst_arena_mark wake_mark;         /* the same, if is_woken */
    bool is_woken;
    bool is_hurried;      /* no wait lasts any longer */
    bool is_let_go;       /* it ends where it would go on later */
    struct mst_todo todo; /* the next step */
    struct mst_todo now;  /* the running one */
    int64_t attempt;      /* of the running command; random, not 0 */
    bool is_single;       /* the next command changes at most one row */
    int64_t lane;         /* whose commands they are (core/lane.h); 0 = nobody's */

    /* the reply */
    unsigned status; /* 0 = not known yet */
    const char *content_type_out;
    bool is_secret;
    bool is_last; /* the connection ends with it: its place is wanted */
    struct mst_buf reply;
    struct mst_buf extra; /* complete field lines */
    struct mst_long_reply long_reply;
    size_t held_bytes; /* held.h */

    /* for counting */
    uint64_t began_ns;        /* end of the head; 0: it was not understood */
    enum mst_verdict verdict; /* of a refusal */
    size_t n_stored;          /* points that the running command stores */

    /* the engine's own */
    struct mst_exchange_cmd cmd;
    struct mst_exchange_task task;
    struct mst_thread *thread; /* of a step apart */
    enum mst_err outcome;
    unsigned n_tries;
    size_t mark, extra_mark; /* lengths of reply and extra before the running step */
    unsigned failed;         /* the status to answer when abandon has run; 0 = it did not have to */
};

void mst_exchange_init(struct mst_exchange *x, const struct mst_exchange_env *env);
/* Ready for the next request; memory is kept. */
void mst_exchange_reset(struct mst_exchange *x);
void mst_exchange_fini(struct mst_exchange *x);

/*
 * Takes what is needed from a head, which may be overwritten afterwards, and finds
 * the route. MST_ESYNTAX: bad escape in the path, 400. MST_ENOMEM.
 */
MST_MUST_USE enum mst_err mst_exchange_take_head(struct mst_exchange *x,
                                                 const struct mst_http_head *head);
/* The largest body this request may have. */
uint64_t mst_exchange_body_max(const struct mst_exchange *x);
/* Does it begin before its body? */
bool mst_exchange_is_in_pieces(const struct mst_exchange *x);
/* Begins: at the end of the body, or of the head if that goes in pieces. */
enum mst_progress mst_exchange_start(struct mst_exchange *x);
/* After MST_WANTS_PIECE or MST_ANSWERED. A reply with a failure then breaks off the long one. */
enum mst_progress mst_exchange_continue(struct mst_exchange *x);
/* Instead of a piece that will not come: cleans up, then fails with status. Of an exchange that does
   not want one nothing is left to clean up, and it is MST_ANSWERED as it is. */
enum mst_progress mst_exchange_give_up(struct mst_exchange *x, unsigned status);
/* Counts the memory that it holds while others are served. False: there is no room for it (held.h). */
bool mst_exchange_hold(struct mst_exchange *x);
/* Nobody waits for its answer any more: work in pieces (mst_exchange_yield) ends after the piece at hand. */
void mst_exchange_let_go(struct mst_exchange *x);
/* Wakes it if it is asleep, and lets it sleep no more. Gives what it is then; MST_RUNNING also if
   it was not asleep. */
enum mst_progress mst_exchange_hurry(struct mst_exchange *x);
/* What is to be sent of the body now: all, or the piece. */
struct mst_span mst_exchange_reply(const struct mst_exchange *x);
/* An error reply without a route, for the conversation. */
void mst_exchange_fail(struct mst_exchange *x, unsigned status);

/* What it waited for may have come: env->came_back is called if it goes on. */
void mst_exchange_wake(struct mst_exchange *x);

/* Counts what was answered, and logs it if that is asked for. */
void mst_exchange_count(const struct mst_exchange *x);

/* ---- for steps ---- */

const struct mst_domain *mst_exchange_domain(const struct mst_exchange *x);
/* Segment number i counted from the left. */
struct mst_span mst_exchange_segment(const struct mst_exchange *x, size_t i);
/* The status of the verdict in the route's family; returns MST_EREFUSED. */
enum mst_err mst_exchange_refuse(struct mst_exchange *x, enum mst_verdict verdict);
enum mst_err mst_exchange_refuse_with(struct mst_exchange *x, unsigned status);
/* The same, and a field X-Muster-Refused of the head says why: the words must be printable ASCII. */
enum mst_err mst_exchange_refuse_because(struct mst_exchange *x, unsigned status, const char *fmt,
                                         ...) __attribute__((format(printf, 3, 4)));
/* err if it is one; else MST_OK for MST_DONE, else as mst_exchange_refuse. */
enum mst_err mst_exchange_settle(struct mst_exchange *x, enum mst_err err,
                                 enum mst_verdict verdict);
/* A success; type NULL = no Content-Type. Returns MST_OK. */
enum mst_err mst_exchange_answer(struct mst_exchange *x, unsigned status, const char *type);
/*
 * A success with a body of total bytes; step makes them, the first too: it appends the piece that
 * begins at x->long_reply.at to x->reply (or, on the loop, sets x->long_reply.piece), at least one byte and at most MST_PIECE_MAX, and not more
 * than the total. It is run when the peer has taken what was there, without a guard. Should it
 * fail, the connection is closed. No step is run for HEAD, nor if total is 0. Returns MST_OK.
 */
enum mst_err mst_exchange_answer_long(struct mst_exchange *x, unsigned status, const char *type,
                                      uint64_t total, enum mst_where where, mst_step *step);
/* Names the step for the next piece of the body; there must be one. Returns MST_OK. */
enum mst_err mst_exchange_await_body(struct mst_exchange *x, enum mst_where where, mst_step *guard,
                                     mst_step *step);
/* Names the next step. Returns MST_OK. */
enum mst_err mst_exchange_go(struct mst_exchange *x, enum mst_where where, mst_step *guard,
                             mst_step *step);
/* The same, and the loop serves others before it runs: for work in pieces by a reader. */
enum mst_err mst_exchange_yield(struct mst_exchange *x, enum mst_where where, mst_step *step);
/* On the loop: from now on commands are the client's tenant's. Commands of readers have no lane. */
MST_MUST_USE enum mst_err mst_exchange_take_lane(struct mst_exchange *x, struct mst_tx *tx,
                                                 int64_t client_id);
/* The form in the body; for GET the query, or the body if there is no query (2.1.1). */
MST_MUST_USE enum mst_err mst_exchange_form(struct mst_exchange *x, struct mst_form *ret_form);
MST_MUST_USE enum mst_err mst_exchange_query(struct mst_exchange *x, struct mst_form *ret_form);

#define MST_TYPE_TEXT       "text/plain; charset=utf-8"
#define MST_TYPE_CSV        "text/csv; charset=utf-8"
#define MST_TYPE_FORM       "application/x-www-form-urlencoded; charset=utf-8"
#define MST_TYPE_JSON       "application/json; charset=utf-8"
#define MST_TYPE_JAVASCRIPT "application/javascript; charset=utf-8" /* of ranges (2.6.4) */

#endif

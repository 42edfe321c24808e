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
 *   MST_APART    on a thread made for it, without a transaction: for what takes long
 * A step may be run again after an undone run (port_store.h): the reply is put back
 * to what it was before, and x->attempt stays the same.
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
#include "front/http/outcome.h"
#include "wire/form.h"
#include "wire/http1.h"

struct mst_exchange;

enum mst_where { MST_NOWHERE, MST_READ, MST_STATE, MST_POINTS, MST_APART };

typedef enum mst_err mst_step(struct mst_exchange *x, struct mst_tx *tx);

struct mst_todo {
    enum mst_where where;
    mst_step *guard; /* run before step in the same transaction; NULL = none */
    mst_step *step;  /* NULL = nothing left to do */
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
    enum mst_family family;
    unsigned label;         /* what it is counted as: enum mst_label_ROUTE */
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
    struct mst_timer *rest; /* the reader's, when this turn of the loop is over */
    /* An exchange whose start returned false is answered. On the loop's thread. */
    void (*finished)(struct mst_exchange *x);
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
    void *owner; /* the connection's */
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
    struct mst_span peer; /* address as text */
    struct mst_buf body;

    /* found by guards; row texts are valid in that step only */
    struct mst_manager manager;
    struct mst_row_model model;
    struct mst_row_client client;

    /* between steps */
    void *work;                              /* the handler's own, in arena */
    void (*release)(struct mst_exchange *x); /* frees what work holds outside the arena; or NULL */
    struct mst_todo todo;                    /* the next step */
    struct mst_todo now;                     /* the running one */
    int64_t attempt;                         /* of the running command; random, not 0 */
    bool is_single;                          /* the next command changes at most one row */

    /* the reply */
    unsigned status; /* 0 = not known yet */
    const char *content_type_out;
    bool is_secret;
    struct mst_buf reply;
    struct mst_buf extra; /* complete field lines */

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
    size_t mark; /* length of reply before the running step */
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
size_t mst_exchange_body_max(const struct mst_exchange *x);
/* Answers the request. true: the reply is ready now; false: env->finished will be called. */
bool mst_exchange_start(struct mst_exchange *x);
/* An error reply without a route, for the conversation. */
void mst_exchange_fail(struct mst_exchange *x, unsigned status);

/* Counts what was answered. */
void mst_exchange_count(const struct mst_exchange *x);

/* ---- for steps ---- */

const struct mst_domain *mst_exchange_domain(const struct mst_exchange *x);
/* Segment number i counted from the left. */
struct mst_span mst_exchange_segment(const struct mst_exchange *x, size_t i);
/* The status of the verdict in the route's family; returns MST_EREFUSED. */
enum mst_err mst_exchange_refuse(struct mst_exchange *x, enum mst_verdict verdict);
enum mst_err mst_exchange_refuse_with(struct mst_exchange *x, unsigned status);
/* err if it is one; else MST_OK for MST_DONE, else as mst_exchange_refuse. */
enum mst_err mst_exchange_settle(struct mst_exchange *x, enum mst_err err,
                                 enum mst_verdict verdict);
/* A success; type NULL = no Content-Type. Returns MST_OK. */
enum mst_err mst_exchange_answer(struct mst_exchange *x, unsigned status, const char *type);
/* Names the next step. Returns MST_OK. */
enum mst_err mst_exchange_go(struct mst_exchange *x, enum mst_where where, mst_step *guard,
                             mst_step *step);
/* The form in the body; for GET the query, or the body if there is no query (2.1.1). */
MST_MUST_USE enum mst_err mst_exchange_form(struct mst_exchange *x, struct mst_form *ret_form);
MST_MUST_USE enum mst_err mst_exchange_query(struct mst_exchange *x, struct mst_form *ret_form);

#define MST_TYPE_TEXT "text/plain; charset=utf-8"
#define MST_TYPE_CSV  "text/csv; charset=utf-8"
#define MST_TYPE_FORM "application/x-www-form-urlencoded; charset=utf-8"
#define MST_TYPE_JSON "application/json; charset=utf-8"

#endif

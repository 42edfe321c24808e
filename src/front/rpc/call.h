/*
 * call.h - one call of an RPC request (protocol.md 2.15). Inside front/rpc only.
 */
#ifndef MST_FRONT_RPC_CALL_H
#define MST_FRONT_RPC_CALL_H

#include <jansson.h>

#include "core/detail.h"
#include "front/http/points.h"
#include "front/rpc/caller.h"
#include "front/rpc/envelope.h"

/* What is left to be done in the points file once a call is durable. */
struct mst_rpc_after {
    struct mst_ports ports; /* dropped: their points are to be removed */
    int64_t clone_id;       /* made, and points are to be copied into it; 0 = none */
    bool is_described_anew; /* what a note says is to be done (core/renew.h); nobody waits for it */
};

struct mst_rpc_call {
    struct mst_exchange *x;
    const struct mst_rpc_caller *caller;
    int64_t caller_id;            /* the calling client */
    struct mst_grant_scope scope; /* of a grant token: what this procedure may touch */
    const struct mst_rpc_args *args;
    int64_t n_points; /* found by look: how many the template has */
    void *plan;       /* the procedure's own, in x->arena; kept from step to step of a call */
    /* The answer. */
    const char *status; /* "ok" and the words of 2.15.2 */
    struct mst_span
        not_ok;           /* JSON that takes the place of the status (recordbatch); empty = none */
    const char *context;  /* not NULL: "fail" with error 501 and this context */
    json_t *result;       /* owned; NULL = no result */
    bool has_printed;     /* the result was begun with mst_rpc_begin_result */
    bool is_single;       /* look: what run will do changes one row at most */
    bool is_more;         /* the call is not done: run it again, in another transaction */
    int64_t wait_port_id; /* with is_more: when this port has changed, or at ... */
    uint64_t wait_until_ms; /* ... this time; 0 = at once */
    struct mst_rpc_after after;
    const struct mst_rpc_one *one; /* rpc.c's own */
    json_t *loaded;                /* by mst_rpc_load, owned */
};

/*
 * Runs a call. MST_OK; MST_EREFUSED (status or context is set, what was written is
 * undone); or an error, which fails the whole request.
 */
typedef enum mst_err mst_rpc_run(struct mst_rpc_call *call, struct mst_tx *tx);

/*
 * Where a procedure runs. MST_READ: in a reader's transaction. MST_STATE: as a command of its own; if
 * it must know something of another file, look finds it before, by a reader, and whatever it says run
 * will say it again. MST_POINTS: look decides all there is to decide and leaves a plan, run
 * as a command of its own carries it out.
 */
struct mst_rpc_procedure {
    const char *name; /* its arguments: shape.h */
    enum mst_where where;
    mst_rpc_run *run;
    mst_rpc_run *look; /* or NULL */
};

/* Is it one of 3.3, which over HTTP is as good as unknown? */
bool mst_rpc_is_for_sessions(const struct mst_rpc_procedure *procedure);
/* NULL for a procedure that is not served. */
const struct mst_rpc_procedure *mst_rpc_procedure_find(struct mst_span name);

/* ---- answers ---- */

enum mst_err mst_rpc_say(struct mst_rpc_call *call, const char *status); /* MST_EREFUSED */
enum mst_err mst_rpc_unsupported(struct mst_rpc_call *call, const char *context);
/* err if it is one, MST_OK for MST_DONE, else the word for the verdict. */
enum mst_err mst_rpc_settle(struct mst_rpc_call *call, enum mst_err err, enum mst_verdict verdict);
/* The word for a verdict (2.15.2). */
const char *mst_rpc_word(enum mst_verdict verdict);
/* Takes result; NULL is MST_ENOMEM. */
enum mst_err mst_rpc_give(struct mst_rpc_call *call, json_t *result);
/* The resource's RID as the result. */
enum mst_err mst_rpc_give_rid(struct mst_rpc_call *call, const struct mst_row_resource *resource);
/* A JSON string; NULL without memory. */
json_t *mst_rpc_string(struct mst_span text);
/* Appends compact JSON of any value. */
enum mst_err mst_rpc_print(struct mst_buf *out, json_t *value);

/* Begins the answer of a call that succeeds: its result, any JSON, is to be appended to what is given.
   Should the call fail all the same, it is taken back. */
struct mst_buf *mst_rpc_begin_result(struct mst_rpc_call *call);

/* Appends the resource's RID as a text of JSON. MST_EFULL: there is no room left for it. */
enum mst_err mst_rpc_print_rid(struct mst_rpc_call *call, bool has_comma,
                               const struct mst_row_resource *resource);

/* Of a reading call: it is run again when the port may have changed, or at a time (front/http/waiting.h). */
enum mst_err mst_rpc_await(struct mst_rpc_call *call, int64_t port_id, uint64_t until_ms);
/* Appends [time, value]: a number for the formats that are one, else a text; so is how a dispatch went,
   which has no format. */
enum mst_err mst_rpc_print_point(struct mst_buf *out, int64_t format,
                                 const struct mst_row_point *point);

/* ---- arguments ---- */

/* "client", "dataport", "datarule", "dispatch"; 0 for any other word. */
int64_t mst_rpc_kind(struct mst_span word);
const char *mst_rpc_kind_word(int64_t kind);
/* The resource that an argument names (2.15.3); an argument that is not given names the caller. */
MST_MUST_USE enum mst_err mst_rpc_resource(struct mst_rpc_call *call, struct mst_tx *tx,
                                           const struct mst_rpc_value *arg,
                                           struct mst_row_resource *ret_resource);
/* The same for reading, where RIDs of others may be named too; *ret_is_own: the caller's. */
MST_MUST_USE enum mst_err mst_rpc_readable(struct mst_rpc_call *call, struct mst_tx *tx,
                                           const struct mst_rpc_value *arg,
                                           struct mst_row_resource *ret_resource, bool *ret_is_own);
/* As mst_rpc_resource, and it is a client: else "invalid". */
MST_MUST_USE enum mst_err mst_rpc_client(struct mst_rpc_call *call, struct mst_tx *tx,
                                         const struct mst_rpc_value *arg,
                                         struct mst_row_resource *ret_resource);
/* A number as a whole second, cut into 0 to MST_POINT_AT_MAX by one more on either side; 0 if it is
   not given. */
int64_t mst_rpc_time_floor(const struct mst_rpc_value *arg);
int64_t mst_rpc_time_ceil(const struct mst_rpc_value *arg);
/* The object as a tree, which lives until the call ends; one in each call. An integer beyond 64
   bits or a NUL in it: "arguments". */
MST_MUST_USE enum mst_err mst_rpc_load(struct mst_rpc_call *call, const struct mst_rpc_value *arg,
                                       const json_t **ret_object);

/* ---- JSON trees, of descriptions and results ---- */

/* The text of a JSON string; false for anything else. Lives as long as the value. */
bool mst_rpc_text(const json_t *value, struct mst_span *ret_text);
/* Is value the string word? */
bool mst_rpc_is_word(const json_t *value, const char *word);
/* A whole number, also if it is written as 5.0, as those clients do to whom all numbers are floating. */
bool mst_rpc_whole(const json_t *value, int64_t *ret_whole);

/* ---- descriptions (2.15.5), description.c ---- */

/* old: the resource to be updated, NULL for create. Text lives in the transaction's arena. */
MST_MUST_USE enum mst_err mst_rpc_description(struct mst_rpc_call *call, struct mst_tx *tx,
                                              const json_t *json, enum mst_kind kind,
                                              const struct mst_row_resource *old,
                                              struct mst_description *ret_description);
/* The description as info shows it; NULL without memory. */
json_t *mst_rpc_describe(const struct mst_info *info);

/* ---- what only the RPC shows of a resource that is no client, detail.c ---- */

/* The detail of old, NULL for create, with what json gives, as the text that is kept: "badarg". Text
   lives in the transaction's arena. */
MST_MUST_USE enum mst_err mst_rpc_detail_read(struct mst_rpc_call *call, struct mst_tx *tx,
                                              const json_t *json, int64_t kind,
                                              const struct mst_row_resource *old,
                                              struct mst_span *ret_detail);
/* The keys of a detail that was kept, whole; NULL without memory. */
json_t *mst_rpc_detail_load(int64_t kind, struct mst_span text);

mst_rpc_run mst_rpc_wait; /* wait.c */

/* ---- info (2.15.6), info.c; listing, lookup: listing.c; share and the like: share.c ---- */

mst_rpc_run mst_rpc_info;
mst_rpc_run mst_rpc_listing;
mst_rpc_run mst_rpc_lookup;
mst_rpc_run mst_rpc_share;
mst_rpc_run mst_rpc_subscribe, mst_rpc_unsubscribe;   /* subscribe.c */
mst_rpc_run mst_rpc_move, mst_rpc_tag, mst_rpc_usage; /* tree.c */
mst_rpc_run mst_rpc_grant;                            /* grant.c */

/* ---- data: read.c, data.c ---- */

mst_rpc_run mst_rpc_read;
mst_rpc_run mst_rpc_plan_write, mst_rpc_plan_writegroup, mst_rpc_plan_record,
    mst_rpc_plan_recordbatch, mst_rpc_plan_flush;
mst_rpc_run mst_rpc_run_flow, mst_rpc_run_batch, mst_rpc_run_flush;

/* lookup "shared", revoke, activate, deactivate "share": code is their last argument. */
MST_MUST_USE enum mst_err mst_rpc_lookup_shared(struct mst_rpc_call *call, struct mst_tx *tx,
                                                struct mst_span code);
MST_MUST_USE enum mst_err mst_rpc_share_event(struct mst_rpc_call *call, struct mst_tx *tx,
                                              int64_t client_id, enum mst_lifecycle_event event,
                                              struct mst_span code);

#endif

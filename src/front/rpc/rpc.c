/*
 * POST /onep:v1/rpc/process (protocol.md 2.15.1, 2.15.2).
 *
 * The body is read and judged as a whole on the loop (envelope.h). Then the
 * calls run in order: reading ones in a read transaction, each changing call as a
 * command of its own, so that a refused one undoes nothing but itself:
 *
 *   post ──▶ read calls ──a changing call──▶ change one ──committed──▶ next ──▶ read calls ...
 *
 * A call that changes the points file is decided by the reader before (look), because its command sees
 * neither keys nor resources. A call that would take long says that there is more: the loop serves
 * others, then the same call runs on; so it does between two calls once they took MST_RPC_TURN_NS. The points of dropped dataports and of clones lie in another
 * file: once the drop or the clone is durable they are removed or copied there (points.h) before
 * the next call runs. What a rule remembers that was changed is out of use with that change (core/renew.h).
 *
 * Who is calling is asked again in each transaction of a reader or of the state. The reply grows
 * call by call; the engine cuts it back if a command has to run again. A call whose answer would
 * leave no room for those of the others is answered "limit".
 */
#include "front/http/handlers.h"
#include "front/http/waiting.h"
#include "front/rpc/call.h"
#include "front/rpc/rpc.h"
#include "front/ws/ws.h"
#include "sys/clock.h"

struct work {
    struct mst_rpc_value auth;
    bool is_auth_good;
    int64_t caller_id; /* the calling client of all calls; 0: not found yet */
    size_t n_calls;
    size_t next; /* the call to run */
    struct mst_rpc_one *calls;
    bool is_answered; /* some call has an id */
    /* of the call that runs, if it takes several steps */
    int64_t n_points; /* stored in the template that it clones */
    void *plan;
    size_t mark;      /* where its answer begins */
    bool has_printed; /* part of it */
    bool is_more;
    bool is_waiting;        /* it is a call that waits */
    bool is_described_anew; /* by it: somebody is to be told when that is durable */
};

/* An id echoed, the longest status and what is around them; a JSON escape is 6 characters. */
enum { ANSWER_MAX = 2 * 6 * MST_RPC_ID_MAX + 256 };

/* ---- general errors: one object instead of the list ---- */

enum mst_err mst_rpc_answer_error(struct mst_exchange *x, int code, const char *message,
                                  const char *context)
{
    mst_buf_clear(&x->reply);
    (void)mst_buf_addf(&x->reply, "{\"error\":{\"code\":%d,\"message\":\"%s\"", code, message);
    if (context)
        (void)mst_buf_addf(&x->reply, ",\"context\":\"%s\"", context);
    (void)mst_buf_add_str(&x->reply, "}}");
    return mst_exchange_answer(x, 200, MST_TYPE_JSON);
}

/* Clients of this endpoint read JSON whatever the status (A14); 503 stays one for balancers. */
void mst_rpc_failed(struct mst_exchange *x, unsigned status)
{
    (void)mst_rpc_answer_error(x, 500, "Internal error", NULL);
    if (status == 503)
        x->status = status;
}

/* ---- reading the request ---- */

enum mst_err mst_rpc_parse(struct mst_exchange *x, bool *ret_is_json,
                           struct mst_rpc_envelope *ret_envelope)
{
    enum mst_err err = mst_rpc_envelope_read(&x->arena, mst_buf_span(&x->body), ret_envelope);

    *ret_is_json = err == MST_OK;
    return err == MST_ESYNTAX ? mst_rpc_answer_error(x, -1, "Invalid JSON", NULL) : err;
}

static enum mst_err read_calls(struct mst_exchange *x, struct work *work, struct mst_span text)
{
    enum mst_err err = mst_rpc_calls_read(&x->arena, text, &work->n_calls, &work->calls);

    for (size_t i = 0; i < work->n_calls && err == MST_OK; i++) {
        struct mst_rpc_one *one = &work->calls[i];

        one->procedure = mst_rpc_procedure_find(one->name);
        if (one->procedure && !x->session && mst_rpc_is_for_sessions(one->procedure))
            one->procedure = NULL;
        work->is_answered = work->is_answered || one->id.len > 0;
    }
    return err;
}

static mst_step run_reading;
static mst_step run_changing;
static mst_step run_points;
static mst_step run_after_change;

enum mst_err mst_rpc_begin(struct mst_exchange *x, const struct mst_rpc_envelope *envelope)
{
    struct mst_json auth = mst_json_of(envelope->auth);
    struct work *work = mst_arena_alloc(&x->arena, sizeof *work);
    enum mst_err err;

    if (!work)
        return MST_ENOMEM;
    x->work = work;
    if (mst_json_kind(&auth) != MST_JSON_OBJECT)
        return mst_rpc_answer_error(x, 400, "Invalid", "auth");
    err = mst_rpc_options_read(&x->arena, mst_rpc_auth_members, envelope->auth, &work->auth);
    work->is_auth_good = err == MST_OK;
    if (err == MST_OK || err == MST_EREFUSED)
        err = read_calls(x, work, envelope->calls);
    if (err == MST_EREFUSED)
        return mst_rpc_answer_error(x, 400, "Invalid", "calls");
    return err == MST_OK ? mst_exchange_go(x, MST_READ, NULL, run_reading) : err;
}

enum mst_err mst_rpc_post(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_rpc_envelope envelope;
    bool is_json;
    enum mst_err err = mst_rpc_parse(x, &is_json, &envelope);

    (void)tx;
    return err == MST_OK && is_json ? mst_rpc_begin(x, &envelope) : err;
}

/* ---- answers ---- */

static void print_head(struct mst_buf *out, const struct mst_rpc_one *one)
{
    (void)mst_buf_add_str(out, out->len == 0 ? "[{\"id\":" : ",{\"id\":");
    (void)mst_buf_add(out, one->id);
    (void)mst_buf_add_str(out, ",\"status\":");
}

struct mst_buf *mst_rpc_begin_result(struct mst_rpc_call *call)
{
    struct mst_buf *out = &call->x->reply;

    print_head(out, call->one);
    (void)mst_buf_add_str(out, "\"ok\",\"result\":");
    call->has_printed = true;
    return out;
}

static void print_answer(struct mst_buf *out, const struct mst_rpc_call *call)
{
    print_head(out, call->one);
    if (call->not_ok.len > 0)
        (void)mst_buf_add(out, call->not_ok);
    else
        (void)mst_buf_addf(out, "\"%s\"", call->status);
    if (call->context)
        (void)mst_buf_addf(out,
                           ",\"error\":{\"code\":501,\"message\":\"Error\",\"context\":\"%s\"}",
                           call->context);
    if (call->result) {
        (void)mst_buf_add_str(out, ",\"result\":");
        (void)mst_rpc_print(out, call->result);
    }
}

static void cut_back(struct mst_buf *out, size_t mark)
{
    out->len = mark;
    out->err = MST_OK;
}

/* The rest of the calls must have room too. */
static bool is_too_long(const struct mst_buf *out, size_t n_left)
{
    return out->err == MST_EFULL || out->len > MST_REPLY_MAX - (n_left + 1) * ANSWER_MAX;
}

/* What the call has printed stays if it is done well. One that is not answered prints nothing (run_reader). */
static enum mst_err finish_call(struct mst_exchange *x, struct mst_rpc_call *call, enum mst_err err)
{
    const struct work *work = x->work;
    struct mst_buf *out = &x->reply;

    if (call->one->id.len == 0)
        return err;
    if (err != MST_OK || !call->has_printed) {
        cut_back(out, work->mark);
        print_answer(out, call);
    }
    if (is_too_long(out, work->n_calls - work->next)) {
        const struct mst_rpc_call limit = {.one = call->one, .status = "limit"};

        cut_back(out, work->mark);
        print_answer(out, &limit);
    }
    (void)mst_buf_add_byte(out, '}');
    return mst_buf_err(out) != MST_OK ? mst_buf_err(out) : err;
}

static enum mst_err finish(struct mst_exchange *x)
{
    const struct work *work = x->work;

    if (work->n_calls > 0 && !work->is_answered)
        return mst_exchange_answer(x, 204, NULL);
    (void)mst_buf_add_str(&x->reply, x->reply.len == 0 ? "[]" : "]");
    return mst_exchange_answer(x, 200, MST_TYPE_JSON);
}

/* ---- running ---- */

static enum mst_err identify(struct mst_exchange *x, struct mst_tx *tx,
                             struct mst_rpc_caller *ret_caller)
{
    struct work *work = x->work;
    enum mst_err err = mst_rpc_identify(x, tx, work->is_auth_good ? &work->auth : NULL,
                                        work->caller_id, ret_caller);

    if (err == MST_OK && ret_caller->standing == MST_RPC_WELCOME)
        work->caller_id = ret_caller->id;
    return err;
}

/* caller may be NULL for a procedure that carries out what was decided. */
static struct mst_rpc_call call_of(struct mst_exchange *x, const struct mst_rpc_caller *caller)
{
    const struct work *work = x->work;
    const struct mst_rpc_one *one = &work->calls[work->next];

    return (struct mst_rpc_call){.x = x,
                                 .caller = caller,
                                 .caller_id = caller ? caller->id : 0,
                                 .args = &one->args,
                                 .n_points = work->n_points,
                                 .plan = work->plan,
                                 .status = "ok",
                                 .has_printed = work->has_printed,
                                 .one = one};
}

/* A token is good for the resources that it names for the procedure; if it names none, for nothing. */
static enum mst_err find_scope(struct mst_rpc_call *call, struct mst_tx *tx)
{
    enum mst_err err;

    if (call->caller->key_id != 0)
        return MST_OK;
    err = mst_grant_scope(mst_exchange_domain(call->x), tx, &call->caller->grant,
                          mst_span_str(call->one->procedure->name), &call->scope);
    return err == MST_OK && call->scope.n_ids == 0 ? mst_rpc_say(call, "restricted") : err;
}

/* Can the call run at all? MST_EREFUSED: no, and it says why. */
static enum mst_err check_call(struct mst_rpc_call *call, struct mst_tx *tx)
{
    const struct mst_rpc_one *one = call->one;

    if (call->caller->standing == MST_RPC_LOCKED)
        return mst_rpc_say(call, "locked");
    if (call->caller->standing == MST_RPC_STRANGER) /* the key died between two calls */
        return mst_rpc_say(call, "restricted");
    if (!one->procedure)
        return mst_rpc_unsupported(call, "procedure");
    if (one->fit == MST_RPC_MISFITS)
        return mst_rpc_unsupported(call, "arguments");
    if (one->fit == MST_RPC_BADARG)
        return mst_rpc_say(call, "badarg");
    return find_scope(call, tx);
}

/*
 * One function of the call's procedure. MST_OK; MST_EREFUSED: the call is answered, its changes are
 * not to stay; or an error. is_last: if it succeeds, and there is no more, the call is answered.
 */
static enum mst_err run_call(struct mst_rpc_call *call, struct mst_tx *tx, mst_rpc_run *run,
                             bool is_last)
{
    struct work *work = call->x->work;
    enum mst_err err = run(call, tx);

    if (err == MST_EREFUSED || (err == MST_OK && is_last && !call->is_more))
        err = finish_call(call->x, call, err);
    json_decref(call->result);
    json_decref(call->loaded);
    work->plan = call->plan;
    work->is_more = call->is_more && err == MST_OK;
    return err;
}

static void go_to_next(struct work *work)
{
    work->next++;
    work->n_points = 0;
    work->plan = NULL;
    work->is_more = work->is_waiting = false;
    work->has_printed = false;
}

/* What a command of the state must know of the points file, which it does not see. */
static enum mst_err look_first(struct mst_rpc_call *call, struct mst_tx *tx)
{
    struct work *work = call->x->work;
    mst_rpc_run *look = call->one->procedure->look;
    enum mst_err err = look ? look(call, tx) : MST_OK;

    json_decref(call->loaded);
    work->n_points = call->n_points;
    if (err != MST_OK && err != MST_EREFUSED) /* the call itself will say so */
        return err;
    return mst_exchange_go(call->x, MST_STATE, NULL, run_changing);
}

/*
 * Where a reading call that is not done goes on. When it has nothing to wait for yet, or has come to wait just now,
 * in another turn of the loop: what it has put into the arena stays then (waiting.h).
 */
static enum mst_err run_again(struct mst_rpc_call *call)
{
    struct work *work = call->x->work;
    const struct mst_rpc_caller *caller = call->caller;
    const struct mst_wait_for what = {.ports = &call->wait_port_id,
                                      .n_ports = 1,
                                      .client_id = caller->id,
                                      .client_id_2 =
                                          caller->key_id != caller->id ? caller->key_id : 0,
                                      .until_ms = call->wait_until_ms};
    bool is_waiting = work->is_waiting;
    enum mst_err err;

    work->is_waiting = call->wait_until_ms > 0;
    if (!is_waiting || !work->is_waiting)
        return mst_exchange_yield(call->x, MST_READ, run_reading);
    err = mst_waiting_begin(call->x, &what, NULL, run_reading);
    if (err != MST_EFULL)
        return err;
    work->is_more = false;
    return finish_call(call->x, call, mst_rpc_say(call, "limit"));
}

static enum mst_err run_reader(struct mst_rpc_call *call, struct mst_tx *tx)
{
    struct work *work = call->x->work;
    enum mst_err err;

    if (call->one->id.len == 0 && !mst_rpc_is_for_sessions(call->one->procedure))
        return MST_EREFUSED; /* its answer is not wanted, and it would do nothing beside */
    err = run_call(call, tx, call->one->procedure->run, true);
    work->has_printed = call->has_printed;
    return err == MST_OK && work->is_more ? run_again(call) : err;
}

/* The call that is next, by a reader. *ret_is_over: it is answered. Else the next step is named. */
static enum mst_err run_next(struct mst_exchange *x, struct mst_tx *tx,
                             const struct mst_rpc_caller *caller, bool *ret_is_over)
{
    struct work *work = x->work;
    struct mst_rpc_call call = call_of(x, caller);
    enum mst_where where = MST_NOWHERE;
    enum mst_err err = check_call(&call, tx);

    if (err == MST_EREFUSED)
        err = finish_call(x, &call, err);
    else if (err != MST_OK)
        return err;
    else if ((where = call.one->procedure->where) == MST_STATE)
        err = look_first(&call, tx);
    else if (where == MST_READ)
        err = run_reader(&call, tx);
    else
        err = run_call(&call, tx, call.one->procedure->look, false);
    if (err == MST_OK && where == MST_POINTS) {
        x->is_single = call.is_single;
        err = mst_exchange_go(x, MST_POINTS, NULL, run_points);
    }
    *ret_is_over = err == MST_EREFUSED || (err == MST_OK && where == MST_READ && !work->is_more);
    return err == MST_EREFUSED ? MST_OK : err;
}

static enum mst_err run_reading(struct mst_exchange *x, struct mst_tx *tx)
{
    const uint64_t turn_ends_ns = mst_clock_mono_ns() + MST_RPC_TURN_NS;
    struct work *work = x->work;
    struct mst_rpc_caller caller;
    bool is_over = true;
    enum mst_err err = identify(x, tx, &caller);

    if (err == MST_OK && caller.standing == MST_RPC_STRANGER && work->next == 0 &&
        (!work->is_more || work->is_waiting)) {
        x->verdict = MST_NO_AUTH;
        return mst_rpc_answer_error(x, 401, "Authorization failed", "auth");
    }
    if (err == MST_OK && x->session)
        err =
            mst_ws_met(x, caller.key_id != 0 ? caller.key_id : caller.grant.granter_id, caller.id);
    if (err == MST_EFULL && x->session) {
        x->verdict = MST_NO_ROOM;
        return mst_rpc_answer_error(x, 500, "Limit reached", NULL);
    }
    while (err == MST_OK && work->next < work->n_calls) {
        if (!work->is_more)
            work->mark = x->reply.len;
        err = run_next(x, tx, &caller, &is_over);
        if (err != MST_OK || !is_over)
            return err;
        go_to_next(work);
        if (work->next < work->n_calls && mst_clock_mono_ns() > turn_ends_ns)
            return mst_exchange_yield(x, MST_READ, run_reading);
    }
    return err == MST_OK ? finish(x) : err;
}

static enum mst_err run_changing(struct mst_exchange *x, struct mst_tx *tx)
{
    struct work *work = x->work;
    struct mst_rpc_call call;
    struct mst_rpc_caller caller;
    enum mst_err err = identify(x, tx, &caller);

    if (err != MST_OK)
        return err;
    call = call_of(x, &caller);
    err = check_call(&call, tx);
    if (err == MST_OK)
        err = run_call(&call, tx, call.one->procedure->run, true);
    else if (err == MST_EREFUSED)
        err = finish_call(x, &call, err);
    work->is_described_anew = err == MST_OK && call.after.is_described_anew;
    if (err == MST_OK && call.after.clone_id != 0)
        return mst_points_copy(x, call.after.clone_id, MST_READ, run_after_change);
    if (err == MST_OK)
        return mst_points_flush(x, &call.after.ports, MST_READ, run_after_change);
    (void)mst_exchange_go(x, MST_READ, NULL, run_after_change);
    return err;
}

/* The plan was made for a caller who may. */
static enum mst_err run_points(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_rpc_call call = call_of(x, NULL);
    enum mst_err err = run_call(&call, tx, call.one->procedure->run, true);

    (void)mst_exchange_go(x, MST_READ, NULL, run_after_change);
    return err;
}

static enum mst_err run_after_change(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct mst_http_opts *opts = x->env->opts;
    struct work *work = x->work;

    if (work->is_described_anew && opts->renew)
        opts->renew(opts->renew_arg);
    work->is_described_anew = false;
    if (!work->is_more)
        go_to_next(work);
    return run_reading(x, tx);
}

/*
 * The procedures that change stored points (protocol.md 2.15.4): write, writegroup, record,
 * recordbatch, flush. What the reader decides is left in a plan, which a command of the points file
 * carries out; a refused call has stored nothing.
 */
#include "core/data.h"
#include "core/flow.h"
#include "front/rpc/call.h"

struct writing {
    struct mst_flow *flow;
    bool *is_bad; /* of a batch: the points that the flow did not take */
};

/* Anything of the caller's that takes values. */
static enum mst_err find_target(struct mst_rpc_call *call, struct mst_tx *tx,
                                const struct mst_rpc_value *arg,
                                struct mst_row_resource *ret_resource)
{
    enum mst_err err = mst_rpc_resource(call, tx, arg, ret_resource);

    return err == MST_OK && ret_resource->kind == MST_KIND_CLIENT ? mst_rpc_say(call, "invalid")
                                                                  : err;
}

static enum mst_err begin(struct mst_rpc_call *call, size_t max_inputs, size_t max,
                          struct writing **ret_writing)
{
    struct writing *writing;

    if (max_inputs > max)
        return mst_rpc_say(call, "limit");
    writing = mst_arena_alloc(&call->x->arena, sizeof *writing);
    if (!writing)
        return MST_ENOMEM;
    call->plan = writing;
    *ret_writing = writing;
    return mst_flow_new(&call->x->arena, max_inputs, &writing->flow);
}

static enum mst_err add(struct mst_rpc_call *call, struct mst_tx *tx, struct writing *writing,
                        const struct mst_flow_input *input, enum mst_verdict *ret_verdict)
{
    enum mst_err err =
        mst_flow_add(mst_exchange_domain(call->x), tx, writing->flow, input, ret_verdict);

    call->is_single = mst_flow_is_single(writing->flow);
    return err;
}

/* ---- write, writegroup ---- */

static enum mst_err plan_one_write(struct mst_rpc_call *call, struct mst_tx *tx)
{
    const struct mst_rpc_value *value = &call->args->v[1];
    struct mst_flow_input input = {
        .at = mst_tx_wall_now(tx), .text = value->text, .plus = value->as_number};
    enum mst_verdict verdict = MST_BAD_VALUE;
    struct writing *writing = NULL;
    enum mst_err err = find_target(call, tx, &call->args->v[0], &input.port);

    if (err == MST_OK)
        err = begin(call, 1, 1, &writing);
    if (err == MST_OK)
        err = add(call, tx, writing, &input, &verdict);
    return err == MST_EREFUSED ? err : mst_rpc_settle(call, err, verdict);
}

enum mst_err mst_rpc_plan_writegroup(struct mst_rpc_call *call, struct mst_tx *tx)
{
    const struct mst_rpc_value *writes = &call->args->v[0];
    struct mst_flow_input input = {.at = mst_tx_wall_now(tx)};
    struct writing *writing = NULL;
    enum mst_err err = begin(call, writes->n_items, MST_GROUP_WRITES_MAX, &writing);

    for (size_t i = 0; i < writes->n_items && err == MST_OK; i++) {
        const struct mst_rpc_value named = {.is_given = true, .ref = writes->items[i].ref};
        enum mst_verdict verdict = MST_BAD_VALUE;

        err = find_target(call, tx, &named, &input.port);
        if (err != MST_OK)
            break;
        input.text = writes->items[i].text;
        input.plus = writes->items[i].as_number;
        err = add(call, tx, writing, &input, &verdict);
        err = mst_rpc_settle(call, err, verdict);
    }
    return err;
}

enum mst_err mst_rpc_plan_write(struct mst_rpc_call *call, struct mst_tx *tx)
{
    return call->args->v[0].is_list ? mst_rpc_plan_writegroup(call, tx) : plan_one_write(call, tx);
}

/* ---- record, recordbatch ---- */

/* A time before 1970 counts from now. */
static bool read_time(struct mst_tx *tx, int64_t at, int64_t *ret_at)
{
    const int64_t now = mst_tx_wall_now(tx);

    if (at < -now || at > MST_POINT_AT_MAX)
        return false;
    *ret_at = at < 0 ? now + at : at;
    return true;
}

/* *ret_verdict also MST_NOT_FOUND: such a time does not exist. */
static enum mst_err add_point(struct mst_rpc_call *call, struct mst_tx *tx, struct writing *writing,
                              struct mst_flow_input *input, const struct mst_rpc_item *item,
                              enum mst_verdict *ret_verdict)
{
    *ret_verdict = MST_NOT_FOUND;
    if (!read_time(tx, item->at, &input->at))
        return MST_OK;
    input->text = item->text;
    input->plus = item->as_number;
    return add(call, tx, writing, input, ret_verdict);
}

enum mst_err mst_rpc_plan_record(struct mst_rpc_call *call, struct mst_tx *tx)
{
    const struct mst_rpc_value *points = &call->args->v[1];
    struct mst_flow_input input = {0};
    struct writing *writing = NULL;
    enum mst_err err = find_target(call, tx, &call->args->v[0], &input.port);

    if (err == MST_OK)
        err = begin(call, points->n_items, MST_FLOW_VALUES_MAX, &writing);
    for (size_t i = 0; i < points->n_items && err == MST_OK; i++) {
        enum mst_verdict verdict;

        err = add_point(call, tx, writing, &input, &points->items[i], &verdict);
        err = mst_rpc_settle(call, err, verdict);
    }
    return err;
}

/* Points that cannot be stored keep none of the others from it. */
enum mst_err mst_rpc_plan_recordbatch(struct mst_rpc_call *call, struct mst_tx *tx)
{
    const struct mst_rpc_value *points = &call->args->v[1];
    struct mst_flow_input input = {.is_optional = true};
    struct writing *writing = NULL;
    enum mst_err err = find_target(call, tx, &call->args->v[0], &input.port);

    if (err == MST_OK)
        err = begin(call, points->n_items, MST_FLOW_VALUES_MAX, &writing);
    if (err == MST_OK) {
        writing->is_bad = mst_arena_array(&call->x->arena, points->n_items + 1, sizeof(bool));
        err = writing->is_bad ? MST_OK : MST_ENOMEM;
    }
    for (size_t i = 0; i < points->n_items && err == MST_OK; i++) {
        enum mst_verdict verdict;

        err = add_point(call, tx, writing, &input, &points->items[i], &verdict);
        if (err == MST_OK && verdict == MST_NO_ROOM)
            err = mst_rpc_say(call, "limit");
        writing->is_bad[i] = verdict != MST_DONE;
    }
    return err;
}

/* Nothing, if all are stored. */
static enum mst_err print_bad(struct mst_rpc_call *call, const struct writing *writing,
                              struct mst_buf *out)
{
    const struct mst_rpc_value *points = &call->args->v[1];
    size_t n_taken = 0;

    for (size_t i = 0; i < points->n_items; i++)
        if (writing->is_bad[i] || mst_flow_is_left_out(writing->flow, n_taken++))
            (void)mst_buf_addf(out, "%s[%lld,\"invalid\"]", out->len > 0 ? "," : "[",
                               (long long)points->items[i].at); /* as it was sent */
    if (out->len == 0)
        return MST_OK;
    (void)mst_buf_add_byte(out, ']');
    return mst_buf_err(out) == MST_OK
               ? mst_arena_dup(&call->x->arena, mst_buf_span(out), &call->not_ok)
               : mst_buf_err(out);
}

/* ---- running ---- */

enum mst_err mst_rpc_run_flow(struct mst_rpc_call *call, struct mst_tx *tx)
{
    const struct writing *writing = call->plan;
    enum mst_verdict verdict;
    enum mst_err err = mst_flow_run(writing->flow, tx, &verdict);

    call->x->n_stored = err == MST_OK && verdict == MST_DONE ? mst_flow_n_points(writing->flow) : 0;
    return mst_rpc_settle(call, err, verdict);
}

enum mst_err mst_rpc_run_batch(struct mst_rpc_call *call, struct mst_tx *tx)
{
    const struct writing *writing = call->plan;
    struct mst_buf bad;
    enum mst_err err = mst_rpc_run_flow(call, tx);

    if (err != MST_OK)
        return err;
    mst_buf_init(&bad, MST_REPLY_MAX);
    err = print_bad(call, writing, &bad);
    mst_buf_fini(&bad);
    return err;
}

/* ---- flush ---- */

struct flushing {
    int64_t port_id;
    struct mst_data_window window;
};

/* The bounds themselves stay. The port is found once, however many commands it takes. */
enum mst_err mst_rpc_plan_flush(struct mst_rpc_call *call, struct mst_tx *tx)
{
    const struct mst_rpc_value *newer = &call->args->v[1].members[MST_RPC_NEWERTHAN],
                               *older = &call->args->v[1].members[MST_RPC_OLDERTHAN];
    struct mst_row_resource port;
    struct flushing *flushing;
    enum mst_err err;

    if (call->plan)
        return MST_OK;
    err = find_target(call, tx, &call->args->v[0], &port);
    if (err != MST_OK)
        return err;
    flushing = mst_arena_alloc(&call->x->arena, sizeof *flushing);
    if (!flushing)
        return MST_ENOMEM;
    flushing->port_id = port.id;
    flushing->window = (struct mst_data_window){
        .from = newer->is_given ? mst_rpc_time_floor(newer) + 1 : INT64_MIN,
        .to = older->is_given ? mst_rpc_time_ceil(older) - 1 : INT64_MAX,
    };
    call->plan = flushing;
    return MST_OK;
}

enum mst_err mst_rpc_run_flush(struct mst_rpc_call *call, struct mst_tx *tx)
{
    const struct flushing *flushing = call->plan;
    size_t room = MST_FLUSH_MAX;
    int64_t left_at;

    return mst_data_remove(tx, flushing->port_id, &flushing->window, &room, &call->is_more,
                           &left_at);
}

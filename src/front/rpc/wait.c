/*
 * The procedure wait (protocol.md 2.15.4): the next point of a dataport.
 *
 * What is new is settled when the call begins. Then it is run again whenever the port may have
 * changed (front/http/waiting.h), and who calls and whether he may read is asked again each time.
 */
#include <math.h>

#include "core/since.h"
#include "front/rpc/call.h"
#include "front/http/waiting.h"

enum { TIMEOUT_MS_DEFAULT = 30000 };

struct plan {
    int64_t port_id;
    uint64_t until_ms;
    struct mst_since since;
};

static uint64_t timeout_ms(const struct mst_rpc_value *timeout)
{
    if (!timeout->is_given)
        return TIMEOUT_MS_DEFAULT;
    if (!(timeout->number > 0))
        return 0;
    return timeout->number < MST_WAIT_MS_MAX ? (uint64_t)ceil(timeout->number) : MST_WAIT_MS_MAX;
}

/* Points later than a fraction of a second are those later than the second. */
static struct mst_since since_of(double seconds)
{
    const double too_much = 1e15; /* either way: doubles below are exact, and no point is beyond */

    if (!(fabs(seconds) < too_much))
        return mst_since_time(seconds < 0 ? INT64_MIN : INT64_MAX);
    return mst_since_time((int64_t)floor(seconds));
}

static enum mst_err begin(struct mst_rpc_call *call, struct mst_tx *tx, int64_t port_id)
{
    const struct mst_rpc_value *options = call->args->v[1].members;
    const struct mst_rpc_value *since = options ? &options[MST_RPC_SINCE] : NULL;
    struct plan *plan = mst_arena_alloc(&call->x->arena, sizeof *plan);

    if (!plan)
        return MST_ENOMEM;
    call->plan = plan;
    plan->port_id = port_id;
    plan->until_ms = mst_waiting_until(call->x, options ? timeout_ms(&options[MST_RPC_TIMEOUT])
                                                        : TIMEOUT_MS_DEFAULT);
    if (!since || !since->is_given)
        return mst_since_now(tx, port_id, &plan->since);
    plan->since = since_of(since->number);
    return MST_OK;
}

/* What a request holds stays in memory while it waits. */
static bool is_too_large(const struct mst_exchange *x)
{
    return x->body.len > MST_WAIT_BODY_MAX ||
           x->reply.len + x->arena.used_bytes > MST_WAIT_KEPT_MAX;
}

enum mst_err mst_rpc_wait(struct mst_rpc_call *call, struct mst_tx *tx)
{
    struct plan *plan;
    enum mst_verdict verdict;
    struct mst_row_resource port;
    struct mst_row_point point;
    bool is_own;
    enum mst_err err = mst_rpc_readable(call, tx, &call->args->v[0], &port, &is_own);

    if (err != MST_OK)
        return err;
    if (port.kind == MST_KIND_CLIENT)
        return mst_rpc_say(call, "invalid");
    if (!call->plan)
        err = begin(call, tx, port.id);
    if (err != MST_OK)
        return err;
    plan = call->plan;
    if (plan->port_id != port.id) /* the alias leads elsewhere by now */
        return mst_rpc_say(call, "invalid");
    err = mst_since_next(tx, port.id, &plan->since, &verdict, &point);
    if (err != MST_OK)
        return err;
    if (verdict == MST_DONE)
        return mst_rpc_print_point(mst_rpc_begin_result(call), port.format, &point);
    if (mst_waiting_is_over(call->x, plan->until_ms))
        return mst_rpc_say(call, "expire");
    if (is_too_large(call->x))
        return mst_rpc_say(call, "error");
    return mst_rpc_await(call, port.id, plan->until_ms);
}

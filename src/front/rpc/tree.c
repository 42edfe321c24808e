/* The procedures move, tag and usage (protocol.md 2.15.4). */
#include "core/move.h"
#include "core/tag.h"
#include "core/usage.h"
#include "front/rpc/call.h"

/* Moving has no word of its own for an alias that means something else at the destination. */
enum mst_err mst_rpc_move(struct mst_rpc_call *call, struct mst_tx *tx)
{
    const struct mst_rpc_value *aliases = &call->args->v[2].members[0];
    struct mst_row_resource resource, destination;
    enum mst_verdict verdict = MST_NOT_FOUND;
    enum mst_err err = mst_rpc_resource(call, tx, &call->args->v[0], &resource);

    if (err == MST_OK)
        err = mst_rpc_client(call, tx, &call->args->v[1], &destination);
    if (err != MST_OK)
        return err;
    err = mst_resource_move(mst_exchange_domain(call->x), tx, call->caller_id, &resource,
                            &destination, !aliases->is_given || aliases->is_true, &verdict);
    return mst_rpc_settle(call, err, verdict == MST_IN_USE ? MST_NOT_FOUND : verdict);
}

enum mst_err mst_rpc_tag(struct mst_rpc_call *call, struct mst_tx *tx)
{
    enum mst_verdict verdict = MST_BAD_VALUE;
    struct mst_row_resource resource;
    enum mst_err err = mst_rpc_resource(call, tx, &call->args->v[0], &resource);

    if (err != MST_OK)
        return err;
    err = mst_tag_change(tx, &resource, call->args->v[2].text, call->args->v[1].word == MST_RPC_ADD,
                         &verdict);
    return mst_rpc_settle(call, err, verdict);
}

/* The metrics, in the order of mst_rpc_metrics: resources counted over time, or what was consumed. */
static const struct {
    enum mst_kind kind; /* 0: an amount */
    enum mst_limit amount;
} metrics[] = {
    {MST_KIND_CLIENT,   0              },
    {MST_KIND_DATAPORT, 0              },
    {MST_KIND_DATARULE, 0              },
    {MST_KIND_DISPATCH, 0              },
    {0,                 MST_LIMIT_SHARE},
    {0,                 MST_LIMIT_EMAIL},
    {0,                 MST_LIMIT_HTTP },
    {0,                 MST_LIMIT_SMS  },
    {0,                 MST_LIMIT_XMPP },
};

static enum mst_err begin_usage(struct mst_rpc_call *call, struct mst_tx *tx)
{
    const struct mst_rpc_value *args = call->args->v;
    const int64_t start = args[2].integer, end = args[3].integer;
    const size_t metric = args[1].word;
    struct mst_row_resource client;
    struct mst_usage *usage;
    enum mst_err err = mst_rpc_client(call, tx, &args[0], &client);

    if (err == MST_OK && (start < 0 || end < start))
        err = mst_rpc_say(call, "invalid");
    if (err != MST_OK)
        return err;
    call->plan = usage = mst_arena_alloc(&call->x->arena, sizeof *usage);
    if (!usage)
        return MST_ENOMEM;
    if (metrics[metric].kind != 0)
        mst_usage_of_resources(tx, client.id, metrics[metric].kind, start, end, usage);
    else
        mst_usage_of_amount(client.id, metrics[metric].amount, start, end, usage);
    return MST_OK;
}

enum mst_err mst_rpc_usage(struct mst_rpc_call *call, struct mst_tx *tx)
{
    struct mst_turn turn = MST_A_TURN;
    enum mst_verdict verdict = MST_DONE;
    struct mst_usage *usage;
    enum mst_err err = call->plan ? MST_OK : begin_usage(call, tx);

    if (err != MST_OK)
        return err;
    usage = call->plan;
    err = mst_usage_count(tx, &turn, usage, &verdict);
    err = mst_rpc_settle(call, err, verdict);
    call->is_more = !usage->is_whole;
    return err == MST_OK && usage->is_whole ? mst_rpc_give(call, json_integer(usage->n)) : err;
}

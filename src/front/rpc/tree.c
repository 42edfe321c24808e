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

static enum mst_err measure(struct mst_tx *tx, int64_t client_id, size_t metric, int64_t start,
                            int64_t end, enum mst_verdict *ret_verdict, int64_t *ret_n)
{
    if (metrics[metric].kind != 0)
        return mst_usage_seconds(tx, client_id, metrics[metric].kind, start, end, ret_verdict,
                                 ret_n);
    *ret_verdict = MST_DONE;
    return mst_usage_consumed(tx, client_id, metrics[metric].amount, start, end, ret_n);
}

enum mst_err mst_rpc_usage(struct mst_rpc_call *call, struct mst_tx *tx)
{
    const struct mst_rpc_value *args = call->args->v;
    const int64_t start = args[2].integer, end = args[3].integer;
    enum mst_verdict verdict = MST_BAD_VALUE;
    struct mst_row_resource client;
    int64_t n = 0;
    enum mst_err err = mst_rpc_client(call, tx, &args[0], &client);

    if (err == MST_OK && (start < 0 || end < start))
        err = mst_rpc_say(call, "invalid");
    if (err != MST_OK)
        return err;
    err = measure(tx, client.id, args[1].word, start, end, &verdict, &n);
    err = mst_rpc_settle(call, err, verdict);
    return err == MST_OK ? mst_rpc_give(call, json_integer(n)) : err;
}

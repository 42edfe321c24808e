/* subscribe and unsubscribe, which only a WebSocket session can do (protocol.md 3.3). */
#include "core/since.h"
#include "front/rpc/call.h"
#include "front/ws/ws.h"

/* The points that a subscription has not shown yet, oldest first. */
static enum mst_err show(struct mst_rpc_call *call, struct mst_tx *tx,
                         const struct mst_row_resource *port, struct mst_since since)
{
    struct mst_buf *out = &call->x->reply; /* borrowed: nothing of it is kept */
    enum mst_err err = MST_OK;
    size_t mark = out->len;

    while (err == MST_OK) {
        enum mst_verdict verdict = MST_NOT_FOUND;
        struct mst_row_point point;

        err = mst_since_next(tx, port->id, &since, &verdict, &point);
        if (err != MST_OK || verdict != MST_DONE)
            break;
        err = mst_rpc_print_point(out, port->format, &point);
        if (err == MST_OK)
            err = mst_ws_show(call->x, &point, mst_span_cut(mst_buf_span(out), mark, out->len));
        out->len = mark;
        since = mst_since_point(&point);
    }
    if (err != MST_OK && err != MST_EMORE)
        return err;
    mst_ws_shown(call->x, err == MST_OK);
    return MST_OK;
}

/* From where on, and how long. */
static enum mst_err read_options(struct mst_rpc_call *call, struct mst_tx *tx,
                                 struct mst_ws_wanted *wanted)
{
    const struct mst_rpc_value *options = call->args->v[1].members;
    const struct mst_rpc_value *timeout = &options[MST_RPC_TIMEOUT];
    const struct mst_rpc_value *since = &options[MST_RPC_SINCE];

    if (timeout->is_given && timeout->integer <= 0)
        return mst_rpc_say(call, "badarg");
    if (timeout->is_given)
        wanted->until_ms = mst_loop_now_ms(call->x->env->loop) + (uint64_t)timeout->integer;
    if (!since->is_given)
        return mst_since_now(tx, wanted->port_id, &wanted->since);
    wanted->since = mst_since_time(since->integer);
    return MST_OK;
}

/* subs_id, else the id of the call: without one nobody could tell what points are of. */
static enum mst_err find_id(struct mst_rpc_call *call, struct mst_span *ret_id)
{
    const struct mst_rpc_value *subs_id = &call->args->v[1].members[MST_RPC_SUBS_ID];
    struct mst_span id = call->one->id;
    enum mst_err err = mst_rpc_id_read(&call->x->arena, subs_id->raw, &id);

    if (err == MST_EREFUSED || id.len == 0)
        return mst_rpc_say(call, "badarg");
    if (err == MST_OK)
        *ret_id = id;
    return err;
}

enum mst_err mst_rpc_subscribe(struct mst_rpc_call *call, struct mst_tx *tx)
{
    struct mst_ws_wanted wanted = {0};
    struct mst_row_resource port;
    struct mst_since since;
    bool is_own;
    enum mst_err err;

    err = mst_rpc_readable(call, tx, &call->args->v[0], &port, &is_own);
    if (err != MST_OK)
        return err;
    if (port.kind == MST_KIND_CLIENT)
        return mst_rpc_say(call, "invalid");
    if (mst_ws_is_showing(call->x, &since))
        return show(call, tx, &port, since);
    wanted.port_id = port.id;
    err = find_id(call, &wanted.id);
    if (err == MST_OK)
        err = mst_domain_rid(mst_exchange_domain(call->x), &port, &wanted.rid);
    if (err == MST_OK)
        err = read_options(call, tx, &wanted);
    if (err == MST_OK)
        err = mst_ws_subscribe(call->x, &wanted);
    return err == MST_EFULL ? mst_rpc_say(call, "limit") : err;
}

/* rid, {"subs_id": id}; either alone: all of that resource, or all of that id (3.3.5) */
enum mst_err mst_rpc_unsubscribe(struct mst_rpc_call *call, struct mst_tx *tx)
{
    const struct mst_rpc_value *rid = &call->args->v[0];
    const struct mst_rpc_value *id = &call->args->v[1].members[MST_RPC_SUBS_ID];
    struct mst_row_resource port = {0};
    bool is_own;
    enum mst_err err = MST_OK;

    if (rid->is_given)
        err = mst_rpc_readable(call, tx, rid, &port, &is_own);
    if (err != MST_OK)
        return err;
    if ((!rid->is_given && !id->is_given) || mst_ws_unsubscribe(call->x, id->raw, port.id) == 0)
        return mst_rpc_say(call, "invalid");
    return MST_OK;
}

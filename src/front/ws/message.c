#include "front/http/handlers.h"
#include "front/rpc/rpc.h"
#include "front/ws/message.h"
#include "sys/clock.h"
#include "sys/metric.h"

void mst_ws_caller_init(struct mst_ws_caller *caller, struct mst_ws_session *session)
{
    *caller = (struct mst_ws_caller){.session = session};
    mst_buf_init(&caller->auth, MST_WS_AUTH_MAX);
}

void mst_ws_caller_fini(struct mst_ws_caller *caller)
{
    mst_buf_wipe(&caller->auth);
    mst_buf_fini(&caller->auth);
}

/* {"auth": ...}, to which calls may be added as over HTTP; without any it answers []. */
static enum mst_err call_first(struct mst_exchange *x, struct mst_buf *auth,
                               struct mst_rpc_envelope *envelope)
{
    mst_buf_clear(auth);
    if (envelope->auth.len > auth->max_bytes)
        return mst_rpc_answer_error(x, 400, "Invalid", "auth");
    if (envelope->calls.len == 0)
        envelope->calls = MST_LIT("[]");
    return mst_buf_add(auth, envelope->auth) == MST_OK ? mst_rpc_begin(x, envelope) : MST_ENOMEM;
}

/* {"calls": [...]}, or the list alone (3.3.3). Nobody becomes another in between, but who repeats what he said
   at first, as over HTTP, may. */
static enum mst_err call_more(struct mst_exchange *x, struct mst_buf *auth,
                              struct mst_rpc_envelope *envelope)
{
    if (envelope->auth.len > 0 && !mst_span_eq(envelope->auth, mst_buf_span(auth)))
        return mst_rpc_answer_error(x, 400, "Invalid", "auth");
    envelope->auth = mst_buf_span(auth);
    return mst_rpc_begin(x, envelope);
}

static enum mst_err take_message(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_ws_caller *caller = x->owner;
    struct mst_rpc_envelope envelope;
    bool is_json;
    enum mst_err err = mst_rpc_parse(x, &is_json, &envelope);

    (void)tx;
    if (err != MST_OK || !is_json)
        return err;
    return caller->is_known ? call_more(x, &caller->auth, &envelope)
                            : call_first(x, &caller->auth, &envelope);
}

static const struct mst_route message_route = {.segments = {"ws"},
                                               .is_slash_optional = true,
                                               .methods = MST_METHOD_GET,
                                               .family = MST_FAMILY_OPEN,
                                               .label = MST_ROUTE_WS,
                                               .action = MST_MAY_CALL_RPC,
                                               .where = MST_NOWHERE,
                                               .step = take_message,
                                               .failed = mst_rpc_failed};

struct mst_exchange *mst_ws_message_new(struct mst_pool *pool, struct mst_ws_caller *caller,
                                        struct mst_span text)
{
    struct mst_exchange *x = mst_pool_take(pool);

    if (!x)
        return NULL;
    x->owner = caller;
    x->session = caller->session;
    x->route = &message_route;
    x->method = MST_METHOD_GET;
    x->peer = mst_span_str(caller->peer);
    x->began_ns = mst_clock_mono_ns();
    x->body.max_bytes = MST_WS_MESSAGE_MAX;
    if (mst_buf_add(&x->body, text) == MST_OK)
        return x;
    mst_ws_message_free(pool, x);
    return NULL;
}

void mst_ws_message_free(struct mst_pool *pool, struct mst_exchange *x)
{
    x->session = NULL;
    mst_pool_give(pool, x);
}

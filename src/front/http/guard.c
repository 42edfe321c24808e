/* Who is calling, and may he? Steps 3 to 5 of protocol.md 2.4, as core/permit.h says. */
#include "front/http/handlers.h"
#include "front/http/suspect.h"

enum { MODEL_SEGMENT = 3 }; /* of every path whose action is on a model */

/* A vendor's key is its own lane; those who only read need none. */
static enum mst_err find_lane(struct mst_exchange *x, struct mst_tx *tx)
{
    if (x->now.where != MST_READ || x->method == MST_METHOD_GET || x->method == MST_METHOD_HEAD)
        return MST_OK;
    if (x->manager.has_vendor) {
        x->lane = x->manager.vendor.id;
        return MST_OK;
    }
    return mst_exchange_take_lane(x, tx, x->client.id);
}

enum mst_err mst_guard(struct mst_exchange *x, struct mst_tx *tx)
{
    const enum mst_action action = x->route->action;
    const struct mst_permit_request request = {
        .action = action,
        .cik = x->cik,
        .token = x->token,
        .vendor_name = x->vendor_name,
        .model = mst_permit_place(action) == MST_PLACE_NONE
                     ? (struct mst_span){NULL, 0}
                     : mst_exchange_segment(x, MODEL_SEGMENT)
    };
    enum mst_verdict verdict = MST_NO_AUTH;
    struct mst_caller caller = {0};
    enum mst_err err = mst_permit_ask(mst_exchange_domain(x), tx, &request, &verdict, &caller);

    if (err == MST_OK && caller.has_key)
        mst_suspect_seen(mst_exchange_domain(x), x->env->opts->store, x->peer,
                         &caller.manager.client);
    x->role = caller.role;
    x->manager = caller.manager;
    x->client = caller.manager.client;
    x->model = caller.model;
    x->vendor = caller.vendor;
    x->borrower = caller.role == MST_ROLE_BORROWER ? &x->manager.vendor : NULL;
    if (err == MST_OK && caller.has_key)
        err = find_lane(x, tx);
    return mst_exchange_settle(x, err, verdict);
}

enum mst_err mst_guard_also(struct mst_exchange *x, enum mst_action action)
{
    return mst_exchange_settle(x, MST_OK, mst_permit(action, x->role));
}

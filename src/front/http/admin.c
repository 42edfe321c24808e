/* What the admin listener answers. It needs no store, and no key: who reaches the address may ask. */
#include "front/http/handlers.h"
#include "front/http/route.h"
#include "sys/metric.h"
#include "sys/process.h"

#define MST_TYPE_METRICS "text/plain; version=0.0.4; charset=utf-8"

/* clang-format off */
#define ADMIN(path, step_)                                                           \
    {.segments = {path}, .methods = MST_METHOD_GET, .body_max = 0,                   \
     .family = MST_FAMILY_OPEN, .label = MST_ROUTE_ADMIN, MST_MAY(SEE_SERVER), .where = MST_NOWHERE, .step = (step_)}
MST_ROWS_BEGIN;

static const struct mst_route rows[] = {
    ADMIN("healthz", mst_healthz_get),
    ADMIN("readyz", mst_readyz_get),
    ADMIN("metrics", mst_metrics_get),
};
/* clang-format on */

MST_EACH_ROW_MAY(rows);

const struct mst_routes mst_routes_admin = {rows, sizeof rows / sizeof rows[0]};

static enum mst_err say(struct mst_exchange *x, unsigned status, const char *text)
{
    (void)mst_buf_add_str(&x->reply, text);
    (void)mst_buf_add_byte(&x->reply, '\n');
    return mst_exchange_answer(x, status, MST_TYPE_TEXT);
}

enum mst_err mst_healthz_get(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct mst_http_admin *admin = x->env->opts->admin;
    const char *problem = admin->problem(admin->arg);

    (void)tx;
    return problem ? say(x, 503, problem) : say(x, 200, "ok");
}

enum mst_err mst_readyz_get(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct mst_http_admin *admin = x->env->opts->admin;
    const char *problem = admin->problem(admin->arg);

    (void)tx;
    if (problem)
        return say(x, 503, problem);
    return admin->is_ready(admin->arg) ? say(x, 200, "ok") : say(x, 503, "starting or ending");
}

enum mst_err mst_metrics_get(struct mst_exchange *x, struct mst_tx *tx)
{
    (void)tx;
    mst_process_measure();
    mst_metric_print(&x->reply);
    return mst_exchange_answer(x, 200, MST_TYPE_METRICS);
}

/* What was answered, as numbers, and on request line by line: never whose it was. */
#include "front/http/exchange.h"
#include "front/http/route.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/metric.h"

/* How an activation ended, by the verdict of its refusal; what is not here is malformed. */
static const struct {
    enum mst_verdict verdict;
    enum mst_label_OUTCOME outcome;
} outcomes[] = {
    {MST_NO_VENDOR,     MST_OUTCOME_NO_VENDOR},
    {MST_NO_MODEL,      MST_OUTCOME_NO_MODEL },
    {MST_NO_SERIAL,     MST_OUTCOME_NO_SERIAL},
    {MST_NOT_ADDED,     MST_OUTCOME_NOT_ADDED},
    {MST_ACTIVATED,     MST_OUTCOME_AGAIN    },
    {MST_SECOND_CALLER, MST_OUTCOME_SECOND   },
    {MST_EXPIRED,       MST_OUTCOME_EXPIRED  },
    {MST_DISABLED,      MST_OUTCOME_DISABLED },
    {MST_ORPHANED,      MST_OUTCOME_ORPHANED },
    {MST_LOCKED,        MST_OUTCOME_LOCKED   },
};

static enum mst_label_OUTCOME outcome_of(const struct mst_exchange *x)
{
    if (x->status < 300)
        return MST_OUTCOME_ACTIVATED;
    if (x->status >= 500)
        return MST_OUTCOME_UNAVAILABLE;
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++)
        if (outcomes[i].verdict == x->verdict)
            return outcomes[i].outcome;
    return MST_OUTCOME_MALFORMED;
}

static enum mst_label_STATUS error_of(unsigned status)
{
    switch (status) {
    case 501:
        return MST_STATUS_501;
    case 503:
        return MST_STATUS_503;
    default:
        return MST_STATUS_500;
    }
}

static enum mst_label_CLASS class_of(unsigned status)
{
    if (status >= 500)
        return MST_CLASS_5XX;
    if (status >= 400)
        return MST_CLASS_4XX;
    return status >= 300 ? MST_CLASS_3XX : MST_CLASS_2XX;
}

static void log_request(const struct mst_exchange *x, uint64_t took_ns)
{
    struct mst_buf what;

    mst_buf_init(&what, MST_LINE_MAX);
    if (x->route) {
        (void)mst_route_methods(&what, (unsigned)x->method);
        (void)mst_buf_add_byte(&what, ' ');
        (void)mst_route_path(&what, x->route);
    } else {
        (void)mst_buf_add_str(&what, "- -");
    }
    if (mst_buf_err(&what) == MST_OK)
        mst_log(MST_LOG_INFO, MST_EV_REQUEST, "%.*s %u %llu %.*s", (int)what.len, what.ptr,
                x->status, (unsigned long long)(took_ns / 1000), x->peer.len ? (int)x->peer.len : 1,
                x->peer.len ? x->peer.ptr : "-");
    mst_buf_fini(&what);
}

void mst_exchange_count(const struct mst_exchange *x)
{
    unsigned label = x->route ? x->route->label : MST_ROUTE_OTHER;
    uint64_t took_ns = x->began_ns != 0 ? mst_clock_mono_ns() - x->began_ns : 0;

    mst_metric_add(MST_M_REQUESTS, label * MST_CLASS_LEN + class_of(x->status), 1);
    if (x->status >= 500)
        mst_metric_add(MST_M_SERVER_ERRORS, error_of(x->status), 1);
    if (x->began_ns != 0)
        mst_metric_observe(MST_M_REQUEST_SECONDS, label, took_ns);
    if (label == MST_ROUTE_ACTIVATE)
        mst_metric_add(MST_M_ACTIVATIONS, outcome_of(x), 1);
    if (x->env->opts->is_logging_requests)
        log_request(x, took_ns);
}

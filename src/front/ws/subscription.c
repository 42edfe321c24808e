#include <stdlib.h>

#include "front/ws/subscription.h"
#include "sys/metric.h"

void mst_ws_subscriptions_init(struct mst_ws_subscriptions *all, const struct mst_exchange_env *env,
                               void (*due)(void *arg), void *arg)
{
    *all = (struct mst_ws_subscriptions){
        .watch = env->watch, .wheel = env->wheel, .due = due, .arg = arg};
    all->ring.next = all->ring.prev = &all->ring;
}

void mst_ws_subscriptions_fini(struct mst_ws_subscriptions *all)
{
    while (all->n > 0)
        mst_ws_subscription_end(all->ring.next);
}

static void free_subscription(struct mst_ws_subscription *subscription)
{
    mst_buf_fini(&subscription->call);
    free(subscription);
}

static void unlink_subscription(struct mst_ws_subscription *subscription)
{
    subscription->prev->next = subscription->next;
    subscription->next->prev = subscription->prev;
}

static void link_last(struct mst_ws_subscription *subscription)
{
    struct mst_ws_subscription *head = &subscription->all->ring;

    subscription->next = head;
    subscription->prev = head->prev;
    subscription->prev->next = subscription;
    head->prev = subscription;
}

void mst_ws_subscription_queue_up(struct mst_ws_subscription *subscription)
{
    unlink_subscription(subscription);
    link_last(subscription);
}

void mst_ws_subscription_end(struct mst_ws_subscription *subscription)
{
    struct mst_ws_subscriptions *all = subscription->all;

    unlink_subscription(subscription);
    all->n--;
    mst_metric_sub(MST_M_WS_SUBSCRIPTIONS, 0, 1);
    mst_watch_remove(all->watch, &subscription->watcher);
    mst_wheel_clear(all->wheel, &subscription->timeout.entry);
    free_subscription(subscription);
}

enum mst_err mst_ws_subscription_write(const struct mst_ws_subscription *subscription,
                                       struct mst_span pair, bool is_flat, struct mst_buf *out)
{
    (void)mst_buf_add_str(out, "[{\"id\":");
    (void)mst_buf_add(out, subscription->id);
    (void)mst_buf_add_str(out, ",\"status\":\"ok\",\"result\":");
    (void)mst_buf_add_str(out, is_flat ? "" : "[");
    (void)mst_buf_add(out, pair);
    (void)mst_buf_add_str(out, is_flat ? "}]" : "]}]");
    return mst_buf_err(out);
}

/* ---- making ---- */

static void woken(struct mst_watcher *watcher)
{
    struct mst_ws_subscription *subscription = (struct mst_ws_subscription *)watcher;

    subscription->is_due = true;
    subscription->all->due(subscription->all->arg);
}

/* Silently (3.3.4). */
static void passed(struct mst_wheel_entry *entry)
{
    mst_ws_subscription_end(((struct mst_ws_timeout *)entry)->subscription);
}

static struct mst_ws_subscription *new_subscription(const struct mst_ws_wanted *wanted)
{
    struct mst_ws_subscription *subscription = calloc(1, sizeof *subscription);
    const struct mst_span head = MST_LIT("[{\"id\":");
    struct mst_buf *call;

    if (!subscription)
        return NULL;
    call = &subscription->call;
    mst_buf_init(call, MST_KIB(1));
    (void)mst_buf_add(call, head);
    (void)mst_buf_add(call, wanted->id);
    (void)mst_buf_addf(call, ",\"procedure\":\"subscribe\",\"arguments\":[\"%.*s\"]}]",
                       MST_HANDLE_CHARS, wanted->rid.text);
    if (mst_buf_err(call) != MST_OK) {
        free_subscription(subscription);
        return NULL;
    }
    subscription->id = mst_span_cut(mst_buf_span(call), head.len, head.len + wanted->id.len);
    return subscription;
}

enum mst_err mst_ws_subscriptions_add(struct mst_ws_subscriptions *all,
                                      const struct mst_ws_wanted *wanted, const void *made_by)
{
    struct mst_ws_subscription *subscription;
    enum mst_err err;

    (void)mst_ws_subscriptions_remove(all, wanted->id, wanted->port_id);
    if (all->n >= MST_WS_SUBSCRIPTIONS_MAX)
        return MST_EFULL;
    subscription = new_subscription(wanted);
    if (!subscription)
        return MST_ENOMEM;
    subscription->all = all;
    subscription->made_by = made_by;
    subscription->port_id = wanted->port_id;
    subscription->since = wanted->since;
    subscription->is_due = true;
    subscription->timeout.subscription = subscription;
    subscription->watcher.woken = woken;
    subscription->watcher.lane = all->lane;
    err = mst_watch_add(all->watch, &subscription->watcher, MST_WATCHED_PORT, wanted->port_id);
    if (err != MST_OK) {
        free_subscription(subscription);
        return err;
    }
    if (wanted->until_ms != 0)
        mst_wheel_set(all->wheel, &subscription->timeout.entry, wanted->until_ms, passed);
    link_last(subscription);
    all->n++;
    mst_metric_add(MST_M_WS_SUBSCRIPTIONS, 0, 1);
    return MST_OK;
}

/* ---- finding ---- */

size_t mst_ws_subscriptions_remove(struct mst_ws_subscriptions *all, struct mst_span id,
                                   int64_t port_id)
{
    struct mst_ws_subscription *next;
    size_t n = 0;

    for (struct mst_ws_subscription *one = all->ring.next; one != &all->ring; one = next) {
        next = one->next;
        if ((id.len > 0 && !mst_span_eq(one->id, id)) || (port_id != 0 && one->port_id != port_id))
            continue;
        mst_ws_subscription_end(one);
        n++;
    }
    return n;
}

void mst_ws_subscriptions_settle(struct mst_ws_subscriptions *all, const void *made_by,
                                 bool is_good)
{
    struct mst_ws_subscription *next;

    for (struct mst_ws_subscription *one = all->ring.next; one != &all->ring; one = next) {
        next = one->next;
        if (one->made_by != made_by)
            continue;
        one->made_by = NULL;
        if (!is_good)
            mst_ws_subscription_end(one);
    }
}

struct mst_ws_subscription *mst_ws_subscriptions_due(struct mst_ws_subscriptions *all)
{
    for (struct mst_ws_subscription *one = all->ring.next; one != &all->ring; one = one->next)
        if (one->is_due && !one->made_by)
            return one;
    return NULL;
}

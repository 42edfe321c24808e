/*
 * subscription.h - the subscriptions of one session (protocol.md 3.3.4, 3.3.5): which dataports it wants to be told
 * of, from where on, and how long. Inside front/ws only.
 *
 * One is known by its id and its dataport. It is due when its dataport may have something new.
 */
#ifndef MST_FRONT_WS_SUBSCRIPTION_H
#define MST_FRONT_WS_SUBSCRIPTION_H

#include "front/watch/watch.h"
#include "front/ws/ws.h"
#include "net/wheel.h"

struct mst_ws_subscriptions;

struct mst_ws_timeout {
    struct mst_wheel_entry entry; /* first */
    struct mst_ws_subscription *subscription;
};

struct mst_ws_subscription {
    struct mst_watcher watcher; /* first */
    struct mst_ws_timeout timeout;
    struct mst_ws_subscriptions *all;
    struct mst_ws_subscription *prev, *next;
    const void
        *made_by; /* a message that is not answered yet: nothing is shown before that; or NULL */
    int64_t port_id;
    struct mst_since since; /* what was shown, and what is to be */
    bool is_due;
    struct mst_buf call; /* JSON: the one that subscribes, without options */
    struct mst_span id;  /* in it */
};

struct mst_ws_subscriptions {
    struct mst_ws_subscription ring; /* its head: the order in which they are shown */
    size_t n;
    int64_t lane; /* whose they are; set before the first is added */
    struct mst_watch *watch;
    struct mst_wheel *wheel;
    void (*due)(void *arg); /* one has become due, on the loop */
    void *arg;
};

void mst_ws_subscriptions_init(struct mst_ws_subscriptions *all, const struct mst_exchange_env *env,
                               void (*due)(void *arg), void *arg);
void mst_ws_subscriptions_fini(struct mst_ws_subscriptions *all);

/* Due from the beginning. One of the same id and dataport ends. MST_EFULL: MST_WS_SUBSCRIPTIONS_MAX,
   or too many are watched in the process; MST_ENOMEM. */
MST_MUST_USE enum mst_err mst_ws_subscriptions_add(struct mst_ws_subscriptions *all,
                                                   const struct mst_ws_wanted *wanted,
                                                   const void *made_by);
/* Ends those of that id, if there is one, and of that dataport, if it is not 0. Gives how many. */
size_t mst_ws_subscriptions_remove(struct mst_ws_subscriptions *all, struct mst_span id,
                                   int64_t port_id);
void mst_ws_subscription_end(struct mst_ws_subscription *subscription);
/* The message was answered; or it failed, and what it made ends. */
void mst_ws_subscriptions_settle(struct mst_ws_subscriptions *all, const void *made_by,
                                 bool is_good);
/* Appends to out what shows a point, as JSON the pair [time, value], to the peer (3.3.5; is_flat: 3.3.6, A29). Error of out. */
MST_MUST_USE enum mst_err mst_ws_subscription_write(const struct mst_ws_subscription *subscription,
                                                    struct mst_span pair, bool is_flat,
                                                    struct mst_buf *out);
/* Others that are due come before it. */
void mst_ws_subscription_queue_up(struct mst_ws_subscription *subscription);
/* The first that is due and may be shown; NULL if there is none. */
struct mst_ws_subscription *mst_ws_subscriptions_due(struct mst_ws_subscriptions *all);

#endif

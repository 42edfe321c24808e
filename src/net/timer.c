/*
 * A timer keeps the deadline that was asked for beside the one libuv is armed for.
 * Moving it later, or clearing it, changes only the former: when libuv fires too
 * early the timer is armed again for what is left. So a deadline that every request
 * pushes on costs one heap operation per period, not per request.
 */
#include <assert.h>
#include <stdlib.h>

#include "net/internal.h"

enum { NEVER = 0 };

struct mst_timer {
    uv_timer_t uv;
    void (*fired)(void *arg);
    void *arg;
    uint64_t wanted_ms; /* loop time, NEVER if cleared */
    uint64_t armed_ms;  /* loop time libuv will call at, NEVER if it will not */
};

static void on_timer(uv_timer_t *uv);

static void arm(struct mst_timer *timer)
{
    uint64_t now = uv_now(timer->uv.loop);
    uint64_t after = timer->wanted_ms > now ? timer->wanted_ms - now : 0;

    (void)uv_timer_start(&timer->uv, on_timer, after, 0);
    timer->armed_ms = timer->wanted_ms;
}

static void on_timer(uv_timer_t *uv)
{
    struct mst_timer *timer = uv->data;

    timer->armed_ms = NEVER;
    if (timer->wanted_ms == NEVER)
        return;
    if (timer->wanted_ms > uv_now(uv->loop)) {
        arm(timer);
        return;
    }
    timer->wanted_ms = NEVER;
    timer->fired(timer->arg);
}

enum mst_err mst_timer_new(struct mst_loop *loop, void (*fired)(void *arg), void *arg,
                           struct mst_timer **ret_timer)
{
    struct mst_timer *timer = calloc(1, sizeof *timer);

    if (!timer)
        return MST_ENOMEM;
    (void)uv_timer_init(&loop->uv, &timer->uv);
    timer->uv.data = timer;
    timer->fired = fired;
    timer->arg = arg;
    *ret_timer = timer;
    return MST_OK;
}

void mst_timer_set(struct mst_timer *timer, uint64_t after_ms)
{
    uint64_t now = uv_now(timer->uv.loop);

    /* Far enough is never; the sum must not wrap. */
    timer->wanted_ms = after_ms < UINT64_MAX - now ? now + after_ms : UINT64_MAX;
    if (timer->wanted_ms == NEVER)
        timer->wanted_ms = 1;
    if (timer->armed_ms == NEVER || timer->armed_ms > timer->wanted_ms)
        arm(timer);
}

void mst_timer_clear(struct mst_timer *timer)
{
    timer->wanted_ms = NEVER;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void mst_timer_free(struct mst_timer *timer)
{
    if (timer)
        uv_close((uv_handle_t *)&timer->uv, on_closed);
}

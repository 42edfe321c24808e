#include <assert.h>
#include <stdlib.h>

#include "base/limits.h"
#include "front/http/waiting.h"
#include "sys/clock.h"
#include "sys/metric.h"

/* One thing that is watched. */
struct watched {
    struct mst_watcher watcher; /* first */
    struct mst_exchange *x;
    enum mst_watched what;
    int64_t id;
};

/* On the heap, as it lives from one step to the next. */
struct mst_waiting {
    struct mst_wheel_entry deadline; /* first */
    struct mst_exchange *x;
    uint64_t until_ms;
    uint64_t slept_from_ns;
    int64_t lane;              /* whose wait it is */
    struct mst_places *places; /* of which it holds one, or NULL */
    bool is_unread;            /* the step was not run since this is watched */
    bool is_asleep;
    size_t n;
    struct watched watched[];
};

bool mst_waiting_is_over(const struct mst_exchange *x, uint64_t until_ms)
{
    return x->is_hurried || mst_loop_now_ms(x->env->loop) >= until_ms;
}

uint64_t mst_waiting_until(const struct mst_exchange *x, uint64_t timeout_ms)
{
    return mst_loop_now_ms(x->env->loop) + timeout_ms;
}

/* ---- what is watched ---- */

static void woken(struct mst_watcher *watcher)
{
    mst_exchange_wake(((struct watched *)watcher)->x);
}

static void passed(struct mst_wheel_entry *deadline)
{
    mst_exchange_wake(((struct mst_waiting *)deadline)->x);
}

/* Number i of what is waited for: the ports, then the clients. */
static struct watched nth(const struct mst_wait_for *what, size_t i)
{
    if (i < what->n_ports)
        return (struct watched){.what = MST_WATCHED_PORT, .id = what->ports[i]};
    return (struct watched){.what = MST_WATCHED_CLIENT,
                            .id = i == what->n_ports ? what->client_id : what->client_id_2};
}

static size_t count_watched(const struct mst_wait_for *what)
{
    return what->n_ports + (what->client_id_2 != 0 ? 2 : 1);
}

static bool is_same(const struct mst_waiting *waiting, const struct mst_wait_for *what)
{
    bool is_equal = waiting && waiting->n == count_watched(what);

    for (size_t i = 0; is_equal && i < waiting->n; i++) {
        struct watched want = nth(what, i);

        is_equal = waiting->watched[i].what == want.what && waiting->watched[i].id == want.id;
    }
    return is_equal;
}

/* A wait over HTTP holds a connection; those of a session hold none but its own. */
static enum mst_err new_waiting(struct mst_exchange *x, size_t n_watched)
{
    struct mst_places *places = x->session ? NULL : x->env->waits;
    struct mst_waiting *waiting =
        calloc(1, sizeof *waiting + n_watched * sizeof waiting->watched[0]);
    enum mst_err err = waiting ? MST_OK : MST_ENOMEM;

    if (err == MST_OK && places)
        err = mst_places_take(places, x->lane);
    if (err != MST_OK) {
        free(waiting);
        return err;
    }
    waiting->x = x;
    waiting->lane = x->lane;
    waiting->places = places;
    waiting->is_unread = true;
    x->waiting = waiting;
    return MST_OK;
}

static enum mst_err watch_all(struct mst_exchange *x, const struct mst_wait_for *what)
{
    size_t n = count_watched(what);
    struct mst_waiting *waiting;
    enum mst_err err;

    mst_waiting_end(x);
    err = new_waiting(x, n);
    waiting = x->waiting;
    for (; err == MST_OK && waiting->n < n; waiting->n++) {
        struct watched *watched = &waiting->watched[waiting->n];

        *watched = nth(what, waiting->n);
        watched->x = x;
        watched->watcher.woken = woken;
        watched->watcher.lane = x->lane;
        err = mst_watch_add(x->env->watch, &watched->watcher, watched->what, watched->id);
    }
    if (err == MST_EFULL)
        x->is_last = true;
    if (err != MST_OK)
        mst_waiting_end(x);
    return err;
}

void mst_waiting_end(struct mst_exchange *x)
{
    struct mst_waiting *waiting = x->waiting;

    if (!waiting)
        return;
    mst_waiting_rise(x);
    for (size_t i = 0; i < waiting->n; i++)
        mst_watch_remove(x->env->watch, &waiting->watched[i].watcher);
    if (waiting->places)
        mst_places_give(waiting->places, waiting->lane);
    free(waiting);
    x->waiting = NULL;
}

enum mst_err mst_waiting_begin(struct mst_exchange *x, const struct mst_wait_for *what,
                               mst_step *guard, mst_step *step)
{
    enum mst_err err = MST_OK;

    assert(x->now.where == MST_READ && what->n_ports <= MST_WAIT_PORTS_MAX);
    assert(!mst_waiting_is_over(x, what->until_ms));
    if (!is_same(x->waiting, what))
        err = watch_all(x, what);
    if (err != MST_OK)
        return err;
    x->waiting->until_ms = what->until_ms;
    x->todo = (struct mst_todo){MST_READ, guard, step, .is_after_wake = true};
    return MST_OK;
}

/* ---- sleeping ---- */

/* The step is to be run again: what it takes of the arena is given back if it waits again. */
static void prepare_run(struct mst_exchange *x)
{
    x->todo.is_after_wake = false;
    x->wake_mark = mst_arena_mark(&x->arena);
    x->is_woken = true;
}

void mst_waiting_step_ran(struct mst_exchange *x)
{
    if (x->todo.is_after_wake)
        return;
    x->is_woken = false;
    mst_waiting_end(x);
}

bool mst_waiting_sleep(struct mst_exchange *x)
{
    struct mst_waiting *waiting = x->waiting;

    if (x->is_woken)
        mst_arena_rewind(&x->arena, x->wake_mark);
    if (waiting->is_unread) {
        waiting->is_unread = false;
        prepare_run(x);
        return false;
    }
    if (x->body.len == 0)
        mst_buf_fini(&x->body); /* else spans may point into it */
    mst_buf_trim(&x->reply);
    mst_buf_trim(&x->extra);
    waiting->is_asleep = true;
    waiting->slept_from_ns = mst_clock_mono_ns();
    mst_wheel_set(x->env->wheel, &waiting->deadline, waiting->until_ms, passed);
    mst_metric_add(MST_M_WAITING, 0, 1);
    return true;
}

bool mst_waiting_is_asleep(const struct mst_exchange *x)
{
    return x->waiting && x->waiting->is_asleep;
}

/* What is counted as the time of a request is what the server took for it. */
void mst_waiting_rise(struct mst_exchange *x)
{
    struct mst_waiting *waiting = x->waiting;

    if (!mst_waiting_is_asleep(x))
        return;
    waiting->is_asleep = false;
    x->began_ns += mst_clock_mono_ns() - waiting->slept_from_ns;
    mst_wheel_clear(x->env->wheel, &waiting->deadline);
    mst_metric_sub(MST_M_WAITING, 0, 1);
    prepare_run(x);
}

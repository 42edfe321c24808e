/*
 * loop.h - an event loop that owns one thread's connections (libuv inside).
 *
 * Everything made on a loop is used on that loop's thread only, except
 * mst_loop_post and mst_loop_stop. Timers are coarse (see mst_timer).
 */
#ifndef MST_NET_LOOP_H
#define MST_NET_LOOP_H

#include "base/err.h"
#include "base/span.h"

struct mst_loop;

MST_MUST_USE enum mst_err mst_loop_new(struct mst_loop **ret_loop);
/* Runs until mst_loop_stop; afterwards every stream and listener of it is closed. */
void mst_loop_run(struct mst_loop *loop);
/* Thread-safe: asks the loop to return from mst_loop_run. */
void mst_loop_stop(struct mst_loop *loop);
/* After mst_loop_run returned, or before it began; every timer was freed. */
void mst_loop_free(struct mst_loop *loop);

/* Work handed to the loop from any thread. Embed it; it stays the caller's memory. */
struct mst_task {
    void (*run)(struct mst_task *task); /* on the loop's thread */
    struct mst_task *next;              /* the loop's own, until run is called */
};

/* Thread-safe, never fails, never blocks. Tasks run in the order posted; many tasks cost one
   wake-up. Tasks posted after mst_loop_run returned are not run. */
void mst_loop_post(struct mst_loop *loop, struct mst_task *task);

/*
 * On the loop's own thread: the task is run in another turn. In each turn such tasks run, in their order,
 * until they have taken MST_YIELD_TURN_NS, one at least; then connections are served. So whoever works for long
 * and puts off the rest of it again and again holds up nobody, however many do so. All have run when
 * mst_loop_run returns.
 */
void mst_loop_yield(struct mst_loop *loop, struct mst_task *task);

/* Memory for what streams have not sent yet. */
size_t mst_loop_unsent(const struct mst_loop *loop);

/* Monotonic milliseconds as of this turn of the loop. */
uint64_t mst_loop_now_ms(const struct mst_loop *loop);

/* A room's own data on the loop (the front keeps its reader and free lists here). */
void mst_loop_set_data(struct mst_loop *loop, void *data);
void *mst_loop_data(const struct mst_loop *loop);

/*
 * A one-shot timer. Setting it later is free (it is re-armed lazily), so a
 * deadline may be moved for every request. Counted from mst_loop_now_ms and never
 * early; fired is called from the loop.
 */
struct mst_timer;

MST_MUST_USE enum mst_err mst_timer_new(struct mst_loop *loop, void (*fired)(void *arg), void *arg,
                                        struct mst_timer **ret_timer);
void mst_timer_set(struct mst_timer *timer, uint64_t after_ms);
void mst_timer_clear(struct mst_timer *timer);
void mst_timer_free(struct mst_timer *timer); /* NULL is fine; fired is not called any more */

#endif

/*
 * waiting.h - an exchange that waits until something changes (protocol.md 2.12.4, 2.15.4 wait).
 *
 * A step in a reader's transaction says for what it waits. What it names is watched from then on,
 * and the step is run again at once, since it may have changed before (front/watch/watch.h);
 * if the step then says the same, the exchange sleeps. It is woken when one of the things changes or time is up,
 * and the step is run again: guard first, which notices a key that died. When nobody waits any more,
 * because the peer ended its side or the server drains, time is up for every wait of the exchange.
 *
 * While it sleeps an exchange holds its body, its arena and what has been written of the reply, and little room beyond.
 * A request with more than MST_WAIT_BODY_MAX of a body should not wait. What a step put into the arena since it was woken
 * is gone when it waits again.
 */
#ifndef MST_FRONT_HTTP_WAITING_H
#define MST_FRONT_HTTP_WAITING_H

#include "front/http/exchange.h"

struct mst_wait_for {
    const int64_t
        *ports;        /* dataports and datarules whose points count; with the client at most ... */
    size_t n_ports;    /* ... MST_WAIT_PORTS_MAX */
    int64_t client_id; /* whose key, lock and aliases count */
    int64_t client_id_2; /* the same of another, or 0 */
    uint64_t until_ms;   /* by mst_loop_now_ms */
};

/* Is a wait until then over? The step must not wait then. */
bool mst_waiting_is_over(const struct mst_exchange *x, uint64_t until_ms);
/* So long from now. */
uint64_t mst_waiting_until(const struct mst_exchange *x, uint64_t timeout_ms);
/* Of a MST_READ step whose exchange has its lane: waits as above. MST_EFULL: too many wait, or too many of that tenant,
   and the connection ends with the reply, so that another may have its place; MST_ENOMEM. */
MST_MUST_USE enum mst_err mst_waiting_begin(struct mst_exchange *x, const struct mst_wait_for *what,
                                            mst_step *guard, mst_step *step);

/* ---- for exchange.c ---- */

/* The next step waits. False: it must be run first; true: the exchange sleeps. */
bool mst_waiting_sleep(struct mst_exchange *x);
/* A step was run: what it does not wait for is not watched any more. */
void mst_waiting_step_ran(struct mst_exchange *x);
bool mst_waiting_is_asleep(const struct mst_exchange *x);
/* It is not asleep any more. Nothing happens if it was not. */
void mst_waiting_rise(struct mst_exchange *x);
/* Nothing is watched any more. */
void mst_waiting_end(struct mst_exchange *x);

#endif

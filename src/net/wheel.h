/*
 * wheel.h - very many deadlines on one loop, such as one for each request that waits.
 *
 * Setting and clearing one costs the same however many there are and takes no memory: the entry
 * is embedded in what waits. One entry belongs to one loop, as everything on it.
 */
#ifndef MST_NET_WHEEL_H
#define MST_NET_WHEEL_H

#include "net/loop.h"

/* Zero is an entry that is not set. */
struct mst_wheel_entry {
    struct mst_wheel_entry *prev, *next; /* the wheel's own; next is NULL while it is not set */
    uint64_t at_ms;
    void (*passed)(struct mst_wheel_entry *entry);
};

struct mst_wheel;

MST_MUST_USE enum mst_err mst_wheel_new(struct mst_loop *loop, struct mst_wheel **ret_wheel);
void mst_wheel_free(struct mst_wheel *wheel); /* NULL is fine; no entry may be set */

/*
 * Calls passed once, on the loop, when mst_loop_now_ms has reached at_ms: never early, and late by no more than
 * MST_WHEEL_STEP_MS and what else the loop does. The entry is not set any more by then, and may be set again or freed.
 * One that is set already is moved.
 */
enum { MST_WHEEL_STEP_MS = 8 };
void mst_wheel_set(struct mst_wheel *wheel, struct mst_wheel_entry *entry, uint64_t at_ms,
                   void (*passed)(struct mst_wheel_entry *entry));
void mst_wheel_clear(struct mst_wheel *wheel, struct mst_wheel_entry *entry);

/* What the wheel's timer does, with the time given: for tests. */
void mst_wheel_turn(struct mst_wheel *wheel, uint64_t now_ms);

#endif

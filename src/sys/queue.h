/*
 * queue.h - a bounded queue of intrusive items, many producers, one consumer that
 * takes many at once (what the committers wait on).
 *
 * Items go by lanes, one for each tenant: the consumer gets one of each lane in turn, those of one lane in
 * order, so who pushes much does not get in the way of who pushes little (docs/decide/0040).
 */
#ifndef MST_SYS_QUEUE_H
#define MST_SYS_QUEUE_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mst_queue;

struct mst_queue_item {
    struct mst_queue_item *next;
    int64_t lane; /* 0 = of no tenant */
};

MST_MUST_USE enum mst_err mst_queue_new(size_t max_items, struct mst_queue **ret_queue);
void mst_queue_free(struct mst_queue *queue); /* must be empty */
/* MST_EFULL: the queue is, or the lane has as many items as there is room left, so that there is always
   some for another; lane 0 may take it all. MST_ECLOSED after mst_queue_close. Never blocks beyond
   the lock. */
MST_MUST_USE enum mst_err mst_queue_push(struct mst_queue *queue, struct mst_queue_item *item);
/* Blocks until there is something, then takes up to max_items; a NULL terminated list. While
   several lanes are in use, each gives no more than its part of max_items. NULL only when the queue is closed and
   empty. */
struct mst_queue_item *mst_queue_take(struct mst_queue *queue, size_t max_items);
/* Pushing fails from now on; the consumer gets the rest, then NULL. */
void mst_queue_close(struct mst_queue *queue);
size_t mst_queue_len(struct mst_queue *queue);

/* A joinable thread with a name for debuggers; signals are blocked in it. */
struct mst_thread;
MST_MUST_USE enum mst_err mst_thread_start(const char *name, void (*run)(void *arg), void *arg,
                                           struct mst_thread **ret_thread);
void mst_thread_join(struct mst_thread *thread); /* and frees it */
/* From now on the calling thread gets processor and disk after all others, as far as the system
   lets it. There is no way back. */
void mst_thread_stand_back(void);

#endif

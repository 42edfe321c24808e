#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/metric.h"
#include "sys/queue.h"

/*
 * A lane exists while it has items. Those that exist form the round, a ring that is told by its last
 * member: taking goes round and round, one item from each lane. There are never more lanes than items,
 * so as many are set aside when the queue is made, and pushing allocates nothing.
 *
 * A batch makes everybody wait who comes while it is worked on. So while lanes other than the
 * one that fills the queue were seen in the last SHARED_TURNS batches, a lane gives at most one part in
 * LANE_PARTS of a batch; a lane that is alone gives all that fits.
 */
enum { BUCKETS = 256, LANE_PARTS = 8, SHARED_TURNS = 1024 };

struct lane {
    int64_t id;
    struct mst_queue_item *first;
    struct mst_queue_item **end; /* where the next item is linked */
    size_t len;
    struct lane *next;       /* in the round, or of those that are free */
    struct lane *next_alike; /* in its bucket */
};

struct mst_queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct lane *lanes; /* max_items of them, n_touched of which were ever used */
    size_t n_touched;
    struct lane *free;
    struct lane *last; /* of the round; NULL: the queue is empty */
    size_t n_lanes;
    struct lane *buckets[BUCKETS];
    size_t len;
    size_t max_items;
    int64_t seen;        /* the lane that was taken from last, but for lane 0 */
    size_t shared_turns; /* for so many more batches lanes are held to their part */
    bool is_closed;
    bool is_awaited; /* the consumer sleeps: only then is a wake-up paid for */
};

static void lock(struct mst_queue *queue)
{
    int rc = pthread_mutex_lock(&queue->lock);

    assert(rc == 0);
}

static void unlock(struct mst_queue *queue)
{
    int rc = pthread_mutex_unlock(&queue->lock);

    assert(rc == 0);
}

enum mst_err mst_queue_new(size_t max_items, struct mst_queue **ret_queue)
{
    struct mst_queue *queue = calloc(1, sizeof *queue);
    enum mst_err err = MST_ESYS;

    assert(max_items > 0);
    if (!queue)
        return MST_ENOMEM;
    queue->lanes = calloc(max_items, sizeof *queue->lanes);
    if (!queue->lanes) {
        err = MST_ENOMEM;
        goto no_lock;
    }
    if (pthread_mutex_init(&queue->lock, NULL) != 0)
        goto no_lock;
    if (pthread_cond_init(&queue->filled, NULL) != 0)
        goto no_cond;
    queue->max_items = max_items;
    *ret_queue = queue;
    return MST_OK;

no_cond:
    (void)pthread_mutex_destroy(&queue->lock);
no_lock:
    free(queue->lanes);
    free(queue);
    return err;
}

void mst_queue_free(struct mst_queue *queue)
{
    if (!queue)
        return;
    assert(queue->len == 0);
    (void)pthread_cond_destroy(&queue->filled);
    (void)pthread_mutex_destroy(&queue->lock);
    free(queue->lanes);
    free(queue);
}

/* ---- lanes ---- */

/* Where the lane is linked in its bucket, or would be. */
static struct lane **find_lane(struct mst_queue *queue, int64_t id)
{
    struct lane **link = &queue->buckets[(uint64_t)id % BUCKETS];

    while (*link && (*link)->id != id)
        link = &(*link)->next_alike;
    return link;
}

/* A new lane comes last in the round. */
static struct lane *open_lane(struct mst_queue *queue, int64_t id, struct lane **link)
{
    struct lane *lane = queue->free;

    if (lane)
        queue->free = lane->next;
    else
        lane = &queue->lanes[queue->n_touched++];
    *lane = (struct lane){.id = id, .end = &lane->first};
    *link = lane;
    lane->next = queue->last ? queue->last->next : lane;
    if (queue->last)
        queue->last->next = lane;
    queue->last = lane;
    queue->n_lanes++;
    return lane;
}

/* The first of the round has no items left. */
static void close_first_lane(struct mst_queue *queue)
{
    struct lane *lane = queue->last->next;

    *find_lane(queue, lane->id) = lane->next_alike;
    queue->last->next = lane->next;
    if (queue->last == lane)
        queue->last = NULL;
    lane->next = queue->free;
    queue->free = lane;
    queue->n_lanes--;
}

static bool has_room(const struct mst_queue *queue, const struct lane *lane, int64_t id)
{
    size_t left = queue->max_items - queue->len;

    return left > 0 && (id == 0 || !lane || lane->len < left);
}

enum mst_err mst_queue_push(struct mst_queue *queue, struct mst_queue_item *item)
{
    enum mst_err err = MST_OK;
    struct lane **link, *lane;

    item->next = NULL;
    lock(queue);
    link = find_lane(queue, item->lane);
    lane = *link;
    if (queue->is_closed)
        err = MST_ECLOSED;
    else if (!has_room(queue, lane, item->lane))
        err = MST_EFULL;
    if (err == MST_OK) {
        if (!lane)
            lane = open_lane(queue, item->lane, link);
        *lane->end = item;
        lane->end = &item->next;
        lane->len++;
        queue->len++;
        if (queue->is_awaited)
            (void)pthread_cond_signal(&queue->filled);
        queue->is_awaited = false;
    }
    unlock(queue);
    return err;
}

/* ---- taking ---- */

/* Takes the next item of the first lane, which then is the last of the round, if it has more. */
static struct mst_queue_item *take_one(struct mst_queue *queue)
{
    struct lane *lane = queue->last->next;
    struct mst_queue_item *item = lane->first;

    lane->first = item->next;
    lane->len--;
    queue->len--;
    if (lane->id != 0 && lane->id != queue->seen) {
        if (queue->seen != 0)
            queue->shared_turns = SHARED_TURNS;
        queue->seen = lane->id;
    }
    if (lane->len == 0)
        close_first_lane(queue);
    else
        queue->last = lane;
    return item;
}

/* Is there more than one lane, or was there lately? */
static bool is_shared(struct mst_queue *queue)
{
    if (queue->n_lanes > 1)
        return true;
    if (queue->shared_turns == 0)
        return false;
    queue->shared_turns--;
    return true;
}

/* Goes round: one of each lane that began the round, until it was so often round. */
static struct mst_queue_item *take_rounds(struct mst_queue *queue, size_t n_rounds,
                                          size_t max_items)
{
    struct mst_queue_item *taken = NULL, **end = &taken;

    for (size_t round = 0; round < n_rounds && queue->len > 0; round++) {
        for (size_t n_left = queue->n_lanes; n_left > 0 && max_items > 0; n_left--, max_items--) {
            *end = take_one(queue);
            end = &(*end)->next;
        }
    }
    *end = NULL;
    return taken;
}

struct mst_queue_item *mst_queue_take(struct mst_queue *queue, size_t max_items)
{
    size_t part = max_items < LANE_PARTS ? 1 : max_items / LANE_PARTS;
    struct mst_queue_item *taken = NULL;

    assert(max_items > 0);
    lock(queue);
    while (queue->len == 0 && !queue->is_closed) {
        queue->is_awaited = true;
        (void)pthread_cond_wait(&queue->filled, &queue->lock);
    }
    if (queue->len > 0)
        taken = take_rounds(queue, is_shared(queue) ? part : max_items, max_items);
    unlock(queue);
    return taken;
}

void mst_queue_close(struct mst_queue *queue)
{
    lock(queue);
    queue->is_closed = true;
    (void)pthread_cond_broadcast(&queue->filled);
    unlock(queue);
}

size_t mst_queue_len(struct mst_queue *queue)
{
    size_t len;

    lock(queue);
    len = queue->len;
    unlock(queue);
    return len;
}

enum { THREAD_NAME_CHARS = 15 };

struct mst_thread {
    pthread_t id;
    void (*run)(void *arg);
    void *arg;
    char name[THREAD_NAME_CHARS + 1];
};

static void *thread_main(void *arg)
{
    struct mst_thread *thread = arg;

    (void)pthread_setname_np(pthread_self(), thread->name);
    thread->run(thread->arg);
    mst_metric_leave();
    return NULL;
}

enum mst_err mst_thread_start(const char *name, void (*run)(void *arg), void *arg,
                              struct mst_thread **ret_thread)
{
    struct mst_thread *thread = calloc(1, sizeof *thread);
    sigset_t all, before;
    int rc;

    if (!thread)
        return MST_ENOMEM;
    thread->run = run;
    thread->arg = arg;
    (void)snprintf(thread->name, sizeof thread->name, "%s", name);
    /* A thread is born with its maker's mask. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&thread->id, NULL, thread_main, thread);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0) {
        free(thread);
        return MST_ESYS;
    }
    *ret_thread = thread;
    return MST_OK;
}

void mst_thread_join(struct mst_thread *thread)
{
    int rc;

    if (!thread)
        return;
    rc = pthread_join(thread->id, NULL);
    assert(rc == 0);
    free(thread);
}

/* The C library has no call for the disk's priority. */
enum { IOPRIO_WHO_PROCESS = 1, IOPRIO_CLASS_BE = 2, IOPRIO_CLASS_SHIFT = 13, IOPRIO_LOWEST = 7 };

void mst_thread_stand_back(void)
{
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), 19);
    (void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
                  IOPRIO_CLASS_BE << IOPRIO_CLASS_SHIFT | IOPRIO_LOWEST);
}

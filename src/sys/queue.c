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

struct mst_queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct mst_queue_item *first;
    struct mst_queue_item **end; /* where the next item is linked */
    size_t len;
    size_t max_items;
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

    assert(max_items > 0);
    if (!queue)
        return MST_ENOMEM;
    if (pthread_mutex_init(&queue->lock, NULL) != 0)
        goto no_lock;
    if (pthread_cond_init(&queue->filled, NULL) != 0)
        goto no_cond;
    queue->end = &queue->first;
    queue->max_items = max_items;
    *ret_queue = queue;
    return MST_OK;

no_cond:
    (void)pthread_mutex_destroy(&queue->lock);
no_lock:
    free(queue);
    return MST_ESYS;
}

void mst_queue_free(struct mst_queue *queue)
{
    if (!queue)
        return;
    assert(queue->len == 0);
    (void)pthread_cond_destroy(&queue->filled);
    (void)pthread_mutex_destroy(&queue->lock);
    free(queue);
}

enum mst_err mst_queue_push(struct mst_queue *queue, struct mst_queue_item *item)
{
    enum mst_err err = MST_OK;
    bool is_awaited = false;

    item->next = NULL;
    lock(queue);
    if (queue->is_closed)
        err = MST_ECLOSED;
    else if (queue->len == queue->max_items)
        err = MST_EFULL;
    if (err == MST_OK) {
        *queue->end = item;
        queue->end = &item->next;
        queue->len++;
        is_awaited = queue->is_awaited;
        queue->is_awaited = false;
        if (is_awaited)
            (void)pthread_cond_signal(&queue->filled);
    }
    unlock(queue);
    return err;
}

/* Cuts the first n items off the queue, which holds at least that many. */
static struct mst_queue_item *cut(struct mst_queue *queue, size_t n)
{
    struct mst_queue_item *taken = queue->first;
    struct mst_queue_item **end = &queue->first;

    if (n == queue->len) {
        queue->first = NULL;
        queue->end = &queue->first;
        queue->len = 0;
        return taken;
    }
    for (size_t i = 0; i < n; i++)
        end = &(*end)->next;
    queue->first = *end;
    *end = NULL;
    queue->len -= n;
    return taken;
}

struct mst_queue_item *mst_queue_take(struct mst_queue *queue, size_t max_items)
{
    struct mst_queue_item *taken = NULL;

    assert(max_items > 0);
    lock(queue);
    while (queue->len == 0 && !queue->is_closed) {
        queue->is_awaited = true;
        (void)pthread_cond_wait(&queue->filled, &queue->lock);
    }
    if (queue->len > 0)
        taken = cut(queue, queue->len < max_items ? queue->len : max_items);
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

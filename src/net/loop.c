/*
 * One libuv loop with four things on it besides the streams: an async handle that
 * posted tasks, yielded ones and the stop flag share (a post to a non-empty list costs no
 * wake-up: the one under way will see it), a tick that runs only while there are
 * deadlines, and an idle handle that runs only while something was put off to the
 * next turn.
 *
 * mst_loop_run ends in three steps: the user's stop, closing everything that is
 * open (users get their closed calls), and the tasks that were posted or yielded until then.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/limits.h"
#include "net/internal.h"
#include "sys/clock.h"

enum { TICK_MS = 50 };

void mst_node_init(struct mst_node *node)
{
    node->prev = node->next = node;
}

void mst_node_add(struct mst_node *head, struct mst_node *node)
{
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}

void mst_node_remove(struct mst_node *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    mst_node_init(node);
}

bool mst_node_is_alone(const struct mst_node *node)
{
    return node->next == node;
}

static void lock(struct mst_loop *loop)
{
    int rc = pthread_mutex_lock(&loop->lock);

    assert(rc == 0);
}

static void unlock(struct mst_loop *loop)
{
    int rc = pthread_mutex_unlock(&loop->lock);

    assert(rc == 0);
}

/* Runs what was posted until now; what these tasks post waits for the next wake-up, so that
   connections get their turn. */
static bool run_posted(struct mst_loop *loop)
{
    struct mst_task *task, *next;
    bool has_run;

    lock(loop);
    task = loop->posted;
    loop->posted = NULL;
    loop->posted_end = &loop->posted;
    unlock(loop);
    has_run = task != NULL;
    for (; task; task = next) {
        next = task->next; /* the task may be gone or posted again after run */
        task->run(task);
    }
    return has_run;
}

/* What comes back stands behind the others. */
static bool run_yielded(struct mst_loop *loop)
{
    const uint64_t until_ns = mst_clock_mono_ns() + MST_YIELD_TURN_NS;
    bool has_run = false;

    while (loop->yielded && (!has_run || mst_clock_mono_ns() < until_ns)) {
        struct mst_task *task = loop->yielded;

        loop->yielded = task->next;
        if (!loop->yielded)
            loop->yielded_end = &loop->yielded;
        task->run(task);
        has_run = true;
    }
    return has_run;
}

static void on_wake(uv_async_t *wake)
{
    struct mst_loop *loop = wake->data;

    (void)run_posted(loop);
    (void)run_yielded(loop);
    if (loop->yielded)
        (void)uv_async_send(wake);
    if (atomic_load(&loop->is_stopping))
        uv_stop(&loop->uv);
}

static void on_tick(uv_timer_t *tick)
{
    struct mst_loop *loop = tick->data;
    uint64_t now = uv_now(&loop->uv);
    struct mst_node *node, *next;
    struct mst_node due;

    mst_node_init(&due);
    for (node = loop->deadlines.next; node != &loop->deadlines; node = next) {
        struct mst_deadline *deadline = MST_CONTAINER(node, struct mst_deadline, node);
        next = node->next;
        if (deadline->at_ms > now)
            continue;
        mst_node_remove(node);
        mst_node_add(&due, node);
    }
    /* One may clear another: always take the first. */
    while (!mst_node_is_alone(&due)) {
        struct mst_deadline *deadline = MST_CONTAINER(due.next, struct mst_deadline, node);
        mst_node_remove(&deadline->node);
        deadline->passed(deadline);
    }
    if (mst_node_is_alone(&loop->deadlines))
        (void)uv_timer_stop(&loop->tick);
}

static void on_idle(uv_idle_t *idle)
{
    struct mst_loop *loop = idle->data;
    struct mst_node due;

    mst_node_init(&due);
    while (!mst_node_is_alone(&loop->laters)) {
        struct mst_node *node = loop->laters.next;
        mst_node_remove(node);
        mst_node_add(&due, node);
    }
    while (!mst_node_is_alone(&due)) {
        struct mst_later *later = MST_CONTAINER(due.next, struct mst_later, node);
        mst_node_remove(&later->node);
        later->run(later);
    }
    if (mst_node_is_alone(&loop->laters))
        (void)uv_idle_stop(&loop->idle);
}

void mst_deadline_set(struct mst_loop *loop, struct mst_deadline *deadline, uint64_t after_ms,
                      void (*passed)(struct mst_deadline *deadline))
{
    mst_deadline_clear(deadline);
    deadline->at_ms = uv_now(&loop->uv) + after_ms;
    deadline->passed = passed;
    mst_node_add(&loop->deadlines, &deadline->node);
    if (!uv_is_active((uv_handle_t *)&loop->tick))
        (void)uv_timer_start(&loop->tick, on_tick, TICK_MS, TICK_MS);
}

void mst_deadline_clear(struct mst_deadline *deadline)
{
    if (deadline->node.next)
        mst_node_remove(&deadline->node);
}

void mst_later_add(struct mst_loop *loop, struct mst_later *later)
{
    mst_later_clear(later);
    mst_node_add(&loop->laters, &later->node);
    (void)uv_idle_start(&loop->idle, on_idle);
}

void mst_later_clear(struct mst_later *later)
{
    if (later->node.next)
        mst_node_remove(&later->node);
}

void mst_reserve_fd_open(struct mst_loop *loop)
{
    loop->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void ignore_poll(uv_poll_t *poll, int status, int events)
{
    (void)poll, (void)status, (void)events;
}

static void forget_poll(uv_handle_t *poll)
{
    poll->data = NULL;
}

/* Watches the descriptor once. */
static bool touch(struct mst_loop *loop, int fd)
{
    uv_poll_t poll;

    if (uv_poll_init(&loop->uv, &poll, fd) != 0)
        return false;
    poll.data = loop;
    (void)uv_poll_start(&poll, UV_READABLE, ignore_poll);
    uv_close((uv_handle_t *)&poll, forget_poll);
    while (poll.data)
        (void)uv_run(&loop->uv, UV_RUN_NOWAIT);
    return true;
}

/*
 * libuv keeps a table by the number of the descriptor. It grows when a larger number than ever is
 * watched, and the process is aborted if there is no memory for that. So it grows here, once, to
 * the largest number that this process may open; whether there is memory is asked first.
 */
static enum mst_err grow_table(struct mst_loop *loop)
{
    struct rlimit limit;
    size_t n_fds = MST_DESCRIPTORS_MAX;
    int low, top;
    bool is_touched;
    void *probe;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < n_fds)
        n_fds = (size_t)limit.rlim_cur;
    probe = calloc(2 * n_fds, sizeof(void *)); /* libuv rounds up to a power of two */
    if (!probe)
        return MST_ENOMEM;
    free(probe);
    low = eventfd(0, EFD_CLOEXEC);
    if (low < 0)
        return MST_ESYS;
    top = fcntl(low, F_DUPFD_CLOEXEC, (int)n_fds - 1);
    (void)close(low);
    if (top < 0)
        return MST_ESYS;
    is_touched = touch(loop, top);
    (void)close(top);
    return is_touched ? MST_OK : MST_ESYS;
}

static bool init_handles(struct mst_loop *loop)
{
    int rc = uv_async_init(&loop->uv, &loop->wake, on_wake);

    if (rc != 0)
        return false;
    /* These two cannot fail. */
    (void)uv_timer_init(&loop->uv, &loop->tick);
    (void)uv_idle_init(&loop->uv, &loop->idle);
    loop->wake.data = loop->tick.data = loop->idle.data = loop;
    return true;
}

enum mst_err mst_loop_new(struct mst_loop **ret_loop)
{
    struct mst_loop *loop = calloc(1, sizeof *loop);
    enum mst_err err = MST_ESYS;

    if (!loop)
        return MST_ENOMEM;
    if (pthread_mutex_init(&loop->lock, NULL) != 0)
        goto no_lock;
    if (uv_loop_init(&loop->uv) != 0)
        goto no_uv;
    err = grow_table(loop);
    if (err != MST_OK)
        goto no_handles;
    if (!init_handles(loop)) {
        err = MST_ESYS;
        goto no_handles;
    }
    loop->posted_end = &loop->posted;
    loop->yielded_end = &loop->yielded;
    mst_node_init(&loop->streams);
    mst_node_init(&loop->listeners);
    mst_node_init(&loop->datagrams);
    mst_node_init(&loop->deadlines);
    mst_node_init(&loop->laters);
    mst_reserve_fd_open(loop);
    *ret_loop = loop;
    return MST_OK;

no_handles:
    (void)uv_loop_close(&loop->uv);
no_uv:
    (void)pthread_mutex_destroy(&loop->lock);
no_lock:
    free(loop);
    return err;
}

static void close_all(struct mst_loop *loop)
{
    mst_listeners_close_all(loop);
    mst_datagrams_close_all(loop);
    mst_streams_close_all(loop);
    while (loop->n_open > 0)
        (void)uv_run(&loop->uv, UV_RUN_NOWAIT);
}

void mst_loop_run(struct mst_loop *loop)
{
    if (!atomic_load(&loop->is_stopping))
        (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
    close_all(loop);
    while (run_posted(loop) || run_yielded(loop))
        ;
}

void mst_loop_stop(struct mst_loop *loop)
{
    atomic_store(&loop->is_stopping, true);
    (void)uv_async_send(&loop->wake);
}

void mst_loop_free(struct mst_loop *loop)
{
    int rc;

    if (!loop)
        return;
    close_all(loop);
    uv_close((uv_handle_t *)&loop->wake, NULL);
    uv_close((uv_handle_t *)&loop->tick, NULL);
    uv_close((uv_handle_t *)&loop->idle, NULL);
    (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
    rc = uv_loop_close(&loop->uv);
    assert(rc == 0); /* a timer was not freed */
    if (loop->reserve_fd >= 0)
        (void)close(loop->reserve_fd);
    (void)pthread_mutex_destroy(&loop->lock);
    free(loop);
}

void mst_loop_post(struct mst_loop *loop, struct mst_task *task)
{
    bool was_empty;

    task->next = NULL;
    lock(loop);
    was_empty = loop->posted == NULL;
    *loop->posted_end = task;
    loop->posted_end = &task->next;
    unlock(loop);
    if (was_empty)
        (void)uv_async_send(&loop->wake);
}

void mst_loop_yield(struct mst_loop *loop, struct mst_task *task)
{
    if (!loop->yielded)
        (void)uv_async_send(&loop->wake);
    task->next = NULL;
    *loop->yielded_end = task;
    loop->yielded_end = &task->next;
}

size_t mst_loop_unsent(const struct mst_loop *loop)
{
    return loop->unsent_bytes;
}

uint64_t mst_loop_now_ms(const struct mst_loop *loop)
{
    return uv_now(&loop->uv);
}

void mst_loop_set_data(struct mst_loop *loop, void *data)
{
    loop->data = data;
}

void *mst_loop_data(const struct mst_loop *loop)
{
    return loop->data;
}

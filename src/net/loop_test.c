#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "net/loop.h"
#include "sys/clock.h"
#include "sys/queue.h"
#include "tests/lib/unit.h"

enum { N_POSTERS = 4, N_EACH = 20000 };

struct numbered {
    struct mst_task task; /* first: cast back from the task */
    size_t poster, number;
};

static struct mst_loop *loop;
static struct numbered tasks[N_POSTERS][N_EACH];
static size_t next_of[N_POSTERS];
static size_t n_run;

static void check_order(struct mst_task *task)
{
    struct numbered *n = (struct numbered *)task;

    ck_assert_uint_eq(n->number, next_of[n->poster]++);
    if (++n_run == (size_t)N_POSTERS * N_EACH)
        mst_loop_stop(loop);
}

static void post_all(void *arg)
{
    struct numbered *mine = arg;

    for (size_t i = 0; i < N_EACH; i++)
        mst_loop_post(loop, &mine[i].task);
}

MST_TEST(tasks_of_several_threads_all_run_in_the_order_each_posted)
{
    struct mst_thread *threads[N_POSTERS];

    ck_assert_int_eq(mst_loop_new(&loop), MST_OK);
    for (size_t p = 0; p < N_POSTERS; p++) {
        for (size_t i = 0; i < N_EACH; i++)
            tasks[p][i] = (struct numbered){.task = {.run = check_order}, .poster = p, .number = i};
        ck_assert_int_eq(mst_thread_start("poster", post_all, tasks[p], &threads[p]), MST_OK);
    }
    mst_loop_run(loop);
    for (size_t p = 0; p < N_POSTERS; p++)
        mst_thread_join(threads[p]);
    ck_assert_uint_eq(n_run, (size_t)N_POSTERS * N_EACH);
    mst_loop_free(loop);
}
MST_TEST_END

static void post_again(struct mst_task *task)
{
    n_run++;
    mst_loop_post(loop, task);
    if (n_run == 3)
        mst_loop_stop(loop);
    if (n_run >= 5) /* the loop drains what was posted, so it must come to an end */
        task->run = check_order;
}

MST_TEST(a_task_may_post_itself_again)
{
    struct numbered n = {.task = {.run = post_again}};

    ck_assert_int_eq(mst_loop_new(&loop), MST_OK);
    mst_loop_post(loop, &n.task);
    mst_loop_run(loop);
    ck_assert_uint_ge(n_run, 5);
    mst_loop_free(loop);
}
MST_TEST_END

/* ---- work in pieces ---- */

enum { WORKERS = 20, PIECES = 2, PIECE_NS = MST_YIELD_TURN_NS / 2 };

static struct numbered workers[WORKERS];
static size_t n_since_others, n_pieces;

static void work(struct mst_task *task)
{
    const uint64_t until_ns = mst_clock_mono_ns() + PIECE_NS;
    struct numbered *worker = (struct numbered *)task;

    ck_assert_uint_eq(worker->number, n_pieces % WORKERS);
    while (mst_clock_mono_ns() < until_ns)
        ;
    n_since_others++;
    if (++n_pieces <= (PIECES - 1) * WORKERS)
        mst_loop_yield(loop, task);
}

static void serve_others(struct mst_task *task)
{
    ck_assert_uint_le(n_since_others, 2);
    n_since_others = 0;
    if (n_pieces < PIECES * WORKERS)
        mst_loop_post(loop, task);
    else
        mst_loop_stop(loop);
}

static void begin_work(struct mst_task *task)
{
    for (size_t i = 0; i < WORKERS; i++) {
        workers[i] = (struct numbered){.task = {.run = work}, .number = i};
        mst_loop_yield(loop, &workers[i].task);
    }
    task->run = serve_others;
    mst_loop_post(loop, task);
}

MST_TEST(others_get_their_turn_however_many_work_on)
{
    struct mst_task first = {.run = begin_work};

    ck_assert_int_eq(mst_loop_new(&loop), MST_OK);
    mst_loop_post(loop, &first);
    mst_loop_run(loop);
    ck_assert_uint_eq(n_pieces, PIECES * WORKERS);
    mst_loop_free(loop);
}
MST_TEST_END

MST_TEST(a_loop_stopped_before_it_runs_returns_at_once_with_its_tasks_run)
{
    struct numbered n = {.task = {.run = check_order}};

    ck_assert_int_eq(mst_loop_new(&loop), MST_OK);
    mst_loop_set_data(loop, &n);
    ck_assert_ptr_eq(mst_loop_data(loop), &n);
    mst_loop_stop(loop);
    mst_loop_post(loop, &n.task);
    mst_loop_run(loop);
    ck_assert_uint_eq(n_run, 1);
    mst_loop_free(loop);
}
MST_TEST_END

MST_TEST(a_loop_that_never_ran_is_freed)
{
    ck_assert_int_eq(mst_loop_new(&loop), MST_OK);
    mst_loop_free(loop);
    mst_loop_free(NULL);
}
MST_TEST_END

struct timed {
    struct mst_timer *timer, *other;
    uint64_t due_ns;
    int n_fired;
    void (*then)(struct timed *timed);
};

static void fired(void *arg)
{
    struct timed *timed = arg;

    ck_assert_uint_ge(mst_clock_mono_ns(), timed->due_ns);
    timed->n_fired++;
    if (timed->then)
        timed->then(timed);
}

static void timed_set(struct timed *timed, uint64_t after_ms)
{
    /* The loop counts whole milliseconds from the start of its turn. */
    timed->due_ns = (mst_loop_now_ms(loop) + after_ms) * 1000000;
    mst_timer_set(timed->timer, after_ms);
}

static void timed_new(struct timed *timed)
{
    ck_assert_int_eq(mst_timer_new(loop, fired, timed, &timed->timer), MST_OK);
}

static void stop(struct timed *timed)
{
    (void)timed;
    mst_loop_stop(loop);
}

MST_TEST(a_timer_moved_later_and_earlier_fires_once_and_never_early)
{
    struct timed a = {.n_fired = 0}, b = {.n_fired = 0}, end = {.then = stop};

    ck_assert_int_eq(mst_loop_new(&loop), MST_OK);
    timed_new(&a);
    timed_new(&b);
    timed_new(&end);
    timed_set(&a, 5);
    timed_set(&a, 60);
    timed_set(&b, 100000);
    timed_set(&b, 10);
    timed_set(&end, 90);
    mst_loop_run(loop);
    ck_assert_int_eq(a.n_fired, 1);
    ck_assert_int_eq(b.n_fired, 1);
    ck_assert_int_eq(end.n_fired, 1);
    mst_timer_free(a.timer);
    mst_timer_free(b.timer);
    mst_timer_free(end.timer);
    mst_timer_free(NULL);
    mst_loop_free(loop);
}
MST_TEST_END

static void set_again(struct timed *timed)
{
    if (timed->n_fired < 3) {
        timed_set(timed, 5);
    } else {
        mst_timer_free(timed->timer);
        mst_loop_stop(loop);
    }
}

MST_TEST(a_timer_may_be_set_again_or_freed_when_it_fires)
{
    struct timed again = {.then = set_again};

    ck_assert_int_eq(mst_loop_new(&loop), MST_OK);
    timed_new(&again);
    timed_set(&again, 0);
    mst_loop_run(loop);
    ck_assert_int_eq(again.n_fired, 3);
    mst_loop_free(loop);
}
MST_TEST_END

static void clear_other(struct timed *timed)
{
    mst_timer_clear(timed->other);
}

MST_TEST(a_cleared_or_freed_timer_does_not_fire)
{
    struct timed cleared = {.n_fired = 0}, freed = {.n_fired = 0}, far = {.n_fired = 0};
    struct timed clearer = {.then = clear_other}, end = {.then = stop};

    ck_assert_int_eq(mst_loop_new(&loop), MST_OK);
    timed_new(&cleared);
    timed_new(&freed);
    timed_new(&far);
    timed_new(&clearer);
    timed_new(&end);
    clearer.other = cleared.timer;
    timed_set(&cleared, 40);
    timed_set(&freed, 10);
    mst_timer_set(far.timer, UINT64_MAX);
    timed_set(&clearer, 5);
    timed_set(&end, 60);
    mst_timer_free(freed.timer);
    mst_loop_run(loop);
    ck_assert_int_eq(cleared.n_fired + freed.n_fired + far.n_fired, 0);
    mst_timer_free(cleared.timer);
    mst_timer_free(far.timer);
    mst_timer_free(clearer.timer);
    mst_timer_free(end.timer);
    mst_loop_free(loop);
}
MST_TEST_END

MST_TESTS("net/loop", tasks_of_several_threads_all_run_in_the_order_each_posted,
          a_task_may_post_itself_again, others_get_their_turn_however_many_work_on,
          a_loop_stopped_before_it_runs_returns_at_once_with_its_tasks_run,
          a_loop_that_never_ran_is_freed,
          a_timer_moved_later_and_earlier_fires_once_and_never_early,
          a_timer_may_be_set_again_or_freed_when_it_fires, a_cleared_or_freed_timer_does_not_fire)

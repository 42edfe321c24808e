#include <pthread.h>
#include <string.h>

#include "base/limits.h"
#include "sys/metric.h"
#include "sys/process.h"
#include "sys/queue.h"
#include "tests/lib/unit.h"

enum { THREADS = 8, ROUNDS = 10000 };

static void count(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        mst_metric_add(MST_M_REQUESTS, 1, 1);
        mst_metric_add(MST_M_QUEUE, MST_FILE_LABEL_STATE, 2);
        mst_metric_sub(MST_M_QUEUE, MST_FILE_LABEL_STATE, 1);
    }
}

static void run_threads(size_t n_threads)
{
    struct mst_thread *threads[THREADS];

    for (size_t i = 0; i < n_threads; i++)
        ck_assert_int_eq(mst_thread_start("count", count, NULL, &threads[i]), MST_OK);
    for (size_t i = 0; i < n_threads; i++)
        mst_thread_join(threads[i]);
}

MST_TEST(the_sum_has_what_each_thread_counted_also_of_those_that_ended)
{
    uint64_t before = mst_metric_sum(MST_M_REQUESTS, 1);
    uint64_t queue = mst_metric_sum(MST_M_QUEUE, MST_FILE_LABEL_STATE);

    run_threads(THREADS);
    run_threads(THREADS);
    ck_assert_uint_eq(mst_metric_sum(MST_M_REQUESTS, 1) - before, 2 * THREADS * ROUNDS);
    ck_assert_uint_eq(mst_metric_sum(MST_M_QUEUE, MST_FILE_LABEL_STATE) - queue,
                      2 * THREADS * ROUNDS);
}
MST_TEST_END

static void hold(void *arg)
{
    pthread_barrier_t *barrier = arg;

    mst_metric_add(MST_M_REQUESTS, 2, 1);
    (void)pthread_barrier_wait(barrier);
}

MST_TEST(more_threads_at_once_than_there_are_shards_are_all_counted)
{
    enum { MANY = 340 };
    static struct mst_thread *threads[MANY];
    uint64_t before = mst_metric_sum(MST_M_REQUESTS, 2);
    pthread_barrier_t barrier;

    ck_assert_int_eq(pthread_barrier_init(&barrier, NULL, MANY), 0);
    for (size_t i = 0; i < MANY; i++)
        ck_assert_int_eq(mst_thread_start("hold", hold, &barrier, &threads[i]), MST_OK);
    for (size_t i = 0; i < MANY; i++)
        mst_thread_join(threads[i]);
    ck_assert_uint_eq(mst_metric_sum(MST_M_REQUESTS, 2) - before, MANY);
    (void)pthread_barrier_destroy(&barrier);
}
MST_TEST_END

static void go_down(void *arg)
{
    (void)arg;
    mst_metric_sub(MST_M_CONNECTIONS, MST_LISTENER_HTTP, 1);
}

MST_TEST(a_gauge_goes_up_in_one_thread_and_down_in_another)
{
    struct mst_thread *thread;
    uint64_t before = mst_metric_sum(MST_M_CONNECTIONS, MST_LISTENER_HTTP);

    mst_metric_add(MST_M_CONNECTIONS, MST_LISTENER_HTTP, 1);
    ck_assert_int_eq(mst_thread_start("down", go_down, NULL, &thread), MST_OK);
    mst_thread_join(thread);
    ck_assert_uint_eq(mst_metric_sum(MST_M_CONNECTIONS, MST_LISTENER_HTTP), before);
}
MST_TEST_END

static bool has_line(const struct mst_buf *text, const char *line)
{
    return strstr(text->ptr, line) != NULL;
}

static void print(struct mst_buf *text)
{
    mst_buf_init(text, MST_KIB(256));
    mst_metric_print(text);
    ck_assert_int_eq(mst_buf_add_byte(text, '\0'), MST_OK);
}

MST_TEST(a_bound_belongs_to_the_bucket_below_it)
{
    struct mst_buf text;

    mst_metric_observe(MST_M_COMMIT_COMMANDS, MST_FILE_LABEL_POINTS, 1);
    mst_metric_observe(MST_M_COMMIT_COMMANDS, MST_FILE_LABEL_POINTS, 2);
    mst_metric_observe(MST_M_COMMIT_COMMANDS, MST_FILE_LABEL_POINTS, 3);
    mst_metric_observe(MST_M_COMMIT_COMMANDS, MST_FILE_LABEL_POINTS, 2000);
    print(&text);
    ck_assert_uint_eq(mst_metric_count(MST_M_COMMIT_COMMANDS, MST_FILE_LABEL_POINTS), 4);
#define BUCKET(le, n)                                                                          \
    ck_assert(has_line(&text, "\nmuster_store_commit_commands_bucket{file=\"points\",le=\"" le \
                              "\"} " n "\n"))
    BUCKET("1", "1");
    BUCKET("2", "2");
    BUCKET("4", "3");
    BUCKET("1024", "3");
    BUCKET("+Inf", "4");
    ck_assert(has_line(&text, "\nmuster_store_commit_commands_sum{file=\"points\"} 2006\n"));
    ck_assert(has_line(&text, "\nmuster_store_commit_commands_count{file=\"points\"} 4\n"));
    mst_buf_fini(&text);
}
MST_TEST_END

MST_TEST(nanoseconds_are_told_in_seconds)
{
    struct mst_buf text;

    mst_metric_observe(MST_M_CHECKPOINT_SECONDS, MST_FILE_LABEL_STATE, 1500000000);
    print(&text);
    ck_assert(has_line(&text, "_duration_seconds_bucket{file=\"state\",le=\"0.0001\"} 0\n"));
    ck_assert(has_line(&text, "muster_store_checkpoint_duration_seconds_sum{file=\"state\"} 1.5"));
    mst_buf_fini(&text);
}
MST_TEST_END

MST_TEST(what_is_set_replaces_what_was)
{
    mst_metric_set(MST_M_LOG_FRAMES, MST_FILE_LABEL_STATE, 70);
    mst_metric_set(MST_M_LOG_FRAMES, MST_FILE_LABEL_STATE, 7);
    ck_assert_uint_eq(mst_metric_sum(MST_M_LOG_FRAMES, MST_FILE_LABEL_STATE), 7);
}
MST_TEST_END

MST_TEST(the_process_is_measured)
{
    mst_process_measure();
    ck_assert_uint_gt(mst_metric_sum(MST_M_RESIDENT, 0), MST_KIB(512));
    ck_assert_uint_gt(mst_metric_sum(MST_M_VIRTUAL, 0), mst_metric_sum(MST_M_RESIDENT, 0));
    ck_assert_uint_ge(mst_metric_sum(MST_M_OPEN_FDS, 0), 3);
    ck_assert_uint_gt(mst_metric_sum(MST_M_MAX_FDS, 0), mst_metric_sum(MST_M_OPEN_FDS, 0));
    ck_assert_uint_ge(mst_metric_sum(MST_M_THREADS, 0), 1);
    ck_assert_uint_gt(mst_metric_sum(MST_M_START_TIME, 0), 1500000000);
}
MST_TEST_END

MST_TESTS("sys/metric", the_process_is_measured,
          the_sum_has_what_each_thread_counted_also_of_those_that_ended,
          more_threads_at_once_than_there_are_shards_are_all_counted,
          a_gauge_goes_up_in_one_thread_and_down_in_another, a_bound_belongs_to_the_bucket_below_it,
          nanoseconds_are_told_in_seconds, what_is_set_replaces_what_was)

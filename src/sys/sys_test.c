#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/queue.h"
#include "sys/random.h"
#include "tests/lib/unit.h"

enum { PATH_CHARS = 200 };

struct scratch {
    char dir[PATH_CHARS];
    char path[PATH_CHARS * 2];
};

static void scratch_init(struct scratch *s)
{
    (void)snprintf(s->dir, sizeof s->dir, "%s/mst-sys-XXXXXX",
                   getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(s->dir));
    (void)snprintf(s->path, sizeof s->path, "%s/file", s->dir);
}

static void scratch_fini(struct scratch *s)
{
    (void)unlink(s->path);
    ck_assert_int_eq(rmdir(s->dir), 0); /* fails if anything was left behind */
}

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(text, f), 0);
    ck_assert_int_eq(fclose(f), 0);
}

MST_TEST(a_fake_clock_file_moves_wall_and_boot_time_but_not_deadlines)
{
    struct scratch s;
    int64_t wall = mst_clock_wall_s(), boot = mst_clock_boot_s();
    uint64_t mono = mst_clock_mono_ns();

    scratch_init(&s);
    ck_assert_int_eq(setenv("MUSTER_FAKE_CLOCK", s.path, 1), 0);
    ck_assert_int_le(mst_clock_wall_s() - wall, 5); /* no file yet */
    write_text(s.path, "86400 -100\n");
    ck_assert_int_ge(mst_clock_wall_s() - wall, 86400);
    ck_assert_int_ge(mst_clock_wall_us() / 1000000 - wall, 86400);
    ck_assert_int_le(mst_clock_wall_s() - wall, 86405);
    ck_assert_int_le(mst_clock_boot_s() - boot, -95);
    ck_assert_uint_le(mst_clock_mono_ns() - mono, 5000000000u);
    write_text(s.path, "12 nonsense\n");
    ck_assert_int_le(mst_clock_wall_s() - wall, 5);
    scratch_fini(&s);
}
MST_TEST_END

MST_TEST(a_fake_boot_id_plays_a_reboot)
{
    struct scratch s;
    char before[MST_BOOT_ID_CHARS + 1], after[MST_BOOT_ID_CHARS + 1];

    scratch_init(&s);
    mst_clock_boot_id(before);
    ck_assert_int_eq(setenv("MUSTER_FAKE_CLOCK", s.path, 1), 0);
    write_text(s.path, "0 0 second-boot\n");
    mst_clock_boot_id(after);
    ck_assert_str_eq(after, "second-boot");
    write_text(s.path, "0 0");
    mst_clock_boot_id(after);
    ck_assert_str_eq(after, before);
    ck_assert_uint_gt(strlen(before), 16);
    scratch_fini(&s);
}
MST_TEST_END

MST_TEST(a_child_process_does_not_repeat_its_parents_random_numbers)
{
    uint64_t mine, theirs;
    int ends[2];
    pid_t child;

    (void)mst_random_u64(); /* fills the pool */
    ck_assert_int_eq(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        theirs = mst_random_u64();
        _exit(write(ends[1], &theirs, sizeof theirs) == sizeof theirs ? 0 : 1);
    }
    mine = mst_random_u64();
    ck_assert_int_eq(read(ends[0], &theirs, sizeof theirs), sizeof theirs);
    ck_assert(mine != theirs);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
MST_TEST_END

MST_TEST(random_numbers_do_not_repeat_across_refills_of_the_pool)
{
    enum { COUNT = 1000 };
    uint64_t seen[COUNT];
    size_t n_repeated = 0;

    for (size_t i = 0; i < COUNT; i++) {
        seen[i] = mst_random_u64();
        for (size_t k = 0; k < i; k++)
            n_repeated += seen[i] == seen[k];
    }
    ck_assert_uint_eq(n_repeated, 0);
}
MST_TEST_END

MST_TEST(a_created_file_has_its_bytes_and_mode_and_is_never_replaced)
{
    struct scratch s;
    struct mst_buf buf;
    unsigned mode = 0;

    scratch_init(&s);
    mst_buf_init(&buf, 100);
    (void)umask(0077);
    ck_assert_int_eq(mst_file_create(s.path, 0640, MST_LIT("first")), MST_OK);
    ck_assert_int_eq(mst_file_create(s.path, 0640, MST_LIT("second")), MST_EEXIST);
    ck_assert_int_eq(mst_file_read(s.path, 5, &buf), MST_OK);
    ck_assert_span_str(mst_buf_span(&buf), "first");
    ck_assert_int_eq(mst_file_mode(s.path, &mode), MST_OK);
    ck_assert_uint_eq(mode, 0640);
    mst_buf_fini(&buf);
    scratch_fini(&s);
}
MST_TEST_END

MST_TEST(of_many_racing_creators_one_wins)
{
    enum { N_CHILDREN = 8 };
    struct scratch s;
    int n_winners = 0;

    scratch_init(&s);
    for (int i = 0; i < N_CHILDREN; i++)
        if (fork() == 0)
            _exit(mst_file_create(s.path, 0600, MST_LIT("x")) == MST_OK ? 7 : 0);
    for (int i = 0; i < N_CHILDREN; i++) {
        int status = 0;
        ck_assert_int_gt(wait(&status), 0);
        n_winners += WEXITSTATUS(status) == 7;
    }
    ck_assert_int_eq(n_winners, 1);
    scratch_fini(&s);
}
MST_TEST_END

MST_TEST(a_file_that_is_too_large_or_missing_leaves_the_buffer_as_it_was)
{
    struct scratch s;
    struct mst_buf buf, small;
    unsigned mode = 1;

    scratch_init(&s);
    mst_buf_init(&buf, 100);
    mst_buf_init(&small, 3);
    (void)mst_buf_add_str(&buf, "old");
    ck_assert_int_eq(mst_file_read(s.path, 10, &buf), MST_ENOENT);
    write_text(s.path, "12345678");
    ck_assert_int_eq(mst_file_read(s.path, 7, &buf), MST_EFULL);
    ck_assert_int_eq(mst_file_read(s.path, 8, &small), MST_EFULL);
    ck_assert_int_eq(mst_file_read(s.dir, 8, &buf), MST_EIO);
    ck_assert_int_eq(mst_buf_err(&buf), MST_OK);
    ck_assert_span_str(mst_buf_span(&buf), "old");
    ck_assert_uint_eq(small.len, 0);
    ck_assert_int_eq(mst_file_read(s.path, 8, &buf), MST_OK);
    ck_assert_span_str(mst_buf_span(&buf), "old12345678");
    ck_assert_int_eq(mst_file_create("/nonexistent/x", 0600, MST_LIT("")), MST_ENOENT);
    ck_assert_int_eq(mst_file_mode("/nonexistent/x", &mode), MST_ENOENT);
    ck_assert_uint_eq(mode, 1);
    mst_buf_fini(&buf);
    mst_buf_fini(&small);
    scratch_fini(&s);
}
MST_TEST_END

MST_TEST(a_directory_is_made_once_and_a_file_in_its_place_is_refused)
{
    struct scratch s;
    unsigned mode = 0;

    scratch_init(&s);
    ck_assert_int_eq(mst_dir_ensure(s.path), MST_OK);
    ck_assert_int_eq(mst_dir_ensure(s.path), MST_OK);
    ck_assert_int_eq(mst_file_mode(s.path, &mode), MST_OK);
    ck_assert_uint_eq(mode, 0700);
    ck_assert(!mst_dir_is_remote(s.path));
    ck_assert_int_eq(rmdir(s.path), 0);
    write_text(s.path, "");
    ck_assert_int_eq(mst_dir_ensure(s.path), MST_EEXIST);
    ck_assert_int_eq(mst_dir_ensure("/nonexistent/a/b"), MST_ENOENT);
    scratch_fini(&s);
}
MST_TEST_END

MST_TEST(a_lock_is_held_until_its_process_ends)
{
    struct scratch s;
    int fd = -1, ready[2];
    char c;
    pid_t child;

    scratch_init(&s);
    ck_assert_int_eq(pipe(ready), 0);
    child = fork();
    if (child == 0) {
        int held = -1;
        if (mst_file_lock(s.path, &held) != MST_OK || write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            (void)pause();
    }
    ck_assert_int_eq(read(ready[0], &c, 1), 1);
    ck_assert_int_eq(mst_file_lock(s.path, &fd), MST_EBUSY);
    ck_assert_int_eq(fd, -1);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_int_eq(mst_file_lock(s.path, &fd), MST_OK);
    ck_assert_int_eq(close(fd), 0);
    scratch_fini(&s);
}
MST_TEST_END

/* Runs say with standard error in a file and gives what was written. */
static size_t capture(void (*say)(void), char *ret_text, size_t size)
{
    FILE *f = tmpfile();
    int saved = dup(STDERR_FILENO);
    ssize_t n;

    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(dup2(fileno(f), STDERR_FILENO), 0);
    say();
    ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
    n = pread(fileno(f), ret_text, size - 1, 0);
    ck_assert_int_ge(n, 0);
    ret_text[n] = '\0';
    (void)close(saved);
    (void)fclose(f);
    return (size_t)n;
}

static void say_awkward_things(void)
{
    mst_log(MST_LOG_WARNING, MST_EV_CONFIG, "a \"quoted\\%s\n\x01\x7f é \xff\xe9 %d", "path", 5);
}

MST_TEST(a_log_line_is_one_json_object_whatever_the_text_holds)
{
    char line[4096];
    size_t len = capture(say_awkward_things, line, sizeof line);
    json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    const char *time = json_string_value(json_object_get(json, "time"));

    ck_assert_ptr_nonnull(json);
    ck_assert_ptr_eq(strchr(line, '\n'), &line[len - 1]);
    ck_assert_str_eq(json_string_value(json_object_get(json, "level")), "warning");
    ck_assert_str_eq(json_string_value(json_object_get(json, "event")), "config");
    ck_assert_str_eq(json_string_value(json_object_get(json, "text")),
                     "a \"quoted\\path\n\x01\x7f é \xef\xbf\xbd\xef\xbf\xbd 5");
    ck_assert_uint_eq(strlen(time), strlen("2026-01-31T23:59:59.123Z"));
    ck_assert_int_eq(time[10], 'T');
    ck_assert_int_eq(time[23], 'Z');
    json_decref(json);
}
MST_TEST_END

static void say_too_much(void)
{
    char text[5000];

    memset(text, 1, sizeof text);
    text[sizeof text - 1] = '\0';
    mst_log(MST_LOG_ERROR, MST_EV_STORE, "%s", text);
    mst_log(MST_LOG_DEBUG, MST_EV_STORE, "below the level");
    mst_log_set_level(MST_LOG_DEBUG);
    errno = EXDEV;
    mst_log(MST_LOG_DEBUG, MST_EV_STORE, "now wanted");
    ck_assert_int_eq(errno, EXDEV);
}

MST_TEST(long_texts_are_cut_and_low_levels_dropped)
{
    char lines[9000];
    size_t len = capture(say_too_much, lines, sizeof lines);
    struct mst_cur cur = mst_cur_of(mst_span_of(lines, len));
    struct mst_span first, second;

    ck_assert(mst_cur_until(&cur, '\n', &first));
    ck_assert(mst_cur_until(&cur, '\n', &second));
    ck_assert(mst_cur_at_end(&cur));
    ck_assert_uint_lt(first.len, 4096);
    ck_assert_uint_gt(first.len, 600 * 6);
    ck_assert_ptr_nonnull(strstr(lines, "now wanted"));
    ck_assert_ptr_null(strstr(lines, "below"));
}
MST_TEST_END

MST_TEST(every_event_has_a_name_of_its_own)
{
    for (int i = 0; i < MST_EV_COUNT; i++) {
        ck_assert_ptr_nonnull(mst_event_name((enum mst_event)i));
        for (int k = 0; k < i; k++)
            ck_assert_str_ne(mst_event_name((enum mst_event)i), mst_event_name((enum mst_event)k));
    }
}
MST_TEST_END

struct numbered {
    struct mst_queue_item item; /* first: cast back from the item */
    size_t producer, number;
};

MST_TEST(a_queue_is_bounded_in_order_and_can_be_taken_in_parts)
{
    struct mst_queue *queue;
    struct numbered n[4] = {0};
    struct mst_queue_item *got;

    ck_assert_int_eq(mst_queue_new(3, &queue), MST_OK);
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(mst_queue_push(queue, &n[i].item), MST_OK);
    ck_assert_int_eq(mst_queue_push(queue, &n[3].item), MST_EFULL);
    got = mst_queue_take(queue, 2);
    ck_assert_ptr_eq(got, &n[0].item);
    ck_assert_ptr_eq(got->next, &n[1].item);
    ck_assert_ptr_null(got->next->next);
    ck_assert_uint_eq(mst_queue_len(queue), 1);
    ck_assert_int_eq(mst_queue_push(queue, &n[3].item), MST_OK);
    mst_queue_close(queue);
    ck_assert_int_eq(mst_queue_push(queue, &n[0].item), MST_ECLOSED);
    got = mst_queue_take(queue, 99);
    ck_assert_ptr_eq(got, &n[2].item);
    ck_assert_ptr_eq(got->next, &n[3].item);
    ck_assert_ptr_null(got->next->next);
    ck_assert_ptr_null(mst_queue_take(queue, 99));
    mst_queue_free(queue);
}
MST_TEST_END

/* Lane number and number within the lane, as "1.0 2.0 1.1 ". */
static void show_taken(struct mst_queue *queue, size_t max_items, char *ret_text, size_t max)
{
    size_t len = 0;

    ret_text[0] = '\0';
    for (struct mst_queue_item *item = mst_queue_take(queue, max_items); item; item = item->next)
        len += (size_t)snprintf(&ret_text[len], max - len, "%lld.%zu ", (long long)item->lane,
                                ((struct numbered *)item)->number);
}

static void push_many(struct mst_queue *queue, struct numbered *n, int64_t lane, size_t n_items)
{
    for (size_t i = 0; i < n_items; i++) {
        n[i] = (struct numbered){.item = {.lane = lane}, .number = i};
        ck_assert_int_eq(mst_queue_push(queue, &n[i].item), MST_OK);
    }
}

MST_TEST(lanes_take_turns_and_each_keeps_its_order)
{
    struct mst_queue *queue;
    struct numbered a[4], b[1], c[2];
    char text[128];

    ck_assert_int_eq(mst_queue_new(100, &queue), MST_OK);
    push_many(queue, a, 1, 4);
    push_many(queue, b, 257, 1); /* in the bucket of lane 1 */
    push_many(queue, c, -3, 2);
    show_taken(queue, 64, text, sizeof text);
    ck_assert_str_eq(text, "1.0 257.0 -3.0 1.1 -3.1 1.2 1.3 ");
    ck_assert_uint_eq(mst_queue_len(queue), 0);
    push_many(queue, b, 257, 1);
    push_many(queue, a, 1, 2);
    show_taken(queue, 2, text, sizeof text);
    ck_assert_str_eq(text, "257.0 1.0 ");
    show_taken(queue, 16, text, sizeof text);
    ck_assert_str_eq(text, "1.1 ");
    mst_queue_free(queue);
}
MST_TEST_END

MST_TEST(a_lane_leaves_as_much_room_as_it_takes_so_another_always_gets_in)
{
    struct mst_queue *queue;
    struct numbered a[5], b[3], c[2], none[1] = {0};
    char text[128];

    ck_assert_int_eq(mst_queue_new(8, &queue), MST_OK);
    push_many(queue, a, 1, 4);
    a[4] = (struct numbered){.item = {.lane = 1}};
    ck_assert_int_eq(mst_queue_push(queue, &a[4].item), MST_EFULL);
    push_many(queue, b, 2, 2);
    b[2] = (struct numbered){.item = {.lane = 2}};
    ck_assert_int_eq(mst_queue_push(queue, &b[2].item), MST_EFULL);
    push_many(queue, c, 3, 1);
    c[1] = (struct numbered){.item = {.lane = 3}};
    ck_assert_int_eq(mst_queue_push(queue, &c[1].item), MST_EFULL);
    push_many(queue, none, 0, 1); /* the server's own gets the last place */
    ck_assert_int_eq(mst_queue_push(queue, &c[1].item), MST_EFULL);
    show_taken(queue, 64, text, sizeof text);
    ck_assert_str_eq(text, "1.0 2.0 3.0 0.0 1.1 2.1 1.2 1.3 ");
    mst_queue_free(queue);
}
MST_TEST_END

MST_TEST(a_lane_alone_gives_whole_batches_and_one_with_neighbours_its_part)
{
    struct mst_queue *queue;
    struct numbered a[64], b[1];
    size_t n_taken, n_turns = 0;

    ck_assert_int_eq(mst_queue_new(200, &queue), MST_OK);
    push_many(queue, a, 1, 64);
    n_taken = mst_queue_len(queue);
    ck_assert_ptr_nonnull(mst_queue_take(queue, 32));
    ck_assert_uint_eq(n_taken - mst_queue_len(queue), 32);
    push_many(queue, b, 2, 1);
    ck_assert_ptr_nonnull(mst_queue_take(queue, 32));
    ck_assert_uint_eq(mst_queue_len(queue), 28); /* four of 32, and the neighbour's */
    do {                                         /* for a while after the neighbour was seen last */
        while (mst_queue_len(queue) > 0)
            ck_assert_ptr_nonnull(mst_queue_take(queue, 32));
        push_many(queue, a, 1, 64);
        ck_assert_ptr_nonnull(mst_queue_take(queue, 32));
        n_taken = 64 - mst_queue_len(queue);
        ck_assert(n_taken == 4 || n_taken == 32);
        n_turns++;
    } while (n_taken == 4);
    ck_assert_uint_gt(n_turns, 1);
    while (mst_queue_len(queue) > 0)
        ck_assert_ptr_nonnull(mst_queue_take(queue, 64));
    mst_queue_free(queue);
}
MST_TEST_END

enum { N_PRODUCERS = 4, N_EACH = 5000 };

static struct mst_queue *shared_queue;
static struct numbered items[N_PRODUCERS][N_EACH];

static void produce(void *arg)
{
    struct numbered *mine = arg;
    sigset_t blocked;

    ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, NULL, &blocked), 0);
    ck_assert_int_eq(sigismember(&blocked, SIGTERM), 1);
    for (size_t i = 0; i < N_EACH; i++)
        while (mst_queue_push(shared_queue, &mine[i].item) == MST_EFULL)
            (void)sched_yield();
}

MST_TEST(items_of_each_producer_arrive_once_and_in_order)
{
    struct mst_thread *threads[N_PRODUCERS];
    size_t next[N_PRODUCERS] = {0}, n_taken = 0;

    ck_assert_int_eq(mst_queue_new(1000, &shared_queue), MST_OK);
    for (size_t p = 0; p < N_PRODUCERS; p++) {
        for (size_t i = 0; i < N_EACH; i++)
            items[p][i] =
                (struct numbered){.item = {.lane = (int64_t)p / 2}, .producer = p, .number = i};
        ck_assert_int_eq(
            mst_thread_start("producer-with-a-long-name", produce, items[p], &threads[p]), MST_OK);
    }
    while (n_taken < (size_t)N_PRODUCERS * N_EACH) {
        struct mst_queue_item *item = mst_queue_take(shared_queue, 64);
        for (; item; item = item->next, n_taken++) {
            struct numbered *n = (struct numbered *)item;
            ck_assert_uint_eq(n->number, next[n->producer]++);
        }
    }
    for (size_t p = 0; p < N_PRODUCERS; p++)
        mst_thread_join(threads[p]);
    ck_assert_uint_eq(mst_queue_len(shared_queue), 0);
    mst_queue_free(shared_queue);
}
MST_TEST_END

static void take_until_closed(void *arg)
{
    size_t *n_left = arg;

    while (mst_queue_take(shared_queue, 10))
        (*n_left)++;
}

MST_TEST(closing_wakes_a_waiting_consumer)
{
    struct mst_thread *thread;
    size_t n_left = 0;

    ck_assert_int_eq(mst_queue_new(10, &shared_queue), MST_OK);
    ck_assert_int_eq(mst_thread_start("consumer", take_until_closed, &n_left, &thread), MST_OK);
    mst_queue_close(shared_queue);
    mst_thread_join(thread);
    ck_assert_uint_eq(n_left, 0);
    mst_queue_free(shared_queue);
}
MST_TEST_END

MST_TESTS("sys", a_fake_clock_file_moves_wall_and_boot_time_but_not_deadlines,
          a_fake_boot_id_plays_a_reboot, a_child_process_does_not_repeat_its_parents_random_numbers,
          random_numbers_do_not_repeat_across_refills_of_the_pool,
          a_created_file_has_its_bytes_and_mode_and_is_never_replaced,
          of_many_racing_creators_one_wins,
          a_file_that_is_too_large_or_missing_leaves_the_buffer_as_it_was,
          a_directory_is_made_once_and_a_file_in_its_place_is_refused,
          a_lock_is_held_until_its_process_ends,
          a_log_line_is_one_json_object_whatever_the_text_holds,
          long_texts_are_cut_and_low_levels_dropped, every_event_has_a_name_of_its_own,
          a_queue_is_bounded_in_order_and_can_be_taken_in_parts,
          lanes_take_turns_and_each_keeps_its_order,
          a_lane_leaves_as_much_room_as_it_takes_so_another_always_gets_in,
          a_lane_alone_gives_whole_batches_and_one_with_neighbours_its_part,
          items_of_each_producer_arrive_once_and_in_order, closing_wakes_a_waiting_consumer)

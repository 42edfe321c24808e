#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/datagram.h"
#include "sys/queue.h"
#include "tests/lib/unit.h"

enum { LARGEST = 65507 };

static struct mst_loop *loop;
static struct mst_datagrams *datagrams;
static struct mst_thread *thread;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct {
    size_t n;
    char bytes[LARGEST];
    size_t len;
    struct mst_addr from;
} seen;

static void received(void *arg, const struct mst_addr *from, struct mst_span bytes)
{
    ck_assert_ptr_eq(arg, &seen);
    (void)pthread_mutex_lock(&lock);
    seen.n++;
    seen.from = *from;
    seen.len = bytes.len;
    if (bytes.len > 0)
        memcpy(seen.bytes, bytes.ptr, bytes.len);
    (void)pthread_cond_signal(&changed);
    (void)pthread_mutex_unlock(&lock);
}

static void run(void *arg)
{
    mst_loop_run(arg);
}

static void begin(void)
{
    struct mst_addr addr;

    ck_assert_int_eq(mst_addr_parse(MST_LIT("127.0.0.1:0"), &addr), MST_OK);
    ck_assert_int_eq(mst_loop_new(&loop), MST_OK);
    ck_assert_int_eq(mst_datagrams_open(loop, &addr, received, &seen, &datagrams), MST_OK);
    ck_assert_uint_ne(mst_datagrams_addr(datagrams)->port, 0);
    ck_assert_int_eq(mst_thread_start("loop", run, loop, &thread), MST_OK);
}

static void end(void)
{
    mst_loop_stop(loop);
    mst_thread_join(thread);
    mst_loop_free(loop);
}

static int sender(void)
{
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons(mst_datagrams_addr(datagrams)->port),
                                   .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* Sends it, and waits until it is there. */
static void send_one(int fd, const char *bytes, size_t len)
{
    size_t n;

    (void)pthread_mutex_lock(&lock);
    n = seen.n;
    ck_assert_int_eq(send(fd, bytes, len, 0), (ssize_t)len);
    while (seen.n == n)
        (void)pthread_cond_wait(&changed, &lock);
    (void)pthread_mutex_unlock(&lock);
}

MST_TEST(datagrams_come_whole_one_by_one_and_from_somewhere)
{
    static char large[LARGEST];
    struct sockaddr_in me;
    socklen_t len = sizeof me;
    char from[MST_ADDR_CHARS];
    int fd;

    begin();
    fd = sender();
    send_one(fd, "first", 5);
    ck_assert_mem_eq(seen.bytes, "first", 5);
    ck_assert_uint_eq(seen.len, 5);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&me, &len), 0);
    mst_addr_print_ip(&seen.from, from);
    ck_assert_str_eq(from, "127.0.0.1");
    ck_assert_uint_eq(seen.from.port, ntohs(me.sin_port));
    send_one(fd, "", 0);
    ck_assert_uint_eq(seen.len, 0);
    memset(large, 'x', sizeof large);
    send_one(fd, large, sizeof large);
    ck_assert_uint_eq(seen.len, LARGEST);
    ck_assert_mem_eq(seen.bytes, large, LARGEST);
    ck_assert_int_eq(close(fd), 0);
    end();
}
MST_TEST_END

MST_TEST(an_address_that_is_taken_is_told)
{
    struct mst_datagrams *other;

    begin();
    ck_assert_int_eq(
        mst_datagrams_open(loop, mst_datagrams_addr(datagrams), received, &seen, &other),
        MST_EBUSY);
    end();
}
MST_TEST_END

MST_TEST(a_port_that_is_closed_is_free_again)
{
    struct mst_datagrams *again;
    struct mst_addr addr;

    ck_assert_int_eq(mst_addr_parse(MST_LIT("127.0.0.1:0"), &addr), MST_OK);
    ck_assert_int_eq(mst_loop_new(&loop), MST_OK);
    ck_assert_int_eq(mst_datagrams_open(loop, &addr, received, &seen, &datagrams), MST_OK);
    addr = *mst_datagrams_addr(datagrams);
    mst_datagrams_close(datagrams);
    ck_assert_int_eq(mst_datagrams_open(loop, &addr, received, &seen, &again), MST_OK);
    mst_loop_free(loop);
}
MST_TEST_END

MST_TESTS("net/datagram", datagrams_come_whole_one_by_one_and_from_somewhere,
          an_address_that_is_taken_is_told, a_port_that_is_closed_is_free_again)

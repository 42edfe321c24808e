#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/span.h"
#include "sys/clock.h"
#include "sys/random.h"

enum { NS_PER_US = 1000, US_PER_S = 1000000 };

#ifdef MST_FAKE_CLOCK
enum { FAKE_FILE_MAX = 128 };
#endif

struct fake {
    int64_t wall_s;
    int64_t boot_s;
    char boot_id[MST_BOOT_ID_CHARS + 1]; /* "" = the true one */
};

/* The whole of a short file into buf; 0 if it cannot be read. */
static size_t read_short_file(const char *path, char *buf, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        return 0;
    do
        n = read(fd, buf, size);
    while (n < 0 && errno == EINTR);
    (void)close(fd);
    return n > 0 ? (size_t)n : 0;
}

#ifdef MST_FAKE_CLOCK

static bool take_word(struct mst_cur *cur, struct mst_span *ret_word)
{
    char c;
    size_t from;

    while (mst_cur_peek(cur, &c) && (c == ' ' || c == '\n'))
        (void)mst_cur_skip(cur, 1);
    from = cur->pos;
    while (mst_cur_peek(cur, &c) && c != ' ' && c != '\n')
        (void)mst_cur_skip(cur, 1);
    *ret_word = mst_span_cut(cur->src, from, cur->pos);
    return ret_word->len > 0;
}

static struct fake read_fake(void)
{
    struct fake fake = {0}, none = {0};
    const char *path = getenv("MUSTER_FAKE_CLOCK");
    char text[FAKE_FILE_MAX];
    struct mst_cur cur;
    struct mst_span word;

    if (!path)
        return none;
    cur = mst_cur_of(mst_span_of(text, read_short_file(path, text, sizeof text)));
    if (!take_word(&cur, &word) || mst_span_i64(word, &fake.wall_s) != MST_OK)
        return none;
    if (!take_word(&cur, &word) || mst_span_i64(word, &fake.boot_s) != MST_OK)
        return none;
    if (take_word(&cur, &word) && word.len <= MST_BOOT_ID_CHARS)
        memcpy(fake.boot_id, word.ptr, word.len);
    return fake;
}

#else

static struct fake read_fake(void)
{
    return (struct fake){0};
}

#endif

static struct timespec now(clockid_t clock)
{
    struct timespec ts;
    int rc = clock_gettime(clock, &ts);

    assert(rc == 0);
    return ts;
}

int64_t mst_clock_wall_ms(void)
{
    struct timespec wall = now(CLOCK_REALTIME);

    return (wall.tv_sec + read_fake().wall_s) * INT64_C(1000) + wall.tv_nsec / 1000000;
}

int64_t mst_clock_wall_s(void)
{
    return now(CLOCK_REALTIME).tv_sec + read_fake().wall_s;
}

int64_t mst_clock_wall_us(void)
{
    struct timespec ts = now(CLOCK_REALTIME);

    return (ts.tv_sec + read_fake().wall_s) * US_PER_S + ts.tv_nsec / NS_PER_US;
}

int64_t mst_clock_boot_s(void)
{
    return now(CLOCK_BOOTTIME).tv_sec + read_fake().boot_s;
}

uint64_t mst_clock_mono_ns(void)
{
    struct timespec ts = now(CLOCK_MONOTONIC);

    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static char true_boot_id[MST_BOOT_ID_CHARS + 1];

static void find_true_boot_id(void)
{
    char text[MST_BOOT_ID_CHARS];
    size_t len = read_short_file("/proc/sys/kernel/random/boot_id", text, sizeof text);

    if (len == sizeof text)
        memcpy(true_boot_id, text, sizeof text);
    else
        (void)snprintf(true_boot_id, sizeof true_boot_id, "none-%016" PRIx64, mst_random_u64());
}

void mst_clock_boot_id(char ret_id[MST_BOOT_ID_CHARS + 1])
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct fake fake = read_fake();

    (void)pthread_once(&once, find_true_boot_id);
    memcpy(ret_id, fake.boot_id[0] ? fake.boot_id : true_boot_id, MST_BOOT_ID_CHARS + 1);
}

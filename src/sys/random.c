#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "sys/random.h"

enum { POOL_WORDS = 32 }; /* 256 bytes: getrandom gives up to that many in one piece */

static _Thread_local struct {
    uint64_t words[POOL_WORDS];
    size_t n_left;
} pool;

static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

/* A child must not hand out its parent's numbers. Only the forking thread lives on in it. */
static void forget_pool(void)
{
    explicit_bzero(pool.words, sizeof pool.words);
    pool.n_left = 0;
}

static void watch_forks(void)
{
    if (pthread_atfork(NULL, NULL, forget_pool) != 0)
        abort();
}

static void die(void)
{
    static const char text[] = "the kernel gives no random bytes\n";

    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    abort();
}

void mst_random_bytes(void *ret_bytes, size_t len)
{
    unsigned char *bytes = ret_bytes;
    size_t done = 0;

    while (done < len) {
        ssize_t n = getrandom(&bytes[done], len - done, 0);
        if (n < 0 && errno != EINTR)
            die();
        if (n > 0)
            done += (size_t)n;
    }
}

uint64_t mst_random_u64(void)
{
    uint64_t word;

    if (pool.n_left == 0) {
        (void)pthread_once(&fork_once, watch_forks);
        mst_random_bytes(pool.words, sizeof pool.words);
        pool.n_left = POOL_WORDS;
    }
    pool.n_left--;
    word = pool.words[pool.n_left];
    explicit_bzero(&pool.words[pool.n_left], sizeof word);
    return word;
}

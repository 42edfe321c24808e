/*
 * failing_malloc.h - a malloc that fails when it is told to. For the one source file of a test program.
 *
 * It stands before the C library's, so it does nothing under sanitizers, which replace malloc
 * themselves.
 */
#ifndef MST_TESTS_LIB_FAILING_MALLOC_H
#define MST_TESTS_LIB_FAILING_MALLOC_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

/* What a test must at least have seen fail: a sweep that never fails anything proves nothing. */
enum { FIRED_MIN = 20 };

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *ptr, size_t size);

static _Thread_local bool is_tester; /* this thread's allocations never fail */
static atomic_long countdown = -1;   /* allocations until the one that fails; < 0: none does */
static atomic_bool is_fired;

static bool is_failing(void)
{
    if (is_tester || atomic_load(&countdown) < 0 || atomic_fetch_sub(&countdown, 1) != 0)
        return false;
    atomic_store(&is_fired, true);
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return is_failing() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return is_failing() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *ptr, size_t size)
{
    return is_failing() ? NULL : __libc_realloc(ptr, size);
}

/* From now on, the n-th allocation fails, counted from 0. */
static void arm(long n)
{
    atomic_store(&is_fired, false);
    atomic_store(&countdown, n);
}

/* Has it? */
static bool disarm(void)
{
    atomic_store(&countdown, -1);
    return atomic_load(&is_fired);
}
#else
enum { FIRED_MIN = 0 };
static bool is_tester;
static void arm(long n)
{
    (void)n;
}
static bool disarm(void)
{
    return false;
}
#endif

#endif

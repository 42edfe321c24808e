/*
 * Every allocation made on a loop's thread for a connection fails once: the n-th, for
 * n from 1 until a whole conversation needs fewer. Whatever fails, the peer gets all
 * or an end, the user's calls stay balanced, and the next connection is served.
 *
 * This program's malloc stands before the C library's, and fails only for callers in
 * this program: GMP (below GnuTLS) and libuv end the process by themselves when they
 * get no memory.
 */
#include <gnutls/gnutls.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/net_server.h"
#include "tests/lib/unit.h"

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *ptr, size_t size);

extern const char __executable_start, etext; /* the linker's */

static _Thread_local long n_until_failure; /* 0: none */
static _Thread_local bool has_failed;

static bool fails(const void *caller)
{
    uintptr_t at = (uintptr_t)caller;

    if (at < (uintptr_t)&__executable_start || at >= (uintptr_t)&etext)
        return false;
    if (n_until_failure == 0 || --n_until_failure > 0)
        return false;
    has_failed = true;
    return true;
}

void *malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *ptr, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(ptr, size);
}

enum { TRIES_MAX = 50, CONVERSATIONS_MAX = 20000, BIG = 6 * 1024 * 1024 };

static char big[BIG];
static struct mst_loop *loop;
static struct mst_listener *plain_listener, *tls_listener;
static struct mst_stream *current; /* one conversation at a time */
static atomic_int n_accepted, n_closed;

/* "ping" is answered by more than the kernel takes. */
static void on_received(void *arg, struct mst_span bytes)
{
    (void)arg;
    if (bytes.ptr[bytes.len - 1] != 'g')
        return;
    if (mst_stream_send(current, mst_span_of(big, sizeof big)) == MST_OK)
        mst_stream_finish(current, 5000);
}

static void on_ended(void *arg)
{
    (void)arg;
    mst_stream_close(current);
}

static void on_drained(void *arg)
{
    (void)arg;
}

static void on_closed(void *arg)
{
    (void)arg;
    atomic_fetch_add(&n_closed, 1);
}

static const struct mst_stream_user user = {on_received, on_ended, on_drained, on_closed};

static bool on_accepted(void *arg, struct mst_stream *stream)
{
    (void)arg;
    current = stream;
    mst_stream_set_user(stream, &user, NULL);
    atomic_fetch_add(&n_accepted, 1);
    return true;
}

struct order {
    struct mst_task task; /* first: cast back from the task */
    long n;
    bool has_failed;
    atomic_bool is_done;
};

static void run_order(struct mst_task *task)
{
    struct order *order = (struct order *)task;

    order->has_failed = has_failed;
    has_failed = false;
    n_until_failure = order->n;
    atomic_store(&order->is_done, true);
}

/* Makes the n-th allocation on the loop's thread fail; tells whether the one before was reached. */
static bool fail_next(long n)
{
    struct order order = {.task = {.run = run_order}, .n = n};

    mst_loop_post(loop, &order.task);
    while (!atomic_load(&order.is_done))
        (void)sched_yield();
    return order.has_failed;
}

static int connect_to(struct mst_listener *listener)
{
    struct mst_net_server server = {.listener = listener};

    return mst_net_server_connect(&server);
}

static size_t read_to_end(int fd)
{
    static char got[65536];
    size_t total = 0;
    ssize_t n;

    while ((n = recv(fd, got, sizeof got, 0)) > 0)
        total += (size_t)n;
    return total;
}

/* A PROXY header in two pieces, then a request. Gives how much of the reply came. */
static size_t talk_plain(void)
{
    int fd = connect_to(plain_listener);
    size_t total = 0;

    (void)send(fd, "PROXY UNK", 9, MSG_NOSIGNAL);
    (void)send(fd, "NOWN\r\nping", 10, MSG_NOSIGNAL);
    total = read_to_end(fd);
    (void)close(fd);
    return total;
}

static size_t read_tls_to_end(gnutls_session_t session)
{
    static char got[16384];
    size_t total = 0;

    for (;;) {
        ssize_t n = gnutls_record_recv(session, got, sizeof got);
        if (n > 0)
            total += (size_t)n;
        else if (n != GNUTLS_E_AGAIN && n != GNUTLS_E_INTERRUPTED)
            return total;
    }
}

static size_t talk_tls(void)
{
    gnutls_certificate_credentials_t credentials;
    gnutls_session_t session;
    size_t total = 0;
    int fd = connect_to(tls_listener), rc;

    ck_assert_int_eq(gnutls_certificate_allocate_credentials(&credentials), 0);
    ck_assert_int_eq(gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL), 0);
    ck_assert_int_eq(gnutls_set_default_priority(session), 0);
    ck_assert_int_eq(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials), 0);
    gnutls_transport_set_int(session, fd);
    do
        rc = gnutls_handshake(session);
    while (rc < 0 && !gnutls_error_is_fatal(rc));
    if (rc == 0 && gnutls_record_send(session, "ping", 4) == 4)
        total = read_tls_to_end(session);
    gnutls_deinit(session);
    gnutls_certificate_free_credentials(credentials);
    (void)close(fd);
    return total;
}

static void run_loop(void *arg)
{
    mst_loop_run(arg);
}

static struct mst_listener *open_listener(struct mst_listener_opts *opts)
{
    struct mst_listener *listener;

    ck_assert_int_eq(mst_addr_parse(MST_LIT("127.0.0.1:0"), &opts->addr), MST_OK);
    ck_assert_int_eq(mst_listener_open(loop, opts, on_accepted, NULL, &listener), MST_OK);
    return listener;
}

/* Gives how many allocations failed, one after the other. */
static long sweep_once(size_t (*talk)(void))
{
    long n = 1;
    bool was_reached = true;

    for (; was_reached && n < CONVERSATIONS_MAX; n++) {
        size_t total;

        (void)fail_next(n);
        total = talk();
        was_reached = fail_next(0);
        ck_assert_uint_le(total, sizeof big);
        if (!was_reached)
            ck_assert_uint_eq(total, sizeof big);
    }
    ck_assert_int_lt(n, CONVERSATIONS_MAX);
    while (atomic_load(&n_closed) < atomic_load(&n_accepted))
        (void)fail_next(0);
    return n - 2;
}

/* How many there are follows from what the kernel delivers at once: one lucky conversation, in which
   nothing had to be kept, is no sweep. */
static void sweep(size_t (*talk)(void))
{
    int n_tries = 0;

    while (sweep_once(talk) < 2)
        ck_assert_int_lt(++n_tries, TRIES_MAX);
}

static void sweep_all(const struct mst_tls_pair *pair)
{
    static struct mst_addr_set trusted;
    struct mst_thread *thread;
    struct mst_tls *tls;
    const char *what;
    struct mst_listener_opts opts = {.backlog = 10,
                                     .handshake_ms = 60000,
                                     .max_unsent_bytes = 2 * (size_t)BIG,
                                     .max_streams = 10};

    ck_assert_int_eq(mst_addr_set_parse(MST_LIT("127.0.0.1"), &trusted), MST_OK);
    ck_assert_int_eq(mst_tls_new(pair, 1, MST_TLS_1_2, &tls, &what), MST_OK);
    ck_assert_int_eq(mst_loop_new(&loop), MST_OK);
    opts.trusted = &trusted;
    plain_listener = open_listener(&opts);
    opts.trusted = NULL;
    opts.tls = tls;
    tls_listener = open_listener(&opts);
    ck_assert_int_eq(mst_thread_start("loop", run_loop, loop, &thread), MST_OK);
    sweep(talk_plain);
    sweep(talk_tls);
    mst_loop_stop(loop);
    mst_thread_join(thread);
    mst_loop_free(loop);
    mst_tls_free(tls);
}

MST_TEST(a_connection_survives_or_ends_cleanly_whichever_allocation_fails)
{
    char dir[] = "/tmp/mst-alloc-XXXXXX", pem[100], key[100], command[300];

    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(pem, sizeof pem, "%s/ecdsa.pem", dir);
    (void)snprintf(key, sizeof key, "%s/ecdsa.key", dir);
    (void)snprintf(command, sizeof command, "tests/it/make-certs %s", dir);
    ck_assert_int_eq(system(command), 0);
    sweep_all(&(struct mst_tls_pair){pem, key});
    (void)snprintf(command, sizeof command, "rm -r %s", dir);
    ck_assert_int_eq(system(command), 0);
}
MST_TEST_END

MST_TEST(a_loop_listener_or_timer_that_gets_no_memory_says_so_and_leaves_nothing)
{
    struct mst_listener_opts opts = {.backlog = 10, .max_streams = 10};
    struct mst_listener *listener = NULL;
    struct mst_timer *timer = NULL;

    ck_assert_int_eq(mst_addr_parse(MST_LIT("127.0.0.1:0"), &opts.addr), MST_OK);
    n_until_failure = 1;
    ck_assert_int_eq(mst_loop_new(&loop), MST_ENOMEM);
    ck_assert_int_eq(mst_loop_new(&loop), MST_OK);
    n_until_failure = 1;
    ck_assert_int_eq(mst_listener_open(loop, &opts, on_accepted, NULL, &listener), MST_ENOMEM);
    n_until_failure = 1;
    ck_assert_int_eq(mst_timer_new(loop, on_ended, NULL, &timer), MST_ENOMEM);
    ck_assert_ptr_null(listener);
    ck_assert_ptr_null(timer);
    mst_loop_free(loop);
}
MST_TEST_END

MST_TESTS("fault/net_alloc", a_connection_survives_or_ends_cleanly_whichever_allocation_fails,
          a_loop_listener_or_timer_that_gets_no_memory_says_so_and_leaves_nothing)

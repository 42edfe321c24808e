#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/clock.h"
#include "tests/lib/net_server.h"
#include "tests/lib/unit.h"

enum { BIG = 8 * 1024 * 1024 };

static struct mst_net_server server;

/* Bytes that differ everywhere, so that a lost or doubled piece shows. */
static struct mst_span big_bytes(void)
{
    static char *bytes;

    if (!bytes) {
        bytes = malloc(BIG);
        ck_assert_ptr_nonnull(bytes);
        for (size_t i = 0; i < BIG; i++)
            bytes[i] = (char)(i * 2654435761u >> 13);
    }
    return mst_span_of(bytes, BIG);
}

static void free_big_bytes(void)
{
    free((void *)(uintptr_t)big_bytes().ptr);
}

static void no_answer(struct mst_net_server *s, struct mst_stream *stream)
{
    (void)s;
    (void)stream;
}

static void do_close(struct mst_net_server *s, struct mst_stream *stream)
{
    (void)s;
    mst_stream_close(stream);
    mst_stream_close(stream); /* twice is once */
    ck_assert_int_eq(mst_stream_send(stream, MST_LIT("late")), MST_ECLOSED);
}

static void do_pause(struct mst_net_server *s, struct mst_stream *stream)
{
    (void)s;
    mst_stream_pause(stream);
}

static void do_resume(struct mst_net_server *s, struct mst_stream *stream)
{
    (void)s;
    mst_stream_resume(stream);
}

static void send_big(struct mst_net_server *s, struct mst_stream *stream)
{
    (void)s;
    ck_assert_int_eq(mst_stream_send(stream, big_bytes()), MST_OK);
    ck_assert_uint_gt(mst_stream_unsent(stream), 0);
    ck_assert_uint_ge(mst_loop_unsent(s->loop), mst_stream_unsent(stream));
}

static void echo_on(const char *addr)
{
    int fd;

    mst_net_server_init(&server);
    ck_assert_int_eq(mst_addr_parse(mst_span_str(addr), &server.opts.addr), MST_OK);
    mst_net_server_start(&server);
    fd = mst_net_server_connect(&server);
    for (int i = 0; i < 100; i++) {
        mst_peer_send(fd, MST_LIT("ping"));
        mst_peer_expect(fd, MST_LIT("ping"));
    }
    ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
    mst_peer_expect_end(fd);
    mst_net_server_wait(&server, MST_SEEN_CLOSED, 1);
    ck_assert_uint_eq(mst_net_server_seen(&server, MST_SEEN_ENDED), 1);
    ck_assert_uint_eq(mst_net_server_seen(&server, MST_SEEN_DRAINED), 0);
    ck_assert_int_eq(close(fd), 0);
    mst_net_server_stop(&server);
}

MST_TEST(bytes_come_back_over_ipv4)
{
    echo_on("127.0.0.1:0");
}
MST_TEST_END

MST_TEST(bytes_come_back_over_ipv6)
{
    int fd = socket(AF_INET6, SOCK_STREAM, 0);

    if (fd < 0)
        return; /* a machine without IPv6 */
    ck_assert_int_eq(close(fd), 0);
    echo_on("[::1]:0");
}
MST_TEST_END

static void check_addrs(struct mst_net_server *s, struct mst_stream *stream)
{
    char peer[MST_ADDR_CHARS], local[MST_ADDR_CHARS];

    mst_addr_print_ip(mst_stream_peer(stream), peer);
    mst_addr_print_ip(mst_stream_local(stream), local);
    ck_assert_str_eq(peer, "127.0.0.1");
    ck_assert_str_eq(local, "127.0.0.1");
    ck_assert_uint_eq(mst_stream_local(stream)->port, mst_listener_addr(s->listener)->port);
    ck_assert_ptr_eq(mst_stream_loop(stream), s->loop);
    ck_assert(!mst_stream_is_tls(stream) && !mst_stream_is_trusted(stream));
}

MST_TEST(a_stream_on_the_unspecified_address_knows_where_it_arrived)
{
    int fd;

    mst_net_server_init(&server);
    ck_assert_int_eq(mst_addr_parse(MST_LIT("0.0.0.0:0"), &server.opts.addr), MST_OK);
    mst_net_server_start(&server);
    fd = mst_net_server_connect(&server);
    mst_net_server_wait(&server, MST_SEEN_ACCEPTED, 1);
    mst_net_server_do(&server, check_addrs);
    ck_assert_int_eq(close(fd), 0);
    mst_net_server_stop(&server);
}
MST_TEST_END

MST_TEST(a_slow_reader_gets_a_large_reply_whole_and_the_user_hears_once)
{
    int fd;

    mst_net_server_init(&server);
    mst_net_server_start(&server);
    fd = mst_net_server_connect(&server);
    mst_net_server_wait(&server, MST_SEEN_ACCEPTED, 1);
    mst_net_server_do(&server, send_big);
    mst_net_server_turns(&server);
    ck_assert_uint_eq(mst_net_server_seen(&server, MST_SEEN_DRAINED), 0);
    mst_peer_expect(fd, big_bytes());
    mst_net_server_wait(&server, MST_SEEN_DRAINED, 1);
    mst_peer_send(fd, MST_LIT("still there?"));
    mst_peer_expect(fd, MST_LIT("still there?"));
    ck_assert_uint_eq(mst_net_server_seen(&server, MST_SEEN_DRAINED), 1);
    ck_assert_int_eq(close(fd), 0);
    mst_net_server_stop(&server);
    free_big_bytes();
}
MST_TEST_END

static void send_too_much(struct mst_net_server *s, struct mst_stream *stream)
{
    size_t n_sent = 0;

    while (mst_stream_send(stream, mst_span_cut(big_bytes(), 0, 100000)) == MST_OK) {
        n_sent++;
        ck_assert_uint_le(mst_stream_unsent(stream), s->opts.max_unsent_bytes);
        ck_assert_uint_lt(n_sent, 1000);
    }
    ck_assert_uint_gt(n_sent, 3);
}

MST_TEST(a_reader_that_lets_more_than_the_bound_wait_is_closed)
{
    int fd;

    mst_net_server_init(&server);
    server.opts.max_unsent_bytes = 300000;
    mst_net_server_start(&server);
    fd = mst_net_server_connect(&server);
    mst_net_server_wait(&server, MST_SEEN_ACCEPTED, 1);
    mst_net_server_do(&server, send_too_much);
    mst_net_server_wait(&server, MST_SEEN_CLOSED, 1);
    mst_peer_expect_gone(fd);
    ck_assert_int_eq(close(fd), 0);
    mst_net_server_stop(&server);
    free_big_bytes();
}
MST_TEST_END

static void ask_drained(struct mst_net_server *s, struct mst_stream *stream)
{
    ck_assert_int_eq(mst_stream_send(stream, MST_LIT("piece")), MST_OK);
    ck_assert_uint_eq(mst_stream_unsent(stream), 0);
    mst_stream_ask_drained(stream);
    mst_stream_ask_drained(stream); /* twice is once */
    ck_assert_uint_eq(mst_net_server_seen(s, MST_SEEN_DRAINED), 0);
}

MST_TEST(who_asks_is_told_that_more_can_be_sent_though_nothing_waited)
{
    int fd;

    mst_net_server_init(&server);
    mst_net_server_start(&server);
    fd = mst_net_server_connect(&server);
    mst_net_server_wait(&server, MST_SEEN_ACCEPTED, 1);
    mst_net_server_do(&server, ask_drained);
    mst_net_server_wait(&server, MST_SEEN_DRAINED, 1);
    mst_peer_expect(fd, MST_LIT("piece"));
    mst_net_server_turns(&server);
    ck_assert_uint_eq(mst_net_server_seen(&server, MST_SEEN_DRAINED), 1);
    ck_assert_int_eq(close(fd), 0);
    mst_net_server_stop(&server);
}
MST_TEST_END

static uint64_t n_taken;

static void look_at_taken(struct mst_net_server *s, struct mst_stream *stream)
{
    (void)s;
    ck_assert_uint_ge(mst_stream_taken(stream), n_taken);
    n_taken = mst_stream_taken(stream);
}

static void await_taken(uint64_t n)
{
    do
        mst_net_server_do(&server, look_at_taken);
    while (n_taken < n);
}

MST_TEST(what_the_peer_took_is_known_and_not_what_the_kernel_holds)
{
    int fd;

    n_taken = 0;
    mst_net_server_init(&server);
    mst_net_server_start(&server);
    fd = mst_net_server_connect(&server);
    mst_net_server_wait(&server, MST_SEEN_ACCEPTED, 1);
    mst_net_server_do(&server, send_big);
    mst_net_server_turns(&server);
    mst_net_server_do(&server, look_at_taken);
    ck_assert_uint_lt(n_taken, BIG);
    mst_peer_expect(fd, big_bytes());
    await_taken(BIG);
    ck_assert_uint_eq(n_taken, BIG);
    ck_assert_int_eq(close(fd), 0);
    mst_net_server_stop(&server);
    free_big_bytes();
}
MST_TEST_END

MST_TEST(a_paused_stream_holds_what_comes_until_it_is_resumed)
{
    int fd;

    mst_net_server_init(&server);
    mst_net_server_start(&server);
    fd = mst_net_server_connect(&server);
    mst_net_server_wait(&server, MST_SEEN_ACCEPTED, 1);
    for (int i = 0; i < 3; i++) {
        mst_net_server_do(&server, do_pause);
        mst_peer_send(fd, MST_LIT("held"));
        mst_net_server_turns(&server);
        ck_assert_uint_eq(mst_net_server_seen(&server, MST_SEEN_BYTES), (size_t)i * 4);
        mst_net_server_do(&server, do_resume);
        mst_peer_expect(fd, MST_LIT("held"));
    }
    ck_assert_int_eq(close(fd), 0);
    mst_net_server_stop(&server);
}
MST_TEST_END

static void answer_then_finish(struct mst_net_server *s, struct mst_stream *stream)
{
    (void)s;
    ck_assert_int_eq(mst_stream_send(stream, MST_LIT("goodbye")), MST_OK);
    mst_stream_finish(stream, 5000);
    ck_assert_int_eq(mst_stream_send(stream, MST_LIT("late")), MST_ECLOSED);
}

MST_TEST(the_end_of_the_peers_side_is_told_during_a_pause_and_a_reply_still_goes_out)
{
    int fd;

    mst_net_server_init(&server);
    server.ended = no_answer;
    mst_net_server_start(&server);
    fd = mst_net_server_connect(&server);
    mst_net_server_wait(&server, MST_SEEN_ACCEPTED, 1);
    mst_net_server_do(&server, do_pause);
    ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
    mst_net_server_wait(&server, MST_SEEN_ENDED, 1);
    mst_net_server_do(&server, do_resume);
    mst_net_server_do(&server, answer_then_finish);
    mst_peer_expect(fd, MST_LIT("goodbye"));
    mst_peer_expect_end(fd);
    mst_net_server_wait(&server, MST_SEEN_CLOSED, 1);
    ck_assert_uint_eq(mst_net_server_seen(&server, MST_SEEN_ENDED), 1);
    ck_assert_int_eq(close(fd), 0);
    mst_net_server_stop(&server);
}
MST_TEST_END

MST_TEST(a_reset_is_noticed_during_a_pause_even_behind_unread_bytes)
{
    int fd;

    mst_net_server_init(&server);
    mst_net_server_start(&server);
    fd = mst_net_server_connect(&server);
    mst_net_server_wait(&server, MST_SEEN_ACCEPTED, 1);
    mst_net_server_do(&server, do_pause);
    mst_peer_send(fd, MST_LIT("never read"));
    mst_net_server_turns(&server);
    mst_peer_reset(fd);
    mst_net_server_wait(&server, MST_SEEN_CLOSED, 1);
    ck_assert_uint_eq(mst_net_server_seen(&server, MST_SEEN_BYTES), 0);
    mst_net_server_stop(&server);
}
MST_TEST_END

MST_TEST(urgent_bytes_during_a_pause_do_no_harm)
{
    int fd;

    mst_net_server_init(&server);
    mst_net_server_start(&server);
    fd = mst_net_server_connect(&server);
    mst_net_server_wait(&server, MST_SEEN_ACCEPTED, 1);
    mst_net_server_do(&server, do_pause);
    mst_peer_send(fd, MST_LIT("a"));
    mst_net_server_turns(&server);
    ck_assert_int_eq(send(fd, "!", 1, MSG_OOB), 1);
    mst_net_server_turns(&server);
    mst_net_server_do(&server, do_resume);
    mst_peer_expect(fd, MST_LIT("a"));
    ck_assert_int_eq(close(fd), 0);
    mst_net_server_wait(&server, MST_SEEN_CLOSED, 1);
    mst_net_server_stop(&server);
}
MST_TEST_END

static void send_big_then_finish(struct mst_net_server *s, struct mst_stream *stream,
                                 struct mst_span bytes)
{
    (void)s;
    (void)bytes;
    ck_assert_int_eq(mst_stream_send(stream, big_bytes()), MST_OK);
    mst_stream_finish(stream, 20000);
}

static void *send_until_refused(void *arg)
{
    int fd = *(int *)arg;
    char noise[4096] = {0};

    while (send(fd, noise, sizeof noise, MSG_NOSIGNAL) > 0)
        ;
    return NULL;
}

MST_TEST(everything_sent_before_finish_arrives_though_the_peer_keeps_sending)
{
    pthread_t sender;
    int fd;

    (void)big_bytes(); /* both threads use them */
    mst_net_server_init(&server);
    server.received = send_big_then_finish;
    mst_net_server_start(&server);
    fd = mst_net_server_connect(&server);
    ck_assert_int_eq(pthread_create(&sender, NULL, send_until_refused, &fd), 0);
    mst_peer_expect(fd, big_bytes());
    mst_peer_expect_end(fd);
    ck_assert_int_eq(shutdown(fd, SHUT_RDWR), 0);
    ck_assert_int_eq(pthread_join(sender, NULL), 0);
    mst_net_server_wait(&server, MST_SEEN_CLOSED, 1);
    /* Only the one call; what came after finish was dropped. */
    ck_assert_uint_eq(mst_net_server_seen(&server, MST_SEEN_ENDED), 0);
    ck_assert_uint_eq(mst_net_server_seen(&server, MST_SEEN_DRAINED), 0);
    ck_assert_int_eq(close(fd), 0);
    mst_net_server_stop(&server);
    free_big_bytes();
}
MST_TEST_END

static void finish_soon(struct mst_net_server *s, struct mst_stream *stream)
{
    (void)s;
    ck_assert_int_eq(mst_stream_send(stream, MST_LIT("x")), MST_OK);
    mst_stream_finish(stream, 50);
}

static void finish_now(struct mst_net_server *s, struct mst_stream *stream)
{
    (void)s;
    ck_assert_int_eq(mst_stream_send(stream, MST_LIT("x")), MST_OK);
    mst_stream_finish(stream, 0);
}

MST_TEST(a_peer_that_never_ends_its_side_is_closed_when_the_linger_time_is_up)
{
    static void (*const finishes[])(struct mst_net_server * s,
                                    struct mst_stream * stream) = {finish_soon, finish_now};
    int fd;

    mst_net_server_init(&server);
    mst_net_server_start(&server);
    for (size_t i = 0; i < 2; i++) {
        fd = mst_net_server_connect(&server);
        mst_net_server_wait(&server, MST_SEEN_ACCEPTED, i + 1);
        mst_net_server_do(&server, finishes[i]);
        mst_peer_expect(fd, MST_LIT("x"));
        mst_peer_expect_end(fd);
        mst_net_server_wait(&server, MST_SEEN_CLOSED, i + 1);
        ck_assert_int_eq(close(fd), 0);
    }
    mst_net_server_stop(&server);
}
MST_TEST_END

MST_TEST(a_closed_stream_is_gone_for_the_peer_and_the_user_hears_later)
{
    int fd;

    mst_net_server_init(&server);
    mst_net_server_start(&server);
    fd = mst_net_server_connect(&server);
    mst_net_server_wait(&server, MST_SEEN_ACCEPTED, 1);
    mst_net_server_do(&server, do_close);
    mst_peer_expect_gone(fd);
    mst_net_server_wait(&server, MST_SEEN_CLOSED, 1);
    ck_assert_int_eq(close(fd), 0);
    mst_net_server_stop(&server);
}
MST_TEST_END

static void close_inside(struct mst_net_server *s, struct mst_stream *stream, struct mst_span bytes)
{
    (void)s;
    (void)bytes;
    mst_stream_close(stream); /* the fixture checks that closed is not called in here */
}

MST_TEST(a_stream_may_be_closed_from_inside_its_calls)
{
    int fd;

    mst_net_server_init(&server);
    server.received = close_inside;
    mst_net_server_start(&server);
    fd = mst_net_server_connect(&server);
    mst_peer_send(fd, MST_LIT("x"));
    mst_peer_expect_gone(fd);
    mst_net_server_wait(&server, MST_SEEN_CLOSED, 1);
    ck_assert_int_eq(close(fd), 0);
    mst_net_server_stop(&server);
}
MST_TEST_END

static bool refuse(struct mst_net_server *s, struct mst_stream *stream)
{
    (void)s;
    (void)stream;
    return false;
}

MST_TEST(a_refused_stream_is_closed_without_any_call)
{
    int fd;

    mst_net_server_init(&server);
    server.accepted = refuse;
    mst_net_server_start(&server);
    fd = mst_net_server_connect(&server);
    mst_peer_expect_gone(fd);
    ck_assert_int_eq(close(fd), 0);
    mst_net_server_stop(&server);
    ck_assert_uint_eq(server.seen[MST_SEEN_CLOSED], 0);
}
MST_TEST_END

MST_TEST(connections_beyond_the_limit_are_turned_away_and_room_made_is_used)
{
    int a, b, c;

    mst_net_server_init(&server);
    server.opts.max_streams = 2;
    mst_net_server_start(&server);
    a = mst_net_server_connect(&server);
    b = mst_net_server_connect(&server);
    mst_net_server_wait(&server, MST_SEEN_ACCEPTED, 2);
    c = mst_net_server_connect(&server);
    mst_peer_expect_gone(c);
    ck_assert_int_eq(close(c), 0);
    ck_assert_int_eq(close(a), 0);
    mst_net_server_wait(&server, MST_SEEN_CLOSED, 1);
    mst_net_server_turns(&server);
    c = mst_net_server_connect(&server);
    mst_peer_send(c, MST_LIT("in"));
    mst_peer_expect(c, MST_LIT("in"));
    ck_assert_int_eq(close(b), 0);
    ck_assert_int_eq(close(c), 0);
    mst_net_server_stop(&server);
}
MST_TEST_END

static void close_listener(struct mst_net_server *s, struct mst_stream *stream)
{
    (void)stream;
    mst_listener_close(s->listener);
}

MST_TEST(streams_live_on_when_their_listener_is_closed)
{
    int fd;

    mst_net_server_init(&server);
    mst_net_server_start(&server);
    fd = mst_net_server_connect(&server);
    mst_net_server_wait(&server, MST_SEEN_ACCEPTED, 1);
    mst_net_server_do(&server, close_listener);
    mst_net_server_turns(&server);
    mst_peer_send(fd, MST_LIT("on"));
    mst_peer_expect(fd, MST_LIT("on"));
    ck_assert_int_eq(close(fd), 0);
    mst_net_server_wait(&server, MST_SEEN_CLOSED, 1);
    mst_net_server_stop(&server);
}
MST_TEST_END

MST_TEST(stopping_the_loop_closes_every_stream_in_whatever_state)
{
    int idle, paused, waiting, lingering;

    mst_net_server_init(&server);
    mst_net_server_start(&server);
    idle = mst_net_server_connect(&server);
    mst_net_server_wait(&server, MST_SEEN_ACCEPTED, 1);
    paused = mst_net_server_connect(&server);
    mst_net_server_wait(&server, MST_SEEN_ACCEPTED, 2);
    mst_net_server_do(&server, do_pause);
    mst_peer_send(paused, MST_LIT("x"));
    waiting = mst_net_server_connect(&server);
    mst_net_server_wait(&server, MST_SEEN_ACCEPTED, 3);
    mst_net_server_do(&server, send_big);
    lingering = mst_net_server_connect(&server);
    mst_net_server_wait(&server, MST_SEEN_ACCEPTED, 4);
    mst_net_server_do(&server, answer_then_finish);
    mst_net_server_stop(&server); /* checks that four were closed */
    mst_peer_expect_gone(idle);
    mst_peer_expect_gone(paused);
    mst_peer_expect_gone(waiting);
    mst_peer_expect_gone(lingering);
    free_big_bytes();
}
MST_TEST_END

MST_TEST(a_taken_address_is_busy_unless_it_is_shared)
{
    struct mst_listener *other = NULL;
    struct mst_listener_opts opts;
    struct mst_loop *loop;

    mst_net_server_init(&server);
    server.opts.is_shared = true;
    mst_net_server_start(&server);
    opts = server.opts;
    opts.addr = *mst_listener_addr(server.listener);
    ck_assert_int_eq(mst_loop_new(&loop), MST_OK);
    opts.is_shared = false;
    ck_assert_int_eq(mst_listener_open(loop, &opts, NULL, NULL, &other), MST_EBUSY);
    ck_assert_ptr_null(other);
    opts.is_shared = true;
    ck_assert_int_eq(mst_listener_open(loop, &opts, NULL, NULL, &other), MST_OK);
    ck_assert_uint_eq(mst_listener_addr(other)->port, opts.addr.port);
    ck_assert_int_eq(mst_addr_parse(MST_LIT("192.0.2.1:0"), &opts.addr), MST_OK);
    ck_assert_int_eq(mst_listener_open(loop, &opts, NULL, NULL, &other), MST_ESYS);
    mst_loop_free(loop);
    mst_net_server_stop(&server);
}
MST_TEST_END

/* PROXY protocol. */

static struct mst_addr_set trusted;

static void start_behind_proxy(const char *networks)
{
    mst_net_server_init(&server);
    ck_assert_int_eq(mst_addr_set_parse(mst_span_str(networks), &trusted), MST_OK);
    server.opts.trusted = &trusted;
    mst_net_server_start(&server);
}

static char seen_peer[MST_ADDR_CHARS];
static bool seen_trusted;

static void note_peer(struct mst_net_server *s, struct mst_stream *stream)
{
    (void)s;
    mst_addr_print(mst_stream_peer(stream), seen_peer);
    seen_trusted = mst_stream_is_trusted(stream);
}

MST_TEST(a_trusted_peer_names_the_client_however_its_header_is_cut)
{
    static const struct {
        struct mst_span header;
        const char *peer;
    } rows[] = {
        {{"PROXY TCP4 10.9.8.7 10.0.0.2 5000 80\r\n", 38}, "10.9.8.7:5000"},
        {{"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\x0a\x01\x02\x03"
          "\x7f\x00\x00\x01\x1f\x90\x01\xbb",
          28},
         "10.1.2.3:8080"                                                  },
        {{"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00", 16},     NULL           },
        {{"PROXY UNKNOWN\r\n", 15},                        NULL           },
        {{"", 0},                                          NULL           },
    };

    start_behind_proxy("127.0.0.0/8");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] * 2; i++) {
        struct mst_span header = rows[i / 2].header;
        const char *peer = rows[i / 2].peer;
        int fd = mst_net_server_connect(&server);

        for (size_t k = 0; i % 2 && k < header.len; k++) {
            mst_peer_send(fd, mst_span_cut(header, k, k + 1));
            mst_net_server_turns(&server);
        }
        if (i % 2 == 0)
            mst_peer_send(fd, header);
        mst_peer_send(fd, MST_LIT("GET"));
        mst_peer_expect(fd, MST_LIT("GET"));
        mst_net_server_do(&server, note_peer);
        ck_assert(seen_trusted);
        if (peer)
            ck_assert_str_eq(seen_peer, peer);
        else
            ck_assert_int_eq(strncmp(seen_peer, "127.0.0.1:", 10), 0);
        ck_assert_int_eq(close(fd), 0);
        mst_net_server_wait(&server, MST_SEEN_CLOSED, i + 1);
    }
    mst_net_server_stop(&server);
}
MST_TEST_END

MST_TEST(header_and_request_in_one_packet_are_told_apart)
{
    int fd;

    start_behind_proxy("127.0.0.1");
    fd = mst_net_server_connect(&server);
    mst_peer_send(fd, MST_LIT("PROXY TCP6 2001:db8::1 ::1 5000 80\r\nGET / PROXY TCP4 "));
    mst_peer_expect(fd, MST_LIT("GET / PROXY TCP4 "));
    mst_net_server_do(&server, note_peer);
    ck_assert_str_eq(seen_peer, "[2001:db8::1]:5000");
    ck_assert_int_eq(close(fd), 0);
    mst_net_server_stop(&server);
}
MST_TEST_END

MST_TEST(a_stranger_cannot_name_another_client)
{
    int fd;

    start_behind_proxy("10.0.0.0/8 ::/0");
    fd = mst_net_server_connect(&server);
    mst_net_server_wait(&server, MST_SEEN_ACCEPTED, 1);
    mst_peer_send(fd, MST_LIT("PROXY TCP4 10.9.8.7 10.0.0.2 5000 80\r\n"));
    mst_peer_expect(fd, MST_LIT("PROXY TCP4 10.9.8.7 10.0.0.2 5000 80\r\n"));
    mst_net_server_do(&server, note_peer);
    ck_assert(!seen_trusted);
    ck_assert_int_eq(strncmp(seen_peer, "127.0.0.1:", 10), 0);
    ck_assert_int_eq(close(fd), 0);
    mst_net_server_stop(&server);
}
MST_TEST_END

MST_TEST(a_malformed_or_cut_off_header_closes_the_connection_unseen)
{
    int fd;

    start_behind_proxy("127.0.0.1");
    fd = mst_net_server_connect(&server);
    mst_peer_send(fd, MST_LIT("PROXY TCP4 10.9.8.7 nonsense\r\nGET"));
    mst_peer_expect_gone(fd);
    ck_assert_int_eq(close(fd), 0);
    fd = mst_net_server_connect(&server);
    mst_peer_send(fd, MST_LIT("PROXY TCP4 10.9"));
    ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
    mst_peer_expect_gone(fd);
    ck_assert_int_eq(close(fd), 0);
    mst_net_server_stop(&server);
    ck_assert_uint_eq(server.seen[MST_SEEN_ACCEPTED], 0);
}
MST_TEST_END

static bool pause_at_once(struct mst_net_server *s, struct mst_stream *stream)
{
    (void)s;
    mst_stream_pause(stream);
    return true;
}

MST_TEST(bytes_behind_a_header_wait_for_a_stream_paused_from_the_start)
{
    int fd;

    mst_net_server_init(&server);
    ck_assert_int_eq(mst_addr_set_parse(MST_LIT("127.0.0.1"), &trusted), MST_OK);
    server.opts.trusted = &trusted;
    server.accepted = pause_at_once;
    mst_net_server_start(&server);
    fd = mst_net_server_connect(&server);
    mst_peer_send(fd, MST_LIT("PROXY UNKNOWN\r\nfirst "));
    mst_net_server_wait(&server, MST_SEEN_ACCEPTED, 1);
    mst_peer_send(fd, MST_LIT("second"));
    ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
    mst_net_server_turns(&server);
    ck_assert_uint_eq(mst_net_server_seen(&server, MST_SEEN_BYTES), 0);
    ck_assert_uint_eq(mst_net_server_seen(&server, MST_SEEN_ENDED), 0);
    mst_net_server_do(&server, do_resume);
    mst_peer_expect(fd, MST_LIT("first second"));
    mst_peer_expect_end(fd);
    ck_assert_int_eq(close(fd), 0);
    mst_net_server_stop(&server);
}
MST_TEST_END

MST_TEST(a_trusted_peer_that_says_nothing_is_closed_at_the_deadline)
{
    uint64_t from = mst_clock_mono_ns();
    int fd;

    mst_net_server_init(&server);
    ck_assert_int_eq(mst_addr_set_parse(MST_LIT("127.0.0.1"), &trusted), MST_OK);
    server.opts.trusted = &trusted;
    server.opts.handshake_ms = 200;
    mst_net_server_start(&server);
    fd = mst_net_server_connect(&server);
    mst_peer_send(fd, MST_LIT("PROXY "));
    mst_peer_expect_gone(fd);
    ck_assert_uint_ge(mst_clock_mono_ns() - from, 190 * 1000000u);
    ck_assert_int_eq(close(fd), 0);
    mst_net_server_stop(&server);
    ck_assert_uint_eq(server.seen[MST_SEEN_ACCEPTED], 0);
}
MST_TEST_END

/* Out of descriptors. */

static size_t count_lines(int fd)
{
    char text[8192];
    ssize_t n = pread(fd, text, sizeof text, 0);
    size_t n_lines = 0;

    for (ssize_t i = 0; i < n; i++)
        n_lines += text[i] == '\n';
    return n_lines;
}

MST_TEST(without_descriptors_callers_are_turned_away_and_the_log_says_so_once)
{
    enum { N_CALLERS = 20 };
    struct rlimit limit, low;
    int fds[N_CALLERS], sockets[N_CALLERS];
    FILE *log = tmpfile();
    int saved = dup(STDERR_FILENO);

    mst_net_server_init(&server);
    mst_net_server_start(&server);
    ck_assert_int_eq(dup2(fileno(log), STDERR_FILENO), STDERR_FILENO);
    for (int i = 0; i < N_CALLERS; i++)
        sockets[i] = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    low = limit;
    low.rlim_cur = (rlim_t)sockets[N_CALLERS - 1] + 1;
    for (int i = 0; i < N_CALLERS; i++) {
        /* The caller's own socket takes the place of one that is given up; nothing is left. */
        ck_assert_int_eq(close(sockets[i]), 0);
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
        fds[i] = mst_net_server_connect(&server);
        mst_peer_expect_gone(fds[i]);
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    }
    ck_assert_uint_ge(count_lines(fileno(log)), 1);
    ck_assert_uint_le(count_lines(fileno(log)), 3);
    for (int i = 0; i < N_CALLERS; i++)
        ck_assert_int_eq(close(fds[i]), 0);
    fds[0] = mst_net_server_connect(&server);
    mst_peer_send(fds[0], MST_LIT("better"));
    mst_peer_expect(fds[0], MST_LIT("better"));
    ck_assert_int_eq(close(fds[0]), 0);
    mst_net_server_stop(&server);
    ck_assert_int_eq(dup2(saved, STDERR_FILENO), STDERR_FILENO);
    (void)fclose(log);
}
MST_TEST_END

MST_TESTS("net/stream", bytes_come_back_over_ipv4, bytes_come_back_over_ipv6,
          a_stream_on_the_unspecified_address_knows_where_it_arrived,
          a_slow_reader_gets_a_large_reply_whole_and_the_user_hears_once,
          a_reader_that_lets_more_than_the_bound_wait_is_closed,
          who_asks_is_told_that_more_can_be_sent_though_nothing_waited,
          what_the_peer_took_is_known_and_not_what_the_kernel_holds,
          a_paused_stream_holds_what_comes_until_it_is_resumed,
          the_end_of_the_peers_side_is_told_during_a_pause_and_a_reply_still_goes_out,
          a_reset_is_noticed_during_a_pause_even_behind_unread_bytes,
          urgent_bytes_during_a_pause_do_no_harm,
          everything_sent_before_finish_arrives_though_the_peer_keeps_sending,
          a_peer_that_never_ends_its_side_is_closed_when_the_linger_time_is_up,
          a_closed_stream_is_gone_for_the_peer_and_the_user_hears_later,
          a_stream_may_be_closed_from_inside_its_calls, a_refused_stream_is_closed_without_any_call,
          connections_beyond_the_limit_are_turned_away_and_room_made_is_used,
          streams_live_on_when_their_listener_is_closed,
          stopping_the_loop_closes_every_stream_in_whatever_state,
          a_taken_address_is_busy_unless_it_is_shared,
          a_trusted_peer_names_the_client_however_its_header_is_cut,
          header_and_request_in_one_packet_are_told_apart, a_stranger_cannot_name_another_client,
          a_malformed_or_cut_off_header_closes_the_connection_unseen,
          bytes_behind_a_header_wait_for_a_stream_paused_from_the_start,
          a_trusted_peer_that_says_nothing_is_closed_at_the_deadline,
          without_descriptors_callers_are_turned_away_and_the_log_says_so_once)

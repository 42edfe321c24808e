/* Sessions over real sockets: pings, silence, drains, peers that go away, messages that wait (protocol.md 3.3). */
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "front/http/front.h"
#include "sys/metric.h"
#include "tests/lib/site.h"
#include "tests/lib/unit.h"
#include "tests/lib/ws_peer.h"

#define HANDSHAKE MST_WS_PEER_SHAKE("/ws")

static struct mst_site *site;
static struct mst_line line;

/* Sends first, and behind it a frame, at once. */
static void put_behind(const char *first, unsigned opcode, const char *payload)
{
    struct mst_buf bytes;

    mst_buf_init(&bytes, UINT16_MAX + 1024);
    (void)mst_buf_add_str(&bytes, first);
    mst_ws_peer_add(&bytes, opcode, mst_span_str(payload));
    ck_assert_int_eq(mst_buf_err(&bytes), MST_OK);
    mst_line_send_bytes(&line, mst_buf_span(&bytes));
    mst_buf_fini(&bytes);
}

static void put_frame(unsigned opcode, const char *payload)
{
    put_behind("", opcode, payload);
}

static void start(const struct mst_http_opts *http)
{
    const struct mst_site_opts opts = {.http = *http};

    site = mst_site_start(&opts);
    line = mst_line_open(site);
}

static void begin_with(uint64_t ping_ms)
{
    start(&(struct mst_http_opts){.ws_ping_ms = ping_ms});
}

static void begin_session(void)
{
    char text[128];

    (void)snprintf(text, sizeof text, "{\"auth\":{\"cik\":\"%s\"}}", mst_site_root(site));
    put_behind(HANDSHAKE, 1, text);
}

static void end(void)
{
    mst_line_close(&line);
    mst_site_stop(site);
}

static bool ends_with(struct mst_span text, struct mst_span tail)
{
    return text.len >= tail.len &&
           mst_span_eq(mst_span_cut(text, text.len - tail.len, text.len), tail);
}

static size_t count(struct mst_span text, struct mst_span piece)
{
    size_t n = 0;

    for (size_t i = 0; i + piece.len <= text.len; i++)
        n += mst_span_eq(mst_span_cut(text, i, i + piece.len), piece);
    return n;
}

#define OK_FRAME MST_LIT("\x81\x0f{\"status\":\"ok\"}")

MST_TEST(a_peer_that_is_silent_is_pinged_once_and_given_up)
{
    struct mst_span all;

    begin_with(50);
    begin_session();
    all = mst_line_rest(&line);
    ck_assert_uint_eq(count(all, OK_FRAME), 1);
    ck_assert(ends_with(all, MST_LIT("\x89\x00"))); /* no close frame: nobody would read it */
    end();
}
MST_TEST_END

MST_TEST(one_that_does_not_say_who_it_is_is_closed)
{
    begin_with(50);
    mst_line_send(&line, HANDSHAKE);
    ck_assert(ends_with(mst_line_rest(&line), MST_LIT("\x88\x02\x03\xf0")));
    end();
}
MST_TEST_END

/* A message whose answer is more than the kernel's buffers hold: a text of 64 KiB, a hundred times. */
static void make_long_question(struct mst_buf *text)
{
    const char *root = mst_site_root(site);
    char rid[41];

    mst_site_rpc_rid(site, root, "create", "[\"dataport\",{\"format\":\"string\"}]", rid);
    (void)mst_buf_addf(text, "[\"%s\",\"%0*d\"]", rid, (int)MST_VALUE_MAX, 0);
    (void)mst_buf_add_byte(text, '\0');
    ck_assert_int_eq(mst_buf_err(text), MST_OK);
    ck_assert_str_eq(mst_site_rpc(site, root, "write", text->ptr),
                     "[{\"id\":1,\"status\":\"ok\"}]");
    mst_buf_clear(text);
    for (int i = 0; i < MST_RPC_CALLS_MAX; i++)
        (void)mst_buf_addf(text, "%c{\"id\":%d,\"procedure\":\"read\",\"arguments\":[\"%s\"]}",
                           i > 0 ? ',' : '[', i, rid);
    (void)mst_buf_add(text, MST_LIT("]\0"));
    ck_assert_int_eq(mst_buf_err(text), MST_OK);
}

MST_TEST(one_that_takes_nothing_is_given_up_although_it_says_something_now_and_then)
{
    static const char ping[] = {(char)0x89, (char)0x80, 0, 0, 0, 0};
    struct mst_buf question;
    struct pollfd end_of;
    int room = 4096;

    begin_with(50);
    ck_assert_int_eq(setsockopt(line.fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room), 0);
    mst_buf_init(&question, MST_RPC_BODY_MAX);
    make_long_question(&question);
    begin_session();
    put_frame(1, question.ptr);
    mst_buf_fini(&question);
    end_of = (struct pollfd){.fd = line.fd};
    for (int i = 0; i < 2000 && end_of.revents == 0; i++) {
        (void)send(line.fd, ping, sizeof ping, MSG_NOSIGNAL);
        (void)poll(&end_of, 1, 20);
    }
    ck_assert_int_ne(end_of.revents & (POLLHUP | POLLERR), 0);
    end();
}
MST_TEST_END

MST_TEST(a_drain_closes_with_1000_and_waits_for_the_answer_before)
{
    struct mst_span all;

    begin_with(0);
    begin_session();
    put_frame(1, "[{\"id\":1,\"procedure\":\"create\",\"arguments\":[\"client\",{}]}]");
    put_frame(9, "");
    while (count(mst_buf_span(&line.in), MST_LIT("\x8a\x00")) == 0) {
        char bytes[512];
        ssize_t n = recv(line.fd, bytes, sizeof bytes, 0);

        ck_assert_int_gt(n, 0);
        ck_assert_int_eq(mst_buf_add(&line.in, mst_span_of(bytes, (size_t)n)), MST_OK);
    }
    mst_site_start_drain(site);
    all = mst_line_rest(&line);
    ck_assert_uint_eq(count(all, MST_LIT("[{\"id\":1,\"status\":\"ok\"")), 1);
    ck_assert(ends_with(all, MST_LIT("\x88\x02\x03\xe8")));
    mst_line_close(&line);
    mst_site_await_drain(site);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_peer_that_goes_away_in_the_middle_harms_nobody)
{
    begin_with(0);
    for (int i = 0; i < 50; i++) {
        begin_session();
        put_frame(1, "[{\"procedure\":\"create\",\"arguments\":[\"client\",{}]}]");
        mst_line_close(&line);
        line = mst_line_open(site);
    }
    begin_session();
    put_frame(8, "");
    ck_assert(ends_with(mst_line_rest(&line), MST_LIT("\x88\x00")));
    end();
}
MST_TEST_END

/* As it is for requests: the log of activations tells it. */
MST_TEST(the_peer_is_the_one_that_a_trusted_proxy_names)
{
    struct mst_addr_set trusted;
    struct mst_scene scene;
    struct mst_answer answer;
    char body[128], rid[41], cik[41];

    ck_assert_int_eq(mst_addr_set_parse(MST_LIT("127.0.0.0/8"), &trusted), MST_OK);
    start(&(struct mst_http_opts){.trusted = &trusted});
    mst_scene_make(site, &scene);
    ck_assert_status(site, 205, "POST", "/provision/manage/model/m1/", scene.by_token, "sn=1");
    (void)snprintf(body, sizeof body, "enable=true&owner=%s", scene.portal_rid);
    answer = mst_site_ask(site, "POST", "/provision/manage/model/m1/1", scene.by_token, body);
    (void)snprintf(rid, sizeof rid, "%.*s", (int)answer.body.len, answer.body.ptr);
    mst_site_key(site, scene.portal_cik, rid, cik);
    mst_line_send(&line, "GET /ws HTTP/1.1\r\nX-Forwarded-For: 192.0.2.7\r\n");
    (void)snprintf(body, sizeof body, "{\"auth\":{\"cik\":\"%s\"}}", scene.portal_cik);
    put_behind(&HANDSHAKE[sizeof "GET /ws HTTP/1.1\r\n" - 1], 1, body);
    (void)snprintf(body, sizeof body,
                   "[{\"id\":1,\"procedure\":\"activate\",\"arguments\":[\"client\",\"%s\"]}]",
                   cik);
    put_frame(1, body);
    put_frame(8, "");
    ck_assert_uint_eq(count(mst_line_rest(&line), MST_LIT("[{\"id\":1,\"status\":\"ok\"}]")), 1);
    answer =
        mst_site_ask(site, "GET", "/provision/manage/model/m1/1?show=log", scene.by_token, NULL);
    ck_assert_uint_eq(count(answer.body, MST_LIT(",192.0.2.7,")), 1);
    end();
}
MST_TEST_END

static void await_sessions(uint64_t n)
{
    while (mst_metric_sum(MST_M_WS_SESSIONS, 0) != n)
        sched_yield();
}

MST_TEST(beyond_the_limit_a_handshake_is_answered_503_until_another_session_ends)
{
    struct mst_line second;

    start(&(struct mst_http_opts){.ws_sessions_max = 1});
    begin_session();
    await_sessions(1);
    second = mst_line_open(site);
    for (unsigned i = 1; i <= 2; i++) {
        mst_line_send(&second, HANDSHAKE);
        ck_assert_uint_eq(mst_line_reply(&second).status, 503);
        ck_assert_uint_eq(mst_metric_sum(MST_M_WS_REFUSED, 0), i);
    }
    put_frame(8, "");
    ck_assert(ends_with(mst_line_rest(&line), MST_LIT("\x88\x00")));
    mst_line_close(&line);
    await_sessions(0);
    mst_line_send(&second, HANDSHAKE);
    mst_line_half_close(&second);
    ck_assert(mst_span_starts(mst_line_rest(&second), MST_LIT("HTTP/1.1 101 ")));
    line = second;
    end();
}
MST_TEST_END

static void shake_as(struct mst_line *of, const char *cik)
{
    struct mst_line mine = line;
    char text[128];

    (void)snprintf(text, sizeof text, "{\"auth\":{\"cik\":\"%s\"}}", cik);
    *of = line = mst_line_open(site);
    put_behind(HANDSHAKE, 1, text);
    line = mine;
}

MST_TEST(a_tenant_at_its_share_is_told_to_come_later_and_another_is_welcome)
{
    struct mst_scene acme, beta;
    struct mst_line more, others;
    struct mst_span all;

    start(&(struct mst_http_opts){.ws_sessions_max = 3, .tenant_share = 30});
    mst_scene_make_named(site, "acme", &acme);
    mst_scene_make_named(site, "beta", &beta);
    mst_line_close(&line);
    shake_as(&line, acme.portal_cik);
    await_sessions(1);
    shake_as(&more, acme.portal_cik);
    all = mst_line_rest(&more);
    ck_assert_uint_eq(
        count(all, MST_LIT("{\"error\":{\"code\":500,\"message\":\"Limit reached\"}}")), 1);
    ck_assert_uint_eq(count(all, OK_FRAME), 0);
    ck_assert(ends_with(all, MST_LIT("\x88\x02\x03\xf5"))); /* 1013 */
    ck_assert_uint_eq(mst_metric_sum(MST_M_TENANT_REFUSED, MST_ROOM_SESSION), 1);
    mst_line_close(&more);
    await_sessions(1);
    shake_as(&others, beta.portal_cik);
    await_sessions(2);
    mst_line_half_close(&others);
    ck_assert_uint_eq(count(mst_line_rest(&others), OK_FRAME), 1);
    mst_line_close(&others);
    end();
}
MST_TEST_END

/* As a client that crashed does: there is nobody who could take an answer. */
static void reset_line(void)
{
    const struct linger reset = {.l_onoff = 1};

    ck_assert_int_eq(setsockopt(line.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    mst_line_close(&line);
}

/* A read of more than a turn's rows stands between the wait and the call that would leave something. */
MST_TEST(calls_behind_a_wait_end_in_their_next_turn_if_the_peer_goes_away)
{
    struct mst_buf text;
    char rid[41];

    begin_with(0);
    mst_site_rpc_rid(site, mst_site_root(site), "create", "[\"dataport\",{\"format\":\"integer\"}]",
                     rid);
    mst_buf_init(&text, MST_KIB(64));
    (void)mst_buf_addf(&text, "[\"%s\",[", rid);
    for (int i = 0; i <= MST_TURN_ROWS; i++)
        (void)mst_buf_addf(&text, "%s[%d,1]", i > 0 ? "," : "", 1000 + i);
    (void)mst_buf_addf(&text, "]]%c", '\0');
    ck_assert_str_eq(mst_site_rpc(site, mst_site_root(site), "recordbatch", text.ptr),
                     "[{\"id\":1,\"status\":\"ok\"}]");
    mst_buf_clear(&text);
    (void)mst_buf_addf(
        &text,
        "[{\"id\":1,\"procedure\":\"wait\",\"arguments\":[\"%s\",{\"timeout\":300000}]},"
        "{\"id\":2,\"procedure\":\"read\",\"arguments\":[\"%s\",{\"limit\":1000}]},"
        "{\"id\":3,\"procedure\":\"create\",\"arguments\":[\"client\",{}]}]%c",
        rid, rid, '\0');
    begin_session();
    put_frame(1, text.ptr);
    mst_buf_fini(&text);
    mst_site_await_asleep(1);
    reset_line();
    await_sessions(0);
    ck_assert_str_eq(mst_site_rpc(site, mst_site_root(site), "listing", "[[\"client\"]]"),
                     "[{\"id\":1,\"status\":\"ok\",\"result\":[[]]}]");
    mst_site_stop(site);
}
MST_TEST_END

/* ---- held.h ---- */

enum { SMALL = MST_KEPT_BUFFER_MAX, LARGE = SMALL + 1, LARGE_HELD = 2 * SMALL };

/* A session whose first message, of n + 1 bytes, has come but for its last, a blank. */
static void begin_message(size_t n)
{
    const char head[] = {(char)0x81, (char)0xff, 0, 0, 0, 0, 0, 1, 0, (char)(n + 1 - SMALL),
                         0,          0,          0, 0};
    uint64_t before = mst_metric_sum(MST_M_RECEIVED, MST_LISTENER_HTTP);
    struct mst_buf bytes;
    size_t n_before;

    mst_buf_init(&bytes, MST_MIB(1));
    (void)mst_buf_add_str(&bytes, HANDSHAKE);
    (void)mst_buf_add(&bytes, mst_span_of(head, sizeof head));
    n_before = bytes.len;
    (void)mst_buf_addf(&bytes, "{\"auth\":{\"cik\":\"%s\"}}", mst_site_root(site));
    while (bytes.len < n_before + n)
        (void)mst_buf_add_byte(&bytes, ' ');
    ck_assert_int_eq(mst_buf_err(&bytes), MST_OK);
    mst_line_send_bytes(&line, mst_buf_span(&bytes));
    while (mst_metric_sum(MST_M_RECEIVED, MST_LISTENER_HTTP) < before + bytes.len)
        sched_yield();
    mst_buf_fini(&bytes);
}

static void finish_message(void)
{
    mst_line_send(&line, " ");
    put_frame(8, "");
    ck_assert_uint_eq(count(mst_line_rest(&line), OK_FRAME), 1);
    mst_line_close(&line);
    line = mst_line_open(site);
}

static void check_refused(void)
{
    ck_assert(ends_with(mst_line_rest(&line), MST_LIT("\x88\x02\x03\xf5"))); /* 1013 */
    ck_assert_uint_eq(mst_metric_sum(MST_M_HELD_REFUSED, 0), 1);
    mst_line_close(&line);
    line = mst_line_open(site);
}

MST_TEST(a_large_message_that_comes_needs_room_and_a_small_one_does_not)
{
    struct mst_line first;

    start(&(struct mst_http_opts){.held_max_bytes = LARGE_HELD});
    begin_message(LARGE);
    first = line;
    line = mst_line_open(site);
    begin_message(SMALL);
    finish_message();
    begin_message(LARGE);
    check_refused();
    mst_line_close(&line);
    line = first;
    finish_message();
    begin_message(LARGE); /* in the room of the first */
    finish_message();
    end();
}
MST_TEST_END

MST_TEST(a_large_message_that_has_no_room_is_told_to_come_later)
{
    start(&(struct mst_http_opts){.held_max_bytes = LARGE_HELD - 1});
    begin_message(LARGE);
    check_refused();
    end();
}
MST_TEST_END

MST_TESTS("front/ws/session", a_peer_that_is_silent_is_pinged_once_and_given_up,
          one_that_does_not_say_who_it_is_is_closed,
          one_that_takes_nothing_is_given_up_although_it_says_something_now_and_then,
          a_drain_closes_with_1000_and_waits_for_the_answer_before,
          a_peer_that_goes_away_in_the_middle_harms_nobody,
          the_peer_is_the_one_that_a_trusted_proxy_names,
          beyond_the_limit_a_handshake_is_answered_503_until_another_session_ends,
          a_tenant_at_its_share_is_told_to_come_later_and_another_is_welcome,
          calls_behind_a_wait_end_in_their_next_turn_if_the_peer_goes_away,
          a_large_message_that_comes_needs_room_and_a_small_one_does_not,
          a_large_message_that_has_no_room_is_told_to_come_later)

/* Sessions over real sockets: pings, silence, drains, peers that go away, messages that wait (protocol.md 3.3). */
#include <stdio.h>
#include <sys/socket.h>

#include "front/http/front.h"
#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#define HANDSHAKE                                                       \
    "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

static struct mst_site *site;
static struct mst_line line;

/* Sends first, and behind it a frame, at once. */
static void put_behind(const char *first, unsigned opcode, const char *payload)
{
    struct mst_span text = mst_span_str(payload);
    struct mst_buf bytes;

    ck_assert_uint_lt(text.len, 126);
    mst_buf_init(&bytes, 1024);
    (void)mst_buf_add_str(&bytes, first);
    (void)mst_buf_add_byte(&bytes, (char)(0x80 | opcode));
    (void)mst_buf_add_byte(&bytes, (char)(0x80 | text.len));
    (void)mst_buf_add(&bytes, MST_LIT("\0\0\0\0"));
    (void)mst_buf_add(&bytes, text);
    ck_assert_int_eq(mst_buf_err(&bytes), MST_OK);
    mst_line_send_bytes(&line, mst_buf_span(&bytes));
    mst_buf_fini(&bytes);
}

static void put_frame(unsigned opcode, const char *payload)
{
    put_behind("", opcode, payload);
}

static void begin_with(uint64_t ping_ms)
{
    struct mst_site_opts opts = {.http = {.ws_ping_ms = ping_ms}};

    site = mst_site_start(&opts);
    line = mst_line_open(site);
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

MST_TESTS("front/ws/session", a_peer_that_is_silent_is_pinged_once_and_given_up,
          one_that_does_not_say_who_it_is_is_closed,
          a_drain_closes_with_1000_and_waits_for_the_answer_before,
          a_peer_that_goes_away_in_the_middle_harms_nobody)

/* protocol.md 2.12.4, 2.1.3: long polls. No test waits for a poll to be asleep: a poll that begins after the
   value it waits for says so by its date. */
#include <sys/socket.h>

#include "base/limits.h"
#include "front/http/poll.h"
#include "sys/clock.h"
#include "tests/lib/site.h"
#include "tests/lib/unit.h"
#include "wire/httpdate.h"

#define ALIAS "/onep:v1/stack/alias"

static struct mst_site *site;
static struct mst_scene scene;
static char rid[41], cik[41];
static struct mst_line line;

static void begin_with(const struct mst_site_opts *opts)
{
    site = mst_scene_start(opts, "dev1", &scene, rid, cik);
    line = mst_line_open(site);
}

static void begin(void)
{
    begin_with(NULL);
}

static void end(void)
{
    mst_line_close(&line);
    mst_site_stop(site);
}

/* fields: whole lines. */
static void send_poll(const char *aliases, const char *fields)
{
    char text[2048];

    (void)snprintf(text, sizeof text, "GET " ALIAS "?%s HTTP/1.1\r\nX-Exosite-CIK: %s\r\n%s\r\n",
                   aliases, cik, fields);
    mst_line_send(&line, text);
}

static struct mst_answer poll(const char *aliases, const char *fields)
{
    send_poll(aliases, fields);
    return mst_line_reply(&line);
}

static void ck_value(struct mst_answer answer, const char *body)
{
    ck_assert_uint_eq(answer.status, 200);
    ck_assert_span_str(answer.body, body);
}

static void ck_over(struct mst_answer answer)
{
    ck_assert_uint_eq(answer.status, 304);
    ck_assert(mst_text_has(answer.head, "\r\nContent-Length: 0\r\n"));
    ck_assert_uint_eq(answer.body.len, 0);
    ck_assert(!mst_text_has(answer.head, "Last-Modified"));
}

/* ---- Request-Timeout ---- */

MST_TEST(a_timeout_is_milliseconds_clamped_to_300000_and_anything_not_positive_is_none)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } rows[] = {
        {"1",           1     },
        {"300",         300   },
        {"20000",       20000 },
        {"299999",      299999},
        {"300000",      300000},
        {"300001",      300000},
        {"99999999999", 300000},
        {"0.5",         1     },
        {" 5 ",         5     },
        {"0",           0     },
        {"-1",          0     },
        {"",            0     },
        {"soon",        0     },
        {"5s",          0     },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_msg(mst_poll_timeout_ms(mst_span_str(rows[i].text)) == rows[i].ms, "%s",
                      rows[i].text);
}
MST_TEST_END

MST_TEST(without_a_positive_timeout_it_is_an_ordinary_read)
{
    static const char *const fields[] = {"",
                                         "Request-Timeout: 0\r\n",
                                         "Request-Timeout: -5\r\n",
                                         "Request-Timeout: later\r\n",
                                         "Request-Timeout:\r\n",
                                         "If-Modified-Since: 0\r\n"};

    begin();
    ck_assert_uint_eq(poll("temp", fields[0]).status, 204);
    mst_site_write(site, cik, "temp=1");
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct mst_answer answer = poll("temp", fields[i]);

        ck_value(answer, "temp=1");
        ck_assert(!mst_text_has(answer.head, "Last-Modified"));
    }
    end();
}
MST_TEST_END

/* ---- what is new ---- */

MST_TEST(time_that_runs_out_is_304_with_a_length_of_0)
{
    begin();
    mst_site_write(site, cik, "temp=1");
    ck_over(poll("temp", "Request-Timeout: 1\r\n"));
    ck_over(poll("temp", "Request-Timeout: 30\r\nIf-Modified-Since: 4000000000\r\n"));
    end();
}
MST_TEST_END

MST_TEST(a_wait_is_never_shorter_than_asked)
{
    uint64_t began_ns;

    begin();
    began_ns = mst_clock_mono_ns();
    ck_over(poll("temp", "Request-Timeout: 60\r\n"));
    ck_assert_uint_ge((mst_clock_mono_ns() - began_ns) / 1000000, 59);
    end();
}
MST_TEST_END

MST_TEST(a_value_that_comes_answers_with_its_date)
{
    char date[MST_HTTPDATE_CHARS + 1] = "", field[64];
    struct mst_answer answer;
    int64_t at;

    begin();
    send_poll("temp", "Request-Timeout: 300000\r\n");
    mst_site_await_asleep(1);
    mst_site_write(site, cik, "temp=21.5");
    answer = mst_line_reply(&line);
    ck_value(answer, "temp=21.5");
    mst_site_await_asleep(0);
    at = mst_clock_wall_s();
    for (int64_t t = at - 30; t <= at; t++) { /* one of the seconds in which it can have come */
        mst_httpdate_print(t, date);
        (void)snprintf(field, sizeof field, "\r\nLast-Modified: %s\r\n", date);
        if (mst_text_has(answer.head, field))
            at = -1;
    }
    ck_assert_int_eq(at, -1);
    ck_assert(answer.head.len + answer.body.len <= 198);
    end();
}
MST_TEST_END

MST_TEST(the_oldest_point_that_is_strictly_newer_comes_so_that_a_walk_sees_each)
{
    static const char *const seen[] = {"temp=1", "temp=2", "temp=3"};

    begin();
    mst_site_record(site, cik, "temp", 1002, "3");
    mst_site_record(site, cik, "temp", 1000, "1");
    mst_site_record(site, cik, "temp", 1001, "2");
    for (int64_t i = 0; i < 3; i++) {
        char fields[96];

        (void)snprintf(fields, sizeof fields,
                       "Request-Timeout: 1000\r\nIf-Modified-Since: %lld\r\n",
                       (long long)(999 + i));
        ck_value(poll("temp", fields), seen[i]);
    }
    ck_over(poll("temp", "Request-Timeout: 1\r\nIf-Modified-Since: 1002\r\n"));
    end();
}
MST_TEST_END

MST_TEST(a_date_is_unix_seconds_or_any_of_the_three_forms_of_http)
{
    static const struct {
        const char *text;
        int64_t at;
    } rows[] = {
        {"784111777",                      784111777},
        {"784111777.9",                    784111777},
        {"-1",                             -1       },
        {"0",                              0        },
        {"Sun, 06 Nov 1994 08:49:37 GMT",  784111777},
        {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
        {"Sun Nov  6 08:49:37 1994",       784111777},
        {" 784111777 ",                    784111777},
    };
    static const char *const none[] = {"", "yesterday", "1e99", "Sun, 31 Feb 1994 08:49:37 GMT"};
    int64_t at;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_msg(mst_poll_since(mst_span_str(rows[i].text), 1700000000, &at), "%s",
                      rows[i].text);
        ck_assert_int_eq(at, rows[i].at);
    }
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        ck_assert_msg(!mst_poll_since(mst_span_str(none[i]), 1700000000, &at), "%s", none[i]);
}
MST_TEST_END

MST_TEST(either_name_of_the_field_and_each_form_reach_the_read)
{
    static const char *const fields[] = {"If-Modified-Since: 784111776\r\n",
                                         "If-Not-Modified-Since: 784111776\r\n",
                                         "if-modified-since: Sun, 06 Nov 1994 08:49:36 GMT\r\n",
                                         "If-Modified-Since: Sunday, 06-Nov-94 08:49:36 GMT\r\n",
                                         "If-Modified-Since: Sun Nov  6 08:49:36 1994\r\n"};

    begin();
    mst_site_record(site, cik, "temp", 784111777, "5");
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        char all[160];
        struct mst_answer answer;

        (void)snprintf(all, sizeof all, "%sRequest-Timeout: 1000\r\n", fields[i]);
        answer = poll("temp", all);
        ck_value(answer, "temp=5");
        ck_assert(
            mst_text_has(answer.head, "\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
    }
    ck_over(poll("temp", "Request-Timeout: 1\r\nIf-Modified-Since: 784111777\r\n"));
    ck_over(poll("temp", "Request-Timeout: 1\r\nIf-Modified-Since: nonsense\r\n")); /* from now */
    end();
}
MST_TEST_END

MST_TEST(the_value_is_escaped_as_in_a_read)
{
    begin();
    mst_site_record(site, cik, "note", 1000, "a%3Db%26c");
    ck_value(poll("note", "Request-Timeout: 1000\r\nIf-Modified-Since: 0\r\n"), "note=a%3Db%26c");
    end();
}
MST_TEST_END

/* ---- which aliases ---- */

MST_TEST(of_several_aliases_the_first_that_changes_is_told)
{
    begin();
    send_poll("temp&nosuch&count&temp", "Request-Timeout: 300000\r\n");
    mst_site_await_asleep(1);
    mst_site_write(site, cik, "note=other");
    mst_site_write(site, cik, "count=7");
    ck_value(mst_line_reply(&line), "count=7");
    mst_site_record(site, cik, "temp", 2000, "2");
    mst_site_record(site, cik, "count", 1000, "1");
    ck_value(poll("temp&count", "Request-Timeout: 1000\r\nIf-Modified-Since: 0\r\n"), "count=1");
    end();
}
MST_TEST_END

MST_TEST(more_aliases_than_may_be_waited_for_are_refused)
{
    char aliases[MST_WAIT_PORTS_MAX * 8] = "", again[MST_WAIT_PORTS_MAX * 8 + 8];
    size_t at = 0;

    for (int i = 0; i < MST_WAIT_PORTS_MAX; i++)
        at += (size_t)snprintf(&aliases[at], sizeof aliases - at, "%sa%d", i > 0 ? "&" : "", i);
    begin();
    (void)snprintf(again, sizeof again, "%s&a0", aliases);
    ck_over(poll(again, "Request-Timeout: 1\r\n"));
    (void)snprintf(again, sizeof again, "%s&b", aliases);
    ck_assert_uint_eq(poll(again, "Request-Timeout: 1\r\n").status, 400);
    end();
}
MST_TEST_END

MST_TEST(the_query_of_a_wait_may_stand_in_the_body_if_that_is_short)
{
    static char text[MST_WAIT_BODY_MAX + 512];
    size_t head;

    begin();
    mst_site_record(site, cik, "temp", 1000, "1");
    for (size_t extra = 0; extra < 2; extra++) {
        size_t len = MST_WAIT_BODY_MAX + extra;

        head = (size_t)snprintf(text, sizeof text,
                                "GET " ALIAS " HTTP/1.1\r\nX-Exosite-CIK: %s\r\n"
                                "Request-Timeout: 1000\r\nIf-Modified-Since: 0\r\n"
                                "Content-Length: %zu\r\n\r\ntemp&",
                                cik, len);
        memset(&text[head], 'a', len - 5);
        mst_line_send_bytes(&line, mst_span_of(text, head + len - 5));
        ck_assert_uint_eq(mst_line_reply(&line).status, extra > 0 ? 413 : 200);
    }
    end();
}
MST_TEST_END

MST_TEST(an_unknown_alias_waits_and_is_noticed_when_it_is_given)
{
    begin();
    ck_over(poll("late", "Request-Timeout: 1\r\n"));
    send_poll("late", "Request-Timeout: 300000\r\n");
    mst_site_await_asleep(1);
    (void)mst_site_rpc(site, cik, "map", "[\"alias\",{\"alias\":\"count\"},\"late\"]");
    mst_site_write(site, cik, "late=8");
    ck_value(mst_line_reply(&line), "late=8");
    end();
}
MST_TEST_END

MST_TEST(an_alias_with_a_plus_is_waited_for_as_it_is_read)
{
    begin();
    (void)mst_site_rpc(site, cik, "map", "[\"alias\",{\"alias\":\"count\"},\"x+y\"]");
    send_poll("x+y", "Request-Timeout: 300000\r\n");
    mst_site_await_asleep(1);
    mst_site_write(site, cik, "x+y=8");
    ck_value(mst_line_reply(&line), "x%2By=8");
    end();
}
MST_TEST_END

/* ---- keys ---- */

static void disable(void)
{
    ck_assert_status(site, 205, "POST", "/provision/manage/model/m1/dev1", scene.by_token,
                     "disable=true");
}

MST_TEST(a_key_that_dies_during_the_wait_is_answered_401_at_once)
{
    begin();
    send_poll("temp", "Request-Timeout: 300000\r\n");
    mst_site_await_asleep(1);
    disable();
    ck_assert_uint_eq(mst_line_reply(&line).status, 401);
    ck_assert_uint_eq(poll("temp", "Request-Timeout: 300000\r\n").status, 401);
    end();
}
MST_TEST_END

/* ---- the connection (2.1.3) ---- */

MST_TEST(nothing_is_sent_while_a_poll_waits_and_the_connection_lives_on)
{
    char c;

    begin();
    send_poll("temp", "Request-Timeout: 300000\r\n");
    mst_site_await_asleep(1);
    ck_assert_int_eq(recv(line.fd, &c, 1, MSG_DONTWAIT), -1);
    mst_site_write(site, cik, "temp=1");
    ck_value(mst_line_reply(&line), "temp=1");
    ck_value(poll("temp", ""), "temp=1");
    end();
}
MST_TEST_END

MST_TEST(a_peer_that_ends_its_side_gets_its_304_at_once_and_the_connection_closes)
{
    struct mst_answer answer;

    begin();
    send_poll("temp", "Request-Timeout: 300000\r\n");
    mst_site_await_asleep(1);
    mst_line_half_close(&line);
    answer = mst_line_reply(&line);
    ck_over(answer);
    ck_assert(answer.is_closing);
    ck_assert_uint_eq(mst_line_rest(&line).len, 0);
    end();
}
MST_TEST_END

MST_TEST(a_peer_that_ended_its_side_before_is_answered_at_once_too)
{
    begin();
    send_poll("temp", "Request-Timeout: 300000\r\n");
    mst_line_half_close(&line);
    ck_over(mst_line_reply(&line));
    ck_assert_uint_eq(mst_line_rest(&line).len, 0);
    end();
}
MST_TEST_END

MST_TEST(a_peer_that_is_gone_is_noticed)
{
    const struct linger abort_at_once = {.l_onoff = 1, .l_linger = 0};
    struct mst_line other;

    begin();
    other = line;
    line = mst_line_open(site);
    send_poll("temp", "Request-Timeout: 300000\r\n");
    mst_site_await_asleep(1);
    ck_assert_int_eq(
        setsockopt(line.fd, SOL_SOCKET, SO_LINGER, &abort_at_once, sizeof abort_at_once), 0);
    mst_line_close(&line);
    mst_site_await_asleep(0);
    line = other;
    mst_site_write(site, cik, "temp=1");
    ck_value(poll("temp", ""), "temp=1");
    end();
}
MST_TEST_END

MST_TEST(requests_behind_a_poll_wait_for_it)
{
    begin();
    send_poll("temp", "Request-Timeout: 300000\r\n");
    send_poll("temp", "");
    mst_site_await_asleep(1);
    mst_site_write(site, cik, "temp=3");
    ck_value(mst_line_reply(&line), "temp=3");
    ck_value(mst_line_reply(&line), "temp=3");
    send_poll("temp", "Request-Timeout: 300000\r\n");
    send_poll("temp", "");
    mst_line_half_close(&line);
    ck_over(mst_line_reply(&line));
    ck_value(mst_line_reply(&line), "temp=3");
    ck_assert_uint_eq(mst_line_rest(&line).len, 0);
    end();
}
MST_TEST_END

/* The root client's key serves: an alias that it does not have is waited for like any. */
MST_TEST(deadlines_between_requests_do_not_run_during_a_wait)
{
    const struct mst_site_opts opts = {
        .http = {.head_ms = 300, .body_ms = 300, .idle_ms = 300, .send_ms = 300}
    };

    site = mst_site_start(&opts);
    (void)snprintf(cik, sizeof cik, "%s", mst_site_root(site));
    line = mst_line_open(site);
    ck_over(poll("temp", "Request-Timeout: 700\r\n"));
    end();
}
MST_TEST_END

MST_TEST(a_drain_ends_waits_with_304_and_close)
{
    struct mst_answer answer;

    begin();
    send_poll("temp", "Request-Timeout: 300000\r\n");
    mst_site_await_asleep(1);
    mst_site_start_drain(site);
    answer = mst_line_reply(&line);
    ck_over(answer);
    ck_assert(answer.is_closing);
    mst_line_close(&line);
    mst_site_await_drain(site);
    line = (struct mst_line){.fd = -1};
    end();
}
MST_TEST_END

MST_TEST(a_server_that_stops_with_polls_asleep_leaves_nothing_behind)
{
    begin();
    send_poll("temp&count", "Request-Timeout: 300000\r\n");
    mst_site_await_asleep(1);
    mst_site_stop(site);
    mst_line_close(&line);
    mst_site_await_asleep(0);
}
MST_TEST_END

/* ---- more than may wait ---- */

MST_TEST(one_more_than_the_tenant_may_have_is_503_never_401_and_what_is_new_is_told_all_the_same)
{
    const struct mst_site_opts opts = {
        .http = {.waits_max = 2, .tenant_share = 50}
    };
    struct mst_line second;
    struct mst_answer answer;

    begin_with(&opts);
    send_poll("temp", "Request-Timeout: 300000\r\n");
    mst_site_await_asleep(1);
    second = line;
    line = mst_line_open(site);
    answer = poll("temp", "Request-Timeout: 300000\r\n");
    ck_assert_uint_eq(answer.status, 503);
    ck_assert(mst_text_has(answer.head, "\r\nRetry-After: "));
    ck_assert(answer.is_closing);
    ck_assert_span_str(answer.body, "HTTP/1.1 503 Service Unavailable\r\n");
    mst_line_close(&line);
    mst_site_write(site, cik, "temp=7");
    ck_value(mst_line_reply(&second), "temp=7");
    line = second;
    mst_site_await_asleep(0);
    ck_over(poll("temp", "Request-Timeout: 1\r\n")); /* its place is free again */
    end();
}
MST_TEST_END

MST_TESTS("2.12.4", a_timeout_is_milliseconds_clamped_to_300000_and_anything_not_positive_is_none,
          without_a_positive_timeout_it_is_an_ordinary_read,
          time_that_runs_out_is_304_with_a_length_of_0, a_wait_is_never_shorter_than_asked,
          a_value_that_comes_answers_with_its_date,
          the_oldest_point_that_is_strictly_newer_comes_so_that_a_walk_sees_each,
          a_date_is_unix_seconds_or_any_of_the_three_forms_of_http,
          either_name_of_the_field_and_each_form_reach_the_read, the_value_is_escaped_as_in_a_read,
          of_several_aliases_the_first_that_changes_is_told,
          more_aliases_than_may_be_waited_for_are_refused,
          the_query_of_a_wait_may_stand_in_the_body_if_that_is_short,
          an_unknown_alias_waits_and_is_noticed_when_it_is_given,
          an_alias_with_a_plus_is_waited_for_as_it_is_read,
          a_key_that_dies_during_the_wait_is_answered_401_at_once,
          nothing_is_sent_while_a_poll_waits_and_the_connection_lives_on,
          a_peer_that_ends_its_side_gets_its_304_at_once_and_the_connection_closes,
          a_peer_that_ended_its_side_before_is_answered_at_once_too, a_peer_that_is_gone_is_noticed,
          requests_behind_a_poll_wait_for_it, deadlines_between_requests_do_not_run_during_a_wait,
          a_drain_ends_waits_with_304_and_close,
          a_server_that_stops_with_polls_asleep_leaves_nothing_behind,
          one_more_than_the_tenant_may_have_is_503_never_401_and_what_is_new_is_told_all_the_same)

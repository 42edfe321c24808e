/* protocol.md 2.15.4: the procedure wait. */
#include <sys/socket.h>

#include "base/limits.h"
#include "sys/clock.h"
#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#define TEMP "{\"alias\":\"temp\"}"

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

/* calls: the elements of the list. */
static void send_calls(const char *calls)
{
    char text[12 * 1024], body[11 * 1024];
    int n = snprintf(body, sizeof body, "{\"auth\":{\"cik\":\"%s\"},\"calls\":[%s]}", cik, calls);

    ck_assert(n < (int)sizeof body);
    (void)snprintf(text, sizeof text,
                   "POST /onep:v1/rpc/process HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s", n, body);
    mst_line_send(&line, text);
}

#define CALL(id, procedure, args) \
    "{\"id\":" #id ",\"procedure\":\"" procedure "\",\"arguments\":" args "}"

static void ck_reply(const char *want)
{
    struct mst_answer answer = mst_line_reply(&line);

    ck_assert_uint_eq(answer.status, 200);
    ck_assert_span_str(answer.body, want);
}

static void ck_calls(const char *calls, const char *want)
{
    send_calls(calls);
    ck_reply(want);
}

MST_TEST(the_first_point_after_since_is_a_flat_pair_typed_by_the_format)
{
    begin();
    mst_site_record(site, cik, "temp", 1000, "1.5");
    mst_site_record(site, cik, "temp", 1001, "2.5");
    mst_site_record(site, cik, "count", 1000, "7");
    mst_site_record(site, cik, "note", 1000, "a%22b");
    ck_calls(CALL(1, "wait", "[" TEMP ",{\"since\":999}]"),
             "[{\"id\":1,\"status\":\"ok\",\"result\":[1000,1.5]}]");
    ck_calls(CALL(1, "wait", "[" TEMP ",{\"since\":1000,\"timeout\":1000}]"),
             "[{\"id\":1,\"status\":\"ok\",\"result\":[1001,2.5]}]");
    ck_calls(CALL(1, "wait", "[" TEMP ",{\"since\":1000.75}]"),
             "[{\"id\":1,\"status\":\"ok\",\"result\":[1001,2.5]}]");
    ck_calls(CALL(1, "wait", "[" TEMP ",{\"since\":999.999}]"),
             "[{\"id\":1,\"status\":\"ok\",\"result\":[1000,1.5]}]");
    ck_calls(CALL(1, "wait", "[" TEMP ",{\"since\":-1e30}]"),
             "[{\"id\":1,\"status\":\"ok\",\"result\":[1000,1.5]}]");
    ck_calls(CALL(1, "wait", "[{\"alias\":\"count\"},{\"since\":0}]"),
             "[{\"id\":1,\"status\":\"ok\",\"result\":[1000,7]}]");
    ck_calls(CALL(1, "wait", "[{\"alias\":\"note\"},{\"since\":0}]"),
             "[{\"id\":1,\"status\":\"ok\",\"result\":[1000,\"a\\\"b\"]}]");
    end();
}
MST_TEST_END

MST_TEST(time_that_runs_out_is_expire_and_none_is_so_at_once)
{
    static const char *const options[] = {"{\"timeout\":1}",
                                          "{\"timeout\":0}",
                                          "{\"timeout\":-5}",
                                          "{\"timeout\":0.5}",
                                          "{\"timeout\":1,\"since\":null}",
                                          "{\"timeout\":1,\"since\":1001}",
                                          "{\"timeout\":1,\"since\":1e30}"};

    begin();
    mst_site_record(site, cik, "temp", 1001, "2.5");
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        char call[256];

        (void)snprintf(call, sizeof call, CALL(1, "wait", "[" TEMP ",%s]"), options[i]);
        ck_calls(call, "[{\"id\":1,\"status\":\"expire\"}]");
    }
    end();
}
MST_TEST_END

MST_TEST(without_since_it_waits_for_a_new_value_half_a_minute_or_what_is_asked)
{
    static const char *const calls[] = {CALL(1, "wait", "[" TEMP "]"),
                                        CALL(1, "wait", "[" TEMP ",{}]"),
                                        CALL(1, "wait", "[" TEMP ",{\"since\":null}]"),
                                        CALL(1, "wait", "[" TEMP ",{\"timeout\":9e99}]")};

    begin();
    mst_site_record(site, cik, "temp", 1000, "1");
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        char want[96], value[32];
        int64_t at;
        struct mst_answer answer;

        send_calls(calls[i]);
        mst_site_await_asleep(1);
        mst_site_record(site, cik, "temp", 1500, "1"); /* old: it goes on waiting */
        (void)snprintf(value, sizeof value, "temp=%zu", 10 + i);
        mst_site_write(site, cik, value);
        answer = mst_line_reply(&line);
        at = mst_clock_wall_s();
        for (int64_t t = at - 30; t <= at; t++) {
            (void)snprintf(want, sizeof want,
                           "[{\"id\":1,\"status\":\"ok\",\"result\":[%lld,%zu]}]", (long long)t,
                           10 + i);
            if (mst_span_eq(answer.body, mst_span_str(want)))
                at = -1;
        }
        ck_assert_msg(at == -1, "%.*s", (int)answer.body.len, answer.body.ptr);
    }
    end();
}
MST_TEST_END

MST_TEST(calls_before_and_behind_it_run_in_order)
{
    begin();
    mst_site_record(site, cik, "temp", 1000, "1");
    ck_calls(CALL(1, "lookup", "[\"alias\",\"nosuch\"]") "," CALL(
                 2, "wait",
                 "[" TEMP
                 ",{\"timeout\":1}]") "," CALL(3, "map",
                                               "[\"alias\"," TEMP
                                               ",\"t2\"]") "," CALL(4, "wait",
                                                                    "[{\"alias\":\"t2\"},{"
                                                                    "\"since\":1}]") "," CALL(5,
                                                                                              "wai"
                                                                                              "t",
                                                                                              "[{"
                                                                                              "\"al"
                                                                                              "ias"
                                                                                              "\":"
                                                                                              "\"t2"
                                                                                              "\"},"
                                                                                              "{\"t"
                                                                                              "imeo"
                                                                                              "ut\""
                                                                                              ":1}"
                                                                                              "]"),
             "[{\"id\":1,\"status\":\"invalid\"},{\"id\":2,\"status\":\"expire\"},"
             "{\"id\":3,\"status\":\"ok\"},{\"id\":4,\"status\":\"ok\",\"result\":[1000,1]},"
             "{\"id\":5,\"status\":\"expire\"}]");
    end();
}
MST_TEST_END

MST_TEST(what_cannot_be_waited_for_is_invalid_and_wrong_types_are_unsupported)
{
    begin();
    ck_calls(CALL(1, "wait", "[{\"alias\":\"nosuch\"}]"), "[{\"id\":1,\"status\":\"invalid\"}]");
    ck_calls(CALL(1, "wait", "[{\"alias\":\"\"}]"), "[{\"id\":1,\"status\":\"invalid\"}]");
    ck_calls(CALL(1, "wait", "[\"0000000000000000000000000000000000000000\"]"),
             "[{\"id\":1,\"status\":\"invalid\"}]");
    ck_calls(CALL(1, "wait", "[" TEMP ",{\"timeout\":\"soon\"}]"),
             "[{\"id\":1,\"status\":\"fail\",\"error\":{\"code\":501,\"message\":\"Error\","
             "\"context\":\"arguments\"}}]");
    ck_calls(CALL(1, "wait", "[]"),
             "[{\"id\":1,\"status\":\"fail\",\"error\":{\"code\":501,\"message\":\"Error\","
             "\"context\":\"arguments\"}}]");
    end();
}
MST_TEST_END

MST_TEST(a_port_that_is_dropped_or_whose_alias_moves_ends_the_wait)
{
    begin();
    send_calls(CALL(1, "wait", "[" TEMP ",{\"timeout\":300000}]"));
    mst_site_await_asleep(1);
    (void)mst_site_rpc(site, cik, "unmap", "[\"alias\",\"temp\"]");
    ck_reply("[{\"id\":1,\"status\":\"invalid\"}]");
    send_calls(CALL(1, "wait", "[{\"alias\":\"count\"},{\"timeout\":300000}]"));
    mst_site_await_asleep(1);
    (void)mst_site_rpc(site, cik, "drop", "[{\"alias\":\"count\"}]");
    ck_reply("[{\"id\":1,\"status\":\"invalid\"}]");
    end();
}
MST_TEST_END

MST_TEST(a_request_that_is_too_large_to_be_kept_does_not_wait)
{
    static char call[MST_WAIT_BODY_MAX + 1024];
    int n = snprintf(call, sizeof call, CALL(1, "wait", "[" TEMP ",{\"timeout\":300000}]") ",");

    begin();
    memset(&call[n], ' ', MST_WAIT_BODY_MAX);
    (void)snprintf(&call[(size_t)n + MST_WAIT_BODY_MAX], 256, "%s", CALL(2, "wait", "[]"));
    ck_calls(call, "[{\"id\":1,\"status\":\"error\"},{\"id\":2,\"status\":\"fail\",\"error\":{"
                   "\"code\":501,\"message\":\"Error\",\"context\":\"arguments\"}}]");
    end();
}
MST_TEST_END

#define READ CALL(1, "read", "[{\"alias\":\"note\"}]")

MST_TEST(one_that_has_long_answers_to_keep_does_not_wait)
{
    static char value[MST_VALUE_MAX + 16];
    const struct mst_span tail = MST_LIT(",{\"id\":2,\"status\":\"error\"}]");
    struct mst_answer answer;

    begin();
    (void)snprintf(value, sizeof value, "note=%0*d", (int)MST_VALUE_MAX, 0);
    mst_site_write(site, cik, value);
    send_calls(READ "," READ "," READ "," READ
                    "," CALL(2, "wait", "[" TEMP ",{\"timeout\":300000}]"));
    answer = mst_line_reply(&line);
    ck_assert_uint_gt(answer.body.len, MST_WAIT_KEPT_MAX);
    ck_assert_span_eq(mst_span_cut(answer.body, answer.body.len - tail.len, answer.body.len), tail);
    end();
}
MST_TEST_END

static void ck_status(const char *calls, unsigned status)
{
    send_calls(calls);
    ck_assert_uint_eq(mst_line_reply(&line).status, status);
}

/* A body that has not ended. */
static void send_head_and_zeros(size_t n)
{
    mst_line_send(&line, "POST /onep:v1/rpc/process HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n");
    for (size_t i = 0; i < n; i += 10)
        mst_line_send(&line, "0000000000");
}

/* held.h. Two answers fit, beside what is small; two and two do not. */
MST_TEST(what_is_large_and_held_has_a_bound_that_what_is_small_does_not_feel)
{
    enum { LARGE = 60000 };
    static char value[LARGE + 16];
    const struct mst_site_opts opts = {.http = {.held_max_bytes = 4 * LARGE}};
    struct mst_line waiting;

    begin_with(&opts);
    (void)snprintf(value, sizeof value, "note=%0*d", LARGE, 0);
    mst_site_write(site, cik, value);
    send_calls(READ "," READ "," CALL(2, "wait", "[" TEMP ",{\"timeout\":300000}]"));
    mst_site_await_asleep(1);
    waiting = line;
    line = mst_line_open(site);
    ck_status(READ "," READ "," CALL(2, "wait", "[" TEMP ",{\"timeout\":300000}]"), 503);
    ck_status(READ "," READ, 503);
    ck_status(READ, 200);
    send_head_and_zeros(2 * LARGE);
    ck_assert_uint_eq(mst_line_reply(&line).status, 503);
    mst_line_close(&line);
    line = mst_line_open(site);
    mst_site_write(site, cik, "temp=1");
    ck_assert_uint_eq(mst_line_reply(&waiting).status, 200);
    ck_status(READ "," READ, 200);
    ck_status(READ "," READ "," CALL(2, "wait", "[" TEMP ",{\"timeout\":1}]"), 200);
    mst_line_close(&waiting);
    end();
}
MST_TEST_END

/* More than the kernel's buffers hold. */
static void send_large_question(void)
{
    struct mst_buf calls;

    mst_buf_init(&calls, MST_KIB(16));
    for (int i = 0; i < MST_RPC_CALLS_MAX; i++)
        (void)mst_buf_add_str(&calls, i > 0 ? "," READ : READ);
    ck_assert_int_eq(mst_buf_add_byte(&calls, '\0'), MST_OK);
    send_calls(calls.ptr);
    mst_buf_fini(&calls);
}

MST_TEST(what_peers_have_not_taken_counts_until_they_take_it_or_go)
{
    enum { ANSWER = MST_RPC_CALLS_MAX * MST_VALUE_MAX }; /* for which a buffer of 8 MiB is taken */
    static char value[MST_VALUE_MAX + 16];
    const struct mst_site_opts opts = {.http = {.held_max_bytes = MST_MIB(8) + MST_KIB(512)}};
    struct mst_answer answer;
    struct mst_line slow;
    int window = 4096;
    char status[12];

    begin_with(&opts);
    (void)snprintf(value, sizeof value, "note=%0*d", (int)MST_VALUE_MAX, 0);
    mst_site_write(site, cik, value);
    ck_assert_int_eq(setsockopt(line.fd, SOL_SOCKET, SO_RCVBUF, &window, sizeof window), 0);
    send_large_question();
    ck_assert_int_eq(recv(line.fd, status, sizeof status, MSG_PEEK | MSG_WAITALL), sizeof status);
    ck_assert_int_eq(memcmp(status, "HTTP/1.1 200", sizeof status), 0); /* it was made */
    slow = line;
    line = mst_line_open(site);
    send_large_question();
    ck_assert_uint_eq(mst_line_reply(&line).status, 503);
    mst_line_close(&slow);
    do {
        send_large_question();
        answer = mst_line_reply(&line);
    } while (answer.status == 503); /* the server has not noticed yet */
    ck_assert_uint_gt(answer.body.len, ANSWER);
    end();
}
MST_TEST_END

MST_TEST(a_key_that_dies_during_the_wait_is_the_error_401_at_once)
{
    begin();
    send_calls(CALL(1, "wait", "[" TEMP ",{\"timeout\":300000}]"));
    mst_site_await_asleep(1);
    ck_assert_status(site, 205, "POST", "/provision/manage/model/m1/dev1", scene.by_token,
                     "disable=true");
    ck_reply(
        "{\"error\":{\"code\":401,\"message\":\"Authorization failed\",\"context\":\"auth\"}}");
    end();
}
MST_TEST_END

MST_TEST(a_peer_that_ends_its_side_and_a_drain_end_all_waits_of_the_request)
{
    begin();
    send_calls(CALL(1, "wait", "[" TEMP ",{\"timeout\":300000}]") "," CALL(
        2, "wait", "[" TEMP ",{\"timeout\":300000}]"));
    mst_site_await_asleep(1);
    mst_line_half_close(&line);
    ck_reply("[{\"id\":1,\"status\":\"expire\"},{\"id\":2,\"status\":\"expire\"}]");
    mst_line_close(&line);
    line = mst_line_open(site);
    send_calls(CALL(1, "wait", "[" TEMP ",{\"timeout\":300000}]"));
    mst_site_await_asleep(1);
    mst_site_start_drain(site);
    ck_reply("[{\"id\":1,\"status\":\"expire\"}]");
    end();
}
MST_TEST_END

/* Without room, or with its tenant's part of it taken, by waits or by what they watch. */
MST_TEST(one_more_than_may_wait_is_limit_and_the_calls_around_it_are_carried_out)
{
    static const struct mst_http_opts rows[] = {
        {.waits_max = 1     },
        {                 .waits_max = 2, .tenant_share = 50},
        {                 .watchers_max = 3                  },
        { .watchers_max = 5,                   .tenant_share = 50}
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct mst_site_opts opts = {.http = rows[i]};
        struct mst_line first;

        begin_with(&opts);
        send_calls(CALL(1, "wait", "[" TEMP "]"));
        mst_site_await_asleep(1);
        first = line;
        line = mst_line_open(site);
        send_calls(CALL(1, "write", "[{\"alias\":\"count\"},5]") "," CALL(
            2, "wait", "[" TEMP "]") "," CALL(3, "read", "[{\"alias\":\"note\"}]"));
        ck_reply("[{\"id\":1,\"status\":\"ok\"},{\"id\":2,\"status\":\"limit\"},"
                 "{\"id\":3,\"status\":\"ok\",\"result\":[]}]");
        mst_line_close(&line);
        line = first;
        mst_line_half_close(&line);
        ck_reply("[{\"id\":1,\"status\":\"expire\"}]");
        mst_site_await_asleep(0);
        end();
    }
}
MST_TEST_END

MST_TESTS("2.15.4 wait", the_first_point_after_since_is_a_flat_pair_typed_by_the_format,
          time_that_runs_out_is_expire_and_none_is_so_at_once,
          without_since_it_waits_for_a_new_value_half_a_minute_or_what_is_asked,
          calls_before_and_behind_it_run_in_order,
          what_cannot_be_waited_for_is_invalid_and_wrong_types_are_unsupported,
          a_port_that_is_dropped_or_whose_alias_moves_ends_the_wait,
          a_request_that_is_too_large_to_be_kept_does_not_wait,
          one_that_has_long_answers_to_keep_does_not_wait,
          what_is_large_and_held_has_a_bound_that_what_is_small_does_not_feel,
          what_peers_have_not_taken_counts_until_they_take_it_or_go,
          a_key_that_dies_during_the_wait_is_the_error_401_at_once,
          a_peer_that_ends_its_side_and_a_drain_end_all_waits_of_the_request,
          one_more_than_may_wait_is_limit_and_the_calls_around_it_are_carried_out)

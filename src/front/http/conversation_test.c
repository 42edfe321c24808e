/* Conversations over real sockets: protocol.md 2.1. */
#include <pthread.h>
#include <sys/socket.h>

#include "tests/lib/site.h"
#include "tests/lib/unit.h"

static struct mst_site *site;
static struct mst_line line;

static void begin_with(const struct mst_http_opts *http)
{
    struct mst_site_opts opts = {0};

    if (http)
        opts.http = *http;
    site = mst_site_start(&opts);
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

static struct mst_answer ask(const char *text)
{
    mst_line_send(&line, text);
    return mst_line_reply(&line);
}

#define GET_TIME "GET /timestamp HTTP/1.1\r\nHost: x\r\n\r\n"

/* ---- 2.1.1: what must be accepted ---- */

MST_TEST(odd_but_legal_requests_are_answered)
{
    static const struct {
        const char *request;
        unsigned status;
    } rows[] = {
        {"GET /timestamp HTTP/1.1\r\n\r\n",                                                       200}, /* no Host */
        {"GET /timestamp HTTP/1.1\r\nHost: m2.exosite.com:80\r\n\r\n",                            200},
        {"GET http://other.example/timestamp HTTP/1.1\r\nHost: x\r\n\r\n",                        200},
        {"GET /timestamp HTTP/1.1\r\nHost: x\r\nAccept: text/plain\r\nAccept: image/png\r\n\r\n",
         200                                                                                         },
        {"GET /timestamp HTTP/1.1\r\nContent-Type: application/json\r\n\r\n",                     200},
        {"GET /timestamp? HTTP/1.1\r\n\r\n",                                                      200},
        {"GET /%74imestamp HTTP/1.1\r\n\r\n",                                                     200},
        {"GET /timestamp HTTP/1.1\r\ncontent-length:3\r\n\r\na=b",                                200},
        {"\r\n\r\nGET /timestamp HTTP/1.1\r\n\r\n",                                               200},
        {"POST /provision/activate HTTP/1.1\r\nX-EXOSITE-CIK:\r\nX-Exosite-Token: \r\n"
         "content-length:25\r\n\r\nvendor=acme&model=m1&sn=1",                           403},
        {"POST /provision/activate HTTP/1.1\r\n\r\n",                                             400}, /* no length: the body is empty */
        {"POST /provision/activate HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
         "a\r\nvendor=acm\r\nf\r\ne&model=m1&sn=1\r\n0\r\n\r\n",                         403},
        {"POST /onep:v1/stack/alias? HTTP/1.1\r\nContent-Length: 3\r\n\r\na=1",                   401},
    };

    begin();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_answer answer = ask(rows[i].request);

        ck_assert_msg(answer.status == rows[i].status, "row %zu: %u", i, answer.status);
        ck_assert(!answer.is_closing);
    }
    end();
}
MST_TEST_END

MST_TEST(a_line_end_after_a_body_is_skipped)
{
    begin();
    ck_assert_uint_eq(ask("POST /provision/activate HTTP/1.1\r\nContent-Length: 25\r\n\r\n"
                          "vendor=acme&model=m1&sn=1\r\n")
                          .status,
                      403);
    ck_assert_uint_eq(ask(GET_TIME).status, 200);
    end();
}
MST_TEST_END

MST_TEST(a_request_in_segments_of_one_byte_is_understood)
{
    static const char request[] = "\r\nPOST /provision/activate HTTP/1.1\r\nHost: x\r\n"
                                  "Content-Length: 25\r\n\r\nvendor=acme&model=m1&sn=1";

    begin();
    for (size_t i = 0; i + 1 < sizeof request; i++)
        mst_line_send_bytes(&line, mst_span_of(&request[i], 1));
    ck_assert_uint_eq(mst_line_reply(&line).status, 403);
    end();
}
MST_TEST_END

MST_TEST(a_chunked_body_in_segments_of_one_byte_is_understood)
{
    static const char request[] =
        "POST /provision/activate HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        "19;x=y\r\nvendor=acme&model=m1&sn=1\r\n0\r\nTrailer: z\r\n\r\n" GET_TIME;

    begin();
    for (size_t i = 0; i + 1 < sizeof request; i++)
        mst_line_send_bytes(&line, mst_span_of(&request[i], 1));
    ck_assert_uint_eq(mst_line_reply(&line).status, 403);
    ck_assert_uint_eq(mst_line_reply(&line).status, 200);
    end();
}
MST_TEST_END

MST_TEST(pipelined_requests_are_answered_in_order)
{
    begin();
    mst_line_send(&line, GET_TIME "GET /nowhere HTTP/1.1\r\n\r\n"
                                  "POST /timestamp HTTP/1.1\r\n\r\n" GET_TIME);
    ck_assert_uint_eq(mst_line_reply(&line).status, 200);
    ck_assert_uint_eq(mst_line_reply(&line).status, 404);
    ck_assert_uint_eq(mst_line_reply(&line).status, 405);
    ck_assert_uint_eq(mst_line_reply(&line).status, 200);
    end();
}
MST_TEST_END

MST_TEST(a_long_pipeline_behind_commands_is_answered_whole)
{
    enum { REQUESTS = 2000 };
    static const char request[] = "POST /provision/activate HTTP/1.1\r\nContent-Length: 25\r\n\r\n"
                                  "vendor=acme&model=m1&sn=1";
    struct mst_http_opts http = {.requests_per_connection = REQUESTS + 1};
    struct mst_buf all;

    begin_with(&http);
    mst_buf_init(&all, REQUESTS * sizeof request);
    for (size_t i = 0; i < REQUESTS; i++)
        (void)mst_buf_add_str(&all, request);
    ck_assert_int_eq(mst_buf_err(&all), MST_OK);
    mst_line_send_bytes(&line, mst_buf_span(&all));
    for (size_t i = 0; i < REQUESTS; i++)
        ck_assert_uint_eq(mst_line_reply(&line).status, 403);
    mst_buf_fini(&all);
    end();
}
MST_TEST_END

MST_TEST(a_client_that_waits_for_100_gets_it_before_the_answer)
{
    begin();
    mst_line_send(&line, "POST /provision/activate HTTP/1.1\r\nContent-Length: 25\r\n"
                         "Expect: 100-continue\r\n\r\n");
    ck_assert_uint_eq(mst_line_reply(&line).status, 100);
    mst_line_send(&line, "vendor=acme&model=m1&sn=1");
    ck_assert_uint_eq(mst_line_reply(&line).status, 403);
    end();
}
MST_TEST_END

MST_TEST(a_client_that_half_closes_gets_its_reply_and_then_the_end)
{
    begin();
    mst_line_send(&line, "POST /provision/activate HTTP/1.1\r\nContent-Length: 25\r\n\r\n"
                         "vendor=acme&model=m1&sn=1" GET_TIME);
    mst_line_half_close(&line);
    ck_assert_uint_eq(mst_line_reply(&line).status, 403);
    ck_assert_uint_eq(mst_line_reply(&line).status, 200);
    ck_assert_uint_eq(mst_line_rest(&line).len, 0);
    end();
}
MST_TEST_END

/* ---- 2.1.1, last paragraph, and caps: refused with a close ---- */

MST_TEST(what_cannot_be_read_is_refused_and_the_connection_closed)
{
    static const struct {
        const char *request;
        unsigned status;
    } rows[] = {
        {"nonsense\r\n\r\n",                                                                 400},
        {"GET /timestamp HTTP/1.1\r\nno colon\r\n\r\n",                                      400},
        {"GET /timestamp HTTP/1.1\r\nContent-Length: -1\r\n\r\n",                            400},
        {"GET /timestamp HTTP/1.1\r\nContent-Length: x\r\n\r\n",                             400},
        {"GET /timestamp HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",      400},
        {"POST /provision/activate HTTP/1.1\r\nContent-Length: 5\r\n"
         "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",                             400},
        {"GET /%zz HTTP/1.1\r\n\r\n",                                                        400},
        {"GET /%00 HTTP/1.1\r\n\r\n",                                                        400},
        {"GET /timestamp HTTP/2.0\r\n\r\n",                                                  400},
        {"POST /provision/activate HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",   400},
        {"POST /provision/activate HTTP/1.1\r\nContent-Length: 4097\r\n\r\n",                413},
        {"POST /provision/activate HTTP/1.1\r\nContent-Length: 9223372036854775807\r\n\r\n", 413},
        {"POST /nowhere HTTP/1.1\r\nContent-Length: 65537\r\n\r\n",                          413},
        {"POST /provision/activate HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",    501},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_answer answer;

        begin();
        answer = ask(rows[i].request);
        ck_assert_msg(answer.status == rows[i].status, "row %zu: %u", i, answer.status);
        ck_assert_msg(answer.is_closing, "row %zu", i);
        ck_assert_uint_gt(answer.body.len, 0);
        ck_assert_uint_eq(mst_line_rest(&line).len, 0);
        end();
    }
}
MST_TEST_END

static void ask_long(const char *before, size_t n, const char *after, unsigned status)
{
    struct mst_buf text;

    begin();
    mst_buf_init(&text, MST_KIB(64));
    (void)mst_buf_add_str(&text, before);
    for (size_t i = 0; i < n; i++)
        (void)mst_buf_add_byte(&text, 'a');
    (void)mst_buf_add_str(&text, after);
    mst_line_send_bytes(&line, mst_buf_span(&text));
    struct mst_answer answer = mst_line_reply(&line);
    ck_assert_uint_eq(answer.status, status);
    ck_assert_int_eq(answer.is_closing, status != 404 && status != 200);
    mst_buf_fini(&text);
    end();
}

MST_TEST(heads_beyond_their_limits_are_refused)
{
    ask_long("GET /", 4000, " HTTP/1.1\r\n\r\n", 404);
    ask_long("GET /", 5000, " HTTP/1.1\r\n\r\n", 431);
    ask_long("GET /timestamp HTTP/1.1\r\nX: ", 8000, "\r\n\r\n", 200);
    ask_long("GET /timestamp HTTP/1.1\r\nX: ", 9000, "\r\n\r\n", 431);
    ask_long("GET /timestamp HTTP/1.1\r\nX: ", 9000, "", 431);
}
MST_TEST_END

MST_TEST(a_chunked_body_beyond_the_cap_is_refused)
{
    struct mst_buf text;

    begin();
    mst_buf_init(&text, MST_KIB(64));
    (void)mst_buf_add_str(
        &text, "POST /provision/activate HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2000\r\n");
    for (size_t i = 0; i < 0x2000; i++)
        (void)mst_buf_add_byte(&text, 'a');
    mst_line_send_bytes(&line, mst_buf_span(&text));
    ck_assert_uint_eq(mst_line_reply(&line).status, 413);
    ck_assert_uint_eq(mst_line_rest(&line).len, 0);
    mst_buf_fini(&text);
    end();
}
MST_TEST_END

/* ---- 2.1.3: connections ---- */

MST_TEST(close_is_honoured_however_it_is_spelled)
{
    static const char *const rows[] = {
        "GET /timestamp HTTP/1.1\r\nConnection: close\r\n\r\n",
        "GET /timestamp HTTP/1.1\r\nConnection: Close\r\n\r\n",
        "GET /timestamp HTTP/1.1\r\nConnection: Close \r\n\r\n",
        "GET /timestamp HTTP/1.1\r\nconnection:TE, close\r\n\r\n",
        "GET /timestamp HTTP/1.0\r\n\r\n",
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_answer answer;

        begin();
        answer = ask(rows[i]);
        ck_assert_uint_eq(answer.status, 200);
        ck_assert(answer.is_closing);
        ck_assert_uint_eq(mst_line_rest(&line).len, 0);
        end();
    }
}
MST_TEST_END

MST_TEST(http_1_0_stays_open_if_it_asks_to)
{
    struct mst_answer answer;

    begin();
    answer = ask("GET /timestamp HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    ck_assert(mst_span_starts(answer.head, MST_LIT("HTTP/1.1 200 OK\r\n")));
    ck_assert(mst_text_has(answer.head, "Connection: keep-alive\r\n"));
    ck_assert_uint_eq(ask(GET_TIME).status, 200);
    end();
}
MST_TEST_END

MST_TEST(the_last_allowed_request_is_answered_with_close)
{
    struct mst_http_opts http = {.requests_per_connection = 100};

    begin_with(&http);
    for (int i = 1; i < 100; i++)
        ck_assert(!ask(GET_TIME).is_closing);
    ck_assert(ask(GET_TIME).is_closing);
    ck_assert_uint_eq(mst_line_rest(&line).len, 0);
    end();
}
MST_TEST_END

MST_TEST(a_head_that_trickles_past_its_deadline_is_cut_off)
{
    struct mst_http_opts http = {.head_ms = 100};

    begin_with(&http);
    mst_line_send(&line, "GET /time");
    ck_assert_uint_eq(mst_line_rest(&line).len, 0);
    end();
}
MST_TEST_END

MST_TEST(a_body_that_does_not_come_is_cut_off)
{
    struct mst_http_opts http = {.body_ms = 100};

    begin_with(&http);
    mst_line_send(&line, "POST /provision/activate HTTP/1.1\r\nContent-Length: 25\r\n\r\nven");
    ck_assert_uint_eq(mst_line_rest(&line).len, 0);
    end();
}
MST_TEST_END

MST_TEST(line_ends_do_not_keep_an_idle_connection)
{
    struct mst_http_opts http = {.idle_ms = 100};

    begin_with(&http);
    ck_assert_uint_eq(ask(GET_TIME).status, 200);
    mst_line_send(&line, "\r\n\r\n");
    ck_assert_uint_eq(mst_line_rest(&line).len, 0);
    end();
}
MST_TEST_END

MST_TEST(a_drain_answers_what_is_begun_and_closes_the_rest)
{
    struct mst_line idle;

    begin();
    idle = mst_line_open(site);
    mst_line_send(&idle, GET_TIME);
    ck_assert_uint_eq(mst_line_reply(&idle).status, 200);
    ck_assert_uint_eq(ask(GET_TIME).status, 200);
    mst_line_send(&line, "POST /provision/activate HTTP/1.1\r\nContent-Length: 25\r\n"
                         "Expect: 100-continue\r\n\r\n");
    ck_assert_uint_eq(mst_line_reply(&line).status, 100);
    mst_site_start_drain(site);
    ck_assert_uint_eq(mst_line_rest(&idle).len, 0);
    mst_line_close(&idle);
    struct mst_answer answer = ask("vendor=acme&model=m1&sn=1");
    ck_assert_uint_eq(answer.status, 403);
    ck_assert(answer.is_closing);
    ck_assert_uint_eq(mst_line_rest(&line).len, 0);
    mst_line_close(&line);
    mst_site_await_drain(site);
    mst_site_stop(site);
}
MST_TEST_END

/* ---- 2.1.2, 2.1.4: what is sent ---- */

MST_TEST(an_error_repeats_its_status_line_and_has_no_type)
{
    static const struct {
        const char *request;
        const char *body;
    } rows[] = {
        {"GET /nowhere HTTP/1.1\r\n\r\n",                                                          "HTTP/1.1 404 Not Found\r\n"         },
        {"POST /timestamp HTTP/1.1\r\n\r\n",                                                       "HTTP/1.1 405 Method Not Allowed\r\n"},
        {"POST /provision/activate HTTP/1.1\r\n\r\n",                                              "HTTP/1.1 400 Bad Request\r\n"       },
        {"GET /onep:v1/stack/alias?a HTTP/1.1\r\n\r\n",                                            "HTTP/1.1 401 Unauthorized\r\n"      },
        {"GET /provision/manage/model/ HTTP/1.1\r\n\r\n",                                          "HTTP/1.1 401 Unauthorized\r\n"      },
        {"POST /provision/activate HTTP/1.1\r\nContent-Length: 22\r\n\r\nvendor=a&model=b&sn=c\n",
         "HTTP/1.1 403 Forbidden\r\n"                                                                                                   },
    };

    begin();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_answer answer = ask(rows[i].request);

        ck_assert_span_str(answer.body, rows[i].body);
        ck_assert(!mst_text_has(answer.head, "Content-Type"));
        ck_assert(mst_span_starts(answer.head, mst_span_str(rows[i].body)));
        ck_assert_uint_le(answer.head.len + answer.body.len, 198);
    }
    end();
}
MST_TEST_END

MST_TEST(a_405_names_the_methods_that_are_allowed)
{
    begin();
    ck_assert(mst_text_has(ask("PUT /onep:v1/stack/alias HTTP/1.1\r\n\r\n").head,
                           "Allow: GET, POST\r\n"));
    ck_assert(mst_text_has(ask("POST /provision/manage/model/m HTTP/1.1\r\n\r\n").head,
                           "Allow: GET, PUT, DELETE\r\n"));
    mst_line_send(&line, "HEAD /timestamp HTTP/1.1\r\n\r\n");
    ck_assert_uint_eq(mst_line_reply_to_head(&line).status, 405);
    ck_assert_uint_eq(ask(GET_TIME).status, 200);
    end();
}
MST_TEST_END

MST_TEST(the_lean_head_of_a_reply_is_exact)
{
    struct mst_answer answer;

    begin();
    answer = ask(GET_TIME);
    ck_assert(mst_span_starts(answer.head, MST_LIT("HTTP/1.1 200 OK\r\nDate: ")));
    ck_assert(mst_text_has(answer.head, " GMT\r\nContent-Length: 10\r\n"
                                        "Content-Type: text/plain; charset=utf-8\r\n\r\n"));
    ck_assert_uint_eq(answer.body.len, 10);
    end();
}
MST_TEST_END

/* ---- trouble in the store ---- */

static bool is_always_unknown(void *arg, bool *ret_is_applied)
{
    (void)arg;
    *ret_is_applied = false;
    return true;
}

MST_TEST(a_commit_that_stays_unknown_is_answered_503_with_retry_after)
{
    struct mst_site_opts opts = {.inject_unknown = is_always_unknown};
    struct mst_answer answer;

    site = mst_site_start(&opts);
    line = mst_line_open(site);
    answer = ask("POST /provision/activate HTTP/1.1\r\nContent-Length: 25\r\n\r\n"
                 "vendor=acme&model=m1&sn=1");
    ck_assert_uint_eq(answer.status, 503);
    ck_assert(mst_text_has(answer.head, "Retry-After: "));
    ck_assert_span_str(answer.body, "HTTP/1.1 503 Service Unavailable\r\n");
    ck_assert(!answer.is_closing);
    ck_assert_uint_eq(ask(GET_TIME).status, 200);
    end();
}
MST_TEST_END

/* Holds every commit until the gate opens. */
struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_shut, is_reached;
};

static bool wait_at_gate(void *arg, bool *ret_is_applied)
{
    struct gate *gate = arg;

    (void)ret_is_applied;
    pthread_mutex_lock(&gate->mutex);
    gate->is_reached = true;
    pthread_cond_broadcast(&gate->changed);
    while (gate->is_shut)
        pthread_cond_wait(&gate->changed, &gate->mutex);
    pthread_mutex_unlock(&gate->mutex);
    return false;
}

static void await_commit(struct gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    while (!gate->is_reached)
        pthread_cond_wait(&gate->changed, &gate->mutex);
    pthread_mutex_unlock(&gate->mutex);
}

static void open_gate(struct gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    gate->is_shut = false;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->mutex);
}

#define ACTIVATE                                                      \
    "POST /provision/activate HTTP/1.1\r\nContent-Length: 25\r\n\r\n" \
    "vendor=acme&model=m1&sn=1"

#define ACTIVATE_ANOTHERS                                             \
    "POST /provision/activate HTTP/1.1\r\nContent-Length: 26\r\n\r\n" \
    "vendor=other&model=m1&sn=1"

MST_TEST(a_vendors_full_part_of_the_queue_is_answered_503_at_once_and_others_go_on)
{
    struct gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, true, false};
    struct mst_site_opts opts = {.inject_unknown = wait_at_gate, .arg = &gate, .queue_max = 4};
    struct mst_line lines[8], others;
    unsigned n_full = 0;

    site = mst_site_start(&opts);
    line = mst_line_open(site);
    lines[0] = mst_line_open(site);
    mst_line_send(&lines[0], ACTIVATE);
    await_commit(&gate);
    for (size_t i = 1; i < 8; i++) {
        lines[i] = mst_line_open(site);
        mst_line_send(&lines[i], ACTIVATE);
    }
    /* Two wait, one vendor's part of four; the rest is refused while the commit stands still. */
    for (size_t i = 3; i < 8; i++)
        ck_assert_uint_eq(ask(GET_TIME).status, 200);
    others = mst_line_open(site);
    mst_line_send(&others, ACTIVATE_ANOTHERS);
    ck_assert_uint_eq(ask(GET_TIME).status, 200);
    open_gate(&gate);
    ck_assert_uint_eq(mst_line_reply(&others).status, 403); /* it was looked at */
    mst_line_close(&others);
    for (size_t i = 0; i < 8; i++) {
        struct mst_answer answer = mst_line_reply(&lines[i]);

        ck_assert(answer.status == 403 || answer.status == 503);
        ck_assert_int_eq(answer.status == 503, mst_text_has(answer.head, "Retry-After: "));
        n_full += answer.status == 503;
        mst_line_close(&lines[i]);
    }
    ck_assert_uint_eq(n_full, 5);
    end();
}
MST_TEST_END

MST_TEST(an_rpc_that_cannot_be_carried_out_is_told_in_json)
{
    struct mst_site_opts opts = {.inject_unknown = is_always_unknown};
    struct mst_answer answer;
    char body[256];

    site = mst_site_start(&opts);
    line = mst_line_open(site);
    (void)snprintf(body, sizeof body,
                   "{\"auth\":{\"cik\":\"%s\"},\"calls\":[{\"id\":1,\"procedure\":\"create\","
                   "\"arguments\":[\"client\",{}]}]}",
                   mst_site_root(site));
    answer = mst_site_ask(site, "POST", "/onep:v1/rpc/process", NULL, body);
    ck_assert_uint_eq(answer.status, 503);
    ck_assert(mst_text_has(answer.head, "Retry-After: "));
    ck_assert_span_str(answer.body, "{\"error\":{\"code\":500,\"message\":\"Internal error\"}}");
    end();
}
MST_TEST_END

/* ---- behind a proxy ---- */

static void check_peer(const char *trusted, const char *fields, const char *peer)
{
    struct mst_addr_set set = {0};
    struct mst_site_opts opts = {.http = {.trusted = &set}};
    struct mst_scene scene;
    struct mst_answer answer;
    char body[128];

    ck_assert_int_eq(mst_addr_set_parse(mst_span_str(trusted), &set), MST_OK);
    site = mst_site_start(&opts);
    mst_scene_make(site, &scene);
    (void)snprintf(body, sizeof body, "enable=true&owner=%s", scene.portal_rid);
    ck_assert_status(site, 205, "POST", "/provision/manage/model/m1/", scene.by_token, "sn=1");
    ck_assert_status(site, 200, "POST", "/provision/manage/model/m1/1", scene.by_token, body);
    ck_assert_status(site, 200, "POST", "/provision/activate", fields, "vendor=acme&model=m1&sn=1");
    answer =
        mst_site_ask(site, "GET", "/provision/manage/model/m1/1?show=log", scene.by_token, NULL);
    ck_assert_uint_eq(answer.status, 200);
    (void)snprintf(body, sizeof body, ",%s,model=m1&vendor=acme&sn=1\r\n", peer);
    ck_assert_span_str(mst_span_cut(answer.body, 10, answer.body.len), body);
    mst_site_stop(site);
}

MST_TEST(the_rightmost_address_no_proxy_vouches_for_is_the_peer)
{
    static const struct {
        const char *trusted, *fields, *peer;
    } rows[] = {
        {"10.0.0.0/8",               "X-Forwarded-For: 192.0.2.7",                                 "127.0.0.1"  }, /* not from a proxy */
        {"127.0.0.0/8",              "X-Forwarded-For: 192.0.2.7",                                 "192.0.2.7"  },
        {"127.0.0.0/8",              "X-Forwarded-For: 203.0.113.9, 192.0.2.7",                    "192.0.2.7"  },
        {"127.0.0.0/8,10.0.0.0/8",   "X-Forwarded-For: 203.0.113.9, 192.0.2.7 ,10.1.1.1",
         "192.0.2.7"                                                                                            },
        {"127.0.0.0/8",              "X-Forwarded-For: 192.0.2.7\r\nx-forwarded-for: 192.0.2.8",   "192.0.2.8"  },
        {"127.0.0.0/8,192.0.2.0/24", "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 192.0.2.8",
         "203.0.113.9"                                                                                          },
        {"127.0.0.0/8",              "X-Forwarded-For: 192.0.2.7:4711",                            "192.0.2.7"  },
        {"127.0.0.0/8",              "X-Forwarded-For: 2001:db8::1",                               "2001:db8::1"},
        {"127.0.0.0/8",              "X-Forwarded-For: 192.0.2.7, nonsense",                       "127.0.0.1"  },
        {"127.0.0.0/8",              "X-Forwarded-For: ,",                                         "127.0.0.1"  },
        {"127.0.0.0/8",              NULL,                                                         "127.0.0.1"  },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_peer(rows[i].trusted, rows[i].fields, rows[i].peer);
}
MST_TEST_END

MST_TEST(a_client_that_goes_away_while_its_command_runs_harms_nobody)
{
    begin();
    for (int i = 0; i < 200; i++) {
        const struct linger reset = {.l_onoff = 1};
        struct mst_line gone = mst_line_open(site);

        mst_line_send(&gone, "POST /provision/activate HTTP/1.1\r\nContent-Length: 25\r\n\r\n"
                             "vendor=acme&model=m1&sn=1");
        setsockopt(gone.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        mst_line_close(&gone);
    }
    ck_assert_uint_eq(ask(GET_TIME).status, 200);
    mst_line_close(&line);
    mst_site_start_drain(site); /* their commands may still be with the store */
    mst_site_await_drain(site);
    mst_site_stop(site);
}
MST_TEST_END

MST_TESTS(
    "front/http/conversation", odd_but_legal_requests_are_answered,
    a_line_end_after_a_body_is_skipped, a_request_in_segments_of_one_byte_is_understood,
    a_chunked_body_in_segments_of_one_byte_is_understood, pipelined_requests_are_answered_in_order,
    a_long_pipeline_behind_commands_is_answered_whole,
    a_client_that_waits_for_100_gets_it_before_the_answer,
    a_client_that_half_closes_gets_its_reply_and_then_the_end,
    what_cannot_be_read_is_refused_and_the_connection_closed, heads_beyond_their_limits_are_refused,
    a_chunked_body_beyond_the_cap_is_refused, close_is_honoured_however_it_is_spelled,
    http_1_0_stays_open_if_it_asks_to, the_last_allowed_request_is_answered_with_close,
    a_head_that_trickles_past_its_deadline_is_cut_off, a_body_that_does_not_come_is_cut_off,
    line_ends_do_not_keep_an_idle_connection, a_drain_answers_what_is_begun_and_closes_the_rest,
    an_error_repeats_its_status_line_and_has_no_type, a_405_names_the_methods_that_are_allowed,
    the_lean_head_of_a_reply_is_exact, a_commit_that_stays_unknown_is_answered_503_with_retry_after,
    a_vendors_full_part_of_the_queue_is_answered_503_at_once_and_others_go_on,
    an_rpc_that_cannot_be_carried_out_is_told_in_json,
    the_rightmost_address_no_proxy_vouches_for_is_the_peer,
    a_client_that_goes_away_while_its_command_runs_harms_nobody)

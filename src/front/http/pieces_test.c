/* Bodies and replies in pieces (exchange.h), on routes of the test's own over real sockets. */
#include <pthread.h>
#include <stddef.h>
#include <sys/socket.h>

#include "front/http/route.h"
#include "sys/metric.h"
#include "tests/lib/pattern.h"
#include "tests/lib/site.h"
#include "tests/lib/unit.h"

static struct mst_site *site;
static struct mst_line line;

/* What the handlers saw. They run on the loop's thread and on the committers'. */
static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct mst_buf body;
    size_t n_pieces, n_short; /* pieces that are smaller than they should be */
    size_t n_abandoned;
    bool is_shut, is_reached; /* a gate before the second piece */
} seen = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, .body = {.max_bytes = MST_MIB(64)}};

static void forget(void)
{
    pthread_mutex_lock(&seen.mutex);
    mst_buf_fini(&seen.body);
    mst_buf_init(&seen.body, MST_MIB(64));
    seen.n_pieces = seen.n_short = seen.n_abandoned = 0;
    seen.is_shut = seen.is_reached = false;
    pthread_mutex_unlock(&seen.mutex);
}

static void await_gate(void)
{
    pthread_mutex_lock(&seen.mutex);
    while (!seen.is_reached)
        pthread_cond_wait(&seen.changed, &seen.mutex);
    pthread_mutex_unlock(&seen.mutex);
}

static void open_gate(void)
{
    pthread_mutex_lock(&seen.mutex);
    seen.is_shut = false;
    pthread_cond_broadcast(&seen.changed);
    pthread_mutex_unlock(&seen.mutex);
}

static void await_abandoned(void)
{
    pthread_mutex_lock(&seen.mutex);
    while (seen.n_abandoned == 0)
        pthread_cond_wait(&seen.changed, &seen.mutex);
    ck_assert_uint_eq(seen.n_abandoned, 1);
    pthread_mutex_unlock(&seen.mutex);
}

/* ---- the handlers: the first segment says what, the second where, the query how ---- */

static uint64_t query_number(struct mst_exchange *x, const char *name, uint64_t or_else)
{
    struct mst_form form;
    uint64_t value = or_else;

    if (mst_exchange_query(x, &form) != MST_OK ||
        mst_span_u64(mst_form_value(&form, name), UINT64_MAX, &value) != MST_OK)
        return or_else;
    return value;
}

static enum mst_where where_of(const struct mst_exchange *x)
{
    struct mst_span name = mst_exchange_segment(x, 1);

    if (mst_span_eq(name, MST_LIT("state")))
        return MST_STATE;
    if (mst_span_eq(name, MST_LIT("points")))
        return MST_POINTS;
    if (mst_span_eq(name, MST_LIT("apart")))
        return MST_APART;
    return mst_span_eq(name, MST_LIT("read")) ? MST_READ : MST_NOWHERE;
}

static enum mst_err prepare(struct mst_exchange *x, struct mst_tx *tx)
{
    unsigned status = (unsigned)query_number(x, "early", 0);

    ck_assert_ptr_nonnull(tx);
    ck_assert_uint_eq(x->body.len, 0);
    return status ? mst_exchange_refuse_with(x, status) : MST_OK;
}

static enum mst_err clean_up(struct mst_exchange *x, struct mst_tx *tx)
{
    ck_assert_int_eq(tx != NULL, x->now.where != MST_NOWHERE && x->now.where != MST_APART);
    pthread_mutex_lock(&seen.mutex);
    seen.n_abandoned++;
    pthread_cond_broadcast(&seen.changed);
    pthread_mutex_unlock(&seen.mutex);
    return mst_exchange_answer(x, 200, NULL); /* no matter: the failure is what is answered */
}

static enum mst_err take(struct mst_exchange *x, struct mst_tx *tx)
{
    uint64_t refuse_at = query_number(x, "refuse_at", 0), fail_at = query_number(x, "fail_at", 0);
    size_t n_pieces;

    (void)tx;
    pthread_mutex_lock(&seen.mutex);
    n_pieces = ++seen.n_pieces;
    (void)mst_buf_add(&seen.body, mst_buf_span(&x->body));
    seen.n_short += !x->is_body_whole && x->body.len != MST_PIECE_MAX;
    if (n_pieces == 2) {
        seen.is_reached = true;
        pthread_cond_broadcast(&seen.changed);
        while (seen.is_shut)
            pthread_cond_wait(&seen.changed, &seen.mutex);
    }
    pthread_mutex_unlock(&seen.mutex);
    x->abandon = (struct mst_todo){.where = where_of(x), .step = clean_up};
    if (n_pieces == refuse_at)
        return mst_exchange_refuse_with(x, 409);
    if (n_pieces == fail_at)
        return MST_EIO;
    if (x->is_body_whole)
        return mst_exchange_answer(x, 205, NULL);
    return mst_exchange_await_body(x, where_of(x), NULL, take);
}

static enum mst_err take_first(struct mst_exchange *x, struct mst_tx *tx)
{
    (void)tx;
    return mst_exchange_go(x, where_of(x), NULL, take);
}

static enum mst_err make_piece(struct mst_exchange *x, struct mst_tx *tx)
{
    uint64_t at = x->long_reply.at, left = x->long_reply.total - at;
    uint64_t n = query_number(x, "piece", MST_PIECE_MAX);

    (void)tx;
    if (at >= query_number(x, "fail_at", UINT64_MAX))
        return MST_EIO;
    if (at >= query_number(x, "refuse_at", UINT64_MAX))
        return MST_EREFUSED; /* without a status */
    if (at < query_number(x, "wrong_at", UINT64_MAX) && n > left)
        n = left;
    mst_pattern_add(&x->reply, at, n);
    return MST_OK;
}

static enum mst_err give(struct mst_exchange *x, struct mst_tx *tx)
{
    (void)tx;
    return mst_exchange_answer_long(x, 200, "x/y", query_number(x, "total", 0), where_of(x),
                                    make_piece);
}

static enum mst_err say_ok(struct mst_exchange *x, struct mst_tx *tx)
{
    (void)tx;
    return mst_exchange_answer(x, 204, NULL);
}

/* Never done. */
static enum mst_err work_on(struct mst_exchange *x, struct mst_tx *tx)
{
    ck_assert_ptr_nonnull(tx);
    pthread_mutex_lock(&seen.mutex);
    seen.is_reached = true;
    pthread_cond_broadcast(&seen.changed);
    pthread_mutex_unlock(&seen.mutex);
    return mst_exchange_yield(x, MST_READ, work_on);
}

static void note_failure(struct mst_exchange *x, unsigned status)
{
    x->status = status;
    pthread_mutex_lock(&seen.mutex);
    seen.n_abandoned++;
    pthread_cond_broadcast(&seen.changed);
    pthread_mutex_unlock(&seen.mutex);
}

#define OWN(method) \
    .methods = (method), .family = MST_FAMILY_MANAGE, .label = MST_ROUTE_OTHER, MST_MAY(READ_CLOCK)

static const struct mst_route rows[] = {
    {{"up", "*"},
     OWN(MST_METHOD_POST),
     .body_max_at = offsetof(struct mst_http_opts, content_max_bytes),
     .is_body_in_pieces = true,
     .where = MST_NOWHERE,
     .prepare = prepare,
     .step = take_first},
    {{"down", "*"},
     OWN(MST_METHOD_GET | MST_METHOD_HEAD),
     .body_max = 100,
     .where = MST_READ,
     .step = give},
    {{"on"},
     OWN(MST_METHOD_GET),
     .body_max = 100,
     .where = MST_READ,
     .step = work_on,
     .failed = note_failure},
    {{"ok"},  OWN(MST_METHOD_GET),      .body_max = 100,                       .where = MST_NOWHERE,                                         .step = say_ok      },
};
static const struct mst_routes own_routes = {rows, sizeof rows / sizeof rows[0]};

#define OK "GET /ok HTTP/1.1\r\n\r\n"

static void begin_with(struct mst_site_opts opts)
{
    forget();
    opts.http.routes = &own_routes;
    if (opts.http.content_max_bytes == 0)
        opts.http.content_max_bytes = MST_MIB(1);
    site = mst_site_start(&opts);
    line = mst_line_open(site);
}

static void begin(void)
{
    begin_with((struct mst_site_opts){0});
}

/* Whatever is still being cleaned up is awaited. */
static void end(void)
{
    mst_line_close(&line);
    mst_site_start_drain(site);
    mst_site_await_drain(site);
    mst_site_stop(site);
}

static struct mst_answer ask(const char *text)
{
    mst_line_send(&line, text);
    return mst_line_reply(&line);
}

static void check_bytes(struct mst_span got, uint64_t total)
{
    ck_assert_uint_eq(got.len, total);
    ck_assert(mst_pattern_is(got, 0));
}

/* A whole upload of n bytes, in chunks of chunk bytes (0: with Content-Length). */
static void add_upload(struct mst_buf *out, const char *path, size_t n, size_t chunk)
{
    struct mst_buf body;

    mst_buf_init(&body, MST_MIB(64));
    mst_pattern_add(&body, 0, n);
    if (chunk == 0)
        (void)mst_buf_addf(out, "POST %s HTTP/1.1\r\nContent-Length: %zu\r\n\r\n", path, n);
    else
        (void)mst_buf_addf(out, "POST %s HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", path);
    if (chunk == 0)
        (void)mst_buf_add(out, mst_buf_span(&body));
    for (size_t at = 0; chunk > 0 && at < n; at += chunk) {
        struct mst_span part = mst_span_cut(mst_buf_span(&body), at, at + chunk);

        (void)mst_buf_addf(out, "%zx\r\n", part.len);
        (void)mst_buf_add(out, part);
        (void)mst_buf_add_str(out, "\r\n");
    }
    if (chunk > 0)
        (void)mst_buf_add_str(out, "0\r\n\r\n");
    ck_assert_int_eq(mst_buf_err(out), MST_OK);
    mst_buf_fini(&body);
}

static struct mst_answer upload(const char *path, size_t n, size_t chunk, size_t segment)
{
    struct mst_buf text;
    struct mst_answer answer;

    mst_buf_init(&text, MST_MIB(64));
    add_upload(&text, path, n, chunk);
    for (size_t at = 0; at < text.len; at += segment)
        mst_line_send_bytes(&line, mst_span_cut(mst_buf_span(&text), at, at + segment));
    mst_buf_fini(&text);
    answer = mst_line_reply(&line);
    return answer;
}

/* ---- bodies ---- */

MST_TEST(a_body_in_pieces_arrives_whole_wherever_its_steps_run)
{
    static const char *const paths[] = {"/up/nowhere", "/up/read", "/up/state", "/up/points",
                                        "/up/apart"};
    static const size_t sizes[] = {0,
                                   1,
                                   MST_PIECE_MAX - 1,
                                   MST_PIECE_MAX,
                                   MST_PIECE_MAX + 1,
                                   5 * MST_PIECE_MAX,
                                   5 * MST_PIECE_MAX + 7};
    static const size_t chunks[] = {0, 1000, MST_PIECE_MAX, MST_PIECE_MAX * 2 + 1};

    begin();
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++)
            for (size_t c = 0; c < sizeof chunks / sizeof chunks[0]; c++) {
                struct mst_answer answer;

                forget();
                answer = upload(paths[i], sizes[k], chunks[c], SIZE_MAX / 2);
                ck_assert_msg(answer.status == 205, "%s %zu: %u", paths[i], sizes[k],
                              answer.status);
                ck_assert(!answer.is_closing);
                check_bytes(mst_buf_span(&seen.body), sizes[k]);
                ck_assert_uint_eq(seen.n_short, 0);
                ck_assert_uint_eq(seen.n_abandoned, 0);
            }
    ck_assert_uint_eq(ask(OK).status, 204);
    end();
}
MST_TEST_END

MST_TEST(a_body_in_pieces_may_come_in_segments_of_any_size)
{
    static const size_t segments[] = {1, 7, 4096, MST_PIECE_MAX - 1};
    static const size_t chunks[] = {0, 5, 1000};

    begin();
    for (size_t i = 0; i < sizeof segments / sizeof segments[0]; i++)
        for (size_t c = 0; c < sizeof chunks / sizeof chunks[0]; c++) {
            size_t n = segments[i] == 1 ? 300 : 2 * MST_PIECE_MAX + 3;

            forget();
            ck_assert_uint_eq(upload("/up/state", n, chunks[c], segments[i]).status, 205);
            check_bytes(mst_buf_span(&seen.body), n);
            ck_assert_uint_eq(seen.n_short, 0);
        }
    end();
}
MST_TEST_END

MST_TEST(requests_behind_a_body_in_pieces_are_answered_in_order)
{
    struct mst_buf text;

    begin();
    mst_buf_init(&text, MST_MIB(64));
    for (size_t i = 0; i < 5; i++) {
        add_upload(&text, "/up/state", 3 * MST_PIECE_MAX + i, i % 2 ? 999 : 0);
        (void)mst_buf_add_str(&text, "\r\n" OK);
    }
    mst_line_send_bytes(&line, mst_buf_span(&text));
    for (size_t i = 0; i < 5; i++) {
        ck_assert_uint_eq(mst_line_reply(&line).status, 205);
        ck_assert_uint_eq(mst_line_reply(&line).status, 204);
    }
    mst_buf_fini(&text);
    end();
}
MST_TEST_END

/* ---- refusals ---- */

MST_TEST(a_refusal_at_the_head_comes_before_any_byte_of_the_body)
{
    static const struct {
        const char *request;
        unsigned status;
        bool is_closing;
    } rows_of[] = {
        {"POST /up/x?early=409 HTTP/1.1\r\nContent-Length: 1000\r\n\r\n",                       409, false},
        {"POST /up/x?early=409 HTTP/1.1\r\nContent-Length: 65536\r\n\r\n",                      409, false},
        {"POST /up/x?early=401 HTTP/1.1\r\nContent-Length: 65537\r\n\r\n",                      401, true },
        {"POST /up/x?early=404 HTTP/1.1\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n", 404,
         true                                                                                             },
        {"POST /up/x?early=404 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",                 404, true },
        {"POST /up/x HTTP/1.1\r\nContent-Length: 1048577\r\nExpect: 100-continue\r\n\r\n",      413,
         true                                                                                             },
        {"POST /up/x?early=409 HTTP/1.1\r\nContent-Length: 10\r\nConnection: close\r\n\r\n",    409,
         true                                                                                             },
    };

    for (size_t i = 0; i < sizeof rows_of / sizeof rows_of[0]; i++) {
        struct mst_answer answer;

        begin();
        answer = ask(rows_of[i].request);
        ck_assert_msg(answer.status == rows_of[i].status, "row %zu: %u", i, answer.status);
        ck_assert_msg(answer.is_closing == rows_of[i].is_closing, "row %zu", i);
        if (answer.is_closing) {
            mst_line_send(&line, OK); /* the body, for all the server knows */
            ck_assert_uint_eq(mst_line_rest(&line).len, 0);
        }
        ck_assert_uint_eq(seen.n_pieces, 0);
        end();
    }
}
MST_TEST_END

MST_TEST(a_short_body_that_nobody_wants_is_no_request)
{
    begin();
    mst_line_send(&line, "POST /up/x?early=409 HTTP/1.1\r\nContent-Length: 20\r\n\r\n");
    ck_assert_uint_eq(mst_line_reply(&line).status, 409);
    mst_line_send(&line, OK "\r\n" OK);
    ck_assert_uint_eq(sizeof OK - 1, 20);
    ck_assert_uint_eq(mst_line_reply(&line).status, 204);
    mst_line_half_close(&line);
    ck_assert_uint_eq(mst_line_rest(&line).len, 0); /* one answer, not two */
    end();
}
MST_TEST_END

/* A request within a body that was refused, all in one segment: it stays a body. Whose body is on its way
   does not wait for 100. */
MST_TEST(nothing_in_a_refused_body_is_taken_for_a_request)
{
    static const struct {
        const char *fields, *body;
        bool is_closing;
    } rows_of[] = {
        {"Content-Length: 20",                               OK,                          false},
        {"Content-Length: 20\r\nConnection: close",          OK,                          true },
        {"Content-Length: 20\r\nExpect: 100-continue",       OK,                          false},
        {"Content-Length: 70000",                            OK OK OK,                    true },
        {"Transfer-Encoding: chunked",                       "14\r\n" OK "\r\n0\r\n\r\n", true },
        {"Transfer-Encoding: chunked",                       "0\r\n\r\n" OK,              true },
        {"Transfer-Encoding: chunked",                       "zz\r\n" OK,                 true },
        {"Transfer-Encoding: chunked\r\nContent-Length: 20", OK,                          true },
    };

    for (size_t i = 0; i < sizeof rows_of / sizeof rows_of[0]; i++) {
        struct mst_answer answer;
        char text[512];

        begin();
        (void)snprintf(text, sizeof text, "POST /up/state?early=409 HTTP/1.1\r\n%s\r\n\r\n%s",
                       rows_of[i].fields, rows_of[i].body);
        answer = ask(text);
        ck_assert_msg(answer.status == (i == 7 ? 400 : 409), "row %zu: %u", i, answer.status);
        ck_assert_msg(answer.is_closing == rows_of[i].is_closing, "row %zu", i);
        mst_line_half_close(&line);
        ck_assert_msg(mst_line_rest(&line).len == 0, "row %zu: a second answer", i);
        ck_assert_uint_eq(seen.n_pieces, 0);
        end();
    }
}
MST_TEST_END

MST_TEST(a_body_that_is_skipped_has_a_deadline)
{
    begin_with((struct mst_site_opts){.http = {.body_ms = 50}});
    mst_line_send(&line, "POST /up/x?early=409 HTTP/1.1\r\nContent-Length: 21\r\n\r\nabc");
    ck_assert_uint_eq(mst_line_reply(&line).status, 409);
    ck_assert_uint_eq(mst_line_rest(&line).len, 0);
    end();
}
MST_TEST_END

MST_TEST(who_waits_for_100_gets_it_only_when_the_body_is_wanted)
{
    begin();
    mst_line_send(&line, "POST /up/state HTTP/1.1\r\nContent-Length: 3\r\n"
                         "Expect: 100-continue\r\n\r\n");
    ck_assert_uint_eq(mst_line_reply(&line).status, 100);
    mst_line_send(&line, "ABC");
    ck_assert_uint_eq(mst_line_reply(&line).status, 205);
    ck_assert_span_str(mst_buf_span(&seen.body), "ABC");
    end();
}
MST_TEST_END

MST_TEST(a_failure_midway_is_answered_when_it_is_cleaned_up)
{
    static const struct {
        const char *path;
        size_t chunk;
        unsigned status;
    } rows_of[] = {
        {"/up/state?refuse_at=2",   0,    409},
        {"/up/state?fail_at=1",     0,    503},
        {"/up/nowhere?refuse_at=2", 5000, 409},
        {"/up/read?fail_at=3",      0,    503},
        {"/up/apart?refuse_at=1",   0,    409},
    };

    for (size_t i = 0; i < sizeof rows_of / sizeof rows_of[0]; i++) {
        struct mst_answer answer;

        begin();
        answer = upload(rows_of[i].path, 8 * MST_PIECE_MAX, rows_of[i].chunk, SIZE_MAX / 2);
        ck_assert_uint_eq(answer.status, rows_of[i].status);
        ck_assert(answer.is_closing);
        ck_assert(mst_span_starts(answer.head, answer.body));
        ck_assert_uint_eq(seen.n_abandoned, 1); /* already */
        ck_assert_uint_eq(mst_line_rest(&line).len, 0);
        end();
    }
}
MST_TEST_END

MST_TEST(a_failure_in_the_last_piece_keeps_the_connection)
{
    begin();
    ck_assert_uint_eq(upload("/up/state?refuse_at=2", MST_PIECE_MAX + 1, 0, 999).status, 409);
    ck_assert_uint_eq(seen.n_abandoned, 1);
    ck_assert_uint_eq(ask(OK).status, 204);
    end();
}
MST_TEST_END

MST_TEST(a_chunked_body_that_breaks_midway_is_refused_and_cleaned_up)
{
    static const struct {
        const char *tail;
        unsigned status;
    } rows_of[] = {
        {"xyz\r\n",    400},
        {"100000\r\n", 413}, /* beyond content_max_bytes, together with what was */
    };

    for (size_t i = 0; i < sizeof rows_of / sizeof rows_of[0]; i++) {
        struct mst_buf text;

        begin();
        mst_buf_init(&text, MST_MIB(1));
        add_upload(&text, "/up/state", 100000, 10000);
        text.len -= 5; /* the last chunk */
        (void)mst_buf_add_str(&text, rows_of[i].tail);
        mst_line_send_bytes(&line, mst_buf_span(&text));
        struct mst_answer answer = mst_line_reply(&line);
        ck_assert_uint_eq(answer.status, rows_of[i].status);
        ck_assert(answer.is_closing);
        ck_assert_uint_eq(seen.n_abandoned, 1);
        ck_assert_uint_eq(mst_line_rest(&line).len, 0);
        mst_buf_fini(&text);
        end();
    }
}
MST_TEST_END

/* ---- peers that go away, stall or are slow ---- */

static void send_half(size_t n)
{
    struct mst_buf text;

    mst_buf_init(&text, MST_MIB(1));
    add_upload(&text, "/up/state", 10 * MST_PIECE_MAX, 0);
    mst_line_send_bytes(&line, mst_span_cut(mst_buf_span(&text), 0, n));
    mst_buf_fini(&text);
}

MST_TEST(a_peer_that_goes_away_midway_leaves_nothing_behind)
{
    begin();
    send_half(3 * MST_PIECE_MAX);
    await_gate();
    mst_line_close(&line);
    await_abandoned();
    line = mst_line_open(site);
    send_half(3 * MST_PIECE_MAX);
    mst_line_half_close(&line); /* as good as gone: the body will never be whole */
    ck_assert_uint_eq(mst_line_rest(&line).len, 0);
    end();
    ck_assert_uint_eq(seen.n_abandoned, 2);
}
MST_TEST_END

MST_TEST(a_peer_that_goes_away_while_a_piece_is_stored_leaves_nothing_behind)
{
    const struct linger reset = {.l_onoff = 1};

    begin();
    seen.is_shut = true;
    send_half(3 * MST_PIECE_MAX);
    await_gate();
    setsockopt(line.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    mst_line_close(&line);
    line = mst_line_open(site); /* the loop has seen the reset when this is answered */
    ck_assert_uint_eq(ask(OK).status, 204);
    ck_assert_uint_eq(seen.n_abandoned, 0);
    open_gate();
    await_abandoned();
    end();
}
MST_TEST_END

MST_TEST(an_upload_that_stalls_is_cut_off_and_cleaned_up)
{
    begin_with((struct mst_site_opts){.http = {.body_ms = 300}});
    send_half(2 * MST_PIECE_MAX + 100);
    ck_assert_uint_eq(mst_line_rest(&line).len, 0);
    await_abandoned();
    end();
}
MST_TEST_END

MST_TEST(the_time_a_piece_takes_to_be_stored_is_not_the_peers)
{
    const struct timespec longer = {.tv_nsec = 500 * 1000000};
    struct mst_buf text;

    begin_with((struct mst_site_opts){.http = {.body_ms = 400}});
    mst_buf_init(&text, MST_MIB(1));
    add_upload(&text, "/up/state", 3 * MST_PIECE_MAX, 0);
    seen.is_shut = true;
    mst_line_send_bytes(&line, mst_buf_span(&text));
    await_gate();
    nanosleep(&longer, NULL);
    open_gate();
    ck_assert_uint_eq(mst_line_reply(&line).status, 205);
    mst_buf_fini(&text);
    end();
}
MST_TEST_END

MST_TEST(while_a_piece_is_stored_little_is_read_ahead)
{
    struct mst_buf text;
    size_t sent = 0;
    ssize_t n;

    begin_with((struct mst_site_opts){.http = {.content_max_bytes = MST_MIB(32)}});
    mst_buf_init(&text, MST_MIB(64));
    add_upload(&text, "/up/state", MST_MIB(24), 0);
    seen.is_shut = true;
    mst_line_send_bytes(&line, mst_span_cut(mst_buf_span(&text), 0, 2 * MST_PIECE_MAX + 1000));
    sent = 2 * MST_PIECE_MAX + 1000;
    await_gate();
    do {
        n = send(line.fd, &text.ptr[sent], text.len - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        sent += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    ck_assert_uint_lt(sent,
                      text.len); /* the kernel's buffers filled up: the server does not read */
    open_gate();
    mst_line_send_bytes(&line, mst_span_cut(mst_buf_span(&text), sent, text.len));
    ck_assert_uint_eq(mst_line_reply(&line).status, 205);
    check_bytes(mst_buf_span(&seen.body), MST_MIB(24));
    mst_buf_fini(&text);
    end();
}
MST_TEST_END

MST_TEST(a_drain_lets_an_upload_that_has_begun_be_finished)
{
    struct mst_buf text;

    begin();
    mst_buf_init(&text, MST_MIB(1));
    add_upload(&text, "/up/state", 3 * MST_PIECE_MAX, 0);
    mst_line_send_bytes(&line, mst_span_cut(mst_buf_span(&text), 0, 2 * MST_PIECE_MAX + 500));
    await_gate();
    mst_site_start_drain(site);
    mst_line_send_bytes(&line,
                        mst_span_cut(mst_buf_span(&text), 2 * MST_PIECE_MAX + 500, text.len));
    struct mst_answer answer = mst_line_reply(&line);
    ck_assert_uint_eq(answer.status, 205);
    mst_line_close(&line);
    mst_site_await_drain(site);
    mst_site_stop(site);
    mst_buf_fini(&text);
}
MST_TEST_END

/* ---- replies ---- */

MST_TEST(a_reply_in_pieces_arrives_whole_wherever_its_steps_run)
{
    static const char *const wheres[] = {"nowhere", "read", "state", "apart"};
    static const struct {
        uint64_t total, piece;
    } rows_of[] = {
        {0,                     1000         },
        {1,                     1000         },
        {MST_PIECE_MAX,         MST_PIECE_MAX},
        {MST_PIECE_MAX + 1,     MST_PIECE_MAX},
        {9 * MST_PIECE_MAX + 5, MST_PIECE_MAX},
        {5000,                  7            },
    };
    char text[128];

    begin();
    for (size_t i = 0; i < sizeof wheres / sizeof wheres[0]; i++)
        for (size_t k = 0; k < sizeof rows_of / sizeof rows_of[0]; k++) {
            struct mst_answer answer;

            (void)snprintf(text, sizeof text, "GET /down/%s?total=%llu&piece=%llu HTTP/1.1\r\n\r\n",
                           wheres[i], (unsigned long long)rows_of[k].total,
                           (unsigned long long)rows_of[k].piece);
            answer = ask(text);
            ck_assert_uint_eq(answer.status, 200);
            ck_assert(!answer.is_closing);
            check_bytes(answer.body, rows_of[k].total);
        }
    ck_assert_uint_eq(ask(OK).status, 204);
    end();
}
MST_TEST_END

MST_TEST(requests_behind_a_reply_in_pieces_are_answered_in_order)
{
    begin();
    for (size_t i = 0; i < 8; i++)
        mst_line_send(&line, "GET /down/read?total=300000 HTTP/1.1\r\n\r\n" OK);
    for (size_t i = 0; i < 8; i++) {
        check_bytes(mst_line_reply(&line).body, 300000);
        ck_assert_uint_eq(mst_line_reply(&line).status, 204);
    }
    end();
}
MST_TEST_END

MST_TEST(head_tells_the_length_and_nothing_more)
{
    struct mst_answer answer;

    begin();
    mst_line_send(&line, "HEAD /down/read?total=16777216 HTTP/1.1\r\n\r\n");
    answer = mst_line_reply_to_head(&line);
    ck_assert_uint_eq(answer.status, 200);
    ck_assert_uint_eq(ask(OK).status, 204);
    end();
}
MST_TEST_END

MST_TEST(a_long_reply_on_the_last_request_ends_with_the_connection)
{
    begin();
    mst_line_send(&line, "GET /down/read?total=3000000 HTTP/1.1\r\nConnection: close\r\n\r\n" OK);
    struct mst_answer answer = mst_line_reply(&line);
    ck_assert(answer.is_closing);
    check_bytes(answer.body, 3000000);
    ck_assert_uint_eq(mst_line_rest(&line).len, 0);
    end();
}
MST_TEST_END

MST_TEST(a_reply_that_fails_at_once_is_an_honest_failure)
{
    begin();
    ck_assert_uint_eq(ask("GET /down/read?total=300000&fail_at=0 HTTP/1.1\r\n\r\n").status, 503);
    ck_assert_uint_eq(ask("GET /down/read?total=10&piece=11&wrong_at=0 HTTP/1.1\r\n\r\n").status,
                      500);
    ck_assert_uint_eq(ask("GET /down/read?total=10&piece=0 HTTP/1.1\r\n\r\n").status, 500);
    ck_assert_uint_eq(ask("GET /down/read?total=900000&piece=65537 HTTP/1.1\r\n\r\n").status, 500);
    ck_assert_uint_eq(ask(OK).status, 204);
    end();
}
MST_TEST_END

/* The head promises more than comes, and the connection ends: nobody takes the part for the whole. */
MST_TEST(a_reply_that_fails_midway_ends_the_connection_short)
{
    static const char *const queries[] = {"total=300000&fail_at=100000",
                                          "total=70000&wrong_at=65536",
                                          "total=300000&refuse_at=100000"};

    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        char text[128];
        struct mst_span rest;

        begin();
        (void)snprintf(text, sizeof text, "GET /down/read?%s HTTP/1.1\r\n\r\n" OK, queries[i]);
        mst_line_send(&line, text);
        rest = mst_line_rest(&line);
        ck_assert(mst_span_starts(rest, MST_LIT("HTTP/1.1 200 OK\r\n")));
        ck_assert_uint_lt(rest.len, i == 1 ? 70000 : 300000);
        end();
    }
}
MST_TEST_END

/* Asks, and takes no more than the first byte of the reply. */
static void ask_without_reading(const char *request)
{
    char c;

    mst_line_close(&line);
    line = mst_line_open(site);
    mst_line_send(&line, request);
    ck_assert_int_eq(recv(line.fd, &c, 1, 0), 1);
}

MST_TEST(a_peer_that_takes_nothing_is_cut_off)
{
    struct mst_span rest;

    begin_with((struct mst_site_opts){.http = {.send_ms = 100}});
    ask_without_reading("GET /down/read?total=33000000 HTTP/1.1\r\n\r\n");
    mst_site_start_drain(site); /* over when the connection is gone */
    mst_site_await_drain(site);
    rest = mst_line_rest(&line);
    ck_assert_uint_gt(rest.len, MST_PIECE_MAX);
    ck_assert_uint_lt(rest.len, 33000000);
    mst_line_close(&line);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_peer_that_takes_its_time_gets_it_all)
{
    const struct timespec nap = {.tv_nsec = 6 * 1000000};
    size_t n = 1;
    char bytes[MST_PIECE_MAX];
    ssize_t got;

    begin_with((struct mst_site_opts){.http = {.send_ms = 1000}});
    ask_without_reading("GET /down/read?total=16000000 HTTP/1.1\r\nConnection: close\r\n\r\n");
    while ((got = recv(line.fd, bytes, sizeof bytes, MSG_WAITALL)) > 0) {
        n += (size_t)got;
        nanosleep(&nap, NULL); /* 1.5 s in all */
    }
    ck_assert_uint_gt(n, 16000000);
    end();
}
MST_TEST_END

MST_TEST(a_peer_that_goes_away_during_a_long_reply_harms_nobody)
{
    const struct linger reset = {.l_onoff = 1};

    begin();
    for (size_t i = 0; i < 20; i++) {
        ask_without_reading(i % 2 ? "GET /down/state?total=33000000 HTTP/1.1\r\n\r\n"
                                  : "GET /down/read?total=33000000 HTTP/1.1\r\n\r\n");
        setsockopt(line.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    mst_line_close(&line);
    line = mst_line_open(site);
    ck_assert_uint_eq(ask(OK).status, 204);
    end();
}
MST_TEST_END

MST_TEST(work_for_a_peer_that_goes_away_ends)
{
    const struct linger reset = {.l_onoff = 1};

    begin();
    mst_line_send(&line, "GET /on HTTP/1.1\r\n\r\n");
    await_gate();
    setsockopt(line.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    mst_line_close(&line);
    await_abandoned();
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(work_that_goes_on_holds_up_no_end)
{
    begin();
    mst_line_send(&line, "GET /on HTTP/1.1\r\n\r\n");
    await_gate();
    mst_site_stop(site);
    mst_line_close(&line);
}
MST_TEST_END

/* The loop serves others between two pieces. */
MST_TEST(a_long_reply_does_not_keep_others_waiting)
{
    struct mst_line other;

    begin();
    other = mst_line_open(site);
    mst_line_send(&line, "GET /down/read?total=30000000 HTTP/1.1\r\n\r\n");
    for (size_t i = 0; i < 50; i++) {
        mst_line_send(&other, OK);
        ck_assert_uint_eq(mst_line_reply(&other).status, 204);
    }
    mst_line_close(&other);
    check_bytes(mst_line_reply(&line).body, 30000000);
    end();
}
MST_TEST_END

MST_TESTS(
    "front/http/pieces", a_body_in_pieces_arrives_whole_wherever_its_steps_run,
    a_body_in_pieces_may_come_in_segments_of_any_size,
    requests_behind_a_body_in_pieces_are_answered_in_order,
    a_refusal_at_the_head_comes_before_any_byte_of_the_body,
    a_short_body_that_nobody_wants_is_no_request, nothing_in_a_refused_body_is_taken_for_a_request,
    a_body_that_is_skipped_has_a_deadline, who_waits_for_100_gets_it_only_when_the_body_is_wanted,
    a_failure_midway_is_answered_when_it_is_cleaned_up,
    a_failure_in_the_last_piece_keeps_the_connection,
    a_chunked_body_that_breaks_midway_is_refused_and_cleaned_up,
    a_peer_that_goes_away_midway_leaves_nothing_behind,
    a_peer_that_goes_away_while_a_piece_is_stored_leaves_nothing_behind,
    an_upload_that_stalls_is_cut_off_and_cleaned_up,
    the_time_a_piece_takes_to_be_stored_is_not_the_peers,
    while_a_piece_is_stored_little_is_read_ahead, a_drain_lets_an_upload_that_has_begun_be_finished,
    a_reply_in_pieces_arrives_whole_wherever_its_steps_run,
    requests_behind_a_reply_in_pieces_are_answered_in_order, head_tells_the_length_and_nothing_more,
    a_long_reply_on_the_last_request_ends_with_the_connection,
    a_reply_that_fails_at_once_is_an_honest_failure,
    a_reply_that_fails_midway_ends_the_connection_short, a_peer_that_takes_nothing_is_cut_off,
    a_peer_that_takes_its_time_gets_it_all, a_peer_that_goes_away_during_a_long_reply_harms_nobody,
    work_for_a_peer_that_goes_away_ends, work_that_goes_on_holds_up_no_end,
    a_long_reply_does_not_keep_others_waiting)

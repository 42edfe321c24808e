#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "net/tls.h"
#include "sys/clock.h"
#include "tests/lib/net_server.h"
#include "tests/lib/unit.h"

enum { PATH_CHARS = 300, RECORD = 16384 };

/* Made once for all tests of this program. */
static char dir[PATH_CHARS];
static char rsa_pem[PATH_CHARS * 2], rsa_key[PATH_CHARS * 2];
static char ecdsa_pem[PATH_CHARS * 2], ecdsa_key[PATH_CHARS * 2];

static void write_pem(const char *path, const gnutls_datum_t *pem)
{
    FILE *f = fopen(path, "w");

    if (!f || fwrite(pem->data, 1, pem->size, f) != pem->size || fclose(f) != 0)
        abort();
}

static void must(int rc)
{
    if (rc < 0) {
        (void)fprintf(stderr, "%s\n", gnutls_strerror(rc));
        abort();
    }
}

static void make_pair(gnutls_pk_algorithm_t algorithm, unsigned bits, const char *pem_path,
                      const char *key_path)
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t crt;
    gnutls_datum_t pem;
    time_t now = (time_t)mst_clock_wall_s();

    must(gnutls_x509_privkey_init(&key));
    must(gnutls_x509_privkey_generate(key, algorithm, bits, 0));
    must(gnutls_x509_crt_init(&crt));
    must(gnutls_x509_crt_set_version(crt, 3));
    must(gnutls_x509_crt_set_serial(crt, "\x01", 1));
    must(gnutls_x509_crt_set_activation_time(crt, now - 3600));
    must(gnutls_x509_crt_set_expiration_time(crt, now + 3600));
    must(gnutls_x509_crt_set_dn(crt, "CN=localhost", NULL));
    must(gnutls_x509_crt_set_key(crt, key));
    must(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0));
    must(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem));
    write_pem(pem_path, &pem);
    gnutls_free(pem.data);
    must(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem));
    write_pem(key_path, &pem);
    gnutls_free(pem.data);
    gnutls_x509_crt_deinit(crt);
    gnutls_x509_privkey_deinit(key);
}

static void make_pairs(void)
{
    (void)snprintf(dir, sizeof dir, "%s/mst-tls-XXXXXX",
                   getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (!mkdtemp(dir))
        abort();
    (void)snprintf(rsa_pem, sizeof rsa_pem, "%s/rsa.pem", dir);
    (void)snprintf(rsa_key, sizeof rsa_key, "%s/rsa.key", dir);
    (void)snprintf(ecdsa_pem, sizeof ecdsa_pem, "%s/ecdsa.pem", dir);
    (void)snprintf(ecdsa_key, sizeof ecdsa_key, "%s/ecdsa.key", dir);
    make_pair(GNUTLS_PK_RSA, 2048, rsa_pem, rsa_key);
    make_pair(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), ecdsa_pem,
              ecdsa_key);
}

static void remove_pairs(void)
{
    (void)unlink(rsa_pem);
    (void)unlink(rsa_key);
    (void)unlink(ecdsa_pem);
    (void)unlink(ecdsa_key);
    (void)rmdir(dir);
}

static struct mst_net_server server;

static void start_tls(enum mst_tls_version min_version)
{
    const struct mst_tls_pair pairs[] = {
        {rsa_pem,   rsa_key  },
        {ecdsa_pem, ecdsa_key},
    };
    const char *what;

    ck_assert_int_eq(mst_tls_new(pairs, 2, min_version, &server.opts.tls, &what), MST_OK);
    ck_assert_str_eq(what, "");
    mst_net_server_start(&server);
}

static void stop_tls(void)
{
    mst_net_server_stop(&server);
    mst_tls_free(server.opts.tls);
}

/* A blocking client. */
struct client {
    int fd;
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
};

static void client_init(struct client *client, const char *priority)
{
    ck_assert_int_eq(gnutls_certificate_allocate_credentials(&client->credentials), 0);
    ck_assert_int_eq(gnutls_init(&client->session, GNUTLS_CLIENT), 0);
    ck_assert_int_eq(gnutls_priority_set_direct(client->session, priority, NULL), 0);
    ck_assert_int_eq(
        gnutls_credentials_set(client->session, GNUTLS_CRD_CERTIFICATE, client->credentials), 0);
    client->fd = mst_net_server_connect(&server);
    gnutls_transport_set_int(client->session, client->fd);
}

static int client_handshake(struct client *client)
{
    int rc;

    do
        rc = gnutls_handshake(client->session);
    while (rc < 0 && !gnutls_error_is_fatal(rc));
    return rc;
}

static void client_open(struct client *client, const char *priority)
{
    int rc;

    client_init(client, priority);
    rc = client_handshake(client);
    ck_assert_msg(rc == 0, "%s: %s", priority, gnutls_strerror(rc));
}

static void client_close(struct client *client)
{
    gnutls_deinit(client->session);
    gnutls_certificate_free_credentials(client->credentials);
    ck_assert_int_eq(close(client->fd), 0);
}

static void client_send(struct client *client, struct mst_span bytes)
{
    while (bytes.len > 0) {
        ssize_t n = gnutls_record_send(client->session, bytes.ptr, bytes.len);
        ck_assert_msg(n > 0, "send: %s", gnutls_strerror((int)n));
        bytes = mst_span_cut(bytes, (size_t)n, bytes.len);
    }
}

static void client_expect(struct client *client, struct mst_span bytes)
{
    static char got[RECORD];

    while (bytes.len > 0) {
        ssize_t n = gnutls_record_recv(client->session, got,
                                       bytes.len < sizeof got ? bytes.len : sizeof got);
        if (n == GNUTLS_E_AGAIN) /* a session ticket */
            continue;
        ck_assert_msg(n > 0, "recv: %s", n < 0 ? gnutls_strerror((int)n) : "end");
        ck_assert_span_eq(mst_span_of(got, (size_t)n), mst_span_cut(bytes, 0, (size_t)n));
        bytes = mst_span_cut(bytes, (size_t)n, bytes.len);
    }
}

/* An end announced by close_notify, not a cut connection. */
static void client_expect_end(struct client *client)
{
    char c;
    ssize_t n;

    do
        n = gnutls_record_recv(client->session, &c, 1);
    while (n == GNUTLS_E_AGAIN);
    ck_assert_msg(n == 0, "recv: %s", n < 0 ? gnutls_strerror((int)n) : "a byte");
}

static int client_pk(struct client *client)
{
    unsigned n_certs = 0;
    const gnutls_datum_t *certs = gnutls_certificate_get_peers(client->session, &n_certs);
    gnutls_x509_crt_t crt;
    int pk;

    ck_assert_uint_ge(n_certs, 1);
    ck_assert_int_eq(gnutls_x509_crt_init(&crt), 0);
    ck_assert_int_eq(gnutls_x509_crt_import(crt, certs, GNUTLS_X509_FMT_DER), 0);
    pk = gnutls_x509_crt_get_pk_algorithm(crt, NULL);
    gnutls_x509_crt_deinit(crt);
    return pk;
}

#define ONLY(version) "NORMAL:-VERS-ALL:+VERS-" version
#define OLD(version)  ONLY(version) ":%COMPAT"

MST_TEST(versions_from_the_minimum_on_connect_and_older_ones_get_an_alert)
{
    static const struct {
        enum mst_tls_version min;
        const char *priority;
        int version; /* 0: refused */
    } rows[] = {
        {MST_TLS_1_0, OLD("TLS1.0"),                                                GNUTLS_TLS1_0},
        {MST_TLS_1_0, OLD("TLS1.1"),                                                GNUTLS_TLS1_1},
        {MST_TLS_1_0, ONLY("TLS1.2"),                                               GNUTLS_TLS1_2},
        {MST_TLS_1_0, ONLY("TLS1.3"),                                               GNUTLS_TLS1_3},
        {MST_TLS_1_0, "NORMAL",                                                     GNUTLS_TLS1_3},
        {MST_TLS_1_0, OLD("TLS1.0") ":-KX-ALL:+RSA:-CIPHER-ALL:+3DES-CBC",          GNUTLS_TLS1_0},
        {MST_TLS_1_0, OLD("TLS1.0") ":-KX-ALL:+RSA:-CIPHER-ALL:+AES-128-CBC",       GNUTLS_TLS1_0},
        {MST_TLS_1_0, OLD("TLS1.0") ":-KX-ALL:+DHE-RSA",                            GNUTLS_TLS1_0},
        {MST_TLS_1_0, OLD("TLS1.2") ":-KX-ALL:+ECDHE-RSA:-SIGN-ALL:+SIGN-RSA-SHA1", GNUTLS_TLS1_2},
        {MST_TLS_1_1, OLD("TLS1.0"),                                                0            },
        {MST_TLS_1_1, OLD("TLS1.1"),                                                GNUTLS_TLS1_1},
        {MST_TLS_1_2, OLD("TLS1.0"),                                                0            },
        {MST_TLS_1_2, OLD("TLS1.1"),                                                0            },
        {MST_TLS_1_2, ONLY("TLS1.2"),                                               GNUTLS_TLS1_2},
        {MST_TLS_1_2, ONLY("TLS1.3"),                                               GNUTLS_TLS1_3},
        {MST_TLS_1_2, "NORMAL",                                                     GNUTLS_TLS1_3},
        {MST_TLS_1_2, OLD("TLS1.2") ":-KX-ALL:+RSA:-CIPHER-ALL:+3DES-CBC",          0            },
        {MST_TLS_1_3, ONLY("TLS1.2"),                                               0            },
        {MST_TLS_1_3, ONLY("TLS1.3"),                                               GNUTLS_TLS1_3},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct client client;
        int rc;

        mst_net_server_init(&server);
        start_tls(rows[i].min);
        client_init(&client, rows[i].priority);
        rc = client_handshake(&client);
        if (rows[i].version) {
            ck_assert_msg(rc == 0, "%zu %s: %s", i, rows[i].priority, gnutls_strerror(rc));
            ck_assert_int_eq((int)gnutls_protocol_get_version(client.session), rows[i].version);
            client_send(&client, MST_LIT("hello"));
            client_expect(&client, MST_LIT("hello"));
        } else {
            ck_assert_msg(rc == GNUTLS_E_FATAL_ALERT_RECEIVED, "%zu %s: %s", i, rows[i].priority,
                          gnutls_strerror(rc));
        }
        client_close(&client);
        stop_tls();
    }
}
MST_TEST_END

MST_TEST(the_clients_offer_picks_the_certificate)
{
    static const struct {
        const char *priority;
        int pk;
    } rows[] = {
        {ONLY("TLS1.2") ":-KX-ALL:+ECDHE-ECDSA",                   GNUTLS_PK_ECDSA},
        {ONLY("TLS1.2") ":-KX-ALL:+ECDHE-RSA",                     GNUTLS_PK_RSA  },
        {ONLY("TLS1.2") ":-KX-ALL:+RSA",                           GNUTLS_PK_RSA  },
        {ONLY("TLS1.3") ":-SIGN-ALL:+SIGN-ECDSA-SECP256R1-SHA256", GNUTLS_PK_ECDSA},
        {ONLY("TLS1.3") ":-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA256",    GNUTLS_PK_RSA  },
    };

    mst_net_server_init(&server);
    start_tls(MST_TLS_1_2);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct client client;

        client_open(&client, rows[i].priority);
        ck_assert_int_eq(client_pk(&client), rows[i].pk);
        client_close(&client);
    }
    stop_tls();
}
MST_TEST_END

static const char *const both_versions[] = {ONLY("TLS1.2"), ONLY("TLS1.3")};

MST_TEST(a_ticket_resumes_a_session)
{
    mst_net_server_init(&server);
    start_tls(MST_TLS_1_2);
    for (size_t i = 0; i < 2; i++) {
        struct client client;
        gnutls_datum_t saved;

        client_open(&client, both_versions[i]);
        client_send(&client, MST_LIT("x"));
        client_expect(&client, MST_LIT("x"));
        ck_assert_int_eq(gnutls_session_get_data2(client.session, &saved), 0);
        client_close(&client);
        client_init(&client, both_versions[i]);
        ck_assert_int_eq(gnutls_session_set_data(client.session, saved.data, saved.size), 0);
        ck_assert_int_eq(client_handshake(&client), 0);
        ck_assert_int_eq(gnutls_session_is_resumed(client.session), 1);
        client_send(&client, MST_LIT("y"));
        client_expect(&client, MST_LIT("y"));
        gnutls_free(saved.data);
        client_close(&client);
    }
    stop_tls();
}
MST_TEST_END

/* Every byte in a packet of its own. */
static ssize_t push_bytewise(gnutls_transport_ptr_t ptr, const void *bytes, size_t len)
{
    int fd = (int)(intptr_t)ptr;
    const char *chars = bytes;

    for (size_t i = 0; i < len; i++)
        if (send(fd, &chars[i], 1, MSG_NOSIGNAL) != 1)
            return -1;
    return (ssize_t)len;
}

MST_TEST(a_handshake_may_come_in_single_bytes)
{
    for (size_t i = 0; i < 2; i++) {
        struct client client;

        mst_net_server_init(&server);
        start_tls(MST_TLS_1_2);
        client_init(&client, both_versions[i]);
        gnutls_transport_set_push_function(client.session, push_bytewise);
        ck_assert_int_eq(client_handshake(&client), 0);
        client_send(&client, MST_LIT("in pieces"));
        client_expect(&client, MST_LIT("in pieces"));
        client_close(&client);
        stop_tls();
    }
}
MST_TEST_END

static struct mst_span pattern(size_t len)
{
    static char bytes[4 * 1024 * 1024];

    ck_assert_uint_le(len, sizeof bytes);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)(i * 2654435761u >> 13);
    return mst_span_of(bytes, len);
}

static void reply_10k(struct mst_net_server *s, struct mst_stream *stream, struct mst_span bytes)
{
    (void)s;
    (void)bytes;
    ck_assert_int_eq(mst_stream_send(stream, pattern(10000)), MST_OK);
}

MST_TEST(a_reply_of_up_to_16_kib_is_one_record)
{
    static char got[RECORD];

    mst_net_server_init(&server);
    server.received = reply_10k;
    start_tls(MST_TLS_1_0);
    for (size_t i = 0; i < 2; i++) {
        struct client client;
        ssize_t n;

        client_open(&client, both_versions[i]);
        client_send(&client, MST_LIT("?"));
        do /* one call never gives bytes of two records */
            n = gnutls_record_recv(client.session, got, sizeof got);
        while (n == GNUTLS_E_AGAIN);
        ck_assert_int_eq(n, 10000);
        client_close(&client);
    }
    stop_tls();
}
MST_TEST_END

static void send_4m(struct mst_net_server *s, struct mst_stream *stream)
{
    (void)s;
    ck_assert(mst_stream_is_tls(stream));
    ck_assert_int_eq(mst_stream_send(stream, pattern(4 * 1024 * 1024)), MST_OK);
    mst_stream_finish(stream, 10000);
}

MST_TEST(a_large_reply_arrives_whole_and_ends_with_close_notify)
{
    for (size_t i = 0; i < 2; i++) {
        struct client client;

        mst_net_server_init(&server);
        start_tls(MST_TLS_1_2);
        client_open(&client, both_versions[i]);
        mst_net_server_wait(&server, MST_SEEN_ACCEPTED, 1);
        mst_net_server_do(&server, send_4m);
        client_expect(&client, pattern(4 * 1024 * 1024));
        client_expect_end(&client);
        client_close(&client);
        mst_net_server_wait(&server, MST_SEEN_CLOSED, 1);
        stop_tls();
    }
}
MST_TEST_END

static void send_too_much(struct mst_net_server *s, struct mst_stream *stream)
{
    (void)s;
    for (int i = 0; i < 100; i++)
        if (mst_stream_send(stream, pattern(4 * 1024 * 1024)) != MST_OK)
            return;
    ck_abort_msg("400 MiB were taken");
}

MST_TEST(a_reader_that_lets_more_than_the_bound_wait_is_closed_under_tls_too)
{
    struct client client;

    mst_net_server_init(&server);
    server.opts.max_unsent_bytes = 1024 * 1024;
    start_tls(MST_TLS_1_2);
    client_open(&client, "NORMAL");
    mst_net_server_wait(&server, MST_SEEN_ACCEPTED, 1);
    mst_net_server_do(&server, send_too_much);
    mst_net_server_wait(&server, MST_SEEN_CLOSED, 1);
    client_close(&client);
    stop_tls();
}
MST_TEST_END

static void pause_after_each(struct mst_net_server *s, struct mst_stream *stream,
                             struct mst_span bytes)
{
    (void)s;
    (void)bytes;
    mst_stream_pause(stream);
}

static void do_resume(struct mst_net_server *s, struct mst_stream *stream)
{
    (void)s;
    mst_stream_resume(stream);
}

static void set_cork(int fd, int is_corked)
{
    ck_assert_int_eq(setsockopt(fd, IPPROTO_TCP, TCP_CORK, &is_corked, sizeof is_corked), 0);
}

MST_TEST(records_behind_a_pause_come_one_by_one_and_in_order_then_the_end)
{
    enum { N_RECORDS = 20, LEN = 300 };
    struct client client;
    struct mst_span bytes = pattern((size_t)N_RECORDS * LEN);

    mst_net_server_init(&server);
    server.received = pause_after_each;
    start_tls(MST_TLS_1_2);
    client_open(&client, "NORMAL");
    set_cork(client.fd, 1);
    for (size_t i = 0; i < N_RECORDS; i++)
        client_send(&client, mst_span_cut(bytes, i * LEN, (i + 1) * LEN));
    ck_assert_int_eq(gnutls_bye(client.session, GNUTLS_SHUT_WR), 0);
    set_cork(client.fd, 0);
    for (size_t i = 1; i <= N_RECORDS; i++) {
        mst_net_server_wait(&server, MST_SEEN_BYTES, i * LEN);
        mst_net_server_turns(&server);
        ck_assert_uint_eq(mst_net_server_seen(&server, MST_SEEN_BYTES), i * LEN);
        ck_assert_uint_eq(mst_net_server_seen(&server, MST_SEEN_ENDED), 0);
        mst_net_server_do(&server, do_resume);
    }
    mst_net_server_wait(&server, MST_SEEN_ENDED, 1);
    client_expect_end(&client);
    ck_assert_span_eq(mst_buf_span(&server.bytes), bytes);
    client_close(&client);
    stop_tls();
}
MST_TEST_END

static void say_goodbye(struct mst_net_server *s, struct mst_stream *stream)
{
    (void)s;
    ck_assert_int_eq(mst_stream_send(stream, MST_LIT("goodbye")), MST_OK);
    mst_stream_finish(stream, 5000);
}

MST_TEST(a_client_that_ended_its_side_still_gets_a_reply)
{
    struct client client;

    mst_net_server_init(&server);
    server.ended = say_goodbye;
    start_tls(MST_TLS_1_2);
    client_open(&client, "NORMAL");
    client_send(&client, MST_LIT("last words"));
    client_expect(&client, MST_LIT("last words"));
    ck_assert_int_eq(gnutls_bye(client.session, GNUTLS_SHUT_WR), 0);
    client_expect(&client, MST_LIT("goodbye"));
    client_expect_end(&client);
    client_close(&client);
    mst_net_server_wait(&server, MST_SEEN_CLOSED, 1);
    ck_assert_uint_eq(mst_net_server_seen(&server, MST_SEEN_ENDED), 1);
    stop_tls();
}
MST_TEST_END

MST_TEST(what_is_not_tls_gets_an_alert_and_the_end)
{
    struct mst_span alert = MST_LIT("\x15\x03");
    int fd;

    mst_net_server_init(&server);
    start_tls(MST_TLS_1_2);
    fd = mst_net_server_connect(&server);
    mst_peer_send(fd, MST_LIT("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    mst_peer_expect(fd, alert);
    mst_peer_expect_gone(fd);
    ck_assert_int_eq(close(fd), 0);
    fd = mst_net_server_connect(&server);
    ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
    mst_peer_expect_gone(fd);
    ck_assert_int_eq(close(fd), 0);
    stop_tls();
    ck_assert_uint_eq(server.seen[MST_SEEN_ACCEPTED], 0);
}
MST_TEST_END

MST_TEST(a_damaged_record_ends_the_stream)
{
    struct client client;

    mst_net_server_init(&server);
    start_tls(MST_TLS_1_2);
    client_open(&client, "NORMAL");
    mst_net_server_wait(&server, MST_SEEN_ACCEPTED, 1);
    mst_peer_send(client.fd, MST_LIT("\x17\x03\x03\x00\x20"
                                     "0123456789abcdef0123456789abcdef"));
    mst_net_server_wait(&server, MST_SEEN_CLOSED, 1);
    ck_assert_uint_eq(mst_net_server_seen(&server, MST_SEEN_BYTES), 0);
    client_close(&client);
    stop_tls();
}
MST_TEST_END

MST_TEST(an_unfinished_handshake_is_closed_at_the_deadline)
{
    uint64_t from = mst_clock_mono_ns();
    int fd;

    mst_net_server_init(&server);
    server.opts.handshake_ms = 200;
    start_tls(MST_TLS_1_2);
    fd = mst_net_server_connect(&server);
    mst_peer_send(fd, MST_LIT("\x16\x03\x01\x02"));
    mst_peer_expect_gone(fd);
    ck_assert_uint_ge(mst_clock_mono_ns() - from, 190 * 1000000u);
    ck_assert_int_eq(close(fd), 0);
    stop_tls();
    ck_assert_uint_eq(server.seen[MST_SEEN_ACCEPTED], 0);
}
MST_TEST_END

static void check_named_peer(struct mst_net_server *s, struct mst_stream *stream)
{
    char text[MST_ADDR_CHARS];

    (void)s;
    mst_addr_print(mst_stream_peer(stream), text);
    ck_assert_str_eq(text, "10.9.8.7:5000");
    ck_assert(mst_stream_is_tls(stream) && mst_stream_is_trusted(stream));
}

MST_TEST(a_proxy_header_comes_before_the_handshake)
{
    static struct mst_addr_set trusted;
    struct client client;

    mst_net_server_init(&server);
    ck_assert_int_eq(mst_addr_set_parse(MST_LIT("127.0.0.1"), &trusted), MST_OK);
    server.opts.trusted = &trusted;
    start_tls(MST_TLS_1_2);
    client_init(&client, "NORMAL");
    set_cork(client.fd, 1);
    mst_peer_send(client.fd, MST_LIT("PROXY TCP4 10.9.8.7 10.0.0.2 5000 443\r\n"));
    set_cork(client.fd, 0);
    ck_assert_int_eq(client_handshake(&client), 0);
    client_send(&client, MST_LIT("x"));
    client_expect(&client, MST_LIT("x"));
    mst_net_server_do(&server, check_named_peer);
    client_close(&client);
    client_open(&client, "NORMAL"); /* the same peer without a header */
    client_send(&client, MST_LIT("y"));
    client_expect(&client, MST_LIT("y"));
    client_close(&client);
    stop_tls();
}
MST_TEST_END

MST_TEST(a_pair_that_cannot_be_used_is_named)
{
    const struct {
        struct mst_tls_pair pair;
        enum mst_err err;
        const char *named;
    } rows[] = {
        {{"/nonexistent/a.pem", rsa_key}, MST_ENOENT, "/nonexistent/a.pem"},
        {{rsa_pem, "/nonexistent/a.key"}, MST_ENOENT, "/nonexistent/a.key"},
        {{rsa_key, rsa_key},              MST_EINVAL, rsa_key             },
        {{rsa_pem, rsa_pem},              MST_EINVAL, rsa_pem             },
        {{rsa_pem, ecdsa_key},            MST_EINVAL, ecdsa_key           },
        {{dir, rsa_key},                  MST_ESYS,   dir                 },
    };
    const struct mst_tls_pair good = {rsa_pem, rsa_key};
    struct mst_tls *tls = NULL;
    const char *what;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_int_eq(mst_tls_new(&rows[i].pair, 1, MST_TLS_1_2, &tls, &what), rows[i].err);
        ck_assert_msg(strstr(what, rows[i].named) != NULL, "%s", what);
    }
    ck_assert_int_eq(mst_tls_new(NULL, 0, MST_TLS_1_2, &tls, &what), MST_EINVAL);
    ck_assert_int_eq(mst_tls_new(&good, 1, (enum mst_tls_version)9, &tls, &what), MST_EINVAL);
    ck_assert_ptr_null(tls);
    mst_tls_free(NULL);
}
MST_TEST_END

int main(void)
{
    const TTest *const tests[] = {
        versions_from_the_minimum_on_connect_and_older_ones_get_an_alert,
        the_clients_offer_picks_the_certificate,
        a_ticket_resumes_a_session,
        a_handshake_may_come_in_single_bytes,
        a_reply_of_up_to_16_kib_is_one_record,
        a_large_reply_arrives_whole_and_ends_with_close_notify,
        a_reader_that_lets_more_than_the_bound_wait_is_closed_under_tls_too,
        records_behind_a_pause_come_one_by_one_and_in_order_then_the_end,
        a_client_that_ended_its_side_still_gets_a_reply,
        what_is_not_tls_gets_an_alert_and_the_end,
        a_damaged_record_ends_the_stream,
        an_unfinished_handshake_is_closed_at_the_deadline,
        a_proxy_header_comes_before_the_handshake,
        a_pair_that_cannot_be_used_is_named,
    };
    int status;

    make_pairs();
    status = mst_unit_main("net/tls", tests, sizeof tests / sizeof tests[0]);
    remove_pairs();
    return status;
}

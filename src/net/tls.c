/*
 * GnuTLS between two places in memory (internal.h). It never sees a descriptor, so
 * it never blocks: its pull takes from a cursor and says "again" at the end, its
 * push always succeeds.
 *
 * Below version 1.2 the algorithms that firmware of that age knows are added: SHA-1
 * signatures, 3DES behind AES, and %COMPAT for its bugs. From 1.2 on none of these.
 */
#include <assert.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/secret.h"
#include "net/internal.h"
#include "net/tls.h"
#include "sys/file.h"

enum {
    PEM_MAX = 1024 * 1024, /* a chain is some 10 KiB */
    TRIES_MAX = 32         /* turns of a GnuTLS call that says "call again" without taking input */
};

#define SUITES_NOW    "NORMAL:%SERVER_PRECEDENCE:-VERS-ALL:+VERS-TLS1.3"
#define SUITES_LEGACY ":+3DES-CBC:+SIGN-RSA-SHA1:+SIGN-ECDSA-SHA1:%COMPAT"

static const struct {
    enum mst_tls_version min_version;
    const char *priority;
} priorities[] = {
    {MST_TLS_1_3, SUITES_NOW                                                        },
    {MST_TLS_1_2, SUITES_NOW ":+VERS-TLS1.2"                                        },
    {MST_TLS_1_1, SUITES_NOW ":+VERS-TLS1.2:+VERS-TLS1.1" SUITES_LEGACY             },
    {MST_TLS_1_0, SUITES_NOW ":+VERS-TLS1.2:+VERS-TLS1.1:+VERS-TLS1.0" SUITES_LEGACY},
};

/* Read-only once made, so that loops on several threads may share it. */
struct mst_tls {
    gnutls_certificate_credentials_t credentials;
    gnutls_priority_t priority;
    gnutls_datum_t ticket_key; /* GnuTLS derives the rotating keys of tickets from it */
};

static _Thread_local char what[512];

static gnutls_datum_t datum_of(const struct mst_buf *buf)
{
    return (gnutls_datum_t){(unsigned char *)buf->ptr, (unsigned)buf->len};
}

static enum mst_err read_pem(const char *path, struct mst_buf *buf)
{
    enum mst_err err = mst_file_read(path, PEM_MAX, buf);

    if (err == MST_OK)
        return MST_OK;
    (void)snprintf(what, sizeof what, "%s: %s", path, mst_err_text(err));
    return err == MST_ENOENT || err == MST_ENOMEM ? err : MST_ESYS;
}

static enum mst_err load_pair(gnutls_certificate_credentials_t credentials,
                              const struct mst_tls_pair *pair)
{
    struct mst_buf cert, key;
    enum mst_err err;

    mst_buf_init(&cert, PEM_MAX);
    mst_buf_init(&key, PEM_MAX);
    err = read_pem(pair->cert_file, &cert);
    if (err == MST_OK)
        err = read_pem(pair->key_file, &key);
    if (err == MST_OK) {
        gnutls_datum_t cert_datum = datum_of(&cert), key_datum = datum_of(&key);
        int rc = gnutls_certificate_set_x509_key_mem2(credentials, &cert_datum, &key_datum,
                                                      GNUTLS_X509_FMT_PEM, NULL, 0);
        if (rc < 0) {
            (void)snprintf(what, sizeof what,
                           "%s, %s: not a certificate chain and its private key, in this order, "
                           "as PEM: %s",
                           pair->cert_file, pair->key_file, gnutls_strerror(rc));
            err = rc == GNUTLS_E_MEMORY_ERROR ? MST_ENOMEM : MST_EINVAL;
        }
    }
    mst_buf_wipe(&key);
    mst_buf_fini(&key);
    mst_buf_fini(&cert);
    return err;
}

static const char *priority_of(enum mst_tls_version min_version)
{
    for (size_t i = 0; i < sizeof priorities / sizeof priorities[0]; i++)
        if (priorities[i].min_version == min_version)
            return priorities[i].priority;
    return NULL;
}

static enum mst_err init(struct mst_tls *tls, const struct mst_tls_pair *pairs, size_t n_pairs,
                         enum mst_tls_version min_version)
{
    const char *priority = priority_of(min_version);
    enum mst_err err = MST_OK;

    if (!priority || n_pairs == 0) {
        (void)snprintf(what, sizeof what, "%s",
                       priority ? "no certificate is given" : "no such version of TLS");
        return MST_EINVAL;
    }
    (void)snprintf(what, sizeof what, "GnuTLS cannot be set up");
    if (gnutls_certificate_allocate_credentials(&tls->credentials) < 0)
        return MST_ENOMEM;
    if (gnutls_priority_init(&tls->priority, priority, NULL) < 0)
        return MST_ESYS;
    if (gnutls_session_ticket_key_generate(&tls->ticket_key) < 0)
        return MST_ESYS;
    /* For clients that offer only finite field groups of their own. */
    if (gnutls_certificate_set_known_dh_params(tls->credentials, GNUTLS_SEC_PARAM_MEDIUM) < 0)
        return MST_ESYS;
    for (size_t i = 0; i < n_pairs && err == MST_OK; i++)
        err = load_pair(tls->credentials, &pairs[i]);
    return err;
}

enum mst_err mst_tls_new(const struct mst_tls_pair *pairs, size_t n_pairs,
                         enum mst_tls_version min_version, struct mst_tls **ret_tls,
                         const char **ret_what)
{
    struct mst_tls *tls = calloc(1, sizeof *tls);
    enum mst_err err;

    *ret_what = what;
    if (!tls) {
        (void)snprintf(what, sizeof what, "%s", mst_err_text(MST_ENOMEM));
        return MST_ENOMEM;
    }
    err = init(tls, pairs, n_pairs, min_version);
    if (err != MST_OK) {
        mst_tls_free(tls);
        return err;
    }
    what[0] = '\0';
    *ret_tls = tls;
    return MST_OK;
}

void mst_tls_free(struct mst_tls *tls)
{
    if (!tls)
        return;
    if (tls->ticket_key.data) {
        mst_secret_wipe(tls->ticket_key.data, tls->ticket_key.size);
        gnutls_free(tls->ticket_key.data);
    }
    if (tls->priority)
        gnutls_priority_deinit(tls->priority);
    if (tls->credentials)
        gnutls_certificate_free_credentials(tls->credentials);
    free(tls);
}

struct mst_tls_session {
    gnutls_session_t gnutls;
    struct mst_cur *in;
    struct mst_buf *out;
};

static ssize_t pull(gnutls_transport_ptr_t ptr, void *room, size_t size)
{
    struct mst_tls_session *session = ptr;
    size_t left = mst_cur_left(session->in);
    struct mst_span bytes;

    if (left == 0 || !mst_cur_take(session->in, left < size ? left : size, &bytes)) {
        gnutls_transport_set_errno(session->gnutls, EAGAIN);
        return -1;
    }
    memcpy(room, bytes.ptr, bytes.len);
    return (ssize_t)bytes.len;
}

static int pull_timeout(gnutls_transport_ptr_t ptr, unsigned ms)
{
    struct mst_tls_session *session = ptr;

    (void)ms;
    return mst_cur_left(session->in) > 0 ? 1 : 0;
}

static ssize_t push(gnutls_transport_ptr_t ptr, const void *bytes, size_t len)
{
    struct mst_tls_session *session = ptr;

    if (mst_buf_add(session->out, mst_span_of(bytes, len)) != MST_OK) {
        gnutls_transport_set_errno(session->gnutls, EPIPE);
        return -1;
    }
    return (ssize_t)len;
}

enum mst_err mst_tls_session_new(const struct mst_tls *tls, struct mst_cur *in, struct mst_buf *out,
                                 struct mst_tls_session **ret_session)
{
    struct mst_tls_session *session = calloc(1, sizeof *session);

    if (!session)
        return MST_ENOMEM;
    session->in = in;
    session->out = out;
    if (gnutls_init(&session->gnutls, GNUTLS_SERVER | GNUTLS_NONBLOCK) < 0) {
        free(session);
        return MST_ENOMEM;
    }
    if (gnutls_priority_set(session->gnutls, tls->priority) < 0 ||
        gnutls_credentials_set(session->gnutls, GNUTLS_CRD_CERTIFICATE, tls->credentials) < 0 ||
        gnutls_session_ticket_enable_server(session->gnutls, &tls->ticket_key) < 0) {
        mst_tls_session_free(session);
        return MST_ESYS;
    }
    gnutls_handshake_set_timeout(session->gnutls, GNUTLS_INDEFINITE_TIMEOUT);
    gnutls_transport_set_ptr(session->gnutls, session);
    gnutls_transport_set_pull_function(session->gnutls, pull);
    gnutls_transport_set_pull_timeout_function(session->gnutls, pull_timeout);
    gnutls_transport_set_push_function(session->gnutls, push);
    *ret_session = session;
    return MST_OK;
}

void mst_tls_session_free(struct mst_tls_session *session)
{
    if (!session)
        return;
    gnutls_deinit(session->gnutls);
    free(session);
}

enum mst_err mst_tls_session_handshake(struct mst_tls_session *session)
{
    int rc = GNUTLS_E_AGAIN;

    for (int i = 0; i < TRIES_MAX; i++) {
        rc = gnutls_handshake(session->gnutls);
        if (rc == GNUTLS_E_SUCCESS)
            return MST_OK;
        if (rc == GNUTLS_E_AGAIN)
            return MST_EMORE;
        if (gnutls_error_is_fatal(rc))
            break;
    }
    (void)gnutls_alert_send_appropriate(session->gnutls, rc);
    return MST_ESYNTAX;
}

enum mst_err mst_tls_session_read(struct mst_tls_session *session, char *room, size_t *ret_len)
{
    ssize_t n = GNUTLS_E_AGAIN;

    for (int i = 0; i < TRIES_MAX; i++) {
        n = gnutls_record_recv(session->gnutls, room, MST_RECORD_MAX);
        if (n > 0) {
            *ret_len = (size_t)n;
            return MST_OK;
        }
        if (n == 0)
            return MST_ECLOSED;
        if (n == GNUTLS_E_AGAIN)
            return MST_EMORE;
        /* Nothing here needs a second handshake, and it costs the server more than the client. */
        if (n == GNUTLS_E_REHANDSHAKE || gnutls_error_is_fatal((int)n))
            break;
    }
    (void)gnutls_alert_send_appropriate(session->gnutls, (int)n);
    return MST_ESYNTAX;
}

enum mst_err mst_tls_session_write(struct mst_tls_session *session, struct mst_span bytes)
{
    ssize_t n = gnutls_record_send(session->gnutls, bytes.ptr, bytes.len);

    /* The push takes everything, so a short count would mean a smaller record was agreed on. */
    while (n > 0 && (size_t)n < bytes.len) {
        bytes = mst_span_cut(bytes, (size_t)n, bytes.len);
        n = gnutls_record_send(session->gnutls, bytes.ptr, bytes.len);
    }
    return n > 0 ? MST_OK : MST_ESYS;
}

void mst_tls_session_bye(struct mst_tls_session *session)
{
    (void)gnutls_bye(session->gnutls, GNUTLS_SHUT_WR);
}

/* http.h - one HTTP conversation with one server, over libcurl. */
#ifndef MST_CLI_HTTP_H
#define MST_CLI_HTTP_H

#include "base/buf.h"
#include "base/secret.h"

struct cli_http;

struct cli_http_opts {
    const char *server;  /* http://host[:port] or https://..., no path */
    const char *ca_file; /* PEM; NULL: the system's */
    bool is_insecure;    /* https without looking at the certificate */
    uint64_t timeout_s;  /* for a whole call; with a source or a sink: without a byte moving */
};

enum { CLI_WHY_MAX = 256, CLI_VALUE_MAX = 128 };

/* A body that goes out as it is read. */
struct cli_source {
    /* Gives up to max bytes, none at the end. False: they cannot be read, problem says why. */
    bool (*read)(void *arg, char *bytes, size_t max, size_t *ret_n);
    /* Back to the beginning; NULL, or false: that cannot be done, so the call is tried once only. */
    bool (*rewind)(void *arg);
    int64_t n_bytes; /* -1: not known */
    char problem[CLI_WHY_MAX];
    void *arg;
};

/* Where the body of a success goes as it comes. */
struct cli_sink {
    /* False: they cannot be taken, problem says why. */
    bool (*take)(void *arg, long status, struct mst_span bytes);
    char problem[CLI_WHY_MAX];
    void *arg;
};

enum { CLI_HEADERS_MAX = 2 };

struct cli_request {
    const char *method;
    const char *path;         /* encoded, from "/" on, with its query */
    const char *content_type; /* NULL: no body */
    struct mst_span body;
    const struct mst_handle *cik, *token; /* NULL: not sent */
    const char *vendor;                   /* whose model it is about; NULL: not sent */
    const char *headers[CLI_HEADERS_MAX]; /* more lines; NULL: none */
    struct cli_source *source;            /* instead of body; NULL: none */
    struct cli_sink *sink;                /* instead of the reply's body; NULL: none */
};

struct cli_reply {
    long status;
    uint64_t retry_after_s;       /* 0: not told */
    char why[CLI_WHY_MAX];        /* X-Muster-Refused; empty: not told */
    char digest[CLI_VALUE_MAX];   /* Repr-Digest; empty: not told */
    char modified[CLI_VALUE_MAX]; /* Last-Modified; empty: not told */
    struct mst_buf body;
};

/* MST_EINVAL: server is not an http or https URL, or has a path. opts' texts are copied. */
MST_MUST_USE enum mst_err cli_http_new(const struct cli_http_opts *opts,
                                       struct cli_http **ret_http);
void cli_http_free(struct cli_http *http);

/*
 * Sends and waits. Any status is MST_OK. MST_ECLOSED: no connection; MST_ETIMEOUT, MST_EUNKNOWN:
 * connected, but no whole reply came, so the call may have been carried out; MST_EKEY: the TLS
 * certificate is not trusted; MST_EREFUSED: source or sink failed; MST_EIO: ca_file, or the system's certificates, cannot be used; MST_EFULL: the reply is too large; MST_ESYS: anything else.
 * cli_http_problem tells more. The reply's body is the caller's, to be cleared by
 * cli_reply_fini also after a failure.
 */
MST_MUST_USE enum mst_err cli_http_call(struct cli_http *http, const struct cli_request *request,
                                        struct cli_reply *ret_reply);
const char *cli_http_problem(const struct cli_http *http);
/* Wipes: replies hold keys. */
void cli_reply_fini(struct cli_reply *reply);

#endif

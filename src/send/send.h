/*
 * send.h - messages on their way to others over HTTP and SMTP, many at a time, by libcurl.
 *
 * One thread has it. What is started ends in the done function, by mst_send_turn on that thread, once:
 * answered, or failed for good, or failed in a way that another try may mend.
 *
 * A host is connected to only if the address that its name led to is public (public.h), unless the
 * caller vouches for it. Redirects are not followed, proxies of the environment not used, certificates
 * are checked; of an answer no more than MST_SEND_ANSWER_MAX is read, and nothing kept.
 */
#ifndef MST_SEND_SEND_H
#define MST_SEND_SEND_H

#include "base/span.h"

struct mst_send;

enum mst_send_outcome {
    MST_SEND_DONE,  /* an answer that says yes (HTTP 2xx, SMTP 250) or, for good, no */
    MST_SEND_AGAIN, /* no answer, or one that says "not now": HTTP 429, 5xx, SMTP 4xx */
    MST_SEND_NEVER  /* the address is not allowed or not understood */
};

struct mst_send_result {
    enum mst_send_outcome outcome;
    struct mst_span status; /* the status of the answer, or "error: " and why there was none */
    int64_t wait_s;         /* MST_SEND_AGAIN: Retry-After of the answer, 0 if it has none */
};

struct mst_send_opts {
    bool is_private_allowed;
    uint64_t timeout_ms;  /* from the start to the end of one message */
    const char *smtp_url; /* smtp://host:port or smtps://host:port; "" if there is no such server */
    const char *smtp_from;     /* its address in SMTP and From */
    const char *smtp_user;     /* "" = without authentication */
    const char *smtp_password; /* of smtp_user */
    bool is_smtp_plain;        /* smtp:// without TLS is allowed */
    const char *
        ca_file; /* PEM: authorities trusted beside the system's; "" = none; read for each message */
    void (*done)(void *arg, void *message, const struct mst_send_result *result);
    void *arg;
};

/* What opts points to must live as long. */
MST_MUST_USE enum mst_err mst_send_new(const struct mst_send_opts *opts,
                                       struct mst_send **ret_send);
/* Messages under way are given up; done is not called for them. NULL is nothing. */
void mst_send_free(struct mst_send *send);

struct mst_send_http {
    const char *verb;     /* "GET", "POST", "PUT" */
    struct mst_span url;  /* http or https */
    struct mst_span type; /* of the body; a GET has none */
    struct mst_span body;
    struct mst_span key; /* Idempotency-Key: the same at each try */
    bool is_vouched;     /* the operator's hook, which may be anywhere; no URL: none is set */
};

struct mst_send_mail {
    struct mst_span to, subject, text;
    struct mst_span id; /* of Message-ID, the same at each try */
    int64_t at;         /* Unix seconds */
};

/* These copy what they need; message is what done gets. MST_ENOMEM: not started. */
MST_MUST_USE enum mst_err mst_send_http(struct mst_send *send, const struct mst_send_http *http,
                                        void *message);
MST_MUST_USE enum mst_err mst_send_mail(struct mst_send *send, const struct mst_send_mail *mail,
                                        void *message);

/* Sends and receives what can be, calls done for what has ended; if there is nothing to do, waits for
   it, no longer than timeout_ms, or until mst_send_wake. */
void mst_send_turn(struct mst_send *send, int timeout_ms);
/* From any thread: the running turn, or else the next one, does not wait. */
void mst_send_wake(struct mst_send *send);

#endif

/*
 * outlet.h - the ways out for the messages of dispatches (protocol.md 2.15.5; docs/processing.md): what a
 * message looks like to the recipient of its method, and what the operator set up for it: the mail
 * server, the hook, the certificate authorities.
 */
#ifndef MST_SERVER_OUTLET_H
#define MST_SERVER_OUTLET_H

#include "core/dispatch.h"
#include "send/send.h"
#include "server/settings.h"

struct mst_outlet {
    const struct mst_settings *settings;
    struct mst_send *send; /* its turns are the owner's */
    char password[MST_SETTING_TEXT_MAX];
    bool is_bad[2]; /* the mail server, the hook: said in the log */
};

struct mst_message {
    enum mst_dispatch_method method;
    struct mst_span recipient, subject, text;
    struct mst_span key; /* Idempotency-Key or Message-ID, the same at each try */
    int64_t at;          /* Unix seconds */
};

typedef void mst_outlet_done(void *arg, void *message, const struct mst_send_result *result);

/* All zero before. settings must outlive it. done: as in struct mst_send_opts. An error, with a line of
   *why: to be closed all the same. */
MST_MUST_USE enum mst_err mst_outlet_open(struct mst_outlet *outlet,
                                          const struct mst_settings *settings,
                                          mst_outlet_done *done, void *arg, struct mst_buf *why);
void mst_outlet_close(struct mst_outlet *outlet);
/* arg is what done gets, perhaps before this returns. MST_EFULL: it is longer than what can be sent. */
MST_MUST_USE enum mst_err mst_outlet_begin(struct mst_outlet *outlet,
                                           const struct mst_message *message, void *arg);
/* What the operator set up is told of in the log, once when it fails and once when it works again. */
void mst_outlet_watch(struct mst_outlet *outlet, enum mst_dispatch_method method,
                      const struct mst_send_result *result);

#endif

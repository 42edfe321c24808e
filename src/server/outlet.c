#include <string.h>

#include "base/json.h"
#include "server/outlet.h"
#include "sys/file.h"
#include "sys/log.h"
#include "wire/pct.h"

/* ---- a message, as its recipient gets it ---- */

static enum mst_err begin_http(struct mst_outlet *outlet, const struct mst_message *message,
                               void *arg, const char *verb, struct mst_span url)
{
    const struct mst_send_http http = {.verb = verb,
                                       .url = url,
                                       .type = MST_LIT("text/plain; charset=utf-8"),
                                       .body = message->text,
                                       .key = message->key};

    return mst_send_http(outlet->send, &http, arg);
}

/* The text goes into the query, as value=. */
static enum mst_err begin_get(struct mst_outlet *outlet, const struct mst_message *message,
                              void *arg)
{
    struct mst_span url =
        mst_span_cut(message->recipient, 0, mst_span_find(message->recipient, '#', 0));
    bool has_query = mst_span_find(url, '?', 0) < url.len;
    struct mst_buf whole;
    enum mst_err err;

    mst_buf_init(&whole, MST_SEND_BODY_MAX);
    (void)mst_buf_add(&whole, url);
    (void)mst_buf_add_str(&whole, has_query ? "&value=" : "?value=");
    err = mst_pct_encode(&whole, message->text);
    if (err == MST_OK)
        err = begin_http(outlet, message, arg, "GET", mst_buf_span(&whole));
    mst_buf_fini(&whole);
    return err;
}

static void put_member(struct mst_buf *out, const char *name, struct mst_span text)
{
    (void)mst_buf_addf(out, "%c\"%s\":", out->len == 0 ? '{' : ',', name);
    (void)mst_json_put(out, text);
}

static enum mst_err begin_hook(struct mst_outlet *outlet, const struct mst_message *message,
                               void *arg)
{
    struct mst_send_http http = {.verb = "POST",
                                 .url = mst_span_str(outlet->settings->dispatch_hook),
                                 .type = MST_LIT("application/json"),
                                 .key = message->key,
                                 .is_vouched = true};
    struct mst_buf body;
    enum mst_err err;

    mst_buf_init(&body, MST_SEND_BODY_MAX);
    put_member(&body, "method", mst_span_str(mst_dispatch_method_names[message->method]));
    put_member(&body, "recipient", message->recipient);
    put_member(&body, "subject", message->subject);
    put_member(&body, "message", message->text);
    err = mst_buf_add_byte(&body, '}');
    http.body = mst_buf_span(&body);
    if (err == MST_OK)
        err = mst_send_http(outlet->send, &http, arg);
    mst_buf_fini(&body);
    return err;
}

static enum mst_err begin_mail(struct mst_outlet *outlet, const struct mst_message *message,
                               void *arg)
{
    const struct mst_send_mail mail = {.to = message->recipient,
                                       .subject = message->subject,
                                       .text = message->text,
                                       .id = message->key,
                                       .at = message->at};

    return mst_send_mail(outlet->send, &mail, arg);
}

enum mst_err mst_outlet_begin(struct mst_outlet *outlet, const struct mst_message *message,
                              void *arg)
{
    switch (message->method) {
    case MST_DISPATCH_EMAIL:
        return begin_mail(outlet, message, arg);
    case MST_DISPATCH_HTTP_GET:
        return begin_get(outlet, message, arg);
    case MST_DISPATCH_HTTP_POST:
        return begin_http(outlet, message, arg, "POST", message->recipient);
    case MST_DISPATCH_HTTP_PUT:
        return begin_http(outlet, message, arg, "PUT", message->recipient);
    case MST_DISPATCH_SMS:
    case MST_DISPATCH_XMPP:
        return begin_hook(outlet, message, arg);
    case MST_DISPATCH_METHODS:
        break;
    }
    return MST_EINVAL;
}

/* ---- what the operator set up ---- */

/* A mail server that answers works, whatever it says of a recipient. */
void mst_outlet_watch(struct mst_outlet *outlet, enum mst_dispatch_method method,
                      const struct mst_send_result *result)
{
    static const char *const names[] = {"the mail server of smtp_url", "the hook of dispatch_hook"};
    const bool is_mail = method == MST_DISPATCH_EMAIL;
    const bool is_hook = method == MST_DISPATCH_SMS || method == MST_DISPATCH_XMPP;
    const bool is_answer = !mst_span_starts(result->status, MST_LIT("error"));
    const bool is_bad = result->outcome == MST_SEND_AGAIN && !(is_mail && is_answer);
    const size_t route = is_mail ? 0 : 1;

    if ((!is_mail && !is_hook) || result->outcome == MST_SEND_NEVER)
        return;
    if (is_bad != outlet->is_bad[route])
        mst_log(is_bad ? MST_LOG_WARNING : MST_LOG_INFO, MST_EV_DISPATCH, "%s %s: %.*s",
                names[route], is_bad ? "does not take messages" : "takes messages again",
                (int)result->status.len, result->status.ptr);
    outlet->is_bad[route] = is_bad;
}

static enum mst_err read_password(struct mst_outlet *outlet, struct mst_buf *why)
{
    const char *path = outlet->settings->smtp_password_file;
    struct mst_buf text;
    struct mst_span line;
    enum mst_err err = MST_OK;

    if (!outlet->settings->smtp_user[0])
        return MST_OK;
    mst_buf_init(&text, sizeof outlet->password);
    err = mst_file_read(path, sizeof outlet->password - 1, &text);
    if (err != MST_OK) {
        (void)mst_buf_addf(why, "smtp_password_file: %s cannot be read: %s\n", path,
                           mst_err_text(err));
    } else {
        line = mst_span_cut(mst_buf_span(&text), 0, mst_span_find(mst_buf_span(&text), '\n', 0));
        if (line.len > 0)
            memcpy(outlet->password, line.ptr, line.len);
    }
    mst_buf_wipe(&text);
    mst_buf_fini(&text);
    return err;
}

static bool holds_certificate(struct mst_span text)
{
    for (size_t at = 0; at < text.len; at = mst_span_find(text, '\n', at) + 1)
        if (mst_span_starts(mst_span_cut(text, at, text.len),
                            MST_LIT("-----BEGIN CERTIFICATE-----")))
            return true;
    return false;
}

/* Read by libcurl each time: it may be renewed. */
static enum mst_err check_ca_file(const struct mst_outlet *outlet, struct mst_buf *why)
{
    const char *path = outlet->settings->dispatch_ca_file;
    struct mst_buf text;
    enum mst_err err;

    if (!path[0])
        return MST_OK;
    mst_buf_init(&text, MST_CA_FILE_MAX);
    err = mst_file_read(path, MST_CA_FILE_MAX, &text);
    if (err != MST_OK) {
        (void)mst_buf_addf(why, "dispatch_ca_file: %s cannot be read: %s\n", path,
                           mst_err_text(err));
    } else if (!holds_certificate(mst_buf_span(&text))) {
        (void)mst_buf_addf(why, "dispatch_ca_file: %s holds no certificate (PEM)\n", path);
        err = MST_EINVAL;
    }
    mst_buf_fini(&text);
    return err;
}

enum mst_err mst_outlet_open(struct mst_outlet *outlet, const struct mst_settings *settings,
                             mst_outlet_done *done, void *arg, struct mst_buf *why)
{
    const struct mst_send_opts opts = {
        .is_private_allowed = settings->dispatch_private_networks != 0,
        .timeout_ms = (uint64_t)settings->dispatch_timeout_ms,
        .smtp_url = settings->smtp_url,
        .smtp_from = settings->smtp_from,
        .smtp_user = settings->smtp_user,
        .smtp_password = outlet->password,
        .is_smtp_plain = !settings->smtp_tls_required,
        .ca_file = settings->dispatch_ca_file,
        .done = done,
        .arg = arg,
    };
    enum mst_err err;

    outlet->settings = settings;
    err = read_password(outlet, why);
    if (err == MST_OK)
        err = check_ca_file(outlet, why);
    if (err != MST_OK)
        return err;
    err = mst_send_new(&opts, &outlet->send);
    if (err != MST_OK)
        (void)mst_buf_addf(why, "dispatches cannot be sent: %s\n", mst_err_text(err));
    return err;
}

void mst_outlet_close(struct mst_outlet *outlet)
{
    mst_send_free(outlet->send);
    mst_secret_wipe(outlet->password, sizeof outlet->password);
}

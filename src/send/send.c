/*
 * Each message is one easy handle of its own, in one multi handle, with a connection of its own: so
 * the address of each is checked when its socket is made, and no answer can be taken for another's.
 * Names are resolved by libcurl's own threads.
 */
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "base/version.h"
#include "send/public.h"
#include "send/send.h"
#include "wire/mail.h"

struct mst_send {
    struct mst_send_opts opts;
    CURLM *multi;
    struct sending *sendings; /* a list, doubly linked */
};

struct sending {
    struct sending *next, *prev;
    struct mst_send *send;
    CURL *easy;
    struct curl_slist *lines; /* header lines, or recipients */
    struct mst_buf body;
    size_t n_taken;  /* of body, by SMTP */
    size_t n_answer; /* bytes of head and body that came back */
    bool is_mail, is_vouched;
    bool is_refused; /* an address was not allowed */
    void *message;
};

/* ---- what libcurl calls ---- */

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *addr)
{
    struct sending *sending = arg;

    (void)purpose;
    if (!sending->is_vouched && !sending->send->opts.is_private_allowed &&
        (!mst_public_is(&addr->addr) || mst_public_is_own(&addr->addr))) {
        sending->is_refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(addr->family, addr->socktype | SOCK_CLOEXEC, addr->protocol);
}

/* Of body and head alike. Too much ends the transfer; the status has come by then. */
static size_t drop_answer(char *bytes, size_t size, size_t n, void *arg)
{
    struct sending *sending = arg;

    (void)bytes;
    sending->n_answer += size * n;
    return sending->n_answer <= MST_SEND_ANSWER_MAX ? size * n : 0;
}

static size_t give_mail(char *room, size_t size, size_t n, void *arg)
{
    struct sending *sending = arg;
    struct mst_span piece =
        mst_span_cut(mst_buf_span(&sending->body), sending->n_taken, sending->n_taken + size * n);

    if (piece.len > 0)
        memcpy(room, piece.ptr, piece.len);
    sending->n_taken += piece.len;
    return piece.len;
}

/* ---- making and freeing ---- */

static void free_sending(struct sending *sending)
{
    struct mst_send *send = sending->send;

    if (sending->easy) {
        (void)curl_multi_remove_handle(send->multi, sending->easy);
        curl_easy_cleanup(sending->easy);
    }
    curl_slist_free_all(sending->lines);
    mst_buf_fini(&sending->body);
    *(sending->prev ? &sending->prev->next : &send->sendings) = sending->next;
    if (sending->next)
        sending->next->prev = sending->prev;
    free(sending);
}

static void set_common(struct sending *sending)
{
    const struct mst_send_opts *opts = &sending->send->opts;
    CURL *easy = sending->easy;

    (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, sending);
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* no waiting for a resolver's thread */
    (void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)opts->timeout_ms);
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)opts->timeout_ms);
    if (opts->ca_file[0])
        (void)curl_easy_setopt(easy, CURLOPT_CAINFO, opts->ca_file); /* beside CURLOPT_CAPATH */
    (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, sending);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop_answer);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, sending);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, drop_answer);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, sending);
}

static struct sending *new_sending(struct mst_send *send, void *message)
{
    struct sending *sending = calloc(1, sizeof *sending);

    if (!sending)
        return NULL;
    sending->send = send;
    sending->message = message;
    sending->next = send->sendings;
    if (sending->next)
        sending->next->prev = sending;
    send->sendings = sending;
    mst_buf_init(&sending->body, MST_SEND_BODY_MAX);
    sending->easy = curl_easy_init();
    if (!sending->easy) {
        free_sending(sending);
        return NULL;
    }
    set_common(sending);
    return sending;
}

static enum mst_err add_line(struct sending *sending, const char *what, struct mst_span value)
{
    struct curl_slist *longer;
    struct mst_buf line;

    mst_buf_init(&line, MST_KIB(1));
    (void)mst_buf_addf(&line, "%s%.*s", what, (int)value.len, value.ptr ? value.ptr : "");
    if (mst_buf_add_byte(&line, '\0') != MST_OK) {
        mst_buf_fini(&line);
        return MST_ENOMEM;
    }
    longer = curl_slist_append(sending->lines, line.ptr);
    mst_buf_fini(&line);
    if (!longer)
        return MST_ENOMEM;
    sending->lines = longer;
    return MST_OK;
}

/* libcurl wants a NUL; a text with one in it would be cut, and is refused before (mst_send_http). */
static enum mst_err set_url(struct sending *sending, struct mst_span url)
{
    struct mst_buf text;
    CURLcode code;

    mst_buf_init(&text, MST_SEND_BODY_MAX);
    (void)mst_buf_add(&text, url);
    if (mst_buf_add_byte(&text, '\0') != MST_OK) {
        mst_buf_fini(&text);
        return MST_ENOMEM;
    }
    code = curl_easy_setopt(sending->easy, CURLOPT_URL, text.ptr);
    mst_buf_fini(&text);
    return code == CURLE_OK ? MST_OK : MST_ENOMEM;
}

static enum mst_err begin(struct sending *sending)
{
    CURLMcode code = curl_multi_add_handle(sending->send->multi, sending->easy);

    return code == CURLM_OK ? MST_OK : MST_ENOMEM;
}

static void say_never(struct mst_send *send, void *message, struct mst_span why)
{
    const struct mst_send_result result = {.outcome = MST_SEND_NEVER, .status = why};

    send->opts.done(send->opts.arg, message, &result);
}

/* ---- HTTP ---- */

static enum mst_err set_body(struct sending *sending, const struct mst_send_http *http)
{
    CURL *easy = sending->easy;

    if (mst_buf_add(&sending->body, http->body) != MST_OK)
        return MST_ENOMEM;
    (void)curl_easy_setopt(easy, CURLOPT_POST, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, http->verb);
    (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)sending->body.len);
    (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, sending->body.len ? sending->body.ptr : "");
    return add_line(sending, "Content-Type: ", http->type);
}

static enum mst_err prepare_http(struct sending *sending, const struct mst_send_http *http)
{
    enum mst_err err = set_url(sending, http->url);

    sending->is_vouched = http->is_vouched;
    if (err == MST_OK && strcmp(http->verb, "GET") != 0)
        err = set_body(sending, http);
    if (err == MST_OK)
        err = add_line(sending, "Idempotency-Key: ", http->key);
    if (err == MST_OK)
        err = add_line(sending, "Expect:", MST_LIT("")); /* none: a body is small */
    if (err != MST_OK)
        return err;
    (void)curl_easy_setopt(sending->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(sending->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(sending->easy, CURLOPT_USERAGENT, "muster/" MST_VERSION);
    (void)curl_easy_setopt(sending->easy, CURLOPT_HTTPHEADER, sending->lines);
    return begin(sending);
}

static bool is_web_url(struct mst_span url)
{
    for (size_t i = 0; i < url.len; i++)
        if ((unsigned char)url.ptr[i] <= ' ' || url.ptr[i] == '\x7f')
            return false;
    return mst_span_starts(url, MST_LIT("http://")) || mst_span_starts(url, MST_LIT("https://"));
}

enum mst_err mst_send_http(struct mst_send *send, const struct mst_send_http *http, void *message)
{
    struct sending *sending;
    enum mst_err err;

    if (!is_web_url(http->url)) {
        say_never(send, message,
                  http->is_vouched ? MST_LIT("error: no hook is set")
                                   : MST_LIT("error: no http or https URL"));
        return MST_OK;
    }
    sending = new_sending(send, message);
    if (!sending)
        return MST_ENOMEM;
    err = prepare_http(sending, http);
    if (err != MST_OK)
        free_sending(sending);
    return err;
}

/* ---- SMTP ---- */

static enum mst_err prepare_mail(struct sending *sending, const struct mst_send_mail *mail)
{
    const struct mst_send_opts *opts = &sending->send->opts;
    CURL *easy = sending->easy;
    enum mst_err err = add_line(sending, "", mail->to);

    if (err == MST_OK)
        err = mst_mail_write(&(struct mst_mail){.from = mst_span_str(opts->smtp_from),
                                                .to = mail->to,
                                                .subject = mail->subject,
                                                .text = mail->text,
                                                .id = mail->id,
                                                .at = mail->at},
                             &sending->body);
    if (err != MST_OK)
        return err;
    sending->is_mail = sending->is_vouched = true;
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    (void)curl_easy_setopt(easy, CURLOPT_URL, opts->smtp_url);
    (void)curl_easy_setopt(easy, CURLOPT_USE_SSL,
                           (long)(opts->is_smtp_plain ? CURLUSESSL_TRY : CURLUSESSL_ALL));
    (void)curl_easy_setopt(easy, CURLOPT_MAIL_FROM, opts->smtp_from);
    (void)curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, sending->lines);
    (void)curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_mail);
    (void)curl_easy_setopt(easy, CURLOPT_READDATA, sending);
    if (opts->smtp_user[0]) {
        (void)curl_easy_setopt(easy, CURLOPT_USERNAME, opts->smtp_user);
        (void)curl_easy_setopt(easy, CURLOPT_PASSWORD, opts->smtp_password);
    }
    return begin(sending);
}

enum mst_err mst_send_mail(struct mst_send *send, const struct mst_send_mail *mail, void *message)
{
    struct sending *sending;
    enum mst_err err;

    if (!send->opts.smtp_url[0] || !mst_mail_is_address(mail->to)) {
        say_never(send, message,
                  send->opts.smtp_url[0] ? MST_LIT("error: no mail address")
                                         : MST_LIT("error: no mail server is set"));
        return MST_OK;
    }
    sending = new_sending(send, message);
    if (!sending)
        return MST_ENOMEM;
    err = prepare_mail(sending, mail);
    if (err != MST_OK)
        free_sending(sending);
    return err;
}

/* ---- how it ended ---- */

static enum mst_send_outcome judge_http(CURLcode code, long status)
{
    if (status == 0)
        return code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL ? MST_SEND_NEVER
                                                                                 : MST_SEND_AGAIN;
    return status == 429 || status >= 500 ? MST_SEND_AGAIN : MST_SEND_DONE;
}

/* What a server says of our name or password it does not say of the mail. */
static bool is_answer_to_mail(CURLcode code, long status)
{
    return code == CURLE_OK || (status >= 400 && code != CURLE_LOGIN_DENIED);
}

/* Only the answer to the mail's end says that it was taken, and libcurl says so with CURLE_OK. */
static enum mst_send_outcome judge_mail(CURLcode code, long status)
{
    if (code == CURLE_OK || status >= 500)
        return MST_SEND_DONE;
    return MST_SEND_AGAIN;
}

/* libcurl's own words for these speak of SSH and of levels. */
static const char *words_of(CURLcode code)
{
    if (code == CURLE_PEER_FAILED_VERIFICATION)
        return "the certificate is not good, or not for this host";
    if (code == CURLE_USE_SSL_FAILED)
        return "the mail server has no TLS";
    return curl_easy_strerror(code);
}

static void tell(const struct sending *sending, CURLcode code)
{
    char text[128];
    struct mst_send_result result = {.outcome = MST_SEND_NEVER};
    bool has_answer;
    curl_off_t wait_s = 0;
    long status = 0;

    (void)curl_easy_getinfo(sending->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(sending->easy, CURLINFO_RETRY_AFTER, &wait_s);
    has_answer = sending->is_mail ? is_answer_to_mail(code, status) : status >= 200;
    if (has_answer)
        (void)snprintf(text, sizeof text, "%ld", status);
    else if (sending->is_refused)
        (void)snprintf(text, sizeof text, "error: the address is in a private network");
    else
        (void)snprintf(text, sizeof text, "error: %s", words_of(code));
    if (has_answer || !sending->is_refused)
        result.outcome = sending->is_mail ? judge_mail(code, has_answer ? status : 0)
                                          : judge_http(code, has_answer ? status : 0);
    result.status = mst_span_str(text);
    result.wait_s = wait_s > 0 ? wait_s : 0;
    sending->send->opts.done(sending->send->opts.arg, sending->message, &result);
}

static void take_finished(struct mst_send *send)
{
    CURLMsg *msg;
    int n_left;

    while ((msg = curl_multi_info_read(send->multi, &n_left)) != NULL) {
        struct sending *sending = NULL;
        CURLcode code = msg->data.result;

        (void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&sending);
        tell(sending, code);
        free_sending(sending);
    }
}

/* ---- the door ---- */

enum mst_err mst_send_new(const struct mst_send_opts *opts, struct mst_send **ret_send)
{
    struct mst_send *send = calloc(1, sizeof *send);

    if (!send)
        return MST_ENOMEM;
    send->opts = *opts;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(send);
        return MST_ENOMEM;
    }
    send->multi = curl_multi_init();
    if (!send->multi) {
        mst_send_free(send);
        return MST_ENOMEM;
    }
    *ret_send = send;
    return MST_OK;
}

void mst_send_free(struct mst_send *send)
{
    if (!send)
        return;
    while (send->sendings)
        free_sending(send->sendings);
    if (send->multi)
        (void)curl_multi_cleanup(send->multi);
    curl_global_cleanup();
    free(send);
}

void mst_send_turn(struct mst_send *send, int timeout_ms)
{
    int n_running;

    (void)curl_multi_poll(send->multi, NULL, 0, timeout_ms, NULL);
    (void)curl_multi_perform(send->multi, &n_running);
    take_finished(send);
}

void mst_send_wake(struct mst_send *send)
{
    (void)curl_multi_wakeup(send->multi);
}

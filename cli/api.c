#include "cli/api.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "sys/clock.h"

enum { PATH_TEXT_MAX = 4096, SUBJECT_MAX = 512, CONFLICT_MAX = 4096 };
enum { TIMEOUT_S = 30, TIMEOUT_S_MAX = 3600, RETRY_S = 60, RETRY_S_MAX = 86400 };
#define NS_PER_S UINT64_C(1000000000)

const char CLI_FORM[] = "application/x-www-form-urlencoded; charset=utf-8";
const char CLI_CSV[] = "text/csv; charset=utf-8";
const char CLI_JSON[] = "application/json; charset=utf-8";
const char CLI_MODELS[] = "/provision/manage/model/";

static const struct cli_reason GENERAL[] = {
    {400, "the server does not accept these values"                                },
    {401, "the key is not valid (wrong, re-enabled since, expired or disabled): give another with "
          "--token-file, --cik-file or --profile"                         },
    {403, "this key may not do that"                                               },
    {404, "there is no such thing: check the model's name with 'muster model list'"},
    {405, "the server does not know this call: is it an older muster?"             },
    {409, "it stands in conflict with what is there"                               },
    {412, "the key belongs to a client without a vendor name: run 'muster init' first, or give "
          "the vendor's token"                                            },
    {413, "the request is too large: use smaller pieces (--chunk)"                 },
    {429, "too many failed attempts from this address: wait a while"               },
    {503, "the server is overloaded or ending: try again"                          },
    CLI_REASONS_END
};

/* What went wrong before there was a status. */
static const struct {
    enum mst_err err;
    enum cli_exit exit;
    const char *text;
} FAILURES[] = {
    {MST_ECLOSED,  CLI_UNREACHABLE, "is musterd running there? Check --server or MUSTER_SERVER"        },
    {MST_EKEY,     CLI_UNREACHABLE, "give the certificate of its authority with --ca-file FILE"        },
    {MST_EIO,      CLI_LOCAL,       "the certificates to trust cannot be used: --ca-file must hold PEM"},
    {MST_ETIMEOUT, CLI_UNREACHABLE,
     "no answer in time; the call may have been carried out: look "
     "before you repeat it"                                                                            },
    {MST_EUNKNOWN, CLI_UNREACHABLE,
     "the connection broke; the call may have been carried out: "
     "look before you repeat it"                                                                       },
    {MST_EFULL,    CLI_SERVER,      "the reply or the address is longer than any that is expected"     },
    {MST_ENOMEM,   CLI_LOCAL,       "out of memory"                                                    },
    {MST_EREFUSED, CLI_LOCAL,       "it was broken off"                                                },
    {MST_ESYS,     CLI_UNREACHABLE, "check --server or MUSTER_SERVER"                                  },
};

static const char *reason_of(const struct cli_reason *reasons, long status)
{
    for (const struct cli_reason *r = reasons; r != NULL && r->text != NULL; r = &r[1]) {
        if (r->status == status)
            return r->text;
    }
    return NULL;
}

void cli_url_add(struct mst_buf *out, struct mst_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool is_plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                        (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';

        if (is_plain)
            (void)mst_buf_add_byte(out, c);
        else
            (void)mst_buf_addf(out, "%%%02X", (unsigned)(unsigned char)c);
    }
}

void cli_form_add(struct mst_buf *out, struct mst_span name, struct mst_span value)
{
    if (out->len > 0)
        (void)mst_buf_add_byte(out, '&');
    cli_url_add(out, name);
    (void)mst_buf_add_byte(out, '=');
    cli_url_add(out, value);
}

void cli_form_add_str(struct mst_buf *out, const char *name, const char *value)
{
    cli_form_add(out, mst_span_str(name), mst_span_str(value));
}

enum mst_err cli_call_path(const struct cli_call *call, struct mst_buf *out)
{
    (void)mst_buf_add_str(out, call->path);
    for (size_t i = 0; i < CLI_NAMES_MAX && call->names[i] != NULL; i++) {
        if (call->names[i][0] == '\0')
            return MST_EINVAL;
        if (i > 0)
            (void)mst_buf_add_byte(out, '/');
        cli_url_add(out, mst_span_str(call->names[i]));
    }
    (void)mst_buf_add(out, mst_span_str(call->tail));
    return mst_buf_add_byte(out, '\0');
}

const char *cli_api_server(const struct cli *cli)
{
    const char *server = cli_options_text(&cli->options, "server");

    if (server == NULL)
        server = getenv("MUSTER_SERVER");
    return server != NULL && server[0] != '\0' ? server : cli->saved.server;
}

static enum cli_exit connect_to(struct cli *cli)
{
    struct cli_http_opts opts = {
        .server = cli_api_server(cli),
        .ca_file = cli_options_text(&cli->options, "ca-file"),
        .is_insecure = cli_options_has(&cli->options, "insecure"),
    };
    uint64_t usual_s = cli->command->timeout_s > 0 ? cli->command->timeout_s : TIMEOUT_S;
    enum mst_err err;

    if (cli->http != NULL)
        return CLI_OK;
    if (cli_options_number(&cli->options, "timeout", 1, TIMEOUT_S_MAX, usual_s, &opts.timeout_s) !=
        MST_OK)
        return cli_fail(cli, CLI_USAGE, "%s", cli->options.problem);
    opts.timeout_s += cli->held_s;
    if (opts.server == NULL)
        return cli_fail(cli, CLI_USAGE,
                        "which server? Give --server http://HOST:PORT, set MUSTER_SERVER, or keep "
                        "it in a profile ('muster init --help')");
    if (opts.ca_file != NULL && access(opts.ca_file, R_OK) != 0)
        return cli_fail(cli, CLI_LOCAL, "cannot read the certificates of --ca-file %s: %s",
                        opts.ca_file, strerror(errno));
    err = cli_http_new(&opts, &cli->http);
    if (err == MST_EINVAL)
        return cli_fail(cli, CLI_USAGE,
                        "%s is no server address: it looks like http://HOST:PORT or https://HOST, "
                        "with no path behind it",
                        opts.server);
    return err == MST_OK ? CLI_OK : cli_no_memory(cli);
}

static enum cli_exit missing_key(struct cli *cli, enum cli_who who)
{
    switch (who) {
    case CLI_VENDOR:
        return cli_fail(cli, CLI_USAGE,
                        "this needs the vendor's token: give --token-file FILE, set MUSTER_TOKEN, "
                        "or keep it in a profile ('muster init --help')");
    case CLI_VENDOR_CIK:
        return cli_fail(cli, CLI_USAGE,
                        "this needs the vendor's CIK: give --cik-file FILE, set MUSTER_CIK, or "
                        "keep it in a profile ('muster init --help')");
    case CLI_PORTAL_CIK:
        return cli_fail(cli, CLI_USAGE,
                        "this needs the CIK of the device's owner: give --cik-file FILE, set "
                        "MUSTER_CIK, or keep it in a profile ('muster init --help')");
    case CLI_NOBODY:
    case CLI_GIVEN_CIK:
        break;
    }
    return cli_fail(cli, CLI_USAGE,
                    "this needs a CIK: give --cik-file FILE, or set MUSTER_CIK. 'muster activate "
                    "--save-cik FILE' writes a device's, musterd the root client's (root.cik)");
}

enum cli_exit cli_api_key(struct cli *cli, enum cli_who who, const struct mst_handle **ret_key,
                          bool *ret_is_token)
{
    const struct cli_secret none = {0};
    const struct cli_secret *saved = who == CLI_VENDOR_CIK   ? &cli->saved.vendor_cik
                                     : who == CLI_PORTAL_CIK ? &cli->saved.portal_cik
                                                             : &none;

    *ret_key = NULL;
    *ret_is_token = false;
    if (who == CLI_NOBODY)
        return CLI_OK;
    if (who == CLI_VENDOR && cli->token.is_set) {
        *ret_key = &cli->token.handle;
        *ret_is_token = true;
    } else if (who == CLI_VENDOR && cli->saved.token.is_set &&
               !cli_options_has(&cli->options, "cik-file")) {
        *ret_key = &cli->saved.token.handle;
        *ret_is_token = true;
    } else if (cli->cik.is_set) {
        *ret_key = &cli->cik.handle;
    } else if (saved->is_set) {
        *ret_key = &saved->handle;
    } else {
        return missing_key(cli, who);
    }
    return CLI_OK;
}

enum cli_exit cli_api_vendor(struct cli *cli, const char **ret_vendor)
{
    const char *vendor = cli_options_text(&cli->options, "vendor");

    if (vendor == NULL)
        vendor = cli->saved.vendor;
    if (vendor == NULL || vendor[0] == '\0')
        return cli_fail(cli, CLI_USAGE,
                        "which vendor? Give --vendor NAME, or keep it in a profile ('muster init "
                        "--help')");
    *ret_vendor = vendor;
    return CLI_OK;
}

const char *cli_api_lender(const struct cli *cli)
{
    return cli->command->is_for_borrowers ? cli_options_text(&cli->options, "vendor") : NULL;
}

/* It becomes a header line, so it is looked at here. */
static enum cli_exit check_lender(struct cli *cli, const char *lender)
{
    size_t len = lender != NULL
                     ? strspn(lender, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                      "0123456789_-.")
                     : 0;

    if (lender == NULL || (len > 0 && len <= MST_VENDOR_MAX && lender[len] == '\0'))
        return CLI_OK;
    return cli_fail(cli, CLI_USAGE, "--vendor: a vendor's name is 1 to 64 of A-Z a-z 0-9 _ - .");
}

static enum cli_exit failed(struct cli *cli, enum mst_err err)
{
    for (size_t i = 0; i < sizeof FAILURES / sizeof FAILURES[0]; i++) {
        const char *problem = cli_http_problem(cli->http);

        if (FAILURES[i].err == err)
            return cli_fail(cli, FAILURES[i].exit, "%s%s%s", problem,
                            problem[0] != '\0' ? ": " : "", FAILURES[i].text);
    }
    return cli_fail(cli, CLI_LOCAL, "%s", mst_err_text(err));
}

void cli_wait(uint64_t ms)
{
    struct timespec left = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

/* Can the body be sent once more? */
static bool is_again(const struct cli_request *request)
{
    struct cli_source *source = request->source;

    return source == NULL || (source->rewind != NULL && source->rewind(source->arg));
}

/*
 * The call, and again for as long as the server answers 503 and says when to come back, but no
 * longer than --retry. *ret_n_tries counts. The wait is the server's own, which differs from
 * reply to reply so that its clients do not return all at once.
 */
static enum mst_err call_patiently(struct cli *cli, const struct cli_request *request,
                                   uint64_t patience_s, struct cli_reply *ret_reply,
                                   size_t *ret_n_tries)
{
    uint64_t until = mst_clock_mono_ns() + patience_s * NS_PER_S;

    *ret_n_tries = 0;
    for (;;) {
        enum mst_err err = cli_http_call(cli->http, request, ret_reply);
        uint64_t wait = ret_reply->retry_after_s;

        *ret_n_tries += 1;
        if (err != MST_OK || ret_reply->status != 503 || wait == 0 || wait > patience_s ||
            !is_again(request) || mst_clock_mono_ns() + wait * NS_PER_S > until)
            return err;
        cli_reply_fini(ret_reply);
        if (cli->is_terminal)
            cli_warn(cli, "the server is overloaded; waiting %llu s, as it asks",
                     (unsigned long long)wait);
        cli_wait(wait * 1000);
    }
}

/*
 * muster repeats the status line in the body of every error (protocol.md 2.1.4). A proxy before it
 * that cannot reach it, or will not, answers with these statuses in its own words.
 */
static bool is_foreign(const struct cli_reply *reply)
{
    static const long by_proxies[] = {413, 429};

    if (reply->status < 400 || reply->status >= 500 ||
        mst_span_starts(mst_buf_span(&reply->body), MST_LIT("HTTP/1.1 ")))
        return false;
    for (size_t i = 0; i < sizeof by_proxies / sizeof by_proxies[0]; i++) {
        if (reply->status == by_proxies[i])
            return false;
    }
    return true;
}

/* "thermo 0001: " */
static void say_subject(const struct cli_call *call, char ret_text[SUBJECT_MAX])
{
    size_t len = 0;

    ret_text[0] = '\0';
    if (call->subject != NULL && call->subject[0] != '\0')
        (void)snprintf(ret_text, SUBJECT_MAX, "%s: ", call->subject);
    for (size_t i = 0; call->subject == NULL && i < CLI_NAMES_MAX && call->names[i] != NULL; i++) {
        bool is_last = i + 1 == CLI_NAMES_MAX || call->names[i + 1] == NULL;

        if (len < SUBJECT_MAX)
            len += (size_t)snprintf(&ret_text[len], SUBJECT_MAX - len, "%s%s", call->names[i],
                                    is_last ? ": " : " ");
    }
}

/* What the call is in conflict with, NUL terminated; NULL if that is not known. */
static const char *conflict_of(struct cli *cli, const struct cli_call *call, long status,
                               struct mst_buf *text)
{
    if (status != 409 || call->conflict == NULL)
        return NULL;
    call->conflict(cli, call, text);
    (void)mst_buf_add_byte(text, '\0');
    return mst_buf_err(text) == MST_OK && text->len > 1 ? text->ptr : NULL;
}

static enum cli_exit refused(struct cli *cli, const struct cli_call *call,
                             const struct cli_reply *reply, size_t n_tries)
{
    enum cli_exit exit = reply->status >= 400 && reply->status < 500 ? CLI_REFUSED : CLI_SERVER;
    char subject[SUBJECT_MAX];
    struct mst_buf conflict;
    const char *reason;

    mst_buf_init(&conflict, CONFLICT_MAX);
    reason = conflict_of(cli, call, reply->status, &conflict);
    if (reason == NULL)
        reason = reason_of(call->reasons, reply->status);
    say_subject(call, subject);
    if (reply->status == 403 && cli_api_lender(cli) != NULL)
        reason = "the vendor of --vendor does not share this model with the caller ('muster model "
                 "list --shared' shows what is), or the owner is not below the caller's client";
    if (reply->why[0] != '\0')
        reason = reply->why;
    if (reason == NULL)
        reason = reason_of(GENERAL, reply->status);
    if (reason == NULL)
        reason = exit == CLI_SERVER ? "trouble in the server, or no muster server there"
                                    : "refused by the server";
    if (reply->retry_after_s > 0)
        exit = cli_fail_status(cli, exit, reply->status,
                               "%s%ld: %s; the server asks to wait %llu s", subject, reply->status,
                               reason, (unsigned long long)reply->retry_after_s);
    else /* A 503 may follow a change that was made after all; then the second try finds it. */
        exit =
            cli_fail_status(cli, exit, reply->status, "%s%ld: %s%s", subject, reply->status, reason,
                            n_tries > 1 && reply->status == 409
                                ? " (an earlier try was answered 503 and may have been carried out)"
                                : "");
    mst_buf_fini(&conflict);
    return exit;
}

static bool is_done(const struct cli_reply *reply)
{
    return reply->status >= 200 && reply->status < 300;
}

/* Is the server just not there? ret_why: what it looks like. */
static bool is_away(const struct cli *cli, enum mst_err err, const struct cli_reply *reply,
                    char ret_why[CLI_WHY_MAX])
{
    const char *problem = cli_http_problem(cli->http);

    ret_why[0] = '\0';
    if (err == MST_ECLOSED || err == MST_ETIMEOUT || err == MST_EUNKNOWN || err == MST_ESYS)
        (void)snprintf(ret_why, CLI_WHY_MAX, "%s", problem[0] != '\0' ? problem : "no answer");
    else if (err == MST_OK && reply->status >= 502 && reply->status <= 504)
        (void)snprintf(ret_why, CLI_WHY_MAX, "%ld", reply->status);
    return ret_why[0] != '\0';
}

static enum cli_exit call_at(struct cli *cli, const struct cli_call *call, const char *path,
                             struct cli_reply *ret_reply)
{
    const struct mst_handle *key = call->as;
    bool is_token = false;
    struct cli_request request = {
        .method = call->method,
        .path = path,
        .content_type = call->form != NULL ? CLI_FORM : call->content_type,
        .body = call->form != NULL ? mst_buf_span(call->form) : call->body,
        .vendor = cli_api_lender(cli),
        .headers = {call->headers[0], call->headers[1]},
        .source = call->source,
        .sink = call->sink
    };
    uint64_t patience_s = 0;
    size_t n_tries = 0;
    enum cli_exit exit = check_lender(cli, request.vendor);
    enum mst_err err;

    if (exit == CLI_OK)
        exit = connect_to(cli);
    if (exit == CLI_OK && key == NULL)
        exit = cli_api_key(cli, call->who, &key, &is_token);
    if (exit != CLI_OK)
        return exit;
    if (is_token)
        request.token = key;
    else
        request.cik = key;
    if (call->is_aside)
        return cli_http_call(cli->http, &request, ret_reply) == MST_OK && is_done(ret_reply)
                   ? CLI_OK
                   : CLI_REFUSED;
    if (cli_options_number(&cli->options, "retry", 0, RETRY_S_MAX, RETRY_S, &patience_s) != MST_OK)
        return cli_fail(cli, CLI_USAGE, "%s", cli->options.problem);
    err = call_patiently(cli, &request, call->away != NULL ? 0 : patience_s, ret_reply, &n_tries);
    if (call->away != NULL && is_away(cli, err, ret_reply, call->away))
        return CLI_UNREACHABLE;
    if (err != MST_OK)
        return failed(cli, err);
    if (is_done(ret_reply))
        return CLI_OK;
    if (ret_reply->status == call->in_form)
        return CLI_OK;
    if (is_foreign(ret_reply))
        return cli_fail_status(cli, CLI_SERVER, ret_reply->status,
                               "%ld: %s does not answer as a muster server: check --server or "
                               "MUSTER_SERVER, or a proxy in front of it",
                               ret_reply->status, cli_api_server(cli));
    for (size_t i = 0; i < CLI_ALSO_MAX; i++) {
        if (call->also[i] != 0 && call->also[i] == ret_reply->status)
            return CLI_OK;
    }
    return refused(cli, call, ret_reply, n_tries);
}

enum cli_exit cli_api(struct cli *cli, const struct cli_call *call, struct cli_reply *ret_reply)
{
    struct mst_buf path;
    enum mst_err err;
    enum cli_exit exit;

    *ret_reply = (struct cli_reply){0};
    mst_buf_init(&path, PATH_TEXT_MAX);
    err = cli_call_path(call, &path);
    if (err == MST_OK && call->form != NULL)
        err = mst_buf_err(call->form);
    if (err == MST_EINVAL)
        exit = cli_fail(cli, CLI_USAGE, "a name that is empty names nothing");
    else if (err == MST_EFULL)
        exit = cli_fail(cli, CLI_USAGE, "the names and values are too long for a call");
    else if (err != MST_OK)
        exit = cli_no_memory(cli);
    else
        exit = call_at(cli, call, path.ptr, ret_reply);
    mst_buf_fini(&path);
    return exit;
}

enum cli_exit cli_api_done(struct cli *cli, const struct cli_call *call)
{
    struct cli_reply reply;
    enum cli_exit exit = cli_api(cli, call, &reply);

    cli_reply_fini(&reply);
    return exit;
}

static enum cli_exit walk(struct cli *cli, struct mst_span body, const char *what,
                          cli_each_row *each, void *arg)
{
    struct cli_csv csv;
    struct cli_csv_row row;
    enum mst_err err = MST_OK;
    enum cli_exit exit = CLI_OK;

    cli_csv_init(&csv, body);
    while (exit == CLI_OK && (err = cli_csv_next(&csv, &row)) == MST_OK)
        exit = each(arg, &row);
    if (exit == CLI_OK && err != MST_ENOENT)
        exit = cli_fail(cli, CLI_SERVER, "the reply is not %s", what);
    cli_csv_fini(&csv);
    return exit;
}

enum cli_exit cli_api_rows(struct cli *cli, const struct cli_call *call, const char *what,
                           cli_each_row *each, void *arg)
{
    struct cli_reply reply;
    struct cli_call own = *call;
    enum cli_exit exit;

    if (own.method == NULL)
        own.method = "GET";
    exit = cli_api(cli, &own, &reply);
    if (exit == CLI_OK)
        exit = walk(cli, mst_buf_span(&reply.body), what, each, arg);
    cli_reply_fini(&reply);
    return exit;
}

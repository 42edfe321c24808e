#include "cli/http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

enum { CONNECT_TIMEOUT_S = 10, URL_MAX = 8192, HEADER_MAX = 512, NO_PROXY_MAX = 4096 };

struct cli_http {
    CURL *curl;
    char *server; /* without a slash at its end */
    char *ca_file;
    bool is_insecure;
    struct cli_reply *reply; /* of the call that is going on */
    const struct cli_request *request;
    long status;        /* of the head that came last */
    bool is_head_whole; /* of the reply: libcurl takes a head without its end for a whole one */
    long timeout_s;
    char problem[CURL_ERROR_SIZE];
};

static char *server_of(const char *text)
{
    struct mst_span url = mst_span_str(text);
    size_t scheme = 0;

    if (mst_span_starts(url, MST_LIT("http://")))
        scheme = sizeof "http://" - 1;
    else if (mst_span_starts(url, MST_LIT("https://")))
        scheme = sizeof "https://" - 1;
    while (url.len > scheme && url.ptr[url.len - 1] == '/')
        url.len--;
    if (scheme == 0 || url.len == scheme || url.len > URL_MAX / 2)
        return NULL;
    /* Credentials do not belong there, a query would swallow the path, and muster's paths begin at
       the root. */
    if (mst_span_find(url, '/', scheme) < url.len || mst_span_find(url, '@', 0) < url.len ||
        mst_span_find(url, '?', 0) < url.len || mst_span_find(url, '#', 0) < url.len ||
        mst_span_find(url, ' ', 0) < url.len)
        return NULL;
    return strndup(url.ptr, url.len);
}

enum mst_err cli_http_new(const struct cli_http_opts *opts, struct cli_http **ret_http)
{
    struct cli_http *http = calloc(1, sizeof *http);
    enum mst_err err = MST_ENOMEM;

    if (http == NULL)
        return MST_ENOMEM;
    http->server = server_of(opts->server);
    if (http->server == NULL) {
        err = MST_EINVAL;
        goto out;
    }
    if (opts->ca_file != NULL && (http->ca_file = strdup(opts->ca_file)) == NULL)
        goto out;
    http->is_insecure = opts->is_insecure;
    http->timeout_s = (long)opts->timeout_s;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        goto out;
    http->curl = curl_easy_init();
    if (http->curl == NULL)
        goto out;
    *ret_http = http;
    return MST_OK;
out:
    cli_http_free(http);
    return err;
}

void cli_http_free(struct cli_http *http)
{
    if (http == NULL)
        return;
    if (http->curl != NULL) {
        curl_easy_cleanup(http->curl);
        curl_global_cleanup();
    }
    free(http->server);
    free(http->ca_file);
    free(http);
}

const char *cli_http_problem(const struct cli_http *http)
{
    return http->problem;
}

void cli_reply_fini(struct cli_reply *reply)
{
    mst_buf_wipe(&reply->body);
    mst_buf_fini(&reply->body);
}

static size_t take_body(char *bytes, size_t size, size_t n, void *arg)
{
    struct cli_http *http = arg;
    struct cli_sink *sink = http->request->sink;
    struct mst_span piece = mst_span_of(bytes, size * n);

    if (sink != NULL && http->status >= 200 && http->status < 300)
        return sink->take(sink->arg, http->status, piece) ? piece.len : 0;
    return mst_buf_add(&http->reply->body, piece) == MST_OK ? piece.len : 0;
}

static size_t give_body(char *bytes, size_t size, size_t n, void *arg)
{
    struct cli_source *source = arg;
    size_t n_read;

    return source->read(source->arg, bytes, size * n, &n_read) ? n_read : CURL_READFUNC_ABORT;
}

/* A connection that was kept may turn out to be dead when some of the body has gone into it. */
static int rewind_body(void *arg, curl_off_t offset, int origin)
{
    struct cli_source *source = arg;

    return offset == 0 && origin == SEEK_SET && source->rewind != NULL &&
                   source->rewind(source->arg)
               ? CURL_SEEKFUNC_OK
               : CURL_SEEKFUNC_CANTSEEK;
}

/* Words of the server's: a terminal must not obey them. */
static void take_value(struct mst_span text, char *ret_text, size_t max)
{
    (void)snprintf(ret_text, max, "%.*s", (int)text.len, text.ptr);
    for (char *c = ret_text; *c != '\0'; c = &c[1]) {
        if (*c < ' ' || *c > '~')
            *c = '?';
    }
}

static void take_field(struct cli_reply *reply, struct mst_span line)
{
    const struct {
        struct mst_span name;
        char *value;
        size_t max;
    } wanted[] = {
        {MST_LIT("X-Muster-Refused: "), reply->why,      sizeof reply->why     },
        {MST_LIT("Repr-Digest: "),      reply->digest,   sizeof reply->digest  },
        {MST_LIT("Last-Modified: "),    reply->modified, sizeof reply->modified},
    };

    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        size_t len = wanted[i].name.len;

        if (line.len > len && mst_span_eq_nocase(mst_span_cut(line, 0, len), wanted[i].name))
            take_value(mst_span_trim(mst_span_cut(line, len, mst_span_find(line, '\r', 0))),
                       wanted[i].value, wanted[i].max);
    }
}

static size_t take_header(char *bytes, size_t size, size_t n, void *arg)
{
    struct mst_span line = mst_span_of(bytes, size * n);
    struct cli_http *http = arg;

    take_field(http->reply, line);
    if (mst_span_starts(line, MST_LIT("HTTP/"))) {
        http->is_head_whole = false; /* another head, after 100 Continue */
        (void)curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &http->status);
    } else if (line.len > 0 && (bytes[0] == '\r' || bytes[0] == '\n')) {
        http->is_head_whole = true;
    }
    return size * n;
}

static bool add_header(struct curl_slist **headers, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*headers, line);

    if (longer == NULL)
        return false;
    *headers = longer;
    return true;
}

static bool add_secret(struct curl_slist **headers, const char *name,
                       const struct mst_handle *secret)
{
    char line[HEADER_MAX];
    bool is_added;

    if (secret == NULL)
        return true;
    (void)snprintf(line, sizeof line, "%s: %.*s", name, MST_HANDLE_CHARS, secret->text);
    is_added = add_header(headers, line);
    mst_secret_wipe(line, sizeof line);
    return is_added;
}

static void free_headers(struct curl_slist *headers)
{
    for (struct curl_slist *h = headers; h != NULL; h = h->next)
        mst_secret_wipe(h->data, strlen(h->data));
    curl_slist_free_all(headers);
}

static bool make_headers(const struct cli_request *request, struct curl_slist **ret_headers)
{
    char line[HEADER_MAX];

    if (!add_secret(ret_headers, "X-Exosite-CIK", request->cik) ||
        !add_secret(ret_headers, "X-Exosite-Token", request->token) ||
        !add_header(ret_headers, "Expect:"))
        return false;
    if (request->vendor != NULL) {
        (void)snprintf(line, sizeof line, "X-Exosite-Vendor: %s", request->vendor);
        if (!add_header(ret_headers, line))
            return false;
    }
    for (size_t i = 0; i < CLI_HEADERS_MAX && request->headers[i] != NULL; i++) {
        if (!add_header(ret_headers, request->headers[i]))
            return false;
    }
    if (request->source != NULL && request->source->n_bytes < 0 &&
        !add_header(ret_headers, "Transfer-Encoding: chunked"))
        return false;
    if (request->content_type == NULL)
        return true;
    (void)snprintf(line, sizeof line, "Content-Type: %s", request->content_type);
    return add_header(ret_headers, line);
}

/* A proxy of the environment is used as everywhere, but never for this machine itself. */
static void set_no_proxy(CURL *curl)
{
    const char *list = getenv("no_proxy");
    char all[NO_PROXY_MAX];

    if (list == NULL)
        list = getenv("NO_PROXY");
    (void)snprintf(all, sizeof all, "localhost,127.0.0.1,::1%s%s", list != NULL ? "," : "",
                   list != NULL ? list : "");
    if (list != NULL && strcmp(list, "*") == 0)
        (void)snprintf(all, sizeof all, "*");
    (void)curl_easy_setopt(curl, CURLOPT_NOPROXY, all);
}

static void set_connection(struct cli_http *http)
{
    CURL *curl = http->curl;

    curl_easy_reset(curl); /* keeps live connections */
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->problem);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, http->timeout_s);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "muster");
    if (http->ca_file != NULL)
        (void)curl_easy_setopt(curl, CURLOPT_CAINFO, http->ca_file);
    if (http->is_insecure) {
        (void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
        (void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    set_no_proxy(curl);
}

/* What a source or a sink says it died of is said instead of what libcurl thinks of it. */
static bool has_broken_off(struct cli_http *http)
{
    const struct cli_request *request = http->request;
    const char *problem = request->source != NULL ? request->source->problem
                          : request->sink != NULL ? request->sink->problem
                                                  : "";

    if (problem[0] != '\0')
        (void)snprintf(http->problem, sizeof http->problem, "%s", problem);
    return problem[0] != '\0';
}

static enum mst_err outcome(struct cli_http *http, CURLcode code, const struct mst_buf *body)
{
    if (code != CURLE_OK && has_broken_off(http))
        return MST_EREFUSED;
    switch ((int)code) {
    case CURLE_OK:
        return MST_OK;
    case CURLE_WRITE_ERROR:
        return mst_buf_err(body) == MST_ENOMEM ? MST_ENOMEM : MST_EFULL;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
        return MST_ECLOSED;
    case CURLE_PEER_FAILED_VERIFICATION:
        return MST_EKEY;
    case CURLE_SSL_CACERT_BADFILE:
        return MST_EIO;
    case CURLE_OPERATION_TIMEDOUT:
        return MST_ETIMEOUT;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
        return MST_EUNKNOWN;
    case CURLE_OUT_OF_MEMORY:
        return MST_ENOMEM;
    default:
        return MST_ESYS;
    }
}

static void set_body(CURL *curl, const struct cli_request *request)
{
    struct cli_source *source = request->source;

    if (source != NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_POST, 1L);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)source->n_bytes);
        (void)curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_body);
        (void)curl_easy_setopt(curl, CURLOPT_READDATA, source);
        (void)curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, rewind_body);
        (void)curl_easy_setopt(curl, CURLOPT_SEEKDATA, source);
    } else if (request->content_type != NULL || strcmp(request->method, "POST") == 0) {
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
                               request->body.len > 0 ? request->body.ptr : "");
    }
}

/* What may take as long as it has bytes is ended when none has moved for so long. */
static void set_patience(const struct cli_http *http)
{
    CURL *curl = http->curl;

    if (http->request->source == NULL && http->request->sink == NULL)
        return;
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, http->timeout_s);
}

static CURLcode perform(struct cli_http *http, const struct cli_request *request, const char *url,
                        struct curl_slist *headers, struct cli_reply *reply)
{
    CURL *curl = http->curl;
    CURLcode code;

    set_connection(http);
    set_patience(http);
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, http);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, http);
    set_body(curl, request);
    (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    http->is_head_whole = false;
    http->status = 0;
    code = curl_easy_perform(curl);
    if (code == CURLE_OK && !http->is_head_whole)
        code = CURLE_RECV_ERROR;
    if (code == CURLE_OK) {
        curl_off_t retry = 0;

        (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply->status);
        (void)curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry);
        reply->retry_after_s = retry > 0 ? (uint64_t)retry : 0;
    } else if (http->problem[0] == '\0') {
        (void)snprintf(http->problem, sizeof http->problem, "%s", curl_easy_strerror(code));
    }
    return code;
}

enum mst_err cli_http_call(struct cli_http *http, const struct cli_request *request,
                           struct cli_reply *ret_reply)
{
    struct curl_slist *headers = NULL;
    char url[URL_MAX];
    enum mst_err err = MST_ENOMEM;
    int len;

    *ret_reply = (struct cli_reply){0};
    mst_buf_init(&ret_reply->body, MST_REPLY_MAX);
    http->problem[0] = '\0';
    http->request = request;
    http->reply = ret_reply;
    len = snprintf(url, sizeof url, "%s%s", http->server, request->path);
    if (len < 0 || (size_t)len >= sizeof url)
        return MST_EFULL;
    if (make_headers(request, &headers))
        err = outcome(http, perform(http, request, url, headers, ret_reply), &ret_reply->body);
    free_headers(headers);
    return err;
}

#include <assert.h>
#include <string.h>

#include "wire/http1.h"
#include "wire/httpdate.h"

/* The canonical reasons of protocol.md 2.1.4, as whole status lines. The most frequent come first. */
#define LINE(status, reason)                                      \
    {                                                             \
        status, reason,                                           \
        {                                                         \
            "HTTP/1.1 " #status " " reason "\r\n",                \
                sizeof("HTTP/1.1 " #status " " reason "\r\n") - 1 \
        }                                                         \
    }

static const struct status_line {
    unsigned status;
    const char *reason;
    struct mst_span line;
} status_lines[] = {
    LINE(200, "OK"),
    LINE(204, "No Content"),
    LINE(409, "Conflict"),
    LINE(404, "Not Found"),
    LINE(401, "Unauthorized"),
    LINE(205, "Reset Content"),
    LINE(201, "Created"),
    LINE(202, "Accepted"),
    LINE(206, "Partial Content"),
    LINE(304, "Not Modified"),
    LINE(400, "Bad Request"),
    LINE(403, "Forbidden"),
    LINE(405, "Method Not Allowed"),
    LINE(411, "Length Required"),
    LINE(412, "Precondition Failed"),
    LINE(413, "Request Entity Too Large"),
    LINE(416, "Requested Range Not Satisfiable"),
    LINE(429, "Too Many Requests"),
    LINE(431, "Request Header Fields Too Large"),
    LINE(500, "Internal Server Error"),
    LINE(501, "Not Implemented"),
    LINE(503, "Service Unavailable"),
    LINE(101, "Switching Protocols"), /* these two for WebSocket (3.3) */
    LINE(426, "Upgrade Required"),
};

static const struct status_line *line_of(unsigned status)
{
    for (size_t i = 0; i < sizeof status_lines / sizeof status_lines[0]; i++)
        if (status_lines[i].status == status)
            return &status_lines[i];
    return NULL;
}

const char *mst_http_reason(unsigned status)
{
    const struct status_line *line = line_of(status);

    return line ? line->reason : NULL;
}

/* The Date line is printed once per second and thread. */
static struct mst_span date_line(int64_t at)
{
    static _Thread_local struct {
        int64_t at;
        char text[sizeof("Date: \r\n") - 1 + MST_HTTPDATE_CHARS];
    } cache = {.at = -1};

    if (cache.at != at) {
        memcpy(cache.text, "Date: ", 6);
        mst_httpdate_print(at, &cache.text[6]);
        memcpy(&cache.text[6 + MST_HTTPDATE_CHARS], "\r\n", 2);
        cache.at = at;
    }
    return mst_span_of(cache.text, sizeof cache.text);
}

/* One field about the connection or the cache at most: both do not fit (protocol.md 2.1.2). */
static struct mst_span connection_line(const struct mst_http_reply *reply)
{
    if (reply->is_closing)
        return MST_LIT("Connection: close\r\n");
    if (reply->is_keep_alive_told)
        return MST_LIT("Connection: keep-alive\r\n");
    if (reply->is_secret)
        return MST_LIT("Cache-Control: no-store\r\n");
    return (struct mst_span){NULL, 0};
}

enum mst_err mst_http_reply_write(struct mst_buf *out, const struct mst_http_reply *reply)
{
    const struct status_line *line = line_of(reply->status);
    size_t before = out->len;

    assert(line);
    (void)mst_buf_add(out, line->line);
    (void)mst_buf_add(out, date_line(reply->date));
    if (reply->status != 101) { /* RFC 9110 8.6 */
        (void)mst_buf_add(out, MST_LIT("Content-Length: "));
        (void)mst_buf_add_u64(out, reply->body.len + reply->n_more);
        (void)mst_buf_add(out, MST_LIT("\r\n"));
    }
    if (reply->content_type) {
        (void)mst_buf_add(out, MST_LIT("Content-Type: "));
        (void)mst_buf_add_str(out, reply->content_type);
        (void)mst_buf_add(out, MST_LIT("\r\n"));
    }
    (void)mst_buf_add(out, connection_line(reply));
    (void)mst_buf_add(out, reply->extra);
    (void)mst_buf_add(out, MST_LIT("\r\n"));
    if (!reply->is_head)
        (void)mst_buf_add(out, reply->body);
    if (mst_buf_err(out) != MST_OK)
        out->len = before; /* never half a reply */
    return mst_buf_err(out);
}

enum mst_err mst_http_error_body(struct mst_buf *out, unsigned status)
{
    const struct status_line *line = line_of(status);

    assert(line);
    return mst_buf_add(out, line->line);
}

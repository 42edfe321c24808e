/*
 * http1.h - HTTP/1.1 messages as muster reads and writes them (RFC 9112, as
 * narrowed by protocol.md 2.1). Pure: bytes in, values out.
 *
 * Reading is strict: whatever two parsers could understand differently is a
 * syntax error, and the conversation answers 400 and closes.
 */
#ifndef MST_WIRE_HTTP1_H
#define MST_WIRE_HTTP1_H

#include "base/buf.h"

enum mst_method {
    MST_METHOD_GET = 1,
    MST_METHOD_POST = 2,
    MST_METHOD_PUT = 4,
    MST_METHOD_DELETE = 8,
    MST_METHOD_HEAD = 16,
    MST_METHOD_OPTIONS = 32,
    MST_METHOD_OTHER = 64 /* any other token; the conversation answers 405 or 404 */
};

enum { MST_HTTP_MAX_FIELDS = 64 }; /* more header fields than any known client sends: 431 */

struct mst_http_field {
    struct mst_span name;
    struct mst_span value; /* trimmed of SP and HTAB */
};

/* A request head. All spans point into the bytes that were parsed. */
struct mst_http_head {
    enum mst_method method;
    struct mst_span method_text;
    struct mst_span
        path; /* raw, begins with '/'; scheme and authority of an absolute form are gone */
    struct mst_span query; /* raw, after the first '?', empty if none */
    unsigned minor;        /* HTTP/1.<minor>: 0 or 1; a higher minor reads as 1 */
    /* What the fields say about framing and connection, already judged. */
    bool is_chunked;
    bool has_length;
    uint64_t content_length;  /* 0 without Content-Length */
    bool wants_continue;      /* Expect: 100-continue of an HTTP/1.1 client */
    bool wants_close;         /* Connection: close, or HTTP/1.0 without keep-alive */
    bool is_keep_alive_asked; /* HTTP/1.0 with Connection: keep-alive */

    size_t n_fields;
    struct mst_http_field fields[MST_HTTP_MAX_FIELDS]; /* last: those from n_fields on are unset */
};

/* Why a head is refused: the status to answer before closing. */
enum mst_http_flaw {
    MST_FLAW_NONE = 0,
    MST_FLAW_SYNTAX = 400,
    MST_FLAW_TOO_LARGE = 431,
    MST_FLAW_NOT_IMPLEMENTED = 501, /* a transfer coding other than chunked */
    MST_FLAW_VERSION = 505          /* answered as 400: 505 is not among the canonical reasons */
};

/*
 * Reads one request head from the front of bytes. CR and LF before the request
 * line are skipped (protocol.md 2.1.1: Arduino) and count into *ret_size.
 *   MST_OK       *ret_head is filled, *ret_size bytes were used, CRLF CRLF included
 *   MST_EMORE    no complete head yet and nothing wrong so far; *ret_size says how many leading
 *                CR/LF bytes may be dropped
 *   MST_ESYNTAX  *ret_flaw says what to answer
 * seen is how many of the bytes an earlier call already looked through for the end of the head
 * (0 at first), so that a head in one byte segments costs linear time.
 * max_line and max_head are in bytes (protocol.md section 4). A bare LF, a folded line, NUL, a
 * CTL in a value, white space before the colon, two differing lengths, a length that is not
 * 1*DIGIT or over 2^63-1, chunked beside a length, chunked not last, Transfer-Encoding from
 * HTTP/1.0, a second Host, a framing field spelled with '_', a fragment or user information in
 * the target, a target that is neither a path nor http(s)://: all are flaws.
 */
MST_MUST_USE enum mst_err mst_http_head_parse(struct mst_span bytes, size_t seen, size_t max_line,
                                              size_t max_head, struct mst_http_head *ret_head,
                                              size_t *ret_size, enum mst_http_flaw *ret_flaw);

/* The first field of that name, ASCII case ignored; false if there is none. */
bool mst_http_field(const struct mst_http_head *head, const char *name, struct mst_span *ret_value);

/*
 * Reads a chunked body piece by piece. Extensions are skipped, trailers are
 * bounded and dropped.
 */
struct mst_chunked {
    int state;
    uint64_t room;     /* bytes that the body may still grow by */
    uint64_t left;     /* bytes of the current chunk still to come */
    size_t line_bytes; /* of the current size or trailer line */
    size_t trailer_bytes;
    bool has_digit;
};

/* max_bytes bounds the whole body. */
void mst_chunked_init(struct mst_chunked *chunked, uint64_t max_bytes);
/*
 * Feeds bytes; decoded data is appended to body, never more than bytes.len of it.
 *   MST_OK       the body is complete; *ret_used bytes belonged to it
 *   MST_EMORE    all bytes used, more needed
 *   MST_EFULL    the body is larger than max_bytes: 413. Or body is full
 *   MST_ESYNTAX  400
 *   MST_ENOMEM
 */
MST_MUST_USE enum mst_err mst_chunked_feed(struct mst_chunked *chunked, struct mst_span bytes,
                                           struct mst_buf *body, size_t *ret_used);

/* The canonical reason of protocol.md 2.1.4; NULL for a status that is not in that list. */
const char *mst_http_reason(unsigned status);

/* A reply's head, lean (protocol.md 2.1.2 and 2.1.5). */
struct mst_http_reply {
    unsigned status;
    int64_t date;             /* Unix seconds */
    const char *content_type; /* NULL = no field */
    bool is_closing;          /* sends Connection: close */
    bool is_keep_alive_told; /* sends Connection: keep-alive: only to HTTP/1.0 clients that asked */
    bool is_secret;          /* carries a key: Cache-Control: no-store unless Connection is sent */
    struct mst_span extra;   /* further complete field lines, each with CRLF; empty if none */
    struct mst_span body;    /* counted in Content-Length and appended */
    uint64_t n_more;         /* bytes that follow: counted in Content-Length, sent by others */
    bool is_head;            /* reply to HEAD: length counted, body not sent */
};

/* Appends head and body to out, to be sent in one write. Error of out. */
enum mst_err mst_http_reply_write(struct mst_buf *out, const struct mst_http_reply *reply);

/* The error body of protocol.md 2.1.4 ("HTTP/1.1 404 Not Found" CRLF), appended to out. */
enum mst_err mst_http_error_body(struct mst_buf *out, unsigned status);

#endif

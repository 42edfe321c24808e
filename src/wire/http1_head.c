/*
 * Reading a request head happens in two steps.
 *
 * Looking for its end comes first and is the only step that runs on incomplete
 * bytes. It goes through the bytes once, in order, whatever the segments they
 * came in: every line must end with CRLF, no other control character but HTAB
 * may occur, and the limits on line and head hold. A flaw is reported as soon as
 * the byte that proves it is there. The caller remembers how far it looked, so
 * that a head in one byte segments costs linear time.
 *
 * Judging comes second, on a head that is complete and made of clean lines: the
 * request line, then each field, then what the fields say together. Of two ways
 * to read a head the answer is always "neither": a flaw, after which the
 * connection is closed, so that nothing behind it can be smuggled past a proxy.
 *
 * Narrower than RFC 9112, for that reason: no list and no repeated differing
 * value in Content-Length, no parameter or empty item in Transfer-Encoding, no
 * second Host, no name that is a framing field spelled with underscores (some
 * gateways take '_' for '-'), no fragment in the target. Wider, because devices
 * need it (protocol.md 2.1.1): Host may be missing or hold anything, CR and LF
 * before the request line are skipped, bytes from 0x80 may stand raw in the target.
 */
#include <assert.h>
#include <string.h>

#include "wire/http1.h"

enum { LENGTH_DIGITS_MAX = 19 }; /* 2^63-1 has 19 */

enum class {
    TOKEN = 1,    /* RFC 9110 5.6.2 */
    CONTROL = 2,  /* must not occur in a head, CR of a CRLF aside */
    TARGET = 4,   /* may occur in a request target */
    AUTHORITY = 8 /* may occur in host and port */
};

/* The combinations that occur, in one letter each, so that the table shows as one. */
enum {
    O = 0,
    C = CONTROL,
    K = TOKEN,
    T = TARGET,
    P = TOKEN | TARGET,
    A = TARGET | AUTHORITY,
    W = TOKEN | TARGET | AUTHORITY
};

/* clang-format off */
static const uint8_t classes[256] = {
    C, C, C, C, C, C, C, C, C, O, C, C, C, C, C, C, /* 00 */
    C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, /* 10 */
    O, W, T, K, W, W, W, W, A, A, W, W, A, W, W, T, /* 20 */
    W, W, W, W, W, W, W, W, W, W, A, A, T, A, T, T, /* 30 */
    T, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, /* 40 */
    W, W, W, W, W, W, W, W, W, W, W, A, T, A, P, W, /* 50 */
    P, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, /* 60 */
    W, W, W, W, W, W, W, W, W, W, W, T, P, T, W, C, /* 70 */
    T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, /* 80 */
    T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, /* 90 */
    T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, /* a0 */
    T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, /* b0 */
    T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, /* c0 */
    T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, /* d0 */
    T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, /* e0 */
    T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, /* f0 */
};
/* clang-format on */

static bool is_in(char c, enum class class)
{
    return (classes[(unsigned char)c] & class) != 0;
}

static bool is_all(struct mst_span s, enum class class)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_in(s.ptr[i], class))
            return false;
    return true;
}

/* ---- the end of the head ---- */

enum found { NOTHING, END, FLAW };

/*
 * Looks through bytes [from, bound) and at nothing behind them. The line ends
 * before from are known to be right.
 */
static enum found scan(struct mst_span bytes, size_t start, size_t from, size_t bound,
                       size_t *ret_end)
{
    for (size_t i = from; i < bound; i++) {
        if (!is_in(bytes.ptr[i], CONTROL))
            continue;
        if (bytes.ptr[i] == '\n' && i > start && bytes.ptr[i - 1] == '\r')
            continue;
        if (bytes.ptr[i] != '\r')
            return FLAW;
        if (i + 1 == bound)
            return NOTHING;
        if (bytes.ptr[i + 1] != '\n')
            return FLAW;
        if (i > start && bytes.ptr[i - 1] == '\n') {
            *ret_end = i + 2;
            return END;
        }
        i++;
    }
    return NOTHING;
}

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* One byte back: a CR that was the last byte so far is judged with the byte behind it. */
static size_t step_back(size_t at, size_t start)
{
    return at > start ? at - 1 : start;
}

/*
 * Each verdict belongs to the index of the byte that brings it, and the smallest
 * index wins: so the segments make no difference.
 */
static enum mst_err find_end(struct mst_span bytes, size_t start, size_t seen, size_t max_line,
                             size_t max_head, size_t *ret_end, enum mst_http_flaw *ret_flaw)
{
    size_t line_stop = start + max_line + 2; /* a longest request line ends before it */
    size_t head_stop = start + max_head;
    size_t from = step_back(seen, start);
    size_t bound = min(bytes.len, min(line_stop, head_stop));
    enum found found = scan(bytes, start, from, bound, ret_end);

    if (found == NOTHING && bytes.len >= line_stop && line_stop <= head_stop && seen < line_stop &&
        mst_span_find(mst_span_cut(bytes, 0, line_stop), '\n', start) == line_stop) {
        *ret_flaw = MST_FLAW_TOO_LARGE;
        return MST_ESYNTAX;
    }
    if (found == NOTHING && bytes.len > line_stop) {
        if (from < bound)
            from = step_back(bound, start);
        bound = min(bytes.len, head_stop);
        found = scan(bytes, start, from, bound, ret_end);
    }
    if (found == END)
        return MST_OK;
    if (found == NOTHING && bytes.len <= head_stop)
        return MST_EMORE;
    *ret_flaw = found == FLAW ? MST_FLAW_SYNTAX : MST_FLAW_TOO_LARGE;
    return MST_ESYNTAX;
}

/* ---- the request line ---- */

static enum mst_method method_of(struct mst_span text)
{
    static const struct {
        struct mst_span text;
        enum mst_method method;
    } methods[] = {
        {{"GET", 3},     MST_METHOD_GET    },
        {{"POST", 4},    MST_METHOD_POST   },
        {{"PUT", 3},     MST_METHOD_PUT    },
        {{"DELETE", 6},  MST_METHOD_DELETE },
        {{"HEAD", 4},    MST_METHOD_HEAD   },
        {{"OPTIONS", 7}, MST_METHOD_OPTIONS},
    };

    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (mst_span_eq(text, methods[i].text))
            return methods[i].method;
    return MST_METHOD_OTHER;
}

static bool is_authority(struct mst_span text)
{
    return text.len > 0 && text.ptr[0] != ':' && is_all(text, AUTHORITY);
}

/* Reduces "http://host:port/path?query" to its path and query; false if it is not of that form. */
static bool drop_authority(struct mst_span *target)
{
    size_t colon = mst_span_find(*target, ':', 0);
    struct mst_span scheme = mst_span_cut(*target, 0, colon);
    struct mst_span slashes = mst_span_cut(*target, colon, colon + 3);
    struct mst_span rest = mst_span_cut(*target, colon + 3, target->len);
    size_t end = 0;

    if (!mst_span_eq_nocase(scheme, MST_LIT("http")) &&
        !mst_span_eq_nocase(scheme, MST_LIT("https")))
        return false;
    if (!mst_span_eq(slashes, MST_LIT("://")))
        return false;
    while (end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != '?')
        end++;
    if (!is_authority(mst_span_cut(rest, 0, end)))
        return false;
    *target = mst_span_cut(rest, end, rest.len);
    return true;
}

static bool read_target(struct mst_span target, struct mst_http_head *head)
{
    struct mst_span root = target;
    size_t question;

    if (target.len == 0 || !is_all(target, TARGET))
        return false;
    if (target.ptr[0] != '/' && !drop_authority(&target))
        return false;
    question = mst_span_find(target, '?', 0);
    head->path = mst_span_cut(target, 0, question);
    head->query = mst_span_cut(target, question + 1, target.len);
    if (head->path.len == 0) { /* "http://host": the path is "/", and there is one in "://" */
        size_t slash = mst_span_find(root, '/', 0);
        head->path = mst_span_cut(root, slash, slash + 1);
    }
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static enum mst_http_flaw read_version(struct mst_span text, struct mst_http_head *head)
{
    if (text.len != 8 || !mst_span_starts(text, MST_LIT("HTTP/")) || !is_digit(text.ptr[5]) ||
        text.ptr[6] != '.' || !is_digit(text.ptr[7]))
        return MST_FLAW_SYNTAX;
    if (text.ptr[5] != '1')
        return MST_FLAW_VERSION;
    head->minor = text.ptr[7] == '0' ? 0 : 1;
    return MST_FLAW_NONE;
}

static enum mst_http_flaw read_request_line(struct mst_span line, struct mst_http_head *head)
{
    struct mst_cur cur = mst_cur_of(line);
    struct mst_span target;

    if (!mst_cur_until(&cur, ' ', &head->method_text) || !mst_cur_until(&cur, ' ', &target))
        return MST_FLAW_SYNTAX;
    if (head->method_text.len == 0 || !is_all(head->method_text, TOKEN))
        return MST_FLAW_SYNTAX;
    head->method = method_of(head->method_text);
    enum mst_http_flaw flaw = read_version(mst_cur_rest(&cur), head);
    if (flaw != MST_FLAW_NONE)
        return flaw;
    return read_target(target, head) ? MST_FLAW_NONE : MST_FLAW_SYNTAX;
}

/* ---- fields ---- */

/* What the fields that matter for framing have said so far. */
struct framing {
    struct mst_http_head *head;
    struct mst_span length_text;
    size_t n_hosts;
    size_t n_codings;
    bool is_chunked_last;
    bool has_close;
    bool has_keep_alive;
};

static enum mst_http_flaw judge_host(struct framing *framing, struct mst_span value)
{
    (void)value;
    return ++framing->n_hosts > 1 ? MST_FLAW_SYNTAX : MST_FLAW_NONE;
}

static enum mst_http_flaw judge_expect(struct framing *framing, struct mst_span value)
{
    if (framing->head->minor >= 1 && mst_span_eq_nocase(value, MST_LIT("100-continue")))
        framing->head->wants_continue = true;
    return MST_FLAW_NONE;
}

static enum mst_http_flaw judge_connection(struct framing *framing, struct mst_span value)
{
    framing->has_close |= mst_span_has_token(value, MST_LIT("close"));
    framing->has_keep_alive |= mst_span_has_token(value, MST_LIT("keep-alive"));
    return MST_FLAW_NONE;
}

static enum mst_http_flaw judge_length(struct framing *framing, struct mst_span value)
{
    struct mst_http_head *head = framing->head;

    if (head->has_length)
        return mst_span_eq(value, framing->length_text) ? MST_FLAW_NONE : MST_FLAW_SYNTAX;
    if (value.len > LENGTH_DIGITS_MAX ||
        mst_span_u64(value, INT64_MAX, &head->content_length) != MST_OK)
        return MST_FLAW_SYNTAX;
    head->has_length = true;
    framing->length_text = value;
    return MST_FLAW_NONE;
}

/* Codings are counted here; judge_framing() decides when all are known. */
static enum mst_http_flaw judge_coding(struct framing *framing, struct mst_span value)
{
    for (size_t from = 0; from <= value.len;) {
        size_t comma = mst_span_find(value, ',', from);
        struct mst_span coding = mst_span_trim(mst_span_cut(value, from, comma));
        if (coding.len == 0 || !is_all(coding, TOKEN) || framing->is_chunked_last)
            return MST_FLAW_SYNTAX;
        framing->is_chunked_last = mst_span_eq_nocase(coding, MST_LIT("chunked"));
        framing->n_codings++;
        from = comma + 1;
    }
    return MST_FLAW_NONE;
}

static enum mst_http_flaw refuse(struct framing *framing, struct mst_span value)
{
    (void)framing;
    (void)value;
    return MST_FLAW_SYNTAX;
}

/* The fields that are looked at, found by length first: most fields are none of these. */
static const struct judge {
    struct mst_span name;
    enum mst_http_flaw (*judge)(struct framing *framing, struct mst_span value);
} judges[] = {
    {{"host", 4},               judge_host      },
    {{"expect", 6},             judge_expect    },
    {{"connection", 10},        judge_connection},
    {{"content-length", 14},    judge_length    },
    {{"content_length", 14},    refuse          },
    {{"transfer-encoding", 17}, judge_coding    },
    {{"transfer_encoding", 17}, refuse          },
};

static enum mst_http_flaw judge_field(struct framing *framing, const struct mst_http_field *field)
{
    for (size_t i = 0; i < sizeof judges / sizeof judges[0]; i++)
        if (judges[i].name.len == field->name.len &&
            mst_span_eq_nocase(judges[i].name, field->name))
            return judges[i].judge(framing, field->value);
    return MST_FLAW_NONE;
}

/* A folded line begins with white space, which is no token character: refused like any bad name. */
static bool read_field(struct mst_span line, struct mst_http_field *field)
{
    size_t colon = 0;

    while (colon < line.len && is_in(line.ptr[colon], TOKEN))
        colon++;
    if (colon == 0 || colon == line.len || line.ptr[colon] != ':')
        return false;
    field->name = mst_span_cut(line, 0, colon);
    field->value = mst_span_trim(mst_span_cut(line, colon + 1, line.len));
    return true;
}

static enum mst_http_flaw judge_framing(const struct framing *framing)
{
    struct mst_http_head *head = framing->head;

    if (framing->n_codings > 0) {
        if (head->has_length || head->minor == 0 || !framing->is_chunked_last)
            return MST_FLAW_SYNTAX;
        if (framing->n_codings > 1)
            return MST_FLAW_NOT_IMPLEMENTED;
        head->is_chunked = true;
    }
    head->is_keep_alive_asked = head->minor == 0 && framing->has_keep_alive && !framing->has_close;
    head->wants_close = framing->has_close || (head->minor == 0 && !framing->has_keep_alive);
    return MST_FLAW_NONE;
}

/* lines: the whole head, every line with its CRLF, the empty one included. */
static enum mst_http_flaw read_head(struct mst_span lines, struct mst_http_head *head)
{
    struct mst_cur cur = mst_cur_of(lines);
    struct framing framing = {.head = head};
    struct mst_span line;
    enum mst_http_flaw flaw;

    if (!mst_cur_until(&cur, '\r', &line) || !mst_cur_skip(&cur, 1))
        return MST_FLAW_SYNTAX;
    flaw = read_request_line(line, head);
    while (flaw == MST_FLAW_NONE && mst_cur_until(&cur, '\r', &line) && line.len > 0) {
        struct mst_http_field *field = &head->fields[head->n_fields];
        if (head->n_fields == MST_HTTP_MAX_FIELDS)
            return MST_FLAW_TOO_LARGE;
        if (!mst_cur_skip(&cur, 1) || !read_field(line, field))
            return MST_FLAW_SYNTAX;
        head->n_fields++;
        flaw = judge_field(&framing, field);
    }
    return flaw != MST_FLAW_NONE ? flaw : judge_framing(&framing);
}

static size_t count_line_ends(struct mst_span bytes)
{
    size_t n = 0;

    while (n < bytes.len && (bytes.ptr[n] == '\r' || bytes.ptr[n] == '\n'))
        n++;
    return n;
}

enum mst_err mst_http_head_parse(struct mst_span bytes, size_t seen, size_t max_line,
                                 size_t max_head, struct mst_http_head *ret_head, size_t *ret_size,
                                 enum mst_http_flaw *ret_flaw)
{
    const size_t before_fields = offsetof(struct mst_http_head, fields);
    struct mst_http_head head; /* its fields are 2 KiB: those not used are neither set nor copied */
    size_t start = count_line_ends(bytes);
    size_t end;
    enum mst_err err = find_end(bytes, start, seen, max_line, max_head, &end, ret_flaw);

    if (err == MST_EMORE)
        *ret_size = start;
    if (err != MST_OK)
        return err;
    memset(&head, 0, before_fields);
    enum mst_http_flaw flaw = read_head(mst_span_cut(bytes, start, end), &head);
    if (flaw != MST_FLAW_NONE) {
        *ret_flaw = flaw;
        return MST_ESYNTAX;
    }
    memcpy(ret_head, &head, before_fields + head.n_fields * sizeof head.fields[0]);
    *ret_size = end;
    return MST_OK;
}

bool mst_http_field(const struct mst_http_head *head, const char *name, struct mst_span *ret_value)
{
    struct mst_span wanted = mst_span_str(name);

    for (size_t i = 0; i < head->n_fields; i++)
        if (mst_span_eq_nocase(head->fields[i].name, wanted)) {
            *ret_value = head->fields[i].value;
            return true;
        }
    return false;
}

/*
 * Request heads: the same verdict for every way to cut the bytes; all spans inside
 * them; nothing accepted that two parsers could read differently; and what was
 * understood, written anew, is understood the same way again.
 */
#include "base/limits.h"
#include "tests/fuzz/fuzz.h"
#include "wire/http1.h"

struct verdict {
    enum mst_err err;
    enum mst_http_flaw flaw;
    size_t size;
    struct mst_http_head head;
};

static void parse(struct mst_span bytes, size_t seen, size_t max_line, size_t max_head,
                  struct verdict *verdict)
{
    verdict->flaw = MST_FLAW_NONE;
    verdict->size = 0;
    verdict->head.n_fields = 0;
    verdict->err = mst_http_head_parse(bytes, seen, max_line, max_head, &verdict->head,
                                       &verdict->size, &verdict->flaw);
    assert(verdict->err == MST_OK || verdict->err == MST_EMORE || verdict->err == MST_ESYNTAX);
    assert((verdict->err == MST_ESYNTAX) == (verdict->flaw != MST_FLAW_NONE));
    assert(verdict->size <= bytes.len);
}

/* As a connection does it: what is skipped is dropped, what was seen is not seen again. */
static void parse_cut(struct mst_span bytes, bool is_dropping, size_t max_line, size_t max_head,
                      struct verdict *verdict)
{
    struct mst_fuzz_cutter cutter = mst_fuzz_cutter_of(bytes);
    size_t begin = 0, end = 0, seen = 0;

    do {
        end += mst_fuzz_cut(&cutter);
        end = end < bytes.len ? end : bytes.len;
        parse(mst_span_cut(bytes, begin, end), seen, max_line, max_head, verdict);
        if (verdict->err != MST_EMORE)
            break;
        begin += is_dropping ? verdict->size : 0;
        seen = end - begin;
    } while (end < bytes.len);
    if (verdict->err == MST_OK)
        verdict->size += begin;
}

static void check_same(const struct verdict *a, const struct verdict *b)
{
    assert(a->err == b->err && a->flaw == b->flaw);
    if (a->err != MST_OK)
        return;
    assert(a->size == b->size && a->head.method == b->head.method);
    assert(a->head.n_fields == b->head.n_fields && a->head.minor == b->head.minor);
    assert(mst_span_eq(a->head.path, b->head.path) && mst_span_eq(a->head.query, b->head.query));
    assert(a->head.is_chunked == b->head.is_chunked && a->head.has_length == b->head.has_length);
    assert(a->head.content_length == b->head.content_length);
    assert(a->head.wants_close == b->head.wants_close);
    assert(a->head.wants_continue == b->head.wants_continue);
    assert(a->head.is_keep_alive_asked == b->head.is_keep_alive_asked);
    for (size_t i = 0; i < a->head.n_fields; i++) {
        assert(mst_span_eq(a->head.fields[i].name, b->head.fields[i].name));
        assert(mst_span_eq(a->head.fields[i].value, b->head.fields[i].value));
    }
}

static void check_lines(struct mst_span head)
{
    size_t from = 0;

    while (from < head.len && (head.ptr[from] == '\r' || head.ptr[from] == '\n'))
        from++;
    for (size_t i = from; i < head.len; i++) {
        assert(head.ptr[i] != '\0');
        assert((head.ptr[i] == '\n') == (i > from && head.ptr[i - 1] == '\r'));
    }
    assert(mst_span_eq(mst_span_cut(head, head.len - 4, head.len), MST_LIT("\r\n\r\n")));
}

static void check_good(struct mst_span bytes, const struct verdict *verdict)
{
    const struct mst_http_head *head = &verdict->head;
    size_t n_lengths = 0, n_codings = 0;

    check_lines(mst_span_cut(bytes, 0, verdict->size));
    assert(head->n_fields <= MST_HTTP_MAX_FIELDS && head->minor <= 1);
    assert(head->path.len > 0 && head->path.ptr[0] == '/');
    assert(mst_fuzz_is_inside(head->path, bytes) && mst_fuzz_is_inside(head->query, bytes));
    assert(mst_fuzz_is_inside(head->method_text, bytes) && head->method_text.len > 0);
    for (size_t i = 0; i < head->n_fields; i++) {
        const struct mst_http_field *field = &head->fields[i];
        assert(mst_fuzz_is_inside(field->name, bytes) && field->name.len > 0);
        assert(mst_fuzz_is_inside(field->value, bytes));
        assert(mst_span_eq(mst_span_trim(field->value), field->value));
        n_lengths += mst_span_eq_nocase(field->name, MST_LIT("content-length"));
        n_codings += mst_span_eq_nocase(field->name, MST_LIT("transfer-encoding"));
    }
    assert(head->has_length == (n_lengths > 0) && head->is_chunked == (n_codings > 0));
    assert(!(head->has_length && head->is_chunked) && n_codings <= 1);
    assert(head->content_length <= INT64_MAX);
    assert(head->has_length || head->content_length == 0);
    assert(!(head->is_chunked && head->minor == 0));
}

static void check_round_trip(const struct verdict *verdict)
{
    const struct mst_http_head *head = &verdict->head;
    struct mst_buf text;
    static struct verdict again;

    mst_buf_init(&text, MST_MIB(1));
    (void)mst_buf_add(&text, head->method_text);
    (void)mst_buf_add_byte(&text, ' ');
    (void)mst_buf_add(&text, head->path);
    (void)mst_buf_add_byte(&text, '?');
    (void)mst_buf_add(&text, head->query);
    (void)mst_buf_add_str(&text, head->minor ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
    for (size_t i = 0; i < head->n_fields; i++) {
        (void)mst_buf_add(&text, head->fields[i].name);
        (void)mst_buf_add_byte(&text, ':');
        (void)mst_buf_add(&text, head->fields[i].value);
        (void)mst_buf_add_str(&text, "\r\n");
    }
    (void)mst_buf_add_str(&text, "\r\n");
    assert(mst_buf_err(&text) == MST_OK);
    parse(mst_buf_span(&text), 0, MST_MIB(1), MST_MIB(1), &again);
    again.size = verdict->size;
    check_same(verdict, &again);
    mst_buf_fini(&text);
}

static void check(struct mst_span bytes, size_t max_line, size_t max_head)
{
    static struct verdict whole, cut;

    parse(bytes, 0, max_line, max_head, &whole);
    parse_cut(bytes, true, max_line, max_head, &cut);
    check_same(&whole, &cut);
    parse_cut(bytes, false, max_line, max_head, &cut);
    check_same(&whole, &cut);
    if (whole.err != MST_OK)
        return;
    check_good(bytes, &whole);
    check_round_trip(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mst_span bytes = mst_span_of(data, size);

    check(bytes, MST_LINE_MAX, MST_HEAD_MAX);
    check(bytes, 32, 80); /* limits that inputs of a usual size reach */
    check(bytes, 60, 60);
    check(bytes, 100, 40);
    return 0;
}

/*
 * Chunked bodies: the same verdict, body and end for every way to cut the bytes;
 * the maximum holds; and a body, written in chunks anew, comes back.
 */
#include "base/limits.h"
#include "tests/fuzz/fuzz.h"
#include "wire/http1.h"

struct verdict {
    enum mst_err err;
    size_t used;
    struct mst_buf body;
};

static void decode(struct mst_span bytes, size_t max_step, size_t max_bytes,
                   struct verdict *ret_verdict)
{
    struct mst_fuzz_cutter cutter = mst_fuzz_cutter_of(bytes);
    struct verdict verdict = {MST_EMORE, 0, {0}};
    struct mst_chunked chunked;

    mst_buf_init(&verdict.body, max_bytes);
    mst_chunked_init(&chunked, max_bytes);
    while (verdict.err == MST_EMORE && verdict.used < bytes.len) {
        size_t step = mst_fuzz_cut(&cutter), used = 0;
        step = max_step == 1 ? 1 : max_step == 0 ? bytes.len : step;
        struct mst_span piece = mst_span_cut(bytes, verdict.used, verdict.used + step);
        verdict.err = mst_chunked_feed(&chunked, piece, &verdict.body, &used);
        assert(used <= piece.len && (verdict.err != MST_EMORE || used == piece.len));
        verdict.used += used;
    }
    assert(verdict.body.len <= max_bytes);
    assert(verdict.err == MST_OK || verdict.err == MST_EMORE || verdict.err == MST_EFULL ||
           verdict.err == MST_ESYNTAX);
    *ret_verdict = verdict;
}

static void check_same(const struct verdict *a, const struct verdict *b)
{
    assert(a->err == b->err);
    assert(a->err != MST_OK || a->used == b->used);
    assert(mst_span_eq(mst_buf_span(&a->body), mst_buf_span(&b->body)));
}

static void check_round_trip(const struct verdict *verdict)
{
    struct mst_span body = mst_buf_span(&verdict->body);
    struct mst_fuzz_cutter cutter = mst_fuzz_cutter_of(body);
    struct mst_buf text;
    struct verdict again;

    mst_buf_init(&text, MST_MIB(16));
    for (size_t at = 0; at < body.len;) {
        struct mst_span piece = mst_span_cut(body, at, at + mst_fuzz_cut(&cutter));
        (void)mst_buf_addf(&text, "%zx\r\n", piece.len);
        (void)mst_buf_add(&text, piece);
        (void)mst_buf_add_str(&text, "\r\n");
        at += piece.len;
    }
    (void)mst_buf_add_str(&text, "0\r\n\r\n");
    assert(mst_buf_err(&text) == MST_OK);
    decode(mst_buf_span(&text), 0, body.len, &again);
    assert(again.err == MST_OK && again.used == text.len);
    assert(mst_span_eq(mst_buf_span(&again.body), body));
    mst_buf_fini(&again.body);
    mst_buf_fini(&text);
}

static void check(struct mst_span bytes, size_t max_bytes)
{
    struct verdict whole, cut, bytewise;

    decode(bytes, 0, max_bytes, &whole);
    decode(bytes, 16, max_bytes, &cut);
    decode(bytes, 1, max_bytes, &bytewise);
    check_same(&whole, &cut);
    check_same(&whole, &bytewise);
    if (whole.err == MST_OK)
        check_round_trip(&whole);
    mst_buf_fini(&whole.body);
    mst_buf_fini(&cut.body);
    mst_buf_fini(&bytewise.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mst_span bytes = mst_span_of(data, size);

    check(bytes, MST_BODY_MAX);
    check(bytes, 8);
    return 0;
}

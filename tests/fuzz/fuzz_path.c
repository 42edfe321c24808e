/*
 * Paths: the segments, encoded and joined anew, give the same segments again, no
 * segment is longer than what it was written as, none holds a NUL, and a path without escapes is
 * its segments joined by slashes.
 */
#include "base/limits.h"
#include "tests/fuzz/fuzz.h"
#include "wire/path.h"

enum { SEGMENTS = MST_SEGMENTS_MAX };

static void check_same(const struct mst_span *a, const struct mst_span *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert(mst_span_eq(a[i], b[i]));
}

static void check_round_trip(struct mst_arena *arena, const struct mst_span *segments, size_t n)
{
    struct mst_span again[SEGMENTS];
    struct mst_buf path;
    size_t n_again;

    mst_buf_init(&path, MST_MIB(16));
    for (size_t i = 0; i < n; i++) {
        (void)mst_buf_add_byte(&path, '/');
        (void)mst_pct_encode(&path, segments[i]);
    }
    assert(mst_buf_err(&path) == MST_OK);
    assert(mst_path_split(arena, mst_buf_span(&path), SEGMENTS, again, &n_again) == MST_OK);
    assert(n_again == n);
    check_same(segments, again, n);
    mst_buf_fini(&path);
}

static size_t count(struct mst_span text, char c)
{
    size_t n = 0;

    for (size_t i = mst_span_find(text, c, 0); i < text.len; i = mst_span_find(text, c, i + 1))
        n++;
    return n;
}

static void check_plain(struct mst_span path, const struct mst_span *segments, size_t n)
{
    size_t at = 0;

    for (size_t i = 0; i < n; i++) {
        assert(path.ptr[at] == '/');
        at++;
        assert(mst_span_eq(mst_span_cut(path, at, at + segments[i].len), segments[i]));
        at += segments[i].len;
    }
    assert(at == path.len);
}

static void check(struct mst_arena *arena, struct mst_span path)
{
    struct mst_span segments[SEGMENTS];
    size_t n = 0, n_bytes = 0, n_slashes = count(path, '/');
    enum mst_err err = mst_path_split(arena, path, SEGMENTS, segments, &n);

    assert(err == MST_OK || err == MST_ESYNTAX);
    if (err != MST_OK) {
        assert(count(path, '%') > 0);
        return;
    }
    assert(n == (n_slashes <= SEGMENTS ? n_slashes : 0));
    for (size_t i = 0; i < n; i++) {
        n_bytes += segments[i].len;
        assert(count(path, '\0') > 0 || count(segments[i], '\0') == 0);
    }
    assert(n_bytes + n_slashes <= path.len || n == 0);
    if (count(path, '%') == 0 && n > 0)
        check_plain(path, segments, n);
    if (count(path, '\0') == 0 && n > 0)
        check_round_trip(arena, segments, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mst_arena arena;
    struct mst_buf path;

    mst_arena_init(&arena, MST_MIB(16));
    mst_buf_init(&path, MST_MIB(2));
    (void)mst_buf_add_byte(&path, '/'); /* as the head parser promises */
    if (mst_buf_add(&path, mst_span_of(data, size)) == MST_OK)
        check(&arena, mst_buf_span(&path));
    mst_buf_fini(&path);
    mst_arena_fini(&arena);
    return 0;
}

#include "base/limits.h"
#include "tests/lib/unit.h"
#include "wire/path.h"

enum { MAX = 4 };

static enum mst_err split(struct mst_arena *arena, const char *path, struct mst_span *ret_segments,
                          size_t *ret_n)
{
    return mst_path_split(arena, mst_span_str(path), MAX, ret_segments, ret_n);
}

MST_TEST(a_path_is_split_at_slashes_and_then_decoded)
{
    static const struct {
        const char *path;
        size_t n;
        const char *segments[MAX];
    } rows[] = {
        {"/",            1, {""}                },
        {"/a",           1, {"a"}               },
        {"/a/",          2, {"a", ""}           },
        {"//",           2, {"", ""}            },
        {"/a/b/c/d",     4, {"a", "b", "c", "d"}},
        {"/a%2Fb/%2f",   2, {"a/b", "/"}        },
        {"/a+b/%2B",     2, {"a+b", "+"}        },
        {"/../%2e%2e/.", 3, {"..", "..", "."}   }, /* plain names: nothing is resolved */
        {"/%25%32%35",   1, {"%25"}             }, /* once */
        {"/a/b/c/d/",    0, {NULL}              },
        {"/a/b/c/d/%zz", 0, {NULL}              }, /* known to be too long before it is read */
    };
    struct mst_arena arena;

    mst_arena_init(&arena, MST_KIB(64));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_span segments[MAX];
        size_t n = 99;

        ck_assert_int_eq(split(&arena, rows[i].path, segments, &n), MST_OK);
        ck_assert_msg(n == rows[i].n, "%s: %zu", rows[i].path, n);
        for (size_t k = 0; k < n; k++)
            ck_assert_span_str(segments[k], rows[i].segments[k]);
    }
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TEST(a_bad_escape_in_any_segment_is_an_error)
{
    static const char *const paths[] = {"/%", "/a/%4", "/%zz/a", "/a/%00", "/a/b/c/%g0/"};
    struct mst_arena arena;

    mst_arena_init(&arena, MST_KIB(64));
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct mst_span segments[MAX];
        size_t n = 99;

        ck_assert_int_eq(split(&arena, paths[i], segments, &n), MST_ESYNTAX);
        ck_assert_uint_eq(n, 99);
    }
    mst_arena_fini(&arena);
}
MST_TEST_END

MST_TESTS("wire/path", a_path_is_split_at_slashes_and_then_decoded,
          a_bad_escape_in_any_segment_is_an_error)

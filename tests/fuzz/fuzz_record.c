/*
 * Bodies of record calls: points come by alias and time, the good ones of an alias are a second
 * apart, one that is too near has a good one less than a second before it; what is told of those can be read
 * as a client reads it. Errors are those of the header.
 */
#include "tests/fuzz/fuzz.h"
#include "wire/record.h"

enum { ITEMS_MAX = 1000, POINTS_MAX = 500, ARENA_MAX = 1 << 24, NOW = 1700000000 };
#define TIME_MAX INT64_C(253402300799)

static void check_points(const struct mst_record *record)
{
    const struct mst_record_point *good = NULL;

    assert(record->n_points <= POINTS_MAX);
    for (size_t i = 0; i < record->n_points; i++) {
        const struct mst_record_point *point = &record->points[i];
        bool is_same = good && mst_span_eq(good->alias, point->alias);

        assert(point->at_ms >= 0 && point->at_ms / 1000 <= TIME_MAX);
        assert(!good || mst_span_cmp(good->alias, point->alias) <= 0);
        assert(!is_same || point->at_ms >= good->at_ms);
        assert(point->is_too_near == (is_same && point->at_ms - good->at_ms < 1000));
        if (!point->is_too_near)
            good = point;
    }
}

/* Splits on '&', '=' and, decoded, on ',': as many times come out as are too near. */
static void check_told(struct mst_arena *arena, const struct mst_record *record)
{
    size_t n_told = 0, n_near = 0;
    struct mst_form form;
    struct mst_buf told;

    for (size_t i = 0; i < record->n_points; i++)
        n_near += record->points[i].is_too_near ? 1 : 0;
    mst_buf_init(&told, ARENA_MAX);
    assert(mst_record_print_too_near(&told, record) == MST_OK);
    assert(mst_form_parse(arena, mst_buf_span(&told), ITEMS_MAX, &form) == MST_OK);
    for (size_t i = 0; i < form.n_items; i++) {
        struct mst_span times = form.items[i].value;

        for (size_t at = 0; at <= times.len; at = mst_span_find(times, ',', at) + 1)
            n_told++;
    }
    assert(n_told == n_near);
    mst_buf_fini(&told);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct mst_span alias = MST_LIT("temp");
    struct mst_record record;
    struct mst_arena arena;
    struct mst_form form;

    mst_arena_init(&arena, ARENA_MAX);
    if (mst_form_parse(&arena, mst_span_of(data, size), ITEMS_MAX, &form) == MST_OK) {
        for (int old = 0; old < 2; old++) {
            enum mst_err err = mst_record_read(&arena, &form, old ? &alias : NULL, NOW, TIME_MAX,
                                               POINTS_MAX, &record);

            assert(err == MST_OK || err == MST_ESYNTAX || err == MST_EFULL);
            if (err != MST_OK)
                continue;
            check_points(&record);
            check_told(&arena, &record);
        }
    }
    mst_arena_fini(&arena);
    return 0;
}

/*
 * Ranges of serial numbers: what can be read, written anew, is read the same; both ends of each are
 * written as members; and the bytes themselves, taken as a serial number, are read in a shape only if they are
 * what that shape writes.
 */
#include "tests/fuzz/fuzz.h"
#include "wire/ranges_json.h"

enum { RANGES_MAX = 16, ARENA_MAX = 1 << 22 };

static void check_ends(const struct mst_sn_range *range)
{
    const uint64_t ends[] = {range->first, range->last};

    assert(mst_sn_range_is_good(range));
    for (size_t i = 0; i < 2; i++) {
        struct mst_sn_reading readings[MST_SN_READINGS_MAX];
        char text[MST_SN_MAX + 1];
        struct mst_span sn = mst_span_of(text, mst_sn_write(&range->shape, ends[i], text));
        size_t n = mst_sn_readings(sn, readings), k = 0;

        assert(mst_sn_range_has(range, sn));
        while (k < n && !(readings[k].shape.format == range->shape.format &&
                          readings[k].shape.casing == range->shape.casing &&
                          readings[k].shape.length == range->shape.length))
            k++;
        assert(k < n && readings[k].value == ends[i]);
    }
}

static void read_again(struct mst_arena *arena, const struct mst_sn_range *ranges, size_t n)
{
    struct mst_sn_range *back;
    struct mst_buf text;
    size_t n_back;

    mst_buf_init(&text, ARENA_MAX);
    (void)mst_buf_add_byte(&text, '[');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            (void)mst_buf_add_byte(&text, ',');
        (void)mst_ranges_json_put(&text, &ranges[i]);
    }
    (void)mst_buf_add_byte(&text, ']');
    assert(mst_buf_err(&text) == MST_OK);
    assert(mst_ranges_json_read(mst_buf_span(&text), arena, RANGES_MAX, &back, &n_back) == MST_OK);
    assert(n_back == n);
    for (size_t i = 0; i < n; i++)
        assert(mst_sn_range_eq(&back[i], &ranges[i]));
    mst_buf_fini(&text);
}

static void check_readings(struct mst_span bytes)
{
    struct mst_sn_reading readings[MST_SN_READINGS_MAX];
    size_t n = mst_sn_readings(bytes, readings);

    for (size_t i = 0; i < n; i++) {
        const struct mst_sn_range alone = {readings[i].shape, readings[i].value, readings[i].value};
        char text[MST_SN_MAX + 1];
        struct mst_span want = mst_span_of(text, mst_sn_write(&alone.shape, alone.first, text));

        assert(mst_sn_range_is_good(&alone) && mst_sn_range_has(&alone, bytes));
        assert(alone.shape.casing == MST_SN_EITHER ? mst_span_eq_nocase(want, bytes)
                                                   : mst_span_eq(want, bytes));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mst_span bytes = mst_span_of(data, size);
    struct mst_sn_range *ranges;
    struct mst_arena arena;
    size_t n;
    enum mst_err err;

    mst_arena_init(&arena, ARENA_MAX);
    err = mst_ranges_json_read(bytes, &arena, RANGES_MAX, &ranges, &n);
    assert(err == MST_OK || err == MST_ESYNTAX || err == MST_EINVAL || err == MST_EFULL);
    for (size_t i = 0; err == MST_OK && i < n; i++)
        check_ends(&ranges[i]);
    if (err == MST_OK)
        read_again(&arena, ranges, n);
    check_readings(bytes);
    mst_arena_fini(&arena);
    return 0;
}

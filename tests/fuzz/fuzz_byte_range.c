/*
 * Range fields: a part lies within the blob and is named by digits that are there; the whole text of a
 * part, written anew, means the same part; and white space or a comma makes it the whole.
 * The first 8 bytes are the blob's length.
 */
#include <inttypes.h>
#include <stdio.h>

#include "tests/fuzz/fuzz.h"
#include "wire/byte_range.h"

enum { TOTAL_BYTES = 8 };

static void check_again(const struct mst_byte_range *range, uint64_t total)
{
    char text[64];
    struct mst_byte_range again;

    (void)snprintf(text, sizeof text, "bytes=%" PRIu64 "-%" PRIu64, range->first, range->last);
    again = mst_byte_range_of(mst_span_str(text), total);
    assert(again.kind == MST_RANGE_PART && again.first == range->first &&
           again.last == range->last);
    (void)snprintf(text, sizeof text, "bytes=-%" PRIu64, total - range->first);
    again = mst_byte_range_of(mst_span_str(text), total);
    assert(again.kind == MST_RANGE_PART && again.first == range->first && again.last == total - 1);
    (void)snprintf(text, sizeof text, "bytes=%" PRIu64 "-", range->first);
    again = mst_byte_range_of(mst_span_str(text), range->first);
    assert(again.kind == MST_RANGE_NONE);
}

static bool is_odd(struct mst_span value)
{
    static const char odd[] = " \t,;+:/\r\n\"";

    for (size_t i = 0; i + 1 < sizeof odd; i++)
        if (mst_span_find(value, odd[i], 0) < value.len)
            return true;
    return mst_span_find(value, '\0', 0) < value.len;
}

static void check(struct mst_span value, uint64_t total)
{
    struct mst_byte_range range = mst_byte_range_of(value, total);
    struct mst_buf field;

    if (range.kind == MST_RANGE_PART) {
        assert(range.first <= range.last && range.last < total);
        check_again(&range, total);
    }
    assert(range.kind == MST_RANGE_WHOLE || !is_odd(value));
    mst_buf_init(&field, 128);
    assert(mst_byte_range_field(&field, &range, total) == MST_OK);
    assert((field.len == 0) == (range.kind == MST_RANGE_WHOLE));
    mst_buf_fini(&field);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t total = 0;

    if (size < TOTAL_BYTES)
        return 0;
    for (size_t i = 0; i < TOTAL_BYTES; i++)
        total = total << 8 | data[i];
    check(mst_span_of(&data[TOTAL_BYTES], size - TOTAL_BYTES), total);
    return 0;
}

#include "wire/byte_range.h"

/* 1*DIGIT; false if it is anything else. */
static bool read_position(struct mst_span text, uint64_t *ret_value)
{
    enum mst_err err = mst_span_u64(text, UINT64_MAX, ret_value);

    if (err == MST_EINVAL)
        *ret_value = UINT64_MAX;
    return err == MST_OK || err == MST_EINVAL;
}

/* "-N": the last N bytes. Of nothing these are nothing, which is the whole. */
static struct mst_byte_range read_suffix(struct mst_span text, uint64_t total)
{
    struct mst_byte_range range = {.kind = MST_RANGE_WHOLE};
    uint64_t n;

    if (!read_position(text, &n) || (n > 0 && total == 0))
        return range;
    if (n == 0) {
        range.kind = MST_RANGE_NONE;
        return range;
    }
    return (struct mst_byte_range){MST_RANGE_PART, n < total ? total - n : 0, total - 1};
}

/* "X-Y" and "X-" */
static struct mst_byte_range read_range(struct mst_span first_text, struct mst_span last_text,
                                        uint64_t total)
{
    struct mst_byte_range range = {.kind = MST_RANGE_WHOLE, .last = UINT64_MAX};

    if (!read_position(first_text, &range.first) ||
        (last_text.len > 0 && !read_position(last_text, &range.last)) || range.first > range.last)
        return (struct mst_byte_range){.kind = MST_RANGE_WHOLE};
    if (range.first >= total)
        return (struct mst_byte_range){.kind = MST_RANGE_NONE};
    if (range.last >= total)
        range.last = total - 1;
    range.kind = MST_RANGE_PART;
    return range;
}

struct mst_byte_range mst_byte_range_of(struct mst_span value, uint64_t total)
{
    const struct mst_span unit = MST_LIT("bytes=");
    struct mst_span set = mst_span_cut(value, unit.len, value.len);
    size_t dash = mst_span_find(set, '-', 0);

    if (!mst_span_eq_nocase(mst_span_cut(value, 0, unit.len), unit) || dash == set.len)
        return (struct mst_byte_range){.kind = MST_RANGE_WHOLE};
    if (dash == 0)
        return read_suffix(mst_span_cut(set, 1, set.len), total);
    return read_range(mst_span_cut(set, 0, dash), mst_span_cut(set, dash + 1, set.len), total);
}

enum mst_err mst_byte_range_field(struct mst_buf *out, const struct mst_byte_range *range,
                                  uint64_t total)
{
    switch (range->kind) {
    case MST_RANGE_WHOLE:
        break;
    case MST_RANGE_PART:
        return mst_buf_addf(out, "Content-Range: bytes %llu-%llu/%llu\r\n",
                            (unsigned long long)range->first, (unsigned long long)range->last,
                            (unsigned long long)total);
    case MST_RANGE_NONE:
        return mst_buf_addf(out, "Content-Range: bytes */%llu\r\n", (unsigned long long)total);
    }
    return mst_buf_err(out);
}

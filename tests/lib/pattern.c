#include "tests/lib/pattern.h"

enum { PERIOD = 65521, BYTES = 2 * PERIOD }; /* a prime: no buffer's size is a multiple of it */

/* Letters and digits only, so that no pattern is taken for a line end. */
static struct mst_span cut(uint64_t at, uint64_t n)
{
    static char bytes[BYTES];
    size_t from = (size_t)(at % PERIOD);

    if (bytes[0] == 0)
        for (size_t i = BYTES; i-- > 0;)
            bytes[i] = (char)('A' + (uint32_t)(i % PERIOD) * 2654435761u % 53);
    return mst_span_cut(mst_span_of(bytes, BYTES), from, from + (n < PERIOD ? (size_t)n : PERIOD));
}

void mst_pattern_add(struct mst_buf *out, uint64_t at, uint64_t n)
{
    while (n > 0) {
        struct mst_span part = cut(at, n);

        (void)mst_buf_add(out, part);
        at += part.len;
        n -= part.len;
    }
}

bool mst_pattern_is(struct mst_span bytes, uint64_t at)
{
    for (size_t i = 0; i < bytes.len;) {
        struct mst_span part = cut(at + i, bytes.len - i);

        if (!mst_span_eq(part, mst_span_cut(bytes, i, i + part.len)))
            return false;
        i += part.len;
    }
    return true;
}

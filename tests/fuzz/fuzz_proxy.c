/*
 * PROXY headers: an answer once given does not change with the bytes that follow,
 * "more" is said only as long as it can still become one, and a header lies within
 * the bytes.
 */
#include "net/proxy.h"
#include "tests/fuzz/fuzz.h"

enum { PREFIXES_MAX = 400 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mst_span bytes = mst_span_of(data, size);
    struct mst_proxy whole = {0}, part = {0};
    enum mst_err err = mst_proxy_parse(bytes, &whole);

    assert(err == MST_OK || err == MST_EMORE || err == MST_ENOENT || err == MST_ESYNTAX);
    assert(err != MST_EMORE || size < MST_PROXY_HEADER_MAX);
    assert(err != MST_OK || (whole.len > 0 && whole.len <= size));
    for (size_t n = 0; n < size && n < PREFIXES_MAX; n++) {
        enum mst_err early = mst_proxy_parse(mst_span_cut(bytes, 0, n), &part);
        if (early == MST_EMORE)
            continue;
        assert(early == err);
        assert(early != MST_OK || (part.len == whole.len && part.is_named == whole.is_named &&
                                   part.src.port == whole.src.port));
    }
    return 0;
}

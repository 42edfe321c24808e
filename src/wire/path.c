#include "wire/path.h"

enum mst_err mst_path_split(struct mst_arena *arena, struct mst_span path, size_t max_segments,
                            struct mst_span *ret_segments, size_t *ret_n)
{
    size_t from = 1;

    for (size_t n = 0; n < max_segments; n++) {
        size_t to = mst_span_find(path, '/', from);
        enum mst_err err =
            mst_pct_decode_path(arena, mst_span_cut(path, from, to), &ret_segments[n]);

        if (err != MST_OK)
            return err;
        if (to == path.len) {
            *ret_n = n + 1;
            return MST_OK;
        }
        from = to + 1;
    }
    *ret_n = 0;
    return MST_OK;
}

#include "wire/shot.h"

static struct mst_span without_line_end(struct mst_span bytes)
{
    if (bytes.len == 0 || bytes.ptr[bytes.len - 1] != '\n')
        return bytes;
    bytes = mst_span_cut(bytes, 0, bytes.len - 1);
    if (bytes.len == 0 || bytes.ptr[bytes.len - 1] != '\r')
        return bytes;
    return mst_span_cut(bytes, 0, bytes.len - 1);
}

enum mst_err mst_shot_read(struct mst_arena *arena, struct mst_span bytes, size_t max_items,
                           struct mst_shot *ret_shot)
{
    struct mst_shot shot;
    const struct mst_form_item *cik;
    size_t n_values = 0;
    enum mst_err err = mst_form_parse(arena, without_line_end(bytes), max_items, &shot.values);

    if (err != MST_OK)
        return err;
    cik = mst_form_get(&shot.values, "cik");
    if (!cik)
        return MST_ESYNTAX;
    shot.cik = cik->value;
    for (size_t i = 0; i < shot.values.n_items; i++)
        if (!mst_span_eq(shot.values.items[i].name, MST_LIT("cik")))
            shot.values.items[n_values++] = shot.values.items[i];
    shot.values.n_items = n_values;
    *ret_shot = shot;
    return MST_OK;
}

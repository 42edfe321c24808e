#include "wire/form.h"

static size_t count_items(struct mst_span src)
{
    size_t n = 0;

    for (size_t from = 0; from < src.len;) {
        size_t end = mst_span_find(src, '&', from);
        n += end > from ? 1 : 0;
        from = end + 1;
    }
    return n;
}

static enum mst_err read_item(struct mst_arena *arena, struct mst_span text,
                              struct mst_form_item *item)
{
    size_t equals = mst_span_find(text, '=', 0);
    enum mst_err err;

    item->raw_name = mst_span_cut(text, 0, equals);
    err = mst_pct_decode_form(arena, item->raw_name, false, &item->name);
    if (err != MST_OK)
        return err;
    item->has_value = equals < text.len;
    item->raw_value = mst_span_cut(text, equals + 1, text.len);
    return mst_pct_decode_form(arena, item->raw_value, false, &item->value);
}

enum mst_err mst_form_parse(struct mst_arena *arena, struct mst_span src, size_t max_items,
                            struct mst_form *ret_form)
{
    struct mst_form form = {.items = NULL};
    size_t n = count_items(src);

    if (n > max_items)
        return MST_EFULL;
    if (n > 0 && !(form.items = mst_arena_array(arena, n, sizeof form.items[0])))
        return MST_ENOMEM;
    for (size_t from = 0; from < src.len;) {
        size_t end = mst_span_find(src, '&', from);
        if (end > from) {
            enum mst_err err =
                read_item(arena, mst_span_cut(src, from, end), &form.items[form.n_items++]);
            if (err != MST_OK)
                return err;
        }
        from = end + 1;
    }
    *ret_form = form;
    return MST_OK;
}

enum mst_err mst_form_plus(struct mst_arena *arena, struct mst_span raw, struct mst_span *ret_text)
{
    if (mst_span_find(raw, '+', 0) < raw.len)
        return mst_pct_decode_form(arena, raw, true, ret_text);
    *ret_text = (struct mst_span){NULL, 0};
    return MST_OK;
}

const struct mst_form_item *mst_form_get(const struct mst_form *form, const char *name)
{
    struct mst_span wanted = mst_span_str(name);

    for (size_t i = 0; i < form->n_items; i++)
        if (mst_span_eq(form->items[i].name, wanted))
            return &form->items[i];
    return NULL;
}

struct mst_span mst_form_value(const struct mst_form *form, const char *name)
{
    const struct mst_form_item *item = mst_form_get(form, name);

    return item ? item->value : (struct mst_span){NULL, 0};
}

bool mst_form_true(const struct mst_form *form, const char *name)
{
    return mst_span_eq(mst_form_value(form, name), MST_LIT("true"));
}

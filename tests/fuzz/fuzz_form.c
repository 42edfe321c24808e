/*
 * Forms and percent coding: one item for each part between '&' that is not empty;
 * raw values lie inside the input; what was read, encoded anew, is read the same;
 * a path that decodes is decoded as a form would with '+' kept.
 */
#include "tests/fuzz/fuzz.h"
#include "wire/form.h"

enum { ITEMS_MAX = 1000, ARENA_MAX = 1 << 24 };

static size_t count_parts(struct mst_span bytes)
{
    size_t n = 0;

    for (size_t i = 0; i < bytes.len; i++)
        if (bytes.ptr[i] != '&' && (i == 0 || bytes.ptr[i - 1] == '&'))
            n++;
    return n;
}

static void check_items(const struct mst_form *form, struct mst_span bytes)
{
    assert(form->n_items == count_parts(bytes) && form->n_items <= ITEMS_MAX);
    for (size_t i = 0; i < form->n_items; i++) {
        const struct mst_form_item *item = &form->items[i];
        assert(mst_fuzz_is_inside(item->raw_value, bytes));
        assert(item->has_value || item->raw_value.len == 0);
        assert(item->has_value || item->name.len > 0);
        assert(item->value.len <= item->raw_value.len);
        assert(mst_span_find(item->raw_value, '&', 0) == item->raw_value.len);
    }
}

static void encode(const struct mst_form *form, struct mst_buf *text)
{
    for (size_t i = 0; i < form->n_items; i++) {
        (void)mst_buf_add_str(text, i ? "&&" : "&");
        (void)mst_pct_encode(text, form->items[i].name);
        if (form->items[i].has_value)
            (void)mst_buf_add_byte(text, '=');
        (void)mst_pct_encode(text, form->items[i].value);
    }
    assert(mst_buf_err(text) == MST_OK);
}

static void check_round_trip(struct mst_arena *arena, const struct mst_form *form)
{
    struct mst_form again;
    struct mst_buf text;

    mst_buf_init(&text, ARENA_MAX);
    encode(form, &text);
    assert(mst_form_parse(arena, mst_buf_span(&text), ITEMS_MAX, &again) == MST_OK);
    assert(again.n_items == form->n_items);
    for (size_t i = 0; i < form->n_items; i++) {
        assert(mst_span_eq(again.items[i].name, form->items[i].name));
        assert(mst_span_eq(again.items[i].value, form->items[i].value));
        assert(again.items[i].has_value == form->items[i].has_value);
    }
    mst_buf_fini(&text);
}

static void check_path(struct mst_arena *arena, struct mst_span bytes)
{
    struct mst_span path, form, back;
    struct mst_buf text;
    enum mst_err err = mst_pct_decode_path(arena, bytes, &path);

    assert(err == MST_OK || err == MST_ESYNTAX);
    if (err != MST_OK)
        return;
    assert(mst_pct_decode_form(arena, bytes, true, &form) == MST_OK);
    assert(mst_span_eq(path, form));
    if (mst_span_find(path, '\0', 0) < path.len)
        return; /* a raw NUL: only a decoded one is refused, and a head holds none */
    mst_buf_init(&text, ARENA_MAX);
    assert(mst_pct_encode(&text, path) == MST_OK);
    assert(mst_pct_decode_path(arena, mst_buf_span(&text), &back) == MST_OK);
    assert(mst_span_eq(path, back));
    mst_buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mst_span bytes = mst_span_of(data, size);
    struct mst_arena arena;
    struct mst_form form;
    enum mst_err err;

    mst_arena_init(&arena, ARENA_MAX);
    err = mst_form_parse(&arena, bytes, ITEMS_MAX, &form);
    assert(err == MST_OK || (err == MST_EFULL && count_parts(bytes) > ITEMS_MAX));
    if (err == MST_OK) {
        check_items(&form, bytes);
        check_round_trip(&arena, &form);
    }
    check_path(&arena, bytes);
    mst_arena_fini(&arena);
    return 0;
}

/*
 * Datagrams: there is a key or an error; no value is called cik; a line end behind it makes
 * no difference; and what was read, encoded anew with the key last, is read the same.
 */
#include "tests/fuzz/fuzz.h"
#include "wire/shot.h"

enum { ITEMS_MAX = 1000, ARENA_MAX = 1 << 24 };

static void check_same(const struct mst_shot *a, const struct mst_shot *b)
{
    assert(mst_span_eq(a->cik, b->cik) && a->values.n_items == b->values.n_items);
    for (size_t i = 0; i < a->values.n_items; i++) {
        assert(mst_span_eq(a->values.items[i].name, b->values.items[i].name));
        assert(mst_span_eq(a->values.items[i].value, b->values.items[i].value));
    }
}

static void read_same(struct mst_arena *arena, struct mst_buf *text, const struct mst_shot *shot)
{
    struct mst_shot again;

    assert(mst_buf_err(text) == MST_OK);
    assert(mst_shot_read(arena, mst_buf_span(text), ITEMS_MAX, &again) == MST_OK);
    check_same(shot, &again);
    mst_buf_clear(text);
}

static void check(struct mst_arena *arena, const struct mst_shot *shot)
{
    static const char *const ends[] = {"", "\n", "\r\n"};
    struct mst_buf text;

    mst_buf_init(&text, ARENA_MAX);
    for (size_t k = 0; k < sizeof ends / sizeof ends[0]; k++) {
        for (size_t i = 0; i < shot->values.n_items; i++) {
            const struct mst_form_item *item = &shot->values.items[i];

            assert(!mst_span_eq(item->name, MST_LIT("cik")));
            (void)mst_pct_encode(&text, item->name);
            (void)mst_buf_add_byte(&text, '=');
            (void)mst_pct_encode(&text, item->value);
            (void)mst_buf_add_byte(&text, '&');
        }
        (void)mst_buf_add_str(&text, "cik=");
        (void)mst_pct_encode(&text, shot->cik);
        (void)mst_buf_add_str(&text, ends[k]);
        read_same(arena, &text, shot);
    }
    mst_buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mst_arena arena;
    struct mst_shot shot;
    enum mst_err err;

    mst_arena_init(&arena, ARENA_MAX);
    err = mst_shot_read(&arena, mst_span_of(data, size), ITEMS_MAX, &shot);
    assert(err == MST_OK || err == MST_ESYNTAX || err == MST_EFULL);
    if (err == MST_OK)
        check(&arena, &shot);
    mst_arena_fini(&arena);
    return 0;
}

/*
 * CSV: line numbers rise, reading ends, and rows that were read, written anew, are
 * read the same.
 */
#include "tests/fuzz/fuzz.h"
#include "wire/csv.h"

enum { COLUMNS = 3, ARENA_MAX = 1 << 24 };

static void check_rows(struct mst_csv *again, struct mst_arena *arena,
                       const struct mst_span *columns)
{
    struct mst_span back[COLUMNS];
    size_t line;

    assert(mst_csv_row(again, arena, back, COLUMNS, &line) == MST_OK);
    for (size_t i = 0; i < COLUMNS; i++)
        assert(mst_span_eq(back[i], columns[i]));
}

/* Writes every row that can be read, and says how reading ended. */
static enum mst_err rewrite(struct mst_span bytes, struct mst_arena *arena, struct mst_buf *text)
{
    struct mst_csv csv = mst_csv_of(bytes);
    struct mst_span columns[COLUMNS];
    size_t line, last_line = 0;
    enum mst_err err;

    while ((err = mst_csv_row(&csv, arena, columns, COLUMNS, &line)) == MST_OK) {
        assert(line > last_line && line <= bytes.len + 1);
        last_line = line;
        for (size_t i = 0; i < COLUMNS; i++) {
            if (i > 0)
                (void)mst_buf_add_byte(text, ',');
            (void)mst_csv_field(text, columns[i]);
        }
        (void)mst_csv_end(text);
    }
    assert(mst_buf_err(text) == MST_OK);
    assert(err == MST_ENOENT || err == MST_ESYNTAX);
    return err;
}

static void compare(struct mst_span bytes, struct mst_arena *arena, struct mst_span text)
{
    struct mst_csv csv = mst_csv_of(bytes), again = mst_csv_of(text);
    struct mst_span columns[COLUMNS];
    size_t line;

    while (mst_csv_row(&csv, arena, columns, COLUMNS, &line) == MST_OK)
        check_rows(&again, arena, columns);
    assert(mst_csv_row(&again, arena, columns, COLUMNS, &line) == MST_ENOENT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mst_span bytes = mst_span_of(data, size);
    struct mst_arena arena;
    struct mst_buf text;

    mst_arena_init(&arena, ARENA_MAX);
    mst_buf_init(&text, ARENA_MAX);
    (void)rewrite(bytes, &arena, &text);
    compare(bytes, &arena, mst_buf_span(&text));
    mst_buf_fini(&text);
    mst_arena_fini(&arena);
    return 0;
}

#include "wire/csv.h"

/* ---- writing ---- */

enum mst_err mst_csv_field(struct mst_buf *out, struct mst_span text)
{
    size_t before = out->len;
    bool is_quoted = false;

    for (size_t i = 0; i < text.len && !is_quoted; i++)
        is_quoted =
            text.ptr[i] == ',' || text.ptr[i] == '"' || text.ptr[i] == '\r' || text.ptr[i] == '\n';
    if (!is_quoted)
        return mst_buf_add(out, text);
    (void)mst_buf_add_byte(out, '"');
    for (size_t from = 0; from < text.len;) {
        size_t quote = mst_span_find(text, '"', from);
        (void)mst_buf_add(out, mst_span_cut(text, from, quote));
        if (quote < text.len)
            (void)mst_buf_add(out, MST_LIT("\"\""));
        from = quote + 1;
    }
    (void)mst_buf_add_byte(out, '"');
    if (mst_buf_err(out) != MST_OK && out->len > before)
        out->len = before; /* whole or not at all */
    return mst_buf_err(out);
}

enum mst_err mst_csv_end(struct mst_buf *out)
{
    return mst_buf_add(out, MST_LIT("\r\n"));
}

/* ---- reading ---- */

struct mst_csv mst_csv_of(struct mst_span src)
{
    return (struct mst_csv){.cur = mst_cur_of(src)};
}

size_t mst_csv_rows_max(struct mst_span src)
{
    size_t n = 1;

    for (size_t i = 0; i < src.len; i++)
        n += src.ptr[i] == '\n';
    return n;
}

static bool is_next(const struct mst_cur *cur, char c)
{
    char next;

    return mst_cur_peek(cur, &next) && next == c;
}

static bool take(struct mst_cur *cur, char c)
{
    return is_next(cur, c) && mst_cur_skip(cur, 1);
}

/* Takes LF or CRLF. */
static bool take_line_end(struct mst_cur *cur)
{
    struct mst_cur ahead = *cur;

    (void)take(&ahead, '\r');
    if (!take(&ahead, '\n'))
        return false;
    *cur = ahead;
    return true;
}

/* Skips rows without a character other than blanks; true if a row is left. */
static bool skip_blank_rows(struct mst_csv *csv)
{
    struct mst_cur ahead = csv->cur;

    while (!mst_cur_at_end(&ahead)) {
        while (take(&ahead, ' ') || take(&ahead, '\t'))
            ;
        if (mst_cur_at_end(&ahead))
            break;
        if (!take_line_end(&ahead))
            return true;
        csv->cur = ahead;
        csv->line++;
    }
    csv->cur = ahead;
    return false;
}

static enum mst_err undouble(struct mst_arena *arena, struct mst_span text, size_t n_doubled,
                             struct mst_span *ret_text)
{
    size_t n = 0;
    char *copy;

    if (n_doubled == 0) {
        *ret_text = text;
        return MST_OK;
    }
    copy = mst_arena_alloc(arena, text.len);
    if (!copy)
        return MST_ENOMEM;
    for (size_t i = 0; i < text.len; i++) {
        copy[n++] = text.ptr[i];
        i += text.ptr[i] == '"' ? 1 : 0;
    }
    *ret_text = mst_span_of(copy, n);
    return MST_OK;
}

/* Behind the opening quote. */
static enum mst_err read_quoted(struct mst_csv *csv, struct mst_arena *arena,
                                struct mst_span *ret_text)
{
    size_t from = csv->cur.pos, n_doubled = 0;
    char c;

    while (mst_cur_byte(&csv->cur, &c)) {
        if (c == '\n')
            csv->line++;
        if (c != '"')
            continue;
        if (!take(&csv->cur, '"'))
            return undouble(arena, mst_span_cut(csv->cur.src, from, csv->cur.pos - 1), n_doubled,
                            ret_text);
        n_doubled++;
    }
    return MST_ESYNTAX;
}

static struct mst_span read_plain(struct mst_cur *cur)
{
    size_t from = cur->pos;
    char c;

    while (mst_cur_peek(cur, &c) && c != ',' && c != '\r' && c != '\n')
        (void)mst_cur_skip(cur, 1);
    return mst_span_cut(cur->src, from, cur->pos);
}

enum mst_err mst_csv_row(struct mst_csv *csv, struct mst_arena *arena, struct mst_span *ret_columns,
                         size_t max_columns, size_t *ret_line)
{
    size_t n = 0, line;

    if (!skip_blank_rows(csv))
        return MST_ENOENT;
    line = csv->line + 1;
    do {
        struct mst_span text;
        if (take(&csv->cur, '"')) {
            enum mst_err err = read_quoted(csv, arena, &text);
            if (err != MST_OK)
                return err;
        } else {
            text = read_plain(&csv->cur);
        }
        if (n < max_columns)
            ret_columns[n++] = text;
    } while (take(&csv->cur, ','));
    if (!mst_cur_at_end(&csv->cur) && !take_line_end(&csv->cur))
        return MST_ESYNTAX;
    while (n < max_columns)
        ret_columns[n++] = (struct mst_span){NULL, 0};
    csv->line++;
    *ret_line = line;
    return MST_OK;
}

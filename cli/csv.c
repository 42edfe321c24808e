#include "cli/csv.h"

enum { ROW_TEXT_MAX = 1 << 20 };

/* A field as it stands: plain ones borrow from the source, quoted ones lie in csv->text. */
struct field {
    bool is_quoted;
    struct mst_span plain;
    size_t from, to; /* in csv->text */
};

void cli_csv_init(struct cli_csv *csv, struct mst_span src)
{
    *csv = (struct cli_csv){.cur = mst_cur_of(src), .line = 1, .separator = ','};
    mst_buf_init(&csv->text, ROW_TEXT_MAX);
}

void cli_csv_fini(struct cli_csv *csv)
{
    mst_buf_fini(&csv->text);
}

/* Skips one line end, if there is one here. */
static bool skip_line_end(struct cli_csv *csv)
{
    char c;

    if (!mst_cur_peek(&csv->cur, &c))
        return false;
    if (c == '\r') {
        struct mst_cur ahead = csv->cur;

        (void)mst_cur_skip(&ahead, 1);
        if (!mst_cur_peek(&ahead, &c) || c != '\n')
            return false;
        csv->cur = ahead;
    }
    if (c != '\n')
        return false;
    (void)mst_cur_skip(&csv->cur, 1);
    csv->line++;
    return true;
}

/* Skips rows without a character other than blanks. */
static void skip_blank(struct cli_csv *csv)
{
    size_t from;
    char c;

    do {
        from = csv->cur.pos;
        while (mst_cur_peek(&csv->cur, &c) && (c == ' ' || c == '\t'))
            (void)mst_cur_skip(&csv->cur, 1);
    } while (skip_line_end(csv));
    if (!mst_cur_at_end(&csv->cur))
        csv->cur.pos = from;
}

static enum mst_err read_quoted(struct cli_csv *csv, struct field *field)
{
    char c;

    (void)mst_cur_skip(&csv->cur, 1);
    field->is_quoted = true;
    field->from = csv->text.len;
    while (mst_cur_byte(&csv->cur, &c)) {
        if (c == '\n')
            csv->line++;
        if (c == '"') {
            if (!mst_cur_peek(&csv->cur, &c) || c != '"') {
                field->to = csv->text.len;
                return mst_buf_err(&csv->text);
            }
            (void)mst_cur_skip(&csv->cur, 1);
        }
        (void)mst_buf_add_byte(&csv->text, c);
    }
    return MST_ESYNTAX;
}

static void read_plain(struct cli_csv *csv, struct field *field)
{
    struct mst_span src = csv->cur.src;
    size_t from = csv->cur.pos, to = from;

    while (to < src.len && src.ptr[to] != csv->separator && src.ptr[to] != '\n')
        to++;
    csv->cur.pos = to;
    field->is_quoted = false;
    field->plain = mst_span_cut(src, from, to);
    if (to < src.len && src.ptr[to] == '\n' && to > from && src.ptr[to - 1] == '\r') {
        field->plain.len--;
        csv->cur.pos--; /* the line end is CRLF */
    }
}

static enum mst_err read_fields(struct cli_csv *csv, struct field *fields, size_t *ret_n)
{
    size_t n = 0;
    char c;

    for (;;) {
        struct field *field;

        if (n == CLI_CSV_FIELDS_MAX)
            return MST_EFULL;
        field = &fields[n++];
        *field = (struct field){0};
        if (mst_cur_peek(&csv->cur, &c) && c == '"') {
            enum mst_err err = read_quoted(csv, field);

            if (err != MST_OK)
                return err;
        } else {
            read_plain(csv, field);
        }
        *ret_n = n;
        if (mst_cur_at_end(&csv->cur) || skip_line_end(csv))
            return MST_OK;
        if (!mst_cur_byte(&csv->cur, &c) || c != csv->separator)
            return MST_ESYNTAX;
    }
}

enum mst_err cli_csv_next(struct cli_csv *csv, struct cli_csv_row *ret_row)
{
    struct field fields[CLI_CSV_FIELDS_MAX];
    size_t n = 0;
    enum mst_err err;

    skip_blank(csv);
    if (mst_cur_at_end(&csv->cur))
        return MST_ENOENT;
    mst_buf_clear(&csv->text);
    *ret_row = (struct cli_csv_row){.line = csv->line};
    err = read_fields(csv, fields, &n);
    if (err != MST_OK)
        return err;
    /* Only now does the text of quoted fields stay where it is. */
    for (size_t i = 0; i < n; i++) {
        ret_row->fields[i] = fields[i].is_quoted ? mst_span_cut(mst_buf_span(&csv->text),
                                                                fields[i].from, fields[i].to)
                                                 : fields[i].plain;
    }
    ret_row->n_fields = n;
    return MST_OK;
}

void cli_csv_add_field(struct mst_buf *out, struct mst_span field)
{
    bool is_plain = true, is_blank = field.len > 0; /* which alone on a line would be no row */

    for (size_t i = 0; i < field.len && is_plain; i++) {
        char c = field.ptr[i];

        is_plain = c != ',' && c != '"' && c != '\r' && c != '\n';
        is_blank = is_blank && (c == ' ' || c == '\t');
    }
    if (is_plain && !is_blank) {
        (void)mst_buf_add(out, field);
        return;
    }
    (void)mst_buf_add_byte(out, '"');
    for (size_t i = 0; i < field.len; i++) {
        if (field.ptr[i] == '"')
            (void)mst_buf_add_byte(out, '"');
        (void)mst_buf_add_byte(out, field.ptr[i]);
    }
    (void)mst_buf_add_byte(out, '"');
}

#include "cli/output.h"

#include <assert.h>
#include <string.h>

enum { PAGE_ROWS = 1000, COLUMNS_MAX = 8, GAP = 2 };

/* Length of the UTF-8 character that begins at i, 0 if none does. */
static size_t utf8_len(struct mst_span s, size_t i)
{
    unsigned char c = (unsigned char)s.ptr[i];
    size_t n = c < 0x80                ? 1
               : c >= 0xc2 && c < 0xe0 ? 2
               : c >= 0xe0 && c < 0xf0 ? 3
               : c >= 0xf0 && c < 0xf5 ? 4
                                       : 0;

    if (n == 0 || n > s.len - i)
        return 0;
    for (size_t k = 1; k < n; k++) {
        if (((unsigned char)s.ptr[i + k] & 0xc0) != 0x80)
            return 0;
    }
    return n;
}

json_t *cli_json_text(struct mst_span text)
{
    json_t *json = json_stringn(text.len > 0 ? text.ptr : "", text.len);
    struct mst_buf clean;

    if (json != NULL)
        return json;
    mst_buf_init(&clean, text.len);
    for (size_t i = 0; i < text.len;) {
        size_t n = utf8_len(text, i);

        if (n == 0)
            (void)mst_buf_add_byte(&clean, '?');
        else
            (void)mst_buf_add(&clean, mst_span_cut(text, i, i + n));
        i += n > 0 ? n : 1;
    }
    if (mst_buf_err(&clean) == MST_OK)
        json = json_stringn(clean.ptr, clean.len);
    if (json == NULL)
        json = json_string("?"); /* surrogates and overlong forms, which utf8_len lets pass */
    mst_buf_fini(&clean);
    return json;
}

bool cli_json_set(json_t *object, const char *key, struct mst_span text)
{
    return json_object_set_new(object, key, cli_json_text(text)) == 0;
}

static bool is_control(struct mst_span s, size_t i, size_t n)
{
    unsigned char c = (unsigned char)s.ptr[i];

    if (n == 1)
        return c < 0x20 || c == 0x7f;
    return n == 2 && c == 0xc2 && (unsigned char)s.ptr[i + 1] < 0xa0;
}

void cli_print_clean(FILE *out, struct mst_span text)
{
    for (size_t i = 0; i < text.len;) {
        size_t n = utf8_len(text, i);

        if (n == 0 || is_control(text, i, n)) {
            (void)fprintf(out, "\\x%02x", (unsigned)(unsigned char)text.ptr[i]);
            n = 1;
        } else {
            (void)fwrite(&text.ptr[i], 1, n, out);
        }
        i += n;
    }
}

size_t cli_clean_width(struct mst_span text)
{
    size_t width = 0;

    for (size_t i = 0; i < text.len;) {
        size_t n = utf8_len(text, i);
        bool is_shown = n > 0 && !is_control(text, i, n);

        width += is_shown ? 1 : 4;
        i += is_shown ? n : 1;
    }
    return width;
}

/* The text of a cell; number holds it for values that are none. */
static struct mst_span cell_text(const json_t *object, const char *key, char *number, size_t max)
{
    const json_t *value = json_object_get(object, key);

    if (json_is_string(value) && json_string_length(value) > 0)
        return mst_span_of(json_string_value(value), json_string_length(value));
    if (json_is_integer(value)) {
        (void)snprintf(number, max, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return mst_span_str(number);
    }
    if (json_is_boolean(value))
        return mst_span_str(json_is_true(value) ? "yes" : "no");
    return MST_LIT("-");
}

static void print_json(struct cli *cli, const json_t *json)
{
    (void)json_dumpf(json, cli->out, JSON_COMPACT);
}

static void pad(FILE *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        (void)fputc(' ', out);
}

void cli_print_object(struct cli *cli, const json_t *object, const struct cli_field *fields)
{
    size_t width = 0;
    char number[32];

    if (cli->is_json) {
        print_json(cli, object);
        (void)fputc('\n', cli->out);
        return;
    }
    for (const struct cli_field *f = fields; f->key != NULL; f = &f[1])
        width = strlen(f->title) > width ? strlen(f->title) : width;
    for (const struct cli_field *f = fields; f->key != NULL; f = &f[1]) {
        (void)fputs(f->title, cli->out);
        pad(cli->out, width + GAP - strlen(f->title));
        cli_print_clean(cli->out, cell_text(object, f->key, number, sizeof number));
        (void)fputc('\n', cli->out);
    }
}

enum cli_exit cli_print_done(struct cli *cli, const char *key, const char *name, const char *result)
{
    json_t *object =
        json_pack("{s:o, s:s}", key, cli_json_text(mst_span_str(name)), "result", result);

    if (object == NULL)
        return cli_no_memory(cli);
    if (cli->is_json) {
        cli_print_object(cli, object, NULL);
    } else {
        cli_print_clean(cli->out, mst_span_str(name));
        (void)fprintf(cli->out, ": %s\n", result);
    }
    json_decref(object);
    return CLI_OK;
}

enum cli_exit cli_list_begin(struct cli_list *list, struct cli *cli, const struct cli_field *fields)
{
    *list = (struct cli_list){.cli = cli, .fields = fields, .page = json_array()};
    if (list->page == NULL)
        return cli_no_memory(cli);
    return CLI_OK;
}

void cli_list_fini(struct cli_list *list)
{
    json_decref(list->page);
    list->page = NULL;
}

static size_t measure(const struct cli_list *list, size_t *widths)
{
    size_t n = 0;
    char number[32];

    for (; list->fields[n].key != NULL; n++) {
        const json_t *row;
        size_t i;

        assert(n < COLUMNS_MAX);
        widths[n] = strlen(list->fields[n].title);
        json_array_foreach(list->page, i, row)
        {
            size_t width =
                cli_clean_width(cell_text(row, list->fields[n].key, number, sizeof number));

            widths[n] = width > widths[n] ? width : widths[n];
        }
    }
    return n;
}

static void print_cell(FILE *out, struct mst_span text, size_t width, bool is_last)
{
    cli_print_clean(out, text);
    if (is_last)
        (void)fputc('\n', out);
    else
        pad(out, width + GAP - cli_clean_width(text));
}

/* Each page of a long list has its own widths: a list need not fit into memory. */
static void flush_page(struct cli_list *list)
{
    FILE *out = list->cli->out;
    size_t widths[COLUMNS_MAX];
    size_t n = measure(list, widths);
    char number[32];
    const json_t *row;
    size_t i;

    if (!list->is_begun && json_array_size(list->page) > 0) {
        for (size_t c = 0; c < n; c++)
            print_cell(out, mst_span_str(list->fields[c].title), widths[c], c + 1 == n);
        list->is_begun = true;
    }
    json_array_foreach(list->page, i, row)
    {
        for (size_t c = 0; c < n; c++)
            print_cell(out, cell_text(row, list->fields[c].key, number, sizeof number), widths[c],
                       c + 1 == n);
    }
    (void)json_array_clear(list->page);
}

enum cli_exit cli_list_row(struct cli_list *list, json_t *row)
{
    if (row == NULL)
        return cli_no_memory(list->cli);
    if (list->cli->is_json) {
        (void)fputc(list->n_rows++ > 0 ? ',' : '[', list->cli->out);
        print_json(list->cli, row);
        json_decref(row);
        return CLI_OK;
    }
    if (json_array_append_new(list->page, row) != 0)
        return cli_no_memory(list->cli);
    list->n_rows++;
    if (json_array_size(list->page) >= PAGE_ROWS)
        flush_page(list);
    return CLI_OK;
}

void cli_list_end(struct cli_list *list, const char *empty)
{
    if (list->cli->is_json) {
        (void)fputs(list->n_rows > 0 ? "]\n" : "[]\n", list->cli->out);
        return;
    }
    flush_page(list);
    if (list->n_rows == 0)
        (void)fprintf(list->cli->out, "%s\n", empty);
}

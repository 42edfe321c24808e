#include "cli/serials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/csv.h"
#include "cli/profile.h"

enum { QUOTED_MAX = 1 << 30, FIRST_CAP = 64, WORD_SHOWN = 60 };

/* A row of CSV at its longest: both fields quoted, each byte a doubled quote, CRLF. */
enum { ROW_MAX = 2 * (MST_SN_MAX + MST_EXTRA_MAX) + 8 };

void cli_serials_init(struct cli_serials *serials)
{
    *serials = (struct cli_serials){0};
    mst_buf_init(&serials->text, 0);
    mst_buf_init(&serials->quoted, QUOTED_MAX);
}

void cli_serials_fini(struct cli_serials *serials)
{
    free(serials->items);
    free(serials->sorted);
    serials->sorted = NULL;
    mst_buf_fini(&serials->quoted);
    mst_buf_fini(&serials->text);
    serials->items = NULL;
    serials->n_items = serials->cap = 0;
}

static enum mst_err refuse(struct cli_serials *serials, size_t line, const char *text)
{
    (void)snprintf(serials->problem, sizeof serials->problem, "line %zu: %s", line, text);
    return MST_EINVAL;
}

/* Words stand on no line: they are named. */
static enum mst_err refuse_word(struct cli_serials *serials, struct mst_span word, const char *text)
{
    (void)snprintf(serials->problem, sizeof serials->problem, "'%.*s%s': %s",
                   word.len < WORD_SHOWN ? (int)word.len : WORD_SHOWN, word.ptr,
                   word.len > WORD_SHOWN ? "..." : "", text);
    return MST_EINVAL;
}

const char *cli_sn_problem(struct mst_span sn)
{
    if (sn.len == 0)
        return "the serial number is empty";
    if (sn.len > MST_SN_MAX)
        return "the serial number is longer than 128 characters";
    for (size_t i = 0; i < sn.len; i++) {
        char c = sn.ptr[i];

        if (c < 0x20 || c > 0x7e || c == ',' || c == '"' || c == '/')
            return "a serial number is printable ASCII without comma, double quote and slash";
    }
    return NULL;
}

const char *cli_extra_problem(struct mst_span extra)
{
    if (extra.len > MST_EXTRA_MAX)
        return "the text beside the serial number is longer than 1024 bytes";
    for (size_t i = 0; i < extra.len; i++) {
        if (extra.ptr[i] == '\r' || extra.ptr[i] == '\n')
            return "the text beside the serial number has a line end in it";
    }
    return NULL;
}

static enum mst_err grow(struct cli_serials *serials)
{
    size_t cap = serials->cap > 0 ? serials->cap * 2 : FIRST_CAP;
    struct cli_serial *items = reallocarray(serials->items, cap, sizeof *items);

    if (items == NULL)
        return MST_ENOMEM;
    serials->items = items;
    serials->cap = cap;
    return MST_OK;
}

enum mst_err cli_serials_add(struct cli_serials *serials, struct mst_span sn, struct mst_span extra,
                             size_t line)
{
    const char *problem = cli_sn_problem(sn);

    if (problem == NULL)
        problem = cli_extra_problem(extra);
    if (problem != NULL)
        return line > 0 ? refuse(serials, line, problem) : refuse_word(serials, sn, problem);
    if (serials->n_items == serials->cap && grow(serials) != MST_OK)
        return MST_ENOMEM;
    serials->items[serials->n_items++] =
        (struct cli_serial){.sn = sn, .extra = extra, .line = line};
    return MST_OK;
}

/* How much of a field lies in the reader's own memory and must be copied to where it stays. */
static size_t quoted_len(struct mst_span csv, struct mst_span field)
{
    bool is_within = (uintptr_t)field.ptr >= (uintptr_t)csv.ptr &&
                     (uintptr_t)field.ptr < (uintptr_t)csv.ptr + csv.len;

    return is_within ? 0 : field.len;
}

/*
 * First pass: is every row good, and how much text lies in quotes? Then the buffer is as large as
 * it will be, and the second pass may borrow from it.
 */
static enum mst_err measure(struct cli_serials *serials, struct mst_span csv)
{
    struct cli_csv reader;
    struct cli_csv_row row = {0};
    size_t quoted = 0;
    char *room;
    enum mst_err err;

    cli_csv_init(&reader, csv);
    while ((err = cli_csv_next(&reader, &row)) == MST_OK)
        quoted += quoted_len(csv, row.fields[0]) + quoted_len(csv, row.fields[1]);
    cli_csv_fini(&reader);
    if (err == MST_ESYNTAX)
        return refuse(serials, row.line, "a double quote does not end, or text follows it");
    if (err == MST_EFULL)
        return refuse(serials, row.line, "too long, or too many columns");
    if (err != MST_ENOENT)
        return err;
    return quoted > 0 ? mst_buf_reserve(&serials->quoted, quoted, &room) : MST_OK;
}

static enum mst_err take_row(struct cli_serials *serials, struct mst_span csv,
                             const struct cli_csv_row *row)
{
    struct mst_span fields[2] = {row->fields[0], row->fields[1]};

    if (row->n_fields > 2)
        return refuse(serials, row->line, "more than two columns: serial number, text");
    for (size_t i = 0; i < 2; i++) {
        size_t at = serials->quoted.len;
        size_t len = quoted_len(csv, fields[i]);

        if (len == 0)
            continue;
        if (mst_buf_add(&serials->quoted, fields[i]) != MST_OK)
            return mst_buf_err(&serials->quoted);
        fields[i] = mst_span_cut(mst_buf_span(&serials->quoted), at, at + len);
    }
    return cli_serials_add(serials, fields[0], fields[1], row->line);
}

bool cli_sn_is_heading(struct mst_span field)
{
    static const char *const WORDS[] = {
        "sn", "serial", "serial number", "serial_number", "serialnumber", "serial no", "s/n"};

    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        if (mst_span_eq_nocase(mst_span_trim(field), mst_span_str(WORDS[i])))
            return true;
    }
    return false;
}

enum mst_err cli_serials_read(struct cli_serials *serials, struct mst_span csv, bool has_heading)
{
    struct mst_span bom = MST_LIT("\xef\xbb\xbf"); /* as spreadsheets write it */
    struct cli_csv reader;
    struct cli_csv_row row;
    bool is_first = true;
    enum mst_err err;

    if (mst_span_starts(csv, bom))
        csv = mst_span_cut(csv, bom.len, csv.len);
    err = measure(serials, csv);
    if (err != MST_OK)
        return err;
    cli_csv_init(&reader, csv);
    while ((err = cli_csv_next(&reader, &row)) == MST_OK) {
        if (!is_first || !has_heading)
            err =
                is_first && cli_sn_is_heading(row.fields[0])
                    ? refuse(serials, row.line,
                             "this looks like a heading and not like a serial number: leave it out "
                             "with --heading")
                    : take_row(serials, csv, &row);
        if (err != MST_OK)
            break;
        is_first = false;
    }
    cli_csv_fini(&reader);
    return err == MST_ENOENT ? MST_OK : err;
}

void cli_serials_text(const struct cli_serials *serials, size_t i, char ret_sn[MST_SN_MAX + 1])
{
    struct mst_span sn = serials->items[i].sn;

    memcpy(ret_sn, sn.ptr, sn.len); /* cli_serials_add looked at its length */
    ret_sn[sn.len] = '\0';
}

/* Options that go with the other way to give serial numbers. */
static enum cli_exit check_options(struct cli *cli)
{
    bool has_file = cli_options_has(&cli->options, "file");

    if (has_file == (cli->options.n_operands > 1))
        return cli_fail(cli, CLI_USAGE, "give serial numbers, or --file FILE, but not both");
    if (has_file && cli_options_has(&cli->options, "extra"))
        return cli_fail(cli, CLI_USAGE,
                        "--extra goes with serial numbers of the command line: a file has its "
                        "texts in its second column");
    if (!has_file && cli_options_has(&cli->options, "heading"))
        return cli_fail(cli, CLI_USAGE, "--heading goes with --file");
    return CLI_OK;
}

static enum mst_err take_words(struct cli_serials *serials, const struct cli_options *options)
{
    struct mst_span extra = mst_span_str(cli_options_text(options, "extra"));
    enum mst_err err = MST_OK;

    for (size_t i = 1; i < options->n_operands && err == MST_OK; i++)
        err = cli_serials_add(serials, mst_span_str(options->operands[i]), extra, 0);
    return err;
}

enum cli_exit cli_serials_given(struct cli *cli, struct cli_serials *serials)
{
    const char *file = cli_options_text(&cli->options, "file");
    enum cli_exit exit = check_options(cli);
    enum mst_err err;

    if (exit == CLI_OK && file != NULL)
        exit = cli_file_read(cli, file, CLI_SERIALS_FILE_MAX, &serials->text);
    if (exit != CLI_OK)
        return exit;
    if (file != NULL)
        err = cli_serials_read(serials, mst_buf_span(&serials->text),
                               cli_options_has(&cli->options, "heading"));
    else
        err = take_words(serials, &cli->options);
    if (err == MST_OK)
        err = cli_serials_check_twins(serials);
    if (err == MST_EINVAL)
        return cli_fail(cli, CLI_USAGE, "%s; nothing was sent", serials->problem);
    return err == MST_OK ? CLI_OK : cli_no_memory(cli);
}

static int by_sn(const void *a, const void *b)
{
    const struct cli_serial *const *x = a, *const *y = b;
    int order = mst_span_cmp((*x)->sn, (*y)->sn);

    return order != 0 ? order : (*x > *y) - (*x < *y);
}

static enum mst_err refuse_twins(struct cli_serials *serials, const struct cli_serial *x,
                                 const struct cli_serial *y)
{
    if (x->line == 0)
        (void)snprintf(serials->problem, sizeof serials->problem, "%.*s stands there twice",
                       (int)x->sn.len, x->sn.ptr);
    else
        (void)snprintf(serials->problem, sizeof serials->problem,
                       "%.*s stands there twice: lines %zu and %zu", (int)x->sn.len, x->sn.ptr,
                       x->line, y->line);
    return MST_EINVAL;
}

enum mst_err cli_serials_check_twins(struct cli_serials *serials)
{
    struct cli_serial **sorted;

    if (serials->n_items == 0)
        return MST_OK;
    sorted = serials->sorted = calloc(serials->n_items, sizeof *sorted);
    if (sorted == NULL)
        return MST_ENOMEM;
    for (size_t i = 0; i < serials->n_items; i++)
        sorted[i] = &serials->items[i];
    qsort(sorted, serials->n_items, sizeof *sorted, by_sn);
    for (size_t i = 1; i < serials->n_items; i++) {
        const struct cli_serial *x = sorted[i - 1], *y = sorted[i];

        if (mst_span_eq(x->sn, y->sn))
            return refuse_twins(serials, x, y);
    }
    return MST_OK;
}

static int sn_to_item(const void *key, const void *item)
{
    const struct mst_span *sn = key;
    const struct cli_serial *const *x = item;

    return mst_span_cmp(*sn, (*x)->sn);
}

void cli_serials_mark(struct cli_serials *serials, struct mst_span sn)
{
    struct cli_serial **found = NULL;

    if (serials->sorted != NULL)
        found =
            bsearch(&sn, serials->sorted, serials->n_items, sizeof *serials->sorted, sn_to_item);
    if (found != NULL)
        (*found)->is_listed = true;
}

size_t cli_serials_drop_marked(struct cli_serials *serials)
{
    size_t n = 0, n_dropped;

    for (size_t i = 0; i < serials->n_items; i++) {
        if (!serials->items[i].is_listed)
            serials->items[n++] = serials->items[i];
    }
    n_dropped = serials->n_items - n;
    serials->n_items = n;
    free(serials->sorted); /* points to where items were */
    serials->sorted = NULL;
    return n_dropped;
}

enum mst_err cli_serials_piece(const struct cli_serials *serials, size_t from, size_t max_items,
                               struct mst_buf *ret_csv, size_t *ret_next)
{
    size_t at = from;

    mst_buf_clear(ret_csv);
    if (max_items > MST_SERIALS_MAX)
        max_items = MST_SERIALS_MAX;
    while (at < serials->n_items && at - from < max_items &&
           ret_csv->len + ROW_MAX <= MST_SERIALS_BODY_MAX) {
        cli_csv_add_field(ret_csv, serials->items[at].sn);
        if (serials->items[at].extra.len > 0) {
            (void)mst_buf_add_byte(ret_csv, ',');
            cli_csv_add_field(ret_csv, serials->items[at].extra);
        }
        (void)mst_buf_add_str(ret_csv, "\r\n");
        at++;
    }
    *ret_next = at;
    return mst_buf_err(ret_csv);
}

/* data_export.c - "muster data export": the points of a dataport, page by page through RPC read (protocol.md 2.15.4). */
#include "cli/data.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "cli/outfile.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/rpc.h"
#include "cli/when.h"
#include "sys/clock.h"

/* A page of the longest texts stays below the longest reply that is taken. */
enum { PAGE_NUMBERS = 5000, PAGE_TEXTS = 100, NUMBER_CHARS = 64 };

struct points {
    struct cli *cli;
    struct cli_rpc_auth auth;
    const char *name;
    int64_t from, to;
    bool is_part; /* from or to was given */
    size_t page;
    size_t n_points;
    struct cli_outfile file;
    struct mst_buf line;
    struct cli_progress progress;
};

const struct cli_option CLI_POINTS_EXPORT_OPTIONS[] = {
    {"from",     "WHEN", "begin there: 2026-12-31, 12h (ago), 1798675199 (the first point)"},
    {"to",       "WHEN", "end there, that second too (the last point)"                     },
    {"output",   "FILE", "write it there, whole or not at all (default: standard output)"  },
    {"progress", NULL,   "tell after each call how far it is, also when not on a terminal" },
    CLI_RPC_OPTIONS,
    CLI_OPTIONS_END
};

/* The shortest text that is the same number again. */
static void add_real(struct mst_buf *out, double value)
{
    char text[NUMBER_CHARS];

    for (int precision = 15; precision <= 17; precision++) {
        (void)snprintf(text, sizeof text, "%.*g", precision, value);
        if (strtod(text, NULL) == value)
            break;
    }
    (void)mst_buf_add_str(out, text);
}

static enum cli_exit add_value(struct points *points, const json_t *value)
{
    struct mst_buf *line = &points->line;
    char *text;

    if (json_is_integer(value)) {
        (void)mst_buf_addf(line, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_real(value)) {
        add_real(line, json_real_value(value));
    } else if (!json_is_string(value)) {
        return cli_fail(points->cli, CLI_SERVER, "the reply is no list of points");
    } else if (points->cli->is_json) {
        text = json_dumps(value, JSON_ENCODE_ANY);
        if (text == NULL)
            return cli_no_memory(points->cli);
        (void)mst_buf_add_str(line, text);
        free(text);
    } else {
        cli_csv_add_field(line, mst_span_of(json_string_value(value), json_string_length(value)));
    }
    return CLI_OK;
}

static enum cli_exit write_point(struct points *points, int64_t at, const json_t *value)
{
    const char *const *frame = points->cli->is_json
                                   ? (const char *const[]){"{\"ts\":", ",\"value\":", "}\n"}
                                   : (const char *const[]){"", ",", "\r\n"};
    struct mst_buf *line = &points->line;
    enum cli_exit exit;

    mst_buf_clear(line);
    (void)mst_buf_addf(line, "%s%lld%s", frame[0], (long long)at, frame[1]);
    exit = add_value(points, value);
    (void)mst_buf_add_str(line, frame[2]);
    if (exit != CLI_OK)
        return exit;
    if (mst_buf_err(line) != MST_OK)
        return cli_no_memory(points->cli);
    points->n_points++;
    return fwrite(line->ptr, 1, line->len, points->file.out) == line->len
               ? CLI_OK
               : cli_outfile_fail(&points->file);
}

/* Each must lie behind the one before: a page that did not go on would come for ever. */
static enum cli_exit write_page(struct points *points, const json_t *page)
{
    const json_t *pair;
    size_t i;
    enum cli_exit exit = CLI_OK;

    json_array_foreach(page, i, pair)
    {
        const json_t *at = json_array_get(pair, 0);

        if (!json_is_integer(at) || json_integer_value(at) < points->from)
            return cli_fail(points->cli, CLI_SERVER, "the reply is no list of points");
        points->from = json_integer_value(at) + 1;
        exit = write_point(points, json_integer_value(at), json_array_get(pair, 1));
        if (exit != CLI_OK)
            return exit;
    }
    return exit;
}

static enum cli_exit fetch_all(struct points *points)
{
    enum cli_exit exit = CLI_OK;
    size_t n_before;

    do {
        json_t *page = NULL;

        n_before = points->n_points;
        exit = cli_rpc_one(points->cli, &points->auth, "read",
                           json_pack("[o, {s:I, s:I, s:s, s:I}]", cli_rpc_named(points->name),
                                     "starttime", (json_int_t)points->from, "endtime",
                                     (json_int_t)points->to, "sort", "asc", "limit",
                                     (json_int_t)points->page),
                           NULL, &page);
        if (exit == CLI_OK && !json_is_array(page))
            exit = cli_fail(points->cli, CLI_SERVER, "the reply is no list of points");
        if (exit == CLI_OK)
            exit = write_page(points, page);
        json_decref(page);
        if (exit == CLI_OK)
            cli_progress_at(&points->progress, points->n_points);
    } while (exit == CLI_OK && points->n_points > n_before && points->from <= points->to);
    return exit;
}

/* How many there are, for the bar, if the server counts them all; and whether they are texts, which may be long. */
static enum cli_exit look(struct points *points, size_t *ret_n_total)
{
    json_t *info = NULL;
    json_int_t n;
    const char *format;
    enum cli_exit exit = cli_rpc_one(
        points->cli, &points->auth, "info",
        json_pack("[o, {s:b, s:b}]", cli_rpc_named(points->name), "description", 1, "storage", 1),
        NULL, &info);

    if (exit != CLI_OK)
        return exit;
    format = json_string_value(json_object_get(json_object_get(info, "description"), "format"));
    points->page = format != NULL && strcmp(format, "string") != 0 ? PAGE_NUMBERS : PAGE_TEXTS;
    n = json_integer_value(json_object_get(json_object_get(info, "storage"), "count"));
    *ret_n_total = points->is_part || n < 0 || n >= MST_STORAGE_SCAN_MAX ? 0 : (size_t)n;
    json_decref(info);
    return CLI_OK;
}

static enum cli_exit read_options(struct points *points)
{
    const char *const names[] = {"from", "to"};
    int64_t *const times[] = {&points->from, &points->to};
    int64_t now = mst_clock_wall_s();

    points->from = 0;
    points->to = MST_POINT_AT_MAX; /* points may have been recorded ahead of time */
    for (size_t i = 0; i < 2; i++) {
        const char *text = cli_options_text(&points->cli->options, names[i]);

        if (text == NULL)
            continue;
        points->is_part = true;
        if (cli_when_past(mst_span_str(text), now, times[i]) != MST_OK)
            return cli_fail(points->cli, CLI_USAGE,
                            "--%s: it looks like 2026-12-31, 12h (ago) or 1798675199, not %s",
                            names[i], text);
    }
    return CLI_OK;
}

static enum cli_exit fetch(struct points *points, const char *path)
{
    size_t n_total = 0;
    enum cli_exit exit = look(points, &n_total);

    if (exit == CLI_OK)
        exit = cli_outfile_begin(&points->file, points->cli, path);
    if (exit != CLI_OK)
        return cli_outfile_end(&points->file, exit);
    cli_progress_begin(&points->progress, points->cli, n_total);
    /* On a terminal that shows the points a bar among them helps nobody. */
    points->progress.is_shown = points->progress.is_shown && path != NULL;
    exit = fetch_all(points);
    cli_progress_end(&points->progress);
    return cli_outfile_end(&points->file, exit);
}

enum cli_exit cli_data_export(struct cli *cli)
{
    const char *path = cli_options_text(&cli->options, "output");
    struct points points = {.cli = cli, .name = cli->options.operands[0]};
    bool is_below = cli_options_has(&cli->options, "client-id");
    enum cli_exit exit = read_options(&points);

    if (exit == CLI_OK)
        exit = cli_rpc_caller(cli, is_below ? CLI_PORTAL_CIK : CLI_GIVEN_CIK, &points.auth);
    if (exit != CLI_OK)
        return exit;
    mst_buf_init(&points.line, MST_REPLY_MAX);
    exit = fetch(&points, path);
    mst_buf_fini(&points.line);
    if (exit == CLI_OK && path != NULL && !cli->is_json)
        (void)fprintf(cli->out, "%zu %s in %s\n", points.n_points,
                      points.n_points == 1 ? "point is" : "points are", path);
    return exit;
}

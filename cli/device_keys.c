/*
 * Rows go to the server in batches, each taken whole or not at all, and a row that is there already is
 * passed over: so a run that stopped is finished by running it again. All of a file is looked at
 * before its first row is sent. No key is ever said in a message.
 */
#include "cli/device_keys.h"

#include <string.h>

#include "base/limits.h"
#include "cli/api.h"
#include "cli/csv.h"
#include "cli/output.h"
#include "cli/profile.h"
#include "cli/progress.h"

enum { FILE_MAX = 1 << 29, QUERY_MAX = 256, TAIL_MAX = QUERY_MAX + 32 };

const struct cli_option CLI_IMPORT_KEY_OPTIONS[] = {
    {"key-file", "FILE", "the device's key, 40 digits; - reads standard input"              },
    {"file",     "FILE", "CSV, a row per device: sn,cik; - reads standard input"            },
    {"clients",  NULL,   "the rows of the file are rid,cik: any clients below the caller"   },
    {"heading",  NULL,   "leave out the first row of the file"                              },
    {"owner",    "RID",  "enable serial numbers that have no device below this client first"},
    {"replace",  NULL,   "end keys that are in force"                                       },
    {"progress", NULL,   "tell after each call how far it is, also when not on a terminal"  },
    CLI_OPTIONS_END
};

static const struct cli_reason REASONS[] = {
    {403, "this needs the CIK of the vendor, or with --clients of the root client"},
    {404, "there is no such model: see 'muster model list'"                       },
    CLI_REASONS_END
};

struct importing {
    struct cli *cli;
    const char *model; /* NULL: clients */
    char query[QUERY_MAX];
    struct mst_buf rows; /* of the next call */
    size_t n_rows;       /* in it */
    size_t n_rows_max;
    size_t n_done, n_total;
    size_t n_left_out; /* 1: a heading */
    struct cli_progress progress;
};

static enum cli_exit send_rows(struct importing *importing)
{
    struct cli *cli = importing->cli;
    char tail[TAIL_MAX];
    struct cli_call call = {.who = CLI_VENDOR_CIK,
                            .method = "POST",
                            .path = "/muster/v1/keys",
                            .tail = tail,
                            .content_type = CLI_CSV,
                            .body = mst_buf_span(&importing->rows),
                            .reasons = REASONS};
    enum cli_exit exit;

    (void)snprintf(tail, sizeof tail, "?from=%zu%s", importing->n_done + importing->n_left_out + 1,
                   importing->query);
    if (importing->model != NULL) {
        call.path = "/muster/v1/keys/";
        call.names[0] = importing->model;
    }
    exit = cli_api_done(cli, &call);
    mst_buf_wipe(&importing->rows);
    mst_buf_clear(&importing->rows);
    if (exit != CLI_OK)
        return exit;
    importing->n_done += importing->n_rows;
    importing->n_rows = 0;
    cli_progress_at(&importing->progress, importing->n_done);
    return CLI_OK;
}

static enum cli_exit add_row(struct importing *importing, struct mst_span name, struct mst_span key)
{
    cli_csv_add_field(&importing->rows, name);
    (void)mst_buf_add_byte(&importing->rows, ',');
    (void)mst_buf_add(&importing->rows, key);
    if (mst_buf_add_byte(&importing->rows, '\n') != MST_OK)
        return cli_no_memory(importing->cli);
    importing->n_rows++;
    return importing->n_rows == importing->n_rows_max ? send_rows(importing) : CLI_OK;
}

/* What is wrong with a row; NULL: nothing. */
static const char *problem_of(const struct importing *importing, const struct cli_csv_row *row)
{
    struct cli_secret key;
    const char *problem = NULL;

    if (row->fields[0].len == 0 || row->fields[0].len > MST_SN_MAX)
        problem = "the name is empty or too long";
    else if (importing->model == NULL && row->fields[0].len != MST_HANDLE_CHARS)
        problem = "this is no RID";
    else if (!cli_secret_parse(row->fields[1], &key))
        problem = "the key is not 40 digits 0-9a-f";
    mst_secret_wipe(&key, sizeof key);
    return problem;
}

/* Calls each with every row; it is not called for a heading. */
static enum cli_exit walk(struct importing *importing, struct mst_span text,
                          enum cli_exit (*each)(struct importing *, const struct cli_csv_row *))
{
    struct cli *cli = importing->cli;
    bool is_heading = cli_options_has(&cli->options, "heading");
    struct cli_csv_row row;
    struct cli_csv csv;
    enum cli_exit exit = CLI_OK;
    enum mst_err err = MST_OK;

    cli_csv_init(&csv, text);
    while (exit == CLI_OK && (err = cli_csv_next(&csv, &row)) == MST_OK) {
        if (!is_heading)
            exit = each(importing, &row);
        is_heading = false;
    }
    if (exit == CLI_OK && err != MST_ENOENT)
        exit = cli_fail(cli, CLI_USAGE, "line %zu: it is no CSV of rows sn,cik", row.line);
    cli_csv_fini(&csv);
    return exit;
}

static enum cli_exit check_row(struct importing *importing, const struct cli_csv_row *row)
{
    const char *problem = problem_of(importing, row);

    importing->n_total++;
    return problem == NULL ? CLI_OK
                           : cli_fail(importing->cli, CLI_USAGE, "line %zu: %s%s; nothing was sent",
                                      row->line, problem,
                                      importing->n_total == 1 && importing->n_left_out == 0
                                          ? " (if this is a heading, leave it out with --heading)"
                                          : "");
}

static enum cli_exit take_row(struct importing *importing, const struct cli_csv_row *row)
{
    return add_row(importing, row->fields[0], mst_span_trim(row->fields[1]));
}

static enum cli_exit import_file(struct importing *importing, const char *path)
{
    struct cli *cli = importing->cli;
    struct mst_buf text;
    enum cli_exit exit;

    mst_buf_init(&text, FILE_MAX);
    exit = cli_file_read(cli, path, FILE_MAX, &text);
    if (exit == CLI_OK)
        exit = walk(importing, mst_buf_span(&text), check_row);
    if (exit == CLI_OK) {
        cli_progress_begin(&importing->progress, cli, importing->n_total);
        exit = walk(importing, mst_buf_span(&text), take_row);
        if (exit == CLI_OK && importing->n_rows > 0)
            exit = send_rows(importing);
        cli_progress_end(&importing->progress);
    }
    mst_buf_wipe(&text);
    mst_buf_fini(&text);
    if (exit != CLI_OK && importing->n_done > 0)
        cli_warn(cli, "%zu of %zu keys were taken before that; the same command again goes on",
                 importing->n_done, importing->n_total);
    return exit;
}

static enum cli_exit import_one(struct importing *importing, const char *sn, const char *path)
{
    struct cli_secret key = {0};
    enum cli_exit exit = cli_secret_read(importing->cli, path, &key);

    importing->n_total = 1;
    if (exit == CLI_OK)
        exit = add_row(importing, mst_span_str(sn), mst_handle_span(&key.handle));
    mst_secret_wipe(&key, sizeof key);
    cli_progress_begin(&importing->progress, importing->cli, 1);
    if (exit == CLI_OK)
        exit = send_rows(importing);
    cli_progress_end(&importing->progress);
    return exit;
}

static enum cli_exit write_query(struct importing *importing)
{
    const struct cli_options *options = &importing->cli->options;
    const char *owner = cli_options_text(options, "owner");
    struct mst_buf query;
    enum mst_err err;

    mst_buf_init(&query, sizeof importing->query - 1);
    if (owner != NULL) {
        (void)mst_buf_add_str(&query, "&owner=");
        cli_url_add(&query, mst_span_str(owner));
    }
    if (cli_options_has(options, "replace"))
        (void)mst_buf_add_str(&query, "&replace=true");
    err = mst_buf_err(&query);
    (void)snprintf(importing->query, sizeof importing->query, "%.*s", (int)query.len,
                   query.len > 0 ? query.ptr : "");
    mst_buf_fini(&query);
    return err == MST_OK ? CLI_OK
                         : cli_fail(importing->cli, CLI_USAGE, "--owner wants a RID, 40 digits");
}

static enum cli_exit show(const struct importing *importing)
{
    if (importing->cli->is_json)
        (void)fprintf(importing->cli->out, "{\"keys\":%zu}\n", importing->n_done);
    else
        (void)fprintf(importing->cli->out, "%zu key%s in force\n", importing->n_done,
                      importing->n_done == 1 ? "" : "s");
    return CLI_OK;
}

enum cli_exit cli_device_import_key(struct cli *cli)
{
    const char *file = cli_options_text(&cli->options, "file");
    const char *key_file = cli_options_text(&cli->options, "key-file");
    const bool is_clients = cli_options_has(&cli->options, "clients");
    const size_t n = cli->options.n_operands;
    struct importing importing = {
        .cli = cli,
        .model = n > 0 ? cli->options.operands[0] : NULL,
        .n_rows_max = cli_options_has(&cli->options, "owner") ? MST_KEYS_OWNED_MAX : MST_KEYS_MAX,
        .n_left_out = cli_options_has(&cli->options, "heading")};
    enum cli_exit exit;

    if ((file != NULL) == (key_file != NULL) || is_clients != (n == 0) ||
        (n == 2) != (key_file != NULL))
        return cli_fail(cli, CLI_USAGE,
                        "give MODEL SN --key-file FILE, MODEL --file FILE, or --clients --file "
                        "FILE");
    mst_buf_init(&importing.rows, MST_KEYS_BODY_MAX);
    exit = write_query(&importing);
    if (exit == CLI_OK)
        exit = key_file != NULL ? import_one(&importing, cli->options.operands[1], key_file)
                                : import_file(&importing, file);
    mst_buf_wipe(&importing.rows);
    mst_buf_fini(&importing.rows);
    return exit == CLI_OK ? show(&importing) : exit;
}

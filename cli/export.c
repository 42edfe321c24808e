#include "cli/export.h"

#include "cli/outfile.h"
#include "cli/output.h"
#include "cli/pages.h"
#include "cli/progress.h"

enum { ROW_TEXT_MAX = 8192 };

const struct cli_option cli_export_options[] = {
    {"output",   "FILE", "write it there, whole or not at all (default: standard output)" },
    {"status",   NULL,   "with status and RID: sn,status,rid,extra"                       },
    {"progress", NULL,   "tell after each call how far it is, also when not on a terminal"},
    CLI_LENDER_OPTION,
    CLI_OPTIONS_END
};

struct export
{
    struct cli *cli;
    bool has_status;
    struct cli_outfile file;
    struct mst_buf text;
    uint64_t n_rows;
    struct cli_progress progress;
};

/* sn,status,rid,extra or sn,rid,extra as the server has it. */
static void add_csv(struct export *ex, const struct cli_csv_row *row)
{
    static const size_t all[] = {0, 1, 2, 3}, importable[] = {0, 2};
    const size_t *columns = ex->has_status ? all : importable;
    size_t n = ex->has_status ? 4 : row->fields[2].len > 0 ? 2 : 1;

    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            (void)mst_buf_add_byte(&ex->text, ',');
        cli_csv_add_field(&ex->text, row->fields[columns[i]]);
    }
    (void)mst_buf_add_str(&ex->text, "\r\n");
}

static bool write_json(const struct export *ex, const struct cli_csv_row *row)
{
    json_t *json =
        ex->has_status
            ? json_pack("{s:o, s:o, s:o, s:o}", "sn", cli_json_text(row->fields[0]), "status",
                        cli_json_text(row->fields[1].len > 0 ? row->fields[1] : MST_LIT("unused")),
                        "rid", cli_json_text(row->fields[2]), "extra",
                        cli_json_text(row->fields[3]))
            : json_pack("{s:o, s:o}", "sn", cli_json_text(row->fields[0]), "extra",
                        cli_json_text(row->fields[2]));
    bool is_good = json != NULL && json_dumpf(json, ex->file.out, JSON_COMPACT) == 0 &&
                   fputc('\n', ex->file.out) >= 0;

    json_decref(json);
    return is_good;
}

static enum cli_exit take_row(void *arg, const struct cli_csv_row *row)
{
    struct export *ex = arg;

    ex->n_rows++;
    if (ex->cli->is_json)
        return write_json(ex, row) ? CLI_OK : cli_outfile_fail(&ex->file);
    mst_buf_clear(&ex->text);
    add_csv(ex, row);
    if (mst_buf_err(&ex->text) != MST_OK)
        return cli_no_memory(ex->cli);
    return fwrite(ex->text.ptr, 1, ex->text.len, ex->file.out) == ex->text.len
               ? CLI_OK
               : cli_outfile_fail(&ex->file);
}

static void show_page(void *arg, uint64_t n_rows)
{
    struct export *ex = arg;

    cli_progress_at(&ex->progress, n_rows);
}

enum cli_exit cli_export_run(struct cli *cli)
{
    struct export ex = {
        .cli = cli,
        .has_status = cli_options_has(&cli->options, "status"),
    };
    const struct cli_pages pages = {
        .has_status = ex.has_status, .each = take_row, .page = show_page, .arg = &ex};
    const char *path = cli_options_text(&cli->options, "output");
    enum cli_exit exit = cli_outfile_begin(&ex.file, cli, path);

    mst_buf_init(&ex.text, ROW_TEXT_MAX);
    if (exit == CLI_OK) {
        cli_progress_begin(&ex.progress, cli, 0);
        /* On a terminal that shows the rows a bar among them helps nobody. */
        ex.progress.is_shown = ex.progress.is_shown && path != NULL;
        exit = cli_pages_walk(cli, cli->options.operands[0], &pages);
        cli_progress_end(&ex.progress);
    }
    exit = cli_outfile_end(&ex.file, exit);
    mst_buf_fini(&ex.text);
    if (exit == CLI_OK && path != NULL && !cli->is_json)
        (void)fprintf(cli->out, "%llu rows are in %s\n", (unsigned long long)ex.n_rows, path);
    return exit;
}

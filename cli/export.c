#include "cli/export.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"
#include "cli/pages.h"
#include "cli/profile.h"
#include "cli/progress.h"

enum { PATH_LEN_MAX = 4096, ROW_TEXT_MAX = 8192 };

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
    const char *path; /* NULL: standard output */
    char fresh[PATH_LEN_MAX];
    FILE *out;
    struct mst_buf text;
    uint64_t n_rows;
    struct cli_progress progress;
};

static enum cli_exit fail_output(struct export *ex)
{
    return cli_fail(ex->cli, CLI_LOCAL, "cannot write %s: %s",
                    ex->path != NULL ? ex->path : "standard output", strerror(errno));
}

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
    bool is_good =
        json != NULL && json_dumpf(json, ex->out, JSON_COMPACT) == 0 && fputc('\n', ex->out) >= 0;

    json_decref(json);
    return is_good;
}

static enum cli_exit take_row(void *arg, const struct cli_csv_row *row)
{
    struct export *ex = arg;

    ex->n_rows++;
    if (ex->cli->is_json)
        return write_json(ex, row) ? CLI_OK : fail_output(ex);
    mst_buf_clear(&ex->text);
    add_csv(ex, row);
    if (mst_buf_err(&ex->text) != MST_OK)
        return cli_no_memory(ex->cli);
    return fwrite(ex->text.ptr, 1, ex->text.len, ex->out) == ex->text.len ? CLI_OK
                                                                          : fail_output(ex);
}

static void show_page(void *arg, uint64_t n_rows)
{
    struct export *ex = arg;

    cli_progress_at(&ex->progress, n_rows);
}

static enum cli_exit begin(struct export *ex)
{
    enum cli_exit exit;

    ex->out = ex->cli->out;
    if (ex->path == NULL)
        return CLI_OK;
    exit = cli_file_check_kind(ex->cli, ex->path);
    if (exit != CLI_OK)
        return exit;
    if (snprintf(ex->fresh, sizeof ex->fresh, "%s.%ld.new", ex->path, (long)getpid()) >=
        PATH_LEN_MAX)
        return cli_fail(ex->cli, CLI_USAGE, "the name of the file is too long");
    ex->out = fopen(ex->fresh, "wxe");
    return ex->out != NULL ? CLI_OK : fail_output(ex);
}

/* The file takes its name once all of it is on the disk. */
static enum cli_exit end(struct export *ex, enum cli_exit exit)
{
    if (ex->out == NULL)
        return exit;
    if (exit == CLI_OK && (fflush(ex->out) != 0 || ferror(ex->out)))
        exit = fail_output(ex);
    if (ex->path == NULL || ex->out == ex->cli->out)
        return exit;
    if (exit == CLI_OK && fsync(fileno(ex->out)) != 0)
        exit = fail_output(ex);
    if (fclose(ex->out) != 0 && exit == CLI_OK)
        exit = fail_output(ex);
    if (exit == CLI_OK && rename(ex->fresh, ex->path) != 0)
        exit = fail_output(ex);
    if (exit != CLI_OK)
        (void)unlink(ex->fresh);
    return exit;
}

enum cli_exit cli_export_run(struct cli *cli)
{
    struct export ex = {
        .cli = cli,
        .has_status = cli_options_has(&cli->options, "status"),
        .path = cli_options_text(&cli->options, "output"),
    };
    const struct cli_pages pages = {
        .has_status = ex.has_status, .each = take_row, .page = show_page, .arg = &ex};
    enum cli_exit exit = begin(&ex);

    mst_buf_init(&ex.text, ROW_TEXT_MAX);
    if (exit == CLI_OK) {
        cli_progress_begin(&ex.progress, cli, 0);
        /* On a terminal that shows the rows a bar among them helps nobody. */
        ex.progress.is_shown = ex.progress.is_shown && ex.path != NULL;
        exit = cli_pages_walk(cli, cli->options.operands[0], &pages);
        cli_progress_end(&ex.progress);
    }
    exit = end(&ex, exit);
    mst_buf_fini(&ex.text);
    if (exit == CLI_OK && ex.path != NULL && !cli->is_json)
        (void)fprintf(cli->out, "%llu rows are in %s\n", (unsigned long long)ex.n_rows, ex.path);
    return exit;
}

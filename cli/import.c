/*
 * import.c - "muster sn import": lists of serial numbers of any size, as a job.
 *
 * The file is read row by row. Each piece of it goes to the server in one call, which judges every row
 * by itself: it adds what is new and names the rest. So a row that is bad stops nothing, what is
 * listed already is passed over, and the same piece may be sent again at any time. The bookmark
 * (bookmark.h) is written before each call, the error file before the bookmark: whenever the
 * process ends, the next run goes on behind the last piece that was answered.
 *
 * A trial asks the server without adding anything. As the server then cannot see what stands in the
 * file twice, the rows that it would have added are sorted (twins.h).
 */
#include "cli/import.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "cli/api.h"
#include "cli/job.h"
#include "cli/names.h"
#include "cli/output.h"

enum {
    ERRORS_DEFAULT = 1000, /* more than that is no accident of some rows */
    CHUNK_DEFAULT = 5000   /* more is hardly faster, and others' commits wait behind each call */
};

const struct cli_option cli_import_options[] = {
    {"map",           "MAP",  "which columns hold what: sn=2,extra=4, or their headings: sn=Serial"},
    {"heading",       NULL,   "the first row is a heading (so it is when --map names headings)"    },
    {"separator",     "CHAR", "what parts the columns: a comma unless given; tab for a tab"        },
    {"dry-run",       NULL,   "check every row and change nothing"                                 },
    {"errors",        "FILE", "write what is not added there, as CSV: row, serial number, reason"  },
    {"max-errors",    "N",    "stop when more than N rows are in error (1000)"                     },
    {"stop-on-error", NULL,   "the same as --max-errors 0"                                         },
    {"from-start",    NULL,   "begin at the beginning, even if an earlier run was interrupted"     },
    {"bookmark",      "FILE", "where to keep how far it came (default: beside FILE, FILE.bookmark)"},
    {"chunk",         "N",    "how many rows go in one call (5000)"                                },
    {"progress",      NULL,   "tell after each call how far it is, also when not on a terminal"    },
    CLI_OPTIONS_END
};

/* ---- options ---- */

static enum cli_exit take_separator(struct cli_job *job)
{
    const char *text = cli_options_text(&job->cli->options, "separator");

    job->separator = ',';
    if (text == NULL)
        return CLI_OK;
    if (strcmp(text, "tab") == 0)
        job->separator = '\t';
    else if (strlen(text) == 1 && text[0] > ' ' && text[0] != '"' && text[0] != 0x7f)
        job->separator = text[0];
    else
        return cli_fail(job->cli, CLI_USAGE, "--separator is one character, or tab");
    return CLI_OK;
}

static enum cli_exit take_options(struct cli_job *job)
{
    const struct cli_options *options = &job->cli->options;

    if (cli_columns_parse(&job->columns, cli_options_text(options, "map")) != MST_OK)
        return cli_fail(job->cli, CLI_USAGE, "%s", job->columns.problem);
    if (cli_options_number(&job->cli->options, "max-errors", 0, UINT32_MAX, ERRORS_DEFAULT,
                           &job->max_errors) != MST_OK ||
        cli_options_number(&job->cli->options, "chunk", 1, MST_SERIALS_MAX, CHUNK_DEFAULT,
                           &job->chunk) != MST_OK)
        return cli_fail(job->cli, CLI_USAGE, "%s", options->problem);
    if (cli_options_has(options, "stop-on-error"))
        job->max_errors = 0;
    job->model = options->operands[0];
    job->name = options->operands[1];
    job->errors_path = cli_options_text(options, "errors");
    job->is_trial = cli_options_has(options, "dry-run");
    job->has_heading =
        cli_options_has(options, "heading") || cli_columns_need_heading(&job->columns);
    job->is_first = true;
    return take_separator(job);
}

/* ---- files ---- */

static enum cli_exit open_input(struct cli_job *job)
{
    bool is_stdin = strcmp(job->name, "-") == 0;

    if (is_stdin && job->cli->is_stdin_read)
        return cli_fail(job->cli, CLI_USAGE, "standard input can be read once only");
    job->cli->is_stdin_read = job->cli->is_stdin_read || is_stdin;
    job->fd = is_stdin ? STDIN_FILENO : open(job->name, O_RDONLY | O_CLOEXEC);
    if (job->fd < 0 || fstat(job->fd, &job->stat) != 0)
        return cli_job_fail_input(job);
    job->is_file = !is_stdin && S_ISREG(job->stat.st_mode);
    /* A file system without locks goes without. */
    if (job->is_file && !job->is_trial && flock(job->fd, LOCK_EX | LOCK_NB) != 0 &&
        errno == EWOULDBLOCK)
        return cli_fail(job->cli, CLI_LOCAL, "%s is being imported by another muster", job->name);
    return CLI_OK;
}

/* A file that is written must not be the one that is read. */
static enum cli_exit check_other(struct cli_job *job, const char *path, const char *option)
{
    struct stat other;

    if (path == NULL)
        return CLI_OK;
    if (strcmp(path, "-") == 0)
        return cli_fail(job->cli, CLI_USAGE, "--%s needs the name of a file", option);
    if (stat(path, &other) == 0 && other.st_dev == job->stat.st_dev &&
        other.st_ino == job->stat.st_ino)
        return cli_fail(job->cli, CLI_USAGE, "--%s %s is the file that is imported", option, path);
    return CLI_OK;
}

/* The error file as it was at the bookmark, or new. */
static enum cli_exit open_errors(struct cli_job *job)
{
    static const char heading[] = "row,sn,reason\r\n";
    uint64_t kept = job->bookmark.error_bytes;
    struct stat st;
    int fd;

    if (job->errors_path == NULL)
        return CLI_OK;
    fd = open(job->errors_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    job->errors = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (job->errors == NULL || fstat(fd, &st) != 0 ||
        (S_ISREG(st.st_mode) && (uint64_t)st.st_size >= kept &&
         (ftruncate(fd, (off_t)kept) != 0 || lseek(fd, 0, SEEK_END) < 0)) ||
        (kept == 0 && (fputs(heading, job->errors) < 0 || fflush(job->errors) != 0)))
        return cli_fail(job->cli, CLI_LOCAL, "cannot write %s: %s", job->errors_path,
                        strerror(errno));
    if (S_ISREG(st.st_mode) && (uint64_t)st.st_size < kept)
        return cli_fail(job->cli, CLI_LOCAL,
                        "%s is shorter than the earlier run left it: --from-start makes it anew",
                        job->errors_path);
    if (kept == 0)
        job->bookmark.error_bytes = sizeof heading - 1;
    return CLI_OK;
}

/* Whose serial numbers these will be: a token does not tell. */
static enum cli_exit get_vendor(struct cli_job *job, json_t *of)
{
    struct cli_reply reply;
    enum cli_exit exit = cli_api(
        job->cli,
        &(struct cli_call){.who = CLI_VENDOR, .method = "GET", .path = "/provision/register"},
        &reply);

    if (exit == CLI_OK && !cli_json_set(of, "vendor", mst_buf_span(&reply.body)))
        exit = cli_no_memory(job->cli);
    cli_reply_fini(&reply);
    return exit;
}

/* ---- where to begin ---- */

/* What was given, if it was. */
static json_t *given(const char *text)
{
    return text != NULL ? cli_json_text(mst_span_str(text)) : json_null();
}

/* What a bookmark must belong to. */
static enum cli_exit name_job(struct cli_job *job)
{
    job->bookmark.of = json_pack(
        "{s:o, s:o, s:o, s:b, s:i, s:I, s:o, s:I, s:I, s:I}", "server",
        given(cli_api_server(job->cli)), "model", given(job->model), "map",
        given(cli_options_text(&job->cli->options, "map")), "heading", (int)job->has_heading,
        "separator", (int)job->separator, "chunk", (json_int_t)job->chunk, "errors",
        given(job->errors_path), "size", (json_int_t)job->stat.st_size, "changed_s",
        (json_int_t)job->stat.st_mtim.tv_sec, "changed_ns", (json_int_t)job->stat.st_mtim.tv_nsec);
    return job->bookmark.of != NULL ? get_vendor(job, job->bookmark.of) : cli_no_memory(job->cli);
}

static enum cli_exit find_bookmark(struct cli_job *job)
{
    const char *path = cli_options_text(&job->cli->options, "bookmark");
    enum cli_exit exit;

    if (!job->is_file || job->is_trial) {
        if (path != NULL)
            return cli_fail(job->cli, CLI_USAGE,
                            "--bookmark is for files that are read and added: %s",
                            job->is_trial ? "a dry run has none" : "a pipe cannot be read again");
        return CLI_OK;
    }
    if (snprintf(job->bookmark_path, sizeof job->bookmark_path, "%s%s",
                 path != NULL ? path : job->name,
                 path != NULL ? "" : ".bookmark") >= CLI_JOB_PATH_MAX)
        return cli_fail(job->cli, CLI_USAGE, "the name of the bookmark is too long");
    job->bookmark.path = job->bookmark_path;
    exit = check_other(job, job->bookmark.path, "bookmark");
    if (exit == CLI_OK)
        exit = name_job(job);
    if (exit == CLI_OK && !cli_options_has(&job->cli->options, "from-start"))
        exit = cli_bookmark_read(job->cli, &job->bookmark);
    return exit;
}

static enum cli_exit read_heading(struct cli_job *job)
{
    struct cli_csv_row row;
    enum mst_err err = cli_rows_next(&job->rows, &row);

    if (err == MST_EIO)
        return cli_job_fail_input(job);
    if (err == MST_ENOMEM)
        return cli_no_memory(job->cli);
    if (err != MST_OK)
        return cli_fail(job->cli, CLI_USAGE, "%s has no heading; nothing was sent", job->name);
    if (cli_columns_find(&job->columns, &row) != MST_OK)
        return cli_fail(job->cli, CLI_USAGE, "%s in the heading of %s; nothing was sent",
                        job->columns.problem, job->name);
    return CLI_OK;
}

/* Behind the heading, or where the bookmark says. */
static enum cli_exit go_to_begin(struct cli_job *job)
{
    struct cli_bookmark *bookmark = &job->bookmark;
    enum cli_exit exit = CLI_OK;
    enum mst_err err;

    job->resent_to = bookmark->sent;
    cli_rows_init(&job->rows, job->fd, job->separator);
    if (job->has_heading)
        exit = read_heading(job);
    if (exit != CLI_OK || bookmark->done.offset == 0)
        return exit;
    cli_rows_fini(&job->rows);
    cli_rows_init(&job->rows, job->fd, job->separator);
    err = lseek(job->fd, 0, SEEK_SET) == 0 ? cli_rows_go(&job->rows, &bookmark->done) : MST_EIO;
    if (err == MST_OK) {
        job->is_first = false;
        cli_warn(job->cli, "goes on behind %llu rows of an earlier run",
                 (unsigned long long)bookmark->tally.rows);
        return CLI_OK;
    }
    if (err != MST_EREFUSED)
        return err == MST_EIO ? cli_job_fail_input(job) : cli_no_memory(job->cli);
    cli_warn(job->cli, "%s was changed since the earlier run: this one begins at the beginning",
             job->name);
    bookmark->done = (struct cli_place){0};
    bookmark->sent = bookmark->error_bytes = job->resent_to = 0;
    bookmark->tally = (struct cli_tally){0};
    cli_rows_fini(&job->rows);
    cli_rows_init(&job->rows, job->fd, job->separator);
    return job->has_heading ? read_heading(job) : CLI_OK;
}

/* ---- the end ---- */

static void show_tally(const struct cli_job *job)
{
    const struct cli_tally *tally = &job->bookmark.tally;
    FILE *out = job->cli->out;

    if (job->cli->is_json) {
        (void)fprintf(out,
                      "{\"dry_run\":%s,\"rows\":%llu,\"added\":%llu,\"listed\":%llu,"
                      "\"resent\":%llu,\"refused\":%llu}\n",
                      job->is_trial ? "true" : "false", (unsigned long long)tally->rows,
                      (unsigned long long)tally->added, (unsigned long long)tally->listed,
                      (unsigned long long)tally->resent, (unsigned long long)tally->refused);
        return;
    }
    (void)fprintf(out, "%llu rows: %llu %s, %llu listed already, ", (unsigned long long)tally->rows,
                  (unsigned long long)tally->added, job->is_trial ? "would be added" : "added",
                  (unsigned long long)tally->listed);
    if (tally->resent > 0)
        (void)fprintf(out, "%llu sent before an interruption, ", (unsigned long long)tally->resent);
    (void)fprintf(out, "%llu in error\n", (unsigned long long)tally->refused);
}

/* All was read, or too many rows were in error. */
static enum cli_exit finish(struct cli_job *job)
{
    const struct cli_tally *tally = &job->bookmark.tally;
    uint64_t n_hidden =
        job->n_shown > CLI_JOB_ERRORS_SHOWN ? job->n_shown - CLI_JOB_ERRORS_SHOWN : 0;

    cli_names_tell_long(job->cli, job->n_long, mst_span_of(job->long_sn, job->long_len));
    show_tally(job);
    if (n_hidden > 0)
        cli_warn(job->cli, "%llu more rows are in error: --errors FILE keeps them all",
                 (unsigned long long)n_hidden);
    if (!job->is_ended)
        return cli_fail(job->cli, CLI_REFUSED,
                        "%s: stopped at row %llu, because more than %llu rows are in error; run it "
                        "again with a higher --max-errors to go on, or with a better file",
                        job->model, (unsigned long long)job->bookmark.done.line,
                        (unsigned long long)job->max_errors);
    if (tally->refused == 0)
        return CLI_OK;
    return cli_fail(job->cli, CLI_REFUSED, "%s: %llu %s in error%s%s", job->model,
                    (unsigned long long)tally->refused, tally->refused == 1 ? "row is" : "rows are",
                    job->errors != NULL ? ": see " : "",
                    job->errors != NULL ? job->errors_path : "");
}

static enum cli_exit work_and_tell(struct cli_job *job)
{
    struct cli_bookmark *bookmark = &job->bookmark;
    enum cli_exit exit = cli_job_work(job);

    if (exit != CLI_OK) {
        if (bookmark->path != NULL && job->n_done > 0)
            cli_warn(job->cli, "%llu rows are done; run it again to go on from there",
                     (unsigned long long)job->n_done);
        return exit;
    }
    bookmark->sent = bookmark->done.offset;
    exit = job->is_ended ? cli_bookmark_remove(job->cli, bookmark)
                         : cli_bookmark_write(job->cli, bookmark);
    return exit == CLI_OK ? finish(job) : exit;
}

static enum cli_exit prepare(struct cli_job *job)
{
    enum mst_err err;
    enum cli_exit exit = take_options(job);

    if (exit == CLI_OK)
        exit = open_input(job);
    if (exit == CLI_OK)
        exit = check_other(job, job->errors_path, "errors");
    if (exit == CLI_OK && cli_piece_init(&job->piece, (size_t)job->chunk) != MST_OK)
        exit = cli_no_memory(job->cli);
    if (exit == CLI_OK)
        exit = cli_job_try_server(job);
    if (exit == CLI_OK)
        exit = find_bookmark(job);
    if (exit == CLI_OK)
        exit = go_to_begin(job);
    if (exit == CLI_OK)
        exit = open_errors(job);
    if (exit != CLI_OK || !job->is_trial)
        return exit;
    err = cli_twins_new(0, &job->twins);
    return err == MST_OK ? CLI_OK : cli_job_fail_twins(job, err);
}

enum cli_exit cli_import_run(struct cli *cli)
{
    struct cli_job job = {.cli = cli, .fd = -1};
    enum cli_exit exit = prepare(&job);

    if (exit == CLI_OK)
        exit = work_and_tell(&job);
    cli_twins_free(job.twins);
    cli_piece_fini(&job.piece);
    cli_rows_fini(&job.rows);
    json_decref(job.bookmark.of);
    if (job.errors != NULL && fclose(job.errors) != 0 && exit == CLI_OK)
        exit = cli_fail(cli, CLI_LOCAL, "cannot write %s: %s", job.errors_path, strerror(errno));
    if (job.fd > STDIN_FILENO)
        (void)close(job.fd);
    return exit;
}

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
#include <sys/stat.h>
#include <unistd.h>

#include "cli/api.h"
#include "cli/bookmark.h"
#include "cli/columns.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/piece.h"
#include "cli/progress.h"
#include "cli/serials.h"
#include "cli/twins.h"

enum {
    ERRORS_DEFAULT = 1000, /* more than that is no accident of some rows */
    ERRORS_SHOWN = 10,
    PATH_LEN_MAX = 4096,
    ROW_TEXT_MAX = 4096
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
    {"chunk",         "N",    "how many rows go in one call (10000)"                               },
    {"progress",      NULL,   "tell after each call how far it is, also when not on a terminal"    },
    CLI_OPTIONS_END
};

static const struct cli_reason REASONS[] = {
    {400, "the server does not know imports: update musterd, or use 'muster sn add --file'"},
    {404, "there is no such model: see 'muster model list'"                                },
    {409, "the server does not know imports: update musterd, or use 'muster sn add --file'"},
    CLI_REASONS_END
};

struct import {
    struct cli *cli;
    const char *model, *name; /* of the file */
    int fd;
    struct stat stat;
    bool is_file;                         /* not a pipe: it can be read again from some place on */
    bool is_trial, has_heading, is_first; /* is_first: no row of data was read yet */
    char separator;
    uint64_t max_errors, chunk;
    struct cli_columns columns;
    struct cli_rows rows;
    struct cli_piece piece;
    struct cli_place begin; /* of the piece */
    char bookmark_path[PATH_LEN_MAX];
    struct cli_bookmark bookmark;
    uint64_t n_done;    /* rows of pieces that were answered */
    uint64_t resent_to; /* offset: rows before it may have been sent by an earlier run */
    const char *errors_path;
    FILE *errors;
    uint64_t n_shown;
    struct cli_twins *twins;
    uint64_t n_long;
    char long_sn[MST_SN_MAX];
    size_t long_len;
    bool is_parted; /* it was told that semicolons part nothing */
    struct cli_progress progress;
};

/* ---- options ---- */

static enum cli_exit take_separator(struct import *im)
{
    const char *text = cli_options_text(&im->cli->options, "separator");

    im->separator = ',';
    if (text == NULL)
        return CLI_OK;
    if (strcmp(text, "tab") == 0)
        im->separator = '\t';
    else if (strlen(text) == 1 && text[0] > ' ' && text[0] != '"' && text[0] != 0x7f)
        im->separator = text[0];
    else
        return cli_fail(im->cli, CLI_USAGE, "--separator is one character, or tab");
    return CLI_OK;
}

static enum cli_exit take_options(struct import *im)
{
    const struct cli_options *options = &im->cli->options;

    if (cli_columns_parse(&im->columns, cli_options_text(options, "map")) != MST_OK)
        return cli_fail(im->cli, CLI_USAGE, "%s", im->columns.problem);
    if (cli_options_number(&im->cli->options, "max-errors", 0, UINT32_MAX, ERRORS_DEFAULT,
                           &im->max_errors) != MST_OK ||
        cli_options_number(&im->cli->options, "chunk", 1, MST_SERIALS_MAX, MST_SERIALS_MAX,
                           &im->chunk) != MST_OK)
        return cli_fail(im->cli, CLI_USAGE, "%s", options->problem);
    if (cli_options_has(options, "stop-on-error"))
        im->max_errors = 0;
    im->model = options->operands[0];
    im->name = options->operands[1];
    im->errors_path = cli_options_text(options, "errors");
    im->is_trial = cli_options_has(options, "dry-run");
    im->has_heading = cli_options_has(options, "heading") || cli_columns_need_heading(&im->columns);
    im->is_first = true;
    return take_separator(im);
}

/* ---- files ---- */

static enum cli_exit fail_input(struct import *im)
{
    return cli_fail(im->cli, CLI_LOCAL, "cannot read %s: %s", im->name, strerror(errno));
}

static enum cli_exit open_input(struct import *im)
{
    bool is_stdin = strcmp(im->name, "-") == 0;

    if (is_stdin && im->cli->is_stdin_read)
        return cli_fail(im->cli, CLI_USAGE, "standard input can be read once only");
    im->fd = is_stdin ? STDIN_FILENO : open(im->name, O_RDONLY | O_CLOEXEC);
    if (im->fd < 0 || fstat(im->fd, &im->stat) != 0)
        return fail_input(im);
    im->is_file = !is_stdin && S_ISREG(im->stat.st_mode);
    if (im->is_file && !im->is_trial && flock(im->fd, LOCK_EX | LOCK_NB) != 0)
        return cli_fail(im->cli, CLI_LOCAL, "%s is being imported by another muster: %s", im->name,
                        strerror(errno));
    return CLI_OK;
}

/* A file that is written must not be the one that is read. */
static enum cli_exit check_other(struct import *im, const char *path, const char *option)
{
    struct stat other;

    if (path == NULL)
        return CLI_OK;
    if (strcmp(path, "-") == 0)
        return cli_fail(im->cli, CLI_USAGE, "--%s needs the name of a file", option);
    if (stat(path, &other) == 0 && other.st_dev == im->stat.st_dev &&
        other.st_ino == im->stat.st_ino)
        return cli_fail(im->cli, CLI_USAGE, "--%s %s is the file that is imported", option, path);
    return CLI_OK;
}

/* The error file as it was at the bookmark, or new. */
static enum cli_exit open_errors(struct import *im)
{
    static const char heading[] = "row,sn,reason\r\n";
    uint64_t kept = im->bookmark.error_bytes;
    struct stat st;
    int fd;

    if (im->errors_path == NULL)
        return CLI_OK;
    fd = open(im->errors_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
        (ftruncate(fd, (off_t)kept) != 0 || lseek(fd, 0, SEEK_END) < 0)) {
        (void)close(fd);
        fd = -1;
    }
    im->errors = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (im->errors == NULL ||
        (kept == 0 && (fputs(heading, im->errors) < 0 || fflush(im->errors) != 0)))
        return cli_fail(im->cli, CLI_LOCAL, "cannot write %s: %s", im->errors_path,
                        strerror(errno));
    if (kept == 0)
        im->bookmark.error_bytes = sizeof heading - 1;
    return CLI_OK;
}

/* ---- the server ---- */

static enum cli_exit post(struct import *im, struct mst_span body, struct cli_reply *ret_reply)
{
    return cli_api(im->cli,
                   &(struct cli_call){.who = CLI_VENDOR,
                                      .method = "POST",
                                      .path = CLI_MODELS,
                                      .names = {im->model},
                                      .tail = im->is_trial ? "/?trial=true" : "/?each=true",
                                      .content_type = CLI_CSV,
                                      .body = body,
                                      .reasons = REASONS},
                   ret_reply);
}

/* Does it know imports, this key and the model? An older server, which would add what is to be tried
   only, refuses what is no serial number. */
static enum cli_exit try_server(struct import *im)
{
    struct cli_reply reply;
    enum cli_exit exit = post(im, MST_LIT("/\r\n"), &reply);

    cli_reply_fini(&reply);
    return exit;
}

/* Whose serial numbers these will be: a token does not tell. */
static enum cli_exit get_vendor(struct import *im, json_t *of)
{
    struct cli_reply reply;
    enum cli_exit exit = cli_api(
        im->cli,
        &(struct cli_call){.who = CLI_VENDOR, .method = "GET", .path = "/provision/register"},
        &reply);

    if (exit == CLI_OK && !cli_json_set(of, "vendor", mst_buf_span(&reply.body)))
        exit = cli_no_memory(im->cli);
    cli_reply_fini(&reply);
    return exit;
}

/* ---- where to begin ---- */

/* What a bookmark must belong to. */
static enum cli_exit name_job(struct import *im)
{
    const char *map = cli_options_text(&im->cli->options, "map");

    im->bookmark.of = json_pack(
        "{s:s, s:s, s:s?, s:b, s:i, s:I, s:s?, s:I, s:I, s:I}", "server", cli_api_server(im->cli),
        "model", im->model, "map", map, "heading", (int)im->has_heading, "separator",
        (int)im->separator, "chunk", (json_int_t)im->chunk, "errors", im->errors_path, "size",
        (json_int_t)im->stat.st_size, "changed_s", (json_int_t)im->stat.st_mtim.tv_sec,
        "changed_ns", (json_int_t)im->stat.st_mtim.tv_nsec);
    return im->bookmark.of != NULL ? get_vendor(im, im->bookmark.of) : cli_no_memory(im->cli);
}

static enum cli_exit find_bookmark(struct import *im)
{
    const char *path = cli_options_text(&im->cli->options, "bookmark");
    bool is_found = false;
    enum cli_exit exit;

    if (!im->is_file || im->is_trial) {
        if (path != NULL)
            return cli_fail(im->cli, CLI_USAGE,
                            "--bookmark is for files that are read and added: %s",
                            im->is_trial ? "a dry run has none" : "a pipe cannot be read again");
        return CLI_OK;
    }
    if (snprintf(im->bookmark_path, sizeof im->bookmark_path, "%s%s",
                 path != NULL ? path : im->name, path != NULL ? "" : ".bookmark") >= PATH_LEN_MAX)
        return cli_fail(im->cli, CLI_USAGE, "the name of the bookmark is too long");
    im->bookmark.path = im->bookmark_path;
    exit = check_other(im, im->bookmark.path, "bookmark");
    if (exit == CLI_OK)
        exit = name_job(im);
    if (exit == CLI_OK && !cli_options_has(&im->cli->options, "from-start"))
        exit = cli_bookmark_read(im->cli, &im->bookmark, &is_found);
    return exit;
}

static enum cli_exit read_heading(struct import *im)
{
    struct cli_csv_row row;
    enum mst_err err = cli_rows_next(&im->rows, &row);

    if (err == MST_EIO)
        return fail_input(im);
    if (err == MST_ENOMEM)
        return cli_no_memory(im->cli);
    if (err != MST_OK)
        return cli_fail(im->cli, CLI_USAGE, "%s has no heading; nothing was sent", im->name);
    if (cli_columns_find(&im->columns, &row) != MST_OK)
        return cli_fail(im->cli, CLI_USAGE, "%s in the heading of %s; nothing was sent",
                        im->columns.problem, im->name);
    return CLI_OK;
}

/* Behind the heading, or where the bookmark says. */
static enum cli_exit go_to_begin(struct import *im)
{
    struct cli_bookmark *bookmark = &im->bookmark;
    enum cli_exit exit = CLI_OK;
    enum mst_err err;

    im->resent_to = bookmark->sent;
    cli_rows_init(&im->rows, im->fd, im->separator);
    if (im->has_heading)
        exit = read_heading(im);
    if (exit != CLI_OK || bookmark->done.offset == 0)
        return exit;
    cli_rows_fini(&im->rows);
    cli_rows_init(&im->rows, im->fd, im->separator);
    err = lseek(im->fd, 0, SEEK_SET) == 0 ? cli_rows_go(&im->rows, &bookmark->done) : MST_EIO;
    if (err == MST_OK) {
        im->is_first = false;
        cli_warn(im->cli, "goes on behind %llu rows of an earlier run",
                 (unsigned long long)bookmark->tally.rows);
        return CLI_OK;
    }
    if (err != MST_EREFUSED)
        return err == MST_EIO ? fail_input(im) : cli_no_memory(im->cli);
    cli_warn(im->cli, "%s was changed since the earlier run: this one begins at the beginning",
             im->name);
    bookmark->done = (struct cli_place){0};
    bookmark->sent = bookmark->error_bytes = im->resent_to = 0;
    bookmark->tally = (struct cli_tally){0};
    cli_rows_fini(&im->rows);
    cli_rows_init(&im->rows, im->fd, im->separator);
    return im->has_heading ? read_heading(im) : CLI_OK;
}

/* ---- reading a piece ---- */

/* Names that are taken and may still not be what was meant. */
static void note_strange(struct import *im, struct mst_span sn)
{
    if (sn.len > CLI_SN_FITS && im->n_long++ == 0) {
        memcpy(im->long_sn, sn.ptr, sn.len);
        im->long_len = sn.len;
    }
    if (im->is_parted || im->separator == ';' || mst_span_find(sn, ';', 0) == sn.len)
        return;
    im->is_parted = true;
    cli_warn(im->cli,
             "%.*s has a semicolon in it, which becomes a part of the serial number: --separator "
             "';' parts columns by it",
             (int)sn.len, sn.ptr);
}

static enum cli_exit take_row(struct import *im, const struct cli_csv_row *row)
{
    struct mst_span sn, extra;
    const char *problem = cli_columns_take(&im->columns, row, &sn, &extra);
    bool is_heading = im->is_first && !im->has_heading && cli_sn_is_heading(sn);

    im->is_first = false;
    if (is_heading)
        return cli_fail(im->cli, CLI_USAGE,
                        "row %zu looks like a heading and not like a serial number: leave it out "
                        "with --heading; nothing was sent",
                        row->line);
    if (problem == NULL)
        problem = cli_sn_problem(sn);
    if (problem == NULL)
        problem = cli_extra_problem(extra);
    if (problem == NULL)
        note_strange(im, sn);
    if ((problem == NULL ? cli_piece_add(&im->piece, row->line, sn, extra)
                         : cli_piece_add_bad(&im->piece, row->line, sn, problem)) != MST_OK)
        return cli_no_memory(im->cli);
    return CLI_OK;
}

/* The next rows. None: the file is at its end. */
static enum cli_exit fill_piece(struct import *im)
{
    enum cli_exit exit = CLI_OK;

    cli_piece_clear(&im->piece);
    im->begin = cli_rows_place(&im->rows);
    while (exit == CLI_OK && !cli_piece_is_full(&im->piece)) {
        struct cli_csv_row row;
        enum mst_err err = cli_rows_next(&im->rows, &row);

        if (err == MST_ENOENT)
            break;
        if (err == MST_EIO)
            return fail_input(im);
        if (err == MST_EINVAL)
            err = cli_piece_add_bad(&im->piece, row.line, im->rows.text, im->rows.problem);
        else if (err == MST_OK)
            exit = take_row(im, &row);
        if (err != MST_OK)
            return cli_no_memory(im->cli);
    }
    return exit;
}

/* ---- what became of it ---- */

/* What was read is shown in a file for people, whatever it was. */
static void add_shown(struct mst_buf *out, struct mst_span sn)
{
    char text[MST_SN_MAX];
    size_t len = sn.len < sizeof text ? sn.len : sizeof text;

    for (size_t i = 0; i < len; i++)
        text[i] = sn.ptr[i] >= 0x20 && sn.ptr[i] <= 0x7e ? sn.ptr[i] : '?';
    cli_csv_add_field(out, mst_span_of(text, len));
}

static enum cli_exit write_error(struct import *im, uint64_t line, struct mst_span sn,
                                 const char *reason)
{
    struct mst_buf text;
    bool is_good;

    im->bookmark.tally.refused++;
    if (im->errors == NULL) {
        if (im->n_shown++ < ERRORS_SHOWN)
            cli_warn(im->cli, "row %llu: %.*s: %s", (unsigned long long)line, (int)sn.len,
                     sn.ptr != NULL ? sn.ptr : "", reason);
        return CLI_OK;
    }
    mst_buf_init(&text, ROW_TEXT_MAX);
    (void)mst_buf_add_u64(&text, line);
    (void)mst_buf_add_byte(&text, ',');
    add_shown(&text, sn);
    (void)mst_buf_add_byte(&text, ',');
    cli_csv_add_field(&text, mst_span_str(reason));
    (void)mst_buf_add_str(&text, "\r\n");
    is_good = mst_buf_err(&text) == MST_OK && fwrite(text.ptr, 1, text.len, im->errors) == text.len;
    im->bookmark.error_bytes += text.len;
    mst_buf_fini(&text);
    return is_good ? CLI_OK
                   : cli_fail(im->cli, CLI_LOCAL, "cannot write %s: %s", im->errors_path,
                              strerror(errno));
}

static enum cli_exit flush_errors(struct import *im)
{
    if (im->errors == NULL || fflush(im->errors) == 0)
        return CLI_OK;
    return cli_fail(im->cli, CLI_LOCAL, "cannot write %s: %s", im->errors_path, strerror(errno));
}

static enum cli_exit fail_twins(struct import *im, enum mst_err err)
{
    if (err == MST_EFULL)
        return cli_fail(im->cli, CLI_USAGE,
                        "a dry run of more than 500 million rows in no order: split the file");
    if (err == MST_EIO)
        return cli_fail(im->cli, CLI_LOCAL,
                        "cannot use a temporary file, where serial numbers are sorted: %s; TMPDIR "
                        "names another place for it",
                        strerror(errno));
    return cli_no_memory(im->cli);
}

/* A row that would be added, unless it stands there twice. */
static enum cli_exit keep_for_twins(struct import *im, const struct cli_piece_row *row)
{
    enum mst_err err = cli_twins_add(im->twins, cli_piece_sn(&im->piece, row),
                                     cli_piece_extra(&im->piece, row), row->line);

    return err == MST_OK ? CLI_OK : fail_twins(im, err);
}

static enum cli_exit count_row(struct import *im, const struct cli_piece_row *row)
{
    struct cli_tally *tally = &im->bookmark.tally;

    tally->rows++;
    switch (row->state) {
    case CLI_ROW_ADDED:
        tally->added++;
        return im->twins != NULL ? keep_for_twins(im, row) : CLI_OK;
    case CLI_ROW_LISTED:
        if (im->begin.offset < im->resent_to)
            tally->resent++;
        else
            tally->listed++;
        return CLI_OK;
    case CLI_ROW_REFUSED:
        break;
    }
    return write_error(im, row->line, cli_piece_sn(&im->piece, row), row->reason);
}

static enum cli_exit send_piece(struct import *im)
{
    struct cli_reply reply = {0};
    enum cli_exit exit = CLI_OK;

    if (im->piece.n_sent > 0)
        exit = post(im, mst_buf_span(&im->piece.body), &reply);
    if (exit == CLI_OK && cli_piece_judge(&im->piece, mst_buf_span(&reply.body)) != MST_OK)
        exit = cli_fail(im->cli, CLI_SERVER, "the reply does not tell what became of the rows");
    cli_reply_fini(&reply);
    for (size_t i = 0; i < im->piece.n_rows && exit == CLI_OK; i++)
        exit = count_row(im, &im->piece.rows[i]);
    return exit == CLI_OK ? flush_errors(im) : exit;
}

/* ---- the job ---- */

static void show_progress(struct import *im)
{
    const struct cli_tally *tally = &im->bookmark.tally;
    uint64_t offset = im->bookmark.done.offset, size = (uint64_t)im->stat.st_size;

    im->progress.is_guess = im->is_file && offset < size;
    im->progress.n_total = !im->is_file ? 0
                           : offset >= size
                               ? tally->rows
                               : tally->rows + (size_t)((double)tally->rows *
                                                        (double)(size - offset) / (double)offset);
    cli_progress_at(&im->progress, tally->rows);
}

static bool has_too_many_errors(const struct import *im)
{
    return im->bookmark.tally.refused > im->max_errors;
}

static enum cli_exit work(struct import *im)
{
    struct cli_bookmark *bookmark = &im->bookmark;
    enum cli_exit exit = CLI_OK;

    while (exit == CLI_OK && !has_too_many_errors(im)) {
        struct cli_place end;

        exit = fill_piece(im);
        if (exit != CLI_OK || im->piece.n_rows == 0)
            return exit;
        end = cli_rows_place(&im->rows);
        bookmark->sent = end.offset;
        exit = cli_bookmark_write(im->cli, bookmark);
        if (exit == CLI_OK)
            exit = send_piece(im);
        if (exit != CLI_OK)
            return exit;
        bookmark->done = end;
        im->n_done = bookmark->tally.rows;
        show_progress(im);
    }
    return exit;
}

static enum mst_err take_twin(void *arg, const struct cli_twin *twin)
{
    struct import *im = arg;
    char reason[CLI_REASON_MAX];

    im->bookmark.tally.added--;
    if (twin->is_same) {
        im->bookmark.tally.listed++;
        return MST_OK;
    }
    (void)snprintf(reason, sizeof reason, "row %llu has it with another text",
                   (unsigned long long)twin->first_line);
    return write_error(im, twin->line, twin->sn, reason) == CLI_OK ? MST_OK : MST_EREFUSED;
}

static enum cli_exit find_twins(struct import *im)
{
    enum mst_err err = cli_twins_each(im->twins, take_twin, im);

    if (err == MST_EREFUSED)
        return CLI_LOCAL; /* which was said */
    return err == MST_OK ? flush_errors(im) : fail_twins(im, err);
}

/* ---- the end ---- */

static void show_tally(const struct import *im)
{
    const struct cli_tally *tally = &im->bookmark.tally;
    FILE *out = im->cli->out;

    if (im->cli->is_json) {
        (void)fprintf(out,
                      "{\"dry_run\":%s,\"rows\":%llu,\"added\":%llu,\"listed\":%llu,"
                      "\"resent\":%llu,\"refused\":%llu}\n",
                      im->is_trial ? "true" : "false", (unsigned long long)tally->rows,
                      (unsigned long long)tally->added, (unsigned long long)tally->listed,
                      (unsigned long long)tally->resent, (unsigned long long)tally->refused);
        return;
    }
    (void)fprintf(out, "%llu rows: %llu %s, %llu listed already, ", (unsigned long long)tally->rows,
                  (unsigned long long)tally->added, im->is_trial ? "would be added" : "added",
                  (unsigned long long)tally->listed);
    if (tally->resent > 0)
        (void)fprintf(out, "%llu sent before an interruption, ", (unsigned long long)tally->resent);
    (void)fprintf(out, "%llu in error\n", (unsigned long long)tally->refused);
}

/* All was read, or too many rows were in error. */
static enum cli_exit finish(struct import *im, bool is_whole)
{
    const struct cli_tally *tally = &im->bookmark.tally;
    uint64_t n_hidden = im->n_shown > ERRORS_SHOWN ? im->n_shown - ERRORS_SHOWN : 0;

    cli_names_tell_long(im->cli, im->n_long, mst_span_of(im->long_sn, im->long_len));
    show_tally(im);
    if (n_hidden > 0)
        cli_warn(im->cli, "%llu more rows are in error: --errors FILE keeps them all",
                 (unsigned long long)n_hidden);
    if (!is_whole)
        return cli_fail(im->cli, CLI_REFUSED,
                        "%s: stopped at row %llu, because more than %llu rows are in error; run it "
                        "again with a higher --max-errors to go on, or with a better file",
                        im->model, (unsigned long long)im->bookmark.done.line,
                        (unsigned long long)im->max_errors);
    if (tally->refused == 0)
        return CLI_OK;
    return cli_fail(im->cli, CLI_REFUSED, "%s: %llu rows are in error%s%s", im->model,
                    (unsigned long long)tally->refused, im->errors != NULL ? ": see " : "",
                    im->errors != NULL ? im->errors_path : "");
}

static enum cli_exit work_and_tell(struct import *im)
{
    struct cli_bookmark *bookmark = &im->bookmark;
    bool is_whole;
    enum cli_exit exit;

    cli_progress_begin(&im->progress, im->cli, 0);
    im->progress.n_first = im->n_done = bookmark->tally.rows;
    exit = work(im);
    cli_progress_end(&im->progress);
    if (exit == CLI_OK && im->twins != NULL)
        exit = find_twins(im);
    if (exit != CLI_OK) {
        if (bookmark->path != NULL && im->n_done > 0)
            cli_warn(im->cli, "%llu rows are done; run it again to go on from there",
                     (unsigned long long)im->n_done);
        return exit;
    }
    is_whole = !has_too_many_errors(im);
    bookmark->sent = bookmark->done.offset;
    exit =
        is_whole ? cli_bookmark_remove(im->cli, bookmark) : cli_bookmark_write(im->cli, bookmark);
    return exit == CLI_OK ? finish(im, is_whole) : exit;
}

static enum cli_exit prepare(struct import *im)
{
    enum mst_err err;
    enum cli_exit exit = take_options(im);

    if (exit == CLI_OK)
        exit = open_input(im);
    if (exit == CLI_OK)
        exit = check_other(im, im->errors_path, "errors");
    if (exit == CLI_OK && cli_piece_init(&im->piece, (size_t)im->chunk) != MST_OK)
        exit = cli_no_memory(im->cli);
    if (exit == CLI_OK)
        exit = try_server(im);
    if (exit == CLI_OK)
        exit = find_bookmark(im);
    if (exit == CLI_OK)
        exit = go_to_begin(im);
    if (exit == CLI_OK)
        exit = open_errors(im);
    if (exit != CLI_OK || !im->is_trial)
        return exit;
    err = cli_twins_new(0, &im->twins);
    return err == MST_OK ? CLI_OK : fail_twins(im, err);
}

enum cli_exit cli_import_run(struct cli *cli)
{
    struct import im = {.cli = cli, .fd = -1};
    enum cli_exit exit = prepare(&im);

    if (exit == CLI_OK)
        exit = work_and_tell(&im);
    cli_twins_free(im.twins);
    cli_piece_fini(&im.piece);
    cli_rows_fini(&im.rows);
    json_decref(im.bookmark.of);
    if (im.errors != NULL && fclose(im.errors) != 0 && exit == CLI_OK)
        exit = cli_fail(cli, CLI_LOCAL, "cannot write %s: %s", im.errors_path, strerror(errno));
    if (im.fd > STDIN_FILENO)
        (void)close(im.fd);
    return exit;
}

#include "cli/job.h"

#include <errno.h>
#include <string.h>

#include "cli/api.h"
#include "cli/interrupt.h"
#include "cli/names.h"
#include "cli/serials.h"

enum { ROW_TEXT_MAX = 4096 };

/* Behind a bar, and without one from its second character on. */
static const char LAST_WORDS[] =
    "\nmuster: the same command again goes on behind the last rows that were answered\n";

static const struct cli_reason REASONS[] = {
    {400, "the server does not know imports: update musterd, or use 'muster sn add --file'"},
    {404, "there is no such model: see 'muster model list'"                                },
    {409, "the server does not know imports: update musterd, or use 'muster sn add --file'"},
    CLI_REASONS_END
};

enum cli_exit cli_job_fail_input(struct cli_job *job)
{
    return cli_fail(job->cli, CLI_LOCAL, "cannot read %s: %s", job->name, strerror(errno));
}

/* ---- the server ---- */

static enum cli_exit post(struct cli_job *job, struct mst_span body, struct cli_reply *ret_reply)
{
    return cli_api(job->cli,
                   &(struct cli_call){.who = CLI_VENDOR,
                                      .method = "POST",
                                      .path = CLI_MODELS,
                                      .names = {job->model},
                                      .tail = job->is_trial ? "/?trial=true" : "/?each=true",
                                      .content_type = CLI_CSV,
                                      .body = body,
                                      .reasons = REASONS},
                   ret_reply);
}

enum cli_exit cli_job_try_server(struct cli_job *job)
{
    struct cli_reply reply;
    enum cli_exit exit = post(job, MST_LIT("/\r\n"), &reply);

    cli_reply_fini(&reply);
    return exit;
}

/* ---- reading a piece ---- */

/* Names that are taken and may still not be what was meant. */
static void note_strange(struct cli_job *job, struct mst_span sn)
{
    if (sn.len > CLI_SN_FITS && job->n_long++ == 0) {
        memcpy(job->long_sn, sn.ptr, sn.len);
        job->long_len = sn.len;
    }
    if (job->is_parted || job->separator == ';' || mst_span_find(sn, ';', 0) == sn.len)
        return;
    job->is_parted = true;
    cli_warn(job->cli,
             "%.*s has a semicolon in it, which becomes a part of the serial number: --separator "
             "';' parts columns by it",
             (int)sn.len, sn.ptr);
}

static enum cli_exit take_row(struct cli_job *job, const struct cli_csv_row *row)
{
    struct mst_span sn, extra;
    const char *problem = cli_columns_take(&job->columns, row, &sn, &extra);
    bool is_heading = job->is_first && !job->has_heading && cli_sn_is_heading(sn);

    job->is_first = false;
    if (is_heading)
        return cli_fail(job->cli, CLI_USAGE,
                        "row %zu looks like a heading and not like a serial number: leave it out "
                        "with --heading; nothing was sent",
                        row->line);
    if (problem == NULL)
        problem = cli_sn_problem(sn);
    if (problem == NULL)
        problem = cli_extra_problem(extra);
    if (problem == NULL)
        note_strange(job, sn);
    if ((problem == NULL ? cli_piece_add(&job->piece, row->line, sn, extra)
                         : cli_piece_add_bad(&job->piece, row->line, sn, problem)) != MST_OK)
        return cli_no_memory(job->cli);
    return CLI_OK;
}

/* The next rows. None: the file is at its end. */
static enum cli_exit fill_piece(struct cli_job *job)
{
    enum cli_exit exit = CLI_OK;

    cli_piece_clear(&job->piece);
    job->begin = cli_rows_place(&job->rows);
    while (exit == CLI_OK && !cli_piece_is_full(&job->piece)) {
        struct cli_csv_row row;
        enum mst_err err = cli_rows_next(&job->rows, &row);

        if (err == MST_ENOENT)
            break;
        if (err == MST_EIO)
            return cli_job_fail_input(job);
        if (err == MST_EINVAL)
            err = cli_piece_add_bad(&job->piece, row.line, job->rows.text, job->rows.problem);
        else if (err == MST_OK)
            exit = take_row(job, &row);
        if (err != MST_OK)
            return cli_no_memory(job->cli);
    }
    return exit;
}

/* ---- what became of it ---- */

/* What was read is shown to people, whatever it was. */
static struct mst_span shown(struct mst_span sn, char room[MST_SN_MAX])
{
    size_t len = sn.len < MST_SN_MAX ? sn.len : MST_SN_MAX;

    for (size_t i = 0; i < len; i++)
        room[i] = sn.ptr[i] >= 0x20 && sn.ptr[i] <= 0x7e ? sn.ptr[i] : '?';
    return mst_span_of(room, len);
}

static enum cli_exit write_error(struct cli_job *job, uint64_t line, struct mst_span sn,
                                 const char *reason)
{
    char room[MST_SN_MAX];
    struct mst_buf text;
    bool is_good;

    sn = shown(sn, room);
    job->bookmark.tally.refused++;
    if (job->errors == NULL) {
        if (job->n_shown++ < CLI_JOB_ERRORS_SHOWN)
            cli_warn(job->cli, "row %llu: %.*s: %s", (unsigned long long)line, (int)sn.len, sn.ptr,
                     reason);
        return CLI_OK;
    }
    mst_buf_init(&text, ROW_TEXT_MAX);
    (void)mst_buf_add_u64(&text, line);
    (void)mst_buf_add_byte(&text, ',');
    cli_csv_add_field(&text, sn);
    (void)mst_buf_add_byte(&text, ',');
    cli_csv_add_field(&text, mst_span_str(reason));
    (void)mst_buf_add_str(&text, "\r\n");
    is_good =
        mst_buf_err(&text) == MST_OK && fwrite(text.ptr, 1, text.len, job->errors) == text.len;
    job->bookmark.error_bytes += text.len;
    mst_buf_fini(&text);
    return is_good ? CLI_OK
                   : cli_fail(job->cli, CLI_LOCAL, "cannot write %s: %s", job->errors_path,
                              strerror(errno));
}

static enum cli_exit flush_errors(struct cli_job *job)
{
    if (job->errors == NULL || fflush(job->errors) == 0)
        return CLI_OK;
    return cli_fail(job->cli, CLI_LOCAL, "cannot write %s: %s", job->errors_path, strerror(errno));
}

enum cli_exit cli_job_fail_twins(struct cli_job *job, enum mst_err err)
{
    if (err == MST_EFULL)
        return cli_fail(job->cli, CLI_USAGE,
                        "a dry run of more than 500 million rows in no order: split the file");
    if (err == MST_EIO)
        return cli_fail(job->cli, CLI_LOCAL,
                        "cannot use a temporary file, where serial numbers are sorted: %s; TMPDIR "
                        "names another place for it",
                        strerror(errno));
    return cli_no_memory(job->cli);
}

/* A row that would be added, unless it stands there twice. */
static enum cli_exit keep_for_twins(struct cli_job *job, const struct cli_piece_row *row)
{
    enum mst_err err = cli_twins_add(job->twins, cli_piece_sn(&job->piece, row),
                                     cli_piece_extra(&job->piece, row), row->line);

    return err == MST_OK ? CLI_OK : cli_job_fail_twins(job, err);
}

static enum cli_exit count_row(struct cli_job *job, const struct cli_piece_row *row)
{
    struct cli_tally *tally = &job->bookmark.tally;

    tally->rows++;
    switch (row->state) {
    case CLI_ROW_ADDED:
        tally->added++;
        return job->twins != NULL ? keep_for_twins(job, row) : CLI_OK;
    case CLI_ROW_LISTED:
        if (job->begin.offset < job->resent_to)
            tally->resent++;
        else
            tally->listed++;
        return CLI_OK;
    case CLI_ROW_REFUSED:
        break;
    }
    return write_error(job, row->line, cli_piece_sn(&job->piece, row), row->reason);
}

static enum cli_exit send_piece(struct cli_job *job)
{
    struct cli_reply reply = {0};
    enum cli_exit exit = CLI_OK;

    if (job->piece.n_sent > 0)
        exit = post(job, mst_buf_span(&job->piece.body), &reply);
    if (exit == CLI_OK && cli_piece_judge(&job->piece, mst_buf_span(&reply.body)) != MST_OK)
        exit = cli_fail(job->cli, CLI_SERVER, "the reply does not tell what became of the rows");
    cli_reply_fini(&reply);
    for (size_t i = 0; i < job->piece.n_rows && exit == CLI_OK; i++)
        exit = count_row(job, &job->piece.rows[i]);
    return exit == CLI_OK ? flush_errors(job) : exit;
}

/* ---- the job ---- */

static void show_progress(struct cli_job *job)
{
    const struct cli_tally *tally = &job->bookmark.tally;
    uint64_t offset = job->bookmark.done.offset, size = (uint64_t)job->stat.st_size;

    job->progress.is_guess = job->is_file && offset < size;
    job->progress.n_total = !job->is_file ? 0
                            : offset >= size
                                ? tally->rows
                                : tally->rows + (size_t)((double)tally->rows *
                                                         (double)(size - offset) / (double)offset);
    cli_progress_at(&job->progress, tally->rows);
}

static enum cli_exit work(struct cli_job *job)
{
    struct cli_bookmark *bookmark = &job->bookmark;

    for (;;) {
        struct cli_place end;
        enum cli_exit exit;

        exit = fill_piece(job);
        job->is_ended = exit == CLI_OK && job->piece.n_rows == 0;
        if (exit != CLI_OK || job->is_ended || job->bookmark.tally.refused > job->max_errors)
            return exit;
        end = cli_rows_place(&job->rows);
        bookmark->sent = end.offset;
        exit = cli_bookmark_write(job->cli, bookmark);
        if (exit == CLI_OK)
            exit = send_piece(job);
        if (exit != CLI_OK)
            return exit;
        bookmark->done = end;
        job->n_done = bookmark->tally.rows;
        show_progress(job);
    }
}

static enum mst_err take_twin(void *arg, const struct cli_twin *twin)
{
    struct cli_job *job = arg;
    char reason[CLI_REASON_MAX];

    job->bookmark.tally.added--;
    if (twin->is_same) {
        job->bookmark.tally.listed++;
        return MST_OK;
    }
    (void)snprintf(reason, sizeof reason, "row %llu has it with another text",
                   (unsigned long long)twin->first_line);
    return write_error(job, twin->line, twin->sn, reason) == CLI_OK ? MST_OK : MST_EREFUSED;
}

static enum cli_exit find_twins(struct cli_job *job)
{
    enum mst_err err = cli_twins_each(job->twins, take_twin, job);

    if (err == MST_EREFUSED)
        return CLI_LOCAL; /* which was said */
    return err == MST_OK ? flush_errors(job) : cli_job_fail_twins(job, err);
}

enum cli_exit cli_job_work(struct cli_job *job)
{
    enum cli_exit exit;

    if (job->bookmark.path != NULL)
        cli_interrupt_says(job->cli->is_terminal ? LAST_WORDS : &LAST_WORDS[1]);
    cli_progress_begin(&job->progress, job->cli, 0);
    job->progress.n_first = job->n_done = job->bookmark.tally.rows;
    exit = work(job);
    cli_progress_end(&job->progress);
    cli_interrupt_says(NULL);
    return exit == CLI_OK && job->twins != NULL ? find_twins(job) : exit;
}

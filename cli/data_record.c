/*
 * data_record.c - "muster data record": points of a file, in requests of bounded size (protocol.md 2.12.5).
 *
 * Points are stored request by request. If one fails, what went before stays, and it is said with which line to
 * go on; to send a line again does no harm, since a point is overwritten by one of the same second.
 */
#include "cli/data.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/point_file.h"
#include "cli/progress.h"
#include "cli/rpc.h"

enum {
    POINTS_MAX = 500,
    BODY_FULL = 128 << 10,
    TIME_CHARS = 24,
    WORDS_CHARS = 128,
    REFUSED_SHOWN = 10
};

struct recording {
    struct cli *cli;
    const char *alias, *path;
    struct cli_point_file file;
    uint64_t from_line;
    struct mst_buf form;
    size_t n_pending, first_line, last_line; /* in form */
    size_t n_stored, n_refused, done_line;
    struct cli_progress progress;
};

const struct cli_option CLI_RECORD_OPTIONS[] = {
    {"format",    "KIND", "csv (ts,value) or json (a line each); without this by the file's name"},
    {"from-line", "N",    "leave out the lines before: an earlier run stored them"               },
    {"progress",  NULL,   "tell after each call how far it is, also when not on a terminal"      },
    CLI_OPTIONS_END
};

static const char *points_are(size_t n)
{
    return n == 1 ? "point is" : "points are";
}

/* ---- sending ---- */

static void begin_form(struct recording *recording)
{
    mst_buf_clear(&recording->form);
    cli_form_add_str(&recording->form, "alias", recording->alias);
    recording->n_pending = 0;
}

/* The body of a 409: ALIAS=TS,TS with the comma encoded. Tells of the first ones. */
static void show_refused(struct recording *recording, struct mst_span body)
{
    struct mst_buf text;
    struct mst_cur cur;
    struct mst_span time;

    mst_buf_init(&text, body.len + 1);
    cli_data_decode(mst_span_cut(body, mst_span_find(body, '=', 0) + 1, body.len), &text);
    cur = mst_cur_of(mst_buf_span(&text));
    while (!mst_cur_at_end(&cur)) {
        if (!mst_cur_until(&cur, ',', &time))
            time = mst_cur_rest(&cur);
        if (recording->n_refused++ < REFUSED_SHOWN)
            cli_warn(recording->cli,
                     "%.*s was not stored: another point is less than a second away", (int)time.len,
                     time.ptr);
    }
    mst_buf_fini(&text);
}

static void say_at_interrupt(const struct recording *recording)
{
    char text[WORDS_CHARS];

    (void)snprintf(text, sizeof text,
                   "%smuster: %zu %s stored for sure; to go on, add --from-line %zu\n",
                   recording->cli->is_terminal ? "\n" : "", recording->n_stored,
                   points_are(recording->n_stored), recording->done_line + 1);
    cli_interrupt_says(text);
}

static enum cli_exit send_form(struct recording *recording)
{
    size_t n_refused = recording->n_refused;
    struct cli_reply reply;
    enum cli_exit exit;

    if (recording->n_pending == 0)
        return CLI_OK;
    exit = cli_api(recording->cli,
                   &(struct cli_call){.who = CLI_GIVEN_CIK,
                                      .method = "POST",
                                      .path = "/onep:v1/stack/record",
                                      .form = &recording->form,
                                      .subject = recording->alias,
                                      .reasons = CLI_DATA_REASONS,
                                      .in_form = 409},
                   &reply);
    if (exit == CLI_OK && reply.status == 409)
        show_refused(recording, mst_buf_span(&reply.body));
    cli_reply_fini(&reply);
    if (exit != CLI_OK)
        return exit;
    recording->n_stored += recording->n_pending - (recording->n_refused - n_refused);
    recording->done_line = recording->last_line;
    begin_form(recording);
    cli_progress_at(&recording->progress, recording->n_stored);
    say_at_interrupt(recording);
    return CLI_OK;
}

static enum cli_exit add_point(struct recording *recording, const struct cli_point *point)
{
    char at[TIME_CHARS];

    if (point->line < recording->from_line)
        return CLI_OK;
    (void)snprintf(at, sizeof at, "%lld", (long long)point->at);
    cli_form_add(&recording->form, mst_span_str(at), point->value);
    if (recording->n_pending++ == 0)
        recording->first_line = point->line;
    recording->last_line = point->line;
    return recording->n_pending == POINTS_MAX || recording->form.len > BODY_FULL
               ? send_form(recording)
               : CLI_OK;
}

/* ---- the file ---- */

static enum cli_exit bad_file(struct recording *recording, enum mst_err err, size_t line)
{
    if (err == MST_EINVAL)
        return cli_fail(recording->cli, CLI_LOCAL, "%s: line %zu: %s", recording->path, line,
                        recording->file.problem);
    if (err == MST_EIO)
        return cli_fail(recording->cli, CLI_LOCAL, "cannot read %s: %s", recording->path,
                        strerror(errno));
    return cli_no_memory(recording->cli);
}

static enum cli_exit send_all(struct recording *recording)
{
    struct cli_point point;
    enum cli_exit exit = CLI_OK, sent;
    enum mst_err err = MST_OK;

    while (exit == CLI_OK && ((err = cli_point_file_next(&recording->file, &point)) == MST_OK ||
                              (err == MST_EINVAL && point.line < recording->from_line)))
        exit = add_point(recording, &point);
    if (exit != CLI_OK)
        return exit;
    sent = send_form(recording); /* what came before a bad line too */
    return err == MST_ENOENT || sent != CLI_OK ? sent : bad_file(recording, err, point.line);
}

static enum cli_exit open_file(struct recording *recording)
{
    struct cli *cli = recording->cli;
    const char *format = cli_options_text(&cli->options, "format");
    const char *dot = strrchr(recording->path, '.');
    bool is_stdin = strcmp(recording->path, "-") == 0;
    int fd;

    if (format != NULL && strcmp(format, "csv") != 0 && strcmp(format, "json") != 0)
        return cli_fail(cli, CLI_USAGE, "--format is csv or json");
    if (format == NULL)
        format = dot != NULL && strncmp(dot, ".json", 5) == 0 ? "json" : "csv";
    if (is_stdin && cli->is_stdin_read)
        return cli_fail(cli, CLI_USAGE, "standard input can be read once only");
    cli->is_stdin_read = cli->is_stdin_read || is_stdin;
    fd = is_stdin ? dup(STDIN_FILENO) : open(recording->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return bad_file(recording, MST_EIO, 0);
    return cli_point_file_open(&recording->file, fd, strcmp(format, "json") == 0) == MST_OK
               ? CLI_OK
               : cli_no_memory(cli);
}

/* ---- the command ---- */

/* Clients have none, and what dispatches have is not written by alias. */
static bool has_points(const json_t *info)
{
    const char *type = json_string_value(json_object_get(json_object_get(info, "basic"), "type"));

    return type != NULL && (strcmp(type, "dataport") == 0 || strcmp(type, "datarule") == 0);
}

/* The server skips aliases that the device does not have and says nothing. */
static enum cli_exit check_alias(struct recording *recording)
{
    struct cli_rpc_auth auth = {0};
    json_t *info = NULL;
    bool is_token;
    enum cli_exit exit = cli_api_key(recording->cli, CLI_GIVEN_CIK, &auth.cik, &is_token);

    if (exit == CLI_OK)
        exit = cli_rpc_one(recording->cli, &auth, "info",
                           json_pack("[o, {s:b}]", cli_rpc_alias(recording->alias), "basic", 1),
                           "invalid", &info);
    if (exit == CLI_OK && !has_points(info))
        exit = cli_fail(recording->cli, CLI_REFUSED, "%s: the device has no %s", recording->alias,
                        info == NULL ? "such alias" : "dataport of that alias");
    json_decref(info);
    return exit;
}

static enum cli_exit tell(struct recording *recording, enum cli_exit exit)
{
    struct cli *cli = recording->cli;

    if (exit != CLI_OK) {
        cli_warn(cli, "%zu %s stored%s; when that is mended, go on with --from-line %zu",
                 recording->n_stored, points_are(recording->n_stored),
                 exit == CLI_UNREACHABLE || exit == CLI_SERVER
                     ? " for sure, and maybe some that were under way"
                     : "",
                 recording->done_line + 1);
        return exit;
    }
    if (recording->n_refused > 0)
        return cli_fail(cli, CLI_REFUSED,
                        "%zu %s stored, %zu %s not: two were less than a second apart",
                        recording->n_stored, points_are(recording->n_stored), recording->n_refused,
                        recording->n_refused == 1 ? "is" : "are");
    if (cli->is_json)
        (void)fprintf(cli->out, "{\"result\":\"recorded\",\"points\":%zu}\n", recording->n_stored);
    else
        (void)fprintf(cli->out, "%zu %s stored\n", recording->n_stored,
                      points_are(recording->n_stored));
    return CLI_OK;
}

enum cli_exit cli_data_record(struct cli *cli)
{
    struct recording recording = {
        .cli = cli, .alias = cli->options.operands[0], .path = cli->options.operands[1]};
    enum cli_exit exit;

    if (cli_options_number(&cli->options, "from-line", 1, UINT64_MAX, 1, &recording.from_line) !=
        MST_OK)
        return cli_fail(cli, CLI_USAGE, "%s", cli->options.problem);
    recording.done_line = (size_t)recording.from_line - 1;
    exit = open_file(&recording);
    if (exit != CLI_OK)
        return exit;
    mst_buf_init(&recording.form, MST_DATA_BODY_MAX);
    begin_form(&recording);
    exit = check_alias(&recording);
    if (exit == CLI_OK) {
        cli_progress_begin(&recording.progress, cli, 0);
        exit = send_all(&recording);
        cli_progress_end(&recording.progress);
        cli_interrupt_says(NULL);
        exit = tell(&recording, exit);
    }
    mst_buf_fini(&recording.form);
    cli_point_file_close(&recording.file);
    return exit;
}

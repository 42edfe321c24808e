/* message.c - what a command says when it fails, to people or as JSON. */
#include <stdarg.h>

#include "cli/output.h"
#include "cli/progress.h"

enum { MESSAGE_MAX = 2048 };

static void print_failure(struct cli *cli, enum cli_exit exit, long status, const char *text)
{
    json_t *error;

    cli_progress_clear(cli);
    if (!cli->is_json) {
        (void)fprintf(cli->err, "muster%s%s: ", cli->command_name[0] != '\0' ? " " : "",
                      cli->command_name);
        cli_print_clean(cli->err, mst_span_str(text));
        (void)fputc('\n', cli->err);
        return;
    }
    error = json_pack("{s:{s:i, s:o}}", "error", "exit", (int)exit, "text",
                      cli_json_text(mst_span_str(text)));
    if (status != 0)
        (void)json_object_set_new(json_object_get(error, "error"), "status", json_integer(status));
    (void)json_dumpf(error, cli->err, JSON_COMPACT);
    (void)fputc('\n', cli->err);
    json_decref(error);
}

enum cli_exit cli_fail(struct cli *cli, enum cli_exit exit, const char *fmt, ...)
{
    char text[MESSAGE_MAX];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    print_failure(cli, exit, 0, text);
    return exit;
}

enum cli_exit cli_fail_status(struct cli *cli, enum cli_exit exit, long status, const char *fmt,
                              ...)
{
    char text[MESSAGE_MAX];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    print_failure(cli, exit, status, text);
    return exit;
}

void cli_warn(struct cli *cli, const char *fmt, ...)
{
    va_list args;

    cli_progress_clear(cli);
    (void)fprintf(cli->err, "muster: ");
    va_start(args, fmt);
    (void)vfprintf(cli->err, fmt, args);
    va_end(args);
    (void)fputc('\n', cli->err);
}

enum cli_exit cli_no_memory(struct cli *cli)
{
    return cli_fail(cli, CLI_LOCAL, "out of memory");
}

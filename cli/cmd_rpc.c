/* cmd_rpc.c - "muster rpc": one call from the command line (protocol.md 2.15.4). */
#include <string.h>

#include "base/limits.h"
#include "cli/output.h"
#include "cli/procedures.h"
#include "cli/profile.h"
#include "cli/rpc.h"
#include "cli/status.h"

enum { TIME_CHARS = 64, WAIT_MS_USUAL = 30000 };

static const struct cli_option OPTIONS[] = {
    CLI_RPC_OPTIONS,
    {"grant-file", "FILE", "call with this grant token instead of a key; - reads standard input"},
    CLI_OPTIONS_END
};

/* A RID and a plain word stand for themselves; the rest is JSON. NULL: it looks like JSON and is none. */
static json_t *read_argument(const char *text)
{
    json_t *value = NULL;

    if (!cli_rpc_is_rid(text))
        value = json_loads(text, JSON_DECODE_ANY, NULL);
    if (value == NULL && strchr("{[\"", text[0]) == NULL)
        value = json_string(text);
    if (value == NULL && text[0] == '\0')
        value = json_string("");
    return value;
}

static enum cli_exit read_arguments(struct cli *cli, json_t **ret_arguments)
{
    json_t *arguments = json_array();

    for (size_t i = 1; i < cli->options.n_operands; i++) {
        json_t *argument = read_argument(cli->options.operands[i]);

        if (argument == NULL) {
            json_decref(arguments);
            return cli_fail(cli, CLI_USAGE, "argument %zu is no JSON: %s", i,
                            cli->options.operands[i]);
        }
        if (json_array_append_new(arguments, argument) != 0) {
            json_decref(arguments);
            return cli_no_memory(cli);
        }
    }
    *ret_arguments = arguments;
    return CLI_OK;
}

/* ---- the result, for people ---- */

static void print_value(struct cli *cli, const json_t *value)
{
    if (json_is_string(value))
        cli_print_clean(cli->out, mst_span_of(json_string_value(value), json_string_length(value)));
    else
        (void)json_dumpf(value, cli->out, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
}

/* A point: [ts, value]. */
static bool is_point(const json_t *value)
{
    return json_is_array(value) && json_array_size(value) == 2 &&
           json_is_integer(json_array_get(value, 0)) && !json_is_array(json_array_get(value, 1));
}

static void print_point(struct cli *cli, const json_t *point)
{
    char time[TIME_CHARS];

    cli_time_text(json_integer_value(json_array_get(point, 0)), time, sizeof time);
    (void)fprintf(cli->out, "%s  ", time);
    print_value(cli, json_array_get(point, 1));
}

static void print_row(struct cli *cli, const json_t *row)
{
    if (is_point(row))
        print_point(cli, row);
    else
        print_value(cli, row);
    (void)fputc('\n', cli->out);
}

static void print_result(struct cli *cli, const json_t *result)
{
    const char *key;
    json_t *value;
    size_t i;

    if (cli->is_json) {
        (void)json_dumpf(result, cli->out, JSON_COMPACT | JSON_ENCODE_ANY);
        (void)fputc('\n', cli->out);
    } else if (json_is_null(result)) {
        (void)fputs("ok\n", cli->out);
    } else if (json_is_object(result)) {
        json_object_foreach((json_t *)result, key, value)
        {
            cli_print_clean(cli->out, mst_span_str(key));
            (void)fputs(strlen(key) < 12 ? &"             "[strlen(key)] : "  ", cli->out);
            print_row(cli, value);
        }
    } else if (json_is_array(result) && !is_point(result)) {
        json_array_foreach(result, i, value) print_row(cli, value);
    } else {
        print_row(cli, result);
    }
}

/* The procedure wait is answered when there is a value, or the time in its options is over. */
static uint64_t held_s(const char *procedure, const json_t *arguments)
{
    const json_t *timeout = json_object_get(json_array_get(arguments, 1), "timeout");
    double ms = json_is_number(timeout) ? json_number_value(timeout) : WAIT_MS_USUAL;

    if (strcmp(procedure, "wait") != 0 || !(ms > 0))
        return 0;
    return (uint64_t)(ms < MST_WAIT_MS_MAX ? ms : MST_WAIT_MS_MAX) / 1000 + 1;
}

/* With a grant token, which acts for the client that it was made for, or as any caller. */
static enum cli_exit find_caller(struct cli *cli, struct cli_secret *grant,
                                 struct cli_rpc_auth *ret_auth)
{
    const char *path = cli_options_text(&cli->options, "grant-file");
    enum cli_exit exit;

    if (path == NULL)
        return cli_rpc_caller(cli, CLI_VENDOR_CIK, ret_auth);
    if (cli_options_has(&cli->options, "as") || cli_options_has(&cli->options, "client-id") ||
        cli_options_has(&cli->options, "cik-file"))
        return cli_fail(cli, CLI_USAGE,
                        "--grant-file says who calls: leave out --as, --client-id and --cik-file");
    exit = cli_secret_read(cli, path, grant);
    if (exit == CLI_OK)
        *ret_auth = (struct cli_rpc_auth){.grant = &grant->handle};
    return exit;
}

static enum cli_exit run(struct cli *cli)
{
    struct cli_secret grant = {0};
    struct cli_rpc_auth auth;
    json_t *arguments = NULL, *result = NULL;
    enum cli_exit exit = read_arguments(cli, &arguments);

    if (exit == CLI_OK)
        exit = find_caller(cli, &grant, &auth);
    cli->held_s = held_s(cli->options.operands[0], arguments);
    if (exit == CLI_OK)
        exit = cli_rpc_one(cli, &auth, cli->options.operands[0], json_incref(arguments), NULL,
                           &result);
    if (exit == CLI_OK)
        print_result(cli, result);
    json_decref(arguments);
    json_decref(result);
    mst_secret_wipe(&grant, sizeof grant);
    return exit;
}

#define AS_LINE(name, arguments) "  " name " " arguments "\n"

static const struct cli_command COMMANDS[] = {
    {.usage = "PROCEDURE ARGUMENT...",
     .summary = "make one call of the RPC, and show its result",
     .more =
         "Each argument is JSON; a RID and a plain word stand for themselves. The key is one that "
         "was\n"
         "given (--cik-file, MUSTER_CIK), or else the profile's of --as, which is the vendor's "
         "unless\n"
         "said otherwise. With --json the result is printed as the server sent it; null is none.\n"
         "A status other than ok ends with 1, and is the second word of the message: read: "
         "invalid: ...\n"
         "\n"
         "Procedures and their arguments, of which docs/rpc-api.md tells the rest:\n"
         "\n" CLI_PROCEDURES(AS_LINE) "\n"
                                      "A RESOURCE or CLIENT is a RID, '{\"alias\":\"temp\"}' for a "
                                      "child of the caller, or\n"
                                      "'{\"alias\":\"\"}' for the caller itself.\n"
                                      "\n"
                                      "Examples:\n"
                                      "  muster rpc info '{\"alias\":\"\"}' '{\"basic\":true}'\n"
                                      "  muster rpc listing '{\"alias\":\"\"}' '[\"client\"]' "
                                      "'{\"owned\":true}' --as portal "
                                      "--json\n"
                                      "  muster rpc read '{\"alias\":\"temp\"}' '{\"limit\":10}' "
                                      "--as portal --client-id RID\n", .min_operands = 1,
     .max_operands = SIZE_MAX,
     .options = OPTIONS,
     .run = run},
};

const struct cli_noun cli_noun_rpc = {"rpc", "one call of the RPC", COMMANDS, 1};

/* cmd_clock.c - "muster clock": what to do after the server's clock was wrong. */
#include <string.h>

#include "cli/api.h"
#include "cli/output.h"

static const struct cli_field FIELDS[] = {
    {"closed", "windows closed"},
    CLI_FIELDS_END
};

static const struct cli_reason REASONS[] = {
    {401, "this needs the root client's CIK: give --cik-file root.cik"},
    {403, "this needs the root client's CIK: give --cik-file root.cik"},
    CLI_REASONS_END
};

static enum cli_exit run_reset(struct cli *cli)
{
    struct cli_reply reply;
    json_t *object = NULL;
    enum cli_exit exit = cli_api(cli,
                                 &(struct cli_call){.who = CLI_GIVEN_CIK,
                                                    .method = "POST",
                                                    .path = "/muster/v1/clock/reset",
                                                    .reasons = REASONS},
                                 &reply);

    if (exit == CLI_OK && reply.body.len > 0)
        object = json_loadb(reply.body.ptr, reply.body.len, 0, NULL);
    if (exit == CLI_OK && !json_is_integer(json_object_get(object, "closed")))
        exit = cli_fail(cli, CLI_SERVER, "the reply is not one of a muster server");
    if (exit == CLI_OK)
        cli_print_object(cli, object, FIELDS);
    json_decref(object);
    cli_reply_fini(&reply);
    return exit;
}

static const struct cli_command COMMANDS[] = {
    {.name = "reset",
     .usage = "",
     .summary = "close every open activation window",
     .more = "After the machine's clock ran ahead: all pending devices become expired and must be\n"
             "enabled again; activated ones are not touched. Needs the root client's CIK.\n"
             "\n"
             "Example:\n"
             "  muster --cik-file data/root.cik clock reset\n", .run = run_reset},
};

const struct cli_noun cli_noun_clock = {"clock", "after the server's clock was wrong", COMMANDS, 1};

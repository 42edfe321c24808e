/* cmd_clock.c - "muster clock": what to do after the server's clock was wrong. */
#include <string.h>

#include "api.h"
#include "output.h"

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
    uint64_t closed = 0;
    json_t *object;
    enum cli_exit exit = cli_api(cli,
                                 &(struct cli_call){.who = CLI_GIVEN_CIK,
                                                    .method = "POST",
                                                    .path = "/muster/v1/clock/reset",
                                                    .reasons = REASONS},
                                 &reply);

    if (exit == CLI_OK &&
        mst_span_u64(mst_buf_span(&reply.body), UINT64_MAX / 2, &closed) != MST_OK)
        exit = cli_fail(cli, CLI_SERVER, "the reply is not a number");
    cli_reply_fini(&reply);
    if (exit != CLI_OK)
        return exit;
    object = json_pack("{s:I}", "closed", (json_int_t)closed);
    if (object == NULL)
        return cli_no_memory(cli);
    cli_print_object(cli, object, FIELDS);
    json_decref(object);
    return CLI_OK;
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

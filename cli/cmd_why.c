/* cmd_why.c - "muster why": why can this serial number not activate? */
#include "cli/why.h"

static const struct cli_option OPTIONS[] = {
    {"vendor", "NAME", "as the device sends it (without this: the token's own)"},
    CLI_OPTIONS_END
};

static enum cli_exit run(struct cli *cli)
{
    const char *model = cli->options.operands[0], *sn = cli->options.operands[1];
    json_t *answer;
    enum cli_exit exit =
        cli_why_get(cli, cli_options_text(&cli->options, "vendor"), model, sn, &answer);

    if (exit == CLI_OK)
        exit = cli_why_show(cli, model, sn, answer);
    json_decref(answer);
    return exit;
}

static const struct cli_command COMMANDS[] = {
    {.usage = "MODEL SN",
     .summary = "why a serial number cannot activate, and what to do",
     .more = "Give model and serial number just as the device sends them. The server goes through\n"
             "what it checks when a device calls in, and names the first thing that stands in the\n"
             "way; or says that nothing does, and how long the window is still open. Nothing is\n"
             "changed. The exit status is 0 whatever the answer.\n"
             "\n"
             "Examples:\n"
             "  muster why thermo 0001\n"
             "  muster why thermo 01:02:03:04:05:0a --vendor acme --json\n", .min_operands = 2,
     .max_operands = 2,
     .options = OPTIONS,
     .run = run},
};

const struct cli_noun cli_noun_why = {"why", "why a serial number cannot activate", COMMANDS, 1};

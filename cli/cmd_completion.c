/* cmd_completion.c - "muster completion": lets a shell complete commands, options and files. */
#include "cli/completion.h"

static enum cli_exit run_bash(struct cli *cli)
{
    cli_completion_bash(cli->out);
    return CLI_OK;
}

static const struct cli_command COMMANDS[] = {
    {.name = "bash",
     .usage = "",
     .summary = "print the completion for bash",
     .more = "'make install' puts it where bash finds it. For one shell:\n"
             "\n"
             "Example:\n"
             "  eval \"$(muster completion bash)\"\n", .run = run_bash},
};

const struct cli_noun cli_noun_completion = {"completion", "completion of commands in a shell",
                                             COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0]};

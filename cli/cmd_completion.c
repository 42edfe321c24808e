/* cmd_completion.c - "muster completion": lets a shell complete commands, options, procedures of the RPC and files. */
#include "cli/completion.h"

static enum cli_exit run_bash(struct cli *cli)
{
    cli_completion_print(cli->out, &cli_dialect_bash);
    return CLI_OK;
}

static enum cli_exit run_zsh(struct cli *cli)
{
    cli_completion_print(cli->out, &cli_dialect_zsh);
    return CLI_OK;
}

static enum cli_exit run_fish(struct cli *cli)
{
    cli_completion_print(cli->out, &cli_dialect_fish);
    return CLI_OK;
}

static const struct cli_command COMMANDS[] = {
    {.name = "bash",
     .usage = "",
     .summary = "print the completion for bash",
     .more = "'make install' puts it where bash finds it. For one shell:\n"
             "\n"
             "Example:\n"
             "  eval \"$(muster completion bash)\"\n",  .run = run_bash},
    {.name = "zsh",
     .usage = "",
     .summary = "print the completion for zsh",
     .more =
         "'make install' puts it where zsh finds it. For one shell, after compinit, it is read\n"
         "with: source <(muster completion zsh)\n"
         "\n"
         "Example:\n"
         "  muster completion zsh >_muster\n",          .run = run_zsh },
    {.name = "fish",
     .usage = "",
     .summary = "print the completion for fish",
     .more = "'make install' puts it where fish finds it; below /usr/local only if XDG_DATA_DIRS "
             "names\n"
             "/usr/local/share, so that ~/.config/fish/completions/muster.fish may be the better\n"
             "place. For one shell it is read with: muster completion fish | source\n"
             "\n"
             "Example:\n"
             "  muster completion fish >muster.fish\n", .run = run_fish},
};

const struct cli_noun cli_noun_completion = {"completion", "completion of commands in a shell",
                                             COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0]};

/* completion.h - completion for bash, made from the table of commands. */
#ifndef MST_CLI_COMPLETION_H
#define MST_CLI_COMPLETION_H

#include "cli/cli.h"

void cli_completion_bash(FILE *out);

#endif

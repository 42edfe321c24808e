/* man.h - the manual page muster(1), made from the table of commands: for `make docs`. */
#ifndef MST_CLI_MAN_H
#define MST_CLI_MAN_H

#include "cli/cli.h"

void cli_man_print(FILE *out);

#endif

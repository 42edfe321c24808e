/* export.h - "muster sn export": all that a model lists, as a file. */
#ifndef MST_CLI_EXPORT_H
#define MST_CLI_EXPORT_H

#include "cli/cli.h"

extern const struct cli_option cli_export_options[];
enum cli_exit cli_export_run(struct cli *cli);

#endif

/* import.h - "muster sn import": lists of serial numbers of any size, as a job. */
#ifndef MST_CLI_IMPORT_H
#define MST_CLI_IMPORT_H

#include "cli/cli.h"

extern const struct cli_option cli_import_options[];
enum cli_exit cli_import_run(struct cli *cli);

#endif

/* names.h - names that a server takes and that old device libraries have no room for. */
#ifndef MST_CLI_NAMES_H
#define MST_CLI_NAMES_H

#include "cli/cli.h"

/* What the C client libraries hold (protocol.md 4). */
enum { CLI_VENDOR_FITS_ALL = 15, CLI_NAME_FITS = 20, CLI_SN_FITS = 40 };

/* Each warns, once, if the name is too long for some. */
void cli_names_check_vendor(struct cli *cli, const char *vendor);
void cli_names_check_model(struct cli *cli, const char *model);
/* n_long serial numbers are too long; the first of them. */
void cli_names_tell_long(struct cli *cli, size_t n_long, struct mst_span first);

#endif

#include "cli/names.h"

#include <string.h>

void cli_names_check_vendor(struct cli *cli, const char *vendor)
{
    size_t len = strlen(vendor);

    if (len > CLI_NAME_FITS)
        cli_warn(cli,
                 "the vendor name %s has %zu characters: C device libraries have room for %d, some "
                 "for %d only",
                 vendor, len, CLI_NAME_FITS, CLI_VENDOR_FITS_ALL);
    else if (len > CLI_VENDOR_FITS_ALL)
        cli_warn(cli,
                 "the vendor name %s has %zu characters: some C device libraries have room for %d",
                 vendor, len, CLI_VENDOR_FITS_ALL);
}

void cli_names_check_model(struct cli *cli, const char *model)
{
    size_t len = strlen(model);

    if (len > CLI_NAME_FITS)
        cli_warn(cli, "the model name %s has %zu characters: C device libraries have room for %d",
                 model, len, CLI_NAME_FITS);
}

void cli_names_tell_long(struct cli *cli, size_t n_long, struct mst_span first)
{
    if (n_long == 1)
        cli_warn(cli,
                 "the serial number %.*s has %zu characters: C device libraries have room for %d",
                 (int)first.len, first.ptr, first.len, CLI_SN_FITS);
    else if (n_long > 1)
        cli_warn(cli,
                 "%zu serial numbers, %.*s the first of them, have more than %d characters: C "
                 "device libraries have no room for them",
                 n_long, (int)first.len, first.ptr, CLI_SN_FITS);
}

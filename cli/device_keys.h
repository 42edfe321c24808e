/* device_keys.h - "muster device import-key": keys that devices have from elsewhere. */
#ifndef MST_CLI_DEVICE_KEYS_H
#define MST_CLI_DEVICE_KEYS_H

#include "cli/cli.h"

extern const struct cli_option CLI_IMPORT_KEY_OPTIONS[];
enum cli_exit cli_device_import_key(struct cli *cli);

#endif

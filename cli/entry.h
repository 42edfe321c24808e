/* entry.h - making and deleting what a model has by name: groups, content (protocol.md 2.7, 2.8). */
#ifndef MST_CLI_ENTRY_H
#define MST_CLI_ENTRY_H

#include "cli/api.h"

struct cli_entries {
    const char *noun; /* of one of them; its key in JSON */
    const char *path; /* of all, up to the model's name */
    const struct cli_reason *reasons;
};

/* Both work on the operands MODEL NAME. Making takes the option --meta; flag is one more parameter
   that is said to be true, or NULL. */
enum cli_exit cli_entry_create(struct cli *cli, const struct cli_entries *entries,
                               const char *flag);
/* Only with --yes; losses says what goes along with it. */
enum cli_exit cli_entry_delete(struct cli *cli, const struct cli_entries *entries,
                               const char *losses);

#endif

/* status.h - one serial number: calls about it, where it stands, what that means. */
#ifndef MST_CLI_STATUS_H
#define MST_CLI_STATUS_H

#include "cli/api.h"

struct cli_status {
    const char *model, *sn; /* borrowed */
    const char *word; /* "unused", "notactivated", "activated", "expired", "locked", "orphaned" */
    bool has_rid;
    char rid[MST_HANDLE_CHARS + 1];
    bool has_extra; /* the server tells the text only while there is a device */
    struct mst_buf extra;
};

/* status must be cleared with cli_status_fini in any case. */
enum cli_exit cli_status_get(struct cli *cli, const char *model, const char *sn,
                             struct cli_status *ret_status);
enum cli_exit cli_status_show(struct cli *cli, const struct cli_status *status);
void cli_status_fini(struct cli_status *status);

/* 2026-01-31 23:59:58Z */
void cli_time_text(int64_t at, char *ret_text, size_t max);

#endif

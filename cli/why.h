/* why.h - what stands between a serial number and what was asked for it (GET /muster/v1/why). */
#ifndef MST_CLI_WHY_H
#define MST_CLI_WHY_H

#include "cli/api.h"

/* The server's answer, an object; without vendor the caller's own is meant. CLI_OK, or what went
   wrong was said. */
enum cli_exit cli_why_get(struct cli *cli, const char *vendor, const char *model, const char *sn,
                          json_t **ret_answer);

/* Conflicts of calls on a serial number, whose names are model and serial number. */
void cli_why_not_enabled(struct cli *cli, const struct cli_call *call, struct mst_buf *ret_text);
void cli_why_not_reenabled(struct cli *cli, const struct cli_call *call, struct mst_buf *ret_text);
/* The old serial number is the command's second operand. */
void cli_why_not_moved(struct cli *cli, const struct cli_call *call, struct mst_buf *ret_text);

/* Shows an answer: verdict, meaning, what to do, and the facts. */
enum cli_exit cli_why_show(struct cli *cli, const char *model, const char *sn, json_t *answer);

#endif

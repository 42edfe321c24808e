/* listed.h - calls on a serial number that must be listed: when it is not, what is missing? */
#ifndef MST_CLI_LISTED_H
#define MST_CLI_LISTED_H

#include "cli/api.h"

/*
 * A call with names {model, sn} on CLI_MODELS, by the vendor: path and who are filled in. A 404, which
 * the server answers for either, is told apart: the model is not there, or the reason that the call
 * has for 404. Leaves also[1] to this.
 */
enum cli_exit cli_listed_call(struct cli *cli, const struct cli_call *call,
                              struct cli_reply *ret_reply);
/* CLI_OK if the model is there; otherwise it was said that it is not. */
enum cli_exit cli_listed_model(struct cli *cli, const char *model);

#endif

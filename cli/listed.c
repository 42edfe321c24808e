#include "cli/listed.h"

enum { NOT_FOUND = 404 };

static const struct cli_reason MODEL_REASONS[] = {
    {NOT_FOUND, "there is no such model: see 'muster model list'"},
    CLI_REASONS_END
};

enum cli_exit cli_listed_model(struct cli *cli, const char *model)
{
    if (cli_api_lender(cli) != NULL) /* a model that is not shared is 403 */
        return CLI_OK;
    return cli_api_done(cli, &(struct cli_call){.who = CLI_VENDOR,
                                                .method = "GET",
                                                .path = CLI_MODELS,
                                                .names = {model},
                                                .reasons = MODEL_REASONS});
}

static const char *reason_of(const struct cli_reason *reasons)
{
    while (reasons->text != NULL && reasons->status != NOT_FOUND)
        reasons = &reasons[1];
    return reasons->text != NULL ? reasons->text : "no such serial number of this model";
}

enum cli_exit cli_listed_call(struct cli *cli, const struct cli_call *call,
                              struct cli_reply *ret_reply)
{
    struct cli_call own = *call;
    enum cli_exit exit;

    own.who = CLI_VENDOR;
    own.path = CLI_MODELS;
    own.also[1] = NOT_FOUND;
    exit = cli_api(cli, &own, ret_reply);
    if (exit != CLI_OK || ret_reply->status != NOT_FOUND)
        return exit;
    exit = cli_listed_model(cli, call->names[0]);
    if (exit != CLI_OK)
        return exit;
    return cli_fail_status(cli, CLI_REFUSED, NOT_FOUND, "%s %s: %d: %s", call->names[0],
                           call->names[1], NOT_FOUND, reason_of(call->reasons));
}

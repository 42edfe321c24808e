#include "cli/listed.h"

enum { PATH_TEXT_MAX = 4096, NOT_FOUND = 404 };

static const struct cli_reason MODEL_REASONS[] = {
    {NOT_FOUND, "there is no such model: see 'muster model list'"},
    CLI_REASONS_END
};

enum cli_exit cli_listed_model(struct cli *cli, const char *model)
{
    struct cli_reply reply = {0};
    struct mst_buf path;
    enum cli_exit exit;

    mst_buf_init(&path, PATH_TEXT_MAX);
    cli_model_path(&path, model, NULL, "");
    if (mst_buf_err(&path) != MST_OK)
        exit = cli_fail(cli, CLI_USAGE, "the model's name is too long");
    else
        exit = cli_api(cli,
                       &(struct cli_call){.who = CLI_VENDOR,
                                          .method = "GET",
                                          .path = path.ptr,
                                          .subject = model,
                                          .reasons = MODEL_REASONS},
                       &reply);
    cli_reply_fini(&reply);
    mst_buf_fini(&path);
    return exit;
}

static const char *reason_of(const struct cli_reason *reasons)
{
    while (reasons->text != NULL && reasons->status != NOT_FOUND)
        reasons = &reasons[1];
    return reasons->text != NULL ? reasons->text : "no such serial number of this model";
}

enum cli_exit cli_listed_call(struct cli *cli, const struct cli_sn_call *call,
                              struct cli_reply *ret_reply)
{
    struct cli_sn_call own = *call;
    enum cli_exit exit;

    own.also[1] = NOT_FOUND;
    exit = cli_sn_call(cli, &own, ret_reply);
    if (exit != CLI_OK || ret_reply->status != NOT_FOUND)
        return exit;
    exit = cli_listed_model(cli, call->model);
    if (exit != CLI_OK)
        return exit;
    return cli_fail_status(cli, CLI_REFUSED, NOT_FOUND, "%s %s: %d: %s", call->model, call->sn,
                           NOT_FOUND, reason_of(call->reasons));
}

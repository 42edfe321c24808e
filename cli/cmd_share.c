/* cmd_share.c - "muster share": models lent to other vendors (protocol.md 2.9). */
#include "cli/api.h"
#include "cli/csv.h"
#include "cli/listed.h"
#include "cli/output.h"

enum { FORM_MAX = 4096, NOT_FOUND = 404 };

static const char PATH[] = "/provision/manage/share/";

static const struct cli_field FIELDS[] = {
    {"vendor", "VENDOR"},
    CLI_FIELDS_END
};

static const struct cli_reason REASONS[] = {
    {400, "name another vendor: a model is not shared with the vendor that has it"},
    {404, "there is no such model: see 'muster model list'"                       },
    CLI_REASONS_END
};

/* A call about the vendor of the command line; missing: what 404 means if the model is there. */
static enum cli_exit change(struct cli *cli, const struct cli_call *call, const char *missing)
{
    const char *model = cli->options.operands[0], *vendor = cli->options.operands[1];
    struct cli_call own = *call;
    struct cli_reply reply = {0};
    enum cli_exit exit;

    own.who = CLI_VENDOR;
    own.path = PATH;
    own.reasons = REASONS;
    own.also[0] = NOT_FOUND;
    exit = cli_api(cli, &own, &reply);
    if (exit == CLI_OK && reply.status == NOT_FOUND) {
        exit = cli_listed_model(cli, model);
        if (exit == CLI_OK)
            exit = cli_fail_status(cli, CLI_REFUSED, NOT_FOUND, "%s: %d: %s", vendor, NOT_FOUND,
                                   missing);
    }
    cli_reply_fini(&reply);
    return exit;
}

static enum cli_exit run_add(struct cli *cli)
{
    const char *model = cli->options.operands[0], *vendor = cli->options.operands[1];
    struct mst_buf form;
    enum cli_exit exit;

    mst_buf_init(&form, FORM_MAX);
    cli_form_add_str(&form, "vendor", vendor);
    exit = change(
        cli, &(struct cli_call){.method = "POST", .names = {model}, .tail = "/", .form = &form},
        "there is no such vendor on this server");
    mst_buf_fini(&form);
    return exit == CLI_OK ? cli_print_done(cli, "vendor", vendor, "may use it") : exit;
}

static enum cli_exit run_remove(struct cli *cli)
{
    const char *model = cli->options.operands[0], *vendor = cli->options.operands[1];
    enum cli_exit exit =
        change(cli,
               &(struct cli_call){
                   .method = "DELETE", .names = {model, vendor}
    },
               "the model is not shared with that vendor: see 'muster share list'");

    return exit == CLI_OK ? cli_print_done(cli, "vendor", vendor, "may not use it any more") : exit;
}

static enum cli_exit list_row(void *arg, const struct cli_csv_row *row)
{
    return cli_list_row(arg, json_pack("{s:o}", "vendor", cli_json_text(row->fields[0])));
}

static enum cli_exit run_list(struct cli *cli)
{
    const struct cli_call call = {.who = CLI_VENDOR,
                                  .path = PATH,
                                  .names = {cli->options.operands[0]},
                                  .tail = "/",
                                  .reasons = REASONS};
    struct cli_list list;
    enum cli_exit exit = cli_list_begin(&list, cli, FIELDS);

    if (exit == CLI_OK)
        exit = cli_api_rows(cli, &call, "a list of vendors", list_row, &list);
    if (exit == CLI_OK)
        cli_list_end(&list, "shared with no other vendor");
    cli_list_fini(&list);
    return exit;
}

#define ONE_SHARE .usage = "MODEL VENDOR", .min_operands = 2, .max_operands = 2

static const struct cli_command COMMANDS[] = {
    {.name = "add",
     ONE_SHARE,         .summary = "let another vendor enable devices of a model",
     .more = "That vendor enables serial numbers of the model for owners of its own, and sees and\n"
             "manages those that it enabled and no others; it adds and deletes none. Devices call\n"
             "in with the name of the model's vendor as before.\n"
             "\n"
             "The other vendor sees it with 'muster model list --shared', and gives --vendor NAME\n"
             "to the commands of 'muster sn' and 'muster device'.\n"
             "\n"
             "Example:\n"
             "  muster share add thermo umbrella\n", .run = run_add   },
    {.name = "list",
     .usage = "MODEL",
     .summary = "the vendors that a model is shared with",
     .more = "What one of them enabled: 'muster sn list MODEL --shared VENDOR'.\n"
             "\n"
             "Example:\n"
             "  muster share list thermo\n",         .min_operands = 1,
     .max_operands = 1,
     .run = run_list},
    {.name = "remove",
     ONE_SHARE, .summary = "take a model back from a vendor",
     .more =
         "What it enabled works on, but only the model's own vendor can manage it from now on.\n"
         "\n"
         "Example:\n"
         "  muster share remove thermo umbrella\n",                                      .run = run_remove          },
};

const struct cli_noun cli_noun_share = {"share", "models lent to other vendors", COMMANDS,
                                        sizeof COMMANDS / sizeof COMMANDS[0]};

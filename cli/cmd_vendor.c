/* cmd_vendor.c - "muster vendor": the name under which a vendor's devices call in (protocol.md 2.10). */
#include "cli/api.h"
#include "base/limits.h"
#include "cli/names.h"
#include "cli/output.h"

enum { FORM_MAX = 4096 };

static const char PATH[] = "/provision/register";

static const struct cli_option UNREGISTER_OPTIONS[] = {
    {"yes", NULL, "do it: the vendor's models, serial numbers and tokens go with it"},
    CLI_OPTIONS_END
};

static const struct cli_field FIELDS[] = {
    {"vendor", "vendor"},
    CLI_FIELDS_END
};

static const struct cli_reason REASONS[] = {
    {400, "the name is not one a vendor may have: 1 to 64 of A-Z a-z 0-9 _ - ."                  },
    {403, "only a client made by the root client may have a vendor name: 'muster init' makes one"},
    {404, "this client has no such vendor name: see 'muster vendor show'"                        },
    {409, "the name belongs to another client, or this client has another name: see 'muster vendor "
          "show'"                                                                       },
    CLI_REASONS_END
};

/* done: what came of it. */
static enum cli_exit change(struct cli *cli, bool is_delete, const char *done)
{
    const char *vendor = cli->options.operands[0];
    struct mst_buf form;
    enum cli_exit exit;

    mst_buf_init(&form, FORM_MAX);
    if (is_delete)
        cli_form_add_str(&form, "delete", "true");
    cli_form_add_str(&form, "vendor", vendor);
    exit = cli_api_done(cli, &(struct cli_call){.who = CLI_VENDOR_CIK,
                                                .method = "POST",
                                                .path = PATH,
                                                .form = &form,
                                                .subject = vendor,
                                                .reasons = REASONS});
    mst_buf_fini(&form);
    return exit == CLI_OK ? cli_print_done(cli, "vendor", vendor, done) : exit;
}

static enum cli_exit run_register(struct cli *cli)
{
    cli_names_check_vendor(cli, cli->options.operands[0]);
    return change(cli, false, "registered");
}

static enum cli_exit run_unregister(struct cli *cli)
{
    if (!cli_options_has(&cli->options, "yes"))
        return cli_fail(cli, CLI_USAGE,
                        "all models, serial numbers and tokens of %s would be deleted, though "
                        "devices keep their keys: add --yes to do it",
                        cli->options.operands[0]);
    return change(cli, true, "unregistered");
}

static enum cli_exit run_show(struct cli *cli)
{
    struct cli_reply reply = {0};
    json_t *object = json_object();
    enum cli_exit exit = cli_api(
        cli,
        &(struct cli_call){.who = CLI_VENDOR, .method = "GET", .path = PATH, .reasons = REASONS},
        &reply);

    if (exit == CLI_OK && !cli_json_set(object, "vendor", mst_buf_span(&reply.body)))
        exit = cli_no_memory(cli);
    if (exit == CLI_OK)
        cli_print_object(cli, object, FIELDS);
    json_decref(object);
    cli_reply_fini(&reply);
    return exit;
}

static const struct cli_command COMMANDS[] = {
    {.name = "register",
     .usage = "NAME",
     .summary = "give the client of a vendor CIK its vendor name",
     .more = "Needs the vendor's CIK, of a client that the root client made. 'muster init' does "
             "this and\n"
             "all the rest; this is for clients made otherwise. A client has one name at most.\n"
             "\n"
             "Example:\n"
             "  muster --cik-file vendor.cik vendor register acme\n", .min_operands = 1,
     .max_operands = 1,
     .run = run_register},
    {                  .name = "show",
     .usage = "",
     .summary = "the vendor name that a token or CIK stands for",
     .more = "Also tells whether server and key are right.\n"
             "\n"
             "Example:\n"
             "  muster vendor show\n",               .run = run_show                 },
    { .name = "unregister",
     .usage = "NAME",
     .summary = "give the vendor name back",
     .more =
         "The vendor's models, serial numbers, logs and tokens go. Devices stay, and their keys\n"
         "work on. Needs the vendor's CIK.\n"
         "\n"
         "Example:\n"
         "  muster vendor unregister acme --yes\n",                                           .min_operands = 1,
     .max_operands = 1,
     .options = UNREGISTER_OPTIONS,
     .run = run_unregister},
};

const struct cli_noun cli_noun_vendor = {"vendor", "the name under which devices call in", COMMANDS,
                                         sizeof COMMANDS / sizeof COMMANDS[0]};

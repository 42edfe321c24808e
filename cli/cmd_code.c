/* cmd_code.c - "muster code": share codes (protocol.md 2.15.4), by which a template or data is given away. */
#include <string.h>

#include "cli/output.h"
#include "cli/profile.h"
#include "cli/rpc.h"

static const struct cli_option CREATE_OPTIONS[] = {
    {"meta", "TEXT", "text kept with the code: for whom it is, for example"},
    CLI_OPTIONS_END
};

static const struct cli_option REVOKE_OPTIONS[] = {
    {"yes", NULL, "do it: who has the code loses what it gave"},
    CLI_OPTIONS_END
};

static const struct cli_field LIST_FIELDS[] = {
    {"code",      "CODE"   },
    {"activator", "USED BY"},
    {"meta",      "TEXT"   },
    CLI_FIELDS_END
};

/* The operand, or the template of the profile; NULL, and the user is told, if there is neither. */
static const char *which_resource(struct cli *cli)
{
    const char *rid =
        cli->options.n_operands > 0 ? cli->options.operands[0] : cli->saved.template_rid;

    if (rid == NULL)
        (void)cli_fail(cli, CLI_USAGE,
                       "of which resource? Give its RID, or keep a template in a profile ('muster "
                       "init --help')");
    return rid;
}

static const char NO_RESOURCE[] =
    "there is no such resource: a RID is 40 digits 0-9a-f, and what it "
    "names lies below the vendor";
static const char NO_CODE[] =
    "there is no such code, or it was revoked already: see 'muster code list'";

/* One call by the vendor; missing: what to say if there is nothing of the name. */
static enum cli_exit call(struct cli *cli, const char *procedure, json_t *arguments,
                          const char *missing, json_t **ret_result)
{
    struct cli_rpc_auth auth = {0};
    bool is_token;
    enum cli_exit exit = cli_api_key(cli, CLI_VENDOR_CIK, &auth.cik, &is_token);

    if (exit != CLI_OK) {
        json_decref(arguments);
        return exit;
    }
    exit = cli_rpc_one(cli, &auth, procedure, arguments, "invalid", ret_result);
    return exit == CLI_OK && *ret_result == NULL ? cli_fail(cli, CLI_REFUSED, "%s", missing) : exit;
}

static enum cli_exit run_create(struct cli *cli)
{
    const char *meta = cli_options_text(&cli->options, "meta");
    const char *rid = which_resource(cli);
    json_t *code = NULL, *object = NULL;
    enum cli_exit exit;

    if (rid == NULL)
        return CLI_USAGE;
    exit = call(cli, "share", json_pack("[s, {s:s}]", rid, "meta", meta != NULL ? meta : ""),
                NO_RESOURCE, &code);
    if (exit == CLI_OK && !json_is_string(code))
        exit = cli_fail(cli, CLI_SERVER, "the server answered with no code");
    if (exit == CLI_OK && cli->is_json) {
        object = json_pack("{s:s, s:O}", "rid", rid, "code", code);
        if (object != NULL)
            cli_print_object(cli, object, NULL);
        else
            exit = cli_no_memory(cli);
    } else if (exit == CLI_OK) {
        cli_print_clean(cli->out, mst_span_of(json_string_value(code), json_string_length(code)));
        (void)fputc('\n', cli->out);
    }
    json_decref(object);
    json_decref(code);
    return exit;
}

static enum cli_exit run_list(struct cli *cli)
{
    const char *rid = which_resource(cli);
    json_t *result = NULL;
    const json_t *shares;
    struct cli_list list;
    enum cli_exit exit;

    if (rid == NULL)
        return CLI_USAGE;
    exit = call(cli, "info", json_pack("[s, [s]]", rid, "shares"), NO_RESOURCE, &result);
    if (exit != CLI_OK)
        return exit;
    shares = json_object_get(result, "shares");
    exit = cli_list_begin(&list, cli, LIST_FIELDS);
    for (size_t i = 0; i < json_array_size(shares) && exit == CLI_OK; i++)
        exit = cli_list_row(&list, json_incref(json_array_get(shares, i)));
    if (exit == CLI_OK)
        cli_list_end(&list, "no codes: make one with 'muster code create'");
    cli_list_fini(&list);
    json_decref(result);
    return exit;
}

static enum cli_exit run_revoke(struct cli *cli)
{
    const char *code = cli->options.operands[0];
    json_t *result = NULL;
    enum cli_exit exit;

    if (!cli_options_has(&cli->options, "yes"))
        return cli_fail(cli, CLI_USAGE,
                        "models that were made by this code can add no devices any more, and its "
                        "user reads nothing any more; devices stay. Say --yes if that is meant");
    exit = call(cli, "revoke", json_pack("[s, s]", "share", code), NO_CODE, &result);
    json_decref(result);
    return exit == CLI_OK ? cli_print_done(cli, "code", code, "revoked") : exit;
}

static const struct cli_command COMMANDS[] = {
    {.name = "create",
     .usage = "[RID]",
     .summary = "make a share code for a template",
     .more =
         "Another vendor makes a model of the template with it ('muster model create --code'),\n"
         "or a client reads the resource. One code is for one of them. Without RID it is for the\n"
         "profile's template. Needs the vendor's CIK.\n"
         "\n"
         "Example:\n"
         "  muster code create --meta 'for our partner'\n", .max_operands = 1,
     .options = CREATE_OPTIONS,
     .run = run_create                         },
    { .name = "list",
     .usage = "[RID]",
     .summary = "the codes of a template, and who uses them",
     .more =
         "USED BY is the RID of the client that has activated the code. Needs the vendor's CIK;\n"
         "codes of what the vendor does not own directly are shown to the direct owner.\n"
         "\n"
         "Example:\n"
         "  muster code list --json\n",  .max_operands = 1,
     .run = run_list        },
    {                              .name = "revoke",
     .usage = "CODE",
     .summary = "take a code back: it gives nothing any more",
     .more = "Models made by it stay, and their devices work on; adding a device is refused until\n"
             "they get another template ('muster model set'). Needs the vendor's CIK.\n"
             "\n"
             "Example:\n"
             "  muster code revoke 0123456789abcdef0123456789abcdef01234567 --yes\n",                             .min_operands = 1,
     .max_operands = 1,
     .options = REVOKE_OPTIONS,
     .run = run_revoke},
};

const struct cli_noun cli_noun_code = {"code", "codes that give a template to another vendor",
                                       COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0]};

/* cmd_device.c - "muster device": an owner adds, re-adds, swaps, disables and drops devices. */
#include <string.h>

#include "cli/api.h"
#include "cli/output.h"
#include "cli/profile.h"
#include "cli/rpc.h"
#include "cli/status.h"

enum { FORM_MAX = 4096 };

static const struct cli_option ENABLE_OPTIONS[] = {
    {"owner", "RID", "the client that owns the device; default: the profile's portal"},
    CLI_OPTIONS_END
};

static const struct cli_reason ENABLE_REASONS[] = {
    {400, "the owner must be a RID: 40 characters out of 0-9a-f"                                        },
    {403, "the owner does not exist, or is not below the vendor's domain client"                        },
    {404, "no such serial number of this model: see 'muster sn list', add it with 'muster sn add'"      },
    {409, "it has a device already (then 'muster device reenable' gives it a new key), or the "
          "owner has no "
          "room for one more client, or the model's template was dropped ('muster model show')"},
    CLI_REASONS_END
};

static const struct cli_reason REENABLE_REASONS[] = {
    {404, "no such serial number of this model: see 'muster sn list', add it with 'muster sn add'"},
    {409,
     "it has no device: it was never added to an owner, or its client was dropped; add it with "
     "'muster device enable'"                                                                     },
    CLI_REASONS_END
};

static const struct cli_reason REMAP_REASONS[] = {
    {404, "one of the serial numbers is not in the platform: add the new one with 'muster sn add'"},
    {409, "the new serial number has a device already, or the old one has none: see 'muster sn "
          "status' of both"                                                              },
    CLI_REASONS_END
};

/* POST on the serial number, whose reply goes to ret_body if that is not NULL. */
static enum cli_exit post(struct cli *cli, const char *sn, struct mst_span form,
                          const struct cli_reason *reasons, struct cli_secret *ret_rid)
{
    struct cli_reply reply;
    enum cli_exit exit = cli_sn_call(cli,
                                     &(struct cli_sn_call){.method = "POST",
                                                           .model = cli->options.operands[0],
                                                           .sn = sn,
                                                           .query = "",
                                                           .form = form,
                                                           .reasons = reasons},
                                     &reply);

    if (exit == CLI_OK && ret_rid != NULL && !cli_secret_parse(mst_buf_span(&reply.body), ret_rid))
        exit = cli_fail(cli, CLI_SERVER, "the reply is not a RID");
    cli_reply_fini(&reply);
    return exit;
}

/* {"model", "sn", "result"[, "rid"]} for programs, a line for people. */
static enum cli_exit done(struct cli *cli, const char *sn, const char *result, const char *hint,
                          const struct cli_secret *rid)
{
    json_t *object =
        json_pack("{s:s, s:s, s:s}", "model", cli->options.operands[0], "sn", sn, "result", result);

    if (rid != NULL && !cli_json_set(object, "rid", mst_handle_span(&rid->handle)))
        json_decref(object), object = NULL;
    if (object == NULL)
        return cli_no_memory(cli);
    if (cli->is_json) {
        cli_print_object(cli, object, NULL);
    } else {
        (void)fprintf(cli->out, "%s %s: %s", cli->options.operands[0], sn, result);
        if (rid != NULL)
            (void)fprintf(cli->out, ", RID %.*s", MST_HANDLE_CHARS, rid->handle.text);
        (void)fprintf(cli->out, "%s%s\n", hint[0] != '\0' ? "; " : "", hint);
    }
    json_decref(object);
    return CLI_OK;
}

static enum cli_exit run_enable(struct cli *cli)
{
    const char *sn = cli->options.operands[1];
    const char *owner = cli_options_text(&cli->options, "owner");
    struct cli_secret rid = {0};
    struct mst_buf form;
    enum cli_exit exit;

    if (owner == NULL)
        owner = cli->saved.portal_rid;
    if (owner == NULL)
        return cli_fail(cli, CLI_USAGE,
                        "who owns it? Give --owner RID, or keep a portal in a profile ('muster "
                        "init --help')");
    mst_buf_init(&form, FORM_MAX);
    cli_form_add_str(&form, "enable", "true");
    cli_form_add_str(&form, "owner", owner);
    if (mst_buf_err(&form) != MST_OK)
        exit = cli_fail(cli, CLI_USAGE, "a RID has 40 characters");
    else
        exit = post(cli, sn, mst_buf_span(&form), ENABLE_REASONS, &rid);
    mst_buf_fini(&form);
    return exit == CLI_OK ? done(cli, sn, "enabled", "it may call in now", &rid) : exit;
}

static enum cli_exit run_reenable(struct cli *cli)
{
    const char *sn = cli->options.operands[1];
    enum cli_exit exit = post(cli, sn, MST_LIT("enable=true"), REENABLE_REASONS, NULL);

    return exit == CLI_OK ? done(cli, sn, "re-enabled",
                                 "its old key is dead, it may call in for a new one now", NULL)
                          : exit;
}

static enum cli_exit run_disable(struct cli *cli)
{
    const char *sn = cli->options.operands[1];
    enum cli_exit exit = post(cli, sn, MST_LIT("disable=true"), REENABLE_REASONS, NULL);

    return exit == CLI_OK ? done(cli, sn, "disabled", "its key is dead", NULL) : exit;
}

static enum cli_exit run_remap(struct cli *cli)
{
    const char *old_sn = cli->options.operands[1], *sn = cli->options.operands[2];
    struct mst_buf form;
    enum cli_exit exit;

    mst_buf_init(&form, FORM_MAX);
    cli_form_add_str(&form, "enable", "true");
    cli_form_add_str(&form, "oldsn", old_sn);
    if (mst_buf_err(&form) != MST_OK)
        exit = cli_fail(cli, CLI_USAGE, "the serial number is too long");
    else
        exit = post(cli, sn, mst_buf_span(&form), REMAP_REASONS, NULL);
    mst_buf_fini(&form);
    return exit == CLI_OK
               ? done(cli, sn, "has the device now", "it may call in for its key now", NULL)
               : exit;
}

static enum cli_exit run_status(struct cli *cli)
{
    struct cli_status status;
    enum cli_exit exit =
        cli_status_get(cli, cli->options.operands[0], cli->options.operands[1], &status);

    if (exit == CLI_OK)
        exit = cli_status_show(cli, &status);
    cli_status_fini(&status);
    return exit;
}

/* The client behind a serial number; without one there is nothing to do. */
static enum cli_exit find_client(struct cli *cli, struct cli_status *ret_status)
{
    enum cli_exit exit =
        cli_status_get(cli, cli->options.operands[0], cli->options.operands[1], ret_status);

    if (exit == CLI_OK && !ret_status->has_rid)
        exit = cli_fail(cli, CLI_REFUSED, "%s %s has no device: it is %s", ret_status->model,
                        ret_status->sn, ret_status->word);
    return exit;
}

static enum cli_exit run_drop(struct cli *cli)
{
    struct cli_status status;
    struct cli_rpc_auth auth = {0};
    json_t *result = NULL;
    bool is_token;
    enum cli_exit exit = cli_api_key(cli, CLI_VENDOR_CIK, &auth.cik, &is_token);

    if (exit != CLI_OK)
        return exit;
    exit = find_client(cli, &status);
    if (exit == CLI_OK)
        exit = cli_rpc_one(cli, &auth, "drop", json_pack("[s]", status.rid), NULL, &result);
    json_decref(result);
    cli_status_fini(&status);
    return exit == CLI_OK ? done(cli, cli->options.operands[1], "dropped",
                                 "device and data are gone; 'muster sn delete' frees the serial "
                                 "number",
                                 NULL)
                          : exit;
}

static enum cli_exit run_key(struct cli *cli)
{
    struct cli_status status;
    struct cli_rpc_auth auth = {0};
    struct mst_handle key;
    json_t *object = NULL;
    bool is_token;
    enum cli_exit exit = cli_api_key(cli, CLI_PORTAL_CIK, &auth.cik, &is_token);

    if (exit != CLI_OK)
        return exit;
    exit = find_client(cli, &status);
    if (exit == CLI_OK)
        exit = cli_rpc_key(cli, &auth, json_string(status.rid), &key);
    if (exit == CLI_OK && !cli->is_json) {
        (void)fprintf(cli->out, "%.*s\n", MST_HANDLE_CHARS, key.text);
    } else if (exit == CLI_OK) {
        object = json_pack("{s:s, s:s, s:s}", "model", status.model, "sn", status.sn, "status",
                           status.word);
        if (cli_json_set(object, "cik", mst_handle_span(&key)))
            cli_print_object(cli, object, NULL);
        else
            exit = cli_no_memory(cli);
    }
    mst_secret_wipe(&key, sizeof key);
    json_decref(object);
    cli_status_fini(&status);
    return exit;
}

#define ONE_DEVICE .usage = "MODEL SN", .min_operands = 2, .max_operands = 2

static const struct cli_command COMMANDS[] = {
    {.name = "enable",
     ONE_DEVICE,                                                        .summary = "add a device to an owner: it may call in for its key",
     .more = "Makes the device as a copy of the model's template, below the owner, and opens the\n"
             "activation window (24 hours unless the model says otherwise).\n"
             "\n"
             "Example:\n"
             "  muster device enable thermo 0001\n",                                                                             .options = ENABLE_OPTIONS,
     .run = run_enable},
    {.name = "reenable",
     ONE_DEVICE,                                              .summary = "a new key and a new window; the old key dies at once",
     .more =
         "For a device that lost its key, missed its window, was disabled, or whose key may be\n"
         "known to others. Data, aliases and RID stay.\n"
         "\n"
         "Example:\n"
         "  muster device reenable thermo 0001\n", .run = run_reenable                                                                                                         },
    {.name = "disable",
     ONE_DEVICE,                                               .summary = "its key dies at once; data stay",
     .more = "Example:\n"
             "  muster device disable thermo 0001\n",                     .run = run_disable                                                                                                      },
    {.name = "remap",
     .usage = "MODEL OLD-SN NEW-SN",
     .summary = "swap the hardware: data and RID go over to another serial number",
     .more = "The new serial number must be listed and without a device. The key of the old unit "
             "dies;\n"
             "the new one calls in for its own.\n"
             "\n"
             "Example:\n"
             "  muster device remap thermo 0001 0002\n",                                              .min_operands = 3,
     .max_operands = 3,
     .run = run_remap},
    {.name = "status",
     ONE_DEVICE,                                                  .summary = "where it stands, and what to do next",
     .more = "Example:\n"
             "  muster device status thermo 0001\n",                                                                                        .run = run_status                                                                                                                                           },
    {.name = "key",
     ONE_DEVICE, .summary = "show the owner the device's CIK",
     .more = "Needs the CIK of the direct owner (the portal). While the device is notactivated "
             "this is\n"
             "the key that its activation will give.\n"
             "\n"
             "Example:\n"
             "  muster device key thermo 0001\n",.run = run_key                                                                                                                                           },
    {.name = "drop",
     ONE_DEVICE,       .summary = "delete the device and all its data",
     .more = "Cannot be undone. The serial number stays listed (orphaned) until it is deleted or\n"
             "enabled anew. Needs the vendor's CIK.\n"
             "\n"
             "Example:\n"
             "  muster device drop thermo 0001\n",                                                                                             .run = run_drop                                                                                                                                           },
};

const struct cli_noun cli_noun_device = {"device", "add, re-add, swap and disable devices",
                                         COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0]};

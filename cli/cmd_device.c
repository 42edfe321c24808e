/* cmd_device.c - "muster device": an owner adds, re-adds, swaps, disables and drops devices. */
#include <string.h>

#include "cli/api.h"
#include "cli/device_keys.h"
#include "cli/listed.h"
#include "cli/output.h"
#include "cli/profile.h"
#include "cli/progress.h"
#include "cli/rpc.h"
#include "cli/serials.h"
#include "cli/why.h"
#include "cli/status.h"

enum { FORM_MAX = 4096 };

static const struct cli_option ENABLE_OPTIONS[] = {
    {"owner",        "RID",  "the client that owns the device; default: the profile's portal" },
    {"file",         "FILE", "CSV as for sn add; - reads standard input"                      },
    {"heading",      NULL,   "leave out the first row of the file"                            },
    {"skip-enabled", NULL,   "pass over serial numbers that have a device already"            },
    {"progress",     NULL,   "tell after each call how far it is, also when not on a terminal"},
    CLI_LENDER_OPTION,
    CLI_OPTIONS_END
};

static const struct cli_option REENABLE_OPTIONS[] = {
    {"file",     "FILE", "CSV as for sn add; - reads standard input"                      },
    {"heading",  NULL,   "leave out the first row of the file"                            },
    {"progress", NULL,   "tell after each call how far it is, also when not on a terminal"},
    CLI_LENDER_OPTION,
    CLI_OPTIONS_END
};

static const struct cli_option LENDER_OPTIONS[] = {CLI_LENDER_OPTION, CLI_OPTIONS_END};

static const struct cli_option DROP_OPTIONS[] = {
    {"yes", NULL, "do it: the device and all its data go for good"},
    CLI_LENDER_OPTION,
    CLI_OPTIONS_END
};

static const struct cli_reason ENABLE_REASONS[] = {
    {400, "the owner must be a RID: 40 characters out of 0-9a-f"                                  },
    {403, "the owner does not exist, or is not below the vendor's domain client"                  },
    {404, "no such serial number of this model: see 'muster sn list', add it with 'muster sn add'"},
    {409,
     "it has a device already (then 'muster device reenable' gives it a new key), or the "
     "owner has no "
     "room for one more client, or the model's template is gone, its code was revoked ('muster "
     "model show'), or it stores more points than are copied"                                     },
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

/* POST on the serial number. */
static enum cli_exit post(struct cli *cli, const char *sn, struct mst_span form,
                          const struct cli_reason *reasons, cli_conflict *conflict)
{
    struct cli_reply reply;
    enum cli_exit exit = cli_listed_call(cli,
                                         &(struct cli_call){
                                             .method = "POST",
                                             .names = {cli->options.operands[0], sn},
                                             .content_type = CLI_FORM,
                                             .body = form,
                                             .reasons = reasons,
                                             .conflict = conflict
    },
                                         &reply);

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

/* ---- one or many: enable, reenable ---- */

struct outcome {
    bool is_skipped;
    struct cli_secret rid; /* not set: not told */
};

struct bulk;

/* What is done to each serial number, and the words for it. */
struct deed {
    const char *word;      /* "enabled" */
    const char *then;      /* what one can do now */
    const char *then_many; /* and what many can */
    const char *go_on;     /* how to do the rest after one failed */
    enum cli_exit (*run)(struct bulk *bulk, const char *sn, struct outcome *ret);
};

struct bulk {
    struct cli *cli;
    const struct deed *deed;
    const char *owner;
    struct cli_serials serials;
    struct cli_progress progress;
    struct cli_list list;
    size_t n_done, n_skipped;
    bool is_skipping;
};

static enum cli_exit do_one(struct bulk *bulk)
{
    struct cli *cli = bulk->cli;
    const char *sn = cli->options.operands[1];
    struct outcome outcome = {0};
    enum cli_exit exit = bulk->deed->run(bulk, sn, &outcome);

    if (exit != CLI_OK)
        return exit;
    return done(cli, sn, outcome.is_skipped ? "skipped" : bulk->deed->word,
                outcome.is_skipped ? "it has a device already" : bulk->deed->then,
                outcome.rid.is_set ? &outcome.rid : NULL);
}

static enum cli_exit do_nth(struct bulk *bulk, size_t i)
{
    char sn[MST_SN_MAX + 1];
    struct outcome outcome = {0};
    enum cli_exit exit;
    json_t *row;

    cli_serials_text(&bulk->serials, i, sn);
    exit = bulk->deed->run(bulk, sn, &outcome);
    if (exit != CLI_OK)
        return exit;
    bulk->n_done += outcome.is_skipped ? 0 : 1;
    bulk->n_skipped += outcome.is_skipped ? 1 : 0;
    cli_progress_at(&bulk->progress, i + 1);
    if (!bulk->cli->is_json)
        return CLI_OK;
    row = json_pack("{s:s, s:s}", "sn", sn, "result",
                    outcome.is_skipped ? "skipped" : bulk->deed->word);
    if (outcome.rid.is_set && !cli_json_set(row, "rid", mst_handle_span(&outcome.rid.handle)))
        json_decref(row), row = NULL;
    return cli_list_row(&bulk->list, row);
}

static void show_done(struct bulk *bulk, bool is_whole)
{
    struct cli *cli = bulk->cli;

    if (cli->is_json)
        cli_list_end(&bulk->list, "");
    else if (is_whole && bulk->n_skipped > 0)
        (void)fprintf(cli->out, "%zu %s, %zu skipped (they have a device already)\n", bulk->n_done,
                      bulk->deed->word, bulk->n_skipped);
    else if (is_whole)
        (void)fprintf(cli->out, "%zu %s; %s\n", bulk->n_done, bulk->deed->word,
                      bulk->deed->then_many);
}

/* A rerun stops at the same serial number again if it is the one that was refused. */
static void tell_stop(struct bulk *bulk, size_t at, enum cli_exit exit)
{
    size_t n = bulk->serials.n_items;
    struct cli *cli = bulk->cli;
    char sn[MST_SN_MAX + 1];

    if (n < 2)
        return;
    cli_serials_text(&bulk->serials, at, sn);
    if (exit == CLI_REFUSED)
        cli_warn(cli,
                 "%zu of %zu had been %s before %s, which stopped it: mend what is said of it, or "
                 "take it out of the list; then %s",
                 at, n, bulk->deed->word, sn, bulk->deed->go_on);
    else
        cli_warn(cli, "%zu of %zu had been %s before %s; %s", at, n, bulk->deed->word, sn,
                 bulk->deed->go_on);
}

static enum cli_exit do_many(struct bulk *bulk)
{
    struct cli *cli = bulk->cli;
    size_t n = bulk->serials.n_items, i = 0;
    enum cli_exit exit = cli_list_begin(&bulk->list, cli, NULL);

    if (exit != CLI_OK)
        return exit;
    cli_progress_begin(&bulk->progress, cli, n);
    for (; exit == CLI_OK && i < n; i++)
        exit = do_nth(bulk, i);
    cli_progress_end(&bulk->progress);
    /* What was done before one failed is told all the same. */
    if (exit == CLI_OK || bulk->n_done + bulk->n_skipped > 0)
        show_done(bulk, exit == CLI_OK);
    if (exit != CLI_OK)
        tell_stop(bulk, i - 1, exit);
    cli_list_fini(&bulk->list);
    return exit;
}

static enum cli_exit run_bulk(struct bulk *bulk)
{
    struct cli *cli = bulk->cli;
    enum cli_exit exit;

    cli_serials_init(&bulk->serials);
    exit = cli_serials_given(cli, &bulk->serials);
    if (exit == CLI_OK)
        exit = cli->options.n_operands == 2 ? do_one(bulk) : do_many(bulk);
    cli_serials_fini(&bulk->serials);
    return exit;
}

/* ---- enable ---- */

/* The RID of a device that was there before; a refusal for any other reason is said. */
static enum cli_exit find_enabled(struct cli *cli, const char *sn, struct cli_secret *ret_rid)
{
    struct cli_status status;
    enum cli_exit exit = cli_status_get(cli, cli->options.operands[0], sn, &status);

    if (exit == CLI_OK && (!status.has_rid || strcmp(status.word, "orphaned") == 0 ||
                           !cli_secret_parse(mst_span_str(status.rid), ret_rid)))
        exit =
            cli_fail(cli, CLI_REFUSED,
                     "%s %s: 409 although it has no device: the owner has no room for one more "
                     "client, or the model's template is gone, its code was revoked ('muster model "
                     "show'), or it stores more points than are copied",
                     cli->options.operands[0], sn);
    cli_status_fini(&status);
    return exit;
}

static enum cli_exit enable(struct bulk *bulk, const char *sn, struct outcome *ret)
{
    struct cli *cli = bulk->cli;
    struct cli_reply reply = {0};
    struct mst_buf form;
    enum cli_exit exit;

    mst_buf_init(&form, FORM_MAX);
    cli_form_add_str(&form, "enable", "true");
    cli_form_add_str(&form, "owner", bulk->owner);
    exit = cli_listed_call(cli,
                           &(struct cli_call){
                               .method = "POST",
                               .names = {cli->options.operands[0], sn},
                               .form = &form,
                               .reasons = ENABLE_REASONS,
                               .conflict = cli_why_not_enabled,
                               .also = {bulk->is_skipping ? 409 : 0                       }
    },
                           &reply);
    ret->is_skipped = reply.status == 409;
    if (exit == CLI_OK && ret->is_skipped)
        exit = find_enabled(cli, sn, &ret->rid);
    else if (exit == CLI_OK && !cli_secret_parse(mst_buf_span(&reply.body), &ret->rid))
        exit = cli_fail(cli, CLI_SERVER, "the reply is not a RID");
    cli_reply_fini(&reply);
    mst_buf_fini(&form);
    return exit;
}

static enum cli_exit run_enable(struct cli *cli)
{
    static const struct deed ENABLE = {
        .word = "enabled",
        .then = "it may call in now",
        .then_many = "they may call in now",
        .go_on = "--skip-enabled goes on from there",
        .run = enable,
    };
    struct bulk bulk = {
        .cli = cli,
        .deed = &ENABLE,
        .owner = cli_options_text(&cli->options, "owner"),
        .is_skipping = cli_options_has(&cli->options, "skip-enabled"),
    };

    if (bulk.owner == NULL)
        bulk.owner = cli->saved.portal_rid;
    if (bulk.owner == NULL)
        return cli_fail(cli, CLI_USAGE,
                        "who owns it? Give --owner RID, or keep one in a profile: 'muster profile "
                        "set --portal RID'");
    return run_bulk(&bulk);
}

/* ---- reenable ---- */

static enum cli_exit reenable(struct bulk *bulk, const char *sn, struct outcome *ret)
{
    (void)ret;
    return post(bulk->cli, sn, MST_LIT("enable=true"), REENABLE_REASONS, cli_why_not_reenabled);
}

static enum cli_exit run_reenable(struct cli *cli)
{
    static const struct deed REENABLE = {
        .word = "re-enabled",
        .then = "its old key is dead, it may call in for a new one now",
        .then_many = "their old keys are dead, they may call in for new ones now",
        .go_on =
            "give the rest of the list alone: a second re-enabling ends what keys were fetched "
            "since the first",
        .run = reenable,
    };
    struct bulk bulk = {.cli = cli, .deed = &REENABLE};

    return run_bulk(&bulk);
}

/* ---- disable, remap, status ---- */

static enum cli_exit run_disable(struct cli *cli)
{
    const char *sn = cli->options.operands[1];
    enum cli_exit exit =
        post(cli, sn, MST_LIT("disable=true"), REENABLE_REASONS, cli_why_not_reenabled);

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
        exit = post(cli, sn, mst_buf_span(&form), REMAP_REASONS, cli_why_not_moved);
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
    enum cli_exit exit;

    if (!cli_options_has(&cli->options, "yes"))
        return cli_fail(
            cli, CLI_USAGE,
            "this deletes the device of %s %s and all its data, which cannot be undone. "
            "Say --yes if that is meant",
            cli->options.operands[0], cli->options.operands[1]);
    exit = cli_api_key(cli, CLI_VENDOR_CIK, &auth.cik, &is_token);
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
     .usage = "MODEL SN... | MODEL --file FILE",
     .summary = "add devices to an owner: they may call in for their keys",
     .more = "Makes each device as a copy of the model's template, below the owner, and opens its\n"
             "activation window (24 hours unless the model says otherwise). Every serial number\n"
             "is a call of its own; if a long run was interrupted, --skip-enabled goes on.\n"
             "\n"
             "Examples:\n"
             "  muster device enable thermo 0001\n"
             "  muster device enable thermo --file serials.csv --skip-enabled\n"
             "  muster device enable thermo 0001 --vendor acme --owner RID\n",                                 .min_operands = 1,
     .max_operands = SIZE_MAX,
     .options = ENABLE_OPTIONS,
     .is_for_borrowers = true,
     .run = run_enable},
    {.name = "reenable",
     .usage = "MODEL SN... | MODEL --file FILE",
     .min_operands = 1,
     .max_operands = SIZE_MAX,
     .options = REENABLE_OPTIONS,
     .summary = "a new key and a new window; the old key dies at once",
     .more =
         "For a device that lost its key, missed its window, was disabled, or whose key may be\n"
         "known to others. Data, aliases and RID stay. Many are done as by device enable: every\n"
         "serial number is a call of its own, and the first that fails stops the rest.\n"
         "\n"
         "Examples:\n"
         "  muster device reenable thermo 0001\n"
         "  muster device reenable thermo --file serials.csv\n",                                                   .is_for_borrowers = true,
     .run = run_reenable},
    {.name = "disable",
     ONE_DEVICE, .summary = "its key dies at once; data stay",
     .more = "Example:\n"
             "  muster device disable thermo 0001\n",                                                                                    .options = LENDER_OPTIONS,
     .is_for_borrowers = true,
     .run = run_disable                     },
    {.name = "remap",
     .usage = "MODEL OLD-SN NEW-SN",
     .summary = "swap the hardware: data and RID go over to another serial number",
     .more = "The new serial number must be listed and without a device. The key of the old unit "
             "dies;\n"
             "the new one calls in for its own.\n"
             "\n"
             "Example:\n"
             "  muster device remap thermo 0001 0002\n",                                                                                     .min_operands = 3,
     .max_operands = 3,
     .options = LENDER_OPTIONS,
     .is_for_borrowers = true,
     .run = run_remap},
    {.name = "status",
     ONE_DEVICE,                                                                    .summary = "where it stands, and what to do next",
     .more = "Example:\n"
             "  muster device status thermo 0001\n",                                                                                 .options = LENDER_OPTIONS,
     .is_for_borrowers = true,
     .run = run_status                                          },
    {.name = "key",
     ONE_DEVICE,                                       .summary = "show the owner the device's CIK",
     .more = "Needs the CIK of the direct owner (the portal). While the device is notactivated "
             "this is\n"
             "the key that its activation will give.\n"
             "\n"
             "Example:\n"
             "  muster device key thermo 0001\n",                                                                                 .options = LENDER_OPTIONS,
     .is_for_borrowers = true,
     .run = run_key  },
    {.name = "import-key",
     .usage = "MODEL SN --key-file FILE | MODEL --file FILE | --clients --file FILE",
     .max_operands = 2,
     .summary = "keep the key that a device has in its firmware",
     .more =
         "For a fleet whose keys were given by another server, or are hard-coded: each becomes "
         "the\n"
         "device's key here, in force at once. Pending, expired and disabled devices take one; "
         "one\n"
         "that is activated needs --replace. With --owner, serial numbers without a device are\n"
         "enabled in the same go. The same file again changes nothing. Needs the vendor's CIK; "
         "with\n"
         "--clients the root client's will do.\n"
         "\n"
         "Examples:\n"
         "  muster device import-key thermo 0001 --key-file old.key\n"
         "  muster device import-key thermo --file keys.csv --owner RID\n",                                                                                                              .options = CLI_IMPORT_KEY_OPTIONS,
     .run = cli_device_import_key                                      },
    {.name = "drop",
     ONE_DEVICE,                          .summary = "delete the device and all its data",
     .more = "Cannot be undone. The serial number stays listed (orphaned) until it is deleted or\n"
             "enabled anew. Needs the vendor's CIK.\n"
             "\n"
             "Example:\n"
             "  muster device drop thermo 0001 --yes\n", .options = DROP_OPTIONS,
     .is_for_borrowers = true,
     .run = run_drop},
};

const struct cli_noun cli_noun_device = {"device", "add, re-add, swap and disable devices",
                                         COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0]};

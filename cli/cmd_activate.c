/* cmd_activate.c - "muster activate": plays the device that calls in for its key. */
#include <string.h>

#include "cli/api.h"
#include "cli/output.h"
#include "cli/profile.h"

enum { FORM_MAX = 4096 };

static const struct cli_option OPTIONS[] = {
    {"vendor",   "NAME", "default: the profile's"                                 },
    {"save-cik", "FILE", "write the CIK to FILE (mode 0600) instead of showing it"},
    CLI_OPTIONS_END
};

static const struct cli_reason REASONS[] = {
    {400, "vendor, model and serial number must not be empty"                                  },
    {403,
     "there is no such vendor, or it has no such model: check --vendor and 'muster model list'"},
    {404, "the serial number is not in the platform: 'muster why' tells whether one almost like it "
          "is, 'muster sn add' adds it"                                               },
    {409, "not added to an owner yet, already activated, or its window is over: 'muster why' tells "
          "which; 'muster device enable' adds it, 'muster device reenable' gives a new key and a "
          "new window"                                                                },
    CLI_REASONS_END
};

static enum cli_exit show(struct cli *cli, const char *vendor, const struct cli_secret *cik)
{
    const char *path = cli_options_text(&cli->options, "save-cik");
    struct mst_span key = mst_handle_span(&cik->handle);
    json_t *object;
    bool is_good;

    if (!cli->is_json) {
        if (path != NULL)
            (void)fprintf(cli->out, "activated; the CIK is in %s\n", path);
        else
            (void)fprintf(cli->out, "%.*s\n", (int)key.len, key.ptr);
        return CLI_OK;
    }
    object = json_pack("{s:s, s:s, s:s}", "vendor", vendor, "model", cli->options.operands[0], "sn",
                       cli->options.operands[1]);
    is_good = path != NULL ? cli_json_set(object, "cik_file", mst_span_str(path))
                           : cli_json_set(object, "cik", key);
    if (is_good)
        cli_print_object(cli, object, NULL);
    json_decref(object);
    return is_good ? CLI_OK : cli_no_memory(cli);
}

/* The server gives a key once: it must not be lost to a file that cannot be written. */
static enum cli_exit save(struct cli *cli, const struct cli_secret *cik)
{
    const char *path = cli_options_text(&cli->options, "save-cik");
    enum cli_exit exit = CLI_OK;

    if (path != NULL)
        exit = cli_file_replace(cli, path, mst_handle_span(&cik->handle));
    if (exit != CLI_OK)
        cli_warn(cli, "the device is activated all the same; its CIK is %.*s", MST_HANDLE_CHARS,
                 cik->handle.text);
    return exit;
}

static enum cli_exit run(struct cli *cli)
{
    const char *path = cli_options_text(&cli->options, "save-cik");
    const char *vendor = NULL;
    struct cli_secret cik = {0};
    struct cli_reply reply;
    struct mst_buf form, subject;
    enum cli_exit exit = cli_api_vendor(cli, &vendor);

    if (exit == CLI_OK && path != NULL)
        exit = cli_file_check(cli, path);
    if (exit != CLI_OK)
        return exit;
    mst_buf_init(&form, FORM_MAX);
    mst_buf_init(&subject, FORM_MAX);
    cli_form_add_str(&form, "vendor", vendor);
    cli_form_add_str(&form, "model", cli->options.operands[0]);
    cli_form_add_str(&form, "sn", cli->options.operands[1]);
    (void)mst_buf_addf(&subject, "%s %s %s", vendor, cli->options.operands[0],
                       cli->options.operands[1]);
    (void)mst_buf_add_byte(&subject, '\0');
    if (mst_buf_err(&form) != MST_OK || mst_buf_err(&subject) != MST_OK) {
        exit = cli_fail(cli, CLI_USAGE, "the names are too long");
        goto out;
    }
    exit = cli_api(cli,
                   &(struct cli_call){.who = CLI_NOBODY,
                                      .method = "POST",
                                      .path = "/provision/activate",
                                      .content_type = CLI_FORM,
                                      .body = mst_buf_span(&form),
                                      .subject = subject.ptr,
                                      .reasons = REASONS},
                   &reply);
    if (exit == CLI_OK && !cli_secret_parse(mst_buf_span(&reply.body), &cik))
        exit = cli_fail(cli, CLI_SERVER, "the reply is not a CIK");
    cli_reply_fini(&reply);
    if (exit == CLI_OK)
        exit = save(cli, &cik);
    if (exit == CLI_OK)
        exit = show(cli, vendor, &cik);
out:
    mst_secret_wipe(&cik, sizeof cik);
    mst_buf_fini(&form);
    mst_buf_fini(&subject);
    return exit;
}

static const struct cli_command COMMANDS[] = {
    {.usage = "MODEL SN",
     .summary = "call in as the device would, and get its CIK",
     .more =
         "Needs no key. The CIK is given once: whoever calls first has it, and the device itself\n"
         "is then refused until it is re-enabled.\n"
         "\n"
         "Example:\n"
         "  muster activate thermo 0001 --save-cik 0001.cik\n", .min_operands = 2,
     .max_operands = 2,
     .options = OPTIONS,
     .run = run},
};

const struct cli_noun cli_noun_activate = {"activate", "play a device that calls in for its key",
                                           COMMANDS, 1};

/* cmd_model.c - "muster model": kinds of device (protocol.md 2.6.1, 2.6.2). */
#include <string.h>

#include "cli/api.h"
#include "base/limits.h"
#include "cli/csv.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/profile.h"

enum { TEXT_MAX = 8192 };

static const struct cli_option CREATE_OPTIONS[] = {
    {"template", "RID",     "the client that devices are copied from; default: the profile's"},
    {"code",     "CODE",    "a share code for the template, instead of its RID"              },
    {"window",   "SECONDS", "how long a device may call in after it was enabled (86400)"     },
    {"option",   "NAME",    "noaliases, nocomments or nohistorical; may be repeated"         },
    CLI_OPTIONS_END
};

static const struct cli_option SET_OPTIONS[] = {
    {"template",   "RID",     "another template"                                      },
    {"code",       "CODE",    "another template, by its share code"                   },
    {"window",     "SECONDS", "another activation window; 0: the server's own default"},
    {"option",     "NAME",    "the options from now on (all of them); may be repeated"},
    {"no-options", NULL,      "no options from now on"                                },
    CLI_OPTIONS_END
};

static const struct cli_option DELETE_OPTIONS[] = {
    {"yes", NULL, "do it: the model's serial numbers and their logs go with it"},
    CLI_OPTIONS_END
};

static const struct cli_option LIST_OPTIONS[] = {
    {"shared", NULL, "models of other vendors that were shared with this one"},
    CLI_OPTIONS_END
};

static const struct cli_field LIST_FIELDS[] = {
    {"model", "MODEL"},
    CLI_FIELDS_END
};

static const struct cli_field SHARED_FIELDS[] = {
    {"vendor", "VENDOR"},
    {"model",  "MODEL" },
    CLI_FIELDS_END
};

static const struct cli_field SHOW_FIELDS[] = {
    {"model",        "model"       },
    {"template_rid", "template RID"},
    {"share_code",   "share code"  },
    {"options_text", "options"     },
    CLI_FIELDS_END
};

static const struct cli_reason CREATE_REASONS[] = {
    {400,
     "the name, the template, the code or the window is not good: a name is 1 to 64 of A-Z a-z 0-9 "
     "_ - . + and space, the template a client below the vendor, the code one that shares a client "
     "and "
     "that nobody else uses ('muster code list' of who made it), the window 1 to 31536000 seconds"},
    {409, "the vendor has a model of that name: see 'muster model show'"                          },
    CLI_REASONS_END
};

static const struct cli_reason MODEL_REASONS[] = {
    {400,
     "the template, the code or the window is not good: the template is a client below the vendor, "
     "the code one that shares a client and that nobody else uses, the window 1 to 31536000 "
     "seconds"                                             },
    {404, "there is no such model: see 'muster model list'"},
    CLI_REASONS_END
};

static const char *const KNOWN_OPTIONS[] = {"noaliases", "nocomments", "nohistorical"};

static enum cli_exit call_model(struct cli *cli, const char *method, const char *model,
                                const struct mst_buf *form, struct cli_reply *ret_reply)
{
    return cli_api(cli,
                   &(struct cli_call){.who = CLI_VENDOR,
                                      .method = method,
                                      .path = CLI_MODELS,
                                      .names = {model},
                                      .form = form,
                                      .reasons = MODEL_REASONS},
                   ret_reply);
}

/* Appends the --option and --window of the command line. */
static enum cli_exit add_options(struct cli *cli, struct mst_buf *form)
{
    const char *option;
    uint64_t window;
    char number[24];

    for (size_t i = 0; (option = cli_options_nth(&cli->options, "option", i)) != NULL; i++) {
        size_t k = 0;

        while (k < 3 && strcmp(KNOWN_OPTIONS[k], option) != 0)
            k++;
        if (k == 3)
            return cli_fail(cli, CLI_USAGE,
                            "--option is one of noaliases, nocomments, nohistorical");
        cli_form_add_str(form, "options[]", option);
    }
    if (cli_options_number(&cli->options, "window", 0, MST_WINDOW_S_MAX, 0, &window) != MST_OK)
        return cli_fail(cli, CLI_USAGE, "%s", cli->options.problem);
    if (cli_options_has(&cli->options, "window")) {
        (void)snprintf(number, sizeof number, "%llu", (unsigned long long)window);
        cli_form_add_str(form, "window", number);
    }
    return CLI_OK;
}

static enum cli_exit check_one_template(struct cli *cli)
{
    if (cli_options_has(&cli->options, "template") && cli_options_has(&cli->options, "code"))
        return cli_fail(cli, CLI_USAGE, "a template is named by --template or by --code, not both");
    return CLI_OK;
}

static enum cli_exit run_create(struct cli *cli)
{
    const char *model = cli->options.operands[0];
    const char *template = cli_options_text(&cli->options, "template");
    const char *code = cli_options_text(&cli->options, "code");
    struct mst_buf form;
    enum cli_exit exit = check_one_template(cli);

    if (exit != CLI_OK)
        return exit;
    if (template == NULL)
        template = cli->saved.template_rid;
    if (template == NULL && code == NULL)
        return cli_fail(
            cli, CLI_USAGE,
            "which template? Give --template RID or --code CODE, or keep it in a profile "
            "('muster init --help')");
    cli_names_check_model(cli, model);
    mst_buf_init(&form, TEXT_MAX);
    cli_form_add_str(&form, "model", model);
    cli_form_add_str(&form, code != NULL ? "code" : "rid", code != NULL ? code : template);
    exit = add_options(cli, &form);
    if (exit == CLI_OK)
        exit = cli_api_done(cli, &(struct cli_call){.who = CLI_VENDOR,
                                                    .method = "POST",
                                                    .path = CLI_MODELS,
                                                    .form = &form,
                                                    .subject = model,
                                                    .reasons = CREATE_REASONS});
    mst_buf_fini(&form);
    return exit == CLI_OK ? cli_print_done(cli, "model", model, "created") : exit;
}

static enum cli_exit list_row(void *arg, const struct cli_csv_row *row)
{
    return cli_list_row(arg, json_pack("{s:o}", "model", cli_json_text(row->fields[0])));
}

static enum cli_exit shared_row(void *arg, const struct cli_csv_row *row)
{
    if (row->n_fields < 2)
        return cli_list_row(arg, NULL);
    return cli_list_row(arg, json_pack("{s:o, s:o}", "vendor", cli_json_text(row->fields[0]),
                                       "model", cli_json_text(row->fields[1])));
}

static enum cli_exit run_list(struct cli *cli)
{
    const bool is_shared = cli_options_has(&cli->options, "shared");
    const struct cli_call call = {
        .who = CLI_VENDOR, .path = CLI_MODELS, .tail = is_shared ? "?show=shared" : NULL};
    struct cli_list list;
    enum cli_exit exit = cli_list_begin(&list, cli, is_shared ? SHARED_FIELDS : LIST_FIELDS);

    if (exit == CLI_OK)
        exit =
            cli_api_rows(cli, &call, "a list of models", is_shared ? shared_row : list_row, &list);
    if (exit == CLI_OK)
        cli_list_end(&list, is_shared ? "no other vendor shares a model with this one"
                                      : "no models yet: make one with 'muster model create MODEL'");
    cli_list_fini(&list);
    return exit;
}

/* What a server says of a model: rid=<rid> or code=<code>, then options[]=<name>. */
struct shown {
    char rid[MST_HANDLE_CHARS + 1], code[MST_HANDLE_CHARS + 1];
    bool has[3];
};

static void take_item(struct mst_span item, struct shown *ret)
{
    size_t eq = mst_span_find(item, '=', 0);
    struct mst_span name = mst_span_cut(item, 0, eq);
    struct mst_span value = mst_span_cut(item, eq + 1, item.len);

    if (mst_span_eq(name, MST_LIT("rid")) && value.len == MST_HANDLE_CHARS)
        memcpy(ret->rid, value.ptr, value.len);
    if (mst_span_eq(name, MST_LIT("code")) && value.len == MST_HANDLE_CHARS)
        memcpy(ret->code, value.ptr, value.len);
    for (size_t i = 0; i < 3; i++) {
        if (mst_span_starts(name, MST_LIT("options")) &&
            mst_span_eq(value, mst_span_str(KNOWN_OPTIONS[i])))
            ret->has[i] = true;
    }
}

static enum cli_exit look(struct cli *cli, const char *model, struct shown *ret)
{
    struct cli_reply reply;
    struct mst_cur cur;
    struct mst_span item;
    enum cli_exit exit = call_model(cli, "GET", model, NULL, &reply);

    *ret = (struct shown){0};
    cur = mst_cur_of(mst_buf_span(&reply.body));
    while (mst_cur_until(&cur, '&', &item))
        take_item(item, ret);
    take_item(mst_cur_rest(&cur), ret);
    cli_reply_fini(&reply);
    return exit;
}

static enum cli_exit run_show(struct cli *cli)
{
    const char *model = cli->options.operands[0];
    struct shown shown;
    char text[64] = "";
    size_t len = 0;
    json_t *options;
    json_t *object;
    enum cli_exit exit = look(cli, model, &shown);

    if (exit != CLI_OK)
        return exit;
    options = json_array();
    for (size_t i = 0; i < 3; i++) {
        if (!shown.has[i])
            continue;
        len += (size_t)snprintf(&text[len], sizeof text - len, "%s%s", len > 0 ? " " : "",
                                KNOWN_OPTIONS[i]);
        (void)json_array_append_new(options, json_string(KNOWN_OPTIONS[i]));
    }
    object = json_pack("{s:s, s:s?, s:s?, s:o}", "model", model, "template_rid",
                       shown.rid[0] != '\0' ? shown.rid : NULL, "share_code",
                       shown.code[0] != '\0' ? shown.code : NULL, "options", options);
    if (object != NULL && !cli->is_json &&
        !cli_json_set(object, "options_text", mst_span_str(text)))
        exit = cli_no_memory(cli);
    else if (object == NULL)
        exit = cli_no_memory(cli);
    else
        cli_print_object(cli, object, SHOW_FIELDS);
    json_decref(object);
    return exit;
}

/*
 * The server replaces template and options together, so what is not given is what was there; the
 * window goes alone.
 */
static enum cli_exit add_kept(struct cli *cli, const char *model, struct mst_buf *form)
{
    const char *template = cli_options_text(&cli->options, "template");
    const char *code = cli_options_text(&cli->options, "code");
    bool is_options_given =
        cli_options_has(&cli->options, "option") || cli_options_has(&cli->options, "no-options");
    struct shown shown;
    enum cli_exit exit = check_one_template(cli);

    if (exit != CLI_OK || (template == NULL && code == NULL && !is_options_given))
        return exit;
    exit = look(cli, model, &shown);
    if (exit != CLI_OK)
        return exit;
    if (template == NULL && code == NULL) {
        template = shown.rid[0] != '\0' ? shown.rid : NULL;
        code = shown.code[0] != '\0' ? shown.code : NULL;
    }
    if (template == NULL && code == NULL)
        return cli_fail(
            cli, CLI_REFUSED,
            "the template of %s is gone, or its code was revoked: give another one with "
            "--template or --code",
            model);
    cli_form_add_str(form, code != NULL ? "code" : "rid", code != NULL ? code : template);
    for (size_t i = 0; i < 3 && !is_options_given; i++) {
        if (shown.has[i])
            cli_form_add_str(form, "options[]", KNOWN_OPTIONS[i]);
    }
    return CLI_OK;
}

static enum cli_exit run_set(struct cli *cli)
{
    const char *model = cli->options.operands[0];
    struct cli_reply reply = {0};
    struct mst_buf form;
    enum cli_exit exit;

    mst_buf_init(&form, TEXT_MAX);
    exit = add_kept(cli, model, &form);
    if (exit == CLI_OK)
        exit = add_options(cli, &form);
    if (exit == CLI_OK && form.len == 0)
        exit =
            cli_fail(cli, CLI_USAGE, "what shall change? --template, --code, --window or --option");
    if (exit == CLI_OK)
        exit = call_model(cli, "PUT", model, &form, &reply);
    cli_reply_fini(&reply);
    mst_buf_fini(&form);
    return exit == CLI_OK ? cli_print_done(cli, "model", model, "changed") : exit;
}

static enum cli_exit run_delete(struct cli *cli)
{
    const char *model = cli->options.operands[0];
    struct cli_reply reply;
    enum cli_exit exit;

    if (!cli_options_has(&cli->options, "yes"))
        return cli_fail(cli, CLI_USAGE,
                        "this deletes all serial numbers of %s and their logs; the devices keep "
                        "their keys. Say --yes if that is meant",
                        model);
    exit = call_model(cli, "DELETE", model, NULL, &reply);
    cli_reply_fini(&reply);
    return exit == CLI_OK ? cli_print_done(cli, "model", model, "deleted") : exit;
}

static const struct cli_command COMMANDS[] = {
    {.name = "create",
     .usage = "MODEL",
     .summary = "make a model from a template",
     .more = "A model is a kind of device. Each device of it begins as a copy of the template.\n"
             "\n"
             "Examples:\n"
             "  muster model create thermo --window 3600\n"
             "  muster model create thermo --code 0123456789abcdef0123456789abcdef01234567\n", .min_operands = 1,
     .max_operands = 1,
     .options = CREATE_OPTIONS,
     .run = run_create                   },
    {.name = "list",
     .usage = "",
     .summary = "the vendor's models",
     .more = "Examples:\n"
             "  muster model list --json\n"
             "  muster model list --shared\n",                                                 .options = LIST_OPTIONS,
     .run = run_list    },
    {.name = "show",
     .usage = "MODEL",
     .summary = "template and options of a model",
     .more = "Example:\n"
             "  muster model show thermo\n",                                                                        .min_operands = 1,
     .max_operands = 1,
     .run = run_show            },
    {.name = "set",
     .usage = "MODEL",
     .summary = "change template, options or activation window",
     .more = "What is not given stays as it is. A new window counts from the next enabling on.\n"
             "\n"
             "Example:\n"
             "  muster model set thermo --window 600\n",                                                                   .min_operands = 1,
     .max_operands = 1,
     .options = SET_OPTIONS,
     .run = run_set},
    {.name = "delete",
     .usage = "MODEL",
     .summary = "delete a model and its serial numbers",
     .more =
         "The devices stay with their owners and their keys go on working: drop or disable them\n"
         "first if that is not meant.\n"
         "\n"
         "Example:\n"
         "  muster model delete thermo --yes\n",                                                                .min_operands = 1,
     .max_operands = 1,
     .options = DELETE_OPTIONS,
     .run = run_delete                    },
};

const struct cli_noun cli_noun_model = {"model", "kinds of device", COMMANDS,
                                        sizeof COMMANDS / sizeof COMMANDS[0]};

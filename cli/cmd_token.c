/* cmd_token.c - "muster token": keys for tools that provision (protocol.md 2.11). */
#include "cli/api.h"
#include "cli/csv.h"
#include "cli/output.h"
#include "cli/profile.h"

enum { TEXT_MAX = 8192 };

static const char PATH[] = "/provision/admin/auth/";

static const struct cli_option OPTIONS[] = {
    {"save-token", "FILE", "write the token to FILE (mode 0600) instead of showing it"},
    CLI_OPTIONS_END
};

static const struct cli_field FIELDS[] = {
    {"token_id", "TOKEN ID"},
    CLI_FIELDS_END
};

static const struct cli_reason REASONS[] = {
    {400, "a token's name is 1 to 255 bytes of text"               },
    {401, "tokens cannot make or read tokens, so this needs the vendor's CIK: give a good one with "
          "--cik-file or --profile"                       },
    {404, "there is no token of that name: see 'muster token list'"},
    {409, "there is a token of that name: 'muster token show' shows it, 'muster token delete' "
          "takes it back"                                 },
    CLI_REASONS_END
};

/* On the token of that name, or with form on them all. */
static enum cli_exit call(struct cli *cli, const char *method, const char *id,
                          const struct mst_buf *form, struct cli_reply *ret_reply)
{
    return cli_api(cli,
                   &(struct cli_call){.who = CLI_VENDOR_CIK,
                                      .method = method,
                                      .path = PATH,
                                      .names = {form == NULL ? id : NULL},
                                      .form = form,
                                      .subject = id,
                                      .reasons = REASONS},
                   ret_reply);
}

/* The token goes to the file that was named, or is shown. */
static enum cli_exit give(struct cli *cli, const struct cli_reply *reply)
{
    const char *path = cli_options_text(&cli->options, "save-token");
    struct cli_secret token = {0};
    struct mst_span text;
    json_t *object = NULL;
    enum cli_exit exit = CLI_OK;

    if (!cli_secret_parse(mst_buf_span(&reply->body), &token))
        return cli_fail(cli, CLI_SERVER, "the reply is not a token");
    text = mst_handle_span(&token.handle);
    if (path != NULL)
        exit = cli_file_replace(cli, path, text);
    if (exit == CLI_OK && cli->is_json) {
        object = json_object();
        if (cli_json_set(object, "token_id", mst_span_str(cli->options.operands[0])) &&
            cli_json_set(object, path != NULL ? "token_file" : "token",
                         path != NULL ? mst_span_str(path) : text))
            cli_print_object(cli, object, NULL);
        else
            exit = cli_no_memory(cli);
    } else if (exit == CLI_OK && path != NULL) {
        (void)fprintf(cli->out, "the token is in %s; use it with --token-file %s\n", path, path);
    } else if (exit == CLI_OK) {
        (void)fprintf(cli->out, "%.*s\n", (int)text.len, text.ptr);
    }
    json_decref(object);
    mst_secret_wipe(&token, sizeof token);
    return exit;
}

static enum cli_exit check_file(struct cli *cli)
{
    const char *path = cli_options_text(&cli->options, "save-token");

    return path != NULL ? cli_file_check(cli, path) : CLI_OK;
}

static enum cli_exit run_create(struct cli *cli)
{
    const char *id = cli->options.operands[0];
    struct cli_reply reply = {0};
    struct mst_buf form;
    enum cli_exit exit = check_file(cli);

    if (exit != CLI_OK)
        return exit;
    mst_buf_init(&form, TEXT_MAX);
    cli_form_add_str(&form, "id", id);
    exit = call(cli, "POST", id, &form, &reply);
    if (exit == CLI_OK)
        exit = give(cli, &reply);
    cli_reply_fini(&reply);
    mst_buf_fini(&form);
    return exit;
}

static enum cli_exit run_show(struct cli *cli)
{
    struct cli_reply reply = {0};
    enum cli_exit exit = check_file(cli);

    if (exit == CLI_OK)
        exit = call(cli, "GET", cli->options.operands[0], NULL, &reply);
    if (exit == CLI_OK)
        exit = give(cli, &reply);
    cli_reply_fini(&reply);
    return exit;
}

static enum cli_exit run_delete(struct cli *cli)
{
    const char *id = cli->options.operands[0];
    struct cli_reply reply = {0};
    enum cli_exit exit = call(cli, "DELETE", id, NULL, &reply);

    cli_reply_fini(&reply);
    return exit == CLI_OK ? cli_print_done(cli, "token_id", id, "deleted") : exit;
}

static enum cli_exit list_row(void *arg, const struct cli_csv_row *row)
{
    return cli_list_row(arg, json_pack("{s:o}", "token_id", cli_json_text(row->fields[0])));
}

static enum cli_exit run_list(struct cli *cli)
{
    const struct cli_call call = {.who = CLI_VENDOR_CIK, .path = PATH, .reasons = REASONS};
    struct cli_list list;
    enum cli_exit exit = cli_list_begin(&list, cli, FIELDS);

    if (exit == CLI_OK)
        exit = cli_api_rows(cli, &call, "a list of tokens", list_row, &list);
    if (exit == CLI_OK)
        cli_list_end(&list, "no tokens: make one with 'muster token create'");
    cli_list_fini(&list);
    return exit;
}

#define ONE_TOKEN .usage = "NAME", .min_operands = 1, .max_operands = 1

static const struct cli_command COMMANDS[] = {
    {.name = "create",
     ONE_TOKEN,         .summary = "make a token and show it",
     .more =
         "A token may do all that concerns models, serial numbers and enabling, and nothing else: "
         "it\n"
         "is what a manufacturing line gets. One per place of use, so that each can be taken back\n"
         "alone. Needs the vendor's CIK.\n"
         "\n"
         "Example:\n"
         "  muster token create line-7 --save-token line-7.token\n", .options = OPTIONS,
     .run = run_create},
    {.name = "list",
     .usage = "",
     .summary = "the names of the vendor's tokens",
     .more = "Needs the vendor's CIK.\n"
             "\n"
             "Example:\n"
             "  muster token list\n",                  .run = run_list                                                   },
    {.name = "show",
     ONE_TOKEN,  .summary = "show a token again",
     .more = "Needs the vendor's CIK.\n"
             "\n"
             "Example:\n"
             "  muster token show line-7\n",                    .options = OPTIONS,
     .run = run_show},
    {.name = "delete",
     ONE_TOKEN, .summary = "take a token back: it stops working at once",
     .more = "Needs the vendor's CIK.\n"
             "\n"
             "Example:\n"
             "  muster token delete line-7\n",                                                      .run = run_delete               },
};

const struct cli_noun cli_noun_token = {"token", "keys for tools and manufacturing lines", COMMANDS,
                                        sizeof COMMANDS / sizeof COMMANDS[0]};

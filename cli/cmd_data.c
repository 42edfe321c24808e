/* cmd_data.c - "muster data": values of a device, with its CIK (protocol.md 2.12). */
#include <string.h>

#include "cli/data.h"
#include "base/limits.h"
#include "cli/output.h"

enum { URL_MAX = 4096, QUERY_MAX = 3072 };

const char CLI_ALIAS_PATH[] = "/onep:v1/stack/alias";

static const struct cli_field READ_FIELDS[] = {
    {"alias", "ALIAS"},
    {"value", "VALUE"},
    CLI_FIELDS_END
};

const struct cli_reason CLI_DATA_REASONS[] = {
    {400, "a value does not fit its dataport (a number is expected), or the call is malformed; "
          "nothing was stored"                                     },
    {401,
     "the CIK is not valid: wrong, not activated yet, re-enabled since, disabled, or its client "
     "is locked. 'muster sn status' tells; 'muster activate' gets a new one"},
    CLI_REASONS_END
};

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

void cli_data_decode(struct mst_span text, struct mst_buf *ret)
{
    mst_buf_clear(ret);
    for (size_t i = 0; i < text.len; i++) {
        int high = text.ptr[i] == '%' && i + 2 < text.len ? hex_digit(text.ptr[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text.ptr[i + 2]) : -1;

        if (low >= 0) {
            (void)mst_buf_add_byte(ret, (char)(high * 16 + low));
            i += 2;
        } else {
            (void)mst_buf_add_byte(ret, text.ptr[i]);
        }
    }
}

static json_t *row_of(struct mst_span item)
{
    size_t eq = mst_span_find(item, '=', 0);
    struct mst_buf text;
    json_t *row = json_object();
    bool is_good;

    mst_buf_init(&text, item.len + 1);
    cli_data_decode(mst_span_cut(item, 0, eq), &text);
    is_good = cli_json_set(row, "alias", mst_buf_span(&text));
    cli_data_decode(mst_span_cut(item, eq + 1, item.len), &text);
    is_good = is_good && cli_json_set(row, "value", mst_buf_span(&text));
    mst_buf_fini(&text);
    if (is_good)
        return row;
    json_decref(row);
    return NULL;
}

bool cli_data_find(struct mst_span body, struct mst_span alias, struct mst_span *ret_item)
{
    struct mst_cur cur = mst_cur_of(body);
    struct mst_buf name;
    bool is_found = false;

    mst_buf_init(&name, body.len + 1);
    while (!is_found && !mst_cur_at_end(&cur)) {
        struct mst_span item;

        if (!mst_cur_until(&cur, '&', &item))
            item = mst_cur_rest(&cur);
        cli_data_decode(mst_span_cut(item, 0, mst_span_find(item, '=', 0)), &name);
        is_found = mst_span_eq(mst_buf_span(&name), alias);
        if (is_found)
            *ret_item = item;
    }
    mst_buf_fini(&name);
    return is_found;
}

/* ---- write ---- */

/*
 * The server skips aliases that the device does not have and says nothing. So the write asks for
 * the values back in the same call: what has none then was skipped. With very many aliases there
 * is no room to ask.
 */
static void ask_back(const struct cli_options *options, struct mst_buf *path)
{
    struct mst_buf query;

    mst_buf_init(&query, QUERY_MAX);
    for (size_t i = 0; i < options->n_operands; i++) {
        const char *pair = options->operands[i];

        (void)mst_buf_add_byte(&query, i == 0 ? '?' : '&');
        cli_url_add(&query, mst_span_of(pair, strcspn(pair, "=")));
    }
    if (mst_buf_err(&query) == MST_OK)
        (void)mst_buf_add(path, mst_buf_span(&query));
    mst_buf_fini(&query);
}

static enum cli_exit show_written(struct cli *cli, bool is_asked_back, struct mst_span body)
{
    size_t n_skipped = 0;

    for (size_t i = 0; is_asked_back && i < cli->options.n_operands; i++) {
        const char *pair = cli->options.operands[i];
        size_t len = strcspn(pair, "=");
        struct mst_span item;

        if (cli_data_find(body, mst_span_of(pair, len), &item))
            continue;
        n_skipped++;
        cli_warn(cli, "%.*s was skipped: the device has no such alias", (int)len, pair);
    }
    if (n_skipped == cli->options.n_operands)
        return cli_fail(cli, CLI_REFUSED,
                        "nothing was written: devices have the aliases of their model's template "
                        "('muster init' makes temp, count and note; docs/operators.md, "
                        "\"Aliases of your own\", makes more)");
    if (cli->is_json)
        (void)fprintf(cli->out, "{\"result\":\"written\",\"skipped\":%zu}\n", n_skipped);
    else
        (void)fputs("written\n", cli->out);
    return CLI_OK;
}

static enum cli_exit send_write(struct cli *cli, const struct mst_buf *form)
{
    struct cli_reply reply = {0};
    struct mst_buf path;
    enum cli_exit exit;
    bool is_asked_back;

    mst_buf_init(&path, URL_MAX);
    (void)mst_buf_add_str(&path, CLI_ALIAS_PATH);
    ask_back(&cli->options, &path);
    is_asked_back = path.len > sizeof CLI_ALIAS_PATH - 1;
    (void)mst_buf_add_byte(&path, '\0');
    if (mst_buf_err(&path) != MST_OK)
        exit = cli_no_memory(cli);
    else
        exit = cli_api(cli,
                       &(struct cli_call){.who = CLI_GIVEN_CIK,
                                          .method = "POST",
                                          .path = path.ptr,
                                          .content_type = CLI_FORM,
                                          .body = mst_buf_span(form),
                                          .reasons = CLI_DATA_REASONS},
                       &reply);
    if (exit == CLI_OK)
        exit = show_written(cli, is_asked_back, mst_buf_span(&reply.body));
    cli_reply_fini(&reply);
    mst_buf_fini(&path);
    return exit;
}

static enum cli_exit run_write(struct cli *cli)
{
    const struct cli_options *options = &cli->options;
    struct mst_buf form;
    enum cli_exit exit = CLI_OK;

    mst_buf_init(&form, MST_DATA_BODY_MAX);
    for (size_t i = 0; i < options->n_operands && exit == CLI_OK; i++) {
        const char *pair = options->operands[i];
        size_t eq = strcspn(pair, "=");

        if (eq == 0 || pair[eq] == '\0')
            exit = cli_fail(cli, CLI_USAGE, "write values as ALIAS=VALUE, e.g. temp=21.5");
        else
            cli_form_add(&form, mst_span_of(pair, eq), mst_span_str(&pair[eq + 1]));
    }
    if (exit == CLI_OK && mst_buf_err(&form) != MST_OK)
        exit = cli_fail(cli, CLI_USAGE, "the values are more than 1 MiB: write them one by one");
    if (exit == CLI_OK)
        exit = send_write(cli, &form);
    mst_buf_fini(&form);
    return exit;
}

/* ---- read ---- */

/* In the order in which they were asked for; the server answers in another. */
static enum cli_exit show(struct cli *cli, struct mst_span body)
{
    struct cli_list list;
    enum cli_exit exit = cli_list_begin(&list, cli, READ_FIELDS);

    for (size_t i = 0; i < cli->options.n_operands && exit == CLI_OK; i++) {
        struct mst_span item;

        if (cli_data_find(body, mst_span_str(cli->options.operands[i]), &item))
            exit = cli_list_row(&list, row_of(item));
    }
    if (exit == CLI_OK)
        cli_list_end(&list, "no values: nothing was written there yet, or there is no such alias");
    cli_list_fini(&list);
    return exit;
}

static enum cli_exit run_read(struct cli *cli)
{
    struct cli_reply reply = {0};
    struct mst_buf path;
    enum cli_exit exit;

    mst_buf_init(&path, URL_MAX);
    (void)mst_buf_add_str(&path, CLI_ALIAS_PATH);
    for (size_t i = 0; i < cli->options.n_operands; i++) {
        (void)mst_buf_add_byte(&path, i == 0 ? '?' : '&');
        cli_url_add(&path, mst_span_str(cli->options.operands[i]));
    }
    (void)mst_buf_add_byte(&path, '\0');
    if (mst_buf_err(&path) != MST_OK)
        exit = cli_fail(cli, CLI_USAGE, "too many aliases for one call");
    else
        exit = cli_api(cli,
                       &(struct cli_call){.who = CLI_GIVEN_CIK,
                                          .method = "GET",
                                          .path = path.ptr,
                                          .reasons = CLI_DATA_REASONS},
                       &reply);
    if (exit == CLI_OK)
        exit = show(cli, mst_buf_span(&reply.body));
    cli_reply_fini(&reply);
    mst_buf_fini(&path);
    return exit;
}

static const struct cli_command COMMANDS[] = {
    {.name = "write",
     .usage = "ALIAS=VALUE...",
     .summary = "write values as the device would",
     .more =
         "All values of one call get one time. An alias that the device does not have is skipped,\n"
         "which is told.\n"
         "\n"
         "Example:\n"
         "  muster --cik-file 0001.cik data write temp=21.5 note='all well'\n",              .min_operands = 1,
     .max_operands = SIZE_MAX,
     .run = run_write      },
    {                .name = "read",
     .usage = "ALIAS...",
     .summary = "read the latest values",
     .more = "Aliases without a value are left out.\n"
             "\n"
             "Example:\n"
             "  muster --cik-file 0001.cik data read temp note --json\n", .min_operands = 1,
     .max_operands = SIZE_MAX,
     .run = run_read     },
    { .name = "follow",
     .usage = "ALIAS",
     .summary = "show values as they come, until Ctrl-C",
     .more =
         "One line for each value, with its time. The server holds each call until there is a "
         "value,\n"
         "for half the time of --timeout (60). One that cannot is asked every --interval. A\n"
         "server that goes away is waited for, which is told; no value is missed or shown twice.\n"
         "An alias that the device does not have is waited for too, and nothing is said of it.\n"
         "\n"
         "Examples:\n"
         "  muster --cik-file 0001.cik data follow temp\n"
         "  muster --cik-file 0001.cik data follow temp --since 15m --count 3 --json\n",                                                                      .min_operands = 1,
     .max_operands = 1,
     .options = CLI_FOLLOW_OPTIONS,
     .timeout_s = 60,
     .run = cli_data_follow},
    {                .name = "export",
     .usage = "ALIAS|RID",
     .summary = "write the stored points of a dataport, oldest first",
     .more =
         "As CSV, ts,value, or with --json a line of JSON each; 'data record' reads both. With\n"
         "--client-id the owner's key (--as portal) reads what a device has.\n"
         "\n"
         "Examples:\n"
         "  muster --cik-file 0001.cik data export temp --from 30d --output temp.csv\n"
         "  muster data export temp --client-id RID --json\n",            .min_operands = 1,
     .max_operands = 1,
     .options = CLI_POINTS_EXPORT_OPTIONS,
     .run = cli_data_export},
    {                .name = "record",
     .usage = "ALIAS FILE|-",
     .summary = "store the points of a file with their times",
     .more =
         "The file has a row ts,value for each point, below that heading or none, or a line\n"
         "{\"ts\": .., \"value\": ..}; ts are Unix seconds, negative ones count from now. It is "
         "sent in\n"
         "pieces. Should one fail, or Ctrl-C end it, the message says with which line to go on.\n"
         "Points that are less than a second from another are named and not stored.\n"
         "\n"
         "Example:\n"
         "  muster --cik-file 0001.cik data record temp temp.csv\n",      .min_operands = 2,
     .max_operands = 2,
     .options = CLI_RECORD_OPTIONS,
     .run = cli_data_record},
};

const struct cli_noun cli_noun_data = {"data", "values of a device, with its CIK", COMMANDS,
                                       sizeof COMMANDS / sizeof COMMANDS[0]};

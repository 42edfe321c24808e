/* cmd_range.c - "muster range": serial numbers that a model takes without a list (protocol.md 2.6.4). */
#include "cli/output.h"
#include "cli/ranges.h"
#include "wire/ranges_json.h"

static const struct cli_field LIST_FIELDS[] = {
    {"format",   "FORMAT"        },
    {"length",   "LENGTH"        },
    {"casing",   "CASING"        },
    {"first_sn", "FIRST"         },
    {"last_sn",  "LAST"          },
    {"count",    "SERIAL NUMBERS"},
    CLI_FIELDS_END
};

static const struct cli_reason REASONS[] = {
    {404, "there is no such model: see 'muster model list'"            },
    {409, "it overlaps a range of the model that has the same format, length and casing, or "
          "the model has 1000 ranges: see 'muster range list'"},
    CLI_REASONS_END
};

/* POST or DELETE, all in one call. */
static enum cli_exit send(struct cli *cli, const char *method, const struct cli_ranges *ranges,
                          cli_conflict *conflict)
{
    struct mst_buf body;
    enum cli_exit exit;

    mst_buf_init(&body, MST_SERIALS_BODY_MAX);
    for (size_t i = 0; i < ranges->n_items; i++) {
        (void)mst_buf_add_byte(&body, i == 0 ? '[' : ',');
        (void)mst_ranges_json_put(&body, &ranges->items[i]);
    }
    (void)mst_buf_add_byte(&body, ']');
    if (mst_buf_err(&body) != MST_OK)
        exit = cli_no_memory(cli);
    else
        exit = cli_api_done(cli, &(struct cli_call){.who = CLI_VENDOR,
                                                    .method = method,
                                                    .path = CLI_MODELS,
                                                    .names = {cli->options.operands[0]},
                                                    .tail = "/",
                                                    .content_type = CLI_JSON,
                                                    .body = mst_buf_span(&body),
                                                    .reasons = REASONS,
                                                    .conflict = conflict});
    mst_buf_fini(&body);
    return exit;
}

static enum cli_exit show_done(struct cli *cli, const char *result, size_t n)
{
    if (cli->is_json)
        (void)fprintf(cli->out, "{\"%s\":%zu}\n", result, n);
    else
        (void)fprintf(cli->out, "%s: %zu %s %s\n", cli->options.operands[0], n,
                      n == 1 ? "range" : "ranges", result);
    return CLI_OK;
}

/* ---- add ---- */

static bool say_overlap(struct mst_buf *out, const struct mst_sn_range *range,
                        const struct mst_sn_range *others, size_t n_others, const char *whose)
{
    for (size_t i = 0; i < n_others; i++) {
        if (!mst_sn_range_overlaps(range, &others[i]))
            continue;
        cli_ranges_say(out, range);
        (void)mst_buf_add_str(out, " overlaps ");
        cli_ranges_say(out, &others[i]);
        (void)mst_buf_addf(out, ", %s; none was added", whose);
        return true;
    }
    return false;
}

/* Reads what was sent once more, and compares it with what the model has. */
static void tell_conflict(struct cli *cli, const struct cli_call *call, struct mst_buf *ret_text)
{
    struct cli_ranges sent, stored;
    bool is_known = false;

    cli_ranges_init(&sent);
    cli_ranges_init(&stored);
    if (mst_ranges_json_read(call->body, &sent.arena, MST_RANGES_MAX, &sent.items, &sent.n_items) ==
            MST_OK &&
        cli_ranges_stored(cli, call->names[0], true, &stored) == CLI_OK) {
        for (size_t i = 0; i < sent.n_items && !is_known; i++)
            is_known = say_overlap(ret_text, &sent.items[i], stored.items, stored.n_items,
                                   "which the model has") ||
                       say_overlap(ret_text, &sent.items[i], sent.items, i, "given with it");
        if (!is_known && sent.n_items + stored.n_items > MST_RANGES_MAX)
            (void)mst_buf_addf(ret_text, "the model has %zu ranges, and room for %d",
                               stored.n_items, MST_RANGES_MAX);
    }
    cli_ranges_fini(&stored);
    cli_ranges_fini(&sent);
}

/* The serial number is all that a device shows before it has its key. */
static void tell_guessable(struct cli *cli)
{
    cli_warn(cli,
             "serial numbers of a range can be guessed: whoever knows one knows its neighbours, "
             "and the first to call in inside the window gets the key. Keep the window short "
             "('muster model set %s --window 600') and enable devices shortly before they call "
             "in",
             cli->options.operands[0]);
}

static enum cli_exit run_add(struct cli *cli)
{
    struct cli_ranges ranges;
    enum cli_exit exit;

    cli_ranges_init(&ranges);
    exit = cli_ranges_given(cli, &ranges);
    if (exit == CLI_OK)
        exit = send(cli, "POST", &ranges, tell_conflict);
    if (exit == CLI_OK) {
        exit = show_done(cli, "added", ranges.n_items);
        tell_guessable(cli);
    }
    cli_ranges_fini(&ranges);
    return exit;
}

/* ---- list ---- */

/* first and last are texts, because programs that read JSON may not keep 64 bits: 'range add --file'
   takes them so. */
static json_t *range_row(const struct mst_sn_range *range)
{
    const char *casing = mst_sn_casing_word(range->shape.casing);
    char first_sn[MST_SN_MAX + 1], last_sn[MST_SN_MAX + 1], count[24], first[24], last[24];

    (void)mst_sn_write(&range->shape, range->first, first_sn);
    (void)mst_sn_write(&range->shape, range->last, last_sn);
    (void)snprintf(first, sizeof first, "%llu", (unsigned long long)range->first);
    (void)snprintf(last, sizeof last, "%llu", (unsigned long long)range->last);
    cli_ranges_size(range, count);
    return json_pack("{s:s, s:o, s:s?, s:s, s:s, s:s, s:s, s:s}", "format",
                     mst_sn_format_word(range->shape.format), "length",
                     range->shape.length > 0 ? json_integer((json_int_t)range->shape.length)
                                             : json_null(),
                     "casing", casing, "first", first, "last", last, "first_sn", first_sn,
                     "last_sn", last_sn, "count", count);
}

static enum cli_exit run_list(struct cli *cli)
{
    struct cli_list list = {0};
    struct cli_ranges ranges;
    enum cli_exit exit;

    cli_ranges_init(&ranges);
    exit = cli_ranges_stored(cli, cli->options.operands[0], false, &ranges);
    if (exit == CLI_OK)
        exit = cli_list_begin(&list, cli, LIST_FIELDS);
    for (size_t i = 0; i < ranges.n_items && exit == CLI_OK; i++)
        exit = cli_list_row(&list, range_row(&ranges.items[i]));
    if (exit == CLI_OK)
        cli_list_end(&list, "no ranges: add one with 'muster range add'");
    cli_list_fini(&list);
    cli_ranges_fini(&ranges);
    return exit;
}

/* ---- delete ---- */

static bool is_among(const struct mst_sn_range *range, const struct cli_ranges *ranges)
{
    for (size_t i = 0; i < ranges->n_items; i++)
        if (mst_sn_range_eq(range, &ranges->items[i]))
            return true;
    return false;
}

/* The server passes over a range that the model does not have just so; that is told. */
static enum cli_exit tell_unknown(struct cli *cli, const struct cli_ranges *given,
                                  const struct cli_ranges *stored)
{
    const struct mst_sn_range *first = NULL;
    struct mst_buf text;
    size_t n = 0;
    enum cli_exit exit;

    for (size_t i = 0; i < given->n_items; i++) {
        if (is_among(&given->items[i], stored))
            continue;
        first = n++ == 0 ? &given->items[i] : first;
    }
    exit = show_done(cli, "deleted", given->n_items - n);
    if (n == 0)
        return exit;
    mst_buf_init(&text, MST_KIB(1));
    cli_ranges_say(&text, first);
    exit = cli_fail(cli, CLI_REFUSED,
                    "%s: %zu of them the model does not have just so, %.*s the first: see 'muster "
                    "range list'",
                    cli->options.operands[0], n, (int)text.len, text.ptr);
    mst_buf_fini(&text);
    return exit;
}

static enum cli_exit run_delete(struct cli *cli)
{
    struct cli_ranges given, stored;
    enum cli_exit exit;

    cli_ranges_init(&given);
    cli_ranges_init(&stored);
    exit = cli_ranges_given(cli, &given);
    if (exit == CLI_OK)
        exit = cli_ranges_stored(cli, cli->options.operands[0], false, &stored);
    if (exit == CLI_OK)
        exit = send(cli, "DELETE", &given, NULL);
    if (exit == CLI_OK)
        exit = tell_unknown(cli, &given, &stored);
    cli_ranges_fini(&stored);
    cli_ranges_fini(&given);
    return exit;
}

static const struct cli_command COMMANDS[] = {
    {.name = "add",
     .usage = "MODEL (--format FORMAT --first SN --last SN | --file FILE)",
     .summary = "take all serial numbers from one to another",
     .more =
         "They count as listed, without a record each: a range may hold all MAC addresses there "
         "are.\n"
         "Casing is significant: 01:02:03:04:05:0a is not in a range with --casing upper. Most\n"
         "firmware writes MAC addresses in lower case; exoline, a tool for 1P, always sends "
         "upper.\n"
         "Without --casing letters of either case are taken.\n"
         "\n"
         "Ranges of one format, length and casing may not overlap in a model. A model has room "
         "for\n"
         "1000. Serial numbers of a range can be guessed: keep the model's window short.\n"
         "\n"
         "Examples:\n"
         "  muster range add thermo --format mac:48 --casing lower \\\n"
         "      --first 01:02:03:04:05:00 --last 01:02:03:04:05:ff\n"
         "  muster range add thermo --format base10 --length 6 --first 000001 --last 250000\n"
         "  muster range add thermo --file ranges.json\n",                                                            .min_operands = 1,
     .max_operands = 1,
     .options = CLI_RANGES_OPTIONS,
     .run = run_add                 },
    {.name = "list",
     .usage = "MODEL",
     .summary = "the ranges of a model",
     .more = "With --json the ends are texts of decimal digits, as 'range add --file' takes them.\n"
             "\n"
             "Example:\n"
             "  muster range list thermo\n",                                                                          .min_operands = 1,
     .max_operands = 1,
     .run = run_list              },
    {.name = "delete",
     .usage = "MODEL (--format FORMAT --first SN --last SN | --file FILE)",
     .summary = "take ranges back",
     .more =
         "A range goes if the model has it just so: format, length, casing, first and last. "
         "Serial\n"
         "numbers that were enabled out of it stay listed. Ranges that the model does not have "
         "are\n"
         "told; the exit status is then 1.\n"
         "\n"
         "Example:\n"
         "  muster range delete thermo --format base10 --length 6 --first 000001 --last 250000\n", .min_operands = 1,
     .max_operands = 1,
     .options = CLI_RANGES_OPTIONS,
     .run = run_delete},
};

const struct cli_noun cli_noun_range = {"range", "ranges of serial numbers", COMMANDS,
                                        sizeof COMMANDS / sizeof COMMANDS[0]};

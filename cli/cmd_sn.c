/* cmd_sn.c - "muster sn": serial numbers of a model (protocol.md 2.6.3, 2.6.5). */
#include <string.h>

#include "cli/api.h"
#include "base/limits.h"
#include "cli/csv.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/profile.h"
#include "cli/serials.h"
#include "cli/status.h"

enum { PATH_TEXT_MAX = 4096, CHUNK = 1000, LIST_PAGE = 1000 };

static const struct cli_option ADD_OPTIONS[] = {
    {"file",        "FILE", "CSV, a row per serial number: sn or sn,text; - reads standard input"},
    {"heading",     NULL,   "leave out the first row of the file"                                },
    {"extra",       "TEXT", "free text kept with the serial numbers of the command line"         },
    {"chunk",       "N",    "how many go in one call (1000); each call adds all or none"         },
    {"skip-listed", NULL,   "pass over serial numbers that are listed already"                   },
    {"progress",    NULL,   "tell after each call how far it is, also when not on a terminal"    },
    CLI_OPTIONS_END
};

static const struct cli_option LIST_OPTIONS[] = {
    {"offset", "N", "leave out the first N"        },
    {"limit",  "N", "no more than N (default: all)"},
    CLI_OPTIONS_END
};

static const struct cli_option DELETE_OPTIONS[] = {
    {"disable", NULL, "disable the device first, so that its key dies too"},
    CLI_OPTIONS_END
};

static const struct cli_field LIST_FIELDS[] = {
    {"sn",     "SERIAL NUMBER"},
    {"status", "STATUS"       },
    {"rid",    "RID"          },
    {"extra",  "TEXT"         },
    CLI_FIELDS_END
};

static const struct cli_field LOG_FIELDS[] = {
    {"time",    "TIME"   },
    {"address", "ADDRESS"},
    {"request", "REQUEST"},
    CLI_FIELDS_END
};

static const struct cli_field DELETED_FIELDS[] = {
    {"sn",     "SERIAL NUMBER"},
    {"result", "RESULT"       },
    CLI_FIELDS_END
};

static const struct cli_reason ADD_REASONS[] = {
    {400, "the server does not accept the form of one of these serial numbers"},
    {404, "there is no such model: see 'muster model list'"                   },
    {409, "one of these is listed already, under this model or another of the vendor, so none of "
          "them was added: --skip-listed passes over such"           },
    CLI_REASONS_END
};

static const struct cli_reason MODEL_REASONS[] = {
    {404, "there is no such model: see 'muster model list'"},
    CLI_REASONS_END
};

static const struct cli_reason SN_REASONS[] = {
    {404, "no such serial number of this model: see 'muster sn list', add it with 'muster sn add'"},
    CLI_REASONS_END
};

/* ---- the list, page by page --------------------------------------------------------------- */

/* Called with each row "sn,status,rid,extra" until it fails. */
typedef enum cli_exit each_row(void *arg, const struct cli_csv_row *row);

static enum cli_exit walk_page(struct cli *cli, struct mst_span body, each_row *each, void *arg,
                               uint64_t *ret_n)
{
    struct cli_csv csv;
    struct cli_csv_row row;
    enum mst_err err = MST_OK;
    enum cli_exit exit = CLI_OK;

    *ret_n = 0;
    cli_csv_init(&csv, body);
    while (exit == CLI_OK && (err = cli_csv_next(&csv, &row)) == MST_OK) {
        exit = each(arg, &row);
        *ret_n += 1;
    }
    if (exit == CLI_OK && err != MST_ENOENT)
        exit = cli_fail(cli, CLI_SERVER, "the reply is not a list of serial numbers");
    cli_csv_fini(&csv);
    return exit;
}

/* One page of the list; *ret_n counts its rows. */
static enum cli_exit get_page(struct cli *cli, uint64_t offset, each_row *each, void *arg,
                              uint64_t *ret_n)
{
    const char *model = cli->options.operands[0];
    struct cli_reply reply = {0};
    struct mst_buf path;
    char query[96];
    enum cli_exit exit;

    mst_buf_init(&path, PATH_TEXT_MAX);
    (void)snprintf(query, sizeof query, "?status=true&offset=%llu&limit=%d",
                   (unsigned long long)offset, LIST_PAGE);
    cli_model_path(&path, model, "", query);
    if (mst_buf_err(&path) != MST_OK)
        exit = cli_fail(cli, CLI_USAGE, "the model's name is too long");
    else
        exit = cli_api(cli,
                       &(struct cli_call){.who = CLI_VENDOR,
                                          .method = "GET",
                                          .path = path.ptr,
                                          .subject = model,
                                          .reasons = MODEL_REASONS},
                       &reply);
    if (exit == CLI_OK)
        exit = walk_page(cli, mst_buf_span(&reply.body), each, arg, ret_n);
    cli_reply_fini(&reply);
    mst_buf_fini(&path);
    return exit;
}

/* ---- add -------------------------------------------------------------------------------- */

struct adding {
    struct cli *cli;
    const char *model;
    struct cli_serials serials;
    size_t n_total, n_added, n_skipped;
    struct cli_progress progress;
    bool is_skipping;
};

/* One call with items [from, to); a refusal by 409 is told through *ret_is_listed. */
static enum cli_exit send_piece(struct adding *adding, size_t from, size_t max_items,
                                bool *ret_is_listed, size_t *ret_next)
{
    struct cli *cli = adding->cli;
    struct cli_reply reply = {0};
    struct mst_buf path, csv;
    enum cli_exit exit;

    mst_buf_init(&path, PATH_TEXT_MAX);
    mst_buf_init(&csv, MST_SERIALS_BODY_MAX);
    cli_model_path(&path, adding->model, "", "");
    if (cli_serials_piece(&adding->serials, from, max_items, &csv, ret_next) != MST_OK ||
        mst_buf_err(&path) != MST_OK)
        exit = cli_no_memory(cli);
    else
        exit = cli_api(cli,
                       &(struct cli_call){.who = CLI_VENDOR,
                                          .method = "POST",
                                          .path = path.ptr,
                                          .content_type = CLI_CSV,
                                          .body = mst_buf_span(&csv),
                                          .subject = adding->model,
                                          .reasons = ADD_REASONS,
                                          .also = {adding->is_skipping ? 409 : 0}},
                       &reply);
    *ret_is_listed = reply.status == 409;
    cli_reply_fini(&reply);
    mst_buf_fini(&csv);
    mst_buf_fini(&path);
    return exit;
}

static enum cli_exit mark_row(void *arg, const struct cli_csv_row *row)
{
    cli_serials_mark(arg, row->fields[0]);
    return CLI_OK;
}

/* Leaves out what the model lists already: a few calls for the list, whatever the file. */
static enum cli_exit leave_out_listed(struct adding *adding)
{
    uint64_t offset = 0, n = LIST_PAGE;
    enum cli_exit exit = CLI_OK;

    for (; exit == CLI_OK && n == LIST_PAGE; offset += n)
        exit = get_page(adding->cli, offset, mark_row, &adding->serials, &n);
    if (exit == CLI_OK)
        adding->n_skipped = cli_serials_drop_marked(&adding->serials);
    return exit;
}

/*
 * Adds items [from, to). What is refused although leave_out_listed left it in is listed under another
 * model, or was listed just now. The server takes a piece whole or not at all, so a piece with such
 * ones among it is halved until they stand alone; what goes through doubles again.
 */
static enum cli_exit add_some(struct adding *adding, size_t from, size_t to)
{
    size_t n = to - from;

    while (from < to) {
        size_t next = from;
        bool is_listed = false;
        enum cli_exit exit =
            send_piece(adding, from, n < to - from ? n : to - from, &is_listed, &next);

        if (exit != CLI_OK)
            return exit;
        if (is_listed && next - from > 1) {
            n = (next - from) / 2;
            continue;
        }
        adding->n_added += is_listed ? 0 : next - from;
        adding->n_skipped += is_listed ? 1 : 0;
        n = is_listed ? 1 : n * 2;
        from = next;
    }
    cli_progress_at(&adding->progress, adding->n_added + adding->n_skipped);
    return CLI_OK;
}

static enum cli_exit bad_list(struct cli *cli, const struct adding *adding, enum mst_err err)
{
    return err == MST_EINVAL
               ? cli_fail(cli, CLI_USAGE, "%s; nothing was sent", adding->serials.problem)
               : cli_no_memory(cli);
}

/* All that the command line and the file name, checked. text keeps the file's bytes. */
static enum cli_exit gather(struct adding *adding, struct mst_buf *text)
{
    struct cli *cli = adding->cli;
    const char *file = cli_options_text(&cli->options, "file");
    struct mst_span extra = mst_span_str(cli_options_text(&cli->options, "extra"));
    enum mst_err err = MST_OK;
    enum cli_exit exit;

    if ((file == NULL) == (cli->options.n_operands == 1))
        return cli_fail(cli, CLI_USAGE, "give serial numbers, or --file FILE, but not both");
    for (size_t i = 1; i < cli->options.n_operands && err == MST_OK; i++)
        err = cli_serials_add(&adding->serials, mst_span_str(cli->options.operands[i]), extra, i);
    if (file != NULL) {
        exit = cli_file_read(cli, file, CLI_SERIALS_FILE_MAX, text);
        if (exit != CLI_OK)
            return exit;
        err = cli_serials_read(&adding->serials, mst_buf_span(text),
                               cli_options_has(&cli->options, "heading"));
    }
    if (err == MST_OK)
        err = cli_serials_check_twins(&adding->serials);
    return err == MST_OK ? CLI_OK : bad_list(cli, adding, err);
}

/* Names that are taken and may still not be what was meant. */
static void tell_strange(const struct adding *adding)
{
    size_t n_long = 0;
    const struct mst_span *parted = NULL;
    struct mst_span first = {NULL, 0};

    for (size_t i = 0; i < adding->serials.n_items; i++) {
        struct mst_span sn = adding->serials.items[i].sn;

        if (sn.len > CLI_SN_FITS && n_long++ == 0)
            first = sn;
        if (parted == NULL && mst_span_find(sn, ';', 0) < sn.len)
            parted = &adding->serials.items[i].sn;
    }
    if (parted != NULL)
        cli_warn(
            adding->cli,
            "%.*s has a semicolon in it, which becomes a part of the serial number: columns are "
            "parted by commas",
            (int)parted->len, parted->ptr);
    cli_names_tell_long(adding->cli, n_long, first);
}

static enum cli_exit show_added(const struct adding *adding)
{
    struct cli *cli = adding->cli;

    if (cli->is_json)
        (void)fprintf(cli->out, "{\"added\":%zu,\"skipped\":%zu}\n", adding->n_added,
                      adding->n_skipped);
    else if (adding->n_skipped > 0)
        (void)fprintf(cli->out, "%zu added, %zu skipped (listed already)\n", adding->n_added,
                      adding->n_skipped);
    else
        (void)fprintf(cli->out, "%zu added\n", adding->n_added);
    return CLI_OK;
}

static enum cli_exit add_all(struct adding *adding, size_t chunk)
{
    const struct cli_serials *serials = &adding->serials;
    enum cli_exit exit = CLI_OK;

    tell_strange(adding);
    cli_progress_begin(&adding->progress, adding->cli, adding->n_total);
    for (size_t at = 0; exit == CLI_OK && at < serials->n_items; at += chunk) {
        size_t left = serials->n_items - at;

        exit = add_some(adding, at, at + (left < chunk ? left : chunk));
    }
    cli_progress_end(&adding->progress);
    return exit;
}

static enum cli_exit run_add(struct cli *cli)
{
    struct adding adding = {
        .cli = cli,
        .model = cli->options.operands[0],
        .is_skipping = cli_options_has(&cli->options, "skip-listed"),
    };
    struct mst_buf text;
    uint64_t chunk = CHUNK;
    enum cli_exit exit;

    if (cli_options_number(&cli->options, "chunk", 1, MST_SERIALS_MAX, CHUNK, &chunk) != MST_OK)
        return cli_fail(cli, CLI_USAGE, "%s", cli->options.problem);
    cli_serials_init(&adding.serials);
    mst_buf_init(&text, 0);
    exit = gather(&adding, &text);
    adding.n_total = adding.serials.n_items;
    if (exit == CLI_OK && adding.is_skipping && adding.n_total > 1)
        exit = leave_out_listed(&adding);
    if (exit == CLI_OK)
        exit = add_all(&adding, (size_t)chunk);
    if (exit == CLI_OK)
        exit = show_added(&adding);
    else if (adding.n_added > 0)
        cli_warn(cli, "%zu of %zu had been added before that; --skip-listed goes on from there",
                 adding.n_added, adding.n_total);
    mst_buf_fini(&text);
    cli_serials_fini(&adding.serials);
    return exit;
}

/* ---- list ------------------------------------------------------------------------------- */

static json_t *serial_row(const struct cli_csv_row *row)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "sn", cli_json_text(row->fields[0]), "status",
                     cli_json_text(row->fields[1].len > 0 ? row->fields[1] : MST_LIT("unused")),
                     "rid", cli_json_text(row->fields[2]), "extra", cli_json_text(row->fields[3]));
}

struct listing {
    struct cli_list list;
    uint64_t left;
};

static enum cli_exit list_row(void *arg, const struct cli_csv_row *row)
{
    struct listing *listing = arg;

    if (listing->left == 0)
        return CLI_OK;
    listing->left--;
    return cli_list_row(&listing->list, serial_row(row));
}

static enum cli_exit run_list(struct cli *cli)
{
    struct listing listing = {0};
    uint64_t offset = 0, n = LIST_PAGE;
    enum cli_exit exit;

    if (cli_options_number(&cli->options, "offset", 0, INT64_MAX / 2, 0, &offset) != MST_OK ||
        cli_options_number(&cli->options, "limit", 1, INT64_MAX / 2, INT64_MAX, &listing.left) !=
            MST_OK)
        return cli_fail(cli, CLI_USAGE, "%s", cli->options.problem);
    exit = cli_list_begin(&listing.list, cli, LIST_FIELDS);
    for (; exit == CLI_OK && n == LIST_PAGE && listing.left > 0; offset += n)
        exit = get_page(cli, offset, list_row, &listing, &n);
    if (exit == CLI_OK)
        cli_list_end(&listing.list, "no serial numbers: add some with 'muster sn add'");
    cli_list_fini(&listing.list);
    return exit;
}

/* ---- status, log, delete ---------------------------------------------------------------- */

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

static json_t *log_row(struct cli *cli, const struct cli_csv_row *row)
{
    uint64_t at = 0;
    char text[32];

    if (mst_span_u64(row->fields[0], UINT32_MAX * UINT64_C(64), &at) != MST_OK)
        return NULL;
    if (cli->is_json)
        return json_pack("{s:I, s:o, s:o}", "time", (json_int_t)at, "address",
                         cli_json_text(row->fields[1]), "request", cli_json_text(row->fields[2]));
    cli_time_text((int64_t)at, text, sizeof text);
    return json_pack("{s:s, s:o, s:o}", "time", text, "address", cli_json_text(row->fields[1]),
                     "request", cli_json_text(row->fields[2]));
}

static enum cli_exit show_log(struct cli *cli, struct mst_span body)
{
    struct cli_list list = {0};
    struct cli_csv csv;
    struct cli_csv_row row;
    enum mst_err err = MST_OK;
    enum cli_exit exit = cli_list_begin(&list, cli, LOG_FIELDS);

    cli_csv_init(&csv, body);
    while (exit == CLI_OK && (err = cli_csv_next(&csv, &row)) == MST_OK)
        exit = cli_list_row(&list, log_row(cli, &row));
    if (exit == CLI_OK && err != MST_ENOENT)
        exit = cli_fail(cli, CLI_SERVER, "the reply is not a log");
    if (exit == CLI_OK)
        cli_list_end(&list, "never activated");
    cli_csv_fini(&csv);
    cli_list_fini(&list);
    return exit;
}

static enum cli_exit run_log(struct cli *cli)
{
    struct cli_reply reply = {0};
    enum cli_exit exit = cli_sn_call(cli,
                                     &(struct cli_sn_call){.method = "GET",
                                                           .model = cli->options.operands[0],
                                                           .sn = cli->options.operands[1],
                                                           .query = "?show=log",
                                                           .reasons = SN_REASONS},
                                     &reply);

    if (exit == CLI_OK)
        exit = show_log(cli, mst_buf_span(&reply.body));
    cli_reply_fini(&reply);
    return exit;
}

/* 409 is a serial number that never had a device, or whose device is gone: nothing to disable. */
static enum cli_exit disable_first(struct cli *cli, const char *model, const char *sn)
{
    struct cli_reply reply = {0};
    enum cli_exit exit = cli_sn_call(cli,
                                     &(struct cli_sn_call){.method = "POST",
                                                           .model = model,
                                                           .sn = sn,
                                                           .query = "",
                                                           .form = MST_LIT("disable=true"),
                                                           .reasons = SN_REASONS,
                                                           .also = {409}},
                                     &reply);

    cli_reply_fini(&reply);
    return exit;
}

static enum cli_exit run_delete(struct cli *cli)
{
    const char *model = cli->options.operands[0];
    struct cli_list list = {0};
    enum cli_exit exit = cli_list_begin(&list, cli, DELETED_FIELDS);

    for (size_t i = 1; i < cli->options.n_operands && exit == CLI_OK; i++) {
        const char *sn = cli->options.operands[i];
        struct cli_reply reply = {0};

        if (cli_options_has(&cli->options, "disable"))
            exit = disable_first(cli, model, sn);
        if (exit == CLI_OK)
            exit = cli_sn_call(cli,
                               &(struct cli_sn_call){.method = "DELETE",
                                                     .model = model,
                                                     .sn = sn,
                                                     .query = "",
                                                     .reasons = SN_REASONS},
                               &reply);
        cli_reply_fini(&reply);
        if (exit == CLI_OK)
            exit = cli_list_row(&list, json_pack("{s:s, s:s}", "sn", sn, "result", "deleted"));
    }
    /* What was deleted before one failed is told all the same. */
    if (list.n_rows > 0)
        cli_list_end(&list, "");
    cli_list_fini(&list);
    return exit;
}

static const struct cli_command COMMANDS[] = {
    {.name = "add",
     .usage = "MODEL SN... | MODEL --file FILE",
     .summary = "list serial numbers, so that they can be enabled",
     .more =
         "The file has a row for each, the serial number and, if wanted, a free text. All of it "
         "is\n"
         "checked before anything is sent, then it goes in pieces of --chunk, of which the server\n"
         "takes each whole or not at all. If it was interrupted, run it again with --skip-listed.\n"
         "\n"
         "Examples:\n"
         "  muster sn add thermo 0001 0002\n"
         "  muster sn add thermo --file serials.csv --skip-listed\n", .min_operands = 1,
     .max_operands = SIZE_MAX,
     .options = ADD_OPTIONS,
     .run = run_add           },
    {.name = "list",
     .usage = "MODEL",
     .summary = "serial numbers with their status",
     .more =
         "Status: unused (no device), notactivated (may call in), activated, expired (the window\n"
         "is over, or it was disabled), orphaned (its device was dropped).\n"
         "\n"
         "Example:\n"
         "  muster sn list thermo --limit 20\n",                      .min_operands = 1,
     .max_operands = 1,
     .options = LIST_OPTIONS,
     .run = run_list          },
    {.name = "status",
     .usage = "MODEL SN",
     .summary = "where a serial number stands, and what to do next",
     .more = "Example:\n"
             "  muster sn status thermo 0001\n",                      .min_operands = 2,
     .max_operands = 2,
     .run = run_status      },
    {.name = "log",
     .usage = "MODEL SN",
     .summary = "its activations: when and from where",
     .more = "Example:\n"
             "  muster sn log thermo 0001\n",      .min_operands = 2,
     .max_operands = 2,
     .run = run_log       },
    {.name = "delete",
     .usage = "MODEL SN...",
     .summary = "take serial numbers off the list",
     .more =
         "The record and its log go. The device stays with its owner and its key goes on working\n"
         "unless --disable is given or the device was dropped.\n"
         "\n"
         "Example:\n"
         "  muster sn delete thermo 0001 --disable\n",                                        .min_operands = 2,
     .max_operands = SIZE_MAX,
     .options = DELETE_OPTIONS,
     .run = run_delete},
};

const struct cli_noun cli_noun_sn = {"sn", "serial numbers of a model", COMMANDS,
                                     sizeof COMMANDS / sizeof COMMANDS[0]};

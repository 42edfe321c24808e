/* cmd_sn.c - "muster sn": serial numbers of a model (protocol.md 2.6.3, 2.6.5). */
#include <string.h>

#include "cli/api.h"
#include "base/limits.h"
#include "cli/csv.h"
#include "cli/export.h"
#include "cli/import.h"
#include "cli/listed.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/pages.h"
#include "cli/progress.h"
#include "cli/serials.h"
#include "cli/status.h"

enum { CHUNK = 1000 };

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
    {"offset", "N",      "leave out the first N"                                   },
    {"limit",  "N",      "no more than N (default: all)"                           },
    {"shared", "VENDOR", "only what the other vendor VENDOR enabled (muster share)"},
    CLI_LENDER_OPTION,
    CLI_OPTIONS_END
};

static const struct cli_option LENDER_OPTIONS[] = {CLI_LENDER_OPTION, CLI_OPTIONS_END};

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

static const struct cli_reason SN_REASONS[] = {
    {404, "no such serial number of this model: see 'muster sn list', add it with 'muster sn add'"},
    CLI_REASONS_END
};

/* ---- add -------------------------------------------------------------------------------- */

struct adding {
    struct cli *cli;
    const char *model;
    struct cli_serials serials;
    size_t n_total, n_added, n_skipped;
    size_t n_elsewhere;             /* not added: another model of the vendor lists them */
    char elsewhere[MST_SN_MAX + 1]; /* the first of them */
    struct cli_progress progress;
    bool is_skipping;
};

/* The serial number of the nth row, from 1, of what was to be added. */
static bool nth_sn(struct mst_span body, uint64_t nth, char ret_sn[MST_SN_MAX + 1])
{
    struct cli_csv csv;
    struct cli_csv_row row;
    bool is_found = false;

    cli_csv_init(&csv, body);
    for (uint64_t i = 1; i <= nth && !is_found && cli_csv_next(&csv, &row) == MST_OK; i++) {
        is_found = i == nth && row.fields[0].len <= MST_SN_MAX;
        if (is_found)
            (void)snprintf(ret_sn, MST_SN_MAX + 1, "%.*s", (int)row.fields[0].len,
                           row.fields[0].ptr);
    }
    cli_csv_fini(&csv);
    return is_found;
}

/* Rows "number,word,model" for those that are listed: the first is named, the others counted. */
static void name_listed(struct mst_span trial, struct mst_span body, struct mst_buf *ret_text)
{
    struct cli_csv csv;
    struct cli_csv_row row;
    char sn[MST_SN_MAX + 1];
    size_t n_others = 0;
    uint64_t nth;

    cli_csv_init(&csv, trial);
    while (cli_csv_next(&csv, &row) == MST_OK) {
        if (ret_text->len > 0) {
            n_others++;
        } else if (row.n_fields == 3 && mst_span_u64(row.fields[0], SIZE_MAX, &nth) == MST_OK &&
                   nth_sn(body, nth, sn)) {
            (void)mst_buf_addf(ret_text, "%s is listed already, under ", sn);
            if (row.fields[2].len > 0)
                (void)mst_buf_addf(ret_text, "the model %.*s of the vendor", (int)row.fields[2].len,
                                   row.fields[2].ptr);
            else
                (void)mst_buf_add_str(ret_text, "this model");
        }
    }
    cli_csv_fini(&csv);
    if (n_others > 0)
        (void)mst_buf_addf(ret_text, ", and so are %zu of the others", n_others);
    if (ret_text->len > 0)
        (void)mst_buf_add_str(ret_text, ": none of them was added; --skip-listed passes over such");
}

/* Which one is listed? The same once more as a trial, which adds nothing and judges each. */
static void tell_listed(struct cli *cli, const struct cli_call *call, struct mst_buf *ret_text)
{
    struct cli_call trial = *call;
    struct cli_reply reply;

    trial.tail = "/?trial=true";
    trial.is_aside = true;
    if (cli_api(cli, &trial, &reply) == CLI_OK)
        name_listed(mst_buf_span(&reply.body), call->body, ret_text);
    cli_reply_fini(&reply);
}

/* One call with items [from, to); a refusal by 409 is told through *ret_is_listed. */
static enum cli_exit send_piece(struct adding *adding, size_t from, size_t max_items,
                                bool *ret_is_listed, size_t *ret_next)
{
    struct cli *cli = adding->cli;
    struct cli_reply reply = {0};
    struct mst_buf csv;
    enum cli_exit exit;

    mst_buf_init(&csv, MST_SERIALS_BODY_MAX);
    if (cli_serials_piece(&adding->serials, from, max_items, &csv, ret_next) != MST_OK)
        exit = cli_no_memory(cli);
    else
        exit = cli_api(cli,
                       &(struct cli_call){.who = CLI_VENDOR,
                                          .method = "POST",
                                          .path = CLI_MODELS,
                                          .names = {adding->model},
                                          .tail = "/",
                                          .content_type = CLI_CSV,
                                          .body = mst_buf_span(&csv),
                                          .reasons = ADD_REASONS,
                                          .conflict = tell_listed,
                                          .also = {adding->is_skipping ? 409 : 0}},
                       &reply);
    *ret_is_listed = reply.status == 409;
    cli_reply_fini(&reply);
    mst_buf_fini(&csv);
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
    const struct cli_pages pages = {.each = mark_row, .arg = &adding->serials};
    enum cli_exit exit = cli_pages_walk(adding->cli, adding->model, &pages);

    if (exit == CLI_OK)
        adding->n_skipped = cli_serials_drop_marked(&adding->serials);
    return exit;
}

/* One that is refused alone: does this model list it, or another one? */
static enum cli_exit pass_over(struct adding *adding, size_t i)
{
    char sn[MST_SN_MAX + 1];
    struct cli_reply reply;
    enum cli_exit exit;

    cli_serials_text(&adding->serials, i, sn);
    exit = cli_api(adding->cli,
                   &(struct cli_call){
                       .who = CLI_VENDOR,
                       .method = "GET",
                       .path = CLI_MODELS,
                       .names = {adding->model, sn },
                       .also = {404,           409}
    },
                   &reply);
    if (exit == CLI_OK && reply.status == 404 && adding->n_elsewhere++ == 0)
        memcpy(adding->elsewhere, sn, sizeof sn);
    else if (exit == CLI_OK && reply.status != 404)
        adding->n_skipped++;
    cli_reply_fini(&reply);
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

        if (exit == CLI_OK && is_listed && next - from > 1) {
            n = (next - from) / 2;
            continue;
        }
        if (exit == CLI_OK && is_listed)
            exit = pass_over(adding, from);
        if (exit != CLI_OK)
            return exit;
        adding->n_added += is_listed ? 0 : next - from;
        n = is_listed ? 1 : n * 2;
        from = next;
    }
    cli_progress_at(&adding->progress, adding->n_added + adding->n_skipped + adding->n_elsewhere);
    return CLI_OK;
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
    if (adding->n_elsewhere == 0)
        return CLI_OK;
    return cli_fail_status(cli, CLI_REFUSED, 409,
                           "%s: 409: not added, because another model of the vendor lists them: "
                           "%zu, %s the first of them",
                           adding->model, adding->n_elsewhere, adding->elsewhere);
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
    uint64_t chunk = CHUNK;
    enum cli_exit exit;

    if (cli_options_number(&cli->options, "chunk", 1, MST_SERIALS_MAX, CHUNK, &chunk) != MST_OK)
        return cli_fail(cli, CLI_USAGE, "%s", cli->options.problem);
    cli_serials_init(&adding.serials);
    exit = cli_serials_given(cli, &adding.serials);
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

static enum cli_exit list_row(void *arg, const struct cli_csv_row *row)
{
    return cli_list_row(arg, serial_row(row));
}

static enum cli_exit run_list(struct cli *cli)
{
    struct cli_list list = {0};
    struct cli_pages pages = {.has_status = true,
                              .shared = cli_options_text(&cli->options, "shared"),
                              .each = list_row,
                              .arg = &list};
    char empty[64] = "no serial numbers: add some with 'muster sn add'";
    enum cli_exit exit;

    if (cli_options_number(&cli->options, "offset", 0, INT64_MAX / 2, 0, &pages.offset) != MST_OK ||
        cli_options_number(&cli->options, "limit", 1, INT64_MAX / 2, INT64_MAX, &pages.limit) !=
            MST_OK)
        return cli_fail(cli, CLI_USAGE, "%s", cli->options.problem);
    if (cli_options_text(&cli->options, "vendor") != NULL)
        (void)snprintf(empty, sizeof empty, "none enabled yet: 'muster device enable' does that");
    if (pages.offset > 0)
        (void)snprintf(empty, sizeof empty, "no serial numbers behind the first %llu",
                       (unsigned long long)pages.offset);
    exit = cli_list_begin(&list, cli, LIST_FIELDS);
    if (exit == CLI_OK)
        exit = cli_pages_walk(cli, cli->options.operands[0], &pages);
    if (exit == CLI_OK)
        cli_list_end(&list, empty);
    cli_list_fini(&list);
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
    enum cli_exit exit =
        cli_listed_call(cli,
                        &(struct cli_call){
                            .method = "GET",
                            .names = {cli->options.operands[0], cli->options.operands[1]},
                            .tail = "?show=log",
                            .reasons = SN_REASONS
    },
                        &reply);

    if (exit == CLI_OK)
        exit = show_log(cli, mst_buf_span(&reply.body));
    cli_reply_fini(&reply);
    return exit;
}

/* A serial number to delete: *ret_is_known tells whether it was listed. */
static enum cli_exit delete_one(struct cli *cli, const char *sn, bool *ret_is_known)
{
    const char *model = cli->options.operands[0];
    /* 409 is a serial number that never had a device, or whose device is gone: nothing to disable. */
    const struct cli_call calls[] = {
        {.who = CLI_VENDOR,
         .method = "POST",
         .path = CLI_MODELS,
         .names = {model, sn},
         .content_type = CLI_FORM,
         .body = MST_LIT("disable=true"),
         .also = {404, 409}},
        {.who = CLI_VENDOR,
         .method = "DELETE",
         .path = CLI_MODELS,
         .names = {model, sn},
         .also = {404}      },
    };
    enum cli_exit exit = CLI_OK;

    *ret_is_known = true;
    for (size_t i = cli_options_has(&cli->options, "disable") ? 0 : 1;
         i < 2 && exit == CLI_OK && *ret_is_known; i++) {
        struct cli_reply reply;

        exit = cli_api(cli, &calls[i], &reply);
        *ret_is_known = reply.status != 404;
        cli_reply_fini(&reply);
    }
    return exit;
}

struct deleting {
    struct cli_list list;
    size_t n_deleted, n_unknown;
    const char *unknown; /* the first */
};

/* As the server does with a list, unknown ones are passed over; but they are told. */
static enum cli_exit delete_next(struct cli *cli, struct deleting *deleting, const char *sn)
{
    bool is_known;
    enum cli_exit exit = delete_one(cli, sn, &is_known);

    if (exit == CLI_OK && !is_known && deleting->n_unknown++ == 0) {
        deleting->unknown = sn;
        exit = cli_listed_model(cli, cli->options.operands[0]);
    }
    if (exit != CLI_OK)
        return exit;
    deleting->n_deleted += is_known ? 1 : 0;
    return cli_list_row(&deleting->list, json_pack("{s:s, s:s}", "sn", sn, "result",
                                                   is_known ? "deleted" : "unknown"));
}

static enum cli_exit tell_unknown(struct cli *cli, const struct deleting *deleting)
{
    const char *model = cli->options.operands[0];

    if (deleting->n_unknown == 1)
        return cli_fail_status(cli, CLI_REFUSED, 404,
                               "%s %s: 404: no such serial number of this model: see 'muster sn "
                               "list'%s",
                               model, deleting->unknown,
                               deleting->n_deleted > 0 ? "; the others were deleted" : "");
    return cli_fail_status(cli, CLI_REFUSED, 404,
                           "%s: 404: no such serial numbers of this model: %zu, %s the first of "
                           "them%s",
                           model, deleting->n_unknown, deleting->unknown,
                           deleting->n_deleted > 0 ? "; the others were deleted" : "");
}

static enum cli_exit run_delete(struct cli *cli)
{
    struct deleting deleting = {0};
    size_t n = cli->options.n_operands, i = 1;
    enum cli_exit exit = cli_list_begin(&deleting.list, cli, DELETED_FIELDS);

    for (; i < n && exit == CLI_OK; i++)
        exit = delete_next(cli, &deleting, cli->options.operands[i]);
    /* What was deleted before one failed is told all the same. */
    if (deleting.list.n_rows > 0)
        cli_list_end(&deleting.list, "");
    if (exit != CLI_OK && n > 2)
        cli_warn(cli, "%zu of %zu had been deleted before that; %s and what stands behind it stays",
                 deleting.n_deleted, n - 1, cli->options.operands[i - 1]);
    else if (exit == CLI_OK && deleting.n_unknown > 0)
        exit = tell_unknown(cli, &deleting);
    cli_list_fini(&deleting.list);
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
         "What another model of the vendor lists is not added; if there was any, the exit status "
         "is 1.\n"
         "For long lists, and for files with other columns, there is 'muster sn import'.\n"
         "\n"
         "Examples:\n"
         "  muster sn add thermo 0001 0002\n"
         "  muster sn add thermo --file serials.csv --skip-listed\n",       .min_operands = 1,
     .max_operands = SIZE_MAX,
     .options = ADD_OPTIONS,
     .run = run_add                                                                                },
    {.name = "import",
     .usage = "MODEL FILE|-",
     .summary = "list the serial numbers of a file of any size",
     .more =
         "The file is read row by row and goes to the server in pieces, which judges each row by\n"
         "itself. What is new is added. What the model lists already, with the same text, is "
         "passed\n"
         "over. A row in error does not stop the rest: it is named, and with --errors written to "
         "a\n"
         "file with its number (of the line on which it begins; a heading and blank lines count)\n"
         "and the reason: no serial number, listed with another text, listed under another model.\n"
         "If any is in error, the exit status is 1; if more than --max-errors are, it stops "
         "behind\n"
         "the piece in which that happened.\n"
         "\n"
         "An import that was interrupted, however that came, is run again with the same words: it\n"
         "goes on behind the last piece that was answered (FILE.bookmark says which; standard\n"
         "input has none). Of the piece that was under way nobody knows whether it arrived, so\n"
         "its rows that are listed by then are counted apart. The same file twice\n"
         "changes nothing. Millions of rows go several times faster if they are sorted bytewise\n"
         "(LC_ALL=C sort).\n"
         "\n"
         "Examples:\n"
         "  muster sn import thermo serials.csv\n"
         "  muster sn import thermo erp.csv --separator ';' --map sn=2,extra=4 --heading\n"
         "  muster sn import thermo erp.csv --separator ';' --map 'sn=Serial,extra=Order'\n"
         "  muster sn import thermo serials.csv --dry-run\n",               .min_operands = 2,
     .max_operands = 2,
     .options = cli_import_options,
     .run = cli_import_run                                                                         },
    {.name = "export",
     .usage = "MODEL",
     .summary = "all serial numbers of a model, as a file that can be imported",
     .more =
         "Rows are sn or sn,text; with --json each is an object on a line of its own. The file\n"
         "appears when it is whole.\n"
         "\n"
         "Examples:\n"
         "  muster sn export thermo --output thermo.csv\n"
         "  muster sn export thermo --status --json | grep notactivated\n", .min_operands = 1,
     .max_operands = 1,
     .options = cli_export_options,
     .is_for_borrowers = true,
     .run = cli_export_run},
    {.name = "list",
     .usage = "MODEL",
     .summary = "serial numbers with their status",
     .more =
         "Status: unused (no device), notactivated (may call in), activated, expired (the window\n"
         "is over, or it was disabled). One whose device was dropped is unused here: only 'sn\n"
         "status' of the serial number tells that it is orphaned.\n"
         "\n"
         "Examples:\n"
         "  muster sn list thermo --limit 20\n"
         "  muster sn list thermo --vendor acme\n",                         .min_operands = 1,
     .max_operands = 1,
     .options = LIST_OPTIONS,
     .is_for_borrowers = true,
     .run = run_list},
    {.name = "status",
     .usage = "MODEL SN",
     .summary = "where a serial number stands, and what to do next",
     .more = "Example:\n"
             "  muster sn status thermo 0001\n",                                                   .min_operands = 2,
     .max_operands = 2,
     .options = LENDER_OPTIONS,
     .is_for_borrowers = true,
     .run = run_status},
    {.name = "log",
     .usage = "MODEL SN",
     .summary = "its activations: when and from where",
     .more = "Example:\n"
             "  muster sn log thermo 0001\n",                                     .min_operands = 2,
     .max_operands = 2,
     .options = LENDER_OPTIONS,
     .is_for_borrowers = true,
     .run = run_log},
    {.name = "delete",
     .usage = "MODEL SN...",
     .summary = "take serial numbers off the list",
     .more =
         "The record and its log go. The device stays with its owner and its key goes on working\n"
         "unless --disable is given or the device was dropped. Unknown serial numbers are passed\n"
         "over and told; the exit status is then 1.\n"
         "\n"
         "Example:\n"
         "  muster sn delete thermo 0001 --disable\n",                                                      .min_operands = 2,
     .max_operands = SIZE_MAX,
     .options = DELETE_OPTIONS,
     .run = run_delete                                              },
};

const struct cli_noun cli_noun_sn = {"sn", "serial numbers of a model", COMMANDS,
                                     sizeof COMMANDS / sizeof COMMANDS[0]};

/*
 * cmd_fleet.c - "muster fleet": a whole vendor, from one server to another (docs/fleet-format.md).
 *
 * An export is sealed by the server that makes it, an import opened by the server that takes it: with
 * --to the tool never has a key in clear. A passphrase stands for a key pair of its own, so at the import
 * the tool opens the seal, which holds the file's key, and seals it again for the server; the lines stay as
 * they are.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/api.h"
#include "cli/fleet_file.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "sys/random.h"

enum { PATH_MAX_CHARS = 4096, BATCH_BYTES = MST_FLEET_BODY_MAX / 2, CURSOR_MAX = 2048 };

#define FLEET_PATH "/muster/v1/fleet/"

static const struct cli_option EXPORT_OPTIONS[] = {
    {"vendor",          "NAME", "the vendor's name"                                              },
    {"output",          "FILE", "what to write; it must not be there yet"                        },
    {"to",              "KEY",  "seal it to the server that has this key: see muster fleet key"  },
    {"passphrase-file", "FILE",
     "or seal it with the passphrase that is the first line of this file"                        },
    {"progress",        NULL,   "tell after each call how far it is, also when not on a terminal"},
    CLI_OPTIONS_END
};

static const struct cli_option IMPORT_OPTIONS[] = {
    {"passphrase-file", "FILE", "its first line is the passphrase; otherwise it is asked for"    },
    {"dry-run",         NULL,   "check every line against the server, and change nothing"        },
    {"progress",        NULL,   "tell after each call how far it is, also when not on a terminal"},
    CLI_OPTIONS_END
};

static const struct cli_reason REASONS[] = {
    {401, "this needs the root client's CIK: give --cik-file root.cik"                          },
    {403, "this needs the root client's CIK: give --cik-file root.cik"                          },
    {404, "there is no vendor of that name, or the server is too old to move fleets"            },
    {409,
     "the vendor was changed while it was being exported: stop what changes it, and begin again"},
    CLI_REASONS_END
};

/* ---- key ---- */

static enum cli_exit get_key(struct cli *cli, json_t **ret_object)
{
    struct cli_reply reply;
    enum cli_exit exit = cli_api(
        cli,
        &(struct cli_call){
            .who = CLI_GIVEN_CIK, .method = "GET", .path = FLEET_PATH "key", .reasons = REASONS},
        &reply);

    *ret_object = exit == CLI_OK && reply.body.len > 0
                      ? json_loadb(reply.body.ptr, reply.body.len, 0, NULL)
                      : NULL;
    if (exit == CLI_OK && !json_is_string(json_object_get(*ret_object, "key")))
        exit = cli_fail(cli, CLI_SERVER, "the reply is not one of a muster server");
    cli_reply_fini(&reply);
    return exit;
}

static enum cli_exit run_key(struct cli *cli)
{
    json_t *object;
    enum cli_exit exit = get_key(cli, &object);

    if (exit == CLI_OK && cli->is_json)
        cli_print_object(cli, object, NULL);
    else if (exit == CLI_OK)
        (void)fprintf(cli->out, "%s\n", json_string_value(json_object_get(object, "key")));
    json_decref(object);
    return exit;
}

/* ---- export ---- */

struct exporting {
    struct cli *cli;
    const char *vendor;
    struct cli_seal seal; /* with a passphrase: its kdf, and to whom */
    char to[2 * MST_X25519_BYTES + 1];
    char path[PATH_MAX_CHARS]; /* of the unfinished file */
    FILE *file;
    char cursor[CURSOR_MAX]; /* empty: at the begin */
    bool is_ended;
    uint64_t n_lines;
};

static enum cli_exit choose_seal(struct exporting *exporting)
{
    struct cli *cli = exporting->cli;
    const char *to = cli_options_text(&cli->options, "to");
    struct mst_secret_key secret;
    struct mst_buf passphrase;
    enum cli_exit exit;

    if (to != NULL && cli_options_has(&cli->options, "passphrase-file"))
        return cli_fail(cli, CLI_USAGE, "--to or --passphrase-file, not both");
    if (to != NULL) {
        if (!cli_seal_key(to, exporting->seal.envelope.to))
            return cli_fail(cli, CLI_USAGE,
                            "--to wants the 64 digits that 'muster fleet key' shows on the server "
                            "that is to import the fleet");
        (void)snprintf(exporting->to, sizeof exporting->to, "%s", to);
        return CLI_OK;
    }
    exporting->seal.has_kdf = true;
    cli_kdf_new(&exporting->seal.kdf);
    mst_buf_init(&passphrase, MST_KIB(2));
    exit = cli_passphrase_get(cli, true, &passphrase);
    if (exit == CLI_OK)
        exit = cli_passphrase_key(cli, mst_buf_span(&passphrase), &exporting->seal.kdf, &secret);
    if (exit == CLI_OK)
        mst_envelope_public(&secret, exporting->seal.envelope.to);
    for (size_t i = 0; exit == CLI_OK && i < MST_X25519_BYTES; i++)
        (void)snprintf(&exporting->to[2 * i], 3, "%02x", exporting->seal.envelope.to[i]);
    mst_secret_wipe(&secret, sizeof secret);
    mst_buf_wipe(&passphrase);
    mst_buf_fini(&passphrase);
    return exit;
}

/* The seal, with what is needed to come from a passphrase to its key. */
static enum cli_exit write_seal(struct exporting *exporting, struct mst_span line)
{
    struct cli *cli = exporting->cli;
    struct cli_seal seal;
    struct mst_buf out;
    enum mst_err err = cli_seal_read(line, &seal);

    if (err != MST_OK)
        return cli_fail(cli, CLI_SERVER, "the reply is not one of a muster server");
    seal.has_kdf = exporting->seal.has_kdf;
    seal.kdf = exporting->seal.kdf;
    mst_buf_init(&out, MST_KIB(2));
    err = cli_seal_write(&out, &seal);
    if (err == MST_OK && fwrite(out.ptr, 1, out.len, exporting->file) != out.len)
        err = MST_EIO;
    mst_buf_fini(&out);
    return err == MST_OK ? CLI_OK
                         : cli_fail(cli, CLI_LOCAL, "%s: %s", exporting->path, strerror(errno));
}

/* A line {"cursor":"..."} says how to go on. */
static bool take_cursor(struct exporting *exporting, struct mst_span line)
{
    json_t *object;
    const char *cursor;

    if (!mst_span_starts(line, MST_LIT("{\"cursor\":")))
        return false;
    object = json_loadb(line.ptr, line.len, 0, NULL);
    cursor = json_string_value(json_object_get(object, "cursor"));
    (void)snprintf(exporting->cursor, sizeof exporting->cursor, "%s", cursor != NULL ? cursor : "");
    json_decref(object);
    return true;
}

static enum cli_exit write_page(struct exporting *exporting, struct mst_span page)
{
    struct cli *cli = exporting->cli;
    bool is_first = exporting->n_lines == 0;

    exporting->cursor[0] = '\0';
    for (size_t at = 0; at < page.len;) {
        size_t end = mst_span_find(page, '\n', at) + 1;
        struct mst_span line = mst_span_cut(page, at, end);

        at = end;
        if (take_cursor(exporting, line))
            continue;
        exporting->n_lines++;
        if (is_first && exporting->n_lines == 1) {
            enum cli_exit exit = write_seal(exporting, line);
            if (exit != CLI_OK)
                return exit;
            continue;
        }
        exporting->is_ended = mst_span_starts(line, MST_LIT("{\"type\":\"end\","));
        if (fwrite(line.ptr, 1, line.len, exporting->file) != line.len)
            return cli_fail(cli, CLI_LOCAL, "%s: %s", exporting->path, strerror(errno));
    }
    if (exporting->is_ended == (exporting->cursor[0] != '\0'))
        return cli_fail(cli, CLI_SERVER, "the reply is not one of a muster server");
    return CLI_OK;
}

static enum cli_exit get_page(struct exporting *exporting)
{
    struct cli *cli = exporting->cli;
    struct cli_reply reply = {0};
    struct mst_buf query;
    enum cli_exit exit;

    mst_buf_init(&query, MST_KIB(8));
    (void)mst_buf_add_byte(&query, '?');
    cli_form_add_str(&query, "vendor", exporting->vendor);
    cli_form_add_str(&query, exporting->cursor[0] ? "cursor" : "to",
                     exporting->cursor[0] ? exporting->cursor : exporting->to);
    if (mst_buf_add_byte(&query, '\0') != MST_OK)
        exit = cli_no_memory(cli);
    else
        exit = cli_api(cli,
                       &(struct cli_call){.who = CLI_GIVEN_CIK,
                                          .method = "GET",
                                          .path = FLEET_PATH "export",
                                          .tail = query.ptr,
                                          .subject = exporting->vendor,
                                          .reasons = REASONS},
                       &reply);
    mst_buf_fini(&query);
    if (exit == CLI_OK)
        exit = write_page(exporting, mst_buf_span(&reply.body));
    cli_reply_fini(&reply);
    return exit;
}

/* The file gets its name when it is whole. */
static enum cli_exit finish(struct exporting *exporting, const char *name)
{
    struct cli *cli = exporting->cli;
    bool is_written = fflush(exporting->file) == 0 && fsync(fileno(exporting->file)) == 0;

    is_written = fclose(exporting->file) == 0 && is_written;
    exporting->file = NULL;
    if (!is_written || rename(exporting->path, name) != 0)
        return cli_fail(cli, CLI_LOCAL, "%s: %s", name, strerror(errno));
    return CLI_OK;
}

static enum cli_exit show_exported(const struct exporting *exporting, const char *name)
{
    json_t *object = json_pack("{s:s, s:s, s:I}", "vendor", exporting->vendor, "file", name,
                               "lines", (json_int_t)exporting->n_lines);

    if (object == NULL)
        return cli_no_memory(exporting->cli);
    if (exporting->cli->is_json)
        cli_print_object(exporting->cli, object, NULL);
    else
        (void)fprintf(exporting->cli->out,
                      "%s: %llu lines; stored points and vendor tokens are not in it\n", name,
                      (unsigned long long)exporting->n_lines);
    json_decref(object);
    return CLI_OK;
}

static enum cli_exit export_to(struct exporting *exporting, const char *name)
{
    struct cli *cli = exporting->cli;
    struct cli_progress progress;
    enum cli_exit exit = CLI_OK;
    int fd;

    if (access(name, F_OK) == 0)
        return cli_fail(cli, CLI_LOCAL, "%s is there already: name another file", name);
    if (snprintf(exporting->path, sizeof exporting->path, "%s.part", name) >=
        (int)sizeof exporting->path)
        return cli_fail(cli, CLI_USAGE, "the file's name is too long");
    fd = open(exporting->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    exporting->file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (exporting->file == NULL)
        return cli_fail(cli, CLI_LOCAL, "%s: %s", exporting->path, strerror(errno));
    cli_interrupt_removes(exporting->path);
    cli_progress_begin(&progress, cli, 0);
    while (exit == CLI_OK && !exporting->is_ended) {
        exit = get_page(exporting);
        cli_progress_at(&progress, (size_t)exporting->n_lines);
    }
    cli_progress_end(&progress);
    if (exit == CLI_OK)
        exit = finish(exporting, name);
    if (exporting->file != NULL)
        (void)fclose(exporting->file);
    (void)unlink(exporting->path);
    cli_interrupt_removes(NULL);
    return exit == CLI_OK ? show_exported(exporting, name) : exit;
}

static enum cli_exit run_export(struct cli *cli)
{
    struct exporting exporting = {.cli = cli};
    const char *name = cli_options_text(&cli->options, "output");
    enum cli_exit exit = cli_api_vendor(cli, &exporting.vendor);

    if (exit == CLI_OK && name == NULL)
        exit = cli_fail(cli, CLI_USAGE, "where to? Give --output FILE");
    if (exit == CLI_OK)
        exit = choose_seal(&exporting);
    return exit == CLI_OK ? export_to(&exporting, name) : exit;
}

/* ---- import ---- */

struct importing {
    struct cli *cli;
    struct cli_fleet_file file;
    struct mst_buf front; /* the seal for this server, and the head */
    struct mst_buf body;
    struct cli_progress progress;
    uint64_t n_total;
    uint64_t n_before; /* lines of the passes before */
    json_int_t n_made, n_there, n_left_out;
    bool is_dry;
};

/* The file's key, by a passphrase. */
static enum cli_exit open_seal(struct cli *cli, const struct cli_seal *seal,
                               struct mst_secret_key *ret_file_key)
{
    struct mst_secret_key secret;
    struct mst_buf passphrase;
    enum cli_exit exit;

    mst_buf_init(&passphrase, MST_KIB(2));
    exit = cli_passphrase_get(cli, false, &passphrase);
    if (exit == CLI_OK)
        exit = cli_passphrase_key(cli, mst_buf_span(&passphrase), &seal->kdf, &secret);
    if (exit == CLI_OK && mst_envelope_open(&seal->envelope, &secret, ret_file_key) != MST_OK)
        exit = cli_fail(cli, CLI_REFUSED,
                        "the passphrase is not the one that the file was sealed with");
    mst_secret_wipe(&secret, sizeof secret);
    mst_buf_wipe(&passphrase);
    mst_buf_fini(&passphrase);
    return exit;
}

/* Makes the seal one for this server. */
static enum cli_exit seal_again(struct cli *cli, const uint8_t server[MST_X25519_BYTES],
                                struct cli_seal *seal)
{
    struct mst_secret_key file_key, ephemeral;
    enum cli_exit exit = open_seal(cli, seal, &file_key);

    if (exit != CLI_OK)
        return exit;
    memcpy(seal->envelope.to, server, MST_X25519_BYTES);
    seal->has_kdf = false;
    mst_random_bytes(ephemeral.bytes, sizeof ephemeral.bytes);
    if (mst_envelope_seal(&file_key, &ephemeral, &seal->envelope) != MST_OK)
        exit = cli_fail(cli, CLI_SERVER, "the server's key is none");
    mst_secret_wipe(&file_key, sizeof file_key);
    mst_secret_wipe(&ephemeral, sizeof ephemeral);
    return exit;
}

static enum cli_exit fit_seal(struct importing *importing, struct cli_seal *seal)
{
    struct cli *cli = importing->cli;
    uint8_t server[MST_X25519_BYTES];
    json_t *object;
    enum cli_exit exit = get_key(cli, &object);

    if (exit == CLI_OK && !cli_seal_key(json_string_value(json_object_get(object, "key")), server))
        exit = cli_fail(cli, CLI_SERVER, "the reply is not one of a muster server");
    json_decref(object);
    if (exit != CLI_OK)
        return exit;
    if (seal->has_kdf)
        return seal_again(cli, server, seal);
    if (memcmp(seal->envelope.to, server, sizeof server) != 0)
        return cli_fail(
            cli, CLI_REFUSED,
            "the file is sealed to another server: export it with the --to that 'muster "
            "fleet key' shows here");
    return CLI_OK;
}

/* The first two lines, which go with every call. */
static enum cli_exit read_front(struct importing *importing)
{
    struct cli *cli = importing->cli;
    struct cli_seal seal;
    struct mst_span line;
    enum cli_exit exit = cli_fleet_line(&importing->file, &line);

    if (exit == CLI_OK && cli_seal_read(line, &seal) != MST_OK)
        exit = cli_fail(cli, CLI_REFUSED,
                        "%s is no fleet's file, or was sealed in a way that this "
                        "version does not know",
                        importing->file.path);
    if (exit == CLI_OK)
        exit = fit_seal(importing, &seal);
    if (exit == CLI_OK)
        exit = cli_fleet_line(&importing->file, &line);
    if (exit != CLI_OK)
        return exit;
    if (cli_seal_write(&importing->front, &seal) != MST_OK ||
        mst_buf_add(&importing->front, line) != MST_OK)
        return cli_no_memory(cli);
    return CLI_OK;
}

static void add_up(struct importing *importing, const json_t *answer)
{
    size_t i;
    const json_t *note;

    importing->n_made += json_integer_value(json_object_get(answer, "made"));
    importing->n_there += json_integer_value(json_object_get(answer, "there"));
    importing->n_left_out += json_integer_value(json_object_get(answer, "left_out"));
    json_array_foreach(json_object_get(answer, "notes"), i, note)
    {
        const char *text = json_string_value(json_object_get(note, "note"));
        cli_warn(importing->cli, "line %lld: %s",
                 (long long)json_integer_value(json_object_get(note, "line")),
                 text != NULL ? text : "");
    }
}

/* Sends the lines in body, the first of which is number from. */
static enum cli_exit send_lines(struct importing *importing, uint64_t from, bool is_dry)
{
    struct cli *cli = importing->cli;
    struct cli_reply reply;
    json_t *answer = NULL;
    char tail[64];
    enum cli_exit exit;

    (void)snprintf(tail, sizeof tail, "?from=%llu%s", (unsigned long long)from,
                   is_dry ? "&dry=true" : "");
    exit = cli_api(cli,
                   &(struct cli_call){.who = CLI_GIVEN_CIK,
                                      .method = "POST",
                                      .path = FLEET_PATH "import",
                                      .tail = tail,
                                      .content_type = CLI_JSON,
                                      .body = mst_buf_span(&importing->body),
                                      .subject = importing->file.path,
                                      .reasons = REASONS},
                   &reply);
    if (exit == CLI_OK && reply.body.len > 0)
        answer = json_loadb(reply.body.ptr, reply.body.len, 0, NULL);
    if (exit == CLI_OK && !json_is_integer(json_object_get(answer, "made")))
        exit = cli_fail(cli, CLI_SERVER, "the reply is not one of a muster server");
    if (exit == CLI_OK && is_dry == importing->is_dry)
        add_up(importing, answer);
    json_decref(answer);
    cli_reply_fini(&reply);
    return exit;
}

static bool is_blob(struct mst_span line)
{
    return mst_span_starts(line, MST_LIT("{\"type\":\"blob\","));
}

/* Lines for one call, of which the first was read already; *line is then the first of the next call. Bytes of
   content go in calls of their own, those of each entry by themselves. */
static enum cli_exit fill_batch(struct importing *importing, struct mst_span *line)
{
    const bool is_bytes = is_blob(*line);
    const size_t max = is_bytes ? MST_FLEET_PIECES_MAX : MST_FLEET_LINES_MAX;
    enum cli_exit exit = CLI_OK;

    mst_buf_clear(&importing->body);
    (void)mst_buf_add(&importing->body, mst_buf_span(&importing->front));
    for (size_t n = 0; exit == CLI_OK && n < max && line->len > 0 && is_blob(*line) == is_bytes &&
                       importing->body.len < BATCH_BYTES;
         n++) {
        (void)mst_buf_add(&importing->body, *line);
        exit = cli_fleet_line(&importing->file, line);
    }
    return exit == CLI_OK && mst_buf_err(&importing->body) != MST_OK ? cli_no_memory(importing->cli)
                                                                     : exit;
}

/* All lines behind the head, in batches. */
static enum cli_exit pass(struct importing *importing, bool is_dry)
{
    struct mst_span line;
    enum cli_exit exit = cli_fleet_rewind(&importing->file);

    for (int i = 0; i < 3 && exit == CLI_OK; i++)
        exit = cli_fleet_line(&importing->file, &line);
    for (uint64_t from = 3; exit == CLI_OK && line.len > 0;) {
        exit = fill_batch(importing, &line);
        if (exit == CLI_OK)
            exit = send_lines(importing, from, is_dry);
        from = importing->file.n_lines + (line.len > 0 ? 0 : 1);
        if (exit == CLI_OK)
            cli_progress_at(&importing->progress, (size_t)(importing->n_before + from - 1));
    }
    importing->n_before += importing->n_total;
    return exit;
}

static enum cli_exit show_imported(const struct importing *importing)
{
    struct cli *cli = importing->cli;
    json_t *object =
        json_pack("{s:I, s:I, s:I, s:b}", "made", importing->n_made, "there", importing->n_there,
                  "left_out", importing->n_left_out, "dry_run", (int)importing->is_dry);

    if (object == NULL)
        return cli_no_memory(cli);
    if (cli->is_json)
        cli_print_object(cli, object, NULL);
    else
        (void)fprintf(cli->out, "%lld %s, %lld there already, %lld left out\n",
                      (long long)importing->n_made, importing->is_dry ? "would be made" : "made",
                      (long long)importing->n_there, (long long)importing->n_left_out);
    json_decref(object);
    return CLI_OK;
}

static enum cli_exit import_file(struct importing *importing)
{
    struct cli *cli = importing->cli;
    enum cli_exit exit = cli_fleet_survey(&importing->file, &importing->n_total);

    if (exit == CLI_OK)
        exit = read_front(importing);
    if (exit != CLI_OK)
        return exit;
    cli_progress_begin(&importing->progress, cli,
                       (size_t)importing->n_total * (importing->is_dry ? 1 : 2));
    exit = pass(importing, true);
    if (exit == CLI_OK && !importing->is_dry)
        exit = pass(importing, false);
    cli_progress_end(&importing->progress);
    if (exit != CLI_OK && importing->n_before > importing->n_total)
        cli_warn(cli, "a part is imported: the same command again goes on where this one ended");
    return exit == CLI_OK ? show_imported(importing) : exit;
}

static enum cli_exit run_import(struct cli *cli)
{
    struct importing importing = {.cli = cli, .is_dry = cli_options_has(&cli->options, "dry-run")};
    enum cli_exit exit = cli_fleet_open(cli, cli->options.operands[0], &importing.file);

    mst_buf_init(&importing.front, MST_FLEET_LINE_MAX);
    mst_buf_init(&importing.body, MST_FLEET_BODY_MAX);
    if (exit == CLI_OK)
        exit = import_file(&importing);
    mst_buf_fini(&importing.front);
    mst_buf_fini(&importing.body);
    cli_fleet_close(&importing.file);
    return exit;
}

/* clang-format 14 reads beyond its own memory in this table. */
/* clang-format off */
static const struct cli_command COMMANDS[] = {
    {.name = "key",
     .usage = "",
     .summary = "the key that fleets for this server are sealed to",
     .more = "Give it to 'muster fleet export --to' on the server that the fleet leaves. It is not "
             "secret.\n"
             "Needs the root client's CIK.\n"
             "\n"
             "Example:\n"
             "  muster --server https://new.example --cik-file new/root.cik fleet key\n",
     .run = run_key},
    {.name = "export",
     .usage = "--vendor NAME --output FILE",
     .summary = "write a whole vendor, with its keys sealed, to a file",
     .more =
         "Clients, models, serial numbers with state and log, ranges, groups, content with\n"
         "its bytes, shares. Every key that is in force or waits for its activation goes along, sealed to "
         "the\n"
         "receiving server (--to) or with a passphrase: nobody else can read it in the file. "
         "Stored\n"
         "points and vendor tokens do not go along. Stop what changes the\n"
         "vendor first: devices that are re-enabled meanwhile keep their new key here only. "
         "Needs the\n"
         "root client's CIK.\n"
         "\n"
         "Examples:\n"
         "  muster --cik-file old/root.cik fleet export --vendor acme --output acme.fleet \\\n"
         "         --to 5f1e...\n"
         "  muster --cik-file old/root.cik fleet export --vendor acme --output acme.fleet \\\n"
         "         --passphrase-file secret\n",
     .options = EXPORT_OPTIONS,
     .timeout_s = 120,
     .run = run_export},
    {.name = "import",
     .usage = "FILE",
     .min_operands = 1,
     .max_operands = 1,
     .summary = "add a vendor that another server exported",
     .more =
         "First every line is checked against the server, then all are added. RIDs and keys are "
         "the\n"
         "same as before: devices go on with the key they have, pending ones get the key that "
         "they\n"
         "would have got. What is there already stays as it is, so the same command may be run "
         "again,\n"
         "also after it was interrupted. Needs the root client's CIK.\n"
         "\n"
         "Example:\n"
         "  muster --cik-file new/root.cik fleet import acme.fleet\n",
     .options = IMPORT_OPTIONS,
     .timeout_s = 120,
     .run = run_import},
};
/* clang-format on */

const struct cli_noun cli_noun_fleet = {"fleet", "move a whole vendor to another server", COMMANDS,
                                        sizeof COMMANDS / sizeof COMMANDS[0]};

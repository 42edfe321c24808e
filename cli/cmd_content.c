/* cmd_content.c - "muster content": firmware and files of a model (protocol.md 2.7). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/limits.h"
#include "cli/entry.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/status.h"
#include "wire/digest.h"

enum {
    TEXT_MAX = 8192,
    TIME_TEXT = 32,
    PIECE = 1 << 16,
    SHOW_EVERY = 1 << 20,
    PATH_CHARS = 4096,
    HEADER_CHARS = 96
};

static const char CONTENTS[] = "/provision/manage/content/";

static const struct cli_option CREATE_OPTIONS[] = {
    {"meta",      "TEXT", "text kept with it"                                  },
    {"protected", NULL,   "only for serial numbers that are in a group with it"},
    CLI_OPTIONS_END
};

static const struct cli_option LIST_OPTIONS[] = {
    {"sn", "SN", "only what this serial number may download"},
    CLI_OPTIONS_END
};

static const struct cli_option UPLOAD_OPTIONS[] = {
    {"type",     "TYPE", "its media type (application/octet-stream)"        },
    {"progress", NULL,   "tell how far it is, also where no person looks on"},
    CLI_OPTIONS_END
};

static const struct cli_option DOWNLOAD_OPTIONS[] = {
    {"sn",       "SN", "as this serial number may have it"                     },
    {"continue", NULL, "go on with FILE.part of a download that was broken off"},
    {"progress", NULL, "tell how far it is, also where no person looks on"     },
    CLI_OPTIONS_END
};

static const struct cli_option DELETE_OPTIONS[] = {
    {"yes", NULL, "do it: its bytes go with it, and its place in groups"},
    CLI_OPTIONS_END
};

static const struct cli_field LIST_FIELDS[] = {
    {"content", "CONTENT"},
    CLI_FIELDS_END
};

static const struct cli_field SHOW_FIELDS[] = {
    {"model",     "model"    },
    {"content",   "content"  },
    {"type",      "type"     },
    {"bytes",     "bytes"    },
    {"updated",   "updated"  },
    {"meta",      "text"     },
    {"protected", "protected"},
    CLI_FIELDS_END
};

static const struct cli_field MOVED_FIELDS[] = {
    {"content", "content"},
    {"bytes",   "bytes"  },
    {"sha256",  "sha256" },
    {"file",    "file"   },
    CLI_FIELDS_END
};

#define NO_CONTENT                                                                         \
    "there is no such content of this model, or no such model: see 'muster content list' " \
    "and 'muster model list'"

static const struct cli_reason REASONS[] = {
    {400, "an id is 1 to 255 bytes of text in one line, a text up to 1024 bytes"                },
    {404, NO_CONTENT                                                                            },
    {409, "the model has content of that id, or 1000 of them already: see 'muster content list'"},
    CLI_REASONS_END
};

static const struct cli_reason LIST_REASONS[] = {
    {400, "there is no such model ('muster model list'), or no such serial number of it"},
    CLI_REASONS_END
};

static const struct cli_reason UPLOAD_REASONS[] = {
    {400, "a media type is up to 255 bytes"                                                    },
    {404, "make it first, with 'muster content create', or check the model's name with "
          "'muster model list'"                                                       },
    {409, "it holds something already: delete it first, or set content_overwrite on the server"},
    {413, "it is larger than the server takes (its setting content_max)"                       },
    CLI_REASONS_END
};

static const struct cli_reason DOWNLOAD_REASONS[] = {
    {403,
     "there is no such model, or the serial number may not have it: it is unknown, not activated, "
     "or in no group with it"                                                                     },
    {404, "there is no such content, or nothing was uploaded to it yet: see 'muster content show'"},
    {416, "what FILE.part holds is longer than the content: delete it, and begin again"           },
    CLI_REASONS_END
};

/* ---- entries ------------------------------------------------------------------------------ */

static const struct cli_entries ENTRIES = {"content", CONTENTS, REASONS};

static enum cli_exit run_create(struct cli *cli)
{
    return cli_entry_create(cli, &ENTRIES,
                            cli_options_has(&cli->options, "protected") ? "protected" : NULL);
}

static enum cli_exit run_delete(struct cli *cli)
{
    return cli_entry_delete(cli, &ENTRIES, "its bytes, and its place in groups");
}

static enum cli_exit list_row(void *arg, const struct cli_csv_row *row)
{
    return cli_list_row(arg, json_pack("{s:o}", "content", cli_json_text(row->fields[0])));
}

static enum cli_exit run_list(struct cli *cli)
{
    const char *sn = cli_options_text(&cli->options, "sn");
    struct cli_list list = {0};
    struct mst_buf tail;
    enum cli_exit exit;

    mst_buf_init(&tail, TEXT_MAX);
    (void)mst_buf_add_str(&tail, sn != NULL ? "/?sn=" : "/");
    if (sn != NULL)
        cli_url_add(&tail, mst_span_str(sn));
    (void)mst_buf_add_byte(&tail, '\0');
    exit = mst_buf_err(&tail) == MST_OK ? cli_list_begin(&list, cli, LIST_FIELDS)
                                        : cli_fail(cli, CLI_USAGE, "--sn is too long");
    if (exit == CLI_OK)
        exit = cli_api_rows(cli,
                            &(struct cli_call){.who = CLI_VENDOR,
                                               .path = CONTENTS,
                                               .names = {cli->options.operands[0]},
                                               .tail = tail.ptr,
                                               .reasons = LIST_REASONS},
                            "a list of content", list_row, &list);
    if (exit == CLI_OK)
        cli_list_end(&list, sn != NULL ? "nothing that it may download"
                                       : "no content yet: make some with 'muster content create'");
    cli_list_fini(&list);
    mst_buf_fini(&tail);
    return exit;
}

static enum cli_exit show_row(void *arg, const struct cli_csv_row *row)
{
    struct cli *cli = arg;
    char text[TIME_TEXT];
    uint64_t n_bytes, updated;
    json_t *object;

    if (row->n_fields != 5 || mst_span_u64(row->fields[1], INT64_MAX, &n_bytes) != MST_OK ||
        mst_span_u64(row->fields[2], UINT32_MAX * UINT64_C(64), &updated) != MST_OK)
        return cli_fail(cli, CLI_SERVER, "the reply is not a content");
    cli_time_text((int64_t)updated, text, sizeof text);
    object = json_pack("{s:s, s:s, s:o, s:I, s:o, s:o, s:o}", "model", cli->options.operands[0],
                       "content", cli->options.operands[1], "type", cli_json_text(row->fields[0]),
                       "bytes", (json_int_t)n_bytes, "updated",
                       cli->is_json ? json_integer((json_int_t)updated) : json_string(text), "meta",
                       cli_json_text(row->fields[3]), "protected",
                       json_boolean(mst_span_eq(row->fields[4], MST_LIT("true"))));
    if (object == NULL)
        return cli_no_memory(cli);
    cli_print_object(cli, object, SHOW_FIELDS);
    json_decref(object);
    return CLI_OK;
}

static enum cli_exit run_show(struct cli *cli)
{
    const char *const *names = cli->options.operands;

    return cli_api_rows(
        cli,
        &(struct cli_call){
            .who = CLI_VENDOR, .path = CONTENTS, .names = {names[0], names[1]},
                    .reasons = REASONS
    },
        "a content", show_row, cli);
}

/* ---- bytes on their way ------------------------------------------------------------------- */

struct moving {
    struct cli *cli;
    struct cli_progress progress;
    struct cli_source source; /* of an upload */
    struct cli_sink sink;     /* of a download */
    int fd;
    bool is_own_fd;
    uint64_t n_bytes, n_shown;
    struct mst_sha256 sha;
    uint8_t digest[MST_SHA256_BYTES];
    bool has_byte; /* of a download that goes on: the last byte at hand, which comes once more */
    char byte;
};

static void note(struct moving *moving, struct mst_span bytes)
{
    mst_sha256_add(&moving->sha, bytes);
    moving->n_bytes += bytes.len;
    if (moving->n_bytes - moving->n_shown < SHOW_EVERY &&
        moving->n_bytes != moving->progress.n_total)
        return;
    moving->n_shown = moving->n_bytes;
    cli_progress_at(&moving->progress, moving->n_bytes);
}

static enum cli_exit tell(struct moving *moving, const char *file)
{
    char text[2 * MST_SHA256_BYTES + 1];
    json_t *object;

    mst_hex_encode(mst_span_of(moving->digest, sizeof moving->digest), text);
    text[sizeof text - 1] = '\0';
    object = json_pack("{s:s, s:I, s:s, s:s}", "content", moving->cli->options.operands[1], "bytes",
                       (json_int_t)moving->n_bytes, "sha256", text, "file", file);
    if (object == NULL)
        return cli_no_memory(moving->cli);
    cli_print_object(moving->cli, object, MOVED_FIELDS);
    json_decref(object);
    return CLI_OK;
}

static void close_own(struct moving *moving)
{
    if (moving->is_own_fd)
        (void)close(moving->fd);
    moving->is_own_fd = false;
}

/* ---- upload ------------------------------------------------------------------------------- */

static bool read_file(void *arg, char *bytes, size_t max, size_t *ret_n)
{
    struct moving *moving = arg;
    ssize_t n;

    do
        n = read(moving->fd, bytes, max);
    while (n < 0 && errno == EINTR);
    if (n < 0) {
        (void)snprintf(moving->source.problem, sizeof moving->source.problem, "cannot read %s: %s",
                       moving->cli->options.operands[2], strerror(errno));
        return false;
    }
    note(moving, mst_span_of(bytes, (size_t)n));
    *ret_n = (size_t)n;
    return true;
}

static bool rewind_file(void *arg)
{
    struct moving *moving = arg;

    if (lseek(moving->fd, 0, SEEK_SET) != 0)
        return false;
    mst_sha256_init(&moving->sha);
    moving->n_bytes = 0;
    return true;
}

/* A file has a size that can be told, and can be sent again; a pipe has neither. */
static enum cli_exit open_source(struct moving *moving, const char *path)
{
    bool is_stdin = strcmp(path, "-") == 0;
    struct stat st;

    if (is_stdin && moving->cli->is_stdin_read)
        return cli_fail(moving->cli, CLI_USAGE,
                        "standard input can be read once only: of all options that name a file, "
                        "one may be -");
    moving->fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    moving->is_own_fd = !is_stdin && moving->fd >= 0;
    if (moving->fd < 0 || fstat(moving->fd, &st) != 0)
        return cli_fail(moving->cli, CLI_LOCAL, "cannot read %s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return cli_fail(moving->cli, CLI_LOCAL, "%s is a directory", path);
    moving->source = (struct cli_source){.read = read_file, .n_bytes = -1, .arg = moving};
    if (S_ISREG(st.st_mode) && lseek(moving->fd, 0, SEEK_CUR) == 0) {
        moving->source.n_bytes = st.st_size;
        moving->source.rewind = rewind_file;
    }
    return CLI_OK;
}

static bool is_type(const char *type)
{
    for (const char *c = type; *c != '\0'; c = &c[1]) {
        if (*c < ' ' || *c > '~')
            return false;
    }
    return type[0] != '\0' && strlen(type) <= MST_MIME_MAX;
}

static enum cli_exit run_upload(struct cli *cli)
{
    const char *const *names = cli->options.operands;
    const char *type = cli_options_text(&cli->options, "type");
    struct moving moving = {.cli = cli, .fd = -1};
    enum cli_exit exit;

    if (type != NULL && !is_type(type))
        return cli_fail(cli, CLI_USAGE, "--type: a media type is 1 to 255 printable characters");
    mst_sha256_init(&moving.sha);
    exit = open_source(&moving, names[2]);
    if (exit == CLI_OK) {
        cli_progress_begin(&moving.progress, cli,
                           moving.source.n_bytes > 0 ? (size_t)moving.source.n_bytes : 0);
        exit =
            cli_api_done(cli, &(struct cli_call){
                                  .who = CLI_VENDOR,
                                  .method = "POST",
                                  .path = CONTENTS,
                                  .names = {names[0], names[1]},
                                  .content_type = type != NULL ? type : "application/octet-stream",
                                  .reasons = UPLOAD_REASONS,
                                  .source = &moving.source
        });
        cli_progress_end(&moving.progress);
    }
    close_own(&moving);
    if (exit != CLI_OK)
        return exit;
    mst_sha256_end(&moving.sha, moving.digest);
    return tell(&moving, names[2]);
}

/* ---- download ----------------------------------------------------------------------------- */

static bool write_whole(int fd, struct mst_span bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        bytes = mst_span_cut(bytes, (size_t)n, bytes.len);
    }
    return true;
}

static bool break_off(struct moving *moving, const char *what)
{
    (void)snprintf(moving->sink.problem, sizeof moving->sink.problem, "%s", what);
    return false;
}

/* A part that goes on begins with the last byte at hand, so that there always is one. */
static bool take_piece(void *arg, long status, struct mst_span bytes)
{
    struct moving *moving = arg;

    if (moving->has_byte && status != 206)
        return break_off(moving,
                         "the server sends all of it again: begin anew, without --continue");
    if (moving->has_byte && bytes.len > 0) {
        moving->has_byte = false;
        if (bytes.ptr[0] != moving->byte)
            return break_off(moving, "FILE.part is of other content: delete it, and begin again");
        bytes = mst_span_cut(bytes, 1, bytes.len);
    }
    note(moving, bytes);
    return write_whole(moving->fd, bytes) || break_off(moving, strerror(errno));
}

/* What is at hand already: hashed and counted, *moving stands at its end. */
static enum cli_exit read_part(struct moving *moving, const char *path)
{
    char bytes[PIECE];
    ssize_t n;

    while ((n = read(moving->fd, bytes, sizeof bytes)) > 0) {
        mst_sha256_add(&moving->sha, mst_span_of(bytes, (size_t)n));
        moving->n_bytes += (uint64_t)n;
        moving->byte = bytes[n - 1];
        moving->has_byte = true;
    }
    return n < 0 ? cli_fail(moving->cli, CLI_LOCAL, "cannot read %s: %s", path, strerror(errno))
                 : CLI_OK;
}

static enum cli_exit open_sink(struct moving *moving, const char *part)
{
    bool is_going_on = cli_options_has(&moving->cli->options, "continue");

    moving->sink = (struct cli_sink){.take = take_piece, .arg = moving};
    if (part == NULL) {
        moving->fd = STDOUT_FILENO;
        return CLI_OK;
    }
    moving->fd = open(part, O_RDWR | O_CREAT | O_CLOEXEC | (is_going_on ? 0 : O_TRUNC), 0666);
    moving->is_own_fd = moving->fd >= 0;
    if (moving->fd < 0)
        return cli_fail(moving->cli, CLI_LOCAL, "cannot write %s: %s", part, strerror(errno));
    return is_going_on ? read_part(moving, part) : CLI_OK;
}

/* How much will there be? Asked beforehand for the bar alone, so nothing is said if it fails. */
static enum cli_exit note_total(void *arg, const struct cli_csv_row *row)
{
    uint64_t n_bytes;

    if (mst_span_u64(row->fields[1], SIZE_MAX, &n_bytes) == MST_OK)
        *(size_t *)arg = (size_t)n_bytes;
    return CLI_OK;
}

static enum cli_exit fetch(struct moving *moving, struct cli_reply *ret_reply)
{
    struct cli *cli = moving->cli;
    const char *const *names = cli->options.operands;
    const char *sn = cli_options_text(&cli->options, "sn");
    char range[HEADER_CHARS];
    struct mst_buf tail;
    enum cli_exit exit;

    mst_buf_init(&tail, TEXT_MAX);
    (void)mst_buf_add_str(&tail, "?download=true");
    if (sn != NULL)
        (void)mst_buf_add_str(&tail, "&sn=");
    cli_url_add(&tail, mst_span_str(sn));
    (void)mst_buf_add_byte(&tail, '\0');
    (void)snprintf(range, sizeof range, "Range: bytes=%llu-",
                   (unsigned long long)(moving->n_bytes - 1));
    if (mst_buf_err(&tail) != MST_OK)
        exit = cli_fail(cli, CLI_USAGE, "--sn is too long");
    else
        exit = cli_api(
            cli,
            &(struct cli_call){
                .who = CLI_VENDOR,
                .method = "GET",
                .path = CONTENTS,
                .names = {names[0],                      names[1]                          },
                .tail = tail.ptr,
                .reasons = DOWNLOAD_REASONS,
                .headers = {"Want-Repr-Digest: sha-256=1", moving->n_bytes > 0 ? range : NULL},
                .sink = &moving->sink
        },
            ret_reply);
    mst_buf_fini(&tail);
    return exit;
}

/* "sha-256=:BASE64:", as RFC 9530 writes it. */
static bool is_digest(const uint8_t digest[MST_SHA256_BYTES], const char *field)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct mst_buf want;
    bool is_it;

    mst_buf_init(&want, CLI_VALUE_MAX);
    (void)mst_buf_add_str(&want, "sha-256=:");
    for (size_t i = 0; i < MST_SHA256_BYTES; i += 3) {
        bool is_last = i + 2 == MST_SHA256_BYTES; /* 32 bytes leave two */
        unsigned group = (unsigned)digest[i] << 16 | (unsigned)digest[i + 1] << 8 |
                         (is_last ? 0u : (unsigned)digest[i + 2]);

        for (int shift = 18; shift >= (is_last ? 6 : 0); shift -= 6)
            (void)mst_buf_add_byte(&want, letters[group >> shift & 63]);
    }
    (void)mst_buf_add_str(&want, "=:");
    is_it = mst_buf_err(&want) == MST_OK && mst_span_eq(mst_buf_span(&want), mst_span_str(field));
    mst_buf_fini(&want);
    return is_it;
}

static enum cli_exit verify(struct moving *moving, const struct cli_reply *reply)
{
    mst_sha256_end(&moving->sha, moving->digest);
    if (reply->digest[0] == '\0')
        return cli_fail(moving->cli, CLI_SERVER,
                        "the server does not tell the hash: is it an older muster?");
    return is_digest(moving->digest, reply->digest)
               ? CLI_OK
               : cli_fail(moving->cli, CLI_SERVER,
                          "what came is not what was uploaded (its SHA-256 is another one): "
                          "it was replaced meanwhile, or broken on the way. Begin again, without "
                          "--continue");
}

static enum cli_exit put_in_place(struct moving *moving, const char *part, const char *path)
{
    if (fsync(moving->fd) != 0 && errno != EINVAL && errno != EROFS)
        return cli_fail(moving->cli, CLI_LOCAL, "cannot write %s: %s", part, strerror(errno));
    if (rename(part, path) != 0)
        return cli_fail(moving->cli, CLI_LOCAL, "cannot rename %s to %s: %s", part, path,
                        strerror(errno));
    return CLI_OK;
}

static enum cli_exit download_to(struct moving *moving, const char *part, const char *path)
{
    const char *const *names = moving->cli->options.operands;
    struct cli_reply reply = {0};
    size_t n_total = 0;
    enum cli_exit exit = open_sink(moving, part);

    if (exit == CLI_OK &&
        (moving->cli->is_terminal || cli_options_has(&moving->cli->options, "progress")))
        exit = cli_api_rows(moving->cli,
                            &(struct cli_call){
                                .who = CLI_VENDOR,
                                .path = CONTENTS,
                                .names = {names[0], names[1]},
                                .reasons = DOWNLOAD_REASONS
        },
                            "a content", note_total, &n_total);
    if (exit != CLI_OK)
        return exit;
    cli_progress_begin(&moving->progress, moving->cli, n_total);
    moving->progress.n_first = (size_t)moving->n_bytes;
    exit = fetch(moving, &reply);
    cli_progress_end(&moving->progress);
    if (exit == CLI_OK)
        exit = verify(moving, &reply);
    if (exit == CLI_OK && part != NULL)
        exit = put_in_place(moving, part, path);
    cli_reply_fini(&reply);
    return exit;
}

static enum cli_exit run_download(struct cli *cli)
{
    const char *path = cli->options.operands[2];
    bool is_stdout = strcmp(path, "-") == 0;
    struct moving moving = {.cli = cli, .fd = -1};
    char part[PATH_CHARS];
    enum cli_exit exit;

    if (is_stdout && cli_options_has(&cli->options, "continue"))
        return cli_fail(cli, CLI_USAGE, "--continue goes on with a file, not with standard output");
    if (snprintf(part, sizeof part, "%s.part", path) >= (int)sizeof part)
        return cli_fail(cli, CLI_USAGE, "the file's name is too long");
    mst_sha256_init(&moving.sha);
    exit = download_to(&moving, is_stdout ? NULL : part, path);
    close_own(&moving);
    return exit != CLI_OK || is_stdout ? exit : tell(&moving, path);
}

#define ONE_CONTENT .usage = "MODEL ID", .min_operands = 2, .max_operands = 2

/* clang-format off */
static const struct cli_command COMMANDS[] = {
    {.name = "create", ONE_CONTENT, .summary = "make a content entry, still empty",
     .more = "Every activated serial number of the model may download it, or with --protected those in a\n"
             "group with it ('muster group').\n"
             "\n"
             "Example:\n"
             "  muster content create thermo fw-1.2 --meta 'stable'\n",
     .options = CREATE_OPTIONS, .run = run_create},
    {.name = "list", .usage = "MODEL", .min_operands = 1, .max_operands = 1,
     .summary = "the content of a model",
     .more = "Examples:\n"
             "  muster content list thermo\n"
             "  muster content list thermo --sn 0001\n",
     .options = LIST_OPTIONS, .run = run_list},
    {.name = "show", ONE_CONTENT, .summary = "what is known of a content: its type, size, text",
     .more = "Example:\n"
             "  muster content show thermo fw-1.2\n",
     .run = run_show},
    {.name = "upload", .usage = "MODEL ID FILE|-", .min_operands = 3, .max_operands = 3,
     .summary = "send the bytes of a content",
     .more = "The file is sent as it is read, whatever its size. What a content holds is replaced only\n"
             "if the server's setting content_overwrite is on: make another one instead, so that what was\n"
             "published stays what it was.\n"
             "\n"
             "Examples:\n"
             "  muster content upload thermo fw-1.2 build/firmware.bin\n"
             "  tar c assets | muster content upload thermo assets-7 - --type application/x-tar\n",
     .options = UPLOAD_OPTIONS, .run = run_upload},
    {.name = "download", .usage = "MODEL ID FILE|-", .min_operands = 3, .max_operands = 3,
     .summary = "fetch the bytes of a content, and check them",
     .more = "What comes is written to FILE.part, compared with the SHA-256 of what was uploaded, and only\n"
             "then called FILE. If it breaks off, --continue fetches the rest. With - it goes to standard\n"
             "output, and the exit status tells whether it was right.\n"
             "\n"
             "Examples:\n"
             "  muster content download thermo fw-1.2 fw.bin\n"
             "  muster content download thermo fw-1.2 fw.bin --continue\n",
     .options = DOWNLOAD_OPTIONS, .run = run_download},
    {.name = "delete", ONE_CONTENT, .summary = "delete a content with its bytes",
     .more = "Downloads that are under way break off.\n"
             "\n"
             "Example:\n"
             "  muster content delete thermo fw-1.1 --yes\n",
     .options = DELETE_OPTIONS, .run = run_delete},
};
/* clang-format on */

const struct cli_noun cli_noun_content = {"content", "firmware and files of a model", COMMANDS,
                                          sizeof COMMANDS / sizeof COMMANDS[0]};

/* cmd_group.c - "muster group": what belongs together in a model (protocol.md 2.8). */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "cli/entry.h"
#include "cli/output.h"
#include "cli/profile.h"
#include "cli/status.h"
#include "cli/when.h"
#include "sys/clock.h"

enum { TEXT_MAX = 8192, TIME_TEXT = 32, PAGE = MST_PAGE_MAX, FILE_MAX = 1 << 28 };

/* A row of CSV at its longest: three texts quoted, each byte a doubled quote, and a number. */
enum { ROW_MAX = 2 * (2 * MST_GROUP_NAME_MAX + MST_ENTRY_META_MAX) + 64 };

static const char GROUPS[] = "/provision/manage/group/";

static const struct cli_option CREATE_OPTIONS[] = {
    {"meta", "TEXT", "text kept with the group"},
    CLI_OPTIONS_END
};

static const struct cli_option DELETE_OPTIONS[] = {
    {"yes", NULL, "do it: the group's members, and its place in other groups, go with it"},
    CLI_OPTIONS_END
};

static const struct cli_option ADD_OPTIONS[] = {
    {"type",   "WORD", "what the members are: sn (without this), content, group, or any other word"},
    {"expire", "WHEN", "until when: 30d, 12h, 2026-12-31, 2026-12-31T23:59:59Z, never"             },
    {"meta",   "TEXT", "text kept with each membership"                                            },
    {"file",   "FILE", "CSV, a row per member: type,member,expire,text; - reads standard input"    },
    CLI_OPTIONS_END
};

static const struct cli_option REMOVE_OPTIONS[] = {
    {"type", "WORD", "what the members are: sn (without this), content, group, or any other word"},
    {"file", "FILE", "CSV, a row per member: type,member; - reads standard input"                },
    CLI_OPTIONS_END
};

static const struct cli_option MEMBERS_OPTIONS[] = {
    {"type",   "WORD", "only members of this type"},
    {"member", "NAME", "only members of this name"},
    CLI_OPTIONS_END
};

static const struct cli_option OF_OPTIONS[] = {
    {"type", "WORD", "what it is: sn (without this), content or group"},
    CLI_OPTIONS_END
};

static const struct cli_field LIST_FIELDS[] = {
    {"group", "GROUP"},
    {"meta",  "TEXT" },
    CLI_FIELDS_END
};

static const struct cli_field SHOW_FIELDS[] = {
    {"model",   "model"  },
    {"group",   "group"  },
    {"meta",    "text"   },
    {"members", "members"},
    CLI_FIELDS_END
};

static const struct cli_field MEMBER_FIELDS[] = {
    {"type",       "TYPE"   },
    {"member",     "MEMBER" },
    {"expires_at", "EXPIRES"},
    {"meta",       "TEXT"   },
    CLI_FIELDS_END
};

static const struct cli_field OF_FIELDS[] = {
    {"group", "GROUP"},
    CLI_FIELDS_END
};

static const struct cli_reason REASONS[] = {
    {400, "a name is 1 to 255 bytes of text in one line, a text up to 1024 bytes"              },
    {404, "there is no such group of this model, or no such model: see 'muster group list' and "
          "'muster model list'"                                                       },
    {409, "the model has a group of that name, or 1000 groups already: see 'muster group list'"},
    CLI_REASONS_END
};

static const struct cli_reason MEMBER_REASONS[] = {
    {400, "a type or name is 1 to 255 bytes of text in one line, a text up to 1024 bytes"},
    {404, "there is no such group of this model, or no such model: see 'muster group list' and "
          "'muster model list'"                                                 },
    {409, "groups would contain each other, or be nested more than 16 deep, or a member is in 100 "
          "groups already ('muster group of')"                                  },
    CLI_REASONS_END
};

static const struct cli_reason OF_REASONS[] = {
    {404, "there is no such thing of this model, or no such model: see 'muster sn list', 'muster "
          "group list' and 'muster model list'"},
    CLI_REASONS_END
};

/* ---- groups ------------------------------------------------------------------------------- */

static const struct cli_entries ENTRIES = {"group", GROUPS, REASONS};

static enum cli_exit run_create(struct cli *cli)
{
    return cli_entry_create(cli, &ENTRIES, NULL);
}

static enum cli_exit run_delete(struct cli *cli)
{
    return cli_entry_delete(cli, &ENTRIES, "who is in it, and its place in other groups");
}

/* Rows counted on their way to the next. */
struct pages {
    cli_each_row *each;
    void *arg;
    size_t n_rows;
};

static enum cli_exit page_row(void *arg, const struct cli_csv_row *row)
{
    struct pages *pages = arg;

    pages->n_rows++;
    return pages->each(pages->arg, row);
}

/* All pages of a list; tail is its own query. */
static enum cli_exit get_pages(struct cli *cli, const struct cli_call *call, const char *tail,
                               cli_each_row *each, void *arg)
{
    struct pages pages = {.each = each, .arg = arg};
    struct cli_call own = *call;
    enum cli_exit exit = CLI_OK;
    size_t n_before;

    do {
        char *text = NULL;

        n_before = pages.n_rows;
        if (asprintf(&text, "%s&offset=%zu&limit=%d", tail, n_before, PAGE) < 0)
            return cli_no_memory(cli);
        own.who = CLI_VENDOR;
        own.tail = text;
        exit = cli_api_rows(cli, &own, "a list of groups", page_row, &pages);
        free(text);
    } while (exit == CLI_OK && pages.n_rows == n_before + PAGE);
    return exit;
}

static enum cli_exit list_row(void *arg, const struct cli_csv_row *row)
{
    return cli_list_row(arg, json_pack("{s:o, s:o}", "group", cli_json_text(row->fields[0]), "meta",
                                       cli_json_text(row->fields[1])));
}

static enum cli_exit run_list(struct cli *cli)
{
    const struct cli_call call = {
        .path = GROUPS, .names = {cli->options.operands[0]}, .reasons = REASONS};
    struct cli_list list = {0};
    enum cli_exit exit = cli_list_begin(&list, cli, LIST_FIELDS);

    if (exit == CLI_OK)
        exit = get_pages(cli, &call, "/?", list_row, &list);
    if (exit == CLI_OK)
        cli_list_end(&list, "no groups yet: make one with 'muster group create'");
    cli_list_fini(&list);
    return exit;
}

static enum cli_exit show_row(void *arg, const struct cli_csv_row *row)
{
    struct cli *cli = arg;
    uint64_t n_members;
    json_t *object;

    if (mst_span_u64(row->fields[1], INT64_MAX, &n_members) != MST_OK)
        return cli_fail(cli, CLI_SERVER, "the reply is not a group");
    object = json_pack("{s:s, s:s, s:o, s:I}", "model", cli->options.operands[0], "group",
                       cli->options.operands[1], "meta", cli_json_text(row->fields[0]), "members",
                       (json_int_t)n_members);
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
            .who = CLI_VENDOR, .path = GROUPS, .names = {names[0], names[1]},
                    .reasons = REASONS
    },
        "a group", show_row, cli);
}

static enum cli_exit of_row(void *arg, const struct cli_csv_row *row)
{
    return cli_list_row(arg, json_pack("{s:o}", "group", cli_json_text(row->fields[0])));
}

/* Where ?show=groups is asked of a thing of this type. */
static const char *path_of(const char *type)
{
    static const struct {
        const char *type, *path;
    } paths[] = {
        {"sn",      CLI_MODELS                  },
        {"content", "/provision/manage/content/"},
        {"group",   GROUPS                      }
    };

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (type == NULL || strcmp(paths[i].type, type) == 0)
            return paths[i].path;
    return NULL;
}

static enum cli_exit run_of(struct cli *cli)
{
    const char *const *names = cli->options.operands;
    const char *path = path_of(cli_options_text(&cli->options, "type"));
    struct cli_list list = {0};
    enum cli_exit exit;

    if (path == NULL)
        return cli_fail(cli, CLI_USAGE, "--type is one of sn, content, group");
    exit = cli_list_begin(&list, cli, OF_FIELDS);
    if (exit == CLI_OK)
        exit = get_pages(cli,
                         &(struct cli_call){
                             .path = path, .names = {names[0], names[1]},
                                  .reasons = OF_REASONS
        },
                         "?show=groups", of_row, &list);
    if (exit == CLI_OK)
        cli_list_end(&list, "in no group");
    cli_list_fini(&list);
    return exit;
}

/* ---- members ------------------------------------------------------------------------------ */

static enum cli_exit member_row(void *arg, const struct cli_csv_row *row)
{
    struct cli_list *list = arg;
    char text[TIME_TEXT] = "";
    uint64_t expire = 0;
    json_t *object;

    if (row->fields[2].len > 0 && mst_span_u64(row->fields[2], INT64_MAX, &expire) != MST_OK)
        return cli_fail(list->cli, CLI_SERVER, "the reply is not a list of members");
    if (expire > 0)
        cli_time_text((int64_t)expire, text, sizeof text);
    object = json_pack("{s:o, s:o, s:o, s:o}", "type", cli_json_text(row->fields[0]), "member",
                       cli_json_text(row->fields[1]), "expires_at",
                       expire > 0 && list->cli->is_json ? json_integer((json_int_t)expire)
                       : expire > 0                     ? json_string(text)
                                                        : json_null(),
                       "meta", cli_json_text(row->fields[3]));
    return cli_list_row(list, object);
}

static enum cli_exit run_members(struct cli *cli)
{
    const char *const *names = cli->options.operands;
    const char *type = cli_options_text(&cli->options, "type");
    const char *member = cli_options_text(&cli->options, "member");
    struct cli_list list = {0};
    struct mst_buf query;
    enum cli_exit exit;

    mst_buf_init(&query, TEXT_MAX);
    (void)mst_buf_add_str(&query, "/?");
    if (type != NULL)
        cli_form_add_str(&query, "type", type);
    if (member != NULL)
        cli_form_add_str(&query, "id", member);
    (void)mst_buf_add_byte(&query, '\0');
    exit = mst_buf_err(&query) == MST_OK
               ? cli_list_begin(&list, cli, MEMBER_FIELDS)
               : cli_fail(cli, CLI_USAGE, "--type or --member is too long");
    if (exit == CLI_OK)
        exit = get_pages(cli,
                         &(struct cli_call){
                             .path = GROUPS, .names = {names[0], names[1]},
                                  .reasons = REASONS
        },
                         query.ptr, member_row, &list);
    if (exit == CLI_OK)
        cli_list_end(&list, "no members: add some with 'muster group add'");
    cli_list_fini(&list);
    mst_buf_fini(&query);
    return exit;
}

/*
 * Members on their way to the server: rows of CSV, sent as soon as no more fit into one call. Each call
 * changes all or none. The first round only looks, so that nothing is sent of a file with a fault.
 */
struct sending {
    struct cli *cli;
    const char *method; /* POST adds, DELETE removes */
    int64_t now;
    bool is_sending;
    struct mst_buf rows;
    size_t n_rows, n_sent;
};

static enum cli_exit send_rows(struct sending *sending)
{
    const char *const *names = sending->cli->options.operands;
    enum cli_exit exit = CLI_OK;

    if (mst_buf_err(&sending->rows) != MST_OK)
        return cli_no_memory(sending->cli);
    if (sending->is_sending && sending->n_rows > 0)
        exit = cli_api_done(sending->cli, &(struct cli_call){
                                              .who = CLI_VENDOR,
                                              .method = sending->method,
                                              .path = GROUPS,
                                              .names = {names[0], names[1]},
                                              .tail = "/",
                                              .content_type = CLI_CSV,
                                              .body = mst_buf_span(&sending->rows),
                                              .reasons = MEMBER_REASONS
        });
    if (exit == CLI_OK)
        sending->n_sent += sending->n_rows;
    else if (sending->n_sent > 0)
        cli_warn(sending->cli, "%zu members went before", sending->n_sent);
    sending->n_rows = 0;
    mst_buf_clear(&sending->rows);
    return exit;
}

/* where: "line 7", or the word itself. */
static enum cli_exit add_row(struct sending *sending, const struct mst_span fields[4],
                             const char *where)
{
    struct cli *cli = sending->cli;
    struct mst_buf *rows = &sending->rows;
    int64_t expire;

    if (fields[0].len == 0 || fields[0].len > MST_GROUP_NAME_MAX || fields[1].len == 0 ||
        fields[1].len > MST_GROUP_NAME_MAX || fields[3].len > MST_ENTRY_META_MAX)
        return cli_fail(cli, CLI_USAGE,
                        "%s: a type and a member have 1 to %d bytes, a text up to %d", where,
                        MST_GROUP_NAME_MAX, MST_ENTRY_META_MAX);
    if (cli_when_read(fields[2], sending->now, &expire) != MST_OK)
        return cli_fail(cli, CLI_USAGE,
                        "%s: until when is it a member? 30d, 12h, 2026-12-31, "
                        "2026-12-31T23:59:59Z or never",
                        where);
    cli_csv_add_field(rows, fields[0]);
    (void)mst_buf_add_byte(rows, ',');
    cli_csv_add_field(rows, fields[1]);
    (void)mst_buf_addf(rows, ",%lld,", (long long)expire);
    cli_csv_add_field(rows, fields[3]);
    (void)mst_buf_add_str(rows, "\r\n");
    sending->n_rows++;
    if (sending->n_rows < MST_GROUP_MEMBERS_MAX && rows->len + ROW_MAX <= MST_SERIALS_BODY_MAX)
        return CLI_OK;
    return send_rows(sending);
}

static enum cli_exit add_file(struct sending *sending, struct mst_span text)
{
    struct cli_csv csv;
    struct cli_csv_row row;
    enum cli_exit exit = CLI_OK;
    enum mst_err err = MST_OK;
    char where[32];

    cli_csv_init(&csv, text);
    while (exit == CLI_OK && (err = cli_csv_next(&csv, &row)) == MST_OK) {
        (void)snprintf(where, sizeof where, "line %zu", row.line);
        exit = row.n_fields <= 4
                   ? add_row(sending, row.fields, where)
                   : cli_fail(sending->cli, CLI_USAGE, "%s: more than four columns", where);
    }
    if (exit == CLI_OK && err == MST_ENOMEM)
        exit = cli_no_memory(sending->cli);
    else if (exit == CLI_OK && err != MST_ENOENT)
        exit = cli_fail(sending->cli, CLI_USAGE, "line %zu: the quotes are wrong", row.line);
    cli_csv_fini(&csv);
    return exit;
}

static enum cli_exit add_words(struct sending *sending)
{
    const struct cli_options *options = &sending->cli->options;
    const char *type = cli_options_text(options, "type");
    enum cli_exit exit = CLI_OK;

    for (size_t i = 2; i < options->n_operands && exit == CLI_OK; i++) {
        const struct mst_span fields[4] = {mst_span_str(type != NULL ? type : "sn"),
                                           mst_span_str(options->operands[i]),
                                           mst_span_str(cli_options_text(options, "expire")),
                                           mst_span_str(cli_options_text(options, "meta"))};

        exit = add_row(sending, fields, options->operands[i]);
    }
    return exit;
}

static enum cli_exit send_all(struct sending *sending, struct mst_span text)
{
    enum cli_exit exit = CLI_OK;

    for (int round = 0; round < 2 && exit == CLI_OK; round++) {
        sending->is_sending = round == 1;
        sending->n_sent = 0;
        exit = add_words(sending);
        if (exit == CLI_OK)
            exit = add_file(sending, text);
        if (exit == CLI_OK)
            exit = send_rows(sending);
        if (exit == CLI_OK && sending->n_sent == 0)
            exit = cli_fail(sending->cli, CLI_USAGE, "which members? Name some, or give --file");
    }
    return exit;
}

/* result: for programs; words: the same for people, who may wonder about members that were in it, or not. */
static enum cli_exit change_members(struct cli *cli, const char *method, const char *result,
                                    const char *words)
{
    const char *path = cli_options_text(&cli->options, "file");
    struct sending sending = {.cli = cli, .method = method, .now = mst_clock_wall_s()};
    struct mst_buf text;
    json_t *object;
    enum cli_exit exit = CLI_OK;

    mst_buf_init(&text, FILE_MAX);
    mst_buf_init(&sending.rows, MST_SERIALS_BODY_MAX);
    if (path != NULL)
        exit = cli_file_read(cli, path, FILE_MAX, &text);
    if (exit == CLI_OK)
        exit = send_all(&sending, mst_buf_span(&text));
    mst_buf_fini(&sending.rows);
    mst_buf_fini(&text);
    if (exit != CLI_OK)
        return exit;
    if (!cli->is_json) {
        (void)fprintf(cli->out, "%s: %zu %s\n", cli->options.operands[1], sending.n_sent, words);
        return CLI_OK;
    }
    object = json_pack("{s:s, s:s, s:I}", "group", cli->options.operands[1], "result", result,
                       "members", (json_int_t)sending.n_sent);
    if (object == NULL)
        return cli_no_memory(cli);
    cli_print_object(cli, object, NULL);
    json_decref(object);
    return CLI_OK;
}

static enum cli_exit run_add(struct cli *cli)
{
    return change_members(cli, "POST", "added", "added or changed");
}

static enum cli_exit run_remove(struct cli *cli)
{
    return change_members(cli, "DELETE", "removed", "taken out, or not in it before");
}

#define ONE_GROUP .usage = "MODEL GROUP", .min_operands = 2, .max_operands = 2
#define MEMBERS   .usage = "MODEL GROUP [MEMBER...]", .min_operands = 2, .max_operands = SIZE_MAX

/* clang-format off */
static const struct cli_command COMMANDS[] = {
    {.name = "create", ONE_GROUP, .summary = "make a group",
     .more = "A group holds serial numbers, contents and other groups of a model. Protected content\n"
             "may be downloaded by the serial numbers that are in a group with it.\n"
             "\n"
             "Example:\n"
             "  muster group create thermo beta --meta 'those who try new firmware'\n",
     .options = CREATE_OPTIONS, .run = run_create},
    {.name = "list", .usage = "MODEL", .min_operands = 1, .max_operands = 1,
     .summary = "the groups of a model",
     .more = "Example:\n"
             "  muster group list thermo\n",
     .run = run_list},
    {.name = "show", ONE_GROUP, .summary = "a group's text and how many members it has",
     .more = "Example:\n"
             "  muster group show thermo beta\n",
     .run = run_show},
    {.name = "delete", ONE_GROUP, .summary = "delete a group",
     .more = "What is in it stays, and so do the devices. A group that is made under the same name\n"
             "later is in no other group.\n"
             "\n"
             "Example:\n"
             "  muster group delete thermo beta --yes\n",
     .options = DELETE_OPTIONS, .run = run_delete},
    {.name = "add", MEMBERS, .summary = "add members, or change until when they are",
     .more = "Members need not exist yet. What is a member already gets the new expiry and text. A\n"
             "group in itself, directly or through others, is refused.\n"
             "\n"
             "Examples:\n"
             "  muster group add thermo beta 0001 0002 --expire 30d\n"
             "  muster group add thermo beta --type content fw-2.0\n"
             "  muster group add thermo everyone --type group beta\n"
             "  muster group add thermo beta --file members.csv\n",
     .options = ADD_OPTIONS, .run = run_add},
    {.name = "remove", MEMBERS, .summary = "take members out of a group",
     .more = "What is no member is passed over.\n"
             "\n"
             "Example:\n"
             "  muster group remove thermo beta 0001\n",
     .options = REMOVE_OPTIONS, .run = run_remove},
    {.name = "members", ONE_GROUP, .summary = "who is in a group, and until when",
     .more = "Also shows those whose membership is over: add them again to prolong it.\n"
             "\n"
             "Example:\n"
             "  muster group members thermo beta --type sn\n",
     .options = MEMBERS_OPTIONS, .run = run_members},
    {.name = "of", .usage = "MODEL NAME", .min_operands = 2, .max_operands = 2,
     .summary = "the groups that something is in, directly",
     .more = "Memberships that are over do not count.\n"
             "\n"
             "Examples:\n"
             "  muster group of thermo 0001\n"
             "  muster group of thermo fw-2.0 --type content\n",
     .options = OF_OPTIONS, .run = run_of},
};
/* clang-format on */

const struct cli_noun cli_noun_group = {"group", "what belongs together in a model", COMMANDS,
                                        sizeof COMMANDS / sizeof COMMANDS[0]};

/* cmd_profile.c - "muster profile": server, vendor and keys that need not be typed again. */
#include <string.h>
#include <sys/stat.h>

#include "cli/api.h"
#include "cli/output.h"
#include "cli/profile.h"

enum { PATH_TEXT_MAX = 4096 };

static const struct cli_option SET_OPTIONS[] = {
    {"vendor",          "NAME", "the vendor's name, as devices send it"   },
    {"portal",          "RID",  "the client that owns devices"            },
    {"template",        "RID",  "the client that devices are copied from" },
    {"vendor-cik-file", "FILE", "the vendor's CIK; - reads standard input"},
    {"portal-cik-file", "FILE", "the portal's CIK; - reads standard input"},
    CLI_OPTIONS_END
};

static const struct cli_field FIELDS[] = {
    {"profile",      "profile"     },
    {"server",       "server"      },
    {"vendor",       "vendor"      },
    {"portal_rid",   "portal RID"  },
    {"template_rid", "template RID"},
    {"vendor_cik",   "vendor CIK"  },
    {"token",        "vendor token"},
    {"portal_cik",   "portal CIK"  },
    CLI_FIELDS_END
};

static enum cli_exit path_of(struct cli *cli, char path[PATH_TEXT_MAX])
{
    bool is_named;

    return cli_profile_path(cli, path, PATH_TEXT_MAX, &is_named)
               ? CLI_OK
               : cli_fail(cli, CLI_USAGE, "no home directory: say where with --profile FILE");
}

/* What a profile holds, key by key. */
struct entry {
    const char *key;
    const char *text;                /* NULL: not known */
    const struct cli_secret *secret; /* instead of text */
};

enum { N_ENTRIES = 8 };

static void entries_of(const struct cli_profile *p, struct entry ret[N_ENTRIES])
{
    const struct entry entries[N_ENTRIES] = {
        {"server",       p->server,       NULL          },
        {"vendor",       p->vendor,       NULL          },
        {"vendor_rid",   p->vendor_rid,   NULL          },
        {"portal_rid",   p->portal_rid,   NULL          },
        {"template_rid", p->template_rid, NULL          },
        {"vendor_cik",   NULL,            &p->vendor_cik},
        {"token",        NULL,            &p->token     },
        {"portal_cik",   NULL,            &p->portal_cik},
    };

    memcpy(ret, entries, sizeof entries);
}

/* Its object; with is_shown keys are told to be there and not which they are. */
static json_t *object_of(const struct cli_profile *profile, bool is_shown)
{
    struct entry entries[N_ENTRIES];
    json_t *object = json_object();
    bool is_good = object != NULL;

    entries_of(profile, entries);
    for (size_t i = 0; i < N_ENTRIES && is_good; i++) {
        const struct cli_secret *secret = entries[i].secret;

        if (secret != NULL && secret->is_set)
            is_good = cli_json_set(object, entries[i].key,
                                   is_shown ? MST_LIT("kept") : mst_handle_span(&secret->handle));
        else if (secret == NULL && entries[i].text != NULL)
            is_good = cli_json_set(object, entries[i].key, mst_span_str(entries[i].text));
    }
    if (is_good)
        return object;
    json_decref(object);
    return NULL;
}

static enum cli_exit run_show(struct cli *cli)
{
    char path[PATH_TEXT_MAX];
    struct stat st;
    json_t *object;
    enum cli_exit exit = path_of(cli, path);

    if (exit != CLI_OK)
        return exit;
    if (stat(path, &st) != 0)
        return cli_fail(
            cli, CLI_LOCAL,
            "there is no profile %s: 'muster init --save' makes one, or 'muster profile "
            "set'",
            path);
    object = object_of(&cli->saved, true);
    if (cli_json_set(object, "profile", mst_span_str(path)))
        cli_print_object(cli, object, FIELDS);
    else
        exit = cli_no_memory(cli);
    json_decref(object);
    return exit;
}

static bool replace(char **text, const char *with)
{
    char *copy;

    if (with == NULL)
        return true;
    copy = strdup(with);
    if (copy == NULL)
        return false;
    free(*text);
    *text = copy;
    return true;
}

static enum cli_exit take_rid(struct cli *cli, const char *name, char **text)
{
    const char *rid = cli_options_text(&cli->options, name);
    struct cli_secret parsed;

    if (rid != NULL && !cli_secret_parse(mst_span_str(rid), &parsed))
        return cli_fail(cli, CLI_USAGE, "--%s needs a RID: 40 characters out of 0-9a-f", name);
    return replace(text, rid) ? CLI_OK : cli_no_memory(cli);
}

static enum cli_exit take_key(struct cli *cli, const char *name, struct cli_secret *ret)
{
    const char *path = cli_options_text(&cli->options, name);

    return path != NULL ? cli_secret_read(cli, path, ret) : CLI_OK;
}

/* What was given now goes over what was kept before. */
static enum cli_exit take_given(struct cli *cli)
{
    struct cli_profile *kept = &cli->saved;
    enum cli_exit exit = take_rid(cli, "portal", &kept->portal_rid);

    if (exit == CLI_OK)
        exit = take_rid(cli, "template", &kept->template_rid);
    if (exit == CLI_OK)
        exit = take_key(cli, "vendor-cik-file", &kept->vendor_cik);
    if (exit == CLI_OK)
        exit = take_key(cli, "portal-cik-file", &kept->portal_cik);
    if (exit != CLI_OK)
        return exit;
    if (cli->token.is_set)
        kept->token = cli->token;
    return replace(&kept->server, cli_api_server(cli)) &&
                   replace(&kept->vendor, cli_options_text(&cli->options, "vendor"))
               ? CLI_OK
               : cli_no_memory(cli);
}

static bool is_any_given(const struct cli *cli)
{
    bool is_any = cli->token.is_set || cli_options_has(&cli->options, "server");

    for (const struct cli_option *o = SET_OPTIONS; o->name != NULL; o = &o[1])
        is_any = is_any || cli_options_has(&cli->options, o->name);
    return is_any;
}

static enum cli_exit run_set(struct cli *cli)
{
    char path[PATH_TEXT_MAX];
    json_t *object;
    enum cli_exit exit = path_of(cli, path);

    if (exit == CLI_OK && !is_any_given(cli))
        exit = cli_fail(cli, CLI_USAGE, "what shall be kept? See 'muster profile set --help'");
    if (exit == CLI_OK && cli_options_has(&cli->options, "cik-file"))
        exit = cli_fail(cli, CLI_USAGE,
                        "whose CIK is it? Give --vendor-cik-file or "
                        "--portal-cik-file");
    if (exit == CLI_OK)
        exit = take_given(cli);
    if (exit != CLI_OK)
        return exit;
    object = object_of(&cli->saved, false);
    exit = object != NULL ? cli_profile_write(cli, path, object) : cli_no_memory(cli);
    json_decref(object);
    return exit == CLI_OK ? run_show(cli) : exit;
}

static enum cli_exit run_delete(struct cli *cli)
{
    char path[PATH_TEXT_MAX];
    enum cli_exit exit = path_of(cli, path);

    if (exit == CLI_OK)
        exit = cli_file_delete(cli, path);
    return exit == CLI_OK ? cli_print_done(cli, "profile", path, "deleted") : exit;
}

static const struct cli_command COMMANDS[] = {
    {.name = "show",
     .usage = "",
     .summary = "what is kept, and where; keys are not shown",
     .more = "Example:\n"
             "  muster profile show\n",                                      .run = run_show},
    { .name = "set",
     .usage = "[--server URL] [--token-file FILE]",
     .summary = "keep server, vendor and keys for later commands",
     .more = "What is given is kept, with mode 0600; what is not given stays as it was. Several\n"
             "profiles live in several files: --profile FILE, or MUSTER_PROFILE.\n"
             "\n"
             "Example:\n"
             "  muster --server https://muster.example --token-file line-7.token \\\n"
             "         profile set --vendor acme\n", .options = SET_OPTIONS,
     .is_profile_maker = true,
     .is_profile_writer = true,
     .run = run_set},
    {                                                                 .name = "delete",
     .usage = "",
     .summary = "forget it",
     .more = "The keys themselves stay good: 'muster token delete' ends a token.\n"
             "\n"
             "Example:\n"
             "  muster profile delete\n",                                                 .is_profile_writer = true,
     .run = run_delete},
};

const struct cli_noun cli_noun_profile = {"profile", "server and keys kept for later commands",
                                          COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0]};

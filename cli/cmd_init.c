/*
 * cmd_init.c - "muster init": a vendor, ready to add devices, on a server that has only its root.
 *
 * What init makes is found again by aliases, so that it may be run as often as one likes:
 *
 *     root client --alias "vendor.NAME"--> domain client --alias "portal"--> portal client
 *                                                        --alias "template"--> template client
 *     template client --aliases "temp", "count", "note"--> its dataports
 *
 * A resource is made first and given its alias then. If a run ends between the two, the next run
 * finds the nameless resource by its kind and its name in the description, and gives it the alias.
 * If two runs race, the alias is the judge: who loses drops what it made and takes the other's.
 * The name is registered before anything else is made; if that is refused, the domain client goes
 * again if this run made it.
 */
#include <string.h>

#include "cli/api.h"
#include "base/limits.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/profile.h"
#include "cli/rpc.h"

enum {
    ALIAS_TEXT_MAX = MST_VENDOR_MAX + 16,
    RID_TEXT_MAX = MST_HANDLE_CHARS + 1,
    INFO_BATCH = 50,
    TRIES = 8
};

static const char TOKEN_ID[] = "muster-init";

static const char *const LIMITS[] = {
    "client", "dataport",    "datarule", "disk", "dispatch",   "email", "email_bucket",
    "http",   "http_bucket", "share",    "sms",  "sms_bucket", "xmpp",  "xmpp_bucket"};

static const struct {
    const char *alias;
    const char *format;
} DATAPORTS[] = {
    {"temp",  "float"  },
    {"count", "integer"},
    {"note",  "string" },
};

static const struct cli_option OPTIONS[] = {
    {"root-cik-file", "FILE", "the root client's CIK: root.cik in the server's data directory"},
    {"vendor",        "NAME", "the vendor's name, as devices will send it"                    },
    {"save",          NULL,   "keep what comes out in the profile, for later commands"        },
    CLI_OPTIONS_END
};

static const struct cli_field FIELDS[] = {
    {"vendor",       "vendor"      },
    {"portal_rid",   "portal RID"  },
    {"template_rid", "template RID"},
    {"vendor_cik",   "vendor CIK"  },
    {"token",        "vendor token"},
    {"portal_cik",   "portal CIK"  },
    CLI_FIELDS_END
};

static const struct cli_field FIELDS_SAVED[] = {
    {"vendor",       "vendor"      },
    {"portal_rid",   "portal RID"  },
    {"template_rid", "template RID"},
    CLI_FIELDS_END
};

static const struct cli_reason REGISTER_REASONS[] = {
    {400, "the name is not one a vendor may have: 1 to 64 of A-Z a-z 0-9 _ - ."},
    {403,
     "the key in --root-cik-file is not the root client's, and only its clients may register a "
     "vendor name: take root.cik in the server's data directory"               },
    {409, "the name belongs to another client, or this client has another name: choose another "
          "--vendor"                                                  },
    CLI_REASONS_END
};

/* One thing that must be there. */
struct wanted {
    const char *type; /* "client" or "dataport" */
    const char *alias;
    const char *name;   /* in its description */
    const char *format; /* of a dataport */
};

struct outcome {
    char rid[RID_TEXT_MAX];
    bool is_made; /* by this run */
};

static bool take_rid(const json_t *rid, struct outcome *ret)
{
    struct cli_secret parsed;

    if (!json_is_string(rid) ||
        !cli_secret_parse(mst_span_of(json_string_value(rid), json_string_length(rid)), &parsed))
        return false;
    memcpy(ret->rid, parsed.handle.text, MST_HANDLE_CHARS);
    ret->rid[MST_HANDLE_CHARS] = '\0';
    return true;
}

static enum cli_exit no_rid(struct cli *cli)
{
    return cli_fail(cli, CLI_SERVER, "the server gave no RID where one was due");
}

static enum cli_exit look_up(struct cli *cli, const struct cli_rpc_auth *auth, const char *alias,
                             bool *ret_is_found, struct outcome *ret)
{
    json_t *rid = NULL;
    enum cli_exit exit =
        cli_rpc_one(cli, auth, "lookup",
                    json_pack("[o, s, s]", cli_rpc_alias(""), "aliased", alias), "invalid", &rid);

    if (exit != CLI_OK)
        return exit;
    *ret_is_found = rid != NULL;
    if (rid != NULL && !take_rid(rid, ret))
        exit = no_rid(cli);
    json_decref(rid);
    return exit;
}

/* Which of the rids in list, from index from on, bears the name? */
static enum cli_exit search_batch(struct cli *cli, const struct cli_rpc_auth *auth,
                                  const json_t *list, size_t from, const char *name,
                                  bool *ret_is_found, struct outcome *ret)
{
    json_t *calls = json_array();
    json_t *answers = NULL;
    json_t *answer;
    enum cli_exit exit;
    size_t i;

    for (i = from; i < json_array_size(list) && i < from + INFO_BATCH; i++) {
        json_t *arguments = json_pack("[O, {s:b}]", json_array_get(list, i), "description", 1);

        if (json_array_append_new(calls, cli_rpc_call("info", arguments)) != 0) {
            json_decref(calls);
            return cli_no_memory(cli);
        }
    }
    exit = cli_rpc(cli, auth, calls, &answers);
    if (exit != CLI_OK)
        return exit;
    json_array_foreach(answers, i, answer)
    {
        const json_t *result = json_object_get(answer, "result");
        const char *found =
            json_string_value(json_object_get(json_object_get(result, "description"), "name"));

        if (found != NULL && strcmp(found, name) == 0) {
            *ret_is_found = take_rid(json_array_get(list, from + i), ret);
            break;
        }
    }
    json_decref(answers);
    return CLI_OK;
}

/* What an interrupted run made and did not name. */
static enum cli_exit search(struct cli *cli, const struct cli_rpc_auth *auth,
                            const struct wanted *wanted, bool *ret_is_found, struct outcome *ret)
{
    json_t *result = NULL;
    const json_t *list;
    enum cli_exit exit = cli_rpc_one(
        cli, auth, "listing",
        json_pack("[o, [s], {s:b}]", cli_rpc_alias(""), wanted->type, "owned", 1), NULL, &result);

    *ret_is_found = false;
    if (exit != CLI_OK)
        return exit;
    list = json_object_get(result, wanted->type);
    for (size_t i = 0; i < json_array_size(list) && exit == CLI_OK && !*ret_is_found;
         i += INFO_BATCH)
        exit = search_batch(cli, auth, list, i, wanted->name, ret_is_found, ret);
    json_decref(result);
    return exit;
}

static json_t *description(const struct wanted *wanted)
{
    json_t *limits;

    if (wanted->format != NULL)
        return json_pack("{s:s, s:s, s:{s:s, s:s}}", "name", wanted->name, "format", wanted->format,
                         "retention", "count", "infinity", "duration", "infinity");
    limits = json_object();
    for (size_t i = 0; i < sizeof LIMITS / sizeof LIMITS[0]; i++) {
        if (json_object_set_new(limits, LIMITS[i], json_string("inherit")) != 0) {
            json_decref(limits);
            return NULL;
        }
    }
    return json_pack("{s:s, s:o}", "name", wanted->name, "limits", limits);
}

static enum cli_exit create(struct cli *cli, const struct cli_rpc_auth *auth,
                            const struct wanted *wanted, struct outcome *ret)
{
    json_t *rid = NULL;
    enum cli_exit exit = cli_rpc_one(
        cli, auth, "create",
        json_pack("[o, s, o]", cli_rpc_alias(""), wanted->type, description(wanted)), NULL, &rid);

    if (exit == CLI_OK && !take_rid(rid, ret))
        exit = no_rid(cli);
    ret->is_made = exit == CLI_OK;
    json_decref(rid);
    return exit;
}

/* Takes back what this run made. */
static enum cli_exit drop_made(struct cli *cli, const struct cli_rpc_auth *auth,
                               struct outcome *made)
{
    json_t *result = NULL;
    enum cli_exit exit = CLI_OK;

    if (made->is_made)
        exit = cli_rpc_one(cli, auth, "drop", json_pack("[s]", made->rid), "invalid", &result);
    json_decref(result);
    made->is_made = false;
    return exit;
}

/*
 * Gives the alias. If another run was faster, its resource is the one, and ours goes if we made it; if
 * that other run has dropped what we adopted from it, *ret_is_settled is false.
 */
static enum cli_exit map(struct cli *cli, const struct cli_rpc_auth *auth,
                         const struct wanted *wanted, bool *ret_is_settled, struct outcome *ret)
{
    json_t *result = NULL;
    enum cli_exit exit =
        cli_rpc_one(cli, auth, "map", json_pack("[s, s, s]", "alias", ret->rid, wanted->alias),
                    "inuse,invalid", &result);

    *ret_is_settled = result != NULL;
    if (exit != CLI_OK || result != NULL) {
        json_decref(result);
        return exit;
    }
    exit = drop_made(cli, auth, ret);
    return exit == CLI_OK ? look_up(cli, auth, wanted->alias, ret_is_settled, ret) : exit;
}

/* The resource behind the alias of the calling client, found, adopted or made. */
static enum cli_exit ensure(struct cli *cli, const struct cli_rpc_auth *auth,
                            const struct wanted *wanted, struct outcome *ret)
{
    bool is_settled = false, is_found;
    enum cli_exit exit = look_up(cli, auth, wanted->alias, &is_settled, ret);

    for (size_t i = 0; i < TRIES && exit == CLI_OK && !is_settled; i++) {
        exit = search(cli, auth, wanted, &is_found, ret);
        if (exit == CLI_OK && !is_found)
            exit = create(cli, auth, wanted, ret);
        if (exit == CLI_OK)
            exit = map(cli, auth, wanted, &is_settled, ret);
    }
    if (exit == CLI_OK && !is_settled)
        exit = cli_fail(cli, CLI_SERVER, "the alias %s comes and goes: run this once more",
                        wanted->alias);
    return exit;
}

/* A client and its key. */
static enum cli_exit ensure_client(struct cli *cli, const struct cli_rpc_auth *auth,
                                   const char *alias, const char *name, struct outcome *ret,
                                   struct mst_handle *ret_key)
{
    struct wanted wanted = {.type = "client", .alias = alias, .name = name};
    enum cli_exit exit = ensure(cli, auth, &wanted, ret);

    return exit == CLI_OK ? cli_rpc_key(cli, auth, json_string(ret->rid), ret_key) : exit;
}

static enum cli_exit ensure_dataports(struct cli *cli, const struct mst_handle *vendor_cik,
                                      const char *template_rid)
{
    struct cli_rpc_auth auth = {.cik = vendor_cik, .client_id = template_rid};
    enum cli_exit exit = CLI_OK;

    for (size_t i = 0; i < sizeof DATAPORTS / sizeof DATAPORTS[0] && exit == CLI_OK; i++) {
        struct wanted wanted = {.type = "dataport",
                                .alias = DATAPORTS[i].alias,
                                .name = DATAPORTS[i].alias,
                                .format = DATAPORTS[i].format};
        struct outcome port = {0};

        exit = ensure(cli, &auth, &wanted, &port);
    }
    return exit;
}

static enum cli_exit register_vendor(struct cli *cli, const struct mst_handle *vendor_cik,
                                     const char *vendor)
{
    struct mst_buf form;
    enum cli_exit exit;

    mst_buf_init(&form, MST_KIB(4));
    cli_form_add_str(&form, "vendor", vendor);
    exit = cli_api_done(cli, &(struct cli_call){.as = vendor_cik,
                                                .method = "POST",
                                                .path = "/provision/register",
                                                .form = &form,
                                                .subject = vendor,
                                                .reasons = REGISTER_REASONS});
    mst_buf_fini(&form);
    return exit;
}

static enum cli_exit take_token(struct cli *cli, const struct cli_reply *reply,
                                struct cli_secret *ret_token)
{
    if (cli_secret_parse(mst_buf_span(&reply->body), ret_token))
        return CLI_OK;
    return cli_fail(cli, CLI_SERVER, "the server gave no token where one was due");
}

static enum cli_exit get_token(struct cli *cli, const struct mst_handle *vendor_cik,
                               bool is_last_try, struct cli_secret *ret_token)
{
    char path[64];
    struct cli_reply reply;
    enum cli_exit exit;

    (void)snprintf(path, sizeof path, "/provision/admin/auth/%s", TOKEN_ID);
    exit = cli_api(cli,
                   &(struct cli_call){.as = vendor_cik,
                                      .method = "GET",
                                      .path = path,
                                      .subject = TOKEN_ID,
                                      .also = {is_last_try ? 0 : 404}},
                   &reply);
    if (exit == CLI_OK && reply.status != 404)
        exit = take_token(cli, &reply, ret_token);
    cli_reply_fini(&reply);
    return exit;
}

static enum cli_exit ensure_token(struct cli *cli, const struct mst_handle *vendor_cik,
                                  struct cli_secret *ret_token)
{
    struct cli_reply reply;
    bool is_taken;
    enum cli_exit exit = get_token(cli, vendor_cik, false, ret_token);

    if (exit != CLI_OK || ret_token->is_set)
        return exit;
    exit = cli_api(cli,
                   &(struct cli_call){.as = vendor_cik,
                                      .method = "POST",
                                      .path = "/provision/admin/auth/",
                                      .content_type = CLI_FORM,
                                      .body = MST_LIT("id=muster-init"),
                                      .subject = TOKEN_ID,
                                      .also = {409}},
                   &reply);
    is_taken = reply.status == 409;
    if (exit == CLI_OK && !is_taken)
        exit = take_token(cli, &reply, ret_token);
    cli_reply_fini(&reply);
    return exit == CLI_OK && is_taken ? get_token(cli, vendor_cik, true, ret_token) : exit;
}

struct result {
    struct outcome vendor, portal, template;
    struct mst_handle vendor_cik, portal_cik, template_cik;
    struct cli_secret token;
};

static enum cli_exit make_all(struct cli *cli, const struct mst_handle *root_cik,
                              const char *vendor, struct result *ret)
{
    struct cli_rpc_auth root = {.cik = root_cik}, domain = {.cik = &ret->vendor_cik};
    char alias[ALIAS_TEXT_MAX];
    enum cli_exit exit;

    (void)snprintf(alias, sizeof alias, "vendor.%s", vendor);
    exit = ensure_client(cli, &root, alias, alias, &ret->vendor, &ret->vendor_cik);
    if (exit == CLI_OK)
        exit = register_vendor(cli, &ret->vendor_cik, vendor);
    if (exit == CLI_REFUSED)
        (void)drop_made(cli, &root, &ret->vendor);
    if (exit == CLI_OK)
        exit = ensure_token(cli, &ret->vendor_cik, &ret->token);
    if (exit == CLI_OK)
        exit = ensure_client(cli, &domain, "portal", "portal", &ret->portal, &ret->portal_cik);
    if (exit == CLI_OK)
        exit =
            ensure_client(cli, &domain, "template", "template", &ret->template, &ret->template_cik);
    if (exit == CLI_OK)
        exit = ensure_dataports(cli, &ret->vendor_cik, ret->template.rid);
    return exit;
}

static bool set_key(json_t *object, const char *key, const struct mst_handle *handle)
{
    return cli_json_set(object, key, mst_handle_span(handle));
}

static json_t *as_object(const char *vendor, const struct result *result)
{
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:s}", "vendor", vendor, "vendor_rid", result->vendor.rid,
                  "portal_rid", result->portal.rid, "template_rid", result->template.rid);

    if (set_key(object, "vendor_cik", &result->vendor_cik) &&
        set_key(object, "token", &result->token.handle) &&
        set_key(object, "portal_cik", &result->portal_cik))
        return object;
    json_decref(object);
    return NULL;
}

static enum cli_exit save(struct cli *cli, const json_t *object, char *ret_path, size_t max)
{
    json_t *profile;
    bool is_named;
    enum cli_exit exit;

    if (!cli_profile_path(cli, ret_path, max, &is_named))
        return cli_fail(cli, CLI_USAGE, "no home directory: say where with --profile FILE");
    profile = json_deep_copy(object);
    if (json_object_set_new(profile, "server", json_string(cli_api_server(cli))) != 0)
        exit = cli_no_memory(cli);
    else
        exit = cli_profile_write(cli, ret_path, profile);
    json_decref(profile);
    return exit;
}

static enum cli_exit show(struct cli *cli, const json_t *object)
{
    bool is_saved = cli_options_has(&cli->options, "save");
    char path[4096];
    enum cli_exit exit = is_saved ? save(cli, object, path, sizeof path) : CLI_OK;

    if (exit != CLI_OK)
        return exit;
    if (cli->is_json) {
        cli_print_object(cli, object, FIELDS);
        return CLI_OK;
    }
    cli_print_object(cli, object, is_saved ? FIELDS_SAVED : FIELDS);
    (void)fprintf(cli->out, "\nThe template has the dataports temp (float), count (integer) and "
                            "note (string).\n");
    if (is_saved)
        (void)fprintf(cli->out, "The keys are in %s; later commands find them there.\n", path);
    else
        (void)fprintf(cli->out,
                      "These are keys: keep them. Run this again with --save, and later commands "
                      "find them.\n");
    (void)fprintf(cli->out,
                  "\nNext:\n"
                  "  muster model create MODEL        a kind of device, made from the template\n"
                  "  muster sn add MODEL SN           a serial number of it\n"
                  "  muster device enable MODEL SN    it may call in, for the next 24 hours\n"
                  "  muster activate MODEL SN         what the device does: it gets its CIK\n");
    return CLI_OK;
}

static bool is_vendor_name(const char *vendor)
{
    size_t len = strlen(vendor);

    return len > 0 && len <= MST_VENDOR_MAX &&
           strspn(vendor, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.") ==
               len;
}

static enum cli_exit run(struct cli *cli)
{
    const char *vendor = cli_options_text(&cli->options, "vendor");
    const char *root_file = cli_options_text(&cli->options, "root-cik-file");
    struct cli_secret root = {0};
    struct result result = {0};
    json_t *object = NULL;
    enum cli_exit exit;

    if (root_file == NULL || vendor == NULL)
        return cli_fail(cli, CLI_USAGE,
                        "--root-cik-file FILE and --vendor NAME are needed, as in 'muster init "
                        "--root-cik-file data/root.cik --vendor acme --save'; root.cik lies in the "
                        "server's data directory");
    if (!is_vendor_name(vendor))
        return cli_fail(cli, CLI_USAGE, "a vendor name is 1 to %d characters of A-Z a-z 0-9 _ - .",
                        MST_VENDOR_MAX);
    cli_names_check_vendor(cli, vendor);
    exit = cli_secret_read(cli, root_file, &root);
    if (exit == CLI_OK)
        exit = make_all(cli, &root.handle, vendor, &result);
    if (exit == CLI_OK) {
        object = as_object(vendor, &result);
        exit = object != NULL ? show(cli, object) : cli_no_memory(cli);
    }
    json_decref(object);
    mst_secret_wipe(&root, sizeof root);
    mst_secret_wipe(&result, sizeof result);
    return exit;
}

static const struct cli_command COMMANDS[] = {
    {.usage = "--root-cik-file FILE --vendor NAME",
     .summary = "make a vendor with a portal and a template, or show them again",
     .more =
         "Makes, below the root client, the vendor's domain client; registers the vendor name; "
         "makes\n"
         "a vendor token, a portal (the owner of devices) and a template with the dataports temp\n"
         "(float), count (integer) and note (string). Run again it makes only what is missing and\n"
         "prints the same. The output holds keys: keep it to yourself.\n"
         "\n"
         "Example:\n"
         "  muster --server http://127.0.0.1:8080 init --root-cik-file data/root.cik \\\n"
         "         --vendor acme --save\n", .options = OPTIONS,
     .is_profile_maker = true,
     .run = run},
};

const struct cli_noun cli_noun_init = {"init", "make a vendor, ready to add devices", COMMANDS, 1};

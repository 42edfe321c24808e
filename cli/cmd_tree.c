/*
 * cmd_tree.c - "muster tree": a client and what it owns, drawn as a tree.
 *
 * The tree is printed as it is walked, so its size does not matter: what is kept is the way down, and of each
 * client on it the list of its children. Children are asked about by pieces of PIECE, one request for each
 * piece: info of each, and its own list if it is a client, or its latest value. That is at most
 * 2 * PIECE + 1 calls.
 *
 * Aliases are told to the owner alone, so the request for a client's children is made as that client,
 * unless it is locked: then nobody can act as it, and its aliases stay unknown.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "cli/output.h"
#include "cli/rpc.h"
#include "cli/status.h"

enum { PIECE = 32, TIME_CHARS = 64, RAIL_MAX = 4 * MST_TREE_DEPTH_MAX * 4 };

static const char *const KINDS[] = {"client", "dataport", "datarule", "dispatch"};
enum { N_KINDS = sizeof KINDS / sizeof KINDS[0] };

static const struct cli_option OPTIONS[] = {
    {"values", NULL, "with the latest value of each dataport, and its time"},
    {"depth",  "N",  "so many levels below the first and no more (all)"    },
    CLI_RPC_OPTIONS,
    CLI_OPTIONS_END
};

struct tree {
    struct cli *cli;
    const struct mst_handle *cik;
    const char *client_id; /* of the command line */
    bool has_values;
    uint64_t depth_max;
    struct mst_buf rail; /* what stands to the left of a line */
};

/* One client on the way down. */
struct branch {
    const char *rid; /* of the client */
    bool is_locked;
    json_t *children; /* [[kind, rid], ...] */
    json_t *aliases;  /* rid -> names; NULL: not known yet, or not told */
    uint64_t depth;   /* of the children; the first client's is 0 */
};

/* ---- asking ---- */

static json_t *info_call(json_t *rid, bool is_own_aliases)
{
    return is_own_aliases ? cli_rpc_call("info", json_pack("[o, {s:b}]", rid, "aliases", 1))
                          : cli_rpc_call("info", json_pack("[o, {s:b, s:b}]", rid, "basic", 1,
                                                           "description", 1));
}

static json_t *listing_call(json_t *rid)
{
    return cli_rpc_call("listing", json_pack("[o, [s, s, s, s], {s:b}]", rid, KINDS[0], KINDS[1],
                                             KINDS[2], KINDS[3], "owned", 1));
}

static const char *kind_of(const json_t *child)
{
    return json_string_value(json_array_get(child, 0));
}

static const char *rid_of(const json_t *child)
{
    return json_string_value(json_array_get(child, 1));
}

/* As info tells it: of what the command line names only that is known. */
static const char *type_of(const json_t *child, const json_t *info)
{
    const char *type = json_string_value(json_object_get(json_object_get(info, "basic"), "type"));

    return type != NULL ? type : kind_of(child);
}

static bool is_client(const json_t *child)
{
    return strcmp(kind_of(child), "client") == 0;
}

/* The second call for a child; NULL: none is needed. */
static json_t *second_call(const struct tree *tree, const struct branch *branch,
                           const json_t *child)
{
    if (is_client(child))
        return branch->depth < tree->depth_max ? listing_call(json_string(rid_of(child))) : NULL;
    return tree->has_values
               ? cli_rpc_call("read", json_pack("[s, {s:i}]", rid_of(child), "limit", 1))
               : NULL;
}

/* info and, where there is one, the second call for each child of the piece; own aliases first. */
static json_t *piece_calls(const struct tree *tree, const struct branch *branch, size_t from,
                           size_t to)
{
    json_t *calls = json_array();

    if (branch->rid != NULL)
        (void)json_array_append_new(calls, info_call(json_string(branch->rid), true));
    for (size_t i = from; i < to; i++) {
        const json_t *child = json_array_get(branch->children, i);
        json_t *second = second_call(tree, branch, child);

        (void)json_array_append_new(calls, info_call(json_string(rid_of(child)), false));
        if (second != NULL)
            (void)json_array_append_new(calls, second);
    }
    return calls;
}

/* The result of an answer; NULL: it failed (the resource went, or may not be seen). */
static json_t *result_of(const json_t *answers, size_t i)
{
    const json_t *answer = json_array_get(answers, i);
    const char *status = json_string_value(json_object_get(answer, "status"));

    return status != NULL && strcmp(status, "ok") == 0 ? json_object_get(answer, "result") : NULL;
}

/* {"client": [rid, ...], ...} as [[kind, rid], ...], dataports before clients. */
static json_t *children_of(const json_t *listing)
{
    json_t *children = json_array();

    for (size_t k = 1; k <= N_KINDS; k++) {
        const char *kind = KINDS[k % N_KINDS];
        const json_t *rid;
        size_t i;

        json_array_foreach(json_object_get(listing, kind), i, rid)
        {
            if (json_is_string(rid))
                (void)json_array_append_new(children,
                                            json_pack("[s, s]", kind, json_string_value(rid)));
        }
    }
    return children;
}

/* ---- printing ---- */

static void print_text(const struct tree *tree, const char *before, const json_t *text)
{
    if (json_string_length(text) == 0)
        return;
    (void)fputs(before, tree->cli->out);
    cli_print_clean(tree->cli->out, mst_span_of(json_string_value(text), json_string_length(text)));
}

static void print_value(const struct tree *tree, const json_t *points)
{
    const json_t *point = json_array_get(points, 0);
    const json_t *value = json_array_get(point, 1);
    FILE *out = tree->cli->out;
    char time[TIME_CHARS];

    if (value == NULL)
        return;
    (void)fputs(" = ", out);
    if (json_is_string(value))
        print_text(tree, "", value);
    else
        (void)json_dumpf(value, out, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    cli_time_text(json_integer_value(json_array_get(point, 0)), time, sizeof time);
    (void)fprintf(out, " at %s", time);
}

/*
 * The client's {"model": .., "sn": ..} if its meta says that it is a device, as the server writes it; the
 * caller's to free. NULL: it says nothing of the kind.
 */
static json_t *device_of(const json_t *description)
{
    const char *text = json_string_value(json_object_get(description, "meta"));
    json_t *meta = text != NULL ? json_loads(text, 0, NULL) : NULL;
    json_t *device = json_object_get(meta, "device");
    bool is_device = json_string_length(json_object_get(device, "model")) > 0 &&
                     json_string_length(json_object_get(device, "sn")) > 0;

    device = is_device ? json_incref(device) : NULL;
    json_decref(meta);
    return device;
}

static void print_device(const struct tree *tree, const json_t *description)
{
    json_t *device = device_of(description);

    if (device != NULL) {
        print_text(tree, " (device ", json_object_get(device, "model"));
        print_text(tree, " ", json_object_get(device, "sn"));
        (void)fputc(')', tree->cli->out);
    }
    json_decref(device);
}

/* "simple", of a datarule; NULL of anything else. */
static const char *rule_of(const json_t *description)
{
    return json_object_iter_key(json_object_iter(json_object_get(description, "rule")));
}

/* What it is and how it stands. A script is not run, whatever its status is on the wire (protocol.md 2.15.6). */
static void print_kind(const struct tree *tree, const json_t *child, const json_t *info)
{
    const json_t *description = json_object_get(info, "description");
    const char *rule = rule_of(description);
    FILE *out = tree->cli->out;

    (void)fprintf(out, "  %s", type_of(child, info));
    print_text(tree, " ", json_object_get(description, "format"));
    print_text(tree, " ", json_object_get(description, "method"));
    if (rule != NULL) {
        (void)fputc(' ', out);
        cli_print_clean(out, mst_span_str(rule));
    }
    print_text(tree, " ", json_object_get(json_object_get(info, "basic"), "status"));
    if (rule != NULL && strcmp(rule, "script") == 0)
        (void)fputs(" (not run)", out);
}

/* name (alias temp, t) dataport float RID = 21.5 at ..., name (device thermo 0001) client activated RID */
static void print_line(const struct tree *tree, const struct branch *branch, const json_t *child,
                       const json_t *info, const json_t *points)
{
    const json_t *description = json_object_get(info, "description");
    const json_t *names = json_object_get(branch->aliases, rid_of(child));
    const json_t *alias;
    FILE *out = tree->cli->out;
    size_t i;

    if (json_string_length(json_object_get(description, "name")) > 0)
        print_text(tree, "", json_object_get(description, "name"));
    else
        (void)fputc('-', out);
    json_array_foreach(names, i, alias) print_text(tree, i == 0 ? " (alias " : ", ", alias);
    if (json_array_size(names) > 0)
        (void)fputc(')', out);
    print_device(tree, description);
    print_kind(tree, child, info);
    (void)fprintf(out, "  %s", rid_of(child));
    print_value(tree, points);
    (void)fputc('\n', out);
}

/* The object up to its end: the children of a client come before that. */
static enum cli_exit print_json(const struct tree *tree, const struct branch *branch,
                                const json_t *child, const json_t *info, const json_t *points)
{
    const json_t *description = json_object_get(info, "description");
    json_t *device = device_of(description);
    json_t *object = json_pack(
        "{s:s, s:s, s:O?, s:O?, s:O?, s:O?, s:O?, s:s?, s:O?, s:O?}", "rid", rid_of(child), "type",
        type_of(child, info), "name", json_object_get(description, "name"), "aliases",
        json_object_get(branch->aliases, rid_of(child)), "model", json_object_get(device, "model"),
        "sn", json_object_get(device, "sn"), "format", json_object_get(description, "format"),
        "rule", rule_of(description), "method", json_object_get(description, "method"), "status",
        json_object_get(json_object_get(info, "basic"), "status"));
    char *text;

    json_decref(device);
    if (object != NULL && json_array_size(points) > 0)
        (void)json_object_set(object, "value", json_array_get(points, 0));
    text = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    if (text == NULL)
        return cli_no_memory(tree->cli);
    text[strlen(text) - 1] = '\0'; /* its brace */
    (void)fputs(text, tree->cli->out);
    free(text);
    return CLI_OK;
}

/* ---- walking ---- */

static enum cli_exit walk(struct tree *tree, struct branch *branch);

static enum cli_exit descend(struct tree *tree, const struct branch *branch, const json_t *child,
                             const json_t *info, const json_t *listing, bool is_last)
{
    const char *status =
        json_string_value(json_object_get(json_object_get(info, "basic"), "status"));
    struct branch below = {
        .rid = rid_of(child),
        .is_locked = status != NULL && strcmp(status, "locked") == 0,
        .children = children_of(listing),
        .depth = branch->depth + 1,
    };
    size_t len = tree->rail.len;
    enum cli_exit exit = CLI_OK;

    if (branch->depth > 0)
        (void)mst_buf_add_str(&tree->rail, is_last ? "    " : "│   ");
    if (below.children == NULL || mst_buf_err(&tree->rail) != MST_OK)
        exit = cli_fail(tree->cli, CLI_SERVER, "the tree is deeper than any");
    if (exit == CLI_OK && tree->cli->is_json)
        (void)fputs(",\"children\":[", tree->cli->out);
    if (exit == CLI_OK)
        exit = walk(tree, &below);
    if (exit == CLI_OK && tree->cli->is_json)
        (void)fputc(']', tree->cli->out);
    tree->rail.len = len;
    json_decref(below.children);
    json_decref(below.aliases);
    return exit;
}

static enum cli_exit show_child(struct tree *tree, const struct branch *branch, size_t i,
                                const json_t *info, const json_t *second)
{
    const json_t *child = json_array_get(branch->children, i);
    bool is_last = i + 1 == json_array_size(branch->children);
    const json_t *points = is_client(child) ? NULL : second;
    enum cli_exit exit = CLI_OK;

    if (branch->depth == 0 && info == NULL)
        return cli_fail(tree->cli, CLI_REFUSED, "%s: this key may not see it, or it is gone",
                        rid_of(child));
    if (tree->cli->is_json) {
        if (i > 0)
            (void)fputc(',', tree->cli->out);
        exit = print_json(tree, branch, child, info, points);
    } else {
        if (tree->rail.len > 0)
            (void)fwrite(tree->rail.ptr, 1, tree->rail.len, tree->cli->out);
        if (branch->depth > 0)
            (void)fputs(is_last ? "└── " : "├── ", tree->cli->out);
        print_line(tree, branch, child, info, points);
    }
    if (exit == CLI_OK && is_client(child) && second != NULL)
        exit = descend(tree, branch, child, info, second, is_last);
    if (exit == CLI_OK && tree->cli->is_json)
        (void)fputc('}', tree->cli->out);
    return exit;
}

static enum cli_exit show_piece(struct tree *tree, struct branch *branch, size_t from, size_t to,
                                const json_t *answers)
{
    enum cli_exit exit = CLI_OK;
    size_t at = 0;

    if (branch->rid != NULL) {
        json_decref(branch->aliases);
        branch->aliases = json_incref(json_object_get(result_of(answers, at++), "aliases"));
    }
    for (size_t i = from; i < to && exit == CLI_OK; i++) {
        const json_t *info = result_of(answers, at++);
        const json_t *child = json_array_get(branch->children, i);
        bool has_second = is_client(child) ? branch->depth < tree->depth_max : tree->has_values;

        exit = show_child(tree, branch, i, info, has_second ? result_of(answers, at++) : NULL);
    }
    return exit;
}

static enum cli_exit walk(struct tree *tree, struct branch *branch)
{
    const struct cli_rpc_auth auth = {
        .cik = tree->cik,
        .client_id = branch->rid != NULL && !branch->is_locked ? branch->rid : tree->client_id};
    size_t n = json_array_size(branch->children);
    enum cli_exit exit = CLI_OK;

    for (size_t from = 0; from < n && exit == CLI_OK; from += PIECE) {
        size_t to = n - from < PIECE ? n : from + PIECE;
        json_t *answers = NULL;

        exit = cli_rpc(tree->cli, &auth, piece_calls(tree, branch, from, to), &answers);
        if (exit == CLI_OK)
            exit = show_piece(tree, branch, from, to, answers);
        json_decref(answers);
    }
    return exit;
}

/* ---- the command ---- */

/* The RID of what is named on the command line, or of the caller. */
static enum cli_exit find_first(struct tree *tree, json_t **ret_rid)
{
    const struct cli_rpc_auth auth = {.cik = tree->cik, .client_id = tree->client_id};
    const char *name = tree->cli->options.n_operands > 0 ? tree->cli->options.operands[0] : "";

    if (cli_rpc_is_rid(name)) {
        *ret_rid = json_string(name);
        return *ret_rid != NULL ? CLI_OK : cli_no_memory(tree->cli);
    }
    return cli_rpc_one(tree->cli, &auth, "lookup",
                       json_pack("[{s:s}, s, s]", "alias", "", "aliased", name), NULL, ret_rid);
}

static enum cli_exit draw(struct tree *tree)
{
    json_t *rid = NULL;
    struct branch top = {0};
    enum cli_exit exit = find_first(tree, &rid);

    if (exit == CLI_OK && !json_is_string(rid))
        exit = cli_fail(tree->cli, CLI_SERVER, "the server does not tell a RID");
    if (exit == CLI_OK) {
        top.children = json_pack("[[s, O]]", "client", rid);
        exit = top.children != NULL ? walk(tree, &top) : cli_no_memory(tree->cli);
    }
    if (exit == CLI_OK && tree->cli->is_json)
        (void)fputc('\n', tree->cli->out);
    json_decref(top.children);
    json_decref(rid);
    return exit;
}

static enum cli_exit run(struct cli *cli)
{
    struct tree tree = {.cli = cli, .has_values = cli_options_has(&cli->options, "values")};
    struct cli_rpc_auth auth = {0};
    enum cli_exit exit;

    if (cli_options_number(&cli->options, "depth", 0, MST_TREE_DEPTH_MAX, MST_TREE_DEPTH_MAX,
                           &tree.depth_max) != MST_OK)
        return cli_fail(cli, CLI_USAGE, "%s", cli->options.problem);
    exit = cli_rpc_caller(cli, CLI_VENDOR_CIK, &auth);
    if (exit != CLI_OK)
        return exit;
    tree.cik = auth.cik;
    tree.client_id = auth.client_id;
    mst_buf_init(&tree.rail, RAIL_MAX);
    exit = draw(&tree);
    mst_buf_fini(&tree.rail);
    return exit;
}

static const struct cli_command COMMANDS[] = {
    {.usage = "[RID|ALIAS]",
     .summary = "draw a client and all that it owns as a tree",
     .more =
         "Without a name the client of the key: one that was given (--cik-file, MUSTER_CIK), "
         "or else\n"
         "the profile's of --as, which is the vendor's unless said otherwise. Each line has a "
         "name,\n"
         "aliases, a device's model and serial number, what it is, how it stands, and its RID.\n"
         "\n"
         "Examples:\n"
         "  muster tree --depth 1\n"
         "  muster tree --as portal --values\n"
         "  muster --cik-file 0001.cik tree --values --json\n", .min_operands = 0,
     .max_operands = 1,
     .options = OPTIONS,
     .run = run},
};

const struct cli_noun cli_noun_tree = {"tree", "a client and what it owns, as a tree", COMMANDS, 1};

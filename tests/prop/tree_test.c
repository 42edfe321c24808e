/*
 * Random programs of RPC calls against a deliberately naive model of the tree.
 *
 * A program has a client of its own in a whole server, and goes on below it: creates, updates, drops and moves
 * resources, names, tags, shares and reads them, and does so as any client of its tree, or by a grant
 * token. The model is a list of what was made. It counts what a client uses by counting, and judges a limit by
 * doing first and looking at every client afterwards. The reply of each request is expected whole, to the byte;
 * what only the server knows (RIDs, codes, tokens, times) is learned where it first appears, and must be the
 * same from then on.
 *
 * PROGRAMS=n sets how many programs (10,000; with LONG=1 100,000), SEED=n where they begin. The negative
 * controls run on a server with a seeded defect, which the comparison must see.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/site.h"
#include "tests/lib/unit.h"

enum {
    NODES_MAX = 32,
    ALIASES_MAX = 64,
    SHARES_MAX = 16,
    TOKENS_MAX = 8,
    NAMES = 4,
    TAGS = 3,
    BATCHES = 3,
    CALLS = 6,
    PROGRAMS_PER_SITE = 500,
    TEXT_BYTES = 1 << 16
};
enum { NOBODY = -1, INHERIT = -1 };

enum kind { CLIENT, DATAPORT, DISPATCH, KINDS, SHARE = KINDS, COUNTED };
static const char *const kind_words[COUNTED] = {"client", "dataport", "dispatch", "share"};

/* ---- the model ---- */

struct node {
    bool is_alive, is_public, has_value;
    enum kind kind;
    int owner;
    unsigned name, value;
    int limits[COUNTED]; /* of a client */
    int tags[TAGS], n_tags;
    char rid[41]; /* "" until a reply has told it */
};

struct alias {
    int client, node;
    unsigned name;
};

struct share {
    bool is_alive;
    int node, activator;
    char code[41];
};

/* What a grant may list. */
enum procedure { DROP, INFO, LISTING, LOOKUP, MAP, MOVE, READ, TAG, UPDATE, WRITE, PROCEDURES };
static const char *const procedure_words[PROCEDURES] = {
    "drop", "info", "listing", "lookup", "map", "move", "read", "tag", "update", "write"};

struct token {
    int client, nodes[2];
    unsigned procedures[2]; /* bits */
    char text[41];
};

struct model {
    struct node nodes[NODES_MAX];
    int n_nodes;
    struct alias aliases[ALIASES_MAX]; /* by client and name */
    int n_aliases;
    struct share shares[SHARES_MAX];
    int n_shares;
    struct token tokens[TOKENS_MAX];
    int n_tokens;
};

static struct model now, before;
static struct mst_site *site;
static uint64_t state;

static unsigned pick(unsigned n)
{
    uint64_t x = state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return (unsigned)((x ^ x >> 31) % n);
}

static bool is_within(int ancestor, int node)
{
    while (node != NOBODY && node != ancestor)
        node = now.nodes[node].owner;
    return node == ancestor;
}

static int count_shares(int node)
{
    int n = 0;

    for (int i = 0; i < now.n_shares; i++)
        n += now.shares[i].is_alive && now.shares[i].node == node;
    return n;
}

/* What a client owns directly, and what its child clients were allotted or, where they inherit, use. */
static int use_of(int client, int what)
{
    int n = 0;

    for (int i = 0; i < now.n_nodes; i++) {
        const struct node *node = &now.nodes[i];

        if (!node->is_alive || node->owner != client)
            continue;
        n += what == SHARE ? count_shares(i) : (int)node->kind == what;
        if (node->kind == CLIENT)
            n += node->limits[what] == INHERIT ? use_of(i, what) : node->limits[what];
    }
    return n;
}

static bool is_within_limits(void)
{
    for (int i = 0; i < now.n_nodes; i++)
        for (int what = 0; what < COUNTED && now.nodes[i].kind == CLIENT; what++)
            if (now.nodes[i].is_alive && now.nodes[i].limits[what] != INHERIT &&
                use_of(i, what) > now.nodes[i].limits[what])
                return false;
    return true;
}

static int find_alias(int client, unsigned name)
{
    for (int i = 0; i < now.n_aliases; i++)
        if (now.aliases[i].client == client && now.aliases[i].name == name)
            return i;
    return NOBODY;
}

static void remove_alias(int i)
{
    memmove(&now.aliases[i], &now.aliases[i + 1],
            (size_t)(now.n_aliases - i - 1) * sizeof now.aliases[0]);
    now.n_aliases--;
}

static void add_alias(int client, unsigned name, int node)
{
    int at = now.n_aliases++;

    ck_assert_int_lt(at, ALIASES_MAX);
    for (; at > 0 && (now.aliases[at - 1].client > client ||
                      (now.aliases[at - 1].client == client && now.aliases[at - 1].name > name));
         at--)
        now.aliases[at] = now.aliases[at - 1];
    now.aliases[at] = (struct alias){client, node, name};
}

static void remove_aliases_of(int node)
{
    for (int i = now.n_aliases - 1; i >= 0; i--)
        if (now.aliases[i].node == node || now.aliases[i].client == node)
            remove_alias(i);
}

static void kill(int node)
{
    for (int i = 0; i < now.n_nodes; i++)
        if (now.nodes[i].is_alive && now.nodes[i].owner == node)
            kill(i);
    now.nodes[node].is_alive = false;
    remove_aliases_of(node);
    for (int i = 0; i < now.n_shares; i++) {
        now.shares[i].is_alive = now.shares[i].is_alive && now.shares[i].node != node;
        if (now.shares[i].activator == node)
            now.shares[i].activator = NOBODY;
    }
}

/* ---- texts; what is not known yet stands in expected ones as a mark and a number ---- */

struct text {
    char bytes[TEXT_BYTES];
    size_t len;
};
static struct text request, expected;

enum mark { SAME_RID = 1, NEW_RID, SAME_CODE, NEW_CODE, NEW_TOKEN, DIGITS };

static void __attribute__((format(printf, 2, 3))) add(struct text *text, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    text->len +=
        (size_t)vsnprintf(&text->bytes[text->len], sizeof text->bytes - text->len, fmt, args);
    va_end(args);
    ck_assert_uint_lt(text->len, sizeof text->bytes);
}

static char *handle_of(enum mark mark, int i)
{
    return mark == SAME_RID || mark == NEW_RID     ? now.nodes[i].rid
           : mark == SAME_CODE || mark == NEW_CODE ? now.shares[i].code
                                                   : now.tokens[i].text;
}

static bool meets(const char *want, const char *got, size_t len)
{
    size_t at = 0;

    while (*want != '\0') {
        enum mark mark = (enum mark)(unsigned char)*want;
        char *end;

        if (mark > DIGITS) {
            if (at == len || got[at++] != *want++)
                return false;
            continue;
        }
        int i = (int)strtol(want + 1, &end, 10);

        want = end + 1;
        if (mark == DIGITS) {
            for (; at < len && got[at] >= '0' && got[at] <= '9'; at++)
                continue;
            continue;
        }
        if (len - at < 40)
            return false;
        if (mark == NEW_RID || mark == NEW_CODE || mark == NEW_TOKEN)
            memcpy(handle_of(mark, i), &got[at], 40);
        else if (memcmp(handle_of(mark, i), &got[at], 40) != 0)
            return false;
        at += 40;
    }
    return at == len;
}

/* ---- who calls, and what a call names ---- */

static int acting;                 /* the calling client */
static const struct token *bearer; /* the token it came by, or NULL */

static bool is_covered(enum procedure procedure, int node)
{
    for (int k = 0; bearer && k < 2; k++)
        if ((bearer->procedures[k] & 1u << procedure) && now.nodes[bearer->nodes[k]].is_alive &&
            is_within(bearer->nodes[k], node) && is_within(bearer->client, bearer->nodes[k]))
            return is_within(bearer->client, node);
    return !bearer;
}

/* A token that names nothing that lives for this procedure is good for nothing. */
static bool is_in_scope(enum procedure procedure)
{
    for (int k = 0; bearer && k < 2; k++)
        if ((bearer->procedures[k] & 1u << procedure) && now.nodes[bearer->nodes[k]].is_alive)
            return true;
    return !bearer;
}

struct ref {
    bool is_alias;
    unsigned name; /* NAMES: the caller itself */
    int node;
};

enum found { FOUND, INVALID, RESTRICTED };
static const char *const found_words[] = {"ok", "invalid", "restricted"};

static struct ref pick_ref(void)
{
    struct ref ref = {.is_alias = pick(4) == 0, .name = pick(NAMES + 1)};
    int tries = 0;

    do
        ref.node = (int)pick((unsigned)now.n_nodes);
    while (now.nodes[ref.node].rid[0] == '\0' || (!now.nodes[ref.node].is_alive && ++tries < 3));
    return ref;
}

static void add_ref(struct text *text, const struct ref *ref)
{
    if (!ref->is_alias)
        add(text, "\"%s\"", now.nodes[ref->node].rid);
    else if (ref->name == NAMES)
        add(text, "{\"alias\":\"\"}");
    else
        add(text, "{\"alias\":\"a%u\"}", ref->name);
}

static bool is_shared_to(int node, int client)
{
    for (int i = 0; i < now.n_shares; i++)
        if (now.shares[i].is_alive && now.shares[i].node == node &&
            now.shares[i].activator == client)
            return true;
    return false;
}

static enum found resolve(const struct ref *ref, enum procedure procedure, bool is_to_read,
                          int *ret_node)
{
    int alias = ref->is_alias ? find_alias(acting, ref->name) : NOBODY;

    *ret_node = ref->node;
    if (!is_in_scope(procedure))
        return RESTRICTED;
    if (ref->is_alias && ref->name == NAMES)
        *ret_node = acting;
    else if (ref->is_alias && alias == NOBODY)
        return INVALID;
    else if (ref->is_alias)
        *ret_node = now.aliases[alias].node;
    if (!now.nodes[*ret_node].is_alive)
        return INVALID;
    if (!is_within(acting, *ret_node) &&
        !(is_to_read && (now.nodes[*ret_node].is_public || is_shared_to(*ret_node, acting))))
        return RESTRICTED;
    return is_covered(procedure, *ret_node) ? FOUND : RESTRICTED;
}

static enum found resolve_client(const struct ref *ref, enum procedure procedure, bool is_to_read,
                                 int *ret_node)
{
    enum found found = resolve(ref, procedure, is_to_read, ret_node);

    return found == FOUND && now.nodes[*ret_node].kind != CLIENT ? INVALID : found;
}

/* ---- calls: what is asked goes into request, what must come into expected ---- */

static int call_id;

static void begin_call(const char *procedure)
{
    add(&request, "%s{\"id\":%d,\"procedure\":\"%s\",\"arguments\":[", call_id ? "," : "", call_id,
        procedure);
    add(&expected, "%s{\"id\":%d,\"status\":", call_id ? "," : "", call_id);
    call_id++;
}

static void end_call(const char *status)
{
    add(&request, "]}");
    add(&expected, "\"%s\"}", status);
}

/* Done, unless a limit says no: then nothing is. before is what was. */
static const char *settle(void)
{
    if (is_within_limits())
        return "ok";
    now = before;
    return "limit";
}

static int pick_limit(void)
{
    return pick(2) ? INHERIT : (int)pick(6);
}

static void add_limit(struct text *text, int what, int limit)
{
    if (limit == INHERIT)
        add(text, "\"%s\":\"inherit\"", kind_words[what]);
    else
        add(text, "\"%s\":%d", kind_words[what], limit);
}

static void do_create(void)
{
    const struct ref ref = pick_ref();
    struct node made = {
        .is_alive = true, .kind = pick(KINDS), .is_public = pick(4) == 0, .name = pick(100)};
    enum found found;
    int parent;

    if (now.n_nodes == NODES_MAX)
        return;
    begin_call("create");
    add_ref(&request, &ref);
    add(&request, ",\"%s\",{\"name\":\"n%u\",\"public\":%s", kind_words[made.kind], made.name,
        made.is_public ? "true" : "false");
    if (made.kind == DATAPORT)
        add(&request, ",\"format\":\"integer\"");
    if (made.kind == DISPATCH)
        add(&request, ",\"method\":\"email\"");
    if (made.kind == CLIENT)
        add(&request, ",\"limits\":{");
    for (int what = 0; what < COUNTED; what++) {
        made.limits[what] = pick_limit();
        if (made.kind != CLIENT)
            continue;
        add(&request, what ? "," : "");
        add_limit(&request, what, made.limits[what]);
    }
    add(&request, made.kind == CLIENT ? "}}" : "}");
    /* No token of ours lists create. */
    found = bearer ? RESTRICTED : resolve_client(&ref, 0, false, &parent);
    if (found != FOUND) {
        end_call(found_words[found]);
        return;
    }
    made.owner = parent;
    now.nodes[now.n_nodes++] = made;
    if (is_within_limits()) {
        add(&request, "]}");
        add(&expected, "\"ok\",\"result\":\"%c%d;\"}", NEW_RID, now.n_nodes - 1);
    } else {
        now = before;
        end_call("limit");
    }
}

static void do_update(void)
{
    const struct ref ref = pick_ref();
    const unsigned name = pick(100), what = pick(COUNTED);
    const int limit = pick_limit();
    int node;
    enum found found;

    begin_call("update");
    add_ref(&request, &ref);
    add(&request, ",{\"name\":\"n%u\",\"limits\":{", name);
    add_limit(&request, (int)what, limit);
    add(&request, "}}");
    found = resolve(&ref, UPDATE, false, &node);
    if (found == FOUND && node == acting)
        found = RESTRICTED;
    if (found != FOUND) {
        end_call(found_words[found]);
        return;
    }
    now.nodes[node].name = name;
    if (now.nodes[node].kind == CLIENT)
        now.nodes[node].limits[what] = limit;
    end_call(settle());
}

static void do_drop(void)
{
    const struct ref ref = pick_ref();
    int node;
    enum found found = resolve(&ref, DROP, false, &node);

    begin_call("drop");
    add_ref(&request, &ref);
    if (found == FOUND && node == acting)
        found = RESTRICTED;
    if (found == FOUND)
        kill(node);
    end_call(found_words[found]);
}

static const char *move_node(int node, int to, bool is_aliased)
{
    if (is_within(node, to))
        return "invalid";
    now.nodes[node].owner = to;
    if (!is_within_limits()) {
        now = before;
        return "limit";
    }
    for (int i = now.n_aliases - 1; i >= 0; i--)
        if (now.aliases[i].node == node)
            remove_alias(i);
    for (int i = 0; i < before.n_aliases && is_aliased; i++) {
        if (before.aliases[i].node != node)
            continue;
        if (find_alias(to, before.aliases[i].name) != NOBODY) {
            now = before;
            return "invalid";
        }
        add_alias(to, before.aliases[i].name, node);
    }
    return "ok";
}

static void do_move(void)
{
    static const char *const options[] = {"", ",{}", ",{\"aliases\":true}", ",{\"aliases\":false}"};
    const struct ref ref = pick_ref(), ref_to = pick_ref();
    const unsigned option = pick(4);
    int node, to;
    enum found found = resolve(&ref, MOVE, false, &node);

    begin_call("move");
    add_ref(&request, &ref);
    add(&request, ",");
    add_ref(&request, &ref_to);
    add(&request, "%s", options[option]);
    if (found == FOUND)
        found = resolve_client(&ref_to, MOVE, false, &to);
    if (found == FOUND && node == acting)
        found = RESTRICTED;
    end_call(found == FOUND ? move_node(node, to, option != 3) : found_words[found]);
}

static void do_map(void)
{
    const struct ref ref = pick_ref();
    const unsigned name = pick(NAMES);
    const int taken = find_alias(acting, name);
    const char *status;
    int node;
    enum found found = resolve(&ref, MAP, false, &node);

    begin_call("map");
    add(&request, "\"alias\",");
    add_ref(&request, &ref);
    add(&request, ",\"a%u\"", name);
    if (!is_in_scope(MAP))
        status = "restricted";
    else if (found != FOUND)
        status = ref.is_alias ? "notfound" : found_words[found];
    else if (now.nodes[node].owner != acting)
        status = "restricted";
    else if (taken != NOBODY)
        status = now.aliases[taken].node == node ? "ok" : "inuse";
    else {
        add_alias(acting, name, node);
        status = "ok";
    }
    end_call(status);
}

static void do_unmap(void)
{
    const struct ref ref = pick_ref();
    const unsigned name = pick(NAMES);
    int client, alias;
    enum found found = bearer ? RESTRICTED : resolve_client(&ref, 0, false, &client);

    begin_call("unmap");
    add_ref(&request, &ref);
    add(&request, ",\"alias\",\"a%u\"", name);
    if (found == FOUND) {
        alias = find_alias(client, name);
        if (alias == NOBODY)
            found = INVALID;
        else
            remove_alias(alias);
    }
    end_call(found_words[found]);
}

static void do_lookup(void)
{
    const struct ref ref = pick_ref(), ref_of = pick_ref();
    const bool is_owner = pick(2);
    const unsigned name = pick(NAMES + 1);
    int client, node = NOBODY;
    enum found found = resolve(&ref, LOOKUP, false, &client);

    begin_call("lookup");
    add_ref(&request, &ref);
    if (found == INVALID && !ref.is_alias)
        found = RESTRICTED;
    if (found == FOUND && now.nodes[client].kind != CLIENT)
        found = INVALID;
    if (is_owner) {
        add(&request, ",\"owner\",");
        add_ref(&request, &ref_of);
        if (found == FOUND) {
            found = resolve(&ref_of, LOOKUP, false, &node);
            if (found == INVALID && !ref_of.is_alias)
                found = RESTRICTED;
            if (found == FOUND && node == acting)
                found = RESTRICTED;
            if (found == FOUND)
                node = now.nodes[node].owner;
        }
    } else if (name == NAMES) {
        add(&request, ",\"aliased\",\"\"");
        node = client;
    } else {
        int alias = found == FOUND ? find_alias(client, name) : NOBODY;

        add(&request, ",\"alias\",\"a%u\"", name);
        if (found == FOUND && alias == NOBODY)
            found = INVALID;
        node = alias == NOBODY ? NOBODY : now.aliases[alias].node;
    }
    if (found != FOUND) {
        end_call(found_words[found]);
        return;
    }
    add(&request, "]}");
    add(&expected, "\"ok\",\"result\":\"%c%d;\"}", SAME_RID, node);
}

static bool has_tag(int node, int tag)
{
    for (int i = 0; i < now.nodes[node].n_tags; i++)
        if (now.nodes[node].tags[i] == tag)
            return true;
    return false;
}

static bool has_alias(int node)
{
    for (int i = 0; i < now.n_aliases; i++)
        if (now.aliases[i].node == node)
            return true;
    return false;
}

static void add_rids(bool is_in[NODES_MAX])
{
    const char *comma = "";

    for (int i = 0; i < now.n_nodes; i++)
        if (is_in[i]) {
            add(&expected, "%s\"%c%d;\"", comma, SAME_RID, i);
            comma = ",";
        }
}

/* Children in their order, then what was activated in the order of the codes. */
static void expect_listing(int client, int kind, unsigned options, int tag)
{
    bool is_in[NODES_MAX] = {false};
    const char *comma = "";

    for (int i = 0; i < now.n_nodes; i++) {
        const struct node *node = &now.nodes[i];

        is_in[i] = node->is_alive && (int)node->kind == kind && node->owner == client &&
                   ((options & 1) || ((options & 2) && has_alias(i)) ||
                    ((options & 4) && node->is_public) || ((options & 8) && has_tag(i, tag)));
        if (is_in[i])
            comma = ",";
    }
    add(&expected, "\"%s\":[", kind_words[kind]);
    add_rids(is_in);
    for (int i = 0; i < now.n_shares && (options & 16); i++) {
        const struct share *share = &now.shares[i];

        if (share->is_alive && share->activator == client &&
            (int)now.nodes[share->node].kind == kind && !is_in[share->node]) {
            add(&expected, "%s\"%c%d;\"", comma, SAME_RID, share->node);
            comma = ",";
        }
    }
    add(&expected, "]");
}

static void do_listing(void)
{
    const struct ref ref = pick_ref();
    const unsigned options = pick(32);
    const int tag = (int)pick(TAGS);
    int client;
    enum found found = resolve_client(&ref, LISTING, true, &client);

    begin_call("listing");
    add_ref(&request, &ref);
    add(&request,
        ",[\"client\",\"dataport\",\"dispatch\"],{\"owned\":%s,\"aliased\":%s,\"public\":%s,"
        "\"activated\":%s",
        options & 1 ? "true" : "false", options & 2 ? "true" : "false",
        options & 4 ? "true" : "false", options & 16 ? "true" : "false");
    add(&request, options & 8 ? ",\"tagged\":[\"t%d\"]}" : "}", tag);
    if (found != FOUND) {
        end_call(found_words[found]);
        return;
    }
    add(&request, "]}");
    add(&expected, "\"ok\",\"result\":{");
    for (int kind = 0; kind < KINDS; kind++) {
        unsigned shown = options == 0 ? 1 : options;

        /* what others have activated is their affair */
        if (!is_within(acting, client))
            shown &= ~16u;
        add(&expected, "%s", kind ? "," : "");
        expect_listing(client, kind, shown, tag);
    }
    add(&expected, "}}");
}

/* ---- info ---- */

static const char *comma_of(bool *is_first)
{
    const char *comma = *is_first ? "" : ",";

    *is_first = false;
    return comma;
}

static void expect_aliases(int client)
{
    bool is_first = true;

    add(&expected, "{");
    for (int i = 0; i < now.n_aliases; i++) {
        bool is_known = false, is_first_name = true;

        if (now.aliases[i].client != client)
            continue;
        for (int k = 0; k < i; k++)
            is_known |=
                now.aliases[k].client == client && now.aliases[k].node == now.aliases[i].node;
        if (is_known)
            continue;
        add(&expected, "%s\"%c%d;\":[", comma_of(&is_first), SAME_RID, now.aliases[i].node);
        for (int k = i; k < now.n_aliases; k++)
            if (now.aliases[k].client == client && now.aliases[k].node == now.aliases[i].node)
                add(&expected, "%s\"a%u\"", comma_of(&is_first_name), now.aliases[k].name);
        add(&expected, "]");
    }
    add(&expected, "}");
}

static void expect_counts(const int counts[COUNTED])
{
    add(&expected,
        "{\"client\":%d,\"dataport\":%d,\"datarule\":0,\"disk\":0,\"dispatch\":%d,\"email\":0,"
        "\"http\":0,\"share\":%d,\"sms\":0,\"xmpp\":0}",
        counts[CLIENT], counts[DATAPORT], counts[DISPATCH], counts[SHARE]);
}

static void expect_direct(int client)
{
    int counts[COUNTED] = {0};

    for (int i = 0; i < now.n_nodes; i++)
        if (now.nodes[i].is_alive && now.nodes[i].owner == client) {
            counts[now.nodes[i].kind]++;
            counts[SHARE] += count_shares(i);
        }
    expect_counts(counts);
}

static void expect_use(int client)
{
    int counts[COUNTED];

    for (int what = 0; what < COUNTED; what++)
        counts[what] = use_of(client, what);
    expect_counts(counts);
}

static void expect_description(int client)
{
    const struct node *node = &now.nodes[client];

    add(&expected, "{\"limits\":{");
    add_limit(&expected, CLIENT, node->limits[CLIENT]);
    add(&expected, ",");
    add_limit(&expected, DATAPORT, node->limits[DATAPORT]);
    add(&expected, ",\"datarule\":0,\"disk\":0,");
    add_limit(&expected, DISPATCH, node->limits[DISPATCH]);
    add(&expected, ",\"email\":0,\"email_bucket\":0,\"http\":0,\"http_bucket\":0,");
    add_limit(&expected, SHARE, node->limits[SHARE]);
    add(&expected,
        ",\"sms\":0,\"sms_bucket\":0,\"xmpp\":0,\"xmpp_bucket\":0},\"locked\":false,\"meta\":\"\","
        "\"name\":\"n%u\",\"public\":%s}",
        node->name, node->is_public ? "true" : "false");
}

static void expect_shares(int node)
{
    bool is_first = true;

    add(&expected, "[");
    for (int i = 0; i < now.n_shares; i++) {
        if (!now.shares[i].is_alive || now.shares[i].node != node)
            continue;
        add(&expected, "%s{\"activator\":", comma_of(&is_first));
        if (now.shares[i].activator == NOBODY)
            add(&expected, "null");
        else
            add(&expected, "\"%c%d;\"", SAME_RID, now.shares[i].activator);
        add(&expected, ",\"code\":\"%c%d;\",\"meta\":\"\"}", SAME_CODE, i);
    }
    add(&expected, "]");
}

/* Of a client: its children that have a tag, by kind. */
static void expect_tagged(int client)
{
    bool is_first = true;

    add(&expected, "[");
    for (int kind = 0; kind < KINDS; kind++)
        for (int i = 0; i < now.n_nodes; i++)
            if (now.nodes[i].is_alive && (int)now.nodes[i].kind == kind &&
                now.nodes[i].owner == client && now.nodes[i].n_tags > 0)
                add(&expected, "%s\"%c%d;\"", comma_of(&is_first), SAME_RID, i);
    add(&expected, "]");
}

static void expect_tags(int node)
{
    add(&expected, "[");
    for (int i = 0; i < now.nodes[node].n_tags; i++)
        add(&expected, "%s\"t%d\"", i ? "," : "", now.nodes[node].tags[i]);
    add(&expected, "]");
}

static const struct part {
    const char *name;
    void (*expect)(int node);
    bool is_of_clients, is_owners; /* only direct owner and itself see it */
} parts[] = {
    {"aliases",     expect_aliases,     true,  true },
    {"counts",      expect_direct,      true,  false},
    {"description", expect_description, true,  false},
    {"shares",      expect_shares,      false, true },
    {"tagged",      expect_tagged,      false, true },
    {"tags",        expect_tags,        false, false},
    {"usage",       expect_use,         true,  false},
};
enum { PARTS = sizeof parts / sizeof parts[0], ALIASES = 0, DESCRIPTION = 2 };

static void expect_parts(int node, unsigned asked)
{
    const bool is_owners = node == acting || now.nodes[node].owner == acting;
    bool is_first = true;

    add(&expected, "\"ok\",\"result\":{");
    for (unsigned i = 0; i < PARTS; i++) {
        if (!(asked & 1u << i) || (parts[i].is_of_clients && now.nodes[node].kind != CLIENT))
            continue;
        if (parts[i].is_owners && !is_owners && i != ALIASES)
            continue;
        add(&expected, "%s\"%s\":", comma_of(&is_first), parts[i].name);
        if (parts[i].is_owners && !is_owners)
            add(&expected, "\"undefined\"");
        else
            parts[i].expect(node);
    }
    add(&expected, "}}");
}

static void do_info(void)
{
    const struct ref ref = pick_ref();
    unsigned asked = 1 + pick((1u << PARTS) - 1);
    int node;
    enum found found = resolve(&ref, INFO, true, &node);

    if (found == FOUND && now.nodes[node].kind != CLIENT)
        asked &= ~(1u << DESCRIPTION); /* which the model does not know */
    if (asked == 0)
        return;
    begin_call("info");
    add_ref(&request, &ref);
    add(&request, ",{");
    for (unsigned i = 0, n = 0; i < PARTS; i++)
        if (asked & 1u << i)
            add(&request, "%s\"%s\":true", n++ ? "," : "", parts[i].name);
    add(&request, "}");
    for (unsigned i = 0; i < PARTS && found == FOUND; i++)
        if (asked == 1u << i && parts[i].is_owners && i != ALIASES && node != acting &&
            now.nodes[node].owner != acting)
            found = RESTRICTED;
    if (found != FOUND) {
        end_call(found_words[found]);
        return;
    }
    add(&request, "]}");
    expect_parts(node, asked);
}

/* ---- values, tags ---- */

static void do_write(void)
{
    const struct ref ref = pick_ref();
    const unsigned value = pick(1000);
    int node;
    enum found found = resolve(&ref, WRITE, false, &node);

    if (found == FOUND && now.nodes[node].kind == DISPATCH)
        return; /* would send something */
    begin_call("write");
    add_ref(&request, &ref);
    add(&request, ",%u", value);
    if (found == FOUND && now.nodes[node].kind == CLIENT)
        found = INVALID;
    if (found == FOUND) {
        now.nodes[node].has_value = true;
        now.nodes[node].value = value;
    }
    end_call(found_words[found]);
}

static void do_read(void)
{
    const struct ref ref = pick_ref();
    int node;
    enum found found = resolve(&ref, READ, true, &node);

    begin_call("read");
    add_ref(&request, &ref);
    if (found == FOUND && now.nodes[node].kind == CLIENT)
        found = INVALID;
    if (found != FOUND) {
        end_call(found_words[found]);
        return;
    }
    add(&request, "]}");
    if (now.nodes[node].has_value)
        add(&expected, "\"ok\",\"result\":[[%c0;,%u]]}", DIGITS, now.nodes[node].value);
    else
        add(&expected, "\"ok\",\"result\":[]}");
}

static void do_tag(void)
{
    const struct ref ref = pick_ref();
    const int tag = (int)pick(TAGS);
    const bool is_added = pick(3) > 0;
    int node, kept = 0;
    enum found found = resolve(&ref, TAG, false, &node);

    begin_call("tag");
    add_ref(&request, &ref);
    add(&request, ",\"%s\",\"t%d\"", is_added ? "add" : "remove", tag);
    if (found == FOUND && is_added && !has_tag(node, tag))
        now.nodes[node].tags[now.nodes[node].n_tags++] = tag;
    if (found == FOUND && !is_added && !has_tag(node, tag))
        found = INVALID;
    if (found == FOUND && !is_added) {
        for (int i = 0; i < now.nodes[node].n_tags; i++)
            if (now.nodes[node].tags[i] != tag)
                now.nodes[node].tags[kept++] = now.nodes[node].tags[i];
        now.nodes[node].n_tags = kept;
    }
    end_call(found_words[found]);
}

/* ---- share codes and grants ---- */

static void do_share(void)
{
    const struct ref ref = pick_ref();
    int node;
    enum found found = bearer ? RESTRICTED : resolve(&ref, 0, false, &node);

    if (now.n_shares == SHARES_MAX)
        return;
    begin_call("share");
    add_ref(&request, &ref);
    if (found == FOUND && node == acting)
        found = RESTRICTED;
    if (found != FOUND) {
        end_call(found_words[found]);
        return;
    }
    now.shares[now.n_shares++] =
        (struct share){.is_alive = true, .node = node, .activator = NOBODY};
    if (is_within_limits()) {
        add(&request, "]}");
        add(&expected, "\"ok\",\"result\":\"%c%d;\"}", NEW_CODE, now.n_shares - 1);
    } else {
        now = before;
        end_call("limit");
    }
}

static struct share *pick_share(void)
{
    struct share *share = now.n_shares ? &now.shares[pick((unsigned)now.n_shares)] : NULL;

    return share && share->code[0] ? share : NULL;
}

static void do_revoke(void)
{
    struct share *share = pick_share();
    const char *status = "restricted";

    if (!share)
        return;
    begin_call("revoke");
    add(&request, "\"share\",\"%s\"", share->code);
    if (!bearer && !share->is_alive)
        status = "invalid";
    else if (!bearer && !is_within(acting, now.nodes[share->node].owner))
        status = "noauth";
    else if (!bearer) {
        share->is_alive = false;
        status = "ok";
    }
    end_call(status);
}

static void do_activate(void)
{
    const struct ref ref = pick_ref();
    struct share *share = pick_share();
    int client;
    enum found found = bearer ? RESTRICTED : resolve_client(&ref, 0, false, &client);

    if (!share)
        return;
    begin_call("activate");
    add_ref(&request, &ref);
    add(&request, ",\"share\",\"%s\"", share->code);
    if (found == FOUND &&
        (!share->is_alive || (share->activator != client &&
                              (share->activator != NOBODY || is_shared_to(share->node, client)))))
        found = INVALID;
    if (found == FOUND)
        share->activator = client;
    end_call(found_words[found]);
}

static void do_deactivate(void)
{
    const struct ref ref = pick_ref();
    struct share *share = pick_share();
    const char *status;
    int client;
    enum found found = bearer ? RESTRICTED : resolve_client(&ref, 0, false, &client);

    if (!share)
        return;
    begin_call("deactivate");
    add_ref(&request, &ref);
    add(&request, ",\"share\",\"%s\"", share->code);
    status = found_words[found];
    if (found == FOUND && (!share->is_alive || share->activator == NOBODY))
        status = "invalid";
    else if (found == FOUND && share->activator != client)
        status = "noauth";
    else if (found == FOUND)
        share->activator = NOBODY;
    end_call(status);
}

static void add_procedures(unsigned procedures)
{
    bool is_first = true;

    add(&request, "[");
    for (unsigned i = 0; i < PROCEDURES; i++)
        if (procedures & 1u << i)
            add(&request, "%s\"%s\"", comma_of(&is_first), procedure_words[i]);
    add(&request, "]");
}

static void do_grant(void)
{
    const struct ref ref = pick_ref(), first = pick_ref(), second = pick_ref();
    struct token made = {
        .nodes = {first.node,                       second.node                     },
        .procedures = {1 + pick((1u << PROCEDURES) - 1), 1 + pick((1u << PROCEDURES) - 1)}
    };
    enum found found;
    int node;

    if (now.n_tokens == TOKENS_MAX || first.node == second.node)
        return;
    begin_call("grant");
    add_ref(&request, &ref);
    add(&request, ",{\"%s\":", now.nodes[first.node].rid);
    add_procedures(made.procedures[0]);
    add(&request, ",\"%s\":", now.nodes[second.node].rid);
    add_procedures(made.procedures[1]);
    add(&request, "},{\"ttl\":100}");
    found = bearer ? RESTRICTED : resolve(&ref, 0, false, &node);
    if (found == FOUND) {
        made.client = now.nodes[node].kind == CLIENT ? node : now.nodes[node].owner;
        for (int k = 0; k < 2; k++)
            if (!now.nodes[made.nodes[k]].is_alive || !is_within(made.client, made.nodes[k]))
                found = RESTRICTED;
    }
    if (found != FOUND) {
        end_call("restricted");
        return;
    }
    now.tokens[now.n_tokens++] = made;
    add(&request, "]}");
    add(&expected, "\"ok\",\"result\":\"%c%d;\"}", NEW_TOKEN, now.n_tokens - 1);
}

/* ---- programs ---- */

static void (*const verbs[])(void) = {
    do_create, do_create, do_create, do_update,   do_drop,       do_move,  do_move,  do_map,
    do_map,    do_unmap,  do_lookup, do_listing,  do_info,       do_info,  do_write, do_read,
    do_tag,    do_share,  do_revoke, do_activate, do_deactivate, do_grant,
};

/* As a client of the tree, or by a token; false: the token is good no more. */
static bool pick_caller(void)
{
    bearer = NULL;
    do
        acting = (int)pick((unsigned)now.n_nodes);
    while (!now.nodes[acting].is_alive || now.nodes[acting].kind != CLIENT);
    if (pick(3) == 0 && now.n_tokens > 0)
        bearer = &now.tokens[pick((unsigned)now.n_tokens)];
    if (bearer) {
        acting = bearer->client;
        add(&request, "{\"auth\":{\"token\":\"%s\"},\"calls\":[", bearer->text);
        return now.nodes[acting].is_alive;
    }
    if (acting == 0 || pick(2))
        acting = 0;
    add(&request, "{\"auth\":{\"cik\":\"%s\",\"client_id\":\"%s\"},\"calls\":[",
        mst_site_root(site), now.nodes[acting].rid);
    return true;
}

/* One request. Gives whether the reply is as expected. */
static bool run_batch(void)
{
    struct mst_answer answer;
    bool is_welcome;

    request.len = expected.len = 0;
    call_id = 0;
    is_welcome = pick_caller();
    add(&expected, "[");
    for (int i = 0; i < CALLS; i++) {
        before = now;
        verbs[pick(sizeof verbs / sizeof verbs[0])]();
    }
    add(&request, "]}");
    add(&expected, "]");
    if (!is_welcome) {
        expected.len = 0;
        add(&expected, "{\"error\":{\"code\":401,\"message\":\"Authorization failed\","
                       "\"context\":\"auth\"}}");
    }
    answer = mst_site_ask(site, "POST", "/onep:v1/rpc/process", NULL, request.bytes);
    if (answer.status == 200 && meets(expected.bytes, answer.body.ptr, answer.body.len))
        return true;
    for (char *c = expected.bytes; *c; c++)
        if (*c <= DIGITS)
            *c = '#';
    printf("# asked %s\n# wanted %s\n# got %.*s\n", request.bytes, expected.bytes,
           (int)answer.body.len, answer.body.ptr);
    return false;
}

static void begin_program(uint64_t seed)
{
    struct node *top = &now.nodes[0];

    state = seed * UINT64_C(0xd1342543de82ef95);
    now = (struct model){.n_nodes = 1};
    *top = (struct node){.is_alive = true, .owner = NOBODY};
    request.len = 0;
    add(&request, "[\"client\",{\"name\":\"n0\",\"limits\":{");
    for (int what = 0; what < COUNTED; what++) {
        top->limits[what] = pick(2) ? INHERIT : 4 + (int)pick(6);
        add(&request, what ? "," : "");
        add_limit(&request, what, top->limits[what]);
    }
    add(&request, "}}]");
    mst_site_rpc_rid(site, mst_site_root(site), "create", request.bytes, top->rid);
}

/* Gives how many programs ran, the one that failed included. */
static uint64_t run_programs(unsigned defects, uint64_t first, uint64_t n, bool *ret_is_good)
{
    const struct mst_site_opts opts = {.defects = defects};
    uint64_t i;

    *ret_is_good = true;
    for (i = 0; i < n && *ret_is_good; i++) {
        if (i % PROGRAMS_PER_SITE == 0) {
            if (i > 0)
                mst_site_stop(site);
            site = mst_site_start(&opts);
        }
        begin_program(first + i);
        for (int batch = 0; batch < BATCHES && *ret_is_good; batch++)
            *ret_is_good = run_batch();
        if (!*ret_is_good)
            printf("# SEED=%" PRIu64 " PROGRAMS=1\n", first + i);
    }
    mst_site_stop(site);
    return i;
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : otherwise;
}

MST_TEST(server_and_naive_model_agree)
{
    const uint64_t n = from_environment("PROGRAMS", getenv("LONG") ? 100000 : 10000);
    bool is_good;

    (void)run_programs(0, from_environment("SEED", 1), n, &is_good);
    ck_assert(is_good);
}
MST_TEST_END

MST_TEST(the_comparison_sees_the_seeded_defect_free_move)
{
    bool is_good;

    ck_assert_uint_le(run_programs(MST_DEFECTIVE_MOVE, 1, 5000, &is_good), 5000);
    ck_assert(!is_good);
}
MST_TEST_END

MST_TEST(the_comparison_sees_the_seeded_defect_wide_grant)
{
    bool is_good;

    ck_assert_uint_le(run_programs(MST_DEFECTIVE_GRANT, 1, 5000, &is_good), 5000);
    ck_assert(!is_good);
}
MST_TEST_END

MST_TESTS("tree", server_and_naive_model_agree, the_comparison_sees_the_seeded_defect_free_move,
          the_comparison_sees_the_seeded_defect_wide_grant)

/* Verbs that look: lookup, listing, usage, info. */
#include <inttypes.h>
#include <stdio.h>

#include "tests/prop/tree/verbs.h"

void mst_verb_lookup(struct mst_play *play)
{
    const struct mst_naive *tree = &play->tree;
    const struct mst_play_ref ref = mst_play_pick_ref(play, PLAY_CLIENT),
                              ref_of = mst_play_pick_ref(play, PLAY_BELOW);
    const bool is_owner = mst_play_pick(play, 2);
    const unsigned name = mst_play_pick(play, PLAY_NAMES + 1);
    int client, node = NAIVE_NOBODY;
    enum mst_play_found found = mst_play_resolve(play, &ref, NAIVE_LOOKUP, false, &client);

    mst_play_begin_call(play, "lookup");
    mst_play_ask_ref(play, &ref);
    if (found == PLAY_INVALID && !ref.is_alias)
        found = PLAY_RESTRICTED;
    if (found == PLAY_FOUND && tree->nodes[client].kind != NAIVE_CLIENT)
        found = PLAY_INVALID;
    if (is_owner) {
        mst_play_ask(play, ",\"owner\",");
        mst_play_ask_ref(play, &ref_of);
        if (found == PLAY_FOUND) {
            found = mst_play_resolve(play, &ref_of, NAIVE_LOOKUP, false, &node);
            if (found == PLAY_INVALID && !ref_of.is_alias)
                found = PLAY_RESTRICTED;
            if (found == PLAY_FOUND && node == play->acting)
                found = PLAY_RESTRICTED;
            if (found == PLAY_FOUND)
                node = tree->nodes[node].owner;
        }
    } else if (name == PLAY_NAMES) {
        mst_play_ask(play, ",\"aliased\",\"\"");
        node = client;
    } else {
        int alias = found == PLAY_FOUND ? mst_naive_find_alias(tree, client, name) : NAIVE_NOBODY;

        mst_play_ask(play, ",\"alias\",\"a%u\"", name);
        if (found == PLAY_FOUND && alias == NAIVE_NOBODY)
            found = PLAY_INVALID;
        node = alias == NAIVE_NOBODY ? NAIVE_NOBODY : tree->aliases[alias].node;
    }
    if (found != PLAY_FOUND) {
        mst_play_end_call(play, mst_play_found_words[found]);
        return;
    }
    mst_play_end_call_with_result(play);
    mst_play_expect(play, "\"%c%d;\"}", JUDGE_RID, node);
}

static void add_rids(struct mst_play *play, bool is_in[NAIVE_NODES_MAX])
{
    const struct mst_naive *tree = &play->tree;
    const char *comma = "";

    for (int i = 0; i < tree->n_nodes; i++)
        if (is_in[i]) {
            mst_play_expect(play, "%s\"%c%d;\"", comma, JUDGE_RID, i);
            comma = ",";
        }
}

/* Children in their order, then what was activated in the order of the codes. */
static void expect_listing(struct mst_play *play, int client, int kind, unsigned options, int tag)
{
    const struct mst_naive *tree = &play->tree;
    bool is_in[NAIVE_NODES_MAX] = {false};
    const char *comma = "";

    for (int i = 0; i < tree->n_nodes; i++) {
        const struct mst_naive_node *node = &tree->nodes[i];

        is_in[i] = node->is_alive && (int)node->kind == kind && node->owner == client &&
                   ((options & 1) || ((options & 2) && mst_naive_has_alias(tree, i)) ||
                    ((options & 4) && node->is_public) ||
                    ((options & 8) && mst_naive_has_tag(tree, i, tag)));
        if (is_in[i])
            comma = ",";
    }
    mst_play_expect(play, "\"%s\":[", mst_naive_kind_words[kind]);
    add_rids(play, is_in);
    for (int i = 0; i < tree->n_shares && (options & 16); i++) {
        const struct mst_naive_share *share = &tree->shares[i];

        if (share->is_alive && share->activator == client &&
            (int)tree->nodes[share->node].kind == kind && !is_in[share->node]) {
            mst_play_expect(play, "%s\"%c%d;\"", comma, JUDGE_RID, share->node);
            comma = ",";
        }
    }
    mst_play_expect(play, "]");
}

void mst_verb_listing(struct mst_play *play)
{
    const struct mst_naive *tree = &play->tree;
    const struct mst_play_ref ref = mst_play_pick_ref(play, PLAY_STRANGE);
    const unsigned options = mst_play_pick(play, 32);
    const int tag = (int)mst_play_pick(play, NAIVE_TAGS);
    int client;
    enum mst_play_found found = mst_play_resolve_client(play, &ref, NAIVE_LISTING, true, &client);

    mst_play_begin_call(play, "listing");
    mst_play_ask_ref(play, &ref);
    mst_play_ask(play,
                 ",[\"client\",\"dataport\",\"datarule\",\"dispatch\"],{\"owned\":%s,\"aliased\":%"
                 "s,\"public\":%s,"
                 "\"activated\":%s",
                 options & 1 ? "true" : "false", options & 2 ? "true" : "false",
                 options & 4 ? "true" : "false", options & 16 ? "true" : "false");
    mst_play_ask(play, options & 8 ? ",\"tagged\":[\"t%d\"]}" : "}", tag);
    if (found != PLAY_FOUND) {
        mst_play_end_call(play, mst_play_found_words[found]);
        return;
    }
    mst_play_end_call_with_result(play);
    mst_play_expect(play, "{");
    for (int kind = 0; kind < NAIVE_KINDS; kind++) {
        unsigned shown = options == 0 ? 1 : options;

        /* what others have activated is their affair */
        if (!mst_naive_is_within(tree, play->acting, client))
            shown &= ~16u;
        mst_play_expect(play, "%s", kind ? "," : "");
        expect_listing(play, client, kind, shown, tag);
    }
    mst_play_expect(play, "}}");
}

/* ---- usage ---- */

/* The last is never consumed here. */
static const char *const metrics[] = {"client",   "dataport", "datarule",
                                      "dispatch", "share",    "http"};
enum { METRICS = sizeof metrics / sizeof metrics[0] };

/* Around these days, and often where a day begins, or a moment of the program is. */
static int64_t pick_time(struct mst_play *play)
{
    const struct mst_naive *tree = &play->tree;
    const int64_t time = tree->now + NAIVE_DAY_S - mst_play_pick(play, 4 * NAIVE_DAY_S);
    const unsigned way = mst_play_pick(play, 3);

    if (way == 0)
        return tree->nodes[mst_play_pick(play, (unsigned)tree->n_nodes)].created;
    return way == 1 ? time - time % NAIVE_DAY_S : time;
}

void mst_verb_usage(struct mst_play *play)
{
    const struct mst_naive *tree = &play->tree;
    const struct mst_play_ref ref = mst_play_pick_ref(play, PLAY_CLIENT);
    const unsigned metric = mst_play_pick(play, METRICS);
    const int64_t start = pick_time(play), end = pick_time(play);
    int client;
    enum mst_play_found found = mst_play_resolve_client(play, &ref, NAIVE_USAGE, false, &client);

    mst_play_begin_call(play, "usage");
    mst_play_ask_ref(play, &ref);
    mst_play_ask(play, ",\"%s\",%" PRId64 ",%" PRId64, metrics[metric], start, end);
    if (found == PLAY_FOUND && end < start)
        found = PLAY_INVALID;
    if (found != PLAY_FOUND) {
        mst_play_end_call(play, mst_play_found_words[found]);
        return;
    }
    mst_play_end_call_with_result(play);
    mst_play_expect(play, "%" PRId64 "}",
                    metric < NAIVE_COUNTED ? mst_naive_usage(tree, client, (int)metric, start, end)
                                           : 0);
}

/* ---- info ---- */

static const char *word_of(bool is_true)
{
    return is_true ? "true" : "false";
}

static void expect_aliases(struct mst_play *play, int client)
{
    const struct mst_naive *tree = &play->tree;
    bool is_first = true;

    mst_play_expect(play, "{");
    for (int i = 0; i < tree->n_aliases; i++) {
        bool is_known = false, is_first_name = true;

        if (tree->aliases[i].client != client)
            continue;
        for (int k = 0; k < i; k++)
            is_known |=
                tree->aliases[k].client == client && tree->aliases[k].node == tree->aliases[i].node;
        if (is_known)
            continue;
        mst_play_expect(play, "%s\"%c%d;\":[", mst_play_comma(&is_first), JUDGE_RID,
                        tree->aliases[i].node);
        for (int k = i; k < tree->n_aliases; k++)
            if (tree->aliases[k].client == client && tree->aliases[k].node == tree->aliases[i].node)
                mst_play_expect(play, "%s\"a%u\"", mst_play_comma(&is_first_name),
                                tree->aliases[k].name);
        mst_play_expect(play, "]");
    }
    mst_play_expect(play, "}");
}

/* A rule that is no script has no status. */
static void expect_basic(struct mst_play *play, int i)
{
    const struct mst_naive_node *node = &play->tree.nodes[i];
    int n = 0;

    for (int k = 0; k < play->tree.n_nodes; k++)
        n += play->tree.nodes[k].is_alive && play->tree.nodes[k].source == i;
    mst_play_expect(play, "{\"modified\":%" PRId64 ",\"subscribers\":%d,\"type\":\"%s\"",
                    node->modified, n, mst_naive_kind_words[node->kind]);
    if (node->kind == NAIVE_CLIENT)
        mst_play_expect(play, ",\"status\":\"%s\"", mst_naive_status(&play->tree, i));
    if (node->kind == NAIVE_DISPATCH)
        mst_play_expect(play, ",\"status\":\"%s\"", node->is_locked ? "locked" : "normal");
    mst_play_expect(play, "}");
}

static void expect_counts(struct mst_play *play, const int counts[NAIVE_COUNTED])
{
    mst_play_expect(
        play,
        "{\"client\":%d,\"dataport\":%d,\"datarule\":%d,\"disk\":0,\"dispatch\":%d,\"email\":0,"
        "\"http\":0,\"share\":%d,\"sms\":0,\"xmpp\":0}",
        counts[NAIVE_CLIENT], counts[NAIVE_DATAPORT], counts[NAIVE_DATARULE],
        counts[NAIVE_DISPATCH], counts[NAIVE_SHARE]);
}

static void expect_direct(struct mst_play *play, int client)
{
    const struct mst_naive *tree = &play->tree;
    int counts[NAIVE_COUNTED] = {0};

    for (int i = 0; i < tree->n_nodes; i++)
        if (tree->nodes[i].is_alive && tree->nodes[i].owner == client) {
            counts[tree->nodes[i].kind]++;
            counts[NAIVE_SHARE] += mst_naive_count_shares(tree, i);
        }
    expect_counts(play, counts);
}

static void expect_use(struct mst_play *play, int client)
{
    const struct mst_naive *tree = &play->tree;
    int counts[NAIVE_COUNTED];

    for (int what = 0; what < NAIVE_COUNTED; what++)
        counts[what] = mst_naive_use(tree, client, what);
    expect_counts(play, counts);
}

static void expect_limits(struct mst_play *play, const int limits[NAIVE_COUNTED])
{
    mst_play_expect(play, "\"limits\":{");
    for (int what = NAIVE_CLIENT; what <= NAIVE_DATARULE; what++) {
        mst_play_add_limit(&play->expected, what, limits[what]);
        mst_play_expect(play, ",");
    }
    mst_play_expect(play, "\"disk\":0,");
    mst_play_add_limit(&play->expected, NAIVE_DISPATCH, limits[NAIVE_DISPATCH]);
    mst_play_expect(play, ",\"email\":0,\"email_bucket\":0,\"http\":0,\"http_bucket\":0,");
    mst_play_add_limit(&play->expected, NAIVE_SHARE, limits[NAIVE_SHARE]);
    mst_play_expect(play, ",\"sms\":0,\"sms_bucket\":0,\"xmpp\":0,\"xmpp_bucket\":0}");
}

static void expect_flow(struct mst_play *play, const struct mst_naive_node *node)
{
    const bool is_dispatch = node->kind == NAIVE_DISPATCH;

    if (is_dispatch)
        mst_play_expect(play, "\"locked\":%s,\"message\":\"\",\"method\":\"email\",",
                        word_of(node->is_locked));
    mst_play_expect(play,
                    "\"preprocess\":[],%s\"retention\":{\"count\":\"infinity\","
                    "\"duration\":\"infinity\"}",
                    is_dispatch ? "\"recipient\":\"\"," : "");
    if (node->kind == NAIVE_DATARULE)
        mst_play_expect(play,
                        ",\"rule\":{\"simple\":{\"comparison\":\"gt\",\"constant\":%d,"
                        "\"repeat\":%s}}",
                        node->rule.constant, word_of(node->rule.is_repeated));
    mst_play_expect(play, "%s,\"subscribe\":", is_dispatch ? ",\"subject\":\"\"" : "");
    if (node->source == NAIVE_NOBODY)
        mst_play_expect(play, "null");
    else
        mst_play_expect(play, "\"%c%d;\"", JUDGE_RID, node->source);
    mst_play_expect(play, is_dispatch ? "" : ",\"format\":\"integer\"");
}

static void expect_description(struct mst_play *play, int i)
{
    const struct mst_naive_node *node = &play->tree.nodes[i];

    mst_play_expect(play, "{");
    if (node->kind == NAIVE_CLIENT) {
        expect_limits(play, node->limits);
        mst_play_expect(play, ",\"locked\":%s", word_of(node->is_locked));
    } else
        expect_flow(play, node);
    mst_play_expect(play, ",\"meta\":\"\",\"name\":\"n%u\",\"public\":%s}", node->name,
                    word_of(node->is_public));
}

static void expect_key(struct mst_play *play, int client)
{
    mst_play_expect(play, "\"%c%d;\"", JUDGE_CIK, play->tree.nodes[client].key);
}

/* A value is as large as it is long. */
static void expect_storage(struct mst_play *play, int i)
{
    const struct mst_naive_node *node = &play->tree.nodes[i];
    const int n = node->n_points;
    int size = 0;

    for (int k = 0; k < n; k++)
        size += snprintf(NULL, 0, "%d", node->points[k].value);
    mst_play_expect(play, "{\"count\":%d,\"first\":%" PRId64 ",\"last\":%" PRId64 ",\"size\":%d}",
                    n, n > 0 ? node->points[0].at : 0, n > 0 ? node->points[n - 1].at : 0, size);
}

static void expect_subscribers(struct mst_play *play, int source)
{
    const struct mst_naive *tree = &play->tree;
    bool is_first = true;

    mst_play_expect(play, "[");
    for (int i = 0; i < tree->n_nodes; i++)
        if (tree->nodes[i].is_alive && tree->nodes[i].source == source)
            mst_play_expect(play, "%s{\"%s\":\"%c%d;\"}", mst_play_comma(&is_first),
                            mst_naive_kind_words[tree->nodes[i].kind], JUDGE_RID, i);
    mst_play_expect(play, "]");
}

static void expect_shares(struct mst_play *play, int node)
{
    const struct mst_naive *tree = &play->tree;
    bool is_first = true;

    mst_play_expect(play, "[");
    for (int i = 0; i < tree->n_shares; i++) {
        if (!tree->shares[i].is_alive || tree->shares[i].node != node)
            continue;
        mst_play_expect(play, "%s{\"activator\":", mst_play_comma(&is_first));
        if (tree->shares[i].activator == NAIVE_NOBODY)
            mst_play_expect(play, "null");
        else
            mst_play_expect(play, "\"%c%d;\"", JUDGE_RID, tree->shares[i].activator);
        mst_play_expect(play, ",\"code\":\"%c%d;\",\"meta\":\"\"}", JUDGE_CODE, i);
    }
    mst_play_expect(play, "]");
}

/* Of a client: its children that have a tag, by kind. */
static void expect_tagged(struct mst_play *play, int client)
{
    const struct mst_naive *tree = &play->tree;
    bool is_first = true;

    mst_play_expect(play, "[");
    for (int kind = 0; kind < NAIVE_KINDS; kind++)
        for (int i = 0; i < tree->n_nodes; i++)
            if (tree->nodes[i].is_alive && (int)tree->nodes[i].kind == kind &&
                tree->nodes[i].owner == client && tree->nodes[i].n_tags > 0)
                mst_play_expect(play, "%s\"%c%d;\"", mst_play_comma(&is_first), JUDGE_RID, i);
    mst_play_expect(play, "]");
}

static void expect_tags(struct mst_play *play, int node)
{
    const struct mst_naive *tree = &play->tree;

    mst_play_expect(play, "[");
    for (int i = 0; i < tree->nodes[node].n_tags; i++)
        mst_play_expect(play, "%s\"t%d\"", i ? "," : "", tree->nodes[node].tags[i]);
    mst_play_expect(play, "]");
}

/* Who sees a part of those who may read the resource. */
enum viewer { ALL, OWNER_AND_ITSELF, OWNER };

static const struct part {
    const char *name;
    void (*expect)(struct mst_play *play, int node);
    bool is_of_clients, is_of_others;
    enum viewer viewer;
} parts[] = {
    {"aliases",     expect_aliases,     true,  false, OWNER_AND_ITSELF},
    {"basic",       expect_basic,       true,  true,  ALL             },
    {"counts",      expect_direct,      true,  false, ALL             },
    {"description", expect_description, true,  true,  ALL             },
    {"key",         expect_key,         true,  false, OWNER           },
    {"shares",      expect_shares,      true,  true,  OWNER_AND_ITSELF},
    {"storage",     expect_storage,     false, true,  ALL             },
    {"subscribers", expect_subscribers, true,  true,  ALL             },
    {"tagged",      expect_tagged,      true,  true,  OWNER_AND_ITSELF},
    {"tags",        expect_tags,        true,  true,  ALL             },
    {"usage",       expect_use,         true,  false, ALL             },
};
enum { PARTS = sizeof parts / sizeof parts[0], ALIASES = 0, KEY = 4 };

static bool applies(const struct mst_play *play, const struct part *part, int node)
{
    return play->tree.nodes[node].kind == NAIVE_CLIENT ? part->is_of_clients : part->is_of_others;
}

static bool is_visible(const struct mst_play *play, const struct part *part, int node)
{
    return part->viewer == ALL || play->tree.nodes[node].owner == play->acting ||
           (part->viewer == OWNER_AND_ITSELF && node == play->acting);
}

/* Of aliases the others see that there might be some. */
static void expect_parts(struct mst_play *play, int node, unsigned asked)
{
    bool is_first = true;

    mst_play_expect(play, "{");
    for (unsigned i = 0; i < PARTS; i++) {
        const struct part *part = &parts[i];
        const bool is_seen = is_visible(play, part, node);

        if (!(asked & 1u << i) || !applies(play, part, node) || (!is_seen && i != ALIASES))
            continue;
        mst_play_expect(play, "%s\"%s\":", mst_play_comma(&is_first), part->name);
        if (is_seen)
            part->expect(play, node);
        else
            mst_play_expect(play, "\"undefined\"");
    }
    mst_play_expect(play, "}}");
}

/* Is nothing asked for but one thing that is hidden? */
static bool is_hidden(const struct mst_play *play, int node, unsigned asked)
{
    for (unsigned i = 0; i < PARTS; i++)
        if (asked == 1u << i)
            return i != ALIASES && applies(play, &parts[i], node) &&
                   !is_visible(play, &parts[i], node);
    return false;
}

static void ask_info(struct mst_play *play, const struct mst_play_ref *ref, unsigned asked)
{
    bool is_first = true;
    int node;
    enum mst_play_found found = mst_play_resolve(play, ref, NAIVE_INFO, true, &node);

    mst_play_begin_call(play, "info");
    mst_play_ask_ref(play, ref);
    mst_play_ask(play, ",{");
    for (unsigned i = 0; i < PARTS; i++)
        if (asked & 1u << i)
            mst_play_ask(play, "%s\"%s\":true", mst_play_comma(&is_first), parts[i].name);
    mst_play_ask(play, "}");
    if (found == PLAY_FOUND && is_hidden(play, node, asked))
        found = PLAY_RESTRICTED;
    if (found != PLAY_FOUND) {
        mst_play_end_call(play, mst_play_found_words[found]);
        return;
    }
    mst_play_end_call_with_result(play);
    expect_parts(play, node, asked);
}

void mst_verb_info(struct mst_play *play)
{
    const struct mst_play_ref ref = mst_play_pick_ref(play, PLAY_ANY);

    ask_info(play, &ref, 1 + mst_play_pick(play, (1u << PARTS) - 1));
}

void mst_verb_see_key(struct mst_play *play)
{
    const struct mst_play_ref ref = mst_play_pick_ref(play, PLAY_CLIENT_BELOW);

    ask_info(play, &ref, 1u << KEY);
}

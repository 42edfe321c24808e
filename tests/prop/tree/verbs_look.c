/* Verbs that look: lookup, listing, info. */
#include "tests/prop/tree/verbs.h"

void mst_verb_lookup(struct mst_play *play)
{
    const struct mst_naive *tree = &play->tree;
    const struct mst_play_ref ref = mst_play_pick_ref(play), ref_of = mst_play_pick_ref(play);
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
    mst_play_expect(play, "\"%c%d;\"}", JUDGE_SAME_RID, node);
}

static void add_rids(struct mst_play *play, bool is_in[NAIVE_NODES_MAX])
{
    const struct mst_naive *tree = &play->tree;
    const char *comma = "";

    for (int i = 0; i < tree->n_nodes; i++)
        if (is_in[i]) {
            mst_play_expect(play, "%s\"%c%d;\"", comma, JUDGE_SAME_RID, i);
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
            mst_play_expect(play, "%s\"%c%d;\"", comma, JUDGE_SAME_RID, share->node);
            comma = ",";
        }
    }
    mst_play_expect(play, "]");
}

void mst_verb_listing(struct mst_play *play)
{
    const struct mst_naive *tree = &play->tree;
    const struct mst_play_ref ref = mst_play_pick_ref(play);
    const unsigned options = mst_play_pick(play, 32);
    const int tag = (int)mst_play_pick(play, NAIVE_TAGS);
    int client;
    enum mst_play_found found = mst_play_resolve_client(play, &ref, NAIVE_LISTING, true, &client);

    mst_play_begin_call(play, "listing");
    mst_play_ask_ref(play, &ref);
    mst_play_ask(
        play,
        ",[\"client\",\"dataport\",\"dispatch\"],{\"owned\":%s,\"aliased\":%s,\"public\":%s,"
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

/* ---- info ---- */

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
        mst_play_expect(play, "%s\"%c%d;\":[", mst_play_comma(&is_first), JUDGE_SAME_RID,
                        tree->aliases[i].node);
        for (int k = i; k < tree->n_aliases; k++)
            if (tree->aliases[k].client == client && tree->aliases[k].node == tree->aliases[i].node)
                mst_play_expect(play, "%s\"a%u\"", mst_play_comma(&is_first_name),
                                tree->aliases[k].name);
        mst_play_expect(play, "]");
    }
    mst_play_expect(play, "}");
}

static void expect_counts(struct mst_play *play, const int counts[NAIVE_COUNTED])
{
    mst_play_expect(
        play,
        "{\"client\":%d,\"dataport\":%d,\"datarule\":0,\"disk\":0,\"dispatch\":%d,\"email\":0,"
        "\"http\":0,\"share\":%d,\"sms\":0,\"xmpp\":0}",
        counts[NAIVE_CLIENT], counts[NAIVE_DATAPORT], counts[NAIVE_DISPATCH], counts[NAIVE_SHARE]);
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

static void expect_description(struct mst_play *play, int client)
{
    const struct mst_naive *tree = &play->tree;
    const struct mst_naive_node *node = &tree->nodes[client];

    mst_play_expect(play, "{\"limits\":{");
    mst_play_add_limit(&play->expected, NAIVE_CLIENT, node->limits[NAIVE_CLIENT]);
    mst_play_expect(play, ",");
    mst_play_add_limit(&play->expected, NAIVE_DATAPORT, node->limits[NAIVE_DATAPORT]);
    mst_play_expect(play, ",\"datarule\":0,\"disk\":0,");
    mst_play_add_limit(&play->expected, NAIVE_DISPATCH, node->limits[NAIVE_DISPATCH]);
    mst_play_expect(play, ",\"email\":0,\"email_bucket\":0,\"http\":0,\"http_bucket\":0,");
    mst_play_add_limit(&play->expected, NAIVE_SHARE, node->limits[NAIVE_SHARE]);
    mst_play_expect(
        play,
        ",\"sms\":0,\"sms_bucket\":0,\"xmpp\":0,\"xmpp_bucket\":0},\"locked\":false,\"meta\":\"\","
        "\"name\":\"n%u\",\"public\":%s}",
        node->name, node->is_public ? "true" : "false");
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
            mst_play_expect(play, "\"%c%d;\"", JUDGE_SAME_RID, tree->shares[i].activator);
        mst_play_expect(play, ",\"code\":\"%c%d;\",\"meta\":\"\"}", JUDGE_SAME_CODE, i);
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
                mst_play_expect(play, "%s\"%c%d;\"", mst_play_comma(&is_first), JUDGE_SAME_RID, i);
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

static const struct part {
    const char *name;
    void (*expect)(struct mst_play *play, int node);
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

static void expect_parts(struct mst_play *play, int node, unsigned asked)
{
    const struct mst_naive *tree = &play->tree;
    const bool is_owners = node == play->acting || tree->nodes[node].owner == play->acting;
    bool is_first = true;

    mst_play_expect(play, "{");
    for (unsigned i = 0; i < PARTS; i++) {
        if (!(asked & 1u << i) ||
            (parts[i].is_of_clients && tree->nodes[node].kind != NAIVE_CLIENT))
            continue;
        if (parts[i].is_owners && !is_owners && i != ALIASES)
            continue;
        mst_play_expect(play, "%s\"%s\":", mst_play_comma(&is_first), parts[i].name);
        if (parts[i].is_owners && !is_owners)
            mst_play_expect(play, "\"undefined\"");
        else
            parts[i].expect(play, node);
    }
    mst_play_expect(play, "}}");
}

void mst_verb_info(struct mst_play *play)
{
    const struct mst_naive *tree = &play->tree;
    const struct mst_play_ref ref = mst_play_pick_ref(play);
    unsigned asked = 1 + mst_play_pick(play, (1u << PARTS) - 1);
    int node;
    enum mst_play_found found = mst_play_resolve(play, &ref, NAIVE_INFO, true, &node);

    if (found == PLAY_FOUND && tree->nodes[node].kind != NAIVE_CLIENT)
        asked &= ~(1u << DESCRIPTION); /* which the model does not know */
    if (asked == 0)
        return;
    mst_play_begin_call(play, "info");
    mst_play_ask_ref(play, &ref);
    mst_play_ask(play, ",{");
    for (unsigned i = 0, n = 0; i < PARTS; i++)
        if (asked & 1u << i)
            mst_play_ask(play, "%s\"%s\":true", n++ ? "," : "", parts[i].name);
    mst_play_ask(play, "}");
    for (unsigned i = 0; i < PARTS && found == PLAY_FOUND; i++)
        if (asked == 1u << i && parts[i].is_owners && i != ALIASES && node != play->acting &&
            tree->nodes[node].owner != play->acting)
            found = PLAY_RESTRICTED;
    if (found != PLAY_FOUND) {
        mst_play_end_call(play, mst_play_found_words[found]);
        return;
    }
    mst_play_end_call_with_result(play);
    expect_parts(play, node, asked);
}

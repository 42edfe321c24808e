#include <string.h>

#include "tests/lib/chance.h"
#include "tests/prop/tree/play.h"

unsigned mst_play_pick(struct mst_play *play, unsigned n)
{
    return (unsigned)mst_chance_below(&play->chance, n);
}

/* ---- what a call names ---- */

const char *const mst_play_found_words[] = {"ok", "invalid", "restricted"};

static bool owns(const struct mst_naive *tree, int client, bool is_strange)
{
    for (int i = 0; i < tree->n_nodes; i++)
        if (tree->nodes[i].is_alive && tree->nodes[i].owner == client &&
            (!is_strange || tree->nodes[i].rid[0] == '\0'))
            return true;
    return false;
}

static bool is_wanted(const struct mst_play *play, int i, enum mst_play_want want)
{
    const struct mst_naive_node *node = &play->tree.nodes[i];
    const bool is_client = node->kind == NAIVE_CLIENT;
    const bool is_port = node->kind == NAIVE_DATAPORT || node->kind == NAIVE_DATARULE;
    const bool is_below = i != play->acting && mst_naive_is_within(&play->tree, play->acting, i);

    switch (want) {
    case PLAY_CLIENT:
    case PLAY_ACTOR:
        return node->is_alive && is_client;
    case PLAY_OWNER:
    case PLAY_STRANGE:
        return node->is_alive && owns(&play->tree, i, want == PLAY_STRANGE);
    case PLAY_PORT:
        return node->is_alive && is_port;
    case PLAY_FULL:
        return node->is_alive && node->n_points > 0;
    case PLAY_BELOW:
        return node->is_alive && is_below;
    case PLAY_CLIENT_BELOW:
        return node->is_alive && is_below && is_client;
    case PLAY_ANY:
        break;
    }
    return node->is_alive;
}

/* Of those whose RID is known; any of them if none is as it should be. */
static int pick_node(struct mst_play *play, enum mst_play_want want)
{
    const struct mst_naive *tree = &play->tree;
    const bool is_careless = mst_play_pick(play, 8) == 0;
    int known[NAIVE_NODES_MAX], wanted[NAIVE_NODES_MAX];
    unsigned n_known = 0, n_wanted = 0;

    for (int i = 0; i < tree->n_nodes; i++)
        if (tree->nodes[i].rid[0] != '\0') {
            known[n_known++] = i;
            if (is_wanted(play, i, want))
                wanted[n_wanted++] = i;
        }
    return is_careless || n_wanted == 0 ? known[mst_play_pick(play, n_known)]
                                        : wanted[mst_play_pick(play, n_wanted)];
}

/* Mostly one that the caller has given, or itself. */
static unsigned pick_name(struct mst_play *play)
{
    unsigned name = PLAY_NAMES;

    for (int tries = 0;
         tries < 3 && mst_naive_find_alias(&play->tree, play->acting, name) == NAIVE_NOBODY;
         tries++)
        name = mst_play_pick(play, PLAY_NAMES + 1);
    return name;
}

struct mst_play_ref mst_play_pick_ref(struct mst_play *play, enum mst_play_want want)
{
    const struct mst_play_ref caller = {.is_alias = true, .name = PLAY_NAMES};
    struct mst_play_ref ref = {.is_alias = mst_play_pick(play, 8) == 0,
                               .name = pick_name(play),
                               .node = pick_node(play, want)};

    return want == PLAY_ACTOR && mst_play_pick(play, 2) ? caller : ref;
}

struct mst_naive_share *mst_play_pick_share(struct mst_play *play)
{
    struct mst_naive *tree = &play->tree;
    struct mst_naive_share *share =
        tree->n_shares ? &tree->shares[mst_play_pick(play, (unsigned)tree->n_shares)] : NULL;

    return share && share->code[0] ? share : NULL;
}

int mst_play_pick_key(struct mst_play *play)
{
    const struct mst_naive *tree = &play->tree;
    int seen[NAIVE_KEYS_MAX], n = 0;

    for (int i = 0; i < tree->n_keys; i++)
        if (tree->keys[i].cik[0] != '\0')
            seen[n++] = i;
    return n > 0 ? seen[mst_play_pick(play, (unsigned)n)] : NAIVE_NOBODY;
}

void mst_play_ask_ref(struct mst_play *play, const struct mst_play_ref *ref)
{
    if (!ref->is_alias)
        mst_play_ask(play, "\"%s\"", play->tree.nodes[ref->node].rid);
    else if (ref->name == PLAY_NAMES)
        mst_play_ask(play, "{\"alias\":\"\"}");
    else
        mst_play_ask(play, "{\"alias\":\"a%u\"}", ref->name);
}

static bool is_good_for(const struct mst_play *play, int k, enum mst_naive_procedure procedure)
{
    return (play->bearer->procedures[k] & 1u << procedure) &&
           play->tree.nodes[play->bearer->nodes[k]].is_alive;
}

bool mst_play_is_in_scope(const struct mst_play *play, enum mst_naive_procedure procedure)
{
    for (int k = 0; play->bearer && k < 2; k++)
        if (is_good_for(play, k, procedure))
            return true;
    return !play->bearer;
}

static bool is_covered(const struct mst_play *play, enum mst_naive_procedure procedure, int node)
{
    const struct mst_naive_token *bearer = play->bearer;
    const struct mst_naive *tree = &play->tree;

    for (int k = 0; bearer && k < 2; k++)
        if (is_good_for(play, k, procedure) && mst_naive_is_within(tree, bearer->nodes[k], node) &&
            mst_naive_is_within(tree, bearer->client, bearer->nodes[k]))
            return mst_naive_is_within(tree, bearer->client, node);
    return !bearer;
}

enum mst_play_found mst_play_resolve(const struct mst_play *play, const struct mst_play_ref *ref,
                                     enum mst_naive_procedure procedure, bool is_to_read,
                                     int *ret_node)
{
    const struct mst_naive *tree = &play->tree;
    const int acting = play->acting;
    int alias = ref->is_alias ? mst_naive_find_alias(tree, acting, ref->name) : NAIVE_NOBODY;

    *ret_node = ref->node;
    if (!mst_play_is_in_scope(play, procedure))
        return PLAY_RESTRICTED;
    if (ref->is_alias && ref->name == PLAY_NAMES)
        *ret_node = acting;
    else if (ref->is_alias && alias == NAIVE_NOBODY)
        return PLAY_INVALID;
    else if (ref->is_alias)
        *ret_node = tree->aliases[alias].node;
    if (!tree->nodes[*ret_node].is_alive)
        return PLAY_INVALID;
    if (!mst_naive_is_within(tree, acting, *ret_node) &&
        !(is_to_read &&
          (tree->nodes[*ret_node].is_public || mst_naive_is_shared_to(tree, *ret_node, acting))))
        return PLAY_RESTRICTED;
    return is_covered(play, procedure, *ret_node) ? PLAY_FOUND : PLAY_RESTRICTED;
}

enum mst_play_found mst_play_resolve_client(const struct mst_play *play,
                                            const struct mst_play_ref *ref,
                                            enum mst_naive_procedure procedure, bool is_to_read,
                                            int *ret_node)
{
    enum mst_play_found found = mst_play_resolve(play, ref, procedure, is_to_read, ret_node);

    return found == PLAY_FOUND && play->tree.nodes[*ret_node].kind != NAIVE_CLIENT ? PLAY_INVALID
                                                                                   : found;
}

bool mst_play_is_admitted(const struct mst_play *play, enum mst_naive_procedure procedure, int node)
{
    const struct mst_play_ref ref = {.node = node};
    int found;

    return !play->bearer || mst_play_resolve(play, &ref, procedure, false, &found) == PLAY_FOUND;
}

/* ---- one call ---- */

void mst_play_begin_call(struct mst_play *play, const char *procedure)
{
    const char *comma = play->n_calls > 0 ? "," : "";

    mst_play_ask(play, "%s{\"id\":%d,\"procedure\":\"%s\",\"arguments\":[", comma, play->n_calls,
                 procedure);
    mst_play_expect(play, "%s{\"id\":%d,\"status\":", comma, play->n_calls);
    play->n_calls++;
}

void mst_play_end_call(struct mst_play *play, const char *status)
{
    mst_play_ask(play, "]}");
    mst_play_expect(play, "\"%s\"}", status);
}

void mst_play_end_call_with_result(struct mst_play *play)
{
    mst_play_ask(play, "]}");
    mst_play_expect(play, "\"ok\",\"result\":");
}

bool mst_play_settle(struct mst_play *play)
{
    if (mst_naive_is_within_limits(&play->tree))
        return true;
    play->tree = play->before;
    return false;
}

void mst_play_refuse_or_end(struct mst_play *play, const char *status)
{
    if (!mst_play_is_ok(status))
        play->tree = play->before;
    mst_play_end_call(play, status);
}

void mst_play_end_call_with_new(struct mst_play *play, enum mst_judge_mark mark, int i)
{
    if (!mst_play_settle(play)) {
        mst_play_end_call(play, "limit");
        return;
    }
    mst_play_end_call_with_result(play);
    mst_play_expect(play, "\"%c%d;\"}", (int)mark, i);
}

const char *mst_play_comma(bool *is_first)
{
    const char *comma = *is_first ? "" : ",";

    *is_first = false;
    return comma;
}

int mst_play_pick_value(struct mst_play *play)
{
    return 7 * (int)mst_play_pick(play, 4);
}

int mst_play_pick_limit(struct mst_play *play)
{
    return mst_play_pick(play, 6) > 0 ? NAIVE_INHERIT : (int)mst_play_pick(play, 8);
}

void mst_play_add_limit(struct mst_judge_text *text, int what, int limit)
{
    if (limit == NAIVE_INHERIT)
        mst_judge_add(text, "\"%s\":\"inherit\"", mst_naive_kind_words[what]);
    else
        mst_judge_add(text, "\"%s\":%d", mst_naive_kind_words[what], limit);
}

bool mst_play_is_ok(const char *status)
{
    return strcmp(status, "ok") == 0;
}

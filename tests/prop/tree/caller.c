#include "tests/prop/tree/caller.h"

static int pick_client(struct mst_play *play)
{
    const struct mst_naive *tree = &play->tree;
    int client;

    do
        client = (int)mst_play_pick(play, (unsigned)tree->n_nodes);
    while (!tree->nodes[client].is_alive || tree->nodes[client].kind != NAIVE_CLIENT ||
           tree->nodes[client].rid[0] == '\0');
    return client;
}

/* A token ends with its time, its client, and the key that made it. */
static enum mst_caller_standing standing_of_token(const struct mst_naive *tree,
                                                  const struct mst_naive_token *token)
{
    if (tree->now >= token->until || !tree->nodes[token->client].is_alive ||
        (token->key != NAIVE_NOBODY && !mst_naive_is_in_force(tree, token->key)))
        return CALLER_STRANGER;
    return tree->nodes[token->client].is_locked ? CALLER_LOCKED : CALLER_WELCOME;
}

static enum mst_caller_standing use_token(struct mst_play *play)
{
    const struct mst_naive *tree = &play->tree;

    play->bearer = &tree->tokens[mst_play_pick(play, (unsigned)tree->n_tokens)];
    play->key = NAIVE_NOBODY;
    play->acting = play->bearer->client;
    mst_play_ask(play, "{\"auth\":{\"token\":\"%s\"},\"calls\":[", play->bearer->text);
    return standing_of_token(tree, play->bearer);
}

/* The client above the tree acts as the top, or as any client below it. */
static enum mst_caller_standing act_from_above(struct mst_play *play, const char *root)
{
    const struct mst_naive *tree = &play->tree;

    play->bearer = NULL;
    play->key = NAIVE_NOBODY;
    play->acting = mst_play_pick(play, 2) ? 0 : pick_client(play);
    mst_play_ask(play, "{\"auth\":{\"cik\":\"%s\",\"client_id\":\"%s\"},\"calls\":[", root,
                 tree->nodes[play->acting].rid);
    return tree->nodes[play->acting].is_locked ? CALLER_LOCKED : CALLER_WELCOME;
}

/* How a key says who acts. */
enum way { BY_ITSELF, AS_CLIENT, AS_OWNER, WAYS };

/* The client that acts, or NAIVE_NOBODY. */
static int find_acting(const struct mst_naive *tree, enum way way, int client, int named)
{
    const struct mst_naive_node *node = &tree->nodes[named];
    const int acting = way == BY_ITSELF ? client : way == AS_CLIENT ? named : node->owner;

    if (way != BY_ITSELF && !node->is_alive)
        return NAIVE_NOBODY;
    return acting != NAIVE_NOBODY && tree->nodes[acting].kind == NAIVE_CLIENT &&
                   mst_naive_is_within(tree, client, acting)
               ? acting
               : NAIVE_NOBODY;
}

static enum mst_caller_standing use_key(struct mst_play *play, int key)
{
    const struct mst_naive *tree = &play->tree;
    const int client = tree->keys[key].client;
    const enum way way = (enum way)mst_play_pick(play, WAYS);
    int named, acting;

    play->bearer = NULL;
    play->key = key;
    play->acting = client;
    named = mst_play_pick_ref(play, way == AS_CLIENT ? PLAY_CLIENT_BELOW : PLAY_BELOW).node;
    mst_play_ask(play, "{\"auth\":{\"cik\":\"%s\"", tree->keys[key].cik);
    if (way != BY_ITSELF)
        mst_play_ask(play, ",\"%s\":\"%s\"", way == AS_CLIENT ? "client_id" : "resource_id",
                     tree->nodes[named].rid);
    mst_play_ask(play, "},\"calls\":[");
    if (!mst_naive_is_in_force(tree, key))
        return CALLER_STRANGER;
    if (tree->nodes[client].is_locked)
        return CALLER_LOCKED;
    acting = find_acting(tree, way, client, named);
    if (acting == NAIVE_NOBODY)
        return CALLER_STRANGER;
    play->acting = acting;
    return tree->nodes[acting].is_locked ? CALLER_LOCKED : CALLER_WELCOME;
}

enum mst_caller_standing mst_caller_pick(struct mst_play *play, const char *root)
{
    const struct mst_naive *tree = &play->tree;
    const unsigned way = mst_play_pick(play, 4);
    int key = mst_play_pick_key(play);

    if (key != NAIVE_NOBODY && !mst_naive_is_in_force(tree, key))
        key = mst_play_pick_key(play);
    if (way == 0 && tree->n_tokens > 0)
        return use_token(play);
    return way == 1 && key != NAIVE_NOBODY ? use_key(play, key) : act_from_above(play, root);
}

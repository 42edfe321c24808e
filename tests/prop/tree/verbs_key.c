/* Verbs on keys: transitions 23 to 25 of 1.5. */
#include "tests/prop/tree/verbs.h"

/* The key's client, if it is there and the key its present one; else NAIVE_NOBODY. */
static int client_of(const struct mst_naive *tree, int key)
{
    const int client = tree->keys[key].client;

    return tree->nodes[client].is_alive && tree->nodes[client].key == key ? client : NAIVE_NOBODY;
}

/* Is it for actor to say? Whose own a client is, is above it. */
static const char *judge_actor(const struct mst_naive *tree, int actor, int client)
{
    if (client == NAIVE_NOBODY)
        return "invalid";
    return client != actor && mst_naive_is_within(tree, actor, client) ? "ok" : "noauth";
}

static void open_window(const struct mst_naive *tree, struct mst_naive_node *client)
{
    client->state = NAIVE_PENDING;
    client->deadline = tree->now + NAIVE_WINDOW_S;
}

void mst_verb_revoke_key(struct mst_play *play)
{
    struct mst_naive *tree = &play->tree;
    const int key = mst_play_pick_key(play);
    const char *status = "restricted";
    int client;

    if (key == NAIVE_NOBODY || tree->n_keys >= NAIVE_KEYS_MAX - NAIVE_NODES_MAX)
        return; /* each node that may come yet needs one */
    mst_play_begin_call(play, "revoke");
    mst_play_ask(play, "\"client\",\"%s\"", tree->keys[key].cik);
    client = client_of(tree, key);
    if (!play->bearer) /* no token of ours lists it */
        status = judge_actor(tree, play->acting, client);
    if (mst_play_is_ok(status)) {
        mst_naive_renew_key(tree, client);
        if (tree->nodes[client].state != NAIVE_DISABLED)
            open_window(tree, &tree->nodes[client]);
    }
    mst_play_end_call(play, status);
}

/* Mostly that of a pending client: nothing else can be activated. */
static int pick_pending_key(struct mst_play *play)
{
    const struct mst_naive *tree = &play->tree;
    int key = NAIVE_NOBODY, client = NAIVE_NOBODY;

    for (int n = 0; n < 4 && (client == NAIVE_NOBODY || !mst_naive_is_pending(tree, client)); n++) {
        key = mst_play_pick_key(play);
        client = key == NAIVE_NOBODY ? NAIVE_NOBODY : client_of(tree, key);
    }
    return key;
}

void mst_verb_activate_key(struct mst_play *play)
{
    struct mst_naive *tree = &play->tree;
    const struct mst_play_ref ref = mst_play_pick_ref(play, PLAY_ACTOR);
    const int key = pick_pending_key(play);
    int actor, client;
    enum mst_play_found found =
        play->bearer ? PLAY_RESTRICTED : mst_play_resolve_client(play, &ref, 0, false, &actor);
    const char *status = mst_play_found_words[found];

    if (key == NAIVE_NOBODY)
        return;
    mst_play_begin_call(play, "activate");
    mst_play_ask_ref(play, &ref);
    mst_play_ask(play, ",\"client\",\"%s\"", tree->keys[key].cik);
    client = client_of(tree, key);
    if (found == PLAY_FOUND)
        status = judge_actor(tree, actor, client);
    if (mst_play_is_ok(status) && !mst_naive_is_pending(tree, client))
        status = "badarg";
    else if (mst_play_is_ok(status))
        tree->nodes[client].state = NAIVE_ACTIVATED;
    mst_play_end_call(play, status);
}

/* Also by the client's RID. */
void mst_verb_deactivate_key(struct mst_play *play)
{
    struct mst_naive *tree = &play->tree;
    const struct mst_play_ref ref = mst_play_pick_ref(play, PLAY_ACTOR),
                              ref_of = mst_play_pick_ref(play, PLAY_CLIENT_BELOW);
    const int key = mst_play_pick(play, 2) ? mst_play_pick_key(play) : NAIVE_NOBODY;
    const struct mst_naive_node *named = &tree->nodes[ref_of.node];
    int actor, client;
    enum mst_play_found found =
        play->bearer ? PLAY_RESTRICTED : mst_play_resolve_client(play, &ref, 0, false, &actor);
    const char *status = mst_play_found_words[found];

    mst_play_begin_call(play, "deactivate");
    mst_play_ask_ref(play, &ref);
    mst_play_ask(play, ",\"client\",\"%s\"",
                 key == NAIVE_NOBODY ? named->rid : tree->keys[key].cik);
    if (key != NAIVE_NOBODY)
        client = client_of(tree, key);
    else
        client = named->is_alive && named->kind == NAIVE_CLIENT ? ref_of.node : NAIVE_NOBODY;
    if (found == PLAY_FOUND)
        status = judge_actor(tree, actor, client);
    if (mst_play_is_ok(status))
        tree->nodes[client].state = NAIVE_DISABLED;
    mst_play_end_call(play, status);
}

/* Verbs on share codes and grants. */
#include "tests/prop/tree/verbs.h"

void mst_verb_share(struct mst_play *play)
{
    struct mst_naive *tree = &play->tree;
    const struct mst_play_ref ref = mst_play_pick_ref(play, PLAY_BELOW);
    int node;
    enum mst_play_found found =
        play->bearer ? PLAY_RESTRICTED : mst_play_resolve(play, &ref, 0, false, &node);

    if (tree->n_shares == NAIVE_SHARES_MAX)
        return;
    mst_play_begin_call(play, "share");
    mst_play_ask_ref(play, &ref);
    if (found == PLAY_FOUND && node == play->acting)
        found = PLAY_RESTRICTED;
    if (found != PLAY_FOUND) {
        mst_play_end_call(play, mst_play_found_words[found]);
        return;
    }
    mst_naive_share(tree, node);
    mst_play_end_call_with_new(play, JUDGE_CODE, tree->n_shares - 1);
}

void mst_verb_revoke_share(struct mst_play *play)
{
    const struct mst_naive *tree = &play->tree;
    struct mst_naive_share *share = mst_play_pick_share(play);
    const char *status = "restricted";

    if (!share)
        return;
    mst_play_begin_call(play, "revoke");
    mst_play_ask(play, "\"share\",\"%s\"", share->code);
    if (!play->bearer && !share->is_alive)
        status = "invalid";
    else if (!play->bearer &&
             !mst_naive_is_within(tree, play->acting, tree->nodes[share->node].owner))
        status = "noauth";
    else if (!play->bearer) {
        share->is_alive = false;
        status = "ok";
    }
    mst_play_end_call(play, status);
}

void mst_verb_activate_share(struct mst_play *play)
{
    const struct mst_naive *tree = &play->tree;
    const struct mst_play_ref ref = mst_play_pick_ref(play, PLAY_CLIENT);
    struct mst_naive_share *share = mst_play_pick_share(play);
    int client;
    enum mst_play_found found =
        play->bearer ? PLAY_RESTRICTED : mst_play_resolve_client(play, &ref, 0, false, &client);

    if (!share)
        return;
    mst_play_begin_call(play, "activate");
    mst_play_ask_ref(play, &ref);
    mst_play_ask(play, ",\"share\",\"%s\"", share->code);
    if (found == PLAY_FOUND &&
        (!share->is_alive ||
         (share->activator != client &&
          (share->activator != NAIVE_NOBODY || mst_naive_is_shared_to(tree, share->node, client)))))
        found = PLAY_INVALID;
    if (found == PLAY_FOUND)
        share->activator = client;
    mst_play_end_call(play, mst_play_found_words[found]);
}

void mst_verb_deactivate_share(struct mst_play *play)
{
    const struct mst_play_ref ref = mst_play_pick_ref(play, PLAY_CLIENT);
    struct mst_naive_share *share = mst_play_pick_share(play);
    const char *status;
    int client;
    enum mst_play_found found =
        play->bearer ? PLAY_RESTRICTED : mst_play_resolve_client(play, &ref, 0, false, &client);

    if (!share)
        return;
    mst_play_begin_call(play, "deactivate");
    mst_play_ask_ref(play, &ref);
    mst_play_ask(play, ",\"share\",\"%s\"", share->code);
    status = mst_play_found_words[found];
    if (found == PLAY_FOUND && (!share->is_alive || share->activator == NAIVE_NOBODY))
        status = "invalid";
    else if (found == PLAY_FOUND && share->activator != client)
        status = "noauth";
    else if (found == PLAY_FOUND)
        share->activator = NAIVE_NOBODY;
    mst_play_end_call(play, status);
}

static void add_procedures(struct mst_play *play, unsigned procedures)
{
    bool is_first = true;

    mst_play_ask(play, "[");
    for (unsigned i = 0; i < NAIVE_PROCEDURES; i++)
        if (procedures & 1u << i)
            mst_play_ask(play, "%s\"%s\"", mst_play_comma(&is_first), mst_naive_procedure_words[i]);
    mst_play_ask(play, "]");
}

void mst_verb_grant(struct mst_play *play)
{
    struct mst_naive *tree = &play->tree;
    const struct mst_play_ref ref = mst_play_pick_ref(play, PLAY_ACTOR),
                              first = mst_play_pick_ref(play, PLAY_BELOW),
                              second = mst_play_pick_ref(play, PLAY_BELOW);
    struct mst_naive_token made = {
        .nodes = {first.node,             second.node                  },
        .procedures = { 1 + mst_play_pick(play, (1u << NAIVE_PROCEDURES) - 1),
                  1 + mst_play_pick(play, (1u << NAIVE_PROCEDURES) - 1)},
        .key = play->key
    };
    const int ttl = mst_play_pick(play, 2) ? 3600 : 1000000;
    enum mst_play_found found;
    int node;

    if (tree->n_tokens == NAIVE_TOKENS_MAX || first.node == second.node)
        return;
    mst_play_begin_call(play, "grant");
    mst_play_ask_ref(play, &ref);
    mst_play_ask(play, ",{\"%s\":", tree->nodes[first.node].rid);
    add_procedures(play, made.procedures[0]);
    mst_play_ask(play, ",\"%s\":", tree->nodes[second.node].rid);
    add_procedures(play, made.procedures[1]);
    mst_play_ask(play, "},{\"ttl\":%d}", ttl);
    made.until = tree->now + ttl;
    found = play->bearer ? PLAY_RESTRICTED : mst_play_resolve(play, &ref, 0, false, &node);
    if (found == PLAY_FOUND) {
        made.client = tree->nodes[node].kind == NAIVE_CLIENT ? node : tree->nodes[node].owner;
        for (int k = 0; k < 2; k++)
            if (!tree->nodes[made.nodes[k]].is_alive ||
                !mst_naive_is_within(tree, made.client, made.nodes[k]))
                found = PLAY_RESTRICTED;
    }
    if (found != PLAY_FOUND) {
        mst_play_end_call(play, "restricted");
        return;
    }
    tree->tokens[tree->n_tokens++] = made;
    mst_play_end_call_with_new(play, JUDGE_TOKEN, tree->n_tokens - 1);
}

/* Verbs that change the tree: what there is, whose it is, and what it is called. */
#include "tests/prop/tree/verbs.h"

void mst_verb_create(struct mst_play *play)
{
    struct mst_naive *tree = &play->tree;
    const struct mst_play_ref ref = mst_play_pick_ref(play);
    struct mst_naive_node made = {.is_alive = true,
                                  .kind = mst_play_pick(play, NAIVE_KINDS),
                                  .is_public = mst_play_pick(play, 4) == 0,
                                  .name = mst_play_pick(play, 100)};
    enum mst_play_found found;
    int parent;

    if (tree->n_nodes == NAIVE_NODES_MAX)
        return;
    mst_play_begin_call(play, "create");
    mst_play_ask_ref(play, &ref);
    mst_play_ask(play, ",\"%s\",{\"name\":\"n%u\",\"public\":%s", mst_naive_kind_words[made.kind],
                 made.name, made.is_public ? "true" : "false");
    if (made.kind == NAIVE_DATAPORT)
        mst_play_ask(play, ",\"format\":\"integer\"");
    if (made.kind == NAIVE_DISPATCH)
        mst_play_ask(play, ",\"method\":\"email\"");
    if (made.kind == NAIVE_CLIENT)
        mst_play_ask(play, ",\"limits\":{");
    for (int what = 0; what < NAIVE_COUNTED; what++) {
        made.limits[what] = mst_play_pick_limit(play);
        if (made.kind != NAIVE_CLIENT)
            continue;
        mst_play_ask(play, what ? "," : "");
        mst_play_add_limit(&play->request, what, made.limits[what]);
    }
    mst_play_ask(play, made.kind == NAIVE_CLIENT ? "}}" : "}");
    /* No token of ours lists create. */
    found = play->bearer ? PLAY_RESTRICTED : mst_play_resolve_client(play, &ref, 0, false, &parent);
    if (found != PLAY_FOUND) {
        mst_play_end_call(play, mst_play_found_words[found]);
        return;
    }
    made.owner = parent;
    tree->nodes[tree->n_nodes++] = made;
    mst_play_end_call_with_new(play, JUDGE_NEW_RID, tree->n_nodes - 1);
}

void mst_verb_update(struct mst_play *play)
{
    struct mst_naive *tree = &play->tree;
    const struct mst_play_ref ref = mst_play_pick_ref(play);
    const unsigned name = mst_play_pick(play, 100), what = mst_play_pick(play, NAIVE_COUNTED);
    const int limit = mst_play_pick_limit(play);
    int node;
    enum mst_play_found found;

    mst_play_begin_call(play, "update");
    mst_play_ask_ref(play, &ref);
    mst_play_ask(play, ",{\"name\":\"n%u\",\"limits\":{", name);
    mst_play_add_limit(&play->request, (int)what, limit);
    mst_play_ask(play, "}}");
    found = mst_play_resolve(play, &ref, NAIVE_UPDATE, false, &node);
    if (found == PLAY_FOUND && node == play->acting)
        found = PLAY_RESTRICTED;
    if (found != PLAY_FOUND) {
        mst_play_end_call(play, mst_play_found_words[found]);
        return;
    }
    tree->nodes[node].name = name;
    if (tree->nodes[node].kind == NAIVE_CLIENT)
        tree->nodes[node].limits[what] = limit;
    mst_play_end_call(play, mst_play_settle(play) ? "ok" : "limit");
}

void mst_verb_drop(struct mst_play *play)
{
    struct mst_naive *tree = &play->tree;
    const struct mst_play_ref ref = mst_play_pick_ref(play);
    int node;
    enum mst_play_found found = mst_play_resolve(play, &ref, NAIVE_DROP, false, &node);

    mst_play_begin_call(play, "drop");
    mst_play_ask_ref(play, &ref);
    if (found == PLAY_FOUND && node == play->acting)
        found = PLAY_RESTRICTED;
    if (found == PLAY_FOUND)
        mst_naive_drop(tree, node);
    mst_play_end_call(play, mst_play_found_words[found]);
}

static const char *move_node(struct mst_play *play, int node, int to, bool is_aliased)
{
    struct mst_naive *tree = &play->tree;

    if (mst_naive_is_within(tree, node, to))
        return "invalid";
    tree->nodes[node].owner = to;
    if (!mst_play_settle(play))
        return "limit";
    for (int i = tree->n_aliases - 1; i >= 0; i--)
        if (tree->aliases[i].node == node)
            mst_naive_remove_alias(tree, i);
    for (int i = 0; i < play->before.n_aliases && is_aliased; i++) {
        if (play->before.aliases[i].node != node)
            continue;
        if (mst_naive_find_alias(tree, to, play->before.aliases[i].name) != NAIVE_NOBODY) {
            *tree = play->before;
            return "invalid";
        }
        mst_naive_add_alias(tree, to, play->before.aliases[i].name, node);
    }
    return "ok";
}

void mst_verb_move(struct mst_play *play)
{
    static const char *const options[] = {"", ",{}", ",{\"aliases\":true}", ",{\"aliases\":false}"};
    const struct mst_play_ref ref = mst_play_pick_ref(play), ref_to = mst_play_pick_ref(play);
    const unsigned option = mst_play_pick(play, 4);
    int node, to;
    enum mst_play_found found = mst_play_resolve(play, &ref, NAIVE_MOVE, false, &node);

    mst_play_begin_call(play, "move");
    mst_play_ask_ref(play, &ref);
    mst_play_ask(play, ",");
    mst_play_ask_ref(play, &ref_to);
    mst_play_ask(play, "%s", options[option]);
    if (found == PLAY_FOUND)
        found = mst_play_resolve_client(play, &ref_to, NAIVE_MOVE, false, &to);
    if (found == PLAY_FOUND && node == play->acting)
        found = PLAY_RESTRICTED;
    mst_play_end_call(play, found == PLAY_FOUND ? move_node(play, node, to, option != 3)
                                                : mst_play_found_words[found]);
}

void mst_verb_map(struct mst_play *play)
{
    struct mst_naive *tree = &play->tree;
    const struct mst_play_ref ref = mst_play_pick_ref(play);
    const unsigned name = mst_play_pick(play, PLAY_NAMES);
    const int taken = mst_naive_find_alias(tree, play->acting, name);
    const char *status;
    int node;
    enum mst_play_found found = mst_play_resolve(play, &ref, NAIVE_MAP, false, &node);

    mst_play_begin_call(play, "map");
    mst_play_ask(play, "\"alias\",");
    mst_play_ask_ref(play, &ref);
    mst_play_ask(play, ",\"a%u\"", name);
    if (!mst_play_is_in_scope(play, NAIVE_MAP))
        status = "restricted";
    else if (found != PLAY_FOUND)
        status = ref.is_alias ? "notfound" : mst_play_found_words[found];
    else if (tree->nodes[node].owner != play->acting)
        status = "restricted";
    else if (taken != NAIVE_NOBODY)
        status = tree->aliases[taken].node == node ? "ok" : "inuse";
    else {
        mst_naive_add_alias(tree, play->acting, name, node);
        status = "ok";
    }
    mst_play_end_call(play, status);
}

void mst_verb_unmap(struct mst_play *play)
{
    struct mst_naive *tree = &play->tree;
    const struct mst_play_ref ref = mst_play_pick_ref(play);
    const unsigned name = mst_play_pick(play, PLAY_NAMES);
    int client, alias;
    enum mst_play_found found =
        play->bearer ? PLAY_RESTRICTED : mst_play_resolve_client(play, &ref, 0, false, &client);

    mst_play_begin_call(play, "unmap");
    mst_play_ask_ref(play, &ref);
    mst_play_ask(play, ",\"alias\",\"a%u\"", name);
    if (found == PLAY_FOUND) {
        alias = mst_naive_find_alias(tree, client, name);
        if (alias == NAIVE_NOBODY)
            found = PLAY_INVALID;
        else
            mst_naive_remove_alias(tree, alias);
    }
    mst_play_end_call(play, mst_play_found_words[found]);
}

void mst_verb_tag(struct mst_play *play)
{
    struct mst_naive *tree = &play->tree;
    const struct mst_play_ref ref = mst_play_pick_ref(play);
    const int tag = (int)mst_play_pick(play, NAIVE_TAGS);
    const bool is_added = mst_play_pick(play, 3) > 0;
    int node, kept = 0;
    enum mst_play_found found = mst_play_resolve(play, &ref, NAIVE_TAG, false, &node);

    mst_play_begin_call(play, "tag");
    mst_play_ask_ref(play, &ref);
    mst_play_ask(play, ",\"%s\",\"t%d\"", is_added ? "add" : "remove", tag);
    if (found == PLAY_FOUND && is_added && !mst_naive_has_tag(tree, node, tag))
        tree->nodes[node].tags[tree->nodes[node].n_tags++] = tag;
    if (found == PLAY_FOUND && !is_added && !mst_naive_has_tag(tree, node, tag))
        found = PLAY_INVALID;
    if (found == PLAY_FOUND && !is_added) {
        for (int i = 0; i < tree->nodes[node].n_tags; i++)
            if (tree->nodes[node].tags[i] != tag)
                tree->nodes[node].tags[kept++] = tree->nodes[node].tags[i];
        tree->nodes[node].n_tags = kept;
    }
    mst_play_end_call(play, mst_play_found_words[found]);
}

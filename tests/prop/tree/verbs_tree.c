/* Verbs that change the tree: what there is, whose it is, and what it is called. */

#include "tests/prop/tree/verbs.h"

static const char *word_of(bool is_true)
{
    return is_true ? "true" : "false";
}

/* ---- what a dataport or a datarule subscribes to ---- */

struct subscription {
    bool is_given;
    int source; /* NAIVE_NOBODY: null */
};

static struct subscription pick_subscription(struct mst_play *play)
{
    const int source = mst_play_pick_ref(play, PLAY_PORT).node;
    const unsigned way = mst_play_pick(play, 6);

    return (struct subscription){way < 3, way == 0 ? NAIVE_NOBODY : source};
}

static bool can_subscribe(enum mst_naive_kind kind)
{
    return kind == NAIVE_DATAPORT || kind == NAIVE_DATARULE;
}

static void ask_subscription(struct mst_play *play, const struct subscription *subscription)
{
    if (subscription->is_given && subscription->source == NAIVE_NOBODY)
        mst_play_ask(play, ",\"subscribe\":null");
    else if (subscription->is_given)
        mst_play_ask(play, ",\"subscribe\":\"%s\"", play->tree.nodes[subscription->source].rid);
}

/* Gives the status. The source may be what it was, though nobody could subscribe to it any more. */
static const char *subscribe(struct mst_play *play, int node,
                             const struct subscription *subscription)
{
    struct mst_naive *tree = &play->tree;
    const int source = subscription->source;

    if (!subscription->is_given || source == tree->nodes[node].source)
        return "ok";
    if (source != NAIVE_NOBODY && !tree->nodes[source].is_alive)
        return "invalid";
    if (source != NAIVE_NOBODY && tree->nodes[source].kind == NAIVE_CLIENT)
        return "badarg";
    if (source != NAIVE_NOBODY && !mst_naive_may_hear(tree, source, node))
        return "restricted";
    if (mst_naive_is_circle(tree, source, node))
        return "invalid";
    tree->nodes[node].source = source;
    return "ok";
}

static bool is_admitted(const struct mst_play *play, enum mst_naive_procedure procedure,
                        const struct subscription *subscription)
{
    return !subscription->is_given || subscription->source == NAIVE_NOBODY ||
           mst_play_is_admitted(play, procedure, subscription->source);
}

/* ---- create, update ---- */

static struct mst_naive_node pick_node(struct mst_play *play)
{
    struct mst_naive_node made = {.kind = (enum mst_naive_kind)mst_play_pick(play, NAIVE_KINDS),
                                  .is_public = mst_play_pick(play, 4) == 0,
                                  .name = mst_play_pick(play, 100),
                                  .key = NAIVE_NOBODY,
                                  .source = NAIVE_NOBODY};

    for (int what = 0; what < NAIVE_COUNTED; what++)
        made.limits[what] = mst_play_pick_limit(play);
    made.rule.constant = mst_play_pick_value(play);
    made.rule.is_repeated = mst_play_pick(play, 2);
    return made;
}

static void ask_limits(struct mst_play *play, const struct mst_naive_node *client)
{
    bool is_first = true;

    mst_play_ask(play, ",\"limits\":{");
    for (int what = 0; what < NAIVE_COUNTED; what++) {
        mst_play_ask(play, "%s", mst_play_comma(&is_first));
        mst_play_add_limit(&play->request, what, client->limits[what]);
    }
    mst_play_ask(play, "}");
}

static void ask_node(struct mst_play *play, const struct mst_naive_node *made)
{
    mst_play_ask(play, ",\"%s\",{\"name\":\"n%u\",\"public\":%s", mst_naive_kind_words[made->kind],
                 made->name, word_of(made->is_public));
    if (made->kind == NAIVE_CLIENT)
        ask_limits(play, made);
    if (can_subscribe(made->kind))
        mst_play_ask(play, ",\"format\":\"integer\"");
    if (made->kind == NAIVE_DATARULE)
        mst_play_ask(play,
                     ",\"rule\":{\"simple\":{\"comparison\":\"gt\",\"constant\":%d,"
                     "\"repeat\":%s}}",
                     made->rule.constant, word_of(made->rule.is_repeated));
    if (made->kind == NAIVE_DISPATCH)
        mst_play_ask(play, ",\"method\":\"email\"");
}

/* Room is looked for first, and then at what is subscribed to. */
static void make_node(struct mst_play *play, const struct mst_naive_node *made,
                      const struct subscription *subscription)
{
    const int node = mst_naive_create(&play->tree, made);
    const char *status = "limit";

    if (mst_naive_is_within_limits(&play->tree))
        status = subscribe(play, node, subscription);
    if (mst_play_is_ok(status))
        mst_play_end_call_with_new(play, JUDGE_RID, node);
    else
        mst_play_refuse_or_end(play, status);
}

void mst_verb_create(struct mst_play *play)
{
    const struct mst_play_ref ref = mst_play_pick_ref(play, PLAY_CLIENT);
    struct mst_naive_node made = pick_node(play);
    struct subscription subscription = pick_subscription(play);
    enum mst_play_found found;

    if (play->tree.n_nodes == NAIVE_NODES_MAX)
        return;
    subscription.is_given &= can_subscribe(made.kind);
    mst_play_begin_call(play, "create");
    mst_play_ask_ref(play, &ref);
    ask_node(play, &made);
    ask_subscription(play, &subscription);
    mst_play_ask(play, "}");
    found = mst_play_resolve_client(play, &ref, NAIVE_CREATE, false, &made.owner);
    if (found == PLAY_FOUND && !is_admitted(play, NAIVE_CREATE, &subscription))
        found = PLAY_RESTRICTED;
    if (found == PLAY_FOUND)
        make_node(play, &made, &subscription);
    else
        mst_play_end_call(play, mst_play_found_words[found]);
}

/* Merges what is given: gives the status. */
static const char *update(struct mst_play *play, int node, const struct mst_naive_node *given,
                          unsigned limit, bool has_lock, const struct subscription *subscription)
{
    struct mst_naive_node *changed = &play->tree.nodes[node];

    changed->modified = play->tree.now;
    changed->name = given->name;
    changed->is_public = given->is_public;
    if (has_lock && (changed->kind == NAIVE_CLIENT || changed->kind == NAIVE_DISPATCH))
        changed->is_locked = given->is_locked;
    if (changed->kind == NAIVE_CLIENT)
        changed->limits[limit] = given->limits[limit];
    return mst_naive_is_within_limits(&play->tree) ? subscribe(play, node, subscription) : "limit";
}

void mst_verb_update(struct mst_play *play)
{
    const struct mst_play_ref ref = mst_play_pick_ref(play, PLAY_BELOW);
    struct mst_naive_node given = pick_node(play);
    struct subscription subscription = pick_subscription(play);
    const unsigned limit = mst_play_pick(play, NAIVE_COUNTED);
    const bool has_lock = mst_play_pick(play, 4) == 0;
    int node;
    enum mst_play_found found = mst_play_resolve(play, &ref, NAIVE_UPDATE, false, &node);
    const char *status = mst_play_found_words[found];

    given.is_locked = mst_play_pick(play, 2);
    subscription.is_given &= found == PLAY_FOUND && can_subscribe(play->tree.nodes[node].kind);
    mst_play_begin_call(play, "update");
    mst_play_ask_ref(play, &ref);
    mst_play_ask(play, ",{\"name\":\"n%u\",\"public\":%s,\"limits\":{", given.name,
                 word_of(given.is_public));
    mst_play_add_limit(&play->request, (int)limit, given.limits[limit]);
    mst_play_ask(play, "}");
    if (has_lock)
        mst_play_ask(play, ",\"locked\":%s", word_of(given.is_locked));
    ask_subscription(play, &subscription);
    mst_play_ask(play, "}");
    if (found == PLAY_FOUND &&
        (node == play->acting || !is_admitted(play, NAIVE_UPDATE, &subscription)))
        status = "restricted";
    else if (found == PLAY_FOUND)
        status = update(play, node, &given, limit, has_lock, &subscription);
    mst_play_refuse_or_end(play, status);
}

/* ---- clone ---- */

/* By RID it must be the caller's own or shared to it; being public does not do. */
static enum mst_play_found find_by_rid(const struct mst_play *play, int template)
{
    const struct mst_play_ref ref = {.node = template};
    int node;
    enum mst_play_found found = mst_play_resolve_client(play, &ref, NAIVE_CREATE, true, &node);

    if (found == PLAY_RESTRICTED || !play->tree.nodes[template].is_alive)
        return found;
    return mst_naive_is_within(&play->tree, play->acting, template) ||
                   mst_naive_is_shared_to(&play->tree, template, play->acting)
               ? found
               : PLAY_RESTRICTED;
}

/* By a code it must not be another's. */
static enum mst_play_found find_by_code(const struct mst_play *play,
                                        const struct mst_naive_share *share)
{
    return share->is_alive && play->tree.nodes[share->node].kind == NAIVE_CLIENT &&
                   (share->activator == NAIVE_NOBODY || share->activator == play->acting)
               ? PLAY_FOUND
               : PLAY_INVALID;
}

static void copy(struct mst_play *play, int template, int owner, bool has_aliases, bool has_points)
{
    const int node = mst_naive_clone(&play->tree, template, owner, has_aliases, has_points);

    mst_play_end_call_with_new(play, JUDGE_RID, node);
}

void mst_verb_clone(struct mst_play *play)
{
    const struct mst_play_ref ref = mst_play_pick_ref(play, PLAY_CLIENT);
    const struct mst_naive_share *share = mst_play_pick_share(play);
    const bool is_by_code = share && mst_play_pick(play, 3) == 0;
    const int template = is_by_code ? share->node : mst_play_pick_ref(play, PLAY_OWNER).node;
    const unsigned options = mst_play_pick(play, 4);
    int owner;
    enum mst_play_found found = mst_play_resolve_client(play, &ref, NAIVE_CREATE, false, &owner);

    if (play->tree.n_nodes + mst_naive_size(&play->tree, template) > NAIVE_NODES_MAX)
        return;
    mst_play_begin_call(play, "create");
    mst_play_ask_ref(play, &ref);
    mst_play_ask(play, ",\"clone\",{\"%s\":\"%s\"", is_by_code ? "code" : "rid",
                 is_by_code ? share->code : play->tree.nodes[template].rid);
    if (options & 1)
        mst_play_ask(play, ",\"noaliases\":true");
    mst_play_ask(play, ",\"nohistorical\":%s}", word_of(options & 2));
    if (found == PLAY_FOUND)
        found = is_by_code ? find_by_code(play, share) : find_by_rid(play, template);
    if (found == PLAY_FOUND)
        copy(play, template, owner, !(options & 1), !(options & 2));
    else
        mst_play_end_call(play, mst_play_found_words[found]);
}

/* ---- drop, move, map, unmap, tag ---- */

void mst_verb_drop(struct mst_play *play)
{
    struct mst_naive *tree = &play->tree;
    const struct mst_play_ref ref = mst_play_pick_ref(play, PLAY_BELOW);
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
    const struct mst_play_ref ref = mst_play_pick_ref(play, PLAY_BELOW),
                              ref_to = mst_play_pick_ref(play, PLAY_CLIENT);
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
    const struct mst_play_ref ref = mst_play_pick_ref(play, PLAY_BELOW);
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
    const struct mst_play_ref ref = mst_play_pick_ref(play, PLAY_CLIENT);
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
    const struct mst_play_ref ref = mst_play_pick_ref(play, PLAY_BELOW);
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

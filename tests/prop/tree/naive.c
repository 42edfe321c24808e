/* The model. What it says is protocol.md's word; what that leaves open is docs/decide's (0029, 0032, 0037). */
#include <assert.h>
#include <string.h>

#include "tests/prop/tree/naive.h"

const char *const mst_naive_kind_words[NAIVE_COUNTED] = {"client", "dataport", "datarule",
                                                         "dispatch", "share"};

const char *const mst_naive_procedure_words[NAIVE_PROCEDURES] = {
    "create", "drop", "info", "listing", "lookup", "map",
    "move",   "read", "tag",  "update",  "usage",  "write"};

bool mst_naive_is_within(const struct mst_naive *tree, int ancestor, int node)
{
    while (node != NAIVE_NOBODY && node != ancestor)
        node = tree->nodes[node].owner;
    return node == ancestor;
}

void mst_naive_pass(struct mst_naive *tree, int64_t seconds)
{
    assert(tree->n_moments < NAIVE_MOMENTS_MAX);
    tree->now += seconds;
    tree->n_moments++;
}

/* ---- what is counted ---- */

int mst_naive_count_shares(const struct mst_naive *tree, int node)
{
    int n = 0;

    for (int i = 0; i < tree->n_shares; i++)
        n += tree->shares[i].is_alive && tree->shares[i].node == node;
    return n;
}

int mst_naive_use(const struct mst_naive *tree, int client, int what)
{
    int n = 0;

    for (int i = 0; i < tree->n_nodes; i++) {
        const struct mst_naive_node *node = &tree->nodes[i];

        if (!node->is_alive || node->owner != client)
            continue;
        n += what == NAIVE_SHARE ? mst_naive_count_shares(tree, i) : (int)node->kind == what;
        if (node->kind == NAIVE_CLIENT)
            n += node->limits[what] == NAIVE_INHERIT ? mst_naive_use(tree, i, what)
                                                     : node->limits[what];
    }
    return n;
}

bool mst_naive_is_within_limits(const struct mst_naive *tree)
{
    for (int i = 0; i < tree->n_nodes; i++) {
        const struct mst_naive_node *node = &tree->nodes[i];

        for (int what = 0; what < NAIVE_COUNTED && node->kind == NAIVE_CLIENT; what++)
            if (node->is_alive && node->limits[what] != NAIVE_INHERIT &&
                mst_naive_use(tree, i, what) > node->limits[what])
                return false;
    }
    return true;
}

static int64_t day_of(int64_t time)
{
    return time / NAIVE_DAY_S;
}

/* Codes that were given away on the days that the span touches. */
static int64_t count_gifts(const struct mst_naive *tree, int client, int64_t start, int64_t end)
{
    int64_t n = 0;

    for (int i = 0; i < tree->n_shares && start < end; i++)
        n += tree->shares[i].is_giver[client] && day_of(tree->shares[i].made) >= day_of(start) &&
             day_of(tree->shares[i].made) <= day_of(end - 1);
    return n;
}

int64_t mst_naive_usage(const struct mst_naive *tree, int client, int what, int64_t start,
                        int64_t end)
{
    int64_t n = 0;

    if (what == NAIVE_SHARE)
        return count_gifts(tree, client, start, end);
    for (int i = 0; i < tree->n_nodes; i++) {
        const struct mst_naive_node *node = &tree->nodes[i];
        const int64_t gone = node->is_alive ? tree->now : node->dropped;
        const int64_t from = node->created > start ? node->created : start;
        const int64_t to = gone < end ? gone : end;

        if ((int)node->kind == what && i != client && mst_naive_is_within(tree, client, i) &&
            from < to)
            n += to - from;
    }
    return n;
}

/* ---- values ---- */

bool mst_naive_may_hear(const struct mst_naive *tree, int source, int target)
{
    const int listener = tree->nodes[target].owner;

    return tree->nodes[source].is_public || mst_naive_is_within(tree, listener, source) ||
           mst_naive_is_shared_to(tree, source, listener);
}

bool mst_naive_is_circle(const struct mst_naive *tree, int source, int node)
{
    /* what was dropped passes nothing on */
    while (source != NAIVE_NOBODY && source != node && tree->nodes[source].is_alive)
        source = tree->nodes[source].source;
    return source == node;
}

/* Of one moment the last value stays. */
static void store(struct mst_naive *tree, struct mst_naive_node *node, int value)
{
    if (node->n_points > 0 && node->points[node->n_points - 1].at == tree->now)
        node->n_points--;
    assert(node->n_points < NAIVE_MOMENTS_MAX);
    node->points[node->n_points++] = (struct mst_naive_point){tree->now, value};
}

void mst_naive_write(struct mst_naive *tree, int i, int value)
{
    struct mst_naive_node *node = &tree->nodes[i];

    if (node->kind == NAIVE_DATARULE) {
        value = value > node->rule.constant;
        if (value == node->rule.last && !node->rule.is_repeated)
            return;
        node->rule.last = value;
    }
    store(tree, node, value);
    for (int k = 0; k < tree->n_nodes; k++)
        if (tree->nodes[k].is_alive && tree->nodes[k].source == i && mst_naive_may_hear(tree, i, k))
            mst_naive_write(tree, k, value);
}

/* ---- aliases, tags, shares ---- */

int mst_naive_find_alias(const struct mst_naive *tree, int client, unsigned name)
{
    for (int i = 0; i < tree->n_aliases; i++)
        if (tree->aliases[i].client == client && tree->aliases[i].name == name)
            return i;
    return NAIVE_NOBODY;
}

void mst_naive_remove_alias(struct mst_naive *tree, int i)
{
    memmove(&tree->aliases[i], &tree->aliases[i + 1],
            (size_t)(tree->n_aliases - i - 1) * sizeof tree->aliases[0]);
    tree->n_aliases--;
}

void mst_naive_add_alias(struct mst_naive *tree, int client, unsigned name, int node)
{
    struct mst_naive_alias *aliases = tree->aliases;
    int at = tree->n_aliases++;

    assert(at < NAIVE_ALIASES_MAX);
    for (; at > 0 && (aliases[at - 1].client > client ||
                      (aliases[at - 1].client == client && aliases[at - 1].name > name));
         at--)
        aliases[at] = aliases[at - 1];
    aliases[at] = (struct mst_naive_alias){client, node, name};
}

bool mst_naive_has_alias(const struct mst_naive *tree, int node)
{
    for (int i = 0; i < tree->n_aliases; i++)
        if (tree->aliases[i].node == node)
            return true;
    return false;
}

bool mst_naive_has_tag(const struct mst_naive *tree, int node, int tag)
{
    for (int i = 0; i < tree->nodes[node].n_tags; i++)
        if (tree->nodes[node].tags[i] == tag)
            return true;
    return false;
}

void mst_naive_share(struct mst_naive *tree, int node)
{
    struct mst_naive_share made = {
        .is_alive = true, .node = node, .activator = NAIVE_NOBODY, .made = tree->now};

    for (int i = 0; i < tree->n_nodes; i++)
        made.is_giver[i] = i != node && mst_naive_is_within(tree, i, node);
    tree->shares[tree->n_shares++] = made;
}

bool mst_naive_is_shared_to(const struct mst_naive *tree, int node, int client)
{
    for (int i = 0; i < tree->n_shares; i++)
        if (tree->shares[i].is_alive && tree->shares[i].node == node &&
            tree->shares[i].activator == client)
            return true;
    return false;
}

/* ---- keys ---- */

void mst_naive_renew_key(struct mst_naive *tree, int client)
{
    assert(tree->n_keys < NAIVE_KEYS_MAX);
    tree->nodes[client].key = tree->n_keys;
    tree->keys[tree->n_keys++] = (struct mst_naive_key){.client = client};
}

static bool is_late(const struct mst_naive *tree, const struct mst_naive_node *client)
{
    return client->state == NAIVE_PENDING && tree->now >= client->deadline;
}

bool mst_naive_is_pending(const struct mst_naive *tree, int client)
{
    const struct mst_naive_node *node = &tree->nodes[client];

    return node->state == NAIVE_PENDING && !is_late(tree, node);
}

bool mst_naive_is_in_force(const struct mst_naive *tree, int key)
{
    const struct mst_naive_node *client = &tree->nodes[tree->keys[key].client];

    return client->is_alive && client->key == key && client->state == NAIVE_ACTIVATED;
}

const char *mst_naive_status(const struct mst_naive *tree, int client)
{
    const struct mst_naive_node *node = &tree->nodes[client];

    return node->is_locked                      ? "locked"
           : node->state == NAIVE_ACTIVATED     ? "activated"
           : mst_naive_is_pending(tree, client) ? "notactivated"
                                                : "expired";
}

/* ---- coming and going ---- */

int mst_naive_create(struct mst_naive *tree, const struct mst_naive_node *made)
{
    const int i = tree->n_nodes++;
    struct mst_naive_node *node = &tree->nodes[i];

    assert(i < NAIVE_NODES_MAX);
    *node = *made;
    node->is_alive = true;
    node->created = node->modified = tree->now;
    node->rule.last = NAIVE_NOTHING;
    if (node->kind == NAIVE_CLIENT)
        mst_naive_renew_key(tree, i);
    return i;
}

static void remove_aliases_of(struct mst_naive *tree, int node)
{
    for (int i = tree->n_aliases - 1; i >= 0; i--)
        if (tree->aliases[i].node == node || tree->aliases[i].client == node)
            mst_naive_remove_alias(tree, i);
}

void mst_naive_drop(struct mst_naive *tree, int node)
{
    for (int i = 0; i < tree->n_nodes; i++)
        if (tree->nodes[i].is_alive && tree->nodes[i].owner == node)
            mst_naive_drop(tree, i);
    tree->nodes[node].is_alive = false;
    tree->nodes[node].dropped = tree->now;
    remove_aliases_of(tree, node);
    for (int i = 0; i < tree->n_shares; i++) {
        struct mst_naive_share *share = &tree->shares[i];

        share->is_alive = share->is_alive && share->node != node;
        if (share->activator == node)
            share->activator = NAIVE_NOBODY;
    }
}

/* ---- clones ---- */

/* A client and all below it, owners before what they own, and of one owner by kind. */
struct family {
    int members[NAIVE_NODES_MAX], copies[NAIVE_NODES_MAX];
    int n;
};

static struct family family_of(const struct mst_naive *tree, int head)
{
    struct family family = {.members = {head}, .n = 1};

    for (int at = 0; at < family.n; at++)
        for (int kind = 0; kind < NAIVE_KINDS; kind++)
            for (int i = 0; i < tree->n_nodes; i++)
                if (tree->nodes[i].is_alive && (int)tree->nodes[i].kind == kind &&
                    tree->nodes[i].owner == family.members[at])
                    family.members[family.n++] = i;
    return family;
}

/* What stands for a node in the copy: its copy, or, if it is no member, itself. */
static int copy_of(const struct family *family, int node)
{
    for (int i = 0; i < family->n; i++)
        if (family->members[i] == node)
            return family->copies[i];
    return node;
}

static int copy_node(struct mst_naive *tree, int source, int owner, bool has_points)
{
    struct mst_naive_node made = tree->nodes[source];

    made.owner = owner;
    made.rid[0] = '\0';
    made.n_points = has_points ? made.n_points : 0;
    if (made.kind == NAIVE_CLIENT) {
        made.is_locked = false;
        made.state = NAIVE_PENDING;
        made.deadline = tree->now + NAIVE_WINDOW_S;
    }
    return mst_naive_create(tree, &made);
}

int mst_naive_size(const struct mst_naive *tree, int node)
{
    return family_of(tree, node).n;
}

int mst_naive_clone(struct mst_naive *tree, int template, int owner, bool has_aliases,
                    bool has_points)
{
    struct family family = family_of(tree, template);
    const int n_aliases = tree->n_aliases;
    struct mst_naive_alias aliases[NAIVE_ALIASES_MAX];

    for (int i = 0; i < family.n; i++) {
        const int parent = i == 0 ? owner : copy_of(&family, tree->nodes[family.members[i]].owner);

        family.copies[i] = copy_node(tree, family.members[i], parent, has_points);
    }
    for (int i = 0; i < family.n; i++) {
        struct mst_naive_node *copy = &tree->nodes[family.copies[i]];

        copy->source = copy_of(&family, copy->source);
    }
    memcpy(aliases, tree->aliases, sizeof aliases);
    for (int i = 0; i < n_aliases && has_aliases; i++)
        if (copy_of(&family, aliases[i].client) != aliases[i].client)
            mst_naive_add_alias(tree, copy_of(&family, aliases[i].client), aliases[i].name,
                                copy_of(&family, aliases[i].node));
    return family.copies[0];
}

#include <string.h>

#include "tests/lib/unit.h"
#include "tests/prop/tree/naive.h"

const char *const mst_naive_kind_words[NAIVE_COUNTED] = {"client", "dataport", "dispatch", "share"};

const char *const mst_naive_procedure_words[NAIVE_PROCEDURES] = {
    "drop", "info", "listing", "lookup", "map", "move", "read", "tag", "update", "write"};

bool mst_naive_is_within(const struct mst_naive *tree, int ancestor, int node)
{
    while (node != NAIVE_NOBODY && node != ancestor)
        node = tree->nodes[node].owner;
    return node == ancestor;
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

    ck_assert_int_lt(at, NAIVE_ALIASES_MAX);
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

bool mst_naive_is_shared_to(const struct mst_naive *tree, int node, int client)
{
    for (int i = 0; i < tree->n_shares; i++)
        if (tree->shares[i].is_alive && tree->shares[i].node == node &&
            tree->shares[i].activator == client)
            return true;
    return false;
}

/* ---- dropping ---- */

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
    remove_aliases_of(tree, node);
    for (int i = 0; i < tree->n_shares; i++) {
        struct mst_naive_share *share = &tree->shares[i];

        share->is_alive = share->is_alive && share->node != node;
        if (share->activator == node)
            share->activator = NAIVE_NOBODY;
    }
}

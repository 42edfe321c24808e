/*
 * naive.h - a deliberately naive model of a client and all below it (protocol.md 1.2, 2.15): lists of what was
 * made, which are walked from end to end.
 *
 * It counts what a client uses by counting, and judges a limit by doing first and looking at every
 * client afterwards. Nothing leaves a list: what is dropped is no longer alive. A node is a number of the list;
 * lists are in order of creation.
 */
#ifndef MST_TESTS_PROP_TREE_NAIVE_H
#define MST_TESTS_PROP_TREE_NAIVE_H

#include <stdbool.h>

enum {
    NAIVE_NODES_MAX = 32,
    NAIVE_ALIASES_MAX = 64,
    NAIVE_SHARES_MAX = 16,
    NAIVE_TOKENS_MAX = 8,
    NAIVE_TAGS = 3
};
enum { NAIVE_NOBODY = -1, NAIVE_INHERIT = -1 };

/* The kinds of resources, and what else is counted. */
enum mst_naive_kind {
    NAIVE_CLIENT,
    NAIVE_DATAPORT,
    NAIVE_DISPATCH,
    NAIVE_KINDS,
    NAIVE_SHARE = NAIVE_KINDS,
    NAIVE_COUNTED
};
extern const char *const mst_naive_kind_words[NAIVE_COUNTED];

/* What only the server knows is "" until a reply has told it. */
typedef char mst_naive_handle[41];

struct mst_naive_node {
    bool is_alive, is_public, has_value;
    enum mst_naive_kind kind;
    int owner;
    unsigned name, value;
    int limits[NAIVE_COUNTED]; /* of a client */
    int tags[NAIVE_TAGS], n_tags;
    mst_naive_handle rid;
};

struct mst_naive_alias {
    int client, node;
    unsigned name;
};

struct mst_naive_share {
    bool is_alive;
    int node, activator;
    mst_naive_handle code;
};

/* What a grant may list. */
enum mst_naive_procedure {
    NAIVE_DROP,
    NAIVE_INFO,
    NAIVE_LISTING,
    NAIVE_LOOKUP,
    NAIVE_MAP,
    NAIVE_MOVE,
    NAIVE_READ,
    NAIVE_TAG,
    NAIVE_UPDATE,
    NAIVE_WRITE,
    NAIVE_PROCEDURES
};
extern const char *const mst_naive_procedure_words[NAIVE_PROCEDURES];

struct mst_naive_token {
    int client, nodes[2];
    unsigned procedures[2]; /* bits */
    mst_naive_handle text;
};

struct mst_naive {
    struct mst_naive_node nodes[NAIVE_NODES_MAX];
    int n_nodes;
    struct mst_naive_alias aliases[NAIVE_ALIASES_MAX]; /* by client and name */
    int n_aliases;
    struct mst_naive_share shares[NAIVE_SHARES_MAX];
    int n_shares;
    struct mst_naive_token tokens[NAIVE_TOKENS_MAX];
    int n_tokens;
};

bool mst_naive_is_within(const struct mst_naive *tree, int ancestor, int node);
/* With all below it. */
void mst_naive_drop(struct mst_naive *tree, int node);

/* ---- what is counted ---- */

int mst_naive_count_shares(const struct mst_naive *tree, int node);
/* What a client owns directly, and what its child clients were allotted or, where they inherit, use. */
int mst_naive_use(const struct mst_naive *tree, int client, int what);
bool mst_naive_is_within_limits(const struct mst_naive *tree);

/* ---- aliases, tags, shares ---- */

/* The number of the alias, or NAIVE_NOBODY. */
int mst_naive_find_alias(const struct mst_naive *tree, int client, unsigned name);
void mst_naive_add_alias(struct mst_naive *tree, int client, unsigned name, int node);
void mst_naive_remove_alias(struct mst_naive *tree, int i);
bool mst_naive_has_alias(const struct mst_naive *tree, int node);
bool mst_naive_has_tag(const struct mst_naive *tree, int node, int tag);
bool mst_naive_is_shared_to(const struct mst_naive *tree, int node, int client);

#endif

/*
 * naive.h - a deliberately naive model of a client and all below it (protocol.md 1.2, 1.5, 1.9, 2.15): lists of
 * what was made, which are walked from end to end.
 *
 * It counts what a client uses by counting, judges a limit by doing first and looking at every client
 * afterwards, and has neither timers nor totals: who asks is told from when things were made and
 * dropped. Nothing leaves a list; what is dropped is no longer alive. A node is a number of its list, and lists
 * are in order of creation.
 */
#ifndef MST_TESTS_PROP_TREE_NAIVE_H
#define MST_TESTS_PROP_TREE_NAIVE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    NAIVE_NODES_MAX = 40,
    NAIVE_ALIASES_MAX = 4 * NAIVE_NODES_MAX,
    NAIVE_KEYS_MAX = 2 * NAIVE_NODES_MAX,
    NAIVE_MOMENTS_MAX = 12, /* at which things happen; a node has one point of each at most */
    NAIVE_SHARES_MAX = 16,
    NAIVE_TOKENS_MAX = 8,
    NAIVE_TAGS = 3,
    NAIVE_WINDOW_S = 86400, /* for activating (1.5) */
    NAIVE_DAY_S = 86400
};
enum { NAIVE_NOBODY = -1, NAIVE_INHERIT = -1, NAIVE_NOTHING = -1 };

/* The kinds of resources, and what else is counted. */
enum mst_naive_kind {
    NAIVE_CLIENT,
    NAIVE_DATAPORT,
    NAIVE_DATARULE,
    NAIVE_DISPATCH,
    NAIVE_KINDS,
    NAIVE_SHARE = NAIVE_KINDS,
    NAIVE_COUNTED
};
extern const char *const mst_naive_kind_words[NAIVE_COUNTED];

/* What only the server knows is "" until a reply has told it. */
typedef char mst_naive_handle[41];

enum mst_naive_state { NAIVE_ACTIVATED, NAIVE_PENDING, NAIVE_DISABLED };

struct mst_naive_point {
    int64_t at;
    int value;
};

/* Of a datarule: "simple", whether the value is greater than the constant. */
struct mst_naive_rule {
    int constant;
    bool is_repeated;
    int last; /* output, or NAIVE_NOTHING */
};

struct mst_naive_node {
    bool is_alive, is_public;
    bool is_locked; /* of a client or a dispatch */
    enum mst_naive_kind kind;
    int owner;
    unsigned name;
    int64_t created, modified, dropped;
    int tags[NAIVE_TAGS], n_tags;
    mst_naive_handle rid;
    /* of a client */
    int limits[NAIVE_COUNTED];
    int key; /* the present one */
    enum mst_naive_state state;
    int64_t deadline; /* while it is pending */
    /* of dataports and datarules */
    struct mst_naive_rule rule;
    int source; /* the node that it subscribes to, alive or not, or NAIVE_NOBODY */
    struct mst_naive_point points[NAIVE_MOMENTS_MAX];
    int n_points;
};

/* A key of a client, the present one or not. */
struct mst_naive_key {
    int client;
    mst_naive_handle cik;
};

struct mst_naive_alias {
    int client, node;
    unsigned name;
};

struct mst_naive_share {
    bool is_alive;
    int node, activator;
    int64_t made;
    bool is_giver[NAIVE_NODES_MAX]; /* the node's owner then, and all above it */
    mst_naive_handle code;
};

/* What a grant may list. */
enum mst_naive_procedure {
    NAIVE_CREATE,
    NAIVE_DROP,
    NAIVE_INFO,
    NAIVE_LISTING,
    NAIVE_LOOKUP,
    NAIVE_MAP,
    NAIVE_MOVE,
    NAIVE_READ,
    NAIVE_TAG,
    NAIVE_UPDATE,
    NAIVE_USAGE,
    NAIVE_WRITE,
    NAIVE_PROCEDURES
};
extern const char *const mst_naive_procedure_words[NAIVE_PROCEDURES];

struct mst_naive_token {
    int client, nodes[2];
    unsigned procedures[2]; /* bits */
    int key;                /* that it was made with, or NAIVE_NOBODY: one from above the tree */
    int64_t until;
    mst_naive_handle text;
};

struct mst_naive {
    int64_t now;
    int n_moments; /* before now */
    struct mst_naive_node nodes[NAIVE_NODES_MAX];
    int n_nodes;
    struct mst_naive_key keys[NAIVE_KEYS_MAX];
    int n_keys;
    struct mst_naive_alias aliases[NAIVE_ALIASES_MAX]; /* by client and name */
    int n_aliases;
    struct mst_naive_share shares[NAIVE_SHARES_MAX];
    int n_shares;
    struct mst_naive_token tokens[NAIVE_TOKENS_MAX];
    int n_tokens;
};

/* It is later now. */
void mst_naive_pass(struct mst_naive *tree, int64_t seconds);
/* Of what was dropped: where it was then. */
bool mst_naive_is_within(const struct mst_naive *tree, int ancestor, int node);

/* ---- coming and going ---- */

/* Adds a node, of which kind, owner and description are given, and gives its number. A client is
   activated at once. */
int mst_naive_create(struct mst_naive *tree, const struct mst_naive_node *made);
/* With all below it. */
void mst_naive_drop(struct mst_naive *tree, int node);

/* How many nodes a copy would add. */
int mst_naive_size(const struct mst_naive *tree, int node);
/* 1.9: the copy's number. */
int mst_naive_clone(struct mst_naive *tree, int template, int owner, bool has_aliases,
                    bool has_points);

/* ---- keys ---- */

/* A client gets a key that differs from all others. */
void mst_naive_renew_key(struct mst_naive *tree, int client);
/* Is it the key of a client that is there and activated? */
bool mst_naive_is_in_force(const struct mst_naive *tree, int key);
/* "activated", "notactivated", "expired" or "locked" (1.4). */
const char *mst_naive_status(const struct mst_naive *tree, int client);
bool mst_naive_is_pending(const struct mst_naive *tree, int client);

/* ---- what is counted ---- */

int mst_naive_count_shares(const struct mst_naive *tree, int node);
/* What a client owns directly, and what its child clients were allotted or, where they inherit, use. */
int mst_naive_use(const struct mst_naive *tree, int client, int what);
bool mst_naive_is_within_limits(const struct mst_naive *tree);
/* The procedure usage: from start up to, but without, end. */
int64_t mst_naive_usage(const struct mst_naive *tree, int client, int what, int64_t start,
                        int64_t end);

/* ---- values ---- */

/* A dataport or datarule takes a value, and those that subscribe to it what comes of it. */
void mst_naive_write(struct mst_naive *tree, int node, int value);
/* May target, whose owner it is, get what source has? */
bool mst_naive_may_hear(const struct mst_naive *tree, int source, int target);
/* Would node get its own values, if it subscribed to source? */
bool mst_naive_is_circle(const struct mst_naive *tree, int source, int node);

/* ---- aliases, tags, shares ---- */

/* The number of the alias, or NAIVE_NOBODY. */
int mst_naive_find_alias(const struct mst_naive *tree, int client, unsigned name);
void mst_naive_add_alias(struct mst_naive *tree, int client, unsigned name, int node);
void mst_naive_remove_alias(struct mst_naive *tree, int i);
bool mst_naive_has_alias(const struct mst_naive *tree, int node);
bool mst_naive_has_tag(const struct mst_naive *tree, int node, int tag);
void mst_naive_share(struct mst_naive *tree, int node);
bool mst_naive_is_shared_to(const struct mst_naive *tree, int node, int client);

#endif

/*
 * Groups in groups.
 *
 * A request may add thousands of groups to a group, so whether groups form a circle is not asked for
 * each: all groups of the model and their memberships in each other are read once, after the
 * change and inside its transaction. The depth of a group is 0, or one more than that of the deepest
 * group in it. Taking every membership again and again, until no depth grows, ends after as many
 * rounds as there are levels; in a circle depths grow without end. So one bound on the depth refuses
 * both. A member group that does not exist has depth 0.
 *
 * Downloads ask the other way: which groups is a serial number in? Each group is visited once.
 */
#include <stdlib.h>

#include "core/group.h"

/* ---- circles and depth ---- */

struct node {
    int64_t id;
    struct mst_span name;
    unsigned depth;
};

struct edge {
    uint16_t inner, outer;
};
_Static_assert(MST_GROUPS_MAX <= UINT16_MAX, "edges count groups");

struct graph {
    struct mst_tx *tx;
    struct node *nodes; /* by name */
    size_t n_nodes;
    struct edge *edges;
    size_t n_edges, n_edges_max;
    uint16_t outer; /* whose members are being read */
};

static enum mst_err add_node(void *arg, const struct mst_row_model_group *group)
{
    struct graph *graph = arg;

    graph->nodes[graph->n_nodes++] = (struct node){.id = group->id, .name = group->name};
    return MST_OK;
}

static int compare_name(const void *name, const void *node)
{
    return mst_span_cmp(*(const struct mst_span *)name, ((const struct node *)node)->name);
}

static enum mst_err add_edge(void *arg, const struct mst_row_group_member *member)
{
    struct graph *graph = arg;
    struct node *outer = &graph->nodes[graph->outer];
    const struct node *inner =
        bsearch(&member->member, graph->nodes, graph->n_nodes, sizeof *graph->nodes, compare_name);

    if (!inner) {
        outer->depth = 1;
        return MST_OK;
    }
    if (graph->n_edges == graph->n_edges_max)
        return MST_ECORRUPT;
    graph->edges[graph->n_edges++] =
        (struct edge){.inner = (uint16_t)(inner - graph->nodes), .outer = graph->outer};
    return MST_OK;
}

static enum mst_err read_graph(struct graph *graph, int64_t model_id)
{
    struct mst_arena *arena = mst_tx_arena(graph->tx);
    enum mst_err err;

    graph->nodes = mst_arena_array(arena, MST_GROUPS_MAX, sizeof *graph->nodes);
    if (!graph->nodes)
        return MST_ENOMEM;
    err = mst_group_list(graph->tx, model_id, 0, MST_GROUPS_MAX, add_node, graph);
    if (err != MST_OK)
        return err;
    graph->n_edges_max = graph->n_nodes * MST_GROUPS_OF_MAX; /* each is in so many at most */
    graph->edges = mst_arena_array(arena, graph->n_edges_max, sizeof *graph->edges);
    if (!graph->edges)
        return MST_ENOMEM;
    for (size_t i = 0; i < graph->n_nodes && err == MST_OK; i++) {
        const struct mst_row_model_group group = {.id = graph->nodes[i].id};

        graph->outer = (uint16_t)i;
        err = mst_group_members(graph->tx, &group, MST_MEMBER_GROUP, MST_LIT(""), 0, 0, add_edge,
                                graph);
    }
    return err;
}

static bool is_shallow(struct graph *graph)
{
    bool is_growing = true;

    while (is_growing) {
        is_growing = false;
        for (size_t i = 0; i < graph->n_edges; i++) {
            struct node *outer = &graph->nodes[graph->edges[i].outer];
            unsigned depth = graph->nodes[graph->edges[i].inner].depth + 1;

            if (depth > MST_GROUP_DEPTH_MAX)
                return false;
            if (depth > outer->depth) {
                outer->depth = depth;
                is_growing = true;
            }
        }
    }
    return true;
}

enum mst_err mst_group_check_nesting(struct mst_tx *tx, int64_t model_id,
                                     enum mst_verdict *ret_verdict)
{
    const struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));
    struct graph graph = {.tx = tx};
    enum mst_err err = read_graph(&graph, model_id);

    if (err == MST_OK)
        *ret_verdict = is_shallow(&graph) ? MST_DONE : MST_NESTED;
    mst_arena_rewind(mst_tx_arena(tx), mark);
    return err;
}

/* ---- what a serial number reaches ---- */

struct walk {
    struct mst_tx *tx;
    struct mst_group_reach *reach;
};

static bool has_id(const struct mst_group_reach *reach, int64_t id)
{
    for (size_t i = 0; i < reach->n_ids; i++)
        if (reach->ids[i] == id)
            return true;
    return false;
}

static enum mst_err reach_group(void *arg, const void *row)
{
    const struct mst_row_group_member *member = row;
    const struct walk *walk = arg;
    struct mst_group_reach *reach = walk->reach;

    if (!mst_group_is_current(walk->tx, member) || has_id(reach, member->group_id))
        return MST_OK;
    if (reach->n_ids == MST_GROUPS_MAX) /* so many were seen while others came and went */
        return MST_EREFUSED;
    reach->ids[reach->n_ids++] = member->group_id;
    return MST_OK;
}

static enum mst_err walk_up(struct walk *walk, struct mst_span type, struct mst_span member)
{
    const struct mst_row_group_member key = {
        .model_id = walk->reach->model_id, .type = type, .member = member};
    const struct mst_scan scan = {.index = MST_IX_GROUP_MEMBER_OF, .key = &key, .n_fixed = 3};

    return mst_tx_scan(walk->tx, &scan, reach_group, walk);
}

enum mst_err mst_group_reach(struct mst_tx *tx, int64_t model_id, struct mst_span sn,
                             struct mst_group_reach *ret_reach)
{
    struct mst_group_reach reach = {.model_id = model_id};
    struct walk walk = {tx, &reach};
    enum mst_err err;

    reach.ids = mst_arena_array(mst_tx_arena(tx), MST_GROUPS_MAX, sizeof *reach.ids);
    if (!reach.ids)
        return MST_ENOMEM;
    err = walk_up(&walk, MST_MEMBER_SN, sn);
    for (size_t i = 0; i < reach.n_ids && err == MST_OK; i++) {
        struct mst_row_model_group group = {.id = reach.ids[i]};

        err = mst_tx_get(tx, MST_IX_MODEL_GROUP, &group);
        if (err == MST_OK)
            err = walk_up(&walk, MST_MEMBER_GROUP, group.name);
        else if (err == MST_ENOENT) /* deleted since (READ COMMITTED) */
            err = MST_OK;
    }
    if (err == MST_OK)
        *ret_reach = reach;
    return err;
}

struct search {
    struct mst_tx *tx;
    const struct mst_group_reach *reach;
    bool is_found;
};

static enum mst_err look_for(void *arg, const void *row)
{
    const struct mst_row_group_member *member = row;
    struct search *search = arg;

    search->is_found =
        mst_group_is_current(search->tx, member) && has_id(search->reach, member->group_id);
    return search->is_found ? MST_EREFUSED : MST_OK;
}

enum mst_err mst_group_admits(struct mst_tx *tx, const struct mst_group_reach *reach,
                              struct mst_span content, bool *ret_is_admitted)
{
    const struct mst_row_group_member key = {
        .model_id = reach->model_id, .type = MST_MEMBER_CONTENT, .member = content};
    const struct mst_scan scan = {.index = MST_IX_GROUP_MEMBER_OF, .key = &key, .n_fixed = 3};
    struct search search = {tx, reach, false};
    enum mst_err err = reach->n_ids == 0 ? MST_OK : mst_tx_scan(tx, &scan, look_for, &search);

    if (err == MST_OK)
        *ret_is_admitted = search.is_found;
    return err;
}

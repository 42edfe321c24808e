/* Verbs on values. */
#include <inttypes.h>

#include "tests/prop/tree/verbs.h"

void mst_verb_write(struct mst_play *play)
{
    struct mst_naive *tree = &play->tree;
    const struct mst_play_ref ref = mst_play_pick_ref(play, PLAY_PORT);
    const int value = mst_play_pick_value(play);
    int node;
    enum mst_play_found found = mst_play_resolve(play, &ref, NAIVE_WRITE, false, &node);

    if (found == PLAY_FOUND && tree->nodes[node].kind == NAIVE_DISPATCH)
        return; /* would send something */
    mst_play_begin_call(play, "write");
    mst_play_ask_ref(play, &ref);
    mst_play_ask(play, ",%d", value);
    if (found == PLAY_FOUND && tree->nodes[node].kind == NAIVE_CLIENT)
        found = PLAY_INVALID;
    if (found == PLAY_FOUND)
        mst_naive_write(tree, node, value);
    mst_play_end_call(play, mst_play_found_words[found]);
}

/* Oldest first, or the newest. */
static void expect_points(struct mst_play *play, const struct mst_naive_node *node, bool is_all)
{
    bool is_first = true;

    mst_play_expect(play, "[");
    for (int i = is_all || node->n_points == 0 ? 0 : node->n_points - 1; i < node->n_points; i++)
        mst_play_expect(play, "%s[%" PRId64 ",%d]", mst_play_comma(&is_first), node->points[i].at,
                        node->points[i].value);
    mst_play_expect(play, "]}");
}

void mst_verb_read(struct mst_play *play)
{
    const struct mst_play_ref ref = mst_play_pick_ref(play, PLAY_FULL);
    const bool is_all = mst_play_pick(play, 2);
    int node;
    enum mst_play_found found = mst_play_resolve(play, &ref, NAIVE_READ, true, &node);

    mst_play_begin_call(play, "read");
    mst_play_ask_ref(play, &ref);
    mst_play_ask(play, is_all ? ",{\"sort\":\"asc\",\"limit\":100}" : "");
    if (found == PLAY_FOUND && play->tree.nodes[node].kind == NAIVE_CLIENT)
        found = PLAY_INVALID;
    if (found != PLAY_FOUND) {
        mst_play_end_call(play, mst_play_found_words[found]);
        return;
    }
    mst_play_end_call_with_result(play);
    expect_points(play, &play->tree.nodes[node], is_all);
}

/* Verbs on values. */
#include "tests/prop/tree/verbs.h"

void mst_verb_write(struct mst_play *play)
{
    struct mst_naive *tree = &play->tree;
    const struct mst_play_ref ref = mst_play_pick_ref(play);
    const unsigned value = mst_play_pick(play, 1000);
    int node;
    enum mst_play_found found = mst_play_resolve(play, &ref, NAIVE_WRITE, false, &node);

    if (found == PLAY_FOUND && tree->nodes[node].kind == NAIVE_DISPATCH)
        return; /* would send something */
    mst_play_begin_call(play, "write");
    mst_play_ask_ref(play, &ref);
    mst_play_ask(play, ",%u", value);
    if (found == PLAY_FOUND && tree->nodes[node].kind == NAIVE_CLIENT)
        found = PLAY_INVALID;
    if (found == PLAY_FOUND) {
        tree->nodes[node].has_value = true;
        tree->nodes[node].value = value;
    }
    mst_play_end_call(play, mst_play_found_words[found]);
}

void mst_verb_read(struct mst_play *play)
{
    const struct mst_naive *tree = &play->tree;
    const struct mst_play_ref ref = mst_play_pick_ref(play);
    int node;
    enum mst_play_found found = mst_play_resolve(play, &ref, NAIVE_READ, true, &node);

    mst_play_begin_call(play, "read");
    mst_play_ask_ref(play, &ref);
    if (found == PLAY_FOUND && tree->nodes[node].kind == NAIVE_CLIENT)
        found = PLAY_INVALID;
    if (found != PLAY_FOUND) {
        mst_play_end_call(play, mst_play_found_words[found]);
        return;
    }
    mst_play_end_call_with_result(play);
    if (tree->nodes[node].has_value)
        mst_play_expect(play, "[[%c0;,%u]]}", JUDGE_DIGITS, tree->nodes[node].value);
    else
        mst_play_expect(play, "[]}");
}

#include "front/http/pace.h"

enum { MS_PER_BYTE = 1 };

void mst_pace_start(struct mst_pace *pace, uint64_t now_ms, uint64_t patience_ms)
{
    *pace = (struct mst_pace){.patience_ms = patience_ms, .left_ms = patience_ms, .at_ms = now_ms};
}

void mst_pace_look(struct mst_pace *pace, uint64_t now_ms, uint64_t n)
{
    uint64_t passed = now_ms - pace->at_ms;
    uint64_t earned = n < pace->patience_ms / MS_PER_BYTE ? n * MS_PER_BYTE : pace->patience_ms;
    uint64_t left = pace->left_ms + earned;

    left = left > passed ? left - passed : 0;
    pace->left_ms = left < pace->patience_ms ? left : pace->patience_ms;
    pace->at_ms = now_ms;
}

void mst_pace_skip(struct mst_pace *pace, uint64_t now_ms)
{
    pace->at_ms = now_ms;
}

uint64_t mst_pace_left(const struct mst_pace *pace)
{
    return pace->left_ms;
}

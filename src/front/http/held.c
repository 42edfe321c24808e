#include "front/http/held.h"
#include "base/limits.h"

void mst_held_set(struct mst_held *held, size_t *mine, size_t bytes)
{
    held->bytes = held->bytes - *mine + bytes;
    *mine = bytes;
}

bool mst_held_has_room(const struct mst_held *held, size_t mine, size_t bytes)
{
    return held->max_bytes == 0 || bytes <= MST_KEPT_BUFFER_MAX ||
           held->bytes - mine + mst_loop_unsent(held->loop) + bytes <= held->max_bytes;
}

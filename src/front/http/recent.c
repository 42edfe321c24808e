#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "front/http/recent.h"

void mst_recent_fini(struct mst_recent *recent)
{
    for (size_t i = 0; i < MST_RECENT_PIECES; i++)
        free(recent->slots[i].bytes);
    *recent = (struct mst_recent){0};
}

/* The upper half of an id is its blob's: blobs begin at different slots. */
static size_t slot_of(int64_t id)
{
    return (size_t)(((uint64_t)id + ((uint64_t)id >> 32)) % MST_RECENT_PIECES);
}

bool mst_recent_find(const struct mst_recent *recent, int64_t id, struct mst_span *ret_bytes)
{
    size_t slot = slot_of(id);

    if (recent->slots[slot].id != id || id == 0)
        return false;
    *ret_bytes = mst_span_of(recent->slots[slot].bytes, recent->slots[slot].len);
    return true;
}

bool mst_recent_keep(struct mst_recent *recent, int64_t id, struct mst_span bytes,
                     struct mst_span *ret_bytes)
{
    size_t slot = slot_of(id);
    char *room = recent->slots[slot].bytes;

    assert(bytes.len <= MST_PIECE_MAX);
    if (!room)
        room = recent->slots[slot].bytes = malloc(MST_PIECE_MAX);
    if (!room || bytes.len == 0)
        return false;
    memcpy(room, bytes.ptr, bytes.len);
    recent->slots[slot].id = id;
    recent->slots[slot].len = bytes.len;
    *ret_bytes = mst_span_of(room, bytes.len);
    return true;
}

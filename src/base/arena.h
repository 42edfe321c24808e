/*
 * arena.h - memory of one request: taken piecewise, given back all at once.
 */
#ifndef MST_BASE_ARENA_H
#define MST_BASE_ARENA_H

#include "base/span.h"

struct mst_arena_chunk;

struct mst_arena {
    struct mst_arena_chunk *chunks;
    size_t used_bytes;
    size_t max_bytes;
};

void mst_arena_init(struct mst_arena *arena, size_t max_bytes);
/* Everything handed out becomes invalid. One chunk is kept for the next request. */
void mst_arena_reset(struct mst_arena *arena);
void mst_arena_fini(struct mst_arena *arena);

/* A place to come back to: what was handed out after it becomes invalid, what was before stays. */
struct mst_arena_mark {
    struct mst_arena_chunk *chunk;
    size_t used;
};
struct mst_arena_mark mst_arena_mark(const struct mst_arena *arena);
void mst_arena_rewind(struct mst_arena *arena, struct mst_arena_mark mark);
/* How much of it was handed out after mark, rounded up by alignment. */
size_t mst_arena_since(const struct mst_arena *arena, struct mst_arena_mark mark);

/* Zeroed, aligned for any type; NULL when the maximum or memory is exhausted. size > 0. */
MST_MUST_USE void *mst_arena_alloc(struct mst_arena *arena, size_t size);
/* Zeroed array; NULL also when count * size overflows. */
MST_MUST_USE void *mst_arena_array(struct mst_arena *arena, size_t count, size_t size);
/* A copy of src that lives as long as the arena's content; a NUL follows it. */
MST_MUST_USE enum mst_err mst_arena_dup(struct mst_arena *arena, struct mst_span src,
                                        struct mst_span *ret_copy);
/* printf into the arena. */
MST_MUST_USE enum mst_err mst_arena_printf(struct mst_arena *arena, struct mst_span *ret_text,
                                           const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif

#include <assert.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* A chunk's bytes follow it. The first chunk of the list is the one being filled. */
struct mst_arena_chunk {
    struct mst_arena_chunk *next;
    size_t used;
    size_t cap;
    alignas(max_align_t) char bytes[];
};

enum { CHUNK_BYTES = 4096 - (int)sizeof(struct mst_arena_chunk) };

void mst_arena_init(struct mst_arena *arena, size_t max_bytes)
{
    *arena = (struct mst_arena){.max_bytes = max_bytes};
}

static void free_list(struct mst_arena_chunk *chunk)
{
    while (chunk) {
        struct mst_arena_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
}

void mst_arena_reset(struct mst_arena *arena)
{
    struct mst_arena_chunk *kept = arena->chunks;

    if (!kept)
        return;
    if (kept->cap > CHUNK_BYTES) {
        mst_arena_fini(arena);
        return;
    }
    free_list(kept->next);
    kept->next = NULL;
    kept->used = 0;
    arena->used_bytes = kept->cap;
}

void mst_arena_fini(struct mst_arena *arena)
{
    if (!arena)
        return;
    free_list(arena->chunks);
    mst_arena_init(arena, arena->max_bytes);
}

struct mst_arena_mark mst_arena_mark(const struct mst_arena *arena)
{
    return (struct mst_arena_mark){arena->chunks, arena->chunks ? arena->chunks->used : 0};
}

/* The newest chunk is the first, so all that came after the mark stand before its chunk. */
void mst_arena_rewind(struct mst_arena *arena, struct mst_arena_mark mark)
{
    while (arena->chunks != mark.chunk) {
        struct mst_arena_chunk *chunk = arena->chunks;
        assert(chunk);
        arena->chunks = chunk->next;
        arena->used_bytes -= chunk->cap;
        free(chunk);
    }
    if (mark.chunk)
        mark.chunk->used = mark.used;
}

size_t mst_arena_since(const struct mst_arena *arena, struct mst_arena_mark mark)
{
    size_t n_bytes = mark.chunk ? mark.chunk->used - mark.used : 0;

    for (const struct mst_arena_chunk *chunk = arena->chunks; chunk != mark.chunk;
         chunk = chunk->next)
        n_bytes += chunk->used;
    return n_bytes;
}

static bool add_chunk(struct mst_arena *arena, size_t size)
{
    size_t cap = size > CHUNK_BYTES ? size : CHUNK_BYTES;
    struct mst_arena_chunk *chunk;

    if (cap > arena->max_bytes - arena->used_bytes)
        cap = size;
    if (cap > arena->max_bytes - arena->used_bytes)
        return false;
    chunk = malloc(sizeof *chunk + cap);
    if (!chunk)
        return false;
    *chunk = (struct mst_arena_chunk){.next = arena->chunks, .cap = cap};
    arena->chunks = chunk;
    arena->used_bytes += cap;
    return true;
}

void *mst_arena_alloc(struct mst_arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);

    if (size == 0 || size > SIZE_MAX - align)
        return NULL;
    size = (size + align - 1) / align * align;
    if ((!arena->chunks || size > arena->chunks->cap - arena->chunks->used) &&
        !add_chunk(arena, size))
        return NULL;
    void *ptr = &arena->chunks->bytes[arena->chunks->used];
    arena->chunks->used += size;
    return memset(ptr, 0, size);
}

void *mst_arena_array(struct mst_arena *arena, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    return mst_arena_alloc(arena, bytes ? bytes : 1);
}

enum mst_err mst_arena_dup(struct mst_arena *arena, struct mst_span src, struct mst_span *ret_copy)
{
    char *copy = src.len < SIZE_MAX ? mst_arena_alloc(arena, src.len + 1) : NULL;

    if (!copy)
        return MST_ENOMEM;
    if (src.len)
        memcpy(copy, src.ptr, src.len);
    *ret_copy = mst_span_of(copy, src.len);
    return MST_OK;
}

enum mst_err mst_arena_printf(struct mst_arena *arena, struct mst_span *ret_text, const char *fmt,
                              ...)
{
    va_list args;
    char *text;
    int n;

    va_start(args, fmt);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0)
        return MST_EINVAL;
    text = mst_arena_alloc(arena, (size_t)n + 1);
    if (!text)
        return MST_ENOMEM;
    va_start(args, fmt);
    (void)vsnprintf(text, (size_t)n + 1, fmt, args);
    va_end(args);
    *ret_text = mst_span_of(text, (size_t)n);
    return MST_OK;
}

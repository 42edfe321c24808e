/*
 * fuzz.h - a fuzz target: one function that takes any bytes and asserts what must
 * hold whatever they are. tools/run-fuzz drives it with libFuzzer; replay.c feeds it
 * the files of tests/fuzz/corpus/<name> in every test run.
 */
#ifndef MST_TESTS_FUZZ_FUZZ_H
#define MST_TESTS_FUZZ_FUZZ_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Sizes of segments, 1 to 16 bytes, that depend on nothing but the bytes to be cut. */
struct mst_fuzz_cutter {
    uint32_t state;
};

static inline struct mst_fuzz_cutter mst_fuzz_cutter_of(struct mst_span bytes)
{
    struct mst_fuzz_cutter cutter = {2166136261u};

    for (size_t i = 0; i < bytes.len; i++)
        cutter.state = (cutter.state ^ (unsigned char)bytes.ptr[i]) * 16777619u;
    return cutter;
}

static inline size_t mst_fuzz_cut(struct mst_fuzz_cutter *cutter)
{
    cutter->state = cutter->state * 1664525u + 1013904223u;
    return 1 + (cutter->state >> 28);
}

/* Does inner lie within outer? Empty spans lie anywhere. */
static inline bool mst_fuzz_is_inside(struct mst_span inner, struct mst_span outer)
{
    uintptr_t from = (uintptr_t)inner.ptr, begin = (uintptr_t)outer.ptr;

    return inner.len == 0 ||
           (from >= begin && inner.len <= outer.len && from - begin <= outer.len - inner.len);
}

#endif

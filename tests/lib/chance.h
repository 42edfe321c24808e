/* chance.h - numbers as if by chance, from a seed that can be printed: the same ones each time (splitmix64). */
#ifndef MST_TESTS_LIB_CHANCE_H
#define MST_TESTS_LIB_CHANCE_H

#include <stdint.h>

/* *state is the seed at first. */
uint64_t mst_chance_next(uint64_t *state);
/* 0 to n - 1. */
uint64_t mst_chance_below(uint64_t *state, uint64_t n);

#endif

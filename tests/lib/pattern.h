/*
 * pattern.h - bytes of which each place in a long text can be told from its neighbours, without
 * the text: a lost, doubled or misplaced piece shows.
 */
#ifndef MST_TESTS_LIB_PATTERN_H
#define MST_TESTS_LIB_PATTERN_H

#include "base/buf.h"

/* Appends the n bytes that stand at at. */
void mst_pattern_add(struct mst_buf *out, uint64_t at, uint64_t n);
/* Are they these? */
bool mst_pattern_is(struct mst_span bytes, uint64_t at);

#endif

/*
 * judge.h - the texts of a request and of the reply that must come, and whether it came.
 *
 * A reply is expected whole, to the byte. A handle that only the server knows stands in the expected text as a
 * mark and a number: it is learned where it first appears, must differ there from all that are known, and
 * must be the same from then on.
 */
#ifndef MST_TESTS_PROP_TREE_JUDGE_H
#define MST_TESTS_PROP_TREE_JUDGE_H

#include "base/span.h"
#include "tests/prop/tree/naive.h"

struct mst_judge_text {
    char bytes[1 << 16];
    size_t len;
};

/* Written as "%c%d;": the mark, and the number in the model's list. */
enum mst_judge_mark { JUDGE_RID = 1, JUDGE_CIK, JUDGE_CODE, JUDGE_TOKEN, JUDGE_MARKS };

void __attribute__((format(printf, 2, 3)))
mst_judge_add(struct mst_judge_text *text, const char *fmt, ...);

/* Is got what was expected? What is new in it is learned. */
bool mst_judge_meets(struct mst_naive *tree, const struct mst_judge_text *expected,
                     struct mst_span got);

/* Replaces marks by what can be read. */
void mst_judge_make_readable(struct mst_judge_text *expected);

#endif

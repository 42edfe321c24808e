/*
 * history.h - judges what clients saw of one serial number (trust.md R13).
 *
 * A history is a list of operations with the time span in which each was under way. It is
 * explainable if every operation can be given one moment inside its span so that, taken in that
 * order, the answers are those of the state machine in strict mode (protocol.md 1.5, design.md I1
 * to I7). An operation without an answer may have happened or not.
 */
#ifndef MST_TESTS_LIB_HISTORY_H
#define MST_TESTS_LIB_HISTORY_H

#include "base/span.h"

enum mst_history_kind {
    MST_H_ENABLE,   /* 'E' with owner: 200, 409 */
    MST_H_ACTIVATE, /* 'A': 200 with the key, 409 */
    MST_H_REENABLE, /* 'R': 205, 409 */
    MST_H_DISABLE,  /* 'D': 205, 409 */
    MST_H_READ,     /* 'G' with a key: 2xx, 401 */
    MST_H_KIND_COUNT
};

enum { MST_HISTORY_KEY_MAX = 40 };
#define MST_HISTORY_NEVER INT64_MAX /* end of an operation that may still be under way */

struct mst_history_op {
    enum mst_history_kind kind;
    int client;
    int64_t start_ns;
    int64_t end_ns; /* of the answer; without one: when it was certain that none of it is to come */
    int status; /* 0 = no answer. 5xx counts as none that may come into effect at any later time */
    char key[MST_HISTORY_KEY_MAX + 1]; /* given by ACTIVATE 200, presented by READ; else "" */
};

/* What is wrong, bits. Several when no single one explains the history. */
enum {
    MST_WRONG_LOST = 1,        /* a key answered with 200 fails, its epoch not ended (I1) */
    MST_WRONG_DOUBLE = 2,      /* two 200 in one enabling (I3) */
    MST_WRONG_KEY = 4,         /* a 200 gave a key of another epoch (I2) */
    MST_WRONG_ALIVE = 8,       /* a key works that is dead, or not activated yet (I6) */
    MST_WRONG_CONFLICT = 16,   /* a 409 that no order explains (I7) */
    MST_WRONG_OUTSIDE = 32,    /* a 200 while not enabled (I4) */
    MST_WRONG_STATUS = 64,     /* a status that has no place here */
    MST_WRONG_UNDECIDED = 128, /* the search was given up: not proven, so not good */
    MST_WRONG_COUNT = 8
};
extern const char *const mst_history_wrong_names[MST_WRONG_COUNT];

/* The serial number is UNUSED at first, or PENDING if it was enabled before the history. */
struct mst_history {
    const struct mst_history_op *ops;
    size_t n_ops;
    bool is_enabled;
};

/* *ret_wrong is 0 if the history can be explained. MST_EFULL above MST_HISTORY_OPS_MAX. */
enum { MST_HISTORY_OPS_MAX = 1024 };
MST_MUST_USE enum mst_err mst_history_judge(const struct mst_history *history, unsigned *ret_wrong);

/*
 * One operation as text: KIND[CLIENT]@START-[END]=STATUS[/KEY], STATUS '?' without an answer:
 * "A7@100-250=200/ab", "G@3-4=401/ab", "R@5-=?". Times are nanoseconds.
 */
MST_MUST_USE enum mst_err mst_history_parse(struct mst_span text, struct mst_history_op *ret_op);

#endif

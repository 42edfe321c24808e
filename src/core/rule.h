/*
 * rule.h - datarules (protocol.md 2.15.5): what comes out when a value comes in, or when time has passed.
 *
 * Pure: a step takes what the rule remembers, an event and the time, and says what is remembered
 * next, whether a value comes out, and when the rule wants to be woken. Time is Unix milliseconds.
 *
 *     kind      a value comes in                                        the timer is over
 *     simple    result of the comparison                                -
 *     timeout   false; timer anew                                       true
 *     interval  result of the comparison; true: timer anew if repeat    true; timer anew
 *     duration  false at once; true if it held for timeout              true
 *     count     true if the comparison held for count values in less    false; timer until the next of
 *               than timeout; timer until the first of them is old      them is old
 *     script    -                                                       -
 *
 * Nothing else comes out, and without repeat only what differs from the last that came out. A timer
 * that is over at the very time of a value is taken first. A rule begins to measure
 * time with its first value. One whose timer was over long ago (the server was down) fires once.
 * After the clock was set back no timer runs longer than timeout from then on, as
 * soon as the rule sees anything.
 */
#ifndef MST_CORE_RULE_H
#define MST_CORE_RULE_H

#include "base/arena.h"
#include "core/rows.h"
#include "core/verdict.h"

enum mst_rule_kind {
    MST_RULE_SIMPLE,
    MST_RULE_TIMEOUT,
    MST_RULE_INTERVAL,
    MST_RULE_DURATION,
    MST_RULE_COUNT,
    MST_RULE_SCRIPT /* kept, never run: no step does anything */
};

enum mst_rule_comparison {
    MST_RULE_GT,
    MST_RULE_LT,
    MST_RULE_EQ,
    MST_RULE_GEQ,
    MST_RULE_LEQ,
    MST_RULE_NEQ
};

/* A constant, or a value that came in. A truth is the number 1 or 0. */
struct mst_rule_value {
    bool is_number, is_truth;
    double number;
    struct mst_span text;
};

struct mst_rule {
    enum mst_rule_kind kind;
    enum mst_format format; /* of the datarule: how a truth is written */
    enum mst_rule_comparison comparison;
    struct mst_rule_value constant;
    int64_t timeout_ms;
    int64_t count;
    bool is_repeat;
};

/*
 * The rule in a datarule's detail. MST_BAD_VALUE: it has none, several, or one with a field that is missing,
 * of the wrong type or out of range (MST_RULE_COUNT_MAX, MST_RULE_TIMEOUT_MAX_S).
 * The rule borrows from detail and arena.
 */
MST_MUST_USE enum mst_err mst_rule_read(struct mst_arena *arena, enum mst_format format,
                                        struct mst_span detail, enum mst_verdict *ret_verdict,
                                        struct mst_rule *ret_rule);

/* How long a rule that has seen a value waits for the next before something comes out; 0: for ever. */
int64_t mst_rule_waits_ms(const struct mst_rule *rule);

struct mst_rule_step {
    bool has_output;
    struct mst_span output; /* "1" or "0"; "true" or "false" where the format is string */
    bool is_state_new;      /* state is to be stored */
    struct mst_row_rule_state state;
    int64_t
        timer_ms; /* when the rule wants to be woken; 0: not, a timer that runs is to be cleared */
};

/*
 * A value comes in: the text as it comes from the source, after preprocess, not converted to the
 * rule's format. A timer that is over must have been given to mst_rule_timer before. state of a rule
 * without a row: its rule_id, all else zero. The step borrows from arena and state.
 */
MST_MUST_USE enum mst_err mst_rule_input(const struct mst_rule *rule, struct mst_arena *arena,
                                         const struct mst_row_rule_state *state,
                                         struct mst_span value, int64_t now_ms,
                                         struct mst_rule_step *ret_step);

/* The timer that is set to timer_ms is looked at. If it is not over yet nothing comes out, and it runs on. */
MST_MUST_USE enum mst_err mst_rule_timer(const struct mst_rule *rule, struct mst_arena *arena,
                                         const struct mst_row_rule_state *state, int64_t timer_ms,
                                         int64_t now_ms, struct mst_rule_step *ret_step);

#endif

/*
 * rule_memory.h - what a datarule remembers in the points file, and which rule it was that measured it.
 *
 * A rule that is changed begins anew (protocol.md 2.15.5). It lies in another file than its memory, and no
 * command sees both. So each change gives the rule a later generation, in the command that makes it (renew.h), and memory
 * says of which one it is:
 *
 *     earlier than the rule's   counts as none but for the last output, and is none from then on; a rule
 *                               that waits for values waits since it was changed
 *     the rule's                goes on
 *     later than the rule's     whoever planned by this rule is late: its value counts as one of before the
 *                               change, of which only the output is remembered
 *
 * The generation is the Unix milliseconds of the change, or one more than that of the change before, whatever is later;
 * 0: never changed.
 */
#ifndef MST_CORE_RULE_MEMORY_H
#define MST_CORE_RULE_MEMORY_H

#include "core/domain.h"
#include "core/rule.h"

struct mst_rule_memory {
    struct mst_row_rule_state state; /* for rule.h: of matches the times alone */
    int64_t timer_ms;                /* that runs; 0: none */
    int64_t generation;              /* of the rule that asks */
    bool is_kept;                    /* there is a row */
    bool is_later;                   /* of a later rule */
};

/* In a MST_FILE_POINTS command. waits_ms: mst_rule_waits_ms, 0 of what is no rule. A rule without memory has seen no
   value yet, and has no timer. Text lives in the transaction's arena. */
MST_MUST_USE enum mst_err mst_rule_memory_open(struct mst_tx *tx, int64_t rule_id,
                                               int64_t generation, int64_t waits_ms,
                                               struct mst_rule_memory *ret_memory);
/* What a step says is remembered: in the store and in *memory. */
MST_MUST_USE enum mst_err mst_rule_memory_keep(struct mst_tx *tx, struct mst_rule_memory *memory,
                                               const struct mst_rule_step *step);

#endif

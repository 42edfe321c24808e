/*
 * renew.h - what the points file has of a resource whose description changes (protocol.md 2.15.5).
 *
 * What a rule remembers was measured by another rule, or of other values, when its rule, preprocess or
 * source changes: it begins anew then, at that moment (rule_memory.h). A new retention is for what is
 * stored already, too.
 *
 * Descriptions lie in another file, so that takes three commands, and nobody waits for the last two:
 *   1 state    the one that changes the description gives the rule its generation and leaves a note
 *   2 points   mst_renew_run: memory, timers and retention are as the description wants them
 *   3 state    mst_renew_end: the note goes
 * Whatever becomes of 2 and 3, memory of before 1 is used by nobody from 1 on; and the note stays until 2 was
 * done, be it by the next process. To do 2 again changes nothing.
 */
#ifndef MST_CORE_RENEW_H
#define MST_CORE_RENEW_H

#include "core/detail.h"
#include "core/domain.h"

/* In the command that changes the detail of resource, from before to after. What it becomes gets the generation; its
   text lives in the transaction's arena. MST_BAD_VALUE: there is no room for that in it. */
MST_MUST_USE enum mst_err mst_renew_begin(struct mst_tx *tx, struct mst_row_resource *resource,
                                          const struct mst_detail *before,
                                          const struct mst_detail *after,
                                          enum mst_verdict *ret_verdict);

struct mst_renewal {
    int64_t resource_id;
    int64_t stamp; /* of the note */
    bool is_rule;
    int64_t generation, waits_ms; /* for rule_memory.h */
    bool is_trimming;             /* not all points are to be kept */
};

/* By a reader: what is noted behind after_id, in the order of resource_id; 0 begins. */
enum { MST_RENEW_PAGE = 64 };
MST_MUST_USE enum mst_err mst_renew_list(struct mst_tx *tx, int64_t after_id,
                                         struct mst_renewal ret_renewals[MST_RENEW_PAGE],
                                         size_t *ret_n);
/* In a MST_FILE_POINTS command. */
MST_MUST_USE enum mst_err mst_renew_run(struct mst_tx *tx, const struct mst_renewal *renewal);
/* In a MST_FILE_STATE command, when that is durable. The note of a change that came meanwhile stays. */
MST_MUST_USE enum mst_err mst_renew_end(struct mst_tx *tx, const struct mst_renewal *renewal);

#endif

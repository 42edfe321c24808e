/*
 * renew.h - what the points file has of a resource whose description changes (protocol.md 2.15.5).
 *
 * What a rule remembers was measured by another rule, or of other values, when its rule, preprocess or
 * source changes: it begins anew then, at that moment. Only its last output stays what it is. A new
 * retention is for what is stored already, too.
 *
 * Descriptions lie in another file: the command that changes one finds what is to be renewed, and
 * one of the points file renews it when that is durable.
 */
#ifndef MST_CORE_RENEW_H
#define MST_CORE_RENEW_H

#include "core/domain.h"

struct mst_renewal {
    int64_t resource_id; /* 0: there is nothing to do */
    bool is_rule_new;
    int64_t timeout_ms; /* of a rule that waits for values: it waits from now on; 0: none */
    bool is_keeping_new;
};

/* resource is as it was before; detail is what becomes of its own. */
MST_MUST_USE enum mst_err mst_renew_find(struct mst_arena *arena,
                                         const struct mst_row_resource *resource,
                                         struct mst_span detail, struct mst_renewal *ret_renewal);
/* In a MST_FILE_POINTS command. A rule that has not seen a value yet has nothing to begin anew. */
MST_MUST_USE enum mst_err mst_renew_run(struct mst_tx *tx, const struct mst_renewal *renewal);

#endif

/*
 * flow.h - what a value sets off: how every value gets into the store (protocol.md 2.12.1, 2.15.5).
 *
 * A flow is planned by a reader and run by one command of the points file, since no command sees
 * both. It is made for one request: inputs are added, then it is run, once more if that was undone.
 *
 *     input ─ converted ─ preprocess ─┬─ stored ─┬─ subscriber: preprocess ─┬─ stored ─┬─ ...
 *                                     ├─ rule    └─ ...                     ├─ rule    └─ ...
 *                                     └─ message of a dispatch              └─ message
 *
 * What a subscriber cannot take is left out there and below it, and counted; the input itself
 * is refused, and with it all inputs, unless it is optional. What is set off of others is left out too where
 * it would be too much, so that nobody's values are refused for who listens to them.
 */
#ifndef MST_CORE_FLOW_H
#define MST_CORE_FLOW_H

#include "core/domain.h"

struct mst_flow_input {
    struct mst_row_resource
        port;             /* dataport, datarule or dispatch; its texts need not outlive add */
    int64_t at;           /* Unix seconds */
    struct mst_span text; /* these two must live as long as the flow's arena */
    struct mst_span plus; /* the same with '+' kept, for when text is no number; or empty */
    bool is_report;   /* a dispatch: how sending went, which is its value and is not sent itself */
    bool is_optional; /* if its preprocess fails it is left out, and the other inputs are not */
};

struct mst_flow;

/* Lives in arena, with all it needs; room for max_inputs, which may be 0. */
MST_MUST_USE enum mst_err mst_flow_new(struct mst_arena *arena, size_t max_inputs,
                                       struct mst_flow **ret_flow);

/* By a reader. MST_BAD_VALUE: the text cannot be converted (2.12.1); MST_NO_ROOM: the flow would
   become too large (MST_FLOW_VALUES_MAX, MST_FLOW_READS_MAX). Nothing was added then, and the flow is good for others. */
MST_MUST_USE enum mst_err mst_flow_add(const struct mst_domain *domain, struct mst_tx *tx,
                                       struct mst_flow *flow, const struct mst_flow_input *input,
                                       enum mst_verdict *ret_verdict);

/* The timer of a datarule is over: what comes out, as if a value had come in. If the timer is not there any more,
   or not over, when the flow is run, nothing happens. MST_NO_ROOM. */
MST_MUST_USE enum mst_err mst_flow_add_timer(const struct mst_domain *domain, struct mst_tx *tx,
                                             struct mst_flow *flow,
                                             const struct mst_row_resource *rule,
                                             enum mst_verdict *ret_verdict);

/* In a MST_FILE_POINTS command. MST_BAD_VALUE: the preprocess of an input failed; MST_NO_ROOM: an input is
   of a dispatch whose queue is full, or all that is set off is too long (MST_FLOW_BYTES_MAX). Undo. */
MST_MUST_USE enum mst_err mst_flow_run(struct mst_flow *flow, struct mst_tx *tx,
                                       enum mst_verdict *ret_verdict);

/* Inputs that were added, without those that running has left out. */
size_t mst_flow_n_points(const struct mst_flow *flow);
/* Of the inputs that were added, has running left out the i-th (0: the first)? */
bool mst_flow_is_left_out(const struct mst_flow *flow, size_t i);
bool mst_flow_is_single(const struct mst_flow *flow); /* run changes one row at most */

#endif

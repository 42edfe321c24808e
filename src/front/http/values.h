/* values.h - values of forms on their way into the store (protocol.md 2.12). */
#ifndef MST_FRONT_HTTP_VALUES_H
#define MST_FRONT_HTTP_VALUES_H

#include "core/data.h"
#include "core/flow.h"
#include "front/http/exchange.h"

/* The alias that an item has as its name. */
MST_MUST_USE enum mst_err mst_value_alias(struct mst_arena *arena, const struct mst_form_item *item,
                                          struct mst_data_alias *ret_alias);

/* Adds the item's value to the flow, with input's port and time. What does not convert, or what its
   preprocess refuses when the flow is run, is refused, or, by the setting alias_skip_bad_values, left
   out. The item must lie in x->arena. */
MST_MUST_USE enum mst_err mst_value_add(struct mst_exchange *x, struct mst_tx *tx,
                                        struct mst_flow *flow, struct mst_flow_input *input,
                                        const struct mst_form_item *item);

/* In a MST_POINTS step: runs the flow, and counts what is stored. */
MST_MUST_USE enum mst_err mst_values_store(struct mst_exchange *x, struct mst_tx *tx,
                                           struct mst_flow *flow);

#endif

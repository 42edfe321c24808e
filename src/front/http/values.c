#include "front/http/values.h"

enum mst_err mst_value_alias(struct mst_arena *arena, const struct mst_form_item *item,
                             struct mst_data_alias *ret_alias)
{
    ret_alias->text = item->name;
    return mst_form_plus(arena, item->raw_name, &ret_alias->plus);
}

enum mst_err mst_value_add(struct mst_exchange *x, struct mst_tx *tx, struct mst_flow *flow,
                           struct mst_flow_input *input, const struct mst_form_item *item)
{
    enum mst_verdict verdict = MST_BAD_VALUE;
    enum mst_err err = mst_form_plus(&x->arena, item->raw_value, &input->plus);

    if (err != MST_OK)
        return err;
    input->text = item->value;
    input->is_optional = x->env->opts->is_bad_value_skipped;
    err = mst_flow_add(mst_exchange_domain(x), tx, flow, input, &verdict);
    if (err == MST_OK && verdict == MST_BAD_VALUE && x->env->opts->is_bad_value_skipped)
        return MST_OK;
    return mst_exchange_settle(x, err, verdict);
}

enum mst_err mst_values_store(struct mst_exchange *x, struct mst_tx *tx, struct mst_flow *flow)
{
    enum mst_verdict verdict = MST_BAD_VALUE;
    enum mst_err err = mst_flow_run(flow, tx, &verdict);

    err = mst_exchange_settle(x, err, verdict);
    if (err == MST_OK)
        x->n_stored = mst_flow_n_points(flow);
    return err;
}

#include "core/renew.h"
#include "core/detail.h"
#include "core/due.h"
#include "core/rule.h"

static enum mst_err find_timeout(struct mst_arena *arena, const struct mst_row_resource *resource,
                                 struct mst_span detail, int64_t *ret_timeout_ms)
{
    struct mst_rule rule;
    enum mst_verdict verdict;
    enum mst_err err =
        mst_rule_read(arena, (enum mst_format)resource->format, detail, &verdict, &rule);

    if (err == MST_OK)
        *ret_timeout_ms =
            verdict == MST_DONE && rule.kind == MST_RULE_TIMEOUT ? rule.timeout_ms : 0;
    return err;
}

enum mst_err mst_renew_find(struct mst_arena *arena, const struct mst_row_resource *resource,
                            struct mst_span detail, struct mst_renewal *ret_renewal)
{
    struct mst_renewal renewal = {.resource_id = resource->id};
    struct mst_detail before, after;
    enum mst_err err = mst_detail_read(arena, resource->detail, &before);

    if (err == MST_OK)
        err = mst_detail_read(arena, detail, &after);
    if (err != MST_OK)
        return err;
    renewal.is_rule_new =
        resource->kind == MST_KIND_DATARULE && (!mst_span_eq(before.rule, after.rule) ||
                                                !mst_span_eq(before.preprocess, after.preprocess) ||
                                                !mst_span_eq(before.subscribe, after.subscribe));
    renewal.is_keeping_new = before.keep_count != after.keep_count || before.keep_s != after.keep_s;
    if (renewal.is_rule_new)
        err = find_timeout(arena, resource, detail, &renewal.timeout_ms);
    if (!renewal.is_rule_new && !renewal.is_keeping_new)
        renewal.resource_id = 0;
    if (err == MST_OK)
        *ret_renewal = renewal;
    return err;
}

static enum mst_err renew_rule(struct mst_tx *tx, const struct mst_renewal *renewal)
{
    const struct mst_row_rule_state state = {.rule_id = renewal->resource_id};
    const int64_t due_ms =
        renewal->timeout_ms > 0 ? mst_tx_wall_now_ms(tx) + renewal->timeout_ms : 0;
    enum mst_err err = mst_tx_update(tx, MST_TABLE_RULE_STATE, &state,
                                     MST_BIT(rule_state, since) | MST_BIT(rule_state, matches));

    if (err != MST_OK)
        return err == MST_ENOENT ? MST_OK : err;
    return mst_due_set(tx, renewal->resource_id, MST_DUE_RULE, due_ms);
}

enum mst_err mst_renew_run(struct mst_tx *tx, const struct mst_renewal *renewal)
{
    enum mst_err err = renewal->is_rule_new ? renew_rule(tx, renewal) : MST_OK;

    if (err == MST_OK && renewal->is_keeping_new)
        err = mst_due_set(tx, renewal->resource_id, MST_DUE_TRIM, mst_tx_wall_now_ms(tx));
    return err;
}

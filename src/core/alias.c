#include "core/resource.h"

enum mst_err mst_alias_map(struct mst_tx *tx, int64_t caller_id,
                           const struct mst_row_resource *resource, struct mst_span alias,
                           enum mst_verdict *ret_verdict)
{
    struct mst_row_alias found = {.client_id = caller_id, .name = alias};
    struct mst_row_alias made = {
        .client_id = caller_id, .name = alias, .resource_id = resource->id};
    enum mst_err err;

    if (!mst_name_is_alias(alias) || resource->owner_id != caller_id) {
        *ret_verdict = mst_name_is_alias(alias) ? MST_RESTRICTED : MST_BAD_VALUE;
        return MST_OK;
    }
    err = mst_tx_get(tx, MST_IX_ALIAS, &found);
    if (err == MST_OK) {
        *ret_verdict = found.resource_id == resource->id ? MST_DONE : MST_IN_USE;
        return MST_OK;
    }
    if (err == MST_ENOENT)
        err = mst_tx_insert(tx, MST_TABLE_ALIAS, &made);
    if (err == MST_OK)
        *ret_verdict = MST_DONE;
    return err;
}

enum mst_err mst_alias_unmap(struct mst_tx *tx, int64_t client_id, struct mst_span alias,
                             enum mst_verdict *ret_verdict)
{
    const struct mst_row_alias row = {.client_id = client_id, .name = alias};
    enum mst_err err = mst_tx_delete(tx, MST_TABLE_ALIAS, &row);

    if (err != MST_OK && err != MST_ENOENT)
        return err;
    *ret_verdict = err == MST_OK ? MST_DONE : MST_NOT_FOUND;
    return MST_OK;
}

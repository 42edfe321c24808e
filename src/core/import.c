/*
 * Whether the key may come in is decided before anything is written: its form, the state, whose it is.
 * A key of the client itself may come back (the one made for a pending device, say): the rekeying
 * ends it first.
 */
#include "core/import.h"
#include "core/access.h"
#include "core/enable.h"
#include "core/foreign.h"

/* Has this client this very key in force already? */
static enum mst_err is_there(const struct mst_domain *domain, struct mst_tx *tx,
                             const struct mst_row_client *client, const struct mst_brought_key *key,
                             bool *ret_is_there)
{
    struct mst_handle cik;
    enum mst_err err;

    *ret_is_there = false;
    if (client->state != MST_STATE_ACTIVATED || !(client->foreign_bits & MST_FOREIGN_CIK))
        return MST_OK;
    err = mst_client_cik(domain, tx, client, &cik);
    if (err == MST_OK)
        *ret_is_there = mst_secret_eq(mst_handle_span(&cik), key->cik);
    mst_secret_wipe(&cik, sizeof cik);
    return err;
}

static enum mst_err is_free(const struct mst_domain *domain, struct mst_tx *tx, int64_t client_id,
                            struct mst_span cik, enum mst_verdict *ret_verdict)
{
    struct mst_row_client other;
    bool is_key;
    enum mst_err err = mst_access_key(domain, tx, cik, &is_key, &other);

    if (err == MST_OK)
        *ret_verdict = is_key && other.id != client_id ? MST_EXISTS : MST_DONE;
    return err;
}

static bool is_handle(const struct mst_domain *domain, struct mst_span text)
{
    uint8_t locator[MST_LOCATOR_BYTES];

    return domain->keys->locator(domain->keys->ctx, text, locator) == MST_OK;
}

static enum mst_err bring(const struct mst_domain *domain, struct mst_tx *tx,
                          struct mst_row_client *client, struct mst_change *change,
                          const struct mst_brought_key *key, enum mst_verdict *ret_verdict)
{
    const enum mst_lifecycle_event event =
        key->is_replacing ? MST_ON_REPLACE_KEY : MST_ON_BRING_KEY;
    const struct mst_transition step =
        mst_lifecycle_step(mst_client_state(domain, tx, client), event, client->is_locked);
    bool is_done;
    enum mst_err err = is_there(domain, tx, client, key, &is_done);

    *ret_verdict = is_done ? MST_DONE : step.verdict;
    if (err != MST_OK || is_done || step.verdict != MST_DONE)
        return err;
    err = is_free(domain, tx, client->id, key->cik, ret_verdict);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    change->attempt = key->attempt;
    change->peer = MST_IMPORT_PEER;
    err = mst_client_apply(domain, tx, client, &step, change);
    if (err == MST_OK)
        err = mst_foreign_set_cik(domain, tx, client, key->cik, ret_verdict);
    if (err == MST_OK && *ret_verdict == MST_DONE)
        err = mst_tx_update(tx, MST_TABLE_CLIENT, client, MST_BIT(client, foreign_bits));
    return err;
}

enum mst_err mst_import_serial_key(const struct mst_domain *domain, struct mst_tx *tx,
                                   const struct mst_row_vendor *vendor,
                                   const struct mst_row_model *model, struct mst_span sn,
                                   const struct mst_brought_key *key, enum mst_verdict *ret_verdict,
                                   int64_t *ret_clone_id)
{
    struct mst_change change = {.model_id = model->id, .sn = sn};
    struct mst_handle rid;
    struct mst_bond bond;
    enum mst_err err;

    *ret_clone_id = 0;
    *ret_verdict = MST_BAD_VALUE;
    if (!is_handle(domain, key->cik))
        return MST_OK;
    err = mst_bond_load(domain, tx, model->id, sn, &bond);
    if (err == MST_OK && key->owner.len > 0 && !mst_bond_has_client(&bond)) {
        err = mst_enable_owner(domain, tx, vendor, model, NULL, sn, key->owner, key->attempt,
                               ret_verdict, &rid);
        if (err != MST_OK || *ret_verdict != MST_DONE)
            return err;
        err = mst_bond_load(domain, tx, model->id, sn, &bond);
    }
    if (err != MST_OK)
        return err;
    if (key->owner.len > 0 && bond.client.key_attempt == key->attempt) /* now, or in a run before */
        *ret_clone_id = bond.client.id;
    *ret_verdict = mst_lifecycle_step(bond.state, MST_ON_REPLACE_KEY, false).verdict;
    if (*ret_verdict != MST_DONE)
        return MST_OK;
    return bring(domain, tx, &bond.client, &change, key, ret_verdict);
}

enum mst_err mst_import_client_key(const struct mst_domain *domain, struct mst_tx *tx,
                                   const struct mst_row_resource *resource,
                                   const struct mst_brought_key *key, enum mst_verdict *ret_verdict)
{
    struct mst_change change = {.model_id = resource->model_id, .sn = resource->sn};
    struct mst_row_client client = {.id = resource->id};
    enum mst_err err;

    *ret_verdict = MST_BAD_VALUE;
    if (resource->kind != MST_KIND_CLIENT || !is_handle(domain, key->cik))
        return MST_OK;
    err = mst_tx_get(tx, MST_IX_CLIENT, &client);
    if (err != MST_OK)
        return err == MST_ENOENT ? MST_ECORRUPT : err;
    return bring(domain, tx, &client, &change, key, ret_verdict);
}

/*
 * Activation, in the order of protocol.md 2.5.3: the pair of vendor and model
 * (403), the serial number (404), the state (409). One row is changed, in one
 * update: the client's. The key is the one made at the enabling (1.6.1).
 *
 * A command whose outcome is not known is run again with the same attempt: if that
 * attempt is the one that activated the key, the answer is the same again.
 */
#include "core/activate.h"
#include "core/client.h"
#include "core/model.h"
#include "core/vendor.h"

static enum mst_err find_vendor(struct mst_tx *tx, const struct mst_activation *activation,
                                enum mst_verdict *ret_verdict, struct mst_row_vendor *ret_vendor)
{
    enum mst_err err = mst_vendor_get(tx, activation->vendor, ret_verdict, ret_vendor);

    if (err == MST_OK && *ret_verdict == MST_NO_VENDOR && activation->plus_vendor.len > 0)
        err = mst_vendor_get(tx, activation->plus_vendor, ret_verdict, ret_vendor);
    return err;
}

static enum mst_err find_model(struct mst_tx *tx, const struct mst_activation *activation,
                               int64_t vendor_id, enum mst_verdict *ret_verdict,
                               struct mst_row_model *ret_model)
{
    enum mst_err err = mst_model_get(tx, vendor_id, activation->model, ret_verdict, ret_model);

    if (err == MST_OK && *ret_verdict == MST_NO_MODEL && activation->plus_model.len > 0)
        err = mst_model_get(tx, vendor_id, activation->plus_model, ret_verdict, ret_model);
    return err;
}

static enum mst_err find_bond(const struct mst_domain *domain, struct mst_tx *tx,
                              const struct mst_activation *activation, int64_t model_id,
                              struct mst_bond *ret_bond)
{
    enum mst_err err = mst_bond_load(domain, tx, model_id, activation->sn, ret_bond);

    if (err == MST_OK && ret_bond->state == MST_STATE_UNLISTED && activation->plus_sn.len > 0)
        err = mst_bond_load(domain, tx, model_id, activation->plus_sn, ret_bond);
    return err;
}

/* The table's word, or what a seeded defect makes of it. */
static struct mst_transition decide(const struct mst_domain *domain, const struct mst_bond *bond)
{
    struct mst_transition step =
        mst_lifecycle_step(bond->state, MST_ON_ACTIVATE, bond->client.is_locked);

    if (domain->defects & MST_DEFECTIVE_STATE_CHECK && mst_bond_has_client(bond))
        step = mst_lifecycle_step(MST_STATE_PENDING, MST_ON_ACTIVATE, false);
    if (domain->defects & MST_DEFECTIVE_RETRY && bond->state == MST_STATE_ACTIVATED) {
        step = mst_lifecycle_step(MST_STATE_PENDING, MST_ON_ACTIVATE, false);
        step.effects |= MST_FX_NEW_KEY;
    }
    return step;
}

/* Whoever activated was not who asks now: one of the two may be a stranger (1.10). */
static enum mst_verdict refusal(const struct mst_bond *bond, enum mst_verdict verdict,
                                struct mst_span peer)
{
    bool is_second = verdict == MST_ACTIVATED && bond->client.log_peer.len > 0 &&
                     !mst_span_eq(bond->client.log_peer, MST_IMPORT_PEER) &&
                     !mst_span_eq(bond->client.log_peer, peer);

    return is_second ? MST_SECOND_CALLER : verdict;
}

static bool is_replay(const struct mst_bond *bond, int64_t attempt)
{
    return bond->state == MST_STATE_ACTIVATED && attempt != 0 && bond->client.attempt == attempt;
}

static enum mst_err activate_bond(const struct mst_domain *domain, struct mst_tx *tx,
                                  const struct mst_activation *activation, struct mst_bond *bond,
                                  enum mst_verdict *ret_verdict, struct mst_handle *ret_cik)
{
    struct mst_transition step;
    struct mst_handle cik;
    enum mst_err err;

    if (!is_replay(bond, activation->attempt)) {
        const struct mst_change change = {.attempt = activation->attempt,
                                          .peer = activation->peer,
                                          .model_id = bond->serial.model_id,
                                          .sn = bond->serial.sn};
        step = decide(domain, bond);
        if (step.verdict != MST_DONE) {
            *ret_verdict = refusal(bond, step.verdict, activation->peer);
            return MST_OK;
        }
        err = mst_client_apply(domain, tx, &bond->client, &step, &change);
        if (err != MST_OK)
            return err;
    }
    err = mst_client_cik(domain, tx, &bond->client, &cik);
    if (err != MST_OK)
        return err;
    *ret_verdict = MST_DONE;
    *ret_cik = cik;
    return MST_OK;
}

enum mst_err mst_activation_find(const struct mst_domain *domain, struct mst_tx *tx,
                                 const struct mst_activation *activation,
                                 enum mst_verdict *ret_verdict, struct mst_row_vendor *ret_vendor,
                                 struct mst_row_model *ret_model, struct mst_bond *ret_bond)
{
    enum mst_err err = find_vendor(tx, activation, ret_verdict, ret_vendor);

    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    err = find_model(tx, activation, ret_vendor->id, ret_verdict, ret_model);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    return find_bond(domain, tx, activation, ret_model->id, ret_bond);
}

enum mst_err mst_activate(const struct mst_domain *domain, struct mst_tx *tx,
                          const struct mst_activation *activation, enum mst_verdict *ret_verdict,
                          struct mst_handle *ret_cik)
{
    struct mst_row_vendor vendor;
    struct mst_row_model model;
    struct mst_bond bond;
    enum mst_err err =
        mst_activation_find(domain, tx, activation, ret_verdict, &vendor, &model, &bond);

    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    return activate_bond(domain, tx, activation, &bond, ret_verdict, ret_cik);
}

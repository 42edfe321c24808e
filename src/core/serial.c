#include "core/client.h"
#include "core/foreign.h"
#include "core/group.h"
#include "core/serial.h"
#include "core/sweep.h"

/* ---- removing ---- */

static enum mst_err forget_foreign(struct mst_tx *tx, struct mst_row_client *client)
{
    enum mst_err err = mst_foreign_end_cik(tx, client);

    if (err == MST_OK)
        err = mst_tx_update(tx, MST_TABLE_CLIENT, client, MST_BIT(client, foreign_bits));
    return err;
}

/* The client lets go of the serial number: it stays, with its key (A9), unless the setting says
   that it shall be disabled. The log went with the record, so the entry in the row goes too. */
static enum mst_err release_client(const struct mst_domain *domain, struct mst_tx *tx,
                                   struct mst_row_client *client, enum mst_state state)
{
    const struct mst_row_resource resource = {.id = client->id};
    const struct mst_change change = {0};
    enum mst_err err = mst_tx_update(tx, MST_TABLE_RESOURCE, &resource,
                                     MST_BIT(resource, model_id) | MST_BIT(resource, sn));

    if (err != MST_OK)
        return err;
    if (client->log_at != 0) {
        client->log_at = 0;
        client->log_peer = (struct mst_span){NULL, 0};
        err = mst_tx_update(tx, MST_TABLE_CLIENT, client,
                            MST_BIT(client, log_at) | MST_BIT(client, log_peer));
    }
    if (err == MST_OK && domain->is_delete_disabling) {
        struct mst_transition step = mst_lifecycle_step(state, MST_ON_DISABLE, false);
        err = mst_client_apply(domain, tx, client, &step, &change);
        if (err == MST_OK && client->foreign_bits & MST_FOREIGN_CIK)
            err = forget_foreign(tx, client);
    }
    return err;
}

static enum mst_err forget(const struct mst_domain *domain, struct mst_tx *tx,
                           enum mst_lifecycle_event event, struct mst_bond *bond,
                           enum mst_verdict *ret_verdict)
{
    const struct mst_transition step = mst_lifecycle_step(bond->state, event, false);
    const struct mst_row_log log = {.model_id = bond->serial.model_id, .sn = bond->serial.sn};
    enum mst_err err = MST_OK;

    *ret_verdict = step.verdict;
    if (step.effects & MST_FX_UNBIND)
        err = release_client(domain, tx, &bond->client, bond->state);
    if (err == MST_OK && step.effects & MST_FX_FORGET)
        err = mst_sweep_delete(tx, MST_IX_LOG, &log, 2, MST_TABLE_LOG, sizeof log);
    if (err == MST_OK && step.effects & MST_FX_FORGET)
        err = mst_tx_delete(tx, MST_TABLE_SERIAL, &bond->serial);
    return err;
}

enum mst_err mst_serial_forget(const struct mst_domain *domain, struct mst_tx *tx,
                               enum mst_lifecycle_event event, const struct mst_row_serial *serial)
{
    enum mst_verdict verdict;
    struct mst_bond bond;
    enum mst_err err = mst_bond_load(domain, tx, serial->model_id, serial->sn, &bond);

    return err != MST_OK ? err : forget(domain, tx, event, &bond, &verdict);
}

enum mst_err mst_serial_remove(const struct mst_domain *domain, struct mst_tx *tx,
                               const struct mst_row_model *model, struct mst_span sn,
                               enum mst_verdict *ret_verdict)
{
    struct mst_bond bond;
    enum mst_err err = mst_bond_load(domain, tx, model->id, sn, &bond);

    if (err == MST_OK)
        err = forget(domain, tx, MST_ON_DELETE, &bond, ret_verdict);
    if (err == MST_OK && *ret_verdict == MST_DONE)
        err = mst_group_forget(tx, model->id, MST_MEMBER_SN, sn);
    return err;
}

/* ---- looking ---- */

static enum mst_err view_of(const struct mst_domain *domain, struct mst_tx *tx,
                            const struct mst_bond *bond, struct mst_serial_view *ret_view)
{
    struct mst_serial_view view = {
        .sn = bond->serial.sn,
        .extra = bond->serial.extra,
        .standing = bond->state == MST_STATE_ORPHANED ? MST_ORPHANED : MST_HAS_NO_CLIENT,
        .status =
            mst_lifecycle_word(bond->state, false)}; /* the lock shows in RPC info only (1.4) */

    if (mst_bond_has_client(bond)) {
        enum mst_err err = mst_client_rid(domain, tx, &bond->client, &view.rid);
        if (err != MST_OK)
            return err;
        view.standing = MST_DONE;
        view.has_rid = true;
        view.is_disabled = bond->state == MST_STATE_DISABLED;
        view.deadline = bond->state == MST_STATE_PENDING ? bond->client.deadline : 0;
    }
    *ret_view = view;
    return MST_OK;
}

enum mst_err mst_serial_get(const struct mst_domain *domain, struct mst_tx *tx,
                            const struct mst_row_model *model, struct mst_span sn,
                            enum mst_verdict *ret_verdict, struct mst_serial_view *ret_view)
{
    struct mst_transition step;
    struct mst_bond bond;
    enum mst_err err = mst_bond_load(domain, tx, model->id, sn, &bond);

    if (err != MST_OK)
        return err;
    step = mst_lifecycle_step(bond.state, MST_ON_REPORT, false);
    *ret_verdict = step.verdict;
    return step.verdict == MST_DONE ? view_of(domain, tx, &bond, ret_view) : MST_OK;
}

struct list_reader {
    const struct mst_domain *domain;
    struct mst_tx *tx;
    enum mst_err (*each)(void *arg, const struct mst_serial_view *view);
    void *arg;
};

static enum mst_err show_serial(void *arg, const void *row)
{
    const struct mst_row_serial *serial = row;
    struct list_reader *reader = arg;
    struct mst_serial_view view;
    struct mst_bond bond;
    enum mst_err err = mst_bond_of(reader->domain, reader->tx, serial, &bond);

    if (err == MST_OK)
        err = view_of(reader->domain, reader->tx, &bond, &view);
    return err != MST_OK ? err : reader->each(reader->arg, &view);
}

enum mst_err mst_serial_list(const struct mst_domain *domain, struct mst_tx *tx,
                             const struct mst_row_model *model, struct mst_span after,
                             uint64_t offset, uint64_t limit,
                             enum mst_err (*each)(void *arg, const struct mst_serial_view *view),
                             void *arg)
{
    const struct mst_row_serial key = {.model_id = model->id, .sn = after};
    const struct mst_scan scan = {.index = MST_IX_SERIAL,
                                  .key = &key,
                                  .n_fixed = 1,
                                  .has_after = after.len > 0,
                                  .offset = offset,
                                  .limit = limit};
    struct list_reader reader = {domain, tx, each, arg};

    return mst_tx_scan(tx, &scan, show_serial, &reader);
}

/* ---- the log ---- */

struct log_reader {
    enum mst_err (*each)(void *arg, int64_t at, struct mst_span peer);
    void *arg;
    bool is_stopped;
};

static enum mst_err show_entry(void *arg, const void *row)
{
    const struct mst_row_log *entry = row;
    struct log_reader *reader = arg;
    enum mst_err err = reader->each(reader->arg, entry->at, entry->peer);

    reader->is_stopped = err == MST_EREFUSED;
    return err;
}

enum mst_err mst_serial_log(const struct mst_domain *domain, struct mst_tx *tx,
                            const struct mst_row_model *model, struct mst_span sn,
                            enum mst_verdict *ret_verdict,
                            enum mst_err (*each)(void *arg, int64_t at, struct mst_span peer),
                            void *arg)
{
    const struct mst_row_log key = {.model_id = model->id, .sn = sn};
    const struct mst_scan scan = {.index = MST_IX_LOG, .key = &key, .n_fixed = 2};
    struct log_reader reader = {.each = each, .arg = arg};
    struct mst_bond bond;
    enum mst_err err = mst_bond_load(domain, tx, model->id, sn, &bond);

    if (err != MST_OK)
        return err;
    *ret_verdict = mst_lifecycle_step(bond.state, MST_ON_REPORT, false).verdict;
    if (*ret_verdict != MST_DONE)
        return MST_OK;
    err = mst_tx_scan(tx, &scan, show_entry, &reader);
    if (err != MST_OK || reader.is_stopped || !mst_bond_has_client(&bond) ||
        bond.client.log_at == 0)
        return err;
    err = each(arg, bond.client.log_at, bond.client.log_peer);
    return err == MST_EREFUSED ? MST_OK : err;
}

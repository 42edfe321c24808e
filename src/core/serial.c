#include "core/client.h"
#include "core/foreign.h"
#include "core/group.h"
#include "core/lending.h"
#include "core/serial.h"
#include "core/sweep.h"

/* ---- a record for a member of a range ---- */

enum mst_err mst_serial_realize(const struct mst_domain *domain, struct mst_tx *tx,
                                const struct mst_row_model *model, struct mst_bond *bond,
                                enum mst_verdict *ret_verdict)
{
    const struct mst_serial_item item = {.sn = bond->serial.sn};
    size_t bad;
    enum mst_err err;

    *ret_verdict = MST_DONE;
    if (!bond->is_virtual)
        return MST_OK;
    err = mst_serial_add(domain, tx, model, &item, 1, ret_verdict, &bad);
    bond->is_virtual = err != MST_OK || *ret_verdict != MST_DONE;
    return err;
}

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
        err = mst_lending_note(tx, &bond->serial, 0);
    if (err == MST_OK && step.effects & MST_FX_FORGET && !bond->is_virtual)
        err = mst_tx_delete(tx, MST_TABLE_SERIAL, &bond->serial);
    return err; /* what a range covers goes on being covered (15) */
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
                            const struct mst_bond *bond, const struct mst_row_vendor *borrower,
                            struct mst_serial_view *ret_view)
{
    const struct mst_span nothing = {NULL, 0};
    struct mst_serial_view view = {
        .sn = bond->serial.sn,
        .extra = borrower ? nothing : bond->serial.extra,
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
                            const struct mst_row_model *model,
                            const struct mst_row_vendor *borrower, struct mst_span sn,
                            enum mst_verdict *ret_verdict, struct mst_serial_view *ret_view)
{
    struct mst_transition step;
    struct mst_bond bond;
    enum mst_err err = mst_bond_load(domain, tx, model->id, sn, &bond);

    if (err != MST_OK)
        return err;
    mst_lending_veil(borrower, &bond);
    step = mst_lifecycle_step(bond.state, MST_ON_REPORT, false);
    *ret_verdict = step.verdict;
    return step.verdict == MST_DONE ? view_of(domain, tx, &bond, borrower, ret_view) : MST_OK;
}

struct list_reader {
    const struct mst_domain *domain;
    struct mst_tx *tx;
    const struct mst_row_vendor *borrower;
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
        err = view_of(reader->domain, reader->tx, &bond, reader->borrower, &view);
    return err != MST_OK ? err : reader->each(reader->arg, &view);
}

static enum mst_err show_lent(void *arg, const void *row)
{
    const struct mst_row_lent_serial *note = row;
    struct list_reader *reader = arg;
    struct mst_row_serial serial = {.model_id = note->model_id, .sn = note->sn};
    enum mst_err err = mst_tx_get(reader->tx, MST_IX_SERIAL, &serial);

    if (err != MST_OK) /* removed since (READ COMMITTED) */
        return err == MST_ENOENT ? MST_OK : err;
    return show_serial(arg, &serial);
}

enum mst_err mst_serial_list(const struct mst_domain *domain, struct mst_tx *tx,
                             const struct mst_row_model *model, const struct mst_serial_page *page,
                             enum mst_err (*each)(void *arg, const struct mst_serial_view *view),
                             void *arg)
{
    const int64_t lent_to = page->lent_to ? page->lent_to : page->borrower ? page->borrower->id : 0;
    const struct mst_row_serial all = {.model_id = model->id, .sn = page->after};
    const struct mst_row_lent_serial lent = {
        .model_id = model->id, .vendor_id = lent_to, .sn = page->after};
    const struct mst_scan scan = {.index = lent_to ? MST_IX_LENT_SERIAL : MST_IX_SERIAL,
                                  .key = lent_to ? (const void *)&lent : &all,
                                  .n_fixed = lent_to ? 2 : 1,
                                  .has_after = page->after.len > 0,
                                  .offset = page->offset,
                                  .limit = page->limit};
    struct list_reader reader = {domain, tx, page->borrower, each, arg};

    if (page->borrower && lent_to != page->borrower->id)
        return MST_OK;
    return mst_tx_scan(tx, &scan, lent_to ? show_lent : show_serial, &reader);
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
                            const struct mst_row_model *model,
                            const struct mst_row_vendor *borrower, struct mst_span sn,
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
    mst_lending_veil(borrower, &bond);
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

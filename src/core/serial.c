#include "core/client.h"
#include "core/serial.h"
#include "core/sweep.h"

/* ---- listing ---- */

static enum mst_err note_found(void *arg, const void *row)
{
    bool *is_found = arg;

    (void)row;
    *is_found = true;
    return MST_EREFUSED;
}

/* Is sn listed under any model of the vendor? */
static enum mst_err is_in_vendor(struct mst_tx *tx, int64_t vendor_id, struct mst_span sn,
                                 bool *ret_is_found)
{
    const struct mst_row_serial key = {.vendor_id = vendor_id, .sn = sn};
    const struct mst_scan scan = {
        .index = MST_IX_SERIAL_VENDOR, .key = &key, .n_fixed = 2, .limit = 1};

    *ret_is_found = false;
    return mst_tx_scan(tx, &scan, note_found, ret_is_found);
}

static enum mst_err add_one(const struct mst_domain *domain, struct mst_tx *tx,
                            const struct mst_row_model *model, const struct mst_serial_item *item,
                            enum mst_verdict *ret_verdict)
{
    struct mst_row_serial serial = {
        .model_id = model->id, .sn = item->sn, .vendor_id = model->vendor_id, .extra = item->extra};
    bool is_taken = false;
    enum mst_err err = MST_OK;

    if (!domain->is_sn_scope_model)
        err = is_in_vendor(tx, model->vendor_id, item->sn, &is_taken);
    if (err == MST_OK && !is_taken)
        err = mst_tx_insert(tx, MST_TABLE_SERIAL, &serial);
    if (err != MST_OK && err != MST_EEXIST)
        return err;
    *ret_verdict = is_taken || err == MST_EEXIST ? MST_EXISTS : MST_DONE;
    return MST_OK;
}

enum mst_err mst_serial_add(const struct mst_domain *domain, struct mst_tx *tx,
                            const struct mst_row_model *model, const struct mst_serial_item *items,
                            size_t n_items, enum mst_verdict *ret_verdict, size_t *ret_bad)
{
    for (size_t i = 0; i < n_items; i++) {
        if (!mst_name_is_sn(items[i].sn) || !mst_name_is_extra(items[i].extra)) {
            *ret_verdict = MST_BAD_VALUE;
            *ret_bad = i;
            return MST_OK;
        }
    }
    if (n_items == 0 || n_items > MST_SERIALS_MAX) {
        *ret_verdict = MST_BAD_VALUE;
        *ret_bad = n_items ? MST_SERIALS_MAX : 0;
        return MST_OK;
    }
    for (size_t i = 0; i < n_items; i++) {
        enum mst_err err = add_one(domain, tx, model, &items[i], ret_verdict);
        if (err != MST_OK)
            return err;
        if (*ret_verdict != MST_DONE) {
            *ret_bad = i;
            return MST_OK;
        }
    }
    *ret_verdict = MST_DONE;
    return MST_OK;
}

/* ---- removing ---- */

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

    return err != MST_OK ? err : forget(domain, tx, MST_ON_DELETE, &bond, ret_verdict);
}

/* ---- looking ---- */

static enum mst_err view_of(const struct mst_domain *domain, const struct mst_bond *bond,
                            struct mst_serial_view *ret_view)
{
    const struct mst_row_resource resource = {.id = bond->client.id, .gen_ix = bond->client.gen_ix};
    struct mst_serial_view view = {
        .sn = bond->serial.sn,
        .extra = bond->serial.extra,
        .standing = bond->state == MST_STATE_ORPHANED ? MST_ORPHANED : MST_HAS_NO_CLIENT,
        .status = mst_lifecycle_word(bond->state, bond->client.is_locked)};

    if (mst_bond_has_client(bond)) {
        enum mst_err err = mst_domain_rid(domain, &resource, &view.rid);
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
    return step.verdict == MST_DONE ? view_of(domain, &bond, ret_view) : MST_OK;
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
        err = view_of(reader->domain, &bond, &view);
    return err != MST_OK ? err : reader->each(reader->arg, &view);
}

enum mst_err mst_serial_list(const struct mst_domain *domain, struct mst_tx *tx,
                             const struct mst_row_model *model, uint64_t offset, uint64_t limit,
                             enum mst_err (*each)(void *arg, const struct mst_serial_view *view),
                             void *arg)
{
    const struct mst_row_serial key = {.model_id = model->id};
    const struct mst_scan scan = {
        .index = MST_IX_SERIAL, .key = &key, .n_fixed = 1, .offset = offset, .limit = limit};
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

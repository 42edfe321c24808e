/*
 * Listing goes through the serial numbers in bytewise order, whatever the order they came in: the
 * store's trees are then walked from left to right, and what is listed already can be skipped
 * over.
 */
#include <stdlib.h>

#include "core/client.h"
#include "core/foreign.h"
#include "core/group.h"
#include "core/serial.h"
#include "core/sweep.h"

/* ---- listing ---- */

static int compare_items(const void *a, const void *b)
{
    const struct mst_serial_item *const *x = a, *const *y = b;

    return mst_span_cmp((*x)->sn, (*y)->sn);
}

static enum mst_err order_items(struct mst_tx *tx, const struct mst_serial_item *items,
                                size_t n_items, const struct mst_serial_item ***ret_order)
{
    const struct mst_serial_item **order =
        mst_arena_array(mst_tx_arena(tx), n_items, sizeof(struct mst_serial_item *));
    bool is_ordered = true;

    if (!order)
        return MST_ENOMEM;
    for (size_t i = 0; i < n_items; i++) {
        order[i] = &items[i];
        is_ordered = is_ordered && (i == 0 || mst_span_cmp(items[i - 1].sn, items[i].sn) < 0);
    }
    if (!is_ordered)
        qsort(order, n_items, sizeof(struct mst_serial_item *), compare_items);
    *ret_order = order;
    return MST_OK;
}

static enum mst_err note_sn(void *arg, const void *row)
{
    const struct mst_row_serial *serial = row;
    struct mst_span *sn = arg;

    *sn = serial->sn;
    return MST_EREFUSED;
}

/* The vendor's serial number sn itself, or with is_next the first behind it; empty if there is none. */
static enum mst_err look_up(struct mst_tx *tx, int64_t vendor_id, struct mst_span sn, bool is_next,
                            struct mst_span *ret_sn)
{
    const struct mst_row_serial key = {.vendor_id = vendor_id, .sn = sn};
    const struct mst_scan scan = {.index = MST_IX_SERIAL_VENDOR,
                                  .key = &key,
                                  .n_fixed = is_next ? 1 : 2,
                                  .has_after = is_next,
                                  .limit = 1};

    *ret_sn = (struct mst_span){NULL, 0};
    return mst_tx_scan(tx, &scan, note_sn, ret_sn);
}

/*
 * The first of the ordered items that is listed under any model of the vendor; NULL if none is. The
 * next listed one behind an item tells how many items need no look of their own: for new serial
 * numbers, which mostly lie behind or between all others, that is all of them.
 */
static enum mst_err find_in_vendor(struct mst_tx *tx, int64_t vendor_id,
                                   const struct mst_serial_item *const *order, size_t n_items,
                                   const struct mst_serial_item **ret_taken)
{
    size_t i = 0;

    *ret_taken = NULL;
    while (i < n_items) {
        const struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));
        struct mst_span found;
        enum mst_err err = look_up(tx, vendor_id, order[i]->sn, false, &found);

        if (err == MST_OK && found.len > 0)
            *ret_taken = order[i];
        if (err != MST_OK || found.len > 0)
            return err;
        err = look_up(tx, vendor_id, order[i]->sn, true, &found);
        if (err != MST_OK || found.len == 0)
            return err;
        while (i < n_items && mst_span_cmp(order[i]->sn, found) < 0)
            i++;
        mst_arena_rewind(mst_tx_arena(tx), mark);
    }
    return MST_OK;
}

/* The first of the ordered items that cannot be added; NULL if all were. */
static enum mst_err insert_items(struct mst_tx *tx, const struct mst_row_model *model,
                                 const struct mst_serial_item *const *order, size_t n_items,
                                 const struct mst_serial_item **ret_taken)
{
    *ret_taken = NULL;
    for (size_t i = 0; i < n_items; i++) {
        struct mst_row_serial serial = {.model_id = model->id,
                                        .sn = order[i]->sn,
                                        .vendor_id = model->vendor_id,
                                        .extra = order[i]->extra};
        enum mst_err err = mst_tx_insert(tx, MST_TABLE_SERIAL, &serial);

        if (err == MST_EEXIST)
            *ret_taken = order[i];
        if (err != MST_OK)
            return err == MST_EEXIST ? MST_OK : err;
    }
    return MST_OK;
}

static enum mst_err add_items(const struct mst_domain *domain, struct mst_tx *tx,
                              const struct mst_row_model *model,
                              const struct mst_serial_item *items, size_t n_items,
                              const struct mst_serial_item **ret_taken)
{
    const struct mst_serial_item **order = NULL;
    enum mst_err err = order_items(tx, items, n_items, &order);

    *ret_taken = NULL;
    if (err == MST_OK && !domain->is_sn_scope_model)
        err = find_in_vendor(tx, model->vendor_id, order, n_items, ret_taken);
    if (err == MST_OK && !*ret_taken)
        err = insert_items(tx, model, order, n_items, ret_taken);
    return err;
}

enum mst_err mst_serial_add(const struct mst_domain *domain, struct mst_tx *tx,
                            const struct mst_row_model *model, const struct mst_serial_item *items,
                            size_t n_items, enum mst_verdict *ret_verdict, size_t *ret_bad)
{
    const struct mst_serial_item *taken;
    enum mst_err err;

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
    err = add_items(domain, tx, model, items, n_items, &taken);
    if (err != MST_OK)
        return err;
    *ret_verdict = taken ? MST_EXISTS : MST_DONE;
    if (taken)
        *ret_bad = (size_t)(taken - items);
    return MST_OK;
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

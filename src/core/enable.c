/*
 * What an owner or vendor does to a serial number (protocol.md 2.6.5).
 *
 * The order of refusals, from the table there and 2.4: the form of the parameters
 * (400), the serial number (404), the owner (403: whether the caller may put a device there is
 * asked about a serial number that exists), the state (409), the owner's room (409).
 *
 * Each change of a key carries the attempt id of its command in client.key_attempt, so
 * a command that is run again after an unknown outcome recognises its own work and answers as
 * it did the first time.
 */
#include "core/client.h"
#include "core/enable.h"
#include "core/lending.h"
#include "core/meta.h"
#include "core/model.h"
#include "core/resource.h"
#include "core/serial.h"

static bool is_own_work(const struct mst_bond *bond, int64_t attempt)
{
    return mst_bond_has_client(bond) && attempt != 0 && bond->client.key_attempt == attempt;
}

/* ---- enable with owner ---- */

static bool is_rid(struct mst_span text)
{
    if (text.len != MST_HANDLE_CHARS)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return true;
}

static enum mst_err clone_template(const struct mst_domain *domain, struct mst_tx *tx,
                                   const struct mst_row_model *model,
                                   const struct mst_row_resource *owner, int64_t attempt,
                                   enum mst_verdict *ret_verdict,
                                   struct mst_row_resource *ret_client)
{
    const int64_t deadline = mst_deadline_after(tx, mst_window_of(domain, model));
    struct mst_row_resource template;
    enum mst_err err = mst_model_template(tx, model, ret_verdict, &template);

    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    return mst_resource_clone(domain, tx, &template, owner, model->options, deadline, attempt,
                              ret_verdict, ret_client);
}

/* The client and the serial number come to know each other. The device's meta takes the place of the
   template's: tools in the field read it to find the serial number (1.9). */
static enum mst_err bind(struct mst_tx *tx, const struct mst_row_vendor *vendor,
                         const struct mst_row_model *model, const struct mst_row_vendor *borrower,
                         struct mst_row_serial *serial, struct mst_row_resource *client)
{
    enum mst_err err =
        mst_meta_device(mst_tx_arena(tx), vendor->name, model->name, serial->sn, &client->meta);

    if (err != MST_OK)
        return err;
    client->model_id = serial->model_id;
    client->sn = serial->sn;
    serial->client_id = client->id;
    err = mst_tx_update(tx, MST_TABLE_RESOURCE, client,
                        MST_BIT(resource, model_id) | MST_BIT(resource, sn) |
                            MST_BIT(resource, meta));
    if (err != MST_OK)
        return err;
    err = mst_tx_update(tx, MST_TABLE_SERIAL, serial, MST_BIT(serial, client_id));
    return err != MST_OK ? err : mst_lending_note(tx, serial, borrower ? borrower->id : 0);
}

static enum mst_err add_client(const struct mst_domain *domain, struct mst_tx *tx,
                               const struct mst_row_vendor *vendor,
                               const struct mst_row_model *model,
                               const struct mst_row_vendor *borrower, struct mst_bond *bond,
                               struct mst_span owner_rid, int64_t attempt,
                               enum mst_verdict *ret_verdict, struct mst_row_resource *ret_client)
{
    const int64_t above_id = borrower ? borrower->client_id : model->creator_id;
    struct mst_row_resource owner, client;
    bool is_below;
    enum mst_err err = mst_access_client_below(domain, tx, above_id, owner_rid, &is_below, &owner);

    if (err != MST_OK)
        return err;
    *ret_verdict = is_below ? mst_lifecycle_step(bond->state, MST_ON_ENABLE_OWNER, false).verdict
                            : MST_NO_OWNER;
    if (*ret_verdict != MST_DONE)
        return MST_OK;
    err = mst_serial_realize(domain, tx, model, bond, ret_verdict);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    err = clone_template(domain, tx, model, &owner, attempt, ret_verdict, &client);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    *ret_client = client;
    return bind(tx, vendor, model, borrower, &bond->serial, ret_client);
}

enum mst_err mst_enable_owner(const struct mst_domain *domain, struct mst_tx *tx,
                              const struct mst_row_vendor *vendor,
                              const struct mst_row_model *model,
                              const struct mst_row_vendor *borrower, struct mst_span sn,
                              struct mst_span owner_rid, int64_t attempt,
                              enum mst_verdict *ret_verdict, struct mst_handle *ret_rid)
{
    struct mst_row_resource client;
    struct mst_bond bond;
    enum mst_err err;

    if (!is_rid(owner_rid)) {
        *ret_verdict = MST_BAD_VALUE;
        return MST_OK;
    }
    err = mst_bond_load(domain, tx, model->id, sn, &bond);
    if (err != MST_OK)
        return err;
    mst_lending_veil_taken(borrower, &bond);
    *ret_verdict = MST_DONE;
    if (bond.state == MST_STATE_UNLISTED)
        *ret_verdict = MST_NO_SERIAL;
    else if (is_own_work(&bond, attempt))
        return mst_client_rid(domain, tx, &bond.client, ret_rid);
    else
        err = add_client(domain, tx, vendor, model, borrower, &bond, owner_rid, attempt,
                         ret_verdict, &client);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    return mst_domain_rid(domain, &client, ret_rid);
}

/* ---- enable alone, disable ---- */

enum mst_err mst_enable_again(const struct mst_domain *domain, struct mst_tx *tx,
                              const struct mst_row_model *model,
                              const struct mst_row_vendor *borrower, struct mst_span sn,
                              int64_t attempt, enum mst_verdict *ret_verdict)
{
    const struct mst_change change = {.window_s = mst_window_of(domain, model),
                                      .attempt = attempt,
                                      .model_id = model->id,
                                      .sn = sn};
    struct mst_transition step;
    struct mst_bond bond;
    enum mst_err err = mst_bond_load(domain, tx, model->id, sn, &bond);

    if (err != MST_OK)
        return err;
    mst_lending_veil(borrower, &bond);
    step = mst_lifecycle_step(bond.state, MST_ON_ENABLE, bond.client.is_locked);
    *ret_verdict = step.verdict;
    if (step.verdict != MST_DONE || is_own_work(&bond, attempt))
        return MST_OK;
    return mst_client_apply(domain, tx, &bond.client, &step, &change);
}

enum mst_err mst_disable(const struct mst_domain *domain, struct mst_tx *tx,
                         const struct mst_row_model *model, const struct mst_row_vendor *borrower,
                         struct mst_span sn, enum mst_verdict *ret_verdict)
{
    const struct mst_change change = {0};
    struct mst_transition step;
    struct mst_bond bond;
    enum mst_err err = mst_bond_load(domain, tx, model->id, sn, &bond);

    if (err != MST_OK)
        return err;
    mst_lending_veil(borrower, &bond);
    step = mst_lifecycle_step(bond.state, MST_ON_DISABLE, bond.client.is_locked);
    *ret_verdict = step.verdict;
    if (step.verdict != MST_DONE || bond.state == step.next)
        return MST_OK;
    return mst_client_apply(domain, tx, &bond.client, &step, &change);
}

/* ---- remap ---- */

/* Moves the client, whose key is already new, from old to new. */
static enum mst_err rebind(struct mst_tx *tx, struct mst_row_serial *old,
                           struct mst_row_serial *new)
{
    struct mst_row_resource client = {.id = old->client_id};
    const int64_t lent_to = old->lent_to;
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &client);

    if (err != MST_OK)
        return err == MST_ENOENT ? MST_ECORRUPT : err;
    err = mst_meta_set_sn(mst_tx_arena(tx), client.meta, new->sn, &client.meta);
    if (err != MST_OK)
        return err;
    client.sn = new->sn;
    new->client_id = client.id;
    old->client_id = 0;
    err = mst_tx_update(tx, MST_TABLE_RESOURCE, &client,
                        MST_BIT(resource, sn) | MST_BIT(resource, meta));
    if (err == MST_OK)
        err = mst_tx_update(tx, MST_TABLE_SERIAL, old, MST_BIT(serial, client_id));
    if (err == MST_OK)
        err = mst_tx_update(tx, MST_TABLE_SERIAL, new, MST_BIT(serial, client_id));
    if (err == MST_OK)
        err = mst_lending_note(tx, old, 0);
    return err != MST_OK ? err : mst_lending_note(tx, new, lent_to);
}

enum mst_err mst_remap(const struct mst_domain *domain, struct mst_tx *tx,
                       const struct mst_row_model *model, const struct mst_row_vendor *borrower,
                       struct mst_span sn, struct mst_span old_sn, int64_t attempt,
                       enum mst_verdict *ret_verdict)
{
    const struct mst_change change = {.window_s = mst_window_of(domain, model),
                                      .attempt = attempt,
                                      .model_id = model->id,
                                      .sn = old_sn};
    struct mst_transition from, to;
    struct mst_bond old, new;
    enum mst_err err = mst_bond_load(domain, tx, model->id, old_sn, &old);

    if (err == MST_OK)
        err = mst_bond_load(domain, tx, model->id, sn, &new);
    if (err != MST_OK)
        return err;
    mst_lending_veil(borrower, &old);
    mst_lending_veil_taken(borrower, &new);
    if (is_own_work(&new, attempt)) {
        *ret_verdict = MST_DONE;
        return MST_OK;
    }
    from = mst_lifecycle_step(old.state, MST_ON_REMAP_FROM, old.client.is_locked);
    to = mst_lifecycle_step(new.state, MST_ON_REMAP_TO, new.client.is_locked);
    if (from.verdict == MST_NO_SERIAL || to.verdict == MST_NO_SERIAL)
        *ret_verdict = MST_NO_SERIAL;
    else
        *ret_verdict = to.verdict != MST_DONE ? to.verdict : from.verdict;
    if (*ret_verdict != MST_DONE)
        return MST_OK;
    err = mst_serial_realize(domain, tx, model, &new, ret_verdict);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    err = mst_client_apply(domain, tx, &old.client, &to, &change);
    return err != MST_OK ? err : rebind(tx, &old.serial, &new.serial);
}

/* ---- clock reset ---- */

enum { PAGE = 256 };

struct closing {
    int64_t ids[PAGE];
    size_t n;
    int64_t last;  /* the last row looked at */
    size_t n_seen; /* in this page */
};

static enum mst_err note_pending(void *arg, const void *row)
{
    const struct mst_row_client *client = row;
    struct closing *closing = arg;

    closing->last = client->id;
    closing->n_seen++;
    if (client->state == MST_STATE_PENDING)
        closing->ids[closing->n++] = client->id;
    return MST_OK;
}

static enum mst_err close_page(struct mst_tx *tx, const struct closing *closing)
{
    for (size_t i = 0; i < closing->n; i++) {
        /* Stored as EXPIRED: after the reset an old deadline may lie in the future again. */
        const struct mst_row_client client = {.id = closing->ids[i], .state = MST_STATE_EXPIRED};
        enum mst_err err = mst_tx_update(tx, MST_TABLE_CLIENT, &client,
                                         MST_BIT(client, state) | MST_BIT(client, deadline));
        if (err != MST_OK)
            return err;
    }
    return MST_OK;
}

enum mst_err mst_close_windows(struct mst_tx *tx, uint64_t *ret_closed)
{
    struct closing *closing = mst_arena_alloc(mst_tx_arena(tx), sizeof *closing);
    uint64_t n_closed = 0;
    enum mst_err err;

    if (!closing)
        return MST_ENOMEM;
    do {
        const struct mst_row_client key = {.id = closing->last};
        const struct mst_scan scan = {
            .index = MST_IX_CLIENT, .key = &key, .has_after = true, .limit = PAGE};
        const struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));

        closing->n = closing->n_seen = 0;
        err = mst_tx_scan(tx, &scan, note_pending, closing);
        if (err == MST_OK)
            err = close_page(tx, closing);
        mst_arena_rewind(mst_tx_arena(tx), mark);
        n_closed += closing->n;
    } while (err == MST_OK && closing->n_seen == PAGE);
    if (err == MST_OK)
        *ret_closed = n_closed;
    return err;
}

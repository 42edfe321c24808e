#include "core/lending.h"
#include "core/model.h"
#include "core/sweep.h"
#include "core/vendor.h"

/* ---- the lender's ---- */

enum mst_err mst_lending_add(struct mst_tx *tx, const struct mst_row_model *model,
                             struct mst_span vendor_name, enum mst_verdict *ret_verdict)
{
    struct mst_row_model_share share = {.model_id = model->id};
    struct mst_row_vendor vendor;
    enum mst_err err = mst_vendor_get(tx, vendor_name, ret_verdict, &vendor);

    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    if (vendor.id == model->vendor_id) {
        *ret_verdict = MST_BAD_VALUE;
        return MST_OK;
    }
    share.vendor_id = vendor.id;
    err = mst_tx_insert(tx, MST_TABLE_MODEL_SHARE, &share);
    return err == MST_EEXIST ? MST_OK : err;
}

static enum mst_err find_share(struct mst_tx *tx, const struct mst_row_model *model,
                               struct mst_span vendor_name, enum mst_verdict *ret_verdict,
                               struct mst_row_model_share *ret_share)
{
    struct mst_row_model_share share = {.model_id = model->id};
    struct mst_row_vendor vendor;
    enum mst_err err = mst_vendor_get(tx, vendor_name, ret_verdict, &vendor);

    if (err == MST_OK && *ret_verdict == MST_DONE) {
        share.vendor_id = vendor.id;
        err = mst_tx_get(tx, MST_IX_MODEL_SHARE, &share);
    }
    if (err != MST_OK && err != MST_ENOENT)
        return err;
    if (err == MST_ENOENT || *ret_verdict != MST_DONE)
        *ret_verdict = MST_NOT_FOUND;
    else
        *ret_share = share;
    return MST_OK;
}

enum mst_err mst_lending_remove(struct mst_tx *tx, const struct mst_row_model *model,
                                struct mst_span vendor_name, enum mst_verdict *ret_verdict)
{
    struct mst_row_model_share share;
    enum mst_err err = find_share(tx, model, vendor_name, ret_verdict, &share);

    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    return mst_tx_delete(tx, MST_TABLE_MODEL_SHARE, &share);
}

enum mst_err mst_lending_check(struct mst_tx *tx, const struct mst_row_model *model,
                               struct mst_span vendor_name, enum mst_verdict *ret_verdict)
{
    struct mst_row_model_share share;

    return find_share(tx, model, vendor_name, ret_verdict, &share);
}

/* ---- lists ---- */

struct borrowers {
    struct mst_tx *tx;
    enum mst_err (*each)(void *arg, struct mst_span name);
    void *arg;
};

/* A share ends with its vendor and with its model. A reader may see it all the same when they have gone
   since (READ COMMITTED): it is then passed over. */
static enum mst_err pass_over(enum mst_err err)
{
    return err == MST_ENOENT ? MST_OK : err;
}

static enum mst_err show_borrower(void *arg, const void *row)
{
    const struct mst_row_model_share *share = row;
    const struct borrowers *reader = arg;
    struct mst_row_vendor vendor = {.id = share->vendor_id};
    enum mst_err err = mst_tx_get(reader->tx, MST_IX_VENDOR, &vendor);

    return err != MST_OK ? pass_over(err) : reader->each(reader->arg, vendor.name);
}

enum mst_err mst_lending_list(struct mst_tx *tx, const struct mst_row_model *model,
                              enum mst_err (*each)(void *arg, struct mst_span name), void *arg)
{
    const struct mst_row_model_share key = {.model_id = model->id};
    const struct mst_scan scan = {.index = MST_IX_MODEL_SHARE, .key = &key, .n_fixed = 1};
    struct borrowers reader = {tx, each, arg};

    return mst_tx_scan(tx, &scan, show_borrower, &reader);
}

struct borrowed {
    struct mst_tx *tx;
    enum mst_err (*each)(void *arg, struct mst_span vendor_name, struct mst_span model_name);
    void *arg;
};

static enum mst_err show_borrowed(void *arg, const void *row)
{
    const struct borrowed *reader = arg;
    struct mst_row_model model = {.id = ((const struct mst_row_model_share *)row)->model_id};
    struct mst_row_vendor vendor = {0};
    enum mst_err err = mst_tx_get(reader->tx, MST_IX_MODEL, &model);

    vendor.id = model.vendor_id;
    if (err == MST_OK)
        err = mst_tx_get(reader->tx, MST_IX_VENDOR, &vendor);
    return err != MST_OK ? pass_over(err) : reader->each(reader->arg, vendor.name, model.name);
}

enum mst_err mst_lending_list_borrowed(struct mst_tx *tx, int64_t borrower_id,
                                       enum mst_err (*each)(void *arg, struct mst_span vendor_name,
                                                            struct mst_span model_name),
                                       void *arg)
{
    const struct mst_row_model_share key = {.vendor_id = borrower_id};
    const struct mst_scan scan = {.index = MST_IX_MODEL_SHARE_VENDOR, .key = &key, .n_fixed = 1};
    struct borrowed reader = {tx, each, arg};

    return mst_tx_scan(tx, &scan, show_borrowed, &reader);
}

/* ---- the borrower's ---- */

enum mst_err mst_lending_find(const struct mst_domain *domain, struct mst_tx *tx,
                              int64_t borrower_id, struct mst_span vendor_name,
                              struct mst_span model_name, enum mst_verdict *ret_verdict,
                              struct mst_row_vendor *ret_vendor, struct mst_row_model *ret_model)
{
    struct mst_row_model_share share = {.vendor_id = borrower_id};
    struct mst_row_vendor vendor;
    struct mst_row_model model;
    enum mst_err err = mst_vendor_get(tx, vendor_name, ret_verdict, &vendor);

    if (err == MST_OK && *ret_verdict == MST_DONE)
        err = mst_model_get(tx, vendor.id, model_name, ret_verdict, &model);
    if (err == MST_OK && *ret_verdict == MST_DONE && !(domain->defects & MST_DEFECTIVE_TENANT)) {
        share.model_id = model.id;
        err = mst_tx_get(tx, MST_IX_MODEL_SHARE, &share);
    }
    if (err != MST_OK && err != MST_ENOENT)
        return err;
    if (err == MST_ENOENT || *ret_verdict != MST_DONE) {
        *ret_verdict = MST_NO_SHARE;
        return MST_OK;
    }
    *ret_vendor = vendor;
    *ret_model = model;
    return MST_OK;
}

void mst_lending_veil(const struct mst_row_vendor *borrower, struct mst_bond *bond)
{
    if (borrower && bond->state != MST_STATE_UNLISTED && bond->serial.lent_to != borrower->id)
        *bond = (struct mst_bond){.state = MST_STATE_UNLISTED};
}

void mst_lending_veil_taken(const struct mst_row_vendor *borrower, struct mst_bond *bond)
{
    if (mst_bond_has_client(bond))
        mst_lending_veil(borrower, bond);
}

/* ---- notes ---- */

enum mst_err mst_lending_note(struct mst_tx *tx, struct mst_row_serial *serial, int64_t lent_to)
{
    struct mst_row_lent_serial note = {
        .model_id = serial->model_id, .vendor_id = serial->lent_to, .sn = serial->sn};
    enum mst_err err = MST_OK;

    if (serial->lent_to == lent_to)
        return MST_OK;
    if (serial->lent_to != 0)
        err = mst_tx_delete(tx, MST_TABLE_LENT_SERIAL, &note);
    if (err != MST_OK)
        return err;
    serial->lent_to = note.vendor_id = lent_to;
    if (lent_to != 0)
        err = mst_tx_insert(tx, MST_TABLE_LENT_SERIAL, &note);
    return err != MST_OK ? err
                         : mst_tx_update(tx, MST_TABLE_SERIAL, serial, MST_BIT(serial, lent_to));
}

enum mst_err mst_lending_end_model(struct mst_tx *tx, int64_t model_id)
{
    const struct mst_row_model_share key = {.model_id = model_id};

    return mst_sweep_delete(tx, MST_IX_MODEL_SHARE, &key, 1, MST_TABLE_MODEL_SHARE, sizeof key);
}

static enum mst_err end_note(void *arg, struct mst_tx *tx, const void *row)
{
    const struct mst_row_lent_serial *note = row;
    struct mst_row_serial serial = {
        .model_id = note->model_id, .sn = note->sn, .lent_to = note->vendor_id};

    (void)arg;
    return mst_lending_note(tx, &serial, 0);
}

enum mst_err mst_lending_end_borrower(struct mst_tx *tx, int64_t borrower_id)
{
    const struct mst_row_model_share shares = {.vendor_id = borrower_id};
    const struct mst_row_lent_serial notes = {.vendor_id = borrower_id};
    enum mst_err err = mst_sweep_delete(tx, MST_IX_MODEL_SHARE_VENDOR, &shares, 1,
                                        MST_TABLE_MODEL_SHARE, sizeof shares);

    if (err == MST_OK)
        err = mst_sweep(tx, MST_IX_LENT_SERIAL, &notes, 1, sizeof notes, end_note, NULL);
    return err;
}

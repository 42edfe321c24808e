#include <assert.h>

#include "core/quota.h"

/* The row by the numbers of its fields, all of which are integers. */
union cells {
    struct mst_row_quota row;
    int64_t cell[MST_F_quota_COUNT];
};
_Static_assert(sizeof(struct mst_row_quota) == MST_F_quota_COUNT * sizeof(int64_t),
               "a quota row holds integers only");
_Static_assert(MST_F_quota_lim_xmpp_bucket - MST_F_quota_lim_client + 1 == MST_LIMIT_COUNT,
               "the limits stand together");

const char *const mst_limit_names[MST_LIMIT_COUNT] = {
    "client", "dataport",    "datarule", "disk", "dispatch",   "email", "email_bucket",
    "http",   "http_bucket", "share",    "sms",  "sms_bucket", "xmpp",  "xmpp_bucket",
};

/* Of which uses are counted; the others (daily amounts, buckets, disk) are only kept. */
static const struct {
    enum mst_field_quota limit, use;
} counted[MST_COUNTED_COUNT] = {
    [MST_COUNTED_CLIENT] = {MST_F_quota_lim_client,   MST_F_quota_use_client  },
    [MST_COUNTED_DATAPORT] = {MST_F_quota_lim_dataport, MST_F_quota_use_dataport},
    [MST_COUNTED_DATARULE] = {MST_F_quota_lim_datarule, MST_F_quota_use_datarule},
    [MST_COUNTED_DISPATCH] = {MST_F_quota_lim_dispatch, MST_F_quota_use_dispatch},
    [MST_COUNTED_SHARE] = {MST_F_quota_lim_share,    MST_F_quota_use_share   },
};

enum mst_counted mst_counted_kind(int64_t kind)
{
    static const enum mst_counted kinds[] = {
        [MST_KIND_CLIENT] = MST_COUNTED_CLIENT,
        [MST_KIND_DATAPORT] = MST_COUNTED_DATAPORT,
        [MST_KIND_DATARULE] = MST_COUNTED_DATARULE,
        [MST_KIND_DISPATCH] = MST_COUNTED_DISPATCH,
    };

    assert(kind >= MST_KIND_CLIENT && kind <= MST_KIND_DISPATCH);
    return kinds[kind];
}

void mst_quota_limits(const struct mst_row_quota *quota, int64_t ret_limits[MST_LIMIT_COUNT])
{
    const union cells cells = {.row = *quota};

    for (int i = 0; i < MST_LIMIT_COUNT; i++)
        ret_limits[i] = cells.cell[MST_F_quota_lim_client + i];
}

static enum mst_err load(struct mst_tx *tx, int64_t client_id, union cells *ret_cells)
{
    ret_cells->row = (struct mst_row_quota){.client_id = client_id};
    enum mst_err err = mst_tx_get(tx, MST_IX_QUOTA, &ret_cells->row);

    return err == MST_ENOENT ? MST_ECORRUPT : err;
}

/* What a client draws from its owner for a kind. */
static int64_t drawn(const union cells *cells, enum mst_counted what)
{
    int64_t limit = cells->cell[counted[what].limit];

    return limit == MST_LIMIT_INHERIT ? cells->cell[counted[what].use] : limit;
}

/* Adds amount, which may be negative, to the uses of client_id and upward. */
enum mst_err mst_quota_charge(struct mst_tx *tx, int64_t client_id, enum mst_counted what,
                              int64_t amount, enum mst_verdict *ret_verdict)
{
    *ret_verdict = MST_DONE;
    while (amount != 0 && client_id != 0) {
        struct mst_row_resource owner = {.id = client_id};
        union cells cells;
        enum mst_err err = load(tx, client_id, &cells);

        if (err != MST_OK)
            return err;
        int64_t limit = cells.cell[counted[what].limit];
        int64_t *use = &cells.cell[counted[what].use];
        if (__builtin_add_overflow(*use, amount, use) ||
            (amount > 0 && limit != MST_LIMIT_INHERIT && *use > limit)) {
            *ret_verdict = MST_NO_ROOM;
            return MST_OK;
        }
        err = mst_tx_update(tx, MST_TABLE_QUOTA, &cells.row, UINT64_C(1) << counted[what].use);
        if (err != MST_OK || limit != MST_LIMIT_INHERIT)
            return err;
        err = mst_tx_get(tx, MST_IX_RESOURCE, &owner);
        if (err != MST_OK)
            return err == MST_ENOENT ? MST_ECORRUPT : err;
        client_id = owner.owner_id;
    }
    return MST_OK;
}

enum mst_err mst_quota_create(struct mst_tx *tx, int64_t client_id, int64_t owner_id,
                              const int64_t limits[MST_LIMIT_COUNT], enum mst_verdict *ret_verdict)
{
    union cells cells = {.row = {.client_id = client_id}};
    enum mst_err err = MST_OK;

    *ret_verdict = MST_DONE;
    for (int i = 0; i < MST_LIMIT_COUNT; i++)
        cells.cell[MST_F_quota_lim_client + i] = limits[i];
    for (unsigned what = 0; what < MST_COUNTED_COUNT && err == MST_OK && *ret_verdict == MST_DONE;
         what++)
        err = mst_quota_charge(tx, owner_id, what, drawn(&cells, what), ret_verdict);
    if (err == MST_OK && *ret_verdict == MST_DONE)
        err = mst_tx_insert(tx, MST_TABLE_QUOTA, &cells.row);
    return err;
}

enum mst_err mst_quota_create_root(struct mst_tx *tx, int64_t client_id)
{
    int64_t limits[MST_LIMIT_COUNT];
    enum mst_verdict verdict;

    for (int i = 0; i < MST_LIMIT_COUNT; i++)
        limits[i] = MST_LIMIT_INHERIT;
    return mst_quota_create(tx, client_id, 0, limits, &verdict);
}

/* Of buckets: what was drawn from them is gone for good. */
static enum mst_err check_bucket(struct mst_tx *tx, int64_t client_id, int i, int64_t limit,
                                 enum mst_verdict *ret_verdict)
{
    /* The daily limit, which is counted, stands before its bucket. */
    struct mst_row_consumed drawn_ever = {
        .client_id = client_id, .metric = i - 1, .day = MST_CONSUMED_EVER};
    enum mst_err err;

    if (i != MST_LIMIT_EMAIL_BUCKET && i != MST_LIMIT_HTTP_BUCKET && i != MST_LIMIT_SMS_BUCKET &&
        i != MST_LIMIT_XMPP_BUCKET)
        return MST_OK;
    err = mst_tx_get(tx, MST_IX_CONSUMED, &drawn_ever);
    if (err == MST_OK && limit != MST_LIMIT_INHERIT && limit < drawn_ever.n)
        *ret_verdict = MST_NO_ROOM;
    return err == MST_ENOENT ? MST_OK : err;
}

enum mst_err mst_quota_update(struct mst_tx *tx, const struct mst_row_resource *client,
                              const bool has_limit[MST_LIMIT_COUNT],
                              const int64_t limits[MST_LIMIT_COUNT], enum mst_verdict *ret_verdict)
{
    union cells old, new;
    uint64_t mask = 0;
    enum mst_err err = load(tx, client->id, &old);

    if (err != MST_OK)
        return err;
    new = old;
    *ret_verdict = MST_DONE;
    for (int i = 0; i < MST_LIMIT_COUNT && err == MST_OK; i++) {
        if (has_limit[i]) {
            new.cell[MST_F_quota_lim_client + i] = limits[i];
            mask |= UINT64_C(1) << (MST_F_quota_lim_client + i);
            err = check_bucket(tx, client->id, i, limits[i], ret_verdict);
        }
    }
    for (unsigned what = 0; what < MST_COUNTED_COUNT && err == MST_OK && *ret_verdict == MST_DONE;
         what++) {
        int64_t limit = new.cell[counted[what].limit];
        if (limit != MST_LIMIT_INHERIT && limit < new.cell[counted[what].use])
            *ret_verdict = MST_NO_ROOM;
        else
            err = mst_quota_charge(tx, client->owner_id, what,
                                   drawn(&new, what) - drawn(&old, what), ret_verdict);
    }
    if (err == MST_OK && *ret_verdict == MST_DONE && mask != 0)
        err = mst_tx_update(tx, MST_TABLE_QUOTA, &new.row, mask);
    return err;
}

/* What a resource, with all below it and its n_shares codes, draws from its owner. */
static enum mst_err measure(struct mst_tx *tx, const struct mst_row_resource *resource,
                            int64_t n_shares, int64_t ret_amounts[MST_COUNTED_COUNT])
{
    union cells cells;
    enum mst_err err = MST_OK;

    for (unsigned what = 0; what < MST_COUNTED_COUNT; what++)
        ret_amounts[what] = 0;
    if (resource->kind == MST_KIND_CLIENT)
        err = load(tx, resource->id, &cells);
    for (unsigned what = 0; what < MST_COUNTED_COUNT && err == MST_OK; what++)
        ret_amounts[what] = resource->kind == MST_KIND_CLIENT ? drawn(&cells, what) : 0;
    ret_amounts[mst_counted_kind(resource->kind)]++;
    ret_amounts[MST_COUNTED_SHARE] += n_shares;
    return err;
}

enum mst_err mst_quota_release(struct mst_tx *tx, const struct mst_row_resource *resource,
                               int64_t n_shares)
{
    int64_t amounts[MST_COUNTED_COUNT];
    enum mst_verdict verdict;
    enum mst_err err = measure(tx, resource, n_shares, amounts);

    for (unsigned what = 0; what < MST_COUNTED_COUNT && err == MST_OK; what++)
        err = mst_quota_charge(tx, resource->owner_id, what, -amounts[what], &verdict);
    return err;
}

enum mst_err mst_quota_draw(struct mst_tx *tx, const struct mst_row_resource *resource,
                            int64_t n_shares, int64_t owner_id, enum mst_verdict *ret_verdict)
{
    int64_t amounts[MST_COUNTED_COUNT];
    enum mst_err err = measure(tx, resource, n_shares, amounts);

    *ret_verdict = MST_DONE;
    for (unsigned what = 0; what < MST_COUNTED_COUNT && err == MST_OK && *ret_verdict == MST_DONE;
         what++)
        err = mst_quota_charge(tx, owner_id, what, amounts[what], ret_verdict);
    return err;
}

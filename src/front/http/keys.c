/*
 * POST /muster/v1/keys/<model> and /muster/v1/keys, additions of ours: devices that have a CIK already, in firmware
 * that cannot be changed, keep it here (docs/keys.md). The body is CSV: rows "sn,cik", or without a model
 * "rid,cik". The query may say replace=true, and owner=RID for serial numbers that have no client yet.
 * All keys are in force when 200 is answered, or none is; X-Muster-Refused then says which row and why, counted
 * from 1, or from the number that the query calls from. What the row holds is not told again.
 */
#include "core/import.h"
#include "front/http/handlers.h"
#include "front/http/params.h"
#include "front/http/points.h"
#include "wire/csv.h"

enum { MODEL_PATH_SEGMENTS = 4, FROM_MAX = 1000000000 };

struct row {
    struct mst_span name, cik; /* name: serial number or RID */
};

struct work {
    struct row *rows;
    size_t n_rows;
    int64_t from; /* the number of the first row */
    struct mst_span owner;
    bool is_replacing;
    struct mst_points_found points; /* with an owner: those that each one enabled gets */
    int64_t *clones;                /* that were enabled, */
    size_t n_clones, n_copied;      /* and how many have their points */
};

/* Keys lie in the body too. */
static void wipe_body(struct mst_exchange *x)
{
    mst_buf_wipe(&x->body);
}

static const char *reason_of(enum mst_verdict verdict)
{
    static const char *const reasons[MST_VERDICT_COUNT] = {
        [MST_BAD_VALUE] = "the key is not 40 digits 0-9a-f",
        [MST_NO_SERIAL] = "no such serial number of this model",
        [MST_NOT_FOUND] = "it is no client below the caller",
        [MST_HAS_NO_CLIENT] = "it was never added to an owner: say which with owner",
        [MST_ORPHANED] = "its client was dropped: give an owner",
        [MST_ACTIVATED] = "it has a key in force: say replace if that one shall end",
        [MST_EXISTS] = "another client has this key",
        [MST_NO_OWNER] = "the owner does not exist, or is not below the vendor",
        [MST_NO_ROOM] = "the owner has no room for one more client, or its points are too many",
        [MST_NO_TEMPLATE] = "the template of the model was dropped",
    };

    return reasons[verdict] ? reasons[verdict] : "refused";
}

static bool has_model(const struct mst_exchange *x)
{
    return x->n_segments == MODEL_PATH_SEGMENTS;
}

static enum mst_err refuse_row(struct mst_exchange *x, size_t i, unsigned status, const char *why)
{
    const struct work *work = x->work;

    return mst_exchange_refuse_because(x, status, "row %lld: %s",
                                       (long long)work->from + (long long)i, why);
}

static enum mst_err read_rows(struct mst_exchange *x, struct work *work)
{
    struct mst_csv csv = mst_csv_of(mst_buf_span(&x->body));
    struct mst_span columns[2];
    size_t line, max = work->owner.len > 0 ? MST_KEYS_OWNED_MAX : MST_KEYS_MAX;
    enum mst_err err;

    work->rows = mst_arena_array(&x->arena, max, sizeof *work->rows);
    if (!work->rows)
        return MST_ENOMEM;
    while ((err = mst_csv_row(&csv, &x->arena, columns, 2, &line)) == MST_OK) {
        if (work->n_rows == max)
            return mst_exchange_refuse_with(x, 413);
        if (!mst_name_is_sn(columns[0])) /* a RID has that form too */
            return refuse_row(x, work->n_rows, 400, "it names nothing");
        work->rows[work->n_rows++] = (struct row){columns[0], columns[1]};
    }
    if (err == MST_ESYNTAX)
        return refuse_row(x, work->n_rows, 400, "it is no CSV");
    if (err == MST_ENOENT && work->n_rows == 0)
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    return err == MST_ENOENT ? MST_OK : err;
}

enum mst_err mst_keys_prepare(struct mst_exchange *x, struct mst_tx *tx)
{
    struct work *work = mst_arena_alloc(&x->arena, sizeof *work);
    struct mst_form query;
    enum mst_err err = mst_exchange_query(x, &query);

    x->release = wipe_body;
    if (!work)
        return MST_ENOMEM;
    if (err != MST_OK)
        return err;
    x->work = work;
    work->owner = mst_form_value(&query, "owner");
    work->is_replacing = mst_form_true(&query, "replace");
    work->from = 1;
    if (!mst_param_int(&query, "from", &work->from) || work->from < 1 || work->from > FROM_MAX)
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    err = read_rows(x, work);
    if (err != MST_OK || work->owner.len == 0 || !has_model(x))
        return err;
    work->clones = mst_arena_array(&x->arena, work->n_rows, sizeof *work->clones);
    return work->clones ? mst_points_find(x, tx, &work->points) : MST_ENOMEM;
}

static enum mst_err look_again(struct mst_exchange *x, struct mst_tx *tx)
{
    struct work *work = x->work;
    enum mst_err err = mst_points_find(x, tx, &work->points);

    return err == MST_OK ? mst_exchange_go(x, MST_STATE, mst_guard, mst_keys_post) : err;
}

static enum mst_err bring_to_client(struct mst_exchange *x, struct mst_tx *tx, struct mst_span rid,
                                    const struct mst_brought_key *key,
                                    enum mst_verdict *ret_verdict)
{
    struct mst_row_resource client;
    bool is_below;
    enum mst_err err = mst_access_client_below(mst_exchange_domain(x), tx, x->manager.client_id,
                                               rid, &is_below, &client);

    *ret_verdict = MST_NOT_FOUND;
    if (err != MST_OK || !is_below)
        return err;
    return mst_import_client_key(mst_exchange_domain(x), tx, &client, key, ret_verdict);
}

static enum mst_err bring_to_serial(struct mst_exchange *x, struct mst_tx *tx, struct mst_span sn,
                                    const struct mst_brought_key *key,
                                    enum mst_verdict *ret_verdict)
{
    struct work *work = x->work;
    int64_t clone_id;
    enum mst_err err = mst_import_serial_key(mst_exchange_domain(x), tx, &x->manager.vendor,
                                             &x->model, sn, key, ret_verdict, &clone_id);

    if (err != MST_OK || *ret_verdict != MST_DONE || clone_id == 0)
        return err;
    if (work->points.n_points > MST_CLONE_POINTS_MAX)
        *ret_verdict = MST_NO_ROOM;
    work->clones[work->n_clones++] = clone_id;
    return MST_OK;
}

/* After the commit, one clone after the other. */
static enum mst_err copy_points(struct mst_exchange *x, struct mst_tx *tx)
{
    struct work *work = x->work;

    (void)tx;
    if (work->points.n_points > 0 && work->n_copied < work->n_clones)
        return mst_points_copy(x, work->clones[work->n_copied++], MST_NOWHERE, copy_points);
    (void)mst_buf_addf(&x->reply, "{\"keys\":%zu}", work->n_rows);
    return mst_exchange_answer(x, 200, MST_TYPE_JSON);
}

enum mst_err mst_keys_post(struct mst_exchange *x, struct mst_tx *tx)
{
    struct work *work = x->work;

    if (work->clones && mst_points_are_stale(x, &work->points)) {
        (void)mst_exchange_go(x, MST_READ, mst_guard, look_again);
        return MST_EREFUSED;
    }
    if (work->points.n_points == 0)
        x->model.options |= MST_MODEL_NOHISTORICAL;
    work->n_clones = 0;
    for (size_t i = 0; i < work->n_rows; i++) {
        const struct row *row = &work->rows[i];
        const struct mst_brought_key key = {.cik = row->cik,
                                            .owner = work->owner,
                                            .is_replacing = work->is_replacing,
                                            .attempt = x->attempt};
        enum mst_verdict verdict;
        enum mst_err err = has_model(x) ? bring_to_serial(x, tx, row->name, &key, &verdict)
                                        : bring_to_client(x, tx, row->name, &key, &verdict);

        if (err != MST_OK)
            return err;
        x->verdict = verdict;
        if (verdict != MST_DONE)
            return refuse_row(x, i, mst_outcome_status(x->route->family, verdict),
                              reason_of(verdict));
    }
    return mst_exchange_go(x, MST_NOWHERE, NULL, copy_points);
}

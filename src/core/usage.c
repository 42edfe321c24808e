#include "core/usage.h"
#include "core/sweep.h"
#include "core/walk.h"

enum { DAY_S = 86400, PAGE = 256 };

/* ---- consuming ---- */

enum mst_err mst_usage_consume(struct mst_tx *tx, int64_t client_id, enum mst_limit metric,
                               int64_t day)
{
    struct mst_row_consumed row = {.client_id = client_id, .metric = metric, .day = day};
    enum mst_err err = mst_tx_get(tx, MST_IX_CONSUMED, &row);

    if (err != MST_OK && err != MST_ENOENT)
        return err;
    row.n = err == MST_OK ? row.n + 1 : 1;
    return err == MST_OK ? mst_tx_update(tx, MST_TABLE_CONSUMED, &row, MST_BIT(consumed, n))
                         : mst_tx_insert(tx, MST_TABLE_CONSUMED, &row);
}

enum mst_err mst_usage_send(struct mst_tx *tx, int64_t client_id, enum mst_limit metric,
                            int64_t day)
{
    struct mst_row_consumed row = {.client_id = client_id, .metric = MST_CONSUMED_OWN(metric)};
    enum mst_err err = mst_tx_last(tx, MST_IX_CONSUMED, 2, &row);

    if (err == MST_OK && row.day == day) {
        row.n++;
        return mst_tx_update(tx, MST_TABLE_CONSUMED, &row, MST_BIT(consumed, n));
    }
    if (err == MST_OK)
        err = mst_tx_delete(tx, MST_TABLE_CONSUMED, &row);
    if (err != MST_OK && err != MST_ENOENT)
        return err;
    row.day = day;
    row.n = 1;
    return mst_tx_insert(tx, MST_TABLE_CONSUMED, &row);
}

enum mst_err mst_usage_sent(struct mst_tx *tx, int64_t client_id, enum mst_limit metric,
                            int64_t *ret_n)
{
    struct mst_row_consumed row = {.client_id = client_id,
                                   .metric = MST_CONSUMED_OWN(metric),
                                   .day = mst_tx_wall_now(tx) / DAY_S};
    enum mst_err err = mst_tx_get(tx, MST_IX_CONSUMED, &row);

    if (err == MST_OK || err == MST_ENOENT)
        *ret_n = err == MST_OK ? row.n : 0;
    return err == MST_ENOENT ? MST_OK : err;
}

enum mst_err mst_usage_share(struct mst_tx *tx, int64_t client_id)
{
    const int64_t today = mst_tx_wall_now(tx) / DAY_S;
    struct mst_row_resource at = {.owner_id = client_id};
    enum mst_err err = MST_OK;

    while (err == MST_OK && at.owner_id != 0) {
        at.id = at.owner_id;
        err = mst_usage_consume(tx, at.id, MST_LIMIT_SHARE, today);
        if (err == MST_OK)
            err = mst_tx_get(tx, MST_IX_RESOURCE, &at);
    }
    return err == MST_ENOENT ? MST_ECORRUPT : err;
}

/* ---- notes of what was dropped ---- */

struct forgotten {
    int64_t before;
    int64_t ids[2];
    size_t n_ids;
};

static enum mst_err note_forgotten(void *arg, const void *row)
{
    const struct mst_row_past_resource *past = row;
    struct forgotten *forgotten = arg;

    if (past->dropped >= forgotten->before)
        return MST_EREFUSED;
    forgotten->ids[forgotten->n_ids++] = past->id;
    return MST_OK;
}

/* Two for each that is added: notes cannot outnumber those of MST_USAGE_KEEP_S for long. */
static enum mst_err forget(struct mst_tx *tx, const struct mst_row_past_resource *added)
{
    const struct mst_scan scan = {
        .index = MST_IX_PAST_RESOURCE_OF, .key = added, .n_fixed = 2, .limit = 2};
    struct forgotten forgotten = {.before = added->dropped - MST_USAGE_KEEP_S};
    enum mst_err err = mst_tx_scan(tx, &scan, note_forgotten, &forgotten);

    for (size_t i = 0; i < forgotten.n_ids && err == MST_OK; i++) {
        const struct mst_row_past_resource past = {.id = forgotten.ids[i]};

        err = mst_tx_delete(tx, MST_TABLE_PAST_RESOURCE, &past);
    }
    return err;
}

enum mst_err mst_usage_end(struct mst_tx *tx, const struct mst_row_resource *resource,
                           int64_t survivor_id)
{
    struct mst_row_past_resource past = {
        .client_id = survivor_id, .kind = resource->kind, .dropped = mst_tx_wall_now(tx)};
    enum mst_err err;

    if (resource->created >= past.dropped)
        return MST_OK;
    err = mst_tx_last(tx, MST_IX_PAST_RESOURCE_OF, 3, &past);
    if (err == MST_OK && past.created == resource->created) {
        past.n++;
        return mst_tx_update(tx, MST_TABLE_PAST_RESOURCE, &past, MST_BIT(past_resource, n));
    }
    if (err != MST_OK && err != MST_ENOENT)
        return err;
    past.id = 0;
    past.created = resource->created;
    past.n = 1;
    err = mst_tx_insert(tx, MST_TABLE_PAST_RESOURCE, &past);
    return err == MST_OK ? forget(tx, &past) : err;
}

static enum mst_err inherit(void *arg, struct mst_tx *tx, const void *row)
{
    struct mst_row_past_resource past = *(const struct mst_row_past_resource *)row;

    past.client_id = *(const int64_t *)arg;
    return mst_tx_update(tx, MST_TABLE_PAST_RESOURCE, &past, MST_BIT(past_resource, client_id));
}

enum mst_err mst_usage_end_client(struct mst_tx *tx, int64_t client_id, int64_t survivor_id)
{
    const struct mst_row_past_resource past = {.client_id = client_id};
    const struct mst_row_consumed consumed = {.client_id = client_id};
    enum mst_err err =
        mst_sweep(tx, MST_IX_PAST_RESOURCE_OF, &past, 1, sizeof past, inherit, &survivor_id);

    return err != MST_OK ? err
                         : mst_sweep_delete(tx, MST_IX_CONSUMED, &consumed, 1, MST_TABLE_CONSUMED,
                                            sizeof consumed);
}

/* ---- counting ---- */

struct tally {
    int64_t kind, start, end;
    int64_t seconds;
    size_t n_seen;
    int64_t last_id;
};

static void add_span(struct tally *tally, int64_t from, int64_t to, int64_t n)
{
    from = from > tally->start ? from : tally->start;
    to = to < tally->end ? to : tally->end;
    if (from < to)
        tally->seconds += n * (to - from);
}

static enum mst_err add_living(void *arg, const void *row)
{
    const struct mst_row_resource *resource = row;
    struct tally *tally = arg;

    if (tally->n_seen++ == MST_USAGE_LOOK_MAX)
        return MST_EFULL;
    tally->last_id = resource->id;
    add_span(tally, resource->created, tally->end, 1);
    return MST_OK;
}

static enum mst_err add_past(void *arg, const void *row)
{
    const struct mst_row_past_resource *past = row;
    struct tally *tally = arg;

    if (tally->n_seen++ == MST_USAGE_LOOK_MAX)
        return MST_EFULL;
    add_span(tally, past->created, past->dropped, past->n);
    return MST_OK;
}

static enum mst_err add_children(struct tally *tally, struct mst_tx *tx, int64_t client_id)
{
    struct mst_row_resource key = {.owner_id = client_id, .kind = tally->kind};
    const struct mst_scan scan = {.index = MST_IX_RESOURCE_OWNER,
                                  .key = &key,
                                  .n_fixed = 2,
                                  .has_after = true,
                                  .limit = PAGE};
    size_t n_before;
    enum mst_err err;

    tally->last_id = 0;
    do {
        const struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));

        n_before = tally->n_seen;
        key.id = tally->last_id;
        err = mst_tx_scan(tx, &scan, add_living, tally);
        mst_arena_rewind(mst_tx_arena(tx), mark);
    } while (err == MST_OK && tally->n_seen == n_before + PAGE);
    return err;
}

static enum mst_err add_client(void *arg, struct mst_tx *tx, int64_t client_id, unsigned depth)
{
    struct tally *tally = arg;
    const struct mst_row_past_resource key = {
        .client_id = client_id, .kind = tally->kind, .dropped = tally->start};
    const struct mst_scan scan = {
        .index = MST_IX_PAST_RESOURCE_OF, .key = &key, .n_fixed = 2, .has_after = true};
    enum mst_err err = add_children(tally, tx, client_id);

    (void)depth;
    return err == MST_OK ? mst_tx_scan(tx, &scan, add_past, tally) : err;
}

enum mst_err mst_usage_seconds(struct mst_tx *tx, int64_t client_id, enum mst_kind kind,
                               int64_t start, int64_t end, enum mst_verdict *ret_verdict,
                               int64_t *ret_seconds)
{
    const int64_t now = mst_tx_wall_now(tx);
    struct tally tally = {.kind = kind, .start = start, .end = end < now ? end : now};
    enum mst_err err = mst_walk_clients(tx, client_id, MST_USAGE_LOOK_MAX, add_client, &tally);

    if (err != MST_OK && err != MST_EFULL)
        return err;
    *ret_verdict = err == MST_OK ? MST_DONE : MST_NO_ROOM;
    if (err == MST_OK)
        *ret_seconds = tally.seconds;
    return MST_OK;
}

struct amount {
    int64_t last_day, n;
};

static enum mst_err add_day(void *arg, const void *row)
{
    const struct mst_row_consumed *consumed = row;
    struct amount *amount = arg;

    if (consumed->day > amount->last_day)
        return MST_EREFUSED;
    amount->n += consumed->n;
    return MST_OK;
}

enum mst_err mst_usage_consumed(struct mst_tx *tx, int64_t client_id, int64_t metric, int64_t start,
                                int64_t end, int64_t *ret_n)
{
    const struct mst_row_consumed key = {
        .client_id = client_id, .metric = metric, .day = start / DAY_S - 1};
    const struct mst_scan scan = {
        .index = MST_IX_CONSUMED, .key = &key, .n_fixed = 2, .has_after = true};
    struct amount amount = {.last_day = (end - 1) / DAY_S};
    enum mst_err err = start < end ? mst_tx_scan(tx, &scan, add_day, &amount) : MST_OK;

    if (err == MST_OK)
        *ret_n = amount.n;
    return err;
}

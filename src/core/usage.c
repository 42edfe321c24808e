#include "core/usage.h"
#include "core/sweep.h"

enum { DAY_S = 86400 };

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

enum mst_err mst_usage_today(struct mst_tx *tx, int64_t client_id, int64_t metric, int64_t *ret_n)
{
    struct mst_row_consumed row = {
        .client_id = client_id, .metric = metric, .day = mst_tx_wall_now(tx) / DAY_S};
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

void mst_usage_of_resources(struct mst_tx *tx, int64_t client_id, enum mst_kind kind, int64_t start,
                            int64_t end, struct mst_usage *ret_usage)
{
    const int64_t now = mst_tx_wall_now(tx);

    *ret_usage = (struct mst_usage){.what = kind, .start = start, .end = end < now ? end : now};
    mst_walk_begin(&ret_usage->walk, client_id, MST_USAGE_LOOK_MAX);
}

void mst_usage_of_amount(int64_t client_id, int64_t metric, int64_t start, int64_t end,
                         struct mst_usage *ret_usage)
{
    *ret_usage = (struct mst_usage){.what = metric,
                                    .start = start,
                                    .end = end,
                                    .stage = MST_USAGE_DAYS,
                                    .client_id = client_id,
                                    .after = start / DAY_S - 1,
                                    .is_whole = start >= end};
}

static void add_span(struct mst_usage *usage, int64_t from, int64_t to, int64_t n)
{
    from = from > usage->start ? from : usage->start;
    to = to < usage->end ? to : usage->end;
    if (from < to)
        usage->n += n * (to - from);
}

static enum mst_err add_living(void *arg, const void *row)
{
    const struct mst_row_resource *resource = row;
    struct mst_usage *usage = arg;

    if (usage->n_seen++ == MST_USAGE_LOOK_MAX)
        return MST_EFULL;
    usage->after = resource->id;
    add_span(usage, resource->created, usage->end, 1);
    return MST_OK;
}

/* Notes of the same second are told apart by their order alone. */
static enum mst_err add_past(void *arg, const void *row)
{
    const struct mst_row_past_resource *past = row;
    struct mst_usage *usage = arg;

    if (usage->n_seen++ == MST_USAGE_LOOK_MAX)
        return MST_EFULL;
    if (past->dropped != usage->after + 1)
        usage->n_same = 0;
    usage->after = past->dropped - 1;
    usage->n_same++;
    add_span(usage, past->created, past->dropped, past->n);
    return MST_OK;
}

static enum mst_err add_day(void *arg, const void *row)
{
    const struct mst_row_consumed *consumed = row;
    struct mst_usage *usage = arg;

    if (consumed->day > (usage->end - 1) / DAY_S) {
        usage->is_whole = true;
        return MST_EREFUSED;
    }
    usage->after = consumed->day;
    usage->n += consumed->n;
    return MST_OK;
}

static enum mst_err go_to_next_client(struct mst_tx *tx, struct mst_turn *turn,
                                      struct mst_usage *usage)
{
    const size_t n_bytes = usage->walk.n_bytes;
    unsigned depth;
    enum mst_err err = mst_walk_next(tx, &usage->walk, &usage->client_id, &depth);

    if (err != MST_OK)
        return err;
    mst_turn_take(turn, 1, usage->walk.n_bytes - n_bytes);
    usage->is_whole = usage->client_id == 0;
    usage->after = 0;
    usage->stage = MST_USAGE_LIVING;
    return MST_OK;
}

static enum mst_err count_living(struct mst_tx *tx, struct mst_turn *turn, struct mst_usage *usage)
{
    const struct mst_row_resource key = {
        .owner_id = usage->client_id, .kind = usage->what, .id = usage->after};
    const struct mst_scan scan = {
        .index = MST_IX_RESOURCE_OWNER, .key = &key, .n_fixed = 2, .has_after = true};
    bool is_whole;
    enum mst_err err = mst_turn_scan(tx, turn, &scan, add_living, usage, &is_whole);

    if (err != MST_OK || !is_whole)
        return err;
    usage->stage = MST_USAGE_PAST;
    usage->after = usage->start;
    usage->n_same = 0;
    return MST_OK;
}

static enum mst_err count_past(struct mst_tx *tx, struct mst_turn *turn, struct mst_usage *usage)
{
    const struct mst_row_past_resource key = {
        .client_id = usage->client_id, .kind = usage->what, .dropped = usage->after};
    const struct mst_scan scan = {.index = MST_IX_PAST_RESOURCE_OF,
                                  .key = &key,
                                  .n_fixed = 2,
                                  .has_after = true,
                                  .offset = usage->n_same};
    bool is_whole;
    enum mst_err err = mst_turn_scan(tx, turn, &scan, add_past, usage, &is_whole);

    if (err == MST_OK && is_whole)
        usage->stage = MST_USAGE_NEXT_CLIENT;
    return err;
}

static enum mst_err count_days(struct mst_tx *tx, struct mst_turn *turn, struct mst_usage *usage)
{
    const struct mst_row_consumed key = {
        .client_id = usage->client_id, .metric = usage->what, .day = usage->after};
    const struct mst_scan scan = {
        .index = MST_IX_CONSUMED, .key = &key, .n_fixed = 2, .has_after = true};
    bool is_whole;
    enum mst_err err = mst_turn_scan(tx, turn, &scan, add_day, usage, &is_whole);

    if (err == MST_OK && is_whole)
        usage->is_whole = true;
    return err;
}

enum mst_err mst_usage_count(struct mst_tx *tx, struct mst_turn *turn, struct mst_usage *usage,
                             enum mst_verdict *ret_verdict)
{
    static enum mst_err (*const stages[])(struct mst_tx *, struct mst_turn *,
                                          struct mst_usage *) = {
        [MST_USAGE_NEXT_CLIENT] = go_to_next_client,
        [MST_USAGE_LIVING] = count_living,
        [MST_USAGE_PAST] = count_past,
        [MST_USAGE_DAYS] = count_days,
    };
    enum mst_err err = MST_OK;

    while (err == MST_OK && !usage->is_whole && !mst_turn_is_over(turn))
        err = stages[usage->stage](tx, turn, usage);
    if (err != MST_OK && err != MST_EFULL)
        return err;
    *ret_verdict = err == MST_OK ? MST_DONE : MST_NO_ROOM;
    return MST_OK;
}

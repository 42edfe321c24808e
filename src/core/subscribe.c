/*
 * A source that is not there yet (it comes later in a file that is being imported) has no row number.
 * Until it comes its subscribers wait under a negative one, made of its RID; when it comes,
 * their details decide.
 */
#include "core/subscribe.h"
#include "core/detail.h"
#include "core/share.h"
#include "core/sweep.h"

/* ---- one subscription ---- */

enum mst_err mst_subscribe_is_own(struct mst_tx *tx, const struct mst_row_resource *source,
                                  const struct mst_row_resource *target, bool *ret_is_own)
{
    enum mst_err err = MST_OK;

    *ret_is_own = source->owner_id == target->owner_id;
    if (!*ret_is_own)
        err = mst_access_is_within(tx, target->owner_id, source->owner_id, ret_is_own);
    return err != MST_OK || *ret_is_own
               ? err
               : mst_access_is_within(tx, source->owner_id, target->owner_id, ret_is_own);
}

enum mst_err mst_subscribe_may(struct mst_tx *tx, const struct mst_row_resource *source,
                               const struct mst_row_resource *target, bool *ret_may)
{
    enum mst_err err;

    *ret_may = source->is_public || source->owner_id == target->owner_id;
    if (*ret_may)
        return MST_OK;
    err = mst_access_is_within(tx, target->owner_id, source->owner_id, ret_may);
    return err != MST_OK || *ret_may
               ? err
               : mst_share_is_active(tx, target->owner_id, source->id, ret_may);
}

/* The source, if it is still there, knows how many subscribers it has. */
static enum mst_err count(struct mst_tx *tx, int64_t source_id, int64_t by)
{
    struct mst_row_resource source = {.id = source_id};
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &source);

    if (err != MST_OK)
        return err == MST_ENOENT ? MST_OK : err;
    source.n_subscribers += by;
    return mst_tx_update(tx, MST_TABLE_RESOURCE, &source, MST_BIT(resource, n_subscribers));
}

enum mst_err mst_subscribe_end(struct mst_tx *tx, int64_t target_id)
{
    struct mst_row_subscription row = {.target_id = target_id};
    enum mst_err err = mst_tx_get(tx, MST_IX_SUBSCRIPTION_TARGET, &row);

    if (err != MST_OK)
        return err == MST_ENOENT ? MST_OK : err;
    err = mst_tx_delete(tx, MST_TABLE_SUBSCRIPTION, &row);
    return err == MST_OK ? count(tx, row.source_id, -1) : err;
}

static enum mst_err begin(struct mst_tx *tx, int64_t source_id, int64_t target_id)
{
    struct mst_row_subscription row = {.source_id = source_id, .target_id = target_id};
    enum mst_err err = mst_tx_insert(tx, MST_TABLE_SUBSCRIPTION, &row);

    return err == MST_OK ? count(tx, source_id, 1) : err;
}

/* ---- the tree ---- */

/* From source up: how many levels, and does target stand among them? */
static enum mst_err climb(struct mst_tx *tx, int64_t source_id, int64_t target_id,
                          unsigned *ret_depth, int64_t *ret_top_id, bool *ret_is_met)
{
    struct mst_row_subscription row = {.source_id = source_id};
    unsigned depth = 0;
    enum mst_err err = MST_OK;

    do {
        depth++;
        *ret_is_met = row.source_id == target_id;
        *ret_top_id = row.target_id = row.source_id;
        if (!*ret_is_met && depth <= MST_FLOW_DEPTH_MAX)
            err = mst_tx_get(tx, MST_IX_SUBSCRIPTION_TARGET, &row);
    } while (err == MST_OK && !*ret_is_met && depth <= MST_FLOW_DEPTH_MAX);
    *ret_depth = depth;
    return err == MST_ENOENT ? MST_OK : err;
}

struct level {
    int64_t ids[MST_FLOW_TREE_MAX];
    size_t n;
};

static enum mst_err note_target(void *arg, const void *row)
{
    struct level *all = arg;

    if (all->n == MST_FLOW_TREE_MAX)
        return MST_EREFUSED;
    all->ids[all->n++] = ((const struct mst_row_subscription *)row)->target_id;
    return MST_OK;
}

/* What hangs below top, itself counted, and in how many levels. Counting ends at the maximum. */
static enum mst_err measure(struct mst_tx *tx, int64_t top_id, size_t *ret_n, unsigned *ret_levels)
{
    struct level all = {.ids = {top_id}, .n = 1};
    unsigned levels = 0;
    enum mst_err err = MST_OK;

    for (size_t at = 0; at < all.n && err == MST_OK; levels++) {
        for (const size_t end = all.n; at < end && err == MST_OK; at++) {
            const struct mst_row_subscription key = {.source_id = all.ids[at]};
            const struct mst_scan scan = {.index = MST_IX_SUBSCRIPTION,
                                          .key = &key,
                                          .n_fixed = 1,
                                          .limit = MST_FLOW_TREE_MAX};

            err = mst_tx_scan(tx, &scan, note_target, &all);
        }
    }
    *ret_n = all.n;
    *ret_levels = levels;
    return err;
}

/* How many may hang together with target. Strangers leave room for the owner of the top. */
static enum mst_err find_max(struct mst_tx *tx, int64_t top_id, int64_t target_id, size_t *ret_max)
{
    struct mst_row_resource top = {.id = top_id}, target = {.id = target_id};
    bool is_own = true;
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &top);

    if (err == MST_OK)
        err = mst_tx_get(tx, MST_IX_RESOURCE, &target);
    if (err == MST_OK)
        err = mst_subscribe_is_own(tx, &top, &target, &is_own);
    *ret_max = is_own ? MST_FLOW_TREE_MAX : MST_FLOW_FOREIGN_MAX;
    return err == MST_ENOENT ? MST_OK : err; /* the top was dropped */
}

/* target does not subscribe to anything at this moment. */
static enum mst_err judge(struct mst_tx *tx, int64_t source_id, int64_t target_id,
                          enum mst_verdict *ret_verdict)
{
    size_t n_above, n_below, max;
    unsigned depth, levels_above, levels_below;
    int64_t top_id;
    bool is_met;
    enum mst_err err = climb(tx, source_id, target_id, &depth, &top_id, &is_met);

    *ret_verdict = is_met ? MST_NESTED : MST_NO_ROOM;
    if (err != MST_OK || is_met || depth >= MST_FLOW_DEPTH_MAX)
        return err;
    err = find_max(tx, top_id, target_id, &max);
    if (err == MST_OK)
        err = measure(tx, top_id, &n_above, &levels_above);
    if (err == MST_OK)
        err = measure(tx, target_id, &n_below, &levels_below);
    if (err == MST_OK && depth + levels_below <= MST_FLOW_DEPTH_MAX && n_above + n_below <= max)
        *ret_verdict = MST_DONE;
    return err;
}

/* Refused, it is as it was. */
static enum mst_err replace(struct mst_tx *tx, int64_t source_id, int64_t target_id,
                            enum mst_verdict *ret_verdict)
{
    struct mst_row_subscription old = {.target_id = target_id};
    enum mst_err err = mst_tx_get(tx, MST_IX_SUBSCRIPTION_TARGET, &old);
    const bool has_old = err == MST_OK;

    if (has_old)
        err = mst_subscribe_end(tx, target_id);
    if (err == MST_OK || err == MST_ENOENT)
        err = judge(tx, source_id, target_id, ret_verdict);
    if (err == MST_OK && *ret_verdict == MST_DONE)
        return begin(tx, source_id, target_id);
    return err == MST_OK && has_old ? begin(tx, old.source_id, target_id) : err;
}

/* ---- by the detail ---- */

/* MST_DONE with source.id 0: it names none. */
static enum mst_err find_source(const struct mst_domain *domain, struct mst_tx *tx,
                                const struct mst_row_resource *target, struct mst_span *ret_rid,
                                enum mst_verdict *ret_verdict, struct mst_row_resource *ret_source)
{
    struct mst_detail detail;
    enum mst_err err = mst_detail_read(mst_tx_arena(tx), target->detail, &detail);

    if (err != MST_OK)
        return err;
    *ret_rid = detail.subscribe;
    *ret_source = (struct mst_row_resource){0};
    *ret_verdict = MST_DONE;
    if (detail.subscribe.len > 0)
        err = mst_access_rid(domain, tx, detail.subscribe, ret_verdict, ret_source);
    if (err == MST_OK && *ret_verdict == MST_DONE && ret_source->kind == MST_KIND_CLIENT)
        *ret_verdict = MST_BAD_VALUE;
    return err;
}

enum mst_err mst_subscribe(const struct mst_domain *domain, struct mst_tx *tx,
                           const struct mst_row_resource *target, enum mst_verdict *ret_verdict)
{
    struct mst_row_resource source;
    struct mst_span rid;
    bool may = false;
    enum mst_err err = find_source(domain, tx, target, &rid, ret_verdict, &source);

    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    if (source.id == 0)
        return mst_subscribe_end(tx, target->id);
    err = mst_subscribe_may(tx, &source, target, &may);
    if (err == MST_OK && !may)
        *ret_verdict = MST_RESTRICTED;
    return err == MST_OK && may ? replace(tx, source.id, target->id, ret_verdict) : err;
}

enum mst_err mst_subscribe_copy(const struct mst_domain *domain, struct mst_tx *tx,
                                const struct mst_row_resource *target,
                                enum mst_verdict *ret_verdict)
{
    struct mst_row_resource source;
    struct mst_span rid;
    enum mst_err err = find_source(domain, tx, target, &rid, ret_verdict, &source);

    if (err == MST_OK && *ret_verdict == MST_DONE && source.id != 0)
        err = replace(tx, source.id, target->id, ret_verdict);
    if (err == MST_OK && *ret_verdict != MST_NO_ROOM)
        *ret_verdict = MST_DONE;
    return err;
}

/* ---- from elsewhere ---- */

/* FNV-1a, made negative. */
static int64_t waiting_id(struct mst_span rid)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < rid.len; i++)
        hash = (hash ^ (unsigned char)rid.ptr[i]) * UINT64_C(1099511628211);
    return -(int64_t)(hash >> 2) - 1;
}

static enum mst_err wait_for(struct mst_tx *tx, struct mst_span rid, int64_t target_id)
{
    struct mst_row_subscription row = {.source_id = waiting_id(rid), .target_id = target_id};

    return mst_tx_insert(tx, MST_TABLE_SUBSCRIPTION, &row);
}

struct arrival {
    const struct mst_domain *domain;
    enum mst_verdict verdict; /* the first refusal */
};

static enum mst_err settle_waiting(void *arg, struct mst_tx *tx, const void *row)
{
    const struct mst_row_subscription *waiting = row;
    struct mst_row_resource target = {.id = waiting->target_id};
    struct arrival *arrival = arg;
    enum mst_verdict verdict = MST_DONE;
    enum mst_err err = mst_tx_delete(tx, MST_TABLE_SUBSCRIPTION, waiting);

    if (err == MST_OK)
        err = mst_tx_get(tx, MST_IX_RESOURCE, &target);
    if (err == MST_OK)
        err = mst_subscribe_copy(arrival->domain, tx, &target, &verdict);
    if (err == MST_OK && verdict != MST_DONE)
        arrival->verdict = verdict;
    return err == MST_ENOENT ? MST_OK : err;
}

enum mst_err mst_subscribe_import(const struct mst_domain *domain, struct mst_tx *tx,
                                  const struct mst_row_resource *target,
                                  enum mst_verdict *ret_verdict)
{
    struct arrival arrival = {.domain = domain, .verdict = MST_DONE};
    struct mst_row_subscription key = {0};
    struct mst_row_resource source;
    struct mst_handle own;
    struct mst_span rid;
    enum mst_err err = find_source(domain, tx, target, &rid, ret_verdict, &source);

    if (err == MST_OK && *ret_verdict == MST_NOT_FOUND)
        err = wait_for(tx, rid, target->id);
    else if (err == MST_OK)
        err = mst_subscribe_copy(domain, tx, target, &arrival.verdict);
    if (err == MST_OK)
        err = mst_domain_rid(domain, target, &own);
    if (err == MST_OK) {
        key.source_id = waiting_id(mst_handle_span(&own));
        err = mst_sweep(tx, MST_IX_SUBSCRIPTION, &key, 1, sizeof key, settle_waiting, &arrival);
    }
    *ret_verdict = arrival.verdict;
    return err;
}

/* ---- looking ---- */

struct listing {
    struct mst_tx *tx;
    enum mst_err (*each)(void *arg, const struct mst_row_resource *target);
    void *arg;
};

static enum mst_err tell_target(void *arg, const void *row)
{
    struct mst_row_resource target = {.id = ((const struct mst_row_subscription *)row)->target_id};
    const struct listing *listing = arg;
    struct mst_arena *arena = mst_tx_arena(listing->tx);
    const struct mst_arena_mark mark = mst_arena_mark(arena);
    enum mst_err err = mst_tx_get(listing->tx, MST_IX_RESOURCE, &target);

    if (err == MST_OK)
        err = listing->each(listing->arg, &target);
    mst_arena_rewind(arena, mark);
    return err;
}

enum mst_err mst_subscribe_list(struct mst_tx *tx, int64_t source_id,
                                enum mst_err (*each)(void *arg,
                                                     const struct mst_row_resource *target),
                                void *arg)
{
    const struct mst_row_subscription key = {.source_id = source_id};
    const struct mst_scan scan = {.index = MST_IX_SUBSCRIPTION, .key = &key, .n_fixed = 1};
    struct listing listing = {tx, each, arg};

    return mst_tx_scan(tx, &scan, tell_target, &listing);
}

/* ---- stores of before version 5 ---- */

static const char settled[] = "settled";
#define SETTLED INT64_MAX

/* The META row: how far it is, a row number. Without one it has not begun. */
static enum mst_err load_progress(struct mst_tx *tx, struct mst_row_meta *meta, bool *ret_has,
                                  int64_t *ret_after)
{
    enum mst_err err = mst_tx_get(tx, MST_IX_META, meta);

    *ret_has = err == MST_OK;
    if (err == MST_OK && mst_span_eq(meta->value, mst_span_str(settled)))
        *ret_after = SETTLED;
    else if (err == MST_OK)
        err = mst_span_i64(meta->value, ret_after) == MST_OK ? MST_OK : MST_ECORRUPT;
    return err == MST_ENOENT ? MST_OK : err;
}

static enum mst_err save_progress(struct mst_tx *tx, struct mst_row_meta *meta, bool has,
                                  int64_t after)
{
    enum mst_err err = MST_OK;

    if (after == SETTLED)
        meta->value = mst_span_str(settled);
    else
        err = mst_arena_printf(mst_tx_arena(tx), &meta->value, "%lld", (long long)after);
    if (err != MST_OK)
        return err;
    return has ? mst_tx_update(tx, MST_TABLE_META, meta, MST_BIT(meta, value))
               : mst_tx_insert(tx, MST_TABLE_META, meta);
}

struct page {
    int64_t ids[MST_SETTLE_MAX];
    size_t n;
};

static enum mst_err note_id(void *arg, const void *row)
{
    struct page *page = arg;

    page->ids[page->n++] = ((const struct mst_row_resource *)row)->id;
    return MST_OK;
}

static enum mst_err settle_one(const struct mst_domain *domain, struct mst_tx *tx, int64_t id)
{
    struct mst_row_resource resource = {.id = id};
    enum mst_verdict verdict;
    struct mst_detail detail;
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);

    if (err == MST_OK)
        err = mst_detail_read(mst_tx_arena(tx), resource.detail, &detail);
    if (err != MST_OK || resource.kind == MST_KIND_CLIENT)
        return err;
    resource.flow_bits = mst_detail_flow_bits(resource.kind, &detail);
    if (resource.flow_bits != 0)
        err = mst_tx_update(tx, MST_TABLE_RESOURCE, &resource, MST_BIT(resource, flow_bits));
    return err == MST_OK ? mst_subscribe_copy(domain, tx, &resource, &verdict) : err;
}

enum mst_err mst_subscribe_settle(const struct mst_domain *domain, struct mst_tx *tx,
                                  bool *ret_is_more)
{
    struct mst_row_meta meta = {.name = MST_LIT("subscriptions")};
    struct mst_row_resource key = {0};
    const struct mst_scan scan = {
        .index = MST_IX_RESOURCE, .key = &key, .has_after = true, .limit = MST_SETTLE_MAX};
    struct page page = {.n = 0};
    bool has;
    enum mst_err err = load_progress(tx, &meta, &has, &key.id);

    *ret_is_more = false;
    if (err != MST_OK || key.id == SETTLED)
        return err;
    err = mst_tx_scan(tx, &scan, note_id, &page);
    for (size_t i = 0; i < page.n && err == MST_OK; i++)
        err = settle_one(domain, tx, page.ids[i]);
    if (err != MST_OK)
        return err;
    *ret_is_more = page.n == MST_SETTLE_MAX;
    return save_progress(tx, &meta, has, *ret_is_more ? page.ids[page.n - 1] : SETTLED);
}

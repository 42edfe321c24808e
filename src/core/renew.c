/* Notes are rows of META, named "renew:" and the resource's number, with a stamp that tells one change from the next. */
#include <inttypes.h>

#include "core/renew.h"
#include "core/due.h"
#include "core/rule_memory.h"

/* ---- notes ---- */

static const char prefix[] = "renew:";

/* All digits of a row number, so that the order of the names is that of the numbers. */
static enum mst_err name_of(struct mst_arena *arena, int64_t resource_id, struct mst_span *ret_name)
{
    return mst_arena_printf(arena, ret_name, "%s%013" PRId64, prefix, resource_id);
}

static enum mst_err leave_note(struct mst_tx *tx, int64_t resource_id)
{
    struct mst_row_meta note;
    enum mst_err err = name_of(mst_tx_arena(tx), resource_id, &note.name);

    if (err == MST_OK)
        err = mst_arena_printf(mst_tx_arena(tx), &note.value, "%" PRId64,
                               (int64_t)(mst_tx_random(tx) >> 1));
    if (err == MST_OK)
        err = mst_tx_update(tx, MST_TABLE_META, &note, MST_BIT(meta, value));
    return err == MST_ENOENT ? mst_tx_insert(tx, MST_TABLE_META, &note) : err;
}

/* ---- 1: the description ---- */

/* The last of all, which only a text from elsewhere can say, stays: memory goes on then. */
static enum mst_err give_generation(struct mst_tx *tx, int64_t before, struct mst_span *detail)
{
    const int64_t next = before < INT64_MAX ? before + 1 : before;
    const int64_t now_ms = mst_tx_wall_now_ms(tx);

    return mst_detail_set_generation(mst_tx_arena(tx), *detail, now_ms > next ? now_ms : next,
                                     detail);
}

static bool is_measured_anew(const struct mst_detail *before, const struct mst_detail *after)
{
    return !mst_span_eq(before->rule, after->rule) ||
           !mst_span_eq(before->preprocess, after->preprocess) ||
           !mst_span_eq(before->subscribe, after->subscribe);
}

enum mst_err mst_renew_begin(struct mst_tx *tx, struct mst_row_resource *resource,
                             const struct mst_detail *before, const struct mst_detail *after,
                             enum mst_verdict *ret_verdict)
{
    const bool is_rule_new = resource->kind == MST_KIND_DATARULE && is_measured_anew(before, after);
    const bool is_keeping_new =
        before->keep_count != after->keep_count || before->keep_s != after->keep_s;
    enum mst_err err =
        is_rule_new ? give_generation(tx, before->generation, &resource->detail) : MST_OK;

    *ret_verdict = err == MST_EFULL ? MST_BAD_VALUE : MST_DONE;
    if (err == MST_EFULL || (!is_rule_new && !is_keeping_new))
        return MST_OK;
    return err == MST_OK ? leave_note(tx, resource->id) : err;
}

/* ---- 2: the points ---- */

struct listing {
    struct mst_renewal *renewals;
    size_t n;
};

static enum mst_err read_rule(struct mst_arena *arena, const struct mst_row_resource *resource,
                              struct mst_renewal *renewal)
{
    struct mst_rule rule;
    enum mst_verdict verdict;
    enum mst_err err =
        mst_rule_read(arena, (enum mst_format)resource->format, resource->detail, &verdict, &rule);

    renewal->is_rule = true;
    if (err == MST_OK && verdict == MST_DONE)
        renewal->waits_ms = mst_rule_waits_ms(&rule);
    return err;
}

static enum mst_err read_description(struct mst_tx *tx, struct mst_renewal *renewal)
{
    struct mst_row_resource resource = {.id = renewal->resource_id};
    struct mst_detail detail;
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);

    if (err != MST_OK) /* dropped: nothing is left to do */
        return err == MST_ENOENT ? MST_OK : err;
    err = mst_detail_read(mst_tx_arena(tx), resource.detail, &detail);
    if (err != MST_OK)
        return err;
    renewal->generation = detail.generation;
    renewal->is_trimming = detail.keep_count != MST_KEEP_ALL || detail.keep_s != MST_KEEP_ALL;
    return resource.kind == MST_KIND_DATARULE ? read_rule(mst_tx_arena(tx), &resource, renewal)
                                              : MST_OK;
}

static enum mst_err list_note(void *arg, const void *row)
{
    const struct mst_row_meta *note = row;
    struct listing *listing = arg;
    struct mst_renewal *renewal = &listing->renewals[listing->n];
    struct mst_cur cur = mst_cur_of(note->name);
    struct mst_span head;

    if (!mst_cur_take(&cur, sizeof prefix - 1, &head) || !mst_span_eq(head, mst_span_str(prefix)))
        return MST_EREFUSED;
    *renewal = (struct mst_renewal){0};
    if (mst_span_i64(mst_cur_rest(&cur), &renewal->resource_id) != MST_OK ||
        mst_span_i64(note->value, &renewal->stamp) != MST_OK)
        return MST_ECORRUPT;
    listing->n++;
    return MST_OK;
}

enum mst_err mst_renew_list(struct mst_tx *tx, int64_t after_id,
                            struct mst_renewal ret_renewals[MST_RENEW_PAGE], size_t *ret_n)
{
    struct mst_row_meta key = {
        .value = {NULL, 0}
    };
    const struct mst_scan scan = {
        .index = MST_IX_META, .key = &key, .has_after = true, .limit = MST_RENEW_PAGE};
    struct listing listing = {.renewals = ret_renewals};
    enum mst_err err = name_of(mst_tx_arena(tx), after_id, &key.name);

    if (err == MST_OK)
        err = mst_tx_scan(tx, &scan, list_note, &listing);
    for (size_t i = 0; i < listing.n && err == MST_OK; i++) {
        const struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));

        err = read_description(tx, &ret_renewals[i]);
        mst_arena_rewind(mst_tx_arena(tx), mark);
    }
    if (err == MST_OK)
        *ret_n = listing.n;
    return err;
}

enum mst_err mst_renew_run(struct mst_tx *tx, const struct mst_renewal *renewal)
{
    struct mst_rule_memory memory;
    enum mst_err err = MST_OK;

    if (renewal->is_rule)
        err = mst_rule_memory_open(tx, renewal->resource_id, renewal->generation, renewal->waits_ms,
                                   &memory);
    if (err == MST_OK && renewal->is_trimming)
        err = mst_due_set(tx, renewal->resource_id, MST_DUE_TRIM, mst_tx_wall_now_ms(tx));
    return err;
}

/* ---- 3: the end ---- */

enum mst_err mst_renew_end(struct mst_tx *tx, const struct mst_renewal *renewal)
{
    struct mst_row_meta note;
    int64_t stamp;
    enum mst_err err = name_of(mst_tx_arena(tx), renewal->resource_id, &note.name);

    if (err == MST_OK)
        err = mst_tx_get(tx, MST_IX_META, &note);
    if (err != MST_OK)
        return err == MST_ENOENT ? MST_OK : err;
    if (mst_span_i64(note.value, &stamp) != MST_OK || stamp != renewal->stamp)
        return MST_OK;
    return mst_tx_delete(tx, MST_TABLE_META, &note);
}

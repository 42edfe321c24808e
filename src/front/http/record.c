/*
 * /onep:v1/stack/record, and /onep:v1/stack/alias/<alias>, its older form: values with times of
 * their own (protocol.md 2.12.5). Like a write by alias, but what was too near in time is told.
 */
#include "core/data.h"
#include "front/http/handlers.h"
#include "front/http/values.h"
#include "wire/record.h"

enum { ALIAS_SEGMENT = 3 }; /* of the older form's path */

struct work {
    struct mst_record record;
    struct mst_flow *flow;
};

static enum mst_err answer(struct mst_exchange *x)
{
    const struct work *work = x->work;

    (void)mst_record_print_too_near(&x->reply, &work->record);
    return x->reply.len > 0 ? mst_exchange_answer(x, 409, MST_TYPE_FORM)
                            : mst_exchange_answer(x, 204, NULL);
}

static enum mst_err store(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct work *work = x->work;
    enum mst_err err = mst_values_store(x, tx, work->flow);

    return err == MST_OK ? answer(x) : err;
}

/* Leaves out the points of aliases that the device does not have. */
static enum mst_err plan(struct mst_exchange *x, struct mst_tx *tx, struct work *work)
{
    struct mst_record *record = &work->record;
    struct mst_flow_input input = {.at = 0};
    enum mst_verdict verdict = MST_NOT_FOUND;
    struct mst_data_alias alias = {
        .plus = {NULL, 0}
    };
    struct mst_span sent = {NULL, 0}; /* what alias was made of */
    enum mst_err err = MST_OK;
    size_t n_known = 0;

    for (size_t i = 0; i < record->n_points && err == MST_OK; i++) {
        struct mst_record_point *point = &record->points[i];

        if (i == 0 || !mst_span_eq(point->alias, sent) || !mst_span_eq(point->plus, alias.plus)) {
            sent = point->alias;
            alias = (struct mst_data_alias){.text = sent, .plus = point->plus};
            err = mst_data_port(tx, x->client.id, &alias, &verdict, &input.port);
        }
        point->alias = alias.text;
        if (err != MST_OK || verdict != MST_DONE)
            continue;
        input.at = point->at_ms / 1000;
        if (!point->is_too_near)
            err = mst_value_add(x, tx, work->flow, &input, point->item);
        record->points[n_known++] = *point;
    }
    record->n_points = n_known;
    return err;
}

static enum mst_err write_record(struct mst_exchange *x, struct mst_tx *tx,
                                 const struct mst_span *alias)
{
    struct work *work = mst_arena_alloc(&x->arena, sizeof *work);
    struct mst_form form;
    enum mst_err err;

    if (!work)
        return MST_ENOMEM;
    err = mst_exchange_form(x, &form);
    if (err != MST_OK)
        return err;
    err = mst_record_read(&x->arena, &form, alias, mst_tx_wall_now(tx), MST_POINT_AT_MAX,
                          MST_RECORD_POINTS_MAX, &work->record);
    if (err == MST_ESYNTAX)
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    if (err == MST_EFULL)
        return mst_exchange_refuse_with(x, 413);
    if (err == MST_OK)
        err = mst_flow_new(&x->arena, work->record.n_points, &work->flow);
    if (err == MST_OK)
        err = plan(x, tx, work);
    if (err != MST_OK)
        return err;
    x->work = work;
    if (mst_flow_n_points(work->flow) == 0)
        return answer(x);
    x->is_single = mst_flow_is_single(work->flow);
    return mst_exchange_go(x, MST_POINTS, NULL, store);
}

enum mst_err mst_record_post(struct mst_exchange *x, struct mst_tx *tx)
{
    return write_record(x, tx, NULL);
}

enum mst_err mst_record_alias_post(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct mst_span alias = mst_exchange_segment(x, ALIAS_SEGMENT);

    return write_record(x, tx, &alias);
}

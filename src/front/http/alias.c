/*
 * /onep:v1/stack/alias: a device's values by alias (protocol.md 2.12.1 to 2.12.3; 2.12.4: poll.c).
 *
 * A write finds the dataports and plans the flow of the values with the loop's reader, then
 * runs that as one command of the points file, and for the hybrid form
 * reads again: the reader then sees what the command stored.
 */
#include "core/data.h"
#include "front/http/handlers.h"
#include "front/http/poll.h"
#include "front/http/values.h"
#include "wire/pct.h"

struct work {
    int64_t client_id;
    struct mst_form query; /* what the hybrid form reads afterwards */
    struct mst_flow *flow;
};

/* Was the name asked for further right already? Each alias is answered once. */
static bool is_repeated(const struct mst_form *form, size_t at)
{
    for (size_t i = at + 1; i < form->n_items; i++)
        if (mst_span_eq(form->items[i].name, form->items[at].name))
            return true;
    return false;
}

static enum mst_err read_one(struct mst_exchange *x, struct mst_tx *tx, int64_t client_id,
                             const struct mst_form_item *item)
{
    enum mst_verdict verdict = MST_NOT_FOUND;
    struct mst_data_alias alias;
    struct mst_row_resource port;
    struct mst_row_point point;
    enum mst_err err = mst_value_alias(&x->arena, item, &alias);

    if (err == MST_OK)
        err = mst_data_port(tx, client_id, &alias, &verdict, &port);
    if (err == MST_OK && verdict == MST_DONE)
        err = mst_data_latest(tx, port.id, &verdict, &point);
    if (err != MST_OK || verdict != MST_DONE)
        return err;
    if (x->reply.len > 0)
        (void)mst_buf_add_byte(&x->reply, '&');
    (void)mst_pct_encode(&x->reply, alias.text);
    (void)mst_buf_add_byte(&x->reply, '=');
    return mst_pct_encode(&x->reply, point.value);
}

/* In the reverse order of the request (A18), without a Content-Type (2.1.5). */
static enum mst_err read_aliases(struct mst_exchange *x, struct mst_tx *tx, int64_t client_id,
                                 const struct mst_form *query)
{
    enum mst_err err = MST_OK;

    for (size_t i = query->n_items; i-- > 0 && err == MST_OK;)
        if (!is_repeated(query, i))
            err = read_one(x, tx, client_id, &query->items[i]);
    if (err != MST_OK)
        return err;
    return mst_exchange_answer(x, x->reply.len > 0 ? 200 : 204, NULL);
}

static enum mst_err parse_query(struct mst_exchange *x, struct mst_form *ret_query)
{
    enum mst_err err = mst_exchange_query(x, ret_query);

    if (err == MST_OK && ret_query->n_items > MST_ALIASES_MAX)
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    return err;
}

enum mst_err mst_alias_get(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_form query;
    enum mst_err err;

    if (x->method == MST_METHOD_GET && mst_poll_timeout_ms(x->request_timeout) > 0)
        return mst_poll_get(x, tx);
    err = parse_query(x, &query);
    return err == MST_OK ? read_aliases(x, tx, x->client.id, &query) : err;
}

static enum mst_err read_after_write(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct work *work = x->work;

    return read_aliases(x, tx, work->client_id, &work->query);
}

static enum mst_err store_points(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct work *work = x->work;
    enum mst_err err = mst_values_store(x, tx, work->flow);

    if (err != MST_OK)
        return err;
    if (x->query.len > 0)
        return mst_exchange_go(x, MST_READ, NULL, read_after_write);
    return mst_exchange_answer(x, 204, NULL);
}

static enum mst_err add_value(struct mst_exchange *x, struct mst_tx *tx, struct work *work,
                              const struct mst_form_item *item)
{
    struct mst_flow_input input = {.at = mst_tx_wall_now(tx)};
    enum mst_verdict verdict = MST_NOT_FOUND;
    struct mst_data_alias alias;
    enum mst_err err = mst_value_alias(&x->arena, item, &alias);

    if (err == MST_OK)
        err = mst_data_port(tx, work->client_id, &alias, &verdict, &input.port);
    if (err != MST_OK || verdict != MST_DONE)
        return err;
    return mst_value_add(x, tx, work->flow, &input, item);
}

enum mst_err mst_alias_write(struct mst_exchange *x, struct mst_tx *tx)
{
    struct work *work = mst_arena_alloc(&x->arena, sizeof *work);
    struct mst_form form;
    enum mst_err err;

    if (!work)
        return MST_ENOMEM;
    err = mst_exchange_form(x, &form);
    if (err == MST_OK)
        err = parse_query(x, &work->query); /* before anything is stored */
    if (err != MST_OK)
        return err;
    if (form.n_items > MST_ALIASES_MAX)
        return mst_exchange_refuse(x, MST_BAD_VALUE);
    work->client_id = x->client.id;
    err = mst_flow_new(&x->arena, form.n_items, &work->flow);
    for (size_t i = 0; i < form.n_items && err == MST_OK; i++)
        err = add_value(x, tx, work, &form.items[i]);
    if (err != MST_OK)
        return err;
    x->work = work;
    if (mst_flow_n_points(work->flow) > 0) {
        x->is_single = mst_flow_is_single(work->flow);
        return mst_exchange_go(x, MST_POINTS, NULL, store_points);
    }
    if (x->query.len > 0)
        return mst_exchange_go(x, MST_READ, NULL, read_after_write);
    return mst_exchange_answer(x, 204, NULL);
}

/*
 *   flush:  remove ──durable──▶ next ─┬─▶ remove ...
 *                                     └─▶ then
 *   copy:   find ──▶ copy ──durable──▶ next ─┬─▶ copy ...
 *                                            └─▶ end ──durable──▶ flush, then
 *
 * A step may run again after an undone run, so how far it comes counts only in the next one.
 */
#include <stdlib.h>
#include <unistd.h>

#include "front/http/points.h"

#include "core/clone.h"
#include "core/copying.h"
#include "core/data.h"
#include "sys/defect.h"

enum { PORTS_PER_COMMAND = 64 };

struct copies {
    struct mst_row_point_copy *rows;
    size_t n_rows, room;
};

struct progress {
    size_t at;      /* rows, or ports, that are done */
    int64_t before; /* of the row at hand: what is still to be copied */
};

struct mst_points_work {
    struct mst_todo then;
    struct mst_ports ports; /* to be flushed */
    int64_t clone_id;
    struct copies copies;
    struct progress done, next;
};

/* Twice the room, in the request's arena; NULL without memory. */
static void *grow(struct mst_exchange *x, const void *items, size_t n, size_t *room, size_t size)
{
    size_t more = *room ? *room * 2 : 16;
    void *grown = mst_arena_array(&x->arena, more, size);

    if (grown && n > 0)
        memcpy(grown, items, n * size);
    if (grown)
        *room = more;
    return grown;
}

enum mst_err mst_ports_add(struct mst_exchange *x, struct mst_ports *ports, int64_t port_id)
{
    if (ports->n_ids == ports->room) {
        int64_t *ids = grow(x, ports->ids, ports->n_ids, &ports->room, sizeof *ids);

        if (!ids)
            return MST_ENOMEM;
        ports->ids = ids;
    }
    ports->ids[ports->n_ids++] = port_id;
    return MST_OK;
}

static enum mst_err begin(struct mst_exchange *x, enum mst_where where, mst_step *then)
{
    x->points = mst_arena_alloc(&x->arena, sizeof *x->points);
    if (!x->points)
        return MST_ENOMEM;
    x->points->then = (struct mst_todo){.where = where, .step = then};
    return MST_OK;
}

static enum mst_err go_then(struct mst_exchange *x)
{
    const struct mst_todo *then = &x->points->then;

    return mst_exchange_go(x, then->where, NULL, then->step);
}

/* ---- removing ---- */

static mst_step flush_some;

static enum mst_err after_flush(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_points_work *work = x->points;

    (void)tx;
    work->done = work->next;
    if (work->done.at < work->ports.n_ids)
        return mst_exchange_go(x, MST_POINTS, NULL, flush_some);
    return go_then(x);
}

static enum mst_err flush_some(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_points_work *work = x->points;
    struct progress next = work->done;
    bool is_more = false;

    for (size_t n = 0; n < PORTS_PER_COMMAND && next.at < work->ports.n_ids && !is_more; n++) {
        enum mst_err err = mst_data_flush(tx, work->ports.ids[next.at], &is_more);

        if (err != MST_OK)
            return err;
        next.at += is_more ? 0 : 1;
    }
    work->next = next;
    return mst_exchange_go(x, MST_NOWHERE, NULL, after_flush);
}

enum mst_err mst_points_flush(struct mst_exchange *x, const struct mst_ports *ports,
                              enum mst_where where, mst_step *then)
{
    enum mst_err err;

    if (ports->n_ids == 0)
        return mst_exchange_go(x, where, NULL, then);
    err = begin(x, where, then);
    if (err != MST_OK)
        return err;
    x->points->ports = *ports;
    return mst_exchange_go(x, MST_POINTS, NULL, flush_some);
}

/* ---- copying ---- */

static mst_step copy_some;

static enum mst_err note_port(void *arg, int64_t port_id)
{
    struct mst_exchange *x = arg;

    return mst_ports_add(x, &x->points->ports, port_id);
}

static enum mst_err after_end(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_points_work *work = x->points;

    (void)tx;
    work->done = work->next = (struct progress){0};
    return work->ports.n_ids > 0 ? mst_exchange_go(x, MST_POINTS, NULL, flush_some) : go_then(x);
}

static enum mst_err end_copies(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_points_work *work = x->points;

    work->ports.n_ids = 0;
    for (size_t i = 0; i < work->copies.n_rows; i++) {
        enum mst_err err = mst_copying_end(tx, &work->copies.rows[i], note_port, x);

        if (err != MST_OK)
            return err;
    }
    return mst_exchange_go(x, MST_NOWHERE, NULL, after_end);
}

static enum mst_err after_copy(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_points_work *work = x->points;

    (void)tx;
    work->done = work->next;
    if (work->done.at < work->copies.n_rows)
        return mst_exchange_go(x, MST_POINTS, NULL, copy_some);
    return mst_exchange_go(x, MST_STATE, NULL, end_copies);
}

static enum mst_err copy_some(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_points_work *work = x->points;
    struct mst_copying_budget budget = MST_COPYING_BUDGET;
    struct progress next = work->done;
    bool is_more = false;

    for (size_t n = 0; n < PORTS_PER_COMMAND && next.at < work->copies.n_rows && !is_more; n++) {
        enum mst_err err = mst_copying_piece(tx, &work->copies.rows[next.at], next.before, &budget,
                                             &is_more, &next.before);

        if (err != MST_OK)
            return err;
        if (!is_more)
            next = (struct progress){next.at + 1, MST_COPYING_ALL};
    }
    work->next = next;
    return mst_exchange_go(x, MST_NOWHERE, NULL, after_copy);
}

static enum mst_err note_copy(void *arg, const struct mst_row_point_copy *row)
{
    struct mst_exchange *x = arg;
    struct copies *copies = &x->points->copies;

    if (copies->n_rows == copies->room) {
        struct mst_row_point_copy *rows =
            grow(x, copies->rows, copies->n_rows, &copies->room, sizeof *rows);

        if (!rows)
            return MST_ENOMEM;
        copies->rows = rows;
    }
    copies->rows[copies->n_rows++] = *row;
    return MST_OK;
}

static enum mst_err find_copies(struct mst_exchange *x, struct mst_tx *tx)
{
    struct mst_points_work *work = x->points;
    enum mst_err err = mst_clone_copies(tx, work->clone_id, note_copy, x);

    if (mst_defect(MST_DEFECT_DIE_BEFORE_COPY))
        _exit(EXIT_FAILURE);
    if (err != MST_OK || work->copies.n_rows == 0)
        return err != MST_OK ? err : go_then(x);
    work->done.before = MST_COPYING_ALL;
    return mst_exchange_go(x, MST_POINTS, NULL, copy_some);
}

enum mst_err mst_points_copy(struct mst_exchange *x, int64_t clone_id, enum mst_where where,
                             mst_step *then)
{
    enum mst_err err = begin(x, where, then);

    if (err != MST_OK)
        return err;
    x->points->clone_id = clone_id;
    return mst_exchange_go(x, MST_READ, NULL, find_copies);
}

/* ---- counting ---- */

enum mst_err mst_points_find(struct mst_exchange *x, struct mst_tx *tx,
                             struct mst_points_found *ret_found)
{
    *ret_found =
        (struct mst_points_found){.template_id = x->model.template_id, .options = x->model.options};
    return ret_found->options & MST_MODEL_NOHISTORICAL
               ? MST_OK
               : mst_clone_count_points(tx, ret_found->template_id, &ret_found->n_points);
}

bool mst_points_are_stale(const struct mst_exchange *x, const struct mst_points_found *found)
{
    return x->model.template_id != found->template_id || x->model.options != found->options;
}

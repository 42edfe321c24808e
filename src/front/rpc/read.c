/*
 * The procedure read (protocol.md 2.15.4).
 *
 * Points are printed into the reply as they are found, a page in each transaction: what the
 * reader sees between two pages may have changed, and other requests are served.
 *
 *   all          the first limit points of the window, in the order that is asked for
 *   givenwindow  the first point of each of limit equal parts of the window; a part is entered by a
 *                look-up, so that what lies between costs nothing
 *   autowindow   the points of the window are counted, then each n-th of them is printed, so that
 *                there are limit
 */
#include "core/data.h"
#include "front/rpc/call.h"

struct reading;
typedef enum mst_err pager(struct mst_rpc_call *call, struct mst_tx *tx, struct reading *reading);

struct reading {
    pager *page;
    int64_t port_id, format;
    int64_t from, to;              /* the whole window */
    struct mst_data_window window; /* what is left of it */
    int64_t limit, n_printed;
    int64_t n_counted, n_seen; /* autowindow: points in the window; of them, passed by */
    /* of the page at hand */
    struct mst_buf *out;
    const struct mst_arena *arena; /* of the transaction, where the page's values are */
    size_t n_page, mark, arena_mark;
    bool is_whole; /* nothing is left */
};

/* ---- printing ---- */

static void print_point(struct reading *reading, const struct mst_row_point *point)
{
    if (reading->n_printed++ > 0)
        (void)mst_buf_add_byte(reading->out, ',');
    (void)mst_rpc_print_point(reading->out, reading->format, point);
}

static bool is_page_full(const struct reading *reading)
{
    return reading->n_page >= MST_TURN_ROWS ||
           reading->out->len - reading->mark >= MST_TURN_BYTES ||
           reading->arena->used_bytes >= reading->arena_mark + MST_TURN_BYTES ||
           mst_buf_err(reading->out) != MST_OK;
}

/* What follows a point is what is left. */
static void leave(struct reading *reading, int64_t at)
{
    if (reading->window.is_descending)
        reading->window.to = at - 1;
    else
        reading->window.from = at + 1;
}

/* ---- all ---- */

static enum mst_err show_point(void *arg, const void *row)
{
    const struct mst_row_point *point = row;
    struct reading *reading = arg;

    print_point(reading, point);
    leave(reading, point->at);
    reading->n_page++;
    reading->is_whole = reading->n_printed == reading->limit;
    return reading->is_whole || is_page_full(reading) ? MST_EREFUSED : MST_OK;
}

static enum mst_err page_all(struct mst_rpc_call *call, struct mst_tx *tx, struct reading *reading)
{
    (void)call;
    return mst_data_scan(tx, reading->port_id, &reading->window, MST_TURN_ROWS, show_point,
                         reading);
}

/* ---- givenwindow ---- */

/* Where part number i begins. If there are more parts than seconds, some are empty. */
static int64_t part_begin(const struct reading *reading, int64_t i)
{
    const int64_t seconds = reading->to - reading->from + 1;

    return reading->from + seconds / reading->limit * i +
           seconds % reading->limit * i / reading->limit;
}

/* The part in which a point of the window lies. */
static int64_t part_of(const struct reading *reading, int64_t at)
{
    int64_t low = 0, high = reading->limit;

    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (part_begin(reading, middle) <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static enum mst_err show_first(void *arg, const void *row)
{
    const struct mst_row_point *point = row;
    struct reading *reading = arg;
    const int64_t part = part_of(reading, point->at);

    print_point(reading, point);
    if (reading->window.is_descending)
        reading->window.to = part_begin(reading, part) - 1;
    else
        reading->window.from = part_begin(reading, part + 1);
    return MST_EREFUSED;
}

static enum mst_err page_parts(struct mst_rpc_call *call, struct mst_tx *tx,
                               struct reading *reading)
{
    enum mst_err err = MST_OK;

    (void)call;
    for (; err == MST_OK && !reading->is_whole && !is_page_full(reading); reading->n_page++) {
        const struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));
        const int64_t n_before = reading->n_printed;

        err = mst_data_scan(tx, reading->port_id, &reading->window, 1, show_first, reading);
        mst_arena_rewind(mst_tx_arena(tx), mark);
        reading->is_whole = reading->n_printed == n_before;
    }
    return err;
}

/* ---- autowindow ---- */

/* Is it one of the points that stand for all? Number i of them is point i * counted / limit. */
static enum mst_err show_chosen(void *arg, const void *row)
{
    const struct mst_row_point *point = row;
    struct reading *reading = arg;

    if (reading->n_seen++ == reading->n_printed * reading->n_counted / reading->limit)
        print_point(reading, point);
    leave(reading, point->at);
    reading->n_page++;
    reading->is_whole = reading->n_printed == reading->limit;
    return reading->is_whole || is_page_full(reading) ? MST_EREFUSED : MST_OK;
}

static enum mst_err page_chosen(struct mst_rpc_call *call, struct mst_tx *tx,
                                struct reading *reading)
{
    (void)call;
    return mst_data_scan(tx, reading->port_id, &reading->window, MST_TURN_ROWS, show_chosen,
                         reading);
}

static enum mst_err count_point(void *arg, const void *row)
{
    struct reading *reading = arg;

    leave(reading, ((const struct mst_row_point *)row)->at);
    reading->n_counted++;
    reading->n_page++;
    return is_page_full(reading) ? MST_EREFUSED : MST_OK;
}

static enum mst_err page_count(struct mst_rpc_call *call, struct mst_tx *tx,
                               struct reading *reading)
{
    enum mst_err err =
        mst_data_scan(tx, reading->port_id, &reading->window, MST_TURN_ROWS, count_point, reading);

    if (err != MST_OK)
        return err;
    if (reading->n_counted > MST_READ_COUNTED_MAX)
        return mst_rpc_say(call, "limit");
    if (is_page_full(reading))
        return MST_OK;
    reading->window.from = reading->from;
    reading->window.to = reading->to;
    reading->page = reading->n_counted > reading->limit ? page_chosen : page_all;
    reading->n_page = MST_TURN_ROWS; /* the next page begins there */
    return MST_OK;
}

/* ---- the whole ---- */

static enum mst_err begin(struct mst_rpc_call *call, struct mst_tx *tx)
{
    static pager *const pagers[] = {
        [MST_RPC_ALL] = page_all,
        [MST_RPC_GIVENWINDOW] = page_parts,
        [MST_RPC_AUTOWINDOW] = page_count,
    };
    const struct mst_rpc_value *given = call->args->v[1].members;
    const struct mst_rpc_value *end = &given[MST_RPC_ENDTIME], *limit = &given[MST_RPC_LIMIT];
    struct mst_row_resource port;
    struct reading *reading;
    bool is_own;
    enum mst_err err = mst_rpc_readable(call, tx, &call->args->v[0], &port, &is_own);

    if (err == MST_OK && (port.kind == MST_KIND_CLIENT || limit->integer < 0))
        err = mst_rpc_say(call, "invalid");
    if (err != MST_OK)
        return err;
    reading = mst_arena_alloc(&call->x->arena, sizeof *reading);
    if (!reading)
        return MST_ENOMEM;
    call->plan = reading;
    reading->page = pagers[given[MST_RPC_SELECTION].word];
    reading->port_id = port.id;
    reading->format = port.format;
    reading->from = mst_rpc_time_ceil(&given[MST_RPC_STARTTIME]);
    reading->to = end->is_given ? mst_rpc_time_floor(end) : mst_tx_wall_now(tx);
    reading->limit = !limit->is_given                       ? 1
                     : limit->integer > MST_READ_POINTS_MAX ? MST_READ_POINTS_MAX
                                                            : limit->integer;
    reading->is_whole = reading->limit == 0 || reading->from > reading->to;
    reading->window = (struct mst_data_window){reading->from, reading->to,
                                               given[MST_RPC_SORT].word == MST_RPC_DESC};
    (void)mst_buf_add_byte(mst_rpc_begin_result(call), '[');
    return MST_OK;
}

static enum mst_err read_page(struct mst_rpc_call *call, struct mst_tx *tx, struct reading *reading)
{
    struct mst_arena *arena = mst_tx_arena(tx);
    const struct mst_arena_mark mark = mst_arena_mark(arena);
    struct mst_buf *out = &call->x->reply;
    enum mst_err err = MST_OK;

    reading->out = out;
    reading->mark = out->len;
    reading->arena = arena;
    reading->arena_mark = arena->used_bytes;
    reading->n_page = 0;
    if (!reading->is_whole)
        err = reading->page(call, tx, reading);
    call->is_more = !reading->is_whole && is_page_full(reading) && mst_buf_err(out) == MST_OK;
    if (!call->is_more)
        (void)mst_buf_add_byte(out, ']');
    mst_arena_rewind(arena, mark);
    return err;
}

enum mst_err mst_rpc_read(struct mst_rpc_call *call, struct mst_tx *tx)
{
    enum mst_err err = call->plan ? MST_OK : begin(call, tx);

    return err == MST_OK ? read_page(call, tx, call->plan) : err;
}

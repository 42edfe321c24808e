#include "core/dispatch.h"
#include "core/usage.h"
#include "base/json.h"

/* ---- the queue ---- */

struct queue {
    int64_t n;        /* rows, counted up to MST_OUTGOING_MAX */
    int64_t first_id; /* 0: none */
};

static enum mst_err count_row(void *arg, const void *row)
{
    struct queue *queue = arg;

    if (queue->n++ == 0)
        queue->first_id = ((const struct mst_row_outgoing *)row)->id;
    return MST_OK;
}

static enum mst_err look_at_queue(struct mst_tx *tx, int64_t dispatch_id, uint64_t limit,
                                  struct queue *ret_queue)
{
    const struct mst_row_outgoing key = {.dispatch_id = dispatch_id};
    const struct mst_scan scan = {
        .index = MST_IX_OUTGOING_OF, .key = &key, .n_fixed = 1, .limit = limit};

    *ret_queue = (struct queue){0};
    return mst_tx_scan(tx, &scan, count_row, ret_queue);
}

enum mst_err mst_dispatch_queue(struct mst_tx *tx, int64_t dispatch_id, int64_t at,
                                struct mst_span value, enum mst_verdict *ret_verdict)
{
    struct queue queue;
    enum mst_err err = look_at_queue(tx, dispatch_id, MST_OUTGOING_MAX, &queue);

    if (err != MST_OK)
        return err;
    *ret_verdict = queue.n < MST_OUTGOING_MAX ? MST_DONE : MST_NO_ROOM;
    if (*ret_verdict != MST_DONE)
        return MST_OK;
    return mst_tx_insert(tx, MST_TABLE_OUTGOING,
                         &(struct mst_row_outgoing){.dispatch_id = dispatch_id,
                                                    .due_ms = queue.n == 0 ? mst_tx_wall_now_ms(tx)
                                                                           : MST_OUTGOING_BEHIND,
                                                    .at = at,
                                                    .value = value});
}

enum mst_err mst_dispatch_finish(struct mst_tx *tx, int64_t outgoing_id)
{
    struct mst_row_outgoing row = {.id = outgoing_id};
    struct queue queue;
    enum mst_err err = mst_tx_get(tx, MST_IX_OUTGOING, &row);

    if (err == MST_ENOENT)
        return MST_OK;
    if (err == MST_OK)
        err = mst_tx_delete(tx, MST_TABLE_OUTGOING, &row);
    if (err == MST_OK)
        err = look_at_queue(tx, row.dispatch_id, 1, &queue);
    if (err != MST_OK || queue.n == 0)
        return err;
    return mst_tx_update(
        tx, MST_TABLE_OUTGOING,
        &(struct mst_row_outgoing){.id = queue.first_id, .due_ms = mst_tx_wall_now_ms(tx)},
        MST_BIT(outgoing, due_ms));
}

enum mst_err mst_dispatch_postpone(struct mst_tx *tx, int64_t outgoing_id, int64_t due_ms,
                                   int64_t n_tries)
{
    struct mst_row_outgoing row = {.id = outgoing_id};
    enum mst_err err = mst_tx_get(tx, MST_IX_OUTGOING, &row);

    if (err != MST_OK)
        return err == MST_ENOENT ? MST_OK : err;
    row.due_ms = due_ms;
    row.tries += n_tries;
    return mst_tx_update(tx, MST_TABLE_OUTGOING, &row,
                         MST_BIT(outgoing, due_ms) | MST_BIT(outgoing, tries));
}

/* ---- what a dispatch is ---- */

const char *const mst_dispatch_method_names[MST_DISPATCH_METHODS] = {
    "email", "http_get", "http_post", "http_put", "sms", "xmpp",
};

static enum mst_err read_method(struct mst_json *json, struct mst_arena *arena,
                                enum mst_dispatch_method *ret_method)
{
    struct mst_span word;
    enum mst_err err = mst_json_string(json, arena, &word);

    if (err != MST_OK)
        return err;
    for (unsigned i = 0; i < MST_DISPATCH_METHODS; i++) {
        if (mst_span_eq(word, mst_span_str(mst_dispatch_method_names[i]))) {
            *ret_method = (enum mst_dispatch_method)i;
            return MST_OK;
        }
    }
    return MST_ESYNTAX;
}

static enum mst_err read_member(struct mst_json *json, struct mst_arena *arena,
                                struct mst_span name, struct mst_dispatch *dispatch)
{
    if (mst_span_eq(name, MST_LIT("method")))
        return read_method(json, arena, &dispatch->method);
    if (mst_span_eq(name, MST_LIT("recipient")))
        return mst_json_string(json, arena, &dispatch->recipient);
    if (mst_span_eq(name, MST_LIT("subject")))
        return mst_json_string(json, arena, &dispatch->subject);
    if (mst_span_eq(name, MST_LIT("message")))
        return mst_json_string(json, arena, &dispatch->message);
    if (mst_span_eq(name, MST_LIT("locked")))
        dispatch->is_locked = mst_json_kind(json) == MST_JSON_TRUE;
    return mst_json_skip(json);
}

enum mst_err mst_dispatch_read(struct mst_arena *arena, struct mst_span detail,
                               enum mst_verdict *ret_verdict, struct mst_dispatch *ret_dispatch)
{
    struct mst_json json = mst_json_of(detail);
    struct mst_dispatch dispatch = {.method = MST_DISPATCH_METHODS};
    struct mst_span name;
    bool is_more;
    enum mst_err err = mst_json_open(&json, '{');

    while (err == MST_OK && (err = mst_json_member(&json, arena, &is_more, &name)) == MST_OK &&
           is_more)
        err = read_member(&json, arena, name, &dispatch);
    if (err != MST_OK && err != MST_ESYNTAX)
        return err;
    *ret_verdict =
        err == MST_OK && dispatch.method != MST_DISPATCH_METHODS ? MST_DONE : MST_BAD_VALUE;
    if (*ret_verdict == MST_DONE)
        *ret_dispatch = dispatch;
    return MST_OK;
}

/* ---- limits ---- */

static enum mst_err owner_of(struct mst_tx *tx, int64_t client_id, int64_t *ret_owner)
{
    const struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));
    struct mst_row_resource resource = {.id = client_id};
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);

    mst_arena_rewind(mst_tx_arena(tx), mark);
    if (err == MST_OK)
        *ret_owner = resource.owner_id;
    return err;
}

/* The daily limit that a method draws from; the bucket's is the next. */
static enum mst_limit limit_of(enum mst_dispatch_method method)
{
    static const enum mst_limit limits[MST_DISPATCH_METHODS] = {
        [MST_DISPATCH_EMAIL] = MST_LIMIT_EMAIL,    [MST_DISPATCH_HTTP_GET] = MST_LIMIT_HTTP,
        [MST_DISPATCH_HTTP_POST] = MST_LIMIT_HTTP, [MST_DISPATCH_HTTP_PUT] = MST_LIMIT_HTTP,
        [MST_DISPATCH_SMS] = MST_LIMIT_SMS,        [MST_DISPATCH_XMPP] = MST_LIMIT_XMPP,
    };

    return limits[method];
}

static enum mst_err consumed(struct mst_tx *tx, int64_t client_id, enum mst_limit metric,
                             int64_t day, int64_t *ret_n)
{
    struct mst_row_consumed row = {.client_id = client_id, .metric = metric, .day = day};
    enum mst_err err = mst_tx_get(tx, MST_IX_CONSUMED, &row);

    if (err != MST_OK && err != MST_ENOENT)
        return err;
    *ret_n = err == MST_OK ? row.n : 0;
    return MST_OK;
}

/* The clients from an owner up to the root. */
struct chain {
    int64_t ids[MST_TREE_DEPTH_MAX + 1];
    size_t n;
};

static enum mst_err find_chain(struct mst_tx *tx, int64_t owner_id, struct chain *ret_chain)
{
    ret_chain->n = 0;
    while (owner_id != 0) {
        enum mst_err err;

        if (ret_chain->n > MST_TREE_DEPTH_MAX)
            return MST_ECORRUPT;
        ret_chain->ids[ret_chain->n++] = owner_id;
        err = owner_of(tx, owner_id, &owner_id);
        if (err != MST_OK)
            return err;
    }
    return MST_OK;
}

/* Has everyone in the chain who has such a limit something left of it? */
static enum mst_err has_left(struct mst_tx *tx, const struct chain *chain, enum mst_limit limit,
                             enum mst_limit metric, int64_t day, bool *ret_has_left)
{
    *ret_has_left = true;
    for (size_t i = 0; i < chain->n && *ret_has_left; i++) {
        struct mst_row_quota quota = {.client_id = chain->ids[i]};
        int64_t limits[MST_LIMIT_COUNT], n = 0;
        enum mst_err err = mst_tx_get(tx, MST_IX_QUOTA, &quota);

        if (err == MST_OK)
            err = consumed(tx, chain->ids[i], metric, day, &n);
        if (err != MST_OK)
            return err == MST_ENOENT ? MST_ECORRUPT : err;
        mst_quota_limits(&quota, limits);
        *ret_has_left = limits[limit] == MST_LIMIT_INHERIT || n < limits[limit];
    }
    return MST_OK;
}

static enum mst_err consume_all(struct mst_tx *tx, const struct chain *chain, enum mst_limit metric,
                                int64_t day)
{
    enum mst_err err = MST_OK;

    for (size_t i = 0; i < chain->n && err == MST_OK; i++)
        err = mst_usage_consume(tx, chain->ids[i], metric, day);
    return err;
}

enum mst_err mst_dispatch_draw(struct mst_tx *tx, int64_t owner_id, enum mst_dispatch_method method,
                               enum mst_verdict *ret_verdict)
{
    const enum mst_limit metric = limit_of(method);
    const int64_t today = mst_tx_wall_now(tx) / 86400;
    struct chain chain;
    bool has_day = false, has_bucket = false;
    enum mst_err err = find_chain(tx, owner_id, &chain);

    *ret_verdict = MST_NOT_FOUND;
    if (err == MST_ENOENT)
        return MST_OK;
    if (err == MST_OK)
        err = has_left(tx, &chain, metric, metric, today, &has_day);
    if (err == MST_OK && !has_day)
        err = has_left(tx, &chain, metric + 1, metric, MST_CONSUMED_EVER, &has_bucket);
    if (err != MST_OK)
        return err;
    *ret_verdict = has_day || has_bucket ? MST_DONE : MST_NO_ROOM;
    if (*ret_verdict != MST_DONE)
        return MST_OK;
    err = consume_all(tx, &chain, metric, today);
    if (err == MST_OK)
        err = mst_usage_send(tx, owner_id, metric, today);
    if (err == MST_OK && !has_day)
        err = consume_all(tx, &chain, metric, MST_CONSUMED_EVER);
    return err;
}

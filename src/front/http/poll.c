/*
 * A long poll is a step that is run again each time something may have changed. It looks up the aliases
 * anew, since they may have been given to other dataports meanwhile, and answers with the oldest of the
 * points that are new. What is new was settled when it began: for each alias that led to
 * a dataport then, and for one that turns up later, all that is not older than the request.
 */
#include <assert.h>
#include <math.h>

#include "core/data.h"
#include "core/since.h"
#include "front/http/handlers.h"
#include "front/http/poll.h"
#include "front/http/values.h"
#include "front/http/waiting.h"
#include "wire/httpdate.h"
#include "wire/pct.h"

struct followed {
    struct mst_data_alias alias;
    int64_t port_id; /* that since is of; 0 = of whatever dataport the alias leads to */
    struct mst_since since;
};

struct work {
    uint64_t until_ms;
    struct mst_since since; /* if nothing better is known */
    size_t n;
    struct followed followed[MST_WAIT_PORTS_MAX];
};

uint64_t mst_poll_timeout_ms(struct mst_span text)
{
    double ms;

    if (!mst_data_number(text, &ms) || !(ms > 0))
        return 0;
    return ms < MST_WAIT_MS_MAX ? (uint64_t)ceil(ms) : MST_WAIT_MS_MAX;
}

/* Of a time, for the years of RFC 850's dates; near enough. */
static int year_of(int64_t at)
{
    const int64_t year_s = 31556952; /* Gregorian, on average */

    return (int)(1970 + at / year_s);
}

bool mst_poll_since(struct mst_span text, int64_t now, int64_t *ret_at)
{
    const double too_much = 1e15; /* seconds, of any sign: all doubles below are exact */
    double seconds;

    text = mst_span_trim(text);
    if (!mst_data_number(text, &seconds))
        return mst_httpdate_parse(text, year_of(now), ret_at) == MST_OK;
    if (!(fabs(seconds) < too_much))
        return false;
    *ret_at = (int64_t)floor(seconds);
    return true;
}

/* ---- the beginning ---- */

static bool has(const struct work *work, struct mst_span alias)
{
    for (size_t i = 0; i < work->n; i++)
        if (mst_span_eq(work->followed[i].alias.text, alias))
            return true;
    return false;
}

/* A copy, since the request does not stay. */
static enum mst_err take_alias(struct mst_exchange *x, const struct mst_form_item *item,
                               struct mst_data_alias *ret_alias)
{
    struct mst_data_alias alias;
    enum mst_err err = mst_value_alias(&x->arena, item, &alias);

    if (err == MST_OK)
        err = mst_arena_dup(&x->arena, alias.text, &ret_alias->text);
    return err == MST_OK ? mst_arena_dup(&x->arena, alias.plus, &ret_alias->plus) : err;
}

static enum mst_err take_aliases(struct mst_exchange *x, struct work *work)
{
    struct mst_form query;
    enum mst_err err = mst_exchange_query(x, &query);

    for (size_t i = 0; i < query.n_items && err == MST_OK; i++) {
        if (has(work, query.items[i].name))
            continue;
        if (work->n == MST_WAIT_PORTS_MAX)
            return mst_exchange_refuse(x, MST_BAD_VALUE);
        err = take_alias(x, &query.items[i], &work->followed[work->n].alias);
        work->n += err == MST_OK;
    }
    return err;
}

static enum mst_err begin_now(struct mst_exchange *x, struct mst_tx *tx, struct work *work)
{
    enum mst_err err = MST_OK;

    for (size_t i = 0; i < work->n && err == MST_OK; i++) {
        struct followed *followed = &work->followed[i];
        struct mst_data_alias alias = followed->alias;
        enum mst_verdict verdict;
        struct mst_row_resource port;

        err = mst_data_port(tx, x->client.id, &alias, &verdict, &port);
        if (err != MST_OK || verdict != MST_DONE)
            continue;
        followed->port_id = port.id;
        err = mst_since_now(tx, port.id, &followed->since);
    }
    return err;
}

static enum mst_err begin(struct mst_exchange *x, struct mst_tx *tx, struct work **ret_work)
{
    struct work *work;
    int64_t at;
    enum mst_err err;

    if (x->body.len > MST_WAIT_BODY_MAX)
        return mst_exchange_refuse_with(x, 413);
    work = mst_arena_alloc(&x->arena, sizeof *work);
    if (!work)
        return MST_ENOMEM;
    err = take_aliases(x, work);
    if (err == MST_OK)
        err = mst_exchange_take_lane(x, tx, x->client.id);
    if (err != MST_OK)
        return err;
    work->until_ms = mst_waiting_until(x, mst_poll_timeout_ms(x->request_timeout));
    if (mst_poll_since(x->modified_since, mst_tx_wall_now(tx), &at)) {
        work->since = mst_since_time(at);
    } else {
        work->since = mst_since_time(mst_tx_wall_now(tx) - 1);
        err = begin_now(x, tx, work);
    }
    *ret_work = work;
    return err;
}

/* ---- each look ---- */

struct found {
    struct mst_span alias;
    struct mst_row_point point;
    bool is_any;
    size_t n_ports;
    int64_t ports[MST_WAIT_PORTS_MAX];
};

static enum mst_err look_at(struct mst_exchange *x, struct mst_tx *tx, const struct work *work,
                            const struct followed *followed, struct found *found)
{
    enum mst_verdict verdict;
    struct mst_row_resource port;
    struct mst_row_point point;
    const struct mst_since *since = &followed->since;
    struct mst_data_alias alias = followed->alias;
    enum mst_err err = mst_data_port(tx, x->client.id, &alias, &verdict, &port);

    if (err != MST_OK || verdict != MST_DONE)
        return err;
    found->ports[found->n_ports++] = port.id;
    if (followed->port_id != port.id)
        since = &work->since;
    err = mst_since_next(tx, port.id, since, &verdict, &point);
    if (err != MST_OK || verdict != MST_DONE)
        return err;
    if (!found->is_any || point.at < found->point.at) {
        found->is_any = true;
        found->alias = alias.text; /* which lies in the arena */
        found->point = point;
    }
    return MST_OK;
}

/* A point may have any time; a date has years of four digits. */
static void add_date(struct mst_exchange *x, int64_t at)
{
    const int64_t year_10000 = INT64_C(253402300800);
    char date[MST_HTTPDATE_CHARS];

    if (at < 0 || at >= year_10000)
        return;
    mst_httpdate_print(at, date);
    (void)mst_buf_addf(&x->extra, "Last-Modified: %.*s\r\n", MST_HTTPDATE_CHARS, date);
}

/* Without a Content-Type, as a read (2.1.5). */
static enum mst_err answer(struct mst_exchange *x, const struct found *found)
{
    (void)mst_pct_encode(&x->reply, found->alias);
    (void)mst_buf_add_byte(&x->reply, '=');
    (void)mst_pct_encode(&x->reply, found->point.value);
    add_date(x, found->point.at);
    return mst_exchange_answer(x, 200, NULL);
}

enum mst_err mst_poll_get(struct mst_exchange *x, struct mst_tx *tx)
{
    struct work *work = x->work;
    struct found found = {0};
    enum mst_err err = work ? MST_OK : begin(x, tx, &work);

    if (err != MST_OK)
        return err;
    x->work = work;
    for (size_t i = 0; i < work->n && err == MST_OK; i++)
        err = look_at(x, tx, work, &work->followed[i], &found);
    if (err != MST_OK)
        return err;
    if (found.is_any)
        return answer(x, &found);
    if (mst_waiting_is_over(x, work->until_ms))
        return mst_exchange_answer(x, 304, NULL);
    return mst_waiting_begin(x,
                             &(struct mst_wait_for){.ports = found.ports,
                                                    .n_ports = found.n_ports,
                                                    .client_id = x->client.id,
                                                    .until_ms = work->until_ms},
                             mst_guard, mst_poll_get);
}

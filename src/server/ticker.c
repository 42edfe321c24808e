#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "core/data.h"
#include "core/detail.h"
#include "core/due.h"
#include "core/flow.h"
#include "core/renew.h"
#include "server/command.h"
#include "server/ticker.h"
#include "sys/clock.h"
#include "sys/defect.h"
#include "sys/log.h"
#include "sys/queue.h"

/* REST_MS gathers what comes at the same time; LOOK_MS finds a wall clock that was set. */
enum { REST_MS = 10, RETRY_MS = 2000, LOOK_MS = 60000 };

struct mst_ticker {
    struct mst_observer observer; /* first: the store hands it back */
    struct mst_store *store;
    const struct mst_domain *domain;
    struct mst_reader *reader;
    struct mst_thread *thread;
    struct mst_arena arena; /* of a turn */
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool is_kicked, is_ended;
    int64_t put_off_id; /* the resource whose row was put off last */
};

/* What a turn does. */
struct turn {
    struct mst_row_due rows[MST_DUE_PAGE];
    size_t n_rows;
    struct mst_flow *timers;
    struct mst_trim trims[MST_DUE_PAGE];
    size_t n_trims;
    bool is_too_much; /* what the timers set off, for one command */
    int64_t n_looks;  /* at points that stay, to find those that go */
    int64_t next_ms;  /* of what is due later, 0: nothing */
    int64_t now_ms;
};

static void lock(struct mst_ticker *ticker)
{
    int rc = pthread_mutex_lock(&ticker->lock);

    assert(rc == 0);
}

static void unlock(struct mst_ticker *ticker)
{
    int rc = pthread_mutex_unlock(&ticker->lock);

    assert(rc == 0);
}

void mst_ticker_kick(void *arg)
{
    struct mst_ticker *ticker = arg;

    lock(ticker);
    ticker->is_kicked = true;
    (void)pthread_cond_signal(&ticker->woken);
    unlock(ticker);
}

static void kick(struct mst_observer *observer, const struct mst_changed *changes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (changes[i].table == MST_TABLE_DUE) {
            mst_ticker_kick(observer);
            return;
        }
}

/* ---- a turn ---- */

static enum mst_err begin_reading(struct mst_ticker *ticker, struct mst_tx **ret_tx)
{
    enum mst_err err = MST_OK;

    mst_arena_reset(&ticker->arena);
    if (!ticker->reader)
        err = mst_reader_open(ticker->store, &ticker->reader);
    return err == MST_OK ? mst_reader_begin(ticker->reader, ret_tx) : err;
}

/* MST_ENOMEM also: what it sets off finds no room beside what the others do. */
static enum mst_err plan_timer(struct mst_ticker *ticker, struct mst_tx *tx,
                               const struct mst_row_due *due, struct turn *turn)
{
    struct mst_row_resource rule = {.id = due->resource_id};
    enum mst_verdict verdict = MST_DONE;
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &rule);

    if (err == MST_OK)
        err = mst_flow_add_timer(ticker->domain, tx, turn->timers, &rule, &verdict);
    return err == MST_OK && verdict != MST_DONE ? MST_ENOMEM : err;
}

static enum mst_err plan_trim(struct mst_tx *tx, const struct mst_row_due *due, struct turn *turn)
{
    struct mst_trim *trim = &turn->trims[turn->n_trims];
    enum mst_err err;

    if (turn->n_looks >= MST_TRIM_LOOKS_MAX)
        return MST_OK; /* in the next turn */
    err = mst_trim_plan(tx, due, trim);
    if (err != MST_OK)
        return err;
    turn->n_trims++;
    if (trim->keep_count != MST_KEEP_ALL)
        turn->n_looks +=
            trim->keep_count < MST_TRIM_LOOKS_MAX ? trim->keep_count : MST_TRIM_LOOKS_MAX;
    return MST_OK;
}

static enum mst_err plan_row(struct mst_ticker *ticker, struct mst_tx *tx,
                             const struct mst_row_due *due, struct turn *turn)
{
    const struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));
    enum mst_err err = MST_ENOENT;

    if (due->kind == MST_DUE_RULE)
        err = plan_timer(ticker, tx, due, turn);
    if (err == MST_ENOENT) /* or the rule was dropped: its other rows go with the timer */
        err = plan_trim(tx, due, turn);
    mst_arena_rewind(mst_tx_arena(tx), mark);
    return err;
}

/* As many of the rows from the first on as there is memory for: the others come in the next turn. */
static enum mst_err plan_rows(struct mst_ticker *ticker, struct mst_tx *tx, size_t first, size_t n,
                              struct turn *turn)
{
    enum mst_err err;

    turn->n_trims = 0;
    turn->n_looks = 0;
    err = mst_flow_new(&ticker->arena, n, &turn->timers);
    for (size_t i = 0; i < n && err == MST_OK; i++) {
        err = plan_row(ticker, tx, &turn->rows[first + i], turn);
        if (err == MST_ENOMEM && i > 0)
            return MST_OK;
    }
    return err;
}

static enum mst_err list_and_plan(struct mst_ticker *ticker, struct mst_tx *tx, struct turn *turn)
{
    enum mst_err err;

    turn->now_ms = mst_tx_wall_now_ms(tx);
    err = mst_due_list(tx, turn->now_ms, turn->rows, &turn->n_rows, &turn->next_ms);
    return err == MST_OK ? plan_rows(ticker, tx, 0, turn->n_rows, turn) : err;
}

/* What one that has little to remove leaves is for those behind it. */
static enum mst_err run_trims(const struct turn *turn, struct mst_tx *tx)
{
    size_t room = MST_FLUSH_MAX;
    enum mst_err err = MST_OK;

    for (size_t i = 0; i < turn->n_trims && err == MST_OK; i++) {
        const size_t part = room / (turn->n_trims - i);
        size_t left = part;

        err = mst_trim_run(tx, &turn->trims[i], &left);
        room -= part - left;
    }
    return err;
}

static enum mst_err run_planned(void *arg, struct mst_tx *tx)
{
    struct turn *turn = arg;
    enum mst_verdict verdict;
    enum mst_err err = mst_flow_run(turn->timers, tx, &verdict);

    turn->is_too_much = err == MST_OK && verdict != MST_DONE;
    if (turn->is_too_much)
        return MST_EREFUSED;
    return err == MST_OK ? run_trims(turn, tx) : err;
}

static enum mst_err run(struct mst_ticker *ticker, struct turn *turn)
{
    enum mst_err err = MST_OK;

    turn->is_too_much = false;
    if (mst_flow_n_points(turn->timers) + turn->n_trims > 0)
        err = mst_command_wait(ticker->store, MST_FILE_POINTS, run_planned, turn);
    return err == MST_OK && turn->is_too_much ? MST_EREFUSED : err;
}

/* ---- rows that fail ---- */

static enum mst_err do_alone(struct mst_ticker *ticker, struct turn *turn, size_t i)
{
    struct mst_tx *tx;
    enum mst_err err = begin_reading(ticker, &tx);

    if (err != MST_OK)
        return err;
    err = plan_rows(ticker, tx, i, 1, turn);
    mst_reader_end(ticker->reader);
    return err == MST_OK ? run(ticker, turn) : err;
}

static void say_put_off(struct mst_ticker *ticker, int64_t id, enum mst_err why)
{
    struct mst_row_resource resource = {.id = id};
    struct mst_handle rid = {""};
    struct mst_tx *tx;
    enum mst_err err = mst_reader_begin(ticker->reader, &tx);

    if (err == MST_OK) {
        err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);
        if (err == MST_OK)
            err = mst_domain_rid(ticker->domain, &resource, &rid);
        mst_reader_end(ticker->reader);
    }
    mst_log(MST_LOG_WARNING, MST_EV_STORE,
            "the timer or the retention of %.*s cannot be carried out: %s; tried again each minute",
            MST_HANDLE_CHARS, err == MST_OK ? rid.text : "a resource", mst_err_text(why));
}

static enum mst_err put_off(void *arg, struct mst_tx *tx)
{
    return mst_due_put_off(tx, arg, mst_tx_wall_now_ms(tx) + MST_DUE_PUT_OFF_MS);
}

/* Said once, not each minute. */
static enum mst_err stand_back(struct mst_ticker *ticker, struct mst_row_due *row, enum mst_err why)
{
    enum mst_err err = mst_command_wait(ticker->store, MST_FILE_POINTS, put_off, row);

    if (err != MST_OK || row->resource_id == ticker->put_off_id)
        return err;
    ticker->put_off_id = row->resource_id;
    say_put_off(ticker, row->resource_id, why);
    return MST_OK;
}

/* The rows of a turn that failed, one by one. Those that fail alone stand back, so that they do not
   hold up the others. It is not the rows that are to blame if all of them fail, or for want of memory. */
static enum mst_err do_each(struct mst_ticker *ticker, struct turn *turn)
{
    enum mst_err why[MST_DUE_PAGE], err = MST_OK;
    size_t n_failed = 0;

    for (size_t i = 0; i < turn->n_rows; i++) {
        why[i] = do_alone(ticker, turn, i);
        n_failed += why[i] != MST_OK;
    }
    if (n_failed == turn->n_rows)
        return why[0];
    for (size_t i = 0; i < turn->n_rows; i++) {
        if (why[i] != MST_OK && why[i] != MST_ENOMEM)
            why[i] = stand_back(ticker, &turn->rows[i], why[i]);
        err = err == MST_OK ? why[i] : err;
    }
    return err;
}

/* ---- what was described anew ---- */

struct renewing {
    struct mst_renewal renewals[MST_RENEW_PAGE];
    size_t n;
};

static enum mst_err run_renewals(void *arg, struct mst_tx *tx)
{
    const struct renewing *renewing = arg;
    enum mst_err err = MST_OK;

    for (size_t i = 0; i < renewing->n && err == MST_OK; i++)
        err = mst_renew_run(tx, &renewing->renewals[i]);
    return err;
}

static enum mst_err end_renewals(void *arg, struct mst_tx *tx)
{
    const struct renewing *renewing = arg;
    enum mst_err err = MST_OK;

    for (size_t i = 0; i < renewing->n && err == MST_OK; i++)
        err = mst_renew_end(tx, &renewing->renewals[i]);
    return err;
}

static enum mst_err list_renewals(struct mst_ticker *ticker, int64_t after_id,
                                  struct renewing *renewing)
{
    struct mst_tx *tx;
    enum mst_err err = begin_reading(ticker, &tx);

    if (err != MST_OK)
        return err;
    err = mst_renew_list(tx, after_id, renewing->renewals, &renewing->n);
    mst_reader_end(ticker->reader);
    return err;
}

/* All that is noted: what fails is noted still. */
static enum mst_err renew(struct mst_ticker *ticker)
{
    struct renewing renewing;
    int64_t after_id = 0;
    enum mst_err err;

    do {
        err = list_renewals(ticker, after_id, &renewing);
        if (err != MST_OK || renewing.n == 0)
            return err;
        if (mst_defect(MST_DEFECT_DIE_BEFORE_RENEW))
            _exit(EXIT_FAILURE);
        err = mst_command_wait(ticker->store, MST_FILE_POINTS, run_renewals, &renewing);
        if (err == MST_OK)
            err = mst_command_wait(ticker->store, MST_FILE_STATE, end_renewals, &renewing);
        after_id = renewing.renewals[renewing.n - 1].resource_id;
    } while (err == MST_OK && renewing.n == MST_RENEW_PAGE);
    return err;
}

/* ---- turns ---- */

static enum mst_err do_what_is_due(struct mst_ticker *ticker, uint64_t *ret_wait_ms)
{
    struct turn turn = {.n_rows = 0};
    struct mst_tx *tx;
    enum mst_err err = begin_reading(ticker, &tx);

    if (err != MST_OK)
        return err;
    err = list_and_plan(ticker, tx, &turn);
    mst_reader_end(ticker->reader);
    if (err == MST_OK)
        err = run(ticker, &turn);
    if (err != MST_OK && turn.n_rows > 0)
        err = do_each(ticker, &turn);
    *ret_wait_ms = LOOK_MS;
    if (turn.n_rows > 0)
        *ret_wait_ms = 0; /* what was done may have left more, or something sooner */
    else if (turn.next_ms != 0 && turn.next_ms - turn.now_ms < LOOK_MS)
        *ret_wait_ms = (uint64_t)(turn.next_ms - turn.now_ms);
    return err;
}

/* Timers do not wait for what cannot be renewed. */
enum mst_err mst_ticker_turn(struct mst_ticker *ticker, uint64_t *ret_wait_ms)
{
    const enum mst_err renewed = renew(ticker);
    const enum mst_err err = do_what_is_due(ticker, ret_wait_ms);

    return err != MST_OK ? err : renewed;
}

/* ---- the thread ---- */

static struct timespec after(uint64_t ms)
{
    const uint64_t until_ns = mst_clock_mono_ns() + ms * UINT64_C(1000000);

    return (struct timespec){.tv_sec = (time_t)(until_ns / 1000000000),
                             .tv_nsec = (long)(until_ns % 1000000000)};
}

/* Until the time is over, or a row of DUE changes. */
static void sleep_for(struct mst_ticker *ticker, uint64_t ms, bool is_waking)
{
    const struct timespec until = after(ms);
    int rc = 0;

    lock(ticker);
    while (rc == 0 && !ticker->is_ended && !(is_waking && ticker->is_kicked))
        rc = pthread_cond_timedwait(&ticker->woken, &ticker->lock, &until);
    unlock(ticker);
}

static bool begin_turn(struct mst_ticker *ticker)
{
    bool is_ended;

    lock(ticker);
    ticker->is_kicked = false;
    is_ended = ticker->is_ended;
    unlock(ticker);
    return !is_ended;
}

static void run_thread(void *arg)
{
    struct mst_ticker *ticker = arg;
    bool has_failed = false;

    while (begin_turn(ticker)) {
        uint64_t wait_ms = 0;
        enum mst_err err = mst_ticker_turn(ticker, &wait_ms);

        if (err != MST_OK && !has_failed)
            mst_log(MST_LOG_WARNING, MST_EV_STORE, "timers and retention have to wait: %s",
                    mst_err_text(err));
        has_failed = err != MST_OK;
        if (has_failed)
            sleep_for(ticker, RETRY_MS, false);
        else if (wait_ms > 0) {
            sleep_for(ticker, wait_ms, true);
            sleep_for(ticker, REST_MS, false);
        }
    }
}

enum mst_err mst_ticker_new(struct mst_store *store, const struct mst_domain *domain,
                            struct mst_ticker **ret_ticker)
{
    struct mst_ticker *ticker = calloc(1, sizeof *ticker);
    pthread_condattr_t attr;

    if (!ticker)
        return MST_ENOMEM;
    ticker->store = store;
    ticker->domain = domain;
    ticker->observer = (struct mst_observer){.tables = MST_TABLE_BIT(DUE), .changed = kick};
    mst_arena_init(&ticker->arena, MST_FLOW_ARENA_MAX);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&ticker->lock, NULL);
    (void)pthread_cond_init(&ticker->woken, &attr);
    (void)pthread_condattr_destroy(&attr);
    mst_store_observe(store, &ticker->observer);
    *ret_ticker = ticker;
    return MST_OK;
}

enum mst_err mst_ticker_start(struct mst_ticker *ticker)
{
    return mst_thread_start("ticker", run_thread, ticker, &ticker->thread);
}

void mst_ticker_stop(struct mst_ticker *ticker)
{
    if (!ticker)
        return;
    lock(ticker);
    ticker->is_ended = true;
    (void)pthread_cond_signal(&ticker->woken);
    unlock(ticker);
    if (ticker->thread)
        mst_thread_join(ticker->thread);
    if (ticker->reader)
        mst_reader_close(ticker->reader);
    ticker->thread = NULL;
    ticker->reader = NULL;
}

void mst_ticker_free(struct mst_ticker *ticker)
{
    if (!ticker)
        return;
    (void)pthread_cond_destroy(&ticker->woken);
    (void)pthread_mutex_destroy(&ticker->lock);
    mst_arena_fini(&ticker->arena);
    free(ticker);
}

/*
 * The engine that takes an exchange from step to step.
 *
 * While a command is with the store, the exchange belongs to the committer's
 * thread; the hand-over is the store's queue on the way there and the loop's
 * queue of tasks on the way back. A reply is rendered inside the step, so it
 * exists before the commit, but it is sent only after done was called.
 *
 * A command whose outcome is unknown is run again with the same attempt id,
 * by which the use case tells "I won" from "another won" (port_store.h). After
 * MST_UNKNOWN_TRIES_MAX runs the answer is 503: the caller must look for itself. So it must at once
 * after a command of the points file, whose rows tell of no attempt: rules would see its values twice, and
 * messages leave twice.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "front/http/handlers.h"
#include "front/http/route.h"
#include "front/http/waiting.h"
#include "sys/metric.h"
#include "sys/queue.h"
#include "sys/random.h"
#include "wire/path.h"

enum { EXTRA_MAX = 512, WHY_MAX = 320 };

void mst_exchange_init(struct mst_exchange *x, const struct mst_exchange_env *env)
{
    *x = (struct mst_exchange){.env = env};
    mst_arena_init(&x->arena, MST_REQUEST_ARENA_MAX);
    mst_buf_init(&x->body, 0);
    mst_buf_init(&x->reply, MST_REPLY_MAX);
    mst_buf_init(&x->extra, EXTRA_MAX);
}

static void clear_buffer(struct mst_buf *buf)
{
    if (buf->cap > MST_KEPT_BUFFER_MAX)
        mst_buf_fini(buf);
    else
        mst_buf_clear(buf);
}

static void release_work(struct mst_exchange *x)
{
    if (x->release)
        x->release(x);
    x->release = NULL;
    x->work = NULL;
    x->points = NULL;
}

void mst_exchange_reset(struct mst_exchange *x)
{
    release_work(x);
    mst_waiting_end(x);
    mst_held_set(x->env->held, &x->held_bytes, 0);
    x->is_woken = x->is_hurried = x->is_let_go = false;
    if (x->is_secret)
        mst_buf_wipe(&x->reply);
    clear_buffer(&x->body);
    clear_buffer(&x->reply);
    mst_buf_clear(&x->extra);
    mst_arena_reset(&x->arena);
    x->route = NULL;
    x->allowed = 0;
    x->n_segments = 0;
    x->query = x->content_type = x->cik = x->token = x->vendor_name = x->peer = x->range =
        x->if_range = x->if_none_match = x->want_repr_digest = x->request_timeout =
            x->modified_since = (struct mst_span){NULL, 0};
    x->is_body_whole = false;
    x->todo = x->now = x->abandon = (struct mst_todo){0};
    x->long_reply = (struct mst_long_reply){0};
    x->failed = 0;
    x->is_single = false;
    x->lane = 0;
    x->is_secret = false;
    x->is_last = false;
    x->status = 0;
    x->content_type_out = NULL;
    x->mark = 0;
    x->began_ns = 0;
    x->verdict = MST_DONE;
    x->n_stored = 0;
}

void mst_exchange_fini(struct mst_exchange *x)
{
    release_work(x);
    mst_buf_fini(&x->body);
    mst_buf_fini(&x->reply);
    mst_buf_fini(&x->extra);
    mst_arena_fini(&x->arena);
}

/* ---- the head ---- */

/* The first field of a name counts; an empty one is as good as none (2.1.1). */
static enum mst_err take_fields(struct mst_exchange *x, const struct mst_http_head *head)
{
    const struct {
        struct mst_span name;
        struct mst_span *value;
    } wanted[] = {
        {MST_LIT("x-exosite-cik"),         &x->cik             },
        {MST_LIT("x-exosite-token"),       &x->token           },
        {MST_LIT("x-exosite-vendor"),      &x->vendor_name     },
        {MST_LIT("content-type"),          &x->content_type    },
        {MST_LIT("range"),                 &x->range           },
        {MST_LIT("if-range"),              &x->if_range        },
        {MST_LIT("if-none-match"),         &x->if_none_match   },
        {MST_LIT("want-repr-digest"),      &x->want_repr_digest},
        {MST_LIT("request-timeout"),       &x->request_timeout },
        {MST_LIT("if-modified-since"),     &x->modified_since  },
        {MST_LIT("if-not-modified-since"), &x->modified_since  },
    };

    for (size_t i = 0; i < head->n_fields; i++) {
        const struct mst_http_field *field = &head->fields[i];

        for (size_t k = 0; k < sizeof wanted / sizeof wanted[0]; k++) {
            if (field->name.len != wanted[k].name.len || field->value.len == 0 ||
                wanted[k].value->len > 0 || !mst_span_eq_nocase(field->name, wanted[k].name))
                continue;
            enum mst_err err = mst_arena_dup(&x->arena, field->value, wanted[k].value);
            if (err != MST_OK)
                return err;
        }
    }
    return MST_OK;
}

static const struct mst_routes *routes_of(const struct mst_http_opts *opts)
{
    if (opts->routes)
        return opts->routes;
    return opts->admin ? &mst_routes_admin : &mst_routes;
}

enum mst_err mst_exchange_take_head(struct mst_exchange *x, const struct mst_http_head *head)
{
    struct mst_span path;
    enum mst_err err;

    x->method = head->method;
    err = mst_arena_dup(&x->arena, head->path, &path);
    if (err == MST_OK)
        err = mst_arena_dup(&x->arena, head->query, &x->query);
    if (err == MST_OK)
        err = take_fields(x, head);
    if (err == MST_OK)
        err = mst_path_split(&x->arena, path, MST_SEGMENTS_MAX, x->segments, &x->n_segments);
    if (err != MST_OK)
        return err;
    x->route =
        mst_route_find(routes_of(x->env->opts), x->segments, x->n_segments, x->method, &x->allowed);
    return x->route && x->route->heed ? x->route->heed(x, head) : MST_OK;
}

uint64_t mst_exchange_body_max(const struct mst_exchange *x)
{
    uint64_t max;

    if (!x->route)
        return MST_BODY_MAX;
    if (x->route->body_max_at == 0)
        return x->route->body_max;
    memcpy(&max, &((const char *)x->env->opts)[x->route->body_max_at], sizeof max);
    return max;
}

bool mst_exchange_is_in_pieces(const struct mst_exchange *x)
{
    return x->route && x->route->is_body_in_pieces;
}

/* ---- refusing and answering ---- */

const struct mst_domain *mst_exchange_domain(const struct mst_exchange *x)
{
    return x->env->opts->domain;
}

struct mst_span mst_exchange_segment(const struct mst_exchange *x, size_t i)
{
    assert(i < x->n_segments);
    return x->segments[i];
}

enum mst_err mst_exchange_refuse_with(struct mst_exchange *x, unsigned status)
{
    x->status = status;
    return MST_EREFUSED;
}

enum mst_err mst_exchange_refuse_because(struct mst_exchange *x, unsigned status, const char *fmt,
                                         ...)
{
    enum mst_err err;
    va_list args;
    char text[WHY_MAX];

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    for (const char *c = text; *c; c = &c[1])
        assert(*c >= ' ' && *c <= '~');
    (void)mst_buf_addf(&x->extra, "X-Muster-Refused: %s\r\n", text);
    err = mst_buf_err(&x->extra);
    return err != MST_OK ? err : mst_exchange_refuse_with(x, status);
}

enum mst_err mst_exchange_refuse(struct mst_exchange *x, enum mst_verdict verdict)
{
    const struct mst_route *route = x->route;
    enum mst_family family = route->family_by ? route->family_by(x) : route->family;

    x->verdict = verdict;
    return mst_exchange_refuse_with(x, mst_outcome_status(family, verdict));
}

enum mst_err mst_exchange_settle(struct mst_exchange *x, enum mst_err err, enum mst_verdict verdict)
{
    if (err != MST_OK)
        return err;
    return verdict == MST_DONE ? MST_OK : mst_exchange_refuse(x, verdict);
}

enum mst_err mst_exchange_answer(struct mst_exchange *x, unsigned status, const char *type)
{
    x->status = status;
    x->content_type_out = type;
    return MST_OK;
}

enum mst_err mst_exchange_go(struct mst_exchange *x, enum mst_where where, mst_step *guard,
                             mst_step *step)
{
    x->todo = (struct mst_todo){.where = where, .guard = guard, .step = step};
    return MST_OK;
}

enum mst_err mst_exchange_take_lane(struct mst_exchange *x, struct mst_tx *tx, int64_t client_id)
{
    assert(x->now.where == MST_READ);
    return mst_lanes_find(x->env->lanes, tx, client_id, &x->lane);
}

enum mst_err mst_exchange_yield(struct mst_exchange *x, enum mst_where where, mst_step *step)
{
    x->todo = (struct mst_todo){.where = where, .step = step, .is_later = true};
    return MST_OK;
}

enum mst_err mst_exchange_await_body(struct mst_exchange *x, enum mst_where where, mst_step *guard,
                                     mst_step *step)
{
    assert(x->route->is_body_in_pieces && !x->is_body_whole);
    x->todo = (struct mst_todo){where, guard, step, .is_after_piece = true};
    return MST_OK;
}

enum mst_err mst_exchange_answer_long(struct mst_exchange *x, unsigned status, const char *type,
                                      uint64_t total, enum mst_where where, mst_step *step)
{
    x->long_reply = (struct mst_long_reply){
        .total = total,
        .todo = {.where = where, .step = step},
        .status = status,
        .content_type = type,
    };
    if (total > 0 && x->method != MST_METHOD_HEAD)
        x->todo = x->long_reply.todo;
    return mst_exchange_answer(x, status, type);
}

void mst_exchange_fail(struct mst_exchange *x, unsigned status)
{
    if (x->long_reply.total > 0)
        mst_buf_clear(&x->extra); /* it told of the success */
    mst_buf_clear(&x->reply);
    x->todo = (struct mst_todo){0};
    x->long_reply = (struct mst_long_reply){0};
    x->status = status;
    x->content_type_out = NULL;
    x->is_secret = false;
    if (status == 503 && x->extra.len == 0) {
        /* Spread, so that those refused together do not come back together. */
        uint64_t most = x->env->opts->retry_after_s ? x->env->opts->retry_after_s : 1;

        (void)mst_buf_addf(&x->extra, "Retry-After: %u\r\n",
                           (unsigned)(1 + mst_random_u64() % most));
    }
    if (x->route && x->route->failed)
        x->route->failed(x, status);
    else
        (void)mst_http_error_body(&x->reply, status);
}

static bool has_room(const struct mst_exchange *x, size_t bytes)
{
    const bool has_room = mst_held_has_room(x->env->held, x->held_bytes, bytes);

    if (!has_room)
        mst_metric_add(MST_M_HELD_REFUSED, 0, 1);
    return has_room;
}

/* Memory that was kept from an earlier request does not count. */
static size_t bytes_of(const struct mst_buf *buf)
{
    return buf->cap > MST_KEPT_BUFFER_MAX ? buf->cap : buf->len;
}

bool mst_exchange_hold(struct mst_exchange *x)
{
    mst_held_set(x->env->held, &x->held_bytes,
                 bytes_of(&x->body) + bytes_of(&x->reply) + bytes_of(&x->extra) +
                     x->arena.used_bytes);
    return has_room(x, x->held_bytes);
}

/* Refusals of steps carry a status only; their body is the standard one (2.1.4). */
static void complete(struct mst_exchange *x)
{
    if (x->failed == 0 && !has_room(x, x->reply.len))
        x->failed = 503;
    if (x->failed != 0)
        mst_exchange_fail(x, x->failed);
    else if (x->status == 0)
        mst_exchange_fail(x, 500);
    else if (x->status >= 400 && x->reply.len == 0)
        mst_exchange_fail(x, x->status);
}

/* ---- running ---- */

static bool makes_piece(const struct mst_exchange *x)
{
    return x->long_reply.total > 0 && x->now.step == x->long_reply.todo.step;
}

static void rewind_reply(struct mst_exchange *x)
{
    if (!makes_piece(x))
        x->long_reply = (struct mst_long_reply){0};
    x->long_reply.piece = MST_LIT("");
    x->reply.len = x->mark;
    x->reply.err = MST_OK;
    x->extra.len = x->extra_mark;
    x->extra.err = MST_OK;
    x->status = x->long_reply.status;
    x->content_type_out = x->long_reply.content_type;
    x->todo = (struct mst_todo){0};
    x->verdict = MST_DONE;
    x->n_stored = 0;
}

struct mst_span mst_exchange_reply(const struct mst_exchange *x)
{
    return x->long_reply.piece.len > 0 ? x->long_reply.piece : mst_buf_span(&x->reply);
}

static bool is_piece(const struct mst_exchange *x)
{
    size_t len = mst_exchange_reply(x).len;

    return len > 0 && len <= MST_PIECE_MAX && len <= x->long_reply.total - x->long_reply.at;
}

/* Part of the reply is with the peer already: a step owes him the next piece, or says why not. */
static bool owes_piece(const struct mst_exchange *x, enum mst_err err)
{
    if (!makes_piece(x) || x->status >= 400)
        return false;
    return err == MST_EREFUSED ||
           (err == MST_OK && mst_buf_err(&x->reply) == MST_OK && !is_piece(x));
}

static enum mst_err perform(struct mst_exchange *x, struct mst_tx *tx)
{
    enum mst_err err = MST_OK;

    rewind_reply(x);
    if (x->now.guard)
        err = x->now.guard(x, tx);
    if (err == MST_OK)
        err = x->now.step(x, tx);
    if (owes_piece(x, err))
        err = MST_EINVAL;
    else if (err == MST_EREFUSED && x->status != 0)
        x->reply.len = x->mark;
    else if (mst_buf_err(&x->reply) == MST_EFULL)
        err = MST_EINVAL; /* it will not fit the next time either: not 503 */
    else if ((err == MST_OK || err == MST_EREFUSED) && mst_buf_err(&x->reply) != MST_OK)
        err = mst_buf_err(&x->reply);
    return err;
}

static enum mst_err run_command(struct mst_cmd *cmd, struct mst_tx *tx)
{
    return perform(((struct mst_exchange_cmd *)cmd)->x, tx);
}

static void command_done(struct mst_cmd *cmd, enum mst_err err)
{
    struct mst_exchange *x = ((struct mst_exchange_cmd *)cmd)->x;

    x->outcome = err;
    mst_loop_post(x->env->loop, &x->task.task);
}

static bool submit(struct mst_exchange *x)
{
    enum mst_err err;

    x->n_tries++;
    x->cmd.cmd.file = x->now.where == MST_POINTS    ? MST_FILE_POINTS
                      : x->now.where == MST_CONTENT ? MST_FILE_CONTENT
                                                    : MST_FILE_STATE;
    x->cmd.cmd.lane = x->lane;
    err = mst_store_submit(x->env->opts->store, &x->cmd.cmd);
    if (err == MST_OK)
        return true;
    mst_exchange_fail(x, mst_outcome_error(err));
    return false;
}

static void run_apart(void *arg)
{
    struct mst_exchange *x = arg;

    x->outcome = perform(x, NULL);
    mst_loop_post(x->env->loop, &x->task.task);
}

static bool start_apart(struct mst_exchange *x)
{
    enum mst_err err = mst_thread_start("apart", run_apart, x, &x->thread);

    if (err == MST_OK)
        return true;
    mst_exchange_fail(x, mst_outcome_error(err));
    return false;
}

static void settle_error(struct mst_exchange *x, enum mst_err err)
{
    if (err != MST_OK && err != MST_EREFUSED)
        mst_exchange_fail(x, mst_outcome_error(err));
}

static void run_here(struct mst_exchange *x)
{
    struct mst_tx *tx = NULL;
    enum mst_err err;

    if (x->now.where == MST_NOWHERE) {
        settle_error(x, perform(x, NULL));
        return;
    }
    err = mst_reader_begin(x->env->reader, &tx);
    if (err == MST_OK) {
        err = perform(x, tx);
        mst_reader_pause(x->env->reader);
        mst_timer_set(x->env->rest, 0);
    }
    settle_error(x, err);
}

static int64_t new_attempt(void)
{
    int64_t attempt;

    do
        attempt = (int64_t)mst_random_u64();
    while (attempt == 0);
    return attempt;
}

/* Starts the step x->now; true if it has been run, or could not be started. */
static bool run(struct mst_exchange *x)
{
    switch (x->now.where) {
    case MST_NOWHERE:
    case MST_READ:
        run_here(x);
        return true;
    case MST_APART:
        return !start_apart(x);
    case MST_STATE:
    case MST_POINTS:
    case MST_CONTENT:
        break;
    }
    x->attempt = new_attempt();
    x->n_tries = 0;
    x->cmd.cmd.is_single = x->is_single;
    x->is_single = false;
    return !submit(x);
}

/* The answer is found. If it is a failure, what cleans up comes first, so that who tries again at
   once finds nothing in his way. */
static bool must_clean_up(struct mst_exchange *x)
{
    if (!x->abandon.step || (x->status != 0 && x->status < 400))
        return false;
    x->failed = x->status != 0 ? x->status : 500;
    x->todo = x->abandon;
    x->abandon.step = NULL;
    return true;
}

static void break_off(struct mst_exchange *x)
{
    mst_waiting_end(x);
    x->todo = (struct mst_todo){0};
    x->failed = 503;
}

static enum mst_progress go_on(struct mst_exchange *x)
{
    while (x->todo.step || must_clean_up(x)) {
        if (x->todo.is_after_piece) {
            mst_buf_clear(&x->body);
            return MST_WANTS_PIECE;
        }
        if (x->todo.is_later && x->is_let_go) {
            break_off(x);
            continue;
        }
        if ((x->todo.is_later || x->todo.is_after_wake) && !mst_exchange_hold(x)) {
            break_off(x);
            continue;
        }
        if (x->todo.is_later) {
            x->todo.is_later = false;
            x->outcome = MST_OK;
            mst_loop_yield(x->env->loop, &x->task.task);
            return MST_RUNNING;
        }
        if (x->todo.is_after_wake && mst_waiting_sleep(x))
            return MST_ASLEEP;
        x->now = x->todo;
        x->mark = x->reply.len;
        x->extra_mark = x->extra.len;
        if (!run(x))
            return MST_RUNNING;
        mst_waiting_step_ran(x);
    }
    complete(x);
    return MST_ANSWERED;
}

/* Would the command, run again, tell what it did before from what others did? */
static bool knows_itself(const struct mst_exchange *x)
{
    return x->now.where != MST_POINTS;
}

static void command_answered(struct mst_task *task)
{
    struct mst_exchange *x = ((struct mst_exchange_task *)task)->x;
    enum mst_progress progress;

    if (x->thread)
        mst_thread_join(x->thread); /* it has nothing left to do */
    x->thread = NULL;
    if (x->outcome == MST_EUNKNOWN && knows_itself(x) && x->n_tries < MST_UNKNOWN_TRIES_MAX &&
        submit(x))
        return;
    if (x->outcome == MST_OK && x->n_stored > 0)
        mst_metric_add(MST_M_POINTS, 0, x->n_stored);
    settle_error(x, x->outcome);
    progress = go_on(x);
    if (progress != MST_RUNNING)
        x->env->came_back(x, progress);
}

static mst_step *guard_of(const struct mst_route *route)
{
    return mst_permit_by(route->action) == MST_BY_OPEN ? NULL : mst_guard;
}

static enum mst_err check_first(struct mst_exchange *x, struct mst_tx *tx)
{
    const struct mst_route *route = x->route;

    if (route->prepare) {
        enum mst_err err = route->prepare(x, tx);

        if (err != MST_OK || x->status != 0)
            return err;
    }
    return route->is_body_in_pieces
               ? mst_exchange_await_body(x, route->where, guard_of(route), route->step)
               : mst_exchange_go(x, route->where, guard_of(route), route->step);
}

enum mst_progress mst_exchange_start(struct mst_exchange *x)
{
    x->cmd = (struct mst_exchange_cmd){
        .cmd = {.run = run_command, .done = command_done},
          .x = x
    };
    x->thread = NULL;
    x->task = (struct mst_exchange_task){.task = {.run = command_answered}, .x = x};
    if (!x->route) {
        if (x->allowed)
            (void)mst_route_allow(&x->extra, x->allowed);
        mst_exchange_fail(x, x->allowed ? 405 : 404);
        return MST_ANSWERED;
    }
    if (x->route->where == MST_STATE || x->route->is_body_in_pieces)
        (void)mst_exchange_go(x, MST_READ, guard_of(x->route), check_first);
    else
        (void)mst_exchange_go(x, x->route->where, guard_of(x->route), x->route->step);
    return go_on(x);
}

void mst_exchange_wake(struct mst_exchange *x)
{
    enum mst_progress progress;

    if (!mst_waiting_is_asleep(x))
        return;
    mst_waiting_rise(x);
    progress = go_on(x);
    if (progress != MST_ASLEEP)
        x->env->came_back(x, progress);
}

enum mst_progress mst_exchange_hurry(struct mst_exchange *x)
{
    x->is_hurried = true;
    if (!mst_waiting_is_asleep(x))
        return MST_RUNNING;
    mst_waiting_rise(x);
    return go_on(x);
}

enum mst_progress mst_exchange_continue(struct mst_exchange *x)
{
    if (x->todo.is_after_piece) {
        x->todo.is_after_piece = false;
        return go_on(x);
    }
    assert(x->long_reply.total > 0);
    x->long_reply.at += mst_exchange_reply(x).len;
    mst_buf_clear(&x->reply);
    x->todo = x->long_reply.todo;
    return go_on(x);
}

void mst_exchange_let_go(struct mst_exchange *x)
{
    x->is_let_go = true;
}

enum mst_progress mst_exchange_give_up(struct mst_exchange *x, unsigned status)
{
    if (!x->todo.is_after_piece)
        return MST_ANSWERED;
    x->todo = (struct mst_todo){0};
    x->status = status;
    return go_on(x);
}

/* ---- forms ---- */

static enum mst_err parse_form(struct mst_exchange *x, struct mst_span text,
                               struct mst_form *ret_form)
{
    enum mst_err err = mst_form_parse(&x->arena, text, MST_FORM_ITEMS_MAX, ret_form);

    return err == MST_EFULL ? mst_exchange_refuse_with(x, 413) : err;
}

enum mst_err mst_exchange_query(struct mst_exchange *x, struct mst_form *ret_form)
{
    struct mst_span text = x->query;

    if (x->method == MST_METHOD_GET && text.len == 0)
        text = mst_buf_span(&x->body);
    while (text.len > 0 && text.ptr[0] == '?') /* documented doubled (2.8.3) */
        text = mst_span_cut(text, 1, text.len);
    return parse_form(x, text, ret_form);
}

enum mst_err mst_exchange_form(struct mst_exchange *x, struct mst_form *ret_form)
{
    return parse_form(x, mst_buf_span(&x->body), ret_form);
}

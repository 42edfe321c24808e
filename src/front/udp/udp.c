/*
 * A datagram is judged and its flow planned as soon as it is there, by a reader of the loop's; then it
 * is a command of the points file, and on its way back it is counted. At most SHOTS_MAX are on their way: the
 * next one is dropped, for nobody waits for it.
 */
#include <assert.h>
#include <stdlib.h>

#include "core/data.h"
#include "core/flow.h"
#include "core/lane.h"
#include "core/permit.h"
#include "front/http/suspect.h"
#include "front/http/values.h"
#include "front/udp/rate.h"
#include "front/udp/udp.h"
#include "sys/metric.h"
#include "sys/random.h"
#include "wire/shot.h"

enum { SHOTS_MAX = 256, SHOT_ARENA_MAX = 4 << 20 };

struct shot {
    struct mst_cmd cmd;   /* first: the store hands it back */
    struct mst_task task; /* and the loop this */
    struct mst_udp *udp;
    struct shot *next; /* of the free ones */
    struct mst_arena arena;
    struct mst_flow *flow;
    enum mst_verdict verdict;
    enum mst_err outcome;
};

struct mst_udp {
    struct mst_udp_opts opts;
    struct mst_loop *loop;
    struct mst_reader *reader;
    struct shot *free_shots;
    size_t n_shots, n_busy;
    void (*idle)(void *arg); /* not NULL: draining */
    void *idle_arg;
    struct mst_rate rate;
};

static void count(enum mst_label_SHOT what)
{
    mst_metric_add(MST_M_SHOTS, what, 1);
}

/* ---- memory ---- */

static struct shot *take_shot(struct mst_udp *udp)
{
    struct shot *shot = udp->free_shots;

    if (shot) {
        udp->free_shots = shot->next;
    } else {
        if (udp->n_shots == SHOTS_MAX)
            return NULL;
        shot = calloc(1, sizeof *shot);
        if (!shot)
            return NULL;
        shot->udp = udp;
        mst_arena_init(&shot->arena, SHOT_ARENA_MAX);
        udp->n_shots++;
    }
    udp->n_busy++;
    return shot;
}

static void give_shot(struct shot *shot)
{
    struct mst_udp *udp = shot->udp;

    mst_arena_reset(&shot->arena);
    shot->next = udp->free_shots;
    udp->free_shots = shot;
    udp->n_busy--;
    if (udp->n_busy == 0 && udp->idle)
        udp->idle(udp->idle_arg);
}

/* ---- into the store ---- */

static enum mst_err run(struct mst_cmd *cmd, struct mst_tx *tx)
{
    struct shot *shot = (struct shot *)cmd;
    enum mst_err err = mst_flow_run(shot->flow, tx, &shot->verdict);

    return err == MST_OK && shot->verdict != MST_DONE ? MST_EREFUSED : err;
}

static void came_back(struct mst_task *task)
{
    struct shot *shot = (struct shot *)(void *)((char *)task - offsetof(struct shot, task));

    if (shot->outcome != MST_OK) {
        count(MST_SHOT_FAILED);
    } else if (shot->verdict != MST_DONE) {
        count(MST_SHOT_BAD_VALUE);
    } else {
        count(MST_SHOT_STORED);
        mst_metric_add(MST_M_POINTS, 0, mst_flow_n_points(shot->flow));
    }
    give_shot(shot);
}

static void done(struct mst_cmd *cmd, enum mst_err err)
{
    struct shot *shot = (struct shot *)cmd;

    shot->outcome = err;
    mst_loop_post(shot->udp->loop, &shot->task);
}

/* ---- judging ---- */

static enum mst_err ask_key(struct mst_udp *udp, struct mst_tx *tx, struct mst_span cik,
                            const struct mst_addr *from, enum mst_verdict *ret_verdict,
                            int64_t *ret_client_id)
{
    const struct mst_permit_request request = {.action = MST_MAY_USE_OWN_DATA, .cik = cik};
    struct mst_caller caller = {0};
    char peer[MST_ADDR_CHARS];
    enum mst_err err = mst_permit_ask(udp->opts.domain, tx, &request, ret_verdict, &caller);

    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    mst_addr_print_ip(from, peer);
    mst_suspect_seen(udp->opts.domain, udp->opts.store, mst_span_str(peer), &caller.manager.client);
    *ret_client_id = caller.manager.client.id;
    return MST_OK;
}

/* MST_DONE also for an alias that the device does not have, as in a write by HTTP. */
static enum mst_err add_value(struct shot *shot, struct mst_tx *tx, int64_t client_id,
                              const struct mst_form_item *item, enum mst_verdict *ret_verdict)
{
    const struct mst_udp_opts *opts = &shot->udp->opts;
    struct mst_flow_input input = {
        .at = mst_tx_wall_now(tx), .text = item->value, .is_optional = opts->is_bad_value_skipped};
    struct mst_data_alias alias;
    enum mst_err err = mst_value_alias(&shot->arena, item, &alias);

    if (err == MST_OK)
        err = mst_data_port(tx, client_id, &alias, ret_verdict, &input.port);
    if (err == MST_OK && *ret_verdict == MST_DONE) {
        err = mst_form_plus(&shot->arena, item->raw_value, &input.plus);
        if (err == MST_OK)
            err = mst_flow_add(opts->domain, tx, shot->flow, &input, ret_verdict);
        if (*ret_verdict == MST_BAD_VALUE && opts->is_bad_value_skipped)
            *ret_verdict = MST_DONE;
    } else {
        *ret_verdict = MST_DONE;
    }
    return err;
}

/* Plans the flow; *ret_what is set if there is nothing to be run. */
static enum mst_err plan(struct shot *shot, struct mst_tx *tx, const struct mst_shot *read,
                         const struct mst_addr *from, enum mst_label_SHOT *ret_what)
{
    enum mst_verdict verdict = MST_NO_AUTH;
    int64_t client_id = 0;
    enum mst_err err = ask_key(shot->udp, tx, read->cik, from, &verdict, &client_id);

    if (err != MST_OK || verdict != MST_DONE) {
        *ret_what = MST_SHOT_KEY;
        return err;
    }
    err = mst_lane_of_client(tx, client_id, &shot->cmd.lane);
    if (err == MST_OK)
        err = mst_flow_new(&shot->arena, read->values.n_items, &shot->flow);
    for (size_t i = 0; i < read->values.n_items && err == MST_OK && verdict == MST_DONE; i++)
        err = add_value(shot, tx, client_id, &read->values.items[i], &verdict);
    if (err != MST_OK)
        return err;
    *ret_what = verdict != MST_DONE                  ? MST_SHOT_BAD_VALUE
                : mst_flow_n_points(shot->flow) == 0 ? MST_SHOT_ALIAS
                                                     : MST_SHOT_STORED;
    return MST_OK;
}

/* MST_SHOT_STORED: it may be. */
static enum mst_label_SHOT judge(struct shot *shot, const struct mst_addr *from,
                                 struct mst_span bytes)
{
    enum mst_label_SHOT what = MST_SHOT_FAILED;
    struct mst_shot read;
    struct mst_tx *tx;
    enum mst_err err = mst_arena_dup(&shot->arena, bytes, &bytes);

    if (err == MST_OK)
        err = mst_shot_read(&shot->arena, bytes, MST_ALIASES_MAX, &read);
    if (err == MST_ESYNTAX || err == MST_EFULL)
        return MST_SHOT_MALFORMED;
    if (err == MST_OK)
        err = mst_reader_begin(shot->udp->reader, &tx);
    if (err != MST_OK)
        return MST_SHOT_FAILED;
    err = plan(shot, tx, &read, from, &what);
    mst_reader_end(shot->udp->reader);
    return err == MST_OK ? what : MST_SHOT_FAILED;
}

void mst_udp_received(void *arg, const struct mst_addr *from, struct mst_span bytes)
{
    struct mst_udp *udp = arg;
    struct shot *shot;
    enum mst_label_SHOT what;

    if (!mst_rate_take(&udp->rate, from, mst_loop_now_ms(udp->loop))) {
        count(MST_SHOT_RATE);
        return;
    }
    shot = take_shot(udp);
    if (!shot) {
        count(MST_SHOT_BUSY);
        return;
    }
    what = judge(shot, from, bytes);
    if (what == MST_SHOT_STORED) {
        shot->cmd.run = run;
        shot->cmd.done = done;
        shot->cmd.file = MST_FILE_POINTS;
        shot->cmd.is_single = mst_flow_is_single(shot->flow);
        shot->task.run = came_back;
        if (mst_store_submit(udp->opts.store, &shot->cmd) == MST_OK)
            return;
        what = MST_SHOT_BUSY;
    }
    count(what);
    give_shot(shot);
}

/* ---- beginning and end ---- */

enum mst_err mst_udp_new(struct mst_loop *loop, const struct mst_udp_opts *opts,
                         struct mst_udp **ret_udp)
{
    struct mst_udp *udp = calloc(1, sizeof *udp);
    enum mst_err err;

    if (!udp)
        return MST_ENOMEM;
    udp->opts = *opts;
    udp->loop = loop;
    mst_rate_init(&udp->rate, opts->per_s, mst_random_u64());
    err = mst_reader_open(opts->store, &udp->reader);
    if (err != MST_OK) {
        free(udp);
        return err;
    }
    *ret_udp = udp;
    return MST_OK;
}

void mst_udp_drain(struct mst_udp *udp, void (*idle)(void *arg), void *arg)
{
    assert(idle && !udp->idle);
    udp->idle = idle;
    udp->idle_arg = arg;
    if (udp->n_busy == 0)
        idle(arg);
}

void mst_udp_free(struct mst_udp *udp)
{
    struct shot *shot;

    if (!udp)
        return;
    assert(udp->n_busy == 0);
    mst_reader_close(udp->reader);
    while ((shot = udp->free_shots)) {
        udp->free_shots = shot->next;
        mst_arena_fini(&shot->arena);
        free(shot);
    }
    free(udp);
}

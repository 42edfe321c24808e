/*
 * A message under way has a slot. Each turn of the thread, in this order:
 *
 *   settle   slots that ended: one reader plans the values that say how, one command of the points file
 *            stores them and takes the messages out of their queues, or puts them off
 *   pick     messages that are due get the free slots; those of a tenant that has its part of the
 *            slots are put off, so that the look at what is due never has to pass over many
 *   draw     one command of the state file draws new messages from the limits of their owners
 *   begin    the slots that were picked start to be sent
 *   wait     for the network, a commit with messages, or the next due time
 *
 * A command that fails leaves the slots as they are, to be tried a second later: nothing is
 * forgotten but by the end of the process.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/dispatch.h"
#include "core/flow.h"
#include "core/lane.h"
#include "server/command.h"
#include "server/outlet.h"
#include "server/sender.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/metric.h"
#include "sys/queue.h"

enum {
    WAIT_MAX_MS = 60000, /* the wall clock may be set meanwhile */
    RETRY_MS = 1000,     /* after a command that failed */
    PATIENCE_MS = 2000,  /* at the end, for what is under way */
    PAGE = 2 * MST_SENDING_MAX,
    STATUS_CHARS = 128
};

enum stage { FREE, PICKED, UNDER_WAY, ENDED };

struct slot {
    enum stage stage;
    int64_t outgoing_id, dispatch_id, owner_id, lane, tries;
    /* PICKED: what is to be sent; its texts lie in arena. */
    struct mst_arena arena;
    struct mst_message message;
    bool has_room; /* draw: its owner's limits allow it */
    /* ENDED: either is_over, perhaps with a status to be stored, or it is to be tried at due_ms. */
    bool is_over;
    bool is_left; /* settle: to the next turn, its status would be too much for this one */
    int64_t due_ms;
    char status[STATUS_CHARS];
};

struct mst_sender {
    struct mst_observer observer; /* first: the store hands it back */
    struct mst_store *store;
    const struct mst_domain *domain;
    const struct mst_settings *settings;
    struct mst_outlet outlet;
    struct mst_reader *reader;
    struct mst_thread *thread;
    atomic_bool is_ending;
    struct slot slots[MST_SENDING_MAX];
    int64_t deferred[PAGE]; /* messages of tenants that have enough under way */
    size_t n_deferred;
    int64_t next_due_ms; /* INT64_MAX: nothing waits */
    bool is_more;        /* due messages that were not looked at */
    bool has_failed;
    struct mst_arena arena; /* of one step */
};

static size_t count_stage(const struct mst_sender *sender, enum stage stage)
{
    size_t n = 0;

    for (size_t i = 0; i < MST_SENDING_MAX; i++)
        n += sender->slots[i].stage == stage;
    return n;
}

static void free_slot(struct slot *slot)
{
    mst_arena_reset(&slot->arena);
    slot->stage = FREE;
}

/* ---- how messages end ---- */

static void end_slot(struct slot *slot, const char *status, size_t len)
{
    slot->stage = ENDED;
    slot->is_over = true;
    (void)snprintf(slot->status, sizeof slot->status, "%.*s", (int)len, status);
}

static void count_end(const struct slot *slot, enum mst_label_ENDED ended)
{
    mst_metric_add(MST_M_DISPATCHED, (unsigned)slot->message.method * MST_ENDED_LEN + ended, 1);
}

/* Before the try that will be the tries-th. The recipient may ask for more, up to the greatest delay. */
static int64_t delay_ms(const struct mst_sender *sender, int64_t tries, int64_t wait_s)
{
    int64_t delay = sender->settings->dispatch_retry_ms;

    for (int64_t i = 1; i < tries && delay < MST_DISPATCH_DELAY_MAX_MS; i++)
        delay *= 2;
    if (wait_s > delay / 1000)
        delay =
            wait_s < MST_DISPATCH_DELAY_MAX_MS / 1000 ? wait_s * 1000 : MST_DISPATCH_DELAY_MAX_MS;
    return delay < MST_DISPATCH_DELAY_MAX_MS ? delay : MST_DISPATCH_DELAY_MAX_MS;
}

/* Called by send, on the thread. */
static void note_end(void *arg, void *message, const struct mst_send_result *result)
{
    struct mst_sender *sender = arg;
    struct slot *slot = message;
    bool is_good = mst_span_starts(result->status, MST_LIT("2"));

    mst_metric_sub(MST_M_DISPATCHING, 0, 1);
    mst_outlet_watch(&sender->outlet, slot->message.method, result);
    if (result->outcome == MST_SEND_AGAIN && slot->tries + 1 < MST_DISPATCH_TRIES_MAX) {
        slot->stage = ENDED;
        slot->is_over = false;
        slot->due_ms = mst_clock_wall_ms() + delay_ms(sender, slot->tries + 1, result->wait_s);
        mst_metric_add(MST_M_DISPATCH_RETRIES, (unsigned)slot->message.method, 1);
        return;
    }
    end_slot(slot, result->status.ptr, result->status.len);
    count_end(slot, result->outcome != MST_SEND_DONE ? MST_ENDED_FAILED
                    : is_good                        ? MST_ENDED_SENT
                                                     : MST_ENDED_REFUSED);
}

/* ---- settle ---- */

struct settling {
    struct mst_sender *sender;
    struct mst_flow *flow;
    bool is_too_much; /* what its values set off, for one command */
};

/* What a status sets off always fits alone (MST_FLOW_TREE_MAX), but not that of many. */
static enum mst_err add_value(struct mst_sender *sender, struct mst_tx *tx, struct mst_flow *flow,
                              struct slot *slot)
{
    struct mst_flow_input input = {.at = mst_tx_wall_now(tx),
                                   .text = mst_span_str(slot->status),
                                   .port = {.id = slot->dispatch_id},
                                   .is_report = true};
    enum mst_verdict verdict = MST_DONE;
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &input.port);

    if (err != MST_OK)
        return err == MST_ENOENT ? MST_OK : err; /* dropped meanwhile */
    err = mst_flow_add(sender->domain, tx, flow, &input, &verdict);
    slot->is_left = mst_flow_n_points(flow) > 0 && (err == MST_ENOMEM || verdict == MST_NO_ROOM);
    return slot->is_left ? MST_OK : err;
}

/* At most max of them. */
static enum mst_err plan_values(struct mst_sender *sender, size_t max, struct mst_flow **ret_flow)
{
    struct mst_tx *tx;
    enum mst_err err = mst_flow_new(&sender->arena, MST_SENDING_MAX, ret_flow);

    if (err == MST_OK)
        err = mst_reader_begin(sender->reader, &tx);
    if (err != MST_OK)
        return err;
    for (size_t i = 0; i < MST_SENDING_MAX && err == MST_OK; i++) {
        const struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));
        struct slot *slot = &sender->slots[i];
        const bool has_value = slot->stage == ENDED && slot->is_over && slot->status[0];

        slot->is_left = has_value && mst_flow_n_points(*ret_flow) == max;
        if (has_value && !slot->is_left)
            err = add_value(sender, tx, *ret_flow, slot);
        mst_arena_rewind(mst_tx_arena(tx), mark);
    }
    mst_reader_end(sender->reader);
    return err;
}

static enum mst_err store_slot(struct mst_tx *tx, const struct slot *slot)
{
    if (slot->stage != ENDED || slot->is_left)
        return MST_OK;
    return slot->is_over ? mst_dispatch_finish(tx, slot->outgoing_id)
                         : mst_dispatch_postpone(tx, slot->outgoing_id, slot->due_ms, 1);
}

/* An ambiguous commit runs it again: a message may then count a try twice. */
static enum mst_err store_ends(void *arg, struct mst_tx *tx)
{
    struct settling *settling = arg;
    struct mst_sender *sender = settling->sender;
    int64_t busy_until_ms = mst_tx_wall_now_ms(tx) + MST_SENDING_BUSY_MS;
    enum mst_verdict verdict;
    enum mst_err err = mst_flow_run(settling->flow, tx, &verdict);

    settling->is_too_much = err == MST_OK && verdict != MST_DONE;
    if (settling->is_too_much)
        return MST_EREFUSED;
    for (size_t i = 0; i < MST_SENDING_MAX && err == MST_OK; i++)
        err = store_slot(tx, &sender->slots[i]);
    for (size_t i = 0; i < sender->n_deferred && err == MST_OK; i++)
        err = mst_dispatch_postpone(tx, sender->deferred[i], busy_until_ms, 0);
    return err;
}

/* MST_EREFUSED: it is too much for one command. */
static enum mst_err settle_some(struct mst_sender *sender, size_t max)
{
    struct settling settling = {.sender = sender};
    enum mst_err err;

    mst_arena_reset(&sender->arena);
    err = plan_values(sender, max, &settling.flow);
    if (err == MST_OK)
        err = mst_command_wait(sender->store, MST_FILE_POINTS, store_ends, &settling);
    return err == MST_OK && settling.is_too_much ? MST_EREFUSED : err;
}

static enum mst_err settle(struct mst_sender *sender)
{
    enum mst_err err;

    if (count_stage(sender, ENDED) == 0 && sender->n_deferred == 0)
        return MST_OK;
    err = settle_some(sender, MST_SENDING_MAX);
    if (err == MST_EREFUSED)
        err = settle_some(sender, 1); /* the others in turns of their own */
    if (err != MST_OK)
        return err;
    sender->n_deferred = 0;
    for (size_t i = 0; i < MST_SENDING_MAX; i++)
        if (sender->slots[i].stage == ENDED && !sender->slots[i].is_left)
            free_slot(&sender->slots[i]);
    return MST_OK;
}

/* ---- pick ---- */

struct due {
    struct mst_row_outgoing rows[PAGE];
    size_t n;
};

static enum mst_err collect(void *arg, const void *row)
{
    struct due *due = arg;

    due->rows[due->n++] = *(const struct mst_row_outgoing *)row;
    return MST_OK;
}

static bool has_slot(const struct mst_sender *sender, int64_t outgoing_id)
{
    for (size_t i = 0; i < MST_SENDING_MAX; i++)
        if (sender->slots[i].stage != FREE && sender->slots[i].outgoing_id == outgoing_id)
            return true;
    return false;
}

static struct slot *find_free(struct mst_sender *sender)
{
    for (size_t i = 0; i < MST_SENDING_MAX; i++)
        if (sender->slots[i].stage == FREE)
            return &sender->slots[i];
    return NULL;
}

static size_t count_lane(const struct mst_sender *sender, int64_t lane)
{
    size_t n = 0;

    for (size_t i = 0; i < MST_SENDING_MAX; i++)
        n += sender->slots[i].stage != FREE && sender->slots[i].lane == lane;
    return n;
}

static enum mst_err copy_texts(struct slot *slot, const struct mst_dispatch *dispatch,
                               struct mst_span value, const struct mst_handle *rid)
{
    struct mst_span text = dispatch->message.len > 0 ? dispatch->message : value;
    enum mst_err err = mst_arena_dup(&slot->arena, dispatch->recipient, &slot->message.recipient);

    if (err == MST_OK)
        err = mst_arena_dup(&slot->arena, dispatch->subject, &slot->message.subject);
    if (err == MST_OK)
        err = mst_arena_dup(&slot->arena, text, &slot->message.text);
    if (err == MST_OK)
        err = mst_arena_printf(&slot->arena, &slot->message.key, "%.*s-%lld", MST_HANDLE_CHARS,
                               rid->text, (long long)slot->outgoing_id);
    return err;
}

/* Reads what is to be sent. A message of a dispatch that is gone, locked or none ends silently. */
static enum mst_err fill_slot(struct mst_sender *sender, struct mst_tx *tx, struct slot *slot,
                              const struct mst_row_outgoing *row,
                              const struct mst_row_resource *resource)
{
    struct mst_dispatch dispatch;
    enum mst_verdict verdict = MST_BAD_VALUE;
    struct mst_handle rid;
    enum mst_err err = MST_OK;

    slot->outgoing_id = row->id;
    slot->dispatch_id = row->dispatch_id;
    slot->message.at = row->at;
    slot->tries = row->tries;
    slot->owner_id = resource->owner_id;
    slot->has_room = row->tries > 0; /* drawn at the first try */
    if (resource->kind == MST_KIND_DISPATCH)
        err = mst_dispatch_read(mst_tx_arena(tx), resource->detail, &verdict, &dispatch);
    if (err != MST_OK)
        return err;
    if (verdict != MST_DONE || dispatch.is_locked) {
        end_slot(slot, "", 0);
        return MST_OK;
    }
    slot->message.method = dispatch.method;
    err = mst_domain_rid(sender->domain, resource, &rid);
    if (err == MST_OK)
        err = copy_texts(slot, &dispatch, row->value, &rid);
    if (err == MST_OK)
        slot->stage = PICKED;
    else
        free_slot(slot);
    return err;
}

/* *ret_is_full: no slot is free. */
static enum mst_err take(struct mst_sender *sender, struct mst_tx *tx,
                         const struct mst_row_outgoing *row, bool *ret_is_full)
{
    struct mst_row_resource resource = {.id = row->dispatch_id};
    struct slot *slot = find_free(sender);
    int64_t lane = 0;
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);

    *ret_is_full = slot == NULL;
    if (err == MST_OK)
        err = mst_lane_of_client(tx, resource.owner_id, &lane);
    if (err == MST_ENOENT) {
        resource = (struct mst_row_resource){.id = row->dispatch_id};
        err = MST_OK;
    }
    if (err != MST_OK || slot == NULL)
        return err;
    if (lane != 0 && count_lane(sender, lane) >= MST_SENDING_LANE_MAX) {
        sender->deferred[sender->n_deferred++] = row->id;
        return MST_OK;
    }
    slot->lane = lane;
    return fill_slot(sender, tx, slot, row, &resource);
}

/* A time that is further ahead than any message is put off was set by a clock that has been set back since. */
static bool is_ahead(int64_t due_ms, int64_t now_ms)
{
    return due_ms == MST_OUTGOING_BEHIND ||
           (due_ms > now_ms && due_ms - now_ms <= MST_DISPATCH_DELAY_MAX_MS);
}

static enum mst_err pick_page(struct mst_sender *sender, struct mst_tx *tx)
{
    static const struct mst_scan scan = {.index = MST_IX_OUTGOING_DUE, .limit = PAGE};
    int64_t now_ms = mst_tx_wall_now_ms(tx);
    struct due due = {.n = 0};
    bool is_full = false;
    enum mst_err err = mst_tx_scan(tx, &scan, collect, &due);

    sender->next_due_ms = INT64_MAX;
    sender->is_more = false;
    for (size_t i = 0; i < due.n && err == MST_OK && !is_full; i++) {
        const struct mst_row_outgoing *row = &due.rows[i];

        if (is_ahead(row->due_ms, now_ms)) {
            if (sender->next_due_ms == INT64_MAX)
                sender->next_due_ms = row->due_ms;
        } else if (!has_slot(sender, row->id)) {
            const struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));

            err = take(sender, tx, row, &is_full);
            mst_arena_rewind(mst_tx_arena(tx), mark);
        }
    }
    sender->is_more =
        err == MST_OK && !is_full && due.n == PAGE && due.rows[PAGE - 1].due_ms <= now_ms;
    return err;
}

static enum mst_err pick(struct mst_sender *sender)
{
    struct mst_tx *tx;
    enum mst_err err = mst_reader_begin(sender->reader, &tx);

    if (err != MST_OK)
        return err;
    err = pick_page(sender, tx);
    mst_reader_end(sender->reader);
    return err;
}

/* ---- draw ---- */

static bool is_undrawn(const struct slot *slot)
{
    return slot->stage == PICKED && !slot->has_room;
}

struct drawing {
    struct mst_sender *sender;
    enum mst_verdict verdicts[MST_SENDING_MAX];
};

static enum mst_err draw_all(void *arg, struct mst_tx *tx)
{
    struct drawing *drawing = arg;
    enum mst_err err = MST_OK;

    for (size_t i = 0; i < MST_SENDING_MAX && err == MST_OK; i++) {
        const struct slot *slot = &drawing->sender->slots[i];

        if (is_undrawn(slot))
            err =
                mst_dispatch_draw(tx, slot->owner_id, slot->message.method, &drawing->verdicts[i]);
    }
    return err;
}

static void take_verdict(struct slot *slot, enum mst_verdict verdict)
{
    slot->has_room = verdict == MST_DONE;
    if (verdict == MST_NO_ROOM) {
        end_slot(slot, "limit", strlen("limit"));
        count_end(slot, MST_ENDED_LIMIT);
    } else if (verdict != MST_DONE) {
        end_slot(slot, "", 0); /* the owner is gone */
    }
}

/* An ambiguous commit, or an end before the message was sent, may draw it twice, never not at all. */
static enum mst_err draw(struct mst_sender *sender)
{
    struct drawing drawing = {.sender = sender};
    size_t n = 0;
    enum mst_err err;

    for (size_t i = 0; i < MST_SENDING_MAX; i++)
        n += is_undrawn(&sender->slots[i]);
    if (n == 0)
        return MST_OK;
    err = mst_command_wait(sender->store, MST_FILE_STATE, draw_all, &drawing);
    for (size_t i = 0; i < MST_SENDING_MAX && err == MST_OK; i++)
        if (is_undrawn(&sender->slots[i]))
            take_verdict(&sender->slots[i], drawing.verdicts[i]);
    return err;
}

/* ---- begin ---- */

/* One that does not fit what can be sent is over; one without memory is left for another turn. */
static enum mst_err begin(struct mst_sender *sender)
{
    enum mst_err first = MST_OK;

    for (size_t i = 0; i < MST_SENDING_MAX; i++) {
        struct slot *slot = &sender->slots[i];
        enum mst_err err;

        if (slot->stage != PICKED || !slot->has_room)
            continue;
        slot->stage = UNDER_WAY; /* send may end it at once */
        mst_metric_add(MST_M_DISPATCHING, 0, 1);
        err = mst_outlet_begin(&sender->outlet, &slot->message, slot);
        if (err == MST_OK)
            continue;
        mst_metric_sub(MST_M_DISPATCHING, 0, 1);
        if (err == MST_EFULL) {
            end_slot(slot, "error: too long", strlen("error: too long"));
            count_end(slot, MST_ENDED_FAILED);
        } else {
            slot->stage = PICKED;
            first = err;
        }
    }
    return first;
}

/* ---- the thread ---- */

static enum mst_err step(struct mst_sender *sender)
{
    enum mst_err err = MST_OK;

    if (!sender->reader)
        err = mst_reader_open(sender->store, &sender->reader);
    if (err == MST_OK)
        err = settle(sender);
    if (err == MST_OK)
        err = pick(sender);
    if (err == MST_OK)
        err = draw(sender);
    if (err == MST_OK)
        err = begin(sender);
    return err;
}

static int wait_ms(const struct mst_sender *sender)
{
    int64_t left;

    if (sender->has_failed)
        return RETRY_MS;
    if (sender->is_more || sender->n_deferred > 0 || count_stage(sender, ENDED) > 0)
        return 0;
    if (sender->next_due_ms == INT64_MAX)
        return WAIT_MAX_MS;
    left = sender->next_due_ms - mst_clock_wall_ms();
    return left < 0 ? 0 : left < WAIT_MAX_MS ? (int)left : WAIT_MAX_MS;
}

static void look(struct mst_sender *sender)
{
    enum mst_err err = step(sender);

    if (err != MST_OK && !sender->has_failed)
        mst_log(MST_LOG_WARNING, MST_EV_DISPATCH,
                "messages cannot be sent: %s; tried again each second", mst_err_text(err));
    sender->has_failed = err != MST_OK;
}

static void finish(struct mst_sender *sender)
{
    uint64_t until_ns = mst_clock_mono_ns() + PATIENCE_MS * UINT64_C(1000000);

    while (count_stage(sender, UNDER_WAY) > 0 && mst_clock_mono_ns() < until_ns)
        mst_send_turn(sender->outlet.send, PATIENCE_MS / 20);
    (void)settle(sender);
}

void mst_sender_turn(struct mst_sender *sender, int max_wait_ms)
{
    int ms;

    look(sender);
    ms = wait_ms(sender);
    mst_send_turn(sender->outlet.send, ms < max_wait_ms ? ms : max_wait_ms);
}

static void run_thread(void *arg)
{
    struct mst_sender *sender = arg;

    while (!atomic_load(&sender->is_ending))
        mst_sender_turn(sender, WAIT_MAX_MS);
    finish(sender);
}

static void wake(struct mst_observer *observer, const struct mst_changed *changes, size_t n)
{
    (void)changes;
    (void)n;
    mst_send_wake(((struct mst_sender *)observer)->outlet.send);
}

/* ---- the door ---- */

enum mst_err mst_sender_open(struct mst_store *store, const struct mst_domain *domain,
                             const struct mst_settings *settings, struct mst_sender **ret_sender,
                             struct mst_buf *why)
{
    struct mst_sender *sender = calloc(1, sizeof *sender);
    enum mst_err err;

    if (!sender) {
        (void)mst_buf_add_str(why, "out of memory\n");
        return MST_ENOMEM;
    }
    sender->store = store;
    sender->domain = domain;
    sender->settings = settings;
    mst_arena_init(&sender->arena, MST_FLOW_ARENA_MAX);
    for (size_t i = 0; i < MST_SENDING_MAX; i++)
        mst_arena_init(&sender->slots[i].arena, MST_SEND_BODY_MAX);
    err = mst_outlet_open(&sender->outlet, settings, note_end, sender, why);
    if (err != MST_OK) {
        mst_sender_free(sender);
        return err;
    }
    sender->observer.tables = MST_TABLE_BIT(OUTGOING);
    sender->observer.changed = wake;
    mst_store_observe(store, &sender->observer);
    *ret_sender = sender;
    return MST_OK;
}

enum mst_err mst_sender_start(struct mst_sender *sender)
{
    return mst_thread_start("sender", run_thread, sender, &sender->thread);
}

void mst_sender_stop(struct mst_sender *sender)
{
    if (!sender)
        return;
    atomic_store(&sender->is_ending, true);
    mst_send_wake(sender->outlet.send);
    if (sender->thread)
        mst_thread_join(sender->thread);
    sender->thread = NULL;
    if (sender->reader)
        mst_reader_close(sender->reader);
    sender->reader = NULL;
}

void mst_sender_free(struct mst_sender *sender)
{
    if (!sender)
        return;
    mst_outlet_close(&sender->outlet);
    for (size_t i = 0; i < MST_SENDING_MAX; i++)
        mst_arena_fini(&sender->slots[i].arena);
    mst_arena_fini(&sender->arena);
    free(sender);
}

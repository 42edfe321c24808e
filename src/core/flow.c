/*
 * The plan is a tree of nodes for each input that sets something off; a dataport that does not (no
 * preprocess, no retention, no subscribers) has none, and costs nothing but its conversion and its point. Inputs
 * of the same port share its tree.
 *
 * A resource may be subscribed to by those of others, if it is public or shared. What that sets off is counted
 * apart from the rest: where it would be too much it is left out, and not the value refused. So is what would
 * take too much memory already while it is planned, and too many strangers are not looked at.
 *
 * What runs may be older than what it finds: a subscription that was made meanwhile is not
 * followed yet, one that ended still is. Nothing depends on more: each point stands for itself.
 */
#include <assert.h>

#include "core/data.h"
#include "core/detail.h"
#include "core/dispatch.h"
#include "core/due.h"
#include "core/flow.h"
#include "core/preprocess.h"
#include "core/rule_memory.h"
#include "core/subscribe.h"

enum role {
    STORES,  /* a dataport; a script, which is not run, if it is written itself */
    JUDGES,  /* a rule: stores what comes out */
    SENDS,   /* a dispatch: leaves a message */
    REPORTS, /* a dispatch that was sent: stores how that went */
    IGNORES  /* a script, a dispatch that is locked */
};

/* What is counted of a flow. */
struct cost {
    size_t n_values; /* MST_FLOW_VALUES_MAX */
    size_t n_reads;  /* values of others that preprocess lists read: MST_FLOW_READS_MAX */
};

struct node {
    int64_t id;
    enum role role;
    enum mst_format format;
    bool is_rule; /* has a format, but takes what comes as it is */
    int64_t keep_count, keep_s;
    struct mst_preprocess *preprocess; /* NULL: none */
    struct mst_rule rule;
    int64_t generation; /* of the rule */
    struct node *first_child, *next_sibling;
    bool is_foreign;          /* it, or one above it, is a stranger's to what it subscribes to */
    struct cost own, foreign; /* of itself and all below it */
    size_t n_left_out;        /* strangers that subscribe to it and were not planned */
};

struct input {
    int64_t port_id, at;
    struct mst_span value;
    struct node *node; /* NULL: it is only stored */
    bool is_timer;     /* not a value: the rule's timer is looked at */
    bool is_optional, is_left_out;
    bool has_foreign; /* there is room for what it sets off of others */
};

struct mst_flow {
    struct mst_arena *arena;
    const struct mst_domain *domain;
    struct input *inputs;
    size_t n_inputs, max_inputs;
    size_t n_left_out;
    struct cost own, foreign;
    /* Planning: */
    size_t n_strangers;   /* that were looked at, MST_FLOW_VALUES_MAX */
    size_t foreign_bytes; /* of memory for what is foreign, MST_FLOW_FOREIGN_BYTES_MAX */
    /* Running: */
    const struct input *input;
    size_t n_bytes, n_foreign_bytes; /* MST_FLOW_BYTES_MAX each */
};

enum mst_err mst_flow_new(struct mst_arena *arena, size_t max_inputs, struct mst_flow **ret_flow)
{
    struct mst_flow *flow = mst_arena_alloc(arena, sizeof *flow);

    if (!flow)
        return MST_ENOMEM;
    flow->arena = arena;
    flow->max_inputs = max_inputs;
    if (max_inputs > 0) {
        flow->inputs = mst_arena_array(arena, max_inputs, sizeof *flow->inputs);
        if (!flow->inputs)
            return MST_ENOMEM;
    }
    *ret_flow = flow;
    return MST_OK;
}

/* ---- counting ---- */

static bool has_room_for(const struct cost *sum, const struct cost *more)
{
    return sum->n_values + more->n_values <= MST_FLOW_VALUES_MAX &&
           sum->n_reads + more->n_reads <= MST_FLOW_READS_MAX;
}

static void add_cost(struct cost *sum, const struct cost *more)
{
    sum->n_values += more->n_values;
    sum->n_reads += more->n_reads;
}

/* ---- planning ---- */

struct planner {
    struct mst_flow *flow;
    const struct mst_domain *domain;
    struct mst_tx *tx;
    struct mst_arena *arena;
    struct node *parent;
    const struct mst_row_resource *source;
    bool is_foreign;
    unsigned depth;
    size_t room; /* nodes that may still be added */
};

static enum mst_err read_rule(const struct planner *planner, struct mst_span text, bool is_top,
                              struct node *node)
{
    enum mst_verdict verdict;
    enum mst_err err = mst_rule_read(planner->arena, node->format, text, &verdict, &node->rule);

    if (err != MST_OK)
        return err;
    node->role = JUDGES;
    if (verdict != MST_DONE || node->rule.kind == MST_RULE_SCRIPT)
        node->role = is_top ? STORES : IGNORES;
    node->is_rule = node->role == JUDGES;
    return MST_OK;
}

/* A report is of the server itself: neither preprocess nor lock is meant for it. */
static enum mst_err fill_node(const struct planner *planner,
                              const struct mst_row_resource *resource, bool is_report,
                              struct node *node)
{
    struct mst_detail detail;
    struct mst_span text;
    enum mst_err err = mst_arena_dup(planner->arena, resource->detail, &text);

    if (err == MST_OK)
        err = mst_detail_read(planner->arena, text, &detail);
    if (err != MST_OK)
        return err;
    node->keep_count = detail.keep_count;
    node->keep_s = detail.keep_s;
    node->generation = detail.generation;
    if (resource->kind == MST_KIND_DISPATCH)
        node->role = is_report ? REPORTS : detail.is_locked ? IGNORES : SENDS;
    else if (resource->flow_bits & MST_FLOW_RULE)
        err = read_rule(planner, text, !planner->parent, node);
    if (err == MST_OK && detail.preprocess.len > 0 && !is_report)
        err = mst_preprocess_read(planner->domain, planner->tx, planner->arena, resource,
                                  detail.preprocess, &node->preprocess);
    return err;
}

static enum mst_err plan(struct planner *planner, const struct mst_row_resource *resource,
                         bool is_report, struct node **ret_node);

/* After too many strangers only those of the same client are seen to be none. */
static enum mst_err is_stranger(const struct planner *planner,
                                const struct mst_row_resource *target, bool *ret_is_stranger)
{
    struct mst_flow *flow = planner->flow;
    bool is_own = planner->source->owner_id == target->owner_id;
    enum mst_err err = MST_OK;

    if (!is_own && flow->n_strangers < MST_FLOW_VALUES_MAX)
        err = mst_subscribe_is_own(planner->tx, planner->source, target, &is_own);
    flow->n_strangers += !is_own;
    *ret_is_stranger = !is_own;
    return err;
}

static bool has_room_for_foreign(const struct mst_flow *flow)
{
    return flow->n_strangers <= MST_FLOW_VALUES_MAX &&
           flow->foreign_bytes <= MST_FLOW_FOREIGN_BYTES_MAX;
}

static enum mst_err plan_target(void *arg, const struct mst_row_resource *target)
{
    struct planner *planner = arg;
    struct node *parent = planner->parent, *child;
    const struct mst_row_resource *source = planner->source;
    const bool was_foreign = planner->is_foreign;
    bool is_foreign = false, is_left_out, may = false;
    enum mst_err err = is_stranger(planner, target, &is_foreign);

    is_foreign = is_foreign || was_foreign;
    is_left_out = is_foreign && !has_room_for_foreign(planner->flow);
    if (err == MST_OK && !is_left_out)
        err = mst_subscribe_may(planner->tx, source, target, &may);
    parent->n_left_out += is_left_out;
    if (err != MST_OK || !may)
        return err;
    planner->is_foreign = is_foreign;
    err = plan(planner, target, false, &child);
    planner->is_foreign = was_foreign;
    planner->parent = parent;
    planner->source = source;
    if (err != MST_OK)
        return err;
    child->next_sibling = parent->first_child;
    parent->first_child = child;
    add_cost(&parent->own, &child->own);
    add_cost(&parent->foreign, &child->foreign);
    return MST_OK;
}

/* The resource itself, and what it takes. */
static enum mst_err plan_one(struct planner *planner, const struct mst_row_resource *resource,
                             bool is_report, struct node **ret_node)
{
    const size_t used_bytes = planner->arena->used_bytes;
    struct node *node = mst_arena_alloc(planner->arena, sizeof *node);
    struct cost cost = {.n_values = 1};
    enum mst_err err = MST_OK;

    if (!node)
        return MST_ENOMEM;
    *node = (struct node){.id = resource->id,
                          .format = (enum mst_format)resource->format,
                          .keep_count = MST_KEEP_ALL,
                          .keep_s = MST_KEEP_ALL,
                          .is_foreign = planner->is_foreign};
    if (resource->flow_bits != 0)
        err = fill_node(planner, resource, is_report, node);
    if (err == MST_OK && node->preprocess)
        cost.n_reads = mst_preprocess_n_reads(node->preprocess);
    *(node->is_foreign ? &node->foreign : &node->own) = cost;
    planner->flow->foreign_bytes += node->is_foreign ? planner->arena->used_bytes - used_bytes : 0;
    *ret_node = node;
    return err;
}

/* What sends has no value before it was sent, and then it reports. The depth is limited where
   subscriptions are made; a reader may see some of a change and not other. */
static enum mst_err plan(struct planner *planner, const struct mst_row_resource *resource,
                         bool is_report, struct node **ret_node)
{
    struct node *node = NULL;
    enum mst_err err;

    if (planner->room == 0)
        return MST_EFULL;
    planner->room--;
    err = plan_one(planner, resource, is_report, &node);
    if (err == MST_OK && resource->n_subscribers > 0 && node->role != SENDS &&
        node->role != IGNORES && planner->depth < MST_FLOW_DEPTH_MAX) {
        planner->parent = node;
        planner->source = resource;
        planner->depth++;
        err = mst_subscribe_list(planner->tx, resource->id, plan_target, planner);
        planner->depth--;
    }
    *ret_node = node;
    return err;
}

/* The plan that an earlier input of the port has, the last first; NULL. */
static struct node *known(const struct mst_flow *flow, int64_t port_id, bool is_report)
{
    for (size_t i = flow->n_inputs; i-- > 0;)
        if (flow->inputs[i].node && flow->inputs[i].port_id == port_id &&
            (flow->inputs[i].node->role == REPORTS) == is_report)
            return flow->inputs[i].node;
    return NULL;
}

static enum mst_err plan_input(const struct mst_domain *domain, struct mst_tx *tx,
                               struct mst_flow *flow, const struct mst_row_resource *port,
                               bool is_report, struct input *input)
{
    struct planner planner = {.flow = flow,
                              .domain = domain,
                              .tx = tx,
                              .arena = flow->arena,
                              .room = MST_FLOW_VALUES_MAX};

    input->node = known(flow, port->id, is_report);
    return input->node ? MST_OK : plan(&planner, port, is_report, &input->node);
}

/* A plan that became too large says so by an error that no store gives a reader. */
static enum mst_err settle_plan(enum mst_err err, enum mst_verdict *ret_verdict)
{
    *ret_verdict = err == MST_EFULL ? MST_NO_ROOM : MST_DONE;
    return err == MST_EFULL ? MST_OK : err;
}

/* A rule or a dispatch gets the text as it came, but none that its format could not have. A numeric
   text sent unescaped may have lost its '+' ("1e+5"): tried both ways. */
static enum mst_err convert(struct mst_arena *arena, const struct mst_flow_input *given,
                            struct input *input, enum mst_verdict *ret_verdict)
{
    const enum mst_format format = given->port.kind == MST_KIND_DISPATCH
                                       ? MST_FORMAT_STRING
                                       : (enum mst_format)given->port.format;
    struct mst_span text = given->text;
    enum mst_err err = mst_data_convert(arena, format, text, ret_verdict, &input->value);

    if (err == MST_OK && *ret_verdict == MST_BAD_VALUE && given->plus.len > 0) {
        text = given->plus;
        err = mst_data_convert(arena, format, text, ret_verdict, &input->value);
    }
    if (given->port.flow_bits & MST_FLOW_RULE)
        input->value = text;
    return err;
}

static enum mst_err add(struct mst_flow *flow, const struct input *input,
                        enum mst_verdict *ret_verdict)
{
    static const struct cost nothing = {0}; /* the request bounds it */
    const struct node *node = input->node;
    const struct cost *own = node ? &node->own : &nothing,
                      *foreign = node ? &node->foreign : &nothing;
    struct input *added;

    assert(flow->n_inputs < flow->max_inputs);
    *ret_verdict = MST_NO_ROOM;
    if (!has_room_for(&flow->own, own))
        return MST_OK;
    add_cost(&flow->own, own);
    added = &flow->inputs[flow->n_inputs++];
    *added = *input;
    added->has_foreign = has_room_for(&flow->foreign, foreign);
    if (added->has_foreign)
        add_cost(&flow->foreign, foreign);
    *ret_verdict = MST_DONE;
    return MST_OK;
}

enum mst_err mst_flow_add(const struct mst_domain *domain, struct mst_tx *tx, struct mst_flow *flow,
                          const struct mst_flow_input *given, enum mst_verdict *ret_verdict)
{
    const struct mst_row_resource *port = &given->port;
    struct input input = {.port_id = port->id, .at = given->at, .is_optional = given->is_optional};
    enum mst_err err = convert(flow->arena, given, &input, ret_verdict);

    flow->domain = domain;
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    if (port->flow_bits != 0 || port->n_subscribers > 0)
        err =
            settle_plan(plan_input(domain, tx, flow, port, given->is_report, &input), ret_verdict);
    return err == MST_OK && *ret_verdict == MST_DONE ? add(flow, &input, ret_verdict) : err;
}

enum mst_err mst_flow_add_timer(const struct mst_domain *domain, struct mst_tx *tx,
                                struct mst_flow *flow, const struct mst_row_resource *rule,
                                enum mst_verdict *ret_verdict)
{
    struct input input = {.port_id = rule->id, .is_timer = true};
    enum mst_err err = settle_plan(plan_input(domain, tx, flow, rule, false, &input), ret_verdict);

    flow->domain = domain;
    return err == MST_OK && *ret_verdict == MST_DONE ? add(flow, &input, ret_verdict) : err;
}

/* ---- running ---- */

static enum mst_err deliver(struct mst_flow *flow, struct mst_tx *tx, const struct node *node,
                            int64_t at, struct mst_span value, enum mst_verdict *ret_verdict);

/* For what lies on the way of others, if it is none of the owner's. */
static bool has_room(const struct mst_flow *flow, const struct node *node)
{
    return !node->is_foreign ||
           (flow->input->has_foreign && flow->n_foreign_bytes <= MST_FLOW_BYTES_MAX);
}

static void note_skipped(const struct mst_flow *flow, size_t n)
{
    for (size_t i = 0; i < n && flow->domain->note_skipped; i++)
        flow->domain->note_skipped();
}

static enum mst_err deliver_to_child(struct mst_flow *flow, struct mst_tx *tx,
                                     const struct node *child, int64_t at, struct mst_span value)
{
    const struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));
    enum mst_verdict verdict = MST_NO_ROOM;
    enum mst_err err =
        has_room(flow, child) ? deliver(flow, tx, child, at, value, &verdict) : MST_OK;

    mst_arena_rewind(mst_tx_arena(tx), mark);
    if (err == MST_OK && verdict != MST_DONE)
        note_skipped(flow, 1);
    return err;
}

/* A value that came out of node, in its format. */
static enum mst_err emit(struct mst_flow *flow, struct mst_tx *tx, const struct node *node,
                         int64_t at, struct mst_span value)
{
    const struct mst_row_point point = {.dataport_id = node->id, .at = at, .value = value};
    enum mst_err err = node->keep_count > 0 ? mst_data_put(tx, &point) : MST_OK;

    if (err == MST_OK && (node->keep_count != MST_KEEP_ALL || node->keep_s != MST_KEEP_ALL))
        err = mst_due_to_trim(tx, node->id, at, node->keep_count, node->keep_s);
    for (const struct node *child = node->first_child; child && err == MST_OK;
         child = child->next_sibling)
        err = deliver_to_child(flow, tx, child, at, value);
    if (err == MST_OK)
        note_skipped(flow, node->n_left_out);
    return err;
}

/* ---- rules ---- */

static enum mst_err conclude(struct mst_flow *flow, struct mst_tx *tx, const struct node *node,
                             int64_t at, const struct mst_rule_step *step,
                             struct mst_rule_memory *memory)
{
    enum mst_err err = mst_rule_memory_keep(tx, memory, step);

    return err == MST_OK && step->has_output ? emit(flow, tx, node, at, step->output) : err;
}

/* A timer that is over comes before the value (rule.h). value NULL: there is none. */
static enum mst_err judge(struct mst_flow *flow, struct mst_tx *tx, const struct node *node,
                          int64_t at, const struct mst_span *value)
{
    const int64_t now_ms = mst_tx_wall_now_ms(tx);
    struct mst_rule_memory memory;
    struct mst_rule_step step;
    enum mst_err err = mst_rule_memory_open(tx, node->id, node->generation,
                                            mst_rule_waits_ms(&node->rule), &memory);

    if (err == MST_OK && memory.timer_ms != 0 && (memory.timer_ms <= now_ms || !value)) {
        err = mst_rule_timer(&node->rule, mst_tx_arena(tx), &memory.state, memory.timer_ms, now_ms,
                             &step);
        if (err == MST_OK)
            err = conclude(flow, tx, node, mst_tx_wall_now(tx), &step, &memory);
    }
    if (err != MST_OK || !value)
        return err;
    err = mst_rule_input(&node->rule, mst_tx_arena(tx), &memory.state, *value, now_ms, &step);
    return err == MST_OK ? conclude(flow, tx, node, at, &step, &memory) : err;
}

/* ---- all kinds ---- */

static enum mst_err store(struct mst_flow *flow, struct mst_tx *tx, const struct node *node,
                          int64_t at, struct mst_span value, enum mst_verdict *ret_verdict)
{
    const enum mst_format format = node->role == REPORTS ? MST_FORMAT_STRING : node->format;
    struct mst_span stored;
    enum mst_err err = mst_data_convert(mst_tx_arena(tx), format, value, ret_verdict, &stored);

    return err == MST_OK && *ret_verdict == MST_DONE ? emit(flow, tx, node, at, stored) : err;
}

/* MST_EFULL: too much. */
static enum mst_err count_bytes(struct mst_flow *flow, const struct node *node,
                                struct mst_span value)
{
    size_t *n_bytes = node->is_foreign ? &flow->n_foreign_bytes : &flow->n_bytes;

    *n_bytes += value.len;
    return flow->n_bytes <= MST_FLOW_BYTES_MAX ? MST_OK : MST_EFULL;
}

/* MST_BAD_VALUE: this node cannot take it; nothing was changed. */
static enum mst_err deliver(struct mst_flow *flow, struct mst_tx *tx, const struct node *node,
                            int64_t at, struct mst_span value, enum mst_verdict *ret_verdict)
{
    const bool is_spelled =
        !node->is_rule && node->format != MST_FORMAT_FLOAT && node->format != MST_FORMAT_INTEGER;
    enum mst_err err = MST_OK;

    *ret_verdict = MST_DONE;
    if (node->preprocess && node->role != IGNORES)
        err = mst_preprocess_run(node->preprocess, tx, value, is_spelled, ret_verdict, &value);
    if (err == MST_OK && *ret_verdict == MST_DONE)
        err = count_bytes(flow, node, value);
    if (err != MST_OK || *ret_verdict != MST_DONE)
        return err;
    switch (node->role) {
    case STORES:
    case REPORTS:
        return store(flow, tx, node, at, value, ret_verdict);
    case JUDGES:
        return judge(flow, tx, node, at, &value);
    case SENDS:
        err = mst_dispatch_queue(tx, node->id, at, value, ret_verdict);
        if (err == MST_OK && *ret_verdict == MST_NO_ROOM && flow->domain->note_queue_full)
            flow->domain->note_queue_full();
        return err;
    case IGNORES:
        break;
    }
    return MST_OK;
}

/* A timer of what is no rule any more is forgotten, but not that of a rule that it has become since. */
static enum mst_err run_timer(struct mst_flow *flow, struct mst_tx *tx, const struct node *node)
{
    struct mst_rule_memory memory;
    enum mst_err err;

    if (node->role == JUDGES)
        return judge(flow, tx, node, 0, NULL);
    err = mst_rule_memory_open(tx, node->id, node->generation, 0, &memory);
    return err == MST_OK && !memory.is_later ? mst_due_set(tx, node->id, MST_DUE_RULE, 0) : err;
}

static enum mst_err run_input(struct mst_flow *flow, struct mst_tx *tx, const struct input *input,
                              enum mst_verdict *ret_verdict)
{
    const struct mst_row_point point = {
        .dataport_id = input->port_id, .at = input->at, .value = input->value};

    *ret_verdict = MST_DONE;
    if (!input->node)
        return mst_data_put(tx, &point);
    if (input->is_timer)
        return run_timer(flow, tx, input->node);
    return deliver(flow, tx, input->node, input->at, input->value, ret_verdict);
}

enum mst_err mst_flow_run(struct mst_flow *flow, struct mst_tx *tx, enum mst_verdict *ret_verdict)
{
    enum mst_err err = MST_OK;

    *ret_verdict = MST_DONE;
    flow->n_left_out = 0;
    flow->n_bytes = flow->n_foreign_bytes = 0;
    for (size_t i = 0; i < flow->n_inputs && err == MST_OK && *ret_verdict == MST_DONE; i++) {
        const struct mst_arena_mark mark = mst_arena_mark(mst_tx_arena(tx));
        struct input *input = &flow->inputs[i];

        flow->input = input;
        err = run_input(flow, tx, input, ret_verdict);
        mst_arena_rewind(mst_tx_arena(tx), mark);
        input->is_left_out = *ret_verdict == MST_BAD_VALUE && input->is_optional;
        if (input->is_left_out)
            *ret_verdict = MST_DONE;
        flow->n_left_out += input->is_left_out;
    }
    if (err != MST_EFULL || flow->n_bytes <= MST_FLOW_BYTES_MAX)
        return err;
    *ret_verdict = MST_NO_ROOM;
    return MST_OK;
}

size_t mst_flow_n_points(const struct mst_flow *flow)
{
    return flow->n_inputs - flow->n_left_out;
}

bool mst_flow_is_left_out(const struct mst_flow *flow, size_t i)
{
    assert(i < flow->n_inputs);
    return flow->inputs[i].is_left_out;
}

bool mst_flow_is_single(const struct mst_flow *flow)
{
    return flow->n_inputs == 1 && !flow->inputs[0].node;
}

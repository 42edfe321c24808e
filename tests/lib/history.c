/*
 * The search is that of Wing and Gong with Lowe's memory of visited configurations.
 *
 * A configuration is the set of operations placed so far and the state of the model. An operation
 * may come next if no other that is still to be placed ended before it began. Three rules keep the
 * search small:
 *
 * 1. A read or a refusal whose answer fits is placed at once: it changes nothing wherever it stands,
 *    so any order that has it later stays right with it moved here. (Not so a re-enabling that
 *    happens to change nothing now.) Except where this would shut out an operation without an answer
 *    that was over before the observation began: then both ways are tried.
 * 2. An operation without an answer is tried only where it changes the state; leaving it out is
 *    the same otherwise.
 * 3. The key that an unanswered activation brought to life is chosen at that moment, among the
 *    keys that the history reads with but that no answer gave.
 *
 * A history that cannot be explained is tried again with rules switched off, few first; the
 * smallest set of switches that explains it names what went wrong.
 */
#include "tests/lib/history.h"

#include <stdlib.h>
#include <string.h>

const char *const mst_history_wrong_names[MST_WRONG_COUNT] = {
    "lost",    "double", "wrong-key", "dead-key-alive", "unexplained-409",
    "outside", "status", "undecided",
};

enum {
    WORDS = MST_HISTORY_OPS_MAX / 64,
    KEYS_MAX = MST_HISTORY_OPS_MAX,
    STEPS_MAX = 200000,
    NO_KEY = -1
};
enum { RELAXABLE = MST_WRONG_STATUS * 2 };

enum phase { UNUSED, PENDING, ACTIVATED, DISABLED };

struct model {
    enum phase phase;
    int key;                      /* index of the live key, NO_KEY if nobody knows it */
    uint64_t used[KEYS_MAX / 64]; /* keys of epochs up to now */
};

struct config {
    uint64_t placed[WORDS];
    struct model model;
};

struct search {
    const struct mst_history *history;
    int key_of[MST_HISTORY_OPS_MAX]; /* index into keys, NO_KEY if the operation has none */
    const char *keys[KEYS_MAX];
    bool is_given[KEYS_MAX]; /* by a 200 */
    int n_keys;
    unsigned relaxed;
    struct config *stack;
    size_t n_stack, cap_stack;
    struct config *seen; /* open addressing; is_seen tells which slots are taken */
    bool *is_seen;
    size_t n_seen, cap_seen;
    bool is_out_of_memory;
};

static bool bit(const uint64_t *words, size_t i)
{
    return (words[i / 64] >> (i % 64) & 1) != 0;
}

static void set_bit(uint64_t *words, size_t i)
{
    words[i / 64] |= (uint64_t)1 << (i % 64);
}

static bool is_unanswered(const struct mst_history_op *op)
{
    return op->status == 0 || op->status >= 500;
}

/* A 5xx says nothing about when, or whether, it takes effect. */
static int64_t latest(const struct mst_history_op *op)
{
    return op->status >= 500 ? MST_HISTORY_NEVER : op->end_ns;
}

/* The model: what an operation does, and whether its answer fits. */

static bool answer_ok(const struct search *s, bool fits, unsigned relaxation)
{
    return fits || (s->relaxed & relaxation) != 0;
}

static bool step_activate(const struct search *s, const struct mst_history_op *op, int key,
                          struct model *m)
{
    bool was_pending = m->phase == PENDING;

    if (op->status == 409)
        return answer_ok(s, !was_pending, MST_WRONG_CONFLICT);
    if (op->status != 200)
        return answer_ok(s, false, MST_WRONG_STATUS);
    if (!was_pending &&
        !answer_ok(s, false, m->phase == ACTIVATED ? MST_WRONG_DOUBLE : MST_WRONG_OUTSIDE))
        return false;
    if (key == NO_KEY)
        return answer_ok(s, false, MST_WRONG_KEY);
    /* The second answer of a double may give the same key or another: it is wrong anyway. */
    if (was_pending && bit(m->used, (size_t)key) && !answer_ok(s, false, MST_WRONG_KEY))
        return false;
    m->phase = ACTIVATED;
    m->key = key;
    set_bit(m->used, (size_t)key);
    return true;
}

static bool step_manage(const struct search *s, const struct mst_history_op *op, struct model *m)
{
    static const int done[MST_H_KIND_COUNT] = {
        [MST_H_ENABLE] = 200, [MST_H_REENABLE] = 205, [MST_H_DISABLE] = 205};
    bool may = op->kind == MST_H_ENABLE ? m->phase == UNUSED : m->phase != UNUSED;

    if (op->status == 409)
        return answer_ok(s, !may, MST_WRONG_CONFLICT);
    if (op->status != done[op->kind] || !may)
        return answer_ok(s, false, MST_WRONG_STATUS);
    m->phase = op->kind == MST_H_DISABLE ? DISABLED : PENDING;
    m->key = NO_KEY;
    return true;
}

static bool step_read(const struct search *s, const struct mst_history_op *op, int key,
                      const struct model *m)
{
    bool is_live = m->phase == ACTIVATED && key != NO_KEY && m->key == key;

    if (op->status == 401)
        return answer_ok(s, !is_live, MST_WRONG_LOST);
    if (op->status / 100 == 2)
        return answer_ok(s, is_live, MST_WRONG_ALIVE);
    return answer_ok(s, false, MST_WRONG_STATUS);
}

/* An answered operation, now: false if its answer does not fit. */
static bool step(const struct search *s, size_t i, struct model *m)
{
    const struct mst_history_op *op = &s->history->ops[i];

    switch (op->kind) {
    case MST_H_ACTIVATE:
        return step_activate(s, op, s->key_of[i], m);
    case MST_H_READ:
        return step_read(s, op, s->key_of[i], m);
    case MST_H_ENABLE:
    case MST_H_REENABLE:
    case MST_H_DISABLE:
        return step_manage(s, op, m);
    case MST_H_KIND_COUNT:
        break;
    }
    abort();
}

static bool model_eq(const struct model *a, const struct model *b)
{
    return a->phase == b->phase && a->key == b->key &&
           memcmp(a->used, b->used, sizeof a->used) == 0;
}

/* The memory of visited configurations, and the stack of those to visit. */

static uint64_t config_hash(const struct config *c)
{
    uint64_t h = 1469598103934665603u;

    for (size_t i = 0; i < WORDS; i++)
        h = (h ^ c->placed[i]) * 1099511628211u ^ h >> 29;
    h = (h ^ (uint64_t)c->model.phase ^ (uint64_t)(c->model.key + 2) << 8) * 1099511628211u;
    return h ^ h >> 31;
}

static bool config_eq(const struct config *a, const struct config *b)
{
    return memcmp(a->placed, b->placed, sizeof a->placed) == 0 && model_eq(&a->model, &b->model);
}

static bool seen_grow(struct search *s)
{
    size_t cap = s->cap_seen ? s->cap_seen * 2 : 256;
    struct config *seen = calloc(cap, sizeof *seen);
    bool *is_seen = calloc(cap, sizeof *is_seen);

    if (!seen || !is_seen) {
        free(seen);
        free(is_seen);
        return false;
    }
    for (size_t i = 0; i < s->cap_seen; i++) {
        if (!s->is_seen[i])
            continue;
        size_t at = config_hash(&s->seen[i]) & (cap - 1);
        while (is_seen[at])
            at = (at + 1) & (cap - 1);
        seen[at] = s->seen[i];
        is_seen[at] = true;
    }
    free(s->seen);
    free(s->is_seen);
    s->seen = seen;
    s->is_seen = is_seen;
    s->cap_seen = cap;
    return true;
}

/* True if c was not there. */
static bool seen_add(struct search *s, const struct config *c)
{
    size_t at;

    if (s->n_seen * 2 >= s->cap_seen && !seen_grow(s)) {
        s->is_out_of_memory = true;
        return false;
    }
    at = config_hash(c) & (s->cap_seen - 1);
    while (s->is_seen[at]) {
        if (config_eq(&s->seen[at], c))
            return false;
        at = (at + 1) & (s->cap_seen - 1);
    }
    s->seen[at] = *c;
    s->is_seen[at] = true;
    s->n_seen++;
    return true;
}

static void push(struct search *s, const struct config *c)
{
    if (s->n_stack == s->cap_stack) {
        size_t cap = s->cap_stack ? s->cap_stack * 2 : 64;
        struct config *stack = realloc(s->stack, cap * sizeof *stack);
        if (!stack) {
            s->is_out_of_memory = true;
            return;
        }
        s->stack = stack;
        s->cap_stack = cap;
    }
    s->stack[s->n_stack++] = *c;
}

/* The search. */

struct bounds {
    int64_t min_end;   /* of the answered operations that are still to be placed */
    int64_t max_start; /* of those placed */
    bool is_complete;
};

static struct bounds bounds_of(const struct search *s, const struct config *c)
{
    struct bounds b = {MST_HISTORY_NEVER, INT64_MIN, true};

    for (size_t i = 0; i < s->history->n_ops; i++) {
        const struct mst_history_op *op = &s->history->ops[i];
        if (bit(c->placed, i)) {
            if (op->start_ns > b.max_start)
                b.max_start = op->start_ns;
        } else if (!is_unanswered(op)) {
            b.is_complete = false;
            if (op->end_ns < b.min_end)
                b.min_end = op->end_ns;
        }
    }
    return b;
}

static bool may_be_next(const struct search *s, const struct config *c, const struct bounds *b,
                        size_t i)
{
    const struct mst_history_op *op = &s->history->ops[i];

    return !bit(c->placed, i) && op->start_ns <= b->min_end && latest(op) >= b->max_start;
}

static bool is_observation(const struct mst_history_op *op)
{
    return !is_unanswered(op) && (op->kind == MST_H_READ || op->status == 409);
}

/* The first moment after which some silent operation that may come next no longer may. */
static int64_t first_shut(const struct search *s, const struct config *c, const struct bounds *b)
{
    int64_t first = MST_HISTORY_NEVER;

    for (size_t i = 0; i < s->history->n_ops; i++) {
        const struct mst_history_op *op = &s->history->ops[i];
        if (is_unanswered(op) && op->kind != MST_H_READ && latest(op) < first &&
            may_be_next(s, c, b, i))
            first = latest(op);
    }
    return first;
}

/* Rule 1. */
static struct bounds settle(const struct search *s, struct config *c)
{
    struct bounds b = bounds_of(s, c);
    bool moved = true;

    while (moved && !b.is_complete) {
        int64_t shut = first_shut(s, c, &b);
        moved = false;
        for (size_t i = 0; i < s->history->n_ops; i++) {
            struct model after = c->model;
            const struct mst_history_op *op = &s->history->ops[i];
            if (!is_observation(op) || op->start_ns > shut || !may_be_next(s, c, &b, i) ||
                !step(s, i, &after))
                continue;
            set_bit(c->placed, i);
            moved = true;
        }
        if (moved)
            b = bounds_of(s, c);
    }
    return b;
}

static void visit(struct search *s, const struct config *c, size_t i, const struct model *after)
{
    struct config next = *c;

    set_bit(next.placed, i);
    next.model = *after;
    if (seen_add(s, &next))
        push(s, &next);
}

/* Rule 3: one branch per key that an activation without an answer may have brought to life. */
static void try_silent_activation(struct search *s, const struct config *c, size_t i)
{
    struct model after = c->model;

    if (c->model.phase != PENDING)
        return;
    after.phase = ACTIVATED;
    after.key = NO_KEY;
    visit(s, c, i, &after);
    for (int key = 0; key < s->n_keys; key++) {
        if (s->is_given[key] || bit(c->model.used, (size_t)key))
            continue;
        after = c->model;
        after.phase = ACTIVATED;
        after.key = key;
        set_bit(after.used, (size_t)key);
        visit(s, c, i, &after);
    }
}

/* Rule 2. */
static void try_silent(struct search *s, const struct config *c, size_t i)
{
    struct model after = c->model;

    switch (s->history->ops[i].kind) {
    case MST_H_ACTIVATE:
        try_silent_activation(s, c, i);
        return;
    case MST_H_ENABLE:
        if (c->model.phase != UNUSED)
            return;
        after.phase = PENDING;
        break;
    case MST_H_REENABLE:
    case MST_H_DISABLE:
        if (c->model.phase == UNUSED)
            return;
        after.phase = s->history->ops[i].kind == MST_H_DISABLE ? DISABLED : PENDING;
        break;
    case MST_H_READ:
    case MST_H_KIND_COUNT:
        return;
    }
    after.key = NO_KEY;
    if (!model_eq(&after, &c->model))
        visit(s, c, i, &after);
}

static bool expand(struct search *s, struct config *c)
{
    struct bounds b = settle(s, c);

    if (b.is_complete)
        return true;
    for (size_t i = 0; i < s->history->n_ops; i++) {
        struct model after = c->model;
        if (!may_be_next(s, c, &b, i))
            continue;
        if (is_unanswered(&s->history->ops[i]))
            try_silent(s, c, i);
        else if (step(s, i, &after))
            visit(s, c, i, &after);
    }
    return false;
}

enum finding { EXPLAINED, CONTRADICTED, GIVEN_UP };

static enum finding search_run(struct search *s, unsigned relaxed)
{
    struct config c = {
        .model = {.phase = s->history->is_enabled ? PENDING : UNUSED, .key = NO_KEY}
    };
    size_t n_steps = 0;

    s->relaxed = relaxed;
    s->n_stack = 0;
    s->n_seen = 0;
    if (s->is_seen)
        memset(s->is_seen, 0, s->cap_seen * sizeof *s->is_seen);
    push(s, &c);
    while (s->n_stack > 0 && !s->is_out_of_memory) {
        c = s->stack[--s->n_stack];
        if (expand(s, &c))
            return EXPLAINED;
        if (++n_steps > STEPS_MAX)
            return GIVEN_UP;
    }
    return s->is_out_of_memory ? GIVEN_UP : CONTRADICTED;
}

static bool index_keys(struct search *s)
{
    for (size_t i = 0; i < s->history->n_ops; i++) {
        const struct mst_history_op *op = &s->history->ops[i];
        int key = 0;
        s->key_of[i] = NO_KEY;
        if (op->key[0] == '\0')
            continue;
        while (key < s->n_keys && strcmp(s->keys[key], op->key) != 0)
            key++;
        if (key == KEYS_MAX)
            return false;
        if (key == s->n_keys)
            s->keys[s->n_keys++] = op->key;
        s->key_of[i] = key;
        if (op->kind == MST_H_ACTIVATE)
            s->is_given[key] = true;
    }
    return true;
}

/* The smallest set of rules without which the history can be explained. */
static unsigned diagnose(struct search *s)
{
    for (int size = 1; size < MST_WRONG_COUNT; size++) {
        for (unsigned set = 1; set < RELAXABLE; set++) {
            if (__builtin_popcount(set) == size && search_run(s, set) == EXPLAINED)
                return set;
        }
    }
    return MST_WRONG_UNDECIDED;
}

enum mst_err mst_history_judge(const struct mst_history *history, unsigned *ret_wrong)
{
    struct search *s;
    enum mst_err err = MST_OK;
    enum finding finding;

    if (history->n_ops > MST_HISTORY_OPS_MAX)
        return MST_EFULL;
    s = calloc(1, sizeof *s);
    if (!s)
        return MST_ENOMEM;
    s->history = history;
    if (!index_keys(s)) {
        err = MST_EFULL;
        goto out;
    }
    finding = search_run(s, 0);
    if (finding == EXPLAINED)
        *ret_wrong = 0;
    else
        *ret_wrong = finding == GIVEN_UP ? (unsigned)MST_WRONG_UNDECIDED : diagnose(s);
    if (s->is_out_of_memory)
        err = MST_ENOMEM;
out:
    free(s->stack);
    free(s->seen);
    free(s->is_seen);
    free(s);
    return err;
}

/* The text form. */

static bool parse_kind(char c, enum mst_history_kind *ret_kind)
{
    static const char letters[MST_H_KIND_COUNT] = {'E', 'A', 'R', 'D', 'G'};

    for (int k = 0; k < MST_H_KIND_COUNT; k++) {
        if (letters[k] == c) {
            *ret_kind = (enum mst_history_kind)k;
            return true;
        }
    }
    return false;
}

static bool parse_number(struct mst_span text, int64_t max, int64_t *ret_value)
{
    uint64_t value;

    if (mst_span_u64(text, (uint64_t)max, &value))
        return false;
    *ret_value = (int64_t)value;
    return true;
}

static bool parse_span(struct mst_span span, struct mst_history_op *op)
{
    size_t dash = mst_span_find(span, '-', 0);
    struct mst_span end = mst_span_cut(span, dash + 1, span.len);

    if (dash == span.len || !parse_number(mst_span_cut(span, 0, dash), INT64_MAX, &op->start_ns))
        return false;
    op->end_ns = MST_HISTORY_NEVER;
    return end.len == 0 || parse_number(end, INT64_MAX, &op->end_ns);
}

static bool parse_answer(struct mst_span answer, struct mst_history_op *op)
{
    size_t slash = mst_span_find(answer, '/', 0);
    struct mst_span status = mst_span_cut(answer, 0, slash);
    struct mst_span key = mst_span_cut(answer, slash + 1, answer.len);
    int64_t value = 0;

    if (!mst_span_eq(status, MST_LIT("?")) && !parse_number(status, 599, &value))
        return false;
    if (key.len > MST_HISTORY_KEY_MAX)
        return false;
    op->status = (int)value;
    if (key.len > 0)
        memcpy(op->key, key.ptr, key.len);
    return true;
}

enum mst_err mst_history_parse(struct mst_span text, struct mst_history_op *ret_op)
{
    struct mst_history_op op = {.end_ns = MST_HISTORY_NEVER};
    struct mst_cur cur = mst_cur_of(text);
    struct mst_span client, span;
    int64_t number = 0;
    char c;

    if (!mst_cur_byte(&cur, &c) || !parse_kind(c, &op.kind) || !mst_cur_until(&cur, '@', &client) ||
        !mst_cur_until(&cur, '=', &span))
        return MST_ESYNTAX;
    if (client.len > 0 && !parse_number(client, INT32_MAX, &number))
        return MST_ESYNTAX;
    op.client = (int)number;
    if (!parse_span(span, &op) || !parse_answer(mst_cur_rest(&cur), &op))
        return MST_ESYNTAX;
    if (op.status != 0 && op.end_ns == MST_HISTORY_NEVER)
        return MST_ESYNTAX;
    *ret_op = op;
    return MST_OK;
}

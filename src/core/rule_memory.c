/*
 * The generation stands in front of the times in rule_state.matches, "@1700000000000 ", unless it is 0: so rows
 * of rules that were never changed are what they always were.
 */
#include "core/rule_memory.h"
#include "core/due.h"

/* Takes the generation off the text. One that cannot be read is earlier than any. */
static int64_t take_generation(struct mst_span *matches)
{
    struct mst_cur cur = mst_cur_of(*matches);
    struct mst_span number;
    char mark;
    int64_t generation;

    if (!mst_cur_peek(&cur, &mark) || mark != '@')
        return 0;
    if (!mst_cur_skip(&cur, 1) || !mst_cur_until(&cur, ' ', &number) ||
        mst_span_i64(number, &generation) != MST_OK || generation <= 0)
        return -1;
    *matches = mst_cur_rest(&cur);
    return generation;
}

static enum mst_err put_generation(struct mst_arena *arena, int64_t generation,
                                   struct mst_span *matches)
{
    if (generation == 0)
        return MST_OK;
    return mst_arena_printf(arena, matches, "@%lld %.*s", (long long)generation, (int)matches->len,
                            (const char *)matches->ptr);
}

static enum mst_err save(struct mst_tx *tx, struct mst_rule_memory *memory,
                         const struct mst_row_rule_state *state)
{
    const uint64_t all =
        MST_BIT(rule_state, last) | MST_BIT(rule_state, since) | MST_BIT(rule_state, matches);
    struct mst_row_rule_state row = *state;
    enum mst_err err = put_generation(mst_tx_arena(tx), memory->generation, &row.matches);

    if (err == MST_OK)
        err = memory->is_kept ? mst_tx_update(tx, MST_TABLE_RULE_STATE, &row, all)
                              : mst_tx_insert(tx, MST_TABLE_RULE_STATE, &row);
    if (err == MST_OK)
        memory->is_kept = true;
    return err;
}

static enum mst_err set_timer(struct mst_tx *tx, struct mst_rule_memory *memory, int64_t timer_ms)
{
    enum mst_err err = timer_ms == memory->timer_ms
                           ? MST_OK
                           : mst_due_set(tx, memory->state.rule_id, MST_DUE_RULE, timer_ms);

    if (err == MST_OK)
        memory->timer_ms = timer_ms;
    return err;
}

static void forget(struct mst_rule_memory *memory)
{
    memory->state.since = 0;
    memory->state.matches = (struct mst_span){NULL, 0};
}

/* As long ago as the rule was changed, unless the clock was set back since then. */
static enum mst_err begin_anew(struct mst_tx *tx, struct mst_rule_memory *memory, int64_t waits_ms)
{
    const int64_t now_ms = mst_tx_wall_now_ms(tx);
    const bool is_past = memory->generation > 0 && memory->generation < now_ms;
    const int64_t since_ms = is_past ? memory->generation : now_ms;
    enum mst_err err;

    forget(memory);
    err = save(tx, memory, &memory->state);
    return err == MST_OK ? set_timer(tx, memory, waits_ms > 0 ? since_ms + waits_ms : 0) : err;
}

enum mst_err mst_rule_memory_open(struct mst_tx *tx, int64_t rule_id, int64_t generation,
                                  int64_t waits_ms, struct mst_rule_memory *ret_memory)
{
    struct mst_rule_memory memory = {.state = {.rule_id = rule_id}, .generation = generation};
    int64_t kept_generation = generation;
    enum mst_err err = mst_tx_get(tx, MST_IX_RULE_STATE, &memory.state);

    if (err != MST_OK && err != MST_ENOENT)
        return err;
    memory.is_kept = err == MST_OK;
    if (memory.is_kept)
        kept_generation = take_generation(&memory.state.matches);
    err = mst_due_get(tx, rule_id, MST_DUE_RULE, &memory.timer_ms);
    if (err == MST_OK && kept_generation < generation) {
        err = begin_anew(tx, &memory, waits_ms);
    } else if (kept_generation > generation) {
        memory.is_later = true;
        memory.timer_ms = 0;
        forget(&memory);
    }
    if (err == MST_OK)
        *ret_memory = memory;
    return err;
}

/* Only what came out is remembered; what is measured is the later rule's. */
static enum mst_err keep_output(struct mst_tx *tx, struct mst_rule_memory *memory,
                                const struct mst_rule_step *step)
{
    enum mst_err err = step->has_output ? mst_tx_update(tx, MST_TABLE_RULE_STATE, &step->state,
                                                        MST_BIT(rule_state, last))
                                        : MST_OK;

    if (err == MST_OK)
        memory->state.last = step->state.last;
    return err;
}

enum mst_err mst_rule_memory_keep(struct mst_tx *tx, struct mst_rule_memory *memory,
                                  const struct mst_rule_step *step)
{
    enum mst_err err = MST_OK;

    if (memory->is_later)
        return keep_output(tx, memory, step);
    if (step->is_state_new)
        err = save(tx, memory, &step->state);
    if (err == MST_OK)
        err = set_timer(tx, memory, step->timer_ms);
    if (err == MST_OK)
        memory->state = step->state;
    return err;
}

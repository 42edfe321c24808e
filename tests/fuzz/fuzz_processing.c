/*
 * Descriptions of rules and dispatches: what is read keeps its bounds, and any value that then comes in, and
 * any timer, leaves a memory that the next step takes. The first line is the detail, those that follow are values.
 */
#include "base/limits.h"
#include "core/dispatch.h"
#include "core/rule.h"
#include "tests/fuzz/fuzz.h"

enum { ARENA_MAX = 1 << 24, STEPS_MAX = 100 };

static void check_step(const struct mst_rule *rule, const struct mst_rule_step *step,
                       int64_t now_ms)
{
    int64_t longest =
        rule->timeout_ms > MST_RULE_PERIOD_MIN_MS ? rule->timeout_ms : MST_RULE_PERIOD_MIN_MS;

    assert(step->timer_ms == 0 || step->timer_ms <= now_ms + longest);
    assert(step->state.since <= now_ms);
    if (rule->kind == MST_RULE_SCRIPT)
        assert(!step->has_output && step->timer_ms == 0);
}

static void play(const struct mst_rule *rule, struct mst_arena *arena, struct mst_cur *values)
{
    struct mst_row_rule_state state = {.rule_id = 1};
    int64_t now_ms = 1000000, timer_ms = 0;

    for (int n = 0; n < STEPS_MAX && !mst_cur_at_end(values); n++) {
        struct mst_rule_step step;
        struct mst_span value;

        if (!mst_cur_until(values, '\n', &value))
            value = mst_cur_rest(values);
        now_ms += 700;
        if (timer_ms != 0) {
            assert(mst_rule_timer(rule, arena, &state, timer_ms, now_ms, &step) == MST_OK);
            check_step(rule, &step, now_ms);
            state = step.state;
        }
        assert(mst_rule_input(rule, arena, &state, value, now_ms, &step) == MST_OK);
        check_step(rule, &step, now_ms);
        state = step.state;
        timer_ms = step.timer_ms;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mst_cur cur = mst_cur_of(mst_span_of(data, size));
    struct mst_span detail;
    struct mst_arena arena;
    struct mst_rule rule;
    struct mst_dispatch dispatch;
    enum mst_verdict verdict;

    if (!mst_cur_until(&cur, '\n', &detail))
        detail = mst_cur_rest(&cur);
    mst_arena_init(&arena, ARENA_MAX);
    assert(mst_dispatch_read(&arena, detail, &verdict, &dispatch) == MST_OK);
    assert(verdict != MST_DONE || dispatch.method < MST_DISPATCH_METHODS);
    assert(mst_rule_read(&arena, MST_FORMAT_FLOAT, detail, &verdict, &rule) == MST_OK);
    if (verdict == MST_DONE) {
        assert(rule.count <= MST_RULE_COUNT_MAX);
        assert(rule.timeout_ms >= 0 && rule.timeout_ms <= MST_RULE_TIMEOUT_MAX_S * INT64_C(1000));
        play(&rule, &arena, &cur);
    }
    mst_arena_fini(&arena);
    return 0;
}

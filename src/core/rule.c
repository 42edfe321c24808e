/*
 * Each kind is two functions, one for a value and one for a timer that is over; they say the verdict
 * (a truth, or nothing), the new since and matches, and the timer. What is common to all - repeat,
 * the text of a truth, whether there is anything to store - is said once, in conclude.
 *
 * A window that begins at t is over at t + timeout: a timer is over at that millisecond, and a match
 * of that age counts no more. Whichever of a timer and a value of the same time is
 * looked at first, the result is the same, as the caller takes the timer first.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "core/data.h"
#include "core/rule.h"

/* ---- reading ---- */

enum { CONSTANT = 1, COMPARISON = 2, TIMEOUT = 4, COUNT = 8, REPEAT = 16 };

/* What each kind must have; REPEAT is false if it is not given. */
static const struct {
    const char *name;
    unsigned fields;
} kinds[] = {
    [MST_RULE_SIMPLE] = {"simple",   COMPARISON | CONSTANT                  },
    [MST_RULE_TIMEOUT] = {"timeout",  TIMEOUT                                },
    [MST_RULE_INTERVAL] = {"interval", COMPARISON | CONSTANT | TIMEOUT        },
    [MST_RULE_DURATION] = {"duration", COMPARISON | CONSTANT | TIMEOUT        },
    [MST_RULE_COUNT] = {"count",    COMPARISON | CONSTANT | TIMEOUT | COUNT},
    [MST_RULE_SCRIPT] = {"script",   0                                      },
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static const char *const comparisons[] = {
    [MST_RULE_GT] = "gt",   [MST_RULE_LT] = "lt",   [MST_RULE_EQ] = "eq",
    [MST_RULE_GEQ] = "geq", [MST_RULE_LEQ] = "leq", [MST_RULE_NEQ] = "neq",
};
enum { COMPARISONS = sizeof comparisons / sizeof comparisons[0] };

static bool find_word(const char *const *words, size_t n_words, struct mst_span word, size_t *ret_i)
{
    for (size_t i = 0; i < n_words; i++) {
        if (mst_span_eq(mst_span_str(words[i]), word)) {
            *ret_i = i;
            return true;
        }
    }
    return false;
}

static bool find_kind(struct mst_span name, enum mst_rule_kind *ret_kind)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (mst_span_eq(mst_span_str(kinds[i].name), name)) {
            *ret_kind = (enum mst_rule_kind)i;
            return true;
        }
    }
    return false;
}

static struct mst_rule_value value_of_truth(bool truth)
{
    return (struct mst_rule_value){.is_number = true,
                                   .is_truth = true,
                                   .number = truth,
                                   .text = truth ? MST_LIT("true") : MST_LIT("false")};
}

static struct mst_rule_value value_of_text(struct mst_span text)
{
    struct mst_rule_value value = {.text = text};

    value.is_number = mst_data_number(text, &value.number);
    return value;
}

/* A text is compared as a number where the rule's format is one and the text says one. */
static enum mst_err read_constant(struct mst_json *json, struct mst_arena *arena,
                                  enum mst_format format, struct mst_rule_value *ret_value)
{
    enum mst_json_kind kind = mst_json_kind(json);
    struct mst_span text;
    enum mst_err err;

    if (kind == MST_JSON_TRUE || kind == MST_JSON_FALSE) {
        *ret_value = value_of_truth(kind == MST_JSON_TRUE);
        return mst_json_skip(json);
    }
    err = kind == MST_JSON_STRING ? mst_json_string(json, arena, &text)
                                  : mst_json_number(json, &text);
    if (err != MST_OK)
        return err;
    *ret_value = value_of_text(text);
    if (kind == MST_JSON_STRING && format == MST_FORMAT_STRING)
        ret_value->is_number = false;
    return ret_value->is_number || kind == MST_JSON_STRING ? MST_OK : MST_EINVAL;
}

static enum mst_err read_comparison(struct mst_json *json, struct mst_arena *arena,
                                    enum mst_rule_comparison *ret_comparison)
{
    struct mst_span word;
    size_t i = 0;
    enum mst_err err = mst_json_string(json, arena, &word);

    if (err == MST_OK && !find_word(comparisons, COMPARISONS, word, &i))
        err = MST_EINVAL;
    if (err == MST_OK)
        *ret_comparison = (enum mst_rule_comparison)i;
    return err;
}

static enum mst_err read_timeout(struct mst_json *json, int64_t *ret_ms)
{
    struct mst_span text;
    double seconds;
    enum mst_err err = mst_json_number(json, &text);

    if (err != MST_OK)
        return err;
    if (!mst_data_number(text, &seconds) || seconds < 0 || seconds > MST_RULE_TIMEOUT_MAX_S)
        return MST_EINVAL;
    *ret_ms = (int64_t)(seconds * 1000 + 0.5);
    return MST_OK;
}

static enum mst_err read_count(struct mst_json *json, int64_t *ret_count)
{
    struct mst_span text;
    uint64_t count;
    enum mst_err err = mst_json_number(json, &text);

    if (err == MST_OK)
        err = mst_span_u64(text, MST_RULE_COUNT_MAX, &count);
    if (err == MST_OK && count == 0)
        err = MST_EINVAL;
    if (err == MST_OK)
        *ret_count = (int64_t)count;
    return err;
}

static enum mst_err read_repeat(struct mst_json *json, bool *ret_is_repeat)
{
    enum mst_json_kind kind = mst_json_kind(json);

    if (kind != MST_JSON_TRUE && kind != MST_JSON_FALSE)
        return MST_ESYNTAX;
    *ret_is_repeat = kind == MST_JSON_TRUE;
    return mst_json_skip(json);
}

/* Adds the field to *seen; what is no field is passed over. */
static enum mst_err read_field(struct mst_json *json, struct mst_arena *arena, struct mst_span name,
                               struct mst_rule *rule, unsigned *seen)
{
    static const char *const names[] = {"constant", "comparison", "timeout", "count", "repeat"};
    size_t i;

    if (!find_word(names, sizeof names / sizeof names[0], name, &i))
        return mst_json_skip(json);
    *seen |= 1u << i;
    switch (1u << i) {
    case CONSTANT:
        return read_constant(json, arena, rule->format, &rule->constant);
    case COMPARISON:
        return read_comparison(json, arena, &rule->comparison);
    case TIMEOUT:
        return read_timeout(json, &rule->timeout_ms);
    case COUNT:
        return read_count(json, &rule->count);
    default:
        return read_repeat(json, &rule->is_repeat);
    }
}

static enum mst_err read_fields(struct mst_json *json, struct mst_arena *arena,
                                struct mst_rule *rule)
{
    struct mst_span name;
    bool is_more;
    unsigned seen = 0, needed = kinds[rule->kind].fields;
    enum mst_err err = mst_json_open(json, '{');

    while (err == MST_OK && (err = mst_json_member(json, arena, &is_more, &name)) == MST_OK &&
           is_more)
        err = read_field(json, arena, name, rule, &seen);
    return err == MST_OK && (seen & needed) != needed ? MST_EINVAL : err;
}

/* {"simple": {...}}: of the kinds, exactly one. */
static enum mst_err read_rule(struct mst_json *json, struct mst_arena *arena, struct mst_rule *rule)
{
    struct mst_span name;
    bool is_more;
    unsigned n_kinds = 0;
    enum mst_err err = mst_json_open(json, '{');

    while (err == MST_OK && (err = mst_json_member(json, arena, &is_more, &name)) == MST_OK &&
           is_more) {
        if (!find_kind(name, &rule->kind)) {
            err = mst_json_skip(json);
            continue;
        }
        n_kinds++;
        if (rule->kind != MST_RULE_SCRIPT)
            err = read_fields(json, arena, rule);
        else
            err = mst_json_kind(json) == MST_JSON_STRING ? mst_json_skip(json) : MST_EINVAL;
    }
    return err == MST_OK && n_kinds != 1 ? MST_EINVAL : err;
}

enum mst_err mst_rule_read(struct mst_arena *arena, enum mst_format format, struct mst_span detail,
                           enum mst_verdict *ret_verdict, struct mst_rule *ret_rule)
{
    struct mst_json json = mst_json_of(detail);
    struct mst_rule rule = {.format = format};
    struct mst_span name;
    bool is_more, has_rule = false;
    enum mst_err err = mst_json_open(&json, '{');

    while (err == MST_OK && (err = mst_json_member(&json, arena, &is_more, &name)) == MST_OK &&
           is_more) {
        bool is_rule = mst_span_eq(name, MST_LIT("rule"));

        has_rule = has_rule || is_rule;
        err = is_rule ? read_rule(&json, arena, &rule) : mst_json_skip(&json);
    }
    if (err != MST_OK && err != MST_ESYNTAX && err != MST_EINVAL)
        return err;
    *ret_verdict = err == MST_OK && has_rule ? MST_DONE : MST_BAD_VALUE;
    if (*ret_verdict == MST_DONE)
        *ret_rule = rule;
    return MST_OK;
}

int64_t mst_rule_waits_ms(const struct mst_rule *rule)
{
    return rule->kind == MST_RULE_TIMEOUT ? rule->timeout_ms : 0;
}

/* ---- comparing ---- */

static int sign_of(double a, double b)
{
    return a < b ? -1 : a > b;
}

/* Whole numbers are compared with all their 64 bits. */
static int compare_numbers(const struct mst_rule_value *a, const struct mst_rule_value *b)
{
    int64_t x, y;

    if (mst_span_i64(a->text, &x) == MST_OK && mst_span_i64(b->text, &y) == MST_OK)
        return x < y ? -1 : x > y;
    return sign_of(a->number, b->number);
}

static bool is_within(enum mst_rule_comparison comparison, int order)
{
    switch (comparison) {
    case MST_RULE_GT:
        return order > 0;
    case MST_RULE_LT:
        return order < 0;
    case MST_RULE_EQ:
        return order == 0;
    case MST_RULE_GEQ:
        return order >= 0;
    case MST_RULE_LEQ:
        return order <= 0;
    case MST_RULE_NEQ:
        return order != 0;
    }
    return false;
}

/* Beside a truth the words "true" and "false" are truths too. */
static struct mst_rule_value read_input(const struct mst_rule *rule, struct mst_span text)
{
    if (rule->constant.is_truth && mst_span_eq(text, MST_LIT("true")))
        return value_of_truth(true);
    if (rule->constant.is_truth && mst_span_eq(text, MST_LIT("false")))
        return value_of_truth(false);
    return value_of_text(text);
}

/* A text that is no number has no place among numbers: it only differs from each of them. */
static bool compare(const struct mst_rule *rule, struct mst_span text)
{
    struct mst_rule_value value = read_input(rule, text);

    if (!rule->constant.is_number)
        return is_within(rule->comparison, mst_span_cmp(text, rule->constant.text));
    if (!value.is_number)
        return rule->comparison == MST_RULE_NEQ;
    return is_within(rule->comparison, compare_numbers(&value, &rule->constant));
}

/* ---- the times of matches: decimal milliseconds, the oldest first, a blank between them ---- */

struct matches {
    int64_t at[MST_RULE_COUNT_MAX];
    size_t n;
};

/* Those that are younger than timeout. One from the future (the clock was set back) is of now. */
static enum mst_err load_matches(const struct mst_rule *rule, struct mst_span text, int64_t now_ms,
                                 struct matches *ret_matches)
{
    struct mst_cur cur = mst_cur_of(text);

    ret_matches->n = 0;
    while (!mst_cur_at_end(&cur)) {
        struct mst_span word;
        int64_t at;

        if (!mst_cur_until(&cur, ' ', &word) || mst_span_i64(word, &at) != MST_OK ||
            ret_matches->n == MST_RULE_COUNT_MAX)
            return MST_ECORRUPT;
        if (at > now_ms)
            at = now_ms;
        if (now_ms - at < rule->timeout_ms)
            ret_matches->at[ret_matches->n++] = at;
    }
    return MST_OK;
}

static void drop_oldest(struct matches *matches, size_t n_kept)
{
    size_t n = matches->n > n_kept ? matches->n - n_kept : 0;

    memmove(matches->at, matches->at + n, (matches->n - n) * sizeof matches->at[0]);
    matches->n -= n;
}

static enum mst_err print_matches(struct mst_arena *arena, const struct matches *matches,
                                  struct mst_span *ret_text)
{
    struct mst_buf buf;
    enum mst_err err;

    mst_buf_init(&buf, MST_RULE_COUNT_MAX * sizeof "-9223372036854775808");
    for (size_t i = 0; i < matches->n; i++) {
        (void)mst_buf_add_i64(&buf, matches->at[i]);
        (void)mst_buf_add_byte(&buf, ' ');
    }
    err = mst_buf_err(&buf);
    if (err == MST_OK)
        err = mst_arena_dup(arena, mst_buf_span(&buf), ret_text);
    mst_buf_fini(&buf);
    return err;
}

/* ---- what comes out of each kind ---- */

enum truth { NOTHING, FALSE, TRUE };

/* What a rule does with an event; since and matches are what it remembers next. */
struct outcome {
    enum truth truth;
    int64_t since, timer_ms;
    struct mst_span matches;
};

/* What the functions of a kind look at. */
struct event {
    const struct mst_rule *rule;
    struct mst_arena *arena;
    const struct mst_row_rule_state *state;
    int64_t timer_ms, now_ms;
    bool holds; /* a value: the comparison */
};

static enum truth truth_of(bool truth)
{
    return truth ? TRUE : FALSE;
}

static enum mst_err simple_value(const struct event *event, struct outcome *outcome)
{
    outcome->truth = truth_of(event->holds);
    return MST_OK;
}

static enum mst_err timeout_value(const struct event *event, struct outcome *outcome)
{
    outcome->truth = FALSE;
    outcome->timer_ms = event->now_ms + event->rule->timeout_ms;
    return MST_OK;
}

static enum mst_err timeout_over(const struct event *event, struct outcome *outcome)
{
    (void)event;
    outcome->truth = TRUE;
    return MST_OK;
}

static int64_t period_of(const struct mst_rule *rule)
{
    return rule->timeout_ms > MST_RULE_PERIOD_MIN_MS ? rule->timeout_ms : MST_RULE_PERIOD_MIN_MS;
}

/* Without repeat the timer would bring nothing new. */
static enum mst_err interval_value(const struct event *event, struct outcome *outcome)
{
    outcome->truth = truth_of(event->holds);
    if (event->holds && event->rule->is_repeat)
        outcome->timer_ms = event->now_ms + period_of(event->rule);
    return MST_OK;
}

/* The next time is in step with the last, so that delays do not add up; those missed are left out. */
static enum mst_err interval_over(const struct event *event, struct outcome *outcome)
{
    int64_t period = period_of(event->rule);
    int64_t n_periods = (event->now_ms - event->timer_ms) / period + 1;

    if (!event->rule->is_repeat)
        return MST_OK;
    outcome->truth = TRUE;
    outcome->timer_ms = event->timer_ms + n_periods * period;
    return MST_OK;
}

static void hold(const struct event *event, int64_t since, struct outcome *outcome)
{
    outcome->since = since;
    if (event->now_ms - since >= event->rule->timeout_ms)
        outcome->truth = TRUE;
    else
        outcome->timer_ms = since + event->rule->timeout_ms;
}

static enum mst_err duration_value(const struct event *event, struct outcome *outcome)
{
    int64_t since = event->state->since;

    if (!event->holds)
        outcome->truth = FALSE;
    else
        hold(event, since == 0 || since > event->now_ms ? event->now_ms : since, outcome);
    return MST_OK;
}

static enum mst_err duration_over(const struct event *event, struct outcome *outcome)
{
    if (event->state->since != 0)
        hold(event, event->state->since, outcome);
    return MST_OK;
}

/* Loads the matches, adds one of now if is_match, says what is remembered and the timer. */
static enum mst_err keep_matches(const struct event *event, bool is_match, struct outcome *outcome,
                                 bool *ret_is_enough)
{
    struct matches matches;
    size_t count = (size_t)event->rule->count;
    enum mst_err err = load_matches(event->rule, event->state->matches, event->now_ms, &matches);

    if (err != MST_OK)
        return err;
    if (is_match) {
        drop_oldest(&matches, count - 1);
        matches.at[matches.n++] = event->now_ms;
    }
    if (matches.n > 0)
        outcome->timer_ms = matches.at[0] + event->rule->timeout_ms;
    *ret_is_enough = matches.n >= count;
    return print_matches(event->arena, &matches, &outcome->matches);
}

static enum mst_err count_value(const struct event *event, struct outcome *outcome)
{
    bool is_enough;
    enum mst_err err = keep_matches(event, event->holds, outcome, &is_enough);

    if (err == MST_OK && event->holds && is_enough)
        outcome->truth = TRUE;
    return err;
}

static enum mst_err count_over(const struct event *event, struct outcome *outcome)
{
    bool is_enough;
    enum mst_err err = keep_matches(event, false, outcome, &is_enough);

    if (err == MST_OK && !is_enough)
        outcome->truth = FALSE;
    return err;
}

static enum mst_err nothing(const struct event *event, struct outcome *outcome)
{
    (void)event;
    (void)outcome;
    return MST_OK;
}

static const struct {
    enum mst_err (*value)(const struct event *event, struct outcome *outcome);
    enum mst_err (*over)(const struct event *event, struct outcome *outcome);
} steps[KINDS] = {
    [MST_RULE_SIMPLE] = {simple_value,   nothing      },
    [MST_RULE_TIMEOUT] = {timeout_value,  timeout_over },
    [MST_RULE_INTERVAL] = {interval_value, interval_over},
    [MST_RULE_DURATION] = {duration_value, duration_over},
    [MST_RULE_COUNT] = {count_value,    count_over   },
    [MST_RULE_SCRIPT] = {nothing,        nothing      },
};

/* ---- steps ---- */

static struct mst_span text_of(const struct mst_rule *rule, enum truth truth)
{
    if (rule->format == MST_FORMAT_STRING)
        return truth == TRUE ? MST_LIT("true") : MST_LIT("false");
    return truth == TRUE ? MST_LIT("1") : MST_LIT("0");
}

static struct mst_rule_step conclude(const struct event *event, const struct outcome *outcome)
{
    const struct mst_row_rule_state *old = event->state;
    struct mst_rule_step step = {.state = *old, .timer_ms = outcome->timer_ms};

    step.output = text_of(event->rule, outcome->truth);
    step.has_output = outcome->truth != NOTHING &&
                      (event->rule->is_repeat || !mst_span_eq(step.output, old->last));
    if (step.has_output)
        step.state.last = step.output;
    step.state.since = outcome->since;
    step.state.matches = outcome->matches;
    step.is_state_new = !mst_span_eq(step.state.last, old->last) ||
                        step.state.since != old->since ||
                        !mst_span_eq(step.state.matches, old->matches);
    return step;
}

enum mst_err mst_rule_input(const struct mst_rule *rule, struct mst_arena *arena,
                            const struct mst_row_rule_state *state, struct mst_span value,
                            int64_t now_ms, struct mst_rule_step *ret_step)
{
    struct event event = {.rule = rule,
                          .arena = arena,
                          .state = state,
                          .now_ms = now_ms,
                          .holds = compare(rule, value)};
    struct outcome outcome = {0};
    enum mst_err err = steps[rule->kind].value(&event, &outcome);

    if (err == MST_OK)
        *ret_step = conclude(&event, &outcome);
    return err;
}

static int64_t longest_timer(const struct mst_rule *rule)
{
    return rule->kind == MST_RULE_INTERVAL ? period_of(rule) : rule->timeout_ms;
}

/* The timer is further away than it can be: the clock was set back. All begins again now. */
static enum mst_err begin_again(const struct event *event, struct outcome *outcome)
{
    bool is_enough;

    outcome->timer_ms = event->now_ms + longest_timer(event->rule);
    outcome->since = event->state->since == 0 ? 0 : event->now_ms;
    if (event->rule->kind == MST_RULE_COUNT)
        return keep_matches(event, false, outcome, &is_enough);
    return MST_OK;
}

enum mst_err mst_rule_timer(const struct mst_rule *rule, struct mst_arena *arena,
                            const struct mst_row_rule_state *state, int64_t timer_ms,
                            int64_t now_ms, struct mst_rule_step *ret_step)
{
    struct event event = {
        .rule = rule, .arena = arena, .state = state, .timer_ms = timer_ms, .now_ms = now_ms};
    struct outcome outcome = {
        .since = state->since, .matches = state->matches, .timer_ms = timer_ms};
    enum mst_err err = MST_OK;

    if (timer_ms <= now_ms) {
        outcome = (struct outcome){0};
        err = steps[rule->kind].over(&event, &outcome);
    } else if (timer_ms - now_ms > longest_timer(rule)) {
        err = begin_again(&event, &outcome);
    }
    if (err == MST_OK)
        *ret_step = conclude(&event, &outcome);
    return err;
}

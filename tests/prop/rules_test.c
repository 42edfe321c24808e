/*
 * Random inputs to datarules against a deliberately naive model.
 *
 * A program is one rule and some seconds. In each second values may come in, or the server is down and
 * nothing is looked at until it is up again. The model keeps a list of everything
 * that came in, and finds out second by second, from the list alone, what is over and what comes out:
 * it has no timer and remembers nothing else but its last output.
 *
 * STEPS=n sets how many seconds pass (200,000), SEED=n where they begin. The negative controls each
 * compare with a model that has one mistake: all must be found out.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "core/rule.h"
#include "tests/lib/unit.h"

enum { SECONDS = 60, VALUES_MAX = 2 * SECONDS, CONSTANT = 5, START = 1000 };

enum mistake {
    NONE,
    WINDOW_TOO_LONG, /* count: a match of exactly timeout still counts */
    LATE_SILENCE,    /* timeout: a second too late */
    FORGETFUL,       /* duration: a false value in between is overlooked */
    NO_AGAIN,        /* interval: it is not repeated */
    ALL_DIFFERS,     /* without repeat: what does not differ comes out too */
    MISTAKES
};

/* ---- chance ---- */

static uint64_t state;

static unsigned pick(unsigned n)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(state >> 33) % n;
}

/* ---- the model ---- */

struct model {
    enum mst_rule_kind kind;
    bool is_repeat;
    int64_t timeout, count;
    enum mistake mistake;
    struct {
        int64_t at;
        bool holds;
    } list[VALUES_MAX];
    size_t n;
    int last; /* output: -1 before the first */
    bool has_missed;
    char out[400];
};

static void say(struct model *model, int64_t at, int truth)
{
    size_t used = strlen(model->out);

    if (model->is_repeat || truth != model->last || model->mistake == ALL_DIFFERS)
        (void)snprintf(model->out + used, sizeof model->out - used, "%" PRId64 ":%d ", at, truth);
    model->last = truth;
}

/* Since when all values hold; -1 if the last does not. */
static int64_t held_since(const struct model *model)
{
    int64_t since = -1;

    for (size_t i = 0; i < model->n; i++) {
        if (!model->list[i].holds && model->mistake != FORGETFUL)
            since = -1;
        else if (since < 0 && model->list[i].holds)
            since = model->list[i].at;
    }
    return model->n > 0 && model->list[model->n - 1].holds ? since : -1;
}

/* Of the last count matches, how many came more than from and less than to seconds ago. */
static int64_t n_matches(const struct model *model, int64_t now, int64_t from, int64_t to)
{
    int64_t n = 0, n_seen = 0;

    for (size_t i = model->n; i-- > 0 && n_seen < model->count;) {
        int64_t age = now - model->list[i].at;

        if (!model->list[i].holds)
            continue;
        n_seen++;
        n += age > from && age < to;
    }
    return n;
}

/* Does time alone bring something in this second? */
static bool is_over(const struct model *model, int64_t now)
{
    int64_t last = model->n > 0 ? model->list[model->n - 1].at : -1;
    int64_t window = model->timeout + (model->mistake == WINDOW_TOO_LONG);

    switch (model->kind) {
    case MST_RULE_TIMEOUT:
        return last >= 0 && now - last == model->timeout + (model->mistake == LATE_SILENCE);
    case MST_RULE_INTERVAL:
        return last >= 0 && model->list[model->n - 1].holds && model->is_repeat && now > last &&
               (now - last) % model->timeout == 0 && model->mistake != NO_AGAIN;
    case MST_RULE_DURATION:
        return held_since(model) >= 0 && now - held_since(model) == model->timeout;
    case MST_RULE_COUNT:
        return n_matches(model, now, window - 1, window + 1) > 0;
    case MST_RULE_SIMPLE:
    case MST_RULE_SCRIPT:
        break;
    }
    return false;
}

static void model_second(struct model *model, int64_t now, bool is_down)
{
    model->has_missed = model->has_missed || is_over(model, now);
    if (is_down || !model->has_missed)
        return;
    model->has_missed = false;
    say(model, now, model->kind != MST_RULE_COUNT);
}

static void model_value(struct model *model, int64_t now, bool holds)
{
    int64_t window = model->timeout + (model->mistake == WINDOW_TOO_LONG);

    model->list[model->n].at = now;
    model->list[model->n++].holds = holds;
    switch (model->kind) {
    case MST_RULE_SIMPLE:
    case MST_RULE_INTERVAL:
        say(model, now, holds);
        break;
    case MST_RULE_TIMEOUT:
        say(model, now, 0);
        break;
    case MST_RULE_DURATION:
        if (!holds || now - held_since(model) >= model->timeout)
            say(model, now, holds);
        break;
    case MST_RULE_COUNT:
        if (holds && n_matches(model, now, -1, window) >= model->count)
            say(model, now, 1);
        break;
    case MST_RULE_SCRIPT:
        break;
    }
}

/* ---- the real thing ---- */

struct real {
    struct mst_arena arena;
    struct mst_rule rule;
    struct mst_row_rule_state state;
    int64_t timer_ms;
    char out[400];
};

static void take(struct real *real, int64_t now, const struct mst_rule_step *step)
{
    size_t used = strlen(real->out);

    if (step->has_output)
        (void)snprintf(real->out + used, sizeof real->out - used, "%" PRId64 ":%.*s ", now,
                       (int)step->output.len, step->output.ptr);
    if (step->is_state_new)
        real->state = step->state;
    real->timer_ms = step->timer_ms;
}

static void real_second(struct real *real, int64_t now, bool is_down)
{
    int64_t now_ms = (START + now) * 1000;
    struct mst_rule_step step;

    if (is_down || real->timer_ms == 0 || real->timer_ms > now_ms)
        return;
    ck_assert_int_eq(
        mst_rule_timer(&real->rule, &real->arena, &real->state, real->timer_ms, now_ms, &step),
        MST_OK);
    take(real, now, &step);
}

static void real_value(struct real *real, int64_t now, unsigned value)
{
    struct mst_span text;
    struct mst_rule_step step;

    ck_assert_int_eq(mst_arena_printf(&real->arena, &text, "%u", value), MST_OK);
    ck_assert_int_eq(
        mst_rule_input(&real->rule, &real->arena, &real->state, text, (START + now) * 1000, &step),
        MST_OK);
    take(real, now, &step);
}

/* ---- both ---- */

static void draw_rule(struct model *model, struct real *real)
{
    static const char *const names[] = {"simple", "timeout", "interval", "duration", "count"};
    struct mst_span text;
    enum mst_verdict verdict;

    model->kind = (enum mst_rule_kind)pick(5);
    model->is_repeat = pick(2);
    model->timeout = 1 + pick(6);
    model->count = 1 + pick(4);
    model->last = -1;
    ck_assert_int_eq(mst_arena_printf(&real->arena, &text,
                                      "{\"rule\":{\"%s\":{\"comparison\":\"gt\",\"constant\":%d,"
                                      "\"timeout\":%" PRId64 ",\"count\":%" PRId64
                                      ",\"repeat\":%s}}}",
                                      names[model->kind], CONSTANT, model->timeout, model->count,
                                      model->is_repeat ? "true" : "false"),
                     MST_OK);
    ck_assert_int_eq(mst_rule_read(&real->arena, MST_FORMAT_INTEGER, text, &verdict, &real->rule),
                     MST_OK);
    ck_assert_int_eq(verdict, MST_DONE);
}

/* How many seconds both agreed before the first in which they did not. */
static uint64_t run(uint64_t seed, enum mistake mistake)
{
    struct model model = {.mistake = mistake};
    struct real real = {.state.rule_id = 1};
    unsigned down_for = 0, calm;
    int64_t now = 0;

    state = seed;
    calm = 1 + pick(8);
    mst_arena_init(&real.arena, MST_MIB(1));
    draw_rule(&model, &real);
    for (; now < SECONDS && strcmp(model.out, real.out) == 0; now++) {
        model.out[0] = real.out[0] = '\0';
        down_for = down_for > 0 ? down_for - 1 : pick(20) ? 0 : pick(12);
        model_second(&model, now, down_for > 0);
        real_second(&real, now, down_for > 0);
        for (unsigned n = down_for > 0 || pick(calm) ? 0 : 1 + pick(2); n > 0; n--) {
            unsigned value = pick(2 * CONSTANT + 1);

            model_value(&model, now, value > CONSTANT);
            real_value(&real, now, value);
        }
    }
    now -= strcmp(model.out, real.out) != 0;
    mst_arena_fini(&real.arena);
    return (uint64_t)now;
}

static uint64_t number(const char *name, uint64_t fallback)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : fallback;
}

/* The seed of the first program in which they disagree; 0: they all agree. */
static uint64_t compare(uint64_t seed, uint64_t n_seconds, enum mistake mistake)
{
    for (uint64_t n = 0; n < n_seconds; n += SECONDS, seed++)
        if (run(seed, mistake) != SECONDS)
            return seed;
    return 0;
}

MST_TEST(datarules_agree_with_a_naive_model)
{
    uint64_t seed = number("SEED", 1);
    uint64_t bad = compare(seed, number("STEPS", 200000), NONE);

    ck_assert_msg(bad == 0, "SEED=%" PRIu64 " STEPS=1 disagrees", bad);
}
MST_TEST_END

MST_TEST(a_model_with_any_of_the_mistakes_is_found_out)
{
    for (enum mistake mistake = NONE + 1; mistake < MISTAKES; mistake++)
        ck_assert_msg(compare(1, 200000, mistake) != 0, "mistake %d", (int)mistake);
}
MST_TEST_END

MST_TESTS("prop/rules", datarules_agree_with_a_naive_model,
          a_model_with_any_of_the_mistakes_is_found_out)

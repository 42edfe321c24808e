#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "core/rule.h"
#include "tests/lib/unit.h"

/* ---- reading ---- */

static struct mst_arena arena = {.max_bytes = MST_MIB(64)};

static enum mst_verdict read_rule(enum mst_format format, const char *text,
                                  struct mst_rule *ret_rule)
{
    struct mst_span detail;
    enum mst_verdict verdict;

    ck_assert_int_eq(mst_arena_printf(&arena, &detail, "{\"preprocess\":[],\"rule\":%s}", text),
                     MST_OK);
    ck_assert_int_eq(mst_rule_read(&arena, format, detail, &verdict, ret_rule), MST_OK);
    return verdict;
}

static const struct {
    enum mst_format format;
    const char *text;
} bad[] = {
    {MST_FORMAT_FLOAT,  "null"                                                               },
    {MST_FORMAT_FLOAT,  "{}"                                                                 },
    {MST_FORMAT_FLOAT,  "[]"                                                                 },
    {MST_FORMAT_FLOAT,  "{\"other\":{}}"                                                     },
    {MST_FORMAT_FLOAT,  "{\"simple\":{\"comparison\":\"gt\",\"constant\":1},\"script\":\"\"}"},
    {MST_FORMAT_FLOAT,  "{\"simple\":{\"comparison\":\"gt\"}}"                               },
    {MST_FORMAT_FLOAT,  "{\"simple\":{\"constant\":1}}"                                      },
    {MST_FORMAT_FLOAT,  "{\"simple\":{\"comparison\":\"ge\",\"constant\":1}}"                },
    {MST_FORMAT_FLOAT,  "{\"simple\":{\"comparison\":1,\"constant\":1}}"                     },
    {MST_FORMAT_FLOAT,  "{\"simple\":{\"comparison\":\"gt\",\"constant\":null}}"             },
    {MST_FORMAT_FLOAT,  "{\"simple\":{\"comparison\":\"gt\",\"constant\":1e999}}"            },
    {MST_FORMAT_FLOAT,  "{\"simple\":{\"comparison\":\"gt\",\"constant\":1,\"repeat\":1}}"   },
    {MST_FORMAT_FLOAT,  "{\"timeout\":{}}"                                                   },
    {MST_FORMAT_FLOAT,  "{\"timeout\":{\"timeout\":-1}}"                                     },
    {MST_FORMAT_FLOAT,  "{\"timeout\":{\"timeout\":\"1\"}}"                                  },
    {MST_FORMAT_FLOAT,  "{\"timeout\":{\"timeout\":31536001}}"                               },
    {MST_FORMAT_FLOAT,  "{\"interval\":{\"comparison\":\"gt\",\"constant\":1}}"              },
    {MST_FORMAT_FLOAT,  "{\"duration\":{\"comparison\":\"gt\",\"constant\":1}}"              },
    {MST_FORMAT_FLOAT,  "{\"count\":{\"comparison\":\"gt\",\"constant\":1,\"timeout\":1}}"   },
    {MST_FORMAT_FLOAT,
     "{\"count\":{\"comparison\":\"gt\",\"constant\":1,\"timeout\":1,\"count\":0}}"          },
    {MST_FORMAT_FLOAT,
     "{\"count\":{\"comparison\":\"gt\",\"constant\":1,\"timeout\":1,\"count\":1001}}"       },
    {MST_FORMAT_FLOAT,
     "{\"count\":{\"comparison\":\"gt\",\"constant\":1,\"timeout\":1,\"count\":1.5}}"        },
    {MST_FORMAT_STRING, "{\"script\":1}"                                                     },
};

MST_TEST(a_rule_that_is_none_is_refused)
{
    struct mst_rule rule;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(read_rule(bad[i].format, bad[i].text, &rule) == MST_BAD_VALUE, "%s",
                      bad[i].text);
}
MST_TEST_END

MST_TEST(a_detail_without_a_rule_or_cut_short_is_refused)
{
    static const char *const details[] = {"", "{}", "{\"rule\"", "{\"rule\":{\"script\":\"x\"}",
                                          "1"};
    struct mst_rule rule;
    enum mst_verdict verdict;

    for (size_t i = 0; i < sizeof details / sizeof details[0]; i++) {
        ck_assert_int_eq(
            mst_rule_read(&arena, MST_FORMAT_STRING, mst_span_str(details[i]), &verdict, &rule),
            MST_OK);
        ck_assert_int_eq(verdict, MST_BAD_VALUE);
    }
}
MST_TEST_END

MST_TEST(every_field_of_a_rule_is_read)
{
    struct mst_rule rule;

    ck_assert_int_eq(
        read_rule(MST_FORMAT_INTEGER,
                  "{\"count\":{\"comparison\":\"leq\",\"constant\":-2.5,\"count\":1000,"
                  "\"repeat\":true,\"timeout\":1.5,\"other\":[{}]}}",
                  &rule),
        MST_DONE);
    ck_assert_int_eq(rule.kind, MST_RULE_COUNT);
    ck_assert_int_eq(rule.format, MST_FORMAT_INTEGER);
    ck_assert_int_eq(rule.comparison, MST_RULE_LEQ);
    ck_assert(rule.constant.is_number && rule.constant.number == -2.5);
    ck_assert_int_eq(rule.count, 1000);
    ck_assert_int_eq(rule.timeout_ms, 1500);
    ck_assert(rule.is_repeat);
}
MST_TEST_END

/* ---- comparing ---- */

static const struct {
    enum mst_format format;
    const char *constant, *value;
    const char *truths; /* of gt lt eq geq leq neq */
} orders[] = {
    {MST_FORMAT_FLOAT,   "\"warm\"",         "cold",             "010011"},
    {MST_FORMAT_FLOAT,   "5",                "5",                "001110"},
    {MST_FORMAT_FLOAT,   "5",                "5.0",              "001110"},
    {MST_FORMAT_FLOAT,   "5",                "5.1",              "100101"},
    {MST_FORMAT_FLOAT,   "5",                "-7e3",             "010011"},
    {MST_FORMAT_INTEGER, "2.5",              "2.7",              "100101"},
    {MST_FORMAT_INTEGER, "9007199254740993", "9007199254740992", "010011"},
    {MST_FORMAT_FLOAT,   "\"5\"",            "10",               "100101"},
    {MST_FORMAT_FLOAT,   "5",                "warm",             "000001"},
    {MST_FORMAT_FLOAT,   "5",                "",                 "000001"},
    {MST_FORMAT_STRING,  "5",                "10",               "100101"},
    {MST_FORMAT_STRING,  "\"5\"",            "10",               "010011"},
    {MST_FORMAT_STRING,  "\"open\"",         "open",             "001110"},
    {MST_FORMAT_STRING,  "\"open\"",         "closed",           "010011"},
    {MST_FORMAT_STRING,  "\"\"",             "",                 "001110"},
    {MST_FORMAT_STRING,  "true",             "true",             "001110"},
    {MST_FORMAT_FLOAT,   "true",             "1",                "001110"},
    {MST_FORMAT_FLOAT,   "true",             "false",            "010011"},
    {MST_FORMAT_FLOAT,   "false",            "0.0",              "001110"},
    {MST_FORMAT_FLOAT,   "false",            "True",             "000001"},
};

/* What a simple rule of that comparison with orders[row].constant says of the value. */
static struct mst_span simple(size_t row, const char *comparison)
{
    struct mst_row_rule_state state = {.rule_id = 1};
    struct mst_rule rule;
    struct mst_rule_step step;
    struct mst_span text;

    ck_assert_int_eq(mst_arena_printf(&arena, &text,
                                      "{\"simple\":{\"comparison\":\"%s\",\"constant\":%s}}",
                                      comparison, orders[row].constant),
                     MST_OK);
    ck_assert_int_eq(read_rule(orders[row].format, text.ptr, &rule), MST_DONE);
    ck_assert_int_eq(
        mst_rule_input(&rule, &arena, &state, mst_span_str(orders[row].value), 1, &step), MST_OK);
    ck_assert(step.has_output && step.timer_ms == 0);
    return step.output;
}

MST_TEST(numbers_texts_and_truths_are_compared)
{
    static const char *const names[] = {"gt", "lt", "eq", "geq", "leq", "neq"};

    for (size_t row = 0; row < sizeof orders / sizeof orders[0]; row++) {
        bool is_text = orders[row].format == MST_FORMAT_STRING;
        const char *truths[] = {is_text ? "false" : "0", is_text ? "true" : "1"};

        for (size_t i = 0; i < 6; i++)
            ck_assert_span_str(simple(row, names[i]), truths[orders[row].truths[i] - '0']);
    }
}
MST_TEST_END

/* ---- time ---- */

enum { T0 = 1000000 }; /* what a scenario calls 0 */

/*
 * What happens at a time, after the timers of the time before were looked at: VALUE comes in; PASS:
 * nothing; OUTAGE: no timer was looked at till now; SET: the clock is set to that time.
 */
enum happening { END, VALUE, PASS, OUTAGE, SET };

struct scenario {
    const char *what, *rule;
    enum mst_format format;
    struct {
        enum happening happening;
        int64_t at;
        const char *value, *out; /* out: all that comes out up to then, "time:text " */
    } steps[10];
};

#define GT5 "\"comparison\":\"gt\",\"constant\":5"
#define F   MST_FORMAT_FLOAT
#define I   MST_FORMAT_INTEGER
#define S   MST_FORMAT_STRING

static const struct scenario scenarios[] = {
    {"simple, repeat: each value is answered",
     "{\"simple\":{" GT5 ",\"repeat\":true}}",
     F,                                                                     {{VALUE, 0, "6", "0:1 "}, {VALUE, 0, "7", "0:1 "}, {VALUE, 9, "5", "9:0 "}}                },
    {"simple: only what differs comes out",
     "{\"simple\":{" GT5 "}}",
     S,                                                                     {{VALUE, 0, "5", "0:false "},
      {VALUE, 1, "4", ""},
      {VALUE, 2, "6", "2:true "},
      {VALUE, 3, "7", ""},
      {VALUE, 4, "warm", "4:false "}}                                                                                                                           },
    {"timeout: a value just in time, one at the very time, one too late",
     "{\"timeout\":{\"timeout\":1,\"repeat\":false}}",                   I,
     {{VALUE, 0, "6", "0:0 "},
      {VALUE, 999, "6", ""},
      {VALUE, 1999, "6", "1999:1 1999:0 "},
      {VALUE, 5000, "6", "2999:1 5000:0 "}}                                                                                                                            },
    {"timeout, repeat: each value is answered, silence once",
     "{\"timeout\":{\"timeout\":1,\"repeat\":true}}",                    I,
     {{VALUE, 0, "6", "0:0 "}, {VALUE, 500, "6", "500:0 "}, {PASS, 9000, NULL, "1500:1 "}}                                                                             },
    {"timeout: after an outage it fires once, late",
     "{\"timeout\":{\"timeout\":1,\"repeat\":true}}",                    I,
     {{VALUE, 0, "6", "0:0 "}, {OUTAGE, 90000, NULL, "90000:1 "}, {PASS, 99000, NULL, ""}}                                                                             },
    {"timeout: the clock was set back",
     "{\"timeout\":{\"timeout\":1,\"repeat\":false}}",                   I,
     {{VALUE, 0, "6", "0:0 "}, {SET, -90000, NULL, ""}, {PASS, -80000, NULL, "-89000:1 "}}                                                                             },
    {"timeout of nothing: silence at once",
     "{\"timeout\":{\"timeout\":0,\"repeat\":false}}",                   I,
     {{VALUE, 0, "6", "0:0 "}, {PASS, 0, NULL, "0:1 "}, {PASS, 9, NULL, ""}}                                                                                           },
    {"interval, repeat: true again every timeout, until it is false",
     "{\"interval\":{" GT5 ",\"timeout\":2,\"repeat\":true}}",
     F,                                                                     {{VALUE, 0, "5", "0:0 "},
      {VALUE, 5000, "6", "5000:1 "},
      {VALUE, 8000, "6", "7000:1 8000:1 "},
      {PASS, 12001, NULL, "10000:1 12000:1 "},
      {VALUE, 14000, "1", "14000:1 14000:0 "},
      {PASS, 60000, NULL, ""}}                                                                                                                                  },
    {"interval: without repeat only changes come out, and no timer runs",
     "{\"interval\":{" GT5 ",\"timeout\":2,\"repeat\":false}}",
     F,                                                                     {{VALUE, 0, "6", "0:1 "}, {PASS, 9000, NULL, ""}, {VALUE, 9000, "1", "9000:0 "}}           },
    {"interval: after an outage it fires once, and stays in step",
     "{\"interval\":{" GT5 ",\"timeout\":2,\"repeat\":true}}",
     F,                                                                     {{VALUE, 0, "6", "0:1 "}, {OUTAGE, 9000, NULL, "9000:1 "}, {PASS, 10000, NULL, "10000:1 "}}},
    {"interval: it does not run faster than a point each second",
     "{\"interval\":{" GT5 ",\"timeout\":0,\"repeat\":true}}",
     F,                                                                     {{VALUE, 0, "6", "0:1 "}, {PASS, 2999, NULL, "1000:1 2000:1 "}}                            },
    {"interval: the clock was set back",
     "{\"interval\":{" GT5 ",\"timeout\":2,\"repeat\":true}}",
     F,                                                                     {{VALUE, 0, "6", "0:1 "}, {SET, -9000, NULL, ""}, {PASS, -6000, NULL, "-7000:1 "}}         },
    {"duration: true at the very end of the time, false at once",
     "{\"duration\":{" GT5 ",\"timeout\":2,\"repeat\":false}}",
     I,                                                                     {{VALUE, 0, "6", ""},
      {VALUE, 1999, "7", ""},
      {PASS, 9000, NULL, "2000:1 "},
      {VALUE, 9000, "8", ""},
      {VALUE, 9001, "1", "9001:0 "},
      {PASS, 99000, NULL, ""}}                                                                                                                                  },
    {"duration: false before the end stops the time",
     "{\"duration\":{" GT5 ",\"timeout\":2,\"repeat\":false}}",
     I,                                                                     {{VALUE, 0, "6", ""},
      {VALUE, 1999, "1", "1999:0 "},
      {VALUE, 2000, "6", ""},
      {PASS, 3999, NULL, ""},
      {VALUE, 4000, "1", "4000:1 4000:0 "}}                                                                                                                     },
    {"duration, repeat: each value is answered that is not on the way to true",
     "{\"duration\":{" GT5 ",\"timeout\":2,\"repeat\":true}}",
     S,                                                                     {{VALUE, 0, "1", "0:false "},
      {VALUE, 1, "1", "1:false "},
      {VALUE, 2, "6", ""},
      {VALUE, 3, "6", ""},
      {VALUE, 3000, "6", "2002:true 3000:true "}}                                                                                                               },
    {"duration of nothing: true at once",
     "{\"duration\":{" GT5 ",\"timeout\":0}}",
     I,                                                                     {{VALUE, 0, "6", "0:1 "}, {PASS, 9, NULL, ""}}                                             },
    {"duration: an outage counts as time",
     "{\"duration\":{" GT5 ",\"timeout\":2}}",
     I,                                                                     {{VALUE, 0, "6", ""}, {OUTAGE, 9000, NULL, "9000:1 "}, {PASS, 99000, NULL, ""}}            },
    {"duration: the clock was set back, and a value came before the timer was looked at",
     "{\"duration\":{" GT5 ",\"timeout\":2}}",
     I,                                                                     {{VALUE, 0, "6", ""},
      {SET, -9000, NULL, ""},
      {VALUE, -8000, "6", ""},
      {PASS, -7001, NULL, ""},
      {PASS, -7000, NULL, "-7000:1 "}}                                                                                                                          },
    {"count: true with the third within the time, false when the first of three is old",
     "{\"count\":{" GT5 ",\"timeout\":10,\"count\":3}}",
     I,                                                                     {{VALUE, 0, "6", ""},
      {VALUE, 1000, "1", ""},
      {VALUE, 2000, "6", ""},
      {VALUE, 9999, "6", "9999:1 "},
      {PASS, 10000, NULL, "10000:0 "},
      {VALUE, 11000, "6", "11000:1 "},
      {PASS, 99000, NULL, "12000:0 "}}                                                                                                                          },
    {"count: a match at the very end of the time is too late",
     "{\"count\":{" GT5 ",\"timeout\":10,\"count\":2}}",
     I,                                                                     {{VALUE, 0, "6", ""}, {VALUE, 10000, "6", "10000:0 "}, {VALUE, 19999, "6", "19999:1 "}}    },
    {"count, repeat: true with each match, false with each timer",
     "{\"count\":{" GT5 ",\"timeout\":10,\"count\":2,\"repeat\":true}}",
     I,                                                                     {{VALUE, 0, "6", ""},
      {VALUE, 1000, "6", "1000:1 "},
      {VALUE, 2000, "6", "2000:1 "},
      {VALUE, 3000, "1", ""},
      {PASS, 99000, NULL, "11000:0 12000:0 "}}                                                                                                                  },
    {"count of one: true with each match",
     "{\"count\":{" GT5 ",\"timeout\":10,\"count\":1}}",
     I,                                                                     {{VALUE, 0, "6", "0:1 "}, {VALUE, 9000, "6", ""}, {PASS, 99000, NULL, "19000:0 "}}         },
    {"count: an outage longer than the time: false once",
     "{\"count\":{" GT5 ",\"timeout\":10,\"count\":2,\"repeat\":true}}",
     I,                                                                     {{VALUE, 0, "6", ""},
      {VALUE, 1, "6", "1:1 "},
      {OUTAGE, 90000, NULL, "90000:0 "},
      {PASS, 99000, NULL, ""}}                                                                                                                                  },
    {"count: the clock was set back",
     "{\"count\":{" GT5 ",\"timeout\":10,\"count\":2}}",
     I,                                                                     {{VALUE, 0, "6", ""},
      {VALUE, 1, "6", "1:1 "},
      {SET, -90000, NULL, ""},
      {PASS, -80001, NULL, ""},
      {PASS, -70000, NULL, "-80000:0 "},
      {VALUE, -60000, "6", ""}}                                                                                                                                 },
    {"script: it is kept, and does nothing",
     "{\"script\":\"while true do end\"}",                               S,
     {{VALUE, 0, "6", ""}, {PASS, 99000, NULL, ""}}                                                                                                                    },
};

struct run {
    struct mst_rule rule;
    struct mst_row_rule_state state;
    int64_t timer_ms, now_ms;
    char out[200];
};

static void take(struct run *run, const struct mst_rule_step *step)
{
    size_t used = strlen(run->out);

    if (step->has_output)
        (void)snprintf(run->out + used, sizeof run->out - used, "%" PRId64 ":%.*s ",
                       run->now_ms - T0, (int)step->output.len, step->output.ptr);
    if (step->is_state_new)
        run->state = step->state;
    run->timer_ms = step->timer_ms;
}

static void look_at_timer(struct run *run)
{
    struct mst_rule_step step;

    if (run->timer_ms == 0)
        return;
    ck_assert_int_eq(
        mst_rule_timer(&run->rule, &arena, &run->state, run->timer_ms, run->now_ms, &step), MST_OK);
    take(run, &step);
}

/* Timers fire on time until then. */
static void pass(struct run *run, int64_t until_ms)
{
    while (run->timer_ms != 0 && run->timer_ms <= until_ms) {
        run->now_ms = run->timer_ms;
        look_at_timer(run);
    }
    run->now_ms = until_ms;
}

static void happen(struct run *run, enum happening happening, int64_t at_ms, const char *value)
{
    struct mst_rule_step step;

    if (happening == VALUE || happening == PASS) {
        pass(run, at_ms);
    } else {
        run->now_ms = at_ms;
        look_at_timer(run);
    }
    if (happening != VALUE)
        return;
    ck_assert_int_eq(
        mst_rule_input(&run->rule, &arena, &run->state, mst_span_str(value), run->now_ms, &step),
        MST_OK);
    take(run, &step);
}

static void play(const struct scenario *scenario)
{
    struct run run = {.state.rule_id = 1};

    ck_assert_int_eq(read_rule(scenario->format, scenario->rule, &run.rule), MST_DONE);
    for (size_t i = 0; scenario->steps[i].happening != END; i++) {
        run.out[0] = '\0';
        happen(&run, scenario->steps[i].happening, T0 + scenario->steps[i].at,
               scenario->steps[i].value);
        ck_assert_msg(strcmp(run.out, scenario->steps[i].out) == 0, "%s, step %zu: \"%s\"",
                      scenario->what, i, run.out);
    }
}

MST_TEST(every_kind_does_through_all_its_branches_what_its_line_says)
{
    for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++)
        play(&scenarios[i]);
}
MST_TEST_END

/* ---- a rule that was changed, and the bounds ---- */

MST_TEST(a_timer_that_a_changed_rule_knows_nothing_of_ends)
{
    static const char *const others[] = {
        "{\"simple\":{" GT5 ",\"repeat\":true}}", "{\"script\":\"\"}",
        "{\"interval\":{" GT5 ",\"timeout\":1}}", "{\"duration\":{" GT5 ",\"timeout\":1}}"};

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct run run = {.state.rule_id = 1};

        ck_assert_int_eq(read_rule(F, "{\"timeout\":{\"timeout\":9}}", &run.rule), MST_DONE);
        happen(&run, VALUE, T0, "6");
        ck_assert_int_eq(read_rule(F, others[i], &run.rule), MST_DONE);
        run.out[0] = '\0';
        happen(&run, OUTAGE, T0 + 9000, NULL);
        ck_assert_str_eq(run.out, "");
        ck_assert_int_eq(run.timer_ms, 0);
    }
}
MST_TEST_END

MST_TEST(a_longer_or_smaller_rule_goes_on_with_what_is_remembered)
{
    struct run run = {.state.rule_id = 1};

    ck_assert_int_eq(read_rule(F, "{\"duration\":{" GT5 ",\"timeout\":1}}", &run.rule), MST_DONE);
    happen(&run, VALUE, T0, "6");
    ck_assert_int_eq(read_rule(F, "{\"duration\":{" GT5 ",\"timeout\":3}}", &run.rule), MST_DONE);
    happen(&run, PASS, T0 + 9000, NULL);
    ck_assert_str_eq(run.out, "3000:1 ");

    run = (struct run){.state.rule_id = 1};
    ck_assert_int_eq(read_rule(F, "{\"count\":{" GT5 ",\"timeout\":9,\"count\":4}}", &run.rule),
                     MST_DONE);
    for (int64_t i = 0; i < 3; i++)
        happen(&run, VALUE, T0 + i, "6");
    ck_assert_int_eq(read_rule(F, "{\"count\":{" GT5 ",\"timeout\":9,\"count\":2}}", &run.rule),
                     MST_DONE);
    happen(&run, PASS, T0 + 9000, NULL);
    ck_assert_str_eq(run.out, ""); /* two are still within the time */
    happen(&run, VALUE, T0 + 9000, "6");
    ck_assert_str_eq(run.out, "9000:1 ");
}
MST_TEST_END

MST_TEST(the_largest_count_is_kept_and_no_more)
{
    struct run run = {.state.rule_id = 1};

    ck_assert_int_eq(
        read_rule(F, "{\"count\":{" GT5 ",\"timeout\":31536000,\"count\":1000}}", &run.rule),
        MST_DONE);
    for (int64_t i = 0; i < 999; i++)
        happen(&run, VALUE, T0 + i, "6");
    ck_assert_str_eq(run.out, "");
    happen(&run, VALUE, T0 + 999, "6");
    ck_assert_str_eq(run.out, "999:1 ");
    ck_assert_uint_eq(run.state.matches.len, 1000 * sizeof "1000000");
    happen(&run, VALUE, T0 + 1000, "6");
    ck_assert_uint_eq(run.state.matches.len, 1000 * sizeof "1000000");
}
MST_TEST_END

MST_TEST(a_state_that_was_not_written_by_a_rule_is_corrupt)
{
    static const char *const texts[] = {"1", "x ", "1 2", "- "};
    struct mst_rule rule;
    struct mst_rule_step step;

    ck_assert_int_eq(read_rule(F, "{\"count\":{" GT5 ",\"timeout\":9,\"count\":4}}", &rule),
                     MST_DONE);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct mst_row_rule_state state = {.rule_id = 1, .matches = mst_span_str(texts[i])};

        ck_assert_int_eq(mst_rule_input(&rule, &arena, &state, MST_LIT("6"), 1, &step),
                         MST_ECORRUPT);
    }
}
MST_TEST_END

MST_TESTS("core/rule", a_rule_that_is_none_is_refused,
          a_detail_without_a_rule_or_cut_short_is_refused, every_field_of_a_rule_is_read,
          numbers_texts_and_truths_are_compared,
          every_kind_does_through_all_its_branches_what_its_line_says,
          a_timer_that_a_changed_rule_knows_nothing_of_ends,
          a_longer_or_smaller_rule_goes_on_with_what_is_remembered,
          the_largest_count_is_kept_and_no_more, a_state_that_was_not_written_by_a_rule_is_corrupt)

/* What a rule remembers is used by that rule alone: not by one that it was changed to, nor by a plan of before. */
#include "core/due.h"
#include "core/rule_memory.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

enum { ID = 7, NOW = 1700000000, WAITS = 20000, TEXT = 64 };
#define NOW_MS (NOW * INT64_C(1000))

static struct mst_world world;

/* What is asked and kept, and what is in the store then. */
static struct {
    int64_t generation;
    struct mst_rule_step step; /* if it has output or a new state, it is kept */
    struct mst_rule_memory memory;
    char last[TEXT], matches[TEXT]; /* of the memory */
    char row[2 * TEXT];             /* last, since, matches, timer; "none" */
} at;

static void copy(char to[TEXT], struct mst_span text)
{
    (void)snprintf(to, TEXT, "%.*s", (int)text.len, text.len > 0 ? text.ptr : "");
}

static enum mst_err look(struct mst_tx *tx)
{
    struct mst_row_rule_state row = {.rule_id = ID};
    int64_t timer_ms = 0;
    enum mst_err err = mst_due_get(tx, ID, MST_DUE_RULE, &timer_ms);

    if (err == MST_OK)
        err = mst_tx_get(tx, MST_IX_RULE_STATE, &row);
    (void)snprintf(at.row, sizeof at.row, "none");
    if (err == MST_OK)
        (void)snprintf(at.row, sizeof at.row, "%.*s|%lld|%.*s|%lld", (int)row.last.len,
                       row.last.ptr, (long long)row.since, (int)row.matches.len, row.matches.ptr,
                       (long long)timer_ms);
    return err == MST_ENOENT ? MST_OK : err;
}

static enum mst_err do_step(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    enum mst_err err = mst_rule_memory_open(tx, ID, at.generation, WAITS, &at.memory);

    (void)w;
    call->verdict = MST_DONE;
    if (err != MST_OK)
        return err;
    copy(at.last, at.memory.state.last);
    copy(at.matches, at.memory.state.matches);
    if (at.step.is_state_new || at.step.has_output) {
        at.step.state.rule_id = ID;
        err = mst_rule_memory_keep(tx, &at.memory, &at.step);
    }
    return err == MST_OK ? look(tx) : err;
}

static enum mst_err do_write(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_rule_state row = {
        .rule_id = ID, .last = MST_LIT("1"), .since = 5, .matches = mst_span_str(call->meta)};

    (void)w;
    call->verdict = MST_DONE;
    return mst_tx_insert(tx, MST_TABLE_RULE_STATE, &row);
}

static void run(mst_world_verb *verb, const char *matches)
{
    struct mst_world_call call = {.file = MST_FILE_POINTS, .meta = matches};

    ck_assert_int_eq(mst_world_run(&world, verb, &call), MST_DONE);
}

static void ask(int64_t generation)
{
    at.generation = generation;
    at.step = (struct mst_rule_step){0};
    run(do_step, NULL);
}

static void keep(int64_t generation, const char *last, int64_t since, const char *matches,
                 int64_t timer_ms)
{
    at.generation = generation;
    at.step = (struct mst_rule_step){
        .has_output = true,
        .is_state_new = true,
        .timer_ms = timer_ms,
        .state = {.last = mst_span_str(last), .since = since, .matches = mst_span_str(matches)},
    };
    run(do_step, NULL);
}

static void begin(void)
{
    mst_world_open(&world, 1, NULL);
    world.wall_now = NOW;
}

MST_TEST(a_rule_goes_on_with_what_it_remembered_itself)
{
    static const int64_t generations[] = {0, 1, NOW_MS};

    for (size_t i = 0; i < sizeof generations / sizeof generations[0]; i++) {
        begin();
        keep(generations[i], "1", 5, "5 6 ", 99);
        ask(generations[i]);
        ck_assert_str_eq(at.last, "1");
        ck_assert_int_eq(at.memory.state.since, 5);
        ck_assert_str_eq(at.matches, "5 6 ");
        ck_assert_int_eq(at.memory.timer_ms, 99);
        mst_world_close(&world);
    }
}
MST_TEST_END

MST_TEST(rows_of_a_rule_that_was_never_changed_are_what_they_always_were)
{
    begin();
    keep(0, "1", 5, "5 6 ", 0);
    ck_assert_str_eq(at.row, "1|5|5 6 |0");
    keep(3, "1", 5, "", 0);
    ck_assert_str_eq(at.row, "1|5|@3 |0");
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_changed_rule_forgets_all_but_its_last_output_and_waits_from_the_change_on)
{
    begin();
    keep(0, "1", 5, "5 6 ", 99);
    ask(NOW_MS - 3000);
    ck_assert_str_eq(at.last, "1");
    ck_assert_int_eq(at.memory.state.since, 0);
    ck_assert_str_eq(at.matches, "");
    ck_assert_int_eq(at.memory.timer_ms, NOW_MS - 3000 + WAITS);
    ck_assert_str_eq(at.row, "1|0|@1699999997000 |1700000017000");
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(what_was_begun_anew_is_not_begun_again)
{
    begin();
    keep(0, "1", 5, "5 6 ", 99);
    ask(NOW_MS);
    keep(NOW_MS, "0", 7, "7 ", NOW_MS + 1);
    ask(NOW_MS);
    ck_assert_str_eq(at.row, "0|7|@1700000000000 7 |1700000000001");
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(after_the_clock_was_set_back_a_changed_rule_waits_from_now_on)
{
    begin();
    keep(0, "1", 5, "", 99);
    ask(NOW_MS + 3600000);
    ck_assert_int_eq(at.memory.timer_ms, NOW_MS + WAITS);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_plan_of_before_the_change_leaves_only_its_output)
{
    begin();
    keep(NOW_MS, "0", 7, "7 ", 99);
    ask(0);
    ck_assert(at.memory.is_later);
    ck_assert_str_eq(at.last, "0");
    ck_assert_int_eq(at.memory.state.since, 0);
    ck_assert_str_eq(at.matches, "");
    ck_assert_int_eq(at.memory.timer_ms, 0);
    keep(0, "1", 8, "8 ", 1000);
    ck_assert_str_eq(at.row, "1|7|@1700000000000 7 |99");
    ck_assert_str_eq(at.last, "0");
    at.step.has_output = false;
    run(do_step, NULL);
    ck_assert_str_eq(at.row, "1|7|@1700000000000 7 |99");
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_rule_that_has_seen_no_value_has_nothing_to_begin_anew)
{
    begin();
    ask(NOW_MS);
    ck_assert(!at.memory.is_kept);
    ck_assert_int_eq(at.memory.timer_ms, 0);
    ck_assert_str_eq(at.row, "none");
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_generation_that_cannot_be_read_is_earlier_than_any)
{
    static const char *const texts[] = {"@", "@5", "@ 5 ", "@x ", "@-1 ", "@0 ", "@5x 6 "};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        begin();
        run(do_write, texts[i]);
        ask(0);
        ck_assert_msg(!strcmp(at.row, "1|0||1700000020000"), "%s: %s", texts[i], at.row);
        mst_world_close(&world);
    }
}
MST_TEST_END

MST_TESTS("core/rule_memory", a_rule_goes_on_with_what_it_remembered_itself,
          rows_of_a_rule_that_was_never_changed_are_what_they_always_were,
          a_changed_rule_forgets_all_but_its_last_output_and_waits_from_the_change_on,
          what_was_begun_anew_is_not_begun_again,
          after_the_clock_was_set_back_a_changed_rule_waits_from_now_on,
          a_plan_of_before_the_change_leaves_only_its_output,
          a_rule_that_has_seen_no_value_has_nothing_to_begin_anew,
          a_generation_that_cannot_be_read_is_earlier_than_any)

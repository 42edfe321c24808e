/* What a rule remembers, and what is stored, when the description changes. */
#include "core/renew.h"
#include "core/detail.h"
#include "core/due.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

#define RULE(rule)       "{\"rule\":{" rule "}}"
#define TIMEOUT(seconds) RULE("\"timeout\":{\"repeat\":false,\"timeout\":" #seconds "}")
#define COMPARED(kind, constant)                                                           \
    RULE("\"" kind "\":{\"comparison\":\"gt\",\"constant\":" #constant ",\"repeat\":true," \
         "\"timeout\":10}")
#define KEPT(count, duration) "{\"retention\":{\"count\":" #count ",\"duration\":" #duration "}}"

enum { ID = 7, NOW = 1700000000 };

static struct mst_world world;

static struct mst_renewal renewal_of(enum mst_kind kind, const char *before, const char *after)
{
    const struct mst_row_resource resource = {
        .id = ID, .kind = kind, .format = MST_FORMAT_INTEGER, .detail = mst_span_str(before)};
    struct mst_renewal renewal;
    struct mst_arena arena;

    mst_arena_init(&arena, MST_MIB(1));
    ck_assert_int_eq(mst_renew_find(&arena, &resource, mst_span_str(after), &renewal), MST_OK);
    mst_arena_fini(&arena);
    return renewal;
}

static void check(enum mst_kind kind, const char *before, const char *after, bool is_rule_new,
                  bool is_keeping_new, int64_t timeout_ms)
{
    const struct mst_renewal found = renewal_of(kind, before, after);

    ck_assert_int_eq(found.is_rule_new, is_rule_new);
    ck_assert_int_eq(found.is_keeping_new, is_keeping_new);
    ck_assert_int_eq(found.timeout_ms, timeout_ms);
    ck_assert_int_eq(found.resource_id, is_rule_new || is_keeping_new ? ID : 0);
}

MST_TEST(only_what_is_measured_differently_begins_anew)
{
    static const char add_1[] = "{\"preprocess\":[[\"add\",1]]}";
    static const char add_2[] = "{\"preprocess\":[[\"add\",2]]}";
    const enum mst_kind rule = MST_KIND_DATARULE, port = MST_KIND_DATAPORT;

    check(rule, TIMEOUT(10), TIMEOUT(10), false, false, 0);
    check(rule, TIMEOUT(10), TIMEOUT(20), true, false, 20000);
    check(rule, TIMEOUT(10), COMPARED("interval", 1), true, false, 0);
    check(rule, COMPARED("duration", 1), COMPARED("duration", 2), true, false, 0);
    check(rule, "{\"subscribe\":\"a\"}", "{\"subscribe\":\"b\"}", true, false, 0);
    check(rule, add_1, add_2, true, false, 0);
    check(port, add_1, add_2, false, false, 0);
    check(port, KEPT(5, 5), KEPT(5, 5), false, false, 0);
    check(port, KEPT(5, 5), KEPT(4, 5), false, true, 0);
    check(MST_KIND_DISPATCH, KEPT(5, 5), KEPT(5, "infinity"), false, true, 0);
    check(MST_KIND_DISPATCH, "", "{\"method\":\"email\"}", false, false, 0);
}
MST_TEST_END

/* ---- running ---- */

static struct mst_renewal renewal;
static struct mst_row_rule_state state;
static int64_t rule_ms, trim_ms;

static enum mst_err do_remember(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_rule_state row = {
        .rule_id = ID, .last = MST_LIT("1"), .since = 5, .matches = MST_LIT("5 6 ")};
    enum mst_err err = mst_tx_insert(tx, MST_TABLE_RULE_STATE, &row);

    (void)w;
    call->verdict = MST_DONE;
    return err == MST_OK ? mst_due_set(tx, ID, MST_DUE_RULE, 1) : err;
}

static enum mst_err do_renew(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    (void)w;
    call->verdict = MST_DONE;
    return mst_renew_run(tx, &renewal);
}

static enum mst_err do_look(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    enum mst_err err = mst_due_get(tx, ID, MST_DUE_RULE, &rule_ms);

    (void)w;
    call->verdict = MST_DONE;
    if (err == MST_OK)
        err = mst_due_get(tx, ID, MST_DUE_TRIM, &trim_ms);
    state = (struct mst_row_rule_state){.rule_id = ID};
    if (err == MST_OK)
        err = mst_tx_get(tx, MST_IX_RULE_STATE, &state);
    call->is_locked = err == MST_OK && mst_span_eq(state.last, MST_LIT("1"));
    call->is_in_range = state.since == 0 && state.matches.len == 0;
    return err == MST_ENOENT ? MST_OK : err;
}

static bool keeps_output, has_forgotten;

static void run(mst_world_verb *verb)
{
    struct mst_world_call call = {.file = MST_FILE_POINTS};

    ck_assert_int_eq(mst_world_run(&world, verb, &call), MST_DONE);
    keeps_output = call.is_locked;
    has_forgotten = call.is_in_range;
}

static void begin(void)
{
    mst_world_open(&world, 1, NULL);
    world.wall_now = NOW;
}

MST_TEST(a_changed_rule_forgets_all_but_its_last_output)
{
    begin();
    run(do_remember);
    renewal = renewal_of(MST_KIND_DATARULE, COMPARED("interval", 1), COMPARED("interval", 2));
    run(do_renew);
    run(do_look);
    ck_assert(has_forgotten && keeps_output);
    ck_assert_int_eq(rule_ms, 0);
    ck_assert_int_eq(trim_ms, 0);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_changed_timeout_waits_from_the_change_on_if_a_value_ever_came)
{
    begin();
    renewal = renewal_of(MST_KIND_DATARULE, TIMEOUT(1000), TIMEOUT(20));
    run(do_renew);
    run(do_look);
    ck_assert_int_eq(rule_ms, 0);
    run(do_remember);
    run(do_renew);
    run(do_look);
    ck_assert_int_eq(rule_ms, (NOW + 20) * INT64_C(1000));
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_new_retention_is_for_what_is_there_already)
{
    begin();
    renewal = renewal_of(MST_KIND_DATAPORT, KEPT(5, 5), KEPT(0, 5));
    run(do_renew);
    run(do_look);
    ck_assert_int_eq(trim_ms, NOW * INT64_C(1000));
    mst_world_close(&world);
}
MST_TEST_END

MST_TESTS("core/renew", only_what_is_measured_differently_begins_anew,
          a_changed_rule_forgets_all_but_its_last_output,
          a_changed_timeout_waits_from_the_change_on_if_a_value_ever_came,
          a_new_retention_is_for_what_is_there_already)

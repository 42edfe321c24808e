/* What a change of a description leaves to be done in the points file, and that it is done once it was noted. */
#include "base/limits.h"
#include "core/detail.h"
#include "core/due.h"
#include "core/renew.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

#define RULE(rule)       "{\"rule\":{" rule "}}"
#define TIMEOUT(seconds) RULE("\"timeout\":{\"repeat\":false,\"timeout\":" #seconds "}")
#define COMPARED(kind, constant)                                                           \
    RULE("\"" kind "\":{\"comparison\":\"gt\",\"constant\":" #constant ",\"repeat\":true," \
         "\"timeout\":10}")
#define KEPT(count, duration) "{\"retention\":{\"count\":" #count ",\"duration\":" #duration "}}"

enum { NOW = 1700000000, DETAIL = 256 };
#define NOW_MS (NOW * INT64_C(1000))

static struct mst_world world;

static void begin(void)
{
    mst_world_open(&world, 1, NULL);
    world.wall_now = NOW;
}

static int64_t make(enum mst_kind kind, const char *detail)
{
    const enum mst_format format = kind == MST_KIND_DISPATCH ? MST_FORMAT_NONE : MST_FORMAT_INTEGER;
    struct mst_world_call call = {
        .caller_id = world.template_id, .kind = kind, .format = format, .meta = detail};

    ck_assert_int_eq(mst_world_run(&world, mst_do_describe, &call), MST_DONE);
    return call.id;
}

/* ---- 1 ---- */

static char changed[DETAIL]; /* the detail that the last change left */

static enum mst_err do_change(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    const struct mst_description description = {.has_detail = true,
                                                .detail = mst_span_str(call->meta)};
    struct mst_row_resource resource = {.id = call->id};
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);

    if (err == MST_OK)
        err = mst_resource_update(&w->domain, tx, call->caller_id, &resource, &description,
                                  &call->verdict);
    if (err == MST_OK)
        err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);
    (void)snprintf(changed, sizeof changed, "%.*s", (int)resource.detail.len, resource.detail.ptr);
    return err;
}

static void change(int64_t id, const char *detail)
{
    struct mst_world_call call = {.caller_id = world.template_id, .id = id, .meta = detail};

    ck_assert_int_eq(mst_world_run(&world, do_change, &call), MST_DONE);
}

/* ---- what is noted ---- */

static struct mst_renewal renewals[MST_RENEW_PAGE];
static size_t n_renewals;

static size_t list(int64_t after_id)
{
    struct mst_reader *reader;
    struct mst_tx *tx;

    ck_assert_int_eq(mst_reader_open(world.store, &reader), MST_OK);
    ck_assert_int_eq(mst_reader_begin(reader, &tx), MST_OK);
    ck_assert_int_eq(mst_renew_list(tx, after_id, renewals, &n_renewals), MST_OK);
    mst_reader_end(reader);
    mst_reader_close(reader);
    return n_renewals;
}

static void check(enum mst_kind kind, const char *before, const char *after, bool is_rule_new,
                  bool is_noted)
{
    int64_t id;
    char wanted[DETAIL];

    begin();
    id = make(kind, before);
    change(id, after);
    (void)snprintf(wanted, sizeof wanted, "{\"changed\":1700000000000,%s", &after[1]);
    ck_assert_str_eq(changed, is_rule_new ? wanted : after);
    ck_assert_uint_eq(list(0), is_noted ? 1 : 0);
    if (is_noted)
        ck_assert_int_eq(renewals[0].resource_id, id);
    mst_world_close(&world);
}

#define SIMPLE     "\"rule\":{\"simple\":{\"comparison\":\"gt\",\"constant\":1}}"
#define OTHER_RULE "\"rule\":{\"simple\":{\"comparison\":\"gt\",\"constant\":2}}"
#define ADD(n)     "\"preprocess\":[[\"add\"," #n "]]"

MST_TEST(only_what_is_measured_differently_gets_a_generation)
{
    const enum mst_kind rule = MST_KIND_DATARULE, port = MST_KIND_DATAPORT;

    check(rule, TIMEOUT(10), TIMEOUT(10), false, false);
    check(rule, TIMEOUT(10), TIMEOUT(20), true, true);
    check(rule, TIMEOUT(10), COMPARED("interval", 1), true, true);
    check(rule, "{" SIMPLE "}", "{" OTHER_RULE "}", true, true);
    check(rule, "{" ADD(1) "," SIMPLE "}", "{" ADD(2) "," SIMPLE "}", true, true);
    check(rule, "{" SIMPLE "}", "{" SIMPLE ",\"tags\":[\"a\"]}", false, false);
    check(port, "{" ADD(1) "}", "{" ADD(2) "}", false, false);
    check(port, KEPT(5, 5), KEPT(5, 5), false, false);
    check(port, KEPT(5, 5), KEPT(4, 5), false, true);
    check(MST_KIND_DISPATCH, KEPT(5, 5), KEPT(5, "infinity"), false, true);
    check(MST_KIND_DISPATCH, "", "{\"method\":\"email\"}", false, false);
}
MST_TEST_END

static char source[MST_TEXT_CHARS];

MST_TEST(a_new_source_is_another_measure)
{
    struct mst_world_call port;
    char detail[DETAIL];
    int64_t id;

    begin();
    port = (struct mst_world_call){.caller_id = world.template_id,
                                   .kind = MST_KIND_DATAPORT,
                                   .format = MST_FORMAT_INTEGER,
                                   .meta = ""};
    ck_assert_int_eq(mst_world_run(&world, mst_do_describe, &port), MST_DONE);
    memcpy(source, port.handle, sizeof source);
    id = make(MST_KIND_DATARULE, "{" SIMPLE "}");
    (void)snprintf(detail, sizeof detail, "{" SIMPLE ",\"subscribe\":\"%s\"}", source);
    change(id, detail);
    ck_assert_uint_eq(list(0), 1);
    ck_assert_int_eq(renewals[0].generation, NOW_MS);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(generations_go_up_whatever_the_clock_does)
{
    int64_t id;

    begin();
    id = make(MST_KIND_DATARULE, TIMEOUT(10));
    change(id, TIMEOUT(20));
    change(id, "{\"changed\":1700000000000,\"rule\":{\"timeout\":{\"repeat\":false,\"timeout\":"
               "30}}}");
    ck_assert_ptr_nonnull(strstr(changed, "{\"changed\":1700000000001,\"rule\""));
    world.wall_now -= 3600;
    change(id, "{\"changed\":1700000000001," SIMPLE "}");
    ck_assert_ptr_nonnull(strstr(changed, "{\"changed\":1700000000002,\"rule\""));
    world.wall_now += 7200;
    change(id, TIMEOUT(10));
    ck_assert_ptr_nonnull(strstr(changed, "{\"changed\":1700003600000,\"rule\""));
    mst_world_close(&world);
}
MST_TEST_END

/* Such texts come from elsewhere alone. */
MST_TEST(at_the_end_of_all_generations_a_rule_stays_in_the_last)
{
    static const struct {
        const char *before, *after;
    } rows[] = {
        {"9223372036854775805", "9223372036854775806"},
        {"9223372036854775806", "9223372036854775807"},
        {"9223372036854775807", "9223372036854775807"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char before[DETAIL], after[DETAIL];
        int64_t id;

        begin();
        (void)snprintf(before, sizeof before, "{\"changed\":%s," SIMPLE "}", rows[i].before);
        id = make(MST_KIND_DATARULE, before);
        (void)snprintf(before, sizeof before, "{\"changed\":%s," OTHER_RULE "}", rows[i].before);
        change(id, before);
        (void)snprintf(after, sizeof after, "{\"changed\":%s," OTHER_RULE "}", rows[i].after);
        ck_assert_str_eq(changed, after);
        ck_assert_uint_eq(list(0), 1);
        ck_assert_int_eq(renewals[0].generation, strtoll(rows[i].after, NULL, 10));
        mst_world_close(&world);
    }
}
MST_TEST_END

MST_TEST(notes_are_listed_in_pages)
{
    enum { MORE = MST_RENEW_PAGE + 3 };
    int64_t ids[MORE];

    begin();
    for (int i = 0; i < MORE; i++) {
        ids[i] = make(MST_KIND_DATAPORT, KEPT(5, 5));
        change(ids[i], KEPT(4, 5));
    }
    ck_assert_uint_eq(list(0), MST_RENEW_PAGE);
    for (int i = 0; i < MST_RENEW_PAGE; i++)
        ck_assert_int_eq(renewals[i].resource_id, ids[i]);
    ck_assert_uint_eq(list(ids[MST_RENEW_PAGE - 1]), 3);
    ck_assert_int_eq(renewals[0].resource_id, ids[MST_RENEW_PAGE]);
    ck_assert_uint_eq(list(ids[MORE - 1]), 0);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_description_that_leaves_no_room_for_its_generation_is_refused)
{
    static const char frame[] = "{\"rule\":{\"script\":\"\"}}";
    enum { MEMBER = sizeof "\"changed\":1700000000000," - 1 };
    static char detail[MST_DETAIL_MAX + 1];
    struct mst_world_call call = {.meta = detail};

    begin();
    call.caller_id = world.template_id;
    call.id = make(MST_KIND_DATARULE, TIMEOUT(10));
    for (size_t more = 0; more < 2; more++) {
        const size_t n = MST_DETAIL_MAX - MEMBER - (sizeof frame - 1) + more;

        (void)snprintf(detail, sizeof detail, "{\"rule\":{\"script\":\"%0*d\"}}", (int)n, 0);
        ck_assert_int_eq(mst_world_run(&world, do_change, &call), more ? MST_BAD_VALUE : MST_DONE);
    }
    ck_assert_uint_eq(list(0), 1);
    mst_world_close(&world);
}
MST_TEST_END

/* ---- 2 and 3 ---- */

static enum mst_err do_remember(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_rule_state row = {
        .rule_id = call->id, .last = MST_LIT("1"), .since = 5, .matches = MST_LIT("5 6 ")};
    enum mst_err err = mst_tx_insert(tx, MST_TABLE_RULE_STATE, &row);

    (void)w;
    call->verdict = MST_DONE;
    return err == MST_OK ? mst_due_set(tx, call->id, MST_DUE_RULE, 1) : err;
}

static enum mst_err do_renew(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    (void)w;
    call->verdict = MST_DONE;
    return mst_renew_run(tx, &renewals[0]);
}

static enum mst_err do_end(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    (void)w;
    call->verdict = MST_DONE;
    return mst_renew_end(tx, &renewals[0]);
}

static char row[DETAIL]; /* last, since, matches, timer, trim */

static enum mst_err do_look(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_rule_state state = {.rule_id = call->id};
    int64_t rule_ms = 0, trim_ms = 0;
    enum mst_err err = mst_due_get(tx, call->id, MST_DUE_RULE, &rule_ms);

    (void)w;
    call->verdict = MST_DONE;
    if (err == MST_OK)
        err = mst_due_get(tx, call->id, MST_DUE_TRIM, &trim_ms);
    if (err == MST_OK)
        err = mst_tx_get(tx, MST_IX_RULE_STATE, &state);
    (void)snprintf(row, sizeof row, "%.*s|%lld|%.*s|%lld|%lld", (int)state.last.len,
                   state.last.len ? state.last.ptr : "", (long long)state.since,
                   (int)state.matches.len, state.matches.len ? state.matches.ptr : "",
                   (long long)rule_ms, (long long)trim_ms);
    return err == MST_ENOENT ? MST_OK : err;
}

static void run(mst_world_verb *verb, int64_t id)
{
    struct mst_world_call call = {.id = id,
                                  .file = verb == do_end ? MST_FILE_STATE : MST_FILE_POINTS};

    ck_assert_int_eq(mst_world_run(&world, verb, &call), MST_DONE);
}

MST_TEST(a_changed_rule_forgets_all_but_its_last_output)
{
    int64_t id;

    begin();
    id = make(MST_KIND_DATARULE, COMPARED("interval", 1));
    run(do_remember, id);
    change(id, COMPARED("interval", 2));
    ck_assert_uint_eq(list(0), 1);
    for (int i = 0; i < 2; i++) {
        run(do_renew, id);
        run(do_look, id);
        ck_assert_str_eq(row, "1|0|@1700000000000 |0|0");
    }
    run(do_end, id);
    ck_assert_uint_eq(list(0), 0);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_changed_timeout_waits_from_the_change_on_however_late_that_is_seen)
{
    int64_t id;

    begin();
    id = make(MST_KIND_DATARULE, TIMEOUT(1000));
    change(id, TIMEOUT(20));
    ck_assert_uint_eq(list(0), 1);
    run(do_renew, id);
    run(do_look, id);
    ck_assert_str_eq(row, "|0||0|0");
    run(do_remember, id);
    world.wall_now += 5;
    run(do_renew, id);
    run(do_look, id);
    ck_assert_str_eq(row, "1|0|@1700000000000 |1700000020000|0");
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_new_retention_is_for_what_is_there_already)
{
    int64_t id;

    begin();
    id = make(MST_KIND_DATAPORT, KEPT(5, 5));
    change(id, KEPT(0, 5));
    ck_assert_uint_eq(list(0), 1);
    run(do_renew, id);
    run(do_look, id);
    ck_assert_str_eq(row, "|0||0|1700000000000");
    change(id, KEPT("infinity", "infinity"));
    ck_assert_uint_eq(list(0), 1);
    ck_assert(!renewals[0].is_trimming);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(the_note_of_a_change_that_came_meanwhile_stays)
{
    int64_t id;

    begin();
    id = make(MST_KIND_DATARULE, TIMEOUT(1000));
    change(id, TIMEOUT(20));
    ck_assert_uint_eq(list(0), 1);
    change(id, TIMEOUT(30));
    run(do_end, id);
    ck_assert_uint_eq(list(0), 1);
    ck_assert_int_eq(renewals[0].waits_ms, 30000);
    run(do_end, id);
    run(do_end, id);
    ck_assert_uint_eq(list(0), 0);
    mst_world_close(&world);
}
MST_TEST_END

static enum mst_err do_drop(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_resource resource = {.id = call->id};

    (void)w;
    call->verdict = MST_DONE;
    return mst_tx_delete(tx, MST_TABLE_RESOURCE, &resource);
}

MST_TEST(of_what_was_dropped_meanwhile_only_the_note_is_left_to_go)
{
    struct mst_world_call call = {0};

    begin();
    call.id = make(MST_KIND_DATARULE, TIMEOUT(1000));
    change(call.id, TIMEOUT(20));
    ck_assert_int_eq(mst_world_run(&world, do_drop, &call), MST_DONE);
    ck_assert_uint_eq(list(0), 1);
    run(do_renew, call.id);
    run(do_look, call.id);
    ck_assert_str_eq(row, "|0||0|0");
    run(do_end, call.id);
    ck_assert_uint_eq(list(0), 0);
    mst_world_close(&world);
}
MST_TEST_END

/* ---- the text ---- */

MST_TEST(a_generation_is_read_and_set_in_any_text)
{
    static const struct {
        const char *text;
        int64_t read;
        const char *set;
    } rows[] = {
        {"",                                      0,         "{\"changed\":5}"                  },
        {"{}",                                    0,         "{\"changed\":5}"                  },
        {"{\"changed\":4}",                       4,         "{\"changed\":5}"                  },
        {"{\"tags\":[\"a\"],\"changed\":4}",      4,         "{\"changed\":5,\"tags\":[\"a\"]}" },
        {"{\"changed\":\"4\",\"a\":{\"b\":[1]}}", 0,         "{\"changed\":5,\"a\":{\"b\":[1]}}"},
        {"{\"changed\":-4}",                      0,         "{\"changed\":5}"                  },
        {"{\"changed\":9223372036854775807}",     INT64_MAX, "{\"changed\":5}"                  },
        {"{\"changed\":9223372036854775808}",     0,         "{\"changed\":5}"                  },
        {"{\"changed\":99999999999999999999}",    0,         "{\"changed\":5}"                  },
        {"{\"changed\":1.5}",                     0,         "{\"changed\":5}"                  },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_detail detail;
        struct mst_arena arena;
        struct mst_span set;

        mst_arena_init(&arena, MST_MIB(1));
        ck_assert_int_eq(mst_detail_read(&arena, mst_span_str(rows[i].text), &detail), MST_OK);
        ck_assert_int_eq(detail.generation, rows[i].read);
        ck_assert_int_eq(mst_detail_set_generation(&arena, mst_span_str(rows[i].text), 5, &set),
                         MST_OK);
        ck_assert_span_eq(set, mst_span_str(rows[i].set));
        mst_arena_fini(&arena);
    }
}
MST_TEST_END

MST_TESTS("core/renew", only_what_is_measured_differently_gets_a_generation,
          a_new_source_is_another_measure, generations_go_up_whatever_the_clock_does,
          at_the_end_of_all_generations_a_rule_stays_in_the_last, notes_are_listed_in_pages,
          a_description_that_leaves_no_room_for_its_generation_is_refused,
          a_changed_rule_forgets_all_but_its_last_output,
          a_changed_timeout_waits_from_the_change_on_however_late_that_is_seen,
          a_new_retention_is_for_what_is_there_already,
          the_note_of_a_change_that_came_meanwhile_stays,
          of_what_was_dropped_meanwhile_only_the_note_is_left_to_go,
          a_generation_is_read_and_set_in_any_text)

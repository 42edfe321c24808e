/* What a flow may cost: what preprocess lists read, and who listens without being asked. Timers of what is no rule. */
#include <stdio.h>

#include "core/due.h"
#include "core/flow.h"
#include "tests/lib/faulty.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

enum { STRANGERS = MST_FLOW_FOREIGN_MAX - 1, DETAIL_CHARS = 60000, CALLS_MAX = 1 << 20 };

static struct mst_world world;
static struct mst_faulty faulty;
static struct mst_world_vendor other;
static struct mst_arena arena;
static struct mst_flow *flow;
static size_t n_skipped;

static void note_skipped(void)
{
    n_skipped++;
}

static void begin(size_t max_bytes, size_t max_inputs)
{
    mst_world_open(&world, 1, NULL);
    mst_faulty_init(&faulty, world.store);
    mst_world_add_vendor(&world, "umbrella", &other);
    mst_arena_init(&arena, max_bytes);
    ck_assert_int_eq(mst_flow_new(&arena, max_inputs, &flow), MST_OK);
    world.domain.note_skipped = note_skipped;
    n_skipped = 0;
}

static void end(void)
{
    mst_arena_fini(&arena);
    mst_faulty_fini(&faulty);
    mst_world_close(&world);
}

static struct mst_world_call make(int64_t owner_id, const char *detail)
{
    struct mst_world_call call = {.caller_id = owner_id,
                                  .kind = MST_KIND_DATAPORT,
                                  .format = MST_FORMAT_INTEGER,
                                  .meta = detail};

    ck_assert_int_eq(mst_world_run(&world, mst_do_describe, &call), MST_DONE);
    return call;
}

static enum mst_err insert_subscriber(struct mst_tx *tx, int64_t source_id, int64_t owner_id,
                                      const char *detail)
{
    struct mst_row_resource port = {.kind = MST_KIND_DATAPORT,
                                    .owner_id = owner_id,
                                    .format = MST_FORMAT_INTEGER,
                                    .flow_bits = detail ? MST_FLOW_PREPROCESS : 0,
                                    .detail = mst_span_str(detail ? detail : "")};
    struct mst_row_subscription row = {.source_id = source_id};
    enum mst_err err = mst_tx_insert(tx, MST_TABLE_RESOURCE, &port);

    row.target_id = port.id;
    return err == MST_OK ? mst_tx_insert(tx, MST_TABLE_SUBSCRIPTION, &row) : err;
}

/* A public port with as many strangers as may listen to it, and the last one of its own client. Rows
   alone, since making them measures the tree each time. */
static enum mst_err do_plant(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_resource source = {.kind = MST_KIND_DATAPORT,
                                      .owner_id = w->domain_id,
                                      .format = MST_FORMAT_INTEGER,
                                      .is_public = true,
                                      .n_subscribers = STRANGERS + 1};
    enum mst_err err = mst_tx_insert(tx, MST_TABLE_RESOURCE, &source);

    call->id = source.id;
    call->verdict = MST_DONE;
    for (int i = 0; i < STRANGERS && err == MST_OK; i++)
        err = insert_subscriber(tx, source.id, other.domain_id, call->meta);
    return err == MST_OK ? insert_subscriber(tx, source.id, source.owner_id, NULL) : err;
}

static int64_t plant(const char *detail)
{
    struct mst_world_call call = {.meta = detail};

    ck_assert_int_eq(mst_world_run(&world, do_plant, &call), MST_DONE);
    return call.id;
}

/* How many calls to the store it takes is told by *ret_n_calls. */
static enum mst_verdict add(int64_t port_id, int *ret_n_calls)
{
    struct mst_flow_input input = {
        .at = world.wall_now, .text = MST_LIT("1"), .port = {.id = port_id}};
    enum mst_verdict verdict = MST_NOT_FOUND;
    struct mst_reader *reader;
    struct mst_tx *tx;

    faulty.fail_at = CALLS_MAX;
    ck_assert_int_eq(mst_reader_open(&faulty.store, &reader), MST_OK);
    ck_assert_int_eq(mst_reader_begin(reader, &tx), MST_OK);
    ck_assert_int_eq(mst_tx_get(tx, MST_IX_RESOURCE, &input.port), MST_OK);
    ck_assert_int_eq(mst_flow_add(&world.domain, tx, flow, &input, &verdict), MST_OK);
    mst_reader_end(reader);
    mst_reader_close(reader);
    *ret_n_calls = CALLS_MAX - faulty.fail_at;
    faulty.fail_at = 0;
    return verdict;
}

static enum mst_err do_run(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    (void)w;
    return mst_flow_run(flow, tx, &call->verdict);
}

static bool has_value(int64_t port_id)
{
    struct mst_row_point point = {.dataport_id = port_id, .at = world.wall_now};
    struct mst_reader *reader;
    struct mst_tx *tx;
    enum mst_err err;

    ck_assert_int_eq(mst_reader_open(world.store, &reader), MST_OK);
    ck_assert_int_eq(mst_reader_begin(reader, &tx), MST_OK);
    err = mst_tx_get(tx, MST_IX_POINT, &point);
    mst_reader_end(reader);
    mst_reader_close(reader);
    return err == MST_OK;
}

static void run(void)
{
    struct mst_world_call call = {.file = MST_FILE_POINTS};

    ck_assert_int_eq(mst_world_run(&world, do_run, &call), MST_DONE);
}

MST_TEST(preprocess_lists_read_as_many_values_as_one_tree_may_and_no_more)
{
    enum { FITTING = MST_FLOW_READS_MAX / MST_FLOW_STEPS_MAX };
    const struct mst_world_call factor =
        (begin(MST_MIB(4), FITTING + 1), make(world.domain_id, ""));
    char detail[MST_FLOW_STEPS_MAX * 64];
    int n_calls, len = 0;
    int64_t id;

    for (int i = 0; i < MST_FLOW_STEPS_MAX; i++)
        len += snprintf(&detail[len], sizeof detail - (size_t)len, "%s[\"add\",\"%s\"]",
                        i == 0 ? "{\"preprocess\":[" : ",", factor.handle);
    (void)snprintf(&detail[len], sizeof detail - (size_t)len, "]}");
    id = make(world.domain_id, detail).id;
    for (int i = 0; i < FITTING; i++)
        ck_assert_int_eq(add(id, &n_calls), MST_DONE);
    ck_assert_int_eq(add(id, &n_calls), MST_NO_ROOM);
    ck_assert_int_eq(add(factor.id, &n_calls), MST_DONE);
    end();
}
MST_TEST_END

MST_TEST(a_value_has_room_however_much_memory_strangers_want_for_theirs)
{
    static char detail[DETAIL_CHARS + 64];
    int64_t id;
    int n_calls;

    begin(MST_MIB(4), 1);
    (void)snprintf(detail, sizeof detail, "{\"preprocess\":[[\"value\",\"%0*d\"]]}", DETAIL_CHARS,
                   1);
    id = plant(detail);
    ck_assert_int_eq(add(id, &n_calls), MST_DONE);
    run();
    ck_assert(has_value(id));
    ck_assert(has_value(id + STRANGERS + 1));
    ck_assert(n_skipped > 0 && n_skipped < STRANGERS); /* some found room */
    end();
}
MST_TEST_END

MST_TEST(after_too_many_strangers_others_are_not_looked_at)
{
    enum { SOURCES = MST_FLOW_VALUES_MAX / STRANGERS + 2 };
    int64_t ids[SOURCES];
    int n_first, n_last;

    begin(MST_MIB(32), SOURCES);
    for (int i = 0; i < SOURCES; i++)
        ids[i] = plant(NULL);
    ck_assert_int_eq(add(ids[0], &n_first), MST_DONE);
    for (int i = 1; i < SOURCES; i++)
        ck_assert_int_eq(add(ids[i], &n_last), MST_DONE);
    ck_assert_int_lt(n_last, n_first / 2);
    run();
    for (int i = 0; i < SOURCES; i++)
        ck_assert(has_value(ids[i]) && has_value(ids[i] + STRANGERS + 1));
    ck_assert_uint_ge(n_skipped, SOURCES * STRANGERS - MST_FLOW_VALUES_MAX);
    end();
}
MST_TEST_END

/* ---- timers ---- */

enum { TIMER_MS = 99 };

static enum mst_err do_make_script(struct mst_world *w, struct mst_tx *tx,
                                   struct mst_world_call *call)
{
    struct mst_row_resource script = {.kind = MST_KIND_DATARULE,
                                      .owner_id = w->domain_id,
                                      .format = MST_FORMAT_INTEGER,
                                      .flow_bits = MST_FLOW_RULE,
                                      .detail =
                                          MST_LIT("{\"changed\":5,\"rule\":{\"script\":\"\"}}")};
    enum mst_err err = mst_tx_insert(tx, MST_TABLE_RESOURCE, &script);

    call->id = script.id;
    call->verdict = MST_DONE;
    return err;
}

static enum mst_err do_remember(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_rule_state row = {.rule_id = call->id, .matches = mst_span_str(call->meta)};
    enum mst_err err = mst_due_set(tx, call->id, MST_DUE_RULE, TIMER_MS);

    (void)w;
    call->verdict = MST_DONE;
    return err == MST_OK && row.matches.len > 0 ? mst_tx_insert(tx, MST_TABLE_RULE_STATE, &row)
                                                : err;
}

static enum mst_err do_look(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    (void)w;
    call->verdict = MST_DONE;
    return mst_due_get(tx, call->id, MST_DUE_RULE, &call->expire);
}

static void plan_timer(int64_t rule_id)
{
    struct mst_row_resource rule = {.id = rule_id};
    enum mst_verdict verdict = MST_NOT_FOUND;
    struct mst_reader *reader;
    struct mst_tx *tx;

    ck_assert_int_eq(mst_reader_open(world.store, &reader), MST_OK);
    ck_assert_int_eq(mst_reader_begin(reader, &tx), MST_OK);
    ck_assert_int_eq(mst_tx_get(tx, MST_IX_RESOURCE, &rule), MST_OK);
    ck_assert_int_eq(mst_flow_add_timer(&world.domain, tx, flow, &rule, &verdict), MST_OK);
    ck_assert_int_eq(verdict, MST_DONE);
    mst_reader_end(reader);
    mst_reader_close(reader);
}

/* The script that was planned is of generation 5; what remembers may be of another. */
MST_TEST(a_timer_of_what_is_no_rule_is_forgotten_unless_it_has_become_one_since)
{
    static const struct {
        const char *matches;
        int64_t left_ms;
    } rows[] = {
        {"",    0       },
        {"7 ",  0       },
        {"@4 ", 0       },
        {"@5 ", 0       },
        {"@6 ", TIMER_MS},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_world_call call = {.meta = rows[i].matches};

        begin(MST_MIB(1), 1);
        ck_assert_int_eq(mst_world_run(&world, do_make_script, &call), MST_DONE);
        plan_timer(call.id);
        call.file = MST_FILE_POINTS;
        ck_assert_int_eq(mst_world_run(&world, do_remember, &call), MST_DONE);
        run();
        ck_assert_int_eq(mst_world_run(&world, do_look, &call), MST_DONE);
        ck_assert_int_eq(call.expire, rows[i].left_ms);
        end();
    }
}
MST_TEST_END

MST_TESTS("core/flow", preprocess_lists_read_as_many_values_as_one_tree_may_and_no_more,
          a_value_has_room_however_much_memory_strangers_want_for_theirs,
          after_too_many_strangers_others_are_not_looked_at,
          a_timer_of_what_is_no_rule_is_forgotten_unless_it_has_become_one_since)

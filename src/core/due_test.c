/* Retention and what dropped resources leave; subscriptions that are copied, waited for, made anew. */
#include "core/due.h"
#include "core/clone.h"
#include "core/data.h"
#include "core/flow.h"
#include "core/foreign.h"
#include "core/left.h"
#include "core/subscribe.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

#include <stdio.h>

static struct mst_world world;
static struct mst_arena arena;

static void begin(void)
{
    mst_world_open(&world, 1, NULL);
    mst_arena_init(&arena, MST_MIB(16));
}

static void end(void)
{
    mst_arena_fini(&arena);
    mst_world_close(&world);
}

static struct mst_tx *reader_begin(struct mst_reader **ret_reader)
{
    struct mst_tx *tx;

    ck_assert_int_eq(mst_reader_open(world.store, ret_reader), MST_OK);
    ck_assert_int_eq(mst_reader_begin(*ret_reader, &tx), MST_OK);
    tx->wall_now = world.wall_now;
    tx->wall_now_ms = world.wall_now * 1000;
    return tx;
}

static void reader_end(struct mst_reader *reader)
{
    mst_reader_end(reader);
    mst_reader_close(reader);
}

/* ---- resources ---- */

static struct mst_world_call make(enum mst_kind kind, const char *detail)
{
    struct mst_world_call call = {.caller_id = world.template_id,
                                  .kind = kind,
                                  .format = kind == MST_KIND_DISPATCH ? MST_FORMAT_NONE
                                                                      : MST_FORMAT_STRING,
                                  .meta = detail};

    ck_assert_int_eq(mst_world_run(&world, mst_do_describe, &call), MST_DONE);
    return call;
}

static enum mst_err do_drop(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_resource resource = {.id = call->id};
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &resource);

    (void)w;
    return err != MST_OK
               ? err
               : mst_resource_drop(tx, w->domain_id, &resource, NULL, NULL, &call->verdict);
}

static void drop(int64_t id)
{
    struct mst_world_call call = {.id = id};

    ck_assert_int_eq(mst_world_run(&world, do_drop, &call), MST_DONE);
}

static struct mst_row_resource row_of(int64_t id)
{
    struct mst_row_resource row = {.id = id};
    struct mst_reader *reader;
    struct mst_tx *tx = reader_begin(&reader);

    ck_assert_int_eq(mst_tx_get(tx, MST_IX_RESOURCE, &row), MST_OK);
    reader_end(reader);
    row.detail = row.name = row.meta = (struct mst_span){NULL, 0};
    return row;
}

/* ---- values ---- */

static struct mst_flow *flow;

static enum mst_err do_run(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    (void)w;
    return mst_flow_run(flow, tx, &call->verdict);
}

static void run(void)
{
    struct mst_world_call call = {.file = MST_FILE_POINTS};

    ck_assert_int_eq(mst_world_run(&world, do_run, &call), MST_DONE);
}

static void plan(int64_t id, const char *value)
{
    struct mst_flow_input input = {.at = world.wall_now, .text = mst_span_str(value)};
    struct mst_reader *reader;
    struct mst_tx *tx = reader_begin(&reader);
    enum mst_verdict verdict;

    input.port.id = id;
    ck_assert_int_eq(mst_tx_get(tx, MST_IX_RESOURCE, &input.port), MST_OK);
    ck_assert_int_eq(mst_flow_new(&arena, 1, &flow), MST_OK);
    ck_assert_int_eq(mst_flow_add(&world.domain, tx, flow, &input, &verdict), MST_OK);
    ck_assert_int_eq(verdict, MST_DONE);
    reader_end(reader);
}

static void write(int64_t id, const char *value)
{
    plan(id, value);
    run();
}

static void write_each_second(int64_t id, int n)
{
    for (int i = 0; i < n; i++) {
        world.wall_now++;
        write(id, "x");
    }
}

static enum mst_err count_row(void *arg, const void *row)
{
    (void)row;
    ++*(int *)arg;
    return MST_OK;
}

static int count(enum mst_index index, const void *key, unsigned n_fixed)
{
    const struct mst_scan scan = {.index = index, .key = key, .n_fixed = n_fixed};
    struct mst_reader *reader;
    struct mst_tx *tx = reader_begin(&reader);
    int n = 0;

    ck_assert_int_eq(mst_tx_scan(tx, &scan, count_row, &n), MST_OK);
    reader_end(reader);
    return n;
}

static int points(int64_t id)
{
    const struct mst_row_point key = {.dataport_id = id};

    return count(MST_IX_POINT, &key, 1);
}

/* ---- what is due ---- */

static struct mst_row_due due[MST_DUE_PAGE];
static struct mst_trim trim;
static size_t room;

static enum mst_err do_trim(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    (void)w;
    call->verdict = MST_DONE;
    return mst_trim_run(tx, &trim, &room);
}

/* How many are due now; *ret_next_s is in how many seconds more are, -1 never. */
static size_t look(int64_t *ret_next_s)
{
    struct mst_reader *reader;
    struct mst_tx *tx = reader_begin(&reader);
    int64_t next_ms;
    size_t n;

    ck_assert_int_eq(mst_due_list(tx, world.wall_now * 1000, due, &n, &next_ms), MST_OK);
    *ret_next_s = next_ms == 0 ? -1 : next_ms / 1000 - world.wall_now;
    reader_end(reader);
    return n;
}

static void plan_trim(void)
{
    struct mst_reader *reader;
    struct mst_tx *tx = reader_begin(&reader);

    ck_assert_int_eq(mst_trim_plan(tx, &due[0], &trim), MST_OK);
    reader_end(reader);
}

static void run_trim(size_t max)
{
    struct mst_world_call call = {.file = MST_FILE_POINTS};

    room = max;
    ck_assert_int_eq(mst_world_run(&world, do_trim, &call), MST_DONE);
}

/* One row is due, and is done. */
static void do_due(size_t max)
{
    int64_t next_s;

    ck_assert_uint_eq(look(&next_s), 1);
    plan_trim();
    run_trim(max);
}

MST_TEST(a_plain_dataport_leaves_nothing_due)
{
    int64_t id, next_s;

    begin();
    id = make(MST_KIND_DATAPORT, "").id;
    plan(id, "x");
    ck_assert(mst_flow_is_single(flow));
    run();
    ck_assert_int_eq(points(id), 1);
    ck_assert_uint_eq(look(&next_s), 0);
    ck_assert_int_eq(next_s, -1);
    end();
}
MST_TEST_END

MST_TEST(count_keeps_the_newest)
{
    int64_t id, next_s;

    begin();
    id = make(MST_KIND_DATAPORT, "{\"retention\":{\"count\":3,\"duration\":\"infinity\"}}").id;
    write_each_second(id, 4);
    ck_assert_uint_eq(look(&next_s), 0);
    ck_assert_int_gt(next_s, 0);
    world.wall_now += next_s;
    do_due(MST_FLUSH_MAX);
    ck_assert_int_eq(points(id), 3);
    ck_assert_uint_eq(look(&next_s), 0);
    ck_assert_int_eq(next_s, -1);
    end();
}
MST_TEST_END

MST_TEST(a_value_that_comes_while_points_go_is_counted_next_time)
{
    int64_t id, next_s;

    begin();
    id = make(MST_KIND_DATAPORT, "{\"retention\":{\"count\":1,\"duration\":\"infinity\"}}").id;
    write_each_second(id, 3);
    world.wall_now += 60;
    ck_assert_uint_eq(look(&next_s), 1);
    plan_trim();
    write_each_second(id, 1);
    run_trim(MST_FLUSH_MAX);
    ck_assert_int_eq(points(id), 2);
    world.wall_now += 60;
    do_due(MST_FLUSH_MAX);
    ck_assert_int_eq(points(id), 1);
    end();
}
MST_TEST_END

MST_TEST(duration_lets_go_of_each_point_in_its_time)
{
    int64_t id, next_s;

    begin();
    id = make(MST_KIND_DATAPORT, "{\"retention\":{\"count\":\"infinity\",\"duration\":1}}").id;
    write(id, "first");
    world.wall_now += 600;
    write(id, "second");
    ck_assert_uint_eq(look(&next_s), 0);
    ck_assert_int_eq(next_s, 3600 - 600 + 1);
    world.wall_now += next_s - 1;
    ck_assert_uint_eq(look(&next_s), 0);
    world.wall_now++;
    do_due(MST_FLUSH_MAX);
    ck_assert_int_eq(points(id), 1);
    ck_assert_uint_eq(look(&next_s), 0);
    ck_assert_int_eq(next_s, 600);
    world.wall_now += 600;
    do_due(MST_FLUSH_MAX);
    ck_assert_int_eq(points(id), 0);
    ck_assert_uint_eq(look(&next_s), 0);
    ck_assert_int_eq(next_s, -1);
    end();
}
MST_TEST_END

MST_TEST(what_does_not_fit_one_command_is_left_to_the_next)
{
    int64_t id;

    begin();
    id = make(MST_KIND_DATAPORT, "{\"retention\":{\"count\":1,\"duration\":\"infinity\"}}").id;
    write_each_second(id, 100);
    world.wall_now += 60;
    do_due(70);
    ck_assert_uint_eq(room, 0);
    ck_assert_int_eq(points(id), 30);
    do_due(70);
    ck_assert_int_eq(points(id), 1);
    end();
}
MST_TEST_END

/* ---- turns ---- */

static enum mst_err do_set_due(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    call->verdict = MST_DONE;
    return mst_due_set(tx, call->id, (enum mst_due)call->options, w->wall_now * 1000);
}

static void set_due(int64_t id, enum mst_due kind)
{
    struct mst_world_call call = {.file = MST_FILE_POINTS, .id = id, .options = kind};

    ck_assert_int_eq(mst_world_run(&world, do_set_due, &call), MST_DONE);
}

MST_TEST(timers_do_not_wait_for_all_that_is_to_be_trimmed)
{
    int64_t next_s;
    size_t n;

    begin();
    for (int64_t id = 1000; id < 1000 + 2 * MST_DUE_PAGE; id++)
        set_due(id, MST_DUE_TRIM);
    world.wall_now++;
    set_due(1, MST_DUE_RULE);
    n = look(&next_s);
    ck_assert_uint_gt(n, 1);
    ck_assert_int_eq(due[n - 1].resource_id, 1);
    ck_assert_int_eq(due[0].resource_id, 1000);
    ck_assert_int_le(next_s, 0);
    end();
}
MST_TEST_END

MST_TEST(what_is_not_done_in_one_turn_goes_behind_the_others)
{
    static const char detail[] = "{\"retention\":{\"count\":1,\"duration\":\"infinity\"}}";
    int64_t large, small, next_s;

    begin();
    large = make(MST_KIND_DATAPORT, detail).id;
    write_each_second(large, 10);
    small = make(MST_KIND_DATAPORT, detail).id;
    write_each_second(small, 2);
    world.wall_now += 60;
    ck_assert_uint_eq(look(&next_s), 2);
    ck_assert_int_eq(due[0].resource_id, large);
    plan_trim();
    run_trim(5);
    ck_assert_uint_eq(look(&next_s), 2);
    ck_assert_int_eq(due[0].resource_id, small);
    ck_assert_int_eq(points(large), 5);
    end();
}
MST_TEST_END

MST_TEST(the_more_points_stay_the_more_rarely_they_are_passed_over)
{
    int64_t next_s;

    begin();
    write(make(MST_KIND_DATAPORT, "{\"retention\":{\"count\":1000000}}").id, "x");
    ck_assert_uint_eq(look(&next_s), 0);
    ck_assert_int_eq(next_s, 5 + 1000000 / MST_TRIM_LOOKS_PER_MS / 1000);
    end();
    begin();
    write(make(MST_KIND_DATAPORT, "{\"retention\":{\"count\":9223372036854775806}}").id, "x");
    ck_assert_uint_eq(look(&next_s), 0);
    ck_assert_int_eq(next_s, 5 + MST_TRIM_DELAY_MAX_MS / 1000);
    end();
}
MST_TEST_END

static enum mst_err do_flush(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    bool is_more;
    enum mst_err err = mst_data_flush(tx, call->id, &is_more);

    (void)w;
    call->verdict = MST_DONE;
    ck_assert(!is_more);
    return err;
}

MST_TEST(what_a_plan_older_than_a_drop_leaves_goes_a_minute_later)
{
    const int64_t id = (begin(), make(MST_KIND_DISPATCH, "{\"method\":\"http_get\"}").id);
    struct mst_world_call flush = {.id = id, .file = MST_FILE_POINTS};
    int64_t next_s;

    plan(id, "late");
    ck_assert(!mst_flow_is_single(flow));
    drop(id);
    ck_assert_int_eq(mst_world_run(&world, do_flush, &flush), MST_DONE);
    run();
    ck_assert_int_eq(count(MST_IX_OUTGOING, NULL, 0), 1);
    ck_assert_uint_eq(look(&next_s), 0);
    ck_assert_int_eq(next_s, 60);
    world.wall_now += next_s;
    do_due(MST_FLUSH_MAX);
    ck_assert_int_eq(count(MST_IX_OUTGOING, NULL, 0), 0);
    ck_assert_int_eq(count(MST_IX_DUE, NULL, 0), 0);
    end();
}
MST_TEST_END

static struct mst_left left;

static enum mst_err do_trim_left(struct mst_world *w, struct mst_tx *tx,
                                 struct mst_world_call *call)
{
    (void)w;
    call->verdict = MST_DONE;
    return mst_left_trim(tx, &left);
}

static void find_left(void)
{
    struct mst_reader *reader;
    struct mst_tx *tx = reader_begin(&reader);

    ck_assert_int_eq(mst_left_find(tx, &left), MST_OK);
    reader_end(reader);
}

MST_TEST(points_are_found_whose_process_died_behind_the_drop)
{
    enum { PORTS = MST_LEFT_MAX + 10 };
    struct mst_world_call call = {.file = MST_FILE_POINTS};
    int64_t ids[PORTS], kept, next_s;

    begin();
    for (int i = 0; i < PORTS; i++) {
        ids[i] = make(MST_KIND_DATAPORT, "").id;
        write(ids[i], "x");
    }
    kept = make(MST_KIND_DATAPORT, "").id;
    write(kept, "x");
    for (int i = 0; i < PORTS; i++)
        drop(ids[i]);
    find_left();
    ck_assert_uint_eq(left.n, MST_LEFT_MAX);
    ck_assert_int_eq(left.ids[0], ids[0]);
    ck_assert_int_eq(left.after, ids[MST_LEFT_MAX - 1]);
    find_left();
    ck_assert_uint_eq(left.n, PORTS - MST_LEFT_MAX);
    ck_assert_int_eq(left.after, 0);
    left.ids[0] = ids[0];
    left.n = 1;
    ck_assert_int_eq(mst_world_run(&world, do_trim_left, &call), MST_DONE);
    ck_assert_int_eq(mst_world_run(&world, do_trim_left, &call), MST_DONE);
    do_due(MST_FLUSH_MAX);
    ck_assert_int_eq(points(ids[0]), 0);
    ck_assert_int_eq(points(kept), 1);
    ck_assert_uint_eq(look(&next_s), 0);
    end();
}
MST_TEST_END

MST_TEST(all_that_the_points_file_has_of_a_rule_goes_with_it)
{
    static const char detail[] = "{\"rule\":{\"timeout\":{\"repeat\":false,\"timeout\":10}}}";
    const int64_t id = (begin(), make(MST_KIND_DATARULE, detail).id);
    int64_t next_s;

    write(id, "1");
    ck_assert_int_eq(points(id), 1);
    ck_assert_int_eq(count(MST_IX_RULE_STATE, NULL, 0), 1);
    drop(id); /* and its process dies before the points are flushed */
    world.wall_now += 10;
    ck_assert_uint_eq(look(&next_s), 1);
    ck_assert_int_eq(due[0].kind, MST_DUE_RULE);
    do_due(MST_FLUSH_MAX);
    ck_assert_int_eq(points(id), 0);
    ck_assert_int_eq(count(MST_IX_RULE_STATE, NULL, 0), 0);
    ck_assert_int_eq(count(MST_IX_DUE, NULL, 0), 0);
    end();
}
MST_TEST_END

MST_TEST(a_message_that_a_locked_dispatch_gets_is_not_left)
{
    int64_t source, open, locked;
    char detail[128];
    struct mst_world_call made;

    begin();
    made = make(MST_KIND_DATAPORT, "");
    source = made.id;
    (void)snprintf(detail, sizeof detail, "{\"locked\":false,\"subscribe\":\"%.40s\"}",
                   made.handle);
    open = make(MST_KIND_DISPATCH, detail).id;
    (void)snprintf(detail, sizeof detail, "{\"locked\":true,\"subscribe\":\"%.40s\"}", made.handle);
    locked = make(MST_KIND_DISPATCH, detail).id;
    write(source, "x");
    ck_assert_int_eq(count(MST_IX_OUTGOING_OF, &(struct mst_row_outgoing){.dispatch_id = open}, 1),
                     1);
    ck_assert_int_eq(
        count(MST_IX_OUTGOING_OF, &(struct mst_row_outgoing){.dispatch_id = locked}, 1), 0);
    ck_assert_int_eq(row_of(source).n_subscribers, 2);
    drop(locked);
    ck_assert_int_eq(row_of(source).n_subscribers, 1);
    end();
}
MST_TEST_END

/* ---- stores of before ---- */

static enum mst_err do_forget(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_resource row = {.id = call->id};
    enum mst_err err = mst_subscribe_end(tx, call->id);

    (void)w;
    call->verdict = MST_DONE;
    if (err == MST_OK)
        err = mst_tx_update(tx, MST_TABLE_RESOURCE, &row, MST_BIT(resource, flow_bits));
    return err;
}

static bool is_more;

static enum mst_err do_settle(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    call->verdict = MST_DONE;
    return mst_subscribe_settle(&w->domain, tx, &is_more);
}

static int settle(void)
{
    int n = 0;

    do {
        ck_assert_int_eq(mst_world_run(&world, do_settle, &(struct mst_world_call){0}), MST_DONE);
        n++;
    } while (is_more);
    return n;
}

MST_TEST(an_older_store_gets_its_subscriptions_once)
{
    struct mst_world_call source, target = {0};
    char detail[128];

    begin();
    source = make(MST_KIND_DATAPORT, "");
    (void)snprintf(detail, sizeof detail, "{\"preprocess\":[[\"add\",1]],\"subscribe\":\"%.40s\"}",
                   source.handle);
    for (int i = 0; i < MST_FLOW_TREE_MAX - 1; i++)
        target = make(MST_KIND_DATAPORT, detail);
    ck_assert_int_eq(row_of(target.id).flow_bits, MST_FLOW_PREPROCESS);
    ck_assert_int_eq(mst_world_run(&world, do_forget, &target), MST_DONE);
    ck_assert_int_eq(row_of(source.id).n_subscribers, MST_FLOW_TREE_MAX - 2);
    ck_assert_int_eq(settle(), 2);
    ck_assert_int_eq(row_of(source.id).n_subscribers, MST_FLOW_TREE_MAX - 1);
    ck_assert_int_eq(row_of(target.id).flow_bits, MST_FLOW_PREPROCESS);
    ck_assert_int_eq(mst_world_run(&world, do_forget, &target), MST_DONE);
    ck_assert_int_eq(settle(), 1);
    ck_assert_int_eq(row_of(target.id).flow_bits, 0);
    target = (struct mst_world_call){.caller_id = world.template_id,
                                     .kind = MST_KIND_DATAPORT,
                                     .format = MST_FORMAT_STRING,
                                     .meta = detail};
    ck_assert_int_eq(mst_world_run(&world, mst_do_describe, &target), MST_DONE);
    ck_assert_int_eq(mst_world_run(&world, mst_do_describe, &target), MST_NO_ROOM);
    end();
}
MST_TEST_END

/* ---- copies ---- */

static enum mst_err do_import(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_resource made = {.kind = MST_KIND_DATAPORT,
                                    .owner_id = w->template_id,
                                    .format = MST_FORMAT_STRING,
                                    .detail = mst_span_str(call->meta)};
    enum mst_err err = mst_resource_insert(&w->domain, tx, &made, NULL, NULL, &call->verdict);

    if (err == MST_OK)
        err = mst_foreign_set_rid(&w->domain, tx, &made, mst_span_str(call->rid), &call->verdict);
    call->id = made.id;
    return err == MST_OK && call->verdict == MST_DONE
               ? mst_subscribe_import(&w->domain, tx, &made, &call->verdict)
               : err;
}

static int64_t import(const char *rid, const char *detail)
{
    struct mst_world_call call = {.rid = rid, .meta = detail};

    ck_assert_int_eq(mst_world_run(&world, do_import, &call), MST_DONE);
    return call.id;
}

MST_TEST(a_source_that_is_imported_later_is_waited_for)
{
    static const char one[] = "1111111111111111111111111111111111111111";
    static const char two[] = "2222222222222222222222222222222222222222";
    static const char three[] = "3333333333333333333333333333333333333333";
    int64_t source, early, late;
    struct mst_row_subscription row;

    begin();
    early = import(two, "{\"subscribe\":\"1111111111111111111111111111111111111111\"}");
    ck_assert_int_eq(count(MST_IX_SUBSCRIPTION, NULL, 0), 1);
    source = import(one, "");
    late = import(three, "{\"subscribe\":\"1111111111111111111111111111111111111111\"}");
    ck_assert_int_eq(row_of(source).n_subscribers, 2);
    row = (struct mst_row_subscription){.source_id = source};
    ck_assert_int_eq(count(MST_IX_SUBSCRIPTION, &row, 1), 2);
    ck_assert_int_eq(count(MST_IX_SUBSCRIPTION, NULL, 0), 2);
    write(source, "x");
    ck_assert_int_eq(points(early), 1);
    ck_assert_int_eq(points(late), 1);
    end();
}
MST_TEST_END

static enum mst_err do_copy(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_resource template = {.id = w->template_id}, owner = {.id = w->portal_id}, copy;
    enum mst_err err = mst_tx_get(tx, MST_IX_RESOURCE, &template);

    if (err == MST_OK)
        err = mst_tx_get(tx, MST_IX_RESOURCE, &owner);
    if (err == MST_OK)
        err = mst_resource_clone(&w->domain, tx, &template, &owner, MST_MODEL_NOHISTORICAL, 5, 7,
                                 &call->verdict, &copy);
    call->id = copy.id;
    return err;
}

MST_TEST(subscriptions_inside_a_template_join_the_copies)
{
    struct mst_world_call source, target, copy = {0};
    char detail[128];

    begin();
    source = make(MST_KIND_DATAPORT, "");
    (void)snprintf(detail, sizeof detail, "{\"subscribe\":\"%.40s\"}", source.handle);
    target = make(MST_KIND_DATAPORT, detail);
    ck_assert_int_eq(mst_world_run(&world, do_copy, &copy), MST_DONE);
    ck_assert_int_eq(row_of(source.id).n_subscribers, 1);
    /* Copies are numbered in the order of what they copy. */
    source.id += copy.id - world.template_id;
    target.id += copy.id - world.template_id;
    write(source.id, "x");
    ck_assert_int_eq(points(target.id), 1);
    end();
}
MST_TEST_END

MST_TESTS("core/due", a_plain_dataport_leaves_nothing_due, count_keeps_the_newest,
          a_value_that_comes_while_points_go_is_counted_next_time,
          duration_lets_go_of_each_point_in_its_time,
          what_does_not_fit_one_command_is_left_to_the_next,
          timers_do_not_wait_for_all_that_is_to_be_trimmed,
          what_is_not_done_in_one_turn_goes_behind_the_others,
          the_more_points_stay_the_more_rarely_they_are_passed_over,
          what_a_plan_older_than_a_drop_leaves_goes_a_minute_later,
          points_are_found_whose_process_died_behind_the_drop,
          all_that_the_points_file_has_of_a_rule_goes_with_it,
          a_message_that_a_locked_dispatch_gets_is_not_left,
          an_older_store_gets_its_subscriptions_once, a_source_that_is_imported_later_is_waited_for,
          subscriptions_inside_a_template_join_the_copies)

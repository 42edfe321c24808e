/* What was used, counted second by second, of what lives and what is gone. */
#include <string.h>

#include "core/usage.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

#define RUN(verb, ...) mst_world_run(&world, mst_do_##verb, &(struct mst_world_call){__VA_ARGS__})

static struct mst_world world;
static int64_t t0; /* when the world began */

struct asked {
    struct mst_world_call call; /* first */
    int64_t start, end;
    bool is_begun;
    size_t n_rows; /* of a turn */
    struct mst_usage usage;
};

static enum mst_err ask_verb(struct mst_world *of, struct mst_tx *tx, struct mst_world_call *call)
{
    struct asked *asked = (struct asked *)call;
    struct mst_turn turn = {.n_left = asked->n_rows};

    (void)of;
    if (!asked->is_begun && call->kind != 0)
        mst_usage_of_resources(tx, call->caller_id, call->kind, asked->start, asked->end,
                               &asked->usage);
    else if (!asked->is_begun)
        mst_usage_of_amount(call->caller_id, 5, asked->start, asked->end, &asked->usage);
    asked->is_begun = true;
    return mst_usage_count(tx, &turn, &asked->usage, &call->verdict);
}

/* In turns of 512 rows, and of so few that it goes on behind every one of them. */
static int64_t ask(struct asked asked)
{
    int64_t first = 0;

    for (size_t n_rows = 512; n_rows > 0; n_rows = n_rows > 3 ? 3 : n_rows > 2 ? 2 : 0) {
        asked.is_begun = false;
        asked.n_rows = n_rows;
        do
            ck_assert_int_eq(mst_world_run(&world, ask_verb, &asked.call), MST_DONE);
        while (!asked.usage.is_whole);
        if (n_rows == 512)
            first = asked.usage.n;
        ck_assert_int_eq(asked.usage.n, first);
    }
    return first;
}

/* Times count from the beginning of the world. */
static int64_t seconds(int64_t client_id, enum mst_kind kind, int64_t start, int64_t end)
{
    return ask((struct asked){
        .call = {.caller_id = client_id, .kind = kind},
          .start = t0 + start, .end = t0 + end
    });
}

static void open_world(void)
{
    mst_world_open(&world, 1, NULL);
    t0 = world.wall_now;
}

static void pass(int64_t s)
{
    world.wall_now += s;
    world.window_now += s;
}

static struct mst_world_made make(const char *owner, enum mst_kind kind)
{
    return mst_world_make(&world, owner, kind);
}

static void drop(const char *rid)
{
    ck_assert_int_eq(RUN(drop, .caller_id = world.root_id, .rid = rid), MST_DONE);
}

static enum mst_err count_notes(struct mst_world *of, struct mst_tx *tx,
                                struct mst_world_call *call);

static int64_t n_notes(int64_t client_id)
{
    struct mst_world_call call = {.caller_id = client_id};

    ck_assert_int_eq(mst_world_run(&world, count_notes, &call), MST_DONE);
    return call.id;
}

static enum mst_err count_note(void *arg, const void *row)
{
    (void)row;
    ++*(int64_t *)arg;
    return MST_OK;
}

static enum mst_err count_notes(struct mst_world *of, struct mst_tx *tx,
                                struct mst_world_call *call)
{
    const struct mst_row_past_resource key = {.client_id = call->caller_id};
    const struct mst_scan scan = {.index = MST_IX_PAST_RESOURCE_OF, .key = &key, .n_fixed = 1};

    (void)of;
    call->id = 0;
    call->verdict = MST_DONE;
    return mst_tx_scan(tx, &scan, count_note, &call->id);
}

MST_TEST(seconds_are_counted_from_the_creation_to_now)
{
    open_world();
    pass(10);
    (void)make(world.portal_rid, MST_KIND_DATAPORT);
    pass(5);
    (void)make(world.portal_rid, MST_KIND_DATAPORT);
    pass(5);
    ck_assert_int_eq(seconds(world.portal_id, MST_KIND_DATAPORT, 0, 20), 15);
    ck_assert_int_eq(seconds(world.portal_id, MST_KIND_DATAPORT, 0, 1000), 15);
    ck_assert_int_eq(seconds(world.portal_id, MST_KIND_DATAPORT, 12, 16), 5);
    ck_assert_int_eq(seconds(world.portal_id, MST_KIND_DATAPORT, 10, 11), 1);
    ck_assert_int_eq(seconds(world.portal_id, MST_KIND_DATAPORT, 9, 10), 0);
    ck_assert_int_eq(seconds(world.portal_id, MST_KIND_DATAPORT, 16, 12), 0);
    ck_assert_int_eq(seconds(world.portal_id, MST_KIND_DATARULE, 0, 20), 0);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(the_owner_tells_of_what_it_dropped)
{
    struct mst_world_made client, inner;

    open_world();
    client = make(world.portal_rid, MST_KIND_CLIENT);
    pass(10);
    inner = make(client.rid, MST_KIND_CLIENT);
    drop(make(inner.rid, MST_KIND_DATAPORT).rid); /* for no second */
    (void)make(inner.rid, MST_KIND_DATAPORT);
    pass(10);
    drop(inner.rid); /* 20: client has two notes */
    pass(10);
    ck_assert_int_eq(n_notes(client.id), 2);
    ck_assert_int_eq(seconds(client.id, MST_KIND_CLIENT, 0, 30), 10);
    ck_assert_int_eq(seconds(client.id, MST_KIND_DATAPORT, 0, 30), 10);
    ck_assert_int_eq(seconds(client.id, MST_KIND_DATAPORT, 15, 30), 5);
    ck_assert_int_eq(seconds(client.id, MST_KIND_DATAPORT, 20, 30), 0);
    drop(client.rid); /* its notes are the portal's */
    ck_assert_int_eq(n_notes(client.id), 0);
    ck_assert_int_eq(seconds(world.portal_id, MST_KIND_DATAPORT, 0, 100), 10);
    ck_assert_int_eq(seconds(world.portal_id, MST_KIND_CLIENT, 0, 100), 10 + 30);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(what_lived_alike_shares_a_note)
{
    struct mst_world_made client;

    open_world();
    client = make(world.portal_rid, MST_KIND_CLIENT);
    for (int i = 0; i < 20; i++)
        (void)make(client.rid, MST_KIND_DATAPORT);
    pass(7);
    drop(client.rid);
    ck_assert_int_eq(n_notes(world.portal_id), 2);
    ck_assert_int_eq(seconds(world.portal_id, MST_KIND_DATAPORT, 0, 100), 20 * 7);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(old_notes_are_forgotten_as_new_ones_come)
{
    open_world();
    for (int i = 0; i < 3; i++) {
        struct mst_world_made port = make(world.portal_rid, MST_KIND_DATAPORT);

        pass(1);
        drop(port.rid);
    }
    ck_assert_int_eq(n_notes(world.portal_id), 3);
    struct mst_world_made port = make(world.portal_rid, MST_KIND_DATAPORT);

    pass(MST_USAGE_KEEP_S + 1);
    drop(port.rid);
    ck_assert_int_eq(n_notes(world.portal_id), 2); /* the third, and the new one */
    ck_assert_int_eq(seconds(world.portal_id, MST_KIND_DATAPORT, 0, 3), 1);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(notes_of_one_second_are_counted_once_each_in_however_many_turns)
{
    enum { N = 7 };
    struct mst_world_made client;
    int64_t want = 0;

    open_world();
    client = make(world.portal_rid, MST_KIND_CLIENT);
    for (int i = 0; i < N; i++) {
        (void)make(client.rid, MST_KIND_DATAPORT);
        pass(1);
        want += N - i;
    }
    drop(make(world.portal_rid, MST_KIND_DATAPORT).rid); /* for no second */
    drop(client.rid);
    ck_assert_int_eq(n_notes(world.portal_id), N + 1);
    ck_assert_int_eq(seconds(world.portal_id, MST_KIND_DATAPORT, 0, 100), want);
    ck_assert_int_eq(seconds(world.portal_id, MST_KIND_DATAPORT, N - 1, 100), N);
    ck_assert_int_eq(seconds(world.portal_id, MST_KIND_DATAPORT, N, 100), 0);
    mst_world_close(&world);
}
MST_TEST_END

/* A tree of three levels, of which something goes after each step of the count. */
MST_TEST(a_count_goes_on_though_the_client_that_it_stands_on_is_dropped)
{
    enum { STEPS_MAX = 40 };
    struct mst_world_made outer, inner, other;

    for (int at = 0; at < STEPS_MAX; at++) {
        struct asked asked = {.call = {.kind = MST_KIND_DATAPORT}, .n_rows = 2};

        open_world();
        outer = make(world.portal_rid, MST_KIND_CLIENT);
        inner = make(outer.rid, MST_KIND_CLIENT);
        other = make(world.portal_rid, MST_KIND_CLIENT);
        (void)make(inner.rid, MST_KIND_DATAPORT);
        (void)make(inner.rid, MST_KIND_DATAPORT);
        (void)make(other.rid, MST_KIND_DATAPORT);
        pass(10);
        asked.call.caller_id = world.portal_id;
        asked.start = t0;
        asked.end = t0 + 10;
        for (int step = 0; !asked.usage.is_whole; step++) {
            if (step == at)
                drop(at % 2 ? outer.rid : inner.rid);
            ck_assert_int_lt(step, STEPS_MAX);
            ck_assert_int_eq(mst_world_run(&world, ask_verb, &asked.call), MST_DONE);
        }
        /* What stays is counted; what goes by itself, or by the note that it leaves behind, or not. */
        ck_assert_int_ge(asked.usage.n, 10);
        ck_assert_int_le(asked.usage.n, 50);
        ck_assert_int_eq(asked.usage.n % 10, 0);
        mst_world_close(&world);
    }
}
MST_TEST_END

/* ---- turns of much text ---- */

enum { CLIENTS = 5 };
static const struct mst_tx_ops *real;

/* As a store that reads more than half as much text as a turn may, whatever it finds. */
static enum mst_err scan_text(struct mst_tx *tx, const struct mst_scan *scan,
                              enum mst_err (*each)(void *, const void *), void *arg)
{
    ck_assert_ptr_nonnull(mst_arena_alloc(mst_tx_arena(tx), MST_TURN_BYTES / 2 + 1));
    return real->scan(tx, scan, each, arg);
}

static enum mst_err ask_text(struct mst_world *of, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_tx_ops ops = *tx->ops;
    enum mst_err err;

    real = tx->ops;
    ops.scan = scan_text;
    tx->ops = &ops;
    err = ask_verb(of, tx, call);
    tx->ops = real;
    return err;
}

MST_TEST(clients_that_own_nothing_end_a_turn_by_their_text)
{
    struct asked asked = {.call = {.kind = MST_KIND_DATAPORT}, .n_rows = MST_TURN_ROWS};
    int n_turns = 0;

    open_world();
    for (int i = 0; i < CLIENTS; i++)
        (void)make(world.portal_rid, MST_KIND_CLIENT);
    asked.call.caller_id = world.portal_id;
    asked.end = world.wall_now;
    for (; !asked.usage.is_whole; n_turns++)
        ck_assert_int_eq(mst_world_run(&world, ask_text, &asked.call), MST_DONE);
    ck_assert_int_ge(n_turns, CLIENTS);
    mst_world_close(&world);
}
MST_TEST_END

/* Of the portal: call->id more notes, of a second each. */
static enum mst_err add_notes(struct mst_world *of, struct mst_tx *tx, struct mst_world_call *call)
{
    enum mst_err err = MST_OK;

    for (int64_t i = 0; i < call->id && err == MST_OK; i++) {
        struct mst_row_past_resource past = {.client_id = of->portal_id,
                                             .kind = MST_KIND_DATAPORT,
                                             .created = t0 + i,
                                             .dropped = t0 + i + 1,
                                             .n = 1};

        err = mst_tx_insert(tx, MST_TABLE_PAST_RESOURCE, &past);
    }
    call->verdict = MST_DONE;
    return err;
}

MST_TEST(a_hundred_thousand_are_counted_and_no_more)
{
    struct mst_world_call call = {.id = MST_USAGE_LOOK_MAX};
    struct asked asked = {
        .call = {.caller_id = 0, .kind = MST_KIND_DATAPORT},
          .n_rows = MST_TURN_ROWS
    };
    size_t n_turns = 0;

    open_world();
    pass(2 * MST_USAGE_LOOK_MAX);
    ck_assert_int_eq(mst_world_run(&world, add_notes, &call), MST_DONE);
    asked.call.caller_id = world.portal_id;
    asked.start = t0;
    asked.end = world.wall_now;
    for (; !asked.usage.is_whole; n_turns++)
        ck_assert_int_eq(mst_world_run(&world, ask_verb, &asked.call), MST_DONE);
    ck_assert_int_eq(asked.usage.n, MST_USAGE_LOOK_MAX);
    ck_assert_uint_ge(n_turns, MST_USAGE_LOOK_MAX / MST_TURN_ROWS);
    (void)make(world.portal_rid, MST_KIND_DATAPORT);
    asked.is_begun = false;
    do
        (void)mst_world_run(&world, ask_verb, &asked.call);
    while (!asked.usage.is_whole && asked.call.verdict == MST_DONE);
    ck_assert_int_eq(asked.call.verdict, MST_NO_ROOM);
    mst_world_close(&world);
}
MST_TEST_END

static enum mst_err consume(struct mst_world *of, struct mst_tx *tx, struct mst_world_call *call)
{
    static const int64_t days[] = {MST_CONSUMED_EVER, 19000, 19001, 19003};
    enum mst_err err = MST_OK;

    call->verdict = MST_DONE;
    for (size_t i = 0; i < 4 && err == MST_OK; i++) {
        struct mst_row_consumed row = {
            .client_id = of->portal_id, .metric = 5, .day = days[i], .n = 1 << i};

        err = mst_tx_insert(tx, MST_TABLE_CONSUMED, &row);
    }
    return err;
}

MST_TEST(amounts_are_those_of_the_days_touched)
{
    enum { DAY = 86400 };
    static const struct {
        int64_t start, end, n;
    } rows[] = {
        {0,                        0,                        0        },
        {0,                        INT64_C(20000) * DAY,     2 + 4 + 8},
        {INT64_C(19000) * DAY,     INT64_C(19000) * DAY + 1, 2        },
        {INT64_C(19000) * DAY + 5, INT64_C(19000) * DAY + 5, 0        },
        {INT64_C(19001) * DAY - 1, INT64_C(19001) * DAY,     2        },
        {INT64_C(19001) * DAY - 1, INT64_C(19001) * DAY + 1, 2 + 4    },
        {INT64_C(19002) * DAY,     INT64_C(19003) * DAY,     0        },
    };
    struct mst_world_call call = {.verdict = MST_DONE};

    open_world();
    ck_assert_int_eq(mst_world_run(&world, consume, &call), MST_DONE);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct asked asked = {
            .call = {.caller_id = world.portal_id}, .start = rows[i].start, .end = rows[i].end};

        ck_assert_int_eq(ask(asked), rows[i].n);
    }
    mst_world_close(&world);
}
MST_TEST_END

MST_TESTS("core/usage", seconds_are_counted_from_the_creation_to_now,
          the_owner_tells_of_what_it_dropped, what_lived_alike_shares_a_note,
          notes_of_one_second_are_counted_once_each_in_however_many_turns,
          a_count_goes_on_though_the_client_that_it_stands_on_is_dropped,
          clients_that_own_nothing_end_a_turn_by_their_text,
          a_hundred_thousand_are_counted_and_no_more, old_notes_are_forgotten_as_new_ones_come,
          amounts_are_those_of_the_days_touched)

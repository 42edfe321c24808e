/* Moves where the wire does not show them: what is drawn, how deep, whose the names are. */
#include <string.h>

#include "core/move.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

#define RUN(verb, ...) mst_world_run(&world, mst_do_##verb, &(struct mst_world_call){__VA_ARGS__})

static struct mst_world world;

/* rid goes to owner; options: its aliases go along. */
static enum mst_err move_verb(struct mst_world *of, struct mst_tx *tx, struct mst_world_call *call)
{
    const struct mst_ref ref = {.text = mst_span_str(call->rid)};
    const struct mst_ref to = {.text = mst_span_str(call->owner)};
    struct mst_row_resource resource, destination;
    enum mst_err err =
        mst_resource_find(&of->domain, tx, call->caller_id, &ref, &call->verdict, &resource);

    if (err == MST_OK && call->verdict == MST_DONE)
        err =
            mst_resource_find(&of->domain, tx, call->caller_id, &to, &call->verdict, &destination);
    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    return mst_resource_move(&of->domain, tx, call->caller_id, &resource, &destination,
                             call->options != 0, &call->verdict);
}

static enum mst_verdict move_as(int64_t caller_id, const char *rid, const char *to)
{
    struct mst_world_call call = {.caller_id = caller_id, .rid = rid, .owner = to, .options = 1};

    return mst_world_run(&world, move_verb, &call);
}

static enum mst_verdict move(const char *rid, const char *to)
{
    return move_as(world.domain_id, rid, to);
}

static struct mst_world_made make(const char *owner, enum mst_kind kind)
{
    return mst_world_make(&world, owner, kind);
}

static int64_t use(const char *rid, enum mst_kind kind)
{
    struct mst_world_call call = {.caller_id = world.root_id, .rid = rid};

    ck_assert_int_eq(mst_world_run(&world, mst_do_info, &call), MST_DONE);
    return call.use[kind];
}

MST_TEST(what_a_subtree_had_drawn_goes_with_it)
{
    struct mst_world_made client, inner;

    mst_world_open(&world, 1, NULL);
    client = make(world.portal_rid, MST_KIND_CLIENT);
    inner = make(client.rid, MST_KIND_CLIENT);
    (void)make(inner.rid, MST_KIND_DATAPORT);
    (void)make(inner.rid, MST_KIND_DISPATCH);
    ck_assert_int_eq(RUN(share, .caller_id = world.portal_id, .rid = client.rid), MST_DONE);
    int64_t before = use(world.domain_rid, MST_KIND_CLIENT);

    ck_assert_int_eq(move(client.rid, world.portal2_rid), MST_DONE);
    ck_assert_int_eq(use(world.portal_rid, MST_KIND_CLIENT), 0);
    ck_assert_int_eq(use(world.portal_rid, MST_KIND_DATAPORT), 0);
    ck_assert_int_eq(use(world.portal2_rid, MST_KIND_CLIENT), 2);
    ck_assert_int_eq(use(world.portal2_rid, MST_KIND_DATAPORT), 1);
    ck_assert_int_eq(use(world.portal2_rid, MST_KIND_DISPATCH), 1);
    ck_assert_int_eq(use(world.domain_rid, MST_KIND_CLIENT), before);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_destination_without_room_takes_nothing)
{
    struct mst_world_made client;

    mst_world_open(&world, 1, NULL);
    client = make(world.portal_rid, MST_KIND_CLIENT);
    (void)make(client.rid, MST_KIND_DATAPORT);
    (void)make(client.rid, MST_KIND_DATAPORT);
    ck_assert_int_eq(RUN(limit, .caller_id = world.domain_id, .rid = world.portal2_rid,
                         .has_limits = true, .limit = 1),
                     MST_DONE);
    ck_assert_int_eq(move(client.rid, world.portal2_rid), MST_NO_ROOM);
    ck_assert_int_eq(use(world.portal_rid, MST_KIND_DATAPORT), 2);
    ck_assert_int_eq(use(world.portal2_rid, MST_KIND_DATAPORT), 0);
    ck_assert_int_eq(RUN(limit, .caller_id = world.domain_id, .rid = world.portal2_rid,
                         .has_limits = true, .limit = 2),
                     MST_DONE);
    ck_assert_int_eq(move(client.rid, world.portal2_rid), MST_DONE);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(what_an_owner_in_common_has_given_is_enough)
{
    struct mst_world_made left, right, port;

    mst_world_open(&world, 1, NULL);
    left = make(world.portal_rid, MST_KIND_CLIENT);
    right = make(world.portal_rid, MST_KIND_CLIENT);
    port = make(left.rid, MST_KIND_DATAPORT);
    ck_assert_int_eq(RUN(limit, .caller_id = world.domain_id, .rid = world.portal_rid,
                         .has_limits = true, .limit = 2),
                     MST_DONE); /* two clients, and one port of two */
    (void)make(left.rid, MST_KIND_DATAPORT);
    ck_assert_int_eq(move(port.rid, right.rid), MST_DONE);
    ck_assert_int_eq(use(world.portal_rid, MST_KIND_DATAPORT), 2);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(nothing_moves_into_itself_and_no_caller_moves_itself)
{
    struct mst_world_made outer, inner, port;

    mst_world_open(&world, 1, NULL);
    outer = make(world.portal_rid, MST_KIND_CLIENT);
    inner = make(outer.rid, MST_KIND_CLIENT);
    port = make(outer.rid, MST_KIND_DATAPORT);
    ck_assert_int_eq(move(outer.rid, inner.rid), MST_NESTED);
    ck_assert_int_eq(move(outer.rid, outer.rid), MST_NESTED);
    ck_assert_int_eq(move(inner.rid, port.rid), MST_NOT_FOUND);
    ck_assert_int_eq(move_as(outer.id, outer.rid, inner.rid), MST_RESTRICTED);
    ck_assert_int_eq(move_as(outer.id, inner.rid, world.portal_rid), MST_RESTRICTED);
    ck_assert_int_eq(move_as(world.root_id, world.domain_rid, world.domain_rid), MST_RESTRICTED);
    ck_assert_int_eq(move_as(world.portal2_id, outer.rid, world.portal2_rid), MST_RESTRICTED);
    ck_assert_int_eq(move(inner.rid, outer.rid), MST_DONE); /* where it is */
    mst_world_close(&world);
}
MST_TEST_END

/* rids[0] is the portal's, which lies at depth 2; rids[i] at i + 2 */
static void make_chain(struct mst_world_made *chain, int n)
{
    memcpy(chain[0].rid, world.portal_rid, sizeof chain[0].rid);
    for (int i = 1; i < n; i++)
        chain[i] = make(chain[i - 1].rid, MST_KIND_CLIENT);
}

MST_TEST(a_tree_becomes_as_deep_as_it_may_and_no_deeper)
{
    enum { CHAIN = MST_TREE_DEPTH_MAX - 1 };
    struct mst_world_made chain[CHAIN], top, middle, port;

    mst_world_open(&world, 1, NULL);
    make_chain(chain, CHAIN); /* the last lies at MST_TREE_DEPTH_MAX */
    top = make(world.portal2_rid, MST_KIND_CLIENT);
    middle = make(top.rid, MST_KIND_CLIENT);
    port = make(middle.rid, MST_KIND_DATAPORT);
    ck_assert_int_eq(move(port.rid, chain[CHAIN - 1].rid), MST_NO_ROOM);
    ck_assert_int_eq(move(port.rid, chain[CHAIN - 2].rid), MST_DONE);
    ck_assert_int_eq(move(port.rid, middle.rid), MST_DONE);
    ck_assert_int_eq(move(top.rid, chain[CHAIN - 3].rid), MST_NO_ROOM);
    ck_assert_int_eq(move(top.rid, chain[CHAIN - 4].rid), MST_DONE);
    ck_assert_int_eq(move(port.rid, world.portal2_rid), MST_DONE);
    ck_assert_int_eq(move(top.rid, chain[CHAIN - 3].rid), MST_DONE);
    ck_assert_int_eq(move(top.rid, chain[CHAIN - 2].rid), MST_NO_ROOM);
    mst_world_close(&world);
}
MST_TEST_END

static enum mst_err owner_of(struct mst_world *of, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_alias alias = {.client_id = call->caller_id, .name = mst_span_str(call->name)};
    enum mst_err err = mst_tx_get(tx, MST_IX_ALIAS, &alias);

    (void)of;
    call->verdict = MST_DONE;
    call->id = err == MST_OK ? alias.resource_id : 0;
    return err == MST_ENOENT ? MST_OK : err;
}

static int64_t alias_at(int64_t client_id, const char *name)
{
    struct mst_world_call call = {.caller_id = client_id, .name = name};

    (void)mst_world_run(&world, owner_of, &call);
    return call.id;
}

MST_TEST(names_go_along_or_are_lost)
{
    struct mst_world_call leave = {
        .caller_id = world.domain_id, .rid = NULL, .owner = world.portal_rid};
    struct mst_world_made port, other;

    mst_world_open(&world, 1, NULL);
    port = make(world.portal_rid, MST_KIND_DATAPORT);
    other = make(world.portal2_rid, MST_KIND_DATAPORT);
    ck_assert_int_eq(RUN(map, .caller_id = world.portal_id, .rid = port.rid, .name = "a"),
                     MST_DONE);
    ck_assert_int_eq(RUN(map, .caller_id = world.portal_id, .rid = port.rid, .name = "b"),
                     MST_DONE);
    ck_assert_int_eq(RUN(map, .caller_id = world.portal2_id, .rid = other.rid, .name = "b"),
                     MST_DONE);
    ck_assert_int_eq(move(port.rid, world.portal2_rid), MST_IN_USE);
    ck_assert_int_eq(alias_at(world.portal_id, "a"), port.id);
    ck_assert_int_eq(move(other.rid, world.portal_rid), MST_IN_USE);
    ck_assert_int_eq(move(port.rid, world.portal_rid), MST_DONE);
    ck_assert_int_eq(alias_at(world.portal_id, "b"), port.id);
    ck_assert_int_eq(RUN(drop, .caller_id = world.domain_id, .rid = other.rid), MST_DONE);
    ck_assert_int_eq(move(port.rid, world.portal2_rid), MST_DONE);
    ck_assert_int_eq(alias_at(world.portal_id, "a"), 0);
    ck_assert_int_eq(alias_at(world.portal2_id, "a"), port.id);
    ck_assert_int_eq(alias_at(world.portal2_id, "b"), port.id);
    leave.caller_id = world.domain_id;
    leave.rid = port.rid;
    ck_assert_int_eq(mst_world_run(&world, move_verb, &leave), MST_DONE);
    ck_assert_int_eq(alias_at(world.portal2_id, "a"), 0);
    ck_assert_int_eq(alias_at(world.portal_id, "a"), 0);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_device_that_moves_keeps_key_and_serial_number)
{
    struct mst_world_call enable = {.sn = "1", .attempt = 1}, view = {.sn = "1"},
                          device = {.sn = "1", .attempt = 2};

    mst_world_open(&world, 1, NULL);
    ck_assert_int_eq(RUN(add_model, .model = "m1"), MST_DONE);
    ck_assert_int_eq(RUN(add, .sn = "1"), MST_DONE);
    ck_assert_int_eq(mst_world_run(&world, mst_do_enable_owner, &enable), MST_DONE);
    ck_assert_int_eq(move(enable.handle, world.portal2_rid), MST_DONE);
    ck_assert_int_eq(mst_world_run(&world, mst_do_view, &view), MST_DONE);
    ck_assert_str_eq(view.view_rid, enable.handle);
    ck_assert_int_eq(mst_world_run(&world, mst_do_activate, &device), MST_DONE);
    ck_assert_int_eq(move(enable.handle, world.portal_rid), MST_DONE);
    ck_assert_int_eq(RUN(authenticate, .key = device.handle), MST_DONE);
    mst_world_close(&world);
}
MST_TEST_END

MST_TESTS("core/move", what_a_subtree_had_drawn_goes_with_it,
          a_destination_without_room_takes_nothing, what_an_owner_in_common_has_given_is_enough,
          nothing_moves_into_itself_and_no_caller_moves_itself,
          a_tree_becomes_as_deep_as_it_may_and_no_deeper, names_go_along_or_are_lost,
          a_device_that_moves_keeps_key_and_serial_number)

/* The life of serial numbers and clients through the use cases: protocol.md B.2, steps 1 to 12. */
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

#define RUN(verb, ...) mst_world_run(&world, mst_do_##verb, &(struct mst_world_call){__VA_ARGS__})

static struct mst_world world;

static void open_world(void)
{
    mst_world_open(&world, 1, NULL);
    ck_assert_int_eq(RUN(add_model, .options = 0), MST_DONE);
}

static enum mst_verdict activate(const char *sn, char cik[MST_TEXT_CHARS])
{
    struct mst_world_call call = {.sn = sn, .attempt = mst_world_attempt()};
    enum mst_verdict verdict = mst_world_run(&world, mst_do_activate, &call);

    if (verdict == MST_DONE)
        memcpy(cik, call.handle, MST_TEXT_CHARS);
    return verdict;
}

static void enable_owner(const char *sn, char rid[MST_TEXT_CHARS])
{
    struct mst_world_call call = {.sn = sn, .attempt = mst_world_attempt()};

    ck_assert_int_eq(mst_world_run(&world, mst_do_enable_owner, &call), MST_DONE);
    memcpy(rid, call.handle, MST_TEXT_CHARS);
}

static void add_and_enable(const char *sn, char rid[MST_TEXT_CHARS])
{
    ck_assert_int_eq(RUN(add, .sn = sn), MST_DONE);
    enable_owner(sn, rid);
}

static enum mst_verdict enable(const char *sn)
{
    return RUN(enable, .sn = sn, .attempt = mst_world_attempt());
}

static bool is_live(const char *cik)
{
    return RUN(authenticate, .key = cik) == MST_DONE;
}

static struct mst_world_call info(const char *rid)
{
    struct mst_world_call call = {.caller_id = world.portal_id, .rid = rid};

    ck_assert_int_eq(mst_world_run(&world, mst_do_info, &call), MST_DONE);
    return call;
}

static struct mst_world_call view(const char *sn)
{
    struct mst_world_call call = {.sn = sn};

    ck_assert_int_eq(mst_world_run(&world, mst_do_view, &call), MST_DONE);
    return call;
}

static int log_rows(const char *sn)
{
    struct mst_world_call call = {.sn = sn};

    ck_assert_int_eq(mst_world_run(&world, mst_do_log, &call), MST_DONE);
    return call.n_log;
}

static void key_event(enum mst_lifecycle_event event, const char *key, enum mst_verdict wanted)
{
    ck_assert_int_eq(RUN(key_event, .caller_id = world.portal_id, .event = event, .key = key,
                         .attempt = mst_world_attempt()),
                     wanted);
}

static void drop(const char *rid)
{
    ck_assert_int_eq(RUN(drop, .caller_id = world.portal_id, .rid = rid), MST_DONE);
}

/* ---- the story of B.2 ---- */

MST_TEST(the_first_day_of_a_device_goes_as_the_protocol_tells_it)
{
    char rid[MST_TEXT_CHARS], c1[MST_TEXT_CHARS], c2[MST_TEXT_CHARS], c3[MST_TEXT_CHARS],
        c4[MST_TEXT_CHARS];

    open_world();
    ck_assert_int_eq(RUN(activate, .vendor = "nobody", .sn = "0001"), MST_NO_VENDOR);
    ck_assert_int_eq(RUN(activate, .model = "m9", .sn = "0001"), MST_NO_MODEL);
    ck_assert_int_eq(activate("0001", c1), MST_NO_SERIAL);
    ck_assert_int_eq(RUN(add_model, .options = 0), MST_EXISTS);

    ck_assert_int_eq(RUN(add, .sn = "0001"), MST_DONE);
    ck_assert_int_eq(RUN(add, .sn = "0001"), MST_EXISTS);
    ck_assert_int_eq(activate("0001", c1), MST_NOT_ADDED);
    ck_assert_int_eq(view("0001").view.standing, MST_HAS_NO_CLIENT);

    enable_owner("0001", rid);
    ck_assert_int_eq(RUN(enable_owner, .sn = "0001", .attempt = mst_world_attempt()),
                     MST_HAS_CLIENT);
    ck_assert_str_eq(view("0001").status, "notactivated");
    ck_assert_str_eq(view("0001").view_rid, rid);
    ck_assert_int_eq(log_rows("0001"), 0);
    ck_assert_str_eq(info(rid).status, "notactivated");
    ck_assert(!is_live(info(rid).key_text));

    ck_assert_int_eq(activate("0001", c1), MST_DONE);
    ck_assert_str_eq(info(rid).key_text, c1);
    ck_assert_int_eq(activate("0001", c1), MST_ACTIVATED);
    ck_assert(is_live(c1));
    ck_assert_int_eq(log_rows("0001"), 1);

    ck_assert_int_eq(enable("0001"), MST_DONE);
    ck_assert(!is_live(c1));
    ck_assert_str_eq(info(rid).status, "notactivated");
    ck_assert_int_eq(activate("0001", c2), MST_DONE);
    ck_assert_str_ne(c1, c2);

    ck_assert_int_eq(RUN(disable, .sn = "0001"), MST_DONE);
    ck_assert(!is_live(c2));
    ck_assert_str_eq(view("0001").status, "expired");
    ck_assert_int_eq(activate("0001", c3), MST_DISABLED);
    ck_assert_int_eq(enable("0001"), MST_DONE);
    ck_assert_int_eq(activate("0001", c3), MST_DONE);
    ck_assert_int_eq(log_rows("0001"), 3);

    ck_assert_int_eq(RUN(add, .sn = "0002"), MST_DONE);
    ck_assert_int_eq(RUN(remap, .sn = "0002", .other_sn = "0001", .attempt = mst_world_attempt()),
                     MST_DONE);
    ck_assert(!is_live(c3));
    ck_assert_int_eq(view("0001").view.standing, MST_HAS_NO_CLIENT);
    ck_assert_int_eq(activate("0001", c4), MST_NOT_ADDED);
    ck_assert_int_eq(activate("0002", c4), MST_DONE);
    ck_assert_str_eq(view("0002").view_rid, rid);
    ck_assert_int_eq(log_rows("0001"), 3);
    ck_assert_int_eq(log_rows("0002"), 1);

    drop(rid);
    ck_assert(!is_live(c4));
    ck_assert_int_eq(view("0002").view.standing, MST_ORPHANED);
    ck_assert_int_eq(activate("0002", c4), MST_ORPHANED);
    ck_assert_int_eq(RUN(remove, .sn = "0002"), MST_DONE);
    ck_assert_int_eq(RUN(view, .sn = "0002"), MST_NO_SERIAL);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(the_window_is_open_for_86399_seconds_and_closed_at_86400)
{
    char rid[MST_TEXT_CHARS], cik[MST_TEXT_CHARS];

    open_world();
    add_and_enable("early", rid);
    add_and_enable("late", rid);
    world.window_now += 86399;
    ck_assert_int_eq(activate("early", cik), MST_DONE);
    world.window_now += 1;
    ck_assert_int_eq(activate("late", cik), MST_EXPIRED);
    ck_assert_str_eq(view("late").status, "expired");
    ck_assert(!is_live(info(rid).key_text));
    ck_assert(is_live(cik));
    ck_assert_int_eq(enable("late"), MST_DONE);
    ck_assert_int_eq(activate("late", cik), MST_DONE);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_window_of_the_model_goes_before_the_default)
{
    char rid[MST_TEXT_CHARS], cik[MST_TEXT_CHARS];

    open_world();
    ck_assert_int_eq(RUN(update_model, .window_s = 60), MST_DONE);
    add_and_enable("a", rid);
    world.window_now += 60;
    ck_assert_int_eq(activate("a", cik), MST_EXPIRED);
    ck_assert_int_eq(enable("a"), MST_DONE);
    world.window_now += 59;
    ck_assert_int_eq(activate("a", cik), MST_DONE);
    ck_assert_int_eq(RUN(update_model, .window_s = MST_WINDOW_S_MAX + 1), MST_BAD_VALUE);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(the_wall_clock_has_no_say_in_windows)
{
    char rid[MST_TEXT_CHARS], cik[MST_TEXT_CHARS];

    open_world();
    add_and_enable("a", rid);
    world.wall_now += 1000000;
    ck_assert_int_eq(activate("a", cik), MST_DONE);
    mst_world_close(&world);
}
MST_TEST_END

/* ---- verdicts ---- */

MST_TEST(enabling_refuses_in_the_order_form_serial_owner_state)
{
    char rid[MST_TEXT_CHARS], port[MST_TEXT_CHARS];
    const char *unknown = "0123456789012345678901234567890123456789";
    struct mst_world_call create = {.caller_id = world.portal_id, .kind = MST_KIND_DATAPORT};

    open_world();
    create.caller_id = world.portal_id;
    create.rid = world.portal_rid;
    create.format = MST_FORMAT_STRING;
    ck_assert_int_eq(mst_world_run(&world, mst_do_create, &create), MST_DONE);
    memcpy(port, create.handle, sizeof port);

    ck_assert_int_eq(RUN(enable_owner, .sn = "x", .rid = "nonsense"), MST_BAD_VALUE);
    ck_assert_int_eq(RUN(enable_owner, .sn = "x", .rid = unknown), MST_NO_SERIAL);
    ck_assert_int_eq(RUN(add, .sn = "x"), MST_DONE);
    ck_assert_int_eq(RUN(enable_owner, .sn = "x", .rid = unknown), MST_NO_OWNER);
    ck_assert_int_eq(RUN(enable_owner, .sn = "x", .rid = port), MST_NO_OWNER);
    ck_assert_int_eq(RUN(enable_owner, .sn = "x", .rid = world.domain_rid), MST_NO_OWNER);
    enable_owner("x", rid);
    ck_assert_int_eq(RUN(enable_owner, .sn = "x", .rid = unknown), MST_NO_OWNER);
    ck_assert_int_eq(RUN(enable_owner, .sn = "x"), MST_HAS_CLIENT);
    ck_assert_int_eq(RUN(enable_owner, .sn = "x", .rid = "nonsense"), MST_BAD_VALUE);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(what_cannot_be_done_to_a_serial_number_is_refused_by_name)
{
    char rid[MST_TEXT_CHARS];

    open_world();
    ck_assert_int_eq(enable("a"), MST_NO_SERIAL);
    ck_assert_int_eq(RUN(disable, .sn = "a"), MST_NO_SERIAL);
    ck_assert_int_eq(RUN(remove, .sn = "a"), MST_NO_SERIAL);
    ck_assert_int_eq(RUN(view, .sn = "a"), MST_NO_SERIAL);
    ck_assert_int_eq(RUN(log, .sn = "a"), MST_NO_SERIAL);
    ck_assert_int_eq(RUN(remap, .sn = "a", .other_sn = "b"), MST_NO_SERIAL);
    ck_assert_int_eq(RUN(add, .sn = "a"), MST_DONE);
    ck_assert_int_eq(enable("a"), MST_HAS_NO_CLIENT);
    ck_assert_int_eq(RUN(disable, .sn = "a"), MST_HAS_NO_CLIENT);
    ck_assert_int_eq(RUN(remap, .sn = "a", .other_sn = "b"), MST_NO_SERIAL);
    add_and_enable("b", rid);
    ck_assert_int_eq(RUN(remap, .sn = "b", .other_sn = "b"), MST_HAS_CLIENT);
    ck_assert_int_eq(RUN(remap, .sn = "b", .other_sn = "a"), MST_HAS_CLIENT);
    ck_assert_int_eq(RUN(add, .sn = "c"), MST_DONE);
    ck_assert_int_eq(RUN(remap, .sn = "c", .other_sn = "a"), MST_HAS_NO_CLIENT);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(an_orphan_can_be_deleted_or_enabled_with_an_owner_and_nothing_else)
{
    char rid[MST_TEXT_CHARS], other[MST_TEXT_CHARS], cik[MST_TEXT_CHARS];

    open_world();
    add_and_enable("a", rid);
    ck_assert_int_eq(activate("a", cik), MST_DONE);
    drop(rid);
    ck_assert_int_eq(enable("a"), MST_ORPHANED);
    ck_assert_int_eq(RUN(disable, .sn = "a"), MST_ORPHANED);
    ck_assert_int_eq(activate("a", cik), MST_ORPHANED);
    ck_assert_int_eq(RUN(add, .sn = "b"), MST_DONE);
    ck_assert_int_eq(RUN(remap, .sn = "b", .other_sn = "a"), MST_ORPHANED);
    ck_assert_int_eq(log_rows("a"), 1);
    enable_owner("a", other);
    ck_assert_str_ne(rid, other);
    ck_assert_int_eq(activate("a", cik), MST_DONE);
    ck_assert_int_eq(log_rows("a"), 2);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_locked_client_stays_outside_until_it_is_unlocked)
{
    char rid[MST_TEXT_CHARS], cik[MST_TEXT_CHARS];

    open_world();
    add_and_enable("a", rid);
    ck_assert_int_eq(RUN(lock, .caller_id = world.portal_id, .rid = rid, .is_locked = true),
                     MST_DONE);
    ck_assert_int_eq(activate("a", cik), MST_LOCKED);
    ck_assert_str_eq(view("a").status, "notactivated"); /* 2.6.3 names no lock */
    ck_assert_int_eq(RUN(lock, .caller_id = world.portal_id, .rid = rid), MST_DONE);
    ck_assert_int_eq(activate("a", cik), MST_DONE);
    ck_assert_int_eq(RUN(lock, .caller_id = world.portal_id, .rid = rid, .is_locked = true),
                     MST_DONE);
    ck_assert_int_eq(RUN(authenticate, .key = cik), MST_KEY_LOCKED);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_plus_that_was_sent_raw_is_tried_when_the_space_finds_nothing)
{
    char rid[MST_TEXT_CHARS];

    open_world();
    ck_assert_int_eq(RUN(add_model, .model = "m+1"), MST_DONE);
    ck_assert_int_eq(RUN(add, .model = "m+1", .sn = "a+b"), MST_DONE);
    ck_assert_int_eq(RUN(enable_owner, .model = "m+1", .sn = "a+b"), MST_DONE);
    ck_assert_int_eq(RUN(activate, .model = "m 1", .sn = "a b"), MST_NO_MODEL);
    ck_assert_int_eq(RUN(activate, .model = "m 1", .plus_model = "m+1", .sn = "a b"),
                     MST_NO_SERIAL);
    ck_assert_int_eq(
        RUN(activate, .model = "m 1", .plus_model = "m+1", .sn = "a b", .plus_sn = "a+b"),
        MST_DONE);
    add_and_enable("c d", rid);
    ck_assert_int_eq(RUN(activate, .sn = "c d", .plus_sn = "a+b"), MST_DONE);
    mst_world_close(&world);
}
MST_TEST_END

/* ---- the same attempt again ---- */

MST_TEST(an_activation_run_again_after_an_unknown_outcome_gives_the_same_key)
{
    char rid[MST_TEXT_CHARS];
    struct mst_world_call call = {.sn = "a", .attempt = mst_world_attempt()};

    for (int fault = MST_WORLD_LOST; fault <= MST_WORLD_KEPT; fault++) {
        open_world();
        add_and_enable("a", rid);
        world.next_fault = (enum mst_world_fault)fault;
        ck_assert_int_eq(mst_world_run(&world, mst_do_activate, &call), MST_DONE);
        ck_assert_int_eq(call.n_runs, 2);
        ck_assert_str_eq(call.handle, info(rid).key_text);
        ck_assert_int_eq(log_rows("a"), 1);
        ck_assert_int_eq(RUN(activate, .sn = "a", .attempt = mst_world_attempt()), MST_ACTIVATED);
        mst_world_close(&world);
    }
}
MST_TEST_END

MST_TEST(a_second_caller_from_another_address_is_told_apart)
{
    char rid[MST_TEXT_CHARS];

    open_world();
    add_and_enable("a", rid);
    ck_assert_int_eq(RUN(activate, .sn = "a", .peer = "10.0.0.1", .attempt = 1), MST_DONE);
    ck_assert_int_eq(RUN(activate, .sn = "a", .peer = "10.0.0.1", .attempt = 2), MST_ACTIVATED);
    ck_assert_int_eq(RUN(activate, .sn = "a", .peer = "10.0.0.2", .attempt = 3), MST_SECOND_CALLER);
    ck_assert_int_eq(enable("a"), MST_DONE);
    ck_assert_int_eq(RUN(activate, .sn = "a", .peer = "10.0.0.2", .attempt = 4), MST_DONE);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(an_enabling_run_again_after_an_unknown_outcome_makes_one_client)
{
    struct mst_world_call call = {.sn = "a", .attempt = mst_world_attempt()};
    struct mst_world_call portal;
    char cik[MST_TEXT_CHARS];

    for (int fault = MST_WORLD_LOST; fault <= MST_WORLD_KEPT; fault++) {
        open_world();
        ck_assert_int_eq(RUN(add, .sn = "a"), MST_DONE);
        world.next_fault = (enum mst_world_fault)fault;
        ck_assert_int_eq(mst_world_run(&world, mst_do_enable_owner, &call), MST_DONE);
        ck_assert_int_eq(call.n_runs, 2);
        ck_assert_str_eq(view("a").view_rid, call.handle);
        portal = (struct mst_world_call){.caller_id = world.domain_id, .rid = world.portal_rid};
        ck_assert_int_eq(mst_world_run(&world, mst_do_info, &portal), MST_DONE);
        ck_assert_int_eq(portal.direct[MST_KIND_CLIENT], 1);
        ck_assert_int_eq(activate("a", cik), MST_DONE);
        ck_assert_int_eq(mst_world_run(&world, mst_do_enable_owner, &call), MST_DONE);
        mst_world_close(&world);
    }
}
MST_TEST_END

MST_TEST(a_new_key_made_in_an_unknown_outcome_is_made_once)
{
    char rid[MST_TEXT_CHARS], cik[MST_TEXT_CHARS];
    struct mst_world_call again = {.sn = "a", .attempt = mst_world_attempt()};
    struct mst_world_call remap = {.sn = "b", .other_sn = "a", .attempt = mst_world_attempt()};

    open_world();
    add_and_enable("a", rid);
    ck_assert_int_eq(activate("a", cik), MST_DONE);
    world.next_fault = MST_WORLD_KEPT;
    ck_assert_int_eq(mst_world_run(&world, mst_do_enable, &again), MST_DONE);
    ck_assert_int_eq(log_rows("a"), 1);
    ck_assert_int_eq(RUN(add, .sn = "b"), MST_DONE);
    world.next_fault = MST_WORLD_KEPT;
    ck_assert_int_eq(mst_world_run(&world, mst_do_remap, &remap), MST_DONE);
    ck_assert_int_eq(remap.n_runs, 2);
    ck_assert_str_eq(view("b").view_rid, rid);
    mst_world_close(&world);
}
MST_TEST_END

/* ---- keys through the RPC ---- */

MST_TEST(revoke_kills_the_key_and_asks_for_a_new_activation)
{
    char rid[MST_TEXT_CHARS], c1[MST_TEXT_CHARS], c2[MST_TEXT_CHARS];

    open_world();
    add_and_enable("a", rid);
    ck_assert_int_eq(activate("a", c1), MST_DONE);
    key_event(MST_ON_REVOKE, "0123456789012345678901234567890123456789", MST_NOT_FOUND);
    ck_assert_int_eq(RUN(key_event, .caller_id = world.portal2_id, .event = MST_ON_REVOKE,
                         .key = c1, .attempt = 1),
                     MST_NOT_OWNED);
    world.next_fault = MST_WORLD_KEPT;
    key_event(MST_ON_REVOKE, c1, MST_DONE);
    ck_assert(!is_live(c1));
    ck_assert_str_eq(view("a").status, "notactivated");
    ck_assert_int_eq(log_rows("a"), 1);
    ck_assert_int_eq(activate("a", c2), MST_DONE);
    ck_assert_str_ne(c1, c2);
    ck_assert_int_eq(log_rows("a"), 2);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(revoke_opens_the_window_of_an_expired_key_and_leaves_a_disabled_one_disabled)
{
    char rid[MST_TEXT_CHARS], cik[MST_TEXT_CHARS];

    open_world();
    add_and_enable("a", rid);
    world.window_now += 86400;
    key_event(MST_ON_REVOKE, info(rid).key_text, MST_DONE);
    ck_assert_int_eq(activate("a", cik), MST_DONE);
    ck_assert_int_eq(RUN(disable, .sn = "a"), MST_DONE);
    key_event(MST_ON_REVOKE, cik, MST_DONE);
    ck_assert_int_eq(activate("a", cik), MST_DISABLED);
    ck_assert_str_ne(info(rid).key_text, cik);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(an_owner_who_activates_closes_the_window_and_is_logged)
{
    char rid[MST_TEXT_CHARS], cik[MST_TEXT_CHARS], ignored[MST_TEXT_CHARS];

    open_world();
    add_and_enable("a", rid);
    memcpy(cik, info(rid).key_text, sizeof cik);
    key_event(MST_ON_RPC_ACTIVATE, cik, MST_DONE);
    ck_assert(is_live(cik));
    ck_assert_int_eq(activate("a", ignored), MST_ACTIVATED);
    ck_assert_int_eq(log_rows("a"), 1);
    key_event(MST_ON_RPC_ACTIVATE, cik, MST_BAD_VALUE);
    key_event(MST_ON_RPC_DEACTIVATE, rid, MST_DONE);
    ck_assert(!is_live(cik));
    ck_assert_str_eq(view("a").status, "expired");
    key_event(MST_ON_RPC_ACTIVATE, cik, MST_BAD_VALUE);
    key_event(MST_ON_RPC_DEACTIVATE, cik, MST_DONE);
    mst_world_close(&world);
}
MST_TEST_END

/* ---- what enabling makes ---- */

MST_TEST(the_copy_has_the_dataports_and_aliases_of_the_template_and_names_its_device)
{
    char rid[MST_TEXT_CHARS];
    struct mst_world_call got;

    open_world();
    ck_assert_int_eq(RUN(add, .sn = "a\\b"), MST_DONE);
    enable_owner("a\\b", rid);
    got = info(rid);
    ck_assert_int_eq(got.direct[MST_KIND_CLIENT], 0);
    ck_assert_int_eq(got.direct[MST_KIND_DATAPORT], 3);
    ck_assert_int_eq(got.n_aliases, 3);
    ck_assert_str_eq(got.name_text, "template");
    ck_assert_str_eq(got.meta_text, "{\"device\":{\"type\":\"vendor\",\"vendor\":\"acme\","
                                    "\"model\":\"m1\",\"sn\":\"a\\\\b\"}}");
    ck_assert_int_eq(RUN(add, .sn = "c"), MST_DONE);
    ck_assert_int_eq(RUN(remap, .sn = "c", .other_sn = "a\\b", .attempt = mst_world_attempt()),
                     MST_DONE);
    ck_assert_str_eq(info(rid).meta_text, "{\"device\":{\"type\":\"vendor\",\"vendor\":\"acme\","
                                          "\"model\":\"m1\",\"sn\":\"c\"}}");
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_model_without_aliases_copies_none)
{
    struct mst_world_call call = {.model = "m2", .sn = "a", .attempt = 1};

    open_world();
    ck_assert_int_eq(RUN(add_model, .model = "m2", .options = MST_MODEL_NOALIASES), MST_DONE);
    ck_assert_int_eq(RUN(add, .model = "m2", .sn = "a"), MST_DONE);
    ck_assert_int_eq(mst_world_run(&world, mst_do_enable_owner, &call), MST_DONE);
    ck_assert_int_eq(info(call.handle).direct[MST_KIND_DATAPORT], 3);
    ck_assert_int_eq(info(call.handle).n_aliases, 0);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(an_owner_without_room_gets_no_client_and_nothing_is_left_behind)
{
    struct mst_world_call portal;
    char rid[MST_TEXT_CHARS];

    open_world();
    ck_assert_int_eq(RUN(limit, .caller_id = world.domain_id, .rid = world.portal_rid,
                         .has_limits = true, .limit = 3),
                     MST_DONE);
    add_and_enable("a", rid);
    ck_assert_int_eq(RUN(add, .sn = "b"), MST_DONE);
    ck_assert_int_eq(RUN(enable_owner, .sn = "b"), MST_NO_ROOM);
    ck_assert_int_eq(view("b").view.standing, MST_HAS_NO_CLIENT);
    portal = (struct mst_world_call){.caller_id = world.domain_id, .rid = world.portal_rid};
    ck_assert_int_eq(mst_world_run(&world, mst_do_info, &portal), MST_DONE);
    ck_assert_int_eq(portal.direct[MST_KIND_CLIENT], 1);
    ck_assert_int_eq(portal.use[MST_KIND_CLIENT], 1);
    ck_assert_int_eq(portal.use[MST_KIND_DATAPORT], 3);
    drop(rid);
    ck_assert_int_eq(RUN(enable_owner, .sn = "b"), MST_DONE);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_model_whose_template_is_gone_cannot_enable)
{
    open_world();
    ck_assert_int_eq(RUN(add, .sn = "a"), MST_DONE);
    ck_assert_int_eq(RUN(drop, .caller_id = world.domain_id, .rid = world.template_rid), MST_DONE);
    ck_assert_int_eq(RUN(enable_owner, .sn = "a"), MST_NO_TEMPLATE);
    ck_assert_int_eq(view("a").view.standing, MST_HAS_NO_CLIENT);
    mst_world_close(&world);
}
MST_TEST_END

/* ---- deleting ---- */

MST_TEST(deleting_a_serial_number_forgets_its_log_and_leaves_the_client_its_key)
{
    char rid[MST_TEXT_CHARS], cik[MST_TEXT_CHARS];

    open_world();
    add_and_enable("a", rid);
    ck_assert_int_eq(activate("a", cik), MST_DONE);
    ck_assert_int_eq(enable("a"), MST_DONE);
    ck_assert_int_eq(activate("a", cik), MST_DONE);
    ck_assert_int_eq(RUN(remove, .sn = "a"), MST_DONE);
    ck_assert(is_live(cik));
    ck_assert_int_eq(RUN(add, .sn = "a"), MST_DONE);
    ck_assert_int_eq(log_rows("a"), 0);
    drop(rid);
    ck_assert_int_eq(log_rows("a"), 0);
    ck_assert_int_eq(view("a").view.standing, MST_HAS_NO_CLIENT);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(deleting_disables_the_client_if_the_operator_wants_it)
{
    char rid[MST_TEXT_CHARS], cik[MST_TEXT_CHARS];

    open_world();
    world.domain.is_delete_disabling = true;
    add_and_enable("a", rid);
    ck_assert_int_eq(activate("a", cik), MST_DONE);
    ck_assert_int_eq(RUN(remove, .sn = "a"), MST_DONE);
    ck_assert(!is_live(cik));
    ck_assert_str_eq(info(rid).status, "expired");
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_deleted_model_takes_its_serial_numbers_and_leaves_the_clients)
{
    char rid[MST_TEXT_CHARS], cik[MST_TEXT_CHARS], sn[16];

    open_world();
    add_and_enable("a", rid);
    ck_assert_int_eq(activate("a", cik), MST_DONE);
    for (int i = 0; i < 200; i++) {
        (void)snprintf(sn, sizeof sn, "s%d", i);
        ck_assert_int_eq(RUN(add, .sn = sn), MST_DONE);
    }
    ck_assert_int_eq(RUN(delete_model, .model = "m1"), MST_DONE);
    ck_assert_int_eq(activate("a", cik), MST_NO_MODEL);
    ck_assert(is_live(cik));
    ck_assert_int_eq(RUN(add_model, .options = 0), MST_DONE);
    ck_assert_int_eq(activate("a", cik), MST_NO_SERIAL);
    ck_assert_int_eq(RUN(add, .sn = "s7"), MST_DONE);
    key_event(MST_ON_REVOKE, cik, MST_DONE);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_clock_reset_closes_every_pending_window_for_good)
{
    char rid[MST_TEXT_CHARS], cik[MST_TEXT_CHARS], live[MST_TEXT_CHARS];
    struct mst_world_call call = {.id = 0};

    open_world();
    add_and_enable("a", rid);
    ck_assert_int_eq(activate("a", live), MST_DONE);
    add_and_enable("b", rid);
    (void)mst_world_run(&world, mst_do_close_windows, &call);
    ck_assert_int_eq(call.id, 1);
    ck_assert_int_eq(activate("b", cik), MST_EXPIRED);
    world.window_now -= 1000000;
    ck_assert_int_eq(activate("b", cik), MST_EXPIRED);
    ck_assert(is_live(live));
    ck_assert_int_eq(enable("b"), MST_DONE);
    ck_assert_int_eq(activate("b", cik), MST_DONE);
    mst_world_close(&world);
}
MST_TEST_END

/* ---- logs ---- */

MST_TEST(the_log_is_told_oldest_first_across_new_keys_and_drops)
{
    char rid[MST_TEXT_CHARS], cik[MST_TEXT_CHARS], peer[32];
    struct mst_world_call call = {.sn = "a"};

    open_world();
    add_and_enable("a", rid);
    for (int i = 0; i < 12; i++) {
        (void)snprintf(peer, sizeof peer, "10.0.0.%d", i);
        world.wall_now -= 5; /* the order is that of the events, not of a clock that runs back */
        ck_assert_int_eq(RUN(activate, .sn = "a", .peer = peer, .attempt = mst_world_attempt()),
                         MST_DONE);
        if (i == 6) {
            drop(rid);
            enable_owner("a", rid);
        } else if (i < 11) {
            ck_assert_int_eq(enable("a"), MST_DONE);
        }
    }
    (void)cik;
    ck_assert_int_eq(mst_world_run(&world, mst_do_log, &call), MST_DONE);
    ck_assert_int_eq(call.n_log, 12);
    for (int i = 0; i < 12; i++) {
        (void)snprintf(peer, sizeof peer, "10.0.0.%d", i);
        ck_assert_str_eq(call.log_peer[i], peer);
    }
    mst_world_close(&world);
}
MST_TEST_END

MST_TESTS("core/enable", the_first_day_of_a_device_goes_as_the_protocol_tells_it,
          the_window_is_open_for_86399_seconds_and_closed_at_86400,
          a_window_of_the_model_goes_before_the_default, the_wall_clock_has_no_say_in_windows,
          enabling_refuses_in_the_order_form_serial_owner_state,
          what_cannot_be_done_to_a_serial_number_is_refused_by_name,
          an_orphan_can_be_deleted_or_enabled_with_an_owner_and_nothing_else,
          a_locked_client_stays_outside_until_it_is_unlocked,
          a_plus_that_was_sent_raw_is_tried_when_the_space_finds_nothing,
          an_activation_run_again_after_an_unknown_outcome_gives_the_same_key,
          a_second_caller_from_another_address_is_told_apart,
          an_enabling_run_again_after_an_unknown_outcome_makes_one_client,
          a_new_key_made_in_an_unknown_outcome_is_made_once,
          revoke_kills_the_key_and_asks_for_a_new_activation,
          revoke_opens_the_window_of_an_expired_key_and_leaves_a_disabled_one_disabled,
          an_owner_who_activates_closes_the_window_and_is_logged,
          the_copy_has_the_dataports_and_aliases_of_the_template_and_names_its_device,
          a_model_without_aliases_copies_none,
          an_owner_without_room_gets_no_client_and_nothing_is_left_behind,
          a_model_whose_template_is_gone_cannot_enable,
          deleting_a_serial_number_forgets_its_log_and_leaves_the_client_its_key,
          deleting_disables_the_client_if_the_operator_wants_it,
          a_deleted_model_takes_its_serial_numbers_and_leaves_the_clients,
          a_clock_reset_closes_every_pending_window_for_good,
          the_log_is_told_oldest_first_across_new_keys_and_drops)

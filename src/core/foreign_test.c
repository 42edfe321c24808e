/* Keys and RIDs from elsewhere: keys.md, "foreign CIK", "RIDs brought from elsewhere". */
#include <string.h>

#include "tests/lib/unit.h"
#include "tests/lib/world.h"

#define RUN(verb, ...) mst_world_run(&world, mst_do_##verb, &(struct mst_world_call){__VA_ARGS__})
#define BRING(...)     RUN(import_key, .attempt = mst_world_attempt(), __VA_ARGS__)

#define K1 "a32c85ba9dda45823be416246cf8b433baa068d7"
#define K2 "0123456789abcdef0123456789abcdef01234567"
#define K3 "ffffffffffffffffffffffffffffffffffffffff"
#define R1 "c0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff"
#define R2 "00000000000000000000000000000000deadbeef"

static struct mst_world world;
static char rid[MST_TEXT_CHARS];

/* Serial number a is pending. */
static void open_world(void)
{
    struct mst_world_call call = {.sn = "a", .attempt = mst_world_attempt()};

    mst_world_open(&world, 1, NULL);
    ck_assert_int_eq(RUN(add_model, .options = 0), MST_DONE);
    ck_assert_int_eq(RUN(add, .sn = "a"), MST_DONE);
    ck_assert_int_eq(mst_world_run(&world, mst_do_enable_owner, &call), MST_DONE);
    memcpy(rid, call.handle, sizeof rid);
}

static bool is_live(const char *cik)
{
    return RUN(authenticate, .key = cik) == MST_DONE;
}

static struct mst_world_call info(const char *of)
{
    struct mst_world_call call = {.caller_id = world.portal_id, .rid = of};

    ck_assert_int_eq(mst_world_run(&world, mst_do_info, &call), MST_DONE);
    return call;
}

static void add_and_enable(const char *sn)
{
    ck_assert_int_eq(RUN(add, .sn = sn), MST_DONE);
    ck_assert_int_eq(RUN(enable_owner, .sn = sn, .attempt = mst_world_attempt()), MST_DONE);
}

/* ---- what ends a key ---- */

static void enable_again(void)
{
    ck_assert_int_eq(RUN(enable, .sn = "a", .attempt = mst_world_attempt()), MST_DONE);
}

static void revoke(void)
{
    ck_assert_int_eq(RUN(key_event, .caller_id = world.portal_id, .event = MST_ON_REVOKE, .key = K1,
                         .attempt = mst_world_attempt()),
                     MST_DONE);
}

static void remap(void)
{
    ck_assert_int_eq(RUN(add, .sn = "b"), MST_DONE);
    ck_assert_int_eq(RUN(remap, .sn = "b", .other_sn = "a", .attempt = mst_world_attempt()),
                     MST_DONE);
}

static void drop(void)
{
    ck_assert_int_eq(RUN(drop, .caller_id = world.portal_id, .rid = rid), MST_DONE);
}

static void drop_the_owner(void)
{
    ck_assert_int_eq(RUN(drop, .caller_id = world.domain_id, .rid = world.portal_rid), MST_DONE);
}

static void replace(void)
{
    ck_assert_int_eq(BRING(.sn = "a", .key = K2, .is_replacing = true), MST_DONE);
}

static void remove_disabling(void)
{
    world.domain.is_delete_disabling = true;
    ck_assert_int_eq(RUN(remove, .sn = "a"), MST_DONE);
}

static int count_row(void *arg, const void *row)
{
    (void)row;
    ++*(int *)arg;
    return 0;
}

static enum mst_err count_keys(struct mst_world *at, struct mst_tx *tx, struct mst_world_call *call)
{
    const struct mst_row_foreign_cik key = {.client_id = 0};
    const struct mst_scan scan = {.index = MST_IX_FOREIGN_CIK, .key = &key};

    (void)at;
    call->n_log = 0;
    call->verdict = MST_DONE;
    return mst_tx_scan(tx, &scan, (enum mst_err(*)(void *, const void *))count_row, &call->n_log);
}

static int keys_kept(void)
{
    struct mst_world_call call = {.sn = ""};

    ck_assert_int_eq(mst_world_run(&world, count_keys, &call), MST_DONE);
    return call.n_log;
}

MST_TEST(a_key_from_elsewhere_is_in_force_at_once_and_shown_to_its_owner)
{
    char pending[MST_TEXT_CHARS];
    struct mst_world_call log = {.sn = "a"};

    open_world();
    memcpy(pending, info(rid).key_text, sizeof pending);
    ck_assert(!is_live(K1));
    ck_assert_int_eq(BRING(.sn = "a", .key = K1), MST_DONE);
    ck_assert(is_live(K1));
    ck_assert(!is_live(pending));
    ck_assert_str_eq(info(rid).key_text, K1);
    ck_assert_str_eq(info(rid).status, "activated");
    ck_assert_int_eq(RUN(activate, .sn = "a", .attempt = mst_world_attempt()), MST_ACTIVATED);
    ck_assert_int_eq(mst_world_run(&world, mst_do_log, &log), MST_DONE);
    ck_assert_int_eq(log.n_log, 1);
    ck_assert_str_eq(log.log_peer[0], "imported");
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_key_that_differs_in_one_digit_is_none)
{
    char near[MST_TEXT_CHARS] = K1;

    open_world();
    ck_assert_int_eq(BRING(.sn = "a", .key = K1), MST_DONE);
    for (size_t i = 0; i < MST_HANDLE_CHARS; i++) {
        char digit = near[i];
        near[i] = digit == '0' ? '1' : '0';
        ck_assert_msg(!is_live(near), "digit %zu", i);
        near[i] = digit;
    }
    ck_assert(is_live(near));
    ck_assert(!is_live("A32C85BA9DDA45823BE416246CF8B433BAA068D7"));
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(whatever_ends_the_epoch_ends_the_key_and_forgets_it)
{
    static void (*const ends[])(void) = {enable_again,   revoke,  remap,           drop,
                                         drop_the_owner, replace, remove_disabling};

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        open_world();
        ck_assert_int_eq(BRING(.sn = "a", .key = K1), MST_DONE);
        ck_assert_int_eq(keys_kept(), 1);
        ends[i]();
        ck_assert_msg(!is_live(K1), "end %zu", i);
        ck_assert_int_eq(keys_kept(), ends[i] == replace ? 1 : 0);
        mst_world_close(&world);
    }
}
MST_TEST_END

MST_TEST(a_key_from_elsewhere_obeys_disabling_and_the_lock)
{
    open_world();
    ck_assert_int_eq(BRING(.sn = "a", .key = K1), MST_DONE);
    ck_assert_int_eq(RUN(lock, .caller_id = world.portal_id, .rid = rid, .is_locked = true),
                     MST_DONE);
    ck_assert_int_eq(RUN(authenticate, .key = K1), MST_KEY_LOCKED);
    ck_assert_int_eq(RUN(lock, .caller_id = world.portal_id, .rid = rid), MST_DONE);
    ck_assert(is_live(K1));
    ck_assert_int_eq(RUN(disable, .sn = "a"), MST_DONE);
    ck_assert_int_eq(RUN(authenticate, .key = K1), MST_NO_AUTH);
    ck_assert_str_eq(info(rid).key_text, K1);
    ck_assert_int_eq(BRING(.sn = "a", .key = K1), MST_DONE);
    ck_assert(is_live(K1));
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_key_in_force_is_only_replaced_on_request_and_the_same_key_changes_nothing)
{
    char activated[MST_TEXT_CHARS];
    struct mst_world_call call = {.sn = "a", .attempt = mst_world_attempt()};

    open_world();
    ck_assert_int_eq(mst_world_run(&world, mst_do_activate, &call), MST_DONE);
    memcpy(activated, call.handle, sizeof activated);
    ck_assert_int_eq(BRING(.sn = "a", .key = K1), MST_ACTIVATED);
    ck_assert(is_live(activated) && !is_live(K1));
    ck_assert_int_eq(BRING(.sn = "a", .key = K1, .is_replacing = true), MST_DONE);
    ck_assert(!is_live(activated) && is_live(K1));
    ck_assert_int_eq(BRING(.sn = "a", .key = K1), MST_DONE);
    ck_assert_int_eq(BRING(.sn = "a", .key = K2), MST_ACTIVATED);
    call = (struct mst_world_call){.sn = "a"};
    ck_assert_int_eq(mst_world_run(&world, mst_do_log, &call), MST_DONE);
    ck_assert_int_eq(call.n_log, 2);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_key_that_somebody_has_already_is_refused)
{
    char own[MST_TEXT_CHARS];

    open_world();
    add_and_enable("b");
    memcpy(own, info(rid).key_text, sizeof own);
    ck_assert_int_eq(BRING(.sn = "b", .key = own), MST_EXISTS);
    ck_assert_int_eq(BRING(.sn = "b", .key = world.portal_cik), MST_EXISTS);
    ck_assert_int_eq(BRING(.sn = "a", .key = K1), MST_DONE);
    ck_assert_int_eq(BRING(.sn = "b", .key = K1), MST_EXISTS);
    ck_assert_int_eq(RUN(disable, .sn = "a"), MST_DONE);
    ck_assert_int_eq(BRING(.sn = "b", .key = K1), MST_EXISTS);
    enable_again();
    ck_assert_int_eq(BRING(.sn = "b", .key = K1), MST_DONE);
    ck_assert_int_eq(keys_kept(), 1);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(what_is_no_key_or_no_device_is_refused_by_name)
{
    open_world();
    ck_assert_int_eq(BRING(.sn = "a", .key = "1234"), MST_BAD_VALUE);
    ck_assert_int_eq(BRING(.sn = "zzz", .key = K1), MST_NO_SERIAL);
    ck_assert_int_eq(RUN(add, .sn = "b"), MST_DONE);
    ck_assert_int_eq(BRING(.sn = "b", .key = K1), MST_HAS_NO_CLIENT);
    ck_assert_int_eq(BRING(.sn = "b", .key = K1, .owner = R1), MST_NO_OWNER);
    ck_assert_int_eq(BRING(.sn = "b", .key = K1, .owner = world.portal_rid), MST_DONE);
    ck_assert(is_live(K1));
    drop();
    ck_assert_int_eq(BRING(.sn = "a", .key = K2), MST_ORPHANED);
    ck_assert_int_eq(BRING(.sn = "a", .key = K2, .owner = world.portal_rid), MST_DONE);
    ck_assert(is_live(K2));
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_client_without_a_serial_number_takes_a_key_too)
{
    open_world();
    ck_assert_int_eq(RUN(import_client_key, .caller_id = world.domain_id, .rid = world.portal_rid,
                         .key = K3, .attempt = mst_world_attempt()),
                     MST_ACTIVATED);
    ck_assert_int_eq(RUN(import_client_key, .caller_id = world.domain_id, .rid = world.portal_rid,
                         .key = K3, .is_replacing = true, .attempt = mst_world_attempt()),
                     MST_DONE);
    ck_assert(is_live(K3));
    ck_assert(!is_live(world.portal_cik));
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(bringing_a_key_again_after_an_unknown_outcome_brings_it_once)
{
    static const enum mst_world_fault faults[] = {MST_WORLD_LOST, MST_WORLD_KEPT};

    for (size_t i = 0; i < 2; i++) {
        struct mst_world_call log = {.sn = "a"};
        open_world();
        world.next_fault = faults[i];
        ck_assert_int_eq(BRING(.sn = "a", .key = K1), MST_DONE);
        ck_assert(is_live(K1));
        ck_assert_int_eq(mst_world_run(&world, mst_do_log, &log), MST_DONE);
        ck_assert_int_eq(log.n_log, 1);
        mst_world_close(&world);
    }
}
MST_TEST_END

/* ---- RIDs ---- */

MST_TEST(a_rid_from_elsewhere_is_shown_and_found_in_place_of_its_own)
{
    struct mst_world_call view = {.sn = "a"};
    struct mst_world_call call = {.caller_id = world.portal_id, .rid = rid};

    open_world();
    ck_assert_int_eq(RUN(set_rid, .caller_id = world.portal_id, .rid = rid, .name = R1), MST_DONE);
    ck_assert_int_eq(mst_world_run(&world, mst_do_view, &view), MST_DONE);
    ck_assert_str_eq(view.view_rid, R1);
    call.caller_id = world.portal_id;
    call.rid = rid;
    ck_assert_int_eq(mst_world_run(&world, mst_do_info, &call), MST_NOT_FOUND);
    ck_assert_int_eq(RUN(map, .caller_id = world.portal_id, .rid = R1, .name = "dev"), MST_DONE);
    call.name = "dev";
    ck_assert_int_eq(mst_world_run(&world, mst_do_lookup, &call), MST_DONE);
    ck_assert_str_eq(call.handle, R1);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_rid_goes_with_its_resource_and_may_then_come_again)
{
    struct mst_world_call call;

    open_world();
    ck_assert_int_eq(RUN(set_rid, .caller_id = world.portal_id, .rid = rid, .name = R1), MST_DONE);
    ck_assert_int_eq(
        RUN(set_rid, .caller_id = world.domain_id, .rid = world.portal2_rid, .name = R1),
        MST_EXISTS);
    ck_assert_int_eq(RUN(set_rid, .caller_id = world.domain_id, .rid = world.portal2_rid,
                         .name = world.portal_rid),
                     MST_EXISTS);
    ck_assert_int_eq(
        RUN(set_rid, .caller_id = world.domain_id, .rid = world.portal2_rid, .name = "no rid"),
        MST_BAD_VALUE);
    ck_assert_int_eq(RUN(drop, .caller_id = world.portal_id, .rid = R1), MST_DONE);
    call = (struct mst_world_call){.caller_id = world.portal_id, .rid = R1};
    ck_assert_int_eq(mst_world_run(&world, mst_do_info, &call), MST_NOT_FOUND);
    /* One of this store's own, whose resource was dropped. */
    ck_assert_int_eq(
        RUN(set_rid, .caller_id = world.domain_id, .rid = world.portal2_rid, .name = rid),
        MST_DONE);
    call = (struct mst_world_call){.caller_id = world.domain_id, .rid = rid};
    ck_assert_int_eq(mst_world_run(&world, mst_do_info, &call), MST_DONE);
    ck_assert_int_eq(call.id, world.portal2_id);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_copy_of_a_template_with_a_rid_from_elsewhere_has_its_own)
{
    struct mst_world_call call = {.sn = "b", .attempt = mst_world_attempt()};

    open_world();
    ck_assert_int_eq(
        RUN(set_rid, .caller_id = world.domain_id, .rid = world.template_rid, .name = R2),
        MST_DONE);
    ck_assert_int_eq(RUN(add, .sn = "b"), MST_DONE);
    ck_assert_int_eq(mst_world_run(&world, mst_do_enable_owner, &call), MST_DONE);
    ck_assert_str_ne(call.handle, R2);
    ck_assert_int_eq(info(call.handle).n_aliases, 3);
    mst_world_close(&world);
}
MST_TEST_END

MST_TESTS("core/foreign", a_key_from_elsewhere_is_in_force_at_once_and_shown_to_its_owner,
          a_key_that_differs_in_one_digit_is_none,
          whatever_ends_the_epoch_ends_the_key_and_forgets_it,
          a_key_from_elsewhere_obeys_disabling_and_the_lock,
          a_key_in_force_is_only_replaced_on_request_and_the_same_key_changes_nothing,
          a_key_that_somebody_has_already_is_refused,
          what_is_no_key_or_no_device_is_refused_by_name,
          a_client_without_a_serial_number_takes_a_key_too,
          bringing_a_key_again_after_an_unknown_outcome_brings_it_once,
          a_rid_from_elsewhere_is_shown_and_found_in_place_of_its_own,
          a_rid_goes_with_its_resource_and_may_then_come_again,
          a_copy_of_a_template_with_a_rid_from_elsewhere_has_its_own)

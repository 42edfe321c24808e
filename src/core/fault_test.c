/*
 * Each operation of each use case on the store fails once: the use case must say so, and
 * after the undoing it must succeed as if nothing had been.
 */
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

static struct mst_world world;
static const char brought[] = "a32c85ba9dda45823be416246cf8b433baa068d7";
static char rid[MST_TEXT_CHARS], cik[MST_TEXT_CHARS], pending_rid[MST_TEXT_CHARS],
    code[MST_TEXT_CHARS], used_code[MST_TEXT_CHARS];
static struct mst_world_vendor borrower;

static void must(mst_world_verb *verb, struct mst_world_call call)
{
    ck_assert_int_eq(mst_world_run(&world, verb, &call), MST_DONE);
}

static const struct mst_sn_range range = {
    {MST_SN_BASE10, MST_SN_EITHER, 3},
    100, 199
};
static const struct mst_sn_range other_range = {
    {MST_SN_BASE10, MST_SN_EITHER, 3},
    200, 299
};

/* A group g with serial a and content c in it, in a group top, and an empty group h. */
static void add_groups(void)
{
    must(mst_do_add_group, (struct mst_world_call){.group = "g"});
    must(mst_do_add_group, (struct mst_world_call){.group = "h"});
    must(mst_do_add_group, (struct mst_world_call){.group = "top"});
    must(mst_do_put_member, (struct mst_world_call){.group = "g", .type = "sn", .member = "a"});
    must(mst_do_put_member,
         (struct mst_world_call){.group = "g", .type = "content", .member = "c"});
    must(mst_do_put_member,
         (struct mst_world_call){.group = "top", .type = "group", .member = "g"});
}

/* A code of the template that nobody has used, and one of the second portal that made a model. */
static void add_codes(void)
{
    struct mst_world_call call = {.caller_id = world.domain_id, .rid = world.template_rid};

    ck_assert_int_eq(mst_world_run(&world, mst_do_share, &call), MST_DONE);
    memcpy(code, call.handle, sizeof code);
    call.rid = world.portal2_rid;
    ck_assert_int_eq(mst_world_run(&world, mst_do_share, &call), MST_DONE);
    memcpy(used_code, call.handle, sizeof used_code);
    must(mst_do_add_model, (struct mst_world_call){.model = "by-code", .code = used_code});
}

/* m1 is lent to "umbrella", which enabled l for itself. */
static void lend(void)
{
    mst_world_add_vendor(&world, "umbrella", &borrower);
    must(mst_do_lend, (struct mst_world_call){.name = "umbrella"});
    must(mst_do_enable_owner, (struct mst_world_call){.sn = "l",
                                                      .borrower = "umbrella",
                                                      .rid = borrower.portal_rid,
                                                      .attempt = mst_world_attempt()});
}

/* Serial a is activated and was once before, b is enabled, c is listed, l is lent; 100 to 199 are a
   range. */
static void open_world(void)
{
    struct mst_world_call call = {.sn = "a", .attempt = mst_world_attempt()};

    mst_world_open(&world, 1, NULL);
    must(mst_do_add_model, (struct mst_world_call){.model = "m1"});
    must(mst_do_add, (struct mst_world_call){.sn = "a"});
    must(mst_do_add, (struct mst_world_call){.sn = "b"});
    must(mst_do_add, (struct mst_world_call){.sn = "c"});
    must(mst_do_add, (struct mst_world_call){.sn = "l"});
    must(mst_do_add_ranges, (struct mst_world_call){.ranges = &range, .n_ranges = 1});
    ck_assert_int_eq(mst_world_run(&world, mst_do_enable_owner, &call), MST_DONE);
    memcpy(rid, call.handle, sizeof rid);
    must(mst_do_activate, (struct mst_world_call){.sn = "a", .attempt = mst_world_attempt()});
    must(mst_do_enable, (struct mst_world_call){.sn = "a", .attempt = mst_world_attempt()});
    call.attempt = mst_world_attempt();
    ck_assert_int_eq(mst_world_run(&world, mst_do_activate, &call), MST_DONE);
    memcpy(cik, call.handle, sizeof cik);
    call = (struct mst_world_call){.sn = "b", .attempt = mst_world_attempt()};
    ck_assert_int_eq(mst_world_run(&world, mst_do_enable_owner, &call), MST_DONE);
    memcpy(pending_rid, call.handle, sizeof pending_rid);
    add_groups();
    add_codes();
    lend();
}

/* Fails the first operation, then the second, and so on until the use case needs no more. */
static void fail_each(mst_world_verb *verb, const struct mst_world_call *wanted)
{
    int n_operations = 0;

    for (int n = 1;; n++) {
        struct mst_world_call call;
        open_world();
        call = *wanted;
        if (wanted->caller_id == -1)
            call.caller_id = world.portal_id;
        if (wanted->caller_id == -2)
            call.caller_id = world.domain_id;
        world.fail_at = n;
        (void)mst_world_run(&world, verb, &call);
        if (world.fail_at > 0) {
            ck_assert_int_eq(call.err, MST_OK);
            ck_assert_int_eq(call.verdict, MST_DONE);
            mst_world_close(&world);
            break;
        }
        ck_assert_msg(call.err == MST_EIO, "operation %d failed and the answer was %d", n,
                      call.err);
        ck_assert_int_eq(mst_world_run(&world, verb, &call), MST_DONE);
        n_operations = n;
        mst_world_close(&world);
    }
    ck_assert_int_gt(n_operations, 0);
}

enum { BY_PORTAL = -1, BY_DOMAIN = -2 };

MST_TEST(the_life_of_a_device_survives_a_store_that_fails_once_at_any_point)
{
    fail_each(mst_do_add, &(struct mst_world_call){.sn = "d"});
    fail_each(mst_do_add_each, &(struct mst_world_call){.sn = "d", .other_sn = "c"});
    fail_each(mst_do_enable_owner, &(struct mst_world_call){.sn = "c", .attempt = 10000001});
    fail_each(mst_do_activate, &(struct mst_world_call){.sn = "b", .attempt = 10000002});
    fail_each(mst_do_enable, &(struct mst_world_call){.sn = "a", .attempt = 10000003});
    fail_each(mst_do_disable, &(struct mst_world_call){.sn = "a"});
    fail_each(mst_do_remap,
              &(struct mst_world_call){.sn = "c", .other_sn = "a", .attempt = 10000004});
    fail_each(mst_do_remove, &(struct mst_world_call){.sn = "a"});
    fail_each(mst_do_view, &(struct mst_world_call){.sn = "a"});
    fail_each(mst_do_log, &(struct mst_world_call){.sn = "a"});
    fail_each(mst_do_import_key,
              &(struct mst_world_call){.sn = "b", .key = brought, .attempt = 10000007});
    fail_each(mst_do_close_windows, &(struct mst_world_call){.sn = "a"});
}
MST_TEST_END

MST_TEST(ranges_survive_a_store_that_fails_once_at_any_point)
{
    fail_each(mst_do_add_ranges, &(struct mst_world_call){.ranges = &other_range, .n_ranges = 1});
    fail_each(mst_do_remove_ranges, &(struct mst_world_call){.ranges = &range, .n_ranges = 1});
    fail_each(mst_do_find_range, &(struct mst_world_call){.sn = "150"});
    fail_each(mst_do_view, &(struct mst_world_call){.sn = "150"});
    fail_each(mst_do_enable_owner, &(struct mst_world_call){.sn = "150", .attempt = 10000007});
    fail_each(mst_do_remap,
              &(struct mst_world_call){.sn = "150", .other_sn = "a", .attempt = 10000008});
    fail_each(mst_do_remove, &(struct mst_world_call){.sn = "150"});
}
MST_TEST_END

MST_TEST(asking_why_survives_a_store_that_fails_once_at_any_point)
{
    static const char *const sns[] = {"a", "b", "c", "150", "0150", "B", "nosuch"};

    for (size_t i = 0; i < sizeof sns / sizeof sns[0]; i++)
        fail_each(mst_do_why, &(struct mst_world_call){.sn = sns[i]});
    fail_each(mst_do_why, &(struct mst_world_call){.model = "M1", .sn = "a"});
    fail_each(mst_do_why, &(struct mst_world_call){.vendor = "Acme", .sn = "a"});
}
MST_TEST_END

MST_TEST(the_tree_survives_a_store_that_fails_once_at_any_point)
{
    fail_each(mst_do_authenticate, &(struct mst_world_call){.key = cik});
    fail_each(mst_do_info, &(struct mst_world_call){.caller_id = BY_PORTAL, .rid = rid});
    fail_each(mst_do_create, &(struct mst_world_call){.caller_id = BY_PORTAL,
                                                      .rid = world.portal_rid,
                                                      .kind = MST_KIND_CLIENT,
                                                      .has_limits = true,
                                                      .limit = 3});
    fail_each(mst_do_limit,
              &(struct mst_world_call){
                  .caller_id = BY_PORTAL, .rid = rid, .has_limits = true, .limit = 100});
    fail_each(mst_do_lock,
              &(struct mst_world_call){.caller_id = BY_PORTAL, .rid = rid, .is_locked = true});
    fail_each(mst_do_drop, &(struct mst_world_call){.caller_id = BY_PORTAL, .rid = rid});
    fail_each(mst_do_drop,
              &(struct mst_world_call){.caller_id = BY_DOMAIN, .rid = world.portal_rid});
    fail_each(mst_do_set_rid,
              &(struct mst_world_call){.caller_id = BY_PORTAL, .rid = rid, .name = brought});
    fail_each(mst_do_map,
              &(struct mst_world_call){.caller_id = BY_PORTAL, .rid = rid, .name = "x"});
    fail_each(mst_do_key_event,
              &(struct mst_world_call){
                  .caller_id = BY_PORTAL, .key = cik, .event = MST_ON_REVOKE, .attempt = 10000005});
    fail_each(mst_do_key_event, &(struct mst_world_call){.caller_id = BY_PORTAL,
                                                         .key = rid,
                                                         .event = MST_ON_RPC_DEACTIVATE,
                                                         .attempt = 10000006});
}
MST_TEST_END

MST_TEST(models_and_vendors_survive_a_store_that_fails_once_at_any_point)
{
    fail_each(mst_do_add_model, &(struct mst_world_call){.model = "m2"});
    fail_each(mst_do_update_model, &(struct mst_world_call){.window_s = 60});
    fail_each(mst_do_delete_model, &(struct mst_world_call){.model = "m1"});
    fail_each(mst_do_unregister, &(struct mst_world_call){.vendor = "acme"});
    fail_each(mst_do_register, &(struct mst_world_call){.vendor = "acme"});
}
MST_TEST_END

MST_TEST(groups_survive_a_store_that_fails_once_at_any_point)
{
    const struct mst_world_call nested = {.group = "h", .type = "group", .member = "g"};

    fail_each(mst_do_add_group, &(struct mst_world_call){.group = "new"});
    fail_each(mst_do_put_member, &nested);
    fail_each(mst_do_remove_member,
              &(struct mst_world_call){.group = "g", .type = "sn", .member = "a"});
    fail_each(mst_do_view_group, &(struct mst_world_call){.group = "g", .member = "a"});
    fail_each(mst_do_delete_group, &(struct mst_world_call){.group = "g"});
    fail_each(mst_do_admit, &(struct mst_world_call){.sn = "a", .content = "c"});
}
MST_TEST_END

MST_TEST(lending_survives_a_store_that_fails_once_at_any_point)
{
    fail_each(mst_do_lend, &(struct mst_world_call){.name = "umbrella"});
    fail_each(mst_do_take_back, &(struct mst_world_call){.name = "umbrella"});
    fail_each(mst_do_remap,
              &(struct mst_world_call){
                  .sn = "c", .other_sn = "l", .borrower = "umbrella", .attempt = 10000007});
    fail_each(mst_do_enable,
              &(struct mst_world_call){.sn = "l", .borrower = "umbrella", .attempt = 10000008});
    fail_each(mst_do_remove, &(struct mst_world_call){.sn = "l"});
    fail_each(mst_do_view, &(struct mst_world_call){.sn = "l", .borrower = "umbrella"});
    fail_each(mst_do_unregister,
              &(struct mst_world_call){.key = borrower.domain_cik, .vendor = "umbrella"});
}
MST_TEST_END

MST_TEST(share_codes_survive_a_store_that_fails_once_at_any_point)
{
    fail_each(mst_do_share,
              &(struct mst_world_call){.caller_id = BY_DOMAIN, .rid = world.portal_rid});
    fail_each(mst_do_describe_share,
              &(struct mst_world_call){
                  .caller_id = BY_DOMAIN, .rid = world.template_rid, .code = code, .meta = "m"});
    fail_each(mst_do_activate_share,
              &(struct mst_world_call){.caller_id = BY_PORTAL, .code = code});
    fail_each(mst_do_deactivate_share,
              &(struct mst_world_call){.caller_id = BY_DOMAIN, .code = used_code});
    fail_each(mst_do_deactivate_share,
              &(struct mst_world_call){.caller_id = BY_DOMAIN, .code = world.portal2_rid});
    fail_each(mst_do_revoke_share,
              &(struct mst_world_call){.caller_id = BY_DOMAIN, .code = used_code});
    fail_each(mst_do_add_model, &(struct mst_world_call){.model = "m3", .code = code});
    fail_each(mst_do_update_model, &(struct mst_world_call){.model = "by-code", .code = code});
    fail_each(mst_do_delete_model, &(struct mst_world_call){.model = "by-code"});
    fail_each(mst_do_drop,
              &(struct mst_world_call){.caller_id = BY_DOMAIN, .rid = world.portal2_rid});
    fail_each(mst_do_drop,
              &(struct mst_world_call){.caller_id = BY_DOMAIN, .rid = world.template_rid});
}
MST_TEST_END

MST_TESTS("core/fault", lending_survives_a_store_that_fails_once_at_any_point,
          the_life_of_a_device_survives_a_store_that_fails_once_at_any_point,
          ranges_survive_a_store_that_fails_once_at_any_point,
          asking_why_survives_a_store_that_fails_once_at_any_point,
          the_tree_survives_a_store_that_fails_once_at_any_point,
          models_and_vendors_survive_a_store_that_fails_once_at_any_point,
          groups_survive_a_store_that_fails_once_at_any_point,
          share_codes_survive_a_store_that_fails_once_at_any_point)

/* Share codes (protocol.md 2.15.4), and the models made by them (2.6.1). */
#include <string.h>

#include "tests/lib/unit.h"
#include "tests/lib/world.h"

#define RUN(verb, ...) mst_world_run(&world, mst_do_##verb, &(struct mst_world_call){__VA_ARGS__})

static struct mst_world world;

static void share(const char *rid, char ret[MST_TEXT_CHARS])
{
    struct mst_world_call call = {.caller_id = world.domain_id, .rid = rid};

    ck_assert_int_eq(mst_world_run(&world, mst_do_share, &call), MST_DONE);
    memcpy(ret, call.handle, MST_TEXT_CHARS);
}

static enum mst_verdict activate(int64_t client_id, const char *code)
{
    return RUN(activate_share, .caller_id = client_id, .code = code);
}

static enum mst_verdict deactivate(int64_t client_id, const char *name)
{
    return RUN(deactivate_share, .caller_id = client_id, .code = name);
}

static enum mst_verdict enable(const char *model, const char *sn)
{
    ck_assert_int_eq(RUN(add, .model = model, .sn = sn), MST_DONE);
    return RUN(enable_owner, .model = model, .sn = sn, .attempt = mst_world_attempt());
}

MST_TEST(a_code_has_one_activator_who_may_repeat_himself)
{
    char code[MST_TEXT_CHARS];

    mst_world_open(&world, 1, NULL);
    share(world.template_rid, code);
    ck_assert_int_eq(activate(world.portal_id, code), MST_DONE);
    ck_assert_int_eq(activate(world.portal_id, code), MST_DONE);
    ck_assert_int_eq(activate(world.portal2_id, code), MST_NOT_FOUND);
    ck_assert_int_eq(deactivate(world.portal2_id, code), MST_NOT_OWNED);
    ck_assert_int_eq(deactivate(world.portal_id, code), MST_DONE);
    ck_assert_int_eq(deactivate(world.portal_id, code), MST_NOT_FOUND);
    ck_assert_int_eq(activate(world.portal2_id, code), MST_DONE);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_client_activates_one_code_of_a_resource)
{
    char first[MST_TEXT_CHARS], second[MST_TEXT_CHARS];

    mst_world_open(&world, 1, NULL);
    share(world.template_rid, first);
    share(world.template_rid, second);
    ck_assert_int_eq(activate(world.portal_id, first), MST_DONE);
    ck_assert_int_eq(activate(world.portal_id, second), MST_NOT_FOUND);
    ck_assert_int_eq(activate(world.portal2_id, second), MST_DONE);
    ck_assert_int_eq(deactivate(world.portal_id, world.template_rid), MST_DONE);
    ck_assert_int_eq(activate(world.portal_id, first), MST_DONE);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(only_an_ancestor_makes_describes_and_revokes_a_code)
{
    char code[MST_TEXT_CHARS];

    mst_world_open(&world, 1, NULL);
    share(world.template_rid, code);
    ck_assert_int_eq(RUN(share, .caller_id = world.portal_id, .rid = world.template_rid),
                     MST_RESTRICTED);
    ck_assert_int_eq(RUN(share, .caller_id = world.domain_id, .rid = world.domain_rid),
                     MST_RESTRICTED);
    ck_assert_int_eq(
        RUN(describe_share, .caller_id = world.domain_id, .rid = world.portal_rid, .code = code),
        MST_NOT_FOUND);
    ck_assert_int_eq(RUN(describe_share, .caller_id = world.domain_id, .rid = world.template_rid,
                         .code = code, .meta = "\xff"),
                     MST_BAD_VALUE);
    ck_assert_int_eq(RUN(revoke_share, .caller_id = world.portal_id, .code = code), MST_NOT_OWNED);
    ck_assert_int_eq(RUN(revoke_share, .caller_id = world.root_id, .code = code), MST_DONE);
    ck_assert_int_eq(RUN(revoke_share, .caller_id = world.root_id, .code = code), MST_NOT_FOUND);
    ck_assert_int_eq(activate(world.portal_id, code), MST_NOT_FOUND);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(what_is_dropped_takes_its_codes_along_and_leaves_those_it_used)
{
    char of_portal[MST_TEXT_CHARS], of_template[MST_TEXT_CHARS];

    mst_world_open(&world, 1, NULL);
    share(world.portal_rid, of_portal);
    share(world.template_rid, of_template);
    ck_assert_int_eq(activate(world.portal_id, of_template), MST_DONE);
    ck_assert_int_eq(activate(world.portal2_id, of_portal), MST_DONE);
    ck_assert_int_eq(RUN(drop, .caller_id = world.domain_id, .rid = world.portal_rid), MST_DONE);
    ck_assert_int_eq(deactivate(world.portal2_id, of_portal), MST_NOT_FOUND);
    ck_assert_int_eq(activate(world.portal2_id, of_template), MST_DONE);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_model_by_code_enables_as_long_as_its_creator_has_the_code)
{
    char code[MST_TEXT_CHARS];

    mst_world_open(&world, 1, NULL);
    share(world.template_rid, code);
    ck_assert_int_eq(RUN(add_model, .model = "c", .code = "x"), MST_BAD_VALUE);
    ck_assert_int_eq(RUN(add_model, .model = "c", .code = code), MST_DONE);
    ck_assert_int_eq(enable("c", "1"), MST_DONE);
    ck_assert_int_eq(activate(world.portal_id, code), MST_NOT_FOUND);
    ck_assert_int_eq(deactivate(world.domain_id, code), MST_DONE);
    ck_assert_int_eq(enable("c", "2"), MST_NO_TEMPLATE);
    ck_assert_int_eq(activate(world.portal_id, code), MST_DONE);
    ck_assert_int_eq(enable("c", "3"), MST_NO_TEMPLATE);
    ck_assert_int_eq(RUN(update_model, .model = "c", .code = code, .window_s = -1), MST_BAD_VALUE);
    ck_assert_int_eq(RUN(revoke_share, .caller_id = world.domain_id, .code = code), MST_DONE);
    ck_assert_int_eq(enable("c", "4"), MST_NO_TEMPLATE);
    ck_assert_int_eq(RUN(update_model, .model = "c", .window_s = -1), MST_DONE);
    ck_assert_int_eq(enable("c", "5"), MST_DONE);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_code_used_up_by_another_is_refused_and_changes_nothing)
{
    char code[MST_TEXT_CHARS], mine[MST_TEXT_CHARS];

    mst_world_open(&world, 1, NULL);
    share(world.template_rid, code);
    share(world.portal2_rid, mine);
    ck_assert_int_eq(activate(world.portal_id, code), MST_DONE);
    ck_assert_int_eq(RUN(add_model, .model = "c", .code = code), MST_BAD_VALUE);
    ck_assert_int_eq(RUN(add_model, .model = "c", .code = mine), MST_DONE);
    ck_assert_int_eq(RUN(update_model, .model = "c", .code = code, .window_s = -1), MST_BAD_VALUE);
    /* the model has kept its code */
    ck_assert_int_eq(activate(world.portal_id, mine), MST_NOT_FOUND);
    ck_assert_int_eq(enable("c", "1"), MST_DONE);
    ck_assert_int_eq(RUN(delete_model, .model = "c"), MST_DONE);
    ck_assert_int_eq(activate(world.portal_id, mine), MST_DONE);
    mst_world_close(&world);
}
MST_TEST_END

MST_TESTS("core/share", a_code_has_one_activator_who_may_repeat_himself,
          a_client_activates_one_code_of_a_resource,
          only_an_ancestor_makes_describes_and_revokes_a_code,
          what_is_dropped_takes_its_codes_along_and_leaves_those_it_used,
          a_model_by_code_enables_as_long_as_its_creator_has_the_code,
          a_code_used_up_by_another_is_refused_and_changes_nothing)

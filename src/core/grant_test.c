/* Grant tokens: what they are worth, and when no more. */
#include <stdio.h>
#include <string.h>

#include "core/grant.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

#define RUN(verb, ...) mst_world_run(&world, mst_do_##verb, &(struct mst_world_call){__VA_ARGS__})

static struct mst_world world;

struct grant_call {
    struct mst_world_call call; /* first */
    int64_t granter_id, ttl_s;
    const char *permissions, *procedure;
    int64_t resource_id;
    bool is_covered;
};

static enum mst_err create(struct mst_world *of, struct mst_tx *tx, struct mst_world_call *call)
{
    const struct grant_call *grant = (const struct grant_call *)call;
    const struct mst_grant_terms terms = {.granter_id = grant->granter_id,
                                          .client_id = call->caller_id,
                                          .ttl_s = grant->ttl_s,
                                          .permissions = mst_span_str(grant->permissions)};
    struct mst_handle token;
    enum mst_err err = mst_grant_create(&of->domain, tx, &terms, &call->verdict, &token);

    if (err == MST_OK && call->verdict == MST_DONE)
        memcpy(call->handle, token.text, MST_HANDLE_CHARS);
    return err;
}

static enum mst_verdict grant_for(int64_t granter_id, int64_t client_id, int64_t ttl_s,
                                  const char *permissions, char ret_token[MST_TEXT_CHARS])
{
    struct grant_call grant = {.call = {.caller_id = client_id},
                               .granter_id = granter_id,
                               .ttl_s = ttl_s,
                               .permissions = permissions};

    if (mst_world_run(&world, create, &grant.call) == MST_DONE)
        memcpy(ret_token, grant.call.handle, MST_TEXT_CHARS);
    return grant.call.verdict;
}

static enum mst_err check(struct mst_world *of, struct mst_tx *tx, struct mst_world_call *call)
{
    struct grant_call *grant = (struct grant_call *)call;
    struct mst_row_grant_token row;
    struct mst_grant_scope scope;
    enum mst_err err =
        mst_grant_find(&of->domain, tx, mst_span_str(call->key), &call->verdict, &row);

    if (err != MST_OK || call->verdict != MST_DONE || !grant->procedure)
        return err;
    err = mst_grant_scope(&of->domain, tx, &row, mst_span_str(grant->procedure), &scope);
    return err != MST_OK ? err
                         : mst_grant_covers(&of->domain, tx, &row, &scope, grant->resource_id,
                                            &grant->is_covered);
}

static enum mst_verdict worth(const char *token)
{
    struct grant_call grant = {.call = {.key = token}};

    return mst_world_run(&world, check, &grant.call);
}

static bool covers(const char *token, const char *procedure, int64_t resource_id)
{
    struct grant_call grant = {
        .call = {.key = token}, .procedure = procedure, .resource_id = resource_id};

    ck_assert_int_eq(mst_world_run(&world, check, &grant.call), MST_DONE);
    return grant.is_covered;
}

MST_TEST(a_token_is_good_until_its_time_is_up)
{
    char token[MST_TEXT_CHARS] = "", other[MST_TEXT_CHARS];

    mst_world_open(&world, 1, NULL);
    ck_assert_int_eq(grant_for(world.portal_id, world.portal_id, 10, "{}", token), MST_DONE);
    memcpy(other, token, sizeof other);
    other[0] = token[0] == '0' ? '1' : '0';
    ck_assert_int_eq(worth(token), MST_DONE);
    ck_assert_int_eq(worth(other), MST_NO_AUTH);
    ck_assert_int_eq(worth(world.portal_cik), MST_NO_AUTH);
    ck_assert_int_eq(worth(""), MST_NO_AUTH);
    world.wall_now += 9;
    ck_assert_int_eq(worth(token), MST_DONE);
    world.wall_now += 1;
    ck_assert_int_eq(worth(token), MST_NO_AUTH);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_token_is_worth_what_the_key_is_that_made_it)
{
    char token[MST_TEXT_CHARS] = "";
    struct mst_world_call info;

    mst_world_open(&world, 1, NULL);
    ck_assert_int_eq(grant_for(world.portal_id, world.portal_id, 99, "{}", token), MST_DONE);
    ck_assert_int_eq(
        RUN(lock, .caller_id = world.domain_id, .rid = world.portal_rid, .is_locked = true),
        MST_DONE);
    ck_assert_int_eq(worth(token), MST_KEY_LOCKED);
    ck_assert_int_eq(RUN(lock, .caller_id = world.domain_id, .rid = world.portal_rid), MST_DONE);
    ck_assert_int_eq(worth(token), MST_DONE);
    ck_assert_int_eq(RUN(key_event, .caller_id = world.domain_id, .event = MST_ON_REVOKE,
                         .key = world.portal_cik, .attempt = 1),
                     MST_DONE);
    ck_assert_int_eq(worth(token), MST_NO_AUTH);
    info = (struct mst_world_call){.caller_id = world.domain_id, .rid = world.portal_rid};
    ck_assert_int_eq(mst_world_run(&world, mst_do_info, &info), MST_DONE);
    ck_assert_int_eq(RUN(key_event, .caller_id = world.domain_id, .event = MST_ON_RPC_ACTIVATE,
                         .key = info.key_text, .attempt = 2),
                     MST_DONE);
    ck_assert_int_eq(worth(token), MST_NO_AUTH); /* of the old key */
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_token_covers_what_it_names_and_what_lies_below)
{
    char token[MST_TEXT_CHARS] = "", text[256];
    struct mst_world_call port = {.caller_id = world.domain_id};

    mst_world_open(&world, 1, NULL);
    port = (struct mst_world_call){.caller_id = world.domain_id,
                                   .rid = world.template_rid,
                                   .kind = MST_KIND_DATAPORT,
                                   .format = MST_FORMAT_FLOAT};
    ck_assert_int_eq(mst_world_run(&world, mst_do_create, &port), MST_DONE);
    (void)snprintf(text, sizeof text, "{\"%s\":[\"read\",\"info\"],\"%s\":[\"write\"]}",
                   world.template_rid, port.handle);
    ck_assert_int_eq(grant_for(world.domain_id, world.domain_id, 99, text, token), MST_DONE);
    ck_assert(covers(token, "read", world.template_id));
    ck_assert(covers(token, "read", port.id));
    ck_assert(covers(token, "write", port.id));
    ck_assert(!covers(token, "write", world.template_id));
    ck_assert(!covers(token, "drop", port.id));
    ck_assert(!covers(token, "read", world.portal_id));
    ck_assert(!covers(token, "read", world.domain_id));
    ck_assert(!covers(token, "read", world.root_id));
    ck_assert(!covers(token, "read", 987654));
    ck_assert_int_eq(RUN(drop, .caller_id = world.domain_id, .rid = port.handle), MST_DONE);
    ck_assert(!covers(token, "write", port.id));
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_client_has_so_many_good_tokens_and_dead_ones_make_room)
{
    char token[MST_TEXT_CHARS] = "", first[MST_TEXT_CHARS] = "";

    mst_world_open(&world, 1, NULL);
    ck_assert_int_eq(grant_for(world.domain_id, world.portal_id, 10, "{}", first), MST_DONE);
    for (int i = 1; i < MST_GRANTS_MAX; i++)
        ck_assert_int_eq(grant_for(world.domain_id, world.portal_id, 20, "{}", token), MST_DONE);
    ck_assert_int_eq(grant_for(world.domain_id, world.portal_id, 20, "{}", token), MST_NO_ROOM);
    ck_assert_int_eq(grant_for(world.domain_id, world.portal2_id, 20, "{}", token), MST_DONE);
    world.wall_now += 10;
    ck_assert_int_eq(grant_for(world.domain_id, world.portal_id, 20, "{}", token), MST_DONE);
    ck_assert_int_eq(grant_for(world.domain_id, world.portal_id, 20, "{}", token), MST_NO_ROOM);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(how_long_and_how_much_is_bounded)
{
    static char text[MST_GRANT_PERMISSIONS_MAX + 2];
    char token[MST_TEXT_CHARS] = "";

    mst_world_open(&world, 1, NULL);
    ck_assert_int_eq(grant_for(world.portal_id, world.portal_id, 0, "{}", token), MST_BAD_VALUE);
    ck_assert_int_eq(grant_for(world.portal_id, world.portal_id, MST_GRANT_TTL_MAX_S, "{}", token),
                     MST_DONE);
    ck_assert_int_eq(
        grant_for(world.portal_id, world.portal_id, MST_GRANT_TTL_MAX_S + 1, "{}", token),
        MST_BAD_VALUE);
    memset(text, ' ', MST_GRANT_PERMISSIONS_MAX + 1);
    memcpy(text, "{}", 2);
    ck_assert_int_eq(grant_for(world.portal_id, world.portal_id, 1, text, token), MST_BAD_VALUE);
    text[MST_GRANT_PERMISSIONS_MAX] = '\0';
    ck_assert_int_eq(grant_for(world.portal_id, world.portal_id, 1, text, token), MST_DONE);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_token_ends_with_the_client_it_acts_for)
{
    char token[MST_TEXT_CHARS] = "";

    mst_world_open(&world, 1, NULL);
    ck_assert_int_eq(grant_for(world.domain_id, world.portal_id, 20, "{}", token), MST_DONE);
    ck_assert_int_eq(RUN(drop, .caller_id = world.domain_id, .rid = world.portal_rid), MST_DONE);
    ck_assert_int_eq(worth(token), MST_NO_AUTH);
    mst_world_close(&world);
}
MST_TEST_END

MST_TESTS("core/grant", a_token_is_good_until_its_time_is_up,
          a_token_is_worth_what_the_key_is_that_made_it,
          a_token_covers_what_it_names_and_what_lies_below,
          a_client_has_so_many_good_tokens_and_dead_ones_make_room,
          how_long_and_how_much_is_bounded, a_token_ends_with_the_client_it_acts_for)

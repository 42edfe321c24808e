#include "core/permit.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

static const enum mst_verdict cells[] = {MST_DONE, MST_NO_AUTH, MST_NO_VENDOR_NAME, MST_NO_SHARE,
                                         MST_RESTRICTED};

static bool is_cell(enum mst_verdict verdict)
{
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++)
        if (verdict == cells[i])
            return true;
    return false;
}

MST_TEST(open_actions_are_for_everyone_and_all_others_for_nobody_without_a_key)
{
    for (int a = 0; a < MST_ACTION_COUNT; a++)
        for (int r = 0; r < MST_ROLE_COUNT; r++) {
            enum mst_verdict verdict = mst_permit((enum mst_action)a, (enum mst_role)r);

            ck_assert(is_cell(verdict));
            if (mst_permit_by((enum mst_action)a) == MST_BY_OPEN)
                ck_assert_int_eq(verdict, MST_DONE);
            else if (r == MST_ROLE_NOBODY)
                ck_assert_int_eq(verdict, MST_NO_AUTH);
        }
}
MST_TEST_END

MST_TEST(models_of_others_are_for_vendors_who_borrow_them_and_only_where_the_header_counts)
{
    for (int i = 0; i < MST_ACTION_COUNT; i++) {
        enum mst_action a = (enum mst_action)i;

        if (mst_permit_by(a) == MST_BY_OPEN)
            continue;
        ck_assert_int_eq(mst_permit(a, MST_ROLE_STRANGER), MST_NO_SHARE);
        if (mst_permit_place(a) != MST_PLACE_LENT)
            ck_assert_int_eq(mst_permit(a, MST_ROLE_BORROWER), MST_NO_SHARE);
        if (mst_permit(a, MST_ROLE_BORROWER) == MST_DONE)
            ck_assert_int_eq(mst_permit(a, MST_ROLE_VENDOR), MST_DONE);
        if (mst_permit_place(a) == MST_PLACE_NONE)
            continue;
        ck_assert_int_eq(mst_permit_by(a), MST_BY_KEY);
        ck_assert_int_eq(mst_permit(a, MST_ROLE_CLIENT), MST_NO_VENDOR_NAME); /* A15 */
        ck_assert_int_eq(mst_permit(a, MST_ROLE_DEVICE), MST_NO_VENDOR_NAME);
        ck_assert_int_eq(mst_permit(a, MST_ROLE_ROOT), MST_NO_VENDOR_NAME);
    }
}
MST_TEST_END

/* Where only a CIK counts no vendor name is looked up: the table may not ask for one. */
MST_TEST(actions_by_cik_do_not_tell_vendors_from_other_clients)
{
    for (int i = 0; i < MST_ACTION_COUNT; i++) {
        enum mst_action a = (enum mst_action)i;

        if (mst_permit_by(a) != MST_BY_CIK)
            continue;
        ck_assert_int_eq(mst_permit(a, MST_ROLE_VENDOR), mst_permit(a, MST_ROLE_CLIENT));
        ck_assert_int_eq(mst_permit(a, MST_ROLE_TOKEN), MST_NO_AUTH);
    }
}
MST_TEST_END

/* ---- asking ---- */

struct question {
    struct mst_world_call call; /* first */
    enum mst_action action;
    const char *cik, *token, *vendor_name;
    struct mst_caller caller;
};

static struct mst_world world;

static struct mst_span text_of(const char *text)
{
    return mst_span_str(text ? text : "");
}

static enum mst_err ask(struct mst_world *of, struct mst_tx *tx, struct mst_world_call *call)
{
    struct question *question = (struct question *)call;
    const struct mst_permit_request request = {.action = question->action,
                                               .cik = text_of(question->cik),
                                               .token = text_of(question->token),
                                               .vendor_name = text_of(question->vendor_name),
                                               .model = text_of(call->model)};

    return mst_permit_ask(&of->domain, tx, &request, &call->verdict, &question->caller);
}

static enum mst_err make_token(struct mst_world *of, struct mst_tx *tx, struct mst_world_call *call)
{
    struct question *question = (struct question *)call;
    struct mst_handle token;
    enum mst_err err = ask(of, tx, call);

    if (err == MST_OK)
        err = mst_token_create(&of->domain, tx, &question->caller.manager, MST_LIT("t"),
                               &call->verdict, &token);
    if (err == MST_OK)
        memcpy(call->handle, token.text, MST_HANDLE_CHARS);
    return err;
}

#define ASK(want_verdict, want_role, ...)                                           \
    do {                                                                            \
        struct question question = {__VA_ARGS__};                                   \
        ck_assert_int_eq(mst_world_run(&world, ask, &question.call), want_verdict); \
        ck_assert_int_eq(question.caller.role, want_role);                          \
    } while (0)

static void make_device(char cik[MST_TEXT_CHARS])
{
    struct mst_world_call call = {.sn = "a", .attempt = 1};

    ck_assert_int_eq(mst_world_run(&world, mst_do_add_model, &call), MST_DONE);
    ck_assert_int_eq(mst_world_run(&world, mst_do_add, &call), MST_DONE);
    ck_assert_int_eq(mst_world_run(&world, mst_do_enable_owner, &call), MST_DONE);
    ck_assert_int_eq(mst_world_run(&world, mst_do_activate, &call), MST_DONE);
    memcpy(cik, call.handle, MST_TEXT_CHARS);
}

MST_TEST(a_caller_is_what_its_key_says_where_that_matters)
{
    char device[MST_TEXT_CHARS];
    struct question token = {.action = MST_MAY_KEEP_TOKENS};

    mst_world_open(&world, 1, NULL);
    make_device(device);
    token.cik = world.domain_cik;
    ck_assert_int_eq(mst_world_run(&world, make_token, &token.call), MST_DONE);

    ASK(MST_NO_AUTH, MST_ROLE_NOBODY, .action = MST_MAY_KEEP_MODELS);
    ASK(MST_DONE, MST_ROLE_VENDOR, .action = MST_MAY_KEEP_MODELS, .cik = world.domain_cik);
    ASK(MST_DONE, MST_ROLE_TOKEN, .action = MST_MAY_KEEP_MODELS, .token = token.call.handle);
    ASK(MST_NO_AUTH, MST_ROLE_TOKEN, .action = MST_MAY_KEEP_TOKENS, .token = token.call.handle);
    ASK(MST_NO_VENDOR_NAME, MST_ROLE_CLIENT, .action = MST_MAY_KEEP_MODELS,
        .cik = world.portal_cik);
    ASK(MST_DONE, MST_ROLE_CLIENT, .action = MST_MAY_USE_OWN_DATA, .cik = device);
    ASK(MST_NO_AUTH, MST_ROLE_NOBODY, .action = MST_MAY_USE_OWN_DATA, .token = device);
    ASK(MST_RESTRICTED, MST_ROLE_DEVICE, .action = MST_MAY_OPERATE, .cik = device);
    ASK(MST_RESTRICTED, MST_ROLE_CLIENT, .action = MST_MAY_OPERATE, .cik = world.portal_cik);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(the_key_comes_before_the_vendor_and_the_vendor_before_the_model)
{
    char device[MST_TEXT_CHARS];

    mst_world_open(&world, 1, NULL);
    make_device(device);
    ASK(MST_NO_AUTH, MST_ROLE_NOBODY, .action = MST_MAY_LIST_SERIALS, .vendor_name = "other");
    ASK(MST_NO_VENDOR_NAME, MST_ROLE_CLIENT, .action = MST_MAY_LIST_SERIALS, .cik = device,
        .vendor_name = "other");
    ASK(MST_NO_SHARE, MST_ROLE_STRANGER, .action = MST_MAY_LIST_SERIALS, .cik = world.domain_cik,
        .vendor_name = "other", .call.model = "nosuch");
    ASK(MST_DONE, MST_ROLE_VENDOR, .action = MST_MAY_LIST_SERIALS, .cik = world.domain_cik,
        .vendor_name = "acme", .call.model = "m1");
    ASK(MST_NO_MODEL, MST_ROLE_VENDOR, .action = MST_MAY_LIST_SERIALS, .cik = world.domain_cik,
        .call.model = "nosuch");
    ASK(MST_DONE, MST_ROLE_VENDOR, .action = MST_MAY_KEEP_MODEL, .cik = world.domain_cik,
        .vendor_name = "other", .call.model = "m1"); /* has no effect there */
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_vendor_borrows_what_is_lent_to_it_and_is_a_stranger_to_all_else)
{
    struct mst_world_vendor other;
    char device[MST_TEXT_CHARS];

    mst_world_open(&world, 1, NULL);
    mst_world_add_vendor(&world, "umbrella", &other);
    make_device(device);
    ASK(MST_NO_SHARE, MST_ROLE_STRANGER, .action = MST_MAY_LIST_SERIALS, .cik = other.domain_cik,
        .vendor_name = "acme", .call.model = "m1");
    ck_assert_int_eq(
        mst_world_run(&world, mst_do_lend, &(struct mst_world_call){.name = "umbrella"}), MST_DONE);
    ASK(MST_DONE, MST_ROLE_BORROWER, .action = MST_MAY_LIST_SERIALS, .cik = other.domain_cik,
        .vendor_name = "acme", .call.model = "m1");
    ASK(MST_NO_SHARE, MST_ROLE_BORROWER, .action = MST_MAY_KEEP_SERIALS, .cik = other.domain_cik,
        .vendor_name = "acme", .call.model = "m1");
    ASK(MST_NO_SHARE, MST_ROLE_STRANGER, .action = MST_MAY_LIST_SERIALS, .cik = other.domain_cik,
        .vendor_name = "acme", .call.model = "m2");
    ASK(MST_NO_MODEL, MST_ROLE_VENDOR, .action = MST_MAY_KEEP_MODEL, .cik = other.domain_cik,
        .vendor_name = "acme", .call.model = "m1"); /* its own is meant */
    mst_world_close(&world);
}
MST_TEST_END

MST_TESTS("core/permit", open_actions_are_for_everyone_and_all_others_for_nobody_without_a_key,
          models_of_others_are_for_vendors_who_borrow_them_and_only_where_the_header_counts,
          actions_by_cik_do_not_tell_vendors_from_other_clients,
          a_caller_is_what_its_key_says_where_that_matters,
          the_key_comes_before_the_vendor_and_the_vendor_before_the_model,
          a_vendor_borrows_what_is_lent_to_it_and_is_a_stranger_to_all_else)

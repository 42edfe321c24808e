/* Names at their limits, the root client, and who is calling. */
#include "core/access.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

static struct mst_world world;

static char filler[70000];

static struct mst_span filled(size_t len)
{
    memset(filler, 'x', sizeof filler);
    return mst_span_of(filler, len);
}

MST_TEST(names_have_a_longest_length_and_not_one_more)
{
    ck_assert(mst_name_is_vendor(filled(MST_VENDOR_MAX)));
    ck_assert(!mst_name_is_vendor(filled(MST_VENDOR_MAX + 1)));
    ck_assert(mst_name_is_model(filled(MST_MODEL_MAX)));
    ck_assert(!mst_name_is_model(filled(MST_MODEL_MAX + 1)));
    ck_assert(mst_name_is_sn(filled(MST_SN_MAX)));
    ck_assert(!mst_name_is_sn(filled(MST_SN_MAX + 1)));
    ck_assert(mst_name_is_alias(filled(MST_ALIAS_MAX)));
    ck_assert(!mst_name_is_alias(filled(MST_ALIAS_MAX + 1)));
    ck_assert(mst_name_is_token(filled(MST_TOKEN_NAME_MAX)));
    ck_assert(!mst_name_is_token(filled(MST_TOKEN_NAME_MAX + 1)));
    ck_assert(mst_name_is_extra(filled(MST_EXTRA_MAX)));
    ck_assert(!mst_name_is_extra(filled(MST_EXTRA_MAX + 1)));
}
MST_TEST_END

MST_TEST(names_have_at_least_one_character_but_extra_text_may_be_empty)
{
    ck_assert(!mst_name_is_vendor(filled(0)));
    ck_assert(!mst_name_is_model(filled(0)));
    ck_assert(!mst_name_is_sn(filled(0)));
    ck_assert(!mst_name_is_alias(filled(0)));
    ck_assert(!mst_name_is_token(filled(0)));
    ck_assert(mst_name_is_extra(filled(0)));
    ck_assert(mst_name_is_vendor(filled(1)));
    ck_assert(mst_name_is_sn(filled(1)));
}
MST_TEST_END

MST_TEST(names_are_made_of_their_own_characters)
{
    ck_assert(mst_name_is_vendor(MST_LIT("Az09_-.")));
    ck_assert(!mst_name_is_vendor(MST_LIT("a b")));
    ck_assert(!mst_name_is_vendor(MST_LIT("a+b")));
    ck_assert(mst_name_is_model(MST_LIT("Az09_-.+ ")));
    ck_assert(!mst_name_is_model(MST_LIT("a/b")));
    ck_assert(mst_name_is_sn(MST_LIT("00:aA-_.'\\ ~!")));
    ck_assert(!mst_name_is_sn(MST_LIT("a,b")));
    ck_assert(!mst_name_is_sn(MST_LIT("a\"b")));
    ck_assert(!mst_name_is_sn(MST_LIT("a/b")));
    ck_assert(!mst_name_is_sn(MST_LIT("a\x1f")));
    ck_assert(!mst_name_is_sn(MST_LIT("a\x7f")));
    ck_assert(!mst_name_is_sn(MST_LIT("\xc3\xa9")));
    ck_assert(!mst_name_is_sn(MST_LIT("a\0b")));
    ck_assert(mst_name_is_alias(MST_LIT("t\xc3\xa9mp 1")));
    ck_assert(!mst_name_is_alias(MST_LIT("a&b")));
    ck_assert(!mst_name_is_alias(MST_LIT("a=b")));
    ck_assert(!mst_name_is_alias(MST_LIT("a?b")));
    ck_assert(!mst_name_is_alias(MST_LIT("a#b")));
    ck_assert(!mst_name_is_alias(MST_LIT("a\0b")));
    ck_assert(!mst_name_is_extra(MST_LIT("a\rb")));
    ck_assert(!mst_name_is_extra(MST_LIT("a\nb")));
    ck_assert(!mst_name_is_token(MST_LIT("a\tb")));
}
MST_TEST_END

MST_TEST(only_well_formed_utf8_is_text)
{
    static const char *const good[] = {"",
                                       "a",
                                       "\x7f",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xef\xbf\xbf",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\x80",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xc2",
                                      "\xc2\x41",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xe1\x80",
                                      "\xe1\x80\x41",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xf1\x80\x80",
                                      "\xff"};

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(mst_name_is_utf8(mst_span_str(good[i])), "good row %zu", i);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!mst_name_is_utf8(mst_span_str(bad[i])), "bad row %zu", i);
}
MST_TEST_END

/* ---- the root client ---- */

static enum mst_err root_again(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_handle cik;
    bool is_new = true;
    enum mst_err err = mst_domain_ensure_root(&w->domain, tx, &is_new, &cik);

    call->verdict = MST_DONE;
    ck_assert(!is_new);
    memcpy(call->handle, cik.text, sizeof cik.text);
    call->handle[MST_HANDLE_CHARS] = '\0';
    return err;
}

MST_TEST(the_root_client_is_made_once_and_its_key_stays)
{
    struct mst_world_call first = {0}, second = {0}, auth = {0};

    mst_world_open(&world, 1, NULL);
    (void)mst_world_run(&world, root_again, &first);
    (void)mst_world_run(&world, root_again, &second);
    ck_assert_str_eq(first.handle, second.handle);
    auth.key = first.handle;
    ck_assert_int_eq(mst_world_run(&world, mst_do_authenticate, &auth), MST_DONE);
    ck_assert(auth.id == world.root_id);
    mst_world_close(&world);
}
MST_TEST_END

/* ---- keys ---- */

static enum mst_verdict authenticate(const char *key)
{
    struct mst_world_call call = {.key = key};

    return mst_world_run(&world, mst_do_authenticate, &call);
}

MST_TEST(a_key_that_is_wrong_in_any_one_character_is_no_key)
{
    char key[MST_TEXT_CHARS];

    mst_world_open(&world, 1, NULL);
    ck_assert_int_eq(authenticate(world.portal_cik), MST_DONE);
    for (int i = 0; i < MST_HANDLE_CHARS; i++) {
        memcpy(key, world.portal_cik, sizeof key);
        key[i] = key[i] == '0' ? '1' : '0';
        ck_assert_int_eq(authenticate(key), MST_NO_AUTH);
    }
    ck_assert_int_eq(authenticate(""), MST_NO_AUTH);
    ck_assert_int_eq(authenticate("short"), MST_NO_AUTH);
    ck_assert_int_eq(authenticate(world.portal_rid), MST_NO_AUTH);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(an_upper_case_key_is_no_key)
{
    char key[MST_TEXT_CHARS];
    bool has_letter = false;

    mst_world_open(&world, 1, NULL);
    memcpy(key, world.portal_cik, sizeof key);
    for (int i = 0; i < MST_HANDLE_CHARS; i++) {
        if (key[i] >= 'a' && !has_letter) {
            key[i] = (char)(key[i] - 'a' + 'A');
            has_letter = true;
        }
    }
    ck_assert(has_letter);
    ck_assert_int_eq(authenticate(key), MST_NO_AUTH);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(keys_made_after_a_new_rotating_key_work_beside_the_old_ones)
{
    struct mst_world_call call = {.caller_id = 0, .kind = MST_KIND_CLIENT, .name = "new"};

    mst_world_open(&world, 1, NULL);
    world.keys.kid = 2;
    call.caller_id = world.portal_id;
    call.rid = world.portal_rid;
    ck_assert_int_eq(mst_world_run(&world, mst_do_create, &call), MST_DONE);
    call.rid = call.handle;
    ck_assert_int_eq(mst_world_run(&world, mst_do_info, &call), MST_DONE);
    ck_assert_int_eq(authenticate(call.key_text), MST_DONE);
    ck_assert_int_eq(authenticate(world.portal_cik), MST_DONE);
    mst_world_close(&world);
}
MST_TEST_END

MST_TESTS("core/domain", names_have_a_longest_length_and_not_one_more,
          names_have_at_least_one_character_but_extra_text_may_be_empty,
          names_are_made_of_their_own_characters, only_well_formed_utf8_is_text,
          the_root_client_is_made_once_and_its_key_stays,
          a_key_that_is_wrong_in_any_one_character_is_no_key, an_upper_case_key_is_no_key,
          keys_made_after_a_new_rotating_key_work_beside_the_old_ones)

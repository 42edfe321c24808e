#include <string.h>

#include "base/hex.h"
#include "tests/lib/unit.h"
#include "wire/handle.h"

static const uint8_t store_id[MST_STORE_ID_BYTES] = {
    0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf};
static const uint8_t delta[MST_DELTA_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

enum { CIK = 1, TOKEN, SHARE, RID, GRANT };

/* The keys of docs/keys.md: bytes counted up from a first one. */
static struct mst_secret_key counted_key(unsigned first)
{
    struct mst_secret_key key;

    for (unsigned i = 0; i < sizeof key.bytes; i++)
        key.bytes[i] = (uint8_t)(first + i);
    return key;
}

static struct mst_handle_keys keys_of_store(const uint8_t id[MST_STORE_ID_BYTES])
{
    struct mst_handle_keys keys = {.n_rotating = 0};
    struct mst_secret_key locator = counted_key(0), first = counted_key(32),
                          second = counted_key(64);

    mst_handle_derive_locator(&keys, &locator, id);
    ck_assert_int_eq(mst_handle_derive_rotating(&keys, 1, &first, id), MST_OK);
    ck_assert_int_eq(mst_handle_derive_rotating(&keys, 2, &second, id), MST_OK);
    return keys;
}

static struct mst_handle_parts parts_of(unsigned kind)
{
    return (struct mst_handle_parts){.kind = kind,
                                     .n = UINT64_C(0xc0ffee0000000007),
                                     .kid = 1,
                                     .epoch = 3,
                                     .salt = UINT64_C(0x0123456789abcdef)};
}

MST_TEST(a_handle_of_any_kind_is_located_and_verified)
{
    struct mst_handle_keys keys = keys_of_store(store_id);

    for (unsigned kind = CIK; kind <= GRANT; kind++) {
        struct mst_handle_parts parts = parts_of(kind);
        struct mst_handle handle;
        uint64_t n = 0;
        ck_assert_int_eq(mst_handle_make(&keys, &parts, &handle), MST_OK);
        ck_assert_int_eq(mst_handle_locate(&keys, kind, mst_handle_span(&handle), &n), MST_OK);
        ck_assert(n == parts.n);
        ck_assert(mst_handle_verify(&keys, &parts, mst_handle_span(&handle)));
    }
}
MST_TEST_END

MST_TEST(any_other_part_is_another_handle)
{
    struct mst_handle_keys keys = keys_of_store(store_id);
    struct mst_handle_parts parts = parts_of(CIK);
    struct mst_handle handle;
    struct mst_handle_parts others[7];

    for (size_t i = 0; i < 7; i++)
        others[i] = parts;
    others[0].kind = TOKEN;
    others[1].n ^= 1;
    others[2].n ^= UINT64_C(1) << 63;
    others[3].kid = 2;
    others[4].epoch++;
    others[5].salt ^= UINT64_C(1) << 63;
    others[6].delta = delta;
    ck_assert_int_eq(mst_handle_make(&keys, &parts, &handle), MST_OK);
    for (size_t i = 0; i < 7; i++) {
        struct mst_handle other;
        ck_assert(!mst_handle_verify(&keys, &others[i], mst_handle_span(&handle)));
        ck_assert_int_eq(mst_handle_make(&keys, &others[i], &other), MST_OK);
        ck_assert(!mst_span_eq(mst_handle_span(&other), mst_handle_span(&handle)));
    }
}
MST_TEST_END

MST_TEST(tag_and_mask_both_depend_on_the_kind)
{
    struct mst_handle_keys keys = keys_of_store(store_id);
    struct mst_handle_parts cik = parts_of(CIK), token = parts_of(TOKEN);
    struct mst_handle a, b;
    uint64_t n = 0;

    ck_assert_int_eq(mst_handle_make(&keys, &cik, &a), MST_OK);
    ck_assert_int_eq(mst_handle_make(&keys, &token, &b), MST_OK);
    ck_assert_int_ne(memcmp(a.text, b.text, 2 * MST_DELTA_BYTES), 0);
    ck_assert_int_eq(mst_handle_locate(&keys, TOKEN, mst_handle_span(&a), &n), MST_OK);
    ck_assert(n != cik.n);
}
MST_TEST_END

MST_TEST(a_rid_depends_on_its_number_alone)
{
    struct mst_handle_keys keys = keys_of_store(store_id);
    struct mst_handle_parts parts = parts_of(RID), bare = {.kind = RID, .n = parts.n};
    struct mst_handle rid, other;

    parts.delta = delta;
    parts.kid = 99;
    ck_assert_int_eq(mst_handle_make(&keys, &parts, &rid), MST_OK);
    ck_assert_int_eq(mst_handle_make(&keys, &bare, &other), MST_OK);
    ck_assert_span_eq(mst_handle_span(&rid), mst_handle_span(&other));
    parts.n++;
    ck_assert(!mst_handle_verify(&keys, &parts, mst_handle_span(&rid)));
}
MST_TEST_END

MST_TEST(a_flipped_digit_anywhere_is_refused)
{
    struct mst_handle_keys keys = keys_of_store(store_id);

    for (unsigned kind = CIK; kind <= GRANT; kind++) {
        struct mst_handle_parts parts = parts_of(kind);
        struct mst_handle handle;
        ck_assert_int_eq(mst_handle_make(&keys, &parts, &handle), MST_OK);
        for (size_t i = 0; i < MST_HANDLE_CHARS; i++) {
            char was = handle.text[i];
            handle.text[i] = was == '0' ? '1' : '0';
            ck_assert(!mst_handle_verify(&keys, &parts, mst_handle_span(&handle)));
            handle.text[i] = was;
        }
    }
}
MST_TEST_END

MST_TEST(only_forty_lower_case_digits_are_a_handle)
{
    static const char *const rows[] = {
        "",
        "0",
        "000000000000000000000000000000000000000",
        "00000000000000000000000000000000000000000",
        "000000000000000000000000000000000000000A",
        "000000000000000000000000000000000000000g",
        " 000000000000000000000000000000000000000",
        "000000000000000000000000000000000000000\n",
    };
    struct mst_handle_keys keys = keys_of_store(store_id);
    struct mst_handle_parts parts = parts_of(CIK);
    uint64_t n = 7;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_int_eq(mst_handle_locate(&keys, CIK, mst_span_str(rows[i]), &n), MST_ESYNTAX);
        ck_assert(!mst_handle_verify(&keys, &parts, mst_span_str(rows[i])));
    }
    ck_assert_int_eq(mst_handle_locate(&keys, CIK,
                                       mst_span_of("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                                   "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
                                                   40),
                                       &n),
                     MST_ESYNTAX);
    ck_assert(n == 7);
}
MST_TEST_END

MST_TEST(another_store_with_the_same_key_file_has_other_handles)
{
    static const uint8_t other_id[MST_STORE_ID_BYTES] = {1};
    struct mst_handle_keys keys = keys_of_store(store_id), other = keys_of_store(other_id);

    for (unsigned kind = CIK; kind <= GRANT; kind++) {
        struct mst_handle_parts parts = parts_of(kind);
        struct mst_handle handle;
        uint64_t n = 0;
        ck_assert_int_eq(mst_handle_make(&keys, &parts, &handle), MST_OK);
        ck_assert(!mst_handle_verify(&other, &parts, mst_handle_span(&handle)));
        ck_assert_int_eq(mst_handle_locate(&other, kind, mst_handle_span(&handle), &n), MST_OK);
        ck_assert(n != parts.n);
    }
}
MST_TEST_END

/* What makes a change of the rotating key invisible to devices (docs/keys.md, rotation). */
MST_TEST(a_delta_keeps_a_handle_under_another_rotating_key)
{
    struct mst_handle_keys keys = keys_of_store(store_id);
    struct mst_handle_parts before = parts_of(CIK), after = before;
    struct mst_handle handle, plain;
    uint8_t old_tag[MST_HANDLE_BYTES], new_tag[MST_HANDLE_BYTES];

    after.kid = 2;
    after.salt = 99;
    ck_assert_int_eq(mst_handle_make(&keys, &before, &handle), MST_OK);
    ck_assert_int_eq(mst_handle_make(&keys, &after, &plain), MST_OK);
    ck_assert_int_eq(mst_hex_decode(mst_handle_span(&handle), old_tag, sizeof old_tag), MST_OK);
    ck_assert_int_eq(mst_hex_decode(mst_handle_span(&plain), new_tag, sizeof new_tag), MST_OK);
    for (size_t i = 0; i < MST_DELTA_BYTES; i++)
        new_tag[i] ^= old_tag[i];
    after.delta = new_tag;
    ck_assert(mst_handle_verify(&keys, &after, mst_handle_span(&handle)));
}
MST_TEST_END

MST_TEST(an_unknown_key_makes_and_verifies_nothing)
{
    struct mst_handle_keys keys = keys_of_store(store_id);
    struct mst_handle_parts parts = parts_of(CIK);
    struct mst_handle handle;
    uint8_t value[MST_CHECK_BYTES];

    ck_assert_int_eq(mst_handle_make(&keys, &parts, &handle), MST_OK);
    parts.kid = 3;
    ck_assert(!mst_handle_verify(&keys, &parts, mst_handle_span(&handle)));
    ck_assert_int_eq(mst_handle_make(&keys, &parts, &handle), MST_ENOENT);
    ck_assert_int_eq(mst_handle_check_value(&keys, 3, value), MST_ENOENT);
}
MST_TEST_END

MST_TEST(a_rotating_key_is_added_once_and_their_number_is_bounded)
{
    struct mst_handle_keys keys = {.n_rotating = 0};
    struct mst_secret_key key = counted_key(0);
    uint8_t value[MST_CHECK_BYTES], other[MST_CHECK_BYTES];

    for (uint32_t kid = 1; kid <= MST_HANDLE_KEYS_MAX; kid++)
        ck_assert_int_eq(mst_handle_derive_rotating(&keys, kid, &key, store_id), MST_OK);
    ck_assert_int_eq(mst_handle_derive_rotating(&keys, 1, &key, store_id), MST_EEXIST);
    ck_assert_int_eq(mst_handle_derive_rotating(&keys, 99, &key, store_id), MST_EFULL);
    ck_assert_int_eq(mst_handle_check_value(&keys, 8, value), MST_OK);
    mst_handle_keys_wipe(&keys);
    ck_assert_uint_eq(keys.n_rotating, 0);
    key = counted_key(1);
    ck_assert_int_eq(mst_handle_derive_rotating(&keys, 8, &key, store_id), MST_OK);
    ck_assert_int_eq(mst_handle_check_value(&keys, 8, other), MST_OK);
    ck_assert_mem_ne(value, other, sizeof value);
}
MST_TEST_END

MST_TESTS("wire/handle", a_handle_of_any_kind_is_located_and_verified,
          any_other_part_is_another_handle, tag_and_mask_both_depend_on_the_kind,
          a_rid_depends_on_its_number_alone, a_flipped_digit_anywhere_is_refused,
          only_forty_lower_case_digits_are_a_handle,
          another_store_with_the_same_key_file_has_other_handles,
          a_delta_keeps_a_handle_under_another_rotating_key,
          an_unknown_key_makes_and_verifies_nothing,
          a_rotating_key_is_added_once_and_their_number_is_bounded)

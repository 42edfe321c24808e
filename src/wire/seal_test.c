#include <string.h>

#include "base/hex.h"
#include "tests/lib/unit.h"
#include "wire/seal.h"

static struct mst_secret_key key_of(const char *hex)
{
    struct mst_secret_key key;

    ck_assert_int_eq(mst_hex_decode(mst_span_str(hex), key.bytes, sizeof key.bytes), MST_OK);
    return key;
}

#define KEY "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"

MST_TEST(sealing_and_opening_give_the_secret_again)
{
    const struct mst_secret_key key = key_of(KEY);
    uint8_t sealed[6 + MST_SEAL_BYTES], again[6 + MST_SEAL_BYTES], opened[6];

    mst_seal(&key, MST_LIT("p"), MST_LIT("i"), MST_LIT("secret"), sealed);
    mst_seal(&key, MST_LIT("p"), MST_LIT("i"), MST_LIT("secret"), again);
    ck_assert_mem_eq(sealed, again, sizeof sealed);
    ck_assert_int_eq(
        mst_seal_open(&key, MST_LIT("p"), MST_LIT("i"), mst_span_of(sealed, sizeof sealed), opened),
        MST_OK);
    ck_assert_mem_eq(opened, "secret", 6);
}
MST_TEST_END

MST_TEST(any_other_key_purpose_id_or_byte_is_refused)
{
    const struct mst_secret_key key = key_of(KEY);
    struct mst_secret_key other = key;
    uint8_t sealed[6 + MST_SEAL_BYTES], opened[6];
    struct mst_span span = mst_span_of(sealed, sizeof sealed);

    mst_seal(&key, MST_LIT("p"), MST_LIT("i"), MST_LIT("secret"), sealed);
    ck_assert_int_eq(mst_seal_open(&key, MST_LIT("q"), MST_LIT("i"), span, opened), MST_EKEY);
    ck_assert_int_eq(mst_seal_open(&key, MST_LIT("p"), MST_LIT("j"), span, opened), MST_EKEY);
    ck_assert_int_eq(mst_seal_open(&key, MST_LIT(""), MST_LIT("pi"), span, opened), MST_EKEY);
    other.bytes[31] ^= 1;
    ck_assert_int_eq(mst_seal_open(&other, MST_LIT("p"), MST_LIT("i"), span, opened), MST_EKEY);
    for (size_t i = 0; i < sizeof sealed; i++) {
        sealed[i] ^= 1;
        ck_assert_int_eq(mst_seal_open(&key, MST_LIT("p"), MST_LIT("i"), span, opened), MST_EKEY);
        sealed[i] ^= 1;
    }
    ck_assert_int_eq(
        mst_seal_open(&key, MST_LIT("p"), MST_LIT("i"), mst_span_of(sealed, 15), opened), MST_EKEY);
}
MST_TEST_END

MST_TESTS("wire/seal", sealing_and_opening_give_the_secret_again,
          any_other_key_purpose_id_or_byte_is_refused)

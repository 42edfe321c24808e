#include "base/hex.h"
#include "tests/lib/unit.h"
#include "wire/envelope.h"

static struct mst_secret_key counted(unsigned first)
{
    struct mst_secret_key key;

    for (unsigned i = 0; i < sizeof key.bytes; i++)
        key.bytes[i] = (uint8_t)(first + i);
    return key;
}

static struct mst_envelope sealed_to(const struct mst_secret_key *reader,
                                     const struct mst_secret_key *file_key)
{
    const struct mst_secret_key ephemeral = counted(200);
    struct mst_envelope envelope;

    mst_envelope_public(reader, envelope.to);
    ck_assert_int_eq(mst_envelope_seal(file_key, &ephemeral, &envelope), MST_OK);
    return envelope;
}

MST_TEST(the_public_half_is_what_another_program_finds)
{
    const struct mst_secret_key secret = counted(1);
    uint8_t public[MST_X25519_BYTES];
    char hex[2 * MST_X25519_BYTES + 1] = "";

    mst_envelope_public(&secret, public);
    mst_hex_encode(mst_span_of(public, sizeof public), hex);
    ck_assert_str_eq(hex, "07a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7c");
}
MST_TEST_END

MST_TEST(only_the_reader_opens_an_envelope)
{
    const struct mst_secret_key reader = counted(1), stranger = counted(2), file_key = counted(100);
    struct mst_envelope envelope = sealed_to(&reader, &file_key);
    struct mst_secret_key opened;

    ck_assert_int_eq(mst_envelope_open(&envelope, &reader, &opened), MST_OK);
    ck_assert_mem_eq(&opened, &file_key, sizeof opened);
    ck_assert_int_eq(mst_envelope_open(&envelope, &stranger, &opened), MST_EKEY);
    mst_envelope_public(&stranger, envelope.to);
    ck_assert_int_eq(mst_envelope_open(&envelope, &stranger, &opened), MST_EKEY);
}
MST_TEST_END

MST_TEST(an_envelope_with_any_bit_changed_is_refused)
{
    const struct mst_secret_key reader = counted(1), file_key = counted(100);
    struct mst_envelope envelope = sealed_to(&reader, &file_key);
    uint8_t *bytes = (uint8_t *)&envelope;
    struct mst_secret_key opened;

    for (size_t i = 0; i < sizeof envelope; i++) {
        bytes[i] ^= 1;
        ck_assert_msg(mst_envelope_open(&envelope, &reader, &opened) == MST_EKEY, "byte %zu", i);
        bytes[i] ^= 1;
    }
}
MST_TEST_END

MST_TEST(a_public_key_of_a_small_group_is_refused)
{
    const struct mst_secret_key ephemeral = counted(3), file_key = counted(100);
    struct mst_envelope envelope = {{0}, {0}, {0}};

    ck_assert_int_eq(mst_envelope_seal(&file_key, &ephemeral, &envelope), MST_EKEY);
    envelope.to[0] = 1;
    ck_assert_int_eq(mst_envelope_seal(&file_key, &ephemeral, &envelope), MST_EKEY);
}
MST_TEST_END

MST_TEST(a_mac_is_of_its_line_and_number)
{
    const struct mst_secret_key file_key = counted(100);
    struct mst_file_keys keys;
    uint8_t one[MST_LINE_MAC_BYTES], other[MST_LINE_MAC_BYTES];

    mst_file_keys_derive(&keys, &file_key);
    ck_assert_mem_ne(&keys.seal, &keys.mac, sizeof keys.mac);
    mst_file_mac(&keys, 7, MST_LIT("line"), one);
    mst_file_mac(&keys, 7, MST_LIT("line"), other);
    ck_assert_mem_eq(one, other, sizeof one);
    mst_file_mac(&keys, 8, MST_LIT("line"), other);
    ck_assert_mem_ne(one, other, sizeof one);
    mst_file_mac(&keys, 7, MST_LIT("lime"), other);
    ck_assert_mem_ne(one, other, sizeof one);
}
MST_TEST_END

MST_TESTS("wire/envelope", the_public_half_is_what_another_program_finds,
          only_the_reader_opens_an_envelope, an_envelope_with_any_bit_changed_is_refused,
          a_public_key_of_a_small_group_is_refused, a_mac_is_of_its_line_and_number)

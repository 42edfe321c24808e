#include "base/hex.h"
#include "tests/lib/unit.h"
#include "wire/digest.h"

static void assert_digest(struct mst_sha256 *sha, const char *want)
{
    uint8_t digest[MST_SHA256_BYTES];
    char text[2 * MST_SHA256_BYTES];

    mst_sha256_end(sha, digest);
    mst_hex_encode(mst_span_of(digest, sizeof digest), text);
    ck_assert_span_str(mst_span_of(text, sizeof text), want);
}

#define OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define OF_ABC     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

MST_TEST(pieces_hash_to_what_the_whole_hashes_to)
{
    struct mst_sha256 sha, copy;

    mst_sha256_init(&sha);
    assert_digest(&sha, OF_NOTHING);
    mst_sha256_add(&sha, MST_LIT("abc"));
    assert_digest(&sha, OF_ABC);
    mst_sha256_add(&sha, MST_LIT("a"));
    mst_sha256_add(&sha, mst_span_of(NULL, 0));
    copy = sha;
    mst_sha256_add(&sha, MST_LIT("bc"));
    assert_digest(&sha, OF_ABC);
    mst_sha256_add(&copy, MST_LIT("bc"));
    assert_digest(&copy, OF_ABC);
}
MST_TEST_END

MST_TESTS("wire/digest", pieces_hash_to_what_the_whole_hashes_to)

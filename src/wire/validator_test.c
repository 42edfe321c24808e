/* RFC 9110 13.1.2, 13.1.5; RFC 9530 3 and 4 */
#include "tests/lib/unit.h"
#include "wire/validator.h"

#define TAG MST_LIT("\"1a,2b\"")

MST_TEST(a_tag_that_is_listed_is_not_sent_again)
{
    static const struct {
        const char *value;
        bool is_listed;
    } rows[] = {
        {"\"1a,2b\"",                     true },
        {"W/\"1a,2b\"",                   true },
        {"*",                             true },
        {"\"x\", \"1a,2b\"",              true },
        {"\"x\" ,\t W/\"1a,2b\" , \"y\"", true },
        {", ,\"1a,2b\"",                  true },
        {"",                              false},
        {"\"x\"",                         false},
        {"1a,2b",                         false},
        {"\"1a\", \"2b\"",                false},
        {"\"1A,2b\"",                     false},
        {"w/\"1a,2b\"",                   false},
        {"W/ \"1a,2b\"",                  false},
        {"\"1a,2b",                       false},
        {"\"1a,2b\"\"",                   false},
        {"**",                            false},
        {"\"x\", *",                      false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_msg(mst_validator_is_listed(mst_span_str(rows[i].value), TAG) ==
                          rows[i].is_listed,
                      "%s", rows[i].value);
}
MST_TEST_END

MST_TEST(a_range_holds_only_for_what_the_asker_has_the_rest_of)
{
    ck_assert(mst_validator_allows_range(MST_LIT(""), TAG));
    ck_assert(mst_validator_allows_range(TAG, TAG));
    ck_assert(!mst_validator_allows_range(MST_LIT("W/\"1a,2b\""), TAG));
    ck_assert(!mst_validator_allows_range(MST_LIT("\"x\""), TAG));
    ck_assert(!mst_validator_allows_range(MST_LIT("*"), TAG));
    ck_assert(!mst_validator_allows_range(MST_LIT("Sun, 06 Nov 1994 08:49:37 GMT"), TAG));
}
MST_TEST_END

MST_TEST(a_digest_is_sent_if_sha_256_is_wanted)
{
    static const struct {
        const char *value;
        bool is_wanted;
    } rows[] = {
        {"sha-256=1",             true },
        {"sha-512=3, sha-256=10", true },
        {"unixsum=0,sha-256=5",   true },
        {"sha-256=0",             false},
        {"sha-256=11",            false},
        {"sha-256=",              false},
        {"sha-256",               false},
        {"SHA-256=1",             false},
        {"sha-512=10",            false},
        {"xsha-256=1",            false},
        {"",                      false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_msg(mst_validator_wants_sha256(mst_span_str(rows[i].value)) == rows[i].is_wanted,
                      "%s", rows[i].value);
}
MST_TEST_END

/* The digest of RFC 9530's examples: {"hello": "world"} and a line end. */
MST_TEST(the_digest_is_written_as_the_standard_shows_it)
{
    static const uint8_t hash[] = {0x44, 0xaf, 0xf4, 0xab, 0x2d, 0x7c, 0x32, 0x50, 0x52, 0x56, 0x75,
                                   0xa0, 0x8f, 0x0c, 0xfa, 0x95, 0x91, 0x16, 0x8c, 0xff, 0xe5, 0x17,
                                   0x91, 0xc5, 0xf5, 0xbb, 0xc4, 0x17, 0xc1, 0x5a, 0x6c, 0x38};
    struct mst_buf out;

    mst_buf_init(&out, 100);
    ck_assert_int_eq(mst_validator_digest_field(&out, mst_span_of(hash, sizeof hash)), MST_OK);
    ck_assert_span_str(mst_buf_span(&out),
                       "Repr-Digest: sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:\r\n");
    mst_buf_fini(&out);
}
MST_TEST_END

MST_TESTS("wire/validator", a_tag_that_is_listed_is_not_sent_again,
          a_range_holds_only_for_what_the_asker_has_the_rest_of,
          a_digest_is_sent_if_sha_256_is_wanted, the_digest_is_written_as_the_standard_shows_it)

#include "tests/lib/unit.h"
#include "wire/ws_key.h"

MST_TEST(the_example_of_the_rfc_is_answered)
{
    char accept[MST_WS_ACCEPT_CHARS];

    ck_assert_int_eq(mst_ws_key_accept(MST_LIT("dGhlIHNhbXBsZSBub25jZQ=="), accept), MST_OK);
    ck_assert_span_str(mst_span_of(accept, sizeof accept), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}
MST_TEST_END

MST_TEST(a_key_that_is_not_16_bytes_in_base64_is_none)
{
    static const char *const rows[] = {"",
                                       "dGhlIHNhbXBsZSBub25j",
                                       "dGhlIHNhbXBsZSBub25jZWQ=",
                                       "dGhlIHNhbXBsZSBub25jZWR4",
                                       "dGhlIHNhbXBsZSBub25jZ!==",
                                       "dGhlIHNhbXBsZSBub25jZQ==dGhlIHNhbXBsZSBub25jZQ=="};
    char accept[MST_WS_ACCEPT_CHARS];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_int_eq(mst_ws_key_accept(mst_span_str(rows[i]), accept), MST_ESYNTAX);
}
MST_TEST_END

MST_TESTS("wire/ws_key", the_example_of_the_rfc_is_answered,
          a_key_that_is_not_16_bytes_in_base64_is_none)

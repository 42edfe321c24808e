#include <string.h>

#include "tests/lib/unit.h"
#include "wire/base64.h"

MST_TEST(bytes_become_text_and_come_back)
{
    uint8_t bytes[200], back[MST_BASE64_BYTES(MST_BASE64_CHARS(sizeof bytes))];
    struct mst_span got;
    struct mst_buf text;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    mst_buf_init(&text, MST_BASE64_CHARS(sizeof bytes));
    ck_assert_int_eq(mst_base64_encode(MST_LIT("foobar1"), &text), MST_OK);
    ck_assert_span_str(mst_buf_span(&text), "Zm9vYmFyMQ==");
    for (size_t n = 0; n <= sizeof bytes; n++) {
        mst_buf_clear(&text);
        ck_assert_int_eq(mst_base64_encode(mst_span_of(bytes, n), &text), MST_OK);
        ck_assert_uint_eq(text.len, MST_BASE64_CHARS(n));
        ck_assert_int_eq(mst_base64_decode(mst_buf_span(&text), back, &got), MST_OK);
        ck_assert_uint_eq(got.len, n);
        ck_assert_int_eq(memcmp(back, bytes, n), 0);
    }
    mst_buf_fini(&text);
}
MST_TEST_END

MST_TEST(what_is_no_base64_is_refused)
{
    static const char *const bad[] = {"Zg", "Zg=", "Z", "Zm9v!", "====", "Zg==Zg=="};
    uint8_t bytes[16];
    struct mst_span got;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_int_eq(mst_base64_decode(mst_span_str(bad[i]), bytes, &got), MST_ESYNTAX);
}
MST_TEST_END

MST_TESTS("wire/base64", bytes_become_text_and_come_back, what_is_no_base64_is_refused)

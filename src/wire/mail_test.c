#include <string.h>

#include "tests/lib/unit.h"
#include "wire/mail.h"

MST_TEST(an_address_is_one_plain_address_and_nothing_else)
{
    static const char *const good[] = {"a@b", "first.last+tag@sub.example.com", "o'hara@x.example"};
    static const char *const bad[] = {
        "",      "a",        "@b",      "a@",         "a@b@c",        "a b@c",   "a@b\r\nRCPT",
        "<a@b>", "A <a@b>",  "a@b,c@d", "\"a\"@b",    "a@[::1]",      "a\x01@b", "\xc3\xa4@b",
        "a@b>",  "a\\@b.ex", "a@b;",    "a@b\x7f.ex", "(comment)a@b",
    };
    char long_one[300];

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(mst_mail_is_address(mst_span_str(good[i])), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!mst_mail_is_address(mst_span_str(bad[i])), "%s", bad[i]);
    memset(long_one, 'a', sizeof long_one);
    long_one[5] = '@';
    ck_assert(mst_mail_is_address(mst_span_of(long_one, 254)));
    ck_assert(!mst_mail_is_address(mst_span_of(long_one, 255)));
}
MST_TEST_END

static struct mst_buf out;

static const char *write_mail(const char *subject, const char *text)
{
    struct mst_mail mail = {.from = MST_LIT("muster@here.example"),
                            .to = MST_LIT("ops@there.example"),
                            .subject = mst_span_str(subject),
                            .text = mst_span_str(text),
                            .id = MST_LIT("ab-12"),
                            .at = 1640995200};

    mst_buf_init(&out, 1 << 20);
    ck_assert_int_eq(mst_mail_write(&mail, &out), MST_OK);
    ck_assert_int_eq(mst_buf_add_byte(&out, '\0'), MST_OK);
    return out.ptr;
}

MST_TEST(a_mail_has_its_headers_and_its_text_as_base64)
{
    ck_assert_str_eq(write_mail("Too warm", "31.5"), "Date: Sat, 01 Jan 2022 00:00:00 +0000\r\n"
                                                     "From: <muster@here.example>\r\n"
                                                     "To: <ops@there.example>\r\n"
                                                     "Message-ID: <ab-12@here.example>\r\n"
                                                     "Subject: Too warm\r\n"
                                                     "Auto-Submitted: auto-generated\r\n"
                                                     "MIME-Version: 1.0\r\n"
                                                     "Content-Type: text/plain; charset=utf-8\r\n"
                                                     "Content-Transfer-Encoding: base64\r\n"
                                                     "\r\n"
                                                     "MzEuNQ==\r\n");
    mst_buf_fini(&out);
}
MST_TEST_END

MST_TEST(a_subject_cannot_add_a_header)
{
    const char *mail = write_mail("a\r\nBcc: all@there.example", "x");

    ck_assert_ptr_null(strstr(mail, "Bcc"));
    ck_assert_ptr_nonnull(
        strstr(mail, "Subject: =?utf-8?B?YQ0KQmNjOiBhbGxAdGhlcmUuZXhhbXBsZQ==?=\r\n"));
    mst_buf_fini(&out);
}
MST_TEST_END

MST_TEST(a_subject_that_looks_encoded_is_encoded)
{
    ck_assert_ptr_nonnull(strstr(write_mail("=?x?=", ""), "Subject: =?utf-8?B?PT94Pz0=?=\r\n"));
    mst_buf_fini(&out);
}
MST_TEST_END

MST_TEST(no_line_is_longer_than_78_and_no_character_is_cut_in_two)
{
    char subject[200], text[1000];
    const char *line;

    /* 66 characters of three bytes each, after one that shifts them */
    subject[0] = 'x';
    for (size_t i = 1; i + 3 < sizeof subject; i += 3)
        memcpy(subject + i, "\xe2\x82\xac", 4);
    memset(text, 'y', sizeof text);
    text[sizeof text - 1] = '\0';
    line = write_mail(subject, text);
    for (const char *end; (end = strstr(line, "\r\n")) != NULL; line = end + 2) {
        ck_assert_int_le(end - line, 78);
        /* 43 bytes: x and 14 characters would be; 40 are whole ones */
        if (strncmp(line, "Subject:", 8) == 0)
            ck_assert_int_eq(end - line, 9 + 10 + 56 + 2);
    }
    mst_buf_fini(&out);
}
MST_TEST_END

MST_TESTS("wire/mail", an_address_is_one_plain_address_and_nothing_else,
          a_mail_has_its_headers_and_its_text_as_base64, a_subject_cannot_add_a_header,
          a_subject_that_looks_encoded_is_encoded,
          no_line_is_longer_than_78_and_no_character_is_cut_in_two)

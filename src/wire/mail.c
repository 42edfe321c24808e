/*
 * Subjects beyond short printable ASCII, and every text, go as base64: then nothing in them can be taken
 * for something of the mail's own (a CRLF and a further header, a line with a dot alone).
 */
#include "wire/base64.h"
#include "wire/httpdate.h"
#include "wire/mail.h"

enum {
    ADDRESS_MAX = 254, /* RFC 5321 4.5.3.1.3, without the brackets */
    PLAIN_MAX = 60,    /* of a subject: fits into its line */
    WORD_BYTES = 42,   /* of an encoded word, which may have 75 characters */
    LINE_BYTES = 54,   /* 72 characters of base64 */
    DATE_WITHOUT_ZONE = MST_HTTPDATE_CHARS - 3
};

bool mst_mail_is_address(struct mst_span text)
{
    size_t at = mst_span_find(text, '@', 0);

    if (text.len > ADDRESS_MAX || at == 0 || at + 1 >= text.len ||
        mst_span_find(text, '@', at + 1) != text.len)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (c <= ' ' || c > '~' || mst_span_find(MST_LIT("()<>[]:;,\\\""), c, 0) < 11)
            return false;
    }
    return true;
}

static bool is_plain(struct mst_span subject)
{
    for (size_t i = 0; i < subject.len; i++)
        if (subject.ptr[i] < ' ' || subject.ptr[i] > '~')
            return false;
    return subject.len <= PLAIN_MAX && mst_span_find(subject, '=', 0) == subject.len;
}

/* How many of up to max bytes at from are whole characters. */
static size_t whole_characters(struct mst_span text, size_t from, size_t max)
{
    size_t end = from + max;

    if (end >= text.len)
        return text.len - from;
    while (end > from + max - 4 && ((unsigned char)text.ptr[end] & 0xc0) == 0x80)
        end--;
    return end - from;
}

static enum mst_err write_subject(struct mst_span subject, struct mst_buf *out)
{
    enum mst_err err = MST_OK;

    (void)mst_buf_add_str(out, "Subject: ");
    if (is_plain(subject)) {
        (void)mst_buf_add(out, subject);
        return mst_buf_add_str(out, "\r\n");
    }
    for (size_t from = 0, n; from < subject.len && err == MST_OK; from += n) {
        n = whole_characters(subject, from, WORD_BYTES);
        (void)mst_buf_add_str(out, from == 0 ? "=?utf-8?B?" : "\r\n =?utf-8?B?");
        err = mst_base64_encode(mst_span_cut(subject, from, from + n), out);
        (void)mst_buf_add_str(out, "?=");
    }
    return mst_buf_add_str(out, "\r\n");
}

static enum mst_err write_text(struct mst_span text, struct mst_buf *out)
{
    enum mst_err err = MST_OK;

    for (size_t from = 0; from < text.len && err == MST_OK; from += LINE_BYTES) {
        err = mst_base64_encode(mst_span_cut(text, from, from + LINE_BYTES), out);
        (void)mst_buf_add_str(out, "\r\n");
    }
    return mst_buf_err(out);
}

static struct mst_span domain_of(struct mst_span address)
{
    return mst_span_cut(address, mst_span_find(address, '@', 0) + 1, address.len);
}

enum mst_err mst_mail_write(const struct mst_mail *mail, struct mst_buf *out)
{
    char date[MST_HTTPDATE_CHARS];
    struct mst_span domain = domain_of(mail->from);

    mst_httpdate_print(mail->at, date);
    (void)mst_buf_addf(out, "Date: %.*s+0000\r\n", (int)DATE_WITHOUT_ZONE, date);
    (void)mst_buf_addf(out, "From: <%.*s>\r\n", (int)mail->from.len, mail->from.ptr);
    (void)mst_buf_addf(out, "To: <%.*s>\r\n", (int)mail->to.len, mail->to.ptr);
    (void)mst_buf_addf(out, "Message-ID: <%.*s@%.*s>\r\n", (int)mail->id.len, mail->id.ptr,
                       (int)domain.len, domain.ptr);
    (void)write_subject(mail->subject, out);
    (void)mst_buf_add_str(out, "Auto-Submitted: auto-generated\r\n"
                               "MIME-Version: 1.0\r\n"
                               "Content-Type: text/plain; charset=utf-8\r\n"
                               "Content-Transfer-Encoding: base64\r\n\r\n");
    return write_text(mail->text, out);
}

#include <stdlib.h>
#include <string.h>

#include "net/proxy.h"
#include "tests/lib/unit.h"

#define SIG    "\r\n\r\n\0\r\nQUIT\n"
#define ADDRS4 "\x0a\x01\x02\x03\x7f\x00\x00\x01\x1f\x90\x01\xbb" /* 10.1.2.3:8080 */
#define ADDRS6                                                         \
    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0\0\0\0\0" \
    "\0\0\0\0\x01\x00\x50\x01\xbb" /* [2001:db8::9]:80 */

struct row {
    struct mst_span bytes;
    enum mst_err err;
    size_t len;
    const char *src; /* NULL: not named */
};

#define ROW(bytes, len, src)                               \
    {                                                      \
        {(bytes), sizeof(bytes) - 1}, MST_OK, (len), (src) \
    }
#define NOT(bytes, err)                              \
    {                                                \
        {(bytes), sizeof(bytes) - 1}, (err), 0, NULL \
    }

static const struct row rows[] = {
    /* version 1 */
    ROW("PROXY TCP4 10.0.0.1 10.0.0.2 5000 80\r\nGET", 38, "10.0.0.1:5000"),
    ROW("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", 56, "255.255.255.255:65535"),
    ROW("PROXY TCP6 2001:db8::9 ::1 1 2\r\n", 32, "[2001:db8::9]:1"),
    ROW("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
        104, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"),
    ROW("PROXY UNKNOWN\r\n", 15, NULL),
    ROW("PROXY UNKNOWN ffff:: ::1 65535 65535\r\nX", 38, NULL),
    ROW("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", 32, "0.0.0.0:0"),
    NOT("PROXY TCP4 10.0.0.1 10.0.0.2 5000 80\n", MST_ESYNTAX),
    NOT("PROXY TCP4 10.0.0.1 10.0.0.2 5000 80 \r\n", MST_ESYNTAX),
    NOT("PROXY TCP4 10.0.0.1 10.0.0.2 5000\r\n", MST_ESYNTAX),
    NOT("PROXY TCP4  10.0.0.1 10.0.0.2 5000 80\r\n", MST_ESYNTAX),
    NOT("PROXY TCP4 10.0.0.1 10.0.0.2 05000 80\r\n", MST_ESYNTAX),
    NOT("PROXY TCP4 10.0.0.1 10.0.0.2 5000 65536\r\n", MST_ESYNTAX),
    NOT("PROXY TCP4 10.0.0.1 10.0.0.2 -1 80\r\n", MST_ESYNTAX),
    NOT("PROXY TCP4 10.0.0.256 10.0.0.2 5000 80\r\n", MST_ESYNTAX),
    NOT("PROXY TCP4 ::1 ::1 5000 80\r\n", MST_ESYNTAX),
    NOT("PROXY TCP6 10.0.0.1 10.0.0.2 5000 80\r\n", MST_ESYNTAX),
    NOT("PROXY TCP6 ::1 10.0.0.2 5000 80\r\n", MST_ESYNTAX),
    NOT("PROXY UDP4 10.0.0.1 10.0.0.2 5000 80\r\n", MST_ESYNTAX),
    NOT("PROXY tcp4 10.0.0.1 10.0.0.2 5000 80\r\n", MST_ESYNTAX),
    NOT("PROXY UNKNOWNX\r\n", MST_ESYNTAX),
    NOT("PROXY \r\n", MST_ESYNTAX),
    NOT("PROXY UNKNOWN aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaa",
        MST_ESYNTAX),
    /* version 2 */
    ROW(SIG "\x21\x11\x00\x0c" ADDRS4 "GET", 28, "10.1.2.3:8080"),
    ROW(SIG "\x21\x11\x00\x0f" ADDRS4 "\x04\x00\x00", 31, "10.1.2.3:8080"),
    ROW(SIG "\x21\x21\x00\x24" ADDRS6, 52, "[2001:db8::9]:80"),
    ROW(SIG "\x20\x00\x00\x00", 16, NULL),
    ROW(SIG "\x20\x11\x00\x0c" ADDRS4, 28, NULL),
    ROW(SIG "\x21\x00\x00\x02xy", 18, NULL),
    NOT(SIG "\x21\x11\x00\x0b" ADDRS4, MST_ESYNTAX),
    NOT(SIG "\x21\x21\x00\x23" ADDRS6, MST_ESYNTAX),
    NOT(SIG "\x22\x11\x00\x0c" ADDRS4, MST_ESYNTAX),
    NOT(SIG "\x11\x11\x00\x0c" ADDRS4, MST_ESYNTAX),
    NOT(SIG "\x21\x12\x00\x0c" ADDRS4, MST_ESYNTAX),
    NOT(SIG "\x21\x31\x00\xd8", MST_EMORE),
    NOT(SIG "\x21\x41\x00\x00", MST_ESYNTAX),
    NOT(SIG "\x21\x11\xff\xff", MST_ESYNTAX),
    /* neither */
    NOT("GET / HTTP/1.1\r\n", MST_ENOENT),
    NOT("POST /provision/activate HTTP/1.1\r\n", MST_ENOENT),
    NOT("PROXX", MST_ENOENT),
    NOT("PROXY\r\n", MST_ENOENT),
    NOT("\r\n\r\nGET /", MST_ENOENT),
    NOT("\x16\x03\x01\x02\x00", MST_ENOENT),
    NOT("", MST_EMORE),
    NOT("P", MST_EMORE),
    NOT("PROXY", MST_EMORE),
    NOT("PROXY TCP4 10.0.0.1 ", MST_EMORE),
    NOT("\r\n\r\n\0\r\nQUIT", MST_EMORE),
    NOT(SIG "\x21\x11\x00\x0c", MST_EMORE),
};

static void check_row(const struct row *row)
{
    struct mst_proxy proxy = {.len = 12345};
    char text[MST_ADDR_CHARS];
    /* A copy of exactly this size lets the address sanitizer see a read behind the end. */
    char *copy = malloc(row->bytes.len ? row->bytes.len : 1);
    enum mst_err err;

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, row->bytes.ptr, row->bytes.len);
    err = mst_proxy_parse(mst_span_of(copy, row->bytes.len), &proxy);
    ck_assert_msg(err == row->err, "%.60s: %s", row->bytes.ptr, mst_err_text(err));
    if (err != MST_OK) {
        ck_assert_uint_eq(proxy.len, 12345);
    } else {
        ck_assert_uint_eq(proxy.len, row->len);
        ck_assert_int_eq(proxy.is_named, row->src != NULL);
    }
    if (err == MST_OK && row->src) {
        mst_addr_print(&proxy.src, text);
        ck_assert_str_eq(text, row->src);
    }
    free(copy);
}

MST_TEST(a_header_is_taken_whole_or_refused)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_row(&rows[i]);
}
MST_TEST_END

MST_TEST(every_shorter_piece_of_a_good_header_asks_for_more)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_proxy proxy;

        for (size_t n = 0; rows[i].err == MST_OK && n < rows[i].len; n++)
            ck_assert_int_eq(mst_proxy_parse(mst_span_cut(rows[i].bytes, 0, n), &proxy), MST_EMORE);
    }
}
MST_TEST_END

MST_TESTS("net/proxy", a_header_is_taken_whole_or_refused,
          every_shorter_piece_of_a_good_header_asks_for_more)

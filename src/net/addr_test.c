#include <string.h>

#include "net/addr.h"
#include "tests/lib/unit.h"

MST_TEST(addresses_are_read_and_printed_back)
{
    static const struct {
        const char *text, *printed, *ip;
        bool is_v6;
    } rows[] = {
        {"127.0.0.1:80",                                          "127.0.0.1:80",      "127.0.0.1",   false},
        {"0.0.0.0:0",                                             "0.0.0.0:0",         "0.0.0.0",     false},
        {"255.255.255.255:65535",                                 NULL,                NULL,          false},
        {"[::1]:8080",                                            "[::1]:8080",        "::1",         true },
        {"[::]:1",                                                "[::]:1",            "::",          true },
        {"[2001:DB8::1]:443",                                     "[2001:db8::1]:443", "2001:db8::1", true },
        {"[::ffff:10.0.0.1]:5",                                   "10.0.0.1:5",        "10.0.0.1",    false},
        {"[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:65535",
         "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",                            NULL,          true },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_addr addr;
        char text[MST_ADDR_CHARS];

        ck_assert_int_eq(mst_addr_parse(mst_span_str(rows[i].text), &addr), MST_OK);
        ck_assert_int_eq(addr.is_v6, rows[i].is_v6);
        mst_addr_print(&addr, text);
        ck_assert_str_eq(text, rows[i].printed ? rows[i].printed : rows[i].text);
        if (rows[i].ip) {
            mst_addr_print_ip(&addr, text);
            ck_assert_str_eq(text, rows[i].ip);
        }
    }
}
MST_TEST_END

MST_TEST(what_is_not_an_address_is_refused_and_changes_nothing)
{
    static const char *const bad[] = {
        "",
        "127.0.0.1",
        "127.0.0.1:",
        ":80",
        "127.0.0.1:65536",
        "127.0.0.1:+1",
        "127.0.0.1: 1",
        "127.0.0.01:1",
        "127.0.0:1",
        "localhost:80",
        "::1:80",
        "[::1]",
        "[::1]:",
        "[::1",
        "[127.0.0.1]:80",
        "[::1]80",
        "[]:1",
        "1.2.3.4:000001",
        "1.2.3.4:1 ",
        "[fe80::1%eth0]:1",
        "1.2.3.4.5:1",
        "256.0.0.1:1",
    };
    struct mst_addr addr, before;

    memset(&addr, 7, sizeof addr);
    before = addr;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(mst_addr_parse(mst_span_str(bad[i]), &addr) == MST_ESYNTAX, "%s", bad[i]);
    ck_assert_int_eq(mst_addr_parse(mst_span_of("1.2.3.4\0:80", 11), &addr), MST_ESYNTAX);
    ck_assert_int_eq(mst_addr_parse_ip(MST_LIT("1.2.3.4:80"), &addr), MST_ESYNTAX);
    ck_assert_int_eq(memcmp(&addr, &before, sizeof addr), 0);
}
MST_TEST_END

static bool has(const char *set_text, const char *ip)
{
    struct mst_addr_set set;
    struct mst_addr addr;

    ck_assert_int_eq(mst_addr_set_parse(mst_span_str(set_text), &set), MST_OK);
    ck_assert_int_eq(mst_addr_parse_ip(mst_span_str(ip), &addr), MST_OK);
    return mst_addr_set_has(&set, &addr);
}

MST_TEST(a_set_of_networks_has_what_its_prefixes_cover)
{
    static const struct {
        const char *set, *ip;
        bool has;
    } rows[] = {
        {"10.0.0.0/8, ::1",       "10.255.0.1",       true },
        {"10.0.0.0/8, ::1",       "11.0.0.1",         false},
        {"10.0.0.0/8, ::1",       "::1",              true },
        {"10.0.0.0/8, ::1",       "::2",              false},
        {"192.168.1.128/25",      "192.168.1.128",    true },
        {"192.168.1.128/25",      "192.168.1.127",    false},
        {"192.168.1.7",           "192.168.1.7",      true },
        {"192.168.1.7/32",        "192.168.1.6",      false},
        {"0.0.0.0/0",             "8.8.8.8",          true },
        {"0.0.0.0/0",             "::1",              false},
        {"::/0",                  "2001:db8::5",      true },
        {"::/0",                  "8.8.8.8",          false},
        {"2001:db8::/33 1.2.3.4", "2001:db8:7fff::1", true },
        {"2001:db8::/33 1.2.3.4", "2001:db8:8000::1", false},
        {"2001:db8::/33 1.2.3.4", "1.2.3.4",          true },
        {"",                      "1.2.3.4",          false},
        {" , \t\n",               "1.2.3.4",          false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_msg(has(rows[i].set, rows[i].ip) == rows[i].has, "%s in %s", rows[i].ip,
                      rows[i].set);
}
MST_TEST_END

MST_TEST(a_bad_or_too_long_set_is_refused_whole)
{
    static const char *const bad[] = {
        "10.0.0.0/33", "::1/129", "10.0.0.0/", "10.0.0.0/a", "10.0.0.0/-1", "x", "1.2.3.4;5.6.7.8",
    };
    struct mst_addr_set set = {.n_nets = 99};
    struct mst_buf many;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(mst_addr_set_parse(mst_span_str(bad[i]), &set) == MST_ESYNTAX, "%s", bad[i]);
    mst_buf_init(&many, 10000);
    for (int i = 0; i <= MST_ADDR_SET_MAX; i++)
        (void)mst_buf_addf(&many, "10.0.0.%d,", i);
    ck_assert_int_eq(mst_addr_set_parse(mst_buf_span(&many), &set), MST_EFULL);
    ck_assert_uint_eq(set.n_nets, 99);
    mst_buf_fini(&many);
}
MST_TEST_END

MST_TESTS("net/addr", addresses_are_read_and_printed_back,
          what_is_not_an_address_is_refused_and_changes_nothing,
          a_set_of_networks_has_what_its_prefixes_cover, a_bad_or_too_long_set_is_refused_whole)

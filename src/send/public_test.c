#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "send/public.h"
#include "tests/lib/unit.h"

static bool is_public(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return mst_public_is((const struct sockaddr *)&v4);
    ck_assert_int_eq(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return mst_public_is((const struct sockaddr *)&v6);
}

static const char *const public[] = {
    "1.1.1.1",         "9.255.255.255",    "11.0.0.0",        "100.63.255.255",  "100.128.0.0",
    "126.255.255.255", "128.0.0.0",        "169.253.255.255", "169.255.0.0",     "172.15.255.255",
    "172.32.0.0",      "192.0.1.0",        "192.0.3.0",       "192.167.255.255", "192.169.0.0",
    "198.17.255.255",  "198.20.0.0",       "223.255.255.255", "2600::1",         "2a00:1450::1",
    "::ffff:1.1.1.1",  "64:ff9b::1.1.1.1", "2002:101:101::1", "2001:200::1",     "3fff:1000::1",
};

static const char *const own[] = {
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.1.2.3",
    "::ffff:0.0.0.0",
    "::127.0.0.1",
    "64:ff9b::192.168.0.1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
    "2001::1",
    "2001:db8::1",
    "2001:1ff::1",
    "3fff::1",
    "3fff:fff::1",
    "fc00::1",
    "fdff::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "100::1",
    "4000::1",
};

MST_TEST(addresses_on_the_internet_are_public_to_the_edges_of_what_is_not)
{
    for (size_t i = 0; i < sizeof public / sizeof public[0]; i++)
        ck_assert_msg(is_public(public[i]), "%s", public[i]);
}
MST_TEST_END

MST_TEST(addresses_of_own_networks_are_not_whatever_form_they_come_in)
{
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        ck_assert_msg(!is_public(own[i]), "%s", own[i]);
}
MST_TEST_END

MST_TEST(what_is_no_internet_address_is_not_public)
{
    const struct sockaddr_un addr = {.sun_family = AF_UNIX};

    ck_assert(!mst_public_is((const struct sockaddr *)&addr));
}
MST_TEST_END

static struct sockaddr_in v4_of(const char *text)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(80)};

    ck_assert_int_eq(inet_pton(AF_INET, text, &addr.sin_addr), 1);
    return addr;
}

static struct sockaddr_in6 v6_of(const char *text)
{
    struct sockaddr_in6 addr = {.sin6_family = AF_INET6, .sin6_port = htons(80)};

    ck_assert_int_eq(inet_pton(AF_INET6, text, &addr.sin6_addr), 1);
    return addr;
}

/* 127.0.0.2 is left from 127.0.0.1, as the second address of a network is from the first. */
MST_TEST(addresses_of_this_machine_are_its_own)
{
    static const struct {
        const char *v4, *v6;
        bool is_own;
    } rows[] = {
        {"127.0.0.1", "::ffff:127.0.0.1", true },
        {"127.0.0.2", "::ffff:127.0.0.2", true },
        {"8.8.8.8",   "::ffff:8.8.8.8",   false},
        {"8.8.8.8",   "2600::1",          false},
    };
    const struct sockaddr_un un = {.sun_family = AF_UNIX};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct sockaddr_in v4 = v4_of(rows[i].v4);
        const struct sockaddr_in6 v6 = v6_of(rows[i].v6);

        ck_assert_int_eq(mst_public_is_own((const struct sockaddr *)&v4), rows[i].is_own);
        ck_assert_int_eq(mst_public_is_own((const struct sockaddr *)&v6), rows[i].is_own);
    }
    ck_assert(!mst_public_is_own((const struct sockaddr *)&un));
}
MST_TEST_END

MST_TESTS("send/public", addresses_on_the_internet_are_public_to_the_edges_of_what_is_not,
          addresses_of_own_networks_are_not_whatever_form_they_come_in,
          what_is_no_internet_address_is_not_public, addresses_of_this_machine_are_its_own)

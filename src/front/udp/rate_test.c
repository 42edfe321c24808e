#include "front/udp/rate.h"
#include "tests/lib/unit.h"

static struct mst_rate rate;

static struct mst_addr addr_of(const char *text)
{
    struct mst_addr addr;

    ck_assert_int_eq(mst_addr_parse_ip(mst_span_str(text), &addr), MST_OK);
    return addr;
}

static unsigned take_all(const char *source, uint64_t now_ms)
{
    struct mst_addr addr = addr_of(source);
    unsigned n = 0;

    while (n < 1000 && mst_rate_take(&rate, &addr, now_ms))
        n++;
    return n;
}

MST_TEST(five_seconds_may_come_at_once_and_then_the_rate_holds)
{
    mst_rate_init(&rate, 10, 1);
    ck_assert_uint_eq(take_all("192.0.2.1", 1000), 50);
    ck_assert_uint_eq(take_all("192.0.2.1", 1099), 0);
    ck_assert_uint_eq(take_all("192.0.2.1", 1100), 1);
    ck_assert_uint_eq(take_all("192.0.2.1", 2100), 10);
    ck_assert_uint_eq(take_all("192.0.2.1", 100000), 50);
}
MST_TEST_END

MST_TEST(one_per_second_is_possible)
{
    mst_rate_init(&rate, 1, 1);
    ck_assert_uint_eq(take_all("192.0.2.1", 0), 5);
    ck_assert_uint_eq(take_all("192.0.2.1", 999), 0);
    ck_assert_uint_eq(take_all("192.0.2.1", 1000), 1);
}
MST_TEST_END

MST_TEST(a_source_does_not_use_up_what_others_have)
{
    mst_rate_init(&rate, 10, 1);
    ck_assert_uint_eq(take_all("192.0.2.1", 1000), 50);
    ck_assert_uint_eq(take_all("192.0.2.2", 1000), 50);
    ck_assert_uint_eq(take_all("2001:db8::1", 1000), 50);
    ck_assert_uint_eq(take_all("2001:db8:0:1::1", 1000), 50);
}
MST_TEST_END

MST_TEST(the_addresses_of_one_ipv6_network_are_one_source)
{
    mst_rate_init(&rate, 10, 1);
    ck_assert_uint_eq(take_all("2001:db8::1", 1000), 50);
    ck_assert_uint_eq(take_all("2001:db8::ffff:1:2", 1000), 0);
}
MST_TEST_END

/* However many sources there are, or are made up, together they get no more than the table holds. */
MST_TEST(a_million_sources_cost_no_memory_and_share_what_there_is)
{
    struct mst_addr addr = addr_of("10.0.0.0");
    unsigned n = 0;

    mst_rate_init(&rate, 1, 7);
    for (unsigned i = 0; i < 1000000; i++) {
        addr.ip[13] = (uint8_t)(i >> 16);
        addr.ip[14] = (uint8_t)(i >> 8);
        addr.ip[15] = (uint8_t)i;
        n += mst_rate_take(&rate, &addr, 0) ? 1 : 0;
    }
    ck_assert_uint_eq(n, MST_RATE_BUCKETS * MST_RATE_BURST_S);
}
MST_TEST_END

MST_TEST(which_sources_share_a_bucket_depends_on_the_seed)
{
    unsigned n_apart = 0;

    for (uint64_t seed = 1; seed <= 100; seed++) {
        mst_rate_init(&rate, 1, seed);
        (void)take_all("192.0.2.1", 0);
        n_apart += take_all("192.0.2.2", 0) > 0 ? 1 : 0;
    }
    ck_assert_uint_ge(n_apart, 95);
}
MST_TEST_END

MST_TESTS("front/udp/rate", five_seconds_may_come_at_once_and_then_the_rate_holds,
          one_per_second_is_possible, a_source_does_not_use_up_what_others_have,
          the_addresses_of_one_ipv6_network_are_one_source,
          a_million_sources_cost_no_memory_and_share_what_there_is,
          which_sources_share_a_bucket_depends_on_the_seed)

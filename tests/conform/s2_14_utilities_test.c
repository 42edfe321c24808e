/* protocol.md 2.14: the time, and the address of the server. */
#include "tests/lib/site.h"
#include "tests/lib/unit.h"

static struct mst_site *site;

static void begin(const char *advertised)
{
    struct mst_site_opts opts = {.http = {.retry_after_s = 1}};

    if (advertised)
        ck_assert_int_eq(mst_addr_parse(mst_span_str(advertised), &opts.http.advertised), MST_OK);
    site = mst_site_start(&opts);
}

MST_TEST(the_timestamp_needs_no_key_and_is_bare_digits)
{
    struct mst_answer answer;
    uint64_t now;

    begin(NULL);
    answer = mst_site_ask(site, "GET", "/timestamp", NULL, NULL);
    ck_assert_uint_eq(answer.status, 200);
    ck_assert_int_eq(mst_span_u64(answer.body, UINT64_MAX, &now), MST_OK);
    ck_assert_uint_gt(now, 1700000000);
    ck_assert_status(site, 405, "POST", "/timestamp", NULL, NULL);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(credentials_are_ignored)
{
    begin(NULL);
    ck_assert_status(site, 200, "GET", "/timestamp", "X-Exosite-CIK: nonsense", NULL);
    ck_assert_status(site, 200, "GET", "/ip", "X-Exosite-CIK: nonsense", NULL);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(the_address_is_the_one_that_the_request_arrived_on)
{
    struct mst_answer answer;
    char want[24];
    uint16_t port;

    begin(NULL);
    port = mst_site_port(site);
    (void)snprintf(want, sizeof want, "127,0,0,1,%d,%d", port / 256, port % 256);
    answer = mst_site_ask(site, "GET", "/ip", NULL, NULL);
    ck_assert_uint_eq(answer.status, 200);
    ck_assert_span_str(answer.body, want);
    ck_assert(answer.head.len + answer.body.len <= 198);
    ck_assert_status(site, 405, "POST", "/ip", NULL, NULL);
    ck_assert_status(site, 404, "GET", "/ip/", NULL, NULL);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(or_the_one_that_the_operator_advertises)
{
    begin("255.254.253.252:65535");
    ck_assert_span_str(mst_site_ask(site, "GET", "/ip", NULL, NULL).body,
                       "255,254,253,252,255,255"); /* 23 characters: there is no longer one */
    mst_site_stop(site);
    begin("173.255.209.28:80");
    ck_assert_span_str(mst_site_ask(site, "GET", "/ip", NULL, NULL).body, "173,255,209,28,0,80");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(advertised_without_a_port_it_has_that_of_the_request)
{
    char want[24];
    uint16_t port;

    begin("10.0.0.7:0");
    port = mst_site_port(site);
    (void)snprintf(want, sizeof want, "10,0,0,7,%d,%d", port / 256, port % 256);
    ck_assert_span_str(mst_site_ask(site, "GET", "/ip", NULL, NULL).body, want);
    mst_site_stop(site);
}
MST_TEST_END

MST_TESTS("conform/2.14", the_timestamp_needs_no_key_and_is_bare_digits, credentials_are_ignored,
          the_address_is_the_one_that_the_request_arrived_on,
          or_the_one_that_the_operator_advertises,
          advertised_without_a_port_it_has_that_of_the_request)

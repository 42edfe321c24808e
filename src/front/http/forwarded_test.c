#include "front/http/forwarded.h"
#include "tests/lib/unit.h"

/* Who asks, as found through the fields in the order in which they came; "-": the connection itself. */
static const char *asker(const char *trusted, const char *connection, const char *const fields[])
{
    static char text[MST_ADDR_CHARS];
    struct mst_addr_set set = {.n_nets = 0};
    struct mst_http_head head = {.n_fields = 0};
    struct mst_addr addr;

    ck_assert_int_eq(mst_addr_set_parse(mst_span_str(trusted), &set), MST_OK);
    ck_assert_int_eq(mst_addr_parse_ip(mst_span_str(connection), &addr), MST_OK);
    for (size_t i = 0; fields[i]; i += 2)
        head.fields[head.n_fields++] = (struct mst_http_field){
            .name = mst_span_str(fields[i]), .value = mst_span_str(fields[i + 1])};
    if (!mst_forwarded_resolve(&set, &head, &addr))
        return "-";
    mst_addr_print_ip(&addr, text);
    return text;
}

#define PROXIES "10.0.0.0/8, ::1"

MST_TEST(the_list_is_believed_as_far_as_trusted_proxies_wrote_it)
{
    static const struct {
        const char *connection;
        const char *list;
        const char *asker;
    } rows[] = {
        {"10.1.1.1",  "198.51.100.7",                     "198.51.100.7"},
        {"10.1.1.1",  "192.0.2.9, 198.51.100.7",          "198.51.100.7"}, /* he may claim what he likes */
        {"10.1.1.1",  "192.0.2.9, 198.51.100.7,10.2.2.2", "198.51.100.7"},
        {"10.1.1.1",  "10.3.3.3, 10.2.2.2",               "10.3.3.3"    }, /* one of us asks himself */
        {"10.1.1.1",  " \t198.51.100.7:8080 ",            "198.51.100.7"},
        {"::1",       "[2001:db8::7]:443",                "2001:db8::7" },
        {"::1",       "2001:db8::7",                      "2001:db8::7" },
        {"192.0.2.1", "198.51.100.7",                     "-"           }, /* nobody vouches for the list */
        {"10.1.1.1",  "198.51.100.7, unknown",            "-"           },
        {"10.1.1.1",  "198.51.100.7, unknown, 10.2.2.2",  "10.2.2.2"    }, /* up to there */
        {"10.1.1.1",  "198.51.100.7,",                    "-"           },
        {"10.1.1.1",  "",                                 "-"           },
        {"10.1.1.1",  ",",                                "-"           },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *const fields[] = {"X-Forwarded-For", rows[i].list, NULL};
        const char *found = asker(PROXIES, rows[i].connection, fields);

        ck_assert_msg(strcmp(found, rows[i].asker) == 0, "row %zu: %s", i, found);
    }
}
MST_TEST_END

MST_TEST(several_fields_are_one_list)
{
    static const char *const fields[] = {
        "X-Forwarded-For", "192.0.2.9",         "Accept", "10.9.9.9",
        "x-forwarded-for", "198.51.100.7",      "Host",   "10.9.9.9",
        "X-FORWARDED-FOR", "10.2.2.2,10.3.3.3", NULL};
    static const char *const broken[] = {"X-Forwarded-For", "198.51.100.7", "X-Forwarded-For",
                                         "unknown, 10.2.2.2", NULL};

    ck_assert_str_eq(asker(PROXIES, "10.1.1.1", fields), "198.51.100.7");
    ck_assert_str_eq(asker(PROXIES, "10.1.1.1", broken), "10.2.2.2");
}
MST_TEST_END

MST_TEST(without_trusted_proxies_or_fields_the_connection_asks)
{
    static const char *const fields[] = {"X-Forwarded-For", "198.51.100.7", NULL};
    static const char *const others[] = {"Forwarded", "for=198.51.100.7", NULL};
    struct mst_http_head head = {.n_fields = 0};
    struct mst_addr addr;

    ck_assert_str_eq(asker("", "10.1.1.1", fields), "-");
    ck_assert_str_eq(asker(PROXIES, "10.1.1.1", others), "-");
    ck_assert_int_eq(mst_addr_parse_ip(MST_LIT("10.1.1.1"), &addr), MST_OK);
    ck_assert(!mst_forwarded_resolve(NULL, &head, &addr));
}
MST_TEST_END

MST_TESTS("front/http/forwarded", the_list_is_believed_as_far_as_trusted_proxies_wrote_it,
          several_fields_are_one_list, without_trusted_proxies_or_fields_the_connection_asks)

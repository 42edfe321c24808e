/* protocol.md 2.15.4: read, write, writegroup, record, recordbatch, flush. */
#include <string.h>

#include "tests/lib/rpc_rows.h"
#include "tests/lib/unit.h"

#define TEMP  "{\"alias\":\"temp\"}"
#define COUNT "{\"alias\":\"count\"}"
#define NOTE  "{\"alias\":\"note\"}"
/* clang-format 14 crashes on arrays that mix such rows with plain ones. */
/* clang-format off */

static struct mst_site *site;
static struct mst_scene scene;
static struct mst_cast cast;
static char rid[41], cik[41];

static void begin(void)
{
    site = mst_scene_start(NULL, "dev1", &scene, rid, cik);
    cast = (struct mst_cast){.scene = &scene, .rid = rid, .cik = cik};
}

/* ---- read ---- */

/* Seconds 100, 110, ... 190 hold 0 to 9. */
#define TEN \
    "[100,0],[110,1],[120,2],[130,3],[140,4],[150,5],[160,6],[170,7],[180,8],[190,9]"

MST_TEST(read_sorts_first_and_then_limits)
{
    static const struct mst_script rows[] = {
        BY(DEV, "read", "[" COUNT "]", GIVES("[]")),
        BY(DEV, "recordbatch", "[" COUNT ",[" TEN "]]", OK1),
        BY(DEV, "read", "[" COUNT "]", GIVES("[[190,9]]")),
        BY(DEV, "read", "[" COUNT ",{}]", GIVES("[[190,9]]")),
        BY(DEV, "read", "[" COUNT ",{\"limit\":2}]", GIVES("[[190,9],[180,8]]")),
        BY(DEV, "read", "[" COUNT ",{\"limit\":2,\"sort\":\"desc\"}]", GIVES("[[190,9],[180,8]]")),
        BY(DEV, "read", "[" COUNT ",{\"limit\":2,\"sort\":\"asc\"}]", GIVES("[[100,0],[110,1]]")),
        BY(DEV, "read", "[" COUNT ",{\"limit\":100,\"sort\":\"asc\"}]", GIVES("[" TEN "]")),
        BY(DEV, "read", "[" COUNT ",{\"limit\":0}]", GIVES("[]")),
        BY(DEV, "read", "[" COUNT ",{\"limit\":-1}]", SAYS("invalid")),
        BY(DEV, "read", "[" COUNT ",{\"limit\":9223372036854775808,\"starttime\":185}]",
           GIVES("[[190,9]]")),
        /* both ends are inclusive */
        BY(DEV, "read", "[" COUNT ",{\"limit\":9,\"starttime\":110,\"endtime\":130}]",
           GIVES("[[130,3],[120,2],[110,1]]")),
        BY(DEV, "read", "[" COUNT ",{\"limit\":9,\"starttime\":110.5,\"endtime\":129.9}]",
           GIVES("[[120,2]]")),
        BY(DEV, "read", "[" COUNT ",{\"limit\":9,\"starttime\":111,\"endtime\":119}]", GIVES("[]")),
        BY(DEV, "read", "[" COUNT ",{\"limit\":9,\"starttime\":130,\"endtime\":110}]", GIVES("[]")),
        BY(DEV, "read", "[" COUNT ",{\"endtime\":-5}]", GIVES("[]")),
        BY(DEV, "read", "[" COUNT ",{\"starttime\":-1e300,\"endtime\":1e300}]", GIVES("[[190,9]]")),
        BY(DEV, "read", "[" COUNT ",{\"starttime\":null,\"sort\":null,\"gizmo\":7}]",
           GIVES("[[190,9]]")),
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(read_ends_now_unless_it_is_told_otherwise)
{
    static const struct mst_script rows[] = {
        BY(DEV, "record", "[" COUNT ",[[-1,1],[4000000000,2]]]", OK1),
        BY(DEV, "read", "[" COUNT ",{\"starttime\":4000000000,\"limit\":5}]", GIVES("[]")),
        BY(DEV, "read", "[" COUNT ",{\"endtime\":4000000000}]", GIVES("[[4000000000,2]]")),
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(givenwindow_takes_at_most_one_point_of_each_equal_part)
{
#define PARTS(limit, from, to, sort)                                                              \
    "[" COUNT ",{\"selection\":\"givenwindow\",\"limit\":" limit ",\"starttime\":" from           \
    ",\"endtime\":" to ",\"sort\":\"" sort "\"}]"
    static const struct mst_script rows[] = {
        BY(DEV, "recordbatch", "[" COUNT ",[" TEN "]]", OK1),
        BY(DEV, "read", PARTS("2", "100", "199", "asc"), GIVES("[[100,0],[150,5]]")),
        BY(DEV, "read", PARTS("2", "100", "199", "desc"), GIVES("[[190,9],[140,4]]")),
        BY(DEV, "read", PARTS("4", "100", "199", "asc"),
           GIVES("[[100,0],[130,3],[150,5],[180,8]]")), /* 100, 125, 150, 175 */
        BY(DEV, "read", PARTS("10", "100", "199", "asc"), GIVES("[" TEN "]")),
        BY(DEV, "read", PARTS("3", "105", "194", "desc"), GIVES("[[190,9],[160,6],[130,3]]")),
        /* empty parts have no points, and there may be more parts than seconds */
        BY(DEV, "read", PARTS("5", "0", "999", "asc"), GIVES("[[100,0]]")),
        BY(DEV, "read", PARTS("1000", "110", "120", "asc"), GIVES("[[110,1],[120,2]]")),
        BY(DEV, "read", PARTS("7", "200", "300", "desc"), GIVES("[]")),
        BY(DEV, "read", PARTS("1", "0", "99999", "asc"), GIVES("[[100,0]]")),
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(autowindow_takes_points_evenly_among_those_of_the_window)
{
#define AMONG(limit, from, to, sort)                                                    \
    "[" COUNT ",{\"selection\":\"autowindow\",\"limit\":" limit ",\"starttime\":" from  \
    ",\"endtime\":" to ",\"sort\":\"" sort "\"}]"
    static const struct mst_script rows[] = {
        BY(DEV, "recordbatch", "[" COUNT ",[" TEN "]]", OK1),
        BY(DEV, "read", AMONG("2", "0", "999", "asc"), GIVES("[[100,0],[150,5]]")),
        BY(DEV, "read", AMONG("2", "0", "999", "desc"), GIVES("[[190,9],[140,4]]")),
        BY(DEV, "read", AMONG("3", "0", "999", "asc"), GIVES("[[100,0],[130,3],[160,6]]")),
        BY(DEV, "read", AMONG("2", "120", "150", "asc"), GIVES("[[120,2],[140,4]]")),
        BY(DEV, "read", AMONG("10", "0", "999", "asc"), GIVES("[" TEN "]")),
        BY(DEV, "read", AMONG("99", "0", "999", "asc"), GIVES("[" TEN "]")),
        BY(DEV, "read", AMONG("5", "200", "999", "asc"), GIVES("[]")),
        BY(DEV, "read", AMONG("0", "0", "999", "asc"), GIVES("[]")),
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

/* One call with n points from second 1000 on, the n-th being n. */
static void record_many(int n)
{
    struct mst_buf points;

    mst_buf_init(&points, MST_MIB(1));
    (void)mst_buf_add_str(&points, "[" COUNT ",[");
    for (int i = 0; i < n; i++)
        (void)mst_buf_addf(&points, "%s[%d,%d]", i ? "," : "", 1000 + i, i);
    (void)mst_buf_addf(&points, "]]%c", '\0');
    ck_assert_str_eq(mst_site_rpc(site, cik, "recordbatch", points.ptr), OK1);
    mst_buf_fini(&points);
}

/* The values of a reply, told by how many there are, the first, the last, and what is between two of them. */
static void check_values(const char *options, int n, int first, int step)
{
    char arguments[200];
    const char *at;
    int value = first, n_found = 0;

    (void)snprintf(arguments, sizeof arguments, "[" COUNT ",{%s}]", options);
    at = mst_site_rpc(site, cik, "read", arguments);
    at = strstr(at, "\"result\":[");
    ck_assert_ptr_nonnull(at);
    for (at = strchr(at, '[') + 1; *at == '[' || *at == ','; n_found++) {
        char point[40];
        size_t len = (size_t)snprintf(point, sizeof point, "%s[%d,%d]", n_found ? "," : "",
                                      1000 + value, value);

        ck_assert_msg(strncmp(at, point, len) == 0, "%.40s is not %s", at, point);
        at += len;
        value += step;
    }
    ck_assert_int_eq(n_found, n);
}

MST_TEST(long_reads_go_on_over_pages_without_losing_or_repeating_a_point)
{
    begin();
    record_many(1537); /* three pages and one point */
    check_values("\"limit\":2000,\"sort\":\"asc\"", 1537, 0, 1);
    check_values("\"limit\":2000", 1537, 1536, -1);
    check_values("\"limit\":512", 512, 1536, -1);
    check_values("\"limit\":513", 513, 1536, -1);
    check_values("\"limit\":1024,\"sort\":\"asc\",\"starttime\":1010,\"endtime\":2033", 1024, 10, 1);
    check_values("\"limit\":1536,\"sort\":\"asc\",\"selection\":\"givenwindow\",\"starttime\":1000,"
                 "\"endtime\":2535", 1536, 0, 1);
    check_values("\"limit\":768,\"selection\":\"givenwindow\",\"starttime\":1000,\"endtime\":2535",
                 768, 1535, -2);
    check_values("\"limit\":768,\"sort\":\"asc\",\"selection\":\"autowindow\",\"endtime\":2535", 768, 0, 2);
    check_values("\"limit\":2000,\"sort\":\"asc\",\"selection\":\"autowindow\"", 1537, 0, 1);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(read_may_look_at_what_is_public_and_at_no_client)
{
    char temp[41], arguments[64];
    static const struct mst_script rows[] = {
        BY(DEV, "read", "[{\"alias\":\"\"}]", SAYS("invalid")),
        BY(DEV, "read", "[" NOBODY "]", SAYS("invalid")),
        BY(DEV, "read", "[\"x\"]", SAYS("invalid")),
        BY(DEV, "read", "[{\"alias\":\"gizmo\"}]", SAYS("invalid")),
        BY(DEV, "read", "[{\"alias\":5}]", UNSUPPORTED("arguments")),
        BY(DEV, "read", "[]", UNSUPPORTED("arguments")),
        BY(DEV, "read", "[" TEMP ",5]", UNSUPPORTED("arguments")),
        BY(DEV, "read", "[" TEMP ",{\"limit\":\"5\"}]", UNSUPPORTED("arguments")),
        BY(DEV, "read", "[" TEMP ",{\"sort\":\"up\"}]", UNSUPPORTED("arguments")),
        BY(DEV, "read", "[" TEMP ",{\"selection\":\"some\"}]", UNSUPPORTED("arguments")),
        BY(DEV, "read", "[" TEMP ",{},{}]", UNSUPPORTED("arguments")),
        BY(DEV, "write", "[" TEMP ",1]", OK1),
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_rpc_rid(site, cik, "lookup", "[\"alias\",\"temp\"]", temp);
    (void)snprintf(arguments, sizeof arguments, "[\"%s\",{\"limit\":0}]", temp);
    ck_assert_str_eq(mst_site_rpc(site, scene.portal_cik, "read", arguments), GIVES("[]"));
    mst_scene_device(site, &scene, "dev2", rid, cik);
    ck_assert_str_eq(mst_site_rpc(site, cik, "read", arguments), SAYS("restricted"));
    (void)snprintf(arguments, sizeof arguments, "[\"%s\",{\"public\":true}]", temp);
    ck_assert_str_eq(mst_site_rpc(site, scene.portal_cik, "update", arguments), OK1);
    (void)snprintf(arguments, sizeof arguments, "[\"%s\",{\"limit\":0}]", temp);
    ck_assert_str_eq(mst_site_rpc(site, cik, "read", arguments), GIVES("[]"));
    (void)snprintf(arguments, sizeof arguments, "[\"%s\",5]", temp);
    ck_assert_str_eq(mst_site_rpc(site, cik, "write", arguments), SAYS("restricted"));
    (void)snprintf(arguments, sizeof arguments, "[\"%s\"]", temp);
    ck_assert_str_eq(mst_site_rpc(site, cik, "flush", arguments), SAYS("restricted"));
    mst_site_stop(site);
}
MST_TEST_END

/* ---- write, writegroup ---- */

/* The value that was written last, without its time. */
static void check_value(const char *alias, const char *value)
{
    char arguments[64], want[96];
    const char *got;

    (void)snprintf(arguments, sizeof arguments, "[{\"alias\":\"%s\"}]", alias);
    got = mst_site_rpc(site, cik, "read", arguments);
    got = strstr(got, "\"result\":[[");
    ck_assert_ptr_nonnull(got);
    (void)snprintf(want, sizeof want, "%s]]}]", value);
    ck_assert_str_eq(strchr(got, ',') + 1, want);
}

static const struct {
    const char *alias, *sent, *read;
} values[] = {
    {"count", "7",                      "7"                     },
    {"count", "\"7\"",                  "7"                     },
    {"count", "7.9",                    "7"                     },
    {"count", "-7.9",                   "-7"                    },
    {"count", "1e3",                    "1000"                  },
    {"count", "\"+5\"",                 "5"                     },
    {"count", "true",                   "1"                     },
    {"count", "false",                  "0"                     },
    {"count", "9223372036854775807",    "9223372036854775807"   },
    {"count", "-9223372036854775808",   "-9223372036854775808"  },
    {"count", "9007199254740993",       "9007199254740993"      },
    {"temp",  "20.5",                   "20.5"                  },
    {"temp",  "\"20.50\"",              "20.5"                  },
    {"temp",  "0.1",                    "0.1"                   },
    {"temp",  "12345678901234567890123", "1.2345678901234568e22"},
    {"temp",  "true",                   "1"                     },
    {"temp",  "-0.0",                   "-0"                    },
    {"note",  "\"a\\u00e9\\\"\\n\"",    "\"a\xc3\xa9\\\"\\n\""},
    {"note",  "\"\"",                   "\"\""                  },
    {"note",  "12",                     "\"12\""                },
    {"note",  "1.50",                   "\"1.50\""              },
    {"note",  "true",                   "\"true\""              },
};

MST_TEST(values_of_any_type_are_taken_if_they_can_be_converted_and_read_with_the_ports_type)
{
    begin();
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char arguments[128];

        (void)snprintf(arguments, sizeof arguments, "[{\"alias\":\"%s\"},%s]", values[i].alias,
                       values[i].sent);
        ck_assert_str_eq(mst_site_rpc(site, cik, "write", arguments), OK1);
        check_value(values[i].alias, values[i].read);
    }
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_value_that_cannot_be_converted_is_badarg_and_nothing_is_stored)
{
    static const struct mst_script rows[] = {
        BY(DEV, "write", "[" COUNT ",\"x\"]", SAYS("badarg")),
        BY(DEV, "write", "[" COUNT ",\"\"]", SAYS("badarg")),
        BY(DEV, "write", "[" COUNT ",9223372036854775808]", SAYS("badarg")),
        BY(DEV, "write", "[" COUNT ",1e999]", SAYS("badarg")),
        BY(DEV, "write", "[" TEMP ",1e999]", SAYS("badarg")),
        BY(DEV, "write", "[" NOTE ",\"a\\u0000b\"]", SAYS("badarg")), /* that call only */
        BY(DEV, "write", "[" COUNT ",null]", UNSUPPORTED("arguments")),
        BY(DEV, "write", "[" COUNT ",[1]]", UNSUPPORTED("arguments")),
        BY(DEV, "write", "[" COUNT "]", UNSUPPORTED("arguments")),
        BY(DEV, "write", "[" COUNT ",1,2]", UNSUPPORTED("arguments")),
        BY(DEV, "write", "[{\"alias\":\"gizmo\"},1]", SAYS("invalid")),
        BY(DEV, "write", "[" NOBODY ",1]", SAYS("invalid")),
        BY(DEV, "write", "[{\"alias\":\"\"},1]", SAYS("invalid")),
        BY(DEV, "write", "[\"$portal\",1]", SAYS("restricted")),
        BY(DEV, "writegroup", "[[[" COUNT ",1],[" TEMP ",\"x\"]]]", SAYS("badarg")),
        BY(DEV, "writegroup", "[[[" COUNT ",1],[{\"alias\":\"gizmo\"},2]]]", SAYS("invalid")),
        BY(DEV, "writegroup", "[[[" COUNT ",1],[\"$portal\",2]]]", SAYS("restricted")),
        BY(DEV, "writegroup", "[[" COUNT ",1]]", UNSUPPORTED("arguments")),
        BY(DEV, "record", "[" COUNT ",[[5,1],[6,\"x\"]]]", SAYS("badarg")),
        BY(DEV, "record", "[" COUNT ",[[5,1],[-99999999999,1]]]", SAYS("invalid")),
        BY(DEV, "record", "[" COUNT ",[[5,1],[253402300800,1]]]", SAYS("invalid")),
        BY(DEV, "record", "[" COUNT ",[[5,1],[\"6\",1]]]", UNSUPPORTED("arguments")),
        BY(DEV, "record", "[" COUNT ",[[5,1,2]]]", UNSUPPORTED("arguments")),
        BY(DEV, "record", "[" COUNT ",[],1]", UNSUPPORTED("arguments")),
        BY(DEV, "record", "[{\"alias\":\"gizmo\"},[[5,1]]]", SAYS("invalid")),
        BY(DEV, "record", "[\"$portal\",[[5,1]]]", SAYS("restricted")),
        BY(DEV, "recordbatch", "[\"$portal\",[[5,1]]]", SAYS("restricted")),
        BY(DEV, "recordbatch", "[{\"alias\":\"\"},[[5,1]]]", SAYS("invalid")),
        BY(DEV, "recordbatch", "[" COUNT "]", UNSUPPORTED("arguments")),
        BY(DEV, "read", "[" COUNT ",{\"endtime\":300000000000,\"limit\":9}]", GIVES("[]")),
        BY(DEV, "read", "[" TEMP ",{\"endtime\":300000000000,\"limit\":9}]", GIVES("[]")),
        BY(DEV, "read", "[" NOTE ",{\"endtime\":300000000000,\"limit\":9}]", GIVES("[]")),
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_text_may_be_64_kib_long_and_no_longer)
{
    struct mst_buf arguments;

    begin();
    for (size_t len = MST_VALUE_MAX - 1; len <= MST_VALUE_MAX + 1; len++) {
        mst_buf_init(&arguments, MST_MIB(1));
        (void)mst_buf_add_str(&arguments, "[" NOTE ",\"");
        for (size_t i = 0; i < len; i++)
            (void)mst_buf_add_byte(&arguments, (char)('a' + len % 26));
        (void)mst_buf_addf(&arguments, "\"]%c", '\0');
        ck_assert_str_eq(mst_site_rpc(site, cik, "write", arguments.ptr),
                         len <= MST_VALUE_MAX ? OK1 : SAYS("badarg"));
        mst_buf_fini(&arguments);
        ck_assert_uint_eq(strlen(mst_site_rpc(site, cik, "read", "[" NOTE "]")),
                          (len <= MST_VALUE_MAX ? len : MST_VALUE_MAX) +
                              strlen(GIVES("[[1234567890,\"\"]]")));
    }
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(writes_of_old_clients_have_an_empty_object_behind_them)
{
    static const struct mst_script rows[] = {
        BY(DEV, "write", "[" COUNT ",1,{}]", OK1),
        BY(DEV, "record", "[" TEMP ",[[100,1]],{}]", OK1),
        BY(DEV, "read", "[" TEMP "]", GIVES("[[100,1]]")),
    };

    begin();
    PLAY(site, &cast, rows);
    check_value("count", "1");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(writegroup_writes_all_at_one_time)
{
    static const struct mst_script rows[] = {
        BY(DEV, "writegroup", "[[]]", OK1),
        BY(DEV, "writegroup", "[[[" COUNT ",1],[" TEMP ",2.5],[" NOTE ",\"x\"],[" COUNT ",3]]]", OK1),
    };
    const char *got;
    char at[20];

    begin();
    PLAY(site, &cast, rows);
    check_value("count", "3"); /* of two for one port the later */
    got = strstr(mst_site_rpc(site, cik, "read", "[" TEMP "]"), "[[");
    (void)snprintf(at, sizeof at, "%.*s", (int)strcspn(got, ","), got);
    ck_assert_ptr_nonnull(strstr(mst_site_rpc(site, cik, "read", "[" NOTE "]"), at));
    check_value("temp", "2.5");
    mst_site_stop(site);
}
MST_TEST_END

/* Real clients send these (2.1.5). */
MST_TEST(a_group_write_may_be_spelled_write_and_either_may_have_empty_options)
{
    static const struct mst_script rows[] = {
        BY(DEV, "write", "[[[" COUNT ",1],[" TEMP ",2.5]]]", OK1),
        BY(DEV, "write", "[[[" NOTE ",\"x\"]],{}]", OK1),
        BY(DEV, "write", "[[]]", OK1),
        BY(DEV, "write", "[[[" COUNT ",7],[" TEMP ",\"x\"]]]", SAYS("badarg")),
        BY(DEV, "write", "[[[" COUNT ",7],[{\"alias\":\"gizmo\"},2]]]", SAYS("invalid")),
        BY(DEV, "write", "[[[" COUNT ",7]],1]", UNSUPPORTED("arguments")),
        BY(DEV, "write", "[[" COUNT ",7]]", UNSUPPORTED("arguments")),
    };

    begin();
    PLAY(site, &cast, rows);
    check_value("count", "1");
    check_value("temp", "2.5");
    check_value("note", "\"x\"");
    ck_assert_str_eq(mst_site_rpc(site, cik, "writegroup", "[[[" COUNT ",8]],{}]"), OK1);
    check_value("count", "8");
    mst_site_stop(site);
}
MST_TEST_END

/* ---- record, recordbatch ---- */

MST_TEST(a_negative_time_counts_from_now_and_a_point_of_the_same_second_is_replaced)
{
    static const struct mst_script rows[] = {
        BY(DEV, "record", "[" COUNT ",[[-10,1],[-20,2],[1000000000,3],[1000000000.9,4],[0,5]]]", OK1),
        BY(DEV, "record", "[" TEMP ",[]]", OK1),
        BY(DEV, "read", "[" COUNT ",{\"endtime\":1000000000,\"limit\":3}]",
           GIVES("[[1000000000,4],[0,5]]")),
        BY(DEV, "record", "[" COUNT ",[[1000000000,6]]]", OK1),
        BY(DEV, "read", "[" COUNT ",{\"endtime\":1000000000}]", GIVES("[[1000000000,6]]")),
    };
    const char *got;
    long at, earlier;

    begin();
    PLAY(site, &cast, rows);
    got = strstr(mst_site_rpc(site, cik, "read", "[" COUNT ",{\"limit\":2}]"), "[[");
    ck_assert_ptr_nonnull(got);
    at = strtol(&got[2], NULL, 10);
    earlier = strtol(strstr(got, ",[") + 2, NULL, 10);
    ck_assert_int_eq(at - earlier, 10);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(recordbatch_stores_the_good_points_and_answers_the_others_as_its_status)
{
    static const struct mst_script rows[] = {
        BY(DEV, "recordbatch", "[" COUNT ",[[100,1],[110,2]]]", OK1),
        BY(DEV, "recordbatch", "[" COUNT ",[[120,3],[130,\"x\"],[140,4],[-99999999999,5]]]",
           "[{\"id\":1,\"status\":[[130,\"invalid\"],[-99999999999,\"invalid\"]]}]"),
        BY(DEV, "read", "[" COUNT ",{\"limit\":9}]", GIVES("[[140,4],[120,3],[110,2],[100,1]]")),
        BY(DEV, "recordbatch", "[" COUNT ",[[150,\"x\"]]]", "[{\"id\":1,\"status\":[[150,\"invalid\"]]}]"),
        BY(DEV, "recordbatch", "[" COUNT ",[]]", OK1),
        BY(DEV, "read", "[" COUNT "]", GIVES("[[140,4]]")),
        /* So are those that preprocess refuses. */
        BY(DEV, "update", "[" COUNT ",{\"preprocess\":[[\"mul\",1e18]]}]", OK1),
        BY(DEV, "recordbatch", "[" COUNT ",[[160,1],[170,99],[180,\"x\"],[190,2],[200,98]]]",
           "[{\"id\":1,\"status\":[[170,\"invalid\"],[180,\"invalid\"],[200,\"invalid\"]]}]"),
        BY(DEV, "recordbatch", "[" COUNT ",[[210,3]]]", OK1),
        BY(DEV, "record", "[" COUNT ",[[220,3],[230,99]]]", SAYS("badarg")),
        BY(DEV, "read", "[" COUNT ",{\"limit\":4}]",
           GIVES("[[210,3000000000000000000],[190,2000000000000000000],[160,1000000000000000000],[140,4]]")),
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

/* ---- flush ---- */

MST_TEST(flush_removes_what_lies_between_its_bounds)
{
    static const struct mst_script rows[] = {
        BY(DEV, "recordbatch", "[" COUNT ",[" TEN "]]", OK1),
        BY(DEV, "write", "[" TEMP ",1]", OK1),
        BY(DEV, "flush", "[" COUNT ",{\"newerthan\":170}]", OK1),
        BY(DEV, "flush", "[" COUNT ",{\"olderthan\":110}]", OK1),
        BY(DEV, "flush", "[" COUNT ",{\"newerthan\":130,\"olderthan\":150}]", OK1),
        BY(DEV, "flush", "[" COUNT ",{\"newerthan\":130,\"olderthan\":131}]", OK1),
        BY(DEV, "read", "[" COUNT ",{\"limit\":10,\"sort\":\"asc\"}]",
           GIVES("[[110,1],[120,2],[130,3],[150,5],[160,6],[170,7]]")),
        BY(DEV, "flush", "[" COUNT ",{\"newerthan\":159.5,\"olderthan\":160.5}]", OK1),
        BY(DEV, "flush", "[" COUNT ",{\"newerthan\":500,\"olderthan\":3}]", OK1),
        BY(DEV, "read", "[" COUNT ",{\"limit\":10,\"sort\":\"asc\"}]",
           GIVES("[[110,1],[120,2],[130,3],[150,5],[170,7]]")),
        BY(DEV, "flush", "[" COUNT "]", OK1),
        BY(DEV, "flush", "[" COUNT ",{}]", OK1),
        BY(DEV, "read", "[" COUNT "]", GIVES("[]")),
        BY(DEV, "flush", "[{\"alias\":\"\"}]", SAYS("invalid")),
        BY(DEV, "flush", "[{\"alias\":\"gizmo\"}]", SAYS("invalid")),
        BY(DEV, "flush", "[\"$portal\"]", SAYS("restricted")),
        BY(DEV, "flush", "[" COUNT ",{\"newerthan\":\"1\"}]", UNSUPPORTED("arguments")),
        BY(DEV, "flush", "[" COUNT ",[[]]]", UNSUPPORTED("arguments")),
    };

    begin();
    PLAY(site, &cast, rows);
    check_value("temp", "1");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(flush_of_many_points_takes_as_many_commands_as_it_needs)
{
    begin();
    record_many(2500);
    ck_assert_str_eq(mst_site_rpc(site, cik, "flush", "[" COUNT ",{\"newerthan\":1000,\"olderthan\":3499}]"), OK1);
    ck_assert_str_eq(mst_site_rpc(site, cik, "read", "[" COUNT ",{\"limit\":9}]"),
                     GIVES("[[3499,2499],[1000,0]]"));
    mst_site_stop(site);
}
MST_TEST_END

/* ---- several calls ---- */

MST_TEST(calls_of_one_request_see_what_those_before_them_did)
{
    static const struct mst_script rows[] = {
        {"POST", RPC, NULL, NULL,
         DEV "{\"id\":\"a\",\"procedure\":\"record\",\"arguments\":[" COUNT ",[[100,1]]]},"
             "{\"id\":\"b\",\"procedure\":\"read\",\"arguments\":[" COUNT "]},"
             "{\"procedure\":\"record\",\"arguments\":[" COUNT ",[[200,2]]]},"
             "{\"id\":\"c\",\"procedure\":\"update\",\"arguments\":[" COUNT ",{\"name\":\"n\"}]},"
             "{\"id\":\"d\",\"procedure\":\"read\",\"arguments\":[" COUNT ",{\"limit\":5}]},"
             "{\"id\":\"e\",\"procedure\":\"recordbatch\",\"arguments\":[" COUNT ",[[300,\"x\"]]]},"
             "{\"procedure\":\"flush\",\"arguments\":[" COUNT ",{\"olderthan\":150}]},"
             "{\"id\":\"f\",\"procedure\":\"write\",\"arguments\":[" COUNT ",\"x\"]},"
             "{\"id\":\"g\",\"procedure\":\"create\",\"arguments\":[\"dataport\",{\"format\":\"complex\"}]},"
             "{\"id\":\"h\",\"procedure\":\"read\",\"arguments\":[" COUNT ",{\"limit\":5}]}" END,
         200,
         "[{\"id\":\"a\",\"status\":\"ok\"},{\"id\":\"b\",\"status\":\"ok\",\"result\":[[100,1]]},"
         "{\"id\":\"c\",\"status\":\"ok\"},{\"id\":\"d\",\"status\":\"ok\",\"result\":[[200,2],[100,1]]},"
         "{\"id\":\"e\",\"status\":[[300,\"invalid\"]]},{\"id\":\"f\",\"status\":\"badarg\"},"
         "{\"id\":\"g\",\"status\":\"badarg\"},{\"id\":\"h\",\"status\":\"ok\",\"result\":[[200,2]]}]"},
        {"POST", RPC, NULL, NULL,
         DEV "{\"procedure\":\"record\",\"arguments\":[" COUNT ",[[400,4]]]}" END, 204, NULL},
        BY(DEV, "read", "[" COUNT "]", GIVES("[[400,4]]")),
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(answers_that_are_too_long_together_are_limit_and_the_others_stay)
{
    struct mst_buf body, text;
    struct mst_answer answer;

    begin();
    mst_buf_init(&text, MST_MIB(1));
    (void)mst_buf_add_str(&text, "[" NOTE ",\"");
    for (size_t i = 0; i < MST_VALUE_MAX; i++)
        (void)mst_buf_add_byte(&text, '\x7f'); /* six characters each, as it is shown */
    (void)mst_buf_addf(&text, "\"]%c", '\0');
    ck_assert_str_eq(mst_site_rpc(site, cik, "write", text.ptr), OK1);
    mst_buf_fini(&text);
    mst_buf_init(&body, MST_MIB(1));
    (void)mst_buf_addf(&body, "{\"auth\":{\"cik\":\"%s\"},\"calls\":[", cik);
    for (int i = 0; i < 99; i++)
        (void)mst_buf_addf(&body, "{\"id\":%d,\"procedure\":\"read\",\"arguments\":[" NOTE "]},", i);
    (void)mst_buf_addf(&body, "{\"id\":99,\"procedure\":\"write\",\"arguments\":[" COUNT ",1]}]}%c", '\0');
    answer = mst_site_ask(site, "POST", RPC, NULL, body.ptr);
    ck_assert_uint_eq(answer.status, 200);
    ck_assert_uint_gt(answer.body.len, MST_REPLY_MAX - MST_MIB(1));
    ck_assert(mst_span_starts(answer.body, mst_span_str("[{\"id\":0,\"status\":\"ok\",\"result\":[[")));
    ck_assert_span_str(mst_span_cut(answer.body, answer.body.len - 51, answer.body.len),
                       "{\"id\":98,\"status\":\"limit\"},{\"id\":99,\"status\":\"ok\"}]");
    mst_buf_fini(&body);
    mst_site_stop(site);
}
MST_TEST_END

/* A hundred calls, each of which looks at 10,000 points. */
static void add_long_request(struct mst_buf *out)
{
    struct mst_buf body;

    mst_buf_init(&body, MST_KIB(64));
    (void)mst_buf_addf(&body, "{\"auth\":{\"cik\":\"%s\"},\"calls\":[", cik);
    for (int i = 0; i < MST_RPC_CALLS_MAX; i++)
        (void)mst_buf_addf(&body, "%s{\"id\":%d,\"procedure\":\"info\",\"arguments\":[" COUNT ",[\"storage\"]]}",
                           i > 0 ? "," : "", i);
    (void)mst_buf_add_str(&body, "]}");
    (void)mst_buf_addf(out, "POST " RPC " HTTP/1.1\r\nContent-Length: %zu\r\n\r\n", body.len);
    (void)mst_buf_add(out, mst_buf_span(&body));
    ck_assert_int_eq(mst_buf_err(out), MST_OK);
    mst_buf_fini(&body);
}

/* Who asks while a long request is under way, is answered before it. Several times, should he have asked too early. */
MST_TEST(others_are_served_between_the_calls_of_a_long_request)
{
    struct mst_buf request;

    begin();
    record_many(MST_STORAGE_SCAN_MAX);
    mst_buf_init(&request, MST_KIB(65));
    add_long_request(&request);
    ck_assert(mst_site_serves_others(site, mst_buf_span(&request)));
    mst_buf_fini(&request);
    mst_site_stop(site);
}
MST_TEST_END

MST_TESTS("conform/2.15.4 data", read_sorts_first_and_then_limits,
          read_ends_now_unless_it_is_told_otherwise,
          givenwindow_takes_at_most_one_point_of_each_equal_part,
          autowindow_takes_points_evenly_among_those_of_the_window,
          long_reads_go_on_over_pages_without_losing_or_repeating_a_point,
          read_may_look_at_what_is_public_and_at_no_client,
          values_of_any_type_are_taken_if_they_can_be_converted_and_read_with_the_ports_type,
          a_value_that_cannot_be_converted_is_badarg_and_nothing_is_stored,
          a_text_may_be_64_kib_long_and_no_longer,
          writes_of_old_clients_have_an_empty_object_behind_them,
          writegroup_writes_all_at_one_time,
          a_group_write_may_be_spelled_write_and_either_may_have_empty_options,
          a_negative_time_counts_from_now_and_a_point_of_the_same_second_is_replaced,
          recordbatch_stores_the_good_points_and_answers_the_others_as_its_status,
          flush_removes_what_lies_between_its_bounds,
          flush_of_many_points_takes_as_many_commands_as_it_needs,
          calls_of_one_request_see_what_those_before_them_did,
          answers_that_are_too_long_together_are_limit_and_the_others_stay,
          others_are_served_between_the_calls_of_a_long_request)

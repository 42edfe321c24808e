/* protocol.md 2.15.5: what is done with a value: preprocess, subscribe, retention count 0, rules. */
#include "base/limits.h"
#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#include <stdio.h>
#include <string.h>

#define ALIAS "/onep:v1/stack/alias"

static struct mst_site *site;
static struct mst_scene scene;
static char rid[41], cik[41], by[64];

static void begin_with(const struct mst_site_opts *opts)
{
    site = mst_scene_start(opts, "dev1", &scene, rid, cik);
    (void)mst_by_cik(cik, by);
}

static void begin(void)
{
    begin_with(NULL);
}

static void create(const char *type, const char *alias, const char *description, char made[41])
{
    char arguments[1024];

    (void)snprintf(arguments, sizeof arguments, "[\"%s\",%s]", type, description);
    mst_site_rpc_rid(site, cik, "create", arguments, made);
    (void)snprintf(arguments, sizeof arguments, "[\"alias\",\"%s\",\"%s\"]", made, alias);
    ck_assert_ptr_nonnull(strstr(mst_site_rpc(site, cik, "map", arguments), "\"ok\""));
}

/* A description with the RID of a source in it; valid until the next one. */
static char described[512];
#define with(format, value) \
    ((void)snprintf(described, sizeof described, (format), (value)), described)

static const char *update(const char *made, const char *description)
{
    char arguments[1024];

    (void)snprintf(arguments, sizeof arguments, "[\"%s\",%s]", made, description);
    return mst_site_rpc(site, cik, "update", arguments);
}

static void write(const char *body, unsigned status)
{
    ck_assert_status(site, status, "POST", ALIAS, by, body);
}

/* body NULL: nothing is there. */
static void reads(const char *alias, const char *body)
{
    char path[128];
    struct mst_answer answer;

    (void)snprintf(path, sizeof path, ALIAS "?%s", alias);
    answer = mst_site_ask(site, "GET", path, by, NULL);
    ck_assert_uint_eq(answer.status, body ? 200 : 204);
    if (body)
        ck_assert_span_str(answer.body, body);
}

/* Dataports t0, t1, ... up to n without it, which get what source gets. */
static void create_followers(const char *source, int from, int n)
{
    char alias[16], made[41];

    for (int i = from; i < n; i++) {
        (void)snprintf(alias, sizeof alias, "t%d", i);
        create("dataport", alias, with("{\"format\":\"integer\",\"subscribe\":\"%s\"}", source),
               made);
    }
}

#define ONE "in=1&"
enum { ONE_CHARS = sizeof ONE - 1 };

/* The same value for `in`, n times. body has room for n * ONE_CHARS + 1. */
static void repeat_one(char *body, size_t n)
{
    for (size_t i = 0; i < n; i++)
        memcpy(&body[ONE_CHARS * i], ONE, sizeof ONE);
}

/* Of n writes of `in` in one request the last is too much: none of them is stored. One less are fine. */
static void write_too_much(char *body, size_t n)
{
    repeat_one(body, n);
    write(body, 413);
    reads("in&t0", NULL);
    body[ONE_CHARS * (n - 1)] = '\0';
    write(body, 204);
}

static const struct {
    const char *format, *list, *value, *stored; /* NULL: 400 */
} steps[] = {
    {"float",   "[[\"add\",1.5]]",                                  "2",                   "3.5"                },
    {"float",   "[[\"sub\",0.5]]",                                  "2",                   "1.5"                },
    {"float",   "[[\"mul\",3]]",                                    "0.1",                 "0.30000000000000004"},
    {"float",   "[[\"div\",8]]",                                    "1",                   "0.125"              },
    {"float",   "[[\"div\",0]]",                                    "1",                   NULL                 },
    {"float",   "[[\"mod\",0]]",                                    "1",                   NULL                 },
    {"float",   "[[\"mod\",2.5]]",                                  "-6",                  "-1"                 },
    {"float",   "[[\"mul\",1e300],[\"mul\",1e300]]",                "1",                   NULL                 },
    {"float",   "[[\"mul\",1e300],[\"mul\",1e300],[\"eq\",\"x\"]]", "1",                   NULL                 },
    {"float",   "[[\"mul\",1e300],[\"mul\",1e300],[\"gt\",5]]",     "1",                   NULL                 },
    {"float",   "[[\"add\",1],[\"mul\",2]]",                        "3",                   "8"                  },
    {"float",   "[[\"mul\",2],[\"add\",1]]",                        "3",                   "7"                  },
    {"float",   "[[\"gt\",5]]",                                     "5",                   "0"                  },
    {"float",   "[[\"geq\",5]]",                                    "5",                   "1"                  },
    {"float",   "[[\"lt\",5]]",                                     "4.9",                 "1"                  },
    {"float",   "[[\"leq\",5]]",                                    "5.1",                 "0"                  },
    {"float",   "[[\"eq\",5]]",                                     "5.0",                 "1"                  },
    {"float",   "[[\"neq\",5]]",                                    "5",                   "0"                  },
    {"float",   "[[\"gt\",5],[\"mul\",10]]",                        "6",                   "10"                 },
    {"float",   "[[\"value\",42]]",                                 "1",                   "42"                 },
    {"float",   "[[\"add\",\"x\"]]",                                "1",                   NULL                 },
    {"float",   "[[\"add\",\"2\"]]",                                "1",                   "3"                  },
    {"integer", "[[\"div\",2]]",                                    "7",                   "3"                  },
    {"integer", "[[\"div\",2],[\"mul\",2]]",                        "7",                   "7"                  },
    {"integer", "[[\"add\",1]]",                                    "9223372036854775806", "9223372036854775807"},
    {"integer", "[[\"add\",1]]",                                    "9223372036854775807", NULL                 },
    {"integer", "[[\"mod\",5]]",                                    "9223372036854775807", "2"                  },
    {"integer", "[[\"div\",-1]]",                                   "7",                   "-7"                 },
    {"integer", "[[\"value\",\"no number\"]]",                      "7",                   NULL                 },
    {"string",  "[[\"eq\",\"on\"]]",                                "on",                  "true"               },
    {"string",  "[[\"gt\",\"b\"]]",                                 "a",                   "false"              },
    {"string",  "[[\"eq\",true]]",                                  "true",                "true"               },
    {"string",  "[[\"add\",1]]",                                    "41",                  "42"                 },
    {"string",  "[[\"add\",1]]",                                    "on",                  NULL                 },
    {"string",  "[[\"value\",\"off\"]]",                            "on",                  "off"                },
    {"string",  "[]",                                               "07",                  "07"                 },
};

MST_TEST(preprocess_is_applied_in_order_to_what_comes_in)
{
    char made[41], alias[16], body[64], want[64], description[256];

    begin();
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        (void)snprintf(alias, sizeof alias, "p%zu", i);
        (void)snprintf(description, sizeof description, "{\"format\":\"%s\",\"preprocess\":%s}",
                       steps[i].format, steps[i].list);
        create("dataport", alias, description, made);
        (void)snprintf(body, sizeof body, "%s=%s", alias, steps[i].value);
        (void)snprintf(want, sizeof want, "%s=%s", alias, steps[i].stored ? steps[i].stored : "");
        write(body, steps[i].stored ? 204 : 400);
        reads(alias, steps[i].stored ? want : NULL);
    }
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_value_that_preprocess_refuses_leaves_nothing_of_its_request)
{
    char made[41];

    begin();
    create("dataport", "bad", "{\"format\":\"float\",\"preprocess\":[[\"div\",0]]}", made);
    write("temp=1&bad=1", 400);
    reads("temp", NULL);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_setting_leaves_out_what_preprocess_refuses)
{
    const struct mst_site_opts opts = {.http = {.is_bad_value_skipped = true}};
    char made[41];

    begin_with(&opts);
    create("dataport", "in", "{\"format\":\"float\",\"preprocess\":[[\"div\",0]]}", made);
    create("dataport", "plain", "{\"format\":\"float\"}", made);
    write("in=1&plain=2", 204);
    reads("in&plain", "plain=2");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_rid_in_preprocess_stands_for_the_latest_value)
{
    char factor[41], made[41], dead[41];

    begin();
    create("dataport", "factor", "{\"format\":\"float\"}", factor);
    create("dataport", "scaled",
           with("{\"format\":\"float\",\"preprocess\":[[\"mul\",\"%s\"]]}", factor), made);
    write("scaled=2", 400); /* it has none yet */
    write("factor=10", 204);
    write("scaled=2", 204);
    reads("scaled", "scaled=20");
    write("factor=3&scaled=2", 204); /* in the order of the request */
    reads("scaled", "scaled=6");
    mst_site_rpc_rid(site, scene.portal_cik, "create", "[\"dataport\",{\"format\":\"float\"}]",
                     dead);
    create("dataport", "theirs",
           with("{\"format\":\"float\",\"preprocess\":[[\"add\",\"%s\"]]}", dead), made);
    write("theirs=1", 400); /* its owner may not read that */
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(subscribers_get_the_value_after_preprocess)
{
    char source[41], target[41], last[41], text[256];

    begin();
    create("dataport", "in", "{\"format\":\"float\",\"preprocess\":[[\"mul\",2]]}", source);
    create("dataport", "mid", with("{\"format\":\"integer\",\"subscribe\":\"%s\"}", source),
           target);
    create(
        "dataport", "out",
        with("{\"format\":\"string\",\"preprocess\":[[\"add\",0.5]],\"subscribe\":\"%s\"}", target),
        last);
    write("in=1.25", 204);
    reads("in&mid&out", "out=2.5&mid=2&in=2.5");
    (void)snprintf(text, sizeof text, "[{\"alias\":\"in\"},[\"subscribers\",\"basic\"]]");
    (void)snprintf(last, sizeof last, "%s", target);
    ck_assert_ptr_nonnull(strstr(mst_site_rpc(site, cik, "info", text),
                                 with("\"subscribers\":[{\"dataport\":\"%s\"}]", last)));
    ck_assert_ptr_nonnull(strstr(mst_site_rpc(site, cik, "info", text), "\"subscribers\":1,"));
    ck_assert_ptr_nonnull(strstr(update(target, "{\"subscribe\":null}"), "\"ok\""));
    write("in=4", 204);
    reads("in&mid", "mid=2&in=8");
    ck_assert_ptr_nonnull(strstr(mst_site_rpc(site, cik, "info", text), "\"subscribers\":[]"));
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(what_a_subscriber_cannot_take_is_left_out_for_it_alone)
{
    char source[41], made[41];

    begin();
    create("dataport", "in", "{\"format\":\"string\"}", source);
    create("dataport", "number", with("{\"format\":\"float\",\"subscribe\":\"%s\"}", source), made);
    create("dataport", "text", with("{\"format\":\"string\",\"subscribe\":\"%s\"}", source), made);
    write("in=hello", 204);
    reads("in&number&text", "text=hello&in=hello");
    write("in=5", 204);
    reads("number", "number=5");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(nobody_gets_its_own_values)
{
    char one[41], two[41], three[41];

    begin();
    create("dataport", "one", "{\"format\":\"float\"}", one);
    create("dataport", "two", with("{\"format\":\"float\",\"subscribe\":\"%s\"}", one), two);
    create("dataport", "three", with("{\"format\":\"float\",\"subscribe\":\"%s\"}", two), three);
    ck_assert_ptr_nonnull(strstr(update(one, with("{\"subscribe\":\"%s\"}", one)), "\"invalid\""));
    ck_assert_ptr_nonnull(
        strstr(update(one, with("{\"subscribe\":\"%s\"}", three)), "\"invalid\""));
    ck_assert_ptr_nonnull(strstr(update(one, with("{\"subscribe\":\"%s\"}", rid)), "\"badarg\""));
    ck_assert_ptr_nonnull(
        strstr(update(one, "{\"subscribe\":\"0123456789012345678901234567890123456789\"}"),
               "\"invalid\""));
    write("one=1", 204);
    reads("three", "three=1");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(chains_have_a_greatest_length)
{
    char last[41], made[41], alias[16];

    begin();
    create("dataport", "c1", "{\"format\":\"float\"}", last);
    for (int i = 2; i <= MST_FLOW_DEPTH_MAX; i++) {
        (void)snprintf(alias, sizeof alias, "c%d", i);
        create("dataport", alias, with("{\"format\":\"float\",\"subscribe\":\"%s\"}", last), made);
        memcpy(last, made, sizeof last);
    }
    write("c1=7", 204);
    reads("c16", "c16=7");
    create("dataport", "over", "{\"format\":\"float\"}", made);
    ck_assert_ptr_nonnull(strstr(update(made, with("{\"subscribe\":\"%s\"}", last)), "\"limit\""));
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_source_that_was_dropped_does_not_stand_in_the_way)
{
    char source[41], target[41], text[64];

    begin();
    create("dataport", "in", "{\"format\":\"float\"}", source);
    create("dataport", "out", with("{\"format\":\"float\",\"subscribe\":\"%s\"}", source), target);
    (void)snprintf(text, sizeof text, "[\"%s\"]", source);
    ck_assert_ptr_nonnull(strstr(mst_site_rpc(site, cik, "drop", text), "\"ok\""));
    ck_assert_ptr_nonnull(strstr(update(target, "{\"preprocess\":[[\"add\",1]]}"), "\"ok\""));
    write("out=1", 204);
    reads("out", "out=2");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_source_of_another_owner_is_followed_as_long_as_it_may_be_read)
{
    char source[41], made[41], by_portal[64], text[256];

    begin();
    mst_site_rpc_rid(site, scene.portal_cik, "create",
                     "[\"dataport\",{\"format\":\"float\",\"public\":true}]", source);
    (void)snprintf(text, sizeof text, "[\"alias\",\"%s\",\"in\"]", source);
    ck_assert_ptr_nonnull(strstr(mst_site_rpc(site, scene.portal_cik, "map", text), "\"ok\""));
    create("dataport", "out", with("{\"format\":\"float\",\"subscribe\":\"%s\"}", source), made);
    ck_assert_status(site, 204, "POST", ALIAS, mst_by_cik(scene.portal_cik, by_portal), "in=1");
    reads("out", "out=1");
    (void)snprintf(text, sizeof text, "[\"%s\",{\"public\":false}]", source);
    ck_assert_ptr_nonnull(strstr(mst_site_rpc(site, scene.portal_cik, "update", text), "\"ok\""));
    ck_assert_status(site, 204, "POST", ALIAS, by_portal, "in=2");
    reads("out", "out=1");
    create("dataport", "late", "{\"format\":\"float\"}", made);
    ck_assert_ptr_nonnull(
        strstr(update(made, with("{\"subscribe\":\"%s\"}", source)), "\"restricted\""));
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(count_0_stores_nothing_and_subscribers_still_get_it)
{
    char source[41], made[41];

    begin();
    create("dataport", "in", "{\"format\":\"float\",\"retention\":{\"count\":0}}", source);
    create("dataport", "out", with("{\"format\":\"float\",\"subscribe\":\"%s\"}", source), made);
    write("in=1", 204);
    reads("in&out", "out=1");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_request_that_sets_off_too_much_is_413_and_changes_nothing)
{
    enum { TARGETS = 100, WRITES = MST_FLOW_VALUES_MAX / (TARGETS + 1) + 1 };
    char source[41], body[WRITES * ONE_CHARS + 1];

    begin();
    create("dataport", "in", "{\"format\":\"integer\"}", source);
    create_followers(source, 0, TARGETS);
    write_too_much(body, WRITES);
    reads("in&t99", "t99=1&in=1");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_rule_judges_what_it_subscribes_to_and_passes_on_what_comes_out)
{
    char source[41], rule[41], made[41];

    begin();
    create("dataport", "in", "{\"format\":\"float\"}", source);
    create("datarule", "hot",
           with("{\"format\":\"string\",\"subscribe\":\"%s\",\"rule\":{\"simple\":{\"comparison\":"
                "\"gt\",\"constant\":30,\"repeat\":false}}}",
                source),
           rule);
    create("dataport", "seen", with("{\"format\":\"string\",\"subscribe\":\"%s\"}", rule), made);
    write("in=31", 204);
    reads("hot&seen", "seen=true&hot=true");
    write("in=29.5", 204);
    reads("hot&seen", "seen=false&hot=false");
    write("hot=30.5", 204); /* written itself, it judges too */
    reads("hot", "hot=true");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_request_that_sets_off_too_many_bytes_is_413_and_changes_nothing)
{
    enum { TARGETS = 20, LARGE = 60000, WRITES = MST_FLOW_BYTES_MAX / (TARGETS * LARGE) + 1 };
    static char large[LARGE + 16];
    char constant[41], source[41], made[41], text[256], alias[16], body[WRITES * ONE_CHARS + 1];

    begin();
    create("dataport", "large", "{\"format\":\"string\"}", constant);
    (void)snprintf(large, sizeof large, "large=");
    memset(&large[strlen(large)], 'x', LARGE);
    write(large, 204);
    create("dataport", "in", "{\"format\":\"integer\"}", source);
    (void)snprintf(
        text, sizeof text,
        "{\"format\":\"string\",\"preprocess\":[[\"value\",\"%s\"]],\"subscribe\":\"%s\"}",
        constant, source);
    for (int i = 0; i < TARGETS; i++) {
        (void)snprintf(alias, sizeof alias, "t%d", i);
        create("dataport", alias, text, made);
    }
    write_too_much(body, WRITES);
    reads("in", "in=1");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(nobodys_values_are_refused_for_who_listens_to_them)
{
    enum { TARGETS = 100, WRITES = MST_FLOW_VALUES_MAX / TARGETS + 1 };
    char source[41], other_rid[41], other_cik[41], text[256], by_other[64],
        body[WRITES * ONE_CHARS + 1];

    begin();
    mst_scene_device(site, &scene, "dev2", other_rid, other_cik);
    mst_site_rpc_rid(site, other_cik, "create",
                     "[\"dataport\",{\"format\":\"integer\",\"public\":true}]", source);
    (void)snprintf(text, sizeof text, "[\"alias\",\"%s\",\"in\"]", source);
    ck_assert_ptr_nonnull(strstr(mst_site_rpc(site, other_cik, "map", text), "\"ok\""));
    create_followers(source, 0, TARGETS);
    repeat_one(body, WRITES);
    memcpy(&body[ONE_CHARS * (WRITES - 1)], "in=2", sizeof "in=2"); /* this one goes nowhere */
    ck_assert_status(site, 204, "POST", ALIAS, mst_by_cik(other_cik, by_other), body);
    reads("t0", "t0=1");
    ck_assert_status(site, 204, "POST", ALIAS, by_other, "in=3");
    reads("t99", "t99=3");
    create_followers(source, TARGETS, MST_FLOW_FOREIGN_MAX - 1);
    (void)snprintf(text, sizeof text,
                   "[\"dataport\",{\"format\":\"integer\",\"subscribe\":\"%s\"}]", source);
    ck_assert_ptr_nonnull(strstr(mst_site_rpc(site, cik, "create", text), "\"limit\""));
    ck_assert_ptr_nonnull(strstr(mst_site_rpc(site, other_cik, "create", text), "\"ok\""));
    mst_site_stop(site);
}
MST_TEST_END

#define HELD                                                                                 \
    "{\"format\":\"integer\",\"rule\":{\"duration\":{\"comparison\":\"gt\",\"constant\":%s," \
    "\"timeout\":100,\"repeat\":true}}}"

MST_TEST(a_rule_that_is_changed_measures_from_then_on)
{
    char rule[41];

    begin();
    create("datarule", "held", with(HELD, "5"), rule);
    write("held=7", 204);
    mst_site_pass(site, 101);
    ck_assert_ptr_nonnull(strstr(update(rule, with(HELD, "6")), "\"ok\""));
    write("held=7", 204);
    reads("held", NULL);
    ck_assert_ptr_nonnull(strstr(update(rule, "{\"name\":\"another\"}"), "\"ok\""));
    mst_site_pass(site, 101);
    write("held=7", 204);
    reads("held", "held=1");
    mst_site_stop(site);
}
MST_TEST_END

static int n_commits, n_renewals;

static bool count_commit(void *arg, bool *ret_is_applied)
{
    (void)arg;
    (void)ret_is_applied;
    (void)__atomic_add_fetch(&n_commits, 1, __ATOMIC_SEQ_CST);
    return false;
}

static void count_renewal(void *arg)
{
    ck_assert_int_eq(__atomic_load_n(&n_commits, __ATOMIC_SEQ_CST), 1);
    ++*(int *)arg;
}

/* So no full queue of the points file can make a failure of a change that is durable. */
MST_TEST(a_change_is_answered_when_it_is_durable_whatever_is_left_to_be_renewed)
{
    static const char keeping[] = "{\"retention\":{\"count\":1}}";
    const struct mst_site_opts opts = {
        .http = {.renew = count_renewal, .renew_arg = &n_renewals},
          .inject_unknown = count_commit
    };
    char rule[41];

    begin_with(&opts);
    create("datarule", "held", with(HELD, "5"), rule);
    write("held=7", 204);
    n_commits = 0;
    ck_assert_ptr_nonnull(strstr(update(rule, with(HELD, "6")), "\"ok\""));
    ck_assert_int_eq(n_commits, 1);
    ck_assert_int_eq(n_renewals, 1);
    n_commits = 0;
    ck_assert_ptr_nonnull(strstr(update(rule, keeping), "\"ok\""));
    ck_assert_int_eq(n_commits, 1);
    ck_assert_int_eq(n_renewals, 2);
    ck_assert_ptr_null(
        strstr(mst_site_rpc(site, cik, "info", "[{\"alias\":\"held\"}]"), "changed"));
    mst_site_stop(site);
}
MST_TEST_END

static bool is_next_unknown;

static bool is_kept_but_unknown(void *arg, bool *ret_is_applied)
{
    bool *is_next = arg;
    const bool is_unknown = *is_next;

    *is_next = false;
    *ret_is_applied = true;
    return is_unknown;
}

#define TWICE                                                                            \
    "{\"format\":\"integer\",\"rule\":{\"count\":{\"comparison\":\"gt\",\"constant\":5," \
    "\"count\":2,\"timeout\":100,\"repeat\":true}}}"

MST_TEST(a_rule_sees_a_value_once_though_the_outcome_of_its_commit_is_unknown)
{
    const struct mst_site_opts opts = {.inject_unknown = is_kept_but_unknown,
                                       .arg = &is_next_unknown};
    char rule[41];

    begin_with(&opts);
    create("datarule", "twice", TWICE, rule);
    is_next_unknown = true;
    write("twice=7", 503);
    ck_assert(!is_next_unknown);
    reads("twice", NULL);
    write("twice=7", 204);
    reads("twice", "twice=1");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_script_keeps_what_is_written_and_does_nothing_else)
{
    char source[41], made[41];

    begin();
    create("dataport", "in", "{\"format\":\"string\"}", source);
    create(
        "datarule", "lua",
        with("{\"format\":\"string\",\"subscribe\":\"%s\",\"rule\":{\"script\":\"x()\"}}", source),
        made);
    write("in=1", 204);
    reads("lua", NULL);
    write("lua=2", 204);
    reads("lua", "lua=2");
    mst_site_stop(site);
}
MST_TEST_END

MST_TESTS("conform/2.15.5", preprocess_is_applied_in_order_to_what_comes_in,
          a_value_that_preprocess_refuses_leaves_nothing_of_its_request,
          a_setting_leaves_out_what_preprocess_refuses,
          a_rid_in_preprocess_stands_for_the_latest_value,
          subscribers_get_the_value_after_preprocess,
          what_a_subscriber_cannot_take_is_left_out_for_it_alone, nobody_gets_its_own_values,
          chains_have_a_greatest_length, a_source_that_was_dropped_does_not_stand_in_the_way,
          a_source_of_another_owner_is_followed_as_long_as_it_may_be_read,
          count_0_stores_nothing_and_subscribers_still_get_it,
          a_request_that_sets_off_too_much_is_413_and_changes_nothing,
          a_request_that_sets_off_too_many_bytes_is_413_and_changes_nothing,
          nobodys_values_are_refused_for_who_listens_to_them,
          a_rule_judges_what_it_subscribes_to_and_passes_on_what_comes_out,
          a_rule_that_is_changed_measures_from_then_on,
          a_change_is_answered_when_it_is_durable_whatever_is_left_to_be_renewed,
          a_rule_sees_a_value_once_though_the_outcome_of_its_commit_is_unknown,
          a_script_keeps_what_is_written_and_does_nothing_else)

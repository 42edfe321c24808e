/* protocol.md 2.15.4: move, grant and its tokens, usage, tag; map and limits where the tree is concerned. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#define RPC    "/onep:v1/rpc/process"
#define NOBODY "0000000000000000000000000000000000000000"
#define OK1    "[{\"id\":1,\"status\":\"ok\"}]"
#define FAIL_ARGUMENTS                                                                          \
    "[{\"id\":1,\"status\":\"fail\",\"error\":{\"code\":501,\"message\":\"Error\",\"context\":" \
    "\"arguments\"}}]"
#define SAYS(status)  "[{\"id\":1,\"status\":\"" status "\"}]"
#define GIVES(result) "[{\"id\":1,\"status\":\"ok\",\"result\":" result "}]"
#define DENIED \
    "{\"error\":{\"code\":401,\"message\":\"Authorization failed\",\"context\":\"auth\"}}"
#define ROOMY                                                                                \
    "{\"limits\":{\"client\":\"inherit\",\"dataport\":\"inherit\",\"datarule\":\"inherit\"," \
    "\"dispatch\":\"inherit\",\"share\":\"inherit\"}}"

static struct mst_site *site;
static struct mst_scene scene;
static char rid[41], cik[41]; /* a device of the portal */

static void begin(void)
{
    site = mst_scene_start(NULL, "dev1", &scene, rid, cik);
}

/* arguments as printf has them. */
static const char *__attribute__((format(printf, 3, 4)))
call(const char *key, const char *procedure, const char *fmt, ...)
{
    char arguments[4096];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(arguments, sizeof arguments, fmt, args);
    va_end(args);
    return mst_site_rpc(site, key, procedure, arguments);
}

#define PORTAL(procedure, ...) call(scene.portal_cik, procedure, __VA_ARGS__)
#define VENDOR(procedure, ...) call(scene.vendor_cik, procedure, __VA_ARGS__)

/* The handle that the last call has given. */
static void take(const char *reply, char ret[41])
{
    const char *at = strstr(reply, "\"result\":\"");

    ck_assert_msg(at != NULL, "%s", reply);
    memcpy(ret, at + strlen("\"result\":\""), 40);
    ret[40] = '\0';
}

/* One call by a grant token. */
static const char *__attribute__((format(printf, 3, 4)))
by_token(const char *token, const char *procedure, const char *fmt, ...)
{
    static char text[8192];
    struct mst_answer answer;
    va_list args;
    int n = snprintf(text, sizeof text,
                     "{\"auth\":{\"token\":\"%s\"},\"calls\":[{\"id\":1,\"procedure\":\"%s\","
                     "\"arguments\":",
                     token, procedure);

    va_start(args, fmt);
    n += vsnprintf(&text[n], sizeof text - (size_t)n, fmt, args);
    va_end(args);
    (void)snprintf(&text[n], sizeof text - (size_t)n, "}]}");
    answer = mst_site_ask(site, "POST", RPC, NULL, text);
    ck_assert_uint_eq(answer.status, 200);
    (void)snprintf(text, sizeof text, "%.*s", (int)answer.body.len, answer.body.ptr);
    return text;
}

/* ---- move ---- */

MST_TEST(move_gives_a_device_to_another_owner_and_it_stays_what_it_is)
{
    char client[41], key[41], code[41], want[128];

    begin();
    take(PORTAL("create", "[\"client\"," ROOMY "]"), client);
    mst_site_key(site, scene.portal_cik, client, key);
    ck_assert_str_eq(call(cik, "write", "[{\"alias\":\"count\"},7]"), OK1);
    take(PORTAL("share", "[\"%s\",{}]", rid), code);
    ck_assert_str_eq(PORTAL("move", "[\"%s\",\"%s\"]", rid, client), OK1);
    (void)snprintf(want, sizeof want, GIVES("\"%s\""), client);
    ck_assert_str_eq(PORTAL("lookup", "[\"owner\",\"%s\"]", rid), want);
    ck_assert_msg(strstr(call(cik, "read", "[{\"alias\":\"count\"}]"), ",7]]") != NULL, "the key");
    (void)snprintf(want, sizeof want, GIVES("\"%s\""), rid);
    ck_assert_str_eq(PORTAL("lookup", "[\"shared\",\"%s\"]", code), want);
    ck_assert_str_eq(call(key, "lookup", "[\"alias\",\"\"]"),
                     PORTAL("lookup", "[\"%s\",\"alias\",\"\"]", client));
    ck_assert_status(site, 409, "POST", "/provision/activate", NULL,
                     "vendor=acme&model=m1&sn=dev1"); /* the serial number is bound */
    ck_assert_msg(strstr(PORTAL("info", "[{\"alias\":\"\"},[\"counts\",\"usage\"]]"),
                         "\"counts\":{\"client\":1,") != NULL,
                  "the portal owns one client, not two");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(move_takes_aliases_along_or_drops_them)
{
    char port[41], client[41], want[128];

    begin();
    take(PORTAL("create", "[\"client\"," ROOMY "]"), client);
    take(PORTAL("create", "[\"dataport\",{\"format\":\"float\"}]"), port);
    ck_assert_str_eq(PORTAL("map", "[\"alias\",\"%s\",\"p\"]", port), OK1);
    (void)snprintf(want, sizeof want, GIVES("\"%s\""), port);
    ck_assert_str_eq(PORTAL("move", "[\"%s\",\"%s\",{\"aliases\":true}]", port, client), OK1);
    ck_assert_str_eq(PORTAL("lookup", "[\"alias\",\"p\"]"), SAYS("invalid"));
    ck_assert_str_eq(PORTAL("lookup", "[\"%s\",\"alias\",\"p\"]", client), want);
    ck_assert_str_eq(PORTAL("move", "[\"%s\",{\"alias\":\"\"}]", port), OK1); /* as with true */
    ck_assert_str_eq(PORTAL("lookup", "[\"alias\",\"p\"]"), want);
    ck_assert_str_eq(PORTAL("move", "[{\"alias\":\"p\"},\"%s\",{\"aliases\":false}]", client), OK1);
    ck_assert_str_eq(PORTAL("lookup", "[\"%s\",\"alias\",\"p\"]", client), SAYS("invalid"));
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(move_refuses_itself_circles_strangers_and_what_has_no_room)
{
    char client[41], inner[41], port[41], full[41];

    begin();
    take(PORTAL("create", "[\"client\"," ROOMY "]"), client);
    take(PORTAL("create", "[\"%s\",\"client\"," ROOMY "]", client), inner);
    take(PORTAL("create", "[\"%s\",\"dataport\",{\"format\":\"float\"}]", client), port);
    take(PORTAL("create", "[\"client\",{}]"), full);
    ck_assert_str_eq(PORTAL("move", "[\"%s\",\"%s\"]", client, inner), SAYS("invalid"));
    ck_assert_str_eq(PORTAL("move", "[\"%s\",\"%s\"]", client, client), SAYS("invalid"));
    ck_assert_str_eq(PORTAL("move", "[\"%s\",\"%s\"]", inner, port), SAYS("invalid"));
    ck_assert_str_eq(PORTAL("move", "[\"%s\",\"" NOBODY "\"]", port), SAYS("invalid"));
    ck_assert_str_eq(PORTAL("move", "[\"" NOBODY "\",\"%s\"]", client), SAYS("invalid"));
    ck_assert_str_eq(PORTAL("move", "[{\"alias\":\"\"},\"%s\"]", client), SAYS("restricted"));
    ck_assert_str_eq(PORTAL("move", "[\"%s\",\"%s\"]", port, scene.vendor_rid), SAYS("restricted"));
    ck_assert_str_eq(PORTAL("move", "[\"%s\",\"%s\"]", scene.template_rid, client),
                     SAYS("restricted"));
    ck_assert_str_eq(PORTAL("move", "[\"%s\",\"%s\"]", port, full), SAYS("limit"));
    ck_assert_str_eq(PORTAL("update", "[\"%s\",{\"limits\":{\"dataport\":1}}]", full), OK1);
    ck_assert_str_eq(PORTAL("move", "[\"%s\",\"%s\"]", port, full), OK1);
    ck_assert_str_eq(PORTAL("update", "[\"%s\",{\"limits\":{\"dataport\":0}}]", full),
                     SAYS("limit")); /* not below what is in use */
    ck_assert_str_eq(
        call(mst_site_root(site), "move", "[\"%s\",\"%s\"]", scene.vendor_rid, scene.vendor_rid),
        SAYS("restricted")); /* it owns a vendor name */
    ck_assert_str_eq(PORTAL("move", "[\"%s\"]", port), FAIL_ARGUMENTS);
    ck_assert_str_eq(PORTAL("move", "[\"%s\",\"%s\",{\"aliases\":1}]", port, client),
                     FAIL_ARGUMENTS);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(move_refuses_an_alias_that_means_something_else_there)
{
    char client[41], port[41], other[41];

    begin();
    take(PORTAL("create", "[\"client\"," ROOMY "]"), client);
    take(PORTAL("create", "[\"dataport\",{\"format\":\"float\"}]"), port);
    take(PORTAL("create", "[\"dataport\",{\"format\":\"float\"}]"), other);
    ck_assert_str_eq(PORTAL("map", "[\"alias\",\"%s\",\"p\"]", other), OK1);
    ck_assert_str_eq(PORTAL("move", "[\"%s\",\"%s\"]", other, client), OK1);
    ck_assert_str_eq(PORTAL("map", "[\"alias\",\"%s\",\"p\"]", port), OK1);
    ck_assert_str_eq(PORTAL("move", "[\"%s\",\"%s\"]", port, client), SAYS("invalid"));
    ck_assert_str_eq(PORTAL("move", "[\"%s\",\"%s\",{\"aliases\":false}]", port, client), OK1);
    mst_site_stop(site);
}
MST_TEST_END

/* ---- grant ---- */

MST_TEST(a_token_does_what_was_granted_and_nothing_else)
{
    char token[41], port[41];

    begin();
    take(call(cik, "lookup", "[\"alias\",\"count\"]"), port);
    take(PORTAL("grant", "[\"%s\",{\"%s\":[\"read\",\"write\"],\"%s\":[\"info\",\"listing\"]}]",
                rid, port, rid),
         token);
    ck_assert_str_eq(by_token(token, "write", "[{\"alias\":\"count\"},5]"), OK1);
    ck_assert_msg(strstr(by_token(token, "read", "[\"%s\"]", port), ",5]]") != NULL, "reads");
    ck_assert_str_eq(by_token(token, "write", "[{\"alias\":\"temp\"},5]"), SAYS("restricted"));
    ck_assert_str_eq(by_token(token, "drop", "[\"%s\"]", port), SAYS("restricted"));
    ck_assert_msg(strstr(by_token(token, "info", "[\"%s\",[\"basic\"]]", port),
                         "\"type\":\"dataport\"") != NULL,
                  "what is granted on a client is granted on what lies below");
    ck_assert_msg(strstr(by_token(token, "listing", "[[\"dataport\"]]"), port) != NULL,
                  "a call that names no client means the one it acts for");
    ck_assert_str_eq(by_token(token, "info", "[\"%s\"]", scene.portal_rid), SAYS("restricted"));
    ck_assert_str_eq(by_token(token, "grant", "[\"%s\",{\"%s\":[\"drop\"]}]", rid, port),
                     SAYS("restricted"));
    ck_assert_str_eq(by_token(token, "lookup", "[\"alias\",\"\"]"), SAYS("restricted"));
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_token_takes_no_values_from_where_it_may_not_look)
{
    char token[41], port[41], secret[41];

    begin();
    take(call(cik, "lookup", "[\"alias\",\"count\"]"), port);
    take(call(cik, "lookup", "[\"alias\",\"note\"]"), secret);
    take(PORTAL("grant", "[\"%s\",{\"%s\":[\"read\",\"update\"]}]", rid, port), token);
    ck_assert_str_eq(by_token(token, "update", "[\"%s\",{\"subscribe\":\"%s\"}]", port, secret),
                     SAYS("restricted"));
    ck_assert_str_eq(
        by_token(token, "update", "[\"%s\",{\"preprocess\":[[\"add\",\"%s\"]]}]", port, secret),
        SAYS("restricted"));
    ck_assert_str_eq(by_token(token, "update", "[\"%s\",{\"preprocess\":[[\"add\",1]]}]", port),
                     OK1);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_token_ends_with_its_time_and_with_the_key_that_made_it)
{
    char token[41], other[41], key[41];

    begin();
    take(PORTAL("grant", "[\"%s\",{\"%s\":[\"info\"]},{\"ttl\":3600}]", rid, rid), token);
    take(call(cik, "grant", "[{\"alias\":\"\"},{\"%s\":[\"info\"]},{\"ttl\":null}]", rid), other);
    ck_assert_msg(strncmp(by_token(token, "info", "[\"%s\",[\"tags\"]]", rid), "[{", 2) == 0, "ok");
    mst_site_key(site, scene.portal_cik, rid, key);
    ck_assert_str_eq(key, cik);
    ck_assert_str_eq(PORTAL("revoke", "[\"client\",\"%s\"]", cik), OK1);
    ck_assert_str_eq(by_token(other, "info", "[\"%s\",[\"tags\"]]", rid), DENIED);
    ck_assert_str_eq(by_token(token, "info", "[\"%s\",[\"tags\"]]", rid), GIVES("{\"tags\":[]}"));
    mst_site_pass(site, 3600);
    ck_assert_str_eq(by_token(token, "info", "[\"%s\",[\"tags\"]]", rid), DENIED);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_token_of_a_locked_client_hears_locked)
{
    char token[41];

    begin();
    take(PORTAL("grant", "[\"%s\",{\"%s\":[\"info\"]}]", rid, rid), token);
    ck_assert_str_eq(PORTAL("update", "[\"%s\",{\"locked\":true}]", rid), OK1);
    ck_assert_str_eq(by_token(token, "info", "[\"%s\"]", rid), SAYS("locked"));
    ck_assert_str_eq(PORTAL("update", "[\"%s\",{\"locked\":false}]", rid), OK1);
    ck_assert_str_eq(VENDOR("update", "[\"%s\",{\"locked\":true}]", scene.portal_rid), OK1);
    ck_assert_str_eq(by_token(token, "info", "[\"%s\"]", rid), SAYS("locked"));
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(what_cannot_be_granted_is_refused)
{
    begin();
    ck_assert_str_eq(PORTAL("grant", "[\"%s\",{\"%s\":[\"nosuch\"]}]", rid, rid), SAYS("badarg"));
    ck_assert_str_eq(PORTAL("grant", "[\"%s\",{\"%s\":[\"grant\"]}]", rid, rid), SAYS("badarg"));
    ck_assert_str_eq(PORTAL("grant", "[\"%s\",{\"%s\":[]}]", rid, rid), SAYS("badarg"));
    ck_assert_str_eq(PORTAL("grant", "[\"%s\",{\"%s\":\"read\"}]", rid, rid), SAYS("badarg"));
    ck_assert_str_eq(PORTAL("grant", "[\"%s\",{}]", rid), SAYS("badarg"));
    ck_assert_str_eq(PORTAL("grant", "[\"%s\",{\"%s\":[\"read\"]},{\"ttl\":0}]", rid, rid),
                     SAYS("badarg"));
    ck_assert_str_eq(PORTAL("grant", "[\"%s\",{\"%s\":[\"read\"]},{\"ttl\":%d}]", rid, rid,
                            MST_GRANT_TTL_MAX_S + 1),
                     SAYS("badarg"));
    ck_assert_str_eq(PORTAL("grant", "[\"%s\",{\"%s\":[\"read\"]}]", rid, scene.portal_rid),
                     SAYS("restricted"));
    ck_assert_str_eq(PORTAL("grant", "[\"%s\",{\"" NOBODY "\":[\"read\"]}]", rid),
                     SAYS("restricted"));
    ck_assert_str_eq(PORTAL("grant", "[\"" NOBODY "\",{\"%s\":[\"read\"]}]", rid),
                     SAYS("restricted"));
    ck_assert_str_eq(PORTAL("grant", "[\"%s\",{\"%s\":[\"read\"]}]", scene.vendor_rid, rid),
                     SAYS("restricted"));
    ck_assert_str_eq(PORTAL("grant", "[\"%s\",[]]", rid), FAIL_ARGUMENTS);
    mst_site_stop(site);
}
MST_TEST_END

/* ---- usage ---- */

MST_TEST(usage_sums_seconds_of_resources_and_amounts)
{
    char client[41], reply[256];
    const char *text;
    long long now;

    begin();
    take(PORTAL("create", "[\"client\"," ROOMY "]"), client);
    mst_site_pass(site, 10);
    take(PORTAL("create", "[\"%s\",\"dataport\",{\"format\":\"float\"}]", client), reply);
    mst_site_pass(site, 100);
    text = PORTAL("usage", "[\"%s\",\"dataport\",0,99999999999]", client);
    ck_assert_int_eq(sscanf(text, "[{\"id\":1,\"status\":\"ok\",\"result\":%lld}]", &now), 1);
    ck_assert_int_ge(now, 100); /* the clock runs on by itself */
    ck_assert_int_lt(now, 110);
    ck_assert_str_eq(PORTAL("usage", "[\"%s\",\"dataport\",5,5]", client), GIVES("0"));
    ck_assert_str_eq(PORTAL("usage", "[\"%s\",\"datarule\",0,99999999999]", client), GIVES("0"));
    ck_assert_str_eq(PORTAL("usage", "[\"%s\",\"email\",0,99999999999]", client), GIVES("0"));
    (void)PORTAL("share", "[\"%s\",{}]", reply);
    ck_assert_str_eq(PORTAL("usage", "[\"%s\",\"share\",0,99999999999]", client), GIVES("1"));
    ck_assert_str_eq(PORTAL("usage", "[{\"alias\":\"\"},\"share\",0,1000]"), GIVES("0"));
    ck_assert_str_eq(PORTAL("drop", "[\"%s\"]", client), OK1);
    text = PORTAL("usage", "[{\"alias\":\"\"},\"dataport\",0,99999999999]");
    ck_assert_int_eq(sscanf(text, "[{\"id\":1,\"status\":\"ok\",\"result\":%lld}]", &now), 1);
    ck_assert_int_ge(now, 100 + 3 * 110); /* what is gone, and the device's three */
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(usage_refuses_what_it_does_not_know)
{
    char port[41];

    begin();
    take(call(cik, "lookup", "[\"alias\",\"count\"]"), port);
    ck_assert_str_eq(PORTAL("usage", "[\"%s\",\"nosuch\",0,1]", rid), SAYS("badarg"));
    ck_assert_str_eq(PORTAL("usage", "[\"%s\",\"client\",2,1]", rid), SAYS("invalid"));
    ck_assert_str_eq(PORTAL("usage", "[\"%s\",\"client\",-1,1]", rid), SAYS("invalid"));
    ck_assert_str_eq(PORTAL("usage", "[\"%s\",\"client\",0,1]", port), SAYS("invalid"));
    ck_assert_str_eq(PORTAL("usage", "[\"" NOBODY "\",\"client\",0,1]"), SAYS("invalid"));
    ck_assert_str_eq(PORTAL("usage", "[\"%s\",\"client\",0,1]", scene.vendor_rid),
                     SAYS("restricted"));
    ck_assert_str_eq(PORTAL("usage", "[\"%s\",\"client\",0]", rid), FAIL_ARGUMENTS);
    ck_assert_str_eq(PORTAL("usage", "[\"%s\",\"client\",\"0\",1]", rid), FAIL_ARGUMENTS);
    mst_site_stop(site);
}
MST_TEST_END

/* ---- tag ---- */

MST_TEST(tags_are_shown_and_listed_by)
{
    char port[41], want[256];

    begin();
    take(call(cik, "lookup", "[\"alias\",\"temp\"]"), port);
    ck_assert_str_eq(PORTAL("tag", "[\"%s\",\"add\",\"hot\"]", port), OK1);
    ck_assert_str_eq(PORTAL("tag", "[\"%s\",\"add\",\"hot\"]", port), OK1);
    ck_assert_str_eq(PORTAL("tag", "[\"%s\",\"add\",\"new\"]", rid), OK1);
    ck_assert_str_eq(call(cik, "info", "[{\"alias\":\"temp\"},[\"tags\"]]"),
                     GIVES("{\"tags\":[\"hot\"]}"));
    (void)snprintf(want, sizeof want, GIVES("{\"tagged\":[\"%s\"],\"tags\":[\"new\"]}"), port);
    ck_assert_str_eq(PORTAL("info", "[\"%s\",[\"tagged\",\"tags\"]]", rid), want);
    (void)snprintf(want, sizeof want, GIVES("{\"dataport\":[\"%s\"],\"client\":[]}"), port);
    ck_assert_str_eq(
        PORTAL("listing", "[\"%s\",[\"dataport\",\"client\"],{\"tagged\":[\"x\",\"hot\"]}]", rid),
        want);
    ck_assert_str_eq(PORTAL("listing", "[\"%s\",[\"dataport\"],{\"tagged\":[\"x\"]}]", rid),
                     GIVES("{\"dataport\":[]}"));
    ck_assert_str_eq(PORTAL("update", "[\"%s\",{\"name\":\"t\",\"tags\":[]}]", port), OK1);
    ck_assert_msg(strstr(PORTAL("info", "[\"%s\",[\"description\"]]", port), "tags") == NULL,
                  "no part of the description");
    ck_assert_str_eq(PORTAL("tag", "[\"%s\",\"remove\",\"hot\"]", port), OK1);
    ck_assert_str_eq(PORTAL("tag", "[\"%s\",\"remove\",\"hot\"]", port), SAYS("invalid"));
    ck_assert_str_eq(PORTAL("tag", "[\"%s\",\"cut\",\"hot\"]", port), SAYS("badarg"));
    ck_assert_str_eq(PORTAL("tag", "[\"%s\",\"add\",\"\"]", port), SAYS("badarg"));
    ck_assert_str_eq(PORTAL("tag", "[\"%s\",\"add\",5]", port), FAIL_ARGUMENTS);
    ck_assert_str_eq(PORTAL("tag", "[\"" NOBODY "\",\"add\",\"x\"]"), SAYS("invalid"));
    mst_site_stop(site);
}
MST_TEST_END

/* ---- map ---- */

MST_TEST(map_says_notfound_of_an_alias_that_is_none)
{
    begin();
    ck_assert_str_eq(PORTAL("map", "[\"alias\",{\"alias\":\"nosuch\"},\"a\"]"), SAYS("notfound"));
    ck_assert_str_eq(PORTAL("map", "[\"alias\",\"" NOBODY "\",\"a\"]"), SAYS("invalid"));
    ck_assert_str_eq(PORTAL("map", "[\"alias\",\"%s\",\"a&b\"]", rid), SAYS("badarg"));
    ck_assert_str_eq(PORTAL("map", "[\"alias\",\"%s\",\"a\"]", scene.template_rid),
                     SAYS("restricted"));
    mst_site_stop(site);
}
MST_TEST_END

MST_TESTS("conform/2.15 tree", move_gives_a_device_to_another_owner_and_it_stays_what_it_is,
          move_takes_aliases_along_or_drops_them,
          move_refuses_itself_circles_strangers_and_what_has_no_room,
          move_refuses_an_alias_that_means_something_else_there,
          a_token_does_what_was_granted_and_nothing_else,
          a_token_takes_no_values_from_where_it_may_not_look,
          a_token_ends_with_its_time_and_with_the_key_that_made_it,
          a_token_of_a_locked_client_hears_locked, what_cannot_be_granted_is_refused,
          usage_sums_seconds_of_resources_and_amounts, usage_refuses_what_it_does_not_know,
          tags_are_shown_and_listed_by, map_says_notfound_of_an_alias_that_is_none)

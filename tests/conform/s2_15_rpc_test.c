/* protocol.md 2.15: the RPC envelope, its errors, and the procedures served so far. */
#include <stdarg.h>

#include "tests/lib/rpc_rows.h"
#include "tests/lib/unit.h"

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

/* ---- 2.15.1 ---- */

MST_TEST(ids_come_back_unchanged_and_in_order)
{
    static const struct mst_script rows[] = {
        {"POST", RPC, NULL, NULL,
         AUTH "{\"id\":7,\"procedure\":\"lookup\",\"arguments\":[\"alias\",\"\"]},"
              "{\"id\":\"a7\",\"procedure\":\"lookup\",\"arguments\":[\"alias\",\"x\"]},"
              "{\"id\":0,\"procedure\":\"nosuch\",\"arguments\":[]},"
              "{\"procedure\":\"lookup\",\"arguments\":[\"alias\",\"\"]},"
              "{\"id\":9007199254740993,\"procedure\":\"lookup\",\"arguments\":[\"alias\",\"x\"]}" END,
         200,
         "[{\"id\":7,\"status\":\"ok\",\"result\":\"$portal\"},"
         "{\"id\":\"a7\",\"status\":\"invalid\"},"
         "{\"id\":0,\"status\":\"fail\",\"error\":{\"code\":501,\"message\":\"Error\","
         "\"context\":\"procedure\"}},"
         "{\"id\":9007199254740993,\"status\":\"invalid\"}]"},
        {"POST", "/api:v1/rpc/process", NULL, "text/plain",
         AUTH CALL("lookup", "[\"alias\",\"\"]") END, 200,
         "[{\"id\":1,\"status\":\"ok\",\"result\":\"$portal\"}]"},
        {"POST", RPC, NULL, NULL, AUTH END, 200, "[]"},
        {"POST", RPC, NULL, NULL,
         AUTH "{\"procedure\":\"lookup\",\"arguments\":[\"alias\",\"\"]}" END, 204, NULL},
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(ids_are_echoed_as_they_were_written)
{
#define ASK(id) "{\"id\":" id ",\"procedure\":\"nosuch\",\"arguments\":[]}"
#define IN_VAIN(id) \
    "{\"id\":" id ",\"status\":\"fail\",\"error\":{\"code\":501,\"message\":\"Error\"," \
    "\"context\":\"procedure\"}}"
#define FORTY "1234567890123456789012345678901234567890"
    static const struct mst_script rows[] = {
        {"POST", RPC, NULL, NULL,
         AUTH ASK("0.1") "," ASK("1e2") "," ASK(" -0 ") "," ASK("18446744073709551616") "," ASK(FORTY) END,
         200,
         "[" IN_VAIN("0.1") "," IN_VAIN("1e2") "," IN_VAIN("-0") "," IN_VAIN("18446744073709551616") ","
         IN_VAIN(FORTY) "]"},
        {"POST", RPC, NULL, NULL,
         AUTH ASK("\"\"") "," ASK("\"a\\u00e9\xc3\xa9\\\"\\u0000\"") "," ASK("\"" FORTY "\"") END,
         200,
         "[" IN_VAIN("\"\"") "," IN_VAIN("\"a\\u00e9\xc3\xa9\\\"\\u0000\"") "," IN_VAIN("\"" FORTY "\"") "]"},
        {"POST", RPC, NULL, NULL, AUTH ASK("\"" FORTY "0\"") END, 200,
         "{\"error\":{\"code\":400,\"message\":\"Invalid\",\"context\":\"calls\"}}"},
        {"POST", RPC, NULL, NULL, AUTH ASK("1" FORTY) END, 200,
         "{\"error\":{\"code\":400,\"message\":\"Invalid\",\"context\":\"calls\"}}"},
        {"POST", RPC, NULL, NULL, AUTH ASK("true") END, 200,
         "{\"error\":{\"code\":400,\"message\":\"Invalid\",\"context\":\"calls\"}}"},
        {"POST", RPC, NULL, NULL, AUTH ASK("null") END, 204, NULL},
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(what_one_call_cannot_hold_fails_that_call_alone)
{
    static const struct mst_script rows[] = {
        {"POST", RPC, NULL, NULL,
         AUTH "{\"id\":1,\"procedure\":\"update\",\"arguments\":[\"$rid\",{\"meta\":\"a\\u0000b\"}]},"
              "{\"id\":2,\"procedure\":\"update\",\"arguments\":[\"$rid\",{\"limits\":{\"client\":99999999999999999999}}]},"
              "{\"id\":3,\"procedure\":\"lookup\",\"arguments\":[\"alias\",\"a\\u0000b\"]},"
              "{\"id\":4,\"procedure\":\"lookup\",\"arguments\":[\"alias\",\"\"]}" END,
         200,
         "[{\"id\":1,\"status\":\"fail\",\"error\":{\"code\":501,\"message\":\"Error\",\"context\":\"arguments\"}},"
         "{\"id\":2,\"status\":\"fail\",\"error\":{\"code\":501,\"message\":\"Error\",\"context\":\"arguments\"}},"
         "{\"id\":3,\"status\":\"invalid\"},{\"id\":4,\"status\":\"ok\",\"result\":\"$portal\"}]"},
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_call_without_id_is_carried_out_all_the_same)
{
    static const struct mst_script rows[] = {
        {"POST", RPC, NULL, NULL,
         AUTH "{\"procedure\":\"update\",\"arguments\":[\"$rid\",{\"name\":\"quiet\"}]}" END, 204,
         NULL},
        BY(AUTH, "info", "[\"$rid\",[\"description\"]]",
           "[{\"id\":1,\"status\":\"ok\",\"result\":{\"description\":{\"limits\":{"
           "\"client\":\"inherit\",\"dataport\":\"inherit\",\"datarule\":\"inherit\",\"disk\":0,"
           "\"dispatch\":\"inherit\",\"email\":0,\"email_bucket\":0,\"http\":0,\"http_bucket\":0,"
           "\"share\":\"inherit\",\"sms\":0,\"sms_bucket\":0,\"xmpp\":0,\"xmpp_bucket\":0},"
           "\"locked\":false,\"meta\":\"{\\\"device\\\":{\\\"type\\\":\\\"vendor\\\","
           "\\\"vendor\\\":\\\"acme\\\",\\\"model\\\":\\\"m1\\\",\\\"sn\\\":\\\"dev1\\\"}}\","
           "\"name\":\"quiet\",\"public\":false}}}]"),
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

/* The owner was looked for anew before each call. */
MST_TEST(the_caller_stays_the_same_though_the_resource_that_named_it_goes)
{
    static const struct mst_script rows[] = {
        {"POST", RPC, NULL, NULL,
         "{\"auth\":{\"cik\":\"$Vcik\",\"resource_id\":\"$rid\"},\"calls\":["
         CALL("drop", "[\"$rid\"]") "," CALL("lookup", "[\"alias\",\"\"]") END, 200,
         "[{\"id\":1,\"status\":\"ok\"},{\"id\":1,\"status\":\"ok\",\"result\":\"$portal\"}]"},
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(callers_are_named_in_three_ways)
{
#define AS(extra) \
    "{\"auth\":{\"cik\":\"$Vcik\"," extra "},\"calls\":[" CALL("lookup", "[\"alias\",\"\"]") END
#define IS(who) "[{\"id\":1,\"status\":\"ok\",\"result\":\"" who "\"}]"
#define REFUSED "{\"error\":{\"code\":401,\"message\":\"Authorization failed\",\"context\":\"auth\"}}"
    static const struct mst_script rows[] = {
        {"POST", RPC, NULL, NULL, AS("\"client_id\":\"$portal\""), 200, IS("$portal")},
        {"POST", RPC, NULL, NULL, AS("\"client_id\":\"$rid\""), 200, IS("$rid")},
        {"POST", RPC, NULL, NULL, AS("\"resource_id\":\"$rid\""), 200, IS("$portal")},
        {"POST", RPC, NULL, NULL, AS("\"client_id\":" NOBODY), 200, REFUSED},
        {"POST", RPC, NULL, NULL, AS("\"client_id\":5"), 200, REFUSED},
        {"POST", RPC, NULL, NULL, AS("\"resource_id\":\"$vendor\""), 200, REFUSED},
        {"POST", RPC, NULL, NULL,
         "{\"auth\":{\"cik\":\"$cik\",\"client_id\":\"$portal\"},\"calls\":[]}", 200, REFUSED},
        {"POST", RPC, NULL, NULL, "{\"auth\":{\"cik\":" NOBODY "},\"calls\":[]}", 200, REFUSED},
        {"POST", RPC, NULL, NULL, "{\"auth\":{\"token\":\"$token\"},\"calls\":[]}", 200, REFUSED},
        {"POST", RPC, NULL, NULL, "{\"auth\":{},\"calls\":[]}", 200, REFUSED},
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

/* ---- 2.15.2 ---- */

MST_TEST(what_is_wrong_with_the_whole_request_is_one_object)
{
#define NOT_JSON "{\"error\":{\"code\":-1,\"message\":\"Invalid JSON\"}}"
#define BAD(context) \
    "{\"error\":{\"code\":400,\"message\":\"Invalid\",\"context\":\"" context "\"}}"
    static const struct mst_script rows[] = {
        {"POST", RPC, NULL, NULL, "", 200, NOT_JSON},
        {"POST", RPC, NULL, NULL, "{", 200, NOT_JSON},
        {"POST", RPC, NULL, NULL, "{} x", 200, NOT_JSON},
        {"POST", RPC, NULL, NULL, "\xef\xbb\xbf", 200, NOT_JSON},
        {"POST", RPC, NULL, NULL, "\xef\xbb\xbf\xef\xbb\xbf{}", 200, NOT_JSON},
        {"POST", RPC, NULL, NULL, "\xef\xbb\xbf{}", 200, BAD("auth")}, /* as .NET sends it */
        {"POST", RPC, NULL, NULL, "[]", 200, BAD("auth")},
        {"POST", RPC, NULL, NULL, "{\"calls\":[]}", 200, BAD("auth")},
        {"POST", RPC, NULL, NULL, "{\"auth\":{\"cik\":\"$cik\"}}", 200, BAD("calls")},
        {"POST", RPC, NULL, NULL, "{\"auth\":{\"cik\":\"$cik\"},\"calls\":{}}", 200, BAD("calls")},
        {"POST", RPC, NULL, NULL, DEV "1" END, 200, BAD("calls")},
        {"POST", RPC, NULL, NULL, DEV "{\"id\":[],\"procedure\":\"info\"}" END, 200, BAD("calls")},
        {"POST", RPC, NULL, NULL,
         DEV "{\"id\":\"01234567890123456789012345678901234567890\"}" END, 200, BAD("calls")},
        {"GET", RPC, NULL, NULL, NULL, 405, NULL},
        {"POST", "/onep:v1/rpc/nosuch", NULL, NULL, NULL, 404, NULL},
    };
    struct mst_buf deep;

    begin();
    PLAY(site, &cast, rows);
    mst_buf_init(&deep, MST_MIB(1));
    for (int i = 0; i < 100000; i++)
        (void)mst_buf_add_byte(&deep, '[');
    (void)mst_buf_add_byte(&deep, '\0');
    ck_assert_span_str(mst_site_ask(site, "POST", RPC, NULL, deep.ptr).body, NOT_JSON);
    mst_buf_fini(&deep);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_hundred_calls_fit_one_more_does_not)
{
    struct mst_buf body;

    begin();
    for (int n = 100; n <= 101; n++) {
        mst_buf_init(&body, MST_MIB(1));
        (void)mst_buf_addf(&body, "{\"auth\":{\"cik\":\"%s\"},\"calls\":[", cik);
        for (int i = 0; i < n; i++)
            (void)mst_buf_addf(&body,
                               "%s{\"id\":%d,\"procedure\":\"lookup\",\"arguments\":[\"alias\",\"\"]}",
                               i ? "," : "", i);
        (void)mst_buf_addf(&body, "]}%c", '\0');
        struct mst_answer answer = mst_site_ask(site, "POST", RPC, NULL, body.ptr);
        ck_assert_uint_eq(answer.status, 200);
        ck_assert_int_eq(answer.body.ptr[0], n == 100 ? '[' : '{');
        mst_buf_fini(&body);
    }
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(unsupported_calls_fail_with_501_and_their_place)
{
    static const struct mst_script rows[] = {
        BY(DEV, "nosuch", "[]", UNSUPPORTED("procedure")),
        BY(DEV, "comment", "[]", UNSUPPORTED("procedure")),
        BY(DEV, "subscribe", "[]", UNSUPPORTED("procedure")),
        BY(DEV, "info", "[]", UNSUPPORTED("arguments")),
        BY(DEV, "info", "{}", UNSUPPORTED("arguments")),
        BY(DEV, "info", "[1]", UNSUPPORTED("arguments")),
        BY(DEV, "info", "[{\"alias\":1}]", UNSUPPORTED("arguments")),
        BY(DEV, "info", "[{\"alias\":\"\"},1]", UNSUPPORTED("arguments")),
        BY(DEV, "drop", "[1,2]", UNSUPPORTED("arguments")),
        BY(DEV, "create", "[\"dataport\"]", UNSUPPORTED("arguments")),
        BY(DEV, "listing", "[\"client\"]", UNSUPPORTED("arguments")),
        {"POST", RPC, NULL, NULL, DEV "{\"id\":1}" END, 200, UNSUPPORTED("procedure")},
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_locked_caller_hears_locked_for_every_call)
{
    static const struct mst_script rows[] = {
        BY(AUTH, "update", "[\"$rid\",{\"locked\":true}]", OK1),
        {"POST", RPC, NULL, NULL,
         DEV CALL("info", "[{\"alias\":\"\"}]") "," CALL("nosuch", "[]") END, 200,
         "[{\"id\":1,\"status\":\"locked\"},{\"id\":1,\"status\":\"locked\"}]"},
        BY(DEV, "drop", "[{\"alias\":\"temp\"}]", SAYS("locked")),
        BY(AUTH, "info", "[\"$rid\",[\"basic\"]]", "*"),
        BY(AUTH, "update", "[\"$rid\",{\"locked\":false}]", OK1),
        BY(DEV, "lookup", "[\"alias\",\"\"]", IS("$rid")),
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(one_failing_call_does_not_undo_its_neighbours)
{
    static const struct mst_script rows[] = {
        {"POST", RPC, NULL, NULL,
         DEV "{\"id\":1,\"procedure\":\"update\",\"arguments\":[{\"alias\":\"temp\"},{\"name\":\"a\"}]},"
             "{\"id\":2,\"procedure\":\"update\",\"arguments\":[{\"alias\":\"temp\"},"
             "{\"name\":\"b\",\"format\":\"string\"}]},"
             "{\"id\":3,\"procedure\":\"map\",\"arguments\":[\"alias\",{\"alias\":\"temp\"},\"t2\"]},"
             "{\"id\":4,\"procedure\":\"info\",\"arguments\":[{\"alias\":\"t2\"},[\"description\"]]}" END,
         200,
         "[{\"id\":1,\"status\":\"ok\"},{\"id\":2,\"status\":\"badarg\"},{\"id\":3,\"status\":\"ok\"},"
         "{\"id\":4,\"status\":\"ok\",\"result\":{\"description\":{\"preprocess\":[],"
         "\"retention\":{\"count\":\"infinity\",\"duration\":\"infinity\"},\"subscribe\":null,"
         "\"format\":\"float\",\"meta\":\"\",\"name\":\"a\",\"public\":false}}}]"},
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

/* ---- 2.15.4 ---- */

MST_TEST(create_takes_old_and_new_shapes)
{
    char made[41], arguments[256];
    static const struct mst_script rows[] = {
        BY(AUTH, "create", "[\"$rid\",\"dataport\",{}]", SAYS("badarg")), /* no format */
        BY(AUTH, "create", "[\"$rid\",\"dataport\",{\"format\":\"complex\"}]", SAYS("badarg")),
        BY(AUTH, "create", "[\"$rid\",\"gizmo\",{}]", SAYS("badarg")),
        BY(AUTH, "create", "[\"$rid\",\"client\",{\"limits\":{\"client\":-1}}]", SAYS("badarg")),
        BY(AUTH, "create", "[\"$rid\",\"client\",{\"name\":5}]", SAYS("badarg")),
        BY(AUTH, "create", "[\"$rid\",\"dataport\",[]]", UNSUPPORTED("arguments")),
        BY(AUTH, "create", "[" NOBODY ",\"client\",{}]", SAYS("invalid")),
        BY(AUTH, "create", "[\"$vendor\",\"client\",{}]", SAYS("restricted")),
        BY(AUTH, "create", "[\"clone\",{}]", SAYS("badarg")),
        BY(AUTH, "create", "[\"clone\",{\"code\":" NOBODY "}]", SAYS("invalid")),
        BY(AUTH, "create",
           "[\"$rid\",\"dataport\",{\"format\":\"float\",\"retention\":{\"count\":-1}}]",
           SAYS("badarg")),
        BY(AUTH, "create",
           "[\"$rid\",\"dataport\",{\"format\":\"float\",\"preprocess\":[[\"pow\",1]]}]",
           SAYS("badarg")),
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_rpc_rid(site, cik, "create", "[\"dataport\",{\"format\":\"float\"}]", made);
    mst_site_rpc_rid(site, cik, "create", "[{\"alias\":\"\"},\"dataport\",{\"format\":\"boolean\"}]",
                     made);
    (void)snprintf(arguments, sizeof arguments, "[\"%s\",\"client\",{}]", rid);
    mst_site_rpc_rid(site, scene.portal_cik, "create", arguments, made);
    /* A client of limits 0 has no room for anything. */
    (void)snprintf(arguments, sizeof arguments, "[\"%s\",\"client\",{}]", made);
    ck_assert_str_eq(mst_site_rpc(site, scene.portal_cik, "create", arguments), SAYS("limit"));
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_clone_is_pending_until_its_owner_activates_it)
{
    char made[41], key[41], arguments[256], by[64];

    begin();
    (void)snprintf(arguments, sizeof arguments, "[\"clone\",{\"rid\":\"%s\"}]", scene.template_rid);
    mst_site_rpc_rid(site, scene.vendor_cik, "create", arguments, made);
    mst_site_key(site, scene.vendor_cik, made, key);
    ck_assert_status(site, 401, "GET", "/onep:v1/stack/alias?temp", mst_by_cik(key, by), NULL);
    (void)snprintf(arguments, sizeof arguments, "[\"client\",\"%s\"]", key);
    ck_assert_str_eq(mst_site_rpc(site, scene.vendor_cik, "activate", arguments), OK1);
    ck_assert_status(site, 204, "GET", "/onep:v1/stack/alias?temp", by, NULL);
    ck_assert_str_eq(mst_site_rpc(site, scene.vendor_cik, "deactivate", arguments), OK1);
    ck_assert_status(site, 401, "GET", "/onep:v1/stack/alias?temp", by, NULL);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(revoke_makes_a_new_key_that_must_be_activated)
{
    static const struct mst_script rows[] = {
        BY(AUTH, "revoke", "[\"client\",\"$cik\"]", OK1),
        {"GET", "/onep:v1/stack/alias?temp", "X-Exosite-CIK: $cik", NULL, NULL, 401, NULL},
        BY(AUTH, "revoke", "[\"client\",\"$cik\"]", SAYS("invalid")),
        BY(AUTH, "revoke", "[\"share\"," NOBODY "]", SAYS("invalid")),
        BY(AUTH, "revoke", "[\"gizmo\"," NOBODY "]", SAYS("badarg")),
        BY(AUTH, "revoke", "[\"client\",\"$Vcik\"]", SAYS("noauth")),
        {"POST", "/provision/activate", NULL, NULL, "vendor=acme&model=m1&sn=dev1", 200, "#"},
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(lookup_finds_aliases_and_owners)
{
    static const struct mst_script rows[] = {
        BY(DEV, "lookup", "[\"alias\",\"\"]", IS("$rid")),
        BY(DEV, "lookup", "[\"alias\",\"nosuch\"]", SAYS("invalid")),
        BY(AUTH, "lookup", "[\"$rid\",\"alias\",\"\"]", IS("$rid")),
        BY(AUTH, "lookup", "[\"$rid\",\"alias\",\"nosuch\"]", SAYS("invalid")),
        BY(AUTH, "lookup", "[" NOBODY ",\"alias\",\"temp\"]", SAYS("restricted")),
        BY(DEV, "lookup", "[{\"alias\":\"temp\"},\"alias\",\"\"]", SAYS("invalid")),
        BY(AUTH, "lookup", "[\"owner\",\"$rid\"]", IS("$portal")),
        BY(AUTH, "lookup", "[\"owner\",\"$portal\"]", SAYS("restricted")),
        BY(AUTH, "lookup", "[\"owner\"," NOBODY "]", SAYS("restricted")),
        BY(AUTH, "lookup", "[\"owner\",\"$vendor\"]", SAYS("restricted")),
        BY(AUTH, "lookup", "[\"gizmo\",\"x\"]", SAYS("badarg")),
        BY(AUTH, "lookup", "[\"shared\"," NOBODY "]", SAYS("invalid")),
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(listing_answers_objects_and_in_the_oldest_shape_lists)
{
    static const struct mst_script rows[] = {
        BY(AUTH, "listing", "[{\"alias\":\"\"},[\"client\",\"dataport\"],{}]",
           "[{\"id\":1,\"status\":\"ok\",\"result\":{\"client\":[\"$rid\"],\"dataport\":[]}}]"),
        BY(AUTH, "listing", "[[\"client\",\"datarule\"],{\"owned\":true}]",
           "[{\"id\":1,\"status\":\"ok\",\"result\":{\"client\":[\"$rid\"],\"datarule\":[]}}]"),
        BY(AUTH, "listing", "[[\"dispatch\",\"client\"]]",
           "[{\"id\":1,\"status\":\"ok\",\"result\":[[],[\"$rid\"]]}]"),
        BY(AUTH, "listing", "[[\"client\"],[\"aliased\"]]",
           "[{\"id\":1,\"status\":\"ok\",\"result\":{\"client\":[]}}]"),
        BY(AUTH, "listing", "[[\"client\"],{\"activated\":true}]",
           "[{\"id\":1,\"status\":\"ok\",\"result\":{\"client\":[]}}]"),
        BY(AUTH, "listing", "[[\"gizmo\"],{}]",
           "[{\"id\":1,\"status\":\"error\",\"result\":\"Invalid resource type\"}]"),
        BY(AUTH, "listing", "[\"$vendor\",[\"client\"],{}]", SAYS("restricted")),
        BY(AUTH, "listing", "[" NOBODY ",[\"client\"],{}]", SAYS("invalid")),
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(aliases_are_mapped_and_unmapped)
{
    static const struct mst_script rows[] = {
        BY(AUTH, "map", "[\"alias\",\"$rid\",\"porch\"]", OK1),
        BY(AUTH, "map", "[\"alias\",\"$rid\",\"porch\"]", OK1),
        BY(AUTH, "lookup", "[\"alias\",\"porch\"]", IS("$rid")),
        BY(AUTH, "info", "[{\"alias\":\"\"},[\"aliases\"]]",
           "[{\"id\":1,\"status\":\"ok\",\"result\":{\"aliases\":{\"$rid\":[\"porch\"]}}}]"),
        BY(AUTH, "map", "[\"gizmo\",\"$rid\",\"porch\"]", SAYS("badarg")),
        BY(AUTH, "map", "[\"alias\"," NOBODY ",\"porch\"]", SAYS("invalid")),
        BY(AUTH, "map", "[\"alias\",\"$rid\",\"a&b\"]", SAYS("badarg")),
        BY(DEV, "map", "[\"alias\",{\"alias\":\"temp\"},\"count\"]", SAYS("inuse")),
        BY(AUTH, "unmap", "[\"alias\",\"porch\"]", OK1),
        BY(AUTH, "unmap", "[\"alias\",\"porch\"]", SAYS("invalid")),
        BY(AUTH, "unmap", "[\"$rid\",\"alias\",\"note\"]", OK1),
        BY(DEV, "lookup", "[\"alias\",\"note\"]", SAYS("invalid")),
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_client_has_no_power_over_itself_and_its_owner_has)
{
    static const struct mst_script rows[] = {
        {"POST", "/onep:v1/stack/alias", "X-Exosite-CIK: $cik", NULL, "temp=1&count=2", 204, NULL},
        BY(DEV, "update", "[{\"alias\":\"\"},{\"name\":\"me\"}]", SAYS("restricted")),
        BY(DEV, "drop", "[{\"alias\":\"\"}]", SAYS("restricted")),
        BY(DEV, "drop", "[\"$portal\"]", SAYS("restricted")),
        BY(DEV, "drop", "[" NOBODY "]", SAYS("invalid")),
        BY(DEV, "drop", "[{\"alias\":\"temp\"}]", OK1),
        BY(DEV, "drop", "[{\"alias\":\"temp\"}]", SAYS("invalid")),
        BY(AUTH, "drop", "[\"$rid\"]", OK1),
        BY(AUTH, "info", "[\"$rid\"]", SAYS("invalid")),
        {"POST", RPC, NULL, NULL, DEV END, 200, REFUSED},
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(retention_is_filled_with_infinity_on_create_and_update)
{
#define RETAINS(count, duration)                                                               \
    "[{\"id\":1,\"status\":\"ok\",\"result\":{\"description\":{\"preprocess\":[[\"add\",1]],"   \
    "\"retention\":{\"count\":" count ",\"duration\":" duration "},\"subscribe\":null,"         \
    "\"format\":\"integer\",\"meta\":\"m\",\"name\":\"n\",\"public\":true}}}]"
    static const struct mst_script rows[] = {
        BY(DEV, "update",
           "[{\"alias\":\"count\"},{\"retention\":{\"count\":5},\"preprocess\":[[\"add\",1]],"
           "\"name\":\"n\",\"meta\":\"m\",\"public\":true,\"visibility\":\"parent\"}]",
           OK1),
        BY(DEV, "info", "[{\"alias\":\"count\"},{\"description\":true}]",
           RETAINS("5", "\"infinity\"")),
        BY(DEV, "update", "[{\"alias\":\"count\"},{\"retention\":{\"duration\":7}}]", OK1),
        BY(DEV, "info", "[{\"alias\":\"count\"},{\"description\":true}]",
           RETAINS("\"infinity\"", "7")),
        BY(DEV, "update", "[{\"alias\":\"count\"},{\"format\":\"float\"}]", SAYS("badarg")),
        BY(DEV, "update", "[{\"alias\":\"count\"},{\"format\":\"integer\"}]", OK1),
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

/* ---- 2.15.4: share codes ---- */

static char code[41], port[41]; /* a code of the device's dataport temp, and its RID */

/* The answer of a call with printf-like arguments; stays until the next. */
static const char *__attribute__((format(printf, 3, 4)))
ask(const char *by, const char *procedure, const char *fmt, ...)
{
    static char arguments[1024], answer[4096];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(arguments, sizeof arguments, fmt, args);
    va_end(args);
    (void)snprintf(answer, sizeof answer, "%s", mst_site_rpc(site, by, procedure, arguments));
    return answer;
}

static void share(const char *by, const char *shared, char ret[41])
{
    const char *text = ask(by, "share", "[\"%s\",{\"meta\":\"[\\\"acme\\\",\\\"m2\\\"]\"}]", shared);
    const char *at = strstr(text, "\"result\":\"");

    ck_assert_msg(at != NULL, "%s", text);
    (void)snprintf(ret, 41, "%.40s", at + strlen("\"result\":\""));
}

static void begin_shared(void)
{
    begin();
    mst_site_rpc_rid(site, cik, "lookup", "[\"alias\",\"temp\"]", port);
    share(cik, port, code);
}

/* Another vendor's client, who owns nothing of acme. */
static void make_stranger(char ret_rid[41], char ret_cik[41])
{
    mst_site_rpc_rid(site, mst_site_root(site), "create", "[\"client\",{}]", ret_rid);
    mst_site_key(site, mst_site_root(site), ret_rid, ret_cik);
}

MST_TEST(a_share_code_lets_one_client_read_the_resource_until_it_is_revoked)
{
    char own[41], own_cik[41], other[41], other_cik[41], wanted[512];

    begin_shared();
    make_stranger(own, own_cik);
    make_stranger(other, other_cik);
    ck_assert_str_eq(ask(own_cik, "info", "[\"%s\",[\"basic\"]]", port), SAYS("restricted"));
    ck_assert_str_eq(ask(own_cik, "activate", "[\"share\",\"%s\"]", code), OK1);
    ck_assert_str_eq(ask(own_cik, "activate", "[\"share\",\"%s\"]", code), OK1);
    ck_assert_ptr_nonnull(strstr(ask(own_cik, "info", "[\"%s\",[\"description\"]]", port),
                                 "\"format\":\"float\""));
    ck_assert_ptr_nonnull(strstr(ask(own_cik, "info", "[\"%s\",[\"storage\"]]", port), "\"count\":0"));
    /* one activator per code */
    ck_assert_str_eq(ask(other_cik, "activate", "[\"share\",\"%s\"]", code), SAYS("invalid"));
    ck_assert_str_eq(ask(other_cik, "info", "[\"%s\"]", port), SAYS("restricted"));
    ck_assert_str_eq(ask(other_cik, "deactivate", "[\"share\",\"%s\"]", code), SAYS("noauth"));
    /* reading only */
    ck_assert_str_eq(ask(own_cik, "update", "[\"%s\",{\"name\":\"x\"}]", port), SAYS("restricted"));
    ck_assert_str_eq(ask(own_cik, "drop", "[\"%s\"]", port), SAYS("restricted"));
    ck_assert_str_eq(ask(own_cik, "share", "[\"%s\",{\"meta\":\"\"}]", port), SAYS("restricted"));
    ck_assert_str_eq(ask(own_cik, "info", "[\"%s\",[\"shares\"]]", port), SAYS("restricted"));
    (void)snprintf(wanted, sizeof wanted,
                   "[{\"id\":1,\"status\":\"ok\",\"result\":{\"dataport\":[\"%s\"],\"client\":[]}}]", port);
    ck_assert_str_eq(ask(own_cik, "listing", "[[\"dataport\",\"client\"],{\"activated\":true}]"), wanted);
    ck_assert_str_eq(ask(own_cik, "revoke", "[\"share\",\"%s\"]", code), SAYS("noauth"));
    ck_assert_str_eq(ask(scene.portal_cik, "revoke", "[\"share\",\"%s\"]", code), OK1);
    ck_assert_str_eq(ask(scene.portal_cik, "revoke", "[\"share\",\"%s\"]", code), SAYS("invalid"));
    ck_assert_str_eq(ask(own_cik, "info", "[\"%s\"]", port), SAYS("restricted"));
    ck_assert_str_eq(ask(own_cik, "lookup", "[\"shared\",\"%s\"]", code), SAYS("invalid"));
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_code_shows_its_resource_and_its_owner_sees_who_has_it)
{
    char own[41], own_cik[41], wanted[512];

    begin_shared();
    make_stranger(own, own_cik);
    (void)snprintf(wanted, sizeof wanted, IS("%s"), port);
    ck_assert_str_eq(ask(own_cik, "lookup", "[\"shared\",\"%s\"]", code), wanted);
    (void)snprintf(wanted, sizeof wanted,
                   "[{\"id\":1,\"status\":\"ok\",\"result\":{\"shares\":[{\"activator\":null,"
                   "\"code\":\"%s\",\"meta\":\"[\\\"acme\\\",\\\"m2\\\"]\"}]}}]",
                   code);
    ck_assert_str_eq(ask(cik, "info", "[\"%s\",[\"shares\"]]", port), wanted);
    /* the caller's own client may be named, old shapes too */
    ck_assert_str_eq(ask(mst_site_root(site), "activate", "[\"%s\",\"share\",\"%s\"]", own, code),
                     OK1);
    (void)snprintf(wanted, sizeof wanted, "\"activator\":\"%s\"", own);
    ck_assert_ptr_nonnull(strstr(ask(cik, "info", "[\"%s\",[\"shares\"]]", port), wanted));
    /* with a code only its meta changes */
    (void)snprintf(wanted, sizeof wanted, IS("%s"), code);
    ck_assert_str_eq(
        ask(cik, "share", "[{\"alias\":\"temp\"},{\"meta\":\"new\",\"code\":\"%s\"}]", code), wanted);
    ck_assert_ptr_nonnull(
        strstr(ask(cik, "info", "[\"%s\",[\"shares\"]]", port), "\"meta\":\"new\"}]"));
    ck_assert_str_eq(
        ask(cik, "share", "[{\"alias\":\"count\"},{\"meta\":\"x\",\"code\":\"%s\"}]", code),
        SAYS("invalid"));
    ck_assert_str_eq(ask(own_cik, "deactivate", "[\"share\",\"%s\"]", port), OK1);
    ck_assert_str_eq(ask(own_cik, "deactivate", "[\"share\",\"%s\"]", port), SAYS("invalid"));
    ck_assert_str_eq(ask(own_cik, "deactivate", "[\"share\",\"%s\"]", code), SAYS("invalid"));
    ck_assert_ptr_nonnull(
        strstr(ask(cik, "info", "[\"%s\",[\"shares\"]]", port), "\"activator\":null"));
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_client_activates_one_code_of_a_resource_and_a_dropped_one_none)
{
    char own[41], own_cik[41], other[41], other_cik[41], second[41];

    begin_shared();
    make_stranger(own, own_cik);
    make_stranger(other, other_cik);
    share(cik, port, second);
    ck_assert_str_ne(code, second);
    ck_assert_str_eq(ask(own_cik, "activate", "[\"share\",\"%s\"]", code), OK1);
    ck_assert_str_eq(ask(own_cik, "activate", "[\"share\",\"%s\"]", second), SAYS("invalid"));
    ck_assert_str_eq(ask(other_cik, "activate", "[\"share\",\"%s\"]", second), OK1);
    ck_assert_str_eq(ask(mst_site_root(site), "drop", "[\"%s\"]", own), OK1);
    ck_assert_ptr_nonnull(
        strstr(ask(cik, "info", "[\"%s\",[\"shares\"]]", port), "[{\"activator\":null"));
    ck_assert_str_eq(ask(cik, "drop", "[\"%s\"]", port), OK1);
    ck_assert_str_eq(ask(other_cik, "lookup", "[\"shared\",\"%s\"]", second), SAYS("invalid"));
    ck_assert_str_eq(ask(other_cik, "listing", "[[\"dataport\"],{\"activated\":true}]"),
                     "[{\"id\":1,\"status\":\"ok\",\"result\":{\"dataport\":[]}}]");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(share_codes_count_against_the_owner_of_the_resource)
{
    char owner[41], owner_cik[41], made[41], first[41];

    begin();
    mst_site_rpc_rid(site, scene.vendor_cik, "create",
                     "[\"client\",{\"limits\":{\"dataport\":2,\"share\":1}}]", owner);
    mst_site_key(site, scene.vendor_cik, owner, owner_cik);
    mst_site_rpc_rid(site, owner_cik, "create", "[\"dataport\",{\"format\":\"float\"}]", made);
    share(owner_cik, made, first);
    ck_assert_str_eq(ask(owner_cik, "share", "[\"%s\",{\"meta\":\"\"}]", made), SAYS("limit"));
    ck_assert_ptr_nonnull(
        strstr(ask(owner_cik, "info", "[{\"alias\":\"\"},[\"counts\"]]"), "\"share\":1,"));
    ck_assert_ptr_nonnull(
        strstr(ask(scene.vendor_cik, "info", "[{\"alias\":\"\"},[\"usage\"]]"), "\"share\":1,"));
    ck_assert_str_eq(ask(owner_cik, "revoke", "[\"share\",\"%s\"]", first), OK1);
    share(owner_cik, made, first);
    ck_assert_str_eq(ask(owner_cik, "drop", "[\"%s\"]", made), OK1);
    ck_assert_ptr_nonnull(
        strstr(ask(owner_cik, "info", "[{\"alias\":\"\"},[\"counts\",\"usage\"]]"),
               "\"usage\":{\"client\":0,\"dataport\":0,\"datarule\":0,\"disk\":0,\"dispatch\":0,"
               "\"email\":0,\"http\":0,\"share\":0,"));
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(what_is_no_code_or_not_to_be_shared_is_refused)
{
    static const struct mst_script rows[] = {
        BY(DEV, "share", "[{\"alias\":\"\"},{\"meta\":\"\"}]", SAYS("restricted")),
        BY(DEV, "share", "[\"$portal\",{\"meta\":\"\"}]", SAYS("restricted")),
        BY(DEV, "share", "[" NOBODY ",{\"meta\":\"\"}]", SAYS("invalid")),
        BY(DEV, "share", "[{\"alias\":\"temp\"},{\"meta\":5}]", UNSUPPORTED("arguments")),
        BY(DEV, "share", "[{\"alias\":\"temp\"},{\"meta\":\"\",\"code\":5}]",
           UNSUPPORTED("arguments")),
        BY(DEV, "share", "[{\"alias\":\"temp\"},{\"meta\":\"\",\"code\":" NOBODY "}]", SAYS("invalid")),
        BY(DEV, "share", "[{\"alias\":\"temp\"},[\"meta\"]]", UNSUPPORTED("arguments")),
        BY(DEV, "share", "[5,{}]", UNSUPPORTED("arguments")),
        BY(DEV, "activate", "[\"share\"," NOBODY "]", SAYS("invalid")),
        BY(DEV, "activate", "[\"share\",\"x\"]", SAYS("invalid")),
        BY(DEV, "activate", "[\"share\",5]", UNSUPPORTED("arguments")),
        BY(DEV, "activate", "[\"share\",\"$cik\"]", SAYS("invalid")),
        BY(DEV, "deactivate", "[\"share\"," NOBODY "]", SAYS("invalid")),
        BY(DEV, "deactivate", "[\"share\",\"$portal\"]", SAYS("invalid")),
        BY(DEV, "revoke", "[\"share\",\"x\"]", SAYS("invalid")),
        BY(DEV, "lookup", "[\"shared\",5]", UNSUPPORTED("arguments")),
        BY(DEV, "lookup", "[\"shared\",\"$cik\"]", SAYS("invalid")),
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(public_resources_are_read_by_any_key_and_changed_by_none)
{
    char own[41], own_cik[41];

    begin_shared();
    make_stranger(own, own_cik);
    ck_assert_str_eq(ask(cik, "update", "[\"%s\",{\"public\":true}]", port), OK1);
    ck_assert_ptr_nonnull(strstr(ask(own_cik, "info", "[\"%s\",[\"basic\"]]", port), "\"dataport\""));
    ck_assert_str_eq(ask(own_cik, "update", "[\"%s\",{\"public\":false}]", port), SAYS("restricted"));
    ck_assert_str_eq(ask(scene.portal_cik, "update", "[\"%s\",{\"public\":true}]", rid), OK1);
    ck_assert_ptr_nonnull(strstr(ask(own_cik, "listing", "[\"%s\",[\"dataport\"],{}]", rid), port));
    ck_assert_str_eq(ask(own_cik, "info", "[\"%s\",[\"key\"]]", rid), SAYS("restricted"));
    /* a copy shows more than what is public */
    ck_assert_str_eq(ask(own_cik, "create", "[\"clone\",{\"rid\":\"%s\"}]", rid),
                     SAYS("restricted"));
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_shared_client_is_cloned_by_its_code_or_once_activated_by_its_rid)
{
    char own[41], own_cik[41], other[41], other_cik[41], given[41];

    begin_shared();
    mst_site_rpc_rid(site, mst_site_root(site), "create",
                     "[\"client\",{\"limits\":{\"client\":\"inherit\",\"dataport\":\"inherit\","
                     "\"datarule\":\"inherit\",\"dispatch\":\"inherit\",\"share\":\"inherit\"}}]",
                     own);
    mst_site_key(site, mst_site_root(site), own, own_cik);
    make_stranger(other, other_cik);
    share(scene.vendor_cik, scene.template_rid, given);
    ck_assert_str_eq(ask(own_cik, "create", "[\"clone\",{\"rid\":\"%s\"}]", scene.template_rid),
                     SAYS("restricted"));
    ck_assert_ptr_nonnull(strstr(ask(own_cik, "create", "[\"clone\",{\"code\":\"%s\"}]", given), "\"ok\""));
    ck_assert_ptr_nonnull(strstr(ask(own_cik, "listing", "[[\"client\"],{}]"), "[\""));
    ck_assert_str_eq(ask(own_cik, "activate", "[\"share\",\"%s\"]", given), OK1);
    ck_assert_ptr_nonnull(
        strstr(ask(own_cik, "create", "[\"clone\",{\"rid\":\"%s\"}]", scene.template_rid), "\"ok\""));
    ck_assert_str_eq(ask(other_cik, "create", "[\"clone\",{\"code\":\"%s\"}]", given), SAYS("invalid"));
    ck_assert_str_eq(ask(own_cik, "create", "[\"clone\",{\"code\":\"%s\",\"rid\":\"%s\"}]", given,
                         scene.template_rid),
                     SAYS("badarg"));
    ck_assert_str_eq(ask(own_cik, "create", "[\"clone\",{\"code\":\"%s\",\"noaliases\":1}]", given), SAYS("badarg"));
    ck_assert_str_eq(ask(own_cik, "create", "[\"clone\",{\"code\":\"%s\",\"nohistorical\":\"true\"}]", given),
                     SAYS("badarg"));
    ck_assert_str_eq(ask(own_cik, "create", "[\"clone\",{\"code\":5}]"), SAYS("badarg"));
    /* a dataport is no template */
    ck_assert_str_eq(ask(own_cik, "create", "[\"clone\",{\"code\":\"%s\"}]", code), SAYS("invalid"));
    mst_site_stop(site);
}
MST_TEST_END

/* ---- 2.15.5: numbers ---- */

/* What the key of a new dataport's description holds. */
static void check_kept(const char *key, const char *given, const char *wanted)
{
    char made[41], arguments[512], member[512];

    (void)snprintf(arguments, sizeof arguments, "[\"dataport\",{\"format\":\"float\",\"%s\":%s}]",
                   key, given);
    mst_site_rpc_rid(site, cik, "create", arguments, made);
    (void)snprintf(arguments, sizeof arguments, "[\"%s\",[\"description\"]]", made);
    (void)snprintf(member, sizeof member, "\"%s\":%s,", key, wanted);
    ck_assert_msg(strstr(mst_site_rpc(site, cik, "info", arguments), member) != NULL, "%s", given);
}

MST_TEST(numbers_of_a_description_are_shown_as_they_were_given)
{
    static const char steps[] =
        "[[\"add\",0.1],[\"add\",1e-7],[\"add\",1.0],[\"add\",-0.0],[\"add\",1e22],[\"add\",5e-324],"
        "[\"add\",0.30000000000000004],[\"add\",9223372036854775807],[\"value\",\"\\n\\t\\\"\\\\/\"]]";

    begin();
    check_kept("preprocess", steps, steps);
    check_kept("preprocess", "[[\"add\",1e3],[\"add\",1e+22]]", "[[\"add\",1000.0],[\"add\",1e22]]");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_constant_that_becomes_a_text_has_no_more_digits_than_were_given)
{
    static const struct mst_script rows[] = {
        BY(DEV, "update", "[{\"alias\":\"note\"},{\"preprocess\":[[\"value\",0.1]]}]", OK1),
        BY(DEV, "write", "[{\"alias\":\"note\"},\"x\"]", OK1),
        {"GET", "/onep:v1/stack/alias?note", "X-Exosite-CIK: $cik", NULL, NULL, 200, "note=0.1"},
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

/* Clients to whom all numbers are floating write 5.0. */
MST_TEST(a_whole_number_may_have_a_point)
{
    static const struct mst_script rows[] = {
        BY(AUTH, "update", "[\"$rid\",{\"limits\":{\"dataport\":5.0,\"share\":1e1}}]", OK1),
        BY(AUTH, "update", "[\"$rid\",{\"limits\":{\"dataport\":5.5}}]", SAYS("badarg")),
        BY(AUTH, "update", "[\"$rid\",{\"limits\":{\"dataport\":-1.0}}]", SAYS("badarg")),
        BY(AUTH, "update", "[\"$rid\",{\"limits\":{\"dataport\":1e17}}]", SAYS("badarg")),
        BY(DEV, "create", "[\"dataport\",{\"format\":\"float\",\"retention\":{\"count\":0.5}}]",
           SAYS("badarg")),
    };
    const char *answer;
    char arguments[64];

    begin();
    PLAY(site, &cast, rows);
    (void)snprintf(arguments, sizeof arguments, "[\"%s\",[\"description\"]]", rid);
    answer = mst_site_rpc(site, scene.portal_cik, "info", arguments);
    ck_assert_msg(strstr(answer, "\"dataport\":5,") && strstr(answer, "\"share\":10,"), "%s", answer);
    check_kept("retention", "{\"count\":5.0,\"duration\":2.4e1}", "{\"count\":5,\"duration\":24}");
    mst_site_stop(site);
}
MST_TEST_END

/* ---- 2.15.5: datarules and dispatches ---- */

#define R_SIMPLE   "{\"simple\":{\"comparison\":\"gt\",\"constant\":5,\"repeat\":true}}"
#define R_TIMEOUT  "{\"timeout\":{\"repeat\":false,\"timeout\":60}}"
#define R_TIMED(name) \
    "{\"" name "\":{\"comparison\":\"leq\",\"constant\":\"x\",\"repeat\":false,\"timeout\":1.5}}"
#define R_COUNT                                                                    \
    "{\"count\":{\"comparison\":\"neq\",\"constant\":true,\"count\":3,\"repeat\":false," \
    "\"timeout\":0}}"
#define R_SCRIPT "{\"script\":\"return 1\"}"

MST_TEST(every_rule_is_kept_and_shown_as_it_was_given)
{
    static const char *const rules[] = {R_SIMPLE, R_TIMEOUT, R_TIMED("interval"),
                                        R_TIMED("duration"), R_COUNT, R_SCRIPT};

    begin();
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        char made[41], arguments[512], wanted[512];

        (void)snprintf(arguments, sizeof arguments,
                       "[\"datarule\",{\"format\":\"float\",\"rule\":%s}]", rules[i]);
        mst_site_rpc_rid(site, cik, "create", arguments, made);
        (void)snprintf(arguments, sizeof arguments, "[\"%s\",[\"description\"]]", made);
        (void)snprintf(wanted, sizeof wanted,
                       "[{\"id\":1,\"status\":\"ok\",\"result\":{\"description\":{"
                       "\"preprocess\":[],\"retention\":{\"count\":\"infinity\","
                       "\"duration\":\"infinity\"},\"rule\":%s,\"subscribe\":null,"
                       "\"format\":\"float\",\"meta\":\"\",\"name\":\"\",\"public\":false}}}]",
                       rules[i]);
        ck_assert_str_eq(mst_site_rpc(site, cik, "info", arguments), wanted);
    }
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_rule_that_is_none_is_refused_on_create_and_update)
{
    static const char *const rules[] = {
        "null", "[]", "{}", "5", "\"script\"", "{\"gizmo\":{}}", "{\"script\":5}",
        "{\"simple\":\"gt\"}", "{\"simple\":{}}", "{\"timeout\":{}}",
        "{\"script\":\"x\",\"timeout\":{\"timeout\":1}}",
        "{\"simple\":{\"comparison\":\"above\",\"constant\":5}}",
        "{\"simple\":{\"comparison\":\"gt\",\"constant\":[]}}",
        "{\"simple\":{\"comparison\":\"gt\",\"constant\":1,\"repeat\":1}}",
        "{\"timeout\":{\"timeout\":-1}}", "{\"timeout\":{\"timeout\":\"60\"}}",
        "{\"interval\":{\"comparison\":\"gt\",\"constant\":1}}",
        "{\"duration\":{\"comparison\":\"gt\",\"timeout\":1}}",
        "{\"count\":{\"comparison\":\"gt\",\"constant\":1,\"timeout\":1}}",
        "{\"count\":{\"comparison\":\"gt\",\"constant\":1,\"timeout\":1,\"count\":0}}",
    };
    char made[41], arguments[512];

    begin();
    ck_assert_str_eq(mst_site_rpc(site, cik, "create", "[\"datarule\",{\"format\":\"float\"}]"),
                     SAYS("badarg"));
    ck_assert_str_eq(mst_site_rpc(site, cik, "create", "[\"datarule\",{\"rule\":" R_SCRIPT "}]"),
                     SAYS("badarg"));
    mst_site_rpc_rid(site, cik, "create",
                     "[\"datarule\",{\"format\":\"float\",\"rule\":" R_SIMPLE "}]", made);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        (void)snprintf(arguments, sizeof arguments,
                       "[\"datarule\",{\"format\":\"float\",\"rule\":%s}]", rules[i]);
        ck_assert_msg(!strcmp(mst_site_rpc(site, cik, "create", arguments), SAYS("badarg")), "%s",
                      rules[i]);
        (void)snprintf(arguments, sizeof arguments, "[\"%s\",{\"rule\":%s}]", made, rules[i]);
        ck_assert_msg(!strcmp(mst_site_rpc(site, cik, "update", arguments), SAYS("badarg")), "%s",
                      rules[i]);
    }
    (void)snprintf(arguments, sizeof arguments, "[\"%s\",[\"description\"]]", made);
    ck_assert_ptr_nonnull(strstr(mst_site_rpc(site, cik, "info", arguments), R_SIMPLE));
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_dispatch_is_made_shown_changed_and_locked)
{
#define DISPATCH(locked, message, retention)                                                     \
    "[{\"id\":1,\"status\":\"ok\",\"result\":{\"description\":{\"locked\":" locked ","           \
    "\"message\":\"" message "\",\"method\":\"email\",\"preprocess\":[],\"recipient\":\"a@b.c\"," \
    "\"retention\":" retention ",\"subject\":\"\",\"subscribe\":null,\"meta\":\"\","             \
    "\"name\":\"\",\"public\":false}}}]"
#define FOREVER "{\"count\":\"infinity\",\"duration\":\"infinity\"}"
    char made[41];
    struct mst_cast own;
    static const struct mst_script rows[] = {
        BY(DEV, "info", "[\"$rid\",[\"description\"]]", DISPATCH("false", "", FOREVER)),
        BY(DEV, "info", "[\"$rid\",[\"basic\"]]", "*"),
        BY(DEV, "update",
           "[\"$rid\",{\"locked\":true,\"message\":\"hot\",\"retention\":{\"count\":0}}]", OK1),
        BY(DEV, "info", "[\"$rid\",[\"description\"]]",
           DISPATCH("true", "hot", "{\"count\":0,\"duration\":\"infinity\"}")),
        BY(DEV, "update", "[\"$rid\",{\"locked\":1}]", SAYS("badarg")),
        BY(DEV, "update", "[\"$rid\",{\"method\":\"fax\"}]", SAYS("badarg")),
        BY(DEV, "update", "[\"$rid\",{\"subject\":5}]", SAYS("badarg")),
        BY(DEV, "update", "[\"$rid\",{\"subscribe\":\"short\"}]", SAYS("badarg")),
        BY(DEV, "update", "[\"$rid\",{\"visibility\":\"parent\",\"rule\":5}]", OK1),
        BY(DEV, "create", "[\"dispatch\",{}]", SAYS("badarg")),
        BY(DEV, "create", "[\"dispatch\",{\"method\":\"fax\"}]", SAYS("badarg")),
        BY(DEV, "create", "[\"dispatch\",{\"method\":\"sms\",\"recipient\":5}]", SAYS("badarg")),
        BY(DEV, "create", "[\"dispatch\",{\"method\":\"sms\",\"preprocess\":{}}]", SAYS("badarg")),
    };

    begin();
    mst_site_rpc_rid(site, cik, "create",
                     "[\"dispatch\",{\"method\":\"email\",\"recipient\":\"a@b.c\"}]", made);
    own = cast;
    own.rid = made;
    PLAY(site, &own, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(rules_and_dispatches_are_listed_counted_named_and_dropped)
{
    char rule[41], dispatch[41], arguments[256], wanted[1024];
    const char *text;

    begin();
    mst_site_rpc_rid(site, cik, "create",
                     "[{\"alias\":\"\"},\"datarule\",{\"format\":\"string\",\"rule\":" R_SCRIPT "}]",
                     rule);
    mst_site_rpc_rid(site, cik, "create", "[\"dispatch\",{\"method\":\"sms\"}]", dispatch);
    (void)snprintf(wanted, sizeof wanted,
                   "[{\"id\":1,\"status\":\"ok\",\"result\":{\"datarule\":[\"%s\"],"
                   "\"dispatch\":[\"%s\"]}}]",
                   rule, dispatch);
    ck_assert_str_eq(mst_site_rpc(site, cik, "listing", "[[\"datarule\",\"dispatch\"],{}]"), wanted);
    text = mst_site_rpc(site, cik, "info", "[{\"alias\":\"\"},[\"counts\",\"usage\"]]");
    ck_assert_msg(strstr(text, "\"counts\":{\"client\":0,\"dataport\":3,\"datarule\":1,\"disk\":0,"
                               "\"dispatch\":1,") &&
                      strstr(text, "\"usage\":{\"client\":0,\"dataport\":3,\"datarule\":1,"
                                   "\"disk\":0,\"dispatch\":1,"),
                  "%s", text);
    (void)snprintf(arguments, sizeof arguments, "[\"%s\",[\"basic\"]]", rule);
    text = mst_site_rpc(site, cik, "info", arguments);
    ck_assert_msg(strstr(text, "\"type\":\"datarule\",\"activity\":[],\"status\":\"waiting\""), "%s",
                  text);
    (void)snprintf(arguments, sizeof arguments, "[\"%s\",[\"basic\"]]", dispatch);
    text = mst_site_rpc(site, cik, "info", arguments);
    ck_assert_msg(strstr(text, "\"type\":\"dispatch\",\"status\":\"normal\""), "%s", text);
    (void)snprintf(arguments, sizeof arguments, "[\"alias\",\"%s\",\"mail\"]", dispatch);
    ck_assert_str_eq(mst_site_rpc(site, cik, "map", arguments), OK1);
    ck_assert_str_eq(mst_site_rpc(site, cik, "drop", "[{\"alias\":\"mail\"}]"), OK1);
    (void)snprintf(arguments, sizeof arguments, "[\"%s\"]", rule);
    ck_assert_str_eq(mst_site_rpc(site, cik, "drop", arguments), OK1);
    text = mst_site_rpc(site, cik, "info", "[{\"alias\":\"\"},[\"usage\"]]");
    ck_assert_msg(strstr(text, "\"datarule\":0,\"disk\":0,\"dispatch\":0,"), "%s", text);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_datarule_has_points_as_a_dataport_has_and_a_dispatch_has_none)
{
    char rule[41], dispatch[41], arguments[256], by[64];

    begin();
    mst_site_rpc_rid(site, cik, "create",
                     "[\"datarule\",{\"format\":\"integer\",\"rule\":" R_TIMEOUT "}]", rule);
    mst_site_rpc_rid(site, cik, "create", "[\"dispatch\",{\"method\":\"xmpp\"}]", dispatch);
    (void)snprintf(arguments, sizeof arguments, "[\"alias\",\"%s\",\"late\"]", rule);
    ck_assert_str_eq(mst_site_rpc(site, cik, "map", arguments), OK1);
    (void)snprintf(arguments, sizeof arguments, "[\"alias\",\"%s\",\"mail\"]", dispatch);
    ck_assert_str_eq(mst_site_rpc(site, cik, "map", arguments), OK1);
    ck_assert_status(site, 204, "POST", "/onep:v1/stack/alias", mst_by_cik(cik, by),
                     "late=7&mail=8");
    ck_assert_span_str(mst_site_ask(site, "GET", "/onep:v1/stack/alias?late&mail", by, NULL).body,
                       "late=0");
    ck_assert_status(site, 400, "POST", "/onep:v1/stack/alias", by, "late=seven");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(limits_hold_for_rules_and_dispatches)
{
    char made[41], arguments[512];

    begin();
    (void)snprintf(arguments, sizeof arguments,
                   "[\"%s\",\"client\",{\"limits\":{\"datarule\":1,\"dispatch\":0}}]", rid);
    mst_site_rpc_rid(site, scene.portal_cik, "create", arguments, made);
    (void)snprintf(arguments, sizeof arguments,
                   "[\"%s\",\"datarule\",{\"format\":\"float\",\"rule\":" R_SIMPLE "}]", made);
    ck_assert_msg(strstr(mst_site_rpc(site, scene.portal_cik, "create", arguments), "\"ok\""), "one");
    ck_assert_str_eq(mst_site_rpc(site, scene.portal_cik, "create", arguments), SAYS("limit"));
    (void)snprintf(arguments, sizeof arguments, "[\"%s\",\"dispatch\",{\"method\":\"sms\"}]", made);
    ck_assert_str_eq(mst_site_rpc(site, scene.portal_cik, "create", arguments), SAYS("limit"));
    mst_site_stop(site);
}
MST_TEST_END

/* ---- 2.15.6 ---- */

MST_TEST(info_shows_what_the_caller_may_see)
{
    static const struct mst_script rows[] = {
        BY(AUTH, "info", "[\"$rid\",{\"key\":true}]",
           "[{\"id\":1,\"status\":\"ok\",\"result\":{\"key\":\"$cik\"}}]"),
        BY(DEV, "info", "[{\"alias\":\"\"},{\"key\":true}]", SAYS("restricted")),
        BY(V, "info", "[\"$rid\",[\"key\"]]", SAYS("restricted")),
        BY(V, "info", "[\"$rid\",[\"aliases\"]]",
           "[{\"id\":1,\"status\":\"ok\",\"result\":{\"aliases\":\"undefined\"}}]"),
        BY(V, "info", "[\"$rid\",[\"key\",\"tags\"]]",
           "[{\"id\":1,\"status\":\"ok\",\"result\":{\"tags\":[]}}]"),
        BY(DEV, "info", "[{\"alias\":\"\"},[\"counts\",\"shares\",\"tagged\"]]",
           "[{\"id\":1,\"status\":\"ok\",\"result\":{\"counts\":{\"client\":0,\"dataport\":3,"
           "\"datarule\":0,\"disk\":0,\"dispatch\":0,\"email\":0,\"http\":0,\"share\":0,\"sms\":0,"
           "\"xmpp\":0},\"shares\":[],\"tagged\":[]}}]"),
        BY(DEV, "info", "[{\"alias\":\"temp\"},[\"storage\",\"subscribers\"]]",
           "[{\"id\":1,\"status\":\"ok\",\"result\":{\"storage\":{\"count\":0,\"first\":0,"
           "\"last\":0,\"size\":0},\"subscribers\":[]}}]"),
        BY(DEV, "info", "[{\"alias\":\"temp\"},[\"counts\"]]",
           "[{\"id\":1,\"status\":\"ok\",\"result\":{}}]"),
        BY(DEV, "info", "[\"$portal\"]", SAYS("restricted")),
        BY(DEV, "info", "[" NOBODY "]", SAYS("invalid")),
        BY(DEV, "info", "[{\"alias\":\"nosuch\"}]", SAYS("invalid")),
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(info_counts_what_a_dataport_stores)
{
    const char *text;
    char by[64];

    begin();
    ck_assert_status(site, 204, "POST", "/onep:v1/stack/alias", mst_by_cik(cik, by), "note=abcd");
    text = mst_site_rpc(site, cik, "info", "[{\"alias\":\"note\"},[\"storage\"]]");
    ck_assert_msg(strstr(text, "\"storage\":{\"count\":1,") && strstr(text, "\"size\":4}"), "%s",
                  text);
    mst_site_stop(site);
}
MST_TEST_END

/* clang-format on */

MST_TESTS("conform/2.15", ids_come_back_unchanged_and_in_order, ids_are_echoed_as_they_were_written,
          what_one_call_cannot_hold_fails_that_call_alone,
          a_call_without_id_is_carried_out_all_the_same, callers_are_named_in_three_ways,
          the_caller_stays_the_same_though_the_resource_that_named_it_goes,
          what_is_wrong_with_the_whole_request_is_one_object, a_hundred_calls_fit_one_more_does_not,
          unsupported_calls_fail_with_501_and_their_place,
          a_locked_caller_hears_locked_for_every_call,
          one_failing_call_does_not_undo_its_neighbours, create_takes_old_and_new_shapes,
          a_clone_is_pending_until_its_owner_activates_it,
          revoke_makes_a_new_key_that_must_be_activated, lookup_finds_aliases_and_owners,
          listing_answers_objects_and_in_the_oldest_shape_lists, aliases_are_mapped_and_unmapped,
          a_client_has_no_power_over_itself_and_its_owner_has,
          retention_is_filled_with_infinity_on_create_and_update,
          a_share_code_lets_one_client_read_the_resource_until_it_is_revoked,
          a_code_shows_its_resource_and_its_owner_sees_who_has_it,
          a_client_activates_one_code_of_a_resource_and_a_dropped_one_none,
          share_codes_count_against_the_owner_of_the_resource,
          what_is_no_code_or_not_to_be_shared_is_refused,
          public_resources_are_read_by_any_key_and_changed_by_none,
          a_shared_client_is_cloned_by_its_code_or_once_activated_by_its_rid,
          numbers_of_a_description_are_shown_as_they_were_given,
          a_constant_that_becomes_a_text_has_no_more_digits_than_were_given,
          a_whole_number_may_have_a_point, every_rule_is_kept_and_shown_as_it_was_given,
          a_rule_that_is_none_is_refused_on_create_and_update,
          a_dispatch_is_made_shown_changed_and_locked,
          rules_and_dispatches_are_listed_counted_named_and_dropped,
          a_datarule_has_points_as_a_dataport_has_and_a_dispatch_has_none,
          limits_hold_for_rules_and_dispatches, info_shows_what_the_caller_may_see,
          info_counts_what_a_dataport_stores)

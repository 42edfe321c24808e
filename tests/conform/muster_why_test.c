/*
 * GET /muster/v1/why, an addition of ours: what stands between a serial number and its key, check by check in the
 * order of protocol.md 2.5.3. The status it names is the one that a device gets now: each row asks both.
 */
#include <string.h>

#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#define MODELS   "/provision/manage/model/"
#define ACTIVATE "/provision/activate"
#define WHY      "/muster/v1/why?"

static struct mst_site *site;
static struct mst_scene scene;
static struct mst_cast cast;

static void begin(void)
{
    site = mst_site_start(NULL);
    mst_scene_make(site, &scene);
    cast = (struct mst_cast){.scene = &scene};
}

static void change(const char *method, const char *path, const char *body, unsigned status)
{
    ck_assert_status(site, status, method, path, scene.by_token, body);
}

/* The reply, NUL terminated, until the next call. */
static const char *ask(const char *query)
{
    static char text[2048];
    char path[512];
    struct mst_answer answer;

    (void)snprintf(path, sizeof path, WHY "%s", query);
    answer = mst_site_ask(site, "GET", path, scene.by_token, NULL);
    ck_assert_msg(answer.status == 200 && answer.body.len < sizeof text, "%s: %u", query,
                  answer.status);
    memcpy(text, answer.body.ptr, answer.body.len);
    text[answer.body.len] = '\0';
    return text;
}

/*
 * Asks why and as a device. has: what stands in the reply, besides verdict and status; hasnt: what does
 * not; either may be NULL.
 */
static void expect(const char *query, const char *word, unsigned status, const char *has,
                   const char *hasnt)
{
    const char *text = ask(query);
    char begins[96];

    (void)snprintf(begins, sizeof begins, "{\"verdict\":\"%s\",\"status\":%u,\"text\":\"", word,
                   status);
    ck_assert_msg(strncmp(text, begins, strlen(begins)) == 0, "%s: %s", query, text);
    ck_assert_msg(strstr(text, "\",\"advice\":\"") != NULL, "%s", text);
    ck_assert_msg(!has || strstr(text, has) != NULL, "%s: no %s in %s", query, has, text);
    ck_assert_msg(!hasnt || strstr(text, hasnt) == NULL, "%s: %s in %s", query, hasnt, text);
    if (status != 200) /* a device that asks changes nothing then */
        ck_assert_status(site, status, "POST", ACTIVATE, NULL, query);
}

#define OF(model, sn) "vendor=acme&model=" model "&sn=" sn

MST_TEST(each_check_of_activation_is_named_in_its_order)
{
    char rid[41], cik[41], arguments[128], has[128];

    begin();
    expect("vendor=umbrella&model=m1&sn=a", "unknown-vendor", 403, NULL, "near");
    expect("vendor=Acme&model=m1&sn=a", "unknown-vendor", 403, "\"near_vendor\":\"acme\"", "model");
    expect(OF("nosuch", "a"), "unknown-model", 403, "\"vendor\":\"acme\"", "near");
    expect(OF("M1", "a"), "unknown-model", 403, "\"near_model\":\"m1\"", NULL);
    expect(OF("m1", "a"), "unknown-serial", 404, "\"model\":\"m1\"", "near");
    change("POST", MODELS "m1/", "sn=a", 205);
    expect(OF("m1", "a"), "not-enabled", 409, "\"sn\":\"a\"", "rid");
    mst_scene_device(site, &scene, "b", rid, cik);
    (void)snprintf(has, sizeof has, "\"rid\":\"%s\",\"created\":", rid);
    expect(OF("m1", "b"), "activated", 409, has, "deadline");
    expect(OF("m1", "b"), "activated", 409, "\"activated_from\":\"127.0.0.1\"", NULL);
    change("POST", MODELS "m1/b", "disable=true", 205);
    expect(OF("m1", "b"), "disabled", 409, "\"client_status\":\"expired\"", "seconds_left");
    change("POST", MODELS "m1/b", "enable=true", 205);
    expect(OF("m1", "b"), "ready", 200, "\"seconds_left\":86400", "activated_at");
    mst_site_pass(site, 86399);
    expect(OF("m1", "b"), "ready", 200, "\"seconds_left\":1", NULL);
    (void)snprintf(arguments, sizeof arguments, "[\"%s\",{\"locked\":true}]", rid);
    ck_assert_str_eq(mst_site_rpc(site, scene.portal_cik, "update", arguments),
                     "[{\"id\":1,\"status\":\"ok\"}]");
    expect(OF("m1", "b"), "locked", 409, "\"client_status\":\"locked\"", NULL);
    mst_site_pass(site, 1);
    expect(OF("m1", "b"), "window-over", 409, "\"seconds_left\":0", NULL);
    (void)snprintf(arguments, sizeof arguments, "[\"%s\"]", rid);
    ck_assert_str_eq(mst_site_rpc(site, scene.portal_cik, "drop", arguments),
                     "[{\"id\":1,\"status\":\"ok\"}]");
    expect(OF("m1", "b"), "orphaned", 409, NULL, "rid");
    (void)snprintf(arguments, sizeof arguments, "[\"%s\"]", scene.template_rid);
    expect(OF("m1", "a"), "not-enabled", 409, NULL, "template_gone");
    ck_assert_str_eq(mst_site_rpc(site, scene.vendor_cik, "drop", arguments),
                     "[{\"id\":1,\"status\":\"ok\"}]");
    expect(OF("m1", "a"), "not-enabled", 409, "\"template_gone\":true", NULL);
    expect(OF("m1", "b"), "orphaned", 409, "\"template_gone\":true", NULL);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(asking_changes_nothing)
{
    char form[96];

    begin();
    (void)snprintf(form, sizeof form, "enable=true&owner=%s", scene.portal_rid);
    change("POST", MODELS "m1/", "sn=a", 205);
    change("POST", MODELS "m1/a", form, 200);
    expect(OF("m1", "a"), "ready", 200, "\"client_status\":\"notactivated\"", NULL);
    expect(OF("m1", "a"), "ready", 200, "\"client_status\":\"notactivated\"", NULL);
    ck_assert_status(site, 200, "POST", ACTIVATE, NULL, OF("m1", "a"));
    mst_site_stop(site);
}
MST_TEST_END

#define MAC_RANGE                                                                                  \
    "[{\"format\":\"mac:48\",\"casing\":\"upper\",\"first\":1108152157440,\"last\":1108152157695}" \
    "]"

MST_TEST(a_serial_number_that_is_written_almost_like_a_known_one_is_told)
{
    static const struct {
        const char *query, *near;
    } rows[] = {
        {OF("m1", "01:02:03:04:05:0a"), "01:02:03:04:05:0A"},
        {OF("m1", "01-02-03-04-05-0A"), "01:02:03:04:05:0A"},
        {OF("m1", "0102.0304.050a"),    "01:02:03:04:05:0A"},
        {OF("m1", "01020304050a"),      "01:02:03:04:05:0A"},
        {OF("m1", "AB-C"),              "ab-c"             },
        {OF("m1", "xy1"),               "XY1"              },
        {OF("m1", "%20ab-c"),           "ab-c"             },
        {OF("m1", "ab-c%20%20"),        "ab-c"             },
        {OF("m1", "p%20q"),             "p+q"              },
        {OF("m1", "s%2Bt"),             "s t"              },
        {OF("m1", "0042"),              "42"               },
        {OF("m1", "7"),                 "0007"             },
        {OF("m1", "00000007"),          "0007"             },
        {OF("m1", "123"),               "000123"           },
    };
    char has[64];

    begin();
    change("POST", MODELS "m1/", MAC_RANGE, 205);
    change("POST", MODELS "m1/",
           "[{\"format\":\"base10\",\"length\":6,\"first\":100,\"last\":200}]", 205);
    change("POST", MODELS "m1/", "sn[]=ab-c&sn[]=XY1&sn[]=p%2Bq&sn[]=s%20t&sn[]=42&sn[]=0007", 205);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(has, sizeof has, "\"near_sn\":\"%s\"", rows[i].near);
        expect(rows[i].query, "unknown-serial", 404, has, "\"sn\":");
    }
    expect(OF("m1", "zz"), "unknown-serial", 404, NULL, "near_sn");
    /* as activation does, a plus that was sent unescaped is tried as such */
    expect(OF("m1", "p+q"), "not-enabled", 409, "\"sn\":\"p+q\"", NULL);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(ranges_and_other_models_are_told)
{
    char form[96];

    begin();
    (void)snprintf(form, sizeof form, "model=m2&rid=%s", scene.template_rid);
    change("POST", MODELS, form, 205);
    change("POST", MODELS "m2/", "sn[]=01:02:03:04:05:01&sn[]=q", 205);
    change("POST", MODELS "m1/", MAC_RANGE, 205);
    expect(OF("m1", "01:02:03:04:05:02"), "not-enabled", 409,
           "\"range\":{\"format\":\"mac:48\",\"length\":null,\"casing\":\"upper\","
           "\"first\":\"1108152157440\",\"last\":\"1108152157695\"}",
           "listed_under");
    expect(OF("m1", "01:02:03:04:05:01"), "not-enabled", 409, "\"listed_under\":\"m2\"",
           "\"advice\":\"enable it with");
    expect(OF("m1", "q"), "unknown-serial", 404, "take it off that list", "add the serial");
    expect(OF("m1", "q"), "unknown-serial", 404, "\"listed_under\":\"m2\"", "near");
    expect(OF("m2", "q"), "not-enabled", 409, NULL, "listed_under");
    mst_site_stop(site);
}
MST_TEST_END

/* Without a vendor in the query its own name is meant. */
MST_TEST(only_a_vendor_may_ask_and_only_about_its_own)
{
    static const struct mst_script rows[] = {
        {"GET", WHY OF("m1", "a"), NULL,            NULL,                   NULL,                         401,                                                                                                             NULL},
        {"GET",     WHY OF("m1",            "a"), "X-Exosite-CIK: $Pcik", NULL, NULL,                         412,                                                                                                                                    NULL},
        {"GET", WHY OF("m1",            "a"),            "$V",                NULL,                       NULL,                                    200,"*"},
        {"GET",  WHY "model=m1&sn=a",          "$T",              NULL,                         NULL,                           200,       "*"                                                                                                        },
        {"GET",  WHY "vendor=acme&model=m1",          "$T",              NULL,                         NULL,400,   NULL},
        {"GET",  WHY "vendor=acme&sn=a",         "$T",             NULL,                        NULL,                              400,                                            NULL                                                                                                                                                  },
        {"GET",  WHY "vendor=&model=m1&sn=a",         "$T",             NULL,                        NULL,400,NULL},
        {"GET",  "/muster/v1/why",         "$T",             NULL,                        NULL,                                         400,                                                                                                NULL                                                                                                                                                                                                                                                                                        },
        {"POST",  WHY "model=m1&sn=a",         "$T",             NULL,                       NULL,405,NULL},
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

#define ROOM "{\"limits\":{\"client\":\"inherit\",\"dataport\":\"inherit\"}}"

/* A second vendor, "umbrella": its CIK as a header. */
static void make_umbrella(char ret_header[64], char ret_owner[41])
{
    char rid[41], cik[41];

    mst_site_rpc_rid(site, mst_site_root(site), "create", "[{\"alias\":\"\"},\"client\"," ROOM "]",
                     rid);
    mst_site_key(site, mst_site_root(site), rid, cik);
    (void)mst_by_cik(cik, ret_header);
    ck_assert_status(site, 205, "POST", "/provision/register", ret_header, "vendor=umbrella");
    mst_site_rpc_rid(site, cik, "create", "[{\"alias\":\"\"},\"client\"," ROOM "]", ret_owner);
}

static unsigned ask_as(const char *header, const char *query, const char *word)
{
    char path[512], begins[64];
    struct mst_answer answer;

    (void)snprintf(path, sizeof path, WHY "%s", query);
    answer = mst_site_ask(site, "GET", path, header, NULL);
    (void)snprintf(begins, sizeof begins, "{\"verdict\":\"%s\"", word ? word : "");
    if (word)
        ck_assert_msg(mst_span_starts(answer.body, mst_span_str(begins)), "%.*s",
                      (int)answer.body.len, answer.body.ptr);
    return answer.status;
}

MST_TEST(a_borrower_is_told_of_what_it_enabled_and_nothing_else)
{
    char header[64], with_vendor[128], owner[41], form[96];

    begin();
    make_umbrella(header, owner);
    change("POST", MODELS "m1/", "sn[]=a&sn[]=b", 205);
    ck_assert_uint_eq(ask_as(header, OF("m1", "a"), NULL), 403);
    ck_assert_uint_eq(ask_as(header, OF("nosuch", "a"), NULL), 403);
    change("POST", "/provision/manage/share/m1/", "vendor=umbrella", 205);
    (void)snprintf(with_vendor, sizeof with_vendor, "%s\r\nX-Exosite-Vendor: acme", header);
    (void)snprintf(form, sizeof form, "enable=true&owner=%s", owner);
    ck_assert_status(site, 200, "POST", MODELS "m1/a", with_vendor, form);
    ck_assert_uint_eq(ask_as(header, OF("m1", "a"), "ready"), 200);
    ck_assert_uint_eq(ask_as(header, OF("m1", "b"), "unknown-serial"), 200);
    ck_assert_uint_eq(ask_as(header, OF("nosuch", "a"), NULL), 403);
    ck_assert_uint_eq(ask_as(scene.by_token, OF("m1", "a"), "ready"), 200);
    mst_site_stop(site);
}
MST_TEST_END

MST_TESTS("conform/why", each_check_of_activation_is_named_in_its_order, asking_changes_nothing,
          a_serial_number_that_is_written_almost_like_a_known_one_is_told,
          ranges_and_other_models_are_told, only_a_vendor_may_ask_and_only_about_its_own,
          a_borrower_is_told_of_what_it_enabled_and_nothing_else)

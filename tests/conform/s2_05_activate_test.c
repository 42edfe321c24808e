/* protocol.md 2.5: activation, to the letter; with the states of 1.5 and the edges of the window. */
#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#define ACTIVATE "/provision/activate"
#define M1       "/provision/manage/model/m1/"

static struct mst_site *site;
static struct mst_scene scene;
static struct mst_cast cast;

static void begin(void)
{
    site = mst_site_start(NULL);
    mst_scene_make(site, &scene);
    cast = (struct mst_cast){.scene = &scene};
}

MST_TEST(a_pending_device_gets_the_40_bytes_its_owner_sees_once)
{
    static const struct mst_script before[] = {
        {"POST", M1,       "$T", NULL, "sn=0001",                      205, NULL},
        {"POST", ACTIVATE, NULL, NULL, "vendor=acme&model=m1&sn=0001", 409, NULL},
    };
    static const struct mst_script after[] = {
        {"GET",  "/onep:v1/stack/alias?temp", "X-Exosite-CIK: $cik", NULL, NULL,                           401, NULL  },
        {"POST", ACTIVATE,                    NULL,                  NULL, "vendor=acme&model=m1&sn=0001", 200, "$cik"},
        {"POST", ACTIVATE,                    NULL,                  NULL, "vendor=acme&model=m1&sn=0001", 409, NULL  },
        {"GET",  "/onep:v1/stack/alias?temp", "X-Exosite-CIK: $cik", NULL, NULL,                           204, NULL  },
    };
    struct mst_answer answer;
    char rid[41] = {0}, cik[41], body[128];

    begin();
    PLAY(site, &cast, before);
    (void)snprintf(body, sizeof body, "enable=true&owner=%s", scene.portal_rid);
    answer = mst_site_ask(site, "POST", M1 "0001", scene.by_token, body);
    ck_assert_uint_eq(answer.status, 200);
    memcpy(rid, answer.body.ptr, 40);
    mst_site_key(site, scene.portal_cik, rid, cik);
    cast.cik = cik;
    PLAY(site, &cast, after);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(the_reply_is_exact_and_fits_the_smallest_buffer)
{
    struct mst_answer answer;
    char want[256];

    begin();
    ck_assert_status(site, 205, "POST", M1, scene.by_token, "sn=0002");
    (void)snprintf(want, sizeof want, "enable=true&owner=%s", scene.portal_rid);
    ck_assert_status(site, 200, "POST", M1 "0002", scene.by_token, want);
    answer = mst_site_ask(site, "POST", ACTIVATE, NULL, "vendor=acme&model=m1&sn=0002");
    ck_assert_uint_eq(answer.status, 200);
    ck_assert_uint_le(answer.head.len + answer.body.len, 198);
    ck_assert_span_str(mst_span_cut(answer.head, 0, 23), "HTTP/1.1 200 OK\r\nDate: ");
    ck_assert_span_str(mst_span_cut(answer.head, 52, answer.head.len),
                       "\r\nContent-Length: 40\r\nContent-Type: text/plain; charset=utf-8\r\n"
                       "Cache-Control: no-store\r\n\r\n");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(errors_come_in_the_order_405_400_403_404_409)
{
    static const struct mst_script rows[] = {
        {"GET",  ACTIVATE "?vendor=acme&model=m1&sn=1", NULL, NULL, NULL,                            405, NULL}, /* A38 */
        {"PUT",  ACTIVATE,                              NULL, NULL, NULL,                            405, NULL},
        {"POST", ACTIVATE,                              NULL, NULL, "",                              400, NULL},
        {"POST", ACTIVATE,                              NULL, NULL, "vendor=acme&model=m1",          400, NULL},
        {"POST", ACTIVATE,                              NULL, NULL, "vendor=nosuch&model=m1&sn=",    400, NULL},
        {"POST", ACTIVATE,                              NULL, NULL, "vendor=&model=m1&sn=1",         400, NULL},
        {"POST", ACTIVATE "?vendor=acme&model=m1&sn=1", NULL, NULL, "",                              400, NULL},
        {"POST", ACTIVATE,                              NULL, NULL, "vendor=nosuch&model=m1&sn=1",   403, NULL},
        {"POST", ACTIVATE,                              NULL, NULL, "vendor=acme&model=nosuch&sn=1", 403, NULL},
        {"POST", ACTIVATE,                              NULL, NULL, "vendor=ACME&model=m1&sn=1",     403, NULL},
        {"POST", ACTIVATE,                              NULL, NULL, "vendor=acme&model=m1&sn=1",     404, NULL},
        {"POST", M1,                                    "$T", NULL, "sn=1",                          205, NULL},
        {"POST", ACTIVATE,                              NULL, NULL, "vendor=acme&model=m1&sn=1",     409, NULL},
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(credentials_and_content_types_do_not_matter)
{
    static const struct mst_script rows[] = {
        {"POST", M1,       "$T",                                                      NULL,                                               "sn[]=a1&sn[]=a2&sn[]=a3",   205, NULL},
        {"POST", M1 "a1",  "$T",                                                      NULL,                                               "enable=true&owner=$portal", 200, "#" },
        {"POST", M1 "a2",  "$T",                                                      NULL,                                               "enable=true&owner=$portal", 200, "#" },
        {"POST", M1 "a3",  "$T",                                                      NULL,                                               "enable=true&owner=$portal", 200, "#" },
        {"POST", ACTIVATE, "X-Exosite-CIK: 0000000000000000000000000000000000000000", NULL,
         "vendor=acme&model=m1&sn=a1",                                                                                                                                 200, "#" },
        {"POST", ACTIVATE, "X-Exosite-CIK:",                                          "application/json",
         "osn=\xff&sn=a2&osv=%zz&model=m1&vendor=acme&sn=a3",                                                                                                          200, "#" },
        {"POST", ACTIVATE, NULL,                                                      "application/x-www-form-urlencoded; charset=utf=8",
         "%76endor=acme&model=m%31&sn=%613",                                                                                                                           200, "#" },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(an_unescaped_plus_is_tried_as_itself)
{
    static const struct mst_script rows[] = {
        {"POST", "/provision/manage/model/",          "$T", NULL, "model=a%2Bb&rid=$template",    205, NULL},
        {"POST", "/provision/manage/model/a+b/",      "$T", NULL, "sn=x%2B1",                     205, NULL},
        {"POST", "/provision/manage/model/a%2Bb/x+1", "$T", NULL, "enable=true&owner=$portal",    200,
         "#"                                                                                               },
        {"POST", ACTIVATE,                            NULL, NULL, "vendor=acme&model=a+b&sn=x+1", 200, "#" },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(the_window_ends_after_its_last_second)
{
    static const struct mst_script enable[] = {
        {"POST", M1,      "$T", NULL, "sn[]=in&sn[]=out",          205, NULL},
        {"POST", M1 "in", "$T", NULL, "enable=true&owner=$portal", 200, "#" },
    };
    static const struct mst_script still[] = {
        {"POST", ACTIVATE, NULL, NULL, "vendor=acme&model=m1&sn=in", 200, "#"},
        {"POST", M1 "out", "$T", NULL, "enable=true&owner=$portal",  200, "#"},
    };
    static const struct mst_script over[] = {
        {"POST", ACTIVATE, NULL, NULL, "vendor=acme&model=m1&sn=out", 409, NULL},
        {"POST", M1 "out", "$T", NULL, "enable=true",                 205, NULL},
        {"POST", ACTIVATE, NULL, NULL, "vendor=acme&model=m1&sn=out", 200, "#" },
    };

    /* One second of slack: the test's clock runs on meanwhile. Exact edges are tested in core. */
    begin();
    PLAY(site, &cast, enable);
    mst_site_pass(site, MST_WINDOW_S_DEFAULT - 30);
    PLAY(site, &cast, still);
    mst_site_pass(site, MST_WINDOW_S_DEFAULT);
    PLAY(site, &cast, over);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_re_enabled_device_loses_its_key_and_gets_another)
{
    static const struct mst_script rows[] = {
        {"GET",  "/onep:v1/stack/alias?temp", "X-Exosite-CIK: $cik", NULL, NULL,                         204, NULL},
        {"POST", M1 "r1",                     "$T",                  NULL, "enable=true",                205, NULL},
        {"GET",  "/onep:v1/stack/alias?temp", "X-Exosite-CIK: $cik", NULL, NULL,                         401, NULL},
        {"POST", ACTIVATE,                    NULL,                  NULL, "vendor=acme&model=m1&sn=r1", 200, "#" },
        {"GET",  "/onep:v1/stack/alias?temp", "X-Exosite-CIK: $cik", NULL, NULL,                         401, NULL},
        {"POST", M1 "r1",                     "$T",                  NULL, "disable=true",               205, NULL},
        {"POST", ACTIVATE,                    NULL,                  NULL, "vendor=acme&model=m1&sn=r1", 409, NULL},
    };
    char rid[41], cik[41];

    begin();
    mst_scene_device(site, &scene, "r1", rid, cik);
    cast.cik = cik;
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_locked_device_cannot_activate)
{
    char arguments[128], rid[41] = {0}, body[128];
    struct mst_answer answer;

    begin();
    ck_assert_status(site, 205, "POST", M1, scene.by_token, "sn=l1");
    (void)snprintf(body, sizeof body, "enable=true&owner=%s", scene.portal_rid);
    answer = mst_site_ask(site, "POST", M1 "l1", scene.by_token, body);
    ck_assert_uint_eq(answer.status, 200);
    memcpy(rid, answer.body.ptr, 40);
    (void)snprintf(arguments, sizeof arguments, "[\"%s\",{\"locked\":true}]", rid);
    ck_assert_str_eq(mst_site_rpc(site, scene.portal_cik, "update", arguments),
                     "[{\"id\":1,\"status\":\"ok\"}]");
    ck_assert_status(site, 409, "POST", ACTIVATE, NULL, "vendor=acme&model=m1&sn=l1");
    (void)snprintf(arguments, sizeof arguments, "[\"%s\",{\"locked\":false}]", rid);
    ck_assert_str_eq(mst_site_rpc(site, scene.portal_cik, "update", arguments),
                     "[{\"id\":1,\"status\":\"ok\"}]");
    ck_assert_status(site, 200, "POST", ACTIVATE, NULL, "vendor=acme&model=m1&sn=l1");
    mst_site_stop(site);
}
MST_TEST_END

/* Every commit is kept but reported unknown, so the same attempt comes again. */
static bool is_kept_but_unknown(void *arg, bool *ret_is_applied)
{
    int *left = arg;

    *ret_is_applied = true;
    return *left > 0 && (*left)-- > 0;
}

MST_TEST(an_activation_whose_commit_stays_unknown_once_still_gives_its_key)
{
    static const struct mst_script rows[] = {
        {"POST", ACTIVATE, NULL, NULL, "vendor=acme&model=m1&sn=u1", 200, "#" },
        {"POST", ACTIVATE, NULL, NULL, "vendor=acme&model=m1&sn=u1", 409, NULL},
    };
    static const struct mst_script before[] = {
        {"POST", M1,      "$T", NULL, "sn=u1",                     205, NULL},
        {"POST", M1 "u1", "$T", NULL, "enable=true&owner=$portal", 200, "#" },
    };
    int left = 0;
    struct mst_site_opts opts = {.inject_unknown = is_kept_but_unknown, .arg = &left};

    site = mst_site_start(&opts);
    mst_scene_make(site, &scene);
    cast = (struct mst_cast){.scene = &scene};
    PLAY(site, &cast, before);
    left = 2;
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TESTS("conform/2.5", a_pending_device_gets_the_40_bytes_its_owner_sees_once,
          the_reply_is_exact_and_fits_the_smallest_buffer,
          errors_come_in_the_order_405_400_403_404_409, credentials_and_content_types_do_not_matter,
          an_unescaped_plus_is_tried_as_itself, the_window_ends_after_its_last_second,
          a_re_enabled_device_loses_its_key_and_gets_another, a_locked_device_cannot_activate,
          an_activation_whose_commit_stays_unknown_once_still_gives_its_key)

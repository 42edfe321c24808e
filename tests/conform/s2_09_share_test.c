/* protocol.md 2.9, and what 2.2, 2.6.1, 2.6.3 and 2.6.5 say of shares, rule by rule. */
#include <string.h>

#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#define MODELS "/provision/manage/model/"
#define SHARES "/provision/manage/share/"
#define CSV    "text/csv; charset=utf-8"
#define B      "$OT\r\nX-Exosite-Vendor: acme" /* the borrower, umbrella, uses models of acme */

static struct mst_site *site;
static struct mst_scene acme, umbrella;
static struct mst_cast cast;

static void begin(void)
{
    site = mst_site_start(NULL);
    mst_scene_make(site, &acme);
    mst_scene_make_named(site, "umbrella", &umbrella);
    cast = (struct mst_cast){.scene = &acme, .other = &umbrella};
}

static void begin_shared(void)
{
    begin();
    ck_assert_status(site, 205, "POST", SHARES "m1/", acme.by_token, "vendor=umbrella");
    ck_assert_status(site, 205, "POST", MODELS "m1/", acme.by_token,
                     "sn[]=a&sn[]=b&sn[]=c&sn[]=d&sn[]=e&sn[]=f&sn[]=g");
}

/* ---- the lender ---- */

MST_TEST(a_model_is_shared_shown_and_taken_back)
{
    static const struct mst_script rows[] = {
        {"GET",    SHARES "m1/",         "$T", NULL, NULL,                          204, NULL          },
        {"GET",    SHARES "m1/umbrella", "$T", NULL, NULL,                          404, NULL          },
        {"GET",    SHARES "m1/nosuch",   "$T", NULL, NULL,                          404, NULL          },
        {"DELETE", SHARES "m1/umbrella", "$T", NULL, NULL,                          404, NULL          },
        {"POST",   SHARES "m1/",         "$T", NULL, "vendor=umbrella&delete=true", 404, NULL          },
        {"POST",   SHARES "m1/",         "$T", NULL, "vendor=nosuch",               404, NULL          },
        {"POST",   SHARES "m1/",         "$T", NULL, "vendor=",                     400, NULL          },
        {"POST",   SHARES "m1/",         "$T", NULL, "vendor=acme",                 400, NULL          },
        {"POST",   SHARES "m1/",         "$T", NULL, "vendor=umbrella",             205, NULL          },
        {"POST",   SHARES "m1",          "$T", NULL, "vendor=umbrella",             205, NULL          }, /* repeated */
        {"GET",    SHARES "m1",          "$T", NULL, NULL,                          200, "umbrella\r\n"},
        {"GET",    SHARES "m1/",         "$V", NULL, NULL,                          200, "umbrella\r\n"},
        {"DELETE", SHARES "m1/umbrella", "$T", NULL, NULL,                          205, NULL          },
        {"GET",    SHARES "m1/",         "$T", NULL, NULL,                          204, NULL          },
        {"POST",   SHARES "m1/",         "$T", NULL, "vendor=umbrella",             205, NULL          },
        {"POST",   SHARES "m1/",         "$T", NULL, "vendor=umbrella&remove=true", 205, NULL          },
        {"GET",    SHARES "m1/umbrella", "$T", NULL, NULL,                          404, NULL          },
        {"GET",    SHARES "nosuch/",     "$T", NULL, NULL,                          404, NULL          },
        {"POST",   SHARES "nosuch/",     "$T", NULL, "vendor=nosuch",               404, NULL          },
        {"PUT",    SHARES "m1/",         "$T", NULL, "vendor=umbrella",             405, NULL          },
        {"POST",   SHARES "m1/umbrella", "$T", NULL, "vendor=umbrella",             405, NULL          },
        {"GET",    SHARES "m1/",         NULL, NULL, NULL,                          401, NULL          },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(shared_is_204_with_the_type_of_a_list)
{
    struct mst_answer answer;

    begin_shared();
    answer = mst_site_ask(site, "GET", SHARES "m1/umbrella", acme.by_token, NULL);
    ck_assert_uint_eq(answer.status, 204);
    ck_assert_uint_eq(answer.body.len, 0);
    ck_assert(memmem(answer.head.ptr, answer.head.len, "Content-Type: " CSV "\r\n",
                     strlen("Content-Type: " CSV "\r\n")) != NULL);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_borrower_lists_what_is_shared_with_it)
{
    static const struct mst_script rows[] = {
        {"GET",    MODELS "?show=shared", "$OT", NULL, NULL,                      204, NULL                     },
        {"POST",   MODELS,                "$T",  NULL, "model=m+2&rid=$template", 205, NULL                     },
        {"POST",   SHARES "m1/",          "$T",  NULL, "vendor=umbrella",         205, NULL                     },
        {"POST",   SHARES "m%202/",       "$T",  NULL, "vendor=umbrella",         205, NULL                     },
        {"GET",    MODELS "?show=shared", "$OT", NULL, NULL,                      200, "acme,m1\r\nacme,m 2\r\n"},
        {"GET",    MODELS,                "$OT", NULL, NULL,                      200, "m1\r\n"                 }, /* its own */
        {"GET",    MODELS "?show=shared", "$T",  NULL, NULL,                      204, NULL                     },
        {"DELETE", MODELS "m1",           "$T",  NULL, NULL,                      205, NULL                     },
        {"GET",    MODELS "?show=shared", "$OT", NULL, NULL,                      200, "acme,m 2\r\n"           },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

/* ---- X-Exosite-Vendor (2.2) ---- */

MST_TEST(without_a_share_another_vendor_s_name_is_403_whatever_there_is)
{
    static const struct mst_script rows[] = {
        {"POST", MODELS "m1/",     "$T",                                             NULL, "sn=a",                           205, NULL},
        {"GET",  MODELS "m1/",     B,                                                NULL, NULL,                             403, NULL},
        {"GET",  MODELS "nosuch/", B,                                                NULL, NULL,                             403, NULL},
        {"GET",  MODELS "m1/",     "$OT\r\nX-Exosite-Vendor: nosuch",                NULL, NULL,                             403, NULL},
        {"GET",  MODELS "m1/a",    B,                                                NULL, NULL,                             403, NULL},
        {"GET",  MODELS "m1/b",    B,                                                NULL, NULL,                             403, NULL},
        {"POST", MODELS "m1/a",    B,                                                NULL, "enable=true&owner=$otherportal", 403, NULL},
        {"POST", MODELS "m1/a",    B,                                                NULL, "",                               403, NULL},
        {"POST", MODELS "m1/",     B,                                                NULL, "sn=z",                           403, NULL},
        {"POST", SHARES "m1/",     "$T",                                             NULL, "vendor=umbrella",                205, NULL},
        {"GET",  MODELS "nosuch/", B,                                                NULL, NULL,                             403, NULL}, /* lent another one */
        {"GET",  MODELS "m1/",     "X-Exosite-Vendor: acme",                         NULL, NULL,                             401, NULL},
        {"GET",  MODELS "m1/",     "X-Exosite-CIK: $Pcik\r\nX-Exosite-Vendor: acme", NULL, NULL,                             412,
         NULL                                                                                                                         },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(the_own_name_and_paths_that_are_not_about_serial_numbers_ignore_the_header)
{
    static const struct mst_script rows[] = {
        {"GET", MODELS "m1/", "$OT\r\nX-Exosite-Vendor: umbrella", NULL, NULL, 200, ""                  },
        {"GET", MODELS "m1",  B,                                   NULL, NULL, 200, "rid=$othertemplate"},
        {"GET", MODELS,       B,                                   NULL, NULL, 200, "m1\r\n"            },
        {"GET", SHARES "m1/", B,                                   NULL, NULL, 204, NULL                },
    };

    begin_shared();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

/* ---- the borrower ---- */

MST_TEST(a_borrower_enables_below_its_own_client_and_the_device_activates_with_the_model_s_vendor)
{
    static const struct mst_script rows[] = {
        {"POST", MODELS "m1/a",         B,    NULL, "enable=true&owner=$portal",      403, NULL}, /* the lender's */
        {"POST", MODELS "m1/nosuch",    B,    NULL, "enable=true&owner=$otherportal", 404, NULL},
        {"POST", MODELS "m1/a",         B,    NULL, "enable=true&owner=x",            400, NULL},
        {"POST", MODELS "m1/a",         B,    NULL, "enable=true&owner=$otherportal", 200, "#" },
        {"POST", MODELS "m1/a",         B,    NULL, "enable=true&owner=$otherportal", 409, NULL},
        {"POST", "/provision/activate", NULL, NULL, "vendor=umbrella&model=m1&sn=a",  404,
         NULL                                                                                  }, /* its own m1 */
        {"POST", "/provision/activate", NULL, NULL, "vendor=acme&model=m1&sn=a",      200, "#" },
        {"POST", MODELS "m1/a",         B,    NULL, "disable=true",                   205, NULL},
        {"POST", "/provision/activate", NULL, NULL, "vendor=acme&model=m1&sn=a",      409, NULL},
        {"POST", MODELS "m1/a",         B,    NULL, "enable=true",                    205, NULL},
        {"POST", "/provision/activate", NULL, NULL, "vendor=acme&model=m1&sn=a",      200, "#" },
    };

    begin_shared();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

/* Enables sn as umbrella; its RID, key and the row that GET shows. */
static void enable_lent(const char *sn, char rid[41], char row[64])
{
    char path[64], body[96], header[128];
    struct mst_answer answer;

    (void)snprintf(path, sizeof path, MODELS "m1/%s", sn);
    (void)snprintf(body, sizeof body, "enable=true&owner=%s", umbrella.portal_rid);
    (void)snprintf(header, sizeof header, "%s\r\nX-Exosite-Vendor: acme", umbrella.by_token);
    answer = mst_site_ask(site, "POST", path, header, body);
    ck_assert_uint_eq(answer.status, 200);
    (void)snprintf(rid, 41, "%.40s", answer.body.ptr);
    (void)snprintf(row, 64, "notactivated,%s,\r\n", rid);
}

MST_TEST(a_borrower_sees_what_it_enabled_without_extra_and_nothing_else)
{
    char rid[41], row[64];
    static const struct mst_script before[] = {
        {"POST", MODELS "m1/",  "$T", NULL, "delete=true&sn=b",          205, NULL},
        {"POST", MODELS "m1/",  "$T", NULL, "sn=b&extra=secret",         205, NULL},
        {"POST", MODELS "m1/c", "$T", NULL, "enable=true&owner=$portal", 200, "#" },
    };
    static const struct mst_script rows[] = {
        {"GET",    MODELS "m1/b",                B,    NULL,               NULL,                             200, "notactivated,$rid,\r\n"      },
        {"GET",    MODELS "m1/b",                "$T", NULL,               NULL,                             200, "notactivated,$rid,secret\r\n"},
        {"GET",    MODELS "m1/a",                B,    NULL,               NULL,                             404, NULL                          }, /* unused */
        {"GET",    MODELS "m1/c",                B,    NULL,               NULL,                             404, NULL                          }, /* the lender's */
        {"GET",    MODELS "m1/nosuch",           B,    NULL,               NULL,                             404, NULL                          },
        {"GET",    MODELS "m1/c?show=log",       B,    NULL,               NULL,                             404, NULL                          },
        {"GET",    MODELS "m1/b?show=log",       B,    NULL,               NULL,                             204, NULL                          },
        {"GET",    MODELS "m1/b?show=groups",    B,    NULL,               NULL,                             403, NULL                          },
        {"POST",   MODELS "m1/c",                B,    NULL,               "enable=true&owner=$otherportal", 404, NULL                          },
        {"POST",   MODELS "m1/c",                B,    NULL,               "enable=true",                    404, NULL                          },
        {"POST",   MODELS "m1/c",                B,    NULL,               "disable=true",                   404, NULL                          },
        {"POST",   MODELS "m1/a",                B,    NULL,               "disable=true",                   404, NULL                          },
        {"GET",    MODELS "m1/",                 B,    NULL,               NULL,                             200, "b,$rid,\r\n"                 },
        {"GET",    MODELS "m1/?status=true",     B,    NULL,               NULL,                             200, "b,notactivated,$rid,\r\n"    },
        {"GET",    MODELS "m1/?shared=umbrella", B,    NULL,               NULL,                             200, "b,$rid,\r\n"                 },
        {"GET",    MODELS "m1/?shared=acme",     B,    NULL,               NULL,                             200, ""                            },
        {"GET",    MODELS "m1/?shared=umbrella", "$T", NULL,               NULL,                             200, "b,$rid,secret\r\n"           },
        {"GET",    MODELS "m1/?shared=nosuch",   "$T", NULL,               NULL,                             200, ""                            },
        {"GET",    MODELS "m1/?shared=acme",     "$T", NULL,               NULL,                             200, ""                            },
        {"GET",    MODELS "m1/?show=ranges",     B,    NULL,               NULL,                             403, NULL                          },
        {"POST",   MODELS "m1/",                 B,    NULL,               "sn=z",                           403, NULL                          },
        {"POST",   MODELS "m1/",                 B,    NULL,               "delete=true&sn=b",               403, NULL                          },
        {"DELETE", MODELS "m1/",                 B,    CSV,                "b",                              403, NULL                          },
        {"DELETE", MODELS "m1/b",                B,    NULL,               NULL,                             403, NULL                          },
        {"POST",   MODELS "m1/",                 B,    "application/json", "{\"ranges\":[]}",                403, NULL                          },
    };

    begin_shared();
    PLAY(site, &cast, before);
    enable_lent("b", rid, row);
    cast.rid = rid;
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(the_list_of_a_borrower_is_paged_by_what_it_enabled)
{
    char rid[41], row[64], header[128];
    struct mst_answer answer;
    struct mst_buf want;

    begin_shared();
    mst_buf_init(&want, 1024);
    ck_assert_status(site, 205, "POST", MODELS "m1/", acme.by_token, "sn[]=a0&sn[]=b0&sn[]=c0");
    for (char sn[] = "a"; sn[0] <= 'g'; sn[0]++) {
        enable_lent(sn, rid, row);
        if (sn[0] > 'a' && sn[0] < 'g')
            ck_assert_int_eq(mst_buf_addf(&want, "%s,%s,\r\n", sn, rid), MST_OK);
    }
    (void)snprintf(header, sizeof header, "%s\r\nX-Exosite-Vendor: acme", umbrella.by_token);
    answer = mst_site_ask(site, "GET", MODELS "m1/?offset=1&limit=5", header, NULL);
    ck_assert_uint_eq(answer.status, 200);
    ck_assert_span_eq(answer.body, mst_buf_span(&want));
    answer = mst_site_ask(site, "GET", MODELS "m1/?shared=umbrella&offset=1&limit=1", acme.by_token,
                          NULL);
    ck_assert_span_eq(answer.body, mst_buf_span(&want)); /* 5 is the least */
    mst_buf_fini(&want);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_borrower_remaps_among_its_own_and_to_free_ones)
{
    char rid[41], row[64];
    static const struct mst_script rows[] = {
        {"POST", MODELS "m1/c", "$T", NULL, "enable=true&owner=$portal", 200, "#"                     },
        {"POST", MODELS "m1/d", B,    NULL, "enable=true&oldsn=c",       404, NULL                    }, /* from the lender's */
        {"POST", MODELS "m1/c", B,    NULL, "enable=true&oldsn=a",       404, NULL                    }, /* to the lender's */
        {"POST", MODELS "m1/d", B,    NULL, "enable=true&oldsn=e",       404, NULL                    }, /* from a free one */
        {"POST", MODELS "m1/d", B,    NULL, "enable=true&oldsn=a",       205, NULL                    },
        {"GET",  MODELS "m1/",  B,    NULL, NULL,                        200, "d,$rid,\r\n"           },
        {"GET",  MODELS "m1/a", B,    NULL, NULL,                        404, NULL                    },
        {"GET",  MODELS "m1/a", "$T", NULL, NULL,                        204, NULL                    },
        {"POST", MODELS "m1/e", "$T", NULL, "enable=true&oldsn=d",       205,
         NULL                                                                                         }, /* by the lender: still lent */
        {"GET",  MODELS "m1/e", B,    NULL, NULL,                        200, "notactivated,$rid,\r\n"},
        {"GET",  MODELS "m1/d", B,    NULL, NULL,                        404, NULL                    },
        {"GET",  MODELS "m1/",  B,    NULL, NULL,                        200, "e,$rid,\r\n"           },
    };

    begin_shared();
    enable_lent("a", rid, row);
    cast.rid = rid;
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_borrower_enables_from_ranges_that_it_does_not_see)
{
    static const struct mst_script rows[] = {
        {"POST",   MODELS "m1/",             "$T", "application/json",
         "{\"ranges\":[{\"format\":\"base10\",\"length\":4,\"casing\":null,\"first\":1,\"last\":9}]"
         "}",                                                                                            205, NULL},
        {"GET",    MODELS "m1/0001",         B,    NULL,               NULL,                             404, NULL},
        {"POST",   MODELS "m1/0010",         B,    NULL,               "enable=true&owner=$otherportal", 404, NULL},
        {"POST",   MODELS "m1/0001",         B,    NULL,               "enable=true&owner=$otherportal", 200, "#" },
        {"POST",   MODELS "m1/0002",         B,    NULL,               "enable=true&oldsn=0001",         205, NULL},
        {"GET",    MODELS "m1/?show=ranges", B,    NULL,               NULL,                             403, NULL},
        {"POST",   MODELS "m1/",             B,    "application/json",
         "{\"ranges\":[{\"format\":\"base10\",\"length\":5,\"casing\":null,\"first\":1,\"last\":9}]"
         "}",                                                                                            403, NULL},
        {"DELETE", MODELS "m1/0002",         "$T", NULL,               NULL,                             205, NULL},
        {"GET",    MODELS "m1/",             B,    NULL,               NULL,                             200, ""  },
        {"GET",    MODELS "m1/0002",         B,    NULL,               NULL,                             404, NULL},
        {"GET",    MODELS "m1/0002",         "$T", NULL,               NULL,                             204, NULL},
    };

    begin_shared();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

/* ---- the end of a share ---- */

MST_TEST(a_share_taken_back_leaves_the_devices_and_the_lender_s_rights)
{
    char rid[41], row[64];
    struct mst_answer answer;
    char device[64];
    static const struct mst_script rows[] = {
        {"DELETE", SHARES "m1/umbrella",         "$T", NULL, NULL,                             205, NULL                 },
        {"GET",    MODELS "m1/a",                B,    NULL, NULL,                             403, NULL                 },
        {"GET",    MODELS "m1/",                 B,    NULL, NULL,                             403, NULL                 },
        {"POST",   MODELS "m1/a",                B,    NULL, "disable=true",                   403, NULL                 },
        {"POST",   MODELS "m1/b",                B,    NULL, "enable=true&owner=$otherportal", 403, NULL                 },
        {"GET",    MODELS "m1/?shared=umbrella", "$T", NULL, NULL,                             200, "a,$rid,\r\n"        },
        {"GET",    MODELS "m1/a",                "$T", NULL, NULL,                             200, "activated,$rid,\r\n"},
    };
    static const struct mst_script later[] = {
        {"POST",   SHARES "m1/",  "$T", NULL, "vendor=umbrella", 205, NULL                    }, /* its own again */
        {"GET",    MODELS "m1/a", B,    NULL, NULL,              200, "activated,$rid,\r\n"   },
        {"POST",   MODELS "m1/a", "$T", NULL, "disable=true",    205, NULL                    }, /* the lender may all */
        {"POST",   MODELS "m1/a", "$T", NULL, "enable=true",     205, NULL                    },
        {"GET",    MODELS "m1/a", B,    NULL, NULL,              200, "notactivated,$rid,\r\n"},
        {"DELETE", MODELS "m1/a", "$T", NULL, NULL,              205, NULL                    },
        {"GET",    MODELS "m1/",  B,    NULL, NULL,              200, ""                      },
        {"POST",   MODELS "m1/",  "$T", NULL, "sn=a",            205, NULL                    },
        {"GET",    MODELS "m1/a", B,    NULL, NULL,              404, NULL                    },
    };

    begin_shared();
    enable_lent("a", rid, row);
    cast.rid = rid;
    answer = mst_site_ask(site, "POST", "/provision/activate", NULL, "vendor=acme&model=m1&sn=a");
    ck_assert_uint_eq(answer.status, 200);
    (void)snprintf(device, sizeof device, "X-Exosite-CIK: %.40s", answer.body.ptr);
    PLAY(site, &cast, rows);
    ck_assert_status(site, 204, "POST", "/onep:v1/stack/alias", device, "temp=1");
    PLAY(site, &cast, later);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(an_orphan_is_the_borrower_s_until_another_enables_it)
{
    char rid[41], row[64], argument[64];
    static const struct mst_script rows[] = {
        {"GET",  MODELS "m1/a", B,    NULL, NULL,                             409, NULL     },
        {"GET",  MODELS "m1/a", "$T", NULL, NULL,                             409, NULL     },
        {"GET",  MODELS "m1/",  B,    NULL, NULL,                             200, "a,,\r\n"},
        {"POST", MODELS "m1/a", "$T", NULL, "enable=true&owner=$portal",      200, "#"      },
        {"GET",  MODELS "m1/a", B,    NULL, NULL,                             404, NULL     },
        {"GET",  MODELS "m1/",  B,    NULL, NULL,                             200, ""       },
        {"POST", MODELS "m1/a", B,    NULL, "enable=true&owner=$otherportal", 404, NULL     },
    };

    begin_shared();
    enable_lent("a", rid, row);
    (void)snprintf(argument, sizeof argument, "[\"%s\"]", rid);
    ck_assert_str_eq(mst_site_rpc(site, umbrella.portal_cik, "drop", argument),
                     "[{\"id\":1,\"status\":\"ok\"}]");
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(names_and_models_that_end_take_their_shares_with_them)
{
    char rid[41], row[64];
    static const struct mst_script borrower[] = {
        {"POST", "/provision/register",        "$OV",                           NULL, "delete=true&vendor=umbrella", 205, NULL                    },
        {"GET",  SHARES "m1/",                 "$T",                            NULL, NULL,                          204, NULL                    },
        {"GET",  MODELS "m1/?shared=umbrella", "$T",                            NULL, NULL,                          200, ""                      },
        {"POST", "/provision/register",        "$OV",                           NULL, "vendor=umbrella",             205, NULL                    },
        {"GET",  SHARES "m1/umbrella",         "$T",                            NULL, NULL,                          404, NULL                    },
        {"POST", SHARES "m1/",                 "$T",                            NULL, "vendor=umbrella",             205, NULL                    },
        {"GET",  MODELS "m1/",                 "$OV\r\nX-Exosite-Vendor: acme", NULL, NULL,                          200,
         ""                                                                                                                                       }, /* another vendor now */
        {"GET",  MODELS "m1/a",                "$T",                            NULL, NULL,                          200, "notactivated,$rid,\r\n"},
    };
    static const struct mst_script lender[] = {
        {"POST", "/provision/register", "$V",                            NULL, "delete=true&vendor=acme", 205, NULL},
        {"GET",  MODELS "?show=shared", "$OV",                           NULL, NULL,                      204, NULL},
        {"GET",  MODELS "m1/",          "$OV\r\nX-Exosite-Vendor: acme", NULL, NULL,                      403, NULL},
    };

    begin_shared();
    enable_lent("a", rid, row);
    cast.rid = rid;
    PLAY(site, &cast, borrower);
    PLAY(site, &cast, lender);
    mst_site_stop(site);
}
MST_TEST_END

MST_TESTS("protocol.md 2.9", a_model_is_shared_shown_and_taken_back,
          shared_is_204_with_the_type_of_a_list, a_borrower_lists_what_is_shared_with_it,
          without_a_share_another_vendor_s_name_is_403_whatever_there_is,
          the_own_name_and_paths_that_are_not_about_serial_numbers_ignore_the_header,
          a_borrower_enables_below_its_own_client_and_the_device_activates_with_the_model_s_vendor,
          a_borrower_sees_what_it_enabled_without_extra_and_nothing_else,
          the_list_of_a_borrower_is_paged_by_what_it_enabled,
          a_borrower_remaps_among_its_own_and_to_free_ones,
          a_borrower_enables_from_ranges_that_it_does_not_see,
          a_share_taken_back_leaves_the_devices_and_the_lender_s_rights,
          an_orphan_is_the_borrower_s_until_another_enables_it,
          names_and_models_that_end_take_their_shares_with_them)

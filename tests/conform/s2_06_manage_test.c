/* protocol.md 2.3, 2.4, 2.6: what a vendor does, rule by rule. */
#include <stdarg.h>

#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#define MODELS "/provision/manage/model/"
#define CSV    "text/csv; charset=utf-8"

static struct mst_site *site;
static struct mst_scene scene;
static struct mst_cast cast;

static void begin(void)
{
    site = mst_site_start(NULL);
    mst_scene_make(site, &scene);
    cast = (struct mst_cast){.scene = &scene};
}

/* ---- 2.3 ---- */

MST_TEST(forms_are_read_as_clients_write_them)
{
    static const struct mst_script rows[] = {
  /* any order, unknown names, raw ';', first one wins, both spellings of [] */
        {"POST", MODELS "m1/",    "$T", NULL, "add=true&&sn=a;b&sn=zz&extra=x+y%21&mfr=%zz", 205,
         NULL                                                                                                                    },
        {"GET",  MODELS "m1/a;b", "$T", NULL, NULL,                                          204, NULL                           },
        {"GET",  MODELS "m1/zz",  "$T", NULL, NULL,                                          404, NULL                           },
        {"POST", MODELS "m1/",    "$T", NULL, "sn%5B%5D=s1&sn[]=s2",                         205, NULL                           },
        {"GET",  MODELS "m1/",    "$T", NULL, NULL,                                          200, "a;b,,x y!\r\ns1,,\r\ns2,,\r\n"},
 /* delete and remove mean the same, only "true" means yes */
        {"POST", MODELS "m1/",    "$T", NULL, "delete=yes&sn=s3",                            205, NULL                           },
        {"POST", MODELS "m1/",    "$T", NULL, "delete=true&sn=s3",                           205, NULL                           },
        {"POST", MODELS "m1/",    "$T", NULL, "remove=true&sn[]=s1&sn[]=nosuch",             205, NULL                           },
        {"GET",  MODELS "m1/",    "$T", NULL, NULL,                                          200, "a;b,,x y!\r\ns2,,\r\n"        },
 /* names are case-sensitive */
        {"POST", MODELS "m1/",    "$T", NULL, "SN=s4",                                       400, NULL                           },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(csv_is_read_and_written_with_fixed_columns)
{
    static const struct mst_script rows[] = {
        {"POST",   MODELS "m1/",             "$T", CSV,  "b1\n\n  \nb2,second\r\nb3,\"a,\"\"b\"\"\"", 205, NULL            },
        {"GET",    MODELS "m1/",             "$T", NULL, NULL,                                        200,
         "b1,,\r\nb2,,second\r\nb3,,\"a,\"\"b\"\"\"\r\n"                                                                   },
        {"GET",    MODELS "m1/?status=true", "$T", NULL, NULL,                                        200,
         "b1,,,\r\nb2,,,second\r\nb3,,,\"a,\"\"b\"\"\"\r\n"                                                                },
        {"POST",   MODELS "m1/",             "$T", CSV,  "b4\n\"open",                                400, NULL            },
        {"GET",    MODELS "m1/b4",           "$T", NULL, NULL,                                        404, NULL            },
        {"DELETE", MODELS "m1/",             "$T", CSV,  "b1\r\nnosuch\r\nb3\r\n",                    205, NULL            },
        {"GET",    MODELS "m1/",             "$T", NULL, NULL,                                        200, "b2,,second\r\n"},
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_delete_body_of_any_type_is_read_as_2_3_says)
{
    static const struct mst_script rows[] = {
        {"POST",   MODELS "m1/", "$T", NULL,                                    "sn[]=c1&sn[]=c2&sn[]=c3", 205, NULL      },
        {"DELETE", MODELS "m1/", "$T", NULL,                                    "sn=c1",                   205, NULL      },
        {"DELETE", MODELS "m1/", "$T", "application/json",                      "sn=c2",                   400, NULL      },
        {"DELETE", MODELS "m1/", "$T", NULL,                                    " {\"ranges\":[]}",        400, NULL      },
        {"POST",   MODELS "m1/", "$T", "application/javascript; charset=utf-8", "{}",                      400, NULL      },
        {"DELETE", MODELS "m1/", "$T", "text/csv",                              "c3\r\n",                  205, NULL      },
        {"GET",    MODELS "m1/", "$T", NULL,                                    NULL,                      200, "c2,,\r\n"},
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

/* ---- 2.4 ---- */

MST_TEST(checks_come_in_their_order)
{
    static const struct mst_script rows[] = {
        {"PATCH", "/provision/manage/nowhere", NULL,                            NULL, NULL,          404, NULL}, /* path before all */
        {"PUT",   MODELS,                      NULL,                            NULL, NULL,          405, NULL}, /* method before key */
        {"POST",  MODELS,                      NULL,                            NULL, NULL,          401, NULL}, /* key before vendor */
        {"POST",  MODELS "nosuch/",            "X-Exosite-Vendor: other",       NULL, NULL,          401, NULL},
        {"POST",  MODELS "nosuch/",            "$T\r\nX-Exosite-Vendor: other", NULL, NULL,          403, NULL},
        {"POST",  MODELS "nosuch/",            "$T",                            NULL, NULL,          404, NULL}, /* model before parameters */
        {"POST",  MODELS "m1/nosuch",          "$T",                            NULL, NULL,          400, NULL}, /* parameters before sn */
        {"POST",  MODELS "m1/nosuch",          "$T",                            NULL, "enable=true", 404, NULL}, /* sn before state */
        {"POST",  MODELS "m1/",                "$T",                            NULL, "sn=d1",       205, NULL},
        {"POST",  MODELS "m1/d1",              "$T",                            NULL, "enable=true", 409, NULL},
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_slash_makes_another_resource_except_after_collections)
{
    static const struct mst_script rows[] = {
        {"GET", "/provision/manage/model", "$T", NULL, NULL, 200, "m1\r\n"       },
        {"GET", MODELS,                    "$T", NULL, NULL, 200, "m1\r\n"       },
        {"GET", MODELS "m1",               "$T", NULL, NULL, 200, "rid=$template"},
        {"GET", MODELS "m1/",              "$T", NULL, NULL, 200, ""             },
        {"GET", "/provision/register/",    "$V", NULL, NULL, 200, "acme"         },
        {"GET", "/provision/admin/auth",   "$V", NULL, NULL, 200, "t1\r\n"       },
        {"GET", "/provision/admin/auth/",  "$V", NULL, NULL, 200, "t1\r\n"       },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

/* ---- 2.2 on managing paths ---- */

MST_TEST(credentials_are_taken_from_either_header)
{
    static const struct mst_script rows[] = {
        {"GET", MODELS,       "$V",                                                      NULL, NULL, 200, "m1\r\n"},
        {"GET", MODELS,       "X-Exosite-Token: $Vcik",                                  NULL, NULL, 200, "m1\r\n"},
        {"GET", MODELS,       "X-Exosite-CIK: $token",                                   NULL, NULL, 200, "m1\r\n"},
        {"GET", MODELS,       "X-Exosite-CIK: 0123\r\n$T",                               NULL, NULL, 200, "m1\r\n"},
        {"GET", MODELS,       "X-Exosite-CIK:\r\nX-Exosite-Token:",                      NULL, NULL, 401, NULL    },
        {"GET", MODELS,       "X-Exosite-CIK: 0000000000000000000000000000000000000000", NULL, NULL, 401,
         NULL                                                                                                     },
        {"GET", MODELS,       "X-Exosite-CIK: $Pcik",                                    NULL, NULL, 412, NULL    }, /* A15 */
        {"GET", MODELS "m1/", "$T\r\nX-Exosite-Vendor: acme",                            NULL, NULL, 200, ""      },
        {"GET", MODELS "m1/", "$T\r\nX-Exosite-Vendor: umbrella",                        NULL, NULL, 403, NULL    },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

/* ---- 2.6.1, 2.6.2 ---- */

MST_TEST(models_are_created_shown_replaced_and_deleted)
{
    static const struct mst_script rows[] = {
        {"POST",   MODELS,                "$T", NULL, "model=m1&rid=$template",                                409, NULL                                },
        {"POST",   MODELS,                "$T", NULL, "model=m2",                                              400, NULL                                },
        {"POST",   MODELS,                "$T", NULL, "rid=$template",                                         400, NULL                                },
        {"POST",   MODELS,                "$T", NULL, "model=m2&rid=$template&code=$rid",                      400, NULL                                },
        {"POST",   MODELS,                "$T", NULL, "model=m2&code=$template",                               400, NULL                                },
        {"POST",   MODELS,                "$T", NULL, "model=a/b&rid=$template",                               400, NULL                                },
        {"POST",   MODELS,                "$T", NULL, "model=m2&rid=0000000000000000000000000000000000000000", 400,
         NULL                                                                                                                                           },
        {"POST",   MODELS,                "$T", NULL, "model=m2&rid=$vendor",                                  400, NULL                                }, /* not below the caller */
        {"POST",   MODELS,                "$T", NULL,
         "model=a+%2B1&rid=$template&options[]=noaliases&options%5B%5D=nohistorical",                          205, NULL                                },
        {"GET",    MODELS,                "$T", NULL, NULL,                                                    200, "a +1\r\nm1\r\n"                    },
        {"GET",    MODELS "a%20%2B1",     "$T", NULL, NULL,                                                    200,
         "rid=$template&options[]=noaliases&options[]=nohistorical"                                                                                     },
        {"PUT",    MODELS "a%20+1",       "$T", NULL, "rid=$template&options=nocomments",                      205, NULL                                },
        {"GET",    MODELS "a%20+1",       "$T", NULL, NULL,                                                    200, "rid=$template&options[]=nocomments"},
        {"PUT",    MODELS "m1",           "$T", NULL, "",                                                      400, NULL                                },
        {"PUT",    MODELS "nosuch",       "$T", NULL, "rid=$template",                                         404, NULL                                },
        {"GET",    MODELS "nosuch",       "$T", NULL, NULL,                                                    404, NULL                                },
        {"DELETE", MODELS "nosuch",       "$T", NULL, NULL,                                                    404, NULL                                },
        {"POST",   MODELS,                "$T", NULL, "delete=true&model=nosuch",                              404, NULL                                },
        {"POST",   MODELS,                "$T", NULL, "delete=true&model=a+%2B1",                              205, NULL                                },
        {"DELETE", MODELS "m1",           "$T", NULL, "model=m1",                                              205, NULL                                },
        {"GET",    MODELS,                "$T", NULL, NULL,                                                    200, ""                                  },
        {"GET",    MODELS "?show=shared", "$T", NULL, NULL,                                                    204, NULL                                },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

/* A code for the template, or for whatever rid names, made by a client that has it in its tree. */
static void share(const char *by_cik, const char *rid, char ret[41])
{
    char arguments[128];
    const char *text, *at;

    (void)snprintf(arguments, sizeof arguments, "[\"%s\",{\"meta\":\"\"}]", rid);
    text = mst_site_rpc(site, by_cik, "share", arguments);
    at = strstr(text, "\"result\":\"");
    ck_assert_msg(at != NULL, "%s", text);
    (void)snprintf(ret, 41, "%.40s", at + strlen("\"result\":\""));
}

/* A request with printf-like body, answered with that status. */
static void __attribute__((format(printf, 5, 6)))
manage(unsigned status, const char *method, const char *path, const char *by, const char *fmt, ...)
{
    char body[512];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(body, sizeof body, fmt, args);
    va_end(args);
    ck_assert_msg(mst_site_status(site, method, path, by, body) == status, "%s %s %s", method, path,
                  body);
}

static void ck_assert_shown(const char *model, const char *by, const char *want)
{
    char path[128];

    (void)snprintf(path, sizeof path, MODELS "%s", model);
    ck_assert_span_str(mst_site_ask(site, "GET", path, by, NULL).body, want);
}

static void revoke(const char *by_cik, const char *code, const char *want)
{
    char arguments[128];

    (void)snprintf(arguments, sizeof arguments, "[\"share\",\"%s\"]", code);
    ck_assert_ptr_nonnull(strstr(mst_site_rpc(site, by_cik, "revoke", arguments), want));
}

/* A second vendor "other" with a portal below it. */
struct partner {
    char rid[41], cik[41], portal[41], by[64];
};

static void make_partner(struct partner *partner)
{
    static const char limits[] = "\"limits\":{\"client\":\"inherit\",\"dataport\":\"inherit\"}";
    const char *root = mst_site_root(site);
    char arguments[256];

    (void)snprintf(arguments, sizeof arguments, "[\"client\",{%s}]", limits);
    mst_site_rpc_rid(site, root, "create", arguments, partner->rid);
    mst_site_key(site, root, partner->rid, partner->cik);
    mst_site_rpc_rid(site, partner->cik, "create", arguments, partner->portal);
    (void)mst_by_cik(partner->cik, partner->by);
    manage(205, "POST", "/provision/register", partner->by, "vendor=other");
}

MST_TEST(a_model_is_made_by_a_code_of_another_vendor_s_template_and_devices_are_copies_of_it)
{
    struct partner partner;
    char code[41], shown[96];

    begin();
    make_partner(&partner);
    share(scene.vendor_cik, scene.template_rid, code);
    manage(400, "POST", MODELS, partner.by, "model=p1&rid=%s", scene.template_rid);
    manage(400, "POST", MODELS, partner.by, "model=p1&code=%s&rid=%s", code, scene.template_rid);
    manage(400, "POST", MODELS, partner.by, "model=p1&code=%.39s", code);
    manage(205, "POST", MODELS, partner.by, "model=p1&code=%s&options[]=noaliases", code);
    manage(409, "POST", MODELS, partner.by, "model=p1&code=%s", code);
    (void)snprintf(shown, sizeof shown, "code=%s&options[]=noaliases", code);
    ck_assert_shown("p1", partner.by, shown);
    manage(205, "POST", MODELS "p1/", partner.by, "sn[]=1&sn[]=2");
    manage(200, "POST", MODELS "p1/1", partner.by, "enable=true&owner=%s", partner.portal);
    manage(200, "POST", "/provision/activate", NULL, "vendor=other&model=p1&sn=1");
    /* used up: the owner of the template is another client than its activator */
    manage(400, "POST", MODELS, scene.by_token, "model=m7&code=%s", code);
    revoke(scene.vendor_cik, code, "\"ok\"");
    manage(409, "POST", MODELS "p1/2", partner.by, "enable=true&owner=%s", partner.portal);
    manage(204, "GET", MODELS "p1/2", partner.by, "%s", "");
    ck_assert_shown("p1", partner.by, "code=&options[]=noaliases");
    manage(400, "POST", MODELS, partner.by, "model=p2&code=%s", code);
    manage(205, "PUT", MODELS "p1", partner.by, "window=60");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_code_is_free_again_when_the_last_model_that_names_it_lets_go)
{
    struct partner partner;
    char code[41], second[41], shown[96];

    begin();
    make_partner(&partner);
    share(scene.vendor_cik, scene.template_rid, code);
    share(scene.vendor_cik, scene.template_rid, second);
    manage(205, "POST", MODELS, partner.by, "model=p1&code=%s", code);
    manage(205, "POST", MODELS, partner.by, "model=p2&code=%s", code);
    manage(400, "POST", MODELS, partner.by, "model=p3&code=%s", second); /* one of a resource */
    manage(205, "DELETE", MODELS "p1", partner.by, "%s", "");
    manage(400, "POST", MODELS, scene.by_token, "model=m7&code=%s", code);
    manage(205, "PUT", MODELS "p2", partner.by, "code=%s&options[]=nohistorical", code);
    (void)snprintf(shown, sizeof shown, "code=%s&options[]=nohistorical", code);
    ck_assert_shown("p2", partner.by, shown);
    manage(205, "PUT", MODELS "p2", partner.by, "code=%s", second);
    manage(205, "POST", MODELS, scene.by_token, "model=m7&code=%s", code);
    manage(205, "PUT", MODELS "m7", scene.by_token, "rid=%s", scene.template_rid);
    (void)snprintf(shown, sizeof shown, "rid=%s", scene.template_rid);
    ck_assert_shown("m7", scene.by_token, shown);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_template_that_its_code_named_is_gone_when_dropped_and_only_clients_are_templates)
{
    struct partner partner;
    char code[41], port[41], of_port[41], arguments[64];

    begin();
    make_partner(&partner);
    share(scene.vendor_cik, scene.template_rid, code);
    mst_site_rpc_rid(site, scene.vendor_cik, "create", "[\"dataport\",{\"format\":\"float\"}]",
                     port);
    share(scene.vendor_cik, port, of_port);
    manage(400, "POST", MODELS, partner.by, "model=p1&code=%s", of_port);
    manage(205, "POST", MODELS, partner.by, "model=p1&code=%s", code);
    manage(205, "POST", MODELS "p1/", partner.by, "sn=1");
    (void)snprintf(arguments, sizeof arguments, "[\"%s\"]", scene.template_rid);
    ck_assert_ptr_nonnull(
        strstr(mst_site_rpc(site, scene.vendor_cik, "drop", arguments), "\"ok\""));
    manage(409, "POST", MODELS "p1/1", partner.by, "enable=true&owner=%s", partner.portal);
    ck_assert_shown("p1", partner.by, "code=");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_window_of_a_model_s_own_is_set_and_obeyed)
{
    static const struct mst_script rows[] = {
        {"PUT",  MODELS "m1",    "$T", NULL, "window=-1",                 400, NULL           },
        {"PUT",  MODELS "m1",    "$T", NULL, "window=31536001",           400, NULL           },
        {"PUT",  MODELS "m1",    "$T", NULL, "window=x",                  400, NULL           },
        {"PUT",  MODELS "m1",    "$T", NULL, "window=60",                 205, NULL           },
        {"GET",  MODELS "m1",    "$T", NULL, NULL,                        200, "rid=$template"},
        {"POST", MODELS "m1/",   "$T", NULL, "sn=w1",                     205, NULL           },
        {"POST", MODELS "m1/w1", "$T", NULL, "enable=true&owner=$portal", 200, "#"            },
    };
    static const struct mst_script late[] = {
        {"POST", "/provision/activate", NULL, NULL, "vendor=acme&model=m1&sn=w1", 409, NULL},
        {"POST", MODELS "m1/w1",        "$T", NULL, "enable=true",                205, NULL},
        {"POST", "/provision/activate", NULL, NULL, "vendor=acme&model=m1&sn=w1", 200, "#" },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_pass(site, 60);
    PLAY(site, &cast, late);
    mst_site_stop(site);
}
MST_TEST_END

/* ---- 2.6.3 ---- */

MST_TEST(serial_numbers_are_added_all_or_none)
{
    static const struct mst_script rows[] = {
        {"POST", MODELS "m1/", "$T", NULL, "sn=e1",                   205, NULL      },
        {"POST", MODELS "m1/", "$T", NULL, "sn=e1",                   409, NULL      },
        {"POST", MODELS "m1/", "$T", NULL, "sn[]=e2&sn[]=e1&sn[]=e3", 409, NULL      },
        {"POST", MODELS "m1/", "$T", CSV,  "e2\ne2\n",                409, NULL      },
        {"POST", MODELS "m1/", "$T", NULL, "sn[]=e2&sn[]=a%2Cb",      400, NULL      },
        {"POST", MODELS "m1/", "$T", NULL, "sn=",                     400, NULL      },
        {"POST", MODELS "m1/", "$T", NULL, "",                        400, NULL      },
        {"GET",  MODELS "m1/", "$T", NULL, NULL,                      200, "e1,,\r\n"},
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

/* An addition of ours (decision 0027): nothing but what an unknown name would do happens without it. */
MST_TEST(each_row_is_judged_by_itself_for_those_who_ask)
{
    static const struct mst_script rows[] = {
        {"POST",   MODELS "m1/?each=true",        "$T", CSV,  "a,1\nb\n",               200, ""                      },
        {"POST",   MODELS "m1/?trial=true",       "$T", CSV,  "b\nc\n\na,2\nx/y\nc,1",  200,
         "1,listed,\r\n3,text,\r\n4,form,\r\n5,text,\r\n"                                                            },
        {"GET",    MODELS "m1/",                  "$T", NULL, NULL,                     200, "a,,1\r\nb,,\r\n"       },
        {"POST",   MODELS "m1/?each=true",        "$T", CSV,  "b\nc\n\na,2\nx/y\nc,1",  200,
         "1,listed,\r\n3,text,\r\n4,form,\r\n5,text,\r\n"                                                            },
        {"GET",    MODELS "m1/",                  "$T", NULL, NULL,                     200, "a,,1\r\nb,,\r\nc,,\r\n"},
        {"POST",   MODELS "",                     "$T", NULL, "model=m9&rid=$template", 205, NULL                    },
        {"POST",   MODELS "m9/?each=true",        "$T", NULL, "sn[]=a&sn[]=d",          200, "1,elsewhere,m1\r\n"    },
        {"GET",    MODELS "m9/",                  "$T", NULL, NULL,                     200, "d,,\r\n"               },
        {"POST",   MODELS "m1/?each=true",        "$T", CSV,  "",                       400, NULL                    },
        {"POST",   MODELS "m1/?each=true",        "$T", CSV,  "e\n\"f",                 400, NULL                    },
        {"POST",   MODELS "m1/?each=true",        "$T", NULL, "delete=true&sn=a",       400, NULL                    },
        {"DELETE", MODELS "m1/?trial=true",       "$T", CSV,  "a",                      400, NULL                    },
        {"POST",   MODELS "m1/?each=yes",         "$T", CSV,  "a",                      409, NULL                    },
        {"POST",   MODELS "m1/?each=true",        NULL, CSV,  "e",                      401, NULL                    },
        {"POST",   MODELS "nosuch/?trial=true",   "$T", CSV,  "e",                      404, NULL                    },
        {"GET",    MODELS "m1/?after=a",          "$T", NULL, NULL,                     200, "b,,\r\nc,,\r\n"        },
        {"GET",    MODELS "m1/?after=aa&limit=5", "$T", NULL, NULL,                     200, "b,,\r\nc,,\r\n"        },
        {"GET",    MODELS "m1/?after=a&offset=1", "$T", NULL, NULL,                     200, "c,,\r\n"               },
        {"GET",    MODELS "m1/?after=c",          "$T", NULL, NULL,                     200, ""                      },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(lists_are_sorted_and_paged_within_bounds)
{
    static const struct mst_script rows[] = {
        {"POST", MODELS "m1/",                    "$T", CSV,  "f3\nf1\nf2\nf5\nf4\nf7\nf6\nB\n", 205, NULL              },
        {"GET",  MODELS "m1/?offset=0&limit=6",   "$T", NULL, NULL,                              200,
         "B,,\r\nf1,,\r\nf2,,\r\nf3,,\r\nf4,,\r\nf5,,\r\n"                                                              },
        {"GET",  MODELS "m1/?offset=6&limit=6",   "$T", NULL, NULL,                              200, "f6,,\r\nf7,,\r\n"},
        {"GET",  MODELS "m1/?offset=6&limit=1",   "$T", NULL, NULL,                              200, "f6,,\r\nf7,,\r\n"},
        {"GET",  MODELS "m1/?limit=1",            "$T", NULL, NULL,                              200,
         "B,,\r\nf1,,\r\nf2,,\r\nf3,,\r\nf4,,\r\n"                                                                      },
        {"GET",  MODELS "m1/?offset=-4&limit=-1", "$T", NULL, NULL,                              200,
         "B,,\r\nf1,,\r\nf2,,\r\nf3,,\r\nf4,,\r\n"                                                                      },
        {"GET",  MODELS "m1/?offset=100",         "$T", NULL, NULL,                              200, ""                },
        {"GET",  MODELS "m1/?limit=x",            "$T", NULL, NULL,                              400, NULL              },
 /* a query sent as the body of a GET (2.1.1) */
        {"GET",  MODELS "m1/",                    "$T", NULL, "offset=6&limit=6",                200, "f6,,\r\nf7,,\r\n"},
        {"GET",  MODELS "m1/?show=ranges",        "$T", NULL, NULL,                              204, NULL              },
        {"GET",  MODELS "m1/?shared=other",       "$T", NULL, NULL,                              200, ""                },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

static size_t count_rows(const char *path)
{
    struct mst_span rows = mst_site_ask(site, "GET", path, scene.by_token, NULL).body;
    size_t n = 0;

    for (size_t i = 0; i < rows.len; i++)
        n += rows.ptr[i] == '\n';
    return n;
}

MST_TEST(ten_thousand_serial_numbers_fit_one_more_does_not)
{
    struct mst_buf body;

    begin();
    mst_buf_init(&body, MST_MIB(1));
    for (int i = 0; i < 10000; i++)
        (void)mst_buf_addf(&body, "%s%05d", i ? "\n" : "", i);
    (void)mst_buf_add_byte(&body, '\0');
    ck_assert_uint_eq(
        mst_site_ask_typed(site, "POST", MODELS "m1/", scene.by_token, CSV, body.ptr).status, 205);
    body.len--;
    (void)mst_buf_addf(&body, "\nlast%c", '\0');
    ck_assert_uint_eq(
        mst_site_ask_typed(site, "POST", MODELS "m1/", scene.by_token, CSV, body.ptr).status, 413);
    mst_buf_fini(&body);
    /* A7, 4: without limit as with the largest, 1,000 rows of the 10,000 */
    ck_assert_uint_eq(count_rows(MODELS "m1/"), 1000);
    ck_assert_uint_eq(count_rows(MODELS "m1/?limit=1001"), 1000);
    ck_assert_uint_eq(count_rows(MODELS "m1/?limit=999"), 999);
    ck_assert_uint_eq(count_rows(MODELS "m1/?offset=9001"), 999);
    ck_assert_uint_eq(count_rows(MODELS "m1/?offset=9998&limit=1000"), 2);
    ck_assert_uint_eq(count_rows(MODELS "m1/?offset=10000"), 0);
    mst_site_stop(site);
}
MST_TEST_END

/* ---- 2.6.5 ---- */

MST_TEST(one_serial_number_goes_its_way)
{
    static const struct mst_script rows[] = {
        {"GET",    MODELS "m1/g1",              "$T", NULL, NULL,                             404, NULL},
        {"POST",   MODELS "m1/",                "$T", NULL, "sn=g1&extra=line+4",             205, NULL},
        {"GET",    MODELS "m1/g1",              "$T", NULL, NULL,                             204, NULL},
        {"GET",    MODELS "m1/g1?show=groups",  "$T", NULL, NULL,                             204, NULL},
        {"GET",    MODELS "m1/g1?show=log",     "$T", NULL, NULL,                             204, NULL},
        {"GET",    MODELS "m1/nosuch?show=log", "$T", NULL, NULL,                             404, NULL},
        {"POST",   MODELS "m1/g1",              "$T", NULL, "enable=true&disable=true",       400, NULL},
        {"POST",   MODELS "m1/g1",              "$T", NULL, "enable=yes",                     400, NULL},
        {"POST",   MODELS "m1/g1",              "$T", NULL, "enable=true",                    409, NULL},
        {"POST",   MODELS "m1/g1",              "$T", NULL, "disable=true",                   409, NULL},
        {"POST",   MODELS "m1/g1",              "$T", NULL, "enable=true&owner=xyz",          400, NULL},
        {"POST",   MODELS "m1/g1",              "$T", NULL,
         "enable=true&owner=0000000000000000000000000000000000000000",                        403, NULL},
        {"POST",   MODELS "m1/g1",              "$T", NULL, "enable=true&owner=$vendor",      403, NULL},
        {"POST",   MODELS "m1/nosuch",          "$T", NULL, "enable=true&owner=$portal",      404, NULL},
        {"POST",   MODELS "m1/g1",              "$T", NULL, "enable=true&owner=$portal",      200, "#" },
        {"POST",   MODELS "m1/g1",              "$T", NULL, "enable=true&owner=$portal",      409, NULL},
        {"GET",    MODELS "m1/g1",              "$T", NULL, NULL,                             200, "*" },
        {"POST",   MODELS "m1/g1",              "$T", NULL, "disable=true",                   205, NULL},
        {"POST",   MODELS "m1/g1",              "$T", NULL, "disable=true",                   205, NULL},
        {"POST",   MODELS "m1/g1",              "$T", NULL, "enable=true",                    205, NULL},
        {"POST",   MODELS "m1/",                "$T", NULL, "sn[]=g2&sn[]=g3",                205, NULL},
        {"POST",   MODELS "m1/g2",              "$T", NULL, "enable=true&oldsn=nosuch",       404, NULL},
        {"POST",   MODELS "m1/nosuch",          "$T", NULL, "enable=true&oldsn=g1",           404, NULL},
        {"POST",   MODELS "m1/g2",              "$T", NULL, "enable=true&oldsn=g3",           409, NULL},
        {"POST",   MODELS "m1/g2",              "$T", NULL, "enable=true&oldsn=",             400, NULL},
        {"POST",   MODELS "m1/g1",              "$T", NULL, "enable=true&oldsn=g2",           409,
         NULL                                                                                          }, /* g1 has a client */
        {"POST",   MODELS "m1/g2",              "$T", NULL, "enable=true&oldsn=g1&owner=xyz", 205, NULL},
        {"GET",    MODELS "m1/g1",              "$T", NULL, NULL,                             204, NULL},
        {"DELETE", MODELS "m1/g2",              "$T", NULL, NULL,                             205, NULL},
        {"DELETE", MODELS "m1/g2",              "$T", NULL, NULL,                             404, NULL},
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(status_words_rid_and_log_are_shown)
{
    char rid[41], cik[41];
    struct mst_answer answer;
    static const struct mst_script active[] = {
        {"GET",  MODELS "m1/h1",           "$T", NULL, NULL,           200, "activated,$rid,\r\n"   },
        {"GET",  MODELS "m1/",             "$T", NULL, NULL,           200, "h1,$rid,\r\n"          },
        {"GET",  MODELS "m1/?status=true", "$T", NULL, NULL,           200, "h1,activated,$rid,\r\n"},
        {"POST", MODELS "m1/h1",           "$T", NULL, "enable=true",  205, NULL                    },
        {"GET",  MODELS "m1/h1",           "$T", NULL, NULL,           200, "notactivated,$rid,\r\n"},
        {"POST", MODELS "m1/h1",           "$T", NULL, "disable=true", 205, NULL                    },
        {"GET",  MODELS "m1/h1",           "$T", NULL, NULL,           200, "expired,$rid,\r\n"     },
    };

    begin();
    mst_scene_device(site, &scene, "h1", rid, cik);
    cast.rid = rid;
    PLAY(site, &cast, active);
    answer = mst_site_ask(site, "GET", MODELS "m1/h1?show=log", scene.by_token, NULL);
    ck_assert_uint_eq(answer.status, 200);
    ck_assert_span_str(mst_span_cut(answer.body, 10, answer.body.len),
                       ",127.0.0.1,model=m1&vendor=acme&sn=h1\r\n");
    mst_site_stop(site);
}
MST_TEST_END

/* A serial number whose client was dropped. */
static void make_orphan(const char *sn)
{
    char rid[41], cik[41], arguments[64];

    mst_scene_device(site, &scene, sn, rid, cik);
    (void)snprintf(arguments, sizeof arguments, "[\"%s\"]", rid);
    ck_assert_str_eq(mst_site_rpc(site, scene.portal_cik, "drop", arguments),
                     "[{\"id\":1,\"status\":\"ok\"}]");
}

MST_TEST(an_orphaned_serial_number_answers_409_until_it_is_deleted)
{
    static const struct mst_script rows[] = {
        {"GET",    MODELS "m1/i1",        "$T", NULL, NULL,                         409, NULL},
        {"POST",   MODELS "m1/i1",        "$T", NULL, "enable=true",                409, NULL},
        {"POST",   "/provision/activate", NULL, NULL, "vendor=acme&model=m1&sn=i1", 409, NULL},
        {"POST",   MODELS "m1/i1",        "$T", NULL, "disable=true",               409, NULL},
        {"POST",   MODELS "m1/",          "$T", NULL, "sn=i1",                      409, NULL},
        {"POST",   MODELS "m1/",          "$T", NULL, "sn=i2",                      205, NULL},
        {"POST",   MODELS "m1/i2",        "$T", NULL, "enable=true&oldsn=i1",       409, NULL},
        {"DELETE", MODELS "m1/i1",        "$T", NULL, NULL,                         205, NULL},
        {"GET",    MODELS "m1/i1",        "$T", NULL, NULL,                         404, NULL},
    };
    static const struct mst_script anew[] = {
        {"GET",  MODELS "m1/i3",        "$T", NULL, NULL,                         409, NULL},
        {"POST", MODELS "m1/i3",        "$T", NULL, "enable=true&owner=$portal",  200, "#" }, /* 20 */
        {"POST", "/provision/activate", NULL, NULL, "vendor=acme&model=m1&sn=i3", 200, "#" },
    };

    begin();
    make_orphan("i1");
    PLAY(site, &cast, rows);
    make_orphan("i3");
    PLAY(site, &cast, anew);
    mst_site_stop(site);
}
MST_TEST_END

/* The log is of the serial number, oldest first, and goes with it (1.8, A33). */
MST_TEST(the_log_survives_all_but_the_serial_number)
{
    static const struct mst_script again[] = {
        {"POST", MODELS "m1/j1",        "$T", NULL, "enable=true",                205, NULL},
        {"POST", "/provision/activate", NULL, NULL, "vendor=acme&model=m1&sn=j1", 200, "#" },
        {"POST", MODELS "m1/j1",        "$T", NULL, "disable=true",               205, NULL},
    };
    static const struct mst_script gone[] = {
        {"DELETE", MODELS "m1/j1",          "$T", NULL, NULL,    205, NULL},
        {"POST",   MODELS "m1/",            "$T", NULL, "sn=j1", 205, NULL},
        {"GET",    MODELS "m1/j1?show=log", "$T", NULL, NULL,    204, ""  },
    };
    struct mst_answer answer;
    char rid[41], cik[41];
    int64_t first, second;

    begin();
    mst_scene_device(site, &scene, "j1", rid, cik);
    mst_site_pass(site, 60);
    PLAY(site, &cast, again);
    answer = mst_site_ask(site, "GET", MODELS "m1/j1?show=log", scene.by_token, NULL);
    ck_assert_uint_eq(answer.status, 200);
    ck_assert_uint_eq(count_rows(MODELS "m1/j1?show=log"), 2);
    ck_assert_int_eq(mst_span_i64(mst_span_cut(answer.body, 0, 10), &first), MST_OK);
    ck_assert_int_eq(
        mst_span_i64(mst_span_cut(answer.body, answer.body.len / 2, answer.body.len / 2 + 10),
                     &second),
        MST_OK);
    ck_assert_int_ge(second, first + 60);
    PLAY(site, &cast, gone);
    mst_site_stop(site);
}
MST_TEST_END

/* 16, 22, A9: what is deleted is the record; the client and its key stay. */
MST_TEST(a_device_outlives_its_serial_number_and_its_model)
{
    static const struct mst_script rows[] = {
        {"DELETE", MODELS "m1/k1",                "$T", NULL, NULL,                                               205, NULL},
        {"POST",   "/provision/manage/group/m1/", "$T", NULL, "id=g",                                             205, NULL},
        {"POST",   MODELS "m1/",                  "$T", NULL, "[{\"format\":\"base10\",\"first\":1,\"last\":9}]", 205,
         NULL                                                                                                              },
        {"POST",   MODELS,                        "$T", NULL, "remove=true&model=m1",                             205, NULL},
        {"GET",    MODELS "m1/k2",                "$T", NULL, NULL,                                               404, NULL},
        {"POST",   MODELS,                        "$T", NULL, "model=m1&rid=$template",                           205, NULL},
        {"GET",    MODELS "m1/",                  "$T", NULL, NULL,                                               200, ""  },
        {"GET",    MODELS "m1/?show=ranges",      "$T", NULL, NULL,                                               204, ""  },
        {"GET",    MODELS "m1/5",                 "$T", NULL, NULL,                                               404, NULL},
        {"GET",    "/provision/manage/group/m1/", "$T", NULL, NULL,                                               204, ""  },
    };
    char rid[41], cik[41], other_rid[41], other_cik[41], header[64];

    begin();
    mst_scene_device(site, &scene, "k1", rid, cik);
    mst_scene_device(site, &scene, "k2", other_rid, other_cik);
    PLAY(site, &cast, rows);
    ck_assert_status(site, 204, "POST", "/onep:v1/stack/alias", mst_by_cik(cik, header), "temp=1");
    ck_assert_status(site, 204, "POST", "/onep:v1/stack/alias", mst_by_cik(other_cik, header),
                     "temp=1");
    mst_site_stop(site);
}
MST_TEST_END

/* 1.9, 2.6.5: a clone counts against its owner's limits; refused, nothing is created. */
MST_TEST(an_owner_without_room_gets_no_device_and_the_serial_number_stays_unused)
{
    static const struct mst_script rows[] = {
        {"POST", MODELS "m1/",   "$T", NULL, "sn=l1",                  205, NULL},
        {"POST", MODELS "m1/l1", "$T", NULL, "enable=true&owner=$rid", 409, NULL},
        {"GET",  MODELS "m1/l1", "$T", NULL, NULL,                     204, ""  },
    };
    char owner[41];

    begin();
    mst_site_rpc_rid(site, scene.vendor_cik, "create",
                     "[\"client\",{\"limits\":{\"client\":0,\"dataport\":\"inherit\"}}]", owner);
    cast.rid = owner;
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

/* ---- an addition of ours ---- */

MST_TEST(a_clock_reset_by_the_root_client_closes_pending_windows)
{
    static const struct mst_script before[] = {
        {"POST", MODELS "m1/",             "$T", NULL, "sn=k1",                     205, NULL},
        {"POST", MODELS "m1/k1",           "$T", NULL, "enable=true&owner=$portal", 200, "#" },
        {"POST", "/muster/v1/clock/reset", NULL, NULL, NULL,                        401, NULL},
        {"POST", "/muster/v1/clock/reset", "$V", NULL, NULL,                        403, NULL},
        {"GET",  "/muster/v1/clock/reset", "$V", NULL, NULL,                        405, NULL},
    };
    static const struct mst_script after[] = {
        {"POST", "/provision/activate", NULL, NULL, "vendor=acme&model=m1&sn=k1", 409, NULL},
        {"POST", MODELS "m1/k1",        "$T", NULL, "enable=true",                205, NULL},
        {"POST", "/provision/activate", NULL, NULL, "vendor=acme&model=m1&sn=k1", 200, "#" },
    };
    struct mst_answer answer;
    char by_root[64];

    begin();
    PLAY(site, &cast, before);
    answer = mst_site_ask(site, "POST", "/muster/v1/clock/reset",
                          mst_by_cik(mst_site_root(site), by_root), NULL);
    ck_assert_uint_eq(answer.status, 200);
    ck_assert_span_str(answer.body, "{\"closed\":1}");
    PLAY(site, &cast, after);
    mst_site_stop(site);
}
MST_TEST_END

MST_TESTS("conform/2.6", forms_are_read_as_clients_write_them,
          csv_is_read_and_written_with_fixed_columns, a_delete_body_of_any_type_is_read_as_2_3_says,
          checks_come_in_their_order, a_slash_makes_another_resource_except_after_collections,
          credentials_are_taken_from_either_header, models_are_created_shown_replaced_and_deleted,
          a_model_is_made_by_a_code_of_another_vendor_s_template_and_devices_are_copies_of_it,
          a_code_is_free_again_when_the_last_model_that_names_it_lets_go,
          a_template_that_its_code_named_is_gone_when_dropped_and_only_clients_are_templates,
          a_window_of_a_model_s_own_is_set_and_obeyed, serial_numbers_are_added_all_or_none,
          each_row_is_judged_by_itself_for_those_who_ask, lists_are_sorted_and_paged_within_bounds,
          ten_thousand_serial_numbers_fit_one_more_does_not, one_serial_number_goes_its_way,
          status_words_rid_and_log_are_shown,
          an_orphaned_serial_number_answers_409_until_it_is_deleted,
          the_log_survives_all_but_the_serial_number,
          a_device_outlives_its_serial_number_and_its_model,
          an_owner_without_room_gets_no_device_and_the_serial_number_stays_unused,
          a_clock_reset_by_the_root_client_closes_pending_windows)

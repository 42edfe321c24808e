/* protocol.md 2.8, and ?show=groups of 2.6.5: groups, rule by rule. */
#include <inttypes.h>
#include <stdio.h>

#include "sys/clock.h"
#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#define MODELS "/provision/manage/model/"
#define GROUPS "/provision/manage/group/m1/"
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

/* ---- 2.8.1 ---- */

MST_TEST(groups_are_created_listed_and_deleted)
{
    static const struct mst_script rows[] = {
        {"GET",  GROUPS,                        "$T",                   NULL, NULL,                     204, NULL                    },
        {"POST", GROUPS,                        "$T",                   NULL, "id=b&meta=the%20second", 205, NULL                    },
        {"POST", GROUPS,                        "$T",                   NULL, "id=a",                   205, NULL                    },
        {"GET",  GROUPS,                        "$T",                   NULL, NULL,                     200, "a,\r\nb,the second\r\n"},
        {"GET",  "/provision/manage/group/m1",  "$T",                   NULL, NULL,                     200, "a,\r\nb,the second\r\n"},
        {"POST", GROUPS,                        "$T",                   NULL, "id=a&meta=x",            409, NULL                    },
        {"POST", GROUPS,                        "$T",                   NULL, "meta=x",                 400, NULL                    },
        {"POST", GROUPS,                        "$T",                   NULL, "id=",                    400, NULL                    },
        {"POST", GROUPS,                        "$T",                   NULL, "id=x%0Ay",               400, NULL                    },
        {"POST", GROUPS,                        "$T",                   NULL, "id=a&delete=true",       205, NULL                    },
        {"POST", GROUPS,                        "$T",                   NULL, "id=a&delete=true",       404, NULL                    },
        {"POST", "/provision/manage/group/m1",  "$T",                   NULL, "id=b&remove=true",       205, NULL                    },
        {"GET",  GROUPS,                        "$T",                   NULL, NULL,                     204, NULL                    },
        {"GET",  "/provision/manage/group/m2/", "$T",                   NULL, NULL,                     404, NULL                    },
        {"POST", "/provision/manage/group/m2/", "$T",                   NULL, "id=a",                   404, NULL                    },
        {"GET",  GROUPS,                        NULL,                   NULL, NULL,                     401, NULL                    },
        {"GET",  GROUPS,                        "X-Exosite-CIK: $Pcik", NULL, NULL,                     412, NULL                    },
        {"PUT",  GROUPS,                        "$T",                   NULL, "id=a",                   405, NULL                    },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(ids_and_meta_are_free_text)
{
    static const struct mst_script rows[] = {
        {"POST",   GROUPS,              "$T", NULL, "id=a/b%2Cc%22&meta=line%0D%0A%C3%A9", 205, NULL                                    },
        {"GET",    GROUPS,              "$T", NULL, NULL,                                  200, "\"a/b,c\"\"\",\"line\r\n\xc3\xa9\"\r\n"},
        {"GET",    GROUPS "a%2Fb,c%22", "$T", NULL, NULL,                                  200, "\"line\r\n\xc3\xa9\",0\r\n"            },
        {"DELETE", GROUPS "a%2Fb,c%22", "$T", NULL, NULL,                                  205, NULL                                    },
        {"POST",   GROUPS,              "$T", NULL, "id=one+two",                          205, NULL                                    },
        {"GET",    GROUPS "one%20two",  "$T", NULL, NULL,                                  200, ",0\r\n"                                },
        {"POST",   GROUPS,              "$T", NULL, "id=p%2Bq",                            205, NULL                                    },
        {"POST",   GROUPS,              "$T", NULL, "id=p+q&delete=true",                  205, NULL                                    }, /* a raw '+' */
        {"POST",   GROUPS,              "$T", NULL, "id=x&meta=%FF",                       400, NULL                                    },
        {"POST",   GROUPS,              "$T", NULL, "id=%FF",                              400, NULL                                    },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

/* ---- 2.8.2 ---- */

MST_TEST(a_group_and_its_members_differ_by_a_slash)
{
    static const struct mst_script rows[] = {
        {"POST",   GROUPS,      "$T", NULL, "id=g&meta=m",           205, NULL     },
        {"GET",    GROUPS "g",  "$T", NULL, NULL,                    200, "m,0\r\n"},
        {"GET",    GROUPS "g/", "$T", NULL, NULL,                    204, NULL     },
        {"POST",   GROUPS "g/", "$T", NULL, "type=sn&id[]=1&id[]=2", 205, NULL     },
        {"GET",    GROUPS "g",  "$T", NULL, NULL,                    200, "m,2\r\n"},
        {"POST",   GROUPS "g",  "$T", NULL, "type=sn&id=1",          405, NULL     },
        {"GET",    GROUPS "h",  "$T", NULL, NULL,                    404, NULL     },
        {"GET",    GROUPS "h/", "$T", NULL, NULL,                    404, NULL     },
        {"POST",   GROUPS "h/", "$T", NULL, "type=sn&id=1",          404, NULL     },
        {"DELETE", GROUPS "h/", "$T", CSV,  "sn,1",                  404, NULL     },
        {"DELETE", GROUPS "h",  "$T", NULL, NULL,                    404, NULL     },
        {"DELETE", GROUPS "g",  "$T", NULL, NULL,                    205, NULL     },
        {"GET",    GROUPS "g",  "$T", NULL, NULL,                    404, NULL     },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(what_contains_a_serial_number_or_a_group_is_shown)
{
    static const struct mst_script rows[] = {
        {"POST", GROUPS,                              "$T", NULL, "id=g",            205, NULL        },
        {"POST", GROUPS,                              "$T", NULL, "id=h",            205, NULL        },
        {"POST", MODELS "m1/",                        "$T", NULL, "sn=s1",           205, NULL        },
        {"GET",  MODELS "m1/s1?show=groups",          "$T", NULL, NULL,              204, NULL        },
        {"GET",  MODELS "m1/nosuch?show=groups",      "$T", NULL, NULL,              404, NULL        },
        {"POST", GROUPS "g/",                         "$T", NULL, "type=sn&id=s1",   205, NULL        },
        {"POST", GROUPS "h/",                         "$T", NULL, "type=sn&id=s1",   205, NULL        },
        {"POST", GROUPS "h/",                         "$T", NULL, "type=group&id=g", 205, NULL        },
        {"GET",  MODELS "m1/s1?show=groups",          "$T", NULL, NULL,              200, "g\r\nh\r\n"},
        {"GET",  GROUPS "g?show=groups",              "$T", NULL, NULL,              200, "h\r\n"     },
        {"GET",  GROUPS "h?show=groups",              "$T", NULL, NULL,              204, NULL        },
        {"GET",  GROUPS "nosuch?show=groups",         "$T", NULL, NULL,              404, NULL        },
        {"GET",  MODELS "m1/s1?show=groups&offset=1", "$T", NULL, NULL,              200, "h\r\n"     },
        {"GET",  MODELS "m1/s1?show=groups&limit=x",  "$T", NULL, NULL,              400, NULL        },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

/* ---- 2.8.3 ---- */

MST_TEST(members_are_added_and_updated_by_form)
{
    static const struct mst_script rows[] = {
        {"POST", GROUPS,              "$T", NULL, "id=g",                                    205, NULL        },
        {"POST", GROUPS "g/",         "$T", NULL, "type=sn&id=1&expire=4000000000&meta=x+y", 205, NULL        },
        {"POST", GROUPS "g/",         "$T", NULL, "type=anything+else&id=1&expire=0",        205, NULL        },
        {"POST", GROUPS "g/",         "$T", NULL, "id[]=3&type=content&id[]=2&id[]=3",       205, NULL        },
        {"GET",  GROUPS "g/",         "$T", NULL, NULL,                                      200,
         "anything else,1,,\r\ncontent,2,,\r\ncontent,3,,\r\nsn,1,4000000000,x y\r\n"                         },
        {"GET",  GROUPS "g",          "$T", NULL, NULL,                                      200, ",4\r\n"    },
        {"POST", GROUPS "g/",         "$T", NULL, "type=sn&id=1&expire=",                    205, NULL        }, /* replaces */
        {"GET",  GROUPS "g/?type=sn", "$T", NULL, NULL,                                      200, "sn,1,,\r\n"},
        {"GET",  GROUPS "g",          "$T", NULL, NULL,                                      200, ",4\r\n"    },
        {"POST", GROUPS "g/",         "$T", NULL, "id=1",                                    400, NULL        },
        {"POST", GROUPS "g/",         "$T", NULL, "type=sn",                                 400, NULL        },
        {"POST", GROUPS "g/",         "$T", NULL, "type=sn&id[]=7&id[]=",                    400, NULL        },
        {"POST", GROUPS "g/",         "$T", NULL, "type=sn&id=7&expire=soon",                400, NULL        },
        {"POST", GROUPS "g/",         "$T", NULL, "type=sn&id=7&expire=-1",                  400, NULL        },
        {"POST", GROUPS "g/",         "$T", NULL, "type=sn&id[]=7&id[]=%01",                 400, NULL        }, /* all or none */
        {"GET",  GROUPS "g",          "$T", NULL, NULL,                                      200, ",4\r\n"    },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(members_are_added_and_removed_by_csv)
{
    static const struct mst_script rows[] = {
        {"POST",   GROUPS,      "$T", NULL, "id=g",                                           205, NULL                     },
        {"POST",   GROUPS "g/", "$T", CSV,  "sn,1,4000000000,\"a,b\"\r\nsn,2\n\ngroup,x,0\n", 205,
         NULL                                                                                                               },
        {"GET",    GROUPS "g/", "$T", NULL, NULL,                                             200,
         "group,x,,\r\nsn,1,4000000000,\"a,b\"\r\nsn,2,,\r\n"                                                               },
        {"POST",   GROUPS "g/", "$T", CSV,  "sn,3\nsn",                                       400, NULL                     },
        {"POST",   GROUPS "g/", "$T", CSV,  "sn,3,never",                                     400, NULL                     },
        {"POST",   GROUPS "g/", "$T", CSV,  "sn,\"3",                                         400, NULL                     },
        {"POST",   GROUPS "g/", "$T", CSV,  "",                                               400, NULL                     },
        {"DELETE", GROUPS "g/", "$T", CSV,  "",                                               400, NULL                     },
        {"DELETE", GROUPS "g/", "$T", CSV,  "sn,1\r\nsn,nosuch\r\ncontent,2\r\n",             205, NULL                     },
        {"GET",    GROUPS "g/", "$T", NULL, NULL,                                             200, "group,x,,\r\nsn,2,,\r\n"},
        {"GET",    GROUPS "g",  "$T", NULL, NULL,                                             200, ",2\r\n"                 },
        {"DELETE", GROUPS "g/", "$T", NULL, "type=group&id=x",                                205, NULL                     },
        {"POST",   GROUPS "g/", "$T", NULL, "type=sn&id[]=2&id[]=9&delete=true",              205, NULL                     },
        {"GET",    GROUPS "g/", "$T", NULL, NULL,                                             204, NULL                     },
        {"GET",    GROUPS "g",  "$T", NULL, NULL,                                             200, ",0\r\n"                 },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(members_are_found_by_type_and_by_name)
{
    static const struct mst_script rows[] = {
        {"POST", GROUPS,                      "$T", NULL, "id=g",                                  205, NULL                                },
        {"POST", GROUPS "g/",                 "$T", CSV,  "sn,1\nsn,2\ncontent,2\ncontent,3\nz,2", 205, NULL                                },
        {"GET",  GROUPS "g/?type=content",    "$T", NULL, NULL,                                    200, "content,2,,\r\ncontent,3,,\r\n"    },
        {"GET",  GROUPS "g/?type=sn&id=2",    "$T", NULL, NULL,                                    200, "sn,2,,\r\n"                        },
        {"GET",  GROUPS "g/?id=2",            "$T", NULL, NULL,                                    200, "content,2,,\r\nsn,2,,\r\nz,2,,\r\n"},
        {"GET",  GROUPS "g/?id=2&offset=1",   "$T", NULL, NULL,                                    200, "sn,2,,\r\nz,2,,\r\n"               },
        {"GET",  GROUPS "g/?id=9",            "$T", NULL, NULL,                                    204, NULL                                },
        {"POST", GROUPS "g/",                 "$T", NULL, "type=z&id=p%2Bq",                       205, NULL                                },
        {"GET",  GROUPS "g/?id=p+q",          "$T", NULL, NULL,                                    200, "z,p+q,,\r\n"                       }, /* a raw '+' */
        {"POST", GROUPS "g/",                 "$T", NULL, "type=z&id=p%2Bq&delete=true",           205, NULL                                },
        {"GET",  GROUPS "g/?type=sn&id=3",    "$T", NULL, NULL,                                    204, NULL                                },
        {"GET",  GROUPS "g/?type=nosuch",     "$T", NULL, NULL,                                    204, NULL                                },
        {"GET",  GROUPS "g/??type=z&&limit=", "$T", NULL, NULL,                                    200,
         "z,2,,\r\n"                                                                                                                        }, /* doubled as documented */
        {"GET",  GROUPS "g/?&&type=z&",       "$T", NULL, NULL,                                    200, "z,2,,\r\n"                         },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(listings_have_pages_of_5_to_1000)
{
    static const struct mst_script rows[] = {
        {"GET", GROUPS,                                     "$T", NULL, NULL, 200, "g0,\r\ng1,\r\ng2,\r\ng3,\r\ng4,\r\n"},
        {"GET", GROUPS "?limit=1",                          "$T", NULL, NULL, 200, "g0,\r\ng1,\r\ng2,\r\ng3,\r\ng4,\r\n"},
        {"GET", GROUPS "?limit=6",                          "$T", NULL, NULL, 200,
         "g0,\r\ng1,\r\ng2,\r\ng3,\r\ng4,\r\ng5,\r\n"                                                                   },
        {"GET", GROUPS "?offset=4",                         "$T", NULL, NULL, 200, "g4,\r\ng5,\r\ng6,\r\n"              },
        {"GET", GROUPS "?offset=-1&limit=99999",            "$T", NULL, NULL, 200,
         "g0,\r\ng1,\r\ng2,\r\ng3,\r\ng4,\r\ng5,\r\ng6,\r\n"                                                            },
        {"GET", GROUPS "?offset=7",                         "$T", NULL, NULL, 204, NULL                                 },
        {"GET", GROUPS "?offset=x",                         "$T", NULL, NULL, 400, NULL                                 },
        {"GET", GROUPS "g0/?limit=x",                       "$T", NULL, NULL, 400, NULL                                 },
        {"GET", GROUPS "g0/",                               "$T", NULL, NULL, 200,
         "sn,0,,\r\nsn,1,,\r\nsn,2,,\r\nsn,3,,\r\nsn,4,,\r\n"                                                           },
        {"GET", GROUPS "g0/?offset=5&type=sn",              "$T", NULL, NULL, 200,
         "sn,5,,\r\nsn,6,,\r\nsn,s,,\r\n"                                                                               },
        {"GET", MODELS "m1/s?show=groups",                  "$T", NULL, NULL, 200, "g0\r\ng1\r\ng2\r\ng3\r\ng4\r\n"     },
        {"GET", MODELS "m1/s?show=groups&offset=5&limit=5", "$T", NULL, NULL, 200, "g5\r\ng6\r\n"                       },
    };
    char path[64], body[64];

    begin();
    ck_assert_status(site, 205, "POST", MODELS "m1/", scene.by_token, "sn=s");
    for (int i = 0; i < 7; i++) {
        (void)snprintf(body, sizeof body, "id=g%d", i);
        ck_assert_status(site, 205, "POST", GROUPS, scene.by_token, body);
        (void)snprintf(path, sizeof path, GROUPS "g%d/", i);
        ck_assert_status(site, 205, "POST", path, scene.by_token, "type=sn&id=s");
        (void)snprintf(body, sizeof body, "type=sn&id=%d", i);
        ck_assert_status(site, 205, "POST", GROUPS "g0/", scene.by_token, body);
    }
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

/* ---- nesting, expiry, names that come again ---- */

MST_TEST(groups_do_not_contain_each_other)
{
    static const struct mst_script rows[] = {
        {"POST", GROUPS,          "$T", NULL, "id=a",                        205, NULL    },
        {"POST", GROUPS,          "$T", NULL, "id=b",                        205, NULL    },
        {"POST", GROUPS,          "$T", NULL, "id=c",                        205, NULL    },
        {"POST", GROUPS "a/",     "$T", NULL, "type=group&id=a",             409, NULL    },
        {"POST", GROUPS "a/",     "$T", NULL, "type=group&id=b",             205, NULL    },
        {"POST", GROUPS "b/",     "$T", NULL, "type=group&id=c",             205, NULL    },
        {"POST", GROUPS "c/",     "$T", NULL, "type=group&id=a",             409, NULL    },
        {"POST", GROUPS "c/",     "$T", CSV,  "sn,1\ngroup,b\n",             409, NULL    }, /* all or none */
        {"GET",  GROUPS "c",      "$T", NULL, NULL,                          200, ",0\r\n"},
        {"POST", GROUPS "a/",     "$T", NULL, "type=group&id=c",             205, NULL    }, /* twice below a */
        {"POST", GROUPS "c/",     "$T", NULL, "type=group&id=later",         205, NULL    },
        {"POST", GROUPS,          "$T", NULL, "id=later",                    205, NULL    },
        {"POST", GROUPS "later/", "$T", NULL, "type=group&id=a",             409, NULL    },
        {"POST", GROUPS "a/",     "$T", NULL, "type=group&id=b&delete=true", 205, NULL    },
        {"POST", GROUPS "b/",     "$T", NULL, "type=group&id=a",             205, NULL    },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(groups_are_nested_sixteen_levels_deep_and_no_deeper)
{
    char path[64], body[64];

    begin();
    for (int i = 0; i <= MST_GROUP_DEPTH_MAX; i++) {
        (void)snprintf(body, sizeof body, "id=g%d", i);
        ck_assert_status(site, 205, "POST", GROUPS, scene.by_token, body);
        (void)snprintf(path, sizeof path, GROUPS "g%d/", i);
        (void)snprintf(body, sizeof body, "type=group&id=g%d", i + 1);
        ck_assert_status(site, i < MST_GROUP_DEPTH_MAX ? 205 : 409, "POST", path, scene.by_token,
                         body);
    }
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_membership_ends_at_its_expiry_and_can_be_prolonged)
{
    char body[64];

    begin();
    ck_assert_status(site, 205, "POST", MODELS "m1/", scene.by_token, "sn=s1");
    ck_assert_status(site, 205, "POST", GROUPS, scene.by_token, "id=g");
    (void)snprintf(body, sizeof body, "type=sn&id=s1&expire=%" PRId64, mst_clock_wall_s() + 3600);
    ck_assert_status(site, 205, "POST", GROUPS "g/", scene.by_token, body);
    ck_assert_status(site, 200, "GET", MODELS "m1/s1?show=groups", scene.by_token, NULL);
    mst_site_pass(site, 3600);
    ck_assert_status(site, 204, "GET", MODELS "m1/s1?show=groups", scene.by_token, NULL);
    ck_assert_status(site, 200, "GET", GROUPS "g/?id=s1", scene.by_token, NULL);
    ck_assert_status(site, 205, "POST", GROUPS "g/", scene.by_token, "type=sn&id=s1");
    ck_assert_status(site, 200, "GET", MODELS "m1/s1?show=groups", scene.by_token, NULL);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(what_is_deleted_leaves_its_groups_and_its_name_inherits_nothing)
{
    static const struct mst_script rows[] = {
        {"POST",   GROUPS,                     "$T", NULL, "id=g",                                     205, NULL                         },
        {"POST",   GROUPS,                     "$T", NULL, "id=h",                                     205, NULL                         },
        {"POST",   MODELS "m1/",               "$T", NULL, "sn[]=s1&sn[]=s2&sn[]=s3",                  205, NULL                         },
        {"POST",   GROUPS "g/",                "$T", CSV,  "sn,s1\nsn,s2\nsn,s3\ngroup,h\ncontent,s1", 205, NULL                         },
        {"POST",   GROUPS "h/",                "$T", NULL, "type=sn&id=s1",                            205, NULL                         },
        {"DELETE", MODELS "m1/s1",             "$T", NULL, NULL,                                       205, NULL                         },
        {"POST",   MODELS "m1/",               "$T", NULL, "sn=s2&delete=true",                        205, NULL                         },
        {"DELETE", GROUPS "h",                 "$T", NULL, NULL,                                       205, NULL                         },
        {"GET",    GROUPS "g/",                "$T", NULL, NULL,                                       200, "content,s1,,\r\nsn,s3,,\r\n"},
        {"GET",    GROUPS "g",                 "$T", NULL, NULL,                                       200, ",2\r\n"                     },
        {"POST",   MODELS "m1/",               "$T", NULL, "sn=s1",                                    205, NULL                         },
        {"POST",   GROUPS,                     "$T", NULL, "id=h",                                     205, NULL                         },
        {"GET",    MODELS "m1/s1?show=groups", "$T", NULL, NULL,                                       204, NULL                         },
        {"GET",    GROUPS "h?show=groups",     "$T", NULL, NULL,                                       204, NULL                         },
        {"GET",    GROUPS "h",                 "$T", NULL, NULL,                                       200, ",0\r\n"                     },
 /* a serial number's memberships belong to it, not to the client that is moved away */
        {"POST",   MODELS "m1/s3",             "$T", NULL, "enable=true&owner=$portal",                200, "#"                          },
        {"POST",   MODELS "m1/s1",             "$T", NULL, "enable=true&oldsn=s3",                     205, NULL                         },
        {"GET",    MODELS "m1/s3?show=groups", "$T", NULL, NULL,                                       200, "g\r\n"                      },
        {"GET",    MODELS "m1/s1?show=groups", "$T", NULL, NULL,                                       204, NULL                         },
        {"DELETE", MODELS "m1",                "$T", NULL, NULL,                                       205, NULL                         },
        {"POST",   MODELS,                     "$T", NULL, "model=m1&rid=$template",                   205, NULL                         },
        {"GET",    GROUPS,                     "$T", NULL, NULL,                                       204, NULL                         },
        {"POST",   GROUPS,                     "$T", NULL, "id=g",                                     205, NULL                         },
        {"GET",    GROUPS "g/",                "$T", NULL, NULL,                                       204, NULL                         },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

/* ---- 4 ---- */

static char *text_of(size_t n, const char *before)
{
    static char text[2048];
    int len = snprintf(text, sizeof text, "%s", before);

    memset(&text[len], 'x', n);
    text[(size_t)len + n] = '\0';
    return text;
}

MST_TEST(texts_have_their_limits)
{
    begin();
    ck_assert_status(site, 205, "POST", GROUPS, scene.by_token, text_of(255, "id="));
    ck_assert_status(site, 400, "POST", GROUPS, scene.by_token, text_of(256, "id="));
    ck_assert_status(site, 205, "POST", GROUPS, scene.by_token, text_of(1024, "id=g&meta="));
    ck_assert_status(site, 400, "POST", GROUPS, scene.by_token, text_of(1025, "id=h&meta="));
    ck_assert_status(site, 205, "POST", GROUPS "g/", scene.by_token, text_of(255, "type=sn&id="));
    ck_assert_status(site, 400, "POST", GROUPS "g/", scene.by_token, text_of(256, "type=sn&id="));
    ck_assert_status(site, 205, "POST", GROUPS "g/", scene.by_token, text_of(255, "id=1&type="));
    ck_assert_status(site, 400, "POST", GROUPS "g/", scene.by_token, text_of(256, "id=1&type="));
    ck_assert_status(site, 205, "POST", GROUPS "g/", scene.by_token,
                     text_of(1024, "type=sn&id=1&meta="));
    ck_assert_status(site, 400, "POST", GROUPS "g/", scene.by_token,
                     text_of(1025, "type=sn&id=1&meta="));
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(ten_thousand_members_fit_one_request_and_one_more_does_not)
{
    struct mst_buf body;

    begin();
    ck_assert_status(site, 205, "POST", GROUPS, scene.by_token, "id=g");
    mst_buf_init(&body, MST_SERIALS_BODY_MAX);
    for (int i = 0; i < MST_GROUP_MEMBERS_MAX; i++)
        ck_assert_int_eq(mst_buf_addf(&body, "sn,%05d\n", i), MST_OK);
    ck_assert_uint_eq(
        mst_site_ask_typed(site, "POST", GROUPS "g/", scene.by_token, CSV, body.ptr).status, 205);
    ck_assert_int_eq(mst_buf_add_str(&body, "sn,x\n"), MST_OK);
    ck_assert_uint_eq(
        mst_site_ask_typed(site, "POST", GROUPS "g/", scene.by_token, CSV, body.ptr).status, 413);
    ck_assert_span_str(mst_site_ask(site, "GET", GROUPS "g", scene.by_token, NULL).body,
                       ",10000\r\n");
    mst_buf_fini(&body);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_model_has_a_thousand_groups_and_a_thing_is_in_a_hundred)
{
    char path[64], body[64];

    begin();
    for (int i = 0; i <= MST_GROUPS_MAX; i++) {
        (void)snprintf(body, sizeof body, "id=g%d", i);
        ck_assert_status(site, i < MST_GROUPS_MAX ? 205 : 409, "POST", GROUPS, scene.by_token,
                         body);
    }
    for (int i = 0; i <= MST_GROUPS_OF_MAX; i++) {
        (void)snprintf(path, sizeof path, GROUPS "g%d/", i);
        ck_assert_status(site, i < MST_GROUPS_OF_MAX ? 205 : 409, "POST", path, scene.by_token,
                         "type=sn&id=s");
    }
    ck_assert_status(site, 205, "POST", GROUPS "g7/", scene.by_token, "type=sn&id=s&meta=again");
    mst_site_stop(site);
}
MST_TEST_END

MST_TESTS("conform/2.8", groups_are_created_listed_and_deleted, ids_and_meta_are_free_text,
          a_group_and_its_members_differ_by_a_slash,
          what_contains_a_serial_number_or_a_group_is_shown, members_are_added_and_updated_by_form,
          members_are_added_and_removed_by_csv, members_are_found_by_type_and_by_name,
          listings_have_pages_of_5_to_1000, groups_do_not_contain_each_other,
          groups_are_nested_sixteen_levels_deep_and_no_deeper,
          a_membership_ends_at_its_expiry_and_can_be_prolonged,
          what_is_deleted_leaves_its_groups_and_its_name_inherits_nothing, texts_have_their_limits,
          ten_thousand_members_fit_one_request_and_one_more_does_not,
          a_model_has_a_thousand_groups_and_a_thing_is_in_a_hundred)

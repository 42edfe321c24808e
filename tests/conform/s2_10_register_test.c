/* protocol.md 2.10: vendor names, rule by rule. */
#include <string.h>

#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#define MODELS   "/provision/manage/model/"
#define REGISTER "/provision/register"

static struct mst_site *site;
static struct mst_scene scene;
static struct mst_cast cast;

/* And a domain without a name, whose key is $cik. */
static void begin(void)
{
    static char rid[41], cik[41];

    site = mst_site_start(NULL);
    mst_scene_make(site, &scene);
    mst_site_rpc_rid(site, mst_site_root(site), "create",
                     "[{\"alias\":\"\"},\"client\",{\"limits\":{\"client\":\"inherit\"}}]", rid);
    mst_site_key(site, mst_site_root(site), rid, cik);
    cast = (struct mst_cast){.scene = &scene, .rid = rid, .cik = cik};
}

#define NAMELESS "X-Exosite-CIK: $cik"

MST_TEST(a_name_is_shown_as_bare_text)
{
    struct mst_answer answer;

    begin();
    answer = mst_site_ask(site, "GET", REGISTER, scene.by_vendor, NULL);
    ck_assert_uint_eq(answer.status, 200);
    ck_assert_span_str(answer.body, "acme");
    ck_assert_ptr_nonnull(memmem(answer.head.ptr, answer.head.len,
                                 "\r\nContent-Type: text/plain; charset=utf-8\r\n", 43));
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(keys_are_taken_from_either_header_for_showing_and_for_giving_up)
{
    static const struct mst_script rows[] = {
        {"GET",  REGISTER,     "$T",                     NULL, NULL,                      200, "acme"},
        {"GET",  REGISTER,     "X-Exosite-Token: $Vcik", NULL, NULL,                      200, "acme"},
        {"GET",  REGISTER "/", "X-Exosite-CIK: $token",  NULL, NULL,                      200, "acme"},
        {"GET",  REGISTER,     NULL,                     NULL, NULL,                      401, NULL  },
        {"POST", REGISTER,     NULL,                     NULL, "vendor=x",                401, NULL  },
        {"POST", REGISTER,     "X-Exosite-Token: $Vcik", NULL, "vendor=acme&delete=true", 205, NULL  },
        {"GET",  REGISTER,     "$V",                     NULL, NULL,                      404, NULL  },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_domain_takes_one_name_and_keeps_it)
{
    static const struct mst_script rows[] = {
        {"GET",  REGISTER,     NAMELESS,               NULL,         NULL,                       404, NULL   },
        {"GET",  MODELS,       NAMELESS,               NULL,         NULL,                       412, NULL   }, /* A15 */
        {"POST", REGISTER,     NAMELESS,               NULL,         "vendor=acme",              409, NULL   }, /* another's */
        {"POST", REGISTER,     NAMELESS,               NULL,         "vendor=other",             205, NULL   },
        {"POST", REGISTER,     NAMELESS,               NULL,         "vendor=other",             205, NULL   }, /* A24 */
        {"POST", REGISTER "/", NAMELESS,               NULL,         "vendor=third",             409, NULL   }, /* has one */
        {"GET",  REGISTER,     NAMELESS,               NULL,         NULL,                       200, "other"},
        {"GET",  MODELS,       NAMELESS,               NULL,         NULL,                       200, ""     },
        {"POST", REGISTER,     NAMELESS,               "text/plain", "delete=true&vendor=other", 205,
         NULL                                                                                                }, /* any type */
        {"POST", REGISTER,     NAMELESS,               NULL,         "vendor=Acme",              205, NULL   }, /* case counts */
        {"PUT",  REGISTER,     NAMELESS,               NULL,         "vendor=Acme",              405, NULL   },
        {"POST", REGISTER,     "X-Exosite-CIK: $Pcik", NULL,         "vendor=portal",            403,
         NULL                                                                                                }, /* no domain */
        {"GET",  REGISTER,     "X-Exosite-CIK: $Pcik", NULL,         NULL,                       404, NULL   },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(names_have_their_form)
{
    static const struct mst_script rows[] = {
        {"POST", REGISTER, NAMELESS, NULL, NULL,                                     400, NULL},
        {"POST", REGISTER, NAMELESS, NULL, "name=x",                                 400, NULL},
        {"POST", REGISTER, NAMELESS, NULL, "vendor=",                                400, NULL},
        {"POST", REGISTER, NAMELESS, NULL, "vendor=a+b",                             400, NULL},
        {"POST", REGISTER, NAMELESS, NULL, "vendor=a%2Fb",                           400, NULL},
        {"POST", REGISTER, NAMELESS, NULL, "vendor=%C3%A9",                          400, NULL},
        {"POST", REGISTER, NAMELESS, NULL,
         "vendor=a23456789012345678901234567890123456789012345678901234567890abcde", 400, NULL},
        {"POST", REGISTER, NAMELESS, NULL,
         "vendor=a23456789012345678901234567890123456789012345678901234567890abcd",  205, NULL},
        {"GET",  REGISTER, NAMELESS, NULL, NULL,                                     200,
         "a23456789012345678901234567890123456789012345678901234567890abcd"                   },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_name_that_is_given_up_takes_with_it_what_stood_under_it)
{
    static const struct mst_script before[] = {
        {"POST", REGISTER,                      "$V",     NULL, "delete=true&vendor=other", 404, NULL}, /* not its own */
        {"POST", REGISTER,                      NAMELESS, NULL, "delete=true&vendor=acme",  404, NULL},
        {"POST", "/provision/manage/group/m1/", "$T",     NULL, "id=g",                     205, NULL},
        {"POST", MODELS "m1/",                  "$T",     NULL, "sn=s1",                    205, NULL},
        {"POST", REGISTER,                      "$V",     NULL, "delete=yes&vendor=acme",   205, NULL}, /* only true deletes */
        {"GET",  MODELS "m1/s1",                "$T",     NULL, NULL,                       204, NULL},
        {"POST", REGISTER,                      "$V",     NULL, "remove=true&vendor=acme",  205, NULL},
    };
    static const struct mst_script after[] = {
        {"GET",  REGISTER,                    "$V",     NULL, NULL,                         404, NULL},
        {"POST", REGISTER,                    "$V",     NULL, "delete=true&vendor=acme",    404, NULL},
        {"GET",  MODELS,                      "$V",     NULL, NULL,                         412, NULL},
        {"GET",  MODELS,                      "$T",     NULL, NULL,                         401, NULL}, /* tokens went too */
        {"GET",  "/onep:v1/stack/alias?temp", NAMELESS, NULL, NULL,                         204, NULL}, /* clients stay */
        {"POST", "/provision/activate",       NULL,     NULL, "vendor=acme&model=m1&sn=s1", 403, NULL},
        {"POST", REGISTER,                    NAMELESS, NULL, "vendor=acme",                205, NULL}, /* it is free */
        {"GET",  MODELS,                      NAMELESS, NULL, NULL,                         200, ""  },
        {"POST", MODELS,                      NAMELESS, NULL, "model=m1&rid=$template",     400, NULL}, /* not below it */
    };

    begin();
    PLAY(site, &cast, before);
    PLAY(site, &cast, after);
    mst_site_stop(site);
}
MST_TEST_END

MST_TESTS("conform/2.10", a_name_is_shown_as_bare_text,
          keys_are_taken_from_either_header_for_showing_and_for_giving_up,
          a_domain_takes_one_name_and_keeps_it, names_have_their_form,
          a_name_that_is_given_up_takes_with_it_what_stood_under_it)

/* protocol.md 2.11: vendor tokens, rule by rule. */
#include <string.h>

#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#define MODELS "/provision/manage/model/"
#define AUTH   "/provision/admin/auth/"

static struct mst_site *site;
static struct mst_scene scene;
static struct mst_cast cast;

/* The scene has the token t1. */
static void begin(void)
{
    site = mst_site_start(NULL);
    mst_scene_make(site, &scene);
    cast = (struct mst_cast){.scene = &scene};
}

MST_TEST(tokens_are_made_listed_shown_and_deleted)
{
    static const struct mst_script rows[] = {
        {"GET",    AUTH,                    "$V", NULL, NULL,                200, "t1\r\n"            },
        {"POST",   AUTH,                    "$V", NULL, "id=t2",             200, "#"                 },
        {"POST",   AUTH,                    "$V", NULL, "id=t1",             409, NULL                },
        {"GET",    "/provision/admin/auth", "$V", NULL, NULL,                200,
         "t1\r\nt2\r\n"                                                                               }, /* both spellings */
        {"POST",   "/provision/admin/auth", "$V", NULL, "id=t0",             200, "#"                 },
        {"GET",    AUTH,                    "$V", NULL, NULL,                200, "t0\r\nt1\r\nt2\r\n"},
        {"GET",    AUTH "t1",               "$V", NULL, NULL,                200, "$token"            },
        {"GET",    AUTH "t1/",              "$V", NULL, NULL,                404, NULL                }, /* no collection */
        {"GET",    AUTH "t9",               "$V", NULL, NULL,                404, NULL                },
        {"DELETE", AUTH "t9",               "$V", NULL, NULL,                404, NULL                },
        {"POST",   AUTH,                    "$V", NULL, "delete=true&id=t9", 404, NULL                },
        {"POST",   AUTH,                    "$V", NULL, "delete=true&id=t2", 205, NULL                },
        {"POST",   AUTH,                    "$V", NULL, "remove=true&id=t0", 205, NULL                },
        {"DELETE", AUTH "t2",               "$V", NULL, NULL,                404, NULL                },
        {"DELETE", AUTH "t1",               "$V", NULL, "confirm=true",      205, NULL                }, /* a body is ignored */
        {"GET",    AUTH,                    "$V", NULL, NULL,                200, ""                  }, /* A6 */
        {"PUT",    AUTH "t1",               "$V", NULL, NULL,                405, NULL                },
        {"POST",   AUTH "t1",               "$V", NULL, NULL,                405, NULL                },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(only_the_cik_manages_tokens)
{
    static const struct mst_script rows[] = {
        {"GET",    AUTH,      "$T",                     NULL, NULL,    401, NULL    }, /* A26 */
        {"GET",    AUTH "t1", "$T",                     NULL, NULL,    401, NULL    },
        {"POST",   AUTH,      "$T",                     NULL, "id=t2", 401, NULL    },
        {"DELETE", AUTH "t1", "$T",                     NULL, NULL,    401, NULL    },
        {"GET",    AUTH,      "X-Exosite-CIK: $token",  NULL, NULL,    401, NULL    },
        {"GET",    AUTH,      NULL,                     NULL, NULL,    401, NULL    },
        {"GET",    AUTH,      "X-Exosite-CIK: $Pcik",   NULL, NULL,    412, NULL    }, /* A15 */
        {"POST",   AUTH,      "X-Exosite-CIK: $Pcik",   NULL, "id=t2", 412, NULL    },
        {"GET",    AUTH,      "X-Exosite-Token: $Vcik", NULL, NULL,    200, "t1\r\n"}, /* 2.2: either header */
        {"GET",    AUTH,      "$V\r\n$T",               NULL, NULL,    200, "t1\r\n"}, /* the CIK is looked at first */
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_token_is_bare_text_that_works_until_it_is_deleted)
{
    char by_token[64], path[] = AUTH "line%207";
    struct mst_answer answer;

    begin();
    answer = mst_site_ask(site, "POST", AUTH, scene.by_vendor, "id=line+7");
    ck_assert_uint_eq(answer.status, 200);
    ck_assert_uint_eq(answer.body.len, 40);
    ck_assert_ptr_nonnull(memmem(answer.head.ptr, answer.head.len,
                                 "\r\nContent-Type: text/plain; charset=utf-8\r\n", 43));
    (void)snprintf(by_token, sizeof by_token, "X-Exosite-Token: %.40s", answer.body.ptr);
    ck_assert_status(site, 200, "GET", MODELS, by_token, NULL);
    answer = mst_site_ask(site, "GET", path, scene.by_vendor, NULL);
    ck_assert_uint_eq(answer.status, 200);
    ck_assert_mem_eq(answer.body.ptr, &by_token[strlen("X-Exosite-Token: ")], 40);
    ck_assert_status(site, 205, "DELETE", path, scene.by_vendor, NULL);
    ck_assert_status(site, 401, "GET", MODELS, by_token, NULL);
    /* One of the same name is another token. */
    answer = mst_site_ask(site, "POST", AUTH, scene.by_vendor, "id=line+7");
    ck_assert_uint_eq(answer.status, 200);
    ck_assert(memcmp(answer.body.ptr, &by_token[strlen("X-Exosite-Token: ")], 40) != 0);
    ck_assert_status(site, 401, "GET", MODELS, by_token, NULL);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(ids_are_free_text)
{
    static const struct mst_script rows[] = {
        {"POST",   AUTH,                   "$V", NULL, "",                   400, NULL                            },
        {"POST",   AUTH,                   "$V", NULL, "id=",                400, NULL                            },
        {"POST",   AUTH,                   "$V", NULL, "id=a%0Ab",           400, NULL                            },
        {"POST",   AUTH,                   "$V", NULL, "id=%FF",             400, NULL                            },
        {"POST",   AUTH,                   "$V", NULL, "id=a%2Fb,%22%C3%A9", 200, "#"                             },
        {"GET",    AUTH,                   "$V", NULL, NULL,                 200, "\"a/b,\"\"\xc3\xa9\"\r\nt1\r\n"},
        {"GET",    AUTH "a%2Fb,%22%C3%A9", "$V", NULL, NULL,                 200, "#"                             },
        {"DELETE", AUTH "a%2Fb,%22%C3%A9", "$V", NULL, NULL,                 205, NULL                            },
        {"POST",   AUTH,                   "$V", NULL, "id=a%2Bb",           200, "#"                             },
        {"POST",   AUTH,                   "$V", NULL, "id=a+b&delete=true", 205, NULL                            }, /* 2.3: sent unescaped */
        {"POST",   AUTH,                   "$V", NULL, "id=a+b&delete=true", 404, NULL                            },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TESTS("conform/2.11", tokens_are_made_listed_shown_and_deleted, only_the_cik_manages_tokens,
          a_token_is_bare_text_that_works_until_it_is_deleted, ids_are_free_text)

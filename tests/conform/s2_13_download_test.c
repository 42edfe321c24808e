/* protocol.md 2.13: /provision/download, rule by rule. */
#include <stdio.h>
#include <string.h>

#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#define CONTENT  "/provision/manage/content/m1/"
#define GROUPS   "/provision/manage/group/m1/"
#define DOWNLOAD "/provision/download"
#define OWN      DOWNLOAD "?vendor=acme&model=m1"
#define BIN      "application/octet-stream"
#define CIK      "X-Exosite-CIK: $cik"

static struct mst_site *site;
static struct mst_scene scene;
static struct mst_cast cast;
static char rid[41], cik[41];

static void begin(void)
{
    site = mst_scene_start(NULL, "0001", &scene, rid, cik);
    cast = (struct mst_cast){.scene = &scene, .rid = rid, .cik = cik};
}

static void add(const char *id, const char *more, const char *bytes)
{
    char form[128], path[128];

    (void)snprintf(form, sizeof form, "id=%s%s", id, more);
    ck_assert_status(site, 205, "POST", CONTENT, scene.by_token, form);
    (void)snprintf(path, sizeof path, CONTENT "%s", id);
    if (bytes)
        ck_assert_uint_eq(
            mst_site_ask_typed(site, "POST", path, scene.by_token, "a/b", bytes).status, 205);
}

MST_TEST(a_device_lists_looks_at_and_downloads_what_it_may)
{
    static const struct mst_script rows[] = {
        {"GET",  OWN,                                    CIK,                        NULL, NULL,                         200, "fw\r\nnone-yet\r\n"},
        {"GET",  DOWNLOAD,                               CIK,                        NULL, NULL,                         200, "fw\r\nnone-yet\r\n"}, /* its own pair */
        {"GET",  DOWNLOAD "?model=m1&&vendor=acme&x",    CIK,                        NULL, NULL,                         200, "fw\r\nnone-yet\r\n"},
        {"GET",  OWN "&info=true",                       CIK,                        NULL, NULL,                         200, "fw\r\nnone-yet\r\n"}, /* info of nothing */
        {"GET",  DOWNLOAD,                               CIK,                        NULL, "vendor=acme&model=m1&id=fw", 200, "0123456789"        },
        {"GET",  OWN "&id=fw",                           CIK,                        NULL, NULL,                         200, "0123456789"        },
        {"GET",  DOWNLOAD "?id=fw",                      CIK,                        NULL, NULL,                         200, "0123456789"        },
        {"GET",  DOWNLOAD "?id=fw&model=m1&vendor=acme", CIK,                        NULL, "ignored",                    200, "0123456789"        },
        {"GET",  OWN "&id=fw",                           CIK "\r\nRange: bytes=2-4", NULL, NULL,                         206, "234"               },
        {"GET",  OWN "&id=fw",                           CIK "\r\nRange: bytes=-4",  NULL, NULL,                         206, "6789"              },
        {"GET",  OWN "&id=fw",                           CIK "\r\nRange: bytes=10-", NULL, NULL,                         416, NULL                },
        {"GET",  OWN "&id=fw&info=false",                CIK,                        NULL, NULL,                         200, "0123456789"        },
        {"GET",  OWN "&id=nosuch",                       CIK,                        NULL, NULL,                         404, NULL                },
        {"GET",  OWN "&id=nosuch&info=true",             CIK,                        NULL, NULL,                         404, NULL                },
        {"GET",  OWN "&id=none-yet",                     CIK,                        NULL, NULL,                         404, NULL                },
        {"GET",  OWN "&id=none-yet&info=true",           CIK,                        NULL, NULL,                         404, NULL                },
        {"GET",  OWN "&id=shut",                         CIK,                        NULL, NULL,                         404, NULL                },
        {"GET",  OWN "&id=shut&info=true",               CIK,                        NULL, NULL,                         404, NULL                },
        {"POST", OWN "&id=fw",                           CIK,                        NULL, NULL,                         405, NULL                },
    };
    struct mst_answer answer;
    char by_cik[64];

    begin();
    add("fw", "&meta=m", "0123456789");
    add("none-yet", "", NULL);
    add("shut", "&protected=true", "secret");
    PLAY(site, &cast, rows);
    answer = mst_site_ask(site, "GET", OWN "&id=fw&info=true", mst_by_cik(cik, by_cik), NULL);
    ck_assert_uint_eq(answer.status, 200);
    ck_assert(mst_span_starts(answer.body, MST_LIT("a/b,10,")));
    ck_assert_span_str(mst_span_cut(answer.body, answer.body.len - 4, answer.body.len), ",m\r\n");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(nothing_to_download_is_204)
{
    static const struct mst_script rows[] = {
        {"GET",  OWN,         CIK,  NULL,       NULL,                     204, NULL      },
        {"POST", CONTENT,     "$T", NULL,       "id=shut&protected=true", 205, NULL      },
        {"GET",  OWN,         CIK,  NULL,       NULL,                     204, NULL      },
        {"POST", GROUPS,      "$T", NULL,       "id=g",                   205, NULL      },
        {"POST", GROUPS "g/", "$T", "text/csv", "sn,0001\ncontent,shut",  205, NULL      },
        {"GET",  OWN,         CIK,  NULL,       NULL,                     200, "shut\r\n"},
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_key_is_needed_and_a_device_of_that_model)
{
    static const struct mst_script other_model[] = {
        {"POST", "/provision/manage/model/", "$T", NULL, "model=m2&rid=$template", 205, NULL},
    };
    static const struct mst_script rows[] = {
        {"GET", OWN,                                                NULL,                                                      NULL, NULL, 401, NULL},
        {"GET", OWN,                                                "X-Exosite-CIK: 0123456789012345678901234567890123456789", NULL, NULL, 401,
         NULL                                                                                                                                       },
        {"GET", OWN,                                                "$T",                                                      NULL, NULL, 401, NULL},
        {"GET", DOWNLOAD "?vendor=acme&model=m2",                   CIK,                                                       NULL, NULL, 403, NULL},
        {"GET", DOWNLOAD "?vendor=acme&model=m9",                   CIK,                                                       NULL, NULL, 403, NULL},
        {"GET", DOWNLOAD "?vendor=nobody&model=m1",                 CIK,                                                       NULL, NULL, 403, NULL},
        {"GET", DOWNLOAD "?vendor=acme",                            CIK,                                                       NULL, NULL, 403, NULL},
        {"GET", DOWNLOAD "?vendor=acme&model=m9&id=fw",             CIK,                                                       NULL, NULL, 403, NULL},
        {"GET", DOWNLOAD "?vendor=acme&model=m2&id=fw&info=true",   CIK,                                                       NULL, NULL, 400, NULL},
        {"GET", DOWNLOAD "?vendor=nobody&model=m1&id=fw&info=true", CIK,                                                       NULL, NULL, 400, NULL},
 /* a client that hangs on no serial number */
        {"GET", OWN,                                                "X-Exosite-CIK: $Pcik",                                    NULL, NULL, 403, NULL},
        {"GET", OWN "&id=fw",                                       "X-Exosite-CIK: $Pcik",                                    NULL, NULL, 403, NULL},
        {"GET", OWN "&id=fw&info=true",                             "X-Exosite-CIK: $Pcik",                                    NULL, NULL, 400, NULL},
        {"GET", OWN "&id=fw",                                       "$V",                                                      NULL, NULL, 403, NULL},
    };

    begin();
    add("fw", "", "0123456789");
    PLAY(site, &cast, other_model);
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_key_that_ended_downloads_nothing_and_a_deleted_serial_number_neither)
{
    static const struct mst_script before[] = {
        {"GET",    OWN "&id=fw",                      CIK,  NULL, NULL, 200, "0123456789"},
        {"DELETE", "/provision/manage/model/m1/0001", "$T", NULL, NULL, 205, NULL        },
        {"GET",    OWN "&id=fw",                      CIK,  NULL, NULL, 403, NULL        },
    };
    static const struct mst_script after[] = {
        {"GET",  OWN "&id=fw",                      CIK,  NULL, NULL,           200, "0123456789"},
        {"POST", "/provision/manage/model/m1/0002", "$T", NULL, "disable=true", 205, NULL        },
        {"GET",  OWN "&id=fw",                      CIK,  NULL, NULL,           401, NULL        },
    };

    begin();
    add("fw", "", "0123456789");
    PLAY(site, &cast, before);
    mst_scene_device(site, &scene, "0002", rid, cik);
    PLAY(site, &cast, after);
    mst_site_stop(site);
}
MST_TEST_END

/* 2.1.5: receive buffers of 198 bytes. */
MST_TEST(the_reply_with_a_short_part_fits_into_198_bytes)
{
    char headers[128];
    struct mst_answer answer;

    begin();
    add("fw", "", NULL);
    ck_assert_uint_eq(
        mst_site_ask_typed(site, "POST", CONTENT "fw", scene.by_token, BIN, "0123456789").status,
        205);
    (void)snprintf(headers, sizeof headers, "X-Exosite-CIK: %s\r\nRange: bytes=2-4", cik);
    answer = mst_site_ask(site, "GET", OWN "&id=fw", headers, NULL);
    ck_assert_uint_eq(answer.status, 206);
    ck_assert_uint_le(answer.head.len + answer.body.len, 198);
    mst_site_stop(site);
}
MST_TEST_END

static bool has(struct mst_answer answer, const char *text)
{
    return memmem(answer.head.ptr, answer.head.len, text, strlen(text)) != NULL;
}

/* SHA-256 of "abc". */
#define DIGEST "Repr-Digest: sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:\r\n"

MST_TEST(who_asks_is_told_tag_and_digest_and_nobody_else)
{
    char headers[200];
    struct mst_answer answer;

    begin();
    add("fw", "", "abc");
    (void)snprintf(headers, sizeof headers, "X-Exosite-CIK: %s", cik);
    answer = mst_site_ask(site, "GET", OWN "&id=fw", headers, NULL);
    ck_assert(!has(answer, "ETag") && !has(answer, "Digest"));
    (void)snprintf(headers, sizeof headers, "X-Exosite-CIK: %s\r\nWant-Repr-Digest: sha-256=1",
                   cik);
    answer = mst_site_ask(site, "GET", OWN "&id=fw", headers, NULL);
    ck_assert(has(answer, DIGEST) && has(answer, "ETag: \""));
    (void)snprintf(headers, sizeof headers,
                   "X-Exosite-CIK: %s\r\nIf-None-Match: \"ba7816bf8f01cfea414140de5dae2223\"", cik);
    answer = mst_site_ask(site, "GET", OWN "&id=fw", headers, NULL);
    ck_assert_uint_eq(answer.status, 304);
    (void)snprintf(headers, sizeof headers,
                   "X-Exosite-CIK: %s\r\nIf-Range: \"another\"\r\nRange: bytes=1-1", cik);
    answer = mst_site_ask(site, "GET", OWN "&id=fw", headers, NULL);
    ck_assert_uint_eq(answer.status, 200);
    ck_assert_span_str(answer.body, "abc");
    mst_site_stop(site);
}
MST_TEST_END

MST_TESTS("conform/2.13", a_device_lists_looks_at_and_downloads_what_it_may,
          nothing_to_download_is_204, a_key_is_needed_and_a_device_of_that_model,
          a_key_that_ended_downloads_nothing_and_a_deleted_serial_number_neither,
          the_reply_with_a_short_part_fits_into_198_bytes,
          who_asks_is_told_tag_and_digest_and_nobody_else)

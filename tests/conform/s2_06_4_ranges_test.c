/* protocol.md 2.6.4, 1.5 (2, 3, 15, 16), A3, A4, A41, A42: ranges of serial numbers, rule by rule. */
#include <string.h>

#include "base/limits.h"
#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#define MODELS   "/provision/manage/model/"
#define ACTIVATE "/provision/activate"
#define RANGES   MODELS "m1/?show=ranges"
#define JS       "application/javascript; charset=utf-8"

#define RANGE(format, length, casing, first, last)                                            \
    "{\"format\":\"" format "\",\"length\":" length ",\"casing\":" casing ",\"first\":" first \
    ",\"last\":" last "}"
#define MACS     RANGE("mac:48", "null", "\"upper\"", "1108152157440", "1108152157695")
#define IN(list) "{\"ranges\":[" list "]}"
#define SN(sn)   "vendor=acme&model=m1&sn=" sn

static struct mst_site *site;
static struct mst_scene scene;
static struct mst_cast cast;

static void begin(const struct mst_site_opts *opts)
{
    site = mst_site_start(opts);
    mst_scene_make(site, &scene);
    cast = (struct mst_cast){.scene = &scene};
}

#define PLAYED(rows)             \
    do {                         \
        begin(NULL);             \
        PLAY(site, &cast, rows); \
        mst_site_stop(site);     \
    } while (0)

/* ---- form of the calls ---- */

MST_TEST(ranges_are_added_shown_and_removed)
{
    static const struct mst_script rows[] = {
        {"GET",    RANGES,                       "$T", NULL, NULL,     204, ""          },
        {"POST",   MODELS "m1/",                 "$T", JS,   IN(MACS), 205, ""          },
        {"GET",    RANGES,                       "$T", NULL, NULL,     200, "[" MACS "]"},
        {"GET",    MODELS "m1/",                 "$T", NULL, NULL,     200, ""          }, /* not its members (2.6.3) */
        {"DELETE", MODELS "m1/",                 "$T", JS,   IN(MACS), 205, ""          },
        {"GET",    RANGES,                       "$T", NULL, NULL,     204, ""          },
        {"DELETE", MODELS "m1/",                 "$T", JS,   IN(MACS), 205, ""          },
        {"POST",   MODELS "nosuch/",             "$T", JS,   IN(MACS), 404, NULL        },
        {"GET",    MODELS "nosuch/?show=ranges", "$T", NULL, NULL,     404, NULL        },
        {"POST",   MODELS "m1/",                 NULL, JS,   IN(MACS), 401, NULL        },
    };

    PLAYED(rows);
}
MST_TEST_END

MST_TEST(the_list_is_a_bare_array_of_javascript_or_by_a_setting_an_object)
{
    const struct mst_site_opts wrapped = {.http = {.is_ranges_wrapped = true}};
    struct mst_answer answer;

    for (int is_wrapped = 0; is_wrapped < 2; is_wrapped++) {
        begin(is_wrapped ? &wrapped : NULL);
        ck_assert_status(site, 204, "GET", RANGES, scene.by_token, NULL);
        ck_assert_status(site, 205, "POST", MODELS "m1/", scene.by_token, IN(MACS));
        answer = mst_site_ask(site, "GET", RANGES, scene.by_token, NULL);
        ck_assert_uint_eq(answer.status, 200);
        ck_assert_span_str(answer.body, is_wrapped ? IN(MACS) : "[" MACS "]");
        ck_assert_ptr_nonnull(memmem(answer.head.ptr, answer.head.len,
                                     "\r\nContent-Type: " JS "\r\n",
                                     strlen("\r\nContent-Type: " JS "\r\n")));
        mst_site_stop(site);
    }
}
MST_TEST_END

MST_TEST(ranges_are_known_by_their_type_or_their_first_byte)
{
    static const struct mst_script rows[] = {
        {"POST",   MODELS "m1/", "$T", "application/json",         "[" MACS "]",       205, NULL       },
        {"DELETE", MODELS "m1/", "$T", "text/x-JavaScript",        IN(MACS),           205, NULL       },
        {"POST",   MODELS "m1/", "$T", NULL,                       " \r\n\t" IN(MACS), 205, NULL       },
        {"DELETE", MODELS "m1/", "$T", "application/octet-stream", "[" MACS "]",       205, NULL       },
        {"GET",    RANGES,       "$T", NULL,                       NULL,               204, ""         },
        {"POST",   MODELS "m1/", "$T", "text/csv",                 "[1]",              205, NULL       }, /* a serial number */
        {"GET",    MODELS "m1/", "$T", NULL,                       NULL,               200, "[1],,\r\n"},
        {"POST",   MODELS "m1/", "$T", "application/json",         "sn=1",             400, NULL       },
    };

    PLAYED(rows);
}
MST_TEST_END

#define HALF  RANGE("base16", "16", "\"lower\"", "9223372036854775807", "18446744073709551615")
#define TOP   RANGE("base10", "null", "null", "18446744073709551614", "18446744073709551615")
#define TEXTS "\"first\":\"18446744073709551614\",\"last\":\"18446744073709551615\""

MST_TEST(numbers_keep_every_bit_and_may_be_strings)
{
    static const struct mst_script rows[] = {
        {"POST", MODELS "m1/",                     "$T", JS,   IN(HALF),                                            205, NULL                },
        {"POST", MODELS "m1/",                     "$T", JS,   IN("{\"format\":\"base10\"," TEXTS ",\"x\":[1e3]}"), 205,
         NULL                                                                                                                                },
        {"GET",  RANGES,                           "$T", NULL, NULL,                                                200, "[" TOP "," HALF "]"},
        {"GET",  MODELS "m1/7fffffffffffffff",     "$T", NULL, NULL,                                                204, NULL                },
        {"GET",  MODELS "m1/7ffffffffffffffe",     "$T", NULL, NULL,                                                404, NULL                },
        {"GET",  MODELS "m1/ffffffffffffffff",     "$T", NULL, NULL,                                                204, NULL                },
        {"GET",  MODELS "m1/18446744073709551614", "$T", NULL, NULL,                                                204, NULL                },
        {"GET",  MODELS "m1/18446744073709551613", "$T", NULL, NULL,                                                404, NULL                },
        {"GET",  MODELS "m1/18446744073709551616", "$T", NULL, NULL,                                                404, NULL                },
    };

    PLAYED(rows);
}
MST_TEST_END

MST_TEST(a_malformed_body_is_refused_and_changes_nothing)
{
    static const char *const bodies[] = {
        "{",
        "[]",
        "{}",
        IN(""),
        "[null]",
        "{\"ranges\":" MACS "}",
        IN(MACS) "x",
        IN(MACS "," MACS ","),
        IN("{\"format\":\"base10\",\"first\":1}"),
        IN(RANGE("base8", "null", "null", "1", "2")),
        IN(RANGE("base10", "null", "null", "2", "1")),
        IN(RANGE("base10", "null", "null", "-1", "1")),
        IN(RANGE("base10", "null", "null", "1", "1.5")),
        IN(RANGE("base10", "null", "null", "1", "18446744073709551616")),
        IN(RANGE("base10", "null", "\"upper\"", "1", "2")),
        IN(RANGE("base10", "0", "null", "1", "2")),
        IN(RANGE("base10", "129", "null", "1", "2")),
        IN(RANGE("base10", "2", "null", "1", "100")),
        IN(RANGE("base16", "null", "\"UPPER\"", "1", "2")),
        IN(RANGE("mac:48", "12", "\"upper\"", "1", "2")),
        IN(RANGE("mac:48", "null", "\"upper\"", "1", "281474976710656")),
        IN(MACS "," RANGE("mac:48", "null", "\"upper\"", "5", "4")), /* all or none */
    };

    begin(NULL);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        ck_assert_status(site, 400, "POST", MODELS "m1/", scene.by_token, bodies[i]);
        ck_assert_status(site, 204, "GET", RANGES, scene.by_token, NULL);
    }
    ck_assert_status(site, 205, "POST", MODELS "m1/", scene.by_token, IN(MACS));
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        ck_assert_status(site, 400, "DELETE", MODELS "m1/", scene.by_token, bodies[i]);
        ck_assert_status(site, 200, "GET", RANGES, scene.by_token, NULL);
    }
    mst_site_stop(site);
}
MST_TEST_END

/* ---- membership: the table of 2.6.4 and the examples of 4 ---- */

#define MAC_IS                             "1108152157446" /* 0x010203040506 */
#define ONE(format, length, casing, value) RANGE(format, length, casing, value, value)
#define AB(format, casing)                 ONE(format, "null", casing, "171")

/* A range of one value, the text that is in it, and texts, parted by spaces, that are not. */
MST_TEST(each_format_has_its_own_texts)
{
    static const struct {
        const char *range, *in, *out;
    } rows[] = {
        {ONE("mac:48",                                                      "null",     "\"upper\"",                                             MAC_IS),"01:02:03:04:05:06",
         "01:02:03:04:05:07 01-02-03-04-05-06 010203040506 0102.0304.0506"},
        {ONE("mac-48", "null",           "\"lower\"",                                                       MAC_IS),"01-02-03-04-05-06",
         "01:02:03:04:05:06 010203040506 1-2-3-4-5-6"},
        {ONE("mac.48",                                                          "null",                                                 "\"lower\"",                                                                                           MAC_IS),"0102.0304.0506",
         "01.02.03.04.05.06 0102.0304.506 010203040506"},
        {ONE("base16",  "12","\"lower\"",MAC_IS),"010203040506",
         "10203040506 0010203040506 0x10203040506"},
        {ONE("base16",                                                                 "null",                                                                "\"lower\"",                                                                                                                  MAC_IS), "10203040506", "010203040506 1108152157446"},
        {ONE("base10",                                                   "null",                                     "null",                                                                                            MAC_IS),MAC_IS,
         "001108152157446 +1108152157446 10203040506"},
        {ONE("base10",                                                      "15","null",MAC_IS),"001108152157446",
         "1108152157446 01108152157446 0001108152157446"},
        {AB("base16",                                                      "\"upper\""),        "AB",                     "ab Ab aB 0AB"},
        {AB("mac:48",                      "\"lower\""),                                "00:00:00:00:00:ab",                                                                            "00:00:00:00:00:AB 00:00:00:00:00:Ab"},
        {AB("base16",                                                          "null"),                                                   "AB",                                                                                        "0ab AC"},
        {AB("base16","null"),"ab",                    "aa"                                                                                                 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char body[256], path[128], out[128], *rest = NULL;

        begin(NULL);
        (void)snprintf(body, sizeof body, "[%s]", rows[i].range);
        ck_assert_status(site, 205, "POST", MODELS "m1/", scene.by_token, body);
        (void)snprintf(path, sizeof path, MODELS "m1/%s", rows[i].in);
        ck_assert_status(site, 204, "GET", path, scene.by_token, NULL);
        (void)snprintf(out, sizeof out, "%s", rows[i].out);
        for (char *sn = strtok_r(out, " ", &rest); sn; sn = strtok_r(NULL, " ", &rest)) {
            (void)snprintf(path, sizeof path, MODELS "m1/%s", sn);
            ck_assert_msg(mst_site_status(site, "GET", path, scene.by_token, NULL) == 404, "%s",
                          path);
        }
        mst_site_stop(site);
    }
}
MST_TEST_END

/* ---- the life of a member ---- */

MST_TEST(a_member_is_unused_until_it_is_enabled)
{
    static const struct mst_script rows[] = {
        {"POST",   ACTIVATE,                                  NULL, NULL, SN("01:02:03:04:05:0A"),     404, NULL},
        {"POST",   MODELS "m1/",                              "$T", JS,   IN(MACS),                    205, NULL},
        {"POST",   ACTIVATE,                                  NULL, NULL, SN("01:02:03:04:05:0A"),     409, NULL},
        {"POST",   ACTIVATE,                                  NULL, NULL, SN("01:02:03:04:05:0a"),     404, NULL},
        {"POST",   ACTIVATE,                                  NULL, NULL, SN("01:02:03:04:06:00"),     404, NULL},
        {"GET",    MODELS "m1/01:02:03:04:05:0A",             "$T", NULL, NULL,                        204, ""  },
        {"GET",    MODELS "m1/01:02:03:04:05:0A?show=log",    "$T", NULL, NULL,                        204, ""  },
        {"GET",    MODELS "m1/01:02:03:04:05:0A?show=groups", "$T", NULL, NULL,                        204, ""  },
        {"GET",    MODELS "m1/01:02:03:04:06:00?show=log",    "$T", NULL, NULL,                        404, NULL},
        {"POST",   MODELS "m1/01:02:03:04:05:0A",             "$T", NULL, "enable=true",               409, NULL},
        {"POST",   MODELS "m1/01:02:03:04:05:0A",             "$T", NULL, "disable=true",              409, NULL},
        {"DELETE", MODELS "m1/01:02:03:04:05:0A",             "$T", NULL, NULL,                        205,
         ""                                                                                                     }, /* 15: a range still covers it */
        {"DELETE", MODELS "m1/01:02:03:04:06:00",             "$T", NULL, NULL,                        404, NULL},
        {"GET",    MODELS "m1/01:02:03:04:05:0A",             "$T", NULL, NULL,                        204, ""  },
        {"POST",   MODELS "m1/01:02:03:04:05:0A",             "$T", NULL, "enable=true&owner=$vendor", 403, NULL},
        {"GET",    MODELS "m1/",                              "$T", NULL, NULL,                        200, ""  },
        {"POST",   MODELS "m1/01:02:03:04:05:0A",             "$T", NULL, "enable=true&owner=$portal", 200,
         "#"                                                                                                    }, /* A42 */
        {"POST",   MODELS "m1/01:02:03:04:05:0A",             "$T", NULL, "enable=true&owner=$portal", 409, NULL},
        {"GET",    MODELS "m1/01:02:03:04:05:0A",             "$T", NULL, NULL,                        200, "*" },
        {"GET",    MODELS "m1/",                              "$T", NULL, NULL,                        200, "*" },
        {"POST",   ACTIVATE,                                  NULL, NULL, SN("01:02:03:04:05:0A"),     200, "#" },
        {"POST",   ACTIVATE,                                  NULL, NULL, SN("01:02:03:04:05:0A"),     409, NULL},
        {"DELETE", MODELS "m1/01:02:03:04:05:0A",             "$T", NULL, NULL,                        205, ""  }, /* 16 */
        {"GET",    MODELS "m1/01:02:03:04:05:0A",             "$T", NULL, NULL,                        204, ""  },
        {"GET",    MODELS "m1/01:02:03:04:05:0A?show=log",    "$T", NULL, NULL,                        204, ""  },
        {"GET",    MODELS "m1/",                              "$T", NULL, NULL,                        200, ""  },
    };

    PLAYED(rows);
}
MST_TEST_END

MST_TEST(a_device_moves_to_a_member_and_an_sn_may_be_listed_and_in_a_range)
{
    static const struct mst_script rows[] = {
        {"POST",   MODELS "m1/",                  "$T", JS,   IN(MACS),                              205, NULL                           },
        {"POST",   MODELS "m1/",                  "$T", NULL, "sn=01:02:03:04:05:01&extra=listed",   205,
         NULL                                                                                                                            }, /* A41 */
        {"GET",    MODELS "m1/",                  "$T", NULL, NULL,                                  200, "01:02:03:04:05:01,,listed\r\n"},
        {"POST",   MODELS "m1/01:02:03:04:05:01", "$T", NULL, "enable=true&owner=$portal",           200, "#"                            },
        {"POST",   MODELS "m1/01:02:03:04:05:02", "$T", NULL, "enable=true&oldsn=01:02:03:04:05:03",
         409,                                                                                             NULL                           },
        {"POST",   MODELS "m1/01:02:03:04:06:00", "$T", NULL, "enable=true&oldsn=01:02:03:04:05:01",
         404,                                                                                             NULL                           },
        {"POST",   MODELS "m1/01:02:03:04:05:02", "$T", NULL, "enable=true&oldsn=01:02:03:04:05:01",
         205,                                                                                             ""                             },
        {"GET",    MODELS "m1/01:02:03:04:05:01", "$T", NULL, NULL,                                  204, ""                             },
        {"POST",   ACTIVATE,                      NULL, NULL, SN("01:02:03:04:05:02"),               200, "#"                            },
        {"POST",   MODELS "m1/",                  "$T", NULL, "delete=true&sn=01:02:03:04:05:01",    205, NULL                           },
        {"GET",    MODELS "m1/01:02:03:04:05:01", "$T", NULL, NULL,                                  204, ""                             },
        {"DELETE", MODELS "m1/",                  "$T", JS,   IN(MACS),                              205, NULL                           },
        {"GET",    MODELS "m1/01:02:03:04:05:01", "$T", NULL, NULL,                                  404, NULL                           },
        {"GET",    MODELS "m1/01:02:03:04:05:02", "$T", NULL, NULL,                                  200, "*"                            }, /* its record stays */
    };

    PLAYED(rows);
}
MST_TEST_END

#define DIGITS(length, first, last) RANGE("base10", length, "null", first, last)
#define HEX(casing, first, last)    RANGE("base16", "4", casing, first, last)
#define A                           DIGITS("4", "100", "199")
#define B                           DIGITS("4", "200", "299")
#define A_OTHER_LENGTH              DIGITS("null", "100", "199")
#define A_HEX                       HEX("null", "100", "199")
#define A_HEX_LOWER                 HEX("\"lower\"", "100", "199")
#define UNEQUAL_TO_A                DIGITS("4", "100", "198") "," DIGITS("5", "100", "199")

/* Neither with stored ones nor among themselves; all or none are added. */
MST_TEST(ranges_of_one_shape_may_not_overlap_in_a_model)
{
    static const struct mst_script rows[] = {
        {"POST",                                        MODELS "m1/",  "$T",           JS,                                        IN(A),             205,                                                                                                                                                   NULL},
        {"POST",                                        MODELS "m1/",  "$T",           JS,                                        IN(A),             409,                                                                                                                                                   NULL},
        {"POST",                                        MODELS "m1/",  "$T",           JS,                                        IN(DIGITS("4",     "199",                                                                                                                                                 "300")),409, NULL},
        {"POST",                                         MODELS "m1/",                                                      "$T",                                                               JS,                                                    IN(DIGITS("4",            "0",                                                                                                 "100")),409, NULL},
        {"POST",                                      MODELS "m1/",                                                "$T",                                                          JS,                                                                                                   IN(DIGITS("4",                                                                                                               "0",                                                                                                                   "9999")),                                409, NULL},
        {"POST",                                MODELS "m1/",                                          "$T",                                                JS,IN(DIGITS("4","150","150")),409, NULL},
        {"POST",                                         MODELS "m1/",           "$T",JS,              IN(B "," DIGITS("4",                                                                                                                                      "50",                                                                                                                                                                                                                                                                                                                                                                   "100")),                                                                                                                                                                                                                                                                                                                                                                                                                                                                              409, NULL},
        {"POST",                                        MODELS "m1/", "$T", JS,                                                                            IN(B "," DIGITS("4",                                                             "299",                                                                         "300")),409, NULL},
        {"GET",                                         RANGES,                                                      "$T",                                                               NULL,                                                     NULL,                                                                  200,                                                                                                                                                                                                                     "[" A "]"},
        {"POST",                                      MODELS "m1/",                                                "$T",                                                          JS,                                                                                                   IN(B),                                                                                                                205,                                                                                                                                               NULL                                                                                                                                                                                                                                                                                                                                                                                      }, /* side by side */
        {"POST",                                         MODELS "m1/",                                                   "$T",                                                        JS,                                             IN(A_OTHER_LENGTH "," A_HEX "," A_HEX_LOWER),205,NULL},
        {"DELETE",                                        MODELS "m1/",                                                  "$T",                                                            JS,   IN(UNEQUAL_TO_A "," A_HEX),205,NULL},
        {"GET", RANGES,           "$T",                     NULL,                  NULL,                                     200,                                                                                                                                                                                                                                                                "[" A_OTHER_LENGTH "," A "," B "," A_HEX_LOWER "]"                                                                                                                                              },
    };

    PLAYED(rows);
}
MST_TEST_END

MST_TEST(ranges_are_checked_inside_a_model_and_enabling_among_all_that_list_one)
{
    static const struct mst_script rows[] = {
        {"POST",   MODELS,                        "$T", NULL, "model=m2&rid=$template",    205, NULL},
        {"POST",   MODELS "m1/",                  "$T", JS,   IN(MACS),                    205, NULL},
        {"POST",   MODELS "m2/",                  "$T", JS,   IN(MACS),                    205, NULL},
        {"POST",   MODELS "m2/",                  "$T", NULL, "sn=01:02:03:04:05:01",      205, NULL},
        {"POST",   MODELS "m1/01:02:03:04:05:01", "$T", NULL, "enable=true&owner=$portal", 409,
         NULL                                                                                       }, /* A3 */
        {"GET",    MODELS "m1/01:02:03:04:05:01", "$T", NULL, NULL,                        204, ""  },
        {"GET",    MODELS "m1/",                  "$T", NULL, NULL,                        200, ""  },
        {"POST",   MODELS "m1/01:02:03:04:05:02", "$T", NULL, "enable=true&owner=$portal", 200, "#" },
        {"POST",   MODELS "m2/01:02:03:04:05:02", "$T", NULL, "enable=true&owner=$portal", 409, NULL},
        {"POST",   MODELS "m2/01:02:03:04:05:01", "$T", NULL, "enable=true&owner=$portal", 200, "#" },
        {"DELETE", MODELS "m2",                   "$T", NULL, NULL,                        205, NULL}, /* 22 */
        {"POST",   MODELS,                        "$T", NULL, "model=m2&rid=$template",    205, NULL},
        {"GET",    MODELS "m2/?show=ranges",      "$T", NULL, NULL,                        204, ""  },
        {"GET",    MODELS "m2/01:02:03:04:05:03", "$T", NULL, NULL,                        404, NULL},
    };

    PLAYED(rows);
}
MST_TEST_END

/* ---- 4: ranges per model ---- */

static void add_thousand(struct mst_buf *body, unsigned n)
{
    (void)mst_buf_add_byte(body, '[');
    for (unsigned i = 0; i < n; i++)
        (void)mst_buf_addf(body, "%s{\"format\":\"base10\",\"first\":%u,\"last\":%u}", i ? "," : "",
                           10 * i, 10 * i + 4);
    (void)mst_buf_add_byte(body, ']');
    (void)mst_buf_add_byte(body, '\0');
}

MST_TEST(a_thousand_ranges_fit_one_more_does_not)
{
    struct mst_buf body;

    begin(NULL);
    mst_buf_init(&body, MST_SERIALS_BODY_MAX);
    add_thousand(&body, MST_RANGES_MAX + 1);
    ck_assert_status(site, 413, "POST", MODELS "m1/", scene.by_token, body.ptr);
    ck_assert_status(site, 204, "GET", RANGES, scene.by_token, NULL);
    mst_buf_clear(&body);
    add_thousand(&body, MST_RANGES_MAX);
    ck_assert_status(site, 205, "POST", MODELS "m1/", scene.by_token, body.ptr);
    ck_assert_status(site, 409, "POST", MODELS "m1/", scene.by_token, IN(MACS));
    ck_assert_status(site, 204, "GET", MODELS "m1/9994", scene.by_token, NULL);
    ck_assert_status(site, 404, "GET", MODELS "m1/9995", scene.by_token, NULL);
    ck_assert_status(site, 205, "DELETE", MODELS "m1/", scene.by_token,
                     "[{\"format\":\"base10\",\"first\":0,\"last\":4}]");
    ck_assert_status(site, 205, "POST", MODELS "m1/", scene.by_token, IN(MACS));
    mst_buf_fini(&body);
    mst_site_stop(site);
}
MST_TEST_END

MST_TESTS("conform/2.6.4", ranges_are_added_shown_and_removed,
          the_list_is_a_bare_array_of_javascript_or_by_a_setting_an_object,
          ranges_are_known_by_their_type_or_their_first_byte,
          numbers_keep_every_bit_and_may_be_strings,
          a_malformed_body_is_refused_and_changes_nothing, each_format_has_its_own_texts,
          a_member_is_unused_until_it_is_enabled,
          a_device_moves_to_a_member_and_an_sn_may_be_listed_and_in_a_range,
          ranges_of_one_shape_may_not_overlap_in_a_model,
          ranges_are_checked_inside_a_model_and_enabling_among_all_that_list_one,
          a_thousand_ranges_fit_one_more_does_not)

/* protocol.md 2.12.1 to 2.12.3: values by alias. */
#include "base/limits.h"
#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#define ALIAS "/onep:v1/stack/alias"
#define KEY   "X-Exosite-CIK: $cik"

static struct mst_site *site;
static struct mst_scene scene;
static struct mst_cast cast;
static char rid[41], cik[41];

static void begin_with(const struct mst_site_opts *opts)
{
    site = mst_scene_start(opts, "dev1", &scene, rid, cik);
    cast = (struct mst_cast){.scene = &scene, .rid = rid, .cik = cik};
}

static void begin(void)
{
    begin_with(NULL);
}

MST_TEST(values_are_written_and_read_back_by_alias)
{
    static const struct mst_script rows[] = {
        {"GET",  ALIAS "?temp",              KEY, NULL, NULL,              204, NULL    },
        {"POST", ALIAS,                      KEY, NULL, "temp=1&nosuch=2", 204, NULL    },
        {"GET",  ALIAS "?temp&nosuch",       KEY, NULL, NULL,              200, "temp=1"},
        {"GET",  ALIAS "?nosuch",            KEY, NULL, NULL,              204, NULL    },
        {"GET",  ALIAS,                      KEY, NULL, NULL,              204, NULL    },
        {"GET",  ALIAS "?temp=&&",           KEY, NULL, NULL,              200, "temp=1"},
        {"GET",  ALIAS "?t%65mp=x=y",        KEY, NULL, NULL,              200, "temp=1"},
        {"GET",  "/api:v1/stack/alias?temp", KEY, NULL, NULL,              200, "temp=1"},
        {"POST", "/api:v1/stack/alias",      KEY, NULL, "temp=2",          204, NULL    },
        {"GET",  ALIAS "?temp",              KEY, NULL, NULL,              200, "temp=2"},
        {"POST", ALIAS,                      KEY, NULL, "nosuch=1",        204, NULL    },
        {"POST", ALIAS,                      KEY, NULL, "",                204, NULL    },
        {"GET",  ALIAS,                      KEY, NULL, "temp",            200, "temp=2"}, /* the query in the body */
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(several_values_come_in_reverse_order_and_once)
{
    static const struct mst_script rows[] = {
        {"POST", ALIAS,                    KEY, NULL, "temp=1.5&count=7&note=hi", 204, NULL                      },
        {"GET",  ALIAS "?temp&count&note", KEY, NULL, NULL,                       200, "note=hi&count=7&temp=1.5"},
        {"GET",  ALIAS "?temp&count&temp", KEY, NULL, NULL,                       200, "temp=1.5&count=7"        },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(the_hybrid_form_writes_first_and_then_reads)
{
    static const struct mst_script rows[] = {
        {"POST", ALIAS "?temp",      KEY, NULL, "temp=5",    200, "temp=5"       },
        {"POST", ALIAS "?count",     KEY, NULL, "temp=6",    204, NULL           },
        {"POST", ALIAS "?temp&note", KEY, NULL, "note=x",    200, "note=x&temp=6"},
        {"POST", ALIAS "?temp",      KEY, NULL, "nosuch=1",  200, "temp=6"       },
        {"POST", ALIAS "?",          KEY, NULL, "temp=7",    204, NULL           },
        {"POST", ALIAS "?&",         KEY, NULL, "temp=8",    204, NULL           },
        {"POST", ALIAS "?temp",      KEY, NULL, "temp=cold", 400, NULL           },
        {"GET",  ALIAS "?temp",      KEY, NULL, NULL,        200, "temp=8"       },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(values_are_converted_by_the_format_of_their_dataport)
{
    static const struct mst_script rows[] = {
        {"POST", ALIAS,               KEY, NULL, "count=-12.9&temp=1.50e2",    204, NULL                          },
        {"GET",  ALIAS "?temp&count", KEY, NULL, NULL,                         200, "count=-12&temp=150"          },
        {"POST", ALIAS,               KEY, NULL, "temp=0.1",                   204, NULL                          },
        {"GET",  ALIAS "?temp",       KEY, NULL, NULL,                         200, "temp=0.1"                    },
        {"POST", ALIAS,               KEY, NULL, "temp=1e+3",                  204, NULL                          }, /* unescaped */
        {"GET",  ALIAS "?temp",       KEY, NULL, NULL,                         200, "temp=1000"                   },
        {"POST", ALIAS,               KEY, NULL, "count=   12&temp= 72.50 ",   204, NULL                          }, /* printf("%5d") */
        {"GET",  ALIAS "?temp&count", KEY, NULL, NULL,                         200, "count=12&temp=72.5"          },
        {"POST", ALIAS,               KEY, NULL, "temp=1e22",                  204, NULL                          },
        {"GET",  ALIAS "?temp",       KEY, NULL, NULL,                         200, "temp=1e22"                   }, /* nothing to decode */
        {"POST", ALIAS,               KEY, NULL, "note=",                      204, NULL                          },
        {"GET",  ALIAS "?note",       KEY, NULL, NULL,                         200, "note="                       },
        {"POST", ALIAS,               KEY, NULL, "note=a+b%26%3D%2B/\xc3\xa9", 204, NULL                          },
        {"GET",  ALIAS "?note",       KEY, NULL, NULL,                         200, "note=a%20b%26%3D%2B%2F%C3%A9"},
        {"POST", ALIAS,               KEY, NULL, "note=50%",                   204, NULL                          },
        {"GET",  ALIAS "?note",       KEY, NULL, NULL,                         200, "note=50%25"                  },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

static void map(const char *alias, const char *name)
{
    char arguments[96];

    (void)snprintf(arguments, sizeof arguments, "[\"alias\",{\"alias\":\"%s\"},\"%s\"]", alias,
                   name);
    (void)mst_site_rpc(site, cik, "map", arguments);
}

/* 2.3: what clients that do not escape send as '+' is looked up as a space first. */
MST_TEST(an_alias_with_a_plus_may_be_sent_unescaped)
{
    static const struct mst_script rows[] = {
        {"POST", ALIAS,              KEY, NULL, "x+y=1", 204, NULL     },
        {"GET",  ALIAS "?x+y",       KEY, NULL, NULL,    200, "x%2By=1"},
        {"GET",  ALIAS "?x%2By",     KEY, NULL, NULL,    200, "x%2By=1"},
        {"GET",  ALIAS "?x%20y",     KEY, NULL, NULL,    204, NULL     },
        {"POST", ALIAS "?x+y&x+y=7", KEY, NULL, "x+y=2", 200, "x%2By=2"},
    };
    static const struct mst_script with_both[] = {
        {"POST", ALIAS,              KEY, NULL, "x+y=3&x%2By=4", 204, NULL             },
        {"GET",  ALIAS "?x+y&x%2By", KEY, NULL, NULL,            200, "x%2By=4&x%20y=3"},
    };

    begin();
    map("temp", "x+y");
    PLAY(site, &cast, rows);
    map("count", "x y");
    PLAY(site, &cast, with_both);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_value_that_does_not_convert_stores_nothing_of_the_request)
{
    static const struct mst_script rows[] = {
        {"POST", ALIAS,               KEY, NULL, "count=7&temp=warm", 400, NULL},
        {"GET",  ALIAS "?temp&count", KEY, NULL, NULL,                204, NULL},
        {"POST", ALIAS,               KEY, NULL, "count=",            400, NULL},
        {"POST", ALIAS,               KEY, NULL, "note=%FF",          400, NULL},
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_setting_skips_values_that_do_not_convert)
{
    static const struct mst_script rows[] = {
        {"POST", ALIAS,               KEY, NULL, "count=7&temp=warm", 204, NULL     },
        {"GET",  ALIAS "?temp&count", KEY, NULL, NULL,                200, "count=7"},
    };
    const struct mst_site_opts opts = {.http = {.is_bad_value_skipped = true}};

    begin_with(&opts);
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(only_a_good_key_may_and_403_never_comes)
{
    static const struct mst_script rows[] = {
        {"GET",  ALIAS "?temp", NULL,                                                      NULL, NULL,     401, NULL},
        {"GET",  ALIAS "?temp", "X-Exosite-CIK: ",                                         NULL, NULL,     401, NULL},
        {"GET",  ALIAS "?temp", "X-Exosite-CIK: 0000000000000000000000000000000000000000", NULL,
         NULL,                                                                                             401, NULL},
        {"GET",  ALIAS "?temp", "X-Exosite-CIK: $token",                                   NULL, NULL,     401, NULL},
        {"GET",  ALIAS "?temp", "X-Exosite-Token: $cik",                                   NULL, NULL,     401, NULL},
        {"POST", ALIAS,         NULL,                                                      NULL, "temp=1", 401, NULL},
        {"PUT",  ALIAS,         KEY,                                                       NULL, "temp=1", 405, NULL},
        {"GET",  ALIAS "?temp", "X-Exosite-CIK: $Pcik",                                    NULL, NULL,     204, NULL},
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_locked_device_is_answered_401)
{
    static const struct mst_script rows[] = {
        {"GET",  ALIAS "?temp", KEY, NULL, NULL,     401, NULL},
        {"POST", ALIAS,         KEY, NULL, "temp=1", 401, NULL},
    };
    char arguments[128];

    begin();
    (void)snprintf(arguments, sizeof arguments, "[\"%s\",{\"locked\":true}]", rid);
    ck_assert_str_eq(mst_site_rpc(site, scene.portal_cik, "update", arguments),
                     "[{\"id\":1,\"status\":\"ok\"}]");
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_read_that_was_answered_before_sees_every_change)
{
#define READS(status, reply)                                 \
    {                                                        \
        "GET", ALIAS "?temp", KEY, NULL, NULL, status, reply \
    }
#define M1 "/provision/manage/model/m1/dev1"
    static const struct mst_script rows[] = {
        {"POST", ALIAS, KEY,  NULL, "temp=1",       204, NULL},
        READS(200, "temp=1"),
        READS(200, "temp=1"),
        {"POST", ALIAS, KEY,  NULL, "temp=2",       204, NULL},
        READS(200, "temp=2"),
        READS(200, "temp=2"),
        {"POST", M1,    "$T", NULL, "disable=true", 205, NULL},
        READS(401, NULL),
        {"POST", M1,    "$T", NULL, "enable=true",  205, NULL},
        READS(401, NULL),
    };
    static const struct mst_script live[] = {READS(200, "temp=2"), READS(200, "temp=2")};
    static const struct mst_script locked[] = {READS(401, NULL)};
    static const struct mst_script unmapped[] = {READS(204, NULL)};
    char arguments[128];
    struct mst_answer answer;

    begin();
    PLAY(site, &cast, rows);
    answer =
        mst_site_ask(site, "POST", "/provision/activate", NULL, "vendor=acme&model=m1&sn=dev1");
    ck_assert_uint_eq(answer.status, 200);
    memcpy(cik, answer.body.ptr, 40);
    PLAY(site, &cast, live);
    (void)snprintf(arguments, sizeof arguments, "[\"%s\",{\"locked\":true}]", rid);
    (void)mst_site_rpc(site, scene.portal_cik, "update", arguments);
    PLAY(site, &cast, locked);
    (void)snprintf(arguments, sizeof arguments, "[\"%s\",{\"locked\":false}]", rid);
    (void)mst_site_rpc(site, scene.portal_cik, "update", arguments);
    PLAY(site, &cast, live);
    (void)mst_site_rpc(site, cik, "unmap", "[\"alias\",\"temp\"]");
    PLAY(site, &cast, unmapped);
    (void)mst_site_rpc(site, cik, "map", "[\"alias\",{\"alias\":\"count\"},\"temp\"]");
    PLAY(site, &cast, unmapped);
    (void)snprintf(arguments, sizeof arguments, "[\"%s\"]", rid);
    ck_assert_status(site, 204, "POST", ALIAS, mst_by_cik(cik, (char[64]){0}), "temp=3");
    ck_assert_status(site, 200, "GET", ALIAS "?temp", mst_by_cik(cik, (char[64]){0}), NULL);
    (void)mst_site_rpc(site, scene.portal_cik, "drop", arguments);
    PLAY(site, &cast, locked);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_value_of_64_kib_fits_and_a_larger_one_does_not)
{
    struct mst_buf body;
    char by[64];

    begin();
    mst_buf_init(&body, MST_MIB(2));
    (void)mst_buf_add_str(&body, "note=");
    for (size_t i = 0; i < MST_VALUE_MAX; i++)
        (void)mst_buf_add_byte(&body, 'x');
    (void)mst_buf_add_byte(&body, '\0');
    ck_assert_status(site, 204, "POST", ALIAS, mst_by_cik(cik, by), body.ptr);
    ck_assert_uint_eq(mst_site_ask(site, "GET", ALIAS "?note", by, NULL).body.len,
                      MST_VALUE_MAX + 5);
    body.len--;
    (void)mst_buf_add_str(&body, "x");
    (void)mst_buf_add_byte(&body, '\0');
    ck_assert_status(site, 400, "POST", ALIAS, by, body.ptr);
    mst_buf_fini(&body);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(replies_of_one_value_fit_the_smallest_buffer_and_have_no_type)
{
    struct mst_answer answer;
    char by[64];

    begin();
    answer = mst_site_ask(site, "POST", ALIAS, mst_by_cik(cik, by), "temp=1");
    ck_assert_uint_eq(answer.status, 204);
    ck_assert_span_str(mst_span_cut(answer.head, 60, answer.head.len),
                       "\r\nContent-Length: 0\r\n\r\n");
    answer = mst_site_ask(site, "GET", ALIAS "?temp", by, NULL);
    ck_assert_span_str(mst_span_cut(answer.head, 52, answer.head.len),
                       "\r\nContent-Length: 6\r\n\r\n");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_hybrid_call_that_reads_too_much_writes_nothing)
{
    struct mst_buf path;
    char key[64];

    begin();
    mst_by_cik(cik, key);
    ck_assert_status(site, 204, "POST", ALIAS, key, "temp=1");
    mst_buf_init(&path, MST_KIB(4));
    (void)mst_buf_add_str(&path, ALIAS "?temp");
    for (int i = 0; i < MST_ALIASES_MAX; i++)
        (void)mst_buf_add_str(&path, "&a");
    (void)mst_buf_add_byte(&path, '\0');
    ck_assert_int_eq(mst_buf_err(&path), MST_OK);
    ck_assert_status(site, 400, "POST", path.ptr, key, "temp=2");
    ck_assert(
        mst_span_eq(mst_site_ask(site, "GET", ALIAS "?temp", key, NULL).body, MST_LIT("temp=1")));
    mst_buf_fini(&path);
    mst_site_stop(site);
}
MST_TEST_END

/* Its percent signs make a reply three times as long as what was stored. */
MST_TEST(a_reply_that_will_never_fit_is_not_trouble_that_passes)
{
    enum { PORTS = MST_REPLY_MAX / (3 * (MST_VALUE_MAX - 1)) + 1 };
    struct mst_buf path, body;
    struct mst_answer answer;
    char key[64], port[41], arguments[128];

    begin();
    mst_by_cik(cik, key);
    mst_buf_init(&path, MST_KIB(4));
    mst_buf_init(&body, MST_MIB(1));
    (void)mst_buf_add_str(&path, ALIAS "?");
    for (int i = 0; i < PORTS; i++) {
        mst_site_rpc_rid(site, cik, "create", "[\"dataport\",{\"format\":\"string\"}]", port);
        (void)snprintf(arguments, sizeof arguments, "[\"alias\",\"%s\",\"p%d\"]", port, i);
        (void)mst_site_rpc(site, cik, "map", arguments);
        (void)mst_buf_addf(&path, "&p%d", i);
        mst_buf_clear(&body);
        (void)mst_buf_addf(&body, "p%d=", i);
        for (size_t n = 0; n < MST_VALUE_MAX; n++)
            (void)mst_buf_add_byte(&body, '/');
        (void)mst_buf_add_byte(&body, '\0');
        ck_assert_status(site, 204, "POST", ALIAS, key, body.ptr);
    }
    (void)mst_buf_add_byte(&path, '\0');
    answer = mst_site_ask(site, "GET", path.ptr, key, NULL);
    ck_assert_uint_eq(answer.status, 500);
    mst_buf_fini(&path);
    mst_buf_fini(&body);
    mst_site_stop(site);
}
MST_TEST_END

MST_TESTS("conform/2.12", values_are_written_and_read_back_by_alias,
          several_values_come_in_reverse_order_and_once,
          the_hybrid_form_writes_first_and_then_reads,
          values_are_converted_by_the_format_of_their_dataport,
          an_alias_with_a_plus_may_be_sent_unescaped,
          a_value_that_does_not_convert_stores_nothing_of_the_request,
          a_setting_skips_values_that_do_not_convert, only_a_good_key_may_and_403_never_comes,
          a_locked_device_is_answered_401, a_read_that_was_answered_before_sees_every_change,
          a_value_of_64_kib_fits_and_a_larger_one_does_not,
          replies_of_one_value_fit_the_smallest_buffer_and_have_no_type,
          a_hybrid_call_that_reads_too_much_writes_nothing,
          a_reply_that_will_never_fit_is_not_trouble_that_passes)

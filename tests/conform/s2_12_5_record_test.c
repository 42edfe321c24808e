/* protocol.md 2.12.5: values with times of their own. */
#include "base/limits.h"
#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#define RECORD "/onep:v1/stack/record"
#define OLDER  "/onep:v1/stack/alias/temp"
#define KEY    "X-Exosite-CIK: $cik"

static struct mst_site *site;
static struct mst_scene scene;
static struct mst_cast cast;
static char rid[41], cik[41], by[64];

static void begin_with(const struct mst_site_opts *opts)
{
    site = mst_scene_start(opts, "dev1", &scene, rid, cik);
    mst_by_cik(cik, by);
    cast = (struct mst_cast){.scene = &scene, .rid = rid, .cik = cik};
}

static void begin(void)
{
    begin_with(NULL);
}

/* The points that are stored, "<at>=<value> " each: those of one dataport in order of time. */
static const char *stored(void)
{
    static char text[1024];
    struct mst_buf dump;
    struct mst_cur cur;
    struct mst_span line;

    mst_buf_init(&dump, MST_MIB(4));
    mst_site_dump(site, &dump);
    cur = mst_cur_of(mst_buf_span(&dump));
    text[0] = '\0';
    while (mst_cur_until(&cur, '\n', &line)) {
        long long at;
        char value[64];

        if (!mst_span_starts(line, MST_LIT("point ")))
            continue;
        ck_assert_int_eq(
            sscanf(line.ptr, "point dataport_id=%*d at=%lld value=%63[^\n]", &at, value), 2);
        (void)snprintf(&text[strlen(text)], sizeof text - strlen(text), "%lld=%s ", at, value);
    }
    mst_buf_fini(&dump);
    return text;
}

MST_TEST(each_pair_belongs_to_the_last_alias_before_it)
{
    static const struct mst_script rows[] = {
        {"POST", RECORD,                            KEY, NULL, "alias=temp&100=1&200=2&alias=count&100=7",                 204, NULL            },
        {"POST", RECORD,                            KEY, NULL, "alias=temp&300=3&alias=count&alias=temp&alias=temp&400=4", 204,
         NULL                                                                                                                                   },
        {"POST", RECORD,                            KEY, NULL, "alias=temp",                                               204, NULL            },
        {"POST", RECORD,                            KEY, NULL, "",                                                         204, NULL            },
        {"GET",  "/onep:v1/stack/alias?temp&count", KEY, NULL, NULL,                                                       200, "count=7&temp=4"},
    };

    begin();
    PLAY(site, &cast, rows);
    ck_assert_str_eq(stored(), "100=1 200=2 300=3 400=4 100=7 ");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(the_older_form_names_the_alias_in_its_path)
{
    static const struct mst_script rows[] = {
        {"POST", OLDER,                         KEY,  NULL, "100=1&200=2", 204, NULL      },
        {"POST", "/api:v1/stack/alias/t%65mp",  KEY,  NULL, "300=3",       204, NULL      },
        {"POST", OLDER,                         KEY,  NULL, "400=4&400=5", 409, "temp=400"},
        {"POST", OLDER,                         KEY,  NULL, "",            204, NULL      },
        {"POST", OLDER,                         KEY,  NULL, "now=1",       400, NULL      },
        {"POST", "/onep:v1/stack/alias/nosuch", KEY,  NULL, "100=1&100=2", 204, NULL      },
        {"POST", "/onep:v1/stack/alias/",       KEY,  NULL, "100=1",       404, NULL      },
        {"POST", "/onep:v1/stack/alias/temp/",  KEY,  NULL, "100=1",       404, NULL      },
        {"GET",  OLDER,                         KEY,  NULL, NULL,          405, NULL      },
        {"POST", OLDER,                         NULL, NULL, "100=1",       401, NULL      },
    };

    begin();
    PLAY(site, &cast, rows);
    ck_assert_str_eq(stored(), "100=1 200=2 300=3 400=4 ");
    mst_site_stop(site);
}
MST_TEST_END

static int64_t now(void)
{
    int64_t at;

    ck_assert_int_eq(mst_span_i64(mst_site_ask(site, "GET", "/timestamp", NULL, NULL).body, &at),
                     MST_OK);
    return at;
}

MST_TEST(a_negative_time_is_an_offset_from_now)
{
    int64_t from, to, at;
    struct mst_span text;

    begin();
    from = now();
    ck_assert_status(site, 204, "POST", RECORD, by, "alias=temp&-10=1");
    to = now();
    text = mst_span_str(stored());
    ck_assert_int_eq(mst_span_i64(mst_span_cut(text, 0, mst_span_find(text, '=', 0)), &at), MST_OK);
    ck_assert(from - 10 <= at && at <= to - 10);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(times_have_bounds_and_may_have_a_fraction_which_is_cut_off)
{
    static const struct mst_script rows[] = {
        {"POST", RECORD, KEY, NULL, "alias=temp&0=1&253402300799=2&100.9=3",  204, NULL},
        {"POST", RECORD, KEY, NULL, "alias=temp&200=1&253402300800=2",        400, NULL},
        {"POST", RECORD, KEY, NULL, "alias=temp&200=1&-9999999999=2",         400, NULL},
        {"POST", RECORD, KEY, NULL, "alias=temp&200=1&99999999999999999999=", 400, NULL},
        {"POST", RECORD, KEY, NULL, "alias=temp&200=1&1e3=2",                 400, NULL},
        {"POST", RECORD, KEY, NULL, "alias=temp&200=1&=2",                    400, NULL},
    };

    begin();
    PLAY(site, &cast, rows);
    ck_assert_str_eq(stored(), "0=1 100=3 253402300799=2 ");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(points_less_than_a_second_apart_are_told_and_the_good_ones_stored)
{
    static const struct mst_script rows[] = {
        {"POST", RECORD, KEY, NULL, "alias=temp&100=1&100=2&101=3&alias=count&100=1&100=2&100=3",
         409,                                                                                          "count=100%2C100&temp=100"},
        {"POST", RECORD, KEY, NULL, "alias=temp&200.9=1&201.1=2&201.9=3",                         409, "temp=201.1"              },
        {"POST", RECORD, KEY, NULL, "alias=nosuch&1=1&1=2",                                       204, NULL                      },
        {"POST", RECORD, KEY, NULL, "alias=nosuch&1=1&1=2&alias=temp&300=1&300=1",                409, "temp=300"                },
    };
    struct mst_answer answer;

    begin();
    PLAY(site, &cast, rows);
    ck_assert_str_eq(stored(), "100=1 101=3 200=1 201=3 300=1 100=1 ");
    answer = mst_site_ask(site, "POST", RECORD, by, "alias=temp&1=1&1=1");
    ck_assert_uint_eq(answer.status, 409);
    ck_assert(answer.head.len + answer.body.len <= 198);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(what_is_stored_at_the_same_second_is_overwritten)
{
    static const struct mst_script rows[] = {
        {"POST", RECORD, KEY, NULL, "alias=temp&100=1&200=1", 204, NULL},
        {"POST", RECORD, KEY, NULL, "alias=temp&100=2",       204, NULL},
        {"POST", RECORD, KEY, NULL, "alias=temp&200.5=3",     204, NULL},
    };

    begin();
    PLAY(site, &cast, rows);
    ck_assert_str_eq(stored(), "100=2 200=3 ");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(unknown_aliases_are_skipped_and_a_pair_before_the_first_is_400)
{
    static const struct mst_script rows[] = {
        {"POST", RECORD, KEY, NULL, "alias=nosuch&100=1&alias=temp&100=1", 204, NULL},
        {"POST", RECORD, KEY, NULL, "alias=nosuch&100=x",                  204, NULL},
        {"POST", RECORD, KEY, NULL, "200=1&alias=temp&300=1",              400, NULL},
        {"POST", RECORD, KEY, NULL, "200=1",                               400, NULL},
        {"POST", RECORD, KEY, NULL, "alias=nosuch&x=1&alias=temp&200=1",   400, NULL},
    };

    begin();
    PLAY(site, &cast, rows);
    ck_assert_str_eq(stored(), "100=1 ");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_value_that_does_not_convert_stores_nothing)
{
    static const struct mst_script rows[] = {
        {"POST", RECORD, KEY, NULL, "alias=count&100=1&alias=temp&100=1&200=warm", 400, NULL},
        {"POST", RECORD, KEY, NULL, "alias=temp&100=1e+3",                         204, NULL}, /* unescaped */
        {"POST", RECORD, KEY, NULL, "alias=note&100=a+b%26%3D",                    204, NULL},
    };

    begin();
    PLAY(site, &cast, rows);
    ck_assert_str_eq(stored(), "100=1000 100=a b&= ");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(an_alias_with_a_plus_may_be_sent_unescaped)
{
    static const struct mst_script rows[] = {
        {"POST", RECORD,                     KEY, NULL, "alias=x+y&100=1&alias=nosuch&100=2&alias=x%2By&200=3", 204,
         NULL                                                                                                                   },
        {"POST", RECORD,                     KEY, NULL, "alias=x+y&300=4&300=5",                                409, "x%2By=300"},
        {"POST", "/onep:v1/stack/alias/x+y", KEY, NULL, "400=6",                                                204, NULL       },
        {"POST", RECORD,                     KEY, NULL, "alias=x%20y&500=7&alias=x+y&600=8&alias=x%20y&700=9",  204,
         NULL                                                                                                                   },
    };

    begin();
    (void)mst_site_rpc(site, cik, "map", "[\"alias\",{\"alias\":\"temp\"},\"x+y\"]");
    PLAY(site, &cast, rows);
    ck_assert_str_eq(stored(), "100=1 200=3 300=4 400=6 600=8 ");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_setting_stores_what_converts)
{
    static const struct mst_script rows[] = {
        {"POST", RECORD, KEY, NULL, "alias=temp&100=1&200=warm&300=2&300=3", 409, "temp=300"},
    };
    const struct mst_site_opts opts = {.http = {.is_bad_value_skipped = true}};

    begin_with(&opts);
    PLAY(site, &cast, rows);
    ck_assert_str_eq(stored(), "100=1 300=2 ");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(only_a_good_key_may_and_403_never_comes)
{
    static const struct mst_script rows[] = {
        {"POST", RECORD,                 NULL,                    NULL, "alias=temp&1=1", 401, NULL},
        {"POST", RECORD,                 "X-Exosite-CIK: $token", NULL, "alias=temp&1=1", 401, NULL},
        {"POST", RECORD,                 "X-Exosite-Token: $cik", NULL, "alias=temp&1=1", 401, NULL},
        {"POST", "/api:v1/stack/record", KEY,                     NULL, "alias=temp&1=1", 204, NULL},
        {"GET",  RECORD,                 KEY,                     NULL, NULL,             405, NULL},
        {"POST", RECORD "/",             KEY,                     NULL, "alias=temp&1=1", 404, NULL},
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

static void add_points(struct mst_buf *body, int n)
{
    mst_buf_clear(body);
    (void)mst_buf_add_str(body, "alias=temp");
    for (int i = 1; i <= n; i++)
        (void)mst_buf_addf(body, "&%d=%d", i, i);
    (void)mst_buf_add_byte(body, '\0');
    ck_assert_int_eq(mst_buf_err(body), MST_OK);
}

MST_TEST(the_number_of_points_is_bounded)
{
    struct mst_buf body;

    begin();
    mst_buf_init(&body, MST_MIB(1));
    add_points(&body, MST_RECORD_POINTS_MAX + 1);
    ck_assert_status(site, 413, "POST", RECORD, by, body.ptr);
    ck_assert_str_eq(stored(), "");
    add_points(&body, MST_RECORD_POINTS_MAX);
    ck_assert_status(site, 204, "POST", RECORD, by, body.ptr);
    ck_assert(mst_span_eq(mst_site_ask(site, "GET", "/onep:v1/stack/alias?temp", by, NULL).body,
                          MST_LIT("temp=5000")));
    mst_buf_fini(&body);
    mst_site_stop(site);
}
MST_TEST_END

MST_TESTS("conform/2.12.5", each_pair_belongs_to_the_last_alias_before_it,
          the_older_form_names_the_alias_in_its_path, a_negative_time_is_an_offset_from_now,
          times_have_bounds_and_may_have_a_fraction_which_is_cut_off,
          points_less_than_a_second_apart_are_told_and_the_good_ones_stored,
          what_is_stored_at_the_same_second_is_overwritten,
          unknown_aliases_are_skipped_and_a_pair_before_the_first_is_400,
          a_value_that_does_not_convert_stores_nothing, an_alias_with_a_plus_may_be_sent_unescaped,
          a_setting_stores_what_converts, only_a_good_key_may_and_403_never_comes,
          the_number_of_points_is_bounded)

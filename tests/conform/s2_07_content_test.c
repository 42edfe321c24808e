/* protocol.md 2.7: content, rule by rule. Byte ranges against a model: src/wire/byte_range_test.c. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sys/clock.h"
#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#define MODELS  "/provision/manage/model/"
#define CONTENT "/provision/manage/content/m1/"
#define GROUPS  "/provision/manage/group/m1/"
#define FORM    "application/x-www-form-urlencoded"
#define BIN     "application/octet-stream"

static struct mst_site *site;
static struct mst_scene scene;
static struct mst_cast cast;
static char rid[41], cik[41];

static void begin_with(const struct mst_site_opts *opts)
{
    site = mst_scene_start(opts, "0001", &scene, rid, cik);
    cast = (struct mst_cast){.scene = &scene, .rid = rid, .cik = cik};
}

static void begin(void)
{
    begin_with(NULL);
}

static const char *body_of(struct mst_answer answer)
{
    static char text[2048];

    (void)snprintf(text, sizeof text, "%.*s", (int)answer.body.len, answer.body.ptr);
    return text;
}

static bool has_field(struct mst_answer answer, const char *line)
{
    char want[320];

    (void)snprintf(want, sizeof want, "\r\n%s\r\n", line);
    return memmem(answer.head.ptr, answer.head.len, want, strlen(want)) != NULL;
}

/* ---- 2.7.1 ---- */

MST_TEST(entries_are_created_listed_and_deleted)
{
    static const struct mst_script rows[] = {
        {"GET",  CONTENT,                         "$T",                   NULL, NULL,                                200, ""           },
        {"POST", CONTENT,                         "$T",                   NULL, "id=fw&meta=x",                      205, ""           },
        {"POST", CONTENT,                         "$T",                   NULL, "id=fw&meta=x",                      409, NULL         },
        {"POST", CONTENT,                         "$T",                   NULL, "id=b&description=d&protected=true", 205, ""           },
        {"GET",  CONTENT,                         "$T",                   NULL, NULL,                                200, "b\r\nfw\r\n"},
        {"GET",  "/provision/manage/content/m1",  "$T",                   NULL, NULL,                                200, "b\r\nfw\r\n"},
        {"GET",  CONTENT,                         "$V",                   NULL, NULL,                                200, "b\r\nfw\r\n"},
        {"POST", CONTENT,                         "$T",                   NULL, "meta=x",                            400, NULL         },
        {"POST", CONTENT,                         "$T",                   NULL, "id=",                               400, NULL         },
        {"POST", CONTENT,                         "$T",                   NULL, "id=x%0Ay",                          400, NULL         },
        {"POST", CONTENT,                         "$T",                   NULL, "id=%00",                            400, NULL         },
        {"POST", CONTENT,                         "$T",                   NULL, "id=none&delete=true",               404, NULL         },
        {"POST", CONTENT,                         "$T",                   NULL, "id=b&delete=true",                  205, ""           },
        {"POST", CONTENT,                         "$T",                   NULL, "id=b&remove=true",                  404, NULL         },
        {"POST", "/provision/manage/content/m1",  "$T",                   NULL, "id=fw&remove=true",                 205, ""           },
        {"GET",  CONTENT,                         "$T",                   NULL, NULL,                                200, ""           },
        {"GET",  "/provision/manage/content/m2/", "$T",                   NULL, NULL,                                400, NULL         },
        {"POST", "/provision/manage/content/m2/", "$T",                   NULL, "id=a",                              404, NULL         },
        {"GET",  CONTENT,                         NULL,                   NULL, NULL,                                401, NULL         },
        {"GET",  CONTENT,                         "X-Exosite-CIK: $Pcik", NULL, NULL,                                412, NULL         },
        {"GET",  CONTENT,                         "X-Exosite-CIK: $cik",  NULL, NULL,                                412, NULL         },
        {"PUT",  CONTENT,                         "$T",                   NULL, "id=a",                              405, NULL         },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(ids_are_free_text_and_lists_quote_them)
{
    static const struct mst_script rows[] = {
        {"POST",   CONTENT,                                        "$T", NULL, "id=a/b%2Cc%22&meta=l%0D%0A%C3%A9", 205, NULL               },
        {"GET",    CONTENT,                                        "$T", NULL, NULL,                               200, "\"a/b,c\"\"\"\r\n"},
        {"DELETE", CONTENT "a%2Fb,c%22",                           "$T", NULL, NULL,                               205, NULL               },
        {"POST",   CONTENT,                                        "$T", NULL, "id=one+two",                       205, NULL               },
        {"DELETE", CONTENT "one%20two",                            "$T", NULL, NULL,                               205, NULL               },
        {"POST",   CONTENT,                                        "$T", NULL, "id=p%2Bq",                         205, NULL               },
        {"POST",   CONTENT,                                        "$T", NULL, "id=p+q&delete=true",               205, NULL               }, /* a raw '+' */
        {"POST",   CONTENT,                                        "$T", NULL, "id=..%2F..%2Fetc%2Fpasswd",        205, NULL               },
        {"POST",   CONTENT "%2e%2e%2f..%2Fetc%2Fpasswd",           "$T", BIN,  "root",                             205, NULL               },
        {"GET",    CONTENT "..%2f..%2fetc%2fpasswd?download=true", "$T", NULL, NULL,                               200, "root"             },
        {"POST",   CONTENT,                                        "$T", NULL, "id=x&meta=%FF",                    400, NULL               },
        {"POST",   CONTENT,                                        "$T", NULL, "id=%FF",                           400, NULL               },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

/* 2.7.1 ?sn=, 2.7.2 ?sn=, 2.7.4 */
MST_TEST(what_a_serial_number_may_have_depends_on_its_state_and_its_groups)
{
    static const struct mst_script rows[] = {
        {"POST",   CONTENT,                                           "$T", NULL,  "id=open",                          205, NULL              },
        {"POST",   CONTENT,                                           "$T", NULL,  "id=shut&protected=true",           205, NULL              },
        {"POST",   CONTENT "open",                                    "$T", "a/b", "12345",                            205, NULL              },
        {"POST",   CONTENT "shut",                                    "$T", "a/b", "67890",                            205, NULL              },
        {"POST",   MODELS "m1/",                                      "$T", NULL,  "sn=idle",                          205, NULL              },
        {"GET",    CONTENT "?sn=0001",                                "$T", NULL,  NULL,                               200, "open\r\n"        },
        {"GET",    CONTENT "?sn=idle",                                "$T", NULL,  NULL,                               200, ""                },
        {"GET",    CONTENT "?sn=none",                                "$T", NULL,  NULL,                               400, NULL              },
        {"GET",    CONTENT "?sn=",                                    "$T", NULL,  NULL,                               400, NULL              },
        {"GET",    "/provision/manage/content/m2/?sn=0001",           "$T", NULL,  NULL,                               400, NULL              },
        {"GET",    CONTENT "shut?sn=0001",                            "$T", NULL,  NULL,                               400, NULL              },
        {"GET",    CONTENT "shut?download=true&sn=0001",              "$T", NULL,  NULL,                               403, NULL              },
        {"GET",    CONTENT "shut?download=true",                      "$T", NULL,  NULL,                               200, "67890"           },
        {"GET",    CONTENT "open?download=true&sn=0001",              "$T", NULL,  NULL,                               200, "12345"           },
        {"GET",    CONTENT "open?download=true&sn=idle",              "$T", NULL,  NULL,                               403, NULL              },
        {"GET",    CONTENT "open?download=true&sn=none",              "$T", NULL,  NULL,                               403, NULL              },
        {"GET",    CONTENT "open?sn=idle",                            "$T", NULL,  NULL,                               400, NULL              },
        {"GET",    CONTENT "open?sn=none",                            "$T", NULL,  NULL,                               400, NULL              },
        {"GET",    CONTENT "none?sn=0001",                            "$T", NULL,  NULL,                               404, NULL              },
        {"GET",    CONTENT "none?download=true&sn=0001",              "$T", NULL,  NULL,                               404, NULL              },
        {"GET",    "/provision/manage/content/m2/open?sn=0001",       "$T", NULL,  NULL,                               400, NULL              },
        {"GET",    "/provision/manage/content/m2/open?download=true", "$T", NULL,  NULL,                               403, NULL              },
        {"GET",    "/provision/manage/content/m2/open",               "$T", NULL,  NULL,                               404, NULL              },
 /* Directly in one group, then through a nested one. */
        {"POST",   GROUPS,                                            "$T", NULL,  "id=g",                             205, NULL              },
        {"POST",   GROUPS "g/",                                       "$T", NULL,  "type=content&id=shut",             205, NULL              },
        {"GET",    CONTENT "?sn=0001",                                "$T", NULL,  NULL,                               200, "open\r\n"        },
        {"POST",   GROUPS "g/",                                       "$T", NULL,  "type=sn&id=0001",                  205, NULL              },
        {"GET",    CONTENT "?sn=0001",                                "$T", NULL,  NULL,                               200, "open\r\nshut\r\n"},
        {"GET",    CONTENT "shut?download=true&sn=0001",              "$T", NULL,  NULL,                               200, "67890"           },
        {"POST",   GROUPS "g/",                                       "$T", NULL,  "type=sn&id=0001&expire=1000",      205, NULL              },
        {"GET",    CONTENT "?sn=0001",                                "$T", NULL,  NULL,                               200, "open\r\n"        },
        {"POST",   GROUPS,                                            "$T", NULL,  "id=h",                             205, NULL              },
        {"POST",   GROUPS "h/",                                       "$T", NULL,  "type=sn&id=0001",                  205, NULL              },
        {"POST",   GROUPS "g/",                                       "$T", NULL,  "type=group&id=h",                  205, NULL              },
        {"GET",    CONTENT "?sn=0001",                                "$T", NULL,  NULL,                               200, "open\r\nshut\r\n"},
        {"POST",   GROUPS "g/",                                       "$T", NULL,  "type=content&id=shut&expire=1000", 205, NULL              },
        {"GET",    CONTENT "?sn=0001",                                "$T", NULL,  NULL,                               200, "open\r\n"        },
 /* show=groups */
        {"GET",    CONTENT "open?show=groups",                        "$T", NULL,  NULL,                               204, NULL              },
        {"POST",   GROUPS "g/",                                       "$T", NULL,  "type=content&id=open",             205, NULL              },
        {"POST",   GROUPS "h/",                                       "$T", NULL,  "type=content&id=open",             205, NULL              },
        {"GET",    CONTENT "open?show=groups",                        "$T", NULL,  NULL,                               200, "g\r\nh\r\n"      },
        {"GET",    CONTENT "open?show=groups&offset=1",               "$T", NULL,  NULL,                               200, "h\r\n"           },
        {"GET",    CONTENT "open?show=groups&limit=x",                "$T", NULL,  NULL,                               400, NULL              },
        {"GET",    CONTENT "none?show=groups",                        "$T", NULL,  NULL,                               404, NULL              },
 /* What is new under an old name is in no group. */
        {"DELETE", CONTENT "open",                                    "$T", NULL,  NULL,                               205, NULL              },
        {"POST",   CONTENT,                                           "$T", NULL,  "id=open",                          205, NULL              },
        {"GET",    CONTENT "open?show=groups",                        "$T", NULL,  NULL,                               204, NULL              },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

/* ---- 2.7.2 ---- */

static void assert_info(const char *id, const char *mime, const char *size, const char *rest)
{
    char path[96], want[256];
    int64_t now = mst_clock_wall_s();
    const char *body;

    (void)snprintf(path, sizeof path, CONTENT "%s", id);
    body = body_of(mst_site_ask(site, "GET", path, scene.by_token, NULL));
    (void)snprintf(want, sizeof want, "%s,%s,%" PRId64 ",%s\r\n", mime, size, now, rest);
    if (strcmp(body, want) != 0) /* a second passed */
        (void)snprintf(want, sizeof want, "%s,%s,%" PRId64 ",%s\r\n", mime, size, now - 1, rest);
    ck_assert_str_eq(body, want);
}

MST_TEST(an_entry_takes_one_blob_of_any_type_as_it_comes)
{
    static const struct mst_script rows[] = {
        {"GET",    CONTENT "fw",                  "$T", NULL,             NULL,                       404, NULL               },
        {"POST",   CONTENT "fw",                  "$T", BIN,              "x",                        404, NULL               },
        {"GET",    CONTENT "fw?download=true",    "$T", NULL,             NULL,                       404, NULL               },
        {"DELETE", CONTENT "fw",                  "$T", NULL,             NULL,                       404, NULL               },
        {"POST",   CONTENT,                       "$T", NULL,             "id=fw&meta=a,b",           205, NULL               },
        {"POST",   CONTENT,                       "$T", NULL,             "id=form&protected=true",   205, NULL               },
        {"POST",   CONTENT,                       "$T", NULL,             "id=typeless&protected=no", 205, NULL               },
        {"POST",   CONTENT,                       "$T", NULL,             "id=empty",                 205, NULL               },
        {"GET",    CONTENT "fw?download=true",    "$T", NULL,             NULL,                       404, NULL               },
        {"POST",   CONTENT "fw",                  "$T", "a/b; c=\"d,e\"", "0123456789",               205, ""                 },
        {"POST",   CONTENT "fw",                  "$T", BIN,              "0123456789",               409, NULL               },
        {"GET",    CONTENT "fw?download=true",    "$T", NULL,             NULL,                       200, "0123456789"       },
        {"POST",   CONTENT "form",                "$T", FORM,             "id=fw&delete=true",        205, NULL               },
        {"GET",    CONTENT "form?download=true",  "$T", NULL,             NULL,                       200, "id=fw&delete=true"},
        {"POST",   CONTENT "typeless",            "$T", NULL,             "x",                        205, NULL               },
        {"POST",   CONTENT "empty",               "$T", BIN,              "",                         205, NULL               },
        {"POST",   CONTENT "empty",               "$T", BIN,              "y",                        409, NULL               },
        {"GET",    CONTENT "empty?download=true", "$T", NULL,             NULL,                       200, ""                 },
        {"PUT",    CONTENT "fw",                  "$T", BIN,              "x",                        405, NULL               },
    };

    begin();
    ck_assert_status(site, 205, "POST", CONTENT, scene.by_token, "id=new&meta=m");
    assert_info("new", "", "0", "m,false");
    PLAY(site, &cast, rows);
    assert_info("fw", "\"a/b; c=\"\"d,e\"\"\"", "10", "\"a,b\",false");
    assert_info("form", FORM, "17", ",true");
    assert_info("typeless", BIN, "1", ",false");
    assert_info("empty", BIN, "0", ",false");
    ck_assert(has_field(mst_site_ask(site, "GET", CONTENT "fw?download=true", scene.by_token, NULL),
                        "Content-Type: a/b; c=\"d,e\""));
    ck_assert_status(site, 205, "DELETE", CONTENT "fw", scene.by_token, NULL);
    ck_assert_status(site, 404, "GET", CONTENT "fw", scene.by_token, NULL);
    ck_assert_status(site, 404, "GET", CONTENT "fw?download=true", scene.by_token, NULL);
    ck_assert_status(site, 205, "POST", CONTENT, scene.by_token, "id=fw");
    assert_info("fw", "", "0", ",false");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(the_row_for_a_serial_number_has_four_columns)
{
    struct mst_answer answer;
    int n_commas = 0;

    begin();
    ck_assert_status(site, 205, "POST", CONTENT, scene.by_token, "id=fw&meta=m");
    answer = mst_site_ask(site, "GET", CONTENT "fw?sn=0001", scene.by_token, NULL);
    ck_assert_uint_eq(answer.status, 200);
    ck_assert(has_field(answer, "Content-Type: text/csv; charset=utf-8"));
    for (size_t i = 0; i < answer.body.len; i++)
        n_commas += answer.body.ptr[i] == ',';
    ck_assert_int_eq(n_commas, 3);
    ck_assert(mst_span_starts(answer.body, MST_LIT(",0,")));
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_type_of_255_bytes_is_kept_and_a_longer_one_refused)
{
    char type[257], line[300];

    begin();
    memset(type, 't', sizeof type);
    type[256] = '\0';
    ck_assert_status(site, 205, "POST", CONTENT, scene.by_token, "id=fw");
    ck_assert_uint_eq(
        mst_site_ask_typed(site, "POST", CONTENT "fw", scene.by_token, type, "x").status, 400);
    type[255] = '\0';
    ck_assert_uint_eq(
        mst_site_ask_typed(site, "POST", CONTENT "fw", scene.by_token, type, "x").status, 205);
    (void)snprintf(line, sizeof line, "Content-Type: %s", type);
    ck_assert(has_field(mst_site_ask(site, "GET", CONTENT "fw?download=true", scene.by_token, NULL),
                        line));
    mst_site_stop(site);
}
MST_TEST_END

/* ---- 2.7.3 ---- */

static void assert_part(const char *range, unsigned status, const char *content_range,
                        const char *body)
{
    char headers[160], line[96];
    struct mst_answer answer;

    (void)snprintf(headers, sizeof headers, "%s\r\nRange: %s", scene.by_token, range);
    answer = mst_site_ask(site, "GET", CONTENT "fw?download=true", headers, NULL);
    ck_assert_uint_eq(answer.status, status);
    (void)snprintf(line, sizeof line, "Content-Range: bytes %s", content_range);
    ck_assert(has_field(answer, line) == (content_range[0] != '\0'));
    if (status < 400)
        ck_assert_str_eq(body_of(answer), body);
    ck_assert(has_field(answer, "Accept-Ranges: bytes"));
}

MST_TEST(a_range_of_bytes_is_answered_with_that_part)
{
    begin();
    ck_assert_status(site, 205, "POST", CONTENT, scene.by_token, "id=fw");
    ck_assert_status(site, 205, "POST", CONTENT "fw", scene.by_token, "0123456789");
    assert_part("bytes=2-4", 206, "2-4/10", "234");
    assert_part("bytes=-4", 206, "6-9/10", "6789");
    assert_part("bytes=7-", 206, "7-9/10", "789");
    assert_part("bytes=0-9", 206, "0-9/10", "0123456789");
    assert_part("bytes=8-99", 206, "8-9/10", "89");
    assert_part("bytes=10-", 416, "*/10", "");
    assert_part("bytes=0-1,4-5", 200, "", "0123456789");
    assert_part("lines=0-1", 200, "", "0123456789");
    assert_part("bytes=4-2", 200, "", "0123456789");
    mst_site_stop(site);
}
MST_TEST_END

/* ---- an upload, piece by piece ---- */

enum { LARGE = 200 * 1024 + 17 };

static char byte_at(size_t i)
{
    return (char)(i * 31 + i / 251);
}

static struct mst_span large(void)
{
    static char bytes[LARGE];

    for (size_t i = 0; i < LARGE; i++)
        bytes[i] = byte_at(i);
    return mst_span_of(bytes, LARGE);
}

static void send_upload(struct mst_line *line, const char *id, struct mst_span bytes, size_t n)
{
    char head[300];

    (void)snprintf(head, sizeof head,
                   "POST " CONTENT "%s HTTP/1.1\r\n%s\r\nContent-Type: " BIN
                   "\r\nContent-Length: %zu\r\n\r\n",
                   id, scene.by_token, bytes.len);
    mst_line_send(line, head);
    mst_line_send_bytes(line, mst_span_cut(bytes, 0, n));
}

static unsigned upload(const char *id, struct mst_span bytes)
{
    struct mst_line line = mst_line_open(site);
    unsigned status;

    send_upload(&line, id, bytes, bytes.len);
    status = mst_line_reply(&line).status;
    mst_line_close(&line);
    return status;
}

MST_TEST(what_spans_several_pieces_comes_back_byte_for_byte_and_part_by_part)
{
    static const size_t parts[][2] = {
        {0,         1          },
        {65535,     2          },
        {65536,     65536      },
        {100,       LARGE - 200},
        {131071,    1          },
        {LARGE - 1, 1          }
    };
    struct mst_answer answer;

    begin();
    ck_assert_status(site, 205, "POST", CONTENT, scene.by_token, "id=fw");
    ck_assert_uint_eq(upload("fw", large()), 205);
    answer = mst_site_ask(site, "GET", CONTENT "fw?download=true", scene.by_token, NULL);
    ck_assert_uint_eq(answer.status, 200);
    ck_assert(mst_span_eq(answer.body, large()));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t from = parts[i][0], n = parts[i][1];
        char headers[200];

        (void)snprintf(headers, sizeof headers, "%s\r\nRange: bytes=%zu-%zu", scene.by_token, from,
                       from + n - 1);
        answer = mst_site_ask(site, "GET", CONTENT "fw?download=true", headers, NULL);
        ck_assert_uint_eq(answer.status, 206);
        ck_assert(mst_span_eq(answer.body, mst_span_cut(large(), from, from + n)));
    }
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(an_upload_that_breaks_off_leaves_the_entry_as_it_was)
{
    struct mst_line line;

    begin();
    ck_assert_status(site, 205, "POST", CONTENT, scene.by_token, "id=fw");
    line = mst_line_open(site);
    send_upload(&line, "fw", large(), LARGE - 1);
    mst_line_close(&line);
    assert_info("fw", "", "0", ",false");
    ck_assert_uint_eq(upload("fw", large()), 205);
    mst_site_stop(site);
}
MST_TEST_END

/* The faster one is kept, whole. */
MST_TEST(of_two_uploads_at_once_one_is_refused)
{
    struct mst_answer answer;
    struct mst_line line;

    begin();
    ck_assert_status(site, 205, "POST", CONTENT, scene.by_token, "id=fw");
    line = mst_line_open(site);
    send_upload(&line, "fw", large(), LARGE - 1);
    ck_assert_uint_eq(upload("fw", MST_LIT("the faster one")), 205);
    mst_line_send_bytes(&line, mst_span_cut(large(), LARGE - 1, LARGE));
    ck_assert_uint_eq(mst_line_reply(&line).status, 409);
    mst_line_close(&line);
    answer = mst_site_ask(site, "GET", CONTENT "fw?download=true", scene.by_token, NULL);
    ck_assert_span_str(answer.body, "the faster one");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(an_upload_whose_entry_is_deleted_meanwhile_is_refused)
{
    struct mst_line line;

    begin();
    ck_assert_status(site, 205, "POST", CONTENT, scene.by_token, "id=fw");
    line = mst_line_open(site);
    send_upload(&line, "fw", large(), LARGE - 1);
    ck_assert_status(site, 205, "DELETE", CONTENT "fw", scene.by_token, NULL);
    ck_assert_status(site, 205, "POST", CONTENT, scene.by_token, "id=fw");
    mst_line_send_bytes(&line, mst_span_cut(large(), LARGE - 1, LARGE));
    ck_assert_uint_eq(mst_line_reply(&line).status, 404);
    mst_line_close(&line);
    assert_info("fw", "", "0", ",false");
    mst_site_stop(site);
}
MST_TEST_END

/* A refusal comes before the body is sent, and an unknown key as well. */
MST_TEST(a_refused_upload_is_answered_before_its_body)
{
    static const struct {
        const char *id;
        bool has_key;
        unsigned status;
    } rows[] = {
        {"fw",   true,  409},
        {"none", true,  404},
        {"fw",   false, 401},
    };

    begin();
    ck_assert_status(site, 205, "POST", CONTENT, scene.by_token, "id=fw");
    ck_assert_uint_eq(upload("fw", MST_LIT("x")), 205);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mst_line line = mst_line_open(site);
        char head[300];

        (void)snprintf(head, sizeof head,
                       "POST " CONTENT "%s HTTP/1.1\r\n%s\r\nContent-Length: 1000000\r\n\r\n",
                       rows[i].id, rows[i].has_key ? scene.by_token : "X: y");
        mst_line_send(&line, head);
        ck_assert_uint_eq(mst_line_reply(&line).status, rows[i].status);
        mst_line_close(&line);
    }
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_blob_has_at_most_as_many_bytes_as_the_setting_says)
{
    struct mst_site_opts opts = {.http = {.content_max_bytes = LARGE}};

    begin_with(&opts);
    ck_assert_status(site, 205, "POST", CONTENT, scene.by_token, "id=fw");
    opts.http.content_max_bytes = 0;
    {
        struct mst_line line = mst_line_open(site);
        char head[300];

        (void)snprintf(head, sizeof head,
                       "POST " CONTENT "fw HTTP/1.1\r\n%s\r\nContent-Length: %d\r\n\r\n",
                       scene.by_token, LARGE + 1);
        mst_line_send(&line, head);
        ck_assert_uint_eq(mst_line_reply(&line).status, 413);
        mst_line_close(&line);
    }
    assert_info("fw", "", "0", ",false");
    ck_assert_uint_eq(upload("fw", large()), 205);
    mst_site_stop(site);
}
MST_TEST_END

/* 2.6.2: with its model. */
MST_TEST(content_goes_with_its_model)
{
    static const struct mst_script rows[] = {
        {"POST",   CONTENT,      "$T", NULL, "id=fw",                  205, NULL},
        {"POST",   CONTENT "fw", "$T", BIN,  "bytes",                  205, NULL},
        {"DELETE", MODELS "m1",  "$T", NULL, NULL,                     205, NULL},
        {"GET",    CONTENT "fw", "$T", NULL, NULL,                     404, NULL},
        {"POST",   MODELS,       "$T", NULL, "model=m1&rid=$template", 205, NULL},
        {"GET",    CONTENT,      "$T", NULL, NULL,                     200, ""  },
    };

    begin();
    PLAY(site, &cast, rows);
    mst_site_stop(site);
}
MST_TEST_END

MST_TESTS("conform/2.7", entries_are_created_listed_and_deleted,
          ids_are_free_text_and_lists_quote_them,
          what_a_serial_number_may_have_depends_on_its_state_and_its_groups,
          an_entry_takes_one_blob_of_any_type_as_it_comes,
          the_row_for_a_serial_number_has_four_columns,
          a_type_of_255_bytes_is_kept_and_a_longer_one_refused,
          a_range_of_bytes_is_answered_with_that_part,
          what_spans_several_pieces_comes_back_byte_for_byte_and_part_by_part,
          an_upload_that_breaks_off_leaves_the_entry_as_it_was,
          of_two_uploads_at_once_one_is_refused,
          an_upload_whose_entry_is_deleted_meanwhile_is_refused,
          a_refused_upload_is_answered_before_its_body,
          a_blob_has_at_most_as_many_bytes_as_the_setting_says, content_goes_with_its_model)

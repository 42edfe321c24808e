/*
 * Every allocation of a set of requests fails once: the request is answered as usual,
 * with 500 or 503, or its connection ends; nothing breaks, and the next request works.
 */
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/metric.h"
#include "tests/lib/failing_malloc.h"
#include "tests/lib/pattern.h"
#include "tests/lib/site.h"
#include "tests/lib/unit.h"
#include "tests/lib/ws_peer.h"

static unsigned long n_fired; /* all told */
static struct mst_site *site;
static struct mst_scene scene;
static char rid[41], cik[41];

struct request {
    const char *method, *path;
    char header[128]; /* lines, without the last line end */
    char body[1024];
};

/* The status of the reply, 0 if the connection ended without one. */
static unsigned try_once(const struct request *request)
{
    struct mst_line line = mst_line_open(site);
    struct mst_buf text;
    struct mst_span got;
    uint64_t status = 0;

    mst_buf_init(&text, MST_KIB(64));
    (void)mst_buf_addf(&text,
                       "%s %s HTTP/1.1\r\n%s%sConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
                       request->method, request->path, request->header,
                       request->header[0] ? "\r\n" : "", strlen(request->body), request->body);
    mst_line_send_bytes(&line, mst_buf_span(&text));
    got = mst_line_rest(&line);
    if (got.len >= 12)
        ck_assert_int_eq(mst_span_u64(mst_span_cut(got, 9, 12), 999, &status), MST_OK);
    mst_buf_fini(&text);
    mst_line_close(&line);
    return (unsigned)status;
}

static void sweep(const struct request *request, unsigned want, unsigned again)
{
    for (long n = 0;; n++) {
        unsigned status;

        arm(n);
        status = try_once(request);
        if (!disarm()) {
            ck_assert_msg(status == want || status == again, "%s %s: %u", request->method,
                          request->path, status);
            break;
        }
        n_fired++;
        ck_assert_msg(status == 0 || status == want || status == again || status == 500 ||
                          status == 503,
                      "%s %s, allocation %ld: %u", request->method, request->path, n, status);
        ck_assert_uint_eq(mst_site_status(site, "GET", "/timestamp", NULL, NULL), 200);
    }
}

static void begin_with(const struct mst_site_opts *opts)
{
    is_tester = true;
    site = mst_site_start(opts);
    mst_scene_make(site, &scene);
    mst_scene_device(site, &scene, "dev1", rid, cik);
}

static void begin(void)
{
    begin_with(NULL);
}

static struct request make(const char *method, const char *path, const char *header,
                           const char *body)
{
    struct request request = {.method = method, .path = path};

    (void)snprintf(request.header, sizeof request.header, "%s", header);
    (void)snprintf(request.body, sizeof request.body, "%s", body);
    return request;
}

MST_TEST(requests_survive_the_failure_of_any_allocation)
{
    static const char models[] = "/provision/manage/model/";
    char by_device[64], waiting[96], body[512];
    struct request request;

    begin();
    mst_by_cik(cik, by_device);
    request = make("GET", "/timestamp", "", "");
    sweep(&request, 200, 200);
    request = make("POST", "/provision/activate", "", "vendor=acme&model=m1&sn=dev1");
    sweep(&request, 409, 409);
    request = make("GET", "/onep:v1/stack/alias?temp&count", by_device, "");
    sweep(&request, 204, 204);
    (void)snprintf(waiting, sizeof waiting, "%s\r\nRequest-Timeout: 1", by_device);
    request = make("GET", "/onep:v1/stack/alias?temp&count", waiting, "");
    sweep(&request, 304, 304);
    (void)snprintf(body, sizeof body,
                   "{\"auth\":{\"cik\":\"%s\"},\"calls\":[{\"id\":1,\"procedure\":\"wait\","
                   "\"arguments\":[{\"alias\":\"temp\"},{\"timeout\":1}]}]}",
                   cik);
    request = make("POST", "/onep:v1/rpc/process", "", body);
    sweep(&request, 200, 200);
    request = make("POST", "/onep:v1/stack/alias?temp", by_device, "temp=1.5&count=2&note=x+y");
    sweep(&request, 200, 200);
    request = make("POST", "/onep:v1/stack/record", by_device,
                   "alias=temp&1=1.5&1=2&5=1e+3&alias=note&-5=x+y&alias=count&7=1");
    sweep(&request, 409, 409);
    request = make("POST", "/onep:v1/stack/alias/temp", by_device, "1=1&2=2");
    sweep(&request, 204, 204);
    request = make("GET", "/ip", "", "");
    sweep(&request, 200, 200);
    request = make("GET", models, scene.by_token, "");
    sweep(&request, 200, 200);
    request =
        make("POST", "/provision/manage/model/m1/", scene.by_token, "sn[]=a1&sn[]=a2&extra=q");
    sweep(&request, 205, 409);
    (void)snprintf(body, sizeof body, "enable=true&owner=%s", scene.portal_rid);
    request = make("POST", "/provision/manage/model/m1/a1", scene.by_token, body);
    sweep(&request, 200, 409);
    request = make("POST", "/provision/activate", "", "vendor=acme&model=m1&sn=a1");
    sweep(&request, 200, 409);
    request = make("GET", "/provision/manage/model/m1/?status=true", scene.by_token, "");
    sweep(&request, 200, 200);
    request = make("GET", "/provision/manage/model/m1/a1?show=log", scene.by_token, "");
    sweep(&request, 200, 200);
    request = make("POST", "/provision/manage/model/m1/a1", scene.by_token, "enable=true");
    sweep(&request, 205, 205);
    request = make("DELETE", "/provision/manage/model/m1/a2", scene.by_token, "");
    sweep(&request, 205, 404);
    mst_site_stop(site);
    ck_assert_uint_ge(n_fired, FIRED_MIN);
}
MST_TEST_END

MST_TEST(groups_survive_the_failure_of_any_allocation)
{
    static const struct {
        const char *method, *path, *body;
        unsigned want, again;
    } rows[] = {
        {"POST",   "/provision/manage/group/m1/",                 "id=g&meta=x+y",              205, 409},
        {"POST",   "/provision/manage/group/m1/",                 "id=h",                       205, 409},
        {"POST",   "/provision/manage/group/m1/g/",               "type=sn&id[]=dev1&id[]=b",   205, 205},
        {"POST",   "/provision/manage/group/m1/h/",               "type=group&id=g",            205, 205},
        {"POST",   "/provision/manage/group/m1/g/",               "type=group&id=h",            409, 409},
        {"GET",    "/provision/manage/group/m1/g/?id=b",          "",                           200, 200},
        {"GET",    "/provision/manage/model/m1/dev1?show=groups", "",                           200, 200},
        {"POST",   "/provision/manage/group/m1/g/",               "type=sn&id=b+c&delete=true", 205, 205},
        {"DELETE", "/provision/manage/group/m1/g",                "",                           205, 404},
    };

    begin();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct request request = make(rows[i].method, rows[i].path, scene.by_token, rows[i].body);

        sweep(&request, rows[i].want, rows[i].again);
    }
    mst_site_stop(site);
    ck_assert_uint_ge(n_fired, FIRED_MIN);
}
MST_TEST_END

#define MACS  "{\"ranges\":[{\"format\":\"mac:48\",\"first\":0,\"last\":281474976710655}]}"
#define RANGE "[{\"format\":\"base\\u00310\",\"length\":null,\"first\":1,\"last\":\"9\"}]"

MST_TEST(ranges_and_why_survive_the_failure_of_any_allocation)
{
    static const struct {
        const char *method, *path, *body;
        unsigned want, again;
    } rows[] = {
        {"POST",   "/provision/manage/model/m1/",             RANGE, 205, 409},
        {"GET",    "/provision/manage/model/m1/?show=ranges", "",    200, 200},
        {"GET",    "/provision/manage/model/m1/5",            "",    204, 204},
        {"GET",    "/muster/v1/why?model=m1&sn=dev1",         "",    200, 200},
        {"GET",    "/muster/v1/why?model=m1&sn=DEV1",         "",    200, 200},
        {"GET",    "/muster/v1/why?model=m1&sn=5",            "",    200, 200},
        {"GET",    "/muster/v1/why?model=M1&sn=dev1",         "",    200, 200},
        {"POST",   "/provision/manage/model/m1/",             MACS,  205, 409},
        {"POST",   "/provision/manage/model/m1/",             "[}",  400, 400},
        {"DELETE", "/provision/manage/model/m1/",             MACS,  205, 205},
        {"DELETE", "/provision/manage/model/m1/",             RANGE, 205, 205},
    };

    begin();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct request request = make(rows[i].method, rows[i].path, scene.by_token, rows[i].body);

        sweep(&request, rows[i].want, rows[i].again);
    }
    mst_site_stop(site);
    ck_assert_uint_ge(n_fired, FIRED_MIN);
}
MST_TEST_END

MST_TEST(content_survives_the_failure_of_any_allocation)
{
    static const struct {
        const char *method, *path, *body;
        bool is_by_device;
        unsigned want, again;
    } rows[] = {
        {"POST",   "/provision/manage/content/m1/",                  "id=fw&meta=x+y", false, 205, 409},
        {"POST",   "/provision/manage/content/m1/fw",                "firmware",       false, 205, 409},
        {"POST",   "/provision/manage/content/m1/fw",                "other",          false, 409, 409},
        {"GET",    "/provision/manage/content/m1/",                  "",               false, 200, 200},
        {"GET",    "/provision/manage/content/m1/fw?sn=dev1",        "",               false, 200, 200},
        {"GET",    "/provision/manage/content/m1/fw?download=true",  "",               false, 200, 200},
        {"GET",    "/provision/download?vendor=acme&model=m1",       "",               true,  200, 200},
        {"GET",    "/provision/download?vendor=acme&model=m1&id=fw", "",               true,  200, 200},
        {"GET",    "/provision/download?id=fw&info=true",            "",               true,  200, 200},
        {"DELETE", "/provision/manage/content/m1/fw",                "",               false, 205, 404},
    };
    char by_device[64];

    begin();
    mst_by_cik(cik, by_device);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct request request =
            make(rows[i].method, rows[i].path, rows[i].is_by_device ? by_device : scene.by_token,
                 rows[i].body);

        sweep(&request, rows[i].want, rows[i].again);
    }
    mst_site_stop(site);
    ck_assert_uint_ge(n_fired, FIRED_MIN);
}
MST_TEST_END

MST_TEST(rpc_survives_the_failure_of_any_allocation)
{
    char body[1024];
    struct request request;

    begin();
    (void)snprintf(body, sizeof body,
                   "{\"auth\":{\"cik\":\"%s\"},\"calls\":["
                   "{\"id\":1,\"procedure\":\"info\",\"arguments\":[{\"alias\":\"\"}]},"
                   "{\"id\":2,\"procedure\":\"listing\",\"arguments\":[[\"client\"],{}]},"
                   "{\"id\":3,\"procedure\":\"create\",\"arguments\":[\"dataport\","
                   "{\"format\":\"float\",\"retention\":{\"count\":5}}]},"
                   "{\"id\":4,\"procedure\":\"map\",\"arguments\":[\"alias\",\"%s\",\"a\"]}]}",
                   scene.portal_cik, rid);
    request = make("POST", "/onep:v1/rpc/process", "", body);
    sweep(&request, 200, 200);
    mst_site_stop(site);
    ck_assert_uint_ge(n_fired, FIRED_MIN);
}
MST_TEST_END

MST_TEST(data_calls_of_the_rpc_survive_the_failure_of_any_allocation)
{
    char device_rid[41], device_cik[41], body[1024];
    struct request request;

    begin();
    mst_scene_device(site, &scene, "data1", device_rid, device_cik);
    (void)snprintf(
        body, sizeof body,
        "{\"auth\":{\"cik\":\"%s\"},\"calls\":["
        "{\"id\":1,\"procedure\":\"writegroup\",\"arguments\":[[[{\"alias\":\"temp\"},1.5],"
        "[{\"alias\":\"note\"},\"a\\u00e9\"]]]},"
        "{\"id\":2,\"procedure\":\"recordbatch\",\"arguments\":[{\"alias\":\"count\"},"
        "[[100,1],[110,2.5],[120,\"x\"]]]},"
        "{\"id\":3,\"procedure\":\"read\",\"arguments\":[{\"alias\":\"count\"},"
        "{\"limit\":2,\"selection\":\"autowindow\"}]},"
        "{\"id\":4,\"procedure\":\"flush\",\"arguments\":[{\"alias\":\"count\"},{\"olderthan\":105}"
        "]}]}",
        device_cik);
    request = make("POST", "/onep:v1/rpc/process", "", body);
    sweep(&request, 200, 200);
    mst_site_stop(site);
    ck_assert_uint_ge(n_fired, FIRED_MIN / 2); /* no tree is made */
}
MST_TEST_END

MST_TEST(moves_tags_and_grants_survive_the_failure_of_any_allocation)
{
    char device_rid[41], device_cik[41], token[41], body[1024];
    struct request request;

    begin();
    mst_scene_device(site, &scene, "tree1", device_rid, device_cik);
    (void)snprintf(body, sizeof body, "[\"%s\",{\"%s\":[\"info\",\"tag\"]}]", device_rid,
                   device_rid);
    mst_site_rpc_rid(site, scene.vendor_cik, "grant", body, token);
    (void)snprintf(
        body, sizeof body,
        "{\"auth\":{\"cik\":\"%s\"},\"calls\":["
        "{\"id\":1,\"procedure\":\"grant\",\"arguments\":[\"%s\",{\"%s\":[\"read\"]}]},"
        "{\"id\":2,\"procedure\":\"move\",\"arguments\":[\"%s\",{\"alias\":\"\"}]},"
        "{\"id\":3,\"procedure\":\"usage\",\"arguments\":[{\"alias\":\"\"},\"client\",0,9]}]}",
        scene.vendor_cik, device_rid, device_rid, device_rid);
    request = make("POST", "/onep:v1/rpc/process", "", body);
    sweep(&request, 200, 200);
    (void)snprintf(
        body, sizeof body,
        "{\"auth\":{\"token\":\"%s\"},\"calls\":["
        "{\"id\":1,\"procedure\":\"tag\",\"arguments\":[{\"alias\":\"temp\"},\"add\",\"t\"]},"
        "{\"id\":2,\"procedure\":\"info\",\"arguments\":[{\"alias\":\"\"},[\"tagged\"]]}]}",
        token);
    request = make("POST", "/onep:v1/rpc/process", "", body);
    sweep(&request, 200, 200);
    mst_site_stop(site);
    ck_assert_uint_ge(n_fired, FIRED_MIN / 2); /* few trees are made */
}
MST_TEST_END

/* The template has points, so that a clone has something to copy. */
static void write_to_template(void)
{
    char template_cik[41], by[64];

    mst_site_key(site, scene.vendor_cik, scene.template_rid, template_cik);
    ck_assert_status(site, 204, "POST", "/onep:v1/stack/alias", mst_by_cik(template_cik, by),
                     "temp=1&note=x");
}

MST_TEST(rules_shares_and_clones_survive_the_failure_of_any_allocation)
{
    char body[1024];
    struct request request;

    begin();
    write_to_template();
    (void)snprintf(body, sizeof body,
                   "{\"auth\":{\"cik\":\"%s\"},\"calls\":["
                   "{\"id\":1,\"procedure\":\"create\",\"arguments\":[\"datarule\",{\"format\":"
                   "\"float\",\"rule\":{\"timeout\":{\"timeout\":5}}}]},"
                   "{\"id\":2,\"procedure\":\"share\",\"arguments\":[\"%s\",{\"meta\":\"m\"}]}]}",
                   scene.vendor_cik, scene.portal_rid);
    request = make("POST", "/onep:v1/rpc/process", "", body);
    sweep(&request, 200, 200);
    (void)snprintf(body, sizeof body, "[\"%s\",{\"meta\":\"m\"}]", scene.template_rid);
    (void)mst_site_rpc(site, scene.vendor_cik, "share", body);
    (void)snprintf(body, sizeof body,
                   "{\"auth\":{\"cik\":\"%s\"},\"calls\":["
                   "{\"id\":1,\"procedure\":\"info\",\"arguments\":[\"%s\"]}]}",
                   scene.vendor_cik, scene.template_rid);
    request = make("POST", "/onep:v1/rpc/process", "", body);
    sweep(&request, 200, 200);
    (void)snprintf(
        body, sizeof body,
        "{\"auth\":{\"cik\":\"%s\"},\"calls\":["
        "{\"id\":1,\"procedure\":\"create\",\"arguments\":[\"clone\",{\"rid\":\"%s\"}]}]}",
        scene.vendor_cik, scene.template_rid);
    request = make("POST", "/onep:v1/rpc/process", "", body);
    sweep(&request, 200, 200);
    ck_assert_status(site, 205, "POST", "/provision/manage/model/m1/", scene.by_token, "sn=h1");
    (void)snprintf(body, sizeof body, "enable=true&owner=%s", scene.portal_rid);
    request = make("POST", "/provision/manage/model/m1/h1", scene.by_token, body);
    sweep(&request, 200, 409);
    mst_site_stop(site);
    ck_assert_uint_ge(n_fired, FIRED_MIN);
}
MST_TEST_END

/* Made, changed, looked at and dropped; then one that stays is written to. */
MST_TEST(what_values_set_off_survives_the_failure_of_any_allocation)
{
    char device_rid[41], device_cik[41], port[41], by_device[64], body[1024];
    struct request request;
    int n;

    begin();
    mst_scene_device(site, &scene, "flow1", device_rid, device_cik);
    mst_by_cik(device_cik, by_device);
    mst_site_rpc_rid(site, device_cik, "lookup", "[\"alias\",\"temp\"]", port);
    (void)snprintf(body, sizeof body,
                   "[\"dataport\",{\"format\":\"string\",\"preprocess\":[[\"add\",\"%s\"],"
                   "[\"gt\",3]],\"retention\":{\"count\":2},\"subscribe\":\"%s\"}]",
                   port, port);
    mst_site_rpc_rid(site, device_cik, "create", body, device_rid);
    (void)snprintf(body, sizeof body,
                   "[\"dispatch\",{\"method\":\"sms\",\"recipient\":\"1\",\"subscribe\":\"%s\"}]",
                   device_rid);
    mst_site_rpc_rid(site, device_cik, "create", body, device_rid);
    (void)snprintf(
        body, sizeof body,
        "[\"datarule\",{\"format\":\"string\",\"rule\":{\"count\":{\"comparison\":\"gt\","
        "\"constant\":1,\"count\":2,\"timeout\":9}},\"subscribe\":\"%s\"}]",
        port);
    mst_site_rpc_rid(site, device_cik, "create", body, device_rid);
    request = make("POST", "/onep:v1/stack/alias", by_device, "temp=4.5&temp=1e3");
    sweep(&request, 204, 204);
    n = snprintf(
        body, sizeof body,
        "{\"auth\":{\"cik\":\"%s\"},\"calls\":["
        "{\"id\":1,\"procedure\":\"create\",\"arguments\":[\"dispatch\",{\"method\":"
        "\"email\",\"recipient\":\"a@b\",\"preprocess\":[[\"mul\",2]],\"subscribe\":\"%s\"}]},"
        "{\"id\":2,\"procedure\":\"update\",\"arguments\":[\"%s\",{\"preprocess\":[[\"eq\","
        "\"x\\u0041\"]],\"subscribe\":null}]},"
        "{\"id\":3,\"procedure\":\"info\",\"arguments\":[\"%s\"]},"
        "{\"id\":4,\"procedure\":\"info\",\"arguments\":[\"%s\"]}]}",
        device_cik, port, device_rid, device_rid, port);
    ck_assert_int_lt(n, (int)sizeof body);
    request = make("POST", "/onep:v1/rpc/process", "", body);
    sweep(&request, 200, 200);
    mst_site_stop(site);
    ck_assert_uint_ge(n_fired, FIRED_MIN);
}
MST_TEST_END

/* ---- content: bodies and replies in pieces ---- */

enum { BLOB_BYTES = 2 * MST_PIECE_MAX + 1000 };
#define BLOB_PATH "/provision/manage/content/m1/fw"

static struct mst_buf upload_text;

/* By its length, or as one chunk. */
static void make_upload(bool is_chunked)
{
    mst_buf_clear(&upload_text);
    (void)mst_buf_addf(&upload_text, "POST " BLOB_PATH " HTTP/1.1\r\n%s\r\nConnection: close\r\n",
                       scene.by_token);
    if (is_chunked)
        (void)mst_buf_addf(&upload_text, "Transfer-Encoding: chunked\r\n\r\n%x\r\n", BLOB_BYTES);
    else
        (void)mst_buf_addf(&upload_text, "Content-Length: %d\r\n\r\n", BLOB_BYTES);
    mst_pattern_add(&upload_text, 0, BLOB_BYTES);
    if (is_chunked)
        (void)mst_buf_add_str(&upload_text, "\r\n0\r\n\r\n");
    ck_assert_int_eq(mst_buf_err(&upload_text), MST_OK);
}

/* The status of the reply to bytes, 0 if there was none; *ret_body_bytes of the blob came. */
static unsigned say(struct mst_span bytes, size_t *ret_body_bytes)
{
    struct mst_line line = mst_line_open(site);
    struct mst_span got, body = MST_LIT("");
    uint64_t status = 0;

    mst_line_send_bytes(&line, bytes);
    got = mst_line_rest(&line);
    for (size_t i = 0; i + 4 <= got.len && body.len == 0; i++)
        if (mst_span_eq(mst_span_cut(got, i, i + 4), MST_LIT("\r\n\r\n")))
            body = mst_span_cut(got, i + 4, got.len);
    if (got.len >= 12)
        ck_assert_int_eq(mst_span_u64(mst_span_cut(got, 9, 12), 999, &status), MST_OK);
    ck_assert(status != 200 || mst_pattern_is(body, 0));
    *ret_body_bytes = body.len;
    mst_line_close(&line);
    return (unsigned)status;
}

static unsigned download(size_t *ret_bytes)
{
    char text[256];

    (void)snprintf(text, sizeof text,
                   "GET " BLOB_PATH "?download=true HTTP/1.1\r\n%s\r\nConnection: close\r\n\r\n",
                   scene.by_token);
    return say(mst_span_str(text), ret_bytes);
}

static void create_anew(void)
{
    (void)mst_site_status(site, "DELETE", BLOB_PATH, scene.by_token, NULL);
    ck_assert_status(site, 205, "POST", "/provision/manage/content/m1/", scene.by_token, "id=fw");
}

/* Taken whole or not at all. */
static void sweep_upload(bool is_chunked)
{
    bool has_failed = true;

    make_upload(is_chunked);
    for (long n = 0; has_failed; n++) {
        size_t n_bytes = 0;
        unsigned status, found;

        create_anew();
        arm(n);
        status = say(mst_buf_span(&upload_text), &n_bytes);
        has_failed = disarm();
        n_fired += has_failed;
        ck_assert_msg(status == 205 ||
                          (has_failed && (status == 0 || status == 500 || status == 503)),
                      "allocation %ld: %u", n, status);
        found = download(&n_bytes);
        ck_assert(found == (status == 205 ? 200 : 404) || (status == 0 && found == 200));
        ck_assert(found != 200 || n_bytes == BLOB_BYTES);
    }
}

/* Whole, or short with the length told and the connection closed. */
static void sweep_download(void)
{
    bool has_failed = true;

    for (long n = 0; has_failed; n++) {
        size_t n_bytes = 0;
        unsigned status;

        arm(n);
        status = download(&n_bytes);
        has_failed = disarm();
        n_fired += has_failed;
        ck_assert_msg(status == 200 ||
                          (has_failed && (status == 0 || status == 500 || status == 503)),
                      "allocation %ld: %u", n, status);
        ck_assert(status != 200 || n_bytes <= BLOB_BYTES);
        ck_assert(has_failed || n_bytes == BLOB_BYTES);
    }
}

MST_TEST(blobs_survive_the_failure_of_any_allocation)
{
    begin();
    mst_buf_init(&upload_text, MST_MIB(1));
    sweep_upload(false);
    sweep_upload(true);
    sweep_download();
    mst_buf_fini(&upload_text);
    mst_site_stop(site);
    ck_assert_uint_ge(n_fired, FIRED_MIN);
}
MST_TEST_END

/* libuv's table by descriptor number has its borders at powers of two. */
MST_TEST(connections_of_any_descriptor_number_survive_the_failure_of_any_allocation)
{
    struct request request = make("GET", "/timestamp", "", "");
    int last = -1;

    begin();
    while (last < 80) {
        last = dup(STDERR_FILENO);
        ck_assert_int_ge(last, 0);
        sweep(&request, 200, 200);
    }
    mst_site_stop(site);
}
MST_TEST_END

/* ---- WebSocket sessions ---- */

/* Adds a message of one call to out. */
static void add_call(struct mst_buf *out, const char *id, const char *procedure,
                     const char *arguments)
{
    char text[512];

    (void)snprintf(text, sizeof text, "[{\"id\":%s,\"procedure\":\"%s\",\"arguments\":%s}]", id,
                   procedure, arguments);
    mst_ws_peer_add(out, MST_WS_PEER_TEXT, mst_span_str(text));
}

static struct mst_line open_session(struct mst_buf *bytes)
{
    struct mst_line line = mst_line_open(site);

    ck_assert_int_eq(mst_buf_err(bytes), MST_OK);
    mst_line_send_bytes(&line, mst_buf_span(bytes));
    return line;
}

/* More of what the session says; false: it is over. One that says nothing for long ends the test. */
static bool hear(struct mst_line *line)
{
    char bytes[4096];
    ssize_t n = recv(line->fd, bytes, sizeof bytes, 0);

    ck_assert_msg(n >= 0 || errno != EAGAIN, "silence after \"%.*s\"", (int)line->in.len,
                  line->in.ptr);
    if (n > 0)
        ck_assert_int_eq(mst_buf_add(&line->in, mst_span_of(bytes, (size_t)n)), MST_OK);
    return n > 0;
}

static bool has_heard(const struct mst_line *line, const char *text)
{
    return line->in.len > 0 && memmem(line->in.ptr, line->in.len, text, strlen(text)) != NULL;
}

/* Its peer has no more to say: it ends. */
static void hear_out(struct mst_line *line)
{
    (void)shutdown(line->fd, SHUT_WR);
    while (hear(line))
        continue;
}

static void check_session(const struct mst_line *line, bool has_failed)
{
    struct mst_span got = mst_buf_span(&line->in);
    const char *head = got.len > 0 ? memmem(got.ptr, got.len, "\r\n\r\n", 4) : NULL;

    ck_assert(head || has_failed);
    if (mst_span_starts(got, MST_LIT("HTTP/1.1 101 ")))
        mst_ws_peer_check(mst_span_cut(got, (size_t)(head - got.ptr) + 4, got.len), has_failed);
    else
        ck_assert_msg(has_failed && (!head || mst_span_starts(got, MST_LIT("HTTP/1.1 50"))),
                      "\"%.*s\"", (int)got.len, got.ptr);
}

static void sweep_session(struct mst_buf *bytes)
{
    bool has_failed = true;

    for (long n = 0; has_failed; n++) {
        struct mst_line line;

        arm(n);
        line = open_session(bytes);
        hear_out(&line);
        has_failed = disarm();
        n_fired += has_failed;
        check_session(&line, has_failed);
        if (!has_failed) {
            ck_assert(has_heard(&line, "{\"status\":\"ok\"}"));
            ck_assert(has_heard(&line, "[{\"id\":\"s\",\"status\":\"ok\",\"result\":[["));
            ck_assert(has_heard(&line, "[{\"id\":2,\"status\":\"expire\"}]"));
            ck_assert(has_heard(&line, "[{\"id\":3,\"status\":\"ok\"}]"));
        }
        mst_line_close(&line);
        ck_assert_status(site, 200, "GET", "/timestamp", NULL, NULL);
    }
}

/* A value is written from elsewhere. Whatever fails, the next one is shown, if the session is not over. */
static void sweep_showing(struct mst_buf *bytes)
{
    bool has_failed = true;
    char by_device[64], value[32], shown[32];

    mst_by_cik(cik, by_device);
    for (long n = 0; has_failed; n++) {
        struct mst_line line = open_session(bytes);
        struct request request = make("POST", "/onep:v1/stack/alias", by_device, "");

        while (!has_heard(&line, "[{\"id\":1,\"status\":\"ok\"}]"))
            ck_assert(hear(&line));
        (void)snprintf(request.body, sizeof request.body, "count=%ld", 2 * n);
        arm(n);
        (void)try_once(&request);
        has_failed = disarm();
        n_fired += has_failed;
        (void)snprintf(value, sizeof value, "count=%ld", 2 * n + 1);
        ck_assert_status(site, 204, "POST", "/onep:v1/stack/alias", by_device, value);
        (void)snprintf(shown, sizeof shown, ",%ld]]", 2 * n + 1);
        while (!has_heard(&line, shown) && hear(&line))
            continue;
        ck_assert(has_heard(&line, shown) || has_failed);
        hear_out(&line);
        check_session(&line, has_failed);
        mst_line_close(&line);
    }
}

MST_TEST(sessions_survive_the_failure_of_any_allocation)
{
    char by_device[64];
    struct mst_buf bytes;

    begin();
    ck_assert_status(site, 204, "POST", "/onep:v1/stack/alias", mst_by_cik(cik, by_device),
                     "temp=1.5");
    mst_buf_init(&bytes, MST_KIB(4));
    (void)mst_buf_add_str(&bytes, MST_WS_PEER_SHAKE("/ws"));
    mst_ws_peer_add_auth(&bytes, cik);
    add_call(&bytes, "1", "subscribe", "[{\"alias\":\"temp\"},{\"subs_id\":\"s\",\"since\":0}]");
    add_call(&bytes, "2", "wait", "[{\"alias\":\"note\"},{\"timeout\":1}]");
    add_call(&bytes, "3", "unsubscribe", "[null,{\"subs_id\":\"s\"}]");
    sweep_session(&bytes);
    mst_buf_clear(&bytes);
    (void)mst_buf_add_str(&bytes, MST_WS_PEER_SHAKE("/ws"));
    mst_ws_peer_add_auth(&bytes, cik);
    add_call(&bytes, "1", "subscribe", "[{\"alias\":\"count\"},{\"subs_id\":\"s\"}]");
    sweep_showing(&bytes);
    mst_buf_fini(&bytes);
    mst_site_stop(site);
    ck_assert_uint_eq(mst_metric_sum(MST_M_WS_SESSIONS, 0), 0);
    ck_assert_uint_eq(mst_metric_sum(MST_M_WS_SUBSCRIPTIONS, 0), 0);
    ck_assert_uint_ge(n_fired, FIRED_MIN / 2); /* how many depends on how bytes come */
}
MST_TEST_END

/* ---- datagrams ---- */

static uint64_t count_shots(void)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < MST_SHOT_LEN; i++)
        n += mst_metric_sum(MST_M_SHOTS, i);
    return n;
}

/* Sends one and waits until it is counted, as each is; was it stored? */
static bool shoot(const char *text)
{
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons(mst_site_udp_port(site)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    uint64_t n_before = count_shots(), n_stored = mst_metric_sum(MST_M_SHOTS, MST_SHOT_STORED);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(sendto(fd, text, strlen(text), 0, (const struct sockaddr *)&to, sizeof to),
                     (ssize_t)strlen(text));
    close(fd);
    while (count_shots() == n_before)
        sched_yield();
    return mst_metric_sum(MST_M_SHOTS, MST_SHOT_STORED) > n_stored;
}

MST_TEST(datagrams_survive_the_failure_of_any_allocation)
{
    const struct mst_site_opts opts = {.is_udp = true};
    bool has_failed = true;
    char text[20000], by_device[64];
    long last = -1;

    begin_with(&opts);
    mst_by_cik(cik, by_device);
    for (long n = 0; has_failed; n++) {
        struct mst_answer answer;
        bool is_stored;

        (void)snprintf(text, sizeof text, "cik=%s&count=%ld&note=%015000d", cik, n, 0);
        arm(n);
        is_stored = shoot(text);
        has_failed = disarm();
        n_fired += has_failed;
        ck_assert(is_stored || has_failed);
        last = is_stored ? n : last;
        answer = mst_site_ask(site, "GET", "/onep:v1/stack/alias?count", by_device, NULL);
        (void)snprintf(text, sizeof text, "count=%ld", last);
        ck_assert_uint_eq(answer.status, last < 0 ? 204 : 200);
        if (last >= 0)
            ck_assert_span_str(answer.body, text);
    }
    mst_site_stop(site);
    ck_assert_uint_ge(n_fired, FIRED_MIN / 4); /* memory is kept for the next one */
}
MST_TEST_END

MST_TESTS("fault/memory", requests_survive_the_failure_of_any_allocation,
          groups_survive_the_failure_of_any_allocation,
          ranges_and_why_survive_the_failure_of_any_allocation,
          content_survives_the_failure_of_any_allocation,
          blobs_survive_the_failure_of_any_allocation, rpc_survives_the_failure_of_any_allocation,
          data_calls_of_the_rpc_survive_the_failure_of_any_allocation,
          moves_tags_and_grants_survive_the_failure_of_any_allocation,
          rules_shares_and_clones_survive_the_failure_of_any_allocation,
          what_values_set_off_survives_the_failure_of_any_allocation,
          connections_of_any_descriptor_number_survive_the_failure_of_any_allocation,
          sessions_survive_the_failure_of_any_allocation,
          datagrams_survive_the_failure_of_any_allocation)

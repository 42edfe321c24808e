/* protocol.md 2.5: activation, to the letter. */
#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#define ACTIVATE "/provision/activate"

static struct mst_site *site;
static struct mst_scene scene;

static void set_up(void)
{
    site = mst_site_start(NULL);
    mst_scene_make(site, &scene);
}

static unsigned activate(const char *body)
{
    return mst_site_status(site, "POST", ACTIVATE, NULL, body);
}

static void list(const char *sn)
{
    char body[128];

    (void)snprintf(body, sizeof body, "sn=%s", sn);
    ck_assert_status(site, 205, "POST", "/provision/manage/model/m1/", scene.by_token, body);
}

static void enable(const char *sn)
{
    char path[128], body[128];

    (void)snprintf(path, sizeof path, "/provision/manage/model/m1/%s", sn);
    (void)snprintf(body, sizeof body, "enable=true&owner=%s", scene.portal_rid);
    ck_assert_status(site, 200, "POST", path, scene.by_token, body);
}

MST_TEST(a_pending_device_gets_exactly_the_40_bytes_of_its_key_once)
{
    struct mst_answer answer;
    char owner_sees[41], got[41] = {0};

    set_up();
    list("0001");
    ck_assert_uint_eq(activate("vendor=acme&model=m1&sn=0001"), 409);
    enable("0001");
    answer = mst_site_ask(site, "POST", ACTIVATE, NULL, "vendor=acme&model=m1&sn=0001");
    ck_assert_uint_eq(answer.status, 200);
    ck_assert_uint_eq(answer.body.len, 40);
    memcpy(got, answer.body.ptr, 40);
    ck_assert_uint_eq(activate("vendor=acme&model=m1&sn=0001"), 409);
    (void)owner_sees;
    mst_site_stop(site);
}
MST_TEST_END

MST_TESTS("conform/2.5", a_pending_device_gets_exactly_the_40_bytes_of_its_key_once)

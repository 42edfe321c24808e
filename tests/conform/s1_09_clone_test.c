/* protocol.md 1.9: what a template is copied into at enabling, and by the RPC create "clone". */
#include <stdarg.h>

#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#define M1              "/provision/manage/model/m1/"
#define ALIAS           "/onep:v1/stack/alias"
#define OK1             "[{\"id\":1,\"status\":\"ok\"}]"
#define SAYS(s)         "[{\"id\":1,\"status\":\"" s "\"}]"
#define RULE            "\"rule\":{\"script\":\"return 1\"}"
#define HAS(text, part) ck_assert_msg(strstr((text), (part)), "%s in %s", (part), (text))

static struct mst_site *site;
static struct mst_scene scene;
static char template_cik[41];

static void begin(void)
{
    site = mst_site_start(NULL);
    mst_scene_make(site, &scene);
    mst_site_key(site, scene.vendor_cik, scene.template_rid, template_cik);
}

/* ---- words ---- */

static const char *format(const char *fmt, va_list args)
{
    static char text[4096];

    (void)vsnprintf(text, sizeof text, fmt, args);
    return text;
}

static const char *__attribute__((format(printf, 3, 4)))
rpc(const char *cik, const char *procedure, const char *fmt, ...)
{
    static char answer[8192];
    va_list args;

    va_start(args, fmt);
    (void)snprintf(answer, sizeof answer, "%s",
                   mst_site_rpc(site, cik, procedure, format(fmt, args)));
    va_end(args);
    return answer;
}

/* The RID that a call answers. */
static void __attribute__((format(printf, 4, 5)))
get(char ret[41], const char *cik, const char *procedure, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    mst_site_rpc_rid(site, cik, procedure, format(fmt, args), ret);
    va_end(args);
}

static void find(const char *client_rid, const char *alias, char ret[41])
{
    get(ret, scene.vendor_cik, "lookup", "[\"%s\",\"alias\",\"%s\"]", client_rid, alias);
}

static const char *describe(const char *rid)
{
    return rpc(scene.vendor_cik, "info", "[\"%s\",[\"description\"]]", rid);
}

static const char *usage_of_portal(void)
{
    return rpc(scene.vendor_cik, "info", "[\"%s\",[\"usage\",\"counts\"]]", scene.portal_rid);
}

/* Of what the client owns of that type, the first; "" if nothing. */
static const char *first_of(const char *client_rid, const char *type)
{
    static char rid[41];
    const char *text = rpc(scene.vendor_cik, "listing", "[\"%s\",[\"%s\"],{}]", client_rid, type);
    const char *at = strstr(text, ":[\"");

    (void)snprintf(rid, sizeof rid, "%.40s", at ? at + 3 : "");
    return rid;
}

static unsigned try_enable(const char *sn, const char *owner, struct mst_answer *ret_answer)
{
    char path[128], body[128];

    (void)snprintf(body, sizeof body, "sn=%s", sn);
    (void)mst_site_status(site, "POST", M1, scene.by_token, body);
    (void)snprintf(path, sizeof path, M1 "%s", sn);
    (void)snprintf(body, sizeof body, "enable=true&owner=%s", owner);
    *ret_answer = mst_site_ask(site, "POST", path, scene.by_token, body);
    return ret_answer->status;
}

static void enable_below(const char *sn, const char *owner, char ret[41])
{
    struct mst_answer answer;

    ck_assert_uint_eq(try_enable(sn, owner, &answer), 200);
    ck_assert_uint_eq(answer.body.len, 40);
    (void)snprintf(ret, 41, "%.*s", 40, answer.body.ptr);
}

static void enable(const char *sn, char ret[41])
{
    enable_below(sn, scene.portal_rid, ret);
}

static void set_options(const char *options)
{
    char body[256];

    (void)snprintf(body, sizeof body, "rid=%s&%s", scene.template_rid, options);
    ck_assert_status(site, 205, "PUT", "/provision/manage/model/m1", scene.by_token, body);
}

/* n values of each of temp, count and note, one in each second; returns when the first was written. */
static void write_history(int n)
{
    char by[64], body[128];

    (void)mst_by_cik(template_cik, by);
    for (int i = 0; i < n; i++) {
        (void)snprintf(body, sizeof body, "temp=%d.5&count=%d&note=n%d", i, i, i);
        ck_assert_status(site, 204, "POST", ALIAS, by, body);
        mst_site_pass(site, 1);
    }
}

static const char *storage(const char *client_rid, const char *alias)
{
    char rid[41];
    static char part[256];
    const char *text, *at;

    find(client_rid, alias, rid);
    text = rpc(scene.vendor_cik, "info", "[\"%s\",[\"storage\"]]", rid);
    at = strstr(text, "\"storage\"");
    (void)snprintf(part, sizeof part, "%s", at ? at : text);
    return part;
}

/* ---- the description ---- */

MST_TEST(the_copy_has_the_description_of_the_template_but_is_not_locked_and_names_its_device)
{
    char rid[41], wanted[512];
    const char *text;

    begin();
    ck_assert_str_eq(
        rpc(scene.vendor_cik, "update",
            "[\"%s\",{\"name\":\"thermo\",\"meta\":\"m\",\"public\":true,\"locked\":true,"
            "\"limits\":{\"dataport\":7,\"http\":9,\"disk\":\"inherit\"}}]",
            scene.template_rid),
        OK1);
    enable("a", rid);
    text = describe(rid);
    HAS(text, "\"name\":\"thermo\"");
    HAS(text, "\"public\":true");
    HAS(text, "\"locked\":false");
    HAS(text, "\"dataport\":7");
    HAS(text, "\"http\":9,");
    HAS(text, "\"disk\":\"inherit\"");
    (void)snprintf(
        wanted, sizeof wanted,
        "\"meta\":\"{\\\"device\\\":{\\\"type\\\":\\\"vendor\\\",\\\"vendor\\\":\\\"acme\\\","
        "\\\"model\\\":\\\"m1\\\",\\\"sn\\\":\\\"a\\\"}}\"");
    HAS(text, wanted);
    HAS(rpc(scene.vendor_cik, "info", "[\"%s\",[\"basic\"]]", rid), "\"status\":\"notactivated\"");
    mst_site_stop(site);
}
MST_TEST_END

/* ---- what it owns ---- */

/* Below the template: a client "hub" with a dataport "in", a rule "late" and a dispatch "mail". */
static void grow_template(char ret_hub[41])
{
    char in[41], rule[41], mail[41], hub_cik[41];

    get(ret_hub, scene.vendor_cik, "create",
        "[\"%s\",\"client\",{\"name\":\"hub\",\"meta\":\"h\",\"limits\":{\"dataport\":5,"
        "\"datarule\":5,"
        "\"dispatch\":5}}]",
        scene.template_rid);
    ck_assert_str_eq(rpc(template_cik, "map", "[\"alias\",\"%s\",\"hub\"]", ret_hub), OK1);
    mst_site_key(site, template_cik, ret_hub, hub_cik);
    get(in, hub_cik, "create", "[\"dataport\",{\"format\":\"integer\",\"name\":\"in\"}]");
    get(rule, hub_cik, "create",
        "[\"datarule\",{\"format\":\"string\",\"subscribe\":\"%s\",\"preprocess\":[[\"add\",\"%s\"]"
        ","
        "[\"eq\",\"%s\"],[\"mul\",2]]," RULE "}]",
        in, scene.template_rid, scene.portal_rid);
    get(mail, hub_cik, "create",
        "[\"dispatch\",{\"method\":\"email\",\"recipient\":\"x@y\",\"message\":\"%s\",\"subject\":"
        "\"a\\\"b\","
        "\"locked\":true,\"subscribe\":\"%s\"}]",
        in, rule);
    (void)rpc(hub_cik, "map", "[\"alias\",\"%s\",\"in\"]", in);
    (void)rpc(hub_cik, "map", "[\"alias\",\"%s\",\"in2\"]", in);
    (void)rpc(hub_cik, "map", "[\"alias\",\"%s\",\"late\"]", rule);
    (void)rpc(hub_cik, "map", "[\"alias\",\"%s\",\"mail\"]", mail);
}

MST_TEST(dataports_rules_dispatches_and_clients_are_copied_with_new_rids_and_aliases)
{
    char hub[41], rid[41], hub2[41], old[41], new[41];
    static const char *const aliases[] = {"in", "late", "mail"};
    const char *text;

    begin();
    grow_template(hub);
    enable("a", rid);
    find(rid, "hub", hub2);
    ck_assert_str_ne(hub2, hub);
    text = describe(hub2);
    HAS(text, "\"name\":\"hub\"");
    HAS(text, "\"meta\":\"h\"");
    HAS(text, "\"dispatch\":5");
    for (size_t i = 0; i < 3; i++) {
        find(hub, aliases[i], old);
        find(hub2, aliases[i], new);
        ck_assert_str_ne(old, new);
    }
    find(hub2, "in2", new);
    find(hub2, "in", old);
    ck_assert_str_eq(old, new);
    HAS(rpc(scene.vendor_cik, "info", "[\"%s\",[\"counts\"]]", hub2),
        "\"dataport\":1,\"datarule\":1,\"disk\":0,\"dispatch\":1");
    HAS(rpc(scene.vendor_cik, "info", "[\"%s\",[\"basic\"]]", hub2), "notactivated");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(references_inside_point_to_the_copies_and_others_stay)
{
    char hub[41], rid[41], hub2[41], in[41], in2[41], rule[41], mail[41], wanted[512];

    begin();
    grow_template(hub);
    enable("a", rid);
    find(rid, "hub", hub2);
    find(hub, "in", in);
    find(hub2, "in", in2);
    find(hub2, "late", rule);
    find(hub2, "mail", mail);
    (void)snprintf(wanted, sizeof wanted,
                   "\"preprocess\":[[\"add\",\"%s\"],[\"eq\",\"%s\"],[\"mul\",2]]", rid,
                   scene.portal_rid);
    HAS(describe(rule), wanted);
    (void)snprintf(wanted, sizeof wanted, "\"subscribe\":\"%s\"", in2);
    HAS(describe(rule), wanted);
    (void)snprintf(wanted, sizeof wanted, "\"subscribe\":\"%s\"", rule);
    HAS(describe(mail), wanted);
    HAS(describe(mail), "\"locked\":true");
    HAS(describe(mail), "\"subject\":\"a\\\"b\"");
    /* a text that looks like one is no reference */
    (void)snprintf(wanted, sizeof wanted, "\"message\":\"%s\"", in);
    HAS(describe(mail), wanted);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(without_aliases_the_copies_have_none)
{
    char rid[41];

    begin();
    set_options("options[]=noaliases");
    enable("a", rid);
    HAS(rpc(scene.portal_cik, "info", "[\"%s\",[\"aliases\",\"counts\"]]", rid), "\"aliases\":{}");
    HAS(rpc(scene.portal_cik, "info", "[\"%s\",[\"counts\"]]", rid), "\"dataport\":3");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_child_that_is_a_device_is_copied_without_its_serial_number)
{
    char device[41], rid[41], path[128];
    const char *child;

    begin();
    enable_below("inner", scene.template_rid, device);
    enable("a", rid);
    child = first_of(rid, "client");
    ck_assert_uint_eq(strlen(child), 40);
    ck_assert_str_ne(child, device);
    (void)snprintf(path, sizeof path, "notactivated,%s,\r\n", device);
    ck_assert_span_str(mst_site_ask(site, "GET", M1 "inner", scene.by_token, NULL).body, path);
    ck_assert_status(site, 205, "POST", M1 "inner", scene.by_token, "disable=true");
    HAS(rpc(scene.vendor_cik, "info", "[\"%s\",[\"basic\"]]", first_of(rid, "client")),
        "notactivated");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(an_owner_inside_the_template_gets_a_copy_of_it_as_it_was)
{
    char hub[41], rid[41];

    begin();
    get(hub, scene.vendor_cik, "create",
        "[\"%s\",\"client\",{\"limits\":{\"client\":\"inherit\",\"dataport\":\"inherit\"}}]",
        scene.template_rid);
    enable_below("a", hub, rid);
    HAS(rpc(scene.vendor_cik, "info", "[\"%s\",[\"counts\"]]", rid), "\"client\":1,\"dataport\":3");
    ck_assert_str_eq(first_of(first_of(rid, "client"), "client"), "");
    mst_site_stop(site);
}
MST_TEST_END

/* ---- points ---- */

MST_TEST(stored_points_are_copied_and_the_latest_can_be_read_as_soon_as_the_key_works)
{
    char rid[41], cik[41], by[64], body[128];
    char wanted[256];

    begin();
    write_history(MST_COPY_POINTS_MAX / 2); /* of three ports: more than one command copies */
    (void)snprintf(wanted, sizeof wanted, "%s", storage(scene.template_rid, "note"));
    HAS(wanted, "\"count\":512");
    enable("a", rid);
    ck_assert_str_eq(storage(rid, "note"), wanted);
    ck_assert_str_eq(storage(scene.template_rid, "note"), wanted);
    (void)snprintf(body, sizeof body, "vendor=acme&model=m1&sn=a");
    (void)snprintf(cik, sizeof cik, "%.40s",
                   mst_site_ask(site, "POST", "/provision/activate", NULL, body).body.ptr);
    ck_assert_span_str(
        mst_site_ask(site, "GET", ALIAS "?temp&count&note", mst_by_cik(cik, by), NULL).body,
        "note=n511&count=511&temp=511.5");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(devices_that_bring_their_keys_get_the_points_too)
{
    static const char *const sns[] = {"a", "b"};
    char rid[41], path[128], body[256], wanted[256];

    begin();
    write_history(3);
    (void)snprintf(wanted, sizeof wanted, "%s", storage(scene.template_rid, "note"));
    HAS(wanted, "\"count\":3");
    ck_assert_status(site, 205, "POST", M1, scene.by_token, "sn[]=a&sn[]=b");
    (void)snprintf(path, sizeof path, "/muster/v1/keys/m1?owner=%s", scene.portal_rid);
    (void)snprintf(body, sizeof body, "a,%040d\nb,%040d\n", 1, 2);
    ck_assert_uint_eq(
        mst_site_ask_typed(site, "POST", path, scene.by_vendor, "text/csv", body).status, 200);
    for (size_t i = 0; i < 2; i++) {
        struct mst_answer answer;

        (void)snprintf(path, sizeof path, M1 "%s", sns[i]);
        answer = mst_site_ask(site, "GET", path, scene.by_token, NULL);
        ck_assert(mst_span_starts(answer.body, MST_LIT("activated,")));
        (void)snprintf(rid, sizeof rid, "%.40s", &answer.body.ptr[strlen("activated,")]);
        ck_assert_str_eq(storage(rid, "note"), wanted);
    }
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(without_history_the_copy_begins_empty_and_removed_comments_change_nothing)
{
    char rid[41];

    begin();
    write_history(3);
    set_options("options[]=nohistorical&options[]=nocomments");
    enable("a", rid);
    HAS(storage(rid, "temp"), "\"count\":0");
    set_options("options[]=nocomments");
    enable("b", rid);
    HAS(storage(rid, "temp"), "\"count\":3");
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_template_with_more_points_than_a_copy_may_have_is_409_and_leaves_nothing)
{
    struct mst_answer answer;
    char before[2048], rid[41];

    begin();
    (void)snprintf(before, sizeof before, "%s", usage_of_portal());
    write_history(MST_CLONE_POINTS_MAX / 3 + 1);
    ck_assert_uint_eq(try_enable("a", scene.portal_rid, &answer), 409);
    ck_assert_status(site, 204, "GET", M1 "a", scene.by_token, NULL);
    ck_assert_str_eq(usage_of_portal(), before);
    ck_assert_str_eq(
        rpc(scene.vendor_cik, "create", "[\"clone\",{\"rid\":\"%s\"}]", scene.template_rid),
        SAYS("limit"));
    set_options("options[]=nohistorical");
    enable("a", rid);
    mst_site_stop(site);
}
MST_TEST_END

static void send_form(struct mst_line *line, const char *method, const char *path,
                      const char *owner_or_template)
{
    char text[512], body[128];

    (void)snprintf(body, sizeof body, "%s%s",
                   method[1] == 'U' ? "rid=" : "enable=true&owner=", owner_or_template);
    (void)snprintf(text, sizeof text, "%s %s HTTP/1.1\r\n%s\r\nContent-Length: %zu\r\n\r\n%s",
                   method, path, scene.by_token, strlen(body), body);
    mst_line_send(line, text);
}

/*
 * The points are counted before the command that makes the clone, and the model may get another template in
 * between. Whichever is copied, it is copied with its own points.
 */
MST_TEST(a_template_that_changes_while_an_enabling_waits_is_copied_with_its_own_points)
{
    enum { ROUNDS = 40 };
    struct mst_line put, enabling;
    char with_points[41], rid[41];

    begin();
    get(with_points, scene.vendor_cik, "create", "[\"clone\",{\"rid\":\"%s\"}]",
        scene.template_rid);
    ck_assert_str_eq(rpc(scene.vendor_cik, "update", "[\"%s\",{\"name\":\"full\"}]", with_points),
                     OK1);
    mst_site_key(site, scene.vendor_cik, with_points, template_cik);
    ck_assert_str_eq(rpc(scene.vendor_cik, "activate", "[\"client\",\"%s\"]", template_cik), OK1);
    write_history(2);
    put = mst_line_open(site);
    enabling = mst_line_open(site);
    for (int i = 0; i < ROUNDS; i++) {
        char sn[16], path[64];
        struct mst_answer answer;

        (void)snprintf(sn, sizeof sn, "sn=r%d", i);
        ck_assert_status(site, 205, "POST", M1, scene.by_token, sn);
        (void)snprintf(path, sizeof path, M1 "r%d", i);
        send_form(&put, "PUT", "/provision/manage/model/m1",
                  i % 2 == 0 ? with_points : scene.template_rid);
        send_form(&enabling, "POST", path, scene.portal_rid);
        ck_assert_uint_eq(mst_line_reply(&put).status, 205);
        answer = mst_line_reply(&enabling);
        ck_assert_uint_eq(answer.status, 200);
        (void)snprintf(rid, sizeof rid, "%.*s", 40, answer.body.ptr);
        const char *want =
            strstr(describe(rid), "\"name\":\"full\"") ? "\"count\":2" : "\"count\":0";
        HAS(storage(rid, "temp"), want);
    }
    mst_line_close(&put);
    mst_line_close(&enabling);
    mst_site_stop(site);
}
MST_TEST_END

/* ---- limits ---- */

MST_TEST(a_copy_counts_against_every_limit_of_the_new_owner_and_one_too_few_is_409)
{
    static const struct {
        const char *limits;
        unsigned status;
    } rows[] = {
        {"\"client\":2,\"dataport\":8,\"datarule\":5,\"dispatch\":5", 200},
        {"\"client\":1,\"dataport\":8,\"datarule\":5,\"dispatch\":5", 409},
        {"\"client\":2,\"dataport\":7,\"datarule\":5,\"dispatch\":5", 409},
        {"\"client\":2,\"dataport\":8,\"datarule\":4,\"dispatch\":5", 409},
        {"\"client\":2,\"dataport\":8,\"datarule\":5,\"dispatch\":4", 409},
        {"\"client\":0,\"dataport\":0,\"datarule\":0,\"dispatch\":0", 409},
    };
    char hub[41];

    begin();
    grow_template(hub);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char owner[41], sn[8], before[2048];
        struct mst_answer answer;

        get(owner, scene.vendor_cik, "create", "[\"client\",{\"limits\":{%s}}]", rows[i].limits);
        (void)snprintf(before, sizeof before, "%s",
                       rpc(scene.vendor_cik, "info", "[\"%s\",[\"usage\",\"counts\"]]", owner));
        (void)snprintf(sn, sizeof sn, "s%zu", i);
        ck_assert_msg(try_enable(sn, owner, &answer) == rows[i].status, "%s", rows[i].limits);
        if (rows[i].status == 200)
            continue;
        ck_assert_str_eq(rpc(scene.vendor_cik, "info", "[\"%s\",[\"usage\",\"counts\"]]", owner),
                         before);
        ck_assert_str_eq(first_of(owner, "client"), "");
    }
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_template_that_was_dropped_is_409_and_nothing_else_changes)
{
    struct mst_answer answer;

    begin();
    ck_assert_str_eq(rpc(scene.vendor_cik, "drop", "[\"%s\"]", scene.template_rid), OK1);
    ck_assert_uint_eq(try_enable("a", scene.portal_rid, &answer), 409);
    ck_assert_status(site, 204, "GET", M1 "a", scene.by_token, NULL);
    mst_site_stop(site);
}
MST_TEST_END

/* ---- the RPC ---- */

MST_TEST(create_clone_does_the_same_with_options_of_its_own)
{
    char rid[41];

    begin();
    write_history(2);
    ck_assert_str_eq(
        rpc(scene.vendor_cik, "update", "[\"%s\",{\"name\":\"thermo\"}]", scene.template_rid), OK1);
    get(rid, scene.vendor_cik, "create", "[\"%s\",\"clone\",{\"rid\":\"%s\"}]", scene.portal_rid,
        scene.template_rid);
    HAS(storage(rid, "temp"), "\"count\":2");
    HAS(describe(rid), "\"name\":\"thermo\",\"public\":false");
    HAS(rpc(scene.portal_cik, "info", "[\"%s\",[\"basic\"]]", rid), "notactivated");
    get(rid, scene.vendor_cik, "create", "[\"clone\",{\"rid\":\"%s\",\"nohistorical\":true}]",
        scene.template_rid);
    HAS(storage(rid, "temp"), "\"count\":0");
    get(rid, scene.vendor_cik, "create", "[\"clone\",{\"rid\":\"%s\",\"noaliases\":true}]",
        scene.template_rid);
    HAS(rpc(scene.vendor_cik, "info", "[\"%s\",[\"aliases\"]]", rid), "\"aliases\":{}");
    mst_site_stop(site);
}
MST_TEST_END

MST_TESTS("conform/1.9",
          the_copy_has_the_description_of_the_template_but_is_not_locked_and_names_its_device,
          dataports_rules_dispatches_and_clients_are_copied_with_new_rids_and_aliases,
          references_inside_point_to_the_copies_and_others_stay,
          without_aliases_the_copies_have_none,
          a_child_that_is_a_device_is_copied_without_its_serial_number,
          an_owner_inside_the_template_gets_a_copy_of_it_as_it_was,
          stored_points_are_copied_and_the_latest_can_be_read_as_soon_as_the_key_works,
          devices_that_bring_their_keys_get_the_points_too,
          without_history_the_copy_begins_empty_and_removed_comments_change_nothing,
          a_template_with_more_points_than_a_copy_may_have_is_409_and_leaves_nothing,
          a_template_that_changes_while_an_enabling_waits_is_copied_with_its_own_points,
          a_copy_counts_against_every_limit_of_the_new_owner_and_one_too_few_is_409,
          a_template_that_was_dropped_is_409_and_nothing_else_changes,
          create_clone_does_the_same_with_options_of_its_own)

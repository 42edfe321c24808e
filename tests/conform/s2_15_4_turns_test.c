/* protocol.md 2.15.4, 2.15.6: listing, usage and info of clients that own much, which take many turns of a loop. */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "tests/lib/rpc_rows.h"
#include "tests/lib/unit.h"

/* clang-format 14 crashes on arrays that mix such rows with plain ones. */
/* clang-format off */

enum { RID_TEXT = MST_HANDLE_CHARS + 3 }; /* with its quotes and a comma */

static struct mst_site *site;
static struct mst_scene scene;
static char rid[41], cik[41], reader_rid[41], reader_cik[41];

/* What is added to the portal's client below, which owned nothing. */
struct many {
    int n, n_aliases; /* so many dataports; so many more aliases of the first of them */
    int alias_chars;  /* of each */
    bool is_shared;   /* and the reader has activated a code of each */
};

/* The n rows are copies of the youngest, which was made by a request. */
static enum mst_err add_aliases(struct mst_tx *tx, const struct mst_row_resource *port, char letter, int from,
                                int to, int chars)
{
    enum mst_err err = MST_OK;

    for (int i = from; i < to && err == MST_OK; i++) {
        char name[MST_ALIAS_MAX + 1];
        struct mst_row_alias alias = {.client_id = port->owner_id, .resource_id = port->id};

        (void)snprintf(name, sizeof name, "%c%0*d", letter, chars - 1, i);
        alias.name = mst_span_str(name);
        err = mst_tx_insert(tx, MST_TABLE_ALIAS, &alias);
    }
    return err;
}

static enum mst_err add_many(void *arg, struct mst_tx *tx)
{
    const struct many *many = arg;
    struct mst_row_resource port;
    struct mst_row_share share;
    enum mst_err err = mst_tx_last(tx, MST_IX_RESOURCE, 0, &port);

    if (err == MST_OK && many->is_shared)
        err = mst_tx_last(tx, MST_IX_SHARE, 0, &share);
    for (int i = 0; i < many->n && err == MST_OK; i++) {
        port.id = 0;
        port.created = 1000;
        port.detail = MST_LIT("{\"tags\":[\"one\",\"two\"]}");
        err = mst_tx_insert(tx, MST_TABLE_RESOURCE, &port);
        if (err == MST_OK)
            err = add_aliases(tx, &port, 'a', i, i + 1, many->alias_chars);
        if (err == MST_OK && i == 0)
            err = add_aliases(tx, &port, 'b', 0, many->n_aliases, many->alias_chars);
        share.id = 0;
        share.resource_id = port.id;
        if (err == MST_OK && many->is_shared)
            err = mst_tx_insert(tx, MST_TABLE_SHARE, &share);
    }
    return err;
}

static void make_site(void)
{
    site = mst_site_start(NULL);
    mst_scene_make(site, &scene);
    mst_scene_device(site, &scene, "reader", reader_rid, reader_cik);
    mst_site_rpc_rid(site, scene.portal_cik, "create",
                     "[\"client\",{\"limits\":{\"dataport\":\"inherit\",\"share\":\"inherit\"}}]", rid);
    mst_site_key(site, scene.portal_cik, rid, cik);
}

static void begin(struct many many)
{
    char port[41], code[41], arguments[100];

    make_site();
    mst_site_rpc_rid(site, cik, "create", "[\"dataport\",{\"format\":\"integer\"}]", port);
    if (many.is_shared) {
        (void)snprintf(arguments, sizeof arguments, "[\"%s\",{\"meta\":\"m\"}]", port);
        mst_site_rpc_rid(site, cik, "share", arguments, code);
        (void)snprintf(arguments, sizeof arguments, "[\"share\",\"%s\"]", code);
        ck_assert_str_eq(mst_site_rpc(site, reader_cik, "activate", arguments), OK1);
    }
    mst_site_change(site, add_many, &many);
}

/* What follows before in the answer, which must be ok, up to its end. */
static const char *result_of(const char *by, const char *procedure, const char *arguments, const char *before)
{
    const char *answer = mst_site_rpc(site, by, procedure, arguments);

    ck_assert_msg(strncmp(answer, before, strlen(before)) == 0, "%s %s: %.100s", procedure, arguments, answer);
    return answer + strlen(before);
}

#define OF(part) "[{\"id\":1,\"status\":\"ok\",\"result\":{\"" part "\":"

static void check_count(const char *by, const char *procedure, const char *arguments, const char *want)
{
    ck_assert_str_eq(mst_site_rpc(site, by, procedure, arguments), want);
}

/* ---- whole answers ---- */

MST_TEST(a_listing_over_many_turns_has_each_resource_once_and_in_order)
{
    enum { N = 1500 };
    static const struct {
        const char *by_reader, *arguments;
        bool has_first; /* the port that has neither alias nor tag */
    } rows[] = {
        {NULL, "[[\"dataport\"],{\"aliased\":true}]", false},
        {NULL, "[[\"dataport\"],{\"tagged\":[\"none\",\"two\"]}]", false},
        {NULL, "[[\"dataport\"],{\"tagged\":[\"one\"],\"aliased\":true,\"activated\":true}]", false},
        {reader_cik, "[[\"dataport\"],{\"activated\":true}]", true},
    };
    struct mst_buf all;
    const char *text;

    begin((struct many){.n = N, .alias_chars = 10, .is_shared = true});
    mst_buf_init(&all, MST_MIB(1));
    text = result_of(cik, "listing", "[[\"dataport\"],{}]", OF("dataport") "[");
    ck_assert_uint_eq(strlen(text), (N + 1) * RID_TEXT - 1 + strlen("]}}]"));
    ck_assert_int_eq(mst_buf_add(&all, mst_span_of(text, strlen(text) + 1)), MST_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        text = result_of(rows[i].by_reader ? reader_cik : cik, "listing", rows[i].arguments, OF("dataport") "[");
        ck_assert_str_eq(text, &all.ptr[rows[i].has_first ? 0 : RID_TEXT]);
    }
    text = result_of(cik, "info", "[{\"alias\":\"\"},[\"tagged\"]]", OF("tagged") "[");
    ck_assert_str_eq(text, &all.ptr[RID_TEXT]);
    for (int i = 0; i < N; i += 101) {
        char arguments[64], want[100];

        (void)snprintf(arguments, sizeof arguments, "[\"alias\",\"a%09d\"]", i);
        (void)snprintf(want, sizeof want, GIVES("%.42s"), &all.ptr[(i + 1) * RID_TEXT]);
        ck_assert_str_eq(mst_site_rpc(site, cik, "lookup", arguments), want);
    }
    mst_buf_fini(&all);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(lists_of_several_types_have_the_same_form_in_however_many_turns)
{
    const char *text;

    begin((struct many){.n = 600, .alias_chars = 10});
    text = mst_site_rpc(site, cik, "listing", "[[\"client\",\"dataport\",\"client\",\"dispatch\"],{\"aliased\":true}]");
    ck_assert_uint_eq(strlen(text), strlen(OF("client") "[],\"dataport\":[") + 600 * RID_TEXT - 1 +
                                        strlen("],\"dispatch\":[]}}]"));
    ck_assert_ptr_nonnull(strstr(text, "],\"dispatch\":[]}}]"));
    text = result_of(cik, "listing", "[[\"client\",\"dataport\",\"dataport\"]]",
                     "[{\"id\":1,\"status\":\"ok\",\"result\":[[],[");
    ck_assert_uint_eq(strlen(text), 2 * (601 * RID_TEXT - 1) + strlen("],[") + strlen("]]}]"));
    ck_assert_int_eq(strncmp(text, &text[601 * RID_TEXT - 1 + strlen("],[")], 601 * RID_TEXT - 1), 0);
    check_count(cik, "listing", "[[]]", GIVES("[]"));
    check_count(cik, "listing", "[{\"alias\":\"\"},[]]", GIVES("{}"));
    mst_site_stop(site);
}
MST_TEST_END

/* In the order of the first alias of each. */
MST_TEST(info_tells_each_resource_once_with_all_its_aliases)
{
    enum { N = 700, MORE = 1300 };
    struct mst_buf want, all;
    const char *text;

    begin((struct many){.n = N, .n_aliases = MORE, .alias_chars = 10});
    mst_buf_init(&all, MST_MIB(1));
    mst_buf_init(&want, MST_MIB(1));
    text = result_of(cik, "listing", "[[\"dataport\"],{\"aliased\":true}]", OF("dataport") "[");
    (void)mst_buf_add(&all, mst_span_str(text));
    for (int i = 0; i < N; i++) {
        (void)mst_buf_addf(&want, "%s%.42s:[\"a%09d\"", i ? "," : "{", &all.ptr[i * RID_TEXT], i);
        for (int k = 0; i == 0 && k < MORE; k++)
            (void)mst_buf_addf(&want, ",\"b%09d\"", k);
        (void)mst_buf_add_byte(&want, ']');
    }
    (void)mst_buf_add_str(&want, "}}}]");
    ck_assert_int_eq(mst_buf_add_byte(&want, '\0'), MST_OK);
    ck_assert_str_eq(result_of(cik, "info", "[{\"alias\":\"\"},[\"aliases\"]]", OF("aliases")), want.ptr);
    mst_buf_fini(&want);
    mst_buf_fini(&all);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(counts_and_usage_tell_of_all_that_is_owned)
{
    begin((struct many){.n = 1300, .alias_chars = 10, .is_shared = true});
    check_count(cik, "info", "[{\"alias\":\"\"},[\"counts\"]]",
                GIVES("{\"counts\":{\"client\":0,\"dataport\":1301,\"datarule\":0,\"disk\":0,\"dispatch\":0,"
                      "\"email\":0,\"http\":0,\"share\":1301,\"sms\":0,\"xmpp\":0}}"));
    check_count(cik, "usage", "[{\"alias\":\"\"},\"dataport\",990,1010]", GIVES("13000"));
    check_count(cik, "usage", "[{\"alias\":\"\"},\"share\",0,4000000000]", GIVES("1"));
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(storage_is_counted_over_many_turns)
{
    struct mst_buf points;

    begin((struct many){.n = 1, .alias_chars = 2});
    mst_buf_init(&points, MST_MIB(1));
    (void)mst_buf_add_str(&points, "[{\"alias\":\"a0\"},[");
    for (int i = 0; i < 1537; i++)
        (void)mst_buf_addf(&points, "%s[%d,%d]", i ? "," : "", 1000 + i, i % 10);
    (void)mst_buf_addf(&points, "]]%c", '\0');
    ck_assert_str_eq(mst_site_rpc(site, cik, "recordbatch", points.ptr), OK1);
    mst_buf_fini(&points);
    check_count(cik, "info", "[{\"alias\":\"a0\"},[\"storage\"]]",
                GIVES("{\"storage\":{\"count\":1537,\"first\":1000,\"last\":2536,\"size\":1537}}"));
    mst_site_stop(site);
}
MST_TEST_END

/* ---- limits ---- */

/* With another call behind it. */
static void check_limit(const char *procedure, const char *arguments)
{
    struct mst_buf body;

    mst_buf_init(&body, MST_KIB(64));
    (void)mst_buf_addf(&body,
                       "{\"auth\":{\"cik\":\"%s\"},\"calls\":[{\"id\":1,\"procedure\":\"%s\",\"arguments\":%s},"
                       "{\"id\":2,\"procedure\":\"lookup\",\"arguments\":[\"alias\",\"none\"]}]}%c",
                       cik, procedure, arguments, '\0');
    ck_assert_span_str(mst_site_ask(site, "POST", RPC, NULL, body.ptr).body,
                       "[{\"id\":1,\"status\":\"limit\"},{\"id\":2,\"status\":\"invalid\"}]");
    mst_buf_fini(&body);
}

/* Aliases of 128 bytes and their RIDs make 17 MiB. */
MST_TEST(what_is_more_than_a_hundred_thousand_or_too_large_a_reply_is_limit)
{
    struct many one_more = {.n = 1, .alias_chars = 100};

    begin((struct many){.n = MST_LISTING_MAX - 1, .alias_chars = MST_ALIAS_MAX});
    ck_assert_uint_eq(strlen(result_of(cik, "listing", "[[\"dataport\"],{}]", OF("dataport") "[")),
                      MST_LISTING_MAX * RID_TEXT - 1 + strlen("]}}]"));
    check_limit("info", "[{\"alias\":\"\"},[\"aliases\"]]");
    check_limit("info", "[{\"alias\":\"\"}]");
    mst_site_change(site, add_many, &one_more);
    check_limit("listing", "[[\"dataport\"],{}]");
    check_limit("usage", "[{\"alias\":\"\"},\"dataport\",0,2000]");
    ck_assert_uint_eq(strlen(result_of(cik, "info", "[{\"alias\":\"\"},[\"tagged\"]]", OF("tagged") "[")),
                      MST_LISTING_MAX * RID_TEXT - 1 + strlen("]}}]"));
    one_more.alias_chars = 101;
    mst_site_change(site, add_many, &one_more);
    check_limit("info", "[{\"alias\":\"\"},[\"tagged\"]]");
    check_limit("info", "[{\"alias\":\"\"},{\"tagged\":true,\"basic\":true}]");
    mst_site_stop(site);
}
MST_TEST_END

static enum mst_err add_codes(void *arg, struct mst_tx *tx)
{
    const struct mst_span meta = mst_buf_span(arg);
    struct mst_row_share share;
    enum mst_err err = mst_tx_last(tx, MST_IX_SHARE, 0, &share);

    share.meta = meta;
    for (size_t n = 0; n <= MST_REPLY_MAX && err == MST_OK; n += meta.len) {
        share.id = 0;
        err = mst_tx_insert(tx, MST_TABLE_SHARE, &share);
    }
    return err;
}

MST_TEST(share_codes_that_are_too_many_for_a_reply_are_limit)
{
    struct mst_buf meta;
    char code[41];

    begin((struct many){.n = 1, .alias_chars = 2});
    mst_site_rpc_rid(site, cik, "share", "[{\"alias\":\"a0\"},{\"meta\":\"m\"}]", code);
    mst_buf_init(&meta, MST_META_MAX);
    while (mst_buf_add_byte(&meta, 'm') == MST_OK)
        continue;
    mst_site_change(site, add_codes, &meta);
    check_limit("info", "[{\"alias\":\"a0\"},[\"shares\"]]");
    mst_buf_fini(&meta);
    mst_site_stop(site);
}
MST_TEST_END

MST_TEST(a_listing_takes_sixteen_types_and_a_hundred_tags)
{
    struct mst_buf types, tags;

    begin((struct many){.n = 1, .alias_chars = 2});
    mst_buf_init(&types, MST_KIB(4));
    mst_buf_init(&tags, MST_KIB(4));
    for (int i = 0; i < MST_LISTING_TYPES_MAX; i++)
        (void)mst_buf_add_str(&types, i ? ",\"client\"" : "[[\"client\"");
    for (int i = 0; i < MST_TAGS_MAX; i++)
        (void)mst_buf_addf(&tags, "%s\"%d\"", i ? "," : "[[\"client\"],{\"tagged\":[", i);
    (void)mst_buf_addf(&types, "],{}]%c", '\0');
    (void)mst_buf_addf(&tags, "]}]%c", '\0');
    check_count(cik, "listing", types.ptr, GIVES("{\"client\":[]}"));
    check_count(cik, "listing", tags.ptr, GIVES("{\"client\":[]}"));
    types.len -= strlen("],{}]") + 1;
    tags.len -= strlen("]}]") + 1;
    (void)mst_buf_addf(&types, ",\"client\"],{}]%c", '\0');
    (void)mst_buf_addf(&tags, ",\"100\"]}]%c", '\0');
    check_limit("listing", types.ptr);
    check_limit("listing", tags.ptr);
    mst_buf_fini(&types);
    mst_buf_fini(&tags);
    mst_site_stop(site);
}
MST_TEST_END

/* ---- others ---- */

/* Who asks while the call is under way is answered before it. */
static void check_others(const char *call)
{
    struct mst_buf request;

    mst_buf_init(&request, MST_KIB(4));
    (void)mst_buf_addf(&request, "POST " RPC " HTTP/1.1\r\nContent-Length: %zu\r\n\r\n", strlen(call) + sizeof "{\"auth\":{\"cik\":\"\"},\"calls\":[]}" - 1 + MST_HANDLE_CHARS);
    (void)mst_buf_addf(&request, "{\"auth\":{\"cik\":\"%s\"},\"calls\":[%s]}", cik, call);
    ck_assert_msg(mst_site_serves_others(site, mst_buf_span(&request)), "%s", call);
    mst_buf_fini(&request);
}

MST_TEST(others_are_served_while_a_call_looks_at_much)
{
    static const char *const calls[] = {
        CALL("listing", "[[\"dataport\"],{\"owned\":true}]"),
        CALL("listing", "[[\"dataport\"],{\"tagged\":[\"none\"]}]"),
        CALL("usage", "[{\"alias\":\"\"},\"dataport\",0,2000]"),
        CALL("info", "[{\"alias\":\"\"},[\"counts\"]]"),
        CALL("info", "[{\"alias\":\"\"},[\"aliases\"]]"),
        CALL("info", "[{\"alias\":\"\"},[\"tagged\"]]"),
    };

    begin((struct many){.n = 50000, .alias_chars = 10});
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        check_others(calls[i]);
    mst_site_stop(site);
}
MST_TEST_END

MST_TESTS("conform/2.15.4 turns", a_listing_over_many_turns_has_each_resource_once_and_in_order,
          lists_of_several_types_have_the_same_form_in_however_many_turns,
          info_tells_each_resource_once_with_all_its_aliases, counts_and_usage_tell_of_all_that_is_owned,
          storage_is_counted_over_many_turns,
          what_is_more_than_a_hundred_thousand_or_too_large_a_reply_is_limit,
          share_codes_that_are_too_many_for_a_reply_are_limit,
          a_listing_takes_sixteen_types_and_a_hundred_tags,
          others_are_served_while_a_call_looks_at_much)

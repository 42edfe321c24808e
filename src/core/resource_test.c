/* The tree: limits, aliases, copies, drops, and what a caller may do in it. */
#include "core/access.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

#define RUN(verb, ...) mst_world_run(&world, mst_do_##verb, &(struct mst_world_call){__VA_ARGS__})

static struct mst_world world;

struct client {
    int64_t id;
    char rid[MST_TEXT_CHARS];
};

static enum mst_verdict try_client(const struct client *owner, int64_t limit, struct client *ret)
{
    struct mst_world_call call = {.caller_id = owner->id,
                                  .rid = owner->rid,
                                  .kind = MST_KIND_CLIENT,
                                  .has_limits = true,
                                  .limit = limit};

    if (mst_world_run(&world, mst_do_create, &call) == MST_DONE) {
        ret->id = call.id;
        memcpy(ret->rid, call.handle, sizeof ret->rid);
    }
    return call.verdict;
}

static struct client add_client(const struct client *owner, int64_t limit)
{
    struct client client;

    ck_assert_int_eq(try_client(owner, limit, &client), MST_DONE);
    return client;
}

static enum mst_verdict try_port(const struct client *owner, char *rid)
{
    struct mst_world_call call = {.caller_id = owner->id,
                                  .rid = owner->rid,
                                  .kind = MST_KIND_DATAPORT,
                                  .format = MST_FORMAT_STRING};

    if (mst_world_run(&world, mst_do_create, &call) == MST_DONE && rid)
        memcpy(rid, call.handle, MST_TEXT_CHARS);
    return call.verdict;
}

static enum mst_verdict set_limit(const struct client *owner, const struct client *client,
                                  int64_t limit)
{
    return RUN(limit, .caller_id = owner->id, .rid = client->rid, .has_limits = true,
               .limit = limit);
}

static struct mst_world_call info(const struct client *caller, const struct client *client)
{
    struct mst_world_call call = {.caller_id = caller->id, .rid = client->rid};

    ck_assert_int_eq(mst_world_run(&world, mst_do_info, &call), MST_DONE);
    return call;
}

static enum mst_verdict drop(const struct client *caller, const char *rid)
{
    return RUN(drop, .caller_id = caller->id, .rid = rid);
}

static struct client the_portal(void)
{
    struct client portal = {.id = world.portal_id};

    memcpy(portal.rid, world.portal_rid, sizeof portal.rid);
    return portal;
}

static struct client the_domain(void)
{
    struct client domain = {.id = world.domain_id};

    memcpy(domain.rid, world.domain_rid, sizeof domain.rid);
    return domain;
}

#define INHERIT MST_LIMIT_INHERIT

/* ---- limits ---- */

MST_TEST(a_client_without_limits_of_its_own_draws_from_the_next_ancestor_that_has_some)
{
    struct client portal, a, b, c, d;

    mst_world_open(&world, 1, NULL);
    portal = the_portal();
    a = add_client(&portal, 2);
    b = add_client(&a, INHERIT);
    c = add_client(&b, INHERIT);
    ck_assert_int_eq(try_client(&c, 0, &d), MST_NO_ROOM);
    ck_assert_int_eq(info(&portal, &a).use[MST_KIND_CLIENT], 2);
    ck_assert_int_eq(info(&portal, &b).use[MST_KIND_CLIENT], 1);
    ck_assert_int_eq(try_port(&c, NULL), MST_DONE);
    ck_assert_int_eq(try_port(&b, NULL), MST_DONE);
    ck_assert_int_eq(try_port(&c, NULL), MST_NO_ROOM);
    ck_assert_int_eq(info(&portal, &a).use[MST_KIND_DATAPORT], 2);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_client_with_limits_draws_them_from_its_owner_at_once)
{
    struct client portal, a, b, c;

    mst_world_open(&world, 1, NULL);
    portal = the_portal();
    a = add_client(&portal, 5);
    b = add_client(&a, 3); /* itself and its three */
    ck_assert_int_eq(info(&portal, &a).use[MST_KIND_CLIENT], 4);
    ck_assert_int_eq(try_client(&a, 1, &c), MST_NO_ROOM);
    ck_assert_int_eq(info(&portal, &a).use[MST_KIND_CLIENT], 4);
    c = add_client(&a, 0);
    ck_assert_int_eq(info(&portal, &a).use[MST_KIND_CLIENT], 5);
    c = add_client(&b, 0);
    ck_assert_int_eq(info(&portal, &a).use[MST_KIND_CLIENT], 5);
    ck_assert_int_eq(info(&portal, &b).use[MST_KIND_CLIENT], 1);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(what_a_dropped_subtree_had_drawn_is_given_back)
{
    struct client portal, a, b, c;
    char port[MST_TEXT_CHARS];

    mst_world_open(&world, 1, NULL);
    portal = the_portal();
    a = add_client(&portal, 5);
    b = add_client(&a, INHERIT);
    c = add_client(&b, 2);
    ck_assert_int_eq(try_port(&b, port), MST_DONE);
    ck_assert_int_eq(info(&portal, &a).use[MST_KIND_CLIENT], 4);
    ck_assert_int_eq(info(&portal, &a).use[MST_KIND_DATAPORT], 3);
    ck_assert_int_eq(drop(&a, port), MST_DONE);
    ck_assert_int_eq(info(&portal, &a).use[MST_KIND_DATAPORT], 2);
    ck_assert_int_eq(drop(&a, b.rid), MST_DONE);
    ck_assert_int_eq(info(&portal, &a).use[MST_KIND_CLIENT], 0);
    ck_assert_int_eq(info(&portal, &a).use[MST_KIND_DATAPORT], 0);
    ck_assert_int_eq(RUN(info, .caller_id = portal.id, .rid = c.rid), MST_NOT_FOUND);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_limit_goes_neither_below_what_is_in_use_nor_beyond_what_the_owner_has)
{
    struct client portal, a, b;

    mst_world_open(&world, 1, NULL);
    portal = the_portal();
    a = add_client(&portal, 6);
    b = add_client(&a, 2);
    (void)add_client(&b, 0);
    (void)add_client(&b, 0);
    ck_assert_int_eq(set_limit(&a, &b, 1), MST_NO_ROOM);
    ck_assert_int_eq(set_limit(&a, &b, 6), MST_NO_ROOM);
    ck_assert_int_eq(info(&portal, &a).use[MST_KIND_CLIENT], 3);
    ck_assert_int_eq(set_limit(&a, &b, 5), MST_DONE);
    ck_assert_int_eq(info(&portal, &a).use[MST_KIND_CLIENT], 6);
    ck_assert_int_eq(set_limit(&a, &b, INHERIT), MST_DONE);
    ck_assert_int_eq(info(&portal, &a).use[MST_KIND_CLIENT], 3);
    ck_assert_int_eq(set_limit(&a, &b, 2), MST_DONE);
    ck_assert_int_eq(info(&portal, &a).use[MST_KIND_CLIENT], 3);
    ck_assert_int_eq(set_limit(&a, &b, -2), MST_BAD_VALUE);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(limits_are_zero_unless_they_are_given)
{
    struct mst_world_call call = {.kind = MST_KIND_CLIENT};
    struct client portal, made;

    mst_world_open(&world, 1, NULL);
    portal = the_portal();
    call.caller_id = portal.id;
    call.rid = portal.rid;
    ck_assert_int_eq(mst_world_run(&world, mst_do_create, &call), MST_DONE);
    made.id = call.id;
    memcpy(made.rid, call.handle, sizeof made.rid);
    ck_assert_int_eq(try_port(&made, NULL), MST_NO_ROOM);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(the_tree_has_a_deepest_level)
{
    struct client at, next;
    int n = 0;

    mst_world_open(&world, 1, NULL);
    at = the_portal(); /* two below the root */
    while (try_client(&at, INHERIT, &next) == MST_DONE) {
        at = next;
        ck_assert_int_lt(++n, MST_TREE_DEPTH_MAX);
    }
    ck_assert_int_eq(n, MST_TREE_DEPTH_MAX - 2);
    ck_assert_int_eq(RUN(info, .caller_id = world.root_id, .rid = at.rid), MST_DONE);
    ck_assert_int_eq(RUN(drop, .caller_id = world.domain_id, .rid = world.portal_rid), MST_DONE);
    ck_assert_int_eq(RUN(info, .caller_id = world.root_id, .rid = at.rid), MST_NOT_FOUND);
    mst_world_close(&world);
}
MST_TEST_END

/* ---- descriptions ---- */

static char long_text[MST_META_MAX + 2];

static enum mst_verdict with_name(size_t name_len, size_t meta_len)
{
    static char name[MST_NAME_MAX + 2];
    struct mst_world_call call = {.caller_id = world.portal_id,
                                  .rid = world.portal_rid,
                                  .kind = MST_KIND_CLIENT,
                                  .name = name,
                                  .meta = long_text};

    memset(name, 'n', sizeof name);
    name[name_len] = '\0';
    memset(long_text, 'm', sizeof long_text);
    long_text[meta_len] = '\0';
    return mst_world_run(&world, mst_do_create, &call);
}

MST_TEST(names_and_meta_have_their_longest_lengths)
{
    mst_world_open(&world, 1, NULL);
    ck_assert_int_eq(with_name(MST_NAME_MAX, 0), MST_DONE);
    ck_assert_int_eq(with_name(MST_NAME_MAX + 1, 0), MST_BAD_VALUE);
    ck_assert_int_eq(with_name(0, MST_META_MAX), MST_DONE);
    ck_assert_int_eq(with_name(0, MST_META_MAX + 1), MST_BAD_VALUE);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_dataport_needs_a_format_and_owns_nothing)
{
    struct client portal, port;
    char rid[MST_TEXT_CHARS];

    mst_world_open(&world, 1, NULL);
    portal = the_portal();
    ck_assert_int_eq(RUN(create, .caller_id = portal.id, .rid = portal.rid,
                         .kind = MST_KIND_DATAPORT, .format = MST_FORMAT_NONE),
                     MST_BAD_VALUE);
    ck_assert_int_eq(try_port(&portal, rid), MST_DONE);
    port.id = portal.id;
    memcpy(port.rid, rid, sizeof rid);
    ck_assert_int_eq(try_port(&port, NULL), MST_BAD_VALUE);
    mst_world_close(&world);
}
MST_TEST_END

/* ---- who may ---- */

MST_TEST(a_client_rules_below_itself_and_nowhere_else)
{
    struct client portal, domain, device;

    mst_world_open(&world, 1, NULL);
    portal = the_portal();
    domain = the_domain();
    device = add_client(&portal, 1);
    ck_assert_int_eq(RUN(info, .caller_id = device.id, .rid = device.rid), MST_DONE);
    ck_assert_int_eq(RUN(info, .caller_id = device.id, .rid = portal.rid), MST_RESTRICTED);
    ck_assert_int_eq(RUN(info, .caller_id = world.portal2_id, .rid = device.rid), MST_RESTRICTED);
    ck_assert_int_eq(RUN(info, .caller_id = domain.id, .rid = device.rid), MST_DONE);
    ck_assert_int_eq(RUN(info, .caller_id = portal.id, .rid = "no rid"), MST_NOT_FOUND);
    ck_assert_int_eq(drop(&device, device.rid), MST_RESTRICTED);
    ck_assert_int_eq(drop(&device, portal.rid), MST_RESTRICTED);
    ck_assert_int_eq(RUN(lock, .caller_id = device.id, .rid = device.rid), MST_RESTRICTED);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(only_the_direct_owner_sees_a_key)
{
    struct client portal, domain, device;

    mst_world_open(&world, 1, NULL);
    portal = the_portal();
    domain = the_domain();
    device = add_client(&portal, 1);
    ck_assert_uint_eq(strlen(info(&portal, &device).key_text), MST_HANDLE_CHARS);
    ck_assert_str_eq(info(&device, &device).key_text, "");
    ck_assert_str_eq(info(&domain, &device).key_text, "");
    ck_assert_str_eq(info(&portal, &device).status, "activated");
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_client_that_owns_a_vendor_name_must_give_it_up_before_it_is_dropped)
{
    mst_world_open(&world, 1, NULL);
    ck_assert_int_eq(RUN(drop, .caller_id = world.root_id, .rid = world.domain_rid),
                     MST_RESTRICTED);
    ck_assert_int_eq(RUN(unregister, .vendor = "acme"), MST_DONE);
    ck_assert_int_eq(RUN(drop, .caller_id = world.root_id, .rid = world.domain_rid), MST_DONE);
    ck_assert_int_eq(RUN(authenticate, .key = world.portal_cik), MST_NO_AUTH);
    mst_world_close(&world);
}
MST_TEST_END

/* ---- aliases ---- */

static enum mst_verdict map(const struct client *caller, const char *rid, const char *alias)
{
    return RUN(map, .caller_id = caller->id, .rid = rid, .name = alias);
}

MST_TEST(an_alias_names_one_direct_child)
{
    struct client portal, a;
    char one[MST_TEXT_CHARS], two[MST_TEXT_CHARS], deep[MST_TEXT_CHARS];

    mst_world_open(&world, 1, NULL);
    portal = the_portal();
    a = add_client(&portal, 2);
    ck_assert_int_eq(try_port(&portal, one), MST_DONE);
    ck_assert_int_eq(try_port(&portal, two), MST_DONE);
    ck_assert_int_eq(try_port(&a, deep), MST_DONE);
    ck_assert_int_eq(map(&portal, one, "x"), MST_DONE);
    ck_assert_int_eq(map(&portal, one, "x"), MST_DONE);
    ck_assert_int_eq(map(&portal, one, "y"), MST_DONE);
    ck_assert_int_eq(map(&portal, two, "x"), MST_IN_USE);
    ck_assert_int_eq(map(&portal, deep, "z"), MST_RESTRICTED);
    ck_assert_int_eq(map(&portal, portal.rid, "z"), MST_RESTRICTED);
    ck_assert_int_eq(map(&portal, one, "a=b"), MST_BAD_VALUE);
    ck_assert_int_eq(map(&portal, one, ""), MST_BAD_VALUE);
    ck_assert_int_eq(RUN(lookup, .caller_id = portal.id, .name = "x"), MST_DONE);
    ck_assert_int_eq(RUN(lookup, .caller_id = portal.id, .name = ""), MST_DONE);
    ck_assert_int_eq(RUN(lookup, .caller_id = portal.id, .name = "nosuch"), MST_NOT_FOUND);
    ck_assert_int_eq(drop(&portal, one), MST_DONE);
    ck_assert_int_eq(RUN(lookup, .caller_id = portal.id, .name = "x"), MST_NOT_FOUND);
    ck_assert_int_eq(RUN(lookup, .caller_id = portal.id, .name = "y"), MST_NOT_FOUND);
    ck_assert_int_eq(map(&portal, two, "x"), MST_DONE);
    mst_world_close(&world);
}
MST_TEST_END

/* ---- drops ---- */

MST_TEST(a_drop_takes_everything_below_and_tells_of_every_dataport)
{
    struct client portal, a, b;
    struct mst_world_call call = {.caller_id = 0};

    mst_world_open(&world, 1, NULL);
    portal = the_portal();
    a = add_client(&portal, INHERIT);
    for (int i = 0; i < 300; i++) {
        ck_assert_int_eq(try_port(&a, NULL), MST_DONE);
        b = add_client(&a, INHERIT);
        ck_assert_int_eq(try_port(&b, NULL), MST_DONE);
    }
    ck_assert_int_eq(info(&portal, &a).direct[MST_KIND_CLIENT], 300);
    ck_assert_int_eq(info(&portal, &a).direct[MST_KIND_DATAPORT], 300);
    call = (struct mst_world_call){.caller_id = portal.id, .rid = a.rid};
    ck_assert_int_eq(mst_world_run(&world, mst_do_drop, &call), MST_DONE);
    ck_assert_int_eq(call.n_ports, 600);
    ck_assert_int_eq(info(&portal, &portal).direct[MST_KIND_CLIENT], 0);
    ck_assert_int_eq(info(&portal, &portal).use[MST_KIND_CLIENT], 0);
    ck_assert_int_eq(info(&portal, &portal).use[MST_KIND_DATAPORT], 0);
    ck_assert_int_eq(RUN(info, .caller_id = portal.id, .rid = b.rid), MST_NOT_FOUND);
    mst_world_close(&world);
}
MST_TEST_END

/* ---- copies ---- */

struct copied {
    struct mst_world_call call;
    const char *template_rid, *owner_rid;
};

/* Verbs of this file work on what the world's calls do not offer. */
static enum mst_err copy(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct copied *copied = (struct copied *)call;
    struct mst_row_resource template, owner, made;
    struct mst_handle rid;
    enum mst_err err = mst_access_rid(&w->domain, tx, mst_span_str(copied->template_rid),
                                      &call->verdict, &template);

    if (err == MST_OK)
        err =
            mst_access_rid(&w->domain, tx, mst_span_str(copied->owner_rid), &call->verdict, &owner);
    if (err == MST_OK)
        err = mst_resource_clone(&w->domain, tx, &template, &owner, 0, w->window_now + 10, 7,
                                 &call->verdict, &made);
    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    call->id = made.id;
    err = mst_domain_rid(&w->domain, &made, &rid);
    memcpy(call->handle, rid.text, sizeof rid.text);
    call->handle[MST_HANDLE_CHARS] = '\0';
    return err;
}

static struct client clone(const struct client *template, const struct client *owner)
{
    struct copied copied = {.template_rid = template->rid, .owner_rid = owner->rid};
    struct client client;

    ck_assert_int_eq(mst_world_run(&world, copy, &copied.call), MST_DONE);
    client.id = copied.call.id;
    memcpy(client.rid, copied.call.handle, sizeof client.rid);
    return client;
}

MST_TEST(a_copy_has_the_whole_subtree_with_new_keys_that_are_not_yet_live)
{
    struct client portal, a, b, made;
    struct mst_world_call old, new;
    char port[MST_TEXT_CHARS];

    mst_world_open(&world, 1, NULL);
    portal = the_portal();
    a = add_client(&portal, INHERIT);
    b = add_client(&a, 3);
    ck_assert_int_eq(try_port(&b, port), MST_DONE);
    ck_assert_int_eq(map(&b, port, "deep"), MST_DONE);
    ck_assert_int_eq(map(&a, b.rid, "child"), MST_DONE);
    made = clone(&a, &portal);
    old = info(&portal, &a);
    new = info(&portal, &made);
    ck_assert_str_eq(new.status, "notactivated");
    ck_assert_str_ne(new.key_text, old.key_text);
    ck_assert(memcmp(old.direct, new.direct, sizeof old.direct) == 0);
    ck_assert(memcmp(old.use, new.use, sizeof old.use) == 0);
    old = (struct mst_world_call){.caller_id = made.id, .name = "child"};
    ck_assert_int_eq(mst_world_run(&world, mst_do_lookup, &old), MST_DONE);
    ck_assert_str_ne(old.handle, b.rid);
    new = (struct mst_world_call){.caller_id = old.id, .name = "deep"};
    ck_assert_int_eq(mst_world_run(&world, mst_do_lookup, &new), MST_DONE);
    ck_assert_str_ne(new.handle, port);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_template_can_be_copied_into_itself)
{
    struct client portal, a, b, made;

    mst_world_open(&world, 1, NULL);
    portal = the_portal();
    a = add_client(&portal, INHERIT);
    b = add_client(&a, INHERIT);
    made = clone(&a, &b);
    ck_assert_int_eq(info(&portal, &made).direct[MST_KIND_CLIENT], 1);
    ck_assert_int_eq(info(&portal, &b).direct[MST_KIND_CLIENT], 1);
    ck_assert_int_eq(info(&portal, &a).use[MST_KIND_CLIENT], 3);
    mst_world_close(&world);
}
MST_TEST_END

/* A dataport that subscribes to its neighbour and to a stranger. */
static enum mst_err set_detail(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_description description = {.has_detail = true};
    struct mst_row_resource resource;
    enum mst_err err =
        mst_access_rid(&w->domain, tx, mst_span_str(call->rid), &call->verdict, &resource);

    description.detail = mst_span_str(call->meta);
    if (err == MST_OK)
        err = mst_resource_update(&w->domain, tx, call->caller_id, &resource, &description,
                                  &call->verdict);
    return err;
}

static enum mst_err get_detail(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    const struct mst_ref ref = {.is_alias = true, .text = mst_span_str(call->name)};
    struct mst_row_resource resource;
    enum mst_err err =
        mst_resource_find(&w->domain, tx, call->caller_id, &ref, &call->verdict, &resource);

    if (err == MST_OK)
        (void)snprintf(call->meta_text, sizeof call->meta_text, "%.*s", (int)resource.detail.len,
                       resource.detail.ptr);
    return err;
}

MST_TEST(references_between_copied_resources_point_to_the_copies)
{
    struct client portal, a, made;
    char one[MST_TEXT_CHARS], two[MST_TEXT_CHARS], detail[256], wanted[256];
    struct mst_world_call call;

    mst_world_open(&world, 1, NULL);
    portal = the_portal();
    a = add_client(&portal, INHERIT);
    ck_assert_int_eq(try_port(&a, one), MST_DONE);
    ck_assert_int_eq(try_port(&a, two), MST_DONE);
    ck_assert_int_eq(map(&a, one, "one"), MST_DONE);
    ck_assert_int_eq(map(&a, two, "two"), MST_DONE);
    (void)snprintf(detail, sizeof detail,
                   "{\"preprocess\":[[\"add\",\"%s\"]],\"subscribe\":\"%s\"}", portal.rid, two);
    call = (struct mst_world_call){.caller_id = a.id, .rid = one, .meta = detail};
    ck_assert_int_eq(mst_world_run(&world, set_detail, &call), MST_DONE);
    made = clone(&a, &portal);
    call = (struct mst_world_call){.caller_id = made.id, .name = "two"};
    ck_assert_int_eq(mst_world_run(&world, mst_do_lookup, &call), MST_DONE);
    (void)snprintf(wanted, sizeof wanted,
                   "{\"preprocess\":[[\"add\",\"%s\"]],\"subscribe\":\"%s\"}", portal.rid,
                   call.handle);
    call = (struct mst_world_call){.caller_id = made.id, .name = "one"};
    ck_assert_int_eq(mst_world_run(&world, get_detail, &call), MST_DONE);
    ck_assert_str_eq(call.meta_text, wanted);
    mst_world_close(&world);
}
MST_TEST_END

MST_TESTS("core/resource",
          a_client_without_limits_of_its_own_draws_from_the_next_ancestor_that_has_some,
          a_client_with_limits_draws_them_from_its_owner_at_once,
          what_a_dropped_subtree_had_drawn_is_given_back,
          a_limit_goes_neither_below_what_is_in_use_nor_beyond_what_the_owner_has,
          limits_are_zero_unless_they_are_given, the_tree_has_a_deepest_level,
          names_and_meta_have_their_longest_lengths, a_dataport_needs_a_format_and_owns_nothing,
          a_client_rules_below_itself_and_nowhere_else, only_the_direct_owner_sees_a_key,
          a_client_that_owns_a_vendor_name_must_give_it_up_before_it_is_dropped,
          an_alias_names_one_direct_child,
          a_drop_takes_everything_below_and_tells_of_every_dataport,
          a_copy_has_the_whole_subtree_with_new_keys_that_are_not_yet_live,
          a_template_can_be_copied_into_itself,
          references_between_copied_resources_point_to_the_copies)

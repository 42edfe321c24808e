/* Vendor names, tokens, models and lists of serial numbers. */
#include "core/access.h"
#include "core/model.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

#define RUN(verb, ...) mst_world_run(&world, mst_do_##verb, &(struct mst_world_call){__VA_ARGS__})

static struct mst_world world;

/* ---- vendor names ---- */

static void make_domain(char rid[MST_TEXT_CHARS], char cik[MST_TEXT_CHARS])
{
    const struct mst_world_call root = {.caller_id = world.root_id, .name = ""};
    struct mst_world_call call = root;
    char root_rid[MST_TEXT_CHARS];

    ck_assert_int_eq(mst_world_run(&world, mst_do_lookup, &call), MST_DONE);
    memcpy(root_rid, call.handle, sizeof root_rid);
    call = root;
    call.rid = root_rid;
    call.kind = MST_KIND_CLIENT;
    ck_assert_int_eq(mst_world_run(&world, mst_do_create, &call), MST_DONE);
    memcpy(rid, call.handle, MST_TEXT_CHARS);
    call.rid = rid;
    ck_assert_int_eq(mst_world_run(&world, mst_do_info, &call), MST_DONE);
    memcpy(cik, call.key_text, MST_TEXT_CHARS);
}

MST_TEST(a_vendor_name_belongs_to_one_domain_and_a_domain_has_one)
{
    char rid[MST_TEXT_CHARS], cik[MST_TEXT_CHARS];

    mst_world_open(&world, 1, NULL);
    make_domain(rid, cik);
    ck_assert_int_eq(RUN(register, .vendor = "acme"), MST_DONE);
    ck_assert_int_eq(RUN(register, .vendor = "other"), MST_EXISTS);
    ck_assert_int_eq(RUN(register, .key = cik, .vendor = "acme"), MST_EXISTS);
    ck_assert_int_eq(RUN(register, .key = cik, .vendor = "a b"), MST_BAD_VALUE);
    ck_assert_int_eq(RUN(register, .key = cik, .vendor = ""), MST_BAD_VALUE);
    ck_assert_int_eq(RUN(register, .key = cik, .vendor = "Acme"), MST_DONE);
    ck_assert_int_eq(RUN(register, .key = world.portal_cik, .vendor = "p"), MST_NOT_DOMAIN);
    ck_assert_int_eq(RUN(unregister, .key = cik, .vendor = "acme"), MST_NO_VENDOR);
    ck_assert_int_eq(RUN(unregister, .key = cik, .vendor = "Acme"), MST_DONE);
    ck_assert_int_eq(RUN(unregister, .key = cik, .vendor = "Acme"), MST_NO_VENDOR);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_name_that_is_given_up_takes_models_and_serial_numbers_with_it)
{
    struct mst_world_call call = {.sn = "a", .attempt = 1};
    char cik[MST_TEXT_CHARS];

    mst_world_open(&world, 1, NULL);
    ck_assert_int_eq(RUN(add_model, .model = "m1"), MST_DONE);
    ck_assert_int_eq(RUN(add_model, .model = "m2"), MST_DONE);
    ck_assert_int_eq(RUN(add, .sn = "a"), MST_DONE);
    ck_assert_int_eq(mst_world_run(&world, mst_do_enable_owner, &call), MST_DONE);
    ck_assert_int_eq(mst_world_run(&world, mst_do_activate, &call), MST_DONE);
    memcpy(cik, call.handle, sizeof cik);
    ck_assert_int_eq(RUN(unregister, .vendor = "acme"), MST_DONE);
    ck_assert_int_eq(RUN(activate, .sn = "a"), MST_NO_VENDOR);
    ck_assert_int_eq(RUN(authenticate, .key = cik), MST_DONE);
    ck_assert_int_eq(RUN(add_model, .model = "m1"), MST_NO_VENDOR_NAME);
    ck_assert_int_eq(RUN(register, .vendor = "acme"), MST_DONE);
    ck_assert_int_eq(RUN(activate, .sn = "a"), MST_NO_MODEL);
    ck_assert_int_eq(RUN(add_model, .model = "m1"), MST_DONE);
    ck_assert_int_eq(RUN(activate, .sn = "a"), MST_NO_SERIAL);
    mst_world_close(&world);
}
MST_TEST_END

/* ---- tokens and managers ---- */

struct token_call {
    struct mst_world_call call;
    struct mst_span cik, token, name;
    struct mst_manager manager;
    enum { CREATE, GET, DELETE, ONLY_ENTER, LIST } what;
    int n_listed;
    struct mst_handle handle;
};

static enum mst_err count_name(void *arg, struct mst_span name)
{
    int *n = arg;

    (void)name;
    (*n)++;
    return MST_OK;
}

static enum mst_err do_token(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct token_call *t = (struct token_call *)call;
    enum mst_err err =
        mst_access_manager(&w->domain, tx, t->cik, t->token, &call->verdict, &t->manager);

    t->n_listed = 0;
    if (err != MST_OK || call->verdict != MST_DONE || t->what == ONLY_ENTER)
        return err;
    if (t->what == CREATE)
        return mst_token_create(&w->domain, tx, &t->manager, t->name, &call->verdict, &t->handle);
    if (t->what == GET)
        return mst_token_get(&w->domain, tx, &t->manager, t->name, &call->verdict, &t->handle);
    if (t->what == DELETE)
        return mst_token_delete(tx, &t->manager, t->name, &call->verdict);
    return mst_token_list(tx, &t->manager, count_name, &t->n_listed);
}

static enum mst_verdict enter(struct mst_span cik, struct mst_span token)
{
    struct token_call t = {.cik = cik, .token = token, .what = ONLY_ENTER};

    return mst_world_run(&world, do_token, &t.call);
}

static struct mst_handle make_token(const char *name)
{
    struct token_call t = {
        .cik = mst_span_str(world.domain_cik), .name = mst_span_str(name), .what = CREATE};

    ck_assert_int_eq(mst_world_run(&world, do_token, &t.call), MST_DONE);
    return t.handle;
}

MST_TEST(a_token_can_be_made_shown_listed_and_deleted)
{
    struct token_call t = {.what = GET, .name = MST_LIT("one")};
    struct mst_handle token;

    mst_world_open(&world, 1, NULL);
    t.cik = mst_span_str(world.domain_cik);
    ck_assert_int_eq(mst_world_run(&world, do_token, &t.call), MST_NOT_FOUND);
    token = make_token("one");
    ck_assert_int_eq(mst_world_run(&world, do_token, &t.call), MST_DONE);
    ck_assert(memcmp(&t.handle, &token, sizeof token) == 0);
    t.what = CREATE;
    ck_assert_int_eq(mst_world_run(&world, do_token, &t.call), MST_EXISTS);
    t.name = MST_LIT("");
    ck_assert_int_eq(mst_world_run(&world, do_token, &t.call), MST_BAD_VALUE);
    (void)make_token("two");
    t.what = LIST;
    ck_assert_int_eq(mst_world_run(&world, do_token, &t.call), MST_DONE);
    ck_assert_int_eq(t.n_listed, 2);
    t.what = DELETE;
    t.name = MST_LIT("one");
    ck_assert_int_eq(mst_world_run(&world, do_token, &t.call), MST_DONE);
    ck_assert_int_eq(mst_world_run(&world, do_token, &t.call), MST_NOT_FOUND);
    ck_assert_int_eq(enter((struct mst_span){0}, mst_handle_span(&token)), MST_NO_AUTH);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_credential_is_found_in_either_header_and_the_key_goes_first)
{
    struct token_call t = {.what = ONLY_ENTER};
    struct mst_handle token;
    struct mst_span none = {0}, cik, right, wrong;

    mst_world_open(&world, 1, NULL);
    token = make_token("one");
    cik = mst_span_str(world.domain_cik);
    right = mst_handle_span(&token);
    wrong = MST_LIT("0123456789012345678901234567890123456789");
    ck_assert_int_eq(enter(none, none), MST_NO_AUTH);
    ck_assert_int_eq(enter(wrong, none), MST_NO_AUTH);
    ck_assert_int_eq(enter(cik, none), MST_DONE);
    ck_assert_int_eq(enter(none, cik), MST_DONE);
    ck_assert_int_eq(enter(none, right), MST_DONE);
    ck_assert_int_eq(enter(right, none), MST_DONE);
    ck_assert_int_eq(enter(wrong, right), MST_DONE);
    ck_assert_int_eq(enter(wrong, wrong), MST_NO_AUTH);
    t.cik = mst_span_str(world.portal_cik);
    t.token = right;
    ck_assert_int_eq(mst_world_run(&world, do_token, &t.call), MST_DONE);
    ck_assert(!t.manager.is_token && !t.manager.has_vendor);
    t.cik = none;
    ck_assert_int_eq(mst_world_run(&world, do_token, &t.call), MST_DONE);
    ck_assert(t.manager.is_token && t.manager.has_vendor);
    ck_assert(t.manager.client_id == world.domain_id);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_token_is_worth_what_its_domains_key_is_worth)
{
    struct mst_handle token;
    struct mst_span none = {0};

    mst_world_open(&world, 1, NULL);
    token = make_token("one");
    ck_assert_int_eq(
        RUN(lock, .caller_id = world.root_id, .rid = world.domain_rid, .is_locked = true),
        MST_DONE);
    ck_assert_int_eq(enter(none, mst_handle_span(&token)), MST_KEY_LOCKED);
    ck_assert_int_eq(enter(mst_span_str(world.domain_cik), none), MST_KEY_LOCKED);
    ck_assert_int_eq(RUN(lock, .caller_id = world.root_id, .rid = world.domain_rid), MST_DONE);
    ck_assert_int_eq(RUN(key_event, .caller_id = world.root_id, .event = MST_ON_RPC_DEACTIVATE,
                         .key = world.domain_rid, .attempt = 1),
                     MST_DONE);
    ck_assert_int_eq(enter(none, mst_handle_span(&token)), MST_NO_AUTH);
    mst_world_close(&world);
}
MST_TEST_END

/* ---- models ---- */

MST_TEST(a_model_needs_a_good_name_and_a_template_below_its_vendor)
{
    struct mst_world_call port = {.kind = MST_KIND_DATAPORT, .format = MST_FORMAT_FLOAT};

    mst_world_open(&world, 1, NULL);
    ck_assert_int_eq(RUN(add_model, .model = ""), MST_BAD_VALUE);
    ck_assert_int_eq(RUN(add_model, .model = "a/b"), MST_BAD_VALUE);
    ck_assert_int_eq(RUN(add_model, .rid = "x"), MST_BAD_VALUE);
    ck_assert_int_eq(RUN(add_model, .rid = world.domain_rid), MST_BAD_VALUE);
    ck_assert_int_eq(RUN(add_model, .options = 8), MST_BAD_VALUE);
    port.caller_id = world.portal_id;
    port.rid = world.portal_rid;
    ck_assert_int_eq(mst_world_run(&world, mst_do_create, &port), MST_DONE);
    ck_assert_int_eq(RUN(add_model, .rid = port.handle), MST_BAD_VALUE);
    ck_assert_int_eq(RUN(add_model, .key = world.portal_cik), MST_NO_VENDOR_NAME);
    ck_assert_int_eq(RUN(add_model, .options = 7), MST_DONE);
    ck_assert_int_eq(RUN(add_model, .options = 0), MST_EXISTS);
    ck_assert_int_eq(RUN(update_model, .rid = world.portal2_rid), MST_DONE);
    ck_assert_int_eq(RUN(update_model, .rid = world.domain_rid), MST_BAD_VALUE);
    ck_assert_int_eq(RUN(update_model, .model = "m2"), MST_NO_MODEL);
    mst_world_close(&world);
}
MST_TEST_END

/* ---- serial numbers ---- */

struct list_call {
    struct mst_world_call call;
    const struct mst_serial_item *items;
    size_t n_items, bad;
    struct mst_span after;
    uint64_t offset, limit;
    int n;
    char sns[16][16];
};

static enum mst_err find(struct mst_tx *tx, struct mst_row_model *ret_model)
{
    struct mst_row_vendor vendor;
    enum mst_verdict verdict;
    enum mst_err err = mst_vendor_get(tx, MST_LIT("acme"), &verdict, &vendor);

    return err != MST_OK ? err : mst_model_get(tx, vendor.id, MST_LIT("m1"), &verdict, ret_model);
}

static enum mst_err do_add_list(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct list_call *list = (struct list_call *)call;
    struct mst_row_model model;
    enum mst_err err = find(tx, &model);

    list->bad = 999;
    return err != MST_OK ? err
                         : mst_serial_add(&w->domain, tx, &model, list->items, list->n_items,
                                          &call->verdict, &list->bad);
}

static enum mst_err note_view(void *arg, const struct mst_serial_view *view)
{
    struct list_call *list = arg;

    (void)snprintf(list->sns[list->n++], sizeof list->sns[0], "%.*s", (int)view->sn.len,
                   view->sn.ptr);
    return MST_OK;
}

static enum mst_err do_list(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct list_call *list = (struct list_call *)call;
    const struct mst_serial_page page = {
        .after = list->after, .offset = list->offset, .limit = list->limit};
    struct mst_row_model model;
    enum mst_err err = find(tx, &model);

    call->verdict = MST_DONE;
    list->n = 0;
    return err != MST_OK ? err : mst_serial_list(&w->domain, tx, &model, &page, note_view, list);
}

MST_TEST(new_serial_numbers_go_between_listed_ones_in_any_order)
{
    const struct mst_serial_item listed[] = {
        {MST_LIT("b"), {0}},
        {MST_LIT("d"), {0}},
        {MST_LIT("f"), {0}}
    };
    const struct mst_serial_item between[] = {
        {MST_LIT("g"), {0}},
        {MST_LIT("a"), {0}},
        {MST_LIT("e"), {0}},
        {MST_LIT("c"), {0}}
    };
    const struct mst_serial_item taken[] = {
        {MST_LIT("h"),  {0}},
        {MST_LIT("cc"), {0}},
        {MST_LIT("d"),  {0}},
        {MST_LIT("0"),  {0}}
    };
    struct list_call list = {.items = listed, .n_items = 3};

    mst_world_open(&world, 1, NULL);
    ck_assert_int_eq(RUN(add_model, .options = 0), MST_DONE);
    ck_assert_int_eq(mst_world_run(&world, do_add_list, &list.call), MST_DONE);
    list = (struct list_call){.items = between, .n_items = 4};
    ck_assert_int_eq(mst_world_run(&world, do_add_list, &list.call), MST_DONE);
    list = (struct list_call){.items = taken, .n_items = 4};
    ck_assert_int_eq(mst_world_run(&world, do_add_list, &list.call), MST_EXISTS);
    ck_assert_uint_eq(list.bad, 2);
    ck_assert_int_eq(mst_world_run(&world, do_list, &list.call), MST_DONE);
    ck_assert_int_eq(list.n, 7);
    mst_world_close(&world);
}

/* ---- each judged by itself ---- */

struct each_call {
    struct mst_world_call call;
    const char *model;
    const struct mst_serial_item *items;
    size_t n_items;
    bool is_trial;
    char told[256]; /* "1:listed" and so on */
};

static enum mst_err note_listed(void *arg, size_t index, enum mst_listed what,
                                struct mst_span model)
{
    static const char *const words[] = {"new", "same", "text", "elsewhere", "bad"};
    struct each_call *each = arg;
    size_t len = strlen(each->told);

    (void)snprintf(&each->told[len], sizeof each->told - len, "%zu:%s%s%.*s ", index, words[what],
                   model.len ? "=" : "", (int)model.len, model.ptr ? model.ptr : "");
    return MST_OK;
}

static enum mst_err do_add_each(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct each_call *each = (struct each_call *)call;
    struct mst_row_vendor vendor;
    struct mst_row_model model;
    enum mst_verdict verdict;
    enum mst_err err = mst_vendor_get(tx, MST_LIT("acme"), &verdict, &vendor);

    each->told[0] = '\0';
    call->verdict = MST_DONE;
    if (err == MST_OK)
        err = mst_model_get(tx, vendor.id, mst_span_str(each->model), &verdict, &model);
    return err != MST_OK ? err
                         : mst_serial_add_each(&w->domain, tx, &model, each->items, each->n_items,
                                               each->is_trial, note_listed, each);
}

static void add_each(const char *model, const struct mst_serial_item *items, size_t n_items,
                     bool is_trial, const char *told)
{
    struct each_call each = {
        .model = model, .items = items, .n_items = n_items, .is_trial = is_trial};

    ck_assert_int_eq(mst_world_run(&world, do_add_each, &each.call), MST_DONE);
    ck_assert_str_eq(each.told, told);
}

static int count_m1(void)
{
    struct list_call list = {0};

    ck_assert_int_eq(mst_world_run(&world, do_list, &list.call), MST_DONE);
    return list.n;
}

MST_TEST(each_serial_number_is_judged_as_if_they_came_one_by_one)
{
    const struct mst_serial_item mixed[] = {
        {MST_LIT("d"),   MST_LIT("x")   },
        {MST_LIT("b"),   MST_LIT("1")   },
        {MST_LIT("a,a"), {0}            },
        {MST_LIT("d"),   MST_LIT("x")   },
        {MST_LIT("c"),   {0}            },
        {MST_LIT("d"),   MST_LIT("y")   },
        {MST_LIT("b"),   MST_LIT("2")   },
        {MST_LIT("e"),   {0}            },
        {MST_LIT("f"),   MST_LIT("a\nb")},
    };
    const struct mst_serial_item b = {MST_LIT("b"), MST_LIT("1")}, e = {MST_LIT("e"), {0}};

    mst_world_open(&world, 1, NULL);
    ck_assert_int_eq(RUN(add_model, .options = 0), MST_DONE);
    ck_assert_int_eq(RUN(add_model, .model = "m2"), MST_DONE);
    add_each("m1", &b, 1, false, "");
    add_each("m2", &e, 1, false, "");
    for (int i = 0; i < 2; i++)
        add_each("m1", mixed, 9, true, "1:same 2:bad 3:same 5:text 6:text 7:elsewhere=m2 8:bad ");
    ck_assert_int_eq(count_m1(), 1);
    add_each("m1", mixed, 9, false, "1:same 2:bad 3:same 5:text 6:text 7:elsewhere=m2 8:bad ");
    ck_assert_int_eq(count_m1(), 3);
    add_each("m1", mixed, 9, false,
             "0:same 1:same 2:bad 3:same 4:same 5:text 6:text 7:elsewhere=m2 8:bad ");
    ck_assert_int_eq(count_m1(), 3);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(where_models_may_list_the_same_serial_number_none_is_elsewhere)
{
    const struct mst_serial_item e = {MST_LIT("e"), {0}};

    mst_world_open(&world, 1, NULL);
    world.domain.is_sn_scope_model = true;
    ck_assert_int_eq(RUN(add_model, .options = 0), MST_DONE);
    ck_assert_int_eq(RUN(add_model, .model = "m2"), MST_DONE);
    add_each("m2", &e, 1, false, "");
    add_each("m1", &e, 1, false, "");
    add_each("m1", &e, 1, false, "0:same ");
    /* Both list it. Where that is no longer allowed, the model's own counts. */
    world.domain.is_sn_scope_model = false;
    add_each("m1", &e, 1, false, "0:same ");
    add_each("m2", &e, 1, false, "0:same ");
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_list_goes_on_behind_a_serial_number)
{
    const struct mst_serial_item items[] = {
        {MST_LIT("a"), {0}},
        {MST_LIT("b"), {0}},
        {MST_LIT("c"), {0}}
    };
    struct list_call list = {.after = MST_LIT("a")};

    mst_world_open(&world, 1, NULL);
    ck_assert_int_eq(RUN(add_model, .options = 0), MST_DONE);
    add_each("m1", items, 3, false, "");
    ck_assert_int_eq(mst_world_run(&world, do_list, &list.call), MST_DONE);
    ck_assert_int_eq(list.n, 2);
    ck_assert_str_eq(list.sns[0], "b");
    list = (struct list_call){.after = MST_LIT("aa"), .limit = 1, .offset = 1};
    ck_assert_int_eq(mst_world_run(&world, do_list, &list.call), MST_DONE);
    ck_assert_int_eq(list.n, 1);
    ck_assert_str_eq(list.sns[0], "c");
    list = (struct list_call){.after = MST_LIT("c")};
    ck_assert_int_eq(mst_world_run(&world, do_list, &list.call), MST_DONE);
    ck_assert_int_eq(list.n, 0);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_list_of_serial_numbers_is_added_whole_or_not_at_all)
{
    const struct mst_serial_item good[] = {
        {MST_LIT("b"), MST_LIT("x")},
        {MST_LIT("a"), {0}         }
    };
    const struct mst_serial_item twice[] = {
        {MST_LIT("c"), {0}},
        {MST_LIT("c"), {0}}
    };
    const struct mst_serial_item taken[] = {
        {MST_LIT("d"), {0}},
        {MST_LIT("a"), {0}}
    };
    const struct mst_serial_item bad[] = {
        {MST_LIT("e"),  {0}},
        {MST_LIT("e,"), {0}}
    };
    const struct mst_serial_item extra[] = {
        {MST_LIT("e"), MST_LIT("\n")}
    };
    struct list_call list = {.items = good, .n_items = 2};

    mst_world_open(&world, 1, NULL);
    ck_assert_int_eq(RUN(add_model, .options = 0), MST_DONE);
    ck_assert_int_eq(mst_world_run(&world, do_add_list, &list.call), MST_DONE);
    list = (struct list_call){.items = twice, .n_items = 2};
    ck_assert_int_eq(mst_world_run(&world, do_add_list, &list.call), MST_EXISTS);
    ck_assert_uint_eq(list.bad, 1);
    list = (struct list_call){.items = taken, .n_items = 2};
    ck_assert_int_eq(mst_world_run(&world, do_add_list, &list.call), MST_EXISTS);
    ck_assert_uint_eq(list.bad, 1);
    list = (struct list_call){.items = bad, .n_items = 2};
    ck_assert_int_eq(mst_world_run(&world, do_add_list, &list.call), MST_BAD_VALUE);
    ck_assert_uint_eq(list.bad, 1);
    list = (struct list_call){.items = extra, .n_items = 1};
    ck_assert_int_eq(mst_world_run(&world, do_add_list, &list.call), MST_BAD_VALUE);
    list = (struct list_call){.items = extra, .n_items = 0};
    ck_assert_int_eq(mst_world_run(&world, do_add_list, &list.call), MST_BAD_VALUE);
    ck_assert_int_eq(mst_world_run(&world, do_list, &list.call), MST_DONE);
    ck_assert_int_eq(list.n, 2);
    ck_assert_str_eq(list.sns[0], "a");
    ck_assert_str_eq(list.sns[1], "b");
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(ten_thousand_serial_numbers_go_in_one_request_and_not_one_more)
{
    static struct mst_serial_item items[MST_SERIALS_MAX + 1];
    static char names[MST_SERIALS_MAX + 1][16];
    struct list_call list = {.items = items, .n_items = MST_SERIALS_MAX + 1};

    for (size_t i = 0; i < MST_SERIALS_MAX + 1; i++) {
        (void)snprintf(names[i], sizeof names[i], "%zu", i);
        items[i].sn = mst_span_str(names[i]);
    }
    mst_world_open(&world, 1, NULL);
    ck_assert_int_eq(RUN(add_model, .options = 0), MST_DONE);
    ck_assert_int_eq(mst_world_run(&world, do_add_list, &list.call), MST_BAD_VALUE);
    list.n_items = MST_SERIALS_MAX;
    ck_assert_int_eq(mst_world_run(&world, do_add_list, &list.call), MST_DONE);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(pages_of_the_list_are_in_bytewise_order_and_join_without_a_gap)
{
    static const char *const sorted[] = {"0", "00", "1", "10", "9", "A", "Z", "a", "aa", "b"};
    struct list_call list = {.limit = 6};

    mst_world_open(&world, 1, NULL);
    ck_assert_int_eq(RUN(add_model, .options = 0), MST_DONE);
    for (int i = 9; i >= 0; i--)
        ck_assert_int_eq(RUN(add, .sn = sorted[(i * 7) % 10]), MST_DONE);
    for (list.offset = 0; list.offset <= 12; list.offset += 6) {
        ck_assert_int_eq(mst_world_run(&world, do_list, &list.call), MST_DONE);
        ck_assert_int_eq(list.n, list.offset == 0 ? 6 : list.offset == 6 ? 4 : 0);
        for (int i = 0; i < list.n; i++)
            ck_assert_str_eq(list.sns[i], sorted[(int)list.offset + i]);
    }
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_serial_number_is_unique_in_its_vendor_or_in_its_model_as_the_setting_says)
{
    mst_world_open(&world, 1, NULL);
    ck_assert_int_eq(RUN(add_model, .model = "m1"), MST_DONE);
    ck_assert_int_eq(RUN(add_model, .model = "m2"), MST_DONE);
    ck_assert_int_eq(RUN(add, .model = "m1", .sn = "a"), MST_DONE);
    ck_assert_int_eq(RUN(add, .model = "m2", .sn = "a"), MST_EXISTS);
    world.domain.is_sn_scope_model = true;
    ck_assert_int_eq(RUN(add, .model = "m2", .sn = "a"), MST_DONE);
    ck_assert_int_eq(RUN(add, .model = "m1", .sn = "a"), MST_EXISTS);
    mst_world_close(&world);
}
MST_TEST_END

MST_TESTS("core/vendor", a_vendor_name_belongs_to_one_domain_and_a_domain_has_one,
          a_name_that_is_given_up_takes_models_and_serial_numbers_with_it,
          a_token_can_be_made_shown_listed_and_deleted,
          a_credential_is_found_in_either_header_and_the_key_goes_first,
          a_token_is_worth_what_its_domains_key_is_worth,
          a_model_needs_a_good_name_and_a_template_below_its_vendor,
          a_list_of_serial_numbers_is_added_whole_or_not_at_all,
          new_serial_numbers_go_between_listed_ones_in_any_order,
          each_serial_number_is_judged_as_if_they_came_one_by_one,
          where_models_may_list_the_same_serial_number_none_is_elsewhere,
          a_list_goes_on_behind_a_serial_number,
          ten_thousand_serial_numbers_go_in_one_request_and_not_one_more,
          pages_of_the_list_are_in_bytewise_order_and_join_without_a_gap,
          a_serial_number_is_unique_in_its_vendor_or_in_its_model_as_the_setting_says)

/* A vendor goes out of one world and into another: whole, in pages of any size, again, and by bits. */
#include <string.h>

#include "core/fleet.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

#define RUN(world, verb, ...) \
    mst_world_run(world, mst_do_##verb, &(struct mst_world_call){__VA_ARGS__})

enum { ITEMS_MAX = 64, ARENA_MAX = 1 << 20 };

static struct mst_world from, to;
static struct mst_arena arena; /* of the items */
static struct mst_fleet_item items[ITEMS_MAX];
static size_t n_items, page_max, n_in_page;
static struct mst_fleet_place place;
static char live_rid[MST_TEXT_CHARS], live_cik[MST_TEXT_CHARS];

static void keep(struct mst_span *text)
{
    ck_assert_int_eq(mst_arena_dup(&arena, *text, text), MST_OK);
}

static enum mst_err keep_item(void *arg, const struct mst_fleet_item *item)
{
    struct mst_fleet_item *kept = &items[n_items++];
    struct mst_span *aliases;

    (void)arg;
    ck_assert_uint_le(n_items, ITEMS_MAX);
    *kept = *item;
    keep(&kept->name);
    keep(&kept->meta);
    keep(&kept->detail);
    keep(&kept->model);
    keep(&kept->sn);
    keep(&kept->extra);
    keep(&kept->activated_by);
    aliases = mst_arena_array(&arena, kept->n_aliases + 1, sizeof *aliases);
    for (size_t i = 0; i < kept->n_aliases; i++) {
        aliases[i] = item->aliases[i];
        keep(&aliases[i]);
    }
    kept->aliases = aliases;
    ck_assert_uint_eq(kept->n_log, 0);
    return ++n_in_page == page_max ? MST_EREFUSED : MST_OK;
}

static enum mst_err export_page(struct mst_world *world, struct mst_tx *tx,
                                struct mst_world_call *call)
{
    struct mst_row_vendor vendor;
    enum mst_err err = mst_vendor_get(tx, MST_LIT("acme"), &call->verdict, &vendor);

    n_in_page = 0;
    if (err == MST_OK)
        err =
            mst_fleet_export(&world->domain, tx, &vendor, &place, keep_item, NULL, &call->verdict);
    keep(&place.text);
    return err;
}

static void export_all(size_t max)
{
    n_items = 0;
    page_max = max;
    place = (struct mst_fleet_place){0};
    while (place.phase != MST_FLEET_AT_END) {
        struct mst_world_call call = {.sn = ""};
        ck_assert_int_eq(mst_world_run(&from, export_page, &call), MST_DONE);
    }
}

static enum mst_fleet_outcome outcome;
static const char *why;

/* Item number call->id. */
static enum mst_err import_item(struct mst_world *world, struct mst_tx *tx,
                                struct mst_world_call *call)
{
    const struct mst_fleet_import import = {.vendor = MST_LIT("acme"), .domain_rid = items[0].rid};

    return mst_fleet_import_item(&world->domain, tx, &import, &items[call->id], &call->verdict,
                                 &outcome, &why);
}

static enum mst_verdict put(size_t i)
{
    return mst_world_run(&to, import_item, &(struct mst_world_call){.id = (int64_t)i});
}

/* The worlds have the same keys and so the same RIDs: "to" is made a stranger by using up numbers. */
static void open_worlds(void)
{
    struct mst_world_call call = {.sn = "live", .attempt = mst_world_attempt()};

    mst_arena_init(&arena, ARENA_MAX);
    mst_world_open(&from, 1, NULL);
    ck_assert_int_eq(RUN(&from, add_model, .options = MST_MODEL_NOCOMMENTS), MST_DONE);
    ck_assert_int_eq(RUN(&from, add, .sn = "free"), MST_DONE);
    ck_assert_int_eq(RUN(&from, add, .sn = "live", .extra = "x"), MST_DONE);
    ck_assert_int_eq(mst_world_run(&from, mst_do_enable_owner, &call), MST_DONE);
    memcpy(live_rid, call.handle, sizeof live_rid);
    call.attempt = mst_world_attempt();
    ck_assert_int_eq(mst_world_run(&from, mst_do_activate, &call), MST_DONE);
    memcpy(live_cik, call.handle, sizeof live_cik);
    mst_world_open(&to, 2, NULL);
    for (int i = 0; i < 30; i++)
        ck_assert_int_eq(RUN(&to, create, .caller_id = to.domain_id, .rid = to.domain_rid,
                             .kind = MST_KIND_CLIENT),
                         MST_DONE);
    ck_assert_int_eq(RUN(&to, unregister, .vendor = "acme"), MST_DONE);
    ck_assert_int_eq(RUN(&to, drop, .caller_id = to.root_id, .rid = to.domain_rid), MST_DONE);
}

static void close_worlds(void)
{
    mst_world_close(&from);
    mst_world_close(&to);
    mst_arena_fini(&arena);
}

static bool is_live(struct mst_world *world, const char *cik)
{
    return RUN(world, authenticate, .key = cik) == MST_DONE;
}

MST_TEST(pages_of_any_size_give_the_same_items)
{
    enum mst_fleet_type types[ITEMS_MAX];
    size_t n_all;

    open_worlds();
    export_all(ITEMS_MAX);
    n_all = n_items;
    ck_assert_uint_gt(n_all, 10);
    for (size_t i = 0; i < n_all; i++)
        types[i] = items[i].type;
    for (size_t max = 1; max < 5; max++) {
        export_all(max);
        ck_assert_uint_eq(n_items, n_all);
        for (size_t i = 0; i < n_all; i++)
            ck_assert_int_eq(items[i].type, types[i]);
    }
    close_worlds();
}
MST_TEST_END

MST_TEST(a_vendor_that_was_imported_works_and_is_not_imported_twice)
{
    struct mst_world_call view = {.sn = "live"};

    open_worlds();
    export_all(ITEMS_MAX);
    ck_assert(!is_live(&to, live_cik));
    for (size_t i = 0; i < n_items; i++) {
        ck_assert_msg(put(i) == MST_DONE, "item %zu: %s", i, why);
        ck_assert_int_eq(outcome, MST_FLEET_MADE);
    }
    ck_assert(is_live(&to, live_cik));
    ck_assert(is_live(&to, from.portal_cik));
    ck_assert_int_eq(mst_world_run(&to, mst_do_view, &view), MST_DONE);
    ck_assert_str_eq(view.view_rid, live_rid);
    ck_assert_str_eq(view.status, "activated");
    for (size_t i = 0; i < n_items; i++) {
        ck_assert_int_eq(put(i), MST_DONE);
        ck_assert_int_eq(outcome, MST_FLEET_THERE);
    }
    close_worlds();
}
MST_TEST_END

MST_TEST(an_item_whose_outcome_is_unknown_is_imported_once)
{
    open_worlds();
    export_all(ITEMS_MAX);
    for (size_t i = 0; i < n_items; i++) {
        to.next_fault = i % 2 ? MST_WORLD_LOST : MST_WORLD_KEPT;
        ck_assert_int_eq(put(i), MST_DONE);
    }
    ck_assert(is_live(&to, live_cik));
    close_worlds();
}
MST_TEST_END

MST_TEST(an_item_survives_a_store_that_fails_once_at_any_point)
{
    open_worlds();
    export_all(ITEMS_MAX);
    for (size_t i = 0; i < n_items; i++) {
        int n_failed = 0;
        for (int n = 1;; n++) {
            struct mst_world_call call = {.id = (int64_t)i};
            to.fail_at = n;
            (void)mst_world_run(&to, import_item, &call);
            if (to.fail_at > 0)
                break;
            ck_assert_int_eq(call.err, MST_EIO);
            n_failed++;
        }
        to.fail_at = 0;
        ck_assert_int_gt(n_failed, 0);
        ck_assert_msg(put(i) == MST_DONE, "item %zu: %s", i, why);
        ck_assert_int_eq(outcome, MST_FLEET_THERE);
    }
    ck_assert(is_live(&to, live_cik));
    close_worlds();
}
MST_TEST_END

MST_TEST(what_does_not_fit_is_refused)
{
    struct mst_handle rid;

    open_worlds();
    export_all(ITEMS_MAX);
    ck_assert_int_eq(put(1), MST_NOT_FOUND); /* its owner is not there yet */
    ck_assert_int_eq(put(0), MST_DONE);
    rid = items[1].owner;
    items[1].owner.text[0] = '\0';
    ck_assert_int_eq(put(1), MST_BAD_VALUE); /* a second client below the root */
    items[1].owner = rid;
    rid = items[1].cik;
    items[1].cik = items[0].cik;
    ck_assert_int_eq(put(1), MST_EXISTS); /* a key of another */
    items[1].cik = rid;
    ck_assert_int_eq(put(1), MST_DONE);
    items[1].type = MST_FLEET_DISPATCH;
    ck_assert_int_eq(put(1), MST_EXISTS); /* a RID of another */
    close_worlds();
}
MST_TEST_END

/* ---- files that reach for what is somebody else's ---- */

static size_t find_item(enum mst_fleet_type type, const char *name)
{
    for (size_t i = 0; i < n_items; i++)
        if (items[i].type == type &&
            mst_span_eq(type == MST_FLEET_SERIAL ? items[i].sn : items[i].name, mst_span_str(name)))
            return i;
    ck_abort_msg("no %s", name);
}

/* Whose acme is, and what its m1 was made with. */
struct looked {
    struct mst_world_call call; /* first */
    int64_t client_id, template_id, creator_id;
};

static enum mst_err look(struct mst_world *world, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_vendor vendor = {.name = MST_LIT("acme")};
    struct mst_row_model model = {.name = MST_LIT("m1")};
    struct looked *looked = (struct looked *)call;
    enum mst_err err = mst_tx_get(tx, MST_IX_VENDOR_NAME, &vendor);

    (void)world;
    model.vendor_id = vendor.id;
    if (err == MST_OK)
        err = mst_tx_get(tx, MST_IX_MODEL_NAME, &model);
    looked->client_id = vendor.client_id;
    looked->template_id = model.template_id;
    looked->creator_id = model.creator_id;
    call->verdict = MST_DONE;
    return err;
}

MST_TEST(a_model_of_a_file_gets_no_client_that_is_somebody_elses)
{
    struct mst_world_vendor other;
    struct looked looked = {.client_id = 0};
    size_t model;

    open_worlds();
    mst_world_add_vendor(&to, "umbrella", &other);
    export_all(ITEMS_MAX);
    model = find_item(MST_FLEET_MODEL, "m1");
    memcpy(items[model].template.text, other.portal_rid, MST_HANDLE_CHARS);
    memcpy(items[model].creator.text, other.domain_rid, MST_HANDLE_CHARS);
    for (size_t i = 0; i <= model; i++)
        ck_assert_int_eq(put(i), MST_DONE);
    ck_assert_int_eq(mst_world_run(&to, look, &looked.call), MST_DONE);
    ck_assert_int_eq(looked.template_id, 0);
    ck_assert_int_eq(looked.creator_id, looked.client_id);
    close_worlds();
}
MST_TEST_END

MST_TEST(a_serial_number_of_a_file_hangs_on_no_client_that_is_somebody_elses)
{
    struct mst_world_vendor other;
    size_t live;

    open_worlds();
    mst_world_add_vendor(&to, "umbrella", &other);
    export_all(ITEMS_MAX);
    live = find_item(MST_FLEET_SERIAL, "live");
    for (size_t i = 0; i < live; i++)
        ck_assert_int_eq(put(i), MST_DONE);
    memcpy(items[live].rid.text, other.portal_rid, MST_HANDLE_CHARS);
    ck_assert_int_eq(put(live), MST_RESTRICTED);
    items[live].lent_to = MST_LIT("umbrella"); /* nor by saying that it was lent */
    ck_assert_int_eq(put(live), MST_RESTRICTED);
    close_worlds();
}
MST_TEST_END

MST_TEST(a_file_whose_domain_client_is_somebody_elses_is_refused)
{
    struct mst_world_vendor other;
    size_t vendor;

    open_worlds();
    mst_world_add_vendor(&to, "umbrella", &other);
    ck_assert_int_eq(RUN(&to, unregister, .key = other.domain_cik, .vendor = "umbrella"), MST_DONE);
    export_all(ITEMS_MAX);
    vendor = find_item(MST_FLEET_VENDOR, "acme");
    for (int i = 0; i < 2; i++) {
        const char *rid = i == 0 ? other.domain_rid : other.portal_rid;

        memcpy(items[0].rid.text, rid, MST_HANDLE_CHARS);
        items[vendor].rid = items[0].rid;
        ck_assert_int_eq(put(0), MST_RESTRICTED);
        ck_assert_int_eq(put(vendor), MST_RESTRICTED);
    }
    close_worlds();
}
MST_TEST_END

/* ---- the bytes of content ---- */

static const char piece_of_zeros[MST_PIECE_MAX];
static struct mst_row_blob blob = {.blob_id = 77, .content_id = 1, .attempt = 5};

/* Pieces from call->id on, two of which are whole and one has three bytes. */
static enum mst_err add_piece(struct mst_world *world, struct mst_tx *tx,
                              struct mst_world_call *call)
{
    const struct mst_fleet_item piece = {
        .type = MST_FLEET_BLOB,
        .piece = call->id,
        .bytes = mst_span_of(piece_of_zeros, call->id == 2 ? 3 : MST_PIECE_MAX)};

    return mst_fleet_add_pieces(&world->domain, tx, &blob, &piece, 1, &call->verdict);
}

static enum mst_verdict put_piece(int64_t n)
{
    return mst_world_run(&to, add_piece,
                         &(struct mst_world_call){.id = n, .file = MST_FILE_CONTENT, .attempt = 1});
}

MST_TEST(pieces_are_stored_without_a_gap_and_twice_is_once)
{
    open_worlds();
    ck_assert_int_eq(put_piece(1), MST_NOT_FOUND);
    ck_assert_int_eq(put_piece(0), MST_DONE);
    ck_assert_int_eq(put_piece(2), MST_NOT_FOUND);
    to.next_fault = MST_WORLD_KEPT;
    ck_assert_int_eq(put_piece(1), MST_DONE);
    ck_assert_int_eq(put_piece(0), MST_DONE);
    ck_assert_int_eq(put_piece(2), MST_DONE);
    close_worlds();
}
MST_TEST_END

MST_TEST(a_piece_is_next_or_it_is_refused)
{
    const struct mst_span sha = mst_span_of(piece_of_zeros, 32);
    const struct mst_fleet_item whole = {.type = MST_FLEET_BLOB,
                                         .model = MST_LIT("m"),
                                         .name = MST_LIT("c"),
                                         .bytes = mst_span_of(piece_of_zeros, MST_PIECE_MAX)};
    struct mst_fleet_item last = whole;

    ck_assert(mst_fleet_is_next_piece(&whole, NULL));
    last.piece = 1;
    last.bytes.len = 3;
    ck_assert(!mst_fleet_is_next_piece(&last, &whole)); /* short, and not the last */
    last.sha256 = sha;
    last.mime = MST_LIT("text/plain");
    last.size = MST_PIECE_MAX + 3;
    ck_assert(mst_fleet_is_next_piece(&last, &whole));
    ck_assert(!mst_fleet_is_next_piece(&last, &last)); /* nothing comes behind the last */
    last.size++;
    ck_assert(!mst_fleet_is_next_piece(&last, &whole));
    last.size--;
    last.mime = MST_LIT("text/plain\r\nX: y");
    ck_assert(!mst_fleet_is_next_piece(&last, &whole));
    last.mime = MST_LIT("text/plain");
    last.name = MST_LIT("d");
    ck_assert(!mst_fleet_is_next_piece(&last, &whole));
    last.name = whole.name;
    last.piece = 2;
    ck_assert(!mst_fleet_is_next_piece(&last, &whole));
    last.piece = -1;
    ck_assert(!mst_fleet_is_next_piece(&last, NULL));
}
MST_TEST_END

MST_TESTS("core/fleet", pieces_are_stored_without_a_gap_and_twice_is_once,
          a_piece_is_next_or_it_is_refused, pages_of_any_size_give_the_same_items,
          a_vendor_that_was_imported_works_and_is_not_imported_twice,
          an_item_whose_outcome_is_unknown_is_imported_once,
          an_item_survives_a_store_that_fails_once_at_any_point, what_does_not_fit_is_refused,
          a_model_of_a_file_gets_no_client_that_is_somebody_elses,
          a_serial_number_of_a_file_hangs_on_no_client_that_is_somebody_elses,
          a_file_whose_domain_client_is_somebody_elses_is_refused)

/* Content entries, the blobs they point to, and what becomes of blobs that nobody points to. */
#include <string.h>

#include "core/content.h"
#include "core/model.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

static struct mst_world world;

/* What the verbs below work with; they leave what they found in it. */
static struct {
    struct mst_row_content content;
    char names[8][16];
    size_t n_names;
    int64_t old_id;
    int64_t blob_id, attempt;
    uint64_t n;
    const char *bytes;
    bool is_true;
    bool is_protected;
    bool is_given_up;
    int64_t orphan_id, last_id;
    int64_t model_id;
} with;

static enum mst_verdict run_in(enum mst_file file, mst_world_verb *verb,
                               struct mst_world_call *call)
{
    call->file = file;
    return mst_world_run(&world, verb, call);
}

#define RUN(verb, ...) \
    run_in(MST_FILE_STATE, verb, &(struct mst_world_call){.attempt = 1, __VA_ARGS__})
#define RUN_IN_CONTENT(verb) run_in(MST_FILE_CONTENT, verb, &(struct mst_world_call){.attempt = 1})

/* ---- verbs ---- */

static enum mst_err find_model(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_vendor vendor;
    struct mst_row_model model;
    enum mst_err err = mst_vendor_get(tx, MST_LIT("acme"), &call->verdict, &vendor);

    (void)w;
    if (err == MST_OK)
        err = mst_model_get(tx, vendor.id, MST_LIT("m1"), &call->verdict, &model);
    if (err == MST_OK && call->verdict == MST_DONE)
        with.model_id = model.id;
    return err;
}

static enum mst_err create(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    (void)w;
    return mst_content_create(tx, with.model_id, mst_span_str(call->name),
                              mst_span_str(call->meta ? call->meta : ""), with.is_protected,
                              &call->verdict);
}

static enum mst_err get(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    (void)w;
    return mst_content_get(tx, with.model_id, mst_span_str(call->name), &call->verdict,
                           &with.content);
}

static enum mst_err delete_it(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    enum mst_err err = get(w, tx, call);

    return err == MST_OK && call->verdict == MST_DONE ? mst_content_delete(tx, &with.content) : err;
}

static enum mst_err note_name(void *arg, const struct mst_row_content *content)
{
    (void)arg;
    (void)snprintf(with.names[with.n_names++], sizeof with.names[0], "%.*s", (int)content->name.len,
                   content->name.ptr);
    return MST_OK;
}

static enum mst_err list(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    (void)w;
    with.n_names = 0;
    call->verdict = MST_DONE;
    return mst_content_list(tx, with.model_id, note_name, NULL);
}

static enum mst_err list_for(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_group_reach reach;
    enum mst_err err = mst_content_reach(&w->domain, tx, with.model_id, mst_span_str(call->sn),
                                         &call->verdict, &reach);

    with.n_names = 0;
    return err == MST_OK && call->verdict == MST_DONE
               ? mst_content_list_for(tx, &reach, note_name, NULL)
               : err;
}

static enum mst_err add_to_group(struct mst_world *w, struct mst_tx *tx,
                                 struct mst_world_call *call)
{
    const struct mst_group_item item = {.type = mst_span_str(call->extra),
                                        .member = mst_span_str(call->name)};
    struct mst_row_model_group group;
    enum mst_err err =
        mst_group_create(tx, with.model_id, MST_LIT("g"), MST_LIT(""), &call->verdict);

    (void)w;
    if (err == MST_OK)
        err = mst_group_get(tx, with.model_id, MST_LIT("g"), &call->verdict, &group);
    return err == MST_OK ? mst_group_put(tx, &group, &item, 1, &call->verdict) : err;
}

static enum mst_err begin(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    call->verdict = MST_DONE;
    return mst_blob_begin(&w->domain, tx, with.blob_id, with.content.id, with.attempt);
}

static enum mst_err begin_and_see(struct mst_world *w, struct mst_tx *tx,
                                  struct mst_world_call *call)
{
    with.is_true = begin(w, tx, call) == MST_EBUSY;
    return MST_OK;
}

static enum mst_err add(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    (void)w;
    return mst_blob_add(tx, with.blob_id, with.n, mst_span_str(with.bytes), &call->verdict);
}

static enum mst_err point(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_content content = with.content;

    content.blob_id = with.blob_id;
    content.mime = MST_LIT("text/plain");
    content.size = 3;
    content.sha256 = MST_LIT("01234567890123456789012345678901");
    return mst_content_point(&w->domain, tx, &content, &call->verdict, &with.old_id);
}

static enum mst_err sweep(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    (void)w;
    call->verdict = MST_DONE;
    return mst_blob_sweep(tx, with.blob_id, &with.is_true);
}

/* ---- looks, by a reader ---- */

static struct mst_tx *look_begin(struct mst_reader **ret_reader)
{
    struct mst_tx *tx;

    ck_assert_int_eq(mst_reader_open(world.store, ret_reader), MST_OK);
    ck_assert_int_eq(mst_reader_begin(*ret_reader, &tx), MST_OK);
    return tx;
}

static void look_end(struct mst_reader *reader)
{
    mst_reader_end(reader);
    mst_reader_close(reader);
}

static bool is_orphan(bool is_given_up)
{
    struct mst_reader *reader;
    struct mst_tx *tx = look_begin(&reader);
    bool answer = false;

    ck_assert_int_eq(mst_blob_is_orphan(&world.domain, tx, with.blob_id, is_given_up, &answer),
                     MST_OK);
    look_end(reader);
    return answer;
}

static int64_t next_orphan(void)
{
    struct mst_reader *reader;
    struct mst_tx *tx = look_begin(&reader);
    int64_t id = 0;

    with.last_id = 0;
    do
        ck_assert_int_eq(mst_blob_next_orphan(&world.domain, tx, with.last_id, &id, &with.last_id),
                         MST_OK);
    while (id == 0 && with.last_id != 0);
    look_end(reader);
    return id;
}

static bool has_piece(uint64_t n)
{
    struct mst_reader *reader;
    struct mst_tx *tx = look_begin(&reader);
    struct mst_span bytes;
    enum mst_err err = mst_blob_read(tx, with.blob_id, n, &bytes);

    look_end(reader);
    ck_assert(err == MST_OK || err == MST_ENOENT);
    return err == MST_OK;
}

/* ---- the world ---- */

/* The device a is activated, b is enabled; there is the entry fw without a blob. */
static void open_world(void)
{
    memset(&with, 0, sizeof with);
    mst_world_open(&world, 1, NULL);
    world.domain.session = 7;
    ck_assert_int_eq(RUN(mst_do_add_model, .options = 0), MST_DONE);
    for (int i = 0; i < 2; i++) {
        const char *sn = i == 0 ? "a" : "b";

        ck_assert_int_eq(RUN(mst_do_add, .sn = sn), MST_DONE);
        ck_assert_int_eq(RUN(mst_do_enable_owner, .sn = sn), MST_DONE);
    }
    ck_assert_int_eq(RUN(mst_do_activate, .sn = "a"), MST_DONE);
    ck_assert_int_eq(RUN(find_model, .sn = ""), MST_DONE);
    ck_assert_int_eq(RUN(create, .name = "fw", .meta = "x"), MST_DONE);
    ck_assert_int_eq(RUN(get, .name = "fw"), MST_DONE);
    with.blob_id = 1000;
    with.attempt = 55;
    with.bytes = "abc";
}

static void upload(void)
{
    ck_assert_int_eq(RUN_IN_CONTENT(begin), MST_DONE);
    for (with.n = 0; with.n < 20; with.n++)
        ck_assert_int_eq(RUN_IN_CONTENT(add), MST_DONE);
    ck_assert_int_eq(RUN(point, .sn = ""), MST_DONE);
}

MST_TEST(an_entry_is_created_once_with_a_name_and_a_text_that_are_in_order)
{
    char name[258], meta[1026];

    open_world();
    memset(name, 'n', sizeof name);
    memset(meta, 'm', sizeof meta);
    name[256] = meta[1025] = '\0';
    ck_assert_int_eq(with.content.blob_id, 0);
    ck_assert_int_eq(with.content.size, 0);
    ck_assert_int_eq(with.content.updated, world.wall_now);
    ck_assert_int_eq(RUN(create, .name = "fw"), MST_EXISTS);
    ck_assert_int_eq(RUN(create, .name = ""), MST_BAD_VALUE);
    ck_assert_int_eq(RUN(create, .name = "a\nb"), MST_BAD_VALUE);
    ck_assert_int_eq(RUN(create, .name = "a\x7f"), MST_BAD_VALUE);
    ck_assert_int_eq(RUN(create, .name = "\xc0\xaf"), MST_BAD_VALUE);
    ck_assert_int_eq(RUN(create, .name = name), MST_BAD_VALUE);
    ck_assert_int_eq(RUN(create, .name = "m", .meta = meta), MST_BAD_VALUE);
    name[255] = meta[1024] = '\0';
    ck_assert_int_eq(RUN(create, .name = name, .meta = meta), MST_DONE);
    ck_assert_int_eq(RUN(create, .name = "../../etc/passwd"), MST_DONE);
    ck_assert_int_eq(RUN(get, .name = "none"), MST_NOT_FOUND);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_model_holds_as_many_entries_as_the_limit_says)
{
    open_world();
    for (int i = 1; i < MST_CONTENTS_MAX; i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "%d", i);
        ck_assert_int_eq(RUN(create, .name = name), MST_DONE);
    }
    ck_assert_int_eq(RUN(create, .name = "one more"), MST_NO_ROOM);
    ck_assert_int_eq(RUN(create, .name = "fw"), MST_EXISTS);
    ck_assert_int_eq(RUN(delete_it, .name = "1"), MST_DONE);
    ck_assert_int_eq(RUN(create, .name = "one more"), MST_DONE);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(an_entry_takes_one_blob_and_another_only_if_the_setting_says_so)
{
    open_world();
    world.wall_now += 5;
    upload();
    ck_assert_int_eq(with.old_id, 0);
    ck_assert_int_eq(RUN(point, .sn = ""), MST_DONE); /* once more, after an unknown outcome */
    ck_assert_int_eq(RUN(get, .name = "fw"), MST_DONE);
    ck_assert_int_eq(with.content.blob_id, 1000);
    ck_assert_int_eq(with.content.size, 3);
    ck_assert_int_eq(with.content.updated, world.wall_now);
    ck_assert_span_str(with.content.mime, "text/plain");
    ck_assert_span_str(with.content.meta, "x");
    ck_assert_int_eq(mst_content_takes(&world.domain, &with.content), MST_EXISTS);
    with.blob_id = 1001;
    ck_assert_int_eq(RUN(point, .sn = ""), MST_EXISTS);
    world.domain.is_content_replaced = true;
    ck_assert_int_eq(mst_content_takes(&world.domain, &with.content), MST_DONE);
    ck_assert_int_eq(RUN(point, .sn = ""), MST_DONE);
    ck_assert_int_eq(with.old_id, 1000);
    ck_assert_int_eq(RUN(delete_it, .name = "fw"), MST_DONE);
    ck_assert_int_eq(RUN(point, .sn = ""), MST_NOT_FOUND);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(the_number_of_a_blob_is_no_other_uploads)
{
    open_world();
    upload();
    ck_assert_int_eq(RUN_IN_CONTENT(begin), MST_DONE); /* the same attempt */
    with.attempt++;
    ck_assert_int_eq(RUN_IN_CONTENT(begin_and_see), MST_DONE);
    ck_assert(with.is_true);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_blob_is_an_orphan_when_its_entry_went_or_its_upload_was_given_up_or_of_another_process)
{
    open_world();
    ck_assert(!is_orphan(true)); /* there is none */
    ck_assert_int_eq(RUN_IN_CONTENT(begin), MST_DONE);
    ck_assert(!is_orphan(false));
    ck_assert(is_orphan(true));
    world.domain.session = 8;
    ck_assert(is_orphan(false));
    ck_assert_int_eq(next_orphan(), 1000);
    world.domain.session = 7;
    upload();
    ck_assert(!is_orphan(true)); /* an outcome that was not known */
    world.domain.session = 8;
    ck_assert(!is_orphan(false));
    ck_assert_int_eq(next_orphan(), 0);
    world.domain.session = 7;
    ck_assert_int_eq(RUN(delete_it, .name = "fw"), MST_DONE);
    ck_assert(is_orphan(false));
    ck_assert_int_eq(next_orphan(), 1000);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(orphans_are_found_among_many_blobs)
{
    open_world();
    upload();
    for (int i = 0; i < 2 * MST_BLOBS_LOOK + 50; i++) {
        with.blob_id = 1 + 3 * i;
        ck_assert_int_eq(RUN_IN_CONTENT(begin), MST_DONE);
    }
    with.blob_id = 900;
    with.content.id += 1000;
    ck_assert_int_eq(RUN_IN_CONTENT(begin), MST_DONE);
    ck_assert_int_eq(next_orphan(), 900);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(an_orphan_is_swept_in_bounded_steps_and_takes_no_piece_meanwhile)
{
    int n_steps = 0;

    open_world();
    upload();
    ck_assert_int_eq(RUN(delete_it, .name = "fw"), MST_DONE);
    ck_assert(has_piece(0) && has_piece(19));
    ck_assert_int_eq(RUN_IN_CONTENT(sweep), MST_DONE);
    ck_assert(!with.is_true);
    ck_assert(!has_piece(MST_BLOB_SWEEP - 1) && has_piece(MST_BLOB_SWEEP));
    with.n = 20;
    ck_assert_int_eq(RUN_IN_CONTENT(add), MST_NOT_FOUND);
    for (with.is_true = false; !with.is_true; n_steps++)
        ck_assert_int_eq(RUN_IN_CONTENT(sweep), MST_DONE);
    ck_assert_int_eq(n_steps, 1);
    ck_assert(!has_piece(19) && !has_piece(20));
    ck_assert_int_eq(RUN_IN_CONTENT(add), MST_NOT_FOUND);
    ck_assert_int_eq(next_orphan(), 0);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(activated_devices_see_what_is_open_and_what_shares_a_group_with_them)
{
    open_world();
    with.is_protected = true;
    ck_assert_int_eq(RUN(create, .name = "secret"), MST_DONE);
    ck_assert_int_eq(RUN(list, .sn = ""), MST_DONE);
    ck_assert_uint_eq(with.n_names, 2);
    ck_assert_str_eq(with.names[0], "fw");
    ck_assert_str_eq(with.names[1], "secret");
    ck_assert_int_eq(RUN(list_for, .sn = "none"), MST_NO_SERIAL);
    ck_assert_int_eq(RUN(list_for, .sn = "b"), MST_RESTRICTED);
    ck_assert_int_eq(RUN(list_for, .sn = "a"), MST_DONE);
    ck_assert_uint_eq(with.n_names, 1);
    ck_assert_int_eq(RUN(add_to_group, .extra = "content", .name = "secret"), MST_DONE);
    ck_assert_int_eq(RUN(list_for, .sn = "a"), MST_DONE);
    ck_assert_uint_eq(with.n_names, 1);
    ck_assert_int_eq(RUN(add_to_group, .extra = "sn", .name = "a"), MST_DONE);
    ck_assert_int_eq(RUN(list_for, .sn = "a"), MST_DONE);
    ck_assert_uint_eq(with.n_names, 2);
    /* Something new of the same name is no member. */
    ck_assert_int_eq(RUN(delete_it, .name = "secret"), MST_DONE);
    ck_assert_int_eq(RUN(create, .name = "secret"), MST_DONE);
    ck_assert_int_eq(RUN(list_for, .sn = "a"), MST_DONE);
    ck_assert_uint_eq(with.n_names, 1);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(the_entries_of_a_model_go_with_it)
{
    open_world();
    upload();
    ck_assert_int_eq(RUN(mst_do_delete_model, .model = "m1"), MST_DONE);
    ck_assert_int_eq(RUN(get, .name = "fw"), MST_NOT_FOUND);
    ck_assert(is_orphan(false));
    mst_world_close(&world);
}
MST_TEST_END

/* Fails the first operation, then the second, and so on until the use case needs no more. */
static void fail_each(enum mst_file file, mst_world_verb *verb, struct mst_world_call wanted,
                      void (*prepare)(void))
{
    int n_operations = 0;

    for (int n = 1;; n++) {
        struct mst_world_call call = wanted;
        bool is_through;

        open_world();
        if (prepare)
            prepare();
        call.attempt = 1;
        world.fail_at = n;
        (void)run_in(file, verb, &call);
        is_through = world.fail_at > 0;
        world.fail_at = 0;
        ck_assert_int_eq(call.err, is_through ? MST_OK : MST_EIO);
        if (!is_through)
            ck_assert_int_eq(run_in(file, verb, &call), MST_DONE);
        mst_world_close(&world);
        if (is_through)
            break;
        n_operations = n;
    }
    ck_assert_int_gt(n_operations, 0);
}

static void begin_only(void)
{
    ck_assert_int_eq(RUN_IN_CONTENT(begin), MST_DONE);
}

MST_TEST(content_survives_a_store_that_fails_once_at_any_point)
{
    fail_each(MST_FILE_STATE, create, (struct mst_world_call){.name = "new"}, NULL);
    fail_each(MST_FILE_STATE, get, (struct mst_world_call){.name = "fw"}, NULL);
    fail_each(MST_FILE_STATE, delete_it, (struct mst_world_call){.name = "fw"}, upload);
    fail_each(MST_FILE_STATE, list, (struct mst_world_call){.name = ""}, NULL);
    fail_each(MST_FILE_STATE, list_for, (struct mst_world_call){.sn = "a"}, NULL);
    fail_each(MST_FILE_STATE, point, (struct mst_world_call){.sn = ""}, NULL);
    fail_each(MST_FILE_STATE, mst_do_delete_model, (struct mst_world_call){.model = "m1"}, upload);
    fail_each(MST_FILE_CONTENT, begin, (struct mst_world_call){.sn = ""}, NULL);
    fail_each(MST_FILE_CONTENT, add, (struct mst_world_call){.sn = ""}, begin_only);
    fail_each(MST_FILE_CONTENT, sweep, (struct mst_world_call){.sn = ""}, upload);
}
MST_TEST_END

MST_TESTS("core/content", an_entry_is_created_once_with_a_name_and_a_text_that_are_in_order,
          a_model_holds_as_many_entries_as_the_limit_says,
          an_entry_takes_one_blob_and_another_only_if_the_setting_says_so,
          the_number_of_a_blob_is_no_other_uploads,
          a_blob_is_an_orphan_when_its_entry_went_or_its_upload_was_given_up_or_of_another_process,
          orphans_are_found_among_many_blobs,
          an_orphan_is_swept_in_bounded_steps_and_takes_no_piece_meanwhile,
          activated_devices_see_what_is_open_and_what_shares_a_group_with_them,
          the_entries_of_a_model_go_with_it, content_survives_a_store_that_fails_once_at_any_point)

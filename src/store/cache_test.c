#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "store/cache.h"
#include "sys/queue.h"
#include "tests/lib/unit.h"

static struct mst_stripes *stripes;
static struct mst_touched touched;
static struct mst_rowcache *cache;
static struct mst_arena arena;

static void begin_with(size_t max_bytes)
{
    ck_assert_int_eq(mst_stripes_new(&stripes), MST_OK);
    ck_assert_int_eq(mst_rowcache_new(stripes, max_bytes, &cache), MST_OK);
    mst_arena_init(&arena, MST_MIB(16));
    memset(&touched, 0, sizeof touched);
}

static void begin(void)
{
    begin_with(MST_MIB(1));
}

static void finish(void)
{
    mst_rowcache_free(cache);
    mst_stripes_free(stripes);
    mst_arena_fini(&arena);
}

static uint64_t now(enum mst_file file)
{
    return mst_stripes_seq(stripes, file);
}

static void publish(enum mst_file file)
{
    mst_stripes_publish(stripes, file, &touched);
}

/* ---- clients by id ---- */

static void put_client(int64_t id, const char *peer)
{
    struct mst_row_client row = {.id = id, .epoch = id + 1, .log_peer = mst_span_str(peer)};

    mst_rowcache_put(cache, MST_IX_CLIENT, 1, &row, &row, now(MST_FILE_STATE));
}

static bool has_client(int64_t id, struct mst_row_client *ret_row)
{
    enum mst_err err = MST_EIO;

    *ret_row = (struct mst_row_client){.id = id};
    if (!mst_rowcache_find(cache, MST_IX_CLIENT, 1, &arena, ret_row, &err))
        return false;
    ck_assert_int_eq(err, MST_OK);
    return true;
}

static bool knows_client(int64_t id)
{
    struct mst_row_client row;

    return has_client(id, &row);
}

static void change_client(int64_t id)
{
    struct mst_row_client row = {.id = id};

    mst_touched_key(&touched, stripes, MST_TABLE_CLIENT, &row);
    publish(MST_FILE_STATE);
}

MST_TEST(a_row_is_found_again_whole_and_its_text_outlives_the_entry)
{
    struct mst_row_client row;

    begin();
    ck_assert(!knows_client(7));
    put_client(7, "10.0.0.1");
    ck_assert(has_client(7, &row));
    ck_assert_int_eq(row.id, 7);
    ck_assert_int_eq(row.epoch, 8);
    ck_assert_uint_eq(row.delta.len, 0);
    mst_rowcache_free(cache);
    cache = NULL;
    ck_assert_span_str(row.log_peer, "10.0.0.1");
    finish();
}
MST_TEST_END

MST_TEST(a_published_change_ends_a_row)
{
    begin();
    put_client(7, "");
    ck_assert(knows_client(7));
    change_client(7);
    ck_assert(!knows_client(7));
    put_client(7, "");
    ck_assert(knows_client(7));
    finish();
}
MST_TEST_END

MST_TEST(a_change_counts_only_when_it_is_published)
{
    const struct mst_row_client row = {.id = 7};

    begin();
    put_client(7, "");
    mst_touched_key(&touched, stripes, MST_TABLE_CLIENT, &row);
    ck_assert(knows_client(7));
    publish(MST_FILE_STATE);
    ck_assert(!knows_client(7));
    finish();
}
MST_TEST_END

MST_TEST(what_a_view_showed_that_is_older_than_the_change_is_not_found)
{
    const struct mst_row_client row = {.id = 7};
    uint64_t before;

    begin();
    before = now(MST_FILE_STATE);
    change_client(7);
    mst_rowcache_put(cache, MST_IX_CLIENT, 1, &row, &row, before);
    ck_assert(!knows_client(7));
    mst_rowcache_put(cache, MST_IX_CLIENT, 1, &row, &row, now(MST_FILE_STATE));
    ck_assert(knows_client(7));
    finish();
}
MST_TEST_END

MST_TEST(of_what_two_readers_put_the_newer_view_counts)
{
    struct mst_row_client old = {.id = 7, .epoch = 1}, row = {.id = 7, .epoch = 2};
    struct mst_rowcache_figures figures;
    uint64_t before;

    begin();
    before = now(MST_FILE_STATE);
    change_client(7);
    mst_rowcache_put(cache, MST_IX_CLIENT, 1, &row, &row, now(MST_FILE_STATE));
    mst_rowcache_put(cache, MST_IX_CLIENT, 1, &old, &old, before);
    ck_assert(has_client(7, &row));
    ck_assert_int_eq(row.epoch, 2);
    mst_rowcache_put(cache, MST_IX_CLIENT, 1, &row, &row, now(MST_FILE_STATE));
    mst_rowcache_figures(cache, &figures);
    ck_assert_uint_eq(figures.n_entries, 1);
    finish();
}
MST_TEST_END

/* Two keys may share a stripe; of a hundred hardly any do. */
MST_TEST(changes_of_other_rows_leave_a_row)
{
    int n_known = 0;

    begin();
    for (int id = 1; id <= 100; id++)
        put_client(id, "");
    change_client(1000);
    for (int id = 1; id <= 100; id++)
        n_known += knows_client(id);
    ck_assert_int_ge(n_known, 95);
    finish();
}
MST_TEST_END

MST_TEST(a_commit_of_one_file_leaves_the_rows_of_the_other)
{
    const struct mst_row_client client = {.id = 7};

    begin();
    put_client(7, "");
    mst_touched_key(&touched, stripes, MST_TABLE_CLIENT, &client);
    publish(MST_FILE_POINTS);
    ck_assert(knows_client(7));
    finish();
}
MST_TEST_END

MST_TEST(every_commit_is_counted_though_it_touches_nothing)
{
    begin();
    put_client(7, "");
    publish(MST_FILE_STATE);
    publish(MST_FILE_STATE);
    ck_assert_uint_eq(now(MST_FILE_STATE), 2);
    ck_assert_uint_eq(now(MST_FILE_POINTS), 0);
    ck_assert(knows_client(7));
    finish();
}
MST_TEST_END

/* ---- absence, text keys ---- */

/* No word of the port. */
#define NOT_KNOWN MST_EBUSY

static enum mst_err look_for_alias(int64_t client_id, const char *name, int64_t *ret_resource_id)
{
    struct mst_row_alias row = {.client_id = client_id, .name = mst_span_str(name)};
    enum mst_err err = MST_EIO;

    if (!mst_rowcache_find(cache, MST_IX_ALIAS, 2, &arena, &row, &err))
        return NOT_KNOWN;
    *ret_resource_id = row.resource_id;
    return err;
}

static void put_alias(int64_t client_id, const char *name, int64_t resource_id)
{
    const struct mst_row_alias row = {client_id, mst_span_str(name), resource_id};

    mst_rowcache_put(cache, MST_IX_ALIAS, 2, &row, resource_id ? &row : NULL, now(MST_FILE_STATE));
}

MST_TEST(that_there_is_none_is_remembered_until_one_comes)
{
    const struct mst_row_alias row = {3, MST_LIT("temp"), 9};
    int64_t id = -1;

    begin();
    put_alias(3, "temp", 0);
    ck_assert_int_eq(look_for_alias(3, "temp", &id), MST_ENOENT);
    ck_assert_int_eq(look_for_alias(3, "tem", &id), NOT_KNOWN);
    ck_assert_int_eq(look_for_alias(4, "temp", &id), NOT_KNOWN);
    mst_touched_row(&touched, stripes, MST_TABLE_ALIAS, &row);
    publish(MST_FILE_STATE);
    ck_assert_int_eq(look_for_alias(3, "temp", &id), NOT_KNOWN);
    finish();
}
MST_TEST_END

MST_TEST(text_of_any_length_is_a_key)
{
    char name[64];
    int64_t id = -1;

    begin();
    for (int len = 0; len < 40; len++) {
        (void)snprintf(name, sizeof name, "%.*s", len, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        put_alias(3, name, 100 + len);
    }
    for (int len = 0; len < 40; len++) {
        (void)snprintf(name, sizeof name, "%.*s", len, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        ck_assert_int_eq(look_for_alias(3, name, &id), MST_OK);
        ck_assert_int_eq(id, 100 + len);
    }
    finish();
}
MST_TEST_END

/* ---- keys other than the primary ---- */

static const struct mst_row_vendor acme = {
    5, {"acme", 4},
     50
};

static enum mst_err look_for_vendor(int64_t client_id)
{
    struct mst_row_vendor row = {.client_id = client_id};
    enum mst_err err = MST_EIO;

    if (!mst_rowcache_find(cache, MST_IX_VENDOR_CLIENT, 1, &arena, &row, &err))
        return NOT_KNOWN;
    if (err == MST_OK)
        ck_assert_int_eq(row.id, acme.id);
    return err;
}

MST_TEST(a_row_found_by_another_key_ends_with_its_primary_key)
{
    const struct mst_row_vendor key = {.id = 5};

    begin();
    mst_rowcache_put(cache, MST_IX_VENDOR_CLIENT, 1, &acme, &acme, now(MST_FILE_STATE));
    ck_assert_int_eq(look_for_vendor(50), MST_OK);
    mst_touched_key(&touched, stripes, MST_TABLE_VENDOR, &key);
    publish(MST_FILE_STATE);
    ck_assert_int_eq(look_for_vendor(50), NOT_KNOWN);
    finish();
}
MST_TEST_END

MST_TEST(absence_under_another_key_ends_with_a_row_that_has_it)
{
    begin();
    mst_rowcache_put(cache, MST_IX_VENDOR_CLIENT, 1, &acme, NULL, now(MST_FILE_STATE));
    ck_assert_int_eq(look_for_vendor(50), MST_ENOENT);
    mst_touched_row(&touched, stripes, MST_TABLE_VENDOR, &acme);
    publish(MST_FILE_STATE);
    ck_assert_int_eq(look_for_vendor(50), NOT_KNOWN);
    finish();
}
MST_TEST_END

MST_TEST(only_a_field_that_rows_are_found_by_makes_an_update_one_of_keys)
{
    ck_assert(mst_touched_is_rekeyed(MST_TABLE_VENDOR, MST_BIT(vendor, client_id)));
    ck_assert(mst_touched_is_rekeyed(MST_TABLE_MODEL, MST_BIT(model, name)));
    ck_assert(!mst_touched_is_rekeyed(MST_TABLE_MODEL, MST_BIT(model, options)));
    ck_assert(!mst_touched_is_rekeyed(MST_TABLE_CLIENT, MST_BIT(client, state)));
}
MST_TEST_END

/* ---- several readers ---- */

enum { N_READERS = 4, N_LOOKS = 20000, N_CLIENTS = 100 };

/* Each row tells the commit that its view showed: what is found is never older than what the reader knows of. */
static void look_on(void *arg)
{
    struct mst_arena own;
    bool *is_wrong = arg;

    mst_arena_init(&own, MST_KIB(64));
    for (int i = 0; i < N_LOOKS; i++) {
        struct mst_row_client row = {.id = i * 7 % N_CLIENTS};
        uint64_t seq = now(MST_FILE_STATE);
        enum mst_err err;

        mst_arena_reset(&own);
        if (mst_rowcache_find(cache, MST_IX_CLIENT, 1, &own, &row, &err)) {
            *is_wrong = *is_wrong || err != MST_OK || row.epoch + N_CLIENTS < (int64_t)seq ||
                        row.log_peer.len != (size_t)row.id % 20;
            continue;
        }
        row = (struct mst_row_client){.id = row.id,
                                      .epoch = (int64_t)seq,
                                      .log_peer =
                                          mst_span_of("00000000000000000000", (size_t)row.id % 20)};
        mst_rowcache_put(cache, MST_IX_CLIENT, 1, &row, &row, seq);
    }
    mst_arena_fini(&own);
}

/* Every client is changed once in N_CLIENTS commits, so an entry that counts is younger than that. */
MST_TEST(readers_find_what_others_put_and_nothing_stale_while_commits_go_on)
{
    struct mst_thread *threads[N_READERS];
    bool wrong[N_READERS] = {false};

    begin_with(MST_KIB(8));
    for (int i = 0; i < N_READERS; i++)
        ck_assert_int_eq(mst_thread_start("reader", look_on, &wrong[i], &threads[i]), MST_OK);
    for (int commit = 0; commit < N_LOOKS / 10; commit++)
        change_client(commit % N_CLIENTS);
    for (int i = 0; i < N_READERS; i++) {
        mst_thread_join(threads[i]);
        ck_assert(!wrong[i]);
    }
    finish();
}
MST_TEST_END

/* ---- the last row ---- */

MST_TEST(the_latest_point_ends_with_any_change_of_the_dataports_points)
{
    const struct mst_row_point newest = {4, 1000, MST_LIT("20.5")};
    const struct mst_row_point older = {4, 500, MST_LIT("1")};
    struct mst_row_point row = {.dataport_id = 4};
    enum mst_err err;

    begin();
    mst_rowcache_put(cache, MST_IX_POINT, 1, &row, &newest, now(MST_FILE_POINTS));
    ck_assert(mst_rowcache_find(cache, MST_IX_POINT, 1, &arena, &row, &err));
    ck_assert_int_eq(row.at, 1000);
    ck_assert_span_str(row.value, "20.5");
    ck_assert(!mst_rowcache_find(cache, MST_IX_POINT, 2, &arena, &row, &err));
    mst_touched_row(&touched, stripes, MST_TABLE_POINT, &older);
    publish(MST_FILE_POINTS);
    ck_assert(!mst_rowcache_find(cache, MST_IX_POINT, 1, &arena, &row, &err));
    finish();
}
MST_TEST_END

/* ---- memory ---- */

MST_TEST(all_that_it_takes_is_bounded_and_counted)
{
    struct mst_rowcache_figures figures;

    begin_with(MST_KIB(64));
    for (int id = 1; id <= 10000; id++)
        put_client(id, "192.168.100.200");
    mst_rowcache_figures(cache, &figures);
    ck_assert_uint_le(figures.bytes, MST_KIB(64));
    ck_assert_uint_ge(figures.bytes, MST_KIB(60));
    ck_assert_uint_ge(figures.n_entries, 150);
    finish();
}
MST_TEST_END

MST_TEST(rows_in_use_stay_while_strangers_drive_out_each_other)
{
    begin_with(MST_KIB(64));
    put_client(1, "");
    for (int id = 2; id <= 10000; id++) {
        ck_assert(knows_client(1));
        put_client(id, "");
    }
    ck_assert(!knows_client(2));
    finish();
}
MST_TEST_END

MST_TEST(an_entry_that_would_drive_out_many_is_not_kept)
{
    char text[8192];

    begin_with(MST_KIB(64));
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    put_client(1, text);
    ck_assert(!knows_client(1));
    finish();
}
MST_TEST_END

MST_TEST(rows_that_loops_do_not_look_for_are_not_kept)
{
    struct mst_row_quota row = {.client_id = 1};
    struct mst_rowcache_figures figures;
    enum mst_err err;

    begin();
    mst_rowcache_put(cache, MST_IX_QUOTA, 1, &row, &row, now(MST_FILE_STATE));
    ck_assert(!mst_rowcache_find(cache, MST_IX_QUOTA, 1, &arena, &row, &err));
    mst_touched_row(&touched, stripes, MST_TABLE_QUOTA, &row);
    ck_assert(!touched.is_any);
    mst_rowcache_figures(cache, &figures);
    ck_assert_uint_eq(figures.n_entries, 0);
    finish();
}
MST_TEST_END

MST_TEST(without_memory_for_its_text_a_row_is_left_as_it_was)
{
    char text[2048];
    struct mst_row_client row = {.id = 1, .epoch = -1};
    enum mst_err err = MST_OK;

    begin();
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    put_client(1, text);
    mst_arena_fini(&arena);
    mst_arena_init(&arena, 1024);
    ck_assert(mst_rowcache_find(cache, MST_IX_CLIENT, 1, &arena, &row, &err));
    ck_assert_int_eq(err, MST_ENOMEM);
    ck_assert_int_eq(row.epoch, -1);
    finish();
}
MST_TEST_END

MST_TESTS("store/cache", a_row_is_found_again_whole_and_its_text_outlives_the_entry,
          of_what_two_readers_put_the_newer_view_counts,
          readers_find_what_others_put_and_nothing_stale_while_commits_go_on,
          a_published_change_ends_a_row, a_change_counts_only_when_it_is_published,
          what_a_view_showed_that_is_older_than_the_change_is_not_found,
          changes_of_other_rows_leave_a_row, a_commit_of_one_file_leaves_the_rows_of_the_other,
          every_commit_is_counted_though_it_touches_nothing,
          that_there_is_none_is_remembered_until_one_comes, text_of_any_length_is_a_key,
          a_row_found_by_another_key_ends_with_its_primary_key,
          absence_under_another_key_ends_with_a_row_that_has_it,
          only_a_field_that_rows_are_found_by_makes_an_update_one_of_keys,
          the_latest_point_ends_with_any_change_of_the_dataports_points,
          all_that_it_takes_is_bounded_and_counted,
          rows_in_use_stay_while_strangers_drive_out_each_other,
          an_entry_that_would_drive_out_many_is_not_kept,
          rows_that_loops_do_not_look_for_are_not_kept,
          without_memory_for_its_text_a_row_is_left_as_it_was)

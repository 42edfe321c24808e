#include "store/changes.h"

#include "base/limits.h"
#include "tests/lib/unit.h"

struct listener {
    struct mst_observer observer;
    size_t n_told;
    bool is_any;
};

static void listen(struct mst_observer *observer, const struct mst_changed *changes, size_t n)
{
    struct listener *listener = (struct listener *)observer;

    listener->n_told += n;
    for (size_t i = 0; i < n; i++)
        listener->is_any |=
            changes[i].key == MST_CHANGED_ANY && changes[i].table == MST_TABLE_POINT;
}

static void note_points(struct mst_changes *changes, const struct mst_store *store, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const struct mst_row_point row = {.dataport_id = i};

        mst_changes_note(changes, store, MST_TABLE_POINT, &row);
        mst_changes_note(changes, store, MST_TABLE_POINT, &row);
    }
}

static void ck_told(int64_t n_rows, size_t n_told, bool is_any)
{
    struct listener listener = {
        .observer = {.tables = MST_TABLE_BIT(POINT), .changed = listen}
    };
    struct mst_store store = {0};
    struct mst_changes changes = {0};

    mst_store_observe(&store, &listener.observer);
    note_points(&changes, &store, n_rows);
    mst_changes_tell(&changes, &store);
    ck_assert_uint_eq(listener.n_told, n_told);
    ck_assert(listener.is_any == is_any);
    mst_changes_tell(&changes, &store);
    ck_assert_uint_eq(listener.n_told, n_told);
    mst_changes_fini(&changes);
}

MST_TEST(a_row_touched_many_times_in_a_row_is_told_once)
{
    ck_told(0, 0, false);
    ck_told(1, 1, false);
    ck_told(1000, 1000, false);
}
MST_TEST_END

MST_TEST(more_rows_than_are_told_one_by_one_are_told_as_any)
{
    ck_told(MST_CHANGES_MAX, MST_CHANGES_MAX, false);
    ck_told(MST_CHANGES_MAX + 1, MST_CHANGES_MAX + 1, true);
}
MST_TEST_END

MST_TEST(what_is_cleared_or_not_observed_is_not_told)
{
    struct listener listener = {
        .observer = {.tables = MST_TABLE_BIT(CLIENT), .changed = listen}
    };
    const struct mst_row_client client = {.id = 1};
    struct mst_store store = {0};
    struct mst_changes changes = {0};

    mst_store_observe(&store, &listener.observer);
    note_points(&changes, &store, 10);
    mst_changes_note(&changes, &store, MST_TABLE_CLIENT, &client);
    mst_changes_clear(&changes);
    mst_changes_tell(&changes, &store);
    ck_assert_uint_eq(listener.n_told, 0);
    mst_changes_fini(&changes);
}
MST_TEST_END

MST_TESTS("changes", a_row_touched_many_times_in_a_row_is_told_once,
          more_rows_than_are_told_one_by_one_are_told_as_any,
          what_is_cleared_or_not_observed_is_not_told)

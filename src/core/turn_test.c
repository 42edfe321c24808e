/* Scans that end after so many rows, or so much text, and go on behind the last. */
#include <string.h>

#include "base/limits.h"
#include "core/turn.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

static struct mst_world world;

/* First the call, then what the scan is to be and what it came to. */
struct look {
    struct mst_world_call call;
    size_t n_left;
    int64_t after;      /* of the ids 1 to 5 */
    size_t n_inner;     /* so many scans of one row more for each row */
    size_t inner_bytes; /* that each of them takes of the arena */
    size_t n_more;      /* scans like it in the same turn */
    bool is_first_only; /* each stops it */
    size_t text_bytes;  /* that each takes of the arena */
    size_t n_seen;
    int64_t last;
    bool is_whole;
    struct mst_tx *tx;
    struct mst_turn turn;
};

static enum mst_err add_rows(struct mst_world *of, struct mst_tx *tx, struct mst_world_call *call)
{
    enum mst_err err = MST_OK;

    (void)of;
    for (int64_t i = 1; i <= 5 && err == MST_OK; i++) {
        struct mst_row_subscription row = {.source_id = 7, .target_id = i};

        err = mst_tx_insert(tx, MST_TABLE_SUBSCRIPTION, &row);
    }
    call->verdict = MST_DONE;
    return err;
}

static void take_text(const struct look *look, size_t n_bytes)
{
    if (n_bytes > 0)
        ck_assert_ptr_nonnull(mst_arena_alloc(mst_tx_arena(look->tx), n_bytes));
}

static enum mst_err see_inner(void *arg, const void *row)
{
    const struct look *look = arg;

    (void)row;
    take_text(look, look->inner_bytes);
    return MST_OK;
}

static enum mst_err see(void *arg, const void *row)
{
    const struct mst_row_subscription key = {.target_id = 3};
    const struct mst_scan scan = {.index = MST_IX_SUBSCRIPTION_TARGET, .key = &key, .n_fixed = 1};
    struct look *look = arg;
    enum mst_err err = MST_OK;
    bool is_whole;

    look->n_seen++;
    look->last = ((const struct mst_row_subscription *)row)->target_id;
    for (size_t i = 0; i < look->n_inner && err == MST_OK; i++)
        err = mst_turn_scan(look->tx, &look->turn, &scan, see_inner, look, &is_whole);
    take_text(look, look->text_bytes);
    return err == MST_OK && look->is_first_only ? MST_EREFUSED : err;
}

static enum mst_err look_verb(struct mst_world *of, struct mst_tx *tx, struct mst_world_call *call)
{
    struct look *look = (struct look *)call;
    const struct mst_row_subscription key = {.source_id = 7, .target_id = look->after};
    const struct mst_scan scan = {
        .index = MST_IX_SUBSCRIPTION, .key = &key, .n_fixed = 1, .has_after = true};

    const size_t bytes_before = mst_tx_arena(tx)->used_bytes;
    enum mst_err err;

    (void)of;
    look->tx = tx;
    look->turn.n_left = look->n_left;
    call->verdict = MST_DONE;
    err = mst_turn_scan(tx, &look->turn, &scan, see, look, &look->is_whole);
    for (size_t i = 0; i < look->n_more && err == MST_OK; i++)
        err = mst_turn_scan(tx, &look->turn, &scan, see, look, &look->is_whole);
    ck_assert_uint_le(mst_tx_arena(tx)->used_bytes, bytes_before);
    return err;
}

static struct look run(struct look look)
{
    ck_assert_int_eq(mst_world_run(&world, look_verb, &look.call), MST_DONE);
    return look;
}

static void open_world(void)
{
    struct mst_world_call call = {.verdict = MST_DONE};

    mst_world_open(&world, 1, NULL);
    ck_assert_int_eq(mst_world_run(&world, add_rows, &call), MST_DONE);
}

#define ck_assert_look(want_seen, want_last, want_whole, ...) \
    do {                                                      \
        struct look got = run((struct look){__VA_ARGS__});    \
                                                              \
        ck_assert_uint_eq(got.n_seen, want_seen);             \
        ck_assert_int_eq(got.last, want_last);                \
        ck_assert_int_eq(got.is_whole, want_whole);           \
    } while (0)

MST_TEST(a_turn_ends_after_so_many_rows_and_scans)
{
    open_world();
    ck_assert_look(5, 5, true, .n_left = 100);
    ck_assert_look(5, 5, true, .n_left = 7);
    ck_assert_look(5, 5, false, .n_left = 6); /* nobody knows that it was the last */
    ck_assert_look(0, 0, true, .n_left = 6, .after = 5);
    ck_assert_look(1, 1, false, .n_left = 2);
    ck_assert_look(1, 5, true, .n_left = 3, .after = 4);
    ck_assert_look(0, 0, false, .n_left = 1);
    ck_assert_look(0, 0, false, .n_left = 0);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(scans_inside_a_scan_take_from_the_same_turn)
{
    open_world();
    ck_assert_look(5, 5, true, .n_left = 17, .n_inner = 1);
    ck_assert_look(5, 5, false, .n_left = 16, .n_inner = 1);
    ck_assert_look(2, 2, false, .n_left = 7, .n_inner = 1);
    ck_assert_look(1, 1, false, .n_left = 3, .n_inner = 5);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(who_stops_a_scan_has_not_seen_all_of_it)
{
    open_world();
    ck_assert_look(1, 1, false, .n_left = 100, .is_first_only = true);
    ck_assert_look(1, 5, false, .n_left = 100, .after = 4, .is_first_only = true);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_turn_ends_when_it_has_read_much_text_and_gives_back_its_memory)
{
    open_world();
    ck_assert_look(5, 5, true, .n_left = 100, .text_bytes = MST_TURN_BYTES / 8);
    ck_assert_look(1, 1, false, .n_left = 100, .text_bytes = MST_TURN_BYTES + 1);
    ck_assert_look(3, 3, false, .n_left = 100, .text_bytes = MST_TURN_BYTES / 5 * 2);
    ck_assert_look(3, 3, false, .n_left = 100, .n_inner = 1, .inner_bytes = MST_TURN_BYTES / 5 * 2);
    ck_assert_look(4, 5, true, .n_left = 100, .after = 3, .n_more = 1,
                   .text_bytes = MST_TURN_BYTES / 4);
    ck_assert_look(9, 4, false, .n_left = 100, .n_more = 1, .text_bytes = MST_TURN_BYTES / 8);
    mst_world_close(&world);
}
MST_TEST_END

MST_TESTS("core/turn", a_turn_ends_after_so_many_rows_and_scans,
          scans_inside_a_scan_take_from_the_same_turn, who_stops_a_scan_has_not_seen_all_of_it,
          a_turn_ends_when_it_has_read_much_text_and_gives_back_its_memory)

#include "core/since.h"

#include "tests/lib/unit.h"
#include "tests/lib/world.h"

enum { PORT = 77, NOW = 1000 };

static struct mst_world world;

struct put {
    struct mst_cmd cmd; /* first */
    struct mst_row_point point;
};

static enum mst_err put_run(struct mst_cmd *cmd, struct mst_tx *tx)
{
    struct mst_row_point *point = &((struct put *)cmd)->point;
    enum mst_err err = mst_tx_insert(tx, MST_TABLE_POINT, point);

    return err == MST_EEXIST ? mst_tx_update(tx, MST_TABLE_POINT, point, MST_BIT(point, value))
                             : err;
}

static void put_done(struct mst_cmd *cmd, enum mst_err err)
{
    (void)cmd;
    ck_assert_int_eq(err, MST_OK);
}

static void put(int64_t at, const char *value)
{
    struct put put = {
        .cmd = {.run = put_run, .done = put_done, .file = MST_FILE_POINTS},
        .point = {PORT,           at,               mst_span_str(value)    }
    };

    ck_assert_int_eq(mst_store_submit(world.store, &put.cmd), MST_OK);
}

/* The value of the oldest new point, or "" if there is none; ret_at may be NULL. */
static const char *next(const struct mst_since *since, struct mst_row_point *ret_point)
{
    static char text[32];
    enum mst_verdict verdict = MST_BAD_VALUE;
    struct mst_row_point point;
    struct mst_reader *reader;
    struct mst_tx *tx;

    ck_assert_int_eq(mst_reader_open(world.store, &reader), MST_OK);
    ck_assert_int_eq(mst_reader_begin(reader, &tx), MST_OK);
    ck_assert_int_eq(mst_since_next(tx, PORT, since, &verdict, &point), MST_OK);
    ck_assert(verdict == MST_DONE || verdict == MST_NOT_FOUND);
    (void)snprintf(text, sizeof text, "%.*s", verdict == MST_DONE ? (int)point.value.len : 0,
                   verdict == MST_DONE ? point.value.ptr : "");
    mst_reader_end(reader);
    mst_reader_close(reader);
    if (ret_point)
        *ret_point = (struct mst_row_point){PORT, point.at, mst_span_str(text)};
    return text;
}

static struct mst_since now(void)
{
    struct mst_since since;
    struct mst_reader *reader;
    struct mst_tx *tx;

    ck_assert_int_eq(mst_reader_open(world.store, &reader), MST_OK);
    ck_assert_int_eq(mst_reader_begin(reader, &tx), MST_OK);
    ck_assert_int_eq(mst_since_now(tx, PORT, &since), MST_OK);
    mst_reader_end(reader);
    mst_reader_close(reader);
    return since;
}

static void begin(void)
{
    mst_world_open(&world, 1, NULL);
    world.wall_now = NOW;
}

MST_TEST(points_later_than_a_time_come_oldest_first_so_that_none_is_passed_over)
{
    struct mst_since since = mst_since_time(10);
    struct mst_row_point point;

    begin();
    ck_assert_str_eq(next(&since, NULL), "");
    put(10, "ten");
    ck_assert_str_eq(next(&since, NULL), "");
    put(12, "twelve");
    put(11, "eleven");
    ck_assert_str_eq(next(&since, &point), "eleven");
    since = mst_since_point(&point);
    ck_assert_str_eq(next(&since, &point), "twelve");
    since = mst_since_point(&point);
    ck_assert_str_eq(next(&since, NULL), "");
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_value_of_the_second_in_which_waiting_began_is_new)
{
    struct mst_since since;

    begin();
    put(NOW - 1, "old");
    since = now();
    ck_assert_str_eq(next(&since, NULL), "");
    put(NOW, "new");
    ck_assert_str_eq(next(&since, NULL), "new");
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(what_stood_in_that_second_before_is_not_new_but_what_replaces_it_is)
{
    struct mst_since since;

    begin();
    put(NOW, "before");
    since = now();
    ck_assert_str_eq(next(&since, NULL), "");
    put(NOW + 1, "later");
    ck_assert_str_eq(next(&since, NULL), "later");
    put(NOW, "after");
    ck_assert_str_eq(next(&since, NULL), "after");
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(points_of_the_past_that_are_recorded_while_somebody_waits_from_now_on_are_not_new)
{
    struct mst_since since;

    begin();
    since = now();
    put(NOW - 100, "recorded");
    ck_assert_str_eq(next(&since, NULL), "");
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(the_ends_of_time_do_not_overflow)
{
    struct mst_since first = mst_since_time(INT64_MIN), last = mst_since_time(INT64_MAX);

    begin();
    put(0, "zero");
    ck_assert_str_eq(next(&first, NULL), "zero");
    ck_assert_str_eq(next(&last, NULL), "");
    mst_world_close(&world);
}
MST_TEST_END

MST_TESTS("since", points_later_than_a_time_come_oldest_first_so_that_none_is_passed_over,
          a_value_of_the_second_in_which_waiting_began_is_new,
          what_stood_in_that_second_before_is_not_new_but_what_replaces_it_is,
          points_of_the_past_that_are_recorded_while_somebody_waits_from_now_on_are_not_new,
          the_ends_of_time_do_not_overflow)

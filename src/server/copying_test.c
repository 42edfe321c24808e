/* The points of a template on their way to its clones, with what may happen in between. */
#include <string.h>

#include "core/clone.h"
#include "core/copying.h"
#include "core/data.h"
#include "server/copying.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

#define RUN(verb, ...) mst_world_run(&world, (verb), &(struct mst_world_call){__VA_ARGS__})

enum { POINTS = 2500, FIRST = 1000, PORTS = 3 };

static struct mst_world world;
static char rid[MST_TEXT_CHARS];

/* What the verbs below work on. */
static struct {
    int64_t port_id, at, n;
    struct mst_row_point_copy copies[2 * PORTS];
    size_t n_copies;
    int64_t gone[2 * PORTS];
    size_t n_gone;
    int64_t before;
    bool is_more;
    char value[32];
} io;

/* ---- verbs ---- */

static enum mst_err put_points(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    enum mst_err err = MST_OK;

    (void)w;
    for (int64_t i = 0; i < io.n && err == MST_OK; i++) {
        struct mst_row_point point = {.dataport_id = io.port_id, .at = io.at + i};

        err = mst_arena_printf(mst_tx_arena(tx), &point.value, "%s%lld", io.value,
                               (long long)(io.at + i));
        if (err == MST_OK)
            err = mst_data_put(tx, &point);
    }
    call->verdict = MST_DONE;
    return err;
}

static enum mst_err count_points(struct mst_world *w, struct mst_tx *tx,
                                 struct mst_world_call *call)
{
    (void)w;
    call->id = 0;
    call->verdict = MST_DONE;
    return mst_data_count(tx, io.port_id, INT64_MAX, &call->id);
}

static enum mst_err read_latest(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_point point = {.at = io.at};
    enum mst_err err;

    (void)w;
    point.dataport_id = io.port_id;
    err = io.at == 0 ? mst_data_latest(tx, io.port_id, &call->verdict, &point)
                     : mst_tx_get(tx, MST_IX_POINT, &point);
    if (err == MST_OK)
        (void)snprintf(call->name_text, sizeof call->name_text, "%lld=%.*s", (long long)point.at,
                       (int)point.value.len, point.value.ptr);
    call->verdict = MST_DONE;
    return err;
}

static enum mst_err note_copy(void *arg, const struct mst_row_point_copy *copy)
{
    (void)arg;
    io.copies[io.n_copies++] = *copy;
    return MST_OK;
}

static enum mst_err find_copies(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_resource clone;
    enum mst_err err = mst_access_rid(&w->domain, tx, mst_span_str(rid), &call->verdict, &clone);

    io.n_copies = 0;
    return err == MST_OK && call->verdict == MST_DONE
               ? mst_clone_copies(tx, clone.id, note_copy, NULL)
               : err;
}

static enum mst_err copy_piece(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_copying_budget budget = MST_COPYING_BUDGET;

    (void)w;
    call->verdict = MST_DONE;
    return mst_copying_piece(tx, &io.copies[call->limit], io.before, &budget, &io.is_more,
                             &io.before);
}

static enum mst_err note_gone(void *arg, int64_t port_id)
{
    (void)arg;
    io.gone[io.n_gone++] = port_id;
    return MST_OK;
}

static enum mst_err end_copy(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    (void)w;
    io.n_gone = 0;
    call->verdict = MST_DONE;
    return mst_copying_end(tx, &io.copies[call->limit], note_gone, NULL);
}

static enum mst_err find_first(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_point_copy copy;
    enum mst_err err = mst_copying_first(tx, &copy);

    (void)w;
    call->verdict = err == MST_OK ? MST_DONE : MST_NOT_FOUND;
    return err == MST_ENOENT ? MST_OK : err;
}

/* ---- words ---- */

static int64_t port_of(int64_t client_id, const char *alias)
{
    struct mst_world_call call = {.caller_id = client_id, .name = alias};

    ck_assert_int_eq(mst_world_run(&world, mst_do_lookup, &call), MST_DONE);
    return call.id;
}

static void put(int64_t port_id, int64_t at, int64_t n, const char *prefix)
{
    io.port_id = port_id;
    io.at = at;
    io.n = n;
    (void)snprintf(io.value, sizeof io.value, "%s", prefix);
    ck_assert_int_eq(RUN(put_points, .file = MST_FILE_POINTS), MST_DONE);
}

static int64_t count(int64_t port_id)
{
    struct mst_world_call call = {.file = MST_FILE_POINTS};

    io.port_id = port_id;
    ck_assert_int_eq(mst_world_run(&world, count_points, &call), MST_DONE);
    return call.id;
}

/* at: 0 for the latest. */
static void ck_assert_point(int64_t port_id, int64_t at, const char *want)
{
    struct mst_world_call call = {.file = MST_FILE_POINTS};

    io.port_id = port_id;
    io.at = at;
    ck_assert_int_eq(mst_world_run(&world, read_latest, &call), MST_DONE);
    ck_assert_str_eq(call.name_text, want);
}

static void enable(const char *sn, int64_t options)
{
    struct mst_world_call call = {.sn = sn, .attempt = mst_world_attempt()};

    ck_assert_int_eq(RUN(mst_do_update_model, .options = options, .window_s = -1), MST_DONE);
    ck_assert_int_eq(RUN(mst_do_add, .sn = sn), MST_DONE);
    ck_assert_int_eq(mst_world_run(&world, mst_do_enable_owner, &call), MST_DONE);
    memcpy(rid, call.handle, sizeof rid);
    ck_assert_int_eq(RUN(find_copies, .id = 0), MST_DONE);
}

/* A template with POINTS points in temp, one in note, none in count; and a clone of it. */
static void begin(void)
{
    mst_world_open(&world, 1, NULL);
    ck_assert_int_eq(RUN(mst_do_add_model, .options = 0), MST_DONE);
    put(port_of(world.template_id, "temp"), FIRST, POINTS, "");
    put(port_of(world.template_id, "note"), FIRST, 1, "n");
    enable("a", 0);
}

static int64_t clone_id(void)
{
    struct mst_world_call call = {.caller_id = world.portal_id, .rid = rid};

    ck_assert_int_eq(mst_world_run(&world, mst_do_info, &call), MST_DONE);
    return call.id;
}

static void copy_all(size_t i)
{
    io.before = MST_COPYING_ALL;
    do
        ck_assert_int_eq(RUN(copy_piece, .limit = (int64_t)i, .file = MST_FILE_POINTS), MST_DONE);
    while (io.is_more);
}

static void end(size_t i)
{
    ck_assert_int_eq(RUN(end_copy, .limit = (int64_t)i), MST_DONE);
}

/* The number of the copy whose source is that port of the template. */
static size_t copy_of(int64_t source_id)
{
    size_t i = 0;

    while (i < io.n_copies && io.copies[i].source_id != source_id)
        i++;
    ck_assert_uint_lt(i, io.n_copies);
    return i;
}

/* Readers see both files. */
static int64_t measure(void)
{
    struct mst_reader *reader;
    struct mst_tx *tx;
    int64_t n = -1;

    ck_assert_int_eq(mst_reader_open(world.store, &reader), MST_OK);
    ck_assert_int_eq(mst_reader_begin(reader, &tx), MST_OK);
    ck_assert_int_eq(mst_clone_count_points(tx, world.template_id, &n), MST_OK);
    mst_reader_end(reader);
    mst_reader_close(reader);
    return n;
}

static void drop(const char *dropped_rid, int want_ports)
{
    struct mst_world_call call = {.caller_id = world.domain_id, .rid = dropped_rid};

    ck_assert_int_eq(mst_world_run(&world, mst_do_drop, &call), MST_DONE);
    ck_assert_int_eq(call.n_ports, want_ports);
}

/* ---- tests ---- */

MST_TEST(all_points_are_copied_and_a_second_time_changes_nothing)
{
    begin();
    ck_assert_uint_eq(io.n_copies, PORTS);
    for (int times = 0; times < 2; times++) {
        for (size_t i = 0; i < PORTS; i++)
            copy_all(i);
        ck_assert_int_eq(count(port_of(clone_id(), "temp")), POINTS);
        ck_assert_point(port_of(clone_id(), "temp"), 0, "3499=3499");
        ck_assert_point(port_of(clone_id(), "temp"), FIRST, "1000=1000");
        ck_assert_point(port_of(clone_id(), "note"), 0, "1000=n1000");
        ck_assert_int_eq(count(port_of(clone_id(), "count")), 0);
    }
    for (size_t i = 0; i < PORTS; i++) {
        ck_assert_int_eq(RUN(find_first, .id = 0), MST_DONE);
        end(i);
        ck_assert_uint_eq(io.n_gone, 0);
    }
    ck_assert_int_eq(RUN(find_first, .id = 0), MST_NOT_FOUND);
    ck_assert_int_eq(count(port_of(world.template_id, "temp")), POINTS);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_piece_is_bounded_and_brings_the_newest_points_first)
{
    int64_t temp;
    size_t i;

    begin();
    temp = port_of(clone_id(), "temp");
    i = copy_of(port_of(world.template_id, "temp"));
    io.before = MST_COPYING_ALL;
    ck_assert_int_eq(RUN(copy_piece, .limit = (int64_t)i, .file = MST_FILE_POINTS), MST_DONE);
    ck_assert(io.is_more);
    ck_assert_int_eq(count(temp), MST_COPY_POINTS_MAX);
    ck_assert_point(temp, 0, "3499=3499");
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(what_the_clone_has_written_itself_stays)
{
    int64_t temp;

    begin();
    temp = port_of(clone_id(), "temp");
    put(temp, FIRST + 5, 1, "own");
    put(temp, 9000, 1, "own");
    copy_all(copy_of(port_of(world.template_id, "temp")));
    ck_assert_int_eq(count(temp), POINTS + 1);
    ck_assert_point(temp, FIRST + 5, "1005=own1005");
    ck_assert_point(temp, 0, "9000=own9000");
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_model_without_history_notes_nothing)
{
    begin();
    enable("b", MST_MODEL_NOHISTORICAL);
    ck_assert_uint_eq(io.n_copies, 0);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_start_finishes_what_a_process_left_between_the_clone_and_its_points)
{
    int64_t temp;
    uint64_t n = 0;

    begin();
    temp = port_of(clone_id(), "temp");
    io.before = MST_COPYING_ALL;
    ck_assert_int_eq(RUN(copy_piece, .limit = (int64_t)copy_of(port_of(world.template_id, "temp")),
                         .file = MST_FILE_POINTS),
                     MST_DONE);
    ck_assert_int_eq(mst_copying_resume(world.store, &n), MST_OK);
    ck_assert_uint_eq(n, PORTS);
    ck_assert_int_eq(count(temp), POINTS);
    ck_assert_point(port_of(clone_id(), "note"), 0, "1000=n1000");
    ck_assert_int_eq(mst_copying_resume(world.store, &n), MST_OK);
    ck_assert_uint_eq(n, 0);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(the_points_of_a_template_dropped_meanwhile_outlive_it_until_the_last_clone_has_them)
{
    struct mst_row_point_copy first[PORTS];
    int64_t source, temp;
    size_t i;

    begin();
    source = port_of(world.template_id, "temp");
    temp = port_of(clone_id(), "temp");
    memcpy(first, io.copies, sizeof first);
    enable("b", 0);
    drop(world.template_rid, 0);
    i = copy_of(source);
    copy_all(i);
    end(i);
    ck_assert_uint_eq(io.n_gone, 0);
    memcpy(io.copies, first, sizeof first);
    i = copy_of(source);
    copy_all(i);
    end(i);
    ck_assert_uint_eq(io.n_gone, 1);
    ck_assert_int_eq(io.gone[0], source);
    ck_assert_int_eq(count(temp), POINTS);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(points_that_came_to_a_clone_dropped_meanwhile_are_told_for_removal)
{
    int64_t temp;
    uint64_t n = 0;
    size_t i;

    begin();
    temp = port_of(clone_id(), "temp");
    i = copy_of(port_of(world.template_id, "temp"));
    drop(rid, PORTS);
    copy_all(i);
    end(i);
    ck_assert_uint_eq(io.n_gone, 1);
    ck_assert_int_eq(io.gone[0], temp);
    ck_assert_int_eq(mst_copying_resume(world.store, &n), MST_OK);
    ck_assert_uint_eq(n, 0);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_start_removes_the_points_of_a_template_that_is_gone)
{
    int64_t source, temp;
    uint64_t n = 0;

    begin();
    source = port_of(world.template_id, "temp");
    temp = port_of(clone_id(), "temp");
    drop(world.template_rid, 0);
    ck_assert_int_eq(mst_copying_resume(world.store, &n), MST_OK);
    ck_assert_uint_eq(n, PORTS);
    ck_assert_int_eq(count(temp), POINTS);
    ck_assert_int_eq(count(source), 0);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(counting_a_template_stops_behind_the_limit)
{
    begin();
    ck_assert_int_eq(measure(), POINTS + 1);
    put(port_of(world.template_id, "count"), FIRST, MST_CLONE_POINTS_MAX - POINTS - 1, "");
    ck_assert_int_eq(measure(), MST_CLONE_POINTS_MAX);
    put(port_of(world.template_id, "count"), FIRST, MST_CLONE_POINTS_MAX, "");
    ck_assert_int_eq(measure(), MST_CLONE_POINTS_MAX + 1);
    drop(world.template_rid, 0);
    ck_assert_int_eq(measure(), 0);
    mst_world_close(&world);
}
MST_TEST_END

MST_TESTS("server/copying", all_points_are_copied_and_a_second_time_changes_nothing,
          a_piece_is_bounded_and_brings_the_newest_points_first,
          what_the_clone_has_written_itself_stays, a_model_without_history_notes_nothing,
          a_start_finishes_what_a_process_left_between_the_clone_and_its_points,
          the_points_of_a_template_dropped_meanwhile_outlive_it_until_the_last_clone_has_them,
          points_that_came_to_a_clone_dropped_meanwhile_are_told_for_removal,
          a_start_removes_the_points_of_a_template_that_is_gone,
          counting_a_template_stops_behind_the_limit)

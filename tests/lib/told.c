#include "tests/lib/told.h"
#include "base/limits.h"
#include "sys/metric.h"
#include "tests/lib/unit.h"

void mst_told_open(struct mst_told *told)
{
    mst_told_open_with(told, MST_WATCHERS_MAX, 100);
}

void mst_told_open_with(struct mst_told *told, size_t max, unsigned share)
{
    *told = (struct mst_told){.hub = NULL};
    ck_assert_int_eq(mst_watch_hub_new(&told->store, &told->hub), MST_OK);
    ck_assert_int_eq(mst_loop_new(&told->loop), MST_OK);
    ck_assert_int_eq(mst_places_new(max, share, MST_ROOM_WATCHER, &told->places), MST_OK);
    ck_assert_int_eq(mst_watch_new(told->hub, told->loop, told->places, &told->watch), MST_OK);
}

void mst_told_close(struct mst_told *told)
{
    mst_watch_free(told->watch);
    mst_places_free(told->places);
    mst_loop_free(told->loop);
    mst_watch_hub_free(told->hub);
}

void mst_told_tell(struct mst_told *told, enum mst_table table, int64_t key)
{
    const struct mst_changed changed = {table, key};

    told->store.observers->changed(told->store.observers, &changed, 1);
}

struct stop {
    struct mst_task task; /* first */
    struct mst_loop *loop;
};

static void stop(struct mst_task *task)
{
    mst_loop_stop(((struct stop *)task)->loop);
}

void mst_told_run(struct mst_told *told)
{
    struct stop last = {.task = {.run = stop}, .loop = told->loop};

    mst_loop_post(told->loop, &last.task);
    mst_loop_run(told->loop);
}

#include <stdatomic.h>
#include <stdlib.h>

#include "base/limits.h"
#include "front/watch/watch.h"
#include "store/memory/memory.h"
#include "sys/metric.h"
#include "sys/queue.h"
#include "tests/lib/told.h"
#include "tests/lib/unit.h"

/* ---- one loop, and commits as an engine tells of them ---- */

static struct mst_told told;

struct sleeper {
    struct mst_watcher watcher; /* first */
    int n_woken;
};

static void count(struct mst_watcher *watcher)
{
    ((struct sleeper *)watcher)->n_woken++;
}

static struct sleeper sleeper(void)
{
    return (struct sleeper){.watcher = {.woken = count}};
}

static void add(struct sleeper *sleeper, enum mst_watched what, int64_t id)
{
    ck_assert_int_eq(mst_watch_add(told.watch, &sleeper->watcher, what, id), MST_OK);
}

MST_TEST(each_is_woken_by_what_it_watches_and_by_nothing_else)
{
    static const struct {
        enum mst_table table;
        int64_t key;
        bool is_port, is_client;
    } rows[] = {
        {MST_TABLE_POINT,    5,               true,  false},
        {MST_TABLE_POINT,    6,               false, false},
        {MST_TABLE_POINT,    MST_CHANGED_ANY, true,  false},
        {MST_TABLE_CLIENT,   5,               false, true },
        {MST_TABLE_CLIENT,   MST_CHANGED_ANY, false, true },
        {MST_TABLE_ALIAS,    5,               false, true },
        {MST_TABLE_RESOURCE, 5,               true,  true },
        {MST_TABLE_RESOURCE, 7,               false, false},
        {MST_TABLE_DUE,      5,               false, false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sleeper port = sleeper(), client = sleeper();

        mst_told_open(&told);
        add(&port, MST_WATCHED_PORT, 5);
        add(&client, MST_WATCHED_CLIENT, 5);
        mst_told_tell(&told, rows[i].table, rows[i].key);
        mst_told_tell(&told, rows[i].table, rows[i].key);
        mst_told_run(&told);
        ck_assert_int_eq(port.n_woken, rows[i].is_port);
        ck_assert_int_eq(client.n_woken, rows[i].is_client);
        mst_watch_remove(told.watch, &port.watcher);
        mst_watch_remove(told.watch, &client.watcher);
        mst_told_close(&told);
    }
}
MST_TEST_END

MST_TEST(one_that_was_removed_is_not_woken_even_if_the_change_came_before)
{
    struct sleeper gone = sleeper(), last = sleeper(), stays = sleeper();

    mst_told_open(&told);
    add(&gone, MST_WATCHED_PORT, 1);
    add(&stays, MST_WATCHED_PORT, 1);
    add(&last, MST_WATCHED_PORT, 2);
    mst_told_tell(&told, MST_TABLE_POINT, 1);
    mst_told_tell(&told, MST_TABLE_POINT, 2);
    mst_watch_remove(told.watch, &gone.watcher);
    mst_watch_remove(told.watch, &gone.watcher);
    mst_watch_remove(told.watch, &last.watcher);
    mst_told_tell(&told, MST_TABLE_POINT, 2);
    mst_told_run(&told);
    ck_assert_int_eq(gone.n_woken, 0);
    ck_assert_int_eq(last.n_woken, 0);
    ck_assert_int_eq(stays.n_woken, 1);
    mst_watch_remove(told.watch, &stays.watcher);
    mst_told_close(&told);
}
MST_TEST_END

static struct sleeper neighbour, newcomer;

static void change_places(struct mst_watcher *watcher)
{
    count(watcher);
    mst_watch_remove(told.watch, watcher);
    mst_watch_remove(told.watch, &neighbour.watcher);
    add(&newcomer, MST_WATCHED_PORT, 1);
}

MST_TEST(one_that_is_woken_may_remove_itself_and_others_and_add_new_ones)
{
    struct sleeper first = {.watcher = {.woken = change_places}};

    mst_told_open(&told);
    neighbour = newcomer = sleeper();
    add(&first, MST_WATCHED_PORT, 1);
    add(&neighbour, MST_WATCHED_PORT, 1);
    mst_told_tell(&told, MST_TABLE_POINT, 1);
    mst_told_run(&told);
    ck_assert_int_eq(first.n_woken, 1);
    ck_assert_int_eq(neighbour.n_woken, 0);
    ck_assert_int_eq(newcomer.n_woken, 0);
    mst_watch_remove(told.watch, &newcomer.watcher);
    mst_told_close(&told);
}
MST_TEST_END

MST_TEST(thousands_that_watch_one_port_are_all_woken_once)
{
    enum { N = 10000 };
    static struct sleeper crowd[N];

    mst_told_open(&told);
    for (size_t i = 0; i < N; i++) {
        crowd[i] = sleeper();
        add(&crowd[i], MST_WATCHED_PORT, 1);
    }
    mst_told_tell(&told, MST_TABLE_POINT, 1);
    mst_told_run(&told);
    for (size_t i = 0; i < N; i++) {
        ck_assert_int_eq(crowd[i].n_woken, 1);
        mst_watch_remove(told.watch, &crowd[i].watcher);
    }
    mst_told_close(&told);
}
MST_TEST_END

MST_TEST(there_are_no_more_watchers_than_there_are_places_for_each_tenant_and_for_all)
{
    struct sleeper mine[3], theirs[2];

    mst_told_open_with(&told, 4, 50);
    for (size_t i = 0; i < 3; i++) {
        mine[i] = sleeper();
        mine[i].watcher.lane = 1;
    }
    for (size_t i = 0; i < 2; i++) {
        theirs[i] = sleeper();
        theirs[i].watcher.lane = 2;
    }
    add(&mine[0], MST_WATCHED_PORT, 1);
    add(&mine[1], MST_WATCHED_PORT, 1);
    ck_assert_int_eq(mst_watch_add(told.watch, &mine[2].watcher, MST_WATCHED_PORT, 1), MST_EFULL);
    add(&theirs[0], MST_WATCHED_PORT, 1);
    mst_watch_remove(told.watch, &mine[0].watcher);
    mst_watch_remove(told.watch, &mine[0].watcher); /* it holds nothing any more */
    add(&theirs[1], MST_WATCHED_PORT, 2);
    ck_assert_int_eq(mst_watch_add(told.watch, &mine[0].watcher, MST_WATCHED_PORT, 1), MST_EFULL);
    mst_told_tell(&told, MST_TABLE_POINT, 1);
    mst_told_run(&told);
    ck_assert_int_eq(mine[0].n_woken + mine[2].n_woken, 0);
    ck_assert_int_eq(mine[1].n_woken + theirs[0].n_woken, 2);
    mst_watch_remove(told.watch, &mine[1].watcher);
    for (size_t i = 0; i < 2; i++)
        mst_watch_remove(told.watch, &theirs[i].watcher);
    mst_told_close(&told);
}
MST_TEST_END

/* ---- several loops and a store ---- */

enum { N_LOOPS = 3, N_PORTS = 20, N_ROUNDS = 200 };

static struct mst_store *store;

/* Waits on one loop for all rounds of one port: each time it registers anew, then reads. */
struct follower {
    struct mst_watcher watcher; /* first */
    struct reading_loop *on;
    int64_t port;
    int64_t seen;
};

struct reading_loop {
    struct mst_task start; /* first */
    struct mst_loop *loop;
    struct mst_places *places;
    struct mst_watch *watch;
    struct mst_reader *reader;
    struct mst_thread *thread;
    struct follower followers[N_PORTS];
    int n_left;
};

static void look(struct follower *follower)
{
    struct mst_row_point point = {.dataport_id = follower->port};
    struct mst_tx *tx;
    enum mst_err err;

    ck_assert_int_eq(mst_reader_begin(follower->on->reader, &tx), MST_OK);
    err = mst_tx_last(tx, MST_IX_POINT, 1, &point);
    mst_reader_end(follower->on->reader);
    if (err == MST_OK) {
        ck_assert_int_ge(point.at, follower->seen);
        follower->seen = point.at;
    }
}

static void follow(struct mst_watcher *watcher)
{
    struct follower *follower = (struct follower *)watcher;
    struct reading_loop *on = follower->on;

    mst_watch_remove(on->watch, watcher);
    ck_assert_int_eq(mst_watch_add(on->watch, watcher, MST_WATCHED_PORT, follower->port), MST_OK);
    look(follower);
    if (follower->seen < N_ROUNDS)
        return;
    mst_watch_remove(on->watch, watcher);
    if (--on->n_left == 0)
        mst_loop_stop(on->loop);
}

static void start_following(struct mst_task *task)
{
    struct reading_loop *on = (struct reading_loop *)task;

    for (int i = 0; i < N_PORTS; i++) {
        on->followers[i] = (struct follower){.watcher = {.woken = follow}, .on = on, .port = i + 1};
        follow(&on->followers[i].watcher);
    }
}

static void run_reading(void *arg)
{
    struct reading_loop *on = arg;

    mst_loop_run(on->loop);
}

struct write {
    struct mst_cmd cmd; /* first */
    int64_t port, at;
    atomic_bool is_done;
};

static enum mst_err put(struct mst_cmd *cmd, struct mst_tx *tx)
{
    const struct write *write = (const struct write *)cmd;
    struct mst_row_point point = {.dataport_id = write->port, .at = write->at};

    return mst_tx_insert(tx, MST_TABLE_POINT, &point);
}

static void put_done(struct mst_cmd *cmd, enum mst_err err)
{
    ck_assert_int_eq(err, MST_OK);
    atomic_store(&((struct write *)cmd)->is_done, true);
}

static void write_all(void)
{
    static struct write writes[N_PORTS * N_ROUNDS];

    for (int i = 0; i < N_PORTS * N_ROUNDS; i++) {
        writes[i] = (struct write){
            .cmd = {.run = put, .done = put_done, .file = MST_FILE_POINTS},
            .port = i % N_PORTS + 1,
            .at = i / N_PORTS + 1
        };
        while (mst_store_submit(store, &writes[i].cmd) == MST_EFULL)
            continue;
    }
}

MST_TEST(no_change_is_lost_to_those_who_register_and_then_read)
{
    struct mst_watch_hub *hub;
    const struct mst_memory_opts opts = {.queue_max = 64, .batch_max = 8};
    static struct reading_loop loops[N_LOOPS];

    ck_assert_int_eq(mst_memory_open(&opts, &store), MST_OK);
    ck_assert_int_eq(mst_watch_hub_new(store, &hub), MST_OK);
    for (int i = 0; i < N_LOOPS; i++) {
        struct reading_loop *on = &loops[i];

        *on = (struct reading_loop){.start = {.run = start_following}, .n_left = N_PORTS};
        ck_assert_int_eq(mst_loop_new(&on->loop), MST_OK);
        ck_assert_int_eq(mst_places_new(N_PORTS, 100, MST_ROOM_WATCHER, &on->places), MST_OK);
        ck_assert_int_eq(mst_watch_new(hub, on->loop, on->places, &on->watch), MST_OK);
        ck_assert_int_eq(mst_reader_open(store, &on->reader), MST_OK);
        mst_loop_post(on->loop, &on->start);
        ck_assert_int_eq(mst_thread_start("reader", run_reading, on, &on->thread), MST_OK);
    }
    write_all();
    for (int i = 0; i < N_LOOPS; i++) { /* a change that is lost is waited for, for ever */
        mst_thread_join(loops[i].thread);
        mst_reader_close(loops[i].reader);
        mst_watch_free(loops[i].watch);
        mst_places_free(loops[i].places);
    }
    mst_store_close(store);
    for (int i = 0; i < N_LOOPS; i++)
        mst_loop_free(loops[i].loop);
    mst_watch_hub_free(hub);
}
MST_TEST_END

MST_TESTS("watch", each_is_woken_by_what_it_watches_and_by_nothing_else,
          one_that_was_removed_is_not_woken_even_if_the_change_came_before,
          one_that_is_woken_may_remove_itself_and_others_and_add_new_ones,
          thousands_that_watch_one_port_are_all_woken_once,
          there_are_no_more_watchers_than_there_are_places_for_each_tenant_and_for_all,
          no_change_is_lost_to_those_who_register_and_then_read)

#include "core/access.h"
#include "core/client.h"
#include "core/fence.h"
#include "tests/lib/unit.h"
#include "tests/lib/world.h"

static struct mst_world world;
static struct mst_fence fence;
static bool is_first;
static int64_t suspect;

static enum mst_err do_fence(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    (void)w;
    call->verdict = MST_DONE;
    return mst_fence(tx, &fence);
}

/* The key's client is seen in use; suspect is what its row says before. */
static enum mst_err do_see(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_client client;
    struct mst_handle rid;
    enum mst_err err =
        mst_access_cik(&w->domain, tx, mst_span_str(call->key), &call->verdict, &client);

    if (err != MST_OK || call->verdict != MST_DONE)
        return err;
    suspect = client.suspect;
    return mst_fence_seen(&w->domain, tx, client.id, &is_first, &rid);
}

static enum mst_verdict run(mst_world_verb *verb, struct mst_world_call call, char *ret_handle)
{
    enum mst_verdict verdict = mst_world_run(&world, verb, &call);

    if (ret_handle && verdict == MST_DONE)
        memcpy(ret_handle, call.handle, MST_TEXT_CHARS);
    return verdict;
}
#define RUN(verb, ret, ...) \
    run(mst_do_##verb, (struct mst_world_call){.attempt = mst_world_attempt(), __VA_ARGS__}, ret)

static void add_and_enable(const char *sn)
{
    ck_assert_int_eq(RUN(add, NULL, .sn = sn), MST_DONE);
    ck_assert_int_eq(RUN(enable_owner, NULL, .sn = sn, .rid = world.portal_rid), MST_DONE);
}

static void see(const char *key)
{
    ck_assert_int_eq(run(do_see, (struct mst_world_call){.key = key}, NULL), MST_DONE);
}

static void open_world(void)
{
    mst_world_open(&world, 7, NULL);
    ck_assert_int_eq(RUN(add_model, NULL, .options = 0), MST_DONE);
}

MST_TEST(a_fence_lets_no_window_of_the_backup_hand_out_a_key)
{
    char cik[MST_TEXT_CHARS];

    open_world();
    add_and_enable("a");
    (void)run(do_fence, (struct mst_world_call){.id = 0}, NULL);
    ck_assert_uint_eq(fence.windows_closed, 1);
    ck_assert_int_eq(RUN(activate, cik, .sn = "a"), MST_EXPIRED);
    world.window_now -= 1000000;
    ck_assert_int_eq(RUN(activate, cik, .sn = "a"), MST_EXPIRED);
    ck_assert_int_eq(RUN(enable, NULL, .sn = "a"), MST_DONE);
    ck_assert_int_eq(RUN(activate, cik, .sn = "a"), MST_DONE);
    see(cik);
    ck_assert_int_eq(suspect, MST_SUSPECT_NO);
    ck_assert(!is_first);
    mst_world_close(&world);
}
MST_TEST_END

MST_TEST(a_key_of_before_the_fence_is_reported_once_and_a_new_key_is_above_suspicion)
{
    char cik[MST_TEXT_CHARS];

    open_world();
    add_and_enable("a");
    ck_assert_int_eq(RUN(activate, cik, .sn = "a"), MST_DONE);
    (void)run(do_fence, (struct mst_world_call){.id = 0}, NULL);
    ck_assert_uint_ge(fence.keys_suspect, 4); /* root, domain, portals, the device */
    ck_assert_int_ne(RUN(activate, NULL, .sn = "a"), MST_DONE);
    see(cik);
    ck_assert_int_eq(suspect, MST_SUSPECT_UNSEEN);
    ck_assert(is_first);
    see(cik);
    ck_assert_int_eq(suspect, MST_SUSPECT_SEEN);
    ck_assert(!is_first);
    ck_assert_int_eq(RUN(enable, NULL, .sn = "a"), MST_DONE);
    ck_assert_int_eq(RUN(activate, cik, .sn = "a"), MST_DONE);
    see(cik);
    ck_assert_int_eq(suspect, MST_SUSPECT_NO);
    mst_world_close(&world);
}
MST_TEST_END

static enum mst_err do_count(struct mst_world *w, struct mst_tx *tx, struct mst_world_call *call)
{
    struct mst_row_gen gen = {.ix = call->id};

    (void)w;
    call->verdict = mst_tx_get(tx, MST_IX_GEN, &gen) == MST_OK ? MST_DONE : MST_NOT_FOUND;
    call->id = gen.gen;
    return MST_OK;
}

MST_TEST(each_fence_adds_a_generation_unlike_those_before)
{
    int64_t seen[4] = {0};

    open_world();
    for (int i = 0; i < 4; i++) {
        struct mst_world_call call = {.id = i};

        (void)run(do_fence, (struct mst_world_call){.id = 0}, NULL);
        ck_assert_int_eq(fence.gen_ix, i);
        ck_assert_int_eq(mst_world_run(&world, do_count, &call), MST_DONE);
        seen[i] = call.id;
        ck_assert(seen[i] > 0 && seen[i] < 1 << MST_GEN_BITS);
        for (int k = 0; k < i; k++)
            ck_assert_int_ne(seen[i], seen[k]);
    }
    mst_world_close(&world);
}
MST_TEST_END

MST_TESTS("core/fence", a_fence_lets_no_window_of_the_backup_hand_out_a_key,
          a_key_of_before_the_fence_is_reported_once_and_a_new_key_is_above_suspicion,
          each_fence_adds_a_generation_unlike_those_before)

/*
 * Random programs of RPC calls against a deliberately naive model of the tree.
 *
 * A program has a client of its own in a whole server, and goes on below it: creates, updates, drops and moves
 * resources, names, tags, shares and reads them, and does so as any client of its tree, or by a grant
 * token. The reply of each request is expected whole, to the byte.
 *
 * tree/ has the parts: naive.c is the model, judge.c what must come, play.c who asks for what, verbs_*.c
 * the calls.
 *
 * PROGRAMS=n sets how many programs (10,000; with LONG=1 100,000), SEED=n where they begin. The negative
 * controls run on a server with a seeded defect, which the comparison must see.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/site.h"
#include "tests/lib/unit.h"
#include "tests/prop/tree/verbs.h"

enum { BATCHES = 3, CALLS = 6, PROGRAMS_PER_SITE = 500 };

/* Those that stand here twice come twice as often. */
static void (*const verbs[])(struct mst_play *play) = {
    mst_verb_create,     mst_verb_create,  mst_verb_create, mst_verb_update, mst_verb_drop,
    mst_verb_move,       mst_verb_move,    mst_verb_map,    mst_verb_map,    mst_verb_unmap,
    mst_verb_lookup,     mst_verb_listing, mst_verb_info,   mst_verb_info,   mst_verb_write,
    mst_verb_read,       mst_verb_tag,     mst_verb_share,  mst_verb_revoke, mst_verb_activate,
    mst_verb_deactivate, mst_verb_grant,
};

/* As a client of the tree, or by a token; false: the token is good no more. */
static bool pick_caller(struct mst_play *play, const char *root)
{
    const struct mst_naive *tree = &play->tree;

    play->bearer = NULL;
    do
        play->acting = (int)mst_play_pick(play, (unsigned)tree->n_nodes);
    while (!tree->nodes[play->acting].is_alive || tree->nodes[play->acting].kind != NAIVE_CLIENT);
    if (mst_play_pick(play, 3) == 0 && tree->n_tokens > 0)
        play->bearer = &tree->tokens[mst_play_pick(play, (unsigned)tree->n_tokens)];
    if (play->bearer) {
        play->acting = play->bearer->client;
        mst_play_ask(play, "{\"auth\":{\"token\":\"%s\"},\"calls\":[", play->bearer->text);
        return tree->nodes[play->acting].is_alive;
    }
    if (play->acting == 0 || mst_play_pick(play, 2))
        play->acting = 0;
    mst_play_ask(play, "{\"auth\":{\"cik\":\"%s\",\"client_id\":\"%s\"},\"calls\":[", root,
                 tree->nodes[play->acting].rid);
    return true;
}

static void ask(struct mst_play *play, struct mst_site *site)
{
    bool is_welcome;

    play->request.len = play->expected.len = 0;
    play->n_calls = 0;
    is_welcome = pick_caller(play, mst_site_root(site));
    mst_play_expect(play, "[");
    for (int i = 0; i < CALLS; i++) {
        play->before = play->tree;
        verbs[mst_play_pick(play, sizeof verbs / sizeof verbs[0])](play);
    }
    mst_play_ask(play, "]}");
    mst_play_expect(play, "]");
    if (!is_welcome) {
        play->expected.len = 0;
        mst_play_expect(play, "{\"error\":{\"code\":401,\"message\":\"Authorization failed\","
                              "\"context\":\"auth\"}}");
    }
}

/* One request. Gives whether the reply is as expected. */
static bool run_batch(struct mst_play *play, struct mst_site *site)
{
    struct mst_answer answer;

    ask(play, site);
    answer = mst_site_ask(site, "POST", "/onep:v1/rpc/process", NULL, play->request.bytes);
    if (answer.status == 200 && mst_judge_meets(&play->tree, &play->expected, answer.body))
        return true;
    mst_judge_make_readable(&play->expected);
    printf("# asked %s\n# wanted %s\n# got %.*s\n", play->request.bytes, play->expected.bytes,
           (int)answer.body.len, answer.body.ptr);
    return false;
}

static void begin_program(struct mst_play *play, struct mst_site *site, uint64_t seed)
{
    struct mst_naive_node *top = &play->tree.nodes[0];

    play->chance = seed * UINT64_C(0xd1342543de82ef95);
    play->tree = (struct mst_naive){.n_nodes = 1};
    *top = (struct mst_naive_node){.is_alive = true, .owner = NAIVE_NOBODY};
    play->request.len = 0;
    mst_play_ask(play, "[\"client\",{\"name\":\"n0\",\"limits\":{");
    for (int what = 0; what < NAIVE_COUNTED; what++) {
        top->limits[what] =
            mst_play_pick(play, 2) ? NAIVE_INHERIT : 4 + (int)mst_play_pick(play, 6);
        mst_play_ask(play, what ? "," : "");
        mst_play_add_limit(&play->request, what, top->limits[what]);
    }
    mst_play_ask(play, "}}]");
    mst_site_rpc_rid(site, mst_site_root(site), "create", play->request.bytes, top->rid);
}

/* Gives how many programs ran, the one that failed included. */
static uint64_t run_programs(unsigned defects, uint64_t first, uint64_t n, bool *ret_is_good)
{
    const struct mst_site_opts opts = {.defects = defects};
    static struct mst_play play;
    struct mst_site *site = NULL;
    uint64_t i;

    *ret_is_good = true;
    for (i = 0; i < n && *ret_is_good; i++) {
        if (i % PROGRAMS_PER_SITE == 0) {
            if (i > 0)
                mst_site_stop(site);
            site = mst_site_start(&opts);
        }
        begin_program(&play, site, first + i);
        for (int batch = 0; batch < BATCHES && *ret_is_good; batch++)
            *ret_is_good = run_batch(&play, site);
        if (!*ret_is_good)
            printf("# SEED=%" PRIu64 " PROGRAMS=1\n", first + i);
    }
    mst_site_stop(site);
    return i;
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : otherwise;
}

MST_TEST(server_and_naive_model_agree)
{
    const uint64_t n = from_environment("PROGRAMS", getenv("LONG") ? 100000 : 10000);
    bool is_good;

    (void)run_programs(0, from_environment("SEED", 1), n, &is_good);
    ck_assert(is_good);
}
MST_TEST_END

MST_TEST(the_comparison_sees_the_seeded_defect_free_move)
{
    bool is_good;

    ck_assert_uint_le(run_programs(MST_DEFECTIVE_MOVE, 1, 5000, &is_good), 5000);
    ck_assert(!is_good);
}
MST_TEST_END

MST_TEST(the_comparison_sees_the_seeded_defect_wide_grant)
{
    bool is_good;

    ck_assert_uint_le(run_programs(MST_DEFECTIVE_GRANT, 1, 5000, &is_good), 5000);
    ck_assert(!is_good);
}
MST_TEST_END

MST_TESTS("tree", server_and_naive_model_agree, the_comparison_sees_the_seeded_defect_free_move,
          the_comparison_sees_the_seeded_defect_wide_grant)

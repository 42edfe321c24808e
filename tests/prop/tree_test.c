/*
 * Random programs of RPC calls against a deliberately naive model of the tree.
 *
 * A program has a client of its own in a whole server, and goes on below it: creates, clones, updates, drops and
 * moves resources, names, tags, shares, writes and reads them, renews and ends keys, and does so as any client
 * of its tree, by a key, good or not, or by a grant token. Between its requests time passes, to the second. The
 * reply of each request is expected whole, to the byte.
 *
 * tree/ has the parts: naive.c is the model, judge.c what must come, play.c what is asked for, caller.c by whom,
 * verbs_*.c the calls.
 *
 * PROGRAMS=n sets how many programs (10,000; with LONG=1 100,000), SEED=n where they begin. The negative
 * controls run on a server with a seeded defect, which the comparison must see.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/site.h"
#include "tests/lib/unit.h"
#include "tests/prop/tree/caller.h"
#include "tests/prop/tree/verbs.h"

/* Every eighth program is long: it is the small ones that are many, and the long ones that get far. */
enum { REQUESTS = 3, REQUESTS_LONG = 18, CALLS = 6, PROGRAMS_PER_SITE = 500 };
enum { CLOCK_S = 1700000000 }; /* where the site's clock begins; time passes between requests */

static const struct verb {
    void (*play)(struct mst_play *play);
    unsigned weight;
} verbs[] = {
    {mst_verb_activate_key,     3},
    {mst_verb_activate_share,   1},
    {mst_verb_clone,            5},
    {mst_verb_create,           6},
    {mst_verb_deactivate_key,   1},
    {mst_verb_deactivate_share, 1},
    {mst_verb_drop,             1},
    {mst_verb_grant,            2},
    {mst_verb_info,             3},
    {mst_verb_listing,          4},
    {mst_verb_lookup,           1},
    {mst_verb_map,              2},
    {mst_verb_move,             2},
    {mst_verb_read,             3},
    {mst_verb_revoke_key,       3},
    {mst_verb_revoke_share,     1},
    {mst_verb_see_key,          2},
    {mst_verb_share,            1},
    {mst_verb_tag,              1},
    {mst_verb_unmap,            1},
    {mst_verb_update,           3},
    {mst_verb_usage,            2},
    {mst_verb_write,            5},
};
enum { VERBS = sizeof verbs / sizeof verbs[0] };

static void play_verb(struct mst_play *play)
{
    unsigned sum = 0, at, i = 0;

    for (size_t k = 0; k < VERBS; k++)
        sum += verbs[k].weight;
    for (at = mst_play_pick(play, sum); at >= verbs[i].weight; i++)
        at -= verbs[i].weight;
    verbs[i].play(play);
}

/* What must come if the calls are not carried out. */
static void expect_refusal(struct mst_play *play, enum mst_caller_standing standing)
{
    bool is_first = true;

    play->expected.len = 0;
    if (standing == CALLER_STRANGER) {
        mst_play_expect(play, "{\"error\":{\"code\":401,\"message\":\"Authorization failed\","
                              "\"context\":\"auth\"}}");
        return;
    }
    mst_play_expect(play, "[");
    for (int i = 0; i < play->n_calls; i++)
        mst_play_expect(play, "%s{\"id\":%d,\"status\":\"locked\"}", mst_play_comma(&is_first), i);
    mst_play_expect(play, "]");
}

static void make_request(struct mst_play *play, const char *root)
{
    static struct mst_naive unasked;
    const bool is_first = play->tree.n_nodes == 1; /* what would there be to do? */
    enum mst_caller_standing standing;

    play->request.len = play->expected.len = 0;
    play->n_calls = 0;
    unasked = play->tree;
    standing = mst_caller_pick(play, root);
    mst_play_expect(play, "[");
    for (int i = 0; i < CALLS; i++) {
        play->before = play->tree;
        if (is_first)
            mst_verb_create(play);
        else
            play_verb(play);
    }
    mst_play_ask(play, "]}");
    mst_play_expect(play, "]");
    if (standing != CALLER_WELCOME) {
        play->tree = unasked;
        expect_refusal(play, standing);
    }
}

/* Mostly none, or up to the edges of what ends with time. */
static void pass_time(struct mst_play *play, struct mst_site *site)
{
    static const int64_t spans[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 3599, 3600, 40000, 86399, 86400};
    const int64_t span = spans[mst_play_pick(play, sizeof spans / sizeof spans[0])];

    if (span == 0 || play->tree.n_moments == NAIVE_MOMENTS_MAX - 1)
        return;
    mst_site_pass(site, span);
    mst_naive_pass(&play->tree, span);
}

/* Every program begins at the same time of the day: it comes out the same when it runs alone. */
static void await_begin(struct mst_play *play, struct mst_site *site)
{
    const int64_t past = (play->tree.now - CLOCK_S) % NAIVE_DAY_S;
    const int64_t span = past == 0 ? 0 : NAIVE_DAY_S - past;

    mst_site_pass(site, span);
    play->tree = (struct mst_naive){.now = play->tree.now + span};
}

/* Gives whether the reply is as expected. */
static bool run_request(struct mst_play *play, struct mst_site *site)
{
    struct mst_answer answer;

    make_request(play, mst_site_root(site));
    if (play->n_calls == 0)
        return true;
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
    struct mst_naive_node top = {
        .kind = NAIVE_CLIENT, .owner = NAIVE_NOBODY, .source = NAIVE_NOBODY};

    play->chance = seed * UINT64_C(0xd1342543de82ef95);
    play->request.len = 0;
    await_begin(play, site);
    mst_play_ask(play, "[\"client\",{\"name\":\"n0\",\"limits\":{");
    for (int what = 0; what < NAIVE_COUNTED; what++) {
        top.limits[what] =
            mst_play_pick(play, 4) > 0 ? NAIVE_INHERIT : 6 + (int)mst_play_pick(play, 16);
        mst_play_ask(play, what ? "," : "");
        mst_play_add_limit(&play->request, what, top.limits[what]);
    }
    mst_play_ask(play, "}}]");
    mst_site_rpc_rid(site, mst_site_root(site), "create", play->request.bytes, top.rid);
    (void)mst_naive_create(&play->tree, &top);
    play->n_requests = mst_play_pick(play, 8) > 0 ? REQUESTS : REQUESTS_LONG;
}

static bool run_program(struct mst_play *play, struct mst_site *site, uint64_t seed)
{
    bool is_good = true;

    begin_program(play, site, seed);
    for (int i = 0; i < play->n_requests && is_good; i++) {
        pass_time(play, site);
        is_good = run_request(play, site);
    }
    if (!is_good)
        printf("# SEED=%" PRIu64 " PROGRAMS=1\n", seed);
    (void)fflush(stdout); /* a test that fails ends without */
    return is_good;
}

/* Gives whether all come out as they must; the first that does not is the last. */
static bool run_programs(unsigned defects, uint64_t first, uint64_t n)
{
    const struct mst_site_opts opts = {.defects = defects, .clock_s = CLOCK_S};
    static struct mst_play play;
    struct mst_site *site = NULL;
    bool is_good = true;

    for (uint64_t i = 0; i < n && is_good; i++) {
        if (i % PROGRAMS_PER_SITE == 0) {
            if (i > 0)
                mst_site_stop(site);
            site = mst_site_start(&opts);
            play.tree.now = CLOCK_S;
        }
        is_good = run_program(&play, site, first + i);
    }
    mst_site_stop(site);
    return is_good;
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : otherwise;
}

MST_TEST(server_and_naive_model_agree)
{
    const uint64_t n = from_environment("PROGRAMS", getenv("LONG") ? 100000 : 10000);

    ck_assert(run_programs(0, from_environment("SEED", 1), n));
}
MST_TEST_END

/* Gives whether a server with the defect is told from one without. */
static bool is_seen(unsigned defect)
{
    return !run_programs(defect, 1, 5000);
}

MST_TEST(the_comparison_sees_the_seeded_defect_free_move)
{
    ck_assert(is_seen(MST_DEFECTIVE_MOVE));
}
MST_TEST_END

MST_TEST(the_comparison_sees_the_seeded_defect_wide_grant)
{
    ck_assert(is_seen(MST_DEFECTIVE_GRANT));
}
MST_TEST_END

MST_TEST(the_comparison_sees_the_seeded_defect_free_clone)
{
    ck_assert(is_seen(MST_DEFECTIVE_CLONE));
}
MST_TEST_END

MST_TEST(the_comparison_sees_the_seeded_defect_lasting_key)
{
    ck_assert(is_seen(MST_DEFECTIVE_REVOKE));
}
MST_TEST_END

MST_TESTS("tree", server_and_naive_model_agree, the_comparison_sees_the_seeded_defect_free_move,
          the_comparison_sees_the_seeded_defect_wide_grant,
          the_comparison_sees_the_seeded_defect_free_clone,
          the_comparison_sees_the_seeded_defect_lasting_key)

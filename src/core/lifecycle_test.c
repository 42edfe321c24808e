/*
 * The table of protocol.md 1.5, written a second time and differently: one line per event, the
 * states in the order of the headline, what is answered and what follows.
 */
#include "core/lifecycle.h"
#include "tests/lib/unit.h"

enum { N = MST_STATE_COUNT };

struct row {
    enum mst_lifecycle_event event;
    struct {
        enum mst_verdict verdict;
        enum mst_state next;
    } cells[N];
};

#define UL MST_STATE_UNLISTED
#define UU MST_STATE_UNUSED
#define OR MST_STATE_ORPHANED
#define PE MST_STATE_PENDING
#define AC MST_STATE_ACTIVATED
#define EX MST_STATE_EXPIRED
#define DI MST_STATE_DISABLED

/* clang-format off */
static const struct row rows[MST_ON_COUNT] = {
    /* UNLISTED, UNUSED, ORPHANED, PENDING, ACTIVATED, EXPIRED, DISABLED */
    {MST_ON_ADD,
     {{MST_DONE, UU}, {MST_EXISTS, UU}, {MST_EXISTS, OR}, {MST_EXISTS, PE}, {MST_EXISTS, AC}, {MST_EXISTS, EX}, {MST_EXISTS, DI}}},
    {MST_ON_ENABLE_OWNER,
     {{MST_NO_SERIAL, UL}, {MST_DONE, PE}, {MST_DONE, PE}, {MST_HAS_CLIENT, PE}, {MST_HAS_CLIENT, AC}, {MST_HAS_CLIENT, EX}, {MST_HAS_CLIENT, DI}}},
    {MST_ON_ACTIVATE,
     {{MST_NO_SERIAL, UL}, {MST_NOT_ADDED, UU}, {MST_ORPHANED, OR}, {MST_DONE, AC}, {MST_ACTIVATED, AC}, {MST_EXPIRED, EX}, {MST_DISABLED, DI}}},
    {MST_ON_ENABLE,
     {{MST_NO_SERIAL, UL}, {MST_HAS_NO_CLIENT, UU}, {MST_ORPHANED, OR}, {MST_DONE, PE}, {MST_DONE, PE}, {MST_DONE, PE}, {MST_DONE, PE}}},
    {MST_ON_DISABLE,
     {{MST_NO_SERIAL, UL}, {MST_HAS_NO_CLIENT, UU}, {MST_ORPHANED, OR}, {MST_DONE, DI}, {MST_DONE, DI}, {MST_DONE, DI}, {MST_DONE, DI}}},
    {MST_ON_REMAP_FROM,
     {{MST_NO_SERIAL, UL}, {MST_HAS_NO_CLIENT, UU}, {MST_ORPHANED, OR}, {MST_DONE, UU}, {MST_DONE, UU}, {MST_DONE, UU}, {MST_DONE, UU}}},
    {MST_ON_REMAP_TO,
     {{MST_NO_SERIAL, UL}, {MST_DONE, PE}, {MST_DONE, PE}, {MST_HAS_CLIENT, PE}, {MST_HAS_CLIENT, AC}, {MST_HAS_CLIENT, EX}, {MST_HAS_CLIENT, DI}}},
    {MST_ON_DELETE,
     {{MST_NO_SERIAL, UL}, {MST_DONE, UL}, {MST_DONE, UL}, {MST_DONE, UL}, {MST_DONE, UL}, {MST_DONE, UL}, {MST_DONE, UL}}},
    {MST_ON_DROP,
     {{MST_NO_SERIAL, UL}, {MST_HAS_NO_CLIENT, UU}, {MST_ORPHANED, OR}, {MST_DONE, OR}, {MST_DONE, OR}, {MST_DONE, OR}, {MST_DONE, OR}}},
    {MST_ON_PORTAL_DELETE,
     {{MST_NO_SERIAL, UL}, {MST_HAS_NO_CLIENT, UU}, {MST_ORPHANED, OR}, {MST_DONE, UU}, {MST_DONE, UU}, {MST_DONE, UU}, {MST_DONE, UU}}},
    {MST_ON_DELETE_MODEL,
     {{MST_DONE, UL}, {MST_DONE, UL}, {MST_DONE, UL}, {MST_DONE, UL}, {MST_DONE, UL}, {MST_DONE, UL}, {MST_DONE, UL}}},
    {MST_ON_REVOKE,
     {{MST_NOT_FOUND, UL}, {MST_NOT_FOUND, UU}, {MST_NOT_FOUND, OR}, {MST_DONE, PE}, {MST_DONE, PE}, {MST_DONE, PE}, {MST_DONE, DI}}},
    {MST_ON_RPC_ACTIVATE,
     {{MST_NOT_FOUND, UL}, {MST_NOT_FOUND, UU}, {MST_NOT_FOUND, OR}, {MST_DONE, AC}, {MST_BAD_VALUE, AC}, {MST_BAD_VALUE, EX}, {MST_BAD_VALUE, DI}}},
    {MST_ON_RPC_DEACTIVATE,
     {{MST_NOT_FOUND, UL}, {MST_NOT_FOUND, UU}, {MST_NOT_FOUND, OR}, {MST_DONE, DI}, {MST_DONE, DI}, {MST_DONE, DI}, {MST_DONE, DI}}},
    {MST_ON_BRING_KEY,
     {{MST_NO_SERIAL, UL}, {MST_HAS_NO_CLIENT, UU}, {MST_ORPHANED, OR}, {MST_DONE, AC}, {MST_ACTIVATED, AC}, {MST_DONE, AC}, {MST_DONE, AC}}},
    {MST_ON_REPLACE_KEY,
     {{MST_NO_SERIAL, UL}, {MST_HAS_NO_CLIENT, UU}, {MST_ORPHANED, OR}, {MST_DONE, AC}, {MST_DONE, AC}, {MST_DONE, AC}, {MST_DONE, AC}}},
    {MST_ON_REPORT,
     {{MST_NO_SERIAL, UL}, {MST_DONE, UU}, {MST_DONE, OR}, {MST_DONE, PE}, {MST_DONE, AC}, {MST_DONE, EX}, {MST_DONE, DI}}},
};
/* clang-format on */

MST_TEST(every_state_meets_every_event_as_the_protocol_says)
{
    for (int i = 0; i < MST_ON_COUNT; i++) {
        for (int state = 0; state < N; state++) {
            struct mst_transition step =
                mst_lifecycle_step((enum mst_state)state, rows[i].event, false);
            ck_assert_msg(step.verdict == rows[i].cells[state].verdict &&
                              step.next == rows[i].cells[state].next,
                          "event %d in state %d: verdict %d, next %d", rows[i].event, state,
                          step.verdict, step.next);
        }
    }
}
MST_TEST_END

MST_TEST(every_event_is_in_the_list_once)
{
    int seen[MST_ON_COUNT] = {0};

    for (int i = 0; i < MST_ON_COUNT; i++)
        seen[rows[i].event]++;
    for (int i = 0; i < MST_ON_COUNT; i++)
        ck_assert_int_eq(seen[i], 1);
}
MST_TEST_END

MST_TEST(a_refusal_leaves_the_state_and_has_no_effect)
{
    for (int event = 0; event < MST_ON_COUNT; event++) {
        for (int state = 0; state < N; state++) {
            for (int is_locked = 0; is_locked < 2; is_locked++) {
                struct mst_transition step = mst_lifecycle_step(
                    (enum mst_state)state, (enum mst_lifecycle_event)event, is_locked);
                if (step.verdict == MST_DONE)
                    continue;
                ck_assert_int_eq(step.next, state);
                ck_assert_uint_eq(step.effects, 0);
            }
        }
    }
}
MST_TEST_END

MST_TEST(only_a_pending_key_is_ever_given)
{
    for (int event = 0; event < MST_ON_COUNT; event++) {
        for (int state = 0; state < N; state++) {
            unsigned effects =
                mst_lifecycle_step((enum mst_state)state, (enum mst_lifecycle_event)event, false)
                    .effects;
            ck_assert_int_eq((effects & MST_FX_GIVE_KEY) != 0,
                             event == MST_ON_ACTIVATE && state == MST_STATE_PENDING);
        }
    }
}
MST_TEST_END

MST_TEST(whatever_becomes_pending_has_a_new_key_and_a_new_window)
{
    for (int event = 0; event < MST_ON_COUNT; event++) {
        for (int state = 0; state < N; state++) {
            struct mst_transition step =
                mst_lifecycle_step((enum mst_state)state, (enum mst_lifecycle_event)event, false);
            if (event == MST_ON_REPORT || step.verdict != MST_DONE || step.next != PE)
                continue;
            ck_assert(step.effects & MST_FX_OPEN_WINDOW);
            ck_assert(step.effects & (MST_FX_NEW_KEY | MST_FX_CLONE));
        }
    }
}
MST_TEST_END

MST_TEST(whatever_becomes_activated_is_logged_and_its_window_closed)
{
    for (int event = 0; event < MST_ON_COUNT; event++) {
        struct mst_transition step = mst_lifecycle_step(PE, (enum mst_lifecycle_event)event, false);
        if (step.next != AC)
            continue;
        ck_assert(step.effects & MST_FX_LOG);
        ck_assert(step.effects & MST_FX_CLOSE_WINDOW);
    }
}
MST_TEST_END

MST_TEST(a_lock_keeps_only_the_pending_device_out_and_changes_nothing_else)
{
    ck_assert_int_eq(mst_lifecycle_step(PE, MST_ON_ACTIVATE, true).verdict, MST_LOCKED);
    for (int event = 0; event < MST_ON_COUNT; event++) {
        for (int state = 0; state < N; state++) {
            if (event == MST_ON_ACTIVATE && state == PE)
                continue;
            ck_assert_int_eq(
                mst_lifecycle_step((enum mst_state)state, (enum mst_lifecycle_event)event, true)
                    .verdict,
                mst_lifecycle_step((enum mst_state)state, (enum mst_lifecycle_event)event, false)
                    .verdict);
        }
    }
}
MST_TEST_END

MST_TEST(a_pending_key_expires_at_its_deadline_and_not_a_second_before)
{
    ck_assert_int_eq(mst_lifecycle_at(PE, 86400, 86399), PE);
    ck_assert_int_eq(mst_lifecycle_at(PE, 86400, 86400), EX);
    ck_assert_int_eq(mst_lifecycle_at(PE, 86400, 86401), EX);
    for (int state = 0; state < N; state++) {
        if (state != PE)
            ck_assert_int_eq(mst_lifecycle_at((enum mst_state)state, 0, 86401), state);
    }
}
MST_TEST_END

MST_TEST(states_are_named_as_on_the_wire_and_locked_has_priority)
{
    static const char *const words[N] = {"",          "",        "",       "notactivated",
                                         "activated", "expired", "expired"};

    for (int state = 0; state < N; state++) {
        ck_assert_str_eq(mst_lifecycle_word((enum mst_state)state, false), words[state]);
        ck_assert_str_eq(mst_lifecycle_word((enum mst_state)state, true),
                         words[state][0] ? "locked" : "");
    }
}
MST_TEST_END

MST_TESTS("core/lifecycle", every_state_meets_every_event_as_the_protocol_says,
          every_event_is_in_the_list_once, a_refusal_leaves_the_state_and_has_no_effect,
          only_a_pending_key_is_ever_given, whatever_becomes_pending_has_a_new_key_and_a_new_window,
          whatever_becomes_activated_is_logged_and_its_window_closed,
          a_lock_keeps_only_the_pending_device_out_and_changes_nothing_else,
          a_pending_key_expires_at_its_deadline_and_not_a_second_before,
          states_are_named_as_on_the_wire_and_locked_has_priority)

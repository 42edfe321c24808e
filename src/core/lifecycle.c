/*
 * The life of a device (protocol.md 1.5), numbered as there. A row of the table
 * below is an event, a column a state; a cell says what is answered, which state
 * follows and what must be done. Only a cell with MST_DONE changes anything.
 *
 *  1, 2  add            an unlisted serial number becomes UNUSED; a listed one is taken.
 *  3, 20 enable, owner  UNUSED and ORPHANED have no live client: one is made from the
 *                       template, PENDING, its window open.
 *  7                    whoever has a client keeps it: refused.
 *  4, 11, 12, 21        activate: refused, each state by its own name.
 *  5     activate       a PENDING key becomes live: the window closes, the log entry is
 *                       written, the key is given. A lock keeps the device out (A22).
 *  6     time           not an event: mst_lifecycle_at reads PENDING behind its
 *                       deadline as EXPIRED, before the table is asked.
 *  8-10  enable alone   whoever has a client gets a new key and a new window; the old key dies.
 *  13    disable        the key dies, the client stays. A disabled one stays so.
 *  14    remap          the old serial number lets go of its client and is UNUSED; the new
 *                       one, which must have no live client (20), is PENDING with a new key.
 *  15, 16, 19 delete    record and log go; the client, if any, stays where it is (A9).
 *  17    drop           the client is gone, the serial number remembers it: ORPHANED.
 *  18    portal delete  the client is gone and the serial number free again.
 *  21                   nothing can be done with an orphan but 19, 20 and 22.
 *  22    delete model   as delete, in every state.
 *  23    revoke         a new key and a fresh window. ACTIVATED must be activated again. EXPIRED with
 *                       a fresh window is PENDING. DISABLED stays, without a window.
 *  24    RPC activate   only while PENDING: the owner closes the window himself. Logged as
 *                       any activation; the lock is the owner's own, so it does not stop him.
 *  25    RPC deactivate as 13, on the client.
 *  -     bring a key    ours, for fleets with hard-coded keys: whoever has a client gets the key that
 *                       was brought, live at once and logged as an activation. A live key is only
 *                       ended if that was asked for.
 *  26    lock           no event: it lies over the state, in the word reported and in 5.
 */
#include <assert.h>

#include "core/lifecycle.h"

enum {
    ADDED = MST_FX_CLONE | MST_FX_OPEN_WINDOW,
    RENEWED = MST_FX_NEW_KEY | MST_FX_OPEN_WINDOW,
    LIVE = MST_FX_CLOSE_WINDOW | MST_FX_LOG,
    BROUGHT = MST_FX_NEW_KEY | MST_FX_CLOSE_WINDOW | MST_FX_LOG,
    RELEASED = MST_FX_FORGET | MST_FX_UNBIND
};

#define UNLISTED  MST_STATE_UNLISTED
#define UNUSED    MST_STATE_UNUSED
#define ORPHANED  MST_STATE_ORPHANED
#define PENDING   MST_STATE_PENDING
#define ACTIVATED MST_STATE_ACTIVATED
#define EXPIRED   MST_STATE_EXPIRED
#define DISABLED  MST_STATE_DISABLED

#define GO(next, effects)       \
    {                           \
        MST_DONE, next, effects \
    }
#define STAY(why, current) \
    {                      \
        why, current, 0    \
    }

/* clang-format off */
static const struct mst_transition table[MST_ON_COUNT][MST_STATE_COUNT] = {
    [MST_ON_ADD] = {
        [UNLISTED]  = GO(UNUSED, 0),
        [UNUSED]    = STAY(MST_EXISTS, UNUSED),
        [ORPHANED]  = STAY(MST_EXISTS, ORPHANED),
        [PENDING]   = STAY(MST_EXISTS, PENDING),
        [ACTIVATED] = STAY(MST_EXISTS, ACTIVATED),
        [EXPIRED]   = STAY(MST_EXISTS, EXPIRED),
        [DISABLED]  = STAY(MST_EXISTS, DISABLED),
    },
    [MST_ON_ENABLE_OWNER] = {
        [UNLISTED]  = STAY(MST_NO_SERIAL, UNLISTED),
        [UNUSED]    = GO(PENDING, ADDED),
        [ORPHANED]  = GO(PENDING, ADDED),
        [PENDING]   = STAY(MST_HAS_CLIENT, PENDING),
        [ACTIVATED] = STAY(MST_HAS_CLIENT, ACTIVATED),
        [EXPIRED]   = STAY(MST_HAS_CLIENT, EXPIRED),
        [DISABLED]  = STAY(MST_HAS_CLIENT, DISABLED),
    },
    [MST_ON_ACTIVATE] = {
        [UNLISTED]  = STAY(MST_NO_SERIAL, UNLISTED),
        [UNUSED]    = STAY(MST_NOT_ADDED, UNUSED),
        [ORPHANED]  = STAY(MST_ORPHANED, ORPHANED),
        [PENDING]   = GO(ACTIVATED, LIVE | MST_FX_GIVE_KEY),
        [ACTIVATED] = STAY(MST_ACTIVATED, ACTIVATED),
        [EXPIRED]   = STAY(MST_EXPIRED, EXPIRED),
        [DISABLED]  = STAY(MST_DISABLED, DISABLED),
    },
    [MST_ON_ENABLE] = {
        [UNLISTED]  = STAY(MST_NO_SERIAL, UNLISTED),
        [UNUSED]    = STAY(MST_HAS_NO_CLIENT, UNUSED),
        [ORPHANED]  = STAY(MST_ORPHANED, ORPHANED),
        [PENDING]   = GO(PENDING, RENEWED),
        [ACTIVATED] = GO(PENDING, RENEWED),
        [EXPIRED]   = GO(PENDING, RENEWED),
        [DISABLED]  = GO(PENDING, RENEWED),
    },
    [MST_ON_DISABLE] = {
        [UNLISTED]  = STAY(MST_NO_SERIAL, UNLISTED),
        [UNUSED]    = STAY(MST_HAS_NO_CLIENT, UNUSED),
        [ORPHANED]  = STAY(MST_ORPHANED, ORPHANED),
        [PENDING]   = GO(DISABLED, MST_FX_CLOSE_WINDOW),
        [ACTIVATED] = GO(DISABLED, MST_FX_CLOSE_WINDOW),
        [EXPIRED]   = GO(DISABLED, MST_FX_CLOSE_WINDOW),
        [DISABLED]  = GO(DISABLED, 0),
    },
    [MST_ON_REMAP_FROM] = {
        [UNLISTED]  = STAY(MST_NO_SERIAL, UNLISTED),
        [UNUSED]    = STAY(MST_HAS_NO_CLIENT, UNUSED),
        [ORPHANED]  = STAY(MST_ORPHANED, ORPHANED),
        [PENDING]   = GO(UNUSED, MST_FX_UNBIND),
        [ACTIVATED] = GO(UNUSED, MST_FX_UNBIND),
        [EXPIRED]   = GO(UNUSED, MST_FX_UNBIND),
        [DISABLED]  = GO(UNUSED, MST_FX_UNBIND),
    },
    [MST_ON_REMAP_TO] = {
        [UNLISTED]  = STAY(MST_NO_SERIAL, UNLISTED),
        [UNUSED]    = GO(PENDING, RENEWED),
        [ORPHANED]  = GO(PENDING, RENEWED),
        [PENDING]   = STAY(MST_HAS_CLIENT, PENDING),
        [ACTIVATED] = STAY(MST_HAS_CLIENT, ACTIVATED),
        [EXPIRED]   = STAY(MST_HAS_CLIENT, EXPIRED),
        [DISABLED]  = STAY(MST_HAS_CLIENT, DISABLED),
    },
    [MST_ON_DELETE] = {
        [UNLISTED]  = STAY(MST_NO_SERIAL, UNLISTED),
        [UNUSED]    = GO(UNLISTED, MST_FX_FORGET),
        [ORPHANED]  = GO(UNLISTED, MST_FX_FORGET),
        [PENDING]   = GO(UNLISTED, RELEASED),
        [ACTIVATED] = GO(UNLISTED, RELEASED),
        [EXPIRED]   = GO(UNLISTED, RELEASED),
        [DISABLED]  = GO(UNLISTED, RELEASED),
    },
    [MST_ON_DROP] = {
        [UNLISTED]  = STAY(MST_NO_SERIAL, UNLISTED),
        [UNUSED]    = STAY(MST_HAS_NO_CLIENT, UNUSED),
        [ORPHANED]  = STAY(MST_ORPHANED, ORPHANED),
        [PENDING]   = GO(ORPHANED, 0),
        [ACTIVATED] = GO(ORPHANED, 0),
        [EXPIRED]   = GO(ORPHANED, 0),
        [DISABLED]  = GO(ORPHANED, 0),
    },
    [MST_ON_PORTAL_DELETE] = {
        [UNLISTED]  = STAY(MST_NO_SERIAL, UNLISTED),
        [UNUSED]    = STAY(MST_HAS_NO_CLIENT, UNUSED),
        [ORPHANED]  = STAY(MST_ORPHANED, ORPHANED),
        [PENDING]   = GO(UNUSED, MST_FX_UNBIND),
        [ACTIVATED] = GO(UNUSED, MST_FX_UNBIND),
        [EXPIRED]   = GO(UNUSED, MST_FX_UNBIND),
        [DISABLED]  = GO(UNUSED, MST_FX_UNBIND),
    },
    [MST_ON_DELETE_MODEL] = {
        [UNLISTED]  = GO(UNLISTED, 0),
        [UNUSED]    = GO(UNLISTED, MST_FX_FORGET),
        [ORPHANED]  = GO(UNLISTED, MST_FX_FORGET),
        [PENDING]   = GO(UNLISTED, RELEASED),
        [ACTIVATED] = GO(UNLISTED, RELEASED),
        [EXPIRED]   = GO(UNLISTED, RELEASED),
        [DISABLED]  = GO(UNLISTED, RELEASED),
    },
    [MST_ON_REVOKE] = {
        [UNLISTED]  = STAY(MST_NOT_FOUND, UNLISTED),
        [UNUSED]    = STAY(MST_NOT_FOUND, UNUSED),
        [ORPHANED]  = STAY(MST_NOT_FOUND, ORPHANED),
        [PENDING]   = GO(PENDING, RENEWED),
        [ACTIVATED] = GO(PENDING, RENEWED),
        [EXPIRED]   = GO(PENDING, RENEWED),
        [DISABLED]  = GO(DISABLED, MST_FX_NEW_KEY),
    },
    [MST_ON_RPC_ACTIVATE] = {
        [UNLISTED]  = STAY(MST_NOT_FOUND, UNLISTED),
        [UNUSED]    = STAY(MST_NOT_FOUND, UNUSED),
        [ORPHANED]  = STAY(MST_NOT_FOUND, ORPHANED),
        [PENDING]   = GO(ACTIVATED, LIVE),
        [ACTIVATED] = STAY(MST_BAD_VALUE, ACTIVATED),
        [EXPIRED]   = STAY(MST_BAD_VALUE, EXPIRED),
        [DISABLED]  = STAY(MST_BAD_VALUE, DISABLED),
    },
    [MST_ON_RPC_DEACTIVATE] = {
        [UNLISTED]  = STAY(MST_NOT_FOUND, UNLISTED),
        [UNUSED]    = STAY(MST_NOT_FOUND, UNUSED),
        [ORPHANED]  = STAY(MST_NOT_FOUND, ORPHANED),
        [PENDING]   = GO(DISABLED, MST_FX_CLOSE_WINDOW),
        [ACTIVATED] = GO(DISABLED, MST_FX_CLOSE_WINDOW),
        [EXPIRED]   = GO(DISABLED, MST_FX_CLOSE_WINDOW),
        [DISABLED]  = GO(DISABLED, 0),
    },
    [MST_ON_BRING_KEY] = {
        [UNLISTED]  = STAY(MST_NO_SERIAL, UNLISTED),
        [UNUSED]    = STAY(MST_HAS_NO_CLIENT, UNUSED),
        [ORPHANED]  = STAY(MST_ORPHANED, ORPHANED),
        [PENDING]   = GO(ACTIVATED, BROUGHT),
        [ACTIVATED] = STAY(MST_ACTIVATED, ACTIVATED),
        [EXPIRED]   = GO(ACTIVATED, BROUGHT),
        [DISABLED]  = GO(ACTIVATED, BROUGHT),
    },
    [MST_ON_REPLACE_KEY] = {
        [UNLISTED]  = STAY(MST_NO_SERIAL, UNLISTED),
        [UNUSED]    = STAY(MST_HAS_NO_CLIENT, UNUSED),
        [ORPHANED]  = STAY(MST_ORPHANED, ORPHANED),
        [PENDING]   = GO(ACTIVATED, BROUGHT),
        [ACTIVATED] = GO(ACTIVATED, BROUGHT),
        [EXPIRED]   = GO(ACTIVATED, BROUGHT),
        [DISABLED]  = GO(ACTIVATED, BROUGHT),
    },
    [MST_ON_REPORT] = {
        [UNLISTED]  = STAY(MST_NO_SERIAL, UNLISTED),
        [UNUSED]    = GO(UNUSED, 0),
        [ORPHANED]  = GO(ORPHANED, 0),
        [PENDING]   = GO(PENDING, 0),
        [ACTIVATED] = GO(ACTIVATED, 0),
        [EXPIRED]   = GO(EXPIRED, 0),
        [DISABLED]  = GO(DISABLED, 0),
    },
};
/* clang-format on */

enum mst_state mst_lifecycle_at(enum mst_state stored, int64_t deadline, int64_t now)
{
    return stored == MST_STATE_PENDING && now >= deadline ? MST_STATE_EXPIRED : stored;
}

struct mst_transition mst_lifecycle_step(enum mst_state state, enum mst_lifecycle_event event,
                                         bool is_locked)
{
    assert(state < MST_STATE_COUNT && event < MST_ON_COUNT);
    if (is_locked && event == MST_ON_ACTIVATE && state == MST_STATE_PENDING)
        return (struct mst_transition)STAY(MST_LOCKED, MST_STATE_PENDING);
    return table[event][state];
}

const char *mst_lifecycle_word(enum mst_state state, bool is_locked)
{
    static const char *const words[MST_STATE_COUNT] = {
        [UNLISTED] = "",           [UNUSED] = "",
        [ORPHANED] = "",           [PENDING] = "notactivated",
        [ACTIVATED] = "activated", [EXPIRED] = "expired",
        [DISABLED] = "expired",
    };

    assert(state < MST_STATE_COUNT);
    return is_locked && words[state][0] ? "locked" : words[state];
}

/*
 * lifecycle.h - the state machine of protocol.md 1.5, as one const table: state x
 * event -> verdict, next state, effects. Pure: no clock, no chance, no store.
 */
#ifndef MST_CORE_LIFECYCLE_H
#define MST_CORE_LIFECYCLE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/verdict.h"

/* client.state holds the last four; the first three follow from the serial row. */
enum mst_state {
    MST_STATE_UNLISTED = 0,
    MST_STATE_UNUSED,
    MST_STATE_ORPHANED,
    MST_STATE_PENDING,
    MST_STATE_ACTIVATED,
    MST_STATE_EXPIRED,
    MST_STATE_DISABLED,
    MST_STATE_COUNT
};

enum mst_lifecycle_event {
    MST_ON_ADD,            /* 1, 2: the serial number is listed (or a range covers it) */
    MST_ON_ENABLE_OWNER,   /* 3, 7, 20: enable with owner */
    MST_ON_ACTIVATE,       /* 4, 5, 11, 12, 21 */
    MST_ON_ENABLE,         /* 8, 9, 10, 21: enable alone */
    MST_ON_DISABLE,        /* 13 */
    MST_ON_REMAP_FROM,     /* 14, 21: this one gives its client away */
    MST_ON_REMAP_TO,       /* 14: this one receives a client */
    MST_ON_DELETE,         /* 15, 16, 19: delete the serial number */
    MST_ON_DROP,           /* 17: the client or an ancestor is dropped */
    MST_ON_PORTAL_DELETE,  /* 18 */
    MST_ON_DELETE_MODEL,   /* 22 */
    MST_ON_REVOKE,         /* 23: RPC revoke "client" */
    MST_ON_RPC_ACTIVATE,   /* 24 */
    MST_ON_RPC_DEACTIVATE, /* 25 */
    MST_ON_BRING_KEY,      /* a key from elsewhere (keys.md), in force at once */
    MST_ON_REPLACE_KEY,    /* the same, and it may end a key that is in force */
    MST_ON_REPORT,         /* someone looks (GET): only expiry (6) can follow */
    MST_ON_COUNT
};

/* Effects, bits. */
enum {
    MST_FX_CLONE = 1,        /* make a client from the template */
    MST_FX_NEW_KEY = 2,      /* epoch + 1, fresh salt: the old key is dead */
    MST_FX_OPEN_WINDOW = 4,  /* deadline = now + window */
    MST_FX_CLOSE_WINDOW = 8, /* deadline = 0 */
    MST_FX_LOG = 16,         /* write the activation log entry */
    MST_FX_GIVE_KEY = 32,    /* the reply carries the CIK */
    MST_FX_UNBIND = 64,      /* the serial number lets go of its client */
    MST_FX_FORGET = 128      /* the serial number's record and log go */
};

struct mst_transition {
    enum mst_verdict verdict;
    enum mst_state next; /* equal to the state before unless verdict is MST_DONE */
    unsigned effects;
};

/*
 * The state as it stands at window time now: a PENDING key whose deadline is
 * reached is EXPIRED (transition 6). A key is good while now < deadline.
 */
enum mst_state mst_lifecycle_at(enum mst_state stored, int64_t deadline, int64_t now);

/* The transition. state is already mst_lifecycle_at. Lock (26) is an overlay: see is_locked. */
struct mst_transition mst_lifecycle_step(enum mst_state state, enum mst_lifecycle_event event,
                                         bool is_locked);

/* "activated", "notactivated", "expired", "locked", "" (1.4). DISABLED reads "expired". */
const char *mst_lifecycle_word(enum mst_state state, bool is_locked);

#endif

/*
 * defect.h - seeded defects: the negative controls of the fault tests.
 *
 * A test that claims to see a fault must fail on a build that has it. Builds with
 * MST_DEFECTS look at the environment variable MUSTER_DEFECT, which names one
 * defect; in release builds every mst_defect is the constant false.
 */
#ifndef MST_SYS_DEFECT_H
#define MST_SYS_DEFECT_H

#include <stdbool.h>

enum mst_defect {
    MST_DEFECT_REPLY_BEFORE_COMMIT, /* "reply-before-commit": answers are sent before the commit */
    MST_DEFECT_NO_STATE_CHECK,      /* "no-state-check": activation ignores the state */
    MST_DEFECT_SYNC_OFF,            /* "sync-off": the store never flushes */
    MST_DEFECT_NEW_KEY_ON_RETRY,    /* "new-key-on-retry": a repeated activation makes a new key */
    MST_DEFECT_CHECKPOINT_ANYTIME,  /* "checkpoint-anytime": checkpoints do not mind the commits */
    MST_DEFECT_LATE_EXPIRY,         /* "late-expiry": <= where < belongs at the window's end */
    MST_DEFECT_STALE_CACHE,         /* "stale-cache": readers are not told what a commit changed */
    MST_DEFECT_WRONG_TENANT,        /* "wrong-tenant": another vendor's model needs no share */
    MST_DEFECT_DIE_BEFORE_COPY, /* "die-before-copy": the process ends between a clone and its points */
    MST_DEFECT_NO_RESUME,       /* "no-resume": a start leaves the points of clones uncopied */
    MST_DEFECT_DIE_BEFORE_RENEW, /* "die-before-renew": the process ends between a change and what it renews */
    MST_DEFECT_OLD_MEMORY, /* "old-memory": a changed rule goes on with what the one before remembered */
    MST_DEFECT_FREE_MOVE,   /* "free-move": what moves draws nothing where it comes to */
    MST_DEFECT_WIDE_GRANT,  /* "wide-grant": a grant token covers all of its client's tree */
    MST_DEFECT_FREE_CLONE,  /* "free-clone": what a clone owns draws nothing */
    MST_DEFECT_LASTING_KEY, /* "lasting-key": a key that is revoked stays as it is */
    MST_DEFECT_COUNT
};

#ifdef MST_DEFECTS
bool mst_defect(enum mst_defect defect);
/* A moment in which what a defect leaves open can be met: 5 ms, as a slow disk takes. */
void mst_defect_dawdle(void);
#else
static inline bool mst_defect(enum mst_defect defect)
{
    (void)defect;
    return false;
}
static inline void mst_defect_dawdle(void)
{
}
#endif

#endif

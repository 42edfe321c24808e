#include "sys/defect.h"

#ifdef MST_DEFECTS

#include <time.h>

static const char *const names[MST_DEFECT_COUNT] = {
    [MST_DEFECT_REPLY_BEFORE_COMMIT] = "reply-before-commit",
    [MST_DEFECT_NO_STATE_CHECK] = "no-state-check",
    [MST_DEFECT_SYNC_OFF] = "sync-off",
    [MST_DEFECT_NEW_KEY_ON_RETRY] = "new-key-on-retry",
    [MST_DEFECT_CHECKPOINT_ANYTIME] = "checkpoint-anytime",
    [MST_DEFECT_LATE_EXPIRY] = "late-expiry",
    [MST_DEFECT_STALE_CACHE] = "stale-cache",
    [MST_DEFECT_WRONG_TENANT] = "wrong-tenant",
    [MST_DEFECT_DIE_BEFORE_COPY] = "die-before-copy",
    [MST_DEFECT_NO_RESUME] = "no-resume",
    [MST_DEFECT_DIE_BEFORE_RENEW] = "die-before-renew",
    [MST_DEFECT_OLD_MEMORY] = "old-memory",
    [MST_DEFECT_FREE_MOVE] = "free-move",
    [MST_DEFECT_WIDE_GRANT] = "wide-grant",
    [MST_DEFECT_FREE_CLONE] = "free-clone",
    [MST_DEFECT_LASTING_KEY] = "lasting-key",
};

bool mst_defect(enum mst_defect defect)
{
    const char *chosen = getenv("MUSTER_DEFECT");

    return chosen && strcmp(chosen, names[defect]) == 0;
}

void mst_defect_dawdle(void)
{
    const struct timespec moment = {.tv_nsec = 5000000};

    (void)nanosleep(&moment, NULL);
}

#else

/* Release builds have the inline form only; a translation unit must not be empty. */
typedef int mst_defect_none;

#endif

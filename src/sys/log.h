/*
 * log.h - the log: one JSON object per line to standard error. Events come from
 * a fixed list, each with a fixed meaning; never a key, never a serial number in
 * clear beyond what the event's contract says.
 */
#ifndef MST_SYS_LOG_H
#define MST_SYS_LOG_H

#include <stdint.h>

#include "base/span.h"

enum mst_log_level { MST_LOG_ERROR, MST_LOG_WARNING, MST_LOG_INFO, MST_LOG_DEBUG };

enum mst_event {
    MST_EV_START,         /* the server is ready */
    MST_EV_STOP,          /* it drained and ends */
    MST_EV_CONFIG,        /* something about the settings worth telling (tls_min below 1.2, ...) */
    MST_EV_STORE,         /* the store was created, migrated, refused */
    MST_EV_STORE_FAILED,  /* a commit failed; what and why */
    MST_EV_FSYNC_FAILED,  /* the process ends now */
    MST_EV_CLOCK_JUMP,    /* the wall clock jumped by more than an hour (design.md I9) */
    MST_EV_LISTENER,      /* accepting failed or recovered */
    MST_EV_SECOND_CALLER, /* an activated serial number was asked for again from another address */
    MST_EV_COUNT
};

const char *mst_event_name(enum mst_event event);
/* Lines above the level (at first MST_LOG_INFO) are dropped. */
void mst_log_set_level(enum mst_log_level level);
/* Lines look like {"time":"2026-01-31T23:59:59.123Z","level":"info","event":"start","text":"..."}.
   text is printf-like and becomes the "text" member, escaped and cut after 600 bytes.
   Thread-safe, one write per line. errno is kept. */
void mst_log(enum mst_log_level level, enum mst_event event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif

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

/* EVENT(constant, word, what it means): the table in docs/logs.md is made from this (`make docs`). */
#define MST_EVENTS(EVENT)                                                                          \
    EVENT(START, "start", "The server is ready; the addresses are in the text.")                   \
    EVENT(STOP, "stop", "It was asked to end, answered what it had begun, and ends.")              \
    EVENT(CONFIG, "config", "Something about the settings that is allowed but worth a thought.")   \
    EVENT(STORE, "store",                                                                          \
          "The store was made, brought to a newer form, or has finished what an end had "          \
          "interrupted.")                                                                          \
    EVENT(STORE_FAILED, "store-failed",                                                            \
          "A commit or a checkpoint failed; what had asked for it was answered 503 or 500.")       \
    EVENT(FSYNC_FAILED, "fsync-failed",                                                            \
          "A flush to disk failed; the process ends now, with status 74.")                         \
    EVENT(CLOCK_JUMP, "clock-jump", "Window time moves forward by more than an hour at once.")     \
    EVENT(LISTENER, "listener", "Accepting connections fails, or works again.")                    \
    EVENT(SECOND_CALLER, "second-caller",                                                          \
          "An activated serial number was asked for again from another address.")                  \
    EVENT(HEALTH, "health", "Loops or committers stand still (stall_timeout), or move on again.")  \
    EVENT(BACKUP, "backup", "A backup was made, or could not be made.")                            \
    EVENT(DISPATCH, "dispatch",                                                                    \
          "Messages of dispatches cannot be sent through the mail server or the web hook of the "  \
          "settings, or can be again; or the store does not take how they ended.")                 \
    EVENT(REQUEST, "request",                                                                      \
          "A request was answered (log_requests): method, path as the table of routes has it "     \
          "(what varies is *), status, microseconds, the caller's address. A - stands for a path " \
          "that is not in the table, and for a request that was refused before it was whole.")     \
    EVENT(SUSPECT_USED, "suspect-used",                                                            \
          "A key that a restored backup brought back was used for the first time since the "       \
          "restore.")

#define MST_EVENT_CONSTANT(id, word, text) MST_EV_##id,
enum mst_event { MST_EVENTS(MST_EVENT_CONSTANT) MST_EV_COUNT };

const char *mst_event_name(enum mst_event event);
const char *mst_event_text(enum mst_event event); /* what it means: a sentence */
/* Lines above the level (at first MST_LOG_INFO) are dropped. */
void mst_log_set_level(enum mst_log_level level);
/* Lines look like {"time":"2026-01-31T23:59:59.123Z","level":"info","event":"start","text":"..."}.
   text is printf-like and becomes the "text" member, escaped and cut after 600 bytes.
   Thread-safe, one write per line. errno is kept. */
void mst_log(enum mst_log_level level, enum mst_event event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif

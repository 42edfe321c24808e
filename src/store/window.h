/*
 * window.h - window time (design.md I9): max(wall clock, persisted mark + boot-time
 * clock elapsed since the mark was set). It never goes back and never stands
 * still, whatever the wall clock does. Pure but for mst_window_read.
 */
#ifndef MST_STORE_WINDOW_H
#define MST_STORE_WINDOW_H

#include "core/port_store.h"
#include "sys/clock.h"

struct mst_window_mark {
    int64_t window_s;                    /* window time when the mark was set */
    int64_t boot_s;                      /* boot-time clock then */
    char boot_id[MST_BOOT_ID_CHARS + 1]; /* which boot; "" = no mark yet */
};

struct mst_window_reading {
    int64_t wall_s, wall_ms; /* Unix time of one moment, in seconds and in milliseconds */
    int64_t boot_s;
    char boot_id[MST_BOOT_ID_CHARS + 1];
};

void mst_window_read(struct mst_window_reading *ret_reading);
/* Window time. After a reboot the time since the mark is at least the new boot's uptime. */
int64_t mst_window_now(const struct mst_window_mark *mark, const struct mst_window_reading *now);
/* How far window time runs ahead of what mark + elapsed says: over MST_CLOCK_JUMP_S is an alarm. */
int64_t mst_window_jump(const struct mst_window_mark *mark, const struct mst_window_reading *now);
/* A mark that says "window time is window_s at this reading". */
struct mst_window_mark mst_window_set(int64_t window_s, const struct mst_window_reading *now);
/* The mark's text form for the META row "clock_mark", and back. MST_ESYNTAX. */
enum { MST_WINDOW_TEXT_MAX = 128 };
struct mst_span mst_window_print(const struct mst_window_mark *mark, char buf[MST_WINDOW_TEXT_MAX]);
MST_MUST_USE enum mst_err mst_window_parse(struct mst_span text, struct mst_window_mark *ret_mark);

/* Does writing this row reset the clock (MST_META_CLOCK_MARK in port_store.h)? */
bool mst_window_is_reset(enum mst_table table, const void *row);

#endif

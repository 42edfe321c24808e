/*
 * clock.h - the only place that reads clocks.
 *
 * In builds with MST_FAKE_CLOCK the environment variable MUSTER_FAKE_CLOCK may
 * name a file that holds "<wall offset s> <boot offset s>" in decimal; it is read
 * at each call, so a test moves time by rewriting it. Release builds do not look.
 */
#ifndef MST_SYS_CLOCK_H
#define MST_SYS_CLOCK_H

#include <stdint.h>

int64_t mst_clock_wall_s(void);   /* Unix seconds */
int64_t mst_clock_wall_us(void);  /* Unix microseconds */
int64_t mst_clock_boot_s(void);   /* CLOCK_BOOTTIME: goes on during suspend */
uint64_t mst_clock_mono_ns(void); /* for time-outs and measurements */

enum { MST_BOOT_ID_CHARS = 36 };
/* Tells one boot of the machine from another; NUL terminated. */
void mst_clock_boot_id(char ret_id[MST_BOOT_ID_CHARS + 1]);

#endif

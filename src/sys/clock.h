/*
 * clock.h - the only place that reads clocks.
 *
 * In builds with MST_FAKE_CLOCK the environment variable MUSTER_FAKE_CLOCK may
 * name a file that holds "<wall offset s> <boot offset s> [<boot id>]", the offsets
 * in decimal with an optional sign; it is read at each call, so a test moves time by
 * rewriting it (best by renaming a new file over it, so that nobody sees half a
 * line). A missing or malformed file counts as "0 0". The boot id, if there is one,
 * is what mst_clock_boot_id gives, so that a test can play a reboot: a new id, and a
 * boot offset that brings the boot clock back. mst_clock_mono_ns is never faked.
 * Release builds do not look at any of this.
 */
#ifndef MST_SYS_CLOCK_H
#define MST_SYS_CLOCK_H

#include <stdint.h>

int64_t mst_clock_wall_s(void);   /* Unix seconds */
int64_t mst_clock_wall_ms(void);  /* Unix milliseconds */
int64_t mst_clock_wall_us(void);  /* Unix microseconds */
int64_t mst_clock_boot_s(void);   /* CLOCK_BOOTTIME: goes on during suspend */
uint64_t mst_clock_mono_ns(void); /* for time-outs and measurements */

enum { MST_BOOT_ID_CHARS = 36 };
/* Tells one boot of the machine from another; NUL terminated. Where the system does not say,
   it is made up once per process: a restart then counts as a reboot, which is the safe side. */
void mst_clock_boot_id(char ret_id[MST_BOOT_ID_CHARS + 1]);

#endif

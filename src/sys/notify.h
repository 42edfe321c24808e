/*
 * notify.h - words to the service manager, by the protocol of sd_notify(3): one datagram to the Unix
 * socket that NOTIFY_SOCKET names. Without one, nothing is sent.
 */
#ifndef MST_SYS_NOTIFY_H
#define MST_SYS_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* Is there a service manager that wants to hear? */
bool mst_notify_is_wanted(void);
/* Lines such as "READY=1\nSTATUS=...". Whether it was sent; nothing depends on it. */
bool mst_notify(const char *lines);
/* How often WATCHDOG=1 is awaited from this process (WATCHDOG_USEC, WATCHDOG_PID), in milliseconds;
   0: not at all. */
uint64_t mst_notify_watchdog_ms(void);

#endif

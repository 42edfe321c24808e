/* poll.h - long polls: a read by alias that waits for a new value (protocol.md 2.12.4). */
#ifndef MST_FRONT_HTTP_POLL_H
#define MST_FRONT_HTTP_POLL_H

#include "front/http/exchange.h"

/* How long a Request-Timeout says to wait; 0: that is no positive number, the read is an ordinary one. */
uint64_t mst_poll_timeout_ms(struct mst_span text);
/* The time that an If-Modified-Since names: Unix seconds, or a date in one of the three forms of RFC 9110
   5.6.7. False: it is neither. */
bool mst_poll_since(struct mst_span text, int64_t now, int64_t *ret_at);

/* A MST_READ step behind mst_guard. */
mst_step mst_poll_get;

#endif

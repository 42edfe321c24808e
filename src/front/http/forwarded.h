/*
 * forwarded.h - who asks, if proxies stand in between: what X-Forwarded-For says, as far as it can be believed.
 *
 * Each proxy appends whom it was connected by. So the list is read from its end, for as long as the address found
 * so far is that of a trusted proxy; what stands in front of that was passed on by nobody we know.
 */
#ifndef MST_FRONT_HTTP_FORWARDED_H
#define MST_FRONT_HTTP_FORWARDED_H

#include "net/addr.h"
#include "wire/http1.h"

/* The rightmost address that no trusted proxy vouches for, in place of *addr, that of the connection. False: it is
   that of the connection. trusted: NULL = nobody. */
bool mst_forwarded_resolve(const struct mst_addr_set *trusted, const struct mst_http_head *head,
                           struct mst_addr *addr);

#endif

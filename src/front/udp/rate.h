/*
 * rate.h - how many datagrams a source may send (protocol.md 3.2).
 *
 * A token bucket for each source, in a table whose size does not depend on how many sources there are, or
 * make believe to be: a source is an IPv4 address or the /64 of an IPv6 one, and finds its bucket by a hash
 * that nobody outside can foresee. Few sources share one; there is nothing to be thrown out.
 */
#ifndef MST_FRONT_UDP_RATE_H
#define MST_FRONT_UDP_RATE_H

#include "net/addr.h"

enum { MST_RATE_BUCKETS = 4096, MST_RATE_BURST_S = 5 };

struct mst_rate {
    uint64_t seed;
    uint64_t interval_us;
    /* A bucket is the time at which it will be full again: it holds a token as long as that is not
       more than MST_RATE_BURST_S ahead. */
    uint64_t full_at_us[MST_RATE_BUCKETS];
};

/* per_s: 1 .. 1000000 datagrams per second and source in the long run; what is saved up in
   MST_RATE_BURST_S may come at once. */
void mst_rate_init(struct mst_rate *rate, unsigned per_s, uint64_t seed);
/* Takes a token; false: there is none. now_ms never goes back. */
bool mst_rate_take(struct mst_rate *rate, const struct mst_addr *source, uint64_t now_ms);

#endif

#include <assert.h>
#include <string.h>

#include "front/udp/rate.h"

enum { SECOND_US = 1000000 };

void mst_rate_init(struct mst_rate *rate, unsigned per_s, uint64_t seed)
{
    assert(per_s >= 1 && per_s <= SECOND_US);
    *rate = (struct mst_rate){.seed = seed, .interval_us = SECOND_US / per_s};
}

/* The finish of SplitMix64: each bit of the input moves each bit of the output. */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t *bucket_of(struct mst_rate *rate, const struct mst_addr *source)
{
    uint64_t id = 0;

    if (source->is_v6)
        memcpy(&id, source->ip, sizeof id); /* the /64 */
    else
        memcpy(&id, &source->ip[12], 4);
    return &rate->full_at_us[mix(mix(id ^ rate->seed) + rate->seed) % MST_RATE_BUCKETS];
}

bool mst_rate_take(struct mst_rate *rate, const struct mst_addr *source, uint64_t now_ms)
{
    uint64_t now_us = now_ms * 1000;
    uint64_t *full_at_us = bucket_of(rate, source);
    uint64_t from_us = *full_at_us > now_us ? *full_at_us : now_us;

    if (from_us + rate->interval_us > now_us + (uint64_t)MST_RATE_BURST_S * SECOND_US)
        return false;
    *full_at_us = from_us + rate->interval_us;
    return true;
}

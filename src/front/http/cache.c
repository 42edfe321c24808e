#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "front/http/cache.h"

enum { SLOTS = 32768, QUERY_MAX = 48, REPLY_MAX = 80, ROWS = 4 };

struct slot {
    uint16_t shards[ROWS];
    uint32_t counts[ROWS];
    uint8_t query_len; /* 0: the slot is empty */
    uint8_t reply_len;
    char cik[MST_HANDLE_CHARS];
    char query[QUERY_MAX];
    char reply[REPLY_MAX];
};

struct mst_cache {
    const struct mst_store *store;
    uint64_t published; /* when the running transaction began */
    struct slot *slots;
};

struct mst_cache *mst_cache_new(struct mst_store *store)
{
    struct mst_cache *cache = calloc(1, sizeof *cache);

    if (!cache)
        return NULL;
    cache->store = store;
    cache->slots = calloc(SLOTS, sizeof *cache->slots);
    if (cache->slots)
        return cache;
    free(cache);
    return NULL;
}

void mst_cache_free(struct mst_cache *cache)
{
    if (!cache)
        return;
    mst_secret_wipe(cache->slots, SLOTS * sizeof *cache->slots);
    free(cache->slots);
    free(cache);
}

static struct slot *slot_of(struct mst_cache *cache, struct mst_span cik, struct mst_span query)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    if (cik.len != MST_HANDLE_CHARS || query.len == 0 || query.len > QUERY_MAX)
        return NULL;
    for (size_t i = 0; i < cik.len; i++)
        hash = (hash ^ (unsigned char)cik.ptr[i]) * UINT64_C(0x100000001b3);
    for (size_t i = 0; i < query.len; i++)
        hash = (hash ^ (unsigned char)query.ptr[i]) * UINT64_C(0x100000001b3);
    return &cache->slots[(hash ^ hash >> 32) % SLOTS];
}

static bool is_unmoved(const struct mst_cache *cache, const struct slot *slot)
{
    for (size_t i = 0; i < ROWS; i++)
        if (mst_store_shard(cache->store, slot->shards[i]) != slot->counts[i])
            return false;
    return true;
}

bool mst_cache_find(struct mst_cache *cache, struct mst_span cik, struct mst_span query,
                    struct mst_buf *reply)
{
    const struct slot *slot = slot_of(cache, cik, query);

    if (!slot || slot->query_len == 0 ||
        !mst_secret_eq(mst_span_of(slot->cik, MST_HANDLE_CHARS), cik) ||
        !mst_span_eq(mst_span_of(slot->query, slot->query_len), query) || !is_unmoved(cache, slot))
        return false;
    return mst_buf_add(reply, mst_span_of(slot->reply, slot->reply_len)) == MST_OK;
}

void mst_cache_begin(struct mst_cache *cache)
{
    cache->published = mst_store_published(cache->store);
}

void mst_cache_add(struct mst_cache *cache, struct mst_span cik, struct mst_span query,
                   int64_t client_id, int64_t dataport_id, struct mst_span reply)
{
    struct slot *slot = slot_of(cache, cik, query);
    struct slot fresh = {.query_len = (uint8_t)query.len, .reply_len = (uint8_t)reply.len};

    if (!slot || reply.len > REPLY_MAX)
        return;
    fresh.shards[0] = (uint16_t)mst_shard_of(MST_TABLE_CLIENT, client_id);
    fresh.shards[1] = (uint16_t)mst_shard_of(MST_TABLE_ALIAS, client_id);
    fresh.shards[2] = (uint16_t)mst_shard_of(MST_TABLE_RESOURCE, dataport_id);
    fresh.shards[3] = (uint16_t)mst_shard_of(MST_TABLE_POINT, dataport_id);
    for (size_t i = 0; i < ROWS; i++)
        fresh.counts[i] = mst_store_shard(cache->store, fresh.shards[i]);
    memcpy(fresh.cik, cik.ptr, cik.len);
    memcpy(fresh.query, query.ptr, query.len);
    memcpy(fresh.reply, reply.ptr, reply.len);
    if (mst_store_published(cache->store) == cache->published)
        *slot = fresh;
    mst_secret_wipe(&fresh, sizeof fresh);
}

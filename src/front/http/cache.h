/*
 * cache.h - replies to reads of one alias, remembered per loop (design.md 6).
 *
 * A device reads the same alias with the same key over and over. As long as the
 * counters of all rows that a reply came from stand still (port_store.h), the reply
 * would be the same, so it is given without a transaction. A key that dies, a lock,
 * a moved alias or a new value each move a counter before they are acknowledged.
 */
#ifndef MST_FRONT_HTTP_CACHE_H
#define MST_FRONT_HTTP_CACHE_H

#include "base/buf.h"
#include "core/port_store.h"

struct mst_cache;

/* NULL without memory: everything works without a cache. */
struct mst_cache *mst_cache_new(struct mst_store *store);
void mst_cache_free(struct mst_cache *cache);

/* Appends the remembered reply; false if there is none that is still true. */
bool mst_cache_find(struct mst_cache *cache, struct mst_span cik, struct mst_span query,
                    struct mst_buf *reply);

/* Call before the reader's transaction begins. */
void mst_cache_begin(struct mst_cache *cache);
/* Call inside it, after all is read: the reply came from the client's row and aliases and the
   dataport's row and points. Not remembered if something was published since mst_cache_begin. */
void mst_cache_add(struct mst_cache *cache, struct mst_span cik, struct mst_span query,
                   int64_t client_id, int64_t dataport_id, struct mst_span reply);

#endif

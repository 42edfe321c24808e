/*
 * cache.h - rows kept in memory for the readers, and the word of change that ends them.
 *
 * Engine-neutral: an engine asks mst_rowcache_find before it looks into its files, gives
 * what it found to mst_rowcache_put, collects what a batch changes in a mst_touched and
 * publishes that after the commit and before the first answer. cache.c says why a
 * row that a finished change made stale is never found.
 */
#ifndef MST_STORE_CACHE_H
#define MST_STORE_CACHE_H

#include "store/schema/schema.h"

/* ---- what changed: one per store, shared by all threads ---- */

struct mst_stripes;

MST_MUST_USE enum mst_err mst_stripes_new(struct mst_stripes **ret_stripes);
void mst_stripes_free(struct mst_stripes *stripes);
/* How many commits of the file are published: whatever a snapshot begun after this call shows
   is at least as new as all of them. */
uint64_t mst_stripes_seq(const struct mst_stripes *stripes, enum mst_file file);

enum { MST_STRIPE_BITS = 16, MST_STRIPE_COUNT = 1 << MST_STRIPE_BITS };

/* What one batch touches; the committer's own. Zero is empty. */
struct mst_touched {
    uint64_t bits[MST_STRIPE_COUNT / 64];
    bool is_any;
};

/* A row comes into being, or all of it is known and any of it may have changed. */
void mst_touched_row(struct mst_touched *touched, const struct mst_stripes *stripes,
                     enum mst_table table, const void *row);
/* The row with row's primary key changes or goes; nothing else of row is looked at. */
void mst_touched_key(struct mst_touched *touched, const struct mst_stripes *stripes,
                     enum mst_table table, const void *row);
/* Does writing these fields make the row found by another key, so that mst_touched_row is called for? */
bool mst_touched_is_rekeyed(enum mst_table table, uint64_t mask);
/* After the commit is durable, before anybody is told. One thread per file. Leaves touched empty. */
void mst_stripes_publish(struct mst_stripes *stripes, enum mst_file file,
                         struct mst_touched *touched);

/* ---- what is remembered: one per store, shared by all readers ---- */

struct mst_rowcache;

/* stripes must outlive it. max_bytes covers everything the cache takes. */
MST_MUST_USE enum mst_err mst_rowcache_new(const struct mst_stripes *stripes, size_t max_bytes,
                                           struct mst_rowcache **ret_cache);
void mst_rowcache_free(struct mst_rowcache *cache);

/*
 * Looks for the row with row's first n_fixed fields of index: the only one, if those are
 * all fields of a unique index, or else the last one (mst_tx_get, mst_tx_last). False: not
 * known. True: *ret_err is MST_OK and *row filled, its text in arena; or MST_ENOENT, there
 * is none; or MST_ENOMEM.
 */
MST_MUST_USE bool mst_rowcache_find(struct mst_rowcache *cache, enum mst_index index,
                                    unsigned n_fixed, struct mst_arena *arena, void *row,
                                    enum mst_err *ret_err);
/*
 * Keeps a copy of found, or with NULL that there is none for key, if rows of that index are worth
 * it and there is memory. seq: mst_stripes_seq from before the snapshot was begun that showed it.
 */
void mst_rowcache_put(struct mst_rowcache *cache, enum mst_index index, unsigned n_fixed,
                      const void *key, const void *found, uint64_t seq);

struct mst_rowcache_figures {
    size_t n_entries, bytes;
};
void mst_rowcache_figures(const struct mst_rowcache *cache,
                          struct mst_rowcache_figures *ret_figures);

#endif

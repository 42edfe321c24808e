/*
 * recent.h - pieces of blobs that were downloaded lately, one memory per loop: a fleet fetches the same
 * firmware, and what is here goes to the kernel without another copy.
 *
 * The number of a piece is never given to other bytes (core/blob.h), so nothing here is ever wrong;
 * and who asks for a piece was let in by its entry, in the store.
 */
#ifndef MST_FRONT_HTTP_RECENT_H
#define MST_FRONT_HTTP_RECENT_H

#include "base/limits.h"
#include "base/span.h"

struct mst_recent {
    struct {
        int64_t id; /* 0 = none */
        size_t len;
        char *bytes; /* room for a piece, or NULL */
    } slots[MST_RECENT_PIECES];
};

/* All zero is empty. */
void mst_recent_fini(struct mst_recent *recent);
/* The piece that was kept under id; the bytes stay until the next call of keep. */
bool mst_recent_find(const struct mst_recent *recent, int64_t id, struct mst_span *ret_bytes);
/* Keeps a copy of at most MST_PIECE_MAX bytes in the place of another piece; false: there is no
   memory. Up to MST_RECENT_PIECES neighbouring ids, as those of one blob, do not displace each other. */
bool mst_recent_keep(struct mst_recent *recent, int64_t id, struct mst_span bytes,
                     struct mst_span *ret_bytes);

#endif

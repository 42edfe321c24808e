/*
 * body.h - what is still to come of a request's body, whose length is told by its head, or which comes in chunks.
 *
 * As long as a body that nobody wants is not read to its end, nobody can tell where the next request begins.
 */
#ifndef MST_FRONT_HTTP_BODY_H
#define MST_FRONT_HTTP_BODY_H

#include "wire/http1.h"

struct mst_body {
    struct mst_chunked chunked;
    uint64_t left;   /* bytes to come, if it is not chunked */
    bool is_chunked; /* and its end was not read yet */
    bool
        is_continue_due; /* the peer may wait for 100 Continue before it sends any (protocol.md 2.1.1) */
};

/* At the end of the head. is_begun: bytes of it are there already. */
void mst_body_begin(struct mst_body *body, const struct mst_http_head *head, bool is_begun);
/* Before the first byte is read: it may have max_bytes. MST_EFULL: it is known to have more. */
MST_MUST_USE enum mst_err mst_body_limit(struct mst_body *body, uint64_t max_bytes);
/*
 * Appends to into what bytes holds of the body, decoded.
 *   MST_OK       *ret_used of bytes belonged to it: all of them, unless it ended
 *   MST_EFULL    it is larger than it may be
 *   MST_ESYNTAX  broken chunks
 *   MST_ENOMEM
 */
MST_MUST_USE enum mst_err mst_body_read(struct mst_body *body, struct mst_span bytes,
                                        struct mst_buf *into, size_t *ret_used);
/* Drops what bytes holds of it, which must not be chunked; gives how many those are. */
size_t mst_body_skip(struct mst_body *body, struct mst_span bytes);
/* Nothing is to come. */
bool mst_body_is_whole(const struct mst_body *body);
/* Is what is to come short (MST_SKIP_MAX), its length known, and sure to be sent? */
bool mst_body_is_skippable(const struct mst_body *body);

#endif

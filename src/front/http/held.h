/*
 * held.h - the memory that requests of one loop hold while others are served: bodies and messages that are being
 * read, answers that are being made, requests that wait, and what peers have not taken yet. It has a bound, since else
 * anybody could, on many connections, have the server hold a large body or answer for each.
 */
#ifndef MST_FRONT_HTTP_HELD_H
#define MST_FRONT_HTTP_HELD_H

#include "net/loop.h"

struct mst_held {
    const struct mst_loop *loop;
    size_t bytes;     /* of requests; of what was not taken the loop knows */
    size_t max_bytes; /* 0: no bound */
};

/* Whoever holds *mine holds so much now. */
void mst_held_set(struct mst_held *held, size_t *mine, size_t bytes);

/* May whoever holds mine, which is counted, go on with as much as bytes? What is small, up to
   MST_KEPT_BUFFER_MAX, always may: there are no more of those than connections and sessions. */
bool mst_held_has_room(const struct mst_held *held, size_t mine, size_t bytes);

#endif
